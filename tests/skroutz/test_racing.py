"""Several writers on one order: one wins, the others are told how the order is by then."""

import asyncio

import httpx

from stoa.orders import commands as asked
from stoa.orders.order import Actor
from tests.skroutz.market import SUCCESS, Market, a_choice, answered, refusal


async def test_of_ten_acceptances_at_once_exactly_one_succeeds(market: Market) -> None:
    order = await market.order()

    answers = await asyncio.gather(*(market.ask(order, "accept", a_choice(order)) for _ in range(10)))

    outcomes = [answered(answer) for answer in answers]
    assert outcomes.count(SUCCESS) == 1
    assert outcomes.count(refusal("order_status", "Order already accepted.")) == 9
    assert await market.history(order) == ["Placed", "Accepted"]
    assert [told["event_type"] for told in await market.told(order)] == ["new_order", "order_updated"]


async def test_the_acceptance_that_wins_is_the_one_that_is_kept(market: Market) -> None:
    order = await market.order()
    windows = [window.id for window in order.options.windows]

    answers = await asyncio.gather(
        *(market.ask(order, "accept", a_choice(order, pickup_window=window)) for window in windows)
    )

    (winner,) = [
        window for window, answer in zip(windows, answers, strict=True) if answered(answer) == SUCCESS
    ]
    acceptance = (await market.stored(order)).order.acceptance
    assert acceptance is not None
    assert acceptance.window == order.options.windows[winner - 1]


async def test_an_acceptance_and_a_rejection_at_once_end_in_one_of_them(market: Market) -> None:
    for _ in range(5):
        order = await market.order()
        line = {"id": order.lines[0].id, "reason_id": 4, "available_quantity": 1}
        accepting, rejecting = await asyncio.gather(
            market.ask(order, "accept", a_choice(order)),
            market.ask(order, "reject", {"line_items": [line]}),
        )
        state = (await market.show(order))["state"]
        loser = rejecting if state == "accepted" else accepting
        assert sorted([accepting.status_code, rejecting.status_code]) == [200, 422]
        assert answered(loser) == refusal("order_status", f"Order already {state}.")
        assert await market.history(order) == ["Placed", state.capitalize()]


async def test_of_ten_rejections_at_once_one_succeeds_and_one_order_follows(market: Market) -> None:
    order = await market.order()
    line = {"id": order.lines[0].id, "reason_id": 4, "available_quantity": 1}

    answers = await asyncio.gather(*(market.ask(order, "reject", {"line_items": [line]}) for _ in range(10)))

    assert [answered(answer) for answer in answers].count(SUCCESS) == 1
    (follow_up,) = (await market.stored(order)).order.replacements
    orders = await market.stoa.service.orders.page(market.shop.id, before=2**62, limit=100)
    assert [one.id for one in orders] == [follow_up.id, order.id]


async def test_an_acceptance_and_a_cancellation_at_once_leave_a_story_that_holds_together(
    market: Market, operator: httpx.AsyncClient
) -> None:
    for _ in range(5):
        order = await market.order()
        cancel = f"/operator/v1/shops/{market.shop.id}/orders/{order.id}/cancel"
        accepting, cancelling = await asyncio.gather(
            market.ask(order, "accept", a_choice(order)), operator.post(cancel, json={"by": "customer"})
        )
        was_accepted = accepting.status_code == 200
        accepted = ["Accepted"] if was_accepted else []

        assert cancelling.status_code == 200
        assert was_accepted or answered(accepting) == refusal("order_status", "Order already cancelled.")
        assert await market.history(order) == ["Placed", *accepted, "Cancelled"]
        assert [told["order"]["state"] for told in await market.told(order)] == [
            "open",
            *(state.lower() for state in accepted),
            "cancelled",
        ]


async def test_a_customer_who_cancels_while_the_voucher_is_printed_is_heard(market: Market) -> None:
    order = await market.order()
    await market.ask(order, "accept", a_choice(order))

    await asyncio.gather(market.wait(order), market.happen(order, asked.Cancel(), by=Actor.CUSTOMER))

    shown = await market.show(order)
    assert shown["state"] == "cancelled"
    assert (await market.last_told(order))["order"]["state"] == "cancelled"


async def test_readiness_told_ten_times_at_once_is_noted_once(market: Market) -> None:
    order = await market.accepted()

    answers = await asyncio.gather(*(market.ask(order, "set_as_ready") for _ in range(10)))

    assert [answered(answer) for answer in answers].count(SUCCESS) == 1
    assert (await market.history(order)).count("MarkedReady") == 1


async def test_a_voucher_downloaded_ten_times_at_once_marks_the_order_ready_once(market: Market) -> None:
    order = await market.accepted()
    url = (await market.show(order))["courier_voucher"]

    answers = await asyncio.gather(*(market.client.get(url) for _ in range(10)))

    assert [answer.status_code for answer in answers] == [200] * 10
    assert (await market.history(order)).count("MarkedReady") == 1
