"""What a customer gets back: when, of which payments, and how much."""

import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders import events as happened
from stoa.orders.commands import Command, LineQuantity
from stoa.orders.order import Actor, Order, PaymentMethod, PaymentStatus, ReturnState, State
from stoa.orders.refunding import left_to_refund, paid_cents, refund_due
from stoa.orders.refusals import Refusal, Refused
from tests.builders import (
    NOON,
    a_line,
    a_return_in,
    after,
    an_order,
    an_order_in,
    asking,
    both_after,
    way_back_to,
    with_a_return,
)

BAG, UMBRELLA, SHIPPING = 5000, 1000, 350
LINES = (
    a_line(name="Τσάντα", quantity=1, unit_price_cents=BAG),
    a_line(name="Ομπρέλα", quantity=3, unit_price_cents=UMBRELLA),
)
TOTAL = BAG + 3 * UMBRELLA + SHIPPING
THE_BAG, UMBRELLAS = (line.id for line in an_order(lines=LINES).lines)

CARD, AT_THE_DOOR = PaymentMethod.CARD, PaymentMethod.CASH_ON_DELIVERY


def umbrellas(pieces: int) -> tuple[LineQuantity, ...]:
    return (LineQuantity(UMBRELLAS, pieces),)


def dispatched(method: PaymentMethod, shipping_cents: int = SHIPPING) -> Order:
    return an_order_in(State.DISPATCHED, lines=LINES, payment_method=method, shipping_cents=shipping_cents)


def refunded_by(order: Order, cents: int | None = None) -> Order:
    """The order once the marketplace gave money back."""
    return after(order, asked.Refund(cents=cents), by=Actor.MARKETPLACE)


TAKE_TWO = asked.DeliverPartially(lines=umbrellas(2))
ONE_BACK, ALL_BACK = asked.ReturnPartially(lines=umbrellas(1)), asked.Return()


# What was paid


@pytest.mark.parametrize("method", sorted(set(PaymentMethod) - {AT_THE_DOOR}))
@pytest.mark.parametrize("delivery", [asked.Deliver(), TAKE_TWO, asked.FailDelivery()])
def test_what_was_paid_at_the_checkout_is_the_whole_order(method: PaymentMethod, delivery: Command) -> None:
    assert paid_cents(after(dispatched(method), delivery)) == TOTAL


@pytest.mark.parametrize(
    ("delivery", "paid"), [(asked.Deliver(), TOTAL), (TAKE_TWO, 2 * UMBRELLA + SHIPPING)]
)
def test_at_the_door_only_what_was_taken_is_paid_for(delivery: Command, paid: int) -> None:
    assert paid_cents(after(dispatched(AT_THE_DOOR), delivery)) == paid


def test_what_the_courier_was_given_stays_a_fact_whatever_is_written_on_the_order_later() -> None:
    taken = after(dispatched(AT_THE_DOOR), TAKE_TWO)
    changes = {"payment_method": CARD, "shipping_cents": 9000}

    assert paid_cents(after(taken, asked.Modify(changes=changes))) == 2 * UMBRELLA + SHIPPING


def test_what_was_to_be_paid_at_the_door_but_came_before_is_the_whole_order() -> None:
    order = after(dispatched(AT_THE_DOOR), asked.SetPayment(status=PaymentStatus.PAID), ALL_BACK)

    assert (paid_cents(order), refund_due(order)) == (TOTAL, TOTAL)


def test_at_the_door_only_what_was_taken_was_paid_for_though_nobody_noted_what_was_given() -> None:
    order = replace(after(dispatched(AT_THE_DOOR), TAKE_TWO), collected_cents=None)

    assert paid_cents(order) == 2 * UMBRELLA + SHIPPING


def test_what_comes_back_was_paid_all_the_same() -> None:
    assert paid_cents(after(dispatched(AT_THE_DOOR), TAKE_TWO, ALL_BACK)) == 2 * UMBRELLA + SHIPPING


# What is due


