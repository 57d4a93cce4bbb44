"""The paper that goes with what the marketplace's warehouse sends."""

import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.app import Stoa
from stoa.dialects.skroutz.demo import DELIVERY_NOTE, DELIVERY_NOTE_SAMPLE
from stoa.documents.delivery_note import render_delivery_note
from stoa.documents.links import Links
from stoa.documents.samples import sample
from stoa.languages import LANGUAGES
from stoa.orders.commands import Command, Modify, PickUp
from stoa.orders.order import Actor, DeliveryNote, Fulfilment, Line, Order, Size, State
from stoa.orders.refusals import Refused
from tests.builders import NOON, a_line, a_placement, a_shop, a_voucher, an_address, an_order_in, placed
from tests.conftest import SERVER, Merchant, let_timers_work, stored
from tests.documents.papers import (
    A4_POINTS,
    LONG,
    SELLER,
    assert_that_all_can_be_read,
    boxes_on,
    pages_of,
    words_of,
    words_of_page,
)

LINKS = Links(SERVER, "a secret key")
PHONE = a_line(shop_uid="311", name="Κινητό τηλέφωνο 128GB", serial_numbers=("SN12345", "SN56789"))
SWIMSUIT = a_line(
    shop_uid="20117",
    shop_variation_uid="20117-14",
    name="Παιδικό μαγιό",
    quantity=3,
    size=Size(label="Ηλικία", value="14 χρονών", shop_value="12-14"),
)


def a_note(**what_matters: Any) -> DeliveryNote:
    made_up: dict[str, Any] = {
        "number": "ΔΑ-1000001",
        "issued_at": NOON,
        "address": an_address(floor="2ος"),
        "recipient": "Νίκος Παππάς",
    }
    return DeliveryNote(**(made_up | what_matters))


def pdf_of(
    *lines: Line, note: DeliveryNote | None = None, code: str = "260303-1000001", **terms: Any
) -> bytes:
    return render_delivery_note(note or a_note(), lines, a_shop(**terms), order_code=code)


def words_on(*lines: Line, note: DeliveryNote | None = None, **terms: Any) -> str:
    return words_of(pdf_of(*lines, note=note, **terms))


def test_a_delivery_note_says_what_is_sent_from_where_to_whom() -> None:
    words = words_on(PHONE, SWIMSUIT)

    for expected in (
        "Δελτίο αποστολής",
        "Αριθμός ΔΑ-1000001",
        "Ημερομηνία 3 Μαρ 2026",
        "Παραγγελία 260303-1000001",
        "Αποστολέας\nΤο Παλαιοπωλείο\nΑπό την αποθήκη της πλατφόρμας, για λογαριασμό του\nκαταστήματος",
        "\nκαταστήματος\nΛεωφόρος Αθηνών 144\n19300 Ασπρόπυργος\nΑττική, Ελλάδα",
        "Παραλήπτης\nΝίκος Παππάς\nΠανεπιστημίου 4 2ος\n12345 Αθήνα\nΑττική, Ελλάδα",
        "Κωδικός Προϊόν Σειριακοί αριθμοί Ποσότητα",
        "311 Κινητό τηλέφωνο 128GB SN12345, SN56789 2",
        "20117-14 Παιδικό μαγιό, Ηλικία: 14 χρονών 3",
        "Σελίδα 1 από 1",
    ):
        assert expected in words, words


def test_a_delivery_note_tells_no_price() -> None:
    words = words_on(PHONE, replace(SWIMSUIT, unit_price_cents=777_77))

    assert "€" not in words
    assert "17,99" not in words
    assert "777" not in words


def test_a_delivery_note_names_the_company_behind_the_shop() -> None:
    words = words_on(PHONE, company=SELLER, language="ro")

    assert "Expeditor\nLumina Casei S.R.L.\nΤο Παλαιοπωλείο\nCIF: RO12345678\nDin depozitul" in words


