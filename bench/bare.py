"""The yardstick: Starlette and asyncpg on the same tables, no credentials, no translation."""

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.orders import an_order, an_order_of_two_lines, placing
from stoa.orders.order import Order
from stoa.store.orders import PLACE_ORDER, parameters

SHOP = 1
FIRST_NUMBER = 500_000_000
"""Far above the numbers that the service draws."""

READ = "SELECT body FROM orders WHERE shop_id = $1 AND id = $2"

# The rows of a page of a list.
LIST = "SELECT body FROM orders WHERE shop_id = $1 ORDER BY placed_at DESC, id DESC OFFSET $2 LIMIT 100"

_numbers = itertools.count(FIRST_NUMBER)
_pool: list[asyncpg.Pool] = []


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    pool = await asyncpg.create_pool(os.environ["STOA_DATABASE_URL"], min_size=2, max_size=10)
    _pool.append(pool)
    yield
    await pool.close()


async def show(request: Request) -> Response:
    number = int(request.path_params["code"].split("-")[1])
    body = await _pool[0].fetchval(READ, SHOP, number)
    return Response(body, media_type="application/json")


async def list_orders(request: Request) -> Response:
    rows = await _pool[0].fetch(LIST, SHOP, int(request.query_params.get("start", "0")))
    body = ",".join(row["body"] for row in rows)
    return Response(f'{{"data":[{body}]}}', media_type="application/json")


def place(order: Order) -> Callable[[Request], Awaitable[Response]]:
    """Insert this order, under ever new numbers."""
    # jsonb travels as text here, as it does without a codec of one's own.
    values = [value.decode() if isinstance(value, bytes) else value for value in parameters(placing(order))]
    _, _, version, body, _, _, *others = values

    async def insert(request: Request) -> Response:
        await request.body()
        number, now = next(_numbers), datetime.now(UTC)
        await _pool[0].fetchval(PLACE_ORDER, SHOP, number, version, body, now, now, *others)
        return Response(b'{"id":%d}' % number, status_code=201, media_type="application/json")

    return insert


def app() -> Starlette:
    return Starlette(
        routes=[
            Route("/orders/{code}", show),
            Route("/orders", list_orders),
            Route("/orders", place(an_order(1)), methods=["POST"]),
            Route("/orders-of-two-lines", place(an_order_of_two_lines(1)), methods=["POST"]),
        ],
        lifespan=lifespan,
    )
