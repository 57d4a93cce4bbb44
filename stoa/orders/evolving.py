"""What an order is after an event: one small function an event, all of them total."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from stoa.orders import events as happened
from stoa.orders.billing import billing_of, invoice_details
from stoa.orders.commands import LineQuantity
from stoa.orders.events import Event
from stoa.orders.order import (
    RETURNS_UNDER_WAY,
    Acceptance,
    Actor,
    Line,
    LinkedOrder,
    LinkedReturn,
    Order,
    PaymentMethod,
    PaymentStatus,
    PickupWindow,
    Rejection,
    ReturnRequest,
    ReturnState,
    State,
    Tracking,
)
from stoa.orders.refunding import paid_cents, taken_cents


def evolve(order: Order, event: Event, *, by: Actor, at: datetime) -> Order:
    """The order after the event. Never refuses: what is recorded has happened."""
    changes = _CHANGES[type(event)](order, event, by, at)
    # The clocks of two machines may differ: an order never goes back in time.
    return replace(order, updated_at=max(at, order.updated_at), **changes)


Changes = dict[str, Any]
"""New values of an order's fields, by field."""


def _accepted(_order: Order, event: happened.Accepted, _by: Actor, _at: datetime) -> Changes:
    return {"state": State.ACCEPTED, "acceptance": event.acceptance}


def _rejected(order: Order, event: happened.Rejected, by: Actor, at: datetime) -> Changes:
    named = {line.line_id: line for line in event.lines}
    lines = tuple(
        replace(
            line,
            rejection_reason=named[line.id].reason,
            available_quantity=named[line.id].available_quantity,
        )
        if line.id in named
        else line
        for line in order.lines
    )
    return {
        "state": State.REJECTED,
        "rejection": Rejection(by=by, reason=event.reason),
        "lines": lines,
        # The follow-up order is placed in the same moment.
        "replacements": (LinkedOrder(id=event.follow_up, placed_at=at),) if event.follow_up else (),
    }


def _expired(_order: Order, _event: Event, _by: Actor, _at: datetime) -> Changes:
    return {"state": State.EXPIRED}


def _extended(_order: Order, event: happened.Extended, _by: Actor, _at: datetime) -> Changes:
    return {"expires_at": event.expires_at, "dispatch_until": event.dispatch_until, "options": event.options}


def _cancelled(_order: Order, event: happened.Cancelled, by: Actor, _at: datetime) -> Changes:
    return {"state": State.CANCELLED, "cancelled_by": by, "cancel_reason": event.reason}


def _rescheduled(order: Order, event: happened.Rescheduled, _by: Actor, _at: datetime) -> Changes:
    return {"acceptance": replace(_acceptance(order), window=event.window, agreed_window=event.window)}


def _voucher_created(order: Order, event: happened.VoucherCreated, _by: Actor, _at: datetime) -> Changes:
    changes: Changes = {
        "voucher": event.voucher,
        "courier": event.tracking.courier,
        "trackings": (event.tracking,),
    }
    if event.parcels is not None:
        changes["acceptance"] = replace(_acceptance(order), parcels=event.parcels)
    return changes


def _voucher_cancelled(order: Order, event: happened.VoucherCancelled, _by: Actor, _at: datetime) -> Changes:
    acceptance = _acceptance(order)
    return {
        "voucher": None,
        "cancelled_vouchers": order.cancelled_vouchers + 1,
        "trackings": (),
        # A parcel without a label is not ready.
        "ready_at": None,
        "acceptance": replace(acceptance, voucher_requested=False, window=event.window or acceptance.window),
    }


def _marked_ready(order: Order, event: happened.MarkedReady, _by: Actor, at: datetime) -> Changes:
    return {"ready_at": at, **_moved_to(order, event.window)}


def _marked_not_ready(order: Order, event: happened.MarkedNotReady, _by: Actor, _at: datetime) -> Changes:
    return {"ready_at": None, **_moved_to(order, event.window)}


