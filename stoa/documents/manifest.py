"""The manifest: what a courier collects from a shop on a day, A4 pages that both sign."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import accumulate
from typing import NamedTuple

from fpdf import FPDF
from msgspec import Struct

from stoa.documents.sheet import Fact
from stoa.documents.typesetting import FONT, Face, Fitted, Place, fit, prepare, put, write
from stoa.languages import money

_PAGE_WIDTH, _PAGE_HEIGHT = 210.0, 297.0  # A4, mm
_MARGIN = 12.0
_TEXT_WIDTH = _PAGE_WIDTH - 2 * _MARGIN
_BOTTOM = _PAGE_HEIGHT - 18.0
_FOOT = _PAGE_HEIGHT - 13.0

_BLACK, _SOFT, _HAIRLINE, _SHADE = 0, 105, 215, 243

_TITLE = "Λίστα παραλαβής"
_LABEL = Face("", 9, 7, grey=_SOFT)
_VALUE = Face("B", 9, 6)
_FOOTING = Face("", 7, 6, grey=_SOFT)

_HEADING = Face("B", 6.5, 5, grey=_SOFT)
_TEXT = Face("", 8, 6)
_CODE = Face("", 8, 4)
_TRACKING = Face("B", 8, 5, lines=6)
_FIGURE = Face("", 8, 4, align="right")

_PADDING = 1.0
_CELL_GAP = 2.0
# From the last row to the end of the signatures.
_CLOSING_HEIGHT = 70.0


class ManifestEntry(Struct, frozen=True):
    """A shipment. `tracking_code` is one or several, joined with ", "; `zip_city` is where it goes; `collected` says
    that the courier has it already."""

    tracking_code: str
    order_code: str
    recipient: str
    zip_city: str
    parcels: int
    cash_on_delivery_cents: int
    collected: bool


class Manifest(Struct, frozen=True):
    """What stands on a manifest.

    `carrier` is the name that people know ("ACS"), `pickup_location` one line: street, zip and city. `printed_at` is
    aware and is printed in the zone that it comes in. The amounts are in euro cents; 0 is nothing to collect.
    """

    shop: str
    pickup_location: str | None
    carrier: str
    day: date
    printed_at: datetime
    parcels: tuple[ManifestEntry, ...]


def render_manifest(manifest: Manifest) -> bytes:
    """Make the manifest's PDF, in Greek. The same manifest gives the same bytes.

    A text too long for its place is set smaller, then cut with an ellipsis; a letter that the font lacks is
    replaced. Takes about a millisecond of CPU a shipment and a tenth of a second: an event loop hands it to a thread.
    """
    pdf = _Pages(manifest)
    prepare(pdf, title=_name(manifest), language="el", at=manifest.printed_at)
    pdf.add_page()
    if manifest.parcels:
        _write_rows(pdf, manifest.parcels)
        _write_totals(pdf, manifest.parcels)
        _write_signatures(pdf)
    else:
        write(
            pdf, "Δεν υπάρχουν δέματα προς παραλαβή.", Place(_MARGIN, pdf.y, _TEXT_WIDTH), Face("B", 12, 12)
        )
    return bytes(pdf.output())


def _name(manifest: Manifest) -> str:
    return f"{_TITLE} {manifest.carrier} {_day(manifest.day)}"


class _Pages(FPDF):
    """Pages with the table's headings at their head and their number at their foot; ``y`` is where the next thing goes."""

    def __init__(self, manifest: Manifest) -> None:
        super().__init__(format=(_PAGE_WIDTH, _PAGE_HEIGHT))
        self.set_margin(_MARGIN)
        self.c_margin = 0.0
        self._manifest = manifest

    def header(self) -> None:
        if self.page_no() == 1:
            _write_head(self, self._manifest)
        if self._manifest.parcels:
            _write_headings(self)

    def footer(self) -> None:
        write(self, _name(self._manifest), Place(_MARGIN, _FOOT, _TEXT_WIDTH - 40), _FOOTING)
        # How many pages there are is known at the end; the library puts it in then.
        self.set_font(FONT, "", _FOOTING.size)
        self.set_text_color(_SOFT)
        self.set_xy(_MARGIN, _FOOT)
        self.cell(_TEXT_WIDTH, 4, f"Σελίδα {self.page_no()} από {self.str_alias_nb_pages}", align="R")

    def has_room(self, height: float) -> bool:
        return self.y + height <= _BOTTOM


def _write_head(pdf: _Pages, manifest: Manifest) -> None:
    y = write(pdf, f"{_TITLE} {manifest.carrier}", Place(_MARGIN, _MARGIN, _TEXT_WIDTH), Face("B", 17, 9)) + 3
    facts = (
        Fact("Κατάστημα", manifest.shop),
        Fact("Διεύθυνση παραλαβής", manifest.pickup_location or ""),
        Fact("Ημερομηνία", _day(manifest.day)),
        Fact("Έκδοση", f"{manifest.printed_at:%d/%m/%Y %H:%M}"),
    )
    pdf.set_y(_write_facts(pdf, facts, Place(_MARGIN, y, _TEXT_WIDTH), label_width=36) + 5)


