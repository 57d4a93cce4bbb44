"""Issued invoices and stornos: numbered without gaps, and never changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from stoa.orders.invoicing import Invoice
from stoa.store.database import Connection, Pool
from stoa.store.orders import Work, all_or_nothing

# The next number of a shop's series. Whoever asks next waits until this transaction has ended: a number that is
# not used after all is given to them.
NEXT_NUMBER = """
INSERT INTO invoice_series AS series (shop_id, series, last_number) VALUES ($1, $2, 1)
ON CONFLICT (shop_id, series) DO UPDATE SET last_number = series.last_number + 1
RETURNING last_number"""

ADD_INVOICE = """
INSERT INTO invoices (shop_id, series, number, order_id, cancels, issued_at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""

READ_INVOICE = "SELECT body FROM invoices WHERE shop_id = $1 AND series = $2 AND number = $3"

# An order's papers, the invoice before its storno.
INVOICES_OF_ORDER = "SELECT body FROM invoices WHERE shop_id = $1 AND order_id = $2 ORDER BY number"

# A shop's papers, in the order in which they were numbered.
LIST_INVOICES = """
SELECT body FROM invoices WHERE shop_id = $1 AND series = $2 AND number > $3 ORDER BY number LIMIT $4"""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Invoice).decode


class Numbering:
    """Numbers of a shop's papers that are used, together with a save, or have never been drawn."""

    def __init__(self, work: Work, shop_id: int) -> None:
        self.work = work
        self._shop_id = shop_id
        self._connection: Connection = work.connection

    async def draw(self, series: str) -> int:
        """The next number of a series."""
        return int(await self._connection.fetchval(NEXT_NUMBER, self._shop_id, series))

    async def invoice(self, series: str, number: int) -> Invoice:
        """A paper that was issued before."""
        return _decode(await self._connection.fetchval(READ_INVOICE, self._shop_id, series, number))

    async def add(self, invoice: Invoice) -> None:
        """Keep the paper; it stays where the save does."""
        await self._connection.execute(
            ADD_INVOICE,
            self._shop_id,
            invoice.series,
            invoice.number,
            invoice.order_id,
            invoice.cancels,
            invoice.issued_at,
            _encode(invoice),
        )


class Invoices:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def numbering(self, shop_id: int) -> AsyncIterator[Numbering]:
        """Draw numbers in a transaction that is kept only where its save succeeds."""
        async with all_or_nothing(self._pool) as work:
            yield Numbering(work, shop_id)

    async def of_order(self, shop_id: int, order_id: int) -> list[Invoice]:
        """The order's invoice, then its storno; they outlive the order."""
        return [_decode(row["body"]) for row in await self._pool.fetch(INVOICES_OF_ORDER, shop_id, order_id)]

    async def page(self, shop_id: int, series: str, *, after: int, limit: int) -> list[Invoice]:
        """A series' papers with numbers above ``after``, in order."""
        rows = await self._pool.fetch(LIST_INVOICES, shop_id, series, after, limit)
        return [_decode(row["body"]) for row in rows]
