"""The invoice, the storno that cancels it and the proforma: A4 pages, as many as the lines need."""

from collections.abc import Sequence

from fpdf import FPDF

from stoa.documents.a4 import SOFT, A4Pages, Column, PagedTable, rule, write_head, write_parties
from stoa.documents.sheet import Fact, Sheet, sheet_of
from stoa.documents.typesetting import Face, Place, write
from stoa.orders.invoicing import Invoice

_TEXT = Face("", 8.5, 7, lines=3)
_CODE = Face("", 7.5, 6, lines=2, grey=SOFT)
_FIGURE = Face("", 8.5, 4, align="right")
_STRONG_FIGURE = _FIGURE._replace(style="B")

_LINE_COLUMNS = (
    Column(47, _TEXT),
    Column(18, _CODE),
    Column(17, _FIGURE),
    Column(24, _FIGURE),
    Column(21.5, _FIGURE),
    Column(17.5, _FIGURE),
    Column(16.5, _FIGURE),
    Column(18.5, _STRONG_FIGURE),
)
_VAT_COLUMNS = (
    Column(18, _FIGURE._replace(align="left")),
    Column(24, _FIGURE),
    Column(21, _FIGURE),
    Column(25, _FIGURE),
)
_TOTALS_WIDTH = 72.0
_TOTALS_HEIGHT = 32.0


def render_invoice(invoice: Invoice) -> bytes:
    """Make the paper's PDF, in the paper's language. The same invoice gives the same bytes.

    A text too long for its place is set smaller, then cut with an ellipsis; a letter that the font lacks is
    replaced. Takes about a millisecond of CPU a line and a tenth of a second: an event loop hands it to a thread.
    """
    sheet = sheet_of(invoice)
    pdf = A4Pages(sheet.name, language=sheet.language, at=invoice.issued_at)
    write_head(pdf, sheet.title, sheet.remark, sheet.facts)
    write_parties(pdf, sheet.seller, sheet.buyer)
    # Totals alone on a page would be the totals of nothing.
    PagedTable(pdf, _LINE_COLUMNS, sheet.lines.headings).write(sheet.lines.rows, below=_TOTALS_HEIGHT)
    _write_sums(pdf, sheet)
    return bytes(pdf.output())


def _write_sums(pdf: A4Pages, sheet: Sheet) -> None:
    top, right = pdf.y + 6, pdf.l_margin + pdf.epw
    _write_totals(pdf, sheet.totals, Place(right - _TOTALS_WIDTH, top, _TOTALS_WIDTH))
    pdf.set_y(write(pdf, sheet.vat_title, Place(pdf.l_margin, top, _TOTALS_WIDTH), Face("B", 9, 7)) + 2)
    PagedTable(pdf, _VAT_COLUMNS, sheet.vat_summary.headings).write(sheet.vat_summary.rows)


def _write_totals(pdf: FPDF, totals: Sequence[Fact], place: Place) -> None:
    *parts, (label, amount) = totals
    y = place.y
    for part, text in parts:
        write(pdf, part, place._replace(y=y, width=38), Face("", 9, 7, grey=SOFT))
        y = write(pdf, text, Place(place.x + 36, y, place.width - 36), Face("", 9, 6, align="right")) + 1.5
    rule(pdf, place._replace(y=y + 1))
    y += 2.5
    write(pdf, label, place._replace(y=y + 0.6, width=34), Face("B", 10, 7, lines=2))
    write(pdf, amount, Place(place.x + 34, y, place.width - 34), Face("B", 13, 7, align="right"))
