"""Whatever comes in, the answer is a 4xx in one shape that names the field, and nothing is changed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx

from stoa.app import Stoa
from stoa.orders.order import ReturnState, State
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.operator.calls import (
    SHOPS,
    Json,
    a_body,
    a_line,
    address,
    fault,
    in_state,
    placing,
    return_in,
    shown,
)

NO_TEXTS: tuple[object, ...] = (5, True, [], {}, 1.5)
NO_NUMBERS: tuple[object, ...] = ("1", 1.5, True, None, [], {}, -1, 2**63, 2**64, -(2**63) - 1, 10**400)

CONTROL = ("\x00", "\x01", "\x07", "\x1b[31m", "\x7f")


def put(body: Json, path: str, value: object) -> Json:
    """The body with a value at a path such as lines[0].name."""
    changed: Any = json.loads(json.dumps(body))
    *way, last = path.replace("[", ".[").split(".")
    inner = changed
    for step in way:
        inner = inner[int(step[1:-1])] if step.startswith("[") else inner[step]
    inner[last] = value
    return changed  # type: ignore[no-any-return]


def whole() -> Json:
    """An order with every part that can be wrong."""
    invoice = {
        "company": "ACME",
        "profession": "Εμπόριο",
        "vat_number": "111119191",
        "doy": "Α",
        "address": {
            "street_name": "Σταδίου",
            "street_number": "1",
            "zip": "1",
            "city": "Αθήνα",
            "region": "",
        },
    }
    size = {"label": "Νούμερο", "value": "42", "shop_value": "42"}
    return a_body(
        lines=[a_line(size=size, tags=[], serial_numbers=[])], invoice=invoice, fees_cents={}, comments=""
    )


TEXTS = (
    "customer.first_name",
    "customer.last_name",
    "address.street_name",
    "address.zip",
    "address.city",
    "lines[0].shop_uid",
    "lines[0].name",
    "lines[0].size.label",
    "invoice.company",
    "invoice.address.city",
    "comments",
    "channel",
)
OPTIONAL_TEXTS = (
    "customer.email",
    "customer.phone",
    "customer.mobile",
    "address.floor",
    "address.comments",
    "lines[0].ean",
    "lines[0].extra_info",
    "lines[0].shop_variation_uid",
    "channel_ref",
    "courier",
)
NUMBERS = (
    "lines[0].quantity",
    "lines[0].unit_price_cents",
    "shipping_cents",
    "fees_cents.handling_fee",
    "fees_cents.fbs_fee",
)
REQUIRED = (
    "customer",
    "customer.first_name",
    "customer.last_name",
    "address",
    "address.street_name",
    "address.zip",
    "address.city",
    "lines",
    "lines[0].shop_uid",
    "lines[0].name",
    "lines[0].quantity",
    "lines[0].unit_price_cents",
    "lines[0].vat_percent",
    "lines[0].size.shop_value",
    "invoice.vat_number",
    "invoice.address.zip",
    "payment_method",
    "fulfilment",
)
PLACES = (
    "",
    "customer.",
    "address.",
    "lines[0].",
    "lines[0].size.",
    "invoice.",
    "invoice.address.",
    "fees_cents.",
)

PARTICULAR: tuple[tuple[str, object], ...] = (
    ("customer.email", "nobody"),
    ("customer.email", "a b@example.com"),
    ("customer.email", "a@example.com\n"),
    ("customer.email", "a@" + "x" * 260),
    ("address.country_code", "gr"),
    ("address.country_code", "GR\n"),
    ("address.country_code", ""),
    ("address.street_name", "   "),
    ("address.collection_point_address", "Κατάστημα"),
    ("address.pickup_from_collection_point", 1),
    # Only a collection point belongs to a network.
    ("address.collection_network", "box_now"),
    ("address.collection_network", 1),
    ("lines", []),
    ("lines", {}),
    ("lines", [a_line()] * 501),
    ("lines[0].quantity", 0),
    ("lines[0].quantity", 100_001),
    ("lines[0].unit_price_cents", 1_000_000_001),
    ("lines[0].vat_percent", 100.01),
    ("lines[0].vat_percent", -0.01),
    ("lines[0].vat_percent", 24.001),
    ("lines[0].vat_percent", "24"),
    ("lines[0].vat_percent", 10**400),
    ("lines[0].commission_rate", 8.345),
    ("lines[0].serial_numbers[0]", ""),
    ("lines[0].tags[0]", "gift"),
    ("payment_method", "cheque"),
    ("payment_method", "Card"),
    ("fulfilment", "pigeon"),
    ("courier", "pigeon"),
    ("express", "true"),
    ("gift_wrap", 0),
    ("invoice.vat_exclusion_verification_method", "service\n"),
    ("channel", ""),
    ("channel", "x" * 51),
    ("channel_ref", ""),
    ("comments", "x" * 2001),
    ("expires_at", "2026-03-05T12:00:00"),
    ("expires_at", "2026-03-05"),
    ("expires_at", "2026-02-30T12:00:00Z"),
    ("expires_at", "9999-12-31T23:59:59Z"),
    ("expires_at", "9999-12-31T23:59:59-12:00"),
    ("expires_at", "0001-01-01T00:00:00+12:00"),
    ("expires_at", "2026-03-05T12:00:00 Europe/Athens"),
    ("expires_at", "tomorrow"),
    ("expires_at", 1772700000),
    ("dispatch_until", "9999-12-31T23:59:59Z"),
    ("dispatch_until", "2026-03-05T24:00:00Z"),
)


def wrong_values() -> Iterator[tuple[str, object]]:
    for path in TEXTS:
        yield from ((path, value) for value in (*NO_TEXTS, None))
    for path in OPTIONAL_TEXTS:
        yield from ((path, value) for value in NO_TEXTS)
    for path in (*TEXTS, *OPTIONAL_TEXTS):
        if path not in {"customer.email", "courier"}:
            yield from ((path, f"α{character}β") for character in CONTROL)
    for path in NUMBERS:
        yield from ((path, value) for value in NO_NUMBERS)
    for place in PLACES:
        yield f"{place}unknown", 1
    yield from PARTICULAR


async def test_every_wrong_value_is_refused_at_its_path_and_changes_nothing(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    before = await contents(stoa.service.pool)
    body = whole()

    for path, value in wrong_values():
        wrong = put(body, path, value) if not path.endswith("[0]") else put(body, path[:-3], [value])
        answer = await operator.post(address(merchant.shop, "orders"), json=wrong)
        assert fault(answer) == (422, "invalid", path), (path, str(value)[:50])
    assert await contents(stoa.service.pool) == before


async def test_the_body_that_the_wrong_ones_are_made_of_is_right(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    assert await placing(operator, merchant.shop, **whole())


def without(body: Json, path: str) -> Json:
    """The body less the field at the path."""
    changed: Any = json.loads(json.dumps(body))
    *way, last = path.replace("[", ".[").split(".")
    inner = changed
    for step in way:
        inner = inner[int(step[1:-1])] if step.startswith("[") else inner[step]
    del inner[last]
    return changed  # type: ignore[no-any-return]


async def test_what_is_missing_is_named_at_its_path(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    for path in REQUIRED:
        answer = await operator.post(address(merchant.shop, "orders"), json=without(whole(), path))
        assert fault(answer) == (422, "invalid", path)


DEEP = 50_000
NO_JSON: tuple[bytes, ...] = (
    b"{",
    b"not json",
    b"{'a': 1}",
    b'{"a": 1,}',
    b"[1 2]",
    b"\xff\xfe{}",
    b'{"name": "\xff"}',
    b'{"name": "\xc3\x28"}',
    b'{"name": "\xed\xa0\x80"}',
    b'{"unknown": "\xff"}',
    b'{"name": "\\ud800"}',
    b'{"name": "\\udc00\\ud800"}',
    b'{"name": "a\x00b"}',
    b'{"name": "a\nb"}',
    b'{"name": NaN}',
    b"\xef\xbb\xbf{}",
    b"{} {}",
)
NO_OBJECTS: tuple[bytes, ...] = (b"[]", b"null", b"1", b'"text"', b"true")
DEEPLY_NESTED: tuple[bytes, ...] = (
    b"[" * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"customer":' + b"[" * DEEP + b"]" * DEEP + b"}",
    b'{"unknown":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
)


async def places_that_read_json(stoa: Stoa, merchant: Merchant) -> list[tuple[str, str]]:
    """Method and address of one call for each type of body."""
    order = (await in_state(stoa, merchant.shop, State.OPEN)).id
    back = (await return_in(stoa, merchant.shop, ReturnState.PENDING_REVIEW)).id
    shop = merchant.shop
    return [
        ("POST", SHOPS),
        ("PATCH", address(shop)),
        ("PUT", address(shop, "pickup_locations")),
        ("PUT", address(shop, "webhook")),
        ("POST", address(shop, "credentials")),
        ("POST", address(shop, "orders")),
        ("POST", address(shop, "orders", order, "cancel")),
        ("POST", address(shop, "orders", order, "extend")),
        ("POST", address(shop, "orders", order, "reschedule")),
        ("POST", address(shop, "orders", order, "deliver")),
        ("POST", address(shop, "orders", order, "deliver_partially")),
        ("POST", address(shop, "orders", order, "refund")),
        ("POST", address(shop, "orders", order, "returns")),
        ("POST", address(shop, "returns", back, "review")),
        ("POST", address(shop, "returns", back, "track")),
        ("POST", address(shop, "returns", back, "take_back")),
        ("POST", address(shop, "returns", back, "send_back")),
    ]


async def test_what_is_no_json_is_refused_everywhere_and_changes_nothing(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    places = await places_that_read_json(stoa, merchant)
    before = await contents(stoa.service.pool)

    for method, path in places:
        for body in NO_JSON:
            answer = await operator.request(method, path, content=body)
            assert fault(answer)[0] in {400, 422}, (path, body[:40])
        for body in NO_OBJECTS:
            answer = await operator.request(method, path, content=body)
            assert fault(answer) == (422, "invalid", "body"), (path, body)
        for body in DEEPLY_NESTED:
            answer = await operator.request(method, path, content=body)
            assert fault(answer)[0] in {400, 422}, (path, body[:40])
    assert await contents(stoa.service.pool) == before


async def test_a_megabyte_is_read_and_a_byte_more_is_too_large(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    body = json.dumps(a_body()).encode()
    at = address(merchant.shop, "orders")

    assert (await operator.post(at, content=body.ljust(1024**2))).status_code == 201
    before = await contents(stoa.service.pool)
    assert fault(await operator.post(at, content=body.ljust(1024**2 + 1))) == (413, "too_large", None)
    assert await contents(stoa.service.pool) == before


async def test_a_body_that_comes_in_pieces_is_too_large_as_soon_as_it_is(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    async def pieces() -> Any:
        for _ in range(2000):
            yield b" " * 1024

    answer = await operator.post(address(merchant.shop, "orders"), content=pieces())

    assert fault(answer) == (413, "too_large", None)


async def test_numbers_in_addresses_that_are_none_are_not_found(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = await placing(operator, merchant.shop)
    for number in ("x", "1.0", "-1", "0", "1e3", "٣", "%00", "%ff", "9" * 19, "9" * 5000, "0x1", ""):
        for path in (
            f"{SHOPS}/{number}/orders/{placed['id']}",
            f"{SHOPS}/{number}/invoices",
            address(merchant.shop, "orders", number, "x"),
        ):
            answer = await operator.get(path)
            assert fault(answer)[:2] == (404, "not_found"), path[:80]


async def test_a_method_that_an_address_does_not_have_is_refused(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.delete(address(merchant.shop, "orders"))

    assert fault(answer) == (405, "method_not_allowed", None)
    assert answer.headers["allow"]


async def test_unusual_text_is_kept_as_it_is(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    texts = (
        "Ἀθῆναι ᾧ",
        "مرحبا 👩\u200d👩\u200d👧\u200d👦 e\u0301",
        "\u202eeverse\u2066\ufeff",
        "\u0085\u2028\u2029",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "a\tb\nc\r",
        "{state} %s \\u0041",
        "\U0010ffff\ufdd0",
    )
    for text in texts:
        customer = {"first_name": text, "last_name": text}
        placed = await placing(operator, merchant.shop, customer=customer, comments=text)
        order = await shown(operator, merchant.shop, placed["id"])
        assert (order["customer"]["first_name"], order["comments"]) == (text, text)


async def test_an_extension_beyond_the_calendar_is_refused(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)
    accepted = await in_state(stoa, merchant.shop, State.ACCEPTED)
    before = await contents(stoa.service.pool)
    far, near = "9999-12-31T23:59:59-12:00", "2027-01-01T12:00:00Z"
    extend = address(merchant.shop, "orders", order.id, "extend")
    reschedule = address(merchant.shop, "orders", accepted.id, "reschedule")

    assert fault(await operator.post(extend, json={"expires_at": far}))[::2] == (422, "expires_at")
    dispatch = {"expires_at": near, "dispatch_until": far}
    assert fault(await operator.post(extend, json=dispatch))[::2] == (422, "dispatch_until")
    assert fault(await operator.post(reschedule, json={"from": far, "to": far}))[::2] == (422, "from")
    assert fault(await operator.post(reschedule, json={"from": near, "to": far}))[::2] == (422, "to")
    assert await contents(stoa.service.pool) == before


async def test_a_header_with_control_characters_is_refused(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for key in (b"\x01", b"a\x1b[0m", b"\x7f"):
        answer = await operator.post(
            address(merchant.shop, "orders"), json=a_body(), headers={b"Idempotency-Key": key}
        )
        assert fault(answer) == (422, "invalid", "Idempotency-Key"), key
