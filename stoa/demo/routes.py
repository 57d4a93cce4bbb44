"""The demo's own receiver of webhooks, and what it received; there only with ``serve --demo``."""

from typing import Annotated

import asyncpg
from msgspec import Meta, Struct, field
from starlette.requests import Request
from starlette.responses import Response

from stoa.service import Service
from stoa.store.inbox import Inbox
from stoa.web.bodies import JsonReader, read_body
from stoa.web.faults import invalid, not_found
from stoa.web.openapi import described
from stoa.web.queries import BIGGEST, read_query, whole_number
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, post

TAG = "Demo"
SHOWN = 100

MOST_BODY = 256 * 1024
"""Bytes: the largest webhook has a tenth of that, and thousands of them are kept of whoever sends them."""

OUT_OF_ORDER = 503
"""What the receiver answers while it plays dead, see the inbox at the desk."""


Code = Annotated[str, Meta(max_length=100)]


class OrderOfHook(Struct, frozen=True):
    code: Code


class ReturnOfHook(Struct, frozen=True):
    return_code: Code


class Hook(Struct, frozen=True):
    """As much of a webhook as the receiver reads: it is about an order, or about a return."""

    order: OrderOfHook | None = None
    returned: ReturnOfHook | None = field(default=None, name="return")

    @property
    def code(self) -> str:
        """What it is about. Raises Fault."""
        if self.returned is not None:
            return self.returned.return_code
        if self.order is None:
            raise invalid("order", "A webhook is about an order or a return.")
        return self.order.code


read_hook = JsonReader(Hook)


NEVER_SHOWN = frozenset({"authorization", "cookie"})
"""Headers of somebody who tries the receiver from a browser, which are nobody else's business."""


def _shown(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name not in NEVER_SHOWN}


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
        body = await read_body(request, MOST_BODY)
        code = read_hook.read(body).code
        if not 1 <= shop_id <= BIGGEST:
            raise not_found("Shop")
        try:
            received = await inbox.add(
                shop_id, at=service.clock(), order_code=code, headers=_shown(request), body=body
            )
        except asyncpg.ForeignKeyViolationError as stranger:
            raise not_found("Shop") from stranger
        if not received:
            return reply({"received": False}, OUT_OF_ORDER)
        # The pages that show the inbox look again.
        service.bell.ring(shop_id)
        return reply({"received": True})

    @get(
        "/demo/inbox",
        said=described(
            "What the demo shops were sent, newest first",
            tag=TAG,
            query={
                "order": "Only webhooks of the order, or the return, with this code",
                "limit": "How many, 1 to 1000",
            },
            public=True,
        ),
    )
    async def show_inbox(request: Request) -> Response:
        query = read_query(request, {"order": str, "limit": whole_number(1, 1000)})
        return reply({"items": await inbox.newest(order_code=query["order"], limit=query["limit"] or SHOWN)})

    return [receive, show_inbox]
