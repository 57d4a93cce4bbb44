"""One story from end to end: goods come to the warehouse, are sold from there, and some of them come back.

Everything is asked through the APIs, as the operator, the merchant and the merchant's ERP do.
"""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from tests.conftest import Merchant, let_timers_work
from tests.operator.calls import a_line, address, placing, shown

Json = dict[str, Any]

FBS = "/merchants/ecommerce/fbs"

MESSAGES = """
SELECT endpoint, event_type, payload FROM deliveries WHERE shop_id = $1 ORDER BY id"""


class Story:
    """The shop's people, the marketplace's, and what happens between them."""

    def __init__(self, stoa: Stoa, merchant: Merchant, operator: httpx.AsyncClient) -> None:
        self.stoa = stoa
        self.merchant = merchant
        self.operator = operator

    async def as_operator(self, *parts: object, **body: object) -> Json:
        """What the operator's call answers, which must succeed."""
        answer = await self.operator.post(address(self.merchant.shop, *parts), json=body)
        assert answer.is_success, answer.text
        said: Json = answer.json()
        return said

    async def as_merchant(self, path: str, **body: object) -> Json:
        answer = await self.merchant.client.post(path, content=msgspec.json.encode(body))
        assert answer.is_success, answer.text
        said: Json = answer.json()
        return said

    async def look(self, path: str) -> Json:
        answer = await self.merchant.client.get(path)
        assert answer.is_success, answer.text
        said: Json = answer.json()
        return said

    async def quantities(self) -> dict[str, int]:
        products = (await self.look(f"{FBS}/products"))["products"]
        return {product["shop_uid"]: product["quantity"] for product in products}

    async def movements(self, product_id: int) -> list[tuple[str, int]]:
        """What came and went of a product, first things first."""
        answer = await self.operator.get(address(self.merchant.shop, "products", product_id, "movements"))
        return [(item["kind"], item["quantity"]) for item in reversed(answer.json()["items"])]

    async def told(self, endpoint: str) -> list[Json]:
        rows = await self.stoa.service.pool.fetch(MESSAGES, self.merchant.shop.id)
        return [msgspec.json.decode(row["payload"]) for row in rows if row["endpoint"] == endpoint]

    async def listens(self) -> None:
        """The shop hears of orders and of returns, each at an address of its own."""
        for about in ("orders", "returns"):
            url = f"http://127.0.0.1:9/{about}"
            answer = await self.operator.put(
                address(self.merchant.shop, "webhook"), json={"url": url, "about": about}
            )
            assert answer.is_success, answer.text

    async def stocks_up(self, clock: MovableClock) -> tuple[int, int]:
        """The numbers of two products, once what was announced of them has been received."""
        lamp = await self.as_operator("products", shop_uid="LAMP", name="Λάμπα")
        shade = await self.as_operator("products", shop_uid="SHADE", name="Καπέλο λάμπας")
        await self.as_merchant(f"{FBS}/suppliers", code="S-1", name="Φωτιστικά ΑΕ")
        supplier = (await self.look(f"{FBS}/suppliers"))["suppliers"][0]
        announced = await self.as_merchant(
            f"{FBS}/purchase_orders",
            expected_date=f"{clock() + timedelta(days=2):%Y-%m-%d}",
            supplier_id=supplier["id"],
            line_items=[
                {"product_uid": "LAMP", "expected_quantity": 10, "storage_conditions": 0},
                {"product_uid": "SHADE", "expected_quantity": 6, "keep_serial_numbers": False},
            ],
        )
        assert await self.quantities() == {"LAMP": 0, "SHADE": 0}
        number = int(announced["code"].rsplit("-", 1)[1])
        received = [{"shop_uid": "SHADE", "actual_quantity": 5}]
        await self.as_operator("purchase_orders", number, "receive", lines=received)
        return lamp["id"], shade["id"]

    async def sells(self) -> Json:
        placed = await placing(
            self.operator,
            self.merchant.shop,
            fulfilment="marketplace",
            payment_method="card",
            shipping_cents=300,
            lines=[
                a_line(shop_uid="LAMP", name="Λάμπα", quantity=3, unit_price_cents=2000),
                a_line(shop_uid="SHADE", name="Καπέλο", quantity=2, unit_price_cents=500),
            ],
        )
        await let_timers_work(self.stoa, self.merchant.shop)
        return placed


@pytest.fixture
def story(stoa: Stoa, merchant: Merchant, operator: httpx.AsyncClient) -> Story:
    return Story(stoa, merchant, operator)


