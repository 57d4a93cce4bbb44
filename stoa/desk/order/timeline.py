"""What happened to an order and what was remarked on it, told in plain words, the newest first."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from stoa.desk.entry import Visit
from stoa.desk.rendering import say
from stoa.desk.words import (
    ACTORS,
    CHANGED,
    HAPPENED,
    OTHER_CHANGES,
    REASONS,
    RETURN_REASONS,
    RETURN_STATES,
    REVIEW_OPTIONS,
)
from stoa.languages import moment_text, money
from stoa.languages.statuses import PAYMENT_STATUSES
from stoa.orders import events as happened
from stoa.orders.commands import LineQuantity, LineRejection
from stoa.orders.events import Event
from stoa.orders.order import Acceptance, Actor, Fulfilment, Order, PickupWindow, Review, Tracking
from stoa.orders.shop import Shop
from stoa.store.notes import Remark
from stoa.store.orders import Happening

MOST_MOMENTS = 200
"""What a page tells of an order that had a long life."""

EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in Event.__subclasses__()}


class Moment(Struct, frozen=True, kw_only=True):
    """Something that happened, or was remarked: when, what, and who did it.

    ``about`` is the number of another order that it leads to; ``note`` that of a remark which the reader may delete.
    """

    at: datetime
    what: str
    who: str
    details: str = ""
    about: int | None = None
    is_remark: bool = False
    note: int | None = None


class Teller(Struct, frozen=True):
    """In whose words a story is told, and of which order."""

    order: Order
    shop: Shop
    language: str

    def say(self, text: str, **parts: object) -> str:
        return say(self.language, text, **parts)

    def money(self, cents: int) -> str:
        return money(cents, self.order.currency, self.language)

    def moment(self, at: datetime) -> str:
        return moment_text(at, self.shop.zone, self.language)

    def window(self, window: PickupWindow | None) -> str:
        """When the courier comes, such as "4 Mar 2026, 10:00 – 12:00"; empty where nobody knows."""
        if window is None:
            return ""
        return f"{self.moment(window.opens)} – {self.moment(window.closes).rsplit(', ', 1)[-1]}"

    def pickup(self, agreed: Acceptance) -> tuple[str, str]:
        """Where and when the marketplace's courier comes; empty what nobody knows, or where none comes."""
        if self.order.fulfilment is not Fulfilment.MARKETPLACE:
            return "", ""
        location = agreed.location
        return f"{location.street}, {location.city}" if location else "", self.window(agreed.window)

    def product(self, line_id: str) -> str:
        line = self.order.line(line_id)
        return line.name if line else line_id


def story(
    history: Iterable[Happening], remarks: Iterable[Remark], teller: Teller, visit: Visit
) -> list[Moment]:
    """At most MOST_MOMENTS, the newest first."""
    moments = [
        *(told(one, teller) for one in history),
        *(_remarked(one, teller, visit) for one in reversed([*remarks])),
    ]
    # What is of the same instant stays in the order in which it happened.
    return sorted(moments, key=lambda moment: moment.at)[: -MOST_MOMENTS - 1 : -1]


def told(one: Happening, teller: Teller) -> Moment:
    """An event in plain words, with the details that matter."""
    event = msgspec.json.decode(one.event, type=EVENTS[one.kind])
    parts = DETAILS[type(event)](event, teller) if type(event) in DETAILS else ()
    return Moment(
        at=one.at,
        what=teller.say(HAPPENED[one.kind]),
        who=one.person or teller.say(ACTORS[Actor(one.by)]),
        details=" · ".join(part for part in parts if part),
        about=_about(event),
    )


def _remarked(one: Remark, teller: Teller, visit: Visit) -> Moment:
    mine = one.person_id == visit.person.person_id
    return Moment(
        at=one.at,
        what=teller.say("Remark"),
        who=one.person or teller.say("somebody who has left"),
        details=one.text,
        is_remark=True,
        note=one.id if mine or visit.may_manage else None,
    )


def _about(event: Event) -> int | None:
    """The number of the other order that an event is about, where there is one to look at."""
    match event:
        case happened.Placed():
            return event.replaces
        case happened.Rejected():
            return event.follow_up
        case happened.ReturnPlaced():
            return event.of.id
        case happened.ReturnLinked() | happened.ReturnRequested() | happened.ReturnFollowed():
            return event.order.id
        case _:
            return None


