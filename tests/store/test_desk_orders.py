"""The desk's list: what a plain look at all orders would find, in pages, and by the indexes made for it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.orders.order import Order, PaymentStatus, State
from stoa.orders.progress import STEPS_OF_RETURNS, Step, step_of
from stoa.orders.shop import Shop
from stoa.orders.words import question, words_of
from stoa.store import desk_orders
from stoa.store.database import Connection, Pool, open_pool
from stoa.store.desk_orders import Cursor, DeskOrders, Filter, asking, page_statement
from stoa.store.facts import Facts
from stoa.store.orders import Orders
from stoa.store.shops import Shops
from tests import saves
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_customer,
    a_line,
    a_shop,
    a_tracking,
    a_voucher,
    an_order_in,
    with_a_return,
)
from tests.conftest import a_database

NAMES = ("Ελένη Παπαδάκη", "Γιώργος Παπάς", "Ștefan Țepeș", "Zoë O'Brien")
PRODUCTS = ("Καφετιέρα 12 φλιτζανιών", "Κούπα καφέ", "Φίλτρα No 4")
CHANNELS = ("skroutz", "shopflix", "it's \\ ours:*")
CARRIERS = ("acs", "elta", "last_mile")
STATES = (State.OPEN, State.ACCEPTED, State.DISPATCHED, State.DELIVERED, State.CANCELLED)


def codes(order: Order, shop: Shop) -> list[str]:
    return [f"{order.placed_at:%y%m%d}-{order.id}", f"GR--{order.id}--MER{shop.id}"]


def an_order_by_the_dice(dice: Random, number: int, shop: Shop) -> Order:
    """One of many that have something in common with each other; several are placed at the same moment."""
    first, last = dice.choice(NAMES).split(" ")
    order = an_order_in(
        dice.choice(STATES),
        order_id=number,
        shop=shop,
        placed_at=NOON - dice.randrange(60) * HOUR,
        customer=a_customer(first_name=first, last_name=last, phone=f"210{dice.randrange(5000, 5020)}"),
        lines=(a_line(name=dice.choice(PRODUCTS), shop_uid=f"U{dice.randrange(30)}"),),
        channel=dice.choice(CHANNELS),
    )
    trackings = dice.choice(((), (a_tracking(code=f"77{dice.randrange(100, 150)}"),)))
    return replace(order, courier=dice.choice(CARRIERS), trackings=trackings)


def is_searched(wanted: Filter) -> bool:
    """Whether no index has what is wanted in its order."""
    return (
        bool(question(wanted.words).words)
        or sum(map(bool, (wanted.steps, wanted.channel, wanted.carrier))) > 1
    )


class Crowd:
    """A shop's orders, and another's that are much the same."""

    def __init__(self, shop: Shop, orders: list[Order]) -> None:
        self.shop = shop
        self.orders = orders
        self._words: dict[int, list[str]] = {}

    def found(self, wanted: Filter) -> list[int]:
        """What a plain look at all of them gives."""
        matching = [order for order in self.orders if self._matches(order, wanted)]
        is_reverse = is_searched(wanted) or not wanted.oldest_first
        ordered = sorted(matching, key=lambda order: (order.placed_at, order.id), reverse=is_reverse)
        return [order.id for order in ordered]

    def _matches(self, order: Order, wanted: Filter) -> bool:
        return (
            (not wanted.steps or step_of(order) in wanted.steps)
            and wanted.channel in {None, order.channel}
            and wanted.carrier in {None, order.carrier}
            and (wanted.placed_from is None or order.placed_at >= wanted.placed_from)
            and (wanted.placed_before is None or order.placed_at < wanted.placed_before)
            and question(wanted.words).is_answered_by(self._words_of(order))
        )

    def _words_of(self, order: Order) -> list[str]:
        if order.id not in self._words:
            self._words[order.id] = words_of(order, codes(order, self.shop))
        return self._words[order.id]


async def _fill(url: str) -> Crowd:
    pool = await open_pool(url, connections=1)
    shop = await Shops(pool).add(a_shop(), NOON)
    other = await Shops(pool).add(a_shop(), NOON)
    dice, crowd = Random(17), Crowd(shop, [])
    for number in range(1_000_001, 1_000_201):
        whose = dice.choice((shop, shop, other))
        order = an_order_by_the_dice(dice, number, whose)
        made = (
            with_a_return(order, number=number + 500_000)
            if number % 3 == 0 and order.delivered_at
            else (order,)
        )
        for one in made:
            await Orders(pool).save(saves.placing(one))
            crowd.orders += [one] if whose is shop else []
    for whose in (shop, other):
        while await Facts(pool, codes).fold(whose.id):
            pass
    await pool.execute("ANALYZE")
    await pool.close()
    return crowd


@pytest.fixture(scope="module")
def crowd_url(postgres: str, template: str) -> Iterator[str]:
    with a_database(postgres, template, "crowd") as url:
        yield url


@pytest.fixture(scope="module")
def crowd(crowd_url: str) -> Crowd:
    return asyncio.run(_fill(crowd_url))


@pytest.fixture
async def desk(crowd_url: str) -> AsyncIterator[DeskOrders]:
    pool = await open_pool(crowd_url, connections=2)
    yield DeskOrders(pool)
    await pool.close()


@pytest.fixture
def looking_at_few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A walk of ten orders and at most five matches, so that every way to find them is gone."""
    few = desk_orders.SEARCHED
    for many, number in ((desk_orders.FEW, "2"), (desk_orders.MOST_MATCHES, "5"), (desk_orders.WALK, "10")):
        few = re.sub(rf"\b{many}\b", number, few)
    monkeypatch.setattr(desk_orders, "SEARCHED", few)
    page_statement.cache_clear()
    yield
    page_statement.cache_clear()


