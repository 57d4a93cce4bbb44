"""What our A4 papers have in common: numbered pages, head and parties, and tables that go on over the pages."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from fpdf import FPDF

from stoa.documents.sheet import Fact, PartyBlock
from stoa.documents.typesetting import FONT, Face, Fitted, Place, fit, flow, prepare, put, write
from stoa.languages import translate

_PAGE_WIDTH, _PAGE_HEIGHT = 210.0, 297.0  # mm
_BOTTOM = _PAGE_HEIGHT - 20.0
_FOOT = _PAGE_HEIGHT - 13.0
_NUMBERING_WIDTH = 40.0
_FACTS_WIDTH = 65.0
_LABEL_WIDTH = 25.0
_PARTY_GAP = 10.0
_CELL_GAP = 2.0

BLACK, SOFT = 0, 105
_HAIRLINE, _SHADE = 215, 243

FOOTING = Face("", 7, 6, grey=SOFT)
_TITLE = Face("B", 22, 12)
_REMARK = Face("", 9, 7, lines=2, grey=SOFT)
_LABEL = Face("", 7.5, 6.5, grey=SOFT)
_VALUE = Face("B", 9, 6, align="right")
_PARTY_NAME = Face("B", 11, 8, lines=2)
_DETAIL = Face("", 8.5, 6.5, lines=2)
_HEADING = Face("B", 6.5, 5, lines=3, grey=SOFT)


class A4Pages(FPDF):
    """A document with its first page begun, each with the document's name and its number at the foot; ``y`` is where
    the next thing goes."""

    def __init__(self, name: str, *, language: str, at: datetime, margin: float = 15.0) -> None:
        super().__init__(format=(_PAGE_WIDTH, _PAGE_HEIGHT))
        self.set_margin(margin)
        self.c_margin = 0.0
        self._name = name
        self._numbering = translate("Page {page} of {pages}", language)
        prepare(self, title=name, language=language, at=at)
        self.add_page()

    def footer(self) -> None:
        write(self, self._name, Place(self.l_margin, _FOOT, self.epw - _NUMBERING_WIDTH), FOOTING)
        # How many pages there are is known at the end; the library puts it in then.
        self.set_font(FONT, "", FOOTING.size)
        self.set_text_color(FOOTING.grey)
        self.set_xy(self.l_margin, _FOOT)
        numbering = self._numbering.format(page=self.page_no(), pages=self.str_alias_nb_pages)
        self.cell(self.epw, 4, numbering, align="R")

    def has_room(self, height: float) -> bool:
        return self.y + height <= _BOTTOM


def write_head(pdf: A4Pages, title: str, remark: str, facts: Sequence[Fact]) -> None:
    """Write what the paper is to the left, its number, day and the like to the right."""
    left, top = pdf.l_margin, pdf.t_margin
    width = pdf.epw - _FACTS_WIDTH - 15
    below_title = write(pdf, title, Place(left, top, width), _TITLE)
    below_remark = write(pdf, remark, Place(left, below_title + 1.5, width), _REMARK)
    below_facts = _write_facts(pdf, facts, Place(left + pdf.epw - _FACTS_WIDTH, top + 2, _FACTS_WIDTH))
    pdf.set_y(max(below_remark, below_facts) + 8)


def _write_facts(pdf: FPDF, facts: Sequence[Fact], place: Place) -> float:
    y = place.y
    for label, text in facts:
        write(pdf, label, Place(place.x, y + 0.5, _LABEL_WIDTH), _LABEL)
        y = write(pdf, text, Place(place.x + _LABEL_WIDTH, y, place.width - _LABEL_WIDTH), _VALUE) + 1
    return y


def write_parties(pdf: A4Pages, left: PartyBlock, right: PartyBlock) -> None:
    """Write side by side who gives and who gets."""
    width, top = (pdf.epw - _PARTY_GAP) / 2, pdf.y
    ends = [
        _write_party(pdf, party, Place(pdf.l_margin + column * (width + _PARTY_GAP), top, width))
        for column, party in enumerate((left, right))
    ]
    pdf.set_y(max(ends) + 8)


def _write_party(pdf: FPDF, party: PartyBlock, place: Place) -> float:
    rule(pdf, place)
    below_role = write(pdf, party.role, place._replace(y=place.y + 1.5), _LABEL)
    below_name = write(pdf, party.name, place._replace(y=below_role + 0.6), _PARTY_NAME)
    return flow(pdf, place._replace(y=below_name + 1), ((text, _DETAIL) for text in party.details))


def rule(pdf: FPDF, place: Place, *, grey: int = BLACK) -> None:
    """Draw a line as long as the place is wide."""
    pdf.set_draw_color(grey)
    pdf.set_line_width(0.2)
    pdf.line(place.x, place.y, place.x + place.width, place.y)


class Column(NamedTuple):
    """How wide a table's column is, in mm, and how its cells are set."""

    width: float
    face: Face


