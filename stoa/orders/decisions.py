"""Whether an order does what it is asked, and what happens then. ``decide`` is the only way to an event."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders import events as happened
from stoa.orders.calendar import pickup_windows
from stoa.orders.carriers import LAST_MILE
from stoa.orders.commands import Command, LineQuantity, LineRejection
from stoa.orders.events import Event
from stoa.orders.evolving import free_to_return
from stoa.orders.lifecycle import MOVES, OF_A_RETURN, Action
from stoa.orders.money import MOST_CENTS
from stoa.orders.order import (
    Acceptance,
    AcceptOptions,
    Actor,
    DeliveryNote,
    Fulfilment,
    IssuedInvoice,
    Line,
    LinkedReturn,
    Order,
    PickupWindow,
    RejectionReason,
    ReturnState,
    State,
)
from stoa.orders.refunding import left_to_refund, refund_due
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.returning import decide_return, review_deadline
from stoa.orders.shop import PickupLocation, Shop


class Asked(Struct, frozen=True):
    """The circumstances of a command."""

    order: Order
    shop: Shop
    by: Actor
    now: datetime


def decide(order: Order, command: Command, *, shop: Shop, by: Actor, now: datetime) -> Event | Refused:
    """What happens to the order, or why nothing does. ``now`` is in UTC."""
    if command.action in OF_A_RETURN:
        return decide_return(order, command, shop=shop, by=by, now=now)
    circumstances = Asked(order, shop, by, now)
    refused = _not_in_the_table(circumstances, command)
    return refused or _DECISIONS[command.action](circumstances, command)


def _not_in_the_table(asked_of: Asked, command: Command) -> Refused | None:
    move = MOVES.get((asked_of.order.state, command.action))
    if move is None:
        return _WRONG_STATE.get(command.action, _wrong_state)(asked_of.order)
    if asked_of.by not in move.by:
        return Refused(Refusal.NOT_YOURS_TO_DO)
    return None


def _wrong_state(order: Order) -> Refused:
    return Refused(Refusal.WRONG_STATE, state=order.state)


# Some actions have a refusal of their own for every state that they do not fit.
_WRONG_STATE: dict[Action, Callable[[Order], Refused]] = {
    Action.MARK_READY: lambda _: Refused(Refusal.NOT_ELIGIBLE_FOR_READY),
    Action.MARK_NOT_READY: lambda _: Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO),
}


def default_window(options: AcceptOptions, now: datetime) -> PickupWindow | None:
    """The first offered window that has not begun."""
    return next((window for window in options.windows if window.opens > now), None)


def _accept(asked_of: Asked, command: asked.Accept) -> Event | Refused:
    order, now = asked_of.order, asked_of.now
    if order.express and asked_of.by is Actor.MERCHANT:
        return Refused(Refusal.EXPRESS)
    if order.expires_at <= now:
        return Refused(Refusal.EXPIRED, state=State.EXPIRED)
    location = _chosen_location(order.options, command)
    window = _chosen_window(asked_of, command)
    if isinstance(location, Refused):
        return location
    if isinstance(window, Refused):
        return window
    if not 1 <= command.parcels <= order.options.most_parcels:
        return Refused(Refusal.UNKNOWN_NUMBER_OF_PARCELS, "number_of_parcels")
    return happened.Accepted(
        acceptance=Acceptance(
            at=now,
            by=asked_of.by,
            parcels=command.parcels,
            location=location,
            window=window,
            agreed_window=window,
            voucher_requested=command.voucher and order.fulfilment is Fulfilment.MARKETPLACE,
        )
    )


def _chosen_location(options: AcceptOptions, command: asked.Accept) -> PickupLocation | Refused | None:
    if command.location_id is None:
        return next(iter(options.locations), None)
    for location in options.locations:
        if location.id == command.location_id:
            return location
    return Refused(Refusal.UNKNOWN_PICKUP_LOCATION, "pickup_location")


def _chosen_window(asked_of: Asked, command: asked.Accept) -> PickupWindow | Refused | None:
    options = asked_of.order.options
    if command.window_id is None:
        return default_window(options, asked_of.now) or next(iter(_new_windows(asked_of, asked_of.now)), None)
    for window in options.windows:
        if window.id == command.window_id:
            begun = window.opens <= asked_of.now
            return Refused(Refusal.PICKUP_WINDOW_HAS_BEGUN, "pickup_window") if begun else window
    return Refused(Refusal.UNKNOWN_PICKUP_WINDOW, "pickup_window")


def _new_windows(asked_of: Asked, until: datetime) -> tuple[PickupWindow, ...]:
    first_id = asked_of.order.options.last_window_id + 1
    return pickup_windows(asked_of.shop, asked_of.now, until=until, first_id=first_id)


def _reject(asked_of: Asked, command: asked.Reject) -> Event | Refused:
    if asked_of.order.expires_at <= asked_of.now:
        return Refused(Refusal.EXPIRED, state=State.EXPIRED)
    if not command.lines and not command.other:
        return Refused(Refusal.NOTHING_REJECTED, "line_items")
    for n, line in enumerate(command.lines):
        refusal = _line_rejection_fault(asked_of.order, line, command.lines[:n])
        if refusal:
            return Refused(*refusal)
    remains = remaining_lines(asked_of.order, command.lines)
    return happened.Rejected(
        lines=tuple(_as_counted(line) for line in command.lines),
        reason=command.other,
        follow_up=command.follow_up if remains else None,
    )


def _line_rejection_fault(
    order: Order, rejection: LineRejection, before: Iterable[LineRejection]
) -> tuple[Refusal, str] | None:
    line = order.line(rejection.line_id)
    if line is None:
        return Refusal.UNKNOWN_LINE, "line_items.id"
    if any(earlier.line_id == rejection.line_id for earlier in before):
        return Refusal.LINE_NAMED_TWICE, "line_items.id"
    if rejection.reason is not RejectionReason.LIMITED_STOCK:
        return None
    if rejection.available_quantity is None:
        return Refusal.AVAILABLE_QUANTITY_REQUIRED, "line_items.available_quantity"
    if not 0 <= rejection.available_quantity < line.quantity:
        return Refusal.AVAILABLE_QUANTITY_OUT_OF_RANGE, "line_items.available_quantity"
    return None


def _as_counted(rejection: LineRejection) -> LineRejection:
    """The rejection without a quantity that its reason gives no meaning to."""
    limited = rejection.reason is RejectionReason.LIMITED_STOCK
    return rejection if limited else replace(rejection, available_quantity=None)


def remaining_lines(order: Order, rejections: tuple[LineRejection, ...]) -> tuple[Line, ...]:
    """What the marketplace can still sell after a rejection with limited pieces: the lines that were not
    named, whole, and the limited ones at what is available. Nothing after any other rejection."""
    named = {rejection.line_id: rejection for rejection in rejections}
    if not any(rejection.reason is RejectionReason.LIMITED_STOCK for rejection in rejections):
        return ()
    at_hand = (
        replace(
            line,
            quantity=_at_hand(line, named[line.id]) if line.id in named else line.quantity,
            rejection_reason=None,
            available_quantity=None,
        )
        for line in order.lines
    )
    return tuple(line for line in at_hand if line.quantity > 0)


def _at_hand(line: Line, rejection: LineRejection) -> int:
    limited = rejection.reason is RejectionReason.LIMITED_STOCK
    return min(rejection.available_quantity or 0, line.quantity) if limited else 0


def _expire(asked_of: Asked, _: asked.Expire) -> Event | Refused:
    if asked_of.order.expires_at > asked_of.now:
        return Refused(Refusal.DEADLINE_NOT_REACHED)
    return happened.Expired()


def _extend(asked_of: Asked, command: asked.Extend) -> Event | Refused:
    order, expires_at = asked_of.order, command.expires_at.astimezone(UTC)
    if expires_at <= max(order.expires_at, asked_of.now):
        return Refused(Refusal.DEADLINE_NOT_LATER, "expires_at")
    dispatch_until = (command.dispatch_until or max(order.dispatch_until, expires_at)).astimezone(UTC)
    if dispatch_until < expires_at:
        return Refused(Refusal.DISPATCH_BEFORE_DEADLINE, "dispatch_until")
    windows = _new_windows(asked_of, expires_at)
    last_id = order.options.last_window_id + len(windows)
    # An order from before the shop had a pickup location could not be accepted otherwise.
    locations = order.options.locations or asked_of.shop.locations
    options = replace(order.options, locations=locations, windows=windows, last_window_id=last_id)
    return happened.Extended(expires_at=expires_at, dispatch_until=dispatch_until, options=options)


def _cancel(_: Asked, command: asked.Cancel) -> Event:
    return happened.Cancelled(reason=command.reason)


def _reschedule(asked_of: Asked, command: asked.Reschedule) -> Event | Refused:
    if command.opens <= asked_of.now:
        return Refused(Refusal.WINDOW_NOT_AHEAD, "from")
    if command.closes <= command.opens:
        return Refused(Refusal.WINDOW_NOT_AHEAD, "to")
    opens, closes = command.opens.astimezone(UTC), command.closes.astimezone(UTC)
    return happened.Rescheduled(window=PickupWindow(id=SET_BY_OPERATOR, opens=opens, closes=closes))


MOST_VOUCHERS = 99
"""Vouchers of one order, cancelled ones included: a tracking code has two digits for them."""


def _attach_voucher(asked_of: Asked, command: asked.AttachVoucher) -> Event | Refused:
    order, parcels = asked_of.order, command.parcels
    fault = _no_voucher_for_merchant(order) if asked_of.by is Actor.MERCHANT else _no_voucher_due(order)
    if fault:
        return Refused(fault)
    if command.voucher.serial != order.next_voucher:
        return Refused(Refusal.VOUCHER_OUTDATED)
    if parcels is not None and not 1 <= parcels <= order.options.most_parcels:
        return Refused(Refusal.UNKNOWN_NUMBER_OF_PARCELS, "number_of_parcels")
    return happened.VoucherCreated(voucher=command.voucher, tracking=command.tracking, parcels=parcels)


def _no_voucher_due(order: Order) -> Refusal | None:
    return None if order.voucher_is_due else Refusal.NO_VOUCHER_DUE


def _no_voucher_for_merchant(order: Order) -> Refusal | None:
    if order.voucher is not None:
        return Refusal.VOUCHER_EXISTS
    if order.fulfilment is not Fulfilment.MARKETPLACE:
        return Refusal.NOT_SHIPPED_BY_MARKETPLACE
    return Refusal.TOO_MANY_VOUCHERS if order.next_voucher > MOST_VOUCHERS else None


def _cancel_voucher(asked_of: Asked, _: asked.CancelVoucher) -> Event | Refused:
    if asked_of.order.voucher is None:
        return Refused(Refusal.NO_VOUCHER)
    return happened.VoucherCancelled(window=_agreed_window(asked_of))


def _collect_voucher(asked_of: Asked, _: asked.CollectVoucher) -> Event | Refused:
    """Downloading the voucher marks the order ready, unless the shop is enrolled in saying so itself."""
    if asked_of.order.voucher is None:
        return Refused(Refusal.NO_VOUCHER)
    if asked_of.shop.set_as_ready_required or asked_of.order.ready_at is not None:
        return Refused(Refusal.NOT_ELIGIBLE_FOR_READY)
    return happened.MarkedReady()


def _mark_ready(asked_of: Asked, _: asked.MarkReady) -> Event | Refused:
    order = asked_of.order
    if order.ready_at is not None or not told_when_ready(order):
        return Refused(Refusal.NOT_ELIGIBLE_FOR_READY)
    return happened.MarkedReady(window=_earlier_window(asked_of))


def told_when_ready(order: Order) -> bool:
    """Whether the courier waits to hear that the parcel is ready (Skroutz Orders API, set_as_ready)."""
    return order.fulfilment is Fulfilment.MARKETPLACE and order.courier == LAST_MILE


SET_BY_OPERATOR = 0
"""The id of a window that is none of the offered ones, and that readiness does not move."""

READY_EARLY_UNTIL = time(21)
"""Local time on the day before a pickup until which readiness may bring the pickup forward."""


def _earlier_window(asked_of: Asked) -> PickupWindow | None:
    window = asked_of.order.acceptance.window if asked_of.order.acceptance else None
    if (
        window is None
        or window.id == SET_BY_OPERATOR
        or asked_of.now >= _bring_forward_until(window, asked_of.shop)
    ):
        return None
    first = default_window(asked_of.order.options, asked_of.now)
    return first if first and first.opens < window.opens else None


def _bring_forward_until(window: PickupWindow, shop: Shop) -> datetime:
    zone = ZoneInfo(shop.zone)
    the_day_before = window.opens.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(the_day_before, READY_EARLY_UNTIL, zone)


def _mark_not_ready(asked_of: Asked, _: asked.MarkNotReady) -> Event | Refused:
    order = asked_of.order
    if order.ready_at is None or not told_when_ready(order):
        return Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO)
    return happened.MarkedNotReady(window=_agreed_window(asked_of))


def _agreed_window(asked_of: Asked) -> PickupWindow | None:
    """The pickup that was agreed first, where readiness moved it and it has not begun."""
    acceptance = asked_of.order.acceptance
    if acceptance is None or acceptance.agreed_window in {None, acceptance.window}:
        return None
    agreed = acceptance.agreed_window
    return agreed if agreed and agreed.opens > asked_of.now else None


def _note_tracking(asked_of: Asked, command: asked.NoteTracking) -> Event | Refused:
    if asked_of.order.fulfilment is not Fulfilment.MERCHANT:
        return Refused(Refusal.NOT_SHIPPED_BY_MERCHANT)
    if not command.trackings:
        return Refused(Refusal.NOTHING_NAMED, "tracking_details")
    return happened.TrackingNoted(trackings=command.trackings)


def _deliver_partially(asked_of: Asked, command: asked.DeliverPartially) -> Event | Refused:
    ordered = {line.id: line.quantity for line in asked_of.order.lines}
    return (
        _quantities_fault(command.lines, ordered)
        or (Refused(Refusal.NOTHING_LEFT_OUT, "lines") if _covers(command.lines, ordered) else None)
        or happened.PartiallyDelivered(lines=command.lines, returnable_until=_returnable_until(asked_of))
    )


def _return_partially(asked_of: Asked, command: asked.ReturnPartially) -> Event | Refused:
    left = {line.id: free_to_return(line) for line in asked_of.order.lines}
    fault = _quantities_fault(command.lines, left)
    if fault:
        return fault
    # The last pieces make the return whole.
    return (
        happened.Returned()
        if _covers(command.lines, left)
        else happened.PartiallyReturned(lines=command.lines)
    )


def _quantities_fault(lines: tuple[LineQuantity, ...], most: dict[str, int]) -> Refused | None:
    if not lines:
        return Refused(Refusal.NOTHING_NAMED, "lines")
    if len({line.line_id for line in lines}) < len(lines):
        return Refused(Refusal.LINE_NAMED_TWICE, "lines.id")
    for line in lines:
        if line.line_id not in most:
            return Refused(Refusal.UNKNOWN_LINE, "lines.id")
        if not 1 <= line.quantity <= most[line.line_id]:
            return Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")
    return None


def _covers(lines: tuple[LineQuantity, ...], whole: dict[str, int]) -> bool:
    return sum(line.quantity for line in lines) == sum(whole.values())


def _return(asked_of: Asked, _: asked.Return) -> Event | Refused:
    order = asked_of.order
    if order.return_request is not None:
        return Refused(Refusal.RETURN_WRONG_STATE, state=order.return_request.state)
    if order.return_is_under_way:
        return Refused(Refusal.RETURN_UNDER_WAY)
    # What left the warehouse goes back there, and only the marketplace sees it come.
    if asked_of.by is Actor.MERCHANT and order.fulfilment is Fulfilment.WAREHOUSE:
        return Refused(Refusal.CARRIED_BY_MARKETPLACE)
    if order.state is not State.CANCELLED:
        return happened.Returned()
    if order.dispatched_at is None or order.parcel_came_back_at is not None:
        return Refused(Refusal.NO_PARCEL_UNDER_WAY)
    return happened.ParcelCameBack()


MOST_INVOICE_FILES = 20
"""Files of one order, deleted ones included."""


def _attach_invoice(asked_of: Asked, command: asked.AttachInvoice) -> Event | Refused:
    order = asked_of.order
    replaced = order.uploaded_invoice if command.replacing else None
    if replaced is None and len(order.invoice_files) >= MOST_INVOICE_FILES:
        return Refused(Refusal.TOO_MANY_FILES)
    serial = max((file.serial for file in order.invoice_files), default=0) + 1
    return happened.InvoiceAttached(
        invoice=replace(command.invoice, serial=serial), replaces=replaced.serial if replaced else None
    )


def _remove_invoice(asked_of: Asked, command: asked.RemoveInvoice) -> Event | Refused:
    if all(file.serial != command.serial for file in asked_of.order.standing_invoice_files):
        return Refused(Refusal.UNKNOWN_FILE)
    return happened.InvoiceRemoved(serial=command.serial)


def _pick_up(asked_of: Asked, _: asked.PickUp) -> Event | Refused:
    return _not_the_merchants(asked_of) or happened.PickedUp(delivery_note=_delivery_note(asked_of))


def _delivery_note(asked_of: Asked) -> DeliveryNote | None:
    """The warehouse's paper for what it sends; its number is made of the order's."""
    order = asked_of.order
    if order.fulfilment is not Fulfilment.WAREHOUSE:
        return None
    recipient = " ".join(order.recipient).strip()
    return DeliveryNote(
        number=f"ΔΑ-{order.id:07d}", issued_at=asked_of.now, address=order.address, recipient=recipient
    )


def _deliver(asked_of: Asked, _: asked.Deliver) -> Event | Refused:
    return _not_the_merchants(asked_of) or happened.Delivered(returnable_until=_returnable_until(asked_of))


def _returnable_until(asked_of: Asked) -> datetime:
    return asked_of.now + timedelta(days=asked_of.shop.return_days)


def _complete(asked_of: Asked, _: asked.Complete) -> Event | Refused:
    order = asked_of.order
    until = order.returnable_until
    if order.completed_at is not None or until is None or until > asked_of.now:
        return Refused(Refusal.NOTHING_TO_COMPLETE)
    return happened.Completed()


def _not_the_merchants(asked_of: Asked) -> Refused | None:
    """The merchant may say where a parcel is only where no courier of the marketplace carries it."""
    carried = asked_of.order.fulfilment in {Fulfilment.MARKETPLACE, Fulfilment.WAREHOUSE}
    return Refused(Refusal.CARRIED_BY_MARKETPLACE) if carried and asked_of.by is Actor.MERCHANT else None


def _issue_invoice(asked_of: Asked, command: asked.IssueInvoice) -> Event | Refused:
    if asked_of.order.issued_invoice is not None:
        return Refused(Refusal.ALREADY_INVOICED)
    if asked_of.order.return_of is not None:
        return Refused(Refusal.NOT_A_SALE)
    series = asked_of.shop.invoice_series
    return happened.InvoiceIssued(
        invoice=IssuedInvoice(series=series, number=command.number, issued_at=asked_of.now)
    )


def _cancel_invoice(asked_of: Asked, command: asked.CancelInvoice) -> Event | Refused:
    invoice = asked_of.order.issued_invoice
    if invoice is None or invoice.storno is not None:
        return Refused(Refusal.NOT_INVOICED)
    return happened.InvoiceCancelled(storno=command.number)


def _set_payment(_: Asked, command: asked.SetPayment) -> Event:
    return happened.PaymentChanged(status=command.status)


def _refund(asked_of: Asked, command: asked.Refund) -> Event | Refused:
    """The marketplace refunds what it likes; for all others it is what has to be refunded."""
    order, left = asked_of.order, left_to_refund(asked_of.order)
    most = left if asked_of.by is Actor.MARKETPLACE else refund_due(order)
    if left <= 0:
        return Refused(Refusal.NOTHING_TO_REFUND)
    cents = most if command.cents is None else command.cents
    return (
        happened.Refunded(cents=cents)
        if 1 <= cents <= most
        else Refused(Refusal.REFUND_OUT_OF_RANGE, "cents")
    )


def _request_return(asked_of: Asked, command: asked.RequestReturn) -> Event | Refused:
    order, now = asked_of.order, asked_of.now
    if order.delivered_at is None or order.return_of is not None:
        return Refused(Refusal.NOTHING_TO_RETURN, state=order.state)
    if order.returnable_until is not None and order.returnable_until <= now:
        return Refused(Refusal.RETURN_TIME_OVER)
    fault = _quantities_fault(command.lines, {line.id: free_to_return(line) for line in order.lines})
    if fault:
        return fault
    review_until = review_deadline(command, asked_of.shop, now)
    if review_until <= now:
        return Refused(Refusal.RETURN_DEADLINE_NOT_AHEAD, "review_until")
    return happened.ReturnRequested(
        order=LinkedReturn(id=command.number, placed_at=now, state=ReturnState.PENDING_REVIEW),
        lines=command.lines,
        reason=command.reason,
        review_until=review_until,
        comment=command.comment,
        photos=command.photos,
    )


def _link_return(asked_of: Asked, command: asked.LinkReturn) -> Event | Refused:
    order = asked_of.order
    # What has not left cannot come back, and what came back does not come back again.
    if order.dispatched_at is None or order.return_of is not None:
        return Refused(Refusal.NOTHING_TO_RETURN, "return_source_id", order.state)
    return happened.ReturnLinked(order=command.order)


def _modify(asked_of: Asked, command: asked.Modify) -> Event | Refused:
    order, shipping = asked_of.order, command.changes.get("shipping_cents", 0)
    if isinstance(shipping, int) and order.items_cents + shipping + order.fees.total_cents > MOST_CENTS:
        return Refused(Refusal.AMOUNT_OUT_OF_RANGE, "shipping_cents")
    return happened.Modified(changes=dict(command.changes))


# Each function takes its own command's type, which a mapping by action cannot say.
_DECISIONS: dict[Action, Callable[[Asked, Any], Event | Refused]] = {
    Action.ACCEPT: _accept,
    Action.REJECT: _reject,
    Action.EXPIRE: _expire,
    Action.EXTEND: _extend,
    Action.CANCEL: _cancel,
    Action.RESCHEDULE: _reschedule,
    Action.ATTACH_VOUCHER: _attach_voucher,
    Action.CANCEL_VOUCHER: _cancel_voucher,
    Action.COLLECT_VOUCHER: _collect_voucher,
    Action.MARK_READY: _mark_ready,
    Action.MARK_NOT_READY: _mark_not_ready,
    Action.NOTE_TRACKING: _note_tracking,
    Action.BEGIN_WORK: lambda *_: happened.WorkBegun(),
    Action.PICK_UP: _pick_up,
    Action.ARRIVE_AT_PICKUP_POINT: lambda *_: happened.ArrivedAtPickupPoint(),
    Action.DELIVER: _deliver,
    Action.DELIVER_PARTIALLY: _deliver_partially,
    Action.FAIL_DELIVERY: lambda *_: happened.DeliveryFailed(),
    Action.RETURN_PARTIALLY: _return_partially,
    Action.RETURN: _return,
    Action.COMPLETE: _complete,
    Action.ATTACH_INVOICE: _attach_invoice,
    Action.REMOVE_INVOICE: _remove_invoice,
    Action.ISSUE_INVOICE: _issue_invoice,
    Action.CANCEL_INVOICE: _cancel_invoice,
    Action.SET_PAYMENT: _set_payment,
    Action.REFUND: _refund,
    Action.LINK_RETURN: _link_return,
    Action.REQUEST_RETURN: _request_return,
    Action.FOLLOW_RETURN: lambda _, command: happened.ReturnFollowed(
        order=command.order, lines=command.lines, restock=command.restock
    ),
    Action.UNLINK_RETURN: lambda _, command: happened.ReturnUnlinked(
        number=command.number, lines=command.lines
    ),
    Action.MODIFY: _modify,
}
