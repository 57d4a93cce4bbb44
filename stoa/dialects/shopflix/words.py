"""What Shopflix calls the states of an order, the ways to pay and the carriers."""

from collections.abc import Mapping

from stoa.orders.carriers import CARRIERS
from stoa.orders.order import Order, PaymentMethod
from stoa.orders.progress import Step, step_of

REGISTERED = "registered"
IN_PROCESSING = "in-processing"
READY_FOR_SHIPMENT = "ready-for-shipment"
PICKED_BY_COURIER = "picked-by-courier"
AT_CLEVER_POINT = "delivered-to-clever-point"
DELIVERED = "delivered-to-customer"
COMPLETED = "completed"
DELIVERY_FAILED = "delivery-failed"
RETURN_REQUESTED = "return-requested"
RETURN_CANCELED = "return-canceled"
RETURNED = "returned"
REJECTED = "rejected-by-merchant"
CANCELED = "canceled"

STATES = {
    Step.OPEN: REGISTERED,
    Step.ACCEPTED: IN_PROCESSING,
    Step.IN_WORK: IN_PROCESSING,
    Step.READY: IN_PROCESSING,
    Step.LABELLED: READY_FOR_SHIPMENT,
    Step.IN_WORK_LABELLED: READY_FOR_SHIPMENT,
    Step.READY_LABELLED: READY_FOR_SHIPMENT,
    Step.DISPATCHED: PICKED_BY_COURIER,
    Step.AT_PICKUP_POINT: AT_CLEVER_POINT,
    Step.DELIVERED: DELIVERED,
    Step.PARTIALLY_DELIVERED: DELIVERED,
    Step.PARTIALLY_RETURNED: DELIVERED,
    Step.COMPLETED: COMPLETED,
    Step.PARTIALLY_COMPLETED: COMPLETED,
    Step.DELIVERY_FAILED: DELIVERY_FAILED,
    Step.RETURN_REQUESTED: RETURN_REQUESTED,
    Step.RETURN_CANCELLED: RETURN_CANCELED,
    Step.RETURNED: RETURNED,
    Step.REJECTED: REJECTED,
    Step.CANCELLED: CANCELED,
    Step.EXPIRED: CANCELED,
}
"""The steps of a return itself are not among them: it is no order here, and shows in the state of its order."""

LETTERS = {
    "O": (REGISTERED,),
    "G": (IN_PROCESSING,),
    "H": (READY_FOR_SHIPMENT,),
    "J": (PICKED_BY_COURIER,),
    "S": (AT_CLEVER_POINT,),
    "L": (DELIVERY_FAILED,),
    "D": (REJECTED,),
    "I": (CANCELED,),
    "C": (COMPLETED, DELIVERED),
}
"""What older clients call the states by."""

STATES_BY_WORD: Mapping[str, tuple[str, ...]] = {
    **{state: (state,) for state in STATES.values()},
    **LETTERS,
}
"""The states that each word of a list's filter stands for."""


def state_of(order: Order) -> str:
    return STATES[step_of(order)]


def steps_of(states: tuple[str, ...]) -> list[Step]:
    """The steps that are shown as one of the states."""
    return [step for step, state in STATES.items() if state in states]


PAYMENTS = {method: method.value for method in PaymentMethod} | {
    PaymentMethod.CASH_ON_DELIVERY: "cod",
    PaymentMethod.CARD: "credit_card",
    PaymentMethod.LOAN: "installments",
}
"""The name of each way to pay; those that the contract does not have keep our word."""

CARRIER_NAMES = CARRIERS | {"box_now": "Box Now"}
"""The carriers by their names here."""


def carrier_name(key: str) -> str:
    """The name of a carrier or of a network of pickup points; one that we do not know is called by its key."""
    return CARRIER_NAMES.get(key, key)
