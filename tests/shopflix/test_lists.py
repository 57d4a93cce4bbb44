"""Lists of orders: pages, filters, and what they repeat of the question (Shopflix Merchant API, get orders)."""

import pytest

from stoa.clock import MovableClock
from stoa.dialects.shopflix.words import STATES
from stoa.orders.order import LinkedOrder, PaymentMethod
from stoa.orders.progress import Step
from tests.builders import DAY, HOUR, NOON, an_invoice
from tests.shopflix.counter import ORDERS, Counter, Json, resource

STATES_OF_LETTERS = {
    "O": {"registered"},
    "G": {"in-processing"},
    "H": {"ready-for-shipment"},
    "J": {"picked-by-courier"},
    "S": {"delivered-to-clever-point"},
    "L": {"delivery-failed"},
    "D": {"rejected-by-merchant"},
    "I": {"canceled"},
    "C": {"completed", "delivered-to-customer"},
}


async def many(counter: Counter, count: int) -> list[str]:
    """The identifiers of so many orders, the newest first."""
    return counter.identifiers([await counter.at(Step.OPEN) for _ in range(count)])


async def test_an_entry_is_the_order_that_is_shown_in_short(counter: Counter) -> None:
    order = await counter.order(invoice=an_invoice(), shipping_cents=250)
    await counter.accept(order)

    (entry,) = (await counter.page())["orders"]

    shown = await counter.show(order)
    assert list(entry) == [
        "id",
        "state",
        "countryCode",
        "hasInvoice",
        "totalItemsAmount",
        "createdAt",
        "updatedAt",
        "customer",
    ]
    assert entry.items() <= shown.items()
    assert (entry["hasInvoice"], entry["totalItemsAmount"]) == (True, 3848)


async def test_a_list_without_parameters_has_the_ten_newest_and_says_so(counter: Counter) -> None:
    made = await many(counter, 11)

    page = await counter.page()

    assert list(page) == ["params", "orders"]
    assert [order["id"] for order in page["orders"]] == made[:10]
    assert list(page["params"].items()) == [
        ("page", 1),
        ("itemsPerPage", 10),
        ("totalItems", 11),
        ("status", None),
        ("dateFrom", "2020-01-01 00:00:00"),
        ("dateTo", "2026-03-03 12:00:00"),
    ]


async def test_the_pages_show_every_order_once(counter: Counter) -> None:
    made = await many(counter, 7)

    pages = [await counter.page(page=number, itemsPerPage=3) for number in range(1, 5)]

    shown = [[order["id"] for order in page["orders"]] for page in pages]
    assert shown == [made[:3], made[3:6], made[6:], []]
    assert [page["params"]["totalItems"] for page in pages] == [7] * 4
    assert [page["params"]["page"] for page in pages] == [1, 2, 3, 4]


