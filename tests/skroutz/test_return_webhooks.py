"""What the shop is told of returns, in which words and when (Skroutz Smart Cart, return webhook)."""

from typing import Any

import pytest

from stoa.app import Stoa
from stoa.orders import commands as asked
from stoa.orders.commands import Command
from stoa.orders.order import Actor, Order, ReturnReason, State
from tests.builders import DAY, MINUTE, a_line
from tests.skroutz.coming_back import (
    APPROVAL,
    delivered,
    goes_on,
    hear_of_returns,
    place_document,
    requested,
    review,
    shown,
)
from tests.skroutz.market import Json, Market, answered, opening_a_market

DELIVERIES = """
SELECT endpoint, event_type, part FROM deliveries WHERE shop_id = $1 AND order_id = $2 ORDER BY id"""

ADDRESS = {
    "street_name": "Πανεπιστημίου",
    "street_number": "2",
    "zip": "12345",
    "city": "Αθήνα",
    "region": "Αττική",
    "country_code": "GR",
}


@pytest.fixture(autouse=True)
async def hearing(market: Market) -> None:
    await hear_of_returns(market)


async def queued(market: Market, order: Order) -> list[tuple[str, str, str | None]]:
    """Where to, of what kind and which part of the story each message is, first things first."""
    rows = await market.stoa.service.pool.fetch(DELIVERIES, market.shop.id, order.id)
    return [(row["endpoint"], row["event_type"], row["part"]) for row in rows]


async def changes_told(market: Market, returned: Order) -> list[Json]:
    return [told["changes"] for told in (await market.told(returned))[1:]]


async def test_a_request_is_told_as_the_api_shows_it(market: Market) -> None:
    returned = await requested(market, comment="Δεν ζεσταίνει")

    (told,) = await market.told(returned)

    assert list(told) == ["event_type", "event_time", "return"]
    assert (told["event_type"], told["event_time"]) == ("merchant_return_created", "2026-03-03T10:00:00Z")
    assert list(told["return"].items()) == list((await shown(market, returned)).items())
    assert "review_options" in told["return"]
    assert await queued(market, returned) == [("skroutz_returns", "merchant_return_created", "announcement")]


async def test_an_approval_is_told_with_where_to_and_with_whom(market: Market) -> None:
    returned = await requested(market)
    market.pass_time(MINUTE)

    await review(market, returned, option="approve")

    told = await market.last_told(returned)
    assert list(told) == ["event_type", "event_time", "return", "changes"]
    assert (told["event_type"], told["event_time"]) == ("merchant_return_updated", "2026-03-03T10:01:00Z")
    assert list(told["changes"].items()) == [
        ("state", {"old": "pending_merchant_review", "new": "returning"}),
        ("courier", {"old": None, "new": "Skroutz Last Mile"}),
        ("returning_address", {"old": None, "new": ADDRESS}),
    ]
    assert list(told["return"].items()) == list((await shown(market, returned)).items())
    assert (await queued(market, returned))[1:] == [("skroutz_returns", "merchant_return_updated", "update")]


async def test_tracking_ids_and_another_courier_are_told_and_the_same_again_is_not(market: Market) -> None:
    returned = await goes_on(market, await requested(market), APPROVAL)
    first = asked.TrackReturn(tracking_ids=("9WDEE48L66D7Y",))
    other = asked.TrackReturn(tracking_ids=("1", "2"), courier="acs")

    await goes_on(market, returned, first, first, other, other)

    assert (await changes_told(market, returned))[1:] == [
        {"courier_tracking_ids": {"old": None, "new": ["9WDEE48L66D7Y"]}},
        {
            "courier": {"old": "Skroutz Last Mile", "new": "ACS"},
            "courier_tracking_ids": {"old": ["9WDEE48L66D7Y"], "new": ["1", "2"]},
        },
    ]


def moved(old: str, new: str) -> Json:
    return {"state": {"old": old, "new": new}}


BACK = (asked.ArriveBack(), asked.TakeBack())
ENDS: dict[str, tuple[tuple[Command, ...], list[Json]]] = {
    "returned": (
        (APPROVAL, *BACK),
        [moved("returning", "pending_physical_review"), moved("pending_physical_review", "returned")],
    ),
    "sent back": (
        (APPROVAL, asked.ArriveBack(), asked.SendBack()),
        [moved("returning", "pending_physical_review"), moved("pending_physical_review", "rejected")],
    ),
    "cancelled": ((APPROVAL, asked.CancelReturn()), [moved("returning", "cancelled")]),
}