BOX = "☐"
"""A cell with nothing but a square to tick, which the fonts have no letter for."""

_BOX_SIDE = 3.4


class PagedTable:
    """A table that goes on over as many pages as it needs, its headings on each; ``padding`` is above and below a
    row's texts, in mm, and ``heading`` is how the headings are set."""

    def __init__(
        self,
        pdf: A4Pages,
        columns: Sequence[Column],
        headings: Sequence[str],
        *,
        padding: float = 1.6,
        heading: Face = _HEADING,
    ) -> None:
        self._pdf = pdf
        self._columns = columns
        self._padding = padding
        self._lefts = list(accumulate((column.width for column in columns), initial=pdf.l_margin))
        self._width = sum(column.width for column in columns)
        self._headings = self._fitted(
            headings, [heading._replace(align=column.face.align) for column in columns]
        )

    def height_of(self, rows: Sequence[Sequence[str]]) -> float:
        """How much room the table takes on one page, in mm."""
        faces = [column.face for column in self._columns]
        return self._height(self._headings) + sum(self._height(self._fitted(row, faces)) for row in rows)

    def write(self, rows: Sequence[Sequence[str]], *, below: float = 0) -> None:
        """Write the table; the last row stands where so many mm below it have room too."""
        self._write_headings()
        faces = [column.face for column in self._columns]
        for place, row in enumerate(rows, start=1):
            cells = self._fitted(row, faces)
            if not self._pdf.has_room(self._height(cells) + (below if place == len(rows) else 0)):
                self._pdf.add_page()
                self._write_headings()
            self._draw_boxes(row)
            self._put(cells)
            rule(self._pdf, Place(self._pdf.l_margin, self._pdf.y, self._width), grey=_HAIRLINE)

    def _write_headings(self) -> None:
        pdf = self._pdf
        pdf.set_fill_color(_SHADE)
        pdf.rect(pdf.l_margin, pdf.y, self._width, self._height(self._headings), style="F")
        pdf.set_fill_color(BLACK)
        self._put(self._headings)

    def _fitted(self, texts: Sequence[str], faces: Sequence[Face]) -> list[Fitted]:
        cells = zip(texts, self._columns, faces, strict=True)
        return [
            fit(self._pdf, "" if text == BOX else text, column.width - _CELL_GAP, face)
            for text, column, face in cells
        ]

    def _draw_boxes(self, row: Sequence[str]) -> None:
        pdf = self._pdf
        pdf.set_draw_color(BLACK)
        pdf.set_line_width(0.3)
        for text, left in zip(row, self._lefts, strict=False):
            if text == BOX:
                pdf.rect(left + _CELL_GAP / 2, pdf.y + self._padding, _BOX_SIDE, _BOX_SIDE)

    def _put(self, cells: Sequence[Fitted]) -> None:
        pdf, y = self._pdf, self._pdf.y
        for cell, left, column in zip(cells, self._lefts, self._columns, strict=False):
            put(pdf, cell, Place(left + _CELL_GAP / 2, y + self._padding, column.width - _CELL_GAP))
        pdf.set_y(y + self._height(cells))

    def _height(self, cells: Sequence[Fitted]) -> float:
        # Letters reach below their line.
        return max(cell.height for cell in cells) + 2 * self._padding + 0.6
