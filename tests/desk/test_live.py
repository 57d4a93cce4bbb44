"""Pages hear of changes: of all, from everybody, and nothing of other shops."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest

from stoa.app import Stoa, open_stoa, web_app
from stoa.clock import MovableClock
from stoa.desk import live
from stoa.orders.commands import Cancel
from stoa.orders.order import Actor, Order, State
from stoa.orders.shop import Shop
from stoa.store.people import Role
from stoa.web.metrics import AsgiApp
from tests.conftest import SERVER, Merchant, complete, let_timers_work, stored
from tests.desk.open_pages import PATIENCE, listening, mark_of
from tests.desk.people import an_account, at_the_desk, posting
from tests.operator.calls import in_state, placing

MINUTE = timedelta(minutes=1)

BREAK_LISTENERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'LISTEN%'"""


@pytest.fixture
def app(stoa: Stoa) -> AsgiApp:
    """One process's application: what listens is shared by all of its pages."""
    return web_app(stoa, server=SERVER)


@pytest.fixture
async def mark(app: AsgiApp, owner: httpx.AsyncClient, merchant: Merchant, clock: MovableClock) -> str:
    """The mark of a page that shows all there is, where others have been listening for a while."""
    async with listening(app, owner, merchant.shop) as earlier:
        assert [await earlier.hears(), await earlier.hears()] == ["hello", "changed"]
    clock.move(MINUTE)
    return mark_of(await owner.get(f"/desk/{merchant.shop.id}/orders"))


