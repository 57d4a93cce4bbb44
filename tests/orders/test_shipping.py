import pytest

from stoa.orders import events as happened
from stoa.orders.commands import (
    Accept,
    ArriveAtPickupPoint,
    BeginWork,
    Cancel,
    Deliver,
    DeliverPartially,
    FailDelivery,
    LineQuantity,
    Modify,
    NoteTracking,
    PickUp,
    Reschedule,
    Return,
    ReturnPartially,
    SetPayment,
)
from stoa.orders.evolving import left_to_return
from stoa.orders.order import (
    Actor,
    Address,
    DeliveryNote,
    Fulfilment,
    Order,
    PaymentMethod,
    PaymentStatus,
    PickupWindow,
    State,
)
from stoa.orders.refusals import Refusal, Refused
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_customer,
    a_line,
    a_tracking,
    after,
    an_address,
    an_order,
    an_order_in,
    asking,
)

LINES = (a_line(name="Τσάντα", quantity=1), a_line(name="Ομπρέλα", quantity=3))
ACCEPTED = after(an_order(lines=LINES), Accept())
DISPATCHED = after(ACCEPTED, PickUp())
DELIVERED = after(DISPATCHED, Deliver())
BAG, UMBRELLAS = (line.id for line in ACCEPTED.lines)


def umbrellas(quantity: int) -> tuple[LineQuantity, ...]:
    return (LineQuantity(UMBRELLAS, quantity),)


def delivered(order: Order) -> list[int | None]:
    return [line.delivered_quantity for line in order.lines]


def returned(order: Order) -> list[int]:
    return [line.returned_quantity for line in order.lines]


def test_a_merchant_who_ships_itself_notes_its_trackings() -> None:
    both = (a_tracking(courier="acs", code="1"), a_tracking(courier="acs", code="2"))
    order = after(an_order(fulfilment=Fulfilment.MERCHANT), Accept(), NoteTracking(trackings=both))

    assert (order.courier, order.trackings) == ("acs", both)


def test_new_trackings_replace_the_old_ones() -> None:
    by_dhl = (a_tracking(courier="dhl", code="2"),)
    order = an_order_in(State.DISPATCHED, fulfilment=Fulfilment.MERCHANT)

    order = after(order, NoteTracking(trackings=(a_tracking(courier="acs"),)), NoteTracking(trackings=by_dhl))

    assert (order.courier, order.trackings) == ("dhl", by_dhl)


@pytest.mark.parametrize("fulfilment", sorted(set(Fulfilment) - {Fulfilment.MERCHANT}))
def test_only_a_merchant_who_ships_itself_notes_trackings(fulfilment: Fulfilment) -> None:
    order = an_order_in(State.ACCEPTED, fulfilment=fulfilment)

    assert asking(order, NoteTracking(trackings=(a_tracking(),))) == Refused(Refusal.NOT_SHIPPED_BY_MERCHANT)


def test_no_trackings_at_all_are_refused() -> None:
    order = an_order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)

    assert isinstance(asking(order, NoteTracking(trackings=())), Refused)


def test_a_pickup_is_rescheduled_to_a_window_that_was_never_offered() -> None:
    order = after(ACCEPTED, Reschedule(opens=NOON + DAY, closes=NOON + DAY + HOUR))
    new = PickupWindow(id=0, opens=NOON + DAY, closes=NOON + DAY + HOUR)

    assert order.acceptance is not None
    assert (order.acceptance.window, order.acceptance.agreed_window) == (new, new)


def test_a_pickup_is_not_rescheduled_into_the_past() -> None:
    refused = asking(ACCEPTED, Reschedule(opens=NOON, closes=NOON + HOUR), at=NOON)

    assert refused == Refused(Refusal.WINDOW_NOT_AHEAD, "from")


def test_a_rescheduled_window_ends_after_it_begins() -> None:
    refused = asking(ACCEPTED, Reschedule(opens=NOON + HOUR, closes=NOON + HOUR))

    assert refused == Refused(Refusal.WINDOW_NOT_AHEAD, "to")


def test_the_courier_picks_the_parcel_up() -> None:
    order = after(ACCEPTED, PickUp(), at=NOON + DAY)

    assert (order.state, order.dispatched_at) == (State.DISPATCHED, NOON + DAY)


def test_a_parcel_at_a_pickup_point_is_still_on_its_way() -> None:
    order = after(DISPATCHED, ArriveAtPickupPoint())

    assert (order.state, order.at_pickup_point) == (State.DISPATCHED, True)
    assert after(order, Deliver()).state is State.DELIVERED


