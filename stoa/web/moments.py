"""Moments from outside: a year at the edge of what can be counted fails in some time zone, or in the database."""

from datetime import UTC, datetime

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(3000, 1, 1, tzinfo=UTC)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC; without an offset it is UTC already. Raises ValueError with what it must be."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not FIRST <= known < LAST:
        raise ValueError(f"Must lie in the years {FIRST.year} to {LAST.year - 1}.")
    return known.astimezone(UTC)
