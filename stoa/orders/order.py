"""The order: one value that every dialect translates. Amounts are gross cents, rates basis points, times UTC."""

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from stoa.orders.carriers import CARRIERS
from stoa.orders.money import share_of, vat_within
from stoa.orders.shop import PickupLocation


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    PARTIALLY_DELIVERED = "partially_delivered"
    FOR_RETURN = "for_return"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"


class Actor(StrEnum):
    """Who does something to an order; the marketplace is the operator."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    COURIER = "courier"
    MARKETPLACE = "marketplace"
    CLOCK = "clock"


class Fulfilment(StrEnum):
    """Who brings the goods: the marketplace's courier, the merchant's own, the marketplace's warehouse, or nobody."""

    MARKETPLACE = "marketplace"
    MERCHANT = "merchant"
    WAREHOUSE = "warehouse"
    STORE_PICKUP = "store_pickup"


class PaymentMethod(StrEnum):
    CARD = "card"
    CASH_ON_DELIVERY = "cash_on_delivery"
    LOAN = "loan"
    BANK_TRANSFER = "bank_transfer"
    IRIS = "iris"
    WALLET = "wallet"
    EDENRED = "edenred"
    REVOLUT = "revolut"


class PaymentStatus(StrEnum):
    """The second axis: it moves on its own, whatever the order's state is."""

    TEMPORARY = "temporary"
    AWAITING = "awaiting"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    REJECTED = "rejected"


class InvoiceDocument(StrEnum):
    RECEIPT = "receipt"
    INVOICE = "invoice"
    INVOICE_39A = "invoice_39a"
    INVOICE_VIES = "invoice_vies"


class RejectionReason(StrEnum):
    NO_STOCK = "no_stock"
    WRONG_PRICE = "wrong_price"
    LIMITED_STOCK = "limited_stock"
    DISCONTINUATION = "discontinuation"
    CONTENT_MISTAKE = "content_mistake"


class ReturnState(StrEnum):
    """How far a customer's return is."""

    PENDING_REVIEW = "pending_merchant_review"
    RETURNING = "returning"
    PENDING_PHYSICAL_REVIEW = "pending_physical_review"
    RETURNED = "returned"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


RETURNS_UNDER_WAY = frozenset(
    {ReturnState.PENDING_REVIEW, ReturnState.RETURNING, ReturnState.PENDING_PHYSICAL_REVIEW}
)
"""Returns of which nobody knows yet what becomes of them."""


class ReturnReason(StrEnum):
    FAULTY = "faulty"
    WRONG_PRODUCT = "wrong_product"
    WITHDRAWAL = "withdrawal"
    DAMAGED_PRODUCT = "damaged_product"
    EXPIRED_PRODUCT = "expired_product"
    AUTHENTICITY_DOUBT = "authenticity_doubt"
    DELIVERY_ISSUES = "delivery_issues"
    MISSING_PART = "missing_part"
    OTHER = "other"


class ReviewOption(StrEnum):
    """What the merchant may answer to a request, see ``returning.OFFERED``."""

    APPROVE = "approve"
    CONTACT_MANUFACTURER = "contact_manufacturer"
    RESOLVED_WITH_CUSTOMER = "resolved_with_customer"
    USABILITY_SUGGESTIONS = "usability_suggestions"
    NOT_FAULTY = "not_faulty"
    SEND_MISSING_PART = "send_missing_part"
    PART_NOT_INCLUDED = "part_not_included"
    INCORRECT_CONTENT = "incorrect_content"
    OUT_OF_POLICY_WITHDRAWAL = "out_of_policy_withdrawal"


class LineTag(StrEnum):
    PLUS_DEAL = "plus_deal"
    COUPON_DEAL = "coupon_deal"
    TWO_PLUS_DEAL = "two_plus_deal"
    COUPONS = "coupons"
    PRICE_OPTIMIZER = "price_optimizer"
    CC_INSTALLMENTS = "cc_installments"


