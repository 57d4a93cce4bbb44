"""When the customer's time to return an order is over."""

import pytest

from stoa.orders.commands import (
    Accept,
    Complete,
    Deliver,
    DeliverPartially,
    FailDelivery,
    LineQuantity,
    LinkReturn,
    PickUp,
    Return,
    ReturnPartially,
)
from stoa.orders.evolving import left_to_return
from stoa.orders.order import Actor, Fulfilment, LinkedOrder, Order, State
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.timers import due_command, next_look
from tests.builders import DAY, HOUR, MINUTE, NOON, a_line, a_shop, after, an_order, an_order_in, asking

DISPATCHED = after(an_order(lines=(a_line(quantity=3),)), Accept(), PickUp())
ONE_PIECE = (LineQuantity(DISPATCHED.lines[0].id, 1),)
DELIVERED = after(DISPATCHED, Deliver())
TAKEN_IN_PART = after(DISPATCHED, DeliverPartially(lines=ONE_PIECE))
OVER = NOON + 14 * DAY

NOT_NOW = Refused(Refusal.NOTHING_TO_COMPLETE)

WITH_THE_CUSTOMER = pytest.mark.parametrize(
    "order", [DELIVERED, TAKEN_IN_PART], ids=["delivered", "partially delivered"]
)


@pytest.mark.parametrize("command", [Deliver(), DeliverPartially(lines=ONE_PIECE)])
@pytest.mark.parametrize("days", [0, 14, 30])
def test_a_delivery_may_be_returned_for_as_many_days_as_the_shop_grants(
    command: Deliver | DeliverPartially, days: int
) -> None:
    order = after(DISPATCHED, command, at=NOON + DAY, shop=a_shop(return_days=days))

    assert order.returnable_until == NOON + DAY + days * DAY


def test_a_shop_grants_fourteen_days_where_nothing_else_was_agreed() -> None:
    assert a_shop().return_days == 14


def test_what_the_merchant_delivers_itself_may_be_returned_as_long() -> None:
    order = after(
        an_order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT), PickUp(), Deliver(), by=Actor.MERCHANT
    )

    assert order.returnable_until == OVER


@WITH_THE_CUSTOMER
def test_the_clock_completes_an_order_once_it_can_no_longer_be_returned(order: Order) -> None:
    assert next_look(order) == OVER
    assert due_command(order, OVER - MINUTE) is None
    assert due_command(order, OVER) == (Complete(), Actor.CLOCK)

    completed = after(order, Complete(), at=OVER + HOUR)
    assert (completed.state, completed.completed_at) == (order.state, OVER + HOUR)
    assert completed.returnable_until == OVER


@WITH_THE_CUSTOMER
def test_an_order_is_not_completed_while_it_may_be_returned(order: Order) -> None:
    assert asking(order, Complete(), at=OVER - MINUTE) == NOT_NOW


@WITH_THE_CUSTOMER
def test_a_completed_order_is_over_for_the_clock(order: Order) -> None:
    completed = after(order, Complete(), at=OVER)

    assert asking(completed, Complete(), at=OVER + DAY) == NOT_NOW
    assert next_look(completed) is None
    assert due_command(completed, OVER + DAY) is None


@pytest.mark.parametrize("actor", sorted(set(Actor) - {Actor.CLOCK}))
def test_nobody_but_the_clock_completes_an_order(actor: Actor) -> None:
    assert asking(DELIVERED, Complete(), by=actor, at=OVER) == Refused(Refusal.NOT_YOURS_TO_DO)


@pytest.mark.parametrize("came_back", [Return(), ReturnPartially(lines=ONE_PIECE)])
def test_what_came_back_is_not_completed(came_back: Return | ReturnPartially) -> None:
    order = after(DELIVERED, came_back)

    assert asking(order, Complete(), by=Actor.CLOCK, at=OVER) == Refused(
        Refusal.WRONG_STATE, state=order.state
    )
    assert next_look(order) is None
    assert due_command(order, OVER) is None


@pytest.mark.parametrize("command", [FailDelivery(), Return()])
def test_what_never_reached_the_customer_has_no_time_to_be_returned(command: FailDelivery | Return) -> None:
    order = after(DISPATCHED, command)

    assert (order.returnable_until, next_look(order)) == (None, None)


def test_goods_that_are_announced_to_come_back_leave_the_order_to_the_clock() -> None:
    order = after(DELIVERED, LinkReturn(order=LinkedOrder(id=1_000_002, placed_at=NOON)))

    assert next_look(order) == OVER


@WITH_THE_CUSTOMER
def test_a_completed_order_can_still_be_returned(order: Order) -> None:
    back = after(after(order, Complete(), at=OVER), Return(), at=OVER + DAY)

    assert back.state is State.RETURNED
    assert [left_to_return(line) for line in back.lines] == [0]


def test_a_piece_of_a_completed_order_can_still_be_returned() -> None:
    back = after(after(DELIVERED, Complete(), at=OVER), ReturnPartially(lines=ONE_PIECE), at=OVER + DAY)

    assert (back.state, [left_to_return(line) for line in back.lines]) == (State.PARTIALLY_RETURNED, [2])
    assert next_look(back) is None
