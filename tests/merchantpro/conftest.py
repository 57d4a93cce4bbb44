from collections.abc import AsyncIterator, Iterator

import pytest

from stoa.app import Stoa
from tests.conftest import a_database
from tests.merchantpro.back_office import BackOffice, opening_a_back_office


@pytest.fixture(scope="session")
def database_url(postgres: str, template: str) -> Iterator[str]:
    """One database for all these tests: each has shops of its own, and no shop sees another's orders."""
    with a_database(postgres, template, "test_merchantpro") as url:
        yield url


@pytest.fixture
async def office(stoa: Stoa) -> AsyncIterator[BackOffice]:
    async with opening_a_back_office(stoa) as opened:
        yield opened


@pytest.fixture
async def other_office(stoa: Stoa) -> AsyncIterator[BackOffice]:
    """Another shop's, which must never see the first one's orders."""
    async with opening_a_back_office(stoa, name="Magazinul vecin") as opened:
        yield opened
