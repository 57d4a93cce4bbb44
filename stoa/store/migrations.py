"""The schema, brought up to date at every start. Two processes that start together are fine: one waits."""

from importlib.resources import files

import asyncpg
from msgspec import Struct

from stoa.store.database import Connection, DatabaseUnavailable, Pool

# A number of our own among the database's advisory locks ("stoa" in ASCII).
TAKE_THE_LOCK = "SELECT pg_advisory_xact_lock(1937010529)"

LONG = 3600.0
"""Seconds: another process may be at it, and a large table takes its time."""

# What was applied is noted in the database itself.
CREATE_THE_LIST = """
CREATE TABLE IF NOT EXISTS migrations (
    name       text        NOT NULL PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""

READ_THE_LIST = "SELECT name FROM migrations"

THE_LIST_EXISTS = "SELECT to_regclass('migrations') IS NOT NULL"

NOTE_ONE = "INSERT INTO migrations (name) VALUES ($1)"


class Migration(Struct, frozen=True):
    name: str
    sql: str


class SchemaFromTheFuture(Exception):
    """The database was brought up to date by a newer Stoa than this one."""


def migrations() -> list[Migration]:
    """All of them, oldest first."""
    folder = files("stoa.store") / "migrations"
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda e: e.name
    )
    return [Migration(script.name.removesuffix(".sql"), script.read_text("utf-8")) for script in scripts]


async def migrate(pool: Pool) -> list[str]:
    """Apply what is missing, all or nothing, and say what it was. Raises SchemaFromTheFuture or DatabaseUnavailable."""
    try:
        async with pool.acquire() as connection, connection.transaction():
            missing = await _apply(connection)
    except asyncpg.InsufficientPrivilegeError as fault:
        raise DatabaseUnavailable(
            "The account of STOA_DATABASE_URL may not create tables: make it the owner of its database."
        ) from fault
    return [migration.name for migration in missing]


async def _apply(connection: Connection) -> list[Migration]:
    await connection.execute(TAKE_THE_LOCK, timeout=LONG)
    await connection.execute(CREATE_THE_LIST)
    missing = await _missing(connection)
    for migration in missing:
        await connection.execute(migration.sql, timeout=LONG)
        await connection.execute(NOTE_ONE, migration.name)
    return missing


async def pending(pool: Pool) -> list[str]:
    """The names of the migrations that the database lacks. Raises SchemaFromTheFuture."""
    async with pool.acquire() as connection:
        if not await connection.fetchval(THE_LIST_EXISTS):
            return [migration.name for migration in migrations()]
        return [migration.name for migration in await _missing(connection)]


async def _missing(connection: Connection) -> list[Migration]:
    applied = {row["name"] for row in await connection.fetch(READ_THE_LIST)}
    known = migrations()
    unknown = applied - {migration.name for migration in known}
    if unknown:
        raise SchemaFromTheFuture(
            f"The database knows the migration {min(unknown)}, which this version of Stoa does not: use the newer version."
        )
    return [migration for migration in known if migration.name not in applied]
