from typing import Any

import pytest
from msgspec.structs import replace

from stoa.orders import events as happened
from stoa.orders.commands import Accept
from stoa.orders.order import Acceptance, AcceptOptions, Actor, Fulfilment, Order, PickupWindow, State
from stoa.orders.refusals import Refusal, Refused
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_location,
    a_shop,
    after,
    an_order,
    asking,
    in_athens,
)

STADIOU = a_location(id="onpL6DXG4l", street_name="Σταδίου", street_number="1")


def accepted(order: Order, command: Accept, **circumstances: Any) -> Acceptance:
    event = asking(order, command, **circumstances)
    assert isinstance(event, happened.Accepted), event
    return event.acceptance


def test_accepting_without_options_takes_the_first_location_the_first_window_and_one_parcel() -> None:
    order = an_order(shop=a_shop(locations=(a_location(), STADIOU)))

    acceptance = accepted(order, Accept())

    assert (acceptance.location, acceptance.window, acceptance.parcels) == (
        a_location(),
        order.options.windows[0],
        1,
    )


def test_the_merchant_chooses_location_window_and_parcels() -> None:
    order = an_order(shop=a_shop(locations=(a_location(), STADIOU)))

    acceptance = accepted(order, Accept(location_id=STADIOU.id, window_id=3, parcels=2))

    assert (acceptance.location, acceptance.window, acceptance.parcels) == (
        STADIOU,
        order.options.windows[2],
        2,
    )


def test_an_acceptance_notes_who_agreed_to_what_and_when() -> None:
    acceptance = accepted(an_order(), Accept(), at=NOON + MINUTE)

    assert (acceptance.by, acceptance.at) == (Actor.MERCHANT, NOON + MINUTE)
    assert acceptance.agreed_window == acceptance.window


def test_an_accepted_order_carries_its_acceptance() -> None:
    order = an_order()

    now = after(order, Accept(), at=NOON + MINUTE)

    assert (now.state, now.acceptance) == (State.ACCEPTED, accepted(order, Accept(), at=NOON + MINUTE))
    assert now.updated_at == NOON + MINUTE


def test_options_left_out_take_the_first_window_that_has_not_begun() -> None:
    order = an_order(expires_at=NOON + 2 * DAY)

    assert accepted(order, Accept(), at=in_athens(2026, 3, 4, 10)).window == order.options.windows[2]


def test_options_left_out_take_a_new_window_where_all_that_were_offered_have_begun() -> None:
    # Its last window is the thirtieth, and the order waits for longer than that.
    order = an_order(expires_at=NOON + 30 * DAY)
    begun = order.options.windows[-1].opens

    window = accepted(order, Accept(), at=NOON + 25 * DAY).window

    assert begun < NOON + 25 * DAY
    assert window == PickupWindow(id=31, opens=in_athens(2026, 3, 30, 10), closes=in_athens(2026, 3, 30, 12))


def test_a_window_that_begins_this_very_moment_has_begun() -> None:
    order = an_order()

    refused = asking(order, Accept(window_id=1), at=order.options.windows[0].opens)

    assert refused == Refused(Refusal.PICKUP_WINDOW_HAS_BEGUN, "pickup_window")


def test_a_window_can_be_chosen_until_the_moment_before_it_begins() -> None:
    order = an_order()
    first = order.options.windows[0]

    assert accepted(order, Accept(window_id=1), at=first.opens - MINUTE).window == first


def test_a_window_that_was_not_offered_cannot_be_chosen() -> None:
    assert asking(an_order(), Accept(window_id=6)) == Refused(Refusal.UNKNOWN_PICKUP_WINDOW, "pickup_window")


def test_a_location_that_is_not_the_shops_cannot_be_chosen() -> None:
    refused = asking(an_order(), Accept(location_id=STADIOU.id))

    assert refused == Refused(Refusal.UNKNOWN_PICKUP_LOCATION, "pickup_location")


def test_the_options_are_those_of_the_placement_whatever_the_shop_changed_since() -> None:
    order = an_order(shop=a_shop(locations=(a_location(),)))

    refused = asking(order, Accept(location_id=STADIOU.id), shop=a_shop(locations=(STADIOU,)))

    assert refused == Refused(Refusal.UNKNOWN_PICKUP_LOCATION, "pickup_location")


@pytest.mark.parametrize("parcels", [-1, 0, 4])
def test_only_an_offered_number_of_parcels_can_be_chosen(parcels: int) -> None:
    refused = asking(an_order(shop=a_shop(most_parcels=3)), Accept(parcels=parcels))

    assert refused == Refused(Refusal.UNKNOWN_NUMBER_OF_PARCELS, "number_of_parcels")


def test_as_many_parcels_as_the_shop_may_send_can_be_chosen() -> None:
    assert accepted(an_order(shop=a_shop(most_parcels=3)), Accept(parcels=3)).parcels == 3


def test_an_order_is_accepted_without_a_location_where_none_is_offered() -> None:
    order = replace(an_order(), options=AcceptOptions())

    assert accepted(order, Accept()).location is None


def test_an_order_at_its_deadline_can_no_longer_be_accepted() -> None:
    order = an_order(expires_at=NOON + HOUR)

    assert asking(order, Accept(), at=NOON + HOUR) == Refused(Refusal.EXPIRED, state=State.EXPIRED)


def test_an_order_can_be_accepted_until_the_moment_before_its_deadline() -> None:
    order = an_order(expires_at=NOON + HOUR)

    assert accepted(order, Accept(), at=NOON + HOUR - MINUTE).at == NOON + 59 * MINUTE


def test_an_express_order_is_not_for_the_merchant_to_accept() -> None:
    assert asking(an_order(express=True), Accept(), by=Actor.MERCHANT) == Refused(Refusal.EXPRESS)


def test_the_marketplace_accepts_an_express_order() -> None:
    assert accepted(an_order(express=True), Accept(), by=Actor.MARKETPLACE).by is Actor.MARKETPLACE


def test_an_accepted_order_is_not_accepted_again() -> None:
    refused = asking(after(an_order(), Accept()), Accept(), by=Actor.MERCHANT)

    assert refused == Refused(Refusal.WRONG_STATE, state=State.ACCEPTED)


@pytest.mark.parametrize("fulfilment", Fulfilment)
def test_a_voucher_is_requested_only_where_the_marketplaces_courier_comes(fulfilment: Fulfilment) -> None:
    by_its_courier = fulfilment is Fulfilment.MARKETPLACE

    assert accepted(an_order(fulfilment=fulfilment), Accept()).voucher_requested is by_its_courier


def test_no_voucher_is_requested_by_a_dialect_that_asks_for_none() -> None:
    assert not accepted(an_order(), Accept(voucher=False)).voucher_requested
