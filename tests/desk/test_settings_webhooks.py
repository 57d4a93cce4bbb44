import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import structlog
from aiohttp import web

from stoa.app import Stoa
from stoa.store.shops import WebhookEndpoint
from stoa.webhooks.signing import sign
from tests.conftest import Merchant, browsing
from tests.database_contents import contents
from tests.desk.people import posting, text_of
from tests.desk.test_settings import settings
from tests.desk.test_settings_credentials import secrets_of
from tests.ledger import with_ledger

ORDERS, RETURNS = "skroutz_orders", "skroutz_returns"


class Receiver:
    """A shop's endpoint on this machine, which remembers what it was sent and answers as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.status, self.text = 200, "thank you"
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.arrived, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.seen.append((dict(request.headers), await request.read()))
        self.arrived.set()
        await self.gate.wait()
        return web.Response(status=self.status, text=self.text)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    yield receiver
    await runner.cleanup()


async def kept(stoa: Stoa, merchant: Merchant) -> dict[str, WebhookEndpoint]:
    return {endpoint.kind: endpoint for endpoint in await stoa.service.shops.endpoints_of(merchant.shop.id)}


async def saving(
    client: httpx.AsyncClient, merchant: Merchant, url: str, kind: str = ORDERS, **fields: str
) -> httpx.Response:
    return await posting(
        client, settings(merchant.shop, "webhooks", kind), url=url, **({"enabled": "on"} | fields)
    )


async def test_orders_and_returns_have_an_address_each(merchant: Merchant, owner: httpx.AsyncClient) -> None:
    said = text_of(await owner.get(settings(merchant.shop, "webhooks")))

    assert "Skroutz: orders" in said
    assert "Skroutz: returns" in said
    assert said.count("No address") == 2


async def test_the_signing_key_is_shown_once_when_the_address_is_set(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    with structlog.testing.capture_logs() as logs:
        first = await saving(owner, merchant, receiver.url)
    again = await saving(owner, merchant, f"{receiver.url}/new")

    (secret,) = secrets_of(first)
    assert first.status_code == 200
    assert secret.startswith("whsec_")
    assert again.headers["location"] == f"{settings(merchant.shop, 'webhooks', ORDERS)}?done=saved"
    assert await kept(stoa, merchant) == {
        ORDERS: WebhookEndpoint(ORDERS, f"{receiver.url}/new", enabled=True)
    }
    page = await owner.get(again.headers["location"])
    assert "The address is saved." in text_of(page)
    for shown in (page.text, str(await contents(stoa.service.pool)), str(logs)):
        assert secret.removeprefix("whsec_") not in shown


async def test_a_webhook_can_be_switched_off_and_its_address_stays(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await saving(owner, merchant, receiver.url)
    await saving(owner, merchant, receiver.url, enabled="")

    assert (await kept(stoa, merchant))[ORDERS] == WebhookEndpoint(ORDERS, receiver.url, enabled=False)
    assert "Off" in text_of(await owner.get(settings(merchant.shop, "webhooks")))


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "http://example.com/", "https://10.0.0.1/", "ftp://shop.example/", "https://a:b@shop.example/",
     "https://shop.example/#part", f"https://shop.example/{'x' * 2048}", 'https://"><script>x</script>/'],
)  # fmt: skip
async def test_an_address_that_may_not_be_called_is_said_and_kept_in_the_field(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, url: str
) -> None:
    answer = await saving(owner, merchant, url, enabled="")

    assert answer.status_code == 422
    assert 'class="fault" id="url-said"' in answer.text
    assert "<script>x" not in answer.text
    assert f'value="{url}"' in answer.text or '"' in url
    assert ' name="enabled" value="on">' in answer.text
    assert await kept(stoa, merchant) == {}


async def test_a_shop_with_a_domain_takes_webhooks_there_alone(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await stoa.service.shops.change(merchant.shop.id, domain="shop.example")

    refused = await saving(owner, merchant, "https://elsewhere.example/")
    taken = await saving(owner, merchant, "https://hooks.shop.example/")

    assert (refused.status_code, taken.status_code) == (422, 200)
    assert "The host must be shop.example or below it" in text_of(refused)
    assert "does not resolve yet" in text_of(taken)


async def test_a_test_is_sent_as_every_webhook_is_and_its_answer_shown(
    merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    (secret,) = secrets_of(await saving(owner, merchant, receiver.url))
    receiver.text = "<b>taken</b>" + "x" * 2000

    answer = await posting(owner, settings(merchant.shop, "webhooks", ORDERS, "test"))

    ((headers, body),) = receiver.seen
    told = msgspec.json.decode(body)
    assert (told["event_type"], told["order"]["code"]) == ("new_order", "DEMO-OPEN")
    assert headers["User-Agent"] == "Skroutz OrderNotifier v1"
    assert headers["webhook-signature"] == _signed(secret, headers, body)
    said = text_of(answer)
    assert re.search(r"It arrived: answered with 200 after \d+ ms\.", said)
    assert headers["webhook-signature"] in said
    assert "&lt;b&gt;taken&lt;/b&gt;xxx" in answer.text
    assert "x" * 1000 not in answer.text
    assert "&#34;code&#34;: &#34;DEMO-OPEN&#34;" in answer.text


def _signed(secret: str, headers: dict[str, str], body: bytes) -> str:
    key = msgspec.json.decode(f'"{secret.removeprefix("whsec_")}"', type=bytes)
    return sign(key, headers["webhook-id"], int(headers["webhook-timestamp"]), body)["webhook-signature"]


async def test_a_test_of_returns_tells_of_a_return(
    merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await saving(owner, merchant, receiver.url, RETURNS)
    await posting(owner, settings(merchant.shop, "webhooks", RETURNS, "test"))

    told = msgspec.json.decode(receiver.seen[0][1])
    assert (told["event_type"], told["return"]["return_code"]) == ("merchant_return_created", "DEMO-RETURN")


async def test_a_test_is_kept_nowhere(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await saving(owner, merchant, receiver.url)
    before = await contents(stoa.service.pool)
    await posting(owner, settings(merchant.shop, "webhooks", ORDERS, "test"))

    assert await contents(stoa.service.pool) == before


@pytest.mark.parametrize(("status", "text"), [(500, "broken"), (204, ""), (404, "no such page")])
async def test_an_answer_that_takes_nothing_is_said_to(
    merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver, status: int, text: str
) -> None:
    await saving(owner, merchant, receiver.url)
    receiver.status, receiver.text = status, text

    answer = await posting(owner, settings(merchant.shop, "webhooks", ORDERS, "test"))

    assert answer.status_code == 200
    assert f"Answered with {status} after" in text_of(answer)
    assert (text or "The answer was empty.") in text_of(answer)


async def test_an_endpoint_that_is_down_is_said_in_plain_words(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await saving(owner, merchant, "http://127.0.0.1:9/")

    said = text_of(await posting(owner, settings(merchant.shop, "webhooks", ORDERS, "test")))

    assert "It did not arrive: connection refused, after" in said


async def test_of_a_shop_one_test_is_under_way_at_a_time(
    merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await saving(owner, merchant, receiver.url)
    path = settings(merchant.shop, "webhooks", ORDERS, "test")
    receiver.gate.clear()
    first = asyncio.create_task(posting(owner, path))
    await receiver.arrived.wait()

    second = await posting(owner, path)
    receiver.gate.set()

    assert (second.status_code, "A test is under way" in text_of(second)) == (429, True)
    assert "It arrived" in text_of(await first)
    assert "It arrived" in text_of(await posting(owner, path))
    assert len(receiver.seen) == 2


async def test_without_an_address_nothing_is_tested_and_no_key_renewed(
    merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    page = settings(merchant.shop, "webhooks", ORDERS)
    assert "Does it work?" not in text_of(await owner.get(page))

    for action in ("test", "key"):
        answer = await posting(owner, f"{page}/{action}")
        assert (answer.status_code, "There is no address any more" in text_of(answer)) == (409, True)


async def test_a_renewed_key_is_shown_once_and_signs_from_then_on(
    merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    page = settings(merchant.shop, "webhooks", ORDERS)
    (old,) = secrets_of(await saving(owner, merchant, receiver.url))
    (new,) = secrets_of(await posting(owner, f"{page}/key"))
    await posting(owner, f"{page}/test")

    ((headers, body),) = receiver.seen
    assert headers["webhook-signature"] == _signed(new, headers, body)
    assert old != new
    assert new not in (await owner.get(page)).text


async def test_where_the_address_is_removed_nothing_is_sent(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await saving(owner, merchant, receiver.url)
    await saving(owner, merchant, receiver.url, RETURNS)
    answer = await posting(owner, settings(merchant.shop, "webhooks", ORDERS, "remove"))

    assert answer.headers["location"] == f"{settings(merchant.shop, 'webhooks')}?done=removed"
    assert (await kept(stoa, merchant)).keys() == {RETURNS}


async def test_a_dialect_without_a_test_message_says_so(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    async with browsing(with_ledger(stoa, "ledger_orders")) as client:
        client.cookies = owner.cookies
        await saving(client, merchant, receiver.url, "ledger_orders")
        answer = await posting(client, settings(merchant.shop, "webhooks", "ledger_orders", "test"))

    assert (answer.status_code, receiver.seen) == (409, [])
    assert "There is no test message for this webhook." in text_of(answer)
