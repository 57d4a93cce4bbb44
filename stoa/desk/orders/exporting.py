"""Orders as tables to take away: those that are selected, or all that a list shows."""

from collections.abc import AsyncIterator, Sequence
from io import BytesIO

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from stoa.desk.entry import Desk, Visit
from stoa.desk.orders.bulk import Bulk
from stoa.desk.orders.listing import ORDERS, OrderList
from stoa.documents.exports import Export
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.store.desk_orders import DeskOrders
from stoa.web.faults import not_found
from stoa.web.replies import reply_bytes
from stoa.web.routing import Endpoint, get, post

MOST_ORDERS = 20_000
"""Orders of one table; of more the newest."""

BATCH = 500

CSV = "csv"

MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}


class Exporting:
    """For those who may see money and customers: the shop's owner."""

    def __init__(self, desk: Desk, bulk: Bulk) -> None:
        self.service = desk.service
        self.door = desk.door
        self.bulk = bulk
        self.orders = DeskOrders(desk.service.pool)

    async def selected(self, request: Request, shop_id: int, kind: str) -> Response:
        chosen = await self.bulk.chosen(request, shop_id, owner=True)
        if isinstance(chosen, Response):
            return chosen
        numbers = [stored.order.id for stored in chosen.stored]
        return await self._table(chosen.visit, chosen.shop, numbers, kind)

    async def all_that_match(self, request: Request, shop_id: int, kind: str) -> Response:
        visit, shop = await self.door.shop(request, shop_id, owner=True)
        wish, _ = self.bulk.list.reader(shop).read(request.query_params)
        newest_first = replace(wish.filter(shop), oldest_first=False)
        numbers = await self.orders.ids(shop.id, newest_first, MOST_ORDERS)
        return await self._table(visit, shop, numbers, kind)

    async def _table(self, visit: Visit, shop: Shop, numbers: Sequence[int], kind: str) -> Response:
        if kind not in MEDIA_TYPES:
            raise not_found("File")
        table = Export(shop, self.service.channel_code, language=visit.language)
        batches = self._batches(shop, numbers)
        headers = HEADERS | {"Content-Disposition": f'attachment; filename="orders.{kind}"'}
        if kind == CSV:
            return StreamingResponse(table.csv(batches), media_type=MEDIA_TYPES[kind], headers=headers)
        # Compressed, even the largest is some megabytes.
        book = BytesIO()
        await table.xlsx(batches, book)
        return reply_bytes(book.getvalue(), media_type=MEDIA_TYPES[kind], headers=headers)

    async def _batches(self, shop: Shop, numbers: Sequence[int]) -> AsyncIterator[list[Order]]:
        """The orders by these numbers, some at a time; without those that are deleted meanwhile."""
        for start in range(0, len(numbers), BATCH):
            some = numbers[start : start + BATCH]
            known = await self.service.orders.read_some(shop.id, some)
            yield [known[number].order for number in some if number in known]


def export_routes(desk: Desk) -> list[Endpoint]:
    tables = Exporting(desk, Bulk(desk, OrderList(desk)))
    return [
        get(f"{ORDERS}/export/{{kind:str}}")(tables.all_that_match),
        post(f"{ORDERS}/export/{{kind:str}}")(tables.selected),
    ]
