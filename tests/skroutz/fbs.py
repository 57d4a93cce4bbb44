"""The merchant's side of the FBS API, and what lies behind it."""

import httpx
import msgspec

from stoa.orders.shop import Shop
from stoa.orders.warehouse import PurchaseOrder, purchase_order_code
from stoa.store.database import Pool
from tests.conftest import Merchant
from tests.depot import NEWEST, Depot
from tests.skroutz.market import Json

BASE = "/merchants/ecommerce/fbs"
PRODUCTS, PURCHASE_ORDERS, SUPPLIERS = f"{BASE}/products", f"{BASE}/purchase_orders", f"{BASE}/suppliers"


class Fbs(Depot):
    """A shop's goods in the warehouse, and the shop's client."""

    def __init__(self, pool: Pool, merchant: Merchant) -> None:
        super().__init__(pool, merchant.shop)
        self.client = merchant.client

    async def ask(self, path: str, body: object, *, method: str = "POST") -> httpx.Response:
        return await self.client.request(method, path, content=msgspec.json.encode(body))

    async def show(self, path: str, **query: object) -> Json:
        """A list, which must be answered."""
        answer = await self.client.get(path, params={name: str(value) for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    async def announced(self) -> list[PurchaseOrder]:
        """All purchase orders of the shop, newest first, with their lines."""
        bare = await self.warehouse.purchase_orders(self.shop.id, before=NEWEST, limit=1000)
        whole = [await self.warehouse.purchase_order(self.shop.id, order.number) for order in bare]
        return [order for order in whole if order]


def lines_of(order: PurchaseOrder, shop: Shop) -> str:
    """Where the lines of a purchase order are found."""
    return f"{PURCHASE_ORDERS}/{purchase_order_code(order, shop)}/line_items"


def paging(total: int, pages: int, page: int = 1, per: int = 100) -> Json:
    return {"pagination": {"total_results": total, "total_pages": pages, "page": page, "per": per}}
