"""Orders as a table, for accountants and their spreadsheets: CSV, and XLSX with typed cells.

A row is a line of an order, or its shipping, because that is what is taxed: summed up by rate, the rows give what an
invoice gives. What is known of the order stands in each of its rows, so that every row can be filtered; an amount of the
order as a whole stands in the first only, so that no sum counts it twice.
"""

import asyncio
import csv
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from io import StringIO
from itertools import zip_longest
from typing import BinaryIO, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from stoa.documents.sheet import paper_number, variant_of
from stoa.documents.vouchers import ChannelCode
from stoa.languages import country_name, translate
from stoa.languages.statuses import PAYMENT_METHODS, PAYMENT_STATUSES, step_text
from stoa.orders.carriers import CARRIERS
from stoa.orders.invoicing import SHIPPING, Invoice, InvoiceLine, invoice_of
from stoa.orders.order import Line, Order
from stoa.orders.shop import Shop
from stoa.orders.stock import product_uid

Cell: TypeAlias = str | int | datetime | None
"""A text, a number (of pieces, cents or basis points) or a moment in the shop's zone; None where nothing is known."""


class Export:
    """Says a shop's orders in tables, with headings and statuses in a language; times are the shop's local time.

    Orders come in batches, of which only one is in memory at a time and is written off the event loop.
    """

    def __init__(self, shop: Shop, code: ChannelCode, *, language: str) -> None:
        self._shop = shop
        self._code = code
        self._language = language
        self._zone = ZoneInfo(shop.zone)

    async def csv(self, batches: AsyncIterable[Sequence[Order]]) -> AsyncIterator[bytes]:
        """The table as RFC 4180 says, in UTF-8 with a byte order mark, piece by piece.

        Cells are divided by semicolons and amounts have a decimal comma: the spreadsheets of the countries that our
        shops are in, from Greece to Hungary, open that with a double click. What would be taken for a formula
        has an apostrophe before it.
        """
        headings = [translate(detail.heading, self._language) for detail in _DETAILS]
        yield b"\xef\xbb\xbf" + _csv_lines([headings])
        async for orders in batches:
            yield await asyncio.to_thread(self._csv_of, orders)

    async def xlsx(self, batches: AsyncIterable[Sequence[Order]], file: BinaryIO) -> None:
        """Write the table as a workbook to the file, on as many sheets as it needs."""
        headings = [translate(detail.heading, self._language) for detail in _DETAILS]
        book = _Book(file, translate("Orders", self._language), headings)
        try:
            async for orders in batches:
                await asyncio.to_thread(book.write, self._rows(orders))
        finally:
            await asyncio.to_thread(book.close)

    def _csv_of(self, orders: Sequence[Order]) -> bytes:
        return _csv_lines(
            [_in_csv(detail.kind, cell) for detail, cell in zip(_DETAILS, row, strict=True)]
            for row in self._rows(orders)
        )

    def _rows(self, orders: Iterable[Order]) -> Iterator[list[Cell]]:
        for order in orders:
            for item in self._items(order):
                yield [detail.of(item) for detail in _DETAILS]

    def _items(self, order: Order) -> Iterator["_Item"]:
        code = self._code(order, self._shop)
        # What each line is worth is settled in one place, for papers as for tables.
        paper = invoice_of(order, self._shop, number=0, order_code=code, now=order.placed_at)
        for place, (line, sold) in enumerate(zip_longest(order.lines, paper.lines)):
            yield _Item(
                order=order,
                paper=paper,
                line=line,
                sold=sold,
                is_first=place == 0,
                zone=self._zone,
                language=self._language,
            )


class _Item(Struct, frozen=True, kw_only=True):
    """What a row is about: a line of an order, or its shipping where that is None."""

    order: Order
    paper: Invoice
    line: Line | None
    sold: InvoiceLine
    is_first: bool
    zone: ZoneInfo
    language: str

    def say(self, text: str) -> str:
        return translate(text, self.language)

    def local(self, at: datetime | None) -> datetime | None:
        # Neither kind of table knows of time zones.
        return at.astimezone(self.zone).replace(tzinfo=None) if at else None

    def once(self, cents: int) -> int | None:
        """An amount of the whole order."""
        return cents if self.is_first else None


