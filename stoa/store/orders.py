"""Orders: one row read, one row written. A save moves the order, notes what happened and queues the messages."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
from msgspec import Struct

from stoa.orders.events import Event
from stoa.orders.order import Actor, Order
from stoa.orders.timers import next_look
from stoa.store.database import Connection, Pool

# One order, by its number, inside its shop.
READ_ORDER = "SELECT version, body FROM orders WHERE shop_id = $1 AND id = $2"

NEXT_NUMBER = "SELECT nextval('order_numbers')"

# The shared end of both saves: note what happened, queue a message for each endpoint that the shop has.
_NOTE_AND_QUEUE = """
noted AS (
    INSERT INTO order_events (shop_id, order_id, version, n, at, kind, actor, body)
    SELECT saved.shop_id, saved.id, saved.version, 1, $7, $8, $9, $10 FROM saved
),
queued AS (
    INSERT INTO deliveries (shop_id, order_id, endpoint, event_type, payload, due_at, created_at)
    SELECT saved.shop_id, saved.id, message.endpoint, message.event_type, message.payload, $7, $7
    FROM saved
    CROSS JOIN unnest($11::text[], $12::text[], $13::bytea[]) AS message (endpoint, event_type, payload)
    JOIN webhook_endpoints AS known ON known.shop_id = saved.shop_id AND known.kind = message.endpoint
)
SELECT count(*) FROM saved"""

# Save a new order with its first event and the messages it causes, or nothing at all.
PLACE_ORDER = f"""
WITH saved AS (
    INSERT INTO orders (shop_id, id, version, state, timer_at, body, updated_at,
                        channel, channel_ref, placed_at, idempotency_key, request_hash)
    VALUES ($1, $2, $3 + 1, $4, $5, $6, $7, $14, $15, $16, $17, $18)
    RETURNING shop_id, id, version
),
{_NOTE_AND_QUEUE}"""  # noqa: S608 - two constants

# Save the order's next version, its event and the messages it causes, where it is still as it was read.
SAVE_ORDER = f"""
WITH saved AS (
    UPDATE orders SET version = version + 1, state = $4, timer_at = $5, body = $6, updated_at = $7
    WHERE shop_id = $1 AND id = $2 AND version = $3
    RETURNING shop_id, id, version
),
{_NOTE_AND_QUEUE}"""  # noqa: S608 - two constants

# One page of a shop's orders, newest first. Only the filters that are given stand in it, so that each has its plan.
LIST_ORDERS = "SELECT body FROM orders WHERE shop_id = $1 AND id < $2 {filters} ORDER BY id DESC LIMIT $3"

FILTERS = {
    "state": "AND state = ${n}",
    "channel": "AND channel = ${n}",
    "placed_from": "AND placed_at >= ${n}",
    "placed_to": "AND placed_at < ${n}",
}

# What happened to an order, first things first.
LIST_EVENTS = """
SELECT at, kind, actor, body FROM order_events WHERE shop_id = $1 AND order_id = $2 ORDER BY version, n"""

# The shops with orders that the clock must look at.
SHOPS_WITH_DUE_TIMERS = """
SELECT shop_id FROM shops
WHERE EXISTS (SELECT 1 FROM orders WHERE orders.shop_id = shops.shop_id AND timer_at <= $1)
ORDER BY shop_id LIMIT $2"""

# Take some of a shop's due orders: pushing the timer to the end of the lease keeps others away, and brings
# the order back should this process die.
CLAIM_TIMERS = """
UPDATE orders SET timer_at = $3
WHERE shop_id = $1 AND id IN (
    SELECT id FROM orders WHERE shop_id = $1 AND timer_at <= $2
    ORDER BY timer_at LIMIT $4 FOR UPDATE SKIP LOCKED)
