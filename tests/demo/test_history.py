"""The history is written once, into a database of which every test has a copy."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from stoa.app import Stoa, open_stoa
from stoa.clock import MovableClock
from stoa.demo.history import BY_PHONE, COUPONS, COURIERS, GIFT, VIP, Life, lives_until, write_history
from stoa.demo.shops import SHOPS, open_demo
from stoa.orders.decisions import decide
from stoa.orders.events import ReturnRequested
from stoa.orders.evolving import evolve
from stoa.orders.order import (
    RETURNS_UNDER_WAY,
    Actor,
    Fulfilment,
    Order,
    PaymentStatus,
    ReturnRequest,
    ReturnState,
    ReviewOption,
    State,
    Tag,
)
from stoa.orders.placing import place
from stoa.orders.progress import PaymentStep, Stage, Step, payment_step_of, stage_of, step_of
from stoa.orders.refunding import refund_due
from stoa.orders.refusals import Refused
from stoa.orders.returning import requested_return
from stoa.orders.shop import Shop
from stoa.simulator.catalogue import STORED
from stoa.store.orders import Orders, Search
from tests.builders import ATHENS, DAY, HOUR, NOON, a_placement, an_order, in_athens, placed
from tests.conftest import SERVER, complete, let_timers_work, named
from tests.database_contents import contents
from tests.saves import placing

WRITTEN = "template_of_a_demo"
COPY = "copy_of_a_demo"


@pytest.fixture(scope="module")
def written(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the database of a demo that was started once."""
    asyncio.run(_start(postgres, template, tmp_path_factory.mktemp("demo")))
    return WRITTEN


async def _start(postgres: str, template: str, folder: Path) -> None:
    await _execute(postgres, f"CREATE DATABASE {WRITTEN} TEMPLATE {template}")
    async with open_stoa(complete(named(postgres, WRITTEN)), MovableClock(NOON)) as stoa:
        demo = await open_demo(stoa, folder, SERVER)
        await write_history(stoa, demo.shops[0].id)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


@pytest.fixture
async def database_url(postgres: str, written: str) -> AsyncIterator[str]:
    await _execute(postgres, f"CREATE DATABASE {COPY} TEMPLATE {written}")
    yield named(postgres, COPY)
    await _execute(postgres, f"DROP DATABASE {COPY} WITH (FORCE)")


@pytest.fixture
async def shop(stoa: Stoa) -> Shop:
    first, _ = await stoa.service.shops.page(after=0, limit=10, kind="")
    return first.shop


async def orders_of(stoa: Stoa, shop: Shop, **conditions: object) -> list[Order]:
    """The shop's orders, newest first."""
    found = await stoa.service.orders.search(shop.id, Search(conditions=conditions, limit=1000))
    return found.orders


async def totals(stoa: Stoa, shop: Shop, **conditions: object) -> dict[object, int]:
    """How many orders there are, by stage and payment status."""
    answers: dict[object, int] = {}
    for stage, status in itertools.product(Stage, PaymentStatus):
        asked = {"stage": stage, "payment_status": status, **conditions}
        found = await stoa.service.orders.search(shop.id, Search(conditions=asked, limit=1))
        answers[stage, status] = found.total
    return answers


async def test_there_are_some_hundred_orders_of_two_months(stoa: Stoa, shop: Shop) -> None:
    orders = await orders_of(stoa, shop)

    assert 250 < len(orders) < 350
    assert all(NOON - 60 * DAY < order.placed_at < NOON for order in orders)
    assert len({order.placed_at.date() for order in orders}) > 40


async def test_there_are_orders_of_every_stage_and_step_once_the_vouchers_are_printed(
    stoa: Stoa, shop: Shop
) -> None:
    await let_timers_work(stoa, shop)
    orders = await orders_of(stoa, shop)

    assert {stage_of(order) for order in orders} == set(Stage)
    assert {step_of(order) for order in orders} == set(Step)


async def test_there_are_payments_of_every_status_and_step(stoa: Stoa, shop: Shop) -> None:
    orders = await orders_of(stoa, shop)

    assert {order.payment_status for order in orders} == set(PaymentStatus)
    assert {payment_step_of(order) for order in orders} == {*PaymentStep, None}


