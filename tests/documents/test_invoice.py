import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.documents.invoice import render_invoice
from stoa.languages import LANGUAGES
from stoa.orders.invoicing import storno_of
from tests.builders import DAY, NOON
from tests.documents.papers import (
    A4_POINTS,
    LONG,
    a_paper,
    a_party,
    assert_that_all_can_be_read,
    boxes_on,
    lines_of,
    pages_of,
    words_of,
    words_of_page,
    words_on,
)

few = settings(max_examples=8, deadline=None)


def test_an_invoice_is_one_a4_page() -> None:
    [page] = pages_of(render_invoice(a_paper()))

    assert page.get_size() == pytest.approx(A4_POINTS, abs=0.01)


def test_an_invoice_says_who_sells_what_to_whom() -> None:
    words = words_on(a_paper())

    for expected in (
        "Factură",
        "Serie INV",
        "Număr 0000012",
        "Data 3 mar. 2026",
        "Comandă 26-77",
        "Furnizor\nLumina Casei S.R.L.\nCIF: RO12345678\nNr. reg. com.: J40/1234/2015\nȘoseaua Pipera nr. 45",
        "020309 București\nRomânia\nTelefon: 0215550199\ncontact@lumina.example",
        "Bancă: Banca Țării\nCont: RO49AAAA1B31007593840000",
        "Cumpărător\nΕλένη Παπαδάκη\nΠανεπιστημίου 4\n12345 Αθήνα\nΑττική, Grecia",
        "Lampă LMP-1 1 91,60 91,60 19 % 17,40 109,00",
        "Carte CRT-2 3 476,19 1.428,57 5 % 71,43 1.500,00",
        "Transport 1 12,61 12,61 19 % 2,39 15,00",
        "Pagina 1 din 1",
    ):
        assert expected in words, words


def test_an_invoice_sums_up_each_rate_and_the_whole() -> None:
    words = words_on(a_paper())

    for expected in (
        "5 % 1.428,57 71,43 1.500,00",
        "19 % 104,21 19,79 124,00",
        "Total fără TVA 1.532,78 RON",
        "Total TVA 91,22 RON",
        "Total de plată 1.624,00 RON",
    ):
        assert expected in words, words


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "el",
            ["Τιμολόγιο", "3 Μαρ 2026", "1.428,57", "5%", "Πληρωτέο ποσό", "1.624,00 €", "Σελίδα 1 από 1"],
        ),
        ("en", ["Invoice", "3 Mar 2026", "1,428.57", "5%", "Total to pay", "€1,624.00", "Page 1 of 1"]),
        ("ro", ["Factură", "3 mar. 2026", "1.428,57", "5 %", "Total de plată", "1.624,00 EUR"]),
        ("bg", ["Фактура", "3.03.2026 г.", "1 428,57", "5%", "Сума за плащане", "Страница 1 от 1"]),
        (
            "hu",
            ["Számla", "2026. márc. 3.", "1 428,57", "5%", "Fizetendő összeg", "1 624,00 EUR", "1/1. oldal"],
        ),
    ],
)
def test_an_invoice_is_in_its_language_with_its_figures(language: str, expected: list[str]) -> None:
    words = words_on(a_paper(language=language, currency="EUR"))

    assert [text for text in expected if text not in words] == []
    assert "\ufffd" not in words


def test_a_language_that_we_do_not_have_is_english() -> None:
    assert "Total to pay" in words_on(a_paper(language="tr"))


def test_an_invoice_is_dated_by_the_shops_clock() -> None:
    before_midnight_in_london = NOON.replace(hour=23)

    assert "4 mar. 2026" in words_on(a_paper(issued_at=before_midnight_in_london))


def test_a_storno_names_the_invoice_that_it_cancels_and_takes_every_amount_back() -> None:
    words = words_on(storno_of(a_paper(), number=13, now=NOON + DAY))

    for expected in (
        "Factură storno\nStornează factura INV 0000012",
        "Număr 0000013",
        "Data 4 mar. 2026",
        "Carte CRT-2 -3 476,19 -1.428,57 5 % -71,43 -1.500,00",
        "19 % -104,21 -19,79 -124,00",
        "Total -1.624,00 RON",
    ):
        assert expected in words, words
    assert "Total de plată" not in words


def test_a_proforma_has_no_number_and_says_that_it_is_no_fiscal_document() -> None:
    words = words_on(a_paper(number=0))

    assert "Factură proformă\nAcesta nu este un document fiscal." in words
    assert "Număr" not in words
    assert "0000000" not in words


def test_what_is_not_known_takes_no_room() -> None:
    words = words_on(a_paper(series="", order_code="", seller=a_party(""), buyer=a_party("")))

    assert "Serie" not in words
    assert "Comandă" not in words
    assert "Furnizor Cumpărător\nProdus" in words