async def test_a_page_far_beyond_the_last_is_empty(counter: Counter) -> None:
    await counter.at(Step.OPEN)

    page = await counter.page(page=2**63 // 100, itemsPerPage=100)

    assert (page["orders"], page["params"]["totalItems"]) == ([], 1)


async def test_a_page_has_up_to_a_hundred_orders(counter: Counter) -> None:
    made = await many(counter, 101)

    page = await counter.page(itemsPerPage=100)

    assert [order["id"] for order in page["orders"]] == made[:100]
    assert page["params"]["totalItems"] == 101


async def test_orders_are_sorted_by_when_they_were_placed(counter: Counter) -> None:
    later = await counter.at(Step.OPEN, placed_at=NOON + HOUR)
    earlier = await counter.at(Step.OPEN, placed_at=NOON)

    assert await counter.ids() == counter.identifiers([earlier, later])


async def test_no_other_shops_order_is_listed_or_counted(counter: Counter, other_counter: Counter) -> None:
    own = await counter.at(Step.OPEN)
    await other_counter.at(Step.OPEN)

    page = await counter.page(status="registered")

    assert [order["id"] for order in page["orders"]] == [counter.identifier(own)]
    assert page["params"]["totalItems"] == 1


@pytest.fixture
async def at_every_step(counter: Counter) -> dict[str, list[str]]:
    """The identifiers of orders at every step, by state, the newest first."""
    made: dict[str, list[str]] = {}
    for step, state in STATES.items():
        made.setdefault(state, []).insert(0, counter.identifier(await counter.at(step)))
    return made


@pytest.mark.parametrize("name", ["status", "state"])
async def test_every_state_is_found_by_its_name(
    counter: Counter, at_every_step: dict[str, list[str]], name: str
) -> None:
    for state, identifiers in at_every_step.items():
        page = await counter.page(**{name: state}, itemsPerPage=100)
        assert [order["id"] for order in page["orders"]] == identifiers
        assert {order["state"] for order in page["orders"]} == {state}
        assert (page["params"]["totalItems"], page["params"]["status"]) == (len(identifiers), state)


@pytest.mark.parametrize("name", ["status", "state"])
async def test_every_letter_finds_the_states_that_it_stands_for(
    counter: Counter, at_every_step: dict[str, list[str]], name: str
) -> None:
    for letter, states in STATES_OF_LETTERS.items():
        page = await counter.page(**{name: letter}, itemsPerPage=100)
        found = [order["id"] for order in page["orders"]]
        assert sorted(found) == sorted(one for state in states for one in at_every_step[state])
        assert {order["state"] for order in page["orders"]} == states
        assert (page["params"]["totalItems"], page["params"]["status"]) == (len(found), letter)


async def test_the_letters_and_the_names_are_all_there_is(counter: Counter) -> None:
    answer = await counter.client.get(ORDERS, params={"status": "sent"})

    message = answer.json()["error"]["message"]
    words = message.removeprefix("Invalid Action: status: Must be one of ").removesuffix(".").split(", ")
    assert sorted(words) == sorted([*set(STATES.values()), *STATES_OF_LETTERS])


async def test_status_and_state_may_both_be_given_where_they_mean_the_same(counter: Counter) -> None:
    found = await counter.at(Step.OPEN)
    await counter.at(Step.ACCEPTED)

    page = await counter.page(status="O", state="registered")

    assert [order["id"] for order in page["orders"]] == [counter.identifier(found)]
    assert page["params"]["status"] == "O"


async def test_goods_that_come_back_are_listed_as_returned(counter: Counter) -> None:
    back = await counter.order(return_of=LinkedOrder(id=1, placed_at=NOON))

    (entry,) = (await counter.page(status="returned"))["orders"]

    assert (entry["id"], entry["state"]) == (counter.identifier(back), "returned")
    assert (await counter.show(back))["state"] == "returned"


@pytest.fixture
async def a_day_apart(counter: Counter, clock: MovableClock) -> list[str]:
    """Three orders, placed at noon in Athens on the third, fourth and fifth of March 2026."""
    made = []
    for _ in range(3):
        made.append(counter.identifier(await counter.at(Step.OPEN)))
        clock.move(DAY)
    return made


WHEN: tuple[tuple[dict[str, str], slice], ...] = (
    # the query, and which of the three it finds
    ({"dateFrom": "2026-03-04"}, slice(1, 3)),
    ({"dateFrom": "2026-03-04T12:00:00"}, slice(1, 3)),
    ({"dateFrom": "2026-03-04 12:00:00"}, slice(1, 3)),
    ({"dateFrom": "2026-03-04T12:00:00.900"}, slice(1, 3)),
    ({"dateFrom": "2026-03-04T12:00:01"}, slice(2, 3)),
    ({"dateFrom": "2026-03-04T12:00:01+02:00"}, slice(2, 3)),
    ({"dateFrom": "2026-03-04T10:00:00Z"}, slice(1, 3)),
    ({"dateFrom": "2026-03-04T10:00:01Z"}, slice(2, 3)),
    ({"dateFrom": "2026-03-06"}, slice(0, 0)),
    ({"dateTo": "2026-03-04"}, slice(0, 2)),
    ({"dateTo": "2026-03-02"}, slice(0, 0)),
    ({"dateTo": "2026-03-04T12:00:00"}, slice(0, 2)),
    ({"dateTo": "2026-03-04 12:00:00"}, slice(0, 2)),
    ({"dateTo": "2026-03-04T11:59:59"}, slice(0, 1)),
    ({"dateTo": "2026-03-04T11:59:59.999"}, slice(0, 1)),
    ({"dateTo": "2026-03-04T10:00:00+00:00"}, slice(0, 2)),
    ({"dateTo": "1970-01-02"}, slice(0, 0)),
    ({"dateFrom": "2026-03-04", "dateTo": "2026-03-04"}, slice(1, 2)),
    ({"dateFrom": "2026-03-04T15:00:00", "dateTo": "2026-03-04"}, slice(0, 0)),
    ({"dateFrom": "2026-03-04T12:00:00", "dateTo": "2026-03-04T12:00:00"}, slice(1, 2)),
    ({"dateFrom": "2030-01-01"}, slice(0, 0)),
)


@pytest.mark.parametrize(("query", "found"), WHEN, ids=str)
async def test_orders_are_found_by_the_day_or_second_of_their_placing_both_ends_included(
    counter: Counter, a_day_apart: list[str], query: dict[str, str], found: slice
) -> None:
    page = await counter.page(**query)

    assert [order["id"] for order in page["orders"]] == a_day_apart[found][::-1]
    assert page["params"]["totalItems"] == len(a_day_apart[found])


async def test_an_order_is_found_by_the_second_that_it_shows(counter: Counter) -> None:
    made = await counter.at(Step.OPEN, placed_at=NOON.replace(microsecond=999_999))
    shown = (await counter.show(made))["createdAt"]

    assert await counter.ids(dateFrom=shown, dateTo=shown) == [counter.identifier(made)]


REPEATED: tuple[tuple[str, str, str], ...] = (
    # what is given, and what it is as the first moment and as the last
    ("2026-01-31", "2026-01-31 00:00:00", "2026-01-31 23:59:59"),
    ("2026-01-31T12:30:15", "2026-01-31 12:30:15", "2026-01-31 12:30:15"),
    ("2026-01-31T12:30:15.750", "2026-01-31 12:30:15", "2026-01-31 12:30:15"),
    ("2026-01-31T12:30:15Z", "2026-01-31 14:30:15", "2026-01-31 14:30:15"),
    ("2026-07-31T12:30:15Z", "2026-07-31 15:30:15", "2026-07-31 15:30:15"),
    ("2026-03-29", "2026-03-29 00:00:00", "2026-03-29 23:59:59"),
    ("2026-10-25", "2026-10-25 00:00:00", "2026-10-25 23:59:59"),
)


@pytest.mark.parametrize(("given", "first", "last"), REPEATED)
async def test_the_answer_repeats_the_times_as_it_has_read_them(
    counter: Counter, given: str, first: str, last: str
) -> None:
    params = [(await counter.page(**{name: given}))["params"] for name in ("dateFrom", "dateTo")]

    assert (params[0]["dateFrom"], params[1]["dateTo"]) == (first, last)
    assert (params[0]["dateTo"], params[1]["dateFrom"]) == ("2026-03-03 12:00:00", "2020-01-01 00:00:00")


async def test_a_plus_sign_that_was_not_escaped_is_understood(
    counter: Counter, a_day_apart: list[str]
) -> None:
    for since in ("2026-03-04T12:00:01+02:00", "2026-03-04 12:00:01+02:00"):
        page = resource(await counter.client.get(f"{ORDERS}?dateFrom={since}"))
        assert [order["id"] for order in page["orders"]] == a_day_apart[2:]


async def test_what_is_shown_where_no_time_is_given_leaves_no_order_out(counter: Counter) -> None:
    old = await counter.at(Step.OPEN, placed_at=NOON.replace(year=2015))
    coming = await counter.at(Step.OPEN, placed_at=NOON + DAY)

    assert await counter.ids() == counter.identifiers([old, coming])


async def test_filters_together_find_what_fits_all_of_them(counter: Counter, a_day_apart: list[str]) -> None:
    await counter.at(Step.ACCEPTED, placed_at=NOON)

    page = await counter.page(status="registered", dateTo="2026-03-04", itemsPerPage=1, page=2)

    assert [order["id"] for order in page["orders"]] == a_day_apart[:1]
    assert page["params"] == {
        "page": 2,
        "itemsPerPage": 1,
        "totalItems": 2,
        "status": "registered",
        "dateFrom": "2020-01-01 00:00:00",
        "dateTo": "2026-03-04 23:59:59",
    }


async def test_an_empty_parameter_is_as_if_it_were_not_given(counter: Counter) -> None:
    made = await counter.at(Step.OPEN)

    page = resource(
        await counter.client.get(f"{ORDERS}?page=&itemsPerPage=&status=&state=&dateFrom=&dateTo=")
    )

    assert [order["id"] for order in page["orders"]] == [counter.identifier(made)]
    assert page["params"] == (await counter.page())["params"]


async def test_parameters_that_the_contract_does_not_have_are_ignored(counter: Counter) -> None:
    made = await counter.at(Step.OPEN)

    for query in ("foo=1&foo=2", "%00=1", "%ff=%fe", "&&=&", "Page=0", "items_per_page=0"):
        page = resource(await counter.client.get(f"{ORDERS}?{query}"))
        assert [order["id"] for order in page["orders"]] == [counter.identifier(made)]


async def test_a_list_shows_an_order_as_it_is_now_and_as_the_shop_is_now(counter: Counter) -> None:
    order = await counter.order()
    first = (await counter.page())["orders"]
    again = (await counter.page())["orders"]
    counter.market.pass_time(HOUR)
    await counter.accept(order)
    accepted = (await counter.page())["orders"]
    await counter.stoa.service.shops.change(counter.shop.id, zone="Europe/Bucharest", country_code="RO")
    moved = (await counter.page())["orders"]

    now: Json = {"state": "in-processing", "updatedAt": "2026-03-03 13:00:00"}
    assert first == again
    assert accepted == [first[0] | now]
    assert moved == [accepted[0] | {"id": f"RO--{order.id}--MER{counter.shop.id}", "countryCode": "RO"}]


async def test_two_shops_with_the_same_page_each_see_their_own(
    counter: Counter, other_counter: Counter
) -> None:
    for one in (counter, other_counter):
        order = await one.at(Step.OPEN, payment_method=PaymentMethod.CASH_ON_DELIVERY)
        assert await one.ids() == [one.identifier(order)]


async def test_head_answers_as_get_without_a_body(counter: Counter) -> None:
    order = await counter.at(Step.OPEN)

    for path in (ORDERS, counter.address(order)):
        head, get = await counter.client.head(path), await counter.client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == get.headers["Content-Length"]
