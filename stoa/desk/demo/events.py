"""What couriers, customers and the marketplace may do to an order of the demo now: asked of the domain, and said by the
operator's own commands."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from stoa.desk.forms import Form
from stoa.desk.words import RETURN_REASONS
from stoa.operator import examples
from stoa.operator.actions import Action, Asked
from stoa.operator.returns import RETURN_ACTIONS, ReturnBody
from stoa.operator.routes import ACTIONS
from stoa.orders.decisions import decide
from stoa.orders.evolving import free_to_return
from stoa.orders.order import Line, Order, ReturnReason, State
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.simulator.reasons import FAULTS_FOUND, KEEPS_IT
from stoa.web.bodies import JsonReader

Body = Mapping[str, object]

MORE_TIME = timedelta(days=1)

PIECES = "pieces-"
"""What the fields begin with that say how many pieces of a line are meant; the line's id follows."""


class Event(Struct, frozen=True, kw_only=True):
    """Something to happen to an order: its button in English, and what the operator's API would be sent for it."""

    label: str
    action: Action
    body: Callable[[Form, Order, datetime], Body] = lambda *_: {}
    of_pieces: bool = False

    def asked(self, form: Form, order: Order, now: datetime) -> Asked:
        """The command and who gives it. Raises Fault."""
        raw = msgspec.json.encode(self.body(form, order, now))
        return self.action.command(JsonReader(self.action.body).read(raw), order)


class Button(Struct, frozen=True):
    """An event that may happen now: its name in addresses, and what it is called."""

    name: str
    label: str


class Card(Struct, frozen=True, kw_only=True):
    """All that may happen to an order now. ``of_pieces`` are about some pieces of its lines, ``pieces`` says how many of
    each line that may be; with ``reasons`` one of them may be a request for a return."""

    whole: Sequence[Button]
    of_pieces: Sequence[Button]
    pieces: Mapping[str, int]
    reasons: Mapping[ReturnReason, str]


def _pieces(form: Form, order: Order) -> list[Body]:
    """The lines of which any pieces are meant; what is no number is for the reader to refuse."""
    typed = {line.id: form.text(f"{PIECES}{line.id}") for line in order.lines}
    return [
        {"id": line_id, "quantity": form.number(f"{PIECES}{line_id}")}
        for line_id, text in typed.items()
        if text not in {"", "0"}
    ]


def _some(form: Form, order: Order, _: datetime) -> Body:
    return {"lines": _pieces(form, order)}


def _request(form: Form, order: Order, _: datetime) -> Body:
    return {"lines": _pieces(form, order), "reason": form.text("reason") or ReturnReason.WITHDRAWAL}


def _later(_: Form, order: Order, now: datetime) -> Body:
    return {"expires_at": max(order.expires_at, now) + MORE_TIME}


REQUEST_RETURN = Action(
    "Ask to return goods", ReturnBody, examples.RETURN, lambda body, order: body.asked(order)
)

OF_ORDERS: Mapping[str, Event] = {
    "pick_up": Event(label="The courier collects it", action=ACTIONS["pick_up"]),
    "arrive_at_pickup_point": Event(
        label="It arrives at a pickup point", action=ACTIONS["arrive_at_pickup_point"]
    ),
    "deliver": Event(label="The customer gets it", action=ACTIONS["deliver"]),
    "fail_delivery": Event(label="The delivery fails", action=ACTIONS["fail_delivery"]),
    "return": Event(label="All of it comes back", action=ACTIONS["return"]),
    "cancel": Event(
        label="The customer cancels", action=ACTIONS["cancel"], body=lambda *_: {"by": "customer"}
    ),
    "extend": Event(label="The shop gets a day more", action=ACTIONS["extend"], body=_later),
    "deliver_partially": Event(
        label="The customer takes these", action=ACTIONS["deliver_partially"], body=_some, of_pieces=True
    ),
    "return_partially": Event(
        label="These come back", action=ACTIONS["return_partially"], body=_some, of_pieces=True
    ),
    "request_return": Event(
        label="The customer wants to return these", action=REQUEST_RETURN, body=_request, of_pieces=True
    ),
}

OF_RETURNS: Mapping[str, Event] = {
    "track": Event(
        label="The courier has the goods",
        action=RETURN_ACTIONS["track"],
        body=lambda _form, order, _now: {"tracking_ids": [f"RET{order.id}"]},
    ),
    "arrive": Event(label="The goods arrive", action=RETURN_ACTIONS["arrive"]),
    "take_back": Event(label="The goods are taken back", action=RETURN_ACTIONS["take_back"]),
    "send_back": Event(
        label="The goods are not accepted",
        action=RETURN_ACTIONS["send_back"],
        body=lambda *_: {"reason": FAULTS_FOUND[0]},
    ),
    "cancel": Event(
        label="The customer calls it off",
        action=RETURN_ACTIONS["cancel"],
        body=lambda *_: {"by": "customer", "reason": KEEPS_IT},
    ),
}


def events_of(order: Order) -> Mapping[str, Event]:
    """All that could ever happen to the order; a return that a customer asked for has a life of its own."""
    return OF_ORDERS if order.return_request is None else OF_RETURNS


def card_of(order: Order, shop: Shop, now: datetime) -> Card:
    """What would not be refused now."""
    possible = {name: event for name, event in events_of(order).items() if _may(event, order, shop, now)}
    of_pieces = [Button(name, event.label) for name, event in possible.items() if event.of_pieces]
    return Card(
        whole=[Button(name, event.label) for name, event in possible.items() if not event.of_pieces],
        of_pieces=of_pieces,
        pieces={line.id: _left(line, order) for line in order.lines} if of_pieces else {},
        reasons=RETURN_REASONS if "request_return" in possible else {},
    )


def _may(event: Event, order: Order, shop: Shop, now: datetime) -> bool:
    asked_of_pieces = _one_piece(order)
    if event.of_pieces and not asked_of_pieces.fields:
        return False
    command, by = event.asked(asked_of_pieces, order, now)
    return not isinstance(decide(order, command, shop=shop, by=by, now=now), Refused)


def _one_piece(order: Order) -> Form:
    """A form that names one piece; none where no line has one left."""
    left = next((line for line in order.lines if _left(line, order) > 0), None)
    return Form({f"{PIECES}{left.id}": ["1"]} if left else {})


def _left(line: Line, order: Order) -> int:
    """The pieces of which something can still be said: all that are on their way, or that are in no return."""
    return line.quantity if order.state is State.DISPATCHED else free_to_return(line)
