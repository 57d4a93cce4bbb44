"""Returns that customers ask for: orders of their own from the request on (MerchantPro Orders API, rma_orders)."""

import httpx
import pytest

from stoa.dialects.merchantpro.updating import HANDLERS
from stoa.orders import commands as asked
from stoa.orders.order import Actor, Fulfilment, Order, PaymentMethod, State
from stoa.orders.progress import Step
from tests.builders import DAY, a_line
from tests.database_contents import contents
from tests.dialects.returns import OF_RETURNS, a_return, source_of
from tests.merchantpro.back_office import OK, ORDERS, BackOffice, answered, fault, said

SHOWN: dict[Step, tuple[str, int, str]] = {
    # status, substatus and what that is called in the shop's language
    Step.RETURN_IN_REVIEW: ("awaiting", 22, "Retur in asteptarea evaluarii"),
    Step.RETURN_UNDER_WAY: ("shipped", 54, "Retur pe drum"),
    Step.RETURN_ARRIVED: ("shipped", 55, "Retur sosit, in verificare"),
    Step.RETURN_TAKEN_BACK: ("returned", 72, "Retur acceptat"),
    Step.RETURN_DECLINED: ("cancelled", 84, "Retur respins"),
    Step.RETURN_CALLED_OFF: ("cancelled", 85, "Retur anulat"),
    Step.RETURN_EXPIRED: ("cancelled", 86, "Retur fara raspuns la timp"),
}

OF_SOURCE = {
    Step.RETURN_IN_REVIEW: ("delivered", 64),
    Step.RETURN_UNDER_WAY: ("delivered", 64),
    Step.RETURN_ARRIVED: ("delivered", 64),
    Step.RETURN_TAKEN_BACK: ("delivered", 63),
    Step.RETURN_DECLINED: ("delivered", 65),
    Step.RETURN_CALLED_OFF: ("delivered", 65),
    Step.RETURN_EXPIRED: ("delivered", 65),
}
"""Status and substatus of an order while its return, of one of its two pieces, is at each step."""

UNDER_WAY = (Step.RETURN_IN_REVIEW, Step.RETURN_UNDER_WAY, Step.RETURN_ARRIVED)


async def statuses(office: BackOffice, number: int) -> tuple[str, int]:
    shown = await office.show(number)
    return shown["shipping_status"], shown["shipping_substatus_id"]


def test_every_step_of_a_return_is_tried() -> None:
    assert SHOWN.keys() == OF_SOURCE.keys() == OF_RETURNS


async def test_a_return_is_an_order_of_what_comes_back_from_its_request_on(office: BackOffice) -> None:
    line = a_line(quantity=3, unit_price_cents=1500)
    order = await office.market.order_in(State.DELIVERED, lines=(line, a_line()), shipping_cents=250)

    returned = await a_return(office.market, of=order, pieces=2)

    source, shown = await office.show(order.id), await office.show(returned.id)
    assert source["rma_orders"] == [{"id": returned.id, "type": "return"}]
    assert (shown["return_source_id"], shown["rma_orders"]) == (order.id, None)
    assert (shown["total_amount"], shown["shipping_amount"]) == (30.0, None)
    of_source = source["line_items"][0]
    whole = {"quantity": 2, "line_subtotal_gross": 30.0}
    (returned_line,) = shown["line_items"]
    assert returned_line.items() >= whole.items()
    totals = {"quantity", "line_subtotal_net", "line_tax_amount", "line_subtotal_gross"}
    assert {name: returned_line[name] for name in returned_line.keys() - totals} == {
        name: of_source[name] for name in of_source.keys() - totals
    }
    people = ("customer_id", "customer_email", "billing_name", "shipping_name", "channel_name", "currency")
    assert [shown[name] for name in people] == [source[name] for name in people]
    assert await office.numbers() == [returned.id, order.id]


@pytest.mark.parametrize("step", SHOWN)
async def test_a_return_and_its_order_tell_how_far_it_is(office: BackOffice, step: Step) -> None:
    returned = await a_return(office.market, step)
    source = await source_of(office.market, returned)

    shown = await office.show(returned.id)

    status, substatus, text = SHOWN[step]
    assert (shown["shipping_status"], shown["shipping_substatus_id"]) == (status, substatus)
    assert shown["shipping_substatus_text"] == text
    assert await statuses(office, source.id) == OF_SOURCE[step]


async def test_returns_and_their_orders_are_found_and_counted_by_what_they_show(office: BackOffice) -> None:
    for step in SHOWN:
        await a_return(office.market, step)
    made: dict[tuple[str, int], set[int]] = {}
    for number in await office.numbers():
        made.setdefault(await statuses(office, number), set()).add(number)

    for (status, substatus), numbers in made.items():
        page = await office.page(shipping_status=status, shipping_substatus_id=substatus)
        assert {order["id"] for order in page["data"]} == numbers
        assert page["meta"]["count"]["total"] == len(numbers)


