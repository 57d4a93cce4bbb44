"""What the desk knows of orders: it follows every save, whoever folds and whatever breaks."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.order import Actor, Order, State
from stoa.orders.progress import step_of
from stoa.orders.shop import Shop
from stoa.store.database import Pool, open_pool
from stoa.store.facts import BATCH, FOLD_TALLIES, READ_FOR_FACTS, Facts, lexemes
from stoa.store.migrations import migrations
from stoa.store.orders import Orders, Stored, decode_order
from stoa.store.shops import Shops
from tests import saves
from tests.builders import (
    DAY,
    HOUR,
    NOON,
    a_customer,
    a_line,
    a_shop,
    a_tracking,
    a_voucher,
    after,
    an_address,
    an_order,
    an_order_in,
    with_a_return,
)


def codes(order: Order, shop: Shop) -> list[str]:
    return [f"{shop.country_code}--{order.id}"]


@pytest.fixture
def orders(pool: Pool) -> Orders:
    return Orders(pool)


@pytest.fixture
def facts(pool: Pool) -> Facts:
    return Facts(pool, codes)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await Shops(pool).add(a_shop(), NOON)


KNOWN = "SELECT *, tsvector_to_array(words) AS found_by FROM order_facts WHERE shop_id = $1 ORDER BY order_id"

REAL = "SELECT version, body FROM orders WHERE shop_id = $1 ORDER BY id"


async def known(pool: Pool, shop: Shop) -> list[dict[str, object]]:
    """The facts, without the version that they were made of."""
    rows = [dict(row) for row in await pool.fetch(KNOWN, shop.id)]
    return [{name: value for name, value in row.items() if name not in {"version", "words"}} for row in rows]


async def real(pool: Pool, shop: Shop) -> list[dict[str, object]]:
    """What the facts are to be."""
    return [to_be_known(decode_order(row["body"]), shop) for row in await pool.fetch(REAL, shop.id)]


def to_be_known(order: Order, shop: Shop) -> dict[str, object]:
    came_to_nothing = {State.REJECTED, State.EXPIRED, State.CANCELLED}
    return {
        "shop_id": shop.id,
        "order_id": order.id,
        "placed_at": order.placed_at,
        "channel": order.channel,
        "carrier": order.carrier,
        "step": step_of(order),
        "is_return": order.return_of is not None,
        "total_cents": order.total_cents,
        "refunded_cents": order.refunded_cents,
        "currency": order.currency,
        "accepted_at": order.acceptance.at if order.acceptance else None,
        "came_to_nothing": order.state if order.state in came_to_nothing else None,
        "dispatch_until": order.dispatch_until,
        "dispatched_at": order.dispatched_at,
        "found_by": sorted(lexemes(order, codes(order, shop)), key=str.encode),
    }


async def fold_all(facts: Facts, shop: Shop) -> None:
    while await facts.fold(shop.id):
        pass


# What they are


async def test_facts_are_those_of_the_order_at_each_station_of_its_life(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    for number, state in enumerate(State, start=1):
        await orders.save(saves.placing(an_order_in(state, shop=shop, order_id=number)))
    await fold_all(facts, shop)

    assert await known(pool, shop) == await real(pool, shop)
    assert len(await known(pool, shop)) == len(State)


async def test_what_came_to_nothing_says_how_and_whether_it_was_accepted_before(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    accepted = an_order_in(State.ACCEPTED, shop=shop, order_id=1)
    await orders.save(saves.placing(after(accepted, asked.Cancel())))
    await orders.save(saves.placing(an_order_in(State.REJECTED, shop=shop, order_id=2)))
    await fold_all(facts, shop)

    ends = [(row["came_to_nothing"], row["accepted_at"]) for row in await known(pool, shop)]
    assert ends == [("cancelled", NOON), ("rejected", None)]


async def test_a_return_is_no_sale(pool: Pool, orders: Orders, facts: Facts, shop: Shop) -> None:
    sale, back = with_a_return(an_order_in(State.DELIVERED, shop=shop), shop=shop)
    for order in (sale, back):
        await orders.save(saves.placing(order))
    await fold_all(facts, shop)

    assert [row["is_return"] for row in await known(pool, shop)] == [False, True]
    assert await known(pool, shop) == await real(pool, shop)


# How they follow the orders

CHANGES: dict[str, Callable[[Random], object]] = {
    "customer": lambda dice: a_customer(last_name=f"Νέα{dice.randrange(99)}", phone="2101234567"),
    "address": lambda dice: an_address(recipient=f"Άλλος{dice.randrange(99)}"),
    "lines": lambda dice: (a_line(id="1", name=f"Προϊόν {dice.randrange(99)}"),),
    "trackings": lambda dice: (a_tracking(code=f"T{dice.randrange(99)}"),),
    "courier": lambda dice: dice.choice(("acs", "dhl", None)),
    "shipping_method": lambda dice: dice.choice(("elta", None)),
    "shipping_cents": lambda dice: dice.randrange(999),
    "refunded_cents": lambda dice: dice.randrange(999),
    "dispatch_until": lambda dice: NOON + dice.randrange(99) * HOUR,
    "dispatched_at": lambda dice: NOON + dice.randrange(99) * HOUR,
    "comments": lambda dice: f"Σχόλιο {dice.randrange(99)}",
    "voucher": lambda dice: dice.choice((None, a_voucher())),
    "state": lambda dice: dice.choice((State.OPEN, State.RETURNED, State.CANCELLED)),
}
"""New values of what may change in an order, by the dice."""


class AnyChange:
    """Changes and deletes a shop's orders by the dice."""

    def __init__(self, orders: Orders, shop: Shop, seed: int) -> None:
        self._orders, self._shop, self._dice = orders, shop, Random(seed)
        self._next, self.kept = seed * 1_000_000, list[Stored]()

    async def go_on(self, steps: int) -> None:
        for _ in range(steps):
            await self._dice.choice((self._place, self._change, self._change, self._change, self._delete))()

    async def _place(self) -> None:
        self._next += 1
        order = an_order_in(State.ACCEPTED, shop=self._shop, order_id=self._next)
        assert await self._orders.save(saves.placing(order))
        self.kept.append(Stored(order, 1))

    async def _change(self) -> None:
        if self.kept:
            stored = self.kept.pop(self._dice.randrange(len(self.kept)))
            field = self._dice.choice(sorted(CHANGES))
            changed = replace(stored.order, **{field: CHANGES[field](self._dice)})
            assert await self._orders.save(saves.changing(stored.order, changed, version=stored.version))
            self.kept.append(Stored(changed, stored.version + 1))

    async def _delete(self) -> None:
        if self.kept:
            stored = self.kept.pop(self._dice.randrange(len(self.kept)))
            assert await self._orders.delete(stored, by=Actor.MERCHANT, at=NOON)


