"""When the clock, or the worker, must look at an order next, and what it does then."""

from datetime import datetime, timedelta

from stoa.orders.commands import Accept, Command, Complete, Expire, ExpireReturn
from stoa.orders.order import Actor, Fulfilment, Order, ReturnState, State

EXPRESS_ACCEPTED_AFTER = timedelta(seconds=20)
"""The marketplace accepts express orders by itself within a minute (Skroutz Orders API, accept)."""


def next_look(order: Order) -> datetime | None:
    """The moment, in UTC, or None where nothing will happen by itself."""
    if order.state is State.OPEN:
        accepted = _accepted_by_itself_at(order)
        return min(accepted, order.expires_at) if accepted else order.expires_at
    if order.voucher_is_due:
        return order.updated_at
    if order.return_request is not None:
        return _review_until(order)
    return order.returnable_until if _awaits_completion(order) else None


def due_command(order: Order, now: datetime) -> tuple[Command, Actor] | None:
    """What the clock asks of the order now."""
    review_until = _review_until(order)
    if review_until is not None and review_until <= now:
        return ExpireReturn(), Actor.CLOCK
    if _awaits_completion(order):
        over = order.returnable_until is not None and order.returnable_until <= now
        return (Complete(), Actor.CLOCK) if over else None
    if order.state is not State.OPEN:
        return None
    accepted = _accepted_by_itself_at(order)
    if accepted and accepted <= now < order.expires_at:
        return Accept(), Actor.MARKETPLACE
    return (Expire(), Actor.CLOCK) if order.expires_at <= now else None


def _review_until(order: Order) -> datetime | None:
    """The merchant's deadline, where the order is a return that waits for an answer."""
    request = order.return_request
    waits = request is not None and request.state is ReturnState.PENDING_REVIEW
    return request.review_until if request and waits else None


def _awaits_completion(order: Order) -> bool:
    return order.state in {State.DELIVERED, State.PARTIALLY_DELIVERED} and order.completed_at is None


def _accepted_by_itself_at(order: Order) -> datetime | None:
    if order.fulfilment is Fulfilment.WAREHOUSE:
        return order.placed_at
    return order.placed_at + EXPRESS_ACCEPTED_AFTER if order.express else None
