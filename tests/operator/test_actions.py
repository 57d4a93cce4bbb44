import asyncio
from datetime import timedelta
from itertools import product

import httpx

from stoa.app import Stoa
from stoa.operator import examples
from stoa.operator.routes import ACTIONS
from stoa.orders.lifecycle import MOVES, Action
from stoa.orders.order import Actor, State
from tests.builders import NOON, a_line
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.operator.calls import Json, address, fault, in_state, placing, shown

DAY = timedelta(days=1)

MOVED: dict[str, tuple[State, State]] = {
    "cancel": (State.OPEN, State.CANCELLED),
    "extend": (State.OPEN, State.OPEN),
    "reschedule": (State.ACCEPTED, State.ACCEPTED),
    "pick_up": (State.ACCEPTED, State.DISPATCHED),
    "arrive_at_pickup_point": (State.DISPATCHED, State.DISPATCHED),
    "deliver": (State.DISPATCHED, State.DELIVERED),
    "deliver_partially": (State.DISPATCHED, State.PARTIALLY_DELIVERED),
    "fail_delivery": (State.DISPATCHED, State.FOR_RETURN),
    "return_partially": (State.DELIVERED, State.PARTIALLY_RETURNED),
    "return": (State.FOR_RETURN, State.RETURNED),
    "refund": (State.DELIVERED, State.DELIVERED),
}


def test_every_action_is_tested() -> None:
    assert MOVED.keys() == ACTIONS.keys()


