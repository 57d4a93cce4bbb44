"""Values to test with. Each builder takes what matters to the test by its field's name and makes up the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity, Placement
from stoa.orders.decisions import decide
from stoa.orders.events import Event, ReturnRequested
from stoa.orders.evolving import evolve
from stoa.orders.lifecycle import MOVES, OF_A_RETURN, RETURN_MOVES
from stoa.orders.order import (
    Actor,
    Address,
    BillingAddress,
    Customer,
    Fulfilment,
    InvoiceDetails,
    Line,
    Order,
    PaymentMethod,
    ReturnReason,
    ReturnState,
    ReviewOption,
    State,
    Tracking,
    UploadedInvoice,
    Voucher,
)
from stoa.orders.placing import place
from stoa.orders.refusals import Refused
from stoa.orders.returning import news_for_source, requested_return, review
from stoa.orders.shop import PickupLocation, Shop

ATHENS = ZoneInfo("Europe/Athens")
NOON = datetime(2026, 3, 3, 12, tzinfo=ATHENS).astimezone(UTC)
"""When orders are placed unless a test says otherwise: an ordinary Tuesday in Athens, before the cut-off."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def in_athens(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment told by the clocks of Athens, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=ATHENS).astimezone(UTC)


def a_line(**what_matters: Any) -> Line:
    made_up: dict[str, Any] = {
        "id": "",
        "shop_uid": "405753",
        "name": "Καφετιέρα 12 φλιτζανιών",
        "quantity": 2,
        "unit_price_cents": 1799,
        "vat_rate": 2400,
        "commission_rate": 834,
    }
    return Line(**(made_up | what_matters))


def a_customer(**what_matters: Any) -> Customer:
    made_up: dict[str, Any] = {
        "id": "",
        "first_name": "Ελένη",
        "last_name": "Παπαδάκη",
        "email": "eleni@example.com",
    }
    return Customer(**(made_up | what_matters))


def an_address(**what_matters: Any) -> Address:
    made_up: dict[str, Any] = {
        "street_name": "Πανεπιστημίου",
        "street_number": "4",
        "zip": "12345",
        "city": "Αθήνα",
        "region": "Αττική",
    }
    return Address(**(made_up | what_matters))


def an_invoice(**what_matters: Any) -> InvoiceDetails:
    """Whom to invoice, a company at home that pays VAT."""
    made_up: dict[str, Any] = {
        "company": "ACME",
        "profession": "Υπηρεσίες διαδικτύου",
        "vat_number": "111119191",
        "doy": "ΙΒ Αθηνών",
        "address": BillingAddress(
            street_name="Σταδίου", street_number="1", zip="12345", city="Αθήνα", region="Αττική"
        ),
    }
    return InvoiceDetails(**(made_up | what_matters))


def a_location(**what_matters: Any) -> PickupLocation:
    made_up: dict[str, Any] = {
        "id": "YlpD0KROym",
        "street_name": "Πανεπιστημίου",
        "street_number": "2",
        "zip": "12345",
        "city": "Αθήνα",
        "region": "Αττική",
    }
    return PickupLocation(**(made_up | what_matters))


def a_shop(**what_matters: Any) -> Shop:
    """A shop with one pickup location; its couriers come on working days in three windows."""
    made_up: dict[str, Any] = {"id": 17, "name": "Το Παλαιοπωλείο", "locations": (a_location(),)}
    return Shop(**(made_up | what_matters))


def a_placement(**what_matters: Any) -> Placement:
    """One line of two pieces at 17.99, paid by card, carried by the marketplace's courier."""
    made_up: dict[str, Any] = {
        "customer": a_customer(),
        "address": an_address(),
        "lines": (a_line(),),
        "payment_method": PaymentMethod.CARD,
        "fulfilment": Fulfilment.MARKETPLACE,
        "channel": "skroutz",
    }
    return Placement(**(made_up | what_matters))


def a_voucher(**what_matters: Any) -> Voucher:
    made_up: dict[str, Any] = {"serial": 1, "blob": "vouchers/17/1000001/1.pdf", "created_at": NOON}
    return Voucher(**(made_up | what_matters))


def a_tracking(**what_matters: Any) -> Tracking:
    return Tracking(**({"courier": "last_mile", "code": "7712345678"} | what_matters))


def an_uploaded_invoice(**what_matters: Any) -> UploadedInvoice:
    made_up: dict[str, Any] = {
        "serial": 1,
        "blob": "invoices/17/1000001/1.pdf",
        "media_type": "application/pdf",
        "uploaded_at": NOON,
    }
    return UploadedInvoice(**(made_up | what_matters))


def placed(order: Order | Refused) -> Order:
    """The order, where placing it was to succeed."""
    assert isinstance(order, Order), order
    return order


def an_order(
    *, order_id: int = 1_000_001, shop: Shop | None = None, placed_at: datetime = NOON, **what_matters: Any
) -> Order:
    """An open order as ``place`` makes it. Fields that a placement does not have are set on the placed order."""
    of_placement = {name: what_matters[name] for name in Placement.__struct_fields__ if name in what_matters}
    of_order = {name: value for name, value in what_matters.items() if name not in of_placement}
    placement = a_placement(**of_placement)
    return replace(
        placed(place(placement, order_id=order_id, shop=shop or a_shop(), now=placed_at)), **of_order
    )


