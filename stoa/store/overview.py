"""What the operator sees of all shops at once. Nothing here grows with the orders or with what was ever delivered."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from stoa.orders.progress import Step
from stoa.orders.words import folded
from stoa.store.database import Pool

MOST_COUNTED = 1_000
"""What waits or was given up is counted up to here, and one more says that there are more."""

TO_DECIDE = (Step.OPEN, Step.RETURN_IN_REVIEW)
"""Steps that wait for the shop's answer."""

# A shop with its webhooks, the orders that wait for an answer, and what was given up: each by an index of the shop's own.
_SHOP = """
SELECT shop.shop_id, shop.name,
    (SELECT coalesce(sum(n), 0)::bigint FROM order_tallies AS tally
     WHERE tally.shop_id = shop.shop_id AND tally.step = ANY($1::text[])) AS to_decide,
    (SELECT count(*) FROM (
        SELECT FROM deliveries AS given_up WHERE given_up.shop_id = shop.shop_id AND given_up.state = 'dead'
        ORDER BY given_up.id LIMIT $2) AS counted) AS dead,
    (SELECT count(*) FROM webhook_endpoints AS known WHERE known.shop_id = shop.shop_id) AS webhooks,
    (SELECT count(*) FROM webhook_endpoints AS known
     WHERE known.shop_id = shop.shop_id AND NOT known.enabled) AS switched_off
FROM shops AS shop"""

LIST_SHOPS = f"{_SHOP} WHERE shop.shop_id > $3 ORDER BY shop.shop_id LIMIT $4"

# All the words, each somewhere in the name, or the number. Names are folded as the words were: without case and accents.
FIND_SHOPS = rf"""{_SHOP}
CROSS JOIN LATERAL (SELECT translate(
    regexp_replace(normalize(lower(shop.name), NFD), '[\u0300-\u036f]', '', 'g'), 'ς', 'σ') AS name) AS plain
WHERE shop.shop_id = $3
   OR NOT EXISTS (SELECT FROM unnest($4::text[]) AS word WHERE position(word IN plain.name) = 0)
ORDER BY shop.shop_id LIMIT $5"""  # noqa: S608 - a constant

# What was given up, newest first, with the last thing that went wrong and whether sending it again could help.
_GIVEN_UP = """
SELECT dead.shop_id, shop.name AS shop_name, dead.id, dead.order_id, dead.endpoint, dead.event_type, dead.created_at,
       dead.finished_at, last.status, last.error, known.enabled
FROM ({those}) AS dead
JOIN shops AS shop ON shop.shop_id = dead.shop_id
LEFT JOIN webhook_endpoints AS known ON known.shop_id = dead.shop_id AND known.kind = dead.endpoint
LEFT JOIN LATERAL (
    SELECT status, error FROM delivery_attempts AS attempt
    WHERE attempt.shop_id = dead.shop_id AND attempt.delivery_id = dead.id ORDER BY n DESC LIMIT 1) AS last ON true
ORDER BY dead.id DESC"""

GIVEN_UP = _GIVEN_UP.format(
    those="SELECT * FROM deliveries WHERE state = 'dead' AND id < $1 ORDER BY id DESC LIMIT $2"
)
GIVEN_UP_OF_SHOP = _GIVEN_UP.format(
    those="SELECT * FROM deliveries WHERE shop_id = $3 AND state = 'dead' AND id < $1 ORDER BY id DESC LIMIT $2"
)

COUNT_GIVEN_UP = """
SELECT count(*) FROM (
    SELECT FROM deliveries WHERE shop_id = $1 AND state = 'dead' AND id > $2 ORDER BY id LIMIT $3) AS counted"""

# Begin a new round for some of what was given up, oldest first, and say where these end. What dies again meanwhile lies
# before that, so whoever goes on from there sends nothing twice.
RESEND_SOME = """
WITH again AS (
    UPDATE deliveries SET state = 'pending', tries = 0, due_at = $4, finished_at = NULL
    WHERE shop_id = $1 AND state = 'dead' AND id = ANY (ARRAY(
        SELECT id FROM deliveries WHERE shop_id = $1 AND state = 'dead' AND id > $2 ORDER BY id LIMIT $3 FOR UPDATE))
    RETURNING id
)
SELECT count(*) AS sent, max(id) AS last FROM again"""

