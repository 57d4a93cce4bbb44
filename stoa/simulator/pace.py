"""How fast simulated lives go, and how long anybody waits."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")

LEFT_TO_EXPIRE = 5.0
"""The shortest time, in seconds, in which something expires that nobody decides on: clocks may differ a little."""

MOST_PATIENCE = 120.0
"""Seconds to wait for what the service does by itself: acceptances, expiries, vouchers."""


class RunIsOver(Exception):
    """The simulation ends, and every life with it."""


class Pace(Struct, frozen=True):
    """How fast lives go: about ``mean`` seconds between two steps, until ``stop`` is set."""

    mean: float
    stop: asyncio.Event
    chance: Random

    async def pause(self, steps: float = 1.0) -> None:
        """Let time pass. Raises RunIsOver."""
        await passing(self.stop, self.mean * steps * self.chance.uniform(0.5, 1.5))
        if self.stop.is_set():
            raise RunIsOver

    async def watch(self, look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool]) -> T:
        """What is seen once it is as wanted, or when the patience ends. Raises RunIsOver, and what ``look`` raises."""
        looks_left = math.ceil(MOST_PATIENCE / self.mean)
        while not wanted(seen := await look()) and looks_left:
            looks_left -= 1
            await self.pause()
        return seen

    def deadline(self) -> datetime:
        """A moment, in UTC, that is soon past where nobody cares."""
        return datetime.now(UTC) + timedelta(seconds=max(LEFT_TO_EXPIRE, self.mean * 2))


async def passing(stop: asyncio.Event, seconds: float) -> None:
    """Let so many seconds pass, fewer when ``stop`` is set."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await stop.wait()
    except TimeoutError:
        return
