from collections.abc import AsyncIterator, Iterator

import pytest

from stoa.app import Stoa
from tests.conftest import a_database
from tests.shopflix.counter import Counter, opening_a_counter


@pytest.fixture(scope="session")
def database_url(postgres: str, template: str) -> Iterator[str]:
    """One database for all these tests: each has shops of its own, and no shop sees another's orders."""
    with a_database(postgres, template, "test_shopflix") as url:
        yield url


@pytest.fixture
async def counter(stoa: Stoa) -> AsyncIterator[Counter]:
    async with opening_a_counter(stoa) as opened:
        yield opened


@pytest.fixture
async def other_counter(stoa: Stoa) -> AsyncIterator[Counter]:
    """Another shop's, which must never see the first one's orders."""
    async with opening_a_counter(stoa, name="Το διπλανό μαγαζί") as opened:
        yield opened