def _moved_to(order: Order, window: PickupWindow | None) -> Changes:
    return {"acceptance": replace(_acceptance(order), window=window)} if window else {}


def _tracking_noted(_order: Order, event: happened.TrackingNoted, _by: Actor, _at: datetime) -> Changes:
    return {"trackings": event.trackings, "courier": event.trackings[0].courier}


def _picked_up(_order: Order, event: happened.PickedUp, _by: Actor, at: datetime) -> Changes:
    return {"state": State.DISPATCHED, "dispatched_at": at, "delivery_note": event.delivery_note}


def _arrived_at_pickup_point(_order: Order, _event: Event, _by: Actor, _at: datetime) -> Changes:
    return {"at_pickup_point": True}


def _delivered(order: Order, event: happened.Delivered, _by: Actor, at: datetime) -> Changes:
    lines = tuple(replace(line, delivered_quantity=line.quantity) for line in order.lines)
    return {
        "state": State.DELIVERED,
        "delivered_at": at,
        "returnable_until": event.returnable_until,
        "lines": lines,
        **_paid_at_the_door(order, lines),
    }


def _partially_delivered(
    order: Order, event: happened.PartiallyDelivered, _by: Actor, at: datetime
) -> Changes:
    taken = _by_line(event.lines)
    lines = tuple(
        # What the customer did not take goes back with the courier.
        _restocked(replace(line, delivered_quantity=quantity), line.quantity - quantity)
        for line in order.lines
        for quantity in [taken.get(line.id, 0)]
    )
    return {
        "state": State.PARTIALLY_DELIVERED,
        "delivered_at": at,
        "returnable_until": event.returnable_until,
        "lines": lines,
        **_paid_at_the_door(order, lines),
    }


def _paid_at_the_door(order: Order, lines: tuple[Line, ...]) -> Changes:
    if order.payment_method is not PaymentMethod.CASH_ON_DELIVERY:
        return {}
    awaited = order.payment_status is PaymentStatus.AWAITING
    # A fact from now on, whatever the merchant writes on the order later.
    return {
        "collected_cents": taken_cents(replace(order, lines=lines)),
        "payment_status": PaymentStatus.PAID if awaited else order.payment_status,
    }


def _delivery_failed(_order: Order, _event: Event, _by: Actor, _at: datetime) -> Changes:
    return {"state": State.FOR_RETURN}


def _partially_returned(
    order: Order, event: happened.PartiallyReturned, _by: Actor, _at: datetime
) -> Changes:
    back = _by_line(event.lines)
    lines = tuple(_came_back(line, back.get(line.id, 0)) for line in order.lines)
    return {"state": State.PARTIALLY_RETURNED, "lines": lines}


def _came_back(line: Line, quantity: int) -> Line:
    return _restocked(replace(line, returned_quantity=line.returned_quantity + quantity), quantity)


def _restocked(line: Line, quantity: int) -> Line:
    """The line, with so many more of its pieces in the warehouse again, where it is served from there."""
    if line.stock_id is None or quantity == 0:
        return line
    return replace(line, restocked_quantity=line.restocked_quantity + quantity)


def _returned(order: Order, _event: Event, _by: Actor, _at: datetime) -> Changes:
    if order.delivered_at is None:
        return {"state": State.RETURNED, "lines": _all_restocked(order)}
    lines = tuple(_came_back(line, left_to_return(line)) for line in order.lines)
    return {"state": State.RETURNED, "lines": lines}


def _all_restocked(order: Order) -> tuple[Line, ...]:
    """The lines of a parcel that came back as it left."""
    return tuple(_restocked(line, line.quantity) for line in order.lines)


def _parcel_came_back(order: Order, _event: Event, _by: Actor, at: datetime) -> Changes:
    return {"parcel_came_back_at": at, "lines": _all_restocked(order)}


def _completed(_order: Order, _event: Event, _by: Actor, at: datetime) -> Changes:
    return {"completed_at": at}


