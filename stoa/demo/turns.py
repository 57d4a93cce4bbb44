"""What may happen to an order of the demo's past, one turn after the other: all the ways that lead to a step."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity, LineRejection, RequestReturn
from stoa.orders.order import Actor, Order, PaymentStatus, RejectionReason, ReturnState, ReviewOption
from stoa.orders.progress import Step
from stoa.orders.returning import OFFERED, review
from stoa.simulator.reasons import ANSWERS, FAULTS_FOUND, KEEPS_IT, Complaint


class Turn(Struct, frozen=True):
    """What somebody asks of an order, from and to so many hours after what happened before."""

    ask: Callable[[Order], Command]
    by: Actor = Actor.MERCHANT
    hours: tuple[float, float] = (0.3, 6)


def saying(command: Command, *, by: Actor = Actor.MERCHANT, hours: tuple[float, float] = (0.3, 6)) -> Turn:
    """A turn whose command is the same for every order."""
    return Turn(lambda _: command, by, hours)


def cancelling(reason: str | None) -> Turn:
    return saying(asked.Cancel(reason=reason), by=Actor.CUSTOMER)


def paid(status: PaymentStatus, hours: tuple[float, float]) -> Turn:
    return saying(asked.SetPayment(status=status), hours=hours)


def rejecting_first_line(reason: RejectionReason) -> Turn:
    return Turn(lambda order: asked.Reject(lines=(LineRejection(order.lines[0].id, reason),)))


def limiting(available: int) -> Turn:
    """The rejection of an order, of whose first product there are only so many pieces."""
    return Turn(partial(_limit, available))


def _limit(available: int, order: Order) -> Command:
    rejection = LineRejection(order.lines[0].id, RejectionReason.LIMITED_STOCK, available)
    return asked.Reject(lines=(rejection,))


def _settle(order: Order) -> Command:
    """What was paid goes back; what was not need not be paid any more."""
    was_paid = order.payment_status is PaymentStatus.PAID
    return asked.SetPayment(status=PaymentStatus.REFUNDED if was_paid else PaymentStatus.CANCELLED)


def _one_piece(order: Order) -> tuple[LineQuantity, ...]:
    return (LineQuantity(order.lines[0].id, 1),)


def _all_pieces(order: Order) -> tuple[LineQuantity, ...]:
    return tuple(LineQuantity(line.id, line.quantity) for line in order.lines)


SETTLE = Turn(_settle, hours=(0.1, 0.9))
EXPIRE = saying(asked.Expire(), by=Actor.CLOCK, hours=(24, 24))
ACCEPT_BY_ITSELF = saying(asked.Accept(), by=Actor.MARKETPLACE, hours=(0.001, 0.002))
ISSUE_INVOICE = saying(asked.IssueInvoice(), hours=(0.1, 0.9))
BEGIN_WORK = saying(asked.BeginWork(), hours=(0.3, 5))
MARK_READY = saying(asked.MarkReady(), hours=(1, 6))
ARRIVE = saying(asked.ArriveAtPickupPoint(), by=Actor.COURIER, hours=(18, 40))
FAIL = saying(asked.FailDelivery(), by=Actor.COURIER, hours=(18, 40))
DELIVER = saying(asked.Deliver(), by=Actor.COURIER, hours=(18, 40))
DELIVER_ONE = Turn(lambda order: asked.DeliverPartially(lines=_one_piece(order)), Actor.COURIER, (18, 40))
RETURN_ONE = Turn(lambda order: asked.ReturnPartially(lines=_one_piece(order)), Actor.COURIER, (48, 96))
RETURN = saying(asked.Return(), by=Actor.COURIER, hours=(48, 96))
COMPLETE = saying(asked.Complete(), by=Actor.CLOCK, hours=(14 * 24, 14 * 24))

WITHOUT_ACCEPTANCE: Mapping[Step, Sequence[Turn]] = {Step.OPEN: (), Step.EXPIRED: (EXPIRE, SETTLE)}

BEFORE_DISPATCH: Mapping[Step, Sequence[Turn]] = {
    Step.ACCEPTED: (),
    Step.LABELLED: (),
    Step.IN_WORK: (BEGIN_WORK,),
    Step.IN_WORK_LABELLED: (BEGIN_WORK,),
    Step.READY: (MARK_READY,),
    Step.READY_LABELLED: (MARK_READY,),
}
"""What leads from the acceptance to each of these."""

AFTER_DISPATCH: Mapping[Step, Sequence[Turn]] = {
    Step.DISPATCHED: (),
    Step.AT_PICKUP_POINT: (ARRIVE,),
    Step.DELIVERY_FAILED: (FAIL,),
    Step.DELIVERED: (DELIVER,),
    Step.PARTIALLY_DELIVERED: (DELIVER_ONE,),
    Step.COMPLETED: (DELIVER, COMPLETE),
    Step.PARTIALLY_COMPLETED: (DELIVER_ONE, COMPLETE),
    Step.PARTIALLY_RETURNED: (DELIVER, RETURN_ONE),
    Step.RETURNED: (DELIVER, RETURN),
}
FAILED_AND_RETURNED = (FAIL, RETURN)
"""What leads from the dispatch to each of these."""


# Returns that a customer asks for


def requesting(complaint: Complaint, *, whole: bool) -> Turn:
    """The customer wants to return all of an order, or one piece of its first product."""
    return Turn(partial(_request, complaint, _all_pieces if whole else _one_piece), Actor.CUSTOMER, (24, 72))


def _request(
    complaint: Complaint, pieces: Callable[[Order], tuple[LineQuantity, ...]], order: Order
) -> RequestReturn:
    return RequestReturn(
        lines=pieces(order), reason=complaint.reason, comment=complaint.comment, photos=complaint.photos
    )


def _answering(option: ReviewOption, comment: str | None = None) -> Turn:
    return saying(review(option, comment=comment, proposed_part_url=None), hours=(2, 30))


def declining(complaint: Complaint) -> Turn:
    """The last answer that the complaint's reason allows, which is a refusal."""
    return _answering(OFFERED[complaint.reason][-1].option, ANSWERS[0])


