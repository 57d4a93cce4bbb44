"""A contract of the tests' own, as unlike Skroutz as one may be: HTTP Basic, no webhooks, 400 where others say 422.

It is another package's. Its name sorts before those of the dialects that come with Stoa.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from stoa.app import Stoa, web_app
from stoa.dialects import MEMBERS, Context, Dialect
from stoa.engine import Change
from stoa.orders.order import Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Message
from stoa.store.shops import Token
from stoa.web.faults import Fault, invalid, not_found
from stoa.web.openapi import described
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get
from stoa.web.visitors import enter_by_key
from tests.conftest import SERVER

ADDRESS = "/ledger/{order_id:int}"


class Ledger:
    name = "abacus"
    paths = ("/ledger/",)
    return_endpoint = None
    endpoint_headers: Mapping[str, Mapping[str, str]] = {}

    def __init__(self, order_endpoint: str | None = None) -> None:
        self.order_endpoint = order_endpoint

    def handlers(self, service: Service) -> Sequence[Endpoint]:
        @get(ADDRESS, said=described("Show an order", tag="Ledger", opened_by="basic"))
        async def show(request: Request, order_id: int) -> Response:
            caller = await enter_by_key(service, request, self.name, order_id)
            if order_id == 0:
                raise invalid("order_id", "Must be more than 0.")
            if caller.found is None:
                raise not_found("Order")
            return reply({"number": self.code(caller.found.order, caller.shop)})

        return [show]

    def shown(self, order: Order, shop: Shop, service: Service) -> bytes | None:
        return msgspec.json.encode({"number": self.code(order, shop)})

    def render(self, fault: Fault, path: str) -> tuple[int, bytes]:
        return 400 if fault.status == 422 else fault.status, msgspec.json.encode({"wrong": fault.message})

    def say(self, refused: Refused) -> Fault:
        return invalid("order", refused.message)

    def messages(self, change: Change) -> Iterable[Message]:
        return ()

    def sample_message(self, kind: str, shop: Shop, now: datetime) -> Message | None:
        return None

    def code(self, order: Order, shop: Shop) -> str:
        return f"L{order.id}"

    def credentials(self, token: Token) -> Mapping[str, str]:
        return {"key": token.key, "secret": token.secret}


def with_ledger(stoa: Stoa, order_endpoint: str | None = None) -> Stoa:
    """The same service, which speaks this contract too, with webhooks where there is a kind for them."""
    return replace(stoa, dialects=[*stoa.dialects, Ledger(order_endpoint)])


PACKAGE = "stoa-ledger"


def install(folder: Path, entry_point: str) -> Path:
    """Lay the package down as an installation of it would; the answer is the folder, for the path of modules."""
    about = folder / "stoa_ledger-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[stoa.dialects]\n{entry_point}\n")
    return folder


# What an entry point may lead to.


def ledger(_context: Context) -> Dialect:
    return Ledger()


def outdated(_context: Context) -> object:
    """It is from before dialects said faults and told of returns."""
    unknown_then = {"say", "render", "return_endpoint"}
    return SimpleNamespace(**{member: Ledger.name for member in MEMBERS if member not in unknown_then})


def failing(_context: Context) -> Dialect:
    raise ValueError("so much\nto say")


@asynccontextmanager
async def visiting(stoa: Stoa, address: str, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with this contract that calls from an address."""
    transport = httpx.ASGITransport(web_app(with_ledger(stoa), server=SERVER), client=(address, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url=SERVER, headers=headers) as client:
        yield client
