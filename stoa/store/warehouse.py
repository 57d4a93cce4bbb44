"""The marketplace's warehouse: products, suppliers, purchase orders, and a ledger whose sum is what lies there."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import astuple, replace

from stoa.orders.stock import AtHand, StockChange
from stoa.orders.warehouse import (
    Announcement,
    Cause,
    Counted,
    Level,
    Movement,
    Objected,
    Objection,
    PurchaseLine,
    PurchaseOrder,
    Supplier,
    WarehouseProduct,
    announce,
    receive,
)
from stoa.store.database import Connection, Pool

_PRODUCT = "id, shop_uid, name, ean, active, quantity, reserved, created_at"

# A new product; with its first one the shop is marked, so that its orders are looked up here.
ADD_PRODUCT = f"""
WITH first AS (
    UPDATE shops SET body = body || '{{"warehouse": true}}' WHERE shop_id = $1 AND NOT body @> '{{"warehouse": true}}'
)
INSERT INTO warehouse_products (shop_id, shop_uid, name, ean, active, created_at) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING {_PRODUCT}"""  # noqa: S608 - a constant

READ_PRODUCT = f"SELECT {_PRODUCT} FROM warehouse_products WHERE shop_id = $1 AND id = $2"  # noqa: S608 - a constant

# What is not given ($3, $5 and $7 are false) stays as it is.
CHANGE_PRODUCT = f"""
UPDATE warehouse_products SET
    active = CASE WHEN $3 THEN $4 ELSE active END,
    name = CASE WHEN $5 THEN $6 ELSE name END,
    ean = CASE WHEN $7 THEN $8 ELSE ean END
