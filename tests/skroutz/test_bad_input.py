"""Whatever is sent to a call, the answer is a refusal in the dialect's shape, and the order stays as it was."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from stoa.orders.order import Fulfilment, Order, State
from tests.skroutz.market import SUCCESS, Json, Market, a_choice, answered, at_fault

MOST = 1024**2
DEEP = 50_000

CALLS = ("accept", "reject", "tracking_details")


async def an_order_for(market: Market, call: str) -> tuple[Order, Json]:
    """An order, and a body with which the call succeeds on it."""
    if call == "tracking_details":
        shipped = await market.order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)
        return shipped, {"tracking_details": [{"courier": "acs", "tracking_code": "224085551"}]}
    order = await market.order()
    if call == "accept":
        return order, a_choice(order, number_of_parcels=1)
    return order, {"line_items": [{"id": order.lines[0].id, "reason_id": 4, "available_quantity": 1}]}


def with_unknown(body: Json, raw: bytes) -> bytes:
    """The body, and in front of it a field that nobody asked for."""
    return b'{"unknown":' + raw + b"," + msgspec.json.encode(body)[1:]


def not_json(good: Json) -> dict[str, bytes]:
    encoded = msgspec.json.encode(good)
    return {
        "a brace": b"{",
        "cut off": encoded[:-1],
        "something after it": encoded + b"x",
        "twice": encoded * 2,
        "single quotes": encoded.replace(b'"', b"'"),
        "a trailing comma": encoded[:-1] + b",}",
        "a form": b"pickup_location=YlpD0KROym&pickup_window=1",
        "words": "Δέχομαι".encode(),
        "NUL": b"\x00",
        "NUL in it": encoded.replace(b":", b":\x00"),
        "NUL after it": encoded + b"\x00",
        "invalid UTF-8": b"\xff\xfe\xfd",
        "invalid UTF-8 in an unknown field": with_unknown(good, b'"\xc3\x28"'),
        "an encoded surrogate": with_unknown(good, b'"\xed\xa0\x80"'),
        "latin 1": with_unknown(good, "Ä".encode("latin-1").join((b'"', b'"'))),
        "UTF-16": encoded.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + encoded,
        "a control character as it is": with_unknown(good, b'"\x01"'),
        "NaN": with_unknown(good, b"NaN"),
        "infinity": with_unknown(good, b"-Infinity"),
        "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "deep in an unknown field": with_unknown(good, b"[" * DEEP + b"]" * DEEP),
    }


@pytest.mark.parametrize("call", CALLS)
async def test_what_is_not_json_is_an_invalid_format(market: Market, call: str) -> None:
    order, good = await an_order_for(market, call)
    before = await market.stored(order)
    bodies = not_json(good)

    answers = {
        what: at_fault(await market.client.post(market.address(order, call), content=body))
        for what, body in bodies.items()
    }

    assert answers == dict.fromkeys(bodies, (400, "invalid_format"))
    assert await market.stored(order) == before


NO_OBJECTS = (
    b"[]",
    b'[{"pickup_window": 1}]',
    b"null",
    b"true",
    b"1",
    b'"accept"',
    b"1e400",
    b"9" * 5000,
    b"[" * DEEP + b"]" * DEEP,
)


@pytest.mark.parametrize("call", CALLS)
async def test_what_is_no_object_is_refused_as_a_whole(market: Market, call: str) -> None:
    order, _ = await an_order_for(market, call)
    before = await market.stored(order)

    answers = [
        at_fault(await market.client.post(market.address(order, call), content=body)) for body in NO_OBJECTS
    ]

    assert answers == [(422, "body")] * len(NO_OBJECTS)
    assert await market.stored(order) == before


@pytest.mark.parametrize(
    ("call", "field"),
    [("accept", "pickup_location"), ("reject", "line_items"), ("tracking_details", "tracking_details")],
)
async def test_an_empty_body_lacks_the_first_field(market: Market, call: str, field: str) -> None:
    order, _ = await an_order_for(market, call)
    before = await market.stored(order)

    answers = [at_fault(await market.ask(order, call)), at_fault(await market.ask(order, call, {}))]

    assert answers == [(422, field)] * 2
    assert await market.stored(order) == before


def leaves(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The paths of all that is neither object nor array."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, *path, key)
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, *path, n)
    else:
        yield path


def with_raw(body: Json, path: tuple[str | int, ...], raw: bytes) -> bytes:
    """The body with other JSON, even such as Python has no value for, at the path's end."""
    copy = msgspec.json.decode(msgspec.json.encode(body))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = msgspec.Raw(raw)
    return msgspec.json.encode(copy)


ODD_VALUES = (
    b"[]",
    b"{}",
    b"true",
    b"-1",
    b"-9223372036854775809",
    b"1.5",
    b"1e400",
    b"-1e400",
    b"9" * 400,
    b"9" * 5000,
    b'""',
    b'"\\u0000"',
    b'"\\u0007\\u001b"',
    b'"YlpD0KROym\\u0000"',
    b'"\\u007f"',
    b'"\x7f"',
    b'"<script>"',
    b'"' + b"x" * 100_000 + b'"',
)


