"""Puts the pieces together: one service for the web, the worker, the commands and the tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog
from msgspec import Struct
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from stoa.clock import Clock, system_clock
from stoa.demo.routes import demo_routes
from stoa.desk import Desk, desk_routes
from stoa.desk import say_fault as say_at_desk
from stoa.desk.entry import BASE as DESK
from stoa.dialects import Context, Dialect, channel_codes, load_dialects
from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.documents.filing import Filing
from stoa.documents.invoice_files import InvoiceFiles
from stoa.documents.links import Links
from stoa.documents.routes import file_routes
from stoa.documents.vouchers import Press
from stoa.engine import Conflict, Engine, Gone
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
from stoa.store.invoices import Invoices
from stoa.store.migrations import migrate
from stoa.store.notes import Notes
from stoa.store.orders import Orders
from stoa.store.people import People
from stoa.store.shops import Shops, Stranger
from stoa.store.strangers import Strangers
from stoa.store.warehouse import Warehouse
from stoa.web.faults import Fault, not_found, unauthorized
from stoa.web.metrics import ROUTE, AsgiApp, counted
from stoa.web.openapi import openapi_document
from stoa.web.replies import reply_bytes
from stoa.web.routing import Endpoint, Handler
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
    """The whole product: what the routes work with, and the languages it speaks. ``ending`` is set when it is about to
    close: whoever still listens lets go."""

    service: Service
    dialects: Sequence[Dialect]
    ending: asyncio.Event
    demo: bool = False

    @property
    def webhook_kind(self) -> str:
        """The endpoint of the first dialect that has webhooks, which a shop's webhook URL is meant for where no dialect
        is named. Empty where none has any: no endpoint is of that kind."""
        return next((dialect.order_endpoint for dialect in self.dialects if dialect.order_endpoint), "")

    def codes(self, order: Order, shop: Shop) -> dict[str, str]:
        """The order's identifier in every dialect."""
        return {dialect.name: dialect.code(order, shop) for dialect in self.dialects}


@asynccontextmanager
async def open_stoa(complete: Complete, clock: Clock = system_clock) -> AsyncIterator[Stoa]:
    """Connect everything, the schema brought up to date.

    Raises DialectUnusable, DatabaseUnavailable, SchemaFromTheFuture, SecretKeyChanged or BlobUrlInvalid.
    """
    settings = complete.settings
    links = Links(complete.public_url, complete.secret_key)
    dialects = load_dialects(Context(links, settings))
    blobs = Blobs.open(complete.blob_url)
    pool = await open_pool(complete.database_url, connections=settings.database_connections)
    ending = asyncio.Event()
    try:
        await migrate(pool)
        await check_secret_key(pool, complete.secret_key)
        orders, invoices, warehouse, bell = Orders(pool), Invoices(pool), Warehouse(pool), Bell(pool)
        channel_code = channel_codes(dialects)
        engine = Engine(orders, invoices, dialects, clock, bell, channel_code, warehouse)
        filing = Filing(engine, orders, blobs)
        service = Service(
            settings=settings,
            clock=clock,
            pool=pool,
            shops=Shops(pool),
            strangers=Strangers(pool),
            people=People(pool),
            notes=Notes(pool),
            orders=orders,
            invoices=invoices,
            warehouse=warehouse,
            deliveries=Deliveries(pool),
            engine=engine,
            bell=bell,
            blobs=blobs,
            invoice_files=InvoiceFiles(filing, clock),
            press=Press(filing, clock, channel_code),
            links=links,
            guard=Guard(settings.webhook_allow),
            vault=KeyVault(complete.secret_key),
            channel_code=channel_code,
        )
        yield Stoa(service=service, dialects=dialects, ending=ending, demo=complete.demo)
        await bell.close()
    finally:
        ending.set()
        await pool.close()


