"""Purchase orders: what a shop announces to the warehouse, what it is shown of it, and what is refused."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.orders.warehouse import Counted, PurchaseOrder, StorageConditions, Supplier
from tests.builders import DAY, HOUR, NOON, in_athens
from tests.conftest import opening_a_shop
from tests.skroutz.fbs import PURCHASE_ORDERS, Fbs, lines_of, paging
from tests.skroutz.market import Json, answered, at_fault, refusal

UNKNOWN = refusal("purchase_order_error", "Invalid purchase order", 404)
OF_ANOTHER = refusal("purchase_order_error", "Invalid purchase order", 401)


@pytest.fixture
async def supplier(fbs: Fbs) -> Supplier:
    """The supplier of a shop that has the products LAMP and SHADE."""
    await fbs.product("LAMP")
    await fbs.product("SHADE", active=False)
    return await fbs.supplier()


def a_line(**what_matters: object) -> Json:
    return {"product_uid": "LAMP", "expected_quantity": 10} | what_matters


def a_body(supplier: Supplier, **what_matters: object) -> Json:
    made_up = {"expected_date": "2026-03-10", "supplier_id": supplier.id, "line_items": [a_line()]}
    return made_up | what_matters


async def announcing(fbs: Fbs, supplier: Supplier, **what_matters: object) -> str:
    """The code of a purchase order that is agreed to."""
    answer = await fbs.ask(PURCHASE_ORDERS, a_body(supplier, **what_matters))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == ["success", "code"]
    assert body["success"] is True
    code: str = body["code"]
    return code


def four(number: int) -> str:
    return f"{number:04}"


async def received(fbs: Fbs, number: int, *counted: Counted, later: timedelta = DAY) -> PurchaseOrder:
    order = await fbs.warehouse.receive(fbs.shop.id, number, counted, NOON + later)
    assert isinstance(order, PurchaseOrder), order
    return order


async def test_an_announced_purchase_order_has_a_code_of_its_day_its_shop_and_its_number(
    fbs: Fbs, supplier: Supplier
) -> None:
    codes = [await announcing(fbs, supplier) for _ in range(2)]

    assert codes == [f"260303-{four(fbs.shop.id)}-0001", f"260303-{four(fbs.shop.id)}-0002"]


async def test_purchase_orders_are_listed_newest_first_in_the_shops_time(
    fbs: Fbs, supplier: Supplier, clock: MovableClock
) -> None:
    first = await announcing(fbs, supplier, expected_date="2026-03-03")
    clock.move(HOUR + timedelta(milliseconds=1500))
    second = await announcing(fbs, supplier, expected_date="2026-04-01")
    await received(fbs, 1, later=30 * DAY)

    assert await fbs.show(PURCHASE_ORDERS) == {
        "purchase_orders": [
            {
                "code": second,
                "received_at": None,
                "created_at": "2026-03-03T13:00:01+02:00",
                "expected_date": "2026-04-01",
            },
            {
                "code": first,
                # Summer time has come.
                "received_at": "2026-04-02T13:00:00+03:00",
                "created_at": "2026-03-03T12:00:00+02:00",
                "expected_date": "2026-03-03",
            },
        ],
        "meta": paging(2, 1),
    }


async def test_its_lines_are_shown_as_they_were_announced_and_then_as_they_came(
    fbs: Fbs, supplier: Supplier
) -> None:
    lines = [a_line(), a_line(product_uid="SHADE", expected_quantity=6)]
    await announcing(fbs, supplier, line_items=lines)
    (order,) = await fbs.announced()
    lamp, shade = (line.product_id for line in order.lines)

    before = await fbs.show(lines_of(order, fbs.shop))
    await received(fbs, 1, Counted("SHADE", 5))
    after = await fbs.show(lines_of(order, fbs.shop))

    shown = {"product_id": lamp, "shop_uid": "LAMP", "active": True, "expected_quantity": 10}
    off_sale = {"product_id": shade, "shop_uid": "SHADE", "active": False, "expected_quantity": 6}
    assert before == {
        "purchase_order_line_items": [
            shown | {"actual_quantity": None},
            off_sale | {"actual_quantity": None},
        ],
        "meta": paging(2, 1),
    }
    assert [line["actual_quantity"] for line in after["purchase_order_line_items"]] == [10, 5]
    assert list(after["purchase_order_line_items"][0]) == [*shown, "actual_quantity"]


async def test_how_goods_are_to_be_kept_is_noted(fbs: Fbs, supplier: Supplier) -> None:
    plain = a_line(unknown=1)
    careful = a_line(
        product_uid="SHADE", keep_serial_numbers=True, has_expiration_date=True, storage_conditions=3
    )
    await announcing(fbs, supplier, line_items=[plain, careful], unknown=[])

    (order,) = await fbs.announced()
    noted = [
        (line.keep_serial_numbers, line.has_expiration_date, line.storage_conditions) for line in order.lines
    ]
    assert noted == [(False, False, StorageConditions.DRY), (True, True, StorageConditions.FROZEN)]


async def test_an_announcement_alone_brings_no_piece(fbs: Fbs, supplier: Supplier) -> None:
    await announcing(fbs, supplier)

    at_hand = await fbs.warehouse.at_hand(fbs.shop.id, ["LAMP"])
    assert at_hand["LAMP"].available == 0


async def test_the_day_on_which_goods_are_expected_is_one_of_the_shops_calendar(
    fbs: Fbs, supplier: Supplier, clock: MovableClock
) -> None:
    # In Athens the fourth of March has begun, in Greenwich it has not.
    clock.move(in_athens(2026, 3, 4, 0, 30) - NOON)

    late = await fbs.ask(PURCHASE_ORDERS, a_body(supplier, expected_date="2026-03-03"))

    assert answered(late) == refusal(
        "expected_date", "expected_date: The day on which the goods are expected must not be over."
    )
    assert (await announcing(fbs, supplier, expected_date="2026-03-04")).startswith("260304-")


async def test_a_shop_elsewhere_has_the_days_of_its_own_calendar(stoa: Stoa) -> None:
    async with opening_a_shop(stoa, zone="America/New_York") as merchant:
        fbs = Fbs(stoa.service.pool, merchant)
        await fbs.product("LAMP")
        code = await announcing(fbs, await fbs.supplier(), expected_date="2026-03-03")

        (shown,) = (await fbs.show(PURCHASE_ORDERS))["purchase_orders"]
        assert (shown["code"], shown["created_at"]) == (code, "2026-03-03T05:00:00-05:00")


async def test_purchase_orders_that_are_announced_at_once_are_all_there(fbs: Fbs, supplier: Supplier) -> None:
    codes = await asyncio.gather(*(announcing(fbs, supplier) for _ in range(8)))

    listed = (await fbs.show(PURCHASE_ORDERS))["purchase_orders"]
    assert {order["code"] for order in listed} == set(codes)
    assert len(set(codes)) == 8


# Whose purchase order it is


async def lines(fbs: Fbs, code: str) -> tuple[int, Any]:
    return answered(await fbs.client.get(f"{PURCHASE_ORDERS}/{code}/line_items"))


async def test_another_shops_purchase_order_is_told_from_one_that_nobody_has(
    fbs: Fbs, neighbours_fbs: Fbs, supplier: Supplier
) -> None:
    code = await announcing(fbs, supplier)

    assert (await lines(fbs, code))[0] == 200
    assert await lines(neighbours_fbs, code) == OF_ANOTHER
    assert await lines(neighbours_fbs, code.replace("-0001", "-0002")) == UNKNOWN
    assert await lines(neighbours_fbs, code.replace("260303", "260304")) == UNKNOWN


NO_CODES = (
    "250303-{shop}-0001",
    "999999-{shop}-0001",
    "260303-{shop}-0002",
    "260303-{shop}-00001",
    "260303-{shop}-1",
    "260303-0{shop}-0001",
    "260303-9999-0001",
    "260303-{shop}-0001%0A",
    "%20260303-{shop}-0001",
    "260303-{shop}",
    "260303-{shop}-999999999999999999",
    "260303-{shop}-99999999999999999999",
    "260303-999999999999999999-0001",
    "260303-{shop}-%D9%A0%D9%A0%D9%A0%D9%A1",
    "0001",
    "%00",
    "%FF%FE",
    "α" * 2000,
)


async def test_what_is_no_code_of_a_purchase_order_is_unknown(fbs: Fbs, supplier: Supplier) -> None:
    code = await announcing(fbs, supplier)
    shop = four(fbs.shop.id)

    answers = {text: await lines(fbs, text.format(shop=shop)) for text in NO_CODES}

    assert answers == dict.fromkeys(NO_CODES, UNKNOWN)
    assert (await lines(fbs, code))[0] == 200


# What is refused


async def refused(fbs: Fbs, body: Json) -> tuple[int, str]:
    fault = at_fault(await fbs.ask(PURCHASE_ORDERS, body))
    assert await fbs.announced() == []
    return fault


LINE_FAULTS: tuple[tuple[str, object], ...] = (
    ("product_uid", "NOBODY"),
    ("product_uid", ""),
    ("product_uid", "x" * 101),
    ("product_uid", 79),
    ("product_uid", None),
    ("product_uid", "\x00"),
    ("expected_quantity", 0),
    ("expected_quantity", -1),
    ("expected_quantity", 100_001),
    ("expected_quantity", 10**400),
    ("expected_quantity", 1.5),
    ("expected_quantity", "10"),
    ("expected_quantity", None),
    ("expected_quantity", True),
    ("storage_conditions", 4),
    ("storage_conditions", -1),
    ("storage_conditions", "0"),
    ("storage_conditions", None),
    ("keep_serial_numbers", 1),
    ("keep_serial_numbers", "true"),
    ("keep_serial_numbers", None),
    ("has_expiration_date", 0),
)


@pytest.mark.parametrize(("field", "value"), LINE_FAULTS)
async def test_a_line_that_will_not_do_is_refused_by_its_field(
    fbs: Fbs, supplier: Supplier, field: str, value: object
) -> None:
    body = a_body(supplier, line_items=[a_line(product_uid="SHADE"), a_line(**{field: value})])

    assert await refused(fbs, body) == (422, field)


async def test_the_message_says_which_line_it_is(fbs: Fbs, supplier: Supplier) -> None:
    too_few = a_body(supplier, line_items=[a_line(), a_line(product_uid="SHADE", expected_quantity=0)])
    unknown = a_body(supplier, line_items=[a_line(), a_line(product_uid="NOBODY")])

    def said(answer: httpx.Response) -> str:
        (message,) = answer.json()["errors"][0]["messages"]
        return str(message).split(":")[0]

    assert said(await fbs.ask(PURCHASE_ORDERS, too_few)) == "line_items[1].expected_quantity"
    assert said(await fbs.ask(PURCHASE_ORDERS, unknown)) == "line_items[1].product_uid"


async def test_a_product_is_named_once(fbs: Fbs, supplier: Supplier) -> None:
    answer = await fbs.ask(PURCHASE_ORDERS, a_body(supplier, line_items=[a_line(), a_line()]))

    assert answered(answer) == refusal(
        "product_uid", "line_items[1].product_uid: This product is named twice."
    )


async def test_another_shops_product_or_supplier_is_unknown(
    fbs: Fbs, neighbours_fbs: Fbs, supplier: Supplier
) -> None:
    await neighbours_fbs.product("THEIRS")
    theirs = await neighbours_fbs.supplier()

    assert await refused(fbs, a_body(theirs)) == (422, "supplier_id")
    assert await refused(fbs, a_body(supplier, line_items=[a_line(product_uid="THEIRS")])) == (
        422,
        "product_uid",
    )


FAULTS: tuple[tuple[str, object], ...] = (
    ("expected_date", "2026-03-02"),
    ("expected_date", "0001-01-01"),
    ("expected_date", "2026-02-30"),
    ("expected_date", "10/03/2026"),
    ("expected_date", "2026-03-10T00:00:00Z"),
    ("expected_date", "20260310"),
    ("expected_date", ""),
    ("expected_date", None),
    ("expected_date", 20260310),
    ("supplier_id", "0123456789"),
    ("supplier_id", ""),
    ("supplier_id", "x" * 101),
    ("supplier_id", 1),
    ("supplier_id", None),
    ("supplier_id", "\x00"),
    ("line_items", []),
    ("line_items", {}),
    ("line_items", None),
    ("line_items", [1]),
    ("line_items", [a_line()] * 1001),
)


@pytest.mark.parametrize(("field", "value"), FAULTS)
async def test_what_will_not_do_is_refused_by_its_field(
    fbs: Fbs, supplier: Supplier, field: str, value: object
) -> None:
    assert await refused(fbs, a_body(supplier, **{field: value})) == (422, field)


@pytest.mark.parametrize("field", ["expected_date", "supplier_id", "line_items"])
async def test_what_is_needed_is_asked_for(fbs: Fbs, supplier: Supplier, field: str) -> None:
    body = {name: value for name, value in a_body(supplier).items() if name != field}

    assert await refused(fbs, body) == (422, field)


@pytest.mark.parametrize("field", ["product_uid", "expected_quantity"])
async def test_what_a_line_needs_is_asked_for(fbs: Fbs, supplier: Supplier, field: str) -> None:
    line = {name: value for name, value in a_line().items() if name != field}

    assert await refused(fbs, a_body(supplier, line_items=[line])) == (422, field)


async def test_a_thousand_lines_are_announced(fbs: Fbs, supplier: Supplier) -> None:
    uids = [f"UID-{n}" for n in range(1000)]
    await fbs.pool.executemany(
        "INSERT INTO warehouse_products (shop_id, shop_uid, active, created_at) VALUES ($1, $2, true, $3)",
        [(fbs.shop.id, uid, NOON) for uid in uids],
    )

    await announcing(fbs, supplier, line_items=[a_line(product_uid=uid) for uid in uids])

    (order,) = await fbs.announced()
    last = await fbs.client.get(lines_of(order, fbs.shop), params={"page": "10"})
    assert last.json()["meta"] == paging(1000, 10, 10)
    assert [line["shop_uid"] for line in last.json()["purchase_order_line_items"]] == uids[-100:]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"{", (400, "invalid_format")),
        (b"\xff", (400, "invalid_format")),
        (b"[]", (422, "body")),
        (b"", (422, "expected_date")),
        (b" " * (1024**2 + 1), (413, "too_large")),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    fbs: Fbs, supplier: Supplier, body: bytes, fault: tuple[int, str]
) -> None:
    assert at_fault(await fbs.client.post(PURCHASE_ORDERS, content=body)) == fault
    assert await fbs.announced() == []


async def test_numbers_as_json_writes_them_are_exact(fbs: Fbs, supplier: Supplier) -> None:
    for raw in (b"1e1", b"10.0", b"-0", b"9" * 5000):
        line = msgspec.json.encode(a_line() | {"expected_quantity": msgspec.Raw(raw)})
        body = a_body(supplier) | {"line_items": [msgspec.Raw(line)]}
        assert await refused(fbs, body) == (422, "expected_quantity"), raw