WHERE shop_id = $1 AND id = $2
RETURNING {_PRODUCT}"""  # noqa: S608 - a constant

LIST_PRODUCTS = f"""
SELECT {_PRODUCT} FROM warehouse_products WHERE shop_id = $1 AND id > $2 ORDER BY id OFFSET $3 LIMIT $4"""  # noqa: S608 - a constant

COUNT_PRODUCTS = "SELECT count(*) FROM warehouse_products WHERE shop_id = $1"

PRODUCT_IDS = "SELECT shop_uid, id FROM warehouse_products WHERE shop_id = $1 AND shop_uid = ANY($2::text[])"

ACTIVE_PRODUCTS = "SELECT id FROM warehouse_products WHERE shop_id = $1 AND id = ANY($2::bigint[]) AND active"

AT_HAND = """
SELECT shop_uid, id, quantity - reserved AS available, active FROM warehouse_products
WHERE shop_id = $1 AND shop_uid = ANY($2::text[])"""

# Hold products, in one order for all who hold several: none waits for another that waits for it.
LOCK_LEVELS = """
SELECT id, quantity, reserved FROM warehouse_products WHERE shop_id = $1 AND id = ANY($2::bigint[])
ORDER BY id FOR NO KEY UPDATE"""

# Set the levels of products that are held, and note what led to them: the sum of the movements stays the quantity.
MOVE = """
WITH moved AS (
    UPDATE warehouse_products AS product SET quantity = level.quantity, reserved = level.reserved
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS level (id, quantity, reserved)
    WHERE product.shop_id = $1 AND product.id = level.id
)
INSERT INTO stock_movements (shop_id, product_id, quantity, kind, at, order_id, purchase_order, reason)
SELECT $1, movement.product_id, movement.quantity, movement.kind, $8, $9, $10, $11
FROM unnest($5::bigint[], $6::bigint[], $7::text[]) WITH ORDINALITY AS movement (product_id, quantity, kind, n)
ORDER BY movement.n"""

LIST_MOVEMENTS = """
SELECT id, at, kind, quantity, order_id, purchase_order, reason FROM stock_movements
WHERE shop_id = $1 AND product_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4"""

_SUPPLIER = "id, code, name, address, city, area, zip_code, phone, tax_number, email"

ADD_SUPPLIER = f"""
INSERT INTO suppliers (shop_id, {_SUPPLIER}, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""  # noqa: S608 - a constant

LIST_SUPPLIERS = f"""
SELECT {_SUPPLIER} FROM suppliers WHERE shop_id = $1 ORDER BY code OFFSET $2 LIMIT $3"""  # noqa: S608 - a constant

COUNT_SUPPLIERS = "SELECT count(*) FROM suppliers WHERE shop_id = $1"

# Two may change different fields of a supplier at once: the row is held from reading to writing.
LOCK_SUPPLIER = f"SELECT {_SUPPLIER} FROM suppliers WHERE shop_id = $1 AND id = $2 FOR NO KEY UPDATE"  # noqa: S608 - a constant

CHANGE_SUPPLIER = """
UPDATE suppliers SET code = $3, name = $4, address = $5, city = $6, area = $7, zip_code = $8, phone = $9,
    tax_number = $10, email = $11
WHERE shop_id = $1 AND id = $2"""

_ANNOUNCED = "shop_id, number, supplier_id, expected_date, created_at, received_at"

# Whoever announces next waits for this shop's number.
LOCK_SHOP = "SELECT FROM shops WHERE shop_id = $1 FOR NO KEY UPDATE"

ADD_PURCHASE_ORDER = f"""
INSERT INTO purchase_orders (shop_id, number, supplier_id, expected_date, created_at, lines)
SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM purchase_orders WHERE shop_id = $1
RETURNING {_ANNOUNCED}, lines"""  # noqa: S608 - a constant

READ_PURCHASE_ORDER = f"SELECT {_ANNOUNCED}, lines FROM purchase_orders WHERE shop_id = $1 AND number = $2"  # noqa: S608 - a constant

LOCK_PURCHASE_ORDER = f"{READ_PURCHASE_ORDER} FOR NO KEY UPDATE"

NOTE_RECEIPT = "UPDATE purchase_orders SET received_at = $3, lines = $4 WHERE shop_id = $1 AND number = $2"

# Newest first, without their lines: there may be a thousand in each.
LIST_PURCHASE_ORDERS = f"""
SELECT {_ANNOUNCED} FROM purchase_orders WHERE shop_id = $1 AND number < $2 ORDER BY number DESC OFFSET $3 LIMIT $4"""  # noqa: S608 - a constant

COUNT_PURCHASE_ORDERS = "SELECT count(*) FROM purchase_orders WHERE shop_id = $1"

SHOPS_WITH_PRODUCTS = """
SELECT shop_id FROM shops
WHERE EXISTS (SELECT 1 FROM warehouse_products WHERE warehouse_products.shop_id = shops.shop_id) ORDER BY shop_id"""

# A shop's products that the books disagree about: pieces against the sum of the movements, or kept pieces against
# what the orders that have not been sent yet keep.
AUDIT = """
WITH moved AS (
    SELECT product_id, sum(quantity)::bigint AS pieces FROM stock_movements WHERE shop_id = $1 GROUP BY product_id
),
kept AS (
    SELECT (line ->> 'stock_id')::bigint AS product_id, sum((line ->> 'quantity')::bigint)::bigint AS pieces
    FROM orders CROSS JOIN jsonb_array_elements(body -> 'lines') AS line
    WHERE shop_id = $1 AND state IN ('open', 'accepted') AND body ->> 'fulfilment' = 'warehouse' AND line ? 'stock_id'
    GROUP BY 1
)
SELECT product.shop_id, product.id AS product_id, product.shop_uid, product.quantity, product.reserved,
       coalesce(moved.pieces, 0) AS moved, coalesce(kept.pieces, 0) AS kept
FROM warehouse_products AS product
LEFT JOIN moved ON moved.product_id = product.id
LEFT JOIN kept ON kept.product_id = product.id
WHERE product.shop_id = $1
    AND (product.quantity <> coalesce(moved.pieces, 0) OR product.reserved <> coalesce(kept.pieces, 0))
ORDER BY product.id"""


class OutOfStock(Exception):
    """A product of the warehouse does not have the pieces that an order needs; or the warehouse does not know it."""

    def __init__(self, product_id: int) -> None:
        super().__init__(f"product {product_id}")
        self.product_id = product_id


_PROMISES = {
    "warehouse_products_shop_uid": Objection.UID_TAKEN,
    "suppliers_code": Objection.SUPPLIER_CODE_TAKEN,
    "purchase_orders_supplier": Objection.UNKNOWN_SUPPLIER,
}
"""The database's constraints, in the domain's words."""


def _objected(fault: asyncpg.IntegrityConstraintViolationError) -> Objected:
    objection = _PROMISES.get(fault.constraint_name or "")
    if objection is None:
        raise fault
    return Objected(objection)


class StockFault(Struct, frozen=True, kw_only=True):
    """A product that the books disagree about: its movements add up to ``moved`` pieces, and open orders keep ``kept``."""

    shop_id: int
    product_id: int
    shop_uid: str
    quantity: int
    moved: int
    reserved: int
    kept: int


class Audit(Struct, frozen=True):
    """So many products were looked at, and this was wrong."""

    products: int
    faults: Sequence[StockFault]


_encode = msgspec.json.encode
_decode_lines = msgspec.json.Decoder(tuple[PurchaseLine, ...]).decode


class Warehouse:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add_product(
        self, shop_id: int, *, shop_uid: str, name: str | None, ean: str | None, active: bool, at: datetime
    ) -> WarehouseProduct | Objected:
        """A product of which no piece is there yet."""
        try:
            row = await self._pool.fetchrow(ADD_PRODUCT, shop_id, shop_uid, name, ean, active, at)
        except asyncpg.UniqueViolationError as fault:
            return _objected(fault)
        return WarehouseProduct(**row)

    async def product(self, shop_id: int, product_id: int) -> WarehouseProduct | None:
        row = await self._pool.fetchrow(READ_PRODUCT, shop_id, product_id)
        return WarehouseProduct(**row) if row else None

    async def change_product(
        self, shop_id: int, product_id: int, changes: Mapping[str, object]
    ) -> WarehouseProduct | None:
        """Change what is given of ``active``, ``name`` and ``ean``; None where there is no such product."""
        given = [
            part for field in ("active", "name", "ean") for part in (field in changes, changes.get(field))
        ]
        row = await self._pool.fetchrow(CHANGE_PRODUCT, shop_id, product_id, *given)
        return WarehouseProduct(**row) if row else None

    async def products(
        self, shop_id: int, *, after: int = 0, start: int = 0, limit: int
    ) -> list[WarehouseProduct]:
        """The products with numbers above ``after`` in the order of these, ``start`` of them left out."""
        rows = await self._pool.fetch(LIST_PRODUCTS, shop_id, after, start, limit)
        return [WarehouseProduct(**row) for row in rows]

    async def count_products(self, shop_id: int) -> int:
        return int(await self._pool.fetchval(COUNT_PRODUCTS, shop_id))

    async def active_products(self, shop_id: int, product_ids: Collection[int]) -> frozenset[int]:
        """Those of the products that are on sale."""
        rows = await self._pool.fetch(ACTIVE_PRODUCTS, shop_id, product_ids)
        return frozenset(row["id"] for row in rows)

    async def at_hand(self, shop_id: int, uids: Collection[str]) -> dict[str, AtHand]:
        """The products that the warehouse knows, by the shop's uid, each with the pieces that are kept for nobody."""
        rows = await self._pool.fetch(AT_HAND, shop_id, uids)
        return {row["shop_uid"]: AtHand(row["id"], row["available"], row["active"]) for row in rows}

    async def movements(self, shop_id: int, product_id: int, *, before: int, limit: int) -> list[Movement]:
        """What came and went of a product, newest first, of the movements with numbers below ``before``."""
        rows = await self._pool.fetch(LIST_MOVEMENTS, shop_id, product_id, before, limit)
        return [msgspec.convert(dict(row), Movement) for row in rows]

    async def correct(
        self, shop_id: int, product_id: int, *, counted: int, reason: str | None, at: datetime
    ) -> WarehouseProduct | Objected | None:
        """Note what a stock-take of the product found; None where there is no such product."""
        async with self._pool.acquire() as connection, connection.transaction():
            level = (await _lock(connection, shop_id, [product_id])).get(product_id)
            if level is None:
                return None
            if counted < level.reserved:
                return Objected(Objection.BELOW_RESERVED)
            change = StockChange(product_id=product_id, quantity=counted - level.quantity)
            await _move(connection, shop_id, [change], Cause(at=at, reason=reason))
            return WarehouseProduct(**await connection.fetchrow(READ_PRODUCT, shop_id, product_id))

    async def add_supplier(self, shop_id: int, supplier: Supplier, at: datetime) -> Supplier | Objected:
        """Keep a new supplier; the answer has its id."""
        # Of 40 random bits, no two are the same among the suppliers of a shop.
        known = replace(supplier, id=secrets.token_hex(5))
        try:
            await self._pool.execute(ADD_SUPPLIER, shop_id, *astuple(known), at)
        except asyncpg.UniqueViolationError as fault:
            return _objected(fault)
        return known

    async def change_supplier(
        self, shop_id: int, supplier_id: str, changes: Mapping[str, str | None]
    ) -> Supplier | Objected | None:
        """Change these fields of a supplier; None where there is no such supplier."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(LOCK_SUPPLIER, shop_id, supplier_id)
                if row is None:
                    return None
                supplier = replace(Supplier(**row), **changes)
                await connection.execute(CHANGE_SUPPLIER, shop_id, *astuple(supplier))
        except asyncpg.UniqueViolationError as fault:
            return _objected(fault)
        return supplier

    async def suppliers(self, shop_id: int, *, start: int, limit: int) -> list[Supplier]:
        """The shop's suppliers by code, ``start`` of them left out."""
        return [Supplier(**row) for row in await self._pool.fetch(LIST_SUPPLIERS, shop_id, start, limit)]

    async def count_suppliers(self, shop_id: int) -> int:
        return int(await self._pool.fetchval(COUNT_SUPPLIERS, shop_id))

    async def announce(
        self, shop_id: int, announcement: Announcement, *, today: date, at: datetime
    ) -> PurchaseOrder | Objected:
        """Make a purchase order of the announcement; ``today`` is the day of the shop's calendar."""
        rows = await self._pool.fetch(PRODUCT_IDS, shop_id, [line.shop_uid for line in announcement.lines])
        lines = announce(announcement, product_ids={row["shop_uid"]: row["id"] for row in rows}, today=today)
        if isinstance(lines, Objected):
            return lines
        supplier_id, expected_date = announcement.supplier_id, announcement.expected_date
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(LOCK_SHOP, shop_id)
                row = await connection.fetchrow(
                    ADD_PURCHASE_ORDER, shop_id, supplier_id, expected_date, at, _encode(lines)
                )
        except asyncpg.ForeignKeyViolationError as fault:
            return _objected(fault)
        return _purchase_order(row)

    async def purchase_order(self, shop_id: int, number: int) -> PurchaseOrder | None:
        row = await self._pool.fetchrow(READ_PURCHASE_ORDER, shop_id, number)
        return _purchase_order(row) if row else None

    async def purchase_orders(
        self, shop_id: int, *, before: int, start: int = 0, limit: int
    ) -> list[PurchaseOrder]:
        """Those with numbers below ``before``, newest first and without lines, ``start`` of them left out."""
        rows = await self._pool.fetch(LIST_PURCHASE_ORDERS, shop_id, before, start, limit)
        return [PurchaseOrder(**row) for row in rows]

    async def count_purchase_orders(self, shop_id: int) -> int:
        return int(await self._pool.fetchval(COUNT_PURCHASE_ORDERS, shop_id))

    async def receive(
        self, shop_id: int, number: int, counted: Sequence[Counted], at: datetime
    ) -> PurchaseOrder | Objected | None:
        """Take the goods of a purchase order in, once; None where there is no such purchase order."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(LOCK_PURCHASE_ORDER, shop_id, number)
            if row is None:
                return None
            received = receive(_purchase_order(row), counted, at=at)
            if isinstance(received, Objected):
                return received
            await connection.execute(NOTE_RECEIPT, shop_id, number, at, _encode(received.lines))
            came = [
                StockChange(product_id=line.product_id, quantity=line.actual_quantity or 0)
                for line in received.lines
            ]
            await _move(connection, shop_id, came, Cause(at=at, purchase_order=number))
            return received

    async def audit(self) -> Audit:
        """Hold every product of every shop against the ledger and the orders, shop by shop."""
        products, faults = 0, []
        for shop in await self._pool.fetch(SHOPS_WITH_PRODUCTS):
            products += await self.count_products(shop["shop_id"])
            faults += [StockFault(**row) for row in await self._pool.fetch(AUDIT, shop["shop_id"])]
        return Audit(products, faults)


def _purchase_order(row: asyncpg.Record) -> PurchaseOrder:
    return PurchaseOrder(**{**row, "lines": _decode_lines(row["lines"])})


async def move_stock(
    connection: Connection, shop_id: int, order_id: int, changes: Sequence[StockChange], at: datetime
) -> None:
    """Apply what an order means for the warehouse, first to last, in the connection's transaction.

    Raises OutOfStock, with nothing changed, where one of them would take pieces that are not there, or kept for others.
    Whoever changes several products in one transaction does it in one call: products are held in one order only then.
    """
    if changes:
        await _move(connection, shop_id, changes, Cause(at=at, order_id=order_id))


async def _move(connection: Connection, shop_id: int, changes: Sequence[StockChange], cause: Cause) -> None:
    levels = await _lock(connection, shop_id, {change.product_id for change in changes})
    for change in changes:
        level = levels.get(change.product_id)
        after = level.after(change) if level else None
        if after is None:
            raise OutOfStock(change.product_id)
        levels[change.product_id] = after
    moved = [change for change in changes if change.quantity]
    await connection.execute(
        MOVE,
        shop_id,
        list(levels),
        [level.quantity for level in levels.values()],
        [level.reserved for level in levels.values()],
        [change.product_id for change in moved],
        [change.quantity for change in moved],
        [cause.kind_of(change.quantity) for change in moved],
        *astuple(cause),
    )


async def _lock(connection: Connection, shop_id: int, product_ids: Iterable[int]) -> dict[int, Level]:
    """Hold these products until the transaction ends; those that the warehouse knows, with their levels."""
    rows = await connection.fetch(LOCK_LEVELS, shop_id, list(product_ids))
    return {row["id"]: Level(row["quantity"], row["reserved"]) for row in rows}
