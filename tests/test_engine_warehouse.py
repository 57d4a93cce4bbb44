"""The engine and the marketplace's warehouse: what is kept, sent and refused, whoever is faster."""

import asyncio

import pytest

from stoa.clock import MovableClock
from stoa.orders import commands as asked
from stoa.orders.commands import LineRejection
from stoa.orders.order import Actor, Fulfilment, Order, RejectionReason, State
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.store.database import Pool
from tests.builders import a_line
from tests.depot import Depot
from tests.processes import Process, a_process, opened


@pytest.fixture
def process(pool: Pool, clock: MovableClock) -> Process:
    return a_process(pool, clock)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await opened(pool, warehouse=True)


@pytest.fixture
def depot(pool: Pool, shop: Shop) -> Depot:
    return Depot(pool, shop)


async def an_order(process: Process, shop: Shop, pieces: int) -> Order:
    lines = (a_line(shop_uid="405753", quantity=pieces),)
    return await process.placing(shop, lines=lines, fulfilment=Fulfilment.MARKETPLACE)


def some_left(order: Order, pieces: int) -> asked.Reject:
    limited = LineRejection(order.lines[0].id, RejectionReason.LIMITED_STOCK, pieces)
    return asked.Reject(lines=(limited,))


async def test_what_lies_there_is_kept_for_an_order_and_the_next_goes_another_way(
    process: Process, shop: Shop, depot: Depot
) -> None:
    product = await depot.product(pieces=3)

    first, second = await an_order(process, shop, 2), await an_order(process, shop, 2)

    assert (first.fulfilment, second.fulfilment) == (Fulfilment.WAREHOUSE, Fulfilment.MARKETPLACE)
    assert await depot.level(product) == (3, 2)


async def test_of_many_orders_at_once_those_become_the_warehouses_for_which_there_are_pieces(
    process: Process, shop: Shop, depot: Depot
) -> None:
    product = await depot.product(pieces=5)

    orders = await asyncio.gather(*(an_order(process, shop, 2) for _ in range(8)))

    assert [order.fulfilment for order in orders].count(Fulfilment.WAREHOUSE) == 2
    assert await depot.level(product) == (5, 4)


async def test_a_rejection_that_comes_too_late_is_refused_although_nothing_more_lies_there(
    process: Process, shop: Shop, depot: Depot
) -> None:
    product = await depot.product(pieces=3)
    order = await an_order(process, shop, 3)
    as_it_was = await process.stored(order)
    await process.doing(shop, order, asked.Accept(), by=Actor.MARKETPLACE)

    late = await process.engine.carry_out(some_left(order, 2), on=as_it_was, shop=shop, by=Actor.MERCHANT)

    assert late == Refused(Refusal.WRONG_STATE, state=State.ACCEPTED)
    assert await depot.level(product) == (3, 3)


async def test_of_two_rejections_at_once_one_counts(process: Process, shop: Shop, depot: Depot) -> None:
    product = await depot.product(pieces=3)
    order = await an_order(process, shop, 3)

    outcomes = await asyncio.gather(*(process.asking(shop, order, some_left(order, 2)) for _ in range(2)))

    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]
    assert await depot.level(product) == (3, 2)


async def test_a_cancelled_order_gives_back_what_was_kept_and_a_deleted_one_too(
    process: Process, shop: Shop, depot: Depot
) -> None:
    product = await depot.product(pieces=4)
    one, other = await an_order(process, shop, 2), await an_order(process, shop, 2)
    assert await depot.level(product) == (4, 4)

    await process.doing(shop, one, asked.Cancel(), by=Actor.CUSTOMER)
    await process.engine.delete(stored=await process.stored(other), shop=shop, by=Actor.MERCHANT)

    assert await depot.level(product) == (4, 0)
