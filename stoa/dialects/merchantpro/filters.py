"""Which orders a list shows: the query's parameters (MerchantPro Orders API, extract order list)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct
from starlette.requests import Request

from stoa.dialects.merchantpro.wire import OrderView
from stoa.dialects.merchantpro.words import (
    SHIPPING_STATUSES,
    payment_filter,
    payment_step_of_substatus,
    read_payment_status,
    shipping_method_key,
    steps_of_substatus,
)
from stoa.orders.progress import Stage, Step
from stoa.orders.shop import Shop
from stoa.store.orders import Search
from stoa.web.bodies import check_text
from stoa.web.faults import invalid
from stoa.web.moments import day_or_moment
from stoa.web.queries import BIGGEST, one_of, whole_number

MOST_ON_A_PAGE = 100
MOST_NUMBERS = 1000
"""Numbers in one list of them: an address has to end somewhere."""

FIELDS = frozenset(OrderView.__annotations__)

NO_STEP = "none"
"""A step that no order is at, for a number that no substatus has."""

T = TypeVar("T")

Read = Callable[[str, Shop], object]


class Asked(Struct, frozen=True):
    """A list: which orders, and which of their fields."""

    search: Search
    fields: frozenset[str] | None
    include: frozenset[str]


def read_list(request: Request, shop: Shop) -> Asked:
    """What is asked for. Parameters that the contract does not have are ignored. Raises Fault."""
    given = _given(request)
    fields, include = read_fields(request), _names(given.get("include", ""))
    search = Search(
        conditions=dict(_condition(name, text, shop) for name, text in given.items() if name in FILTERS),
        ascending=_read("sort", given, NEWEST_FIRST, one_of(SORTS)),
        start=_read("start", given, "0", whole_number(0, BIGGEST)),
        limit=_read("limit", given, str(MOST_ON_A_PAGE), whole_number(1, MOST_ON_A_PAGE)),
        lines="line_items" in include | (fields or frozenset()),
    )
    return Asked(search, fields, include)


def read_fields(request: Request) -> frozenset[str] | None:
    """The fields asked for, None for all. Raises Fault."""
    fields = _given(request).get("fields")
    return None if fields is None else _names(fields)


def _given(request: Request) -> dict[str, str]:
    given = request.query_params
    for name in given:
        if name in KNOWN and len(given.getlist(name)) > 1:
            raise invalid(name, "This parameter is given twice.")
    return {name: given[name] for name in given if name in KNOWN}


def _condition(name: str, text: str, shop: Shop) -> tuple[str, object]:
    condition, read = FILTERS[name]
    with _naming(name):
        return condition, read(check_text(name, text), shop)


def _read(name: str, given: Mapping[str, str], default: str, read: Callable[[str], T]) -> T:
    with _naming(name):
        return read(check_text(name, given.get(name, default)))


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Say of a value that will not do which parameter it is of."""
    try:
        yield
    except ValueError as fault:
        raise invalid(name, str(fault)) from fault


def _names(text: str) -> frozenset[str]:
    """The fields that are named; other names are ignored."""
    return frozenset(name.strip() for name in text.split(",")) & FIELDS


def links(request: Request, search: Search, total: int) -> dict[str, str | None]:
    """The addresses of this page and those beside it: path and query, null where there is none."""
    query = request.scope["query_string"].decode("latin-1")
    # Who went beyond the last order is led back to it, and no order is on two pages.
    before, after = min(search.start, total), search.start + search.limit
    first, limit = max(0, before - search.limit), min(before, search.limit)
    return {
        "prev": _page(request, first, limit) if before else None,
        "current": f"{request.url.path}?{query}" if query else request.url.path,
        "next": _page(request, after, search.limit) if after < total else None,
    }


def _page(request: Request, start: int, limit: int) -> str:
    others = [
        (name, value)
        for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if name not in {"start", "limit"}
    ]
    # Commas between numbers stay readable, as they came.
    query = urlencode([*others, ("start", start), ("limit", limit)], safe=",:@")
    return f"{request.url.path}?{query}"


def _number(text: str, _shop: Shop) -> int:
    return whole_number(0, BIGGEST)(text)


def _numbers(text: str, shop: Shop) -> list[int]:
    parts = text.split(",")
    if len(parts) > MOST_NUMBERS:
        raise ValueError(f"At most {MOST_NUMBERS} numbers.")
    try:
        return [_number(part.strip(), shop) for part in parts]
    except ValueError:
        raise ValueError("Must be whole numbers separated by commas.") from None


def _text(text: str, _shop: Shop) -> str:
    if not text:
        raise ValueError("Must not be empty.")
    return text


def _payment_status(text: str, _shop: Shop) -> str:
    status = read_payment_status(text)
    if status is None:
        raise ValueError("Must be a payment status, such as awaiting, paid or cancelled.")
    return status


def _shipping_status(text: str, _shop: Shop) -> Stage:
    return one_of({status.value: status for status in SHIPPING_STATUSES})(text)


def _payment_step(text: str, shop: Shop) -> str:
    return payment_step_of_substatus(_number(text, shop)) or NO_STEP


def _steps(text: str, shop: Shop) -> list[Step]:
    return steps_of_substatus(_number(text, shop))


def _payment_code(text: str, _shop: Shop) -> str:
    code = payment_filter(text)
    if code is None:
        raise ValueError("There is no such payment method.")
    return code


def _shipping_method(text: str, shop: Shop) -> str:
    return shipping_method_key(_number(text, shop)) or ""


def _moment(text: str, shop: Shop) -> datetime:
    """A day is its first moment."""
    return day_or_moment(text, shop.zone).begins


FILTERS: Mapping[str, tuple[str, Read]] = {
    "id": ("id", _number),
    "ids": ("ids", _numbers),
    "payment_status": ("payment_status", _payment_status),
    "payment_substatus_id": ("payment_step", _payment_step),
    "payment_method_code": ("payment_code", _payment_code),
    "payment_transaction_id": ("payment_reference", _text),
    "shipping_status": ("stage", _shipping_status),
    "shipping_substatus_id": ("steps", _steps),
    "shipping_method_id": ("shipping_method", _shipping_method),
    "shipping_awb": ("tracking_code", _text),
    "customer_id": ("customer_number", _number),
    "customer_email": ("customer_email", _text),
    "created_after": ("placed_from", _moment),
    "created_before": ("placed_before", _moment),
    "tag_name": ("tag_name", _text),
    "tag_ids": ("tag_ids", _numbers),
}
"""Each parameter: the condition of a search that it is, and how it is read; a reader raises ValueError."""

SORTS = {"date_created": True, "date_created.desc": False, "data_created": True, "data_created.desc": False}
"""Whether the oldest come first; the seed's misspelling is what some clients send."""

NEWEST_FIRST = "date_created.desc"

KNOWN = frozenset({*FILTERS, "fields", "include", "sort", "start", "limit"})

PARAMETERS = {
    "fields": "Only these fields, separated by commas; id is always there",
    "include": "Fields that a list leaves out: line_items, rma_orders, internal_notes, shipping_delivery_info",
    "sort": "date_created or date_created.desc",
    "start": "How many orders to skip",
    "limit": "How many orders at most, 1 to 100",
    **dict.fromkeys(FILTERS, "Only orders with this value"),
    "ids": "Only the orders with these numbers, separated by commas",
    "tag_ids": "Only orders with one of these tags, separated by commas",
    "created_after": "Only orders from this day or moment on (ISO 8601)",
    "created_before": "Only orders before this day or moment (ISO 8601)",
}
"""What each parameter means, for the OpenAPI document."""
