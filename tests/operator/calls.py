"""Calls of the operator's API, and what its answers say."""

from collections.abc import Iterable
from typing import Any

import httpx

from stoa.app import Stoa
from stoa.operator.examples import ORDER
from stoa.orders.order import Order, ReturnState, State
from stoa.orders.shop import Shop
from tests import saves
from tests.builders import an_order_in, both_after, way_back_to, with_a_return

SHOPS = "/operator/v1/shops"

Json = dict[str, Any]


def address(shop: Shop, *parts: object) -> str:
    """The shop's address, and what lies below it."""
    return "/".join([SHOPS, str(shop.id), *(str(part) for part in parts)])


def a_body(**what_matters: object) -> Json:
    """An order as the checkout hands it over."""
    return ORDER | what_matters


def a_line(**what_matters: object) -> Json:
    made_up = {"shop_uid": "1", "name": "Βιβλίο", "quantity": 2, "unit_price_cents": 1000, "vat_percent": 6}
    return made_up | what_matters


async def placing(operator: httpx.AsyncClient, shop: Shop, **what_matters: object) -> Json:
    """What a placement that succeeds answers."""
    answer = await operator.post(address(shop, "orders"), json=a_body(**what_matters))
    assert answer.status_code == 201, answer.text
    placed: Json = answer.json()
    return placed


async def shown(operator: httpx.AsyncClient, shop: Shop, order_id: int) -> Json:
    answer = await operator.get(address(shop, "orders", order_id))
    assert answer.status_code == 200, answer.text
    order: Json = answer.json()
    return order


async def in_state(stoa: Stoa, shop: Shop, state: State, **what_matters: Any) -> Order:
    """An order of the shop that came into the state, saved without messages."""
    number = await stoa.service.orders.next_number()
    order = an_order_in(state, order_id=number, shop=shop, placed_at=stoa.service.clock(), **what_matters)
    assert await stoa.service.orders.save(saves.placing(order))
    return order


async def return_in(stoa: Stoa, shop: Shop, state: ReturnState, **what_matters: Any) -> Order:
    """A return of the shop that came into the state, saved without messages with the order whose goods come back."""
    numbers = [await stoa.service.orders.next_number() for _ in range(2)]
    source = an_order_in(State.DELIVERED, order_id=numbers[0], shop=shop, placed_at=stoa.service.clock())
    source, back = with_a_return(source, shop=shop, number=numbers[1], **what_matters)
    source, back = both_after(source, back, *way_back_to(state), shop=shop)
    assert await stoa.service.orders.save(saves.placing(source), saves.placing(back))
    return back


def fault(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and field of an answer that refuses, which has exactly this shape."""
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert body.keys() == {"error"}, body
    error = body["error"]
    assert {"code", "message"} <= error.keys() <= {"code", "message", "field"}, error
    assert error["message"]
    return answer.status_code, error["code"], error.get("field")


def numbers(items: Iterable[Json]) -> list[int]:
    return [item["id"] for item in items]
