"""The order object, field by field (MerchantPro Orders API, fields available and the examples)."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import json
from msgspec.structs import replace

from stoa.dialects.merchantpro.view import LIST_LEFT_OUT, shown
from stoa.dialects.merchantpro.wire import OrderView
from stoa.documents.links import Links
from stoa.languages import LANGUAGES
from stoa.orders import commands as asked
from stoa.orders.order import (
    Billing,
    Fulfilment,
    IssuedInvoice,
    LinkedOrder,
    LinkedReturn,
    Note,
    Order,
    Origin,
    PaymentMethod,
    PaymentStatus,
    Product,
    Size,
    State,
    Tag,
    VariantOption,
)
from stoa.orders.shop import Shop
from tests.builders import (
    HOUR,
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
)

Json = dict[str, Any]

SHOP = a_shop(zone="Europe/Bucharest", language="ro", currency="RON", invoice_series="SERIE")
LINKS = Links("https://stoa.test", "a secret key that only the tests have")

ORDER_OF_FIELDS = """
id parent_id return_source_id rma_orders channel_name channel_ref_id
payment_status payment_status_text payment_substatus_id payment_substatus_text
payment_method_code payment_method_name payment_transaction_id
shipping_status shipping_status_text shipping_substatus_id shipping_substatus_text
shipping_method_id shipping_method_name shipping_delivery_info shipping_carrier_id shipping_awb
shipping_amount shipping_tax_amount total_amount currency original_currency currency_rate coupon_code
customer_id customer_email customer_ip_address customer_ip_country customer_device customer_lang
customer_note customer_notification date_created date_modified date_shipped date_delivered created_by
meta_fields internal_notes tags
billing_type billing_name billing_identity_number billing_company_name billing_company_number
billing_company_vat billing_company_bank_name billing_company_bank_account
billing_country_code billing_country_name billing_state billing_city billing_address billing_postal_code
billing_phone
shipping_name shipping_country_code shipping_country_name shipping_state shipping_city shipping_address
shipping_postal_code shipping_phone
line_items invoice info_url proforma_url
"""
"""That of the contract's table, at whose end its examples have the papers."""

FIELDS = ORDER_OF_FIELDS.split()


def channel_code(order: Order, shop: Shop) -> str:
    return f"{shop.id}:{order.id}"


def view(order: Order, shop: Shop = SHOP, **how: Any) -> Json:
    """The order as a client reads it; the whole, unless it is said how."""
    read: Json = json.decode(json.encode(shown(order, shop, LINKS, channel_code, **how or {"whole": True})))
    return read


def an_own_order(**what_matters: Any) -> Order:
    """An order that the shop took itself, and ships itself."""
    made_up: Json = {"channel": "shop", "fulfilment": Fulfilment.MERCHANT, "shop": SHOP}
    return an_order(**(made_up | what_matters))


def the(shown_order: Json, *names: str) -> tuple[Any, ...]:
    return tuple(shown_order[name] for name in names)


def the_line(**what_matters: Any) -> Json:
    (line,) = view(an_own_order(lines=(a_line(**what_matters),)))["line_items"]
    read: Json = line
    return read


JOHN = a_customer(first_name="John", last_name="Smith", number=14, email="john.smith@yahoo.com")
ROSE_HILL = an_address(
    street_name="str Rose Hill, nr. 45",
    street_number="",
    zip="100167",
    city="Bucuresti",
    region="Bucuresti",
    country_code="RO",
    phone="0722356158",
)


