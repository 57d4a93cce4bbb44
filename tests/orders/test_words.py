"""What an order is found by, and what people type to find it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.orders.billing import billing_of
from stoa.orders.order import Billing, LinkedOrder, Order
from stoa.orders.words import LONGEST, MOST_ASKED, MOST_WORDS, folded, question, words_of
from tests.builders import (
    NOON,
    a_customer,
    a_line,
    a_tracking,
    an_address,
    an_invoice,
    an_order,
)

CODES = ("260303-1000001", "GR--1000001--MER17")

SILLY = st.text() | st.text(alphabet="'\\:*&|!()<> -+012αςΣß") | st.characters().map(lambda one: one * 500)


def finds(text: str, order: Order, codes: tuple[str, ...] = CODES) -> bool:
    return question(text).is_answered_by(words_of(order, codes))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ελένη ΠΑΠΑΔΆΚΗ", ["ελενη", "παπαδακη"]),
        ("Παπαδάκης", ["παπαδακησ"]),
        ("ΠΑΠΑΔΆΚΗΣ", ["παπαδακησ"]),
        ("Ἑλένη", ["ελενη"]),
        ("Ștefan Țepeș", ["stefan", "tepes"]),
        ("Árvíztűrő", ["arvizturo"]),
        ("Георгиев-Бойчев", ["георгиев", "боичев"]),
        ("Straße", ["strasse"]),
        ("SKU_12/a", ["sku", "12", "a"]),
        ("  ", []),
        ("!?'\\:*", []),
    ],
)
def test_words_are_folded_so_that_case_accents_and_punctuation_do_not_matter(
    text: str, words: list[str]
) -> None:
    assert folded(text) == words


@given(SILLY)
def test_a_word_has_only_letters_and_digits_and_is_folded_already(text: str) -> None:
    for word in folded(text):
        assert word.isalnum()
        assert 0 < len(word) <= LONGEST
        assert "".join(folded(word)).startswith(word[: LONGEST // 2])


@given(SILLY)
def test_a_question_is_always_answered_by_its_own_words(text: str) -> None:
    assert question(text).is_answered_by(folded(text))


@given(SILLY)
def test_the_telling_part_of_a_question_rules_nothing_out_that_the_whole_does_not(text: str) -> None:
    words = folded(text)
    whole, telling = question(text), question(text).telling

    for some in (words, words[1:], words[:-1], [*words[:-1], "".join(words)]):
        assert telling.is_answered_by(some) or not whole.is_answered_by(some)


FOUND_BY = [
    "1000001",
    "1000",
    "260303-1000001",
    "260303-100",
    "GR--1000001--MER17",
    "gr 1000001",
    "ελένη",
    "ΠΑΠΑΔΑΚΗ Ελ",
    "eleni@example.com",
    "210 123 4567",
    "2101234567",
    "+30 210-1234567",
    "00302101234567",
    "210123",
    "6944123456",
    "306944123456",
    "καφετιερα 12",
    "405753",
    "5201234567899",
    "sku-1/a",
    "7712345678",
    "7712",
    "RB123456789GR",
    "rb 123 456 789 gr",
    "παπαδακη καφετιερα 7712345678",
]


@pytest.mark.parametrize("text", FOUND_BY)
def test_an_order_is_found_by_its_codes_its_customer_its_goods_and_its_parcels(text: str) -> None:
    customer = a_customer(phone="2101234567", mobile="+30 6944 123456")
    order = an_order(customer=customer, lines=(a_line(ean="5201234567899", sku="SKU-1/A"),))
    order = replace(order, trackings=(a_tracking(), a_tracking(code="RB 123 456 789 GR")))

    assert finds(text, order)
    assert not finds(f"{text} zzz", order)


@pytest.mark.parametrize("text", ["1000002", "000001", "παπα ελενη", "210123456700", "712345678", "405753 9"])
def test_an_order_is_not_found_by_what_is_not_its_own(text: str) -> None:
    assert not finds(text, an_order(customer=a_customer(phone="2101234567")))


@pytest.mark.parametrize(
    ("country", "number"),
    [("GR", "6944123456"), ("RO", "722356158"), ("BG", "888123456"), ("HU", "301234567"), ("XX", "71234567")],
)
def test_a_telephone_number_is_found_with_its_country_and_without(country: str, number: str) -> None:
    code = {"GR": "30", "RO": "40", "BG": "359", "HU": "36", "XX": ""}[country]
    address = an_address(country_code=country)
    spellings = [number, f"0{number}", *([f"+{code}{number}", f"00{code} {number}"] if code else [])]

    for kept in spellings:
        order = an_order(address=address, customer=a_customer(phone=kept))
        assert all(finds(typed, order) for typed in spellings), kept


def test_a_company_is_found_by_its_name() -> None:
    order = an_order(invoice=an_invoice(company="Αφοί Δημητρίου ΑΕ"))
    assert finds("δημητριου", order)

    billing = replace(billing_of(an_order()) or Billing(), company_name="Nuts & Bolts SRL")
    assert finds("bolts", replace(an_order(), billing=billing))


def test_an_order_is_found_by_where_it_comes_from_and_a_return_by_its_sale() -> None:
    assert finds("amz-77", replace(an_order(), channel_ref="AMZ-77"))
    assert finds("1234567", replace(an_order(), return_of=LinkedOrder(id=1_234_567, placed_at=NOON)))


@given(SILLY, SILLY, SILLY)
def test_whatever_an_order_holds_its_words_are_few_short_and_different(
    name: str, phone: str, code: str
) -> None:
    line = a_line(name=name, shop_uid=code)
    customer = a_customer(first_name=name, phone=phone)
    order = replace(an_order(), customer=customer, lines=(line,), trackings=(a_tracking(code=code),))

    words = words_of(order, [code])
    assert len(words) == len(set(words)) <= MOST_WORDS
    assert all(0 < len(word) <= LONGEST and word.isalnum() for word in words)


def test_of_many_goods_the_last_are_left_out_but_neither_numbers_nor_names() -> None:
    lines = tuple(a_line(id=str(n), shop_uid=f"u{n}", name=f"product{n}") for n in range(300))
    order = replace(an_order(lines=lines), trackings=(a_tracking(),))

    assert len(words_of(order)) == MOST_WORDS
    assert finds("7712345678 παπαδακη", order)
    assert not finds("product299", order)


def test_only_the_first_words_of_a_long_question_count() -> None:
    assert len(question("α " * 1000).words) == MOST_ASKED


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1000001", (1_000_001,)),
        ("191128-1234567", (1_234_567,)),
        ("R-191128-1234567", (1_234_567,)),
        ("GR--12345678--MER78", (12_345_678,)),
        ("παπαδακη 1000001", (1_000_001,)),
        ("999999", ()),
        ("9" * 19, ()),
        ("١٢٣٤٥٦٧", ()),
    ],
)
def test_what_may_be_the_number_of_an_order_is_seen_in_its_codes(text: str, numbers: tuple[int, ...]) -> None:
    assert question(text).order_numbers == numbers
