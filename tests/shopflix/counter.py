"""A shop's counter: a client of the Shopflix API, orders at every step, and what its answers say."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import msgspec
from msgspec import Struct

from stoa.app import Stoa
from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity
from stoa.orders.order import Order
from stoa.orders.progress import Step, step_of
from stoa.orders.shop import Shop
from stoa.store.shops import Token
from tests import saves
from tests.builders import a_tracking, a_voucher, after, an_order, both_after, with_a_return
from tests.merchantpro.back_office import calling
from tests.skroutz.market import Market, opening_a_market

ORDERS = "/v2/orders"
SHIPMENTS = "/v2/shipments"
SUCCESS = (200, {"success": True})

Json = dict[str, Any]

ACCEPT = asked.Accept(voucher=False)
LABEL = asked.AttachVoucher(voucher=a_voucher(), tracking=a_tracking())
LABELLED = (ACCEPT, LABEL)
DISPATCHED = (*LABELLED, asked.PickUp())
DELIVERED = (*DISPATCHED, asked.Deliver())


def way_to(step: Step, order: Order) -> Sequence[Command]:
    """The way to a step from an open order, but to those that only time or a return leads to."""
    one_piece = (LineQuantity(order.lines[0].id, 1),)
    ways: dict[Step, Sequence[Command]] = {
        Step.OPEN: (),
        Step.ACCEPTED: (ACCEPT,),
        Step.LABELLED: LABELLED,
        Step.IN_WORK: (ACCEPT, asked.BeginWork()),
        Step.IN_WORK_LABELLED: (*LABELLED, asked.BeginWork()),
        Step.READY: (ACCEPT, asked.MarkReady()),
        Step.READY_LABELLED: (*LABELLED, asked.MarkReady()),
        Step.DISPATCHED: DISPATCHED,
        Step.AT_PICKUP_POINT: (*DISPATCHED, asked.ArriveAtPickupPoint()),
        Step.DELIVERY_FAILED: (*DISPATCHED, asked.FailDelivery()),
        Step.DELIVERED: DELIVERED,
        Step.PARTIALLY_DELIVERED: (*DISPATCHED, asked.DeliverPartially(lines=one_piece)),
        Step.PARTIALLY_RETURNED: (*DELIVERED, asked.ReturnPartially(lines=one_piece)),
        Step.RETURNED: (*DELIVERED, asked.Return()),
        Step.REJECTED: (asked.Reject(other="Κλειστά"),),
        Step.CANCELLED: (asked.Cancel(),),
    }
    return ways[step]


COMPLETED = {Step.COMPLETED: Step.DELIVERED, Step.PARTIALLY_COMPLETED: Step.PARTIALLY_DELIVERED}
"""Where an order was until its time to be returned was over."""

WITH_A_RETURN: dict[Step, Sequence[Command]] = {
    Step.RETURN_REQUESTED: (),
    Step.RETURN_CANCELLED: (asked.CancelReturn(),),
}
"""What has happened to the return of a delivered order."""


def an_order_at(step: Step, **what_matters: Any) -> Order:
    """An order that came to the step; it needs a line of at least two pieces."""
    order = _came_to(step, an_order(**{"channel": "shopflix"} | what_matters))
    assert step_of(order) is step
    return order


def _came_to(step: Step, order: Order) -> Order:
    if step is Step.EXPIRED:
        return after(order, asked.Expire(), at=order.expires_at)
    if step in COMPLETED:
        delivered = _came_to(COMPLETED[step], order)
        return after(delivered, asked.Complete(), at=delivered.returnable_until)
    if step in WITH_A_RETURN:
        source, _ = both_after(*with_a_return(after(order, *DELIVERED)), *WITH_A_RETURN[step])
        return source
    return after(order, *way_to(step, order))


class Counter(Struct, frozen=True):
    """One shop with its client of this API; ``market`` is what can happen to its orders."""

    market: Market
    client: httpx.AsyncClient
    token: Token

    @property
    def stoa(self) -> Stoa:
        return self.market.stoa

    @property
    def shop(self) -> Shop:
        return self.market.shop

    def identifier(self, order: Order) -> str:
        return f"GR--{order.id}--MER{self.shop.id}"

    def address(self, order: Order, call: str | None = None) -> str:
        at = f"{ORDERS}/{self.identifier(order)}"
        return f"{at}/{call}" if call else at

    async def order(self, **what_matters: Any) -> Order:
        """A customer orders."""
        return await self.market.order(**{"channel": "shopflix"} | what_matters)

    async def at(self, step: Step, **what_matters: Any) -> Order:
        """An order, saved as it is at a step."""
        number = await self.stoa.service.orders.next_number()
        made_up: Json = {"placed_at": self.market.now, "order_id": number, "shop": self.shop}
        order = an_order_at(step, **made_up | what_matters)
        assert await self.stoa.service.orders.save(saves.placing(order))
        return order

    async def show(self, order: Order) -> Json:
        return resource(await self.client.get(self.address(order)))

    async def accept(self, order: Order) -> httpx.Response:
        return await self.client.patch(self.address(order, "accept"))

    async def reject(self, order: Order, body: object = None) -> httpx.Response:
        content = b"" if body is None else msgspec.json.encode(body)
        return await self.client.patch(self.address(order, "reject"), content=content)

    def shipment(self, *orders: Order) -> str:
        return f"{SHIPMENTS}/{','.join(map(self.identifier, orders))}"

    async def create_voucher(self, order: Order, **body: object) -> httpx.Response:
        return await self.client.post(self.shipment(order), json=body)

    async def cancel_voucher(self, order: Order) -> httpx.Response:
        return await self.client.delete(self.shipment(order))

    async def print_labels(self, *orders: Order, **query: str) -> httpx.Response:
        return await self.client.get(f"{self.shipment(*orders)}/print", params=query)

    async def upload(self, order: Order, name: str, data: bytes, *, field: str = "file") -> httpx.Response:
        return await self.client.post(self.address(order, "invoices"), files={field: (name, data)})

    async def files(self) -> set[str]:
        """Where the files lie that are kept, of all orders."""
        store = self.stoa.service.blobs._store  # noqa: SLF001 - nobody but a test wants a list of them
        return {file["path"] for file in await store.list().collect_async()}

    async def page(self, **query: str | int) -> Json:
        """A page of orders, with its params."""
        return resource(await self.client.get(ORDERS, params=query))

    async def ids(self, **query: str | int) -> list[str]:
        """The identifiers of the orders on a page."""
        return [order["id"] for order in (await self.page(**query))["orders"]]

    def identifiers(self, orders: Sequence[Order]) -> list[str]:
        """Those of the orders, the newest first."""
        return [self.identifier(order) for order in reversed(orders)]

    async def now(self, order: Order) -> Order:
        """The order as it is in the database."""
        return (await self.market.stored(order)).order

    async def history(self, order: Order) -> list[str]:
        return await self.market.history(order)


@asynccontextmanager
async def opening_a_counter(stoa: Stoa, **terms: Any) -> AsyncIterator[Counter]:
    """A Greek shop with credentials for this API; it sells on another marketplace too."""
    async with opening_a_market(stoa, **terms) as market:
        token = await stoa.service.shops.issue(market.shop.id, "shopflix", stoa.service.clock())
        async with calling(stoa, token.key, token.secret) as client:
            yield Counter(market, client, token)


def resource(answer: httpx.Response) -> Json:
    """What an answer that succeeds shows."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    return cast(Json, answer.json())


