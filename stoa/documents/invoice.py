"""The invoice, the storno that cancels it and the proforma: A4 pages, as many as the lines need."""

from collections.abc import Sequence
from itertools import accumulate

from fpdf import FPDF

from stoa.documents.sheet import Fact, PartyBlock, Sheet, Table, sheet_of
from stoa.documents.typesetting import FONT, Face, Fitted, Place, fit, flow, prepare, put, write
from stoa.orders.invoicing import Invoice

_PAGE_WIDTH, _PAGE_HEIGHT = 210.0, 297.0  # A4, mm
_MARGIN = 15.0
_TEXT_WIDTH = _PAGE_WIDTH - 2 * _MARGIN
_RIGHT = _PAGE_WIDTH - _MARGIN
_BOTTOM = _PAGE_HEIGHT - 20.0
_FOOT = _PAGE_HEIGHT - 13.0
_COLUMN_GAP = 10.0

_BLACK, _SOFT, _HAIRLINE, _SHADE = 0, 105, 215, 243

_LABEL = Face("", 7.5, 6.5, grey=_SOFT)
_REMARK = Face("", 9, 7, lines=2, grey=_SOFT)
_VALUE = Face("B", 9, 6, align="right")
_PARTY_NAME = Face("B", 11, 8, lines=2)
_DETAIL = Face("", 8.5, 6.5, lines=2)
_FOOTING = Face("", 7, 6, grey=_SOFT)

_HEADING = Face("B", 6.5, 5, lines=3, grey=_SOFT)
_TEXT = Face("", 8.5, 7, lines=3)
_CODE = Face("", 7.5, 6, lines=2, grey=_SOFT)
_FIGURE = Face("", 8.5, 4, align="right")
_STRONG_FIGURE = _FIGURE._replace(style="B")

# Widths of the columns in mm, and the faces of their cells; the gap is empty.
_CELL_GAP = 2.0
_LINE_WIDTHS = (47.0, 18.0, 17.0, 24.0, 21.5, 17.5, 16.5, 18.5)
_LINE_FACES = (_TEXT, _CODE, *[_FIGURE] * 5, _STRONG_FIGURE)
_VAT_WIDTHS = (18.0, 24.0, 21.0, 25.0)
_VAT_FACES = (_FIGURE._replace(align="left"), *[_FIGURE] * 3)
_TOTALS_WIDTH = 72.0
_TOTALS_HEIGHT = 32.0
_PADDING = 1.6


def render_invoice(invoice: Invoice) -> bytes:
    """Make the paper's PDF, in the paper's language. The same invoice gives the same bytes.

    A text too long for its place is set smaller, then cut with an ellipsis; a letter that the font lacks is
    replaced. Takes about a millisecond of CPU a line and a tenth of a second: an event loop hands it to a thread.
    """
    sheet = sheet_of(invoice)
    pdf = _Pages(sheet)
    prepare(pdf, title=sheet.name, language=sheet.language, at=invoice.issued_at)
    pdf.add_page()
    _write_head(pdf, sheet)
    _write_parties(pdf, sheet)
    _write_lines(pdf, sheet.lines)
    _write_sums(pdf, sheet)
    return bytes(pdf.output())


