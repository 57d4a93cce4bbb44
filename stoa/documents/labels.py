"""The voucher on the paper that the printer holds: A6, a sheet of A4, or the roll of a label printer."""

from collections.abc import Sequence
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
    """A page, and what a label may take of it, the first from the upper left corner; turned, they lie on their sides."""

    size: Size
    room: Size
    turned: bool = False

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Where the labels of a page begin, row by row, as far apart as the page allows."""
        across, down = int(self.size.width // self.room.width), int(self.size.height // self.room.height)
        return [
            (column * self.size.width / across, row * self.size.height / down)
            for row in range(down)
            for column in range(across)
        ]


_A4 = Size(210.0, 297.0)
_ROLL_150 = Size(100.0, 150.0)
_ROLL_170 = Size(100.0, 170.0)

_AS_MADE = _Sheet(A6, room=A6)

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
    return render_voucher(voucher) if form in AS_MADE else render_labels((voucher,), form)


def render_labels(vouchers: Sequence[Voucher], form: LabelFormat) -> bytes:
    """Make one PDF of one voucher or more, as ``render_label`` does: a sheet holds as many labels as it has room for.

    Takes some milliseconds of CPU a label beside what the first one takes: an event loop hands it to a thread.
    """
    sheet = _SHEETS.get(form, _AS_MADE)
    pdf = blank_page(vouchers[0], sheet.size)
    if len(vouchers) > 1:
        pdf.set_title(f"{vouchers[0].tracking_code}–{vouchers[-1].tracking_code}")
    _keep_bounds_of_letters(pdf)
    corners = sheet.corners
    for n, voucher in enumerate(vouchers):
        if n and n % len(corners) == 0:
            pdf.add_page()
        with pdf.transform(_placed(sheet, corners[n % len(corners)])):
            draw_voucher(pdf, voucher)
    return bytes(pdf.output())


def _keep_bounds_of_letters(pdf: FPDF) -> None:
    # They stand in the fonts; measuring every letter again takes a third of the time, and many labels are asked for at
    # once.
    for font in pdf.fonts.values():
        cast(TTFFont, font).ttfont.recalcBBoxes = False


def _placed(sheet: _Sheet, corner: tuple[float, float]) -> Transform:
    """From the A6 page to the middle of the room that begins at the corner of the sheet."""
    label = Size(A6.height, A6.width) if sheet.turned else A6
    upright = Transform.rotation_d(90).translate(A6.height, 0) if sheet.turned else Transform.identity()
    scale = min(1, sheet.room.width / label.width, sheet.room.height / label.height)
    left, top = corner
    return upright.scale(scale).translate(
        left + (sheet.room.width - scale * label.width) / 2,
        top + (sheet.room.height - scale * label.height) / 2,
    )