def test_a_company_that_is_called_as_its_shop_is_named_once() -> None:
    words = words_on(PHONE, name=SELLER.name, company=replace(SELLER, vat_number=""))

    assert words.count(SELLER.name) == 1
    assert "ΑΦΜ" not in words


def test_a_collection_point_stands_before_the_street() -> None:
    address = an_address(collection_point="BOX NOW Σταδίου", street_name="", street_number="")

    assert "Νίκος Παππάς\nBOX NOW Σταδίου\n12345 Αθήνα" in words_on(PHONE, note=a_note(address=address))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("el", ["Δελτίο αποστολής", "3 Μαρ 2026", "Παραλήπτης"]),
        ("en", ["Delivery note", "3 Mar 2026", "Recipient", "Serial numbers", "Greece"]),
        ("ro", ["Aviz de însoțire a mărfii", "3 mar. 2026", "Destinatar", "Numere de serie"]),
        ("bg", ["Стокова разписка", "3.03.2026 г.", "Получател", "Серийни номера"]),
        ("hu", ["Szállítólevél", "2026. márc. 3.", "Címzett", "Sorozatszámok"]),
        ("tr", ["Delivery note", "3 Mar 2026"]),
    ],
)
def test_a_delivery_note_is_in_the_shops_language(language: str, expected: list[str]) -> None:
    words = words_on(PHONE, language=language)

    assert [text for text in expected if text not in words] == []
    assert "\ufffd" not in words


def test_a_delivery_note_is_dated_by_the_shops_clock() -> None:
    before_midnight_in_london = NOON.replace(hour=23)

    assert "4 Μαρ 2026" in words_on(PHONE, note=a_note(issued_at=before_midnight_in_london))


def test_every_line_of_many_is_there_on_pages_that_all_have_the_headings() -> None:
    lines = [replace(SWIMSUIT, name=f"Μαγιό {n:03}", shop_variation_uid=f"U-{n:03}") for n in range(1, 201)]
    pdf = pdf_of(*lines)
    pages, words = [words_of_page(page) for page in pages_of(pdf)], words_of(pdf)

    assert len(pages) > 4
    for number, page in enumerate(pages, start=1):
        assert page.count("Κωδικός Προϊόν Σειριακοί αριθμοί Ποσότητα") == 1
        assert f"Σελίδα {number} από {len(pages)}" in page
        assert "Δελτίο αποστολής ΔΑ-1000001" in page
    assert [
        n for n in range(1, 201) if words.count(f"U-{n:03} Μαγιό {n:03}, Ηλικία: 14 χρονών 3\n") != 1
    ] == []


@pytest.mark.parametrize("text", [LONG, "W" * 400], ids=["words", "one word"])
def test_the_longest_texts_overlap_nothing_and_end_with_an_ellipsis(text: str) -> None:
    parts = ("street_name", "city", "region", "country_code", "collection_point")
    note = a_note(number=text, recipient=text, address=an_address(**dict.fromkeys(parts, text)))
    line = a_line(shop_uid=text, name=text, quantity=10**6, serial_numbers=("W" * 100, "Ω" * 100))
    pdf = pdf_of(line, line, note=note, code=text, name=text, company=replace(SELLER, name=text))

    for page in pages_of(pdf):
        assert len(boxes_on(page)) > 10
        assert_that_all_can_be_read(page)
    assert words_of(pdf).count("…") >= 6


def many(serials: str, count: int) -> tuple[str, ...]:
    """So many serial numbers of one form, told apart by their last digits."""
    return tuple(f"{serials}{n:04}" for n in range(count))


@pytest.mark.parametrize(
    "serials",
    [many("SN", 1000), many("W" * 96, 30), many("W" * 7, 90), many("W" * 18, 50)],
    ids=["a thousand", "the longest", "short", "wide"],
)
def test_no_serial_number_is_ever_cut_or_lost(serials: Sequence[str]) -> None:
    pdf = pdf_of(replace(PHONE, quantity=len(serials), serial_numbers=tuple(serials)))
    words = re.sub(r"\s", "", words_of(pdf))

    assert [serial for serial in serials if serial not in words] == []
    assert "…" not in words


