"""The engine of one process, without the web and without a dialect."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from stoa.clock import Clock
from stoa.engine import Change, Engine
from stoa.orders.commands import Command
from stoa.orders.invoicing import Invoice
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.store.bell import Bell
from stoa.store.database import Pool
from stoa.store.invoices import Invoices
from stoa.store.orders import Message, Orders, Stored
from stoa.store.shops import Shops
from stoa.store.warehouse import Warehouse
from tests.builders import NOON, a_placement, a_shop

HEARS = "tests_orders"
"""The kind of endpoint that hears of every change."""


class Herald:
    """Tells of every change by the name of its event."""

    def messages(self, change: Change) -> Iterable[Message]:
        name = type(change.event).__name__
        return [Message(HEARS, name, str(change.after.id).encode())]


class StillBell(Bell):
    """Notes for which shops it would be rung."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.rung: list[int] = []

    def ring(self, shop_id: int) -> None:
        self.rung.append(shop_id)


class Process(Struct, frozen=True, kw_only=True):
    pool: Pool
    orders: Orders
    invoices: Invoices
    engine: Engine
    bell: StillBell

    async def stored(self, order: Order) -> Stored:
        """The order as it is in the database now."""
        read = await self.orders.read(order.shop_id, order.id)
        assert read is not None
        return read

    async def placing(self, shop: Shop, *then: Command, **what_matters: Any) -> Order:
        """A new order, and what the merchant does at once."""
        number = await self.orders.next_number()
        order = await self.engine.place(a_placement(**what_matters), shop=shop, number=number, then=then)
        assert isinstance(order, Order), order
        return order

    async def asking(
        self, shop: Shop, order: Order, *commands: Command, by: Actor = Actor.MERCHANT
    ) -> Order | Refused:
        on = await self.stored(order)
        return await self.engine.follow(lambda _: commands, on=on, shop=shop, by=by)

    async def doing(self, shop: Shop, order: Order, *commands: Command, by: Actor = Actor.MERCHANT) -> Order:
        """The order after commands that succeed."""
        done = await self.asking(shop, order, *commands, by=by)
        assert isinstance(done, Order), done
        return done

    async def papers(self, shop: Shop, series: str = "INV") -> list[Invoice]:
        return await self.invoices.page(shop.id, series, after=0, limit=1000)


def a_process(pool: Pool, clock: Clock) -> Process:
    orders, invoices, bell = Orders(pool), Invoices(pool), StillBell(pool)
    engine = Engine(
        orders, invoices, [Herald()], clock, bell, lambda order, _: f"CODE-{order.id}", Warehouse(pool)
    )
    return Process(pool=pool, orders=orders, invoices=invoices, engine=engine, bell=bell)


async def opened(pool: Pool, **terms: Any) -> Shop:
    """A new shop that hears of its orders."""
    shops = Shops(pool)
    shop = await shops.add(a_shop(**terms), NOON)
    await shops.set_endpoint(shop.id, HEARS, url="https://shop.gr/hook", signing_key=b"sealed", now=NOON)
    return shop
