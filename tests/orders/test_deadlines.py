from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from stoa.orders import events as happened
from stoa.orders.commands import Accept, Cancel, Command, Expire, Extend, Reject
from stoa.orders.order import Actor, Fulfilment, Order, State
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Calendar
from stoa.orders.timers import EXPRESS_ACCEPTED_AFTER, due_command, next_look
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_location,
    a_shop,
    a_voucher,
    after,
    an_order,
    an_order_in,
    asking,
    in_athens,
)

DEADLINE = NOON + HOUR


def an_order_until(expires_at: datetime = DEADLINE, **what_matters: Any) -> Order:
    return an_order(expires_at=expires_at, **what_matters)


def test_an_order_expires_at_its_deadline() -> None:
    assert after(an_order_until(DEADLINE), Expire(), at=DEADLINE).state is State.EXPIRED


def test_an_order_does_not_expire_before_its_deadline() -> None:
    assert isinstance(asking(an_order_until(DEADLINE), Expire(), at=DEADLINE - MINUTE), Refused)


@pytest.mark.parametrize("actor", sorted(set(Actor) - {Actor.CLOCK}))
def test_only_the_clock_lets_an_order_expire(actor: Actor) -> None:
    assert asking(an_order_until(), Expire(), by=actor, at=DEADLINE) == Refused(Refusal.NOT_YOURS_TO_DO)


def test_an_extension_moves_the_deadline_and_the_windows_on() -> None:
    order = after(an_order_until(), Extend(expires_at=NOON + 3 * DAY), at=NOON + MINUTE)

    assert (order.state, order.expires_at) == (State.OPEN, NOON + 3 * DAY)
    assert all(window.opens > NOON + MINUTE for window in order.options.windows)


def test_an_extensions_windows_have_ids_that_were_never_offered() -> None:
    first = an_order_until()
    second = after(first, Extend(expires_at=NOON + 2 * DAY))
    third = after(second, Extend(expires_at=NOON + 3 * DAY))

    ids = [window.id for order in (first, second, third) for window in order.options.windows]

    assert ids == list(range(1, len(ids) + 1))


def test_an_order_offers_a_window_past_its_deadline_however_late_that_is() -> None:
    order = an_order(expires_at=NOON + 9 * DAY)

    assert order.options.windows[-1].opens > NOON + 9 * DAY


def test_an_extension_gives_an_order_the_pickup_locations_that_it_never_had() -> None:
    order = an_order(shop=a_shop(locations=()))

    extended = after(order, Extend(expires_at=NOON + 2 * DAY))

    assert extended.options.locations == a_shop().locations


def test_window_ids_are_never_used_again_even_after_an_extension_that_offered_none() -> None:
    closed_for_good = a_shop(calendar=Calendar(weekdays=frozenset()))
    order = after(an_order_until(), Extend(expires_at=NOON + 2 * DAY), shop=closed_for_good)

    order = after(order, Extend(expires_at=NOON + 3 * DAY), shop=a_shop())

    assert min(window.id for window in order.options.windows) > 5


def test_a_window_from_before_an_extension_can_no_longer_be_chosen() -> None:
    order = after(an_order_until(), Extend(expires_at=NOON + 3 * DAY))

    assert asking(order, Accept(window_id=1)) == Refused(Refusal.UNKNOWN_PICKUP_WINDOW, "pickup_window")
    assert after(order, Accept(window_id=6)).state is State.ACCEPTED


def test_an_extension_leaves_the_locations_as_they_were_offered() -> None:
    moved = a_shop(locations=(a_location(id="elsewhere"),))

    order = after(an_order_until(), Extend(expires_at=NOON + 3 * DAY), shop=moved)

    assert order.options.locations == (a_location(),)


@pytest.mark.parametrize("expires_at", [DEADLINE - MINUTE, DEADLINE])
def test_an_extension_is_later_than_the_present_deadline(expires_at: datetime) -> None:
    refused = asking(an_order_until(DEADLINE), Extend(expires_at=expires_at))

    assert refused == Refused(Refusal.DEADLINE_NOT_LATER, "expires_at")


def test_an_extension_of_an_overdue_order_lies_in_the_future() -> None:
    refused = asking(an_order_until(DEADLINE), Extend(expires_at=DEADLINE + MINUTE), at=DEADLINE + HOUR)

    assert refused == Refused(Refusal.DEADLINE_NOT_LATER, "expires_at")


def test_an_extension_takes_the_dispatch_along_where_it_would_come_too_early() -> None:
    order = an_order_until(dispatch_until=NOON + DAY)

    assert after(order, Extend(expires_at=NOON + 2 * DAY)).dispatch_until == NOON + 2 * DAY


def test_an_extension_leaves_a_later_dispatch_alone() -> None:
    order = an_order_until(dispatch_until=NOON + 4 * DAY)

    assert after(order, Extend(expires_at=NOON + 2 * DAY)).dispatch_until == NOON + 4 * DAY


