"""What time, the customer and the marketplace do to an order, as the shop sees it."""

import httpx
import pytest

from stoa.orders import commands as asked
from stoa.orders.order import Actor, State
from tests.builders import DAY, HOUR, MINUTE, in_athens
from tests.skroutz.fields import OPTIONS
from tests.skroutz.market import SUCCESS, Market, a_choice, answered, at_fault, refusal


async def test_an_open_order_expires_at_its_deadline(market: Market) -> None:
    order = await market.order()

    before = await market.wait(order, DAY - MINUTE)
    after = await market.wait(order, MINUTE)

    assert (before.state, after.state) == (State.OPEN, State.EXPIRED)
    shown = await market.show(order)
    assert shown["state"] == "expired"
    assert not OPTIONS & set(shown)


async def test_an_order_has_the_deadlines_that_the_checkout_gave_it(market: Market) -> None:
    order = await market.order(
        expires_at=in_athens(2026, 3, 3, 18, 30), dispatch_until=in_athens(2026, 3, 5, 9)
    )

    shown = await market.show(order)

    assert (shown["expires_at"], shown["dispatch_until"]) == (
        "2026-03-03T18:30:00+02:00",
        "2026-03-05T09:00:00+02:00",
    )


async def test_from_its_deadline_on_an_order_is_neither_accepted_nor_rejected(market: Market) -> None:
    order = await market.order()
    market.pass_time(DAY)

    accepting = await market.ask(order, "accept", a_choice(order, pickup_window=5))
    rejecting = await market.ask(order, "reject", {"rejection_reason_other": "Κλειστά"})

    expired = refusal("order_status", "Order already expired.")
    assert (answered(accepting), answered(rejecting)) == (expired, expired)


async def test_an_order_is_accepted_until_the_last_minute(market: Market) -> None:
    order = await market.order()
    await market.wait(order, DAY - MINUTE)

    assert answered(await market.ask(order, "accept", a_choice(order, pickup_window=5))) == SUCCESS


async def test_an_accepted_order_does_not_expire(market: Market) -> None:
    order = await market.accepted()

    assert (await market.wait(order, 30 * DAY)).state is State.ACCEPTED


async def test_an_extended_order_lives_on_with_new_windows_under_new_ids(market: Market) -> None:
    order = await market.order()
    before = (await market.show(order))["accept_options"]
    await market.wait(order, 5 * HOUR)

    await market.happen(order, asked.Extend(expires_at=order.expires_at + DAY))

    after = await market.show(order)
    assert after["expires_at"] == "2026-03-05T12:00:00+02:00"
    assert [window["id"] for window in before["pickup_window"]] == [1, 2, 3, 4, 5]
    assert after["accept_options"]["pickup_window"][0] == {"id": 6, "label": "10:00 - 12:00, Τετ 04/03/26"}
    assert [window["id"] for window in after["accept_options"]["pickup_window"]] == [6, 7, 8, 9, 10, 11]
    assert after["accept_options"]["pickup_location"] == before["pickup_location"]


async def test_after_an_extension_the_old_windows_are_no_options_any_more(market: Market) -> None:
    order = await market.order()
    await market.happen(order, asked.Extend(expires_at=order.expires_at + DAY))

    old = await market.ask(order, "accept", a_choice(order, pickup_window=2))
    new = await market.ask(order, "accept", a_choice(order, pickup_window=7))

    assert at_fault(old) == (422, "pickup_window")
    assert answered(new) == SUCCESS


async def test_an_extended_order_expires_at_its_new_deadline(market: Market) -> None:
    order = await market.order()
    await market.happen(order, asked.Extend(expires_at=order.expires_at + DAY))

    at_the_old = await market.wait(order, DAY)
    at_the_new = await market.wait(order, DAY)

    assert (at_the_old.state, at_the_new.state) == (State.OPEN, State.EXPIRED)


@pytest.mark.parametrize("by", [Actor.CUSTOMER, Actor.MARKETPLACE])
async def test_an_order_is_cancelled_at_every_stage_before_delivery(market: Market, by: Actor) -> None:
    orders = [await market.order_in(state) for state in (State.OPEN, State.ACCEPTED, State.DISPATCHED)]

    for order in orders:
        await market.happen(order, asked.Cancel(), by=by)

    assert [(await market.show(order))["state"] for order in orders] == ["cancelled"] * 3


async def test_an_order_that_is_ready_is_cancelled_too(market: Market) -> None:
    order = await market.accepted()
    await market.ask(order, "set_as_ready")

    await market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)

    shown = await market.show(order)
    assert (shown["state"], shown["is_ready_for_dispatch"]) == ("cancelled", True)
    assert shown["courier_voucher"]


async def test_the_parcel_of_a_cancelled_order_comes_back_and_the_order_stays_cancelled(
    market: Market,
) -> None:
    order = await market.order_in(State.DISPATCHED)
    await market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)
    before = await market.show(order)

    await market.happen(order, asked.Return())

    assert await market.show(order) == before


async def test_a_cancelled_order_answers_every_call_as_one(market: Market) -> None:
    order = await market.order_in(State.CANCELLED)
    before = await market.stored(order)

    answers = [
        answered(await market.ask(order, "accept", a_choice(order))),
        answered(await market.ask(order, "reject", {"rejection_reason_other": "Κλειστά"})),
        answered(await market.ask(order, "set_as_ready")),
        answered(await market.ask(order, "set_as_not_ready")),
    ]

    assert answers == [
        refusal("order_status", "Order already cancelled."),
        refusal("order_status", "Order already cancelled."),
        refusal("order_error", "Order is not eligible to be marked as ready"),
        refusal("order_error", "Order is not eligible for undo"),
    ]
    assert await market.stored(order) == before


async def test_an_acceptance_whose_order_is_cancelled_before_its_voucher_gets_none(market: Market) -> None:
    order = await market.order()
    await market.ask(order, "accept", a_choice(order))
    await market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)

    await market.wait(order)

    assert (await market.show(order))["courier_voucher"] is None


async def test_a_rescheduled_pickup_is_shown(market: Market) -> None:
    order = await market.accepted()
    opens = in_athens(2026, 3, 6, 9)

    await market.happen(order, asked.Reschedule(opens=opens, closes=opens + HOUR))

    assert (await market.show(order))["pickup_window"] == {
        "from": "2026-03-06T09:00:00+02:00",
        "to": "2026-03-06T10:00:00+02:00",
    }


async def test_the_operators_own_calls_are_seen_here(market: Market, operator: httpx.AsyncClient) -> None:
    order = await market.accepted()
    actions = f"/operator/v1/shops/{market.shop.id}/orders/{order.id}"

    seen = []
    for action in ("pick_up", "arrive_at_pickup_point", "deliver", "return"):
        assert (await operator.post(f"{actions}/{action}", json={})).status_code == 200
        seen.append((await market.show(order))["state"])

    assert seen == ["dispatched", "dispatched", "delivered", "returned"]