async def all_pages(desk: DeskOrders, shop: Shop, wanted: Filter, limit: int) -> list[int]:
    found: list[int] = []
    after: Cursor | None = None
    for _ in range(400):
        page = await desk.page(shop.id, wanted, after=after, limit=limit)
        assert len(page.orders) <= limit
        found += [order.id for order in page.orders]
        after = page.next
        if after is None:
            return found
    raise AssertionError("the pages do not end")


WORDS = (
    "",
    "παπαδακη",
    "ΠΑΠΑ",
    "παπα",
    "ελ",
    "γιωργος παπασ",
    "o'brien",
    "tepes stef",
    "καφ",
    "12 καφετιερα",
    "u7",
    "U2",
    "2105003",
    "210 5003",
    "30210500",
    "77123",
    "7710",
    "1000017",
    "10000",
    "260303",
    "gr--1000044--mer1",
    "mer1",
    "gr",
    "260302-100",
    "nobody",
    "παπαδακη nobody",
    "'",
    "\\",
    ":*",
    "a' | 'b",
    "1:gr",
    "@skroutz",
    "#acs",
    "1",
    "260303 7",
)

filters = st.builds(
    Filter,
    steps=st.lists(st.sampled_from(list(Step)), max_size=4).map(tuple),
    words=st.sampled_from(WORDS) | st.text(max_size=12),
    channel=st.none() | st.sampled_from((*CHANNELS, "none of ours")),
    carrier=st.none() | st.sampled_from((*CARRIERS, "none of ours")),
    placed_from=st.none() | st.integers(0, 60).map(lambda hours: NOON - hours * HOUR),
    placed_before=st.none() | st.integers(0, 60).map(lambda hours: NOON - hours * HOUR),
    oldest_first=st.booleans(),
)


def in_a_loop(url: str, shop: Shop, wanted: Filter, limit: int) -> list[int]:
    async def look() -> list[int]:
        pool = await open_pool(url, connections=1)
        found = await all_pages(DeskOrders(pool), shop, wanted, limit)
        await pool.close()
        return found

    return asyncio.run(look())


ANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY
@given(wanted=filters, limit=st.sampled_from((1, 7, 50)))
def test_a_list_is_what_a_plain_look_at_all_orders_gives(
    crowd: Crowd, crowd_url: str, wanted: Filter, limit: int
) -> None:
    assert in_a_loop(crowd_url, crowd.shop, wanted, limit) == crowd.found(wanted)


@ANY
@given(wanted=filters, limit=st.sampled_from((1, 7, 50)))
@pytest.mark.usefixtures("looking_at_few")
def test_a_list_is_the_same_where_few_orders_are_looked_at_for_a_page(
    crowd: Crowd, crowd_url: str, wanted: Filter, limit: int
) -> None:
    assert in_a_loop(crowd_url, crowd.shop, wanted, limit) == crowd.found(wanted)


@pytest.mark.parametrize("limit", [1, 7, 50])
@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(steps=(Step.OPEN,)),
        Filter(steps=(Step.OPEN, Step.ACCEPTED, Step.DELIVERED)),
        Filter(channel="skroutz"),
        Filter(carrier="acs", placed_before=NOON - HOUR),
    ],
)
async def test_what_an_index_has_in_order_is_listed_from_both_ends(
    crowd: Crowd, desk: DeskOrders, wanted: Filter, limit: int
) -> None:
    newest_first = await all_pages(desk, crowd.shop, wanted, limit)
    oldest_first = await all_pages(desk, crowd.shop, replace(wanted, oldest_first=True), limit)

    assert len(newest_first) > 3
    assert oldest_first == newest_first[::-1]


