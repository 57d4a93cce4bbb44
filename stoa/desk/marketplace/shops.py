"""One shop in the marketplace's eyes: opening it, its webhooks, and sending again what was given up."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import Desk, Visit, read_own_form, redirect
from stoa.desk.forms import WILL_NOT_DO, Form, done_of, field_of, number_in
from stoa.desk.marketplace.overview import DONE, GIVEN_UP, ON_A_PAGE, OPERATOR
from stoa.desk.rendering import UNPROCESSABLE, page, say
from stoa.desk.settings.endpoints import kinds_of
from stoa.desk.sign_in import LANGUAGE_NAMES
from stoa.operator.requests import ShopBody
from stoa.orders.calendar import is_known_country
from stoa.orders.carriers import CARRIERS
from stoa.orders.shop import Shop
from stoa.store.overview import MOST_COUNTED, Overview
from stoa.web.bodies import JsonReader
from stoa.web.faults import Fault, not_found
from stoa.web.queries import BIGGEST
from stoa.web.routing import Endpoint, get, post

NEW_SHOP = f"{OPERATOR}/shops/new"
SHOP = f"{OPERATOR}/shops/{{shop_id:int}}"

AT_ONCE = 500
"""Webhooks that one request sends again: a moment's work, whatever the number."""

TERMS = ("name", "language", "zone", "country_code", "currency", "domain", "phone", "courier")
PLACE = ("street_name", "street_number", "zip", "city", "region")

DEFAULTS = Form(
    {
        "language": ["el"],
        "zone": ["Europe/Athens"],
        "country_code": ["GR"],
        "currency": ["EUR"],
        "courier": [Shop(id=0, name="").courier],
    }
)

FAULTS = {
    "name": "A shop has a name of at most 200 characters.",
    "language": "Choose one of the languages.",
    "zone": "Write a time zone such as Europe/Athens.",
    "country_code": "Write the two capital letters of a country, such as GR.",
    "currency": "Write the three letters of a currency, such as EUR.",
    "domain": "Write the domain alone in small letters, such as shop.example.com.",
    "phone": "Write at most 100 characters.",
    "courier": "Choose one of the carriers.",
    "street_name": "Write the street where parcels are collected, or leave the whole place out.",
    "street_number": "Write at most 200 characters.",
    "zip": "Write the postal code where parcels are collected.",
    "city": "Write the town where parcels are collected.",
    "region": "Write the region where parcels are collected.",
}
"""What is wrong with each field where it will not do, in English: there is one rule for each."""

read_shop = JsonReader(ShopBody)


