import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stoa.store.database import Pool
from stoa.store.deliveries import (
    Attempt,
    Backlog,
    ClaimedDelivery,
    Deliveries,
    DeliveryState,
    Exchange,
    FinishedAttempt,
    Sent,
)
from stoa.store.orders import Message, Orders, Part
from stoa.store.shops import Shops
from tests import builders, saves

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = 30 * SECOND


@pytest.fixture
def deliveries(pool: Pool) -> Deliveries:
    return Deliveries(pool)


async def a_shop(pool: Pool, shop_id: int = 7, *, endpoint: bool = True) -> int:
    await pool.execute(
        "INSERT INTO shops (shop_id, name, body, created_at) VALUES ($1, 'Shop', $2, $3)",
        shop_id,
        b"{}",
        NOON,
    )
    if endpoint:
        await pool.execute(
            "INSERT INTO webhook_endpoints (shop_id, kind, url, signing_key, created_at)"
            " VALUES ($1, 'skroutz_orders', 'https://shop.gr/hook', 'sealed', $2)",
            shop_id,
            NOON,
        )
    return shop_id


async def an_order(pool: Pool, order_id: int = 1000001, shop_id: int = 7) -> int:
    order = builders.an_order(order_id=order_id, shop=builders.a_shop(id=shop_id))
    await Orders(pool).save(saves.placing(order))
    return order_id


async def a_delivery(
    pool: Pool,
    order_id: int | None = None,
    shop_id: int = 7,
    due_at: datetime = NOON,
    part: Part | None = None,
) -> int:
    delivery_id: int = await pool.fetchval(
        "INSERT INTO deliveries (shop_id, order_id, endpoint, event_type, payload, part, due_at, created_at)"
        " VALUES ($1, $2, 'skroutz_orders', 'new_order', 'payload', $5, $3, $4) RETURNING id",
        shop_id,
        order_id,
        due_at,
        NOON,
        part,
    )
    return delivery_id


def finished(
    held: ClaimedDelivery, state: DeliveryState = "delivered", next_at: datetime | None = None
) -> FinishedAttempt:
    status = 200 if state == "delivered" else 503
    return FinishedAttempt(held, NOON, 12, status, None, state, next_at)


def ids(claimed: list[ClaimedDelivery]) -> list[int]:
    return [held.id for held in claimed]


