"""``stoa serve``: one process that starts and stops all others: the database, the web workers, the worker."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import structlog
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels
from granian.server.common import AbstractServer
from msgspec import Struct
from msgspec.structs import replace

from stoa.app import Complete, Stoa, open_stoa, web_app
from stoa.data_folder import DataFolder
from stoa.demo.guide import guide
from stoa.demo.history import write_history
from stoa.demo.shops import FILE, SHOPS, open_demo, with_loopback
from stoa.logs import configure_logs
from stoa.processes import adopt_children, end_with_parent, spare_the_collector
from stoa.settings import Settings, read_settings
from stoa.web.metrics import AsgiApp, share_counters
from stoa.worker import work

log = structlog.get_logger(__name__)

PASSED_ON = {
    "database_url": "STOA_DATABASE_URL",
    "blob_url": "STOA_BLOB_URL",
    "public_url": "STOA_PUBLIC_URL",
    "secret_key": "STOA_SECRET_KEY",
}
"""What the first process found out is handed to the others as settings."""

DEMO = "STOA_DEMO"

FINISHED_WITHIN = 8
"""Seconds for requests to be finished when the service ends; what runs it may be given ten."""

READY_WITHIN = 60.0
STOPPED_WITHIN = 30.0
"""Seconds for a process of ours to begin, and to end, before it is ended for good."""


class PortTaken(Exception):
    """One sentence that names another way."""


class Serve(Struct, frozen=True, kw_only=True):
    """What ``stoa serve`` was asked for."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    worker: bool = True
    demo: bool = False


def serve(asked: Serve) -> None:
    """Serve until a signal ends it. Raises one-sentence exceptions for everything that keeps it from starting."""
    asked = replace(asked, host=_numeric(asked.host))
    settings = _settings(asked)
    port = _free_port(asked)
    address = f"http://{_reachable(asked.host)}:{port}"
    folder = DataFolder(asked.data)
    configure_logs(settings.log_level)
    with ExitStack() as running:
        complete = running.enter_context(
            folder.complete(settings, address=address, demo=asked.demo, own_database=True)
        )
        text = asyncio.run(_prepare(complete, folder.path, address))
        running.enter_context(_counters(folder.path))
        _pass_on(complete)
        if asked.worker:
            running.enter_context(_child("worker", "--data", str(folder.path)))
        if asked.demo and asked.worker:
            running.enter_context(_child("simulate", *_slowly(folder.path)))
        _announce(address, text)
        _web_server(asked, port).serve()


def _settings(asked: Serve) -> Settings:
    settings = read_settings()
    if not asked.demo:
        return settings
    # The guide should not scroll away.
    log_level = settings.log_level if "STOA_LOG_LEVEL" in os.environ else "warning"
    # The demo's receiver is where the demo is.
    here = ip_network(asked.host)
    allowed = with_loopback(settings)
    return replace(allowed, webhook_allow=(*allowed.webhook_allow, here), log_level=log_level)


def _numeric(host: str) -> str:
    """The address of a host, which the server takes no names for. Raises PortTaken."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as fault:
        raise PortTaken(
            f"{host} is no address of this machine ({fault}): name another with --host."
        ) from fault


def _free_port(asked: Serve) -> int:
    """The port, a free one for 0. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((asked.host, asked.port))
        except OSError as fault:
            raise PortTaken(
                f"Port {asked.port} of {asked.host} cannot be used ({fault.strerror}): name another with --port."
            ) from fault
        port: int = probe.getsockname()[1]
        return port


def _reachable(host: str) -> str:
    wild = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared with, not bound to
    return wild.get(host, f"[{host}]" if ":" in host else host)


async def _prepare(complete: Complete, folder: Path, address: str) -> str | None:
    """Bring the schema up to date before anybody asks; for the demo, its shops and what to print."""
    async with open_stoa(complete) as stoa:
        if not complete.demo:
            return None
        demo = await open_demo(stoa, folder, address)
        await write_history(stoa, demo.shops[0].id)
        return guide(demo, str(folder / FILE), SHOPS[0].locations[0].id)