def test_a_row_of_more_serial_numbers_says_of_which_product_they_are() -> None:
    words = words_on(replace(PHONE, quantity=12, serial_numbers=many("SN", 20)))

    assert words.count("311 ") == 2
    assert words.count("Κινητό") == 1


def test_an_unknown_letter_is_replaced_and_the_rest_stays() -> None:
    words = words_on(replace(PHONE, name="Κινητό 🎉 128GB"), note=a_note(recipient="Άννα 中 Ζήση"))

    assert "Κινητό \ufffd 128GB" in words
    assert "Άννα \ufffd Ζήση" in words


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
@settings(max_examples=8, deadline=None)
def test_any_text_can_be_printed(text: str, language: str) -> None:
    address = an_address(street_name=text, city=text, region=text, country_code=text)
    line = a_line(shop_uid=text, name=text, variant_name=text, serial_numbers=(text, text))
    note = a_note(number=text, recipient=text, address=address)

    [page] = pages_of(pdf_of(line, note=note, code=text, name=text, language=language))
    assert page.get_size() == pytest.approx(A4_POINTS, abs=0.01)


def test_the_same_facts_give_the_same_bytes_also_side_by_side() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(lambda _: pdf_of(PHONE, SWIMSUIT), range(8)))

    assert made == {pdf_of(PHONE, SWIMSUIT)}


def test_another_moment_gives_other_bytes() -> None:
    assert pdf_of(PHONE) != pdf_of(PHONE, note=a_note(issued_at=NOON + timedelta(minutes=1)))


def test_the_pdf_names_the_note_and_is_dated_when_it_was_issued() -> None:
    document = pypdfium2.PdfDocument(pdf_of(PHONE))

    assert document.get_metadata_value("Title") == "Δελτίο αποστολής ΔΑ-1000001"
    assert document.get_metadata_value("CreationDate").startswith("D:20260303100000")


def test_two_hundred_lines_take_about_a_second() -> None:
    lines = [PHONE] * 200
    began = time.process_time()
    pdf_of(*lines)

    assert time.process_time() - began < 2


def test_the_sample_is_the_note_that_the_demo_order_names() -> None:
    words = words_of(sample(DELIVERY_NOTE_SAMPLE))

    assert f"Αριθμός {DELIVERY_NOTE}" in words
    assert "311 Κινητό τηλέφωνο 128GB SN12345, SN56789 2" in words


async def ordered(stoa: Stoa, merchant: Merchant, fulfilment: Fulfilment) -> Order:
    """A customer ordered, and the order was accepted by itself if it is the warehouse's."""
    placement = a_placement(fulfilment=fulfilment, lines=(PHONE,))
    number = await stoa.service.orders.next_number()
    order = placed(await stoa.service.engine.place(placement, shop=merchant.shop, number=number))
    await let_timers_work(stoa, merchant.shop)
    return (await stored(stoa, order)).order


async def happen(stoa: Stoa, merchant: Merchant, order: Order, command: Command, *, by: Actor) -> Order:
    now = await stored(stoa, order)
    done = await stoa.service.engine.carry_out(command, on=now, shop=merchant.shop, by=by)
    assert not isinstance(done, Refused), done
    return done


async def sent(stoa: Stoa, merchant: Merchant) -> Order:
    """The warehouse sent an order."""
    order = await ordered(stoa, merchant, Fulfilment.WAREHOUSE)
    return await happen(stoa, merchant, order, PickUp(), by=Actor.COURIER)


