"""The order, the shop, its invoices and the deliveries as the operator sees them: amounts in cents, times in UTC."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stoa.documents.links import Links
from stoa.orders.invoicing import Invoice
from stoa.orders.order import Line, Order
from stoa.orders.shop import Shop
from stoa.store.deliveries import Delivery
from stoa.store.shops import ListedShop

Json = dict[str, object]
Codes = Callable[[Order, Shop], Mapping[str, str]]


def whole(value: object) -> Any:
    """As plain values, with the fields that have their default too: a reader finds every one in its place."""
    if isinstance(value, Struct):
        return {field: whole(getattr(value, field)) for field in value.__struct_fields__}
    if isinstance(value, tuple):
        return [whole(item) for item in value]
    return msgspec.to_builtins(value)


def order_view(order: Order, shop: Shop, codes: Codes) -> Json:
    """The whole order, with its identifier in every dialect and its totals."""
    view: Json = {
        "id": order.id,
        "codes": dict(codes(order, shop)),
        "total_cents": order.total_cents,
        "items_cents": order.items_cents,
        "vat_cents": order.vat_cents,
        "commission_cents": order.commission_cents,
        "invoice_document": order.document,
    }
    plain: Json = whole(order)
    return plain | view | {"lines": [_line(n, line) for n, line in enumerate(order.lines, start=1)]}


def _line(number: int, line: Line) -> Json:
    view: Json = whole(line)
    view["vat_percent"] = line.vat_rate / 100
    view["commission_rate"] = line.commission_rate / 100
    view["number"] = number
    view["total_cents"] = line.total_cents
    view["commission_cents"] = line.commission_cents
    del view["vat_rate"]
    return view


def shop_view(shop: Shop) -> Json:
    view: Json = whole(shop)
    view["pickup_locations"] = view.pop("locations")
    return view


def listed_shop_view(listed: ListedShop) -> Json:
    return shop_view(listed.shop) | {"webhook_url": listed.webhook_url, "dialects": list(listed.dialects)}


def invoice_view(invoice: Invoice, shop_id: int, links: Links) -> Json:
    """An issued invoice, or the storno that ``cancels`` one; what stands on it is at its ``url``."""
    return {
        "series": invoice.series,
        "number": invoice.number,
        "order_id": invoice.order_id,
        "cancels": invoice.cancels,
        "issued_at": invoice.issued_at,
        "currency": invoice.currency,
        "net_cents": invoice.net_cents,
        "vat_cents": invoice.vat_cents,
        "gross_cents": invoice.gross_cents,
        "url": links.paper(shop_id, invoice.order_id, storno=invoice.cancels is not None),
    }


def delivery_view(delivery: Delivery) -> Json:
    """A delivery with every attempt. The payload is left out: it is the shop's, and it is large."""
    view: Json = msgspec.to_builtins(delivery)
    return view
