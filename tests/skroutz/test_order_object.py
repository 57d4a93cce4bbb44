"""The order object, field by field (Skroutz Smart Cart, order object attributes)."""

from datetime import time
from typing import Any

import pytest
from msgspec import json

from stoa.app import Stoa
from stoa.orders import commands as asked
from stoa.orders.commands import LineRejection
from stoa.orders.order import (
    Actor,
    Fees,
    Fulfilment,
    LineTag,
    PaymentMethod,
    RejectionReason,
    ReturnReason,
    Size,
    State,
    VatRepresentative,
)
from stoa.orders.shop import Calendar, Slot
from tests.builders import a_customer, a_line, an_address, an_invoice, in_athens
from tests.conftest import SERVER
from tests.skroutz.coming_back import (
    APPROVAL,
    delivered,
    goes_on,
    place_document,
    requested,
    return_code_of,
)
from tests.skroutz.fields import AGREED, ALWAYS, OPTIONS, in_order
from tests.skroutz.market import Json, Market, code_of, opening_a_market


async def test_an_open_order_is_shown_whole(market: Market) -> None:
    order = await market.order(comments="Παράδοση στο γραφείο")

    assert await market.show(order) == {
        "code": f"260303-{order.id}",
        "state": "open",
        "customer": {
            "id": order.customer.id,
            "first_name": "Ελένη",
            "last_name": "Παπαδάκη",
            "address": {
                "street_name": "Πανεπιστημίου",
                "street_number": "4",
                "zip": "12345",
                "city": "Αθήνα",
                "region": "Αττική",
                "country_code": "GR",
                "pickup_from_collection_point": False,
            },
        },
        "invoice": False,
        "uploaded_invoice_file": None,
        "invoice_document": "receipt",
        "comments": "Παράδοση στο γραφείο",
        "courier": "Skroutz Last Mile",
        "courier_voucher": None,
        "courier_tracking_codes": [],
        "line_items": [
            {
                "id": order.lines[0].id,
                "shop_uid": "405753",
                "product_name": "Καφετιέρα 12 φλιτζανιών",
                "quantity": 2,
                "unit_price": 17.99,
                "total_price": 35.98,
                "price_includes_vat": True,
                "commission": 3.0,
                "commission_rate": 8.34,
                "island_vat_discount_applied": False,
                "serial_numbers": None,
            }
        ],
        "created_at": "2026-03-03T12:00:00+02:00",
        "expires_at": "2026-03-04T12:00:00+02:00",
        "dispatch_until": "2026-03-07T12:00:00+02:00",
        "express": False,
        "gift_wrap": False,
        "fulfilled_by_skroutz": False,
        "fbs_delivery_note": None,
        "fbs_delivery_note_url": None,
        "paid_by_user": True,
        "payment_method": "card",
        "store_pickup": False,
        "accept_options": {
            "number_of_parcels": [1, 2, 3],
            "pickup_location": [
                {"id": "YlpD0KROym", "label": "Πανεπιστημίου 2, Τ.Κ. 12345, Αθήνα, Αττική"},
                {"id": "onpL6DXG4l", "label": "Σταδίου 1, Τ.Κ. 12345, Αθήνα, Αττική"},
            ],
            "pickup_window": [
                {"id": 1, "label": "15:00 - 18:00, Τρί 03/03/26"},
                {"id": 2, "label": "10:00 - 12:00, Τετ 04/03/26"},
                {"id": 3, "label": "12:00 - 15:00, Τετ 04/03/26"},
                {"id": 4, "label": "15:00 - 18:00, Τετ 04/03/26"},
                {"id": 5, "label": "10:00 - 12:00, Πέμ 05/03/26"},
            ],
        },
        "commission": 3.0,
        "fees": {},
        "reject_options": {
            "line_item_rejection_reasons": [
                {
                    "id": 1,
                    "label": "Εκτός αποθέματος στο κατάστημα ή στον προμηθευτή",
                    "requires_available_quantity": False,
                },
                {"id": 2, "label": "Λάθος καταχωρημένη τιμή(ες)", "requires_available_quantity": False},
                {"id": 4, "label": "Περιορισμένα τεμάχια", "requires_available_quantity": True},
                {"id": 5, "label": "To προϊόν καταργήθηκε", "requires_available_quantity": False},
                {"id": 6, "label": "Λάθος ταξινόμηση προϊόντος", "requires_available_quantity": False},
            ]
        },
        "set_as_ready_required": False,
        "is_ready_for_dispatch": False,
    }


