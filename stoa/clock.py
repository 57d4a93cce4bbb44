"""The one clock: handed in everywhere, so that a test, and later a sandbox, can move it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Answers with the present moment, in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


class MovableClock:
    """A clock that stands where it is put."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by
