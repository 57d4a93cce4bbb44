"""What customers open without a login: their order's page, its proforma, its invoice and the storno."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from stoa.app import Stoa
from stoa.documents.links import Links, Page
from stoa.documents.pages import STYLE, info_page, missing_page, proforma_page
from stoa.languages import LANGUAGES, translate
from stoa.languages.statuses import CANCELLED_BY, PAYMENT_METHODS, PAYMENT_STATUSES, STAGES, STEPS
from stoa.orders.commands import Accept, Cancel, Command, IssueInvoice
from stoa.orders.order import Actor, Order, PaymentMethod, PaymentStatus, State, VariantOption
from stoa.orders.progress import Stage, Step
from stoa.orders.refusals import Refused
from tests.builders import (
    NOON,
    a_customer,
    a_line,
    a_placement,
    a_shop,
    a_tracking,
    after,
    an_address,
    an_order,
    an_order_in,
    placed,
)
from tests.conftest import SERVER, Merchant, opening_a_shop, stored
from tests.documents.papers import SELLER, words_of

LINKS = Links(SERVER, "a secret key")
EVIL = "<script>alert('x')</script> & \"so\""


@pytest.fixture
async def seller(stoa: Stoa) -> AsyncIterator[Merchant]:
    """A shop in Romania."""
    terms = {"language": "ro", "currency": "RON", "zone": "Europe/Bucharest", "company": SELLER}
    async with opening_a_shop(stoa, **terms) as opened:
        yield opened


async def ordered(stoa: Stoa, merchant: Merchant) -> Order:
    """A customer ordered from the shop."""
    number = await stoa.service.orders.next_number()
    return placed(await stoa.service.engine.place(a_placement(), shop=merchant.shop, number=number))


async def invoiced(stoa: Stoa, merchant: Merchant) -> Order:
    """An order that the shop accepted, with its invoice."""
    order = await ordered(stoa, merchant)
    return await happen(stoa, merchant, order, Accept(), IssueInvoice())


async def cancelled(stoa: Stoa, merchant: Merchant) -> Order:
    """An order that has an invoice and the storno of it."""
    order = await invoiced(stoa, merchant)
    return await happen(stoa, merchant, order, Cancel(), by=Actor.CUSTOMER)


async def happen(
    stoa: Stoa, merchant: Merchant, order: Order, *commands: Command, by: Actor = Actor.MERCHANT
) -> Order:
    for command in commands:
        now = await stored(stoa, order)
        done = await stoa.service.engine.carry_out(command, on=now, shop=merchant.shop, by=by)
        assert not isinstance(done, Refused), done
        order = done
    return order


def addresses(links: Links, order: Order) -> dict[Page, str]:
    """Every page of an invoiced and cancelled order."""
    invoice, storno = links.invoice_paper(order), links.storno_paper(order)
    assert invoice
    assert storno
    return {
        Page.INFO: links.info(order),
        Page.PROFORMA: links.proforma(order),
        Page.INVOICE: invoice,
        Page.STORNO: storno,
    }


class Reader(HTMLParser):
    """Takes the texts from between the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(page: bytes) -> str:
    """What a reader sees, its parts separated by lines."""
    reader = Reader()
    reader.feed(page.decode())
    lines = "\n".join(reader.parts).replace("\xa0", " ").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def info_text(order: Order, **terms: Any) -> str:
    return text_of(info_page(order, a_shop(language="en", **terms), code="26-77", links=LINKS))


def test_the_info_page_tells_how_far_the_order_is_and_what_is_in_it() -> None:
    line = a_line(
        variant_name="Μαύρο", options=(VariantOption(name="Χρώμα", value="Μαύρο"),), unit_price_cents=1799
    )
    order = an_order_in(State.DISPATCHED, lines=(line,), shipping_cents=350)
    words = info_text(replace(order, trackings=(a_tracking(courier="acs", code="7712345678"),)))

    for expected in (
        "Το Παλαιοπωλείο\nOrder 26-77\nOrder shipped\nWith the courier",
        "Placed on\n3 Mar 2026, 12:00",
        "Payment\nCard\nPaid",
        "Tracking number\nACS\n7712345678",
        "Delivery address\nΕλένη Παπαδάκη\nΠανεπιστημίου 4\n12345 Αθήνα\nΑττική, Greece",
        "Καφετιέρα 12 φλιτζανιών\nΜαύρο\n2\n€17.99\n€35.98",
        "Shipping\n€3.50\nTotal\n€39.48",
    ):
        assert expected in words, words


