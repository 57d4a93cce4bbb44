"""One order through two dialects: whatever either does to it, both tell the same of it at every step."""

from typing import Any

import httpx
import pytest
from msgspec import Struct

from stoa.orders import commands as asked
from stoa.orders.order import Actor, Fulfilment, Order, State
from tests.builders import DAY, HOUR, a_customer, an_address, an_invoice, way_to
from tests.merchantpro.back_office import OK, BackOffice, Json, a_line, answered, fault, said
from tests.operator import calls
from tests.skroutz.market import SUCCESS, a_choice

STATUSES = {
    "open": {"awaiting"},
    "accepted": {"confirmed", "in_process"},
    "dispatched": {"shipped"},
    "delivered": {"delivered"},
    "partially_delivered": {"delivered"},
    "for_return": {"shipped", "delivered"},
    "partially_returned": {"delivered"},
    "returned": {"returned"},
    "rejected": {"cancelled"},
    "cancelled": {"cancelled"},
    "expired": {"cancelled"},
}
"""The shipping statuses that an order of each state may have."""

METHODS = {"cash_on_delivery": "cash_delivery", "bank_transfer": "wire"}

Shared = dict[str, Any]


def told_by_the_marketplace(shown: Json) -> Shared:
    """What the other dialect knows too, in words of its own."""
    customer, address = shown["customer"], shown["customer"]["address"]
    day, number = shown["code"].split("-")
    return {
        "number": int(number),
        "day": day,
        "created": shown["created_at"],
        "name": f"{customer['first_name']} {customer['last_name']}".strip(),
        "street": f"{address['street_name']} {address['street_number']}".strip(),
        "zip": address["zip"],
        "city": address["city"],
        "region": address["region"],
        "country": address["country_code"],
        "pickup_point": address.get("collection_point_address"),
        "comments": shown["comments"],
        "method": METHODS.get(shown["payment_method"], shown["payment_method"]),
        "courier": shown["courier"],
        "codes": ",".join(shown["courier_tracking_codes"]),
        "company": shown.get("invoice_details", {}).get("company"),
        "vat_number": shown.get("invoice_details", {}).get("vat_number"),
        "parent": int(shown["replaced"].split("-")[1]) if "replaced" in shown else None,
        "lines": [
            (line["product_name"], line["quantity"], line["unit_price"], line["total_price"], line.get("ean"))
            for line in shown["line_items"]
        ],
    }


COURIERS = {"Last Mile": "Skroutz Last Mile"}


def told_by_the_back_office(shown: Json) -> Shared:
    created = shown["date_created"]
    info, company = shown["shipping_delivery_info"], shown["billing_type"] == "company"
    return {
        "number": shown["id"],
        "day": created[2:4] + created[5:7] + created[8:10],
        "created": created,
        "name": shown["shipping_name"],
        "street": shown["shipping_address"] or "",
        "zip": shown["shipping_postal_code"] or "",
        "city": shown["shipping_city"] or "",
        "region": shown["shipping_state"] or "",
        "country": shown["shipping_country_code"],
        "pickup_point": info["pickup_address"]["name"] if info else None,
        "comments": shown["customer_note"] or "",
        "method": shown["payment_method_code"],
        "courier": COURIERS.get(shown["shipping_method_name"], shown["shipping_method_name"]),
        "codes": shown["shipping_awb"] or "",
        "company": shown["billing_company_name"] if company else None,
        "vat_number": shown["billing_company_vat"] if company else None,
        "parent": shown["parent_id"],
        "lines": [
            (
                line["product_name"],
                line["quantity"],
                line["unit_price_gross"],
                line["line_subtotal_gross"],
                line["product_ean"],
            )
            for line in shown["line_items"]
        ],
    }


class Views(Struct, frozen=True):
    """An order as both dialects show it, which must agree."""

    skroutz: Json
    merchantpro: Json

    @property
    def states(self) -> tuple[str, str]:
        return self.skroutz["state"], self.merchantpro["shipping_status"]


