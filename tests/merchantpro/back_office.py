"""A shop's back office: a client of the MerchantPro API, its bodies, and what its answers say."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import httpx
from msgspec import Struct

from stoa.app import Stoa, web_app
from stoa.orders.order import Fulfilment, Order, State
from stoa.orders.progress import Stage, stage_of
from stoa.orders.shop import Shop
from stoa.store.orders import Stored
from stoa.store.shops import Token
from tests import saves
from tests.builders import an_order_in
from tests.conftest import SERVER
from tests.skroutz.market import Market, opening_a_market

ORDERS = "/api/v2/orders"
OK = (200, {"ok": True})

Json = dict[str, Any]


class BackOffice(Struct, frozen=True):
    """One shop with its client of this API; the same shop sells on a marketplace, which tells it of orders."""

    market: Market
    client: httpx.AsyncClient
    token: Token

    @property
    def stoa(self) -> Stoa:
        return self.market.stoa

    @property
    def shop(self) -> Shop:
        return self.market.shop

    async def add(self, **what_matters: object) -> Json:
        """The order that is added, which must succeed."""
        return resource(await self.client.post(ORDERS, json=a_body(**what_matters)))

    async def in_state(self, state: State, **what_matters: Any) -> Order:
        """An order that the shop ships itself, saved as it is in a state."""
        number = await self.stoa.service.orders.next_number()
        made_up: dict[str, Any] = {"fulfilment": Fulfilment.MERCHANT, "channel": "shop"}
        order = an_order_in(
            state,
            order_id=number,
            shop=self.shop,
            placed_at=self.stoa.service.clock(),
            **made_up | what_matters,
        )
        assert await self.stoa.service.orders.save(saves.placing(order))
        return order

    async def show(self, order_id: int, **query: str) -> Json:
        return resource(await self.client.get(f"{ORDERS}/{order_id}", params=query))

    async def change(self, order_id: int, **fields: object) -> Json:
        """The order after a change that must succeed."""
        return resource(await self.client.patch(f"{ORDERS}/{order_id}", json=fields))

    async def process(self, order_id: int, handler: str) -> httpx.Response:
        return await self.client.patch(f"{ORDERS}/{order_id}/{handler}")

    async def page(self, **query: str | int) -> Json:
        """A page of orders, with its meta block."""
        return resource(await self.client.get(ORDERS, params=query))

    async def numbers(self, **query: str | int) -> list[int]:
        """The numbers of the orders on a page."""
        return numbers((await self.page(**query))["data"])

    async def stored(self, order_id: int) -> Stored:
        read = await self.stoa.service.orders.read(self.shop.id, order_id)
        assert read is not None
        return read

    async def stage(self, order_id: int) -> Stage:
        return stage_of((await self.stored(order_id)).order)

    async def history(self, order_id: int) -> list[str]:
        """The names of the events that made the order what it is."""
        return await self.market.history((await self.stored(order_id)).order)


@asynccontextmanager
async def opening_a_back_office(stoa: Stoa, **terms: Any) -> AsyncIterator[BackOffice]:
    """A Romanian shop with credentials for both dialects."""
    made_up: dict[str, Any] = {
        "name": "Magazinul",
        "zone": "Europe/Bucharest",
        "language": "ro",
        "currency": "RON",
        "invoice_series": "SERIE",
    }
    async with opening_a_market(stoa, **made_up | terms) as market:
        token = await stoa.service.shops.issue(market.shop.id, "merchantpro", stoa.service.clock())
        async with calling(stoa, token.key, token.secret) as client:
            yield BackOffice(market, client, token)


def calling(
    stoa: Stoa, key: str, secret: str, *, address: str = "127.0.0.1"
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A client with this key and secret that calls from an address."""
    return knocking(stoa, basic(key, secret), address=address)


@asynccontextmanager
async def knocking(
    stoa: Stoa, authorization: str, *, address: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with this header, whatever it is."""
    transport = httpx.ASGITransport(web_app(stoa, server=SERVER), client=(address, 40_000))
    headers = {"Authorization": authorization}
    async with httpx.AsyncClient(transport=transport, base_url=SERVER, headers=headers) as client:
        yield client


def basic(key: str, secret: str) -> str:
    """The header of HTTP Basic."""
    return f"Basic {b64encode(f'{key}:{secret}'.encode()).decode()}"


def a_line(**what_matters: object) -> Json:
    """One pair of shoes at 109.00 with 19 % VAT."""
    made_up = {
        "item_type": "product",
        "product_id": 77,
        "product_sku": "B-39",
        "product_name": "Balerini",
        "product_tax_percent": 19,
        "quantity": 1,
        "unit_price_gross": 109,
    }
    return made_up | what_matters


def a_body(**what_matters: object) -> Json:
    """An order of two products, paid at the door; a value of None leaves the field as null."""
    made_up = {
        "payment_method_code": "cash_delivery",
        "customer_email": "ana@example.com",
        "billing_name": "Ana Maria Popescu",
        "billing_phone": "0722000111",
        "shipping_country_code": "RO",
        "shipping_state": "Bacau",
        "shipping_city": "Onesti",
        "shipping_address": "str Teilor, nr. 4",
        "shipping_postal_code": "601042",
        "line_items": [a_line(), a_line(product_id=78, product_sku="S-35", quantity=2, unit_price_gross=69)],
    }
    return made_up | what_matters


def resource(answer: httpx.Response) -> Json:
    """What an answer that succeeds shows."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    return cast(Json, answer.json())


def answered(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def fault(answer: httpx.Response) -> tuple[int, str | None]:
    """Status and field of an answer that refuses, which has exactly this shape."""
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert body.keys() == {"error"}, body
    error = body["error"]
    assert {"code", "message"} <= error.keys() <= {"code", "message", "fields"}, error
    assert error["code"] == answer.status_code
    assert error["message"]
    (field, reason), *more = error.get("fields", {}).items() or [(None, "none is named")]
    assert (bool(reason), more) == (True, [])
    return answer.status_code, field


def said(answer: httpx.Response) -> str:
    """The words of an answer that refuses."""
    return cast(str, answer.json()["error"]["message"])


def numbers(orders: Iterable[Json]) -> list[int]:
    return [order["id"] for order in orders]
