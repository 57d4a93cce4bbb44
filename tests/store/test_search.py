"""A merchant's search: which orders it finds, in which order, and how many it says there are."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.order import (
    Fulfilment,
    Order,
    PaymentMethod,
    PaymentStatus,
    State,
    Tag,
)
from stoa.orders.progress import STEPS_OF_RETURNS, Stage, Step, payment_step_of, stage_of, step_of
from stoa.orders.shop import Shop
from stoa.store.database import Pool
from stoa.store.orders import CONDITIONS, Found, Orders, Search, Stored
from stoa.store.shops import Shops
from tests import saves
from tests.builders import (
    DAY,
    HOUR,
    NOON,
    a_customer,
    a_shop,
    a_tracking,
    a_voucher,
    after,
    an_order,
    an_order_in,
)

MIXED = "Eleni@Example.COM"
GIFT, NEVER_USED, URGENT = (Tag(id=n, name=name) for n, name in enumerate(("gift", "never", "urgent"), 1))


@pytest.fixture
def orders(pool: Pool) -> Orders:
    return Orders(pool)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await Shops(pool).add(a_shop(), NOON)


def noting(*codes: str) -> asked.NoteTracking:
    return asked.NoteTracking(trackings=tuple(a_tracking(courier="acs", code=code) for code in codes))


def some_orders(shop: Shop) -> list[Order]:
    """Orders that differ in all that is searched for, three at each moment."""
    own = an_order(shop=shop, fulfilment=Fulfilment.MERCHANT)
    printed = asked.AttachVoucher(voucher=a_voucher(), tracking=a_tracking())
    labelled = after(an_order(shop=shop), asked.Accept(), printed)
    wanted: list[dict[str, Any]] = [
        {"payment_method": PaymentMethod.CASH_ON_DELIVERY},
        {"payment_method": PaymentMethod.BANK_TRANSFER, "payment_status": PaymentStatus.AWAITING},
        {"payment_status": PaymentStatus.REFUNDED, "payment_reference": "T-17"},
        {"payment_provider": "paypal", "payment_reference": "T-18"},
        {"shipping_method": "17", "shipping_cents": 1500},
        {"customer": a_customer(email=MIXED)},
        {"customer": a_customer(email="Ελένη@παράδειγμα.gr", number=8)},
        {"customer": a_customer(email=None, phone="2101234567", number=9)},
        {"tags": (GIFT,)},
        {"tags": (URGENT, GIFT)},
    ]
    made = [
        *(an_order_in(state, shop=shop) for state in State),
        *(an_order(shop=shop, **what_matters) for what_matters in wanted),
        labelled,
        after(labelled, asked.MarkReady()),
        after(labelled, asked.BeginWork()),
        after(an_order_in(State.DELIVERED, shop=shop), asked.Complete(), at=NOON + 14 * DAY),
        after(own, asked.Accept(), noting("1")),
        after(own, asked.Accept(), asked.BeginWork(), noting("2", "1")),
    ]
    return [_numbered(order, n) for n, order in enumerate(made)]


def _numbered(order: Order, n: int) -> Order:
    return replace(order, id=1_000_001 + n, placed_at=NOON + n // 3 * HOUR)


@pytest.fixture
async def made(pool: Pool, orders: Orders, shop: Shop) -> list[Order]:
    """The shop's orders; another shop has the same, and the same tags."""
    other = await Shops(pool).add(a_shop(), NOON)
    for each in (shop, other):
        assert await orders.number_tags(each.id, ["gift", "urgent", "never"]) is not None
        for order in some_orders(each):
            assert await orders.save(saves.placing(order))
    return some_orders(shop)


Matches = Callable[[Order], bool]


def has(value: object, read: Callable[[Order], object]) -> tuple[object, Matches]:
    return value, lambda order: read(order) == value


def among(*steps: str) -> tuple[object, Matches]:
    return list(steps), lambda order: step_of(order) in steps


