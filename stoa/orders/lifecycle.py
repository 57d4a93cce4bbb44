"""The whole life of an order in one table: from which state which action leads where, and who may do it."""

from enum import StrEnum

from msgspec import Struct

from stoa.orders.order import CAME_TO_NOTHING, Actor, State


class Action(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    EXPIRE = "expire"
    EXTEND = "extend"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    BEGIN_WORK = "begin_work"
    ATTACH_VOUCHER = "attach_voucher"
    CANCEL_VOUCHER = "cancel_voucher"
    COLLECT_VOUCHER = "collect_voucher"
    MARK_READY = "mark_ready"
    MARK_NOT_READY = "mark_not_ready"
    NOTE_TRACKING = "note_tracking"
    PICK_UP = "pick_up"
    ARRIVE_AT_PICKUP_POINT = "arrive_at_pickup_point"
    DELIVER = "deliver"
    DELIVER_PARTIALLY = "deliver_partially"
    FAIL_DELIVERY = "fail_delivery"
    RETURN_PARTIALLY = "return_partially"
    RETURN = "return"
    COMPLETE = "complete"
    ATTACH_INVOICE = "attach_invoice"
    REMOVE_INVOICE = "remove_invoice"
    ISSUE_INVOICE = "issue_invoice"
    CANCEL_INVOICE = "cancel_invoice"
    SET_PAYMENT = "set_payment"
    LINK_RETURN = "link_return"
    MODIFY = "modify"


class Move(Struct, frozen=True):
    to: State
    by: frozenset[Actor]


def _move(to: State, *by: Actor) -> Move:
    return Move(to, frozenset(by))


_CUSTOMER, _MERCHANT, _COURIER = Actor.CUSTOMER, Actor.MERCHANT, Actor.COURIER
_MARKETPLACE, _CLOCK = Actor.MARKETPLACE, Actor.CLOCK
_OTHERS = (_CUSTOMER, _COURIER, _MARKETPLACE, _CLOCK)

MOVES: dict[tuple[State, Action], Move] = {
    (State.OPEN, Action.ACCEPT): _move(State.ACCEPTED, _MERCHANT, _MARKETPLACE),
    (State.OPEN, Action.REJECT): _move(State.REJECTED, _MERCHANT, _MARKETPLACE),
    (State.OPEN, Action.EXPIRE): _move(State.EXPIRED, _CLOCK),
    (State.OPEN, Action.EXTEND): _move(State.OPEN, _MARKETPLACE),
    (State.OPEN, Action.CANCEL): _move(State.CANCELLED, _CUSTOMER, _MARKETPLACE),
    (State.ACCEPTED, Action.RESCHEDULE): _move(State.ACCEPTED, _MARKETPLACE),
    (State.ACCEPTED, Action.BEGIN_WORK): _move(State.ACCEPTED, _MERCHANT),
    (State.ACCEPTED, Action.ATTACH_VOUCHER): _move(State.ACCEPTED, _MARKETPLACE, _MERCHANT),
    (State.ACCEPTED, Action.CANCEL_VOUCHER): _move(State.ACCEPTED, _MERCHANT),
    (State.ACCEPTED, Action.COLLECT_VOUCHER): _move(State.ACCEPTED, _MERCHANT),
    (State.ACCEPTED, Action.MARK_READY): _move(State.ACCEPTED, _MERCHANT),
    (State.ACCEPTED, Action.MARK_NOT_READY): _move(State.ACCEPTED, _MERCHANT),
    (State.ACCEPTED, Action.NOTE_TRACKING): _move(State.ACCEPTED, _MERCHANT),
    (State.ACCEPTED, Action.CANCEL): _move(State.CANCELLED, _CUSTOMER, _MARKETPLACE, _MERCHANT),
    # The merchant says so of what it ships itself, see ``decisions``.
    (State.ACCEPTED, Action.PICK_UP): _move(State.DISPATCHED, _COURIER, _MERCHANT),
    # A courier may be quicker than the label printer: the voucher still gets its number.
    (State.DISPATCHED, Action.ATTACH_VOUCHER): _move(State.DISPATCHED, _MARKETPLACE),
    (State.DISPATCHED, Action.NOTE_TRACKING): _move(State.DISPATCHED, _MERCHANT),
    (State.DISPATCHED, Action.ARRIVE_AT_PICKUP_POINT): _move(State.DISPATCHED, _COURIER),
    (State.DISPATCHED, Action.CANCEL): _move(State.CANCELLED, _CUSTOMER, _MARKETPLACE, _MERCHANT),
    (State.DISPATCHED, Action.DELIVER): _move(State.DELIVERED, _COURIER, _MERCHANT),
    (State.DISPATCHED, Action.DELIVER_PARTIALLY): _move(State.PARTIALLY_DELIVERED, _COURIER),
    (State.DISPATCHED, Action.FAIL_DELIVERY): _move(State.FOR_RETURN, _COURIER),
    (State.DISPATCHED, Action.RETURN): _move(State.RETURNED, _COURIER, _MERCHANT),
    (State.FOR_RETURN, Action.RETURN): _move(State.RETURNED, _COURIER, _MERCHANT),
    (State.DELIVERED, Action.COMPLETE): _move(State.DELIVERED, _CLOCK),
    (State.DELIVERED, Action.RETURN_PARTIALLY): _move(State.PARTIALLY_RETURNED, _COURIER),
    (State.DELIVERED, Action.RETURN): _move(State.RETURNED, _COURIER, _MERCHANT),
    (State.PARTIALLY_DELIVERED, Action.COMPLETE): _move(State.PARTIALLY_DELIVERED, _CLOCK),
    (State.PARTIALLY_DELIVERED, Action.RETURN_PARTIALLY): _move(State.PARTIALLY_RETURNED, _COURIER),
    (State.PARTIALLY_DELIVERED, Action.RETURN): _move(State.RETURNED, _COURIER, _MERCHANT),
    (State.PARTIALLY_RETURNED, Action.RETURN_PARTIALLY): _move(State.PARTIALLY_RETURNED, _COURIER),
    (State.PARTIALLY_RETURNED, Action.RETURN): _move(State.RETURNED, _COURIER, _MERCHANT),
    # A parcel that was on its way when its order was cancelled comes back: a fact, the state stays.
    (State.CANCELLED, Action.RETURN): _move(State.CANCELLED, _COURIER),
    # A receipt may be due, or wrong, at any time.
    **{(state, Action.ATTACH_INVOICE): _move(state, _MERCHANT) for state in State},
    **{(state, Action.REMOVE_INVOICE): _move(state, _MERCHANT) for state in State},
    **{
        (state, Action.ISSUE_INVOICE): _move(state, _MERCHANT)
        for state in State
        if state not in CAME_TO_NOTHING
    },
    **{(state, Action.CANCEL_INVOICE): _move(state, _MERCHANT, *_OTHERS) for state in State},
    # Payment is an axis of its own, and what is written on an order is never too late.
    **{(state, Action.SET_PAYMENT): _move(state, _MERCHANT, _MARKETPLACE) for state in State},
    **{(state, Action.MODIFY): _move(state, _MERCHANT) for state in State},
    **{
        (state, Action.LINK_RETURN): _move(state, _MERCHANT)
        for state in State
        if state not in CAME_TO_NOTHING
    },
}

FIRST = State.OPEN
LAST = frozenset({State.REJECTED, State.EXPIRED, State.CANCELLED, State.RETURNED})
"""States that no action leaves."""


def _reached_from(first: State) -> set[State]:
    reached, ahead = set[State](), {first}
    while ahead:
        reached |= ahead
        ahead = {move.to for (state, _), move in MOVES.items() if state in reached} - reached
    return reached


def faults() -> list[str]:
    """What is wrong with the table itself: states that cannot be reached, or left although they should be."""
    reached = _reached_from(FIRST)
    left = {state for (state, _), move in MOVES.items() if move.to is not state}
    return (
        [f"no action leads to {state}" for state in State if state not in reached]
        + [f"no action leaves {state}" for state in State if state not in left | LAST]
        + [f"an action leaves {state}, which is an end" for state in LAST & left]
    )