@pytest.mark.parametrize("words", WORDS)
async def test_every_word_finds_the_same_in_pages_as_by_a_plain_look(
    crowd: Crowd, desk: DeskOrders, words: str
) -> None:
    wanted = Filter(words=words)
    assert await all_pages(desk, crowd.shop, wanted, 50) == crowd.found(wanted)


async def test_the_words_of_the_tests_find_something(crowd: Crowd) -> None:
    sizes = {words: len(crowd.found(Filter(words=words))) for words in WORDS}

    assert 0 < sizes["1000017"] == 1
    assert 1 < sizes["παπαδακη"] < sizes["παπα"] < sizes["gr"] == len(crowd.orders)
    assert sizes["nobody"] == sizes["@skroutz"] == sizes["παπαδακη nobody"] == 0


async def test_returns_are_in_the_list(crowd: Crowd, desk: DeskOrders) -> None:
    found = await all_pages(desk, crowd.shop, Filter(steps=STEPS_OF_RETURNS), 50)

    assert set(found) == {order.id for order in crowd.orders if order.return_request} != set()


@pytest.mark.usefixtures("looking_at_few")
async def test_a_page_says_how_far_it_looked_where_it_may_have_missed_older_ones(
    crowd: Crowd, desk: DeskOrders
) -> None:
    # Nothing of it is worth looking up, so it walks.
    page = await desk.page(crowd.shop.id, Filter(words="zz"), limit=3)

    tenth = crowd.found(Filter())[9]
    assert page.orders == []
    assert page.next is not None
    assert page.next.id == tenth


async def test_all_that_match_are_counted_off_to_a_limit(crowd: Crowd, desk: DeskOrders) -> None:
    wanted = Filter(words="παπα", channel="skroutz")
    found = crowd.found(wanted)

    assert len(found) > 5
    assert await desk.ids(crowd.shop.id, wanted, 500) == found
    assert await desk.ids(crowd.shop.id, wanted, len(found)) == found
    assert await desk.ids(crowd.shop.id, wanted, 5) == found[:5]
    assert await desk.ids(crowd.shop.id, wanted, 0) == []


@pytest.mark.usefixtures("looking_at_few")
async def test_all_that_match_are_found_by_many_looks_too(crowd: Crowd, desk: DeskOrders) -> None:
    wanted = Filter(words="zo")

    assert await desk.ids(crowd.shop.id, wanted, 500) == crowd.found(wanted) != []


async def test_a_step_given_twice_lists_no_order_twice(crowd: Crowd, desk: DeskOrders) -> None:
    once, twice = Filter(steps=(Step.OPEN,)), Filter(steps=(Step.OPEN, Step.OPEN))

    assert await all_pages(desk, crowd.shop, twice, 50) == crowd.found(once) != []


async def test_orders_are_counted_by_step(crowd: Crowd, desk: DeskOrders) -> None:
    counts = await desk.count_by_step(crowd.shop.id)

    assert counts == {step: len(crowd.found(Filter(steps=(step,)))) for step in counts}
    assert sum(counts.values()) == len(crowd.orders)


async def test_channels_and_carriers_are_those_of_the_shops_orders(crowd: Crowd, desk: DeskOrders) -> None:
    assert set(await desk.channels(crowd.shop.id)) == {order.channel for order in crowd.orders}
    assert set(await desk.carriers(crowd.shop.id)) == {order.carrier for order in crowd.orders} - {None}
    assert await desk.channels(99) == await desk.carriers(99) == []


# What was saved a moment ago


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await Shops(pool).add(a_shop(), NOON)


@pytest.mark.parametrize("words", ["1000001", "260303-1000001", "GR--1000001--MER1"])
async def test_a_new_order_is_found_by_its_number_before_it_is_known_by_its_words(
    pool: Pool, shop: Shop, words: str
) -> None:
    order = an_order_in(State.OPEN, shop=shop)
    await Orders(pool).save(saves.placing(order))
    desk, other = DeskOrders(pool), await Shops(pool).add(a_shop(), NOON)

    assert (await desk.page(shop.id, Filter(words=words))).orders == [order]
    assert (await desk.page(shop.id, Filter(words=words, steps=(Step.OPEN,)))).orders == [order]
    assert (await desk.page(shop.id, Filter(words=words, steps=(Step.READY,)))).orders == []
    assert (await desk.page(shop.id, Filter(words=words, placed_from=NOON + MINUTE))).orders == []
    assert (await desk.page(other.id, Filter(words=words))).orders == []
    await Facts(pool, codes).fold(shop.id)
    assert (await desk.page(shop.id, Filter(words=words))).orders == [order]


