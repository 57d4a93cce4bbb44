"""The yardstick: Starlette and asyncpg on the same tables, no credentials, no translation."""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.orders import ORDER_BYTES
from stoa.store.orders import PLACE_ORDER

SHOP = 1
FIRST_NUMBER = 500_000_000
"""Far above the numbers that the service draws."""

READ = "SELECT body FROM orders WHERE shop_id = $1 AND id = $2"

EVENT = b'{"channel":"skroutz","total_cents":20500}'
# As large as the webhook that the same order causes.
PAYLOAD = b'{"event_type":"new_order","order":' + ORDER_BYTES + b"}"

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


async def place(request: Request) -> Response:
    await request.body()
    number, now = next(_numbers), datetime.now(UTC)
    await _pool[0].fetchval(
        PLACE_ORDER,
        SHOP,
        number,
        0,
        "open",
        now,
        ORDER_BYTES.decode(),
        now,
        "Placed",
        "customer",
        EVENT.decode(),
        ["skroutz_orders"],
        ["new_order"],
        [PAYLOAD],
        "skroutz",
        None,
        now,
        None,
        None,
    )
    return Response(b'{"id":%d}' % number, status_code=201, media_type="application/json")


def app() -> Starlette:
    return Starlette(
        routes=[Route("/orders/{code}", show), Route("/orders", place, methods=["POST"])], lifespan=lifespan
    )
