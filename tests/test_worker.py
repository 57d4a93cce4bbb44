"""What the background process does beside sending and printing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from stoa import housekeeping, worker
from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.store.desk_orders import DeskOrders, Filter
from stoa.store.strangers import KEPT, Visit
from tests import saves
from tests.builders import MINUTE, NOON, a_shop, an_order


@asynccontextmanager
async def working(stoa: Stoa) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(worker.work(stoa.service, stoa.dialects, stop))
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        stop.set()
        await running


def watched(stoa: Stoa, monkeypatch: pytest.MonkeyPatch, *failures: Exception) -> asyncio.Event:
    """Set when strangers have been forgotten, which fails in these ways first."""
    forget, left, forgotten = stoa.service.strangers.forget, iter(failures), asyncio.Event()

    async def forgetting(now: datetime) -> None:
        for failure in left:
            raise failure
        await forget(now)
        forgotten.set()

    monkeypatch.setattr(stoa.service.strangers, "forget", forgetting)
    return forgotten


async def test_strangers_of_the_day_before_are_forgotten(
    stoa: Stoa, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stoa.service.strangers.count_failure(Visit("192.0.2.1", clock()))
    clock.move(KEPT + MINUTE)
    forgotten = watched(stoa, monkeypatch)

    async with working(stoa):
        await forgotten.wait()

    assert await stoa.service.pool.fetchval("SELECT count(*) FROM strangers") == 0


async def test_a_database_that_does_not_answer_only_puts_the_forgetting_off(
    stoa: Stoa, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stoa.service.strangers.count_failure(Visit("192.0.2.1", clock()))
    clock.move(KEPT + MINUTE)
    forgotten = watched(stoa, monkeypatch, OSError())
    monkeypatch.setattr(housekeeping, "FORGOTTEN_EVERY", 0.01)

    with capture_logs() as logs:
        async with working(stoa):
            await forgotten.wait()

    assert [entry["event"] for entry in logs].count("housekeeping.failed") == 1
    assert await stoa.service.pool.fetchval("SELECT count(*) FROM strangers") == 0


async def test_a_new_order_is_found_by_what_its_dialects_call_it_while_the_worker_works(stoa: Stoa) -> None:
    shop = await stoa.service.shops.add(a_shop(), NOON)
    order = an_order(shop=shop)
    await stoa.service.orders.save(saves.placing(order))
    desk = DeskOrders(stoa.service.pool)

    async with working(stoa):
        while not await stoa.service.pool.fetchval("SELECT count(*) FROM order_facts"):  # noqa: ASYNC110 - it lies in the database
            await asyncio.sleep(0.01)

    for code in stoa.codes(order, shop).values():
        assert (await desk.page(shop.id, Filter(words=f"{code} παπαδακη"))).orders == [order]
