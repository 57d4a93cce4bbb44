"""Rejecting (Shopflix Merchant API, reject order)."""

import asyncio
from typing import Any

import pytest

from stoa.orders.order import Actor, LinkedOrder, RejectionReason, State
from stoa.orders.progress import Step
from tests.builders import NOON, a_line
from tests.database_contents import contents
from tests.dialects.returns import OF_ORDERS
from tests.shopflix.counter import (
    CANNOT_REJECT,
    REASON_NOT_VALID,
    SUCCESS,
    Counter,
    answered,
    at_fault,
)

OF_EVERY_LINE = {
    "out-of-stock": RejectionReason.NO_STOCK,
    "wrong-price": RejectionReason.WRONG_PRICE,
    "disabled-product": RejectionReason.DISCONTINUATION,
    "wrong-product": RejectionReason.CONTENT_MISTAKE,
}


@pytest.mark.parametrize("reason", OF_EVERY_LINE)
async def test_a_reason_of_the_products_is_that_of_every_line(counter: Counter, reason: str) -> None:
    order = await counter.order(lines=(a_line(), a_line(quantity=1)))

    answer = await counter.reject(order, {"status": "D", "reason": reason})

    rejected = await counter.now(order)
    assert answered(answer) == SUCCESS
    assert rejected.state is State.REJECTED
    assert [line.rejection_reason for line in rejected.lines] == [OF_EVERY_LINE[reason]] * 2
    assert rejected.rejection is not None
    assert (rejected.rejection.by, rejected.rejection.reason) == (Actor.MERCHANT, None)
    assert (await counter.show(order))["state"] == "rejected-by-merchant"


WORDS: tuple[tuple[Any, str], ...] = (
    # the body, and what the order's rejection says
    ({"status": "D", "reason": "damaged"}, "The product is damaged"),
    ({"reason": "damaged"}, "The product is damaged"),
    ({"status": "D"}, "Rejected by the merchant"),
    ({"status": "D", "reason": None}, "Rejected by the merchant"),
    ({"status": None}, "Rejected by the merchant"),
    ({}, "Rejected by the merchant"),
    (None, "Rejected by the merchant"),
    ({"note": "damaged", "lines": [1, {"reason": 5}]}, "Rejected by the merchant"),
)


@pytest.mark.parametrize(("body", "words"), WORDS, ids=str)
async def test_another_reason_is_the_whole_orders_and_no_lines(
    counter: Counter, body: object, words: str
) -> None:
    order = await counter.order()

    answer = await counter.reject(order, body)

    rejected = await counter.now(order)
    assert answered(answer) == SUCCESS
    assert [line.rejection_reason for line in rejected.lines] == [None]
    assert rejected.rejection is not None
    assert (rejected.rejection.by, rejected.rejection.reason) == (Actor.MERCHANT, words)


async def test_a_rejection_leaves_nothing_to_sell(counter: Counter) -> None:
    order = await counter.order(lines=(a_line(), a_line()))

    await counter.reject(order, {"reason": "out-of-stock"})

    assert (await counter.now(order)).replacements == ()
    assert await counter.ids() == [counter.identifier(order)]


async def test_the_other_marketplace_hears_of_it_with_the_reason(counter: Counter) -> None:
    order = await counter.order(channel="skroutz")

    await counter.reject(order, {"reason": "wrong-price"})

    told = (await counter.market.last_told(order))["order"]
    assert told["state"] == "rejected"
    assert [line["rejection_reason"] for line in told["line_items"]] == ["wrong_price"]


@pytest.mark.parametrize("step", set(OF_ORDERS) - {Step.OPEN})
async def test_an_order_that_is_not_open_cannot_be_rejected(counter: Counter, step: Step) -> None:
    order = await counter.at(step)
    before = await contents(counter.stoa.service.pool)

    answer = await counter.reject(order, {"status": "D", "reason": "damaged"})

    assert answered(answer) == CANNOT_REJECT
    assert await contents(counter.stoa.service.pool) == before


async def test_an_order_whose_time_is_over_cannot_be_rejected(counter: Counter) -> None:
    order = await counter.order()
    counter.market.pass_time(order.expires_at - NOON)

    assert answered(await counter.reject(order)) == CANNOT_REJECT
    assert await counter.history(order) == ["Placed"]


NO_REASONS: tuple[object, ...] = (
    "",
    "D",
    "Damaged",
    " damaged",
    "out_of_stock",
    "limited-stock",
    "no\x00",
    5,
    1.5,
    True,
    [],
    ["damaged"],
    {},
    {"reason": "damaged"},
)


@pytest.mark.parametrize("reason", NO_REASONS, ids=repr)
async def test_a_reason_that_is_none_of_the_list_is_not_valid(counter: Counter, reason: object) -> None:
    order = await counter.order()
    before = await contents(counter.stoa.service.pool)

    answer = await counter.client.patch(
        counter.address(order, "reject"), json={"status": "D", "reason": reason}
    )

    assert answered(answer) == REASON_NOT_VALID
    assert await contents(counter.stoa.service.pool) == before


@pytest.mark.parametrize(
    "status", ["", "d", "O", "rejected-by-merchant", "D ", 0, True, [], {}, ["D"]], ids=repr
)
async def test_a_status_that_is_none_is_an_invalid_action(counter: Counter, status: object) -> None:
    order = await counter.order()
    before = await contents(counter.stoa.service.pool)

    answer = await counter.reject(order, {"status": status, "reason": "damaged"})

    assert at_fault(answer) == (400, "10305", "status")
    assert await contents(counter.stoa.service.pool) == before


async def test_an_order_is_rejected_once(counter: Counter) -> None:
    order = await counter.order()

    answers = [answered(await counter.reject(order)) for _ in range(3)]

    assert answers == [SUCCESS, CANNOT_REJECT, CANNOT_REJECT]


async def test_of_two_who_reject_at_once_exactly_one_succeeds(counter: Counter) -> None:
    for _ in range(5):
        order = await counter.order()
        bodies = ({"reason": "out-of-stock"}, {"reason": "wrong-price"})
        answers = await asyncio.gather(*(counter.reject(order, body) for body in bodies))
        outcomes = [answered(answer) for answer in answers]
        assert sorted(outcomes, key=str) == [SUCCESS, CANNOT_REJECT]
        kept = (await counter.now(order)).lines[0].rejection_reason
        assert kept is OF_EVERY_LINE[bodies[outcomes.index(SUCCESS)]["reason"]]


async def test_goods_that_come_back_cannot_be_rejected(counter: Counter) -> None:
    back = await counter.order(return_of=LinkedOrder(id=1, placed_at=NOON))

    assert answered(await counter.reject(back)) == CANNOT_REJECT
