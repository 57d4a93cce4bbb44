from typing import Any

import asyncpg
import pytest

from stoa.orders import commands as asked
from stoa.orders.commands import LineRejection
from stoa.orders.order import Fulfilment, Order, RejectionReason, State
from tests.builders import HOUR, a_line, an_invoice
from tests.skroutz.market import SUCCESS, Json, Market, a_choice, answered, at_fault, code_of, refusal

CLOSED = "Το κατάστημά μας είναι κλειστό για προσωπικούς λόγους"

NO_STOCK, WRONG_PRICE, LIMITED = 1, 2, 4


def a_bag_and_two_umbrellas() -> dict[str, Any]:
    bag = a_line(name="Τσάντα", quantity=1, unit_price_cents=2500, commission_rate=928)
    umbrellas = a_line(name="Ομπρέλα", quantity=2, unit_price_cents=1040, commission_rate=834)
    return {"lines": (bag, umbrellas)}


@pytest.fixture
async def order(market: Market) -> Order:
    return await market.order(**a_bag_and_two_umbrellas())


def naming(order: Order, *reasons: Json) -> Json:
    """A rejection of the order's lines, each with what stands at its place."""
    return {
        "line_items": [{"id": line.id} | reason for line, reason in zip(order.lines, reasons, strict=False)]
    }


async def the_follow_up_of(market: Market, order: Order) -> Json:
    (replacement,) = (await market.show(order))["replacements"]
    return await market.show(replacement["code"])


async def test_lines_are_rejected_with_reasons(market: Market, order: Order) -> None:
    answer = await market.ask(order, "reject", naming(order, {"reason_id": WRONG_PRICE}))

    assert answered(answer) == SUCCESS
    shown = await market.show(order)
    assert shown["state"] == "rejected"
    assert [line.get("rejection_reason") for line in shown["line_items"]] == ["wrong_price", None]


async def test_the_whole_order_is_rejected_in_other_words(market: Market, order: Order) -> None:
    answer = await market.ask(order, "reject", {"rejection_reason_other": CLOSED})

    assert answered(answer) == SUCCESS
    shown = await market.show(order)
    assert shown["rejection_info"] == {"reason": CLOSED, "actor": "merchant"}
    assert ["rejection_reason" in line for line in shown["line_items"]] == [False, False]


@pytest.mark.parametrize("reason", [1, 2, 5, 6])
async def test_no_order_follows_a_rejection_for_any_reason_but_limited_pieces(
    market: Market, order: Order, reason: int
) -> None:
    await market.ask(order, "reject", naming(order, {"reason_id": reason}))

    assert "replacements" not in await market.show(order)


async def test_after_limited_pieces_the_shop_receives_an_order_for_what_is_left(
    market: Market, order: Order
) -> None:
    limited = naming(order, {}, {"reason_id": LIMITED, "available_quantity": 1})
    del limited["line_items"][0]

    assert answered(await market.ask(order, "reject", limited)) == SUCCESS

    left = await the_follow_up_of(market, order)
    assert (left["state"], left["replaced"]) == ("open", code_of(order))
    assert [(line["product_name"], line["quantity"]) for line in left["line_items"]] == [
        ("Τσάντα", 1),
        ("Ομπρέλα", 1),
    ]


async def test_the_money_of_the_follow_up_is_computed_afresh(market: Market, order: Order) -> None:
    limited = {"id": order.lines[1].id, "reason_id": LIMITED, "available_quantity": 1}

    await market.ask(order, "reject", {"line_items": [limited]})

    left = await the_follow_up_of(market, order)
    assert [(line["total_price"], line["commission"]) for line in left["line_items"]] == [
        (25, 2.32),
        (10.4, 0.87),
    ]
    assert left["commission"] == 3.19
    assert (await market.show(order))["commission"] == 4.05


