import msgspec
import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity
from stoa.orders.lifecycle import FIRST, LAST, MOVES, OF_A_RETURN, RETURN_MOVES, Action, Move, faults
from stoa.orders.order import (
    CAME_TO_NOTHING,
    Actor,
    Fulfilment,
    IssuedInvoice,
    LinkedOrder,
    LinkedReturn,
    Order,
    PaymentStatus,
    ReturnState,
    State,
)
from stoa.orders.refusals import Refusal, Refused
from tests.builders import (
    DAY,
    NOON,
    a_line,
    a_request,
    a_tracking,
    a_voucher,
    after,
    an_order,
    an_order_in,
    an_uploaded_invoice,
    asking,
    both_after,
    way_back_to,
    with_a_return,
)

LINES = (a_line(quantity=4),)
LINE = an_order(lines=LINES).lines[0].id
ONE_PIECE, TWO_PIECES = (LineQuantity(LINE, 1),), (LineQuantity(LINE, 2),)
A_RETURN = LinkedReturn(id=2_000_001, placed_at=NOON, state=ReturnState.RETURNING)

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
    asked.DeliverPartially(lines=TWO_PIECES),
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
    asked.Refund(),
    asked.LinkReturn(order=LinkedOrder(id=1_000_002, placed_at=NOON)),
    a_request(an_order(lines=LINES)),
    asked.FollowReturn(order=A_RETURN, lines=ONE_PIECE),
    asked.UnlinkReturn(number=A_RETURN.id, lines=ONE_PIECE),
    asked.Modify(changes={"comments": "Στο γραφείο"}),
)
BY_ACTION = {command.action: command for command in COMMANDS}


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
    monkeypatch.delitem(MOVES, (State.DISPATCHED, Action.DELIVER_PARTIALLY))

    assert faults() == ["no action leads to partially_delivered"]


def test_every_action_has_its_command() -> None:
    assert sorted(command.action for command in COMMANDS) == sorted(set(Action) - OF_A_RETURN)


def an_order_for(state: State, action: Action, by: Actor) -> Order:
    """An order in the state of which nothing stands in the way of the action."""
    its_own = by is Actor.MERCHANT and action in {Action.PICK_UP, Action.DELIVER}
    ships_itself = its_own or action is Action.NOTE_TRACKING
    fulfilment = Fulfilment.MERCHANT if ships_itself else Fulfilment.MARKETPLACE
    order = SPECIAL.get((state, action)) or in_state(state, fulfilment)
    before = {
        Action.CANCEL_VOUCHER: Action.ATTACH_VOUCHER,
        Action.COLLECT_VOUCHER: Action.ATTACH_VOUCHER,
        Action.MARK_NOT_READY: Action.MARK_READY,
        Action.REMOVE_INVOICE: Action.ATTACH_INVOICE,
    }
    if action is Action.CANCEL_INVOICE:
        return replace(order, issued_invoice=IssuedInvoice(series="INV", number=1, issued_at=NOON))
    return after(order, BY_ACTION[before[action]], by=Actor.MERCHANT) if action in before else order


def in_state(state: State, fulfilment: Fulfilment = Fulfilment.MARKETPLACE) -> Order:
    """Four pieces were ordered: of two that were delivered, or came back, another may come back."""
    if state is State.PARTIALLY_DELIVERED:
        dispatched = an_order_in(State.DISPATCHED, lines=LINES, fulfilment=fulfilment)
        return after(dispatched, asked.DeliverPartially(lines=TWO_PIECES))
    return an_order_in(state, lines=LINES, fulfilment=fulfilment)


CANCELLED_ON_ITS_WAY = after(in_state(State.DISPATCHED), asked.Cancel())
BEING_RETURNED, _ = with_a_return(in_state(State.PARTIALLY_RETURNED))
SPECIAL = {
    (State.CANCELLED, Action.RETURN): CANCELLED_ON_ITS_WAY,
    (State.CANCELLED, Action.REFUND): after(CANCELLED_ON_ITS_WAY, asked.Return()),
    (State.FOR_RETURN, Action.REQUEST_RETURN): BEING_RETURNED,
    (State.FOR_RETURN, Action.REFUND): BEING_RETURNED,
}
"""Orders in a state to which another way leads than the shortest."""