EXAMPLES: dict[str, list[tuple[object, Matches]]] = {
    "id": [has(1_000_003, lambda o: o.id), has(5, lambda o: o.id)],
    "ids": [([1_000_003, 1_000_001, 7], lambda o: o.id in {1_000_003, 1_000_001}), ([], lambda _: False)],
    "stage": [has(stage, stage_of) for stage in Stage],
    "steps": [
        *(among(step) for step in Step),
        among(Step.OPEN, Step.DELIVERED),
        among(Step.RETURNED, Step.LABELLED, Step.OPEN, Step.READY_LABELLED, Step.COMPLETED),
        among(*Step),
        among("none"),
        among("none", Step.OPEN),
        among(),
    ],
    "sales": [(True, lambda o: step_of(o) not in STEPS_OF_RETURNS), (False, lambda _: False)],
    "payment_status": [has(status, lambda o: o.payment_status) for status in PaymentStatus],
    "payment_step": [has(step, payment_step_of) for step in ("to_collect", "awaits_transfer", "paid_online")],
    "payment_code": [
        has(code, lambda o: o.payment_provider or o.payment_method) for code in ("card", "paypal", "iris")
    ],
    "payment_reference": [has(code, lambda o: o.payment_reference) for code in ("T-17", "T-18", "T")],
    "shipping_method": [
        has(method, lambda o: o.shipping_method or o.courier or "") for method in ("17", "last_mile", "")
    ],
    "tracking_code": [
        (code, lambda o, code=code: code in [tracking.code for tracking in o.trackings])  # type: ignore[misc]
        for code in ("1", "2", "3", "")
    ],
    "customer_number": [has(number, lambda o: o.customer.number) for number in (8, 9, 10)],
    "customer_email": [
        ("eleni@example.com", lambda o: (o.customer.email or "").lower() == "eleni@example.com"),
        ("ELENI@EXAMPLE.COM", lambda o: (o.customer.email or "").lower() == "eleni@example.com"),
        ("Ελένη@παράδειγμα.gr", lambda o: o.customer.number == 8),
        ("ΕΛΈΝΗ@παράδειγμα.GR", lambda o: o.customer.number == 8),
        ("eleni", lambda _: False),
    ],
    "placed_from": [
        (NOON + 2 * HOUR, lambda o: o.placed_at >= NOON + 2 * HOUR),
        (NOON + 99 * HOUR, lambda _: False),
    ],
    "placed_before": [(NOON + 2 * HOUR, lambda o: o.placed_at < NOON + 2 * HOUR), (NOON, lambda _: False)],
    "tag_name": [
        (name, lambda o, name=name: name in [tag.name for tag in o.tags])  # type: ignore[misc]
        for name in ("gift", "urgent", "never", "unknown")
    ],
    "tag_ids": [
        ([GIFT.id], lambda o: GIFT in o.tags),
        ([URGENT.id, NEVER_USED.id], lambda o: URGENT in o.tags),
        ([999], lambda _: False),
        ([], lambda _: False),
    ],
}


def found(orders: list[Order], matches: Matches) -> list[int]:
    """What a search finds, the newest first."""
    by_age = sorted(orders, key=lambda order: (order.placed_at, order.id), reverse=True)
    return [order.id for order in by_age if matches(order)]


def ids(page: Found) -> list[int]:
    return [order.id for order in page.orders]


def test_every_condition_has_its_examples() -> None:
    assert EXAMPLES.keys() == CONDITIONS.keys()


@pytest.mark.parametrize("name", CONDITIONS)
async def test_a_condition_finds_what_it_says_and_nothing_else(
    orders: Orders, shop: Shop, made: list[Order], name: str
) -> None:
    answers = set()
    for value, matches in EXAMPLES[name]:
        page = await orders.search(shop.id, Search(conditions={name: value}))
        assert ids(page) == found(made, matches), value
        assert page.total == len(page.orders)
        answers.add(page.total)

    assert answers != {0}, "the examples find something"


async def test_without_a_condition_all_are_found_as_they_were_saved(
    orders: Orders, shop: Shop, made: list[Order]
) -> None:
    page = await orders.search(shop.id, Search(conditions={}))

    assert ids(page) == found(made, lambda _: True)
    assert sorted(page.orders, key=lambda order: order.id) == made