# The queue of all shops. From one shop to the next by the index, so a long queue takes as long as a short one; what is due
# is counted up to a limit.
QUEUE = """
WITH RECURSIVE waiting AS (
    (SELECT shop_id, due_at FROM deliveries WHERE state = 'pending' ORDER BY shop_id, due_at, id LIMIT 1)
    UNION ALL
    SELECT next.shop_id, next.due_at FROM waiting, LATERAL (
        SELECT shop_id, due_at FROM deliveries WHERE state = 'pending' AND shop_id > waiting.shop_id
        ORDER BY shop_id, due_at, id LIMIT 1) AS next
), timers AS (
    (SELECT shop_id, timer_at FROM orders WHERE timer_at IS NOT NULL ORDER BY shop_id, timer_at LIMIT 1)
    UNION ALL
    SELECT next.shop_id, next.timer_at FROM timers, LATERAL (
        SELECT shop_id, timer_at FROM orders WHERE timer_at IS NOT NULL AND shop_id > timers.shop_id
        ORDER BY shop_id, timer_at LIMIT 1) AS next
)
SELECT
    (SELECT count(*) FROM (
        SELECT FROM deliveries WHERE state = 'pending' ORDER BY shop_id, due_at LIMIT $2) AS counted) AS pending,
    (SELECT count(*) FROM (
        SELECT FROM waiting CROSS JOIN LATERAL (
            SELECT FROM deliveries AS due
            WHERE due.shop_id = waiting.shop_id AND due.state = 'pending' AND due.due_at <= $1 LIMIT $2) AS one_shops
        LIMIT $2) AS counted) AS due,
    (SELECT min(due_at) FROM waiting WHERE due_at <= $1) AS due_since,
    (SELECT count(*) FROM (SELECT FROM deliveries WHERE state = 'dead' ORDER BY id DESC LIMIT $2) AS counted) AS dead,
    (SELECT count(*) FROM timers WHERE timer_at <= $1) AS shops_with_due_timers,
    (SELECT min(timer_at) FROM timers WHERE timer_at <= $1) AS timers_due_since"""


class ShopAtAGlance(Struct, frozen=True, kw_only=True):
    """A shop in the operator's list. ``dead`` counts what was given up, at most one above ``MOST_COUNTED``."""

    shop_id: int
    name: str
    to_decide: int
    dead: int
    webhooks: int
    switched_off: int


class GivenUp(Struct, frozen=True, kw_only=True):
    """A delivery that was given up, with what its last attempt met; ``enabled`` is None where its endpoint is gone."""

    shop_id: int
    shop_name: str
    id: int
    order_id: int | None
    endpoint: str
    event_type: str
    created_at: datetime
    finished_at: datetime | None
    status: int | None
    error: str | None
    enabled: bool | None


class Queue(Struct, frozen=True, kw_only=True):
    """What waits, of all shops; counts are at most one above ``MOST_COUNTED``. ``due_since`` and ``timers_due_since`` say
    since when the oldest has waited for the worker."""

    pending: int
    due: int
    due_since: datetime | None
    dead: int
    shops_with_due_timers: int
    timers_due_since: datetime | None


class Overview:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def shops(self, *, after: int, limit: int) -> list[ShopAtAGlance]:
        """At most ``limit`` shops with numbers above ``after``."""
        rows = await self._pool.fetch(LIST_SHOPS, TO_DECIDE, MOST_COUNTED + 1, after, limit)
        return [ShopAtAGlance(**row) for row in rows]

    async def find_shops(self, text: str, *, limit: int) -> list[ShopAtAGlance]:
        """The shop with this number, and those whose names have all of these words, or parts of words."""
        words = folded(text)
        if not words:
            return []
        # A bigint has room for eighteen digits; no shop has the number 0.
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0  # noqa: PLR2004 - said above
        rows = await self._pool.fetch(FIND_SHOPS, TO_DECIDE, MOST_COUNTED + 1, number, words, limit)
        return [ShopAtAGlance(**row) for row in rows]

    async def given_up(self, *, before: int, limit: int, shop_id: int | None = None) -> list[GivenUp]:
        """At most ``limit`` of what was given up with ids below ``before``, newest first; of one shop or of all."""
        if shop_id is None:
            return _given_up(await self._pool.fetch(GIVEN_UP, before, limit))
        return _given_up(await self._pool.fetch(GIVEN_UP_OF_SHOP, before, limit, shop_id))

    async def count_given_up(self, shop_id: int, *, after: int) -> int:
        """How much the shop has of it with ids above ``after``, at most one above ``MOST_COUNTED``."""
        count: int = await self._pool.fetchval(COUNT_GIVEN_UP, shop_id, after, MOST_COUNTED + 1)
        return count

    async def resend_some(self, shop_id: int, *, after: int, limit: int, now: datetime) -> tuple[int, int]:
        """Make up to ``limit`` of what was given up due again, those with ids above ``after``; answers with how many they
        were and where they end."""
        row = await self._pool.fetchrow(RESEND_SOME, shop_id, after, limit, now)
        return row["sent"], row["last"] or after

    async def queue(self, now: datetime) -> Queue:
        return Queue(**await self._pool.fetchrow(QUEUE, now, MOST_COUNTED + 1))


def _given_up(rows: Sequence[asyncpg.Record]) -> list[GivenUp]:
    return [GivenUp(**row) for row in rows]
