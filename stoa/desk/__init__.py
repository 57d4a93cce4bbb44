"""The desk: the panel in which a shop's people handle its orders, made on the server."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.compression import PACKED, VARIES, packed, takes_gzip
from stoa.desk.demo.ordering import demo_page_routes
from stoa.desk.entry import BASE, SIGN_IN, Desk, SignInNeeded, redirect
from stoa.desk.live import live_routes
from stoa.desk.marketplace.overview import operator_routes
from stoa.desk.marketplace.shops import operator_shop_routes
from stoa.desk.numbers.page import number_routes
from stoa.desk.order.routes import order_page_routes
from stoa.desk.orders.bulk import bulk_routes
from stoa.desk.orders.exporting import export_routes
from stoa.desk.orders.listing import order_list_routes
from stoa.desk.rendering import (
    STATIC,
    bare_page,
    language_asked_for,
    packed_file,
    say,
    static_address,
    static_file,
)
from stoa.desk.settings.shop import settings_routes
from stoa.desk.sign_in import sign_in_routes
from stoa.web.faults import Fault, not_found
from stoa.web.replies import reply_bytes
from stoa.web.routing import Endpoint, get

__all__ = ["Desk", "desk_routes", "say_fault"]

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def desk_routes(desk: Desk) -> list[Endpoint]:
    """The handlers of all pages. Whoever is not signed in is asked to."""

    @get(BASE)
    async def begin(request: Request) -> Response:
        return redirect((await desk.door.person(request)).home)

    @get(f"{BASE}/static/{{digest:str}}/{{name:str}}")
    async def show_static(request: Request, digest: str, name: str) -> Response:
        # A page from before an update asks for what is no more.
        if name not in STATIC or static_address(name) != f"{BASE}/static/{digest}/{name}":
            raise not_found("File")
        if takes_gzip(request):
            return reply_bytes(packed_file(name), media_type=STATIC[name], headers=FOREVER | PACKED)
        return reply_bytes(static_file(name), media_type=STATIC[name], headers=FOREVER | VARIES)

    pages = [
        begin,
        *sign_in_routes(desk),
        *order_list_routes(desk),
        *bulk_routes(desk),
        *export_routes(desk),
        *number_routes(desk),
        *order_page_routes(desk),
        *operator_routes(desk),
        *operator_shop_routes(desk),
        *(demo_page_routes(desk) if desk.demo else ()),
        *live_routes(desk),
        *settings_routes(desk),
    ]
    return [show_static, *(_asking_to_sign_in(page) for page in pages)]


def _asking_to_sign_in(endpoint: Endpoint) -> Endpoint:
    handler: Callable[..., Awaitable[Response]] = endpoint.handler

    @wraps(handler)
    async def answer(request: Request, **parameters: Any) -> Response:
        try:
            return packed(request, await handler(request, **parameters))
        except SignInNeeded as needed:
            wanted = f"?wanted={quote(needed.wanted, safe='/')}" if needed.wanted else ""
            return redirect(f"{SIGN_IN}{wanted}")

    return Endpoint(endpoint.method, endpoint.path, answer, endpoint.said)


NOT_FOUND = 404
ONLY_POSTED = 405


def say_fault(request: Request, fault: Fault) -> Response:
    """A page that says what is wrong, for whatever lies below the desk's address.

    Who reads the address to which a form was sent, say from the browser's history, is led to the page that has the form.
    """
    if fault.status == ONLY_POSTED and request.method == "GET":
        return redirect(request.url.path.rpartition("/")[0])
    language = language_asked_for(request)
    heading = "There is nothing here" if fault.status == NOT_FOUND else "That did not work"
    answer = bare_page(
        "said.html",
        language,
        status=fault.status,
        heading=say(language, heading),
        message=say(language, fault.message),
    )
    answer.headers.update(dict(fault.headers))
    return answer