async def both(office: BackOffice, order: Order) -> Views:
    views = Views(await office.market.show(order), await office.show(order.id))
    skroutz, merchantpro = views.skroutz, views.merchantpro
    assert told_by_the_marketplace(skroutz) == told_by_the_back_office(merchantpro)
    assert merchantpro["shipping_status"] in STATUSES[skroutz["state"]]
    shipping = merchantpro["shipping_amount"] or 0
    goods = sum(line["total_price"] for line in skroutz["line_items"])
    assert round(goods + shipping, 2) == merchantpro["total_amount"]
    if "shipping_cost" in skroutz:
        assert skroutz["shipping_cost"] == shipping
    if "phone" in skroutz["customer"]:
        telephones = {skroutz["customer"].get("mobile"), skroutz["customer"]["phone"]}
        assert merchantpro["shipping_phone"] in telephones
    return views


async def told(office: BackOffice, order: Order) -> Views:
    """The same, of a change that the shop has just been told of in these words."""
    views = await both(office, order)
    assert views.skroutz == (await office.market.last_told(order))["order"]
    return views


def test_every_state_has_its_statuses() -> None:
    assert STATUSES.keys() == set(State)


async def test_an_order_of_the_shop_is_accepted_and_labelled_there_and_shipped_and_delivered_here(
    office: BackOffice,
) -> None:
    market = office.market
    lines = [a_line(product_ean="1"), a_line(product_id=78, quantity=2, unit_price_gross=69)]
    added = await office.add(shipping_amount=15, customer_note="Sunati inainte", line_items=lines)
    order = (await office.stored(added["id"])).order

    views = await told(office, order)
    assert views.states == ("open", "awaiting")
    assert views.skroutz["customer"]["phone"] == "0722000111"

    assert answered(await market.ask(order, "accept", a_choice(order))) == SUCCESS
    assert (await told(office, order)).states == ("accepted", "confirmed")

    parcels = {"tracking_details": [{"courier": "acs", "tracking_code": code} for code in ("4711", "4712")]}
    assert answered(await market.ask(order, "tracking_details", parcels)) == SUCCESS
    views = await both(office, order)
    assert (views.states, views.merchantpro["shipping_awb"]) == (("accepted", "confirmed"), "4711,4712")

    market.pass_time(HOUR)
    assert answered(await office.process(order.id, "shipped")) == OK
    views = await told(office, order)
    assert views.states == ("dispatched", "shipped")
    assert views.merchantpro["date_shipped"] == "2026-03-03T13:00:00+02:00"

    market.pass_time(DAY)
    assert answered(await office.process(order.id, "delivered")) == OK
    views = await both(office, order)
    assert (views.states, views.merchantpro["payment_status"]) == (("delivered", "delivered"), "paid")
    assert views.merchantpro["date_delivered"] == "2026-03-04T13:00:00+02:00"

    assert answered(await office.process(order.id, "returned")) == OK
    views = await told(office, order)
    assert (views.states, views.merchantpro["payment_status"]) == (("returned", "returned"), "refunded")
    assert await office.history(order.id) == [
        "Placed",
        "Accepted",
        "TrackingNoted",
        "PickedUp",
        "Delivered",
        "Returned",
        "Refunded",
    ]


async def test_an_order_of_the_marketplace_is_taken_in_hand_here_and_carried_by_its_courier(
    office: BackOffice, operator: httpx.AsyncClient
) -> None:
    placed = await calls.placing(operator, office.shop, fulfilment="marketplace", channel="skroutz")
    order = (await office.stored(placed["id"])).order

    views = await both(office, order)
    assert views.states == ("open", "awaiting")
    assert (views.merchantpro["channel_name"], views.merchantpro["channel_ref_id"]) == (
        "skroutz",
        views.skroutz["code"],
    )

    assert answered(await office.process(order.id, "in_process")) == OK
    views = await told(office, order)
    assert views.states == ("accepted", "in_process")

    refused = await office.process(order.id, "shipped")
    assert fault(refused) == (400, None)
    assert "courier carries this order" in said(refused)
    assert await both(office, order) == views

    await by_the_courier(office, operator, order, "pick_up")
    assert (await told(office, order)).states == ("dispatched", "shipped")

    assert fault(await office.process(order.id, "delivered"))[0] == 400
    await by_the_courier(office, operator, order, "deliver")
    assert (await both(office, order)).states == ("delivered", "delivered")


