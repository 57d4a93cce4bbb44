"""The whole life of an order in one table: from which state which action leads where, and who may do it."""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from stoa.orders.order import CAME_TO_NOTHING, RETURNS_UNDER_WAY, Actor, ReturnState, State


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
    REFUND = "refund"
    LINK_RETURN = "link_return"
    REQUEST_RETURN = "request_return"
    FOLLOW_RETURN = "follow_return"
    UNLINK_RETURN = "unlink_return"
    MODIFY = "modify"
    # Of a return itself.
    APPROVE_RETURN = "approve_return"
    DECLINE_RETURN = "decline_return"
    SEND_MISSING_PART = "send_missing_part"
    EXPIRE_RETURN = "expire_return"
    CANCEL_RETURN = "cancel_return"
    TRACK_RETURN = "track_return"
    ARRIVE_BACK = "arrive_back"
    TAKE_BACK = "take_back"
    SEND_BACK = "send_back"


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
    (State.DELIVERED, Action.REQUEST_RETURN): _move(State.FOR_RETURN, _CUSTOMER, _MARKETPLACE),
    (State.PARTIALLY_DELIVERED, Action.REQUEST_RETURN): _move(State.FOR_RETURN, _CUSTOMER, _MARKETPLACE),
    (State.PARTIALLY_RETURNED, Action.REQUEST_RETURN): _move(State.FOR_RETURN, _CUSTOMER, _MARKETPLACE),
    (State.FOR_RETURN, Action.REQUEST_RETURN): _move(State.FOR_RETURN, _CUSTOMER, _MARKETPLACE),
    # Where news of a return lead depends on all of them, see ``evolving.state_by_returns``.
    **{(state, Action.FOLLOW_RETURN): _move(state, _MERCHANT, *_OTHERS) for state in State},
    **{(state, Action.UNLINK_RETURN): _move(state, _MERCHANT) for state in State},
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
    **{(state, Action.REFUND): _move(state, _MERCHANT, *_OTHERS) for state in State},
    **{(state, Action.MODIFY): _move(state, _MERCHANT) for state in State},
    **{
        (state, Action.LINK_RETURN): _move(state, _MERCHANT)
        for state in State
        if state not in CAME_TO_NOTHING
    },
}


class ReturnMove(Struct, frozen=True):
    to: ReturnState
    by: frozenset[Actor]


def _step(to: ReturnState, *by: Actor) -> ReturnMove:
    return ReturnMove(to, frozenset(by))


RETURN_MOVES: dict[tuple[ReturnState, Action], ReturnMove] = {
    (ReturnState.PENDING_REVIEW, Action.APPROVE_RETURN): _step(
        ReturnState.RETURNING, _MERCHANT, _MARKETPLACE
    ),
    (ReturnState.PENDING_REVIEW, Action.DECLINE_RETURN): _step(ReturnState.REJECTED, _MERCHANT, _MARKETPLACE),
    (ReturnState.PENDING_REVIEW, Action.SEND_MISSING_PART): _step(
        ReturnState.CANCELLED, _MERCHANT, _MARKETPLACE
    ),
    (ReturnState.PENDING_REVIEW, Action.EXPIRE_RETURN): _step(ReturnState.EXPIRED, _CLOCK),
    (ReturnState.PENDING_REVIEW, Action.CANCEL_RETURN): _step(ReturnState.CANCELLED, _CUSTOMER, _MARKETPLACE),
    (ReturnState.RETURNING, Action.TRACK_RETURN): _step(ReturnState.RETURNING, _COURIER, _MARKETPLACE),
    (ReturnState.RETURNING, Action.ARRIVE_BACK): _step(
        ReturnState.PENDING_PHYSICAL_REVIEW, _COURIER, _MARKETPLACE
    ),
    (ReturnState.RETURNING, Action.CANCEL_RETURN): _step(ReturnState.CANCELLED, _CUSTOMER, _MARKETPLACE),
    (ReturnState.PENDING_PHYSICAL_REVIEW, Action.TAKE_BACK): _step(
        ReturnState.RETURNED, _MERCHANT, _MARKETPLACE
    ),
    (ReturnState.PENDING_PHYSICAL_REVIEW, Action.SEND_BACK): _step(
        ReturnState.REJECTED, _MERCHANT, _MARKETPLACE
    ),
    # The customer cannot call back what lies at the shop.
    (ReturnState.PENDING_PHYSICAL_REVIEW, Action.CANCEL_RETURN): _step(ReturnState.CANCELLED, _MARKETPLACE),
}
"""The whole life of a return that a customer asked for."""

OF_A_RETURN = frozenset(action for _, action in RETURN_MOVES)
"""The actions of a return itself, which no other order knows."""

FIRST = State.OPEN
LAST = frozenset({State.REJECTED, State.EXPIRED, State.CANCELLED, State.RETURNED})
"""States that no action leaves."""

Place = TypeVar("Place", State, ReturnState)


def faults() -> list[str]:
    """What is wrong with the tables themselves: states that cannot be reached, or left although they should be."""
    of_orders = {(state, move.to) for (state, _), move in MOVES.items()}
    of_returns = {(state, move.to) for (state, _), move in RETURN_MOVES.items()}
    over = frozenset(ReturnState) - RETURNS_UNDER_WAY
    return [
        *_faults_of(of_orders, State, FIRST, LAST),
        *(
            f"{fault} of a return"
            for fault in _faults_of(of_returns, ReturnState, ReturnState.PENDING_REVIEW, over)
        ),
    ]


def _faults_of(
    ways: Collection[tuple[Place, Place]], places: Iterable[Place], first: Place, last: Collection[Place]
) -> list[str]:
    reached = _reached_from(first, ways)
    left = {place for place, to in ways if to != place}
    return (
        [f"no action leads to {place}" for place in places if place not in reached]
        + [f"no action leaves {place}" for place in places if place not in left and place not in last]
        + [
            f"an action leaves {place}, which is an end"
            for place in places
            if place in left and place in last
        ]
    )


def _reached_from(first: Place, ways: Collection[tuple[Place, Place]]) -> set[Place]:
    reached, ahead = set[Place](), {first}
    while ahead:
        reached |= ahead
        ahead = {to for place, to in ways if place in reached} - reached
    return reached