def _write_facts(pdf: FPDF, facts: Iterable[Fact], place: Place, *, label_width: float) -> float:
    y = place.y
    for label, text in facts:
        if text:
            write(pdf, label, place._replace(y=y, width=label_width), _LABEL)
            y = write(pdf, text, Place(place.x + label_width, y, place.width - label_width), _VALUE) + 0.8
    return y


class _Column(NamedTuple):
    heading: str
    width: float
    face: Face
    text_of: Callable[[ManifestEntry], str]


_COLUMNS = (
    _Column("Αριθμός αποστολής", 33, _TRACKING, lambda entry: entry.tracking_code),
    _Column("Παραγγελία", 26, _CODE, lambda entry: entry.order_code),
    _Column("Παραλήπτης", 42, _TEXT, lambda entry: entry.recipient),
    _Column("Προορισμός", 28, _TEXT, lambda entry: entry.zip_city),
    _Column("Τεμάχια", 12, _FIGURE, lambda entry: str(entry.parcels)),
    _Column("Αντικαταβολή", 20, _FIGURE, lambda entry: _cash(entry.cash_on_delivery_cents)),
    _Column("Παρελήφθη", 16, _TEXT, lambda entry: "Ναι" if entry.collected else ""),
)
_NUMBER_WIDTH = 9.0
_WIDTHS = (_NUMBER_WIDTH, *(column.width for column in _COLUMNS))
_FACES = (_FIGURE, *(column.face for column in _COLUMNS))
_HEADINGS = ("Α/Α", *(column.heading for column in _COLUMNS))
_LEFTS = tuple(accumulate(_WIDTHS, initial=_MARGIN))


def _write_headings(pdf: _Pages) -> None:
    cells = _fitted(pdf, _HEADINGS, (_HEADING._replace(align=face.align) for face in _FACES))
    pdf.set_fill_color(_SHADE)
    pdf.rect(_MARGIN, pdf.y, _TEXT_WIDTH, _height(cells), style="F")
    pdf.set_fill_color(_BLACK)
    _put(pdf, cells)


def _write_rows(pdf: _Pages, entries: tuple[ManifestEntry, ...]) -> None:
    for number, entry in enumerate(entries, start=1):
        cells = _fitted(pdf, (str(number), *(column.text_of(entry) for column in _COLUMNS)), _FACES)
        # Signatures alone on a page would be signatures for nothing.
        below = _CLOSING_HEIGHT if number == len(entries) else 0
        if not pdf.has_room(_height(cells) + below):
            pdf.add_page()
        _put(pdf, cells)
        _rule(pdf, Place(_MARGIN, pdf.y, _TEXT_WIDTH), grey=_HAIRLINE)


def _fitted(pdf: FPDF, texts: Iterable[str], faces: Iterable[Face]) -> list[Fitted]:
    columns = zip(texts, _WIDTHS, faces, strict=True)
    return [fit(pdf, text, width - _CELL_GAP, face) for text, width, face in columns]


def _put(pdf: FPDF, cells: list[Fitted]) -> None:
    y = pdf.y
    for cell, left, width in zip(cells, _LEFTS, _WIDTHS, strict=False):
        put(pdf, cell, Place(left + _CELL_GAP / 2, y + _PADDING, width - _CELL_GAP))
    pdf.set_y(y + _height(cells))


def _height(cells: list[Fitted]) -> float:
    # Letters reach below their line.
    return max(cell.height for cell in cells) + 2 * _PADDING + 0.6


def _write_totals(pdf: _Pages, entries: tuple[ManifestEntry, ...]) -> None:
    collected = sum(entry.collected for entry in entries)
    totals = (
        Fact("Σύνολο αποστολών", str(len(entries))),
        Fact("Έχουν ήδη παραληφθεί", str(collected) if collected else ""),
        Fact("Σύνολο τεμαχίων", str(sum(entry.parcels for entry in entries))),
        Fact("Σύνολο αντικαταβολών", _cash(sum(entry.cash_on_delivery_cents for entry in entries))),
    )
    pdf.set_y(_write_facts(pdf, totals, Place(_MARGIN, pdf.y + 4, _TEXT_WIDTH), label_width=40) + 5)


def _write_signatures(pdf: _Pages) -> None:
    width = (_TEXT_WIDTH - 12) / 2
    for column, signer in enumerate(("Για το κατάστημα", "Για τον μεταφορέα")):
        place = Place(_MARGIN + column * (width + 12), pdf.y, width)
        y = write(pdf, signer, place, _VALUE)
        for line in ("Ονοματεπώνυμο", "Υπογραφή", "Ημερομηνία και ώρα"):
            y += 10
            _rule(pdf, place._replace(y=y), grey=_BLACK)
            write(pdf, line, place._replace(y=y), _FOOTING)


def _rule(pdf: FPDF, place: Place, *, grey: int) -> None:
    pdf.set_draw_color(grey)
    pdf.set_line_width(0.2)
    pdf.line(place.x, place.y, place.x + place.width, place.y)


def _cash(cents: int) -> str:
    return money(cents, "EUR", "el") if cents else "—"


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