class _Kind(Enum):
    TEXT = auto()
    NUMBER = auto()
    MONEY = auto()
    RATE = auto()
    MOMENT = auto()


class _Detail(NamedTuple):
    """What a column tells of every row; the heading is in English."""

    heading: str
    kind: _Kind
    width: int
    of: Callable[[_Item], Cell]


def _name(item: _Item) -> str:
    return item.line.name if item.line else item.say(SHIPPING)


def _unit_price(item: _Item) -> int:
    return item.line.unit_price_cents if item.line else item.order.shipping_cents


def _ean(item: _Item) -> str | None:
    line = item.line
    return ((line.size.ean if line.size else None) or line.ean) if line else None


def _carrier(item: _Item) -> str | None:
    carrier = item.order.carrier
    return CARRIERS.get(carrier, carrier) if carrier else None


def _country(item: _Item) -> str:
    code = item.order.address.country_code
    return country_name(code, item.language) or code


def _company(item: _Item) -> str | None:
    return item.paper.buyer.name if item.paper.buyer.vat_number else None


def _invoice(item: _Item) -> str | None:
    issued = item.order.issued_invoice
    return paper_number(issued.series, issued.number) if issued else None


_DETAILS = (
    _Detail("Order", _Kind.TEXT, 18, lambda item: item.paper.order_code),
    _Detail("Type", _Kind.TEXT, 10, lambda item: item.say("Return" if item.order.return_of else "Sale")),
    _Detail("Channel", _Kind.TEXT, 12, lambda item: item.order.channel),
    _Detail("Ordered", _Kind.MOMENT, 16, lambda item: item.local(item.order.placed_at)),
    _Detail("Status", _Kind.TEXT, 22, lambda item: item.say(step_text(item.order))),
    _Detail("Product", _Kind.TEXT, 40, _name),
    _Detail("Variant", _Kind.TEXT, 18, lambda item: variant_of(item.line) if item.line else None),
    _Detail("Code", _Kind.TEXT, 16, lambda item: product_uid(item.line) if item.line else None),
    _Detail("SKU", _Kind.TEXT, 16, lambda item: item.line.sku if item.line else None),
    _Detail("EAN", _Kind.TEXT, 16, _ean),
    _Detail("Quantity", _Kind.NUMBER, 10, lambda item: item.sold.quantity),
    _Detail("Unit price", _Kind.MONEY, 12, _unit_price),
    _Detail("Net amount", _Kind.MONEY, 12, lambda item: item.sold.net_cents),
    # What carries no VAT is not taxed, whatever its rate would be: invoices say the same.
    _Detail("VAT %", _Kind.RATE, 8, lambda item: item.sold.vat_rate if item.sold.vat_cents else 0),
    _Detail("VAT", _Kind.MONEY, 12, lambda item: item.sold.vat_cents),
    _Detail("Total", _Kind.MONEY, 12, lambda item: item.sold.gross_cents),
    _Detail("Commission", _Kind.MONEY, 12, lambda item: item.line.commission_cents if item.line else 0),
    _Detail("Currency", _Kind.TEXT, 9, lambda item: item.order.currency),
    _Detail("Order total", _Kind.MONEY, 12, lambda item: item.once(item.order.total_cents)),
    _Detail("Refunded", _Kind.MONEY, 12, lambda item: item.once(item.order.refunded_cents)),
    _Detail(
        "Payment method", _Kind.TEXT, 18, lambda item: item.say(PAYMENT_METHODS[item.order.payment_method])
    ),
    _Detail("Payment", _Kind.TEXT, 18, lambda item: item.say(PAYMENT_STATUSES[item.order.payment_status])),
    _Detail("Invoice", _Kind.TEXT, 16, _invoice),
    _Detail("Customer", _Kind.TEXT, 26, lambda item: item.order.customer.name),
    _Detail("Company", _Kind.TEXT, 26, _company),
    _Detail("VAT number", _Kind.TEXT, 14, lambda item: item.paper.buyer.vat_number),
    _Detail("Email", _Kind.TEXT, 26, lambda item: item.order.customer.email),
    _Detail("Phone", _Kind.TEXT, 16, lambda item: item.order.customer.mobile or item.order.customer.phone),
    _Detail("Recipient", _Kind.TEXT, 26, lambda item: " ".join(item.order.recipient).strip()),
    _Detail("Address", _Kind.TEXT, 30, lambda item: item.order.address.street),
    _Detail("Postcode", _Kind.TEXT, 10, lambda item: item.order.address.zip),
    _Detail("City", _Kind.TEXT, 18, lambda item: item.order.address.city),
    _Detail("Region", _Kind.TEXT, 18, lambda item: item.order.address.region),
    _Detail("Country", _Kind.TEXT, 14, _country),
    _Detail("Carrier", _Kind.TEXT, 16, _carrier),
    _Detail(
        "Tracking number",
        _Kind.TEXT,
        20,
        lambda item: ", ".join(tracking.code for tracking in item.order.trackings),
    ),
    _Detail("Dispatched", _Kind.MOMENT, 16, lambda item: item.local(item.order.dispatched_at)),
    _Detail("Delivered", _Kind.MOMENT, 16, lambda item: item.local(item.order.delivered_at)),
)


