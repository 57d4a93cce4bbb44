"""The objects that MerchantPro shows (MerchantPro Orders API, fields available), in its one order of fields.

An empty field is null, or, where the contract's examples show it so, an empty text or 0; what they leave out on a
line is UNSET. Amounts are in the order's currency; times have the shop's offset.
"""

from datetime import datetime
from typing import TypedDict, TypeVar

from msgspec import UNSET, Struct, UnsetType

T = TypeVar("T")


class Wire(Struct, frozen=True, kw_only=True, gc=False):
    """A part of the object."""


def given(value: T | None) -> T | UnsetType:
    """What stands in a field that is left out where it is empty."""
    return UNSET if value is None else value


class ReturnView(Wire, frozen=True, kw_only=True):
    id: int
    type: str = "return"


class PickupAddressView(Wire, frozen=True, kw_only=True):
    """``id`` is 0, as all numbers of what has none: the channels know a pickup point by its name."""

    id: int = 0
    name: str


class DeliveryInfoView(Wire, frozen=True, kw_only=True):
    delivery_time: str | None = None
    pickup_address: PickupAddressView


class NoteView(Wire, frozen=True, kw_only=True):
    id: int
    text: str


class TagView(Wire, frozen=True, kw_only=True):
    id: int
    name: str


class OptionView(Wire, frozen=True, kw_only=True):
    id: int | None
    name: str
    value: str


class LineView(Wire, frozen=True, kw_only=True):
    """A unit's amounts are of one piece; ``manufacturer_id`` is 0 where there is none."""

    item_type: str
    product_id: int | None
    variant_id: int | UnsetType = UNSET
    variant_name: str | UnsetType = UNSET
    variant_options: tuple[OptionView, ...] | UnsetType = UNSET
    family_sku: str | UnsetType = UNSET
    product_sku: str | None
    product_ean: str | None
    product_name: str
    product_url: str | None
    product_image_url: str | None
    product_tax_name: str
    product_tax_percent: int | float
    category_id: int | None
    category_name: str | None
    manufacturer_id: int
    manufacturer_name: str | UnsetType = UNSET
    quantity: int
    unit_price_net: float
    unit_tax_amount: float
    unit_price_gross: float
    line_subtotal_net: float
    line_tax_amount: float
    line_subtotal_gross: float
    meta_fields: dict[str, object] | UnsetType = UNSET


class InvoiceView(Wire, frozen=True, kw_only=True):
    """The invoice that the order has; ``cancelled`` where a storno took it back."""

    prefix: str
    number: str
    app: str = "billing"
    cancelled: bool
    url: str | None


class Identity(TypedDict):
    """Which order it is, among others of the shop and where it came from."""

    id: int
    parent_id: int | None
    return_source_id: int | None
    rma_orders: tuple[ReturnView, ...] | None
    channel_name: str | None
    channel_ref_id: str | None


class Payment(TypedDict):
    payment_status: str
    payment_status_text: str
    payment_substatus_id: int | None
    payment_substatus_text: str | None
    payment_method_code: str
    payment_method_name: str
    payment_transaction_id: str | None


class Shipping(TypedDict):
    """How far the order is, and who brings it."""

    shipping_status: str
    shipping_status_text: str
    shipping_substatus_id: int
    shipping_substatus_text: str
    shipping_method_id: int
    shipping_method_name: str | None
    shipping_delivery_info: DeliveryInfoView | None
    shipping_carrier_id: str | None
    shipping_awb: str | None


class Amounts(TypedDict):
    shipping_amount: float | None
    shipping_tax_amount: float | None
    total_amount: float
    currency: str
    original_currency: str | None
    currency_rate: float | None
    coupon_code: str | None


class CustomerPart(TypedDict):
    customer_id: int
    customer_email: str | None
    customer_ip_address: str
    customer_ip_country: str
    customer_device: str
    customer_lang: str | None
    customer_note: str | None
    customer_notification: str | None


class Record(TypedDict):
    """When what happened, and what the shop wrote on the order."""

    date_created: datetime
    date_modified: datetime
    date_shipped: datetime | None
    date_delivered: datetime | None
    created_by: str
    meta_fields: dict[str, object] | None
    internal_notes: tuple[NoteView, ...] | None
    tags: tuple[TagView, ...] | None


class BillingPart(TypedDict):
    billing_type: str
    billing_name: str | None
    billing_identity_number: str | None
    billing_company_name: str | None
    billing_company_number: str | None
    billing_company_vat: str | None
    billing_company_bank_name: str | None
    billing_company_bank_account: str | None
    billing_country_code: str | None
    billing_country_name: str | None
    billing_state: str
    billing_city: str
    billing_address: str
    billing_postal_code: str
    billing_phone: str


class Recipient(TypedDict):
    shipping_name: str
    shipping_country_code: str | None
    shipping_country_name: str | None
    shipping_state: str | None
    shipping_city: str | None
    shipping_address: str | None
    shipping_postal_code: str | None
    shipping_phone: str | None


class Papers(TypedDict):
    line_items: tuple[LineView, ...]
    invoice: InvoiceView | None
    info_url: str
    proforma_url: str


class OrderView(Identity, Payment, Shipping, Amounts, CustomerPart, Record, BillingPart, Recipient, Papers):
    """The whole object. A dict: a struct of so many fields takes longer to make than all that is in it."""
