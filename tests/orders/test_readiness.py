from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from stoa.orders.commands import (
    Accept,
    AttachVoucher,
    CollectVoucher,
    MarkNotReady,
    MarkReady,
    PickUp,
    Reschedule,
)
from stoa.orders.decisions import told_when_ready
from stoa.orders.events import MarkedReady
from stoa.orders.order import Actor, Fulfilment, Order, PickupWindow, State
from stoa.orders.refusals import Refusal, Refused
from tests.builders import (
    HOUR,
    MINUTE,
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

ACCEPTED = after(an_order(), Accept())
PRINT = AttachVoucher(voucher=a_voucher(), tracking=a_tracking())
ON_THURSDAY = after(an_order(), Accept(window_id=5))
"""Accepted on Tuesday for Thursday 10:00 to 12:00, the last of the five windows."""


def window_of(order: Order) -> PickupWindow | None:
    assert order.acceptance is not None
    return order.acceptance.window


def test_the_merchant_says_that_a_parcel_is_ready() -> None:
    assert after(ACCEPTED, MarkReady(), at=NOON + MINUTE).ready_at == NOON + MINUTE


def test_a_parcel_is_ready_once_only() -> None:
    assert asking(after(ACCEPTED, MarkReady()), MarkReady()) == Refused(Refusal.NOT_ELIGIBLE_FOR_READY)


@pytest.mark.parametrize("fulfilment", sorted(set(Fulfilment) - {Fulfilment.MARKETPLACE}))
def test_readiness_is_told_to_the_marketplaces_courier_only(fulfilment: Fulfilment) -> None:
    order = after(an_order(fulfilment=fulfilment), Accept())

    assert not told_when_ready(order)
    assert asking(order, MarkReady()) == Refused(Refusal.NOT_ELIGIBLE_FOR_READY)


def test_another_carrier_is_not_told_when_a_parcel_is_ready() -> None:
    order = after(an_order(courier="acs"), Accept())

    assert asking(order, MarkReady()) == Refused(Refusal.NOT_ELIGIBLE_FOR_READY)


@pytest.mark.parametrize("state", sorted(set(State) - {State.ACCEPTED}))
def test_only_an_accepted_order_can_be_marked_ready_or_not_ready(state: State) -> None:
    order = an_order_in(state)

    assert asking(order, MarkReady(), by=Actor.MERCHANT) == Refused(Refusal.NOT_ELIGIBLE_FOR_READY)
    assert asking(order, MarkNotReady(), by=Actor.MERCHANT) == Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO)


def test_readiness_is_undone() -> None:
    assert after(ACCEPTED, MarkReady(), MarkNotReady()).ready_at is None


def test_what_is_not_ready_cannot_be_undone() -> None:
    assert asking(ACCEPTED, MarkNotReady()) == Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO)


def test_an_undone_readiness_can_be_said_again() -> None:
    assert after(ACCEPTED, MarkReady(), MarkNotReady(), MarkReady()).ready_at is not None


def test_readiness_is_not_undone_once_the_courier_picked_the_parcel_up() -> None:
    order = after(ACCEPTED, MarkReady(), PickUp())

    assert asking(order, MarkNotReady(), by=Actor.MERCHANT) == Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO)


@pytest.mark.parametrize("now", [NOON, in_athens(2026, 3, 4, 9), in_athens(2026, 3, 4, 20, 59)])
def test_readiness_before_nine_in_the_evening_of_the_day_before_brings_the_pickup_forward_if_it_can(
    now: datetime,
) -> None:
    still_open = [window for window in ON_THURSDAY.options.windows if window.opens > now]

    assert window_of(after(ON_THURSDAY, MarkReady(), at=now)) == still_open[0]


def test_readiness_brings_the_pickup_forward_to_the_first_window() -> None:
    order = after(ON_THURSDAY, MarkReady(), at=NOON)

    assert window_of(order) == ON_THURSDAY.options.windows[0]