def asking(
    order: Order,
    command: Command,
    *,
    by: Actor | None = None,
    at: datetime | None = None,
    shop: Shop | None = None,
) -> Event | Refused:
    """What ``decide`` says. Asked, where nothing else is said, at the moment of the order's last change by
    somebody who may: the courier, who carries the parcel, or the merchant before others."""
    actor = by or somebody_who_may(order, command)
    return decide(order, command, shop=shop or a_shop(), by=actor, now=at or order.updated_at)


def somebody_who_may(order: Order, command: Command) -> Actor:
    request = order.return_request
    if request is not None and command.action in OF_A_RETURN:
        may = RETURN_MOVES[request.state, command.action].by
    else:
        may = MOVES[order.state, command.action].by
    return next((actor for actor in (Actor.COURIER, Actor.MERCHANT) if actor in may), min(may))


def after(
    order: Order,
    *commands: Command,
    by: Actor | None = None,
    at: datetime | None = None,
    shop: Shop | None = None,
) -> Order:
    """The order after commands that were to succeed, asked as in ``asking``."""
    for command in commands:
        event = asking(order, command, by=by, at=at, shop=shop)
        assert not isinstance(event, Refused), event
        order = evolve(order, event, by=by or somebody_who_may(order, command), at=at or order.updated_at)
    return order


def an_order_in(state: State, **what_matters: Any) -> Order:
    """An order that came into the state by the shortest way; needs a line of at least two pieces."""
    order = an_order(**what_matters)
    if state is State.EXPIRED:
        return after(order, asked.Expire(), at=order.expires_at)
    return after(order, *way_to(state, order))


def way_to(state: State, order: Order) -> tuple[Command, ...]:
    """The shortest way to a state from an open order, but to the one that only time leads to."""
    one_piece = (LineQuantity(order.lines[0].id, 1),)
    to_dispatched = (asked.Accept(), asked.PickUp())
    to_delivered = (*to_dispatched, asked.Deliver())
    ways: dict[State, tuple[Command, ...]] = {
        State.OPEN: (),
        State.ACCEPTED: (asked.Accept(),),
        State.REJECTED: (asked.Reject(other="Το κατάστημά μας είναι κλειστό"),),
        State.CANCELLED: (asked.Cancel(),),
        State.DISPATCHED: to_dispatched,
        State.DELIVERED: to_delivered,
        State.PARTIALLY_DELIVERED: (*to_dispatched, asked.DeliverPartially(lines=one_piece)),
        State.FOR_RETURN: (*to_dispatched, asked.FailDelivery()),
        State.PARTIALLY_RETURNED: (*to_delivered, asked.ReturnPartially(lines=one_piece)),
        State.RETURNED: (*to_delivered, asked.Return()),
    }
    return ways[state]


APPROVE = review(ReviewOption.APPROVE, comment=None, proposed_part_url=None)


def a_request(order: Order, **what_matters: Any) -> asked.RequestReturn:
    """The customer thinks better of one piece of the first line."""
    made_up: dict[str, Any] = {
        "lines": (LineQuantity(order.lines[0].id, 1),),
        "reason": ReturnReason.WITHDRAWAL,
        "number": 2_000_001,
    }
    return asked.RequestReturn(**(made_up | what_matters))


def with_a_return(
    source: Order, *, at: datetime | None = None, shop: Shop | None = None, **what_matters: Any
) -> tuple[Order, Order]:
    """The order once its customer asked to return something, and that return. What matters is the request's."""
    request = a_request(source, **what_matters)
    event = asking(source, request, at=at, shop=shop)
    assert isinstance(event, ReturnRequested), event
    source = after(source, request, at=at, shop=shop)
    return source, requested_return(source, event)


def both_after(
    source: Order,
    back: Order,
    *commands: Command,
    by: Actor | None = None,
    at: datetime | None = None,
    shop: Shop | None = None,
) -> tuple[Order, Order]:
    """The order and its return after commands to the return that were to succeed: the order follows what it hears."""
    for command in commands:
        actor = by or somebody_who_may(back, command)
        event = asking(back, command, by=actor, at=at, shop=shop)
        assert not isinstance(event, Refused), event
        before, back = back, evolve(back, event, by=actor, at=at or back.updated_at)
        news = news_for_source(before, back, event)
        source = after(source, news, by=actor, at=at, shop=shop) if news else source
    return source, back


def a_return(source: Order | None = None, **what_matters: Any) -> Order:
    """A return that waits for the merchant's answer."""
    return with_a_return(source or an_order_in(State.DELIVERED), **what_matters)[1]


def a_return_in(state: ReturnState, source: Order | None = None, **what_matters: Any) -> Order:
    """A return that came into the state by a way that is open to every reason."""
    back = a_return(source, **what_matters)
    if state is ReturnState.EXPIRED:
        return after(back, asked.ExpireReturn(), at=back.expires_at)
    return after(back, *way_back_to(state))


def way_back_to(state: ReturnState) -> tuple[Command, ...]:
    """The way to a state from a request, but to the one that only time leads to."""
    ways: dict[ReturnState, tuple[Command, ...]] = {
        ReturnState.PENDING_REVIEW: (),
        ReturnState.RETURNING: (APPROVE,),
        ReturnState.PENDING_PHYSICAL_REVIEW: (APPROVE, asked.ArriveBack()),
        ReturnState.RETURNED: (APPROVE, asked.ArriveBack(), asked.TakeBack()),
        ReturnState.REJECTED: (APPROVE, asked.ArriveBack(), asked.SendBack()),
        ReturnState.CANCELLED: (asked.CancelReturn(),),
    }
    return ways[state]
