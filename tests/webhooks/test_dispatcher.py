import asyncio
import base64
import hashlib
import hmac
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from stoa.clock import MovableClock
from stoa.orders.order import Actor
from stoa.store.database import Pool
from stoa.store.deliveries import RESEND, ClaimedDelivery, Deliveries, Delivery, FinishedAttempt
from stoa.store.orders import Orders, Part, Stored
from stoa.store.shops import Shops
from stoa.webhooks import dispatcher
from stoa.webhooks.dispatcher import Dispatcher, Result
from stoa.webhooks.guard import Guard, parse_networks
from stoa.webhooks.schedule import RetrySchedule
from stoa.webhooks.sender import Sender
from stoa.webhooks.vault import KeyVault
from tests import builders, saves

Serve = Callable[[Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]], Awaitable[str]]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = b"k" * 32
VAULT = KeyVault("a secret of the tests")
HEADERS = {"skroutz_orders": {"User-Agent": "Skroutz OrderNotifier v1"}}


@dataclass
class Inbox:
    """A shop's receiver that keeps what arrives and answers as it is told."""

    status: int = 200
    delay: float = 0.0
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.bodies.append(await request.read())
            self.headers.append(dict(request.headers))
            await asyncio.sleep(self.delay)
            return web.Response(status=self.status)
        finally:
            self.at_once -= 1


