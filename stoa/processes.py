"""Processes of ours that belong together."""

import ctypes
import gc
import os
import signal
import sys
import threading
import time

PARENT = "STOA_PARENT"
"""The variable in which a process tells those that it starts its number."""

PR_SET_PDEATHSIG = 1


def adopt_children() -> None:
    """Let the processes that this one starts know whom they belong to."""
    os.environ[PARENT] = str(os.getpid())


def end_with_parent() -> None:
    """End when the process that started this one does, even if it was killed.

    A forgotten web process would answer at the port of the next one. Does nothing in a process of its own.
    """
    if not os.environ.get(PARENT, "").isdecimal():
        return
    parent = int(os.environ[PARENT])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def spare_the_collector() -> None:
    """Leave what was loaded out of the collector's rounds, and make them rarer: requests leave few cycles behind."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