Parts = Sequence[str]


def _placed(event: happened.Placed, teller: Teller) -> Parts:
    return event.channel, teller.money(event.total_cents)


def _accepted(event: happened.Accepted, teller: Teller) -> Parts:
    parcels = teller.say("Parcels: {count}", count=event.acceptance.parcels)
    return *teller.pickup(event.acceptance), parcels


def _rejected(event: happened.Rejected, teller: Teller) -> Parts:
    return *(_rejected_line(line, teller) for line in event.lines), event.reason or ""


def _rejected_line(line: LineRejection, teller: Teller) -> str:
    reason = teller.say(REASONS[line.reason])
    left = f" ({line.available_quantity})" if line.available_quantity is not None else ""
    return f"{teller.product(line.line_id)}: {reason}{left}"


def _extended(event: happened.Extended, teller: Teller) -> Parts:
    return (teller.say("until {moment}", moment=teller.moment(event.expires_at)),)


def _with_window(event: Any, teller: Teller) -> Parts:
    """The pickup that somebody moved, or that is as it was agreed first."""
    return (teller.window(event.window),)


def _with_reason(event: Any, _teller: Teller) -> Parts:
    return (event.reason or "",)


def _codes(trackings: Iterable[Tracking]) -> str:
    return ", ".join(tracking.code for tracking in trackings)


def _pieces(lines: Iterable[LineQuantity], teller: Teller) -> Parts:
    return [f"{line.quantity} × {teller.product(line.line_id)}" for line in lines]


def _requested(event: happened.ReturnRequested, teller: Teller) -> Parts:
    return teller.say(RETURN_REASONS[event.reason]), *_pieces(event.lines, teller), event.comment or ""


def _followed(event: happened.ReturnFollowed, teller: Teller) -> Parts:
    state = event.order.state
    return (teller.say(RETURN_STATES[state]) if state else "", *event.order.tracking_ids)


def _reviewed(event: Any, teller: Teller) -> Parts:
    review: Review = event.review
    return teller.say(REVIEW_OPTIONS[review.option]), review.comment or "", review.proposed_part_url or ""


def _modified(event: happened.Modified, teller: Teller) -> Parts:
    names = (CHANGED.get(name.partition(".")[0], OTHER_CHANGES) for name in event.changes)
    return (", ".join(teller.say(name) for name in dict.fromkeys(names)),)


# Each function takes its own event's type, which a mapping by type cannot say.
DETAILS: dict[type[Event], Callable[[Any, Teller], Parts]] = {
    happened.Placed: _placed,
    happened.Accepted: _accepted,
    happened.Rejected: _rejected,
    happened.Extended: _extended,
    happened.Cancelled: _with_reason,
    happened.Rescheduled: _with_window,
    happened.VoucherCreated: lambda event, _: (event.tracking.code,),
    happened.VoucherCancelled: _with_window,
    happened.MarkedReady: _with_window,
    happened.MarkedNotReady: _with_window,
    happened.TrackingNoted: lambda event, _: (_codes(event.trackings),),
    happened.PartiallyDelivered: lambda event, teller: _pieces(event.lines, teller),
    happened.PartiallyReturned: lambda event, teller: _pieces(event.lines, teller),
    happened.InvoiceAttached: lambda event, _: (event.invoice.name or "",),
    happened.PaymentChanged: lambda event, teller: (teller.say(PAYMENT_STATUSES[event.status]),),
    happened.Refunded: lambda event, teller: (teller.money(event.cents),),
    happened.ReturnRequested: _requested,
    happened.ReturnFollowed: _followed,
    happened.ReturnPlaced: lambda event, teller: (teller.say(RETURN_REASONS[event.reason]),),
    happened.ReturnApproved: _reviewed,
    happened.ReturnDeclined: _reviewed,
    happened.MissingPartSent: _reviewed,
    happened.ReturnCancelled: _with_reason,
    happened.ReturnTracked: lambda event, _: (", ".join(event.tracking_ids),),
    happened.ReturnTakenBack: lambda event, teller: (teller.say("on sale again") if event.restock else "",),
    happened.ReturnSentBack: _with_reason,
    happened.Modified: _modified,
}
"""What else there is to say of an event; of those that are not here, nothing."""
