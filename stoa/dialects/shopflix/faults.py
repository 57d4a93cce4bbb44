"""How Shopflix says that something is wrong: ``{"error": {"code", "message"}}`` (error codes).

Its shipments have ``errorCode`` in place of ``code``.
"""

from collections.abc import Callable, Mapping

import msgspec

from stoa.orders.refusals import Refusal, Refused
from stoa.web.faults import Fault

BAD_REQUEST = 400

ORDER_NOT_FOUND = "10301"
CANNOT_ACCEPT = "10303"
CANNOT_REJECT = "10304"
INVALID_ACTION = "10305"
REASON_NOT_VALID = "10306"
SALE_ORDER_NOT_FOUND = "10350"
VOUCHER_EXISTS = "10352"
NO_VOUCHER = "10353"

STATUSES = {403: 401, 409: BAD_REQUEST, 413: BAD_REQUEST, 422: BAD_REQUEST}
"""Statuses that this contract does not use, and those that it uses in their place."""

SHIPMENTS = "/v2/shipments/"


class OwnFault(Fault):
    """A fault that the contract has a code and a message for."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(BAD_REQUEST, code, message)


def order_not_found(identifier: str) -> OwnFault:
    """There is no such order, or it is another shop's."""
    return OwnFault(ORDER_NOT_FOUND, f"The order with id {identifier} was not found")


def cannot_accept() -> OwnFault:
    return OwnFault(CANNOT_ACCEPT, "Cannot Accept Order")


def cannot_reject() -> OwnFault:
    return OwnFault(CANNOT_REJECT, "Cannot Reject Order")


def reason_not_valid() -> OwnFault:
    return OwnFault(REASON_NOT_VALID, "The reason is not valid")


def sale_order_not_found() -> OwnFault:
    """What ``order_not_found`` is to the shipments."""
    return OwnFault(SALE_ORDER_NOT_FOUND, "The sale order could not be found.")


def voucher_exists() -> OwnFault:
    return OwnFault(VOUCHER_EXISTS, "Voucher already exists for this shipment.")


def no_voucher() -> OwnFault:
    return OwnFault(NO_VOUCHER, "There is no voucher for this sale order.")


def cannot_print() -> OwnFault:
    return OwnFault(INVALID_ACTION, "Invalid Action: The label cannot be printed right now; try again.")


OWN: Mapping[Refusal, Callable[[], OwnFault]] = {
    Refusal.VOUCHER_EXISTS: voucher_exists,
    Refusal.NO_VOUCHER: no_voucher,
}
"""Refusals that the contract has a code for; every other one is an invalid action."""

FIELDS = {"number_of_parcels": "numberOfPackages"}
"""The engine's names of what is at fault, where this contract has others."""


def say(refused: Refused) -> Fault:
    if refused.refusal in OWN:
        return OWN[refused.refusal]()
    field = FIELDS.get(refused.field, refused.field) if refused.field else None
    return Fault(BAD_REQUEST, "invalid", refused.message, field=field)


def render(fault: Fault, path: str) -> tuple[int, bytes]:
    """Status and body. What the contract has no code for is an invalid action, or has its status as the code."""
    status = STATUSES.get(fault.status, fault.status)
    code, message = str(status), fault.message
    if isinstance(fault, OwnFault):
        code = fault.code
    elif fault.code == "unauthorized":
        message = "A valid username and password are required."
    elif status == BAD_REQUEST:
        code, message = INVALID_ACTION, ": ".join(_parts(fault))
    name = "errorCode" if path.startswith(SHIPMENTS) else "code"
    return status, msgspec.json.encode({"error": {name: code, "message": message}})


def _parts(fault: Fault) -> list[str]:
    return ["Invalid Action", *([fault.field] if fault.field else []), fault.message]
