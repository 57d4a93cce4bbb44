"""How a shop is doing: sums over the facts of its orders, by days of its own time zone, and how its webhooks arrive.

What a save changed is counted once the worker has brought the order's facts up to date. An order counts on the day on
which it was placed, with all that became of it. Goods that come back are no orders here.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import add
from zoneinfo import ZoneInfo

import asyncpg
from msgspec import Struct

from stoa.orders.shop import Shop
from stoa.store.database import Pool

DAYS = 30
"""So many days are counted, the last of them today."""

WEEK = timedelta(days=7)

LAST_MESSAGES = 500
"""So many of a shop's latest webhooks say how well they arrive: they are found without a look at all there ever were."""

MOST_COUNTED = 1_000
"""What waits and what was given up is counted up to here: a backlog may be of any size."""

# What the orders of each span ($3 to $4) came to, by channel. Each span is a walk through a part of an index that has it
# all, and is grouped by itself: that is half the work of finding the day of every order. Money of another currency ($5)
# than the shop's cannot be added to it.
COUNT_ORDERS = """
SELECT span.n, counted.*
FROM unnest($3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS span (begins, ends, n)
CROSS JOIN LATERAL (
    SELECT channel,
           count(*) AS orders,
           coalesce(sum(total_cents - refunded_cents) FILTER (WHERE came_to_nothing IS NULL AND currency = $5), 0)::bigint
               AS revenue_cents,
           count(accepted_at) AS accepted,
           count(*) FILTER (WHERE accepted_at IS NULL AND came_to_nothing IN ('rejected', 'expired')) AS refused,
           count(dispatched_at) AS dispatched,
           count(*) FILTER (WHERE dispatched_at > dispatch_until) AS dispatched_late,
           count(*) FILTER (WHERE dispatched_at IS NULL AND dispatch_until < $2
                              AND accepted_at IS NOT NULL AND came_to_nothing IS NULL) AS overdue
    FROM order_facts
    WHERE shop_id = $1 AND placed_at >= span.begins AND placed_at < span.ends AND NOT is_return
    GROUP BY channel
) AS counted
ORDER BY span.n, counted.channel"""

# In what time half of each span's accepted orders were accepted, by the same index.
TIMES_TO_ACCEPT = """
SELECT span.n, taken.median
FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS span (begins, ends, n)
CROSS JOIN LATERAL (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY accepted_at - placed_at) AS median
    FROM order_facts
    WHERE shop_id = $1 AND placed_at >= span.begins AND placed_at < span.ends AND NOT is_return AND accepted_at IS NOT NULL
) AS taken
ORDER BY span.n"""

# What became of the latest messages, by the kind of endpoint, and of the requests that were made for them; and how many
# wait or were given up, however old they are.
WEBHOOK_HEALTH = """
WITH latest AS (
    SELECT id, endpoint, state FROM deliveries WHERE shop_id = $1 ORDER BY id DESC LIMIT $2
),
endpoints AS (
    SELECT latest.endpoint AS kind,
           count(DISTINCT latest.id) AS messages,
           count(DISTINCT latest.id) FILTER (WHERE latest.state = 'delivered') AS delivered,
           count(DISTINCT latest.id) FILTER (WHERE latest.state = 'dead') AS dead,
           count(attempt.n) AS requests,
           count(attempt.n) FILTER (WHERE attempt.status = 200 AND attempt.error IS NULL) AS answered,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY attempt.duration_ms) FILTER (WHERE attempt.status = 200 AND attempt.error IS NULL) AS answer_ms
    FROM latest LEFT JOIN delivery_attempts AS attempt ON attempt.shop_id = $1 AND attempt.delivery_id = latest.id
    GROUP BY latest.endpoint
)
SELECT backlog.waiting, backlog.given_up, endpoints.*
FROM (
    SELECT (SELECT count(*) FROM (SELECT FROM deliveries WHERE shop_id = $1 AND state = 'pending' LIMIT $3) AS few) AS waiting,
           (SELECT count(*) FROM (SELECT FROM deliveries WHERE shop_id = $1 AND state = 'dead' LIMIT $3) AS few) AS given_up
) AS backlog
LEFT JOIN endpoints ON true
ORDER BY endpoints.kind"""