@pytest.mark.parametrize("end", ENDS)
async def test_every_change_of_state_is_told_to_the_end(market: Market, end: str) -> None:
    commands, changes = ENDS[end]

    returned = await goes_on(market, await requested(market), *commands)

    assert (await changes_told(market, returned))[1:] == changes
    assert (await market.last_told(returned))["return"] == await shown(market, returned)


@pytest.mark.parametrize(
    ("option", "state"),
    [("resolved_via_customer_communication", "rejected"), ("send_missing_part", "cancelled")],
)
async def test_other_answers_are_told_without_courier_and_address(
    market: Market, option: str, state: str
) -> None:
    returned = await requested(market, reason=ReturnReason.MISSING_PART)

    await review(market, returned, option=option)

    assert await changes_told(market, returned) == [moved("pending_merchant_review", state)]
    assert "courier" not in (await market.last_told(returned))["return"]


async def test_an_expiry_is_told(market: Market) -> None:
    returned = await requested(market)

    await market.wait(returned, 3 * DAY)

    assert await changes_told(market, returned) == [moved("pending_merchant_review", "expired")]
    assert (await market.last_told(returned))["event_time"] == "2026-03-06T10:00:00Z"


async def test_a_life_is_told_created_first_each_as_it_was_then(market: Market) -> None:
    returned = await goes_on(market, await requested(market), APPROVAL)
    (first, _) = await market.payloads(returned)
    await goes_on(market, returned, asked.TrackReturn(tracking_ids=("1",)), *BACK)

    told = await market.told(returned)
    assert [one["event_type"] for one in told] == [
        "merchant_return_created",
        *["merchant_return_updated"] * 4,
    ]
    assert [one["return"]["state"] for one in told] == [
        "pending_merchant_review",
        "returning",
        "returning",
        "pending_physical_review",
        "returned",
    ]
    assert (await market.payloads(returned))[0] == first


async def test_what_a_return_does_not_show_is_not_told(market: Market) -> None:
    returned = await requested(market)
    before = await market.payloads(returned)

    note = asked.Modify(changes={"comments": "Κλήση στον πελάτη"})
    await market.happen(returned, note, by=Actor.MERCHANT)

    assert await market.payloads(returned) == before


async def test_a_refused_answer_is_not_told(market: Market) -> None:
    returned = await requested(market)
    before = await market.payloads(returned)

    await review(market, returned, option="not_faulty")
    await review(market, returned, option="out_of_policy_withdrawal")

    assert await market.payloads(returned) == before


async def test_what_the_merchant_writes_down_itself_is_not_told(market: Market) -> None:
    document = await place_document(market, await delivered(market))
    await market.happen(document, asked.Modify(changes={"comments": "Ράφι 3"}), by=Actor.MERCHANT)

    assert await market.told(document) == []


async def told_of_order(market: Market, source: Order) -> list[tuple[str, Any]]:
    """What the address for orders hears after the dispatch."""
    return [(one["event_type"], one["changes"]["state"]) for one in (await market.told(source))[3:]]


async def test_the_order_is_told_at_its_own_address_once_goods_are_back_and_not_before(
    market: Market,
) -> None:
    source = await delivered(market)
    for _ in range(2):
        returned = await requested(market, source)
        await goes_on(market, returned, APPROVAL, *BACK)

    assert await told_of_order(market, source) == [
        ("order_updated", {"old": "for_return", "new": "partially_returned"}),
        ("order_updated", {"old": "for_return", "new": "returned"}),
    ]
    assert {endpoint for endpoint, _, _ in await queued(market, source)} == {"skroutz_orders"}
    last = (await market.last_told(source))["order"]
    assert last == await market.show(source)
    assert len(last["returns"]) == 2


async def test_a_declined_return_leaves_nothing_to_tell_of_the_order(market: Market) -> None:
    source = await delivered(market, lines=(a_line(quantity=2),))
    before = await market.payloads(source)

    await review(market, await requested(market, source), option="resolved_via_customer_communication")

    assert (await market.show(source))["state"] == State.DELIVERED
    assert await market.payloads(source) == before


async def test_a_shop_that_only_hears_of_orders_is_told_of_no_return(stoa: Stoa, market: Market) -> None:
    async with opening_a_market(stoa) as other:
        returned = await goes_on(other, await requested(other), APPROVAL)

        assert await other.told(returned) == []


async def test_a_review_of_the_demo_return_is_not_told(market: Market) -> None:
    assert answered(await review(market, "DEMO-RETURN", option="approve"))[0] == 200

    assert await market.told(None) == []


async def test_payloads_are_greek_as_it_is_written(market: Market) -> None:
    returned = await requested(market, comment="Δεν ζεσταίνει")

    (payload,) = await market.payloads(returned)

    assert "Δεν ζεσταίνει".encode() in payload
    assert b"\\u" not in payload
