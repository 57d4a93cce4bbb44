"""The pick list: what is fetched from the shelves for several orders at once, and then what goes into each parcel."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from textwrap import wrap

from msgspec import Struct

from stoa.documents.a4 import BOX, SOFT, A4Pages, Column, PagedTable, write_head
from stoa.documents.sheet import Fact, variant_of
from stoa.documents.typesetting import Face, Place, write
from stoa.documents.vouchers import ChannelCode
from stoa.languages import locale_of, moment_text, translate
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import Line, Order
from stoa.orders.shop import Shop
from stoa.orders.stock import product_uid

# So many letters of orders and their pieces need eleven lines at most.
_LETTERS_IN_A_ROW = 160
_CODE = Face("", 7.5, 6, lines=4, grey=SOFT)
_NAME = Face("", 8.5, 7, lines=3)
_EAN = Face("", 7.5, 6, lines=2)
_PIECES = Face("B", 9, 4, align="right")

_COLUMNS = (
    Column(8, _NAME),
    Column(30, _CODE),
    Column(65, _NAME),
    Column(26, _EAN),
    Column(15, _PIECES),
    Column(36, Face("", 7.5, 6, lines=11)),
)
_PARCEL_COLUMNS = (
    Column(11, _NAME),
    Column(36, _CODE),
    Column(82, _NAME),
    Column(36, _EAN),
    Column(15, _PIECES),
)
_PARCEL_HEADING = Face("B", 8.5, 6, lines=5)
_BETWEEN_PARCELS = 4.0


def render_pick_list(
    orders: Sequence[Order], shop: Shop, code: ChannelCode, *, language: str, at: datetime
) -> bytes:
    """Make the pick list's PDF: every product once, then every order with its number in this list.

    Products stand in the order of the shop's own codes, 9 before 10 and the sizes of a product together, so that who
    keeps the shelves in that order walks along them once. Times are those of the shop's zone. The same facts give the
    same bytes. A text too long for its place is set smaller, then cut with an ellipsis; a letter that the font lacks is
    replaced. Takes about a millisecond of CPU a line and a tenth of a second: an event loop hands it to a thread.
    """
    words = _Words(locale_of(language).language, shop, code)
    pdf = A4Pages(words.title, language=words.language, at=at)
    write_head(pdf, words.title, shop.name, words.facts(orders, at))
    rows = [row for pick in _picks(orders) for row in _rows(pick)]
    PagedTable(pdf, _COLUMNS, words.headings()).write(rows)
    # Who packs takes these pages, who fetches takes those before.
    pdf.add_page()
    title = translate("Packing list", words.language)
    pdf.set_y(write(pdf, title, Place(pdf.l_margin, pdf.t_margin, pdf.epw), Face("B", 16, 10)) + 5)
    for number, order in enumerate(orders, start=1):
        _write_parcel(pdf, words.parcel(number, order), order)
    return bytes(pdf.output())


def _write_parcel(pdf: A4Pages, heading: Sequence[str], order: Order) -> None:
    table = PagedTable(pdf, _PARCEL_COLUMNS, heading, heading=_PARCEL_HEADING)
    rows = [(BOX, product_uid(line), _name(line), _ean(line), str(line.quantity)) for line in order.lines]
    # A parcel's products stand together; those of more than a page go on under the same heading.
    if pdf.y > pdf.t_margin and not pdf.has_room(table.height_of(rows)):
        pdf.add_page()
    table.write(rows)
    pdf.set_y(pdf.y + _BETWEEN_PARCELS)


class _Words:
    """What the list says in its language."""

    def __init__(self, language: str, shop: Shop, code: ChannelCode) -> None:
        self.language = language
        self.title = translate("Pick list", language)
        self._shop = shop
        self._code = code

    def facts(self, orders: Sequence[Order], at: datetime) -> tuple[Fact, ...]:
        pieces = sum(line.quantity for order in orders for line in order.lines)
        return (
            Fact(translate("Date", self.language), moment_text(at, self._shop.zone, self.language)),
            Fact(translate("Orders", self.language), str(len(orders))),
            Fact(translate("Pieces", self.language), str(pieces)),
        )

    def headings(self) -> tuple[str, ...]:
        return (
            "",
            translate("Code", self.language),
            translate("Product", self.language),
            translate("EAN", self.language),
            translate("Pieces", self.language),
            translate("Orders", self.language),
        )

    def parcel(self, number: int, order: Order) -> tuple[str, ...]:
        """What stands above an order's products; the sum of the pieces above theirs."""
        carrier = CARRIERS.get(order.carrier, order.carrier) if order.carrier else ""
        pieces = sum(line.quantity for line in order.lines)
        about = " · ".join((" ".join(order.recipient).strip(), *self._remarks(order)))
        return f"#{number}", self._code(order, self._shop), about, carrier, str(pieces)

    def _remarks(self, order: Order) -> Iterator[str]:
        """What whoever packs has to know."""
        if order.express:
            yield translate("Express", self.language)
        if order.gift_wrap:
            yield translate("Gift wrap", self.language)
        if order.comments:
            yield order.comments
        yield from (note.text for note in order.notes)


class _Pick(Struct, frozen=True):
    """A product, and how many pieces go to which orders, by their numbers in the list."""

    line: Line
    pieces: Counter[int]


def _picks(orders: Sequence[Order]) -> list[_Pick]:
    """Every product once, as the first order that has it names it."""
    picks: dict[tuple[object, ...], _Pick] = {}
    for number, order in enumerate(orders, start=1):
        for line in order.lines:
            pick = picks.setdefault(_product(line), _Pick(line, Counter()))
            pick.pieces[number] += line.quantity
    return sorted(picks.values(), key=lambda pick: _on_the_shelf(pick.line))


def _product(line: Line) -> tuple[object, ...]:
    """What makes two lines the same product: its codes, and the names where a channel gave it none."""
    return line.stock_id, line.shop_uid or line.name, line.shop_variation_uid or variant_of(line)


def _on_the_shelf(line: Line) -> tuple[str, ...]:
    """What products are sorted by; sizes by their values, as their codes may be anything."""
    parts = (line.shop_uid, line.name, variant_of(line), line.shop_variation_uid or "")
    # Numbers of the same length are sorted as numbers.
    return tuple(re.sub(r"\d+", lambda digits: digits[0].zfill(20), part.casefold()) for part in parts)


def _rows(pick: _Pick) -> Iterator[tuple[str, ...]]:
    """The product, and a row more for every so many orders that would not fit beside it."""
    line, pieces = pick.line, pick.pieces
    orders = ", ".join(
        f"#{number}×{count}" if count > 1 else f"#{number}" for number, count in pieces.items()
    )
    first, *others = wrap(orders, _LETTERS_IN_A_ROW, break_long_words=False)
    yield BOX, product_uid(line), _name(line), _ean(line), str(pieces.total()), first
    for further in others:
        yield "", "", "", "", "", further


def _name(line: Line) -> str:
    return ", ".join(filter(None, (line.name, variant_of(line))))


def _ean(line: Line) -> str:
    return (line.size.ean if line.size else None) or line.ean or ""
