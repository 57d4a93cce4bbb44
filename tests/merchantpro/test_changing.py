"""Changing an order: what is given changes, and nothing else (modification of order data)."""

import asyncio
from typing import Any

import pytest

from stoa.dialects.merchantpro.requests import FIELDS
from stoa.orders.order import Fulfilment, Order, PaymentMethod, State
from tests.builders import HOUR, a_customer, a_tracking, an_address, an_invoice, way_to
from tests.database_contents import contents
from tests.merchantpro.back_office import (
    ORDERS,
    BackOffice,
    Json,
    fault,
    resource,
    said,
)

VALUES: dict[str, object] = {
    "payment_method_code": "wire",
    "payment_transaction_id": "VADE0B",
    "shipping_method_id": 101,
    "shipping_amount": 12.5,
    "original_currency": "EUR",
    "currency_rate": 4.97,
    "coupon_code": "VARA",
    "customer_id": 17,
    "customer_email": "dan@example.com",
    "customer_ip_address": "192.0.2.7",
    "customer_ip_country": "HU",
    "customer_device": "mobile",
    "customer_lang": "hu_HU",
    "customer_note": "Sunati inainte",
    "customer_notification": "Multumim",
    "created_by": "user",
    "meta_fields": {"ref": "7", "nested": {"a": [1, None]}},
    "billing_type": "company",
    "billing_name": "Dan Ionescu",
    "billing_identity_number": "2900101",
    "billing_company_name": "Acme SRL",
    "billing_company_number": "J40/1/2020",
    "billing_company_vat": "RO123",
    "billing_company_bank_name": "Banca",
    "billing_company_bank_account": "RO49AAAA",
    "billing_country_code": "BG",
    "billing_state": "Ruse",
    "billing_city": "Ruse",
    "billing_address": "str Dunarii 1",
    "billing_postal_code": "7000",
    "billing_phone": "0733111222",
    "shipping_name": "Dan Ionescu",
    "shipping_country_code": "HU",
    "shipping_state": "Pest",
    "shipping_city": "Budapest",
    "shipping_address": "Fő utca 1",
    "shipping_postal_code": "1011",
    "shipping_phone": "0733111223",
}
"""Another value for each field that can be written than an order has which says nothing of it."""

FOLLOWING = {
    "payment_method_code": {"payment_method_name", "payment_substatus_id", "payment_substatus_text"},
    "shipping_amount": {"shipping_tax_amount", "total_amount"},
    "billing_country_code": {"billing_country_name"},
    "shipping_country_code": {"shipping_country_name"},
}
"""What follows from a field."""

CLEARED: dict[str, object] = {
    "shipping_method_id": 0,
    "customer_id": 0,
    "customer_ip_address": "",
    "customer_ip_country": "",
    "customer_device": "desktop",
    "created_by": "customer",
    "billing_type": "individual",
    "billing_state": "",
    "billing_city": "",
    "billing_address": "",
    "billing_postal_code": "",
    "billing_phone": "",
    "shipping_name": "Ana Maria Popescu",
    "shipping_phone": "0722000111",
}
"""What an order shows of a field that it does not have, where that is not null."""


def test_every_field_that_can_be_written_is_tried() -> None:
    assert VALUES.keys() == {*FIELDS, "payment_method_code"}


@pytest.mark.parametrize("field", VALUES)
async def test_a_field_is_changed_alone_and_stays_changed(office: BackOffice, field: str) -> None:
    before = await office.add()

    changed = await office.change(before["id"], **{field: VALUES[field]})

    differing = {name for name in changed if changed[name] != before[name]}
    assert changed[field] == VALUES[field]
    assert differing == {field} | FOLLOWING.get(field, set())
    assert await office.show(before["id"]) == changed


@pytest.mark.parametrize("field", FIELDS)
async def test_null_takes_a_field_away(office: BackOffice, field: str) -> None:
    added = await office.add(**{field: VALUES[field]})

    changed = await office.change(added["id"], **{field: None})

    assert changed[field] == CLEARED.get(field)
    assert {name for name in changed if changed[name] != added[name]} <= {field} | FOLLOWING.get(field, set())


