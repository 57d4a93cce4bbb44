from collections.abc import AsyncIterator, Iterator

import pytest

from stoa.app import Stoa
from tests.conftest import a_database
from tests.dialects.stall import Stall, opening_a_stall


@pytest.fixture(scope="session")
def database_url(postgres: str, template: str) -> Iterator[str]:
    """One database for all these tests: each has shops of its own, and no shop sees another's orders."""
    with a_database(postgres, template, "test_dialects") as url:
        yield url


@pytest.fixture
async def stall(stoa: Stoa) -> AsyncIterator[Stall]:
    async with opening_a_stall(stoa) as opened:
        yield opened
