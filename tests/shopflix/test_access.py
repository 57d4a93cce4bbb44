"""Who may call: a shop with its username and password, and nobody else."""

from base64 import b64encode
from itertools import count

import httpx
import pytest

from stoa.orders.progress import Step
from stoa.store.strangers import BLOCKED_FOR, MOST_FAILURES
from tests.builders import MINUTE
from tests.conftest import ACCEPT
from tests.database_contents import contents
from tests.merchantpro.back_office import basic, calling, knocking
from tests.shopflix.counter import (
    CANNOT_ACCEPT,
    ORDERS,
    Counter,
    answered,
    not_found,
    refusal,
)

UNAUTHORIZED = refusal("401", "A valid username and password are required.", 401)
SHUT_OUT = refusal("401", "Too many attempts with wrong credentials; try again later.", 401)

_addresses = count(1)


def an_address() -> str:
    """One that no other test calls from: failures are counted by address."""
    return f"203.0.113.{next(_addresses)}"


def every_call(identifier: str) -> list[tuple[str, str]]:
    at = f"{ORDERS}/{identifier}"
    return [("GET", ORDERS), ("GET", at), ("PATCH", f"{at}/accept"), ("PATCH", f"{at}/reject")]


async def refused_everywhere(client: httpx.AsyncClient, identifier: str) -> list[httpx.Response]:
    """The answers to every call, each of which must be that credentials are required."""
    answers = [await client.request(method, path) for method, path in every_call(identifier)]
    assert [answered(answer) for answer in answers] == [UNAUTHORIZED] * len(answers)
    return answers


async def test_without_credentials_every_call_is_refused_and_says_how_to_come_in(
    counter: Counter, stranger: httpx.AsyncClient
) -> None:
    order = await counter.at(Step.OPEN)
    before = await contents(counter.stoa.service.pool)

    for identifier in (counter.identifier(order), "GR--1--MER1", "nonsense"):
        for answer in await refused_everywhere(stranger, identifier):
            assert answer.headers["WWW-Authenticate"] == 'Basic realm="stoa", charset="UTF-8"'
    assert await contents(counter.stoa.service.pool) == before


async def test_wrong_credentials_open_nothing_and_change_nothing(
    counter: Counter, other_counter: Counter
) -> None:
    order, token, now = await counter.at(Step.OPEN), counter.token, counter.market.now
    other_dialect = await counter.stoa.service.shops.issue(counter.shop.id, "merchantpro", now)
    operators = await counter.stoa.service.shops.issue_to_operator(now)
    pairs = [
        (token.key, "wrong"),
        (token.key, ""),
        ("", token.secret),
        (token.key, token.secret[:-1]),
        (token.key.upper(), token.secret),
        (other_counter.token.key, token.secret),
        ("st_999999", token.secret),
        (token.key, counter.market.merchant.token.split("_", 2)[2]),
        (other_dialect.key, other_dialect.secret),
        (operators.key, operators.secret),
    ]
    before = await contents(counter.stoa.service.pool)

    for key, secret in pairs:
        async with calling(counter.stoa, key, secret, address=an_address()) as client:
            await refused_everywhere(client, counter.identifier(order))
    assert await contents(counter.stoa.service.pool) | {"strangers": []} == before | {"strangers": []}


async def test_a_header_that_is_no_basic_authentication_opens_nothing(counter: Counter) -> None:
    whole = f"{counter.token.key}:{counter.token.secret}"
    for header in (
        "",
        "Basic",
        "Basic %%%",
        f"Basic {whole}",
        f"Bearer {b64encode(whole.encode()).decode()}",
        f"Bearer {counter.token}",
        f"Bearer {counter.market.merchant.token}",
        f"Basic {'x' * 10_000}",
    ):
        async with knocking(counter.stoa, header, address=an_address()) as client:
            assert answered(await client.get(ORDERS)) == UNAUTHORIZED, header[:40]


async def test_a_token_of_this_api_opens_no_other(counter: Counter) -> None:
    order = await counter.order()

    for header in (counter.client.headers["Authorization"], f"Bearer {counter.token}"):
        async with knocking(counter.stoa, header, address=an_address()) as client:
            for path in (counter.market.address(order), "/api/v2/orders", "/operator/v1/shops"):
                assert (await client.get(path, headers={"Accept": ACCEPT})).status_code == 401


async def test_a_new_password_makes_the_old_one_void(counter: Counter) -> None:
    service = counter.stoa.service
    issued = await service.shops.issue(counter.shop.id, "shopflix", counter.market.now)

    async with calling(counter.stoa, issued.key, issued.secret) as client:
        assert (await client.get(ORDERS)).status_code == 200
    async with calling(counter.stoa, counter.token.key, counter.token.secret, address=an_address()) as old:
        assert answered(await old.get(ORDERS)) == UNAUTHORIZED


async def test_another_shops_order_is_not_found_and_stays_as_it_is(
    counter: Counter, other_counter: Counter
) -> None:
    order = await other_counter.at(Step.OPEN)
    as_ours = counter.identifier(order)
    before = await contents(counter.stoa.service.pool)

    for identifier in (other_counter.identifier(order), as_ours):
        for method, path in every_call(identifier)[1:]:
            assert answered(await counter.client.request(method, path)) == not_found(identifier)
    assert await counter.ids() == []
    assert await contents(counter.stoa.service.pool) == before


async def test_ten_wrong_attempts_shut_an_address_out_for_a_while_and_no_longer(counter: Counter) -> None:
    order, address, token = await counter.at(Step.ACCEPTED), an_address(), counter.token
    async with calling(counter.stoa, token.key, "wrong", address=address) as client:
        answers = [await client.get(ORDERS) for _ in range(MOST_FAILURES + 1)]
    before = await contents(counter.stoa.service.pool)
    async with calling(counter.stoa, token.key, token.secret, address=address) as client:
        shut_out = [await client.request(*call) for call in every_call(counter.identifier(order))]
        assert await contents(counter.stoa.service.pool) == before
        counter.market.pass_time(BLOCKED_FOR - MINUTE)
        still = await client.get(ORDERS)
        counter.market.pass_time(MINUTE)
        again = await client.patch(counter.address(order, "accept"))

    assert [answered(answer) for answer in answers] == [UNAUTHORIZED] * MOST_FAILURES + [SHUT_OUT]
    assert [answered(answer) for answer in shut_out] == [SHUT_OUT] * len(shut_out)
    assert (shut_out[0].headers["Retry-After"], still.headers["Retry-After"]) == ("600", "60")
    assert (answered(still), answered(again)) == (SHUT_OUT, CANNOT_ACCEPT)


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic "])
async def test_the_scheme_is_read_in_any_case(counter: Counter, scheme: str) -> None:
    pair = basic(counter.token.key, counter.token.secret).removeprefix("Basic ")

    answer = await counter.client.get(ORDERS, headers={"Authorization": f"{scheme} {pair}"})

    assert answer.status_code == 200