NOTHING_IS_BACK = frozenset(State) - {
    State.CANCELLED,
    State.FOR_RETURN,
    # What the customer did not take.
    State.PARTIALLY_DELIVERED,
    State.PARTIALLY_RETURNED,
    State.RETURNED,
}


def why_never(state: State, action: Action, by: Actor) -> Refusal | None:
    """What stands in the way of an action in every order of that state, though the table knows it."""
    if action is Action.LINK_RETURN and state in {State.OPEN, State.ACCEPTED}:
        return Refusal.NOTHING_TO_RETURN
    if action is Action.REFUND and by is not Actor.MARKETPLACE and state in NOTHING_IS_BACK:
        return Refusal.REFUND_OUT_OF_RANGE
    return None


MOMENTS = {Action.EXPIRE: NOON + 2 * DAY, Action.COMPLETE: NOON + 14 * DAY}


@pytest.mark.parametrize(("state", "action"), MOVES)
def test_what_is_in_the_table_happens_and_leads_where_it_says(state: State, action: Action) -> None:
    command, at, move = BY_ACTION[action], MOMENTS.get(action, NOON), MOVES[state, action]

    for actor in move.by:
        order = an_order_for(state, action, actor)
        assert order.state is state
        if never := why_never(state, action, actor):
            refused = asking(order, command, by=actor, at=at)
            assert isinstance(refused, Refused)
            assert refused.refusal is never
        else:
            assert after(order, command, by=actor, at=at).state is move.to


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("actor", Actor)
def test_what_is_not_in_the_table_is_refused_to_everyone(state: State, actor: Actor) -> None:
    order = in_state(state)
    in_words_of_their_own = {
        Action.MARK_READY: Refused(Refusal.NOT_ELIGIBLE_FOR_READY),
        Action.MARK_NOT_READY: Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO),
    }
    wrong_state = Refused(Refusal.WRONG_STATE, state=state)

    as_it_was = msgspec.json.encode(order)
    for command in not_in_the_table(state):
        assert asking(order, command, by=actor) == in_words_of_their_own.get(command.action, wrong_state)
    assert msgspec.json.encode(order) == as_it_was


@pytest.mark.parametrize("state", State)
def test_what_is_done_to_a_return_is_done_to_no_other_order(state: State) -> None:
    order = in_state(state)
    of_a_return = (
        asked.ExpireReturn(),
        asked.TrackReturn(tracking_ids=("1",)),
        *way_back_to(ReturnState.RETURNED),
        *way_back_to(ReturnState.CANCELLED),
    )

    for command in of_a_return:
        for actor in Actor:
            assert asking(order, command, by=actor) == Refused(Refusal.NOT_A_RETURN)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("actor", Actor)
def test_only_the_actors_of_the_table_may_ask(state: State, actor: Actor) -> None:
    order = in_state(state)
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
        (Action.REFUND, set(Actor)),
        (Action.REQUEST_RETURN, {Actor.CUSTOMER, Actor.MARKETPLACE}),
        (Action.FOLLOW_RETURN, set(Actor)),
        (Action.UNLINK_RETURN, {Actor.MERCHANT}),
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


@pytest.mark.parametrize("action", [Action.SET_PAYMENT, Action.REFUND, Action.MODIFY, Action.CANCEL_INVOICE])
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


# Where news of a return lead


AN_END = [ReturnState.RETURNED, ReturnState.REJECTED, ReturnState.CANCELLED]
UNDER_WAY = [ReturnState.RETURNING, ReturnState.PENDING_PHYSICAL_REVIEW]


