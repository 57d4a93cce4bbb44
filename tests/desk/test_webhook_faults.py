"""Whatever a webhook can meet is said in the reader's language."""

import asyncio
import inspect
import re
from ipaddress import ip_address

import aiohttp
import pytest

from stoa.desk.webhook_faults import FAULTS, KINDS, fault_text
from stoa.webhooks import dispatcher, guard, sender, vault
from stoa.webhooks.dispatcher import UNSENT
from stoa.webhooks.guard import CLOSED, Guard, UrlAccepted, UrlRefused, closed_kind
from stoa.webhooks.sender import PLAIN_WORDS, in_plain_words
from tests.languages.collecting import TRANSLATED
from tests.webhooks.test_guard import a_guard, resolving_to

REFUSED = (
    "https://shop.gr/#top",
    "https://shop.gr/a b",
    "https://shop.gr:0/",
    f"https://shop.gr/{'a' * 2048}",
    "https://[/",
    "ftp://shop.gr/",
    "http://shop.gr/",
    "https://me@shop.gr/",
    "https://2130706433/",
    "https://sh!op.gr/",
    "https://elsewhere.gr/",
    "https://10.0.0.5/",
)
"""An address for each reason why a shop may not have it, but those by the kind of its network."""


async def _refusal(url: str) -> str:
    verdict = await a_guard().check_url(url, None if "10.0.0.5" in url else "shop.gr")
    assert isinstance(verdict, UrlRefused), url
    return verdict.reason


def _is_translated(fault: str) -> bool:
    """Whether none of the catalogues leaves it in English."""
    return all(fault_text(language, fault) != fault for language in TRANSLATED)


@pytest.mark.parametrize("url", REFUSED)
async def test_why_an_address_is_refused(url: str) -> None:
    reason = await _refusal(url)

    assert fault_text("en", reason) == reason
    assert _is_translated(reason)
    assert fault_text("el", f"address refused: {reason}").endswith(fault_text("el", reason))


async def test_the_addresses_of_this_test_are_refused_for_different_reasons() -> None:
    assert len(set(await asyncio.gather(*map(_refusal, REFUSED)))) == len(REFUSED)


def test_every_kind_of_closed_network_is_known() -> None:
    assert {kind for _, kind in CLOSED} | {"reserved"} == set(KINDS)


@pytest.mark.parametrize("kind", sorted({kind for _, kind in CLOSED} - {"multicast"}))
def test_what_is_said_of_a_closed_network(kind: str) -> None:
    address = next(network[0] for network, name in CLOSED if name == kind)
    refusal = a_guard().refuses(address, "https")

    assert refusal is not None
    assert _is_translated(refusal)
    assert str(address) in fault_text("hu", refusal)
    assert kind not in fault_text("bg", refusal)


def test_plain_http_to_an_address_of_the_world() -> None:
    refusal = Guard().refuses(ip_address("93.184.215.14"), "http")

    assert refusal is not None
    assert closed_kind(ip_address("93.184.215.14")) is None
    assert _is_translated(refusal)


@pytest.mark.parametrize("words", sorted({words for _, words in PLAIN_WORDS}))
def test_what_the_sender_meets(words: str) -> None:
    assert _is_translated(words)


@pytest.mark.parametrize("outcome", UNSENT)
def test_why_nothing_was_sent(outcome: object) -> None:
    assert _is_translated(str(getattr(outcome, "error", "")))


def test_a_refused_connection() -> None:
    key = aiohttp.client_reqrep.ConnectionKey(
        host="shop.gr", port=443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
    )
    fault = aiohttp.ClientConnectorError(key, ConnectionRefusedError())

    assert _is_translated(in_plain_words(fault))


@pytest.mark.parametrize("text", [*FAULTS, *KINDS])
def test_each_text_is_one_that_webhooks_are_noted_with(text: str) -> None:
    sources = "".join(inspect.getsource(module) for module in (dispatcher, guard, sender, vault))

    assert max(re.split(r"\{\w+\}", text), key=len) in sources


async def test_a_host_that_does_not_resolve_yet() -> None:
    verdict = await Guard([], resolving_to()).check_url("https://shop.gr/", None)

    assert isinstance(verdict, UrlAccepted)
    assert _is_translated(verdict.warning or "")


def test_redirects_without_end() -> None:
    assert fault_text("hu", "redirected more than 3 times") == "több mint 3 átirányítás"


def test_what_nobody_has_heard_of_stays_as_it_is() -> None:
    assert fault_text("el", "the dog ate it {0} {count}") == "the dog ate it {0} {count}"
