"""How PostgreSQL finds what a merchant searches for, in a shop of some size: by the index made for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from stoa.store.database import Connection, Pool, open_pool
from stoa.store.orders import (
    CONDITIONS,
    IN_A_LIST,
    PARCELS_OF_CARRIER,
    TALLIED,
    Orders,
    search_statement,
)
from stoa.store.shops import Shops
from tests import saves
from tests.builders import DAY, NOON, a_shop, an_order
from tests.conftest import named

# Of every eleven orders ten are the first shop's; 3 of 1,000 have rare values in everything.
FILL = """
INSERT INTO orders (shop_id, id, version, body, updated_at, state, stage, step, payment_status, payment_step,
                    payment_code, payment_reference, shipping_method, customer_number, customer_email,
                    tracking_codes, tag_ids, total_cents, shipping_vat_cents, channel, placed_at, collected_at)
SELECT 1 + (n % 11 = 0)::int * (1 + n % 3), 2000000 + n, 1, example.body, $1, 'delivered',
       CASE WHEN rare THEN 'awaiting' ELSE 'delivered' END,
       CASE WHEN n % 1000 = 17 THEN 'labelled' WHEN rare THEN 'open' ELSE 'delivered' END,
       CASE WHEN rare THEN 'failed' ELSE 'paid' END, CASE WHEN rare THEN 'to_collect' ELSE 'paid_online' END,
       CASE WHEN rare THEN 'wallet' ELSE 'card' END, CASE WHEN n % 2 = 0 THEN 'T-' || n END,
       CASE WHEN rare THEN 'dhl' ELSE 'last_mile' END, CASE WHEN n % 3 = 0 THEN 7 ELSE n % 9000 END,
       CASE WHEN n % 3 = 0 THEN 'often@x.gr' ELSE n % 9000 || '@x.gr' END, ARRAY['7' || n],
       CASE WHEN rare THEN '{2}' WHEN n % 3 = 0 THEN '{1}' ELSE '{}' END::bigint[],
       0, 0, 'skroutz',
       $1::timestamptz - n * interval '1 minute', CASE WHEN NOT rare THEN $1::timestamptz - n * interval '1 minute' END
FROM generate_series(1, 33000) AS n
CROSS JOIN LATERAL (SELECT n % 1000 IN (17, 18, 19) AS rare) AS kind
CROSS JOIN (SELECT body FROM orders LIMIT 1) AS example"""


@pytest.fixture(scope="module")
def crowded_url(postgres: str, template: str) -> Iterator[str]:
    """A database with 30,000 orders of one shop and 3,000 of others, of which all is known."""
    asyncio.run(_execute(postgres, f"CREATE DATABASE crowded TEMPLATE {template}"))
    asyncio.run(_fill(named(postgres, "crowded")))
    yield named(postgres, "crowded")
    asyncio.run(_execute(postgres, "DROP DATABASE crowded WITH (FORCE)"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _fill(url: str) -> None:
    pool = await open_pool(url)
    for _ in range(4):
        shop = await Shops(pool).add(a_shop(), NOON)
    await Orders(pool).save(saves.placing(an_order(shop=shop)))
    await Orders(pool).number_tags(1, ["often", "rare"])
    await pool.execute(FILL, NOON)
    await pool.execute("VACUUM ANALYZE")
    await pool.close()


@pytest.fixture
async def crowded(crowded_url: str) -> AsyncIterator[Connection]:
    pool: Pool = await open_pool(crowded_url, connections=1)
    async with pool.acquire() as connection:
        yield connection
    await pool.close()


INDEXES = {
    "id": "orders_pkey",
    "ids": "orders_pkey",
    "stage": "orders_stage",
    "steps": "orders_step",
    "sales": "orders_sales",
    "payment_status": "orders_payment_status",
    "payment_step": "orders_payment_step",
    "payment_code": "orders_payment_code",
    "payment_reference": "orders_payment_reference",
    "shipping_method": "orders_shipping_method",
    "tracking_code": "orders_tracking_codes",
    "customer_number": "orders_customer_number",
    "customer_email": "orders_customer_email",
    "placed_from": "orders_placed",
    "placed_before": "orders_placed",
    "tag_name": "orders_tags",
    "tag_ids": "orders_tags",
}
"""The index that is made for each condition."""

RARE_AND_FREQUENT: dict[str, tuple[object, ...]] = {
    "id": (2_000_001,),
    "ids": ([2_000_001, 2_000_002], list(range(2_000_001, 2_000_051))),
    "stage": ("awaiting", "delivered"),
    "steps": (["open"], ["delivered"]),
    "sales": (True,),
    "payment_status": ("failed", "paid"),
    "payment_step": ("to_collect", "paid_online"),
    "payment_code": ("wallet", "card"),
    "payment_reference": ("T-16",),
    "shipping_method": ("dhl", "last_mile"),
    "tracking_code": ("717",),
    "customer_number": (8, 7),
    "customer_email": ("8@x.gr", "often@x.gr"),
    "placed_from": (NOON - timedelta(hours=1), NOON - 99 * DAY),
    "placed_before": (NOON - 22 * DAY, NOON),
    "tag_name": ("rare", "often"),
    "tag_ids": ([2], [2, 99]),
}

IN_ITS_ORDER = sorted(
    {name for name, index in INDEXES.items() if index not in {"orders_pkey", "orders_tags"}}
    - {"payment_reference", "tracking_code"}
)
"""Conditions whose index has the list's order in it."""

