"""Who may call: a shop with its key and secret, and nobody else (authentication)."""

from base64 import b64encode
from itertools import count

import httpx
import pytest

from stoa.orders.order import State
from stoa.store.strangers import BLOCKED_FOR, MOST_FAILURES
from tests.builders import MINUTE
from tests.conftest import ACCEPT
from tests.database_contents import contents
from tests.merchantpro.back_office import ORDERS, BackOffice, a_body, basic, calling, fault, knocking
from tests.skroutz.market import answered

_addresses = count(1)


def an_address() -> str:
    """One that no other test calls from: failures are counted by address."""
    return f"198.51.100.{next(_addresses)}"


def every_call(order_id: int) -> list[tuple[str, str]]:
    at = f"{ORDERS}/{order_id}"
    return [
        ("GET", ORDERS),
        ("HEAD", ORDERS),
        ("POST", ORDERS),
        ("GET", at),
        ("PATCH", at),
        ("DELETE", at),
        ("PATCH", f"{at}/in_process"),
        ("PATCH", f"{at}/create_invoice"),
        ("PATCH", f"{at}/nonsense"),
    ]


async def refused_everywhere(client: httpx.AsyncClient, order_id: int) -> list[httpx.Response]:
    """The answers to every call, each of which must be that a key is required."""
    answers = [await client.request(method, path, json=a_body()) for method, path in every_call(order_id)]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    return answers


async def test_without_credentials_every_call_is_refused_and_says_how_to_come_in(
    office: BackOffice, stranger: httpx.AsyncClient
) -> None:
    order = await office.in_state(State.OPEN)
    before = await contents(office.stoa.service.pool)

    for answer in await refused_everywhere(stranger, order.id):
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="stoa", charset="UTF-8"'
        if answer.request.method != "HEAD":
            assert answered(answer) == (
                401,
                {"error": {"code": 401, "message": "A valid key and secret are required."}},
            )
    assert await contents(office.stoa.service.pool) == before


async def wrong_credentials(office: BackOffice, other: BackOffice) -> list[tuple[str, str]]:
    """Keys and secrets that fit each other in one way or another, but do not open this shop."""
    token, now = office.token, office.stoa.service.clock()
    void = other.token.secret
    await office.stoa.service.shops.issue(other.shop.id, "merchantpro", now)
    operators = await office.stoa.service.shops.issue_to_operator(now)
    return [
        (token.key, "wrong"),
        (token.key, ""),
        ("", token.secret),
        (token.secret, token.key),
        (token.key, f"{token.secret}x"),
        (token.key, token.secret[:-1]),
        (token.key.upper(), token.secret),
        (other.token.key, token.secret),
        (other.token.key, void),
        (f"st_0{office.shop.id}", token.secret),
        ("st_999999", token.secret),
        (f"st_{'9' * 5000}", token.secret),
        (token.key, office.market.merchant.token.split("_", 2)[2]),
        (operators.key, operators.secret),
        (f"{token.key}_{token.secret}", ""),
        ("știu", "ă"),
    ]


async def test_wrong_credentials_open_nothing_and_change_nothing(
    office: BackOffice, other_office: BackOffice
) -> None:
    order = await office.in_state(State.OPEN)
    pairs = await wrong_credentials(office, other_office)
    before = await contents(office.stoa.service.pool)

    for key, secret in pairs:
        async with calling(office.stoa, key, secret, address=an_address()) as client:
            await refused_everywhere(client, order.id)
    assert await contents(office.stoa.service.pool) | {"strangers": []} == before | {"strangers": []}


async def test_a_header_that_is_no_basic_authentication_opens_nothing(office: BackOffice) -> None:
    whole = f"{office.token.key}:{office.token.secret}"
    own = office.market.merchant
    for header in (
        "",
        "Basic",
        "Basic %%%",
        f"Basic {whole}",
        f"Bearer {b64encode(whole.encode()).decode()}",
        f"Bearer {office.token}",
        f"Bearer {own.token}",
        own.token,
        f"Basic {b64encode(office.token.key.encode()).decode()}",
        f"Basic {'x' * 10_000}",
    ):
        async with knocking(office.stoa, header, address=an_address()) as client:
            assert fault(await client.get(ORDERS)) == (401, None), header[:40]


async def test_a_token_of_this_api_opens_nothing_of_the_marketplaces(office: BackOffice) -> None:
    order = await office.market.order()

    for header in (office.client.headers["Authorization"], f"Bearer {office.token}"):
        headers = {"Authorization": header, "Accept": ACCEPT}
        for path in (office.market.address(order), "/operator/v1/shops"):
            assert (await office.client.get(path, headers=headers)).status_code == 401


async def test_another_shops_key_finds_no_order(office: BackOffice, other_office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)
    before = await contents(office.stoa.service.pool)

    for method, path in every_call(order.id):
        if path != ORDERS:
            answer = await other_office.client.request(method, path, json={"customer_note": "a"})
            assert fault(answer) == (404, None)
    assert await other_office.numbers() == []
    assert await contents(office.stoa.service.pool) == before


async def test_ten_wrong_attempts_shut_an_address_out_for_a_while_and_no_longer(
    office: BackOffice,
) -> None:
    address, token = an_address(), office.token
    async with calling(office.stoa, token.key, "wrong", address=address) as client:
        answers = [await client.get(ORDERS) for _ in range(MOST_FAILURES + 1)]
    async with calling(office.stoa, token.key, token.secret, address=address) as client:
        shut_out = await client.get(ORDERS)
        office.market.pass_time(BLOCKED_FOR - MINUTE)
        still = await client.get(ORDERS)
        office.market.pass_time(MINUTE)
        again = await client.get(ORDERS)

    assert [fault(answer) for answer in answers] == [(401, None)] * MOST_FAILURES + [(403, None)]
    assert (fault(shut_out), fault(still), again.status_code) == ((403, None), (403, None), 200)
    assert (shut_out.headers["Retry-After"], still.headers["Retry-After"]) == ("600", "60")
    assert await office.numbers() == []


async def test_while_an_address_is_shut_out_it_changes_nothing(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)
    address, token = an_address(), office.token
    async with calling(office.stoa, token.key, "wrong", address=address) as client:
        for _ in range(MOST_FAILURES):
            await client.get(ORDERS)
    before = await contents(office.stoa.service.pool)

    async with calling(office.stoa, token.key, token.secret, address=address) as client:
        for method, path in every_call(order.id):
            assert (await client.request(method, path, json=a_body())).status_code == 403
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic "])
async def test_the_scheme_is_read_in_any_case(office: BackOffice, scheme: str) -> None:
    pair = basic(office.token.key, office.token.secret).removeprefix("Basic ")

    answer = await office.client.get(ORDERS, headers={"Authorization": f"{scheme} {pair}"})

    assert answer.status_code == 200
