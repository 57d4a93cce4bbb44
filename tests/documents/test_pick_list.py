"""What is fetched from the shelves for several orders, and what goes into each parcel."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pypdfium2
import pypdfium2.raw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.documents.pick_list import render_pick_list
from stoa.languages import LANGUAGES
from stoa.orders.order import Line, Note, Order, Size
from stoa.orders.shop import Shop
from tests.builders import NOON, a_customer, a_line, a_shop, an_address, an_order
from tests.documents.papers import (
    A4_POINTS,
    LONG,
    assert_that_all_can_be_read,
    boxes_on,
    pages_of,
    words_of,
    words_of_page,
)

COFFEE = a_line(shop_uid="9", name="Καφετιέρα 12 φλιτζανιών", quantity=2, ean="5201234567890")
TOWEL = a_line(shop_uid="10", name="Törölköző, bordó", quantity=1)


def a_swimsuit(size: str, **what_matters: Any) -> Line:
    made_up: dict[str, Any] = {
        "shop_uid": "20117",
        "shop_variation_uid": f"20117-{size}",
        "name": "Παιδικό μαγιό",
        "quantity": 1,
        "ean": "5200000000000",
        "size": Size(label="Ηλικία", value=size, shop_value=size, ean=f"5200000000{size:>03}"),
    }
    return a_line(**(made_up | what_matters))


def ordered(*lines: Line, number: int = 1_000_001, **what_matters: Any) -> Order:
    return an_order(order_id=number, lines=lines, **what_matters)


def code_of(order: Order, _: Shop) -> str:
    return f"260303-{order.id}"


def pdf_of(*orders: Order, language: str = "en", at: Any = NOON, **terms: Any) -> bytes:
    return render_pick_list(orders, a_shop(**terms), code_of, language=language, at=at)


def words_on(*orders: Order, **said: Any) -> str:
    return words_of(pdf_of(*orders, **said))


def both_parts(*orders: Order) -> tuple[str, str]:
    """What is written for who fetches, and for who packs."""
    fetched, _, packed = words_on(*orders).partition("Packing list")
    return fetched, packed


def squares_on(page: pypdfium2.PdfPage) -> int:
    """How many boxes there are to tick."""
    bounds = [path.get_bounds() for path in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_PATH])]
    sides = [(right - left, top - bottom) for left, bottom, right, top in bounds]
    return sum(width == pytest.approx(height, abs=0.01) for width, height in sides)


def test_a_product_of_several_orders_is_fetched_once_for_all_of_them() -> None:
    orders = [ordered(COFFEE), ordered(TOWEL, replace(COFFEE, quantity=1)), ordered(COFFEE)]

    words, _ = both_parts(*orders)

    assert words.count("Καφετιέρα") == 1
    assert "9 Καφετιέρα 12 φλιτζανιών 5201234567890 5 #1×2, #2, #3×2\n" in words
    assert "10 Törölköző, bordó 1 #2\n" in words


def test_a_product_that_stands_twice_in_an_order_is_counted_together() -> None:
    words, packed = both_parts(ordered(COFFEE, replace(COFFEE, unit_price_cents=100, quantity=3)))

    assert "5201234567890 5 #1×5\n" in words
    assert packed.count("Καφετιέρα") == 2


def test_each_size_of_a_product_is_fetched_for_itself_with_its_own_ean() -> None:
    words, _ = both_parts(ordered(a_swimsuit("14"), a_swimsuit("8")))

    assert "20117-14 Παιδικό μαγιό, Ηλικία: 14 5200000000014 1 #1\n" in words
    assert "20117-8 Παιδικό μαγιό, Ηλικία: 8 5200000000008 1 #1\n" in words


def test_a_product_is_the_same_whatever_the_channels_call_it() -> None:
    elsewhere = replace(a_swimsuit("14"), name="Maillot", size=None, variant_name="14 ans")

    words, _ = both_parts(ordered(a_swimsuit("14")), ordered(elsewhere))

    assert "20117-14 Παιδικό μαγιό, Ηλικία: 14 5200000000014 2 #1, #2\n" in words
    assert "Maillot" not in words


def test_products_without_a_code_are_told_apart_by_their_names() -> None:
    nameless = a_line(shop_uid="", quantity=1)
    lines = [replace(nameless, name="Ταψί"), replace(nameless, name="Φόρμα")]

    words, _ = both_parts(ordered(*lines), ordered(lines[0]))

    assert "Ταψί 2 #1, #2\n" in words
    assert "Φόρμα 1 #1\n" in words


def test_what_lies_in_the_marketplaces_warehouse_is_apart_from_what_lies_here() -> None:
    words, _ = both_parts(ordered(COFFEE), ordered(replace(COFFEE, stock_id=4)))

    assert words.count("5201234567890 2 #") == 2


def test_products_stand_in_the_order_of_their_codes_and_sizes_of_one_together() -> None:
    lines = [
        a_swimsuit("14"),
        TOWEL,
        a_swimsuit("8", shop_variation_uid="99"),
        a_line(shop_uid="a7", name="Ζ"),
        COFFEE,
        a_line(shop_uid="A12", name="Α"),
    ]

    words, _ = both_parts(ordered(*lines))
    places = [words.index(f"\n{code} ") for code in ("9", "10", "99", "20117-14", "a7", "A12")]

    assert places == sorted(places)


def test_the_list_says_when_it_was_made_and_how_much_there_is_to_do() -> None:
    words = words_on(ordered(COFFEE), ordered(TOWEL))

    assert "Pick list\n" in words
    assert "Το Παλαιοπωλείο" in words
    assert "Date 3 Mar 2026, 12:00\n" in words
    assert "Orders 2\n" in words
    assert "Pieces 3\n" in words
    assert "Page 1 of 2" in words
    assert "Page 2 of 2" in words


def test_each_order_has_its_own_list_with_all_that_whoever_packs_has_to_know() -> None:
    order = ordered(
        COFFEE,
        TOWEL,
        express=True,
        gift_wrap=True,
        comments="Εύθραυστο",
        notes=(Note(number=1, text="Δώρο: μία σοκολάτα"),),
        courier="acs",
    )

    _, packed = both_parts(ordered(TOWEL), order)

    assert "#1 260303-1000001 Ελένη Παπαδάκη Last Mile 1\n10 Törölköző, bordó 1\n#2" in packed
    about = "Ελένη Παπαδάκη · Express · Gift wrap · Εύθραυστο · Δώρο: μία σοκολάτα"
    assert f"#2 260303-1000001 {about} ACS 3 9 Καφετιέρα" in packed.replace("\n", " ")
    assert "9 Καφετιέρα 12 φλιτζανιών 5201234567890 2\n10 Törölköző, bordó 1\n" in packed


def test_a_parcel_bears_the_name_of_who_gets_it() -> None:
    _, packed = both_parts(ordered(COFFEE, address=an_address(recipient="Νίκος Παππάς")))

    assert "Νίκος Παππάς" in packed
    assert "Παπαδάκη" not in packed


def test_every_product_has_a_box_to_tick_where_it_is_fetched_and_where_it_is_packed() -> None:
    pages = pages_of(pdf_of(ordered(COFFEE, TOWEL), ordered(COFFEE)))

    assert [squares_on(page) for page in pages] == [2, 3]


def test_the_list_tells_no_price() -> None:
    words = words_on(ordered(replace(COFFEE, unit_price_cents=777_77)))

    assert "777" not in words
    assert "€" not in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_in_every_alphabet_can_be_read_in_every_language(language: str) -> None:
    names = ("Καφετιέρα", "Lampă din șipcă țesută", "Паламарка за чай", "Törölköző, ű ő")
    words = words_on(
        *(ordered(replace(TOWEL, shop_uid=name[0], name=name)) for name in names), language=language
    )

    assert [name for name in names if words.count(f"{name[0]} {name} 1") != 2] == []
    assert "\ufffd" not in words


def test_the_list_is_in_the_readers_language_not_in_the_shops() -> None:
    assert "Pagina 1 din 2" in words_on(ordered(COFFEE), language="ro")
    assert "Page 1 of 2" in words_on(ordered(COFFEE), language="tr")


def many(count: int) -> list[Order]:
    """Orders that all have one product in common, and another of their own."""
    return [
        ordered(COFFEE, replace(TOWEL, shop_uid=f"T-{n:03}"), number=1_000_000 + n)
        for n in range(1, count + 1)
    ]


def test_no_order_is_cut_or_lost_where_hundreds_want_the_same_product() -> None:
    words, packed = both_parts(*many(200))
    numbers = [int(number) for number in re.findall(r"#(\d+)×2", words)]

    assert numbers == list(range(1, 201))
    assert f"5201234567890 {400} #1×2" in words
    assert [n for n in range(1, 201) if f"\n#{n} 260303-{1_000_000 + n} " not in packed] == []
    assert "…" not in words + packed


def test_the_widest_numbers_of_orders_fit_beside_their_product() -> None:
    dozens = [ordered(replace(COFFEE, quantity=88_888), number=n) for n in range(1, 201)]
    words, _ = both_parts(*dozens)

    assert len(re.findall(r"#\d+×88888", words)) == 200


def test_a_parcels_products_stand_on_one_page() -> None:
    lines = [replace(TOWEL, shop_uid=f"U{n}", name=f"Πετσέτα {n}") for n in range(7)]
    pages = [words_of_page(page) for page in pages_of(pdf_of(*[ordered(*lines)] * 9))]
    packing = pages[1:]

    assert len(packing) > 1
    for page in packing:
        assert page.count("260303-1000001") * 7 == page.count("Πετσέτα")


def test_a_parcel_of_more_than_a_page_goes_on_under_its_heading() -> None:
    lines = [replace(TOWEL, shop_uid=f"U{n:03}", name=f"Πετσέτα {n}") for n in range(80)]
    pages = [words_of_page(page) for page in pages_of(pdf_of(ordered(TOWEL), ordered(*lines)))]
    packing = [page for page in pages if "#2 260303-1000001" in page]

    assert len(packing) >= 2
    assert sum(page.count("Πετσέτα") for page in packing) == 80


@pytest.mark.parametrize("text", [LONG, "W" * 400], ids=["words", "one word"])
def test_the_longest_texts_overlap_nothing_and_end_with_an_ellipsis(text: str) -> None:
    size = Size(label=text, value=text, shop_value=text, ean=text)
    line = a_line(shop_uid=text, name=text, quantity=10**6, size=size)
    order = ordered(line, line, comments=text, courier=text, customer=a_customer(first_name=text))
    pdf = render_pick_list([order] * 3, a_shop(name=text), lambda *_: text, language="el", at=NOON)

    for page in pages_of(pdf):
        assert len(boxes_on(page)) > 10
        assert_that_all_can_be_read(page)
    assert words_of(pdf).count("…") >= 6


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
@settings(max_examples=8, deadline=None)
def test_any_text_can_be_printed(text: str, language: str) -> None:
    line = a_line(shop_uid=text, shop_variation_uid=text, name=text, variant_name=text, ean=text)
    pages = pages_of(pdf_of(ordered(line, comments=text), language=language, name=text))

    assert [page.get_size() for page in pages] == [pytest.approx(A4_POINTS, abs=0.01)] * 2


def test_the_same_facts_give_the_same_bytes_also_side_by_side() -> None:
    order = ordered(COFFEE, TOWEL)
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(lambda _: pdf_of(order), range(8)))

    assert made == {pdf_of(order)}
    assert made != {pdf_of(order, at=NOON + timedelta(minutes=1))}


def test_two_hundred_orders_take_about_a_second() -> None:
    orders = many(200)
    began = time.process_time()
    pdf_of(*orders)

    assert time.process_time() - began < 4
