"""The courier's voucher: one A6 page that is stuck on the parcel, and the tracking code that it bears."""

import logging
import unicodedata
from bisect import bisect_right
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Literal, NamedTuple, cast

from barcode.codex import Code128
from fpdf import FPDF
from fpdf.fonts import TTFFont
from msgspec import Struct

# Both report every font table they touch.
for _chatty in ("fontTools", "fpdf"):
    logging.getLogger(_chatty).setLevel(logging.ERROR)

_FONTS = Path(__file__).with_name("fonts")
_FONT = "NotoSans"

_PAGE_WIDTH, _PAGE_HEIGHT = 105.0, 148.0  # A6, mm
_MARGIN = 5.0
_TEXT_WIDTH = _PAGE_WIDTH - 2 * _MARGIN
_LEADING = 1.2

# No place on the page holds more letters, and fitting a longer text would take longer.
_LONGEST_TEXT = 320

# A hand scanner wants bars of 0.25 mm or more and ten empty modules on either side: 24 letters is what a page holds.
_LONGEST_TRACKING_CODE = 24
_WIDEST_MODULE = 0.5
_QUIET_MODULES = 10
_BAR_HEIGHT = 19.0

_LAST_SERIAL = 99


class Party(Struct, frozen=True):
    """Who sends or receives. `street` is the whole line, with number and floor; empty parts are left out."""

    name: str
    street: str
    zip: str
    city: str
    region: str
    country_code: str
    phone: str | None = None
    comments: str | None = None


class Voucher(Struct, frozen=True):
    """What stands on a voucher.

    `courier` is the name that people know ("ACS"). Times are aware and are printed in the zone they come in.
    `cash_on_delivery_cents` is what the courier collects; 0 is nothing. `collection_point` is the
    place where the customer fetches the parcel. ValueError: the tracking code cannot be a bar code.
    """

    courier: str
    tracking_code: str
    order_code: str
    created_at: datetime
    sender: Party
    recipient: Party
    parcels: int
    cash_on_delivery_cents: int = 0
    pickup_window: tuple[datetime, datetime] | None = None
    collection_point: str | None = None
    express: bool = False

    def __post_init__(self) -> None:
        code = self.tracking_code
        if not (1 <= len(code) <= _LONGEST_TRACKING_CODE and code.isascii() and code.isalnum()):
            raise ValueError(
                f"A tracking code is 1 to {_LONGEST_TRACKING_CODE} Latin letters and digits, not {code!r}."
            )


def tracking_code(order_number: int, serial: int) -> str:
    """Make the tracking code of an order's first (serial 1), second, … 99th voucher.

    Digits: the order's number (at least nine), the serial (two), and a check digit by the Luhn formula
    (mod 10) over the digits before it. That is twelve digits up to order 999,999,999, then more.
    """
    if order_number < 1 or not 1 <= serial <= _LAST_SERIAL:
        raise ValueError(
            f"Order {order_number} has no voucher number {serial}: they are 1 to {_LAST_SERIAL}."
        )
    digits = f"{order_number:09d}{serial:02d}"
    return digits + _luhn_digit(digits)


def _luhn_digit(digits: str) -> str:
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    return str(-(doubled + sum(map(int, digits[-2::-2]))) % 10)


def render_voucher(voucher: Voucher) -> bytes:
    """Make the voucher's PDF: one A6 page. The same voucher gives the same bytes.

    A text too long for its place is set smaller, then cut with an ellipsis; a letter that the font lacks is
    replaced. Takes tens of milliseconds of CPU: an event loop hands it to a thread.
    """
    pdf = _blank_page(voucher)
    _write_heading(pdf, voucher)
    _write_sender(pdf, voucher.sender, _Place(_MARGIN, 15, _TEXT_WIDTH))
    _write_recipient(pdf, voucher, _Place(_MARGIN, 31, _TEXT_WIDTH))
    _write_facts(pdf, voucher, 94)
    _draw_bar_code(pdf, voucher.tracking_code, 114)
    _write_footer(pdf, voucher, 141)
    return bytes(pdf.output())


class _Place(NamedTuple):
    """The upper left corner of a text and how wide it may be, in mm."""

    x: float
    y: float
    width: float


