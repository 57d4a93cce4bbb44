import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.json import encode
from msgspec.structs import replace
from PIL.Image import Image

from stoa.documents.voucher import Party, Voucher, render_voucher, tracking_code

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=ZoneInfo("Europe/Athens"))
A6_POINTS = (297.64, 419.53)

SHOP = Party("Κατάστημα Ηλεκτρονικών ΑΕ", "Πανεπιστημίου 2", "10671", "Αθήνα", "Αττική", "GR", "2101234567")
CUSTOMER = Party("Γεώργιος Παπαδόπουλος", "Λεωφόρος Κηφισίας 123", "15124", "Μαρούσι", "Αττική", "GR")
LONG = "Παπαδοπούλου-Κωνσταντινίδου Αικατερίνη-Μαργαρίτα " * 30
UNBROKEN = "Ω" * 5000

few = settings(max_examples=8, deadline=None)


def a_voucher(**said: Any) -> Voucher:
    plain = Voucher("ACS", tracking_code(1_000_001, 1), "261128-1000001", NOON, SHOP, CUSTOMER, 2)
    return replace(plain, **said)


def a_party_of(text: str) -> Party:
    return Party(text, text, text, text, text, text, text, text)


def a_voucher_of(text: str, **said: Any) -> Voucher:
    party = a_party_of(text)
    return a_voucher(
        courier=text, order_code=text, sender=party, recipient=party, collection_point=text, **said
    )


def the_page(voucher: Voucher) -> pypdfium2.PdfPage:
    document = pypdfium2.PdfDocument(render_voucher(voucher))
    assert len(document) == 1
    return document[0]


def words_on(voucher: Voucher) -> str:
    words: str = the_page(voucher).get_textpage().get_text_range()
    return words


def picture_of(voucher: Voucher) -> Image:
    picture: Image = the_page(voucher).render(scale=4).to_pil().convert("L")
    return picture


CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)


def scanned(voucher: Voucher) -> str:
    # A courier's scanner is set to its own kind of code: looking for all kinds at once finds others in part of the bars.
    [found] = zxingcpp.read_barcodes(picture_of(voucher), formats=CODE_128)
    return found.text


