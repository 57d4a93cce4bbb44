from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL.Image import Image
from PIL.ImageOps import invert

from stoa.documents.labels import AS_MADE, LabelFormat, render_label
from stoa.documents.voucher import Party, Voucher, render_voucher, tracking_code
from tests.documents.papers import pages_of, words_of

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=ZoneInfo("Europe/Athens"))
SHOP = Party("Κατάστημα Ηλεκτρονικών ΑΕ", "Πανεπιστημίου 2", "10671", "Αθήνα", "Αττική", "GR", "2101234567")
CUSTOMER = Party("Γεώργιος Παπαδόπουλος", "Κηφισίας 123", "15124", "Μαρούσι", "Αττική", "GR", "6900000000")

MM = 72 / 25.4
DOTS_PER_MM = 300 / 25.4
CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)

A6, A4, ROLL_150, ROLL_170 = (105, 148), (210, 297), (100, 150), (100, 170)
PAGES = {
    LabelFormat.PDF: A6,
    LabelFormat.CLEAN: A6,
    LabelFormat.SINGLE_PDF: A6,
    LabelFormat.SINGLE_CLEAN: A6,
    LabelFormat.A6: A6,
    LabelFormat.A4: A4,
    LabelFormat.A4_IN_THREE: A4,
    LabelFormat.THERMAL: ROLL_150,
    LabelFormat.THERMAL_100X150: ROLL_150,
    LabelFormat.THERMAL_100X170: ROLL_170,
}
OF_OTHER_SIZES = [form for form in LabelFormat if form not in AS_MADE]

every_format = pytest.mark.parametrize("form", LabelFormat)


def a_voucher(**said: Any) -> Voucher:
    plain = Voucher("ACS", tracking_code(1_000_001, 1), "261128-1000001", NOON, SHOP, CUSTOMER, 2)
    return replace(plain, **said)


def a_full_voucher() -> Voucher:
    party = Party(*["Παπαδοπούλου-Κωνσταντινίδου Αικατερίνη-Μαργαρίτα " * 30] * 8)
    return a_voucher(
        sender=party,
        recipient=party,
        collection_point="Ω" * 5000,
        express=True,
        tracking_code="A" * 24,
        pickup_window=(NOON, NOON),
    )


def the_page(voucher: Voucher, form: LabelFormat) -> pypdfium2.PdfPage:
    [page] = pages_of(render_label(voucher, form))
    return page


def printed(voucher: Voucher, form: LabelFormat) -> Image:
    """The page as a printer of 300 dots per inch puts it on paper."""
    picture: Image = the_page(voucher, form).render(scale=300 / 72).to_pil().convert("L")
    return picture


def scanned(voucher: Voucher, form: LabelFormat) -> str:
    [found] = zxingcpp.read_barcodes(printed(voucher, form), formats=CODE_128)
    return found.text


@every_format
def test_a_label_is_one_page_of_the_size_that_its_format_says(form: LabelFormat) -> None:
    width, height = PAGES[form]

    assert the_page(a_voucher(), form).get_size() == pytest.approx((width * MM, height * MM), abs=0.01)


@pytest.mark.parametrize("form", sorted(AS_MADE))
def test_what_is_printed_on_a6_is_the_voucher_itself(form: LabelFormat) -> None:
    voucher = a_full_voucher()

    assert render_label(voucher, form) == render_voucher(voucher)


def test_the_formats_that_are_the_voucher_itself_are_those_of_its_size() -> None:
    assert {form for form, page in PAGES.items() if page == A6} == AS_MADE


@every_format
def test_a_label_says_in_every_format_what_the_voucher_says(form: LabelFormat) -> None:
    voucher = a_voucher(cash_on_delivery_cents=123456)
    # What lies on its side is read from the last line to the first.
    lines = sorted(words_of(render_label(voucher, form)).splitlines())

    assert {"Αποστολέας", "15124 Μαρούσι", "1.234,56 €", "001000001014"} <= set(lines)
    assert lines == sorted(words_of(render_voucher(voucher)).splitlines())


@every_format
@pytest.mark.parametrize("code", ["001000001014", "A" * 24, "1", "Z9" * 12])
def test_the_bar_code_reads_back_the_tracking_code_from_paper(form: LabelFormat, code: str) -> None:
    assert scanned(a_voucher(tracking_code=code), form) == code


@pytest.mark.parametrize("form", OF_OTHER_SIZES)
@given(code=st.text("0123456789abzABZ", min_size=1, max_size=24))
@settings(max_examples=4, deadline=None)
def test_the_bar_code_reads_back_any_couriers_code_from_paper(form: LabelFormat, code: str) -> None:
    assert scanned(a_voucher(tracking_code=code), form) == code


@pytest.mark.parametrize(
    ("form", "left", "top", "right", "bottom"),
    [
        (LabelFormat.A4, 0, 0, 105, 148.5),
        (LabelFormat.A4_IN_THREE, 0, 0, 210, 99),
        (LabelFormat.THERMAL, 0, 0, 100, 150),
        (LabelFormat.THERMAL_100X170, 0, 0, 100, 170),
    ],
)
def test_even_the_fullest_label_keeps_to_its_part_of_the_page(
    form: LabelFormat, left: float, top: float, right: float, bottom: float
) -> None:
    ink = invert(printed(a_full_voucher(), form)).getbbox()

    assert ink is not None
    at_least = 3 * DOTS_PER_MM  # what printers leave white at the edge
    assert ink[0] > left * DOTS_PER_MM + at_least
    assert ink[1] > top * DOTS_PER_MM + at_least
    assert ink[2] < right * DOTS_PER_MM - at_least
    assert ink[3] < bottom * DOTS_PER_MM - at_least


@pytest.mark.parametrize("form", OF_OTHER_SIZES)
def test_the_finest_bars_are_wide_enough_for_a_hand_scanner(form: LabelFormat) -> None:
    [found] = zxingcpp.read_barcodes(printed(a_voucher(tracking_code="A" * 24), form), formats=CODE_128)
    ends = found.position.top_left, found.position.top_right
    length = max(abs(ends[0].x - ends[1].x), abs(ends[0].y - ends[1].y)) / DOTS_PER_MM
    modules = 11 * 24 + 35

    assert length / modules > 0.25


@every_format
def test_the_same_label_gives_the_same_bytes(form: LabelFormat) -> None:
    assert render_label(a_voucher(), form) == render_label(a_voucher(), form)


def test_a_format_is_known_by_the_word_that_the_carriers_use() -> None:
    assert set(LabelFormat) == {
        "pdf",
        "clean",
        "singlepdf",
        "singleclean",
        "thermiko",
        "a4",
        "a6",
        "a4-3",
        "singlepdf_100x150",
        "singlepdf_100x170",
    }
