"""Lists of orders: filters, fields, order and pages (MerchantPro Orders API, extract order list)."""

from typing import Any

import pytest

from stoa.clock import MovableClock
from stoa.orders.order import PaymentMethod, PaymentStatus, State
from stoa.orders.progress import Stage
from tests.builders import DAY, HOUR, a_customer, a_tracking
from tests.merchantpro.back_office import ORDERS, BackOffice, Json, numbers, resource

LEFT_OUT = {"line_items", "rma_orders", "internal_notes", "shipping_delivery_info"}

ONE_OF_A_KIND: tuple[tuple[dict[str, str | int], Json], ...] = (
    # the filter, and what sets the order that it finds apart from any other
    ({"payment_status": "paid"}, {"payment_status": "paid"}),
    ({"payment_status": "cancelled"}, {"payment_status": "cancelled"}),
    ({"payment_status": "canceled"}, {"payment_status": "canceled"}),
    ({"payment_substatus_id": 12}, {"payment_method_code": "wire"}),
    ({"payment_substatus_id": 16}, {"payment_status": "paid"}),
    ({"payment_method_code": "wire"}, {"payment_method_code": "wire"}),
    ({"payment_method_code": "paypal"}, {"payment_method_code": "paypal"}),
    ({"payment_method_code": "in_store"}, {"payment_method_code": "in_store"}),
    ({"payment_transaction_id": "VADE0B"}, {"payment_transaction_id": "VADE0B"}),
    ({"shipping_status": "confirmed"}, {"shipping_status": "confirmed"}),
    ({"shipping_substatus_id": 31}, {"shipping_status": "confirmed"}),
    ({"shipping_method_id": 101}, {"shipping_method_id": 101}),
    ({"shipping_method_id": 9002}, {"shipping_method_id": 9002}),
    ({"shipping_awb": "4711"}, {"shipping_status": "confirmed", "shipping_awb": "4710,4711"}),
    ({"customer_id": 14}, {"customer_id": 14}),
    ({"customer_email": "Dan@Example.com"}, {"customer_email": "daN@example.com"}),
    ({"customer_email": "ÉVA@example.com"}, {"customer_email": "éva@example.com"}),
    ({"customer_email": "john+shop@example.com"}, {"customer_email": "john+shop@example.com"}),
    ({"tag_name": "Cadou și felicitare"}, {"tags": [{"name": "VIP"}, {"name": "Cadou și felicitare"}]}),
)


@pytest.mark.parametrize(("query", "what_matters"), ONE_OF_A_KIND, ids=str)
async def test_a_filter_finds_the_orders_that_have_its_value_and_no_other(
    office: BackOffice, other_office: BackOffice, query: dict[str, str | int], what_matters: Json
) -> None:
    await office.add()
    found = await office.add(**what_matters)
    await office.add(tags=[{"name": "VIP"}], shipping_awb="")
    await other_office.add(**what_matters)

    page = await office.page(**query)

    assert numbers(page["data"]) == [found["id"]]
    assert page["meta"]["count"]["total"] == 1


async def test_a_filter_that_fits_no_order_finds_none(office: BackOffice) -> None:
    await office.add()

    for query, _ in ONE_OF_A_KIND:
        page = await office.page(**query)
        assert page["data"] == [], query
        assert page["meta"]["count"] == {"total": 0, "current": 0, "start": 0, "limit": 100}
        assert (page["meta"]["links"]["prev"], page["meta"]["links"]["next"]) == (None, None)


async def test_a_delivery_method_of_nought_finds_the_orders_that_have_none(office: BackOffice) -> None:
    without = await office.add(shipping_method_id=0)
    await office.add(shipping_method_id=3)

    assert await office.numbers(shipping_method_id=0) == [without["id"]]


