"""A client such as the PHP one in the wild: four methods, Basic authentication, and ``data`` and ``meta``."""

from typing import Any, cast

import httpx
import pytest
from msgspec import Struct

from stoa.orders.order import State
from tests.merchantpro.back_office import BackOffice, Json, a_body


class ApiError(Exception):
    """The API said no; the message is the API's."""


class PlainClient(Struct, frozen=True):
    """Knows a host, a key and a secret, and nothing of what it is sent but where the data is."""

    http: httpx.AsyncClient

    async def get(self, path: str, **query: str | int) -> Any:
        return await self._ask("GET", path, params=query or None)

    async def post(self, path: str, data: Json) -> Any:
        return await self._ask("POST", path, json=data)

    async def patch(self, path: str, data: Json | None = None) -> Any:
        return await self._ask("PATCH", path, json=data or {})

    async def delete(self, path: str) -> Any:
        return await self._ask("DELETE", path)

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        answer = await self.http.request(method, f"/api/v2/{path}", headers=headers, **more)
        if answer.status_code >= 400:
            raise ApiError(cast(str, answer.json()["error"]["message"]))
        return answer.json()

    async def all_orders(self, limit: int, **query: str | int) -> list[Json]:
        """Page by page, by counting."""
        orders: list[Json] = []
        while True:
            page = await self.get("orders", start=len(orders), limit=limit, **query)
            orders += page["data"]
            if len(orders) >= page["meta"]["count"]["total"]:
                return orders


@pytest.fixture
def php(office: BackOffice) -> PlainClient:
    return PlainClient(office.client)


async def test_a_plain_client_walks_all_orders_by_counting(office: BackOffice, php: PlainClient) -> None:
    made = [(await office.in_state(State.OPEN)).id for _ in range(25)]

    for limit in (1, 10, 100):
        assert [order["id"] for order in await php.all_orders(limit)] == made[::-1]
    assert [order["id"] for order in await php.all_orders(7, sort="date_created")] == made


async def test_a_plain_client_invoices_and_ships_what_waits(office: BackOffice, php: PlainClient) -> None:
    waiting = [(await php.post("orders", a_body()))["id"] for _ in range(3)]

    for order in await php.all_orders(2, shipping_status="awaiting"):
        await php.patch(f"orders/{order['id']}/create_invoice")
    for number in waiting:
        await php.patch(f"orders/{number}", {"shipping_status": "shipped", "shipping_awb": f"AWB{number}"})
        assert (await php.patch(f"orders/{number}/delivered"))["ok"]

    delivered = await php.all_orders(100, shipping_status="delivered")
    assert [order["id"] for order in delivered] == waiting[::-1]
    assert [order["shipping_awb"] for order in delivered] == [f"AWB{number}" for number in waiting[::-1]]
    assert {order["invoice"]["number"] for order in delivered} == {"0000001", "0000002", "0000003"}
    assert await php.all_orders(100, shipping_status="awaiting") == []


async def test_a_plain_client_tags_an_order_and_finds_it_by_the_tag(php: PlainClient) -> None:
    order = await php.post("orders", a_body())

    await php.patch(f"orders/{order['id']}", {"tags": [{"name": "Excelent feedback"}]})

    (found,) = (await php.get("orders", tag_name="Excelent feedback"))["data"]
    assert found["id"] == order["id"]


async def test_a_plain_client_deletes_an_order_and_is_told_when_it_is_gone(php: PlainClient) -> None:
    order = await php.post("orders", a_body())

    assert (await php.delete(f"orders/{order['id']}"))["ok"]
    with pytest.raises(ApiError, match="There is no such order"):
        await php.get(f"orders/{order['id']}")


async def test_a_plain_client_is_told_why_something_is_refused(php: PlainClient) -> None:
    order = await php.post("orders", a_body())

    with pytest.raises(ApiError, match="The order is open"):
        await php.patch(f"orders/{order['id']}/delivered")
    with pytest.raises(ApiError, match=r"limit: Must be a whole number from 1 to 100\."):
        await php.get("orders", limit=500)