async def test_a_change_is_one_event_and_moves_the_time_of_modification(office: BackOffice) -> None:
    added = await office.add()
    office.market.pass_time(HOUR)

    changed = await office.change(added["id"], customer_note="a", shipping_city="Iasi")

    assert await office.history(added["id"]) == ["Placed", "Modified"]
    assert (added["date_modified"], changed["date_modified"]) == (
        "2026-03-03T12:00:00+02:00",
        "2026-03-03T13:00:00+02:00",
    )
    assert changed["date_created"] == added["date_created"]


async def test_an_order_can_be_written_on_in_every_state(office: BackOffice) -> None:
    for state in State:
        order = await office.in_state(state)
        changed = await office.change(order.id, customer_note="a", payment_status="refunded")
        assert (changed["customer_note"], changed["payment_status"]) == ("a", "refunded")
        assert (await office.stored(order.id)).order.state is state


# Sending back what was read


Seen = tuple[Json, int]
"""An order as it is shown, and its version."""


async def read_and_sent_back(office: BackOffice, order_id: int) -> tuple[Seen, Seen]:
    """What was seen of the order before an hour passed and it was sent back, and after."""
    before = await office.show(order_id), (await office.stored(order_id)).version
    office.market.pass_time(HOUR)
    answer = resource(await office.client.patch(f"{ORDERS}/{order_id}", json=before[0]))
    return before, (answer, (await office.stored(order_id)).version)


async def test_an_order_that_is_sent_back_as_it_was_read_does_not_change(office: BackOffice) -> None:
    added = await office.add(
        shipping_status="confirmed",
        shipping_awb="4711,4712",
        shipping_method_id=9002,
        currency_rate=5,
        tags=[{"name": "VIP"}, {"name": "Cadou"}],
        internal_notes=[{"text": "a"}],
        meta_fields={"a": 1},
    )
    await office.process(added["id"], "create_invoice")

    before, after = await read_and_sent_back(office, added["id"])

    assert after == before


async def test_the_least_that_makes_an_order_does_not_change_when_it_is_sent_back(
    office: BackOffice,
) -> None:
    line = {"product_name": "Balerini", "quantity": 1, "unit_price_gross": 109}
    body = {"billing_name": "Ana", "line_items": [line]}
    added = resource(await office.client.post(ORDERS, json=body))

    before, after = await read_and_sent_back(office, added["id"])

    assert after == before


@pytest.mark.parametrize("fulfilment", [Fulfilment.MERCHANT, Fulfilment.MARKETPLACE])
async def test_an_order_of_the_marketplace_does_not_change_when_it_is_sent_back(
    office: BackOffice, fulfilment: Fulfilment
) -> None:
    for state in set(State) - {State.EXPIRED}:
        order = await marketplaces_order(office, state, fulfilment)
        before, after = await read_and_sent_back(office, order.id)

        assert after == before


async def marketplaces_order(office: BackOffice, state: State, fulfilment: Fulfilment) -> Order:
    """With a recipient who is not the customer, a company to invoice and a mobile telephone."""
    order = await office.market.order(
        customer=a_customer(phone="2100000000", mobile="6900000000"),
        address=an_address(recipient="Νίκος Π", region="", country_code=""),
        invoice=an_invoice(),
        fulfilment=fulfilment,
    )
    return await office.market.happen(order, *way_to(state, order))


async def test_read_only_fields_are_ignored(office: BackOffice) -> None:
    added = await office.add()
    read_only = {
        "id": 5,
        "date_created": "2020-01-01",
        "channel_name": "x",
        "channel_ref_id": 7,
        "parent_id": 8,
        "rma_orders": [{"id": 9}],
        "payment_status_text": "x",
        "payment_substatus_id": 18,
        "billing_country_name": "x",
        "total_amount": 1,
        "currency": "EUR",
        "line_items": [],
        "invoice": {"number": "1"},
        "info_url": "x",
        "ok": True,
        "unknown": 1,
    }

    assert resource(await office.client.patch(f"{ORDERS}/{added['id']}", json=read_only)) == added
    assert resource(await office.client.patch(f"{ORDERS}/{added['id']}")) == added
    assert await office.history(added["id"]) == ["Placed"]


