"""What the shop is told, in which words and when (Skroutz Smart Cart, webhook)."""

import pytest

from stoa.dialects.skroutz import Skroutz
from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity
from stoa.orders.order import Actor, Fulfilment, Order, State
from tests.builders import DAY, HOUR, MINUTE, a_line
from tests.conftest import opening_a_shop
from tests.skroutz.market import Json, Market, a_choice, opening_a_market

AGREED = {
    "pickup_window": {"from": "2026-03-03T15:00:00+02:00", "to": "2026-03-03T18:00:00+02:00"},
    "pickup_address": "Πανεπιστημίου 2, Τ.Κ. 12345, Αθήνα, Αττική",
    "number_of_parcels": 1,
}


def appeared(fields: Json) -> Json:
    return {field: {"old": None, "new": value} for field, value in fields.items()}


def moved(old: str, new: str) -> Json:
    return {"state": {"old": old, "new": new}}


async def test_a_new_order_is_told_as_the_api_shows_it(market: Market) -> None:
    order = await market.order(comments="Παράδοση στο γραφείο")

    (told,) = await market.told(order)

    assert list(told) == ["event_type", "event_time", "order"]
    assert (told["event_type"], told["event_time"]) == ("new_order", "2026-03-03T12:00:00+02:00")
    assert list(told["order"].items()) == list((await market.show(order)).items())


async def test_an_acceptance_is_told_with_what_was_agreed(market: Market) -> None:
    order = await market.order()
    await market.wait(order, MINUTE)

    await market.ask(order, "accept", a_choice(order))

    told = await market.last_told(order)
    assert list(told) == ["event_type", "event_time", "order", "changes"]
    assert (told["event_type"], told["event_time"]) == ("order_updated", "2026-03-03T12:01:00+02:00")
    assert told["changes"] == moved("open", "accepted") | appeared(AGREED)
    assert list(told["order"].items()) == list((await market.show(order)).items())


async def test_a_voucher_is_told_with_its_address(market: Market) -> None:
    order = await market.accepted()

    told = await market.last_told(order)

    shown = await market.show(order)
    assert told["event_type"] == "order_updated"
    assert told["changes"] == {
        "courier_voucher": {"old": None, "new": shown["courier_voucher"]},
        "courier_tracking_codes": {"old": [], "new": shown["courier_tracking_codes"]},
    }
    assert told["order"] == shown


ENDS: dict[State, Command] = {
    State.REJECTED: asked.Reject(other="Κλειστά"),
    State.CANCELLED: asked.Cancel(),
}


@pytest.mark.parametrize("state", ENDS)
async def test_the_end_of_an_open_order_is_told(market: Market, state: State) -> None:
    order = await market.order()

    await market.happen(order, ENDS[state])

    told = await market.last_told(order)
    assert (told["event_type"], told["changes"]) == ("order_updated", moved("open", state))
    assert told["order"] == await market.show(order)


async def test_an_expiry_is_told(market: Market) -> None:
    order = await market.order()

    await market.wait(order, DAY)

    told = await market.last_told(order)
    assert (told["event_time"], told["changes"]) == ("2026-03-04T12:00:00+02:00", moved("open", "expired"))


async def test_the_marketplaces_own_acceptance_is_told_too(market: Market) -> None:
    order = await market.order(express=True)

    await market.wait(order, MINUTE)

    told = [told.get("changes", {}).get("state") for told in await market.told(order)]
    assert told == [None, {"old": "open", "new": "accepted"}, None]


async def test_a_dispatch_is_told(market: Market) -> None:
    order = await market.accepted()

    await market.happen(order, asked.PickUp())

    assert (await market.last_told(order))["changes"] == moved("accepted", "dispatched")


async def test_a_dispatch_from_the_warehouse_is_told_with_its_delivery_note(market: Market) -> None:
    order = await market.order_in(State.DISPATCHED, fulfilment=Fulfilment.WAREHOUSE)

    told = await market.last_told(order)
    url = told["order"]["fbs_delivery_note_url"]
    assert told["changes"] == moved("accepted", "dispatched") | {
        "fbs_delivery_note": {"old": None, "new": f"ΔΑ-{order.id}"},
        "fbs_delivery_note_url": {"old": None, "new": url},
    }
    assert url is not None


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DISPATCHED])
@pytest.mark.parametrize("by", [Actor.CUSTOMER, Actor.MARKETPLACE])
async def test_a_cancellation_after_acceptance_is_told(market: Market, state: State, by: Actor) -> None:
    order = await market.order_in(state)

    await market.happen(order, asked.Cancel(), by=by)

    assert (await market.last_told(order))["changes"] == moved(state, "cancelled")


async def test_returns_are_told(market: Market) -> None:
    order = await market.order_in(State.DELIVERED)
    one = asked.ReturnPartially(lines=(LineQuantity(order.lines[0].id, 1),))

    await market.happen(order, one)
    partially = await market.last_told(order)
    await market.happen(order, asked.Return())

    assert partially["changes"] == moved("delivered", "partially_returned")
    assert (await market.last_told(order))["changes"] == moved("partially_returned", "returned")


