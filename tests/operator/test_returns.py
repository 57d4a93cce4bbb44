import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import product
from typing import Any

import httpx
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.dialects.merchantpro.examples import NEW_ORDER
from stoa.operator import examples
from stoa.operator.returns import RETURN_ACTIONS
from stoa.orders.order import Fulfilment, Order, ReturnReason, ReturnState, State
from stoa.orders.returning import OFFERED
from stoa.orders.stock import WAREHOUSE_ADDRESS
from stoa.orders.warehouse import WarehouseProduct
from stoa.store.orders import Stored
from tests.builders import DAY, HOUR, a_line
from tests.conftest import Merchant, a_database, let_timers_work
from tests.database_contents import contents
from tests.depot import Depot, moved
from tests.merchantpro.back_office import calling
from tests.operator.calls import Json, address, fault, in_state
from tests.operator.desk import (
    APPROVE,
    AS_CUSTOMER,
    AS_MARKETPLACE,
    TO_ARRIVED,
    TO_RETURNED,
    TO_RETURNING,
    Desk,
    Step,
    a_request,
)

NOT_FAULTY: Json = {"option": "not_faulty", "comment": "Ανάβει"}
REVIEW_TIME = 72 * HOUR
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def database_url(postgres: str, template: str) -> Iterator[str]:
    """One database for all these tests: each has a shop of its own."""
    with a_database(postgres, template, "test_returns") as url:
        yield url


@pytest.fixture
def desk(stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant) -> Desk:
    return Desk(stoa, operator, merchant.shop)


def states(order: Json) -> tuple[str, list[int], list[int]]:
    """The order's state, and of each line how many pieces are in a return and how many are back."""
    lines: Sequence[Json] = order["lines"]
    return (
        order["state"],
        [line["returning_quantity"] for line in lines],
        [line["returned_quantity"] for line in lines],
    )


# What is shown


async def test_a_return_is_shown_whole(desk: Desk) -> None:
    order = await desk.delivered(3, 2)
    line = order.lines[1]
    photos = ["https://photos.example.com/1.jpg", "http://photos.example.com/2.jpg?size=big"]
    lines = [{"id": 2, "quantity": 2}]

    back = await desk.asked(order, lines=lines, comment="Δεν ανάβει", photos=photos)

    row = await desk.stoa.service.orders.read(desk.shop.id, back["id"])
    assert row is not None
    assert back == {
        "id": row.order.id,
        "codes": desk.stoa.codes(row.order, desk.shop),
        "state": "pending_merchant_review",
        "order_id": order.id,
        "reason": "faulty",
        "comment": "Δεν ανάβει",
        "photos": photos,
        "requested_at": "2026-03-03T10:00:00Z",
        "updated_at": "2026-03-03T10:00:00Z",
        "review_until": "2026-03-06T10:00:00Z",
        "review_options": [
            {
                "option": offered.option,
                "comment_required": offered.comment_required,
                "part_url_required": False,
            }
            for offered in OFFERED[ReturnReason.FAULTY]
        ],
        "review": None,
        "courier": None,
        "address": None,
        "tracking_ids": [],
        "arrived_at": None,
        "closed_at": None,
        "closed_because": None,
        "cancelled_by": None,
        "lines": [
            {
                "id": line.id,
                "shop_uid": line.shop_uid,
                "shop_variation_uid": None,
                "ean": None,
                "name": line.name,
                "quantity": 2,
                "unit_price_cents": line.unit_price_cents,
                "total_cents": 2 * line.unit_price_cents,
            }
        ],
    }


async def test_an_answer_is_what_is_shown_and_what_is_listed(desk: Desk) -> None:
    order = await desk.delivered()
    first = await desk.asked(order, 1, *TO_RETURNED)
    second = await desk.asked(order, 2, *TO_RETURNING)

    assert [await desk.show(first), await desk.show(second)] == [first, second]
    assert await desk.returns_of(order) == [first, second]


async def test_an_approved_return_says_where_it_goes_and_with_whom(desk: Desk) -> None:
    back = await desk.asked(await desk.delivered(), 1, *TO_RETURNING)

    assert back["review_options"] == []
    assert back["review"] == {
        "option": "approve",
        "by": "marketplace",
        "at": "2026-03-03T10:00:00Z",
        "comment": None,
        "proposed_part_url": None,
    }
    assert (back["courier"], back["address"]["street_name"]) == ("last_mile", "Πανεπιστημίου")


async def test_what_the_warehouse_sent_goes_back_to_the_warehouse(desk: Desk) -> None:
    order = await desk.delivered(fulfilment=Fulfilment.WAREHOUSE)
    back = await desk.asked(order, 1, *TO_RETURNING)

    assert back["address"]["city"] == WAREHOUSE_ADDRESS.city


