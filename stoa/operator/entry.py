"""What all routes of the operator's API have in common: who comes in, for which shop, and how lists come in pages."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stoa.operator.view import Json
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.store.shops import OPERATOR_PREFIX
from stoa.web.credentials import bearer
from stoa.web.faults import not_found
from stoa.web.queries import BIGGEST, Readers, read_query, whole_number
from stoa.web.replies import reply

BASE = "/operator/v1"
SHOPS = f"{BASE}/shops"
SHOP = f"{SHOPS}/{{shop_id:int}}"

CREATED = 201
PAGE = 50

PAGING = {"limit": "How many, 1 to 100", "cursor": "Where the page before ended: its `next`"}
PAGING_READERS = {"limit": whole_number(1, 100), "cursor": whole_number(1, BIGGEST)}


class Entry:
    """The operator's door."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def enter(self, request: Request) -> None:
        """Let the operator in. Raises Fault or Stranger."""
        await self.service.shops.operator(bearer(request, OPERATOR_PREFIX))

    async def shop(self, request: Request, shop_id: int) -> Shop:
        """The shop asked for. Raises Fault or Stranger."""
        call = await self.service.shops.operator(
            bearer(request, OPERATOR_PREFIX), known_number(shop_id, "Shop")
        )
        if call.shop is None:
            raise not_found("Shop")
        return call.shop

    async def order(
        self, request: Request, shop_id: int, order_id: int, what: str = "Order"
    ) -> tuple[Shop, Stored]:
        """The order asked for, which is called ``what`` where there is none. Raises Fault or Stranger."""
        call = await self.service.shops.operator(
            bearer(request, OPERATOR_PREFIX), known_number(shop_id, "Shop"), known_number(order_id, what)
        )
        if call.shop is None:
            raise not_found("Shop")
        if call.found is None:
            raise not_found(what)
        return call.shop, call.found


def known_number(number: int, what: str) -> int:
    """A number that the database can hold. Raises Fault."""
    if not 1 <= number <= BIGGEST:
        raise not_found(what)
    return number


def read_page(request: Request, filters: Readers) -> tuple[int, int | None, dict[str, Any]]:
    """How many are asked for, where the page before ended, and the list's own filters. Raises Fault."""
    query = read_query(request, {**PAGING_READERS, **filters})
    return query.pop("limit") or PAGE, query.pop("cursor"), query


def page_of(items: list[Json], limit: int, *, by: str = "id") -> Response:
    """A page of at most ``limit``; one item more than that says that there is another page, which goes on after
    the field ``by`` of this one's last."""
    more = len(items) > limit
    return reply({"items": items[:limit], "next": str(items[limit - 1][by]) if more else None})
