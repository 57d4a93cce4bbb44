import pytest

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity
from stoa.orders.lifecycle import FIRST, LAST, MOVES, Action, Move, faults
from stoa.orders.order import CAME_TO_NOTHING, Actor, LinkedOrder, PaymentStatus, State
from stoa.orders.refusals import Refusal, Refused
from tests.builders import (
    DAY,
    NOON,
    a_tracking,
    a_voucher,
    an_order,
    an_order_in,
    an_uploaded_invoice,
    asking,
)

ONE_PIECE = (LineQuantity(an_order().lines[0].id, 1),)

COMMANDS: tuple[Command, ...] = (
    asked.Accept(),
    asked.Reject(other="Το κατάστημά μας είναι κλειστό"),
    asked.Expire(),
    asked.Extend(expires_at=NOON + 9 * DAY),
    asked.Cancel(),
    asked.Reschedule(opens=NOON + DAY, closes=NOON + 2 * DAY),
    asked.AttachVoucher(voucher=a_voucher(), tracking=a_tracking()),
    asked.CancelVoucher(),
    asked.CollectVoucher(),
    asked.MarkReady(),
    asked.MarkNotReady(),
    asked.NoteTracking(trackings=(a_tracking(),)),
    asked.PickUp(),
    asked.ArriveAtPickupPoint(),
    asked.Deliver(),
    asked.DeliverPartially(lines=ONE_PIECE),
    asked.FailDelivery(),
    asked.ReturnPartially(lines=ONE_PIECE),
    asked.Return(),
    asked.Complete(),
    asked.AttachInvoice(invoice=an_uploaded_invoice()),
    asked.RemoveInvoice(serial=1),
    asked.BeginWork(),
    asked.IssueInvoice(number=1),
    asked.CancelInvoice(number=2),
    asked.SetPayment(status=PaymentStatus.REFUNDED),
    asked.LinkReturn(order=LinkedOrder(id=1_000_002, placed_at=NOON)),
    asked.Modify(changes={"comments": "Στο γραφείο"}),
)


def not_in_the_table(state: State) -> list[Command]:
    return [command for command in COMMANDS if (state, command.action) not in MOVES]


def test_the_table_has_no_faults() -> None:
    assert faults() == []


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, news = {FIRST}, {FIRST}
    while news:
        news = {move.to for (state, _), move in MOVES.items() if state in news} - reached
        reached |= news

    assert reached == set(State)


def test_the_last_states_are_left_by_nothing() -> None:
    assert all(move.to is state for (state, _), move in MOVES.items() if state in LAST)


def test_an_action_that_leaves_a_last_state_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        MOVES, (State.REJECTED, Action.ACCEPT), Move(State.ACCEPTED, frozenset({Actor.MERCHANT}))
    )

    assert faults() == ["an action leaves rejected, which is an end"]


def test_a_state_that_nothing_leaves_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MOVES, (State.FOR_RETURN, Action.RETURN))

    assert faults() == ["no action leaves for_return"]


def test_a_state_that_nothing_leads_to_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(MOVES, (State.DISPATCHED, Action.FAIL_DELIVERY))

    assert faults() == ["no action leads to for_return"]


def test_every_action_has_its_command() -> None:
    assert sorted(command.action for command in COMMANDS) == sorted(Action)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("actor", Actor)
def test_what_is_not_in_the_table_is_refused_to_everyone(state: State, actor: Actor) -> None:
    order = an_order_in(state)
    in_words_of_their_own = {
        Action.MARK_READY: Refused(Refusal.NOT_ELIGIBLE_FOR_READY),
        Action.MARK_NOT_READY: Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO),
    }
    wrong_state = Refused(Refusal.WRONG_STATE, state=state)

    for command in not_in_the_table(state):
        assert asking(order, command, by=actor) == in_words_of_their_own.get(command.action, wrong_state)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("actor", Actor)
