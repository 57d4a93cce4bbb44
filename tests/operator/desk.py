"""The marketplace's desk for returns: what customers ask for, and what is reported of it, through the operator's API."""

from typing import Any

import httpx
from msgspec import Struct

from stoa.app import Stoa
from stoa.orders.order import Order, State
from stoa.orders.shop import Shop
from tests.builders import a_line
from tests.operator.calls import Json, address, in_state, shown

APPROVE: Json = {"option": "approve"}
AS_CUSTOMER: Json = {"by": "customer"}
AS_MARKETPLACE: Json = {"by": "marketplace"}

Step = tuple[str, Json]
"""An action on a return, with its body."""

TO_RETURNING: tuple[Step, ...] = (("review", APPROVE),)
TO_ARRIVED: tuple[Step, ...] = (*TO_RETURNING, ("arrive", {}))
TO_RETURNED: tuple[Step, ...] = (*TO_ARRIVED, ("take_back", {}))


def a_request(quantity: int = 1, **what_matters: object) -> Json:
    """So many pieces of the first line."""
    return {"lines": [{"id": 1, "quantity": quantity}], "reason": "faulty"} | what_matters


class Desk(Struct, frozen=True):
    stoa: Stoa
    operator: httpx.AsyncClient
    shop: Shop

    async def delivered(self, *quantities: int, state: State = State.DELIVERED, **what_matters: Any) -> Order:
        """An order of lines with these quantities, which the customer has unless another state is given."""
        lines = tuple(a_line(quantity=quantity) for quantity in quantities or (3,))
        return await in_state(self.stoa, self.shop, state, lines=lines, **what_matters)

    async def asking(self, order: Order, quantity: int = 1, **what_matters: object) -> httpx.Response:
        at = address(self.shop, "orders", order.id, "returns")
        return await self.operator.post(at, json=a_request(quantity, **what_matters))

    async def asked(self, order: Order, quantity: int = 1, *steps: Step, **what_matters: object) -> Json:
        """The return that the customer asks for, after these steps, all of which succeed."""
        answer = await self.asking(order, quantity, **what_matters)
        assert answer.status_code == 201, answer.text
        back: Json = answer.json()
        for action, body in steps:
            back = await self.done(back, action, **body)
        return back

    async def doing(self, back: Json, action: str, **body: object) -> httpx.Response:
        return await self.operator.post(address(self.shop, "returns", back["id"], action), json=body)

    async def done(self, back: Json, action: str, **body: object) -> Json:
        """What an action that succeeds answers."""
        answer = await self.doing(back, action, **body)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def show(self, back: Json) -> Json:
        answer = await self.operator.get(address(self.shop, "returns", back["id"]))
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def order(self, order: Order) -> Json:
        return await shown(self.operator, self.shop, order.id)

    async def returns_of(self, order: Order) -> list[Json]:
        answer = await self.operator.get(address(self.shop, "orders", order.id, "returns"))
        assert answer.status_code == 200, answer.text
        items: list[Json] = answer.json()["items"]
        return items

    async def history(self, number: int) -> list[tuple[str, str]]:
        """What happened to an order or a return, and by whom."""
        answer = await self.operator.get(address(self.shop, "orders", number, "events"))
        return [(event["kind"], event["by"]) for event in answer.json()["items"]]
