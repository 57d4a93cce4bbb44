"""Customers, a merchant and couriers that keep a running demo server busy, for as long as it is wanted."""

import asyncio
import contextlib
import re
import signal
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Self
from urllib.parse import urlsplit

import msgspec
import structlog
from msgspec import Struct

from stoa.orders.order import State
from stoa.settings import read_settings
from stoa.simulator.lives import Life, place
from stoa.simulator.pace import Pace, RunIsOver, passing
from stoa.simulator.returns import COUNTED_AS
from stoa.simulator.server import IN_FLIGHT, Access, NotDone, Server
from stoa.simulator.supplies import ANNOUNCED, RECEIVED, Supplies, enough

log = structlog.get_logger(__name__)

COUNTED = {
    "orders": ("placed", *(state.value for state in State if state is not State.OPEN), "skipped"),
    "returns": tuple(COUNTED_AS.values()),
    "purchase orders": (ANNOUNCED, RECEIVED),
    "calls": ("refused", "failed", "server_errors"),
}
"""What is counted, by what it is about."""

SECONDS = {"s": 1, "m": 60, "h": 3600}
MOST_PER_SECOND = 1000
FEWEST_PER_SECOND = 1 / 3600

PATIENCE = 10.0
"""Seconds for a server that is just starting to answer."""

GRACE = 2.0
"""Seconds for requests under way at the end to be answered."""


class CannotSimulate(Exception):
    """One sentence: why the simulation does not begin, and what to do."""


def read_rate(text: str) -> float:
    """Orders per second, from "2/s", "10/m" or "100/h". Raises ValueError."""
    matched = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)/([smh])", text.strip())
    if matched is None:
        raise ValueError(
            f"--rate must be a number of orders for a second, minute or hour, such as 2/s or 10/m, not {text!r}."
        )
    per_second = float(matched[1]) / SECONDS[matched[2]]
    if not FEWEST_PER_SECOND <= per_second <= MOST_PER_SECOND:
        raise ValueError(f"--rate must be from 1/h to {MOST_PER_SECOND}/s, not {text}.")
    return per_second


class _Token(Struct):
    token: str


class _Shop(Struct):
    id: int
    skroutz: _Token


class _Demo(Struct):
    """What the simulation needs of ``demo.json``. To read it the way the demo does would load the whole service."""

    url: str
    operator: _Token
    shops: list[_Shop]


class Simulation(Struct, frozen=True, kw_only=True):
    """Which shop is kept busy, and with how many new orders a second."""

    access: Access
    per_second: float

    @classmethod
    def of_demo(cls, data: Path, *, shop_number: int, url: str | None, per_second: float) -> Self:
        """Of a shop of the demo in a data folder, counted from 1. Raises ValueError or WrongSetting."""
        demo = _read_demo(data / "demo.json")
        if not 1 <= shop_number <= len(demo.shops):
            raise ValueError(
                f"--shop-number must be from 1 to {len(demo.shops)}: the demo has no shop {shop_number}."
            )
        shop = demo.shops[shop_number - 1]
        access = Access(
            url=_read_url(demo.url if url is None else url),
            operator_token=demo.operator.token,
            shop_id=shop.id,
            shop_token=shop.skroutz.token,
            vendor=read_settings().site_name,
        )
        return cls(access=access, per_second=per_second)


def _read_demo(file: Path) -> _Demo:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Demo)
    except OSError as fault:
        raise ValueError(
            f"{file} cannot be read ({fault.strerror}): start `stoa serve --demo` first, with the same --data."
        ) from fault
    except msgspec.DecodeError as fault:
        raise ValueError(f"{file} is damaged: start `stoa serve --demo` again, which mends it.") from fault


def _read_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port != 0
    except ValueError:
        port_is_fine = False
    if not port_is_fine or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"--url must be an address such as http://127.0.0.1:8000, not {text!r}.")
    return text.rstrip("/")


async def simulate(simulation: Simulation, duration: float | None) -> dict[str, int]:
    """Keep the shop busy for so many seconds, or until SIGINT or SIGTERM. Acts on no orders but its own.

    Answers with how many orders were placed and reached each state, the same of returns and purchase orders, and how
    many calls were ``refused`` (4xx) or ``failed`` (no answer, or 5xx; the latter are also ``server_errors``);
    ``skipped`` orders were due while the server was away or behind. Raises CannotSimulate.
    """
    if duration is not None and not duration > 0:
        raise CannotSimulate("--duration must be more than 0 seconds.")
    tally = Counter({counted: 0 for about in COUNTED.values() for counted in about})
    stop = asyncio.Event()
    with _ended_by_signals(stop):
        async with Server(simulation.access, tally) as server:
            await _meet(server, simulation.access.url, stop)
            crowd = _Crowd(simulation, duration, server, tally, stop)
            await crowd.come()
    return dict(tally)