IN_EACH_STATE = {
    State.OPEN: OPTIONS,
    State.ACCEPTED: AGREED,
    State.REJECTED: {"rejection_info"},
    State.CANCELLED: set(),
    State.EXPIRED: set(),
    State.DISPATCHED: AGREED,
    State.DELIVERED: AGREED,
    State.PARTIALLY_DELIVERED: AGREED,
    State.FOR_RETURN: AGREED,
    State.PARTIALLY_RETURNED: AGREED,
    State.RETURNED: AGREED,
}


async def test_in_every_state_the_order_has_the_fields_that_apply(market: Market) -> None:
    shown = {state: await market.show(await market.order_in(state)) for state in State}

    assert {state: list(order) for state, order in shown.items()} == {
        state: in_order(ALWAYS | IN_EACH_STATE[state]) for state in State
    }
    assert {state: order["state"] for state, order in shown.items()} == {
        state: state.value for state in State
    }


async def test_every_field_that_an_order_can_have_stands_at_its_place(market: Market) -> None:
    lines = (a_line(quantity=2), a_line(quantity=1))
    order = await market.order(
        lines=lines, invoice=an_invoice(), fulfilment=Fulfilment.MERCHANT, gift_wrap=True
    )
    limited = LineRejection(order.lines[0].id, RejectionReason.LIMITED_STOCK, 1)
    rejected = await market.happen(order, asked.Reject(lines=(limited,), other="Έσπασαν"))
    (follow_up,) = rejected.replacements
    left = await market.show(code_of(follow_up))

    shop_and_wishes = {"invoice_details", "shipping_cost", "custom"}
    ended = ALWAYS | shop_and_wishes | {"rejection_info", "replacements"}
    assert list(await market.show(order)) == in_order(ended)
    assert list(left) == in_order(ALWAYS | shop_and_wishes | OPTIONS | {"replaced"})


async def test_greek_text_is_not_escaped(market: Market) -> None:
    order = await market.order(comments="Κουδούνι «Ζαΐρης»")

    answer = await market.client.get(market.address(order))

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Κουδούνι «Ζαΐρης»".encode() in answer.content
    assert b"\\u" not in answer.content


async def test_in_summer_times_have_the_summer_offset(market: Market) -> None:
    await market.wait(await market.order(), in_athens(2026, 7, 1, 9, 30) - market.now)
    order = await market.accepted()

    shown = await market.show(order)

    assert shown["created_at"] == "2026-07-01T09:30:00+03:00"
    assert shown["pickup_window"] == {"from": "2026-07-01T10:00:00+03:00", "to": "2026-07-01T12:00:00+03:00"}


async def test_an_order_across_the_change_of_clocks_has_each_time_in_its_own_offset(market: Market) -> None:
    await market.wait(await market.order(), in_athens(2026, 3, 28, 13) - market.now)
    order = await market.order()

    shown = await market.show(order)

    assert (shown["created_at"], shown["expires_at"]) == (
        "2026-03-28T13:00:00+02:00",
        "2026-03-29T14:00:00+03:00",
    )
    assert shown["accept_options"]["pickup_window"][0]["label"] == "10:00 - 12:00, Δευ 30/03/26"


async def test_times_are_shown_to_the_second(market: Market) -> None:
    moment = in_athens(2026, 3, 4, 9).replace(second=7, microsecond=123456)
    await market.wait(await market.order(), moment - market.now)

    assert (await market.show(await market.order()))["created_at"] == "2026-03-04T09:00:07+02:00"


