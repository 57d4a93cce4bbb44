"""Issuing an order's invoice, and what becomes of it (order processing, issue the invoice)."""

import asyncio

import httpx
import pytest

from stoa.orders import commands as asked
from stoa.orders.order import Actor, State
from tests.documents.papers import words_of
from tests.merchantpro.back_office import OK, BackOffice, Json, a_line, answered, fault, said


async def invoiced(office: BackOffice, **what_matters: object) -> Json:
    """An order with its invoice."""
    added = await office.add(**what_matters)
    assert answered(await office.process(added["id"], "create_invoice")) == OK
    return await office.show(added["id"])


async def pdf_at(stranger: httpx.AsyncClient, url: str) -> bytes:
    """The paper that anybody finds at an address."""
    answer = await stranger.get(url)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    return answer.content


async def test_an_issued_invoice_is_shown_with_its_series_and_its_number(office: BackOffice) -> None:
    first, second = await invoiced(office), await invoiced(office)

    url = first["invoice"].pop("url")
    assert first["invoice"] == {"prefix": "SERIE", "number": "0000001", "app": "billing", "cancelled": False}
    assert second["invoice"]["number"] == "0000002"
    assert url.startswith("http://stoa.test/")
    assert url != second["invoice"]["url"]


async def test_the_address_of_an_invoice_opens_without_a_login_and_shows_what_was_sold(
    office: BackOffice, stranger: httpx.AsyncClient
) -> None:
    order = await invoiced(office, shipping_amount=15, line_items=[a_line(product_name="Balerini roz")])

    words = words_of(await pdf_at(stranger, order["invoice"]["url"]))

    for word in ("SERIE", "0000001", "Ana Maria Popescu", "Balerini roz", "124,00", str(order["id"])):
        assert word in words


async def test_a_company_is_billed_as_a_company(office: BackOffice, stranger: httpx.AsyncClient) -> None:
    order = await invoiced(
        office, billing_type="company", billing_company_name="Acme SRL", billing_company_vat="RO77"
    )

    words = words_of(await pdf_at(stranger, order["invoice"]["url"]))

    assert "Acme SRL" in words
    assert "RO77" in words


async def test_an_invoice_is_issued_once_however_often_it_is_asked_for(office: BackOffice) -> None:
    order = await invoiced(office)

    assert answered(await office.process(order["id"], "create_invoice")) == OK
    assert await office.show(order["id"]) == order
    assert (await invoiced(office))["invoice"]["number"] == "0000002"


async def test_two_who_ask_at_once_get_the_same_invoice(office: BackOffice) -> None:
    added = await office.add()

    answers = await asyncio.gather(*(office.process(added["id"], "create_invoice") for _ in range(10)))

    assert [answered(answer) for answer in answers] == [OK] * 10
    assert await office.history(added["id"]) == ["Placed", "InvoiceIssued"]
    papers = await office.stoa.service.invoices.of_order(office.shop.id, added["id"])
    assert [paper.number for paper in papers] == [1]


async def test_fifty_orders_invoiced_at_once_have_the_numbers_from_one_to_fifty(office: BackOffice) -> None:
    added = [(await office.in_state(State.ACCEPTED)).id for _ in range(50)]

    answers = await asyncio.gather(*(office.process(order, "create_invoice") for order in added))

    assert [answered(answer) for answer in answers] == [OK] * 50
    listed = (await office.page(fields="invoice"))["data"]
    assert sorted(int(order["invoice"]["number"]) for order in listed) == [*range(1, 51)]


async def test_an_invoice_that_is_refused_uses_up_no_number(office: BackOffice) -> None:
    cancelled = await office.in_state(State.CANCELLED)

    answer = await office.process(cancelled.id, "create_invoice")

    assert fault(answer) == (400, None)
    assert "cancelled" in said(answer)
    assert (await invoiced(office))["invoice"]["number"] == "0000001"


async def test_an_invoice_and_a_cancellation_at_once_leave_no_invoice_of_a_cancelled_order_standing(
    office: BackOffice,
) -> None:
    for _ in range(5):
        added = await office.add()
        invoicing, cancelling = await asyncio.gather(
            office.process(added["id"], "create_invoice"), office.process(added["id"], "cancelled")
        )
        invoice = (await office.show(added["id"]))["invoice"]
        assert answered(cancelling) == OK
        assert invoice["cancelled"] if invoicing.status_code == 200 else invoice is None


# Cancelled invoices


@pytest.mark.parametrize("state", [State.OPEN, State.ACCEPTED, State.DISPATCHED])
async def test_the_invoice_of_a_cancelled_order_is_cancelled_by_a_storno(
    office: BackOffice, stranger: httpx.AsyncClient, state: State
) -> None:
    order = await office.in_state(state)
    await office.process(order.id, "create_invoice")
    before = (await office.show(order.id))["invoice"]

    await office.process(order.id, "cancelled")

    after = (await office.show(order.id))["invoice"]
    assert after == before | {"cancelled": True}
    assert "0000001" in words_of(await pdf_at(stranger, after["url"]))
    invoice, storno = await office.stoa.service.invoices.of_order(office.shop.id, order.id)
    assert (storno.number, storno.cancels, storno.gross_cents) == (2, 1, -invoice.gross_cents)
    page = office.stoa.service.links.storno_paper((await office.stored(order.id)).order)
    assert page
    assert "0000002" in words_of(await pdf_at(stranger, page))


async def test_a_customer_who_cancels_cancels_the_invoice_too(office: BackOffice) -> None:
    order = await office.market.accepted()
    await office.process(order.id, "create_invoice")

    await office.market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)

    assert (await office.show(order.id))["invoice"]["cancelled"]


async def test_a_cancelled_order_is_cancelled_once_and_has_one_storno(office: BackOffice) -> None:
    order = await invoiced(office)

    await asyncio.gather(*(office.process(order["id"], "cancelled") for _ in range(5)))

    papers = await office.stoa.service.invoices.of_order(office.shop.id, order["id"])
    assert [paper.number for paper in papers] == [1, 2]
    assert answered(await office.process(order["id"], "cancelled")) == OK


async def test_the_order_that_was_cancelled_gets_no_second_invoice(office: BackOffice) -> None:
    order = await invoiced(office)
    await office.process(order["id"], "cancelled")

    assert fault(await office.process(order["id"], "create_invoice")) == (400, None)


async def test_what_is_changed_later_does_not_change_the_paper(
    office: BackOffice, stranger: httpx.AsyncClient
) -> None:
    order = await invoiced(office)

    await office.change(order["id"], billing_name="Dan Ionescu", shipping_amount=99)

    words = words_of(await pdf_at(stranger, order["invoice"]["url"]))
    assert "Ana Maria Popescu" in words
    assert "Dan Ionescu" not in words


@pytest.mark.parametrize("page", ["info_url", "proforma_url"])
async def test_an_orders_pages_open_without_a_login_and_keep_search_engines_out(
    office: BackOffice, stranger: httpx.AsyncClient, page: str
) -> None:
    order = await office.add()

    answer = await stranger.get(order[page])

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Balerini" in answer.text
    assert str(order["id"]) in answer.text
