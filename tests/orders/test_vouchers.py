"""Vouchers: those that the worker owes an order, those that the merchant asks for, those that are cancelled."""

import pytest
from msgspec.structs import replace

from stoa.orders.commands import (
    Accept,
    AttachVoucher,
    BeginWork,
    CancelVoucher,
    CollectVoucher,
    Command,
    MarkReady,
    PickUp,
    Reschedule,
)
from stoa.orders.decisions import MOST_VOUCHERS
from stoa.orders.order import Actor, Fulfilment, Order, PickupWindow, State
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.timers import next_look
from tests.builders import (
    DAY,
    HOUR,
    NOON,
    a_shop,
    a_tracking,
    a_voucher,
    after,
    an_order,
    an_order_in,
    asking,
    in_athens,
)

AWAITING_ITS_VOUCHER = after(an_order(), Accept())
WITHOUT_VOUCHER = after(an_order(), Accept(voucher=False))
DISPATCHED = after(AWAITING_ITS_VOUCHER, PickUp())

MERCHANT, WORKER = Actor.MERCHANT, Actor.MARKETPLACE


def voucher(serial: int = 1, *, code: str = "7712345678", parcels: int | None = None) -> AttachVoucher:
    return AttachVoucher(
        voucher=a_voucher(serial=serial, blob=f"{serial}.pdf"),
        tracking=a_tracking(code=code),
        parcels=parcels,
    )


LABELLED = after(WITHOUT_VOUCHER, voucher())


def parcels_of(order: Order) -> int:
    assert order.acceptance is not None
    return order.acceptance.parcels


def window_of(order: Order) -> PickupWindow | None:
    assert order.acceptance is not None
    return order.acceptance.window


# What the worker owes


def test_the_voucher_brings_courier_and_tracking_code() -> None:
    order = after(AWAITING_ITS_VOUCHER, voucher(), by=WORKER)

    assert (order.voucher, order.courier, order.trackings) == (
        voucher().voucher,
        "last_mile",
        (a_tracking(),),
    )
    assert not order.voucher_is_due


def test_a_voucher_that_is_late_still_gets_its_number() -> None:
    assert after(DISPATCHED, voucher(), by=WORKER).voucher == voucher().voucher


@pytest.mark.parametrize("order", [WITHOUT_VOUCHER, LABELLED], ids=["not requested", "made already"])
def test_the_worker_makes_no_voucher_that_nobody_waits_for(order: Order) -> None:
    assert asking(order, voucher(), by=WORKER) == Refused(Refusal.NO_VOUCHER_DUE)


def test_the_worker_makes_no_voucher_anew_that_was_cancelled() -> None:
    order = after(AWAITING_ITS_VOUCHER, voucher(), CancelVoucher())

    assert asking(order, voucher(2), by=WORKER) == Refused(Refusal.NO_VOUCHER_DUE)


# What the merchant asks for


@pytest.mark.parametrize("order", [WITHOUT_VOUCHER, AWAITING_ITS_VOUCHER], ids=["not requested", "due"])
def test_the_merchant_has_a_voucher_made_of_an_accepted_order(order: Order) -> None:
    labelled = after(order, voucher(), by=MERCHANT)

    assert (labelled.voucher, labelled.trackings) == (voucher().voucher, (a_tracking(),))
    assert not labelled.voucher_is_due
    assert next_look(labelled) is None


def test_a_voucher_keeps_what_the_merchant_wrote_on_the_parcel() -> None:
    made = a_voucher(comment="Εύθραυστο")

    order = after(WITHOUT_VOUCHER, AttachVoucher(voucher=made, tracking=a_tracking()))

    assert order.voucher == made


def test_the_merchants_second_voucher_is_refused_while_the_first_is_valid() -> None:
    assert asking(LABELLED, voucher(2), by=MERCHANT) == Refused(Refusal.VOUCHER_EXISTS)


@pytest.mark.parametrize("fulfilment", sorted(set(Fulfilment) - {Fulfilment.MARKETPLACE}))
def test_only_what_the_marketplaces_courier_carries_has_a_voucher(fulfilment: Fulfilment) -> None:
    order = an_order_in(State.ACCEPTED, fulfilment=fulfilment)

    assert asking(order, voucher(), by=MERCHANT) == Refused(Refusal.NOT_SHIPPED_BY_MARKETPLACE)


def test_another_carrier_of_the_marketplace_has_vouchers_too() -> None:
    order = after(an_order(courier="acs"), Accept(voucher=False))
    made = AttachVoucher(voucher=a_voucher(), tracking=a_tracking(courier="acs"))

    assert after(order, made).courier == "acs"


@pytest.mark.parametrize("state", sorted(set(State) - {State.ACCEPTED, State.DISPATCHED}))
def test_the_merchant_has_no_voucher_made_before_acceptance_or_after_the_end(state: State) -> None:
    order = an_order_in(state)

    assert asking(order, voucher(), by=MERCHANT) == Refused(Refusal.WRONG_STATE, state=state)


def test_the_merchant_has_no_voucher_made_once_the_parcel_is_on_its_way() -> None:
    assert asking(DISPATCHED, voucher(), by=MERCHANT) == Refused(Refusal.NOT_YOURS_TO_DO)


@pytest.mark.parametrize("serial", [0, 1, 3])
def test_a_voucher_with_a_number_that_is_not_the_next_is_refused(serial: int) -> None:
    order = after(LABELLED, CancelVoucher())

    assert asking(order, voucher(serial), by=MERCHANT) == Refused(Refusal.VOUCHER_OUTDATED)


@pytest.mark.parametrize("parcels", [1, 2, 3])
def test_a_voucher_may_change_the_number_of_parcels(parcels: int) -> None:
    order = after(an_order(shop=a_shop(most_parcels=3)), Accept(parcels=2, voucher=False))

    assert parcels_of(after(order, voucher(parcels=parcels))) == parcels


