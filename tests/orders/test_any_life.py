"""Whatever anybody asks of an order, in whatever sequence, at whatever time, these things stay true."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stoa.orders import commands as asked
from stoa.orders import events as happened
from stoa.orders.commands import Command, LineQuantity, LineRejection, Placement
from stoa.orders.decisions import decide
from stoa.orders.evolving import evolve
from stoa.orders.invoicing import invoice_of
from stoa.orders.lifecycle import LAST, MOVES, Action, Move
from stoa.orders.money import vat_within
from stoa.orders.order import (
    CAME_TO_NOTHING,
    Actor,
    Fees,
    Fulfilment,
    Line,
    LinkedOrder,
    Order,
    PaymentMethod,
    PaymentStatus,
    RejectionReason,
    State,
)
from stoa.orders.placing import place, place_what_is_left
from stoa.orders.progress import STAGES, Stage, Step, stage_of, step_of
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.orders.timers import due_command, next_look
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_line,
    a_placement,
    a_shop,
    a_tracking,
    a_voucher,
    an_invoice,
    an_uploaded_invoice,
    placed,
)

FOLLOW_UP = 1_000_002
INVOICE, STORNO = 17, 18

modifications = st.fixed_dictionaries(
    {},
    optional={
        "comments": st.text(max_size=5),
        "shipping_cents": st.integers(0, 1000),
        "address.city": st.text(max_size=5),
        "billing.is_company": st.booleans(),
        "billing.company_vat": st.sampled_from(["RO1", None]),
    },
)

lines = st.builds(
    a_line,
    quantity=st.integers(1, 4),
    unit_price_cents=st.integers(0, 100_000),
    vat_rate=st.sampled_from([0, 400, 1300, 1900, 2400]),
    commission_rate=st.integers(0, 2000),
    price_includes_vat=st.booleans(),
    agreed_vat_cents=st.none() | st.just(0),
)

placements = st.builds(
    a_placement,
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
    payment_method=st.sampled_from(PaymentMethod),
    # Half of the orders take the way that has the most stations.
    fulfilment=st.just(Fulfilment.MARKETPLACE) | st.sampled_from(Fulfilment),
    express=st.booleans(),
    invoice=st.none() | st.just(an_invoice()),
    fees=st.builds(Fees, handling=st.integers(0, 500)),
    shipping_cents=st.integers(0, 1000),
)

shops = st.builds(
    a_shop,
    zone=st.sampled_from(["Europe/Athens", "Europe/Lisbon", "Pacific/Auckland"]),
    most_parcels=st.integers(1, 3),
    set_as_ready_required=st.booleans(),
    return_days=st.sampled_from([0, 14]),
)

moments = st.integers(-2 * 24 * 60, 9 * 24 * 60).map(lambda minutes: NOON + minutes * MINUTE)


def ids_of(order: Order) -> st.SearchStrategy[str]:
    return st.sampled_from([line.id for line in order.lines])


def quantities_of(order: Order) -> st.SearchStrategy[tuple[LineQuantity, ...]]:
    one = st.builds(LineQuantity, line_id=ids_of(order), quantity=st.integers(0, 3))
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda line: line.line_id).map(tuple)


def rejections_of(order: Order) -> st.SearchStrategy[asked.Reject]:
    one = st.builds(
        LineRejection,
        line_id=ids_of(order),
        reason=st.sampled_from(RejectionReason),
        available_quantity=st.none() | st.integers(0, 4),
    )
    return st.builds(
        asked.Reject,
        lines=st.lists(one, max_size=3).map(tuple),
        other=st.none() | st.just("Κλειστό"),
        follow_up=st.just(FOLLOW_UP),
    )


def vouchers_of(order: Order) -> st.SearchStrategy[asked.AttachVoucher]:
    serials = st.just(order.next_voucher) | st.integers(1, 3)
    return st.builds(
        asked.AttachVoucher,
        voucher=serials.map(lambda serial: a_voucher(serial=serial, blob=f"{serial}.pdf")),
        tracking=st.just(a_tracking()),
        parcels=st.none() | st.integers(0, 4),
    )


def just(command: Command) -> Callable[[Order], st.SearchStrategy[Command]]:
    return lambda _: st.just(command)


COMMANDS: dict[Action, Callable[[Order], st.SearchStrategy[Command]]] = {
    Action.ACCEPT: lambda _: st.builds(
        asked.Accept,
        window_id=st.none() | st.integers(1, 12),
        parcels=st.integers(0, 3),
        voucher=st.booleans(),
    ),
    Action.REJECT: rejections_of,
    Action.EXPIRE: just(asked.Expire()),
    Action.EXTEND: lambda _: st.builds(asked.Extend, expires_at=moments, dispatch_until=st.none() | moments),
    Action.CANCEL: just(asked.Cancel(reason="Άλλαξα γνώμη")),
    Action.RESCHEDULE: lambda _: st.builds(asked.Reschedule, opens=moments, closes=moments),
    Action.ATTACH_VOUCHER: vouchers_of,
    Action.CANCEL_VOUCHER: just(asked.CancelVoucher()),
    Action.COLLECT_VOUCHER: just(asked.CollectVoucher()),
    Action.MARK_READY: just(asked.MarkReady()),
    Action.MARK_NOT_READY: just(asked.MarkNotReady()),
    Action.NOTE_TRACKING: just(asked.NoteTracking(trackings=(a_tracking(courier="acs"),))),
    Action.PICK_UP: just(asked.PickUp()),
    Action.ARRIVE_AT_PICKUP_POINT: just(asked.ArriveAtPickupPoint()),
    Action.DELIVER: just(asked.Deliver()),
    Action.DELIVER_PARTIALLY: lambda order: st.builds(asked.DeliverPartially, lines=quantities_of(order)),
    Action.FAIL_DELIVERY: just(asked.FailDelivery()),
    Action.RETURN_PARTIALLY: lambda order: st.builds(asked.ReturnPartially, lines=quantities_of(order)),
    Action.RETURN: just(asked.Return()),
    Action.COMPLETE: just(asked.Complete()),
    Action.ATTACH_INVOICE: lambda _: st.builds(
        asked.AttachInvoice, invoice=st.just(an_uploaded_invoice()), replacing=st.booleans()
    ),
    Action.REMOVE_INVOICE: lambda order: st.builds(
        asked.RemoveInvoice, serial=st.sampled_from([0, *(file.serial for file in order.invoice_files)])
    ),
    Action.BEGIN_WORK: just(asked.BeginWork()),
    Action.ISSUE_INVOICE: just(asked.IssueInvoice(number=INVOICE)),
    Action.CANCEL_INVOICE: just(asked.CancelInvoice(number=STORNO)),
    Action.SET_PAYMENT: lambda _: st.builds(asked.SetPayment, status=st.sampled_from(PaymentStatus)),
    Action.LINK_RETURN: just(asked.LinkReturn(order=LinkedOrder(id=FOLLOW_UP, placed_at=NOON))),
    Action.MODIFY: lambda _: st.builds(asked.Modify, changes=modifications),
}
"""Commands of each action, with sense and without."""


def comes_back_from_json_as_it_was(value: Order | happened.Event) -> bool:
    again: object = msgspec.json.decode(msgspec.json.encode(value), type=type(value))
    return again == value


WAITING_FOR_THE_CLOCK = frozenset({Step.OPEN, Step.DELIVERED, Step.PARTIALLY_DELIVERED})

THE_GOOD_WAY: tuple[tuple[Command, Actor], ...] = (
    (asked.Accept(), Actor.MARKETPLACE),
    (asked.PickUp(), Actor.COURIER),
    (asked.Deliver(), Actor.COURIER),
)


class AnyLife(RuleBasedStateMachine):
    """An order from a random placement; anybody asks anything of it, and time goes on."""

    order: Order
    shop: Shop
    now: datetime

    @initialize(placement=placements, shop=shops, stations=st.integers(0, 3))
    def it_is_placed_and_goes_its_way_for_a_while(
        self, placement: Placement, shop: Shop, stations: int
    ) -> None:
        self.now, self.shop = NOON, shop
        self.order = placed(place(placement, order_id=1_000_001, shop=shop, now=NOON))
        for command, by in THE_GOOD_WAY[:stations]:
            assert not isinstance(self.ask(command, by), Refused)

    @rule(passing=st.sampled_from([timedelta(seconds=21), 40 * MINUTE, 5 * HOUR, 10 * DAY]))
    def time_passes(self, passing: timedelta) -> None:
        self.now += passing

    @rule(data=st.data(), by=st.sampled_from(Actor), action=st.sampled_from(Action))
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
        return {action: move for (state, action), move in MOVES.items() if state is self.order.state}

    def ask_one_of(self, moves: dict[Action, Move], data: st.DataObject) -> None:
        action = data.draw(st.sampled_from(sorted(moves)))
        by = data.draw(st.sampled_from(sorted(moves[action].by)))
        self.ask(data.draw(COMMANDS[action](self.order)), by)

    @rule(waiting=st.booleans())
    def the_clock_looks(self, *, waiting: bool) -> None:
        look = next_look(self.order)
        self.now = max(self.now, look) if waiting and look else self.now
        due = due_command(self.order, self.now)
        if due:
            event = self.ask(*due)
            assert not isinstance(event, Refused), "what is due is never refused: it would stay due for ever"

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

    def ask(self, command: Command, by: Actor) -> happened.Event | Refused:
        before, as_json = self.order, msgspec.json.encode(self.order)
        event = decide(before, command, shop=self.shop, by=by, now=self.now)
        assert msgspec.json.encode(before) == as_json, "deciding changes nothing"
        if not isinstance(event, Refused):
            self.order = evolve(before, event, by=by, at=self.now)
            self.it_moved_by_the_table(before.state, command, event, by)
            assert comes_back_from_json_as_it_was(event)
            assert self.order.updated_at == self.now >= before.updated_at
            if isinstance(event, happened.Rejected) and event.follow_up:
                self.what_is_left_is_less(before, event)
            if self.order.storno_is_due:
                cancelled = self.ask(asked.CancelInvoice(number=STORNO), by)
                assert isinstance(cancelled, happened.InvoiceCancelled), "whoever ends an order may"
        return event

    def it_moved_by_the_table(
        self, before: State, command: Command, event: happened.Event, by: Actor
    ) -> None:
        # A partial return of the last pieces is the whole one.
        action = Action.RETURN if isinstance(event, happened.Returned) else command.action
        move = MOVES[before, action]

        assert self.order.state is move.to
        assert by in move.by

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
    def never_more_is_returned_than_delivered_nor_delivered_than_ordered(self) -> None:
        for line in self.order.lines:
            assert 0 <= line.returned_quantity <= (line.delivered_quantity or 0) <= line.quantity

    @invariant()
    def it_comes_back_from_json_as_it_was(self) -> None:
        assert comes_back_from_json_as_it_was(self.order)

    @invariant()
    def the_clock_knows_when_to_look(self) -> None:
        look = next_look(self.order)

        assert look is None or look.tzinfo is UTC
        if step_of(self.order) in WAITING_FOR_THE_CLOCK:
            assert look is not None
            assert (due_command(self.order, self.now) is not None) == (look <= self.now)
        elif not self.order.voucher_is_due:
            assert look is None
            assert due_command(self.order, self.now) is None

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
        order, step = self.order, step_of(self.order)

        assert stage_of(order) is STAGES[step]
        assert (stage_of(order) is Stage.CANCELLED) == (order.state in CAME_TO_NOTHING)
        assert (stage_of(order) is Stage.AWAITING) == (order.state is State.OPEN)

    @invariant()
    def every_offered_window_has_an_id_of_its_own(self) -> None:
        ids = [window.id for window in self.order.options.windows]

        assert 0 not in ids
        assert ids == sorted(set(ids))


def pieces_of(order: Order) -> int:
    return sum(line.quantity for line in order.lines)


def vat_of(line: Line) -> int:
    if not line.price_includes_vat or line.agreed_vat_cents == 0:
        return 0
    return vat_within(line.unit_price_cents, line.vat_rate) * line.quantity


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
