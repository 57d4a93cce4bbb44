"""The keys and tokens with which a shop's programs call its APIs: issued, shown once, and made void."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import Desk, Visit, redirect
from stoa.desk.forms import done_of
from stoa.desk.rendering import CONFLICT, say
from stoa.desk.settings.pages import (
    SETTINGS,
    SettingsPages,
    Typed,
    address_in,
    settings_page,
)
from stoa.dialects import Dialect
from stoa.orders.shop import Shop
from stoa.store.shops import Token
from stoa.web.bodies import check_text
from stoa.web.faults import not_found
from stoa.web.routing import Endpoint, get, post

CREDENTIALS = f"{SETTINGS}/credentials"

DONE = {"revoked": "It is void: whatever calls with it is refused from now on."}

REPLACED_MEANWHILE = "Somebody has issued this one meanwhile: issuing another would make it void."

PARTS = {
    "token": "Token",
    "key": "Key",
    "secret": "Secret",
    "username": "Username",
    "password": "Password",
}
"""What the parts of credentials are called; those that a dialect of somebody's own has otherwise are called as they are."""


class Access(Struct, frozen=True):
    """What a shop calls one API with; ``since`` is when it was issued, ``is_spoken`` whether the API is there."""

    dialect: str
    since: datetime | None
    is_spoken: bool


class Shown(Struct, frozen=True):
    """Credentials that were just issued, each part by what it is called."""

    dialect: str
    parts: Mapping[str, str]


class CredentialPages(SettingsPages):
    async def show(self, request: Request, shop_id: int) -> Response:
        visit, shop = await self.enter(request, shop_id)
        return await self._page(visit, shop, done=done_of(request, DONE))

    async def issue(self, request: Request, shop_id: int, dialect: str) -> Response:
        """Issue credentials and show them on this page alone. Those before them are void, which the form must know of.

        Raises SignInNeeded or Fault.
        """
        visit, shop, form = await self.enter_form(request, shop_id)
        spoken = self._dialect(dialect)
        token = await self._issue(shop.id, dialect, form.text("replaces"))
        if token is None:
            return await self._page(visit, shop, typed=Typed(fault=REPLACED_MEANWHILE, status=CONFLICT))
        parts = {
            say(visit.language, PARTS.get(part, part)): secret
            for part, secret in spoken.credentials(token).items()
        }
        return await self._page(visit, shop, shown=Shown(dialect, parts))

    async def _issue(self, shop_id: int, dialect: str, replaces: str) -> Token | None:
        """None where others are in force than the form shows: a page that is reloaded does not expire what it showed."""
        shops, now = self.service.shops, self.service.clock()
        since = (await shops.credentials_of(shop_id)).get(dialect)
        if since is None:
            return await shops.issue_first(shop_id, dialect, now)
        return await shops.issue_over(shop_id, dialect, since, now) if replaces == since.isoformat() else None

    async def revoke(self, request: Request, shop_id: int, dialect: str) -> Response:
        """Make credentials void; those that are void already stay so. Raises SignInNeeded or Fault."""
        _, shop, _ = await self.enter_form(request, shop_id)
        await self.service.shops.revoke(shop.id, check_text("dialect", dialect))
        return redirect(f"{address_in(shop, 'credentials')}?done=revoked")

    def _dialect(self, name: str) -> Dialect:
        spoken = next((dialect for dialect in self.dialects if dialect.name == name), None)
        if spoken is None:
            raise not_found("Page")
        return spoken

    async def _page(
        self,
        visit: Visit,
        shop: Shop,
        *,
        shown: Shown | None = None,
        typed: Typed | None = None,
        done: str = "",
    ) -> Response:
        since = await self.service.shops.credentials_of(shop.id)
        spoken = [dialect.name for dialect in self.dialects]
        rows = [Access(name, since.get(name), is_spoken=True) for name in spoken]
        rows += [Access(name, at, is_spoken=False) for name, at in since.items() if name not in spoken]
        return settings_page(
            "settings_credentials.html",
            visit,
            tab="credentials",
            typed=typed,
            done=done,
            rows=rows,
            shown=shown,
        )


def credential_routes(desk: Desk) -> list[Endpoint]:
    pages = CredentialPages(desk)
    return [
        get(CREDENTIALS)(pages.show),
        post(f"{CREDENTIALS}/{{dialect:str}}/issue")(pages.issue),
        post(f"{CREDENTIALS}/{{dialect:str}}/revoke")(pages.revoke),
    ]