@pytest.mark.parametrize("call", CALLS)
async def test_an_odd_value_is_refused_by_the_fields_name(market: Market, call: str) -> None:
    order, good = await an_order_for(market, call)
    before = await market.stored(order)
    # A code is any text: what looks odd may be one.
    fine = {("tracking_code", b'"<script>"')}

    odd = [(path, raw) for path in leaves(good) for raw in ODD_VALUES if (path[-1], raw) not in fine]
    answers = [
        (
            path,
            raw[:20],
            at_fault(
                await market.client.post(market.address(order, call), content=with_raw(good, path, raw))
            ),
        )
        for path, raw in odd
    ]

    assert answers == [(path, raw[:20], (422, path[-1])) for path, raw in odd]
    assert await market.stored(order) == before


LONE_SURROGATES = (
    b'"\\ud800"',
    b'"\\udfff"',
    b'"a\\ud83dz"',
    b'"\\ude00\\ud83d"',
    b'"\\u"',
    b'"\\ud83d\\u0041"',
)


@pytest.mark.parametrize("call", CALLS)
async def test_half_a_character_is_refused(market: Market, call: str) -> None:
    order, good = await an_order_for(market, call)
    before = await market.stored(order)

    statuses = [
        at_fault(await market.client.post(market.address(order, call), content=with_raw(good, path, raw)))[0]
        for path in leaves(good)
        for raw in LONE_SURROGATES
    ]

    assert set(statuses) <= {400, 422}
    assert await market.stored(order) == before


@pytest.mark.parametrize("raw", [b'"\\u0000"', b'"\\u0001"', b'"\x7f"', b'"\\ud800"', b'"\\ud83dx"'])
async def test_the_words_of_a_rejection_have_no_control_characters(market: Market, raw: bytes) -> None:
    order = await market.order()
    before = await market.stored(order)

    answer = await market.client.post(
        market.address(order, "reject"), content=b'{"rejection_reason_other":' + raw + b"}"
    )

    assert at_fault(answer) in {(422, "rejection_reason_other"), (400, "invalid_format")}
    assert await market.stored(order) == before


async def test_the_words_of_a_rejection_may_have_lines_and_pictures(market: Market) -> None:
    order = await market.order()

    answer = await market.ask(order, "reject", {"rejection_reason_other": "Κλειστά:\n\tδιακοπές 🏖"})

    assert answered(answer) == SUCCESS
    assert (await market.show(order))["rejection_info"]["reason"] == "Κλειστά:\n\tδιακοπές 🏖"


def padded(body: Json, size: int) -> bytes:
    bare = with_unknown(body, b'""')
    return with_unknown(body, b'"' + b"x" * (size - len(bare)) + b'"')


@pytest.mark.parametrize("call", CALLS)
async def test_a_body_of_more_than_a_megabyte_is_too_large(market: Market, call: str) -> None:
    order, good = await an_order_for(market, call)
    before = await market.stored(order)

    answer = await market.client.post(market.address(order, call), content=padded(good, MOST + 1))

    assert at_fault(answer) == (413, "too_large")
    assert await market.stored(order) == before


@pytest.mark.parametrize("call", CALLS)
async def test_a_body_of_a_megabyte_is_read_and_what_is_unknown_in_it_ignored(
    market: Market, call: str
) -> None:
    order, good = await an_order_for(market, call)

    answer = await market.client.post(market.address(order, call), content=padded(good, MOST))

    assert answered(answer) == SUCCESS


async def in_pieces(body: bytes) -> Any:
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


async def test_a_body_that_does_not_say_its_length_is_measured_as_it_comes(market: Market) -> None:
    order, good = await an_order_for(market, "accept")
    before = await market.stored(order)

    answer = await market.client.post(
        market.address(order, "accept"), content=in_pieces(padded(good, 3 * MOST))
    )

    assert at_fault(answer) == (413, "too_large")
    assert await market.stored(order) == before


UNKNOWN = (b"null", b"[[]]", b'"\\u0000"', b"1e308", b'{"id":{"id":{}}}', b"9" * 400, b'"\xf0\x9f\x8f\x96"')


@pytest.mark.parametrize("call", CALLS)
async def test_unknown_fields_are_ignored_whatever_they_hold(market: Market, call: str) -> None:
    answers = []
    for raw in UNKNOWN:
        order, good = await an_order_for(market, call)
        body = with_unknown(good, raw)
        answers.append(answered(await market.client.post(market.address(order, call), content=body)))

    assert answers == [SUCCESS] * len(UNKNOWN)


async def test_of_a_field_that_is_given_twice_the_last_counts(market: Market) -> None:
    order = await market.order()
    body = b'{"pickup_location":"nowhere","pickup_location":"YlpD0KROym","pickup_window":9,"pickup_window":1}'

    answer = await market.client.post(market.address(order, "accept"), content=body)

    assert answered(answer) == SUCCESS


@pytest.mark.parametrize("body", [b"{", b"\xff", b"\x00", b"[]", b"[" * DEEP, b'{"ready": false}'])
async def test_calls_without_a_body_take_no_notice_of_one(market: Market, body: bytes) -> None:
    order = await market.accepted()

    answers = [
        answered(await market.client.post(market.address(order, call), content=body))
        for call in ("set_as_ready", "set_as_not_ready")
    ]
    demo = await market.client.post(
        market.address("DEMO-OPEN", "trigger_webhook_request/creation"), content=body
    )

    assert [*answers, answered(demo)] == [SUCCESS] * 3
