"""Labels as the merchant prints them (Shopflix Merchant API, print)."""

import asyncio
from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp

from stoa.app import Stoa
from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.documents.labels import LabelFormat
from stoa.documents.voucher import tracking_code
from stoa.housekeeping import Housekeeping
from stoa.orders import commands as asked
from stoa.orders.order import Actor, Order
from stoa.orders.progress import Step
from tests.builders import NOON, a_voucher
from tests.database_contents import contents
from tests.dialects.returns import OF_ORDERS
from tests.documents.papers import pages_of, words_of
from tests.shopflix.counter import (
    NO_VOUCHER,
    SALE_ORDER_NOT_FOUND,
    SHIPMENTS,
    Counter,
    Json,
    answered,
    at_fault,
    opening_a_counter,
    resource,
)
from tests.skroutz.market import a_choice

MM = 72 / 25.4
A6, A4, ROLL_150, ROLL_170 = (105, 148), (210, 297), (100, 150), (100, 170)

PAGES = {
    "pdf": A6,
    "clean": A6,
    "singlepdf": A6,
    "singleclean": A6,
    "a6": A6,
    "a4": A4,
    "a4-3": A4,
    "thermiko": ROLL_150,
    "singlepdf_100x150": ROLL_150,
    "singlepdf_100x170": ROLL_170,
}
"""The formats of the contract, and the size of their pages in mm."""

NOTHING = dict.fromkeys(
    (
        "carrierName",
        "deliveryName",
        "deliveryKey",
        "trackingNumber",
        "voucherContent",
        "voucherFormat",
        "deliveryToCourierEstimationDate",
    )
)

CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)


@pytest.fixture
async def order(counter: Counter) -> Order:
    """One that has its voucher."""
    return await counter.market.accepted()


async def printed(counter: Counter, *orders: Order, **query: str) -> list[Json]:
    answer = resource(await counter.print_labels(*orders, **query))
    assert list(answer) == ["shipments"]
    shipments: list[Json] = answer["shipments"]
    return shipments


async def label_of(counter: Counter, order: Order, **query: str) -> bytes:
    (shipment,) = await printed(counter, order, **query)
    return b64decode(shipment["voucherContent"], validate=True)


async def kept_label(counter: Counter, order: Order) -> bytes:
    """The file itself."""
    (blob,) = (await counter.now(order)).blobs
    return await counter.stoa.service.blobs.get(blob)


def size_of(pdf: bytes) -> Any:
    """That of its one page, in mm."""
    (page,) = pages_of(pdf)
    return pytest.approx([length / MM for length in page.get_size()], abs=0.01)


def scanned(pdf: bytes) -> str:
    page: pypdfium2.PdfPage = pages_of(pdf)[0]
    picture = page.render(scale=4).to_pil().convert("L")
    [found] = zxingcpp.read_barcodes(picture, formats=CODE_128)
    return found.text


def failed(order_id: str, refusal: tuple[int, Json]) -> Json:
    """What stands in the place of a label that cannot be had."""
    return {"orderId": order_id, **NOTHING, "error": refusal[1]["error"]}


async def test_a_label_comes_with_all_that_is_known_of_its_parcel(counter: Counter, order: Order) -> None:
    (shipment,) = await printed(counter, order)

    (number,) = (await counter.market.show(order))["courier_tracking_codes"]
    assert order.acceptance
    assert order.acceptance.window
    assert list(shipment.items()) == [
        ("orderId", counter.identifier(order)),
        ("carrierName", "Last Mile"),
        ("deliveryName", "Last Mile"),
        ("deliveryKey", "last_mile"),
        ("trackingNumber", number),
        ("voucherContent", shipment["voucherContent"]),
        ("voucherFormat", "pdf"),
        (
            "deliveryToCourierEstimationDate",
            str(int(order.acceptance.window.opens.timestamp())),
        ),
        ("error", None),
    ]
    assert scanned(b64decode(shipment["voucherContent"], validate=True)) == number


async def test_the_label_is_the_file_that_every_other_api_shows(counter: Counter, order: Order) -> None:
    path = urlsplit((await counter.market.show(order))["courier_voucher"]).path

    label = await label_of(counter, order)

    assert label == (await counter.client.get(path)).content
    assert label == await kept_label(counter, order)


def test_every_format_has_its_size() -> None:
    assert PAGES.keys() == set(LabelFormat)