async def test_the_couriers_numbers_are_shown_with_the_return_and_its_order(desk: Desk) -> None:
    order = await desk.delivered()
    back = await desk.asked(order, 1, *TO_RETURNING)
    codes = ["9WDEE48L66D7Y", "9WDEE48L66D7Z"]

    tracked = await desk.done(back, "track", tracking_ids=codes, courier="acs")
    again = await desk.done(back, "track", tracking_ids=codes[:1])

    assert (tracked["tracking_ids"], tracked["courier"]) == (codes, "acs")
    assert (again["tracking_ids"], again["courier"]) == (codes[:1], "acs")
    (linked,) = (await desk.order(order))["returns"]
    assert (linked["id"], linked["state"], linked["tracking_ids"]) == (back["id"], "returning", codes[:1])


async def test_a_return_is_one_of_the_shops_orders_with_the_same_lines(desk: Desk) -> None:
    order = await desk.delivered()
    back = await desk.asked(order, 2)

    shown = (await desk.operator.get(address(desk.shop, "orders", back["id"]))).json()

    assert (shown["state"], shown["return_of"]["id"]) == ("for_return", order.id)
    assert [(line["id"], line["quantity"]) for line in shown["lines"]] == [(order.lines[0].id, 2)]


async def test_an_order_without_returns_has_an_empty_list(desk: Desk) -> None:
    assert await desk.returns_of(await desk.delivered()) == []


async def test_only_what_a_customer_asked_for_is_a_return_here(
    desk: Desk, stoa: Stoa, neighbour: Merchant
) -> None:
    order = await desk.delivered(fulfilment=Fulfilment.MERCHANT)
    written_down = await writing_down(desk, order)
    others = await Desk(stoa, desk.operator, neighbour.shop).asked(
        await in_state(stoa, neighbour.shop, State.DELIVERED)
    )

    for number in (order.id, written_down, others["id"], 999, 0, 10**17):
        at = address(desk.shop, "returns", number)
        answers = [await desk.operator.get(at), await desk.operator.post(f"{at}/arrive")]
        assert [fault(answer) for answer in answers] == [(404, "not_found", None)] * 2, number
        assert answers[0].json()["error"]["message"] == "Return not found"
    assert await desk.returns_of(order) == []


async def writing_down(desk: Desk, order: Order) -> int:
    """The number of the order by which the merchant notes, through MerchantPro, that goods are back."""
    async with back_office(desk) as office:
        answer = await office.post("/api/v2/orders", json=NEW_ORDER | {"return_source_id": order.id})
    assert answer.is_success, answer.text
    number: int = answer.json()["id"]
    return number


async def deleting(desk: Desk, number: int) -> None:
    """The merchant deletes an order, or a return, through MerchantPro."""
    async with back_office(desk) as office:
        answer = await office.delete(f"/api/v2/orders/{number}")
    assert answer.is_success, answer.text


