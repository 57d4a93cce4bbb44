"""The operator's warehouse: products, stock-takes, the ledger, and goods that arrive."""

import asyncio

import httpx
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.orders.warehouse import PurchaseOrder
from tests.builders import HOUR
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.depot import Depot, change, moved
from tests.operator.calls import Json, address, fault, numbers
from tests.operator.test_lists import pages

UNKNOWN = (999, 10_999_999, 2**63 - 1, 2**63, 10**30)


@pytest.fixture
def depot(stoa: Stoa, merchant: Merchant) -> Depot:
    return Depot(stoa.service.pool, merchant.shop)


async def registering(operator: httpx.AsyncClient, depot: Depot, **body: object) -> Json:
    answer = await operator.post(address(depot.shop, "products"), json={"shop_uid": "A"} | body)
    assert answer.status_code == 201, answer.text
    product: Json = answer.json()
    return product


# Products


async def test_a_registered_product_has_a_number_and_no_piece_yet(
    operator: httpx.AsyncClient, depot: Depot
) -> None:
    product = await registering(operator, depot, name="Λάμπα", ean="5201234567890")

    assert product.pop("id") >= 10_000_001
    assert product == {
        "shop_uid": "A",
        "name": "Λάμπα",
        "ean": "5201234567890",
        "active": True,
        "quantity": 0,
        "reserved": 0,
        "available": 0,
        "created_at": "2026-03-03T10:00:00Z",
    }


async def test_of_a_product_the_uid_is_enough(operator: httpx.AsyncClient, depot: Depot) -> None:
    product = await registering(operator, depot, active=False)

    assert (product["name"], product["ean"], product["active"]) == (None, None, False)


async def test_with_its_first_product_the_shop_is_shown_as_one_of_the_warehouse(
    operator: httpx.AsyncClient, depot: Depot, neighbour: Merchant
) -> None:
    before = (await operator.get(address(depot.shop))).json()
    await registering(operator, depot)

    assert (await operator.get(address(depot.shop))).json() == before | {"warehouse": True}
    assert (await operator.get(address(neighbour.shop))).json()["warehouse"] is False


async def test_a_uid_is_taken_once_in_a_shop(
    operator: httpx.AsyncClient, depot: Depot, neighbour: Merchant
) -> None:
    await registering(operator, depot)

    again = await operator.post(address(depot.shop, "products"), json={"shop_uid": "A"})
    elsewhere = await operator.post(address(neighbour.shop, "products"), json={"shop_uid": "A"})

    assert fault(again) == (409, "uid_taken", "shop_uid")
    assert elsewhere.status_code == 201


