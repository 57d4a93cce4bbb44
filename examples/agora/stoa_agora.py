"""Agora, a marketplace that does not exist, as a dialect of Stoa: docs/writing-a-dialect.md explains it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects import Context, Dialect
from stoa.engine import Change, Plan
from stoa.orders.commands import Accept, Cancel, Command, LineRejection, Reject
from stoa.orders.order import Actor, Order, RejectionReason
from stoa.orders.progress import Stage, stage_of
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Message, Search, Stored
from stoa.store.shops import SHOP_PREFIX, Token
from stoa.web.bodies import JsonReader
from stoa.web.credentials import bearer
from stoa.web.faults import Fault, not_found
from stoa.web.openapi import described
from stoa.web.queries import one_of, read_query, whole_number
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, post

NAME, TAG = "agora", "Agora orders"
ORDERS = "/agora/v1/orders"
ORDER = f"{ORDERS}/{{code:str}}"
CODE = re.compile(r"AG-([1-9][0-9]{0,17})")

STATUSES = {
    "new": Stage.AWAITING,
    "accepted": Stage.CONFIRMED,
    "packing": Stage.IN_PROCESS,
    "sent": Stage.SHIPPED,
    "received": Stage.DELIVERED,
    "returned": Stage.RETURNED,
    "off": Stage.CANCELLED,
}
STATUS_OF = {stage: status for status, stage in STATUSES.items()}
REASONS = {"sold_out": RejectionReason.NO_STOCK, "wrong_price": RejectionReason.WRONG_PRICE}
WORDS = {Refusal.NOT_YOURS_TO_DO: "A shop cancels what it has accepted; a new order it rejects."}
QUERY = {"status": f"One of {', '.join(STATUSES)}", "page": "From 1 on, twenty orders each"}
SOLD_OUT = {"reason": "sold_out"}


def accepting(order: Order) -> Sequence[Command]:
    """Accept the order, once: a shop that did not get the answer asks again."""
    return () if stage_of(order) is Stage.CONFIRMED else (Accept(),)


class RejectBody(Struct):
    reason: Literal["sold_out", "wrong_price"]

    def rejecting(self, order: Order) -> Sequence[Command]:
        reason = REASONS[self.reason]
        return (Reject(lines=tuple(LineRejection(line.id, reason) for line in order.lines)),)


read_reject = JsonReader(RejectBody)


def read_search(request: Request) -> Search:
    """Twenty orders, the newest first. Raises Fault."""
    query = read_query(request, {"status": one_of(STATUSES), "page": whole_number(1, 1000)})
    conditions = {"stage": query["status"]} if query["status"] else {}
    return Search(conditions=conditions, start=20 * ((query["page"] or 1) - 1), limit=20)


async def find(service: Service, request: Request, code: str) -> tuple[Shop, Stored]:
    """The shop that calls, and its order. Raises Fault or Stranger: 401, 404."""
    matched = CODE.fullmatch(code)
    number = int(matched[1]) if matched else None
    caller = await service.shops.caller(bearer(request, SHOP_PREFIX), NAME, number)
    if caller.found is None:
        raise not_found("Order")
    return caller.shop, caller.found


class Agora:
    name = NAME
    paths = ("/agora/",)
    order_endpoint = None
    return_endpoint = None
    endpoint_headers: Mapping[str, Mapping[str, str]] = {}

    def handlers(self, service: Service) -> Sequence[Endpoint]:
        @get(ORDERS, said=described("List orders", tag=TAG, query=QUERY))
        async def list_orders(request: Request) -> Response:
            shop = (await service.shops.caller(bearer(request, SHOP_PREFIX), NAME)).shop
            found = await service.orders.search(shop.id, read_search(request))
            orders = [self._view(order, shop, service) for order in found.orders]
            return reply({"total": found.total, "orders": orders})

        @get(ORDER, said=described("Show an order", tag=TAG))
        async def show(request: Request, code: str) -> Response:
            shop, stored = await find(service, request, code)
            return reply(self._view(stored.order, shop, service))

        @post(f"{ORDER}/accept", said=described("Accept", tag=TAG))
        async def accept(request: Request, code: str) -> Response:
            return await self._do(accepting, await find(service, request, code), service)

        @post(f"{ORDER}/reject", said=described("Reject", tag=TAG, body=RejectBody, example=SOLD_OUT))
        async def reject(request: Request, code: str) -> Response:
            found = await find(service, request, code)
            return await self._do((await read_reject(request)).rejecting, found, service)

        @post(f"{ORDER}/cancel", said=described("Cancel what was accepted", tag=TAG))
        async def cancel(request: Request, code: str) -> Response:
            return await self._do(lambda _: (Cancel(),), await find(service, request, code), service)

        return [list_orders, show, accept, reject, cancel]

    async def _do(self, plan: Plan, found: tuple[Shop, Stored], service: Service) -> Response:
        """Do what the shop wants of its order, and show it. Raises Fault."""
        shop, stored = found
        outcome = await service.engine.follow(plan, on=stored, shop=shop, by=Actor.MERCHANT)
        if isinstance(outcome, Refused):
            raise self.say(outcome)
        return reply(self._view(outcome, shop, service))

    def _view(self, order: Order, shop: Shop, service: Service) -> dict[str, object]:
        """An order as Agora shows it: amounts in whole cents, times with the shop's offset."""
        return {
            "code": self.code(order, shop),
            "status": STATUS_OF[stage_of(order)],
            "placed_at": order.placed_at.astimezone(ZoneInfo(shop.zone)),
            "buyer": order.customer.name,
            "lines": [{"sku": line.shop_uid, "pieces": line.quantity} for line in order.lines],
            "total": order.total_cents,
            "label": service.links.voucher(order),
        }

    def shown(self, order: Order, shop: Shop, service: Service) -> bytes | None:
        return msgspec.json.encode(self._view(order, shop, service))

    def say(self, refused: Refused) -> Fault:
        words = WORDS.get(refused.refusal, refused.refusal.value)
        return Fault(409, refused.refusal.name.lower(), refused.worded(words), field=refused.field)

    def render(self, fault: Fault, _path: str) -> tuple[int, bytes]:
        problem = {"problem": fault.code, "says": fault.message, "field": fault.field}
        return fault.status, msgspec.json.encode(problem)

    def messages(self, _change: Change) -> Iterable[Message]:
        return ()

    def sample_message(self, _kind: str, _shop: Shop, _now: datetime) -> Message | None:
        return None

    def code(self, order: Order, _shop: Shop) -> str:
        return f"AG-{order.id}"

    def credentials(self, token: Token) -> Mapping[str, str]:
        return {"token": str(token)}


def dialect(_context: Context) -> Dialect:
    return Agora()
