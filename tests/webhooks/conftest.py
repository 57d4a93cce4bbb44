import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from stoa.store.database import Pool, open_pool
from stoa.store.local_postgres import LocalPostgres
from stoa.store.migrations import migrate

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="webhooks-") as name:
        Path(name).chmod(0o711)
        with LocalPostgres(Path(name, "postgres"), settings={"fsync": "off"}) as server:
            yield server.url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on a migrated database without any rows."""
    pool = await open_pool(database_url)
    await migrate(pool)
    await pool.execute("TRUNCATE shops CASCADE")
    yield pool
    await pool.close()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Answer], Awaitable[str]]]:
    """Start receivers on loopback: give it a handler, get a URL without a path."""
    runners: list[web.ServerRunner] = []

    async def start(answer: Answer) -> str:
        runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()
