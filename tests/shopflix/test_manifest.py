"""The list that a carrier signs (Shopflix Merchant API, manifest)."""

from datetime import timedelta

import httpx
import pytest

from stoa.app import Stoa
from stoa.orders import commands as asked
from stoa.orders.order import Actor, Fulfilment, Order, PaymentMethod
from stoa.orders.progress import WAITING_FOR_COURIER, Step
from tests.builders import DAY, HOUR, MINUTE, NOON, a_customer, a_tracking, an_address
from tests.conftest import let_timers_work
from tests.dialects.returns import a_return
from tests.documents.papers import words_of
from tests.shopflix.counter import SHIPMENTS, Counter, at_fault, opening_a_counter

MANIFEST = f"{SHIPMENTS}/manifest"
EMPTY = "Δεν υπάρχουν δέματα προς παραλαβή."


async def ask(counter: Counter, **query: str) -> httpx.Response:
    return await counter.client.get(MANIFEST, params=query)


async def manifest(counter: Counter, carrier: str = "acs") -> str:
    """The words on the paper."""
    answer = await ask(counter, carrier=carrier)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pdf"
    return words_of(answer.content)


async def a_parcel(counter: Counter, **what_matters: object) -> Order:
    """One that has its voucher and waits for the courier."""
    order = await counter.at(Step.ACCEPTED, **{"courier": "acs"} | what_matters)
    assert (await counter.create_voucher(order)).status_code == 200
    return await counter.now(order)


async def are_on_it(counter: Counter, *orders: Order) -> list[bool]:
    """Whether each of the parcels stands on the manifest."""
    words = await manifest(counter)
    return [f"-{order.id}" in words for order in orders]


async def test_a_manifest_says_what_the_carrier_takes_along(counter: Counter) -> None:
    order = await counter.at(
        Step.ACCEPTED,
        courier="acs",
        customer=a_customer(first_name="Μαρία", last_name="Ζήση"),
        address=an_address(zip="15124", city="Μαρούσι"),
        payment_method=PaymentMethod.CASH_ON_DELIVERY,
    )
    await counter.create_voucher(order, numberOfPackages=3)
    (tracking,) = (await counter.now(order)).trackings

    words = await manifest(counter)

    code = counter.stoa.service.channel_code(order, counter.shop)
    assert f"1 {tracking.code} {code} Μαρία Ζήση 15124 Μαρούσι 3 35,98 €" in words
    for expected in (
        "Λίστα παραλαβής ACS",
        "Κατάστημα Το μαγαζί",
        "Διεύθυνση παραλαβής Πανεπιστημίου 2, 12345 Αθήνα",
        "Ημερομηνία 03/03/2026",
        "Έκδοση 03/03/2026 12:00",
    ):
        assert expected in words


async def test_no_carrier_is_told_to_fetch_a_return(counter: Counter) -> None:
    parcel = await a_parcel(counter)
    returns = [await a_return(counter.market, step) for step in (Step.RETURN_UNDER_WAY, Step.RETURN_ARRIVED)]

    assert await are_on_it(counter, parcel, *returns) == [True, False, False]


async def test_the_code_of_an_order_is_the_one_that_stands_on_its_label(counter: Counter) -> None:
    order = await a_parcel(counter)
    (blob,) = order.blobs

    label = words_of(await counter.stoa.service.blobs.get(blob))

    code = counter.stoa.service.channel_code(order, counter.shop)
    assert code in label.replace("\n", "")
    assert code in (await manifest(counter)).replace("\n", "")


async def test_the_parcels_of_several_orders_add_up(counter: Counter) -> None:
    for packages in (1, 2, 3):
        order = await counter.at(Step.ACCEPTED, courier="acs", payment_method=PaymentMethod.CASH_ON_DELIVERY)
        await counter.create_voucher(order, numberOfPackages=packages)

    words = await manifest(counter)

    assert "Σύνολο αποστολών 3" in words
    assert "Σύνολο τεμαχίων 6" in words
    assert "Σύνολο αντικαταβολών 107,94 €" in words
    assert "Έχουν ήδη παραληφθεί" not in words


async def test_it_is_a_download_that_nobody_keeps(counter: Counter) -> None:
    answer = await ask(counter, carrier="Courier Center")

    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="manifest-courier_center-2026-03-03.pdf"'
    )
    assert answer.headers["Cache-Control"] == "no-store"


async def test_where_no_parcel_waits_the_paper_says_so(counter: Counter) -> None:
    await counter.at(Step.ACCEPTED, courier="acs")

    words = await manifest(counter)

    assert EMPTY in words
    assert "Σύνολο" not in words