DUE = [
    # By card the whole order was paid for.
    (CARD, (asked.Deliver(),), 0),
    (CARD, (asked.Deliver(), ONE_BACK), UMBRELLA),
    (CARD, (asked.Deliver(), ONE_BACK, ONE_BACK), 2 * UMBRELLA),
    (CARD, (asked.Deliver(), ALL_BACK), TOTAL),
    (CARD, (asked.Deliver(), ONE_BACK, ALL_BACK), TOTAL),
    (CARD, (TAKE_TWO,), BAG + UMBRELLA),
    (CARD, (TAKE_TWO, ONE_BACK), BAG + 2 * UMBRELLA),
    (CARD, (TAKE_TWO, ALL_BACK), TOTAL),
    (CARD, (asked.FailDelivery(),), 0),
    (CARD, (asked.FailDelivery(), ALL_BACK), TOTAL),
    (CARD, (ALL_BACK,), TOTAL),
    (CARD, (asked.Cancel(),), 0),
    (CARD, (asked.Cancel(), ALL_BACK), TOTAL),
    # At the door only what was taken was.
    (AT_THE_DOOR, (asked.Deliver(),), 0),
    (AT_THE_DOOR, (asked.Deliver(), ONE_BACK), UMBRELLA),
    (AT_THE_DOOR, (asked.Deliver(), ALL_BACK), TOTAL),
    (AT_THE_DOOR, (TAKE_TWO,), 0),
    (AT_THE_DOOR, (TAKE_TWO, ONE_BACK), UMBRELLA),
    (AT_THE_DOOR, (TAKE_TWO, ALL_BACK), 2 * UMBRELLA + SHIPPING),
    (AT_THE_DOOR, (asked.FailDelivery(), ALL_BACK), 0),
    (AT_THE_DOOR, (ALL_BACK,), 0),
    (AT_THE_DOOR, (asked.Cancel(), ALL_BACK), 0),
]


@pytest.mark.parametrize(("method", "commands", "due"), DUE)
def test_the_value_of_goods_is_due_once_they_are_back(
    method: PaymentMethod, commands: tuple[Command, ...], due: int
) -> None:
    assert refund_due(after(dispatched(method), *commands)) == due


@pytest.mark.parametrize("shipping", [0, 1, SHIPPING])
def test_shipping_is_given_back_with_the_last_piece_and_no_sooner(shipping: int) -> None:
    order = after(dispatched(CARD, shipping), asked.Deliver(), asked.ReturnPartially(lines=umbrellas(3)))

    assert refund_due(order) == 3 * UMBRELLA
    assert refund_due(after(order, ALL_BACK)) == 3 * UMBRELLA + BAG + shipping


def test_shipping_stays_paid_though_what_the_customer_keeps_cost_nothing() -> None:
    gift = a_line(quantity=1, unit_price_cents=0)
    order = an_order_in(State.DELIVERED, lines=(LINES[1], gift), shipping_cents=SHIPPING)
    umbrellas_back = asked.ReturnPartially(lines=(LineQuantity(order.lines[0].id, 3),))

    assert refund_due(after(order, umbrellas_back)) == 3 * UMBRELLA


@pytest.mark.parametrize("state", sorted(ReturnState))
def test_a_return_that_a_customer_asked_for_is_due_once_it_is_taken_back(state: ReturnState) -> None:
    source, back = with_a_return(after(dispatched(CARD), asked.Deliver()), lines=umbrellas(2))
    way = (asked.ExpireReturn(),) if state is ReturnState.EXPIRED else way_back_to(state)

    source, back = both_after(
        source, back, *way, at=back.expires_at if state is ReturnState.EXPIRED else NOON
    )

    assert refund_due(source) == (2 * UMBRELLA if state is ReturnState.RETURNED else 0)
    assert (left_to_refund(back), refund_due(back)) == (0, 0)


@pytest.mark.parametrize("status", sorted(set(PaymentStatus) - {PaymentStatus.PAID}))
def test_nothing_is_due_of_a_payment_that_is_not_there(status: PaymentStatus) -> None:
    order = replace(after(dispatched(CARD), asked.Deliver(), ALL_BACK), payment_status=status)

    assert (left_to_refund(order), refund_due(order)) == (0, 0)
    for actor in Actor:
        assert asking(order, asked.Refund(), by=actor) == Refused(Refusal.NOTHING_TO_REFUND)


def test_goods_that_are_back_before_the_payment_came_are_due_with_it() -> None:
    order = an_order_in(State.RETURNED, lines=LINES, payment_status=PaymentStatus.AWAITING)

    assert refund_due(after(order, asked.SetPayment(status=PaymentStatus.PAID))) == order.total_cents


# Giving back


def test_what_is_due_is_given_back_and_then_no_more() -> None:
    order = after(dispatched(CARD), asked.Deliver(), ONE_BACK)

    order = after(order, asked.Refund(), by=Actor.COURIER)

    assert (order.refunded_cents, order.payment_status) == (UMBRELLA, PaymentStatus.PAID)
    assert (refund_due(order), left_to_refund(order)) == (0, TOTAL - UMBRELLA)
    assert asking(order, asked.Refund(), by=Actor.COURIER) == Refused(Refusal.REFUND_OUT_OF_RANGE, "cents")