def tracking(code: str) -> Turn:
    return saying(asked.TrackReturn(tracking_ids=(code,)), by=Actor.COURIER, hours=(2, 20))


APPROVE = _answering(ReviewOption.APPROVE)
SEND_MISSING_PART = _answering(ReviewOption.SEND_MISSING_PART)
ARRIVE_BACK = saying(asked.ArriveBack(), by=Actor.COURIER, hours=(20, 50))
TAKE_BACK = saying(asked.TakeBack(), by=Actor.MARKETPLACE, hours=(1, 20))
SEND_BACK = saying(asked.SendBack(reason=FAULTS_FOUND[0]), by=Actor.MARKETPLACE, hours=(1, 20))
EXPIRE_RETURN = saying(asked.ExpireReturn(), by=Actor.CLOCK, hours=(72, 72))
CANCEL_RETURN = saying(asked.CancelReturn(reason=KEEPS_IT), by=Actor.CUSTOMER, hours=(2, 20))

AFTER_APPROVAL: Mapping[ReturnState, Sequence[Turn]] = {
    ReturnState.RETURNING: (),
    ReturnState.PENDING_PHYSICAL_REVIEW: (ARRIVE_BACK,),
    ReturnState.RETURNED: (ARRIVE_BACK, TAKE_BACK),
    ReturnState.REJECTED: (ARRIVE_BACK, SEND_BACK),
}
"""What leads from the courier who has the goods to each of these."""

WITHOUT_APPROVAL: Mapping[ReturnState, Sequence[Turn]] = {
    ReturnState.PENDING_REVIEW: (),
    ReturnState.EXPIRED: (EXPIRE_RETURN,),
    ReturnState.CANCELLED: (CANCEL_RETURN,),
}
"""What leads from the request to each of these."""