@pytest.mark.parametrize("seed", range(1, 4))
async def test_facts_follow_whatever_happens_to_the_orders(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop, seed: int
) -> None:
    work = AnyChange(orders, shop, seed)
    for _ in range(6):
        await work.go_on(25)
        await fold_all(facts, shop)
        assert await known(pool, shop) == await real(pool, shop)

    assert len(await known(pool, shop)) == len(work.kept) > 0


async def test_a_change_that_concerns_no_fact_adds_no_tally(pool: Pool, orders: Orders, shop: Shop) -> None:
    order = an_order_in(State.ACCEPTED, shop=shop)
    await orders.save(saves.placing(order))
    changed = replace(order, comments="Δεύτερος όροφος", gift_wrap=True)
    await orders.save(saves.changing(order, changed))

    assert await pool.fetchval("SELECT count(*) FROM order_tallies") == 1


async def test_a_deleted_orders_facts_are_gone_with_it(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    order = an_order(shop=shop)
    await orders.save(saves.placing(order))
    await fold_all(facts, shop)
    assert len(await known(pool, shop)) == 1

    await orders.delete(Stored(order, 1), by=Actor.MERCHANT, at=NOON)
    assert await known(pool, shop) == []
    await fold_all(facts, shop)
    assert await known(pool, shop) == []


async def test_a_fold_takes_a_bounded_number_of_orders_the_newest_first(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    for number in range(1, BATCH + 3):
        await orders.save(saves.placing(an_order(shop=shop, order_id=number)))

    assert await facts.fold(shop.id)
    assert [row["order_id"] for row in await known(pool, shop)] == list(range(3, BATCH + 3))
    assert not await facts.fold(shop.id)
    assert len(await known(pool, shop)) == BATCH + 2


async def test_orders_from_before_become_due(pool: Pool, orders: Orders, facts: Facts, shop: Shop) -> None:
    placed = [an_order(shop=shop, order_id=number) for number in (1, 2, 3)]
    for order in placed:
        await orders.save(saves.placing(order))
    await fold_all(facts, shop)
    before = await pool.fetchval("SELECT sum(n) FROM order_tallies")
    await pool.execute("DROP TABLE order_facts; ALTER TABLE order_tallies DROP COLUMN order_id")
    (migration,) = [one for one in migrations() if one.name.endswith("_order_facts")]
    await pool.execute(migration.sql)

    assert await facts.shops_to_fold() == [shop.id]
    await fold_all(facts, shop)
    assert await known(pool, shop) == await real(pool, shop)
    assert await pool.fetchval("SELECT sum(n) FROM order_tallies") == before == len(placed)


# Together


async def test_facts_are_right_in_the_end_while_many_save_and_fold_at_once(
    database_url: str, pool: Pool, facts: Facts, shop: Shop
) -> None:
    pools = [await open_pool(database_url, connections=4) for _ in range(3)]
    works = [AnyChange(Orders(each), shop, seed) for seed, each in enumerate(pools, start=1)]
    over = asyncio.Event()

    async def fold(each: Pool) -> None:
        while not over.is_set():
            await Facts(each, codes).fold(shop.id)

    folding = [asyncio.create_task(fold(each)) for each in (*pools, *pools)]
    await asyncio.gather(*(work.go_on(120) for work in works))
    over.set()
    await asyncio.gather(*folding)
    await fold_all(facts, shop)
    assert await known(pool, shop) == await real(pool, shop)
    for each in pools:
        await each.close()


async def test_an_order_that_is_saved_while_it_is_folded_is_not_held_up_and_not_forgotten(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    order = an_order(shop=shop)
    await orders.save(saves.placing(order))
    async with pool.acquire() as folding, folding.transaction():
        await folding.fetch(FOLD_TALLIES, shop.id)
        assert len(await folding.fetch(READ_FOR_FACTS, shop.id, [order.id])) == 1
        changed = replace(order, customer=a_customer(last_name="Γάλλου"))
        assert await asyncio.wait_for(orders.save(saves.changing(order, changed)), 5)

    await fold_all(facts, shop)
    assert await known(pool, shop) == await real(pool, shop)
    assert len(await known(pool, shop)) == 1


async def test_who_folds_an_older_version_later_changes_nothing(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    order = an_order(shop=shop)
    await orders.save(saves.placing(order))
    changed = replace(order, trackings=(a_tracking(),))
    await orders.save(saves.changing(order, changed))
    await fold_all(facts, shop)

    await pool.execute("UPDATE order_facts SET version = 9, carrier = 'seen'")
    await orders.save(saves.changing(changed, replace(changed, dispatch_until=NOON + DAY), version=2))
    await fold_all(facts, shop)
    assert [row["carrier"] for row in await known(pool, shop)] == ["seen"]


async def test_an_order_that_is_deleted_while_it_is_folded_fails_neither(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    for number in range(1, 41):
        await orders.save(saves.placing(an_order(shop=shop, order_id=number)))
    stored = [Stored(an_order(shop=shop, order_id=number), 1) for number in range(1, 41)]

    async def fold() -> None:
        for _ in range(20):
            await facts.fold(shop.id)

    deleting = [orders.delete(one, by=Actor.MERCHANT, at=NOON) for one in stored[::2]]
    _, _, *deleted = await asyncio.gather(fold(), fold(), *deleting)
    assert deleted == [True] * 20
    await fold_all(facts, shop)
    assert await known(pool, shop) == await real(pool, shop)


async def test_a_fold_that_breaks_off_in_the_middle_has_never_been(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    await orders.save(saves.placing(an_order(shop=shop)))
    before = await pool.fetch("SELECT * FROM order_tallies")

    def failing(_order: Order, _shop: Shop) -> list[str]:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - there is nothing to match
        await Facts(pool, failing).fold(shop.id)
    assert await pool.fetch("SELECT * FROM order_tallies") == before
    assert await known(pool, shop) == []
    await fold_all(facts, shop)
    assert await known(pool, shop) == await real(pool, shop)


async def test_facts_hold_whatever_words_an_order_has(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    silly = ["'\\:*&|!()", "Ω" * 3000, "\x7f\u200b\u0301", "🦉 x", "a" * 70]
    lines = tuple(a_line(id=str(n), name=text, shop_uid=text) for n, text in enumerate(silly))
    order = an_order(shop=shop, lines=lines, channel="'; -- \\ :*")
    await orders.save(saves.placing(replace(order, courier="δικός μας 'x'" + "y" * 100)))
    await fold_all(facts, shop)

    assert await known(pool, shop) == await real(pool, shop)


async def test_another_shops_tallies_and_facts_are_left_alone(
    pool: Pool, orders: Orders, facts: Facts, shop: Shop
) -> None:
    other = await Shops(pool).add(a_shop(), NOON)
    await orders.save(saves.placing(an_order(shop=other)))
    await orders.save(saves.placing(an_order(shop=shop, order_id=2, placed_at=NOON - timedelta(days=1))))
    await fold_all(facts, shop)

    assert await known(pool, other) == []
    assert len(await known(pool, shop)) == 1
    assert await facts.shops_to_fold() == [other.id]