Node = dict[str, Any]


def statement(*names: str, ascending: bool = False, steps: int = 1) -> str:
    asked_for = steps if "steps" in names else 0
    return search_statement(frozenset(names), ascending=ascending, lines=False, limit=100, steps=asked_for)


async def planned(crowded: Connection, text: str, *values: object) -> Node:
    """The plan for these very values."""
    return _read(await crowded.fetchval(f"EXPLAIN (FORMAT JSON) {text}", 1, 0, *values))


async def carried_out(crowded: Connection, text: str, *values: object, start: int) -> Node:
    """The plan for these very values, with what came of it."""
    return _read(await crowded.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", 1, start, *values))


async def planned_for_any(crowded: Connection, text: str, values: int) -> Node:
    """The plan that PostgreSQL makes where it does not look at the values, and keeps."""
    await crowded.execute("SET plan_cache_mode = force_generic_plan")
    await crowded.execute(f"PREPARE search AS {text}")
    given = ", ".join(("1", "0", *("NULL",) * values))
    return _read(await crowded.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE search({given})"))


def _read(plan: str) -> Node:
    root: Node = json.loads(plan)[0]["Plan"]
    return root


def within(node: Node) -> Iterator[Node]:
    yield node
    for part in node.get("Plans", ()):
        yield from within(part)


def page_of(plan: Node) -> Node:
    """The part that finds the page."""
    return next(node for node in within(plan) if node["Node Type"] == "Limit")


def indexes(plan: Node) -> set[str]:
    return {node["Index Name"] for node in within(plan) if "Index Name" in node}


def reads_all_orders(plan: Node) -> bool:
    return any(node["Node Type"] == "Seq Scan" and node["Relation Name"] == "orders" for node in within(plan))


def test_every_condition_has_an_index() -> None:
    assert INDEXES.keys() == RARE_AND_FREQUENT.keys() == CONDITIONS.keys()


@pytest.mark.parametrize("name", CONDITIONS)
async def test_a_condition_alone_is_found_by_its_index_be_it_rare_or_frequent(
    crowded: Connection, name: str
) -> None:
    for value in RARE_AND_FREQUENT[name]:
        plan = await planned(crowded, statement(name), value)
        assert indexes(page_of(plan)) == {INDEXES[name]}, value
        assert not reads_all_orders(plan)


@pytest.mark.parametrize("name", CONDITIONS)
async def test_the_plan_that_is_kept_for_any_value_uses_the_same_index(
    crowded: Connection, name: str
) -> None:
    plan = await planned_for_any(crowded, statement(name), 1)

    # What is known of no value is joined with what is known of the shop.
    assert INDEXES[name] in indexes(page_of(plan)) <= {INDEXES[name], "orders_pkey"}
    assert not reads_all_orders(plan)


async def test_all_orders_are_found_in_their_order(crowded: Connection) -> None:
    for plan in (
        await planned(crowded, statement()),
        await planned(crowded, statement(ascending=True)),
        await planned_for_any(crowded, statement(), 0),
    ):
        assert indexes(page_of(plan)) == {"orders_placed"}
        assert not reads_all_orders(plan)


async def test_a_tag_that_most_orders_have_is_no_reason_to_read_them_all(crowded: Connection) -> None:
    plan = await planned(crowded, statement("tag_ids"), [1])

    # Walking from the newest until the page is full is as good.
    assert indexes(page_of(plan)) <= {"orders_tags", "orders_placed", "orders_pkey"}
    assert not reads_all_orders(plan)


@pytest.mark.parametrize("name", [None, *IN_ITS_ORDER])
async def test_a_page_is_found_in_an_index_alone_and_needs_no_sorting(
    crowded: Connection, name: str | None
) -> None:
    values = RARE_AND_FREQUENT[name] if name else ()
    plan = await planned(crowded, statement(*([name] if name else [])), *values[-1:])

    (scan,) = page_of(plan)["Plans"]
    assert scan["Node Type"] == "Index Only Scan"


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize(
    ("names", "values"),
    [
        (("steps",), (["open", "delivered"],)),
        (("steps",), (["open", "labelled", "returned"],)),
        (("placed_from", "steps"), (NOON - 9 * DAY, ["open", "delivered"])),
        (
            ("placed_before", "placed_from", "steps"),
            (NOON, NOON - 9 * DAY, ["labelled", "delivered", "open"]),
        ),
    ],
)
async def test_a_page_of_several_steps_is_merged_from_one_index_alone_and_needs_no_sorting(
    crowded: Connection, names: tuple[str, ...], values: tuple[object, ...], *, ascending: bool
) -> None:
    steps = values[-1]
    assert isinstance(steps, list)
    text = statement(*names, ascending=ascending, steps=len(steps))

    for plan in (await planned(crowded, text, *values), await planned_for_any(crowded, text, len(values))):
        (merge,) = page_of(plan)["Plans"]
        assert merge["Node Type"] == "Merge Append"
        scans = [(scan["Node Type"], scan["Index Name"]) for scan in merge["Plans"]]
        assert scans == [("Index Only Scan", "orders_step")] * len(steps)
        assert not reads_all_orders(plan)


async def test_a_page_of_several_steps_reads_no_more_of_the_index_than_leads_to_it(
    crowded: Connection,
) -> None:
    text = statement("steps", steps=2)

    page = page_of(await carried_out(crowded, text, ["open", "delivered"], start=5000))

    read = sum(scan["Actual Rows"] for scan in page["Plans"][0]["Plans"])
    # Each step has its next one ready.
    assert 5100 <= read <= 5100 + 2


async def test_a_total_of_several_steps_is_counted_in_the_same_index(crowded: Connection) -> None:
    plan = await planned(
        crowded, statement("placed_from", "steps", steps=2), NOON - DAY, ["open", "delivered"]
    )

    counting = next(node for node in within(plan) if node["Node Type"] == "Aggregate")
    assert indexes(counting) == {"orders_step"}


@pytest.mark.parametrize(
    ("names", "values"),
    [
        ((), ()),
        (("stage",), ("delivered",)),
        (("payment_status",), ("paid",)),
        (("payment_status", "stage"), ("paid", "delivered")),
        (("steps",), (["delivered"],)),
        (("steps",), ([],)),
        (("payment_status", "steps"), ("paid", ["open", "delivered"])),
        (("payment_status", "stage", "steps"), ("paid", "delivered", ["open", "delivered"])),
    ],
)
async def test_a_total_that_is_tallied_looks_at_no_order(
    crowded: Connection, names: tuple[str, ...], values: tuple[object, ...]
) -> None:
    assert TALLIED.issuperset(names)
    steps = values[-1] if values else None
    many = len(steps) if isinstance(steps, list) else 1
    plan = await planned(crowded, statement(*names, steps=many), *values)

    # The page is found, once for each step, and its orders are read: nothing is counted.
    relations = [node["Relation Name"] for node in within(plan) if "Relation Name" in node]
    assert sorted(relations) == ["order_tallies", "orders", *["orders"] * max(1, many)]


@pytest.mark.parametrize("name", sorted(IN_A_LIST))
async def test_what_matches_a_word_in_a_list_is_found_before_it_is_put_in_order(
    crowded: Connection, name: str
) -> None:
    for value in RARE_AND_FREQUENT[name]:
        plan = await planned(crowded, statement(name), value)
        kinds = [node["Node Type"] for node in within(page_of(plan))]
        # Walking from the newest on would read a million orders for one tracking code.
        assert "Sort" in kinds
        assert "Bitmap Index Scan" in kinds


async def test_a_carriers_parcels_are_found_among_those_that_wait_and_those_that_it_has_collected(
    crowded: Connection,
) -> None:
    explained = await crowded.fetchval(
        f"EXPLAIN (FORMAT JSON) {PARCELS_OF_CARRIER}", 1, "last_mile", NOON - DAY / 2
    )

    assert indexes(_read(explained)) == {"orders_step", "orders_collected"}
    assert not reads_all_orders(_read(explained))
