"""Webhooks: which changes a shop hears of, and in which words (Skroutz Smart Cart, webhook)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from stoa.dialects.skroutz.view import Json, changeable_view, local, order_view
from stoa.documents.links import Links
from stoa.engine import Change
from stoa.orders import events as happened
from stoa.orders.events import Event
from stoa.orders.order import Order, State
from stoa.orders.shop import Shop
from stoa.store.orders import Message

ENDPOINT = "skroutz_orders"
"""The kind of endpoint that hears of orders."""

HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Skroutz OrderNotifier v1",
}

NEW_ORDER = "new_order"
ORDER_UPDATED = "order_updated"

TOLD_STATES = frozenset(
    {
        State.ACCEPTED,
        State.REJECTED,
        State.EXPIRED,
        State.DISPATCHED,
        State.CANCELLED,
        State.PARTIALLY_RETURNED,
        State.RETURNED,
    }
)

TOLD_EVENTS = (happened.Extended, happened.VoucherCreated, happened.Rescheduled)

# Readiness is told only where it moved the pickup.
RESCHEDULING_EVENTS = (happened.MarkedReady, happened.MarkedNotReady)


def tell(change: Change, links: Links) -> list[Message]:
    """What the shop is told of a change: at most one message."""
    shop, before, after = change.shop, change.before, change.after
    if before is None:
        return [message(NEW_ORDER, shop, order_view(after, shop, links), at=after.updated_at)]
    if not _is_told(before, after, change.event):
        return []
    changes = differences(changeable_view(before, shop, links), changeable_view(after, shop, links))
    view = order_view(after, shop, links)
    return [message(ORDER_UPDATED, shop, view, at=after.updated_at, changes=changes)]


def _is_told(before: Order, after: Order, event: Event) -> bool:
    if after.state is not before.state:
        return after.state in TOLD_STATES
    if isinstance(event, RESCHEDULING_EVENTS):
        return event.window is not None
    return isinstance(event, TOLD_EVENTS)


def differences(before: Json, after: Json) -> Json:
    """``{field: {"old", "new"}}`` of what differs."""
    return {field: {"old": before[field], "new": new} for field, new in after.items() if before[field] != new}


def message(
    event_type: str, shop: Shop, order: Json, *, at: datetime, changes: Json | None = None
) -> Message:
    body: Json = {"event_type": event_type, "event_time": local(at, ZoneInfo(shop.zone)), "order": order}
    if changes is not None:
        body["changes"] = changes
    return Message(ENDPOINT, event_type, _encode(body))


_encode = msgspec.json.Encoder().encode
