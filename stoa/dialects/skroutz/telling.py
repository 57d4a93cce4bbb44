"""Webhooks: which changes a shop hears of, and in which words (Skroutz Smart Cart, webhook)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct, UnsetType

from stoa.dialects.skroutz.view import CHANGEABLE, local, order_view
from stoa.dialects.skroutz.wire import OrderView
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

TOLD_EVENTS = (
    happened.Extended,
    happened.VoucherCreated,
    happened.VoucherCancelled,
    happened.Rescheduled,
)

# Readiness is told only where it moved the pickup.
RESCHEDULING_EVENTS = (happened.MarkedReady, happened.MarkedNotReady)


class Payload(Struct, frozen=True, kw_only=True):
    """The body of a webhook. ``changes`` is ``{field: {"old", "new"}}``, of updates only."""

    event_type: str
    event_time: datetime
    order: OrderView
    changes: dict[str, dict[str, object]] | UnsetType = UNSET


def tell(change: Change, links: Links) -> list[Message]:
    """What the shop is told of a change: at most one message. Goods that come back are no order here."""
    shop, before, after = change.shop, change.before, change.after
    if after.return_of is not None:
        return []
    if before is None:
        return [new_order(order_view(after, shop, links), shop, at=after.updated_at)]
    if not _is_told(before, after, change.event):
        return []
    old, new = order_view(before, shop, links), order_view(after, shop, links)
    return [order_updated(old, new, shop, at=after.updated_at)]


def _is_told(before: Order, after: Order, event: Event) -> bool:
    if after.state is not before.state:
        return after.state in TOLD_STATES
    if isinstance(event, RESCHEDULING_EVENTS):
        return event.window is not None
    return isinstance(event, TOLD_EVENTS)


def new_order(order: OrderView, shop: Shop, *, at: datetime) -> Message:
    return _message(Payload(event_type=NEW_ORDER, event_time=local(at, ZoneInfo(shop.zone)), order=order))


def order_updated(before: OrderView, after: OrderView, shop: Shop, *, at: datetime) -> Message:
    return _message(
        Payload(
            event_type=ORDER_UPDATED,
            event_time=local(at, ZoneInfo(shop.zone)),
            order=after,
            changes=_differences(before, after),
        )
    )


def _differences(before: OrderView, after: OrderView) -> dict[str, dict[str, object]]:
    """What differs of the changeable fields; null where an order does not have a field."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in CHANGEABLE}
    return {
        name: {"old": None if old is UNSET else old, "new": None if new is UNSET else new}
        for name, (old, new) in pairs.items()
        if old != new
    }


def _message(payload: Payload) -> Message:
    return Message(ENDPOINT, payload.event_type, _encode(payload))


_encode = msgspec.json.Encoder().encode
