"""Where a shop is told of its orders and returns: addresses, switches, signing keys, and trying them out."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import Desk, Visit, redirect
from stoa.desk.forms import Form, done_of
from stoa.desk.rendering import CONFLICT, TOO_MANY, legible
from stoa.desk.settings.pages import (
    SETTINGS,
    SettingsPages,
    Typed,
    address_in,
    settings_page,
)
from stoa.desk.webhook_faults import fault_text
from stoa.dialects import Dialect
from stoa.orders.shop import Shop
from stoa.store.shops import WebhookEndpoint
from stoa.web.faults import not_found
from stoa.web.routing import Endpoint, get, post
from stoa.webhooks.guard import UrlRefused
from stoa.webhooks.registering import register, renew_key
from stoa.webhooks.trial import Trial, try_out

WEBHOOKS = f"{SETTINGS}/webhooks"
WEBHOOK = f"{WEBHOOKS}/{{kind:str}}"

DONE = {
    "saved": "The address is saved.",
    "removed": "The address is removed: nothing is sent there any more.",
}

NO_ADDRESS = "There is no address any more: somebody has removed it."
BUSY = "A test is under way; wait until it has ended."
NOTHING_TO_SEND = "There is no test message for this webhook."


class Kind(Struct, frozen=True):
    """A kind of message that a dialect tells, about ``orders`` or ``returns``."""

    name: str
    dialect: Dialect
    about: str


class Tried(Struct, frozen=True):
    """A test as the page shows it: the body indented, where it is JSON."""

    trial: Trial
    body: str


def kinds_of(dialects: Iterable[Dialect]) -> dict[str, Kind]:
    """The kinds by their names, in the dialects' order."""
    kinds = (
        Kind(name, dialect, about)
        for dialect in dialects
        for name, about in ((dialect.order_endpoint, "orders"), (dialect.return_endpoint, "returns"))
        if name is not None
    )
    return {kind.name: kind for kind in kinds}


class EndpointPages(SettingsPages):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._kinds = kinds_of(desk.dialects)
        self._under_way: set[int] = set()

    async def show(self, request: Request, shop_id: int) -> Response:
        visit, shop = await self.enter(request, shop_id)
        known = await self._known(shop)
        return settings_page(
            "settings_webhooks.html",
            visit,
            tab="webhooks",
            done=done_of(request, DONE),
            kinds=list(self._kinds.values()),
            known=known,
        )

    async def show_one(self, request: Request, shop_id: int, kind: str) -> Response:
        visit, shop = await self.enter(request, shop_id)
        return await self._page(visit, shop, self._kind(kind), done=done_of(request, DONE))

    async def save(self, request: Request, shop_id: int, kind: str) -> Response:
        """Tell messages of a kind to an address; a key that is made with it is shown once. Raises SignInNeeded or Fault."""
        visit, shop, form = await self.enter_form(request, shop_id)
        told = self._kind(kind)
        outcome = await register(
            self.service, shop, told.name, form.text("url"), enabled=form.text("enabled") == "on"
        )
        if isinstance(outcome, UrlRefused):
            return await self._page(visit, shop, told, typed=_refused(form, outcome, visit.language))
        if outcome.is_new or outcome.warning:
            secret = outcome.secret if outcome.is_new else ""
            return await self._page(
                visit, shop, told, secret=secret, warning=outcome.warning or "", done=DONE["saved"]
            )
        return redirect(f"{address_in(shop, 'webhooks', told.name)}?done=saved")

    async def renew(self, request: Request, shop_id: int, kind: str) -> Response:
        """Sign with another key, which is shown once. Raises SignInNeeded or Fault."""
        visit, shop, _ = await self.enter_form(request, shop_id)
        told = self._kind(kind)
        secret = await renew_key(self.service, shop, told.name)
        typed = None if secret else Typed(fault=NO_ADDRESS, status=CONFLICT)
        return await self._page(visit, shop, told, secret=secret or "", typed=typed)

    async def remove(self, request: Request, shop_id: int, kind: str) -> Response:
        _, shop, _ = await self.enter_form(request, shop_id)
        await self.service.shops.remove_endpoint(shop.id, self._kind(kind).name)
        return redirect(f"{address_in(shop, 'webhooks')}?done=removed")

    async def test(self, request: Request, shop_id: int, kind: str) -> Response:
        """Send a test and show what came of it; of a shop one at a time. Raises SignInNeeded or Fault."""
        visit, shop, _ = await self.enter_form(request, shop_id)
        told = self._kind(kind)
        # Each holds a request and a connection for as long as the shop's endpoint likes, up to ten seconds.
        if shop.id in self._under_way:
            return await self._page(visit, shop, told, typed=Typed(fault=BUSY, status=TOO_MANY))
        self._under_way.add(shop.id)
        try:
            outcome = await self._try(shop, told)
        finally:
            self._under_way.discard(shop.id)
        if isinstance(outcome, str):
            return await self._page(visit, shop, told, typed=Typed(fault=outcome, status=CONFLICT))
        return await self._page(visit, shop, told, tried=outcome)

    async def _try(self, shop: Shop, told: Kind) -> Tried | str:
        """What came of a test, or why there is none."""
        message = told.dialect.sample_message(told.name, shop, self.service.clock())
        if message is None:
            return NOTHING_TO_SEND
        headers = told.dialect.endpoint_headers.get(told.name, {})
        trial = await try_out(self.service, shop, message, headers)
        return Tried(trial, legible(trial.body)) if trial else NO_ADDRESS

    def _kind(self, name: str) -> Kind:
        if name not in self._kinds:
            raise not_found("Page")
        return self._kinds[name]

    async def _known(self, shop: Shop) -> Mapping[str, WebhookEndpoint]:
        return {endpoint.kind: endpoint for endpoint in await self.service.shops.endpoints_of(shop.id)}

    async def _page(  # noqa: PLR0913 - each is a part of the page
        self,
        visit: Visit,
        shop: Shop,
        kind: Kind,
        *,
        typed: Typed | None = None,
        secret: str = "",
        warning: str = "",
        tried: Tried | None = None,
        done: str = "",
    ) -> Response:
        endpoint = (await self._known(shop)).get(kind.name)
        return settings_page(
            "settings_webhook.html",
            visit,
            tab="webhooks",
            typed=typed,
            done=done,
            kind=kind,
            endpoint=endpoint,
            secret_key=secret,
            warning=warning,
            tried=tried,
            **_shown(endpoint, typed),
        )


def _refused(form: Form, refused: UrlRefused, language: str) -> Typed:
    reason = fault_text(language, refused.reason)
    return Typed(form=form, faults={"url": f"{reason[0].upper()}{reason[1:]}."})


def _shown(endpoint: WebhookEndpoint | None, typed: Typed | None) -> dict[str, Any]:
    """What stands in the form: what was typed where it would not do, else what is kept."""
    if typed and typed.faults:
        return {"url": typed.form.text("url"), "enabled": typed.form.text("enabled") == "on"}
    return {"url": endpoint.url if endpoint else "", "enabled": endpoint.enabled if endpoint else True}


def endpoint_routes(desk: Desk) -> list[Endpoint]:
    pages = EndpointPages(desk)
    return [
        get(WEBHOOKS)(pages.show),
        get(WEBHOOK)(pages.show_one),
        post(WEBHOOK)(pages.save),
        post(f"{WEBHOOK}/key")(pages.renew),
        post(f"{WEBHOOK}/remove")(pages.remove),
        post(f"{WEBHOOK}/test")(pages.test),
    ]
