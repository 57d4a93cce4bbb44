"""The desk's list of a large shop: how long a page takes at the server, from the database to decoded orders."""

import asyncio
import statistics
import time
from datetime import timedelta

from stoa.clock import system_clock
from stoa.orders.progress import Step
from stoa.store.database import Pool, open_pool
from stoa.store.desk_orders import DeskOrders, Filter

TIMES = 40

GOAL = 50.0
"""Milliseconds."""

# What the worker would know of the orders: of a hundred first names and 5,000 last names, of 2,000 products with words of
# their own and common ones, every order with its own numbers. A carrier of old times has none of the newest.
FACTS = """
INSERT INTO order_facts (shop_id, order_id, version, placed_at, channel, carrier, step, is_return, total_cents, refunded_cents,
                         currency, accepted_at, dispatch_until, dispatched_at, words)
SELECT shop_id, id, version, placed_at, channel, carrier, step, false, total_cents, 0, 'EUR', placed_at + interval '1 hour',
       placed_at + interval '4 days', placed_at + interval '1 day',
       array_to_tsvector(ARRAY(SELECT DISTINCT '1:' || word FROM unnest(ARRAY[
           id::text, day, day || id, 'gr', 'mer1', 'gr' || id || 'mer1', 't' || id, '69' || phone, '3069' || phone,
           'first' || id % 100, 'last' || (random() * random() * 5000)::int, 'customer' || id / 3, 'example', 'com',
           'sku' || product, 'product' || product, 'maker' || product % 50, 'model', '52' || 10000000 + product,
           '@' || channel, '#' || carrier]) AS word))
FROM orders
CROSS JOIN LATERAL (SELECT
    to_char(placed_at, 'YYMMDD') AS day, lpad((id * 7919 % 100000000)::text, 8, '0') AS phone, (random() * 2000)::int AS product,
    CASE WHEN id % 1000 = 0 THEN 'dhl' WHEN id < $3 THEN 'elta' ELSE 'acs' END AS carrier) AS known
WHERE shop_id = 1 AND id BETWEEN $1 AND $2"""

NOW = system_clock()

ASKED = {
    "all": Filter(),
    "tab of rare steps": Filter(steps=(Step.OPEN, Step.RETURN_IN_REVIEW)),
    "tab of frequent steps": Filter(steps=tuple(step for step in Step if step is not Step.OPEN)),
    "a month of long ago": Filter(placed_before=NOW - timedelta(days=60)),
    "frequent carrier": Filter(carrier="acs"),
    "rare carrier": Filter(carrier="dhl"),
    "carrier of long ago": Filter(carrier="elta"),
    "rare carrier and rare step": Filter(carrier="dhl", steps=(Step.OPEN,)),
    "number of an order": Filter(words="{old}"),
    "telephone number": Filter(words="69 {phone}"),
    "beginning of a tracking number": Filter(words="T{beginning}"),
    "rare word": Filter(words="last4990"),
    "word of one in 200": Filter(words="product77"),
    "frequent word": Filter(words="First7"),
    "everybody's word": Filter(words="model"),
    "frequent and rare word": Filter(words="model customer1700001"),
    "one letter": Filter(words="l"),
    "no match": Filter(words="nobody"),
    "no match, a frequent word before": Filter(words="model nobody"),
    "frequent beginning, no match": Filter(words="3069 nobody"),
    "day of long ago": Filter(words="{day}"),
}
"""What is measured; numbers are filled in from an order of the middle."""


async def fill_facts(database_url: str, first: int, last: int) -> None:
    pool = await open_pool(database_url, connections=1)
    for start in range(first, last + 1, 50_000):
        await pool.execute(FACTS, start, min(start + 49_999, last), (first + last) // 2, timeout=600)
    await pool.execute("VACUUM ANALYZE order_facts", timeout=600)
    await pool.close()


async def time_pages(database_url: str, first: int, last: int) -> None:
    pool = await open_pool(database_url, connections=1)
    old = (first + last) // 2
    filled_in = {"old": old, "phone": f"{old * 7919 % 100_000_000:08}", "beginning": old // 100}
    day = await pool.fetchval(
        "SELECT to_char(placed_at, 'YYMMDD') FROM orders WHERE shop_id = 1 AND id = $1", old
    )
    for name, wanted in ASKED.items():
        words = wanted.words.format(**filled_in, day=day)
        await _time(
            pool,
            name,
            Filter(
                steps=wanted.steps, carrier=wanted.carrier, placed_before=wanted.placed_before, words=words
            ),
        )
    await pool.close()


async def _time(pool: Pool, name: str, wanted: Filter) -> None:
    desk, spans = DeskOrders(pool), []
    for _ in range(TIMES):
        began = time.perf_counter()
        page = await desk.page(1, wanted)
        spans.append((time.perf_counter() - began) * 1000)
    middle, worst = statistics.median(spans), sorted(spans)[-2]
    verdict = "met" if middle < GOAL else "MISSED"
    more = "more" if page.next else "all"
    print(
        f"desk: {name:34} {middle:6.1f} ms at the median, {worst:6.1f} the second worst (goal {GOAL:.0f}, {verdict}); "
        f"{len(page.orders)} orders, {more}",
        flush=True,
    )


def time_desk(database_url: str, first: int, last: int) -> None:
    """Fill in what the desk finds by, and time its list."""
    began = time.monotonic()
    asyncio.run(fill_facts(database_url, first, last))
    print(f"{'':40} (facts of {last - first + 1:,} orders in {time.monotonic() - began:.0f} s)", flush=True)
    asyncio.run(time_pages(database_url, first, last))
