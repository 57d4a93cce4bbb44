"""Webhook deliveries in the database: claimed shop by shop, sent by somebody else, recorded batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import asyncpg

from stoa.store.database import Pool
from stoa.store.orders import Message, Part

DeliveryState = Literal["pending", "delivered", "dead", "skipped"]
"""Dead: it was given up. Skipped: it was not sent, since its address does not know what it is an update of."""

# Shops with work to do, one index probe for each: it costs the same however long one shop's backlog is.
DUE_SHOPS = """
SELECT s.shop_id FROM shops s
WHERE s.shop_id > $3 AND s.shop_id IN (
    SELECT d.shop_id FROM deliveries d
    WHERE d.state = 'pending' AND d.due_at <= $1 AND (d.claimed_until IS NULL OR d.claimed_until <= $1))
ORDER BY s.shop_id LIMIT $2
"""

# Take the shop's oldest due deliveries for a while. Of each order only the oldest pending one, and none while
# another of the order is on its way: a shop hears of an order's changes one after the other. Asked as a single value,
# not as NOT EXISTS, which would be planned as a join over the shop's whole backlog. So is whether the address of an
# update was told of what it is an update of: that is looked for among the messages of its order.
CLAIM = """
WITH free AS (
    SELECT d.id FROM deliveries d
    WHERE d.shop_id = $1 AND d.state = 'pending' AND d.due_at <= $2
      AND (d.claimed_until IS NULL OR d.claimed_until <= $2)
      AND (
          SELECT other.id FROM deliveries other
          WHERE other.shop_id = $1 AND other.order_id = d.order_id AND other.state = 'pending'
            AND other.id <> d.id AND (other.id < d.id OR other.claimed_until > $2)
          LIMIT 1) IS NULL
    ORDER BY d.due_at, d.id LIMIT $3
    FOR UPDATE OF d SKIP LOCKED
), claimed AS (
    UPDATE deliveries d SET claimed_until = $4 FROM free
    WHERE d.shop_id = $1 AND d.id = free.id
    RETURNING d.*
)
SELECT c.shop_id, c.id, c.order_id, c.endpoint, c.event_type, c.payload, c.part, c.tries, c.created_at,
       c.claimed_until, e.url, e.signing_key, coalesce(e.enabled, false) AS enabled,
       CASE WHEN c.part = 'update' THEN (
           SELECT told.id FROM deliveries told
           WHERE told.shop_id = $1 AND told.order_id = c.order_id AND told.endpoint = c.endpoint
             AND told.part = 'announcement' AND told.sent_to = e.url
           LIMIT 1) IS NOT NULL ELSE true END AS address_knows
FROM claimed c LEFT JOIN webhook_endpoints e ON e.shop_id = $1 AND e.kind = c.endpoint
ORDER BY c.id
"""

# Note a batch of attempts and move their deliveries; the order's later messages are due when it is, so that no claim
# looks at them in vain. A delivery that is no longer held as it was claimed (the lease ran out and another took it, or a
# resend began a new round) is left as it is: no row back. Where an announcement was delivered to stays noted until it is
# delivered elsewhere.
RECORD = """
WITH made AS (
    SELECT * FROM unnest($2::bigint[], $3::timestamptz[], $4::integer[], $5::timestamptz[], $6::integer[],
                         $7::integer[], $8::text[], $9::text[], $10::timestamptz[], $11::text[], $12::text[])
        AS m (id, claimed_until, tries, at, duration_ms, status, error, state, next_at, sent_to, response)
), moved AS (
    UPDATE deliveries d SET state = m.state, tries = d.tries + 1, due_at = coalesce(m.next_at, d.due_at),
        claimed_until = NULL, finished_at = CASE WHEN m.state <> 'pending' THEN m.at END,
        sent_to = coalesce(m.sent_to, d.sent_to)
    FROM made m
    WHERE d.shop_id = $1 AND d.id = m.id AND d.state = 'pending'
      AND d.claimed_until = m.claimed_until AND d.tries = m.tries
    RETURNING d.id, d.order_id, m.at, m.next_at, m.duration_ms, m.status, m.error, m.response
), followers AS (
    UPDATE deliveries f SET due_at = coalesce(v.next_at, v.at)
    FROM moved v
    WHERE f.shop_id = $1 AND f.order_id = v.order_id AND f.state = 'pending' AND f.id > v.id
      AND CASE WHEN v.next_at IS NULL THEN f.due_at > v.at ELSE f.due_at < v.next_at END
), noted AS (
    INSERT INTO delivery_attempts (shop_id, delivery_id, n, at, duration_ms, status, error, response)
    SELECT $1, v.id,
           (SELECT coalesce(max(a.n), 0) + 1 FROM delivery_attempts a WHERE a.shop_id = $1 AND a.delivery_id = v.id),
           v.at, v.duration_ms, v.status, v.error, v.response
    FROM moved v
)
SELECT id FROM moved
"""

# Give claimed deliveries back untried, where they are still held.
RELEASE = """
UPDATE deliveries SET claimed_until = NULL
WHERE shop_id = $1 AND id = ANY($2::bigint[]) AND state = 'pending' AND claimed_until = $3
"""

# Begin a new round with the same bytes. A claim stays: a request on its way must not be joined by a second one.
RESEND = """
UPDATE deliveries SET state = 'pending', tries = 0, due_at = $3, finished_at = NULL
WHERE shop_id = $1 AND id = $2
RETURNING id
"""

_DELIVERY = """
SELECT d.shop_id, d.id, d.order_id, d.endpoint, d.event_type, d.state, d.tries, d.due_at, d.created_at, d.finished_at,
       ARRAY(SELECT ROW (a.n, a.at, a.duration_ms, a.status, a.error) FROM delivery_attempts a
             WHERE a.shop_id = d.shop_id AND a.delivery_id = d.id ORDER BY a.n) AS attempts
