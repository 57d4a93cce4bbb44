"""Where and when a shop's parcels are collected: its pickup locations, the default first, and its calendar."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import Desk, Visit, redirect
from stoa.desk.forms import Form, done_of
from stoa.desk.rendering import CONFLICT
from stoa.desk.settings.pages import (
    SETTINGS,
    SettingsPages,
    Typed,
    address_in,
    faulty,
    settings_page,
)
from stoa.languages import country_name, locale_of, moment_text
from stoa.operator.requests import MOST_LOCATIONS, CalendarBody, LocationBody
from stoa.orders.calendar import known_countries, pickup_windows
from stoa.orders.order import PickupWindow
from stoa.orders.shop import Calendar, PickupLocation, Shop
from stoa.web.bodies import JsonReader
from stoa.web.faults import Fault, not_found
from stoa.web.routing import Endpoint, get, post

COLLECTION = f"{SETTINGS}/collection"
LOCATION = f"{COLLECTION}/locations/{{location_id:str}}"

NEW = "new"
"""What stands in the address in place of a location's id where one is added."""

PREVIEWED = 3
MORE_SLOTS = 2
MORE_DAYS = 3
"""Empty fields after those that are filled in."""

DONE = {
    "calendar": "The calendar is saved.",
    "location": "The place is saved.",
    "removed": "The place is removed.",
}

PLACE = ("street_name", "street_number", "zip", "city", "region")

LOCATION_FAULTS = {
    "street_name": "Write the street, in at most 200 characters.",
    "street_number": "Write at most 200 characters.",
    "zip": "Write the postal code, in at most 200 characters.",
    "city": "Write the town, in at most 200 characters.",
    "region": "Write at most 200 characters.",
}
CALENDAR_FAULTS = {
    "weekdays": "Choose at least one day.",
    "slots": "Write from one to 24 windows; each opens before it closes.",
    "cut_off": "Write a time such as 14:00.",
    "closed": "Write days such as 2026-08-15, at most 400.",
    "holidays_of": "Choose a country of the list.",
}
TOO_MANY_PLACES = "A shop has at most 100 places."

read_location = JsonReader(LocationBody)
read_calendar = JsonReader(CalendarBody)

Locations = tuple[PickupLocation, ...]


class TypedCalendar(Struct, frozen=True, kw_only=True):
    """A calendar as its form shows it: times and days as they are typed."""

    weekdays: list[int]
    slots: list[tuple[str, str]]
    cut_off: str
    closed: list[str]
    holidays_of: str


class CollectionPages(SettingsPages):
    async def show(self, request: Request, shop_id: int) -> Response:
        visit, shop = await self.enter(request, shop_id)
        return self._page(visit, shop, done=done_of(request, DONE))

    async def save_calendar(self, request: Request, shop_id: int) -> Response:
        """Change when couriers come, for the orders that come in from now on. Raises SignInNeeded or Fault."""
        visit, shop, form = await self.enter_form(request, shop_id)
        try:
            calendar = read_calendar.read(msgspec.json.encode(_asked(form))).value()
        except Fault as fault:
            return self._page(visit, shop, typed=faulty(form, fault, CALENDAR_FAULTS))
        await self.service.shops.change(shop.id, calendar=calendar)
        return redirect(f"{address_in(shop, 'collection')}?done=calendar")

    async def show_location(self, request: Request, shop_id: int, location_id: str) -> Response:
        visit, shop = await self.enter(request, shop_id)
        return _location_page(visit, shop, location_id)

    async def save_location(self, request: Request, shop_id: int, location_id: str) -> Response:
        """Add a location, or change one, which keeps its id. Raises SignInNeeded or Fault."""
        visit, shop, form = await self.enter_form(request, shop_id)
        known = None if location_id == NEW else _location(shop, location_id)
        try:
            location = read_location.read(
                msgspec.json.encode({name: form.text(name) for name in PLACE})
            ).value()
        except Fault as fault:
            return _location_page(visit, shop, location_id, typed=faulty(form, fault, LOCATION_FAULTS))
        if known is None and len(shop.locations) >= MOST_LOCATIONS:
            full = Typed(form=form, fault=TOO_MANY_PLACES, status=CONFLICT)
            return _location_page(visit, shop, location_id, typed=full)
        saved = replace(location, id=known.id) if known else location
        return await self._rearrange(shop, "location", lambda places: _with(saved, places))

    async def remove_location(self, request: Request, shop_id: int, location_id: str) -> Response:
        _, shop, _ = await self.enter_form(request, shop_id)
        return await self._rearrange(shop, "removed", lambda places: _without(location_id, places))

    async def make_default(self, request: Request, shop_id: int, location_id: str) -> Response:
        """Offer a location first. Raises SignInNeeded or Fault."""
        _, shop, _ = await self.enter_form(request, shop_id)
        return await self._rearrange(shop, "location", lambda places: _first(location_id, places))

    async def _rearrange(self, shop: Shop, done: str, arranged: Callable[[Locations], Locations]) -> Response:
        await self.service.shops.revise(shop.id, lambda now: replace(now, locations=arranged(now.locations)))
        return redirect(f"{address_in(shop, 'collection')}?done={done}")

    def _page(self, visit: Visit, shop: Shop, *, typed: Typed | None = None, done: str = "") -> Response:
        language = visit.language
        windows = pickup_windows(shop, self.service.clock())[:PREVIEWED]
        days = locale_of(language).days["format"]["wide"]
        return settings_page(
            "settings_collection.html",
            visit,
            tab="collection",
            typed=typed,
            done=done,
            locations=shop.locations,
            calendar=_typed(typed.form) if typed else _written(shop.calendar),
            weekdays=[(number, days[number]) for number in range(7)],
            more_slots=MORE_SLOTS,
            more_days=MORE_DAYS,
            countries=_countries(language),
            windows=[_window_text(window, shop, language) for window in windows],
        )


