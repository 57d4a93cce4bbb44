"""What may be asked of an order. Commands are verbs; who asks stands beside them, not in them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct

from stoa.orders.lifecycle import Action
from stoa.orders.order import (
    Address,
    Billing,
    Customer,
    Fees,
    Fulfilment,
    InvoiceDetails,
    Line,
    LinkedOrder,
    LinkedReturn,
    Note,
    Origin,
    PaymentMethod,
    PaymentStatus,
    RejectionReason,
    ReturnReason,
    ReviewOption,
    Tag,
    Tracking,
    UploadedInvoice,
    Voucher,
)


class Placement(Struct, frozen=True, kw_only=True):
    """An order as the checkout hands it over. ``customer.id`` and the lines' ids are given by ``place``.

    ``return_of`` is the order whose goods come back by this one: then it is no sale, and nothing awaits it.
    """

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
    payment_status: PaymentStatus | None = None
    payment_provider: str | None = None
    payment_reference: str | None = None
    invoice: InvoiceDetails | None = None
    billing: Billing | None = None
    fees: Fees = Fees()
    shipping_cents: int = 0
    shipping_method: str | None = None
    comments: str = ""
    notification: str | None = None
    coupon_code: str | None = None
    original_currency: str | None = None
    currency_rate: str | None = None
    origin: Origin = Origin()
    meta: dict[str, Any] | None = None
    tags: tuple[Tag, ...] = ()
    notes: tuple[Note, ...] = ()
    return_of: LinkedOrder | None = None
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


class BeginWork(Command, frozen=True, kw_only=True):
    """The merchant begins to prepare the parcel."""

    action = Action.BEGIN_WORK


class AttachVoucher(Command, frozen=True, kw_only=True):
    """A voucher that was asked for with the acceptance, or now by the merchant; ``parcels`` where that is to change."""

    action = Action.ATTACH_VOUCHER
    voucher: Voucher
    tracking: Tracking
    parcels: int | None = None


class CancelVoucher(Command, frozen=True, kw_only=True):
    """The label is void. No other is made until the merchant asks for one."""

    action = Action.CANCEL_VOUCHER


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


class Complete(Command, frozen=True, kw_only=True):
    """The customer's time to return the order is over."""

    action = Action.COMPLETE


class AttachInvoice(Command, frozen=True, kw_only=True):
    """A file that the merchant uploaded, in place of the newest one where it is ``replacing`` that. Its serial is
    given by the decision."""

    action = Action.ATTACH_INVOICE
    invoice: UploadedInvoice
    replacing: bool = True


class RemoveInvoice(Command, frozen=True, kw_only=True):
    """The file of this serial is shown to nobody any more."""

    action = Action.REMOVE_INVOICE
    serial: int


class IssueInvoice(Command, frozen=True, kw_only=True):
    """``number`` is the next one of the shop's series, drawn in the transaction that saves the order."""

    action = Action.ISSUE_INVOICE
    number: int = 0


class CancelInvoice(Command, frozen=True, kw_only=True):
    """``number`` is that of the storno, drawn as an invoice's is."""

    action = Action.CANCEL_INVOICE
    number: int = 0


class SetPayment(Command, frozen=True, kw_only=True):
    action = Action.SET_PAYMENT
    status: PaymentStatus


class Refund(Command, frozen=True, kw_only=True):
    """The customer gets money back: so many cents, or all that is left."""

    action = Action.REFUND
    cents: int | None = None


class LinkReturn(Command, frozen=True, kw_only=True):
    """Goods of this order come back by another order."""

    action = Action.LINK_RETURN
    order: LinkedOrder


class RequestReturn(Command, frozen=True, kw_only=True):
    """The customer wants to return goods of this order. ``number`` is that of the order by which they come back."""

    action = Action.REQUEST_RETURN
    lines: tuple[LineQuantity, ...]
    reason: ReturnReason
    comment: str | None = None
    photos: tuple[str, ...] = ()
    review_until: datetime | None = None
    number: int = 0


class FollowReturn(Command, frozen=True, kw_only=True):
    """A return of this order is at another point: the order is to know. ``lines`` are what it is about."""

    action = Action.FOLLOW_RETURN
    order: LinkedReturn
    lines: tuple[LineQuantity, ...]
    restock: bool = False


class UnlinkReturn(Command, frozen=True, kw_only=True):
    """A return of this order is deleted. ``lines`` are what it was about."""

    action = Action.UNLINK_RETURN
    number: int
    lines: tuple[LineQuantity, ...]


class ReviewReturn(Command, frozen=True, kw_only=True):
    """The merchant's answer to a request for a return; which of the three it is follows from the option, see
    ``returning.review``."""

    option: ReviewOption
    comment: str | None = None
    proposed_part_url: str | None = None


class ApproveReturn(ReviewReturn, frozen=True, kw_only=True):
    action = Action.APPROVE_RETURN


class DeclineReturn(ReviewReturn, frozen=True, kw_only=True):
    action = Action.DECLINE_RETURN


class SendMissingPart(ReviewReturn, frozen=True, kw_only=True):
    action = Action.SEND_MISSING_PART


class ExpireReturn(Command, frozen=True, kw_only=True):
    action = Action.EXPIRE_RETURN


class CancelReturn(Command, frozen=True, kw_only=True):
    action = Action.CANCEL_RETURN
    reason: str | None = None


class TrackReturn(Command, frozen=True, kw_only=True):
    """The courier has the goods, under these numbers."""

    action = Action.TRACK_RETURN
    tracking_ids: tuple[str, ...]
    courier: str | None = None


class ArriveBack(Command, frozen=True, kw_only=True):
    """The goods are where they were to go; nobody has looked at them yet."""

    action = Action.ARRIVE_BACK


class TakeBack(Command, frozen=True, kw_only=True):
    """The goods are as they should be. ``restock`` says whether the warehouse sells them again; None is for the reason
    of the return to decide."""

    action = Action.TAKE_BACK
    restock: bool | None = None


class SendBack(Command, frozen=True, kw_only=True):
    """The goods are not as they should be: the customer gets them again."""

    action = Action.SEND_BACK
    reason: str | None = None


class Modify(Command, frozen=True, kw_only=True):
    """New values by the names of ``MODIFIABLE``, such as ``{"address.city": "Bacau"}``.

    Named one by one, so that two who change different parts of an order at once both have their way.
    """

    action = Action.MODIFY
    changes: Mapping[str, object]


MODIFIABLE = frozenset(
    {
        "payment_method",
        "payment_provider",
        "payment_reference",
        "shipping_cents",
        "shipping_method",
        "comments",
        "notification",
        "coupon_code",
        "original_currency",
        "currency_rate",
        "meta",
        "tags",
        "notes",
        "last_note",
        "trackings",
        *(f"customer.{name}" for name in Customer.__struct_fields__ if name != "id"),
        *(f"address.{name}" for name in Address.__struct_fields__),
        *(f"billing.{name}" for name in Billing.__struct_fields__),
        *(f"origin.{name}" for name in Origin.__struct_fields__),
    }
)
"""What may be changed of an order beside its life. ``billing`` begins as what ``billing_of`` says."""
