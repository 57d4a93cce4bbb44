"""Vouchers that the merchant asks for, and cancels (Shopflix Merchant API, shipments)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from stoa.app import Stoa
from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.housekeeping import Housekeeping
from stoa.orders import commands as asked
from stoa.orders.decisions import MOST_VOUCHERS
from stoa.orders.order import Actor, Fulfilment, Order
from stoa.orders.progress import Step, step_of
from stoa.orders.shop import Calendar
from tests.builders import NOON, an_address
from tests.conftest import let_timers_work
from tests.database_contents import contents
from tests.dialects.returns import OF_ORDERS
from tests.documents.papers import words_of
from tests.merchantpro.back_office import BackOffice, calling
from tests.operator import calls
from tests.shopflix.counter import (
    NO_VOUCHER,
    SALE_ORDER_NOT_FOUND,
    SHIPMENTS,
    VOUCHER_EXISTS,
    Counter,
    Json,
    answered,
    at_fault,
    opening_a_counter,
    resource,
    shipment_refusal,
)
from tests.shopflix.test_bad_input import NO_IDENTIFIERS, NO_JSON
from tests.skroutz.market import SUCCESS as TAKEN
from tests.skroutz.market import Market, a_choice

CREATED = ["Placed", "Accepted", "VoucherCreated"]

AS_ASKED = (Step.ACCEPTED, Step.IN_WORK, Step.READY)
"""Where an order gets the voucher that it is asked for."""

BEFORE_OR_BESIDE = (Step.OPEN, Step.REJECTED, Step.CANCELLED, Step.EXPIRED)
"""Where an order has no voucher and gets none."""

LABELLED = set(OF_ORDERS) - {*AS_ASKED, *BEFORE_OR_BESIDE}
"""Where it has one."""

WAITING = {Step.LABELLED, Step.IN_WORK_LABELLED, Step.READY_LABELLED}
"""Where it has one that can be cancelled."""


@pytest.fixture
async def order(counter: Counter) -> Order:
    """One that was accepted here."""
    return await counter.at(Step.ACCEPTED)


@pytest.fixture
async def office(counter: Counter) -> AsyncIterator[BackOffice]:
    """The same shop's back office."""
    token = await counter.stoa.service.shops.issue(counter.shop.id, "merchantpro", counter.market.now)
    async with calling(counter.stoa, token.key, token.secret) as client:
        yield BackOffice(counter.market, client, token)


async def voucher_of(counter: Counter, order: Order, **body: object) -> Json:
    """What is answered of a voucher that is made."""
    answer = resource(await counter.create_voucher(order, **body))
    assert list(answer) == ["voucher"]
    voucher: Json = answer["voucher"]
    return voucher


async def label_elsewhere(market: Market, order: Order) -> bytes:
    """The label as the other marketplace lets it be downloaded."""
    path = urlsplit((await market.show(order))["courier_voucher"]).path
    answer = await market.client.get(path)
    assert answer.status_code == 200
    return answer.content


def fault_of(answer: httpx.Response) -> tuple[int, str, str]:
    return at_fault(answer, named="errorCode")


async def test_a_voucher_says_who_carries_the_parcel_by_which_number_and_when_the_courier_comes(
    counter: Counter, order: Order
) -> None:
    voucher = await voucher_of(counter, order)

    assert order.acceptance
    assert order.acceptance.window
    number, comes_at = voucher["trackingNumber"], order.acceptance.window.opens
    assert number.isdecimal()
    assert list(voucher.items()) == [
        ("carrierName", "Last Mile"),
        ("deliveryKey", "last_mile"),
        ("deliveryName", "Last Mile"),
        ("trackingNumber", number),
        ("deliveryToCourierEstimationDate", str(int(comes_at.timestamp()))),
    ]
    assert comes_at.timestamp() == 1772542800  # 2026-03-03 15:00 in Athens


