"""Orders: one row read, one row written. A save moves the order, notes what happened and queues the messages."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Literal

import asyncpg
import msgspec
from msgspec import Struct

from stoa.orders.events import Event
from stoa.orders.order import Actor, Line, Order, Tag
from stoa.orders.progress import STAGES, STEPS_OF_RETURNS, WAITING_FOR_COURIER, payment_step_of, step_of
from stoa.orders.stock import StockChange, stock_changes
from stoa.orders.timers import next_look
from stoa.store.database import Connection, Pool
from stoa.store.warehouse import move_stock

# One order, by its number, inside its shop.
READ_ORDER = "SELECT version, body FROM orders WHERE shop_id = $1 AND id = $2"

NEXT_NUMBER = "SELECT nextval('order_numbers')"

# The shared end of both saves: note what happened, count, queue a message for each endpoint that the shop has
# switched on.
_NOTE_AND_QUEUE = """
noted AS (
    INSERT INTO order_events (shop_id, order_id, version, n, at, kind, actor, body, person_id)
    SELECT saved.shop_id, saved.id, saved.version, 1, $5, $22, $23, $24, $25 FROM saved
),
tallied AS (
    INSERT INTO order_tallies (shop_id, stage, step, payment_status, n, order_id)
    SELECT saved.shop_id, change.stage, change.step, change.payment_status, change.n, saved.id
    FROM saved CROSS JOIN unnest($26::text[], $27::text[], $28::text[], $29::bigint[])
        AS change (stage, step, payment_status, n)
),
queued AS (
    INSERT INTO deliveries (shop_id, order_id, endpoint, event_type, payload, part, due_at, created_at)
    SELECT saved.shop_id, saved.id, message.endpoint, message.event_type, message.payload, message.part, $5, $5
    FROM saved
    CROSS JOIN unnest($30::text[], $31::text[], $32::bytea[], $33::text[])
        AS message (endpoint, event_type, payload, part)
    JOIN webhook_endpoints AS known
        ON known.shop_id = saved.shop_id AND known.kind = message.endpoint AND known.enabled
)
SELECT count(*) FROM saved"""

# Save a new order with its first event and the messages it causes, or nothing at all.
PLACE_ORDER = f"""
WITH saved AS (
    INSERT INTO orders (shop_id, id, version, body, updated_at, timer_at, state, stage, step, payment_status,
                        payment_step, payment_code, payment_reference, shipping_method, customer_number,
                        customer_email, tracking_codes, tag_ids, total_cents, shipping_vat_cents, collected_at,
                        channel, channel_ref, placed_at, idempotency_key, request_hash)
    VALUES ($1, $2, $3 + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, lower($16), $17, $18, $19, $20, $21,
            $34, $35, $36, $37, $38)
    RETURNING shop_id, id, version
),
{_NOTE_AND_QUEUE}"""  # noqa: S608 - two constants

# Save the order's next version, its event and the messages it causes, where it is still as it was read. Files that
# it does not have any more are noted to be deleted.
SAVE_ORDER = f"""
WITH saved AS (
    UPDATE orders SET version = version + 1, body = $4, updated_at = $5, timer_at = $6, state = $7, stage = $8,
        step = $9, payment_status = $10, payment_step = $11, payment_code = $12, payment_reference = $13,
        shipping_method = $14, customer_number = $15, customer_email = lower($16), tracking_codes = $17, tag_ids = $18,
        total_cents = $19, shipping_vat_cents = $20, collected_at = $21
    WHERE shop_id = $1 AND id = $2 AND version = $3
    RETURNING shop_id, id, version
),
discarded AS (
    INSERT INTO discarded_files (shop_id, blob) SELECT saved.shop_id, blob FROM saved CROSS JOIN unnest($34::text[]) AS blob
),
{_NOTE_AND_QUEUE}"""  # noqa: S608 - two constants

# Delete an order with all that hangs on it, where it is still as it was read; one line says that it was done.
# Deliveries are held first, and in the order in which an attempt is recorded: else each could wait for the other.
DELETE_ORDER = """
WITH held AS (
    SELECT id FROM deliveries WHERE shop_id = $1 AND order_id = $2 AND state = 'pending' ORDER BY id FOR UPDATE
),
gone AS (
    DELETE FROM orders WHERE shop_id = $1 AND id = $2 AND version = $3 AND (SELECT count(*) FROM held) >= 0
    RETURNING shop_id, id, stage, step, payment_status
),
tallied AS (
    INSERT INTO order_tallies (shop_id, stage, step, payment_status, n)
    SELECT shop_id, stage, step, payment_status, -1 FROM gone
),
noted AS (
    INSERT INTO audit (shop_id, at, actor, action, order_id) SELECT shop_id, $4, $5, 'delete_order', id FROM gone
),
discarded AS (
    INSERT INTO discarded_files (shop_id, blob) SELECT gone.shop_id, blob FROM gone CROSS JOIN unnest($6::text[]) AS blob
)
SELECT count(*) FROM gone"""

# One page of a shop's orders, newest first. Only the filters that are given stand in it, so that each has its plan.
LIST_ORDERS = "SELECT body FROM orders WHERE shop_id = $1 AND id < $2 {filters} ORDER BY id DESC LIMIT $3"

FILTERS = {
    "state": "AND state = ${n}",
    "channel": "AND channel = ${n}",
    "placed_from": "AND placed_at >= ${n}",
    "placed_to": "AND placed_at < ${n}",
}

# One page of a shop's orders and how many there are in all; a page beyond the last still says how many. The page
# is found in an index alone, and only the orders on it are read. The limit stands in the statement: as a parameter
# it would be taken for a tenth of all orders, which no plan that is kept should be made for.
SEARCH = """
SELECT counted.total, found.id, found.version, found.body, found.total_cents, found.shipping_vat_cents
FROM (SELECT {total} AS total) AS counted
LEFT JOIN (
    SELECT orders.placed_at, orders.id, orders.version, {body} AS body, orders.total_cents, orders.shipping_vat_cents
    FROM (
        SELECT id FROM ({matching}) AS matching
        ORDER BY placed_at {direction}, id {direction} OFFSET $2 LIMIT {limit}
    ) AS page
    JOIN orders ON orders.shop_id = $1 AND orders.id = page.id
) AS found ON true
ORDER BY found.placed_at {direction}, found.id {direction}"""

MATCHING = "SELECT id, placed_at FROM orders WHERE shop_id = $1 {conditions} {end}"

# Lines and options are most of an order, and most lists do not show them.
WITHOUT_LINES = "orders.body - '{lines,options}'::text[]"

COUNT = "(SELECT count(*) FROM orders WHERE shop_id = $1 {conditions})"

# The same number for conditions on what is tallied, whatever the number of orders.
COUNT_BY_TALLY = "(SELECT coalesce(sum(n), 0)::bigint FROM order_tallies WHERE shop_id = $1 {conditions})"

IN_A_LIST = frozenset({"tracking_code", "tag_name", "tag_ids"})
"""Conditions whose indexes have no order in them."""

# How rare a word in a list is can only be guessed: without this, PostgreSQL walks through all of a shop's orders,
# the newest first, in the hope of a hundred that match.
ALL_THAT_MATCH_FIRST = "OFFSET 0"

# A tally's stage follows from its step: it is there so that the conditions are the same on both tables.
TALLIED = frozenset({"stage", "steps", "sales", "payment_status"})

CONDITIONS = {
    "id": "AND id = ${n}",
    "ids": "AND id = ANY(${n}::bigint[])",
    "stage": "AND stage = ${n}",
    "steps": "AND step = ANY(${n}::text[])",
    # No returns that customers asked for; written as the index that is made for it is, which holds no others.
    "sales": "AND ${n}::boolean AND step NOT IN ("
    + ", ".join(f"'{step}'" for step in STEPS_OF_RETURNS)
    + ")",
    "payment_status": "AND payment_status = ${n}",
    "payment_step": "AND payment_step = ${n}",
    "payment_code": "AND payment_code = ${n}",
    "payment_reference": "AND payment_reference = ${n}",
    "shipping_method": "AND shipping_method = ${n}",
    "tracking_code": "AND tracking_codes @> ARRAY[${n}::text] AND tracking_codes <> '{{}}'",
    "customer_number": "AND customer_number = ${n}",
    "customer_email": "AND customer_email = lower(${n})",
    "placed_from": "AND placed_at >= ${n}",
    "placed_before": "AND placed_at < ${n}",
    "tag_name": "AND tag_ids <> '{{}}' AND tag_ids @> ARRAY[(SELECT id FROM tags WHERE shop_id = $1 AND name = ${n})]",
    "tag_ids": "AND tag_ids <> '{{}}' AND tag_ids && ${n}::bigint[]",
}
"""What a search may ask for, by name."""

# One of several steps. Each is looked for by itself: an index that begins with the step has the list's order in it only
# for one of them, and several such lists, if all are asked for in that order, are merged as they are read.
ONE_STEP = "AND step = (${{n}}::text[])[{place}]"
IN_THE_LISTS_ORDER = "ORDER BY placed_at {direction}, id {direction}"

# The numbers of a shop's tags; those that it did not have yet are made, in one order for all who make them: none
# waits for another that waits for it.
NUMBER_TAGS = """
WITH made AS (
    INSERT INTO tags (shop_id, name) SELECT $1, name FROM unnest($2::text[]) AS name ORDER BY name
    ON CONFLICT (shop_id, name) DO NOTHING RETURNING id, name
)
SELECT id, name FROM made
UNION SELECT id, name FROM tags WHERE shop_id = $1 AND name = ANY($2::text[])"""

DISCARDED_FILES = "SELECT shop_id, id, blob FROM discarded_files ORDER BY shop_id, id LIMIT $1"

FORGET_DISCARDED = "DELETE FROM discarded_files WHERE shop_id = $1 AND id = $2"

# The orders by these numbers, in no order.
READ_SOME = "SELECT version, body FROM orders WHERE shop_id = $1 AND id = ANY($2::bigint[])"

# The parcels that wait for a carrier, and those that it has collected since; in the order of the vouchers' making.
# The steps stand in the statement: for any steps at all the plan that is kept would read the whole shop.
PARCELS_OF_CARRIER = f"""
SELECT body FROM (
    SELECT body, id FROM orders WHERE shop_id = $1 AND step IN ({", ".join(f"'{step}'" for step in WAITING_FOR_COURIER)})
    UNION ALL
    SELECT body, id FROM orders WHERE shop_id = $1 AND collected_at >= $3
) AS parcels
WHERE body ->> 'courier' = $2
ORDER BY (body -> 'voucher' ->> 'created_at')::timestamptz, id"""  # noqa: S608 - three constants

# What happened to an order, last things first.
LIST_EVENTS = """
SELECT event.version, event.at, event.kind, event.actor, event.body, people.name AS person
FROM order_events AS event LEFT JOIN people USING (person_id)
WHERE event.shop_id = $1 AND order_id = $2 ORDER BY version DESC, n DESC LIMIT $3"""

# The shops with orders that the clock must look at.
SHOPS_WITH_DUE_TIMERS = """
SELECT shop_id FROM shops
WHERE EXISTS (SELECT 1 FROM orders WHERE orders.shop_id = shops.shop_id AND timer_at <= $1)
ORDER BY shop_id LIMIT $2"""

# Take some of a shop's due orders: pushing the timer to the end of the lease keeps others away, and brings
# the order back should this process die. An array, not IN: a join could look for due orders more than once, and
# take more than the limit.
CLAIM_TIMERS = """
UPDATE orders SET timer_at = $3
WHERE shop_id = $1 AND id = ANY (ARRAY(
    SELECT id FROM orders WHERE shop_id = $1 AND timer_at <= $2
    ORDER BY timer_at LIMIT $4 FOR UPDATE SKIP LOCKED))
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


