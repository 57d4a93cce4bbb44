from typing import Any

import pytest

from stoa.app import Stoa
from stoa.orders import commands as asked
from stoa.orders.order import Actor, Fulfilment, State
from tests.builders import HOUR, MINUTE
from tests.skroutz.market import (
    SUCCESS,
    Json,
    Market,
    a_choice,
    answered,
    at_fault,
    opening_a_market,
    refusal,
)


async def test_an_order_is_accepted_with_one_of_its_options(market: Market) -> None:
    order = await market.order()

    answer = await market.ask(
        order, "accept", {"pickup_location": "YlpD0KROym", "pickup_window": 2, "number_of_parcels": 1}
    )

    assert answered(answer) == SUCCESS
    assert (await market.show(order))["state"] == "accepted"


async def test_an_order_is_one_parcel_where_nothing_else_is_said(market: Market) -> None:
    order = await market.order()

    await market.ask(order, "accept", {"pickup_location": "YlpD0KROym", "pickup_window": 1})

    assert (await market.show(order))["number_of_parcels"] == 1


async def test_every_offered_option_is_accepted(market: Market) -> None:
    first = (await market.show(await market.order()))["accept_options"]
    choices: list[Json] = [
        *({"pickup_location": location["id"]} for location in first["pickup_location"]),
        *({"pickup_window": window["id"]} for window in first["pickup_window"]),
        *({"number_of_parcels": number} for number in first["number_of_parcels"]),
    ]

    orders = [await market.order() for _ in choices]
    answers = [
        answered(await market.ask(order, "accept", a_choice(order, **choice)))
        for order, choice in zip(orders, choices, strict=True)
    ]

    assert answers == [SUCCESS] * 10


NOT_OFFERED: list[tuple[str, Any]] = [
    ("pickup_location", "wgO1N22OaQ"),
    ("pickup_location", ""),
    ("pickup_location", "ylpd0krOYM"),
    ("pickup_location", "YlpD0KROym "),
    ("pickup_location", "Πανεπιστημίου 2, Τ.Κ. 12345, Αθήνα, Αττική"),
    ("pickup_window", 0),
    ("pickup_window", 6),
    ("pickup_window", -1),
    ("pickup_window", 2**31),
    ("pickup_window", 2**63),
    ("pickup_window", 10**30),
    ("number_of_parcels", 0),
    ("number_of_parcels", 4),
    ("number_of_parcels", -1),
    ("number_of_parcels", 10**30),
]

OF_THE_WRONG_TYPE: list[tuple[str, Any]] = [
    ("pickup_location", None),
    ("pickup_location", 7),
    ("pickup_location", ["YlpD0KROym"]),
    ("pickup_location", {"id": "YlpD0KROym"}),
    ("pickup_window", None),
    ("pickup_window", "2"),
    ("pickup_window", 2.5),
    ("pickup_window", True),
    ("pickup_window", [2]),
    ("number_of_parcels", None),
    ("number_of_parcels", "1"),
    ("number_of_parcels", 1.5),
    ("number_of_parcels", False),
]


@pytest.mark.parametrize("options", [NOT_OFFERED, OF_THE_WRONG_TYPE], ids=["not offered", "wrong type"])
async def test_what_is_none_of_the_options_is_refused_by_the_fields_name(
    market: Market, options: list[tuple[str, Any]]
) -> None:
    order = await market.order()
    before = await market.stored(order)

    answers = [
        at_fault(await market.ask(order, "accept", a_choice(order, **{field: value})))
        for field, value in options
    ]

    assert answers == [(422, field) for field, _ in options]
    assert await market.stored(order) == before


@pytest.mark.parametrize("field", ["pickup_location", "pickup_window"])
async def test_location_and_window_are_required(market: Market, field: str) -> None:
    order = await market.order()
    without = a_choice(order)
    del without[field]

    answer = await market.ask(order, "accept", without)

    assert answered(answer) == refusal(field, f"{field}: Object missing required field `{field}`")


async def test_the_refusal_of_an_option_says_what_is_wrong_with_it(market: Market) -> None:
    order = await market.order()

    assert answered(await market.ask(order, "accept", a_choice(order, pickup_location="wgO1N22OaQ"))) == (
        refusal(
            "pickup_location",
            "pickup_location: This pickup location is not one of the order's options.",
        )
    )


async def test_a_window_that_has_begun_is_refused(market: Market) -> None:
    order = await market.order()
    await market.wait(order, order.options.windows[0].opens - market.now)

    begun = await market.ask(order, "accept", a_choice(order))
    ahead = await market.ask(order, "accept", a_choice(order, pickup_window=2))

    assert at_fault(begun) == (422, "pickup_window")
    assert answered(ahead) == SUCCESS