class Value(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What an order is made of: compared by content, never changed in place, so never part of a cycle."""


class Address(Value, frozen=True, kw_only=True):
    """Where the parcel goes, and to whom where that is not the customer.

    At a collection point the street fields may be empty; ``collection_network`` is the key of those whose point it is,
    see ``carriers.NETWORKS``.
    """

    street_name: str = ""
    street_number: str = ""
    floor: str | None = None
    zip: str = ""
    city: str = ""
    region: str = ""
    country_code: str = "GR"
    collection_point: str | None = None
    collection_network: str | None = None
    comments: str | None = None
    recipient: str | None = None
    phone: str | None = None

    @property
    def street(self) -> str:
        """Street and number on one line."""
        return f"{self.street_name} {self.street_number}".strip()


class Customer(Value, frozen=True, kw_only=True):
    """Who buys. ``number`` is the customer's among those of the shop, see ``placing``."""

    id: str
    first_name: str
    last_name: str
    number: int = 0
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    plus_user: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def names_in(full_name: str) -> tuple[str, str]:
    """First and last name; a single word is a first name. Joined by a space again they are the same text."""
    first, _, last = full_name.rpartition(" ")
    return (first, last) if first else (last, "")


class Origin(Value, frozen=True, kw_only=True):
    """From where an order was placed, as far as the channel knows; ``by`` is the kind of account that did."""

    ip_address: str | None = None
    ip_country: str | None = None
    device: str | None = None
    language: str | None = None
    by: str | None = None


class BillingAddress(Value, frozen=True, kw_only=True):
    street_name: str
    street_number: str
    zip: str
    city: str
    region: str


class Billing(Value, frozen=True, kw_only=True):
    """Whom the shop bills: a person, or a company where ``is_company``."""

    is_company: bool = False
    name: str | None = None
    identity_number: str | None = None
    company_name: str | None = None
    company_number: str | None = None
    company_vat: str | None = None
    company_bank_name: str | None = None
    company_bank_account: str | None = None
    country_code: str | None = None
    region: str | None = None
    city: str | None = None
    address: str | None = None
    zip: str | None = None
    phone: str | None = None


class VatRepresentative(Value, frozen=True, kw_only=True):
    id_type: str
    id_number: str
    otp: str
    mobile: str | None = None


class InvoiceDetails(Value, frozen=True, kw_only=True):
    """Whom to invoice; ``vat_exclusion_*`` are the customer's request to be invoiced without VAT."""

    company: str
    profession: str
    vat_number: str
    doy: str
    address: BillingAddress
    vat_exclusion_requested: bool = False
    vat_exclusion_verification_method: str | None = None
    vat_exclusion_documents: tuple[str, ...] = ()
    vat_exclusion_representative: VatRepresentative | None = None


class Size(Value, frozen=True, kw_only=True):
    label: str
    value: str
    shop_value: str
    shop_variation_uid: str | None = None
    ean: str | None = None
    mpn: str | None = None


class VariantOption(Value, frozen=True, kw_only=True):
    """One choice of a product's variant, such as its colour."""

    name: str
    value: str
    id: int | None = None


class Product(Value, frozen=True, kw_only=True):
    """What the shop's catalogue says of a product beyond what is needed to sell it."""

    url: str | None = None
    image_url: str | None = None
    family_sku: str | None = None
    category_id: int | None = None
    category_name: str | None = None
    manufacturer_id: int | None = None
    manufacturer_name: str | None = None


class Line(Value, frozen=True, kw_only=True):
    """One product of an order. What is being returned and what was never exceeds what was delivered.

    ``agreed_vat_cents`` is the VAT within one piece, where it was agreed and is not what the rate gives. ``stock_id`` is
    the warehouse's product that the line is served from; of its pieces so many as are ``restocked`` lie there again.
    """

    id: str
    shop_uid: str
    name: str
    quantity: int
    unit_price_cents: int
    vat_rate: int
    shop_variation_uid: str | None = None
    size: Size | None = None
    ean: str | None = None
    mpn: str | None = None
    sku: str | None = None
    kind: str = "product"
    variant_name: str | None = None
    options: tuple[VariantOption, ...] = ()
    product: Product = Product()
    meta: dict[str, Any] | None = None
    extra_info: str | None = None
    tags: tuple[LineTag, ...] = ()
    commission_rate: int = 0
    price_includes_vat: bool = True
    agreed_vat_cents: int | None = None
    vat_name: str | None = None
    island_vat_discount: bool = False
    readjusted_vat: bool = False
    serial_numbers: tuple[str, ...] = ()
    rejection_reason: RejectionReason | None = None
    available_quantity: int | None = None
    delivered_quantity: int | None = None
    returning_quantity: int = 0
    returned_quantity: int = 0
    return_reason: ReturnReason | None = None
    stock_id: int | None = None
    restocked_quantity: int = 0

    @property
    def total_cents(self) -> int:
        return self.unit_price_cents * self.quantity

    @property
    def commission_cents(self) -> int:
        return share_of(self.total_cents, self.commission_rate)

    @property
    def unit_vat_cents(self) -> int:
        """The VAT within the price of one piece; none where the price was agreed without it."""
        if not self.price_includes_vat:
            return 0
        if self.agreed_vat_cents is not None:
            return self.agreed_vat_cents
        return vat_within(self.unit_price_cents, self.vat_rate)

    @property
    def vat_cents(self) -> int:
        """The VAT within the line's total."""
        return self.unit_vat_cents * self.quantity


class Fees(Value, frozen=True, kw_only=True):
    """What the marketplace charges the shop beside its commission, in cents."""

    handling: int = 0
    coins: int = 0
    installments: int = 0
    warehouse: int = 0
    plus_user: int = 0

    @property
    def total_cents(self) -> int:
        return self.handling + self.coins + self.installments + self.warehouse + self.plus_user


class PickupWindow(Value, frozen=True, kw_only=True):
    """When the courier comes; the id means this window for the order that offers it, and no other."""

    id: int
    opens: datetime
    closes: datetime


class AcceptOptions(Value, frozen=True, kw_only=True):
    """What the merchant may choose from. Fixed when the order is placed, made anew only by an extension.

    ``last_window_id`` is the highest id that the order ever offered: an id never means a second window.
    """

    locations: tuple[PickupLocation, ...] = ()
    windows: tuple[PickupWindow, ...] = ()
    last_window_id: int = 0
    most_parcels: int = 1


class Acceptance(Value, frozen=True, kw_only=True):
    """``agreed_window`` is what the merchant chose; ``window`` may be an earlier one since the parcel is ready."""

    at: datetime
    by: Actor
    parcels: int
    location: PickupLocation | None = None
    window: PickupWindow | None = None
    agreed_window: PickupWindow | None = None
    voucher_requested: bool = False


class Rejection(Value, frozen=True, kw_only=True):
    """An order's end before acceptance; the reason is the merchant's own words where no line is to blame."""

    by: Actor
    reason: str | None = None


class Voucher(Value, frozen=True, kw_only=True):
    """The courier's label. ``serial`` counts the vouchers of the order; ``blob`` is where its PDF lies.

    ``comment`` is what the merchant wrote on the parcel for the courier.
    """

    serial: int
    blob: str
    created_at: datetime
    comment: str | None = None


class Tracking(Value, frozen=True, kw_only=True):
    courier: str
    code: str


class UploadedInvoice(Value, frozen=True, kw_only=True):
    """The merchant's receipt or invoice. ``serial`` counts the uploads, so that each has an address of its own.

    One that was deleted stays with the order, shown to nobody. ``name`` is what the merchant called it.
    """

    serial: int
    blob: str
    media_type: str
    uploaded_at: datetime
    name: str | None = None
    deleted_at: datetime | None = None


class IssuedInvoice(Value, frozen=True, kw_only=True):
    """The invoice that Stoa issued for the order, and the number of the storno that cancelled it, if one did."""

    series: str
    number: int
    issued_at: datetime
    storno: int | None = None


class Tag(Value, frozen=True, kw_only=True):
    """A word of the shop's own on its orders."""

    id: int
    name: str


class Note(Value, frozen=True, kw_only=True):
    """What the shop's people wrote on an order, for themselves. The number counts the notes of the order."""

    number: int
    text: str


class LinkedOrder(Value, frozen=True, kw_only=True):
    """Another order of the shop: its public identifiers are made of the number and the day."""

    id: int
    placed_at: datetime


class LinkedReturn(LinkedOrder, frozen=True, kw_only=True):
    """An order by which goods of this one come back. It has a state where a customer asked for the return; else the
    merchant wrote down what had come back."""

    state: ReturnState | None = None
    tracking_ids: tuple[str, ...] = ()


class Review(Value, frozen=True, kw_only=True):
    """The answer to a request for a return."""

    option: ReviewOption
    by: Actor
    at: datetime
    comment: str | None = None
    proposed_part_url: str | None = None


class ReturnRequest(Value, frozen=True, kw_only=True):
    """What a customer wants to return, and what came of it; the lines are the order's that carries it.

    ``review_until`` is the merchant's deadline. Where the goods go is known once it is approved, and then the order's
    courier is who brings them.
    """

    state: ReturnState
    reason: ReturnReason
    review_until: datetime
    comment: str | None = None
    photos: tuple[str, ...] = ()
    review: Review | None = None
    address: Address | None = None
    arrived_at: datetime | None = None
    closed_at: datetime | None = None
    closed_because: str | None = None


class DeliveryNote(Value, frozen=True, kw_only=True):
    """The warehouse's paper for a parcel, as it left: where to, and to whom."""

    number: str
    issued_at: datetime
    address: Address
    recipient: str


OTHER_VIES_PREFIXES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)
"""What a VAT number of the Union begins with outside Greece, whose own is EL."""