FROM deliveries d"""

# A page of a shop's deliveries, newest first, with every attempt of each.
PAGE = f"""{_DELIVERY}
WHERE d.shop_id = $1
  AND ($2::bigint IS NULL OR d.id < $2)
  AND ($4::text IS NULL OR d.state = $4)
  AND ($5::bigint IS NULL OR d.order_id = $5)
ORDER BY d.id DESC LIMIT $3
"""

# The newest of an order. Not the page with a filter: that would be planned as a walk through all that the shop was sent.
OF_ORDER = f"""{_DELIVERY}
WHERE d.shop_id = $1 AND d.order_id = $2 ORDER BY d.id DESC LIMIT $3
"""

# One delivery of an order, with what was sent and what came back.
READ_DELIVERY = """
SELECT d.event_type, d.payload,
       ARRAY(SELECT ROW (a.n, a.at, a.duration_ms, a.status, a.error, a.response) FROM delivery_attempts a
             WHERE a.shop_id = $1 AND a.delivery_id = d.id ORDER BY a.n) AS exchanges
FROM deliveries d
WHERE d.shop_id = $1 AND d.id = $3 AND d.order_id = $2
"""

# A message that belongs to no order of the shop's own.
QUEUE = """
INSERT INTO deliveries (shop_id, endpoint, event_type, payload, due_at, created_at)
VALUES ($1, $2, $3, $4, $5, $5)
"""

# What waits, how long the first due one has waited in seconds, and what was given up; by partial indexes alone.
BACKLOG = """
SELECT (SELECT count(*) FROM deliveries WHERE state = 'pending') AS pending,
       (SELECT extract(epoch FROM $1 - min(due_at))::float8 FROM deliveries
        WHERE state = 'pending' AND due_at <= $1) AS oldest_seconds,
       (SELECT count(*) FROM deliveries WHERE state = 'dead') AS dead
"""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery held until ``claimed_until``, with where it goes; no URL and key where the endpoint was removed.

    ``tries`` counts the requests of this round before the one to come. ``signing_key`` is still sealed. ``enabled`` is
    whether the endpoint is there and switched on; ``address_knows``, whether the URL was told of what an update is
    about, which all but updates do without.
    """

    shop_id: int
    id: int
    order_id: int | None
    endpoint: str
    event_type: str
    payload: bytes
    part: Part | None
    tries: int
    created_at: datetime
    claimed_until: datetime
    url: str | None
    signing_key: bytes | None
    enabled: bool
    address_knows: bool


