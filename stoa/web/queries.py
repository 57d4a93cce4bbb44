"""Reading a request's query and headers: a misspelt name is a fault, not silence."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from starlette.requests import Request

from stoa.web.bodies import check_text
from stoa.web.faults import invalid
from stoa.web.moments import as_utc

T = TypeVar("T")

Readers = Mapping[str, Callable[[str], object]]
"""How each known name is read; a reader raises ValueError with what the value must be."""


def read_query(request: Request, readers: Readers) -> dict[str, Any]:
    """The given parameters by name; None for those that are not. Raises Fault."""
    given = request.query_params
    for name in given:
        if name not in readers:
            raise invalid(check_text("query", name), "There is no such parameter.")
        if len(given.getlist(name)) > 1:
            raise invalid(name, "This parameter is given twice.")
    return {name: _read(name, given.get(name), read) for name, read in readers.items()}


def _read(name: str, text: str | None, read: Callable[[str], object]) -> object:
    if text is None:
        return None
    try:
        return read(check_text(name, text))
    except ValueError as fault:
        raise invalid(name, str(fault)) from fault


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        # As long as the largest number at most: what stands behind many zeros is no smaller for them.
        if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST and least <= int(text) <= most):
            raise ValueError(f"Must be a whole number from {least} to {most}.")
        return int(text)

    return read


def one_of(values: Mapping[str, T]) -> Callable[[str], T]:
    def read(text: str) -> T:
        if text not in values:
            raise ValueError(f"Must be one of {', '.join(values)}.")
        return values[text]

    return read


def moment(text: str) -> datetime:
    """ISO 8601; without an offset it is UTC."""
    try:
        # A plus sign that was not escaped arrives as a space.
        read = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ValueError("Must be a moment such as 2026-01-31T12:00:00+02:00.") from None
    return as_utc(read)


BIGGEST = 2**63 - 1
"""The largest number that the database can hold."""

LONGEST = len(str(BIGGEST))
"""Digits that a number may have."""
