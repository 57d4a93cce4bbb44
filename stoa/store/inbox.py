"""What the demo's receiver was sent, so that a newcomer sees webhooks arrive."""

from datetime import datetime

import msgspec
from msgspec import Struct

from stoa.store.database import Pool

KEPT = 5_000
"""How many of the newest are kept: the demo may run for weeks."""

ADD = """
INSERT INTO demo_inbox (shop_id, received_at, order_code, headers, body) VALUES ($1, $2, $3, $4, $5)
RETURNING id"""

DROP_OLD = "DELETE FROM demo_inbox WHERE id <= $1"

NEWEST = """
SELECT shop_id, received_at, headers, body FROM demo_inbox
WHERE $1::text IS NULL OR order_code = $1
ORDER BY id DESC LIMIT $2"""


class Received(Struct, frozen=True, kw_only=True):
    """A webhook as it arrived; the body is the very bytes."""

    received_at: datetime
    shop_id: int
    headers: msgspec.Raw
    body: msgspec.Raw


class Inbox:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(
        self, shop_id: int, *, at: datetime, order_code: str, headers: dict[str, str], body: bytes
    ) -> None:
        number = await self._pool.fetchval(ADD, shop_id, at, order_code, msgspec.json.encode(headers), body)
        if number % KEPT == 0:
            await self._pool.execute(DROP_OLD, number - KEPT)

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