@pytest.mark.parametrize("step", WAITING_FOR_COURIER)
async def test_a_parcel_waits_however_ready_it_is(counter: Counter, step: Step) -> None:
    # The builder's voucher bears its carrier's name.
    order = await counter.at(step)

    assert f"-{order.id}" in await manifest(counter, "last_mile")


async def test_a_parcel_whose_voucher_the_marketplace_made_is_on_it(counter: Counter) -> None:
    order = await counter.market.accepted(courier="acs")

    assert await are_on_it(counter, order) == [True]


async def test_what_was_collected_today_stays_on_it_and_says_so(counter: Counter) -> None:
    waiting, collected = await a_parcel(counter), await a_parcel(counter)
    await counter.market.happen(collected, asked.PickUp())

    words = await manifest(counter)

    assert f"-{waiting.id}" in words
    assert "Ναι" in words
    assert "Έχουν ήδη παραληφθεί 1" in words
    assert "Σύνολο αποστολών 2" in words


LATER: tuple[asked.Command, ...] = (
    asked.Deliver(),
    asked.FailDelivery(),
    asked.ArriveAtPickupPoint(),
    asked.Cancel(),
    asked.Return(),
)


@pytest.mark.parametrize("later", LATER, ids=lambda command: command.action)
async def test_it_stays_whatever_becomes_of_it_on_the_same_day(
    counter: Counter, later: asked.Command
) -> None:
    order = await a_parcel(counter)

    await counter.market.happen(order, asked.PickUp(), later)

    assert await are_on_it(counter, order) == [True]


async def test_what_was_collected_yesterday_is_not_on_it_and_what_waits_since_is(counter: Counter) -> None:
    waiting, collected = await a_parcel(counter), await a_parcel(counter)
    counter.market.pass_time(12 * HOUR - MINUTE)
    await counter.market.happen(collected, asked.PickUp())
    late = await are_on_it(counter, waiting, collected)

    counter.market.pass_time(MINUTE)

    assert late == [True, True]
    assert await are_on_it(counter, waiting, collected) == [True, False]
    assert "Ημερομηνία 04/03/2026" in await manifest(counter)


async def test_the_day_begins_with_the_shops_clocks(counter: Counter) -> None:
    order = await a_parcel(counter)
    counter.market.pass_time(12 * HOUR)
    # In UTC it is still yesterday.
    await counter.market.happen(order, asked.PickUp())
    counter.market.pass_time(10 * HOUR)

    assert await are_on_it(counter, order) == [True]


async def test_the_night_that_the_clocks_go_forward_belongs_to_its_day(counter: Counter) -> None:
    order = await a_parcel(counter)
    # 29 March 2026, 00:30 in Athens; at three it will be four.
    counter.market.pass_time(25 * DAY + 12 * HOUR + 30 * MINUTE)
    await counter.market.happen(order, asked.PickUp())
    counter.market.pass_time(22 * HOUR)
    late = await are_on_it(counter, order)
    counter.market.pass_time(30 * MINUTE)

    assert late == [True]
    assert await are_on_it(counter, order) == [False]


async def test_what_is_not_this_carriers_is_not_on_it(counter: Counter) -> None:
    at_a_box = an_address(collection_point="Σταθμός Λαρίσης", collection_network="box_now")
    theirs = [
        await a_parcel(counter, courier="courier_center"),
        await a_parcel(counter, courier="courier_center", address=at_a_box),
        await a_parcel(counter, courier=None),
        await counter.at(Step.ACCEPTED, courier="acs"),
        await counter.at(Step.OPEN, courier="acs"),
    ]

    assert await are_on_it(counter, *theirs) == [False] * len(theirs)
    assert "Σύνολο αποστολών 2" in await manifest(counter, "courier_center")
    assert "Σύνολο αποστολών 1" in await manifest(counter, "last_mile")
    assert EMPTY in await manifest(counter, "box_now")


async def test_another_shops_parcels_are_not_on_it(counter: Counter, other_counter: Counter) -> None:
    theirs, collected = await a_parcel(other_counter), await a_parcel(other_counter)
    await other_counter.market.happen(collected, asked.PickUp())

    assert EMPTY in await manifest(counter)
    assert await are_on_it(other_counter, theirs, collected) == [True, True]


