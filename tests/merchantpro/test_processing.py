"""Processing an order: which handler leads where, from every state (order processing)."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from stoa.dialects.merchantpro.updating import HANDLERS
from stoa.orders import commands as asked
from stoa.orders.order import Actor, Fulfilment, Order, State
from stoa.orders.progress import Stage
from tests.builders import way_to
from tests.database_contents import contents
from tests.merchantpro.back_office import OK, ORDERS, BackOffice, answered, fault, said

S = State

ALLOWED: dict[str, dict[State, Stage]] = {
    # the states in which a handler does what it says, and the stage of the order afterwards
    "in_process": {S.OPEN: Stage.IN_PROCESS, S.ACCEPTED: Stage.IN_PROCESS},
    "shipped": {
        S.OPEN: Stage.SHIPPED,
        S.ACCEPTED: Stage.SHIPPED,
        S.DISPATCHED: Stage.SHIPPED,
        S.FOR_RETURN: Stage.SHIPPED,
    },
    "delivered": {
        S.DISPATCHED: Stage.DELIVERED,
        S.DELIVERED: Stage.DELIVERED,
        S.PARTIALLY_DELIVERED: Stage.DELIVERED,
        S.PARTIALLY_RETURNED: Stage.DELIVERED,
    },
    "returned": dict.fromkeys(
        (S.DISPATCHED, S.DELIVERED, S.PARTIALLY_DELIVERED, S.FOR_RETURN, S.PARTIALLY_RETURNED, S.RETURNED),
        Stage.RETURNED,
    ),
    "cancelled": dict.fromkeys(
        (S.OPEN, S.ACCEPTED, S.DISPATCHED, S.REJECTED, S.CANCELLED, S.EXPIRED), Stage.CANCELLED
    ),
    "create_invoice": {
        S.OPEN: Stage.AWAITING,
        S.ACCEPTED: Stage.CONFIRMED,
        S.DISPATCHED: Stage.SHIPPED,
        S.FOR_RETURN: Stage.SHIPPED,
        S.DELIVERED: Stage.DELIVERED,
        S.PARTIALLY_DELIVERED: Stage.DELIVERED,
        S.PARTIALLY_RETURNED: Stage.DELIVERED,
        S.RETURNED: Stage.RETURNED,
    },
}

MOVES = [handler for handler in ALLOWED if handler != "create_invoice"]


def test_every_handler_of_the_contract_is_tried() -> None:
    assert ALLOWED.keys() == HANDLERS.keys()


def expected(answer: httpx.Response, handler: str, state: State) -> bool:
    """Whether the handler was to do what it says; where it was not, the answer must name the order's state."""
    if state in ALLOWED[handler]:
        assert answer.status_code == 200, (handler, answer.text)
        return True
    assert fault(answer) == (400, None), handler
    assert f"is {state.replace('_', ' ')}," in said(answer), handler
    return False


@pytest.mark.parametrize("state", list(State))
async def test_a_handler_leads_where_it_says_or_says_in_which_state_the_order_is(
    office: BackOffice, state: State
) -> None:
    for handler in ALLOWED:
        order = await office.in_state(state)
        before = await contents(office.stoa.service.pool)
        answer = await office.process(order.id, handler)
        if expected(answer, handler, state):
            assert answered(answer) == OK
            assert await office.stage(order.id) is ALLOWED[handler][state]
        else:
            assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("state", list(State))
async def test_a_shipping_status_in_a_change_is_the_same_move(office: BackOffice, state: State) -> None:
    for handler in MOVES:
        order = await office.in_state(state)
        before = await contents(office.stoa.service.pool)
        answer = await office.client.patch(f"{ORDERS}/{order.id}", json={"shipping_status": handler})
        if expected(answer, handler, state):
            assert answer.json()["shipping_status"] == ALLOWED[handler][state]
        else:
            assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("handler", ALLOWED)
async def test_repeating_a_handler_is_ok_and_changes_nothing(office: BackOffice, handler: str) -> None:
    for state in ALLOWED[handler]:
        order = await office.in_state(state)
        await office.process(order.id, handler)
        before = await contents(office.stoa.service.pool)
        assert answered(await office.process(order.id, handler)) == OK, state
        assert await contents(office.stoa.service.pool) == before


WAYS: dict[str, tuple[State, list[str]]] = {
    "in_process": (State.OPEN, ["Accepted", "WorkBegun"]),
    "shipped": (State.OPEN, ["Accepted", "PickedUp"]),
    "delivered": (State.DISPATCHED, ["Delivered"]),
    "returned": (State.DELIVERED, ["Returned", "Refunded"]),
    "cancelled": (State.OPEN, ["Rejected"]),
    "create_invoice": (State.OPEN, ["InvoiceIssued"]),
}


@pytest.mark.parametrize("handler", WAYS)
async def test_what_a_handler_does_is_in_the_orders_history(office: BackOffice, handler: str) -> None:
    state, events = WAYS[handler]
    order = await office.in_state(state)

    await office.process(order.id, handler)

    assert await office.history(order.id) == ["Placed", *events]


async def test_an_accepted_or_dispatched_order_is_cancelled_by_the_shop(office: BackOffice) -> None:
    for state in (State.ACCEPTED, State.DISPATCHED):
        order = await office.in_state(state)
        await office.process(order.id, "cancelled")
        now = (await office.stored(order.id)).order
        assert (now.state, now.cancelled_by) == (State.CANCELLED, Actor.MERCHANT)