async def by_the_courier(office: BackOffice, operator: httpx.AsyncClient, order: Order, move: str) -> None:
    address = calls.address(office.shop, "orders", order.id, move)
    assert (await operator.post(address)).status_code == 200


async def test_a_voucher_that_the_marketplace_prints_and_a_parcel_that_is_ready_show_here(
    office: BackOffice,
) -> None:
    order = await office.market.accepted()

    views = await both(office, order)
    assert views.states == ("accepted", "confirmed")
    assert views.merchantpro["shipping_awb"] == views.skroutz["courier_tracking_codes"][0]

    assert answered(await office.market.ask(order, "set_as_ready")) == SUCCESS
    assert (await both(office, order)).states == ("accepted", "in_process")
    assert answered(await office.market.ask(order, "set_as_not_ready")) == SUCCESS
    assert (await both(office, order)).states == ("accepted", "confirmed")


async def test_what_is_left_of_an_order_that_is_rejected_there_is_its_child_here(office: BackOffice) -> None:
    order = await office.market.order()
    line = {"id": order.lines[0].id, "reason_id": 4, "available_quantity": 1}

    assert answered(await office.market.ask(order, "reject", {"line_items": [line]})) == SUCCESS

    rejected = (await office.stored(order.id)).order
    (linked,) = rejected.replacements
    left = (await office.stored(linked.id)).order
    assert (await both(office, rejected)).states == ("rejected", "cancelled")
    views = await both(office, left)
    assert (views.states, views.merchantpro["parent_id"]) == (("open", "awaiting"), order.id)
    assert await office.numbers() == [left.id, order.id]


async def test_an_order_that_is_cancelled_here_is_rejected_there_with_the_reason(office: BackOffice) -> None:
    added = await office.add()

    await office.process(added["id"], "cancelled")

    order = (await office.stored(added["id"])).order
    assert (await told(office, order)).states == ("rejected", "cancelled")


async def test_an_order_of_the_shop_that_is_rejected_there_is_cancelled_here(office: BackOffice) -> None:
    added = await office.add()
    order = (await office.stored(added["id"])).order

    answer = await office.market.ask(order, "reject", {"rejection_reason_other": "Inchis"})

    assert answered(answer) == SUCCESS
    assert (await both(office, order)).states == ("rejected", "cancelled")


async def test_a_change_of_the_address_here_is_the_address_there(office: BackOffice) -> None:
    order = await office.market.order(customer=a_customer(phone="2100000000"), fulfilment=Fulfilment.MERCHANT)

    await office.change(
        order.id,
        shipping_name="Νίκος Π",
        shipping_address="Σταδίου 9",
        shipping_city="Πάτρα",
        shipping_state="Αχαΐα",
        shipping_postal_code="26221",
        shipping_country_code="CY",
        shipping_phone="6900000000",
        customer_note="Καλέστε",
        payment_method_code="wire",
        shipping_amount=2.5,
    )

    views = await both(office, order)
    assert views.skroutz["customer"]["address"]["city"] == "Πάτρα"
    assert views.skroutz["customer"]["phone"] == "6900000000"


@pytest.mark.parametrize("fulfilment", list(Fulfilment))
async def test_both_tell_the_same_of_an_order_in_every_state(
    office: BackOffice, fulfilment: Fulfilment
) -> None:
    for state in set(State) - {State.EXPIRED}:
        order = await office.market.order(
            customer=a_customer(phone="2100000000", mobile="6900000000"),
            address=an_address(recipient="Νίκος Π", collection_point="Ψιλικά"),
            invoice=an_invoice(),
            fulfilment=fulfilment,
            comments="Καλέστε",
            shipping_cents=350,
        )
        await office.market.happen(order, *way_to(state, order))
        assert (await both(office, order)).skroutz["state"] == state


async def test_an_order_whose_time_runs_out_is_over_in_both(office: BackOffice) -> None:
    added = await office.add()
    order = (await office.stored(added["id"])).order

    await office.market.wait(order, order.expires_at - office.market.now)

    assert (await told(office, order)).states == ("expired", "cancelled")


async def test_a_customers_cancellation_shows_in_both(office: BackOffice) -> None:
    order = await office.market.accepted()

    await office.market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)

    assert (await both(office, order)).states == ("cancelled", "cancelled")