def _location_page(visit: Visit, shop: Shop, location_id: str, *, typed: Typed | None = None) -> Response:
    location = None if location_id == NEW else _location(shop, location_id)
    kept = {name: getattr(location, name) if location else "" for name in PLACE}
    return settings_page(
        "settings_location.html",
        visit,
        tab="collection",
        typed=typed,
        location=location,
        place={name: typed.form.text(name) for name in PLACE} if typed else kept,
    )


def _location(shop: Shop, location_id: str) -> PickupLocation:
    """Raises Fault where the shop has none by this id."""
    found = next((location for location in shop.locations if location.id == location_id), None)
    if found is None:
        raise not_found("Page")
    return found


def _with(location: PickupLocation, places: Locations) -> Locations:
    """A location in its own place, a new one as the last."""
    if location.id not in {place.id for place in places}:
        return (*places, location)
    return tuple(location if place.id == location.id else place for place in places)


def _without(location_id: str, places: Locations) -> Locations:
    return tuple(place for place in places if place.id != location_id)


def _first(location_id: str, places: Locations) -> Locations:
    return tuple(sorted(places, key=lambda place: place.id != location_id))


def _asked(form: Form) -> dict[str, object]:
    """The calendar's form as the operator's API would send it; fields that were left empty are not there."""
    typed = _typed(form)
    return {
        "weekdays": typed.weekdays,
        "slots": [{"opens": _whole(opens), "closes": _whole(closes)} for opens, closes in typed.slots],
        "cut_off": _whole(typed.cut_off),
        "closed": typed.closed,
        "holidays_of": typed.holidays_of or None,
    }


def _typed(form: Form) -> TypedCalendar:
    slots = zip(form.all("opens"), form.all("closes"), strict=False)
    return TypedCalendar(
        weekdays=form.numbers("weekday"),
        slots=[(opens.strip(), closes.strip()) for opens, closes in slots if opens.strip() or closes.strip()],
        cut_off=form.text("cut_off"),
        closed=[day.strip() for day in form.all("closed") if day.strip()],
        holidays_of=form.text("holidays_of"),
    )


def _written(calendar: Calendar) -> TypedCalendar:
    return TypedCalendar(
        weekdays=sorted(calendar.weekdays),
        slots=[(f"{slot.opens:%H:%M}", f"{slot.closes:%H:%M}") for slot in calendar.slots],
        cut_off=f"{calendar.cut_off:%H:%M}",
        closed=[day.isoformat() for day in sorted(calendar.closed)],
        holidays_of=calendar.holidays_of or "",
    )


def _whole(time: str) -> str:
    """A time with its seconds, which browsers leave out."""
    return f"{time}:00" if len(time) == len("14:00") else time


def _countries(language: str) -> list[tuple[str, str]]:
    """The countries whose public holidays are known, by what the language calls them."""
    named = ((code, country_name(code, language)) for code in known_countries())
    return sorted(((code, name) for code, name in named if name), key=lambda country: country[1])


def _window_text(window: PickupWindow, shop: Shop, language: str) -> str:
    closes = window.closes.astimezone(ZoneInfo(shop.zone))
    return f"{moment_text(window.opens, shop.zone, language)} – {closes:%H:%M}"


def collection_routes(desk: Desk) -> list[Endpoint]:
    pages = CollectionPages(desk)
    return [
        get(COLLECTION)(pages.show),
        post(f"{COLLECTION}/calendar")(pages.save_calendar),
        get(LOCATION)(pages.show_location),
        post(LOCATION)(pages.save_location),
        post(f"{LOCATION}/remove")(pages.remove_location),
        post(f"{LOCATION}/default")(pages.make_default),
    ]