async def test_the_order_is_ready_for_shipment_and_shows_the_same(counter: Counter, order: Order) -> None:
    assert (await counter.show(order))["state"] == "in-processing"

    voucher = await voucher_of(counter, order)

    shown = await counter.show(order)
    assert shown["state"] == "ready-for-shipment"
    assert shown["carrier"] == {
        "shipmentId": order.id,
        "name": voucher["carrierName"],
        "deliveryName": voucher["deliveryName"],
        "deliveryKey": voucher["deliveryKey"],
        "trackingCodes": voucher["trackingNumber"],
        "comments": None,
        "deliveryToCourierEstimationDate": "2026-03-03 15:00:00",
        "deliveryToCustomerEstimationDate": None,
    }
    assert await counter.ids(status="ready-for-shipment") == [counter.identifier(order)]
    assert await counter.ids(status="in-processing") == []


AT_A_BOX = {"collection_point": "Σταθμός Λαρίσης", "collection_network": "box_now"}
AT_A_CORNER_SHOP = {"collection_point": "Περίπτερο", "collection_network": "clever_point"}

CARRIERS: tuple[tuple[str, Json, str, str, str], ...] = (
    # the carrier, where the customer fetches the parcel, and the carrier's name, the delivery's name and key
    ("last_mile", {}, "Last Mile", "Last Mile", "last_mile"),
    ("acs", {}, "ACS", "ACS", "acs"),
    ("courier_center", {}, "Courier Center", "Courier Center", "courier_center"),
    ("courier_center", AT_A_BOX, "Courier Center", "Box Now", "courier_center_box_now"),
    ("acs", AT_A_CORNER_SHOP, "ACS", "Clever Point", "acs_clever_point"),
    ("box_now", AT_A_BOX, "Box Now", "Box Now", "box_now"),
    ("acs", {"collection_point": "ACS Παγκρατίου"}, "ACS", "ACS", "acs"),
)


@pytest.mark.parametrize(("courier", "place", "carrier", "name", "key"), CARRIERS)
async def test_a_carrier_is_named_with_the_network_that_it_brings_the_parcel_to(
    counter: Counter, courier: str, place: Json, carrier: str, name: str, key: str
) -> None:
    order = await counter.at(Step.ACCEPTED, courier=courier, address=an_address(**place))

    voucher = await voucher_of(counter, order)

    assert (voucher["carrierName"], voucher["deliveryName"], voucher["deliveryKey"]) == (carrier, name, key)
    shown = (await counter.show(order))["carrier"]
    assert (shown["name"], shown["deliveryName"], shown["deliveryKey"]) == (carrier, name, key)


async def test_an_order_that_no_carrier_was_chosen_for_goes_by_the_marketplaces_own(counter: Counter) -> None:
    order = await counter.at(Step.ACCEPTED, courier=None)

    voucher = await voucher_of(counter, order)

    assert (voucher["carrierName"], voucher["deliveryKey"]) == ("Last Mile", "last_mile")


async def test_a_shop_that_no_courier_visits_at_set_times_has_its_vouchers_too(stoa: Stoa) -> None:
    async with opening_a_counter(stoa, calendar=Calendar(weekdays=frozenset())) as counter:
        order = await counter.order()
        await counter.accept(order)

        assert (await voucher_of(counter, order))["deliveryToCourierEstimationDate"] is None


async def test_the_number_and_the_label_are_those_that_every_other_api_shows(
    counter: Counter, order: Order, office: BackOffice
) -> None:
    number = (await voucher_of(counter, order))["trackingNumber"]
    label = await label_elsewhere(counter.market, order)

    assert (await counter.market.show(order))["courier_tracking_codes"] == [number]
    assert (await office.show(order.id))["shipping_awb"] == number
    assert {number, str(order.id)} <= set(words_of(label).replace("-", "\n").split("\n"))
    assert await counter.files() == set((await counter.now(order)).blobs)


