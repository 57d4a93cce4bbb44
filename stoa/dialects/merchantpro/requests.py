"""What MerchantPro's clients send: an order to add, or what is to change of one.

Unknown and read-only fields are ignored, so that what was read can be sent back.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict
from starlette.requests import Request

from stoa.dialects.merchantpro.lines import LineBody, check_levels, exact_hundredths
from stoa.dialects.merchantpro.words import (
    read_payment_code,
    read_payment_status,
    shipping_method_key,
)
from stoa.orders.order import PaymentMethod, PaymentStatus
from stoa.orders.progress import Stage
from stoa.orders.shop import Shop
from stoa.web.bodies import JsonReader
from stoa.web.faults import Fault, invalid
from stoa.web.queries import BIGGEST

Words = Annotated[str, Meta(max_length=500)]
Code = Annotated[str, Meta(max_length=100)]
LongText = Annotated[str, Meta(max_length=10_000)]
Amount = Annotated[float, Meta(ge=0, le=10_000_000)]
Rate = Annotated[float, Meta(ge=0, le=10_000_000)]
Number = Annotated[int, Meta(ge=0, le=BIGGEST)]
Country = Annotated[str, Meta(pattern="^([A-Za-z]{2})?$(?!\\n)")]
MetaFields = Annotated[dict[str, Any], Meta(max_length=200)]


class TagBody(Struct, frozen=True):
    """A tag by its name; one that the shop does not have yet is made."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class NoteBody(Struct, frozen=True):
    """With the id of one of the order's notes it is that note, without one a new note."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    id: int | None = None


class OrderBody(Struct, frozen=True, kw_only=True):
    """POST and PATCH /api/v2/orders: the fields that can be written (MerchantPro Orders API, fields available)."""

    return_source_id: Number | None = None
    payment_status: Code | UnsetType = UNSET
    payment_method_code: Code | UnsetType = UNSET
    payment_transaction_id: Code | UnsetType | None = UNSET
    shipping_status: Code | UnsetType = UNSET
    shipping_method_id: Number | Code | UnsetType | None = UNSET
    shipping_awb: Words | UnsetType | None = UNSET
    shipping_amount: Amount | UnsetType | None = UNSET
    total_amount: Amount | None = None
    currency: Code | None = None
    original_currency: Code | UnsetType | None = UNSET
    currency_rate: Rate | UnsetType | None = UNSET
    coupon_code: Words | UnsetType | None = UNSET
    customer_id: Number | UnsetType | None = UNSET
    customer_email: Annotated[str, Meta(max_length=254)] | UnsetType | None = UNSET
    customer_ip_address: Code | UnsetType | None = UNSET
    customer_ip_country: Code | UnsetType | None = UNSET
    customer_device: Code | UnsetType | None = UNSET
    customer_lang: Code | UnsetType | None = UNSET
    customer_note: LongText | UnsetType | None = UNSET
    customer_notification: LongText | UnsetType | None = UNSET
    created_by: Code | UnsetType | None = UNSET
    meta_fields: MetaFields | UnsetType | None = UNSET
    internal_notes: Annotated[tuple[NoteBody, ...], Meta(max_length=200)] | UnsetType | None = UNSET
    tags: Annotated[tuple[TagBody, ...], Meta(max_length=100)] | UnsetType | None = UNSET
    billing_type: Code | UnsetType | None = UNSET
    billing_name: Words | UnsetType | None = UNSET
    billing_identity_number: Code | UnsetType | None = UNSET
    billing_company_name: Words | UnsetType | None = UNSET
    billing_company_number: Code | UnsetType | None = UNSET
    billing_company_vat: Code | UnsetType | None = UNSET
    billing_company_bank_name: Words | UnsetType | None = UNSET
    billing_company_bank_account: Code | UnsetType | None = UNSET
    billing_country_code: Country | UnsetType | None = UNSET
    billing_state: Words | UnsetType | None = UNSET
    billing_city: Words | UnsetType | None = UNSET
    billing_address: Words | UnsetType | None = UNSET
    billing_postal_code: Code | UnsetType | None = UNSET
    billing_phone: Code | UnsetType | None = UNSET
    shipping_name: Words | UnsetType | None = UNSET
    shipping_country_code: Country | UnsetType | None = UNSET
    shipping_state: Words | UnsetType | None = UNSET
    shipping_city: Words | UnsetType | None = UNSET
    shipping_address: Words | UnsetType | None = UNSET
    shipping_postal_code: Code | UnsetType | None = UNSET
    shipping_phone: Code | UnsetType | None = UNSET


class NewOrderBody(OrderBody, frozen=True, kw_only=True):
    """POST /api/v2/orders. What is not said of the delivery is as it is for the bill, and the other way round."""

    line_items: Annotated[tuple[LineBody, ...], Meta(min_length=1, max_length=500)]


_new_order = JsonReader(NewOrderBody)
read_changes = JsonReader(OrderBody)

TOO_LARGE = 413


async def read_new_order(request: Request) -> NewOrderBody:
    """The order to add. Raises Fault."""
    try:
        return await _new_order(request)
    except Fault as fault:
        if fault.status != TOO_LARGE:
            raise
        # Nothing else that an order may have is as large.
        raise invalid("line_items", fault.message) from fault


Convert = Callable[..., object]


def _same(value: object, _field: str) -> object:
    return value or None


def _name(value: str | None, _field: str) -> object:
    return (value or "").strip() or None


def _text(value: object, _field: str) -> object:
    """A field that an order always has: nothing is an empty text."""
    return value or ""


def _country(value: object, _field: str) -> object:
    return str(value or "").upper()


def _one_of(*words: str) -> Convert:
    def convert(value: object, field: str) -> object:
        if value is not None and value not in words:
            raise invalid(field, f"Must be one of {', '.join(words)}.")
        return value

    return convert


def _is_company(value: object, field: str) -> object:
    return _one_of("individual", "company")(value, field) == "company"


def _cents(value: float | None, field: str) -> object:
    return exact_hundredths(value or 0, field)


def _method(value: int | str | None, field: str) -> object:
    text = str(value or 0)
    if not (text.isascii() and text.isdecimal() and int(text) <= BIGGEST):
        raise invalid(field, "Must be the number of a delivery method.")
    return shipping_method_key(int(text))


def _rate(value: float | None, _field: str) -> object:
    return None if value is None else str(value)


FIELDS: Mapping[str, tuple[str, Convert]] = {
    "payment_transaction_id": ("payment_reference", _same),
    "shipping_method_id": ("shipping_method", _method),
    "shipping_amount": ("shipping_cents", _cents),
    "original_currency": ("original_currency", _same),
    "currency_rate": ("currency_rate", _rate),
    "coupon_code": ("coupon_code", _same),
    "customer_id": ("customer.number", lambda value, _: value or 0),
    "customer_email": ("customer.email", _same),
    "customer_ip_address": ("origin.ip_address", _same),
    "customer_ip_country": ("origin.ip_country", _same),
    "customer_device": ("origin.device", _one_of("desktop", "mobile", "manual")),
    "customer_lang": ("origin.language", _same),
    "customer_note": ("comments", _text),
    "customer_notification": ("notification", _same),
    "created_by": ("origin.by", _one_of("account", "user", "customer")),
    "meta_fields": ("meta", lambda value, field: check_levels(value, field) or None),
    "billing_type": ("billing.is_company", _is_company),
    "billing_name": ("billing.name", _name),
    "billing_identity_number": ("billing.identity_number", _same),
    "billing_company_name": ("billing.company_name", _name),
    "billing_company_number": ("billing.company_number", _same),
    "billing_company_vat": ("billing.company_vat", _same),
    "billing_company_bank_name": ("billing.company_bank_name", _same),
    "billing_company_bank_account": ("billing.company_bank_account", _same),
    "billing_country_code": ("billing.country_code", _country),
    "billing_state": ("billing.region", _same),
    "billing_city": ("billing.city", _same),
    "billing_address": ("billing.address", _same),
    "billing_postal_code": ("billing.zip", _same),
    "billing_phone": ("billing.phone", _same),
    "shipping_name": ("address.recipient", _name),
    "shipping_country_code": ("address.country_code", _country),
    "shipping_state": ("address.region", _text),
    "shipping_city": ("address.city", _text),
    "shipping_address": ("address.street_name", _text),
    "shipping_postal_code": ("address.zip", _text),
    "shipping_phone": ("address.phone", _same),
}
"""Each field that is a plain value: where an order keeps it, and how it is read. Null takes it away."""


NOTHING: Mapping[str, object] = MappingProxyType({})


def changes_of(body: OrderBody, present: Mapping[str, object] = NOTHING) -> dict[str, Any]:
    """The new values, by the names of ``commands.MODIFIABLE``; none of what is shown at present. Raises Fault."""
    given = {
        name: value
        for name, value in asdict(body).items()
        if value is not UNSET and value != present.get(name, UNSET)
    }
    changes = {path: read(given[name], name) for name, (path, read) in FIELDS.items() if name in given}
    if "address.street_name" in changes:
        changes["address.street_number"] = ""
    if "payment_method_code" in given:
        changes["payment_method"], changes["payment_provider"] = _payment_method(given["payment_method_code"])
    return changes


def _payment_method(code: str) -> tuple[PaymentMethod, str | None]:
    method = read_payment_code(code)
    if method is None:
        raise invalid("payment_method_code", "There is no such payment method.")
    return method


def payment_status_of(body: OrderBody) -> PaymentStatus | None:
    """The payment status asked for. Raises Fault."""
    if isinstance(body.payment_status, UnsetType):
        return None
    status = read_payment_status(body.payment_status)
    if status is None:
        raise invalid("payment_status", "There is no such payment status.")
    return status


def stage_of(body: OrderBody) -> Stage | None:
    """The shipping status asked for. Raises Fault."""
    if isinstance(body.shipping_status, UnsetType):
        return None
    if body.shipping_status not in set(Stage):
        raise invalid("shipping_status", f"Must be one of {', '.join(Stage)}.")
    return Stage(body.shipping_status)


def check_currency(body: OrderBody, shop: Shop) -> None:
    """An order is in its shop's currency. Raises Fault."""
    if body.currency is not None and body.currency != shop.currency:
        raise invalid("currency", f"The shop's currency is {shop.currency}.")


def tag_names(tags: Sequence[TagBody] | None) -> list[str]:
    return [tag.name.strip() for tag in tags or () if tag.name.strip()]


def parts_of(changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The values by the part of the order that they belong to; what belongs to the order itself is under ""."""
    parts: dict[str, dict[str, Any]] = {"": {}, "customer": {}, "address": {}, "billing": {}, "origin": {}}
    for path, value in changes.items():
        part, _, name = path.rpartition(".")
        parts[part][name] = value
    return parts
