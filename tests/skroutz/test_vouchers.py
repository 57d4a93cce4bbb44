"""From an acceptance to the courier's label, and from the label to a parcel that is ready."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.order import Actor, Order, State
from tests.builders import MINUTE
from tests.conftest import SERVER
from tests.skroutz.market import Market, a_choice, opening_a_market


async def voucher_of(market: Market, order: Order) -> str:
    """Where the voucher lies, without the host: the API's client calls it as anybody would."""
    url = (await market.show(order))["courier_voucher"]
    assert url.startswith(f"{SERVER}/files/vouchers/")
    return urlsplit(url).path


async def test_an_acceptance_brings_a_voucher_and_its_tracking_code(market: Market) -> None:
    order = await market.order()
    await market.ask(order, "accept", a_choice(order))
    at_first = await market.show(order)

    await market.wait(order)

    later = await market.show(order)
    assert (at_first["courier_voucher"], at_first["courier_tracking_codes"]) == (None, [])
    assert re.fullmatch(
        rf"{SERVER}/files/vouchers/\d+-{order.id}-1-[0-9a-f]{{32}}\.pdf", later["courier_voucher"]
    )
    (code,) = later["courier_tracking_codes"]
    assert code.isdecimal()


async def test_every_order_has_a_tracking_code_of_its_own(market: Market) -> None:
    orders = [await market.show(await market.accepted()) for _ in range(3)]

    assert len({order["courier_tracking_codes"][0] for order in orders}) == 3


async def test_the_voucher_downloads_without_a_token(market: Market, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get(await voucher_of(market, await market.accepted()))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


async def test_a_file_is_neither_kept_nor_run_nor_found_by_others(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    answer = await stranger.get(await voucher_of(market, await market.accepted()))

    headers = ("Cache-Control", "Content-Security-Policy", "X-Content-Type-Options", "X-Robots-Tag")
    assert [answer.headers[name] for name in headers] == [
        "private, no-store",
        "default-src 'none'; sandbox",
        "nosniff",
        "noindex, nofollow",
    ]


async def test_downloading_the_voucher_marks_the_order_ready(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    order = await market.accepted()
    before = await market.show(order)

    await stranger.get(await voucher_of(market, order))

    assert before["is_ready_for_dispatch"] is False
    assert await market.show(order) == before | {"is_ready_for_dispatch": True}


async def test_downloading_it_does_not_mark_an_enrolled_shops_order_ready(
    enrolled: Market, stranger: httpx.AsyncClient
) -> None:
    order = await enrolled.accepted()
    before = await enrolled.stored(order)

    assert (await stranger.get(await voucher_of(enrolled, order))).status_code == 200

    assert await enrolled.stored(order) == before


async def test_downloading_it_again_changes_nothing(market: Market, stranger: httpx.AsyncClient) -> None:
    order = await market.accepted()
    first = await stranger.get(await voucher_of(market, order))
    before = await market.stored(order)

    second = await stranger.get(await voucher_of(market, order))

    assert second.content == first.content
    assert await market.stored(order) == before


async def test_a_courier_who_does_not_hear_of_readiness_has_it_marked_too(market: Market) -> None:
    order = await market.accepted(courier="acs")

    await market.client.get(await voucher_of(market, order))

    shown = await market.show(order)
    assert (shown["courier"], shown["is_ready_for_dispatch"]) == ("ACS", True)


async def test_looking_whether_a_voucher_is_there_does_not_collect_it(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    order = await market.accepted()
    before = await market.stored(order)

    answer = await stranger.head(await voucher_of(market, order))

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert await market.stored(order) == before


@pytest.mark.parametrize("state", [State.DISPATCHED, State.CANCELLED])
async def test_the_voucher_stays_where_it_is_whatever_becomes_of_the_order(
    market: Market, stranger: httpx.AsyncClient, state: State
) -> None:
    order = await market.accepted()
    await market.happen(order, asked.PickUp() if state is State.DISPATCHED else asked.Cancel())
    before = await market.stored(order)

    answer = await stranger.get(await voucher_of(market, order))

    assert answer.status_code == 200
    assert await market.stored(order) == before


async def test_what_is_no_address_of_a_voucher_is_not_found(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    order, other = await market.accepted(), await market.accepted()
    shop, number, serial, secret = (await voucher_of(market, order)).rsplit("/", 1)[1].split("-")
    others_secret = (await voucher_of(market, other)).rsplit("-", 1)[1]
    before = await market.stored(order)
    wrong = [
        f"{shop}-{number}-{serial}-{others_secret}",
        f"{shop}-{number}-2-{secret}",
        f"{shop}-{number}-0-{secret}",
        f"{int(shop) + 1}-{number}-{serial}-{secret}",
        f"{shop}-{number}-{serial}-{secret[::-1]}",
        f"{shop}-{number}-{serial}-{secret[:31]}.pdf",
        f"{shop}-{number}-{serial}-.pdf",
        f"{shop}-{number}-{serial}",
        f"{shop}-{number}-{serial}-%CE%B1",
        f"{shop}-{'9' * 18}-{serial}-{secret}",
        f"{shop}-{'9' * 40}-{serial}-{secret}",
        "%00",
        "..%2F..%2Fetc%2Fpasswd",
    ]

    answers = {name: (await stranger.get(f"/files/vouchers/{name}")).status_code for name in wrong}

    assert answers == dict.fromkeys(wrong, 404)
    assert await market.stored(order) == before


async def test_the_address_of_another_voucher_of_the_order_is_not_found(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    order = await market.accepted()
    assert order.voucher is not None
    another = replace(order, voucher=replace(order.voucher, serial=2))
    genuine = market.stoa.service.links.voucher(another)

    assert genuine is not None
    assert (await stranger.get(genuine)).status_code == 404


async def test_a_vouchers_address_opens_no_invoice(market: Market, stranger: httpx.AsyncClient) -> None:
    path = await voucher_of(market, await market.accepted())

    assert (await stranger.get(path.replace("vouchers", "invoices"))).status_code == 404


async def test_an_order_without_options_chosen_for_it_has_its_voucher_too(market: Market) -> None:
    order = await market.order()
    await market.happen(order, asked.Accept(), by=Actor.MARKETPLACE)

    await market.wait(order)

    assert (await market.show(order))["courier_voucher"]


async def test_where_no_voucher_was_asked_for_there_is_none(market: Market) -> None:
    order = await market.order()
    await market.happen(order, asked.Accept(voucher=False))

    await market.wait(order)

    assert (await market.show(order))["courier_voucher"] is None


async def test_an_order_that_was_picked_up_before_its_voucher_still_gets_it(market: Market) -> None:
    order = await market.order()
    await market.ask(order, "accept", a_choice(order))
    await market.happen(order, asked.PickUp())

    await market.wait(order)

    shown = await market.show(order)
    assert shown["state"] == "dispatched"
    assert shown["courier_voucher"]


async def test_a_shop_without_pickup_locations_still_gets_vouchers(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    async with opening_a_market(market.stoa, locations=()) as homeless:
        order = await homeless.order(express=True)
        await homeless.wait(order, MINUTE)
        shown = await homeless.show(order)

        assert "pickup_address" not in shown
        assert (await stranger.get(await voucher_of(homeless, order))).status_code == 200
