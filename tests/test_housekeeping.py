"""What is cleared away by itself, and what never stops that."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from stoa import housekeeping
from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.documents.blobs import BlobMissing, Blobs, BlobStoreUnavailable
from stoa.housekeeping import Housekeeping
from stoa.orders.commands import AttachInvoice, CancelVoucher, Command, RemoveInvoice
from stoa.orders.order import Actor, Order, State
from stoa.orders.shop import Shop
from stoa.store.desk_orders import DeskOrders, Filter
from stoa.store.facts import BATCH, Facts
from stoa.store.orders import Orders, Search, Stored
from stoa.store.people import SESSION_LASTS, Role
from stoa.store.strangers import KEPT, Visit
from tests import saves
from tests.builders import (
    MINUTE,
    NOON,
    a_shop,
    a_voucher,
    after,
    an_order,
    an_order_in,
    an_uploaded_invoice,
)
from tests.desk.people import an_account, hashed

SOON = 0.01

SEVERAL_BATCHES = BATCH + 30


@pytest.fixture
async def shop(stoa: Stoa) -> Shop:
    return await stoa.service.shops.add(a_shop(), NOON)


@asynccontextmanager
async def keeping_house(stoa: Stoa) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(Housekeeping(stoa.service, stoa.dialects, pause=SOON).run(stop))
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 1)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    while not await condition():  # noqa: ASYNC110 - what it asks for lies in the database
        await asyncio.sleep(SOON)


async def many_orders(stoa: Stoa, shop: Shop, number: int = 30) -> None:
    for n in range(number):
        await stoa.service.orders.save(saves.placing(an_order(shop=shop, order_id=1_000_001 + n)))


async def tallies(stoa: Stoa) -> int:
    rows: int = await stoa.service.pool.fetchval("SELECT count(*) FROM order_tallies")
    return rows


async def total(stoa: Stoa, shop: Shop) -> int:
    return (await stoa.service.orders.search(shop.id, Search(conditions={}, limit=1))).total


async def test_many_tallies_are_folded_to_one_and_the_total_stays(stoa: Stoa, shop: Shop) -> None:
    await many_orders(stoa, shop, SEVERAL_BATCHES)

    async def folded() -> bool:
        return await tallies(stoa) == 1

    async with keeping_house(stoa):
        await until(folded)
    assert await total(stoa, shop) == SEVERAL_BATCHES


async def test_a_single_order_is_found_by_its_words_soon(stoa: Stoa, shop: Shop) -> None:
    await many_orders(stoa, shop, 1)

    async def found() -> bool:
        return bool((await DeskOrders(stoa.service.pool).page(shop.id, Filter(words="παπαδακη"))).orders)

    assert not await found()
    async with keeping_house(stoa):
        await until(found)


async def test_an_order_is_found_by_what_every_dialect_calls_it(stoa: Stoa, shop: Shop) -> None:
    await many_orders(stoa, shop, 1)
    await Housekeeping(stoa.service, stoa.dialects).fold()
    desk, order = DeskOrders(stoa.service.pool), an_order(shop=shop)

    codes = stoa.codes(order, shop)
    assert len(codes) == len(stoa.dialects)
    for code in codes.values():
        assert (await desk.page(shop.id, Filter(words=code))).orders == [order]


async def test_a_shop_whose_tallies_cannot_be_folded_keeps_no_other_waiting(
    stoa: Stoa, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await stoa.service.shops.add(a_shop(), NOON)
    for each in (shop, other):
        await many_orders(stoa, each, 2)
    fold = Facts.fold

    async def failing(facts: Facts, shop_id: int) -> bool:
        if shop_id == shop.id:
            raise OSError
        return await fold(facts, shop_id)

    monkeypatch.setattr(Facts, "fold", failing)
    with capture_logs() as logs:
        await Housekeeping(stoa.service, stoa.dialects).fold()
    assert [(entry["event"], entry["shop_id"]) for entry in logs] == [("housekeeping.fold_failed", shop.id)]
    assert await tallies(stoa) == 2 + 1


async def a_deleted_order(stoa: Stoa, shop: Shop, number: int = 1_000_001) -> Order:
    """An order that had two files and was deleted."""
    voucher = a_voucher(blob=f"vouchers/{number}.pdf")
    invoice = an_uploaded_invoice(blob=f"invoices/{number}.pdf")
    order = replace(an_order(shop=shop, order_id=number), voucher=voucher, invoice_files=(invoice,))
    await put_files(stoa, order)
    await stoa.service.orders.save(saves.placing(order))
    await stoa.service.orders.delete(Stored(order, 1), by=Actor.MERCHANT, at=NOON)
    return order


async def put_files(stoa: Stoa, order: Order) -> None:
    for blob in order.blobs:
        await stoa.service.blobs.put(blob, b"%PDF", "application/pdf")


async def left(stoa: Stoa) -> int:
    return len(await stoa.service.orders.discarded_files(1000))


async def is_kept(stoa: Stoa, blob: str) -> bool:
    try:
        await stoa.service.blobs.get(blob)
    except BlobMissing:
        return False
    return True


async def test_the_files_of_deleted_orders_are_deleted(stoa: Stoa, shop: Shop) -> None:
    order = await a_deleted_order(stoa, shop)

    async def cleared() -> bool:
        return await left(stoa) == 0

    async with keeping_house(stoa):
        await until(cleared)
    assert len(order.blobs) == 2
    assert [await is_kept(stoa, blob) for blob in order.blobs] == [False, False]


@pytest.mark.parametrize(
    ("command", "gone"),
    [
        (CancelVoucher(), {"voucher.pdf"}),
        (AttachInvoice(invoice=an_uploaded_invoice(blob="3.pdf")), {"2.pdf"}),
        (AttachInvoice(invoice=an_uploaded_invoice(blob="3.pdf"), replacing=False), set()),
        (RemoveInvoice(serial=1), set()),
    ],
    ids=["voucher cancelled", "file replaced", "file added", "file taken back"],
)
async def test_the_files_that_an_order_has_no_more_are_deleted_and_no_other(
    stoa: Stoa, shop: Shop, command: Command, gone: set[str]
) -> None:
    files = tuple(an_uploaded_invoice(serial=n, blob=f"{n}.pdf") for n in (1, 2))
    order = replace(
        an_order_in(State.ACCEPTED, shop=shop), voucher=a_voucher(blob="voucher.pdf"), invoice_files=files
    )
    await put_files(stoa, order)
    await stoa.service.orders.save(saves.placing(order))
    await stoa.service.orders.save(saves.changing(order, after(order, command)))
    await Housekeeping(stoa.service, stoa.dialects).delete_files()

    assert {blob for blob in order.blobs if not await is_kept(stoa, blob)} == gone
    assert await left(stoa) == 0


async def test_a_file_that_is_gone_already_is_forgotten(stoa: Stoa, shop: Shop) -> None:
    order = await a_deleted_order(stoa, shop)
    assert order.voucher is not None
    await stoa.service.blobs.delete(order.voucher.blob)
    await Housekeeping(stoa.service, stoa.dialects).delete_files()

    assert await left(stoa) == 0


async def test_a_file_that_cannot_be_deleted_is_tried_again_and_keeps_no_other(
    stoa: Stoa, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_deleted_order(stoa, shop)
    delete = Blobs.delete

    async def failing(blobs: Blobs, key: str) -> None:
        if key.startswith("vouchers"):
            raise BlobStoreUnavailable("the disk is read-only")
        await delete(blobs, key)

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(Blobs, "delete", failing)
        await Housekeeping(stoa.service, stoa.dialects).delete_files()
    assert [(entry["event"], entry["reason"]) for entry in logs] == [
        ("housekeeping.file_kept", "the disk is read-only")
    ]
    assert await left(stoa) == 1
    await Housekeeping(stoa.service, stoa.dialects).delete_files()
    assert await left(stoa) == 0


async def test_a_file_whose_deletion_was_not_noted_is_deleted_again(
    stoa: Stoa, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_deleted_order(stoa, shop)

    async def failing(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Orders, "forget_discarded", failing)
        with pytest.raises(OSError):  # noqa: PT011 - there is nothing to match
            await Housekeeping(stoa.service, stoa.dialects).delete_files()
    await Housekeeping(stoa.service, stoa.dialects).delete_files()
    assert await left(stoa) == 0


async def strangers(stoa: Stoa) -> int:
    known: int = await stoa.service.pool.fetchval("SELECT count(*) FROM strangers")
    return known


async def a_stranger_of_the_day_before(stoa: Stoa, clock: MovableClock) -> None:
    await stoa.service.strangers.count_failure(Visit("192.0.2.1", clock()))
    clock.move(KEPT + MINUTE)


async def test_strangers_of_the_day_before_are_forgotten(stoa: Stoa, clock: MovableClock) -> None:
    await a_stranger_of_the_day_before(stoa, clock)

    async def forgotten() -> bool:
        return await strangers(stoa) == 0

    assert not await forgotten()
    async with keeping_house(stoa):
        await until(forgotten)


async def test_sessions_that_are_over_are_forgotten_and_no_others(
    stoa: Stoa, shop: Shop, clock: MovableClock
) -> None:
    person = await an_account(stoa, shop.id, Role.PACKER)
    people, pool = stoa.service.people, stoa.service.pool
    await people.open_session(person.person_id, hashed(), clock())
    clock.move(SESSION_LASTS)
    still_good = await people.open_session(person.person_id, hashed(), clock())

    async def forgotten() -> bool:
        return bool(await pool.fetchval("SELECT count(*) = 1 FROM desk_sessions"))

    assert not await forgotten()
    async with keeping_house(stoa):
        await until(forgotten)
    assert await people.signed(still_good or "", clock()) is not None


async def test_a_database_that_does_not_answer_only_puts_the_chores_off(
    stoa: Stoa, shop: Shop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many_orders(stoa, shop)
    await a_deleted_order(stoa, shop, number=9_000_001)
    await a_stranger_of_the_day_before(stoa, clock)
    service = stoa.service
    for one, name in (
        (service.orders, "discarded_files"),
        (service.strangers, "forget"),
    ):
        monkeypatch.setattr(one, name, failing_once(getattr(one, name)))
    monkeypatch.setattr(Facts, "shops_to_fold", failing_once(Facts.shops_to_fold))
    monkeypatch.setattr(housekeeping, "FORGOTTEN_EVERY", SOON)

    async def done() -> bool:
        return (await tallies(stoa), await left(stoa), await strangers(stoa)) == (1, 0, 0)

    with capture_logs() as logs:
        async with keeping_house(stoa):
            await until(done)
    assert {entry["event"] for entry in logs} == {"housekeeping.failed"}
    assert sorted(entry["chore"] for entry in logs) == ["delete_files", "fold", "forget_strangers"]


def failing_once(do: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    failures = iter([OSError()])

    async def failing(*asked: object) -> object:
        for failure in failures:
            raise failure
        return await do(*asked)

    return failing


async def test_a_chore_that_hangs_delays_neither_the_others_nor_the_end(
    stoa: Stoa, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_deleted_order(stoa, shop)
    await many_orders(stoa, shop)
    hanging = asyncio.Event()

    async def hang(*_: object) -> None:
        hanging.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(Blobs, "delete", hang)

    async def folded() -> bool:
        return hanging.is_set() and await tallies(stoa) == 1

    # To leave it is to wait a second at most.
    async with keeping_house(stoa):
        await until(folded)
    assert await left(stoa) == 2
