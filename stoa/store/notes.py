"""What a shop's people write on its orders for each other: remarks, and the words that they mark orders with."""

from datetime import datetime

from msgspec import Struct

from stoa.store.database import Pool

ADD_NOTE = "INSERT INTO order_notes (shop_id, order_id, person_id, at, text) VALUES ($1, $2, $3, $4, $5)"

# The newest remarks on an order.
LIST_NOTES = """
SELECT note.id, note.at, note.text, note.person_id, people.name AS person
FROM order_notes AS note LEFT JOIN people USING (person_id)
WHERE note.shop_id = $1 AND note.order_id = $2 ORDER BY note.id DESC LIMIT $3"""

# Of one's own, or of anybody's for those who may.
REMOVE_NOTE = """
DELETE FROM order_notes WHERE shop_id = $1 AND order_id = $2 AND id = $3 AND (person_id = $4 OR $5) RETURNING id"""

# The shop's newest tags.
LIST_TAG_NAMES = "SELECT name FROM tags WHERE shop_id = $1 ORDER BY id DESC LIMIT $2"


class Remark(Struct, frozen=True, kw_only=True):
    """What somebody remarked on an order, and when, in UTC; ``person`` is None once they have no account any more."""

    id: int
    at: datetime
    text: str
    person_id: int
    person: str | None


class Notes:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, shop_id: int, order_id: int, person_id: int, text: str, now: datetime) -> None:
        await self._pool.execute(ADD_NOTE, shop_id, order_id, person_id, now, text)

    async def of_order(self, shop_id: int, order_id: int, limit: int) -> list[Remark]:
        """At most ``limit`` remarks, the newest first."""
        rows = await self._pool.fetch(LIST_NOTES, shop_id, order_id, limit)
        return [Remark(**row) for row in rows]

    async def remove(
        self, shop_id: int, order_id: int, note_id: int, *, person_id: int, of_anybody: bool
    ) -> bool:
        """Delete what the person remarked, or anybody where they may; False where there is no such remark."""
        removed = await self._pool.fetchval(REMOVE_NOTE, shop_id, order_id, note_id, person_id, of_anybody)
        return removed is not None

    async def tag_names(self, shop_id: int, limit: int) -> list[str]:
        """What the shop calls its newest tags."""
        return [row["name"] for row in await self._pool.fetch(LIST_TAG_NAMES, shop_id, limit)]
