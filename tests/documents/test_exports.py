"""Orders as a table, for accountants and their spreadsheets."""

import csv
import re
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.documents import exports
from stoa.documents.exports import Export
from stoa.languages import LANGUAGES
from stoa.orders.order import IssuedInvoice, Order, PaymentMethod, Size, State
from stoa.orders.shop import Shop
from tests.builders import (
    NOON,
    a_customer,
    a_line,
    a_return,
    a_shop,
    a_tracking,
    an_address,
    an_invoice,
    an_order,
    an_order_in,
    in_athens,
)

BOM = b"\xef\xbb\xbf"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LAMP = a_line(name="Φωτιστικό", shop_uid="7", quantity=1, unit_price_cents=12_400, vat_rate=2400)
BOOKS = a_line(name="Βιβλίο", shop_uid="8", quantity=3, unit_price_cents=1060, vat_rate=600)

AMOUNTS = ("Net amount", "VAT", "Total", "Order total")


def code_of(order: Order, _: Shop) -> str:
    return f"260303-{order.id}"


def an_export(language: str = "en", **terms: Any) -> Export:
    return Export(a_shop(**terms), code_of, language=language)


async def in_batches(*batches: Sequence[Order]) -> AsyncIterator[Sequence[Order]]:
    for batch in batches:
        yield batch


async def csv_of(*orders: Order, language: str = "en", **terms: Any) -> bytes:
    return b"".join([part async for part in an_export(language, **terms).csv(in_batches(orders))])


def read_csv(data: bytes) -> list[dict[str, str]]:
    """The rows by their headings."""
    text = data.removeprefix(BOM).decode()
    headings, *rows = csv.reader(StringIO(text, newline=""), delimiter=";", strict=True)
    return [dict(zip(headings, row, strict=True)) for row in rows]


async def rows_of(*orders: Order, **terms: Any) -> list[dict[str, str]]:
    return read_csv(await csv_of(*orders, **terms))


async def xlsx_of(*batches: Sequence[Order], language: str = "en") -> ZipFile:
    file = BytesIO()
    await an_export(language).xlsx(in_batches(*batches), file)
    return ZipFile(file)


def sheet_of(book: ZipFile, number: int = 1) -> ET.Element:
    return ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))


def cells_of(book: ZipFile, number: int = 1) -> list[dict[str, ET.Element]]:
    """The cells of each row by their headings; one that holds nothing is not there."""
    headings, *rows = [
        {re.sub(r"\d", "", cell.attrib["r"]): cell for cell in row}
        for row in sheet_of(book, number).iter(f"{MAIN}row")
    ]
    names = {column: text_in(cell) for column, cell in headings.items()}
    return [{names[column]: cell for column, cell in row.items()} for row in rows]


def text_in(cell: ET.Element) -> str:
    """The text of a cell that is one."""
    assert cell.attrib["t"] == "inlineStr"
    return "".join(cell.itertext())


def number_in(cell: ET.Element) -> float:
    """The number of a cell that is one."""
    assert cell.attrib.get("t", "n") == "n"
    assert [part.tag for part in cell] == [f"{MAIN}v"]
    return float("".join(cell.itertext()))


def form_of(book: ZipFile, cell: ET.Element) -> str:
    """How a number is shown: the format's own text, or its number where every spreadsheet knows it."""
    styles = ET.fromstring(book.read("xl/styles.xml"))
    [shown] = styles.iter(f"{MAIN}cellXfs")
    number = shown[int(cell.attrib["s"])].attrib["numFmtId"]
    own = {form.attrib["numFmtId"]: form.attrib["formatCode"] for form in styles.iter(f"{MAIN}numFmt")}
    return own.get(number, number)