class Results:
    """Counts what a dispatcher tells its watcher."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, endpoint: str, result: Result, seconds: float, /) -> None:
        self.counts[result] += 1


async def a_shop(pool: Pool, url: str | None, shop_id: int = 7) -> int:
    await pool.execute(
        "INSERT INTO shops (shop_id, name, body, created_at) VALUES ($1, 'Shop', $2, $3)",
        shop_id,
        b"{}",
        NOON,
    )
    if url:
        await pool.execute(
            "INSERT INTO webhook_endpoints (shop_id, kind, url, signing_key, created_at)"
            " VALUES ($1, 'skroutz_orders', $2, $3, $4)",
            shop_id,
            url,
            VAULT.seal(KEY, shop_id, "skroutz_orders"),
            NOON,
        )
    return shop_id


async def an_order(pool: Pool, order_id: int = 1000001, shop_id: int = 7) -> int:
    order = builders.an_order(order_id=order_id, shop=builders.a_shop(id=shop_id))
    await Orders(pool).save(saves.placing(order))
    return order_id


async def queue(
    pool: Pool, *payloads: str, order_id: int | None = None, shop_id: int = 7, part: Part | None = None
) -> None:
    await pool.executemany(
        "INSERT INTO deliveries (shop_id, order_id, endpoint, event_type, payload, part, due_at, created_at)"
        " VALUES ($1, $2, 'skroutz_orders', 'new_order', $3, $5, $4, $4)",
        [(shop_id, order_id, payload.encode(), NOON, part) for payload in payloads],
    )


@asynccontextmanager
async def working(
    pool: Pool, *, total: float = 5.0, clock: MovableClock | None = None, **settings: Any
) -> AsyncIterator[Dispatcher]:
    """Run a dispatcher that may call loopback, and stop it in the end."""
    stop = asyncio.Event()
    async with Sender(Guard(parse_networks("127.0.0.0/8")), total=total) as sender:
        worker = Dispatcher(
            deliveries=settings.pop("deliveries", None) or Deliveries(pool),
            sender=sender,
            vault=settings.pop("vault", VAULT),
            clock=clock or MovableClock(NOON),
            headers=HEADERS,
            **{"schedule": RetrySchedule(), "poll": 0.02, "grace": 0.2, "jitter": lambda: 0.0, **settings},
        )
        running = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            await running


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  what it asks for lies in the database
            await asyncio.sleep(0.01)


async def listed(pool: Pool, shop_id: int = 7) -> list[Delivery]:
    return list(reversed(await Deliveries(pool).page(shop_id, None, 1000)))


async def settled(pool: Pool, *shops: int) -> None:
    """Wait until nothing of these shops is pending."""

    async def done() -> bool:
        query = "SELECT count(*) FROM deliveries WHERE state = 'pending' AND shop_id = ANY($1::bigint[])"
        return bool(await pool.fetchval(query, shops or (7,)) == 0)

    await until(done)


async def test_a_due_delivery_arrives_with_the_dialects_headers_and_a_signature(
    pool: Pool, serve: Serve
) -> None:
    inbox, results = Inbox(), Results()
    await a_shop(pool, await serve(inbox))
    await queue(pool, '{"name": "Μαρία"}')

    async with working(pool, watcher=results):
        await settled(pool)

    headers, body = inbox.headers[0], inbox.bodies[0]
    delivery = (await listed(pool))[0]
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["User-Agent"] == "Skroutz OrderNotifier v1"
    assert headers["webhook-id"] == f"msg_7_{delivery.id}"
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert [(attempt.n, attempt.at, attempt.status) for attempt in delivery.attempts] == [(1, NOON, 200)]
    assert results.counts == {"delivered": 1}


async def test_a_failing_delivery_is_tried_four_times_with_growing_gaps_and_is_then_dead(
    pool: Pool, serve: Serve
) -> None:
    inbox, clock, results = Inbox(status=503), MovableClock(NOON), Results()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}")

    async with working(pool, clock=clock, watcher=results):
        for tries, gap in enumerate((60, 240, 600), 1):
            await until(lambda tries=tries: tried(pool, tries))  # type: ignore[misc]
            clock.move(timedelta(seconds=gap - 1))
            await asyncio.sleep(0.1)
            assert len(inbox.bodies) == tries
            clock.move(timedelta(seconds=1))
        await settled(pool)

    delivery = (await listed(pool))[0]
    assert delivery.state == "dead"
    assert [(attempt.at - NOON).seconds for attempt in delivery.attempts] == [0, 60, 300, 900]
    assert len({headers["webhook-id"] for headers in inbox.headers}) == 1
    assert results.counts == {"failed": 3, "dead": 1}


async def tried(pool: Pool, times: int) -> bool:
    return len((await listed(pool))[0].attempts) == times


async def test_the_messages_of_an_order_arrive_one_after_the_other(pool: Pool, serve: Serve) -> None:
    inbox = Inbox(delay=0.01)
    await a_shop(pool, await serve(inbox))
    order_id = await an_order(pool)
    payloads = [f"{n}" for n in range(8)]
    await queue(pool, *payloads, order_id=order_id)

    async with working(pool), working(pool):
        await settled(pool)

    assert [body.decode() for body in inbox.bodies] == payloads
    assert inbox.most_at_once == 1


async def test_later_messages_wait_for_a_retried_one_and_go_once_it_is_dead(pool: Pool, serve: Serve) -> None:
    async def refusing_the_first(request: web.BaseRequest) -> web.Response:
        body = await request.read()
        bodies.append(body.decode())
        return web.Response(status=500 if body == b"first" else 200)

    bodies: list[str] = []
    clock = MovableClock(NOON)
    await a_shop(pool, await serve(refusing_the_first))
    await queue(pool, "first", "second", order_id=await an_order(pool))

    async with working(pool, clock=clock):
        for tries in range(1, 4):
            await until(lambda tries=tries: tried(pool, tries))  # type: ignore[misc]
            clock.move(timedelta(minutes=10))
        await settled(pool)

    assert bodies == ["first"] * 4 + ["second"]


@pytest.mark.parametrize("dead", ["silent", "refusing", "erring"])
async def test_one_dead_endpoint_delays_none_of_fifty_live_ones(pool: Pool, serve: Serve, dead: str) -> None:
    live = [Inbox() for _ in range(50)]
    shops = [await a_shop(pool, await serve(inbox), 100 + n) for n, inbox in enumerate(live)]
    silent, erring = Inbox(delay=60), Inbox(status=500)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        refusing = f"http://127.0.0.1:{unused.getsockname()[1]}"
        await a_shop(pool, {"silent": await serve(silent), "erring": await serve(erring)}.get(dead, refusing))
        await queue(pool, *["{}"] * 40)
        for shop_id in shops:
            await queue(pool, *["{}"] * 4, shop_id=shop_id)

        async with working(pool, total=30):
            await settled(pool, *shops)

    assert [len(inbox.bodies) for inbox in live] == [4] * 50
    assert silent.most_at_once <= dispatcher.FIRST_BATCH
    # The silent one's first requests were still under way when everybody else had been served.
    assert dead != "silent" or not any(delivery.attempts for delivery in await listed(pool))


async def test_a_lane_widens_while_its_endpoint_answers(pool: Pool, serve: Serve) -> None:
    inbox = Inbox(delay=0.02)
    await a_shop(pool, await serve(inbox))
    await queue(pool, *["{}"] * 100)

    async with working(pool):
        await settled(pool)

    assert dispatcher.FIRST_BATCH < inbox.most_at_once <= dispatcher.LARGEST_BATCH


async def test_a_lane_stays_narrow_while_its_endpoint_fails(pool: Pool, serve: Serve) -> None:
    inbox = Inbox(status=500, delay=0.02)
    await a_shop(pool, await serve(inbox))
    await queue(pool, *["{}"] * 40)

    async with working(pool):
        await until(lambda: arrived(inbox, 40))

    assert inbox.most_at_once <= dispatcher.FIRST_BATCH


async def test_with_more_shops_than_lanes_every_shop_has_its_turn(
    pool: Pool, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "MOST_LANES", 2)
    failing, good = Inbox(status=500), Inbox()
    for shop_id in (1, 2, 3):
        await a_shop(pool, await serve(failing), shop_id)
        await queue(pool, "{}", shop_id=shop_id)
    await a_shop(pool, await serve(good), 4)
    await queue(pool, "{}", shop_id=4)

    # The failing ones are due again at once, for ever.
    async with working(pool, poll=0.01, schedule=RetrySchedule((0,) * 100_000)):
        await settled(pool, 4)

    assert len(good.bodies) == 1


async def test_many_lanes_together_hold_few_requests(
    pool: Pool, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "MOST_FLIGHTS", 4)
    inbox = Inbox(delay=0.01)
    url = await serve(inbox)
    for shop_id in range(1, 6):
        await a_shop(pool, url, shop_id)
        await queue(pool, *["{}"] * 20, shop_id=shop_id)

    async with working(pool):
        await settled(pool, *range(1, 6))

    assert inbox.most_at_once <= 4 + 4


async def test_two_dispatchers_never_send_a_delivery_twice(pool: Pool, serve: Serve) -> None:
    inboxes = [Inbox() for _ in range(4)]
    shops = [await a_shop(pool, await serve(inbox), n) for n, inbox in enumerate(inboxes, 1)]
    payloads = [f"{n}" for n in range(100)]
    for shop_id in shops:
        await queue(pool, *payloads, shop_id=shop_id)

    async with working(pool), working(pool):
        await settled(pool, *shops)

    for inbox in inboxes:
        assert Counter(body.decode() for body in inbox.bodies) == Counter(payloads)


async def test_what_a_lost_process_had_claimed_is_sent_after_the_lease(pool: Pool, serve: Serve) -> None:
    inbox, clock = Inbox(), MovableClock(NOON)
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}")
    await Deliveries(pool).claim(7, 10, NOON, timedelta(seconds=30))

    async with working(pool, clock=clock):
        clock.move(timedelta(seconds=29))
        await asyncio.sleep(0.1)
        assert inbox.bodies == []
        clock.move(timedelta(seconds=1))
        await settled(pool)

    assert len(inbox.bodies) == 1


async def test_a_request_that_outlives_its_lease_leaves_the_word_to_whoever_took_over(
    pool: Pool, serve: Serve
) -> None:
    inbox, clock, results = Inbox(delay=0.2), MovableClock(NOON), Results()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}")

    async with working(pool, clock=clock, watcher=results):
        await until(lambda: arrived(inbox, 1))
        clock.move(timedelta(seconds=30))
        await Deliveries(pool).claim(7, 1, clock(), timedelta(seconds=30))
        await until(lambda: told(results, 1))

    delivery = (await listed(pool))[0]
    assert (results.counts, delivery.state, delivery.attempts) == ({"lost": 1}, "pending", ())


async def arrived(inbox: Inbox, count: int) -> bool:
    return len(inbox.bodies) >= count


async def told(results: Results, count: int) -> bool:
    return results.counts.total() >= count


async def test_a_stop_lets_requests_end_within_the_grace(pool: Pool, serve: Serve) -> None:
    inbox = Inbox(delay=0.2)
    await a_shop(pool, await serve(inbox))
    await queue(pool, *["{}"] * 20)

    async with working(pool, grace=10):
        await until(lambda: arrived(inbox, 4))

    states = Counter(delivery.state for delivery in await listed(pool))
    assert states == {"delivered": 4, "pending": 16}
    assert await pool.fetchval("SELECT count(*) FROM deliveries WHERE claimed_until IS NOT NULL") == 0


async def test_a_stop_gives_back_what_is_not_done_within_the_grace(pool: Pool, serve: Serve) -> None:
    inbox = Inbox(delay=60)
    await a_shop(pool, await serve(inbox))
    await queue(pool, *["{}"] * 6)

    async with working(pool, grace=0.05, total=30):
        await until(lambda: arrived(inbox, 4))

    held = await Deliveries(pool).claim(7, 10, NOON, timedelta(seconds=30))
    assert [delivery.tries for delivery in held] == [0] * 6


async def test_a_stop_just_after_a_claim_gives_it_back_unsent(pool: Pool, serve: Serve) -> None:
    class StoppedMeanwhile(Deliveries):
        async def claim(
            self, shop_id: int, limit: int, now: datetime, lease: timedelta
        ) -> list[ClaimedDelivery]:
            claimed = await super().claim(shop_id, limit, now, lease)
            claiming.set()
            await asyncio.sleep(0.1)
            return claimed

    inbox, claiming = Inbox(), asyncio.Event()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}")

    async with working(pool, deliveries=StoppedMeanwhile(pool)):
        await claiming.wait()

    assert inbox.bodies == []
    assert len(await Deliveries(pool).claim(7, 10, NOON, timedelta(seconds=30))) == 1


async def test_a_resend_carries_the_same_bytes_and_the_same_id(pool: Pool, serve: Serve) -> None:
    inbox = Inbox()
    await a_shop(pool, await serve(inbox))
    await queue(pool, '{"order": "Ω"}')

    async with working(pool):
        await settled(pool)
        delivery = (await listed(pool))[0]
        assert await Deliveries(pool).resend(7, delivery.id, NOON)
        await settled(pool)

    assert inbox.bodies == ['{"order": "Ω"}'.encode()] * 2
    assert len({headers["webhook-id"] for headers in inbox.headers}) == 1
    assert [attempt.n for attempt in (await listed(pool))[0].attempts] == [1, 2]


async def test_a_delivery_whose_endpoint_was_removed_dies_at_once_and_says_why(pool: Pool) -> None:
    await a_shop(pool, None)
    await queue(pool, "{}")

    async with working(pool):
        await settled(pool)

    delivery = (await listed(pool))[0]
    assert delivery.state == "dead"
    assert [attempt.error for attempt in delivery.attempts] == ["the shop has removed its webhook URL"]


async def test_a_delivery_whose_endpoint_is_switched_off_ends_at_once_and_can_be_resent(
    pool: Pool, serve: Serve
) -> None:
    inbox = Inbox()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}")
    await Shops(pool).switch_endpoint(7, "skroutz_orders", enabled=False)

    async with working(pool):
        await settled(pool)
        (delivery,) = await listed(pool)
        assert (delivery.state, inbox.bodies) == ("dead", [])
        assert [attempt.error for attempt in delivery.attempts] == ["this webhook is switched off"]

        await Shops(pool).switch_endpoint(7, "skroutz_orders", enabled=True)
        await Deliveries(pool).resend(7, delivery.id, NOON)
        await settled(pool)

    assert inbox.bodies == [b"{}"]


async def test_a_changed_secret_key_is_told_as_the_attempts_error(pool: Pool, serve: Serve) -> None:
    inbox = Inbox()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}")

    async with working(pool, vault=KeyVault("another secret")):
        await until(lambda: tried(pool, 1))

    delivery = (await listed(pool))[0]
    assert delivery.state == "pending"
    assert delivery.attempts[0].error == (
        "The signing key was sealed under another STOA_SECRET_KEY: set the former one again."
    )
    assert inbox.bodies == []


async def test_a_wake_sends_at_once_without_waiting_for_the_poll(pool: Pool, serve: Serve) -> None:
    inbox = Inbox(delay=0.05)
    await a_shop(pool, await serve(inbox))

    async with working(pool, poll=60) as worker:
        await asyncio.sleep(0.1)
        await queue(pool, "first")
        worker.wake(7)
        await until(lambda: arrived(inbox, 1))
        # The lane is at work; what comes now must not wait for the next poll either.
        await queue(pool, "second")
        worker.wake(7)
        await settled(pool)

    assert inbox.bodies == [b"first", b"second"]


async def test_a_wake_during_an_empty_claim_is_not_lost(pool: Pool, serve: Serve) -> None:
    class MissingTheFirst(Deliveries):
        async def claim(
            self, shop_id: int, limit: int, now: datetime, lease: timedelta
        ) -> list[ClaimedDelivery]:
            claimed = await super().claim(shop_id, limit, now, lease)
            if not claimed:
                await queue(pool, "{}")
                worker.wake(shop_id)
            return claimed

    inbox = Inbox()
    await a_shop(pool, await serve(inbox))

    async with working(pool, poll=60, deliveries=MissingTheFirst(pool)) as worker:
        await asyncio.sleep(0.05)
        worker.wake(7)
        await until(lambda: arrived(inbox, 3))

    assert set(inbox.bodies) == {b"{}"}


async def test_deliveries_go_on_when_the_database_answers_again(pool: Pool, serve: Serve) -> None:
    class DownAtFirst(Deliveries):
        asked = 0

        async def due_shops(self, now: datetime, limit: int, after: int = 0) -> list[int]:
            self.asked += 1
            if self.asked < 3:
                raise ConnectionRefusedError
            return await super().due_shops(now, limit, after)

    inbox = Inbox()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}")

    with capture_logs() as logs:
        async with working(pool, deliveries=DownAtFirst(pool)):
            await settled(pool)

    assert len(inbox.bodies) == 1
    assert [entry["fault"] for entry in logs] == ["ConnectionRefusedError"] * 2


async def test_a_broken_lane_is_reported_and_stops_no_other(pool: Pool, serve: Serve) -> None:
    class BrokenForOne(Deliveries):
        async def claim(
            self, shop_id: int, limit: int, now: datetime, lease: timedelta
        ) -> list[ClaimedDelivery]:
            if shop_id == 7:
                raise ZeroDivisionError
            return await super().claim(shop_id, limit, now, lease)

    inbox = Inbox()
    await a_shop(pool, await serve(inbox), 7)
    await a_shop(pool, await serve(inbox), 8)
    await queue(pool, "{}", shop_id=7)
    await queue(pool, "{}", shop_id=8)

    with capture_logs() as logs:
        async with working(pool, deliveries=BrokenForOne(pool)):
            await settled(pool, 8)

    assert len(inbox.bodies) == 1
    assert {(entry["event"], entry["shop_id"], entry["fault"]) for entry in logs} == {
        ("deliveries of a shop stopped", 7, "ZeroDivisionError")
    }


async def test_a_fault_with_one_delivery_does_not_lose_what_came_of_the_others(
    pool: Pool, serve: Serve
) -> None:
    class BrokenForOne(KeyVault):
        def unseal(self, sealed: bytes, shop_id: int, kind: str) -> bytes:
            calls.append(shop_id)
            if len(calls) == 1:
                raise ZeroDivisionError
            return super().unseal(sealed, shop_id, kind)

    calls: list[int] = []
    inbox = Inbox()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}", "{}", "{}")

    with capture_logs() as logs:
        async with working(pool, vault=BrokenForOne("a secret of the tests")):
            await until(lambda: delivered(pool, 2))

    assert [entry["fault"] for entry in logs] == ["ZeroDivisionError"]


async def test_an_order_that_is_deleted_while_its_delivery_is_sent_stops_nothing(
    pool: Pool, serve: Serve
) -> None:
    inbox, results = Inbox(delay=0.3), Results()
    await a_shop(pool, await serve(inbox))
    await queue(pool, "{}", "{}", order_id=await an_order(pool))
    await queue(pool, "{}", "{}")
    (deleted,) = await Orders(pool).page(7, before=10**9, limit=9)

    with capture_logs() as logs:
        async with working(pool, watcher=results):
            await until(lambda: at_once(inbox, 3))
            await Orders(pool).delete(Stored(deleted, 1), by=Actor.MERCHANT, at=NOON)
            await until(lambda: delivered(pool, 2))
            await settled(pool)

    assert results.counts == {"delivered": 2, "lost": 1}
    assert [entry["event"] for entry in logs] == ["delivery ended without success"]


async def at_once(inbox: Inbox, count: int) -> bool:
    return inbox.at_once == count


async def delivered(pool: Pool, count: int) -> bool:
    return states(await listed(pool))["delivered"] == count


def states(deliveries: Sequence[Delivery]) -> Counter[str]:
    return Counter(delivery.state for delivery in deliveries)


async def test_no_secret_and_no_payload_is_logged(pool: Pool) -> None:
    await a_shop(pool, "http://127.0.0.1:1/hook?token=secret")
    await queue(pool, "Μαρία")
    await pool.execute("UPDATE deliveries SET tries = 3")

    with capture_logs() as logs:
        async with working(pool):
            await settled(pool)

    assert [entry["event"] for entry in logs] == ["delivery ended without success"]
    assert "secret" not in str(logs)
    assert "Μαρία" not in str(logs)


# An update is sent only to the address that its announcement was delivered to

UNANNOUNCED = "this address does not know of the return: its creation was delivered elsewhere or not at all"


async def a_return(pool: Pool, order_id: int = 1000001, *, updates: int = 1) -> int:
    """A return that is created and changed: its messages wait."""
    await an_order(pool, order_id)
    await queue(pool, f"{order_id} created", order_id=order_id, part="announcement")
    changes = [f"{order_id} changed {n}" for n in range(1, updates + 1)]
    await queue(pool, *changes, order_id=order_id, part="update")
    return order_id


async def resend(pool: Pool, *places: int) -> None:
    """Send these of the shop's deliveries again, by their places in its list."""
    deliveries = await listed(pool)
    for place in places:
        assert await Deliveries(pool).resend(7, deliveries[place].id, NOON)


