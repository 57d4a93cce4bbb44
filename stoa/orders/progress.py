"""How far an order is, in the words that lists go by: a step of its way, and the stage that the step belongs to."""

from enum import StrEnum

from stoa.orders.order import Order, PaymentMethod, PaymentStatus, ReturnState, State


class Stage(StrEnum):
    AWAITING = "awaiting"
    CONFIRMED = "confirmed"
    IN_PROCESS = "in_process"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """Finer than a state where a state has parts that people tell apart."""

    OPEN = "open"
    ACCEPTED = "accepted"
    LABELLED = "labelled"
    IN_WORK = "in_work"
    IN_WORK_LABELLED = "in_work_labelled"
    READY = "ready"
    READY_LABELLED = "ready_labelled"
    DISPATCHED = "dispatched"
    AT_PICKUP_POINT = "at_pickup_point"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERED = "delivered"
    PARTIALLY_DELIVERED = "partially_delivered"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    RETURN_REQUESTED = "return_requested"
    RETURN_CANCELLED = "return_cancelled"
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    # Of a return itself, from its request to its end: who lists no returns lists none of these.
    RETURN_IN_REVIEW = "return_in_review"
    RETURN_UNDER_WAY = "return_under_way"
    RETURN_ARRIVED = "return_arrived"
    RETURN_TAKEN_BACK = "return_taken_back"
    RETURN_DECLINED = "return_declined"
    RETURN_CALLED_OFF = "return_called_off"
    RETURN_EXPIRED = "return_expired"


STAGES = {
    Step.OPEN: Stage.AWAITING,
    Step.ACCEPTED: Stage.CONFIRMED,
    Step.LABELLED: Stage.CONFIRMED,
    Step.IN_WORK: Stage.IN_PROCESS,
    Step.IN_WORK_LABELLED: Stage.IN_PROCESS,
    Step.READY: Stage.IN_PROCESS,
    Step.READY_LABELLED: Stage.IN_PROCESS,
    Step.DISPATCHED: Stage.SHIPPED,
    Step.AT_PICKUP_POINT: Stage.SHIPPED,
    Step.DELIVERY_FAILED: Stage.SHIPPED,
    Step.DELIVERED: Stage.DELIVERED,
    Step.PARTIALLY_DELIVERED: Stage.DELIVERED,
    Step.COMPLETED: Stage.DELIVERED,
    Step.PARTIALLY_COMPLETED: Stage.DELIVERED,
    Step.RETURN_REQUESTED: Stage.DELIVERED,
    Step.RETURN_CANCELLED: Stage.DELIVERED,
    Step.PARTIALLY_RETURNED: Stage.DELIVERED,
    Step.RETURNED: Stage.RETURNED,
    Step.REJECTED: Stage.CANCELLED,
    Step.CANCELLED: Stage.CANCELLED,
    Step.EXPIRED: Stage.CANCELLED,
    Step.RETURN_IN_REVIEW: Stage.AWAITING,
    Step.RETURN_UNDER_WAY: Stage.SHIPPED,
    Step.RETURN_ARRIVED: Stage.SHIPPED,
    Step.RETURN_TAKEN_BACK: Stage.RETURNED,
    Step.RETURN_DECLINED: Stage.CANCELLED,
    Step.RETURN_CALLED_OFF: Stage.CANCELLED,
    Step.RETURN_EXPIRED: Stage.CANCELLED,
}


WAITING_FOR_COURIER = (Step.LABELLED, Step.IN_WORK_LABELLED, Step.READY_LABELLED)
"""Where the parcel has its voucher and has not left."""


def step_of(order: Order) -> Step:
    if order.return_request is not None:
        return _STEP_OF_RETURN[order.return_request.state]
    if order.state is State.ACCEPTED:
        return _accepted(order)
    if order.state is State.DISPATCHED:
        return Step.AT_PICKUP_POINT if order.at_pickup_point else Step.DISPATCHED
    if order.state is State.FOR_RETURN:
        return Step.RETURN_REQUESTED if order.return_is_under_way else Step.DELIVERY_FAILED
    if order.state in _COMPLETED:
        return _delivered(order)
    return _STEPS[order.state]