async def test_a_label_is_printed_in_every_format_by_either_spelling(counter: Counter, order: Order) -> None:
    (number,) = (await counter.market.show(order))["courier_tracking_codes"]

    for form, size in PAGES.items():
        label = await label_of(counter, order, labelFormat=form)
        assert size_of(label) == list(size), form
        assert number in words_of(label), form
        assert await label_of(counter, order, **{"label-format": form}) == label, form


async def test_a_sheet_of_a4_can_be_scanned(counter: Counter, order: Order) -> None:
    (number,) = (await counter.market.show(order))["courier_tracking_codes"]

    assert scanned(await label_of(counter, order, labelFormat="a4")) == number


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ({}, A6),
        ({"labelFormat": ""}, A6),
        ({"label-format": ""}, A6),
        ({"labelFormat": "", "label-format": "a4"}, A4),
        ({"labelFormat": "a6", "label-format": "a4"}, A6),
        ({"labelformat": "a4", "format": "a4"}, A6),
    ],
)
async def test_who_names_no_format_gets_the_voucher_itself(
    counter: Counter, order: Order, query: dict[str, str], size: tuple[int, int]
) -> None:
    assert size_of(await label_of(counter, order, **query)) == list(size)


@pytest.mark.parametrize("form", ["png", "a5", " ", "pdf,a4", "\x00", "\x1b", "x" * 5000, "λ"])
@pytest.mark.parametrize("name", ["labelFormat", "label-format"])
async def test_an_unknown_format_is_refused_by_its_name_and_nothing_is_printed(
    counter: Counter, order: Order, name: str, form: str
) -> None:
    for orders in ((order,), (order, order)):
        answer = await counter.print_labels(*orders, **{name: form})
        assert at_fault(answer, named="errorCode") == (400, "10305", "labelFormat")
    assert (await counter.now(order)).ready_at is None


async def test_a_comment_is_on_every_format(counter: Counter) -> None:
    order = await counter.at(Step.ACCEPTED)
    await counter.create_voucher(order, packageComment="Εύθραυστο", numberOfPackages=2)

    for form in ("pdf", "a4", "thermiko"):
        words = words_of(await label_of(counter, order, labelFormat=form))
        assert "Σχόλια: Εύθραυστο" in words, form
        assert "Τεμάχια\n2\n" in words, form


async def test_who_prints_has_the_parcel_ready_everywhere(counter: Counter, order: Order) -> None:
    assert (await counter.market.show(order))["is_ready_for_dispatch"] is False

    await printed(counter, order)
    await printed(counter, order)

    assert (await counter.market.show(order))["is_ready_for_dispatch"] is True
    assert (await counter.show(order))["state"] == "ready-for-shipment"
    assert (await counter.history(order)).count("MarkedReady") == 1


async def test_printing_for_a_shop_that_says_itself_what_is_ready_says_nothing(stoa: Stoa) -> None:
    async with opening_a_counter(stoa, set_as_ready_required=True) as enrolled:
        order, other = await enrolled.market.accepted(), await enrolled.market.accepted()
        before = await contents(stoa.service.pool)

        await label_of(enrolled, order)
        await printed(enrolled, order, other)

        assert await contents(stoa.service.pool) == before


async def test_a_label_can_be_printed_as_long_as_the_voucher_stands(counter: Counter) -> None:
    await counter.stoa.service.blobs.put(a_voucher().blob, b"%PDF-1.7 the label", "application/pdf")
    steps = [step for step in OF_ORDERS if step not in WITHOUT]
    orders = [await counter.at(step) for step in steps]

    shipments = await printed(counter, *orders)

    assert [b64decode(shipment["voucherContent"]) for shipment in shipments] == [b"%PDF-1.7 the label"] * len(
        steps
    )


WITHOUT = (
    Step.OPEN,
    Step.ACCEPTED,
    Step.IN_WORK,
    Step.READY,
    Step.REJECTED,
    Step.CANCELLED,
    Step.EXPIRED,
)
"""Where an order has no voucher."""


async def test_where_there_is_no_voucher_nothing_is_printed_and_nothing_changes(counter: Counter) -> None:
    orders = [await counter.at(step) for step in WITHOUT]
    before = await contents(counter.stoa.service.pool)

    alone = [answered(await counter.print_labels(order)) for order in orders]
    together = await printed(counter, *orders)

    assert alone == [NO_VOUCHER] * len(orders)
    assert together == [failed(counter.identifier(order), NO_VOUCHER) for order in orders]
    assert await contents(counter.stoa.service.pool) == before


