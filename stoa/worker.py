"""The background work of one process: deliveries and timers, woken by the bell, and housekeeping."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta

import structlog

from stoa.dialects import Dialect
from stoa.housekeeping import Housekeeping
from stoa.service import Service
from stoa.store.bell import CHANNEL, GATHERING_TOLD, TOLD, Bell
from stoa.store.database import listen
from stoa.timers import Timers
from stoa.web.metrics import count_attempt
from stoa.webhooks.dispatcher import Dispatcher
from stoa.webhooks.sender import Sender

log = structlog.get_logger(__name__)

TO_RECORD = timedelta(seconds=20)
"""Time to note what came of a request once it has ended."""

HEARING_AGAIN_AFTER = 1.0
"""Seconds until the bell is listened for again when the connection broke; meanwhile the polls find the work."""


async def work(service: Service, dialects: Sequence[Dialect], stop: asyncio.Event) -> None:
    """Send, print and watch the clock until ``stop`` is set; then finish or give back what is in hand."""
    settings = service.settings
    sender = Sender(service.guard, settings.webhook_connect_timeout, settings.webhook_timeout)
    timers = Timers(service)
    told = Bell(service.pool, TOLD, GATHERING_TOLD)
    async with sender:
        dispatcher = Dispatcher(
            deliveries=service.deliveries,
            sender=sender,
            schedule=settings.webhook_retries,
            vault=service.vault,
            clock=service.clock,
            headers={kind: said for dialect in dialects for kind, said in dialect.endpoint_headers.items()},
            watcher=count_attempt,
            recorded=told.ring,
            # Nobody may take a delivery over while its request can still be answered.
            lease=timedelta(seconds=settings.webhook_timeout) + TO_RECORD,
        )
        log.info("worker.started")
        async with asyncio.TaskGroup() as group:
            group.create_task(dispatcher.run(stop))
            group.create_task(timers.run(stop))
            group.create_task(_hear(service, dispatcher, timers, stop))
            group.create_task(Housekeeping(service, dialects).run(stop))
        await service.bell.close()
        await told.close()
        log.info("worker.stopped")


async def _hear(service: Service, dispatcher: Dispatcher, timers: Timers, stop: asyncio.Event) -> None:
    def heard(payload: str) -> None:
        dispatcher.wake(int(payload))
        timers.wake(int(payload))

    while not stop.is_set():
        try:
            await listen(service.pool, (CHANNEL,), heard, until=stop)
        except Exception as fault:  # noqa: BLE001 - whatever broke the connection, listening begins anew
            log.warning("worker.deaf", fault=type(fault).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), HEARING_AGAIN_AFTER)
