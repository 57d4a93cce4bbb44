"""The order as MerchantPro shows it (MerchantPro Orders API, fields available)."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from stoa.dialects.merchantpro.adding import OWN_CHANNEL
from stoa.dialects.merchantpro.updating import NOTES_OF_AN_ORDER
from stoa.dialects.merchantpro.wire import (
    Amounts,
    BillingPart,
    CustomerPart,
    DeliveryInfoView,
    Identity,
    InvoiceView,
    LineView,
    NoteView,
    OptionView,
    OrderView,
    Papers,
    Payment,
    PickupAddressView,
    Recipient,
    Record,
    ReturnView,
    Shipping,
    TagView,
    given,
)
from stoa.dialects.merchantpro.words import (
    PAYMENT_SUBSTATUSES,
    SHIPPING_SUBSTATUSES,
    carrier_id,
    payment_code,
    payment_name,
    payment_status_text,
    payment_substatus_text,
    said,
    shipping_method_id,
    shipping_method_name,
    shipping_status_text,
    shipping_substatus_text,
)
from stoa.documents.links import Links
from stoa.languages import country_name
from stoa.orders.billing import billing_of
from stoa.orders.invoicing import display_number
from stoa.orders.order import Line, LinkedOrder, Order
from stoa.orders.progress import STAGES, payment_step_of, step_of
from stoa.orders.shop import Shop

ChannelCode = Callable[[Order, Shop], str]
"""What an order is called where it came from."""

LIST_LEFT_OUT = frozenset({"line_items", "rma_orders", "internal_notes", "shipping_delivery_info"})
"""What an entry of a list has only where it is asked for."""


class Totals(NamedTuple):
    """What the customer pays, and the VAT within the shipping, in cents."""

    total_cents: int
    shipping_vat_cents: int


def shown(  # noqa: PLR0913 - an order, where its addresses come from, and how much of it is asked for
    order: Order,
    shop: Shop,
    links: Links,
    channel_code: ChannelCode,
    *,
    fields: frozenset[str] | None = None,
    include: frozenset[str] = frozenset(),
    whole: bool = False,
    deleted: bool = False,
    totals: Totals | None = None,
) -> dict[str, object]:
    """What is encoded of an order: the resource where it is the ``whole``, otherwise an entry of a list with
    what to ``include``. Only the named ``fields`` and the id, where some are named; other names are ignored.
    ``totals`` are those of an order that was read without its lines."""
    if fields is not None:
        named = fields | include
        return _only(order_view(order, shop, links, channel_code, named, totals), named)
    asked = LIST_LEFT_OUT if whole else include
    view = cast(dict[str, object], order_view(order, shop, links, channel_code, asked, totals))
    for name in LIST_LEFT_OUT - asked:
        del view[name]
    return view | {"ok": True} if deleted else view


def _only(view: OrderView, fields: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in view.items() if name in fields or name == "id"}


def order_view(
    order: Order,
    shop: Shop,
    links: Links,
    channel_code: ChannelCode,
    asked: frozenset[str] = LIST_LEFT_OUT,
    totals: Totals | None = None,
) -> OrderView:
    """The whole object; what a list leaves out is empty unless it is among what is asked for."""
    return {
        **_identity(order, shop, channel_code, asked),
        **_payment(order, shop.language),
        **_shipping(order, shop.language, asked),
        **_amounts(order, totals or Totals(order.total_cents, order.shipping_vat_cents)),
        **_customer(order),
        **_record(order, ZoneInfo(shop.zone), asked),
        **_billing(order, shop.language),
        **_recipient(order, shop.language),
        **_papers(order, shop.language, links, asked),
    }


def amount(cents: int) -> float:
    return cents / 100


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment with the shop's offset, to the second."""
    # Half the time of ``astimezone`` and ``replace``, and a page has hundreds of them.
    return datetime.fromtimestamp(int(moment.timestamp()), zone)


def _number(linked: LinkedOrder | None) -> int | None:
    return linked.id if linked is not None else None


