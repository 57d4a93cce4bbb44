"""The demo's own receiver of webhooks, and what it received; there only with ``serve --demo``."""

from typing import Annotated

import asyncpg
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.service import Service
from stoa.store.inbox import Inbox
from stoa.web.bodies import JsonReader, read_body
from stoa.web.faults import not_found
from stoa.web.openapi import described
from stoa.web.queries import BIGGEST, read_query, whole_number
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, post

TAG = "Demo"
SHOWN = 100


class OrderOfHook(Struct, frozen=True):
    code: Annotated[str, Meta(max_length=100)]


class Hook(Struct, frozen=True):
    """As much of a webhook as the receiver reads."""

    order: OrderOfHook


read_hook = JsonReader(Hook)


def demo_routes(service: Service) -> list[Endpoint]:
    inbox = Inbox(service.pool)

    @post(
        "/demo/hooks/{shop_id:int}",
        said=described(
            "The demo shop's receiver",
            tag=TAG,
            body=Hook,
            example={"order": {"code": "DEMO-OPEN"}},
            public=True,
        ),
    )
    async def receive(request: Request, shop_id: int) -> Response:
        body = await read_body(request)
        code = read_hook.read(body).order.code
        if not 1 <= shop_id <= BIGGEST:
            raise not_found("Shop")
        try:
            await inbox.add(
                shop_id, at=service.clock(), order_code=code, headers=dict(request.headers), body=body
            )
        except asyncpg.ForeignKeyViolationError as stranger:
            raise not_found("Shop") from stranger
        return reply({"received": True})

    @get(
        "/demo/inbox",
        said=described(
            "What the demo shops were sent, newest first",
            tag=TAG,
            query={"order": "Only webhooks of the order with this code", "limit": "How many, 1 to 1000"},
            public=True,
        ),
    )
    async def show_inbox(request: Request) -> Response:
        query = read_query(request, {"order": str, "limit": whole_number(1, 1000)})
        return reply({"items": await inbox.newest(order_code=query["order"], limit=query["limit"] or SHOWN)})

    return [receive, show_inbox]