async def test_the_lines_of_the_follow_up_are_new_ones_that_nobody_has_rejected(
    market: Market, order: Order
) -> None:
    limited = {"id": order.lines[1].id, "reason_id": LIMITED, "available_quantity": 1}

    await market.ask(order, "reject", {"line_items": [limited]})

    left = await the_follow_up_of(market, order)
    assert not {line["id"] for line in left["line_items"]} & {line.id for line in order.lines}
    assert ["rejection_reason" in line for line in left["line_items"]] == [False, False]


async def test_lines_rejected_for_other_reasons_do_not_come_again(market: Market, order: Order) -> None:
    both = naming(order, {"reason_id": NO_STOCK}, {"reason_id": LIMITED, "available_quantity": 1})

    await market.ask(order, "reject", both)

    left = await the_follow_up_of(market, order)
    assert [line["product_name"] for line in left["line_items"]] == ["Ομπρέλα"]
    assert [line["rejection_reason"] for line in (await market.show(order))["line_items"]] == [
        "no_stock",
        "limited_stock",
    ]


async def test_a_line_of_which_nothing_is_left_does_not_come_again(market: Market, order: Order) -> None:
    none = {"id": order.lines[1].id, "reason_id": LIMITED, "available_quantity": 0}

    await market.ask(order, "reject", {"line_items": [none]})

    left = await the_follow_up_of(market, order)
    assert [line["product_name"] for line in left["line_items"]] == ["Τσάντα"]


async def test_no_order_follows_where_nothing_is_left(market: Market, order: Order) -> None:
    nothing = {"reason_id": LIMITED, "available_quantity": 0}

    assert answered(await market.ask(order, "reject", naming(order, nothing, nothing))) == SUCCESS

    assert "replacements" not in await market.show(order)


async def test_the_follow_up_is_for_the_same_customer_in_the_same_way(market: Market) -> None:
    order = await market.order(
        **a_bag_and_two_umbrellas(),
        invoice=an_invoice(),
        fulfilment=Fulfilment.MERCHANT,
        gift_wrap=True,
        comments="Παράδοση στο γραφείο",
    )
    limited = {"id": order.lines[1].id, "reason_id": LIMITED, "available_quantity": 1}

    await market.ask(order, "reject", {"line_items": [limited]})

    before, left = await market.show(order), await the_follow_up_of(market, order)
    same = ("customer", "invoice_details", "comments", "gift_wrap", "payment_method", "shipping_cost")
    assert {field: left[field] for field in same} == {field: before[field] for field in same}


async def test_the_follow_up_has_deadlines_and_windows_of_its_own(market: Market, order: Order) -> None:
    limited = {"id": order.lines[1].id, "reason_id": LIMITED, "available_quantity": 1}
    await market.wait(order, 4 * HOUR)

    await market.ask(order, "reject", {"line_items": [limited]})

    left = await the_follow_up_of(market, order)
    assert (left["created_at"], left["expires_at"]) == (
        "2026-03-03T16:00:00+02:00",
        "2026-03-04T16:00:00+02:00",
    )
    assert left["accept_options"]["pickup_window"][0]["label"] == "10:00 - 12:00, Τετ 04/03/26"


async def test_the_follow_up_can_be_accepted(market: Market, order: Order) -> None:
    limited = {"id": order.lines[1].id, "reason_id": LIMITED, "available_quantity": 1}
    await market.ask(order, "reject", {"line_items": [limited]})
    (replacement,) = (await market.show(order))["replacements"]

    answer = await market.ask(replacement["code"], "accept", a_choice(order))

    assert answered(answer) == SUCCESS


async def test_a_chain_of_follow_ups_is_linked_one_by_one(market: Market) -> None:
    first = await market.order(lines=(a_line(quantity=3),))
    limited = {"reason_id": LIMITED, "available_quantity": 2}
    await market.ask(first, "reject", naming(first, limited))
    second = await the_follow_up_of(market, first)
    line = second["line_items"][0]["id"]

    again = {"line_items": [{"id": line, "reason_id": LIMITED, "available_quantity": 1}]}
    assert answered(await market.ask(second["code"], "reject", again)) == SUCCESS

    second = await market.show(second["code"])
    third = await market.show(second["replacements"][0]["code"])
    assert (second["replaced"], third["replaced"]) == (code_of(first), second["code"])
    assert third["line_items"][0]["quantity"] == 1


