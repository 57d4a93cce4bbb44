import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders import events as happened
from stoa.orders.events import Event
from stoa.orders.order import Fulfilment, Order, State
from stoa.orders.shop import Shop
from stoa.store.database import Pool
from stoa.store.orders import ChannelRefTaken, KeyTaken, Message, Orders, Save
from stoa.store.shops import Shops
from tests import saves
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_shop,
    a_tracking,
    a_voucher,
    after,
    an_order,
    an_order_in,
    an_uploaded_invoice,
)
from tests.database_contents import contents

HEARS = "skroutz_orders"
NEWS = Message(HEARS, "new_order", b'{"order":1}')
LEASE = timedelta(minutes=1)


@pytest.fixture
def orders(pool: Pool) -> Orders:
    return Orders(pool)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    """A shop that hears of its orders."""
    shops = Shops(pool)
    shop = await shops.add(a_shop(), NOON)
    await shops.set_endpoint(shop.id, HEARS, url="https://shop.gr/hook", signing_key=b"sealed", now=NOON)
    return shop


def saving(
    order: Order,
    version: int = 0,
    event: Event | None = None,
    messages: Sequence[Message] = (NEWS,),
    **more: Any,
) -> Save:
    if version == 0:
        return saves.placing(order, messages, **more)
    return saves.changing(order, order, version=version, event=event, messages=messages)


def cancelled(order: Order) -> Order:
    return replace(order, state=State.CANCELLED, updated_at=NOON + MINUTE)


async def test_an_order_is_read_as_it_was_saved(orders: Orders, shop: Shop) -> None:
    order = an_order_in(State.PARTIALLY_RETURNED, shop=shop)
    assert await orders.save(saving(order))

    read = await orders.read(shop.id, order.id)
    assert read is not None
    assert (read.order, read.version) == (order, 1)


async def test_an_order_is_read_inside_its_shop_only(orders: Orders, shop: Shop) -> None:
    await orders.save(saving(an_order(shop=shop)))

    assert await orders.read(shop.id + 1, 1_000_001) is None
    assert await orders.read(shop.id, 1_000_002) is None


