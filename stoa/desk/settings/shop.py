"""The settings of a shop: its language, its time zone and its telephone; what the marketplace has set is shown."""

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import Desk, Visit, redirect
from stoa.desk.forms import Form, done_of
from stoa.desk.settings.collection import collection_routes
from stoa.desk.settings.credentials import credential_routes
from stoa.desk.settings.endpoints import endpoint_routes
from stoa.desk.settings.pages import (
    SETTINGS,
    SettingsPages,
    Typed,
    address_in,
    faulty,
    settings_page,
)
from stoa.desk.settings.people import people_routes
from stoa.desk.sign_in import LANGUAGE_NAMES
from stoa.languages import country_name
from stoa.operator.requests import ShopTermsBody, check_zone, known_zones
from stoa.orders.carriers import CARRIERS
from stoa.orders.shop import Shop
from stoa.web.bodies import JsonReader
from stoa.web.faults import Fault
from stoa.web.routing import Endpoint, get, post

DONE = {"saved": "The settings are saved."}

FAULTS = {
    "language": "Choose one of the languages.",
    "zone": "Choose one of the time zones.",
    "phone": "Write at most 100 characters.",
}

CONTINENTS = (
    "Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/",
)  # fmt: skip
"""What the names of zones begin with that people look for; the others are old names of the same."""

read_terms = JsonReader(ShopTermsBody)


class ShopPage(SettingsPages):
    async def show(self, request: Request, shop_id: int) -> Response:
        visit, shop = await self.enter(request, shop_id)
        return _page(visit, shop, done=done_of(request, DONE))

    async def save(self, request: Request, shop_id: int) -> Response:
        """Change what is the shop's own to change. Raises SignInNeeded or Fault."""
        visit, shop, form = await self.enter_form(request, shop_id)
        asked = {"language": form.text("language"), "phone": form.text("phone") or None}
        zone = form.text("zone")
        try:
            terms = read_terms.read(msgspec.json.encode(asked)).terms()
            check_zone(zone)
        except Fault as fault:
            return _page(visit, shop, typed=faulty(form, fault, FAULTS))
        await self.service.shops.revise(shop.id, lambda now: replace(_in_zone(now, zone), **terms))
        return redirect(f"{address_in(shop)}?done=saved")


def _in_zone(shop: Shop, zone: str) -> Shop:
    return shop if zone == shop.zone else shop.moved_to(zone)


def _page(visit: Visit, shop: Shop, *, typed: Typed | None = None, done: str = "") -> Response:
    return settings_page(
        "settings_shop.html",
        visit,
        tab="shop",
        typed=typed,
        done=done,
        shop=shop,
        kept=_kept(typed.form) if typed else _present(shop),
        languages=list(LANGUAGE_NAMES.items()),
        zones=[(zone, zone.replace("_", " ")) for zone in _zones(shop.zone)],
        courier=CARRIERS.get(shop.courier, shop.courier),
        country=country_name(shop.country_code, visit.language) or shop.country_code,
    )


def _kept(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in ("language", "zone", "phone")}


def _present(shop: Shop) -> dict[str, str]:
    return {"language": shop.language, "zone": shop.zone, "phone": shop.phone or ""}


def _zones(present: str) -> list[str]:
    return sorted({present, "UTC", *(zone for zone in known_zones() if zone.startswith(CONTINENTS))})


def settings_routes(desk: Desk) -> list[Endpoint]:
    """The pages of a shop's settings, and of who may sign in to all shops."""
    page = ShopPage(desk)
    return [
        get(SETTINGS)(page.show),
        post(SETTINGS)(page.save),
        *credential_routes(desk),
        *endpoint_routes(desk),
        *collection_routes(desk),
        *people_routes(desk),
    ]
