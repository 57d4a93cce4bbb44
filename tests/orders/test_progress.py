import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.commands import Command
from stoa.orders.order import Fulfilment, LinkedOrder, Order, PaymentMethod, PaymentStatus, ReturnState, State
from stoa.orders.progress import (
    STAGES,
    WAITING_FOR_COURIER,
    PaymentStep,
    Stage,
    Step,
    payment_step_of,
    stage_of,
    step_of,
)
from tests.builders import (
    DAY,
    NOON,
    a_line,
    a_return_in,
    a_tracking,
    a_voucher,
    after,
    an_order,
    an_order_in,
    both_after,
    way_back_to,
    with_a_return,
)

LABEL = asked.AttachVoucher(voucher=a_voucher(), tracking=a_tracking())
ACCEPTED = an_order_in(State.ACCEPTED)


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (State.OPEN, "awaiting"),
        (State.ACCEPTED, "confirmed"),
        (State.DISPATCHED, "shipped"),
        (State.DELIVERED, "delivered"),
        (State.PARTIALLY_DELIVERED, "delivered"),
        (State.FOR_RETURN, "shipped"),
        (State.PARTIALLY_RETURNED, "delivered"),
        (State.RETURNED, "returned"),
        (State.REJECTED, "cancelled"),
        (State.CANCELLED, "cancelled"),
        (State.EXPIRED, "cancelled"),
    ],
)
def test_every_state_has_its_stage(state: State, stage: str) -> None:
    assert stage_of(an_order_in(state)) == stage


@pytest.mark.parametrize(
    ("commands", "step"),
    [
        ((), Step.ACCEPTED),
        ((LABEL,), Step.LABELLED),
        ((asked.BeginWork(),), Step.IN_WORK),
        ((asked.BeginWork(), LABEL), Step.IN_WORK_LABELLED),
        ((LABEL, asked.BeginWork()), Step.IN_WORK_LABELLED),
        ((asked.MarkReady(),), Step.READY),
        ((LABEL, asked.MarkReady()), Step.READY_LABELLED),
        ((asked.MarkReady(), LABEL), Step.READY_LABELLED),
        ((asked.BeginWork(), LABEL, asked.MarkReady()), Step.READY_LABELLED),
        ((LABEL, asked.MarkReady(), asked.MarkNotReady()), Step.LABELLED),
        ((LABEL, asked.CancelVoucher()), Step.ACCEPTED),
        ((LABEL, asked.MarkReady(), asked.CancelVoucher()), Step.ACCEPTED),
        ((asked.BeginWork(), LABEL, asked.MarkReady(), asked.CancelVoucher()), Step.IN_WORK),
        ((asked.BeginWork(), LABEL, asked.MarkReady(), asked.MarkNotReady()), Step.IN_WORK_LABELLED),
        ((asked.BeginWork(), asked.MarkReady(), asked.MarkNotReady()), Step.IN_WORK),
        ((asked.BeginWork(), LABEL, asked.PickUp()), Step.DISPATCHED),
        ((asked.PickUp(), asked.ArriveAtPickupPoint()), Step.AT_PICKUP_POINT),
        ((asked.PickUp(), asked.ArriveAtPickupPoint(), asked.Deliver()), Step.DELIVERED),
        ((asked.PickUp(), asked.ArriveAtPickupPoint(), asked.FailDelivery()), Step.DELIVERY_FAILED),
    ],
)
def test_an_accepted_order_goes_step_by_step(commands: tuple[Command, ...], step: Step) -> None:
    order = after(ACCEPTED, *commands)

    assert (step_of(order), stage_of(order)) == (step, STAGES[step])


def test_a_step_of_its_own_name_is_every_other_state() -> None:
    others = set(State) - {State.ACCEPTED, State.DISPATCHED, State.FOR_RETURN}

    assert {state: step_of(an_order_in(state)).value for state in others} == {s: s.value for s in others}


def test_work_begun_or_ready_is_in_process_with_a_voucher_or_without() -> None:
    assert {step for step, stage in STAGES.items() if stage is Stage.IN_PROCESS} == {
        Step.IN_WORK,
        Step.IN_WORK_LABELLED,
        Step.READY,
        Step.READY_LABELLED,
    }


def test_a_parcel_waits_for_the_courier_with_its_voucher_wherever_it_is_packed() -> None:
    assert set(WAITING_FOR_COURIER) == {Step.LABELLED, Step.IN_WORK_LABELLED, Step.READY_LABELLED}


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (State.DELIVERED, Step.COMPLETED),
        (State.PARTIALLY_DELIVERED, Step.PARTIALLY_COMPLETED),
    ],
)
def test_what_was_delivered_is_completed_once_it_can_no_longer_be_returned(state: State, step: Step) -> None:
    order = after(an_order_in(state), asked.Complete(), at=NOON + 14 * DAY)

    assert (step_of(order), stage_of(order)) == (step, Stage.DELIVERED)


@pytest.mark.parametrize("state", [State.DELIVERED, State.PARTIALLY_DELIVERED])
def test_a_completed_order_that_comes_back_all_the_same_is_returned(state: State) -> None:
    order = after(an_order_in(state, lines=(a_line(quantity=3),)), asked.Complete(), at=NOON + 14 * DAY)

    assert step_of(after(order, asked.Return())) is Step.RETURNED


def test_a_completed_order_of_which_a_piece_comes_back_is_partially_returned() -> None:
    order = after(an_order_in(State.DELIVERED), asked.Complete(), at=NOON + 14 * DAY)
    one_piece = (asked.LineQuantity(order.lines[0].id, 1),)

    assert step_of(after(order, asked.ReturnPartially(lines=one_piece))) is Step.PARTIALLY_RETURNED