def _identity(order: Order, shop: Shop, channel_code: ChannelCode, asked: frozenset[str]) -> Identity:
    own = order.channel == OWN_CHANNEL
    return {
        "id": order.id,
        "parent_id": _number(order.replaces),
        "return_source_id": _number(order.return_of),
        "rma_orders": _returns(order) if "rma_orders" in asked else None,
        "channel_name": None if own else order.channel,
        "channel_ref_id": None if own else order.channel_ref or channel_code(order, shop),
    }


def _returns(order: Order) -> tuple[ReturnView, ...] | None:
    return tuple(ReturnView(id=linked.id) for linked in order.returns) or None


def _payment(order: Order, language: str) -> Payment:
    step = payment_step_of(order)
    return {
        "payment_status": order.payment_status,
        "payment_status_text": payment_status_text(order, language),
        "payment_substatus_id": PAYMENT_SUBSTATUSES[step] if step else None,
        "payment_substatus_text": payment_substatus_text(step, language) if step else None,
        "payment_method_code": payment_code(order),
        "payment_method_name": payment_name(order, language),
        "payment_transaction_id": order.payment_reference,
    }


def _shipping(order: Order, language: str, asked: frozenset[str]) -> Shipping:
    step = step_of(order)
    stage = STAGES[step]
    return {
        "shipping_status": stage,
        "shipping_status_text": shipping_status_text(stage, language),
        "shipping_substatus_id": SHIPPING_SUBSTATUSES[step],
        "shipping_substatus_text": shipping_substatus_text(order, language),
        "shipping_method_id": shipping_method_id(order),
        "shipping_method_name": shipping_method_name(order),
        "shipping_delivery_info": _delivery_info(order) if "shipping_delivery_info" in asked else None,
        "shipping_carrier_id": carrier_id(order),
        "shipping_awb": ",".join([tracking.code for tracking in order.trackings]) or None,
    }


def _delivery_info(order: Order) -> DeliveryInfoView | None:
    point = order.address.collection_point
    return DeliveryInfoView(pickup_address=PickupAddressView(name=point)) if point is not None else None


def _amounts(order: Order, totals: Totals) -> Amounts:
    shipping = order.shipping_cents
    return {
        "shipping_amount": amount(shipping) if shipping else None,
        "shipping_tax_amount": amount(totals.shipping_vat_cents) if shipping else None,
        "total_amount": amount(totals.total_cents),
        "currency": order.currency,
        "original_currency": order.original_currency,
        "currency_rate": float(order.currency_rate) if order.currency_rate else None,
        "coupon_code": order.coupon_code,
    }


def _customer(order: Order) -> CustomerPart:
    customer, origin = order.customer, order.origin
    return {
        "customer_id": customer.number,
        "customer_email": customer.email,
        "customer_ip_address": origin.ip_address or "",
        "customer_ip_country": origin.ip_country or "",
        "customer_device": origin.device or ("manual" if origin.by == "account" else "desktop"),
        "customer_lang": origin.language,
        "customer_note": order.comments or None,
        "customer_notification": order.notification,
    }


def _record(order: Order, zone: ZoneInfo, asked: frozenset[str]) -> Record:
    dispatched, delivered = order.dispatched_at, order.delivered_at
    return {
        "date_created": local(order.placed_at, zone),
        "date_modified": local(order.updated_at, zone),
        "date_shipped": local(dispatched, zone) if dispatched else None,
        "date_delivered": local(delivered, zone) if delivered else None,
        "created_by": order.origin.by or "customer",
        "meta_fields": order.meta,
        "internal_notes": _notes(order) if "internal_notes" in asked else None,
        "tags": tuple([TagView(id=tag.id, name=tag.name) for tag in order.tags]) or None,
    }


def _notes(order: Order) -> tuple[NoteView, ...] | None:
    first = order.id * NOTES_OF_AN_ORDER
    return tuple(NoteView(id=first + note.number, text=note.text) for note in order.notes) or None


