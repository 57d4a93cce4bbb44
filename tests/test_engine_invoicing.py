"""Invoices are numbered without a gap and without a double, whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from stoa.clock import MovableClock
from stoa.orders import commands as asked
from stoa.orders.invoicing import Invoice
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.store.database import Pool, open_pool
from stoa.store.invoices import Numbering
from stoa.store.orders import Save, Work
from stoa.store.shops import Shops
from tests.builders import MINUTE, NOON
from tests.processes import Process, a_process, opened


@pytest.fixture
def process(pool: Pool, clock: MovableClock) -> Process:
    return a_process(pool, clock)


@pytest.fixture
async def processes(database_url: str, clock: MovableClock) -> AsyncIterator[list[Process]]:
    """Five processes on the same database, each with its own connections."""
    pools = [await open_pool(database_url) for _ in range(5)]
    yield [a_process(pool, clock) for pool in pools]
    for pool in pools:
        await pool.close()


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await opened(pool)


async def invoiced(process: Process, shop: Shop, **what_matters: object) -> Order:
    order = await process.placing(shop, **what_matters)
    return await process.doing(shop, order, asked.IssueInvoice())


async def renamed(pool: Pool, shop: Shop, series: str) -> Shop:
    """The shop with another series from now on."""
    changed = await Shops(pool).change(shop.id, invoice_series=series)
    assert changed is not None
    return changed


def numbers(issued: Sequence[Invoice]) -> list[int]:
    return [paper.number for paper in issued]


async def test_an_invoice_is_kept_as_it_was_issued(process: Process, shop: Shop) -> None:
    order = await invoiced(process, shop, shipping_cents=350)

    (paper,) = await process.papers(shop)
    assert order.issued_invoice is not None
    assert (order.issued_invoice.number, order.issued_invoice.series) == (paper.number, paper.series)
    assert order.issued_invoice.issued_at == paper.issued_at == NOON
    assert (paper.order_id, paper.gross_cents, paper.cancels) == (order.id, order.total_cents, None)
    assert await process.invoices.of_order(shop.id, order.id) == [paper]


async def test_the_invoice_names_the_order_as_its_channel_does(process: Process, shop: Shop) -> None:
    order = await invoiced(process, shop)

    (paper,) = await process.papers(shop)
    assert paper.order_code == f"CODE-{order.id}"


async def test_fifty_orders_invoiced_at_once_have_the_numbers_from_one_to_fifty(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    orders = [await process.placing(shop) for _ in range(50)]

    issued = await asyncio.gather(
        *(processes[n % 5].doing(shop, order, asked.IssueInvoice()) for n, order in enumerate(orders))
    )

    assert numbers(await process.papers(shop)) == list(range(1, 51))
    drawn = [order.issued_invoice.number for order in issued if order.issued_invoice]
    assert sorted(drawn) == list(range(1, 51))
    for order in issued:
        (paper,) = await process.invoices.of_order(shop.id, order.id)
        assert order.issued_invoice is not None
        assert paper.number == order.issued_invoice.number


async def test_an_order_invoiced_by_fifty_at_once_has_one_invoice(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await process.placing(shop)

    answers = await asyncio.gather(
        *(processes[n % 5].asking(shop, order, asked.IssueInvoice()) for n in range(50))
    )

    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert refused == [Refused(Refusal.ALREADY_INVOICED)] * 49
    assert numbers(await process.papers(shop)) == [1]
    await invoiced(process, shop)
    assert numbers(await process.papers(shop)) == [1, 2]


async def test_every_shop_and_every_series_counts_for_itself(
    process: Process, pool: Pool, shop: Shop
) -> None:
    neighbour = await opened(pool)
    await invoiced(process, shop)
    await invoiced(process, neighbour)
    await invoiced(process, await renamed(pool, shop, "B"))

    assert numbers(await process.papers(shop)) == [1]
    assert numbers(await process.papers(neighbour)) == [1]
    assert numbers(await process.papers(shop, "B")) == [1]


async def test_an_invoice_that_is_refused_leaves_no_gap(process: Process, shop: Shop) -> None:
    order = await invoiced(process, shop)

    assert await process.asking(shop, order, asked.IssueInvoice()) == Refused(Refusal.ALREADY_INVOICED)
    await invoiced(process, shop)
    assert numbers(await process.papers(shop)) == [1, 2]


async def test_an_order_that_somebody_changes_meanwhile_is_invoiced_as_it_then_is(
    process: Process, shop: Shop
) -> None:
    order = await process.placing(shop)
    stale = await process.stored(order)
    await process.doing(shop, order, asked.Modify(changes={"address.city": "Bacau"}))

    done = await process.engine.carry_out(asked.IssueInvoice(), on=stale, shop=shop, by=Actor.MERCHANT)

    assert isinstance(done, Order)
    (paper,) = await process.papers(shop)
    assert (paper.number, paper.buyer.city) == (1, "Bacau")


class Mishap(Exception):
    """What breaks in the middle."""


@pytest.mark.parametrize("broken", [(Numbering, "add"), (Work, "save")])
async def test_a_failure_in_between_leaves_no_gap(
    process: Process, shop: Shop, monkeypatch: pytest.MonkeyPatch, broken: tuple[type, str]
) -> None:
    order = await process.placing(shop)

    async def failing(*_: object) -> None:
        raise Mishap

    with monkeypatch.context() as patched:
        patched.setattr(*broken, failing)
        with pytest.raises(Mishap):
            await process.asking(shop, order, asked.IssueInvoice())

    assert await process.papers(shop) == []
    assert (await process.stored(order)).order.issued_invoice is None
    await process.doing(shop, order, asked.IssueInvoice())
    assert numbers(await process.papers(shop)) == [1]


async def test_a_process_that_dies_while_it_holds_a_number_leaves_no_gap(
    process: Process, processes: list[Process], shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = [await process.placing(shop) for _ in range(3)]
    await process.doing(shop, first, asked.IssueInvoice())
    save, holding = Work.save, asyncio.Event()

    async def dying(work: Work, *saves: Save) -> bool:
        if saves[0].order.id != second.id:
            return await save(work, *saves)
        holding.set()
        await process.pool.execute("SELECT pg_terminate_backend($1)", work.connection.get_server_pid())
        return await save(work, *saves)

    monkeypatch.setattr(Work, "save", dying)
    dead = asyncio.create_task(processes[0].asking(shop, second, asked.IssueInvoice()))
    await holding.wait()
    waiting = asyncio.create_task(process.doing(shop, third, asked.IssueInvoice()))

    with pytest.raises(asyncpg.InterfaceError):
        await dead
    await waiting
    assert numbers(await process.papers(shop)) == [1, 2]
    assert (await process.stored(second)).order.issued_invoice is None


# Stornos


async def cancelling(process: Process, shop: Shop, order: Order, by: Actor) -> Order:
    return await process.doing(shop, order, asked.Cancel(), by=by)


@pytest.mark.parametrize("by", [Actor.CUSTOMER, Actor.MARKETPLACE, Actor.MERCHANT])
async def test_whoever_cancels_an_order_cancels_its_invoice_by_the_next_number(
    process: Process, shop: Shop, by: Actor
) -> None:
    order = await invoiced(process, shop)
    await process.doing(shop, order, asked.Accept())

    cancelled = await cancelling(process, shop, order, by)

    invoice, storno = await process.invoices.of_order(shop.id, order.id)
    assert (storno.number, storno.cancels, storno.gross_cents) == (2, 1, -invoice.gross_cents)
    assert cancelled.issued_invoice is not None
    assert cancelled.issued_invoice.storno == 2
    assert (await process.stored(order)).order == cancelled


async def test_a_rejected_order_loses_its_invoice(process: Process, shop: Shop) -> None:
    order = await invoiced(process, shop)
    await process.doing(shop, order, asked.Reject(other="Κλειστό"))

    assert [paper.cancels for paper in await process.papers(shop)] == [None, 1]


async def test_an_order_that_expires_loses_its_invoice(
    process: Process, shop: Shop, clock: MovableClock
) -> None:
    order = await invoiced(process, shop)
    clock.move(order.expires_at - clock() + MINUTE)
    await process.doing(shop, order, asked.Expire(), by=Actor.CLOCK)

    (_, storno) = await process.papers(shop)
    assert (storno.cancels, storno.issued_at) == (1, clock())


async def test_a_storno_is_of_the_series_of_its_invoice(process: Process, pool: Pool, shop: Shop) -> None:
    order = await invoiced(process, shop)
    await cancelling(process, await renamed(pool, shop, "B"), order, Actor.CUSTOMER)

    assert numbers(await process.papers(shop)) == [1, 2]
    assert await process.papers(shop, "B") == []


async def test_an_order_that_was_not_invoiced_is_cancelled_without_a_paper(
    process: Process, shop: Shop
) -> None:
    order = await process.placing(shop)
    await cancelling(process, shop, order, Actor.CUSTOMER)

    assert await process.papers(shop) == []


async def test_what_is_invoiced_and_cancelled_in_one_go_has_both_papers(process: Process, shop: Shop) -> None:
    order = await process.placing(shop)
    both = (asked.Accept(), asked.IssueInvoice(), asked.Cancel())
    done = await process.doing(shop, order, *both)

    assert [paper.cancels for paper in await process.papers(shop)] == [None, 1]
    assert done.issued_invoice is not None
    assert (done.issued_invoice.number, done.issued_invoice.storno) == (1, 2)


async def test_many_who_cancel_an_order_at_once_issue_one_storno(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await invoiced(process, shop)

    answers = await asyncio.gather(
        *(process.asking(shop, order, asked.Cancel(), by=Actor.CUSTOMER) for process in processes)
    )

    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert numbers(await process.papers(shop)) == [1, 2]


# Deletion


async def deleting(process: Process, shop: Shop, order: Order) -> Order:
    on = await process.stored(order)
    return await process.engine.delete(stored=on, shop=shop, by=Actor.MERCHANT)


async def test_the_papers_of_a_deleted_order_stay_and_its_invoice_is_cancelled(
    process: Process, shop: Shop
) -> None:
    order = await invoiced(process, shop)
    await deleting(process, shop, order)

    invoice, storno = await process.invoices.of_order(shop.id, order.id)
    assert (invoice.number, storno.number, storno.cancels) == (1, 2, 1)
    assert await process.orders.read(shop.id, order.id) is None


async def test_an_invoice_that_is_cancelled_already_is_not_cancelled_again_by_a_deletion(
    process: Process, shop: Shop
) -> None:
    order = await invoiced(process, shop)
    cancelled = await cancelling(process, shop, order, Actor.CUSTOMER)
    await deleting(process, shop, cancelled)

    assert numbers(await process.papers(shop)) == [1, 2]


async def test_a_deletion_that_comes_after_a_cancellation_unseen_issues_no_second_storno(
    process: Process, shop: Shop
) -> None:
    order = await invoiced(process, shop)
    stale = await process.stored(order)
    await cancelling(process, shop, order, Actor.CUSTOMER)

    await process.engine.delete(stored=stale, shop=shop, by=Actor.MERCHANT)

    assert numbers(await process.papers(shop)) == [1, 2]
    assert await process.orders.read(shop.id, order.id) is None