async def test_from_a_purchase_order_to_a_partial_return(story: Story, clock: MovableClock) -> None:
    shop = story.merchant.shop
    await story.listens()

    # Ten lamps and six shades are announced; the warehouse counts one shade less.
    lamp, shade = await story.stocks_up(clock)
    assert await story.quantities() == {"LAMP": 10, "SHADE": 5}

    # A customer buys three and two of them: nobody says "warehouse", it becomes its order by itself.
    placed = await story.sells()
    order_id, code = placed["id"], placed["codes"]["skroutz"]
    order = (await story.look(f"/merchants/ecommerce/orders/{code}"))["order"]
    assert (order["state"], order["fulfilled_by_skroutz"]) == ("accepted", True)
    assert order["fees"]["fbs_fee"] > 0
    assert order["courier_voucher"] is None
    assert await story.quantities() == {"LAMP": 10, "SHADE": 5}

    # It leaves with a delivery note, and only now the pieces do.
    await story.as_operator("orders", order_id, "pick_up")
    assert await story.quantities() == {"LAMP": 7, "SHADE": 3}
    order = (await story.look(f"/merchants/ecommerce/orders/{code}"))["order"]
    assert order["fbs_delivery_note"] == f"ΔΑ-{order_id}"
    note = await story.merchant.client.get(order["fbs_delivery_note_url"])
    assert note.content.startswith(b"%PDF")
    await story.as_operator("orders", order_id, "deliver")

    # Two lamps are not liked after all: reviewed, on their way, there, and in the shelf again.
    asked = await story.as_operator(
        "orders", order_id, "returns", lines=[{"id": 1, "quantity": 2}], reason="withdrawal"
    )
    return_id, return_code = asked["id"], asked["codes"]["skroutz"]
    assert (await shown(story.operator, shop, order_id))["state"] == "for_return"
    await story.as_merchant(f"/merchants/ecommerce/returns/{return_code}/review", option="approve")
    await story.as_operator("returns", return_id, "track", tracking_ids=["9WDEE48L66D7Y"])
    await story.as_operator("returns", return_id, "arrive")
    await story.as_operator("returns", return_id, "take_back")

    # The ledger.
    assert await story.quantities() == {"LAMP": 9, "SHADE": 3}
    assert await story.movements(lamp) == [("received", 10), ("sent", -3), ("came_back", 2)]
    assert await story.movements(shade) == [("received", 5), ("sent", -2)]
    audit = await story.stoa.service.warehouse.audit()
    assert (audit.products, list(audit.faults)) == (2, [])

    # The order and the payment: two of three lamps are paid back, the shipping is not.
    order = await shown(story.operator, shop, order_id)
    assert (order["state"], order["payment_status"], order["refunded_cents"]) == (
        "partially_returned",
        "paid",
        4000,
    )
    assert [(line["returned_quantity"], line["returning_quantity"]) for line in order["lines"]] == [
        (2, 0),
        (0, 0),
    ]
    seen = (await story.look(f"/merchants/ecommerce/orders/{code}"))["order"]
    assert seen["returns"] == [{"return_uuid": return_code, "tracking_ids": ["9WDEE48L66D7Y"]}]
    assert [line.get("return_reason") for line in seen["line_items"]] == ["withdrawal", None]
    returned = (await story.look(f"/merchants/ecommerce/returns/{return_code}"))["return"]
    assert (returned["state"], returned["order_code"]) == ("returned", code)

    # What the shop was told, of the order and of the return.
    orders, returns = await story.told("skroutz_orders"), await story.told("skroutz_returns")
    assert [(told["event_type"], told["order"]["state"]) for told in orders] == [
        ("new_order", "open"),
        ("order_updated", "accepted"),
        ("order_updated", "dispatched"),
        ("order_updated", "partially_returned"),
    ]
    assert orders[2]["changes"]["fbs_delivery_note"] == {"old": None, "new": f"ΔΑ-{order_id}"}
    assert [
        (told["event_type"], told["return"]["state"], sorted(told.get("changes", {}))) for told in returns
    ] == [
        ("merchant_return_created", "pending_merchant_review", []),
        ("merchant_return_updated", "returning", ["courier", "returning_address", "state"]),
        ("merchant_return_updated", "returning", ["courier_tracking_ids"]),
        ("merchant_return_updated", "pending_physical_review", ["state"]),
        ("merchant_return_updated", "returned", ["state"]),
    ]
