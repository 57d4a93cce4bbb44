"""The delivery note of a parcel that the marketplace's warehouse sent: A4 pages, as many as the lines need."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from stoa.documents.a4 import SOFT, A4Pages, Column, PagedTable, write_head, write_parties
from stoa.documents.sheet import Fact, PartyBlock, address_lines, variant_of
from stoa.documents.typesetting import Face
from stoa.languages import date_text, locale_of, translate
from stoa.orders.order import DeliveryNote, Line
from stoa.orders.shop import Shop
from stoa.orders.stock import WAREHOUSE_ADDRESS, product_uid

# So many letters of serial numbers need eleven lines at most, however wide the letters are.
_LETTERS_IN_A_ROW = 100
_COLUMNS = (
    Column(32, Face("", 7.5, 6, lines=4, grey=SOFT)),
    Column(80, Face("", 8.5, 7, lines=3)),
    Column(50, Face("", 7.5, 6, lines=11)),
    Column(18, Face("", 8.5, 4, align="right")),
)


def render_delivery_note(note: DeliveryNote, lines: Sequence[Line], shop: Shop, *, order_code: str) -> bytes:
    """Make the note's PDF, in the shop's language and without prices. The same facts give the same bytes.

    A text too long for its place is set smaller, then cut with an ellipsis, but for serial numbers; a letter that the
    font lacks is replaced. Takes about a millisecond of CPU a line and a tenth of a second: an event loop hands it to
    a thread.
    """
    language = locale_of(shop.language).language
    title = translate("Delivery note", language)
    pdf = A4Pages(f"{title} {note.number}", language=language, at=note.issued_at)
    facts = (
        Fact(translate("Number", language), note.number),
        Fact(translate("Date", language), date_text(note.issued_at, shop.zone, language)),
        Fact(translate("Order", language), order_code),
    )
    write_head(pdf, title, "", facts)
    write_parties(pdf, _sender(shop, language), _recipient(note, language))
    PagedTable(pdf, _COLUMNS, _headings(language)).write([row for line in lines for row in _rows(line)])
    return bytes(pdf.output())


def _sender(shop: Shop, language: str) -> PartyBlock:
    company = shop.company
    vat_number = company.vat_number if company else ""
    details = (
        shop.name if company and company.name != shop.name else "",
        f"{translate('VAT number', language)}: {vat_number}" if vat_number else "",
        translate("From the marketplace's warehouse, on the shop's behalf", language),
        *address_lines(WAREHOUSE_ADDRESS, language),
    )
    return PartyBlock(
        role=translate("Sender", language),
        name=company.name if company else shop.name,
        details=tuple(filter(None, details)),
    )


def _recipient(note: DeliveryNote, language: str) -> PartyBlock:
    return PartyBlock(
        role=translate("Recipient", language),
        name=note.recipient,
        details=address_lines(note.address, language),
    )


def _headings(language: str) -> tuple[str, ...]:
    return (
        translate("Code", language),
        translate("Product", language),
        translate("Serial numbers", language),
        translate("Quantity", language),
    )


def _rows(line: Line) -> Iterator[tuple[str, ...]]:
    """The line, and a row more for every so many serial numbers that would not fit beside it."""
    uid, name = product_uid(line), ", ".join(filter(None, (line.name, variant_of(line))))
    first, *others = wrap(
        ", ".join(line.serial_numbers), _LETTERS_IN_A_ROW, break_long_words=False, break_on_hyphens=False
    ) or [""]
    yield uid, name, first, str(line.quantity)
    for serials in others:
        yield uid, "", serials, ""
