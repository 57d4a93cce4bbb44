"""What the domain's statuses are called, in English: the msgids of the catalogues."""

from stoa.orders.order import Actor, Order, PaymentMethod, PaymentStatus
from stoa.orders.progress import Stage, Step, step_of

STAGES = {
    Stage.AWAITING: "Order awaiting",
    Stage.CONFIRMED: "Order confirmed",
    Stage.IN_PROCESS: "Order in process",
    Stage.SHIPPED: "Order shipped",
    Stage.DELIVERED: "Order delivered",
    Stage.RETURNED: "Order returned",
    Stage.CANCELLED: "Order cancelled",
}

STEPS = {
    Step.OPEN: "Awaiting acceptance",
    Step.ACCEPTED: "Accepted",
    Step.LABELLED: "Label ready",
    Step.IN_WORK: "Being prepared",
    Step.IN_WORK_LABELLED: "Being prepared, label ready",
    Step.READY: "Ready for collection",
    Step.READY_LABELLED: "Ready for collection",
    Step.DISPATCHED: "With the courier",
    Step.AT_PICKUP_POINT: "At the pickup point",
    Step.DELIVERY_FAILED: "Delivery failed, coming back",
    Step.DELIVERED: "Delivered",
    Step.PARTIALLY_DELIVERED: "Partly delivered",
    Step.COMPLETED: "Delivered",
    Step.PARTIALLY_COMPLETED: "Partly delivered",
    Step.RETURN_REQUESTED: "Return requested",
    Step.RETURN_CANCELLED: "Delivered, return cancelled",
    Step.PARTIALLY_RETURNED: "Partly returned",
    Step.RETURNED: "Returned",
    Step.REJECTED: "Rejected by the shop",
    Step.EXPIRED: "Not accepted in time",
    Step.RETURN_IN_REVIEW: "Return awaits review",
    Step.RETURN_UNDER_WAY: "Return on its way",
    Step.RETURN_ARRIVED: "Return arrived, being checked",
    Step.RETURN_TAKEN_BACK: "Goods taken back",
    Step.RETURN_DECLINED: "Return rejected",
    Step.RETURN_CALLED_OFF: "Return cancelled",
    Step.RETURN_EXPIRED: "Return not answered in time",
}
"""What a step is called, but for a cancelled order: there it matters who did it."""

CANCELLED_BY = {
    Actor.CUSTOMER: "Cancelled by the customer",
    Actor.MERCHANT: "Cancelled by the shop",
    Actor.MARKETPLACE: "Cancelled by the marketplace",
}

PAYMENT_METHODS = {
    PaymentMethod.CARD: "Card",
    PaymentMethod.CASH_ON_DELIVERY: "Cash on delivery",
    PaymentMethod.LOAN: "Instalments",
    PaymentMethod.BANK_TRANSFER: "Bank transfer",
    PaymentMethod.IRIS: "IRIS",
    PaymentMethod.WALLET: "Wallet",
    PaymentMethod.EDENRED: "Edenred",
    PaymentMethod.REVOLUT: "Revolut",
}

PAYMENT_STATUSES = {
    PaymentStatus.TEMPORARY: "Payment pending",
    PaymentStatus.AWAITING: "Payment awaiting",
    PaymentStatus.PAID: "Paid",
    PaymentStatus.FAILED: "Payment failed",
    PaymentStatus.CANCELLED: "Payment cancelled",
    PaymentStatus.REFUNDED: "Payment refunded",
    PaymentStatus.REJECTED: "Payment rejected",
}


def step_text(order: Order) -> str:
    """What the order's step is called; an end that several can bring about says who did."""
    step = step_of(order)
    if step is Step.CANCELLED:
        by = order.cancelled_by
        return CANCELLED_BY[by] if by in CANCELLED_BY else STAGES[Stage.CANCELLED]
    if step is Step.REJECTED and order.rejection is not None and order.rejection.by is Actor.MARKETPLACE:
        return "Rejected by the marketplace"
    return STEPS[step]