async def test_an_order_is_at_its_new_step_at_once_whatever_else_is_asked(pool: Pool, shop: Shop) -> None:
    order = an_order_in(State.ACCEPTED, shop=shop)
    await Orders(pool).save(saves.placing(order))
    await Facts(pool, codes).fold(shop.id)
    labelled = replace(order, voucher=a_voucher())
    await Orders(pool).save(saves.changing(order, labelled))
    desk = DeskOrders(pool)

    for other in (Filter(), Filter(words="παπαδακη"), Filter(channel="skroutz")):
        assert (await desk.page(shop.id, replace(other, steps=(Step.ACCEPTED,)))).orders == []
        assert (await desk.page(shop.id, replace(other, steps=(Step.LABELLED,)))).orders == [labelled]


# How PostgreSQL finds them in a shop of some size

# Of every eleven orders ten are the first shop's; 1 of 1,000 is rare in everything.
FILL = """
INSERT INTO orders (shop_id, id, version, body, updated_at, state, stage, step, payment_status, payment_code, shipping_method,
                    customer_number, tracking_codes, tag_ids, total_cents, shipping_vat_cents, channel, placed_at)
SELECT 1 + (n % 11 = 0)::int, 2000000 + n, 1, example.body, $1, 'delivered', 'delivered',
       CASE WHEN rare THEN 'open' ELSE 'delivered' END, $2, 'card', '', 7, '{}', '{}', 0, 0,
       CASE WHEN rare THEN 'shopflix' ELSE 'skroutz' END, $1::timestamptz - n * interval '1 minute'
FROM generate_series(1, 13200) AS n
CROSS JOIN LATERAL (SELECT n % 1000 = 17 AS rare) AS kind
CROSS JOIN (SELECT body FROM orders LIMIT 1) AS example"""

FACTS = """
INSERT INTO order_facts (shop_id, order_id, version, placed_at, channel, carrier, step, is_return, total_cents, refunded_cents,
                         currency, dispatch_until, words)
SELECT shop_id, id, 1, placed_at, channel, CASE channel WHEN 'skroutz' THEN 'acs' ELSE 'dhl' END, step, false, 0, 0, 'EUR',
       placed_at, array_to_tsvector(ARRAY[shop_id || ':' || id, shop_id || ':often', shop_id || ':@' || channel,
                                          shop_id || ':' || CASE channel WHEN 'skroutz' THEN 'usual' ELSE 'seldom' END])
FROM orders"""


async def _crowd(url: str) -> None:
    pool = await open_pool(url, connections=1)
    for _ in range(2):
        shop = await Shops(pool).add(a_shop(), NOON)
    await Orders(pool).save(saves.placing(an_order_in(State.OPEN, shop=shop)))
    await pool.execute(FILL, NOON, PaymentStatus.PAID)
    await pool.execute(FACTS)
    await pool.execute("VACUUM ANALYZE")
    await pool.close()


@pytest.fixture(scope="module")
def crowded_url(postgres: str, template: str) -> Iterator[str]:
    """A database with 12,000 orders of one shop and 1,200 of another, and their facts."""
    with a_database(postgres, template, "crowded_desk") as url:
        asyncio.run(_crowd(url))
        yield url