async def test_orders_are_found_by_their_numbers(office: BackOffice, other_office: BackOffice) -> None:
    first, second, third = [(await office.add())["id"] for _ in range(3)]
    foreign = (await other_office.add())["id"]

    assert await office.numbers(id=second) == [second]
    assert await office.numbers(id=foreign) == []
    assert await office.numbers(ids=f"{first},{third},{foreign},999") == [third, first]
    assert await office.numbers(ids=f" {first} , {first}") == [first]


async def test_every_state_is_found_by_its_shipping_status_and_substatus(office: BackOffice) -> None:
    orders = [await office.in_state(state) for state in State]

    for order in orders:
        shown = await office.show(order.id)
        assert order.id in await office.numbers(shipping_status=shown["shipping_status"])
        assert await office.numbers(shipping_substatus_id=shown["shipping_substatus_id"]) == [order.id]


async def test_orders_that_share_a_substatus_are_found_together_page_by_page(office: BackOffice) -> None:
    delivered = await office.in_state(State.DELIVERED)
    made = [delivered.id]
    for _ in range(2):
        completed = await office.in_state(State.DELIVERED, completed_at=delivered.updated_at)
        made.append(completed.id)
    made.append((await office.in_state(State.DELIVERED)).id)

    assert {(await office.show(number))["shipping_substatus_id"] for number in made} == {61}
    assert await office.numbers(shipping_substatus_id=61) == made[::-1]
    assert await office.numbers(shipping_substatus_id=61, start=1, limit=2) == [made[2], made[1]]
    assert (await office.page(shipping_substatus_id=61, limit=1))["meta"]["count"]["total"] == 4


async def test_every_documented_shipping_status_can_be_asked_for(office: BackOffice) -> None:
    made = {
        await office.stage(order.id): order.id for order in [await office.in_state(state) for state in State]
    }
    begun = await office.in_state(State.ACCEPTED)
    await office.process(begun.id, "in_process")
    made[Stage.IN_PROCESS] = begun.id

    for stage in Stage:
        listed = (await office.page(shipping_status=stage))["data"]
        assert made[stage] in numbers(listed)
        assert {order["shipping_status"] for order in listed} == {stage}


async def test_every_documented_payment_status_can_be_asked_for(office: BackOffice) -> None:
    for status in PaymentStatus:
        order = await office.add(payment_status=status)
        listed = (await office.page(payment_status=status))["data"]
        assert [(one["id"], one["payment_status"]) for one in listed] == [(order["id"], status)]


async def test_orders_of_every_channel_are_found_by_what_they_have_in_common(office: BackOffice) -> None:
    placed = await office.market.order(customer=a_customer(email="eleni@example.com"))
    own = await office.add(customer_email="eleni@example.com")

    assert await office.numbers(customer_email="eleni@example.com") == [own["id"], placed.id]
    assert await office.numbers(payment_method_code="card") == [placed.id]


async def test_one_of_several_tracking_codes_finds_the_order_that_the_marketplace_carries(
    office: BackOffice,
) -> None:
    order = await office.in_state(State.DISPATCHED, trackings=(a_tracking(code="1"), a_tracking(code="2")))

    assert await office.numbers(shipping_awb="2") == [order.id]
    assert await office.numbers(shipping_awb="1,2") == []


@pytest.fixture
async def a_day_apart(office: BackOffice, clock: MovableClock) -> list[int]:
    """Three orders, placed at noon in Athens and Bucharest on the third, fourth and fifth of March 2026."""
    made = []
    for _ in range(3):
        made.append((await office.add())["id"])
        clock.move(DAY)
    return made