def test_an_extension_may_set_the_dispatch() -> None:
    extension = Extend(expires_at=NOON + 2 * DAY, dispatch_until=NOON + 3 * DAY)

    assert after(an_order_until(), extension).dispatch_until == NOON + 3 * DAY


def test_a_dispatch_is_not_due_before_the_extended_deadline() -> None:
    extension = Extend(expires_at=NOON + 2 * DAY, dispatch_until=NOON + DAY)

    assert asking(an_order_until(), extension) == Refused(Refusal.DISPATCH_BEFORE_DEADLINE, "dispatch_until")


def test_the_clock_looks_at_an_open_order_when_it_expires() -> None:
    order = an_order_until(DEADLINE)

    assert next_look(order) == DEADLINE
    assert due_command(order, DEADLINE - MINUTE) is None
    assert due_command(order, DEADLINE) == (Expire(), Actor.CLOCK)


def test_the_clock_looks_at_an_extended_order_when_it_expires_anew() -> None:
    order = after(an_order_until(), Extend(expires_at=NOON + 2 * DAY))

    assert next_look(order) == NOON + 2 * DAY
    assert due_command(order, DEADLINE) is None


def test_an_express_order_is_accepted_by_itself_within_a_minute() -> None:
    order = an_order(express=True)

    assert next_look(order) == NOON + EXPRESS_ACCEPTED_AFTER
    assert due_command(order, NOON) is None
    assert due_command(order, NOON + MINUTE) == (Accept(), Actor.MARKETPLACE)


def test_the_marketplaces_own_acceptance_of_an_express_order_requests_a_voucher() -> None:
    order = an_order(express=True)
    due = due_command(order, NOON + MINUTE)
    assert due is not None
    command, actor = due

    assert after(order, command, by=actor, at=NOON + MINUTE).voucher_is_due


def test_an_express_order_that_nobody_looked_at_in_time_expires() -> None:
    order = an_order_until(DEADLINE, express=True)

    assert due_command(order, DEADLINE) == (Expire(), Actor.CLOCK)


def test_an_express_order_with_a_shorter_deadline_is_looked_at_then() -> None:
    order = an_order_until(NOON + EXPRESS_ACCEPTED_AFTER / 2, express=True)

    assert next_look(order) == order.expires_at


def test_an_order_from_the_marketplaces_warehouse_is_accepted_at_once() -> None:
    order = an_order(fulfilment=Fulfilment.WAREHOUSE)

    assert next_look(order) == NOON
    assert due_command(order, NOON) == (Accept(), Actor.MARKETPLACE)


def test_an_order_from_the_warehouse_that_nobody_looked_at_in_time_expires() -> None:
    order = an_order_until(DEADLINE, fulfilment=Fulfilment.WAREHOUSE)

    assert due_command(order, DEADLINE) == (Expire(), Actor.CLOCK)


def test_the_marketplaces_own_acceptance_of_an_order_from_its_warehouse_asks_for_no_voucher() -> None:
    order = after(an_order(fulfilment=Fulfilment.WAREHOUSE), Accept(), by=Actor.MARKETPLACE)

    assert (order.state, order.voucher_is_due, next_look(order)) == (State.ACCEPTED, False, None)


@pytest.mark.parametrize(
    "state", sorted(set(State) - {State.OPEN, State.DELIVERED, State.PARTIALLY_DELIVERED})
)
def test_the_clock_asks_nothing_of_an_order_that_is_neither_open_nor_with_the_customer(state: State) -> None:
    assert due_command(an_order_in(state), NOON + 365 * DAY) is None


def test_the_worker_looks_at_an_order_that_waits_for_its_voucher() -> None:
    order = after(an_order(), Accept(), at=NOON + MINUTE)

    assert next_look(order) == NOON + MINUTE


@pytest.mark.parametrize(
    "order",
    [
        after(an_order(), Reject(other="Κλειστό")),
        after(an_order(), Cancel()),
        after(an_order(), Accept(voucher=False)),
        replace(after(an_order(), Accept()), voucher=a_voucher()),
    ],
    ids=["rejected", "cancelled", "accepted without a voucher", "with its voucher"],
)
def test_nothing_more_happens_by_itself(order: Order) -> None:
    assert next_look(order) is None


@pytest.mark.parametrize("command", [Extend(expires_at=NOON + 2 * DAY), Expire()])
def test_only_open_orders_have_a_deadline(command: Command) -> None:
    order = an_order_in(State.ACCEPTED)

    for actor in Actor:
        assert asking(order, command, by=actor, at=NOON + 9 * DAY) == Refused(
            Refusal.WRONG_STATE, state=State.ACCEPTED
        )


def test_the_new_windows_are_counted_from_the_moment_of_the_extension() -> None:
    event = asking(an_order_until(), Extend(expires_at=NOON + 5 * DAY), at=in_athens(2026, 3, 3, 12, 30))

    assert isinstance(event, happened.Extended)
    assert event.options.windows[0].opens == in_athens(2026, 3, 3, 15)