async def test_orders_without_their_lines_are_the_same_otherwise_and_know_what_they_cost(
    orders: Orders, shop: Shop, made: list[Order]
) -> None:
    whole, short = [
        await orders.search(shop.id, Search(conditions={}, lines=lines)) for lines in (True, False)
    ]

    without = {"lines", "options"}
    for full, listed in zip(whole.orders, short.listed, strict=True):
        assert (listed.id, listed.version, listed.order.lines) == (full.id, 1, ())
        for name in set(Order.__struct_fields__) - without:
            assert getattr(listed.order, name) == getattr(full, name), name
        assert (listed.total_cents, listed.shipping_vat_cents) == (full.total_cents, full.shipping_vat_cents)


async def test_conditions_hold_together(orders: Orders, shop: Shop, made: list[Order]) -> None:
    given: dict[str, object] = {
        "payment_status": PaymentStatus.PAID,
        "stage": Stage.AWAITING,
        "placed_from": NOON + HOUR,
        "tag_name": "gift",
        "shipping_method": "last_mile",
    }
    page = await orders.search(shop.id, Search(conditions=given))

    assert ids(page) == found(made, lambda o: GIFT in o.tags)
    assert page.total == len(page.orders) == 2


async def test_the_oldest_come_first_where_that_is_asked(
    orders: Orders, shop: Shop, made: list[Order]
) -> None:
    newest, oldest = [
        ids(await orders.search(shop.id, Search(conditions={}, ascending=ascending)))
        for ascending in (False, True)
    ]

    assert oldest == newest[::-1]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_the_pages_together_have_every_order_once(
    orders: Orders, shop: Shop, made: list[Order], *, limit: int, ascending: bool
) -> None:
    in_order = found(made, lambda _: True)[:: -1 if ascending else 1]

    for start in range(0, len(made) + limit, limit):
        search = Search(conditions={}, ascending=ascending, start=start, limit=limit)
        page = await orders.search(shop.id, search)
        assert ids(page) == in_order[start : start + limit]
        assert page.total == len(made)


@pytest.mark.parametrize("name", [None, "stage", "payment_code"])
async def test_a_page_past_the_end_is_empty_and_says_how_many_there_are(
    orders: Orders, shop: Shop, made: list[Order], name: str | None
) -> None:
    given: dict[str, object] = {"stage": Stage.AWAITING, "payment_code": "card"}
    conditions = {name: given[name]} if name else {}
    everything = await orders.search(shop.id, Search(conditions=conditions))
    past = await orders.search(shop.id, Search(conditions=conditions, start=10**12))

    assert past == Found([], everything.total)
    assert everything.total > 0


async def test_a_shop_without_orders_has_none(orders: Orders, shop: Shop) -> None:
    assert await orders.search(shop.id, Search(conditions={})) == Found([], 0)


# Several steps


MANY = [Step.OPEN, Step.DELIVERED, Step.LABELLED, Step.READY_LABELLED, Step.DISPATCHED, Step.COMPLETED]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("limit", [1, 4, 100])
@pytest.mark.parametrize("steps", [[Step.OPEN, Step.RETURNED], MANY, MANY[::-1]], ids=len)
async def test_the_pages_of_several_steps_together_have_every_order_once_and_in_the_lists_order(
    orders: Orders, shop: Shop, made: list[Order], *, steps: list[Step], limit: int, ascending: bool
) -> None:
    in_order = found(made, lambda order: step_of(order) in steps)[:: -1 if ascending else 1]
    assert len(in_order) > 5

    for start in range(0, len(in_order) + limit, limit):
        search = Search(conditions={"steps": steps}, ascending=ascending, start=start, limit=limit)
        page = await orders.search(shop.id, search)
        assert ids(page) == in_order[start : start + limit]
        assert page.total == len(in_order)


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("start", [0, 2])
@pytest.mark.parametrize(
    ("others", "matches"),
    [
        ({"payment_status": "paid"}, lambda o: o.payment_status == "paid"),
        ({"stage": Stage.AWAITING}, lambda o: stage_of(o) is Stage.AWAITING),
        ({"placed_from": NOON + 2 * HOUR}, lambda o: o.placed_at >= NOON + 2 * HOUR),
        (
            {"placed_from": NOON + HOUR, "placed_before": NOON + 5 * HOUR},
            lambda o: NOON + HOUR <= o.placed_at < NOON + 5 * HOUR,
        ),
        ({"tag_name": "gift"}, lambda o: GIFT in o.tags),
        ({"customer_email": "ELENI@example.com"}, lambda o: o.customer.email in {"eleni@example.com", MIXED}),
        ({"payment_status": "failed"}, lambda _: False),
    ],
    ids=str,
)
async def test_several_steps_and_other_conditions_hold_together(
    orders: Orders,
    shop: Shop,
    made: list[Order],
    *,
    others: dict[str, object],
    matches: Matches,
    start: int,
    ascending: bool,
) -> None:
    in_order = found(made, lambda order: step_of(order) in MANY and matches(order))[:: -1 if ascending else 1]

    search = Search(conditions={"steps": MANY, **others}, start=start, ascending=ascending)
    page = await orders.search(shop.id, search)

    assert ids(page) == in_order[start:]
    assert page.total == len(in_order)