async def test_the_customer_can_open_the_page_of_a_return(
    office: BackOffice, stranger: httpx.AsyncClient
) -> None:
    returned = await a_return(office.market, Step.RETURN_UNDER_WAY)
    shown = await office.show(returned.id)

    for page in ("info_url", "proforma_url"):
        assert (await stranger.get(shown[page])).status_code == 200
    assert "Retur pe drum" in (await stranger.get(shown["info_url"])).text


async def test_another_shop_sees_no_return(office: BackOffice, other_office: BackOffice) -> None:
    returned = await a_return(office.market)
    at = f"{ORDERS}/{returned.id}"

    assert fault(await other_office.client.get(at)) == (404, None)
    assert fault(await other_office.process(returned.id, "cancelled")) == (404, None)
    assert fault(await other_office.client.delete(at)) == (404, None)
    assert await other_office.numbers() == []


# What the shop may do to it


@pytest.mark.parametrize("step", SHOWN)
async def test_no_processing_call_moves_a_return(office: BackOffice, step: Step) -> None:
    returned = await a_return(office.market, step)
    before = await contents(office.stoa.service.pool)

    for handler in HANDLERS:
        answer = await office.process(returned.id, handler)
        if handler == SHOWN[step][0]:
            assert answered(answer) == OK
        else:
            assert fault(answer) == (400, None), handler
            assert said(answer).endswith(("does not allow this.", "nothing to invoice.")), handler
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("step", SHOWN)
async def test_a_shipping_status_in_a_change_moves_no_return(office: BackOffice, step: Step) -> None:
    returned = await a_return(office.market, step)
    before = await contents(office.stoa.service.pool)

    for status in ("awaiting", "confirmed", "in_process", "shipped", "delivered", "returned", "cancelled"):
        answer = await office.client.patch(f"{ORDERS}/{returned.id}", json={"shipping_status": status})
        assert answer.status_code == (200 if status == SHOWN[step][0] else 400), status
    assert await contents(office.stoa.service.pool) == before


async def test_a_refused_call_says_which_state_the_return_is_in(office: BackOffice) -> None:
    returned = await a_return(office.market)

    assert said(await office.process(returned.id, "returned")) == (
        "The return is pending merchant review, which does not allow this."
    )
    assert said(await office.process(returned.id, "create_invoice")) == (
        "By this order goods came back: there is nothing to invoice."
    )


@pytest.mark.parametrize("fulfilment", Fulfilment)
async def test_the_parcels_number_is_the_one_that_its_courier_told_whoever_shipped_the_order(
    office: BackOffice, fulfilment: Fulfilment
) -> None:
    source = await office.market.order_in(State.DELIVERED, fulfilment=fulfilment)
    returned = await a_return(office.market, Step.RETURN_UNDER_WAY, of=source)
    before = await contents(office.stoa.service.pool)

    shown = await office.show(returned.id)

    assert (shown["shipping_awb"], shown["shipping_method_name"]) == ("R-7712", "ACS")
    assert await office.numbers(shipping_awb="R-7712") == [returned.id]
    for awb in ("4711", "", None):
        answer = await office.client.patch(f"{ORDERS}/{returned.id}", json={"shipping_awb": awb})
        assert fault(answer) == (400, "shipping_awb"), awb
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("step", SHOWN)
async def test_a_return_that_was_read_can_be_sent_back_and_nothing_changes(
    office: BackOffice, step: Step
) -> None:
    returned = await a_return(office.market, step)
    shown = await office.show(returned.id)
    before = await contents(office.stoa.service.pool)

    assert await office.change(returned.id, **shown) == shown
    assert await contents(office.stoa.service.pool) == before


async def test_the_shop_writes_notes_and_tags_on_a_return(office: BackOffice) -> None:
    returned = await a_return(office.market)

    shown = await office.change(returned.id, internal_notes=[{"text": "Sunat"}], tags=[{"name": "RMA"}])

    assert [note["text"] for note in shown["internal_notes"]] == ["Sunat"]
    assert await office.numbers(tag_name="RMA") == [returned.id]


@pytest.mark.parametrize("step", UNDER_WAY)
async def test_an_order_whose_return_is_under_way_is_delivered_and_moved_nowhere_else(
    office: BackOffice, step: Step
) -> None:
    source = await source_of(office.market, await a_return(office.market, step))
    before = await contents(office.stoa.service.pool)

    assert answered(await office.process(source.id, "delivered")) == OK
    for handler in ("in_process", "shipped", "returned", "cancelled"):
        assert fault(await office.process(source.id, handler)) == (400, None), handler
    assert "A return of this order is under way" in said(await office.process(source.id, "returned"))
    assert await contents(office.stoa.service.pool) == before


async def test_what_is_left_of_an_order_can_be_noted_as_returned_once_no_return_is_under_way(
    office: BackOffice,
) -> None:
    source = await source_of(office.market, await a_return(office.market, Step.RETURN_TAKEN_BACK))

    assert answered(await office.process(source.id, "returned")) == OK
    assert await statuses(office, source.id) == ("returned", 71)


