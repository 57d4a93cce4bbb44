import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.documents.manifest import Manifest, ManifestEntry, render_manifest
from tests.documents.papers import (
    A4_POINTS,
    LONG,
    assert_that_all_can_be_read,
    boxes_on,
    pages_of,
    words_of,
    words_of_page,
)

NOON = datetime(2026, 11, 28, 12, 5, tzinfo=ZoneInfo("Europe/Athens"))

NO_CASH = ManifestEntry(
    "001000001014", "261128-1000001", "Μαρία Ζήση", "15124 Μαρούσι", 2, 0, collected=False
)
CASH = ManifestEntry(
    "001000002012", "261128-1000002", "Άρης Βήτας", "10671 Αθήνα", 1, 123_456, collected=True
)


def a_manifest(*parcels: ManifestEntry, **said: Any) -> Manifest:
    plain = Manifest(
        shop="Ηλεκτρονικά ΑΕ",
        pickup_location="Πανεπιστημίου 2, 10671 Αθήνα",
        carrier="ACS",
        day=date(2026, 11, 28),
        printed_at=NOON,
        parcels=parcels,
    )
    return replace(plain, **said)


def so_many(count: int) -> tuple[ManifestEntry, ...]:
    """Shipments that tell each other apart by their codes, number n with a cash on delivery of n euros."""
    return tuple(
        replace(
            CASH,
            tracking_code=f"{n:09}017",
            order_code=f"261128-{2_000_000 + n}",
            cash_on_delivery_cents=100 * n,
        )
        for n in range(1, count + 1)
    )


def words_on(manifest: Manifest) -> str:
    return words_of(render_manifest(manifest))


def test_a_manifest_says_who_collects_what_from_whom() -> None:
    words = words_on(a_manifest(NO_CASH, CASH))

    for expected in (
        "Λίστα παραλαβής ACS",
        "Κατάστημα Ηλεκτρονικά ΑΕ",
        "Διεύθυνση παραλαβής Πανεπιστημίου 2, 10671 Αθήνα",
        "Ημερομηνία 28/11/2026",
        "Έκδοση 28/11/2026 12:05",
        "1 001000001014 261128-1000001 Μαρία Ζήση 15124 Μαρούσι 2 —",
        "2 001000002012 261128-1000002 Άρης Βήτας 10671 Αθήνα 1 1.234,56 €",
        "Σελίδα 1 από 1",
    ):
        assert expected in words, words


def test_a_manifest_sums_up_what_the_courier_takes_along() -> None:
    words = words_on(a_manifest(NO_CASH, CASH, replace(CASH, cash_on_delivery_cents=44)))

    assert "Σύνολο αποστολών 3\n" in words
    assert "Σύνολο τεμαχίων 4\n" in words
    assert "Σύνολο αντικαταβολών 1.235,00 €" in words


def test_a_manifest_tells_what_the_courier_has_already() -> None:
    words = words_on(a_manifest(NO_CASH, CASH))

    assert "1.234,56 € Ναι\n" in words
    assert words.count("Ναι") == 1
    assert "Έχουν ήδη παραληφθεί 1\n" in words
    assert "παραληφθεί" not in words_on(a_manifest(NO_CASH))


def test_where_nothing_is_paid_on_delivery_there_is_no_sum() -> None:
    assert "Σύνολο αντικαταβολών —" in words_on(a_manifest(NO_CASH))


def test_shop_and_courier_sign_with_the_time() -> None:
    words = words_on(a_manifest(NO_CASH))

    for signer in ("Για το κατάστημα", "Για τον μεταφορέα"):
        assert f"{signer}\nΟνοματεπώνυμο\nΥπογραφή\nΗμερομηνία και ώρα" in words


def test_a_shop_without_a_pickup_location_shows_none() -> None:
    words = words_on(a_manifest(NO_CASH, pickup_location=None))

    assert "Διεύθυνση" not in words
    assert "None" not in words


def test_an_empty_manifest_says_that_there_is_nothing_to_collect() -> None:
    words = words_on(a_manifest())

    assert "Λίστα παραλαβής ACS" in words
    assert "Δεν υπάρχουν δέματα προς παραλαβή." in words
    assert "Σελίδα 1 από 1" in words
    assert not any(part in words for part in ("Παραλήπτης", "Σύνολο", "Υπογραφή"))


