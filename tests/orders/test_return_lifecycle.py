"""The life of a return that a customer asked for: every state, every action, everybody."""

import msgspec
import pytest

from stoa.orders import commands as asked
from stoa.orders.commands import Command
from stoa.orders.lifecycle import OF_A_RETURN, RETURN_MOVES, Action, ReturnMove
from stoa.orders.order import (
    RETURNS_UNDER_WAY,
    Actor,
    Order,
    ReturnReason,
    ReturnState,
    ReviewOption,
    State,
)
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.returning import review
from tests.builders import APPROVE, DAY, NOON, a_return_in, after, asking
from tests.orders.test_lifecycle import COMMANDS as OF_OTHER_ORDERS

IN_TIME, OVER = NOON + DAY, NOON + 3 * DAY

COMMANDS: tuple[Command, ...] = (
    APPROVE,
    review(ReviewOption.RESOLVED_WITH_CUSTOMER, comment=None, proposed_part_url=None),
    review(ReviewOption.SEND_MISSING_PART, comment=None, proposed_part_url=None),
    asked.ExpireReturn(),
    asked.CancelReturn(reason="Το βρήκα"),
    asked.TrackReturn(tracking_ids=("7712345678",)),
    asked.ArriveBack(),
    asked.TakeBack(),
    asked.SendBack(reason="Σπασμένο"),
)
BY_ACTION = {command.action: command for command in COMMANDS}


def a_return_that_is(state: ReturnState) -> Order:
    """A return because of a missing part, to which an answer of every kind may be given."""
    return a_return_in(state, reason=ReturnReason.MISSING_PART)


def return_state(order: Order) -> ReturnState:
    assert order.return_request is not None
    return order.return_request.state


def test_every_action_of_a_return_has_its_command() -> None:
    assert sorted(command.action for command in COMMANDS) == sorted(OF_A_RETURN)


@pytest.mark.parametrize(("state", "action"), RETURN_MOVES)
def test_what_is_in_the_table_happens_and_leads_where_it_says(state: ReturnState, action: Action) -> None:
    back, move = a_return_that_is(state), RETURN_MOVES[state, action]

    for actor in move.by:
        at = OVER if actor is Actor.CLOCK else IN_TIME
        assert return_state(after(back, BY_ACTION[action], by=actor, at=at)) is move.to


@pytest.mark.parametrize(
    ("state", "action"),
    [(state, action) for state in ReturnState for action in BY_ACTION if (state, action) not in RETURN_MOVES],
)
def test_what_is_not_in_the_table_is_refused_to_everyone(state: ReturnState, action: Action) -> None:
    back = a_return_that_is(state)
    as_it_was = msgspec.json.encode(back)
    decided = action in {Action.APPROVE_RETURN, Action.DECLINE_RETURN, Action.SEND_MISSING_PART}
    refused = (
        Refused(Refusal.RETURN_DECIDED, "option", state)
        if decided
        else Refused(Refusal.RETURN_WRONG_STATE, state=state)
    )

    for actor in Actor:
        assert asking(back, BY_ACTION[action], by=actor, at=OVER) == refused
    assert msgspec.json.encode(back) == as_it_was


@pytest.mark.parametrize(("state", "action"), RETURN_MOVES)
def test_only_the_actors_of_the_table_may_ask(state: ReturnState, action: Action) -> None:
    back = a_return_that_is(state)

    for actor in set(Actor) - RETURN_MOVES[state, action].by:
        refused = asking(back, BY_ACTION[action], by=actor, at=OVER)
        assert refused == Refused(Refusal.NOT_YOURS_TO_DO)


MERCHANT, MARKETPLACE, CUSTOMER = Actor.MERCHANT, Actor.MARKETPLACE, Actor.CUSTOMER


@pytest.mark.parametrize(
    ("action", "actors"),
    [
        (Action.APPROVE_RETURN, {MERCHANT, MARKETPLACE}),
        (Action.DECLINE_RETURN, {MERCHANT, MARKETPLACE}),
        (Action.SEND_MISSING_PART, {MERCHANT, MARKETPLACE}),
        (Action.EXPIRE_RETURN, {Actor.CLOCK}),
        (Action.TRACK_RETURN, {Actor.COURIER, MARKETPLACE}),
        (Action.ARRIVE_BACK, {Actor.COURIER, MARKETPLACE}),
        (Action.TAKE_BACK, {MERCHANT, MARKETPLACE}),
        (Action.SEND_BACK, {MERCHANT, MARKETPLACE}),
    ],
)
def test_an_action_belongs_to_its_actors(action: Action, actors: set[Actor]) -> None:
    assert {
        actor for (_, named), move in RETURN_MOVES.items() if named is action for actor in move.by
    } == actors


@pytest.mark.parametrize(
    ("state", "actors"),
    [
        (ReturnState.PENDING_REVIEW, {CUSTOMER, MARKETPLACE}),
        (ReturnState.RETURNING, {CUSTOMER, MARKETPLACE}),
        # What lies at the shop the customer cannot call back.
        (ReturnState.PENDING_PHYSICAL_REVIEW, {MARKETPLACE}),
    ],
)
def test_a_return_is_cancelled_until_it_is_decided(state: ReturnState, actors: set[Actor]) -> None:
    move = RETURN_MOVES[state, Action.CANCEL_RETURN]

    assert move == ReturnMove(ReturnState.CANCELLED, frozenset(actors))


@pytest.mark.parametrize("state", ReturnState)
def test_the_order_of_a_return_is_for_return_until_it_ends_by_the_same_word(state: ReturnState) -> None:
    expected = State.FOR_RETURN if state in RETURNS_UNDER_WAY else State(state)

    assert a_return_that_is(state).state is expected


@pytest.mark.parametrize("state", ReturnState)
def test_nothing_that_is_done_to_other_orders_moves_a_return(state: ReturnState) -> None:
    back = a_return_that_is(state)
    happens = set()

    for command in OF_OTHER_ORDERS:
        for actor in Actor:
            if not isinstance(asking(back, command, by=actor, at=NOON), Refused):
                happens.add(command.action)
                now = after(back, command, by=actor, at=NOON)
                assert (now.state, now.return_request) == (back.state, back.return_request)
    assert happens == {
        Action.ATTACH_INVOICE,
        Action.SET_PAYMENT,
        Action.MODIFY,
        Action.FOLLOW_RETURN,
        Action.UNLINK_RETURN,
    }
