"""The FBS API: each route parses, asks, answers."""

from typing import TypeVar
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects.skroutz.api import SUCCESS
from stoa.dialects.skroutz.entry import Entry
from stoa.dialects.skroutz.faults import no_purchase_order, purchase_order_of_another, say_objected
from stoa.dialects.skroutz.fbs import examples
from stoa.dialects.skroutz.fbs.requests import (
    PAGING,
    PurchaseOrderBody,
    SupplierBody,
    SupplierChangesBody,
    read_page,
    read_purchase_order,
    read_supplier,
    read_supplier_changes,
)
from stoa.dialects.skroutz.fbs.view import (
    product_view,
    purchase_line_view,
    purchase_order_view,
    supplier_view,
)
from stoa.orders.shop import Shop
from stoa.orders.warehouse import (
    Objected,
    PurchaseOrder,
    purchase_order_code,
    read_purchase_order_code,
)
from stoa.service import Service
from stoa.web.faults import not_found
from stoa.web.openapi import described
from stoa.web.queries import BIGGEST
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, patch, post

FBS = "/merchants/ecommerce/fbs"
PRODUCTS = f"{FBS}/products"
PURCHASE_ORDERS = f"{FBS}/purchase_orders"
SUPPLIERS = f"{FBS}/suppliers"

TAG = "Skroutz FBS"

T = TypeVar("T")


class FbsApi:
    """What the routes have in common: which shop asks, and for which of its purchase orders."""

    def __init__(self, service: Service) -> None:
        self._shops = service.shops
        self._entry = Entry(service)
        self.warehouse = service.warehouse
        self.clock = service.clock

    async def shop(self, request: Request) -> Shop:
        """The shop that calls. Raises Fault or Stranger."""
        return (await self._entry.let_in(request)).shop

    async def purchase_order(self, request: Request, code: str) -> PurchaseOrder:
        """The purchase order asked for. Raises Fault or Stranger: 401 for another shop's, too."""
        shop = await self.shop(request)
        numbers = read_purchase_order_code(code)
        found = await self.warehouse.purchase_order(*numbers) if numbers else None
        if found is None:
            raise no_purchase_order()
        owner = shop if found.shop_id == shop.id else await self._shops.read(found.shop_id)
        if owner is None or purchase_order_code(found, owner) != code:
            raise no_purchase_order()
        if owner.id != shop.id:
            raise purchase_order_of_another()
        return found


def agreed(outcome: T | Objected) -> T:
    """What came of a request that nothing was objected to. Raises Fault."""
    if isinstance(outcome, Objected):
        raise say_objected(outcome)
    return outcome


def fbs_routes(service: Service) -> list[Endpoint]:
    """The handlers of the FBS API."""
    api = FbsApi(service)

    @get(PRODUCTS, said=described("List the products in the warehouse", tag=TAG, query=PAGING))
    async def list_products(request: Request) -> Response:
        shop, page = await api.shop(request), read_page(request)
        products = await api.warehouse.products(shop.id, start=page.start, limit=page.per)
        total = await api.warehouse.count_products(shop.id)
        return reply({"products": [product_view(one) for one in products], "meta": page.meta(total)})

    return [list_products, *_purchase_order_routes(api), *_supplier_routes(api)]


def _purchase_order_routes(api: FbsApi) -> list[Endpoint]:
    @get(PURCHASE_ORDERS, said=described("List the purchase orders, newest first", tag=TAG, query=PAGING))
    async def list_purchase_orders(request: Request) -> Response:
        shop, page = await api.shop(request), read_page(request)
        orders = await api.warehouse.purchase_orders(
            shop.id, before=BIGGEST, start=page.start, limit=page.per
        )
        total = await api.warehouse.count_purchase_orders(shop.id)
        views = [purchase_order_view(order, shop) for order in orders]
        return reply({"purchase_orders": views, "meta": page.meta(total)})

    @post(
        PURCHASE_ORDERS,
        said=described(
            "Announce goods to the warehouse",
            tag=TAG,
            body=PurchaseOrderBody,
            example=examples.PURCHASE_ORDER,
        ),
    )
    async def create_purchase_order(request: Request) -> Response:
        shop, now = await api.shop(request), api.clock()
        announcement = (await read_purchase_order(request)).announcement()
        today = now.astimezone(ZoneInfo(shop.zone)).date()
        order = agreed(await api.warehouse.announce(shop.id, announcement, today=today, at=now))
        return reply({**SUCCESS, "code": purchase_order_code(order, shop)})

    @get(
        f"{PURCHASE_ORDERS}/{{purchase_order:str}}/line_items",
        said=described("List the lines of a purchase order", tag=TAG, query=PAGING),
    )
    async def list_line_items(request: Request, purchase_order: str) -> Response:
        order, page = await api.purchase_order(request, purchase_order), read_page(request)
        lines = order.lines[page.start : page.start + page.per]
        active = await api.warehouse.active_products(order.shop_id, [line.product_id for line in lines])
        views = [purchase_line_view(line, active) for line in lines]
        return reply({"purchase_order_line_items": views, "meta": page.meta(len(order.lines))})

    return [list_purchase_orders, create_purchase_order, list_line_items]


def _supplier_routes(api: FbsApi) -> list[Endpoint]:
    @get(SUPPLIERS, said=described("List the suppliers by code", tag=TAG, query=PAGING))
    async def list_suppliers(request: Request) -> Response:
        shop, page = await api.shop(request), read_page(request)
        suppliers = await api.warehouse.suppliers(shop.id, start=page.start, limit=page.per)
        total = await api.warehouse.count_suppliers(shop.id)
        return reply({"suppliers": [supplier_view(one) for one in suppliers], "meta": page.meta(total)})

    @post(
        SUPPLIERS,
        said=described("Add a supplier", tag=TAG, body=SupplierBody, example=examples.SUPPLIER),
    )
    async def create_supplier(request: Request) -> Response:
        shop = await api.shop(request)
        supplier = (await read_supplier(request)).supplier()
        agreed(await api.warehouse.add_supplier(shop.id, supplier, api.clock()))
        return reply(SUCCESS)

    @patch(
        f"{SUPPLIERS}/{{supplier_id:str}}",
        said=described(
            "Change what is given of a supplier",
            tag=TAG,
            body=SupplierChangesBody,
            example=examples.SUPPLIER_CHANGES,
        ),
    )
    async def change_supplier(request: Request, supplier_id: str) -> Response:
        shop = await api.shop(request)
        changes = (await read_supplier_changes(request)).changes()
        # What the database could not even read is no supplier's id.
        known = supplier_id.isascii() and supplier_id.isalnum()
        changed = await api.warehouse.change_supplier(shop.id, supplier_id, changes) if known else None
        if agreed(changed) is None:
            raise not_found("Supplier")
        return reply(SUCCESS)

    return [list_suppliers, create_supplier, change_supplier]