def told(tally: Mapping[str, int]) -> str:
    """What was counted, a line for each thing that it is about."""
    return "\n".join(
        f"{about}: {', '.join(_counted(about, what, tally[what]) for what in counted)}"
        for about, counted in COUNTED.items()
    )


def _counted(about: str, what: str, number: int) -> str:
    words = what.replace("_", " ").removeprefix(f"{about} ")
    return f"{number} {words}"


@contextlib.contextmanager
def _ended_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    endings = (signal.SIGINT, signal.SIGTERM)
    for ending in endings:
        loop.add_signal_handler(ending, stop.set)
    try:
        yield
    finally:
        for ending in endings:
            loop.remove_signal_handler(ending)


async def _meet(server: Server, url: str, stop: asyncio.Event) -> None:
    """Wait for a server that is just starting. Raises CannotSimulate."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while (known := await server.knows_us()) is None and not stop.is_set():
        if asyncio.get_running_loop().time() > end:
            raise CannotSimulate(
                f"Nobody answers at {url}: start `stoa serve --demo`, or say with --url where it runs."
            )
        await passing(stop, 0.25)
    if known is False:
        raise CannotSimulate(
            f"The server at {url} does not know the credentials in demo.json: "
            "name its data folder with --data, or start `stoa serve --demo` again."
        )


def pause_between_steps(per_second: float, duration: float | None) -> float:
    """Seconds: about one order is always moving, and most lives of a short run reach their end."""
    pause = min(max(3.0, 0.25 / per_second), 60.0)
    return pause if duration is None else min(pause, duration / 20)


class _Crowd:
    """Everybody who has to do with the orders of one run."""

    def __init__(
        self,
        simulation: Simulation,
        duration: float | None,
        server: Server,
        tally: Counter[str],
        stop: asyncio.Event,
    ) -> None:
        self._per_second = simulation.per_second
        self._duration = float("inf") if duration is None else duration
        self._server = server
        self._tally = tally
        self._stop = stop
        mean = pause_between_steps(simulation.per_second, duration)
        self._pace = Pace(mean, stop, Random())  # noqa: S311 - nothing here is a secret
        pieces = enough(simulation.per_second, mean)
        self._supplies = Supplies(server, self._pace, tally, pieces=pieces)
        self._lives: set[asyncio.Task[None]] = set()
        self._being_placed = 0

    async def come(self) -> None:
        """Place orders until the run is over; then let requests under way be answered, and end the rest."""
        if not self._stop.is_set():
            self._begin(self._supplies.keep_up())
        try:
            await self._place_at_the_rate()
        finally:
            self._stop.set()
            await self._leave()

    async def _place_at_the_rate(self) -> None:
        """At its moment each, however long the orders before it take."""
        loop = asyncio.get_running_loop()
        began, due, orders = loop.time(), 0.0, 0
        while not self._stop.is_set() and due < self._duration:
            self._one_more()
            orders += 1
            due = orders / self._per_second
            await passing(self._stop, began + min(due, self._duration) - loop.time())

    def _one_more(self) -> None:
        if not self._server.is_there or self._being_placed >= IN_FLIGHT:
            self._tally["skipped"] += 1
            return
        self._begin(self._live())

    def _begin(self, doings: Coroutine[None, None, None]) -> None:
        life = asyncio.create_task(self._lead(doings))
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    async def _lead(self, doings: Coroutine[None, None, None]) -> None:
        try:
            await doings
        except (NotDone, RunIsOver):
            return
        except Exception:
            # One life must not end all others.
            self._tally["failed"] += 1
            log.exception("simulation.life_failed")

    async def _live(self) -> None:
        await (await self._place()).live()

    async def _place(self) -> Life:
        self._being_placed += 1
        try:
            return await place(self._server, self._pace, self._tally)
        finally:
            self._being_placed -= 1

    async def _leave(self) -> None:
        if self._lives:
            _, late = await asyncio.wait(self._lives, timeout=GRACE)
            for life in late:
                life.cancel()
            await asyncio.gather(*late, return_exceptions=True)
