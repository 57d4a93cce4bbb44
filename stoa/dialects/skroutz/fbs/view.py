"""How the warehouse's products, purchase orders and suppliers are shown to a shop."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from msgspec.structs import asdict

from stoa.dialects.skroutz.fbs.wire import ProductView, PurchaseLineView, PurchaseOrderView, SupplierView
from stoa.dialects.skroutz.view import local
from stoa.orders.shop import Shop
from stoa.orders.warehouse import (
    PurchaseLine,
    PurchaseOrder,
    Supplier,
    WarehouseProduct,
    purchase_order_code,
)


def product_view(product: WarehouseProduct) -> ProductView:
    return ProductView(
        id=product.id, shop_uid=product.shop_uid, active=product.active, quantity=product.quantity
    )


def purchase_order_view(order: PurchaseOrder, shop: Shop) -> PurchaseOrderView:
    zone = ZoneInfo(shop.zone)
    return PurchaseOrderView(
        code=purchase_order_code(order, shop),
        received_at=local(order.received_at, zone) if order.received_at else None,
        created_at=local(order.created_at, zone),
        expected_date=order.expected_date,
    )


def purchase_line_view(line: PurchaseLine, active: Collection[int]) -> PurchaseLineView:
    """A line; ``active`` are the numbers of products that are on sale now."""
    return PurchaseLineView(
        product_id=line.product_id,
        shop_uid=line.shop_uid,
        active=line.product_id in active,
        expected_quantity=line.expected_quantity,
        actual_quantity=line.actual_quantity,
    )


def supplier_view(supplier: Supplier) -> SupplierView:
    return SupplierView(**asdict(supplier))