def test_a_delivery_brings_every_piece() -> None:
    assert (DELIVERED.state, delivered(DELIVERED)) == (State.DELIVERED, [1, 3])


def test_a_partial_delivery_brings_what_the_customer_took() -> None:
    order = after(DISPATCHED, DeliverPartially(lines=umbrellas(2)))

    assert (order.state, delivered(order)) == (State.PARTIALLY_DELIVERED, [0, 2])


def test_a_partial_delivery_of_everything_is_none() -> None:
    everything = (LineQuantity(BAG, 1), LineQuantity(UMBRELLAS, 3))

    refused = asking(DISPATCHED, DeliverPartially(lines=everything))

    assert refused == Refused(Refusal.NOTHING_LEFT_OUT, "lines")


@pytest.mark.parametrize("quantity", [-1, 0, 4])
def test_never_more_than_ordered_is_delivered_nor_less_than_one_piece(quantity: int) -> None:
    refused = asking(DISPATCHED, DeliverPartially(lines=umbrellas(quantity)))

    assert refused == Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")


@pytest.mark.parametrize(
    "command",
    [
        DeliverPartially(lines=umbrellas(1) + umbrellas(1)),
        ReturnPartially(lines=umbrellas(1) + umbrellas(1)),
    ],
)
def test_a_line_is_named_once_only(command: DeliverPartially | ReturnPartially) -> None:
    order = DISPATCHED if isinstance(command, DeliverPartially) else DELIVERED

    assert asking(order, command) == Refused(Refusal.LINE_NAMED_TWICE, "lines.id")


def test_a_line_of_another_order_is_neither_delivered_nor_returned() -> None:
    stranger = (LineQuantity("jn231kb12u", 1),)

    assert asking(DISPATCHED, DeliverPartially(lines=stranger)) == Refused(Refusal.UNKNOWN_LINE, "lines.id")
    assert asking(DELIVERED, ReturnPartially(lines=stranger)) == Refused(Refusal.UNKNOWN_LINE, "lines.id")


@pytest.mark.parametrize(
    ("order", "command"),
    [(DISPATCHED, DeliverPartially(lines=())), (DELIVERED, ReturnPartially(lines=()))],
)
def test_something_is_delivered_or_returned_partially(
    order: Order, command: DeliverPartially | ReturnPartially
) -> None:
    assert isinstance(asking(order, command), Refused)


@pytest.mark.parametrize("command", [Deliver(), DeliverPartially(lines=umbrellas(1))])
def test_cash_is_paid_at_the_door(command: Deliver | DeliverPartially) -> None:
    order = an_order_in(State.DISPATCHED, lines=LINES, payment_method=PaymentMethod.CASH_ON_DELIVERY)

    assert order.payment_status is PaymentStatus.AWAITING
    assert after(order, command).payment_status is PaymentStatus.PAID


def test_what_somebody_said_of_the_payment_before_stays_said_at_the_door() -> None:
    order = an_order_in(State.DISPATCHED, lines=LINES, payment_method=PaymentMethod.CASH_ON_DELIVERY)

    order = after(order, SetPayment(status=PaymentStatus.FAILED), Deliver())

    assert order.payment_status is PaymentStatus.FAILED


def test_cash_is_not_paid_where_the_delivery_failed() -> None:
    order = an_order_in(State.FOR_RETURN, payment_method=PaymentMethod.CASH_ON_DELIVERY)

    assert order.payment_status is PaymentStatus.AWAITING


def test_a_parcel_that_could_not_be_delivered_comes_back() -> None:
    order = after(DISPATCHED, FailDelivery(), Return())

    assert (order.state, returned(order)) == (State.RETURNED, [0, 0])


def test_a_parcel_comes_back_on_its_way_too() -> None:
    assert after(DISPATCHED, Return()).state is State.RETURNED


def test_some_pieces_are_returned() -> None:
    order = after(DELIVERED, ReturnPartially(lines=umbrellas(2)))

    assert (order.state, returned(order)) == (State.PARTIALLY_RETURNED, [0, 2])
    assert [left_to_return(line) for line in order.lines] == [1, 1]


def test_later_pieces_are_added_to_the_earlier_ones() -> None:
    order = after(DELIVERED, ReturnPartially(lines=umbrellas(1)), ReturnPartially(lines=umbrellas(1)))

    assert (order.state, returned(order)) == (State.PARTIALLY_RETURNED, [0, 2])