def test_until_nine_in_the_evening_is_told_by_the_shops_own_clock() -> None:
    on_wednesday = after(an_order(), Accept(window_id=4))
    a_quarter_to_nine_in_lisbon = in_athens(2026, 3, 3, 22, 45)

    assert window_of(after(on_wednesday, MarkReady(), at=a_quarter_to_nine_in_lisbon)) == window_of(
        on_wednesday
    )
    in_lisbon = after(
        on_wednesday, MarkReady(), at=a_quarter_to_nine_in_lisbon, shop=a_shop(zone="Europe/Lisbon")
    )
    assert window_of(in_lisbon) == on_wednesday.options.windows[1]


@pytest.mark.parametrize("now", [in_athens(2026, 3, 3, 21), in_athens(2026, 3, 4, 9)])
def test_readiness_from_nine_in_the_evening_of_the_day_before_leaves_the_pickup_alone(now: datetime) -> None:
    on_wednesday_afternoon = after(an_order(), Accept(window_id=4))

    order = after(on_wednesday_afternoon, MarkReady(), at=now)

    assert window_of(order) == on_wednesday_afternoon.options.windows[3]
    assert order.ready_at == now


def test_readiness_leaves_the_first_window_alone() -> None:
    for_tomorrow_morning = after(an_order(placed_at=in_athens(2026, 3, 3, 15)), Accept())

    assert asking(for_tomorrow_morning, MarkReady()) == MarkedReady(window=None)


def test_the_day_before_is_that_of_the_shops_own_calendar() -> None:
    in_auckland = a_shop(zone="Pacific/Auckland")
    tuesday_morning = datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("Pacific/Auckland")).astimezone(UTC)
    order = after(
        an_order(shop=in_auckland, placed_at=tuesday_morning), Accept(window_id=4), shop=in_auckland
    )

    # Wednesday's window opens while it is still Tuesday in UTC.
    ready = after(order, MarkReady(), at=tuesday_morning + 5 * HOUR, shop=in_auckland)

    assert window_of(ready) == order.options.windows[2]


def test_undoing_readiness_moves_the_pickup_back() -> None:
    order = after(ON_THURSDAY, MarkReady(), at=NOON)

    assert window_of(after(order, MarkNotReady(), at=NOON + HOUR)) == window_of(ON_THURSDAY)


def test_undoing_readiness_leaves_the_pickup_where_the_agreed_one_has_begun() -> None:
    order = after(ON_THURSDAY, MarkReady(), at=NOON)

    undone = after(order, MarkNotReady(), at=in_athens(2026, 3, 5, 10))

    assert window_of(undone) == ON_THURSDAY.options.windows[0]


def test_undoing_readiness_keeps_to_the_window_that_the_operator_set_since() -> None:
    rescheduled = Reschedule(opens=in_athens(2026, 3, 6, 10), closes=in_athens(2026, 3, 6, 12))
    order = after(ON_THURSDAY, MarkReady(), rescheduled, MarkNotReady())

    assert window_of(order) == PickupWindow(id=0, opens=rescheduled.opens, closes=rescheduled.closes)


def test_downloading_the_voucher_marks_the_order_ready() -> None:
    order = after(ACCEPTED, PRINT)

    assert after(order, CollectVoucher(), at=NOON + HOUR).ready_at == NOON + HOUR


def test_downloading_the_voucher_leaves_the_pickup_alone() -> None:
    assert window_of(after(ON_THURSDAY, PRINT, CollectVoucher())) == window_of(ON_THURSDAY)


def test_a_shop_that_says_itself_when_it_is_ready_downloads_vouchers_freely() -> None:
    enrolled = a_shop(set_as_ready_required=True)

    order = after(ACCEPTED, PRINT)

    assert asking(order, CollectVoucher(), shop=enrolled) == Refused(Refusal.NOT_ELIGIBLE_FOR_READY)
    assert after(ACCEPTED, MarkReady(), shop=enrolled).ready_at is not None


def test_a_second_download_changes_nothing() -> None:
    order = after(ACCEPTED, PRINT, CollectVoucher())

    assert asking(order, CollectVoucher()) == Refused(Refusal.NOT_ELIGIBLE_FOR_READY)


def test_a_voucher_that_is_not_there_cannot_be_downloaded() -> None:
    assert isinstance(asking(after(an_order(), Accept(voucher=False)), CollectVoucher()), Refused)
