"""Which addresses the service may call on a shop's behalf, so that no webhook reaches into the operator's network."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

SETTING = "STOA_WEBHOOK_ALLOW"
LONGEST_URL = 2048
LOOKUP_THREADS = 64

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lookup = Callable[[str, int], Awaitable[list[Address]]]
"""Answers with every address of a name for a port; raises OSError where it has none."""

# The special-purpose registries of IANA, in the words an error uses; the first that fits names the address.
CLOSED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), word)
    for network, word in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider's customers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's metadata service"),
        ("169.254.169.254/32", "a cloud's metadata service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "an embedded IPv4 address"),
        ("::ffff:0:0/96", "an embedded IPv4 address"),
        ("64:ff9b::/96", "an embedded IPv4 address"),
        ("64:ff9b:1::/48", "an embedded IPv4 address"),
        ("2001::/32", "an embedded IPv4 address"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("2002::/16", "an embedded IPv4 address"),
        ("3fff::/20", "reserved"),
        ("fd00:ec2::254/128", "a cloud's metadata service"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")

# Operating systems read 2130706433, 0x7f.1 and 127.1 as addresses: a name that ends in a number is none.
ENDS_IN_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)\.?$")
HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


class AddressRefused(OSError):
    """A name led only to addresses that may not be called; the text says which and why."""


@dataclass(frozen=True, slots=True)
class UrlAccepted:
    """The URL may be registered; ``warning`` is a sentence for the shop where there is something to heed."""

    warning: str | None = None


@dataclass(frozen=True, slots=True)
class UrlRefused:
    """The URL may not be registered; ``reason`` is a sentence for the shop."""

    reason: str


class NameLookup:
    """The system's resolver, in threads of its own: a name server that hangs keeps nothing else waiting."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, "name-lookup")

    async def __call__(self, host: str, port: int) -> list[Address]:
        found = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, host, port)
        return [ip_address(address) for address in found]

    @staticmethod
    def _ask(host: str, port: int) -> list[str | int]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        return [address[0] for *_, address in found]


class Guard:
    """Says which URLs may be registered and which addresses may be connected to.

    Only globally reachable unicast addresses may be called, over https. ``allowed`` opens further networks,
    for plain http too. ``patience`` is how long, in seconds, a registration waits for the name's addresses.
    """

    def __init__(
        self, allowed: Sequence[Network] = (), lookup: Lookup | None = None, patience: float = 3.0
    ) -> None:
        self._allowed = tuple(allowed)
        self._lookup = lookup or NameLookup()
        self._patience = patience

    async def check_url(self, url: str, shop_domain: str | None) -> UrlAccepted | UrlRefused:
        """Say whether a shop may register the URL.

        https at the shop's domain or below it (at any public host, for a shop without a domain); http and other
        hosts only where every address is inside the operator's allow-list. A name that does not resolve yet is
        accepted with a warning, because every connection is checked again.
        """
        parsed = parse_url(url)
        if isinstance(parsed, UrlRefused):
            return parsed
        addresses = await self._addresses(parsed)
        if addresses and all(self._is_allowed(address) for address in addresses):
            return UrlAccepted()
        if reason := out_of_bounds(parsed, shop_domain):
            return UrlRefused(reason)
        return self._judge(addresses)

    def refuses_hop(self, url: URL) -> str | None:
        """Say why a request may not go to the URL, or None; names are checked by ``resolver`` at connect."""
        if fault := url_fault(url):
            return fault
        address = literal_address(host_of(url))
        return self.refuses(address, url.scheme) if address else None

    def refuses(self, address: Address, scheme: str) -> str | None:
        """Say why the address may not be called with the scheme, or None where it may."""
        if self._is_allowed(address):
            return None
        if kind := closed_kind(address):
            return f"{address} is {kind}; see {SETTING}"
        return None if scheme == "https" else f"plain http is only for addresses inside {SETTING}"

    def resolver(self, scheme: str) -> AbstractResolver:
        """Make a resolver for connections of one scheme that answers with callable addresses only."""
        return _GuardedResolver(self, self._lookup, scheme)

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self._allowed)

    async def _addresses(self, url: URL) -> list[Address]:
        if address := literal_address(host_of(url)):
            return [address]
        try:
            async with asyncio.timeout(self._patience):
                return await self._lookup(host_of(url), url.port or 0)
        except OSError:
            return []

    def _judge(self, addresses: list[Address]) -> UrlAccepted | UrlRefused:
        if not addresses:
            return UrlAccepted("the host does not resolve yet: nothing is delivered until it does")
        refusals = (self.refuses(address, "https") for address in addresses)
        reason = next(filter(None, refusals), None)
        return UrlRefused(reason) if reason else UrlAccepted()