async def test_of_five_who_register_a_product_at_once_one_succeeds(
    operator: httpx.AsyncClient, depot: Depot
) -> None:
    answers = await asyncio.gather(
        *(operator.post(address(depot.shop, "products"), json={"shop_uid": "A"}) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_products_come_in_pages_by_number(
    operator: httpx.AsyncClient, depot: Depot, neighbour: Merchant
) -> None:
    made = [await registering(operator, depot, shop_uid=uid) for uid in "EDCBA"]
    await operator.post(address(neighbour.shop, "products"), json={"shop_uid": "A"})

    assert await pages(operator, address(depot.shop, "products"), limit=2) == made
    assert await pages(operator, address(depot.shop, "products")) == made


async def test_only_what_is_given_of_a_product_changes(operator: httpx.AsyncClient, depot: Depot) -> None:
    product = await registering(operator, depot, name="Λάμπα", ean="520")
    at = address(depot.shop, "products", product["id"])

    off_sale = await operator.patch(at, json={"active": False})
    renamed = await operator.patch(at, json={"name": "Φως", "ean": None})
    unchanged = await operator.patch(at, json={})

    assert off_sale.json() == product | {"active": False}
    assert renamed.json() == unchanged.json() == product | {"active": False, "name": "Φως", "ean": None}
    assert (await operator.get(address(depot.shop, "products"))).json()["items"] == [renamed.json()]


# What comes and goes


async def counting(
    operator: httpx.AsyncClient, depot: Depot, product_id: object, **body: object
) -> httpx.Response:
    return await operator.post(address(depot.shop, "products", product_id, "correct"), json=body)


async def test_a_stock_take_sets_the_pieces_and_notes_the_difference(
    operator: httpx.AsyncClient, depot: Depot, clock: MovableClock
) -> None:
    product = await registering(operator, depot)
    await counting(operator, depot, product["id"], quantity=12)
    clock.move(HOUR)
    counted = await counting(operator, depot, product["id"], quantity=9, reason="Απογραφή")
    await counting(operator, depot, product["id"], quantity=9)

    newest, first = await pages(operator, address(depot.shop, "products", product["id"], "movements"))
    assert counted.json() == product | {"quantity": 9, "available": 9}
    assert newest.pop("id") > first["id"]
    assert newest == {
        "at": "2026-03-03T11:00:00Z",
        "kind": "corrected",
        "quantity": -3,
        "order_id": None,
        "purchase_order": None,
        "reason": "Απογραφή",
    }
    assert (first["quantity"], first["reason"]) == (12, None)


async def test_a_stock_take_finds_no_fewer_pieces_than_are_kept_for_orders(
    operator: httpx.AsyncClient, depot: Depot
) -> None:
    product = await depot.product(pieces=5)
    await depot.move(change(product, reserved=3))

    too_few = await counting(operator, depot, product.id, quantity=2)
    just_enough = await counting(operator, depot, product.id, quantity=3)

    assert fault(too_few) == (409, "below_reserved", "quantity")
    assert (just_enough.json()["reserved"], just_enough.json()["available"]) == (3, 0)


async def test_movements_come_in_pages_newest_first(operator: httpx.AsyncClient, depot: Depot) -> None:
    product = await depot.product(pieces=9)
    for order_id in range(1, 6):
        await depot.move(change(product, quantity=-1), order_id=order_id)
    at = address(depot.shop, "products", product.id, "movements")

    listed = await pages(operator, at, limit=2)

    assert [movement["order_id"] for movement in listed] == [5, 4, 3, 2, 1, None]
    assert [movement["quantity"] for movement in listed] == [-1] * 5 + [9]
    assert listed == await pages(operator, at)


# Purchase orders


async def announced(depot: Depot, **expected: int) -> PurchaseOrder:
    for uid in expected:
        await depot.product(uid)
    return await depot.announce(await depot.supplier(), **expected)


async def receiving(
    operator: httpx.AsyncClient, depot: Depot, number: object = 1, **counted: int
) -> httpx.Response:
    """What is answered to the receipt of so many pieces of these products."""
    lines = [{"shop_uid": uid, "actual_quantity": pieces} for uid, pieces in counted.items()]
    body = {"lines": lines} if lines else {}
    return await operator.post(address(depot.shop, "purchase_orders", number, "receive"), json=body)


async def test_a_purchase_order_is_shown_with_its_lines_and_the_code_that_the_shop_knows(
    operator: httpx.AsyncClient, depot: Depot
) -> None:
    order = await announced(depot, A=5)

    shown = await operator.get(address(depot.shop, "purchase_orders", 1))

    in_the_list = {
        "number": 1,
        "code": f"260303-{depot.shop.id:04}-0001",
        "supplier_id": order.supplier_id,
        "expected_date": "2026-03-03",
        "created_at": "2026-03-03T10:00:00Z",
        "received_at": None,
    }
    line = {
        "shop_uid": "A",
        "expected_quantity": 5,
        "keep_serial_numbers": False,
        "has_expiration_date": False,
        "storage_conditions": 0,
        "product_id": order.lines[0].product_id,
        "actual_quantity": None,
    }
    assert shown.json() == in_the_list | {"lines": [line]}
    assert await pages(operator, address(depot.shop, "purchase_orders")) == [in_the_list]


async def test_purchase_orders_come_in_pages_newest_first(operator: httpx.AsyncClient, depot: Depot) -> None:
    await depot.product("A")
    supplier = await depot.supplier()
    for _ in range(5):
        await depot.announce(supplier, A=1)

    listed = await pages(operator, address(depot.shop, "purchase_orders"), limit=2)

    assert [order["number"] for order in listed] == [5, 4, 3, 2, 1]


async def test_what_is_received_as_expected_lies_in_the_warehouse(
    operator: httpx.AsyncClient, depot: Depot, clock: MovableClock
) -> None:
    order = await announced(depot, A=5, B=7)
    clock.move(HOUR)

    answer = await receiving(operator, depot)

    received = answer.json()
    assert (answer.status_code, received["received_at"]) == (200, "2026-03-03T11:00:00Z")
    assert [line["actual_quantity"] for line in received["lines"]] == [5, 7]
    assert received == (await operator.get(address(depot.shop, "purchase_orders", 1))).json()
    listed = (await operator.get(address(depot.shop, "products"))).json()["items"]
    assert [product["quantity"] for product in listed] == [5, 7]
    at = address(depot.shop, "products", order.lines[0].product_id, "movements")
    (movement,) = await pages(operator, at)
    assert (movement["kind"], movement["purchase_order"], movement["at"]) == (
        "received",
        1,
        "2026-03-03T11:00:00Z",
    )


async def test_what_was_counted_otherwise_is_received_as_it_was_counted(
    operator: httpx.AsyncClient, depot: Depot
) -> None:
    await announced(depot, A=5, B=7, C=1)

    answer = await receiving(operator, depot, B=9, C=0)

    assert [line["actual_quantity"] for line in answer.json()["lines"]] == [5, 9, 0]
    assert [product.quantity for product in await depot.warehouse.products(depot.shop.id, limit=9)] == [
        5,
        9,
        0,
    ]


async def test_a_purchase_order_is_received_once(operator: httpx.AsyncClient, depot: Depot) -> None:
    await announced(depot, A=5)

    first, second = await receiving(operator, depot), await receiving(operator, depot, A=9)

    assert first.status_code == 200
    assert fault(second) == (409, "already_received", None)
    (product,) = await depot.warehouse.products(depot.shop.id, limit=9)
    assert product.quantity == 5


async def test_of_six_who_receive_a_purchase_order_at_once_one_does(
    operator: httpx.AsyncClient, depot: Depot
) -> None:
    await announced(depot, A=5)

    answers = await asyncio.gather(*(receiving(operator, depot, A=n) for n in range(1, 7)))

    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    others = [fault(answer) for answer in answers if answer.status_code != 200]
    (product,) = await depot.warehouse.products(depot.shop.id, limit=9)
    assert others == [(409, "already_received", None)] * 5
    assert product.quantity == winner["lines"][0]["actual_quantity"]
    assert moved(await depot.ledger(product)) == [("received", product.quantity)]


async def test_only_products_of_the_purchase_order_are_counted_and_each_once(
    stoa: Stoa, operator: httpx.AsyncClient, depot: Depot
) -> None:
    await announced(depot, A=5)
    await depot.product("B")
    at = address(depot.shop, "purchase_orders", 1, "receive")
    twice = {"lines": [{"shop_uid": "A", "actual_quantity": 1}] * 2}
    before = await contents(stoa.service.pool)

    assert fault(await receiving(operator, depot, A=1, B=1)) == (
        409,
        "not_on_the_purchase_order",
        "lines[1].shop_uid",
    )
    assert fault(await operator.post(at, json=twice)) == (409, "product_named_twice", "lines[1].shop_uid")
    assert await contents(stoa.service.pool) == before


# What is refused


async def test_what_is_not_there_is_not_found(
    stoa: Stoa, operator: httpx.AsyncClient, depot: Depot, neighbour: Merchant
) -> None:
    elsewhere = Depot(stoa.service.pool, neighbour.shop)
    await announced(elsewhere, A=5)
    (theirs,) = await elsewhere.warehouse.products(neighbour.shop.id, limit=9)
    before = await contents(stoa.service.pool)

    for number in (*UNKNOWN, theirs.id):
        at = address(depot.shop, "products", number)
        for answer in (
            await operator.patch(at, json={"active": False}),
            await operator.get(f"{at}/movements"),
            await counting(operator, depot, number, quantity=1),
        ):
            assert fault(answer)[:2] == (404, "not_found"), number
    for number in (*UNKNOWN, 1):
        shown = await operator.get(address(depot.shop, "purchase_orders", number))
        assert fault(shown)[:2] == (404, "not_found")
        assert fault(await receiving(operator, depot, number))[:2] == (404, "not_found")
    assert await contents(stoa.service.pool) == before


async def test_a_shop_that_is_not_there_has_no_warehouse(operator: httpx.AsyncClient) -> None:
    for path in ("products", "purchase_orders"):
        assert fault(await operator.get(f"/operator/v1/shops/999/{path}")) == (404, "not_found", None)
    answer = await operator.post("/operator/v1/shops/999/products", json={"shop_uid": "A"})
    assert fault(answer) == (404, "not_found", None)


NO_TEXTS: tuple[object, ...] = ("", "x" * 501, "\x00", "\x1b[31m", 5, True, [], {})

BAD_PRODUCTS: list[tuple[Json, str]] = [
    ({}, "shop_uid"),
    ({"shop_uid": None}, "shop_uid"),
    ({"shop_uid": "x" * 101}, "shop_uid"),
    *(({"shop_uid": text}, "shop_uid") for text in NO_TEXTS),
    *(({"shop_uid": "A", field: text}, field) for field in ("name", "ean") for text in NO_TEXTS),
    ({"shop_uid": "A", "active": 1}, "active"),
    ({"shop_uid": "A", "active": None}, "active"),
    ({"shop_uid": "A", "quantity": 5}, "quantity"),
]


@pytest.mark.parametrize(("body", "field"), BAD_PRODUCTS)
async def test_a_product_that_will_not_do_is_refused_by_its_field(
    operator: httpx.AsyncClient, depot: Depot, body: Json, field: str
) -> None:
    assert fault(await operator.post(address(depot.shop, "products"), json=body)) == (422, "invalid", field)
    assert await depot.warehouse.count_products(depot.shop.id) == 0


BAD_CHANGES: list[tuple[Json, str]] = [
    ({"active": None}, "active"),
    ({"active": "yes"}, "active"),
    ({"shop_uid": "B"}, "shop_uid"),
    ({"quantity": 5}, "quantity"),
    *(({field: text}, field) for field in ("name", "ean") for text in NO_TEXTS),
]


@pytest.mark.parametrize(("body", "field"), BAD_CHANGES)
async def test_a_change_that_will_not_do_is_refused_by_its_field(
    operator: httpx.AsyncClient, depot: Depot, body: Json, field: str
) -> None:
    product = await depot.product()

    answer = await operator.patch(address(depot.shop, "products", product.id), json=body)

    assert fault(answer) == (422, "invalid", field)
    assert await depot.warehouse.product(depot.shop.id, product.id) == product


NO_QUANTITIES: tuple[object, ...] = (-1, 10**9 + 1, 2**63, 10**400, 1.5, "1", True, None, [])


async def test_what_is_no_quantity_is_refused_by_its_field(
    stoa: Stoa, operator: httpx.AsyncClient, depot: Depot
) -> None:
    await announced(depot, A=5)
    (product,) = await depot.warehouse.products(depot.shop.id, limit=9)
    at = address(depot.shop, "purchase_orders", 1, "receive")
    before = await contents(stoa.service.pool)

    for quantity in NO_QUANTITIES:
        counted = await counting(operator, depot, product.id, quantity=quantity)
        line = {"shop_uid": "A", "actual_quantity": quantity}
        received = await operator.post(at, json={"lines": [line]})
        assert fault(counted) == (422, "invalid", "quantity")
        assert fault(received) == (422, "invalid", "lines[0].actual_quantity")
    assert await contents(stoa.service.pool) == before


BAD_RECEIPTS: list[tuple[object, str]] = [
    ({"lines": None}, "lines"),
    ({"lines": {}}, "lines"),
    ({"lines": [1]}, "lines[0]"),
    ({"lines": [{"shop_uid": "A", "actual_quantity": 1}] * 1001}, "lines"),
    ({"lines": [{"actual_quantity": 1}]}, "lines[0].shop_uid"),
    ({"lines": [{"shop_uid": "A"}]}, "lines[0].actual_quantity"),
    ({"lines": [{"shop_uid": "A", "actual_quantity": 1, "note": ""}]}, "lines[0].note"),
    ({"received_at": "2026-03-03T10:00:00Z"}, "received_at"),
    ([], "body"),
]


@pytest.mark.parametrize(("body", "field"), BAD_RECEIPTS)
async def test_a_receipt_that_will_not_do_is_refused_by_its_field(
    operator: httpx.AsyncClient, depot: Depot, body: object, field: str
) -> None:
    order = await announced(depot, A=5)

    answer = await operator.post(address(depot.shop, "purchase_orders", 1, "receive"), json=body)

    assert fault(answer) == (422, "invalid", field)
    assert await depot.warehouse.purchase_order(depot.shop.id, 1) == order


async def test_a_wrong_query_is_refused_by_its_name(operator: httpx.AsyncClient, depot: Depot) -> None:
    product = await depot.product()

    for parts in (("products",), ("products", product.id, "movements"), ("purchase_orders",)):
        for name, value in (("limit", "0"), ("limit", "101"), ("cursor", "x"), ("page", "1")):
            answer = await operator.get(address(depot.shop, *parts), params={name: value})
            assert fault(answer) == (422, "invalid", name), parts


async def test_the_numbers_of_products_are_of_the_whole_marketplace(
    stoa: Stoa, operator: httpx.AsyncClient, depot: Depot, neighbour: Merchant
) -> None:
    theirs = await Depot(stoa.service.pool, neighbour.shop).product("A")
    ours = await registering(operator, depot)

    assert numbers([ours]) == [theirs.id + 1]