async def test_a_delivery_is_read_with_what_was_sent_and_answered(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    order_id = await an_order(pool)
    delivery_id = await a_delivery(pool, order_id)
    (held,) = await deliveries.claim(7, 10, NOON, LEASE)
    await deliveries.record(7, [FinishedAttempt(held, NOON, 12, 500, None, "dead", None, "Σφάλμα")])

    assert [one.id for one in await deliveries.of_order(7, order_id, 10)] == [delivery_id]
    assert await deliveries.of_order(8, order_id, 10) == []
    sent = await deliveries.read(7, order_id, delivery_id)

    assert sent == Sent("new_order", b"payload", (Exchange(1, NOON, 12, 500, None, "Σφάλμα"),))
    assert await deliveries.read(7, order_id + 1, delivery_id) is None
    assert await deliveries.read(8, order_id, delivery_id) is None


async def test_shops_with_free_due_deliveries_are_named(pool: Pool, deliveries: Deliveries) -> None:
    for shop_id in (7, 8, 9, 10):
        await a_shop(pool, shop_id)
    for shop_id in (7, 7, 8, 10):
        await a_delivery(pool, shop_id=shop_id)
    await a_delivery(pool, shop_id=9, due_at=NOON + SECOND)
    await deliveries.claim(8, 10, NOON, LEASE)

    assert await deliveries.due_shops(NOON, 10) == [7, 10]
    assert await deliveries.due_shops(NOON, 1) == [7]
    assert await deliveries.due_shops(NOON, 10, after=7) == [10]
    assert await deliveries.due_shops(NOON + LEASE, 10) == [7, 8, 9, 10]


async def test_a_claim_brings_everything_that_a_request_needs(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    order_id = await an_order(pool)
    delivery_id = await a_delivery(pool, order_id)

    assert await deliveries.claim(7, 10, NOON, LEASE) == [
        ClaimedDelivery(
            shop_id=7,
            id=delivery_id,
            order_id=order_id,
            endpoint="skroutz_orders",
            event_type="new_order",
            payload=b"payload",
            part=None,
            tries=0,
            created_at=NOON,
            claimed_until=NOON + LEASE,
            url="https://shop.gr/hook",
            signing_key=b"sealed",
            enabled=True,
            address_knows=True,
        )
    ]


async def test_what_is_claimed_is_free_again_only_after_the_lease(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    delivery_id = await a_delivery(pool)
    await deliveries.claim(7, 10, NOON, LEASE)

    assert await deliveries.claim(7, 10, NOON + LEASE - SECOND, LEASE) == []
    assert ids(await deliveries.claim(7, 10, NOON + LEASE, LEASE)) == [delivery_id]


async def test_the_oldest_are_claimed_first_and_those_not_due_stay(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    later = await a_delivery(pool, due_at=NOON - SECOND)
    await a_delivery(pool, due_at=NOON + SECOND)
    first = await a_delivery(pool, due_at=NOON - 2 * SECOND)

    assert ids(await deliveries.claim(7, 1, NOON, LEASE)) == [first]
    assert ids(await deliveries.claim(7, 10, NOON, LEASE)) == [later]


async def test_another_shops_deliveries_are_never_claimed(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool, 7)
    await a_shop(pool, 8)
    await a_delivery(pool, shop_id=8)

    assert await deliveries.claim(7, 10, NOON, LEASE) == []


async def test_of_one_order_only_the_oldest_is_claimed(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    one, other = await an_order(pool), await an_order(pool, 1000002)
    first, second = await a_delivery(pool, one), await a_delivery(pool, one)
    unrelated = await a_delivery(pool, other)

    claimed = await deliveries.claim(7, 10, NOON, LEASE)
    assert ids(claimed) == [first, unrelated]
    assert await deliveries.claim(7, 10, NOON, LEASE) == []

    await deliveries.record(7, [finished(held) for held in claimed])
    assert ids(await deliveries.claim(7, 10, NOON, LEASE)) == [second]


async def test_later_ones_of_an_order_wait_while_an_earlier_one_is_retried_and_go_once_it_is_dead(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    order_id = await an_order(pool)
    first, second = await a_delivery(pool, order_id), await a_delivery(pool, order_id)
    claimed = await deliveries.claim(7, 10, NOON, LEASE)
    await deliveries.record(7, [finished(claimed[0], "pending", NOON + 60 * SECOND)])

    assert await deliveries.claim(7, 10, NOON + 59 * SECOND, LEASE) == []

    claimed = await deliveries.claim(7, 10, NOON + 60 * SECOND, LEASE)
    assert ids(claimed) == [first]
    await deliveries.record(7, [finished(claimed[0], "dead")])
    assert ids(await deliveries.claim(7, 10, NOON + 60 * SECOND, LEASE)) == [second]


async def test_messages_without_an_order_do_not_wait_for_each_other(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    both = [await a_delivery(pool), await a_delivery(pool)]

    assert ids(await deliveries.claim(7, 10, NOON, LEASE)) == both


async def test_an_earlier_message_that_is_resent_waits_for_the_later_one_on_its_way(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    order_id = await an_order(pool)
    first, second = await a_delivery(pool, order_id), await a_delivery(pool, order_id)
    await deliveries.record(7, [finished((await deliveries.claim(7, 10, NOON, LEASE))[0])])
    on_its_way = await deliveries.claim(7, 10, NOON, LEASE)
    assert ids(on_its_way) == [second]

    await deliveries.resend(7, first, NOON)
    assert await deliveries.claim(7, 10, NOON, LEASE) == []

    await deliveries.record(7, [finished(on_its_way[0])])
    assert ids(await deliveries.claim(7, 10, NOON, LEASE)) == [first]


async def test_a_delivery_without_an_endpoint_is_claimed_without_a_url(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool, endpoint=False)
    await a_delivery(pool)

    held = (await deliveries.claim(7, 10, NOON, LEASE))[0]

    assert (held.url, held.signing_key, held.enabled) == (None, None, False)


async def test_a_delivery_whose_endpoint_is_switched_off_is_claimed_with_the_word(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    await a_delivery(pool)
    await Shops(pool).switch_endpoint(7, "skroutz_orders", enabled=False)

    held = (await deliveries.claim(7, 10, NOON, LEASE))[0]

    assert (held.url, held.enabled) == ("https://shop.gr/hook", False)


async def test_racing_workers_take_each_delivery_once_and_an_orders_in_turn(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    orders = [await an_order(pool, number) for number in range(1000001, 1000021)]
    queued = [await a_delivery(pool, order_id) for order_id in orders * 3]
    taken: list[ClaimedDelivery] = []

    async def work() -> None:
        while len(taken) < len(queued):
            claimed = await deliveries.claim(7, 5, NOON, LEASE)
            taken.extend(claimed)
            assert len({held.order_id for held in claimed}) == len(claimed)
            if claimed:
                await deliveries.record(7, [finished(held) for held in claimed])

    async with asyncio.timeout(30):
        await asyncio.gather(*(work() for _ in range(8)))

    assert sorted(ids(taken)) == queued
    for order_id in orders:
        turns = [held.id for held in taken if held.order_id == order_id]
        assert turns == sorted(turns)


async def test_a_batch_is_recorded_with_every_outcome(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    for _ in range(3):
        await a_delivery(pool)
    good, failing, hopeless = await deliveries.claim(7, 10, NOON, LEASE)
    later = NOON + 60 * SECOND

    held = await deliveries.record(
        7,
        [
            finished(good),
            replace(finished(failing, "pending", later), status=None, error="timed out"),
            finished(hopeless, "dead"),
        ],
    )

    assert held == {good.id, failing.id, hopeless.id}
    dead, pending, delivered = await deliveries.page(7, None, 10)
    assert (delivered.state, delivered.tries, delivered.finished_at) == ("delivered", 1, NOON)
    assert (pending.state, pending.due_at, pending.finished_at) == ("pending", later, None)
    assert (dead.state, dead.finished_at) == ("dead", NOON)
    assert delivered.attempts == (Attempt(1, NOON, 12, 200, None),)
    assert pending.attempts == (Attempt(1, NOON, 12, None, "timed out"),)


async def test_a_lost_claim_changes_nothing(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    await a_delivery(pool)
    slow = (await deliveries.claim(7, 10, NOON, LEASE))[0]
    taken_over = (await deliveries.claim(7, 10, NOON + LEASE, LEASE))[0]

    assert await deliveries.record(7, [finished(slow, "dead")]) == set()
    assert (await deliveries.page(7, None, 10))[0].attempts == ()

    assert await deliveries.record(7, [finished(taken_over)]) == {taken_over.id}
    assert await deliveries.record(7, [finished(slow, "dead")]) == set()
    assert (await deliveries.page(7, None, 10))[0].state == "delivered"


async def test_released_deliveries_are_free_at_once_and_untried(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    await a_delivery(pool)
    claimed = await deliveries.claim(7, 10, NOON, LEASE)

    await deliveries.release(7, claimed)

    assert [held.tries for held in await deliveries.claim(7, 10, NOON, LEASE)] == [0]


async def test_a_lost_claim_cannot_release_anothers(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    await a_delivery(pool)
    slow = await deliveries.claim(7, 10, NOON, LEASE)
    await deliveries.claim(7, 10, NOON + LEASE, LEASE)

    await deliveries.release(7, slow)

    assert await deliveries.claim(7, 10, NOON + LEASE, LEASE) == []


@pytest.mark.parametrize("state", ["delivered", "dead", "skipped"])
async def test_a_resend_begins_a_new_round_and_its_attempts_go_on_counting(
    pool: Pool, deliveries: Deliveries, state: DeliveryState
) -> None:
    await a_shop(pool)
    delivery_id = await a_delivery(pool)
    before = (await deliveries.claim(7, 10, NOON, LEASE))[0]
    await deliveries.record(7, [finished(before, state)])

    assert await deliveries.resend(7, delivery_id, NOON + SECOND)

    again = (await deliveries.claim(7, 10, NOON + SECOND, LEASE))[0]
    assert (again.id, again.payload, again.tries) == (before.id, before.payload, 0)
    await deliveries.record(7, [finished(again)])
    shown = (await deliveries.page(7, None, 10))[0]
    assert ([attempt.n for attempt in shown.attempts], shown.tries) == ([1, 2], 1)


async def test_a_resend_during_a_last_request_is_not_undone_by_its_failure(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    delivery_id = await a_delivery(pool)
    await deliveries.record(7, [finished((await deliveries.claim(7, 1, NOON, LEASE))[0], "pending", NOON)])
    last = (await deliveries.claim(7, 1, NOON, LEASE))[0]

    await deliveries.resend(7, delivery_id, NOON)
    assert await deliveries.record(7, [finished(last, "dead")]) == set()

    assert [held.tries for held in await deliveries.claim(7, 1, NOON + LEASE, LEASE)] == [0]


async def test_a_queued_message_is_due_at_once_and_waits_for_no_order(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    await deliveries.queue(7, Message("skroutz_orders", "new_order", b"demo"), NOON)

    held = (await deliveries.claim(7, 1, NOON, LEASE))[0]

    assert (held.order_id, held.event_type, held.payload) == (None, "new_order", b"demo")


async def test_nothing_of_another_shop_can_be_resent(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool, 7)
    await a_shop(pool, 8)
    delivery_id = await a_delivery(pool, shop_id=8)

    assert not await deliveries.resend(7, delivery_id, NOON)
    assert not await deliveries.resend(8, delivery_id + 1, NOON)


async def test_pages_go_from_the_newest_to_the_oldest_and_can_be_filtered(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    order_id = await an_order(pool)
    first, second, third = [await a_delivery(pool), await a_delivery(pool, order_id), await a_delivery(pool)]
    dead = (await deliveries.claim(7, 1, NOON, LEASE))[0]
    await deliveries.record(7, [finished(dead, "dead")])

    async def page(before_id: int | None, limit: int, **filters: object) -> list[int]:
        return [shown.id for shown in await deliveries.page(7, before_id, limit, **filters)]  # type: ignore[arg-type]

    assert await page(None, 2) == [third, second]
    assert await page(second, 2) == [first]
    assert await page(None, 10, state="dead") == [first]
    assert await page(None, 10, order_id=order_id) == [second]


async def test_the_backlog_counts_what_waits_and_what_was_given_up(
    pool: Pool, deliveries: Deliveries
) -> None:
    assert await deliveries.backlog(NOON) == Backlog(0, 0.0, 0)

    await a_shop(pool)
    for seconds in (-90, -30, 60):
        await a_delivery(pool, due_at=NOON + seconds * SECOND)
    await a_delivery(pool, due_at=NOON - 120 * SECOND)
    await deliveries.record(7, [finished((await deliveries.claim(7, 1, NOON, LEASE))[0], "dead")])

    assert await deliveries.backlog(NOON) == Backlog(3, 90.0, 1)


# Announcements and their updates


async def a_story(pool: Pool) -> tuple[int, int]:
    """An announcement and an update of the same order."""
    order_id = await an_order(pool)
    announcement = await a_delivery(pool, order_id, part="announcement")
    return announcement, await a_delivery(pool, order_id, part="update")


async def after_one(deliveries: Deliveries, state: DeliveryState) -> ClaimedDelivery:
    """The delivery that is claimed once the first has come to this."""
    (first,) = await deliveries.claim(7, 10, NOON, LEASE)
    await deliveries.record(7, [finished(first, state)])
    (second,) = await deliveries.claim(7, 10, NOON, LEASE)
    return second


async def move_to(pool: Pool, url: str) -> None:
    await Shops(pool).set_endpoint(7, "skroutz_orders", url=url, signing_key=b"sealed", now=NOON)


async def sent_to(pool: Pool) -> list[str | None]:
    return [row["sent_to"] for row in await pool.fetch("SELECT sent_to FROM deliveries ORDER BY id")]


async def test_a_messages_part_is_kept_and_nothing_is_queued_where_the_endpoint_is_switched_off(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    shop, orders = builders.a_shop(id=7), Orders(pool)
    news = [Message("skroutz_orders", "created", b"{}", "announcement")]
    await orders.save(saves.placing(builders.an_order(order_id=1000001, shop=shop), news))
    await Shops(pool).switch_endpoint(7, "skroutz_orders", enabled=False)
    await orders.save(saves.placing(builders.an_order(order_id=1000002, shop=shop), news))

    claimed = await deliveries.claim(7, 10, NOON + timedelta(days=365), LEASE)

    assert [(held.order_id, held.part) for held in claimed] == [(1000001, "announcement")]


async def test_an_address_that_was_sent_the_announcement_knows_what_an_update_is_about(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    await a_story(pool)

    update = await after_one(deliveries, "delivered")

    assert (update.part, update.address_knows) == ("update", True)


async def test_an_address_that_the_announcement_did_not_reach_knows_nothing(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    await a_story(pool)

    assert not (await after_one(deliveries, "dead")).address_knows


async def test_another_address_than_the_announcements_knows_nothing_until_it_is_the_same_again(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    await a_story(pool)
    (first,) = await deliveries.claim(7, 10, NOON, LEASE)
    await move_to(pool, "https://shop.gr/elsewhere")
    await deliveries.record(7, [finished(first)])

    (update,) = elsewhere = await deliveries.claim(7, 10, NOON, LEASE)
    assert (update.url, update.address_knows) == ("https://shop.gr/elsewhere", False)

    await deliveries.release(7, elsewhere)
    await move_to(pool, "https://shop.gr/hook")
    assert [held.address_knows for held in await deliveries.claim(7, 10, NOON, LEASE)] == [True]


async def test_an_address_knows_only_what_was_announced_of_the_same_order_and_kind(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool, 7)
    await a_shop(pool, 8)
    orders = [await an_order(pool, 1000001), await an_order(pool, 1000002)]
    announced = [
        await a_delivery(pool, orders[0], part="announcement"),
        await a_delivery(pool, part="announcement"),
        await a_delivery(pool, await an_order(pool, 1000003, 8), 8, part="announcement"),
        await a_delivery(pool, orders[1], part="announcement"),
    ]
    await pool.execute("UPDATE deliveries SET state = 'delivered', sent_to = 'https://shop.gr/hook'")
    await pool.execute("UPDATE deliveries SET endpoint = 'others' WHERE id = $1", announced[-1])
    updates = [await a_delivery(pool, order_id, part="update") for order_id in (*orders, None)]

    claimed = await deliveries.claim(7, 10, NOON, LEASE)

    assert ids(claimed) == updates
    assert [held.address_knows for held in claimed] == [True, False, False]


async def test_where_an_announcement_went_is_kept_and_of_other_messages_it_is_not(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    for part in ("announcement", "announcement", "update", None):
        await a_delivery(pool, part=part)
    delivered, dead, *others = await deliveries.claim(7, 10, NOON, LEASE)

    await deliveries.record(
        7, [finished(delivered), finished(dead, "dead"), *(finished(held) for held in others)]
    )

    assert await sent_to(pool) == ["https://shop.gr/hook", None, None, None]


async def test_a_resend_that_fails_elsewhere_does_not_undo_where_an_announcement_went(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    delivery_id = await a_delivery(pool, part="announcement")
    for url, state in (
        ("https://shop.gr/hook", "delivered"),
        ("https://shop.gr/elsewhere", "dead"),
        ("https://shop.gr/new", "delivered"),
    ):
        await move_to(pool, url)
        await deliveries.resend(7, delivery_id, NOON)
        (held,) = await deliveries.claim(7, 1, NOON, LEASE)
        await deliveries.record(7, [finished(held, state)])  # type: ignore[arg-type]
        assert await sent_to(pool) == ["https://shop.gr/hook" if state == "dead" else url]


async def test_an_update_waits_while_its_announcement_is_retried_and_is_due_once_that_ends(
    pool: Pool, deliveries: Deliveries
) -> None:
    await a_shop(pool)
    first, second = await a_story(pool)
    (held,) = await deliveries.claim(7, 10, NOON, LEASE)
    await deliveries.record(7, [finished(held, "pending", NOON + 60 * SECOND)])

    assert await deliveries.claim(7, 10, NOON + 59 * SECOND, LEASE) == []
    (held,) = await deliveries.claim(7, 10, NOON + 60 * SECOND, LEASE)
    assert held.id == first
    await deliveries.record(7, [finished(held)])
    (held,) = await deliveries.claim(7, 10, NOON + 60 * SECOND, LEASE)
    assert (held.id, held.address_knows) == (second, True)


async def test_what_comes_after_a_skipped_message_is_due_at_once(pool: Pool, deliveries: Deliveries) -> None:
    await a_shop(pool)
    order_id = await an_order(pool)
    first = await a_delivery(pool, order_id, part="update")
    second = await a_delivery(pool, order_id, due_at=NOON + 60 * SECOND)

    (held,) = await deliveries.claim(7, 10, NOON, LEASE)
    await deliveries.record(7, [finished(held, "skipped")])

    assert ids(await deliveries.claim(7, 10, NOON, LEASE)) == [second]
    (shown,) = await deliveries.page(7, None, 10, "skipped")
    assert (shown.id, shown.finished_at, len(shown.attempts)) == (first, NOON, 1)
    assert (await deliveries.backlog(NOON)).dead == 0
