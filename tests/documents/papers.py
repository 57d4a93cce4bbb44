"""Papers to test with, and what stands on them."""

from itertools import combinations
from typing import Any

import pypdfium2
import pypdfium2.raw
from msgspec.structs import replace

from stoa.documents.invoice import render_invoice
from stoa.orders.invoicing import Invoice, InvoiceLine, Party, invoice_of
from stoa.orders.shop import Company
from tests.builders import NOON, a_line, a_shop, an_order

A4_POINTS = (595.28, 841.89)
LONG = "Παπαδοπούλου-Κωνσταντινίδου Αικατερίνη-Μαργαρίτα " * 8

SELLER = Company(
    name="Lumina Casei S.R.L.",
    vat_number="RO12345678",
    registration_number="J40/1234/2015",
    address="Șoseaua Pipera nr. 45",
    zip="020309",
    city="București",
    country_code="RO",
    email="contact@lumina.example",
    bank_name="Banca Țării",
    bank_account="RO49AAAA1B31007593840000",
)

LAMP = a_line(name="Lampă", sku="LMP-1", quantity=1, unit_price_cents=10_900, vat_rate=1900)
BOOKS = a_line(name="Carte", sku="CRT-2", quantity=3, unit_price_cents=50_000, vat_rate=500)


def a_paper(**what_matters: Any) -> Invoice:
    """Invoice INV 0000012 in Romanian: a lamp of 109.00 at 19 %, three books of 500.00 at 5 %, shipping 15.00."""
    shop = a_shop(language="ro", currency="RON", company=SELLER, zone="Europe/Bucharest", phone="0215550199")
    order = an_order(shop=shop, lines=(LAMP, BOOKS), currency="RON", shipping_cents=1500)
    return replace(invoice_of(order, shop, number=12, order_code="26-77", now=NOON), **what_matters)


def lines_of(line: InvoiceLine, count: int) -> tuple[InvoiceLine, ...]:
    """So many lines that tell each other apart by their names."""
    return tuple(replace(line, name=f"Produs {n:04}") for n in range(1, count + 1))


def a_party(text: str) -> Party:
    """Everything that can be known of it is this text."""
    return Party(**dict.fromkeys(Party.__struct_fields__, text))


def pages_of(pdf: bytes) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(pdf))


def words_of(pdf: bytes) -> str:
    """All that is written, page after page, with plain spaces."""
    pages = [words_of_page(page) for page in pages_of(pdf)]
    return "\n".join(pages).replace("\xa0", " ").replace("\r\n", "\n")


def words_of_page(page: pypdfium2.PdfPage) -> str:
    words: str = page.get_textpage().get_text_range()
    return words


Box = tuple[float, float, float, float]


def boxes_on(page: pypdfium2.PdfPage) -> list[Box]:
    """Where the texts stand: left, bottom, right and top."""
    return [text.get_bounds() for text in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT])]


def assert_that_all_can_be_read(page: pypdfium2.PdfPage) -> None:
    """No text lies over another, and none reaches beyond the page."""
    boxes = boxes_on(page)
    assert [pair for pair in combinations(boxes, 2) if _overlap(*pair)] == []
    assert all(left > 0 and bottom > 0 and right < A4_POINTS[0] for left, bottom, right, _ in boxes)


def _overlap(one: Box, other: Box) -> bool:
    (left, bottom, right, top), (left2, bottom2, right2, top2) = one, other
    # Accents of one line and tails of the line above it may touch.
    slack = 1.5
    beside = right <= left2 + slack or right2 <= left + slack
    return not (beside or top <= bottom2 + slack or top2 <= bottom + slack)


def words_on(invoice: Invoice) -> str:
    return words_of(render_invoice(invoice))