async def test_an_open_order_that_is_cancelled_is_rejected_in_the_shops_language(
    office: BackOffice,
) -> None:
    order = await office.in_state(State.OPEN)

    await office.process(order.id, "cancelled")

    shown = await office.market.show((await office.stored(order.id)).order)
    assert (shown["state"], shown["rejection_info"]["actor"]) == ("rejected", "merchant")
    assert shown["rejection_info"]["reason"] not in {"", "Cancelled by the shop"}


async def test_an_order_taken_in_hand_asks_for_no_voucher(office: BackOffice) -> None:
    order = await office.market.order()

    await office.process(order.id, "in_process")

    after = await office.market.wait(order)
    assert (after.state, after.voucher, after.voucher_is_due) == (State.ACCEPTED, None, False)


async def test_confirmed_accepts_an_order_and_repeating_it_changes_nothing(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)

    for _ in range(2):
        assert (await office.change(order.id, shipping_status="confirmed"))["shipping_status"] == "confirmed"
    assert await office.history(order.id) == ["Placed", "Accepted"]


async def test_no_order_is_led_back_to_awaiting(office: BackOffice) -> None:
    for state in set(State) - {State.OPEN}:
        order = await office.in_state(state)
        answer = await office.client.patch(f"{ORDERS}/{order.id}", json={"shipping_status": "awaiting"})
        assert fault(answer) == (400, None), state
        assert await office.history(order.id) == ["Placed"]


async def test_an_order_whose_time_is_over_is_not_accepted_any_more(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)
    office.market.pass_time(timedelta(hours=25))

    for handler in ("in_process", "shipped", "cancelled"):
        answer = await office.process(order.id, handler)
        assert fault(answer)[0] == 400
        assert "time for acceptance is over" in said(answer)
    assert await office.history(order.id) == ["Placed"]


# Who carries the parcel

CARRIED = (Fulfilment.MARKETPLACE, Fulfilment.WAREHOUSE)


async def carried(office: BackOffice, fulfilment: Fulfilment, state: State) -> Order:
    order = await office.market.order(fulfilment=fulfilment)
    return await office.market.happen(order, *way_to(state, order))


@pytest.mark.parametrize("fulfilment", CARRIED)
@pytest.mark.parametrize(
    ("handler", "state"),
    [("shipped", State.OPEN), ("shipped", State.ACCEPTED), ("delivered", State.DISPATCHED)],
)
async def test_what_the_marketplaces_courier_carries_only_the_courier_moves(
    office: BackOffice, fulfilment: Fulfilment, handler: str, state: State
) -> None:
    order = await carried(office, fulfilment, state)
    before = await contents(office.stoa.service.pool)

    for answer in (
        await office.process(order.id, handler),
        await office.client.patch(f"{ORDERS}/{order.id}", json={"shipping_status": handler}),
    ):
        assert fault(answer) == (400, None)
        assert "courier carries this order" in said(answer)
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("fulfilment", CARRIED)
async def test_what_the_courier_has_moved_can_be_repeated_by_the_shop(
    office: BackOffice, fulfilment: Fulfilment
) -> None:
    for handler, state in (("shipped", State.DISPATCHED), ("delivered", State.DELIVERED)):
        order = await carried(office, fulfilment, state)
        assert answered(await office.process(order.id, handler)) == OK


async def test_goods_that_the_customer_fetches_are_handed_over_by_the_shop(office: BackOffice) -> None:
    order = await carried(office, Fulfilment.STORE_PICKUP, State.ACCEPTED)

    assert answered(await office.process(order.id, "shipped")) == OK
    assert answered(await office.process(order.id, "delivered")) == OK
    assert await office.stage(order.id) is Stage.DELIVERED


async def test_an_express_order_is_not_accepted_by_the_shop(office: BackOffice) -> None:
    order = await office.market.order(express=True)

    answer = await office.process(order.id, "in_process")

    assert fault(answer)[0] == 400
    assert "Express" in said(answer)


# Unknown ones


async def test_an_unknown_handler_is_named_among_the_known_ones(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)

    for handler in ("confirmed", "IN_PROCESS", "accept", "0", "%00", "in_process%20", "ș", "x" * 3000):
        answer = await office.process(order.id, handler)
        assert fault(answer) == (400, "request_handler"), handler
        assert all(known in said(answer) for known in ALLOWED)
    assert await office.history(order.id) == ["Placed"]


async def test_a_body_that_a_handler_is_sent_is_not_read(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)

    for body in (b"", b"{}", b'{"shipping_status": "cancelled"}', b"{", b"\xff", b"x" * 2**21):
        answer = await office.client.patch(f"{ORDERS}/{order.id}/in_process", content=body)
        assert answered(answer) == OK
    assert await office.stage(order.id) is Stage.IN_PROCESS


# Several at once


async def test_a_handler_asked_twenty_times_at_once_does_it_once(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)

    answers = await asyncio.gather(*(office.process(order.id, "shipped") for _ in range(20)))

    assert [answered(answer) for answer in answers] == [OK] * 20
    assert await office.history(order.id) == ["Placed", "Accepted", "PickedUp"]


async def test_shipping_and_cancelling_at_once_leave_a_story_that_holds_together(
    office: BackOffice,
) -> None:
    for _ in range(5):
        order = await office.in_state(State.ACCEPTED)
        shipping, cancelling = await asyncio.gather(
            office.process(order.id, "shipped"), office.process(order.id, "cancelled")
        )
        assert answered(cancelling) == OK
        shipped = ["PickedUp"] if answered(shipping) == OK else []
        assert await office.history(order.id) == ["Placed", *shipped, "Cancelled"]


async def test_the_customer_is_faster(office: BackOffice) -> None:
    order = await office.market.order()
    await office.market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)

    answer = await office.process(order.id, "in_process")

    assert fault(answer) == (400, None)
    assert "is cancelled," in said(answer)
