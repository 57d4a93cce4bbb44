"""What is done to an order is done whole or not at all, whoever else is at it."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from stoa.clock import MovableClock
from stoa.engine import Conflict, Plan
from stoa.orders import commands as asked
from stoa.orders.commands import Command
from stoa.orders.order import (
    Actor,
    Fulfilment,
    LinkedOrder,
    LinkedReturn,
    Note,
    Order,
    PaymentStatus,
    RejectionReason,
    State,
)
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.store.database import Pool
from stoa.store.orders import ChannelRefTaken, KeyTaken, Stored
from tests.builders import HOUR, MINUTE, a_line, a_placement, a_tracking, a_voucher, an_uploaded_invoice
from tests.database_contents import contents
from tests.processes import Process, a_process, opened


@pytest.fixture
def process(pool: Pool, clock: MovableClock) -> Process:
    return a_process(pool, clock)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await opened(pool)


async def told(pool: Pool) -> list[tuple[str, int]]:
    """What the shop is to hear, in the order in which it was queued: the event and the order."""
    rows = await pool.fetch("SELECT event_type, order_id FROM deliveries ORDER BY id")
    return [(row["event_type"], row["order_id"]) for row in rows]


async def history(process: Process, order: Order) -> list[tuple[str, str]]:
    return [(event.kind, event.by) for event in await process.orders.history(order.shop_id, order.id)]


def changing(**changes: object) -> asked.Modify:
    return asked.Modify(changes=changes)


# Plans


async def test_a_plan_is_done_step_by_step_and_told_in_that_order(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await process.placing(shop, fulfilment=Fulfilment.MERCHANT)
    done = await process.doing(
        shop, order, asked.Accept(), asked.BeginWork(), asked.PickUp(), asked.Deliver()
    )

    steps = ["Placed", "Accepted", "WorkBegun", "PickedUp", "Delivered"]
    assert await told(pool) == [(step, order.id) for step in steps]
    assert await history(process, order) == [
        ("Placed", "customer"),
        *((step, "merchant") for step in steps[1:]),
    ]
    assert await process.stored(order) == Stored(done, 5)
    assert done.state is State.DELIVERED


async def test_a_plan_that_is_refused_in_its_second_step_changes_nothing(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await process.placing(shop)
    before = await contents(pool)
    refused = await process.asking(shop, order, asked.Accept(), asked.PickUp())

    assert refused == Refused(Refusal.CARRIED_BY_MARKETPLACE)
    assert await contents(pool) == before
    assert process.bell.rung == [shop.id]


async def test_a_plan_may_itself_refuse(process: Process, pool: Pool, shop: Shop) -> None:
    order = await process.placing(shop)
    before = await contents(pool)
    no = Refused(Refusal.WRONG_STATE, state=order.state)

    answer = await process.engine.follow(
        lambda _: no, on=await process.stored(order), shop=shop, by=Actor.MERCHANT
    )
    assert answer == no
    assert await contents(pool) == before


async def test_an_empty_plan_changes_nothing_and_wakes_nobody(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await process.placing(shop)
    before = await contents(pool)

    assert await process.doing(shop, order) == order
    assert await contents(pool) == before
    assert process.bell.rung == [shop.id]


async def test_a_plan_is_made_afresh_where_somebody_was_faster(process: Process, shop: Shop) -> None:
    order = await process.placing(shop)
    stale = await process.stored(order)
    await process.doing(shop, order, asked.Accept(voucher=False))
    seen = list[State]()

    def plan(order: Order) -> Sequence[Command]:
        seen.append(order.state)
        return (asked.Accept(), asked.BeginWork()) if order.state is State.OPEN else (asked.BeginWork(),)

    done = await process.engine.follow(plan, on=stale, shop=shop, by=Actor.MERCHANT)

    assert seen == [State.OPEN, State.ACCEPTED]
    assert isinstance(done, Order)
    assert done.work_began_at is not None


async def test_what_is_left_of_a_rejection_is_placed_after_it(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await process.placing(shop, lines=(a_line(quantity=3),))
    limited = asked.LineRejection(order.lines[0].id, RejectionReason.LIMITED_STOCK, 1)
    rejected = await process.doing(
        shop, order, changing(comments="Στο γραφείο"), asked.Reject(lines=(limited,))
    )

    (left,) = rejected.replacements
    assert await told(pool) == [
        ("Placed", order.id),
        ("Modified", order.id),
        ("Rejected", order.id),
        ("Placed", left.id),
    ]


# Two at once


CHANGES: dict[str, object] = {
    "address.city": "Bacau",
    "address.recipient": "Maria",
    "billing.company_vat": "RO1",
    "billing.is_company": True,
    "comments": "Στο γραφείο",
    "customer.first_name": "Maria",
    "payment_reference": "T-17",
    "shipping_cents": 1500,
}


async def test_changes_of_different_fields_at_once_all_take_effect(process: Process, shop: Shop) -> None:
    order = await process.placing(shop)

    await asyncio.gather(
        *(process.doing(shop, order, changing(**{name: value})) for name, value in CHANGES.items()),
        process.doing(shop, order, asked.SetPayment(status=PaymentStatus.REFUNDED)),
        process.doing(shop, order, asked.Accept()),
    )

    stored = await process.stored(order)
    after, version = stored.order, stored.version
    assert (after.address.city, after.address.recipient, after.comments) == ("Bacau", "Maria", "Στο γραφείο")
    assert after.billing is not None
    assert (after.billing.is_company, after.billing.company_vat) == (True, "RO1")
    assert (after.customer.first_name, after.payment_reference) == ("Maria", "T-17")
    assert (after.shipping_cents, after.payment_status) == (1500, PaymentStatus.REFUNDED)
    assert (after.state, version) == (State.ACCEPTED, 11)


async def test_of_changes_of_the_same_field_the_last_one_stays(process: Process, shop: Shop) -> None:
    order = await process.placing(shop)
    words = [str(n) for n in range(10)]

    done = await asyncio.gather(*(process.doing(shop, order, changing(comments=word)) for word in words))

    stored = await process.stored(order)
    assert stored.version == 11
    assert stored.order.comments in words
    assert sorted(answer.comments for answer in done) == words


async def test_what_many_add_at_once_is_all_there(process: Process, shop: Shop) -> None:
    order = await process.placing(shop)

    def adding(text: str) -> Plan:
        def plan(order: Order) -> Sequence[Command]:
            number = order.last_note + 1
            return (changing(notes=(*order.notes, Note(number=number, text=text)), last_note=number),)

        return plan

    stale = await process.stored(order)
    await asyncio.gather(
        *(
            process.engine.follow(adding(text), on=stale, shop=shop, by=Actor.MERCHANT)
            for text in "abcdefghij"
        )
    )

    notes = (await process.stored(order)).order.notes
    assert sorted(note.text for note in notes) == list("abcdefghij")
    assert [note.number for note in notes] == list(range(1, 11))


def uploads(*, replacing: bool) -> list[asked.AttachInvoice]:
    return [
        asked.AttachInvoice(invoice=an_uploaded_invoice(blob=f"{n}.pdf"), replacing=replacing)
        for n in range(10)
    ]


async def discarded(process: Process) -> list[str]:
    return [file.blob for file in await process.orders.discarded_files(100)]


async def test_files_that_are_uploaded_at_once_all_get_serials_of_their_own(
    process: Process, shop: Shop
) -> None:
    order = await process.placing(shop)

    await asyncio.gather(*(process.doing(shop, order, upload) for upload in uploads(replacing=False)))

    files = (await process.stored(order)).order.invoice_files
    assert [file.serial for file in files] == list(range(1, 11))
    assert sorted(file.blob for file in files) == [f"{n}.pdf" for n in range(10)]
    assert await discarded(process) == []


async def test_of_files_that_replace_each_other_at_once_one_stays_and_the_others_are_noted_once(
    process: Process, shop: Shop
) -> None:
    order = await process.placing(shop)

    await asyncio.gather(*(process.doing(shop, order, upload) for upload in uploads(replacing=True)))

    (file,) = (await process.stored(order)).order.invoice_files
    assert file.serial == 10
    assert sorted([file.blob, *await discarded(process)]) == [f"{n}.pdf" for n in range(10)]


def labelling(serial: int, blob: str) -> asked.AttachVoucher:
    return asked.AttachVoucher(voucher=a_voucher(serial=serial, blob=blob), tracking=a_tracking())


async def test_of_vouchers_that_are_made_at_once_the_order_gets_one(process: Process, shop: Shop) -> None:
    order = await process.placing(shop, asked.Accept(voucher=False))

    answers = await asyncio.gather(
        *(process.asking(shop, order, labelling(1, f"{n}.pdf")) for n in range(10))
    )

    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert answers.count(Refused(Refusal.VOUCHER_EXISTS)) == 9
    assert await discarded(process) == []


async def test_a_voucher_is_outdated_where_another_was_made_and_cancelled_meanwhile(
    process: Process, shop: Shop
) -> None:
    order = await process.placing(shop, asked.Accept(voucher=False))
    stale = await process.stored(order)
    await process.doing(shop, order, labelling(1, "1.pdf"), asked.CancelVoucher())

    refused = await process.engine.carry_out(labelling(1, "late.pdf"), on=stale, shop=shop, by=Actor.MERCHANT)

    assert refused == Refused(Refusal.VOUCHER_OUTDATED)
    assert await discarded(process) == ["1.pdf"]


async def test_of_many_who_cancel_a_voucher_one_does(process: Process, shop: Shop) -> None:
    order = await process.placing(shop, asked.Accept(voucher=False))
    await process.doing(shop, order, labelling(1, "1.pdf"))

    answers = await asyncio.gather(*(process.asking(shop, order, asked.CancelVoucher()) for _ in range(10)))

    assert answers.count(Refused(Refusal.NO_VOUCHER)) == 9
    assert (await process.stored(order)).order.cancelled_vouchers == 1
    assert await discarded(process) == ["1.pdf"]


async def test_an_order_that_others_never_let_go_of_is_a_conflict(
    process: Process, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await process.placing(shop)

    async def losing(*_: object) -> bool:
        return False

    monkeypatch.setattr(process.orders, "save", losing)
    with pytest.raises(Conflict):
        await process.asking(shop, order, asked.Accept())


# Placing


async def test_what_the_merchant_wants_at_once_is_done_with_the_placing(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await process.placing(shop, asked.Accept(voucher=False), asked.BeginWork())

    assert await process.stored(order) == Stored(order, 3)
    assert await told(pool) == [(step, order.id) for step in ("Placed", "Accepted", "WorkBegun")]
    assert (order.state, process.bell.rung) == (State.ACCEPTED, [shop.id])


async def test_an_order_is_not_placed_where_what_follows_is_refused(
    process: Process, pool: Pool, shop: Shop
) -> None:
    before = await contents(pool)
    refused = await process.engine.place(
        a_placement(express=True), shop=shop, number=7_000_000, then=(asked.Accept(),)
    )

    assert refused == Refused(Refusal.EXPRESS)
    assert await contents(pool) == before


async def test_an_order_is_placed_once_whatever_follows(process: Process, pool: Pool, shop: Shop) -> None:
    placement, accept = a_placement(channel_ref="17"), (asked.Accept(),)
    key = {"idempotency_key": "cart 1", "request_hash": b"hash"}
    await process.engine.place(placement, shop=shop, number=7_000_000, then=accept, **key)  # type: ignore[arg-type]
    before = await contents(pool)

    with pytest.raises(ChannelRefTaken):
        await process.engine.place(placement, shop=shop, number=7_000_001, then=accept)
    with pytest.raises(KeyTaken):
        await process.engine.place(a_placement(), shop=shop, number=7_000_001, then=accept, **key)  # type: ignore[arg-type]
    assert await contents(pool) == before


# Returns


async def returning(process: Process, shop: Shop, of: Stored) -> Order | Refused:
    source = LinkedOrder(id=of.order.id, placed_at=of.order.placed_at)
    number = await process.orders.next_number()
    return await process.engine.place_return(a_placement(return_of=source), of=of, shop=shop, number=number)


async def under_way(process: Process, shop: Shop) -> Order:
    """An order that the courier has."""
    order = await process.placing(shop, asked.Accept(voucher=False))
    return await process.doing(shop, order, asked.PickUp(), by=Actor.COURIER)


async def test_a_return_and_its_source_know_of_each_other(process: Process, shop: Shop) -> None:
    source = await under_way(process, shop)
    back = await returning(process, shop, await process.stored(source))

    assert isinstance(back, Order)
    assert (back.state, back.return_of) == (
        State.RETURNED,
        LinkedOrder(id=source.id, placed_at=source.placed_at),
    )
    link = LinkedReturn(id=back.id, placed_at=back.placed_at)
    assert (await process.stored(source)).order.returns == (link,)
    assert (await process.stored(back)).order == back
    assert process.bell.rung == [shop.id] * 3


async def test_returns_of_one_order_at_once_are_all_linked(process: Process, shop: Shop) -> None:
    source = await under_way(process, shop)
    stale = await process.stored(source)
    back = await asyncio.gather(*(returning(process, shop, stale) for _ in range(8)))

    linked = (await process.stored(source)).order.returns
    assert sorted(link.id for link in linked) == sorted(each.id for each in back if isinstance(each, Order))
    assert len(linked) == 8


async def test_a_return_of_an_order_that_came_to_nothing_is_refused_and_not_placed(
    process: Process, pool: Pool, shop: Shop
) -> None:
    source = await under_way(process, shop)
    stale = await process.stored(source)
    await process.doing(shop, source, asked.Cancel(), by=Actor.CUSTOMER)
    before = await contents(pool)

    assert await returning(process, shop, stale) == Refused(Refusal.WRONG_STATE, state=State.CANCELLED)
    assert await contents(pool) == before


async def test_nothing_happens_to_a_return_by_itself(
    process: Process, shop: Shop, clock: MovableClock
) -> None:
    source = await under_way(process, shop)

    assert isinstance(await returning(process, shop, await process.stored(source)), Order)
    assert await process.orders.shops_with_due_timers(clock() + 10_000 * HOUR, 9) == []


# Deletion


async def test_a_deleted_order_is_answered_as_it_was(process: Process, shop: Shop) -> None:
    order = await process.placing(shop)
    on = await process.stored(order)

    assert await process.engine.delete(stored=on, shop=shop, by=Actor.MERCHANT) == order
    assert await process.orders.read(shop.id, order.id) is None


async def test_an_order_that_changed_meanwhile_is_deleted_as_it_then_is(process: Process, shop: Shop) -> None:
    order = await process.placing(shop)
    stale = await process.stored(order)
    accepted = await process.doing(shop, order, asked.Accept())

    assert await process.engine.delete(stored=stale, shop=shop, by=Actor.MERCHANT) == accepted


async def test_an_order_that_is_gone_is_a_conflict_to_whoever_still_works_on_it(
    process: Process, pool: Pool, shop: Shop
) -> None:
    order = await process.placing(shop)
    on = await process.stored(order)
    await process.engine.delete(stored=on, shop=shop, by=Actor.MERCHANT)
    before = await contents(pool)

    with pytest.raises(Conflict):
        await process.engine.carry_out(asked.Accept(), on=on, shop=shop, by=Actor.MERCHANT)
    with pytest.raises(Conflict):
        await process.engine.delete(stored=on, shop=shop, by=Actor.MERCHANT)
    assert await contents(pool) == before


async def test_a_deletion_among_changes_wins_in_the_end(process: Process, pool: Pool, shop: Shop) -> None:
    order = await process.placing(shop, asked.Accept())
    on = await process.stored(order)

    def change(comments: str) -> Coroutine[Any, Any, Order | Refused]:
        return process.engine.carry_out(changing(comments=comments), on=on, shop=shop, by=Actor.MERCHANT)

    answers = await asyncio.gather(
        *(change(str(n)) for n in range(5)),
        process.engine.delete(stored=on, shop=shop, by=Actor.MERCHANT),
        return_exceptions=True,
    )

    assert all(isinstance(answer, Order | Conflict) for answer in answers)
    assert await process.orders.read(shop.id, order.id) is None
    assert await told(pool) == []
    assert await pool.fetchval("SELECT sum(n) FROM order_tallies") == 0


async def test_the_clock_stands_still_for_all_steps_of_a_plan(
    process: Process, shop: Shop, clock: MovableClock
) -> None:
    order = await process.placing(shop)
    clock.move(MINUTE)
    done = await process.doing(shop, order, asked.Accept(voucher=False), asked.BeginWork())

    assert done.acceptance is not None
    assert done.acceptance.at == done.work_began_at == done.updated_at == clock()
