"""What happens to orders by itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from stoa.app import Stoa, open_stoa
from stoa.clock import MovableClock
from stoa.documents.blobs import BlobMissing, Blobs, BlobStoreUnavailable
from stoa.documents.vouchers import Wanted
from stoa.orders import commands
from stoa.orders.order import Actor, Fulfilment, Order, State
from stoa.orders.progress import Step, step_of
from stoa.orders.shop import Shop
from stoa.timers import BATCH, LEASE, Timers
from tests.builders import DAY, MINUTE, a_placement, an_address
from tests.conftest import Merchant, complete, let_timers_work, stored

SECOND = timedelta(seconds=1)


@pytest.fixture
async def another(database_url: str, clock: MovableClock) -> AsyncIterator[Stoa]:
    """A second process on the same database."""
    async with open_stoa(complete(database_url), clock) as opened:
        yield opened


async def placing(stoa: Stoa, shop: Shop, **what_matters: object) -> Order:
    number = await stoa.service.orders.next_number()
    order = await stoa.service.engine.place(a_placement(**what_matters), shop=shop, number=number)
    assert isinstance(order, Order)
    return order


async def accepting(stoa: Stoa, shop: Shop, **what_matters: object) -> Order:
    order = await placing(stoa, shop, **what_matters)
    return await doing(stoa, shop, order, commands.Accept(), by=Actor.MERCHANT)


async def doing(
    stoa: Stoa, shop: Shop, order: Order, command: commands.Command, *, by: Actor = Actor.COURIER
) -> Order:
    """The order after a command that succeeds."""
    on = await stored(stoa, order)
    done = await stoa.service.engine.carry_out(command, on=on, shop=shop, by=by)
    assert isinstance(done, Order), done
    return done


async def state_of(stoa: Stoa, order: Order) -> State:
    return (await stored(stoa, order)).order.state


async def expiring(stoa: Stoa, *orders: Order) -> None:
    """Wait until the orders are expired."""
    async with asyncio.timeout(10):
        while True:
            if {await state_of(stoa, order) for order in orders} == {State.EXPIRED}:
                return
            await asyncio.sleep(0.01)


async def history(stoa: Stoa, order: Order) -> list[tuple[str, str]]:
    told = await stoa.service.orders.history(order.shop_id, order.id)
    return [(event.kind, event.by) for event in told]


async def test_an_open_order_expires_at_its_moment_and_not_before(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await placing(stoa, merchant.shop)

    clock.move(DAY - SECOND)
    await let_timers_work(stoa, merchant.shop)
    assert await state_of(stoa, order) is State.OPEN
    clock.move(SECOND)
    await let_timers_work(stoa, merchant.shop)
    assert await state_of(stoa, order) is State.EXPIRED
    assert await history(stoa, order) == [("Placed", "customer"), ("Expired", "clock")]


async def test_an_express_order_is_accepted_by_itself_within_a_minute(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await placing(stoa, merchant.shop, express=True)

    await let_timers_work(stoa, merchant.shop)
    assert await state_of(stoa, order) is State.OPEN
    clock.move(MINUTE)
    await let_timers_work(stoa, merchant.shop)
    assert await state_of(stoa, order) is State.ACCEPTED
    assert (await history(stoa, order))[1] == ("Accepted", "marketplace")


async def test_an_express_order_that_nobody_looked_at_in_time_expires(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await placing(stoa, merchant.shop, express=True)
    clock.move(2 * DAY)
    await let_timers_work(stoa, merchant.shop)

    assert await state_of(stoa, order) is State.EXPIRED


async def test_a_warehouse_order_is_accepted_at_once(stoa: Stoa, merchant: Merchant) -> None:
    order = await placing(stoa, merchant.shop, fulfilment=Fulfilment.WAREHOUSE)
    await let_timers_work(stoa, merchant.shop)

    assert await state_of(stoa, order) is State.ACCEPTED


async def test_a_shop_without_locations_and_windows_is_no_obstacle_to_express(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    bare = await stoa.service.shops.change(merchant.shop.id, locations=())
    assert bare is not None
    order = await placing(stoa, bare, express=True)
    clock.move(MINUTE)
    await let_timers_work(stoa, bare)

    assert await state_of(stoa, order) is State.ACCEPTED


async def test_an_extended_order_expires_at_its_new_moment(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await placing(stoa, merchant.shop)
    extend = commands.Extend(expires_at=order.expires_at + DAY)
    on = await stored(stoa, order)
    await stoa.service.engine.carry_out(extend, on=on, shop=merchant.shop, by=Actor.MARKETPLACE)

    clock.move(DAY)
    await let_timers_work(stoa, merchant.shop)
    assert await state_of(stoa, order) is State.OPEN
    clock.move(DAY)
    await let_timers_work(stoa, merchant.shop)
    assert await state_of(stoa, order) is State.EXPIRED


async def test_an_accepted_order_gets_its_voucher(stoa: Stoa, merchant: Merchant) -> None:
    order = await accepting(stoa, merchant.shop)
    await let_timers_work(stoa, merchant.shop)

    printed = (await stored(stoa, order)).order
    assert printed.voucher is not None
    assert (await stoa.service.blobs.get(printed.voucher.blob)).startswith(b"%PDF")
    assert await stoa.service.orders.shops_with_due_timers(stoa.service.clock() + 9 * DAY, 9) == []


async def test_an_order_that_was_cancelled_meanwhile_gets_none(stoa: Stoa, merchant: Merchant) -> None:
    order = await accepting(stoa, merchant.shop)
    on = await stored(stoa, order)
    await stoa.service.engine.carry_out(commands.Cancel(), on=on, shop=merchant.shop, by=Actor.CUSTOMER)
    await let_timers_work(stoa, merchant.shop)

    assert (await stored(stoa, order)).order.voucher is None


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where labels were put, first things first."""
    put, keys = Blobs.put, list[str]()

    async def noting(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
        keys.append(key)
        await put(blobs, key, data, content_type)

    monkeypatch.setattr(Blobs, "put", noting)
    return keys


async def kept(stoa: Stoa, keys: list[str]) -> list[str]:
    """Those where a file still lies."""
    return [key for key in keys if await is_kept(stoa, key)]


async def is_kept(stoa: Stoa, key: str) -> bool:
    try:
        await stoa.service.blobs.get(key)
    except BlobMissing:
        return False
    return True


async def test_an_order_that_is_cancelled_while_its_voucher_is_printed_stays_cancelled(
    stoa: Stoa, merchant: Merchant, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await accepting(stoa, merchant.shop)
    put = Blobs.put

    async def cancelling(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
        on = await stored(stoa, order)
        await stoa.service.engine.carry_out(commands.Cancel(), on=on, shop=merchant.shop, by=Actor.CUSTOMER)
        await put(blobs, key, data, content_type)

    monkeypatch.setattr(Blobs, "put", cancelling)
    await let_timers_work(stoa, merchant.shop)

    after = (await stored(stoa, order)).order
    assert (after.state, after.voucher) == (State.CANCELLED, None)
    assert (len(printed), await kept(stoa, printed)) == (1, [])


async def test_an_order_that_is_deleted_while_its_voucher_is_printed_leaves_no_file(
    stoa: Stoa, merchant: Merchant, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await accepting(stoa, merchant.shop)
    put = Blobs.put

    async def deleting(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
        on = await stored(stoa, order)
        await stoa.service.engine.delete(stored=on, shop=merchant.shop, by=Actor.MERCHANT)
        await put(blobs, key, data, content_type)

    monkeypatch.setattr(Blobs, "put", deleting)
    await let_timers_work(stoa, merchant.shop)

    assert await stoa.service.orders.read(merchant.shop.id, order.id) is None
    assert (len(printed), await kept(stoa, printed)) == (1, [])


async def test_of_the_workers_voucher_and_one_that_the_merchant_asked_for_faster_that_one_stays(
    stoa: Stoa, merchant: Merchant, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await accepting(stoa, merchant.shop)
    put = Blobs.put

    async def asking(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
        monkeypatch.setattr(Blobs, "put", put)
        await stoa.service.press.print_voucher(
            await stored(stoa, order), merchant.shop, by=Actor.MERCHANT, wanted=Wanted(comment="Εύθραυστο")
        )
        await put(blobs, key, data, content_type)

    monkeypatch.setattr(Blobs, "put", asking)
    await let_timers_work(stoa, merchant.shop)

    after = (await stored(stoa, order)).order
    assert after.voucher is not None
    assert (after.voucher.serial, after.voucher.comment) == (1, "Εύθραυστο")
    assert (len(printed), await kept(stoa, printed)) == (2, [after.voucher.blob])


async def test_a_voucher_whose_order_could_not_be_saved_is_printed_to_the_same_place_again(
    stoa: Stoa, merchant: Merchant, clock: MovableClock, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await accepting(stoa, merchant.shop)

    async def failing(*_: object, **__: object) -> Order:
        raise OSError

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(stoa.service.engine, "carry_out", failing)
        await let_timers_work(stoa, merchant.shop)
    assert [entry["event"] for entry in logs] == ["timers.order_failed"]

    clock.move(LEASE)
    await let_timers_work(stoa, merchant.shop)
    after = (await stored(stoa, order)).order
    assert after.voucher is not None
    assert printed == [after.voucher.blob] * 2
    assert await is_kept(stoa, after.voucher.blob)


async def test_a_voucher_that_the_merchant_cancelled_is_not_printed_again(
    stoa: Stoa, merchant: Merchant, clock: MovableClock, printed: list[str]
) -> None:
    order = await accepting(stoa, merchant.shop)
    await let_timers_work(stoa, merchant.shop)
    await doing(stoa, merchant.shop, order, commands.CancelVoucher(), by=Actor.MERCHANT)
    clock.move(DAY)
    await let_timers_work(stoa, merchant.shop)

    after = (await stored(stoa, order)).order
    assert (after.state, after.voucher, len(printed)) == (State.ACCEPTED, None, 1)


# What was delivered


async def under_way(stoa: Stoa, shop: Shop) -> Order:
    """An order that the courier has."""
    order = await placing(stoa, shop)
    await doing(stoa, shop, order, commands.Accept(voucher=False), by=Actor.MERCHANT)
    return await doing(stoa, shop, order, commands.PickUp())


async def delivering(stoa: Stoa, shop: Shop) -> Order:
    return await doing(stoa, shop, await under_way(stoa, shop), commands.Deliver())


async def test_a_delivered_order_is_completed_when_it_can_no_longer_be_returned_and_not_before(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await delivering(stoa, merchant.shop)

    clock.move(14 * DAY - SECOND)
    await let_timers_work(stoa, merchant.shop)
    assert (await stored(stoa, order)).order == order
    clock.move(SECOND)
    await let_timers_work(stoa, merchant.shop)
    completed = (await stored(stoa, order)).order
    assert (completed.state, completed.completed_at) == (State.DELIVERED, clock())
    assert (await history(stoa, order))[-1] == ("Completed", "clock")

    clock.move(99 * DAY)
    assert await stoa.service.orders.shops_with_due_timers(clock(), 9) == []


async def test_a_shop_that_grants_more_days_waits_as_long(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    shop = await stoa.service.shops.change(merchant.shop.id, return_days=30)
    assert shop is not None
    order = await delivering(stoa, shop)

    for days, step in ((29, Step.DELIVERED), (1, Step.COMPLETED)):
        clock.move(days * DAY)
        await let_timers_work(stoa, shop)
        assert step_of((await stored(stoa, order)).order) is step


async def test_what_the_customer_took_in_part_is_completed_too(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await under_way(stoa, merchant.shop)
    one_piece = (commands.LineQuantity(order.lines[0].id, 1),)
    await doing(stoa, merchant.shop, order, commands.DeliverPartially(lines=one_piece))
    clock.move(14 * DAY)
    await let_timers_work(stoa, merchant.shop)

    assert step_of((await stored(stoa, order)).order) is Step.PARTIALLY_COMPLETED


async def test_what_came_back_in_time_is_not_completed(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await delivering(stoa, merchant.shop)
    back = await doing(stoa, merchant.shop, order, commands.Return())
    clock.move(99 * DAY)
    await let_timers_work(stoa, merchant.shop)

    assert (await stored(stoa, order)).order == back


async def test_two_processes_complete_an_order_once(
    stoa: Stoa, another: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    orders = [await delivering(stoa, merchant.shop) for _ in range(10)]
    clock.move(14 * DAY)
    await asyncio.gather(*(let_timers_work(process, merchant.shop) for process in (stoa, another)))

    for order in orders:
        assert [kind for kind, _ in await history(stoa, order)].count("Completed") == 1


# When something fails


class Broken:
    """A store of files that fails for some orders until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *orders: Order) -> None:
        self.keys = [str(order.id) for order in orders]
        self.failures = 0
        self._put = Blobs.put
        monkeypatch.setattr(Blobs, "put", self._putting())

    def _putting(self) -> object:
        async def put(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
            if any(number in key for number in self.keys):
                self.failures += 1
                raise BlobStoreUnavailable("the disk is full")
            await self._put(blobs, key, data, content_type)

        return put


async def test_a_voucher_that_cannot_be_kept_is_tried_again_after_the_lease_and_blocks_nobody(
    stoa: Stoa, merchant: Merchant, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky, lucky = [await accepting(stoa, merchant.shop) for _ in range(2)]
    broken = Broken(monkeypatch, unlucky)

    with capture_logs() as logs:
        await let_timers_work(stoa, merchant.shop)
    assert (await stored(stoa, lucky)).order.voucher is not None
    assert [entry["event"] for entry in logs] == ["timers.order_failed"]

    clock.move(LEASE - SECOND)
    await let_timers_work(stoa, merchant.shop)
    assert broken.failures == 1
    broken.keys.clear()
    clock.move(SECOND)
    await let_timers_work(stoa, merchant.shop)
    assert (await stored(stoa, unlucky)).order.voucher is not None


async def test_a_failure_is_logged_without_the_customer(
    stoa: Stoa, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await accepting(stoa, merchant.shop, address=an_address(street_name="Μυστική"))
    Broken(monkeypatch, order)

    with capture_logs() as logs:
        await let_timers_work(stoa, merchant.shop)
    (entry,) = logs
    assert (entry["shop_id"], entry["order_id"]) == (merchant.shop.id, order.id)
    assert "Μυστική" not in str({name: value for name, value in entry.items() if name != "exc_info"})


async def test_more_orders_than_a_batch_are_all_done(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    orders = [await placing(stoa, merchant.shop) for _ in range(2 * BATCH + 3)]
    clock.move(DAY)
    await let_timers_work(stoa, merchant.shop)

    assert {await state_of(stoa, order) for order in orders} == {State.EXPIRED}


async def test_two_processes_share_the_work_and_nothing_happens_twice(
    stoa: Stoa, another: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    orders = [await placing(stoa, merchant.shop, express=bool(n % 2)) for n in range(40)]
    clock.move(MINUTE)
    await asyncio.gather(*(let_timers_work(process, merchant.shop) for process in (stoa, another)))
    clock.move(DAY)
    await asyncio.gather(*(let_timers_work(process, merchant.shop) for process in (stoa, another)))

    for n, order in enumerate(orders):
        kinds = [kind for kind, _ in await history(stoa, order)]
        assert kinds == (["Placed", "Accepted", "VoucherCreated"] if n % 2 else ["Placed", "Expired"])


async def test_what_a_dead_process_had_taken_is_done_by_another_when_the_lease_ends(
    stoa: Stoa, another: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await placing(stoa, merchant.shop)
    clock.move(DAY)
    now = clock()
    assert await stoa.service.orders.claim_timers(merchant.shop.id, now=now, until=now + LEASE, limit=BATCH)

    await let_timers_work(another, merchant.shop)
    assert await state_of(stoa, order) is State.OPEN
    clock.move(LEASE)
    await let_timers_work(another, merchant.shop)
    assert await state_of(stoa, order) is State.EXPIRED


async def test_the_timers_find_due_shops_by_themselves_until_they_are_stopped(
    stoa: Stoa, merchant: Merchant, neighbour: Merchant, clock: MovableClock
) -> None:
    orders = [await placing(stoa, shop) for shop in (merchant.shop, neighbour.shop)]
    stop = asyncio.Event()
    running = asyncio.create_task(Timers(stoa.service, poll=0.01).run(stop))
    clock.move(DAY)
    await expiring(stoa, *orders)
    stop.set()
    await asyncio.wait_for(running, 5)

    assert running.done()


async def test_the_timers_outlive_a_database_that_does_not_answer(
    stoa: Stoa, merchant: Merchant, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await placing(stoa, merchant.shop)
    look, failures = stoa.service.orders.shops_with_due_timers, iter([OSError(), TimeoutError()])

    async def failing(*asked: object) -> list[int]:
        for failure in failures:
            raise failure
        return await look(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(stoa.service.orders, "shops_with_due_timers", failing)
    stop = asyncio.Event()
    running = asyncio.create_task(Timers(stoa.service, poll=0.01).run(stop))
    clock.move(DAY)
    with capture_logs() as logs:
        await expiring(stoa, order)
    stop.set()
    await running

    assert [entry["event"] for entry in logs] == ["timers.look_failed"] * 2


async def test_an_expired_order_is_told_to_its_shop(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, clock: MovableClock
) -> None:
    at = f"/operator/v1/shops/{merchant.shop.id}"
    await operator.put(f"{at}/webhook", json={"url": "http://127.0.0.1:9/hook"})
    await placing(stoa, merchant.shop)
    clock.move(DAY)
    await let_timers_work(stoa, merchant.shop)

    told = (await operator.get(f"{at}/deliveries")).json()["items"]
    assert [delivery["event_type"] for delivery in told] == ["order_updated", "new_order"]