async def test_an_extension_is_told_with_the_old_and_the_new_deadlines(market: Market) -> None:
    order = await market.order()

    await market.happen(order, asked.Extend(expires_at=order.expires_at + DAY))
    first = await market.last_told(order)
    later = asked.Extend(expires_at=order.expires_at + 2 * DAY, dispatch_until=order.dispatch_until + HOUR)
    await market.happen(order, later)

    assert (first["event_type"], first["changes"]) == (
        "order_updated",
        {"expires_at": {"old": "2026-03-04T12:00:00+02:00", "new": "2026-03-05T12:00:00+02:00"}},
    )
    assert (await market.last_told(order))["changes"] == {
        "expires_at": {"old": "2026-03-05T12:00:00+02:00", "new": "2026-03-06T12:00:00+02:00"},
        "dispatch_until": {"old": "2026-03-07T12:00:00+02:00", "new": "2026-03-07T13:00:00+02:00"},
    }


async def test_a_rescheduled_pickup_is_told(market: Market) -> None:
    order = await market.accepted()
    opens = market.now + DAY

    await market.happen(order, asked.Reschedule(opens=opens, closes=opens + 2 * HOUR))

    told = await market.last_told(order)
    assert told["changes"] == {
        "pickup_window": {
            "old": AGREED["pickup_window"],
            "new": {"from": "2026-03-04T12:00:00+02:00", "to": "2026-03-04T14:00:00+02:00"},
        }
    }


@pytest.mark.parametrize("state", [State.DELIVERED, State.PARTIALLY_DELIVERED, State.FOR_RETURN])
async def test_deliveries_and_their_failures_are_not_told(market: Market, state: State) -> None:
    order = await market.order_in(state)

    told = [one["order"]["state"] for one in await market.told(order)]
    assert (order.state, told) == (state, ["open", "accepted", "dispatched"])


async def test_an_arrival_at_a_pickup_point_is_not_told(market: Market) -> None:
    order = await market.order_in(State.DISPATCHED)
    before = await market.told(order)

    await market.happen(order, asked.ArriveAtPickupPoint())

    assert await market.told(order) == before


async def test_a_parcel_that_comes_back_from_a_cancelled_order_is_not_told(market: Market) -> None:
    order = await market.order_in(State.DISPATCHED)
    await market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)
    before = await market.told(order)

    await market.happen(order, asked.Return())

    assert await market.told(order) == before


async def test_more_pieces_of_a_return_are_not_told(market: Market) -> None:
    order = await market.order_in(State.DELIVERED, lines=(a_line(quantity=3),))
    one = asked.ReturnPartially(lines=(LineQuantity(order.lines[0].id, 1),))
    await market.happen(order, one)
    before = await market.told(order)

    await market.happen(order, one)

    assert await market.told(order) == before


async def test_what_the_merchant_adds_itself_is_not_told(market: Market) -> None:
    order = await market.order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)
    before = await market.told(order)

    parcel = {"tracking_details": [{"courier": "acs", "tracking_code": "1"}]}
    assert (await market.ask(order, "tracking_details", parcel)).status_code == 200
    files = {"invoice_file": ("invoice.pdf", b"%PDF-1.4\n%%EOF\n")}
    assert (await market.client.post(market.address(order, "invoices"), files=files)).status_code == 200

    assert await market.told(order) == before


async def test_a_collected_voucher_is_not_told(market: Market) -> None:
    order = await market.accepted()
    before = await market.told(order)

    await market.client.get((await market.show(order))["courier_voucher"])

    assert (await market.show(order))["is_ready_for_dispatch"] is True
    assert await market.told(order) == before


async def test_a_refused_call_is_not_told(market: Market) -> None:
    order = await market.accepted()
    before = await market.told(order)

    await market.ask(order, "accept", a_choice(order))
    await market.ask(order, "reject", {})

    assert await market.told(order) == before


async def the_whole_life_of(market: Market, order: Order) -> list[Json]:
    await market.ask(order, "accept", a_choice(order))
    await market.wait(order)
    await market.happen(order, asked.PickUp(), asked.Deliver(), asked.Return())
    return await market.told(order)


async def test_a_payload_stays_as_it_was_whatever_becomes_of_the_order(market: Market) -> None:
    order = await market.order()
    (first,) = await market.payloads(order)

    await the_whole_life_of(market, order)

    assert (await market.payloads(order))[0] == first
    assert b'"state":"open"' in first


async def test_a_life_is_told_in_the_order_in_which_it_happened(market: Market) -> None:
    told = await the_whole_life_of(market, await market.order())

    assert [one["order"]["state"] for one in told] == [
        "open",
        "accepted",
        "accepted",
        "dispatched",
        "returned",
    ]
    assert {one["event_type"] for one in told[1:]} == {"order_updated"}


async def test_payloads_are_greek_as_it_is_written(market: Market) -> None:
    order = await market.order(comments="Παράδοση στο γραφείο")

    (payload,) = await market.payloads(order)

    assert "Παράδοση στο γραφείο".encode() in payload
    assert b"\\u" not in payload


async def test_a_shop_without_a_webhook_address_is_told_nothing(market: Market) -> None:
    async with opening_a_shop(market.stoa) as merchant:
        deaf = Market(market.stoa, merchant)
        order = await deaf.accepted()

        assert await deaf.told(order) == []


async def test_a_shop_is_told_of_its_own_orders_only(market: Market) -> None:
    async with opening_a_market(market.stoa) as neighbour:
        order = await market.order()

        assert await neighbour.told(order) == []
        assert await neighbour.told(None) == []


def test_a_webhook_is_json_in_utf_8_from_the_order_notifier() -> None:
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Skroutz OrderNotifier v1"}

    assert Skroutz.endpoint_headers == {"skroutz_orders": headers, "skroutz_returns": headers}