async def test_each_weekday_has_its_greek_name(stoa: Stoa) -> None:
    daily = Calendar(weekdays=frozenset(range(7)), slots=(Slot(time(9, 30), time(21)),))
    async with opening_a_market(stoa, calendar=daily) as market:
        await market.wait(await market.order(), in_athens(2026, 5, 4, 8) - market.now)
        first = await market.show(await market.order())
        await market.wait(await market.order(), in_athens(2026, 5, 8, 23) - market.now)
        second = await market.show(await market.order())

    windows = first["accept_options"]["pickup_window"] + second["accept_options"]["pickup_window"][:2]
    assert [window["label"] for window in windows] == [
        "09:30 - 21:00, Δευ 04/05/26",
        "09:30 - 21:00, Τρί 05/05/26",
        "09:30 - 21:00, Τετ 06/05/26",
        "09:30 - 21:00, Πέμ 07/05/26",
        "09:30 - 21:00, Παρ 08/05/26",
        "09:30 - 21:00, Σάβ 09/05/26",
        "09:30 - 21:00, Κυρ 10/05/26",
    ]


async def test_an_accepted_order_says_when_where_and_how_many(market: Market) -> None:
    order = await market.order()
    await market.ask(
        order, "accept", {"pickup_location": "onpL6DXG4l", "pickup_window": 4, "number_of_parcels": 2}
    )

    shown = await market.show(order)

    assert {field: shown[field] for field in AGREED} == {
        "pickup_window": {"from": "2026-03-04T15:00:00+02:00", "to": "2026-03-04T18:00:00+02:00"},
        "pickup_address": "Σταδίου 1, Τ.Κ. 12345, Αθήνα, Αττική",
        "number_of_parcels": 2,
    }


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DISPATCHED])
async def test_an_order_cancelled_after_acceptance_keeps_what_was_agreed(
    market: Market, state: State
) -> None:
    order = await market.order_in(state)
    before = await market.show(order)

    await market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)

    assert await market.show(order) == before | {"state": "cancelled"}


def the(order: Json, *fields: str) -> tuple[Any, ...]:
    return tuple(order[field] for field in fields)


async def test_money_is_shown_as_in_the_samples(market: Market) -> None:
    swimsuit = a_line(unit_price_cents=1799, quantity=2, commission_rate=834)
    conditioner = a_line(unit_price_cents=2500, quantity=1, commission_rate=928)
    steam_pod = a_line(unit_price_cents=1040, quantity=2, commission_rate=834)
    order = await market.show(await market.order(lines=(swimsuit, conditioner, steam_pod)))

    money = [
        the(line, "unit_price", "total_price", "commission_rate", "commission")
        for line in order["line_items"]
    ]
    assert money == [(17.99, 35.98, 8.34, 3.0), (25, 25, 9.28, 2.32), (10.4, 20.8, 8.34, 1.73)]
    assert order["commission"] == 7.05


async def test_money_has_no_rounding_error_and_no_exponent(market: Market) -> None:
    lines = tuple(a_line(unit_price_cents=cents, quantity=3) for cents in (1, 10, 110, 999_999_999))
    answer = await market.client.get(market.address(await market.order(lines=lines)))

    assert [line["total_price"] for line in answer.json()["order"]["line_items"]] == [
        0.03,
        0.3,
        3.3,
        29_999_999.97,
    ]
    assert b"29999999.97" in answer.content


async def test_a_line_without_commission_says_so(market: Market) -> None:
    order = await market.show(await market.order(lines=(a_line(commission_rate=0),)))

    assert the(order["line_items"][0], "commission", "commission_rate") == (0, 0)
    assert order["commission"] == 0