@pytest.mark.parametrize("quantity", [-1, 0, 2])
def test_never_more_is_returned_than_is_left_with_the_customer(quantity: int) -> None:
    order = after(DELIVERED, ReturnPartially(lines=umbrellas(2)))

    refused = asking(order, ReturnPartially(lines=umbrellas(quantity)))

    assert refused == Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")


def test_what_was_not_delivered_is_not_returned() -> None:
    order = after(DISPATCHED, DeliverPartially(lines=umbrellas(2)))

    refused = asking(order, ReturnPartially(lines=(LineQuantity(BAG, 1),)))

    assert refused == Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")


def test_the_last_pieces_make_a_return_whole() -> None:
    order = after(DELIVERED, ReturnPartially(lines=umbrellas(3)))

    last = ReturnPartially(lines=(LineQuantity(BAG, 1),))

    assert asking(order, last) == happened.Returned()
    assert (after(order, last).state, returned(after(order, last))) == (State.RETURNED, [1, 3])


def test_all_that_was_delivered_partially_makes_a_return_whole() -> None:
    order = after(DISPATCHED, DeliverPartially(lines=umbrellas(2)), ReturnPartially(lines=umbrellas(2)))

    assert (order.state, returned(order)) == (State.RETURNED, [0, 2])


@pytest.mark.parametrize("state", [State.DELIVERED, State.PARTIALLY_DELIVERED, State.PARTIALLY_RETURNED])
def test_a_whole_return_brings_back_all_that_the_customer_had(state: State) -> None:
    order = after(an_order_in(state, lines=LINES[1:]), Return())

    assert (order.state, returned(order)) == (State.RETURNED, delivered(order))


@pytest.mark.parametrize("actor", [Actor.CUSTOMER, Actor.MARKETPLACE])
@pytest.mark.parametrize("state", [State.OPEN, State.ACCEPTED, State.DISPATCHED])
def test_customer_and_marketplace_cancel_before_delivery(state: State, actor: Actor) -> None:
    order = after(an_order_in(state), Cancel(reason="Άλλαξα γνώμη"), by=actor, at=NOON + MINUTE)

    assert (order.state, order.cancelled_by, order.cancel_reason) == (State.CANCELLED, actor, "Άλλαξα γνώμη")


def test_a_delivered_order_is_not_cancelled() -> None:
    refused = asking(DELIVERED, Cancel(), by=Actor.CUSTOMER)

    assert refused == Refused(Refusal.WRONG_STATE, state=State.DELIVERED)


def test_the_parcel_of_an_order_cancelled_after_dispatch_comes_back_and_the_state_stays() -> None:
    order = after(DISPATCHED, Cancel(), Return(), at=NOON + DAY)

    assert (order.state, order.parcel_came_back_at) == (State.CANCELLED, NOON + DAY)


def test_a_parcel_comes_back_once() -> None:
    refused = asking(after(DISPATCHED, Cancel(), Return()), Return())

    assert refused == Refused(Refusal.NO_PARCEL_UNDER_WAY)


def test_no_parcel_comes_back_where_none_was_sent() -> None:
    assert asking(after(ACCEPTED, Cancel()), Return()) == Refused(Refusal.NO_PARCEL_UNDER_WAY)


# What the merchant says of a parcel itself


OWN = [Fulfilment.MERCHANT, Fulfilment.STORE_PICKUP]
CARRIED = [Fulfilment.MARKETPLACE, Fulfilment.WAREHOUSE]


@pytest.mark.parametrize("fulfilment", OWN)
def test_the_merchant_sends_and_delivers_what_no_courier_of_the_marketplace_carries(
    fulfilment: Fulfilment,
) -> None:
    order = after(an_order_in(State.ACCEPTED, fulfilment=fulfilment), PickUp(), Deliver(), by=Actor.MERCHANT)

    assert (order.state, order.delivered_at) == (State.DELIVERED, NOON)


@pytest.mark.parametrize("fulfilment", CARRIED)
@pytest.mark.parametrize(("state", "command"), [(State.ACCEPTED, PickUp()), (State.DISPATCHED, Deliver())])
def test_the_merchant_does_not_say_where_a_parcel_of_the_marketplaces_courier_is(
    state: State, command: PickUp | Deliver, fulfilment: Fulfilment
) -> None:
    order = an_order_in(state, fulfilment=fulfilment)

    assert asking(order, command, by=Actor.MERCHANT) == Refused(Refusal.CARRIED_BY_MARKETPLACE)
    assert not isinstance(asking(order, command, by=Actor.COURIER), Refused)