async def move_to(pool: Pool, url: str) -> None:
    key = VAULT.seal(KEY, 7, "skroutz_orders")
    await Shops(pool).set_endpoint(7, "skroutz_orders", url=url, signing_key=key, now=NOON)


async def came_to(pool: Pool) -> list[str]:
    return [delivery.state for delivery in await listed(pool)]


async def test_updates_follow_their_announcement_to_the_same_address(pool: Pool, serve: Serve) -> None:
    inbox, results = Inbox(), Results()
    await a_shop(pool, await serve(inbox))
    await a_return(pool, updates=2)

    async with working(pool, watcher=results):
        await settled(pool)

    assert inbox.bodies == [b"1000001 created", b"1000001 changed 1", b"1000001 changed 2"]
    assert results.counts == {"delivered": 3}


async def test_two_dispatchers_send_no_update_before_its_announcement_and_skip_none(
    pool: Pool, serve: Serve
) -> None:
    inbox = Inbox(delay=0.005)
    await a_shop(pool, await serve(inbox))
    for order_id in range(1000001, 1000021):
        await a_return(pool, order_id, updates=3)

    async with working(pool), working(pool):
        await settled(pool)

    arrived_of = {
        order_id: [body.decode() for body in inbox.bodies if body.startswith(b"%d" % order_id)]
        for order_id in range(1000001, 1000021)
    }
    assert arrived_of == {
        order_id: [f"{order_id} created", *(f"{order_id} changed {n}" for n in (1, 2, 3))]
        for order_id in arrived_of
    }
    assert set(await came_to(pool)) == {"delivered"}


