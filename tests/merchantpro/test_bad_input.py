"""Whatever comes in, the answer is a 4xx in one shape that names the field, and nothing is changed."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from stoa.dialects.merchantpro.lines import LineBody
from stoa.dialects.merchantpro.requests import NewOrderBody, OrderBody
from stoa.orders.order import State
from tests.database_contents import contents
from tests.merchantpro.back_office import ORDERS, BackOffice, Json, a_body, a_line, fault

CONTROL = ("\x00", "\x01", "\x1b[31m", "\x7f")

NO_TEXTS: tuple[object, ...] = (5, True, [], {}, 1.5)
NO_NUMBERS: tuple[object, ...] = ("1", 1.5, True, [], {}, -1, 2**63, 2**64, 10**400)
NO_AMOUNTS: tuple[object, ...] = ("1.00", True, [], {}, -0.01, 1e300, 10**400)
NO_LISTS: tuple[object, ...] = ("a", 5, True, {})
NO_OBJECTS: tuple[object, ...] = ("a", 5, True, [])

TEXT_OR_NUMBER = {"shipping_method_id"}
AMOUNTS = {
    "shipping_amount",
    "total_amount",
    "unit_price_net",
    "unit_tax_amount",
    "unit_price_gross",
    "line_subtotal_net",
    "line_tax_amount",
    "line_subtotal_gross",
    "product_tax_percent",
    "currency_rate",
}
NUMBERS = {
    "customer_id",
    "return_source_id",
    "product_id",
    "variant_id",
    "category_id",
    "manufacturer_id",
    "quantity",
}
LISTS = {"tags", "internal_notes", "line_items", "variant_options"}


def wrong_for(name: str) -> Iterator[object]:
    """Values that a field of this name cannot have."""
    if name in TEXT_OR_NUMBER:
        yield from (True, [], {}, 1.5, "speedy", -1, 2**63, "٣", "x" * 200)
    elif name in AMOUNTS:
        yield from NO_AMOUNTS
    elif name in NUMBERS:
        yield from NO_NUMBERS
    elif name in LISTS:
        yield from NO_LISTS
    elif name == "meta_fields":
        yield from (*NO_OBJECTS, {str(n): n for n in range(201)})
    else:
        yield from (*NO_TEXTS, "x" * 10_001, *(f"a{character}b" for character in CONTROL))


NEVER_NULL = {"payment_status", "payment_method_code", "shipping_status", "line_items"}
NEVER_NULL_IN_A_LINE = {"product_name", "quantity"}


def encoded(body: object) -> bytes:
    """As JSON, with whatever cannot stand in a text escaped."""
    return json.dumps(body).encode()


def named_or_below(answer: httpx.Response, path: str) -> bool:
    """Whether the answer is a refusal of this field, or of a part of it."""
    status, field = fault(answer)
    return (
        status == 400 and field is not None and (field == path or field.startswith((f"{path}[", f"{path}.")))
    )


async def test_a_wrong_value_is_refused_by_name_in_a_new_order(office: BackOffice) -> None:
    before = await contents(office.stoa.service.pool)

    for name in NewOrderBody.__struct_fields__:
        for value in (*wrong_for(name), *([None] if name in NEVER_NULL else [])):
            answer = await office.client.post(ORDERS, content=encoded(a_body(**{name: value})))
            assert named_or_below(answer, name), (value, answer.text)
    assert await contents(office.stoa.service.pool) == before


async def test_a_wrong_value_is_refused_by_name_in_a_change(office: BackOffice) -> None:
    order = await office.in_state(State.ACCEPTED)
    before = await contents(office.stoa.service.pool)

    for name in OrderBody.__struct_fields__:
        for value in (*wrong_for(name), *([None] if name in NEVER_NULL else [])):
            answer = await office.client.patch(f"{ORDERS}/{order.id}", content=encoded({name: value}))
            assert named_or_below(answer, name), (value, answer.text)
    assert await contents(office.stoa.service.pool) == before


async def test_a_wrong_value_of_a_line_is_refused_at_its_place(office: BackOffice) -> None:
    before = await contents(office.stoa.service.pool)

    for name in LineBody.__struct_fields__:
        for value in (*wrong_for(name), *([None] if name in NEVER_NULL_IN_A_LINE else [])):
            body = a_body(line_items=[a_line(), a_line(**{name: value})])
            answer = await office.client.post(ORDERS, content=encoded(body))
            assert named_or_below(answer, f"line_items[1].{name}"), (value, answer.text)
    assert await contents(office.stoa.service.pool) == before


PARTICULAR: tuple[tuple[str, object, str], ...] = (
    # the field, its value, and what is named
    ("tags", [{"name": ""}], "tags[0].name"),
    ("tags", [{"name": "a"}, {}], "tags[1].name"),
    ("tags", [{"name": "x" * 101}], "tags[0].name"),
    ("tags", ["VIP"], "tags[0]"),
    ("tags", [{"name": "a"}] * 101, "tags"),
    ("internal_notes", [{"text": ""}], "internal_notes[0].text"),
    ("internal_notes", [{}], "internal_notes[0].text"),
    ("internal_notes", [{"text": "a", "id": "1"}], "internal_notes[0].id"),
    ("internal_notes", [{"text": "a"}] * 201, "internal_notes"),
    ("payment_status", "", "payment_status"),
    ("payment_status", "Paid", "payment_status"),
    ("payment_method_code", "", "payment_method_code"),
    ("shipping_status", "sent", "shipping_status"),
    ("shipping_amount", 0.001, "shipping_amount"),
    ("shipping_country_code", "ROU", "shipping_country_code"),
    ("shipping_country_code", "RO\n", "shipping_country_code"),
    ("billing_country_code", "R1", "billing_country_code"),
    ("customer_email", "x" * 255, "customer_email"),
    ("billing_name", "x" * 501, "billing_name"),
    ("customer_device", "", "customer_device"),
    ("meta_fields", {"a\x00b": 1}, "meta_fields"),
    ("meta_fields", {"a": {"b\x1b": 1}}, "meta_fields"),
    ("meta_fields", {"a": ["b\x00"]}, "meta_fields"),
)


@pytest.mark.parametrize(("name", "value", "path"), PARTICULAR, ids=str)
async def test_values_that_are_wrong_in_their_own_ways(
    office: BackOffice, name: str, value: object, path: str
) -> None:
    order = await office.in_state(State.ACCEPTED)
    before = await contents(office.stoa.service.pool)

    adding = await office.client.post(ORDERS, content=encoded(a_body(**{name: value})))
    changing = await office.client.patch(f"{ORDERS}/{order.id}", content=encoded({name: value}))

    assert named_or_below(adding, path), adding.text
    assert named_or_below(changing, path), changing.text
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("name", ["line_items", "line_items[0].product_name", "line_items[0].quantity"])
async def test_what_is_missing_is_named(office: BackOffice, name: str) -> None:
    body: Any = a_body(line_items=[a_line()])
    *way, last = name.split("[0].")
    inner = body[way[0]][0] if way else body
    del inner[last]

    assert fault(await office.client.post(ORDERS, json=body)) == (400, name)


@pytest.mark.parametrize(
    ("quantity", "status"), [(0, 400), (1, 200), (100_000, 200), (100_001, 400), (-1, 400)]
)
async def test_a_line_has_from_one_to_a_hundred_thousand_pieces(
    office: BackOffice, quantity: int, status: int
) -> None:
    line = a_line(quantity=quantity, unit_price_gross=1)

    assert (await office.client.post(ORDERS, json=a_body(line_items=[line]))).status_code == status


# Bodies that are none

DEEP = 50_000
NO_JSON: tuple[bytes, ...] = (
    b"{",
    b"not json",
    b"{'a': 1}",
    b'{"a": 1,}',
    b"\xff\xfe{}",
    b'{"billing_name": "\xff"}',
    b'{"billing_name": "\xed\xa0\x80"}',
    b'{"unknown": "\xff"}',
    b'{"billing_name": "\\ud800"}',
    b'{"billing_name": "a\x00b"}',
    b'{"shipping_amount": NaN}',
    b'{"shipping_amount": 1e999}',
    b"\xef\xbb\xbf{}",
    b"{} {}",
    b"[]",
    b"null",
    b'"text"',
    b"[" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"meta_fields":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    b'{"unknown":' + b"[" * DEEP + b"]" * DEEP + b"}",
)


async def test_a_body_that_is_no_object_of_json_is_refused_and_changes_nothing(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)
    before = await contents(office.stoa.service.pool)

    for body in NO_JSON:
        for method, path in (("POST", ORDERS), ("PATCH", f"{ORDERS}/{order.id}")):
            answer = await office.client.request(method, path, content=body)
            assert fault(answer)[0] == 400, body[:40]
    assert await contents(office.stoa.service.pool) == before


def nested(levels: int, leaf: bytes = b"1") -> bytes:
    """So many objects, one within the other."""
    return b'{"a":' * levels + leaf + b"}" * levels


@pytest.mark.parametrize("leaf", [b"1", b'"\\u0041"', b"[]"])
async def test_meta_fields_are_nested_as_deep_as_everybody_can_read_them(
    office: BackOffice, leaf: bytes
) -> None:
    order = await office.in_state(State.OPEN)
    at, deep = f"{ORDERS}/{order.id}", nested(19, leaf)

    assert (await office.client.patch(at, content=b'{"meta_fields":' + deep + b"}")).status_code == 200
    line = encoded(a_line())[:-1] + b',"meta_fields":' + deep + b"}"
    adding = await office.client.post(
        ORDERS, content=encoded(a_body())[:-1] + b',"line_items":[' + line + b"]}"
    )

    assert adding.json()["line_items"][0]["meta_fields"] == msgspec.json.decode(deep)
    assert (await office.show(order.id))["meta_fields"] == msgspec.json.decode(deep)


async def test_meta_fields_that_are_nested_deeper_are_refused_however_deep(office: BackOffice) -> None:
    order = await office.in_state(State.OPEN)
    before = await contents(office.stoa.service.pool)

    # Somewhere among these a reader of JSON loses its footing.
    for levels in (21, 22, 100, *range(880, 1010, 2), 3000):
        for leaf in (b"1", b'"\\u0041"'):
            body = b'{"meta_fields":' + nested(levels, leaf) + b"}"
            assert fault(await office.client.patch(f"{ORDERS}/{order.id}", content=body))[0] == 400, levels
            line = encoded(a_line())[:-1] + b"," + body[1:]
            adding = encoded(a_body())[:-1] + b',"line_items":[' + line + b"]}"
            assert fault(await office.client.post(ORDERS, content=adding))[0] == 400, levels
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "1e20", "123456789012345678901234567890"])
async def test_numbers_in_meta_fields_are_kept(office: BackOffice, number: str) -> None:
    order = await office.in_state(State.OPEN)

    await office.client.patch(f"{ORDERS}/{order.id}", content=f'{{"meta_fields": {{"n": {number}}}}}')

    assert (await office.show(order.id))["meta_fields"] == {"n": json.loads(number)}


async def test_a_megabyte_is_read_and_a_byte_more_is_too_large(office: BackOffice) -> None:
    body, most = encoded(a_body()), 1024**2

    assert (await office.client.post(ORDERS, content=body.ljust(most))).status_code == 200
    before = await contents(office.stoa.service.pool)
    answer = await office.client.post(ORDERS, content=body.ljust(most + 1))
    assert fault(answer) == (400, "line_items")
    assert await contents(office.stoa.service.pool) == before


async def test_far_too_many_lines_are_named_however_much_each_says(office: BackOffice) -> None:
    line = a_body()["line_items"][0] | {"product_url": "https://shop.example.com/" + "p" * 500}

    answer = await office.client.post(ORDERS, json=a_body(line_items=[line] * 10_000))

    assert fault(answer) == (400, "line_items")


# Queries

NO_WHOLE_NUMBERS = (
    "x",
    "-1",
    "1.0",
    "",
    " ",
    "1e3",
    "٣",
    "9" * 30,
    "9" * 5000,
    "0" * 20 + "1",
    "\x00",
    "1 OR 1=1",
)
NO_MOMENTS = (
    "yesterday",
    "2026-02-30",
    "2026-03-04T25:00:00",
    "0001-01-01",
    "0001-01-01T00:00:00+12:00",
    "9999-12-31T23:59:59-12:00",
    "3001-01-01",
    "1772700000",
    "",
    "\x00",
)

BAD_QUERIES: dict[str, tuple[str, ...]] = {
    "id": NO_WHOLE_NUMBERS,
    "ids": (*NO_WHOLE_NUMBERS, "1,,2", "1;2", "1,x", ",".join(["1"] * 1001)),
    "payment_status": ("unpaid", "", "PAID", "\x00"),
    "payment_substatus_id": NO_WHOLE_NUMBERS,
    "payment_method_code": ("cheque", "", "\x00"),
    "payment_transaction_id": ("", "\x00"),
    "shipping_status": ("sent", "", "open", "\x00"),
    "shipping_substatus_id": NO_WHOLE_NUMBERS,
    "shipping_method_id": NO_WHOLE_NUMBERS,
    "shipping_awb": ("", "\x00"),
    "customer_id": NO_WHOLE_NUMBERS,
    "customer_email": ("", "a\x1b@example.com"),
    "created_after": NO_MOMENTS,
    "created_before": NO_MOMENTS,
    "tag_name": ("", "\x00"),
    "tag_ids": (*NO_WHOLE_NUMBERS, "1,a"),
    "sort": ("x", "", "id", "date_created.asc", "total_amount", "\x00"),
    "start": NO_WHOLE_NUMBERS,
    "limit": (*NO_WHOLE_NUMBERS, "0", "101", "1000"),
}


@pytest.mark.parametrize("name", BAD_QUERIES)
async def test_a_wrong_parameter_is_refused_by_its_name(office: BackOffice, name: str) -> None:
    for value in BAD_QUERIES[name]:
        answer = await office.client.get(
            f"{ORDERS}?limit=1&{name}={quote(value)}".replace("limit=1&limit", "limit")
        )
        assert fault(answer) == (400, name), value[:50]


@pytest.mark.parametrize("name", [*BAD_QUERIES, "fields", "include"])
async def test_a_parameter_that_is_given_twice_is_refused(office: BackOffice, name: str) -> None:
    answer = await office.client.get(f"{ORDERS}?{name}=1&{name}=1")

    assert fault(answer) == (400, name)


async def test_bytes_that_are_no_text_in_a_query_are_refused_or_find_nothing(office: BackOffice) -> None:
    for query in ("tag_name=%ff", "shipping_awb=%c3%28", "customer_email=%ed%a0%80", "ids=%ff", "fields=%00"):
        answer = await office.client.get(f"{ORDERS}?{query}")
        assert answer.status_code in {200, 400}, query


async def test_unusual_text_is_searched_as_it_is(office: BackOffice) -> None:
    for text in ("' OR 1=1 --", "%_", "\\", "{}", "a,b", "\U0010ffff", "🦊", "\u202e"):
        added = await office.add(tags=[{"name": text}], payment_transaction_id=text, customer_email=text)
        for name in ("tag_name", "payment_transaction_id", "customer_email"):
            assert await office.numbers(**{name: text}) == [added["id"]], (name, text)


# Addresses


@pytest.mark.parametrize(
    "number", ["x", "1.0", "-1", "1e3", "٣", "%00", "%ff", "9" * 19, "9" * 5000, "0x1", "", "1/2/3"]
)
async def test_an_order_by_a_number_that_is_none_is_not_found(office: BackOffice, number: str) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        assert fault(await office.client.request(method, f"{ORDERS}/{number}")) == (404, None)


@pytest.mark.parametrize("number", ["0", "999", "9" * 18])
async def test_an_order_that_is_not_there_is_not_found(office: BackOffice, number: str) -> None:
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PATCH", "/shipped")):
        answer = await office.client.request(method, f"{ORDERS}/{number}{path}")
        assert fault(answer) == (404, None)


async def test_another_shops_order_is_not_found_and_stays_as_it_is(
    office: BackOffice, other_office: BackOffice
) -> None:
    added = await other_office.add()
    before = await contents(office.stoa.service.pool)
    at = f"{ORDERS}/{added['id']}"

    for method, path in (("GET", at), ("PATCH", at), ("DELETE", at), ("PATCH", f"{at}/shipped")):
        answer = await office.client.request(method, path, json={"customer_note": "a"})
        assert fault(answer) == (404, None)
    assert await contents(office.stoa.service.pool) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", ORDERS),
        ("DELETE", ORDERS),
        ("PATCH", ORDERS),
        ("POST", f"{ORDERS}/1"),
        ("GET", f"{ORDERS}/1/shipped"),
        ("POST", f"{ORDERS}/1/shipped"),
    ],
)
async def test_a_method_that_an_address_does_not_have_is_refused(
    office: BackOffice, method: str, path: str
) -> None:
    answer = await office.client.request(method, path)

    assert fault(answer) == (405, None)
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/api/v2/", "/api/v2/products", f"{ORDERS}/", "/api/v2/orders/1/shipped/now"]
)
async def test_an_address_below_this_api_that_is_none_is_said_in_its_shape(
    office: BackOffice, path: str
) -> None:
    assert fault(await office.client.get(path)) == (404, None)


async def test_unusual_text_is_kept_as_it_is(office: BackOffice) -> None:
    for text in (
        "مرحبا 👩\u200d👧 e\u0301",
        "\u202eeverse\ufeff",
        "\u0085\u2028",
        "<script>",
        "a\tb\nc",
        "{x} %s \\u0041",
    ):
        added = await office.add(customer_note=text, billing_name=f"A {text} B", meta_fields={text: text})
        shown: Json = await office.show(added["id"])
        assert (shown["customer_note"], shown["billing_name"]) == (text, f"A {text} B")
        assert shown["meta_fields"] == {text: text}