async def test_a_page_of_several_steps_past_the_end_says_how_many_there_are(
    orders: Orders, shop: Shop, made: list[Order]
) -> None:
    past = await orders.search(shop.id, Search(conditions={"steps": MANY}, start=10**12))

    assert past == Found([], len(found(made, lambda order: step_of(order) in MANY)))


# Several orders by number


async def test_those_of_several_orders_that_there_are_are_read_by_number(
    orders: Orders, shop: Shop, made: list[Order]
) -> None:
    first, second = made[0], made[7]
    read = await orders.read_some(shop.id, [second.id, 5, first.id, second.id])

    assert read == {first.id: Stored(first, 1), second.id: Stored(second, 1)}


async def test_of_no_numbers_no_order_is_read(orders: Orders, shop: Shop, made: list[Order]) -> None:
    assert await orders.read_some(shop.id, []) == {}


async def test_another_shops_orders_are_not_among_those_that_are_read(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    other = await Shops(pool).add(a_shop(), NOON)
    await orders.save(saves.placing(an_order(shop=other)))

    assert await orders.read_some(shop.id, [1_000_001]) == {}


# Tags


async def test_a_tag_keeps_its_number_and_each_shop_has_its_own(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    other = await Shops(pool).add(a_shop(), NOON)
    gift, urgent = await orders.number_tags(shop.id, ["gift", "urgent"])

    again = await orders.number_tags(shop.id, ["urgent", "new", "gift", "urgent"])
    assert [tag.name for tag in again] == ["urgent", "new", "gift"]
    assert (again[0], again[2]) == (urgent, gift)
    (elsewhere,) = await orders.number_tags(other.id, ["gift"])
    assert elsewhere.id not in {gift.id, urgent.id}


async def test_many_who_make_the_same_tags_get_the_same_numbers(orders: Orders, shop: Shop) -> None:
    names = ["a", "b", "c", "d"]

    made = await asyncio.gather(
        *(orders.number_tags(shop.id, names[n % 4 :] + names[: n % 4]) for n in range(20))
    )

    assert len({tag for tags in made for tag in tags}) == 4
    assert [tag.name for tag in made[1]] == ["b", "c", "d", "a"]


async def test_no_tags_are_no_question(orders: Orders, shop: Shop) -> None:
    assert await orders.number_tags(shop.id, []) == ()


BLOCKED = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def test_who_make_the_same_tags_the_other_way_round_do_not_block_each_other(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("INSERT INTO tags (shop_id, name) VALUES ($1, 'm')", shop.id)
        both = [
            asyncio.create_task(orders.number_tags(shop.id, names))
            for names in (["a", "m", "z"], ["z", "m", "a"])
        ]
        while await pool.fetchval(BLOCKED) < len(both):  # noqa: ASYNC110 - what it asks for lies in the database
            await asyncio.sleep(0.01)
        await transaction.rollback()

    one, other = await asyncio.gather(*both)
    assert one == other[::-1]