async def test_an_update_waits_for_an_announcement_that_is_retried(pool: Pool, serve: Serve) -> None:
    inbox, clock = Inbox(status=500), MovableClock(NOON)
    await a_shop(pool, await serve(inbox))
    await a_return(pool)

    async with working(pool, clock=clock):
        await until(lambda: tried(pool, 1))
        inbox.status = 200
        clock.move(timedelta(minutes=1))
        await settled(pool)

    assert inbox.bodies == [b"1000001 created"] * 2 + [b"1000001 changed 1"]
    assert await came_to(pool) == ["delivered", "delivered"]


async def test_after_a_dead_announcement_updates_are_skipped_without_a_request_and_say_why(
    pool: Pool, serve: Serve
) -> None:
    inbox, results = Inbox(status=500), Results()
    await a_shop(pool, await serve(inbox))
    await a_return(pool, updates=2)

    with capture_logs() as logs:
        async with working(pool, watcher=results, schedule=RetrySchedule((0,))):
            await settled(pool)

    assert inbox.bodies == [b"1000001 created"] * 2
    assert await came_to(pool) == ["dead", "skipped", "skipped"]
    _, update, _ = await listed(pool)
    (attempt,) = update.attempts
    assert (attempt.status, attempt.error, attempt.duration_ms) == (None, UNANNOUNCED, 0)
    assert results.counts == {"failed": 1, "dead": 1, "skipped": 2}
    assert len(logs) == 1