async def test_the_other_marketplace_hears_of_the_voucher(counter: Counter, order: Order) -> None:
    number = (await voucher_of(counter, order, numberOfPackages=2))["trackingNumber"]

    (told,) = await counter.market.told(order)
    assert told["event_type"] == "order_updated"
    assert told["order"] == await counter.market.show(order)
    assert told["changes"] == {
        "courier_voucher": {"old": None, "new": told["order"]["courier_voucher"]},
        "courier_tracking_codes": {"old": [], "new": [number]},
        "number_of_parcels": {"old": 1, "new": 2},
    }


@pytest.mark.parametrize("parcels", [1, 2, 3])
async def test_the_number_of_packages_is_agreed_anew_and_printed(
    counter: Counter, order: Order, parcels: int
) -> None:
    await voucher_of(counter, order, numberOfPackages=parcels)

    assert (await counter.market.show(order))["number_of_parcels"] == parcels
    assert f"Τεμάχια\n{parcels}\n" in words_of(await label_elsewhere(counter.market, order))


@pytest.mark.parametrize("body", [{}, {"numberOfPackages": None}, {"packageComment": None}])
async def test_where_no_number_of_packages_is_given_the_agreed_one_stays(
    counter: Counter, body: Json
) -> None:
    order = await counter.order()
    await counter.market.happen(order, asked.Accept(parcels=2, voucher=False))

    await voucher_of(counter, order, **body)

    assert (await counter.market.show(order))["number_of_parcels"] == 2
    assert "Τεμάχια\n2\n" in words_of(await label_elsewhere(counter.market, order))


async def test_a_body_may_be_left_out(counter: Counter, order: Order) -> None:
    answer = await counter.client.post(counter.shipment(order))

    assert answer.status_code == 200, answer.text
    assert (await counter.market.show(order))["number_of_parcels"] == 1


async def test_fields_that_the_contract_does_not_have_are_ignored(counter: Counter, order: Order) -> None:
    voucher = await voucher_of(
        counter, order, carrier="acs", numberofpackages=3, number_of_packages=3, trackingNumber="1", serial=9
    )

    assert (voucher["carrierName"], voucher["trackingNumber"] == "1") == ("Last Mile", False)
    assert (await counter.market.show(order))["number_of_parcels"] == 1


async def test_the_comment_stands_on_the_label_and_is_shown_in_place_of_the_customers(
    counter: Counter,
) -> None:
    order = await counter.at(Step.ACCEPTED, address=an_address(comments="Τρίτος όροφος"))
    assert (await counter.show(order))["carrier"]["comments"] == "Τρίτος όροφος"

    await voucher_of(counter, order, packageComment="Εύθραυστο, γυαλί")

    words = words_of(await label_elsewhere(counter.market, order))
    assert "Σχόλια: Εύθραυστο, γυαλί" in words
    assert "Τρίτος όροφος" not in words
    assert (await counter.show(order))["carrier"]["comments"] == "Εύθραυστο, γυαλί"


@pytest.mark.parametrize("comment", [None, "", "   ", "\n"])
async def test_a_comment_that_says_nothing_leaves_the_customers(
    counter: Counter, comment: str | None
) -> None:
    order = await counter.at(Step.ACCEPTED, address=an_address(comments="Τρίτος όροφος"))

    await voucher_of(counter, order, packageComment=comment)

    assert (await counter.show(order))["carrier"]["comments"] == "Τρίτος όροφος"
    assert "Σχόλια: Τρίτος όροφος" in words_of(await label_elsewhere(counter.market, order))


@pytest.mark.parametrize(
    "comment",
    [
        "Ω" * 500,
        "😀🧨",
        "πρώτη\nδεύτερη\r\n\tτρίτη",
        "\u202eanaposa",
        "%s {0} </w:t>",
        "ا\u0301\u200d",
        "a\x85\x9fb",
    ],
    ids=["longest", "emoji", "lines", "right to left", "markup", "combining", "C1"],
)
async def test_any_other_comment_is_taken_as_it_is_and_the_label_can_be_printed(
    counter: Counter, order: Order, comment: str
) -> None:
    await voucher_of(counter, order, packageComment=comment)

    assert (await counter.show(order))["carrier"]["comments"] == comment
    assert "Σχόλια:" in words_of(await label_elsewhere(counter.market, order))


