"""What merchants send (Shopflix Merchant API, orders), and the commands that it means. Unknown fields are ignored."""

import re
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct
from starlette.requests import Request

from stoa.dialects.shopflix.faults import reason_not_valid
from stoa.orders.commands import LineRejection, Reject
from stoa.orders.order import Order, RejectionReason
from stoa.web.bodies import JsonReader
from stoa.web.faults import Fault

_IDENTIFIER = re.compile(r"[A-Z]{2}--(?P<number>\d{1,18})--MER\d{1,18}", re.ASCII)


def read_identifier(text: str) -> int | None:
    """The order's number in ``GR--1000001--MER17``; None for a text that is no identifier.

    Whether country and merchant are the order's is left to be seen.
    """
    matched = _IDENTIFIER.fullmatch(text)
    return int(matched["number"]) if matched else None


class Reason(StrEnum):
    OUT_OF_STOCK = "out-of-stock"
    DAMAGED = "damaged"
    WRONG_PRICE = "wrong-price"
    DISABLED_PRODUCT = "disabled-product"
    WRONG_PRODUCT = "wrong-product"


OF_EVERY_LINE = {
    Reason.OUT_OF_STOCK: RejectionReason.NO_STOCK,
    Reason.WRONG_PRICE: RejectionReason.WRONG_PRICE,
    Reason.DISABLED_PRODUCT: RejectionReason.DISCONTINUATION,
    Reason.WRONG_PRODUCT: RejectionReason.CONTENT_MISTAKE,
}
"""The reasons that are the lines' own."""

OF_THE_ORDER = {None: "Rejected by the merchant", Reason.DAMAGED: "The product is damaged"}
"""The others, in words for the whole order."""


class RejectBody(Struct, frozen=True):
    """PATCH /v2/orders/{id}/reject; both fields may be left out."""

    status: Literal["D"] | None = None
    reason: Reason | None = None

    def command(self, order: Order) -> Reject:
        """The rejection of all lines, or of the order for another reason."""
        if self.reason not in OF_EVERY_LINE:
            return Reject(other=OF_THE_ORDER[self.reason])
        reason = OF_EVERY_LINE[self.reason]
        return Reject(lines=tuple(LineRejection(line.id, reason) for line in order.lines))


class ShipmentBody(Struct, frozen=True, rename="camel"):
    """POST /v2/shipments/{id}; both fields may be left out: as many parcels as agreed, no comment."""

    number_of_packages: Annotated[int, Meta(ge=1, le=99)] | None = None
    package_comment: Annotated[str, Meta(max_length=500)] | None = None


read_shipment = JsonReader(ShipmentBody)

_reject_body = JsonReader(RejectBody)


async def read_reject(request: Request) -> RejectBody:
    """The body of a rejection. Raises Fault."""
    try:
        return await _reject_body(request)
    except Fault as fault:
        if fault.field != "reason":
            raise
        raise reason_not_valid() from fault