def endpoints(stoa: Stoa, *, server: str) -> list[Endpoint]:
    """Every call that the service answers to, those that are asked most first."""
    described = [
        *(endpoint for dialect in stoa.dialects for endpoint in dialect.handlers(stoa.service)),
        *operator_routes(
            stoa.service,
            codes=stoa.codes,
            dialects={dialect.name: dialect for dialect in stoa.dialects},
            webhook_kind=stoa.webhook_kind,
        ),
        *file_routes(stoa.service),
        *desk_routes(Desk(stoa.service, stoa.dialects, ending=stoa.ending, demo=stoa.demo)),
        *(demo_routes(stoa.service) if stoa.demo else ()),
    ]
    document = openapi_document(described, server=server)
    return [*described, *operations_routes(stoa.service, document, demo=stoa.demo)]


def web_app(stoa: Stoa, *, server: str) -> AsgiApp:
    """The web application over a service; ``server`` is the address that the OpenAPI document names."""
    answers = _Answers(stoa.dialects)
    by_path: dict[str, dict[str, Handler]] = {}
    for endpoint in endpoints(stoa, server=server):
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint.handler
    routes = [
        Route(_as_starlette_reads(path), answers.always(path, handlers), methods=list(handlers))
        for path, handlers in by_path.items()
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: answers.refuse})
    # Behind a proxy the redirect would lead to plain http, and a client would send its token there.
    app.router.redirect_slashes = False
    return counted(app)


class _Number(Convertor[int]):
    """A number in an address that the database can hold; anything else is an unknown address."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("number", _Number())


def _as_starlette_reads(path: str) -> str:
    return path.replace(":str}", "}").replace(":int}", ":number}")


class _Answers:
    """Whatever goes wrong is said in the shape of the API that was called."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = dialects

    def always(self, path: str, handlers: Mapping[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
        """The handlers of a path, by method, made to answer whatever happens."""

        async def answer(request: Request) -> Response:
            request.scope[ROUTE] = path
            try:
                # HEAD is GET without the body.
                handler = handlers.get(request.method) or handlers["GET"]
                return await handler(request, **request.path_params)
            except Exception as fault:  # noqa: BLE001 - a caller never sees a traceback
                return self._say(request, _as_fault(fault), fault)

        return answer

    def refuse(self, request: Request, fault: Exception) -> Response:
        """There is no such address, or it takes another method."""
        return self._say(request, _as_fault(fault), fault)

    def _say(self, request: Request, said: Fault, fault: Exception) -> Response:
        if said.status >= INTERNAL:
            log.error("request.failed", route=request.scope.get(ROUTE), exc_info=fault)
        path = request.scope["path"]
        if path == DESK or path.startswith(f"{DESK}/"):
            return say_at_desk(request, said)
        speaking = (dialect for dialect in self._dialects if path.startswith(dialect.paths))
        dialect = next(speaking, None)
        status, body = dialect.render(said, path) if dialect else operator_faults.render(said)
        return reply_bytes(body, status, headers=said.headers)


INTERNAL = 500


def _as_fault(fault: Exception) -> Fault:
    if isinstance(fault, Fault):
        return fault
    if isinstance(fault, HTTPException):
        return _from_starlette(fault)
    make = next((made for kind, made in _FAULTS.items() if isinstance(fault, kind)), _internal)
    return make()


def _internal() -> Fault:
    return Fault(INTERNAL, "internal", "Something went wrong on our side; it has been noted.")


def _no_database() -> Fault:
    return Fault(503, "unavailable", "The service cannot work right now; try again.")


_FAULTS: dict[type[Exception], Callable[[], Fault]] = {
    Stranger: unauthorized,
    Gone: lambda: not_found("Order"),
    Conflict: lambda: Fault(409, "conflict", "The order is being changed by others; try again."),
    BlobStoreUnavailable: lambda: Fault(
        503, "files_unavailable", "Files cannot be kept or read right now; try again."
    ),
    OSError: _no_database,
    asyncpg.PostgresConnectionError: _no_database,
    asyncpg.OperatorInterventionError: _no_database,
    asyncpg.InterfaceError: _no_database,
    ClientDisconnect: lambda: Fault(400, "invalid_format", "The request broke off."),
}


_WORDS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer to this method."),
}


def _from_starlette(fault: HTTPException) -> Fault:
    code, message = _WORDS.get(fault.status_code, ("invalid", "The request cannot be read."))
    return Fault(fault.status_code, code, message, headers=fault.headers or {})
