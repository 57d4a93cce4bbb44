"""Sends due deliveries: a lane for each shop with work, so that one shop's dead endpoint delays nobody else."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

import asyncpg
import structlog

from stoa.clock import Clock
from stoa.store.deliveries import ClaimedDelivery, Deliveries, DeliveryState, FinishedAttempt
from stoa.webhooks.schedule import RetrySchedule
from stoa.webhooks.sender import Outcome, Sender
from stoa.webhooks.signing import sign
from stoa.webhooks.vault import KeyVault, WrongSecretKey

# A lane begins small and returns to it when an endpoint fails, so that dead endpoints hold few sockets; yet
# four at once still make every request within its 20 minutes where each of them ends in a timeout.
FIRST_BATCH = 4
LARGEST_BATCH = 32

# Together below the usual limit of 1,024 open files: past MOST_FLIGHTS requests a lane sends one at a time.
MOST_LANES = 400
MOST_FLIGHTS = 400

COMMON_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stoa"}

REMOVED = Outcome(None, "the shop has removed its webhook URL", 0)
SWITCHED_OFF = Outcome(None, "this webhook is switched off", 0)
UNANNOUNCED = Outcome(
    None, "this address does not know of the return: its creation was delivered elsewhere or not at all", 0
)

# Who waits for the endpoint to be put right may wait for ever, and the order's later messages with it: it ends at once,
# and a resend looks again.
UNSENT: Mapping[Outcome, DeliveryState] = {REMOVED: "dead", SWITCHED_OFF: "dead", UNANNOUNCED: "skipped"}
"""Why no request is made, and how the delivery ends."""

Result = Literal["delivered", "failed", "dead", "skipped", "lost"]

log = structlog.get_logger(__name__)


class AttemptWatcher(Protocol):
    """Is told of every attempt: the endpoint's kind, what came of it, and how long the request took in seconds.

    ``skipped``: no request was made. ``lost``: the claim ran out before the request ended, and another process answers
    for the delivery.
    """

    def __call__(self, endpoint: str, result: Result, seconds: float, /) -> None: ...


def nobody_watches(endpoint: str, result: Result, seconds: float, /) -> None:
    """Where nothing is measured."""


def nobody_listens(_shop_id: int, /) -> None:
    """Where nobody looks at what came of webhooks."""


@dataclass(slots=True)
class Lane:
    """One shop's work in hand. ``woken``: there may be more than the last claim saw."""

    shop_id: int
    task: asyncio.Task[None] | None = None
    woken: bool = False
    size: int = FIRST_BATCH


