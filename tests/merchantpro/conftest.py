import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from stoa.app import Stoa
from tests.conftest import named
from tests.merchantpro.back_office import BackOffice, opening_a_back_office

DATABASE = "test_merchantpro"


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
async def office(stoa: Stoa) -> AsyncIterator[BackOffice]:
    async with opening_a_back_office(stoa) as opened:
        yield opened


@pytest.fixture
async def other_office(stoa: Stoa) -> AsyncIterator[BackOffice]:
    """Another shop's, which must never see the first one's orders."""
    async with opening_a_back_office(stoa, name="Magazinul vecin") as opened:
        yield opened
