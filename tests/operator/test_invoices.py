"""The papers that a shop issued, as the operator lists them."""

from typing import Any

import httpx

from stoa.app import Stoa
from stoa.orders.commands import Accept, Cancel, Command, IssueInvoice
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from tests.builders import a_line, a_placement, placed
from tests.conftest import Merchant, stored
from tests.operator.calls import SHOPS, Json, address, fault
from tests.operator.test_lists import pages


async def invoiced(stoa: Stoa, shop: Shop, **what_matters: Any) -> Order:
    """An order that the shop accepted and invoiced."""
    number = await stoa.service.orders.next_number()
    order = placed(
        await stoa.service.engine.place(
            a_placement(**what_matters), shop=shop, number=number, then=[Accept()]
        )
    )
    return await happen(stoa, shop, order, IssueInvoice(), by=Actor.MERCHANT)


async def cancelled(stoa: Stoa, shop: Shop) -> Order:
    """An order that has an invoice and the storno of it."""
    return await happen(stoa, shop, await invoiced(stoa, shop), Cancel(), by=Actor.CUSTOMER)


async def happen(stoa: Stoa, shop: Shop, order: Order, command: Command, *, by: Actor) -> Order:
    now = await stored(stoa, order)
    done = await stoa.service.engine.carry_out(command, on=now, shop=shop, by=by)
    assert not isinstance(done, Refused), done
    return done


async def listed(operator: httpx.AsyncClient, shop: Shop, **query: str | int) -> list[Json]:
    """All papers, page by page."""
    return await pages(operator, address(shop, "invoices"), **query)


def drawn(papers: list[Json]) -> list[int]:
    return [paper["number"] for paper in papers]


async def opens(client: httpx.AsyncClient, paper: Json) -> bool:
    """Whether a PDF lies at the paper's address."""
    answer = await client.get(paper["url"])
    return (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")


async def test_an_invoice_is_listed_with_its_amounts_and_its_address(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    line = a_line(quantity=3, unit_price_cents=1240, vat_rate=2400)
    order = await invoiced(stoa, merchant.shop, lines=(line,))

    answer = await operator.get(address(merchant.shop, "invoices"))

    paper = {
        "series": "INV",
        "number": 1,
        "order_id": order.id,
        "cancels": None,
        "issued_at": "2026-03-03T10:00:00Z",
        "currency": "EUR",
        "net_cents": 3000,
        "vat_cents": 720,
        "gross_cents": 3720,
        "url": stoa.service.links.invoice_paper(order),
    }
    assert (answer.status_code, answer.json()) == (200, {"items": [paper], "next": None})


async def test_a_storno_names_the_invoice_that_it_cancels_and_takes_its_amounts_back(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await cancelled(stoa, merchant.shop)

    invoice, storno = await listed(operator, merchant.shop)
    assert (invoice["number"], invoice["cancels"]) == (1, None)
    assert (storno["number"], storno["cancels"]) == (2, 1)
    assert storno["url"] == stoa.service.links.storno_paper(order)
    for amount in ("net_cents", "vat_cents", "gross_cents"):
        assert storno[amount] == -invoice[amount] < 0


async def test_papers_come_in_pages_by_their_numbers(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for _ in range(3):
        await invoiced(stoa, merchant.shop)
    await cancelled(stoa, merchant.shop)

    for limit in (1, 2, 5, 100):
        assert drawn(await listed(operator, merchant.shop, limit=limit)) == [1, 2, 3, 4, 5], limit


async def test_a_paper_that_is_issued_meanwhile_is_on_the_last_page(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for _ in range(2):
        await invoiced(stoa, merchant.shop)
    first = (await operator.get(address(merchant.shop, "invoices"), params={"limit": 1})).json()
    await invoiced(stoa, merchant.shop)

    assert drawn(first["items"]) == [1]
    assert drawn(await listed(operator, merchant.shop, cursor=first["next"])) == [2, 3]


async def test_papers_of_the_present_series_are_listed_and_of_another_where_it_is_asked_for(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    before = await invoiced(stoa, merchant.shop)
    await operator.patch(address(merchant.shop), json={"invoice_series": "ΤΠ"})
    renamed = await stoa.service.shops.read(merchant.shop.id)
    assert renamed is not None
    since = await invoiced(stoa, renamed)

    for query, series, order in (
        ({}, "ΤΠ", since),
        ({"series": "ΤΠ"}, "ΤΠ", since),
        ({"series": "INV"}, "INV", before),
    ):
        (paper,) = await listed(operator, merchant.shop, **query)
        assert (paper["series"], paper["number"], paper["order_id"]) == (series, 1, order.id)


async def test_a_series_that_the_shop_never_had_is_empty(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    await invoiced(stoa, merchant.shop)

    for series in ("inv", "INV2", "", "' OR 1=1 --"):
        assert await listed(operator, merchant.shop, series=series) == [], series


async def test_every_shop_has_numbers_and_papers_of_its_own(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    ours, theirs = await invoiced(stoa, merchant.shop), await invoiced(stoa, neighbour.shop)

    for shop, order in ((merchant.shop, ours), (neighbour.shop, theirs)):
        (paper,) = await listed(operator, shop)
        assert (paper["number"], paper["order_id"]) == (1, order.id)


async def test_the_papers_of_a_deleted_order_are_still_listed_and_open(
    stoa: Stoa, operator: httpx.AsyncClient, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await invoiced(stoa, merchant.shop)
    (before,) = await listed(operator, merchant.shop)
    now = await stored(stoa, order)
    await stoa.service.engine.delete(stored=now, shop=merchant.shop, by=Actor.MERCHANT)

    assert await stoa.service.orders.read(merchant.shop.id, order.id) is None
    invoice, storno = await listed(operator, merchant.shop)
    assert invoice == before
    assert (storno["cancels"], storno["order_id"]) == (1, order.id)
    assert await opens(stranger, invoice)
    assert await opens(stranger, storno)


async def test_papers_are_listed_for_the_operator_alone(
    stoa: Stoa, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    await invoiced(stoa, merchant.shop)

    for client in (stranger, merchant.client):
        answer = await client.get(address(merchant.shop, "invoices"))
        assert fault(answer) == (401, "unauthorized", None)


async def test_an_unknown_shop_has_no_papers(operator: httpx.AsyncClient) -> None:
    assert fault(await operator.get(f"{SHOPS}/999/invoices")) == (404, "not_found", None)


async def test_a_wrong_query_for_papers_is_refused_by_its_name(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for name, value in (
        ("limit", "0"),
        ("limit", "101"),
        ("cursor", "0"),
        ("cursor", "INV-1"),
        ("cursor", str(2**63)),
        ("series", "\x00"),
        ("order_id", "1"),
    ):
        answer = await operator.get(address(merchant.shop, "invoices"), params={name: value})
        assert fault(answer) == (422, "invalid", name), (name, value)
