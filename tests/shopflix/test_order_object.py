"""The order object, field by field (Shopflix Merchant API, retrieve a single order)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import json

from stoa.dialects.shopflix.view import entry_view, order_view
from stoa.dialects.shopflix.words import STATES
from stoa.documents.links import Links
from stoa.orders import commands as asked
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import (
    BillingAddress,
    Fulfilment,
    Order,
    PaymentMethod,
    Size,
    State,
    VariantOption,
)
from stoa.orders.progress import Step
from stoa.orders.shop import Shop
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_customer,
    a_line,
    a_shop,
    a_tracking,
    a_voucher,
    after,
    an_address,
    an_invoice,
    an_order,
    an_order_in,
    an_uploaded_invoice,
)
from tests.dialects.returns import OF_ORDERS
from tests.shopflix.counter import ACCEPT, LABEL, Json, an_order_at

SHOP = a_shop()
LINKS = Links("https://stoa.test", "a secret key that only the tests have")

FIELDS = """
id state countryCode hasInvoice subTotalItemsAmount totalItemsAmount createdAt updatedAt expiresAt dispatchUntil
customer addressDetails invoiceDetails carrier payment lineItems invoices
"""
OF_THE_CARRIER = """
shipmentId name deliveryName deliveryKey trackingCodes comments
deliveryToCourierEstimationDate deliveryToCustomerEstimationDate
"""
OF_A_LINE = """
id sku merchantEan merchantSku productName unitPrice originalUnitPrice totalPrice quantity sfArticle39Valid
giftWrap extendedAttributes
"""


def view(order: Order, shop: Shop = SHOP) -> Json:
    """The order as a client reads it."""
    read: Json = json.decode(json.encode(order_view(order, shop, LINKS)))
    return read


def the(shown: Json, *names: str) -> tuple[Any, ...]:
    return tuple(shown[name] for name in names)


def the_line(**what_matters: Any) -> Json:
    (line,) = view(an_order(lines=(a_line(**what_matters),)))["lineItems"]
    read: Json = line
    return read


STATE_OF = {
    Step.OPEN: "registered",
    Step.ACCEPTED: "in-processing",
    Step.IN_WORK: "in-processing",
    Step.READY: "in-processing",
    Step.LABELLED: "ready-for-shipment",
    Step.IN_WORK_LABELLED: "ready-for-shipment",
    Step.READY_LABELLED: "ready-for-shipment",
    Step.DISPATCHED: "picked-by-courier",
    Step.AT_PICKUP_POINT: "delivered-to-clever-point",
    Step.DELIVERED: "delivered-to-customer",
    Step.PARTIALLY_DELIVERED: "delivered-to-customer",
    Step.PARTIALLY_RETURNED: "delivered-to-customer",
    Step.COMPLETED: "completed",
    Step.PARTIALLY_COMPLETED: "completed",
    Step.DELIVERY_FAILED: "delivery-failed",
    Step.RETURN_REQUESTED: "return-requested",
    Step.RETURN_CANCELLED: "return-canceled",
    Step.RETURNED: "returned",
    Step.REJECTED: "rejected-by-merchant",
    Step.CANCELLED: "canceled",
    Step.EXPIRED: "canceled",
}


@pytest.mark.parametrize("step", OF_ORDERS)
def test_an_order_has_all_fields_in_their_order_and_its_state_at_every_step(step: Step) -> None:
    order = an_order_at(step, invoice=an_invoice())

    shown = view(order)

    assert list(shown) == FIELDS.split()
    assert list(shown["carrier"]) == OF_THE_CARRIER.split()
    assert list(shown["lineItems"][0]) == OF_A_LINE.split()
    assert shown["state"] == STATE_OF[step]


def test_no_step_of_an_order_is_without_a_state() -> None:
    assert STATES.keys() == set(OF_ORDERS)


@pytest.mark.parametrize("step", OF_ORDERS)
def test_an_entry_of_a_list_says_what_the_order_says_at_every_step(step: Step) -> None:
    order = an_order_at(step)

    entry = json.decode(json.encode(entry_view(order, SHOP, order.total_cents)))

    assert entry.items() <= view(order).items()


def test_an_open_order_is_shown_whole() -> None:
    line = a_line(
        name="Fashion Product Second",
        sku="SF-5",
        ean="sf-foo-bar-9",
        shop_uid="MERSKU9",
        quantity=1,
        unit_price_cents=2346,
    )
    order = an_order(
        order_id=3001,
        lines=(line,),
        shipping_cents=400,
        payment_method=PaymentMethod.CASH_ON_DELIVERY,
        customer=a_customer(first_name="Maria", last_name="Williams", email="maria.williams@example.com"),
        address=an_address(
            street_name="Aiolou", street_number="24", zip="10552", city="Athens", region="ATTICA"
        ),
        courier="courier_center",
    )

    assert view(order, a_shop(id=78)) == {
        "id": "GR--3001--MER78",
        "state": "registered",
        "countryCode": "GR",
        "hasInvoice": False,
        "subTotalItemsAmount": 2346,
        "totalItemsAmount": 2746,
        "createdAt": "2026-03-03 12:00:00",
        "updatedAt": None,
        "expiresAt": "2026-03-04 12:00:00",
        "dispatchUntil": "2026-03-07 12:00:00",
        "customer": {
            "userId": order.customer.number,
            "email": "maria.williams@example.com",
            "phone": None,
            "firstName": "Maria",
            "lastName": "Williams",
        },
        "addressDetails": {
            "street": "Aiolou",
            "streetNumber": "24",
            "postCode": "10552",
            "city": "Athens",
            "region": "ATTICA",
            "regionCode": "ATT",
            "country": "Greece",
            "countryCode": "GR",
        },
        "invoiceDetails": None,
        "carrier": {
            "shipmentId": None,
            "name": "Courier Center",
            "deliveryName": "Courier Center",
            "deliveryKey": "courier_center",
            "trackingCodes": None,
            "comments": None,
            "deliveryToCourierEstimationDate": None,
            "deliveryToCustomerEstimationDate": None,
        },
        "payment": {"name": "cod"},
        "lineItems": [
            {
                "id": 3001000,
                "sku": "SF-5",
                "merchantEan": "sf-foo-bar-9",
                "merchantSku": "MERSKU9",
                "productName": "Fashion Product Second",
                "unitPrice": 2346,
                "originalUnitPrice": 2346,
                "totalPrice": 2346,
                "quantity": 1,
                "sfArticle39Valid": False,
                "giftWrap": False,
                "extendedAttributes": [],
            }
        ],
        "invoices": [],
    }


def test_times_are_the_shops_to_the_second_in_winter_and_in_summer() -> None:
    winter = datetime(2020, 1, 3, 1, 4, 5, 999_999, tzinfo=UTC)
    summer = datetime(2020, 5, 2, 22, 50, 12, 500_000, tzinfo=UTC)

    order = view(an_order(placed_at=winter, updated_at=summer), a_shop(zone="Europe/Athens"))

    assert the(order, "createdAt", "updatedAt") == ("2020-01-03 03:04:05", "2020-05-03 01:50:12")


def test_an_order_that_was_never_changed_has_no_time_of_its_change() -> None:
    order = an_order()

    assert view(order)["updatedAt"] is None
    assert view(after(order, ACCEPT, at=NOON + MINUTE))["updatedAt"] == "2026-03-03 12:01:00"


def test_the_country_is_that_of_the_marketplaces_site() -> None:
    order = view(an_order(address=an_address(country_code="CY")), a_shop(country_code="BG"))

    assert the(order, "id", "countryCode") == ("BG--1000001--MER17", "BG")
    assert the(order["addressDetails"], "country", "countryCode") == ("Cyprus", "CY")


def test_a_country_that_nobody_knows_has_no_name() -> None:
    assert view(an_order(address=an_address(country_code="QQ")))["addressDetails"]["country"] is None


def test_what_is_not_known_of_an_address_is_empty_and_has_no_region_code() -> None:
    nowhere = an_address(street_name="", street_number="", zip="", city="", region="")

    assert view(an_order(address=nowhere))["addressDetails"] == {
        "street": "",
        "streetNumber": "",
        "postCode": "",
        "city": "",
        "region": "",
        "regionCode": None,
        "country": "Greece",
        "countryCode": "GR",
    }


@pytest.mark.parametrize(
    ("phone", "mobile", "shown"),
    [(None, None, None), ("210", None, "210"), (None, "699", "699"), ("210", "699", "699")],
)
def test_a_customer_is_called_on_the_mobile_first(
    phone: str | None, mobile: str | None, shown: str | None
) -> None:
    customer = a_customer(phone=phone, mobile=mobile)

    assert view(an_order(customer=customer))["customer"]["phone"] == shown


def test_the_customer_is_who_buys_whoever_takes_the_parcel() -> None:
    order = an_order(customer=a_customer(number=14), address=an_address(recipient="Γιάννης Ράλλης"))

    assert the(view(order)["customer"], "userId", "firstName", "lastName") == (14, "Ελένη", "Παπαδάκη")


@pytest.mark.parametrize(
    ("what_matters", "document"),
    [
        ({}, "invoice"),
        ({"vat_exclusion_requested": True}, "invoice_39a"),
        ({"vat_exclusion_requested": True, "vat_number": "RO12345"}, "invoice_vies"),
    ],
)
def test_an_order_to_be_invoiced_says_to_whom_and_on_which_paper(what_matters: Json, document: str) -> None:
    address = BillingAddress(
        street_name="Σταδίου", street_number="1", zip="12345", city="Αθήνα", region="Αττική"
    )
    order = view(an_order(invoice=an_invoice(address=address, **what_matters)))

    assert order["hasInvoice"] is True
    assert list(order["invoiceDetails"].items()) == [
        ("companyName", "ACME"),
        ("profession", "Υπηρεσίες διαδικτύου"),
        ("vatNumber", what_matters.get("vat_number", "111119191")),
        ("taxOffice", "ΙΒ Αθηνών"),
        ("street", "Σταδίου"),
        ("streetNumber", "1"),
        ("postCode", "12345"),
        ("city", "Αθήνα"),
        ("region", "Αττική"),
        ("documentType", document),
    ]
    assert order["lineItems"][0]["sfArticle39Valid"] is (document == "invoice_39a")


def test_a_file_that_the_merchant_uploaded_makes_no_invoice_of_a_receipt() -> None:
    order = view(an_order(invoice_files=(an_uploaded_invoice(),)))

    assert the(order, "hasInvoice", "invoiceDetails") == (False, None)


def test_uploaded_files_are_listed_with_their_links_until_they_are_deleted() -> None:
    first = an_uploaded_invoice(serial=1, name="τιμολόγιο.pdf", uploaded_at=NOON)
    deleted = an_uploaded_invoice(serial=2, deleted_at=NOON + DAY)
    third = an_uploaded_invoice(serial=3, uploaded_at=NOON + HOUR)
    order = an_order(invoice_files=(first, deleted, third))

    files = view(order)["invoices"]

    assert [list(file) for file in files] == [["id", "name", "url", "uploadedAt"]] * 2
    assert [the(file, "id", "name", "uploadedAt") for file in files] == [
        (1, "τιμολόγιο.pdf", "2026-03-03 12:00:00"),
        (3, None, "2026-03-03 13:00:00"),
    ]
    assert [file["url"] for file in files] == [LINKS.invoice_file(order, file) for file in (first, third)]
    assert files[0]["url"].startswith("https://stoa.test/files/invoices/17-1000001-1-")


def test_the_amounts_are_cents() -> None:
    lines = (a_line(quantity=2, unit_price_cents=1799), a_line(quantity=3, unit_price_cents=5))
    order = view(an_order(lines=lines, shipping_cents=250))

    assert the(order, "subTotalItemsAmount", "totalItemsAmount") == (3613, 3863)
    assert [
        the(line, "unitPrice", "originalUnitPrice", "totalPrice", "quantity") for line in order["lineItems"]
    ] == [
        (1799, 1799, 3598, 2),
        (5, 5, 15, 3),
    ]


PAYMENTS = {
    PaymentMethod.CASH_ON_DELIVERY: "cod",
    PaymentMethod.CARD: "credit_card",
    PaymentMethod.LOAN: "installments",
    PaymentMethod.BANK_TRANSFER: "bank_transfer",
    PaymentMethod.IRIS: "iris",
    PaymentMethod.WALLET: "wallet",
    PaymentMethod.EDENRED: "edenred",
    PaymentMethod.REVOLUT: "revolut",
}


@pytest.mark.parametrize("method", PaymentMethod)
def test_every_way_to_pay_has_a_name(method: PaymentMethod) -> None:
    order = an_order(payment_method=method, fulfilment=Fulfilment.MERCHANT)

    assert view(order)["payment"] == {"name": PAYMENTS[method]}


# The carrier

SHIPPED_TO: tuple[tuple[str | None, str | None, tuple[str | None, str | None, str | None]], ...] = (
    # the carrier, the network of the collection point, and name, deliveryName, deliveryKey
    ("acs", None, ("ACS", "ACS", "acs")),
    ("courier_center", "box_now", ("Courier Center", "Box Now", "courier_center_box_now")),
    ("courier_center", "clever_point", ("Courier Center", "Clever Point", "courier_center_clever_point")),
    ("box_now", "box_now", ("Box Now", "Box Now", "box_now")),
    ("box_now", None, ("Box Now", "Box Now", "box_now")),
    ("clever_point", "clever_point", ("Clever Point", "Clever Point", "clever_point")),
    ("clever_point", "box_now", ("Clever Point", "Box Now", "clever_point_box_now")),
    ("pigeons", None, ("pigeons", "pigeons", "pigeons")),
    (None, None, (None, None, None)),
    (None, "box_now", (None, None, None)),
)


@pytest.mark.parametrize(("courier", "network", "shown"), SHIPPED_TO)
def test_the_carrier_says_how_the_parcel_gets_to_the_customer(
    courier: str | None, network: str | None, shown: tuple[str | None, ...]
) -> None:
    point = "Σταθμός Μετρό Πανόρμου" if network else None
    address = an_address(collection_point=point, collection_network=network)
    order = view(an_order(fulfilment=Fulfilment.MERCHANT, courier=courier, address=address))

    assert the(order["carrier"], "name", "deliveryName", "deliveryKey") == shown


@pytest.mark.parametrize("key", CARRIERS)
def test_every_carrier_has_a_name(key: str) -> None:
    carrier = view(an_order(courier=key))["carrier"]

    assert carrier["name"] == ("Box Now" if key == "box_now" else CARRIERS[key])


def test_a_point_of_the_carriers_own_is_no_network() -> None:
    address = an_address(collection_point="Κατάστημα ACS Συντάγματος")

    carrier = view(an_order(courier="acs", address=address))["carrier"]

    assert the(carrier, "deliveryName", "deliveryKey") == ("ACS", "acs")


def test_there_is_a_shipment_once_there_is_a_voucher_or_a_tracking_code() -> None:
    names = ("shipmentId", "trackingCodes")
    accepted = an_order_at(Step.ACCEPTED)
    labelled = after(accepted, LABEL)
    cancelled = after(labelled, asked.CancelVoucher())
    own = an_order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)
    tracked = after(own, asked.NoteTracking(trackings=(a_tracking(code="771"), a_tracking(code="772"))))

    assert the(view(accepted)["carrier"], *names) == (None, None)
    assert the(view(labelled)["carrier"], *names) == (1000001, "7712345678")
    assert the(view(cancelled)["carrier"], *names) == (None, None)
    assert the(view(tracked)["carrier"], *names) == (1000001, "771,772")


def test_the_comments_are_the_vouchers_or_those_on_the_address() -> None:
    address = an_address(comments="Χτυπήστε δυνατά")
    accepted = an_order_at(Step.ACCEPTED, address=address)
    voucher = a_voucher(comment="Εύθραυστο")

    assert view(accepted)["carrier"]["comments"] == "Χτυπήστε δυνατά"
    assert view(after(accepted, LABEL))["carrier"]["comments"] == "Χτυπήστε δυνατά"
    labelled = after(accepted, asked.AttachVoucher(voucher=voucher, tracking=a_tracking()))
    assert view(labelled)["carrier"]["comments"] == "Εύθραυστο"
    assert view(an_order())["carrier"]["comments"] is None


def test_the_courier_comes_when_the_agreed_window_opens() -> None:
    name, accepted = "deliveryToCourierEstimationDate", an_order_at(Step.ACCEPTED)
    moved = after(
        accepted, asked.Reschedule(opens=NOON + 2 * DAY, closes=NOON + 2 * DAY + timedelta(hours=3))
    )

    assert view(an_order())["carrier"][name] is None
    assert view(accepted)["carrier"][name] == "2026-03-03 15:00:00"
    assert view(moved)["carrier"][name] == "2026-03-05 12:00:00"


# Lines


def test_a_line_has_a_number_of_its_own_among_those_of_all_orders() -> None:
    lines = tuple(a_line() for _ in range(3))

    first, second = view(an_order(lines=lines)), view(an_order(order_id=1_000_002, lines=lines))

    assert [line["id"] for line in first["lineItems"]] == [1000001000, 1000001001, 1000001002]
    assert [line["id"] for line in second["lineItems"]] == [1000002000, 1000002001, 1000002002]


SIZE = Size(label="Μέγεθος", value="42", shop_value="EU 42", shop_variation_uid="405753-42", ean="520")


@pytest.mark.parametrize(
    ("what_matters", "codes"),
    [
        ({}, ("405753", None, "405753")),
        ({"sku": "S-1", "ean": "123"}, ("S-1", "123", "405753")),
        ({"shop_variation_uid": "405753-41"}, ("405753", None, "405753-41")),
        ({"size": SIZE}, ("405753", "520", "405753-42")),
        ({"size": SIZE, "ean": "123", "shop_variation_uid": "x"}, ("405753", "123", "x")),
    ],
    ids=str,
)
def test_a_line_has_the_marketplaces_and_the_merchants_codes(
    what_matters: Json, codes: tuple[str | None, ...]
) -> None:
    assert the(the_line(**what_matters), "sku", "merchantEan", "merchantSku") == codes


def test_a_line_has_the_choices_of_its_variant_or_its_size() -> None:
    options = (VariantOption(id=1, name="Χρώμα", value="άσπρο"), VariantOption(name="Ύφασμα", value="λινό"))
    chosen = [{"name": "Χρώμα", "value": "άσπρο"}, {"name": "Ύφασμα", "value": "λινό"}]

    assert the_line(options=options)["extendedAttributes"] == chosen
    assert the_line(options=options, size=SIZE)["extendedAttributes"] == chosen
    assert the_line(size=SIZE)["extendedAttributes"] == [{"name": "Μέγεθος", "value": "42"}]
    assert the_line()["extendedAttributes"] == []


def test_a_present_is_wrapped_line_by_line() -> None:
    order = view(an_order(gift_wrap=True, lines=(a_line(), a_line())))

    assert [line["giftWrap"] for line in order["lineItems"]] == [True, True]
