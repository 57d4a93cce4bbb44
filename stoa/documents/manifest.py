"""The manifest: what a courier collects from a shop on a day, A4 pages that both sign."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple

from fpdf import FPDF
from msgspec import Struct

from stoa.documents.a4 import FOOTING, SOFT, A4Pages, Column, PagedTable, rule
from stoa.documents.sheet import Fact
from stoa.documents.typesetting import Face, Place, write
from stoa.languages import money

_MARGIN = 12.0

_TITLE = "Λίστα παραλαβής"
_LABEL = Face("", 9, 7, grey=SOFT)
_VALUE = Face("B", 9, 6)

_TEXT = Face("", 8, 6)
_CODE = Face("", 8, 4)
_TRACKING = Face("B", 8, 5, lines=6)
_FIGURE = Face("", 8, 4, align="right")

_PADDING = 1.0
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
    pdf = A4Pages(_name(manifest), language="el", at=manifest.printed_at, margin=_MARGIN)
    _write_head(pdf, manifest)
    if manifest.parcels:
        _write_parcels(pdf, manifest.parcels)
        _write_totals(pdf, manifest.parcels)
        _write_signatures(pdf)
    else:
        write(pdf, "Δεν υπάρχουν δέματα προς παραλαβή.", _whole_width(pdf), Face("B", 12, 12))
    return bytes(pdf.output())


def _name(manifest: Manifest) -> str:
    return f"{_TITLE} {manifest.carrier} {_day(manifest.day)}"


def _whole_width(pdf: FPDF) -> Place:
    return Place(pdf.l_margin, pdf.y, pdf.epw)


def _write_head(pdf: A4Pages, manifest: Manifest) -> None:
    below_title = write(pdf, f"{_TITLE} {manifest.carrier}", _whole_width(pdf), Face("B", 17, 9))
    facts = (
        Fact("Κατάστημα", manifest.shop),
        Fact("Διεύθυνση παραλαβής", manifest.pickup_location or ""),
        Fact("Ημερομηνία", _day(manifest.day)),
        Fact("Έκδοση", f"{manifest.printed_at:%d/%m/%Y %H:%M}"),
    )
    pdf.set_y(_write_facts(pdf, facts, _whole_width(pdf)._replace(y=below_title + 3), label_width=36) + 5)


def _write_facts(pdf: FPDF, facts: Iterable[Fact], place: Place, *, label_width: float) -> float:
    y = place.y
    for label, text in facts:
        if text:
            write(pdf, label, place._replace(y=y, width=label_width), _LABEL)
            y = write(pdf, text, Place(place.x + label_width, y, place.width - label_width), _VALUE) + 0.8
    return y


class _Detail(NamedTuple):
    """What a column tells of every shipment."""

    heading: str
    column: Column
    text_of: Callable[[ManifestEntry], str]


_DETAILS = (
    _Detail("Αριθμός αποστολής", Column(33, _TRACKING), lambda entry: entry.tracking_code),
    _Detail("Παραγγελία", Column(26, _CODE), lambda entry: entry.order_code),
    _Detail("Παραλήπτης", Column(42, _TEXT), lambda entry: entry.recipient),
    _Detail("Προορισμός", Column(28, _TEXT), lambda entry: entry.zip_city),
    _Detail("Τεμάχια", Column(12, _FIGURE), lambda entry: str(entry.parcels)),
    _Detail("Αντικαταβολή", Column(20, _FIGURE), lambda entry: _cash(entry.cash_on_delivery_cents)),
    _Detail("Παρελήφθη", Column(16, _TEXT), lambda entry: "Ναι" if entry.collected else ""),
)


def _write_parcels(pdf: A4Pages, entries: tuple[ManifestEntry, ...]) -> None:
    columns = [Column(9, _FIGURE), *(detail.column for detail in _DETAILS)]
    headings = ["Α/Α", *(detail.heading for detail in _DETAILS)]
    rows = [
        (str(number), *(detail.text_of(entry) for detail in _DETAILS))
        for number, entry in enumerate(entries, start=1)
    ]
    # Signatures alone on a page would be signatures for nothing.
    PagedTable(pdf, columns, headings, padding=_PADDING).write(rows, below=_CLOSING_HEIGHT)


def _write_totals(pdf: A4Pages, entries: tuple[ManifestEntry, ...]) -> None:
    collected = sum(entry.collected for entry in entries)
    totals = (
        Fact("Σύνολο αποστολών", str(len(entries))),
        Fact("Έχουν ήδη παραληφθεί", str(collected) if collected else ""),
        Fact("Σύνολο τεμαχίων", str(sum(entry.parcels for entry in entries))),
        Fact("Σύνολο αντικαταβολών", _cash(sum(entry.cash_on_delivery_cents for entry in entries))),
    )
    place = _whole_width(pdf)
    pdf.set_y(_write_facts(pdf, totals, place._replace(y=place.y + 4), label_width=40) + 5)


def _write_signatures(pdf: A4Pages) -> None:
    width = (pdf.epw - 12) / 2
    for column, signer in enumerate(("Για το κατάστημα", "Για τον μεταφορέα")):
        place = Place(pdf.l_margin + column * (width + 12), pdf.y, width)
        y = write(pdf, signer, place, _VALUE)
        for line in ("Ονοματεπώνυμο", "Υπογραφή", "Ημερομηνία και ώρα"):
            y += 10
            rule(pdf, place._replace(y=y))
            write(pdf, line, place._replace(y=y), FOOTING)


def _cash(cents: int) -> str:
    return money(cents, "EUR", "el") if cents else "—"


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