async def test_a_parcel_that_will_not_leave_is_not_on_it(counter: Counter) -> None:
    unlabelled, cancelled, replaced = [await a_parcel(counter) for _ in range(3)]
    await counter.cancel_voucher(unlabelled)
    await counter.market.happen(cancelled, asked.Cancel(), by=Actor.CUSTOMER)
    await counter.cancel_voucher(replaced)
    await counter.create_voucher(replaced)
    old, (new,) = replaced.trackings[0].code, (await counter.now(replaced)).trackings

    words = await manifest(counter)

    assert await are_on_it(counter, unlabelled, cancelled, replaced) == [False, False, True]
    assert (old in words, new.code in words) == (False, True)


async def test_what_the_merchant_sends_itself_is_not_on_it(counter: Counter) -> None:
    order = await counter.at(Step.ACCEPTED, courier="acs", fulfilment=Fulfilment.MERCHANT)
    await counter.market.happen(order, asked.NoteTracking(trackings=(a_tracking(courier="acs"),)))
    gone = await counter.at(Step.ACCEPTED, courier="acs", fulfilment=Fulfilment.MERCHANT)
    await counter.market.happen(gone, asked.PickUp())

    assert EMPTY in await manifest(counter)


async def test_what_left_without_a_label_is_on_it_once_it_has_one(counter: Counter) -> None:
    order = await counter.market.order(courier="acs")
    await counter.market.happen(order, asked.Accept(), asked.PickUp())
    before = await are_on_it(counter, order)

    await let_timers_work(counter.stoa, counter.shop)

    assert before == [False]
    assert await are_on_it(counter, order) == [True]


async def test_parcels_stand_in_the_order_in_which_their_vouchers_were_made(counter: Counter) -> None:
    first, second = [await counter.at(Step.ACCEPTED, courier="acs") for _ in range(2)]
    await counter.create_voucher(second)
    counter.market.pass_time(timedelta(seconds=1))
    await counter.create_voucher(first)
    counter.market.pass_time(MINUTE)
    third = await a_parcel(counter, placed_at=NOON)

    words = await manifest(counter)

    places = [words.index(f"-{order.id}") for order in (second, first, third)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("carrier", "name"),
    [
        ("acs", "ACS"),
        ("ACS", "ACS"),
        ("courier_center", "Courier Center"),
        ("Courier Center", "Courier Center"),
        ("COURIER CENTER", "Courier Center"),
        ("courier center ", "Courier Center"),
        ("box_now", "Box Now"),
        ("BOX NOW", "Box Now"),
        ("Last Mile", "Last Mile"),
        ("geniki_Taxydromiki", "Geniki Taxydromiki"),
    ],
)
async def test_a_carrier_is_known_by_its_key_and_by_its_name_however_it_is_written(
    counter: Counter, carrier: str, name: str
) -> None:
    assert f"Λίστα παραλαβής {name} 03/03/2026" in await manifest(counter, carrier)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"carrier": ""},
        {"carrier": " "},
        {"carrier": "fedex"},
        {"carrier": "courier_center_box_now"},
        {"carrier": "acs,elta"},
        {"carrier": "\x00"},
        {"carrier": "acs\x1b"},
        {"carrier": "x" * 5000},
        {"carrierName": "acs"},
        {"Carrier": "acs"},
    ],
    ids=str,
)
async def test_a_carrier_that_is_not_known_is_refused_by_the_parameters_name(
    counter: Counter, query: dict[str, str]
) -> None:
    answer = await ask(counter, **query)

    assert at_fault(answer, named="errorCode") == (400, "10305", "carrier")
    assert len(answer.content) < 1000


async def test_bytes_that_are_no_text_name_no_carrier(counter: Counter) -> None:
    for query in ("carrier=%ff", "carrier=%ed%a0%80", "carrier=acs%00"):
        answer = await counter.client.get(f"{MANIFEST}?{query}")
        assert at_fault(answer, named="errorCode") == (400, "10305", "carrier")


async def test_who_has_no_credentials_gets_no_manifest(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get(MANIFEST, params={"carrier": "acs"})

    assert at_fault(answer, named="errorCode")[:2] == (401, "401")


async def test_a_shop_without_a_pickup_location_has_its_manifest(stoa: Stoa) -> None:
    async with opening_a_counter(stoa, locations=(), courier="acs") as homeless:
        order = await homeless.order()
        await homeless.accept(order)
        assert (await homeless.create_voucher(order)).status_code == 200

        words = await manifest(homeless)

    assert f"-{order.id}" in words
    assert "Διεύθυνση παραλαβής" not in words


async def test_a_hundred_parcels_are_on_pages_that_count_them(counter: Counter) -> None:
    for _ in range(100):
        await counter.at(Step.LABELLED)

    words = await manifest(counter, "last_mile")

    assert "Σύνολο αποστολών 100" in words
    assert "Σελίδα 2 από" in words