async def test_every_filter_of_a_merchants_list_finds_something(stoa: Stoa, shop: Shop) -> None:
    orders = await orders_of(stoa, shop)
    own = [order for order in orders if order.channel == "shop"]

    assert Counter(order.channel for order in orders).keys() == {"skroutz", "shop"}
    assert {order.fulfilment for order in own} == {Fulfilment.MERCHANT}
    assert {order.coupon_code for order in own} == {*COUPONS, None}
    assert {order.payment_provider for order in own} >= {"paypal", "nestpay"}
    sent = [order for order in orders if order.return_of is None]
    assert {tracking.courier for order in sent for tracking in order.trackings} == set(COURIERS)
    assert any(order.billing and order.billing.is_company for order in own)
    assert any(order.notes for order in orders)
    assert max(Counter(order.customer.number for order in orders).values()) >= 3
    for tag in (VIP, GIFT, BY_PHONE):
        assert await orders_of(stoa, shop, tag_name=tag)


async def test_what_is_tallied_is_what_is_counted(stoa: Stoa, shop: Shop) -> None:
    tallied = await totals(stoa, shop)

    assert tallied == await totals(stoa, shop, placed_from=NOON - 365 * DAY)
    assert sum(tallied.values()) == len(await orders_of(stoa, shop))


async def test_nothing_is_due_at_once_but_a_few_vouchers(stoa: Stoa, shop: Shop) -> None:
    due = await stoa.service.orders.claim_timers(shop.id, now=NOON, until=NOON, limit=1000)
    still_open = await orders_of(stoa, shop, steps=[Step.OPEN])

    assert 1 <= len(due) <= 6
    assert all(stored.order.voucher_is_due for stored in due)
    assert min(order.expires_at for order in still_open) > NOON + DAY


async def test_what_was_delivered_is_completed_where_it_can_no_longer_be_returned_and_nowhere_else(
    stoa: Stoa, shop: Shop
) -> None:
    delivered = [
        order
        for order in await orders_of(stoa, shop)
        if order.state in {State.DELIVERED, State.PARTIALLY_DELIVERED}
    ]

    assert len(delivered) > 100
    for order in delivered:
        assert order.returnable_until is not None
        assert (order.completed_at is not None) == (order.returnable_until <= NOON)


async def test_the_receiver_hears_nothing_of_the_past(stoa: Stoa, shop: Shop) -> None:
    for kind in ("skroutz_orders", "skroutz_returns"):
        assert await stoa.service.shops.endpoint(shop.id, kind) is not None
    assert (await contents(stoa.service.pool))["deliveries"] == []


async def test_numbers_come_in_the_order_of_time_and_the_newcomers_order_is_the_newest(
    stoa: Stoa, shop: Shop
) -> None:
    number = await stoa.service.orders.next_number()
    await stoa.service.engine.place(a_placement(), shop=shop, number=number)

    numbers = [order.id for order in await orders_of(stoa, shop)]
    assert numbers[0] == number
    assert numbers == sorted(numbers, reverse=True)


async def test_invoices_are_numbered_in_the_order_of_time_and_one_was_taken_back(
    stoa: Stoa, shop: Shop
) -> None:
    papers = await stoa.service.invoices.page(shop.id, shop.invoice_series, after=0, limit=1000)
    stornos = [paper for paper in papers if paper.cancels]
    cancelled = [
        order for order in await orders_of(stoa, shop, steps=[Step.CANCELLED]) if order.issued_invoice
    ]

    assert [paper.number for paper in papers] == list(range(1, len(papers) + 1))
    assert [paper.issued_at for paper in papers] == sorted(paper.issued_at for paper in papers)
    assert {paper.seller.vat_number for paper in papers} == {"EL123456789"}
    assert {paper.order_id for paper in stornos} == {order.id for order in cancelled} != set()
    assert any(paper.buyer.vat_number for paper in papers)


async def test_what_was_left_of_split_orders_is_sold(stoa: Stoa, shop: Shop) -> None:
    by_number = {order.id: order for order in await orders_of(stoa, shop)}
    follow_ups = [order for order in by_number.values() if order.replaces]

    assert {order.state for order in follow_ups} == {State.DELIVERED, State.DISPATCHED, State.ACCEPTED}
    for order in follow_ups:
        assert order.replaces is not None
        split = by_number[order.replaces.id]
        assert (split.state, split.replacements[0].id) == (State.REJECTED, order.id)


async def test_everything_that_happened_is_noted_when_it_did(stoa: Stoa, shop: Shop) -> None:
    back_in_part = await orders_of(stoa, shop, steps=[Step.PARTIALLY_RETURNED])
    last_words = set()
    for order in back_in_part:
        happened = await stoa.service.orders.history(shop.id, order.id)

        first, *_, news, refund = (one.kind for one in happened)
        assert (first, refund) == ("Placed", "Refunded")
        assert [one.at for one in happened] == sorted(one.at for one in happened)
        assert (happened[0].at, happened[-1].at) == (order.placed_at, order.updated_at)
        last_words.add(news)
    assert last_words == {"PartiallyReturned", "ReturnFollowed"}


