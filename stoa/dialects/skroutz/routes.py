"""The Orders API: each route parses, asks, answers."""

import re

from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects.skroutz import demo
from stoa.dialects.skroutz.api import SUCCESS, Asked, MerchantsApi
from stoa.dialects.skroutz.faults import order_not_found, say
from stoa.dialects.skroutz.requests import (
    AcceptBody,
    RejectBody,
    TrackingBody,
    read_accept,
    read_reject,
    read_tracking,
)
from stoa.dialects.skroutz.telling import ENDPOINT
from stoa.dialects.skroutz.view import order_code, order_view
from stoa.dialects.skroutz.wire import OrderView
from stoa.documents.uploads import DocumentType, check_document
from stoa.orders.commands import MarkNotReady, MarkReady
from stoa.orders.order import Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.web.bodies import read_file
from stoa.web.faults import Fault, invalid, not_found
from stoa.web.openapi import described
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, post

ORDERS = "/merchants/ecommerce/orders"

_CODE = re.compile(r"\d{6}-(?P<number>\d{7,18})", re.ASCII)


class OrdersApi(MerchantsApi):
    """What the routes have in common: which order is asked for, and what is shown and kept of it."""

    async def find(self, request: Request, code: str) -> Asked:
        """The order asked for. Raises Fault: 406, 401, 404."""
        matched = _CODE.fullmatch(code)
        number = int(matched["number"]) if matched else None
        caller = await self._entry.let_in(request, number)
        if code in demo.CODES:
            order = demo.demo_order(code, caller.shop, self._service.clock())
            return Asked(code, order, caller.shop, None) if order else _refuse_unknown()
        if caller.found is None or not _is_order(caller.found.order, caller.shop, code):
            raise order_not_found()
        return Asked(code, caller.found.order, caller.shop, caller.found)

    def view(self, asked: Asked) -> OrderView:
        links = self._service.links
        if asked.stored is None:
            return demo.demo_view(asked.code, asked.order, asked.shop, links)
        return order_view(asked.order, asked.shop, links)

    async def attach_invoice(self, asked: Asked, filename: str, data: bytes) -> Response:
        """Keep the file in place of an earlier one. Raises Fault."""
        kind = check_document(filename, data)
        if not isinstance(kind, DocumentType):
            raise invalid("invoice_file", f"The file {kind.value}.")
        if asked.stored is None:
            return reply(SUCCESS)
        outcome = await self._service.invoice_files.attach(
            filename, data, kind, on=asked.stored, shop=asked.shop, replacing=True
        )
        if isinstance(outcome, Refused):
            raise say(outcome)
        return reply(SUCCESS)

    async def trigger(self, asked: Asked, kind: str) -> Response:
        """Send a demo order's webhook. Raises Fault."""
        if asked.stored is not None:
            raise Fault(422, "order_error", "Only demo orders can trigger webhook requests")
        if kind not in demo.TRIGGERS:
            raise not_found("Webhook request")
        service = self._service
        known = await service.shops.endpoints_of(asked.shop.id)
        if not any(endpoint.kind == ENDPOINT and endpoint.enabled for endpoint in known):
            raise Fault(422, "webhook", "The shop has no webhook URL, or has switched it off.")
        now = service.clock()
        message = demo.demo_message(
            asked.code, asked.order, kind, shop=asked.shop, links=service.links, now=now
        )
        await service.deliveries.queue(asked.shop.id, message, now)
        service.bell.ring(asked.shop.id)
        return reply(SUCCESS)


def _is_order(order: Order, shop: Shop, code: str) -> bool:
    """Whether the code is this order's. Goods that come back are no order here."""
    return order_code(order, shop) == code and order.return_of is None


def _refuse_unknown() -> Asked:
    raise order_not_found()


def order_routes(service: Service) -> list[Endpoint]:
    """The handlers of the Orders API."""
    api = OrdersApi(service)

    @get(f"{ORDERS}/{{code:str}}", said=described("Show an order", tag="Skroutz orders"))
    async def show(request: Request, code: str) -> Response:
        return reply({"order": api.view(await api.find(request, code))})

    @post(
        f"{ORDERS}/{{code:str}}/accept",
        said=described(
            "Accept an order",
            tag="Skroutz orders",
            body=AcceptBody,
            example={"pickup_location": "aT7demoLo1", "pickup_window": 1, "number_of_parcels": 1},
        ),
    )
    async def accept(request: Request, code: str) -> Response:
        asked = await api.find(request, code)
        return await api.do(asked, (await read_accept(request)).command())

    @post(
        f"{ORDERS}/{{code:str}}/reject",
        said=described(
            "Reject an order",
            tag="Skroutz orders",
            body=RejectBody,
            example={"rejection_reason_other": "Το κατάστημα είναι κλειστό για απογραφή"},
        ),
    )
    async def reject(request: Request, code: str) -> Response:
        asked = await api.find(request, code)
        return await api.do(asked, (await read_reject(request)).command())

    @post(
        f"{ORDERS}/{{code:str}}/tracking_details",
        said=described(
            "Note the parcels of an order that the merchant ships",
            tag="Skroutz orders",
            body=TrackingBody,
            example={"tracking_details": [{"courier": "acs", "tracking_code": "224085551"}]},
        ),
    )
    async def note_tracking(request: Request, code: str) -> Response:
        asked = await api.find(request, code)
        return await api.do(asked, (await read_tracking(request)).command())

    return [show, accept, reject, note_tracking, *_file_routes(api), *_bare_routes(api)]


def _file_routes(api: OrdersApi) -> list[Endpoint]:
    @post(
        f"{ORDERS}/{{code:str}}/invoices",
        said=described(
            "Upload the receipt or invoice (pdf, png or jpg, at most 7 MB)",
            tag="Skroutz orders",
            file_field="invoice_file",
        ),
    )
    async def upload_invoice(request: Request, code: str) -> Response:
        asked = await api.find(request, code)
        return await api.attach_invoice(asked, *await read_file(request, "invoice_file"))

    return [upload_invoice]


def _bare_routes(api: OrdersApi) -> list[Endpoint]:
    """The calls without a body."""

    @post(
        f"{ORDERS}/{{code:str}}/set_as_ready", said=described("Mark ready for dispatch", tag="Skroutz orders")
    )
    async def set_as_ready(request: Request, code: str) -> Response:
        return await api.do(await api.find(request, code), MarkReady())

    @post(
        f"{ORDERS}/{{code:str}}/set_as_not_ready",
        said=described("Undo: not ready for dispatch", tag="Skroutz orders"),
    )
    async def set_as_not_ready(request: Request, code: str) -> Response:
        return await api.do(await api.find(request, code), MarkNotReady())

    @post(
        f"{ORDERS}/{{code:str}}/trigger_webhook_request/{{kind:str}}",
        said=described("Send the webhook of a demo order", tag="Skroutz orders"),
    )
    async def trigger_webhook(request: Request, code: str, kind: str) -> Response:
        return await api.trigger(await api.find(request, code), kind)

    return [set_as_ready, set_as_not_ready, trigger_webhook]
