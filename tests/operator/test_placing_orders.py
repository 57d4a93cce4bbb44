import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from stoa.app import Stoa
from tests.builders import NOON
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.operator.calls import Json, a_body, a_line, address, fault, placing, shown

DAY = timedelta(days=1)

EVERYTHING: Json = {
    "customer": {
        "first_name": "Μαρία",
        "last_name": "O'Neill-Παππά",
        "email": "maria@example.com",
        "phone": "2101234567",
        "mobile": "6971234567",
        "plus_user": True,
    },
    "address": {
        "street_name": "Αγίου Ιωάννου",
        "street_number": "12Α",
        "floor": "3ος",
        "zip": "15234",
        "city": "Χαλάνδρι",
        "region": "Αττική",
        "country_code": "GR",
        "comments": "Το κουδούνι δεν λειτουργεί",
    },
    "lines": [
        {
            "shop_uid": "SHOE-1",
            "name": "Παπούτσια 👟",
            "quantity": 3,
            "unit_price_cents": 4999,
            "vat_percent": 13.5,
            "commission_rate": 8.34,
            "shop_variation_uid": "SHOE-1-42",
            "size": {
                "label": "Νούμερο",
                "value": "42",
                "shop_value": "42 EU",
                "shop_variation_uid": "SHOE-1-42",
                "ean": "5201234567890",
                "mpn": "S142",
            },
            "ean": "5201234567890",
            "mpn": "S1",
            "extra_info": "Μαύρα",
            "tags": ["plus_deal", "coupons"],
            "price_includes_vat": False,
            "island_vat_discount_applied": True,
            "readjusted_vat": True,
            "serial_numbers": ["A1", "A2"],
        }
    ],
    "payment_method": "cash_on_delivery",
    "fulfilment": "merchant",
    "courier": "acs",
    "express": True,
    "gift_wrap": True,
    "invoice": {
        "company": "ACME",
        "profession": "Εμπόριο",
        "vat_number": "111119191",
        "doy": "ΙΒ Αθηνών",
        "address": {
            "street_name": "Σταδίου",
            "street_number": "1",
            "zip": "10562",
            "city": "Αθήνα",
            "region": "Αττική",
        },
        "vat_exclusion_requested": True,
        "vat_exclusion_verification_method": "documents",
        "vat_exclusion_documents": ["https://files.example.com/1.pdf"],
        "vat_exclusion_representative": {
            "id_type": "ΑΔΤ",
            "id_number": "ΑΒ123456",
            "otp": "1234",
            "mobile": "6970000001",
        },
    },
    "fees_cents": {
        "handling_fee": 10,
        "skroutz_coins_fee": 20,
        "installments_fee": 30,
        "fbs_fee": 40,
        "plus_user_fee": 50,
    },
    "shipping_cents": 350,
    "comments": "Παρακαλώ\nγρήγορα",
    "channel": "eshop",
    "channel_ref": "WEB-17",
    "expires_at": "2026-03-04T12:00:00+02:00",
    "dispatch_until": "2026-03-05T12:00:00+02:00",
}
RENAMED = {"island_vat_discount_applied": "island_vat_discount"}
FEES = {
    "handling_fee": "handling",
    "skroutz_coins_fee": "coins",
    "installments_fee": "installments",
    "fbs_fee": "warehouse",
    "plus_user_fee": "plus_user",
}