async def test_the_voucher_that_the_marketplace_printed_of_itself_is_this_one_too(counter: Counter) -> None:
    order = await counter.market.accepted()

    shown = await counter.show(order)
    (printed,) = resource(await counter.print_labels(order))["shipments"]

    assert shown["state"] == "ready-for-shipment"
    (number,) = (await counter.market.show(order))["courier_tracking_codes"]
    assert (shown["carrier"]["trackingCodes"], printed["trackingNumber"]) == (number, number)
    assert answered(await counter.create_voucher(order)) == VOUCHER_EXISTS


async def test_a_voucher_that_is_asked_for_before_the_worker_comes_is_the_only_one(counter: Counter) -> None:
    order = await counter.market.order()
    assert answered(await counter.market.ask(order, "accept", a_choice(order))) == TAKEN

    number = (await voucher_of(counter, order, packageComment="Εύθραυστο"))["trackingNumber"]
    await counter.market.wait(order)

    assert (await counter.show(order))["carrier"]["trackingCodes"] == number
    assert await counter.history(order) == CREATED
    assert len(await counter.files()) == 1


@pytest.mark.parametrize("step", AS_ASKED)
async def test_an_accepted_order_gets_its_voucher_however_far_the_work_is(
    counter: Counter, step: Step
) -> None:
    order = await counter.at(step)

    await voucher_of(counter, order)

    labelled = {
        Step.ACCEPTED: Step.LABELLED,
        Step.IN_WORK: Step.IN_WORK_LABELLED,
        Step.READY: Step.READY_LABELLED,
    }
    assert step_of(await counter.now(order)) is labelled[step]
    assert (await counter.show(order))["state"] == "ready-for-shipment"


async def test_an_order_that_is_not_accepted_gets_no_voucher_and_it_is_said_why(counter: Counter) -> None:
    orders = {step: await counter.at(step) for step in BEFORE_OR_BESIDE}
    before = await contents(counter.stoa.service.pool)

    answers = {step: answered(await counter.create_voucher(order)) for step, order in orders.items()}

    words = "Invalid Action: The order is {}, which does not allow this."
    assert answers == {step: shipment_refusal("10305", words.format(step)) for step in BEFORE_OR_BESIDE}
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == set()


async def test_an_order_that_has_a_voucher_gets_no_other_wherever_it_is(counter: Counter) -> None:
    orders = {step: await counter.at(step) for step in LABELLED}
    before = await contents(counter.stoa.service.pool)

    answers = {step: answered(await counter.create_voucher(order)) for step, order in orders.items()}

    assert answers == dict.fromkeys(LABELLED, VOUCHER_EXISTS)
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == set()


async def test_an_order_that_left_without_a_voucher_gets_none(counter: Counter, order: Order) -> None:
    await counter.market.happen(order, asked.PickUp())
    before = await contents(counter.stoa.service.pool)

    answer = await counter.create_voucher(order)
    assert fault_of(answer)[:2] == (400, "10305")
    assert "The order is dispatched" in answer.json()["error"]["message"]
    assert await contents(counter.stoa.service.pool) == before


@pytest.mark.parametrize("fulfilment", set(Fulfilment) - {Fulfilment.MARKETPLACE})
async def test_an_order_that_no_courier_of_the_marketplace_carries_gets_no_voucher(
    counter: Counter, fulfilment: Fulfilment
) -> None:
    order = await counter.at(Step.ACCEPTED, fulfilment=fulfilment)
    before = await contents(counter.stoa.service.pool)

    answer = await counter.create_voucher(order)

    words = "Invalid Action: Only orders that the marketplace's courier carries have vouchers."
    assert answered(answer) == shipment_refusal("10305", words)
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == set()