CREATED: tuple[tuple[dict[str, str], slice], ...] = (
    ({"created_after": "2026-03-04"}, slice(1, 3)),
    ({"created_after": "2026-03-04T12:00:00"}, slice(1, 3)),
    ({"created_after": "2026-03-04T12:00:01+02:00"}, slice(2, 3)),
    ({"created_after": "2026-03-04T10:00:00Z"}, slice(1, 3)),
    ({"created_after": "2026-03-04 12:00:01"}, slice(2, 3)),
    ({"created_before": "2026-03-04"}, slice(0, 1)),
    ({"created_before": "2026-03-04T12:00:00+02:00"}, slice(0, 1)),
    ({"created_before": "2026-03-04T12:00:01+02:00"}, slice(0, 2)),
    ({"created_after": "2026-03-04", "created_before": "2026-03-05"}, slice(1, 2)),
    ({"created_after": "2026-03-06"}, slice(0, 0)),
    ({"created_before": "1970-01-02"}, slice(0, 0)),
)


@pytest.mark.parametrize(("query", "found"), CREATED, ids=str)
async def test_orders_are_found_by_the_day_or_moment_of_their_creation(
    office: BackOffice, a_day_apart: list[int], query: dict[str, str], found: slice
) -> None:
    assert await office.numbers(**query) == a_day_apart[found][::-1]


async def test_a_plus_sign_that_was_not_escaped_is_understood(
    office: BackOffice, a_day_apart: list[int]
) -> None:
    answer = await office.client.get(f"{ORDERS}?created_after=2026-03-04T12:00:01+02:00")

    assert numbers(resource(answer)["data"]) == a_day_apart[2:]


async def test_tags_are_found_by_their_numbers_any_of_them(office: BackOffice) -> None:
    first = await office.add(tags=[{"name": "VIP"}])
    second = await office.add(tags=[{"name": "Cadou"}, {"name": "VIP"}])
    third = await office.add(tags=[{"name": "Retur"}])
    await office.add()
    gift, vip = (tag["id"] for tag in second["tags"])
    returned = third["tags"][0]["id"]

    assert await office.numbers(tag_ids=vip) == [second["id"], first["id"]]
    assert await office.numbers(tag_ids=f"{gift},{returned}") == [third["id"], second["id"]]
    assert await office.numbers(tag_ids=10**9) == []
    assert await office.numbers(tag_name="vip") == []


async def test_another_shops_tag_of_the_same_name_is_another_tag(
    office: BackOffice, other_office: BackOffice
) -> None:
    own = await office.add(tags=[{"name": "VIP"}])
    foreign = await other_office.add(tags=[{"name": "VIP"}])

    assert own["tags"][0]["id"] != foreign["tags"][0]["id"]
    assert await office.numbers(tag_ids=foreign["tags"][0]["id"]) == []
    assert await other_office.numbers(tag_name="VIP") == [foreign["id"]]


async def test_filters_together_find_what_fits_all_of_them(office: BackOffice) -> None:
    both = await office.add(payment_status="paid", customer_email="dan@example.com")
    await office.add(payment_status="paid")
    await office.add(customer_email="dan@example.com")

    page = await office.page(payment_status="paid", customer_email="dan@example.com")
    assert numbers(page["data"]) == [both["id"]]


async def test_two_statuses_are_counted_and_found_together(office: BackOffice) -> None:
    paid = await office.add(payment_status="paid")
    await office.add()
    await office.process(paid["id"], "in_process")

    page = await office.page(payment_status="paid", shipping_status="in_process")
    assert (numbers(page["data"]), page["meta"]["count"]["total"]) == ([paid["id"]], 1)
    assert await office.numbers(payment_status="paid", shipping_status="awaiting") == []


async def test_an_order_in_a_list_is_the_order_that_is_shown_less_what_a_list_leaves_out(
    office: BackOffice,
) -> None:
    added = await office.add()

    (listed,) = (await office.page())["data"]

    shown = await office.show(added["id"])
    assert listed == {name: value for name, value in shown.items() if name not in LEFT_OUT}
    assert shown.keys() > LEFT_OUT