Part = Literal["announcement", "update"]


class Message(Struct, frozen=True):
    """What a shop is told: the payload is frozen here and sent as these bytes, however often.

    An ``update`` is sent only to the address that the ``announcement`` of the same order was delivered to. A message
    that is no ``part`` of such a story goes out whatever was told before.
    """

    endpoint: str
    event_type: str
    payload: bytes
    part: Part | None = None


class Happening(Struct, frozen=True, kw_only=True):
    """An event with its moment and its actor, as it was noted, and the ``version`` of the order that it made; with the
    name of the ``person`` who did it at the desk, where somebody did who still has an account."""

    version: int
    at: datetime
    kind: str
    by: str
    event: msgspec.Raw
    person: str | None = None


class Save(Struct, frozen=True, kw_only=True):
    """The next version of an order, with the event that made it and the messages it causes.

    ``before`` is the order at ``version``, None for a new one. ``person_id`` is of whoever did it at the desk.
    """

    order: Order
    version: int
    before: Order | None
    event: Event
    by: Actor
    messages: Sequence[Message]
    person_id: int | None = None
    idempotency_key: str | None = None
    request_hash: bytes | None = None

    @property
    def stock(self) -> list[StockChange]:
        """What the event means for the marketplace's warehouse; nothing, mostly."""
        return stock_changes(self.before, self.order)