def stage_of(order: Order) -> Stage:
    return STAGES[step_of(order)]


def _accepted(order: Order) -> Step:
    if order.ready_at is not None:
        return Step.READY_LABELLED if order.voucher else Step.READY
    if order.work_began_at is not None:
        return Step.IN_WORK_LABELLED if order.voucher else Step.IN_WORK
    return Step.LABELLED if order.voucher else Step.ACCEPTED


def _delivered(order: Order) -> Step:
    if order.completed_at is not None:
        return _COMPLETED[order.state]
    # None of the returns that the customer asked for is under way, or has brought anything back.
    return Step.RETURN_CANCELLED if order.requested_returns else _STEPS[order.state]


_STEP_OF_RETURN = {
    ReturnState.PENDING_REVIEW: Step.RETURN_IN_REVIEW,
    ReturnState.RETURNING: Step.RETURN_UNDER_WAY,
    ReturnState.PENDING_PHYSICAL_REVIEW: Step.RETURN_ARRIVED,
    ReturnState.RETURNED: Step.RETURN_TAKEN_BACK,
    ReturnState.REJECTED: Step.RETURN_DECLINED,
    ReturnState.CANCELLED: Step.RETURN_CALLED_OFF,
    ReturnState.EXPIRED: Step.RETURN_EXPIRED,
}

STEPS_OF_RETURNS = tuple(_STEP_OF_RETURN.values())
"""The steps of returns, which no other order is ever at."""


_STEPS = {
    State.OPEN: Step.OPEN,
    State.REJECTED: Step.REJECTED,
    State.CANCELLED: Step.CANCELLED,
    State.EXPIRED: Step.EXPIRED,
    State.DELIVERED: Step.DELIVERED,
    State.PARTIALLY_DELIVERED: Step.PARTIALLY_DELIVERED,
    State.PARTIALLY_RETURNED: Step.PARTIALLY_RETURNED,
    State.RETURNED: Step.RETURNED,
}


_COMPLETED = {State.DELIVERED: Step.COMPLETED, State.PARTIALLY_DELIVERED: Step.PARTIALLY_COMPLETED}
"""What was delivered and can no longer be returned."""


class PaymentStep(StrEnum):
    """Finer than a payment's status: how the money comes, or came."""

    TO_COLLECT = "to_collect"
    AWAITS_TRANSFER = "awaits_transfer"
    AWAITS_ONLINE = "awaits_online"
    COLLECTED = "collected"
    PAID_BY_TRANSFER = "paid_by_transfer"
    PAID_ONLINE = "paid_online"


def payment_step_of(order: Order) -> PaymentStep | None:
    """None where the status says it all, and of a return, which nobody pays."""
    if order.return_request is not None:
        return None
    steps = _PAYMENT_STEPS.get(order.payment_status)
    return steps.get(order.payment_method, steps[PaymentMethod.CARD]) if steps else None


_PAYMENT_STEPS = {
    PaymentStatus.AWAITING: {
        PaymentMethod.CASH_ON_DELIVERY: PaymentStep.TO_COLLECT,
        PaymentMethod.BANK_TRANSFER: PaymentStep.AWAITS_TRANSFER,
        PaymentMethod.CARD: PaymentStep.AWAITS_ONLINE,
    },
    PaymentStatus.PAID: {
        PaymentMethod.CASH_ON_DELIVERY: PaymentStep.COLLECTED,
        PaymentMethod.BANK_TRANSFER: PaymentStep.PAID_BY_TRANSFER,
        PaymentMethod.CARD: PaymentStep.PAID_ONLINE,
    },
}
"""Whatever is not collected or transferred is paid online, as a card is."""
