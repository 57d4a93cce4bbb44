"""Whatever comes in, the answer is a refusal in one shape that names what is wrong, and nothing is changed."""

from urllib.parse import quote

import pytest

from stoa.orders.progress import Step
from tests.database_contents import contents
from tests.shopflix.counter import ORDERS, Counter, answered, at_fault, not_found, refusal

NO_WHOLE_NUMBERS = (
    "x",
    "-1",
    "1.0",
    " ",
    "1e3",
    "٣",
    "0",
    "9" * 30,
    "9" * 5000,
    "0" * 20 + "1",
    "\x00",
    "1 OR 1=1",
)
NO_STATES = ("sent", "open", "Registered", "o", "registered ", "1", "O,G", "\x00", "\x1b")
NO_TIMES = (
    "yesterday",
    "2026-02-30",
    "2026-03-04T25:00:00",
    "0001-01-01",
    "0001-01-01T00:00:00+12:00",
    "9999-12-31",
    "9999-12-31T23:59:59-12:00",
    "3001-01-01",
    "1772700000",
    "04/03/2026",
    "\x00",
)

BAD_QUERIES: dict[str, tuple[str, ...]] = {
    "page": (*NO_WHOLE_NUMBERS, str(2**63 // 100 + 1)),
    "itemsPerPage": (*NO_WHOLE_NUMBERS, "101", "1000"),
    "status": NO_STATES,
    "state": NO_STATES,
    "dateFrom": NO_TIMES,
    "dateTo": NO_TIMES,
}


@pytest.mark.parametrize("name", BAD_QUERIES)
async def test_a_wrong_parameter_is_refused_by_its_name(counter: Counter, name: str) -> None:
    for value in BAD_QUERIES[name]:
        answer = await counter.client.get(f"{ORDERS}?{name}={quote(value)}")
        assert at_fault(answer) == (400, "10305", name), value[:50]


async def test_a_wrong_parameter_says_what_it_must_be(counter: Counter) -> None:
    answer = await counter.client.get(f"{ORDERS}?itemsPerPage=1000")

    message = "Invalid Action: itemsPerPage: Must be a whole number from 1 to 100."
    assert answered(answer) == refusal("10305", message)


@pytest.mark.parametrize("name", BAD_QUERIES)
async def test_a_parameter_that_is_given_twice_is_refused(counter: Counter, name: str) -> None:
    for query in (f"{name}=1&{name}=1", f"{name}=&{name}=1", f"{name}=&{name}="):
        assert at_fault(await counter.client.get(f"{ORDERS}?{query}")) == (400, "10305", name)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-03-05", "2026-03-04"),
        ("2026-03-05T00:00:00", "2026-03-04"),
        ("2026-03-04T12:00:01", "2026-03-04T12:00:00"),
        ("2026-03-04T12:00:00", "2026-03-04T11:59:59"),
        ("2026-03-04T12:00:00Z", "2026-03-04T12:00:00+02:00"),
    ],
)
async def test_a_time_that_ends_before_it_begins_is_refused(counter: Counter, since: str, until: str) -> None:
    answer = await counter.client.get(ORDERS, params={"dateFrom": since, "dateTo": until})

    assert answered(answer) == refusal("10305", "Invalid Action: dateFrom: Must not be after dateTo.")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("registered", "in-processing"),
        ("O", "G"),
        ("C", "completed"),
        ("return-requested", "return-canceled"),
    ],
)
async def test_two_filters_that_mean_different_states_are_refused(
    counter: Counter, status: str, state: str
) -> None:
    answer = await counter.client.get(ORDERS, params={"status": status, "state": state})

    assert at_fault(answer) == (400, "10305", "state")


async def test_bytes_that_are_no_text_in_a_query_are_refused_or_find_nothing(counter: Counter) -> None:
    for query in ("status=%ff", "dateTo=%c3%28", "page=%ed%a0%80", "itemsPerPage=%ff"):
        assert at_fault(await counter.client.get(f"{ORDERS}?{query}"))[:2] == (400, "10305"), query


