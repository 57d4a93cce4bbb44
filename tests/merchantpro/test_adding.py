"""Adding an order: what is taken as it is, what follows from it, and what does not add up (add an order)."""

import asyncio
from typing import Any

import pytest

from stoa.orders.order import State
from tests.database_contents import contents
from tests.merchantpro.back_office import (
    ORDERS,
    BackOffice,
    Json,
    a_body,
    a_line,
    answered,
    fault,
    numbers,
    resource,
    said,
)
from tests.skroutz.market import code_of

THE_LEAST: Json = {
    "billing_name": "Ana Popescu",
    "line_items": [{"product_name": "Balerini", "quantity": 1, "unit_price_gross": 109}],
}


async def test_the_least_that_makes_an_order_is_a_name_and_a_priced_product(office: BackOffice) -> None:
    added = resource(await office.client.post(ORDERS, json=THE_LEAST))

    assert (added["billing_name"], added["shipping_name"]) == ("Ana Popescu", "Ana Popescu")
    assert (added["shipping_status"], added["payment_status"]) == ("awaiting", "awaiting")
    assert (added["payment_method_code"], added["currency"]) == ("cash_delivery", "RON")
    assert (added["total_amount"], added["shipping_amount"]) == (109, None)
    assert (added["created_by"], added["customer_device"]) == ("customer", "desktop")
    (line,) = added["line_items"]
    assert (line["item_type"], line["product_name"], line["quantity"]) == ("product", "Balerini", 1)
    assert (line["line_subtotal_net"], line["line_tax_amount"]) == (109, 0)


async def test_an_added_order_is_the_order_that_is_shown_from_then_on(office: BackOffice) -> None:
    added = await office.add()

    assert await office.show(added["id"]) == added
    assert (await office.page(include="line_items"))["data"][0]["line_items"] == added["line_items"]


async def test_an_order_with_every_field_shows_every_field_as_it_was_given(office: BackOffice) -> None:
    given = a_body(
        payment_status="paid",
        payment_method_code="mobilpay",
        payment_transaction_id="VADE0B",
        shipping_status="confirmed",
        shipping_method_id=101,
        shipping_awb="4710,4711",
        shipping_amount=15,
        total_amount=262,
        currency="RON",
        original_currency="EUR",
        currency_rate=4.97,
        coupon_code="VARA",
        customer_id=17,
        customer_ip_address="192.0.2.7",
        customer_ip_country="RO",
        customer_device="mobile",
        customer_lang="ro_RO",
        customer_note="Sunati inainte",
        customer_notification="Multumim",
        created_by="account",
        meta_fields={"ref": "7", "nested": {"a": [1, 2.5, None]}},
        billing_type="company",
        billing_identity_number="2900101",
        billing_company_name="Acme SRL",
        billing_company_number="J40/1/2020",
        billing_company_vat="RO123",
        billing_company_bank_name="Banca",
        billing_company_bank_account="RO49AAAA",
        billing_country_code="BG",
        billing_state="Ruse",
        billing_city="Ruse",
        billing_address="str Dunarii 1",
        billing_postal_code="7000",
        shipping_name="Dan Ionescu",
        shipping_phone="0733111222",
    )

    added = await office.add(**given)

    assert {name: added[name] for name in given if name != "line_items"} == {
        name: value for name, value in given.items() if name != "line_items"
    }


async def test_a_line_with_every_field_shows_every_field_as_it_was_given(office: BackOffice) -> None:
    given = a_line(
        item_type="gift",
        variant_id=10004461,
        variant_name="Marime: 39",
        variant_options=[{"id": 27884, "name": "Marime", "value": "39"}],
        family_sku="B",
        product_ean="7562461441110",
        product_url="https://shop.example.com/b",
        product_image_url="https://shop.example.com/b.jpg",
        product_tax_name="TVA",
        category_id=6,
        category_name="Pantofi",
        manufacturer_id=1000050,
        manufacturer_name="Joop",
        quantity=2,
        unit_price_net=91.6,
        unit_tax_amount=17.4,
        line_subtotal_net=183.2,
        line_tax_amount=34.8,
        line_subtotal_gross=218,
        meta_fields={"prod_id_ref": "7777060"},
    )

    (line,) = (await office.add(line_items=[given]))["line_items"]

    assert line == given


