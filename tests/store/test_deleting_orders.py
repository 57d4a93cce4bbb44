"""An order is deleted with everything of it, and what is under way for it ends quietly."""

import asyncio
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from stoa.orders.order import Actor, Order, State
from stoa.orders.shop import Shop
from stoa.store.database import Pool
from stoa.store.deliveries import ClaimedDelivery, Deliveries, FinishedAttempt
from stoa.store.orders import Message, Orders, Stored
from tests import saves
from tests.builders import NOON, a_voucher, an_order, an_order_in, an_uploaded_invoice
from tests.database_contents import contents
from tests.processes import HEARS, opened

LEASE = timedelta(seconds=30)


@pytest.fixture
def orders(pool: Pool) -> Orders:
    return Orders(pool)


@pytest.fixture
def deliveries(pool: Pool) -> Deliveries:
    return Deliveries(pool)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await opened(pool)


def news(number: int = 1) -> list[Message]:
    return [Message(HEARS, "order_updated", b"Papadaki") for _ in range(number)]


async def deleting(orders: Orders, order: Order, version: int = 1) -> bool:
    return await orders.delete(Stored(order, version), by=Actor.MERCHANT, at=NOON)


def ended(held: ClaimedDelivery) -> FinishedAttempt:
    return FinishedAttempt(held, NOON, 12, 200, None, "delivered", None)


async def test_nothing_of_a_deleted_order_is_left_but_a_line_that_says_so(
    pool: Pool, orders: Orders, deliveries: Deliveries, shop: Shop
) -> None:
    before = await contents(pool)
    order = an_order_in(State.ACCEPTED, shop=shop)
    await orders.save(saves.placing(order, news()))
    await deliveries.record(
        shop.id, [ended(held) for held in await deliveries.claim(shop.id, 9, NOON, LEASE)]
    )
    await orders.save(saves.changing(order, order, messages=news()))

    assert await deleting(orders, order, version=2)

    after = await contents(pool)
    assert [name for name in after if after[name] != before[name]] == ["audit", "order_tallies"]
    row = await pool.fetchrow("SELECT * FROM audit")
    assert dict(row) == {
        "shop_id": shop.id,
        "id": 1,
        "at": NOON,
        "actor": "merchant",
        "action": "delete_order",
        "order_id": order.id,
    }


async def test_the_files_of_a_deleted_order_are_listed_until_they_are_forgotten(
    orders: Orders, shop: Shop
) -> None:
    order = replace(an_order(shop=shop), voucher=a_voucher(), invoice_files=(an_uploaded_invoice(),))
    await orders.save(saves.placing(order))
    await deleting(orders, order)

    voucher, invoice = await orders.discarded_files(10)
    assert [voucher.blob, invoice.blob] == [a_voucher().blob, an_uploaded_invoice().blob]
    assert await orders.discarded_files(1) == [voucher]
    await orders.forget_discarded(voucher)
    assert await orders.discarded_files(10) == [invoice]


async def test_of_several_files_those_that_were_taken_back_are_deleted_with_their_order_too(
    orders: Orders, shop: Shop
) -> None:
    files = tuple(
        an_uploaded_invoice(serial=n, blob=f"{n}.pdf", deleted_at=NOON if n == 2 else None) for n in (1, 2, 3)
    )
    order = replace(an_order(shop=shop), invoice_files=files)
    await orders.save(saves.placing(order))
    await deleting(orders, order)

    assert [file.blob for file in await orders.discarded_files(10)] == ["1.pdf", "2.pdf", "3.pdf"]