def test_the_info_page_says_who_fetches_the_parcel_where() -> None:
    address = an_address(recipient="Νίκος Παππάς", collection_point="BOX NOW Σταδίου", floor="2ος")

    assert "Νίκος Παππάς\nBOX NOW Σταδίου\nΠανεπιστημίου 4 2ος\n12345 Αθήνα" in info_text(
        an_order(address=address)
    )


def test_the_info_page_says_who_cancelled() -> None:
    order = after(an_order(), Cancel(), by=Actor.CUSTOMER)

    assert "Order cancelled\nCancelled by the customer" in info_text(order)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_page(state: State) -> None:
    order = an_order_in(state)

    assert any(text in info_text(order) for text in STAGES.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_the_shops_language(language: str) -> None:
    shop, order = a_shop(language=language), an_order_in(State.DISPATCHED)
    for page in (
        info_page(order, shop, code="26-77", links=LINKS),
        proforma_page(order, shop, code="26-77"),
        missing_page(language),
    ):
        assert f'<html lang="{language}">'.encode() in page
    assert translate("Order shipped", language) in text_of(info_page(order, shop, code="26-77", links=LINKS))


def test_what_is_said_of_an_order_is_complete_and_in_every_language() -> None:
    assert STAGES.keys() == set(Stage)
    assert STEPS.keys() == set(Step) - {Step.CANCELLED}
    assert PAYMENT_METHODS.keys() == set(PaymentMethod)
    assert PAYMENT_STATUSES.keys() == set(PaymentStatus)
    said = [*STAGES.values(), *STEPS.values(), *CANCELLED_BY.values(), *PAYMENT_STATUSES.values()]
    foreign = set(LANGUAGES) - {"en"}
    assert [(text, at) for text in said for at in foreign if translate(text, at) == text] == []


def test_a_name_is_never_markup() -> None:
    order = an_order(
        customer=a_customer(first_name=EVIL),
        address=an_address(street_name=EVIL, city=EVIL),
        lines=(a_line(name=EVIL, sku=EVIL, variant_name=EVIL),),
    )
    shop = a_shop(name=EVIL, company=replace(SELLER, name=EVIL))
    pages = (
        info_page(replace(order, shipping_method=EVIL), shop, code=EVIL, links=LINKS),
        proforma_page(order, shop, code=EVIL),
    )

    for page in pages:
        assert b"<script" not in page
        assert b"&lt;script&gt;" in page
        assert EVIL in text_of(page).replace("\n", "")


def test_nothing_on_a_page_needs_more_than_our_stylesheet() -> None:
    shop, order = a_shop(), an_order()
    for page in (info_page(order, shop, code="1", links=LINKS), proforma_page(order, shop, code="1")):
        assert not re.search(rb"<script|<style|style=|<img|src=|\son[a-z]+=", page)
    assert b"url(" not in STYLE
    assert b"@import" not in STYLE


def test_the_proforma_says_what_the_invoice_will_say() -> None:
    shop = a_shop(language="ro", currency="RON", company=SELLER)
    order = an_order(
        lines=(a_line(name="Lampă", sku="LMP-1", quantity=1, unit_price_cents=10_900, vat_rate=1900),)
    )
    words = text_of(proforma_page(replace(order, currency="RON"), shop, code="26-77"))

    for expected in (
        "Factură proformă\nAcesta nu este un document fiscal.\nData\n3 mar. 2026\nComandă\n26-77",
        "Furnizor\nLumina Casei S.R.L.\nCIF: RO12345678",
        "Lampă\nLMP-1\n1\n91,60\n91,60\n19 %\n17,40\n109,00",
        "Detaliere TVA",
        "Total de plată\n109,00 RON",
    ):
        assert expected in words, words


async def test_a_customer_opens_every_page_of_an_order(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant
) -> None:
    order = await cancelled(stoa, seller)
    pages = {page: await stranger.get(at) for page, at in addresses(stoa.service.links, order).items()}

    assert {page: answer.status_code for page, answer in pages.items()} == dict.fromkeys(Page, 200)
    code = stoa.service.channel_code(order, seller.shop)
    assert f"Comanda {code}\nComanda anulata\nAnulata de client" in text_of(pages[Page.INFO].content)
    assert f"Comandă\n{code}" in text_of(pages[Page.PROFORMA].content)
    assert "Număr 0000001" in words_of(pages[Page.INVOICE].content)
    assert "Stornează factura INV 0000001" in words_of(pages[Page.STORNO].content)


async def test_the_info_page_leads_to_the_papers_that_there_are(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant
) -> None:
    links = stoa.service.links
    plain = await ordered(stoa, seller)
    order = await cancelled(stoa, seller)

    assert await linked(stranger, links.info(plain)) == [links.proforma(plain)]
    assert links.invoice_paper(plain) is None
    assert links.storno_paper(plain) is None
    assert await linked(stranger, links.info(order)) == [
        at for page, at in addresses(links, order).items() if page is not Page.INFO
    ]


async def linked(client: httpx.AsyncClient, address: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)"', (await client.get(address)).text)


async def test_a_paper_is_a_pdf_that_the_browser_shows(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant
) -> None:
    address = stoa.service.links.invoice_paper(await invoiced(stoa, seller))
    answer = await stranger.get(str(address))

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''INV-0000001.pdf"
    assert answer.content == (await stranger.get(str(address))).content


async def test_papers_outlive_their_order_and_pages_do_not(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant
) -> None:
    order = await cancelled(stoa, seller)
    await stoa.service.engine.delete(stored=await stored(stoa, order), shop=seller.shop, by=Actor.MERCHANT)
    pages = {page: await stranger.get(at) for page, at in addresses(stoa.service.links, order).items()}

    assert {page: answer.status_code for page, answer in pages.items()} == {
        Page.INFO: 404,
        Page.PROFORMA: 404,
        Page.INVOICE: 200,
        Page.STORNO: 200,
    }
    assert "Nu există nimic la această adresă." in pages[Page.INFO].text


async def test_no_page_may_be_kept_framed_or_found(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant
) -> None:
    order = await cancelled(stoa, seller)
    wrong = f"{SERVER}/orders/info/{seller.shop.id}-{'0' * 32}/{order.id}"
    for address in (*addresses(stoa.service.links, order).values(), wrong):
        headers = (await stranger.get(address)).headers
        assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert headers["cache-control"] == "private, no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_a_page_allows_our_stylesheet_and_nothing_else(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant
) -> None:
    order = await ordered(stoa, seller)
    address = stoa.service.links.info(order)
    page = await stranger.get(address)
    style = httpx.URL(address).join(re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)[0])

    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert '<meta name="robots" content="noindex, nofollow, noarchive">' in page.text
    found = await stranger.get(style)
    assert (found.status_code, found.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert found.content == STYLE


async def test_the_secret_of_one_page_opens_no_other(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant, neighbour: Merchant
) -> None:
    order = await cancelled(stoa, seller)
    other = await ordered(stoa, seller)
    theirs = await ordered(stoa, neighbour)
    opened = addresses(stoa.service.links, order)
    keys = {page: address.split("/")[-2] for page, address in opened.items()}

    assert len(set(keys.values())) == len(Page)
    for page, key in keys.items():
        secret = key.partition("-")[2]
        for guess in (
            *(f"{elsewhere}/{key}/{order.id}" for elsewhere in Page if elsewhere is not page),
            f"{page}/{key}/{other.id}",
            f"{page}/{neighbour.shop.id}-{secret}/{theirs.id}",
            f"{page}/{key[:-1]}/{order.id}",
            f"{page}/{key}0/{order.id}",
            f"{page}/{secret}/{order.id}",
            f"{page}/-/{order.id}",
            f"{page}/{seller.shop.id}-{'é' * 32}/{order.id}",
        ):
            answer = await stranger.get(f"/orders/{guess}")
            assert answer.status_code == 404, guess
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert str(order.id) not in answer.text


async def test_a_look_whether_a_page_is_there_is_answered(
    stoa: Stoa, stranger: httpx.AsyncClient, seller: Merchant
) -> None:
    order = await cancelled(stoa, seller)

    for address in addresses(stoa.service.links, order).values():
        assert (await stranger.head(address)).status_code == 200
    assert (await stranger.head(f"/orders/info/1-{'0' * 32}/1")).status_code == 404
    assert (await stranger.post(stoa.service.links.info(order))).status_code == 405


def test_an_address_says_page_shop_and_order_and_hides_nothing_but_its_secret() -> None:
    order = an_order(placed_at=NOON)

    assert re.fullmatch(rf"{SERVER}/orders/info/17-[0-9a-f]{{32}}/{order.id}", LINKS.info(order))
    assert re.fullmatch(rf"{SERVER}/orders/proforma/17-[0-9a-f]{{32}}/{order.id}", LINKS.proforma(order))
    assert Links(SERVER, "another key").info(order) != LINKS.info(order)
