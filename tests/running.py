"""The real command, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

PATIENCE = 60.0
"""Seconds that a process gets on a busy machine."""

Json = dict[str, Any]


def environment(**settings: str) -> dict[str, str]:
    """Ours, with these settings and no other."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}
    # Whoever runs the tests in another folder finds the same code.
    return inherited | {"PYTHONPATH": str(Path(__file__).parents[1])} | settings


def command(
    *arguments: object, settings: Mapping[str, str] = {}, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """What ``stoa`` said, and its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "stoa", *map(str, arguments)],
        env=environment(**settings),
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def data_folder() -> Iterator[Path]:
    """A new data folder that PostgreSQL's account may enter; what runs on it in the end is killed."""
    with tempfile.TemporaryDirectory(prefix="stoa-tests-") as name:
        Path(name).chmod(0o711)
        data = Path(name, "data")
        try:
            yield data
        finally:
            for pid in processes_on(data):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not processes_on(data))


def processes_on(data: Path) -> list[int]:
    """The processes that name the folder on their command line."""
    word = str(data).encode()
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and word in _command_line(int(process.name))
    ]


def _command_line(pid: int) -> bytes:
    with suppress(OSError):
        return Path("/proc", str(pid), "cmdline").read_bytes()
    return b""


def children_of(pid: int) -> list[int]:
    """The process's children, theirs, and so on."""
    direct = [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdecimal() and _parent(process) == pid
    ]
    return direct + [descendant for child in direct for descendant in children_of(child)]


def _parent(process: Path) -> int | None:
    with suppress(OSError):
        # The name before the last bracket may hold blanks.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return None


def is_running(pid: int) -> bool:
    with suppress(OSError):
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def wait_until(holds: Callable[[], Any], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


class Server:
    """A running ``stoa serve``."""

    def __init__(self, process: subprocess.Popen[str], data: Path, errors: Path) -> None:
        self.process = process
        self.data = data
        self.url = ""
        self._errors = errors

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready: http://"), (line, self.said())
        self.url = line.removeprefix("ready: ").strip()

    @property
    def demo(self) -> Json:
        written: Json = json.loads((self.data / "demo.json").read_text())
        return written

    def said(self) -> str:
        """What it wrote to standard error so far."""
        return self._errors.read_text()

    def family(self) -> list[int]:
        """Every process of it, PostgreSQL included."""
        return [self.process.pid, *children_of(self.process.pid)]

    def children(self, subcommand: str) -> list[int]:
        """Its processes that do this; those that answer requests are called ``serve`` as it is itself."""
        return [pid for pid in self.family()[1:] if subcommand.encode() in _command_line(pid).split(b"\0")]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and answer with its exit status."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def operator(self) -> httpx.Client:
        """A client with the demo's operator token."""
        headers = {"Authorization": f"Bearer {self.demo['operator']['token']}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)


@contextmanager
def starting(data: Path, *arguments: str, port: int = 0, **settings: str) -> Iterator[Server]:
    """``stoa serve`` on a port, a free one for 0, from the moment it is started; killed in the end if it still runs."""
    line = [sys.executable, "-m", "stoa", "serve", "--port", str(port), "--data", str(data), *arguments]
    errors = data.with_name("errors")
    with (
        errors.open("w") as out,
        subprocess.Popen(
            line, env=environment(**settings), stdout=subprocess.PIPE, stderr=out, text=True
        ) as process,
    ):
        try:
            yield Server(process, data, errors)
        finally:
            process.kill()


@contextmanager
def serving(data: Path, *arguments: str, port: int = 0, **settings: str) -> Iterator[Server]:
    """The same once it is ready, and stopped in order at the end."""
    with starting(data, *arguments, port=port, **settings) as server:
        server.wait_until_ready()
        yield server
        if server.process.poll() is None:
            server.stop()
