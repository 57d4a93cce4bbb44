"""Facts about orders, by which the desk finds and counts them. A save only notes, in a tally, that there is news of an
order; the worker folds the tallies and brings the facts up to date, both or neither."""

from collections.abc import Callable, Iterable, Sequence

import asyncpg

from stoa.orders.order import CAME_TO_NOTHING, Order
from stoa.orders.progress import step_of
from stoa.orders.shop import Shop
from stoa.orders.words import LONGEST, words_of
from stoa.store.database import Connection, Pool
from stoa.store.orders import Stored, decode_order
from stoa.store.shops import READ_SHOP, decode_shop

BATCH = 200
"""Loose tallies that are folded in one transaction: a moment's work, for which other work of the process waits."""

# Shops with tallies that are not folded.
SHOPS_TO_FOLD = """
SELECT shop_id FROM shops
WHERE EXISTS (SELECT 1 FROM order_tallies AS tally WHERE tally.shop_id = shops.shop_id AND NOT folded)
ORDER BY shop_id LIMIT 1000"""

# Put one row for each step and payment status in the place of many, and say which orders they were of. The newest first,
# so that a backlog keeps no new order from being found. Two who fold at once share no row.
FOLD_TALLIES = f"""
WITH loose AS (
    DELETE FROM order_tallies WHERE shop_id = $1 AND id = ANY (ARRAY(
        SELECT id FROM order_tallies WHERE shop_id = $1 AND NOT folded
        ORDER BY id DESC LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
    RETURNING stage, step, payment_status, n, order_id
),
changed AS (
    SELECT stage, step, payment_status, sum(n) AS n FROM loose GROUP BY 1, 2, 3 HAVING sum(n) <> 0
),
folded AS (
    DELETE FROM order_tallies WHERE shop_id = $1 AND id = ANY (ARRAY(
        SELECT tally.id FROM order_tallies AS tally JOIN changed USING (step, payment_status)
        WHERE tally.shop_id = $1 AND tally.folded FOR UPDATE OF tally SKIP LOCKED))
    RETURNING stage, step, payment_status, n
),
summed AS (
    INSERT INTO order_tallies (shop_id, stage, step, payment_status, n, folded)
    SELECT $1, stage, step, payment_status, sum(n), true
    FROM (SELECT * FROM changed UNION ALL SELECT * FROM folded) AS both_of_them
    GROUP BY 2, 3, 4 HAVING sum(n) <> 0
)
SELECT count(*) AS loose, array_agg(DISTINCT order_id) FILTER (WHERE order_id IS NOT NULL) AS orders FROM loose"""  # noqa: S608 - a constant

# The orders as they are now. Nobody may delete one before its facts are saved, which need it; changing it is free.
READ_FOR_FACTS = """
SELECT version, body FROM orders WHERE shop_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR KEY SHARE"""

# Who comes with an older version comes too late.
SAVE_FACTS = """
INSERT INTO order_facts (shop_id, order_id, version, placed_at, channel, carrier, step, is_return, total_cents,
                         refunded_cents, currency, accepted_at, came_to_nothing, dispatch_until, dispatched_at, words)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, array_to_tsvector($16::text[]))
ON CONFLICT (shop_id, order_id) DO UPDATE SET
    version = excluded.version, carrier = excluded.carrier, step = excluded.step, total_cents = excluded.total_cents,
    refunded_cents = excluded.refunded_cents, accepted_at = excluded.accepted_at,
    came_to_nothing = excluded.came_to_nothing, dispatch_until = excluded.dispatch_until,
    dispatched_at = excluded.dispatched_at, words = excluded.words
WHERE order_facts.version < excluded.version"""

Codes = Callable[[Order, Shop], Iterable[str]]
"""What an order is called in the contracts that it is seen through."""


class Facts:
    def __init__(self, pool: Pool, codes: Codes) -> None:
        self._pool = pool
        self._codes = codes

    async def shops_to_fold(self) -> list[int]:
        """Shops of whose orders there is news."""
        return [row["shop_id"] for row in await self._pool.fetch(SHOPS_TO_FOLD)]

    async def fold(self, shop_id: int) -> bool:
        """Fold some of a shop's tallies and save the facts of the orders that they are of; whether more may be left."""
        async with self._pool.acquire() as connection, connection.transaction():
            folded = await connection.fetchrow(FOLD_TALLIES, shop_id)
            if folded["orders"]:
                await self._save(connection, shop_id, folded["orders"])
        return bool(folded["loose"] == BATCH)

    async def _save(self, connection: Connection, shop_id: int, order_ids: Sequence[int]) -> None:
        shop = decode_shop(await connection.fetchval(READ_SHOP, shop_id))
        rows = await connection.fetch(READ_FOR_FACTS, shop_id, order_ids)
        await connection.executemany(SAVE_FACTS, [self._facts(_stored(row), shop) for row in rows])

    def _facts(self, stored: Stored, shop: Shop) -> tuple[object, ...]:
        """The parameters of SAVE_FACTS, see the migration for what each means."""
        order = stored.order
        return (
            order.shop_id,
            order.id,
            stored.version,
            order.placed_at,
            order.channel,
            order.carrier,
            step_of(order),
            order.return_of is not None,
            order.total_cents,
            order.refunded_cents,
            order.currency,
            order.acceptance.at if order.acceptance else None,
            order.state if order.state in CAME_TO_NOTHING else None,
            order.dispatch_until,
            order.dispatched_at,
            lexemes(order, self._codes(order, shop)),
        )


def _stored(row: asyncpg.Record) -> Stored:
    return Stored(decode_order(row["body"]), row["version"])


def lexemes(order: Order, codes: Iterable[str]) -> list[str]:
    """What the order is indexed under: words, its channel and its carrier, each for its shop alone."""
    found_by = [of_shop(order.shop_id, word) for word in words_of(order, codes)]
    carried = [of_carrier(order.shop_id, order.carrier)] if order.carrier else []
    return [*found_by, of_channel(order.shop_id, order.channel), *carried]


# A word has letters and digits only, so it is never taken for a channel or a carrier.
def of_shop(shop_id: int, word: str) -> str:
    return f"{shop_id}:{word}"


def of_channel(shop_id: int, channel: str) -> str:
    return f"{shop_id}:@{channel[:LONGEST]}"


def of_carrier(shop_id: int, carrier: str) -> str:
    return f"{shop_id}:#{carrier[:LONGEST]}"
