"""Who comes to the desk: the session in a cookie, what its owner may see, and that a form is our own."""

import asyncio
import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from secrets import token_bytes
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.forms import Form, read_form
from stoa.desk.passwords import Passwords
from stoa.dialects import Dialect
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.store.people import SESSION_ENDS, Person, Role
from stoa.web.faults import Fault, not_found

BASE = "/desk"
SIGN_IN = f"{BASE}/sign-in"

COOKIE = "stoa_desk"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""The name where the service is reached by https: then no other host of the domain can set it."""

CSRF_FIELD = "csrf"

PROOF_SIZE = 16
"""Bytes."""

SEE_OTHER = 303


class SignInNeeded(Exception):
    """Nobody is signed in; ``wanted`` is the page that was asked for."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted


class Visit(Struct, frozen=True, kw_only=True):
    """Somebody who is signed in, and what they ask for. ``csrf`` proves that a form came from a page of theirs; ``demo``
    is whether pages say what is there in a demo only."""

    person: Person
    secret: str
    at: datetime
    shop: Shop | None = None
    found: Stored | None = None
    demo: bool = False

    @property
    def csrf(self) -> str:
        """Another text each time: what is the same on every page could be guessed from how well the pages compress."""
        pad = token_bytes(PROOF_SIZE)
        return (pad + _combined(pad, _proof(self.secret))).hex()

    @property
    def mark(self) -> int:
        """When the page was asked for, in milliseconds since 1970 UTC: it shows what was saved before."""
        return int(self.at.timestamp() * 1000)

    @property
    def language(self) -> str:
        """Their own, else the shop's."""
        return self.person.language or (self.shop.language if self.shop else "en")

    @property
    def is_operator(self) -> bool:
        return self.person.role is Role.OPERATOR

    @property
    def may_manage(self) -> bool:
        """Whether they may see money, credentials and settings; packers may not."""
        return self.person.role is not Role.PACKER

    @property
    def home(self) -> str:
        """Where they begin."""
        shop_id = self.person.shop_id
        return f"{BASE}/operator" if shop_id is None else f"{BASE}/{shop_id}/orders"


class Desk:
    """What all pages work with: the service, the installed dialects, and who lets people in. ``demo`` is where Stoa runs
    with demo shops. ``ending`` is set when the process is about to end: no answer may take longer."""

    def __init__(
        self, service: Service, dialects: Sequence[Dialect], *, ending: asyncio.Event, demo: bool = False
    ) -> None:
        self.service = service
        self.dialects = dialects
        self.door = Doorkeeper(service, demo=demo)
        self.passwords = Passwords()
        self.demo = demo
        self.ending = ending


class Doorkeeper:
    """Lets people in."""

    def __init__(self, service: Service, *, demo: bool) -> None:
        self._service = service
        self._demo = demo
        self._is_https = service.links.is_https
        self._cookie = SECURE_COOKIE if self._is_https else COOKIE

    async def person(self, request: Request) -> Visit:
        """Whoever is signed in. Raises SignInNeeded."""
        return await self._visit(request, None, None)

    async def operator(self, request: Request) -> Visit:
        """An operator. Raises SignInNeeded or Fault: to anybody else the page is none."""
        visit = await self.person(request)
        if not visit.is_operator:
            raise not_found("Page")
        return visit

    async def shop(self, request: Request, shop_id: int, *, owner: bool = False) -> tuple[Visit, Shop]:
        """Somebody of the shop, its ``owner`` where only they may. Raises SignInNeeded or Fault: another shop's page is no
        page."""
        return self._inside(await self._visit(request, shop_id, None), shop_id, owner=owner)

    async def order(self, request: Request, shop_id: int, order_id: int) -> tuple[Visit, Shop, Stored]:
        """The same, with an order of the shop."""
        visit, shop = self._inside(await self._visit(request, shop_id, order_id), shop_id, owner=False)
        if visit.found is None:
            raise not_found("Order")
        return visit, shop, visit.found

    def _inside(self, visit: Visit, shop_id: int, *, owner: bool) -> tuple[Visit, Shop]:
        if visit.shop is None or not visit.person.may_enter(shop_id):
            raise not_found("Page")
        if owner and not visit.may_manage:
            raise Fault(403, "forbidden", "Only the shop's owner may see this page.")
        return visit, visit.shop

    async def _visit(self, request: Request, shop_id: int | None, order_id: int | None) -> Visit:
        secret, now = request.cookies.get(self._cookie, ""), self._service.clock()
        signed = await self._service.people.signed(secret, now, shop_id, order_id) if secret else None
        if signed is None:
            raise SignInNeeded(request.url.path if request.method == "GET" else "")
        return Visit(
            person=signed.person,
            secret=secret,
            at=now,
            shop=signed.shop,
            found=signed.found,
            demo=self._demo,
        )

    def remember(self, answer: Response, secret: str) -> None:
        """Hand out the session. A page of another site can neither read the cookie nor send it with a form."""
        answer.set_cookie(
            self._cookie,
            secret,
            max_age=int(SESSION_ENDS.total_seconds()),
            path="/",
            secure=self._is_https,
            httponly=True,
            samesite="lax",
        )

    def forget(self, answer: Response) -> None:
        answer.delete_cookie(self._cookie, path="/", secure=self._is_https, httponly=True, samesite="lax")


async def read_own_form(request: Request, visit: Visit) -> Form:
    """The fields of a form that a page of this session sent. Raises Fault."""
    form = await read_form(request)
    check_form(visit, form.text(CSRF_FIELD))
    return form


def check_form(visit: Visit, given: str | None) -> None:
    """Refuse a form that did not come from a page of this session. Raises Fault."""
    if not hmac.compare_digest(_proof(visit.secret), _unmasked(given or "")):
        raise Fault(
            403,
            "form_outdated",
            "This page is from an earlier sign-in: open it again and repeat what you did.",
        )


def _proof(secret: str) -> bytes:
    return blake2b(secret.encode(), digest_size=PROOF_SIZE, person=b"stoa desk csrf").digest()


def _combined(pad: bytes, proof: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(pad, proof, strict=True))


def _unmasked(given: str) -> bytes:
    """The proof in what a form holds; empty for what is none."""
    try:
        both = bytes.fromhex(given)
    except ValueError:
        return b""
    return _combined(both[:PROOF_SIZE], both[PROOF_SIZE:]) if len(both) == 2 * PROOF_SIZE else b""


def check_origin(request: Request, host: str) -> None:
    """Refuse a form that another site's page sent; ``host`` is the service's public one. Raises Fault.

    Browsers say where a form comes from, over plain http and the older ones by its origin alone; what says nothing is no
    browser, and has no cookie.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    # Of an origin not the scheme, which a proxy in front of us may have changed.
    here = {host.lower(), request.headers.get("host", "").lower()}
    is_ours = site in {"same-origin", "none"} if site else not origin or origin.partition("://")[2] in here
    if not is_ours:
        raise Fault(403, "form_foreign", "This form came from another site.")


def redirect(to: str) -> Response:
    """Show another page; reloading it repeats nothing."""
    return Response(
        status_code=SEE_OTHER, headers={"Location": quote(to, safe="/?=&%#-_.~"), "Cache-Control": "no-store"}
    )


def safe_target(wanted: str | None, otherwise: str) -> str:
    """A page of the desk to go to after signing in; never another site."""
    inside = (
        wanted is not None and wanted.startswith(f"{BASE}/") and "\\" not in wanted and "//" not in wanted
    )
    return wanted if inside and wanted else otherwise