async def test_a_merchants_own_tracking_code_is_no_voucher(counter: Counter) -> None:
    order = await counter.market.order(fulfilment="merchant")
    await counter.market.ask(order, "accept", a_choice(order))
    parcels = {"tracking_details": [{"courier": "acs", "tracking_code": "4711"}]}
    assert (await counter.market.ask(order, "tracking_details", parcels)).status_code == 200

    assert answered(await counter.print_labels(order)) == NO_VOUCHER


async def test_a_cancelled_voucher_is_not_printed_any_more(counter: Counter, order: Order) -> None:
    await counter.cancel_voucher(order)

    assert answered(await counter.print_labels(order)) == NO_VOUCHER


async def test_a_label_that_is_lost_is_made_again_as_it_was(counter: Counter, order: Order) -> None:
    before = await kept_label(counter, order)
    (blob,) = (await counter.now(order)).blobs
    await counter.stoa.service.blobs.delete(blob)

    alone = await label_of(counter, order)
    (together,) = await printed(counter, order, order)

    assert alone == before
    assert b64decode(together["voucherContent"]) == before


async def test_a_label_can_be_printed_while_the_files_cannot_be_read(
    counter: Counter, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await kept_label(counter, order)

    async def get(*_: object) -> bytes:
        raise BlobStoreUnavailable("The disk is gone.")

    monkeypatch.setattr(Blobs, "get", get)

    assert await label_of(counter, order) == before


async def some_labelled(counter: Counter, count: int) -> list[Order]:
    """Orders whose label is one and the same file."""
    await counter.stoa.service.blobs.put(a_voucher().blob, b"%PDF-1.7 the label", "application/pdf")
    return [await counter.at(Step.LABELLED) for _ in range(count)]


async def test_twenty_labels_come_at_once_in_the_order_asked_for(counter: Counter) -> None:
    orders = (await some_labelled(counter, 20))[::-1]

    shipments = await printed(counter, *orders)

    assert [shipment["orderId"] for shipment in shipments] == [*map(counter.identifier, orders)]
    assert {shipment["error"] for shipment in shipments} == {None}
    assert {(await counter.now(order)).ready_at for order in orders} == {NOON}


async def test_labels_of_another_size_are_each_orders_own(counter: Counter) -> None:
    orders = await some_labelled(counter, 5)

    shipments = await printed(counter, *orders, labelFormat="thermiko")

    for order, shipment in zip(orders, shipments, strict=True):
        label = b64decode(shipment["voucherContent"])
        assert size_of(label) == list(ROLL_150)
        assert str(order.id) in words_of(label)


async def test_more_than_twenty_are_refused_and_nothing_is_printed(counter: Counter) -> None:
    orders = await some_labelled(counter, 21)
    before = await contents(counter.stoa.service.pool)

    answer = await counter.print_labels(*orders)

    assert at_fault(answer, named="errorCode") == (400, "10305", "orderId")
    assert "20" in answer.json()["error"]["message"]
    assert await contents(counter.stoa.service.pool) == before


async def test_an_order_that_is_named_twice_is_printed_once(counter: Counter) -> None:
    one, other = await some_labelled(counter, 2)

    shipments = await printed(counter, one, other, one)

    assert [shipment["orderId"] for shipment in shipments] == [*map(counter.identifier, (one, other))]
    assert await counter.history(one) == ["Placed", "MarkedReady"]


async def test_labels_that_cannot_be_had_do_not_keep_the_others_from_being_printed(
    counter: Counter, other_counter: Counter, order: Order
) -> None:
    without, others = await counter.at(Step.ACCEPTED), await other_counter.at(Step.LABELLED)
    unfit = f"GR--{order.id}--MER{other_counter.shop.id}"
    good, theirs = counter.identifier(order), other_counter.identifier(others)
    named = ["nonsense", counter.identifier(without), good, theirs, unfit, f"GR--{'9' * 18}--MER1"]
    before = await other_counter.now(others)

    shipments = resource(await counter.client.get(f"{SHIPMENTS}/{','.join(named)}/print"))["shipments"]

    assert shipments.pop(2) == (await printed(counter, order))[0]
    refusals = [SALE_ORDER_NOT_FOUND, NO_VOUCHER, *[SALE_ORDER_NOT_FOUND] * 3]
    del named[2]
    assert shipments == [failed(*one) for one in zip(named, refusals, strict=True)]
    assert await other_counter.now(others) == before


async def test_one_label_that_fails_for_a_reason_of_ours_keeps_no_other_from_being_printed(
    counter: Counter, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await counter.market.accepted()
    failing = (await counter.now(order)).blobs[0]
    get = Blobs.get

    async def reading(blobs: Blobs, key: str) -> bytes:
        if key == failing:
            raise RuntimeError
        return await get(blobs, key)

    monkeypatch.setattr(Blobs, "get", reading)
    first, second = await printed(counter, order, other)

    assert (first["voucherContent"], first["error"]["errorCode"]) == (None, "10305")
    assert b64decode(second["voucherContent"]) == await kept_label(counter, other)
    assert second["error"] is None


async def test_a_look_whether_the_label_is_there_is_no_printing(counter: Counter, order: Order) -> None:
    answer = await counter.client.head(f"{SHIPMENTS}/{counter.identifier(order)}/print")

    assert answer.status_code == 200
    assert (await counter.market.show(order))["is_ready_for_dispatch"] is False


async def test_labels_are_kept_by_no_cache(counter: Counter, order: Order) -> None:
    other = await counter.market.accepted()

    answers = [await counter.print_labels(order), await counter.print_labels(order, other)]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store", "no-store"]


async def test_a_format_is_known_however_it_is_written(counter: Counter, order: Order) -> None:
    assert size_of(await label_of(counter, order, labelFormat="A4")) == A4


@pytest.mark.parametrize("around", ["{},", ",{}", "{},,", ", {}"])
async def test_a_comma_too_many_names_an_order_that_there_is_not(
    counter: Counter, order: Order, around: str
) -> None:
    good = counter.identifier(order)
    named = around.format(good)

    shipments = resource(await counter.client.get(f"{SHIPMENTS}/{named}/print"))["shipments"]

    by_id = {shipment["orderId"]: shipment["error"] for shipment in shipments}
    not_found = SALE_ORDER_NOT_FOUND[1]["error"]
    assert by_id == {part: None if part == good else not_found for part in named.split(",")}


async def test_commas_may_be_escaped(counter: Counter) -> None:
    orders = await some_labelled(counter, 2)
    named = "%2C".join(map(counter.identifier, orders))

    shipments = resource(await counter.client.get(f"{SHIPMENTS}/{named}/print"))["shipments"]

    assert [shipment["error"] for shipment in shipments] == [None, None]


async def test_what_becomes_of_an_order_while_its_label_is_read_keeps_nobody_from_printing(
    counter: Counter, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, deleted = Blobs.get, await counter.market.accepted()
    before = await kept_label(counter, order)

    async def get_meanwhile(blobs: Blobs, key: str) -> bytes:
        data = await get(blobs, key)
        if str(deleted.id) in key:
            stored = await counter.market.stored(deleted)
            await counter.stoa.service.engine.delete(stored=stored, shop=counter.shop, by=Actor.MERCHANT)
        else:
            await counter.market.happen(order, asked.PickUp())
        return data

    monkeypatch.setattr(Blobs, "get", get_meanwhile)
    shipments = await printed(counter, order, deleted)

    assert [shipment["error"] for shipment in shipments] == [None, None]
    assert b64decode(shipments[0]["voucherContent"]) == before
    assert (await counter.history(order))[-1] == "PickedUp"


async def test_a_label_that_is_printed_while_it_is_cancelled_is_this_one_or_none(counter: Counter) -> None:
    for _ in range(5):
        order = await counter.at(Step.ACCEPTED)
        await counter.create_voucher(order)
        answer, cancelled = await asyncio.gather(
            counter.print_labels(order, labelFormat="a4"), counter.cancel_voucher(order)
        )
        now = await counter.now(order)
        assert cancelled.status_code == 204
        assert (now.voucher, now.trackings, now.ready_at) == (None, (), None)
        assert answered(answer) == NO_VOUCHER or answer.json()["shipments"][0]["trackingNumber"] == (
            tracking_code(order.id, 1)
        )
    await Housekeeping(counter.stoa.service, counter.stoa.dialects).delete_files()
    assert await counter.files() == set()


async def test_the_label_of_a_second_voucher_bears_the_second_number(counter: Counter, order: Order) -> None:
    first = await label_of(counter, order)
    await counter.cancel_voucher(order)
    await counter.create_voucher(order)

    second = await label_of(counter, order)

    assert (scanned(first), scanned(second)) == (tracking_code(order.id, 1), tracking_code(order.id, 2))