async def test_a_line_has_its_optional_fields_each_at_its_place(market: Market) -> None:
    size = Size(
        label="Ηλικία",
        value="14 χρονών",
        shop_value="12-14",
        shop_variation_uid="40575312-14",
        ean="1234567890321",
        mpn="JA-1059",
    )
    line = a_line(
        shop_variation_uid="40575312-14",
        size=size,
        ean="1234567890123",
        mpn="JA-1060",
        extra_info="Χρώμα: Πράσινο\nΒαθμοί SPH: -6.50",
        serial_numbers=("SN12345", "SN56789"),
        tags=tuple(LineTag),
        island_vat_discount=True,
        price_includes_vat=False,
        readjusted_vat=True,
        vat_rate=1700,
    )
    order = await market.order(lines=(line,))

    (shown,) = (await market.show(order))["line_items"]

    assert json.encode(shown, order=None) == json.encode(
        {
            "id": order.lines[0].id,
            "shop_uid": "405753",
            "shop_variation_uid": "40575312-14",
            "product_name": "Καφετιέρα 12 φλιτζανιών",
            "quantity": 2,
            "size": {
                "label": "Ηλικία",
                "value": "14 χρονών",
                "shop_value": "12-14",
                "shop_variation_uid": "40575312-14",
                "ean": "1234567890321",
                "mpn": "JA-1059",
            },
            "unit_price": 17.99,
            "total_price": 35.98,
            "price_includes_vat": False,
            "commission": 3.0,
            "commission_rate": 8.34,
            "island_vat_discount_applied": True,
            "ean": "1234567890123",
            "mpn": "JA-1060",
            "extra_info": "Χρώμα: Πράσινο\nΒαθμοί SPH: -6.50",
            "serial_numbers": "SN12345,SN56789",
            "tags": [
                "plus_deal",
                "coupon_deal",
                "two_plus_deal",
                "coupons",
                "price_optimizer",
                "cc_installments",
            ],
            "readjusted_vat": True,
            "vat_ratio": 17.0,
        }
    )


async def test_a_size_has_only_the_codes_that_are_known(market: Market) -> None:
    size = Size(label="Μέγεθος", value="42", shop_value="EU 42")
    order = await market.show(await market.order(lines=(a_line(size=size),)))

    assert order["line_items"][0]["size"] == {"label": "Μέγεθος", "value": "42", "shop_value": "EU 42"}


REASONS = {
    1: "no_stock",
    2: "wrong_price",
    4: "limited_stock",
    5: "discontinuation",
    6: "content_mistake",
}


async def test_a_rejected_line_says_why(market: Market) -> None:
    order = await market.order(lines=tuple(a_line() for _ in range(6)))
    reasons = [
        {"id": line.id, "reason_id": number, "available_quantity": 0}
        for line, number in zip(order.lines, REASONS, strict=False)
    ]

    await market.ask(order, "reject", {"line_items": reasons})

    shown = await market.show(order)
    assert [line.get("rejection_reason") for line in shown["line_items"]] == [*REASONS.values(), None]
    assert "rejection_info" not in shown


@pytest.mark.parametrize(
    ("actor", "shown_as"), [(Actor.MERCHANT, "merchant"), (Actor.MARKETPLACE, "skroutz")]
)
async def test_a_rejection_in_other_words_says_whose_they_are(
    market: Market, actor: Actor, shown_as: str
) -> None:
    order = await market.order()

    await market.happen(order, asked.Reject(other="Για προσωπικούς λόγους"), by=actor)

    shown = await market.show(order)
    assert shown["rejection_info"] == {"reason": "Για προσωπικούς λόγους", "actor": shown_as}


CALLABLE = a_customer(phone="2109999999", mobile="(+30) 6999999999")


@pytest.mark.parametrize(
    "which", [{"fulfilment": Fulfilment.MERCHANT}, {"invoice": an_invoice()}], ids=["ships", "invoices"]
)
async def test_a_merchant_who_ships_or_invoices_learns_the_customers_telephone(
    market: Market, which: dict[str, Any]
) -> None:
    order = await market.show(await market.order(customer=CALLABLE, **which))

    assert list(order["customer"]) == ["id", "first_name", "last_name", "phone", "mobile", "address"]
    assert the(order["customer"], "phone", "mobile") == ("2109999999", "(+30) 6999999999")