class _Face(NamedTuple):
    """How a text is set: from `size` points down to `least`, on at most so many lines."""

    style: Literal["", "B"]
    size: int
    least: int
    lines: int = 1


_LABEL = _Face("", 7, 6)
_SMALL = _Face("", 8, 7)
_ADDRESS = _Face("", 11, 8)


def _blank_page(voucher: Voucher) -> FPDF:
    pdf = FPDF(format=(_PAGE_WIDTH, _PAGE_HEIGHT))
    pdf.creation_date = voucher.created_at
    pdf.set_title(voucher.tracking_code)
    pdf.set_lang("el")
    pdf.set_auto_page_break(False)
    pdf.add_font(_FONT, "", _FONTS / "NotoSans-Regular.ttf")
    pdf.add_font(_FONT, "B", _FONTS / "NotoSans-Bold.ttf")
    pdf.add_page()
    return pdf


def _write_heading(pdf: FPDF, voucher: Voucher) -> None:
    width = _TEXT_WIDTH - 33 if voucher.express else _TEXT_WIDTH
    _write(pdf, voucher.courier, _Place(_MARGIN, 4, width), _Face("B", 17, 9))
    if voucher.express:
        pdf.rect(70, 5, 30, 8, style="F")
        pdf.set_text_color(255)
        _write(pdf, "EXPRESS", _Place(73, 4.7, 26), _Face("B", 15, 15))
        pdf.set_text_color(0)


def _write_sender(pdf: FPDF, sender: Party, place: _Place) -> None:
    _rule(pdf, place.y)
    _flow(
        pdf,
        place,
        [
            ("Αποστολέας", _LABEL),
            (sender.name, _Face("B", 9, 7)),
            (_joined(", ", sender.street, _joined(" ", sender.zip, sender.city)), _SMALL),
            (_phone(sender), _SMALL),
        ],
    )


def _write_recipient(pdf: FPDF, voucher: Voucher, place: _Place) -> None:
    recipient = voucher.recipient
    _rule(pdf, place.y)
    _flow(
        pdf,
        place,
        [
            ("Παραλήπτης", _LABEL),
            (recipient.name, _Face("B", 14, 10, lines=2)),
            (recipient.street, _ADDRESS._replace(lines=2)),
            (_joined(" ", recipient.zip, recipient.city), _Face("B", 12, 8)),
            (_joined(", ", recipient.region, recipient.country_code), _ADDRESS),
            (_phone(recipient), _ADDRESS),
            (_labelled("Σημείο παραλαβής:", voucher.collection_point), _Face("B", 9, 7, lines=2)),
            (_labelled("Σχόλια:", recipient.comments), _SMALL._replace(lines=4)),
        ],
    )


def _write_facts(pdf: FPDF, voucher: Voucher, y: float) -> None:
    _rule(pdf, y)
    cash = voucher.cash_on_delivery_cents
    facts = [
        ("Τεμάχια", str(voucher.parcels)),
        ("Αντικαταβολή", _euros(cash) if cash else "—"),
        ("Παραγγελία", voucher.order_code),
    ]
    width = _TEXT_WIDTH / len(facts)
    for column, (label, value) in enumerate(facts):
        place = _Place(_MARGIN + column * width, y, width - 2)
        _flow(pdf, place, [(label, _LABEL), (value, _Face("B", 13, 7))])
    if voucher.pickup_window:
        pickup = _labelled("Παραλαβή από το κατάστημα:", _window(*voucher.pickup_window))
        _write(pdf, pickup, _Place(_MARGIN, y + 11, _TEXT_WIDTH), _SMALL)


def _write_footer(pdf: FPDF, voucher: Voucher, y: float) -> None:
    _write(pdf, f"Έκδοση {voucher.created_at:%d/%m/%Y %H:%M}", _Place(_MARGIN, y, _TEXT_WIDTH), _LABEL)


class _BarCode(Code128):  # type: ignore[misc]
    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        # python-barcode 0.16.1 takes a leading pair of digits 99 for a change of alphabet and drops it (its issue 251).
        return encoded if self.code.startswith("99") else super()._try_to_optimize(encoded)


