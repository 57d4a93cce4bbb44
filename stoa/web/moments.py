"""Moments from outside: a year at the edge of what can be counted fails in some time zone, or in the database."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(3000, 1, 1, tzinfo=UTC)

ONE_DAY, ONE_SECOND = timedelta(days=1), timedelta(seconds=1)

LONGEST_DAY = len("2026-01-31")
"""What is longer has a time beside the day."""


class Span(NamedTuple):
    """From a moment until just before another, both in UTC."""

    begins: datetime
    ends: datetime


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; without an offset it is UTC already. Raises ValueError with what it must be."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not FIRST <= known < LAST:
        raise ValueError(f"Must lie in the years {FIRST.year} to {LAST.year - 1}.")
    return known.astimezone(UTC)


def day_or_moment(text: str, zone: str) -> Span:
    """What an ISO 8601 text stands for: a whole day of the zone, or the second that begins at a moment.

    A moment without an offset is in the zone. Raises ValueError with what it must be.
    """
    here = ZoneInfo(zone)
    day = _day(text)
    if day is None:
        begins = as_utc(_moment(text, here))
        return Span(begins, begins + ONE_SECOND)
    # A day has an hour less, or more, when the clocks change.
    return Span(as_utc(_midnight(day, here)), _midnight(day + ONE_DAY, here).astimezone(UTC))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        read = datetime.fromisoformat(_with_plus(text))
    except ValueError:
        raise ValueError(
            "Must be a day or a moment, such as 2026-01-31 or 2026-01-31T12:00:00+02:00."
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _with_plus(text: str) -> str:
    """A plus sign that was not escaped arrives as a space; the space between day and time is one."""
    moment, _, offset = text.rpartition(" ")
    return f"{moment}+{offset}" if len(moment) > LONGEST_DAY else text
