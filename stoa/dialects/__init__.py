"""A dialect translates the one order to a marketplace's wire contract and back. It knows nothing of another.

A package adds one with an entry point in the group ``stoa.dialects`` that answers with a ``Dialect``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Protocol

from msgspec import Struct

from stoa.documents.links import Links
from stoa.engine import Change
from stoa.orders.order import Order
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.settings import Settings
from stoa.store.orders import Message
from stoa.store.shops import Token
from stoa.web.faults import Fault
from stoa.web.routing import Endpoint

GROUP = "stoa.dialects"


class Context(Struct, frozen=True):
    """What a dialect needs to know of the installation."""

    links: Links
    settings: Settings


class Dialect(Protocol):
    """One wire contract."""

    name: str
    """The entry point's name, and the dialect of ``stoa token create --dialect``."""

    paths: tuple[str, ...]
    """What its addresses begin with: faults below them are said in its shape."""

    order_endpoint: str | None
    """The kind of endpoint that hears of orders; None where the contract has no webhooks."""

    endpoint_headers: Mapping[str, Mapping[str, str]]
    """The headers of its webhooks, by kind of endpoint."""

    def handlers(self, service: Service) -> Sequence[Endpoint]:
        """Its routes."""

    def render(self, fault: Fault) -> tuple[int, bytes]:
        """The status and the body that say the fault."""

    def say(self, refused: Refused) -> Fault:
        """The fault that a refusal is, for every ``Refusal``."""

    def messages(self, change: Change) -> Iterable[Message]:
        """What the shop is told of a change."""

    def code(self, order: Order, shop: Shop) -> str:
        """The order's public identifier in this contract."""

    def credentials(self, token: Token) -> Mapping[str, str]:
        """A shop's token in the words of this contract: whole, or its ``key`` and its ``secret``, in this order."""


def load_dialects(context: Context) -> list[Dialect]:
    """The installed dialects, by name."""
    factories: list[tuple[str, Callable[[Context], Dialect]]] = [
        (entry.name, entry.load()) for entry in entry_points(group=GROUP)
    ]
    return [factory(context) for _, factory in sorted(factories, key=lambda named: named[0])]


def channel_codes(dialects: Iterable[Dialect]) -> Callable[[Order, Shop], str]:
    """Answers with an order's identifier in the channel that it came from: its number, where that is no dialect."""
    by_name = {dialect.name: dialect for dialect in dialects}

    def channel_code(order: Order, shop: Shop) -> str:
        dialect = by_name.get(order.channel)
        return dialect.code(order, shop) if dialect else str(order.id)

    return channel_code


__all__ = ["Context", "Dialect", "Refusal", "channel_codes", "load_dialects"]
