"""How many orders a shop has, without counting them: the sum of what every save changed."""

import asyncio
from collections.abc import Iterable
from itertools import product
from random import Random

import pytest
from msgspec.structs import replace

from stoa.orders.order import Actor, Order, PaymentStatus, State
from stoa.orders.progress import Stage, Step
from stoa.orders.shop import Shop
from stoa.store.database import Pool, open_pool
from stoa.store.facts import Facts
from stoa.store.orders import Orders, Search, Stored
from stoa.store.shops import Shops
from tests import saves
from tests.builders import NOON, a_shop, a_tracking, a_voucher, an_order_in

MOST_FOLDED = len(Step) * len(PaymentStatus)

SEVERAL = (Step.OPEN, Step.DELIVERED, Step.COMPLETED)

STATES = sorted(set(State) - {State.EXPIRED})


@pytest.fixture
def orders(pool: Pool) -> Orders:
    return Orders(pool)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await Shops(pool).add(a_shop(), NOON)


def conditions() -> list[dict[str, object]]:
    """None, each stage, each step and several of them, each with each payment status and with none."""
    steps = [*([step] for step in Step), [*SEVERAL]]
    how_far: list[dict[str, object]] = [{}, *each("stage", Stage), *each("steps", steps)]
    paid: list[dict[str, object]] = [{}, *each("payment_status", PaymentStatus)]
    return [one | other for one, other in product(how_far, paid)]


def each(name: str, values: Iterable[object]) -> list[dict[str, object]]:
    return [{name: value} for value in values]


COUNTED = """
SELECT count(*) FROM orders WHERE shop_id = $1
    AND ($2::text IS NULL OR stage = $2) AND ($3::text[] IS NULL OR step = ANY($3))
    AND ($4::text IS NULL OR payment_status = $4)"""


async def totals(orders: Orders, shop: Shop) -> list[int]:
    """What searches say, for all the conditions that are tallied."""
    searches = [Search(conditions=given, limit=1) for given in conditions()]
    return [(await orders.search(shop.id, search)).total for search in searches]


async def counted(pool: Pool, shop: Shop) -> list[int]:
    """The same by counting."""
    names = ("stage", "steps", "payment_status")
    given = [[condition.get(name) for name in names] for condition in conditions()]
    return [await pool.fetchval(COUNTED, shop.id, *values) for values in given]


class AnyWork:
    """Places, changes and deletes orders of a shop by the dice; the seed says what happens."""

    def __init__(self, orders: Orders, shop: Shop, seed: int) -> None:
        self._orders, self._shop, self._dice = orders, shop, Random(seed)
        self._next = seed * 1_000_000
        self.known: list[Stored] = []

    async def go_on(self, steps: int) -> None:
        for _ in range(steps):
            # Half of all steps place an order, so that there is something to change and delete.
            await self._dice.choice((self._place, self._place, self._change, self._delete))()

    def _an_order(self, order_id: int) -> Order:
        order = an_order_in(
            self._dice.choice(STATES),
            order_id=order_id,
            shop=self._shop,
            payment_status=self._dice.choice(tuple(PaymentStatus)),
        )
        # Each of them makes a step of its own, in the states that it matters to.
        return replace(
            order,
            voucher=self._dice.choice((None, a_voucher())),
            ready_at=self._dice.choice((None, NOON)),
            completed_at=self._dice.choice((None, NOON)),
        )

    async def _place(self) -> None:
        self._next += 1
        order = self._an_order(self._next)
        assert await self._orders.save(saves.placing(order))
        self.known.append(Stored(order, 1))

    async def _change(self) -> None:
        if not self.known:
            return
        stored = self.known.pop(self._dice.randrange(len(self.known)))
        after = self._an_order(stored.order.id)
        changing = saves.changing(stored.order, after, version=stored.version)
        assert await self._orders.save(changing)
        # Who comes too late changes no number.
        assert not await self._orders.save(changing)
        self.known.append(Stored(after, stored.version + 1))

    async def _delete(self) -> None:
        if not self.known:
            return
        stored = self.known.pop(self._dice.randrange(len(self.known)))
        assert await self._orders.delete(stored, by=Actor.MERCHANT, at=NOON)
        assert not await self._orders.delete(stored, by=Actor.MERCHANT, at=NOON)


@pytest.mark.parametrize("seed", range(1, 6))
async def test_totals_are_what_counting_gives_whatever_happened(
    pool: Pool, orders: Orders, shop: Shop, seed: int
) -> None:
    work = AnyWork(orders, shop, seed)
    for _ in range(4):
        await work.go_on(25)
        assert await totals(orders, shop) == await counted(pool, shop)

    assert sum(await totals(orders, shop)) > 0


async def fold_all(pool: Pool, shop: Shop) -> None:
    facts = Facts(pool, no_codes)
    while await facts.fold(shop.id):
        pass


def no_codes(_order: Order, _shop: Shop) -> list[str]:
    return []


async def test_a_change_that_moves_no_order_adds_no_tally(pool: Pool, orders: Orders, shop: Shop) -> None:
    order = an_order_in(State.ACCEPTED, shop=shop)
    await orders.save(saves.placing(order))
    await orders.save(saves.changing(order, replace(order, comments="Στο γραφείο")))

    assert await pool.fetchval("SELECT count(*) FROM order_tallies") == 1