class OrderWithoutLines(Order, frozen=True, kw_only=True):
    """An order as it is read for a list. Its amounts stand beside it."""

    lines: tuple[Line, ...] = ()


_encode = msgspec.json.Encoder().encode
_decode_order = msgspec.json.Decoder(Order).decode
_decode_listed = msgspec.json.Decoder(OrderWithoutLines).decode


def decode_order(body: bytes) -> Order:
    return _decode_order(body)


class Search(Struct, frozen=True, kw_only=True):
    """Which of a shop's orders: by the names of CONDITIONS, the newest first unless ``ascending``.

    Without ``lines`` the orders come without their lines and options, in half the time.
    """

    conditions: dict[str, object]
    ascending: bool = False
    lines: bool = True
    start: int = 0
    limit: int = 100


class Listed(Struct, frozen=True):
    """An order as it lies in the database: who has seen this version before need not decode it again."""

    id: int
    version: int
    body: bytes
    total_cents: int
    shipping_vat_cents: int
    lines: bool = True

    @property
    def order(self) -> Order:
        """The order, without its lines if the search was without them."""
        return _decode_order(self.body) if self.lines else _decode_listed(self.body)


class Found(Struct, frozen=True):
    """A page of orders, and how many there are in all."""

    listed: list[Listed]
    total: int

    @property
    def orders(self) -> list[Order]:
        return [listed.order for listed in self.listed]


