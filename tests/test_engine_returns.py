"""A return and the order whose goods come back change together, whoever else is at them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from stoa.clock import MovableClock
from stoa.engine import Gone
from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity
from stoa.orders.order import (
    Actor,
    Fulfilment,
    LinkedReturn,
    Order,
    PaymentStatus,
    ReturnReason,
    ReturnState,
    ReviewOption,
    State,
)
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.store.database import Pool, open_pool
from tests.builders import APPROVE, a_line
from tests.database_contents import contents
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


async def delivered(process: Process, shop: Shop, quantity: int = 3, **what_matters: Any) -> Order:
    """An order of one line that the customer has."""
    lines = (a_line(quantity=quantity),)
    order = await process.placing(shop, lines=lines, fulfilment=Fulfilment.MERCHANT, **what_matters)
    return await process.doing(shop, order, asked.Accept(), asked.PickUp(), asked.Deliver())


def a_request(order: Order, quantity: int = 1) -> asked.RequestReturn:
    lines = (LineQuantity(order.lines[0].id, quantity),)
    return asked.RequestReturn(lines=lines, reason=ReturnReason.FAULTY)


async def requested(process: Process, shop: Shop, order: Order, quantity: int = 1) -> Order:
    """A return that the customer asked for."""
    source = await process.doing(shop, order, a_request(order, quantity), by=Actor.CUSTOMER)
    stored = await process.orders.read(shop.id, source.returns[-1].id)
    assert stored is not None
    return stored.order


async def moved(process: Process, shop: Shop, back: Order, *commands: Command) -> Order:
    """The return after what the marketplace says of it, one thing after the other."""
    for command in commands:
        back = await process.doing(shop, back, command, by=Actor.MARKETPLACE)
    return back


async def arrived(process: Process, shop: Shop, order: Order, quantity: int = 1) -> Order:
    """A return that lies where it was to go."""
    return await moved(
        process, shop, await requested(process, shop, order, quantity), APPROVE, asked.ArriveBack()
    )


async def now(process: Process, order: Order) -> Order:
    return (await process.stored(order)).order


def counted(order: Order) -> tuple[State, int, int]:
    """The state, the pieces of the first line that are in a return, and those that are back."""
    return order.state, order.lines[0].returning_quantity, order.lines[0].returned_quantity


async def history(process: Process, order: Order) -> list[tuple[str, str]]:
    """What happened to an order since it was delivered, or to a return, and by whom."""
    told = [(event.kind, event.by) for event in await process.orders.history(order.shop_id, order.id)]
    return told if order.return_of else told[4:]


# What one learns of the other


async def test_an_order_and_its_return_know_each_other_from_the_first_moment(
    process: Process, shop: Shop
) -> None:
    order = await delivered(process, shop)
    back = await requested(process, shop, order, 2)

    source = await now(process, order)
    assert counted(source) == (State.FOR_RETURN, 2, 0)
    assert source.returns == (
        LinkedReturn(id=back.id, placed_at=back.placed_at, state=ReturnState.PENDING_REVIEW),
    )
    assert back.return_of is not None
    assert (back.return_of.id, back.return_of.placed_at) == (order.id, order.placed_at)
    assert [(line.id, line.quantity) for line in back.lines] == [(order.lines[0].id, 2)]


async def test_every_change_of_a_return_is_told_to_its_order_in_one_story(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await delivered(process, shop)
    await pool.execute("DELETE FROM deliveries")
    track = asked.TrackReturn(tracking_ids=("9WDEE48L66D7Y",))
    back = await requested(process, shop, order)
    await moved(process, shop, back, APPROVE, track, track, asked.ArriveBack(), asked.TakeBack())

    by = "marketplace"
    assert await history(process, back) == [
        ("ReturnPlaced", "customer"),
        ("ReturnApproved", by),
        ("ReturnTracked", by),
        ("ReturnTracked", by),
        ("ReturnArrived", by),
        ("ReturnTakenBack", by),
    ]
    # The same tracking codes once more are no news.
    assert await history(process, order) == [
        ("ReturnRequested", "customer"),
        *[("ReturnFollowed", by)] * 4,
        ("Refunded", by),
    ]
    rows = await pool.fetch("SELECT event_type, order_id FROM deliveries ORDER BY id")
    assert [(row["event_type"], row["order_id"]) for row in rows[-3:]] == [
        ("ReturnTakenBack", back.id),
        ("ReturnFollowed", order.id),
        ("Refunded", order.id),
    ]


async def test_who_asked_for_a_return_is_noted_with_both(process: Process, shop: Shop) -> None:
    order = await delivered(process, shop)
    source = await process.doing(shop, order, a_request(order), by=Actor.MARKETPLACE)

    back = await process.orders.read(shop.id, source.returns[0].id)
    assert back is not None
    assert await history(process, source) == [("ReturnRequested", "marketplace")]
    assert await history(process, back.order) == [("ReturnPlaced", "marketplace")]


async def test_several_steps_at_once_are_told_to_the_order_one_after_the_other(
    process: Process, shop: Shop
) -> None:
    order = await delivered(process, shop)
    back = await requested(process, shop, order)
    steps = (APPROVE, asked.ArriveBack(), asked.TakeBack())

    done = await process.doing(shop, back, *steps, by=Actor.MARKETPLACE)

    assert done.state is State.RETURNED
    assert counted(await now(process, order)) == (State.PARTIALLY_RETURNED, 0, 1)
    assert [kind for kind, _ in await history(process, order)] == [
        "ReturnRequested",
        *["ReturnFollowed"] * 3,
        "Refunded",
    ]


async def test_the_marketplace_that_takes_a_part_back_refunds_that_part(process: Process, shop: Shop) -> None:
    order = await delivered(process, shop, shipping_cents=350)
    back = await arrived(process, shop, order)
    await moved(process, shop, back, asked.TakeBack())

    source = await now(process, order)
    assert source.refunded_cents == order.lines[0].unit_price_cents
    assert source.payment_status is PaymentStatus.PAID


async def test_a_refused_request_leaves_nothing_behind(process: Process, pool: Pool, shop: Shop) -> None:
    order = await delivered(process, shop)
    before = await contents(pool)

    answer = await process.asking(shop, order, a_request(order, 4), by=Actor.CUSTOMER)

    assert answer == Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")
    assert await contents(pool) == before


# Both or neither


async def refuse_in_the_database(pool: Pool, what: str, order: Order | None = None) -> None:
    """From now on the database takes no such change of an order, or of any."""
    which = f"WHEN (NEW.id = {order.id})" if order else ""
    await pool.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
        f"CREATE TRIGGER refused BEFORE {what} ON orders FOR EACH ROW {which} EXECUTE FUNCTION refuse()"
    )


async def test_a_return_that_cannot_be_saved_is_not_asked_for(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await delivered(process, shop)
    before = await contents(pool)
    await refuse_in_the_database(pool, "INSERT")

    with pytest.raises(asyncpg.RaiseError):
        await process.asking(shop, order, a_request(order), by=Actor.CUSTOMER)
    assert await contents(pool) == before


async def test_no_return_is_made_where_its_order_cannot_be_saved(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await delivered(process, shop)
    before = await contents(pool)
    await refuse_in_the_database(pool, "UPDATE", order)

    with pytest.raises(asyncpg.RaiseError):
        await process.asking(shop, order, a_request(order), by=Actor.CUSTOMER)
    assert await contents(pool) == before


@pytest.mark.parametrize("of_source", [True, False])
async def test_a_return_ends_together_with_what_its_order_knows_of_it_or_not_at_all(
    process: Process, pool: Pool, shop: Shop, *, of_source: bool
) -> None:
    order = await delivered(process, shop)
    back = await arrived(process, shop, order)
    before, rung = await contents(pool), len(process.bell.rung)
    await refuse_in_the_database(pool, "UPDATE", order if of_source else back)

    with pytest.raises(asyncpg.RaiseError):
        await process.asking(shop, back, asked.TakeBack(), by=Actor.MARKETPLACE)
    assert await contents(pool) == before
    assert len(process.bell.rung) == rung


async def test_a_return_is_deleted_together_with_what_its_order_knows_of_it_or_not_at_all(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await delivered(process, shop)
    back = await requested(process, shop, order)
    before = await contents(pool)
    await refuse_in_the_database(pool, "UPDATE", order)

    with pytest.raises(asyncpg.RaiseError):
        await process.engine.delete(stored=await process.stored(back), shop=shop, by=Actor.MERCHANT)
    assert await contents(pool) == before


# Several at once


async def test_no_more_pieces_are_asked_back_than_were_delivered(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await delivered(process, shop, 7)

    answers = await asyncio.gather(
        *(
            each.asking(shop, order, a_request(order, 2), by=Actor.CUSTOMER)
            for each in processes
            for _ in range(4)
        )
    )

    made = [answer for answer in answers if isinstance(answer, Order)]
    refused = {answer for answer in answers if isinstance(answer, Refused)}
    source = await now(process, order)
    assert (len(made), refused) == (3, {Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")})
    assert (counted(source), len(source.returns)) == ((State.FOR_RETURN, 6, 0), 3)
    assert len({linked.id for linked in source.returns}) == 3


async def test_requests_and_what_couriers_note_at_once_never_exceed_what_was_delivered(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await delivered(process, shop, 6)
    noted = asked.ReturnPartially(lines=(LineQuantity(order.lines[0].id, 2),))

    await asyncio.gather(
        *(each.asking(shop, order, noted, by=Actor.COURIER) for each in processes),
        *(each.asking(shop, order, a_request(order, 2), by=Actor.CUSTOMER) for each in processes),
    )

    line = (await now(process, order)).lines[0]
    # Once a return is under way, what comes back is noted there.
    assert line.returning_quantity + line.returned_quantity == 6


async def test_of_two_answers_at_once_one_counts(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await delivered(process, shop)
    back = await requested(process, shop, order)
    decline = asked.DeclineReturn(option=ReviewOption.RESOLVED_WITH_CUSTOMER)
    first, second = processes[:2]

    answers = await asyncio.gather(
        first.asking(shop, back, APPROVE), second.asking(shop, back, decline, by=Actor.MARKETPLACE)
    )

    (done,) = [answer for answer in answers if isinstance(answer, Order)]
    (refused,) = [answer for answer in answers if isinstance(answer, Refused)]
    assert refused.refusal is Refusal.RETURN_DECIDED
    source = await now(process, order)
    assert done.return_request is not None
    assert source.returns[0].state is done.return_request.state
    assert len(await history(process, back)) == len(await history(process, order)) == 2


async def test_returns_of_one_order_that_end_at_once_are_all_counted(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await delivered(process, shop, 6)
    backs = [await arrived(process, shop, order) for _ in range(5)]

    done = await asyncio.gather(
        *(
            each.asking(shop, back, asked.TakeBack(), by=Actor.MARKETPLACE)
            for each, back in zip(processes, backs, strict=True)
        )
    )

    assert all(isinstance(answer, Order) for answer in done), done
    source = await now(process, order)
    assert counted(source) == (State.PARTIALLY_RETURNED, 0, 5)
    assert {linked.state for linked in source.returns} == {ReturnState.RETURNED}
    assert source.refunded_cents == 5 * order.lines[0].unit_price_cents
    assert source.payment_status is PaymentStatus.PAID


async def test_a_return_that_ends_while_its_order_is_changed_has_both_changes(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await delivered(process, shop, 1)
    back = await arrived(process, shop, order)
    first, *others = processes

    await asyncio.gather(
        first.doing(shop, back, asked.TakeBack(), by=Actor.MARKETPLACE),
        *(
            each.doing(shop, order, asked.Modify(changes={"comments": f"Σχόλιο {n}"}))
            for n, each in enumerate(others)
        ),
    )

    source = await now(process, order)
    assert counted(source) == (State.RETURNED, 0, 1)
    assert source.comments.startswith("Σχόλιο")
    assert source.payment_status is PaymentStatus.REFUNDED


# What is deleted meanwhile


async def deleting(process: Process, shop: Shop, order: Order) -> Order:
    stored = await process.stored(order)
    return await process.engine.delete(stored=stored, shop=shop, by=Actor.MERCHANT)


@pytest.mark.parametrize("how_far", [(), (APPROVE,), (APPROVE, asked.ArriveBack())])
async def test_an_order_whose_return_is_deleted_is_as_it_was(
    process: Process, shop: Shop, how_far: tuple[Command, ...]
) -> None:
    order = await delivered(process, shop)
    back = await moved(process, shop, await requested(process, shop, order, 3), *how_far)

    await deleting(process, shop, back)

    source = await now(process, order)
    assert source.state is State.DELIVERED
    assert (source.lines, source.returns) == (order.lines, ())
    assert counted(await requested_order(process, shop, order, 3)) == (State.FOR_RETURN, 3, 0)


async def requested_order(process: Process, shop: Shop, order: Order, quantity: int) -> Order:
    """The order once so many pieces of it are asked back."""
    return await process.doing(shop, order, a_request(order, quantity), by=Actor.CUSTOMER)


async def test_one_of_two_returns_that_is_deleted_leaves_the_other_under_way(
    process: Process, shop: Shop
) -> None:
    order = await delivered(process, shop)
    deleted = await requested(process, shop, order)
    kept = await requested(process, shop, order, 2)

    await deleting(process, shop, deleted)

    source = await now(process, order)
    assert counted(source) == (State.FOR_RETURN, 2, 0)
    assert [linked.id for linked in source.returns] == [kept.id]
    assert source.lines[0].return_reason is ReturnReason.FAULTY


async def test_goods_that_are_back_stay_back_when_their_return_is_deleted(
    process: Process, shop: Shop
) -> None:
    order = await delivered(process, shop)
    back = await moved(process, shop, await arrived(process, shop, order), asked.TakeBack())
    before = await now(process, order)

    await deleting(process, shop, back)

    source = await now(process, order)
    assert source.returns == ()
    assert (counted(source), source.refunded_cents) == (counted(before), before.refunded_cents)


async def test_a_return_goes_its_way_though_its_order_is_deleted(process: Process, shop: Shop) -> None:
    order = await delivered(process, shop)
    back = await requested(process, shop, order)
    await deleting(process, shop, order)

    done = await moved(process, shop, back, APPROVE, asked.ArriveBack(), asked.TakeBack())

    assert done.state is State.RETURNED
    assert await process.orders.read(shop.id, order.id) is None
    assert (await deleting(process, shop, done)).id == back.id


async def test_nothing_is_asked_back_of_an_order_that_is_deleted_meanwhile(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await delivered(process, shop)
    stale = await process.stored(order)
    await deleting(process, shop, order)

    with pytest.raises(Gone):
        await process.engine.carry_out(a_request(order), on=stale, shop=shop, by=Actor.CUSTOMER)
    assert await pool.fetchval("SELECT count(*) FROM orders") == 0


async def test_whoever_is_first_a_deletion_and_an_end_of_a_return_leave_nothing_under_way(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await delivered(process, shop, 10)
    backs = [await arrived(process, shop, order) for _ in range(5)]
    on = {back.id: await process.stored(back) for back in backs}

    ended = await asyncio.gather(
        *(
            each.engine.carry_out(asked.TakeBack(), on=on[back.id], shop=shop, by=Actor.MARKETPLACE)
            for each, back in zip(processes, backs, strict=True)
        ),
        *(
            each.engine.delete(stored=on[back.id], shop=shop, by=Actor.MERCHANT)
            for each, back in zip(processes, reversed(backs), strict=True)
        ),
        return_exceptions=True,
    )

    taken_back = sum(isinstance(answer, Order) for answer in ended[:5])
    assert all(isinstance(answer, Order | Gone) for answer in ended), ended
    source = await now(process, order)
    state = State.PARTIALLY_RETURNED if taken_back else State.DELIVERED
    assert (counted(source), source.returns) == ((state, 0, taken_back), ())
    assert source.refunded_cents == taken_back * order.lines[0].unit_price_cents


async def test_an_order_that_is_deleted_while_its_returns_end_holds_none_of_them_up(
    process: Process, processes: list[Process], shop: Shop
) -> None:
    order = await delivered(process, shop, 4)
    backs = [await arrived(process, shop, order) for _ in range(4)]

    await asyncio.gather(
        deleting(process, shop, order),
        *(
            each.doing(shop, back, asked.TakeBack(), by=Actor.MARKETPLACE)
            for each, back in zip(processes, backs, strict=False)
        ),
    )

    assert await process.orders.read(shop.id, order.id) is None
    assert [(await now(process, back)).state for back in backs] == [State.RETURNED] * 4