async def test_a_placed_order_answers_with_its_number_and_its_codes(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.post(address(merchant.shop, "orders"), json=a_body())

    assert answer.status_code == 201
    placed = answer.json()
    codes = {
        "merchantpro": str(placed["id"]),
        "shopflix": f"GR--{placed['id']}--MER{merchant.shop.id}",
        "skroutz": f"260303-{placed['id']}",
    }
    assert placed == {"id": placed["id"], "codes": codes}
    assert placed["id"] >= 1_000_000


async def test_every_field_of_the_body_shows_in_the_order(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = await placing(operator, merchant.shop, **EVERYTHING)

    order = await shown(operator, merchant.shop, placed["id"])
    plain = ("payment_method", "fulfilment", "courier", "express", "gift_wrap", "shipping_cents", "comments")
    for field in (*plain, "channel", "channel_ref", "invoice"):
        assert order[field] == EVERYTHING[field], field
    _assert_shows(EVERYTHING["customer"], order["customer"])
    _assert_shows(EVERYTHING["address"], order["address"])
    _assert_shows(EVERYTHING["lines"][0], order["lines"][0], RENAMED)
    _assert_shows(EVERYTHING["fees_cents"], order["fees"], FEES)
    assert (order["expires_at"], order["dispatch_until"]) == ("2026-03-04T10:00:00Z", "2026-03-05T10:00:00Z")


def _assert_shows(given: Mapping[str, Any], order: Json, renamed: Mapping[str, str] = {}) -> None:
    assert given == {field: order[renamed.get(field, field)] for field in given}


async def test_an_order_shows_its_totals(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    lines = [
        a_line(quantity=2, unit_price_cents=1240, vat_percent=24, commission_rate=10),
        a_line(quantity=1, unit_price_cents=100, vat_percent=0),
    ]
    placed = await placing(operator, merchant.shop, lines=lines, shipping_cents=300)

    order = await shown(operator, merchant.shop, placed["id"])
    assert order["items_cents"] == 2580
    assert order["total_cents"] == 2880
    assert order["vat_cents"] == 480
    assert order["commission_cents"] == 248
    assert [line["total_cents"] for line in order["lines"]] == [2480, 100]
    assert [line["number"] for line in order["lines"]] == [1, 2]


async def test_an_order_to_a_collection_point_needs_no_street(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    point = "Skroutz Point, Ερμού 1"
    to = {"pickup_from_collection_point": True, "collection_point_address": point}
    placed = await placing(operator, merchant.shop, address=to)

    assert (await shown(operator, merchant.shop, placed["id"]))["address"]["collection_point"] == point


async def test_a_collection_point_may_belong_to_a_network(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    point = {"pickup_from_collection_point": True, "collection_point_address": "Θυρίδα 12, Ερμού 1"}
    placed = await placing(operator, merchant.shop, address=point | {"collection_network": "box_now"})

    address = (await shown(operator, merchant.shop, placed["id"]))["address"]
    assert address["collection_network"] == "box_now"


async def test_a_carrier_without_points_is_no_network(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    point = {"pickup_from_collection_point": True, "collection_point_address": "Θυρίδα 12, Ερμού 1"}
    body = a_body(address=point | {"collection_network": "acs"})
    answer = await operator.post(address(merchant.shop, "orders"), json=body)

    assert fault(answer) == (422, "invalid", "address.collection_network")


async def test_orders_of_all_shops_share_one_sequence_of_numbers(
    operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    placed = [
        (await placing(operator, shop))["id"] for shop in (merchant.shop, neighbour.shop, merchant.shop)
    ]

    assert placed == sorted(set(placed))


async def test_an_order_of_another_shop_is_not_found(
    operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    placed = await placing(operator, merchant.shop)

    answer = await operator.get(address(neighbour.shop, "orders", placed["id"]))

    assert fault(answer)[:2] == (404, "not_found")


async def test_an_order_for_an_unknown_shop_is_not_placed(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.post("/operator/v1/shops/999/orders", json=a_body())

    assert fault(answer)[:2] == (404, "not_found")


# The same request, sent again


async def test_the_same_key_and_body_is_the_same_order(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    sending = {"json": a_body(), "headers": {"Idempotency-Key": "cart 1"}}
    first = await operator.post(address(merchant.shop, "orders"), **sending)  # type: ignore[arg-type]
    before = await contents(stoa.service.pool)
    second = await operator.post(address(merchant.shop, "orders"), **sending)  # type: ignore[arg-type]

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert await contents(stoa.service.pool) == before


async def test_the_same_key_with_another_body_is_refused(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    key = {"Idempotency-Key": "cart 1"}
    await operator.post(address(merchant.shop, "orders"), json=a_body(), headers=key)
    before = await contents(stoa.service.pool)
    answer = await operator.post(address(merchant.shop, "orders"), json=a_body(express=True), headers=key)

    assert fault(answer) == (409, "idempotency_key_reused", "Idempotency-Key")
    assert await contents(stoa.service.pool) == before


async def test_the_same_key_in_another_shop_is_another_order(
    operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    key = {"Idempotency-Key": "cart 1"}
    placed = [
        (await operator.post(address(shop, "orders"), json=a_body(), headers=key)).json()["id"]
        for shop in (merchant.shop, neighbour.shop)
    ]

    assert len(set(placed)) == 2


async def test_a_key_whose_request_was_refused_can_be_used_again(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    key = {"Idempotency-Key": "cart 1"}
    refused = await operator.post(address(merchant.shop, "orders"), json=a_body(lines=[]), headers=key)
    placed = await operator.post(address(merchant.shop, "orders"), json=a_body(), headers=key)

    assert (refused.status_code, placed.status_code) == (422, 201)


async def test_twenty_at_once_with_one_key_are_one_order(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    await operator.put(address(merchant.shop, "webhook"), json={"url": "http://127.0.0.1:9/hook"})
    answers = await asyncio.gather(
        *(
            operator.post(
                address(merchant.shop, "orders"), json=a_body(), headers={"Idempotency-Key": "cart 1"}
            )
            for _ in range(20)
        )
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    kept = await contents(stoa.service.pool)
    assert [len(kept[table]) for table in ("orders", "order_events", "deliveries")] == [1, 1, 1]


async def test_twenty_at_once_with_one_key_and_two_bodies_are_one_order_and_refusals(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answers = await asyncio.gather(
        *(
            operator.post(
                address(merchant.shop, "orders"),
                json=a_body(express=bool(n % 2)),
                headers={"Idempotency-Key": "cart 1"},
            )
            for n in range(20)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 10


async def test_keys_up_to_255_characters_are_taken(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    for key, status in (("k" * 255, 201), ("k" * 256, 422), (" ", 422), ("", 422), ("κ" * 10, 201)):
        answer = await operator.post(
            address(merchant.shop, "orders"), json=a_body(), headers={b"Idempotency-Key": key.encode()}
        )
        assert answer.status_code == status, key
        if status == 422:
            assert fault(answer) == (422, "invalid", "Idempotency-Key")


async def test_an_order_of_another_channel_is_taken_over_once(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    await placing(operator, merchant.shop, channel="eshop", channel_ref="17")
    await placing(operator, merchant.shop, channel="amazon", channel_ref="17")
    await placing(operator, neighbour.shop, channel="eshop", channel_ref="17")
    before = await contents(stoa.service.pool)

    answer = await operator.post(
        address(merchant.shop, "orders"), json=a_body(channel="eshop", channel_ref="17")
    )

    assert fault(answer) == (409, "channel_ref_taken", "channel_ref")
    assert await contents(stoa.service.pool) == before


async def test_a_reference_placed_twenty_times_at_once_is_one_order(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answers = await asyncio.gather(
        *(operator.post(address(merchant.shop, "orders"), json=a_body(channel_ref="17")) for _ in range(20))
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


async def test_an_order_whose_time_is_over_before_it_begins_is_refused(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    before = await contents(stoa.service.pool)
    late: dict[str, Json] = {
        "expires_at": {"expires_at": NOON.isoformat()},
        "dispatch_until": {
            "expires_at": (NOON + 2 * DAY).isoformat(),
            "dispatch_until": (NOON + DAY).isoformat(),
        },
    }

    for field, deadlines in late.items():
        answer = await operator.post(address(merchant.shop, "orders"), json=a_body(**deadlines))
        assert fault(answer)[::2] == (409, field)
    assert await contents(stoa.service.pool) == before


async def test_an_order_that_is_worth_too_much_is_refused(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    before = await contents(stoa.service.pool)
    lines = [a_line(quantity=100_000, unit_price_cents=1_000_000_000)] * 500

    answer = await operator.post(address(merchant.shop, "orders"), json=a_body(lines=lines))

    assert fault(answer) == (409, "amount_out_of_range", "lines")
    assert await contents(stoa.service.pool) == before