def _invoice_attached(order: Order, event: happened.InvoiceAttached, _by: Actor, _at: datetime) -> Changes:
    kept = tuple(file for file in order.invoice_files if file.serial != event.replaces)
    return {"invoice_files": (*kept, event.invoice)}


def _invoice_removed(order: Order, event: happened.InvoiceRemoved, _by: Actor, at: datetime) -> Changes:
    files = (
        replace(file, deleted_at=at) if file.serial == event.serial else file for file in order.invoice_files
    )
    return {"invoice_files": tuple(files)}


def _work_begun(_order: Order, _event: Event, _by: Actor, at: datetime) -> Changes:
    return {"work_began_at": at}


def _invoice_issued(_order: Order, event: happened.InvoiceIssued, _by: Actor, _at: datetime) -> Changes:
    return {"issued_invoice": event.invoice}


def _invoice_cancelled(order: Order, event: happened.InvoiceCancelled, _by: Actor, _at: datetime) -> Changes:
    if order.issued_invoice is None:
        message = f"order {order.id} has no invoice to cancel"
        raise AssertionError(message)
    return {"issued_invoice": replace(order.issued_invoice, storno=event.storno)}


def _payment_changed(_order: Order, event: happened.PaymentChanged, _by: Actor, _at: datetime) -> Changes:
    return {"payment_status": event.status}


def _refunded(order: Order, event: happened.Refunded, _by: Actor, _at: datetime) -> Changes:
    refunded = order.refunded_cents + event.cents
    status = PaymentStatus.REFUNDED if refunded >= paid_cents(order) else order.payment_status
    return {"refunded_cents": refunded, "payment_status": status}


def _return_linked(order: Order, event: happened.ReturnLinked, _by: Actor, _at: datetime) -> Changes:
    linked = LinkedReturn(id=event.order.id, placed_at=event.order.placed_at)
    return {"returns": (*order.returns, linked)}


def _return_requested(order: Order, event: happened.ReturnRequested, _by: Actor, _at: datetime) -> Changes:
    wanted = _by_line(event.lines)
    lines = tuple(
        replace(
            line,
            returning_quantity=line.returning_quantity + wanted[line.id],
            return_reason=event.reason,
        )
        if line.id in wanted
        else line
        for line in order.lines
    )
    return {"state": State.FOR_RETURN, "lines": lines, "returns": (*order.returns, event.order)}


def _return_followed(order: Order, event: happened.ReturnFollowed, _by: Actor, _at: datetime) -> Changes:
    returns = tuple(event.order if linked.id == event.order.id else linked for linked in order.returns)
    # A return ends once: its pieces are not counted again when more is heard of it, such as another tracking.
    if event.order.state in RETURNS_UNDER_WAY or not _is_under_way(order, event.order.id):
        return {"returns": returns}
    back = _by_line(event.lines) if event.order.state is ReturnState.RETURNED else {}
    lines = _no_longer_returning(order, event.lines)
    lines = tuple(
        replace(line, returned_quantity=line.returned_quantity + back.get(line.id, 0)) for line in lines
    )
    if event.restock:
        lines = tuple(_restocked(line, back.get(line.id, 0)) for line in lines)
    return _settled(order, lines, returns)


def _return_unlinked(order: Order, event: happened.ReturnUnlinked, _by: Actor, _at: datetime) -> Changes:
    returns = tuple(linked for linked in order.returns if linked.id != event.number)
    if not _is_under_way(order, event.number):
        return {"returns": returns}
    return _settled(order, _no_longer_returning(order, event.lines), returns)


def _is_under_way(order: Order, number: int) -> bool:
    """Whether the order waits for what becomes of the return of this number."""
    return any(linked.id == number and linked.state in RETURNS_UNDER_WAY for linked in order.returns)


