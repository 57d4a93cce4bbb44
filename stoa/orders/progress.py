"""How far an order is, in the words that lists go by: a step of its way, and the stage that the step belongs to."""

from enum import StrEnum

from stoa.orders.order import Order, PaymentMethod, PaymentStatus, State


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
    PARTIALLY_RETURNED = "partially_returned"
    RETURNED = "returned"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


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
    Step.PARTIALLY_RETURNED: Stage.DELIVERED,
    Step.RETURNED: Stage.RETURNED,
    Step.REJECTED: Stage.CANCELLED,
    Step.CANCELLED: Stage.CANCELLED,
    Step.EXPIRED: Stage.CANCELLED,
}


WAITING_FOR_COURIER = (Step.LABELLED, Step.IN_WORK_LABELLED, Step.READY_LABELLED)
"""Where the parcel has its voucher and has not left."""


def step_of(order: Order) -> Step:
    if order.state is State.ACCEPTED:
        return _accepted(order)
    if order.state is State.DISPATCHED:
        return Step.AT_PICKUP_POINT if order.at_pickup_point else Step.DISPATCHED
    if order.completed_at is not None:
        return _COMPLETED.get(order.state, _STEPS[order.state])
    return _STEPS[order.state]


def stage_of(order: Order) -> Stage:
    return STAGES[step_of(order)]


def _accepted(order: Order) -> Step:
    if order.ready_at is not None:
        return Step.READY_LABELLED if order.voucher else Step.READY
    if order.work_began_at is not None:
        return Step.IN_WORK_LABELLED if order.voucher else Step.IN_WORK
    return Step.LABELLED if order.voucher else Step.ACCEPTED


_STEPS = {
    State.OPEN: Step.OPEN,
    State.REJECTED: Step.REJECTED,
    State.CANCELLED: Step.CANCELLED,
    State.EXPIRED: Step.EXPIRED,
    State.DELIVERED: Step.DELIVERED,
    State.PARTIALLY_DELIVERED: Step.PARTIALLY_DELIVERED,
    State.FOR_RETURN: Step.DELIVERY_FAILED,
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
    """None where the status says it all."""
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
