"""The desk's list of a shop's orders: found by words, steps, channel, carrier and dates, page by page."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

import asyncpg
from msgspec import Struct

from stoa.orders.order import Order
from stoa.orders.progress import Step
from stoa.orders.words import Question, Wanted, question
from stoa.store.database import Pool
from stoa.store.facts import of_carrier, of_channel, of_shop
from stoa.store.orders import decode_order

WALK = 5_000
"""So many of the newest orders are looked at for words, channels and carriers: what is frequent is found among them."""

FEW = 10
"""What so many of the newest have is not rare enough to be looked up: the page is short, and the next goes on."""

MOST_MATCHES = 10_000
"""What more orders than these have, and few of the newest, is looked for page by page."""

MOST_CHOICES = 100
"""Channels, or carriers, that a shop can choose from."""

# A condition is given as $ and its name; page_statement puts the numbers in. The whole question is asked of the orders that
# are looked at; only the words that few orders have are looked for in the index.
_ABOUT_FACTS = {
    "words": "AND (words @@ (SELECT $words::text::tsquery)) IS TRUE",
    "carrier": "AND carrier = $carrier",
    "channel": "AND channel = $channel",
}
_ABOUT_ORDERS = {
    "steps": "AND step = ANY($steps::text[])",
    "placed_from": "AND placed_at >= $placed_from",
    "placed_before": "AND placed_at < $placed_before",
    "after_id": "AND (placed_at, id) < ($after_at, $after_id)",
}

_IN_THE_INDEX = {
    **_ABOUT_FACTS,
    "telling": "AND words @@ (SELECT $telling::text::tsquery)",
    **_ABOUT_ORDERS,
}

# The newest orders, in the order of an index. Of several steps, those of each: they are merged as they are read.
_ORDERS = "SELECT id, placed_at FROM orders WHERE shop_id = $1 {conditions} ORDER BY placed_at DESC, id DESC"
_ONE_STEP = "AND step = ($steps::text[])[{place}]"

_FACTS = "(SELECT *, order_id AS id FROM order_facts) AS facts"

# The newest of a carrier, or of a channel.
_OF_FACTS = (
    f"SELECT id, placed_at FROM {_FACTS} WHERE shop_id = $1 {{conditions}} ORDER BY placed_at DESC, id DESC"  # noqa: S608 - a constant
)

# A page that an index has in its order.
LISTED = """
SELECT page.placed_at, page.id, page.id AS order_id, {body} AS body, NULL::timestamptz AS reached_at, NULL::bigint AS reached_id
FROM (SELECT id, placed_at FROM ({source}) AS source ORDER BY placed_at DESC, id DESC LIMIT {limit}) AS page
JOIN orders ON orders.shop_id = $1 AND orders.id = page.id
ORDER BY page.placed_at DESC, page.id DESC"""

# A page of orders by what no index has in the list's order. The newest are walked through first: what is frequent fills the
# page. Only where they do not is the rest looked up in the index of words, which is quick because it is rare; where
# it is not, because it was frequent long ago, the page says how far it looked (reached), and the next goes on from there.
# OFFSET 0 keeps PostgreSQL from reading all facts of a shop of some size instead of those of the newest, one by one. An
# order that has gone to another step a moment ago is a place on the page without an order.
SEARCHED = f"""
WITH newest AS MATERIALIZED (
    SELECT id, placed_at FROM ({{source}}) AS source ORDER BY placed_at DESC, id DESC LIMIT {WALK}
),
walked AS MATERIALIZED (
    SELECT newest.placed_at, newest.id
    FROM newest CROSS JOIN LATERAL (
        SELECT FROM order_facts WHERE shop_id = $1 AND order_id = newest.id {{about_facts}} OFFSET 0) AS known
    ORDER BY newest.placed_at DESC, newest.id DESC LIMIT {{limit}}
),
walk AS MATERIALIZED (
    SELECT count(*) < {WALK} AS is_over,
           count(*) = {WALK} AND (SELECT count(*) FROM walked) < least({FEW}, {{limit}}) AND {{telling}} AS is_to_be_looked_up
    FROM newest
),
matched AS MATERIALIZED (
    SELECT placed_at, id FROM {_FACTS}
    WHERE (SELECT is_to_be_looked_up FROM walk) AND shop_id = $1 {{in_the_index}}
    LIMIT {MOST_MATCHES} + 1
),
outcome AS MATERIALIZED (
    SELECT is_over, is_to_be_looked_up AND (SELECT count(*) FROM matched) <= {MOST_MATCHES} AS is_matched FROM walk
),
found AS (
    SELECT placed_at, id FROM walked WHERE NOT (SELECT is_matched FROM outcome)
    UNION SELECT placed_at, id FROM matched WHERE (SELECT is_matched FROM outcome)
    {{fresh}}
),
page AS (
    SELECT id, placed_at FROM found ORDER BY placed_at DESC, id DESC LIMIT {{limit}}
),
reached AS (
    SELECT placed_at AS reached_at, id AS reached_id FROM newest
    WHERE NOT (SELECT is_over OR is_matched FROM outcome)
    ORDER BY placed_at, id LIMIT 1
)
SELECT page.placed_at, page.id, orders.id AS order_id, {{body}} AS body, reached.reached_at, reached.reached_id
FROM (VALUES (1)) AS one LEFT JOIN reached ON true LEFT JOIN page ON true
LEFT JOIN orders ON orders.shop_id = $1 AND orders.id = page.id {{at_step}}
ORDER BY page.placed_at DESC, page.id DESC"""  # noqa: S608 - constants

# An order that somebody names by its number is there at once, before there are facts about it.
_FRESH = """UNION
    SELECT placed_at, id FROM orders WHERE shop_id = $1 AND id = ANY($order_numbers::bigint[]) {conditions}
        AND NOT EXISTS (SELECT FROM order_facts AS facts WHERE facts.shop_id = $1 AND facts.order_id = orders.id)"""

# How many orders are at each step.
COUNT_BY_STEP = """
SELECT step, sum(n)::bigint AS n FROM order_tallies WHERE shop_id = $1 GROUP BY step HAVING sum(n) <> 0"""

# The different values of a column, by one look at the index for each of them.
CHOICES = """
WITH RECURSIVE known AS (
    (SELECT {column} AS choice FROM order_facts WHERE shop_id = $1 AND {column} IS NOT NULL ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM order_facts WHERE shop_id = $1 AND {column} > choice ORDER BY {column} LIMIT 1)
    FROM known WHERE choice IS NOT NULL
)
SELECT choice FROM known WHERE choice IS NOT NULL LIMIT {limit}"""


class Filter(Struct, frozen=True, kw_only=True):
    """Which orders: at one of the ``steps``, if any are given, and so on. ``words`` is what somebody typed, whatever it
    is; see ``stoa.orders.words``. Moments are in UTC. What has to be searched for, by words or by two of steps, channel and
    carrier, comes newest first, whether it should come ``oldest_first`` or not."""

    steps: tuple[Step, ...] = ()
    words: str = ""
    channel: str | None = None
    carrier: str | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    oldest_first: bool = False


class Cursor(Struct, frozen=True):
    """Behind which order the next page begins."""

    placed_at: datetime
    id: int


class Page(Struct, frozen=True):
    """Orders; fewer than were asked for, or none, do not mean that no others follow: ``next`` does."""

    orders: list[Order]
    next: Cursor | None


class _Places(Struct, frozen=True):
    rows: list[asyncpg.Record]
    next: Cursor | None


class DeskOrders:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, shop_id: int, wanted: Filter, *, after: Cursor | None = None, limit: int = 50
    ) -> Page:
        """The newest orders that match, or the oldest, returns among them, by (placed_at, id). What was saved a moment ago
        is found by its step and its number at once, by all else within a second or two."""
        found = await self._find(shop_id, wanted, after, limit, "orders.body")
        return Page([decode_order(row["body"]) for row in found.rows], found.next)

    async def ids(self, shop_id: int, wanted: Filter, limit: int) -> list[int]:
        """The numbers of all orders that match, in the order of their pages; at most ``limit``."""
        numbers: list[int] = []
        after: Cursor | None = None
        while len(numbers) < limit:
            found = await self._find(shop_id, wanted, after, limit, "NULL::jsonb")
            numbers += [row["order_id"] for row in found.rows]
            after = found.next
            if after is None:
                break
        return numbers[:limit]

    async def _find(
        self, shop_id: int, wanted: Filter, after: Cursor | None, limit: int, body: str
    ) -> _Places:
        # One more than is shown says whether there is one more.
        statement, given = asking(shop_id, wanted, after, limit=limit + 1, body=body)
        rows = await self._pool.fetch(statement, *given)
        found = [row for row in rows[:limit] if row["order_id"] is not None]
        if len(rows) > limit:
            return _Places(found, _cursor(rows[limit - 1]["placed_at"], rows[limit - 1]["id"]))
        return _Places(found, _cursor(rows[0]["reached_at"], rows[0]["reached_id"]) if rows else None)

    async def count_by_step(self, shop_id: int) -> dict[Step, int]:
        """How many orders are at each step that any is at."""
        return {Step(row["step"]): row["n"] for row in await self._pool.fetch(COUNT_BY_STEP, shop_id)}

    async def channels(self, shop_id: int) -> list[str]:
        """The channels that the shop has orders of."""
        return await self._choices(shop_id, "channel")

    async def carriers(self, shop_id: int) -> list[str]:
        """The keys of the carriers that the shop has orders for."""
        return await self._choices(shop_id, "carrier")

    async def _choices(self, shop_id: int, column: str) -> list[str]:
        statement = CHOICES.format(column=column, limit=MOST_CHOICES)
        return [row["choice"] for row in await self._pool.fetch(statement, shop_id)]


def _cursor(placed_at: datetime | None, order_id: int) -> Cursor | None:
    return None if placed_at is None else Cursor(placed_at, order_id)


def asking(
    shop_id: int, wanted: Filter, after: Cursor | None, *, limit: int, body: str = "orders.body"
) -> tuple[str, list[object]]:
    """The statement for a page and what it is given."""
    conditions = _conditions(shop_id, wanted, after)
    steps = len(dict.fromkeys(wanted.steps))
    statement = page_statement(
        tuple(conditions), steps=steps, limit=limit, body=body, oldest_first=wanted.oldest_first
    )
    return statement, [shop_id, *conditions.values()]


def _conditions(shop_id: int, wanted: Filter, after: Cursor | None) -> dict[str, object]:
    """What is asked for, by the names that stand in the statements."""
    asked = question(wanted.words)
    conditions: dict[str, object] = {
        "steps": list(dict.fromkeys(wanted.steps)) or None,
        "words": _query(shop_id, asked) or None,
        "channel": wanted.channel,
        "carrier": wanted.carrier,
        "placed_from": wanted.placed_from,
        "placed_before": wanted.placed_before,
        "after_at": after.placed_at if after else None,
        "after_id": after.id if after else None,
    }
    given = {name: value for name, value in conditions.items() if value is not None}
    return given | _for_a_search(shop_id, wanted, asked, after) if _is_searched(given) else given


def _for_a_search(shop_id: int, wanted: Filter, asked: Question, after: Cursor | None) -> dict[str, object]:
    conditions: dict[str, object] = {}
    if telling := _telling_query(shop_id, wanted, asked):
        conditions["telling"] = telling
    # Its channel and its carrier stand in facts only.
    if asked.order_numbers and after is None and not (wanted.channel or wanted.carrier):
        conditions["order_numbers"] = list(asked.order_numbers)
    return conditions


def _is_searched(names: Iterable[str]) -> bool:
    """Whether no index has in its order what is asked for."""
    given = set(names)
    return "words" in given or len(given & {"steps", "carrier", "channel"}) > 1


@lru_cache(maxsize=1000)
def page_statement(names: tuple[str, ...], *, steps: int, limit: int, body: str, oldest_first: bool) -> str:
    """The statement for conditions of these names, numbered in this order from $2 on; of ``steps`` there are so many."""
    form = SEARCHED if _is_searched(names) else LISTED
    text = form.format(
        source=_source(names, steps),
        about_facts=_wordings(_ABOUT_FACTS, names),
        telling="telling" in names,
        in_the_index=_wordings(_IN_THE_INDEX, names),
        fresh=_FRESH.format(conditions=_wordings(_ABOUT_ORDERS, names)) if "order_numbers" in names else "",
        at_step=_ABOUT_ORDERS["steps"] if steps else "",
        limit=limit,
        body=body,
    )
    if oldest_first and form is LISTED:
        text = _from_the_other_end(text)
    return re.sub(r"\$([a-z_]+)", lambda name: f"${names.index(name[1]) + 2}", text)


def _from_the_other_end(listed: str) -> str:
    """The same orders, oldest first: an index is read in both directions."""
    return listed.replace(" DESC", "").replace("(placed_at, id) <", "(placed_at, id) >")


def _wordings(wordings: Mapping[str, str], names: Iterable[str]) -> str:
    return " ".join(wordings[name] for name in names if name in wordings)


def _source(names: Sequence[str], steps: int) -> str:
    """The newest orders by what an index has in its order."""
    placed = _wordings(_ABOUT_ORDERS, [name for name in names if name != "steps"])
    if steps:
        each = [_ONE_STEP.format(place=place) for place in range(1, steps + 1)]
        return " UNION ALL ".join(f"({_ORDERS.format(conditions=f'{step} {placed}')})" for step in each)
    for name in ("carrier", "channel"):
        if name in names:
            return _OF_FACTS.format(conditions=f"{_ABOUT_FACTS[name]} {placed}")
    return _ORDERS.format(conditions=placed)


# Queries for words. They are written out as PostgreSQL's text of a tsquery, every lexeme quoted.


def _query(shop_id: int, asked: Question) -> str:
    """All the words, or the number that they are together; empty where nothing is looked for."""
    words = " & ".join(_either(shop_id, wanted) for wanted in asked.words)
    return f"{_either(shop_id, asked.number)} | ({words})" if asked.number else words


def _telling_query(shop_id: int, wanted: Filter, asked: Question) -> str:
    """The same with what can be looked up quickly only; empty where nothing can."""
    words = _query(shop_id, asked.telling)
    channel = _quoted(of_channel(shop_id, wanted.channel)) if wanted.channel else ""
    carrier = _quoted(of_carrier(shop_id, wanted.carrier)) if wanted.carrier else ""
    return " & ".join(f"({part})" for part in (words, channel, carrier) if part)


def _either(shop_id: int, wanted: Wanted) -> str:
    end = ":*" if wanted.begins else ""
    spellings = [_quoted(of_shop(shop_id, spelling)) + end for spelling in wanted.spellings]
    return f"({' | '.join(spellings)})"


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
