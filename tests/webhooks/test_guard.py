import asyncio
import random
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from stoa.webhooks.guard import (
    CLOSED,
    Address,
    AddressRefused,
    Guard,
    Lookup,
    NameLookup,
    Network,
    UrlAccepted,
    UrlRefused,
    closed_kind,
    parse_networks,
)

PUBLIC = "93.184.215.14"


def resolving_to(*addresses: str) -> Lookup:
    async def lookup(host: str, port: int) -> list[Address]:
        return [ip_address(address) for address in addresses]

    return lookup


async def unresolvable(host: str, port: int) -> list[Address]:
    raise OSError("no such name")


async def hanging(host: str, port: int) -> list[Address]:
    await asyncio.sleep(60)
    return []


def a_guard(*addresses: str, allowed: str = "") -> Guard:
    return Guard(parse_networks(allowed), resolving_to(*addresses or [PUBLIC]))


async def reason(guard: Guard, url: str, domain: str | None = None) -> str:
    answer = await guard.check_url(url, domain)
    assert isinstance(answer, UrlRefused), answer
    return answer.reason


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "unspecified"),
        ("10.0.0.5", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("100.64.0.1", "shared by a provider's customers"),
        ("100.127.255.255", "shared by a provider's customers"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "a cloud's metadata service"),
        ("168.63.129.16", "a cloud's metadata service"),
        ("fd00:ec2::254", "a cloud's metadata service"),
        ("192.0.0.8", "reserved"),
        ("198.19.255.255", "reserved"),
        ("203.0.113.9", "reserved"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "an embedded IPv4 address"),
        ("::ffff:93.184.215.14", "an embedded IPv4 address"),
        ("64:ff9b::7f00:1", "an embedded IPv4 address"),
        ("64:ff9b:1::7f00:1", "an embedded IPv4 address"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "an embedded IPv4 address"),
        ("2002:7f00:1::", "an embedded IPv4 address"),
        ("2001:db8::1", "reserved"),
        ("3fff::1", "reserved"),
        ("fc00::1", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("5f00::1", "reserved"),
        ("4000::1", "reserved"),
        ("100::1", "reserved"),
    ],
)
def test_an_address_that_is_not_public_is_refused_by_its_kind(address: str, kind: str) -> None:
    assert a_guard().refuses(ip_address(address), "https") == (
        f"{ip_address(address)} is {kind}; see STOA_WEBHOOK_ALLOW"
    )


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])
def test_a_public_address_may_be_called_over_https(address: str) -> None:
    assert a_guard().refuses(ip_address(address), "https") is None


@given(st.ip_addresses())
def test_whatever_python_calls_not_global_is_refused(address: IPv4Address | IPv6Address) -> None:
    assert address.is_global or closed_kind(address)


@given(st.sampled_from([network for network, _ in CLOSED]), st.randoms(use_true_random=False))
def test_every_address_of_a_closed_network_is_refused_until_the_network_is_allowed(
    network: Network, chance: random.Random
) -> None:
    address = network[chance.randrange(network.num_addresses)]

    assert closed_kind(address)
    assert Guard([network]).refuses(address, "http") is None


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_slips_through_inside_an_ipv6_one(inner: IPv4Address | IPv6Address) -> None:
    number = int(inner)
    disguises = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
    ]

    assert all(Guard([ip_network("0.0.0.0/0")]).refuses(disguise, "https") for disguise in disguises)


async def test_https_at_the_shops_domain_is_accepted() -> None:
    for url in (
        "https://shop.gr/hook",
        "https://erp.shop.gr:8443/hook?shop=7",
        "https://SHOP.gr",
        "https://shop.gr./",
    ):
        assert await a_guard().check_url(url, "shop.gr") == UrlAccepted()


@pytest.mark.parametrize("domain", ["μαγαζί.gr", "xn--kxadahq6a.gr", "ΜΑΓΑΖΊ.gr."])
async def test_an_international_domain_is_the_same_in_every_spelling(domain: str) -> None:
    for url in ("https://μαγαζί.gr/", "https://api.xn--kxadahq6a.gr/"):
        assert await a_guard().check_url(url, domain) == UrlAccepted()


@pytest.mark.parametrize("domain", ["no domain", "shop.gr/path", "\x00", "."])
async def test_nothing_lies_within_a_domain_that_is_none(domain: str) -> None:
    assert "or below it" in await reason(a_guard(), "https://shop.gr/", domain)


async def test_a_shop_without_a_domain_may_use_any_public_host() -> None:
    assert await a_guard().check_url("https://anywhere.example.com/", None) == UrlAccepted()
    assert await a_guard().check_url(f"https://{PUBLIC}/", None) == UrlAccepted()


@pytest.mark.parametrize("url", ["https://evilshop.gr/", "https://shop.gr.evil.com/", f"https://{PUBLIC}/"])
async def test_a_foreign_host_is_refused_and_the_sentence_names_the_setting(url: str) -> None:
    assert await reason(a_guard(), url, "shop.gr") == (
        "the host must be shop.gr or below it unless its addresses are inside STOA_WEBHOOK_ALLOW"
    )


async def test_plain_http_is_refused_and_the_sentence_names_the_setting() -> None:
    assert await reason(a_guard(), "http://shop.gr/", "shop.gr") == (
        "the URL must begin with https:// unless its addresses are inside STOA_WEBHOOK_ALLOW"
    )


