"""Puts the pieces together: one service for the web, the worker, the commands and the tests."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

import structlog
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from msgspec import Struct

from stoa.clock import Clock, system_clock
from stoa.demo.routes import demo_routes
from stoa.dialects import Context, Dialect, load_dialects
from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.documents.links import Links
from stoa.documents.routes import file_routes
from stoa.engine import Conflict, Engine
from stoa.operations import operations_routes
from stoa.operator import faults as operator_faults
from stoa.operator.routes import operator_routes
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.settings import Settings
from stoa.store.bell import Bell
from stoa.store.database import open_pool
from stoa.store.deliveries import Deliveries
from stoa.store.installation import check_secret_key
from stoa.store.migrations import migrate
from stoa.store.orders import Orders
from stoa.store.shops import Shops, Stranger
from stoa.web.bodies import MOST_JSON, AnyRequest
from stoa.web.faults import Fault, unauthorized
from stoa.web.metrics import AsgiApp, counted
from stoa.web.openapi import openapi_document
from stoa.web.replies import JSON
from stoa.webhooks.guard import Guard
from stoa.webhooks.vault import KeyVault

log = structlog.get_logger(__name__)


class Complete(Struct, frozen=True, kw_only=True):
    """Settings in which nothing is left open, see ``DataFolder.complete``."""

    settings: Settings
    database_url: str
    blob_url: str
    public_url: str
    secret_key: str
    demo: bool = False


class Stoa(Struct, frozen=True, kw_only=True):
    """The whole product: what the routes work with, and the languages it speaks."""

    service: Service
    dialects: Sequence[Dialect]
    demo: bool = False

    def codes(self, order: Order, shop: Shop) -> dict[str, str]:
        """The order's identifier in every dialect."""
        return {dialect.name: dialect.code(order, shop) for dialect in self.dialects}


@asynccontextmanager
async def open_stoa(complete: Complete, clock: Clock = system_clock) -> AsyncIterator[Stoa]:
    """Connect everything, the schema brought up to date.

    Raises DatabaseUnavailable, SchemaFromTheFuture, SecretKeyChanged or BlobUrlInvalid.
    """
    settings = complete.settings
    blobs = Blobs.open(complete.blob_url)
    pool = await open_pool(complete.database_url, connections=settings.database_connections)
    try:
        await migrate(pool)
        await check_secret_key(pool, complete.secret_key)
        links = Links(complete.public_url, complete.secret_key)
        dialects = load_dialects(Context(links, settings))
        orders, bell = Orders(pool), Bell(pool)
        service = Service(
            settings=settings,
            clock=clock,
            pool=pool,
            shops=Shops(pool),
            orders=orders,
            deliveries=Deliveries(pool),
            engine=Engine(orders, dialects, clock, bell),
            bell=bell,
            blobs=blobs,
            links=links,
            guard=Guard(settings.webhook_allow),
            vault=KeyVault(complete.secret_key),
        )
        yield Stoa(service=service, dialects=dialects, demo=complete.demo)
        await bell.close()
    finally:
        await pool.close()


WEBHOOK_KIND = "skroutz_orders"
"""The endpoint that a shop's one webhook URL stands for."""


def web_app(stoa: Stoa, *, server: str) -> AsgiApp:
    """The web application over a service; ``server`` is the address that the OpenAPI document names."""
    handlers: list[HTTPRouteHandler] = [
        *operator_routes(
            stoa.service,
            codes=stoa.codes,
            dialects=frozenset(dialect.name for dialect in stoa.dialects),
            webhook_kind=WEBHOOK_KIND,
        ),
        *(handler for dialect in stoa.dialects for handler in dialect.handlers(stoa.service)),
        *file_routes(stoa.service),
        *(demo_routes(stoa.service) if stoa.demo else ()),
    ]
    document = openapi_document(handlers, server=server)
    answers: Callable[[AnyRequest, Exception], Response[bytes]] = _Answers(stoa.dialects)
    app = Litestar(
        [*handlers, *operations_routes(stoa.service, document, demo=stoa.demo)],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=MOST_JSON,
        exception_handlers={Exception: answers},
        pdb_on_exception=False,
    )
    return counted(cast(AsgiApp, app))


class _Answers:
    """Whatever goes wrong is said in the shape of the API that was called."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = dialects

    def __call__(self, request: AnyRequest, fault: Exception) -> Response[bytes]:
        said = _as_fault(fault)
        if said.status >= INTERNAL:
            log.error("request.failed", path=request.scope.get("path_template"), exc_info=fault)
        path = request.scope["path"]
        for dialect in self._dialects:
            if path.startswith(dialect.paths):
                return _answer(said, dialect.render(said))
        return _answer(said, operator_faults.render(said))


def _answer(said: Fault, body: bytes) -> Response[bytes]:
    return Response(body, status_code=said.status, media_type=JSON, headers=dict(said.headers))


INTERNAL = 500
TOO_LARGE = 413


def _as_fault(fault: Exception) -> Fault:
    if isinstance(fault, Fault):
        return fault
    if isinstance(fault, Stranger):
        return unauthorized()
    if isinstance(fault, Conflict):
        return Fault(409, "conflict", "The order is being changed by others; try again.")
    if isinstance(fault, BlobStoreUnavailable):
        return Fault(503, "files_unavailable", "Files cannot be kept or read right now; try again.")
    if isinstance(fault, HTTPException):
        return _from_litestar(fault)
    return Fault(INTERNAL, "internal", "Something went wrong on our side; it has been noted.")


_WORDS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer to this method."),
    TOO_LARGE: ("too_large", "The request is too large."),
}


def _from_litestar(fault: HTTPException) -> Fault:
    # An address whose number is no number is simply unknown.
    status = 404 if fault.status_code == 400 else fault.status_code  # noqa: PLR2004
    code, message = _WORDS.get(status, ("invalid", "The request cannot be read."))
    return Fault(status, code, message, headers=fault.headers or {})