class ShopPages:
    def __init__(self, desk: Desk) -> None:
        self.service = desk.service
        self.door = desk.door
        self.overview = Overview(desk.service.pool)
        self.kinds = kinds_of(desk.dialects)

    async def new(self, request: Request) -> Response:
        return _new_shop(await self.door.operator(request), DEFAULTS)

    async def create(self, request: Request) -> Response:
        """Open a shop, by the rules of the operator's API. Raises SignInNeeded or Fault."""
        visit = await self.door.operator(request)
        form = await read_own_form(request, visit)
        try:
            asked = read_shop.read(msgspec.json.encode(_asked(form))).shop()
        except Fault as fault:
            return _new_shop(visit, form, field_of(fault, FAULTS), UNPROCESSABLE)
        shop = await self.service.shops.add(asked, self.service.clock())
        return redirect(f"{OPERATOR}/shops/{shop.id}?done=opened")

    async def show(self, request: Request, shop_id: int) -> Response:
        """A shop's webhooks, and those of them that were given up. Raises SignInNeeded or Fault."""
        visit, shop = await self._shop(request, shop_id)
        after = number_in(request, "after")
        before = number_in(request, "before", BIGGEST)
        dead = await self.overview.given_up(before=before, limit=ON_A_PAGE + 1, shop_id=shop.id)
        return page(
            "operator_shop.html",
            visit,
            here="operator",
            tab="",
            webhooks=await self.service.shops.endpoints_of(shop.id),
            kinds=self.kinds,
            dead=dead[:ON_A_PAGE],
            more=dead[ON_A_PAGE - 1].id if len(dead) > ON_A_PAGE else None,
            is_first="before" not in request.query_params,
            after=after,
            left=await self.overview.count_given_up(shop.id, after=after),
            most=MOST_COUNTED,
            at_once=AT_ONCE,
            done=done_of(request, DONE | SHOP_DONE),
            back="shop",
        )

    async def resend(self, request: Request, shop_id: int, delivery_id: int) -> Response:
        """Send one webhook again, with the same bytes. Raises SignInNeeded or Fault."""
        visit, shop = await self._shop(request, shop_id)
        form = await read_own_form(request, visit)
        if not await self.service.deliveries.resend(shop.id, delivery_id, self.service.clock()):
            raise not_found("Delivery")
        self.service.bell.ring(shop.id)
        back = GIVEN_UP if form.text("back") == "all" else f"{OPERATOR}/shops/{shop.id}"
        return redirect(f"{back}?done=resent")

    async def resend_some(self, request: Request, shop_id: int) -> Response:
        """Send some of what was given up again, the oldest first, and say where to go on. Raises SignInNeeded or Fault."""
        visit, shop = await self._shop(request, shop_id)
        form = await read_own_form(request, visit)
        sent, last = await self.overview.resend_some(
            shop.id, after=form.number("after") or 0, limit=AT_ONCE, now=self.service.clock()
        )
        self.service.bell.ring(shop.id)
        done = "some" if sent else "none"
        return redirect(f"{OPERATOR}/shops/{shop.id}?done={done}&after={last}")

    async def _shop(self, request: Request, shop_id: int) -> tuple[Visit, Shop]:
        """The shop asked for, by an operator. Raises SignInNeeded or Fault: to anybody else the page is none."""
        visit, shop = await self.door.shop(request, shop_id)
        if not visit.is_operator:
            raise not_found("Page")
        return visit, shop


SHOP_DONE = {
    "opened": "The shop is open. Now somebody has to be let in: add its owner among the people of its settings.",
    "some": "What was given up is on its way again.",
    "none": "There was nothing left to send.",
}


def _asked(form: Form) -> dict[str, Any]:
    """What the operator's API would be sent: what was left empty is left out."""
    asked: dict[str, Any] = {name: form.text(name) for name in TERMS if form.text(name)}
    country = asked.get("country_code", DEFAULTS.text("country_code"))
    if country != DEFAULTS.text("country_code"):
        asked["calendar"] = {"holidays_of": country if is_known_country(country) else None}
    place = {name: form.text(name) for name in PLACE if form.text(name)}
    if place:
        asked["pickup_locations"] = [{"street_number": ""} | place]
    return asked


def _new_shop(visit: Visit, form: Form, faulty: str = "", status: int = 200) -> Response:
    fault = say(visit.language, FAULTS.get(faulty, WILL_NOT_DO)) if status != 200 else ""  # noqa: PLR2004 - all is well
    return page(
        "operator_new_shop.html",
        visit,
        status=status,
        here="operator",
        tab="shops",
        form=form,
        faults={faulty: fault} if fault else {},
        fault=fault,
        languages=list(LANGUAGE_NAMES.items()),
        carriers=list(CARRIERS.items()),
    )


def operator_shop_routes(desk: Desk) -> list[Endpoint]:
    pages = ShopPages(desk)
    return [
        get(NEW_SHOP)(pages.new),
        post(NEW_SHOP)(pages.create),
        get(SHOP)(pages.show),
        post(f"{SHOP}/resend")(pages.resend_some),
        post(f"{SHOP}/deliveries/{{delivery_id:int}}/resend")(pages.resend),
    ]