async def test_an_order_that_somebody_changed_meanwhile_is_not_deleted(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    order = replace(an_order(shop=shop), voucher=a_voucher())
    await orders.save(saves.placing(order, news()))
    await orders.save(saves.changing(order, order))
    before = await contents(pool)

    assert not await deleting(orders, order, version=1)
    assert await contents(pool) == before


async def test_another_shop_cannot_delete_it(pool: Pool, orders: Orders, shop: Shop) -> None:
    other = await opened(pool)
    order = an_order(shop=shop)
    await orders.save(saves.placing(order))

    assert not await deleting(orders, replace(order, shop_id=other.id))
    assert await orders.read(shop.id, order.id) is not None


async def test_of_many_who_delete_it_at_once_one_does(pool: Pool, orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop)
    await orders.save(saves.placing(order))

    done = await asyncio.gather(*(deleting(orders, order) for _ in range(10)))

    assert sum(done) == 1
    assert await pool.fetchval("SELECT count(*) FROM audit") == 1


@pytest.mark.parametrize("seed", range(3))
async def test_a_deletion_that_races_a_save_leaves_nothing_half_done(
    pool: Pool, orders: Orders, shop: Shop, seed: int
) -> None:
    dice, wins = Random(seed), 0
    for n in range(20):
        order = an_order(shop=shop, order_id=1_000_001 + n)
        await orders.save(saves.placing(order, news()))
        cancelling = saves.changing(order, replace(order, state=State.CANCELLED), messages=news(3))
        race = [orders.save(cancelling), deleting(orders, order)]
        dice.shuffle(race)
        assert sum(await asyncio.gather(*race)) == 1
        wins += await orders.read(shop.id, order.id) is None

    assert 20 - wins == await pool.fetchval("SELECT count(*) FROM orders")
    assert (20 - wins) * 4 == await pool.fetchval("SELECT count(*) FROM deliveries")
    assert (20 - wins) * 2 == await pool.fetchval("SELECT count(*) FROM order_events")
    assert 20 - wins == await pool.fetchval("SELECT sum(n) FROM order_tallies")
    assert wins == await pool.fetchval("SELECT count(*) FROM audit")


# What is on its way


async def test_a_delivery_that_ends_after_its_order_was_deleted_is_nobodys(
    pool: Pool, orders: Orders, deliveries: Deliveries, shop: Shop
) -> None:
    order, other = an_order(shop=shop), an_order(shop=shop, order_id=1_000_002)
    for each in (order, other):
        await orders.save(saves.placing(each, news(2)))
    claimed = await deliveries.claim(shop.id, 9, NOON, LEASE)
    await deleting(orders, order)

    held = await deliveries.record(shop.id, [ended(delivery) for delivery in claimed])

    assert held == {delivery.id for delivery in claimed if delivery.order_id == other.id}
    assert await pool.fetchval("SELECT count(*) FROM delivery_attempts") == 1


async def test_a_delivery_that_is_given_back_after_its_order_was_deleted_is_gone(
    orders: Orders, deliveries: Deliveries, shop: Shop
) -> None:
    order = an_order(shop=shop)
    await orders.save(saves.placing(order, news()))
    claimed = await deliveries.claim(shop.id, 9, NOON, LEASE)
    await deleting(orders, order)
    await deliveries.release(shop.id, claimed)

    assert await deliveries.claim(shop.id, 9, NOON, LEASE) == []
    assert not await deliveries.resend(shop.id, claimed[0].id, NOON)


async def test_orders_are_deleted_while_their_deliveries_are_recorded(
    pool: Pool, orders: Orders, deliveries: Deliveries, shop: Shop
) -> None:
    made = [an_order(shop=shop, order_id=1_000_001 + n) for n in range(60)]
    for order in made:
        await orders.save(saves.placing(order, news(8)))
    over = asyncio.Event()

    async def send() -> None:
        while not over.is_set():
            claimed = await deliveries.claim(shop.id, 8, NOON, LEASE)
            if claimed:
                await deliveries.record(shop.id, [ended(held) for held in claimed])
            await asyncio.sleep(0)

    async def delete() -> None:
        for order in made:
            await asyncio.sleep(0.01)
            assert await deleting(orders, order)
        over.set()

    await asyncio.gather(*(send() for _ in range(5)), delete())

    assert await pool.fetchval("SELECT count(*) FROM deliveries") == 0
    assert await pool.fetchval("SELECT count(*) FROM delivery_attempts") == 0


BLOCKED = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def blocked(pool: Pool, number: int) -> None:
    """Wait until so many wait for a lock."""
    async with asyncio.timeout(10):
        while await pool.fetchval(BLOCKED) < number:  # noqa: ASYNC110 - what it asks for lies in the database
            await asyncio.sleep(0.01)


async def test_a_deletion_and_a_record_that_meet_halfway_do_not_wait_for_each_other(
    pool: Pool, orders: Orders, deliveries: Deliveries, shop: Shop
) -> None:
    order, other = an_order(shop=shop), an_order(shop=shop, order_id=1_000_002)
    await orders.save(saves.placing(order, news(3)))
    await orders.save(saves.placing(other, news()))
    claimed = await deliveries.claim(shop.id, 9, NOON, LEASE)
    # In a small table the deletion goes by the order in which rows were written last.
    await pool.execute("VACUUM ANALYZE deliveries")
    # A failure moves what the order has to tell later, too.
    failed = [FinishedAttempt(held, NOON, 12, 500, None, "pending", NOON + LEASE) for held in claimed]

    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT FROM deliveries WHERE id = $1 FOR UPDATE", claimed[1].id)
        recording = asyncio.create_task(deliveries.record(shop.id, failed))
        await blocked(pool, 1)
        deletion = asyncio.create_task(deleting(orders, order))
        await blocked(pool, 2)
        await transaction.rollback()

    assert await recording == {held.id for held in claimed}
    assert await deletion
    assert await pool.fetchval("SELECT count(*) FROM deliveries") == 1
