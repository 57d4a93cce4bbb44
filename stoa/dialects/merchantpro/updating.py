"""From what a client wants of an order to what the engine does (MerchantPro Orders API, modification, processing)."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import UnsetType

from stoa.dialects.merchantpro.requests import (
    NoteBody,
    OrderBody,
    changes_of,
    payment_status_of,
    stage_of,
)
from stoa.engine import Plan
from stoa.languages import translate
from stoa.orders.carriers import CARRIERS
from stoa.orders.commands import (
    Accept,
    BeginWork,
    Cancel,
    Command,
    Deliver,
    IssueInvoice,
    Modify,
    NoteTracking,
    PickUp,
    Reject,
    Return,
    SetPayment,
)
from stoa.orders.evolving import value_at
from stoa.orders.order import CAME_TO_NOTHING, Fulfilment, Note, Order, PaymentStatus, State, Tag, Tracking
from stoa.orders.progress import Stage
from stoa.orders.progress import stage_of as stage_of_order
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.web.faults import invalid

NOTES_OF_AN_ORDER = 1000
"""A note's id is its order's number times this, and its own number."""

NO_CARRIER = ""
"""The carrier of a tracking code that came without one."""

Commands = Sequence[Command]

_ACCEPT = Accept(voucher=False)


def move_to(stage: Stage, shop: Shop) -> Plan:
    """Lead an order to a stage; at the stage where it is already, nothing happens."""

    def plan(order: Order) -> Commands | Refused:
        if stage_of_order(order) is stage:
            return ()
        return _refused_of_return(order) or _WAYS[stage](order, shop)

    return plan


def _refused_of_return(order: Order) -> Refused | None:
    """A return that a customer asked for is led by its review and by who brings it, by none of the calls here."""
    request = order.return_request
    return Refused(Refusal.RETURN_WRONG_STATE, state=request.state) if request else None


def _refused(order: Order) -> Refused:
    return Refused(Refusal.WRONG_STATE, state=order.state)


def _accept_first(order: Order, *then: Command) -> Commands:
    return (_ACCEPT, *then) if order.state is State.OPEN else then


def _return(order: Order, _shop: Shop) -> Commands | Refused:
    never_left = order.state in CAME_TO_NOTHING | {State.OPEN, State.ACCEPTED}
    return _refused(order) if never_left else (Return(),)


def _cancel(order: Order, shop: Shop) -> Commands | Refused:
    if order.state is State.OPEN:
        return (Reject(other=translate("Cancelled by the shop", shop.language)),)
    return (Cancel(),)


_WAYS: Mapping[Stage, Callable[[Order, Shop], Commands | Refused]] = {
    Stage.AWAITING: lambda order, _: _refused(order),
    Stage.CONFIRMED: lambda *_: (_ACCEPT,),
    Stage.IN_PROCESS: lambda order, _: _accept_first(order, BeginWork()),
    Stage.SHIPPED: lambda order, _: _accept_first(order, PickUp()),
    Stage.DELIVERED: lambda *_: (Deliver(),),
    Stage.RETURNED: _return,
    Stage.CANCELLED: _cancel,
}
"""What leads to each stage, from where it can be reached."""


def _invoice(order: Order) -> Commands:
    invoice = order.issued_invoice
    return () if invoice and invoice.storno is None else (IssueInvoice(),)


HANDLERS: Mapping[str, Callable[[Shop], Plan]] = {
    **{
        stage.value: partial(move_to, stage)
        for stage in (Stage.IN_PROCESS, Stage.SHIPPED, Stage.DELIVERED, Stage.RETURNED, Stage.CANCELLED)
    },
    "create_invoice": lambda _: _invoice,
}
"""What an order can be asked to do, by the last part of the address."""


def changing(
    body: OrderBody, shop: Shop, tags: Sequence[Tag] | None, show: Callable[[Order], Mapping[str, object]]
) -> Plan:
    """Do what a PATCH asks for. ``tags`` are those that the body names, None where it names none. Raises Fault."""
    stage, payment = stage_of(body), payment_status_of(body)

    def plan(order: Order) -> Commands | Refused:
        moves = move_to(stage, shop)(order) if stage else ()
        if isinstance(moves, Refused):
            return moves
        # Who sends back a whole order changes nothing, also where it shows what stands in for a missing value.
        changes = changes_of(body, show(order))
        named = {} if tags is None else {"tags": tuple(tags)}
        modify = _modify(order, changes | named | _notes(order, body))
        # A parcel has its number before it leaves; what is said of the payment holds after the courier collected it.
        accepted = [command for command in moves if isinstance(command, Accept)]
        moved = [command for command in moves if not isinstance(command, Accept)]
        tracking = _tracking(order, body, changes, accepted)
        return [*accepted, *tracking, *moved, *_paying(order, payment, moved), *modify]

    return plan


def _modify(order: Order, changes: Mapping[str, object]) -> Commands:
    new = {name: value for name, value in changes.items() if value_at(order, name) != value}
    return [Modify(changes=new)] if new else []


def _paying(order: Order, payment: PaymentStatus | None, moved: Commands) -> Commands:
    collected = any(isinstance(command, Deliver) for command in moved)
    wanted = payment is not None and (collected or payment is not order.payment_status)
    return [SetPayment(status=payment)] if payment is not None and wanted else []


def _tracking(order: Order, body: OrderBody, changes: Mapping[str, object], accepted: Commands) -> Commands:
    if isinstance(body.shipping_awb, UnsetType):
        return ()
    present = ",".join(tracking.code for tracking in order.trackings)
    if (body.shipping_awb or "") == present:
        return ()
    method = changes.get("shipping_method") or order.shipping_method or order.courier
    noting = note_tracking(body.shipping_awb or "", method)
    if noting is not None and not accepted and order.state not in {State.ACCEPTED, State.DISPATCHED}:
        raise invalid("shipping_awb", _refused(order).message)
    return (noting or _without_tracking(order),)


def _without_tracking(order: Order) -> Modify:
    if order.fulfilment is not Fulfilment.MERCHANT or order.return_request is not None:
        raise invalid("shipping_awb", "The parcel's number is the marketplace's courier's.")
    return Modify(changes={"trackings": ()})


def note_tracking(codes: str, method: object) -> NoteTracking | None:
    """Note tracking codes, separated by commas; None where there are none."""
    carrier = str(method) if method in CARRIERS else NO_CARRIER
    trackings = tuple(
        Tracking(courier=carrier, code=code.strip()) for code in codes.split(",") if code.strip()
    )
    return NoteTracking(trackings=trackings) if trackings else None


def _notes(order: Order, body: OrderBody) -> dict[str, object]:
    """The order's notes as the body has them: those with an id stay, the others are new. Raises Fault."""
    if isinstance(body.internal_notes, UnsetType):
        return {}
    last, notes = order.last_note, []
    for place, note in enumerate(body.internal_notes or ()):
        number = _known_number(order, note, place)
        last += number is None
        notes.append(Note(number=number or last, text=note.text))
    return {"notes": tuple(notes), "last_note": last}


def _known_number(order: Order, note: NoteBody, place: int) -> int | None:
    if note.id is None:
        return None
    number = note.id - order.id * NOTES_OF_AN_ORDER
    if number not in {known.number for known in order.notes}:
        raise invalid(f"internal_notes[{place}].id", "The order has no such note.")
    return number