@dataclass(frozen=True, slots=True)
class FinishedAttempt:
    """One request that was made for a claimed delivery, or why there was none, and the state it leaves the delivery in.

    ``next_at`` is when a pending one is due again, ``response`` the beginning of what was answered.
    """

    delivery: ClaimedDelivery
    at: datetime
    duration_ms: int
    status: int | None
    error: str | None
    state: DeliveryState
    next_at: datetime | None
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    n: int
    at: datetime
    duration_ms: int
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as lists show it, without its payload."""

    shop_id: int
    id: int
    order_id: int | None
    endpoint: str
    event_type: str
    state: DeliveryState
    tries: int
    due_at: datetime
    created_at: datetime
    finished_at: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Exchange(Attempt):
    """An attempt, with the beginning of what was answered."""

    response: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a delivery carries, and every attempt to bring it, the first first."""

    event_type: str
    payload: bytes
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Deliveries pending and dead, and the age in seconds of the longest due one (0 where none is due)."""

    pending: int
    oldest_seconds: float
    dead: int


class Deliveries:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due_shops(self, now: datetime, limit: int, after: int = 0) -> list[int]:
        """Name shops with free, due deliveries, by number, those above ``after``."""
        return [row["shop_id"] for row in await self._pool.fetch(DUE_SHOPS, now, limit, after)]

    async def claim(self, shop_id: int, limit: int, now: datetime, lease: timedelta) -> list[ClaimedDelivery]:
        """Hold up to ``limit`` due deliveries of the shop until ``now + lease``; nobody else gets them until then."""
        rows = await self._pool.fetch(CLAIM, shop_id, now, limit, now + lease)
        return [ClaimedDelivery(**row) for row in rows]

    async def record(self, shop_id: int, attempts: Sequence[FinishedAttempt]) -> set[int]:
        """Note the attempts and move their deliveries, all at once; answers with those that were still held."""
        columns = zip(*(as_row(attempt) for attempt in attempts), strict=True)
        return {row["id"] for row in await self._pool.fetch(RECORD, shop_id, *columns)}

    async def release(self, shop_id: int, claimed: Sequence[ClaimedDelivery]) -> None:
        """Give back what one claim took and was not sent."""
        ids = [delivery.id for delivery in claimed]
        await self._pool.execute(RELEASE, shop_id, ids, claimed[0].claimed_until)

    async def queue(self, shop_id: int, message: Message, now: datetime) -> None:
        """Send a message that no order waits for, such as a demo's."""
        await self._pool.execute(QUEUE, shop_id, message.endpoint, message.event_type, message.payload, now)

    async def resend(self, shop_id: int, delivery_id: int, now: datetime) -> bool:
        """Make the delivery due again, whatever its state; False where the shop has no such delivery."""
        return await self._pool.fetchval(RESEND, shop_id, delivery_id, now) is not None

    async def of_order(self, shop_id: int, order_id: int, limit: int) -> list[Delivery]:
        """What the shop was told of an order, the newest first."""
        return [as_delivery(row) for row in await self._pool.fetch(OF_ORDER, shop_id, order_id, limit)]

    async def read(self, shop_id: int, order_id: int, delivery_id: int) -> Sent | None:
        """A delivery of the order; None where the order has no such."""
        row = await self._pool.fetchrow(READ_DELIVERY, shop_id, order_id, delivery_id)
        if row is None:
            return None
        exchanges = tuple(Exchange(*exchange) for exchange in row["exchanges"])
        return Sent(row["event_type"], row["payload"], exchanges)

    async def page(
        self,
        shop_id: int,
        before_id: int | None,
        limit: int,
        state: DeliveryState | None = None,
        order_id: int | None = None,
    ) -> list[Delivery]:
        """List the shop's deliveries, newest first, those with an id below ``before_id``."""
        rows = await self._pool.fetch(PAGE, shop_id, before_id, limit, state, order_id)
        return [as_delivery(row) for row in rows]

    async def backlog(self, now: datetime) -> Backlog:
        row = await self._pool.fetchrow(BACKLOG, now)
        return Backlog(row["pending"], row["oldest_seconds"] or 0.0, row["dead"])


def as_row(attempt: FinishedAttempt) -> tuple[object, ...]:
    held = attempt.delivery
    return (
        held.id,
        held.claimed_until,
        held.tries,
        attempt.at,
        attempt.duration_ms,
        attempt.status,
        attempt.error,
        attempt.state,
        attempt.next_at,
        held.url if held.part == "announcement" and attempt.state == "delivered" else None,
        attempt.response,
    )


def as_delivery(row: asyncpg.Record) -> Delivery:
    fields = dict(row)
    attempts = tuple(Attempt(*attempt) for attempt in fields.pop("attempts"))
    return Delivery(**fields, attempts=attempts)