@asynccontextmanager
async def back_office(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    issued = await desk.stoa.service.shops.issue(desk.shop.id, "merchantpro", desk.stoa.service.clock())
    async with calling(desk.stoa, issued.key, issued.secret) as client:
        yield client


# Whole lives

LIVES: list[tuple[str, list[Step], str, str]] = [
    ("faulty", [*TO_RETURNED], "returned", "partially_returned"),
    ("faulty", [("review", NOT_FAULTY)], "rejected", "delivered"),
    ("faulty", [*TO_RETURNING, ("cancel", AS_CUSTOMER)], "cancelled", "delivered"),
    ("faulty", [("cancel", AS_CUSTOMER)], "cancelled", "delivered"),
    ("faulty", [*TO_ARRIVED, ("cancel", AS_MARKETPLACE)], "cancelled", "delivered"),
    ("faulty", [*TO_ARRIVED, ("send_back", {"reason": "Σπασμένο"})], "rejected", "delivered"),
    ("missing_part", [("review", {"option": "send_missing_part"})], "cancelled", "delivered"),
    (
        "missing_part",
        [
            (
                "review",
                {
                    "option": "part_not_included",
                    "comment": "Πωλείται χωριστά",
                    "proposed_part_url": "https://shop.gr/part",
                },
            )
        ],
        "rejected",
        "delivered",
    ),
    ("withdrawal", [("review", {"option": "out_of_policy_withdrawal"})], "rejected", "delivered"),
    ("other", [("review", {"option": "resolved_with_customer"})], "rejected", "delivered"),
]


@pytest.mark.parametrize(("reason", "steps", "ends", "order_ends"), LIVES)
async def test_the_order_follows_its_return_through_its_life(
    desk: Desk, reason: str, steps: list[Step], ends: str, order_ends: str
) -> None:
    order = await desk.delivered(3)
    back = await desk.asked(order, 2, reason=reason)
    for action, body in steps:
        assert states(await desk.order(order)) == ("for_return", [2], [0])
        assert (await desk.order(order))["lines"][0]["return_reason"] == reason
        back = await desk.done(back, action, **body)

    returned = 2 if ends == "returned" else 0
    after = await desk.order(order)
    assert (back["state"], back["closed_at"]) == (ends, "2026-03-03T10:00:00Z")
    assert states(after) == (order_ends, [0], [returned])
    assert after["lines"][0]["return_reason"] == (reason if returned else None)
    assert [linked["state"] for linked in after["returns"]] == [ends]


async def test_why_a_return_came_to_nothing_is_kept(desk: Desk) -> None:
    order = await desk.delivered()
    sent_back = await desk.asked(order, 1, *TO_ARRIVED, ("send_back", {"reason": "Σπασμένο"}))
    cancelled = await desk.asked(order, 1, ("cancel", AS_CUSTOMER | {"reason": "Θα το κρατήσω"}))

    assert (sent_back["closed_because"], sent_back["cancelled_by"]) == ("Σπασμένο", None)
    assert (cancelled["closed_because"], cancelled["cancelled_by"]) == ("Θα το κρατήσω", "customer")


async def test_the_last_pieces_make_the_order_returned(desk: Desk) -> None:
    order = await desk.delivered(2, 1)
    await desk.asked(order, 2, *TO_RETURNED)
    assert states(await desk.order(order)) == ("partially_returned", [0, 0], [2, 0])

    await desk.asked(order, lines=[{"id": 2, "quantity": 1}], reason="withdrawal")
    assert states(await desk.order(order)) == ("for_return", [0, 1], [2, 0])
    last = (await desk.returns_of(order))[1]
    for action, body in TO_RETURNED:
        await desk.done(last, action, **body)

    after = await desk.order(order)
    assert states(after) == ("returned", [0, 0], [2, 1])
    assert [line["return_reason"] for line in after["lines"]] == ["faulty", "withdrawal"]


async def test_an_order_stays_for_return_until_its_last_return_is_over(desk: Desk) -> None:
    order = await desk.delivered(3)
    first, second, third = [await desk.asked(order) for _ in range(3)]

    await desk.done(first, "cancel", **AS_CUSTOMER)
    assert states(await desk.order(order)) == ("for_return", [2], [0])
    for action, body in TO_RETURNED:
        await desk.done(second, action, **body)
    assert states(await desk.order(order)) == ("for_return", [1], [1])
    await desk.done(third, "review", **NOT_FAULTY)
    assert states(await desk.order(order)) == ("partially_returned", [0], [1])


async def test_what_came_to_nothing_may_be_asked_for_again(desk: Desk) -> None:
    order = await desk.delivered(2)
    for _ in range(2):
        await desk.asked(order, 2, ("cancel", AS_CUSTOMER))
    await desk.asked(order, 2, *TO_RETURNED)

    assert states(await desk.order(order)) == ("returned", [0], [2])


async def test_of_what_was_partially_delivered_only_that_comes_back(desk: Desk) -> None:
    order = await desk.delivered(3, 2, state=State.PARTIALLY_DELIVERED)

    assert fault(await desk.asking(order, 2)) == (409, "quantity_out_of_range", "lines.quantity")
    await desk.asked(order, 1, ("cancel", AS_CUSTOMER))
    assert states(await desk.order(order)) == ("partially_delivered", [0, 0], [0, 0])
    await desk.asked(order, 1, *TO_RETURNED)
    assert states(await desk.order(order)) == ("returned", [0, 0], [1, 0])


async def test_pieces_that_a_courier_brought_back_before_are_not_returned_again(desk: Desk) -> None:
    order = await desk.delivered(3)
    at = address(desk.shop, "orders", order.id, "return_partially")
    await desk.operator.post(at, json={"lines": [{"id": 1, "quantity": 2}]})

    assert fault(await desk.asking(order, 2)) == (409, "quantity_out_of_range", "lines.quantity")
    await desk.asked(order, 1, ("review", NOT_FAULTY))
    assert states(await desk.order(order)) == ("partially_returned", [0], [2])


async def test_while_a_return_is_under_way_what_comes_back_is_noted_there(desk: Desk) -> None:
    order = await desk.delivered(3)
    await desk.asked(order)
    at = address(desk.shop, "orders", order.id)

    assert fault(await desk.operator.post(f"{at}/return"))[:2] == (409, "return_under_way")
    answer = await desk.operator.post(f"{at}/return_partially", json=examples.PARTIAL)
    assert fault(answer)[:2] == (409, "wrong_state")
    assert states(await desk.order(order)) == ("for_return", [1], [0])


async def test_the_marketplace_may_ask_in_the_customers_place(desk: Desk) -> None:
    order = await desk.delivered()
    back = await desk.asked(order, by="marketplace")

    assert (await desk.history(back["id"])) == [("ReturnPlaced", "marketplace")]
    assert (await desk.asked(order))["id"] > back["id"]
    requests = [who for kind, who in await desk.history(order.id) if kind == "ReturnRequested"]
    assert requests == ["marketplace", "customer"]


async def test_lines_are_named_by_their_id_or_by_their_place_and_keep_their_ids(desk: Desk) -> None:
    order = await desk.delivered(3, 2)
    lines = [{"id": order.lines[1].id, "quantity": 1}, {"id": 1, "quantity": 2}]

    back = await desk.asked(order, lines=lines)

    ids = [line.id for line in order.lines]
    assert [(line["id"], line["quantity"]) for line in back["lines"]] == [(ids[0], 2), (ids[1], 1)]
    assert states(await desk.order(order)) == ("for_return", [2, 1], [0, 0])


# What the warehouse sells again

RESTOCKED: list[tuple[str, Json, int]] = [
    ("withdrawal", {}, 2),
    ("faulty", {}, 0),
    ("faulty", {"restock": True}, 2),
    ("withdrawal", {"restock": False}, 0),
]


async def sold_from(desk: Desk, product: WarehouseProduct, quantity: int = 3) -> Order:
    """A delivered order of the product, which the warehouse sent."""
    line = a_line(quantity=quantity, stock_id=product.id)
    fulfilment = Fulfilment.WAREHOUSE
    return await in_state(desk.stoa, desk.shop, State.DELIVERED, lines=(line,), fulfilment=fulfilment)


@pytest.mark.parametrize(("reason", "said", "restocked"), RESTOCKED)
async def test_goods_lie_in_the_warehouse_again_as_the_reason_or_the_operator_says(
    desk: Desk, reason: str, said: Json, restocked: int
) -> None:
    depot = Depot(desk.stoa.service.pool, desk.shop)
    product = await depot.product(pieces=9)
    order = await sold_from(desk, product)
    back = await desk.asked(order, 2, *TO_ARRIVED, reason=reason)
    assert await depot.level(product) == (6, 0)

    await desk.done(back, "take_back", **said)

    assert await depot.level(product) == (6 + restocked, 0)
    assert states(await desk.order(order)) == ("partially_returned", [0], [2])


async def test_returns_of_several_orders_that_end_at_once_are_all_in_the_warehouse_again(desk: Desk) -> None:
    depot = Depot(desk.stoa.service.pool, desk.shop)
    product = await depot.product(pieces=9)
    orders = [await sold_from(desk, product) for _ in range(3)]
    backs = [await desk.asked(order, 1, *TO_ARRIVED) for order in orders for _ in range(3)]

    answers = await asyncio.gather(*(desk.doing(back, "take_back", restock=True) for back in backs))

    assert [answer.status_code for answer in answers] == [200] * 9
    assert await depot.level(product) == (9, 0)
    assert moved(await depot.ledger(product))[-9:] == [("came_back", 1)] * 9


# What is refused

WAYS: dict[ReturnState, tuple[Step, ...]] = {
    ReturnState.PENDING_REVIEW: (),
    ReturnState.RETURNING: TO_RETURNING,
    ReturnState.PENDING_PHYSICAL_REVIEW: TO_ARRIVED,
    ReturnState.RETURNED: TO_RETURNED,
    ReturnState.REJECTED: (("review", NOT_FAULTY),),
    ReturnState.CANCELLED: (("cancel", AS_CUSTOMER),),
}
"""How a return comes into a state, but for the one that only time leads to."""

ALLOWED: dict[tuple[ReturnState, str], ReturnState] = {
    (ReturnState.PENDING_REVIEW, "review"): ReturnState.REJECTED,
    (ReturnState.PENDING_REVIEW, "cancel"): ReturnState.CANCELLED,
    (ReturnState.RETURNING, "track"): ReturnState.RETURNING,
    (ReturnState.RETURNING, "arrive"): ReturnState.PENDING_PHYSICAL_REVIEW,
    (ReturnState.RETURNING, "cancel"): ReturnState.CANCELLED,
    (ReturnState.PENDING_PHYSICAL_REVIEW, "take_back"): ReturnState.RETURNED,
    (ReturnState.PENDING_PHYSICAL_REVIEW, "send_back"): ReturnState.REJECTED,
    (ReturnState.PENDING_PHYSICAL_REVIEW, "cancel"): ReturnState.CANCELLED,
}


def example(action: str) -> Any:
    """A body that would do. The customer cannot cancel what has arrived."""
    return AS_MARKETPLACE if action == "cancel" else RETURN_ACTIONS[action].example


async def expired(desk: Desk, clock: MovableClock) -> Json:
    back = await desk.asked(await desk.delivered())
    clock.move(REVIEW_TIME)
    await let_timers_work(desk.stoa, desk.shop)
    return await desk.show(back)


async def test_every_action_moves_a_return_where_it_may(desk: Desk) -> None:
    for (state, action), to in ALLOWED.items():
        back = await desk.asked(await desk.delivered(), 1, *WAYS[state])

        done = await desk.done(back, action, **example(action))

        assert (back["state"], done["state"]) == (state, to), action
        assert done == await desk.show(back)


async def test_what_the_table_does_not_have_is_refused_and_changes_nothing(
    desk: Desk, clock: MovableClock
) -> None:
    backs = [await expired(desk, clock)]
    backs += [await desk.asked(await desk.delivered(), 1, *steps) for steps in WAYS.values()]
    before = await contents(desk.stoa.service.pool)

    assert {back["state"] for back in backs} == set(ReturnState)
    for back, action in product(backs, RETURN_ACTIONS):
        if (back["state"], action) not in ALLOWED:
            answer = await desk.doing(back, action, **example(action))
            decided = (409, "return_decided", "option") if action == "review" else None
            assert fault(answer) == (decided or (409, "return_wrong_state", None)), (back["state"], action)
            assert back["state"].replace("_", " ") in answer.json()["error"]["message"]
    assert await contents(desk.stoa.service.pool) == before


async def test_the_customer_cannot_call_back_what_has_arrived(desk: Desk) -> None:
    back = await desk.asked(await desk.delivered(), 1, *TO_ARRIVED)

    assert fault(await desk.doing(back, "cancel", **AS_CUSTOMER)) == (409, "not_yours_to_do", None)


async def test_orders_that_nobody_has_cannot_be_returned(desk: Desk) -> None:
    returnable = {State.DELIVERED, State.PARTIALLY_DELIVERED, State.PARTIALLY_RETURNED}
    orders = [await in_state(desk.stoa, desk.shop, state) for state in State]
    before = await contents(desk.stoa.service.pool)

    for order in orders:
        if order.state not in returnable:
            answer = await desk.asking(order)
            # The parcel of one that is "for return" was never delivered.
            code = "nothing_to_return" if order.state is State.FOR_RETURN else "wrong_state"
            assert fault(answer) == (409, code, None), order.state
    assert await contents(desk.stoa.service.pool) == before
    for order in orders:
        if order.state in returnable:
            assert (await desk.asked(order))["order_id"] == order.id


async def test_a_return_is_not_returned_itself(desk: Desk) -> None:
    back = await desk.asked(await desk.delivered())
    at = address(desk.shop, "orders", back["id"])

    assert fault(await desk.operator.post(f"{at}/returns", json=a_request()))[:2] == (
        409,
        "nothing_to_return",
    )
    assert fault(await desk.operator.post(f"{at}/return"))[:2] == (409, "return_wrong_state")


async def test_an_order_is_no_return_though_its_number_is_one(desk: Desk) -> None:
    order = await desk.delivered()

    answer = await desk.operator.post(address(desk.shop, "returns", order.id, "review"), json=APPROVE)

    assert fault(answer) == (404, "not_found", None)


async def test_after_the_time_to_return_nothing_can_be_asked_for(desk: Desk, clock: MovableClock) -> None:
    orders = [await desk.delivered() for _ in range(2)]
    clock.move(14 * DAY - SECOND)
    assert (await desk.asking(orders[0])).status_code == 201
    clock.move(SECOND)

    assert fault(await desk.asking(orders[1])) == (409, "return_time_over", None)


ANSWERS: list[tuple[str, Json, str, str]] = [
    ("faulty", {"option": "not_faulty"}, "comment_required", "comment"),
    ("faulty", {"option": "not_faulty", "comment": " \n"}, "comment_required", "comment"),
    ("faulty", {"option": "contact_manufacturer"}, "comment_required", "comment"),
    ("faulty", {"option": "send_missing_part"}, "no_such_option", "option"),
    ("faulty", {"option": "out_of_policy_withdrawal"}, "no_such_option", "option"),
    ("withdrawal", {"option": "resolved_with_customer"}, "no_such_option", "option"),
    ("damaged_product", {"option": "not_faulty", "comment": "x"}, "no_such_option", "option"),
    ("missing_part", {"option": "part_not_included"}, "comment_required", "comment"),
    (
        "missing_part",
        {"option": "part_not_included", "comment": "x"},
        "part_url_required",
        "proposed_part_url",
    ),
]


@pytest.mark.parametrize(("reason", "answer", "code", "field"), ANSWERS)
async def test_an_answer_that_the_reason_does_not_allow_is_refused(
    desk: Desk, reason: str, answer: Json, code: str, field: str
) -> None:
    back = await desk.asked(await desk.delivered(), reason=reason)

    assert fault(await desk.doing(back, "review", **answer)) == (409, code, field)
    assert await desk.show(back) == back


@pytest.mark.parametrize("reason", list(ReturnReason))
async def test_every_option_that_is_shown_can_be_answered(desk: Desk, reason: ReturnReason) -> None:
    offered = (await desk.asked(await desk.delivered(), reason=reason))["review_options"]
    ends = {"approve": "returning", "send_missing_part": "cancelled"}

    for option in offered:
        back = await desk.asked(await desk.delivered(), reason=reason)
        answer = {"option": option["option"]}
        if option["comment_required"]:
            answer["comment"] = "x" * 1000
        if option["part_url_required"]:
            answer["proposed_part_url"] = "https://shop.gr/part"
        done = await desk.done(back, "review", **answer)
        assert done["state"] == ends.get(option["option"], "rejected")


async def test_the_shop_sends_no_part_of_what_the_warehouse_sent(desk: Desk) -> None:
    order = await desk.delivered(fulfilment=Fulfilment.WAREHOUSE)
    back = await desk.asked(order, reason="missing_part")

    assert "send_missing_part" not in {option["option"] for option in back["review_options"]}
    answer = await desk.doing(back, "review", option="send_missing_part")
    assert fault(answer) == (409, "no_such_option", "option")


BAD_REQUESTS: list[tuple[Json, int, str | None]] = [
    ({"lines": [{"id": 3, "quantity": 1}]}, 409, "lines.id"),
    ({"lines": [{"id": "nobody", "quantity": 1}]}, 409, "lines.id"),
    ({"lines": [{"id": 1, "quantity": 4}]}, 409, "lines.quantity"),
    ({"lines": [{"id": 1, "quantity": 1}, {"id": 1, "quantity": 1}]}, 409, "lines.id"),
    ({"lines": [{"id": 1, "quantity": 1}, {"id": 2, "quantity": 3}]}, 409, "lines.quantity"),
    ({"review_until": "2026-03-03T10:00:00Z"}, 409, "review_until"),
    ({"lines": []}, 422, "lines"),
    ({"lines": [{"id": 1, "quantity": 0}]}, 422, "lines[0].quantity"),
    ({"lines": [{"id": 1, "quantity": -1}]}, 422, "lines[0].quantity"),
    ({"lines": [{"id": 0, "quantity": 1}]}, 422, "lines[0].id"),
    ({"lines": None}, 422, "lines"),
    ({"reason": "wrong_size"}, 422, "reason"),
    ({"reason": None}, 422, "reason"),
    ({"reason": "faulty\n"}, 422, "reason"),
    ({"comment": "x" * 2001}, 422, "comment"),
    ({"comment": "a\x00b"}, 422, "comment"),
    ({"comment": 5}, 422, "comment"),
    ({"photos": ["https://a.gr/1.jpg"] * 21}, 422, "photos"),
    ({"photos": "https://a.gr/1.jpg"}, 422, "photos"),
    ({"photos": ["javascript:alert(1)"]}, 422, "photos[0]"),
    ({"photos": ["data:image/png;base64,AAAA"]}, 422, "photos[0]"),
    ({"photos": ["ftp://a.gr/1.jpg"]}, 422, "photos[0]"),
    ({"photos": ["//a.gr/1.jpg"]}, 422, "photos[0]"),
    ({"photos": ["https://"]}, 422, "photos[0]"),
    ({"photos": ["https:///1.jpg"]}, 422, "photos[0]"),
    ({"photos": ["https://a.gr/1 2.jpg"]}, 422, "photos[0]"),
    ({"photos": ["https://a.gr/1.jpg\n"]}, 422, "photos[0]"),
    ({"photos": ["https://a.gr/" + "x" * 2048]}, 422, "photos[0]"),
    ({"photos": [None]}, 422, "photos[0]"),
    ({"by": "merchant"}, 422, "by"),
    ({"by": "courier"}, 422, "by"),
    ({"by": None}, 422, "by"),
    ({"review_until": "2026-03-05T12:00:00"}, 422, "review_until"),
    ({"review_until": "9999-12-31T23:59:59-12:00"}, 422, "review_until"),
    ({"review_until": "tomorrow"}, 422, "review_until"),
    ({"colour": "red"}, 422, "colour"),
]


async def test_a_wrong_request_is_refused_by_its_field_and_changes_nothing(desk: Desk) -> None:
    order = await desk.delivered(3, 2)
    before = await contents(desk.stoa.service.pool)

    for wrong, status, field in BAD_REQUESTS:
        assert fault(await desk.asking(order, **wrong))[::2] == (status, field), wrong
    assert await contents(desk.stoa.service.pool) == before


async def test_what_is_missing_in_a_request_is_named(desk: Desk) -> None:
    order = await desk.delivered()
    at = address(desk.shop, "orders", order.id, "returns")
    for name in ("lines", "reason"):
        body = {field: value for field, value in a_request().items() if field != name}
        assert fault(await desk.operator.post(at, json=body)) == (422, "invalid", name)
    for no_body in (b"", b"[]", b"null", b"{", b"\xff"):
        assert fault(await desk.operator.post(at, content=no_body))[0] in {400, 422}


BAD_ACTIONS: list[tuple[str, Json, str]] = [
    ("review", {}, "option"),
    ("review", {"option": "Approve"}, "option"),
    ("review", {"option": "resolved_via_customer_communication"}, "option"),
    ("review", {"option": "not_faulty", "comment": "x" * 1001}, "comment"),
    ("review", {"option": "approve", "proposed_part_url": "javascript:alert(1)"}, "proposed_part_url"),
    ("review", {"option": "approve", "by": "merchant"}, "by"),
    ("track", {}, "tracking_ids"),
    ("track", {"tracking_ids": []}, "tracking_ids"),
    ("track", {"tracking_ids": [""]}, "tracking_ids[0]"),
    ("track", {"tracking_ids": ["x" * 101]}, "tracking_ids[0]"),
    ("track", {"tracking_ids": ["x"] * 21}, "tracking_ids"),
    ("track", {"tracking_ids": ["x"], "courier": "pigeon"}, "courier"),
    ("arrive", {"at": "home"}, "at"),
    ("take_back", {"restock": "yes"}, "restock"),
    ("take_back", {"restock": 1}, "restock"),
    ("send_back", {"reason": "x" * 2001}, "reason"),
    ("send_back", {"reason": 1}, "reason"),
    ("cancel", {}, "by"),
    ("cancel", {"by": "merchant"}, "by"),
    ("cancel", {"by": "clock"}, "by"),
]


async def test_a_wrong_body_is_refused_by_its_field_whatever_the_returns_state(desk: Desk) -> None:
    backs = [await desk.asked(await desk.delivered(), 1, *steps) for steps in WAYS.values()]
    before = await contents(desk.stoa.service.pool)

    for back, (action, body, field) in product(backs, BAD_ACTIONS):
        assert fault(await desk.doing(back, action, **body)) == (422, "invalid", field), (action, body)
    assert await contents(desk.stoa.service.pool) == before


# What the clock does


async def test_a_request_that_nobody_answers_expires_at_its_moment_and_not_before(
    desk: Desk, clock: MovableClock
) -> None:
    order = await desk.delivered()
    back = await desk.asked(order)

    clock.move(REVIEW_TIME - SECOND)
    await let_timers_work(desk.stoa, desk.shop)
    assert (await desk.show(back))["state"] == "pending_merchant_review"
    clock.move(SECOND)
    await let_timers_work(desk.stoa, desk.shop)

    over = await desk.show(back)
    assert (over["state"], over["closed_at"]) == ("expired", over["review_until"])
    assert states(await desk.order(order)) == ("delivered", [0], [0])
    assert (await desk.history(back["id"]))[-1] == ("ReturnExpired", "clock")
    assert (await desk.history(order.id))[-1] == ("ReturnFollowed", "clock")


async def test_nobody_answers_once_the_time_is_over_though_the_clock_has_not_come_to_it(
    desk: Desk, clock: MovableClock
) -> None:
    back = await desk.asked(await desk.delivered())
    clock.move(REVIEW_TIME)

    answer = await desk.doing(back, "review", **APPROVE)

    assert fault(answer) == (409, "return_decided", "option")
    assert "expired" in answer.json()["error"]["message"]


async def test_an_answer_in_time_ends_the_deadline(desk: Desk, clock: MovableClock) -> None:
    order = await desk.delivered()
    back = await desk.asked(order, 1, *TO_RETURNING)
    clock.move(30 * DAY)
    await let_timers_work(desk.stoa, desk.shop)

    assert await desk.show(back) == back
    assert (await desk.order(order))["state"] == "for_return"


async def test_the_time_to_answer_is_the_shops_or_the_requests_own(desk: Desk) -> None:
    order = await desk.delivered()
    await desk.operator.patch(address(desk.shop), json={"review_hours": 5})

    assert (await desk.asked(order))["review_until"] == "2026-03-03T15:00:00Z"
    until = "2026-03-04T12:00:00+02:00"
    assert (await desk.asked(order, review_until=until))["review_until"] == "2026-03-04T10:00:00Z"


async def test_an_order_is_completed_once_its_return_is_over_and_so_is_its_time(
    desk: Desk, clock: MovableClock
) -> None:
    order = await desk.delivered()
    back = await desk.asked(order, 1, *TO_ARRIVED)
    clock.move(20 * DAY)
    await let_timers_work(desk.stoa, desk.shop)
    assert (await desk.order(order))["completed_at"] is None

    await desk.done(back, "send_back")
    await let_timers_work(desk.stoa, desk.shop)

    after = await desk.order(order)
    assert (after["state"], after["completed_at"]) == ("delivered", "2026-03-23T10:00:00Z")


# Several at once


async def test_of_many_requests_at_once_for_the_last_pieces_only_those_are_made(desk: Desk) -> None:
    order = await desk.delivered(5)

    answers = await asyncio.gather(*(desk.asking(order, 2) for _ in range(20)))

    told = Counter(answer.status_code for answer in answers)
    assert told == {201: 2, 409: 18}
    assert {fault(answer) for answer in answers if answer.status_code == 409} == {
        (409, "quantity_out_of_range", "lines.quantity")
    }
    assert states(await desk.order(order)) == ("for_return", [4], [0])
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert {back["id"] for back in await desk.returns_of(order)} == made


async def test_of_many_requests_at_once_each_line_is_counted_for_itself(desk: Desk) -> None:
    order = await desk.delivered(3, 4)
    lines = [[{"id": n, "quantity": 1}] for n in (1, 2)]

    answers = await asyncio.gather(*(desk.asking(order, lines=lines[n % 2]) for n in range(20)))

    assert Counter(answer.status_code for answer in answers) == {201: 7, 409: 13}
    assert states(await desk.order(order)) == ("for_return", [3, 4], [0, 0])


async def test_of_many_ends_of_a_return_at_once_one_counts(desk: Desk) -> None:
    order = await desk.delivered(3)
    back = await desk.asked(order, 2, *TO_ARRIVED)
    ends: list[Step] = [("take_back", {}), ("send_back", {}), ("cancel", AS_MARKETPLACE)]

    answers = await asyncio.gather(*(desk.doing(back, action, **body) for action, body in ends * 4))

    (done,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 11}
    after = await desk.order(order)
    assert [linked["state"] for linked in after["returns"]] == [done["state"]]
    assert states(after)[1:] == ([0], [2 if done["state"] == "returned" else 0])
    assert len(await desk.history(back["id"])) == 4


async def test_returns_of_one_order_that_end_at_once_are_all_counted(desk: Desk) -> None:
    order = await desk.delivered(4)
    backs = [await desk.asked(order, 1, *TO_ARRIVED) for _ in range(4)]
    ends: list[Step] = [("take_back", {}), ("take_back", {}), ("send_back", {}), ("cancel", AS_MARKETPLACE)]

    answers = await asyncio.gather(
        *(desk.doing(back, action, **body) for back, (action, body) in zip(backs, ends, strict=True))
    )

    assert [answer.status_code for answer in answers] == [200] * 4
    assert states(await desk.order(order)) == ("partially_returned", [0], [2])


async def test_an_answer_and_the_clock_at_once_leave_one_decision(desk: Desk, clock: MovableClock) -> None:
    order = await desk.delivered()
    back = await desk.asked(order)
    clock.move(REVIEW_TIME)

    answer, _ = await asyncio.gather(
        desk.doing(back, "cancel", **AS_CUSTOMER), let_timers_work(desk.stoa, desk.shop)
    )

    ends = "cancelled" if answer.status_code == 200 else "expired"
    assert (await desk.show(back))["state"] == ends
    assert [linked["state"] for linked in (await desk.order(order))["returns"]] == [ends]
    assert len(await desk.history(back["id"])) == 2


# What the merchant deletes


@pytest.mark.parametrize("steps", [(), TO_RETURNING, TO_ARRIVED])
async def test_an_order_whose_return_is_deleted_may_be_returned_again(
    desk: Desk, steps: tuple[Step, ...]
) -> None:
    order = await desk.delivered(3)
    before = await desk.order(order)
    back = await desk.asked(order, 3, *steps)

    await deleting(desk, back["id"])

    assert await desk.order(order) == before
    assert await desk.returns_of(order) == []
    assert fault(await desk.doing(back, "cancel", **AS_MARKETPLACE)) == (404, "not_found", None)
    await desk.asked(order, 3, *TO_RETURNED)
    assert states(await desk.order(order)) == ("returned", [0], [3])


async def test_a_return_outlives_its_order(desk: Desk) -> None:
    order = await desk.delivered()
    back = await desk.asked(order, 1, *TO_RETURNING)
    await deleting(desk, order.id)

    for action, body in TO_RETURNED[1:]:
        back = await desk.done(back, action, **body)

    assert (back["state"], back["order_id"]) == ("returned", order.id)
    answer = await desk.operator.get(address(desk.shop, "orders", order.id, "returns"))
    assert fault(answer) == (404, "not_found", None)


async def test_a_return_of_a_deleted_order_expires_too(desk: Desk, clock: MovableClock) -> None:
    order = await desk.delivered()
    back = await desk.asked(order)
    await deleting(desk, order.id)
    clock.move(REVIEW_TIME)
    await let_timers_work(desk.stoa, desk.shop)

    assert (await desk.show(back))["state"] == "expired"


async def test_a_return_that_is_deleted_as_soon_as_it_is_asked_for_is_not_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, orders = await desk.delivered(), desk.stoa.service.orders

    async def read_too_late(shop_id: int, number: int) -> Stored | None:
        monkeypatch.undo()
        await deleting(desk, number)
        return await orders.read(shop_id, number)

    monkeypatch.setattr(orders, "read", read_too_late)

    assert fault(await desk.asking(order)) == (404, "not_found", None)
    assert states(await desk.order(order)) == ("delivered", [0], [0])


async def test_an_order_that_is_deleted_while_it_is_asked_back_is_not_found(desk: Desk) -> None:
    orders = [await desk.delivered() for _ in range(10)]

    async def one(order: Order) -> httpx.Response:
        answer, _ = await asyncio.gather(desk.asking(order), deleting(desk, order.id))
        return answer

    answers = [await one(order) for order in orders]

    assert {answer.status_code for answer in answers} <= {201, 404}
    left = await desk.stoa.service.orders.page(desk.shop.id, before=2**62, limit=100)
    assert len(left) == sum(answer.status_code == 201 for answer in answers)
