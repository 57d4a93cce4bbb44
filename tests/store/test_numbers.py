"""A shop's numbers are what counting its orders by hand gives, by the days that its clocks show."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct
from msgspec.structs import astuple

from stoa.orders import commands as asked
from stoa.orders.order import State
from stoa.orders.shop import Shop
from stoa.store import numbers
from stoa.store.database import Pool
from stoa.store.deliveries import Deliveries, DeliveryState, FinishedAttempt
from stoa.store.facts import Facts
from stoa.store.numbers import (
    COUNT_ORDERS,
    DAYS,
    TIMES_TO_ACCEPT,
    Day,
    EndpointHealth,
    LastDays,
    Numbers,
    Sales,
)
from stoa.store.orders import Message, Orders
from stoa.store.shops import Shops
from tests import saves
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_shop,
    after,
    an_order,
    an_order_in,
    in_athens,
    with_a_return,
)


class Fact(Struct, frozen=True, kw_only=True):
    """What is counted of an order."""

    placed_at: datetime
    channel: str = "skroutz"
    is_return: bool = False
    total_cents: int = 1000
    refunded_cents: int = 0
    currency: str = "EUR"
    accepted_at: datetime | None = None
    came_to_nothing: str | None = None
    dispatch_until: datetime = NOON + 4 * DAY
    dispatched_at: datetime | None = None


ADD_FACTS = """
INSERT INTO order_facts (shop_id, order_id, version, step, words, placed_at, channel, is_return, total_cents, refunded_cents,
                         currency, accepted_at, came_to_nothing, dispatch_until, dispatched_at)