async def test_a_skipped_update_goes_when_both_are_resent_and_not_before(pool: Pool, serve: Serve) -> None:
    inbox = Inbox(status=500)
    await a_shop(pool, await serve(inbox))
    await a_return(pool)

    async with working(pool, schedule=RetrySchedule(())):
        await settled(pool)
        inbox.status = 200
        await resend(pool, 1)
        await settled(pool)
        assert await came_to(pool) == ["dead", "skipped"]

        # In whatever order they are asked for: the announcement goes first.
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(RESEND, 7, (await listed(pool))[1].id, NOON)
            await connection.execute(RESEND, 7, (await listed(pool))[0].id, NOON)
        await settled(pool)

    assert await came_to(pool) == ["delivered", "delivered"]
    assert inbox.bodies == [b"1000001 created"] * 2 + [b"1000001 changed 1"]


async def test_an_address_that_is_set_between_announcement_and_update_is_told_once_it_knows(
    pool: Pool, serve: Serve
) -> None:
    old, new = Inbox(), Inbox()
    await a_shop(pool, await serve(old))
    order_id = await a_return(pool, updates=0)

    async with working(pool):
        await settled(pool)
        await move_to(pool, await serve(new))
        await queue(pool, "changed", order_id=order_id, part="update")
        await settled(pool)
        assert (await came_to(pool), new.bodies) == (["delivered", "skipped"], [])

        await resend(pool, 0)
        await settled(pool)
        await resend(pool, 1)
        await settled(pool)

    assert old.bodies == [b"1000001 created"]
    assert new.bodies == [b"1000001 created", b"changed"]


