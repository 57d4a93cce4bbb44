import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from msgspec.structs import replace

from stoa.app import Stoa, open_stoa
from stoa.clock import MovableClock
from stoa.webhooks.guard import Guard
from tests.conftest import Merchant, browsing, complete, opening_a_shop
from tests.database_contents import contents
from tests.ledger import Ledger, with_ledger
from tests.operator.calls import address, fault, placing

LOOPBACK = "http://127.0.0.1:9/hook"


@pytest.fixture
async def stoa(database_url: str, clock: MovableClock) -> AsyncIterator[Stoa]:
    """A service outside the demo, on whose machine no network is open to webhooks."""
    async with open_stoa(complete(database_url, STOA_WEBHOOK_ALLOW=""), clock) as opened:
        yield opened


async def test_an_address_is_set_with_the_secret_that_signs_what_it_is_sent(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.put(address(merchant.shop, "webhook"), json={"url": "https://1.1.1.1/hook"})

    assert answer.status_code == 200
    said = answer.json()
    assert said["url"] == "https://1.1.1.1/hook"
    kind, _, secret = said["signing_secret"].partition("_")
    assert kind == "whsec"
    sealed = await stoa.service.shops.endpoint(merchant.shop.id, "skroutz_orders")
    assert sealed is not None
    key = stoa.service.vault.unseal(sealed[1], merchant.shop.id, "skroutz_orders")
    assert base64.b64decode(secret) == key


async def test_the_signing_secret_stays_when_the_address_changes(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    secrets = {
        (await operator.put(address(merchant.shop, "webhook"), json={"url": url})).json()["signing_secret"]
        for url in ("https://1.1.1.1/one", "https://1.1.1.1/two")
    }

    assert len(secrets) == 1


async def test_the_signing_secret_does_not_lie_in_the_database(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    said = (
        await operator.put(address(merchant.shop, "webhook"), json={"url": "https://1.1.1.1/hook"})
    ).json()
    key = base64.b64decode(said["signing_secret"].removeprefix("whsec_"))

    everything = str(await contents(stoa.service.pool))
    assert said["signing_secret"] not in everything
    assert key.hex() not in everything


INSIDE = (
    LOOPBACK,
    "https://127.0.0.1/hook",
    "https://10.0.0.1/hook",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/hook",
    "https://[::ffff:127.0.0.1]/hook",
    "http://1.1.1.1/hook",
)


async def test_an_address_inside_the_network_is_refused_with_the_setting_that_opens_it(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    before = await contents(stoa.service.pool)

    for url in INSIDE:
        answer = await operator.put(address(merchant.shop, "webhook"), json={"url": url})
        assert fault(answer) == (422, "invalid", "url"), url
        assert "STOA_WEBHOOK_ALLOW" in answer.json()["error"]["message"]
    assert await contents(stoa.service.pool) == before


NO_WEB_ADDRESSES = (
    "nonsense",
    "ftp://shop.gr/hook",
    "https://",
    "https://user:password@shop.gr/hook",
    "https://2130706433/hook",
    "https://0x7f.1/hook",
    "https://shop.gr:0/hook",
    "https://shop.gr:99999/hook",
    "https://shop.gr/a b",
    "https://shop.gr/#there",
    "https://shop.gr/\x00",
    "https://" + "a" * 2050,
    "https://[::1",
    "",
    "javascript:alert(1)",
)


async def test_what_is_no_web_address_is_refused(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    for url in NO_WEB_ADDRESSES:
        answer = await operator.put(address(merchant.shop, "webhook"), json={"url": url})
        assert fault(answer) == (422, "invalid", "url"), url


async def test_a_shop_with_a_domain_is_told_there_or_below(stoa: Stoa, operator: httpx.AsyncClient) -> None:
    async with opening_a_shop(stoa, domain="1.1.1.1") as elsewhere:
        refused = await operator.put(address(elsewhere.shop, "webhook"), json={"url": "https://8.8.8.8/hook"})

    assert fault(refused) == (422, "invalid", "url")


async def test_a_name_without_an_address_yet_is_taken_with_a_warning(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_found(_guard: Guard, _url: object) -> list[object]:
        return []

    monkeypatch.setattr(Guard, "_addresses", nothing_found)

    answer = await operator.put(address(merchant.shop, "webhook"), json={"url": "https://soon.gr/hook"})

    assert answer.status_code == 200
    assert "does not resolve" in answer.json()["warning"]


async def test_a_shop_without_an_address_is_told_nothing(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    await operator.put(address(merchant.shop, "webhook"), json={"url": "https://1.1.1.1/hook"})
    removed = await operator.delete(address(merchant.shop, "webhook"))
    await placing(operator, merchant.shop)

    assert removed.json() == {"url": None}
    assert (await operator.get(address(merchant.shop, "deliveries"))).json() == {"items": [], "next": None}


async def test_the_allow_list_opens_an_address(
    database_url: str, clock: MovableClock, merchant: Merchant
) -> None:
    async with open_stoa(complete(database_url), clock) as allowing:
        token = await allowing.service.shops.issue_to_operator(clock())
        async with browsing(allowing, Authorization=f"Bearer {token}") as operator:
            answer = await operator.put(address(merchant.shop, "webhook"), json={"url": LOOPBACK})

    assert answer.json()["url"] == LOOPBACK


# A shop has one address for each dialect that has webhooks.


@asynccontextmanager
async def operating(stoa: Stoa) -> AsyncIterator[httpx.AsyncClient]:
    token = await stoa.service.shops.issue_to_operator(stoa.service.clock())
    async with browsing(stoa, Authorization=f"Bearer {token}") as operator:
        yield operator


async def told_at(stoa: Stoa, merchant: Merchant) -> dict[str, str]:
    """Where the shop hears of its orders, by kind of endpoint."""
    known = await stoa.service.shops.endpoints(100)
    return {kind: url for shop_id, kind, url in known if shop_id == merchant.shop.id}


async def test_an_address_is_that_of_the_dialect_that_is_named(stoa: Stoa, merchant: Merchant) -> None:
    at = address(merchant.shop, "webhook")
    async with operating(with_ledger(stoa, "abacus_orders")) as operator:
        unnamed = await operator.put(at, json={"url": "https://1.1.1.1/unnamed"})
        ledgers = await operator.put(at, json={"url": "https://1.1.1.1/ledger", "dialect": "abacus"})
        (listed,) = (await operator.get("/operator/v1/shops")).json()["items"]

        assert await told_at(stoa, merchant) == {
            "skroutz_orders": "https://1.1.1.1/unnamed",
            "abacus_orders": "https://1.1.1.1/ledger",
        }
        assert unnamed.json()["signing_secret"] != ledgers.json()["signing_secret"]
        assert listed["webhook_url"] == "https://1.1.1.1/unnamed"

        skroutzs = await operator.put(at, json={"url": "https://1.1.1.1/named", "dialect": "skroutz"})

        assert skroutzs.json() == unnamed.json() | {"url": "https://1.1.1.1/named"}
        assert (await told_at(stoa, merchant))["skroutz_orders"] == "https://1.1.1.1/named"


async def test_an_address_is_removed_from_the_dialect_that_is_named(stoa: Stoa, merchant: Merchant) -> None:
    at = address(merchant.shop, "webhook")
    async with operating(with_ledger(stoa, "abacus_orders")) as operator:
        for dialect in ("abacus", "skroutz"):
            await operator.put(at, json={"url": "https://1.1.1.1/hook", "dialect": dialect})
        removed = await operator.delete(at, params={"dialect": "abacus"})

        assert (removed.status_code, removed.json()) == (200, {"url": None})
        assert (await told_at(stoa, merchant)).keys() == {"skroutz_orders"}

        await operator.delete(at)

        assert await told_at(stoa, merchant) == {}


@pytest.mark.parametrize("dialect", ["merchantpro", "latin", ""])
async def test_what_is_no_dialect_with_webhooks_is_refused_with_those_that_are(
    stoa: Stoa, merchant: Merchant, dialect: str
) -> None:
    at = address(merchant.shop, "webhook")
    async with operating(with_ledger(stoa, "abacus_orders")) as operator:
        await operator.put(at, json={"url": "https://1.1.1.1/hook"})
        set_to = await operator.put(at, json={"url": "https://1.1.1.1/other", "dialect": dialect})
        removed = await operator.delete(at, params={"dialect": dialect})

    assert fault(set_to) == fault(removed) == (422, "invalid", "dialect")
    told = "Must be one of skroutz, abacus, which have webhooks about orders."
    assert removed.json()["error"]["message"] == told
    assert await told_at(stoa, merchant) == {"skroutz_orders": "https://1.1.1.1/hook"}


async def test_a_misspelt_parameter_removes_nothing(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    at = address(merchant.shop, "webhook")
    await operator.put(at, json={"url": "https://1.1.1.1/hook"})
    answer = await operator.delete(at, params={"dialct": "abacus"})

    assert fault(answer) == (422, "invalid", "dialct")
    assert (await told_at(stoa, merchant)).keys() == {"skroutz_orders"}


async def test_where_no_dialect_has_webhooks_an_address_is_refused(stoa: Stoa, merchant: Merchant) -> None:
    at = address(merchant.shop, "webhook")
    async with operating(replace(stoa, dialects=[Ledger()])) as operator:
        for dialect in ({}, {"dialect": "abacus"}):
            answers = (
                await operator.put(at, json={"url": "https://1.1.1.1/hook", **dialect}),
                await operator.delete(at, params=dialect),
            )
            for answer in answers:
                assert fault(answer) == (422, "invalid", "dialect")
                assert answer.json()["error"]["message"] == "No dialect has webhooks about orders."
        (listed,) = (await operator.get("/operator/v1/shops")).json()["items"]

    assert listed["webhook_url"] is None


# Returns have an address of their own, and each address has a switch.


async def shown(operator: httpx.AsyncClient, merchant: Merchant) -> list[object]:
    answer = await operator.get(address(merchant.shop, "webhook"))
    assert answer.status_code == 200
    items: list[object] = answer.json()["items"]
    return items


def an_item(url: str, *, about: str = "orders", enabled: bool = True, dialect: str = "skroutz") -> object:
    return {"about": about, "dialect": dialect, "url": url, "enabled": enabled}


async def test_returns_are_told_at_an_address_of_their_own_with_a_key_of_its_own(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    at = address(merchant.shop, "webhook")
    of_orders = await operator.put(at, json={"url": "https://1.1.1.1/orders"})
    of_returns = await operator.put(at, json={"url": "https://1.1.1.1/returns", "about": "returns"})

    assert of_returns.status_code == 200
    assert of_returns.json()["signing_secret"] != of_orders.json()["signing_secret"]
    assert await shown(operator, merchant) == [
        an_item("https://1.1.1.1/orders"),
        an_item("https://1.1.1.1/returns", about="returns"),
    ]

    removed = await operator.delete(at, params={"about": "returns", "dialect": "skroutz"})

    assert removed.json() == {"url": None}
    assert await shown(operator, merchant) == [an_item("https://1.1.1.1/orders")]


async def test_a_shop_is_shown_its_own_addresses_of_every_dialect(
    stoa: Stoa, merchant: Merchant, neighbour: Merchant
) -> None:
    at = address(merchant.shop, "webhook")
    async with operating(with_ledger(stoa, "abacus_orders")) as operator:
        assert await shown(operator, merchant) == []
        for about in ({"dialect": "abacus"}, {"about": "returns"}, {}):
            await operator.put(at, json={"url": "https://1.1.1.1/hook", **about})

        assert await shown(operator, merchant) == [
            an_item("https://1.1.1.1/hook"),
            an_item("https://1.1.1.1/hook", dialect="abacus"),
            an_item("https://1.1.1.1/hook", about="returns"),
        ]
        assert await shown(operator, neighbour) == []


async def test_an_address_that_is_switched_off_stays_and_hears_nothing_until_it_is_on_again(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    at = address(merchant.shop, "webhook")
    secret = (await operator.put(at, json={"url": "https://1.1.1.1/hook"})).json()["signing_secret"]

    off = await operator.patch(at, json={"enabled": False})
    await placing(operator, merchant.shop)
    unheard = (await operator.get(address(merchant.shop, "deliveries"))).json()["items"]
    assert (off.status_code, off.json()) == (200, {"url": "https://1.1.1.1/hook", "enabled": False})
    assert await shown(operator, merchant) == [an_item("https://1.1.1.1/hook", enabled=False)]

    on = await operator.patch(at, json={"enabled": True, "dialect": "skroutz", "about": "orders"})
    placed = await placing(operator, merchant.shop)
    (heard,) = (await operator.get(address(merchant.shop, "deliveries"))).json()["items"]
    assert on.json() == {"url": "https://1.1.1.1/hook", "enabled": True}
    assert (unheard, heard["order_id"]) == ([], placed["id"])
    again = await operator.put(at, json={"url": "https://1.1.1.1/hook"})
    assert again.json()["signing_secret"] == secret


async def test_a_switch_moves_one_address_only(
    operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    for shop in (merchant.shop, neighbour.shop):
        for about in ("orders", "returns"):
            await operator.put(address(shop, "webhook"), json={"url": "https://1.1.1.1/hook", "about": about})

    await operator.patch(address(merchant.shop, "webhook"), json={"enabled": False, "about": "returns"})

    assert await shown(operator, merchant) == [
        an_item("https://1.1.1.1/hook"),
        an_item("https://1.1.1.1/hook", about="returns", enabled=False),
    ]
    assert await shown(operator, neighbour) == [
        an_item("https://1.1.1.1/hook"),
        an_item("https://1.1.1.1/hook", about="returns"),
    ]


async def test_an_address_may_be_set_switched_off(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    body = {"url": "https://1.1.1.1/hook", "enabled": False}
    answer = await operator.put(address(merchant.shop, "webhook"), json=body)

    assert (answer.status_code, answer.json()["enabled"]) == (200, False)
    assert await shown(operator, merchant) == [an_item("https://1.1.1.1/hook", enabled=False)]


async def test_an_address_that_is_not_there_cannot_be_switched(
    operator: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    await operator.put(address(neighbour.shop, "webhook"), json={"url": "https://1.1.1.1/hook"})

    for about in ("orders", "returns"):
        answer = await operator.patch(
            address(merchant.shop, "webhook"), json={"enabled": True, "about": about}
        )
        assert fault(answer) == (404, "not_found", None)
    assert await shown(operator, neighbour) == [an_item("https://1.1.1.1/hook")]


@pytest.mark.parametrize("about", ["stock", "", None, 1, ["orders"]])
async def test_what_webhooks_are_not_about_is_refused(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, about: object
) -> None:
    at = address(merchant.shop, "webhook")
    await operator.put(at, json={"url": "https://1.1.1.1/hook"})
    before = await contents(stoa.service.pool)

    answers = [
        await operator.put(at, json={"url": "https://1.1.1.1/other", "about": about}),
        await operator.patch(at, json={"enabled": False, "about": about}),
        await operator.delete(at, params={"about": str(about)}),
    ]

    assert [fault(answer) for answer in answers] == [(422, "invalid", "about")] * 3
    assert await contents(stoa.service.pool) == before


@pytest.mark.parametrize("dialect", ["abacus", "merchantpro", "latin"])
async def test_a_dialect_that_does_not_tell_of_returns_is_refused(
    stoa: Stoa, merchant: Merchant, dialect: str
) -> None:
    at, asked = address(merchant.shop, "webhook"), {"dialect": dialect, "about": "returns"}
    async with operating(with_ledger(stoa, "abacus_orders")) as operator:
        answers = [
            await operator.put(at, json={"url": "https://1.1.1.1/hook", **asked}),
            await operator.patch(at, json={"enabled": True, **asked}),
            await operator.delete(at, params=asked),
        ]

    assert [fault(answer) for answer in answers] == [(422, "invalid", "dialect")] * 3
    told = "Must be one of skroutz, which have webhooks about returns."
    assert {answer.json()["error"]["message"] for answer in answers} == {told}


async def test_where_no_dialect_tells_of_returns_their_address_is_refused(
    stoa: Stoa, merchant: Merchant
) -> None:
    async with operating(replace(stoa, dialects=[Ledger("abacus_orders")])) as operator:
        answer = await operator.put(
            address(merchant.shop, "webhook"), json={"url": "https://1.1.1.1/hook", "about": "returns"}
        )

    assert fault(answer) == (422, "invalid", "dialect")
    assert answer.json()["error"]["message"] == "No dialect has webhooks about returns."


WRONG_SWITCHES: tuple[tuple[dict[str, object], str], ...] = (
    ({}, "enabled"),
    ({"enabled": "yes"}, "enabled"),
    ({"enabled": None}, "enabled"),
    ({"enabled": 1}, "enabled"),
    ({"enabled": True, "dialect": 5}, "dialect"),
    ({"enabled": True, "url": "https://1.1.1.1/other"}, "url"),
)


@pytest.mark.parametrize(("body", "field"), WRONG_SWITCHES)
async def test_a_wrong_switch_is_refused_by_its_field(
    operator: httpx.AsyncClient, merchant: Merchant, body: dict[str, object], field: str
) -> None:
    at = address(merchant.shop, "webhook")
    await operator.put(at, json={"url": "https://1.1.1.1/hook"})

    assert fault(await operator.patch(at, json=body)) == (422, "invalid", field)
    assert await shown(operator, merchant) == [an_item("https://1.1.1.1/hook")]


async def test_returns_are_told_inside_the_network_no_more_than_orders(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.put(address(merchant.shop, "webhook"), json={"url": LOOPBACK, "about": "returns"})

    assert fault(answer) == (422, "invalid", "url")
    assert await shown(operator, merchant) == []
