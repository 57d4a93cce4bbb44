"""Setting texts on the pages of our documents: the fonts that come with us, and lines that fit their places."""

import logging
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, cast

from fpdf import FPDF
from fpdf.fonts import TTFFont

# Both report every font table they touch.
for _chatty in ("fontTools", "fpdf"):
    logging.getLogger(_chatty).setLevel(logging.ERROR)

FONT = "NotoSans"
_FONTS = Path(__file__).with_name("fonts")

_LEADING = 1.2
_POINT = 25.4 / 72  # mm

# No place on our pages holds more letters, and fitting a longer text would take longer.
_LONGEST_TEXT = 320


class Place(NamedTuple):
    """The upper left corner of a text and how wide it may be, in mm."""

    x: float
    y: float
    width: float


class Face(NamedTuple):
    """How a text is set: from `size` points down to `least`, on at most so many lines; `grey` 0 is black, 255 white."""

    style: Literal["", "B"]
    size: float
    least: float
    lines: int = 1
    align: Literal["left", "right"] = "left"
    grey: int = 0


class Fitted(NamedTuple):
    """A text in lines that fit their place, at the size that does it."""

    lines: list[str]
    size: float
    face: Face

    @property
    def leading(self) -> float:
        """From one line to the next, in mm."""
        return self.size * _POINT * _LEADING

    @property
    def height(self) -> float:
        """In mm."""
        return self.leading * len(self.lines)


def prepare(pdf: FPDF, *, title: str, language: str, at: datetime) -> None:
    """Give a new document the fonts, and the moment that makes its bytes the same each time. It breaks no page itself."""
    pdf.creation_date = at
    pdf.set_title(title)
    pdf.set_lang(language)
    pdf.set_auto_page_break(False)
    pdf.add_font(FONT, "", _FONTS / "NotoSans-Regular.ttf")
    pdf.add_font(FONT, "B", _FONTS / "NotoSans-Bold.ttf")


def flow(pdf: FPDF, place: Place, texts: Iterable[tuple[str, Face]]) -> float:
    """Write the texts one below the other and say where the next may begin; an empty one takes no room."""
    for text, face in texts:
        place = place._replace(y=write(pdf, text, place, face))
    return place.y


def write(pdf: FPDF, text: str, place: Place, face: Face) -> float:
    """Write the text into the place and say, in mm, where the next may begin."""
    return put(pdf, fit(pdf, text, place.width, face), place)


def put(pdf: FPDF, fitted: Fitted, place: Place) -> float:
    """Write what was fitted to the place and say, in mm, where the next may begin."""
    pdf.set_font(FONT, fitted.face.style, fitted.size)
    pdf.set_text_color(fitted.face.grey)
    y = place.y
    for line in fitted.lines:
        y += fitted.leading
        indent = place.width - pdf.get_string_width(line) if fitted.face.align == "right" else 0
        pdf.text(place.x + indent, y, line)
    return y


def fit(pdf: FPDF, text: str, width: float, face: Face) -> Fitted:
    """Break the text into the face's lines at the largest size that holds it.

    Only at the least size is a word broken, and what is too long even then ends with an ellipsis. A letter that the
    font lacks is replaced.
    """
    text, size = _printable(pdf, text), face.size
    while True:
        pdf.set_font(FONT, face.style, size)
        lines = _wrapped(pdf, text, width, face.lines)
        if len(lines) <= face.lines and " ".join(lines) == text:
            return Fitted(lines, size, face)
        if size <= face.least:
            return Fitted(_shortened(pdf, lines, width, face.lines), size, face)
        size = max(size - 1, face.least)


def _printable(pdf: FPDF, text: str) -> str:
    """Put the text on one line, with accents joined to their letters and unknown letters replaced."""
    pdf.set_font(FONT)
    known = cast(TTFFont, pdf.current_font).cmap
    line = " ".join(unicodedata.normalize("NFC", text[:_LONGEST_TEXT]).split())
    visible = (letter for letter in line if unicodedata.category(letter) not in {"Cc", "Cf", "Mn"})
    return "".join(letter if ord(letter) in known else "\ufffd" for letter in visible)


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
    if pdf.get_string_width(text) <= width:
        return text
    most = max(1, _letters_within(pdf, text, width))
    return text[: most + 1].rpartition(" ")[0] or text[:most]


def _shortened(pdf: FPDF, lines: list[str], width: float, most: int) -> list[str]:
    """At most so many lines; an ellipsis stands for the rest."""
    if len(lines) <= most:
        return lines
    *whole, last = lines[:most]
    return [*whole, _cut(pdf, last, width)]


def _cut(pdf: FPDF, line: str, width: float) -> str:
    room = width - pdf.get_string_width("…")
    return line[: _letters_within(pdf, line, room)].rstrip() + "…"


def _letters_within(pdf: FPDF, text: str, width: float) -> int:
    widths = range(1, len(text) + 1)
    return bisect_right(widths, width, key=lambda letters: pdf.get_string_width(text[:letters]))
