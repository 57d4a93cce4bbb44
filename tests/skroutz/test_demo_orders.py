"""The demo orders and the demo return: for any shop's token, as often as wanted, and nothing of it is kept (sandbox)."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from stoa.orders.order import Order
from tests.conftest import SERVER, opening_a_shop
from tests.database_contents import contents
from tests.skroutz.coming_back import review, shown
from tests.skroutz.fields import AGREED, ALWAYS, OPTIONS, in_order
from tests.skroutz.market import SUCCESS, Json, Market, answered, at_fault, opening_a_market, refusal

OPEN = (
    "DEMO-OPEN",
    "DEMO-INVOICE",
    "DEMO-INVOICE39A",
    "DEMO-INVOICE-VIES",
    "DEMO-STORE-PICKUP",
    "DEMO-REPLACED",
)
ACCEPTED = ("DEMO-ACCEPTED", "DEMO-FBS", "DEMO-FEES", "DEMO-REPLACEMENT", "DEMO-RETURN")
STATES = (
    dict.fromkeys(OPEN, "open")
    | dict.fromkeys(ACCEPTED, "accepted")
    | {"DEMO-REJECTED": "rejected", "DEMO-FBS-DISPATCHED": "dispatched"}
)

OF_THEIR_OWN = {
    "DEMO-REJECTED": {"rejection_info"},
    "DEMO-INVOICE": {"invoice_details"},
    "DEMO-INVOICE39A": {"invoice_details"},
    "DEMO-INVOICE-VIES": {"invoice_details"},
    "DEMO-REPLACEMENT": {"replacements"},
    "DEMO-REPLACED": {"replaced"},
    "DEMO-RETURN": {"returns"},
}

IN_STATE: dict[str, set[str]] = {"open": OPTIONS, "accepted": AGREED, "rejected": set(), "dispatched": AGREED}


async def all_shown(market: Market) -> dict[str, Json]:
    return {code: await market.show(code) for code in STATES}


async def test_there_are_thirteen_each_in_its_state_under_its_code(market: Market) -> None:
    shown = await all_shown(market)

    assert len(shown) == 13
    assert {code: order["state"] for code, order in shown.items()} == STATES
    assert [order["code"] for order in shown.values()] == list(STATES)


async def test_each_has_the_fields_of_its_state_and_kind_in_the_one_order(market: Market) -> None:
    shown = await all_shown(market)

    assert {code: list(order) for code, order in shown.items()} == {
        code: in_order(ALWAYS | IN_STATE[state] | OF_THEIR_OWN.get(code, set()))
        for code, state in STATES.items()
    }


async def test_those_in_transit_have_a_tracking_code_and_those_with_a_voucher_its_address(
    market: Market,
) -> None:
    shown = await all_shown(market)

    tracked = {code for code, order in shown.items() if order["courier_tracking_codes"] == ["123456789"]}
    untracked = {code for code, order in shown.items() if order["courier_tracking_codes"] == []}
    with_voucher = {code for code, order in shown.items() if order["courier_voucher"] is not None}
    assert tracked == {*ACCEPTED, "DEMO-FBS-DISPATCHED"}
    assert untracked == {*OPEN, "DEMO-REJECTED"}
    assert with_voucher == {*ACCEPTED} - {"DEMO-FBS"}


async def test_the_open_one_is_rich_in_lines(market: Market) -> None:
    order = await market.show("DEMO-OPEN")

    lines = order["line_items"]
    assert [line["tags"] for line in lines] == [
        ["plus_deal", "price_optimizer"],
        ["coupon_deal"],
        ["two_plus_deal"],
    ]
    assert [line["total_price"] for line in lines] == [35.98, 200, 51]
    assert ["size" in line for line in lines] == [True, False, False]
    assert ["extra_info" in line for line in lines] == [False, False, True]
    assert order["invoice_document"] == "receipt"
    assert order["courier"] == "CourierCenter"
    assert order["fees"] == {}


async def test_the_rejected_one_was_rejected_in_the_merchants_own_words(market: Market) -> None:
    info = (await market.show("DEMO-REJECTED"))["rejection_info"]

    assert info["actor"] == "merchant"
    assert info["reason"].startswith("Το κατάστημά μας είναι κλειστό")


async def test_those_with_an_invoice_say_which_document_it_is(market: Market) -> None:
    shown = [await market.show(code) for code in ("DEMO-INVOICE", "DEMO-INVOICE39A", "DEMO-INVOICE-VIES")]

    assert [order["invoice_document"] for order in shown] == ["invoice", "invoice_39a", "invoice_vies"]
    assert [order["invoice_details"]["vat_exclusion_requested"] for order in shown] == [False, True, True]
    assert all(order["customer"]["phone"] and order["customer"]["mobile"] for order in shown)


async def test_article_39a_applies_to_a_line_and_names_a_representative(market: Market) -> None:
    order = await market.show("DEMO-INVOICE39A")

    assert [line["price_includes_vat"] for line in order["line_items"]] == [True, False, True]
    details = order["invoice_details"]
    assert set(details["vat_exclusion_representative"]) == {"id_type", "id_number", "otp"}
    assert details["vat_exclusion_verification_method"] == "service"


async def test_those_of_the_warehouse_have_its_fee_and_serial_numbers(market: Market) -> None:
    shown = [await market.show(code) for code in ("DEMO-FBS", "DEMO-FBS-DISPATCHED")]

    assert [order["fulfilled_by_skroutz"] for order in shown] == [True, True]
    assert [order["fees"] for order in shown] == [{"fbs_fee": 1.2}] * 2
    assert [order["line_items"][1]["serial_numbers"] for order in shown] == ["SN12345,SN56789"] * 2
    assert (shown[0]["fbs_delivery_note"], shown[0]["fbs_delivery_note_url"]) == (None, None)
    assert shown[1]["fbs_delivery_note"]
    assert shown[1]["fbs_delivery_note_url"]


async def test_the_one_for_the_store_has_no_courier(market: Market) -> None:
    order = await market.show("DEMO-STORE-PICKUP")

    assert (order["store_pickup"], order["courier"]) == (True, None)


async def test_the_one_with_fees_has_all_but_that_of_the_warehouse(market: Market) -> None:
    fees = (await market.show("DEMO-FEES"))["fees"]

    assert set(fees) == {"handling_fee", "skroutz_coins_fee", "installments_fee", "plus_user_fee"}
    assert all(fee > 0 for fee in fees.values())


async def test_links_between_orders_and_returns_have_the_documented_shape(market: Market) -> None:
    shown = await all_shown(market)

    (replacement,) = shown["DEMO-REPLACEMENT"]["replacements"]
    assert set(replacement) == {"code", "type"}
    assert replacement["type"] in {"from_service", "as_is_return"}
    assert isinstance(shown["DEMO-REPLACED"]["replaced"], str)
    assert [set(one) for one in shown["DEMO-RETURN"]["returns"]] == [{"return_uuid", "tracking_ids"}] * 2


async def test_the_files_that_they_name_are_there(market: Market, stranger: httpx.AsyncClient) -> None:
    fields = ("courier_voucher", "uploaded_invoice_file", "fbs_delivery_note_url")
    urls = {order[field] for order in (await all_shown(market)).values() for field in fields} - {None}

    answers = [await stranger.get(urlsplit(url).path) for url in urls]

    assert len(urls) == 3
    assert all(url.startswith(f"{SERVER}/files/samples/") for url in urls)
    assert all(answer.content.startswith(b"%PDF-") for answer in answers)


async def test_a_sample_that_is_none_is_not_found(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/files/samples/secrets.pdf")).status_code == 404


async def test_every_shop_sees_the_same(market: Market) -> None:
    async with opening_a_market(market.stoa) as neighbour:
        assert await all_shown(neighbour) == await all_shown(market)


async def test_a_code_is_written_in_capitals(market: Market) -> None:
    answer = await market.client.get(market.address("Demo-Open"))

    assert answered(answer) == refusal("order_error", "Order not found", 404)


async def a_choice_for(market: Market, code: str) -> Json:
    options = (await market.show(code)).get("accept_options") or (await market.show("DEMO-OPEN"))[
        "accept_options"
    ]
    return {
        "pickup_location": options["pickup_location"][0]["id"],
        "pickup_window": options["pickup_window"][0]["id"],
    }


async def test_each_answers_an_acceptance_as_a_real_order_in_its_state_any_number_of_times(
    market: Market,
) -> None:
    answers = {}
    for code in STATES:
        choice = await a_choice_for(market, code)
        answers[code] = [answered(await market.ask(code, "accept", choice)) for _ in range(3)]

    assert answers == {
        code: [SUCCESS if state == "open" else refusal("order_status", f"Order already {state}.")] * 3
        for code, state in STATES.items()
    }


async def test_each_answers_a_rejection_as_a_real_order_in_its_state_any_number_of_times(
    market: Market,
) -> None:
    in_other_words = {"rejection_reason_other": "Κλειστά"}

    answers = {
        code: [answered(await market.ask(code, "reject", in_other_words)) for _ in range(3)]
        for code in STATES
    }

    assert answers == {
        code: [SUCCESS if state == "open" else refusal("order_status", f"Order already {state}.")] * 3
        for code, state in STATES.items()
    }


async def test_its_lines_are_rejected_with_the_reasons_that_it_offers(market: Market) -> None:
    order = await market.show("DEMO-OPEN")
    reasons = order["reject_options"]["line_item_rejection_reasons"]
    line = order["line_items"][0]["id"]

    answers = [
        answered(
            await market.ask(
                "DEMO-OPEN",
                "reject",
                {"line_items": [{"id": line, "reason_id": reason["id"], "available_quantity": 1}]},
            )
        )
        for reason in reasons
    ]

    assert answers == [SUCCESS] * 5


async def test_wrong_choices_are_refused_as_for_a_real_order(market: Market) -> None:
    choice = await a_choice_for(market, "DEMO-OPEN")
    line = (await market.show("DEMO-OPEN"))["line_items"][0]["id"]
    limited = {"line_items": [{"id": line, "reason_id": 4}]}

    answers = [
        await market.ask("DEMO-OPEN", "accept", choice | {"pickup_location": "nowhere"}),
        await market.ask("DEMO-OPEN", "accept", choice | {"pickup_window": 99}),
        await market.ask("DEMO-OPEN", "accept", {}),
        await market.ask("DEMO-OPEN", "reject", {}),
        await market.ask("DEMO-OPEN", "reject", limited),
        await market.client.post(market.address("DEMO-OPEN", "accept"), content="{"),
    ]

    assert [at_fault(answer) for answer in answers] == [
        (422, "pickup_location"),
        (422, "pickup_window"),
        (422, "pickup_location"),
        (422, "line_items"),
        (422, "available_quantity"),
        (400, "invalid_format"),
    ]


async def test_nothing_that_is_asked_of_them_is_kept(market: Market) -> None:
    before = await contents(market.stoa.service.pool)
    invoice = {"invoice_file": ("invoice.pdf", b"%PDF-1.4\n%%EOF\n")}
    parcel = {"tracking_details": [{"courier": "acs", "tracking_code": "1"}]}

    for code in STATES:
        await market.ask(code, "accept", await a_choice_for(market, code))
        await market.ask(code, "reject", {"rejection_reason_other": "Κλειστά"})
        await market.ask(code, "set_as_ready")
        await market.ask(code, "set_as_not_ready")
        await market.ask(code, "tracking_details", parcel)
        await market.client.post(market.address(code, "invoices"), files=invoice)

    assert await contents(market.stoa.service.pool) == before


async def test_they_are_fresh_whenever_they_are_read(market: Market) -> None:
    order = await market.show("DEMO-OPEN")

    assert order["created_at"] == "2026-03-03T12:00:00+02:00"
    assert order["expires_at"] == "2026-03-04T12:00:00+02:00"
    assert order["accept_options"]["pickup_window"][0]["label"] == "15:00 - 18:00, Τρί 03/03/26"


TRIGGERS = ("creation", "voucher_update", "extension", "cancellation")


async def triggered(market: Market, kind: str) -> dict[str, Json]:
    """What the shop is sent when it asks for a kind of webhook of each demo order."""
    answers = [answered(await market.ask(code, f"trigger_webhook_request/{kind}")) for code in STATES]
    assert answers == [SUCCESS] * 13
    return dict(zip(STATES, await market.told(None), strict=True))


async def test_a_creation_is_the_webhook_of_a_new_order(market: Market) -> None:
    sent = await triggered(market, "creation")

    assert {tuple(body) for body in sent.values()} == {("event_type", "event_time", "order")}
    assert {body["event_type"] for body in sent.values()} == {"new_order"}
    assert {code: list(body["order"].items()) for code, body in sent.items()} == {
        code: list(order.items()) for code, order in (await all_shown(market)).items()
    }


async def test_an_update_of_the_voucher_brings_its_address_and_tracking_code(market: Market) -> None:
    sent = await triggered(market, "voucher_update")

    voucher = (await market.show("DEMO-ACCEPTED"))["courier_voucher"]
    changes = {
        "courier_voucher": {"old": None, "new": voucher},
        "courier_tracking_codes": {"old": [], "new": ["123456789"]},
    }
    assert [body["changes"] for body in sent.values()] == [changes] * 13
    assert {body["order"]["state"] for body in sent.values()} == {"accepted"}


async def test_an_extension_moves_the_deadlines(market: Market) -> None:
    sent = await triggered(market, "extension")

    changes = {
        "expires_at": {"old": "2026-03-04T12:00:00+02:00", "new": "2026-03-05T12:00:00+02:00"},
        "dispatch_until": {"old": "2026-03-07T12:00:00+02:00", "new": "2026-03-08T12:00:00+02:00"},
    }
    assert [body["changes"] for body in sent.values()] == [changes] * 13
    assert {body["order"]["expires_at"] for body in sent.values()} == {"2026-03-05T12:00:00+02:00"}


async def test_a_cancellation_ends_the_order(market: Market) -> None:
    sent = await triggered(market, "cancellation")

    assert {code: body["changes"] for code, body in sent.items()} == {
        code: {"state": {"old": state, "new": "cancelled"}} for code, state in STATES.items()
    }
    assert {body["order"]["state"] for body in sent.values()} == {"cancelled"}


@pytest.mark.parametrize("kind", TRIGGERS)
async def test_a_triggered_order_has_only_what_its_state_allows(market: Market, kind: str) -> None:
    orders = [body["order"] for body in (await triggered(market, kind)).values()]

    assert [order["code"] for order in orders] == list(STATES)
    for order in orders:
        fields, state = set(order), order["state"]
        assert list(order) == in_order(fields)
        assert (fields & OPTIONS == OPTIONS) is (state == "open")
        assert (fields & AGREED == AGREED) >= (state in {"accepted", "dispatched"})
        assert ("rejection_info" in fields) is (state == "rejected")


async def test_a_triggered_webhook_waits_to_be_sent_and_belongs_to_no_order(market: Market) -> None:
    before = await contents(market.stoa.service.pool)

    await market.ask("DEMO-OPEN", "trigger_webhook_request/creation")

    after = await contents(market.stoa.service.pool)
    assert {table for table in after if after[table] != before[table]} == {"deliveries"}
    assert len(after["deliveries"]) == len(before["deliveries"]) + 1


async def test_a_real_order_triggers_nothing(market: Market) -> None:
    order: Order = await market.order()
    before = await market.payloads(order)

    answers = [at_fault(await market.ask(order, f"trigger_webhook_request/{kind}")) for kind in TRIGGERS]

    assert answers == [(422, "order_error")] * 4
    assert (await market.payloads(order), await market.payloads(None)) == (before, [])


async def test_a_shop_without_a_webhook_address_has_nowhere_to_be_told(market: Market) -> None:
    async with opening_a_shop(market.stoa) as merchant:
        deaf = Market(market.stoa, merchant)

        answer = await deaf.ask("DEMO-OPEN", "trigger_webhook_request/creation")

        assert at_fault(answer) == (422, "webhook")
        assert await deaf.payloads(None) == []


async def test_the_demo_return_shows_every_field_that_a_return_can_have(market: Market) -> None:
    one = await shown(market, "DEMO-RETURN")

    assert list(one) == [
        "return_code",
        "state",
        "order_code",
        "created_at",
        "courier_tracking_ids",
        "courier",
        "returning_address",
        "return_line_items",
        "review_options",
    ]
    (item,) = one["return_line_items"]
    assert list(item) == [
        "id",
        "ean",
        "product_name",
        "returning_quantity",
        "return_reason",
        "user_comment",
        "user_photos",
    ]
    assert isinstance(item["ean"], str)
    assert (one["return_code"], one["state"]) == ("DEMO-RETURN", "pending_merchant_review")
    assert [option["option"] for option in one["review_options"]] == [
        "approve",
        "send_missing_part",
        "resolved_via_customer_communication",
        "part_not_included",
        "incorrect_skroutz_content",
    ]


async def test_the_demo_return_and_the_demo_order_know_of_each_other(market: Market) -> None:
    one = await shown(market, "DEMO-RETURN")
    source = await market.show(one["order_code"])

    assert {"return_uuid": "DEMO-RETURN", "tracking_ids": one["courier_tracking_ids"]} in source["returns"]
    assert one["created_at"] == "2026-03-03T10:00:00Z"
    assert source["created_at"] == "2026-03-03T12:00:00+02:00"
    (item,) = one["return_line_items"]
    assert item["id"] in [line["id"] for line in source["line_items"]]


async def test_every_option_of_the_demo_return_succeeds_any_number_of_times_and_nothing_is_kept(
    market: Market,
) -> None:
    before = await contents(market.stoa.service.pool)
    said = {"comment": "Χωριστά", "proposed_part_url": "https://www.example.com/parts/1"}
    options = [option["option"] for option in (await shown(market, "DEMO-RETURN"))["review_options"]]

    answers = [answered(await review(market, "DEMO-RETURN", option=option, **said)) for option in options * 3]

    assert answers == [SUCCESS] * 15
    assert (await shown(market, "DEMO-RETURN"))["state"] == "pending_merchant_review"
    assert await contents(market.stoa.service.pool) == before


WRONG_REVIEWS: list[tuple[Json, str]] = [
    ({}, "option"),
    ({"option": "not_faulty", "comment": "Δουλεύει"}, "option"),
    ({"option": "incorrect_skroutz_content"}, "comment"),
    ({"option": "approve", "comment": "ά" * 1001}, "comment"),
    ({"option": "part_not_included", "comment": "Χωριστά"}, "proposed_part_url"),
]


@pytest.mark.parametrize(("body", "code"), WRONG_REVIEWS)
async def test_the_demo_return_refuses_what_a_real_one_would(market: Market, body: Any, code: str) -> None:
    assert at_fault(await review(market, "DEMO-RETURN", **body)) == (422, code)


async def test_every_shop_sees_the_same_demo_return(market: Market) -> None:
    async with opening_a_market(market.stoa) as neighbour:
        assert await shown(neighbour, "DEMO-RETURN") == await shown(market, "DEMO-RETURN")


async def test_a_shop_that_has_switched_its_webhook_off_is_told_so_when_it_asks_for_one(
    market: Market,
) -> None:
    await market.stoa.service.shops.switch_endpoint(market.shop.id, "skroutz_orders", enabled=False)

    answer = await market.ask("DEMO-OPEN", "trigger_webhook_request/creation")

    assert at_fault(answer) == (422, "webhook")
    assert await market.told(None) == []
