"""How an order comes to be: from the checkout, or from what a rejection left over."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from stoa.orders.calendar import pickup_windows
from stoa.orders.commands import LineRejection, Placement
from stoa.orders.decisions import remaining_lines
from stoa.orders.money import MOST_CENTS
from stoa.orders.order import (
    AcceptOptions,
    Customer,
    Fulfilment,
    Line,
    LinkedOrder,
    Order,
    PaymentMethod,
    PaymentStatus,
    State,
    opaque_id,
)
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop


def place(placement: Placement, *, order_id: int, shop: Shop, now: datetime) -> Order | Refused:
    """The open order. Deadlines that the checkout did not set are the shop's; options are fixed here."""
    expires_at, dispatch_until = _deadlines(placement, shop, now)
    if expires_at <= now:
        return Refused(Refusal.DEADLINE_NOT_LATER, "expires_at")
    if dispatch_until < expires_at:
        return Refused(Refusal.DISPATCH_BEFORE_DEADLINE, "dispatch_until")
    order = Order(
        id=order_id,
        shop_id=shop.id,
        state=State.OPEN,
        channel=placement.channel,
        channel_ref=placement.channel_ref,
        fulfilment=placement.fulfilment,
        customer=_known(placement.customer, shop),
        address=placement.address,
        lines=_numbered(placement.lines, order_id),
        payment_method=placement.payment_method,
        payment_status=_first_payment_status(placement.payment_method),
        invoice=placement.invoice,
        comments=placement.comments,
        express=placement.express,
        gift_wrap=placement.gift_wrap,
        fees=placement.fees,
        shipping_cents=placement.shipping_cents,
        placed_at=now,
        updated_at=now,
        expires_at=expires_at,
        dispatch_until=dispatch_until,
        courier=placement.courier or _courier_of(placement.fulfilment, shop),
        options=_options(shop, now, expires_at),
    )
    amounts = order.total_cents + order.fees.total_cents
    return order if amounts <= MOST_CENTS else Refused(Refusal.AMOUNT_OUT_OF_RANGE, "lines")


def _deadlines(placement: Placement, shop: Shop, now: datetime) -> tuple[datetime, datetime]:
    expires_at = placement.expires_at or now + timedelta(hours=shop.acceptance_hours)
    dispatch_until = placement.dispatch_until or max(expires_at, now + timedelta(hours=shop.dispatch_hours))
    return expires_at.astimezone(UTC), dispatch_until.astimezone(UTC)


def _options(shop: Shop, now: datetime, expires_at: datetime) -> AcceptOptions:
    windows = pickup_windows(shop, now, until=expires_at)
    return AcceptOptions(
        locations=shop.locations,
        windows=windows,
        last_window_id=len(windows),
        most_parcels=shop.most_parcels,
    )


def _known(customer: Customer, shop: Shop) -> Customer:
    """The same person keeps the same id in a shop, found again by e-mail or telephone."""
    contact = (customer.email or "").casefold() or customer.mobile or customer.phone
    name = (customer.first_name, customer.last_name)
    return replace(customer, id=opaque_id("customer", shop.id, contact or name))


def _numbered(lines: tuple[Line, ...], order_id: int) -> tuple[Line, ...]:
    return tuple(replace(line, id=opaque_id("line", order_id, n)) for n, line in enumerate(lines, start=1))


def _first_payment_status(method: PaymentMethod) -> PaymentStatus:
    return PaymentStatus.AWAITING if method is PaymentMethod.CASH_ON_DELIVERY else PaymentStatus.PAID


def _courier_of(fulfilment: Fulfilment, shop: Shop) -> str | None:
    by_the_marketplace = fulfilment in {Fulfilment.MARKETPLACE, Fulfilment.WAREHOUSE}
    return shop.courier if by_the_marketplace else None


def place_what_is_left(
    order: Order, rejections: tuple[LineRejection, ...], *, order_id: int, shop: Shop, now: datetime
) -> Order | Refused:
    """The follow-up order after a rejection with limited pieces, its deadlines and options made afresh."""
    placement = Placement(
        customer=order.customer,
        address=order.address,
        lines=remaining_lines(order, rejections),
        payment_method=order.payment_method,
        fulfilment=order.fulfilment,
        channel=order.channel,
        courier=order.courier,
        express=order.express,
        gift_wrap=order.gift_wrap,
        invoice=order.invoice,
        fees=order.fees,
        shipping_cents=order.shipping_cents,
        comments=order.comments,
    )
    placed = place(placement, order_id=order_id, shop=shop, now=now)
    return (
        placed
        if isinstance(placed, Refused)
        else replace(placed, replaces=LinkedOrder(id=order.id, placed_at=order.placed_at))
    )