def in_bucharest(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Bucharest")).astimezone(UTC)


LAMP = a_line(
    shop_uid="1958",
    name="Massive Menelaus 37511/48/10",
    sku="3484",
    ean="7562461441110",
    variant_name="Culoare: alb",
    options=(VariantOption(id=1, name="Culoare", value="alb"),),
    product=Product(
        url="https://shop.demo.ro/cumpara?id=1958",
        image_url="https://shop.demo.ro/lustra~1057.jpg",
        category_id=2,
        category_name="Lustre",
    ),
    quantity=1,
    unit_price_cents=36539,
    vat_rate=1900,
)


def test_an_order_in_a_list_is_shown_as_in_the_contracts_example() -> None:
    order = an_own_order(
        order_id=64098294,
        placed_at=in_bucharest("2020-03-26T15:47:08"),
        customer=JOHN,
        address=ROSE_HILL,
        billing=Billing(
            name="John Smith",
            country_code="RO",
            region="Bucuresti",
            city="Bucuresti",
            address="str Rose Hill, nr. 45",
            zip="100167",
            phone="0722356158",
        ),
        lines=(LAMP,),
        payment_method=PaymentMethod.CASH_ON_DELIVERY,
        shipping_method="3",
        shipping_cents=16116,
        origin=Origin(ip_address="143.20.218.217", ip_country="ro", device="desktop", language="ro_RO"),
    )

    entry = view(order, include=frozenset({"line_items"}))

    example = {
        "id": 64098294,
        "payment_status": "awaiting",
        "payment_status_text": "Plata in asteptare",
        "payment_method_code": "cash_delivery",
        "payment_method_name": "Plata in sistem ramburs",
        "shipping_status": "awaiting",
        "shipping_status_text": "Comanda in asteptare",
        "shipping_method_id": 3,
        "shipping_amount": 161.16,
        "shipping_tax_amount": 25.73,
        "total_amount": 526.55,
        "currency": "RON",
        "customer_id": 14,
        "customer_email": "john.smith@yahoo.com",
        "customer_ip_address": "143.20.218.217",
        "customer_ip_country": "ro",
        "customer_device": "desktop",
        "customer_lang": "ro_RO",
        "customer_note": None,
        "customer_notification": None,
        "date_created": "2020-03-26T15:47:08+02:00",
        "date_modified": "2020-03-26T15:47:08+02:00",
        "created_by": "customer",
        "meta_fields": None,
        "tags": None,
        "billing_type": "individual",
        "billing_name": "John Smith",
        "billing_company_name": None,
        "billing_company_number": None,
        "billing_company_vat": None,
        "billing_company_bank_name": None,
        "billing_company_bank_account": None,
        "billing_country_code": "RO",
        "billing_country_name": "România",
        "billing_state": "Bucuresti",
        "billing_city": "Bucuresti",
        "billing_address": "str Rose Hill, nr. 45",
        "billing_postal_code": "100167",
        "billing_phone": "0722356158",
        "shipping_name": "John Smith",
        "shipping_country_code": "RO",
        "shipping_country_name": "România",
        "shipping_state": "Bucuresti",
        "shipping_city": "Bucuresti",
        "shipping_address": "str Rose Hill, nr. 45",
        "shipping_postal_code": "100167",
        "shipping_phone": "0722356158",
        "line_items": [
            {
                "item_type": "product",
                "product_id": 1958,
                "variant_name": "Culoare: alb",
                "variant_options": [{"id": 1, "name": "Culoare", "value": "alb"}],
                "product_sku": "3484",
                "product_ean": "7562461441110",
                "product_name": "Massive Menelaus 37511/48/10",
                "product_url": "https://shop.demo.ro/cumpara?id=1958",
                "product_image_url": "https://shop.demo.ro/lustra~1057.jpg",
                "product_tax_name": "TVA",
                "product_tax_percent": 19,
                "category_id": 2,
                "category_name": "Lustre",
                "manufacturer_id": 0,
                "quantity": 1,
                "unit_price_net": 307.05,
                "unit_tax_amount": 58.34,
                "unit_price_gross": 365.39,
                "line_subtotal_net": 307.05,
                "line_tax_amount": 58.34,
                "line_subtotal_gross": 365.39,
            }
        ],
        "invoice": None,
        "info_url": LINKS.info(order),
        "proforma_url": LINKS.proforma(order),
    }
    # To the letter: the same fields in the same order, and what the example does not have stands between them.
    assert json.encode({name: entry[name] for name in entry if name in example}) == json.encode(example)


def test_an_order_entered_by_hand_is_shown_as_in_the_contracts_example() -> None:
    order = an_own_order(
        order_id=12345001,
        placed_at=in_bucharest("2020-03-25T07:42:28"),
        customer=JOHN,
        address=an_address(
            street_name="", street_number="", zip="", city="bacau", region="Bacau", country_code="RO"
        ),
        replaces=LinkedOrder(id=39787708, placed_at=NOON),
        origin=Origin(by="account", language="ro_RO"),
        issued_invoice=IssuedInvoice(series="SERIE", number=10, issued_at=NOON),
    )

    shown_order = view(order)

    example = {
        "id": 12345001,
        "parent_id": 39787708,
        "shipping_method_id": 0,
        "shipping_method_name": None,
        "shipping_amount": None,
        "shipping_tax_amount": None,
        "customer_ip_address": "",
        "customer_ip_country": "",
        "customer_device": "manual",
        "created_by": "account",
        "billing_state": "Bacau",
        "billing_city": "bacau",
        "billing_address": "",
        "billing_postal_code": "",
        "billing_phone": "",
        "invoice": {
            "prefix": "SERIE",
            "number": "0000010",
            "app": "billing",
            "cancelled": False,
            "url": LINKS.invoice_paper(order),
        },
    }
    assert {name: shown_order[name] for name in example} == example


def a_rich_order(state: State = State.DELIVERED) -> Order:
    """An order with a value in every field that can have one."""
    line = a_line(
        shop_variation_uid="10004461",
        variant_name="Size: 39",
        options=(VariantOption(id=27884, name="Size", value="39"),),
        sku="V01 nude pu 39",
        ean="7562461441110",
        meta={"prod_id_ref": "7777060"},
        vat_rate=1900,
        product=Product(
            url="https://shop.demo.ro/cumpara?id=5087",
            image_url="https://shop.demo.ro/pantofi~4987.jpg",
            family_sku="V01 nude pu",
            category_id=6,
            category_name="Shoes",
            manufacturer_id=1000050,
            manufacturer_name="Giuseppe-Zanotti",
        ),
    )
    order = an_order_in(
        state,
        shop=SHOP,
        channel="skroutz",
        channel_ref="260303-7654321",
        fulfilment=Fulfilment.MERCHANT,
        lines=(line,),
        customer=a_customer(number=19, phone="0212112121"),
        address=an_address(collection_point="Locker Unirii", recipient="Ion Pop", country_code="RO"),
        billing=Billing(
            is_company=True,
            name="Ion Pop",
            identity_number="1800101221144",
            company_name="ACME SRL",
            company_number="J40/1/2020",
            company_vat="RO111119191",
            company_bank_name="Banca",
            company_bank_account="RO49AAAA1B31007593840000",
            country_code="RO",
            region="Bucuresti",
            city="Bucuresti",
            address="str Rose Hill, nr. 45",
            zip="100167",
            phone="0722356158",
        ),
        payment_provider="paypal",
        payment_reference="VADE0B248932",
        courier="acs",
        trackings=(a_tracking(courier="acs", code="7712345678"),),
        shipping_cents=1500,
        original_currency="EUR",
        currency_rate="4.9765",
        coupon_code="SPRING",
        origin=Origin(
            ip_address="95.77.99.177", ip_country="RO", device="mobile", language="ro_RO", by="customer"
        ),
        comments="La birou",
        notification="Pachetul a plecat",
        meta={"source": "newsletter"},
        notes=(Note(number=1, text="Client bun"), Note(number=3, text="Sunați înainte")),
        tags=(Tag(id=1, name="Feedback excelent"),),
        issued_invoice=IssuedInvoice(series="SERIE", number=10, issued_at=NOON),
        replaces=LinkedOrder(id=1000007, placed_at=NOON),
        returns=(LinkedReturn(id=1000008, placed_at=NOON), LinkedReturn(id=1000009, placed_at=NOON)),
    )
    # An order that is placed as a return begins as one.
    return replace(order, return_of=LinkedOrder(id=1000006, placed_at=NOON))


def test_an_order_can_have_a_value_in_every_field() -> None:
    shown_order = view(a_rich_order())

    assert [name for name, value in shown_order.items() if value in (None, "", [])] == []
    assert [name for name, value in shown_order["line_items"][0].items() if value in (None, "", [])] == []


@pytest.mark.parametrize("order", [an_own_order(), a_rich_order()], ids=["plain", "rich"])
def test_the_fields_stand_in_the_contracts_order(order: Order) -> None:
    assert list(view(order)) == FIELDS
    assert list(view(order, include=LIST_LEFT_OUT)) == FIELDS


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_the_type_that_it_is_declared_with(state: State, language: str) -> None:
    shop = a_shop(language=language)
    orders = [a_rich_order(state), an_order_in(state, shop=shop)]

    encoded = [json.encode(shown(order, shop, LINKS, channel_code, whole=True)) for order in orders]

    assert [json.decode(body, type=OrderView)["id"] for body in encoded] == [order.id for order in orders]


STAGES = {
    State.OPEN: ("awaiting", 21),
    State.ACCEPTED: ("confirmed", 31),
    State.REJECTED: ("cancelled", 81),
    State.CANCELLED: ("cancelled", 82),
    State.EXPIRED: ("cancelled", 83),
    State.DISPATCHED: ("shipped", 51),
    State.DELIVERED: ("delivered", 61),
    State.PARTIALLY_DELIVERED: ("delivered", 62),
    State.FOR_RETURN: ("shipped", 53),
    State.PARTIALLY_RETURNED: ("delivered", 63),
    State.RETURNED: ("returned", 71),
}


@pytest.mark.parametrize("state", State)
def test_every_state_is_a_shipping_status_with_a_substatus(state: State) -> None:
    shown_order = view(an_order_in(state))

    assert the(shown_order, "shipping_status", "shipping_substatus_id") == STAGES[state]


def test_an_accepted_order_tells_how_far_the_work_on_it_is() -> None:
    accepted = an_order_in(State.ACCEPTED)
    working = after(accepted, asked.BeginWork())
    labelled = an_order_in(State.ACCEPTED, voucher=a_voucher())

    steps = [the(view(order), "shipping_status", "shipping_substatus_text") for order in (labelled, working)]

    assert steps == [("confirmed", "Eticheta gata"), ("in_process", "In pregatire")]


@pytest.mark.parametrize(
    ("payment", "substatus"),
    [
        (
            {"payment_method": PaymentMethod.CASH_ON_DELIVERY, "payment_status": PaymentStatus.AWAITING},
            (11, "De incasat la livrare"),
        ),
        (
            {"payment_method": PaymentMethod.BANK_TRANSFER, "payment_status": PaymentStatus.PAID},
            (17, "Platita prin transfer bancar"),
        ),
        ({"payment_status": PaymentStatus.FAILED}, (None, None)),
    ],
)
def test_a_payment_substatus_says_how_the_money_comes(
    payment: Json, substatus: tuple[object, object]
) -> None:
    order = view(an_own_order(**payment))

    assert the(order, "payment_substatus_id", "payment_substatus_text") == substatus


def test_an_order_of_another_channel_names_it_and_its_number_there() -> None:
    order = an_order(channel="skroutz")
    imported = an_order(channel="emag", channel_ref="EM-77")

    assert the(view(order), "channel_name", "channel_ref_id") == ("skroutz", "17:1000001")
    assert the(view(imported), "channel_name", "channel_ref_id") == ("emag", "EM-77")


def test_an_order_of_the_shop_itself_comes_from_nowhere_else() -> None:
    order = an_own_order(channel_ref="whatever")

    assert the(view(order), "channel_name", "channel_ref_id") == (None, None)


def test_orders_that_belong_together_name_each_other() -> None:
    names = ("parent_id", "return_source_id", "rma_orders")

    assert the(view(a_rich_order()), *names) == (
        1000007,
        1000006,
        [{"id": 1000008, "type": "return"}, {"id": 1000009, "type": "return"}],
    )
    assert the(view(an_own_order()), *names) == (None, None, None)


def test_notes_have_numbers_that_no_other_order_has() -> None:
    assert view(a_rich_order())["internal_notes"] == [
        {"id": 1_000_001_001, "text": "Client bun"},
        {"id": 1_000_001_003, "text": "Sunați înainte"},
    ]
    assert view(an_own_order())["internal_notes"] is None


def test_tags_have_their_number_and_name() -> None:
    assert view(a_rich_order())["tags"] == [{"id": 1, "name": "Feedback excelent"}]


def test_a_parcel_that_goes_to_a_locker_names_it() -> None:
    point = {"delivery_time": None, "pickup_address": {"id": 0, "name": "Locker Unirii"}}

    assert view(a_rich_order())["shipping_delivery_info"] == point
    assert view(an_own_order())["shipping_delivery_info"] is None


def test_several_parcels_have_their_tracking_codes_in_one_field() -> None:
    order = an_order(trackings=(a_tracking(code="771"), a_tracking(code="772")))

    assert view(order)["shipping_awb"] == "771,772"
    assert view(an_order())["shipping_awb"] is None


def test_times_are_the_shops_to_the_second_in_winter_and_in_summer() -> None:
    winter = datetime(2020, 1, 13, 11, 34, 15, 999_999, tzinfo=UTC)
    summer = datetime(2020, 5, 2, 7, 50, 12, 500_000, tzinfo=UTC)

    order = view(an_own_order(placed_at=winter, updated_at=summer))

    assert the(order, "date_created", "date_modified") == (
        "2020-01-13T13:34:15+02:00",
        "2020-05-02T10:50:12+03:00",
    )


def test_an_order_says_when_it_left_and_when_it_arrived() -> None:
    dispatched = after(an_order_in(State.ACCEPTED), asked.PickUp(), at=NOON + HOUR)
    delivered = after(dispatched, asked.Deliver(), at=NOON + 2 * HOUR)

    names = ("date_shipped", "date_delivered")
    assert the(view(an_order()), *names) == (None, None)
    assert the(view(dispatched), *names) == ("2026-03-03T13:00:00+02:00", None)
    assert the(view(delivered), *names) == ("2026-03-03T13:00:00+02:00", "2026-03-03T14:00:00+02:00")


def test_an_invoice_that_a_storno_took_back_is_cancelled() -> None:
    invoice = IssuedInvoice(series="SERIE", number=12345678, issued_at=NOON, storno=12345679)

    shown_invoice = view(an_own_order(issued_invoice=invoice))["invoice"]

    assert the(shown_invoice, "number", "cancelled") == ("12345678", True)


BILLED = ("billing_type", "billing_name", "billing_company_name", "billing_company_vat", "billing_city")


def test_a_company_that_another_channel_wants_invoiced_is_billed() -> None:
    order = an_order(invoice=an_invoice())

    assert the(view(order), *BILLED) == ("company", "Ελένη Παπαδάκη", "ACME", "111119191", "Αθήνα")


def test_a_customer_of_another_channel_is_billed_at_its_address() -> None:
    assert the(view(an_order()), *BILLED) == ("individual", "Ελένη Παπαδάκη", None, None, "Αθήνα")


def test_the_parcel_goes_to_the_customer_unless_another_is_named() -> None:
    customer = a_customer(phone="2101234567", mobile="6999999999")
    names = ("shipping_name", "shipping_phone", "shipping_address")

    to_the_customer = an_order(customer=customer)
    to_another = an_order(customer=customer, address=an_address(recipient="Ion Pop", phone="0722356158"))

    assert the(view(to_the_customer), *names) == ("Ελένη Παπαδάκη", "6999999999", "Πανεπιστημίου 4")
    assert the(view(to_another), *names) == ("Ion Pop", "0722356158", "Πανεπιστημίου 4")


@pytest.mark.parametrize(
    ("code", "country"), [("RO", ("RO", "România")), ("QQ", ("QQ", None)), ("", (None, None))]
)
def test_a_country_is_named_in_the_shops_language(code: str, country: tuple[object, object]) -> None:
    order = view(an_own_order(address=an_address(country_code=code)))

    assert the(order, "shipping_country_code", "shipping_country_name") == country
    assert the(order, "billing_country_code", "billing_country_name") == country


def test_what_is_not_known_of_the_delivery_is_null() -> None:
    nowhere = an_address(street_name="", street_number="", zip="", city="", region="")

    order = view(an_own_order(address=nowhere))

    names = ("shipping_state", "shipping_city", "shipping_address", "shipping_postal_code", "shipping_phone")
    assert the(order, *names) == (None, None, None, None, None)


@pytest.mark.parametrize(
    ("origin", "device", "by"),
    [
        (Origin(), "desktop", "customer"),
        (Origin(by="account"), "manual", "account"),
        (Origin(by="account", device="mobile"), "mobile", "account"),
        (Origin(by="user"), "desktop", "user"),
    ],
)
def test_an_order_says_by_whom_and_on_what_it_was_placed(origin: Origin, device: str, by: str) -> None:
    assert the(view(an_own_order(origin=origin)), "customer_device", "created_by") == (device, by)


def test_an_order_placed_in_another_currency_says_the_rate() -> None:
    names = ("currency", "original_currency", "currency_rate")

    assert the(view(a_rich_order()), *names) == ("RON", "EUR", 4.9765)
    assert the(view(an_own_order()), *names) == ("RON", None, None)


@pytest.mark.parametrize("uid", ["259", "0", "999999999999999"])
def test_a_product_that_the_shop_calls_by_a_number_has_that_number(uid: str) -> None:
    assert the(the_line(shop_uid=uid), "product_id", "product_sku") == (int(uid), None)


@pytest.mark.parametrize("uid", ["JA-1388", "007", "9999999999999999", "٤٢", "12 ", "-5", "1e3"])
def test_a_product_that_the_shop_calls_by_another_code_has_that_code(uid: str) -> None:
    assert the(the_line(shop_uid=uid), "product_id", "product_sku") == (None, uid)


def test_a_products_own_code_stands_before_what_the_shop_calls_it() -> None:
    assert the(the_line(shop_uid="JA-1388", sku="V01"), "product_id", "product_sku") == (None, "V01")


OF_EVERY_LINE = """
item_type product_id product_sku product_ean product_name product_url product_image_url product_tax_name
product_tax_percent category_id category_name manufacturer_id quantity unit_price_net unit_tax_amount
unit_price_gross line_subtotal_net line_tax_amount line_subtotal_gross
"""
"""Other fields are left out where they are empty, as in the contract's examples."""


def test_a_line_leaves_out_what_the_contracts_examples_leave_out() -> None:
    line = the_line()

    assert list(line) == OF_EVERY_LINE.split()
    assert {name: line[name] for name in line if line[name] in (None, 0)} == {
        "product_sku": None,
        "product_ean": None,
        "product_url": None,
        "product_image_url": None,
        "category_id": None,
        "category_name": None,
        "manufacturer_id": 0,
    }


def test_a_line_has_its_variant_maker_and_extra_fields_at_their_places() -> None:
    (line,) = view(a_rich_order())["line_items"]

    optional = [name for name in line if name not in OF_EVERY_LINE.split()]
    assert optional == [
        "variant_id",
        "variant_name",
        "variant_options",
        "family_sku",
        "manufacturer_name",
        "meta_fields",
    ]
    assert the(line, *optional) == (
        10004461,
        "Size: 39",
        [{"id": 27884, "name": "Size", "value": "39"}],
        "V01 nude pu",
        "Giuseppe-Zanotti",
        {"prod_id_ref": "7777060"},
    )


def test_a_size_of_another_channel_is_a_variant() -> None:
    size = Size(label="Μέγεθος", value="42", shop_value="EU 42", shop_variation_uid="10004461", ean="123")

    line = the_line(size=size)

    assert the(line, "variant_id", "variant_name", "product_ean") == (10004461, "Μέγεθος: 42", "123")
    assert line["variant_options"] == [{"id": None, "name": "Μέγεθος", "value": "42"}]


def test_a_variant_that_the_shop_calls_by_no_number_has_its_code() -> None:
    line = the_line(shop_uid="405753", shop_variation_uid="405753-42")

    assert "variant_id" not in line
    assert the(line, "product_id", "product_sku") == (405753, "405753-42")


@pytest.mark.parametrize(
    ("vat_name", "language", "name"), [(None, "ro", "TVA"), (None, "el", "ΦΠΑ"), ("VAT 19", "ro", "VAT 19")]
)
def test_the_tax_has_the_name_that_it_was_given_or_that_of_the_language(
    vat_name: str | None, language: str, name: str
) -> None:
    order = view(an_order(lines=(a_line(vat_name=vat_name),)), a_shop(language=language))

    assert order["line_items"][0]["product_tax_name"] == name


def test_a_list_leaves_out_what_was_not_asked_for() -> None:
    entry = view(a_rich_order(), fields=None)

    assert list(entry) == [name for name in FIELDS if name not in LIST_LEFT_OUT]


@pytest.mark.parametrize("part", sorted(LIST_LEFT_OUT))
def test_a_list_has_a_part_that_was_asked_for_as_the_resource_has_it(part: str) -> None:
    order = a_rich_order()

    entry = view(order, include=frozenset({part, "nonsense"}))

    assert list(entry) == [name for name in FIELDS if name == part or name not in LIST_LEFT_OUT]
    assert entry[part] == view(order)[part]


@pytest.mark.parametrize("whole", [True, False], ids=["resource", "list"])
def test_only_the_named_fields_are_shown_and_the_id(whole: bool) -> None:  # noqa: FBT001 - a case of the test
    order = a_rich_order()
    named = frozenset({"total_amount", "rma_orders", "payment_status", "nonsense", "ok"})

    answer = view(order, fields=named, whole=whole)

    assert list(answer) == ["id", "rma_orders", "payment_status", "total_amount"]
    assert answer.items() <= view(order).items()


def test_without_a_known_name_only_the_id_is_shown() -> None:
    assert view(an_own_order(), fields=frozenset({""})) == {"id": 1000001}


def test_a_deleted_order_is_shown_whole_and_ok() -> None:
    order = a_rich_order()

    assert list(view(order, whole=True, deleted=True).items()) == [*view(order).items(), ("ok", True)]
