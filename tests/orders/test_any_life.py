"""Whatever anybody asks of an order and its returns, in whatever sequence, at whatever time, these things stay true."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from stoa.orders import commands as asked
from stoa.orders.commands import LineQuantity, Placement
from stoa.orders.evolving import free_to_return
from stoa.orders.lifecycle import LAST, MOVES, Action, Move
from stoa.orders.order import Actor, State
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from tests.builders import a_shop, a_tracking, a_voucher
from tests.orders.lives import THE_GOOD_WAY, Life
from tests.orders.wishes import (
    COMMANDS,
    OF_THE_ENGINE,
    placements,
    possible_requests_of,
    several_pieces,
    shops,
)

AFTER_THE_DELIVERY = (
    Action.RETURN,
    Action.RETURN_PARTIALLY,
    Action.COMPLETE,
    Action.REFUND,
    Action.SET_PAYMENT,
    Action.LINK_RETURN,
    Action.MODIFY,
)

WHOLE_OR_IN_PART = st.sampled_from([State.DELIVERED, State.PARTIALLY_DELIVERED])


class AnyLife(Life):
    """A life from a random placement; anybody asks anything."""

    @initialize(placement=placements, shop=shops, stations=st.sampled_from([0, 1, 2, 3]))
    def it_is_placed_and_goes_its_way_for_a_while(
        self, placement: Placement, shop: Shop, stations: int
    ) -> None:
        self.begin(placement, shop, stations)

    @rule(
        data=st.data(), by=st.sampled_from(Actor), action=st.sampled_from(sorted(set(Action) - OF_THE_ENGINE))
    )
    def anybody_asks_anything(self, data: st.DataObject, by: Actor, action: Action) -> None:
        self.ask(data.draw(COMMANDS[action](self.order)), by)

    @rule(data=st.data())
    def somebody_asks_what_the_table_allows(self, data: st.DataObject) -> None:
        self.ask_one_of(self.moves(), data)

    @precondition(lambda self: self.order.state not in LAST)
    @rule(data=st.data())
    def it_goes_on(self, data: st.DataObject) -> None:
        going_on = {action: move for action, move in self.moves().items() if move.to not in LAST}
        self.ask_one_of(going_on, data)

    def moves(self) -> dict[Action, Move]:
        return {
            action: move
            for (state, action), move in MOVES.items()
            if state is self.order.state and action not in OF_THE_ENGINE
        }

    def ask_one_of(self, moves: dict[Action, Move], data: st.DataObject) -> None:
        action = data.draw(st.sampled_from(sorted(moves)))
        by = data.draw(st.sampled_from(sorted(moves[action].by)))
        self.ask(data.draw(COMMANDS[action](self.order)), by)

    @precondition(lambda self: self.order.state is State.ACCEPTED)
    @rule(data=st.data())
    def the_merchant_is_at_the_parcel(self, data: st.DataObject) -> None:
        for action in (Action.ATTACH_VOUCHER, Action.MARK_READY, Action.CANCEL_VOUCHER):
            if data.draw(st.booleans()):
                self.ask(data.draw(COMMANDS[action](self.order)), Actor.MERCHANT)

    @rule()
    def the_worker_prints(self) -> None:
        if self.order.voucher_is_due:
            voucher = a_voucher(serial=self.order.next_voucher)
            printed = asked.AttachVoucher(voucher=voucher, tracking=a_tracking())
            event = self.ask(printed, Actor.MARKETPLACE)
            assert not isinstance(event, Refused), "what is due is never refused: it would stay due for ever"


class AnyReturns(Life):
    """A life from the delivery on, with returns that begin at once; what else may come back, or be given back, may too."""

    @initialize(placement=several_pieces, data=st.data(), taken=WHOLE_OR_IN_PART, requests=st.integers(1, 3))
    def it_was_delivered_and_the_customer_is_not_content(
        self, placement: Placement, data: st.DataObject, taken: State, requests: int
    ) -> None:
        self.begin(placement, a_shop(), len(THE_GOOD_WAY) - 1)
        delivery = asked.Deliver() if taken is State.DELIVERED else self.all_but_one_of_the_first()
        assert not isinstance(self.ask(delivery, Actor.COURIER), Refused)
        for _ in range(requests):
            if any(free_to_return(line) for line in self.order.lines):
                self.ask(data.draw(possible_requests_of(self.order)), Actor.CUSTOMER)

    def all_but_one_of_the_first(self) -> asked.DeliverPartially:
        first = self.order.lines[0]
        return asked.DeliverPartially(lines=(LineQuantity(first.id, first.quantity - 1),))

    @rule(data=st.data(), action=st.sampled_from(AFTER_THE_DELIVERY))
    def something_is_done_to_what_was_delivered(self, data: st.DataObject, action: Action) -> None:
        by = data.draw(st.sampled_from(Actor))
        self.ask(data.draw(COMMANDS[action](self.order)), by)


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)

TestAnyReturns = AnyReturns.TestCase
TestAnyReturns.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