async def test_a_change_of_what_an_order_is_found_by_is_noted_and_changes_no_number(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    order = an_order_in(State.ACCEPTED, shop=shop)
    await orders.save(saves.placing(order))
    await orders.save(saves.changing(order, replace(order, trackings=(a_tracking(),))))

    noted = await pool.fetch("SELECT n, order_id FROM order_tallies ORDER BY id")
    assert [tuple(row) for row in noted] == [(1, order.id), (0, order.id)]
    assert await totals(orders, shop) == await counted(pool, shop)


async def test_another_shops_orders_are_not_counted(pool: Pool, orders: Orders, shop: Shop) -> None:
    other = await Shops(pool).add(a_shop(), NOON)
    await AnyWork(orders, other, 1).go_on(10)

    assert set(await totals(orders, shop)) == {0}


# Folding


async def rows(pool: Pool, shop: Shop) -> int:
    kept: int = await pool.fetchval("SELECT count(*) FROM order_tallies WHERE shop_id = $1", shop.id)
    return kept


async def test_folding_changes_no_total_and_leaves_few_rows(pool: Pool, orders: Orders, shop: Shop) -> None:
    await AnyWork(orders, shop, 1).go_on(300)
    before = await totals(orders, shop)
    assert await rows(pool, shop) > MOST_FOLDED

    await fold_all(pool, shop)

    assert await rows(pool, shop) <= MOST_FOLDED
    assert await totals(orders, shop) == before == await counted(pool, shop)


async def test_what_came_to_nothing_leaves_no_row(pool: Pool, orders: Orders, shop: Shop) -> None:
    order = an_order_in(State.OPEN, shop=shop)
    await orders.save(saves.placing(order))
    await orders.delete(Stored(order, 1), by=Actor.MERCHANT, at=NOON)
    await fold_all(pool, shop)

    assert await rows(pool, shop) == 0


async def test_another_shops_tallies_are_not_folded(pool: Pool, orders: Orders, shop: Shop) -> None:
    other = await Shops(pool).add(a_shop(), NOON)
    await AnyWork(orders, other, 1).go_on(20)
    before = await rows(pool, other)
    await fold_all(pool, shop)

    assert await rows(pool, other) == before


async def test_shops_are_folded_once_there_is_news_of_an_order(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    other = await Shops(pool).add(a_shop(), NOON)
    facts = Facts(pool, no_codes)
    assert await facts.shops_to_fold() == []
    await orders.save(saves.placing(an_order_in(State.OPEN, shop=shop)))
    await orders.save(saves.placing(an_order_in(State.OPEN, shop=other, order_id=1_000_009)))

    assert await facts.shops_to_fold() == [shop.id, other.id]
    await fold_all(pool, shop)
    assert await facts.shops_to_fold() == [other.id]


async def test_a_fold_leaves_the_sums_alone_that_it_does_not_change(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    for number, state in enumerate((State.OPEN, State.RETURNED), start=1):
        await orders.save(saves.placing(an_order_in(state, shop=shop, order_id=number)))
    await fold_all(pool, shop)
    before = await pool.fetch("SELECT * FROM order_tallies WHERE step = 'returned'")
    await orders.save(saves.placing(an_order_in(State.OPEN, shop=shop, order_id=3)))
    await fold_all(pool, shop)

    assert len(before) == 1
    assert await pool.fetch("SELECT * FROM order_tallies WHERE step = 'returned'") == before
    assert await rows(pool, shop) == 2


# Steps and payment statuses of which there are other numbers of orders than the tallies say.
NOT_TALLIED = """
SELECT * FROM (SELECT step, payment_status, count(*) AS n FROM orders GROUP BY 1, 2) AS real
FULL JOIN (SELECT step, payment_status, sum(n) AS n FROM order_tallies GROUP BY 1, 2) AS tallied
    USING (step, payment_status)
WHERE coalesce(real.n, 0) <> coalesce(tallied.n, 0)"""


async def test_totals_are_exact_while_many_save_and_fold_at_once(
    database_url: str, pool: Pool, orders: Orders, shop: Shop
) -> None:
    pools = [await open_pool(database_url, connections=4) for _ in range(3)]
    works = [AnyWork(Orders(each), shop, seed) for seed, each in enumerate(pools, start=1)]
    over = asyncio.Event()

    async def fold(each: Pool) -> None:
        while not over.is_set():
            await Facts(each, no_codes).fold(shop.id)

    async def watch() -> None:
        # Both numbers in one statement see the same moment.
        while not over.is_set():
            assert await pool.fetch(NOT_TALLIED) == []

    others = [asyncio.create_task(fold(each)) for each in (*pools, *pools)] + [asyncio.create_task(watch())]
    await asyncio.gather(*(work.go_on(150) for work in works))
    over.set()
    await asyncio.gather(*others)
    assert await totals(orders, shop) == await counted(pool, shop)
    await fold_all(pool, shop)
    assert await rows(pool, shop) <= MOST_FOLDED
    assert await totals(orders, shop) == await counted(pool, shop)
    for each in pools:
        await each.close()