# Parts of an order


async def test_a_street_is_written_whole_where_the_channel_gave_street_and_number(
    office: BackOffice,
) -> None:
    order = await office.market.order(address=an_address(street_name="Σταδίου", street_number="4"))

    assert (await office.show(order.id))["shipping_address"] == "Σταδίου 4"
    changed = await office.change(order.id, shipping_address="Σταδίου 5")
    address = (await office.market.show(order))["customer"]["address"]
    assert changed["shipping_address"] == "Σταδίου 5"
    assert (address["street_name"], address["street_number"]) == ("Σταδίου 5", "")


async def test_a_company_to_bill_is_the_company_that_the_marketplace_shows(office: BackOffice) -> None:
    added = await office.add()

    await office.change(
        added["id"], billing_type="company", billing_company_name="Acme", billing_company_vat="RO1"
    )

    shown = await office.market.show((await office.stored(added["id"])).order)
    details = shown["invoice_details"]
    assert (shown["invoice"], details["company"], details["vat_number"]) == (True, "Acme", "RO1")


async def test_tags_are_replaced_and_taken_away(office: BackOffice) -> None:
    added = await office.add(tags=[{"name": "VIP"}, {"name": "Cadou"}])

    replaced = await office.change(added["id"], tags=[{"name": "Retur"}, {"name": "VIP"}])
    kept = await office.change(added["id"], customer_note="a")
    none = await office.change(added["id"], tags=[])
    again = await office.change(added["id"], tags=[{"name": "Cadou"}])
    null = await office.change(added["id"], tags=None)

    assert [tag["name"] for tag in replaced["tags"]] == ["Retur", "VIP"]
    assert replaced["tags"][1] == added["tags"][0]
    assert kept["tags"] == replaced["tags"]
    assert again["tags"] == added["tags"][1:]
    assert (none["tags"], null["tags"]) == (None, None)
    assert await office.numbers(tag_name="VIP") == []


async def test_notes_keep_their_numbers_and_a_number_is_never_given_again(office: BackOffice) -> None:
    added = await office.add(internal_notes=[{"text": "a"}, {"text": "b"}])
    first, second = added["internal_notes"]

    rewritten = await office.change(added["id"], internal_notes=[second | {"text": "B"}, {"text": "c"}])
    third = rewritten["internal_notes"][1]
    without = await office.change(added["id"], internal_notes=None)
    later = await office.change(added["id"], internal_notes=[{"text": "d"}])

    assert rewritten["internal_notes"][0] == {"id": second["id"], "text": "B"}
    assert third["text"] == "c"
    assert without["internal_notes"] is None
    numbers = [first["id"], second["id"], third["id"], later["internal_notes"][0]["id"]]
    assert sorted(set(numbers)) == numbers


async def test_a_note_that_the_order_does_not_have_is_refused(office: BackOffice) -> None:
    other = await office.add(internal_notes=[{"text": "a"}])
    added = await office.add(internal_notes=[{"text": "b"}])
    notes = [{"text": "c"}, other["internal_notes"][0]]

    for note in (notes[1], {"id": -1, "text": "x"}, {"id": 2**70, "text": "x"}):
        body = {"internal_notes": [notes[0], note], "tags": [{"name": "Nou"}]}
        before = await contents(office.stoa.service.pool)
        answer = await office.client.patch(f"{ORDERS}/{added['id']}", json=body)
        assert fault(answer) == (400, "internal_notes[1].id")
        assert await contents(office.stoa.service.pool) == before


# Tracking codes


async def test_tracking_codes_are_noted_and_replaced(office: BackOffice) -> None:
    added = await office.add(shipping_status="confirmed")

    noted = await office.change(added["id"], shipping_awb="4711, 4712", shipping_method_id=9002)
    replaced = await office.change(added["id"], shipping_awb="4713")

    assert (noted["shipping_awb"], noted["shipping_method_name"]) == ("4711,4712", "ACS")
    assert (noted["shipping_carrier_id"], replaced["shipping_carrier_id"]) == ("9002", "9002")
    assert replaced["shipping_awb"] == "4713"
    shown = await office.market.show((await office.stored(added["id"])).order)
    assert (shown["courier"], shown["courier_tracking_codes"]) == ("ACS", ["4713"])