async def test_an_address_that_changes_while_the_announcement_is_on_its_way_knows_nothing(
    pool: Pool, serve: Serve
) -> None:
    old, new = Inbox(delay=0.3), Inbox()
    await a_shop(pool, await serve(old))
    await a_return(pool)

    async with working(pool):
        await until(lambda: at_once(old, 1))
        await move_to(pool, await serve(new))
        await settled(pool)

    assert (old.bodies, new.bodies) == ([b"1000001 created"], [])
    assert await came_to(pool) == ["delivered", "skipped"]


async def test_an_address_that_is_set_after_a_return_was_created_is_told_none_of_its_changes(
    pool: Pool, serve: Serve
) -> None:
    inbox = Inbox()
    await a_shop(pool, await serve(inbox))
    order_id = await an_order(pool)
    await queue(pool, "changed", order_id=order_id, part="update")
    await queue(pool, "of something else", order_id=order_id)

    async with working(pool):
        await settled(pool)

    assert inbox.bodies == [b"of something else"]
    assert await came_to(pool) == ["skipped", "delivered"]


async def test_an_address_knows_what_it_was_told_before_it_was_switched_off(pool: Pool, serve: Serve) -> None:
    inbox = Inbox()
    await a_shop(pool, await serve(inbox))
    order_id = await a_return(pool, updates=0)

    async with working(pool):
        await settled(pool)
        await Shops(pool).switch_endpoint(7, "skroutz_orders", enabled=False)
        await queue(pool, "changed while off", order_id=order_id, part="update")
        await settled(pool)
        await Shops(pool).switch_endpoint(7, "skroutz_orders", enabled=True)
        await queue(pool, "changed", order_id=order_id, part="update")
        await settled(pool)

    assert inbox.bodies == [b"1000001 created", b"changed"]
    assert await came_to(pool) == ["delivered", "dead", "delivered"]