def _csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    written = StringIO(newline="")
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()


# Also behind what a spreadsheet of another country, or an import, takes for the end of a cell or of a row.
_TAKEN_FOR_A_FORMULA = re.compile(r'(^|[,;\t\r\n])(?="*[=+\-@＝＋－＠])')


def _in_csv(kind: _Kind, cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, int):
        return str(_number(kind, cell)).replace(".", ",")
    return _TAKEN_FOR_A_FORMULA.sub(r"\1'", cell or "")


def _number(kind: _Kind, cell: int) -> Decimal | int:
    """Pieces, amounts with two decimals, rates in per cent."""
    if kind is _Kind.MONEY:
        return Decimal(cell).scaleb(-2)
    return Decimal(cell) / 100 if kind is _Kind.RATE else cell


_MOST_ROWS = 2**20
"""What a sheet holds."""

_FORMATS = {
    _Kind.MONEY: "#,##0.00",
    # The date and the time as the reader's own country writes them.
    _Kind.MOMENT: 22,
}

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class _Book:
    """A workbook that is written row by row, each kept on disk; a sheet that is full is followed by another."""

    def __init__(self, file: BinaryIO, name: str, headings: Sequence[str]) -> None:
        self._book = Workbook(file, _OPTIONS)
        self._name = name
        self._headings = headings
        self._bold = self._book.add_format({"bold": True})
        self._formats: dict[_Kind, Format] = {
            kind: self._book.add_format({"num_format": form}) for kind, form in _FORMATS.items()
        }
        self._sheet, self._row = self._new_sheet(), 0

    def _new_sheet(self) -> Worksheet:
        count = len(self._book.worksheets())
        sheet = self._book.add_worksheet(f"{self._name} {count + 1}" if count else self._name)
        for column, (detail, heading) in enumerate(zip(_DETAILS, self._headings, strict=True)):
            sheet.set_column(column, column, detail.width)
            sheet.write_string(0, column, heading, self._bold)
        sheet.freeze_panes(1, 1)
        return sheet

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            self._row += 1
            if self._row == _MOST_ROWS:
                self._sheet, self._row = self._new_sheet(), 1
            for column, (detail, cell) in enumerate(zip(_DETAILS, row, strict=True)):
                self._write_cell(column, detail.kind, cell)

    def _write_cell(self, column: int, kind: _Kind, cell: Cell) -> None:
        form = self._formats.get(kind)
        if isinstance(cell, datetime):
            self._sheet.write_datetime(self._row, column, cell, form)
        elif isinstance(cell, int):
            self._sheet.write_number(self._row, column, _number(kind, cell), form)
        elif cell:
            self._sheet.write_string(self._row, column, cell)

    def close(self) -> None:
        self._book.close()
