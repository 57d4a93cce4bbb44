"""The operator's API for the marketplace's warehouse: its products, what comes and goes, and what shops announce."""

from typing import Annotated, Any, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, to_builtins
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from stoa.operator import examples
from stoa.operator.entry import CREATED, PAGING, SHOP, Entry, known_number, page_of, read_page
from stoa.operator.faults import CONFLICT
from stoa.operator.requests import Code, Note
from stoa.operator.view import Json
from stoa.orders.shop import Shop
from stoa.orders.warehouse import (
    Counted,
    Objected,
    Objection,
    PurchaseOrder,
    WarehouseProduct,
    purchase_order_code,
)
from stoa.store.warehouse import Warehouse
from stoa.web.bodies import JsonReader
from stoa.web.faults import Fault, not_found
from stoa.web.openapi import described
from stoa.web.queries import BIGGEST
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, patch, post

PRODUCTS = f"{SHOP}/products"
PRODUCT = f"{PRODUCTS}/{{product_id:int}}"
PURCHASE_ORDERS = f"{SHOP}/purchase_orders"
PURCHASE_ORDER = f"{PURCHASE_ORDERS}/{{number:int}}"

TAG = "Operator: warehouse"

T = TypeVar("T")

ProductName = Annotated[str, Meta(min_length=1, max_length=500)]


class ProductBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /shops/{shop_id}/products: ``shop_uid`` is what the shop's orders call it, in one size where it has sizes."""

    shop_uid: Code
    name: ProductName | None = None
    ean: Code | None = None
    active: bool = True


class ProductChangesBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PATCH /shops/{shop_id}/products/{product_id}: only what is given changes; null takes a name or an EAN away."""

    active: bool | UnsetType = UNSET
    name: ProductName | UnsetType | None = UNSET
    ean: Code | UnsetType | None = UNSET

    def changes(self) -> dict[str, Any]:
        """The new values by name."""
        return {field: value for field, value in asdict(self).items() if value is not UNSET}


class StockTakeBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST …/products/{product_id}/correct: the pieces that were counted."""

    quantity: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    reason: Note | None = None


class CountedBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    shop_uid: Code
    actual_quantity: Annotated[int, Meta(ge=0, le=100_000)]


class ReceiveBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST …/purchase_orders/{number}/receive: of products that are left out as many came as were expected."""

    lines: Annotated[tuple[CountedBody, ...], Meta(max_length=1000)] = ()

    def counted(self) -> tuple[Counted, ...]:
        return tuple(Counted(line.shop_uid, line.actual_quantity) for line in self.lines)


read_product = JsonReader(ProductBody)
read_product_changes = JsonReader(ProductChangesBody)
read_stock_take = JsonReader(StockTakeBody)
read_receipt = JsonReader(ReceiveBody)


OBJECTED_FIELDS = {
    Objection.UID_TAKEN: "shop_uid",
    Objection.BELOW_RESERVED: "quantity",
    Objection.NOT_ON_THE_PURCHASE_ORDER: "lines[{line}].shop_uid",
    Objection.PRODUCT_NAMED_TWICE: "lines[{line}].shop_uid",
}
"""Where the fault lies, of what the warehouse objects to in one part of the operator's requests."""


def say_objected(objected: Objected) -> Fault:
    field = OBJECTED_FIELDS.get(objected.objection)
    return Fault(
        CONFLICT,
        objected.objection.name.lower(),
        objected.objection.value,
        field=field.format(line=objected.line) if field else None,
    )


def done(outcome: T | Objected | None, what: str) -> T:
    """What came of a request that was agreed to, on something that there is. Raises Fault."""
    if isinstance(outcome, Objected):
        raise say_objected(outcome)
    if outcome is None:
        raise not_found(what)
    return outcome


def product_view(product: WarehouseProduct) -> Json:
    """With the pieces that are kept for nobody."""
    view: Json = to_builtins(product)
    return view | {"available": product.available}


def announced_view(order: PurchaseOrder, shop: Shop) -> Json:
    """A purchase order as it stands in a list, with the code that the shop knows it by."""
    return {
        "number": order.number,
        "code": purchase_order_code(order, shop),
        "supplier_id": order.supplier_id,
        "expected_date": order.expected_date,
        "created_at": order.created_at,
        "received_at": order.received_at,
    }


def purchase_order_view(order: PurchaseOrder, shop: Shop) -> Json:
    return announced_view(order, shop) | {"lines": [asdict(line) for line in order.lines]}


def warehouse_routes(entry: Entry) -> list[Endpoint]:
    """The handlers of the operator's API for the warehouse."""
    warehouse = entry.service.warehouse
    return [
        *_product_routes(entry, warehouse),
        *_stock_routes(entry, warehouse),
        *_purchase_order_routes(entry, warehouse),
    ]


