"""Pickup windows, computed from a shop's calendar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo

from stoa.orders.order import PickupWindow
from stoa.orders.shop import Calendar, Shop

OFFERED = 5
"""How many windows an order offers at least."""

MOST_OFFERED = 30
"""An order that waits for long is extended, rather than offering a list that nobody reads."""

HORIZON = timedelta(days=60)
"""A calendar without a working day in this time offers no windows, rather than searching for ever."""


def pickup_windows(
    shop: Shop, now: datetime, *, until: datetime | None = None, first_id: int = 1
) -> tuple[PickupWindow, ...]:
    """The next windows that have not begun, earliest first, with ids counted from ``first_id``; times in UTC.

    Enough of them that one is still ahead ``until`` the order's deadline.
    """
    coming = islice(_windows(shop.calendar, now.astimezone(ZoneInfo(shop.zone))), MOST_OFFERED)
    windows: list[tuple[datetime, datetime]] = []
    for opens, closes in coming:
        if len(windows) >= OFFERED and windows[-1][0] > (until or now):
            break
        windows.append((opens, closes))
    return tuple(
        PickupWindow(id=first_id + n, opens=opens, closes=closes) for n, (opens, closes) in enumerate(windows)
    )


def _windows(calendar: Calendar, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    for day in _working_days(calendar, now):
        for slot in sorted(calendar.slots, key=lambda slot: slot.opens):
            # Compared in UTC: on the nights when the clocks change, local times repeat or do not exist.
            opens = datetime.combine(day, slot.opens, now.tzinfo).astimezone(UTC)
            closes = datetime.combine(day, slot.closes, now.tzinfo).astimezone(UTC)
            if now.astimezone(UTC) < opens < closes:
                yield opens, closes


def _working_days(calendar: Calendar, now: datetime) -> Iterator[date]:
    today_is_over = now.time() >= calendar.cut_off
    for ahead in range(int(today_is_over), HORIZON.days):
        day = now.date() + timedelta(days=ahead)
        if is_working_day(calendar, day):
            yield day


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether couriers come on that day."""
    if day.weekday() not in calendar.weekdays or day in calendar.closed:
        return False
    return calendar.holidays_of is None or day not in _holidays(calendar.holidays_of, day.year)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    # The library is large and only this question needs it, so it is loaded when the first one is asked.
    from holidays import country_holidays  # noqa: PLC0415

    return frozenset(country_holidays(country, years=year))


def is_known_country(code: str) -> bool:
    """Whether public holidays are known for an ISO 3166 country code."""
    return code in known_countries()


@cache
def known_countries() -> frozenset[str]:
    """The ISO 3166 codes of the countries whose public holidays are known."""
    from holidays import list_supported_countries  # noqa: PLC0415

    return frozenset(list_supported_countries(include_aliases=False))
