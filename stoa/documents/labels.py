"""The voucher on the paper that the printer holds: A6, a sheet of A4, or the roll of a label printer."""

from enum import StrEnum
from typing import NamedTuple, cast

from fpdf import FPDF
from fpdf.drawing_primitives import Transform
from fpdf.fonts import TTFFont

from stoa.documents.voucher import A6, Size, Voucher, blank_page, draw_voucher, render_voucher


class LabelFormat(StrEnum):
    """What merchants and their programs ask for, with the words of every carrier. Who says nothing means ``pdf``."""

    PDF = "pdf"
    CLEAN = "clean"
    SINGLE_PDF = "singlepdf"
    SINGLE_CLEAN = "singleclean"
    A6 = "a6"
    A4 = "a4"
    A4_IN_THREE = "a4-3"
    THERMAL = "thermiko"
    THERMAL_100X150 = "singlepdf_100x150"
    THERMAL_100X170 = "singlepdf_100x170"


class _Sheet(NamedTuple):
    """A page, and what the label may take of it from the upper left corner; turned, it lies on its side there."""

    size: Size
    room: Size
    turned: bool = False


_A4 = Size(210.0, 297.0)
_ROLL_150 = Size(100.0, 150.0)
_ROLL_170 = Size(100.0, 170.0)

# What is not here is the A6 page itself.
_SHEETS = {
    LabelFormat.A4: _Sheet(_A4, room=A6),
    # Upright it would be so small that a scanner could not read the longest bar codes.
    LabelFormat.A4_IN_THREE: _Sheet(_A4, room=Size(210.0, 99.0), turned=True),
    LabelFormat.THERMAL: _Sheet(_ROLL_150, room=_ROLL_150),
    LabelFormat.THERMAL_100X150: _Sheet(_ROLL_150, room=_ROLL_150),
    LabelFormat.THERMAL_100X170: _Sheet(_ROLL_170, room=_ROLL_170),
}

AS_MADE = frozenset(LabelFormat) - _SHEETS.keys()
"""The formats that are the page as it was made with the voucher."""


def render_label(voucher: Voucher, form: LabelFormat) -> bytes:
    """Make the voucher's PDF in the format: one page, the label as large as there is room, never larger than A6.

    The same voucher gives the same bytes; as A6 they are those of ``render_voucher``, which says what it costs.
    """
    sheet = _SHEETS.get(form)
    if sheet is None:
        return render_voucher(voucher)
    pdf = blank_page(voucher, sheet.size)
    _keep_bounds_of_letters(pdf)
    with pdf.transform(_placed(sheet)):
        draw_voucher(pdf, voucher)
    return bytes(pdf.output())


def _keep_bounds_of_letters(pdf: FPDF) -> None:
    # They stand in the fonts; measuring every letter again takes a third of the time, and many labels are asked for at
    # once.
    for font in pdf.fonts.values():
        cast(TTFFont, font).ttfont.recalcBBoxes = False


def _placed(sheet: _Sheet) -> Transform:
    """From the A6 page to the middle of the room on the sheet."""
    label = Size(A6.height, A6.width) if sheet.turned else A6
    upright = Transform.rotation_d(90).translate(A6.height, 0) if sheet.turned else Transform.identity()
    scale = min(1, sheet.room.width / label.width, sheet.room.height / label.height)
    return upright.scale(scale).translate(
        (sheet.room.width - scale * label.width) / 2, (sheet.room.height - scale * label.height) / 2
    )