async def test_a_row_is_a_line_with_all_that_is_known_of_its_order() -> None:
    order = an_order(
        lines=(LAMP, BOOKS),
        customer=a_customer(mobile="6900000000"),
        trackings=(a_tracking(code="001"), a_tracking(code="002")),
        courier="acs",
    )

    first, second = await rows_of(order)

    assert first == {
        "Order": "260303-1000001",
        "Type": "Sale",
        "Channel": "skroutz",
        "Ordered": "2026-03-03 12:00",
        "Status": "Awaiting acceptance",
        "Product": "Φωτιστικό",
        "Variant": "",
        "Code": "7",
        "SKU": "",
        "EAN": "",
        "Quantity": "1",
        "Unit price": "124,00",
        "Net amount": "100,00",
        "VAT %": "24",
        "VAT": "24,00",
        "Total": "124,00",
        "Commission": "10,34",
        "Currency": "EUR",
        "Order total": "155,80",
        "Refunded": "0,00",
        "Payment method": "Card",
        "Payment": "Paid",
        "Invoice": "",
        "Customer": "Ελένη Παπαδάκη",
        "Company": "",
        "VAT number": "",
        "Email": "eleni@example.com",
        "Phone": "6900000000",
        "Recipient": "Ελένη Παπαδάκη",
        "Address": "Πανεπιστημίου 4",
        "Postcode": "12345",
        "City": "Αθήνα",
        "Region": "Αττική",
        "Country": "Greece",
        "Carrier": "ACS",
        "Tracking number": "001, 002",
        "Dispatched": "",
        "Delivered": "",
    }
    assert {
        name: second[name] for name in ("Product", "Quantity", "Unit price", "VAT %", "VAT", "Total")
    } == {
        "Product": "Βιβλίο",
        "Quantity": "3",
        "Unit price": "10,60",
        "VAT %": "6",
        "VAT": "1,80",
        "Total": "31,80",
    }
    of_the_order = ("Order", "Ordered", "Status", "Customer", "Tracking number")
    assert [second[name] for name in of_the_order] == [first[name] for name in of_the_order]


async def test_rows_add_up_to_what_customers_pay_and_no_amount_counts_twice() -> None:
    orders = [an_order(lines=(LAMP, BOOKS), shipping_cents=350), an_order(order_id=1_000_002, lines=(BOOKS,))]

    rows = await rows_of(*orders)
    sums = {name: sum(cents_in(row[name]) for row in rows) for name in AMOUNTS}

    paid = sum(order.total_cents for order in orders)
    assert sums["Order total"] == sums["Total"] == sums["Net amount"] + sums["VAT"] == paid
    assert [row["Order total"] for row in rows] == ["159,30", "", "", "31,80"]


def cents_in(text: str) -> int:
    return int(text.replace(",", "") or 0)


async def test_shipping_is_a_row_of_its_own_that_is_taxed_as_on_the_invoice() -> None:
    *_, shipping = await rows_of(an_order(lines=(LAMP,), shipping_cents=350))

    shown = ("Product", "Code", "Quantity", "Unit price", "Net amount", "VAT %", "VAT", "Total", "Commission")
    assert [shipping[name] for name in shown] == [
        "Shipping",
        "",
        "1",
        "3,50",
        "2,82",
        "24",
        "0,68",
        "3,50",
        "0,00",
    ]
    assert shipping["Order"] == "260303-1000001"


async def test_what_carries_no_vat_is_not_taxed() -> None:
    (row,) = await rows_of(an_order(lines=(replace(LAMP, price_includes_vat=False),)))

    assert (row["Net amount"], row["VAT %"], row["VAT"]) == ("124,00", "0", "0,00")


async def test_a_rate_may_have_decimals() -> None:
    (row,) = await rows_of(an_order(lines=(replace(LAMP, vat_rate=550),)))

    assert row["VAT %"] == "5,5"


async def test_a_size_has_its_own_code_and_ean() -> None:
    size = Size(label="Ηλικία", value="14", shop_value="14", ean="5201234567890")
    line = a_line(shop_uid="20117", shop_variation_uid="20117-14", sku="MAG-14", ean="1", size=size)

    (row,) = await rows_of(an_order(lines=(line,)))

    shown = ("Variant", "Code", "SKU", "EAN")
    assert [row[name] for name in shown] == ["Ηλικία: 14", "20117-14", "MAG-14", "5201234567890"]


async def test_a_company_is_named_with_its_vat_number_and_the_invoice() -> None:
    issued = IssuedInvoice(series="INV", number=12, issued_at=NOON)

    (row,) = await rows_of(an_order(invoice=an_invoice(), issued_invoice=issued))

    assert (row["Company"], row["VAT number"], row["Invoice"]) == ("ACME", "111119191", "INV 0000012")


async def test_moments_are_the_shops_local_time() -> None:
    order = replace(an_order_in(State.DELIVERED), delivered_at=in_athens(2026, 7, 1, 0, 30))

    (row,) = await rows_of(order, zone="Europe/Budapest")

    assert (row["Ordered"], row["Delivered"]) == ("2026-03-03 11:00", "2026-06-30 23:30")