NO_IDENTIFIERS = (
    "x",
    "1000001",
    "GR--x--MER1",
    "GR-1-MER1",
    "GR--1--MER",
    "GR----MER1",
    "GR--0--MER1",
    "GR--٣--MER1",
    "GR--1--MER1 ",
    "GR--1--MER1\n",
    "\x00",
    "GR--" + "9" * 19 + "--MER1",
    "GR--1--MER" + "9" * 5000,
    "1 OR 1=1",
    "Ω",
)


async def test_what_is_no_identifier_is_not_found_as_it_was_asked_for(counter: Counter) -> None:
    for identifier in NO_IDENTIFIERS:
        for method, call in (("GET", ""), ("PATCH", "/accept"), ("PATCH", "/reject")):
            answer = await counter.client.request(method, f"{ORDERS}/{quote(identifier)}{call}")
            assert answered(answer) == not_found(identifier), identifier[:30]


async def test_an_identifier_that_does_not_fit_the_order_exactly_is_not_found(counter: Counter) -> None:
    order = await counter.at(Step.OPEN)
    number, shop = order.id, counter.shop.id
    before = await contents(counter.stoa.service.pool)

    for identifier in (
        f"RO--{number}--MER{shop}",
        f"gr--{number}--MER{shop}",
        f"GR--{number}--MER{shop + 1}",
        f"GR--{number}--MER0{shop}",
        f"GR--0{number}--MER{shop}",
        f"GR--{number}--mer{shop}",
        f"GR--{number + 100_000}--MER{shop}",
    ):
        for method, call in (("GET", ""), ("PATCH", "/accept"), ("PATCH", "/reject")):
            answer = await counter.client.request(method, f"{ORDERS}/{identifier}{call}")
            assert answered(answer) == not_found(identifier), identifier
    assert await contents(counter.stoa.service.pool) == before


DEEP = 50_000
NO_JSON: tuple[bytes, ...] = (
    b"{",
    b"not json",
    b"{'a': 1}",
    b'{"a": 1,}',
    b"\xff\xfe{}",
    b'{"unknown": "\xff"}',
    b'{"unknown": NaN}',
    b"\xef\xbb\xbf{}",
    b"{} {}",
    b"[]",
    b"null",
    b'"D"',
    b"status=D&reason=damaged",
    b"[" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b'{"unknown":' + b"[" * DEEP + b"]" * DEEP + b"}",
    b'{"unknown": "' + b"x" * 1024**2 + b'"}',
)


async def test_a_rejection_that_is_no_object_of_json_is_refused_and_changes_nothing(counter: Counter) -> None:
    order = await counter.at(Step.OPEN)
    before = await contents(counter.stoa.service.pool)

    for body in NO_JSON:
        answer = await counter.client.patch(counter.address(order, "reject"), content=body)
        assert at_fault(answer)[:2] == (400, "10305"), body[:40]
    assert await contents(counter.stoa.service.pool) == before


async def test_an_unknown_order_is_told_before_what_is_wrong_with_the_body(counter: Counter) -> None:
    answer = await counter.client.patch(f"{ORDERS}/GR--1--MER1/reject", content=b"not json")

    assert answered(answer) == not_found("GR--1--MER1")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/nonsense", 404),
        ("GET", "/v2/orders/", 404),
        ("PATCH", "/v2/orders/GR--1--MER1/nonsense", 404),
        ("POST", "/v2/orders", 405),
        ("DELETE", "/v2/orders/GR--1--MER1", 405),
        ("POST", "/v2/orders/GR--1--MER1/accept", 405),
        ("GET", "/v2/orders/GR--1--MER1/reject", 405),
    ],
)
async def test_an_address_or_a_method_that_is_none_keeps_its_status(
    counter: Counter, method: str, path: str, status: int
) -> None:
    answer = await counter.client.request(method, path)

    assert at_fault(answer)[:2] == (status, str(status))
