"""How an order comes to be: from the checkout, or from what a rejection left over."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec.structs import replace

from stoa.orders.calendar import pickup_windows
from stoa.orders.commands import LineRejection, Placement
from stoa.orders.decisions import remaining_lines
from stoa.orders.money import MOST_CENTS
from stoa.orders.order import (
    AcceptOptions,
    Customer,
    Fees,
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
        state=State.RETURNED if placement.return_of else State.OPEN,
        channel=placement.channel,
        channel_ref=placement.channel_ref,
        fulfilment=placement.fulfilment,
        customer=_known(placement.customer, shop),
        address=placement.address,
        lines=_numbered(placement.lines, order_id),
        payment_method=placement.payment_method,
        payment_status=placement.payment_status or _first_payment_status(placement.payment_method),
        payment_provider=placement.payment_provider,
        payment_reference=placement.payment_reference,
        invoice=placement.invoice,
        billing=placement.billing,
        comments=placement.comments,
        notification=placement.notification,
        coupon_code=placement.coupon_code,
        currency=shop.currency,
        original_currency=placement.original_currency,
        currency_rate=placement.currency_rate,
        origin=placement.origin,
        meta=placement.meta,
        tags=placement.tags,
        notes=placement.notes,
        last_note=max((note.number for note in placement.notes), default=0),
        express=placement.express,
        gift_wrap=placement.gift_wrap,
        fees=_fees(placement, shop),
        shipping_cents=placement.shipping_cents,
        shipping_method=placement.shipping_method,
        placed_at=now,
        updated_at=now,
        expires_at=expires_at,
        dispatch_until=dispatch_until,
        courier=placement.courier or _courier_of(placement.fulfilment, shop),
        options=_options(shop, now, expires_at),
        return_of=placement.return_of,
    )
    amounts = order.total_cents + order.fees.total_cents
    return order if amounts <= MOST_CENTS else Refused(Refusal.AMOUNT_OUT_OF_RANGE, "lines")


def _fees(placement: Placement, shop: Shop) -> Fees:
    """What the checkout said; the warehouse works for nobody for nothing, unless the shop's terms say so."""
    fees = placement.fees
    if placement.fulfilment is not Fulfilment.WAREHOUSE or fees.warehouse:
        return fees
    return replace(fees, warehouse=shop.warehouse_fee_cents)


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
    known_as = opaque_id("customer", shop.id, contact or name)
    return replace(customer, id=known_as, number=customer.number or customer_number(known_as))


def customer_number(customer_id: str) -> int:
    """A number for a customer whose channel gave none: wide enough that no two of a shop share it."""
    return int.from_bytes(sha256(customer_id.encode()).digest()[:6], "big")


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
        payment_status=order.payment_status,
        payment_provider=order.payment_provider,
        payment_reference=order.payment_reference,
        fulfilment=order.fulfilment,
        channel=order.channel,
        courier=order.courier,
        express=order.express,
        gift_wrap=order.gift_wrap,
        invoice=order.invoice,
        billing=order.billing,
        fees=order.fees,
        shipping_cents=order.shipping_cents,
        shipping_method=order.shipping_method,
        comments=order.comments,
        notification=order.notification,
        coupon_code=order.coupon_code,
        original_currency=order.original_currency,
        currency_rate=order.currency_rate,
        origin=order.origin,
        meta=order.meta,
        tags=order.tags,
        notes=order.notes,
    )
    placed = place(placement, order_id=order_id, shop=shop, now=now)
    return (
        placed
        if isinstance(placed, Refused)
        else replace(placed, replaces=LinkedOrder(id=order.id, placed_at=order.placed_at))
    )
