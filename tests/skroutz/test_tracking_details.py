"""The parcels of orders that the merchant ships itself (Skroutz Orders API, tracking_details)."""

from typing import Any

import pytest

from stoa.orders import commands as asked
from stoa.orders.order import Fulfilment, Order, State
from tests.skroutz.market import SUCCESS, Market, answered, at_fault, refusal


def parcels(*details: tuple[Any, Any]) -> dict[str, Any]:
    return {"tracking_details": [{"courier": courier, "tracking_code": code} for courier, code in details]}


@pytest.fixture
async def order(market: Market) -> Order:
    """An accepted order that the merchant ships."""
    return await market.order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)


async def test_the_parcels_of_an_order_are_noted(market: Market, order: Order) -> None:
    answer = await market.ask(order, "tracking_details", parcels(("acs", "224085551"), ("dhl", "JD0146")))

    assert answered(answer) == SUCCESS
    shown = await market.show(order)
    assert (shown["courier"], shown["courier_tracking_codes"]) == ("ACS", ["224085551", "JD0146"])


async def test_every_documented_courier_is_taken(market: Market, order: Order) -> None:
    couriers = {
        "acs": "ACS",
        "dhl": "DHL",
        "geniki_taxydromiki": "Geniki Taxydromiki",
        "dpd": "Dpd",
        "gls": "GLS",
    }
    shown = {}
    for courier in couriers:
        assert answered(await market.ask(order, "tracking_details", parcels((courier, "1")))) == SUCCESS
        shown[courier] = (await market.show(order))["courier"]

    assert shown == couriers


async def test_later_parcels_take_the_place_of_earlier_ones(market: Market, order: Order) -> None:
    await market.ask(order, "tracking_details", parcels(("acs", "1"), ("acs", "2")))
    await market.ask(order, "tracking_details", parcels(("gls", "3")))

    shown = await market.show(order)
    assert (shown["courier"], shown["courier_tracking_codes"]) == ("GLS", ["3"])


async def test_parcels_may_still_be_noted_when_they_are_on_their_way(market: Market, order: Order) -> None:
    await market.happen(order, asked.PickUp())

    assert answered(await market.ask(order, "tracking_details", parcels(("acs", "1")))) == SUCCESS


@pytest.mark.parametrize(
    "fulfilment", [Fulfilment.MARKETPLACE, Fulfilment.WAREHOUSE, Fulfilment.STORE_PICKUP]
)
async def test_only_a_merchant_who_ships_notes_parcels(market: Market, fulfilment: Fulfilment) -> None:
    order = await market.order_in(State.ACCEPTED, fulfilment=fulfilment)
    before = await market.stored(order)

    answer = await market.ask(order, "tracking_details", parcels(("acs", "1")))

    assert at_fault(answer) == (422, "order_error")
    assert await market.stored(order) == before


async def test_an_order_that_has_ended_has_no_more_parcels(market: Market) -> None:
    order = await market.order_in(State.CANCELLED, fulfilment=Fulfilment.MERCHANT)

    answer = await market.ask(order, "tracking_details", parcels(("acs", "1")))

    assert answered(answer) == refusal("order_status", "Order already cancelled.")


async def test_an_order_must_be_accepted_first(market: Market) -> None:
    order = await market.order(fulfilment=Fulfilment.MERCHANT)

    answer = await market.ask(order, "tracking_details", parcels(("acs", "1")))

    assert answered(answer) == refusal("order_status", "Order not accepted yet.")


NO_PARCELS: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "tracking_details"),
    "null": ({"tracking_details": None}, "tracking_details"),
    "none": (parcels(), "tracking_details"),
    "an object": ({"tracking_details": {"courier": "acs", "tracking_code": "1"}}, "tracking_details"),
    "texts": ({"tracking_details": ["acs"]}, "tracking_details"),
    "too many": (parcels(*[("acs", "1")] * 101), "tracking_details"),
    "an unknown courier": (parcels(("elta", "1")), "courier"),
    "a courier in capitals": (parcels(("ACS", "1")), "courier"),
    "a courier of a wrong type": (parcels((1, "1")), "courier"),
    "no courier": ({"tracking_details": [{"tracking_code": "1"}]}, "courier"),
    "no code": ({"tracking_details": [{"courier": "acs"}]}, "tracking_code"),
    "an empty code": (parcels(("acs", "")), "tracking_code"),
    "a number as a code": (parcels(("acs", 224085551)), "tracking_code"),
    "a code that is too long": (parcels(("acs", "1" * 65)), "tracking_code"),
    "a code with NUL": (parcels(("acs", "1\x00")), "tracking_code"),
    "a fault in the second": (parcels(("acs", "1"), ("acs", None)), "tracking_code"),
}


async def test_parcels_that_are_none_are_refused_by_the_fields_name(market: Market, order: Order) -> None:
    before = await market.stored(order)

    answers = {
        what: at_fault(await market.ask(order, "tracking_details", body))
        for what, (body, _) in NO_PARCELS.items()
    }

    assert answers == {what: (422, field) for what, (_, field) in NO_PARCELS.items()}
    assert await market.stored(order) == before