def test_what_carries_no_vat_is_at_no_rate_in_line_and_summary() -> None:
    [first, *_] = a_paper().lines
    words = words_on(a_paper(lines=(replace(first, vat_cents=0),)))

    assert words.count("0 %") == 2
    assert "19 %" not in words


def test_a_rate_between_two_percents_is_written_out() -> None:
    [first, *_] = a_paper().lines

    assert "5,5 %" in words_on(a_paper(lines=(replace(first, vat_rate=550),)))


def test_many_lines_take_many_pages_each_with_headings_and_its_number() -> None:
    lines = lines_of(a_paper().lines[0], 500)
    pdf = render_invoice(a_paper(lines=lines))
    pages, words = [words_of_page(page) for page in pages_of(pdf)], words_of(pdf)

    assert len(pages) > 10
    for number, page in enumerate(pages, start=1):
        assert "Cantitate" in page
        assert f"Pagina {number} din {len(pages)}" in page
        assert "Factură INV 0000012" in page
    assert [name for name in (line.name for line in lines) if words.count(name) != 1] == []


@pytest.mark.parametrize("count", range(18, 30))
def test_the_totals_never_stand_alone_on_a_page(count: int) -> None:
    *_, last = pages_of(render_invoice(a_paper(lines=lines_of(a_paper().lines[0], count))))

    words = words_of_page(last)
    assert "Total de plată" in words
    assert f"Produs {count:04}" in words


def test_a_summary_of_many_rates_goes_on_over_pages() -> None:
    line = a_paper().lines[0]
    words = words_on(a_paper(lines=tuple(replace(line, vat_rate=100 * n) for n in range(1, 91))))

    assert [n for n in range(1, 91) if words.count(f" {n} % ") + words.count(f"\n{n} % ") != 2] == []


def test_the_longest_names_and_amounts_overlap_nothing() -> None:
    line = replace(a_paper().lines[0], name=LONG, code="Ω" * 90, quantity=10**6, net_cents=10**11)
    paper = a_paper(
        seller=a_party(LONG),
        buyer=a_party("W" * 400),
        series="S" * 60,
        order_code="O" * 80,
        lines=(line, replace(line, name="W" * 400), *lines_of(line, 2)),
    )
    for page in pages_of(render_invoice(paper)):
        assert len(boxes_on(page)) > 20
        assert_that_all_can_be_read(page)


def test_no_amount_is_ever_cut() -> None:
    line = replace(a_paper().lines[0], unit_net_cents=10**11, net_cents=10**11, vat_cents=-(10**11))
    words = words_on(a_paper(lines=(line,), language="hu"))

    assert "…" not in words
    assert "-1 000 000 000,00" in words


@pytest.mark.parametrize(
    "letters",
    [
        "ΆΈΉΊΌΎΏΐΰϊϋάέήίόύώςΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
        "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯабвгдежзийклмнопрстуфхцчшщъьюяѝ",
        "ĂÂÎȘȚăâîșțŞŢşţ",
        "ÁÉÍÓÖŐÚÜŰáéíóöőúüű",
    ],
)
def test_every_letter_of_our_languages_is_in_the_font(letters: str) -> None:
    words = words_on(a_paper(buyer=replace(a_party(""), address=letters)))

    assert letters in words.replace("\n", "")


def test_an_unknown_letter_is_replaced_and_the_rest_stays() -> None:
    assert "Άννα \ufffd Ζήση" in words_on(a_paper(buyer=a_party("Άννα 🎉 Ζήση")))


@given(st.text(max_size=60), st.integers(-(10**11), 10**11), st.sampled_from(LANGUAGES))
@few
def test_any_text_and_any_amount_can_be_printed(text: str, cents: int, language: str) -> None:
    line = replace(a_paper().lines[0], name=text, code=text, net_cents=cents, unit_net_cents=cents)
    paper = a_paper(seller=a_party(text), buyer=a_party(text), lines=(line,), language=language)

    assert len(pages_of(render_invoice(paper))) == 1


def test_the_same_invoice_gives_the_same_bytes_also_side_by_side() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(render_invoice, [a_paper()] * 8))

    assert made == {render_invoice(a_paper())}


def test_another_moment_gives_other_bytes() -> None:
    assert render_invoice(a_paper()) != render_invoice(a_paper(issued_at=NOON + timedelta(minutes=1)))


def test_the_pdf_names_the_paper_and_is_dated_when_it_was_issued() -> None:
    document = pypdfium2.PdfDocument(render_invoice(a_paper()))

    assert document.get_metadata_value("Title") == "Factură INV 0000012"
    assert document.get_metadata_value("CreationDate").startswith("D:20260303100000")


def test_a_hundred_lines_take_well_below_a_second() -> None:
    paper = a_paper(lines=lines_of(a_paper().lines[0], 100))
    began = time.process_time()
    render_invoice(paper)

    assert time.process_time() - began < 1
