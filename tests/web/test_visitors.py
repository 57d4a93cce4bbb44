import asyncio
from ipaddress import ip_network

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.settings import Settings
from stoa.store.database import Pool
from stoa.store.shops import Token
from stoa.store.strangers import BLOCKED_FOR, MOST_FAILURES
from stoa.web.visitors import client_address
from tests.builders import MINUTE, a_placement, placed
from tests.conftest import Merchant
from tests.ledger import Ledger, visiting

HERE, ELSEWHERE, PROXY = "192.0.2.1", "192.0.2.2", "10.0.0.5"


class Site(Struct, frozen=True):
    """A shop with a key of its own and an order, and how it is called."""

    stoa: Stoa
    token: Token
    path: str

    async def ask(
        self, secret: str | None = None, *, address: str = HERE, forwarded: str = ""
    ) -> httpx.Response:
        """A request from an address, with the right secret where no other is given."""
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        auth = httpx.BasicAuth(self.token.key, self.token.secret if secret is None else secret)
        async with visiting(self.stoa, address, **headers) as client:
            return await client.get(self.path, auth=auth)

    async def ask_with(self, **headers: str) -> httpx.Response:
        """A request without credentials, but for those in the headers."""
        async with visiting(self.stoa, HERE, **headers) as client:
            return await client.get(self.path)

    async def fail(self, times: int = MOST_FAILURES, *, address: str = HERE, forwarded: str = "") -> None:
        """Attempts with a wrong secret, each answered as one."""
        for _ in range(times):
            answer = await self.ask("wrong", address=address, forwarded=forwarded)
            assert answer.status_code == 401


@pytest.fixture
async def site(stoa: Stoa, merchant: Merchant) -> Site:
    return await a_site(stoa, merchant)


async def a_site(stoa: Stoa, merchant: Merchant) -> Site:
    token = await stoa.service.shops.issue(merchant.shop.id, Ledger.name, stoa.service.clock())
    number = await stoa.service.orders.next_number()
    order = placed(await stoa.service.engine.place(a_placement(), shop=merchant.shop, number=number))
    return Site(stoa, token, f"/ledger/{order.id}")


async def test_the_right_key_and_secret_open_the_shops_orders(site: Site) -> None:
    answer = await site.ask()

    assert (answer.status_code, answer.json()) == (200, {"number": f"L{site.path.rsplit('/', 1)[-1]}"})