async def test_a_return_is_told_from_a_sale() -> None:
    back = a_return()

    (row,) = await rows_of(back)

    assert (row["Type"], row["Status"]) == ("Return", "Return awaits review")


@pytest.mark.parametrize("state", State)
async def test_an_order_in_every_state_has_its_status_in_words(state: State) -> None:
    (row,) = await rows_of(an_order_in(state))

    assert " " in row["Status"] or row["Status"].istitle()
    assert row["Status"] != state


@pytest.mark.parametrize("method", PaymentMethod)
async def test_every_way_to_pay_has_its_words(method: PaymentMethod) -> None:
    (row,) = await rows_of(an_order(payment_method=method))

    assert row["Payment method"][0].isupper()


@pytest.mark.parametrize(
    ("language", "status", "product", "country"),
    [
        ("el", "Αναμονή αποδοχής", "Προϊόν", "Ελλάδα"),
        ("ro", "In asteptarea acceptarii", "Produs", "Grecia"),
        ("tr", "Awaiting acceptance", "Product", "Greece"),
    ],
)
async def test_headings_and_statuses_are_in_the_readers_language(
    language: str, status: str, product: str, country: str
) -> None:
    (row,) = await rows_of(an_order(), language=language)

    assert row[product] == "Καφετιέρα 12 φλιτζανιών"
    assert {status, country} <= set(row.values())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_two_columns_have_the_same_heading(language: str) -> None:
    headings = (await csv_of(language=language)).removeprefix(BOM).decode().strip().split(";")

    assert len(set(headings)) == len(headings) == len(read_csv(await csv_of(an_order()))[0])


async def test_a_csv_file_is_as_rfc_4180_says_and_says_that_it_is_utf_8() -> None:
    awkward = 'Δύο "εισαγωγικά"; μία\r\nνέα γραμμή'

    data = await csv_of(an_order(customer=a_customer(first_name=awkward, last_name="")))

    assert data.startswith(BOM + b"Order;Type;Channel;Ordered;")
    assert data.endswith(b"\r\n")
    assert data.count(BOM) == 1
    assert read_csv(data)[0]["Customer"] == awkward


@pytest.mark.parametrize(
    "text", ["=1+1", "+30 210", "-2", "@SUM(A1)", "＝1", '=HYPERLINK("https://evil.example")']
)
async def test_a_text_that_would_be_taken_for_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    (row,) = await rows_of(an_order(lines=(a_line(name=text),), address=an_address(city=text)))

    assert (row["Product"], row["City"]) == (f"'{text}", f"'{text}")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\t=1", "\t'=1"),
        ("\r=1", "\r'=1"),
        ("a,=1", "a,'=1"),
        ('a;"=1', "a;'\"=1"),
        ("a\r\n-1,@b", "a\r\n'-1,'@b"),
    ],
)
async def test_neither_is_a_part_that_another_spreadsheet_takes_for_a_cell_of_its_own(
    text: str, written: str
) -> None:
    (row,) = await rows_of(an_order(lines=(a_line(name=text),)))

    assert row["Product"] == written


@pytest.mark.parametrize("text", ["1 = 1 - @'", "Coffee, -50 %"])
async def test_a_text_that_is_no_formula_is_as_it_was_written(text: str) -> None:
    (row,) = await rows_of(an_order(lines=(a_line(name=text),)))

    assert row["Product"] == text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=20, deadline=None)
async def test_any_text_comes_back_from_a_csv_file(text: str) -> None:
    (row,) = await rows_of(an_order(lines=(a_line(name=text),)))

    assert row["Product"].replace("'", "") == text.replace("'", "")


async def test_a_csv_file_comes_piece_by_piece() -> None:
    batches = [[an_order(order_id=n)] for n in range(1, 4)]

    heading, *parts = [part async for part in an_export().csv(in_batches(*batches))]

    assert heading.startswith(BOM)
    assert [part.split(b";")[0] for part in parts] == [b"260303-1", b"260303-2", b"260303-3"]


async def test_where_there_are_no_orders_there_are_headings() -> None:
    assert await rows_of() == []
    assert cells_of(await xlsx_of()) == []


