"""A shop among those it trades with: customers order, the merchant asks, couriers come, and the shop is told."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import msgspec
from msgspec import Struct

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.orders.commands import Command
from stoa.orders.order import Actor, LinkedOrder, Order, State
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.store.orders import Stored
from tests.builders import a_placement, placed, somebody_who_may, way_to
from tests.conftest import Merchant, let_timers_work, opening_a_shop, stored

ORDERS = "/merchants/ecommerce/orders"
Json = dict[str, Any]

SUCCESS = (200, {"success": True})

PAYLOADS = """
SELECT payload FROM deliveries WHERE shop_id = $1 AND order_id IS NOT DISTINCT FROM $2 ORDER BY id"""

EVENTS = "SELECT kind FROM order_events WHERE shop_id = $1 AND order_id = $2 ORDER BY version, n"


class Market(Struct, frozen=True):
    """One shop with a webhook address, and what can happen to its orders."""

    stoa: Stoa
    merchant: Merchant

    @property
    def shop(self) -> Shop:
        return self.merchant.shop

    @property
    def client(self) -> httpx.AsyncClient:
        return self.merchant.client

    @property
    def now(self) -> datetime:
        return self.stoa.service.clock()

    async def order(self, **what_matters: Any) -> Order:
        """A customer orders."""
        service = self.stoa.service
        number = await service.orders.next_number()
        return placed(await service.engine.place(a_placement(**what_matters), shop=self.shop, number=number))

    async def order_in(self, state: State, **what_matters: Any) -> Order:
        """An order that came into the state by the shortest way; needs a line of at least two pieces."""
        order = await self.order(**what_matters)
        if state is State.EXPIRED:
            return await self.wait(order, order.expires_at - self.now)
        return await self.happen(order, *way_to(state, order))

    async def accepted(self, **what_matters: Any) -> Order:
        """An order that the merchant has accepted, its voucher printed."""
        order = await self.order(**what_matters)
        assert answered(await self.ask(order, "accept", a_choice(order))) == SUCCESS
        return await self.wait(order)

    async def happen(self, order: Order, *commands: Command, by: Actor | None = None) -> Order:
        """Commands that succeed, given by whoever may."""
        now = await self.stored(order)
        for command in commands:
            actor = by or somebody_who_may(now.order, command)
            outcome = await self.stoa.service.engine.carry_out(command, on=now, shop=self.shop, by=actor)
            assert not isinstance(outcome, Refused), outcome
            now = await self.stored(order)
        return now.order

    async def wait(self, order: Order, time: timedelta = timedelta()) -> Order:
        """Time passes, and the worker does what is due by then."""
        self.pass_time(time)
        await let_timers_work(self.stoa, self.shop)
        return (await self.stored(order)).order

    def pass_time(self, time: timedelta) -> None:
        """Time passes, and the worker has not looked yet."""
        cast(MovableClock, self.stoa.service.clock).move(time)

    async def stored(self, order: Order) -> Stored:
        return await stored(self.stoa, order)

    def address(self, order: Order | str, call: str | None = None) -> str:
        """Where the order, or a demo order, is found in the API."""
        code = order if isinstance(order, str) else code_of(order, self.shop.zone)
        return f"{ORDERS}/{code}/{call}" if call else f"{ORDERS}/{code}"

    async def ask(self, order: Order | str, call: str, body: object = None) -> httpx.Response:
        """What the API answers to a call of the merchant."""
        return await self.client.post(
            self.address(order, call), content=b"" if body is None else msgspec.json.encode(body)
        )

    async def show(self, order: Order | str) -> Json:
        """The order as the API shows it, which must succeed."""
        answer = await self.client.get(self.address(order))
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        assert list(body) == ["order"]
        return cast(Json, body["order"])

    async def payloads(self, order: Order | LinkedOrder | None) -> list[bytes]:
        """What was sent to the shop of an order, or of the demo orders, first things first."""
        number = order.id if order else None
        rows = await self.stoa.service.pool.fetch(PAYLOADS, self.shop.id, number)
        return [row["payload"] for row in rows]

    async def told(self, order: Order | LinkedOrder | None) -> list[Json]:
        return [msgspec.json.decode(payload) for payload in await self.payloads(order)]

    async def last_told(self, order: Order | LinkedOrder | None) -> Json:
        return (await self.told(order))[-1]

    async def history(self, order: Order) -> list[str]:
        """The names of the events that made the order what it is."""
        rows = await self.stoa.service.pool.fetch(EVENTS, self.shop.id, order.id)
        return [row["kind"] for row in rows]


@asynccontextmanager
async def opening_a_market(stoa: Stoa, **terms: Any) -> AsyncIterator[Market]:
    async with opening_a_shop(stoa, **terms) as merchant:
        await stoa.service.shops.set_endpoint(
            merchant.shop.id,
            "skroutz_orders",
            url="https://shop.example.com/webhooks",
            signing_key=b"sealed",
            now=stoa.service.clock(),
        )
        yield Market(stoa, merchant)


def code_of(order: Order | LinkedOrder, zone: str = "Europe/Athens") -> str:
    return f"{order.placed_at.astimezone(ZoneInfo(zone)):%y%m%d}-{order.id}"


def a_choice(order: Order, **what_matters: object) -> Json:
    """What accepts the order: the first location and the first window that it offers."""
    made_up = {"pickup_location": order.options.locations[0].id, "pickup_window": order.options.windows[0].id}
    return made_up | what_matters


def answered(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def refusal(code: str, message: str, status: int = 422) -> tuple[int, Json]:
    """What a request is answered that is refused in these words."""
    return status, {"errors": [{"code": code, "messages": [message]}]}


def at_fault(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, whose body must have the shape of one."""
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body: Mapping[str, Any] = answer.json()
    (error,) = body["errors"]
    assert list(body) == ["errors"]
    assert list(error) == ["code", "messages"]
    (message,) = error["messages"]
    assert message
    assert isinstance(message, str)
    return answer.status_code, error["code"]