RETURNABLE = [
    State.DISPATCHED,
    State.FOR_RETURN,
    State.DELIVERED,
    State.PARTIALLY_DELIVERED,
    State.PARTIALLY_RETURNED,
]


@pytest.mark.parametrize("fulfilment", sorted(set(Fulfilment) - {Fulfilment.WAREHOUSE}))
@pytest.mark.parametrize("state", RETURNABLE)
def test_the_merchant_says_of_any_parcel_that_it_is_back(state: State, fulfilment: Fulfilment) -> None:
    order = after(an_order_in(state, fulfilment=fulfilment), Return(), by=Actor.MERCHANT)

    assert order.state is State.RETURNED


@pytest.mark.parametrize("state", RETURNABLE)
def test_only_the_marketplace_sees_what_comes_back_to_its_warehouse(state: State) -> None:
    order = an_order_in(state, fulfilment=Fulfilment.WAREHOUSE)

    assert asking(order, Return(), by=Actor.MERCHANT) == Refused(Refusal.CARRIED_BY_MARKETPLACE)
    assert after(order, Return(), by=Actor.COURIER).state is State.RETURNED


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DISPATCHED])
def test_the_merchant_cancels_what_it_accepted(state: State) -> None:
    order = after(an_order_in(state), Cancel(), by=Actor.MERCHANT)

    assert (order.state, order.cancelled_by) == (State.CANCELLED, Actor.MERCHANT)


def test_work_begins_on_an_accepted_order() -> None:
    order = after(ACCEPTED, BeginWork(), at=NOON + HOUR)

    assert (order.state, order.work_began_at) == (State.ACCEPTED, NOON + HOUR)


def test_a_delivery_is_noted_with_its_moment() -> None:
    order = after(DISPATCHED, DeliverPartially(lines=umbrellas(1)), at=NOON + DAY)

    assert order.delivered_at == NOON + DAY


# The warehouse's paper


FROM_THE_WAREHOUSE = an_order_in(State.ACCEPTED, fulfilment=Fulfilment.WAREHOUSE)


def note_of(order: Order) -> DeliveryNote:
    assert order.delivery_note is not None
    return order.delivery_note


@pytest.mark.parametrize("fulfilment", Fulfilment)
def test_only_the_warehouse_puts_a_delivery_note_to_a_parcel(fulfilment: Fulfilment) -> None:
    accepted = an_order_in(State.ACCEPTED, fulfilment=fulfilment)

    order = after(accepted, PickUp())

    assert accepted.delivery_note is None
    assert (order.delivery_note is not None) == (fulfilment is Fulfilment.WAREHOUSE)


@pytest.mark.parametrize(
    ("order_id", "number"), [(1_000_001, "ΔΑ-1000001"), (17, "ΔΑ-0000017"), (12_345_678, "ΔΑ-12345678")]
)
def test_a_delivery_note_has_the_number_of_its_order(order_id: int, number: str) -> None:
    order = an_order_in(State.DISPATCHED, order_id=order_id, fulfilment=Fulfilment.WAREHOUSE)

    assert note_of(order).number == number


def test_a_delivery_note_says_when_a_parcel_left_and_for_whom() -> None:
    note = note_of(after(FROM_THE_WAREHOUSE, PickUp(), at=NOON + HOUR))

    assert (note.issued_at, note.address, note.recipient) == (NOON + HOUR, an_address(), "Ελένη Παπαδάκη")


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        (an_address(recipient="Ηλίας Παπάς"), "Ηλίας Παπάς"),
        (an_address(recipient="Θυρωρείο"), "Θυρωρείο"),
        (an_address(), "Ελένη"),
    ],
)
def test_a_delivery_note_is_for_whoever_takes_the_parcel(address: Address, recipient: str) -> None:
    order = an_order_in(
        State.DISPATCHED,
        fulfilment=Fulfilment.WAREHOUSE,
        address=address,
        customer=a_customer(last_name=""),
    )

    assert note_of(order).recipient == recipient


def test_a_delivery_note_stays_as_the_parcel_left() -> None:
    order = after(FROM_THE_WAREHOUSE, PickUp())
    moved = {"address.city": "Πάτρα", "address.recipient": "Ηλίας Παπάς", "customer.first_name": "Λένα"}

    later = after(order, Modify(changes=moved), Deliver(), Return(), at=NOON + DAY)

    assert later.address.city == "Πάτρα"
    assert later.delivery_note == order.delivery_note
