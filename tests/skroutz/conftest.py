import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from stoa.app import Stoa
from tests.conftest import named
from tests.skroutz.market import Market, opening_a_market

DATABASE = "test_skroutz"


@pytest.fixture(scope="session")
def database_url(postgres: str, template: str) -> Iterator[str]:
    """One database for all these tests: each has shops of its own, and no shop sees another's orders."""
    asyncio.run(_tell(postgres, f"CREATE DATABASE {DATABASE} TEMPLATE {template}"))
    yield named(postgres, DATABASE)
    asyncio.run(_tell(postgres, f"DROP DATABASE {DATABASE} WITH (FORCE)"))


async def _tell(postgres: str, statement: str) -> None:
    connection = await asyncpg.connect(postgres)
    await connection.execute(statement)
    await connection.close()


@pytest.fixture
async def market(stoa: Stoa) -> AsyncIterator[Market]:
    async with opening_a_market(stoa) as opened:
        yield opened


@pytest.fixture
async def enrolled(stoa: Stoa) -> AsyncIterator[Market]:
    """A shop that says itself when its parcels are ready."""
    async with opening_a_market(stoa, set_as_ready_required=True) as opened:
        yield opened
