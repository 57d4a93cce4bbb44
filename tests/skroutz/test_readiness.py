"""Ready for dispatch: set_as_ready and its undo (Skroutz Orders API)."""

import pytest

from stoa.orders import commands as asked
from stoa.orders.order import Fulfilment, Order, State
from tests.builders import MINUTE, in_athens
from tests.skroutz.market import SUCCESS, Market, a_choice, answered, refusal

NOT_READY = refusal("order_error", "Order is not eligible to be marked as ready")
NO_UNDO = refusal("order_error", "Order is not eligible for undo")

FIRST = {"from": "2026-03-03T15:00:00+02:00", "to": "2026-03-03T18:00:00+02:00"}
LAST = {"from": "2026-03-05T10:00:00+02:00", "to": "2026-03-05T12:00:00+02:00"}


async def accepted_for(market: Market, window: int) -> Order:
    order = await market.order()
    await market.ask(order, "accept", a_choice(order, pickup_window=window))
    return await market.wait(order)


async def test_an_accepted_order_is_marked_ready(market: Market) -> None:
    order = await market.accepted()
    before = await market.show(order)

    assert answered(await market.ask(order, "set_as_ready")) == SUCCESS

    assert await market.show(order) == before | {"is_ready_for_dispatch": True}


async def test_an_enrolled_shop_marks_its_orders_ready_itself(enrolled: Market) -> None:
    order = await enrolled.accepted()

    assert answered(await enrolled.ask(order, "set_as_ready")) == SUCCESS
    assert (await enrolled.show(order))["is_ready_for_dispatch"] is True


async def test_an_order_need_not_have_its_voucher_yet(market: Market) -> None:
    order = await market.order()
    await market.ask(order, "accept", a_choice(order))

    assert answered(await market.ask(order, "set_as_ready")) == SUCCESS


async def test_a_ready_order_is_not_marked_again(market: Market) -> None:
    order = await market.accepted()
    await market.ask(order, "set_as_ready")
    before = await market.stored(order)

    assert answered(await market.ask(order, "set_as_ready")) == NOT_READY
    assert await market.stored(order) == before


async def test_only_an_accepted_order_is_marked_ready(market: Market) -> None:
    others = [state for state in State if state is not State.ACCEPTED]
    orders = {state: await market.order_in(state) for state in others}

    answers = {state: answered(await market.ask(order, "set_as_ready")) for state, order in orders.items()}

    assert answers == dict.fromkeys(others, NOT_READY)


@pytest.mark.parametrize("fulfilment", [Fulfilment.MERCHANT, Fulfilment.WAREHOUSE, Fulfilment.STORE_PICKUP])
async def test_only_what_the_marketplace_collects_is_marked_ready(
    market: Market, fulfilment: Fulfilment
) -> None:
    order = await market.order_in(State.ACCEPTED, fulfilment=fulfilment)

    assert answered(await market.ask(order, "set_as_ready")) == NOT_READY


async def test_another_courier_does_not_hear_of_readiness(market: Market) -> None:
    order = await market.accepted(courier="acs")

    assert answered(await market.ask(order, "set_as_ready")) == NOT_READY


async def test_readiness_is_undone(market: Market) -> None:
    order = await market.accepted()
    before = await market.show(order)
    await market.ask(order, "set_as_ready")

    assert answered(await market.ask(order, "set_as_not_ready")) == SUCCESS

    assert await market.show(order) == before


async def test_readiness_by_download_is_undone_too(market: Market) -> None:
    order = await market.accepted()
    await market.client.get((await market.show(order))["courier_voucher"])

    assert answered(await market.ask(order, "set_as_not_ready")) == SUCCESS
    assert (await market.show(order))["is_ready_for_dispatch"] is False


async def test_an_order_that_is_not_ready_cannot_be_undone(market: Market) -> None:
    order = await market.accepted()
    before = await market.stored(order)

    assert answered(await market.ask(order, "set_as_not_ready")) == NO_UNDO
    assert await market.stored(order) == before


async def test_readiness_cannot_be_undone_once_the_courier_has_the_parcel(market: Market) -> None:
    order = await market.accepted()
    await market.ask(order, "set_as_ready")
    await market.happen(order, asked.PickUp())

    assert answered(await market.ask(order, "set_as_not_ready")) == NO_UNDO
    assert (await market.show(order))["is_ready_for_dispatch"] is True


async def test_readiness_the_day_before_brings_the_pickup_forward_and_tells_so(market: Market) -> None:
    order = await accepted_for(market, 5)

    await market.ask(order, "set_as_ready")

    assert (await market.show(order))["pickup_window"] == FIRST
    told = await market.last_told(order)
    assert (told["event_type"], told["changes"]) == (
        "order_updated",
        {"pickup_window": {"old": LAST, "new": FIRST}},
    )
    assert told["order"]["is_ready_for_dispatch"] is True


async def test_undoing_moves_the_pickup_back_and_tells_so(market: Market) -> None:
    order = await accepted_for(market, 5)
    await market.ask(order, "set_as_ready")

    await market.ask(order, "set_as_not_ready")

    assert (await market.show(order))["pickup_window"] == LAST
    told = await market.last_told(order)
    assert told["changes"] == {"pickup_window": {"old": FIRST, "new": LAST}}


async def test_a_pickup_that_cannot_be_earlier_stays_and_nobody_is_told(market: Market) -> None:
    order = await accepted_for(market, 1)
    told = await market.told(order)

    await market.ask(order, "set_as_ready")
    await market.ask(order, "set_as_not_ready")

    assert (await market.show(order))["pickup_window"] == FIRST
    assert await market.told(order) == told


async def for_thursday_noon(market: Market) -> Order:
    """An order that could be collected two hours earlier on the same day."""
    await market.wait(await market.order(), in_athens(2026, 3, 3, 15) - market.now)
    order = await accepted_for(market, 5)
    assert (await market.show(order))["pickup_window"]["from"] == "2026-03-05T12:00:00+02:00"
    return order


@pytest.mark.parametrize(("minute", "opens"), [(59, "2026-03-05T10"), (60, "2026-03-05T12")])
async def test_readiness_brings_the_pickup_forward_until_nine_in_the_evening_before(
    market: Market, minute: int, opens: str
) -> None:
    order = await for_thursday_noon(market)
    await market.wait(order, in_athens(2026, 3, 4, 20) + minute * MINUTE - market.now)

    assert answered(await market.ask(order, "set_as_ready")) == SUCCESS

    shown = await market.show(order)
    assert shown["is_ready_for_dispatch"] is True
    assert shown["pickup_window"]["from"].startswith(opens)


async def test_a_pickup_whose_time_has_passed_is_not_moved_back_to(market: Market) -> None:
    order = await accepted_for(market, 2)
    await market.ask(order, "set_as_ready")
    await market.wait(order, in_athens(2026, 3, 4, 10) - market.now)

    assert answered(await market.ask(order, "set_as_not_ready")) == SUCCESS

    assert (await market.show(order))["pickup_window"] == FIRST