async def test_a_save_notes_the_event_and_queues_the_message_with_it(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    order = an_order(shop=shop)
    await orders.save(saving(order))

    (event,) = await orders.history(shop.id, order.id)
    assert (event.kind, event.by, event.at) == ("Placed", "customer", NOON)
    row = await pool.fetchrow("SELECT * FROM deliveries")
    assert (row["order_id"], row["endpoint"], row["payload"]) == (order.id, HEARS, NEWS.payload)
    assert (row["state"], row["due_at"], row["tries"]) == ("pending", NOON, 0)


async def test_a_shop_without_the_endpoint_is_sent_nothing(pool: Pool, orders: Orders) -> None:
    shop = await Shops(pool).add(a_shop(), NOON)
    await orders.save(saving(an_order(shop=shop)))

    assert await pool.fetchval("SELECT count(*) FROM order_events") == 1
    assert await pool.fetchval("SELECT count(*) FROM deliveries") == 0


async def test_several_messages_are_queued_in_their_order(pool: Pool, orders: Orders, shop: Shop) -> None:
    messages = [Message(HEARS, "new_order", bytes([n])) for n in range(20)]
    await orders.save(saving(an_order(shop=shop), messages=messages))

    queued = await pool.fetch("SELECT payload FROM deliveries ORDER BY id")
    assert [row["payload"] for row in queued] == [message.payload for message in messages]


async def test_a_save_with_a_stale_version_changes_nothing(pool: Pool, orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop)
    await orders.save(saving(order))
    assert await orders.save(saving(cancelled(order), 1, happened.Cancelled()))
    before = await contents(pool)

    for stale in (1, 3, 7):
        assert not await orders.save(saving(order, stale, happened.Cancelled()))
    assert await contents(pool) == before


async def test_a_save_of_an_order_that_is_not_there_changes_nothing(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    before = await contents(pool)

    assert not await orders.save(saving(an_order(shop=shop), 1, happened.Cancelled()))
    assert await contents(pool) == before


async def test_two_saves_together_are_both_there(orders: Orders, shop: Shop) -> None:
    first, second = an_order(shop=shop), an_order(shop=shop, order_id=1_000_002)
    await orders.save(saving(first))

    assert await orders.save(saving(cancelled(first), 1, happened.Cancelled()), saving(second))
    assert [order.id for order in await orders.page(shop.id, before=10**9, limit=9)] == [second.id, first.id]


async def test_two_saves_together_are_neither_there_when_one_is_stale(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    first, second = an_order(shop=shop), an_order(shop=shop, order_id=1_000_002)
    await orders.save(saving(first))
    before = await contents(pool)
    fresh, stale = saving(second), saving(cancelled(first), 2, happened.Cancelled())

    assert not await orders.save(fresh, stale)
    assert not await orders.save(stale, fresh)
    assert await contents(pool) == before


async def test_two_saves_together_are_neither_there_when_one_breaks_a_promise(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    first = an_order(shop=shop, channel_ref="17")
    second = an_order(shop=shop, channel_ref="17", order_id=1_000_002)
    await orders.save(saving(first))
    before = await contents(pool)

    with pytest.raises(ChannelRefTaken):
        await orders.save(saving(cancelled(first), 1, happened.Cancelled()), saving(second))
    assert await contents(pool) == before


async def test_of_many_writers_on_one_version_one_wins(pool: Pool, orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop)
    await orders.save(saving(order))

    won = await asyncio.gather(
        *(orders.save(saving(cancelled(order), 1, happened.Cancelled(reason=str(n)))) for n in range(20))
    )

    assert sum(won) == 1
    assert [event.kind for event in await orders.history(shop.id, order.id)] == ["Placed", "Cancelled"]
    assert await pool.fetchval("SELECT count(*) FROM deliveries") == 2


async def test_of_a_long_history_the_newest_can_be_read_alone(orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop)
    await orders.save(saving(order))
    for version in range(1, 4):
        await orders.save(saving(order, version, happened.Cancelled()))

    newest = await orders.history(shop.id, order.id, newest=2)

    assert [event.version for event in newest] == [3, 4]
    assert [event.version for event in await orders.history(shop.id, order.id)] == [1, 2, 3, 4]


async def test_writers_that_read_again_all_succeed_one_after_the_other(orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop, comments="")
    await orders.save(saving(order))

    async def write(word: str) -> None:
        done = False
        while not done:
            stored = await orders.read(shop.id, order.id)
            assert stored is not None
            changed = replace(stored.order, comments=stored.order.comments + word)
            done = await orders.save(saving(changed, stored.version, happened.Cancelled(), ()))

    await asyncio.gather(*(write(word) for word in "abcdefghij"))

    stored = await orders.read(shop.id, order.id)
    assert stored is not None
    assert (sorted(stored.order.comments), stored.version) == (list("abcdefghij"), 11)


async def test_an_order_is_placed_once_for_a_key(pool: Pool, orders: Orders, shop: Shop) -> None:
    key: dict[str, Any] = {"idempotency_key": "cart 1", "request_hash": b"hash"}
    await orders.save(saving(an_order(shop=shop), **key))
    before = await contents(pool)

    with pytest.raises(KeyTaken):
        await orders.save(saving(an_order(shop=shop, order_id=1_000_002), **key))
    assert await contents(pool) == before


async def test_an_order_is_placed_once_for_a_channel_and_reference(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    await orders.save(saving(an_order(shop=shop, channel_ref="17")))
    before = await contents(pool)

    with pytest.raises(ChannelRefTaken):
        await orders.save(saving(an_order(shop=shop, channel_ref="17", order_id=1_000_002)))
    assert await contents(pool) == before


async def test_numbers_grow_and_are_never_the_same(orders: Orders) -> None:
    drawn = await asyncio.gather(*(orders.next_number() for _ in range(50)))

    assert len(set(drawn)) == 50
    assert min(drawn) == 1_000_001


# Files that an order has no more


LABEL = asked.AttachVoucher(voucher=a_voucher(blob="v.pdf"), tracking=a_tracking())


def uploading(blob: str, *, replacing: bool = False) -> asked.AttachInvoice:
    return asked.AttachInvoice(invoice=an_uploaded_invoice(blob=blob), replacing=replacing)


async def discarded(orders: Orders) -> list[str]:
    return [file.blob for file in await orders.discarded_files(100)]


@pytest.fixture
async def filed(orders: Orders, shop: Shop) -> Order:
    """An order with a voucher and two of the merchant's files."""
    order = after(an_order(shop=shop), asked.Accept(), LABEL, uploading("1.pdf"), uploading("2.pdf"))
    assert await orders.save(saving(order))
    return order


@pytest.mark.parametrize(
    ("command", "blobs"),
    [
        (asked.CancelVoucher(), ["v.pdf"]),
        (uploading("3.pdf", replacing=True), ["2.pdf"]),
        (uploading("3.pdf"), []),
        (asked.RemoveInvoice(serial=2), []),
        (asked.RemoveInvoice(serial=1), []),
        (asked.MarkReady(), []),
        (asked.PickUp(), []),
        (asked.Cancel(), []),
    ],
    ids=str,
)
async def test_a_save_notes_the_files_that_the_order_has_no_more(
    orders: Orders, filed: Order, command: asked.Command, blobs: list[str]
) -> None:
    assert await orders.save(saves.changing(filed, after(filed, command)))

    assert await discarded(orders) == blobs


async def test_a_save_may_drop_several_files_at_once(orders: Orders, filed: Order) -> None:
    assert await orders.save(saves.changing(filed, replace(filed, voucher=None, invoice_files=())))

    assert await discarded(orders) == ["v.pdf", "1.pdf", "2.pdf"]


async def test_a_save_that_is_not_done_notes_no_file(pool: Pool, orders: Orders, filed: Order) -> None:
    without = saves.changing(filed, after(filed, asked.CancelVoucher()))
    stale = saving(an_order(shop=a_shop(id=filed.shop_id), order_id=1_000_009), 5)
    before = await contents(pool)

    assert not await orders.save(replace(without, version=7))
    assert not await orders.save(without, stale)
    assert await contents(pool) == before


async def test_the_files_of_steps_that_are_saved_together_are_noted_one_by_one(
    orders: Orders, filed: Order
) -> None:
    without = after(filed, asked.CancelVoucher())
    replaced = after(without, uploading("3.pdf", replacing=True))

    assert await orders.save(saves.changing(filed, without), saves.changing(without, replaced, version=2))
    assert await discarded(orders) == ["v.pdf", "2.pdf"]


async def test_of_two_who_drop_a_file_at_once_one_notes_it(orders: Orders, filed: Order) -> None:
    without = saves.changing(filed, after(filed, asked.CancelVoucher()))

    assert sum(await asyncio.gather(*(orders.save(without) for _ in range(8)))) == 1
    assert await discarded(orders) == ["v.pdf"]


# What the clock must look at


async def test_the_shops_with_due_orders_are_found(orders: Orders, pool: Pool, shop: Shop) -> None:
    other = await Shops(pool).add(a_shop(), NOON)
    await orders.save(saving(an_order(shop=shop)))
    await orders.save(saving(an_order(shop=other, order_id=1_000_002, fulfilment=Fulfilment.WAREHOUSE)))

    assert await orders.shops_with_due_timers(NOON, 10) == [other.id]
    assert await orders.shops_with_due_timers(NOON + DAY, 10) == [shop.id, other.id]
    assert len(await orders.shops_with_due_timers(NOON + DAY, 1)) == 1


BY_ITSELF = {State.OPEN, State.ACCEPTED, State.DELIVERED, State.PARTIALLY_DELIVERED}


async def test_an_order_that_nothing_happens_to_by_itself_is_never_due(orders: Orders, shop: Shop) -> None:
    for n, state in enumerate(state for state in State if state not in BY_ITSELF):
        await orders.save(
            saving(an_order_in(state, shop=shop, order_id=1_000_001 + n, fulfilment=Fulfilment.MERCHANT))
        )

    assert await orders.shops_with_due_timers(NOON + 1000 * DAY, 10) == []


async def test_a_delivered_order_is_due_when_it_can_no_longer_be_returned_and_once_only(
    orders: Orders, shop: Shop
) -> None:
    order = an_order_in(State.DELIVERED, shop=shop)
    await orders.save(saving(order))

    assert await orders.shops_with_due_timers(NOON + 14 * DAY - MINUTE, 10) == []
    assert await orders.shops_with_due_timers(NOON + 14 * DAY, 10) == [shop.id]
    completed = after(order, asked.Complete(), at=NOON + 14 * DAY)
    await orders.save(saving(completed, 1, happened.Completed()))
    assert await orders.shops_with_due_timers(NOON + 1000 * DAY, 10) == []


async def test_claims_at_once_share_the_due_orders_and_none_is_taken_twice(
    orders: Orders, shop: Shop
) -> None:
    for n in range(40):
        await orders.save(saving(an_order(shop=shop, order_id=1_000_001 + n)))
    at, until = NOON + DAY, NOON + DAY + LEASE

    claims = await asyncio.gather(
        *(orders.claim_timers(shop.id, now=at, until=until, limit=5) for _ in range(10))
    )

    claimed = [stored.order.id for claim in claims for stored in claim]
    assert len(claimed) == len(set(claimed))
    rest = await orders.claim_timers(shop.id, now=at, until=until, limit=100)
    assert sorted([*claimed, *(stored.order.id for stored in rest)]) == [1_000_001 + n for n in range(40)]


async def test_a_claimed_order_comes_back_when_the_lease_ends(orders: Orders, shop: Shop) -> None:
    await orders.save(saving(an_order(shop=shop)))
    at, until = NOON + DAY, NOON + DAY + LEASE
    (first,) = await orders.claim_timers(shop.id, now=at, until=until, limit=5)

    assert await orders.claim_timers(shop.id, now=until - timedelta(seconds=1), until=until, limit=5) == []
    assert await orders.claim_timers(shop.id, now=until, until=until + LEASE, limit=5) == [first]


async def test_a_claim_does_not_stop_the_merchant_from_being_faster(orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop)
    await orders.save(saving(order))
    (claimed,) = await orders.claim_timers(shop.id, now=NOON + DAY, until=NOON + DAY + LEASE, limit=5)

    assert await orders.save(saving(cancelled(order), claimed.version, happened.Cancelled()))
    assert await orders.shops_with_due_timers(NOON + 9 * DAY, 10) == []


async def test_an_order_that_is_given_back_waits_for_its_own_time(orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop)
    await orders.save(saving(order))
    (claimed,) = await orders.claim_timers(shop.id, now=NOON + DAY, until=NOON + 3 * DAY, limit=5)
    await orders.reset_timer(claimed)

    assert await orders.shops_with_due_timers(NOON + DAY, 10) == [shop.id]
    assert await orders.shops_with_due_timers(NOON + DAY - HOUR, 10) == []


async def test_an_order_that_changed_meanwhile_is_not_given_back(orders: Orders, shop: Shop) -> None:
    order = an_order(shop=shop)
    await orders.save(saving(order))
    (claimed,) = await orders.claim_timers(shop.id, now=NOON + DAY, until=NOON + DAY + LEASE, limit=5)
    await orders.save(saving(cancelled(order), 1, happened.Cancelled()))
    await orders.reset_timer(claimed)

    assert await orders.shops_with_due_timers(NOON + 9 * DAY, 10) == []


async def test_the_oldest_due_order_is_claimed_first(orders: Orders, shop: Shop) -> None:
    for n, hours in enumerate((5, 3, 4)):
        await orders.save(saving(an_order(shop=shop, order_id=1_000_001 + n, expires_at=NOON + hours * HOUR)))

    claimed = [
        (await orders.claim_timers(shop.id, now=NOON + DAY, until=NOON + 2 * DAY, limit=1))[0].order.id
        for _ in range(3)
    ]
    assert claimed == [1_000_002, 1_000_003, 1_000_001]
