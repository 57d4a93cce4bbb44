"""The one order that all measurements use: about 2.7 kB, three lines, an invoice."""

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from stoa.operator.requests import OrderBody
from stoa.orders.order import Order
from stoa.orders.placing import place
from stoa.orders.refusals import Refused
from stoa.orders.shop import PickupLocation, Shop

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


def an_order(number: int) -> Order:
    placement = msgspec.json.decode(BODY_BYTES, type=OrderBody).placement()
    order = place(placement, order_id=number, shop=SHOP, now=datetime.now(UTC).replace(microsecond=0))
    if isinstance(order, Refused):
        raise SystemExit(order.message)
    return replace(order, channel="bench")


ORDER_BYTES = msgspec.json.encode(an_order(1))