async def test_the_note_of_what_the_warehouse_sent_is_a_pdf_that_the_browser_shows(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await sent(stoa, merchant)
    address = str(stoa.service.links.delivery_note(order))
    answer = await stranger.get(address)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    file_name = quote(f"ΔΑ-{order.id}.pdf")
    assert answer.headers["content-disposition"] == f"inline; filename*=UTF-8''{file_name}"
    words = words_of(answer.content)
    assert f"Αριθμός ΔΑ-{order.id}" in words
    assert f"Παραγγελία {stoa.service.channel_code(order, merchant.shop)}" in words
    assert "Αποστολέας\nΤο μαγαζί\n" in words
    assert "311 Κινητό τηλέφωνο 128GB SN12345, SN56789 2" in words
    assert answer.content == (await stranger.get(address)).content


async def test_a_note_may_be_neither_kept_nor_framed_nor_found(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    address = str(stoa.service.links.delivery_note(await sent(stoa, merchant)))
    headers = (await stranger.get(address)).headers

    assert headers["cache-control"] == "private, no-store"
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"


async def test_a_note_says_where_the_parcel_went_whatever_the_order_says_since(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await sent(stoa, merchant)
    elsewhere = Modify(changes={"address.city": "Πάτρα", "address.recipient": "Άλλος"})
    moved = await happen(stoa, merchant, order, elsewhere, by=Actor.MERCHANT)
    words = words_of((await stranger.get(str(stoa.service.links.delivery_note(moved)))).content)

    assert moved.address.city == "Πάτρα"
    assert "Παραλήπτης\nΕλένη Παπαδάκη\nΠανεπιστημίου 4\n12345 Αθήνα\n" in words


@pytest.mark.parametrize("fulfilment", [Fulfilment.WAREHOUSE, Fulfilment.MARKETPLACE])
async def test_an_order_that_the_warehouse_has_not_sent_has_no_note(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant, fulfilment: Fulfilment
) -> None:
    order, links = await ordered(stoa, merchant, fulfilment), stoa.service.links
    as_if_sent = links.delivery_note(replace(order, delivery_note=a_note()))

    assert links.delivery_note(order) is None
    assert_that_there_is_no_file(await stranger.get(str(as_if_sent)))


def assert_that_there_is_no_file(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_note_goes_with_its_order(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await sent(stoa, merchant)
    await stoa.service.engine.delete(stored=await stored(stoa, order), shop=merchant.shop, by=Actor.MERCHANT)

    assert_that_there_is_no_file(await stranger.get(str(stoa.service.links.delivery_note(order))))


async def test_nobody_can_guess_the_address_of_a_note(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    links = stoa.service.links
    order, theirs = await sent(stoa, merchant), await sent(stoa, neighbour)
    name = str(links.delivery_note(order)).rpartition("/")[2]
    secret = name.rpartition("-")[2]
    of_a_voucher = str(links.voucher(replace(order, voucher=a_voucher()))).rpartition("/")[2]
    shop_id = merchant.shop.id
    for guess in (
        of_a_voucher,
        f"{shop_id}-{order.id}-1-{'0' * 32}.pdf",
        f"{shop_id}-{order.id}-2-{secret}",
        f"{shop_id}-{theirs.id}-1-{secret}",
        f"{neighbour.shop.id}-{theirs.id}-1-{secret}",
        f"{shop_id}-{order.id}-{secret}",
        f"{shop_id}-{order.id}-1-{'é' * 32}.pdf",
        f"{shop_id}-{'9' * 30}-1-{secret}",
        secret,
        "-",
    ):
        assert_that_there_is_no_file(await stranger.get(f"/files/delivery-notes/{guess}"))
    for kind in ("vouchers", "invoices"):
        assert_that_there_is_no_file(await stranger.get(f"/files/{kind}/{name}"))


async def test_a_look_whether_a_note_is_there_is_answered(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    address = str(stoa.service.links.delivery_note(await sent(stoa, merchant)))

    assert (await stranger.head(address)).status_code == 200
    assert (await stranger.post(address)).status_code == 405


def test_the_address_of_a_note_says_shop_and_order_and_hides_nothing_but_its_secret() -> None:
    order = an_order_in(State.DISPATCHED, fulfilment=Fulfilment.WAREHOUSE)

    assert re.fullmatch(
        rf"{SERVER}/files/delivery-notes/17-{order.id}-1-[0-9a-f]{{32}}\.pdf",
        str(LINKS.delivery_note(order)),
    )
