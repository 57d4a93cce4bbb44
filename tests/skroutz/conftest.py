from collections.abc import AsyncIterator, Iterator

import pytest

from stoa.app import Stoa
from tests.conftest import Merchant, a_database
from tests.skroutz.fbs import Fbs
from tests.skroutz.market import Market, opening_a_market


@pytest.fixture(scope="session")
def database_url(postgres: str, template: str) -> Iterator[str]:
    """One database for all these tests: each has shops of its own, and no shop sees another's orders."""
    with a_database(postgres, template, "test_skroutz") as url:
        yield url


@pytest.fixture
async def market(stoa: Stoa) -> AsyncIterator[Market]:
    async with opening_a_market(stoa) as opened:
        yield opened


@pytest.fixture
async def enrolled(stoa: Stoa) -> AsyncIterator[Market]:
    """A shop that says itself when its parcels are ready."""
    async with opening_a_market(stoa, set_as_ready_required=True) as opened:
        yield opened


@pytest.fixture
def fbs(stoa: Stoa, merchant: Merchant) -> Fbs:
    return Fbs(stoa.service.pool, merchant)


@pytest.fixture
def neighbours_fbs(stoa: Stoa, neighbour: Merchant) -> Fbs:
    return Fbs(stoa.service.pool, neighbour)