@pytest.mark.parametrize(
    "fulfilment", [Fulfilment.MARKETPLACE, Fulfilment.WAREHOUSE, Fulfilment.STORE_PICKUP]
)
async def test_other_merchants_do_not_learn_the_telephone(market: Market, fulfilment: Fulfilment) -> None:
    order = await market.order(customer=CALLABLE, fulfilment=fulfilment)
    answer = await market.client.get(market.address(order))

    assert "phone" not in answer.text
    assert "9999999" not in answer.text


async def test_a_telephone_that_is_not_known_is_left_out(market: Market) -> None:
    mobile = a_customer(mobile="6999999999")
    order = await market.show(await market.order(customer=mobile, invoice=an_invoice()))

    assert "phone" not in order["customer"]
    assert order["customer"]["mobile"] == "6999999999"


async def test_nobody_learns_the_customers_email(market: Market) -> None:
    order = await market.order(invoice=an_invoice(), fulfilment=Fulfilment.MERCHANT)

    assert "eleni@example.com" not in (await market.client.get(market.address(order))).text


async def test_a_plus_customer_is_marked(market: Market) -> None:
    order = await market.show(await market.order(customer=a_customer(plus_user=True)))

    assert list(order["customer"]) == ["id", "first_name", "last_name", "address", "skroutz_plus_user"]
    assert order["customer"]["skroutz_plus_user"] is True


async def test_the_same_customer_has_the_same_id_in_a_shop_and_another_elsewhere(
    stoa: Stoa, market: Market
) -> None:
    ids = [(await market.show(await market.order()))["customer"]["id"] for _ in range(2)]
    async with opening_a_market(stoa) as neighbour:
        elsewhere = (await neighbour.show(await neighbour.order()))["customer"]["id"]

    assert ids[0] == ids[1] != elsewhere


async def test_an_address_has_its_optional_fields_each_at_its_place(market: Market) -> None:
    address = an_address(
        floor="3ος", comments="Στο θυρωρείο", collection_point="Κατάστημα ACS: ΠΕΤΡΟΥ ΡΑΛΛΗ 45, ΤΑΥΡΟΣ, 17778"
    )
    order = await market.show(await market.order(address=address))

    assert list(order["customer"]["address"].items()) == [
        ("street_name", "Πανεπιστημίου"),
        ("street_number", "4"),
        ("floor", "3ος"),
        ("zip", "12345"),
        ("city", "Αθήνα"),
        ("region", "Αττική"),
        ("country_code", "GR"),
        ("pickup_from_collection_point", True),
        ("collection_point_address", "Κατάστημα ACS: ΠΕΤΡΟΥ ΡΑΛΛΗ 45, ΤΑΥΡΟΣ, 17778"),
        ("comments", "Στο θυρωρείο"),
    ]


DETAILS = {
    "company": "ACME",
    "profession": "Υπηρεσίες διαδικτύου",
    "vat_number": "111119191",
    "doy": "ΙΒ Αθηνών",
    "address": {
        "street_name": "Σταδίου",
        "street_number": "1",
        "zip": "12345",
        "city": "Αθήνα",
        "region": "Αττική",
    },
    "vat_exclusion_requested": False,
}


async def test_an_order_with_an_invoice_says_whom_to_invoice(market: Market) -> None:
    order = await market.show(await market.order(invoice=an_invoice()))

    assert the(order, "invoice", "invoice_document") == (True, "invoice")
    assert list(order["invoice_details"].items()) == list(DETAILS.items())


REPRESENTATIVE = {"id_type": "ΑΤ Αστυνομική Ταυτότητα", "id_number": "12345", "otp": "123456"}