@pytest.mark.parametrize("nothing", [None, "", " , "])
async def test_a_tracking_code_is_taken_away(office: BackOffice, nothing: str | None) -> None:
    added = await office.add(shipping_status="confirmed", shipping_awb="4711")

    changed = await office.change(added["id"], shipping_awb=nothing)

    assert changed["shipping_awb"] is None
    assert await office.numbers(shipping_awb="4711") == []


async def test_the_code_of_the_marketplaces_courier_stays(office: BackOffice) -> None:
    order = await office.in_state(
        State.ACCEPTED, fulfilment=Fulfilment.MARKETPLACE, trackings=(a_tracking(code="4711"),)
    )

    answer = await office.client.patch(f"{ORDERS}/{order.id}", json={"shipping_awb": None})

    assert fault(answer) == (400, "shipping_awb")
    assert (await office.show(order.id))["shipping_awb"] == "4711"


async def test_a_parcel_of_the_marketplace_has_the_marketplaces_code(office: BackOffice) -> None:
    order = await office.market.accepted()

    answer = await office.client.patch(f"{ORDERS}/{order.id}", json={"shipping_awb": "4711"})

    assert fault(answer)[0] == 400
    assert "ships itself" in said(answer)


async def test_an_order_is_shipped_with_its_code_in_one_change(office: BackOffice) -> None:
    added = await office.add()

    changed = await office.change(added["id"], shipping_status="shipped", shipping_awb="4711")

    assert (changed["shipping_status"], changed["shipping_awb"]) == ("shipped", "4711")
    assert await office.history(added["id"]) == ["Placed", "Accepted", "TrackingNoted", "PickedUp"]


async def test_a_parcel_that_arrives_gets_its_code_in_the_same_change(office: BackOffice) -> None:
    order = await office.in_state(State.DISPATCHED)

    changed = await office.change(order.id, shipping_status="delivered", shipping_awb="4711")

    assert (changed["shipping_status"], changed["shipping_awb"]) == ("delivered", "4711")


async def test_a_code_for_a_parcel_that_has_arrived_is_refused_by_name(office: BackOffice) -> None:
    order = await office.in_state(State.DELIVERED)

    answer = await office.client.patch(f"{ORDERS}/{order.id}", json={"shipping_awb": "4711"})

    assert fault(answer) == (400, "shipping_awb")


async def test_an_order_without_a_delivery_method_is_found_by_that_with_its_code_too(
    office: BackOffice,
) -> None:
    added = await office.add(shipping_status="confirmed", shipping_awb="4711")

    later = await office.change(added["id"], shipping_method_id=9002)

    assert added["shipping_method_id"] == 0
    assert (later["shipping_method_id"], later["shipping_carrier_id"]) == (9002, "9002")
    assert await office.numbers(shipping_method_id="0") == []


@pytest.mark.parametrize("said_of_it", ["awaiting", "refunded"])
async def test_what_is_said_of_the_payment_holds_when_the_order_is_delivered(
    office: BackOffice, said_of_it: str
) -> None:
    order = await office.in_state(State.DISPATCHED, payment_method=PaymentMethod.CASH_ON_DELIVERY)

    changed = await office.change(order.id, shipping_status="delivered", payment_status=said_of_it)

    assert (changed["shipping_status"], changed["payment_status"]) == ("delivered", said_of_it)


async def test_a_courier_does_not_pay_what_was_refunded(office: BackOffice) -> None:
    order = await office.in_state(State.DISPATCHED, payment_method=PaymentMethod.CASH_ON_DELIVERY)
    await office.change(order.id, payment_status="refunded")

    await office.process(order.id, "delivered")

    assert (await office.show(order.id))["payment_status"] == "refunded"


# All or nothing