def _no_longer_returning(order: Order, quantities: tuple[LineQuantity, ...]) -> tuple[Line, ...]:
    over = _by_line(quantities)
    return tuple(
        replace(line, returning_quantity=line.returning_quantity - over.get(line.id, 0))
        for line in order.lines
    )


def _settled(order: Order, lines: tuple[Line, ...], returns: tuple[LinkedReturn, ...]) -> Changes:
    """The order once a return is over. A line of which nothing comes back has no reason for that any more."""
    kept = tuple(
        line if line.returning_quantity or line.returned_quantity else replace(line, return_reason=None)
        for line in lines
    )
    return {
        "state": state_by_returns(replace(order, lines=kept, returns=returns)),
        "lines": kept,
        "returns": returns,
    }


def state_by_returns(order: Order) -> State:
    """The state of an order that was delivered, by what has come back and what may."""
    if order.return_is_under_way or order.state is not State.FOR_RETURN:
        return order.state
    if not any(line.returned_quantity for line in order.lines):
        whole = all(line.delivered_quantity == line.quantity for line in order.lines)
        return State.DELIVERED if whole else State.PARTIALLY_DELIVERED
    left = any(left_to_return(line) for line in order.lines)
    return State.PARTIALLY_RETURNED if left else State.RETURNED


def _return_approved(order: Order, event: happened.ReturnApproved, _by: Actor, _at: datetime) -> Changes:
    request = replace(
        _request(order), state=ReturnState.RETURNING, review=event.review, address=event.address
    )
    return {"return_request": request, "courier": event.courier}


def _return_declined(order: Order, event: happened.ReturnDeclined, _by: Actor, at: datetime) -> Changes:
    return _return_over(order, ReturnState.REJECTED, at, review=event.review)


def _missing_part_sent(order: Order, event: happened.MissingPartSent, _by: Actor, at: datetime) -> Changes:
    return _return_over(order, ReturnState.CANCELLED, at, review=event.review)


def _return_expired(order: Order, _event: Event, _by: Actor, at: datetime) -> Changes:
    return _return_over(order, ReturnState.EXPIRED, at)


def _return_cancelled(order: Order, event: happened.ReturnCancelled, by: Actor, at: datetime) -> Changes:
    over = _return_over(order, ReturnState.CANCELLED, at, closed_because=event.reason)
    return over | {"cancelled_by": by, "cancel_reason": event.reason}


def _return_tracked(order: Order, event: happened.ReturnTracked, _by: Actor, _at: datetime) -> Changes:
    courier = event.courier or order.courier or ""
    trackings = tuple(Tracking(courier=courier, code=code) for code in event.tracking_ids)
    return {"courier": courier, "trackings": trackings}


def _return_arrived(order: Order, _event: Event, _by: Actor, at: datetime) -> Changes:
    return {
        "return_request": replace(_request(order), state=ReturnState.PENDING_PHYSICAL_REVIEW, arrived_at=at)
    }


def _return_taken_back(order: Order, _event: Event, _by: Actor, at: datetime) -> Changes:
    return _return_over(order, ReturnState.RETURNED, at)


def _return_sent_back(order: Order, event: happened.ReturnSentBack, _by: Actor, at: datetime) -> Changes:
    return _return_over(order, ReturnState.REJECTED, at, closed_because=event.reason)


def _return_over(order: Order, state: ReturnState, at: datetime, **said: object) -> Changes:
    """The end of a return. Its order ends as it does, by the same word, and with it the money that awaited it."""
    request = replace(_request(order), state=state, closed_at=at, **said)
    is_back = state is ReturnState.RETURNED
    payment = PaymentStatus.REFUNDED if is_back else PaymentStatus.CANCELLED
    return {"state": State(state), "return_request": request, "payment_status": payment}


def _request(order: Order) -> ReturnRequest:
    if order.return_request is None:
        message = f"order {order.id} is no return that a customer asked for"
        raise AssertionError(message)
    return order.return_request