async def test_a_second_voucher_is_refused_and_the_first_stays(counter: Counter, order: Order) -> None:
    await voucher_of(counter, order, numberOfPackages=2)
    before, files = await contents(counter.stoa.service.pool), await counter.files()

    again = [await counter.create_voucher(order, **body) for body in ({}, {"numberOfPackages": 3})]

    assert [answered(answer) for answer in again] == [VOUCHER_EXISTS, VOUCHER_EXISTS]
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == files


async def test_what_is_no_identifier_of_an_order_here_is_not_found(
    counter: Counter, other_counter: Counter
) -> None:
    ours, others = await counter.at(Step.LABELLED), await other_counter.at(Step.LABELLED)
    unfit = f"GR--{ours.id}--MER{other_counter.shop.id}"
    named = (counter.identifier(others), other_counter.identifier(others), unfit, unfit.lower())
    before = await contents(counter.stoa.service.pool)

    for identifier in (*named, *NO_IDENTIFIERS):
        at = f"{SHIPMENTS}/{quote(identifier)}"
        for method, path in (("POST", at), ("DELETE", at), ("GET", f"{at}/print")):
            answer = await counter.client.request(method, path)
            assert answered(answer) == SALE_ORDER_NOT_FOUND, (method, identifier[:30])
    assert await contents(counter.stoa.service.pool) == before


BAD_FIELDS: dict[str, tuple[Any, ...]] = {
    "numberOfPackages": (0, -1, 4, 100, 10**30, "2", 1.5, True, False, [2], {}),
    "packageComment": ("Ω" * 501, 1, True, [], {}, "\x00", "a\x1bb", "\x7f", "\x0b"),
}


@pytest.mark.parametrize("field", BAD_FIELDS)
async def test_a_wrong_field_is_refused_by_its_name_and_changes_nothing(
    counter: Counter, order: Order, field: str
) -> None:
    before = await contents(counter.stoa.service.pool)

    for value in BAD_FIELDS[field]:
        answer = await counter.create_voucher(order, **{field: value})
        assert fault_of(answer) == (400, "10305", field), repr(value)[:40]
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == set()


async def test_a_body_that_is_no_object_of_json_is_refused_and_changes_nothing(
    counter: Counter, order: Order
) -> None:
    half_a_letter = b'{"packageComment": "\\ud800"}'
    before = await contents(counter.stoa.service.pool)

    for body in (*NO_JSON, half_a_letter):
        answer = await counter.client.post(counter.shipment(order), content=body)
        assert fault_of(answer)[:2] == (400, "10305"), body[:40]
    assert await contents(counter.stoa.service.pool) == before


@pytest.mark.parametrize("most", [1, 99])
async def test_a_shop_sends_as_many_packages_as_were_agreed_with_it_and_no_more(
    stoa: Stoa, most: int
) -> None:
    async with opening_a_counter(stoa, most_parcels=most) as counter:
        order = await counter.at(Step.ACCEPTED)

        too_many = await counter.create_voucher(order, numberOfPackages=most + 1)
        await voucher_of(counter, order, numberOfPackages=most)

        assert fault_of(too_many) == (400, "10305", "numberOfPackages")
        assert (await counter.market.show(order))["number_of_parcels"] == most


async def test_of_two_who_create_at_once_one_succeeds_and_the_label_is_the_winners(counter: Counter) -> None:
    for n in range(8):
        order = await counter.at(Step.ACCEPTED)
        # Every other time the two ask for the same page.
        packages = (1, 3) if n % 2 else (2, 2)
        answers = await asyncio.gather(
            *(counter.create_voucher(order, numberOfPackages=number) for number in packages)
        )
        winners = [number for number, one in zip(packages, answers, strict=True) if one.status_code == 200]
        assert len(winners) == 1
        assert [answered(answer) for answer in answers].count(VOUCHER_EXISTS) == 1
        assert (await counter.history(order)) == ["Placed", "VoucherCreated"]
        assert (await counter.market.show(order))["number_of_parcels"] == winners[0]
        assert f"Τεμάχια\n{winners[0]}\n" in words_of(await label_elsewhere(counter.market, order))
        assert {file for file in await counter.files() if str(order.id) in file} == set(
            (await counter.now(order)).blobs
        )


