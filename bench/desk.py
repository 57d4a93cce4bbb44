"""The desk of a large shop: how long its list takes, from the database to decoded orders, and whole pages at the server."""

import asyncio
import statistics
import time
from datetime import timedelta

import httpx
from msgspec.structs import replace

from stoa.app import Complete, Stoa, open_stoa, web_app
from stoa.clock import system_clock
from stoa.orders.progress import Step
from stoa.store.database import Pool, open_pool
from stoa.store.desk_orders import DeskOrders, Filter
from stoa.store.people import Role

TIMES = 40

GOAL = 50.0
"""Milliseconds."""

MOST_BYTES = 60_000
"""Of a page as it is sent, compressed."""

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
    "tab of frequent steps, oldest first": Filter(
        steps=tuple(step for step in Step if step is not Step.OPEN), oldest_first=True
    ),
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
        await _time(pool, name, replace(wanted, words=words))
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
        f"desk: {name:36} {middle:6.1f} ms at the median, {worst:6.1f} the second worst (goal {GOAL:.0f}, {verdict}); "
        f"{len(page.orders)} orders, {more}",
        flush=True,
    )


SERVER = "http://desk.test"

PAGES = {
    "all orders": "orders?tab=all",
    "orders to decide": "orders?tab=decide",
    "orders that are done": "orders?tab=done",
    "orders that are done, oldest first": "orders?tab=done&sort=oldest",
    "orders of a carrier": "orders?tab=all&carrier=acs",
    "an order": "orders/{old}",
}
"""Pages of the shop."""

SEARCHED = {
    "orders found by number": "{old}",
    "orders found by telephone": "69{phone}",
    "orders found by a rare word": "last4990",
    "orders found by a frequent word": "first7",
    "orders found by nothing": "nobody",
}


async def time_whole_pages(complete: Complete, first: int, last: int) -> None:
    """From the request to the bytes of the answer, without a network."""
    old = (first + last) // 2
    filled_in = {"old": old, "phone": f"{old * 7919 % 100_000_000:08}"}
    async with open_stoa(complete) as stoa, _signed_in(await _session(stoa), stoa) as client:
        for name, path in PAGES.items():
            await _time_page(client, name, path.format(**filled_in))
        account = (await client.get("/desk/account")).text
        proof = account.split('name="csrf" value="', 1)[1].split('"', 1)[0]
        for name, words in SEARCHED.items():
            form = {"csrf": proof, "words": words.format(**filled_in)}
            found = await client.post("/desk/1/orders/find", data=form)
            await _time_page(client, name, found.headers["location"].removeprefix("/desk/1/"))


async def _session(stoa: Stoa) -> str:
    """The secret of an owner's session."""
    people, now = stoa.service.people, stoa.service.clock()
    owner = await people.add(
        shop_id=1, role=Role.OWNER, email="owner@bench.example", name="Owner", password_hash="-", now=now
    )
    secret = await people.open_session(owner.person_id, "-", now)
    assert secret is not None
    return secret


def _signed_in(secret: str, stoa: Stoa) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(web_app(stoa, server=SERVER))
    return httpx.AsyncClient(transport=transport, base_url=SERVER, cookies={"stoa_desk": secret})


async def _time_page(client: httpx.AsyncClient, name: str, path: str) -> None:
    spans, size = [], 0
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = await client.get(f"/desk/1/{path}")
        spans.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
        size = answer.num_bytes_downloaded
    middle, worst = statistics.median(spans), sorted(spans)[-2]
    verdict = "met" if middle < GOAL and size < MOST_BYTES else "MISSED"
    print(
        f"desk: page, {name:36} {middle:6.1f} ms at the median, {worst:6.1f} the second worst (goal {GOAL:.0f}), "
        f"{size:,} bytes (goal {MOST_BYTES:,}): {verdict}",
        flush=True,
    )


def time_desk(complete: Complete, first: int, last: int) -> None:
    """Fill in what the desk finds by, and time its list and its pages."""
    began = time.monotonic()
    asyncio.run(fill_facts(complete.database_url, first, last))
    print(f"{'':40} (facts of {last - first + 1:,} orders in {time.monotonic() - began:.0f} s)", flush=True)
    asyncio.run(time_pages(complete.database_url, first, last))
    asyncio.run(time_whole_pages(complete, first, last))