PRICES: tuple[tuple[Json, tuple[float, float, float]], ...] = (
    # what is given of the price of one piece, and its net, tax and gross amounts
    ({"unit_price_gross": 109}, (91.6, 17.4, 109)),
    ({"unit_price_net": 91.6}, (91.6, 17.4, 109)),
    ({"unit_price_net": 91.6, "unit_tax_amount": 17.4}, (91.6, 17.4, 109)),
    ({"unit_price_net": 891.99, "unit_tax_amount": 0}, (891.99, 0, 891.99)),
    ({"unit_price_gross": 109, "unit_tax_amount": 10}, (99, 10, 109)),
    ({"unit_price_gross": 109, "unit_price_net": 100}, (100, 9, 109)),
    ({"unit_price_gross": 10, "unit_price_net": 8.4, "unit_tax_amount": 1.59}, (8.4, 1.6, 10)),
    ({"unit_price_gross": 0}, (0, 0, 0)),
    ({"unit_price_gross": 0.01}, (0.01, 0, 0.01)),
    ({"unit_price_gross": 9.99, "product_tax_percent": None}, (9.99, 0, 9.99)),
    ({"unit_price_net": 10, "unit_tax_amount": 0.9, "product_tax_percent": None}, (10, 0.9, 10.9)),
    ({"unit_price_gross": 10.5, "product_tax_percent": 5}, (10, 0.5, 10.5)),
    ({"unit_price_gross": 10, "product_tax_percent": 5.5}, (9.48, 0.52, 10)),
)


@pytest.mark.parametrize(("given", "amounts"), PRICES, ids=str)
async def test_the_other_amounts_follow_from_those_that_are_given(
    office: BackOffice, given: Json, amounts: tuple[float, float, float]
) -> None:
    (line,) = (await office.add(line_items=[a_line(quantity=3) | {"unit_price_gross": None} | given]))[
        "line_items"
    ]

    unit = line["unit_price_net"], line["unit_tax_amount"], line["unit_price_gross"]
    whole = line["line_subtotal_net"], line["line_tax_amount"], line["line_subtotal_gross"]
    assert unit == amounts
    assert whole == tuple(round(3 * amount, 2) for amount in amounts)


async def test_the_total_is_the_lines_and_the_shipping(office: BackOffice) -> None:
    added = await office.add(shipping_amount=15)

    assert (added["total_amount"], added["shipping_amount"], added["shipping_tax_amount"]) == (262, 15, 2.39)


async def test_a_rate_that_was_not_given_is_what_net_and_tax_amount_to(office: BackOffice) -> None:
    line = a_line(product_tax_percent=None, unit_price_net=100, unit_tax_amount=19, unit_price_gross=None)

    (shown,) = (await office.add(line_items=[line]))["line_items"]

    assert shown["product_tax_percent"] == 19


DO_NOT_ADD_UP: tuple[tuple[Json, str], ...] = (
    ({"unit_price_net": 91.6, "unit_tax_amount": 17.42}, "unit_price_gross"),
    ({"unit_price_net": 110}, "unit_price_net"),
    ({"unit_tax_amount": 110}, "unit_tax_amount"),
    ({"line_subtotal_gross": 109}, "line_subtotal_gross"),
    ({"line_subtotal_gross": 218.02}, "line_subtotal_gross"),
    ({"line_subtotal_net": 183.18}, "line_subtotal_net"),
    ({"line_tax_amount": 34.82}, "line_tax_amount"),
    ({"unit_price_gross": None}, "unit_price_gross"),
    ({"unit_price_gross": 109.005}, "unit_price_gross"),
    ({"product_tax_percent": 19.001}, "product_tax_percent"),
)


@pytest.mark.parametrize(("given", "field"), DO_NOT_ADD_UP, ids=str)
async def test_amounts_of_a_line_that_do_not_add_up_are_refused_by_name(
    office: BackOffice, given: Json, field: str
) -> None:
    before = await contents(office.stoa.service.pool)

    answer = await office.client.post(ORDERS, json=a_body(line_items=[a_line(), a_line(quantity=2) | given]))

    assert fault(answer) == (400, f"line_items[1].{field}")
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("amount", [217.99, 218, 218.01])
async def test_a_cent_of_difference_is_how_others_round(office: BackOffice, amount: float) -> None:
    added = await office.add(line_items=[a_line(quantity=2, line_subtotal_gross=amount)])

    assert added["total_amount"] == 218