def _product_routes(entry: Entry, warehouse: Warehouse) -> list[Endpoint]:
    @post(
        PRODUCTS,
        said=described(
            "Register a product of a shop",
            tag=TAG,
            body=ProductBody,
            example=examples.PRODUCT,
            status=CREATED,
        ),
    )
    async def register_product(request: Request, shop_id: int) -> Response:
        shop = await entry.shop(request, shop_id)
        body = await read_product(request)
        added = await warehouse.add_product(shop.id, **asdict(body), at=entry.service.clock())
        return reply(product_view(done(added, "Product")), CREATED)

    @get(PRODUCTS, said=described("List a shop's products", tag=TAG, query=PAGING))
    async def list_products(request: Request, shop_id: int) -> Response:
        shop = await entry.shop(request, shop_id)
        limit, cursor, _ = read_page(request, {})
        products = await warehouse.products(shop.id, after=cursor or 0, limit=limit + 1)
        return page_of([product_view(product) for product in products], limit)

    @patch(
        PRODUCT,
        said=described(
            "Change a product", tag=TAG, body=ProductChangesBody, example=examples.PRODUCT_CHANGES
        ),
    )
    async def change_product(request: Request, shop_id: int, product_id: int) -> Response:
        shop, number = await entry.shop(request, shop_id), known_number(product_id, "Product")
        changes = (await read_product_changes(request)).changes()
        changed = await warehouse.change_product(shop.id, number, changes)
        return reply(product_view(done(changed, "Product")))

    return [register_product, list_products, change_product]


def _stock_routes(entry: Entry, warehouse: Warehouse) -> list[Endpoint]:
    @get(
        f"{PRODUCT}/movements",
        said=described("List what came and went of a product, newest first", tag=TAG, query=PAGING),
    )
    async def list_movements(request: Request, shop_id: int, product_id: int) -> Response:
        shop = await entry.shop(request, shop_id)
        product = done(await warehouse.product(shop.id, known_number(product_id, "Product")), "Product")
        limit, cursor, _ = read_page(request, {})
        movements = await warehouse.movements(shop.id, product.id, before=cursor or BIGGEST, limit=limit + 1)
        return page_of([to_builtins(movement) for movement in movements], limit)

    @post(
        f"{PRODUCT}/correct",
        said=described(
            "Say how many pieces a stock-take found", tag=TAG, body=StockTakeBody, example=examples.STOCK_TAKE
        ),
    )
    async def correct(request: Request, shop_id: int, product_id: int) -> Response:
        shop, number = await entry.shop(request, shop_id), known_number(product_id, "Product")
        found = await read_stock_take(request)
        corrected = await warehouse.correct(
            shop.id, number, counted=found.quantity, reason=found.reason, at=entry.service.clock()
        )
        return reply(product_view(done(corrected, "Product")))

    return [list_movements, correct]


def _purchase_order_routes(entry: Entry, warehouse: Warehouse) -> list[Endpoint]:
    @get(
        PURCHASE_ORDERS,
        said=described("List a shop's purchase orders, newest first", tag=TAG, query=PAGING),
    )
    async def list_purchase_orders(request: Request, shop_id: int) -> Response:
        shop = await entry.shop(request, shop_id)
        limit, cursor, _ = read_page(request, {})
        orders = await warehouse.purchase_orders(shop.id, before=cursor or BIGGEST, limit=limit + 1)
        return page_of([announced_view(order, shop) for order in orders], limit, by="number")

    @get(PURCHASE_ORDER, said=described("Show a purchase order with its lines", tag=TAG))
    async def show_purchase_order(request: Request, shop_id: int, number: int) -> Response:
        shop = await entry.shop(request, shop_id)
        order = await warehouse.purchase_order(shop.id, known_number(number, "Purchase order"))
        return reply(purchase_order_view(done(order, "Purchase order"), shop))

    @post(
        f"{PURCHASE_ORDER}/receive",
        said=described(
            "Take the goods of a purchase order in, with the pieces that came",
            tag=TAG,
            body=ReceiveBody,
            example=examples.RECEIPT,
        ),
    )
    async def receive(request: Request, shop_id: int, number: int) -> Response:
        shop, known = await entry.shop(request, shop_id), known_number(number, "Purchase order")
        counted = (await read_receipt(request)).counted()
        received = await warehouse.receive(shop.id, known, counted, entry.service.clock())
        return reply(purchase_order_view(done(received, "Purchase order"), shop))

    return [list_purchase_orders, show_purchase_order, receive]