class DiscardedFile(Struct, frozen=True):
    shop_id: int
    id: int
    blob: str


class Orders:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, shop_id: int, order_id: int) -> Stored | None:
        row = await self._pool.fetchrow(READ_ORDER, shop_id, order_id)
        return _stored(row) if row else None

    async def read_some(self, shop_id: int, order_ids: Iterable[int]) -> dict[int, Stored]:
        """Those of the shop's orders that there are, by number."""
        rows = await self._pool.fetch(READ_SOME, shop_id, list(order_ids))
        return {stored.order.id: stored for stored in map(_stored, rows)}

    async def parcels_of(self, shop_id: int, carrier: str, *, since: datetime) -> list[Order]:
        """What waits for the carrier with a voucher, and what it has collected since."""
        rows = await self._pool.fetch(PARCELS_OF_CARRIER, shop_id, carrier, since)
        return [decode_order(row["body"]) for row in rows]

    async def next_number(self) -> int:
        return int(await self._pool.fetchval(NEXT_NUMBER))

    async def save(self, *saves: Save) -> bool:
        """Save all, or nothing where one of the orders is no longer at its version: then the answer is False.

        A version of 0 is a new order. Raises ChannelRefTaken, KeyTaken, or OutOfStock where the warehouse does not have
        what an order needs.
        """
        try:
            if len(saves) == 1 and not saves[0].stock:
                return await _save_one(self._pool, saves[0])
            return await self._save_together(saves)
        except asyncpg.UniqueViolationError as fault:
            promise = _PROMISES.get(fault.constraint_name or "")
            if promise:
                raise promise from fault
            raise

    async def _save_together(self, saves: Sequence[Save]) -> bool:
        async with all_or_nothing(self._pool) as work:
            return await work.save(*saves)

    async def delete(self, stored: Stored, *saves: Save, by: Actor, at: datetime) -> bool:
        """Delete an order and everything of it, and save what follows for others; False, and nothing is done, where one
        of them is no longer as it was read."""
        if not saves and not stock_changes(stored.order, None):
            return await _delete_one(self._pool, stored.order, stored.version, by, at)
        async with all_or_nothing(self._pool) as work:
            return await work.delete(stored.order, stored.version, by=by, at=at) and await work.save(*saves)

    async def discarded_files(self, limit: int) -> list[DiscardedFile]:
        """Files that nothing refers to any more."""
        rows = await self._pool.fetch(DISCARDED_FILES, limit)
        return [DiscardedFile(row["shop_id"], row["id"], row["blob"]) for row in rows]

    async def forget_discarded(self, file: DiscardedFile) -> None:
        await self._pool.execute(FORGET_DISCARDED, file.shop_id, file.id)

    async def search(self, shop_id: int, search: Search) -> Found:
        """One page of a shop's orders, and how many there are."""
        steps = search.conditions.get("steps", ())
        statement = search_statement(
            frozenset(search.conditions),
            steps=len(steps) if isinstance(steps, Sequence) else 0,
            ascending=search.ascending,
            lines=search.lines,
            limit=search.limit,
        )
        given = (search.conditions[name] for name in sorted(search.conditions))
        rows = await self._pool.fetch(statement, shop_id, search.start, *given)
        # An empty page is one row that has only the total.
        return Found([_listed(row, search) for row in rows if row["id"]], rows[0]["total"])

    async def number_tags(self, shop_id: int, names: Sequence[str]) -> tuple[Tag, ...]:
        """The shop's tags by these names, in their order; those that it did not have are made."""
        wanted = tuple(dict.fromkeys(names))
        known: dict[str, int] = {}
        # Who makes the same tag at the same moment is not seen by the first look.
        while len(known) < len(wanted):
            rows = await self._pool.fetch(NUMBER_TAGS, shop_id, wanted)
            known = {row["name"]: row["id"] for row in rows}
        return tuple(Tag(id=known[name], name=name) for name in wanted)

    async def page(self, shop_id: int, *, before: int, limit: int, **filters: object) -> list[Order]:
        """At most ``limit`` orders with numbers below ``before``, newest first; ``filters`` are those of FILTERS."""
        given = {name: value for name, value in filters.items() if value is not None}
        conditions = " ".join(FILTERS[name].format(n=n) for n, name in enumerate(given, start=4))
        statement = LIST_ORDERS.format(filters=conditions)
        rows = await self._pool.fetch(statement, shop_id, before, limit, *given.values())
        return [decode_order(row["body"]) for row in rows]

    async def history(self, shop_id: int, order_id: int, *, newest: int | None = None) -> list[Happening]:
        """Everything that happened to an order, or the ``newest`` of it, first things first."""
        rows = await self._pool.fetch(LIST_EVENTS, shop_id, order_id, newest)
        return [
            Happening(
                version=row["version"],
                at=row["at"],
                kind=row["kind"],
                by=row["actor"],
                event=msgspec.Raw(row["body"]),
                person=row["person"],
            )
            for row in reversed(rows)
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


def _listed(row: asyncpg.Record, search: Search) -> Listed:
    return Listed(
        row["id"],
        row["version"],
        row["body"],
        row["total_cents"],
        row["shipping_vat_cents"],
        search.lines,
    )


@lru_cache(maxsize=1000)
def search_statement(
    names: frozenset[str], *, ascending: bool, lines: bool, limit: int, steps: int = 0
) -> str:
    """The statement for conditions of these names, in alphabetical order from $3 on; of ``steps`` there are so many."""
    numbered = {name: n for n, name in enumerate(sorted(names), start=3)}
    total = COUNT_BY_TALLY if names <= TALLIED else COUNT
    direction = "ASC" if ascending else "DESC"
    return SEARCH.format(
        total=total.format(conditions=_conditions(numbered)),
        matching=_matching(numbered, steps, direction),
        direction=direction,
        body="orders.body" if lines else WITHOUT_LINES,
        limit=limit,
    )


def _conditions(numbered: Mapping[str, int], steps: str = CONDITIONS["steps"]) -> str:
    wordings = CONDITIONS | {"steps": steps}
    return " ".join(wordings[name].format(n=n) for name, n in numbered.items())


def _matching(numbered: Mapping[str, int], steps: int, direction: str) -> str:
    """All orders that match: of several steps, those of the first, of the second and so on."""
    each = [ONE_STEP.format(place=place) for place in range(1, steps + 1)] or [CONDITIONS["steps"]]
    end = IN_THE_LISTS_ORDER.format(direction=direction) if len(each) > 1 else ""
    if numbered.keys() & IN_A_LIST:
        end = ALL_THAT_MATCH_FIRST
    return " UNION ALL ".join(
        f"({MATCHING.format(conditions=_conditions(numbered, step), end=end)})" for step in each
    )


class Work:
    """Several saves in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.done = False
        """Whether to keep what was done; otherwise nothing of it has ever been."""

    async def save(self, *saves: Save) -> bool:
        """Save all of them, or nothing."""
        self.done = True
        for save in saves:
            # What follows an order that somebody else has changed was decided against what is no more.
            self.done = self.done and await self._save(save)
        return self.done

    async def _save(self, save: Save) -> bool:
        saved = await _save_one(self.connection, save)
        if saved and save.stock:
            await move_stock(
                self.connection, save.order.shop_id, save.order.id, save.stock, save.order.updated_at
            )
        return saved

    async def delete(self, order: Order, version: int, *, by: Actor, at: datetime) -> bool:
        self.done = await _delete_one(self.connection, order, version, by, at)
        if self.done and (changes := stock_changes(order, None)):
            await move_stock(self.connection, order.shop_id, order.id, changes, at)
        return self.done


@asynccontextmanager
async def all_or_nothing(pool: Pool) -> AsyncIterator[Work]:
    """A transaction that is kept only where the last thing done in it succeeded."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        work = Work(connection)
        kept = False
        try:
            yield work
            kept = work.done
        finally:
            await (transaction.commit() if kept else transaction.rollback())


async def _save_one(database: Pool | Connection, save: Save) -> bool:
    return bool(await database.fetchval(SAVE_ORDER if save.version else PLACE_ORDER, *parameters(save)))


def parameters(save: Save) -> tuple[object, ...]:
    """What PLACE_ORDER or SAVE_ORDER is given."""
    values = (*_columns(save), *_happened(save), *_tallies(save), *_messages(save))
    return (*values, _discarded(save)) if save.version else (*values, *_of_a_new_order(save))


def _columns(save: Save) -> tuple[object, ...]:
    """The body and what stands beside it; the parameters $1 to $21."""
    order, step = save.order, step_of(save.order)
    return (
        order.shop_id,
        order.id,
        save.version,
        _encode(order),
        order.updated_at,
        next_look(order),
        order.state,
        STAGES[step],
        step,
        order.payment_status,
        payment_step_of(order),
        order.payment_provider or order.payment_method,
        order.payment_reference,
        order.shipping_method or order.courier or "",
        order.customer.number,
        order.customer.email,
        [tracking.code for tracking in order.trackings],
        [tag.id for tag in order.tags],
        order.total_cents,
        order.shipping_vat_cents,
        order.dispatched_at if order.voucher else None,
    )


def _happened(save: Save) -> tuple[object, ...]:
    return type(save.event).__name__, save.by, _encode(save.event), save.person_id


def _tallies(save: Save) -> tuple[list[str], list[str], list[str], list[int]]:
    """What changes in the number of orders by step and payment status, and that what is known of the order is to be
    looked at again: nothing, mostly."""
    now = _tallied_by(save.order)
    before = _tallied_by(save.before) if save.before else None
    if before != now:
        changes = [(*now, 1), *([(*before, -1)] if before else [])]
    elif save.before and _facts_of(save.before) != _facts_of(save.order):
        changes = [(*now, 0)]
    else:
        return [], [], [], []
    stages, steps, statuses, numbers = zip(*changes, strict=True)
    return list(stages), list(steps), list(statuses), list(numbers)


def _tallied_by(order: Order) -> tuple[str, str, str]:
    step = step_of(order)
    return STAGES[step], step, order.payment_status


# What facts are made of, beside the step and what an order is placed with for good, see stoa.store.facts.
_facts_of = attrgetter(
    "customer",
    "address",
    "billing",
    "invoice",
    "lines",
    "trackings",
    "courier",
    "shipping_method",
    "shipping_cents",
    "refunded_cents",
    "acceptance",
    "dispatch_until",
    "dispatched_at",
)


def _discarded(save: Save) -> list[str]:
    """Files that the order had and has no more."""
    if save.before is None:
        return []
    kept = save.order.blobs
    return [blob for blob in save.before.blobs if blob not in kept]


def _messages(save: Save) -> tuple[list[str], list[str], list[bytes], list[Part | None]]:
    return (
        [message.endpoint for message in save.messages],
        [message.event_type for message in save.messages],
        [message.payload for message in save.messages],
        [message.part for message in save.messages],
    )


def _of_a_new_order(save: Save) -> tuple[object, ...]:
    order = save.order
    return order.channel, order.channel_ref, order.placed_at, save.idempotency_key, save.request_hash


async def _delete_one(
    database: Pool | Connection, order: Order, version: int, by: Actor, at: datetime
) -> bool:
    return bool(await database.fetchval(DELETE_ORDER, order.shop_id, order.id, version, at, by, order.blobs))
