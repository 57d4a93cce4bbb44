"""How PostgreSQL finds what the operator sees of all shops: by indexes, whatever was ordered and delivered before."""

import json
from typing import Any

import pytest

from stoa.store.database import Pool
from stoa.store.orders import Orders
from stoa.store.overview import GIVEN_UP, GIVEN_UP_OF_SHOP, LIST_SHOPS, MOST_COUNTED, QUEUE
from stoa.store.shops import Shops
from tests import saves
from tests.builders import NOON, a_shop, an_order

DELIVERED = """
INSERT INTO deliveries (shop_id, endpoint, event_type, payload, state, due_at, created_at)
SELECT 1 + n % 3, 'skroutz_orders', 'new_order', '{}',
       CASE WHEN n % 1000 = 1 THEN 'pending' WHEN n % 1000 = 2 THEN 'dead' ELSE 'delivered' END, $1, $1
FROM generate_series(1, 20000) AS n"""

TRIED = """
INSERT INTO delivery_attempts (shop_id, delivery_id, n, at, duration_ms, status)
SELECT shop_id, id, 1, $1, 7, 200 FROM deliveries"""

ORDERED = """
INSERT INTO orders (shop_id, id, version, body, updated_at, state, stage, step, payment_status, payment_code,
                    shipping_method, customer_number, tracking_codes, tag_ids, total_cents, shipping_vat_cents, channel,
                    placed_at, timer_at)
SELECT shop_id, 2000000 + n, 1, body, $1, 'delivered', 'delivered', 'delivered', 'paid', 'card', '', 7, '{}', '{}', 0, 0,
       'skroutz', $1, CASE WHEN n % 1000 = 1 THEN $1::timestamptz END
FROM generate_series(1, 5000) AS n CROSS JOIN (SELECT shop_id, body FROM orders LIMIT 1) AS example"""

STATEMENTS: dict[str, tuple[str, tuple[object, ...]]] = {
    "the queue": (QUEUE, (NOON, MOST_COUNTED)),
    "what was given up": (GIVEN_UP, (10**18, 50)),
    "what was given up of a shop": (GIVEN_UP_OF_SHOP, (10**18, 50, 1)),
    "the shops": (LIST_SHOPS, (["open"], MOST_COUNTED, 0, 50)),
}


@pytest.fixture
async def crowded(pool: Pool) -> Pool:
    """Three shops for whom nearly everything was delivered long ago."""
    for _ in range(3):
        shop = await Shops(pool).add(a_shop(), NOON)
    await Orders(pool).save(saves.placing(an_order(shop=shop)))
    await pool.execute(ORDERED, NOON)
    await pool.execute(DELIVERED, NOON)
    await pool.execute(TRIED, NOON)
    await pool.execute("ANALYZE")
    return pool


def steps(plan: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The kinds of all steps with the tables that they read."""
    own = (plan["Node Type"], plan.get("Relation Name"))
    return [own, *(step for part in plan.get("Plans", ()) for step in steps(part))]


@pytest.mark.parametrize("what", STATEMENTS)
async def test_neither_orders_nor_deliveries_are_walked_through(crowded: Pool, what: str) -> None:
    statement, values = STATEMENTS[what]

    plan = json.loads(await crowded.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values))[0]["Plan"]

    walked = {table for kind, table in steps(plan) if kind == "Seq Scan"}
    assert not walked & {"orders", "deliveries", "delivery_attempts"}, plan


async def test_the_plan_stays_when_it_is_kept_for_any_values(crowded: Pool) -> None:
    async with crowded.acquire() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for statement, values in STATEMENTS.values():
            plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
            walked = {table for kind, table in steps(json.loads(plan)[0]["Plan"]) if kind == "Seq Scan"}
            assert not walked & {"orders", "deliveries", "delivery_attempts"}, plan
        await connection.execute("RESET plan_cache_mode")
