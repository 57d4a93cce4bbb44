"""A dialect translates the one order to a marketplace's wire contract and back. It knows nothing of another.

A package adds one with an entry point in the group ``stoa.dialects`` that answers with a ``Dialect``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from msgspec import Struct

from stoa.documents.links import Links
from stoa.engine import Change
from stoa.orders.order import Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.settings import Settings
from stoa.store.orders import Message
from stoa.store.shops import Token
from stoa.web.faults import Fault
from stoa.web.routing import Endpoint

GROUP = "stoa.dialects"

OWN = "stoa"
"""The package whose dialects come before all others."""


class Context(Struct, frozen=True):
    """What a dialect needs to know of the installation."""

    links: Links
    settings: Settings


class Dialect(Protocol):
    """One wire contract."""

    @property
    def name(self) -> str:
        """The entry point's name, and the dialect of ``stoa token create --dialect``."""

    @property
    def paths(self) -> tuple[str, ...]:
        """What its addresses begin with: faults below them are said in its shape."""

    @property
    def order_endpoint(self) -> str | None:
        """The kind of endpoint that hears of orders; None where the contract has no webhooks."""

    @property
    def return_endpoint(self) -> str | None:
        """The kind of endpoint that hears of returns; None where the contract has no webhooks of their own for them."""

    @property
    def endpoint_headers(self) -> Mapping[str, Mapping[str, str]]:
        """The headers of its webhooks, by kind of endpoint."""

    def handlers(self, service: Service, /) -> Sequence[Endpoint]:
        """Its routes."""

    def render(self, fault: Fault, path: str, /) -> tuple[int, bytes]:
        """The status and the body that say a fault of a request for this path."""

    def say(self, refused: Refused, /) -> Fault:
        """The fault that a refusal is, for every ``Refusal``."""

    def messages(self, change: Change, /) -> Iterable[Message]:
        """What the shop is told of a change."""

    def sample_message(self, kind: str, shop: Shop, now: datetime, /) -> Message | None:
        """What a shop that tries its endpoint out is sent: a new order, or return, that does not exist. None for a kind
        of endpoint that is not the dialect's."""

    def code(self, order: Order, shop: Shop, /) -> str:
        """The order's public identifier in this contract."""

    def shown(self, order: Order, shop: Shop, service: Service, /) -> bytes | None:
        """The order as its API answers, as JSON; None where the contract has no such order."""

    def credentials(self, token: Token, /) -> Mapping[str, str]:
        """A shop's token in the words of this contract: whole, or its ``key`` and its ``secret``, in this order."""


MEMBERS = tuple(member for member in vars(Dialect) if not member.startswith("_"))
"""What every dialect must have."""


class DialectUnusable(Exception):
    """One sentence: which package's dialect keeps Stoa from starting, why, and what to do."""

    def __init__(self, entry: EntryPoint, why: str) -> None:
        package = _package(entry)
        super().__init__(
            f"The dialect {entry.name} ({entry.value}) of the package {package} cannot be used ({why}): "
            f"install a version of {package} that fits this Stoa, or remove it with `pip uninstall {package}`."
        )


def load_dialects(context: Context) -> list[Dialect]:
    """The installed dialects: Stoa's own, then the others, each by name. Raises DialectUnusable."""
    loaded: dict[str, Dialect] = {}
    for entry in _entries():
        if entry.name in loaded:
            raise DialectUnusable(entry, "another dialect has its name")
        loaded[entry.name] = _load(entry, context)
    return list(loaded.values())


def dialect_names() -> list[str]:
    """The names of the installed dialects in the same order, whether they can be loaded or not."""
    return [entry.name for entry in _entries()]


def _entries() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda entry: (_package(entry) != OWN, entry.name))


def _package(entry: EntryPoint) -> str:
    # Only one that somebody made by hand is of no package.
    return entry.dist.name if entry.dist else entry.value


def _load(entry: EntryPoint, context: Context) -> Dialect:
    """Raises DialectUnusable."""
    try:
        dialect: Dialect = entry.load()(context)
    except Exception as fault:
        # Whatever somebody else's code says is to be one line.
        why = " ".join(f"{type(fault).__name__}: {fault}".split())
        raise DialectUnusable(entry, why) from fault
    missing = [member for member in MEMBERS if not hasattr(dialect, member)]
    if missing:
        raise DialectUnusable(entry, f"it has no {', '.join(missing)}")
    if dialect.name != entry.name:
        raise DialectUnusable(entry, f"it calls itself {dialect.name!r}")
    return dialect


def channel_codes(dialects: Iterable[Dialect]) -> Callable[[Order, Shop], str]:
    """Answers with an order's identifier in the channel that it came from: its number, where that is no dialect."""
    by_name = {dialect.name: dialect for dialect in dialects}

    def channel_code(order: Order, shop: Shop) -> str:
        dialect = by_name.get(order.channel)
        return dialect.code(order, shop) if dialect else str(order.id)

    return channel_code