async def test_an_exclusion_of_vat_is_shown_with_its_proofs(market: Market) -> None:
    excluded = an_invoice(
        vat_exclusion_requested=True,
        vat_exclusion_verification_method="documents",
        vat_exclusion_documents=("https://files.example.com/1.pdf", "https://files.example.com/2.pdf"),
        vat_exclusion_representative=VatRepresentative(**REPRESENTATIVE, mobile="6999999999"),
    )
    order = await market.show(await market.order(invoice=excluded))

    assert order["invoice_document"] == "invoice_39a"
    assert list(order["invoice_details"].items()) == list(
        (
            DETAILS
            | {
                "vat_exclusion_requested": True,
                "vat_exclusion_verification_method": "documents",
                "vat_exclusion_documents": [
                    "https://files.example.com/1.pdf",
                    "https://files.example.com/2.pdf",
                ],
                "vat_exclusion_representative": REPRESENTATIVE | {"mobile": "6999999999"},
            }
        ).items()
    )


async def test_a_company_of_another_country_of_the_union_is_invoiced_by_vies(market: Market) -> None:
    abroad = an_invoice(vat_number="DE111119191", vat_exclusion_requested=True)

    assert (await market.show(await market.order(invoice=abroad)))["invoice_document"] == "invoice_vies"


async def test_every_payment_but_cash_on_delivery_is_paid_by_the_user(market: Market) -> None:
    orders = [await market.show(await market.order(payment_method=method)) for method in PaymentMethod]

    assert {order["payment_method"]: order["paid_by_user"] for order in orders} == dict.fromkeys(
        ("card", "loan", "bank_transfer", "iris", "wallet", "edenred", "revolut"), True
    ) | {"cash_on_delivery": False}


async def test_only_a_merchant_who_ships_is_told_the_cost_of_shipping(market: Market) -> None:
    shipping = {
        fulfilment: (await market.show(await market.order(fulfilment=fulfilment, shipping_cents=350))).get(
            "shipping_cost"
        )
        for fulfilment in Fulfilment
    }

    assert shipping == dict.fromkeys(Fulfilment) | {Fulfilment.MERCHANT: 3.5}


async def test_free_shipping_is_a_cost_of_nothing(market: Market) -> None:
    assert (await market.show(await market.order(fulfilment=Fulfilment.MERCHANT)))["shipping_cost"] == 0


async def test_each_kind_of_fulfilment_has_its_flags_and_its_courier(market: Market) -> None:
    shown = {
        fulfilment: the(
            await market.show(await market.order(fulfilment=fulfilment)),
            "fulfilled_by_skroutz",
            "store_pickup",
            "courier",
        )
        for fulfilment in Fulfilment
    }

    assert shown == {
        Fulfilment.MARKETPLACE: (False, False, "Skroutz Last Mile"),
        Fulfilment.MERCHANT: (False, False, None),
        Fulfilment.WAREHOUSE: (True, False, "Skroutz Last Mile"),
        Fulfilment.STORE_PICKUP: (False, True, None),
    }


async def test_fees_are_named_only_where_there_are_any(market: Market) -> None:
    some = Fees(handling=150, warehouse=120)
    every = Fees(handling=150, coins=200, installments=350, warehouse=120, plus_user=100)

    assert (await market.show(await market.order(fees=some)))["fees"] == {"handling_fee": 1.5, "fbs_fee": 1.2}
    assert list((await market.show(await market.order(fees=every)))["fees"].items()) == [
        ("handling_fee", 1.5),
        ("skroutz_coins_fee", 2),
        ("installments_fee", 3.5),
        ("fbs_fee", 1.2),
        ("plus_user_fee", 1),
    ]


async def test_a_gift_is_marked_twice(market: Market) -> None:
    order = await market.show(await market.order(gift_wrap=True))

    assert the(order, "gift_wrap", "custom") == (True, "[GIFT-WRAP]")


