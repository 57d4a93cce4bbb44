"""What the demo's receivers were sent, so that a newcomer sees webhooks arrive, and which of them play dead."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from stoa.store.database import Pool

KEPT = 5_000
"""How many of the newest are kept: the demo may run for weeks."""

# Keep what arrives, unless the shop's receiver plays dead: then no row comes back.
ADD = """
INSERT INTO demo_inbox (shop_id, received_at, order_code, headers, body)
SELECT $1::bigint, $2::timestamptz, $3::text, $4::jsonb, $5::bytea
WHERE NOT EXISTS (SELECT FROM demo_outages WHERE shop_id = $1 AND until > $2)
RETURNING id"""

DROP_OLD = "DELETE FROM demo_inbox WHERE id <= $1"

NEWEST = """
SELECT shop_id, received_at, headers, body FROM demo_inbox
WHERE $1::text IS NULL OR order_code = $1
ORDER BY id DESC LIMIT $2"""

NEWEST_OF_SHOP = """
SELECT id, received_at, order_code, headers, body FROM demo_inbox
WHERE shop_id = $1 AND id < $2 AND ($3::text[] IS NULL OR order_code = ANY($3))
ORDER BY id DESC LIMIT $4"""

PLAY_DEAD = """
INSERT INTO demo_outages (shop_id, until) VALUES ($1, $2) ON CONFLICT (shop_id) DO UPDATE SET until = $2"""

COME_BACK = "DELETE FROM demo_outages WHERE shop_id = $1"

DEAD_UNTIL = "SELECT until FROM demo_outages WHERE shop_id = $1 AND until > $2"


class Received(Struct, frozen=True, kw_only=True):
    """A webhook as it arrived; the body is the very bytes."""

    received_at: datetime
    shop_id: int
    headers: msgspec.Raw
    body: msgspec.Raw


class Arrived(Struct, frozen=True, kw_only=True):
    """The same for a shop's own page: ``id`` says where the page ends, names of headers are lower case."""

    id: int
    received_at: datetime
    order_code: str
    headers: dict[str, str]
    body: bytes


class Inbox:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(
        self, shop_id: int, *, at: datetime, order_code: str, headers: dict[str, str], body: bytes
    ) -> bool:
        """Keep a webhook; False where the shop's receiver plays dead, and nothing is kept."""
        number = await self._pool.fetchval(ADD, shop_id, at, order_code, msgspec.json.encode(headers), body)
        if number is not None and number % KEPT == 0:
            await self._pool.execute(DROP_OLD, number - KEPT)
        return number is not None

    async def newest(self, *, order_code: str | None, limit: int) -> list[Received]:
        """The newest first, of all shops."""
        return [
            Received(
                received_at=row["received_at"],
                shop_id=row["shop_id"],
                headers=msgspec.Raw(row["headers"]),
                body=msgspec.Raw(row["body"]),
            )
            for row in await self._pool.fetch(NEWEST, order_code, limit)
        ]

    async def newest_of_shop(
        self, shop_id: int, *, before: int, limit: int, order_codes: Sequence[str] | None = None
    ) -> list[Arrived]:
        """At most ``limit`` webhooks with ids below ``before``, newest first; only those about orders with one of the
        codes where any are given."""
        rows = await self._pool.fetch(NEWEST_OF_SHOP, shop_id, before, order_codes, limit)
        return [
            Arrived(**(dict(row) | {"headers": msgspec.json.decode(row["headers"], type=dict[str, str])}))
            for row in rows
        ]

    async def play_dead(self, shop_id: int, until: datetime) -> None:
        """From now on the shop's receiver refuses whatever it is sent."""
        await self._pool.execute(PLAY_DEAD, shop_id, until)

    async def come_back(self, shop_id: int) -> None:
        await self._pool.execute(COME_BACK, shop_id)

    async def dead_until(self, shop_id: int, now: datetime) -> datetime | None:
        """Until when the shop's receiver plays dead; None where it works."""
        until: datetime | None = await self._pool.fetchval(DEAD_UNTIL, shop_id, now)
        return until