def _modified(order: Order, event: happened.Modified, _by: Actor, _at: datetime) -> Changes:
    changes: Changes = {name: value for name, value in event.changes.items() if "." not in name}
    for part in ("customer", "address", "origin"):
        if inner := _within(part, event.changes):
            changes[part] = replace(getattr(order, part), **inner)
    if inner := _within("billing", event.changes):
        changes["billing"] = replace(billing_of(order), **inner)
        changes["invoice"] = invoice_details(changes["billing"], order.invoice)
    return changes


def value_at(order: Order, name: str) -> object:
    """The present value by a name of ``commands.MODIFIABLE``."""
    part, _, field = name.rpartition(".")
    if not part:
        return getattr(order, field)
    return getattr(billing_of(order) if part == "billing" else getattr(order, part), field)


def _within(part: str, changes: Changes) -> Changes:
    """The changes of one part of the order, by the part's own names."""
    split = ((*name.partition("."), value) for name, value in changes.items())
    return {inner: value for outer, _, inner, value in split if outer == part and inner}


def left_to_return(line: Line) -> int:
    """How many pieces of a line the customer still has."""
    return (line.delivered_quantity or 0) - line.returned_quantity


def free_to_return(line: Line) -> int:
    """How many of them are in no return yet."""
    return left_to_return(line) - line.returning_quantity


def _by_line(quantities: tuple[LineQuantity, ...]) -> dict[str, int]:
    return {quantity.line_id: quantity.quantity for quantity in quantities}


def _acceptance(order: Order) -> Acceptance:
    if order.acceptance is None:
        message = f"order {order.id} is {order.state} without an acceptance"
        raise AssertionError(message)
    return order.acceptance


# Each function takes its own event's type, which a mapping by type cannot say.
_CHANGES: dict[type[Event], Callable[..., Changes]] = {
    happened.Placed: lambda *_: {},
    happened.Accepted: _accepted,
    happened.Rejected: _rejected,
    happened.Expired: _expired,
    happened.Extended: _extended,
    happened.Cancelled: _cancelled,
    happened.Rescheduled: _rescheduled,
    happened.VoucherCreated: _voucher_created,
    happened.VoucherCancelled: _voucher_cancelled,
    happened.MarkedReady: _marked_ready,
    happened.MarkedNotReady: _marked_not_ready,
    happened.TrackingNoted: _tracking_noted,
    happened.PickedUp: _picked_up,
    happened.ArrivedAtPickupPoint: _arrived_at_pickup_point,
    happened.Delivered: _delivered,
    happened.PartiallyDelivered: _partially_delivered,
    happened.DeliveryFailed: _delivery_failed,
    happened.PartiallyReturned: _partially_returned,
    happened.Returned: _returned,
    happened.ParcelCameBack: _parcel_came_back,
    happened.Completed: _completed,
    happened.InvoiceAttached: _invoice_attached,
    happened.InvoiceRemoved: _invoice_removed,
    happened.WorkBegun: _work_begun,
    happened.InvoiceIssued: _invoice_issued,
    happened.InvoiceCancelled: _invoice_cancelled,
    happened.PaymentChanged: _payment_changed,
    happened.Refunded: _refunded,
    happened.ReturnLinked: _return_linked,
    happened.ReturnRequested: _return_requested,
    happened.ReturnFollowed: _return_followed,
    happened.ReturnUnlinked: _return_unlinked,
    happened.ReturnPlaced: lambda *_: {},
    happened.ReturnApproved: _return_approved,
    happened.ReturnDeclined: _return_declined,
    happened.MissingPartSent: _missing_part_sent,
    happened.ReturnExpired: _return_expired,
    happened.ReturnCancelled: _return_cancelled,
    happened.ReturnTracked: _return_tracked,
    happened.ReturnArrived: _return_arrived,
    happened.ReturnTakenBack: _return_taken_back,
    happened.ReturnSentBack: _return_sent_back,
    happened.Modified: _modified,
}
