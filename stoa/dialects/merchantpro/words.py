"""The codes and numbers that MerchantPro has for what an order is at, and their texts in a shop's language."""

from functools import lru_cache

from stoa.languages import translate
from stoa.languages.statuses import PAYMENT_METHODS, PAYMENT_STATUSES, STAGES, step_text
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import Order, PaymentMethod, PaymentStatus
from stoa.orders.progress import PaymentStep, Stage, Step

METHOD_CODES = {method: method.value for method in PaymentMethod} | {
    PaymentMethod.CASH_ON_DELIVERY: "cash_delivery",
    PaymentMethod.BANK_TRANSFER: "wire",
}
"""The code of each method, where no provider is known; those that the contract does not have keep our word."""

PROVIDERS = {
    "librapay": "LibraPay",
    "paypal": "PayPal",
    "skrill": "Skrill",
    "2checkout": "2Checkout",
    "epayment": "ePayment",
    "euplatesc": "EuPlatesc",
    "mobilpay": "mobilPay",
    "nestpay": "NestPay",
    "plationlinepo5": "PlatiOnline",
    "brd_finance": "BRD Finance",
    "sofort": "Sofort",
    "tbi": "TBI",
    "paypal_plus": "PayPal Plus",
    "libracredit": "LibraCredit",
    "ipay": "iPay",
}
"""Those who take the money online, by their codes."""

ON_CREDIT = frozenset({"brd_finance", "tbi", "libracredit"})
"""The providers that lend the customer the money."""

IN_STORE = "in_store"

_METHODS: dict[str, tuple[PaymentMethod, str | None]] = {
    **{code: (method, None) for method, code in METHOD_CODES.items()},
    **{
        provider: (PaymentMethod.LOAN if provider in ON_CREDIT else PaymentMethod.CARD, provider)
        for provider in PROVIDERS
    },
    IN_STORE: (PaymentMethod.CASH_ON_DELIVERY, IN_STORE),
}

SHIPPING_STATUSES = STAGES
"""The shipping statuses, whose words are the stages', with their texts in English."""

PAYMENT_SUBSTATUSES = {
    PaymentStep.TO_COLLECT: 11,
    PaymentStep.AWAITS_TRANSFER: 12,
    PaymentStep.AWAITS_ONLINE: 13,
    PaymentStep.COLLECTED: 16,
    PaymentStep.PAID_BY_TRANSFER: 17,
    PaymentStep.PAID_ONLINE: 18,
}
"""Clients keep these numbers: none ever changes its meaning. Awaiting from 11, paid from 16."""

PAYMENT_SUBSTATUS_TEXTS = {
    PaymentStep.TO_COLLECT: "To be collected at delivery",
    PaymentStep.AWAITS_TRANSFER: "Bank transfer awaited",
    PaymentStep.AWAITS_ONLINE: "Online payment awaited",
    PaymentStep.COLLECTED: "Collected at delivery",
    PaymentStep.PAID_BY_TRANSFER: "Paid by bank transfer",
    PaymentStep.PAID_ONLINE: "Paid online",
}

SHIPPING_SUBSTATUSES = {
    Step.OPEN: 21,
    Step.ACCEPTED: 31,
    Step.LABELLED: 32,
    Step.IN_WORK: 41,
    Step.IN_WORK_LABELLED: 42,
    Step.READY: 43,
    Step.READY_LABELLED: 43,
    Step.DISPATCHED: 51,
    Step.AT_PICKUP_POINT: 52,
    Step.DELIVERY_FAILED: 53,
    Step.DELIVERED: 61,
    Step.PARTIALLY_DELIVERED: 62,
    Step.COMPLETED: 61,
    Step.PARTIALLY_COMPLETED: 62,
    Step.PARTIALLY_RETURNED: 63,
    Step.RETURN_REQUESTED: 64,
    Step.RETURN_CANCELLED: 65,
    Step.RETURNED: 71,
    Step.REJECTED: 81,
    Step.CANCELLED: 82,
    Step.EXPIRED: 83,
    Step.RETURN_IN_REVIEW: 22,
    Step.RETURN_UNDER_WAY: 54,
    Step.RETURN_ARRIVED: 55,
    Step.RETURN_TAKEN_BACK: 72,
    Step.RETURN_DECLINED: 84,
    Step.RETURN_CALLED_OFF: 85,
    Step.RETURN_EXPIRED: 86,
}
"""Clients keep these numbers: none ever changes its meaning. Each status has ten of its own."""

