"""Saves to test with: what the engine hands to the store, without the engine."""

from collections.abc import Sequence
from typing import Any

from stoa.orders import events as happened
from stoa.orders.events import Event
from stoa.orders.order import Actor, Order
from stoa.store.orders import Message, Save


def placing(order: Order, messages: Sequence[Message] = (), **more: Any) -> Save:
    """The save of a new order, in whatever state it is."""
    event = happened.Placed(channel=order.channel, total_cents=order.total_cents)
    return Save(
        order=order, version=0, before=None, event=event, by=Actor.CUSTOMER, messages=messages, **more
    )


def changing(
    before: Order,
    after: Order,
    *,
    version: int = 1,
    event: Event | None = None,
    messages: Sequence[Message] = (),
) -> Save:
    """The save of an order's next version; what is noted of it is a cancellation, if nothing else is said."""
    return Save(
        order=after,
        version=version,
        before=before,
        event=event or happened.Cancelled(),
        by=Actor.CUSTOMER,
        messages=messages,
    )