async def returns_of(stoa: Stoa, shop: Shop) -> list[tuple[Order, ReturnRequest]]:
    """The shop's returns that customers asked for, newest first."""
    orders = await orders_of(stoa, shop)
    return [(order, order.return_request) for order in orders if order.return_request]


async def test_there_are_returns_in_every_state(stoa: Stoa, shop: Shop) -> None:
    returns = await returns_of(stoa, shop)

    assert {request.state for _, request in returns} == set(ReturnState)
    assert len({request.reason for _, request in returns}) > 4
    answers = {request.review.option for _, request in returns if request.review}
    assert answers > {ReviewOption.APPROVE, ReviewOption.SEND_MISSING_PART}
    assert any(request.photos for _, request in returns)


async def test_some_returns_wait_for_a_review_and_there_is_time_for_it(stoa: Stoa, shop: Shop) -> None:
    waiting = [
        request for _, request in await returns_of(stoa, shop) if request.state is ReturnState.PENDING_REVIEW
    ]

    assert len(waiting) == 4
    assert all(request.review_until > NOON + DAY for request in waiting)


async def test_what_returns_are_about_is_what_their_orders_know_of_them(stoa: Stoa, shop: Shop) -> None:
    by_number = {order.id: order for order in await orders_of(stoa, shop)}
    for order, request in await returns_of(stoa, shop):
        assert order.return_of is not None
        source = by_number[order.return_of.id]

        assert [(linked.id, linked.state) for linked in source.returns] == [(order.id, request.state)]
        for line in order.lines:
            sold = source.line(line.id)
            assert sold is not None
            under_way, back = request.state in RETURNS_UNDER_WAY, request.state is ReturnState.RETURNED
            assert sold.returning_quantity == (line.quantity if under_way else 0)
            assert sold.returned_quantity == (line.quantity if back else 0)


async def test_a_review_that_is_due_is_given_by_the_clock(
    stoa: Stoa, shop: Shop, clock: MovableClock
) -> None:
    clock.move(3 * DAY)
    await let_timers_work(stoa, shop)

    assert ReturnState.PENDING_REVIEW not in {request.state for _, request in await returns_of(stoa, shop)}


async def test_the_money_of_what_came_back_is_refunded(stoa: Stoa, shop: Shop) -> None:
    for order in await orders_of(stoa, shop, steps=[Step.RETURNED, Step.PARTIALLY_RETURNED]):
        assert refund_due(order) == 0
        if order.state is State.RETURNED and order.return_of is None:
            assert order.payment_status in {PaymentStatus.REFUNDED, PaymentStatus.CANCELLED}


async def test_some_orders_were_served_from_the_warehouse_and_its_books_agree(stoa: Stoa, shop: Shop) -> None:
    orders = await orders_of(stoa, shop)
    served = [
        order for order in orders if order.fulfilment is Fulfilment.WAREHOUSE and order.return_of is None
    ]
    audit = await stoa.service.warehouse.audit()

    assert shop.warehouse
    assert 10 <= len(served) <= 20
    assert {order.state for order in served} > {State.ACCEPTED, State.DISPATCHED, State.DELIVERED}
    for order in served:
        assert all(line.stock_id for line in order.lines)
        assert order.fees.warehouse == shop.warehouse_fee_cents
        assert (order.delivery_note is not None) == (order.dispatched_at is not None)
    assert any(order.return_request for order in orders if order.fulfilment is Fulfilment.WAREHOUSE)
    assert (audit.products, list(audit.faults)) == (5, [])


async def test_the_warehouse_has_goods_of_every_product_and_expects_more(stoa: Stoa, shop: Shop) -> None:
    warehouse = stoa.service.warehouse
    products = await warehouse.products(shop.id, limit=100)
    expected, received = await warehouse.purchase_orders(shop.id, before=2**60, limit=100)

    assert [product.shop_uid for product in products] == [product.uid for product in STORED]
    assert all(0 < product.available <= 40 for product in products)
    assert any(product.reserved for product in products)
    first = await orders_of(stoa, shop)
    assert received.received_at is not None
    assert received.received_at < min(order.placed_at for order in first)
    assert expected.received_at is None
    assert expected.expected_date > NOON.date()


