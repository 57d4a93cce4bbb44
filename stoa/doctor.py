"""``stoa doctor``: what is wrong with an installation, and what to do about it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from msgspec import Struct

from stoa.app import Complete, Stoa, open_stoa
from stoa.data_folder import DataFolder, FolderUnusable, NoInstallation
from stoa.demo.shops import is_demo, with_loopback
from stoa.dialects import Context, DialectUnusable, load_dialects
from stoa.documents.blobs import Blobs, BlobStoreUnavailable, BlobUrlInvalid
from stoa.documents.links import Links
from stoa.settings import WrongSetting, read_settings
from stoa.store.database import DatabaseUnavailable, Pool, open_pool
from stoa.store.installation import SecretKeyChanged, database_clock
from stoa.store.local_postgres import PostgresUnavailable
from stoa.store.migrations import SchemaFromTheFuture, migrate, pending
from stoa.webhooks.guard import UrlRefused


class Finding(Struct, frozen=True):
    """One check: what was looked at, whether it is well, and a sentence."""

    what: str
    ok: bool
    says: str


SAYS_IT_ALL: Mapping[type[Exception], str] = {
    WrongSetting: "settings",
    NoInstallation: "data folder",
    FolderUnusable: "data folder",
    PostgresUnavailable: "database",
    DatabaseUnavailable: "database",
    SchemaFromTheFuture: "migrations",
    BlobUrlInvalid: "files",
    BlobStoreUnavailable: "files",
    DialectUnusable: "dialects",
    SecretKeyChanged: "secret key",
}
"""What keeps an installation from working: exceptions whose message is a sentence, and what each is about."""

DATABASE_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    ConnectionError,
)
"""What a query raises when the process that runs the database ends."""

SAID_OF_LOSS = "The database was stopped in the middle of this: run the command again."

MOST_DRIFT = timedelta(seconds=5)
"""Clocks that differ by more make deadlines pass at two times."""

MOST_ENDPOINTS = 100
CONNECT_WITHIN = 3.0


async def migrations_of(complete: Complete) -> list[str]:
    """Apply what is missing and say what it was."""
    async with _connected(complete) as pool:
        return await migrate(pool)


async def schema_of(complete: Complete) -> Finding:
    """Whether the schema is up to date. Raises DatabaseUnavailable or SchemaFromTheFuture."""
    async with _connected(complete) as pool:
        return _schema(await pending(pool))


@asynccontextmanager
async def _connected(complete: Complete) -> AsyncIterator[Pool]:
    pool = await open_pool(complete.database_url, connections=1)
    try:
        yield pool
    finally:
        await pool.close()


def examine(data: Path) -> list[Finding]:
    """All checks of the installation in a data folder. What keeps the next ones from being made is the last finding."""
    findings: list[Finding] = []
    try:
        settings = read_settings()
        settings = with_loopback(settings) if is_demo(data) else settings
        with DataFolder(data).complete(settings, begin=False) as complete:
            asyncio.run(_examine(complete, findings))
    except tuple(SAYS_IT_ALL) as fault:
        findings.append(Finding(SAYS_IT_ALL[type(fault)], ok=False, says=str(fault)))
    except DATABASE_LOST:
        findings.append(Finding("database", ok=False, says=SAID_OF_LOSS))
    return findings


async def _examine(complete: Complete, findings: list[Finding]) -> None:
    async for finding in _checks(complete):
        findings.append(finding)  # noqa: PERF401 - what was found before a check that fails is kept


async def _checks(complete: Complete) -> AsyncIterator[Finding]:
    async with _connected(complete) as pool:
        yield Finding("database", ok=True, says="answers")
        schema = _schema(await pending(pool))
    yield schema
    yield await _files(Blobs.open(complete.blob_url))
    yield _dialects(complete)
    if schema.ok:
        async with open_stoa(complete) as stoa:
            yield await _clock(stoa)
            for finding in await _webhooks(stoa):
                yield finding


def _schema(missing: Sequence[str]) -> Finding:
    if missing:
        says = f"lacks {', '.join(missing)}: run `stoa migrate`, or start `stoa serve`."
        return Finding("migrations", ok=False, says=says)
    return Finding("migrations", ok=True, says="up to date")


async def _files(blobs: Blobs) -> Finding:
    try:
        await blobs.check()
    except BlobStoreUnavailable as fault:
        return Finding("files", ok=False, says=str(fault))
    return Finding("files", ok=True, says="can be written, read and removed")


def _dialects(complete: Complete) -> Finding:
    """Those that are loaded. Raises DialectUnusable."""
    links = Links(complete.public_url, complete.secret_key)
    loaded = load_dialects(Context(links, complete.settings))
    return Finding("dialects", ok=True, says=", ".join(dialect.name for dialect in loaded))


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
