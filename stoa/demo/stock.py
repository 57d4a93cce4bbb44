"""What the newcomer's demo shop has in the marketplace's warehouse."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from stoa.orders.shop import Shop
from stoa.orders.warehouse import AnnouncedLine, Announcement, Counted, Objected, PurchaseOrder, Supplier
from stoa.simulator.catalogue import STORED, SUPPLIER
from stoa.simulator.orders import ean_of
from stoa.store.warehouse import Warehouse

T = TypeVar("T")

UIDS = [product.uid for product in STORED]

CAME = dict.fromkeys(UIDS, 40)
"""How many pieces were announced first, by product."""

MISSING = 2
"""Of the first product so many did not come."""

EXPECTED = {UIDS[0]: 24, UIDS[-1]: 12}
"""How many more are on their way."""


async def stock_up(warehouse: Warehouse, shop: Shop, *, begin: datetime, now: datetime) -> None:
    """Register the products, with goods that came before ``begin`` and others that are still expected ``now``."""
    at = begin - timedelta(days=5)
    for product in STORED:
        _agreed(
            await warehouse.add_product(
                shop.id, shop_uid=product.uid, name=product.name, ean=ean_of(product.uid), active=True, at=at
            )
        )
    supplier = _agreed(await warehouse.add_supplier(shop.id, Supplier(id="", **SUPPLIER), at))
    first = await _announce(warehouse, shop, supplier, CAME, at)
    counted = [Counted(UIDS[0], CAME[UIDS[0]] - MISSING)]
    _agreed(await warehouse.receive(shop.id, first.number, counted, begin - timedelta(days=2)))
    await _announce(warehouse, shop, supplier, EXPECTED, now - timedelta(hours=20))


async def _announce(
    warehouse: Warehouse, shop: Shop, supplier: Supplier, pieces: Mapping[str, int], at: datetime
) -> PurchaseOrder:
    """So many pieces of each product, which are to come in three days."""
    today = at.astimezone(ZoneInfo(shop.zone)).date()
    announcement = Announcement(
        supplier_id=supplier.id,
        expected_date=today + timedelta(days=3),
        lines=tuple(AnnouncedLine(shop_uid=uid, expected_quantity=number) for uid, number in pieces.items()),
    )
    return _agreed(await warehouse.announce(shop.id, announcement, today=today, at=at))


def _agreed(outcome: T | Objected | None) -> T:
    if outcome is None or isinstance(outcome, Objected):
        message = f"the demo's warehouse cannot have been filled: {outcome}"
        raise AssertionError(message)
    return outcome