async def test_a_page_hears_of_an_order_that_is_placed(
    app: AsgiApp, owner: httpx.AsyncClient, operator: httpx.AsyncClient, merchant: Merchant, mark: str
) -> None:
    async with listening(app, owner, merchant.shop, mark) as page:
        assert (page.status, page.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert await page.hears() == "hello"
        assert await page.hears_nothing()

        await placing(operator, merchant.shop)

        assert await page.hears() == "changed"


async def _dialect(stoa: Stoa, merchant: Merchant, order: Order) -> None:
    code = stoa.codes(order, merchant.shop)["skroutz"]
    answer = await merchant.client.post(
        f"/merchants/ecommerce/orders/{code}/reject", json={"rejection_reason_other": "Δεν υπάρχει"}
    )
    assert answer.status_code == 200, answer.text


async def _marketplace(stoa: Stoa, merchant: Merchant, order: Order) -> None:
    on = await stored(stoa, order)
    await stoa.service.engine.carry_out(Cancel(), on=on, shop=merchant.shop, by=Actor.CUSTOMER)


async def _clock(stoa: Stoa, merchant: Merchant, order: Order) -> None:
    assert isinstance(stoa.service.clock, MovableClock)
    stoa.service.clock.move(timedelta(days=3))
    await let_timers_work(stoa, merchant.shop)


async def _deletion(stoa: Stoa, merchant: Merchant, order: Order) -> None:
    on = await stored(stoa, order)
    await stoa.service.engine.delete(stored=on, shop=merchant.shop, by=Actor.MERCHANT)


@pytest.mark.parametrize("change", [_dialect, _marketplace, _clock, _deletion])
async def test_a_page_hears_of_a_change_whoever_makes_it(
    stoa: Stoa,
    app: AsgiApp,
    owner: httpx.AsyncClient,
    merchant: Merchant,
    mark: str,
    change: Callable[[Stoa, Merchant, Order], Awaitable[None]],
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)
    async with listening(app, owner, merchant.shop, mark) as page:
        assert await page.hears() == "hello"

        await change(stoa, merchant, order)

        assert await page.hears() == "changed"


async def test_a_page_hears_nothing_of_another_shop(
    app: AsgiApp,
    owner: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    merchant: Merchant,
    neighbour: Merchant,
    mark: str,
) -> None:
    async with listening(app, owner, merchant.shop, mark) as page:
        assert await page.hears() == "hello"

        await placing(operator, neighbour.shop)

        assert await page.hears_nothing()


async def test_what_happens_between_a_page_and_its_stream_is_not_missed(
    app: AsgiApp, owner: httpx.AsyncClient, operator: httpx.AsyncClient, merchant: Merchant, mark: str
) -> None:
    async with listening(app, owner, merchant.shop, mark) as earlier:
        await placing(operator, merchant.shop)
        assert [await earlier.hears(), await earlier.hears()] == ["hello", "changed"]

    async with listening(app, owner, merchant.shop, mark) as page:
        assert [await page.hears(), await page.hears()] == ["hello", "changed"]


@pytest.mark.parametrize("mark", ["", "x", "-1", "9" * 40, "1.5", "0"])
async def test_a_page_that_does_not_say_when_it_was_made_is_told_to_look(
    app: AsgiApp, owner: httpx.AsyncClient, merchant: Merchant, mark: str
) -> None:
    async with listening(app, owner, merchant.shop, mark) as page:
        assert [await page.hears(), await page.hears()] == ["hello", "changed"]


async def test_many_changes_at_once_are_few_to_a_page(
    app: AsgiApp, owner: httpx.AsyncClient, operator: httpx.AsyncClient, merchant: Merchant, mark: str
) -> None:
    async with listening(app, owner, merchant.shop, mark) as page:
        assert await page.hears() == "hello"

        await asyncio.gather(*(placing(operator, merchant.shop) for _ in range(10)))
        await asyncio.sleep(live.PAUSE)

        assert 1 <= page.said.qsize() <= 3


async def test_after_the_connection_to_the_database_broke_pages_look_again(
    stoa: Stoa,
    app: AsgiApp,
    owner: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    merchant: Merchant,
    mark: str,
) -> None:
    async with listening(app, owner, merchant.shop, mark) as page:
        assert await page.hears() == "hello"

        broken = await stoa.service.pool.fetch(BREAK_LISTENERS)

        assert len(broken) == 1
        assert await page.hears() == "changed"
        await placing(operator, merchant.shop)
        assert await page.hears() == "changed"


async def test_a_hundred_pages_of_a_process_need_one_connection(
    stoa: Stoa,
    app: AsgiApp,
    merchant: Merchant,
    owner: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    mark: str,
) -> None:
    async with AsyncExitStack() as open_pages:
        pages = [
            await open_pages.enter_async_context(listening(app, owner, merchant.shop, mark))
            for owner in await _people(stoa, merchant, open_pages, 5)
            for _ in range(live.MOST_PAGES)
        ]
        assert {await page.hears() for page in pages} == {"hello"}

        assert stoa.service.pool.get_size() - stoa.service.pool.get_idle_size() == 1
        await placing(operator, merchant.shop)
        assert {await page.hears() for page in pages} == {"changed"}


async def _people(
    stoa: Stoa, merchant: Merchant, until: AsyncExitStack, how_many: int
) -> list[httpx.AsyncClient]:
    accounts = [
        await an_account(stoa, merchant.shop.id, Role.PACKER, email=f"packer{n}@shop.example")
        for n in range(how_many)
    ]
    return [await until.enter_async_context(at_the_desk(stoa, person)) for person in accounts]


async def test_nobody_opens_pages_without_end(
    app: AsgiApp,
    owner: httpx.AsyncClient,
    packer: httpx.AsyncClient,
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "MOST_PAGES", 2)
    async with listening(app, owner, merchant.shop), listening(app, owner, merchant.shop) as page:
        assert await page.hears() == "hello"
        async with (
            listening(app, owner, merchant.shop) as third,
            listening(app, packer, merchant.shop) as other,
        ):
            assert (third.status, other.status) == (429, 200)

    async with listening(app, owner, merchant.shop) as page:
        assert page.status == 200


@pytest.mark.parametrize("shop_is", ["quiet", "busy"])
async def test_whoever_signs_out_hears_no_more(
    stoa: Stoa,
    app: AsgiApp,
    owner: httpx.AsyncClient,
    merchant: Merchant,
    monkeypatch: pytest.MonkeyPatch,
    shop_is: str,
) -> None:
    monkeypatch.setattr(live, "BEAT", 0.05)
    monkeypatch.setattr(live, "PAUSE", 0.01)
    async with listening(app, owner, merchant.shop) as page:
        assert await page.hears() == "hello"
        await posting(owner, "/desk/sign-out")
        ringing = asyncio.create_task(_ring_on(stoa, merchant.shop)) if shop_is == "busy" else None

        assert await page.ends()

        if ringing:
            ringing.cancel()


async def _ring_on(stoa: Stoa, shop: Shop) -> None:
    while True:
        stoa.service.bell.ring(shop.id)
        await asyncio.sleep(0.01)


async def test_open_pages_do_not_keep_the_service_from_ending(database_url: str, clock: MovableClock) -> None:
    async with AsyncExitStack() as until, open_stoa(complete(database_url), clock) as stoa:
        app = web_app(stoa, server=SERVER)
        marketplace = await an_account(stoa, None, Role.OPERATOR)
        client = await until.enter_async_context(at_the_desk(stoa, marketplace))
        shop = await stoa.service.shops.add(Shop(id=0, name="Το μαγαζί"), clock())
        page = await until.enter_async_context(listening(app, client, shop))
        assert await page.hears() == "hello"
        ending = asyncio.get_running_loop().time()

        stoa.ending.set()

        assert await page.ends()
    assert asyncio.get_running_loop().time() - ending < PATIENCE


async def test_whoever_only_asks_about_the_stream_gets_none(
    owner: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await asyncio.wait_for(owner.head(f"/desk/{merchant.shop.id}/live"), 5)

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
