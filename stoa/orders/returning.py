"""Returns that a customer asks for: the order by which the goods come back, what may be answered, what is decided."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders import events as happened
from stoa.orders.commands import Command, FollowReturn, LineQuantity, ReviewReturn
from stoa.orders.events import Event
from stoa.orders.lifecycle import RETURN_MOVES, Action
from stoa.orders.order import (
    Actor,
    Address,
    Fulfilment,
    Line,
    LinkedOrder,
    LinkedReturn,
    Order,
    PaymentStatus,
    ReturnReason,
    ReturnRequest,
    ReturnState,
    Review,
    ReviewOption,
    State,
)
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.orders.stock import WAREHOUSE_ADDRESS


class OfferedOption(Struct, frozen=True):
    """An answer that the merchant may give, and what has to come with it."""

    option: ReviewOption
    comment_required: bool = False
    part_url_required: bool = False


_APPROVE = OfferedOption(ReviewOption.APPROVE)
_RESOLVED = OfferedOption(ReviewOption.RESOLVED_WITH_CUSTOMER)

OFFERED: dict[ReturnReason, tuple[OfferedOption, ...]] = dict.fromkeys(
    ReturnReason, (_APPROVE, _RESOLVED)
) | {
    ReturnReason.FAULTY: (
        _APPROVE,
        OfferedOption(ReviewOption.CONTACT_MANUFACTURER, comment_required=True),
        _RESOLVED,
        OfferedOption(ReviewOption.USABILITY_SUGGESTIONS, comment_required=True),
        OfferedOption(ReviewOption.NOT_FAULTY, comment_required=True),
    ),
    ReturnReason.MISSING_PART: (
        _APPROVE,
        OfferedOption(ReviewOption.SEND_MISSING_PART),
        _RESOLVED,
        OfferedOption(ReviewOption.PART_NOT_INCLUDED, comment_required=True, part_url_required=True),
        OfferedOption(ReviewOption.INCORRECT_CONTENT, comment_required=True),
    ),
    ReturnReason.WITHDRAWAL: (_APPROVE, OfferedOption(ReviewOption.OUT_OF_POLICY_WITHDRAWAL)),
}
"""The answers to each reason (Skroutz Returns API, review)."""

SELLABLE = frozenset({ReturnReason.WITHDRAWAL, ReturnReason.DELIVERY_ISSUES})
"""Reasons that say nothing against the goods: the warehouse sells them again, unless it is told otherwise."""


def offered_options(order: Order) -> tuple[OfferedOption, ...]:
    """What the merchant may answer now; nothing where the return waits for no answer."""
    request = order.return_request
    if request is None or request.state is not ReturnState.PENDING_REVIEW:
        return ()
    return tuple(
        offered
        for offered in OFFERED[request.reason]
        # The shop has no parts of what lies in the warehouse.
        if offered.option is not ReviewOption.SEND_MISSING_PART
        or order.fulfilment is not Fulfilment.WAREHOUSE
    )


def review(option: ReviewOption, *, comment: str | None, proposed_part_url: str | None) -> ReviewReturn:
    """The command that an answer is."""
    kinds = {ReviewOption.APPROVE: asked.ApproveReturn, ReviewOption.SEND_MISSING_PART: asked.SendMissingPart}
    kind = kinds.get(option, asked.DeclineReturn)
    return kind(option=option, comment=comment, proposed_part_url=proposed_part_url)


def requested_return(source: Order, requested: happened.ReturnRequested) -> Order:
    """The order by which goods of another come back. Its lines have the ids that they have there."""
    at = requested.order.placed_at
    return Order(
        id=requested.order.id,
        shop_id=source.shop_id,
        state=State.FOR_RETURN,
        channel=source.channel,
        fulfilment=source.fulfilment,
        customer=source.customer,
        address=source.address,
        lines=_lines_that_come_back(source, requested),
        payment_method=source.payment_method,
        payment_status=PaymentStatus.AWAITING,
        payment_provider=source.payment_provider,
        invoice=source.invoice,
        billing=source.billing,
        currency=source.currency,
        original_currency=source.original_currency,
        currency_rate=source.currency_rate,
        placed_at=at,
        updated_at=at,
        expires_at=requested.review_until,
        dispatch_until=requested.review_until,
        return_of=LinkedOrder(id=source.id, placed_at=source.placed_at),
        return_request=ReturnRequest(
            state=ReturnState.PENDING_REVIEW,
            reason=requested.reason,
            review_until=requested.review_until,
            comment=requested.comment,
            photos=requested.photos,
        ),
    )


def _lines_that_come_back(source: Order, requested: happened.ReturnRequested) -> tuple[Line, ...]:
    quantities = {line.line_id: line.quantity for line in requested.lines}
    return tuple(
        replace(
            line,
            quantity=quantities[line.id],
            delivered_quantity=None,
            returning_quantity=0,
            returned_quantity=0,
            return_reason=requested.reason,
            stock_id=None,
            restocked_quantity=0,
        )
        for line in source.lines
        if line.id in quantities
    )


class AskedOfReturn(Struct, frozen=True):
    """The circumstances of a command to a return."""

    order: Order
    request: ReturnRequest
    shop: Shop
    by: Actor
    now: datetime


def decide_return(order: Order, command: Command, *, shop: Shop, by: Actor, now: datetime) -> Event | Refused:
    """What happens to a return, or why nothing does."""
    request = order.return_request
    if request is None:
        return Refused(Refusal.NOT_A_RETURN)
    move = RETURN_MOVES.get((request.state, command.action))
    if move is None:
        decided = isinstance(command, ReviewReturn)
        refusal = Refusal.RETURN_DECIDED if decided else Refusal.RETURN_WRONG_STATE
        return Refused(refusal, "option" if decided else None, request.state)
    if by not in move.by:
        return Refused(Refusal.NOT_YOURS_TO_DO)
    return _DECISIONS[command.action](AskedOfReturn(order, request, shop, by, now), command)


def _review(asked_of: AskedOfReturn, command: ReviewReturn) -> Review | Refused:
    if asked_of.request.review_until <= asked_of.now:
        return Refused(Refusal.RETURN_DECIDED, "option", ReturnState.EXPIRED)
    offered = next((o for o in offered_options(asked_of.order) if o.option is command.option), None)
    if offered is None:
        return Refused(Refusal.NO_SUCH_OPTION, "option")
    if offered.comment_required and not (command.comment or "").strip():
        return Refused(Refusal.COMMENT_REQUIRED, "comment")
    if offered.part_url_required and not (command.proposed_part_url or "").strip():
        return Refused(Refusal.PART_URL_REQUIRED, "proposed_part_url")
    return Review(
        option=command.option,
        by=asked_of.by,
        at=asked_of.now,
        comment=command.comment,
        proposed_part_url=command.proposed_part_url,
    )


def _approve(asked_of: AskedOfReturn, command: asked.ApproveReturn) -> Event | Refused:
    reviewed = _review(asked_of, command)
    if isinstance(reviewed, Refused):
        return reviewed
    return happened.ReturnApproved(
        review=reviewed, courier=asked_of.shop.courier, address=_address_for(asked_of.order, asked_of.shop)
    )


def _address_for(order: Order, shop: Shop) -> Address:
    """Where the goods go: back to the warehouse, or to the shop's first location."""
    if order.fulfilment is Fulfilment.WAREHOUSE:
        return WAREHOUSE_ADDRESS
    location = next(iter(shop.locations), None)
    if location is None:
        return Address(recipient=shop.name, country_code=shop.country_code)
    return Address(
        street_name=location.street_name,
        street_number=location.street_number,
        zip=location.zip,
        city=location.city,
        region=location.region,
        country_code=shop.country_code,
    )


