"""The orders API of Shopflix: each route parses, asks, answers."""

from collections.abc import Awaitable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects.shopflix import examples
from stoa.dialects.shopflix.faults import cannot_accept, cannot_reject, order_not_found
from stoa.dialects.shopflix.filters import PARAMETERS, read_list
from stoa.dialects.shopflix.requests import RejectBody, read_identifier, read_reject
from stoa.dialects.shopflix.view import entry_view, identifier, order_view
from stoa.dialects.shopflix.wire import ListView
from stoa.engine import Gone, Plan
from stoa.orders.commands import Accept
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Listed, Stored
from stoa.web.entries import Entries
from stoa.web.faults import Fault
from stoa.web.openapi import described
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, patch
from stoa.web.visitors import enter_by_key

NAME = "shopflix"
ORDERS = "/v2/orders"
ORDER = f"{ORDERS}/{{order_id:str}}"
TAG = "Shopflix orders"
SUCCESS = {"success": True}

ACCEPT = Accept(voucher=False)
"""The shop's default pickup location, the first open window, one parcel; its shipment is created on its own."""

_encode = msgspec.json.Encoder().encode


def is_order(order: Order, shop: Shop, order_id: str) -> bool:
    """Whether the identifier is this order's. A return that a customer asked for is no order here."""
    return order.return_request is None and identifier(order, shop) == order_id


async def find(service: Service, request: Request, order_id: str, unknown: Fault) -> tuple[Shop, Stored]:
    """The shop that calls, and its order by the identifier.

    Raises Fault: 401 for a stranger whatever is asked for, then ``unknown``.
    """
    caller = await enter_by_key(service, request, NAME, read_identifier(order_id))
    if caller.found is None or not is_order(caller.found.order, caller.shop, order_id):
        raise unknown
    return caller.shop, caller.found


async def still_there(outcome: Awaitable[Order | Refused], unknown: Fault) -> Order | Refused:
    """What comes of a command. Raises Fault: ``unknown`` where somebody has deleted the order meanwhile."""
    try:
        return await outcome
    except Gone as gone:
        raise unknown from gone


class OrdersApi:
    """What the routes have in common."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._entries = Entries(_encoded_entry)

    async def list(self, request: Request) -> Response:
        shop = (await enter_by_key(self._service, request, NAME)).shop
        asked = read_list(request, shop, self._service.clock())
        found = await self._service.orders.search(shop.id, asked.search)
        page = [self._entries.of(listed, shop, None) for listed in found.listed]
        return reply(ListView(params=asked.params(found.total), orders=page))

    async def find(self, request: Request, order_id: str) -> tuple[Shop, Stored]:
        """The shop that calls, and its order. Raises Fault."""
        return await find(self._service, request, order_id, order_not_found(order_id))

    async def show(self, request: Request, order_id: str) -> Response:
        shop, stored = await self.find(request, order_id)
        return reply(order_view(stored.order, shop, self._service.links))

    async def accept(self, request: Request, order_id: str) -> Response:
        shop, stored = await self.find(request, order_id)
        await self._follow(lambda _: (ACCEPT,), stored, shop, order_id, cannot_accept())
        return reply(SUCCESS)

    async def reject(self, request: Request, order_id: str) -> Response:
        shop, stored = await self.find(request, order_id)
        body = await read_reject(request)
        await self._follow(lambda order: (body.command(order),), stored, shop, order_id, cannot_reject())
        return reply(SUCCESS)

    async def _follow(self, plan: Plan, stored: Stored, shop: Shop, order_id: str, refusal: Fault) -> None:
        """Do what the merchant asks of an order. Raises Fault: the refusal, whatever the reason is."""
        outcome = self._service.engine.follow(plan, on=stored, shop=shop, by=Actor.MERCHANT)
        if isinstance(await still_there(outcome, order_not_found(order_id)), Refused):
            raise refusal


def _encoded_entry(listed: Listed, shop: Shop, _asked: None) -> bytes:
    return _encode(entry_view(listed.order, shop, listed.total_cents))


def order_routes(service: Service) -> list[Endpoint]:
    """The handlers of the orders API."""
    api = OrdersApi(service)

    @get(
        ORDERS, said=described("List orders, the newest first", tag=TAG, query=PARAMETERS, opened_by="basic")
    )
    async def list_orders(request: Request) -> Response:
        return await api.list(request)

    @get(ORDER, said=described("Show an order", tag=TAG, opened_by="basic"))
    async def show(request: Request, order_id: str) -> Response:
        return await api.show(request, order_id)

    @patch(f"{ORDER}/accept", said=described("Accept an order", tag=TAG, opened_by="basic"))
    async def accept(request: Request, order_id: str) -> Response:
        return await api.accept(request, order_id)

    @patch(
        f"{ORDER}/reject",
        said=described(
            "Reject an order", tag=TAG, body=RejectBody, example=examples.REJECTION, opened_by="basic"
        ),
    )
    async def reject(request: Request, order_id: str) -> Response:
        return await api.reject(request, order_id)

    return [list_orders, show, accept, reject]
