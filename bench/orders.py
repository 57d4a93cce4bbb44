"""The one order that all measurements use: about 2.7 kB, three lines, an invoice."""

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from stoa.dialects.merchantpro.adding import placement_of
from stoa.dialects.merchantpro.requests import NewOrderBody
from stoa.operator.requests import OrderBody
from stoa.orders.commands import Placement
from stoa.orders.events import Placed
from stoa.orders.order import Actor, Order
from stoa.orders.placing import place
from stoa.orders.refusals import Refused
from stoa.orders.shop import PickupLocation, Shop
from stoa.store.orders import Message, Save

LOCATIONS = tuple(
    PickupLocation(
        id=f"bEnchPlac{n}",
        street_name="Πανεπιστημίου",
        street_number=str(n),
        zip="10679",
        city="Αθήνα",
        region="Αττική",
    )
    for n in range(3)
)

SHOP = Shop(id=1, name="Το μαγαζί των μετρήσεων", locations=LOCATIONS)

LINES = [
    {
        "shop_uid": f"SKU-{n}",
        "name": "Καφετιέρα φίλτρου με θερμός, 12 φλιτζανιών",
        "quantity": n,
        "unit_price_cents": 3490,
        "vat_percent": 24,
        "commission_rate": 8.34,
        "ean": "5201234567899",
    }
    for n in (1, 2, 3)
]

BODY: dict[str, object] = {
    "customer": {"first_name": "Ελένη", "last_name": "Παπαδοπούλου", "email": "eleni@example.com"},
    "address": {
        "street_name": "Πατησίων",
        "street_number": "76",
        "zip": "10434",
        "city": "Αθήνα",
        "region": "Αττική",
    },
    "lines": LINES,
    "payment_method": "card",
    "fulfilment": "marketplace",
    "comments": "Παράδοση στο γραφείο, δεύτερος όροφος",
}

BODY_BYTES = msgspec.json.encode(BODY)

OF_TWO_LINES = {
    "payment_method_code": "cash_delivery",
    "shipping_amount": 15,
    "customer_email": "john.smith@example.com",
    "billing_name": "John Smith",
    "billing_phone": "0722356158",
    "shipping_country_code": "RO",
    "shipping_state": "Bucuresti",
    "shipping_city": "Bucuresti",
    "shipping_address": "str Rose Hill, nr. 45",
    "line_items": [
        {
            "product_id": 5087 + n,
            "product_sku": f"V01-{n}",
            "product_name": "Shoes Inko Nude 2",
            "product_tax_percent": 19,
            "quantity": 1,
            "unit_price_net": 91.6,
            "unit_tax_amount": 17.4,
            "unit_price_gross": 109,
        }
        for n in (1, 2)
    ],
}
"""What a client of MerchantPro's API sends."""


def a_placement() -> Placement:
    return msgspec.json.decode(BODY_BYTES, type=OrderBody).placement()


def an_order(number: int) -> Order:
    return _placed(a_placement(), number)


def an_order_of_two_lines(number: int) -> Order:
    body = msgspec.json.decode(msgspec.json.encode(OF_TWO_LINES), type=NewOrderBody)
    return _placed(placement_of(body, SHOP), number)


def _placed(placement: Placement, number: int) -> Order:
    order = place(placement, order_id=number, shop=SHOP, now=datetime.now(UTC).replace(microsecond=0))
    if isinstance(order, Refused):
        raise SystemExit(order.message)
    return replace(order, channel="bench")


def placing(order: Order) -> Save:
    """The save of a new order with a webhook as large as the one that it causes."""
    payload = b'{"event_type":"new_order","order":' + msgspec.json.encode(order) + b"}"
    event = Placed(channel=order.channel, total_cents=order.total_cents)
    messages = (Message("skroutz_orders", "new_order", payload),)
    return Save(order=order, version=0, before=None, event=event, by=Actor.CUSTOMER, messages=messages)
