"""The objects that Skroutz shows (Skroutz Smart Cart, order object), in its one order of fields.

An optional field is UNSET where it does not apply, and is then left out; None is shown as null.
"""

from datetime import datetime
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType, field

T = TypeVar("T")


class Wire(Struct, frozen=True, kw_only=True, gc=False):
    """A part of the object."""


def given(value: T | None) -> T | UnsetType:
    """What stands in an optional field: nothing, where there is no value."""
    return UNSET if value is None else value


class AddressView(Wire, frozen=True, kw_only=True):
    street_name: str
    street_number: str
    floor: str | UnsetType = UNSET
    zip: str
    city: str
    region: str
    country_code: str
    pickup_from_collection_point: bool
    collection_point_address: str | UnsetType = UNSET
    comments: str | UnsetType = UNSET


class CustomerView(Wire, frozen=True, kw_only=True):
    """``phone`` and ``mobile`` only for orders that the merchant ships or invoices itself."""

    id: str
    first_name: str
    last_name: str
    phone: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    address: AddressView
    skroutz_plus_user: bool | UnsetType = UNSET


class BillingAddressView(Wire, frozen=True, kw_only=True):
    street_name: str
    street_number: str
    zip: str
    city: str
    region: str


class RepresentativeView(Wire, frozen=True, kw_only=True):
    id_type: str
    id_number: str
    otp: str
    mobile: str | UnsetType = UNSET


class InvoiceDetailsView(Wire, frozen=True, kw_only=True):
    company: str
    profession: str
    vat_number: str
    doy: str
    address: BillingAddressView
    vat_exclusion_requested: bool
    vat_exclusion_verification_method: str | UnsetType = UNSET
    vat_exclusion_documents: tuple[str, ...] | UnsetType = UNSET
    vat_exclusion_representative: RepresentativeView | UnsetType = UNSET


class SizeView(Wire, frozen=True, kw_only=True):
    label: str
    value: str
    shop_value: str
    shop_variation_uid: str | UnsetType = UNSET
    ean: str | UnsetType = UNSET
    mpn: str | UnsetType = UNSET


class LineView(Wire, frozen=True, kw_only=True):
    """Prices and commission in euros, ``commission_rate`` in per cent."""

    id: str
    shop_uid: str
    shop_variation_uid: str | UnsetType = UNSET
    product_name: str
    quantity: int
    size: SizeView | UnsetType = UNSET
    unit_price: float
    total_price: float
    price_includes_vat: bool
    commission: float
    commission_rate: float
    island_vat_discount_applied: bool
    ean: str | UnsetType = UNSET
    mpn: str | UnsetType = UNSET
    extra_info: str | UnsetType = UNSET
    rejection_reason: str | UnsetType = UNSET
    return_reason: str | UnsetType = UNSET
    serial_numbers: str | None
    tags: tuple[str, ...] | UnsetType = UNSET
    readjusted_vat: bool | UnsetType = UNSET
    vat_ratio: float | UnsetType = UNSET


class RejectionInfoView(Wire, frozen=True, kw_only=True):
    """``actor`` is ``skroutz`` or ``merchant``."""

    reason: str
    actor: str


class PickupLocationView(Wire, frozen=True, kw_only=True):
    id: str
    label: str


class PickupWindowOption(Wire, frozen=True, kw_only=True):
    id: int
    label: str


class AcceptOptionsView(Wire, frozen=True, kw_only=True):
    number_of_parcels: tuple[int, ...]
    pickup_location: tuple[PickupLocationView, ...]
    pickup_window: tuple[PickupWindowOption, ...]


class RejectionReasonView(Wire, frozen=True, kw_only=True):
    id: int
    label: str
    requires_available_quantity: bool


class RejectOptionsView(Wire, frozen=True, kw_only=True):
    line_item_rejection_reasons: tuple[RejectionReasonView, ...]


class FeesView(Wire, frozen=True, kw_only=True):
    """Each in euros, and only where there is one."""

    handling_fee: float | UnsetType = UNSET
    skroutz_coins_fee: float | UnsetType = UNSET
    installments_fee: float | UnsetType = UNSET
    fbs_fee: float | UnsetType = UNSET
    plus_user_fee: float | UnsetType = UNSET


class PickupWindowView(Wire, frozen=True, kw_only=True):
    opens: datetime = field(name="from")
    closes: datetime = field(name="to")


class ReplacementView(Wire, frozen=True, kw_only=True):
    """``type`` is ``from_service`` or ``as_is_return``."""

    code: str
    type: str | UnsetType = UNSET


class ReturnLinkView(Wire, frozen=True, kw_only=True):
    """``return_uuid`` is what the Returns API knows the return by."""

    return_uuid: str
    tracking_ids: tuple[str, ...]


class OrderView(Wire, frozen=True, kw_only=True):
    """The whole object; times in the shop's zone, amounts in euros."""

    code: str
    state: str
    customer: CustomerView
    invoice: bool
    uploaded_invoice_file: str | None
    invoice_document: str
    invoice_details: InvoiceDetailsView | UnsetType = UNSET
    comments: str
    courier: str | None
    courier_voucher: str | None
    courier_tracking_codes: tuple[str, ...]
    line_items: tuple[LineView, ...]
    created_at: datetime
    expires_at: datetime
    dispatch_until: datetime
    express: bool
    gift_wrap: bool
    fulfilled_by_skroutz: bool
    fbs_delivery_note: str | None = None
    fbs_delivery_note_url: str | None = None
    paid_by_user: bool
    payment_method: str
    store_pickup: bool
    rejection_info: RejectionInfoView | UnsetType = UNSET
    accept_options: AcceptOptionsView | UnsetType = UNSET
    commission: float
    shipping_cost: float | UnsetType = UNSET
    fees: FeesView
    reject_options: RejectOptionsView | UnsetType = UNSET
    pickup_window: PickupWindowView | UnsetType = UNSET
    pickup_address: str | UnsetType = UNSET
    number_of_parcels: int | UnsetType = UNSET
    set_as_ready_required: bool
    is_ready_for_dispatch: bool
    replacements: tuple[ReplacementView, ...] | UnsetType = UNSET
    replaced: str | UnsetType = UNSET
    returns: tuple[ReturnLinkView, ...] | UnsetType = UNSET
    custom: str | UnsetType = UNSET