@pytest.mark.parametrize(
    ("state", "step", "stage"),
    [
        (ReturnState.PENDING_REVIEW, Step.RETURN_IN_REVIEW, Stage.AWAITING),
        (ReturnState.RETURNING, Step.RETURN_UNDER_WAY, Stage.SHIPPED),
        (ReturnState.PENDING_PHYSICAL_REVIEW, Step.RETURN_ARRIVED, Stage.SHIPPED),
        (ReturnState.RETURNED, Step.RETURN_TAKEN_BACK, Stage.RETURNED),
        (ReturnState.REJECTED, Step.RETURN_DECLINED, Stage.CANCELLED),
        (ReturnState.CANCELLED, Step.RETURN_CALLED_OFF, Stage.CANCELLED),
        (ReturnState.EXPIRED, Step.RETURN_EXPIRED, Stage.CANCELLED),
    ],
)
def test_a_return_goes_its_way_by_steps_of_its_own(state: ReturnState, step: Step, stage: Stage) -> None:
    back = a_return_in(state)

    assert (step_of(back), stage_of(back)) == (step, stage)


WITH_THE_CUSTOMER = pytest.mark.parametrize("state", [State.DELIVERED, State.PARTIALLY_DELIVERED])


@WITH_THE_CUSTOMER
@pytest.mark.parametrize(
    "under_way", [ReturnState.PENDING_REVIEW, ReturnState.RETURNING, ReturnState.PENDING_PHYSICAL_REVIEW]
)
def test_an_order_of_which_something_is_to_come_back_is_still_with_the_customer(
    state: State, under_way: ReturnState
) -> None:
    order, _ = both_after(*with_a_return(an_order_in(state)), *way_back_to(under_way))

    assert (step_of(order), stage_of(order)) == (Step.RETURN_REQUESTED, Stage.DELIVERED)


@WITH_THE_CUSTOMER
@pytest.mark.parametrize("end", [ReturnState.REJECTED, ReturnState.CANCELLED])
def test_a_return_that_came_to_nothing_is_seen_until_the_order_is_completed(
    state: State, end: ReturnState
) -> None:
    order, _ = both_after(*with_a_return(an_order_in(state)), *way_back_to(end))
    completed = {State.DELIVERED: Step.COMPLETED, State.PARTIALLY_DELIVERED: Step.PARTIALLY_COMPLETED}

    assert (step_of(order), stage_of(order)) == (Step.RETURN_CANCELLED, Stage.DELIVERED)
    assert step_of(after(order, asked.Complete(), at=NOON + 14 * DAY)) is completed[state]


@pytest.mark.parametrize(("pieces", "step"), [(2, Step.PARTIALLY_RETURNED), (3, Step.RETURNED)])
def test_an_order_of_which_something_came_back_is_returned_by_as_much(pieces: int, step: Step) -> None:
    order = an_order_in(State.DELIVERED, lines=(a_line(quantity=3),))
    some = (asked.LineQuantity(order.lines[0].id, pieces),)

    order, _ = both_after(*with_a_return(order, lines=some), *way_back_to(ReturnState.RETURNED))

    assert step_of(order) is step


def test_a_return_that_the_merchant_wrote_down_is_no_request() -> None:
    link = asked.LinkReturn(order=LinkedOrder(id=1_000_002, placed_at=NOON))

    assert step_of(after(an_order_in(State.DELIVERED), link)) is Step.DELIVERED
    assert step_of(after(an_order_in(State.FOR_RETURN), link)) is Step.DELIVERY_FAILED


def test_every_step_has_a_stage_and_every_stage_a_step() -> None:
    assert set(STAGES) == set(Step)
    assert set(STAGES.values()) == set(Stage)


def test_an_order_that_brings_goods_back_is_returned() -> None:
    back = replace(an_order(), state=State.RETURNED)

    assert (step_of(back), stage_of(back)) == (Step.RETURNED, Stage.RETURNED)


def paid(method: PaymentMethod, status: PaymentStatus) -> Order:
    return an_order(payment_method=method, payment_status=status, fulfilment=Fulfilment.MERCHANT)


@pytest.mark.parametrize(
    ("method", "awaiting", "received"),
    [
        (PaymentMethod.CASH_ON_DELIVERY, PaymentStep.TO_COLLECT, PaymentStep.COLLECTED),
        (PaymentMethod.BANK_TRANSFER, PaymentStep.AWAITS_TRANSFER, PaymentStep.PAID_BY_TRANSFER),
        *(
            (method, PaymentStep.AWAITS_ONLINE, PaymentStep.PAID_ONLINE)
            for method in sorted(
                set(PaymentMethod) - {PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.BANK_TRANSFER}
            )
        ),
    ],
)
def test_a_payment_awaits_and_comes_in_the_way_of_its_method(
    method: PaymentMethod, awaiting: PaymentStep, received: PaymentStep
) -> None:
    assert payment_step_of(paid(method, PaymentStatus.AWAITING)) is awaiting
    assert payment_step_of(paid(method, PaymentStatus.PAID)) is received


@pytest.mark.parametrize("status", sorted(set(PaymentStatus) - {PaymentStatus.AWAITING, PaymentStatus.PAID}))
def test_every_other_payment_status_says_it_all(status: PaymentStatus) -> None:
    assert {payment_step_of(paid(method, status)) for method in PaymentMethod} == {None}