def _decline(asked_of: AskedOfReturn, command: asked.DeclineReturn) -> Event | Refused:
    reviewed = _review(asked_of, command)
    return reviewed if isinstance(reviewed, Refused) else happened.ReturnDeclined(review=reviewed)


def _send_missing_part(asked_of: AskedOfReturn, command: asked.SendMissingPart) -> Event | Refused:
    reviewed = _review(asked_of, command)
    return reviewed if isinstance(reviewed, Refused) else happened.MissingPartSent(review=reviewed)


def _expire(asked_of: AskedOfReturn, _: asked.ExpireReturn) -> Event | Refused:
    if asked_of.request.review_until > asked_of.now:
        return Refused(Refusal.DEADLINE_NOT_REACHED)
    return happened.ReturnExpired()


def _track(_: AskedOfReturn, command: asked.TrackReturn) -> Event | Refused:
    if not command.tracking_ids:
        return Refused(Refusal.NOTHING_NAMED, "tracking_ids")
    return happened.ReturnTracked(tracking_ids=command.tracking_ids, courier=command.courier)


def _take_back(asked_of: AskedOfReturn, command: asked.TakeBack) -> Event:
    restock = asked_of.request.reason in SELLABLE if command.restock is None else command.restock
    return happened.ReturnTakenBack(restock=restock)


# Each function takes its own command's type, which a mapping by action cannot say.
_DECISIONS: dict[Action, Callable[[AskedOfReturn, Any], Event | Refused]] = {
    Action.APPROVE_RETURN: _approve,
    Action.DECLINE_RETURN: _decline,
    Action.SEND_MISSING_PART: _send_missing_part,
    Action.EXPIRE_RETURN: _expire,
    Action.CANCEL_RETURN: lambda _, command: happened.ReturnCancelled(reason=command.reason),
    Action.TRACK_RETURN: _track,
    Action.ARRIVE_BACK: lambda *_: happened.ReturnArrived(),
    Action.TAKE_BACK: _take_back,
    Action.SEND_BACK: lambda _, command: happened.ReturnSentBack(reason=command.reason),
}


def quantities_of(order: Order) -> tuple[LineQuantity, ...]:
    """The pieces that a return is about, by the lines of its order."""
    return tuple(LineQuantity(line.id, line.quantity) for line in order.lines)


def news_for_source(before: Order, after: Order, event: Event) -> FollowReturn | None:
    """What the order whose goods come back is to know of a change of the return; mostly nothing."""
    was, now = before.return_request, after.return_request
    if was is None or now is None or (was.state is now.state and before.trackings == after.trackings):
        return None
    restock = isinstance(event, happened.ReturnTakenBack) and event.restock
    return FollowReturn(order=linked_return(after), lines=quantities_of(after), restock=restock)


def linked_return(order: Order) -> LinkedReturn:
    """What the order whose goods come back knows of a return."""
    request = order.return_request
    return LinkedReturn(
        id=order.id,
        placed_at=order.placed_at,
        state=request.state if request else None,
        tracking_ids=tuple(tracking.code for tracking in order.trackings),
    )


def review_deadline(command: asked.RequestReturn, shop: Shop, now: datetime) -> datetime:
    return (command.review_until or now + timedelta(hours=shop.review_hours)).astimezone(UTC)
