"""Orders from before they were shipped with several files and completed, after that migration: like those of now."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.order import Actor, Fulfilment, Order, PaymentStatus, State
from stoa.orders.progress import STEPS_OF_RETURNS, Step, step_of
from stoa.orders.shop import Shop
from stoa.orders.timers import next_look
from stoa.store.database import Pool
from stoa.store.migrations import Migration, migrate, migrations
from stoa.store.orders import Orders, Search, decode_order, parameters
from stoa.store.shops import Shops
from tests import saves
from tests.builders import (
    DAY,
    HOUR,
    NOON,
    a_shop,
    a_tracking,
    a_voucher,
    after,
    an_order,
    an_order_in,
    an_uploaded_invoice,
)
from tests.store.test_orders_from_before import COLUMNS, TALLIES

# As it was done then, but for the key of the request.
PLACE = """
INSERT INTO orders (shop_id, id, version, body, updated_at, timer_at, state, stage, step, payment_status,
                    payment_step, payment_code, payment_reference, shipping_method, customer_number,
                    customer_email, tracking_codes, tag_ids, total_cents, shipping_vat_cents,
                    channel, channel_ref, placed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, lower($16), $17, $18, $19, $20, $21, $22, $23)"""

# What was counted then: by stage and payment status, folded and loose.
TALLY = "INSERT INTO order_tallies (shop_id, stage, payment_status, n, folded) VALUES ($1, $2, $3, $4, $5)"

LABEL = asked.AttachVoucher(voucher=a_voucher(), tracking=a_tracking())


def some_of_every_kind(shop: Shop) -> Iterator[Order]:
    for state in State:
        yield an_order_in(state, shop=shop)
        yield an_order_in(state, shop=shop, fulfilment=Fulfilment.MERCHANT, courier="acs")
        yield an_order_in(state, shop=shop, invoice_files=(an_uploaded_invoice(serial=3),))
    for status in PaymentStatus:
        yield an_order_in(State.DELIVERED, shop=shop, payment_status=status)
    accepted = after(an_order(shop=shop), asked.Accept())
    for commands in (
        (asked.BeginWork(),),
        (asked.MarkReady(),),
        (LABEL,),
        (LABEL, asked.BeginWork()),
        (LABEL, asked.MarkReady()),
        (LABEL, asked.MarkReady(), asked.MarkNotReady()),
    ):
        yield after(accepted, *commands)
    yield from what_left_with_a_voucher(after(accepted, LABEL, asked.MarkReady()))
    late = after(accepted, asked.PickUp(), at=NOON + HOUR)
    yield after(late, LABEL, by=Actor.MARKETPLACE, at=NOON + 2 * HOUR)


MUCH_LATER = datetime(2900, 1, 1, tzinfo=UTC)
"""What is delivered then can still be returned, whenever these tests run."""


def what_left_with_a_voucher(order: Order) -> Iterator[Order]:
    for moment in (NOON + DAY, datetime.fromisoformat("2026-03-04T11:12:13.000456Z"), MUCH_LATER):
        left = after(order, asked.PickUp(), at=moment)
        yield from (left, after(left, asked.ArriveAtPickupPoint()), after(left, asked.FailDelivery()))
        yield from (after(left, asked.Deliver()), after(left, asked.Cancel()))


def body_of_then(order: Order) -> bytes:
    """Without what orders did not have then, and with the one file that they may have had."""
    body = msgspec.json.decode(msgspec.json.encode(order))
    body.pop("returnable_until", None)
    for file in body.pop("invoice_files", ()):
        body["uploaded_invoice"] = file
    return msgspec.json.encode(body)


STEP_OF_THEN = {Step.READY_LABELLED: Step.READY}
DELIVERED = {State.DELIVERED, State.PARTIALLY_DELIVERED}


async def _place(pool: Pool, order: Order) -> None:
    values = list(parameters(saves.placing(order)))[:20]
    values[2] = 1
    values[3] = body = body_of_then(order)
    values[5] = next_look(decode_order(body))
    values[8] = STEP_OF_THEN.get(step_of(order), step_of(order))
    await pool.execute(PLACE, *values, order.channel, order.channel_ref, order.placed_at)


def those_of_then() -> list[Migration]:
    return migrations()[:3]


@pytest.fixture
async def before(empty: Pool, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """A database as it was before, filled with orders of two shops and with what was counted of them."""
    with monkeypatch.context() as patched:
        patched.setattr("stoa.store.migrations.migrations", those_of_then)
        assert (await migrate(empty))[-1] == "0003_strangers"
    shops = Shops(empty)
    for shop in [await shops.add(a_shop(), NOON) for _ in range(2)]:
        for order in of_a_shop(shop):
            await _place(empty, order)
        for n, folded in ((7, True), (1, False), (-1, False)):
            await empty.execute(TALLY, shop.id, "delivered", "paid", n, folded)
    return empty


def of_a_shop(shop: Shop) -> list[Order]:
    return [
        replace(order, id=shop.id * 1_000_000 + n, channel_ref=f"{n}")
        for n, order in enumerate(some_of_every_kind(shop))
    ]


async def shops_of(pool: Pool) -> list[Shop]:
    return [listed.shop for listed in await Shops(pool).page(after=0, limit=10, kind="")]


async def orders_in(pool: Pool) -> list[Order]:
    return [decode_order(row["body"]) for row in await pool.fetch("SELECT body FROM orders ORDER BY id")]


def as_it_would_be_now(order: Order) -> Order:
    """What can no longer be returned is completed."""
    # Of what came back nobody asks any more until when it could have.
    until = order.returnable_until if order.state in DELIVERED else None
    over = until is not None and until < MUCH_LATER
    return replace(order, returnable_until=until, completed_at=until if over else None)


async def test_they_are_the_orders_that_they_would_be_now(before: Pool) -> None:
    await migrate(before)
    shops = await shops_of(before)

    assert await orders_in(before) == [
        as_it_would_be_now(order) for shop in shops for order in of_a_shop(shop)
    ]


async def test_they_have_beside_them_what_they_would_have_now(before: Pool, pool: Pool) -> None:
    await migrate(before)
    for _ in range(2):
        await Shops(pool).add(a_shop(), NOON)
    migrated = await orders_in(before)
    for order in migrated:
        await Orders(pool).save(saves.placing(order))

    assert len(migrated) > 100
    assert await before.fetch(COLUMNS) == await pool.fetch(COLUMNS)
    assert await before.fetch(TALLIES) == await pool.fetch(TALLIES)


async def test_the_examples_have_what_the_migration_is_about(before: Pool) -> None:
    await migrate(before)

    steps = {step_of(order) for order in await orders_in(before)}
    # Nobody could ask for a return then.
    later = {Step.RETURN_REQUESTED, Step.RETURN_CANCELLED, *STEPS_OF_RETURNS}
    assert steps == set(Step) - {Step.PARTIALLY_DELIVERED, *later}
    counts = await before.fetchrow("""
        SELECT count(*) FILTER (WHERE body ? 'returnable_until') AS returnable, count(collected_at) AS collected,
               count(*) FILTER (WHERE body ? 'invoice_files') AS filed FROM orders""")
    assert min(counts) > 10


async def test_what_was_delivered_is_returnable_until_a_moment_in_utc_whatever_the_sessions_zone(
    before: Pool,
) -> None:
    async with before.acquire() as connection:
        await connection.execute("ALTER DATABASE empty SET timezone = 'Pacific/Auckland'")
    await before.expire_connections()
    await migrate(before)

    until = await before.fetch("SELECT DISTINCT body ->> 'returnable_until' AS until FROM orders ORDER BY 1")
    assert [row["until"] for row in until] == [
        "2026-03-17T10:00:00.000000Z",
        "2026-03-18T10:00:00.000000Z",
        "2026-03-18T11:12:13.000456Z",
        "2900-01-15T00:00:00.000000Z",
        None,
    ]


async def test_what_may_still_be_returned_is_due_when_it_no_longer_can_and_the_rest_keeps_nobody_waiting(
    before: Pool,
) -> None:
    await migrate(before)
    orders, (first, _) = Orders(before), await shops_of(before)
    may_be_returned = [
        order.id
        for order in of_a_shop(first)
        if order.state in DELIVERED and order.returnable_until and order.returnable_until > MUCH_LATER
    ]

    later = MUCH_LATER + 20 * DAY
    due = await orders.claim_timers(first.id, now=later, until=later + DAY, limit=1000)

    delivered = [stored.order for stored in due if stored.order.state in DELIVERED]
    assert sorted(order.id for order in delivered) == may_be_returned != []
    for order in delivered:
        assert order.returnable_until is not None
        assert after(order, asked.Complete(), at=order.returnable_until).completed_at is not None


async def test_whoever_read_an_order_before_cannot_save_over_what_it_is_now(before: Pool) -> None:
    bodies = "SELECT id, version, body::text AS body FROM orders ORDER BY id"
    earlier = await before.fetch(bodies)
    await migrate(before)
    now = await before.fetch(bodies)

    changed = [(old, new) for old, new in zip(earlier, now, strict=True) if old["body"] != new["body"]]
    assert len(changed) > 10
    assert all(new["version"] > old["version"] for old, new in changed)


async def test_they_are_counted_by_step(before: Pool) -> None:
    await migrate(before)
    first, _ = await shops_of(before)

    for step in Step:
        found = await Orders(before).search(first.id, Search(conditions={"steps": [step]}))
        now = map(as_it_would_be_now, of_a_shop(first))
        assert found.total == sum(step_of(order) is step for order in now)
        assert len(found.orders) == found.total
    assert await before.fetchval("SELECT count(*) FROM order_tallies WHERE NOT folded AND n <> 0") == 0
