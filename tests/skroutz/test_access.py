from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from stoa.app import Stoa, open_stoa
from stoa.orders.order import Order
from tests.builders import in_athens
from tests.conftest import ACCEPT, Merchant, complete
from tests.skroutz.market import ORDERS, Market, answered, at_fault, code_of, opening_a_market, refusal

UNAUTHORIZED = (401, {"errors": [{"code": "Unauthorized", "messages": ["unauthorized"]}]})
NOT_FOUND = (404, {"errors": [{"code": "order_error", "messages": ["Order not found"]}]})

CALLS = (
    "accept",
    "reject",
    "invoices",
    "set_as_ready",
    "set_as_not_ready",
    "tracking_details",
    "trigger_webhook_request/creation",
)


@pytest.fixture
async def order(market: Market) -> Order:
    return await market.order()


async def everywhere(
    market: Market, order: Order | str, **headers: str | None
) -> AsyncIterator[httpx.Response]:
    """What each call of the Orders API answers; a header of None is left out."""
    yield await asking(market, "GET", market.address(order), headers)
    for call in CALLS:
        yield await asking(market, "POST", market.address(order, call), headers)


async def asking(
    market: Market, method: str, address: str, headers: Mapping[str, str | None]
) -> httpx.Response:
    request = market.client.build_request(method, address)
    for name, value in headers.items():
        if value is None:
            del request.headers[name]
        else:
            request.headers[name] = value
    return await market.client.send(request)


NO_TOKENS = (
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer your_access_token_here",
    "Bearer st_1",
    "Bearer st_1_",
    "Bearer st_1_x",
    "Bearer st_0_x",
    "Bearer st_-1_x",
    "Bearer st_999999999999999999_x",
    "Bearer st_99999999999999999999999_x",
    "Bearer st_²_x",
    "Bearer st_1_ÿ",
    "Basic c3RfMV94",
)


async def test_without_a_valid_token_every_call_is_unauthorized(market: Market, order: Order) -> None:
    before = await market.stored(order)

    answers = {
        token: [answered(answer) async for answer in everywhere(market, order, Authorization=token)]
        for token in NO_TOKENS
    }

    assert answers == {token: [UNAUTHORIZED] * 8 for token in NO_TOKENS}
    assert await market.stored(order) == before


async def test_a_demo_order_needs_a_token_too(market: Market) -> None:
    answers = [answered(answer) async for answer in everywhere(market, "DEMO-OPEN", Authorization=None)]

    assert answers == [UNAUTHORIZED] * 8


