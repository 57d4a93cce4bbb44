from collections.abc import Awaitable, Callable
from datetime import timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.housekeeping import Housekeeping
from stoa.orders.order import State
from tests.conftest import Merchant
from tests.desk.people import text_of
from tests.operator.calls import in_state

Show = Callable[[], Awaitable[httpx.Response]]


@pytest.fixture
def show(stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient) -> Show:
    """The page, once the worker has counted everything."""

    async def shown() -> httpx.Response:
        await Housekeeping(stoa.service, stoa.dialects).fold()
        page = await owner.get(f"/desk/{merchant.shop.id}/numbers")
        assert page.status_code == 200
        return page

    return shown


async def test_a_shop_without_orders_has_a_page_too(show: Show) -> None:
    assert "Today" in text_of(await show())


async def test_what_was_sold_today_stands_on_the_page(
    stoa: Stoa, merchant: Merchant, neighbour: Merchant, show: Show
) -> None:
    orders = [await in_state(stoa, merchant.shop, state) for state in (State.ACCEPTED, State.OPEN)]
    await in_state(stoa, neighbour.shop, State.OPEN)

    said = text_of(await show())

    revenue = sum(order.total_cents for order in orders)
    assert f"€{revenue / 100:,.2f}" in said
    assert "Orders today 2" in said


async def test_what_was_sold_longer_ago_is_not_counted(
    stoa: Stoa, merchant: Merchant, show: Show, clock: MovableClock
) -> None:
    clock.move(timedelta(days=-29))
    order = await in_state(stoa, merchant.shop, State.DELIVERED)
    clock.move(timedelta(days=29))
    inside = text_of(await show())
    clock.move(timedelta(days=1))
    outside = text_of(await show())

    amount = f"€{order.total_cents / 100:,.2f}"
    assert (amount in inside, amount in outside) == (True, False)


async def test_every_chart_is_sound_and_has_its_table(stoa: Stoa, merchant: Merchant, show: Show) -> None:
    await in_state(stoa, merchant.shop, State.ACCEPTED)
    page = (await show()).text

    charts = [part.split("</svg>")[0] for part in page.split("<svg")[1:]]
    figures = page.count("<figure")
    assert len(charts) >= 3
    assert page.count("<table") >= figures >= 3
    for chart in charts:
        ET.fromstring(f"<svg{chart}</svg>")
    assert " style=" not in page