@pytest.mark.parametrize(
    ("total", "status"), [(262.02, 200), (262.03, 400), (261.98, 200), (261.97, 400), (0, 400)]
)
async def test_a_total_may_differ_by_a_cent_for_each_line(
    office: BackOffice, total: float, status: int
) -> None:
    answer = await office.client.post(ORDERS, json=a_body(shipping_amount=15, total_amount=total))

    assert answer.status_code == status
    if status == 400:
        assert fault(answer) == (400, "total_amount")
        assert "262.00" in said(answer)


@pytest.mark.parametrize(("lines", "status"), [(0, 400), (500, 200), (501, 400), (10_000, 400)])
async def test_an_order_has_from_one_to_five_hundred_lines(
    office: BackOffice, lines: int, status: int
) -> None:
    line = {"product_name": "B", "quantity": 1, "unit_price_gross": 1}
    answer = await office.client.post(ORDERS, json=a_body(line_items=[line] * lines))

    assert answer.status_code == status
    if status == 400:
        assert fault(answer) == (400, "line_items")
        assert await office.numbers() == []
    else:
        assert len(answer.json()["line_items"]) == lines


async def test_an_order_without_anybody_to_bill_is_refused(office: BackOffice) -> None:
    for nobody in (None, "", " ", "\t\n"):
        answer = await office.client.post(ORDERS, json=a_body(billing_name=nobody, shipping_name=nobody))
        assert fault(answer) == (400, "billing_name")


@pytest.mark.parametrize("name", ["billing_name", "shipping_name", "billing_company_name"])
async def test_one_of_the_names_is_enough(office: BackOffice, name: str) -> None:
    added = await office.add(**{"billing_name": None, name: "Ana Popescu"})

    assert added["shipping_name"] == "Ana Popescu"


async def test_what_is_not_said_of_the_delivery_is_as_it_is_for_the_bill(office: BackOffice) -> None:
    body = {
        "billing_country_code": "ro",
        "billing_state": "Cluj",
        "billing_city": "Dej",
        "billing_address": "str Lunga 1",
        "billing_postal_code": "405200",
        "billing_phone": "0722000111",
    }

    added = resource(await office.client.post(ORDERS, json=THE_LEAST | body))

    delivered = {name: added[name.replace("billing", "shipping")] for name in body}
    assert delivered == {name: added[name] for name in body} == body | {"billing_country_code": "RO"}


@pytest.mark.parametrize(
    "status", ["in_process", "shipped", "delivered", "returned", "cancelled", "sent", ""]
)
async def test_a_new_order_is_awaiting_or_confirmed(office: BackOffice, status: str) -> None:
    answer = await office.client.post(ORDERS, json=a_body(shipping_status=status))

    assert fault(answer) == (400, "shipping_status")
    assert await office.numbers() == []


async def test_a_confirmed_order_is_accepted_in_the_same_moment(office: BackOffice) -> None:
    added = await office.add(shipping_status="confirmed", shipping_awb="4711")

    assert (added["shipping_status"], added["shipping_awb"]) == ("confirmed", "4711")
    assert await office.history(added["id"]) == ["Placed", "Accepted", "TrackingNoted"]
    order = (await office.stored(added["id"])).order
    assert (order.state, order.voucher_is_due) == (State.ACCEPTED, False)


async def test_an_order_that_awaits_can_have_no_tracking_code_yet(office: BackOffice) -> None:
    answer = await office.client.post(ORDERS, json=a_body(shipping_awb="4711"))

    assert fault(answer) == (400, "shipping_awb")
    assert await office.numbers() == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, (None, None)),
        ({"product_sku": "12345"}, (None, "12345")),
        ({"product_sku": "V01-39"}, (None, "V01-39")),
        ({"product_id": 7}, (7, None)),
        ({"product_id": 7, "product_sku": "12345"}, (7, "12345")),
    ],
)
async def test_a_product_has_no_number_and_no_code_that_nobody_gave_it(
    office: BackOffice, given: Json, shown: tuple[int | None, str | None]
) -> None:
    line = {"product_name": "1984", "quantity": 1, "unit_price_gross": 9.9, **given}

    (added,) = (await office.add(line_items=[line]))["line_items"]

    assert (added["product_id"], added["product_sku"]) == shown


