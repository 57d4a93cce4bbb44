"""A shop that is reached through every dialect, and every answer that there is about one of its orders."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from msgspec import Struct

from stoa.app import Stoa, web_app
from stoa.orders.order import Order
from stoa.orders.progress import Step
from stoa.orders.shop import Shop
from tests.builders import a_shop
from tests.conftest import ACCEPT, SERVER, Merchant
from tests.dialects.agreement import Facts, disagreements, step_told
from tests.dialects.tellers import Json, Views, told_by_all
from tests.merchantpro.back_office import BackOffice, basic
from tests.shopflix.counter import Counter, answered, not_found
from tests.skroutz.market import Market, code_of


class Stall(Struct, frozen=True):
    """One shop, the merchant's clients of all dialects, and the operator's of its own API."""

    market: Market
    office: BackOffice
    counter: Counter
    operator: httpx.AsyncClient

    @property
    def shop(self) -> Shop:
        return self.market.shop

    async def order(self, number: int) -> Order:
        return (await self.office.stored(number)).order

    async def views(self, order: Order) -> Views:
        """What every dialect answers about the order; each list is asked for orders that are where this one is."""
        if order.return_request is not None:
            return await self._views_of_return(order)
        skroutz, shopflix = await self.market.show(order), await self.counter.show(order)
        merchantpro = await self.office.show(order.id)
        return {
            "Skroutz": skroutz,
            "MerchantPro": merchantpro,
            "MerchantPro's list": await self._entry_of_merchantpro(merchantpro),
            "Shopflix": shopflix,
            "Shopflix's list": await self._entry_of_shopflix(shopflix),
        }

    async def _views_of_return(self, returned: Order) -> Views:
        """The same of a return: an order for MerchantPro alone, and in Skroutz what its order links to."""
        assert (await self.market.client.get(self.market.address(returned))).status_code == 404
        unknown = not_found(self.counter.identifier(returned))
        assert answered(await self.counter.client.get(self.counter.address(returned))) == unknown
        merchantpro = await self.office.show(returned.id)
        return {
            "Skroutz's return": await self._return_of_skroutz(returned),
            "MerchantPro": merchantpro,
            "MerchantPro's list": await self._entry_of_merchantpro(merchantpro),
            **await self._link_of_skroutz(returned),
        }

    async def _return_of_skroutz(self, returned: Order) -> Json:
        answer = await self.market.client.get(self.address(returned))
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()["return"]
        return shown

    async def _link_of_skroutz(self, returned: Order) -> Views:
        """What the order of a return tells of it in Skroutz; nothing where it has been deleted."""
        assert returned.return_of is not None
        source = await self.market.client.get(
            self.market.address(code_of(returned.return_of, self.shop.zone))
        )
        if source.status_code == 404:
            return {}
        code = self.code(returned)
        (link,) = [link for link in source.json()["order"]["returns"] if link["return_uuid"] == code]
        return {"Skroutz's link to a return": link}

    def code(self, returned: Order) -> str:
        """What Skroutz calls a return."""
        return f"R-{code_of(returned, self.shop.zone)}"

    def address(self, returned: Order, call: str | None = None) -> str:
        """Where a return is found in Skroutz's API."""
        at = f"/merchants/ecommerce/returns/{self.code(returned)}"
        return f"{at}/{call}" if call else at

    async def _entry_of_merchantpro(self, shown: Json) -> Json:
        named = {name: shown[name] for name in ("shipping_status", "shipping_substatus_id")}
        return _only_one((await self.office.page(ids=shown["id"], **named))["data"], shown["id"])

    async def _entry_of_shopflix(self, shown: Json) -> Json:
        page = await self.counter.page(state=shown["state"], itemsPerPage=100)
        return _only_one(page["orders"], shown["id"])

    async def agreed_views(self, order: Order) -> Views:
        """The same, where they all agree, on where the order, or the return, is too."""
        views = await self.views(order)
        found = disagreements(self.told(views))
        assert not found, "\n".join(found)
        assert len(step_told(self.told(views))) == 1
        return views

    def step(self, views: Views) -> Step:
        """Where an order is by what all answers together tell, which agree."""
        return next(iter(step_told(self.told(views))))

    def told(self, views: Views) -> dict[str, Facts]:
        """What each answer tells, by its name."""
        return told_by_all(views, ZoneInfo(self.shop.zone))


def _only_one(entries: list[Json], number: object) -> Json:
    (entry,) = [entry for entry in entries if entry["id"] == number]
    return entry


@asynccontextmanager
async def opening_a_stall(stoa: Stoa, **terms: Any) -> AsyncIterator[Stall]:
    """A Greek shop whose back office is in English, as Shopflix's names of countries are."""
    shops, now = stoa.service.shops, stoa.service.clock()
    shop = await shops.add(a_shop(**{"id": 0, "language": "en"} | terms), now)
    await shops.set_endpoint(
        shop.id, "skroutz_orders", url="https://shop.example.com/webhooks", signing_key=b"sealed", now=now
    )
    skroutz, merchantpro, shopflix = [
        await shops.issue(shop.id, dialect, now) for dialect in ("skroutz", "merchantpro", "shopflix")
    ]
    async with AsyncExitStack() as stack:
        transport = httpx.ASGITransport(web_app(stoa, server=SERVER))

        async def client(authorization: str) -> httpx.AsyncClient:
            headers = {"Authorization": authorization, "Accept": ACCEPT}
            calling = httpx.AsyncClient(transport=transport, base_url=SERVER, headers=headers)
            return await stack.enter_async_context(calling)

        market = Market(stoa, Merchant(shop, await client(f"Bearer {skroutz}"), str(skroutz)))
        yield Stall(
            market,
            BackOffice(market, await client(basic(merchantpro.key, merchantpro.secret)), merchantpro),
            Counter(market, await client(basic(shopflix.key, shopflix.secret)), shopflix),
            operator=await client(f"Bearer {await shops.issue_to_operator(now)}"),
        )