async def test_the_shop_is_told_of_the_rejection_and_of_the_new_order(market: Market, order: Order) -> None:
    limited = {"id": order.lines[1].id, "reason_id": LIMITED, "available_quantity": 1}
    await market.ask(order, "reject", {"line_items": [limited]})
    (follow_up,) = (await market.stored(order)).order.replacements

    rejected = await market.last_told(order)
    (placed,) = await market.told(follow_up)

    assert rejected["order"]["replacements"] == [{"code": code_of(follow_up)}]
    assert (placed["event_type"], placed["order"]["replaced"]) == ("new_order", code_of(order))


async def test_without_its_follow_up_a_rejection_has_not_happened(
    market: Market, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def a_number_that_is_taken() -> int:
        return order.id

    before = await market.stored(order), await market.payloads(order)
    monkeypatch.setattr(market.stoa.service.orders, "next_number", a_number_that_is_taken)
    limited = LineRejection(order.lines[1].id, RejectionReason.LIMITED_STOCK, 1)

    with pytest.raises(asyncpg.UniqueViolationError):
        await market.happen(order, asked.Reject(lines=(limited,)))

    assert (await market.stored(order), await market.payloads(order)) == before
    assert await market.history(order) == ["Placed"]


def the(order: Order) -> dict[str, Json]:
    """Rejections that are none, by what is wrong with them."""
    bag, umbrellas = (line.id for line in order.lines)
    limited = {"id": umbrellas, "reason_id": LIMITED}
    return {
        "nothing": {},
        "no lines": {"line_items": []},
        "no words": {"rejection_reason_other": ""},
        "null": {"line_items": None, "rejection_reason_other": None},
        "lines of a wrong type": {"line_items": {"id": bag, "reason_id": 1}},
        "a line that is none": {"line_items": ["jn231kb12u"]},
        "words of a wrong type": {"rejection_reason_other": 7},
        "words too long": {"rejection_reason_other": "ω" * 1001},
        "both": {"line_items": [{"id": bag, "reason_id": 1}], "rejection_reason_other": CLOSED},
        "an unknown line": {"line_items": [{"id": "jn231kb12u", "reason_id": 1}]},
        "a line without id": {"line_items": [{"reason_id": 1}]},
        "a line without reason": {"line_items": [{"id": bag}]},
        "the same line twice": {"line_items": [{"id": bag, "reason_id": 1}, {"id": bag, "reason_id": 2}]},
        "an unknown reason": {"line_items": [{"id": bag, "reason_id": 3}]},
        "reason 0": {"line_items": [{"id": bag, "reason_id": 0}]},
        "a negative reason": {"line_items": [{"id": bag, "reason_id": -1}]},
        "a huge reason": {"line_items": [{"id": bag, "reason_id": 10**30}]},
        "a reason as text": {"line_items": [{"id": bag, "reason_id": "1"}]},
        "no quantity": {"line_items": [limited]},
        "null as a quantity": {"line_items": [limited | {"available_quantity": None}]},
        "a negative quantity": {"line_items": [limited | {"available_quantity": -1}]},
        "the whole quantity": {"line_items": [limited | {"available_quantity": 2}]},
        "a huge quantity": {"line_items": [limited | {"available_quantity": 10**30}]},
        "half a piece": {"line_items": [limited | {"available_quantity": 0.5}]},
        "a quantity as text": {"line_items": [limited | {"available_quantity": "1"}]},
        "a thousand and one lines": {"line_items": [{"id": bag, "reason_id": 1}] * 1001},
    }


WHAT_IS_WRONG = {
    "nothing": "line_items",
    "no lines": "line_items",
    "no words": "rejection_reason_other",
    "null": "line_items",
    "lines of a wrong type": "line_items",
    "a line that is none": "line_items",
    "words of a wrong type": "rejection_reason_other",
    "words too long": "rejection_reason_other",
    "both": "rejection_reason_other",
    "an unknown line": "id",
    "a line without id": "id",
    "a line without reason": "reason_id",
    "the same line twice": "id",
    "an unknown reason": "reason_id",
    "reason 0": "reason_id",
    "a negative reason": "reason_id",
    "a huge reason": "reason_id",
    "a reason as text": "reason_id",
    "no quantity": "available_quantity",
    "null as a quantity": "available_quantity",
    "a negative quantity": "available_quantity",
    "the whole quantity": "available_quantity",
    "a huge quantity": "available_quantity",
    "half a piece": "available_quantity",
    "a quantity as text": "available_quantity",
    "a thousand and one lines": "line_items",
}


async def test_a_rejection_that_is_none_is_refused_by_the_fields_name(market: Market, order: Order) -> None:
    before = await market.stored(order)

    answers = {what: at_fault(await market.ask(order, "reject", body)) for what, body in the(order).items()}

    assert answers == {what: (422, field) for what, field in WHAT_IS_WRONG.items()}
    assert await market.stored(order) == before


async def test_a_fault_in_a_line_says_which_line_it_is(market: Market, order: Order) -> None:
    faulty = naming(order, {"reason_id": NO_STOCK}, {"reason_id": 3})

    answer = await market.ask(order, "reject", faulty)

    assert answered(answer) == refusal(
        "reason_id", "line_items[1].reason_id: This is not one of the order's rejection reasons."
    )


@pytest.mark.parametrize("quantity", [-5, 10**30, 2**63, 7])
async def test_a_quantity_that_the_reason_does_not_require_makes_no_difference(
    market: Market, order: Order, quantity: int
) -> None:
    needless = naming(order, {"reason_id": NO_STOCK, "available_quantity": quantity})

    assert answered(await market.ask(order, "reject", needless)) == SUCCESS

    shown = await market.show(order)
    assert shown["line_items"][0]["rejection_reason"] == "no_stock"


async def test_a_rejected_order_is_not_rejected_again(market: Market, order: Order) -> None:
    await market.ask(order, "reject", {"rejection_reason_other": CLOSED})
    before = await market.stored(order)

    answer = await market.ask(order, "reject", {"rejection_reason_other": "Άλλος λόγος"})

    assert answered(answer) == refusal("order_status", "Order already rejected.")
    assert await market.stored(order) == before


async def test_only_an_open_order_is_rejected(market: Market) -> None:
    closed = [state for state in State if state is not State.OPEN]
    orders = {state: await market.order_in(state) for state in closed}

    answers = {
        state: answered(await market.ask(order, "reject", {"rejection_reason_other": CLOSED}))
        for state, order in orders.items()
    }

    assert answers == {
        state: refusal("order_status", f"Order already {state.replace('_', ' ')}.") for state in closed
    }


async def test_a_line_of_another_order_is_not_rejected(market: Market, order: Order) -> None:
    other = await market.order()

    answer = await market.ask(order, "reject", naming(other, {"reason_id": NO_STOCK}))

    assert at_fault(answer) == (422, "id")


async def test_the_documented_curl_calls_are_understood(market: Market, order: Order) -> None:
    bag, umbrellas = (line.id for line in order.lines)
    by_lines = (
        f'{{ "line_items": [ {{ "id": "{bag}", "reason_id": 2 }}, '
        f'{{ "id": "{umbrellas}", "reason_id": 4, "available_quantity": 1 }} ] }}'
    )
    other = await market.order()

    answers = [
        await market.client.post(market.address(order, "reject"), content=by_lines),
        await market.client.post(
            market.address(other, "reject"),
            content='{ "rejection_reason_other": "Our store is closed for personal reasons" }',
        ),
    ]

    assert [answered(answer) for answer in answers] == [SUCCESS, SUCCESS]
