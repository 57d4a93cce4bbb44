"""How Skroutz says that something is wrong: ``{"errors": [{"code", "messages"}]}``."""

import msgspec

from stoa.orders.order import State
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.warehouse import Objected, Objection
from stoa.web.faults import Fault, invalid

ORDER_STATUS = "order_status"
ORDER_ERROR = "order_error"
RETURN_STATUS = "return_status"
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
    Refusal.RETURN_UNDER_WAY: ORDER_ERROR,
    Refusal.RETURN_TIME_OVER: ORDER_ERROR,
    Refusal.RETURN_DECIDED: RETURN_STATUS,
    Refusal.RETURN_WRONG_STATE: RETURN_STATUS,
    Refusal.NOT_A_RETURN: ORDER_ERROR,
    Refusal.NO_SUCH_OPTION: "option",
    Refusal.COMMENT_REQUIRED: A_FIELD,
    Refusal.PART_URL_REQUIRED: A_FIELD,
    Refusal.RETURN_DEADLINE_NOT_AHEAD: A_FIELD,
    Refusal.NOTHING_TO_REFUND: ORDER_ERROR,
    Refusal.REFUND_OUT_OF_RANGE: A_FIELD,
    Refusal.OUT_OF_STOCK: A_FIELD,
    Refusal.AMOUNT_OUT_OF_RANGE: A_FIELD,
}

ITS_OWN_WORDS = {
    Refusal.WRONG_STATE: "Order already {state}.",
    Refusal.EXPRESS: "Order is express",
    Refusal.EXPIRED: "Order already expired.",
    Refusal.NOT_ELIGIBLE_FOR_READY: "Order is not eligible to be marked as ready",
    Refusal.NOT_ELIGIBLE_FOR_UNDO: "Order is not eligible for undo",
    Refusal.RETURN_DECIDED: "Return already {state}.",
    Refusal.NO_SUCH_OPTION: "Invalid or missing option.",
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


OBJECTED_FIELDS = {
    Objection.SUPPLIER_CODE_TAKEN: "code",
    Objection.UNKNOWN_SUPPLIER: "supplier_id",
    Objection.DATE_IN_THE_PAST: "expected_date",
    Objection.UNKNOWN_PRODUCT: "line_items[{line}].product_uid",
    Objection.PRODUCT_NAMED_TWICE: "line_items[{line}].product_uid",
}
"""Where the fault lies, of what the warehouse objects to in the requests of a shop."""


def say_objected(objected: Objected) -> Fault:
    return invalid(OBJECTED_FIELDS[objected.objection].format(line=objected.line), objected.objection.value)


def no_purchase_order() -> Fault:
    return Fault(404, "purchase_order_error", "Invalid purchase order")


def purchase_order_of_another() -> Fault:
    """It is another shop's, which the contract tells from one that nobody has."""
    return Fault(401, "purchase_order_error", "Invalid purchase order")


def render(fault: Fault) -> tuple[int, bytes]:
    """Status and body. A fault of one field has that field's name as its code, and its whole path in the message."""
    code, message = fault.code, fault.message
    if fault.code == "unauthorized":
        code, message = "Unauthorized", "unauthorized"
    elif fault.field is not None:
        code = fault.field.rsplit(".", 1)[-1].split("[", 1)[0]
        message = f"{fault.field}: {fault.message}"
    return fault.status, msgspec.json.encode({"errors": [{"code": code, "messages": [message]}]})