def passes_luhn(code: str) -> bool:
    digits = [int(digit) for digit in reversed(code)]
    doubled = [2 * digit - 9 if digit > 4 else 2 * digit for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_a_voucher_is_one_a6_page() -> None:
    assert the_page(a_voucher()).get_size() == pytest.approx(A6_POINTS, abs=0.01)


def test_a_voucher_says_who_sends_what_to_whom() -> None:
    words = words_on(
        a_voucher(recipient=replace(CUSTOMER, phone="6900000000", comments="Χτυπήστε δύο φορές"))
    )

    for expected in (
        "ACS",
        "Αποστολέας",
        "Κατάστημα Ηλεκτρονικών ΑΕ",
        "Πανεπιστημίου 2, 10671 Αθήνα",
        "Τηλ. 2101234567",
        "Παραλήπτης",
        "Γεώργιος Παπαδόπουλος",
        "Λεωφόρος Κηφισίας 123",
        "15124 Μαρούσι",
        "Αττική, GR",
        "Τηλ. 6900000000",
        "Χτυπήστε δύο φορές",
        "Τεμάχια\r\n2",
        "261128-1000001",
        "001000001014",
        "Έκδοση 28/11/2026 12:00",
    ):
        assert expected in words


@pytest.mark.parametrize(
    ("cents", "amount"),
    [
        (1234, "12,34 €"),
        (5, "0,05 €"),
        (100, "1,00 €"),
        (123456, "1.234,56 €"),
        (100_000_000, "1.000.000,00 €"),
    ],
)
def test_cash_on_delivery_is_written_as_greeks_do(cents: int, amount: str) -> None:
    assert f"Αντικαταβολή\r\n{amount}\r\n" in words_on(a_voucher(cash_on_delivery_cents=cents))


def test_a_paid_order_shows_no_amount() -> None:
    assert "Αντικαταβολή\r\n—" in words_on(a_voucher(cash_on_delivery_cents=0))


def test_what_does_not_apply_is_left_out() -> None:
    words = words_on(a_voucher())

    assert not any(
        label in words for label in ("EXPRESS", "Σημείο παραλαβής", "Σχόλια", "Παραλαβή από", "None")
    )


def test_express_collection_point_and_pickup_window_are_shown() -> None:
    window = (NOON, NOON + timedelta(hours=2))
    words = words_on(a_voucher(express=True, collection_point="Θυρίδα 7, Γλυφάδα", pickup_window=window))

    assert "EXPRESS" in words
    assert "Σημείο παραλαβής: Θυρίδα 7, Γλυφάδα" in words
    assert "Παραλαβή από το κατάστημα: 28/11/2026, 12:00 - 14:00" in words


def test_a_pickup_window_over_midnight_shows_both_days() -> None:
    words = words_on(a_voucher(pickup_window=(NOON, NOON + timedelta(days=1))))

    assert "28/11/2026, 12:00 - 29/11/2026, 12:00" in words


@pytest.mark.parametrize("number", [1, 1_000_001, 7_654_321, 999_999_999, 1_000_000_000, 12_345_678_901])
def test_the_bar_code_reads_back_the_tracking_code(number: int) -> None:
    code = tracking_code(number, 7)

    assert scanned(a_voucher(tracking_code=code)) == code


@few
@given(st.text("0123456789abzABZ", min_size=1, max_size=24))
@example("99")
@example("99A")
@example("9" * 24)
@example("A99B9999")
def test_the_bar_code_reads_back_any_couriers_code(code: str) -> None:
    assert scanned(a_voucher(tracking_code=code)) == code


def test_the_bar_code_has_its_quiet_zones() -> None:
    for code in (tracking_code(1_000_001, 1), "A" * 24):
        picture = picture_of(a_voucher(tracking_code=code))
        row = picture.crop(
            (0, picture.height * 82 // 100, picture.width, picture.height * 82 // 100 + 1)
        ).tobytes()
        runs = [(dark, len(list(pixels))) for dark, pixels in groupby(row, lambda pixel: pixel < 128)]
        module = sum(width for _, width in runs[1:-1]) / (
            11 * (len(code) // 2 if code.isdigit() else len(code)) + 35
        )

        assert [runs[0][0], runs[-1][0]] == [False, False]
        assert min(runs[0][1], runs[-1][1]) > 9.8 * module


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        LONG,
        UNBROKEN,
        "👩‍👩‍👧‍👦 🎉",
        "\x00\x01\x1b\r\n\t\x7f",
        "שלום 中文 العربية",
        "\ud800",
        "Ά́" * 9,
    ],
    ids=["empty", "blank", "long", "unbroken", "emoji", "control", "foreign", "surrogate", "stacked accents"],
)
def test_no_text_breaks_the_page_or_hides_the_bar_code(text: str) -> None:
    window = (NOON, NOON + timedelta(days=2))
    voucher = a_voucher_of(
        text, parcels=99, cash_on_delivery_cents=10**12, pickup_window=window, express=True
    )

    assert the_page(voucher).get_size() == pytest.approx(A6_POINTS, abs=0.01)
    assert scanned(voucher) == voucher.tracking_code


@few
@given(st.text(max_size=400))
def test_any_text_gives_one_page(text: str) -> None:
    assert the_page(a_voucher_of(text)).get_size() == pytest.approx(A6_POINTS, abs=0.01)


@pytest.mark.parametrize("text", [LONG, UNBROKEN, "i " * 400], ids=["long", "unbroken", "narrow"])
def test_long_texts_stay_inside_the_page_and_off_each_other(text: str) -> None:
    words = the_page(a_voucher_of(text, express=True)).get_textpage()
    boxes = [words.get_rect(index) for index in range(words.count_rects())]

    assert all(left > 12 and right < 286 and bottom > 9 and top < 412 for left, bottom, right, top in boxes)
    for number, one in enumerate(boxes):
        assert not any(overlap(one, other) for other in boxes[number + 1 :])


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    slack = 1.5  # the boxes reach a little beyond the ink
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > slack and down > slack


def test_a_text_that_is_cut_ends_with_an_ellipsis() -> None:
    words = words_on(a_voucher(recipient=replace(CUSTOMER, name=LONG)))

    assert "Παραλήπτης\r\nΠαπαδοπούλου-Κωνσταντινίδου" in words
    assert "…" in words


def test_a_text_that_just_needs_smaller_letters_is_whole() -> None:
    name = "Ταχυμεταφορές Παπαδημητρακόπουλος & Υιοί"
    words = words_on(a_voucher(courier=name))

    assert name in words


def test_an_unknown_letter_is_replaced_and_the_rest_stays() -> None:
    assert "Άννα � Ζήση" in words_on(a_voucher(recipient=replace(CUSTOMER, name="Άννα 🎉 Ζήση")))


def test_accents_written_apart_are_joined_to_their_letters() -> None:
    assert "Ήλιος" in words_on(a_voucher(recipient=replace(CUSTOMER, name="Η\u0301λιος")))


def test_the_same_voucher_gives_the_same_bytes_also_side_by_side() -> None:
    voucher = a_voucher(express=True)
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(render_voucher, [voucher] * 8))

    assert made == {render_voucher(voucher)}


