"""The simulation over HTTP: against the real service, and against servers that misbehave."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from msgspec import Struct
from msgspec.structs import replace

from stoa.app import Stoa, open_stoa, web_app
from stoa.orders import timers
from stoa.orders.order import Fulfilment, ReturnReason, State
from stoa.orders.shop import PickupLocation, Shop
from stoa.simulator import lives, orders, pace, reasons, returns, run
from stoa.simulator.catalogue import STORED
from stoa.simulator.pace import Pace, RunIsOver
from stoa.simulator.run import CannotSimulate, Simulation, simulate
from stoa.simulator.server import Access, Server
from stoa.simulator.supplies import RECEIVED, Supplies
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
    "RETURNS": {"return": 1, "return_partially": 1, "request": 1},
}


@pytest.fixture
def rare_things_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "EXPRESS_ACCEPTED_AFTER", timedelta(seconds=1))
    monkeypatch.setattr(pace, "LEFT_TO_EXPIRE", 3.0)
    for name, weights in RARE_THINGS.items():
        monkeypatch.setattr(lives, name, weights)


AT_A_TIME = 20


class Town(Struct, frozen=True):
    """Everybody who has to do with the service, however long it takes them."""

    server: Server
    pace: Pace
    tally: Counter[str]

    async def live(self, number: int) -> None:
        """So many orders come, and each lives to its end."""
        room = asyncio.Semaphore(AT_A_TIME)
        await asyncio.gather(*(self._live(room) for _ in range(number)))

    async def _live(self, room: asyncio.Semaphore) -> None:
        async with room:
            await (await lives.place(self.server, self.pace, self.tally)).live()


@pytest.fixture
async def town(service: Running) -> AsyncIterator[Town]:
    tally: Counter[str] = Counter()
    async with Server(service.access, tally) as server:
        yield Town(server, Pace(0.02, asyncio.Event(), Random()), tally)


async def test_whatever_becomes_of_orders_the_service_agrees(rare_things_happen: None, town: Town) -> None:
    await town.live(60)

    assert town.tally["placed"] == 60
    for state in ("accepted", "rejected", "cancelled", "expired", "dispatched", "for_return", "returned"):
        assert town.tally[state] > 0, state


@pytest.fixture
def everybody_wants_to_return(rare_things_happen: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, choice in {"ENDINGS": "accept", "DELIVERIES": "deliver", "RETURNS": "request"}.items():
        monkeypatch.setattr(lives, name, {choice: 1})


CHANCES_OF_RETURNS: dict[str, dict[str, object]] = {
    "returns_returned": {"INSPECTIONS": {"take_back": 1}},
    "returns_rejected": {"INSPECTIONS": {"send_back": 1}},
    "returns_cancelled": {"CALLED_BACK": 1.0},
    "returns_expired": {"ENDINGS": {"expire": 1}},
}
"""What has to happen to returns for all of them to end so."""


@pytest.mark.parametrize("end", CHANCES_OF_RETURNS)
async def test_whatever_becomes_of_returns_the_service_agrees(
    end: str, everybody_wants_to_return: None, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    likely: dict[str, object] = {"ENDINGS": {"answer": 1}, "APPROVED": 1.0, "CALLED_BACK": 0.0}
    for name, chance in (likely | CHANCES_OF_RETURNS[end]).items():
        monkeypatch.setattr(returns, name, chance)

    await town.live(6)

    assert town.tally["returns_requested"] > 3
    assert town.tally[end] == town.tally["returns_requested"]


async def test_every_answer_that_a_return_offers_can_be_given(
    everybody_wants_to_return: None, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returns, "ENDINGS", {"answer": 1})
    monkeypatch.setattr(returns, "APPROVED", 0.0)
    monkeypatch.setattr(reasons, "REASONS", dict.fromkeys(ReturnReason, 1))

    await town.live(25)

    ended = town.tally["returns_rejected"] + town.tally["returns_cancelled"]
    assert ended == town.tally["returns_requested"] > 15


async def test_goods_come_to_the_warehouse_are_sold_from_there_and_some_come_back_and_the_books_agree(
    rare_things_happen: None, town: Town, service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PRODUCTS", STORED)
    async with supplying(town):
        await town.live(40)

    placed = await service.stoa.service.orders.page(service.shop.id, before=2**60, limit=300)
    served = [order for order in placed if order.fulfilment is Fulfilment.WAREHOUSE]
    warehouse = service.stoa.service.warehouse
    movements = [
        await warehouse.movements(service.shop.id, product.id, before=2**60, limit=300)
        for product in await warehouse.products(service.shop.id, limit=100)
    ]
    audit = await warehouse.audit()
    assert {order.delivery_note is None for order in served} == {False, True}
    assert {movement.kind for moved in movements for movement in moved} == {"received", "sent", "came_back"}
    assert town.tally[RECEIVED] > 1
    assert (audit.products, list(audit.faults)) == (len(STORED), [])


@asynccontextmanager
async def supplying(town: Town) -> AsyncIterator[None]:
    """The shop has a few goods in the warehouse, and sends more of them when these run short."""
    supplies = asyncio.create_task(Supplies(town.server, town.pace, town.tally, pieces=8).keep_up())
    async with asyncio.timeout(60):
        await town.pace.watch(lambda: asyncio.sleep(0, town.tally[RECEIVED]), bool)
    yield
    town.pace.stop.set()
    with pytest.raises(RunIsOver):
        await supplies
    assert not town.tally["refused"] + town.tally["failed"]


async def test_what_is_counted_is_what_the_service_has(service: Running) -> None:
    tally = await simulate(Simulation(access=service.access, per_second=20), 2)

    saved = await service.stoa.service.orders.page(service.shop.id, before=2**60, limit=200)
    ours = [order for order in saved if order.replaces is None and order.return_of is None]
    assert len(ours) == tally["placed"] == 40
    assert sum(order.dispatched_at is not None for order in ours) == tally["dispatched"]
    assert sum(order.state is State.REJECTED for order in ours) == tally["rejected"]
    wanted_back = [order for order in saved if order.return_request]
    assert len(wanted_back) == tally["returns_requested"]


async def test_however_a_run_ends_no_call_has_failed_and_the_books_of_the_warehouse_agree(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PRODUCTS", STORED)
    tally = await simulate(Simulation(access=service.access, per_second=20), 3)

    assert tally["purchase_orders_announced"] >= tally["purchase_orders_received"] > 0
    assert tally["refused"] == tally["failed"] == tally["server_errors"] == tally["skipped"] == 0
    audit = await service.stoa.service.warehouse.audit()
    assert (audit.products, list(audit.faults)) == (len(STORED), [])


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


FULL_WAREHOUSE = {
    "products": [{"shop_uid": product.uid, "active": True, "quantity": 1000} for product in STORED],
    "meta": {"pagination": {"total_pages": 1}},
}
"""Nothing need be sent there."""


def placing_answers(status: int, text: str = "{}") -> Handler:
    async def handle(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response(FULL_WAREHOUSE)
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
        return web.json_response({**FULL_WAREHOUSE, "id": arrived, "codes": {"skroutz": "261121-1000001"}})

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
