"""``stoa doctor``: what is wrong with an installation, and what to do about it."""

import socket
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from msgspec import Struct

from stoa.app import Complete, Stoa, open_stoa
from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.store.database import open_pool
from stoa.store.installation import database_clock
from stoa.store.migrations import migrate, pending
from stoa.webhooks.guard import UrlRefused


class Finding(Struct, frozen=True):
    """One check: what was looked at, whether it is well, and a sentence."""

    what: str
    ok: bool
    says: str


MOST_DRIFT = timedelta(seconds=5)
"""Clocks that differ by more make deadlines pass at two times."""

MOST_ENDPOINTS = 100
CONNECT_WITHIN = 3.0


async def migrations_of(complete: Complete) -> list[str]:
    """Apply what is missing and say what it was."""
    pool = await open_pool(complete.database_url, connections=1)
    try:
        return await migrate(pool)
    finally:
        await pool.close()


async def examine(complete: Complete) -> list[Finding]:
    """All checks. A database that cannot be reached raises DatabaseUnavailable, which says so itself."""
    missing = await _missing_migrations(complete)
    database = Finding("database", ok=True, says="answers")
    if missing:
        says = f"lacks {', '.join(missing)}: run `stoa migrate`, or start `stoa serve`."
        return [
            database,
            Finding("migrations", ok=False, says=says),
            await _files(Blobs.open(complete.blob_url)),
        ]
    async with open_stoa(complete) as stoa:
        return [
            database,
            Finding("migrations", ok=True, says="up to date"),
            await _files(stoa.service.blobs),
            await _clock(stoa),
            *await _webhooks(stoa),
        ]


async def _missing_migrations(complete: Complete) -> list[str]:
    pool = await open_pool(complete.database_url, connections=1)
    try:
        return await pending(pool)
    finally:
        await pool.close()


async def _files(blobs: Blobs) -> Finding:
    try:
        await blobs.check()
    except BlobStoreUnavailable as fault:
        return Finding("files", ok=False, says=str(fault))
    return Finding("files", ok=True, says="can be written, read and removed")


async def _clock(stoa: Stoa) -> Finding:
    drift = abs(await database_clock(stoa.service.pool) - datetime.now(UTC))
    says = f"differs from the database's by {drift.total_seconds():.1f} s"
    if drift > MOST_DRIFT:
        return Finding("clock", ok=False, says=f"{says}: run a time service (NTP) on both machines.")
    return Finding("clock", ok=True, says=says)


async def _webhooks(stoa: Stoa) -> list[Finding]:
    return [
        await _webhook(stoa, shop_id, url)
        for shop_id, _, url in await stoa.service.shops.endpoints(MOST_ENDPOINTS)
    ]


async def _webhook(stoa: Stoa, shop_id: int, url: str) -> Finding:
    parts = urlsplit(url)
    host = parts.hostname or ""
    what = f"webhook of shop {shop_id} at {host}"
    verdict = await stoa.service.guard.check_url(url, None)
    if isinstance(verdict, UrlRefused):
        return Finding(what, ok=False, says=verdict.reason)
    if verdict.warning:
        return Finding(what, ok=False, says=verdict.warning)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), CONNECT_WITHIN).close()
    except OSError as fault:
        return Finding(what, ok=False, says=f"does not answer ({fault}): is the shop's server up?")
    return Finding(what, ok=True, says="answers")