VALUES ($1, $2, 1, 'open', '', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""


async def add(pool: Pool, shop: Shop, facts: Iterable[Fact]) -> None:
    rows = [(shop.id, n, *astuple(fact)) for n, fact in enumerate(facts, start=1)]
    async with pool.acquire() as connection, connection.transaction():
        # The orders themselves are not needed, and take long to place.
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.executemany(ADD_FACTS, rows)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await Shops(pool).add(a_shop(), NOON)


def any_facts(seed: int, now: datetime, count: int = 600) -> list[Fact]:
    """Orders of the last 40 days, by the dice."""
    dice = Random(seed)
    return [any_fact(dice, now - dice.random() * 40 * DAY) for _ in range(count)]


def any_fact(dice: Random, placed_at: datetime) -> Fact:
    accepted_at = dice.choice((None, placed_at + timedelta(seconds=dice.randrange(100_000))))
    dispatched_at = accepted_at and dice.choice((None, accepted_at + dice.random() * 6 * DAY))
    return Fact(
        placed_at=placed_at,
        channel=dice.choice(("skroutz", "shopflix", "merchantpro")),
        is_return=dice.random() < 0.1,
        total_cents=dice.randrange(500, 90_000),
        refunded_cents=dice.choice((0, 0, 300)),
        currency=dice.choice(("EUR", "EUR", "RON")),
        accepted_at=accepted_at,
        came_to_nothing=dice.choice((None, None, "rejected", "expired", "cancelled")),
        dispatch_until=placed_at + 4 * DAY,
        dispatched_at=dispatched_at,
    )


def counted(facts: Sequence[Fact], shop: Shop, now: datetime) -> LastDays:
    """The numbers, counted by hand."""
    zone = ZoneInfo(shop.zone)
    sold = [fact for fact in facts if not fact.is_return]
    local_now = now.astimezone(zone)
    days = [local_now.date() - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    a_week_ago = local_now - timedelta(days=7)
    then = [
        fact
        for fact in sold
        if fact.placed_at.astimezone(zone).date() == a_week_ago.date()
        and fact.placed_at < a_week_ago.astimezone(UTC)
    ]
    return LastDays([a_day(day, sold, shop, now) for day in days], sales_of(then, shop, now))


def a_day(day: date, facts: Sequence[Fact], shop: Shop, now: datetime) -> Day:
    zone = ZoneInfo(shop.zone)
    placed = [fact for fact in facts if fact.placed_at.astimezone(zone).date() == day]
    times = sorted(fact.accepted_at - fact.placed_at for fact in placed if fact.accepted_at)
    channels = sorted({fact.channel for fact in placed})
    return Day(
        date=day,
        by_channel={
            channel: sales_of([fact for fact in placed if fact.channel == channel], shop, now)
            for channel in channels
        },
        time_to_accept=times[(len(times) - 1) // 2] if times else None,
    )


def sales_of(facts: Sequence[Fact], shop: Shop, now: datetime) -> Sales:
    accepted = [fact for fact in facts if fact.accepted_at]
    left = [fact for fact in facts if fact.dispatched_at]
    earned = [fact for fact in facts if not fact.came_to_nothing and fact.currency == shop.currency]
    never = [fact for fact in facts if not fact.accepted_at]
    waiting = [fact for fact in accepted if not fact.dispatched_at and not fact.came_to_nothing]
    return Sales(
        orders=len(facts),
        revenue_cents=sum(fact.total_cents - fact.refunded_cents for fact in earned),
        accepted=len(accepted),
        refused=sum(fact.came_to_nothing in {"rejected", "expired"} for fact in never),
        dispatched=len(left),
        dispatched_late=sum((fact.dispatched_at or now) > fact.dispatch_until for fact in left),
        overdue=sum(fact.dispatch_until < now for fact in waiting),
    )


def test_sales_are_added_up_field_by_field() -> None:
    one = Sales(orders=1, revenue_cents=2, accepted=3, refused=4, dispatched=5, dispatched_late=6, overdue=7)

    assert astuple(one + one) == (2, 4, 6, 8, 10, 12, 14)


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("Europe/Athens", NOON),
        # The night with 25 hours, and the one with 23, are among these days.
        ("Europe/Athens", in_athens(2026, 11, 3, 0, 30)),
        ("Europe/Bucharest", in_athens(2026, 4, 5, 23, 59)),
        # A week ago the clocks showed this time twice: it is the first that counts.
        ("Europe/Athens", in_athens(2026, 11, 1, 3, 30)),
        # Where the clocks change at midnight, a day has no midnight or two.
        ("America/Santiago", datetime(2026, 9, 20, 14, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 11, 10, 14, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 5, 1, 18, 20, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 4, 20, 12, tzinfo=UTC)),
    ],
)
async def test_numbers_are_what_counting_gives(pool: Pool, zone: str, now: datetime) -> None:
    shop = await Shops(pool).add(a_shop(zone=zone), NOON)
    facts = any_facts(7, now)
    await add(pool, shop, facts)

    assert await Numbers(pool).last_days(shop, now) == counted(facts, shop, now)


@pytest.mark.parametrize("seed", range(3))
async def test_another_shops_orders_are_not_counted(pool: Pool, shop: Shop, seed: int) -> None:
    neighbour = await Shops(pool).add(a_shop(), NOON)
    facts = any_facts(seed, NOON, 50)
    await add(pool, shop, facts)
    await add(pool, neighbour, any_facts(seed + 100, NOON))

    assert await Numbers(pool).last_days(shop, NOON) == counted(facts, shop, NOON)


async def test_a_shop_without_orders_has_days_without_sales(pool: Pool, shop: Shop) -> None:
    last = await Numbers(pool).last_days(shop, NOON)

    assert [day.date for day in last.days] == [date(2026, 2, 2) + n * DAY for n in range(30)]
    assert last.sales == last.week_ago == Sales()
    assert {day.time_to_accept for day in last.days} == {None}


async def test_a_day_begins_and_ends_at_the_shops_midnight(pool: Pool, shop: Shop) -> None:
    midnight = in_athens(2026, 3, 3, 0)
    moment = timedelta(microseconds=1)
    await add(
        pool, shop, [Fact(placed_at=at) for at in (midnight - moment, midnight, midnight + DAY - moment)]
    )

    *_, yesterday, today = (await Numbers(pool).last_days(shop, NOON)).days
    assert (yesterday.sales.orders, today.sales.orders) == (1, 2)


async def test_today_is_compared_with_the_same_part_of_that_day_a_week_ago(pool: Pool, shop: Shop) -> None:
    a_week_ago = NOON - 7 * DAY
    await add(pool, shop, [Fact(placed_at=a_week_ago + ago) for ago in (-DAY, -HOUR, -MINUTE, HOUR)])

    assert (await Numbers(pool).last_days(shop, NOON)).week_ago.orders == 2


async def test_what_is_not_decided_yet_says_nothing_of_the_acceptance_rate(pool: Pool, shop: Shop) -> None:
    at = NOON - HOUR
    await add(
        pool,
        shop,
        [
            Fact(placed_at=at),
            Fact(placed_at=at, came_to_nothing="cancelled"),
            Fact(placed_at=at, came_to_nothing="rejected"),
            Fact(placed_at=at, accepted_at=at + MINUTE),
            Fact(placed_at=at, accepted_at=at + MINUTE, came_to_nothing="cancelled"),
        ],
    )

    today = (await Numbers(pool).last_days(shop, NOON)).today.sales
    assert (today.orders, today.accepted, today.refused) == (5, 2, 1)
    assert today.acceptance_rate == pytest.approx(2 / 3)


def test_no_decision_is_no_rate() -> None:
    assert Sales(orders=3).acceptance_rate is None


async def test_what_the_worker_has_noted_of_real_orders_is_counted(pool: Pool, shop: Shop) -> None:
    orders, facts = Orders(pool), Facts(pool, lambda order, _shop: [str(order.id)])
    open_one = an_order(order_id=1_000_001, shop=shop)
    accepted = after(an_order(order_id=1_000_002, shop=shop), asked.Accept(), at=NOON + 20 * MINUTE)
    rejected = an_order_in(State.REJECTED, order_id=1_000_003, shop=shop)
    sold, back = with_a_return(an_order_in(State.DELIVERED, order_id=1_000_004, shop=shop))
    for order in (open_one, accepted, rejected, sold, back):
        assert await orders.save(saves.placing(order))
    await facts.fold(shop.id)

    today = (await Numbers(pool).last_days(shop, NOON + HOUR)).today
    assert today.sales == Sales(
        orders=4,
        revenue_cents=open_one.total_cents + accepted.total_cents + sold.total_cents,
        accepted=2,
        refused=1,
        dispatched=1,
    )
    assert today.time_to_accept == timedelta(0)


MANY = """
INSERT INTO order_facts (shop_id, order_id, version, step, words, placed_at, channel, is_return, total_cents, refunded_cents,
                         currency, dispatch_until)
SELECT $1, n, 1, 'open', '', $2::timestamptz - n * interval '10 minutes', 'skroutz', false, 100, 0, 'EUR', $2
FROM generate_series(1, 20000) AS n"""


async def test_the_days_are_read_from_one_index_alone(pool: Pool, shop: Shop) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(MANY, shop.id, NOON)
    await pool.execute("VACUUM ANALYZE order_facts")
    begins, ends = [NOON - 2 * DAY, NOON - DAY], [NOON - DAY, NOON]

    for statement, given in (
        (COUNT_ORDERS, (shop.id, NOON, begins, ends, "EUR")),
        (TIMES_TO_ACCEPT, (shop.id, begins, ends)),
    ):
        plan = "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {statement}", *given))
        assert "Index Only Scan using order_facts_placed" in plan
        assert "Seq Scan" not in plan


