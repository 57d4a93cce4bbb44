"""How the operator's API says that something is wrong: ``{"error": {"code", "message", "field"?}}``."""

import msgspec

from stoa.orders.refusals import Refused
from stoa.web.faults import Fault

CONFLICT = 409


def say(refused: Refused) -> Fault:
    """A refused move."""
    return Fault(CONFLICT, refused.refusal.name.lower(), refused.message, field=refused.field)


def render(fault: Fault) -> tuple[int, bytes]:
    """Status and body."""
    error = {"code": fault.code, "message": fault.message}
    if fault.field is not None:
        error["field"] = fault.field
    return fault.status, msgspec.json.encode({"error": error})
