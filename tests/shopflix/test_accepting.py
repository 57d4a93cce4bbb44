"""Accepting (Shopflix Merchant API, accept order)."""

import asyncio

import pytest

from stoa.app import Stoa
from stoa.orders import commands as asked
from stoa.orders.order import Actor, Fulfilment, LinkedOrder, State
from stoa.orders.progress import Step
from tests.builders import NOON
from tests.database_contents import contents
from tests.dialects.returns import OF_ORDERS
from tests.shopflix.counter import CANNOT_ACCEPT, SUCCESS, Counter, answered, not_found, opening_a_counter


async def test_an_accepted_order_is_in_processing_without_a_voucher(counter: Counter) -> None:
    order = await counter.order()

    answer = await counter.accept(order)
    later = await counter.market.wait(order)

    assert answered(answer) == SUCCESS
    assert (await counter.show(order))["state"] == "in-processing"
    assert (later.state, later.voucher, later.trackings) == (State.ACCEPTED, None, ())
    assert await counter.history(order) == ["Placed", "Accepted"]


async def test_the_shops_default_location_the_first_open_window_and_one_parcel_are_taken(
    counter: Counter,
) -> None:
    order = await counter.order()

    await counter.accept(order)

    acceptance = (await counter.now(order)).acceptance
    assert acceptance is not None
    assert (acceptance.by, acceptance.parcels) == (Actor.MERCHANT, 1)
    assert acceptance.location == counter.shop.locations[0]
    assert acceptance.window == order.options.windows[0]
    shown = (await counter.show(order))["carrier"]["deliveryToCourierEstimationDate"]
    assert shown == "2026-03-03 15:00:00"


async def test_a_window_that_has_begun_is_not_taken(counter: Counter) -> None:
    order = await counter.order()
    first, second = order.options.windows[:2]
    counter.market.pass_time(first.opens - NOON)

    await counter.accept(order)

    acceptance = (await counter.now(order)).acceptance
    assert acceptance is not None
    assert acceptance.window == second


async def test_the_other_marketplace_hears_of_it(counter: Counter) -> None:
    order = await counter.order(channel="skroutz")

    assert answered(await counter.accept(order)) == SUCCESS

    assert (await counter.market.last_told(order))["order"]["state"] == "accepted"
    assert (await counter.market.show(order))["courier_voucher"] is None


@pytest.mark.parametrize("fulfilment", Fulfilment)
async def test_an_order_is_accepted_whoever_ships_it(counter: Counter, fulfilment: Fulfilment) -> None:
    order = await counter.order(fulfilment=fulfilment)

    assert answered(await counter.accept(order)) == SUCCESS


async def test_a_shop_without_a_pickup_location_accepts(stoa: Stoa) -> None:
    async with opening_a_counter(stoa, locations=()) as counter:
        order = await counter.order()
        answer = await counter.accept(order)
        acceptance = (await counter.now(order)).acceptance

    assert answered(answer) == SUCCESS
    assert acceptance is not None
    assert acceptance.location is None


@pytest.mark.parametrize("body", [b"", b"{}", b'{"status": "D"}', b"not json", b"\xff", b"[" * 10_000])
async def test_whatever_is_sent_along_is_ignored(counter: Counter, body: bytes) -> None:
    order = await counter.order()

    answer = await counter.client.patch(counter.address(order, "accept"), content=body)

    assert answered(answer) == SUCCESS


@pytest.mark.parametrize("step", set(OF_ORDERS) - {Step.OPEN})
async def test_an_order_that_is_not_open_cannot_be_accepted(counter: Counter, step: Step) -> None:
    order = await counter.at(step)
    before = await contents(counter.stoa.service.pool)

    answer = await counter.accept(order)

    assert answered(answer) == CANNOT_ACCEPT
    assert await contents(counter.stoa.service.pool) == before


async def test_an_order_whose_time_is_over_cannot_be_accepted_before_anybody_looked(counter: Counter) -> None:
    order = await counter.order()
    counter.market.pass_time(order.expires_at - NOON)
    before = await contents(counter.stoa.service.pool)

    answer = await counter.accept(order)

    assert answered(answer) == CANNOT_ACCEPT
    assert await contents(counter.stoa.service.pool) == before


async def test_an_express_order_is_the_marketplaces_to_accept(counter: Counter) -> None:
    order = await counter.order(express=True)

    assert answered(await counter.accept(order)) == CANNOT_ACCEPT
    assert (await counter.now(order)).state is State.OPEN


async def test_an_order_is_accepted_once(counter: Counter) -> None:
    order = await counter.order()

    answers = [answered(await counter.accept(order)) for _ in range(3)]

    assert answers == [SUCCESS, CANNOT_ACCEPT, CANNOT_ACCEPT]


async def test_of_two_who_accept_at_once_exactly_one_succeeds(counter: Counter) -> None:
    for _ in range(10):
        order = await counter.order()
        answers = await asyncio.gather(counter.accept(order), counter.accept(order))
        outcomes = [answered(answer) for answer in answers]
        assert sorted(outcomes, key=str) == [SUCCESS, CANNOT_ACCEPT]
        assert await counter.history(order) == ["Placed", "Accepted"]


async def test_an_acceptance_and_a_rejection_at_once_end_in_one_of_them(counter: Counter) -> None:
    for _ in range(5):
        order = await counter.order()
        accepting, rejecting = await asyncio.gather(
            counter.accept(order), counter.reject(order, {"status": "D", "reason": "out-of-stock"})
        )
        was_accepted = (await counter.show(order))["state"] == "in-processing"
        assert sorted([accepting.status_code, rejecting.status_code]) == [200, 400]
        assert (accepting.status_code == 200) is was_accepted
        assert await counter.history(order) == ["Placed", "Accepted" if was_accepted else "Rejected"]


async def test_an_acceptance_and_a_cancellation_at_once_leave_a_story_that_holds_together(
    counter: Counter,
) -> None:
    for _ in range(5):
        order = await counter.order()
        accepting, _ = await asyncio.gather(
            counter.accept(order), counter.market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)
        )
        accepted = ["Accepted"] if accepting.status_code == 200 else []
        assert accepted or answered(accepting) == CANNOT_ACCEPT
        assert await counter.history(order) == ["Placed", *accepted, "Cancelled"]


async def test_goods_that_come_back_cannot_be_accepted(counter: Counter) -> None:
    back = await counter.order(return_of=LinkedOrder(id=1, placed_at=NOON))

    assert answered(await counter.accept(back)) == CANNOT_ACCEPT


async def test_an_order_that_is_deleted_meanwhile_is_not_found(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = counter.stoa.service.orders
    order = await counter.order()
    save = orders.save

    async def save_too_late(*saves: object) -> bool:
        await orders.delete(await counter.market.stored(order), by=Actor.MERCHANT, at=NOON)
        return await save(*saves)  # type: ignore[arg-type]

    monkeypatch.setattr(orders, "save", save_too_late)

    assert answered(await counter.accept(order)) == not_found(counter.identifier(order))