def test_every_shipment_of_many_is_there_on_pages_that_all_have_the_headings() -> None:
    entries = so_many(300)
    pdf = render_manifest(a_manifest(*entries))
    pages, words = [words_of_page(page) for page in pages_of(pdf)], words_of(pdf)

    assert len(pages) > 5
    for number, page in enumerate(pages, start=1):
        assert page.count("Αριθμός αποστολής Παραγγελία Παραλήπτης Προορισμός Τεμάχια Αντικαταβολή") == 1
        assert f"Σελίδα {number} από {len(pages)}" in page
        assert "Λίστα παραλαβής ACS 28/11/2026" in page
    for n, entry in enumerate(entries, start=1):
        line = f"{n} {entry.tracking_code} {entry.order_code} Άρης Βήτας 10671 Αθήνα 1 {n},00 € Ναι\n"
        assert words.count(f"\n{line}") == 1
    assert "Σύνολο αντικαταβολών 45.150,00 €" in words


@pytest.mark.parametrize("count", range(26, 42))
def test_the_signatures_never_stand_alone_on_a_page_and_never_reach_its_foot(count: int) -> None:
    *_, last = pages_of(render_manifest(a_manifest(*so_many(count))))
    words = words_of_page(last)

    assert f"{count:09}017" in words
    assert words.count("Υπογραφή") == 2
    assert_that_all_can_be_read(last)


@pytest.mark.parametrize("text", [LONG, "W" * 400], ids=["words", "one word"])
def test_the_longest_texts_overlap_nothing_and_end_with_an_ellipsis(text: str) -> None:
    entry = ManifestEntry("A" * 24, text, text, text, 10**4, 10**9, collected=True)
    pdf = render_manifest(a_manifest(entry, entry, shop=text, pickup_location=text, carrier=text))

    for page in pages_of(pdf):
        assert len(boxes_on(page)) > 20
        assert_that_all_can_be_read(page)
    assert words_of(pdf).count("…") >= 6


def test_no_code_of_a_courier_and_no_amount_is_ever_cut() -> None:
    codes = [f"{n:012}" for n in range(12)]
    words = words_on(
        a_manifest(
            replace(CASH, tracking_code="Q7" * 12, cash_on_delivery_cents=10**10),
            replace(CASH, tracking_code=", ".join(codes)),
        )
    )

    assert "Q7" * 12 in words
    assert "100.000.000,00 €" in words
    assert [code for code in codes if code not in words] == []
    assert "…" not in words


@given(st.text(max_size=60), st.integers(0, 10**9))
@settings(max_examples=8, deadline=None)
def test_any_text_and_any_amount_can_be_printed(text: str, number: int) -> None:
    entry = ManifestEntry(text, text, text, text, number, number, collected=False)
    manifest = a_manifest(entry, shop=text, pickup_location=text, carrier=text)

    [page] = pages_of(render_manifest(manifest))
    assert page.get_size() == pytest.approx(A4_POINTS, abs=0.01)


def test_the_same_manifest_gives_the_same_bytes_also_side_by_side() -> None:
    manifest = a_manifest(NO_CASH, CASH)
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(render_manifest, [manifest] * 8))

    assert made == {render_manifest(manifest)}


def test_another_moment_gives_other_bytes() -> None:
    later = NOON + timedelta(minutes=1)

    assert render_manifest(a_manifest(NO_CASH)) != render_manifest(a_manifest(NO_CASH, printed_at=later))


def test_the_pdf_names_the_manifest_and_is_dated_when_it_was_printed() -> None:
    document = pypdfium2.PdfDocument(render_manifest(a_manifest()))

    assert document.get_metadata_value("Title") == "Λίστα παραλαβής ACS 28/11/2026"
    assert document.get_metadata_value("CreationDate").startswith("D:20261128120500+02")


def test_a_thousand_shipments_take_a_few_seconds() -> None:
    manifest = a_manifest(*so_many(1000))
    began = time.process_time()
    render_manifest(manifest)

    assert time.process_time() - began < 5