@pytest.mark.parametrize("names", [["line_items"], sorted(LEFT_OUT), ["line_items", "nonsense", "id"]])
async def test_what_a_list_leaves_out_is_added_where_it_is_asked_for(
    office: BackOffice, names: list[str]
) -> None:
    added = await office.add(internal_notes=[{"text": "suna inainte"}])

    (listed,) = (await office.page(include=",".join(names)))["data"]

    shown = await office.show(added["id"])
    left = LEFT_OUT - set(names)
    assert listed == {name: value for name, value in shown.items() if name not in left}


FIELDS: tuple[tuple[str, list[str]], ...] = (
    ("total_amount", ["id", "total_amount"]),
    ("total_amount,id,currency", ["id", "total_amount", "currency"]),
    (" currency , nonsense", ["id", "currency"]),
    ("line_items", ["id", "line_items"]),
    ("nonsense", ["id"]),
    ("", ["id"]),
    ("ok", ["id"]),
)


@pytest.mark.parametrize(("fields", "shown"), FIELDS)
async def test_only_the_fields_that_are_asked_for_are_shown_and_the_id(
    office: BackOffice, fields: str, shown: list[str]
) -> None:
    added = await office.add()
    wanted = {name: added[name] for name in shown}

    assert (await office.page(fields=fields))["data"] == [wanted]
    assert await office.show(added["id"], fields=fields) == wanted


async def test_fields_and_include_go_together(office: BackOffice) -> None:
    await office.add()

    (listed,) = (await office.page(fields="currency", include="line_items"))["data"]

    assert listed.keys() == {"id", "currency", "line_items"}


@pytest.mark.parametrize("field", ["date_created", "data_created"])
async def test_orders_are_sorted_by_their_creation_those_of_one_moment_by_number(
    office: BackOffice, clock: MovableClock, field: str
) -> None:
    made = [(await office.add())["id"] for _ in range(2)]
    clock.move(HOUR)
    made += [(await office.add())["id"] for _ in range(2)]

    assert await office.numbers(sort=field) == made
    assert await office.numbers(sort=f"{field}.desc") == made[::-1]
    assert await office.numbers() == made[::-1]


async def many(office: BackOffice, count: int) -> list[int]:
    """The numbers of so many paid orders, each after another that is not."""
    made = []
    for _ in range(count):
        await office.in_state(State.OPEN, payment_method=PaymentMethod.CASH_ON_DELIVERY)
        made.append((await office.in_state(State.OPEN)).id)
    return made


async def test_a_page_begins_where_it_is_told_and_is_as_long_as_it_is_told(office: BackOffice) -> None:
    made = (await many(office, 5))[::-1]

    page = await office.page(payment_status="paid", start=1, limit=3)

    assert numbers(page["data"]) == made[1:4]
    assert page["meta"]["count"] == {"total": 5, "current": 3, "start": 1, "limit": 3}
    assert await office.numbers(payment_status="paid", start=5) == []
    assert await office.numbers(payment_status="paid", start=2**63 - 1, limit=100) == []


async def test_a_list_has_a_hundred_orders_unless_it_is_told_otherwise(office: BackOffice) -> None:
    made = (await many(office, 101))[::-1]

    page = await office.page(payment_status="paid")

    assert numbers(page["data"]) == made[:100]
    assert page["meta"]["count"] == {"total": 101, "current": 100, "start": 0, "limit": 100}
    assert page["meta"]["links"] == {
        "prev": None,
        "current": f"{ORDERS}?payment_status=paid",
        "next": f"{ORDERS}?payment_status=paid&start=100&limit=100",
    }


async def test_the_links_lead_to_every_order_once_and_back_again(office: BackOffice) -> None:
    made = (await many(office, 7))[::-1]
    query = "payment_status=paid&fields=id,currency&sort=date_created.desc&foo=a%20b&limit=3"

    there = await walk(office, f"{ORDERS}?{query}", "next")
    back = await walk(office, there[-1]["meta"]["links"]["current"], "prev")

    assert [numbers(page["data"]) for page in there] == [made[:3], made[3:6], made[6:]]
    assert [page["data"] for page in back] == [page["data"] for page in there[::-1]]
    assert there[0]["meta"]["links"]["current"] == f"{ORDERS}?{query}"
    assert {tuple(order) for page in there for order in page["data"]} == {("id", "currency")}