@pytest.mark.parametrize("state", [State.OPEN, State.ACCEPTED, State.REJECTED])
async def test_what_has_not_left_cannot_come_back(office: BackOffice, state: State) -> None:
    source = await office.in_state(state)

    answer = await office.client.post(ORDERS, json=a_body(return_source_id=source.id))

    assert fault(answer)[0] == 400
    assert await office.numbers() == [source.id]


async def test_what_came_back_is_neither_returned_again_nor_invoiced(office: BackOffice) -> None:
    source = await office.in_state(State.DELIVERED)
    returned = await office.add(return_source_id=source.id)

    again = await office.client.post(ORDERS, json=a_body(return_source_id=returned["id"]))
    invoiced = await office.process(returned["id"], "create_invoice")

    assert fault(again) == (400, "return_source_id")
    assert fault(invoiced)[0] == 400


async def test_the_marketplace_tells_the_shop_of_a_new_order(office: BackOffice) -> None:
    added = await office.add()

    order = (await office.stored(added["id"])).order
    (told,) = await office.market.told(order)
    assert told["event_type"] == "new_order"
    assert told["order"] == await office.market.show(order)
    assert told["order"]["code"] == code_of(order, office.shop.zone)


async def test_tags_are_made_where_the_shop_has_none_by_that_name(office: BackOffice) -> None:
    first = await office.add(tags=[{"name": "VIP"}])
    second = await office.add(tags=[{"name": "Cadou"}, {"name": " VIP "}, {"name": "VIP"}, {"name": " "}])

    (vip,) = first["tags"]
    assert [tag["name"] for tag in second["tags"]] == ["Cadou", "VIP"]
    assert second["tags"][1] == vip


async def test_a_tag_made_by_many_at_once_is_one_tag(office: BackOffice) -> None:
    added = await asyncio.gather(*(office.add(tags=[{"name": "VIP"}]) for _ in range(20)))

    assert len({order["tags"][0]["id"] for order in added}) == 1
    assert sorted(await office.numbers(tag_name="VIP")) == sorted(numbers(added))


async def test_notes_are_numbered_and_no_two_orders_share_a_number(office: BackOffice) -> None:
    added = [await office.add(internal_notes=[{"text": "a"}, {"text": "b"}]) for _ in range(2)]

    assert [note["text"] for note in added[0]["internal_notes"]] == ["a", "b"]
    assert len({note["id"] for order in added for note in order["internal_notes"]}) == 4


async def test_an_order_that_was_read_can_be_added_again(office: BackOffice) -> None:
    first = await office.add(
        shipping_amount=15,
        shipping_method_id=3,
        tags=[{"name": "VIP"}],
        internal_notes=[{"text": "a"}],
        customer_note="Sunati",
        line_items=[
            a_line(variant_id=5, variant_options=[{"id": 1, "name": "Marime", "value": "39"}], quantity=3)
        ],
    )

    second = await office.add(**first)

    own = {"id", "info_url", "proforma_url", "internal_notes"}
    assert {name: second[name] for name in first if name not in own} == {
        name: first[name] for name in first if name not in own
    }
    assert first["id"] != second["id"]


async def test_an_order_of_the_marketplace_that_was_read_can_be_added_as_the_shops_own(
    office: BackOffice,
) -> None:
    placed = await office.market.order()
    read = await office.show(placed.id)

    added = await office.add(**read)

    assert (read["channel_name"], added["channel_name"]) == ("skroutz", None)
    assert added["total_amount"] == read["total_amount"]
    assert added["line_items"] == read["line_items"]


# Returns


async def test_a_return_is_an_order_that_its_first_order_knows(office: BackOffice) -> None:
    source = await office.in_state(State.DELIVERED)

    returned = await office.add(return_source_id=source.id)

    assert (returned["return_source_id"], returned["shipping_status"]) == (source.id, "returned")
    shown = await office.show(source.id)
    assert shown["rma_orders"] == [{"id": returned["id"], "type": "return"}]
    assert shown["shipping_status"] == "delivered"
    assert await office.numbers(shipping_status="returned") == [returned["id"]]


