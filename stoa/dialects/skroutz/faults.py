"""How Skroutz says that something is wrong: ``{"errors": [{"code", "messages"}]}``."""

import msgspec

from stoa.orders.order import State
from stoa.orders.refusals import Refusal, Refused
from stoa.web.faults import Fault

ORDER_STATUS = "order_status"
ORDER_ERROR = "order_error"
A_FIELD = None
"""The code is the name of the field that is at fault."""

REFUSAL_CODES: dict[Refusal, str | None] = {
    Refusal.WRONG_STATE: ORDER_STATUS,
    Refusal.EXPRESS: ORDER_STATUS,
    Refusal.EXPIRED: ORDER_STATUS,
    Refusal.NOT_YOURS_TO_DO: ORDER_ERROR,
    Refusal.UNKNOWN_PICKUP_LOCATION: A_FIELD,
    Refusal.UNKNOWN_PICKUP_WINDOW: A_FIELD,
    Refusal.PICKUP_WINDOW_HAS_BEGUN: A_FIELD,
    Refusal.UNKNOWN_NUMBER_OF_PARCELS: A_FIELD,
    Refusal.UNKNOWN_LINE: A_FIELD,
    Refusal.LINE_NAMED_TWICE: A_FIELD,
    Refusal.NOTHING_REJECTED: A_FIELD,
    Refusal.AVAILABLE_QUANTITY_REQUIRED: A_FIELD,
    Refusal.AVAILABLE_QUANTITY_OUT_OF_RANGE: A_FIELD,
    Refusal.QUANTITY_OUT_OF_RANGE: A_FIELD,
    Refusal.NOTHING_NAMED: A_FIELD,
    Refusal.NOTHING_LEFT_OUT: A_FIELD,
    Refusal.NOT_ELIGIBLE_FOR_READY: ORDER_ERROR,
    Refusal.NOT_ELIGIBLE_FOR_UNDO: ORDER_ERROR,
    Refusal.NOT_SHIPPED_BY_MERCHANT: ORDER_ERROR,
    Refusal.CARRIED_BY_MARKETPLACE: ORDER_ERROR,
    Refusal.ALREADY_INVOICED: ORDER_ERROR,
    Refusal.NOTHING_TO_RETURN: ORDER_ERROR,
    Refusal.NOT_A_SALE: ORDER_ERROR,
    Refusal.NOT_INVOICED: ORDER_ERROR,
    Refusal.NO_VOUCHER: ORDER_ERROR,
    Refusal.NO_VOUCHER_DUE: ORDER_ERROR,
    Refusal.VOUCHER_EXISTS: ORDER_ERROR,
    Refusal.VOUCHER_OUTDATED: ORDER_ERROR,
    Refusal.TOO_MANY_VOUCHERS: ORDER_ERROR,
    Refusal.NOT_SHIPPED_BY_MARKETPLACE: ORDER_ERROR,
    Refusal.TOO_MANY_FILES: ORDER_ERROR,
    Refusal.UNKNOWN_FILE: ORDER_ERROR,
    Refusal.NOTHING_TO_COMPLETE: ORDER_ERROR,
    Refusal.DEADLINE_NOT_REACHED: ORDER_STATUS,
    Refusal.DEADLINE_NOT_LATER: A_FIELD,
    Refusal.DISPATCH_BEFORE_DEADLINE: A_FIELD,
    Refusal.WINDOW_NOT_AHEAD: A_FIELD,
    Refusal.NO_PARCEL_UNDER_WAY: ORDER_ERROR,
    Refusal.AMOUNT_OUT_OF_RANGE: A_FIELD,
}

ITS_OWN_WORDS = {
    Refusal.WRONG_STATE: "Order already {state}.",
    Refusal.EXPRESS: "Order is express",
    Refusal.EXPIRED: "Order already expired.",
    Refusal.NOT_ELIGIBLE_FOR_READY: "Order is not eligible to be marked as ready",
    Refusal.NOT_ELIGIBLE_FOR_UNDO: "Order is not eligible for undo",
}
"""Refusals that the documents word."""

UNPROCESSABLE = 422


def say(refused: Refused) -> Fault:
    code, message = REFUSAL_CODES[refused.refusal], _in_words(refused)
    if code is not A_FIELD:
        return Fault(UNPROCESSABLE, code, message)
    return Fault(UNPROCESSABLE, "invalid", message, field=refused.field)


def _in_words(refused: Refused) -> str:
    if refused.refusal is Refusal.WRONG_STATE and refused.state is State.OPEN:
        return "Order not accepted yet."
    return refused.worded(ITS_OWN_WORDS.get(refused.refusal, refused.refusal.value))


def order_not_found() -> Fault:
    return Fault(404, ORDER_ERROR, "Order not found")


def render(fault: Fault) -> tuple[int, bytes]:
    """Status and body. A fault of one field has that field's name as its code, and its whole path in the message."""
    code, message = fault.code, fault.message
    if fault.code == "unauthorized":
        code, message = "Unauthorized", "unauthorized"
    elif fault.field is not None:
        code = fault.field.rsplit(".", 1)[-1].split("[", 1)[0]
        message = f"{fault.field}: {fault.message}"
    return fault.status, msgspec.json.encode({"errors": [{"code": code, "messages": [message]}]})