class _Pages(FPDF):
    """Pages that say at their foot which they are; ``y`` is where the next thing goes."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(format=(_PAGE_WIDTH, _PAGE_HEIGHT))
        self.set_margin(_MARGIN)
        self.c_margin = 0.0
        self._name = sheet.name
        self._page_of_pages = sheet.page_of_pages

    def footer(self) -> None:
        write(self, self._name, Place(_MARGIN, _FOOT, _TEXT_WIDTH / 2), _FOOTING)
        # How many pages there are is known at the end; the library puts it in then.
        self.set_font(FONT, "", _FOOTING.size)
        self.set_text_color(_SOFT)
        self.set_xy(_MARGIN, _FOOT)
        text = self._page_of_pages.format(page=self.page_no(), pages=self.str_alias_nb_pages)
        self.cell(_TEXT_WIDTH, 4, text, align="R")

    def has_room(self, height: float) -> bool:
        return self.y + height <= _BOTTOM


def _write_head(pdf: _Pages, sheet: Sheet) -> None:
    below_title = write(pdf, sheet.title, Place(_MARGIN, _MARGIN, 100), Face("B", 22, 12))
    below_remark = write(pdf, sheet.remark, Place(_MARGIN, below_title + 1.5, 100), _REMARK)
    below_facts = _write_facts(pdf, sheet.facts, Place(_RIGHT - 65, _MARGIN + 2, 65))
    pdf.set_y(max(below_remark, below_facts) + 8)


def _write_facts(pdf: FPDF, facts: Sequence[Fact], place: Place) -> float:
    y = place.y
    for label, text in facts:
        write(pdf, label, Place(place.x, y + 0.5, 25), _LABEL)
        y = write(pdf, text, Place(place.x + 25, y, place.width - 25), _VALUE) + 1
    return y


def _write_parties(pdf: _Pages, sheet: Sheet) -> None:
    width = (_TEXT_WIDTH - _COLUMN_GAP) / 2
    top = pdf.y
    ends = [
        _write_party(pdf, party, Place(_MARGIN + column * (width + _COLUMN_GAP), top, width))
        for column, party in enumerate((sheet.seller, sheet.buyer))
    ]
    pdf.set_y(max(ends) + 8)


def _write_party(pdf: FPDF, party: PartyBlock, place: Place) -> float:
    _rule(pdf, place.x, place.y, place.width, grey=_BLACK)
    below_role = write(pdf, party.role, place._replace(y=place.y + 1.5), _LABEL)
    below_name = write(pdf, party.name, place._replace(y=below_role + 0.6), _PARTY_NAME)
    return flow(pdf, place._replace(y=below_name + 1), ((text, _DETAIL) for text in party.details))


def _write_lines(pdf: _Pages, lines: Table) -> None:
    table = _Columns(pdf, _LINE_WIDTHS, _LINE_FACES, lines.headings)
    table.write_headings()
    for place, row in enumerate(lines.rows, start=1):
        # Totals alone on a page would be the totals of nothing.
        below = _TOTALS_HEIGHT if place == len(lines.rows) else 0
        table.write(row, below)


class _Columns:
    """A table that goes on over as many pages as it needs, its headings on each."""

    def __init__(
        self, pdf: _Pages, widths: Sequence[float], faces: Sequence[Face], headings: Sequence[str]
    ) -> None:
        self._pdf = pdf
        self._faces = faces
        self._lefts = list(accumulate(widths, initial=_MARGIN))
        self._widths = widths
        faces_of_headings = [_HEADING._replace(align=face.align) for face in faces]
        self._headings = self._fitted(headings, faces_of_headings)

    def write_headings(self) -> None:
        pdf, height = self._pdf, _height(self._headings)
        pdf.set_fill_color(_SHADE)
        pdf.rect(_MARGIN, pdf.y, sum(self._widths), height, style="F")
        pdf.set_fill_color(_BLACK)
        self._put(self._headings, height)

    def write(self, row: Sequence[str], below: float = 0) -> None:
        """Write a row where it and so many mm below it have room, on a page of its own if need be."""
        cells = self._fitted(row, self._faces)
        height = _height(cells)
        if not self._pdf.has_room(height + below):
            self._pdf.add_page()
            self.write_headings()
        self._put(cells, height)
        _rule(self._pdf, _MARGIN, self._pdf.y, sum(self._widths), grey=_HAIRLINE)

    def _fitted(self, texts: Sequence[str], faces: Sequence[Face]) -> list[Fitted]:
        columns = zip(texts, self._widths, faces, strict=True)
        return [fit(self._pdf, text, width - _CELL_GAP, face) for text, width, face in columns]

    def _put(self, cells: Sequence[Fitted], height: float) -> None:
        pdf, y = self._pdf, self._pdf.y
        for cell, left, width in zip(cells, self._lefts, self._widths, strict=False):
            put(pdf, cell, Place(left + _CELL_GAP / 2, y + _PADDING, width - _CELL_GAP))
        pdf.set_y(y + height)


def _height(cells: Sequence[Fitted]) -> float:
    # Letters reach below their line.
    return max(cell.height for cell in cells) + 2 * _PADDING + 0.6


def _write_sums(pdf: _Pages, sheet: Sheet) -> None:
    top = pdf.y + 6
    _write_totals(pdf, sheet.totals, Place(_RIGHT - _TOTALS_WIDTH, top, _TOTALS_WIDTH))
    pdf.set_y(write(pdf, sheet.vat_title, Place(_MARGIN, top, _TOTALS_WIDTH), Face("B", 9, 7)) + 2)
    table = _Columns(pdf, _VAT_WIDTHS, _VAT_FACES, sheet.vat_summary.headings)
    table.write_headings()
    for row in sheet.vat_summary.rows:
        table.write(row)


def _write_totals(pdf: FPDF, totals: Sequence[Fact], place: Place) -> None:
    *parts, (label, amount) = totals
    y = place.y
    for part, text in parts:
        write(pdf, part, place._replace(y=y, width=38), Face("", 9, 7, grey=_SOFT))
        y = write(pdf, text, Place(place.x + 36, y, place.width - 36), Face("", 9, 6, align="right")) + 1.5
    _rule(pdf, place.x, y + 1, place.width, grey=_BLACK)
    y += 2.5
    write(pdf, label, place._replace(y=y + 0.6, width=34), Face("B", 10, 7, lines=2))
    write(pdf, amount, Place(place.x + 34, y, place.width - 34), Face("B", 13, 7, align="right"))


def _rule(pdf: FPDF, x: float, y: float, width: float, *, grey: int) -> None:
    pdf.set_draw_color(grey)
    pdf.set_line_width(0.2)
    pdf.line(x, y, x + width, y)