def answered(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def refusal(code: str, message: str, status: int = 400) -> tuple[int, Json]:
    """What a request is answered that is refused in these words."""
    return status, {"error": {"code": code, "message": message}}


CANNOT_ACCEPT = refusal("10303", "Cannot Accept Order")
CANNOT_REJECT = refusal("10304", "Cannot Reject Order")
REASON_NOT_VALID = refusal("10306", "The reason is not valid")


def not_found(identifier: str) -> tuple[int, Json]:
    return refusal("10301", f"The order with id {identifier} was not found")


def shipment_refusal(code: str, message: str) -> tuple[int, Json]:
    """The same below the shipments, where the code has another name."""
    return 400, {"error": {"errorCode": code, "message": message}}


SALE_ORDER_NOT_FOUND = shipment_refusal("10350", "The sale order could not be found.")
VOUCHER_EXISTS = shipment_refusal("10352", "Voucher already exists for this shipment.")
NO_VOUCHER = shipment_refusal("10353", "There is no voucher for this sale order.")


def at_fault(answer: httpx.Response, *, named: str = "code") -> tuple[int, str, str]:
    """Status, code, and the name in the message of an invalid action, whose answer has exactly this shape."""
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body: Json = answer.json()
    assert list(body) == ["error"], body
    assert list(body["error"]) == [named, "message"], body
    code, message = body["error"][named], body["error"]["message"]
    assert isinstance(code, str)
    words, *more = message.split(": ")
    return answer.status_code, code, more[0] if words == "Invalid Action" and len(more) > 1 else words