SHIPPING_METHODS = {
    "last_mile": 9001,
    "acs": 9002,
    "beinoglou": 9003,
    "box_now": 9004,
    "courier_center": 9005,
    "delatolas": 9006,
    "dhl": 9007,
    "diakinisis": 9008,
    "dpd": 9009,
    "easymail": 9010,
    "elta": 9011,
    "geniki_taxydromiki": 9012,
    "gls": 9013,
    "speedex": 9014,
    "clever_point": 9015,
}
"""The carriers' numbers, which clients keep. Shops number their own methods from 1: those stay theirs."""

_STEPS = {
    number: [step for step, its_number in SHIPPING_SUBSTATUSES.items() if its_number == number]
    for number in SHIPPING_SUBSTATUSES.values()
}
_PAYMENT_STEPS = {number: step for step, number in PAYMENT_SUBSTATUSES.items()}
_CARRIERS = {number: carrier for carrier, number in SHIPPING_METHODS.items()}

# One order asks for five of these few texts.
said = lru_cache(maxsize=1024)(translate)


def payment_code(order: Order) -> str:
    return order.payment_provider or METHOD_CODES[order.payment_method]


def read_payment_code(code: str) -> tuple[PaymentMethod, str | None] | None:
    """The method, and the provider where the code names one; None for an unknown code."""
    return _METHODS.get(code)


def payment_filter(code: str) -> str | None:
    """What lists find the orders of a code by: the provider, or else the method. None for an unknown code."""
    known = _METHODS.get(code)
    return (known[1] or known[0].value) if known else None


def payment_name(order: Order, language: str) -> str:
    provider = order.payment_provider
    if provider == IN_STORE:
        return said("Payment in store", language)
    if provider is not None:
        return PROVIDERS.get(provider, provider)
    return said(PAYMENT_METHODS[order.payment_method], language)


def read_payment_status(word: str) -> PaymentStatus | None:
    """The status of a word, ``cancelled`` with one l or two; None for an unknown word."""
    return _PAYMENT_STATUSES.get(word)


_PAYMENT_STATUSES = {status.value: status for status in PaymentStatus} | {"canceled": PaymentStatus.CANCELLED}


def payment_status_text(order: Order, language: str) -> str:
    return said(PAYMENT_STATUSES[order.payment_status], language)


def payment_substatus_text(step: PaymentStep, language: str) -> str:
    return said(PAYMENT_SUBSTATUS_TEXTS[step], language)


def payment_step_of_substatus(number: int) -> PaymentStep | None:
    """The step of a payment's substatus; None for a number that no substatus has."""
    return _PAYMENT_STEPS.get(number)


def shipping_status_text(stage: Stage, language: str) -> str:
    return said(SHIPPING_STATUSES[stage], language)


def shipping_substatus_text(order: Order, language: str) -> str:
    """What the order's step is called; an end that several can bring about says who did."""
    return said(step_text(order), language)


def steps_of_substatus(number: int) -> list[Step]:
    """The steps of a shipping substatus; none for a number that no substatus has."""
    return _STEPS.get(number, [])


def shipping_method_id(order: Order) -> int:
    """The number of the delivery method: the carrier's, or the shop's own; 0 where there is none."""
    method = order.shipping_method or order.courier or ""
    return int(method) if method.isdecimal() else SHIPPING_METHODS.get(method, 0)


def shipping_method_name(order: Order) -> str | None:
    """The carrier's name; None where no carrier is known, as for a number of the shop's own."""
    return CARRIERS.get(order.shipping_method or order.courier or "")


def shipping_method_key(number: int) -> str | None:
    """What an order keeps, and is found by, for a delivery method; None for 0."""
    return _CARRIERS.get(number, str(number)) if number else None


def carrier_id(order: Order) -> str | None:
    """The number of the carrier that has the parcel, or will; None for one that has no number here."""
    number = SHIPPING_METHODS.get(order.carrier or "")
    return None if number is None else str(number)