async def test_an_announcement_that_a_lost_process_had_claimed_keeps_its_updates_waiting(
    pool: Pool, serve: Serve
) -> None:
    inbox, clock = Inbox(), MovableClock(NOON)
    await a_shop(pool, await serve(inbox))
    await a_return(pool)
    await Deliveries(pool).claim(7, 10, NOON, timedelta(seconds=30))

    async with working(pool, clock=clock):
        await asyncio.sleep(0.1)
        assert (inbox.bodies, await came_to(pool)) == ([], ["pending", "pending"])
        clock.move(timedelta(seconds=30))
        await settled(pool)

    assert inbox.bodies == [b"1000001 created", b"1000001 changed 1"]


async def test_an_announcement_whose_claim_was_lost_counts_for_nobody_but_who_took_over(
    pool: Pool, serve: Serve
) -> None:
    inbox, clock = Inbox(delay=0.2), MovableClock(NOON)
    await a_shop(pool, await serve(inbox))
    await a_return(pool)

    async with working(pool, clock=clock):
        await until(lambda: arrived(inbox, 1))
        clock.move(timedelta(seconds=30))
        (taken,) = await Deliveries(pool).claim(7, 1, clock(), timedelta(seconds=30))
        await asyncio.sleep(0.3)
        dead = FinishedAttempt(taken, clock(), 5, 500, None, "dead", None)
        await Deliveries(pool).record(7, [dead])
        await settled(pool)

    assert await came_to(pool) == ["dead", "skipped"]