@dataclass(kw_only=True)
class Dispatcher:
    """Claims, signs, sends and records deliveries until it is stopped.

    ``headers`` are a dialect's own, by kind of endpoint. ``lease`` must be well above the sender's total timeout:
    when it ends, others may send the delivery again. ``recorded`` is told the shop's number whenever something came of its
    deliveries. ``grace`` and ``poll`` are in seconds; ``jitter`` answers in
    [0, 1).
    """

    deliveries: Deliveries
    sender: Sender
    schedule: RetrySchedule
    vault: KeyVault
    clock: Clock
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    watcher: AttemptWatcher = nobody_watches
    recorded: Callable[[int], None] = nobody_listens
    lease: timedelta = timedelta(seconds=30)
    grace: float = 5.0
    poll: float = 1.0
    jitter: Callable[[], float] = random.SystemRandom().random

    def __post_init__(self) -> None:
        self._open = False
        self._lanes: dict[int, Lane] = {}
        self._flights: set[asyncio.Task[FinishedAttempt]] = set()
        self._in_hand = 0
        self._seen_up_to = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; then let requests end within the grace and give the rest back."""
        self._open = True
        try:
            while not stop.is_set():
                await self._look_for_work()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.poll):
                        await stop.wait()
        finally:
            await self._wind_down()

    def wake(self, shop_id: int) -> None:
        """Look at the shop's deliveries at once; call it where a due one was committed."""
        if lane := self._lanes.get(shop_id):
            lane.woken = True
        elif self._open and self._room():
            self._open_lane(shop_id)

    async def _look_for_work(self) -> None:
        """Wake shops by turns, so that those with low numbers cannot fill every lane."""
        if not (room := self._room()):
            return
        try:
            shops = await self.deliveries.due_shops(self.clock(), room, self._seen_up_to)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
            log.warning("the database does not answer, deliveries wait", fault=type(fault).__name__)
            return
        self._seen_up_to = shops[-1] if len(shops) == room else 0
        for shop_id in shops:
            self.wake(shop_id)

    def _room(self) -> int:
        return MOST_LANES - len(self._lanes)

    def _open_lane(self, shop_id: int) -> None:
        lane = self._lanes[shop_id] = Lane(shop_id)
        lane.task = asyncio.create_task(self._work(lane), name=f"deliveries of shop {shop_id}")
        lane.task.add_done_callback(lambda task: report_fault(shop_id, task))

    async def _work(self, lane: Lane) -> None:
        try:
            while await self._work_a_batch(lane):
                pass
        finally:
            del self._lanes[lane.shop_id]

    async def _work_a_batch(self, lane: Lane) -> bool:
        """Claim, send and record once; False where the lane has nothing more to do or makes room for others."""
        size = min(lane.size, max(1, MOST_FLIGHTS - self._in_hand))
        self._in_hand += size
        try:
            return await self._claim_and_deliver(lane, size)
        finally:
            self._in_hand -= size

    async def _claim_and_deliver(self, lane: Lane, size: int) -> bool:
        lane.woken = False
        batch = await self.deliveries.claim(lane.shop_id, size, self.clock(), self.lease)
        if not batch:
            return lane.woken and self._open
        all_delivered = await self._deliver(lane.shop_id, batch)
        lane.size = min(lane.size * 2, LARGEST_BATCH) if all_delivered else FIRST_BATCH
        return self._open and (all_delivered or self._room() > 0)

    async def _deliver(self, shop_id: int, batch: Sequence[ClaimedDelivery]) -> bool:
        """Send the batch at once and record it; says whether all of it was delivered."""
        answers = await asyncio.gather(*(self._take_off(held) for held in batch), return_exceptions=True)
        finished = [answer for answer in answers if isinstance(answer, FinishedAttempt)]
        called_off = [
            held
            for held, answer in zip(batch, answers, strict=True)
            if isinstance(answer, asyncio.CancelledError)
        ]
        if finished:
            self._tell(finished, await self.deliveries.record(shop_id, finished))
            self.recorded(shop_id)
        if called_off:
            await self.deliveries.release(shop_id, called_off)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return all(attempt.state == "delivered" for attempt in finished)

    def _take_off(self, held: ClaimedDelivery) -> asyncio.Task[FinishedAttempt]:
        flight = asyncio.create_task(self._attempt(held))
        if self._open:
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)
        else:
            flight.cancel()
        return flight

    async def _attempt(self, held: ClaimedDelivery) -> FinishedAttempt:
        at = self.clock()
        outcome = await self._request(held, at)
        state, next_at = self._what_next(held, outcome)
        return FinishedAttempt(
            held, at, outcome.duration_ms, outcome.status, outcome.error, state, next_at, outcome.response
        )

    async def _request(self, held: ClaimedDelivery, at: datetime) -> Outcome:
        if held.url is None or held.signing_key is None:
            return REMOVED
        if not held.enabled:
            return SWITCHED_OFF
        if not held.address_knows:
            return UNANNOUNCED
        try:
            key = self.vault.unseal(held.signing_key, held.shop_id, held.endpoint)
        except WrongSecretKey as fault:
            return Outcome(None, str(fault), 0)
        signature = sign(key, message_id(held), int(at.timestamp()), held.payload)
        own = self.headers.get(held.endpoint, {})
        return await self.sender.send(held.url, held.payload, {**COMMON_HEADERS, **own, **signature})

    def _what_next(self, held: ClaimedDelivery, outcome: Outcome) -> tuple[DeliveryState, datetime | None]:
        if outcome.delivered:
            return "delivered", None
        if outcome in UNSENT:
            return UNSENT[outcome], None
        next_at = self.schedule.due_after(held.tries + 1, self.clock(), self.jitter())
        return ("pending", next_at) if next_at else ("dead", None)

    def _tell(self, finished: Sequence[FinishedAttempt], still_held: set[int]) -> None:
        for attempt in finished:
            held = attempt.delivery
            result = result_of(attempt) if held.id in still_held else "lost"
            self.watcher(held.endpoint, result, attempt.duration_ms / 1000)
            if result in {"dead", "lost"}:
                log.warning(
                    "delivery ended without success",
                    result=result,
                    shop_id=held.shop_id,
                    delivery_id=held.id,
                    status=attempt.status,
                )

    async def _wind_down(self) -> None:
        self._open = False
        lanes = [lane.task for lane in self._lanes.values() if lane.task]
        if not lanes:
            return
        await asyncio.wait(lanes, timeout=self.grace)
        for flight in self._flights:
            flight.cancel()
        await asyncio.wait(lanes)


def message_id(held: ClaimedDelivery) -> str:
    """Name the message for its receiver: the same for every request and every resend."""
    return f"msg_{held.shop_id}_{held.id}"


def result_of(attempt: FinishedAttempt) -> Result:
    return "failed" if attempt.state == "pending" else attempt.state


def report_fault(shop_id: int, task: asyncio.Task[None]) -> None:
    """Say that a lane broke. What it had claimed is sent when the lease ends."""
    if not task.cancelled() and (fault := task.exception()):
        log.error("deliveries of a shop stopped", shop_id=shop_id, fault=type(fault).__name__, exc_info=fault)
