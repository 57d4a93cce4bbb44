"""What a customer has paid for an order, and what of it is to be given back."""

from stoa.orders.order import Order, PaymentMethod, PaymentStatus, State


def paid_cents(order: Order) -> int:
    """What a paid order cost the customer: at the door only what was taken is paid for."""
    if order.collected_cents is not None:
        return order.collected_cents
    # Nothing is noted of an order that was delivered by an earlier version.
    at_the_door = order.payment_method is PaymentMethod.CASH_ON_DELIVERY and order.delivered_at is not None
    return taken_cents(order) if at_the_door else order.total_cents


def taken_cents(order: Order) -> int:
    """What the courier collects for the goods that the customer took."""
    taken = sum(line.unit_price_cents * (line.delivered_quantity or 0) for line in order.lines)
    return taken + order.shipping_cents


def left_to_refund(order: Order) -> int:
    """What of the payment the customer has not got back."""
    if order.payment_status is not PaymentStatus.PAID or order.return_of is not None:
        return 0
    return paid_cents(order) - order.refunded_cents


def refund_due(order: Order) -> int:
    """What is to be refunded since goods are back: their value, and the shipping once the customer keeps nothing."""
    if not _goods_are_back(order):
        return 0
    kept = [(line, (line.delivered_quantity or 0) - line.returned_quantity) for line in order.lines]
    goods = sum(line.unit_price_cents * pieces for line, pieces in kept)
    # A piece that cost nothing is kept all the same.
    shipping = order.shipping_cents if any(pieces for _, pieces in kept) else 0
    return max(left_to_refund(order) - goods - shipping, 0)


def _goods_are_back(order: Order) -> bool:
    """Whether the customer does not have all that was sold, and will not: what was not taken goes back, too."""
    return (
        order.state is State.RETURNED
        or order.parcel_came_back_at is not None
        or any(line.returned_quantity for line in order.lines)
        or any(line.delivered_quantity not in {None, line.quantity} for line in order.lines)
    )
