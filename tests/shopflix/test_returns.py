"""Returns that customers ask for: they show in the state of their order, and are no orders (Shopflix Merchant API)."""

import pytest

from stoa.orders import commands as asked
from stoa.orders.order import Actor, Order, State
from stoa.orders.progress import Step
from tests.builders import DAY
from tests.database_contents import contents
from tests.dialects.returns import OF_RETURNS, a_return
from tests.shopflix.counter import (
    CANNOT_ACCEPT,
    CANNOT_REJECT,
    NO_VOUCHER,
    SALE_ORDER_NOT_FOUND,
    Counter,
    answered,
    not_found,
    shipment_refusal,
)

STATES = {
    Step.RETURN_IN_REVIEW: "return-requested",
    Step.RETURN_UNDER_WAY: "return-requested",
    Step.RETURN_ARRIVED: "return-requested",
    Step.RETURN_TAKEN_BACK: "delivered-to-customer",
    Step.RETURN_DECLINED: "return-canceled",
    Step.RETURN_CALLED_OFF: "return-canceled",
    Step.RETURN_EXPIRED: "return-canceled",
}
"""What an order is while its return, of one of its two pieces, is at each step."""

TO_RETURN = 14 * DAY
"""So long may a customer return an order."""


async def delivered(counter: Counter) -> Order:
    return await counter.market.order_in(State.DELIVERED, channel="shopflix")


async def state_of(counter: Counter, order: Order) -> str:
    """What the order and lists say alike; no other order is listed or counted."""
    state = (await counter.show(order))["state"]
    for page in (await counter.page(), await counter.page(status=state), await counter.page(state=state)):
        assert [(entry["id"], entry["state"]) for entry in page["orders"]] == [
            (counter.identifier(order), state)
        ]
        assert page["params"]["totalItems"] == 1
    return str(state)


def test_every_step_of_a_return_is_tried() -> None:
    assert STATES.keys() == OF_RETURNS


@pytest.mark.parametrize("step", STATES)
async def test_an_order_tells_how_far_its_return_is(counter: Counter, step: Step) -> None:
    order = await delivered(counter)

    await a_return(counter.market, step, of=order)

    assert await state_of(counter, order) == STATES[step]


async def test_an_order_of_which_all_has_come_back_is_returned(counter: Counter) -> None:
    order = await delivered(counter)

    await a_return(counter.market, Step.RETURN_TAKEN_BACK, of=order)
    assert await state_of(counter, order) == "delivered-to-customer"
    second = await a_return(counter.market, Step.RETURN_ARRIVED, of=order)
    assert await state_of(counter, order) == "return-requested"
    await counter.market.happen(second, asked.TakeBack(), by=Actor.MERCHANT)
    assert await state_of(counter, order) == "returned"


async def test_a_return_is_cancelled_once_none_that_was_requested_is_under_way(counter: Counter) -> None:
    order = await delivered(counter)
    first, second = [await a_return(counter.market, of=order) for _ in range(2)]

    await counter.market.happen(first, asked.CancelReturn(), by=Actor.CUSTOMER)
    assert await state_of(counter, order) == "return-requested"
    await counter.market.happen(second, asked.CancelReturn(), by=Actor.CUSTOMER)
    assert await state_of(counter, order) == "return-canceled"


async def test_an_order_whose_return_was_cancelled_is_completed_when_its_time_is_over(
    counter: Counter,
) -> None:
    order = await delivered(counter)
    returned = await a_return(counter.market, of=order)

    # Nobody answers: the request is over before the time to return is.
    await counter.market.wait(returned, returned.expires_at - counter.market.now)
    assert await state_of(counter, order) == "return-canceled"
    await counter.market.wait(order, TO_RETURN)
    assert await state_of(counter, order) == "completed"


async def test_an_order_whose_return_is_under_way_is_not_completed_before_that_is_over(
    counter: Counter,
) -> None:
    order = await delivered(counter)
    returned = await a_return(counter.market, Step.RETURN_ARRIVED, of=order)

    await counter.market.wait(order, TO_RETURN)
    assert await state_of(counter, order) == "return-requested"
    await counter.market.happen(returned, asked.SendBack(), by=Actor.MERCHANT)
    await counter.market.wait(order)
    assert await state_of(counter, order) == "completed"


@pytest.mark.parametrize("step", STATES)
async def test_a_return_itself_is_no_order_at_any_step(counter: Counter, step: Step) -> None:
    returned = await a_return(counter.market, step)
    unknown = not_found(counter.identifier(returned))
    before = await contents(counter.stoa.service.pool)

    assert answered(await counter.client.get(counter.address(returned))) == unknown
    assert answered(await counter.accept(returned)) == unknown
    assert answered(await counter.reject(returned)) == unknown
    assert answered(await counter.upload(returned, "invoice.pdf", b"%PDF-1.4")) == unknown
    assert answered(await counter.create_voucher(returned)) == SALE_ORDER_NOT_FOUND
    assert answered(await counter.cancel_voucher(returned)) == SALE_ORDER_NOT_FOUND
    assert answered(await counter.print_labels(returned)) == SALE_ORDER_NOT_FOUND
    assert await contents(counter.stoa.service.pool) == before


async def test_returns_are_neither_listed_nor_counted_whatever_is_asked_for(counter: Counter) -> None:
    order = await delivered(counter)
    for step in STATES:
        await a_return(counter.market, step, of=await delivered(counter))

    everything = await counter.page(itemsPerPage=100)
    by_day = await counter.page(itemsPerPage=100, dateFrom="2026-03-03", dateTo="2026-03-31")
    by_state = [
        await counter.page(state=state, itemsPerPage=100)
        for state in {*STATES.values(), "returned", "canceled", "rejected-by-merchant"}
    ]

    assert counter.identifier(order) in {entry["id"] for entry in everything["orders"]}
    for page in (everything, by_day):
        assert len(page["orders"]) == page["params"]["totalItems"] == 1 + len(STATES)
    assert sum(page["params"]["totalItems"] for page in by_state) == 1 + len(STATES)


async def test_an_order_that_is_being_returned_is_neither_accepted_nor_rejected_nor_shipped(
    counter: Counter,
) -> None:
    order = await delivered(counter)
    await a_return(counter.market, of=order)
    before = await contents(counter.stoa.service.pool)

    assert answered(await counter.accept(order)) == CANNOT_ACCEPT
    assert answered(await counter.reject(order)) == CANNOT_REJECT
    words = "Invalid Action: The order is for return, which does not allow this."
    assert answered(await counter.create_voucher(order)) == shipment_refusal("10305", words)
    assert answered(await counter.cancel_voucher(order)) == NO_VOUCHER
    assert await contents(counter.stoa.service.pool) == before


async def test_among_several_labels_a_return_is_the_one_that_is_not_found(counter: Counter) -> None:
    order, returned = await counter.at(Step.LABELLED), await a_return(counter.market)

    answer = await counter.client.get(f"{counter.shipment(order, returned)}/print")

    of_order, of_return = answer.json()["shipments"]
    assert (of_order["error"], of_return["error"]["errorCode"]) == (None, "10350")