async def test_an_action_with_its_example_moves_the_order_and_answers_with_it(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for action, (before, after) in MOVED.items():
        order = await in_state(stoa, merchant.shop, before)
        at = address(merchant.shop, "orders", order.id, action)

        answer = await operator.post(at, json=ACTIONS[action].example)

        assert (answer.status_code, answer.json()["state"]) == (200, after), action
        assert answer.json() == await shown(operator, merchant.shop, order.id)


async def test_what_the_table_does_not_have_is_refused_and_changes_nothing(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    orders = [await in_state(stoa, merchant.shop, state) for state in State]
    before = await contents(stoa.service.pool)

    for order in orders:
        for name, action in ACTIONS.items():
            if (order.state, Action(name)) not in MOVES:
                at = address(merchant.shop, "orders", order.id, name)
                answer = await operator.post(at, json=action.example)
                assert fault(answer) == (409, "wrong_state", None), (order.state, name)
                assert order.state.replace("_", " ") in answer.json()["error"]["message"]
    assert await contents(stoa.service.pool) == before


async def test_a_parcel_comes_back_once_though_its_order_stays_cancelled(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await in_state(stoa, merchant.shop, State.DISPATCHED)
    at = address(merchant.shop, "orders", order.id)
    await operator.post(f"{at}/cancel", json=examples.CANCEL)

    first, second = [await operator.post(f"{at}/return") for _ in range(2)]

    assert (first.json()["state"], bool(first.json()["parcel_came_back_at"])) == ("cancelled", True)
    assert fault(second) == (409, "no_parcel_under_way", None)


async def test_customer_and_marketplace_cancel_until_delivery(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for by, state in product(
        (Actor.CUSTOMER, Actor.MARKETPLACE), (State.OPEN, State.ACCEPTED, State.DISPATCHED)
    ):
        order = await in_state(stoa, merchant.shop, state)
        at = address(merchant.shop, "orders", order.id, "cancel")

        cancelled = (await operator.post(at, json={"by": by, "reason": "Άργησε"})).json()

        told = (cancelled["state"], cancelled["cancelled_by"], cancelled["cancel_reason"])
        assert told == ("cancelled", by, "Άργησε"), (by, state)


async def test_nobody_else_cancels(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    placed = await placing(operator, merchant.shop)

    for by in ("merchant", "courier", "clock", "", "Customer", "customer\n", None, 1):
        answer = await operator.post(
            address(merchant.shop, "orders", placed["id"], "cancel"), json={"by": by}
        )
        assert fault(answer) == (422, "invalid", "by"), by


async def test_an_extension_moves_both_deadlines_and_offers_new_windows(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = await placing(operator, merchant.shop)
    before = await shown(operator, merchant.shop, placed["id"])
    until = {"expires_at": "2026-03-06T10:00:00+02:00", "dispatch_until": "2026-03-09T10:00:00+02:00"}

    answer = await operator.post(address(merchant.shop, "orders", placed["id"], "extend"), json=until)

    extended = answer.json()
    assert (extended["expires_at"], extended["dispatch_until"]) == (
        "2026-03-06T08:00:00Z",
        "2026-03-09T08:00:00Z",
    )
    windows = {window["id"] for window in before["options"]["windows"]}
    assert windows.isdisjoint(window["id"] for window in extended["options"]["windows"])


async def test_an_extension_must_lead_further_than_the_deadline_that_holds(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = await placing(operator, merchant.shop)
    at = address(merchant.shop, "orders", placed["id"], "extend")
    before = await contents(stoa.service.pool)
    too_soon = (NOON + DAY).isoformat()
    later, sooner = (NOON + 3 * DAY).isoformat(), (NOON + 2 * DAY).isoformat()

    assert fault(await operator.post(at, json={"expires_at": too_soon}))[::2] == (409, "expires_at")
    answer = await operator.post(at, json={"expires_at": later, "dispatch_until": sooner})
    assert fault(answer)[::2] == (409, "dispatch_until")
    assert await contents(stoa.service.pool) == before


async def test_a_pickup_is_moved_only_ahead_and_ends_after_it_begins(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)
    at = address(merchant.shop, "orders", order.id, "reschedule")
    hours = [(NOON + timedelta(hours=hour)).isoformat() for hour in (-1, 0, 24, 26)]

    assert fault(await operator.post(at, json={"from": hours[0], "to": hours[3]}))[::2] == (409, "from")
    assert fault(await operator.post(at, json={"from": hours[1], "to": hours[3]}))[::2] == (409, "from")
    assert fault(await operator.post(at, json={"from": hours[3], "to": hours[2]}))[::2] == (409, "to")
    moved = (await operator.post(at, json={"from": hours[2], "to": hours[3]})).json()
    assert moved["acceptance"]["window"]["opens"] == "2026-03-04T10:00:00Z"


async def test_lines_are_named_by_their_id_or_by_their_place(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await in_state(stoa, merchant.shop, State.DISPATCHED, lines=(a_line(), a_line(quantity=5)))
    at = address(merchant.shop, "orders", order.id)
    lines = [{"id": order.lines[0].id, "quantity": 1}, {"id": 2, "quantity": 4}]

    delivered = (await operator.post(f"{at}/deliver_partially", json={"lines": lines})).json()
    back = (await operator.post(f"{at}/return_partially", json={"lines": [{"id": 2, "quantity": 3}]})).json()

    assert [line["delivered_quantity"] for line in delivered["lines"]] == [1, 4]
    assert [line["returned_quantity"] for line in back["lines"]] == [0, 3]


async def test_the_last_pieces_make_the_return_whole(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await in_state(stoa, merchant.shop, State.DELIVERED)
    at = address(merchant.shop, "orders", order.id, "return_partially")
    answers = [await operator.post(at, json=examples.PARTIAL) for _ in range(2)]

    assert [answer.json()["state"] for answer in answers] == ["partially_returned", "returned"]


BAD_LINES: list[tuple[list[Json], int, str | None]] = [
    ([{"id": 3, "quantity": 1}], 409, "lines.id"),
    ([{"id": "nobody", "quantity": 1}], 409, "lines.id"),
    ([{"id": 1, "quantity": 3}], 409, "lines.quantity"),
    ([{"id": 1, "quantity": 1}, {"id": 1, "quantity": 1}], 409, "lines.id"),
    ([{"id": 1, "quantity": 2}, {"id": 2, "quantity": 5}], 409, "lines"),
    ([], 422, "lines"),
    ([{"id": 0, "quantity": 1}], 422, "lines[0].id"),
    ([{"id": -1, "quantity": 1}], 422, "lines[0].id"),
    ([{"id": 10**30, "quantity": 1}], 422, "lines[0].id"),
    ([{"id": 1.5, "quantity": 1}], 422, "lines[0].id"),
    ([{"id": None, "quantity": 1}], 422, "lines[0].id"),
    ([{"id": "x" * 65, "quantity": 1}], 422, "lines[0].id"),
    ([{"id": 1, "quantity": 0}], 422, "lines[0].quantity"),
    ([{"id": 1, "quantity": "1"}], 422, "lines[0].quantity"),
    ([{"id": 1}], 422, "lines[0].quantity"),
    ([{"quantity": 1}], 422, "lines[0].id"),
    ([{"id": 1, "quantity": 1, "reason": "x"}], 422, "lines[0].reason"),
]


async def test_wrong_quantities_are_refused_by_their_field_and_change_nothing(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await in_state(stoa, merchant.shop, State.DISPATCHED, lines=(a_line(), a_line(quantity=5)))
    before = await contents(stoa.service.pool)

    for lines, status, field in BAD_LINES:
        at = address(merchant.shop, "orders", order.id, "deliver_partially")
        answer = await operator.post(at, json={"lines": lines})
        assert fault(answer)[::2] == (status, field), lines
    assert await contents(stoa.service.pool) == before


async def test_actions_without_a_body_take_none_or_an_empty_one_but_no_unknown_field(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    orders = [await in_state(stoa, merchant.shop, State.ACCEPTED) for _ in range(3)]
    bare, empty, filled = [address(merchant.shop, "orders", order.id, "pick_up") for order in orders]

    assert (await operator.post(bare)).status_code == 200
    assert (await operator.post(empty, json={})).status_code == 200
    assert fault(await operator.post(filled, json={"courier": "acs"})) == (422, "invalid", "courier")


async def test_of_ten_pickups_at_once_one_succeeds(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)
    at = address(merchant.shop, "orders", order.id)

    answers = await asyncio.gather(*(operator.post(f"{at}/pick_up") for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    events = (await operator.get(f"{at}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["Placed", "PickedUp"]


async def test_the_history_tells_what_happened_by_whom_and_when(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = await placing(operator, merchant.shop)
    at = address(merchant.shop, "orders", placed["id"])
    await operator.post(f"{at}/extend", json=examples.EXTEND)
    await operator.post(f"{at}/cancel", json=examples.CANCEL)

    told = (await operator.get(f"{at}/events")).json()["items"]

    assert [(event["kind"], event["by"]) for event in told] == [
        ("Placed", "customer"),
        ("Extended", "marketplace"),
        ("Cancelled", "customer"),
    ]
    assert {event["at"] for event in told} == {"2026-03-03T10:00:00Z"}
    assert told[2]["event"] == {"reason": examples.CANCEL["reason"]}