async def walk(office: BackOffice, link: str | None, direction: str) -> list[Json]:
    """The pages from one on, following its links."""
    pages: list[Json] = []
    while link is not None:
        pages.append(resource(await office.client.get(link)))
        link = pages[-1]["meta"]["links"][direction]
    return pages


async def test_the_link_to_the_page_before_shows_no_order_of_this_one_again(office: BackOffice) -> None:
    made = (await many(office, 5))[::-1]
    page = await office.page(payment_status="paid", start=2, limit=3)

    before = resource(await office.client.get(page["meta"]["links"]["prev"]))

    assert numbers(before["data"] + page["data"]) == made


async def test_a_page_beyond_the_last_leads_back_to_the_last_orders(office: BackOffice) -> None:
    made = (await many(office, 3))[::-1]
    page = await office.page(payment_status="paid", start=50, limit=2)

    before = resource(await office.client.get(page["meta"]["links"]["prev"]))

    assert page["data"] == []
    assert page["meta"]["links"]["next"] is None
    assert numbers(before["data"]) == made[1:]


async def test_a_link_keeps_text_in_any_script(office: BackOffice) -> None:
    for _ in range(2):
        await office.add(tags=[{"name": "Δώρο & σία"}])

    page = await office.page(tag_name="Δώρο & σία", limit=1)

    following = resource(await office.client.get(page["meta"]["links"]["next"]))
    assert following["meta"]["count"] == {"total": 2, "current": 1, "start": 1, "limit": 1}


async def test_parameters_that_the_contract_does_not_have_are_ignored(office: BackOffice) -> None:
    added = await office.add()

    for query in ("foo=1&foo=2", "%00=1", "%ff=%fe", "&&=&", "Limit=0", "_=1700000000"):
        assert numbers(resource(await office.client.get(f"{ORDERS}?{query}"))["data"]) == [added["id"]]


async def test_head_answers_as_get_without_a_body(office: BackOffice) -> None:
    added = await office.add()

    for path in (ORDERS, f"{ORDERS}/{added['id']}"):
        head, get = await office.client.head(path), await office.client.get(path)
        assert head.status_code == 200
        assert head.headers["Content-Length"] == get.headers["Content-Length"]


async def test_an_order_that_is_added_or_moves_on_is_counted_where_it_is(office: BackOffice) -> None:
    async def totals() -> list[int]:
        queries: tuple[dict[str, Any], ...] = (
            {},
            {"shipping_status": "awaiting"},
            {"shipping_status": "cancelled"},
            {"payment_status": "awaiting"},
        )
        return [(await office.page(limit=1, **query))["meta"]["count"]["total"] for query in queries]

    added = [(await office.add())["id"] for _ in range(3)]
    counted = [await totals()]
    await office.process(added[0], "cancelled")
    counted.append(await totals())
    await office.change(added[1], payment_status="paid")
    counted.append(await totals())

    assert counted == [[3, 3, 0, 3], [3, 2, 1, 3], [3, 2, 1, 2]]


async def test_a_list_shows_an_order_as_it_is_now_and_in_the_language_that_the_shop_has_now(
    office: BackOffice,
) -> None:
    added = await office.add()
    romanian = (await office.page())["data"]
    await office.change(added["id"], customer_note="a")
    changed = (await office.page())["data"]
    await office.stoa.service.shops.change(office.shop.id, language="hu")
    hungarian = (await office.page())["data"]

    assert changed == [romanian[0] | {"customer_note": "a"}]
    assert hungarian[0]["payment_status_text"] not in {"", romanian[0]["payment_status_text"]}
    assert hungarian[0]["customer_note"] == "a"