async def test_a_change_of_which_a_part_is_refused_changes_nothing(office: BackOffice) -> None:
    added = await office.add()
    before = await contents(office.stoa.service.pool)

    for part, field in (
        ({"shipping_status": "delivered"}, None),
        ({"shipping_status": "sent"}, "shipping_status"),
        ({"payment_status": "maybe"}, "payment_status"),
        ({"shipping_amount": -1}, "shipping_amount"),
        ({"customer_device": "fridge"}, "customer_device"),
    ):
        body = {"customer_note": "a", "payment_status": "paid", **part}
        answer = await office.client.patch(f"{ORDERS}/{added['id']}", json=body)
        assert fault(answer) == (400, field)
    assert await contents(office.stoa.service.pool) == before


async def test_shipping_beyond_what_can_be_held_is_refused(office: BackOffice) -> None:
    line: Json = {"product_name": "B", "quantity": 100, "unit_price_gross": 9_999_999}
    added = await office.add(line_items=[line])

    answer = await office.client.patch(f"{ORDERS}/{added['id']}", json={"shipping_amount": 10_000_000})

    assert fault(answer) == (400, "shipping_amount")


# Payment


async def test_payment_is_an_axis_of_its_own(office: BackOffice) -> None:
    added = await office.add()

    for status, text in (
        ("paid", "Platita"),
        ("canceled", "Plata anulata"),
        ("awaiting", "Plata in asteptare"),
    ):
        changed = await office.change(added["id"], payment_status=status)
        assert changed["payment_status"] == status.replace("canceled", "cancelled")
        assert changed["payment_status_text"] == text
    assert changed["shipping_status"] == "awaiting"
    assert await office.history(added["id"]) == ["Placed", *["PaymentChanged"] * 3]


async def test_a_value_that_no_order_can_have_leaves_no_tag_behind(office: BackOffice) -> None:
    added = await office.add()
    before = await contents(office.stoa.service.pool)

    for field in ("shipping_status", "payment_status", "customer_device", "payment_method_code"):
        body = {"tags": [{"name": "Nou"}], field: "nonsense"}
        assert fault(await office.client.patch(f"{ORDERS}/{added['id']}", json=body)) == (400, field)
    assert await contents(office.stoa.service.pool) == before


# Several at once


async def test_twenty_fields_changed_at_once_are_all_changed(office: BackOffice) -> None:
    added = await office.add()
    values = {name: VALUES[name] for name in [*VALUES][:20]}

    answers = await asyncio.gather(
        *(
            office.client.patch(f"{ORDERS}/{added['id']}", json={name: value})
            for name, value in values.items()
        )
    )

    assert [answer.status_code for answer in answers] == [200] * 20
    shown = await office.show(added["id"])
    assert {name: shown[name] for name in values} == values


async def test_parts_of_the_same_address_changed_at_once_are_all_changed(office: BackOffice) -> None:
    added = await office.add()
    values = {name: value for name, value in VALUES.items() if name.startswith(("billing", "shipping_"))}

    await asyncio.gather(*(office.change(added["id"], **{name: value}) for name, value in values.items()))

    shown = await office.show(added["id"])
    assert {name: shown[name] for name in values} == values


async def test_of_one_field_changed_by_many_at_once_one_value_wins_and_no_other_field_is_lost(
    office: BackOffice,
) -> None:
    added = await office.add()
    notes = [f"nota {n}" for n in range(10)]
    changes: list[dict[str, Any]] = [{"customer_note": note} for note in notes]
    others = [
        {name: VALUES[name]} for name in ("coupon_code", "shipping_city", "billing_city", "customer_id")
    ]

    answers = await asyncio.gather(
        *(office.client.patch(f"{ORDERS}/{added['id']}", json=change) for change in changes + others)
    )

    shown = await office.show(added["id"])
    assert {answer.status_code for answer in answers} == {200}
    assert shown["customer_note"] in notes
    assert all(shown[name] == value for change in others for name, value in change.items())


async def test_a_change_and_a_move_at_once_both_take_effect(office: BackOffice) -> None:
    for _ in range(5):
        added = await office.add()
        await asyncio.gather(
            office.change(added["id"], customer_note="a"), office.process(added["id"], "in_process")
        )
        shown = await office.show(added["id"])
        assert (shown["customer_note"], shown["shipping_status"]) == ("a", "in_process")