async def test_the_shop_notes_goods_that_came_back_beside_a_return_that_was_requested(
    office: BackOffice,
) -> None:
    requested = await a_return(office.market)
    source = await source_of(office.market, requested)

    noted = await office.add(return_source_id=source.id)

    listed = (await office.show(source.id))["rma_orders"]
    assert [returned["id"] for returned in listed] == [requested.id, noted["id"]]
    assert await statuses(office, noted["id"]) == ("returned", 71)
    assert await statuses(office, source.id) == ("delivered", 64)


async def test_of_a_return_nothing_comes_back(office: BackOffice) -> None:
    returned = await a_return(office.market, Step.RETURN_TAKEN_BACK)
    before = await contents(office.stoa.service.pool)

    answer = await office.client.post(
        ORDERS, json=await office.show(returned.id) | {"return_source_id": returned.id}
    )

    assert fault(answer) == (400, "return_source_id")
    assert await contents(office.stoa.service.pool) == before


# Payment


async def test_an_order_is_refunded_once_all_of_it_is_back(office: BackOffice) -> None:
    order = await office.market.order_in(
        State.DELIVERED, payment_method=PaymentMethod.CASH_ON_DELIVERY, shipping_cents=350
    )

    await a_return(office.market, Step.RETURN_TAKEN_BACK, of=order)
    assert (await office.show(order.id))["payment_status"] == "paid"
    last = await a_return(office.market, Step.RETURN_ARRIVED, of=order)
    assert (await office.show(order.id))["payment_status"] == "paid"
    await office.market.happen(last, asked.TakeBack(), by=Actor.MERCHANT)
    assert (await office.show(order.id))["payment_status"] == "refunded"
    assert order.id in await office.numbers(payment_status="refunded")


@pytest.mark.parametrize("step", sorted(SHOWN.keys() - {Step.RETURN_TAKEN_BACK}))
async def test_nothing_is_refunded_for_a_return_that_brought_nothing_back(
    office: BackOffice, step: Step
) -> None:
    source = await source_of(office.market, await a_return(office.market, step, pieces=2))

    stored = (await office.stored(source.id)).order

    assert (stored.refunded_cents, "Refunded" in await office.history(source.id)) == (0, False)


@pytest.mark.parametrize("method", [PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.CARD])
async def test_nobody_pays_a_return(office: BackOffice, method: PaymentMethod) -> None:
    order = await office.market.order_in(State.DELIVERED, payment_method=method)
    returned = await a_return(office.market, of=order)

    shown = await office.show(returned.id)

    assert (shown["payment_substatus_id"], shown["payment_substatus_text"]) == (None, None)
    for substatus in (11, 12, 13):
        assert await office.numbers(payment_substatus_id=substatus) == []


# Deleting


async def delete(office: BackOffice, order: Order) -> None:
    assert (await office.client.delete(f"{ORDERS}/{order.id}")).status_code == 200


@pytest.mark.parametrize("step", UNDER_WAY)
async def test_an_order_whose_return_is_deleted_under_way_is_delivered_again(
    office: BackOffice, step: Step
) -> None:
    order = await office.market.order_in(State.DELIVERED)
    returned = await a_return(office.market, step, of=order, pieces=2)

    await delete(office, returned)

    assert await statuses(office, order.id) == ("delivered", 61)
    assert (await office.show(order.id))["rma_orders"] is None
    assert await office.numbers() == [order.id]
    # All of it may be returned anew.
    await a_return(office.market, of=order, pieces=2)


async def test_what_a_deleted_return_brought_back_has_come_back(office: BackOffice) -> None:
    order = await office.market.order_in(State.DELIVERED)
    returned = await a_return(office.market, Step.RETURN_TAKEN_BACK, of=order, pieces=2)

    await delete(office, returned)

    assert await statuses(office, order.id) == ("returned", 71)
    assert (await office.show(order.id))["rma_orders"] is None


async def test_a_return_whose_order_is_deleted_goes_on(office: BackOffice) -> None:
    for step in UNDER_WAY:
        returned = await a_return(office.market, step)
        source = await source_of(office.market, returned)
        await delete(office, source)
        shown = await office.show(returned.id)
        assert (shown["return_source_id"], shown["shipping_status"]) == (source.id, SHOWN[step][0])
        await office.market.happen(returned, asked.CancelReturn(), by=Actor.MARKETPLACE)
        assert await statuses(office, returned.id) == ("cancelled", 85)
        await delete(office, returned)
    assert await office.numbers() == []


async def test_a_return_that_nobody_answers_is_over_though_its_order_is_deleted(office: BackOffice) -> None:
    returned = await a_return(office.market)
    await delete(office, await source_of(office.market, returned))

    await office.market.wait(returned, 4 * DAY)

    assert await statuses(office, returned.id) == ("cancelled", 86)


async def test_an_invoiced_order_is_deleted_while_its_return_is_under_way(office: BackOffice) -> None:
    order = await office.market.order_in(State.DELIVERED)
    assert answered(await office.process(order.id, "create_invoice")) == OK
    returned = await a_return(office.market, of=order)

    await delete(office, order)

    assert await statuses(office, returned.id) == ("awaiting", 22)
    papers = await office.stoa.service.invoices.of_order(office.shop.id, order.id)
    assert [paper.cancels for paper in papers] == [None, 1]
