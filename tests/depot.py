"""A shop's goods in the marketplace's warehouse, to test with."""

from datetime import date
from typing import Any

from stoa.orders.shop import Shop
from stoa.orders.stock import StockChange
from stoa.orders.warehouse import (
    AnnouncedLine,
    Announcement,
    Movement,
    Objected,
    PurchaseOrder,
    Supplier,
    WarehouseProduct,
)
from stoa.store.database import Pool
from stoa.store.warehouse import Warehouse, move_stock
from tests.builders import NOON

TODAY = date(2026, 3, 3)
"""The day of NOON."""

NEWEST = 2**63 - 1


class Depot:
    """What one shop has in the warehouse, and what happens to it, all of it at NOON."""

    def __init__(self, pool: Pool, shop: Shop) -> None:
        self.pool = pool
        self.warehouse = Warehouse(pool)
        self.shop = shop

    async def product(self, uid: str = "405753", *, pieces: int = 0, **what_matters: Any) -> WarehouseProduct:
        """A new product, of which so many pieces were counted."""
        made_up: dict[str, Any] = {"name": "Καφετιέρα 12 φλιτζανιών", "ean": None, "active": True, "at": NOON}
        added = await self.warehouse.add_product(self.shop.id, shop_uid=uid, **(made_up | what_matters))
        assert isinstance(added, WarehouseProduct), added
        await self.count(added, pieces)
        return added

    async def count(self, product: WarehouseProduct, pieces: int) -> None:
        """A stock-take, which finds no fewer pieces than are kept."""
        counted = await self.warehouse.correct(self.shop.id, product.id, counted=pieces, reason=None, at=NOON)
        assert isinstance(counted, WarehouseProduct), counted

    async def supplier(self, **what_matters: Any) -> Supplier:
        made_up = {"id": "", "code": "KAR-1", "name": "Αφοί Καρρά ΟΕ"}
        added = await self.warehouse.add_supplier(self.shop.id, Supplier(**(made_up | what_matters)), NOON)
        assert isinstance(added, Supplier), added
        return added

    async def try_announcing(self, supplier_id: str, **expected: int) -> PurchaseOrder | Objected:
        """Announce so many pieces of the products with these uids."""
        lines = tuple(
            AnnouncedLine(shop_uid=uid, expected_quantity=pieces) for uid, pieces in expected.items()
        )
        announcement = Announcement(supplier_id=supplier_id, expected_date=TODAY, lines=lines)
        return await self.warehouse.announce(self.shop.id, announcement, today=TODAY, at=NOON)

    async def announce(self, supplier: Supplier, **expected: int) -> PurchaseOrder:
        made = await self.try_announcing(supplier.id, **expected)
        assert isinstance(made, PurchaseOrder), made
        return made

    async def move(self, *changes: StockChange, order_id: int = 1_000_001) -> None:
        """What an order does to the stock. Raises OutOfStock."""
        async with self.pool.acquire() as connection, connection.transaction():
            await move_stock(connection, self.shop.id, order_id, changes, NOON)

    async def level(self, product: WarehouseProduct) -> tuple[int, int]:
        """The pieces of the product, and those that are kept."""
        now = await self.warehouse.product(self.shop.id, product.id)
        assert now is not None
        return now.quantity, now.reserved

    async def ledger(self, product: WarehouseProduct) -> list[Movement]:
        """What came and went of the product, first things first."""
        newest_first = await self.warehouse.movements(self.shop.id, product.id, before=NEWEST, limit=1000)
        return newest_first[::-1]


def moved(movements: list[Movement]) -> list[tuple[str, int]]:
    return [(movement.kind.value, movement.quantity) for movement in movements]


def change(product: WarehouseProduct, **what_matters: int) -> StockChange:
    return StockChange(product_id=product.id, **what_matters)