class _GuardedResolver(AbstractResolver):
    """Resolves for aiohttp, which connects to exactly the addresses it is given: what was checked is what is called."""

    def __init__(self, guard: Guard, lookup: Lookup, scheme: str) -> None:
        self._guard = guard
        self._lookup = lookup
        self._scheme = scheme

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  aiohttp's signature; we ask for both
    ) -> list[ResolveResult]:
        found = await self._lookup(host, port)
        refusals = [self._guard.refuses(address, self._scheme) for address in found]
        if all(refusals):
            raise AddressRefused(refusals[0]) if refusals else OSError("the name has no address")
        return [
            checked(host, port, address)
            for address, refusal in zip(found, refusals, strict=True)
            if not refusal
        ]

    async def close(self) -> None:
        """Nothing is held open."""


def checked(host: str, port: int, address: Address) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=socket.AF_INET if address.version == 4 else socket.AF_INET6,  # noqa: PLR2004  the protocol's name
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


def parse_networks(text: str, setting: str = SETTING) -> tuple[Network, ...]:
    """Read the networks of a setting, "10.1.0.0/16, ::1/128"; ValueError says what is wrong with it."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as fault:
        raise ValueError(
            f"{setting} must be networks separated by commas, such as 10.1.0.0/16,::1/128: {fault}."
        ) from None


def closed_kind(address: Address) -> str | None:
    """Name the kind of an address that is not globally reachable unicast; None for one that is."""
    for network, word in CLOSED:
        if address in network:
            return word
    return "reserved" if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST else None


def parse_url(url: str) -> URL | UrlRefused:
    """Read a URL that a shop wants to register; refused where it is not plainly an http(s) URL."""
    if len(url) > LONGEST_URL:
        return UrlRefused(f"the URL is longer than {LONGEST_URL} characters")
    if not url.isprintable() or " " in url or "\\" in url:
        return UrlRefused("the URL has blanks, backslashes or control characters")
    try:
        parsed = URL(url)
    except ValueError:
        return UrlRefused("this is not a URL")
    fault = url_fault(parsed) or ("the URL has a fragment (#…)" if "#" in url else None)
    return UrlRefused(fault) if fault else parsed


def url_fault(url: URL) -> str | None:
    """Say what is wrong with the URL's scheme, user, port or host, or None."""
    if url.scheme not in {"http", "https"}:
        return "the URL must begin with https://"
    if "@" in url.raw_authority:
        return "the URL must not carry a user or password"
    if url.port == 0:
        return "the port must be 1 to 65535"
    return host_fault(host_of(url))


def host_fault(host: str) -> str | None:
    if "%" not in host and literal_address(host):
        return None
    if ENDS_IN_NUMBER.search(host):
        return "the URL's address must be written in the usual form, such as 192.0.2.1"
    return None if HOST_NAME.fullmatch(host) else "the URL has no valid host name"


def host_of(url: URL) -> str:
    """The host in lower case, international names in their xn-- form."""
    return (url.raw_host or "").lower()


def literal_address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def out_of_bounds(url: URL, shop_domain: str | None) -> str | None:
    """Say why the URL is open to the allow-list only, or None where it is https at the shop's own domain."""
    if url.scheme != "https":
        return f"the URL must begin with https:// unless its addresses are inside {SETTING}"
    if shop_domain and not lies_within(host_of(url), shop_domain):
        return f"the host must be {shop_domain} or below it unless its addresses are inside {SETTING}"
    return None


def lies_within(host: str, domain: str) -> bool:
    """Whether the host is the domain or below it; nothing is within a domain that is no valid host name."""
    try:
        own = host_of(URL.build(scheme="https", host=domain.removesuffix(".")))
    except ValueError:
        return False
    return f".{host.removesuffix('.')}".endswith(f".{own}")