async def test_ten_failures_shut_the_address_out_whatever_it_sends(site: Site) -> None:
    await site.fail()

    answers = [
        await site.ask(),
        await site.ask("wrong"),
        await site.ask_with(),
        await site.ask_with(Authorization="Basic nonsense"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert {answer.headers["Retry-After"] for answer in answers} == {"600"}
    assert answers[0].json() == {"wrong": "Too many attempts with wrong credentials; try again later."}


async def test_a_block_ends_by_itself_and_is_not_prolonged(site: Site, clock: MovableClock) -> None:
    await site.fail()
    clock.move(BLOCKED_FOR - MINUTE)
    refused = await site.ask("wrong")
    clock.move(MINUTE)

    assert (refused.status_code, refused.headers["Retry-After"]) == (403, "60")
    assert (await site.ask()).status_code == 200
    await site.fail()
    assert (await site.ask()).status_code == 403


async def test_another_address_is_not_shut_out(site: Site) -> None:
    await site.fail()

    assert (await site.ask(address=ELSEWHERE)).status_code == 200


async def test_wrong_attempts_at_the_same_time_are_all_counted(site: Site, pool: Pool) -> None:
    answers = await asyncio.gather(*(site.ask("wrong") for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [403] * 10
    assert await pool.fetchval("SELECT failures FROM strangers WHERE address = $1", HERE) == 20


async def test_to_ask_without_credentials_first_is_no_failure(site: Site, pool: Pool) -> None:
    answers = [await site.ask_with() for _ in range(MOST_FAILURES + 1)]

    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].headers["WWW-Authenticate"] == 'Basic realm="stoa", charset="UTF-8"'
    assert await pool.fetchval("SELECT count(*) FROM strangers") == 0


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Bearer st_1_x", f"Basic {'x' * 10_000}"])
async def test_credentials_that_cannot_be_read_are_failures(site: Site, header: str) -> None:
    answers = [await site.ask_with(Authorization=header) for _ in range(MOST_FAILURES + 1)]

    assert [answer.status_code for answer in answers] == [401] * MOST_FAILURES + [403]


async def test_the_right_secret_in_between_neither_lifts_a_block_nor_begins_the_count_anew(
    site: Site,
) -> None:
    await site.fail(MOST_FAILURES - 1)
    assert (await site.ask()).status_code == 200
    await site.fail(1)

    assert [(await site.ask()).status_code for _ in range(2)] == [403, 403]


async def test_other_contracts_do_not_mind_the_block(
    site: Site, merchant: Merchant, operator: httpx.AsyncClient
) -> None:
    await site.fail(address="127.0.0.1")

    assert (await site.ask(address="127.0.0.1")).status_code == 403
    assert (await merchant.client.get("/merchants/ecommerce/orders/DEMO-OPEN")).status_code == 200
    assert (await operator.get("/operator/v1/shops")).status_code == 200


def behind(stoa: Stoa, *proxies: str) -> Stoa:
    """The same service behind these proxies."""
    settings = Settings(trusted_proxies=tuple(ip_network(proxy) for proxy in proxies))
    return replace(stoa, service=replace(stoa.service, settings=settings))


async def test_behind_a_trusted_proxy_every_client_is_counted_for_itself(
    stoa: Stoa, merchant: Merchant
) -> None:
    site = await a_site(behind(stoa, f"{PROXY}/32"), merchant)
    await site.fail(address=PROXY, forwarded=HERE)

    assert (await site.ask(address=PROXY, forwarded=HERE)).status_code == 403
    assert (await site.ask(address=HERE)).status_code == 403
    assert (await site.ask(address=PROXY, forwarded=ELSEWHERE)).status_code == 200


async def test_whoever_is_no_trusted_proxy_cannot_say_who_it_is(stoa: Stoa, merchant: Merchant) -> None:
    site = await a_site(behind(stoa, f"{PROXY}/32"), merchant)
    for n in range(MOST_FAILURES):
        await site.fail(1, forwarded=f"198.51.100.{n}")

    assert (await site.ask(forwarded=ELSEWHERE)).status_code == 403
    assert (await site.ask(address=ELSEWHERE)).status_code == 200


CAME_FROM = [
    # peer, X-Forwarded-For, who it was
    (HERE, [], HERE),
    (HERE, [ELSEWHERE], HERE),
    (PROXY, [], PROXY),
    (PROXY, [""], PROXY),
    (PROXY, [HERE], HERE),
    (PROXY, [f"{ELSEWHERE}, {HERE}"], HERE),
    (PROXY, [ELSEWHERE, HERE], HERE),
    (PROXY, [f"{ELSEWHERE}, {HERE} ,10.0.0.7"], HERE),
    (PROXY, ["10.0.0.7,10.0.0.8"], "10.0.0.7"),
    (PROXY, [f"{HERE}, unknown"], PROXY),
    (PROXY, [f"{HERE}, unknown, 10.0.0.7"], "10.0.0.7"),
    (f"::ffff:{PROXY}", [f"::ffff:{HERE}"], HERE),
    ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
    ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
    ("fe80::1%eth0", [], "fe80::/64"),
    ("::1", ["2001:db8::7"], "2001:db8::/64"),
    ("no-address", [HERE], "unknown"),
]


@pytest.mark.parametrize(("peer", "forwarded", "client"), CAME_FROM)
def test_a_client_is_the_last_address_that_no_trusted_proxy_has(
    peer: str, forwarded: list[str], client: str
) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    request = Request({"type": "http", "headers": headers, "client": (peer, 40_000)})

    assert client_address(request, [ip_network("10.0.0.0/24"), ip_network("::1/128")]) == client


def test_a_client_without_an_address_is_unknown() -> None:
    assert client_address(Request({"type": "http", "headers": [], "client": None}), []) == "unknown"
