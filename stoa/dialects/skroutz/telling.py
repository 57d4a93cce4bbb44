"""Webhooks: which changes a shop hears of, and in which words (Skroutz Smart Cart, webhook)."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct, UnsetType

from stoa.dialects.skroutz.view import CHANGEABLE, local, order_view
from stoa.dialects.skroutz.wire import OrderView, Wire
from stoa.documents.links import Links
from stoa.engine import Change
from stoa.orders import events as happened
from stoa.orders.events import Event
from stoa.orders.order import Order, State
from stoa.orders.shop import Shop
from stoa.store.orders import Message

ENDPOINT = "skroutz_orders"
"""The kind of endpoint that hears of orders."""

RETURN_ENDPOINT = "skroutz_returns"
"""The kind of endpoint that hears of returns."""

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


Changes: TypeAlias = dict[str, dict[str, object]]
"""``{field: {"old", "new"}}``"""


class Payload(Struct, frozen=True, kw_only=True):
    """The body of a webhook. ``changes`` only of updates."""

    event_type: str
    event_time: datetime
    order: OrderView
    changes: Changes | UnsetType = UNSET


def tell(change: Change, links: Links) -> list[Message]:
    """What the shop is told of an order's change: at most one message. Goods that come back are no order here."""
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
            changes=differences(before, after, CHANGEABLE),
        )
    )


def differences(before: Wire, after: Wire, fields: Iterable[str]) -> Changes:
    """What differs of these fields; null where an object does not have one."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in fields}
    return {
        name: {"old": None if old is UNSET else old, "new": None if new is UNSET else new}
        for name, (old, new) in pairs.items()
        if old != new
    }


def _message(payload: Payload) -> Message:
    return Message(ENDPOINT, payload.event_type, _encode(payload))


_encode = msgspec.json.Encoder().encode
