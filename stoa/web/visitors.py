"""Who comes to an API that blocks an address after too many wrong credentials."""

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeVar

from starlette.requests import Request

from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.shops import Caller, Stranger, Token
from stoa.store.strangers import Blocked, Visit
from stoa.web.credentials import basic
from stoa.web.faults import Fault, blocked, key_required

T = TypeVar("T")

Address = IPv4Address | IPv6Address

ONE_SITE = 64
"""Bits of an IPv6 address that name its network: whoever has one has all the addresses in it."""


async def enter_by_key(
    service: Service, request: Request, dialect: str, order_id: int | None = None
) -> Caller:
    """Let a shop in by its key and secret (HTTP Basic), with the order that it asks for.

    Raises Fault: 401, or 403 for a while from an address that gave wrong credentials too often.
    """
    return await _let_in(
        service, request, lambda token, visit: service.shops.caller(token, dialect, order_id, visit)
    )


async def enter_to_place(service: Service, request: Request, dialect: str) -> tuple[Shop, int]:
    """Let a shop in as ``enter_by_key`` does, with the number of the order that it places. Raises Fault."""
    return await _let_in(service, request, lambda token, visit: service.shops.placer(token, dialect, visit))


async def _let_in(service: Service, request: Request, ask: Callable[[Token, Visit], Awaitable[T]]) -> T:
    visit = Visit(client_address(request, service.settings.trusted_proxies), service.clock())
    try:
        return await _enter(service, request, ask, visit)
    except Blocked as block:
        raise blocked(block.until - visit.at) from block


async def _enter(
    service: Service, request: Request, ask: Callable[[Token, Visit], Awaitable[T]], visit: Visit
) -> T:
    if "authorization" not in request.headers:
        # Some clients send their credentials only when asked for them: that is no failure.
        await service.strangers.check(visit)
        raise key_required()
    try:
        return await ask(basic(request), visit)
    except (Fault, Stranger) as stranger:
        await service.strangers.count_failure(visit)
        raise key_required() from stranger


def client_address(request: Request, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The address that failures are counted for, of IPv6 the network.

    Of a request that a trusted proxy hands on, it is the last of X-Forwarded-For that is no such proxy: whatever
    stands before it, the client may have written.
    """
    nearest = _read(request.client.host if request.client else "")
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while nearest is not None and hops and any(nearest in network for network in trusted):
        before = _read(hops.pop())
        if before is None:
            break
        nearest = before
    return _written(nearest)


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _written(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), ONE_SITE), strict=False))
    return str(address or "unknown")