def _billing(order: Order, language: str) -> BillingPart:
    billing = billing_of(order)
    country = billing.country_code or None
    return {
        "billing_type": "company" if billing.is_company else "individual",
        "billing_name": billing.name,
        "billing_identity_number": billing.identity_number,
        "billing_company_name": billing.company_name,
        "billing_company_number": billing.company_number,
        "billing_company_vat": billing.company_vat,
        "billing_company_bank_name": billing.company_bank_name,
        "billing_company_bank_account": billing.company_bank_account,
        "billing_country_code": country,
        "billing_country_name": country_name(country, language) if country else None,
        "billing_state": billing.region or "",
        "billing_city": billing.city or "",
        "billing_address": billing.address or "",
        "billing_postal_code": billing.zip or "",
        "billing_phone": billing.phone or "",
    }


def _recipient(order: Order, language: str) -> Recipient:
    address, customer = order.address, order.customer
    country = address.country_code or None
    return {
        "shipping_name": address.recipient or customer.name,
        "shipping_country_code": country,
        "shipping_country_name": country_name(country, language) if country else None,
        "shipping_state": address.region or None,
        "shipping_city": address.city or None,
        "shipping_address": address.street or None,
        "shipping_postal_code": address.zip or None,
        "shipping_phone": address.phone or customer.mobile or customer.phone,
    }


def _papers(order: Order, language: str, links: Links, asked: frozenset[str]) -> Papers:
    return {
        "line_items": _lines(order, language) if "line_items" in asked else (),
        "invoice": _invoice(order, links),
        "info_url": links.info(order),
        "proforma_url": links.proforma(order),
    }


def _invoice(order: Order, links: Links) -> InvoiceView | None:
    issued = order.issued_invoice
    if issued is None:
        return None
    return InvoiceView(
        prefix=issued.series,
        number=display_number(issued.number),
        cancelled=issued.storno is not None,
        url=links.invoice_paper(order),
    )


def _lines(order: Order, language: str) -> tuple[LineView, ...]:
    return tuple(_line(line, language) for line in order.lines)


def _line(line: Line, language: str) -> LineView:
    product, unit, vat, quantity = line.product, line.unit_price_cents, line.unit_vat_cents, line.quantity
    rate = line.vat_rate
    return LineView(
        item_type=line.kind,
        product_id=number_in(line.shop_uid),
        variant_id=given(number_in(_variation(line))),
        variant_name=given(_variant_name(line)),
        variant_options=given(_options(line)),
        family_sku=given(product.family_sku),
        product_sku=_sku(line),
        product_ean=line.ean or (line.size.ean if line.size else None),
        product_name=line.name,
        product_url=product.url,
        product_image_url=product.image_url,
        product_tax_name=line.vat_name or said("VAT", language),
        product_tax_percent=rate / 100 if rate % 100 else rate // 100,
        category_id=product.category_id,
        category_name=product.category_name,
        manufacturer_id=product.manufacturer_id or 0,
        manufacturer_name=given(product.manufacturer_name),
        quantity=quantity,
        unit_price_net=amount(unit - vat),
        unit_tax_amount=amount(vat),
        unit_price_gross=amount(unit),
        line_subtotal_net=amount((unit - vat) * quantity),
        line_tax_amount=amount(vat * quantity),
        line_subtotal_gross=amount(unit * quantity),
        meta_fields=given(line.meta),
    )


_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
"""Sixteen digits are more than the numbers of JavaScript hold; with a zero before it, a code is no number."""


def number_in(uid: str | None) -> int | None:
    """The number that a shop's identifier is, None for any other text."""
    return int(uid) if uid is not None and _NUMBER.fullmatch(uid) else None


def _variation(line: Line) -> str | None:
    return line.shop_variation_uid or (line.size.shop_variation_uid if line.size else None)


def _sku(line: Line) -> str | None:
    """The product's code; without one, what the shop calls the variant or the product, where that is no number."""
    return line.sku or next(
        (uid for uid in (_variation(line), line.shop_uid) if uid and number_in(uid) is None), None
    )


def _variant_name(line: Line) -> str | None:
    """As the shop says, or as the marketplace's size does."""
    size = line.size
    return line.variant_name or (f"{size.label}: {size.value}" if size is not None else None)


def _options(line: Line) -> tuple[OptionView, ...] | None:
    if line.options:
        return tuple(
            OptionView(id=option.id, name=option.name, value=option.value) for option in line.options
        )
    size = line.size
    return (OptionView(id=None, name=size.label, value=size.value),) if size is not None else None