async def test_what_a_customer_orders_of_the_goods_in_the_warehouse_is_served_from_there(
    stoa: Stoa, shop: Shop
) -> None:
    number = await stoa.service.orders.next_number()
    wanted = replace(a_placement().lines[0], shop_uid=STORED[0].uid, shop_variation_uid=None, quantity=1)
    placed = await stoa.service.engine.place(a_placement(lines=(wanted,)), shop=shop, number=number)

    assert isinstance(placed, Order)
    assert placed.fulfilment is Fulfilment.WAREHOUSE


async def test_a_second_start_adds_nothing_whatever_was_deleted_meanwhile(
    stoa: Stoa, shop: Shop, clock: MovableClock
) -> None:
    for order in (await orders_of(stoa, shop))[:20]:
        stored = await stoa.service.orders.read(shop.id, order.id)
        assert stored is not None
        await stoa.service.engine.delete(stored=stored, shop=shop, by=Actor.MERCHANT)
    before = await contents(stoa.service.pool)
    clock.move(DAY)
    await write_history(stoa, shop.id)

    assert await contents(stoa.service.pool) == before


def _first_numbers(many: int) -> Callable[[Orders], Awaitable[int]]:
    """So many numbers for orders, then an end."""
    left = list(range(2_000_000, 2_000_000 + many))

    async def next_number(_: Orders) -> int:
        if not left:
            raise EOFError
        return left.pop(0)

    return next_number


async def test_a_start_that_breaks_off_leaves_nothing_and_the_next_one_makes_up_for_it(
    stoa: Stoa, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = replace(SHOPS[0], company=None, invoice_series="INV")
    from_before = await stoa.service.shops.add(terms, NOON)
    theirs = an_order(order_id=await stoa.service.orders.next_number(), shop=from_before)
    await stoa.service.orders.save(placing(theirs))
    with monkeypatch.context() as patch:
        patch.setattr(Orders, "next_number", _first_numbers(150))
        with pytest.raises(EOFError):
            await write_history(stoa, from_before.id)
    assert await orders_of(stoa, from_before) == [theirs]

    await write_history(stoa, from_before.id)

    shop = await stoa.service.shops.read(from_before.id)
    assert shop is not None
    assert (shop.company, shop.invoice_series) == (SHOPS[0].company, SHOPS[0].invoice_series)
    newest, *others = await orders_of(stoa, from_before)
    assert newest == theirs
    assert len(others) > 250


TAGS = {name: Tag(id=n, name=name) for n, name in enumerate((VIP, GIFT, BY_PHONE))}
TERMS = replace(SHOPS[0], id=1, calendar=replace(SHOPS[0].calendar, holidays_of=None))


def unfolded(life: Life) -> Order:
    """How the order ends, or the return that came of it; what was left of a split order is not told here."""
    order = placed(place(life.placement, order_id=1, shop=TERMS, now=life.moments[0]))
    for turn, moment in zip(life.turns, life.moments[1:], strict=True):
        event = decide(order, turn.ask(order), shop=TERMS, by=turn.by, now=moment)
        assert not isinstance(event, Refused), event
        order = evolve(order, event, by=turn.by, at=moment)
        if isinstance(event, ReturnRequested):
            order = requested_return(order, event)
        if order.state is State.REJECTED and turn is life.turns[0]:
            break
    return order


@pytest.mark.parametrize("hour", range(0, 24, 4))
def test_the_history_can_have_happened_at_whatever_hour_a_demo_begins(hour: int) -> None:
    # The night before, the clocks were put forward.
    now = in_athens(2026, 3, 30, hour, 30)
    for life in lives_until(now, TERMS, TAGS):
        assert list(life.moments) == sorted(set(life.moments))
        assert life.moments[-1] < now
        order = unfolded(life)
        assert order.state is not State.OPEN or order.expires_at > now + DAY
        request = order.return_request
        waits = request is not None and request.state is ReturnState.PENDING_REVIEW
        assert not waits or order.expires_at > now + DAY


def test_most_of_it_happens_by_day() -> None:
    last = [life.moments[-1].astimezone(ATHENS).hour for life in lives_until(NOON, TERMS, TAGS)]

    assert all(8 <= hour < 22 for hour in last)


def test_two_demos_have_the_same_history() -> None:
    def told(now: datetime) -> Sequence[object]:
        return [
            (replace(life.placement, expires_at=None), len(life.turns))
            for life in lives_until(now, TERMS, TAGS)
        ]

    assert told(NOON) == told(NOON + 30 * DAY + 7 * HOUR)
