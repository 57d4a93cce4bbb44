"""From the body of a new order to its placing (MerchantPro Orders API, add an order)."""

from typing import Any

from stoa.dialects.merchantpro.requests import (
    NewOrderBody,
    changes_of,
    check_currency,
    parts_of,
    payment_status_of,
    stage_of,
)
from stoa.dialects.merchantpro.updating import note_tracking
from stoa.orders.billing import invoice_details
from stoa.orders.commands import Accept, Command, Placement
from stoa.orders.order import (
    Address,
    Billing,
    Customer,
    Fulfilment,
    Line,
    Note,
    Origin,
    PaymentMethod,
    PaymentStatus,
    names_in,
)
from stoa.orders.progress import Stage
from stoa.orders.shop import Shop
from stoa.web.faults import invalid

OWN_CHANNEL = "shop"
"""The channel of orders that the shop takes itself."""

Part = dict[str, Any]


def placement_of(body: NewOrderBody, shop: Shop) -> Placement:
    """The order to place, shipped by the merchant itself; its tags have no numbers yet. Raises Fault."""
    check_currency(body, shop)
    parts = parts_of(changes_of(body))
    whole, billing, address = parts[""], parts["billing"], _address(parts["address"], parts["billing"])
    customer = _customer(parts["customer"], billing, address)
    lines = tuple(line.value(f"line_items[{n}]") for n, line in enumerate(body.line_items))
    _check_total(body, lines, whole.get("shipping_cents", 0))
    billed = _billing(billing, address, customer, shop)
    whole.setdefault("payment_method", PaymentMethod.CASH_ON_DELIVERY)
    return Placement(
        customer=customer,
        address=_delivery(address, customer, shop),
        billing=billed,
        invoice=invoice_details(billed),
        lines=lines,
        payment_status=payment_status_of(body) or PaymentStatus.AWAITING,
        fulfilment=Fulfilment.MERCHANT,
        channel=OWN_CHANNEL,
        origin=Origin(**parts["origin"]),
        notes=_notes(body),
        **whole,
    )


def _address(address: Part, billing: Part) -> Part:
    """What was not said of the delivery is as it is for the bill."""
    as_billed = {
        "street_name": billing.get("address") or "",
        "zip": billing.get("zip") or "",
        "city": billing.get("city") or "",
        "region": billing.get("region") or "",
        "country_code": billing.get("country_code") or "",
    }
    return as_billed | address


def _customer(customer: Part, billing: Part, address: Part) -> Customer:
    name = billing.get("name") or address.get("recipient") or billing.get("company_name")
    if not name:
        raise invalid("billing_name", "Say whom the order is for.")
    first_name, last_name = names_in(name)
    phone = billing.get("phone") or address.get("phone")
    return Customer(id="", phone=phone, first_name=first_name, last_name=last_name, **customer)


def _delivery(address: Part, customer: Customer, shop: Shop) -> Address:
    recipient, phone = address.get("recipient"), address.get("phone")
    return Address(
        **address
        | {
            "country_code": address["country_code"] or _home(shop),
            "recipient": None if recipient == customer.name else recipient,
            "phone": None if phone == customer.phone else phone,
        }
    )


def _home(shop: Shop) -> str:
    return shop.company.country_code if shop.company else "GR"


def _billing(billing: Part, address: Part, customer: Customer, shop: Shop) -> Billing:
    as_delivered: Part = {
        "name": customer.name,
        "country_code": address["country_code"] or _home(shop),
        "region": address["region"] or None,
        "city": address["city"] or None,
    }
    return Billing(**as_delivered | {name: value for name, value in billing.items() if value is not None})


def _notes(body: NewOrderBody) -> tuple[Note, ...]:
    given = body.internal_notes or ()
    return tuple(Note(number=n, text=note.text) for n, note in enumerate(given, start=1))


def _check_total(body: NewOrderBody, lines: tuple[Line, ...], shipping_cents: int) -> None:
    total = sum(line.total_cents for line in lines) + shipping_cents
    if body.total_amount is not None and abs(round(body.total_amount * 100) - total) > len(lines):
        raise invalid("total_amount", f"The lines and the shipping add up to {total / 100:.2f}.")


FIRST_STATUSES = {None: (), Stage.AWAITING: (), Stage.CONFIRMED: (Accept(voucher=False),)}
"""What is done at once to an order that is added with a shipping status."""

STATUSES_OF_A_RETURN = frozenset({None, Stage.AWAITING, Stage.RETURNED})
"""Goods that come back have come back, whichever of these is said."""


def at_once(body: NewOrderBody) -> list[Command]:
    """What the merchant asks of the order in the moment that it is placed. Raises Fault."""
    stage = stage_of(body)
    if body.return_source_id:
        if stage not in STATUSES_OF_A_RETURN:
            raise invalid("shipping_status", "A return is awaiting or returned.")
        return []
    if stage not in FIRST_STATUSES:
        raise invalid("shipping_status", "A new order is awaiting or confirmed.")
    return [*FIRST_STATUSES[stage], *_tracking(body)]


def _tracking(body: NewOrderBody) -> list[Command]:
    codes = body.shipping_awb if isinstance(body.shipping_awb, str) else ""
    noting = note_tracking(codes, changes_of(body).get("shipping_method"))
    if noting is not None and stage_of(body) is not Stage.CONFIRMED:
        raise invalid("shipping_awb", "An order has a tracking number once it is confirmed.")
    return [noting] if noting else []