async def test_the_challenge_says_that_a_bearer_token_is_wanted(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    answer = await stranger.get(market.address("DEMO-OPEN"), headers={"Accept": ACCEPT})

    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_new_token_expires_the_old_one_at_once(market: Market, order: Order) -> None:
    new = await market.stoa.service.shops.issue(market.shop.id, "skroutz", market.now)

    assert answered(await market.client.get(market.address(order))) == UNAUTHORIZED
    with_it = {"Authorization": f"Bearer {new}"}
    assert (await market.client.get(market.address(order), headers=with_it)).status_code == 200


async def test_the_scheme_of_a_token_may_be_written_in_any_case(market: Market, order: Order) -> None:
    headers = {"Authorization": f"bearer  {market.merchant.token} "}

    assert (await market.client.get(market.address(order), headers=headers)).status_code == 200


async def test_a_secret_opens_only_the_shop_it_was_made_for(
    market: Market, neighbour: Merchant, order: Order
) -> None:
    secret = neighbour.token.split("_", 2)[2]
    headers = {"Authorization": f"Bearer st_{market.shop.id}_{secret}"}

    assert answered(await market.client.get(market.address(order), headers=headers)) == UNAUTHORIZED


async def test_an_operators_token_is_none_of_this_api(
    market: Market, operator: httpx.AsyncClient, order: Order
) -> None:
    answer = await operator.get(market.address(order), headers={"Accept": ACCEPT})

    assert answered(answer) == UNAUTHORIZED


NOT_ASKING = (
    None,
    "",
    "*/*",
    "application/*",
    "application/json",
    "application/vnd.skroutz+json",
    "application/vnd.skroutz+json; version=3.1",
    "application/vnd.skroutz+json; version=2.0, */*",
    "application/vnd.skroutz+json; version",
    "application/vnd.other+json; version=3.0",
    "version=3.0",
    ";;;,,,===",
)


async def test_without_the_right_accept_header_every_call_is_not_acceptable(
    market: Market, order: Order
) -> None:
    before = await market.stored(order)

    answers = {
        accept: [at_fault(answer) async for answer in everywhere(market, order, Accept=accept)]
        for accept in NOT_ASKING
    }

    assert answers == {accept: [(406, "not_acceptable")] * 8 for accept in NOT_ASKING}
    assert await market.stored(order) == before


async def test_a_request_that_is_not_acceptable_learns_the_header_to_send(market: Market) -> None:
    answer = await market.client.get(market.address("DEMO-OPEN"), headers={"Accept": "*/*"})

    (message,) = answer.json()["errors"][0]["messages"]
    assert "Accept: application/vnd.skroutz+json; version=3.0" in message


ASKING = (
    "application/vnd.skroutz+json; version=3.0",
    "application/vnd.skroutz+json;version=3.0",
    "application/vnd.skroutz+json ;  version = 3.0 ",
    'application/vnd.skroutz+json; version="3.0"',
    "Application/Vnd.Skroutz+JSON; Version=3.0",
    "application/vnd.skroutz+json; charset=utf-8; version=3.0; q=0.9",
    "text/html, application/vnd.skroutz+json; version=3.0, */*;q=0.1",
)


async def test_the_accept_header_may_be_spelt_as_http_allows(market: Market) -> None:
    address = market.address("DEMO-OPEN")

    statuses = {
        accept: (await market.client.get(address, headers={"Accept": accept})).status_code
        for accept in ASKING
    }

    assert statuses == dict.fromkeys(ASKING, 200)


async def test_the_vendor_in_the_accept_header_is_the_sites_name(database_url: str) -> None:
    settings = complete(database_url, STOA_SITE_NAME="agora")
    async with open_stoa(settings) as stoa, opening_a_market(stoa) as market:
        theirs = {"Accept": "application/vnd.agora+json; version=3.0"}
        assert (await market.client.get(market.address("DEMO-OPEN"), headers=theirs)).status_code == 200
        assert at_fault(await market.client.get(market.address("DEMO-OPEN"))) == (406, "not_acceptable")


async def test_an_order_that_nobody_placed_is_not_found(market: Market) -> None:
    answers = [answered(answer) async for answer in everywhere(market, "260303-9999999")]

    assert answers == [NOT_FOUND] * 8


async def test_another_shops_order_is_not_found(stoa: Stoa, market: Market, order: Order) -> None:
    before = await market.stored(order)
    async with opening_a_market(stoa) as neighbour:
        answers = [answered(answer) async for answer in everywhere(neighbour, order)]

    assert answers == [NOT_FOUND] * 8
    assert await market.stored(order) == before


async def test_a_code_whose_date_does_not_fit_the_number_is_not_found(market: Market, order: Order) -> None:
    answers = [answered(answer) async for answer in everywhere(market, f"260304-{order.id}")]

    assert answers == [NOT_FOUND] * 8


NO_CODES = (
    "260302-{number}",
    "250303-{number}",
    "000000-{number}",
    "999999-{number}",
    "{number}",
    "260303-{number}x",
    "260303--{number}",
    "260303-0{number}",
    "260303-{number}%0A",
    "%20260303-{number}",
    "260303_{number}",
    "260303-999999999999999999",
    "260303-99999999999999999999999999",
    "260303-%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7",
    "%00",
    "%FF%FE",
    "DEMO-NONE",
    "demo-open",
    "DEMO-OPEN%00",
    "α" * 2000,
)


async def test_what_is_no_code_is_not_found(market: Market, order: Order) -> None:
    answers = {
        code: answered(await market.client.get(f"{ORDERS}/{code.format(number=order.id)}"))
        for code in NO_CODES
    }

    assert answers == dict.fromkeys(NO_CODES, NOT_FOUND)


async def test_a_code_has_the_local_day_of_the_order(market: Market) -> None:
    late = in_athens(2026, 3, 4, 0, 30)
    await market.wait(await market.order(), late - market.now)
    order = await market.order()

    assert code_of(order) == f"260304-{order.id}"
    assert (await market.show(order))["code"] == f"260304-{order.id}"
    assert answered(await market.client.get(f"{ORDERS}/260303-{order.id}")) == NOT_FOUND


async def test_a_shop_in_another_zone_has_the_days_of_its_own_calendar(stoa: Stoa) -> None:
    async with opening_a_market(stoa, zone="Pacific/Auckland") as market:
        order = await market.order()

        assert (await market.show(f"260303-{order.id}"))["created_at"] == "2026-03-03T23:00:00+13:00"


NO_ADDRESSES = {
    "/merchants/ecommerce/": "GET",
    ORDERS: "GET",
    f"{ORDERS}/DEMO-OPEN/ship": "POST",
    f"{ORDERS}/DEMO-OPEN/accept/now": "POST",
    f"{ORDERS}/DEMO-OPEN/trigger_webhook_request": "POST",
}


async def test_an_address_that_is_none_says_so_in_the_shape_of_the_api(market: Market) -> None:
    answers = {
        address: at_fault(await market.client.request(method, address))
        for address, method in NO_ADDRESSES.items()
    }

    assert answers == dict.fromkeys(NO_ADDRESSES, (404, "not_found"))


WRONG_METHODS = {
    f"{ORDERS}/DEMO-OPEN": "DELETE",
    f"{ORDERS}/DEMO-OPEN/accept": "GET",
    f"{ORDERS}/DEMO-OPEN/invoices": "PUT",
}


async def test_a_method_that_an_address_does_not_have_is_refused_in_the_shape_of_the_api(
    market: Market,
) -> None:
    answers = {
        address: at_fault(await market.client.request(method, address))
        for address, method in WRONG_METHODS.items()
    }

    assert answers == dict.fromkeys(WRONG_METHODS, (405, "method_not_allowed"))


async def test_an_unknown_webhook_request_is_not_found(market: Market) -> None:
    answer = await market.ask("DEMO-OPEN", "trigger_webhook_request/delivery")

    assert answered(answer) == refusal("not_found", "Webhook request not found", 404)