def test_another_process_gives_the_same_bytes() -> None:
    voucher = a_voucher(created_at=NOON.astimezone(UTC))
    program = (
        "import sys, msgspec; from stoa.documents.voucher import Voucher, render_voucher;"
        "sys.stdout.buffer.write(render_voucher(msgspec.json.decode(sys.stdin.buffer.read(), type=Voucher)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], input=encode(voucher), capture_output=True, check=True
    )

    assert other.stdout == render_voucher(voucher)


def test_another_voucher_gives_other_bytes() -> None:
    assert render_voucher(a_voucher()) != render_voucher(a_voucher(created_at=NOON + timedelta(minutes=1)))


def test_the_pdf_is_dated_when_the_voucher_was_made() -> None:
    document = pypdfium2.PdfDocument(render_voucher(a_voucher(created_at=NOON.astimezone(UTC))))

    assert document.get_metadata_value("CreationDate").startswith("D:20261128100000")


def test_making_a_voucher_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    render_voucher(a_voucher_of("Άννα 🎉"))

    assert caplog.records == []


@pytest.mark.parametrize("code", ["", "1" * 25, "ΑΒΓ", "12 34", "12-34", "²3"])
def test_a_tracking_code_that_no_bar_code_can_hold_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="A tracking code is 1 to 24 Latin letters and digits"):
        a_voucher(tracking_code=code)


def test_a_tracking_code_is_twelve_digits() -> None:
    assert tracking_code(1_000_001, 1) == "001000001014"
    assert tracking_code(1_000_001, 2) == "001000001022"
    assert len(tracking_code(999_999_999, 99)) == 12
    assert len(tracking_code(1_000_000_000, 99)) == 13


@given(st.integers(1, 10**11), st.integers(1, 99), st.data())
def test_a_misread_digit_of_a_tracking_code_is_noticed(number: int, serial: int, data: st.DataObject) -> None:
    code = tracking_code(number, serial)
    place = data.draw(st.integers(0, len(code) - 1))
    misread = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != code[place]))

    assert passes_luhn(code)
    assert not passes_luhn(code[:place] + misread + code[place + 1 :])


@given(*[st.tuples(st.integers(1, 10**11), st.integers(1, 99))] * 2)
def test_no_two_vouchers_share_a_tracking_code(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (tracking_code(*one) == tracking_code(*other)) == (one == other)


@pytest.mark.parametrize(("number", "serial"), [(1_000_001, 0), (1_000_001, 100), (0, 1)])
def test_a_serial_that_would_make_codes_collide_is_refused(number: int, serial: int) -> None:
    with pytest.raises(ValueError, match=f"Order {number} has no voucher number {serial}"):
        tracking_code(number, serial)
