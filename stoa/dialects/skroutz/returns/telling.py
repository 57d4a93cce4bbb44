"""Webhooks of returns: what a shop hears of them, and in which words (Skroutz Smart Cart, return webhook)."""

from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from stoa.dialects.skroutz.returns.view import CHANGEABLE, return_view
from stoa.dialects.skroutz.returns.wire import ReturnView
from stoa.dialects.skroutz.telling import RETURN_ENDPOINT, Changes, differences
from stoa.dialects.skroutz.view import local
from stoa.engine import Change
from stoa.store.orders import Message

RETURN_CREATED = "merchant_return_created"
RETURN_UPDATED = "merchant_return_updated"


class ReturnPayload(Struct, frozen=True, kw_only=True):
    """The body of a webhook. ``event_time`` is in UTC, ``changes`` only of updates."""

    event_type: str
    event_time: datetime
    shown: ReturnView = field(name="return")
    changes: Changes | UnsetType = UNSET


def tell_of_return(change: Change) -> list[Message]:
    """What the shop is told of a change: at most one message, and only of returns that a customer asked for."""
    if change.after.return_request is None:
        return []
    shown, at = return_view(change.after, change.shop), local(change.after.updated_at, UTC)
    if change.before is None:
        return [return_created(shown, at=change.after.updated_at)]
    changes = differences(return_view(change.before, change.shop), shown, CHANGEABLE)
    if not changes:
        return []
    updated = ReturnPayload(event_type=RETURN_UPDATED, event_time=at, shown=shown, changes=changes)
    return [Message(RETURN_ENDPOINT, RETURN_UPDATED, _encode(updated), part="update")]


def return_created(shown: ReturnView, *, at: datetime) -> Message:
    """``at`` is in UTC."""
    created = ReturnPayload(event_type=RETURN_CREATED, event_time=local(at, UTC), shown=shown)
    return Message(RETURN_ENDPOINT, RETURN_CREATED, _encode(created), part="announcement")


_encode = msgspec.json.Encoder().encode
