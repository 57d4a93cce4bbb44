"""All that a database holds, to tell whether anything changed and whether a secret lies in it."""

import asyncpg

TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name"""


async def contents(pool: asyncpg.Pool) -> dict[str, list[str]]:
    """Every row of every table as text."""
    names = [row["table_name"] for row in await pool.fetch(TABLES)]
    return {name: await _rows(pool, name) for name in names}


async def _rows(pool: asyncpg.Pool, name: str) -> list[str]:
    return [row["row"] for row in await pool.fetch(f'SELECT t::text AS row FROM "{name}" AS t ORDER BY 1')]