@contextmanager
def _counters(folder: Path) -> Iterator[None]:
    """A fresh folder in which the processes share their counters."""
    shared = folder / "metrics"
    shutil.rmtree(shared, ignore_errors=True)
    shared.mkdir(mode=0o700)
    share_counters(shared)
    try:
        yield
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def _pass_on(complete: Complete) -> None:
    for field, variable in PASSED_ON.items():
        os.environ[variable] = getattr(complete, field)
    adopt_children()
    os.environ.pop(DEMO, None)
    if complete.demo:
        os.environ[DEMO] = "1"
        os.environ["STOA_WEBHOOK_ALLOW"] = ",".join(map(str, complete.settings.webhook_allow))
        os.environ["STOA_LOG_LEVEL"] = complete.settings.log_level


def _slowly(folder: Path) -> tuple[str, ...]:
    return ("--rate", "3/m", "--shop-number", "2", "--data", str(folder))


@contextmanager
def _child(*arguments: str) -> Iterator[None]:
    """Another process of ours, started again should it fail, stopped at the end."""
    over = threading.Event()
    # In a session of its own: Ctrl-C goes to the first process alone, which ends the others in order.
    started = [_start(arguments)]

    def watch() -> None:
        while not over.is_set():
            started[0].wait()
            if over.wait(1.0):
                return
            log.error("child.restarted", name=arguments[0], status=started[0].returncode)
            started[0] = _start(arguments)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        _stop(started[0])


def _start(arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    # What scripts read on standard output is the one line of the first process.
    command = [sys.executable, "-m", "stoa", *arguments]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _announce(address: str, text: str | None) -> None:
    """Say that the service accepts requests, once it does: for people on stderr, for scripts on stdout."""

    # A proxy of the environment is not asked the way to this very machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def wait_and_say() -> None:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            with suppress(urllib.error.URLError, OSError):
                direct.open(f"{address}/health/ready", timeout=2).close()
                if text:
                    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the command's output
                print(f"ready: {address}", flush=True)  # noqa: T201 - the command's output
                return
            time.sleep(0.05)
        log.error("serve.not_ready", address=address)

    threading.Thread(target=wait_and_say, daemon=True).start()


def _web_server(asked: Serve, port: int) -> AbstractServer[Any]:
    return Granian(
        "stoa.serving:web_worker",
        factory=True,
        address=asked.host,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=asked.workers,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=FINISHED_WITHIN,
        respawn_failed_workers=True,
    )


def web_worker() -> AsgiApp:
    """One web process's application: it connects when the server starts it and closes when that ends."""
    end_with_parent()
    settings = read_settings()
    configure_logs(settings.log_level)
    return WebWorker(complete_from_environment(settings))


def complete_from_environment(settings: Settings) -> Complete:
    """The settings that the first process passed on."""
    given = {field: getattr(settings, field) for field in PASSED_ON}
    return Complete(settings=settings, demo=os.environ.get(DEMO) == "1", **given)


class WebWorker:
    """Speaks ASGI's lifespan, then hands requests to the application."""

    def __init__(self, complete: Complete) -> None:
        self._complete = complete
        self._app: AsgiApp | None = None

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _live(
        self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        await receive()
        try:
            await self._serve(receive, send)
        except Exception:
            # The server would end without a word.
            log.exception("web.failed")
            raise

    async def _serve(
        self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        async with open_stoa(self._complete) as stoa:
            self._app = web_app(stoa, server=self._complete.public_url)
            _end_streams_first(stoa)
            spare_the_collector()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _end_streams_first(stoa: Stoa) -> None:
    """Let pages that listen go when the process is to end: the server waits for every answer to be complete.

    The server ends at either signal alike. The one that its parent sends is taken from it, to end the streams first.
    """

    def end() -> None:
        stoa.ending.set()
        signal.raise_signal(signal.SIGINT)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)


async def run_worker(complete: Complete) -> None:
    """Work in the background until a signal ends it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stop.set)
    async with open_stoa(complete) as stoa:
        await work(stoa.service, stoa.dialects, stop)
