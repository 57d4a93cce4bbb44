"""Request bodies that work as they stand: the documentation shows them, a test sends them."""

from datetime import UTC, datetime

# An example of a moment ahead must still lie ahead when somebody pastes it.
_NEXT_YEAR = datetime.now(UTC).year + 1

ORDER = {
    "customer": {
        "first_name": "Ελένη",
        "last_name": "Παπαδοπούλου",
        "email": "eleni@example.com",
        "mobile": "6970000000",
    },
    "address": {
        "street_name": "Πατησίων",
        "street_number": "76",
        "zip": "10434",
        "city": "Αθήνα",
        "region": "Αττική",
        "country_code": "GR",
    },
    "lines": [
        {
            "shop_uid": "SKU-1",
            "name": "Καφετιέρα φίλτρου",
            "quantity": 2,
            "unit_price_cents": 3490,
            "vat_percent": 24,
            "commission_rate": 8.34,
        },
        {
            "shop_uid": "SKU-2",
            "name": "Φίλτρα καφέ, 100 τεμάχια",
            "quantity": 3,
            "unit_price_cents": 250,
            "vat_percent": 24,
            "commission_rate": 8.34,
        },
    ],
    "payment_method": "card",
    "fulfilment": "marketplace",
}

SHOP = {
    "name": "Το μαγαζί της γωνίας",
    "pickup_locations": [
        {
            "street_name": "Ερμού",
            "street_number": "12",
            "zip": "10563",
            "city": "Αθήνα",
            "region": "Αττική",
        }
    ],
}

TERMS = {
    "set_as_ready_required": False,
    "most_parcels": 5,
    "language": "el",
    "company": {
        "name": "Το Παλαιοπωλείο ΙΚΕ",
        "vat_number": "EL123456789",
        "registration_number": "123456701000",
        "address": "Πανεπιστημίου 2",
        "zip": "10679",
        "city": "Αθήνα",
    },
    "invoice_series": "ΤΠ",
}

LOCATIONS = {"pickup_locations": SHOP["pickup_locations"]}

WEBHOOK = {"url": "https://shop.example.com/webhooks/orders", "dialect": "skroutz", "about": "orders"}

WEBHOOK_SWITCH = {"enabled": False, "dialect": "skroutz", "about": "orders"}

CREDENTIALS = {"dialect": "skroutz"}

CANCEL = {"by": "customer", "reason": "Άλλαξα γνώμη"}

EXTEND = {
    "expires_at": f"{_NEXT_YEAR}-12-30T18:00:00+02:00",
    "dispatch_until": f"{_NEXT_YEAR}-12-31T18:00:00+02:00",
}

RESCHEDULE = {"from": f"{_NEXT_YEAR}-12-30T10:00:00+02:00", "to": f"{_NEXT_YEAR}-12-30T12:00:00+02:00"}

PARTIAL = {"lines": [{"id": 1, "quantity": 1}]}

PRODUCT = {"shop_uid": "SKU-1", "name": "Καφετιέρα φίλτρου", "ean": "5201234567890"}

PRODUCT_CHANGES = {"active": False}

STOCK_TAKE = {"quantity": 12, "reason": "Απογραφή"}

RECEIPT = {"lines": [{"shop_uid": "SKU-1", "actual_quantity": 9}]}

REFUND = {"cents": 500}

RETURN = {
    "lines": [{"id": 1, "quantity": 1}],
    "reason": "faulty",
    "comment": "Δεν ανάβει",
    "photos": ["https://photos.example.com/1.jpg"],
}

REVIEW = {"option": "not_faulty", "comment": "Ανάβει αφού πατηθεί ο διακόπτης"}

TRACK = {"tracking_ids": ["9WDEE48L66D7Y"], "courier": "acs"}

TAKE_BACK = {"restock": False}

SEND_BACK = {"reason": "Λείπει το καλώδιο"}

CANCEL_RETURN = {"by": "customer", "reason": "Θα το κρατήσω"}
