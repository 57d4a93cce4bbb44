"""What merchants send (Skroutz Orders API), and the commands that it means. Unknown fields are ignored."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from stoa.dialects.skroutz.view import REASON_IDS
from stoa.orders.commands import Accept, LineRejection, NoteTracking, Reject
from stoa.orders.order import Tracking
from stoa.web.bodies import JsonReader
from stoa.web.faults import invalid

Text = Annotated[str, Meta(pattern=r"\S", max_length=1000)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]


class AcceptBody(Struct, frozen=True):
    """POST /orders/:code/accept"""

    pickup_location: str
    pickup_window: int
    number_of_parcels: int = 1

    def command(self) -> Accept:
        return Accept(
            location_id=self.pickup_location,
            window_id=self.pickup_window,
            parcels=self.number_of_parcels,
        )


class RejectedLine(Struct, frozen=True):
    id: str
    reason_id: int
    available_quantity: int | None = None


class RejectBody(Struct, frozen=True):
    """POST /orders/:code/reject: lines with reasons, or other words for the whole order"""

    line_items: Annotated[list[RejectedLine], Meta(max_length=1000)] | None = None
    rejection_reason_other: Text | None = None

    def command(self) -> Reject:
        """The command. Raises Fault."""
        if self.line_items and self.rejection_reason_other:
            raise invalid("rejection_reason_other", "Give either line_items or rejection_reason_other.")
        return Reject(
            lines=tuple(_line_rejection(n, line) for n, line in enumerate(self.line_items or ())),
            other=self.rejection_reason_other,
        )


def _line_rejection(n: int, line: RejectedLine) -> LineRejection:
    reason = REASON_IDS.get(line.reason_id)
    if reason is None:
        raise invalid(f"line_items[{n}].reason_id", "This is not one of the order's rejection reasons.")
    return LineRejection(line.id, reason, line.available_quantity)


class TrackingCourier(StrEnum):
    ACS = "acs"
    DHL = "dhl"
    GENIKI_TAXYDROMIKI = "geniki_taxydromiki"
    DPD = "dpd"
    GLS = "gls"


class TrackingDetail(Struct, frozen=True):
    courier: TrackingCourier
    tracking_code: Id


class TrackingBody(Struct, frozen=True):
    """POST /orders/:code/tracking_details"""

    tracking_details: Annotated[list[TrackingDetail], Meta(min_length=1, max_length=100)]

    def command(self) -> NoteTracking:
        return NoteTracking(
            trackings=tuple(
                Tracking(courier=detail.courier, code=detail.tracking_code)
                for detail in self.tracking_details
            )
        )


read_accept = JsonReader(AcceptBody)
read_reject = JsonReader(RejectBody)
read_tracking = JsonReader(TrackingBody)