async def test_http_and_foreign_hosts_are_accepted_inside_the_allow_list() -> None:
    guard = a_guard("10.1.0.5", "10.1.0.6", allowed="10.1.0.0/16, 127.0.0.0/8")

    assert await guard.check_url("http://erp.internal:8069/hook", "shop.gr") == UrlAccepted()
    assert await guard.check_url("http://127.0.0.1:9000/", "shop.gr") == UrlAccepted()


async def test_every_address_of_the_host_must_be_inside_the_allow_list() -> None:
    guard = a_guard("10.1.0.5", "10.2.0.6", allowed="10.1.0.0/16")

    assert "STOA_WEBHOOK_ALLOW" in await reason(guard, "http://erp.internal/")


async def test_a_host_with_one_private_address_is_refused() -> None:
    assert await reason(a_guard(PUBLIC, "10.0.0.5"), "https://shop.gr/", "shop.gr") == (
        "10.0.0.5 is private; see STOA_WEBHOOK_ALLOW"
    )


@pytest.mark.parametrize("lookup", [unresolvable, hanging, resolving_to()])
async def test_a_host_that_does_not_resolve_yet_is_accepted_with_a_warning(lookup: Lookup) -> None:
    answer = await Guard([], lookup, patience=0.01).check_url("https://new.shop.gr/", "shop.gr")

    assert isinstance(answer, UrlAccepted)
    assert answer.warning == "the host does not resolve yet: nothing is delivered until it does"


async def test_plain_http_to_a_host_that_does_not_resolve_is_refused() -> None:
    guard = Guard([ip_network("127.0.0.0/8")], unresolvable)

    assert "STOA_WEBHOOK_ALLOW" in await reason(guard, "http://erp.internal/")


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://127.0.0.1/",
        "https://１２７.0.0.1/",
        "https://127。0。0。1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://%31%32%37.0.0.1/",
        "https://shop.gr%00.evil.com/",
        "https://user:password@shop.gr/",
        "https://:password@shop.gr/",
        "https://shop.gr:0/",
        "https://shop.gr:65536/",
        "https://shop.gr:-1/",
        "https://shop.gr:8o/",
        "https://shop.gr\\@evil.com/",
        "https://shop.gr/a b",
        "https://shop.gr/\r\nX: y",
        "https://shop.gr/\x00",
        "https://shop..gr/",
        "https://-/#here",
        "https://shop.gr/#part",
        "https://" + "a" * 64 + ".gr/",
        "https://shop.gr/" + "a" * 2048,
        "https://",
        "https:///hook",
        "https:shop.gr",
        "//shop.gr/",
        "shop.gr",
        "ftp://shop.gr/",
        "file:///etc/passwd",
        "gopher://shop.gr/",
        "",
    ],
)
async def test_odd_urls_are_refused_with_a_sentence(url: str) -> None:
    # The name's address is a public one: the spelling alone is at fault.
    assert await reason(a_guard(PUBLIC), url)


@given(st.text(max_size=80))
def test_no_text_at_all_makes_the_check_fail(text: str) -> None:
    for url in (text, f"https://{text}", f"https://shop.gr{text}"):
        answer = asyncio.run(a_guard().check_url(url, None))
        assert isinstance(answer, UrlAccepted | UrlRefused)


async def test_an_address_with_a_zone_is_refused_even_inside_the_allow_list() -> None:
    assert await reason(a_guard(allowed="fe80::/10"), "https://[fe80::1%25eth0]/")


async def test_the_resolver_answers_with_callable_addresses_only() -> None:
    resolver = a_guard("10.0.0.5", PUBLIC, "::1").resolver("https")

    assert [found["host"] for found in await resolver.resolve("shop.gr", 443)] == [PUBLIC]


async def test_the_resolver_keeps_plain_http_inside_the_allow_list() -> None:
    guard = a_guard("127.0.0.1", PUBLIC, allowed="127.0.0.0/8")

    assert [found["host"] for found in await guard.resolver("http").resolve("shop.gr")] == ["127.0.0.1"]
    assert len(await guard.resolver("https").resolve("shop.gr")) == 2


async def test_the_resolver_refuses_a_name_without_a_callable_address() -> None:
    with pytest.raises(AddressRefused, match=r"^10\.0\.0\.5 is private; see STOA_WEBHOOK_ALLOW$"):
        await a_guard("10.0.0.5").resolver("https").resolve("shop.gr")
    with pytest.raises(OSError, match="no address"):
        await Guard([], resolving_to()).resolver("https").resolve("shop.gr")


async def test_the_systems_names_are_looked_up() -> None:
    assert ip_address("127.0.0.1") in await NameLookup()("localhost", 80)


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("https://10.0.0.5/", "10.0.0.5 is private; see STOA_WEBHOOK_ALLOW"),
        ("http://93.184.215.14/", "plain http is only for addresses inside STOA_WEBHOOK_ALLOW"),
        ("gopher://shop.gr/", "the URL must begin with https://"),
        ("https://2130706433/", "the URL's address must be written in the usual form, such as 192.0.2.1"),
        ("https://93.184.215.14/", None),
        ("https://shop.gr/", None),
    ],
)
def test_a_hop_is_judged_by_what_its_url_shows(url: str, refusal: str | None) -> None:
    assert a_guard().refuses_hop(URL(url)) == refusal


def test_the_allow_list_is_read_from_the_setting() -> None:
    assert parse_networks(" 127.0.0.0/8,::1 , ") == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert parse_networks("") == ()


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8;::1"])
def test_a_wrong_allow_list_stops_with_a_sentence_that_names_the_setting(text: str) -> None:
    with pytest.raises(ValueError, match=r"^STOA_WEBHOOK_ALLOW must be networks .*\.$"):
        parse_networks(text)
