"""The order as Skroutz shows it (Skroutz Smart Cart, order object): every field in one fixed order."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from stoa.documents.links import Links
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import (
    AcceptOptions,
    Address,
    Customer,
    Fees,
    Fulfilment,
    InvoiceDetails,
    Line,
    LinkedOrder,
    Order,
    PaymentMethod,
    RejectionReason,
    Size,
    State,
    VatRepresentative,
)
from stoa.orders.shop import PickupLocation, Shop

Json = dict[str, object]

COURIERS = CARRIERS | {
    "last_mile": "Skroutz Last Mile",
    "courier_center": "CourierCenter",
    "dpd": "Dpd",
    "elta": "Elta",
}
"""The carriers by their names here."""

WEEKDAYS = ("Δευ", "Τρί", "Τετ", "Πέμ", "Παρ", "Σάβ", "Κυρ")

REASON_IDS = {
    1: RejectionReason.NO_STOCK,
    2: RejectionReason.WRONG_PRICE,
    4: RejectionReason.LIMITED_STOCK,
    5: RejectionReason.DISCONTINUATION,
    6: RejectionReason.CONTENT_MISTAKE,
}
"""The reasons that a merchant may give for a line, by their numbers here."""

_REASON_LABELS = {
    1: "Εκτός αποθέματος στο κατάστημα ή στον προμηθευτή",
    2: "Λάθος καταχωρημένη τιμή(ες)",
    4: "Περιορισμένα τεμάχια",
    5: "To προϊόν καταργήθηκε",
    6: "Λάθος ταξινόμηση προϊόντος",
}

REJECT_OPTIONS: Json = {
    "line_item_rejection_reasons": [
        {
            "id": number,
            "label": _REASON_LABELS[number],
            "requires_available_quantity": reason is RejectionReason.LIMITED_STOCK,
        }
        for number, reason in REASON_IDS.items()
    ]
}

NEVER_ACCEPTED = frozenset({State.OPEN, State.REJECTED, State.EXPIRED})


def order_code(order: Order | LinkedOrder, shop: Shop) -> str:
    """``YYMMDD-NNNNNNN``: the local day of the order and its number."""
    day = order.placed_at.astimezone(ZoneInfo(shop.zone))
    # Written out: strftime takes as long as the rest of a line of the view.
    return f"{day.year % 100:02}{day.month:02}{day.day:02}-{order.id}"


def order_view(order: Order, shop: Shop, links: Links) -> Json:
    """The whole object. Optional fields are left out, not null, where they do not apply."""
    zone = ZoneInfo(shop.zone)
    is_open = order.state is State.OPEN
    view: Json = {
        "code": order_code(order, shop),
        "state": order.state,
        "customer": _customer(order),
        "invoice": order.invoice is not None,
        "uploaded_invoice_file": links.invoice(order),
        "invoice_document": order.document,
    }
    if order.invoice is not None:
        view["invoice_details"] = _invoice_details(order.invoice)
    view |= {
        "comments": order.comments,
        "courier": courier_name(order),
        "courier_voucher": links.voucher(order),
        "courier_tracking_codes": [tracking.code for tracking in order.trackings],
        "line_items": [_line(line) for line in order.lines],
        "created_at": local(order.placed_at, zone),
        "expires_at": local(order.expires_at, zone),
        "dispatch_until": local(order.dispatch_until, zone),
        "express": order.express,
        "gift_wrap": order.gift_wrap,
        "fulfilled_by_skroutz": order.fulfilment is Fulfilment.WAREHOUSE,
        "fbs_delivery_note": None,
        "fbs_delivery_note_url": None,
        "paid_by_user": order.payment_method is not PaymentMethod.CASH_ON_DELIVERY,
        "payment_method": order.payment_method,
        "store_pickup": order.fulfilment is Fulfilment.STORE_PICKUP,
    }
    if order.rejection is not None and order.rejection.reason is not None:
        view["rejection_info"] = {
            "reason": order.rejection.reason,
            "actor": "merchant" if order.rejection.by == "merchant" else "skroutz",
        }
    if is_open:
        view["accept_options"] = _accept_options(order.options, zone)
    view["commission"] = euros(order.commission_cents)
    if order.fulfilment is Fulfilment.MERCHANT:
        view["shipping_cost"] = euros(order.shipping_cents)
    view["fees"] = _fees(order.fees)
    if is_open:
        view["reject_options"] = REJECT_OPTIONS
    view |= _agreed(order, zone)
    view["set_as_ready_required"] = shop.set_as_ready_required
    view["is_ready_for_dispatch"] = order.ready_at is not None
    return view | _links_to_orders(order, shop)


def changeable_view(order: Order, shop: Shop, links: Links) -> Json:
    """The fields that the ``changes`` of a webhook speak of; null where the order does not have them yet."""
    zone = ZoneInfo(shop.zone)
    agreed = _agreed(order, zone)
    return {
        "state": order.state,
        "expires_at": local(order.expires_at, zone),
        "dispatch_until": local(order.dispatch_until, zone),
        "courier": courier_name(order),
        "courier_voucher": links.voucher(order),
        "courier_tracking_codes": [tracking.code for tracking in order.trackings],
        "pickup_window": agreed.get("pickup_window"),
        "number_of_parcels": agreed.get("number_of_parcels"),
        "pickup_address": agreed.get("pickup_address"),
    }


def euros(cents: int) -> float:
    return cents / 100


def local(moment: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 with the shop's offset, to the second."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def courier_name(order: Order) -> str | None:
    return COURIERS.get(order.courier, order.courier) if order.courier else None


def _given(fields: Iterable[tuple[str, object]]) -> Json:
    return {name: value for name, value in fields if value is not None}


def _customer(order: Order) -> Json:
    customer: Customer = order.customer
    view: Json = {"id": customer.id, "first_name": customer.first_name, "last_name": customer.last_name}
    # The merchant learns the telephone only where it ships or invoices itself.
    if order.fulfilment is Fulfilment.MERCHANT or order.invoice is not None:
        view |= _given((("phone", customer.phone), ("mobile", customer.mobile)))
    view["address"] = _address(order.address)
    if customer.plus_user:
        view["skroutz_plus_user"] = True
    return view


def _address(address: Address) -> Json:
    view: Json = {"street_name": address.street_name, "street_number": address.street_number}
    if address.floor is not None:
        view["floor"] = address.floor
    view |= {
        "zip": address.zip,
        "city": address.city,
        "region": address.region,
        "country_code": address.country_code,
        "pickup_from_collection_point": address.collection_point is not None,
    }
    return view | _given(
        (("collection_point_address", address.collection_point), ("comments", address.comments))
    )


def _invoice_details(invoice: InvoiceDetails) -> Json:
    address = invoice.address
    view: Json = {
        "company": invoice.company,
        "profession": invoice.profession,
        "vat_number": invoice.vat_number,
        "doy": invoice.doy,
        "address": {
            "street_name": address.street_name,
            "street_number": address.street_number,
            "zip": address.zip,
            "city": address.city,
            "region": address.region,
        },
        "vat_exclusion_requested": invoice.vat_exclusion_requested,
    }
    representative = invoice.vat_exclusion_representative
    return view | _given(
        (
            ("vat_exclusion_verification_method", invoice.vat_exclusion_verification_method),
            ("vat_exclusion_documents", list(invoice.vat_exclusion_documents) or None),
            ("vat_exclusion_representative", _representative(representative) if representative else None),
        )
    )


def _representative(representative: VatRepresentative) -> Json:
    view: Json = {
        "id_type": representative.id_type,
        "id_number": representative.id_number,
        "otp": representative.otp,
    }
    return view | _given((("mobile", representative.mobile),))


def _line(line: Line) -> Json:
    view: Json = {"id": line.id, "shop_uid": line.shop_uid}
    if line.shop_variation_uid is not None:
        view["shop_variation_uid"] = line.shop_variation_uid
    view["product_name"] = line.name
    view["quantity"] = line.quantity
    if line.size is not None:
        view["size"] = _size(line.size)
    view |= {
        "unit_price": euros(line.unit_price_cents),
        "total_price": euros(line.total_cents),
        "price_includes_vat": line.price_includes_vat,
        "commission": euros(line.commission_cents),
        "commission_rate": line.commission_rate / 100,
        "island_vat_discount_applied": line.island_vat_discount,
    }
    view |= _given(
        (
            ("ean", line.ean),
            ("mpn", line.mpn),
            ("extra_info", line.extra_info),
            ("rejection_reason", line.rejection_reason),
            ("return_reason", line.return_reason),
        )
    )
    view["serial_numbers"] = ",".join(line.serial_numbers) or None
    if line.tags:
        view["tags"] = list(line.tags)
    if line.readjusted_vat:
        view |= {"readjusted_vat": True, "vat_ratio": line.vat_rate / 100}
    return view


def _size(size: Size) -> Json:
    view: Json = {"label": size.label, "value": size.value, "shop_value": size.shop_value}
    return view | _given(
        (("shop_variation_uid", size.shop_variation_uid), ("ean", size.ean), ("mpn", size.mpn))
    )


def _fees(fees: Fees) -> Json:
    named = (
        ("handling_fee", fees.handling),
        ("skroutz_coins_fee", fees.coins),
        ("installments_fee", fees.installments),
        ("fbs_fee", fees.warehouse),
        ("plus_user_fee", fees.plus_user),
    )
    return {name: euros(cents) for name, cents in named if cents > 0}


def _accept_options(options: AcceptOptions, zone: ZoneInfo) -> Json:
    return {
        "number_of_parcels": list(range(1, options.most_parcels + 1)),
        "pickup_location": [
            {"id": location.id, "label": location_label(location)} for location in options.locations
        ],
        "pickup_window": [
            {"id": window.id, "label": window_label(window.opens, window.closes, zone)}
            for window in options.windows
        ],
    }


def location_label(location: PickupLocation) -> str:
    street = f"{location.street_name} {location.street_number}".strip()
    return f"{street}, Τ.Κ. {location.zip}, {location.city}, {location.region}"


# A shop's orders of a day offer the same windows.
@lru_cache(maxsize=4096)
def window_label(opens: datetime, closes: datetime, zone: ZoneInfo) -> str:
    """Such as "10:00 - 12:00, Τετ 04/12/19", in the shop's time."""
    begins, ends = opens.astimezone(zone), closes.astimezone(zone)
    return f"{begins:%H:%M} - {ends:%H:%M}, {WEEKDAYS[begins.weekday()]} {begins:%d/%m/%y}"


def _agreed(order: Order, zone: ZoneInfo) -> Json:
    acceptance = order.acceptance
    if acceptance is None or order.state in NEVER_ACCEPTED:
        return {}
    window, location = acceptance.window, acceptance.location
    view: Json = {}
    if window is not None:
        view["pickup_window"] = {"from": local(window.opens, zone), "to": local(window.closes, zone)}
    if location is not None:
        view["pickup_address"] = location_label(location)
    return view | {"number_of_parcels": acceptance.parcels}


def _links_to_orders(order: Order, shop: Shop) -> Json:
    view: Json = {}
    if order.replacements:
        view["replacements"] = [{"code": order_code(linked, shop)} for linked in order.replacements]
    if order.replaces is not None:
        view["replaced"] = order_code(order.replaces, shop)
    if order.gift_wrap:
        view["custom"] = "[GIFT-WRAP]"
    return view