def test_later_goods_add_to_what_was_given_back_before() -> None:
    order = after(dispatched(CARD), asked.Deliver(), ONE_BACK, asked.Refund(), by=Actor.COURIER)

    order = after(order, ALL_BACK, asked.Refund(), by=Actor.COURIER)

    assert (order.refunded_cents, order.payment_status) == (TOTAL, PaymentStatus.REFUNDED)


@pytest.mark.parametrize(
    ("method", "commands"),
    [
        (CARD, (asked.Deliver(), ALL_BACK)),
        (CARD, (asked.FailDelivery(), ALL_BACK)),
        (AT_THE_DOOR, (TAKE_TWO, ALL_BACK)),
    ],
)
def test_an_order_is_refunded_once_all_that_was_paid_is_back(
    method: PaymentMethod, commands: tuple[Command, ...]
) -> None:
    order = after(dispatched(method), *commands, asked.Refund(), by=Actor.COURIER)

    assert (order.refunded_cents, order.payment_status) == (paid_cents(order), PaymentStatus.REFUNDED)


@pytest.mark.parametrize("by", sorted(set(Actor) - {Actor.MARKETPLACE}))
@pytest.mark.parametrize(
    ("cents", "allowed"), [(0, False), (1, True), (UMBRELLA, True), (UMBRELLA + 1, False)]
)
def test_nobody_but_the_marketplace_gives_back_more_than_goods_that_are_back(
    by: Actor, cents: int, *, allowed: bool
) -> None:
    order = after(dispatched(CARD), asked.Deliver(), ONE_BACK)

    outcome = asking(order, asked.Refund(cents=cents), by=by)

    expected = happened.Refunded(cents=cents) if allowed else Refused(Refusal.REFUND_OUT_OF_RANGE, "cents")
    assert outcome == expected


@pytest.mark.parametrize(("cents", "allowed"), [(0, False), (1, True), (TOTAL, True), (TOTAL + 1, False)])
@pytest.mark.parametrize("delivery", [(), (asked.Deliver(),), (asked.Deliver(), ONE_BACK)])
def test_the_marketplace_gives_back_what_it_likes_of_what_was_paid(
    delivery: tuple[Command, ...], cents: int, *, allowed: bool
) -> None:
    order = after(dispatched(CARD), *delivery)

    outcome = asking(order, asked.Refund(cents=cents), by=Actor.MARKETPLACE)

    expected = happened.Refunded(cents=cents) if allowed else Refused(Refusal.REFUND_OUT_OF_RANGE, "cents")
    assert outcome == expected


def test_without_an_amount_the_marketplace_gives_back_all_that_is_left() -> None:
    order = refunded_by(refunded_by(after(dispatched(CARD), asked.Deliver()), 500))

    assert (order.refunded_cents, order.payment_status) == (TOTAL, PaymentStatus.REFUNDED)
    assert asking(order, asked.Refund(), by=Actor.MARKETPLACE) == Refused(Refusal.NOTHING_TO_REFUND)


def test_what_the_marketplace_gave_already_is_not_due_again_when_the_goods_are_back() -> None:
    order = refunded_by(after(dispatched(CARD), asked.Deliver()), 300)

    assert refund_due(after(order, ONE_BACK)) == UMBRELLA - 300
    assert refund_due(after(order, ALL_BACK)) == TOTAL - 300


def test_nothing_is_due_where_the_marketplace_gave_more_than_the_goods_are_worth() -> None:
    order = refunded_by(after(dispatched(CARD), asked.Deliver()), TOTAL - 1)

    assert refund_due(after(order, ONE_BACK)) == 0
    assert refund_due(after(order, ALL_BACK)) == 1


def test_a_return_itself_was_never_paid() -> None:
    back = replace(a_return_in(ReturnState.RETURNED), payment_status=PaymentStatus.PAID)

    assert asking(back, asked.Refund(), by=Actor.MARKETPLACE) == Refused(Refusal.NOTHING_TO_REFUND)


@pytest.mark.parametrize("state", ReturnState)
def test_the_money_of_a_return_is_awaited_until_it_ends(state: ReturnState) -> None:
    ends = {
        ReturnState.RETURNED: PaymentStatus.REFUNDED,
        ReturnState.REJECTED: PaymentStatus.CANCELLED,
        ReturnState.CANCELLED: PaymentStatus.CANCELLED,
        ReturnState.EXPIRED: PaymentStatus.CANCELLED,
    }

    assert a_return_in(state).payment_status is ends.get(state, PaymentStatus.AWAITING)


def test_an_order_that_cost_nothing_has_nothing_to_refund() -> None:
    free = an_order_in(State.RETURNED, lines=(a_line(unit_price_cents=0),))

    assert asking(free, asked.Refund(), by=Actor.MARKETPLACE) == Refused(Refusal.NOTHING_TO_REFUND)
