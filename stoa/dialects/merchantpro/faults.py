"""How MerchantPro says that something is wrong: ``{"error": {"code", "message", "fields"}}``."""

import msgspec

from stoa.orders.refusals import Refused
from stoa.web.faults import Fault

BAD_REQUEST = 400

STATUSES = {406: BAD_REQUEST, 413: BAD_REQUEST, 422: BAD_REQUEST, 409: 429}
"""Statuses that this contract does not use, and those that it uses in their place."""

FIELDS = {
    "lines": "line_items",
    "shipping_cents": "shipping_amount",
    "tracking_details": "shipping_awb",
}
"""The engine's names of what is at fault, where this contract has others."""


def say(refused: Refused) -> Fault:
    field = FIELDS.get(refused.field, refused.field) if refused.field else None
    return Fault(BAD_REQUEST, refused.refusal.name.lower(), refused.message, field=field)


def render(fault: Fault) -> tuple[int, bytes]:
    """Status and body; ``fields`` has the reason by the name of the field or parameter."""
    status = STATUSES.get(fault.status, fault.status)
    error: dict[str, object] = {"code": status, "message": fault.message}
    if fault.field is not None:
        error |= {"message": f"{fault.field}: {fault.message}", "fields": {fault.field: fault.message}}
    return status, msgspec.json.encode({"error": error})


def order_not_found() -> Fault:
    return Fault(404, "not_found", "There is no such order.")
