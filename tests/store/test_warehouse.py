"""What lies in the warehouse is never less than nothing, and always what the ledger says, whoever comes at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.order import Fulfilment, Order, State
from stoa.orders.shop import Shop
from stoa.orders.stock import AtHand
from stoa.orders.warehouse import (
    Counted,
    Objected,
    Objection,
    PurchaseOrder,
    Supplier,
    WarehouseProduct,
    receive,
)
from stoa.store.database import Pool, open_pool
from stoa.store.orders import Orders
from stoa.store.shops import Shops
from stoa.store.warehouse import OutOfStock, StockFault, Warehouse
from tests import saves
from tests.builders import NOON, a_line, a_shop, after, an_order
from tests.depot import NEWEST, Depot, change, moved

UNKNOWN = 99_999_999


@pytest.fixture
async def depot(pool: Pool) -> Depot:
    return Depot(pool, await Shops(pool).add(a_shop(), NOON))


@pytest.fixture
async def neighbour(pool: Pool) -> Depot:
    return Depot(pool, await Shops(pool).add(a_shop(), NOON))


@pytest.fixture
def warehouse(depot: Depot) -> Warehouse:
    return depot.warehouse


# Products


async def test_a_product_is_read_as_it_was_added_with_a_number_of_eight_digits(depot: Depot) -> None:
    added = await depot.product("A", name="Λάμπα", ean="5201234567890", active=False)

    assert added == WarehouseProduct(
        id=10_000_001,
        shop_uid="A",
        name="Λάμπα",
        ean="5201234567890",
        active=False,
        quantity=0,
        reserved=0,
        created_at=NOON,
    )
    assert await depot.warehouse.product(depot.shop.id, added.id) == added


async def test_a_shop_has_one_product_by_a_uid_and_another_shop_its_own(
    depot: Depot, neighbour: Depot
) -> None:
    first, theirs = await depot.product("A", pieces=3), await neighbour.product("A")

    again = await depot.warehouse.add_product(
        depot.shop.id, shop_uid="A", name=None, ean=None, active=True, at=NOON
    )

    assert again == Objected(Objection.UID_TAKEN)
    assert await depot.level(first) == (3, 0)
    assert await neighbour.warehouse.product(depot.shop.id, theirs.id) is None


async def test_with_its_first_product_a_shop_is_known_to_the_warehouse(depot: Depot, pool: Pool) -> None:
    before = await Shops(pool).read(depot.shop.id)

    await depot.product("A")
    await depot.product("B")

    assert before == depot.shop
    assert await Shops(pool).read(depot.shop.id) == replace(depot.shop, warehouse=True)


async def test_first_products_that_come_at_once_with_new_terms_are_all_kept(depot: Depot, pool: Pool) -> None:
    shops = Shops(pool)

    await asyncio.gather(
        *(depot.product(uid) for uid in "ABCD"),
        *(shops.change(depot.shop.id, most_parcels=n) for n in range(4, 10)),
        shops.change(depot.shop.id, phone="210"),
    )

    shop = await shops.read(depot.shop.id)
    assert shop is not None
    assert (shop.warehouse, shop.phone) == (True, "210")
    assert await depot.warehouse.count_products(depot.shop.id) == 4


async def test_a_product_that_is_not_added_leaves_the_shop_as_it_was(depot: Depot, pool: Pool) -> None:
    with pytest.raises(asyncpg.NotNullViolationError):
        await depot.product("A", active=None)

    assert await Shops(pool).read(depot.shop.id) == depot.shop


async def test_of_a_product_only_what_is_given_changes(depot: Depot, warehouse: Warehouse) -> None:
    product, shop_id = await depot.product(name="Λάμπα", ean="520"), depot.shop.id

    assert await warehouse.change_product(shop_id, product.id, {}) == product
    off = await warehouse.change_product(shop_id, product.id, {"active": False})
    assert off == replace(product, active=False)
    changed = await warehouse.change_product(shop_id, product.id, {"name": None, "ean": "521"})
    assert changed == replace(product, active=False, name=None, ean="521")


async def test_a_product_of_nobody_or_of_another_shop_is_not_there(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    theirs, shop_id = await neighbour.product(), depot.shop.id

    for number in (UNKNOWN, theirs.id):
        assert await warehouse.product(shop_id, number) is None
        assert await warehouse.change_product(shop_id, number, {"active": False}) is None
        assert await warehouse.correct(shop_id, number, counted=1, reason=None, at=NOON) is None
    assert await neighbour.level(theirs) == (0, 0)


async def test_products_are_listed_by_number(depot: Depot, neighbour: Depot, warehouse: Warehouse) -> None:
    made = [(await depot.product(uid)).id for uid in "CAB"]
    await neighbour.product()
    shop_id = depot.shop.id

    async def listed(**part: int) -> list[int]:
        return [product.id for product in await warehouse.products(shop_id, **part)]

    assert await listed(limit=10) == made
    assert await listed(limit=2) == made[:2]
    assert await listed(start=1, limit=1) == made[1:2]
    assert await listed(after=made[0], limit=10) == made[1:]
    assert await listed(start=NEWEST, limit=10) == []
    assert await warehouse.count_products(shop_id) == 3


async def test_at_hand_are_the_pieces_that_are_kept_for_nobody(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    some, none = await depot.product("A", pieces=5), await depot.product("B")
    withdrawn = await depot.product("C", pieces=5, active=False)
    await neighbour.product("D", pieces=5)
    await depot.move(change(some, reserved=2))

    at_hand = await warehouse.at_hand(depot.shop.id, ["A", "B", "C", "D", "E"])

    assert at_hand == {
        "A": AtHand(some.id, 3),
        "B": AtHand(none.id, 0),
        "C": AtHand(withdrawn.id, 5, active=False),
    }


# The stock and its ledger


async def test_an_order_keeps_pieces_sends_them_and_gets_one_back(depot: Depot) -> None:
    product = await depot.product(pieces=5)

    await depot.move(change(product, reserved=2))
    kept = await depot.level(product)
    await depot.move(change(product, quantity=-2, reserved=-2))
    await depot.move(change(product, quantity=1))

    assert kept == (5, 2)
    assert await depot.level(product) == (4, 0)
    movements = await depot.ledger(product)
    assert moved(movements) == [("corrected", 5), ("sent", -2), ("came_back", 1)]
    assert [(movement.order_id, movement.at) for movement in movements[1:]] == [(1_000_001, NOON)] * 2


async def test_changes_are_applied_first_to_last(depot: Depot) -> None:
    product = await depot.product(pieces=2)
    await depot.move(change(product, reserved=2))

    await depot.move(change(product, reserved=-2), change(product, reserved=1))
    with pytest.raises(OutOfStock):
        await depot.move(change(product, reserved=2), change(product, reserved=-2))

    assert await depot.level(product) == (2, 1)


@pytest.mark.parametrize(
    ("quantity", "reserved"), [(-4, 0), (0, 4), (0, -2), (-3, 0), (-4, -1), (-(2**40), 0), (0, 2**40)]
)
async def test_what_is_not_there_is_neither_kept_nor_sent_and_nothing_else_of_the_order_is(
    depot: Depot, quantity: int, reserved: int
) -> None:
    one, other = await depot.product("A", pieces=3), await depot.product("B", pieces=3)
    await depot.move(change(one, reserved=1))

    with pytest.raises(OutOfStock) as out:
        await depot.move(change(other, quantity=-1), change(one, quantity=quantity, reserved=reserved))

    assert out.value.product_id == one.id
    assert (await depot.level(one), await depot.level(other)) == ((3, 1), (3, 0))
    assert moved(await depot.ledger(other)) == [("corrected", 3)]


async def test_a_product_that_the_shop_does_not_have_there_is_out_of_stock(
    depot: Depot, neighbour: Depot
) -> None:
    theirs = await neighbour.product(pieces=3)

    for product in (theirs, replace(theirs, id=UNKNOWN)):
        with pytest.raises(OutOfStock) as out:
            await depot.move(change(product, quantity=-1))
        assert out.value.product_id == product.id
    assert await neighbour.level(theirs) == (3, 0)


async def test_an_order_that_changes_nothing_leaves_no_trace(depot: Depot) -> None:
    product = await depot.product(pieces=1)

    await depot.move()
    await depot.move(change(product))

    assert moved(await depot.ledger(product)) == [("corrected", 1)]


@pytest.mark.parametrize(
    "broken", ["quantity = -1, reserved = -1", "reserved = quantity + 1", "reserved = -1"]
)
async def test_the_database_itself_holds_no_impossible_level(depot: Depot, broken: str) -> None:
    await depot.product(pieces=3)

    with pytest.raises(asyncpg.CheckViolationError):
        await depot.pool.execute(f"UPDATE warehouse_products SET {broken}")


async def test_a_stock_take_notes_what_it_found_to_be_different(depot: Depot, warehouse: Warehouse) -> None:
    product, shop_id = await depot.product(pieces=5), depot.shop.id

    fewer = await warehouse.correct(shop_id, product.id, counted=3, reason="Απογραφή", at=NOON)
    same = await warehouse.correct(shop_id, product.id, counted=3, reason="Ξανά", at=NOON)

    assert fewer == same == replace(product, quantity=3)
    movements = await depot.ledger(product)
    assert moved(movements) == [("corrected", 5), ("corrected", -2)]
    assert movements[-1].reason == "Απογραφή"


async def test_a_stock_take_cannot_find_fewer_pieces_than_are_kept(
    depot: Depot, warehouse: Warehouse
) -> None:
    product, shop_id = await depot.product(pieces=5), depot.shop.id
    await depot.move(change(product, reserved=3))

    found = await warehouse.correct(shop_id, product.id, counted=2, reason=None, at=NOON)
    just_enough = await warehouse.correct(shop_id, product.id, counted=3, reason=None, at=NOON)

    assert found == Objected(Objection.BELOW_RESERVED)
    assert isinstance(just_enough, WarehouseProduct)
    assert await depot.level(product) == (3, 3)


async def test_movements_are_listed_newest_first_and_each_product_has_its_own(
    depot: Depot, warehouse: Warehouse
) -> None:
    one, other = await depot.product("A", pieces=5), await depot.product("B", pieces=1)
    for _ in range(3):
        await depot.move(change(one, quantity=-1))

    newest = await warehouse.movements(depot.shop.id, one.id, before=NEWEST, limit=2)
    rest = await warehouse.movements(depot.shop.id, one.id, before=newest[-1].id, limit=10)

    assert moved(newest + rest) == [("sent", -1)] * 3 + [("corrected", 5)]
    assert moved(await depot.ledger(other)) == [("corrected", 1)]


# Several at once


@pytest.fixture
async def crowd(database_url: str, depot: Depot) -> AsyncIterator[Depot]:
    """The same goods, over enough connections for many to be at them at once."""
    pool = await open_pool(database_url, connections=12)
    yield Depot(pool, depot.shop)
    await pool.close()


async def succeeds(depot: Depot, *changes: Any) -> bool:
    try:
        await depot.move(*changes)
    except OutOfStock:
        return False
    return True


async def test_of_forty_who_want_the_last_seven_pieces_exactly_seven_get_one(crowd: Depot) -> None:
    product = await crowd.product(pieces=7)

    won = await asyncio.gather(*(succeeds(crowd, change(product, reserved=1)) for _ in range(40)))

    assert won.count(True) == 7
    assert await crowd.level(product) == (7, 7)


async def test_of_thirty_who_take_two_or_three_pieces_nobody_takes_one_that_is_gone(crowd: Depot) -> None:
    product = await crowd.product(pieces=20)
    wanted = [2 + n % 2 for n in range(30)]

    won = await asyncio.gather(*(succeeds(crowd, change(product, quantity=-pieces)) for pieces in wanted))

    taken = sum(pieces for pieces, success in zip(wanted, won, strict=True) if success)
    assert 17 < taken <= 20
    assert await crowd.level(product) == (20 - taken, 0)
    assert sum(quantity for _, quantity in moved(await crowd.ledger(product))) == 20 - taken


async def test_orders_over_the_same_products_in_other_sequences_do_not_wait_for_each_other(
    crowd: Depot,
) -> None:
    products = [await crowd.product(uid, pieces=100) for uid in "ABCD"]
    dice = Random(5)

    async def buy() -> None:
        for _ in range(10):
            await crowd.move(*(change(product, quantity=-1) for product in dice.sample(products, 4)))

    await asyncio.gather(*(buy() for _ in range(10)))

    assert [await crowd.level(product) for product in products] == [(0, 0)] * 4


class AnyWork:
    """Does anything to a few products by the dice; the seed says what."""

    def __init__(self, depot: Depot, products: list[WarehouseProduct], supplier: Supplier, seed: int) -> None:
        self._depot, self._products, self._supplier = depot, products, supplier
        self._dice = Random(seed)

    async def go_on(self, steps: int) -> None:
        for _ in range(steps):
            await self._dice.choice((self._move, self._move, self._move, self._count, self._receive))()

    async def _move(self) -> None:
        some = self._dice.sample(self._products, self._dice.randint(1, len(self._products)))
        changes = [
            change(product, quantity=self._dice.randint(-4, 3), reserved=self._dice.randint(-3, 4))
            for product in some
        ]
        with suppress(OutOfStock):
            await self._depot.move(*changes)

    async def _count(self) -> None:
        product = self._dice.choice(self._products)
        await self._depot.warehouse.correct(
            self._depot.shop.id, product.id, counted=self._dice.randint(0, 20), reason=None, at=NOON
        )

    async def _receive(self) -> None:
        uids = [product.shop_uid for product in self._dice.sample(self._products, 2)]
        order = await self._depot.announce(self._supplier, **dict.fromkeys(uids, 5))
        counted = [Counted(uids[0], self._dice.randint(0, 9))]
        await self._depot.warehouse.receive(self._depot.shop.id, order.number, counted, NOON)


SUMS = """
SELECT product.id, quantity, reserved,
       (SELECT coalesce(sum(quantity), 0) FROM stock_movements AS movement
        WHERE movement.shop_id = product.shop_id AND movement.product_id = product.id) AS moved