async def test_the_marketplace_knows_of_no_return_and_tells_of_none(office: BackOffice) -> None:
    source = await office.in_state(State.DELIVERED)
    returned = await office.add(return_source_id=source.id)

    order = (await office.stored(returned["id"])).order
    assert await office.market.told(order) == []
    assert await office.market.told(source) == []
    answer = await office.market.client.get(office.market.address(order))
    assert answer.status_code == 404


async def test_two_returns_of_one_order_at_once_are_both_kept(office: BackOffice) -> None:
    source = await office.in_state(State.DELIVERED)

    returned = await asyncio.gather(*(office.add(return_source_id=source.id) for _ in range(2)))

    listed = (await office.show(source.id))["rma_orders"]
    assert sorted(numbers(listed)) == sorted(numbers(returned))


async def test_goods_of_an_order_that_came_to_nothing_do_not_come_back(office: BackOffice) -> None:
    source = await office.in_state(State.CANCELLED)
    before = await contents(office.stoa.service.pool)

    answer = await office.client.post(ORDERS, json=a_body(return_source_id=source.id))

    assert fault(answer)[0] == 400
    assert "cancelled" in said(answer)
    assert await contents(office.stoa.service.pool) == before


async def test_a_return_of_an_order_that_the_shop_does_not_have_is_refused(
    office: BackOffice, other_office: BackOffice
) -> None:
    foreign = (await other_office.in_state(State.DELIVERED)).id

    for number in (foreign, 999):
        answer = await office.client.post(ORDERS, json=a_body(return_source_id=number))
        assert fault(answer) == (400, "return_source_id")
    assert await office.numbers() == []


@pytest.mark.parametrize(
    ("status", "code"), [("nonsense", 400), ("shipped", 400), ("awaiting", 200), ("returned", 200)]
)
async def test_a_return_has_come_back_whatever_status_it_is_added_with(
    office: BackOffice, status: str, code: int
) -> None:
    source = await office.in_state(State.DELIVERED)

    answer = await office.client.post(ORDERS, json=a_body(return_source_id=source.id, shipping_status=status))

    assert answer.status_code == code
    assert (
        fault(answer) == (400, "shipping_status")
        if code == 400
        else answer.json()["shipping_status"] == "returned"
    )


# What is refused


REFUSED: tuple[tuple[Json, str], ...] = (
    ({"currency": "EUR"}, "currency"),
    ({"payment_method_code": "cheque"}, "payment_method_code"),
    ({"payment_status": "maybe"}, "payment_status"),
    ({"customer_device": "fridge"}, "customer_device"),
    ({"created_by": "nobody"}, "created_by"),
    ({"billing_type": "club"}, "billing_type"),
    ({"shipping_method_id": "speedy"}, "shipping_method_id"),
    ({"shipping_amount": 1.005}, "shipping_amount"),
)


@pytest.mark.parametrize(("given", "field"), REFUSED, ids=str)
async def test_a_refused_order_leaves_nothing_behind_not_even_its_tags(
    office: BackOffice, given: Json, field: str
) -> None:
    before = await contents(office.stoa.service.pool)

    answer = await office.client.post(ORDERS, json=a_body(tags=[{"name": "Nou"}], **given))

    assert fault(answer) == (400, field)
    assert await contents(office.stoa.service.pool) == before


async def test_an_order_worth_more_than_can_be_held_is_refused(office: BackOffice) -> None:
    line = a_line(quantity=100_000, unit_price_gross=10_000_000)

    answer = await office.client.post(ORDERS, json=a_body(line_items=[line] * 2))

    assert fault(answer) == (400, "line_items")
    assert await office.numbers() == []


async def test_unknown_fields_are_ignored(office: BackOffice) -> None:
    extra: dict[str, Any] = {"ok": True, "foo": {"bar": [1]}, "id": "x", "date_created": 5, "invoice": "x"}

    added = await office.add(**extra)

    assert type(added["id"]) is int
    assert (added["invoice"], "foo" in added) == (None, False)


async def test_an_answer_to_adding_is_ok_and_not_created(office: BackOffice) -> None:
    status, body = answered(await office.client.post(ORDERS, json=a_body()))

    assert (status, body.get("ok")) == (200, None)
