"""What the simulated shop has in the marketplace's warehouse: the merchant announces goods, the operator takes them in."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from stoa.simulator.catalogue import STORED, SUPPLIER, Product
from stoa.simulator.orders import ean_of, happens
from stoa.simulator.pace import Pace
from stoa.simulator.server import NotDone, Server, Stocked

ANNOUNCED, RECEIVED = "purchase_orders_announced", "purchase_orders_received"

FEW = 40
"""Pieces of a product that are enough where few orders come."""

LASTS_FOR = 60
"""So many steps of a life, about, until what lies in the warehouse is sold."""

SOLD_BY_AN_ORDER = 0.03
"""Pieces of each product, on average."""

SHORT_BELOW = 0.75
"""The share of what is enough, below which a product runs short."""

LOOKS_AFTER = 4
"""Steps of a life until the merchant looks again."""


def enough(per_second: float, pause: float) -> int:
    """How many pieces of a product to have, where so many orders come and so many seconds lie between two steps."""
    return max(FEW, round(per_second * pause * LASTS_FOR * SOLD_BY_AN_ORDER))


class Supplies:
    """Keeps ``pieces`` of each product in the warehouse, about."""

    def __init__(self, server: Server, pace: Pace, tally: Counter[str], *, pieces: int) -> None:
        self._server = server
        self._pace = pace
        self._tally = tally
        self._pieces = pieces
        self._on_their_way: dict[int, dict[str, int]] = {}

    async def keep_up(self) -> None:
        """Take in what was announced, and announce what runs short, until the run is over. Raises RunIsOver."""
        while True:
            # What was not done has been counted, and there is a next time.
            with suppress(NotDone):
                await self._take_in()
                await self._restock()
            await self._pace.pause(LOOKS_AFTER)

    async def _take_in(self) -> None:
        """All that is on its way; now and then a piece is missing."""
        while self._on_their_way:
            number, expected = self._on_their_way.popitem()
            uid = self._pace.chance.choice(list(expected))
            missing = happens(self._pace.chance, 0.3)
            counted = [{"shop_uid": uid, "actual_quantity": expected[uid] - 1}] if missing else []
            await self._server.receive(number, {"lines": counted})
            self._tally[RECEIVED] += 1

    async def _restock(self) -> None:
        """Products that the marketplace does not sell from there are left alone."""
        stocked = {product.shop_uid: product for product in await self._server.products()}
        known = [stocked.get(product.uid) or await self._register(product) for product in STORED]
        short = {
            product.shop_uid: self._pieces - product.quantity
            for product in known
            if product.active and product.quantity < self._pieces * SHORT_BELOW
        }
        if short:
            await self._announce(short)

    async def _register(self, product: Product) -> Stocked:
        return await self._server.register(
            {"shop_uid": product.uid, "name": product.name, "ean": ean_of(product.uid)}
        )

    async def _announce(self, pieces: dict[str, int]) -> None:
        lines = [{"product_uid": uid, "expected_quantity": number} for uid, number in pieces.items()]
        expected = datetime.now(UTC).date() + timedelta(days=2)
        number = await self._server.announce(
            {"expected_date": expected, "supplier_id": await self._supplier(), "line_items": lines}
        )
        self._on_their_way[number] = pieces
        self._tally[ANNOUNCED] += 1

    async def _supplier(self) -> str:
        """The id of who sends the goods, who is made known first where the shop has never heard of them."""
        ids = {supplier.code: supplier.id for supplier in await self._server.suppliers()}
        if SUPPLIER["code"] not in ids:
            await self._server.add_supplier(SUPPLIER)
            ids = {supplier.code: supplier.id for supplier in await self._server.suppliers()}
        return ids[SUPPLIER["code"]]