class Order(Value, frozen=True, kw_only=True):
    """The whole order, as it is saved. ``collected_cents`` is what the courier was given at the door."""

    id: int
    shop_id: int
    state: State
    channel: str
    channel_ref: str | None = None
    fulfilment: Fulfilment
    customer: Customer
    address: Address
    lines: tuple[Line, ...]
    payment_method: PaymentMethod
    payment_status: PaymentStatus
    payment_provider: str | None = None
    payment_reference: str | None = None
    collected_cents: int | None = None
    refunded_cents: int = 0
    invoice: InvoiceDetails | None = None
    billing: Billing | None = None
    comments: str = ""
    notification: str | None = None
    coupon_code: str | None = None
    currency: str = "EUR"
    original_currency: str | None = None
    currency_rate: str | None = None
    origin: Origin = Origin()
    meta: dict[str, Any] | None = None
    tags: tuple[Tag, ...] = ()
    notes: tuple[Note, ...] = ()
    last_note: int = 0
    express: bool = False
    gift_wrap: bool = False
    fees: Fees = Fees()
    shipping_cents: int = 0
    shipping_method: str | None = None
    placed_at: datetime
    updated_at: datetime
    expires_at: datetime
    dispatch_until: datetime
    courier: str | None = None
    options: AcceptOptions = AcceptOptions()
    acceptance: Acceptance | None = None
    rejection: Rejection | None = None
    cancelled_by: Actor | None = None
    cancel_reason: str | None = None
    trackings: tuple[Tracking, ...] = ()
    voucher: Voucher | None = None
    cancelled_vouchers: int = 0
    work_began_at: datetime | None = None
    ready_at: datetime | None = None
    dispatched_at: datetime | None = None
    delivered_at: datetime | None = None
    returnable_until: datetime | None = None
    completed_at: datetime | None = None
    at_pickup_point: bool = False
    parcel_came_back_at: datetime | None = None
    invoice_files: tuple[UploadedInvoice, ...] = ()
    issued_invoice: IssuedInvoice | None = None
    replacements: tuple[LinkedOrder, ...] = ()
    replaces: LinkedOrder | None = None
    returns: tuple[LinkedReturn, ...] = ()
    return_of: LinkedOrder | None = None
    return_request: ReturnRequest | None = None
    delivery_note: DeliveryNote | None = None

    @property
    def items_cents(self) -> int:
        return sum(line.total_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """What the customer pays: the goods and the shipping."""
        return self.items_cents + self.shipping_cents

    @property
    def vat_cents(self) -> int:
        """The VAT within the goods."""
        return sum(line.vat_cents for line in self.lines)

    @property
    def shipping_vat_rate(self) -> int:
        """Shipping is taxed as the goods are: at the highest of their rates that is charged, or not at all."""
        return max((line.vat_rate for line in self.lines if line.unit_vat_cents), default=0)

    @property
    def shipping_vat_cents(self) -> int:
        """The VAT within the shipping."""
        return vat_within(self.shipping_cents, self.shipping_vat_rate)

    @property
    def commission_cents(self) -> int:
        return sum(line.commission_cents for line in self.lines)

    @property
    def cash_on_delivery_cents(self) -> int:
        """What the courier collects at the door."""
        return self.total_cents if self.payment_method is PaymentMethod.CASH_ON_DELIVERY else 0

    @property
    def document(self) -> InvoiceDocument:
        """Which paper the customer gets: an exclusion of VAT is article 39a at home and VIES for an EU number."""
        if self.invoice is None:
            return InvoiceDocument.RECEIPT
        if not self.invoice.vat_exclusion_requested:
            return InvoiceDocument.INVOICE
        abroad = self.invoice.vat_number[:2].upper() in OTHER_VIES_PREFIXES
        return InvoiceDocument.INVOICE_VIES if abroad else InvoiceDocument.INVOICE_39A

    @property
    def standing_invoice_files(self) -> tuple[UploadedInvoice, ...]:
        """What the merchant uploaded and did not delete."""
        return tuple(file for file in self.invoice_files if file.deleted_at is None)

    @property
    def uploaded_invoice(self) -> UploadedInvoice | None:
        """The newest of them, where a marketplace shows only one."""
        return next(reversed(self.standing_invoice_files), None)

    @property
    def carrier(self) -> str | None:
        """The key of who carries the parcel, or will: the delivery method says so before there is a tracking code."""
        method = self.shipping_method
        return self.courier or (method if method in CARRIERS else None)

    @property
    def pickup_network(self) -> str | None:
        """The network at whose point the customer fetches what another carrier brings there; mostly None."""
        address = self.address
        at_a_point = address.collection_point is not None and address.collection_network != self.carrier
        return address.collection_network if at_a_point else None

    @property
    def blobs(self) -> tuple[str, ...]:
        """Where the order's files lie."""
        return tuple(file.blob for file in (self.voucher, *self.invoice_files) if file)

    @property
    def next_voucher(self) -> int:
        """The serial of the voucher that may be made next."""
        return self.cancelled_vouchers + 1

    @property
    def voucher_is_due(self) -> bool:
        """Whether the worker owes this order a voucher."""
        wanted = self.acceptance is not None and self.acceptance.voucher_requested
        return wanted and self.voucher is None and self.state in {State.ACCEPTED, State.DISPATCHED}

    @property
    def recipient(self) -> tuple[str, str]:
        """First and last name of who takes the parcel."""
        customer, other = self.customer, self.address.recipient
        return names_in(other) if other else (customer.first_name, customer.last_name)

    @property
    def requested_returns(self) -> tuple[LinkedReturn, ...]:
        """Those that the customer asked for."""
        return tuple(linked for linked in self.returns if linked.state is not None)

    @property
    def return_is_under_way(self) -> bool:
        """Whether goods of the order may still come back because the customer asked for it."""
        return any(linked.state in RETURNS_UNDER_WAY for linked in self.returns)

    @property
    def storno_is_due(self) -> bool:
        """Whether an invoice stands for an order that came to nothing."""
        invoice = self.issued_invoice
        return invoice is not None and invoice.storno is None and self.state in CAME_TO_NOTHING

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.id == line_id), None)


CAME_TO_NOTHING = frozenset({State.REJECTED, State.EXPIRED, State.CANCELLED})
"""States of an order that nothing was sold by."""


def opaque_id(*parts: object) -> str:
    """Ten letters and digits that say nothing and are the same for the same parts."""
    number = int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "big")
    return "".join(_ALPHABET[number // 62**place % 62] for place in range(10))


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
