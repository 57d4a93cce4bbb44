"""The life of an order and its returns, as the engine leads it, and what stays true in it whatever happens."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stoa.orders import commands as asked
from stoa.orders import events as happened
from stoa.orders.commands import Command, Placement
from stoa.orders.decisions import decide
from stoa.orders.evolving import evolve, free_to_return, left_to_return
from stoa.orders.invoicing import invoice_of
from stoa.orders.lifecycle import MOVES, OF_A_RETURN, RETURN_MOVES, Action
from stoa.orders.money import vat_within
from stoa.orders.order import (
    CAME_TO_NOTHING,
    RETURNS_UNDER_WAY,
    Actor,
    Fulfilment,
    Line,
    LinkedOrder,
    Order,
    PaymentStatus,
    ReturnState,
    ReviewOption,
    State,
)
from stoa.orders.placing import place, place_what_is_left
from stoa.orders.progress import STAGES, Stage, Step, stage_of, step_of
from stoa.orders.refunding import paid_cents, refund_due
from stoa.orders.refusals import Refused
from stoa.orders.returning import (
    linked_return,
    news_for_source,
    offered_options,
    quantities_of,
    requested_return,
)
from stoa.orders.shop import Shop
from stoa.orders.stock import StockChange, stock_changes
from stoa.orders.timers import due_command, next_look
from tests.builders import APPROVE, DAY, HOUR, MINUTE, NOON, a_tracking, placed
from tests.orders.wishes import COMMANDS, FOLLOW_UP, INVOICE, OF_THE_ENGINE, STORNO, possible_requests_of


def comes_back_from_json_as_it_was(value: Order | happened.Event) -> bool:
    again: object = msgspec.json.decode(msgspec.json.encode(value), type=type(value))
    return again == value


WAITING_FOR_THE_CLOCK = frozenset(
    {
        Step.OPEN,
        Step.DELIVERED,
        Step.PARTIALLY_DELIVERED,
        Step.RETURN_CANCELLED,
        Step.RETURN_IN_REVIEW,
    }
)


THE_GOOD_WAY: tuple[tuple[Command, Actor], ...] = (
    (asked.Accept(), Actor.MARKETPLACE),
    (asked.PickUp(), Actor.COURIER),
    (asked.Deliver(), Actor.COURIER),
)


SELDOM = st.sampled_from([False, False, False, True])


class Life(RuleBasedStateMachine):
    """An order and its returns. Whoever leads this life says how it begins, and what is asked of the order."""

    order: Order
    shop: Shop
    now: datetime
    returns: dict[int, Order]
    stock: Counter[tuple[int, str]]
    came_back_unsold: Counter[str]
    given: int

    def begin(self, placement: Placement, shop: Shop, stations: int) -> None:
        """The order is placed, and goes so many stations of the good way."""
        self.now, self.shop = NOON, shop
        self.order = placed(place(placement, order_id=1_000_001, shop=shop, now=NOON))
        self.returns, self.came_back_unsold, self.given = {}, Counter(), 0
        self.stock = summed(stock_changes(None, self.order))
        for command, by in THE_GOOD_WAY[:stations]:
            assert not isinstance(self.ask(command, by), Refused)

    @rule(passing=st.sampled_from([timedelta(seconds=21), 40 * MINUTE, 5 * HOUR, 10 * DAY]))
    def time_passes(self, passing: timedelta) -> None:
        self.now += passing

    @precondition(lambda self: any(free_to_return(line) for line in self.order.lines))
    @rule(data=st.data(), by=st.sampled_from([Actor.CUSTOMER, Actor.MARKETPLACE]))
    def the_customer_wants_to_return_something(self, data: st.DataObject, by: Actor) -> None:
        self.ask(data.draw(possible_requests_of(self.order)), by)

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), by=st.sampled_from(Actor), action=st.sampled_from(sorted(OF_A_RETURN)))
    def anybody_asks_anything_of_a_return(self, data: st.DataObject, by: Actor, action: Action) -> None:
        back = self.a_return(data)
        self.ask_return(back, data.draw(COMMANDS[action](back)), by)

    @precondition(lambda self: self.returns)
    @rule(data=st.data())
    def somebody_asks_what_the_table_of_returns_allows(self, data: st.DataObject) -> None:
        back = self.a_return(data)
        moves = {action: move for (state, action), move in RETURN_MOVES.items() if state is state_of(back)}
        if moves:
            action = data.draw(st.sampled_from(sorted(moves)))
            by = data.draw(st.sampled_from(sorted(moves[action].by)))
            self.ask_return(back, data.draw(COMMANDS[action](back)), by)

    @precondition(lambda self: self.order.return_is_under_way)
    @rule(data=st.data(), by=st.sampled_from([Actor.MERCHANT, Actor.MARKETPLACE]))
    def a_return_goes_the_good_way(self, data: st.DataObject, by: Actor) -> None:
        for command in (APPROVE, asked.ArriveBack(), data.draw(COMMANDS[Action.TAKE_BACK](self.order))):
            for back in tuple(self.returns.values()):
                self.ask_return(
                    back, command, Actor.MARKETPLACE if command.action is Action.ARRIVE_BACK else by
                )

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), code=st.sampled_from("12"))
    def the_merchant_writes_a_number_on_a_return(self, data: st.DataObject, code: str) -> None:
        written = asked.Modify(changes={"trackings": (a_tracking(code=code),)})

        assert not isinstance(self.ask_return(self.a_return(data), written, Actor.MERCHANT), Refused)

    @precondition(lambda self: self.returns)
    @rule(data=st.data())
    def the_merchant_deletes_a_return(self, data: st.DataObject) -> None:
        gone = self.returns.pop(self.a_return(data).id)
        unlink = asked.UnlinkReturn(number=gone.id, lines=quantities_of(gone))

        assert not isinstance(self.ask(unlink, Actor.MERCHANT), Refused), "an order hears whatever there is"

    def a_return(self, data: st.DataObject) -> Order:
        return self.returns[data.draw(st.sampled_from(sorted(self.returns)))]

    @rule(waiting=SELDOM)
    def the_clock_looks(self, *, waiting: bool) -> None:
        look = next_look(self.order)
        self.now = max(self.now, look) if waiting and look else self.now
        due = due_command(self.order, self.now)
        if due:
            event = self.ask(*due)
            assert not isinstance(event, Refused), "what is due is never refused: it would stay due for ever"

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), waiting=SELDOM)
    def the_clock_looks_at_a_return(self, data: st.DataObject, *, waiting: bool) -> None:
        back = self.a_return(data)
        look = next_look(back)
        self.now = max(self.now, look) if waiting and look else self.now
        due = due_command(back, self.now)
        if due:
            event = self.ask_return(back, *due)
            assert not isinstance(event, Refused), "what is due is never refused: it would stay due for ever"

    def ask(self, command: Command, by: Actor) -> happened.Event | Refused:
        before = self.order
        event = self.decided(before, command, by)
        if not isinstance(event, Refused):
            self.order = self.evolved(before, event, by)
            self.stock.update(summed(stock_changes(before, self.order)))
            self.it_moved_by_the_table(before, command, event, by)
            if isinstance(event, happened.Rejected) and event.follow_up:
                self.what_is_left_is_less(before, event)
            if isinstance(event, happened.ReturnRequested):
                self.returns[event.order.id] = requested_return(self.order, event)
            if isinstance(event, happened.Refunded):
                self.money_is_given_back(event, by)
            self.what_follows_is_done(before, by)
        return event

    def decided(self, order: Order, command: Command, by: Actor) -> happened.Event | Refused:
        as_json = msgspec.json.encode(order)
        event = decide(order, command, shop=self.shop, by=by, now=self.now)
        assert msgspec.json.encode(order) == as_json, "deciding changes nothing"
        return event

    def evolved(self, order: Order, event: happened.Event, by: Actor) -> Order:
        # What was modified is kept for people to read.
        assert isinstance(event, happened.Modified) or comes_back_from_json_as_it_was(event)
        evolved = evolve(order, event, by=by, at=self.now)
        assert evolved.updated_at == self.now >= order.updated_at
        return evolved

    def what_follows_is_done(self, before: Order, by: Actor) -> None:
        if self.order.storno_is_due:
            cancelled = self.ask(asked.CancelInvoice(number=STORNO), by)
            assert isinstance(cancelled, happened.InvoiceCancelled), "whoever ends an order may"
        due = refund_due(self.order)
        if due > refund_due(before):
            refunded = self.ask(asked.Refund(cents=due), by)
            assert isinstance(refunded, happened.Refunded), "whoever brings goods back may"
            self.what_is_kept_is_paid()

    def ask_return(self, back: Order, command: Command, by: Actor) -> happened.Event | Refused:
        event = self.decided(back, command, by)
        if not isinstance(event, Refused):
            after = self.returns[back.id] = self.evolved(back, event, by)
            self.it_moved_by_the_table_of_returns(back, after, command, by)
            if isinstance(event, happened.ReturnTakenBack) and not event.restock:
                self.came_back_unsold.update({line.id: line.quantity for line in back.lines})
            news = news_for_source(back, after, event)
            if news:
                told = self.ask(news, by)
                assert not isinstance(told, Refused), "an order hears whatever there is"
        return event

    def it_moved_by_the_table(
        self, before: Order, command: Command, event: happened.Event, by: Actor
    ) -> None:
        # A partial return of the last pieces is the whole one.
        action = Action.RETURN if isinstance(event, happened.Returned) else command.action
        move = MOVES[before.state, action]
        by_returns = before.state is State.FOR_RETURN and action in OF_THE_ENGINE

        assert self.order.state is (where_returns_lead(self.order) if by_returns else move.to)
        assert by in move.by

    def it_moved_by_the_table_of_returns(
        self, before: Order, after: Order, command: Command, by: Actor
    ) -> None:
        if command.action in OF_A_RETURN:
            move = RETURN_MOVES[state_of(before), command.action]
            assert state_of(after) is move.to
            assert by in move.by
        else:
            assert (after.state, after.return_request) == (before.state, before.return_request)
        assert after.state is (
            State.FOR_RETURN if state_of(after) in RETURNS_UNDER_WAY else State(state_of(after))
        )
        assert after.lines == before.lines

    def money_is_given_back(self, event: happened.Refunded, by: Actor) -> None:
        order = self.order
        self.given += event.cents

        assert event.cents > 0
        assert order.refunded_cents == self.given <= paid_cents(order)
        assert (order.payment_status is PaymentStatus.REFUNDED) == (self.given == paid_cents(order))
        if by is not Actor.MARKETPLACE:
            self.what_is_kept_is_paid()

    def what_is_kept_is_paid(self) -> None:
        assert paid_cents(self.order) - self.given >= worth_of_what_is_kept(self.order)

    def what_is_left_is_less(self, rejected: Order, event: happened.Rejected) -> None:
        left = placed(
            place_what_is_left(rejected, event.lines, order_id=FOLLOW_UP, shop=self.shop, now=self.now)
        )

        assert 0 < pieces_of(left) < pieces_of(rejected)
        assert self.order.replacements == (LinkedOrder(id=left.id, placed_at=left.placed_at),)

    @invariant()
    def totals_add_up(self) -> None:
        order = self.order

        assert order.items_cents == sum(line.unit_price_cents * line.quantity for line in order.lines)
        assert order.total_cents == order.items_cents + order.shipping_cents
        assert order.commission_cents == sum(line.commission_cents for line in order.lines)
        assert order.vat_cents == sum(vat_of(line) for line in order.lines)
        assert 0 <= order.vat_cents <= order.items_cents
        assert 0 <= order.commission_cents <= order.items_cents

    @invariant()
    def never_more_comes_back_than_was_delivered_nor_is_more_delivered_than_ordered(self) -> None:
        for line in self.order.lines:
            assert min(line.returned_quantity, line.returning_quantity) >= 0
            coming_back = line.returned_quantity + line.returning_quantity
            assert coming_back <= (line.delivered_quantity or 0) <= line.quantity
            assert (line.return_reason is None) or coming_back
            assert line.return_reason or not line.returning_quantity

    @invariant()
    def what_is_coming_back_is_in_its_returns(self) -> None:
        under_way, over = Counter[str](), Counter[str]()
        for back in self.returns.values():
            pieces = {line.id: line.quantity for line in back.lines}
            under_way.update(pieces if state_of(back) in RETURNS_UNDER_WAY else {})
            over.update(pieces if state_of(back) is ReturnState.RETURNED else {})

        for line in self.order.lines:
            assert line.returning_quantity == under_way[line.id]
            assert line.returned_quantity >= over[line.id]

    @invariant()
    def it_knows_its_returns(self) -> None:
        assert self.order.requested_returns == tuple(map(linked_return, self.returns.values()))

    @invariant()
    def what_was_delivered_is_for_return_while_a_return_is_under_way_and_else_what_came_back_says(
        self,
    ) -> None:
        if self.order.delivered_at is not None:
            assert self.order.state is where_returns_lead(self.order)
        else:
            assert not self.returns

    @invariant()
    def a_return_has_been_answered_and_knows_its_way_once_it_is_on_it(self) -> None:
        for back in self.returns.values():
            request = back.return_request
            assert request is not None
            assert bool(offered_options(back)) == (request.state is ReturnState.PENDING_REVIEW)
            assert (request.closed_at is None) == (request.state in RETURNS_UNDER_WAY)
            on_its_way = request.state in {
                ReturnState.RETURNING,
                ReturnState.PENDING_PHYSICAL_REVIEW,
                ReturnState.RETURNED,
            }
            assert not on_its_way or (request.address and back.courier)
            assert (request.address is None) == (
                request.review is None or request.review.option != ReviewOption.APPROVE
            )

    @invariant()
    def nothing_is_due_to_the_customer_that_was_not_given_back(self) -> None:
        order = self.order
        ended = order.state is State.RETURNED or order.parcel_came_back_at or order.delivered_at
        lacks = any(left_to_return(line) < line.quantity for line in order.lines)

        assert refund_due(order) == 0
        if order.payment_status is PaymentStatus.PAID and ended and lacks:
            assert paid_cents(order) - self.given <= worth_of_what_is_kept(order)

    @invariant()
    def the_stock_is_what_the_order_made_of_it(self) -> None:
        order, changes = self.order, stock_changes(None, self.order)
        reserved = [pieces for (_, kind), pieces in self.stock.items() if kind == RESERVED]
        lying = [pieces for (_, kind), pieces in self.stock.items() if kind == QUANTITY]

        assert +self.stock == +summed(changes)
        assert -self.stock == -summed(changes)
        assert min(reserved, default=0) >= 0
        assert max(lying, default=0) <= 0, "what was never sent does not come back"
        assert order.state in {State.OPEN, State.ACCEPTED} or not any(reserved)

    @invariant()
    def what_came_back_lies_in_the_warehouse_unless_it_is_not_sold_again(self) -> None:
        for line in self.order.lines:
            assert line.restocked_quantity == self.pieces_to_sell_again(line)
            assert 0 <= line.restocked_quantity <= line.quantity

    def pieces_to_sell_again(self, line: Line) -> int:
        order = self.order
        if line.stock_id is None or order.dispatched_at is None:
            return 0
        if line.delivered_quantity is None:
            came_back = order.state is State.RETURNED or order.parcel_came_back_at is not None
            return line.quantity if came_back else 0
        not_taken = line.quantity - line.delivered_quantity
        return not_taken + line.returned_quantity - self.came_back_unsold[line.id]

    @invariant()
    def the_warehouse_puts_a_note_to_what_it_sends(self) -> None:
        order = self.order
        sent = order.fulfilment is Fulfilment.WAREHOUSE and order.dispatched_at is not None

        assert (order.delivery_note is not None) == sent

    @invariant()
    def it_comes_back_from_json_as_it_was(self) -> None:
        for order in (self.order, *self.returns.values()):
            assert comes_back_from_json_as_it_was(order)

    @invariant()
    def the_clock_knows_when_to_look(self) -> None:
        for order in (self.order, *self.returns.values()):
            look = next_look(order)
            assert look is None or look.tzinfo is UTC
            if step_of(order) in WAITING_FOR_THE_CLOCK:
                assert look is not None
                assert (due_command(order, self.now) is not None) == (look <= self.now)
            elif not order.voucher_is_due:
                assert look is None
                assert due_command(order, self.now) is None

    @invariant()
    def what_happened_fits_the_state(self) -> None:
        order = self.order

        assert (order.rejection is not None) == (order.state is State.REJECTED)
        assert (order.cancelled_by is not None) == (order.state is State.CANCELLED)
        if order.state in {State.OPEN, State.REJECTED, State.EXPIRED}:
            assert order.acceptance is None
            assert order.dispatched_at is None
        elif order.state is not State.CANCELLED:
            assert order.acceptance is not None
            assert (order.dispatched_at is None) == (order.state is State.ACCEPTED)

    @invariant()
    def only_what_was_delivered_is_completed_and_not_too_soon(self) -> None:
        order = self.order

        assert (order.delivered_at is None) == (order.returnable_until is None)
        if order.completed_at is not None:
            assert order.returnable_until is not None
            assert order.completed_at >= order.returnable_until

    @invariant()
    def a_voucher_is_the_next_after_those_that_were_cancelled(self) -> None:
        order = self.order

        if order.voucher is not None:
            assert order.voucher.serial == order.cancelled_vouchers + 1
            assert order.fulfilment is Fulfilment.MARKETPLACE
            assert order.trackings == (a_tracking(),)
            assert order.acceptance is not None
            assert 1 <= order.acceptance.parcels <= order.options.most_parcels

    @invariant()
    def every_file_has_a_serial_of_its_own_and_the_newest_is_the_last(self) -> None:
        serials = [file.serial for file in self.order.invoice_files]

        assert serials == sorted(set(serials))

    @invariant()
    def no_invoice_stands_for_what_came_to_nothing(self) -> None:
        assert not self.order.storno_is_due

    @invariant()
    def an_invoice_would_be_over_what_the_customer_pays(self) -> None:
        paper = invoice_of(self.order, self.shop, number=INVOICE, order_code="", now=self.now)

        assert paper.gross_cents == self.order.total_cents
        assert paper.vat_cents == self.order.vat_cents + self.order.shipping_vat_cents

    @invariant()
    def it_has_its_step_and_stage(self) -> None:
        for order in (self.order, *self.returns.values()):
            stage, waits_for_an_answer = stage_of(order), step_of(order) is Step.RETURN_IN_REVIEW
            assert stage is STAGES[step_of(order)]
            assert (stage is Stage.CANCELLED) == (order.state in CAME_TO_NOTHING)
            assert (stage is Stage.AWAITING) == (order.state is State.OPEN or waits_for_an_answer)
            assert not waits_for_an_answer or state_of(order) is ReturnState.PENDING_REVIEW

    @invariant()
    def every_offered_window_has_an_id_of_its_own(self) -> None:
        ids = [window.id for window in self.order.options.windows]

        assert 0 not in ids
        assert ids == sorted(set(ids))


def state_of(back: Order) -> ReturnState:
    assert back.return_request is not None
    return back.return_request.state


def where_returns_lead(order: Order) -> State:
    """The state of an order that was delivered."""
    if order.return_is_under_way:
        return State.FOR_RETURN
    delivered = sum(line.delivered_quantity or 0 for line in order.lines)
    returned = sum(line.returned_quantity for line in order.lines)
    if returned:
        return State.RETURNED if returned == delivered else State.PARTIALLY_RETURNED
    return State.DELIVERED if delivered == pieces_of(order) else State.PARTIALLY_DELIVERED


def worth_of_what_is_kept(order: Order) -> int:
    """What the customer pays for who has these pieces, and had them brought."""
    kept = [(line, left_to_return(line)) for line in order.lines]
    goods = sum(line.unit_price_cents * pieces for line, pieces in kept)
    return goods + (order.shipping_cents if any(pieces for _, pieces in kept) else 0)


QUANTITY, RESERVED = "quantity", "reserved"


def summed(changes: Iterable[StockChange]) -> Counter[tuple[int, str]]:
    """Pieces by product, those that lie there and those that are kept."""
    pieces = Counter[tuple[int, str]]()
    for change in changes:
        pieces[change.product_id, QUANTITY] += change.quantity
        pieces[change.product_id, RESERVED] += change.reserved
    return pieces


def pieces_of(order: Order) -> int:
    return sum(line.quantity for line in order.lines)


def vat_of(line: Line) -> int:
    if not line.price_includes_vat or line.agreed_vat_cents == 0:
        return 0
    return vat_within(line.unit_price_cents, line.vat_rate) * line.quantity
