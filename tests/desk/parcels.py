"""An order's page in the hands of a person: looking at it, and sending its forms."""

from typing import Any

import httpx
from msgspec import Struct

from stoa.orders.order import Order, State
from stoa.store.orders import Happening, Stored
from tests.desk.people import posting, text_of
from tests.skroutz.market import Market

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Packing(Struct, frozen=True):
    """A shop with a webhook address, and somebody of it who is signed in."""

    market: Market
    client: httpx.AsyncClient

    def address(self, order: Order, action: str = "") -> str:
        place = f"/desk/{order.shop_id}/orders/{order.id}"
        return f"{place}/{action}" if action else place

    async def page(self, order: Order, action: str = "") -> httpx.Response:
        answer = await self.client.get(self.address(order, action))
        assert answer.status_code == 200, answer.text
        return answer

    async def reads(self, order: Order, action: str = "") -> str:
        """What the page says, on one line."""
        return text_of(await self.page(order, action))

    async def send(self, order: Order, action: str, **fields: Any) -> httpx.Response:
        """Send a form of the page as it would be opened now; ``version`` is for one that was opened earlier."""
        version = fields.pop("version", None) or (await self.market.stored(order)).version
        return await posting(self.client, self.address(order, action), version=version, **fields)

    async def done(self, order: Order, action: str, **fields: Any) -> Order:
        """The order after a form that is to succeed; the page that follows says what was done."""
        answer = await self.send(order, action, **fields)
        assert answer.status_code == 303, text_of(answer)
        follows = await self.client.get(answer.headers["location"].split("#")[0])
        assert 'class="notice good"' in follows.text
        return await self.now(order)

    async def upload(self, order: Order, name: str, data: bytes, **more: str) -> httpx.Response:
        proof = {"csrf": await self.proof(order), **more}
        return await self.client.post(
            self.address(order, "files"), data=proof, files={"file": (name, data, "application/pdf")}
        )

    async def proof(self, order: Order) -> str:
        return (await self.page(order)).text.split('name="csrf" value="')[1].split('"')[0]

    async def stored(self, order: Order) -> Stored:
        return await self.market.stored(order)

    async def now(self, order: Order) -> Order:
        return (await self.stored(order)).order

    async def last(self, order: Order) -> Happening:
        """What happened to the order last."""
        return (await self.market.stoa.service.orders.history(order.shop_id, order.id))[-1]

    async def untouched(self, order: Order) -> bool:
        """Whether nothing has happened to the order since it was placed."""
        stored = await self.stored(order)
        return stored.version == 1 and stored.order.state is State.OPEN
