"""What may be asked of an order. Commands are verbs; who asks stands beside them, not in them."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from stoa.orders.lifecycle import Action
from stoa.orders.order import (
    Address,
    Customer,
    Fees,
    Fulfilment,
    InvoiceDetails,
    Line,
    PaymentMethod,
    RejectionReason,
    Tracking,
    UploadedInvoice,
    Voucher,
)


class Placement(Struct, frozen=True, kw_only=True):
    """An order as the checkout hands it over. ``customer.id`` and the lines' ids are given by ``place``."""

    customer: Customer
    address: Address
    lines: tuple[Line, ...]
    payment_method: PaymentMethod
    fulfilment: Fulfilment
    channel: str
    channel_ref: str | None = None
    courier: str | None = None
    express: bool = False
    gift_wrap: bool = False
    invoice: InvoiceDetails | None = None
    fees: Fees = Fees()
    shipping_cents: int = 0
    comments: str = ""
    expires_at: datetime | None = None
    dispatch_until: datetime | None = None


class Command(Struct, frozen=True, kw_only=True):
    action: ClassVar[Action]


class Accept(Command, frozen=True, kw_only=True):
    """Options left out are the shop's default location, the first open window, one parcel."""

    action = Action.ACCEPT
    location_id: str | None = None
    window_id: int | None = None
    parcels: int = 1
    voucher: bool = True


class LineRejection(Struct, frozen=True):
    line_id: str
    reason: RejectionReason
    available_quantity: int | None = None


class Reject(Command, frozen=True, kw_only=True):
    """Lines with their reasons, or other words for the whole order. ``follow_up`` is the number that an
    order over what is left would get."""

    action = Action.REJECT
    lines: tuple[LineRejection, ...] = ()
    other: str | None = None
    follow_up: int | None = None


class Expire(Command, frozen=True, kw_only=True):
    action = Action.EXPIRE


class Extend(Command, frozen=True, kw_only=True):
    action = Action.EXTEND
    expires_at: datetime
    dispatch_until: datetime | None = None


class Cancel(Command, frozen=True, kw_only=True):
    action = Action.CANCEL
    reason: str | None = None


class Reschedule(Command, frozen=True, kw_only=True):
    action = Action.RESCHEDULE
    opens: datetime
    closes: datetime


class AttachVoucher(Command, frozen=True, kw_only=True):
    action = Action.ATTACH_VOUCHER
    voucher: Voucher
    tracking: Tracking


class CollectVoucher(Command, frozen=True, kw_only=True):
    """The merchant downloads the voucher."""

    action = Action.COLLECT_VOUCHER


class MarkReady(Command, frozen=True, kw_only=True):
    action = Action.MARK_READY


class MarkNotReady(Command, frozen=True, kw_only=True):
    action = Action.MARK_NOT_READY


class NoteTracking(Command, frozen=True, kw_only=True):
    action = Action.NOTE_TRACKING
    trackings: tuple[Tracking, ...]


class PickUp(Command, frozen=True, kw_only=True):
    action = Action.PICK_UP


class ArriveAtPickupPoint(Command, frozen=True, kw_only=True):
    action = Action.ARRIVE_AT_PICKUP_POINT


class Deliver(Command, frozen=True, kw_only=True):
    action = Action.DELIVER


class LineQuantity(Struct, frozen=True):
    line_id: str
    quantity: int


class DeliverPartially(Command, frozen=True, kw_only=True):
    """The quantities that the customer took; lines that are not named were not taken."""

    action = Action.DELIVER_PARTIALLY
    lines: tuple[LineQuantity, ...]


class FailDelivery(Command, frozen=True, kw_only=True):
    action = Action.FAIL_DELIVERY


class ReturnPartially(Command, frozen=True, kw_only=True):
    """The quantities that are back at the shop, in addition to earlier ones."""

    action = Action.RETURN_PARTIALLY
    lines: tuple[LineQuantity, ...]


class Return(Command, frozen=True, kw_only=True):
    """All that the customer had is back, or the parcel is."""

    action = Action.RETURN


class AttachInvoice(Command, frozen=True, kw_only=True):
    action = Action.ATTACH_INVOICE
    invoice: UploadedInvoice