async def test_an_express_order_is_marked(market: Market) -> None:
    assert (await market.show(await market.order(express=True)))["express"] is True


async def test_the_shops_own_terms_are_shown(enrolled: Market) -> None:
    assert (await enrolled.show(await enrolled.order()))["set_as_ready_required"] is True


async def test_as_many_parcels_are_offered_as_the_shop_may_send(stoa: Stoa) -> None:
    async with opening_a_market(stoa, most_parcels=1) as market:
        shown = await market.show(await market.order())

    assert shown["accept_options"]["number_of_parcels"] == [1]


async def test_options_stay_as_they_were_when_the_order_was_placed(market: Market) -> None:
    order = await market.order()
    before = await market.show(order)

    await market.stoa.service.shops.change(market.shop.id, locations=(), most_parcels=1)
    later = await market.wait(order, order.options.windows[1].opens - market.now)

    assert (await market.show(later))["accept_options"] == before["accept_options"]


async def test_an_order_of_the_warehouse_has_a_delivery_note_once_it_has_left(market: Market) -> None:
    order = await market.order_in(State.ACCEPTED, fulfilment=Fulfilment.WAREHOUSE)
    before = await market.show(order)

    left = await market.happen(order, asked.PickUp())

    after = await market.show(order)
    fields = ("fbs_delivery_note", "fbs_delivery_note_url")
    assert the(before, *fields) == (None, None)
    assert the(after, *fields) == (f"ΔΑ-{order.id}", market.stoa.service.links.delivery_note(left))
    assert after["fbs_delivery_note_url"].startswith(f"{SERVER}/files/")


def reasons_and_returns(order: Json) -> tuple[list[str | None], Any]:
    return [line.get("return_reason") for line in order["line_items"]], order.get("returns")


async def test_an_order_shows_its_returns_and_why_its_lines_come_back(market: Market) -> None:
    source = await delivered(market, lines=(a_line(), a_line()))
    before = reasons_and_returns(await market.show(source))
    returned = await requested(market, source, reason=ReturnReason.WRONG_PRODUCT)
    during = reasons_and_returns(await market.show(source))
    await goes_on(market, returned, APPROVAL, asked.TrackReturn(tracking_ids=("9WDEE48L66D7Y",)))
    tracked = reasons_and_returns(await market.show(source))
    await goes_on(market, returned, asked.CancelReturn())
    other = await requested(market, source)

    assert before == ([None, None], None)
    assert during == (
        ["wrong_product", None],
        [{"return_uuid": return_code_of(returned), "tracking_ids": []}],
    )
    assert tracked == (
        ["wrong_product", None],
        [{"return_uuid": return_code_of(returned), "tracking_ids": ["9WDEE48L66D7Y"]}],
    )
    assert reasons_and_returns(await market.show(source)) == (
        ["faulty", None],
        [
            {"return_uuid": return_code_of(returned), "tracking_ids": ["9WDEE48L66D7Y"]},
            {"return_uuid": return_code_of(other), "tracking_ids": []},
        ],
    )


async def test_what_the_merchant_wrote_down_itself_is_none_of_the_orders_returns(market: Market) -> None:
    source = await delivered(market)
    await place_document(market, source)

    assert "returns" not in await market.show(source)


FOUR_WORDS = {
    "faulty": "faulty",
    "wrong_product": "wrong_product",
    "withdrawal": "withdrawal",
    "damaged_product": "faulty",
    "expired_product": "faulty",
    "authenticity_doubt": "wrong_product",
    "delivery_issues": "withdrawal",
    "missing_part": "faulty",
    "other": "withdrawal",
}


@pytest.mark.parametrize("reason", ReturnReason)
async def test_a_line_says_why_it_comes_back_in_the_words_that_orders_have(
    market: Market, reason: ReturnReason
) -> None:
    source = await delivered(market)
    await requested(market, source, reason=reason)

    (line,) = (await market.show(source))["line_items"]

    assert line["return_reason"] == FOUR_WORDS[reason]
