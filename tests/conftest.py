"""A real PostgreSQL for the whole run, and a database of its own for each test, cloned from a template."""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from msgspec import Struct

from stoa.app import Complete, Stoa, open_stoa, web_app
from stoa.clock import Clock, MovableClock
from stoa.orders.order import Order
from stoa.orders.shop import PickupLocation, Shop
from stoa.settings import read_settings
from stoa.store.database import Pool, open_pool
from stoa.store.local_postgres import LocalPostgres
from stoa.store.migrations import migrate
from stoa.store.orders import Stored
from stoa.timers import Timers
from tests.builders import NOON

SERVER = "http://stoa.test"
SECRET_KEY = "a secret key that only the tests have"
ACCEPT = "application/vnd.skroutz+json; version=3.0"
LOOPBACK = "127.0.0.0/8,::1/128"

IN_MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 1 << 30
"""Three times what the databases of a run were seen to take at most."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server that is faster than it is safe."""
    with tempfile.TemporaryDirectory(prefix="stoa-tests-", dir=_quickest_place()) as name:
        Path(name).chmod(0o711)
        with LocalPostgres(
            Path(name, "postgres"), settings={"fsync": "off", "max_wal_size": "256MB"}
        ) as server:
            yield server.url


def _quickest_place() -> Path | None:
    """Memory where there is enough, else where temporary files are: to write some thousand databases to a disk is half
    of the time that all tests take."""
    may_write = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
    return IN_MEMORY if may_write and shutil.disk_usage(IN_MEMORY).free > ENOUGH_BYTES else None


def named(url: str, database: str) -> str:
    """The same server's other database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


TEMPLATE = "template_of_tests"


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a database that has the schema and nothing else."""
    asyncio.run(_make_template(postgres))
    return TEMPLATE


async def _make_template(postgres: str) -> None:
    await _execute(postgres, f"CREATE DATABASE {TEMPLATE}")
    pool = await open_pool(named(postgres, TEMPLATE))
    await migrate(pool)
    await pool.close()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def a_database(postgres: str, template: str, name: str) -> Iterator[str]:
    """The address of a copy of the template, which is gone afterwards."""
    # Copied as files, or PostgreSQL would write all of it to its log first, which takes twice as long.
    asyncio.run(_execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    try:
        yield named(postgres, name)
    finally:
        asyncio.run(_execute(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


_numbers = itertools.count(1)


@pytest.fixture
def database_url(postgres: str, template: str) -> Iterator[str]:
    """A migrated database of the test's own."""
    with a_database(postgres, template, f"test_{next(_numbers)}") as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOON)


def complete(database_url: str, **environment: str) -> Complete:
    """Settings for a service of the tests; loopback may be called, since every receiver is there."""
    settings = read_settings({"STOA_WEBHOOK_ALLOW": LOOPBACK, **environment})
    return Complete(
        settings=settings,
        database_url=database_url,
        blob_url="memory://",
        public_url=SERVER,
        secret_key=SECRET_KEY,
        demo=True,
    )


@pytest.fixture
async def stoa(database_url: str, clock: MovableClock) -> AsyncIterator[Stoa]:
    async with open_stoa(complete(database_url), clock) as opened:
        yield opened


@asynccontextmanager
async def browsing(stoa: Stoa, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the web application, with these headers on every request."""
    transport = httpx.ASGITransport(web_app(stoa, server=SERVER))
    async with httpx.AsyncClient(transport=transport, base_url=SERVER, headers=headers) as client:
        yield client


@pytest.fixture
async def stranger(stoa: Stoa) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a credential."""
    async with browsing(stoa) as client:
        yield client


@pytest.fixture
async def operator(stoa: Stoa, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    token = await stoa.service.shops.issue_to_operator(clock())
    async with browsing(stoa, Authorization=f"Bearer {token}") as client:
        yield client


class Merchant(Struct, frozen=True):
    """A shop and its client of the Skroutz API."""

    shop: Shop
    client: httpx.AsyncClient
    token: str


@asynccontextmanager
async def opening_a_shop(stoa: Stoa, **terms: Any) -> AsyncIterator[Merchant]:
    """A shop with two pickup locations and a Skroutz token."""
    location = PickupLocation(
        id="YlpD0KROym",
        street_name="Πανεπιστημίου",
        street_number="2",
        zip="12345",
        city="Αθήνα",
        region="Αττική",
    )
    other = PickupLocation(
        id="onpL6DXG4l", street_name="Σταδίου", street_number="1", zip="12345", city="Αθήνα", region="Αττική"
    )
    made_up: dict[str, Any] = {"id": 0, "name": "Το μαγαζί", "locations": (location, other)}
    now = stoa.service.clock()
    shop = await stoa.service.shops.add(Shop(**(made_up | terms)), now)
    token = str(await stoa.service.shops.issue(shop.id, "skroutz", now))
    async with browsing(stoa, Authorization=f"Bearer {token}", Accept=ACCEPT) as client:
        yield Merchant(shop, client, token)


@pytest.fixture
async def merchant(stoa: Stoa) -> AsyncIterator[Merchant]:
    async with opening_a_shop(stoa) as opened:
        yield opened


@pytest.fixture
async def neighbour(stoa: Stoa) -> AsyncIterator[Merchant]:
    """Another shop, which must never see the first one's orders."""
    async with opening_a_shop(stoa, name="Το διπλανό μαγαζί") as opened:
        yield opened


async def stored(stoa: Stoa, order: Order) -> Stored:
    """The order as it is in the database now."""
    read = await stoa.service.orders.read(order.shop_id, order.id)
    assert read is not None
    return read


async def let_timers_work(stoa: Stoa, shop: Shop) -> None:
    """Do what the background worker would do for the shop's orders by now: deadlines, acceptances, vouchers."""
    timers = Timers(stoa.service)
    timers.wake(shop.id)
    await timers.settle()
