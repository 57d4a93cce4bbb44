"""Those who sit at the desk: of the shop, of another, and of the marketplace."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from stoa.app import Stoa
from stoa.store.people import Role
from tests.conftest import Merchant, a_database
from tests.desk.browser import Counter, House, a_browser, a_house
from tests.desk.parcels import Packing
from tests.desk.people import an_account, at_the_desk
from tests.skroutz.market import Market


@pytest.fixture
async def owner(stoa: Stoa, merchant: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    """The shop's owner, who reads English."""
    person = await an_account(stoa, merchant.shop.id, Role.OWNER, "Άννα", language="en")
    async with at_the_desk(stoa, person) as client:
        yield client


@pytest.fixture
async def packer(stoa: Stoa, merchant: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    person = await an_account(stoa, merchant.shop.id, Role.PACKER, "Πέτρος", language="en")
    async with at_the_desk(stoa, person) as client:
        yield client


@pytest.fixture
async def neighbours_owner(stoa: Stoa, neighbour: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    """The owner of another shop, who must never see anything of the first one's."""
    person = await an_account(stoa, neighbour.shop.id, Role.OWNER, "Νίκη", language="en")
    async with at_the_desk(stoa, person) as client:
        yield client


@pytest.fixture
async def marketplace(stoa: Stoa) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody of the marketplace, who may enter every shop."""
    person = await an_account(stoa, None, Role.OPERATOR, "Operator", language="en")
    async with at_the_desk(stoa, person) as client:
        yield client


@pytest.fixture
async def packing(stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient) -> Packing:
    """The pages of the shop's orders before its owner; the shop hears of orders at an address where nobody listens."""
    await stoa.service.shops.set_endpoint(
        merchant.shop.id,
        "skroutz_orders",
        url="https://shop.example.com/webhooks",
        signing_key=b"sealed",
        now=stoa.service.clock(),
    )
    return Packing(Market(stoa, merchant), owner)


@pytest.fixture(scope="session")
def house_database(postgres: str, template: str) -> Iterator[str]:
    with a_database(postgres, template, "test_house") as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(house_database: str) -> AsyncIterator[House]:
    """The real server in front of a browser, for all tests that look at pages. Each opens shops of its own."""
    async with a_browser() as browser, a_house(house_database, browser) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def counter(house: House) -> Counter:
    """A new shop's desk in the house."""
    return await house.opens_a_shop()
