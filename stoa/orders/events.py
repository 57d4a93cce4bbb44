"""What happened to an order. Events are past participles; the history keeps them as they are."""

from datetime import datetime

from msgspec import Struct

from stoa.orders.commands import LineQuantity, LineRejection
from stoa.orders.order import (
    Acceptance,
    AcceptOptions,
    Address,
    DeliveryNote,
    IssuedInvoice,
    LinkedOrder,
    LinkedReturn,
    PaymentStatus,
    PickupWindow,
    ReturnReason,
    Review,
    Tracking,
    UploadedInvoice,
    Voucher,
)


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The moment and the actor are noted beside an event, see ``store.orders.Happening``."""


class Placed(Event, frozen=True, kw_only=True):
    channel: str
    total_cents: int
    replaces: int | None = None


class Accepted(Event, frozen=True, kw_only=True):
    acceptance: Acceptance


class Rejected(Event, frozen=True, kw_only=True):
    lines: tuple[LineRejection, ...] = ()
    reason: str | None = None
    follow_up: int | None = None


class Expired(Event, frozen=True, kw_only=True):
    pass


class Extended(Event, frozen=True, kw_only=True):
    expires_at: datetime
    dispatch_until: datetime
    options: AcceptOptions


class Cancelled(Event, frozen=True, kw_only=True):
    reason: str | None = None


class Rescheduled(Event, frozen=True, kw_only=True):
    window: PickupWindow


class WorkBegun(Event, frozen=True, kw_only=True):
    pass


class VoucherCreated(Event, frozen=True, kw_only=True):
    """``parcels`` is their number where the voucher changed it."""

    voucher: Voucher
    tracking: Tracking
    parcels: int | None = None


class VoucherCancelled(Event, frozen=True, kw_only=True):
    """``window`` is the pickup that was agreed first, where readiness had moved it and it can still be kept."""

    window: PickupWindow | None = None


class MarkedReady(Event, frozen=True, kw_only=True):
    """``window`` is an earlier pickup that readiness made possible."""

    window: PickupWindow | None = None


class MarkedNotReady(Event, frozen=True, kw_only=True):
    """``window`` is the pickup that was agreed first, where it can still be kept."""

    window: PickupWindow | None = None


class TrackingNoted(Event, frozen=True, kw_only=True):
    trackings: tuple[Tracking, ...]


class PickedUp(Event, frozen=True, kw_only=True):
    """With the paper that the warehouse puts to a parcel of its own."""

    delivery_note: DeliveryNote | None = None


class ArrivedAtPickupPoint(Event, frozen=True, kw_only=True):
    pass


class Delivered(Event, frozen=True, kw_only=True):
    returnable_until: datetime | None = None


class PartiallyDelivered(Event, frozen=True, kw_only=True):
    lines: tuple[LineQuantity, ...]
    returnable_until: datetime | None = None


class Completed(Event, frozen=True, kw_only=True):
    pass


class DeliveryFailed(Event, frozen=True, kw_only=True):
    pass


class PartiallyReturned(Event, frozen=True, kw_only=True):
    lines: tuple[LineQuantity, ...]


class Returned(Event, frozen=True, kw_only=True):
    pass


class ParcelCameBack(Event, frozen=True, kw_only=True):
    pass


class InvoiceAttached(Event, frozen=True, kw_only=True):
    """``replaces`` is the serial of the file in whose place this one is."""

    invoice: UploadedInvoice
    replaces: int | None = None


class InvoiceRemoved(Event, frozen=True, kw_only=True):
    serial: int


class InvoiceIssued(Event, frozen=True, kw_only=True):
    invoice: IssuedInvoice


class InvoiceCancelled(Event, frozen=True, kw_only=True):
    """By a storno of this number, in the invoice's own series."""

    storno: int


class PaymentChanged(Event, frozen=True, kw_only=True):
    status: PaymentStatus


class Refunded(Event, frozen=True, kw_only=True):
    cents: int


class ReturnLinked(Event, frozen=True, kw_only=True):
    order: LinkedOrder


class ReturnRequested(Event, frozen=True, kw_only=True):
    order: LinkedReturn
    lines: tuple[LineQuantity, ...]
    reason: ReturnReason
    review_until: datetime
    comment: str | None = None
    photos: tuple[str, ...] = ()


class ReturnFollowed(Event, frozen=True, kw_only=True):
    """What a return of the order is at, and the pieces that it is about."""

    order: LinkedReturn
    lines: tuple[LineQuantity, ...]
    restock: bool = False


class ReturnUnlinked(Event, frozen=True, kw_only=True):
    number: int
    lines: tuple[LineQuantity, ...]


class ReturnPlaced(Event, frozen=True, kw_only=True):
    """The first event of the return itself."""

    of: LinkedOrder
    reason: ReturnReason


class ReturnApproved(Event, frozen=True, kw_only=True):
    """Where the goods go, and with whom."""

    review: Review
    courier: str
    address: Address


class ReturnDeclined(Event, frozen=True, kw_only=True):
    review: Review


class MissingPartSent(Event, frozen=True, kw_only=True):
    review: Review


class ReturnExpired(Event, frozen=True, kw_only=True):
    pass


class ReturnCancelled(Event, frozen=True, kw_only=True):
    reason: str | None = None


class ReturnTracked(Event, frozen=True, kw_only=True):
    tracking_ids: tuple[str, ...]
    courier: str | None = None


class ReturnArrived(Event, frozen=True, kw_only=True):
    pass


class ReturnTakenBack(Event, frozen=True, kw_only=True):
    restock: bool


class ReturnSentBack(Event, frozen=True, kw_only=True):
    reason: str | None = None


class Modified(Event, frozen=True, kw_only=True):
    """The new values, by the names of ``commands.MODIFIABLE``."""

    changes: dict[str, object]
