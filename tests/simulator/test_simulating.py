"""The simulation over HTTP: against the real service, and against servers that misbehave."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from msgspec import Struct
from msgspec.structs import replace

from stoa.app import Stoa, open_stoa, web_app
from stoa.orders.order import State
from stoa.orders.shop import PickupLocation, Shop
from stoa.simulator import lives, run
from stoa.simulator.run import CannotSimulate, Simulation, simulate
from stoa.simulator.server import Access
from stoa.worker import work
from tests.builders import a_placement
from tests.conftest import complete

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Running(Struct, frozen=True):
    """The real service behind a real port, with a shop."""

    stoa: Stoa
    shop: Shop
    access: Access


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Running]:
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    async with (
        open_stoa(replace(complete(database_url), public_url=url)) as stoa,
        serving(_passed_to(stoa), port),
        working(stoa),
    ):
        yield await a_shop_at(url, stoa)


async def a_shop_at(url: str, stoa: Stoa) -> Running:
    now = stoa.service.clock()
    location = PickupLocation(
        id="YlpD0KROym", street_name="Ερμού", street_number="2", zip="10563", city="Αθήνα", region="Αττική"
    )
    shop = await stoa.service.shops.add(Shop(id=0, name="Το μαγαζί", locations=(location,)), now)
    token = await stoa.service.shops.issue(shop.id, "skroutz", now)
    operator = await stoa.service.shops.issue_to_operator(now)
    access = Access(
        url=url, operator_token=str(operator), shop_id=shop.id, shop_token=str(token), vendor="skroutz"
    )
    return Running(stoa, shop, access)


def _passed_to(stoa: Stoa) -> Handler:
    """Hand what comes to the port on to the application."""
    transport = httpx.ASGITransport(web_app(stoa, server="http://stoa.test"))

    async def handle(request: web.Request) -> web.Response:
        asked = httpx.Request(
            request.method, str(request.url), headers=dict(request.headers), content=await request.read()
        )
        answer = await transport.handle_async_request(asked)
        return web.Response(status=answer.status_code, body=await answer.aread())

    return handle


@asynccontextmanager
async def serving(handler: Handler, port: int | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app, port=port) as server:
        yield str(server.make_url("")).rstrip("/")


@asynccontextmanager
async def working(stoa: Stoa) -> AsyncIterator[None]:
    stop = asyncio.Event()
    worker = asyncio.create_task(work(stoa.service, stoa.dialects, stop))
    yield
    stop.set()
    await worker


RARE_THINGS = {
    "ENDINGS": {"accept": 3, "reject": 1, "cancel": 1, "expire": 1},
    "REJECTIONS": {"lines": 1, "limited": 1, "other": 1},
    "DELIVERIES": {"deliver": 1, "deliver_partially": 1, "fail_delivery": 1, "cancel": 1},
    "RETURNS": {"return": 1, "return_partially": 1},
}


async def test_whatever_becomes_of_orders_the_service_agrees(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "LEFT_TO_EXPIRE", 2.0)
    for name, weights in RARE_THINGS.items():
        monkeypatch.setattr(lives, name, weights)

    tally = await simulate(Simulation(access=service.access, per_second=20), 6)

    assert tally["placed"] == 120
    assert tally["refused"] == tally["failed"] == tally["server_errors"] == tally["skipped"] == 0
    for state in ("accepted", "rejected", "cancelled", "expired", "dispatched", "for_return", "returned"):
        assert tally[state] > 0, state


async def test_what_is_counted_is_what_the_service_has(service: Running) -> None:
    tally = await simulate(Simulation(access=service.access, per_second=20), 2)

    orders = await service.stoa.service.orders.page(service.shop.id, before=2**60, limit=200)
    ours = [order for order in orders if order.replaces is None]
    assert len(ours) == tally["placed"] == 40
    assert sum(order.dispatched_at is not None for order in ours) == tally["dispatched"]
    assert sum(order.state is State.REJECTED for order in ours) == tally["rejected"]


async def test_an_order_that_somebody_else_placed_is_left_alone(service: Running) -> None:
    number = await service.stoa.service.orders.next_number()
    theirs = await service.stoa.service.engine.place(a_placement(), shop=service.shop, number=number)

    await simulate(Simulation(access=service.access, per_second=20), 1)

    now = await service.stoa.service.orders.read(service.shop.id, number)
    assert now is not None
    assert now.order == theirs


def simulation(url: str, per_second: float = 50) -> Simulation:
    access = Access(url=url, operator_token="op", shop_id=1, shop_token="st", vendor="skroutz")
    return Simulation(access=access, per_second=per_second)


def placing_answers(status: int, text: str = "{}") -> Handler:
    async def handle(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({})
        return web.Response(status=status, text=text)

    return handle


async def test_a_refusal_is_not_a_failure() -> None:
    async with serving(placing_answers(422)) as url:
        tally = await simulate(simulation(url), 0.2)

    assert tally["refused"] == 10
    assert tally["placed"] == tally["failed"] == 0


async def test_a_fault_of_the_server_is_counted_as_one() -> None:
    async with serving(placing_answers(500)) as url:
        tally = await simulate(simulation(url), 0.2)

    assert tally["server_errors"] == tally["failed"] == 10
    assert tally["refused"] == 0


async def test_an_answer_that_cannot_be_read_is_a_failure() -> None:
    async with serving(placing_answers(201, "<html>")) as url:
        tally = await simulate(simulation(url), 0.2)

    assert tally["failed"] == 10


async def test_orders_are_placed_at_the_rate_however_slow_the_server_is() -> None:
    arrived = 0

    async def handle(request: web.Request) -> web.Response:
        nonlocal arrived
        if request.method == "POST":
            arrived += 1
            await asyncio.sleep(0.3)
        return web.json_response({"id": arrived, "codes": {"skroutz": "261121-1000001"}})

    async with serving(handle) as url:
        tally = await simulate(simulation(url), 0.2)

    assert arrived == tally["placed"] == 10


async def test_no_more_than_a_bounded_number_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "IN_FLIGHT", 3)
    monkeypatch.setattr(run, "GRACE", 0.1)

    async def handle(request: web.Request) -> web.Response:
        if request.method == "POST":
            await asyncio.sleep(1)
        return web.json_response({})

    async with serving(handle) as url:
        tally = await simulate(simulation(url), 0.2)

    assert tally["skipped"] == 7


async def test_a_server_that_comes_back_is_used_again() -> None:
    port = unused_port()
    url = f"http://127.0.0.1:{port}"

    async with serving(placing_answers(422), port):
        running = asyncio.create_task(simulate(simulation(url), 2))
        await asyncio.sleep(0.3)
    await asyncio.sleep(0.3)
    async with serving(placing_answers(422), port):
        tally = await running

    assert tally["failed"] > 0
    assert tally["skipped"] > 0
    assert tally["refused"] > 25
    assert tally["server_errors"] == 0


async def test_a_server_that_never_answers_is_said_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PATIENCE", 0.3)

    with pytest.raises(CannotSimulate, match=r"Nobody answers at http://127\.0\.0\.1:\d+: start"):
        await simulate(simulation(f"http://127.0.0.1:{unused_port()}"), 1)


async def test_a_server_that_is_just_starting_is_waited_for() -> None:
    port = unused_port()
    running = asyncio.create_task(simulate(simulation(f"http://127.0.0.1:{port}"), 0.2))
    await asyncio.sleep(0.3)

    async with serving(placing_answers(422), port):
        tally = await running

    assert tally["refused"] == 10


async def test_credentials_that_the_server_does_not_know_are_said_to_be_wrong() -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=401)

    async with serving(handle) as url:
        with pytest.raises(CannotSimulate, match="does not know the credentials"):
            await simulate(simulation(url), 1)


@pytest.mark.parametrize("duration", [0, -1, float("nan")])
async def test_a_run_of_no_length_is_refused(duration: float) -> None:
    with pytest.raises(CannotSimulate, match="more than 0 seconds"):
        await simulate(simulation("http://127.0.0.1:1"), duration)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_an_endless_run_promptly(ending: signal.Signals) -> None:
    async with serving(placing_answers(422)) as url:
        running = asyncio.create_task(simulate(simulation(url), None))
        await asyncio.sleep(0.3)
        signal.raise_signal(ending)

        tally = await asyncio.wait_for(running, 1)

    assert tally["refused"] > 0


async def test_a_signal_ends_the_wait_for_a_server() -> None:
    running = asyncio.create_task(simulate(simulation(f"http://127.0.0.1:{unused_port()}"), None))
    await asyncio.sleep(0.3)
    signal.raise_signal(signal.SIGTERM)

    assert not any((await asyncio.wait_for(running, 1)).values())
