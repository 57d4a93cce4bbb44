"""The courier's voucher: one A6 page that is stuck on the parcel, and the tracking code that it bears."""

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from barcode.codex import Code128
from fpdf import FPDF
from msgspec import Struct

from stoa.documents.typesetting import FONT, Face, Place, flow, prepare, write
from stoa.orders.decisions import MOST_VOUCHERS


class Size(NamedTuple):
    """Of a page, in mm."""

    width: float
    height: float


A6 = Size(105.0, 148.0)

_MARGIN = 5.0
_TEXT_WIDTH = A6.width - 2 * _MARGIN

# A hand scanner wants bars of 0.25 mm or more and ten empty modules on either side: 24 letters is what a page holds.
_LONGEST_TRACKING_CODE = 24
_WIDEST_MODULE = 0.5
_QUIET_MODULES = 10
_BAR_HEIGHT = 19.0


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
    if order_number < 1 or not 1 <= serial <= MOST_VOUCHERS:
        raise ValueError(
            f"Order {order_number} has no voucher number {serial}: they are 1 to {MOST_VOUCHERS}."
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
    pdf = blank_page(voucher, A6)
    draw_voucher(pdf, voucher)
    return bytes(pdf.output())


def blank_page(voucher: Voucher, size: Size) -> FPDF:
    """A document of one page for the voucher, ready to be drawn on."""
    pdf = FPDF(format=size)
    prepare(pdf, title=voucher.tracking_code, language="el", at=voucher.created_at)
    pdf.add_page()
    return pdf


def draw_voucher(pdf: FPDF, voucher: Voucher) -> None:
    """Draw the voucher to the page's upper left, as much of it as an A6 page."""
    _write_heading(pdf, voucher)
    _write_sender(pdf, voucher.sender, Place(_MARGIN, 15, _TEXT_WIDTH))
    _write_recipient(pdf, voucher, Place(_MARGIN, 31, _TEXT_WIDTH))
    _write_facts(pdf, voucher, 94)
    _draw_bar_code(pdf, voucher.tracking_code, 114)
    _write_footer(pdf, voucher, 141)


_LABEL = Face("", 7, 6)
_SMALL = Face("", 8, 7)
_ADDRESS = Face("", 11, 8)


def _write_heading(pdf: FPDF, voucher: Voucher) -> None:
    width = _TEXT_WIDTH - 33 if voucher.express else _TEXT_WIDTH
    write(pdf, voucher.courier, Place(_MARGIN, 4, width), Face("B", 17, 9))
    if voucher.express:
        pdf.rect(70, 5, 30, 8, style="F")
        write(pdf, "EXPRESS", Place(73, 4.7, 26), Face("B", 15, 15, grey=255))


def _write_sender(pdf: FPDF, sender: Party, place: Place) -> None:
    _rule(pdf, place.y)
    flow(
        pdf,
        place,
        [
            ("Αποστολέας", _LABEL),
            (sender.name, Face("B", 9, 7)),
            (_joined(", ", sender.street, _joined(" ", sender.zip, sender.city)), _SMALL),
            (_phone(sender), _SMALL),
        ],
    )


def _write_recipient(pdf: FPDF, voucher: Voucher, place: Place) -> None:
    recipient = voucher.recipient
    _rule(pdf, place.y)
    flow(
        pdf,
        place,
        [
            ("Παραλήπτης", _LABEL),
            (recipient.name, Face("B", 14, 10, lines=2)),
            (recipient.street, _ADDRESS._replace(lines=2)),
            (_joined(" ", recipient.zip, recipient.city), Face("B", 12, 8)),
            (_joined(", ", recipient.region, recipient.country_code), _ADDRESS),
            (_phone(recipient), _ADDRESS),
            (_labelled("Σημείο παραλαβής:", voucher.collection_point), Face("B", 9, 7, lines=2)),
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
        place = Place(_MARGIN + column * width, y, width - 2)
        flow(pdf, place, [(label, _LABEL), (value, Face("B", 13, 7))])
    if voucher.pickup_window:
        pickup = _labelled("Παραλαβή από το κατάστημα:", _window(*voucher.pickup_window))
        write(pdf, pickup, Place(_MARGIN, y + 11, _TEXT_WIDTH), _SMALL)


def _write_footer(pdf: FPDF, voucher: Voucher, y: float) -> None:
    write(pdf, f"Έκδοση {voucher.created_at:%d/%m/%Y %H:%M}", Place(_MARGIN, y, _TEXT_WIDTH), _LABEL)


class _BarCode(Code128):  # type: ignore[misc]
    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        # python-barcode 0.16.1 takes a leading pair of digits 99 for a change of alphabet and drops it (its issue 251).
        return encoded if self.code.startswith("99") else super()._try_to_optimize(encoded)


def _draw_bar_code(pdf: FPDF, code: str, y: float) -> None:
    [modules] = _BarCode(code).build()
    module = min(_WIDEST_MODULE, A6.width / (len(modules) + 2 * _QUIET_MODULES))
    x = (A6.width - module * len(modules)) / 2
    for colour, run in groupby(modules):
        width = module * len(list(run))
        if colour == "1":
            pdf.rect(x, y, width, _BAR_HEIGHT, style="F")
        x += width
    pdf.set_font(FONT, "B", 13)
    pdf.text((A6.width - pdf.get_string_width(code)) / 2, y + _BAR_HEIGHT + 6, code)


def _rule(pdf: FPDF, y: float) -> None:
    pdf.line(_MARGIN, y, A6.width - _MARGIN, y)


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