class Sales(Struct, frozen=True, kw_only=True):
    """What some orders came to.

    ``revenue_cents``: totals with shipping and VAT, less refunds, without what was rejected, cancelled or expired.
    ``refused`` were rejected or not accepted in time. Of those that were ``dispatched`` some left ``dispatched_late``;
    ``overdue`` should have left and have not.
    """

    orders: int = 0
    revenue_cents: int = 0
    accepted: int = 0
    refused: int = 0
    dispatched: int = 0
    dispatched_late: int = 0
    overdue: int = 0

    def __add__(self, other: "Sales") -> "Sales":
        return Sales(
            **{name: getattr(self, name) + getattr(other, name) for name in Sales.__struct_fields__},
        )

    @property
    def acceptance_rate(self) -> float | None:
        """Of the orders that were decided, from 0 to 1; None where none was."""
        decided = self.accepted + self.refused
        return self.accepted / decided if decided else None


class Day(Struct, frozen=True, kw_only=True):
    """The orders placed on a day of the shop's time zone; ``time_to_accept`` is in what half of the accepted ones were."""

    date: date
    by_channel: Mapping[str, Sales]
    time_to_accept: timedelta | None

    @property
    def sales(self) -> Sales:
        return reduce(add, self.by_channel.values(), Sales())


class LastDays(Struct, frozen=True):
    """``DAYS`` days, today the last, and what had come on this day a week ago by this time."""

    days: Sequence[Day]
    week_ago: Sales

    @property
    def today(self) -> Day:
        return self.days[-1]

    @property
    def sales(self) -> Sales:
        return reduce(add, (day.sales for day in self.days), Sales())


class EndpointHealth(Struct, frozen=True, kw_only=True):
    """What became of the latest messages to a kind of endpoint.

    ``answered`` is how many ``requests`` for them were answered well, half of these within ``answer_ms``.
    """

    kind: str
    messages: int
    delivered: int
    dead: int
    requests: int
    answered: int
    answer_ms: int | None


class WebhookHealth(Struct, frozen=True):
    """How the latest ``LAST_MESSAGES`` messages went; ``waiting`` and ``given_up`` are of all, up to ``MOST_COUNTED`` + 1."""

    waiting: int
    given_up: int
    endpoints: Sequence[EndpointHealth]


class Numbers:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def last_days(self, shop: Shop, now: datetime) -> LastDays:
        """Count the shop's orders, by days of its time zone."""
        dates = _dates(shop.zone, now)
        begins, ends = zip(*(_span(day, shop.zone) for day in dates), strict=True)
        week_ago = _a_week_ago(shop.zone, now)
        counted, times = await asyncio.gather(
            self._pool.fetch(
                COUNT_ORDERS, shop.id, now, [*begins, week_ago[0]], [*ends, week_ago[1]], shop.currency
            ),
            self._pool.fetch(TIMES_TO_ACCEPT, shop.id, begins, ends),
        )
        *by_channel, then = _by_span(counted, DAYS + 1)
        days = [
            Day(date=day, by_channel=channels, time_to_accept=row["median"])
            for day, channels, row in zip(dates, by_channel, times, strict=True)
        ]
        return LastDays(days, reduce(add, then.values(), Sales()))

    async def webhooks(self, shop_id: int) -> WebhookHealth:
        """Say how the shop's webhooks arrive."""
        rows = await self._pool.fetch(WEBHOOK_HEALTH, shop_id, LAST_MESSAGES, MOST_COUNTED + 1)
        names = EndpointHealth.__struct_fields__
        endpoints = [EndpointHealth(**{name: row[name] for name in names}) for row in rows if row["kind"]]
        return WebhookHealth(rows[0]["waiting"], rows[0]["given_up"], endpoints)


def _dates(zone: str, now: datetime) -> list[date]:
    today = now.astimezone(ZoneInfo(zone)).date()
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def _span(day: date, zone: str) -> tuple[datetime, datetime]:
    """When a day of the time zone begins and ends, in UTC; not all days have 24 hours."""
    return _begin(day, zone), _begin(day + timedelta(days=1), zone)


def _begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _a_week_ago(zone: str, now: datetime) -> tuple[datetime, datetime]:
    """The same day a week ago until the clocks showed what they show now, in UTC."""
    then = now.astimezone(ZoneInfo(zone)) - WEEK
    return _begin(then.date(), zone), then.astimezone(UTC)


def _by_span(rows: Sequence[asyncpg.Record], spans: int) -> list[dict[str, Sales]]:
    """The sales by channel, one entry for each span."""
    found: list[dict[str, Sales]] = [{} for _ in range(spans)]
    for row in rows:
        sales = Sales(**{name: row[name] for name in Sales.__struct_fields__})
        found[row["n"] - 1][row["channel"]] = sales
    return found
