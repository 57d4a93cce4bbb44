"""Pages that learn of changes by themselves: one ear on the bell for a process, and a stream for every open page."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from stoa.desk.entry import BASE, Desk, SignInNeeded
from stoa.service import Service
from stoa.store.bell import CHANNEL, TOLD
from stoa.store.database import listen
from stoa.web.faults import Fault
from stoa.web.routing import Endpoint, get

log = structlog.get_logger(__name__)

LIVE = f"{BASE}/{{shop_id:int}}/live"

BEAT = 20.0
"""Seconds between signs of life: a proxy closes what is silent, and whoever was signed out is told no more."""

PAUSE = 1.0
"""Seconds in which many changes are one."""

HEARING_AGAIN_AFTER = 1.0

MOST_PAGES = 20
"""Pages that one person may have open at once, in each process."""

IN_DOUBT = timedelta(seconds=2)
"""How long before a page was asked for a change may have been heard of that it does not show: clocks of several machines
differ, and the bell is rung after the change is saved."""

LONGEST_MARK = 13
"""Digits: milliseconds until the year 2286."""

EVENTS = "text/event-stream"

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}

# A page that lost the stream asks again after two seconds.
HELLO = b"retry: 2000\nevent: hello\ndata:\n\n"
CHANGED = b"event: changed\ndata:\n\n"
ALIVE = b": still here\n\n"


class Ear:
    """Hears which shops have news, and wakes the pages that are open for them. One connection listens for all, from the
    first page that is opened until ``ending`` is set."""

    def __init__(self, service: Service, ending: asyncio.Event) -> None:
        self._service = service
        self._clock = service.clock
        self._ending = ending
        self._open: dict[int, set[asyncio.Event]] = defaultdict(set)
        self._heard_at: dict[int, datetime] = {}
        self._hearing_since: datetime | None = None
        self._listening: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def news_of(self, shop_id: int, since: datetime) -> Iterator[asyncio.Event]:
        """An event that is set whenever something of the shop changed, or may have changed after ``since``; and when the
        process ends."""
        news = asyncio.Event()
        self._open[shop_id].add(news)
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        if self._may_have_changed(shop_id, since):
            news.set()
        try:
            yield news
        finally:
            self._open[shop_id].discard(news)
            if not self._open[shop_id]:
                del self._open[shop_id]

    def _may_have_changed(self, shop_id: int, since: datetime) -> bool:
        known = (at for at in (self._hearing_since, self._heard_at.get(shop_id)) if at)
        return self._ending.is_set() or any(at >= since - IN_DOUBT for at in known)

    async def _listen(self) -> None:
        while not self._ending.is_set():
            try:
                await listen(
                    self._service.pool,
                    (CHANNEL, TOLD),
                    self._heard,
                    until=self._ending,
                    begun=self._hears,
                )
            except Exception as fault:  # noqa: BLE001 - whatever broke the connection, listening begins anew
                log.warning("desk.deaf", fault=type(fault).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), HEARING_AGAIN_AFTER)
        self._wake_all()

    def _hears(self) -> None:
        # What was said before, nobody heard.
        self._hearing_since = self._clock()
        self._wake_all()

    def _heard(self, payload: str) -> None:
        shop_id = int(payload)
        self._heard_at[shop_id] = self._clock()
        for news in self._open.get(shop_id, ()):
            news.set()

    def _wake_all(self) -> None:
        for events in self._open.values():
            for news in events:
                news.set()


class Live:
    def __init__(self, desk: Desk) -> None:
        self._door = desk.door
        self._ending = desk.ending
        self._ear = Ear(desk.service, desk.ending)
        self._pages: dict[int, int] = defaultdict(int)

    async def follow(self, request: Request, shop_id: int) -> Response:
        """A stream that says when something of the shop has changed, never what. Raises SignInNeeded or Fault."""
        visit, _shop = await self._door.shop(request, shop_id)
        person_id = visit.person.person_id
        if self._pages[person_id] >= MOST_PAGES:
            raise Fault(429, "too_many_pages", "Too many pages are open: close some.")
        if request.method == "HEAD":
            return Response(headers=HEADERS, media_type=EVENTS)
        stream = self._counted(person_id, self._stream(request, shop_id))
        return StreamingResponse(stream, media_type=EVENTS, headers=HEADERS)

    async def _counted(self, person_id: int, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        # Many that were asked for at once were all let in.
        if self._pages[person_id] >= MOST_PAGES:
            return
        self._pages[person_id] += 1
        try:
            async for said in stream:
                yield said
        finally:
            self._pages[person_id] -= 1
            if not self._pages[person_id]:
                del self._pages[person_id]

    async def _stream(self, request: Request, shop_id: int) -> AsyncIterator[bytes]:
        with self._ear.news_of(shop_id, _since(request)) as news:
            yield HELLO
            beat = monotonic() + BEAT
            while not self._ending.is_set():
                if monotonic() >= beat:
                    if not await self._may_still(request, shop_id):
                        return
                    beat = monotonic() + BEAT
                    yield ALIVE
                elif await _is_set_before(beat, news) and not self._ending.is_set():
                    news.clear()
                    yield CHANGED
                    await asyncio.sleep(PAUSE)

    async def _may_still(self, request: Request, shop_id: int) -> bool:
        try:
            await self._door.shop(request, shop_id)
        except (SignInNeeded, Fault):
            return False
        return True


def _since(request: Request) -> datetime:
    """When the page was asked for that opens the stream, see ``Visit.mark``; long ago where it does not say so."""
    mark = request.query_params.get("since", "")
    known = mark.isdecimal() and len(mark) <= LONGEST_MARK
    return datetime.fromtimestamp(int(mark) / 1000 if known else 0, UTC)


async def _is_set_before(end: float, news: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(news.wait(), end - monotonic())
    except TimeoutError:
        return False
    return True


def live_routes(desk: Desk) -> list[Endpoint]:
    return [get(LIVE)(Live(desk).follow)]
