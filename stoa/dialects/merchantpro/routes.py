"""The orders API of MerchantPro: each route parses, asks, answers."""

from collections.abc import Sequence
from functools import partial

from msgspec import UnsetType
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects.merchantpro import examples
from stoa.dialects.merchantpro.adding import at_once, placement_of
from stoa.dialects.merchantpro.entries import entries
from stoa.dialects.merchantpro.faults import order_not_found, say
from stoa.dialects.merchantpro.filters import PARAMETERS, links, read_fields, read_list
from stoa.dialects.merchantpro.requests import (
    NewOrderBody,
    OrderBody,
    TagBody,
    read_changes,
    read_new_order,
    tag_names,
)
from stoa.dialects.merchantpro.updating import HANDLERS, changing
from stoa.dialects.merchantpro.view import shown
from stoa.engine import Plan
from stoa.orders.order import Actor, LinkedOrder, Order, Tag
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.store.shops import Caller
from stoa.web.faults import invalid
from stoa.web.openapi import described
from stoa.web.queries import BIGGEST
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, delete, get, patch, post
from stoa.web.visitors import enter_by_key, enter_to_place

NAME = "merchantpro"
ORDERS = "/api/v2/orders"
ORDER = f"{ORDERS}/{{order_id:int}}"
TAG = "MerchantPro orders"
OK = {"ok": True}


class OrdersApi:
    """What the routes have in common."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._entries = entries(service)

    async def enter(self, request: Request) -> Shop:
        """The shop that calls. Raises Fault."""
        return (await enter_by_key(self._service, request, NAME)).shop

    async def find(self, request: Request, order_id: int) -> tuple[Shop, Stored]:
        """The shop that calls, and its order. Raises Fault."""
        caller: Caller = await enter_by_key(self._service, request, NAME, min(order_id, BIGGEST))
        if caller.found is None:
            raise order_not_found()
        return caller.shop, caller.found

    def show(self, order: Order, shop: Shop, fields: frozenset[str] | None = None) -> dict[str, object]:
        return shown(order, shop, self._service.links, self._service.channel_code, fields=fields, whole=True)

    async def list(self, request: Request) -> Response:
        shop = await self.enter(request)
        asked = read_list(request, shop)
        found = await self._service.orders.search(shop.id, asked.search)
        page = [self._entries.of(listed, shop, (asked.fields, asked.include)) for listed in found.listed]
        count = {
            "total": found.total,
            "current": len(page),
            "start": asked.search.start,
            "limit": asked.search.limit,
        }
        meta = {"count": count, "links": links(request, asked.search, found.total)}
        return reply({"data": page, "meta": meta})

    async def add(self, request: Request) -> Response:
        """Place an order. Raises Fault."""
        shop, number = await enter_to_place(self._service, request, NAME)
        body = await read_new_order(request)
        source = await self._source(shop, body.return_source_id)
        placement, then = placement_of(body, shop), at_once(body)
        # The tags are made last: an order that will not do leaves none behind.
        tagged = replace(placement, tags=await self._tags(shop, body.tags) or ())
        engine = self._service.engine
        if source is None:
            outcome = await engine.place(tagged, shop=shop, number=number, then=then)
        else:
            link = LinkedOrder(id=source.order.id, placed_at=source.order.placed_at)
            returned = replace(tagged, return_of=link)
            outcome = await engine.place_return(returned, of=source, shop=shop, number=number)
        if isinstance(outcome, Refused):
            raise say(outcome)
        return reply(self.show(outcome, shop))

    async def _source(self, shop: Shop, number: int | None) -> Stored | None:
        """The order whose goods come back. Raises Fault."""
        if not number:
            return None
        source = await self._service.orders.read(shop.id, number)
        if source is None:
            raise invalid("return_source_id", "The shop has no such order.")
        return source

    async def _tags(self, shop: Shop, tags: Sequence[TagBody] | UnsetType | None) -> tuple[Tag, ...] | None:
        """The tags that a body names; None where it names none."""
        if isinstance(tags, UnsetType):
            return None
        names = tag_names(tags)
        return await self._service.orders.number_tags(shop.id, names) if names else ()

    async def change(self, request: Request, order_id: int) -> Response:
        """Do what a PATCH asks for. Raises Fault."""
        shop, stored = await self.find(request, order_id)
        body = await read_changes(request)
        show = partial(self.show, shop=shop)
        # The tags are made last: a change that will not do leaves none behind.
        changing(body, shop, None, show)(stored.order)
        plan = changing(body, shop, await self._tags(shop, body.tags), show)
        return reply(self.show(await self._follow(plan, stored, shop), shop))

    async def process(self, request: Request, order_id: int, handler: str) -> Response:
        """Do what a handler stands for. Raises Fault."""
        shop, stored = await self.find(request, order_id)
        if handler not in HANDLERS:
            raise invalid("request_handler", f"Must be one of {', '.join(HANDLERS)}.")
        await self._follow(HANDLERS[handler](shop), stored, shop)
        return reply(OK)

    async def _follow(self, plan: Plan, stored: Stored, shop: Shop) -> Order:
        outcome = await self._service.engine.follow(plan, on=stored, shop=shop, by=Actor.MERCHANT)
        if isinstance(outcome, Refused):
            raise say(outcome)
        return outcome

    async def remove(self, request: Request, order_id: int) -> Response:
        """Delete an order for good, and show what it was. Raises Fault."""
        shop, stored = await self.find(request, order_id)
        deleted = await self._service.engine.delete(stored=stored, shop=shop, by=Actor.MERCHANT)
        return reply(
            shown(deleted, shop, self._service.links, self._service.channel_code, whole=True, deleted=True)
        )


def order_routes(service: Service) -> list[Endpoint]:
    """The handlers of the orders API."""
    api = OrdersApi(service)

    @get(
        ORDERS, said=described("List orders, the newest first", tag=TAG, query=PARAMETERS, opened_by="basic")
    )
    async def list_orders(request: Request) -> Response:
        return await api.list(request)

    @get(
        ORDER,
        said=described("Show an order", tag=TAG, query={"fields": PARAMETERS["fields"]}, opened_by="basic"),
    )
    async def show(request: Request, order_id: int) -> Response:
        shop, stored = await api.find(request, order_id)
        return reply(api.show(stored.order, shop, read_fields(request)))

    @post(
        ORDERS,
        said=described(
            "Add an order", tag=TAG, body=NewOrderBody, example=examples.NEW_ORDER, opened_by="basic"
        ),
    )
    async def add(request: Request) -> Response:
        return await api.add(request)

    @patch(
        ORDER,
        said=described(
            "Change an order", tag=TAG, body=OrderBody, example=examples.CHANGES, opened_by="basic"
        ),
    )
    async def change(request: Request, order_id: int) -> Response:
        return await api.change(request, order_id)

    @patch(
        f"{ORDER}/{{handler:str}}",
        said=described(f"Process an order: {', '.join(HANDLERS)}", tag=TAG, opened_by="basic"),
    )
    async def process(request: Request, order_id: int, handler: str) -> Response:
        return await api.process(request, order_id, handler)

    @delete(ORDER, said=described("Delete an order and everything of it", tag=TAG, opened_by="basic"))
    async def remove(request: Request, order_id: int) -> Response:
        return await api.remove(request, order_id)

    return [list_orders, show, add, change, process, remove]