async def test_a_workbook_has_the_rows_and_headings_of_the_csv_file() -> None:
    order = replace(an_order(lines=(LAMP, BOOKS), shipping_cents=350), trackings=(a_tracking(code="0012"),))

    rows, cells = await rows_of(order), cells_of(await xlsx_of([order]))

    filled = [{name for name, text in row.items() if text} for row in rows]
    assert [set(row) for row in cells] == filled
    for row, said in zip(cells, rows, strict=True):
        texts = {name: text_in(cell) for name, cell in row.items() if cell.attrib.get("t") == "inlineStr"}
        assert texts == {name: said[name] for name in texts}
        assert {"Product", "Postcode", "Tracking number"} <= texts.keys()


async def test_amounts_are_numbers_with_two_decimals() -> None:
    book = await xlsx_of([an_order(lines=(LAMP,))])
    (row,) = cells_of(book)

    assert {name: number_in(row[name]) for name in AMOUNTS} == {
        "Net amount": 100,
        "VAT": 24,
        "Total": 124,
        "Order total": 124,
    }
    assert {form_of(book, row[name]) for name in AMOUNTS} == {"#,##0.00"}
    assert (number_in(row["VAT %"]), number_in(row["Quantity"])) == (24, 1)


async def test_a_cent_is_not_lost() -> None:
    (row,) = cells_of(await xlsx_of([an_order(lines=(replace(LAMP, unit_price_cents=1_999_999_999),))]))

    assert number_in(row["Total"]) == 19_999_999.99


async def test_moments_are_dates_as_the_readers_country_writes_them() -> None:
    book = await xlsx_of([an_order()])
    (row,) = cells_of(book)

    ordered = datetime(1899, 12, 30) + timedelta(days=number_in(row["Ordered"]))  # noqa: DTZ001 - a spreadsheet's day 0
    assert ordered == datetime(2026, 3, 3, 12)  # noqa: DTZ001 - as the shop's clock said
    assert form_of(book, row["Ordered"]) == "22"


@pytest.mark.parametrize(
    "text", ["=1+1", "{=1}", "https://evil.example", "mailto:a@example.com", "007", "-1"]
)
async def test_a_text_in_a_workbook_is_neither_a_formula_nor_a_link_nor_a_number(text: str) -> None:
    book = await xlsx_of([an_order(lines=(a_line(name=text),))])
    (row,) = cells_of(book)

    assert text_in(row["Product"]) == text
    assert not list(sheet_of(book).iter(f"{MAIN}f"))
    assert not list(sheet_of(book).iter(f"{MAIN}hyperlink"))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@settings(max_examples=20, deadline=None)
async def test_a_workbook_can_be_read_whatever_the_texts_are(text: str) -> None:
    (row,) = cells_of(
        await xlsx_of([an_order(lines=(a_line(name=f"{text}\ufffe\uffff\x01"),), comments=text)])
    )

    assert text_in(row["Product"])


async def test_a_text_that_no_cell_can_hold_is_cut() -> None:
    (row,) = cells_of(await xlsx_of([an_order(lines=(a_line(name="Ω" * 40_000),))]))

    assert text_in(row["Product"]) == "Ω" * 32_767


async def test_a_sheet_that_is_full_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_MOST_ROWS", 3)
    orders = [an_order(order_id=n) for n in range(1, 6)]

    book = await xlsx_of(orders[:3], orders[3:])

    codes = [[text_in(row["Order"]) for row in cells_of(book, sheet)] for sheet in (1, 2, 3)]
    assert codes == [["260303-1", "260303-2"], ["260303-3", "260303-4"], ["260303-5"]]
    assert re.findall(r'sheet name="(.*?)"', book.read("xl/workbook.xml").decode()) == [
        "Orders",
        "Orders 2",
        "Orders 3",
    ]


async def test_what_fails_on_the_way_is_told_and_leaves_no_file_open() -> None:
    async def failing() -> AsyncIterator[Sequence[Order]]:
        yield [an_order()]
        raise ConnectionError("The database is gone.")

    with pytest.raises(ConnectionError, match="database is gone"):
        await an_export().xlsx(failing(), BytesIO())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_thousand_orders_take_about_a_second(kind: str) -> None:
    batches = in_batches(*[[an_order(lines=(LAMP, BOOKS))] * 100] * 10)
    began = time.process_time()
    if kind == "csv":
        assert len([part async for part in an_export().csv(batches)]) == 11
    else:
        await an_export().xlsx(batches, BytesIO())

    assert time.process_time() - began < 4