FROM warehouse_products AS product"""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_many_do_at_once_the_ledger_adds_up_to_what_lies_there(
    crowd: Depot, seed: int
) -> None:
    products = [await crowd.product(uid, pieces=8) for uid in "ABC"]
    supplier = await crowd.supplier()

    await asyncio.gather(*(AnyWork(crowd, products, supplier, seed * 100 + n).go_on(25) for n in range(6)))

    rows = await crowd.pool.fetch(SUMS)
    assert len(rows) == 3
    assert all(row["quantity"] == row["moved"] for row in rows), rows
    assert all(0 <= row["reserved"] <= row["quantity"] for row in rows), rows


async def test_a_purchase_order_that_ten_receive_at_once_comes_once(crowd: Depot) -> None:
    product, supplier = await crowd.product("A"), await crowd.supplier()
    order = await crowd.announce(supplier, A=6)

    outcomes = await asyncio.gather(
        *(crowd.warehouse.receive(crowd.shop.id, order.number, (), NOON) for _ in range(10))
    )

    assert outcomes.count(Objected(Objection.ALREADY_RECEIVED)) == 9
    assert outcomes.count(receive(order, (), at=NOON)) == 1
    assert await crowd.level(product) == (6, 0)
    assert moved(await crowd.ledger(product)) == [("received", 6)]


async def test_purchase_orders_that_are_announced_at_once_have_numbers_without_gaps(crowd: Depot) -> None:
    await crowd.product("A")
    supplier = await crowd.supplier()

    orders = await asyncio.gather(*(crowd.announce(supplier, A=1) for _ in range(12)))

    assert sorted(order.number for order in orders) == list(range(1, 13))


async def test_of_ten_suppliers_with_one_code_at_once_one_is_added(crowd: Depot) -> None:
    supplier = Supplier(id="", code="X", name="Ένας")

    outcomes = await asyncio.gather(
        *(crowd.warehouse.add_supplier(crowd.shop.id, supplier, NOON) for _ in range(10))
    )

    assert outcomes.count(Objected(Objection.SUPPLIER_CODE_TAKEN)) == 9
    assert await crowd.warehouse.count_suppliers(crowd.shop.id) == 1


# Suppliers


async def test_a_supplier_is_listed_as_it_was_added_with_an_opaque_id(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    first = await depot.supplier(code="B", city="Παιανία", tax_number="111119191")
    second = await depot.supplier(code="A")
    await neighbour.supplier(code="A")

    assert await warehouse.suppliers(depot.shop.id, start=0, limit=10) == [second, first]
    assert await warehouse.suppliers(depot.shop.id, start=1, limit=10) == [first]
    assert await warehouse.count_suppliers(depot.shop.id) == 2
    assert [len(supplier.id) for supplier in (first, second)] == [10, 10]
    assert first.id != second.id


async def test_changes_of_a_supplier_that_come_at_once_are_all_kept(crowd: Depot) -> None:
    supplier = await crowd.supplier(email="a@example.com")
    changes: dict[str, str | None] = {"name": "Άλλος", "city": "Βόλος", "phone": "242", "email": None}

    await asyncio.gather(
        *(
            crowd.warehouse.change_supplier(crowd.shop.id, supplier.id, {field: value})
            for field, value in changes.items()
        )
    )

    (kept,) = await crowd.warehouse.suppliers(crowd.shop.id, start=0, limit=10)
    assert kept == replace(supplier, **changes)


async def test_a_supplier_cannot_take_the_code_of_another(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    one, other = await depot.supplier(code="A"), await depot.supplier(code="B")
    await neighbour.supplier(code="C")
    shop_id = depot.shop.id

    assert await warehouse.change_supplier(shop_id, other.id, {"code": "A"}) == Objected(
        Objection.SUPPLIER_CODE_TAKEN
    )
    assert await warehouse.change_supplier(shop_id, one.id, {"code": "A"}) == one
    assert await warehouse.change_supplier(shop_id, other.id, {"code": "C"}) == replace(other, code="C")


async def test_a_supplier_of_nobody_or_of_another_shop_is_not_changed(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    theirs = await neighbour.supplier()

    for supplier_id in ("0123456789", theirs.id):
        assert await warehouse.change_supplier(depot.shop.id, supplier_id, {"name": "Άλλος"}) is None
    assert await warehouse.suppliers(neighbour.shop.id, start=0, limit=10) == [theirs]


# Purchase orders


async def test_a_purchase_order_is_read_as_it_was_announced(depot: Depot, warehouse: Warehouse) -> None:
    product, supplier = await depot.product("A"), await depot.supplier()

    order = await depot.announce(supplier, A=5)

    assert (order.number, order.supplier_id, order.received_at) == (1, supplier.id, None)
    assert [(line.product_id, line.expected_quantity) for line in order.lines] == [(product.id, 5)]
    assert await warehouse.purchase_order(depot.shop.id, 1) == order
    assert await warehouse.purchase_order(depot.shop.id, 2) is None


async def test_each_shop_counts_its_own_purchase_orders_and_lists_them_newest_first(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    for owner in (depot, neighbour):
        await owner.product("A")
    supplier, theirs = await depot.supplier(), await neighbour.supplier()
    orders = [await depot.announce(supplier, A=1) for _ in range(3)]
    elsewhere = await neighbour.announce(theirs, A=1)

    async def listed(**part: int) -> list[PurchaseOrder]:
        return await warehouse.purchase_orders(depot.shop.id, **part)

    bare = [replace(order, lines=()) for order in reversed(orders)]
    assert elsewhere.number == 1
    assert await listed(before=NEWEST, limit=10) == bare
    assert await listed(before=3, limit=10) == bare[1:]
    assert await listed(before=NEWEST, start=1, limit=1) == bare[1:2]
    assert await warehouse.count_purchase_orders(depot.shop.id) == 3


async def test_only_a_supplier_and_products_of_the_shop_are_announced(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    await depot.product("A")
    await neighbour.product("B")
    supplier, theirs = await depot.supplier(), await neighbour.supplier()

    for supplier_id in (theirs.id, "nobody"):
        assert await depot.try_announcing(supplier_id, A=1) == Objected(Objection.UNKNOWN_SUPPLIER)
    assert await depot.try_announcing(supplier.id, A=1, B=1) == Objected(Objection.UNKNOWN_PRODUCT, 1)
    assert await warehouse.count_purchase_orders(depot.shop.id) == 0


async def test_what_comes_of_a_purchase_order_lies_there_and_is_noted(
    depot: Depot, warehouse: Warehouse
) -> None:
    some, none = await depot.product("A", pieces=1), await depot.product("B")
    order = await depot.announce(await depot.supplier(), A=5, B=5)
    counted = [Counted("A", 7), Counted("B", 0)]

    received = await warehouse.receive(depot.shop.id, order.number, counted, NOON)

    assert received == receive(order, counted, at=NOON)
    assert await warehouse.purchase_order(depot.shop.id, order.number) == received
    assert (await depot.level(some), await depot.level(none)) == ((8, 0), (0, 0))
    assert moved(await depot.ledger(some)) == [("corrected", 1), ("received", 7)]
    assert (await depot.ledger(some))[-1].purchase_order == order.number
    assert await depot.ledger(none) == []


async def test_a_receipt_that_is_objected_to_changes_nothing(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    product = await depot.product("A")
    order = await depot.announce(await depot.supplier(), A=5)

    wrong = await warehouse.receive(depot.shop.id, order.number, [Counted("C", 1)], NOON)

    assert wrong == Objected(Objection.NOT_ON_THE_PURCHASE_ORDER, 0)
    assert await warehouse.receive(depot.shop.id, 9, (), NOON) is None
    assert await warehouse.receive(neighbour.shop.id, order.number, (), NOON) is None
    assert await warehouse.purchase_order(depot.shop.id, order.number) == order
    assert await depot.level(product) == (0, 0)


# The audit


def an_order_for(shop: Shop, product: WarehouseProduct, order_id: int) -> Order:
    """An order of two pieces that the warehouse sends."""
    return an_order(
        order_id=order_id,
        shop=shop,
        fulfilment=Fulfilment.WAREHOUSE,
        lines=(a_line(shop_uid=product.shop_uid, stock_id=product.id),),
    )


async def with_orders(depot: Depot) -> WarehouseProduct:
    """A product of which four pieces are kept for two orders, and two were sent; five are left for others."""
    product, orders = await depot.product(pieces=11), Orders(depot.pool)
    for number, commands in enumerate(((), (asked.Accept(),), (asked.Accept(), asked.PickUp())), start=1):
        order = an_order_for(depot.shop, product, 1_000_000 + number)
        assert await orders.save(saves.placing(after(order, *commands, shop=depot.shop)))
    return product


async def test_books_that_agree_pass_the_audit(depot: Depot, neighbour: Depot, warehouse: Warehouse) -> None:
    product = await with_orders(depot)
    await neighbour.product(pieces=3)

    audit = await warehouse.audit()

    assert await depot.level(product) == (9, 4)
    assert (audit.products, audit.faults) == (2, [])


async def test_the_audit_finds_pieces_that_no_movement_explains(
    depot: Depot, neighbour: Depot, warehouse: Warehouse
) -> None:
    product, other = await with_orders(depot), await neighbour.product("B", pieces=3)
    await depot.pool.execute(
        "UPDATE warehouse_products SET quantity = quantity + 1 WHERE id = $1", product.id
    )
    await depot.pool.execute("DELETE FROM stock_movements WHERE product_id = $1", other.id)

    assert (await warehouse.audit()).faults == [
        StockFault(
            shop_id=depot.shop.id,
            product_id=product.id,
            shop_uid=product.shop_uid,
            quantity=10,
            moved=9,
            reserved=4,
            kept=4,
        ),
        StockFault(
            shop_id=neighbour.shop.id,
            product_id=other.id,
            shop_uid="B",
            quantity=3,
            moved=0,
            reserved=0,
            kept=0,
        ),
    ]


async def test_the_audit_finds_pieces_that_are_kept_for_no_order(depot: Depot, warehouse: Warehouse) -> None:
    product = await with_orders(depot)
    await depot.pool.execute("UPDATE orders SET state = 'cancelled' WHERE state = 'open'")

    (fault,) = (await warehouse.audit()).faults

    assert (fault.product_id, fault.reserved, fault.kept) == (product.id, 4, 2)


async def test_the_audit_asks_only_orders_that_wait_in_the_warehouse(
    depot: Depot, warehouse: Warehouse
) -> None:
    product = await with_orders(depot)
    elsewhere = an_order_for(depot.shop, product, 1_000_009)
    await Orders(depot.pool).save(
        saves.placing(replace(elsewhere, fulfilment=Fulfilment.MARKETPLACE, lines=(a_line(),)))
    )
    states = {row["state"] for row in await depot.pool.fetch("SELECT state FROM orders")}

    assert states == {State.OPEN, State.ACCEPTED, State.DISPATCHED}
    assert (await warehouse.audit()).faults == []


async def test_where_nobody_has_goods_there_is_nothing_to_audit(depot: Depot, warehouse: Warehouse) -> None:
    audit = await warehouse.audit()

    assert (audit.products, audit.faults) == (0, [])
