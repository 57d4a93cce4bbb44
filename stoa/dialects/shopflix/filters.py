"""Which orders a list shows: the query's parameters (Shopflix Merchant API, get orders)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.requests import Request

from stoa.dialects.shopflix.view import local
from stoa.dialects.shopflix.wire import ParamsView
from stoa.dialects.shopflix.words import STATES_BY_WORD, steps_of
from stoa.orders.shop import Shop
from stoa.store.orders import Search
from stoa.web.bodies import check_text
from stoa.web.faults import invalid
from stoa.web.moments import ONE_SECOND, Span, day_or_moment
from stoa.web.queries import BIGGEST, one_of, whole_number

MOST_ON_A_PAGE = 100
ON_A_PAGE = 10

MOST_PAGES = BIGGEST // MOST_ON_A_PAGE
"""The database counts the orders before a page."""

THE_BEGINNING = "2020-01-01 00:00:00"
"""What ``dateFrom`` shows where it is not given; it leaves no order out."""

PARAMETERS = {
    "page": "Which page, from 1 on",
    "itemsPerPage": f"How many orders on a page, 1 to {MOST_ON_A_PAGE}; {ON_A_PAGE} where it is not given",
    "status": "Only orders in this state, by its name or its letter",
    "state": "The same",
    "dateFrom": "Only orders from this day or moment on (ISO 8601)",
    "dateTo": "Only orders until the end of this day or second (ISO 8601)",
}
"""What each parameter means, for the OpenAPI document."""

T = TypeVar("T")


class Asked(Struct, frozen=True):
    """A list: which orders, and what the answer repeats of the question, its times the shop's."""

    search: Search
    page: int
    status: str | None
    date_from: str
    date_to: str

    def params(self, total: int) -> ParamsView:
        return {
            "page": self.page,
            "itemsPerPage": self.search.limit,
            "totalItems": total,
            "status": self.status,
            "dateFrom": self.date_from,
            "dateTo": self.date_to,
        }


def read_list(request: Request, shop: Shop, now: datetime) -> Asked:
    """What is asked for. Parameters that the contract does not have are ignored. Raises Fault."""
    given = _given(request)
    page = _read("page", given, whole_number(1, MOST_PAGES)) or 1
    limit = _read("itemsPerPage", given, whole_number(1, MOST_ON_A_PAGE)) or ON_A_PAGE
    placed, zone = _placed(given, shop), ZoneInfo(shop.zone)
    conditions = {**_in_states(given), **placed}
    return Asked(
        search=Search(conditions=conditions, lines=False, start=(page - 1) * limit, limit=limit),
        page=page,
        status=given.get("status") or given.get("state"),
        date_from=local(placed["placed_from"], zone) if "placed_from" in placed else THE_BEGINNING,
        date_to=local(placed["placed_before"] - ONE_SECOND if "placed_before" in placed else now, zone),
    )


def _given(request: Request) -> dict[str, str]:
    """The parameters that say something: an empty one is as if it were not there. Raises Fault."""
    given = request.query_params
    for name in PARAMETERS:
        if len(given.getlist(name)) > 1:
            raise invalid(name, "This parameter is given twice.")
    return {name: check_text(name, given[name]) for name in PARAMETERS if given.get(name)}


def _read(name: str, given: Mapping[str, str], read: Callable[[str], T]) -> T | None:
    if name not in given:
        return None
    try:
        return read(given[name])
    except ValueError as fault:
        raise invalid(name, str(fault)) from fault


def _in_states(given: Mapping[str, str]) -> dict[str, object]:
    """The steps asked for, as a condition: all but those of returns, unless less is. Raises Fault."""
    by_status, by_state = (_read(name, given, one_of(STATES_BY_WORD)) for name in ("status", "state"))
    if by_status and by_state and by_status != by_state:
        raise invalid("state", "Must be the same as status, or left out.")
    states = by_status or by_state
    return {"steps": steps_of(states)} if states else {"sales": True}


def _placed(given: Mapping[str, str], shop: Shop) -> dict[str, datetime]:
    """The times asked for, in whole seconds as the orders show them, as conditions. Raises Fault."""

    def read(text: str) -> Span:
        return day_or_moment(text, shop.zone)

    first, last = _read("dateFrom", given, read), _read("dateTo", given, read)
    since = {"placed_from": first.begins.replace(microsecond=0)} if first else {}
    until = {"placed_before": last.ends.replace(microsecond=0)} if last else {}
    if since and until and since["placed_from"] >= until["placed_before"]:
        raise invalid("dateFrom", "Must not be after dateTo.")
    return since | until