def _draw_bar_code(pdf: FPDF, code: str, y: float) -> None:
    [modules] = _BarCode(code).build()
    module = min(_WIDEST_MODULE, _PAGE_WIDTH / (len(modules) + 2 * _QUIET_MODULES))
    x = (_PAGE_WIDTH - module * len(modules)) / 2
    for colour, run in groupby(modules):
        width = module * len(list(run))
        if colour == "1":
            pdf.rect(x, y, width, _BAR_HEIGHT, style="F")
        x += width
    pdf.set_font(_FONT, "B", 13)
    pdf.text((_PAGE_WIDTH - pdf.get_string_width(code)) / 2, y + _BAR_HEIGHT + 6, code)


def _rule(pdf: FPDF, y: float) -> None:
    pdf.line(_MARGIN, y, _PAGE_WIDTH - _MARGIN, y)


def _flow(pdf: FPDF, place: _Place, texts: list[tuple[str, _Face]]) -> None:
    """Write the texts one below the other; an empty one takes no room."""
    for text, face in texts:
        place = place._replace(y=_write(pdf, text, place, face))


def _write(pdf: FPDF, text: str, place: _Place, face: _Face) -> float:
    """Write the text into the place and say, in mm, where the next may begin."""
    y = place.y
    for line in _fitted(pdf, _printable(pdf, text), place.width, face):
        y += pdf.font_size * _LEADING
        pdf.text(place.x, y, line)
    return y


def _printable(pdf: FPDF, text: str) -> str:
    """Put the text on one line, with accents joined to their letters and unknown letters replaced."""
    pdf.set_font(_FONT)
    known = cast(TTFFont, pdf.current_font).cmap
    line = " ".join(unicodedata.normalize("NFC", text[:_LONGEST_TEXT]).split())
    visible = (letter for letter in line if unicodedata.category(letter) not in {"Cc", "Cf", "Mn"})
    return "".join(letter if ord(letter) in known else "\ufffd" for letter in visible)


def _fitted(pdf: FPDF, text: str, width: float, face: _Face) -> list[str]:
    """Break the text into the face's lines at the largest size that holds it; the font stays set to that."""
    for size in range(face.size, face.least - 1, -1):
        pdf.set_font(_FONT, face.style, size)
        lines = _wrapped(pdf, text, width, face.lines)
        if len(lines) <= face.lines:
            return lines
    return [*lines[: face.lines - 1], _cut(pdf, lines[face.lines - 1], width)]


def _wrapped(pdf: FPDF, text: str, width: float, most: int) -> list[str]:
    """Break the text into lines; one more than `most` says that it does not fit."""
    lines: list[str] = []
    while text and len(lines) <= most:
        line = _first_line(pdf, text, width)
        lines.append(line)
        text = text[len(line) :].lstrip()
    return lines


def _first_line(pdf: FPDF, text: str, width: float) -> str:
    """Take the whole words that fit, or as much of a long word as fits."""
    most = max(1, _letters_within(pdf, text, width))
    if most == len(text):
        return text
    return text[: most + 1].rpartition(" ")[0] or text[:most]


def _cut(pdf: FPDF, line: str, width: float) -> str:
    room = width - pdf.get_string_width("…")
    return line[: _letters_within(pdf, line, room)].rstrip() + "…"


def _letters_within(pdf: FPDF, text: str, width: float) -> int:
    widths = range(1, len(text) + 1)
    return bisect_right(widths, width, key=lambda letters: pdf.get_string_width(text[:letters]))


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def _labelled(label: str, text: str | None) -> str:
    return f"{label} {text}" if text else ""


def _phone(party: Party) -> str:
    return _labelled("Τηλ.", party.phone)


def _euros(cents: int) -> str:
    """Write an amount as Greeks do: 1.234,56 €."""
    euros, rest = divmod(cents, 100)
    return f"{euros:,}".replace(",", ".") + f",{rest:02d} €"


def _window(start: datetime, end: datetime) -> str:
    same_day = start.date() == end.date()
    return (
        f"{start:%d/%m/%Y, %H:%M} - {end:%H:%M}"
        if same_day
        else f"{start:%d/%m/%Y, %H:%M} - {end:%d/%m/%Y, %H:%M}"
    )