def test_a_voucher_that_says_nothing_of_parcels_leaves_their_number() -> None:
    order = after(an_order(), Accept(parcels=2, voucher=False), voucher())

    assert parcels_of(order) == 2


@pytest.mark.parametrize("parcels", [-1, 0, 4])
def test_a_number_of_parcels_that_was_not_offered_is_refused(parcels: int) -> None:
    order = after(an_order(shop=a_shop(most_parcels=3)), Accept(voucher=False))

    assert asking(order, voucher(parcels=parcels)) == Refused(
        Refusal.UNKNOWN_NUMBER_OF_PARCELS, "number_of_parcels"
    )


def test_an_order_gets_ninety_nine_vouchers_and_no_more() -> None:
    order = replace(WITHOUT_VOUCHER, cancelled_vouchers=MOST_VOUCHERS - 1)
    last = after(order, voucher(MOST_VOUCHERS))
    one_more = voucher(MOST_VOUCHERS + 1)

    assert (MOST_VOUCHERS, last.voucher) == (99, voucher(99).voucher)
    assert asking(after(last, CancelVoucher()), one_more) == Refused(Refusal.TOO_MANY_VOUCHERS)


# What is cancelled


@pytest.mark.parametrize("before", [(), (BeginWork(),)], ids=["accepted", "in work"])
@pytest.mark.parametrize(
    "with_it", [(), (MarkReady(),), (CollectVoucher(),)], ids=["", "ready", "downloaded"]
)
def test_an_order_whose_voucher_is_cancelled_is_as_if_it_had_never_had_one(
    before: tuple[Command, ...], with_it: tuple[Command, ...]
) -> None:
    order = after(WITHOUT_VOUCHER, *before)

    cancelled = after(order, voucher(), *with_it, CancelVoucher())

    assert cancelled == replace(order, cancelled_vouchers=1)


def test_a_voucher_that_was_requested_is_not_due_again_once_it_is_cancelled() -> None:
    order = after(AWAITING_ITS_VOUCHER, voucher(), CancelVoucher())

    assert not order.voucher_is_due
    assert next_look(order) is None


def test_a_cancelled_voucher_leaves_the_parcels_as_they_were_last_said() -> None:
    order = after(WITHOUT_VOUCHER, voucher(parcels=3), CancelVoucher())

    assert parcels_of(order) == 3


def test_the_next_voucher_has_the_next_number() -> None:
    order = after(LABELLED, CancelVoucher())

    assert order.next_voucher == 2
    assert after(order, voucher(2, code="7787654321")).trackings == (a_tracking(code="7787654321"),)


def test_vouchers_are_counted_however_often_they_are_cancelled() -> None:
    order = after(LABELLED, CancelVoucher(), voucher(2), CancelVoucher(), voucher(3), CancelVoucher())

    assert (order.voucher, order.cancelled_vouchers, order.next_voucher) == (None, 3, 4)


def test_a_pickup_that_readiness_brought_forward_moves_back_with_the_cancelled_voucher() -> None:
    on_thursday = after(an_order(), Accept(window_id=5, voucher=False), voucher())
    ready = after(on_thursday, MarkReady(), at=NOON)
    assert window_of(ready) != window_of(on_thursday)

    cancelled = after(ready, CancelVoucher(), at=NOON + HOUR)

    assert window_of(cancelled) == window_of(on_thursday)
    assert cancelled.ready_at is None


def test_a_pickup_stays_where_it_is_where_the_agreed_one_has_begun() -> None:
    on_thursday = after(an_order(), Accept(window_id=5, voucher=False), voucher())
    ready = after(on_thursday, MarkReady(), at=NOON)

    cancelled = after(ready, CancelVoucher(), at=in_athens(2026, 3, 5, 10))

    assert window_of(cancelled) == window_of(ready)


def test_a_pickup_that_the_operator_set_stays_when_the_voucher_is_cancelled() -> None:
    rescheduled = Reschedule(opens=NOON + DAY, closes=NOON + DAY + HOUR)

    order = after(LABELLED, MarkReady(), rescheduled, CancelVoucher())

    assert window_of(order) == PickupWindow(id=0, opens=rescheduled.opens, closes=rescheduled.closes)


def test_a_parcel_whose_voucher_was_cancelled_can_be_ready_again() -> None:
    order = after(LABELLED, MarkReady(), CancelVoucher(), voucher(2), MarkReady(), at=NOON + HOUR)

    assert order.ready_at == NOON + HOUR


@pytest.mark.parametrize(
    "order",
    [WITHOUT_VOUCHER, AWAITING_ITS_VOUCHER, after(LABELLED, CancelVoucher())],
    ids=["not requested", "not made yet", "cancelled already"],
)
def test_a_voucher_that_is_not_there_is_not_cancelled(order: Order) -> None:
    assert asking(order, CancelVoucher()) == Refused(Refusal.NO_VOUCHER)


@pytest.mark.parametrize("state", sorted(set(State) - {State.ACCEPTED}))
def test_a_voucher_is_cancelled_of_an_accepted_order_only(state: State) -> None:
    order = replace(an_order_in(state), voucher=a_voucher())

    assert asking(order, CancelVoucher(), by=MERCHANT) == Refused(Refusal.WRONG_STATE, state=state)


@pytest.mark.parametrize("actor", sorted(set(Actor) - {MERCHANT}))
def test_nobody_but_the_merchant_cancels_a_voucher(actor: Actor) -> None:
    assert asking(LABELLED, CancelVoucher(), by=actor) == Refused(Refusal.NOT_YOURS_TO_DO)
