"""The order as Shopflix shows it (Shopflix Merchant API, retrieve a single order)."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stoa.dialects.shopflix.regions import region_code
from stoa.dialects.shopflix.wire import (
    AddressView,
    AttributeView,
    CarrierView,
    CustomerView,
    EntryView,
    InvoiceDetailsView,
    InvoiceFileView,
    LineView,
    OrderView,
)
from stoa.dialects.shopflix.words import PAYMENTS, carrier_name, state_of
from stoa.documents.links import Links
from stoa.languages import country_name
from stoa.orders.order import Address, Customer, InvoiceDocument, Line, Order
from stoa.orders.shop import Shop

LINES_OF_AN_ORDER = 1000
"""So many numbers each order has for its lines."""

WITHOUT_OFFSET = len("2025-10-14 10:24:00")


def identifier(order: Order, shop: Shop) -> str:
    """``GR--1000001--MER17``: the marketplace's country, the order and the merchant."""
    return f"{shop.country_code}--{order.id}--MER{shop.id}"


def order_view(order: Order, shop: Shop, links: Links) -> OrderView:
    """The whole object."""
    zone = ZoneInfo(shop.zone)
    return {
        "id": identifier(order, shop),
        "state": state_of(order),
        "countryCode": shop.country_code,
        "hasInvoice": order.invoice is not None,
        "subTotalItemsAmount": order.items_cents,
        "totalItemsAmount": order.total_cents,
        "createdAt": local(order.placed_at, zone),
        "updatedAt": _updated_at(order, zone),
        "expiresAt": local(order.expires_at, zone),
        "dispatchUntil": local(order.dispatch_until, zone),
        "customer": _customer(order.customer),
        "addressDetails": _address(order.address),
        "invoiceDetails": _invoice_details(order),
        "carrier": _carrier(order, zone),
        "payment": {"name": PAYMENTS[order.payment_method]},
        "lineItems": _lines(order),
        "invoices": invoice_files(order, shop, links),
    }


def entry_view(order: Order, shop: Shop, total_cents: int) -> EntryView:
    """What a list shows of an order that was read without its lines; ``total_cents`` is its total."""
    zone = ZoneInfo(shop.zone)
    return {
        "id": identifier(order, shop),
        "state": state_of(order),
        "countryCode": shop.country_code,
        "hasInvoice": order.invoice is not None,
        "totalItemsAmount": total_cents,
        "createdAt": local(order.placed_at, zone),
        "updatedAt": _updated_at(order, zone),
        "customer": _customer(order.customer),
    }


def local(moment: datetime, zone: ZoneInfo) -> str:
    """The moment as the shop's clocks show it, to the second: "2025-10-14 10:24:00"."""
    return moment.astimezone(zone).isoformat(" ", "seconds")[:WITHOUT_OFFSET]


def _updated_at(order: Order, zone: ZoneInfo) -> str | None:
    return local(order.updated_at, zone) if order.updated_at != order.placed_at else None


def _customer(customer: Customer) -> CustomerView:
    return {
        "userId": customer.number,
        "email": customer.email,
        "phone": customer.mobile or customer.phone,
        "firstName": customer.first_name,
        "lastName": customer.last_name,
    }


def _address(address: Address) -> AddressView:
    return {
        "street": address.street_name,
        "streetNumber": address.street_number,
        "postCode": address.zip,
        "city": address.city,
        "region": address.region,
        "regionCode": region_code(address.region),
        "country": country_name(address.country_code, "en"),
        "countryCode": address.country_code,
    }


def _invoice_details(order: Order) -> InvoiceDetailsView | None:
    invoice = order.invoice
    if invoice is None:
        return None
    address = invoice.address
    return {
        "companyName": invoice.company,
        "profession": invoice.profession,
        "vatNumber": invoice.vat_number,
        "taxOffice": invoice.doy,
        "street": address.street_name,
        "streetNumber": address.street_number,
        "postCode": address.zip,
        "city": address.city,
        "region": address.region,
        "documentType": order.document,
    }


class Delivery(NamedTuple):
    """Who carries the parcel, and how it gets to the customer: by the carrier itself or through a network's points.

    All are None where no carrier is known.
    """

    carrier_name: str | None
    name: str | None
    key: str | None


def delivery_of(order: Order) -> Delivery:
    carrier, network = order.carrier, order.pickup_network
    # A tracking code may have come without the name of its carrier.
    if not carrier:
        return Delivery(None, None, None)
    if network is None:
        return Delivery(carrier_name(carrier), carrier_name(carrier), carrier)
    return Delivery(carrier_name(carrier), carrier_name(network), f"{carrier}_{network}")


def tracking_codes(order: Order) -> str | None:
    """The codes of all parcels, separated by commas."""
    return ",".join([tracking.code for tracking in order.trackings]) or None


def courier_comes_at(order: Order) -> datetime | None:
    """When the agreed pickup window opens, in UTC; None before the acceptance."""
    window = order.acceptance.window if order.acceptance else None
    return window.opens if window else None


def _carrier(order: Order, zone: ZoneInfo) -> CarrierView:
    delivery, codes, comes_at = delivery_of(order), tracking_codes(order), courier_comes_at(order)
    return {
        "shipmentId": order.id if order.voucher or codes else None,
        "name": delivery.carrier_name,
        "deliveryName": delivery.name,
        "deliveryKey": delivery.key,
        "trackingCodes": codes,
        "comments": _comments(order),
        "deliveryToCourierEstimationDate": local(comes_at, zone) if comes_at else None,
        "deliveryToCustomerEstimationDate": None,
    }


def _comments(order: Order) -> str | None:
    """The merchant's on the parcel, or the customer's on the address."""
    written = order.voucher.comment if order.voucher else None
    return written or order.address.comments or None


def _lines(order: Order) -> list[LineView]:
    first, is_39a = order.id * LINES_OF_AN_ORDER, order.document is InvoiceDocument.INVOICE_39A
    return [_line(line, first + n, order, is_39a=is_39a) for n, line in enumerate(order.lines)]


def _line(line: Line, number: int, order: Order, *, is_39a: bool) -> LineView:
    size = line.size
    return {
        "id": number,
        "sku": line.sku or line.shop_uid,
        "merchantEan": line.ean or (size.ean if size else None),
        "merchantSku": _merchant_sku(line),
        "productName": line.name,
        "unitPrice": line.unit_price_cents,
        "originalUnitPrice": line.unit_price_cents,
        "totalPrice": line.total_cents,
        "quantity": line.quantity,
        "sfArticle39Valid": is_39a,
        "giftWrap": order.gift_wrap,
        "extendedAttributes": _attributes(line),
    }


def _merchant_sku(line: Line) -> str:
    """What the shop calls the variant, or the product where it has none."""
    of_size = line.size.shop_variation_uid if line.size else None
    return line.shop_variation_uid or of_size or line.shop_uid


def _attributes(line: Line) -> list[AttributeView]:
    if line.options:
        return [{"name": option.name, "value": option.value} for option in line.options]
    size = line.size
    return [{"name": size.label, "value": size.value}] if size else []


def invoice_files(order: Order, shop: Shop, links: Links) -> list[InvoiceFileView]:
    """What the merchant uploaded, the newest last."""
    zone = ZoneInfo(shop.zone)
    return [
        {
            "id": file.serial,
            "name": file.name,
            "url": links.invoice_file(order, file),
            "uploadedAt": local(file.uploaded_at, zone),
        }
        for file in order.standing_invoice_files
    ]