# Webhooks

ORDERS, RETURNS = "skroutz_orders", "skroutz_returns"


async def send(
    pool: Pool, shop: Shop, endpoint: str, state: DeliveryState, *tries: tuple[int | None, int]
) -> None:
    """A message and the requests for it: the status and the milliseconds of each."""
    deliveries = Deliveries(pool)
    await deliveries.queue(shop.id, Message(endpoint, "new_order", b"{}"), NOON)
    for n, (status, duration_ms) in enumerate(tries, start=1):
        at = NOON + n * MINUTE
        (held,) = await deliveries.claim(shop.id, 1, at, MINUTE)
        is_last = n == len(tries)
        await deliveries.record(
            shop.id,
            [
                FinishedAttempt(
                    delivery=held,
                    at=at,
                    duration_ms=duration_ms,
                    status=status,
                    error=None if status else "timed out",
                    state=state if is_last else "pending",
                    next_at=None if is_last and state != "pending" else at,
                )
            ],
        )


def health(kind: str, **what_matters: Any) -> EndpointHealth:
    nothing = {"messages": 0, "delivered": 0, "dead": 0, "requests": 0, "answered": 0, "answer_ms": None}
    return EndpointHealth(kind=kind, **(nothing | what_matters))


async def test_webhooks_are_told_by_endpoint_with_all_requests_for_them(pool: Pool, shop: Shop) -> None:
    await send(pool, shop, ORDERS, "delivered", (500, 30), (200, 80))
    await send(pool, shop, ORDERS, "delivered", (200, 120))
    await send(pool, shop, ORDERS, "dead", (None, 10_000), (404, 20))
    await send(pool, shop, RETURNS, "pending")

    told = await Numbers(pool).webhooks(shop.id)
    assert told.endpoints == [
        health(ORDERS, messages=3, delivered=2, dead=1, requests=5, answered=2, answer_ms=80),
        health(RETURNS, messages=1),
    ]
    assert (told.waiting, told.given_up) == (1, 1)


async def test_webhooks_of_another_shop_are_not_told(pool: Pool, shop: Shop) -> None:
    neighbour = await Shops(pool).add(a_shop(), NOON)
    await send(pool, neighbour, ORDERS, "dead", (500, 30))
    await send(pool, neighbour, ORDERS, "pending")

    told = await Numbers(pool).webhooks(shop.id)
    assert (told.waiting, told.given_up, told.endpoints) == (0, 0, [])


async def test_only_the_latest_messages_say_how_webhooks_arrive(
    pool: Pool, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "LAST_MESSAGES", 2)
    await send(pool, shop, ORDERS, "dead", (500, 30))
    for _ in range(2):
        await send(pool, shop, ORDERS, "delivered", (200, 30))

    told = await Numbers(pool).webhooks(shop.id)
    assert told.endpoints == [health(ORDERS, messages=2, delivered=2, requests=2, answered=2, answer_ms=30)]
    assert told.given_up == 1


async def test_a_backlog_is_counted_until_it_is_clear_that_it_is_large(
    pool: Pool, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "MOST_COUNTED", 3)
    for _ in range(6):
        await send(pool, shop, ORDERS, "pending")

    assert (await Numbers(pool).webhooks(shop.id)).waiting == 4