def test_only_the_actors_of_the_table_may_ask(state: State, actor: Actor) -> None:
    order = an_order_in(state)
    of_others = [c for c in COMMANDS if (state, c.action) in MOVES and actor not in MOVES[state, c.action].by]

    for command in of_others:
        assert asking(order, command, by=actor) == Refused(Refusal.NOT_YOURS_TO_DO)


@pytest.mark.parametrize(
    ("action", "actors"),
    [
        (Action.ACCEPT, {Actor.MERCHANT, Actor.MARKETPLACE}),
        (Action.REJECT, {Actor.MERCHANT, Actor.MARKETPLACE}),
        (Action.EXPIRE, {Actor.CLOCK}),
        (Action.EXTEND, {Actor.MARKETPLACE}),
        (Action.CANCEL, {Actor.CUSTOMER, Actor.MARKETPLACE, Actor.MERCHANT}),
        (Action.BEGIN_WORK, {Actor.MERCHANT}),
        (Action.ATTACH_VOUCHER, {Actor.MERCHANT, Actor.MARKETPLACE}),
        (Action.CANCEL_VOUCHER, {Actor.MERCHANT}),
        (Action.COMPLETE, {Actor.CLOCK}),
        (Action.ISSUE_INVOICE, {Actor.MERCHANT}),
        (Action.CANCEL_INVOICE, set(Actor)),
        (Action.SET_PAYMENT, {Actor.MERCHANT, Actor.MARKETPLACE}),
        (Action.MODIFY, {Actor.MERCHANT}),
        (Action.MARK_READY, {Actor.MERCHANT}),
        (Action.PICK_UP, {Actor.COURIER, Actor.MERCHANT}),
        (Action.DELIVER, {Actor.COURIER, Actor.MERCHANT}),
        (Action.RETURN, {Actor.COURIER, Actor.MERCHANT}),
    ],
)
def test_an_action_belongs_to_its_actors_in_every_state(action: Action, actors: set[Actor]) -> None:
    assert {actor for (_, named), move in MOVES.items() if named is action for actor in move.by} == actors


@pytest.mark.parametrize("state", [State.OPEN, State.ACCEPTED, State.DISPATCHED])
def test_an_order_may_be_cancelled_at_every_stage_before_delivery(state: State) -> None:
    assert MOVES[state, Action.CANCEL].to is State.CANCELLED


@pytest.mark.parametrize("action", [Action.ATTACH_INVOICE, Action.REMOVE_INVOICE])
@pytest.mark.parametrize("state", State)
def test_the_merchant_may_hand_in_a_receipt_and_take_it_back_at_any_time(
    state: State, action: Action
) -> None:
    assert MOVES[state, action] == Move(state, frozenset({Actor.MERCHANT}))


def test_an_order_that_is_open_is_rejected_by_the_merchant_not_cancelled() -> None:
    assert Actor.MERCHANT not in MOVES[State.OPEN, Action.CANCEL].by


@pytest.mark.parametrize("action", [Action.SET_PAYMENT, Action.MODIFY, Action.CANCEL_INVOICE])
@pytest.mark.parametrize("state", State)
def test_what_is_beside_an_orders_life_leaves_it_where_it_is(state: State, action: Action) -> None:
    assert MOVES[state, action].to is state


@pytest.mark.parametrize("action", [Action.ISSUE_INVOICE, Action.LINK_RETURN])
def test_an_order_that_came_to_nothing_is_neither_invoiced_nor_returned(action: Action) -> None:
    assert {state for state in State if (state, action) not in MOVES} == CAME_TO_NOTHING


@pytest.mark.parametrize("state", CAME_TO_NOTHING)
def test_whoever_may_end_an_order_may_cancel_its_invoice(state: State) -> None:
    who = {actor for move in MOVES.values() if move.to is state for actor in move.by}

    assert who <= MOVES[state, Action.CANCEL_INVOICE].by
