import httpx
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.orders.order import State
from stoa.orders.shop import Shop
from stoa.store.deliveries import DeliveryState, FinishedAttempt
from tests.builders import HOUR
from tests.conftest import Merchant
from tests.operator.calls import SHOPS, Json, address, fault, in_state, numbers, placing

HOOK = {"url": "http://127.0.0.1:9/hook"}


async def pages(operator: httpx.AsyncClient, path: str, **query: str | int) -> list[Json]:
    """All items, page by page."""
    items: list[Json] = []
    following: dict[str, str | int] = {}
    while True:
        answer = await operator.get(path, params={**query, **following})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if answer.json()["next"] is None:
            return items
        following = {"cursor": answer.json()["next"]}


async def many_orders(stoa: Stoa, shop: Shop, count: int) -> list[int]:
    return [(await in_state(stoa, shop, State.OPEN)).id for _ in range(count)]


async def test_the_pages_over_120_orders_have_each_once_the_newest_first(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    made = await many_orders(stoa, merchant.shop, 60)
    await many_orders(stoa, neighbour.shop, 5)
    made += await many_orders(stoa, merchant.shop, 60)
    at = address(merchant.shop, "orders")

    for limit in (7, 40, 60, 100):
        assert numbers(await pages(operator, at, limit=limit)) == made[::-1], limit
    assert numbers(await pages(operator, at)) == made[::-1]


async def test_an_order_that_is_placed_meanwhile_does_not_disturb_the_pages(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    made = await many_orders(stoa, merchant.shop, 4)
    at = address(merchant.shop, "orders")
    first = (await operator.get(at, params={"limit": 2})).json()
    await many_orders(stoa, merchant.shop, 1)

    second = (await operator.get(at, params={"limit": 2, "cursor": first["next"]})).json()

    assert numbers(first["items"] + second["items"]) == made[::-1]
    assert second["next"] is None


async def test_a_listed_order_is_the_order_that_is_shown(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = await placing(operator, merchant.shop)

    listed = (await operator.get(address(merchant.shop, "orders"))).json()["items"]
    assert listed == [(await operator.get(address(merchant.shop, "orders", placed["id"]))).json()]


async def test_orders_are_filtered_by_state(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    made = {state: (await in_state(stoa, merchant.shop, state)).id for state in State}

    for state, number in made.items():
        assert numbers(await pages(operator, address(merchant.shop, "orders"), state=state)) == [number]


async def test_orders_are_filtered_by_channel(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    made = {
        channel: (await in_state(stoa, merchant.shop, State.OPEN, channel=channel)).id
        for channel in ("skroutz", "eshop")
    }
    at = address(merchant.shop, "orders")

    assert numbers(await pages(operator, at, channel="eshop")) == [made["eshop"]]
    assert await pages(operator, at, channel="nowhere") == []


async def test_orders_are_filtered_by_the_moment_they_were_placed(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, clock: MovableClock
) -> None:
    made = []
    for _ in range(3):
        made += await many_orders(stoa, merchant.shop, 1)
        clock.move(HOUR)
    at = address(merchant.shop, "orders")
    second = "2026-03-03T13:00:00+02:00"

    assert numbers(await pages(operator, at, placed_from=second)) == made[:0:-1]
    assert numbers(await pages(operator, at, placed_to=second)) == made[:1]
    assert numbers(await pages(operator, at, placed_from=second, placed_to="2026-03-03T12:00:00Z")) == [
        made[1]
    ]
    assert numbers(await pages(operator, at, placed_from="2026-03-03T11:00:00")) == made[:0:-1]


async def test_filters_and_pages_go_together(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    made = []
    for _ in range(5):
        await in_state(stoa, merchant.shop, State.CANCELLED)
        made += await many_orders(stoa, merchant.shop, 1)

    at = address(merchant.shop, "orders")
    assert numbers(await pages(operator, at, state="open", limit=2)) == made[::-1]


async def test_an_empty_list_has_no_next_page(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    for what in ("orders", "invoices", "deliveries"):
        assert (await operator.get(address(merchant.shop, what))).json() == {"items": [], "next": None}


BAD_QUERIES = [
    ("limit", "0"),
    ("limit", "101"),
    ("limit", "-1"),
    ("limit", "ten"),
    ("limit", "1.0"),
    ("limit", ""),
    ("limit", "٣"),
    ("limit", "9" * 5000),
    ("cursor", "0"),
    ("cursor", str(2**63)),
    ("cursor", "1 OR 1=1"),
    ("cursor", "\x00"),
    ("state", "opened"),
    ("state", ""),
    ("channel", "\x00"),
    ("channel", "\x1b[31m"),
    ("placed_from", "yesterday"),
    ("placed_from", "0001-01-01T00:00:00+12:00"),
    ("placed_to", "9999-12-31T23:59:59-12:00"),
    ("placed_to", "2026-02-30"),
    ("placed_to", "\x00"),
    ("order_by", "id"),
    ("Limit", "1"),
]


async def test_a_wrong_query_is_refused_by_its_name(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    for name, value in BAD_QUERIES:
        answer = await operator.get(address(merchant.shop, "orders"), params={name: value})
        assert fault(answer) == (422, "invalid", name), (name, value[:40])


async def test_bytes_that_are_no_text_in_a_query_are_refused_or_found_nothing_for(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for query in (
        "channel=%ff",
        "channel=%00",
        "state=%c3%28",
        "%00=1",
        "%ff=1",
        "channel=%ed%a0%80",
        "&&=&",
    ):
        answer = await operator.get(f"{address(merchant.shop, 'orders')}?{query}")
        assert answer.status_code in {200, 422}, query


async def test_wrong_queries_of_the_other_lists_are_refused_too(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    deliveries = address(merchant.shop, "deliveries")
    for path, name, value in (
        (SHOPS, "state", "open"),
        (SHOPS, "cursor", "x"),
        (deliveries, "state", "lost"),
        (deliveries, "order_id", "0"),
        (deliveries, "order_id", str(2**63)),
        (deliveries, "cursor", "-5"),
    ):
        assert fault(await operator.get(path, params={name: value})) == (422, "invalid", name)


# Deliveries


@pytest.fixture
async def told(operator: httpx.AsyncClient, merchant: Merchant) -> Merchant:
    """A shop that hears of its orders, at an address where nobody is."""
    await operator.put(address(merchant.shop, "webhook"), json=HOOK)
    return merchant


async def deliver(stoa: Stoa, shop: Shop, status: int | None) -> None:
    """Send the shop's due deliveries, this being the answer to the last request of each."""
    now, deliveries = stoa.service.clock(), stoa.service.deliveries
    claimed = await deliveries.claim(shop.id, 32, now, HOUR)
    state: DeliveryState = "delivered" if status == 200 else "dead"
    await deliveries.record(
        shop.id, [FinishedAttempt(held, now, 3, status, None, state, None) for held in claimed]
    )


async def test_each_order_causes_a_delivery_that_waits(operator: httpx.AsyncClient, told: Merchant) -> None:
    placed = await placing(operator, told.shop)

    (delivery,) = (await operator.get(address(told.shop, "deliveries"))).json()["items"]
    assert delivery["order_id"] == placed["id"]
    assert (delivery["event_type"], delivery["state"], delivery["attempts"]) == ("new_order", "pending", [])
    assert "payload" not in delivery


async def test_a_delivery_is_listed_with_its_attempts(
    stoa: Stoa, operator: httpx.AsyncClient, told: Merchant
) -> None:
    await placing(operator, told.shop)
    await deliver(stoa, told.shop, 503)

    (delivery,) = (await operator.get(address(told.shop, "deliveries"))).json()["items"]
    (attempt,) = delivery["attempts"]
    assert delivery["state"] == "dead"
    assert (attempt["n"], attempt["status"]) == (1, 503)


async def test_deliveries_are_filtered_by_state_and_by_order(
    stoa: Stoa, operator: httpx.AsyncClient, told: Merchant
) -> None:
    first = (await placing(operator, told.shop))["id"]
    await deliver(stoa, told.shop, 200)
    second = (await placing(operator, told.shop))["id"]
    at = address(told.shop, "deliveries")

    assert [item["order_id"] for item in await pages(operator, at, state="delivered")] == [first]
    assert [item["order_id"] for item in await pages(operator, at, state="pending")] == [second]
    assert await pages(operator, at, state="dead") == []
    assert [item["order_id"] for item in await pages(operator, at, order_id=first)] == [first]


async def test_a_skipped_delivery_is_listed_by_its_state_with_the_reason(
    stoa: Stoa, operator: httpx.AsyncClient, told: Merchant
) -> None:
    skipped = (await placing(operator, told.shop))["id"]
    now, deliveries = stoa.service.clock(), stoa.service.deliveries
    (held,) = await deliveries.claim(told.shop.id, 1, now, HOUR)
    why = FinishedAttempt(held, now, 0, None, "this address does not know of it", "skipped", None)
    await deliveries.record(told.shop.id, [why])
    await placing(operator, told.shop)

    (item,) = await pages(operator, address(told.shop, "deliveries"), state="skipped")
    assert (item["order_id"], item["state"]) == (skipped, "skipped")
    assert [attempt["error"] for attempt in item["attempts"]] == ["this address does not know of it"]


async def test_deliveries_come_in_pages_the_newest_first(operator: httpx.AsyncClient, told: Merchant) -> None:
    made = [(await placing(operator, told.shop))["id"] for _ in range(5)]

    listed = await pages(operator, address(told.shop, "deliveries"), limit=2)
    assert [item["order_id"] for item in listed] == made[::-1]


async def test_a_dead_delivery_that_is_resent_waits_again_with_its_attempts_kept(
    stoa: Stoa, operator: httpx.AsyncClient, told: Merchant
) -> None:
    await placing(operator, told.shop)
    await deliver(stoa, told.shop, None)
    at = address(told.shop, "deliveries")
    (dead,) = (await operator.get(at)).json()["items"]

    answer = await operator.post(f"{at}/{dead['id']}/resend")
    (waiting,) = (await operator.get(at)).json()["items"]
    await deliver(stoa, told.shop, 200)
    (arrived,) = (await operator.get(at)).json()["items"]

    assert (answer.status_code, answer.json()) == (200, {"id": dead["id"], "state": "pending"})
    assert (dead["state"], waiting["state"], arrived["state"]) == ("dead", "pending", "delivered")
    assert waiting["attempts"] == dead["attempts"]
    assert [attempt["status"] for attempt in arrived["attempts"]] == [None, 200]


async def test_another_shops_delivery_cannot_be_resent(
    operator: httpx.AsyncClient, told: Merchant, neighbour: Merchant
) -> None:
    await placing(operator, told.shop)
    (delivery,) = (await operator.get(address(told.shop, "deliveries"))).json()["items"]

    for shop, number in ((neighbour.shop, delivery["id"]), (told.shop, 999), (told.shop, 2**70)):
        answer = await operator.post(address(shop, "deliveries", number, "resend"))
        assert fault(answer)[:2] == (404, "not_found"), number