@pytest.fixture
async def crowded(crowded_url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(crowded_url)
    yield connection
    await connection.close()


Node = dict[str, Any]


async def carried_out(connection: Connection, wanted: Filter, after: Cursor | None = None) -> list[Node]:
    """What PostgreSQL did for a page, where the plan is one for any values, as it is kept after some pages."""
    statement, values = asking(1, wanted, after, limit=51)
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    explained = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
    return list(within(json.loads(explained)[0]["Plan"]))


def within(node: Node) -> Iterator[Node]:
    yield node
    for part in node.get("Plans", ()):
        yield from within(part)


def read(nodes: list[Node]) -> dict[str, float]:
    """Rows of each index that was read, all loops together."""
    rows: dict[str, float] = {}
    for node in nodes:
        if "Index Name" in node:
            name = node["Index Name"]
            rows[name] = rows.get(name, 0) + node["Actual Rows"] * node["Actual Loops"]
    return {name: number for name, number in rows.items() if number}


LONG_AGO = Cursor(NOON - 2 * DAY, 1)


@pytest.mark.parametrize("after", [None, LONG_AGO])
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Filter(), "orders_placed"),
        (Filter(placed_before=NOON - HOUR, placed_from=NOON - 9 * DAY), "orders_placed"),
        (Filter(oldest_first=True), "orders_placed"),
        (Filter(steps=(Step.OPEN,)), "orders_step"),
        (Filter(steps=(Step.OPEN, Step.READY), oldest_first=True), "orders_step"),
        (Filter(steps=(Step.OPEN, Step.DELIVERED, Step.READY)), "orders_step"),
        (Filter(channel="skroutz"), "order_facts_channel"),
        (Filter(channel="shopflix", placed_from=NOON - 9 * DAY), "order_facts_channel"),
        (Filter(carrier="dhl"), "order_facts_carrier"),
        (Filter(carrier="dhl", oldest_first=True), "order_facts_carrier"),
    ],
)
async def test_a_page_that_an_index_has_in_order_is_read_from_there_and_no_more_than_it(
    crowded: Connection, wanted: Filter, index: str, after: Cursor | None
) -> None:
    nodes = await carried_out(crowded, wanted, after)

    rows = read(nodes)
    assert set(rows) == {index, "orders_pkey"}
    # Each step has its next one ready.
    assert rows[index] <= 51 + len(wanted.steps)
    assert not any(node["Node Type"] == "Seq Scan" for node in nodes)


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(words="usual"),
        Filter(words="ofte"),
        Filter(words="o"),
        Filter(channel="skroutz", carrier="acs"),
    ],
)
async def test_what_is_frequent_is_found_among_the_newest(crowded: Connection, wanted: Filter) -> None:
    nodes = await carried_out(crowded, wanted)

    assert "order_facts_words" not in read(nodes)
    assert not any(node["Node Type"] == "Seq Scan" and node["Actual Loops"] for node in nodes)


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(words="seldom"),
        Filter(words="2013000"),
        Filter(words="often 20130"),
        Filter(words="nobody"),
        Filter(words="seldom", steps=(Step.DELIVERED, Step.OPEN)),
    ],
)
async def test_what_is_rare_is_looked_up_once_the_newest_were_walked_through(
    crowded: Connection, wanted: Filter
) -> None:
    nodes = await carried_out(crowded, wanted)

    (lookup,) = [node for node in nodes if node.get("Index Name") == "order_facts_words"]
    assert lookup["Actual Loops"] == 1
    walked = next(node for node in nodes if node.get("Subplan Name") == "CTE newest")
    assert walked["Actual Rows"] == desk_orders.WALK


@pytest.mark.parametrize(
    "few", [Filter(steps=(Step.OPEN,)), Filter(channel="shopflix"), Filter(carrier="dhl")]
)
async def test_a_few_orders_are_walked_through_wholly_and_nothing_is_looked_up(
    crowded: Connection, few: Filter
) -> None:
    nodes = await carried_out(crowded, replace(few, words="often nobody"))

    lookups = [node for node in nodes if node.get("Index Name") == "order_facts_words"]
    assert all(node["Actual Loops"] == 0 for node in lookups)
    walked = next(node for node in nodes if node.get("Subplan Name") == "CTE newest")
    assert 0 < walked["Actual Rows"] < desk_orders.WALK


@pytest.mark.parametrize("column", ["channel", "carrier"])
async def test_choices_are_found_by_one_look_for_each(crowded: Connection, column: str) -> None:
    statement = desk_orders.CHOICES.format(column=column, limit=100)
    explained = await crowded.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", 1)

    assert read(list(within(json.loads(explained)[0]["Plan"]))) == {f"order_facts_{column}": 2}


async def test_numbers_of_some_days_come_from_an_index_alone(crowded: Connection) -> None:
    explained = await crowded.fetchval(
        "EXPLAIN (FORMAT JSON) SELECT channel, sum(total_cents) FROM order_facts"
        " WHERE shop_id = 1 AND placed_at >= $1 AND placed_at < $2 GROUP BY channel",
        NOON - DAY,
        NOON - DAY + timedelta(hours=6),
    )

    scans = [node for node in within(json.loads(explained)[0]["Plan"]) if "Index Name" in node]
    assert [(scan["Node Type"], scan["Index Name"]) for scan in scans] == [
        ("Index Only Scan", "order_facts_placed")
    ]