async def test_the_worker_and_the_merchant_at_once_make_one_voucher(counter: Counter) -> None:
    for n in range(6):
        order = await counter.market.order()
        await counter.market.ask(order, "accept", a_choice(order))
        answer, _ = await asyncio.gather(
            counter.create_voucher(order, numberOfPackages=1 + n % 2),
            let_timers_work(counter.stoa, counter.shop),
        )
        assert answer.status_code == 200 or answered(answer) == VOUCHER_EXISTS
        assert await counter.history(order) == CREATED
        parcels = (await counter.market.show(order))["number_of_parcels"]
        assert parcels == (1 + n % 2 if answer.status_code == 200 else 1)
        assert f"Τεμάχια\n{parcels}\n" in words_of(await label_elsewhere(counter.market, order))
        assert {file for file in await counter.files() if str(order.id) in file} == set(
            (await counter.now(order)).blobs
        )


async def test_who_comes_too_late_takes_nobodys_label_away(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, put, answers = await counter.market.order(), Blobs.put, list[httpx.Response]()
    await counter.market.ask(order, "accept", a_choice(order))
    kept = list[str]()

    async def put_while_others_are_quicker(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
        await put(blobs, key, data, content_type)
        kept.append(key)
        if len(kept) == 1:
            # The worker has printed; before it can say so, the merchant prints the same, and the courier comes.
            answers.append(await counter.create_voucher(order))
        else:
            await counter.market.happen(order, asked.PickUp())

    monkeypatch.setattr(Blobs, "put", put_while_others_are_quicker)
    await counter.market.wait(order)

    assert [fault_of(answer)[:2] for answer in answers] == [(400, "10305")]
    assert await counter.history(order) == ["Placed", "Accepted", "PickedUp", "VoucherCreated"]
    assert await counter.files() == set((await counter.now(order)).blobs)


async def test_where_files_cannot_be_kept_no_voucher_is_made(
    counter: Counter, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put(*_: object) -> None:
        raise BlobStoreUnavailable("The disk is full.")

    monkeypatch.setattr(Blobs, "put", put)
    answer = await counter.create_voucher(order)

    assert fault_of(answer)[:2] == (503, "503")
    assert (await counter.show(order))["state"] == "in-processing"


async def test_a_cancelled_voucher_leaves_the_order_in_processing_everywhere(
    counter: Counter, order: Order, office: BackOffice
) -> None:
    await voucher_of(counter, order, packageComment="Εύθραυστο")

    answer = await counter.cancel_voucher(order)

    assert (answer.status_code, answer.content) == (204, b"")
    shown, elsewhere = await counter.show(order), await counter.market.show(order)
    assert (shown["state"], shown["carrier"]["comments"]) == ("in-processing", None)
    assert (shown["carrier"]["trackingCodes"], shown["carrier"]["shipmentId"]) == (None, None)
    assert (elsewhere["courier_voucher"], elsewhere["courier_tracking_codes"]) == (None, [])
    assert elsewhere["state"] == "accepted"
    assert (await office.show(order.id))["shipping_awb"] in {None, ""}
    told = await counter.market.last_told(order)
    assert told["order"] == elsewhere
    assert {"courier_voucher", "courier_tracking_codes"} == set(told["changes"])


async def test_a_cancelled_vouchers_label_is_gone(
    counter: Counter, order: Order, stranger: httpx.AsyncClient
) -> None:
    await voucher_of(counter, order)
    path = urlsplit((await counter.market.show(order))["courier_voucher"]).path
    (file,) = await counter.files()

    await counter.cancel_voucher(order)

    assert (await stranger.get(path)).status_code == 404
    discarded = await counter.stoa.service.orders.discarded_files(1000)
    assert file in {one.blob for one in discarded}
    await Housekeeping(counter.stoa.service, counter.stoa.dialects).delete_files()
    assert await counter.files() == set()


async def test_nobody_makes_another_voucher_until_the_merchant_asks_for_it(counter: Counter) -> None:
    order = await counter.market.accepted()
    (first,) = (await counter.market.show(order))["courier_tracking_codes"]
    first_path = urlsplit((await counter.market.show(order))["courier_voucher"]).path

    await counter.cancel_voucher(order)
    later = await counter.market.wait(order, NOON - NOON)
    second = (await voucher_of(counter, order))["trackingNumber"]

    assert later.voucher is None
    assert second != first
    assert (await counter.market.show(order))["courier_tracking_codes"] == [second]
    assert (await counter.client.get(first_path)).status_code == 404
    assert second in words_of(await label_elsewhere(counter.market, order))
    await Housekeeping(counter.stoa.service, counter.stoa.dialects).delete_files()
    assert await counter.files() == set((await counter.now(order)).blobs)


async def test_a_parcel_without_its_label_is_not_ready(counter: Counter) -> None:
    order = await counter.at(Step.READY_LABELLED)

    assert (await counter.cancel_voucher(order)).status_code == 204

    assert (await counter.market.show(order))["is_ready_for_dispatch"] is False
    assert step_of(await counter.now(order)) is Step.ACCEPTED


@pytest.mark.parametrize("step", WAITING)
async def test_a_voucher_is_cancelled_once(counter: Counter, step: Step) -> None:
    order = await counter.at(step)

    answers = [await counter.cancel_voucher(order) for _ in range(3)]

    assert answers[0].status_code == 204
    assert [answered(answer) for answer in answers[1:]] == [NO_VOUCHER, NO_VOUCHER]


async def test_where_there_is_no_voucher_none_is_cancelled(counter: Counter) -> None:
    orders = {step: await counter.at(step) for step in (*AS_ASKED, *BEFORE_OR_BESIDE)}
    before = await contents(counter.stoa.service.pool)

    answers = {step: answered(await counter.cancel_voucher(order)) for step, order in orders.items()}

    assert answers == dict.fromkeys(orders, NO_VOUCHER)
    assert await contents(counter.stoa.service.pool) == before


async def test_the_voucher_of_a_parcel_that_has_left_is_not_cancelled(counter: Counter) -> None:
    orders = {step: await counter.at(step) for step in LABELLED - WAITING}
    before = await contents(counter.stoa.service.pool)

    for step, order in orders.items():
        answer = await counter.cancel_voucher(order)
        words = f"The order is {order.state.value.replace('_', ' ')}, which does not allow this."
        assert answered(answer) == shipment_refusal("10305", f"Invalid Action: {words}"), step
    assert await contents(counter.stoa.service.pool) == before


async def test_an_order_that_the_customer_cancelled_keeps_the_voucher_that_it_had(counter: Counter) -> None:
    order = await counter.at(Step.LABELLED)
    await counter.market.happen(order, asked.Cancel(), by=Actor.CUSTOMER)
    before = await contents(counter.stoa.service.pool)

    creating, cancelling = await counter.create_voucher(order), await counter.cancel_voucher(order)

    words = "Invalid Action: The order is cancelled, which does not allow this."
    assert answered(creating) == VOUCHER_EXISTS
    assert answered(cancelling) == shipment_refusal("10305", words)
    assert await contents(counter.stoa.service.pool) == before


async def test_of_two_who_cancel_at_once_one_succeeds(counter: Counter) -> None:
    for _ in range(5):
        order = await counter.at(Step.LABELLED)
        answers = await asyncio.gather(counter.cancel_voucher(order), counter.cancel_voucher(order))
        assert sorted(answer.status_code for answer in answers) == [204, 400]
        assert answered(max(answers, key=lambda answer: answer.status_code)) == NO_VOUCHER
        assert (await counter.now(order)).cancelled_vouchers == 1


async def test_a_courier_and_a_cancellation_at_once_leave_a_story_that_holds_together(
    counter: Counter, operator: httpx.AsyncClient
) -> None:
    for _ in range(8):
        order = await counter.at(Step.LABELLED)
        picking_up = operator.post(calls.address(counter.shop, "orders", order.id, "pick_up"), json={})
        answer, picked_up = await asyncio.gather(counter.cancel_voucher(order), picking_up)
        cancelled, now = answer.status_code == 204, await counter.now(order)
        assert picked_up.status_code == 200
        assert await counter.history(order) == ["Placed", *["VoucherCancelled"] * cancelled, "PickedUp"]
        assert cancelled or fault_of(answer)[:2] == (400, "10305")
        assert (now.voucher is None, now.trackings == ()) == (cancelled, cancelled)


async def test_a_voucher_is_made_and_cancelled_at_once_in_one_order_or_the_other(counter: Counter) -> None:
    for _ in range(5):
        order = await counter.at(Step.ACCEPTED)
        created, cancelled = await asyncio.gather(
            counter.create_voucher(order), counter.cancel_voucher(order)
        )
        assert created.status_code == 200
        assert cancelled.status_code == 204 or answered(cancelled) == NO_VOUCHER
        assert ((await counter.now(order)).voucher is None) is (cancelled.status_code == 204)


async def test_an_order_has_ninety_nine_vouchers_and_no_more(counter: Counter) -> None:
    order = await counter.at(Step.ACCEPTED, cancelled_vouchers=MOST_VOUCHERS - 1)

    last = (await voucher_of(counter, order))["trackingNumber"]
    await counter.cancel_voucher(order)
    answer = await counter.create_voucher(order)

    assert last[-3:-1] == "99"
    words = "Invalid Action: The order has had so many vouchers that it gets no more."
    assert answered(answer) == shipment_refusal("10305", words)
    assert answered(await counter.cancel_voucher(order)) == NO_VOUCHER


@pytest.mark.parametrize("call", ["create", "cancel"])
async def test_an_order_that_is_deleted_meanwhile_is_not_found(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    orders = counter.stoa.service.orders
    order = await counter.at(Step.ACCEPTED if call == "create" else Step.LABELLED)
    save = orders.save

    async def save_too_late(*saves: object) -> bool:
        await orders.delete(await counter.market.stored(order), by=Actor.MERCHANT, at=NOON)
        return await save(*saves)  # type: ignore[arg-type]

    monkeypatch.setattr(orders, "save", save_too_late)
    answer = await (counter.create_voucher if call == "create" else counter.cancel_voucher)(order)

    assert answered(answer) == SALE_ORDER_NOT_FOUND
    assert await counter.files() == set()


async def test_who_has_no_credentials_is_told_so_in_the_shipments_shape(
    stranger: httpx.AsyncClient, counter: Counter, order: Order
) -> None:
    at = counter.shipment(order)

    for method, path in (("POST", at), ("DELETE", at), ("GET", f"{at}/print"), ("GET", f"{at},x/print")):
        assert fault_of(await stranger.request(method, path))[:2] == (401, "401"), path
    assert (await counter.now(order)).voucher is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{SHIPMENTS}/GR--1--MER1", 405),
        ("PATCH", f"{SHIPMENTS}/GR--1--MER1", 405),
        ("POST", f"{SHIPMENTS}/GR--1--MER1/print", 405),
        ("GET", f"{SHIPMENTS}/GR--1--MER1/nonsense", 404),
        ("GET", f"{SHIPMENTS}/GR--1--MER1/print/", 404),
        ("POST", f"{SHIPMENTS}/", 404),
    ],
)
async def test_an_address_or_a_method_that_is_none_keeps_its_status(
    counter: Counter, method: str, path: str, status: int
) -> None:
    answer = await counter.client.request(method, path)

    assert fault_of(answer)[:2] == (status, str(status))


async def test_manifest_is_no_order(counter: Counter) -> None:
    for method in ("POST", "DELETE"):
        answer = await counter.client.request(method, f"{SHIPMENTS}/manifest", content=b"{}")
        assert answered(answer) == SALE_ORDER_NOT_FOUND