@pytest.mark.parametrize("state", [State.DELIVERED, State.PARTIALLY_DELIVERED, State.PARTIALLY_RETURNED])
def test_a_requested_return_leads_to_for_return_from_wherever_the_customer_has_something(
    state: State,
) -> None:
    assert with_a_return(in_state(state))[0].state is State.FOR_RETURN


@pytest.mark.parametrize("news", UNDER_WAY)
def test_an_order_stays_for_return_while_its_return_is_under_way(news: ReturnState) -> None:
    source, _ = both_after(*with_a_return(in_state(State.DELIVERED)), *way_back_to(news))

    assert source.state is State.FOR_RETURN


@pytest.mark.parametrize("state", [State.DELIVERED, State.PARTIALLY_DELIVERED, State.PARTIALLY_RETURNED])
@pytest.mark.parametrize("news", [ReturnState.REJECTED, ReturnState.CANCELLED])
def test_a_return_that_comes_to_nothing_leads_back_to_where_the_order_was(
    state: State, news: ReturnState
) -> None:
    source, _ = both_after(*with_a_return(in_state(state)), *way_back_to(news))

    assert source.state is state


@pytest.mark.parametrize("state", [State.DELIVERED, State.PARTIALLY_DELIVERED, State.PARTIALLY_RETURNED])
def test_a_return_that_leaves_the_customer_something_leads_to_partially_returned(state: State) -> None:
    source, _ = both_after(*with_a_return(in_state(state)), *way_back_to(ReturnState.RETURNED))

    assert source.state is State.PARTIALLY_RETURNED


@pytest.mark.parametrize(
    ("state", "pieces"),
    [(State.DELIVERED, 4), (State.PARTIALLY_DELIVERED, 2), (State.PARTIALLY_RETURNED, 3)],
)
def test_a_return_of_all_that_the_customer_has_leads_to_returned(state: State, pieces: int) -> None:
    everything = (LineQuantity(LINE, pieces),)

    source, _ = both_after(
        *with_a_return(in_state(state), lines=everything), *way_back_to(ReturnState.RETURNED)
    )

    assert source.state is State.RETURNED


@pytest.mark.parametrize("news", AN_END)
def test_the_last_of_several_returns_decides_and_no_other(news: ReturnState) -> None:
    source, first = with_a_return(in_state(State.DELIVERED))
    source, second = with_a_return(source, number=2_000_002)

    source, _ = both_after(source, first, *way_back_to(news))
    assert source.state is State.FOR_RETURN

    source, _ = both_after(source, second, *way_back_to(ReturnState.RETURNED))
    assert source.state is State.PARTIALLY_RETURNED


@pytest.mark.parametrize("state", State)
def test_news_of_a_return_that_the_order_does_not_know_change_nothing(state: State) -> None:
    order = in_state(state)

    for command in (
        asked.FollowReturn(order=A_RETURN, lines=ONE_PIECE),
        asked.UnlinkReturn(number=7, lines=ONE_PIECE),
    ):
        assert after(order, command) == order


# The table of returns


def test_a_state_of_returns_that_nothing_leads_to_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(RETURN_MOVES, (ReturnState.PENDING_REVIEW, Action.EXPIRE_RETURN))

    assert faults() == ["no action leads to expired of a return"]


def test_a_state_of_returns_that_nothing_leaves_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for action in (Action.TAKE_BACK, Action.SEND_BACK, Action.CANCEL_RETURN):
        monkeypatch.delitem(RETURN_MOVES, (ReturnState.PENDING_PHYSICAL_REVIEW, action))

    assert faults() == [
        "no action leads to returned of a return",
        "no action leaves pending_physical_review of a return",
    ]


def test_an_action_that_leaves_an_end_of_returns_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    again = RETURN_MOVES[ReturnState.PENDING_REVIEW, Action.APPROVE_RETURN]
    monkeypatch.setitem(RETURN_MOVES, (ReturnState.EXPIRED, Action.APPROVE_RETURN), again)

    assert faults() == ["an action leaves expired, which is an end of a return"]