RETURNING version, body"""

# Set the timer of a claimed order to its own time again, where nobody has saved the order since.
RESET_TIMER = "UPDATE orders SET timer_at = $4 WHERE shop_id = $1 AND id = $2 AND version = $3"


class ChannelRefTaken(Exception):
    """The shop already has an order with this channel and reference."""


class KeyTaken(Exception):
    """Another request with the same idempotency key was faster."""


_PROMISES = {"orders_channel_ref": ChannelRefTaken, "orders_idempotency_key": KeyTaken}
"""The database's unique indexes, in the domain's words."""


class Stored(Struct, frozen=True):
    """An order as it was read: a save succeeds only while the version is still this one."""

    order: Order
    version: int


class Message(Struct, frozen=True):
    """What a shop is told: the payload is frozen here and sent as these bytes, however often."""

    endpoint: str
    event_type: str
    payload: bytes


class Happening(Struct, frozen=True, kw_only=True):
    """An event with its moment and its actor, as it was noted."""

    at: datetime
    kind: str
    by: str
    event: msgspec.Raw


class Save(Struct, frozen=True, kw_only=True):
    """The next version of an order, with the event that made it and the messages it causes."""

    order: Order
    version: int
    event: Event
    by: Actor
    messages: Sequence[Message]
    idempotency_key: str | None = None
    request_hash: bytes | None = None


_encode = msgspec.json.Encoder().encode
_decode_order = msgspec.json.Decoder(Order).decode


def decode_order(body: bytes) -> Order:
    return _decode_order(body)


class Orders:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, shop_id: int, order_id: int) -> Stored | None:
        row = await self._pool.fetchrow(READ_ORDER, shop_id, order_id)
        return _stored(row) if row else None

    async def next_number(self) -> int:
        return int(await self._pool.fetchval(NEXT_NUMBER))

    async def save(self, *saves: Save) -> bool:
        """Save all, or nothing where one of the orders is no longer at its version: then the answer is False.

        A version of 0 is a new order. Raises ChannelRefTaken or KeyTaken.
        """
        try:
            if len(saves) == 1:
                return await _save_one(self._pool, saves[0])
            return await self._save_together(saves)
        except asyncpg.UniqueViolationError as fault:
            promise = _PROMISES.get(fault.constraint_name or "")
            if promise:
                raise promise from fault
            raise

    async def _save_together(self, saves: Sequence[Save]) -> bool:
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            done = False
            try:
                # Not a generator: each statement needs the one before it to be over.
                done = all([await _save_one(connection, save) for save in saves])
            finally:
                await (transaction.commit() if done else transaction.rollback())
            return done

    async def page(self, shop_id: int, *, before: int, limit: int, **filters: object) -> list[Order]:
        """At most ``limit`` orders with numbers below ``before``, newest first; ``filters`` are those of FILTERS."""
        given = {name: value for name, value in filters.items() if value is not None}
        conditions = " ".join(FILTERS[name].format(n=n) for n, name in enumerate(given, start=4))
        statement = LIST_ORDERS.format(filters=conditions)
        rows = await self._pool.fetch(statement, shop_id, before, limit, *given.values())
        return [decode_order(row["body"]) for row in rows]

    async def history(self, shop_id: int, order_id: int) -> list[Happening]:
        """Everything that happened to an order, first things first."""
        rows = await self._pool.fetch(LIST_EVENTS, shop_id, order_id)
        return [
            Happening(at=row["at"], kind=row["kind"], by=row["actor"], event=msgspec.Raw(row["body"]))
            for row in rows
        ]

    async def shops_with_due_timers(self, now: datetime, limit: int) -> list[int]:
        rows = await self._pool.fetch(SHOPS_WITH_DUE_TIMERS, now, limit)
        return [row["shop_id"] for row in rows]

    async def claim_timers(self, shop_id: int, *, now: datetime, until: datetime, limit: int) -> list[Stored]:
        """Orders that the clock must look at; nobody else gets them before ``until``."""
        return [_stored(row) for row in await self._pool.fetch(CLAIM_TIMERS, shop_id, now, until, limit)]

    async def reset_timer(self, stored: Stored) -> None:
        """Give a claimed order back: it is looked at again when its own time comes."""
        order = stored.order
        await self._pool.execute(RESET_TIMER, order.shop_id, order.id, stored.version, next_look(order))


def _stored(row: asyncpg.Record) -> Stored:
    return Stored(decode_order(row["body"]), row["version"])


async def _save_one(database: Pool | Connection, save: Save) -> bool:
    order = save.order
    common = (
        order.shop_id,
        order.id,
        save.version,
        order.state,
        next_look(order),
        _encode(order),
        order.updated_at,
        type(save.event).__name__,
        save.by,
        _encode(save.event),
        [message.endpoint for message in save.messages],
        [message.event_type for message in save.messages],
        [message.payload for message in save.messages],
    )
    if save.version:
        return bool(await database.fetchval(SAVE_ORDER, *common))
    return bool(
        await database.fetchval(
            PLACE_ORDER,
            *common,
            order.channel,
            order.channel_ref,
            order.placed_at,
            save.idempotency_key,
            save.request_hash,
        )
    )