async def test_a_window_can_be_chosen_until_it_begins(market: Market) -> None:
    order = await market.order()
    await market.wait(order, order.options.windows[0].opens - market.now - MINUTE)

    assert answered(await market.ask(order, "accept", a_choice(order))) == SUCCESS


async def test_an_id_means_the_same_window_at_reading_and_at_accepting(market: Market) -> None:
    order = await market.order()
    label = (await market.show(order))["accept_options"]["pickup_window"][1]["label"]
    await market.wait(order, 21 * HOUR)

    await market.ask(order, "accept", a_choice(order, pickup_window=2))

    assert label == "10:00 - 12:00, Τετ 04/03/26"
    assert (await market.show(order))["pickup_window"]["from"] == "2026-03-04T10:00:00+02:00"


async def test_another_shops_pickup_location_is_no_option(stoa: Stoa, market: Market) -> None:
    async with opening_a_market(stoa, locations=()) as neighbour:
        order = await neighbour.order()
        answer = await neighbour.ask(order, "accept", {"pickup_location": "YlpD0KROym", "pickup_window": 1})

    assert at_fault(answer) == (422, "pickup_location")


async def test_an_accepted_order_is_not_accepted_again(market: Market) -> None:
    order = await market.accepted()
    before = await market.stored(order)

    answer = await market.ask(order, "accept", a_choice(order))

    assert answered(answer) == refusal("order_status", "Order already accepted.")
    assert await market.stored(order) == before


async def test_only_an_open_order_is_accepted(market: Market) -> None:
    closed = [state for state in State if state is not State.OPEN]
    orders = {state: await market.order_in(state) for state in closed}

    answers = {
        state: answered(await market.ask(order, "accept", a_choice(order))) for state, order in orders.items()
    }

    assert answers == {
        state: refusal("order_status", f"Order already {state.replace('_', ' ')}.") for state in closed
    }


async def test_the_state_is_refused_before_the_options_are_looked_at(market: Market) -> None:
    order = await market.order_in(State.REJECTED)

    answer = await market.ask(order, "accept", {"pickup_location": "nowhere", "pickup_window": 99})

    assert answered(answer) == refusal("order_status", "Order already rejected.")


async def test_an_express_order_is_not_the_merchants_to_accept(market: Market) -> None:
    order = await market.order(express=True)

    answer = await market.ask(order, "accept", a_choice(order))

    assert answered(answer) == refusal("order_status", "Order is express")
    assert (await market.show(order))["state"] == "open"


async def test_an_express_order_is_accepted_by_the_marketplace_within_a_minute(market: Market) -> None:
    order = await market.order(express=True)

    await market.wait(order, MINUTE)

    shown = await market.show(order)
    assert (shown["state"], shown["number_of_parcels"], shown["pickup_window"]["from"]) == (
        "accepted",
        1,
        "2026-03-03T15:00:00+02:00",
    )
    assert shown["courier_voucher"]


async def test_an_express_order_can_be_rejected_until_then(market: Market) -> None:
    order = await market.order(express=True)

    answer = await market.ask(order, "reject", {"rejection_reason_other": "Κλειστά"})

    assert answered(answer) == SUCCESS


async def test_an_order_of_the_warehouse_is_accepted_by_the_marketplace_without_a_voucher(
    market: Market,
) -> None:
    order = await market.order(fulfilment=Fulfilment.WAREHOUSE)

    await market.wait(order, MINUTE)

    shown = await market.show(order)
    assert (shown["state"], shown["courier_voucher"]) == ("accepted", None)


@pytest.mark.parametrize("fulfilment", [Fulfilment.MERCHANT, Fulfilment.STORE_PICKUP])
async def test_an_order_without_the_marketplaces_courier_gets_no_voucher(
    market: Market, fulfilment: Fulfilment
) -> None:
    order = await market.accepted(fulfilment=fulfilment)

    shown = await market.show(order)
    assert (shown["state"], shown["courier_voucher"], shown["courier_tracking_codes"]) == (
        "accepted",
        None,
        [],
    )


async def test_what_the_api_does_not_know_is_ignored(market: Market) -> None:
    order = await market.order()
    unknown = {"note": "γρήγορα", "pickup_windows": [99], "state": {"order": "delivered"}}

    assert answered(await market.ask(order, "accept", a_choice(order, **unknown))) == SUCCESS


async def test_the_documented_curl_call_is_understood(market: Market) -> None:
    order = await market.order()

    answer = await market.client.post(
        market.address(order, "accept"),
        headers={"Content-Type": "application/json; charset=utf-8"},
        content='{ "pickup_location": "YlpD0KROym", "pickup_window": 2, "number_of_parcels": 1 }',
    )

    assert answered(answer) == SUCCESS


async def test_an_order_that_the_customer_cancelled_is_not_accepted(market: Market) -> None:
    order = await market.order()
    await market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)

    answer = await market.ask(order, "accept", a_choice(order))

    assert answered(answer) == refusal("order_status", "Order already cancelled.")
