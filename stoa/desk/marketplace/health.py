"""Whether the whole installation is well, as far as a page can tell in a moment."""

import asyncio
from datetime import datetime, timedelta

from msgspec import Struct

from stoa.desk.rendering import say, span_text
from stoa.documents.blobs import BlobStoreUnavailable
from stoa.service import Service
from stoa.store.installation import worker_seen
from stoa.store.migrations import SchemaFromTheFuture, pending
from stoa.store.overview import Queue

ANSWERS_WITHIN = 2.0
"""Seconds for the file store: somebody waits for the page."""

ALIVE_WITHIN = timedelta(seconds=30)
"""A worker that lives was seen less long ago."""

BEHIND_AFTER = timedelta(minutes=1)
"""What is due waits a second or two; longer where the worker does not keep up."""


class Check(Struct, frozen=True):
    """What was looked at, whether it is well, and a sentence about it."""

    what: str
    ok: bool
    says: str


async def health(service: Service, queue: Queue, language: str) -> list[Check]:
    """All checks, in the language. That the database answers is known: whoever asks was found in it."""
    now = service.clock()
    schema, files, seen = await asyncio.gather(
        _schema(service, language), _files(service, language), worker_seen(service.pool)
    )
    return [
        schema,
        files,
        _worker(seen, now, language),
        Check(say(language, "Webhooks"), *_waiting(queue.due_since, now, language)),
        Check(say(language, "Deadlines"), *_waiting(queue.timers_due_since, now, language)),
    ]


async def _schema(service: Service, language: str) -> Check:
    what = say(language, "Database")
    try:
        missing = await pending(service.pool)
    except SchemaFromTheFuture:
        return Check(what, ok=False, says=say(language, "It was brought up to date by a newer version."))
    if missing:
        return Check(what, ok=False, says=say(language, "It is not up to date: run stoa migrate."))
    return Check(what, ok=True, says=say(language, "It answers and is up to date."))


async def _files(service: Service, language: str) -> Check:
    what = say(language, "Files")
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            await service.blobs.check()
    except (TimeoutError, BlobStoreUnavailable):
        return Check(what, ok=False, says=say(language, "Files cannot be kept or read: run stoa doctor."))
    return Check(what, ok=True, says=say(language, "Files can be written, read and removed."))


def _worker(seen: datetime | None, now: datetime, language: str) -> Check:
    what = say(language, "Background worker")
    if seen is None:
        return Check(what, ok=False, says=say(language, "None has ever been seen: start stoa worker."))
    if now - seen > ALIVE_WITHIN:
        gone = say(language, "Not seen for {time}: start stoa worker.", time=span_text(language, now - seen))
        return Check(what, ok=False, says=gone)
    return Check(what, ok=True, says=say(language, "It is at work."))


def _waiting(since: datetime | None, now: datetime, language: str) -> tuple[bool, str]:
    if since is None or now - since <= BEHIND_AFTER:
        return True, say(language, "Nothing waits for long.")
    return False, say(language, "The oldest has waited for {time}.", time=span_text(language, now - since))
