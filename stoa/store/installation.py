"""What the installation as a whole remembers."""

import hashlib
from datetime import datetime

from stoa.store.database import Pool

FINGERPRINT = "secret_key_fingerprint"

WORKER = "worker_seen_at"

# The first start notes the key's fingerprint, every later one compares.
NOTE_OR_READ = """
WITH noted AS (
    INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING value)
SELECT value FROM noted UNION ALL SELECT value FROM installation WHERE name = $1 LIMIT 1"""


class SecretKeyChanged(Exception):
    """STOA_SECRET_KEY is not the one that this database was begun with."""


async def check_secret_key(pool: Pool, secret_key: str) -> None:
    """Make sure that signing keys and public links still work. Raises SecretKeyChanged."""
    fingerprint = hashlib.sha256(b"fingerprint:" + secret_key.encode()).digest()
    known: bytes = await pool.fetchval(NOTE_OR_READ, FINGERPRINT, fingerprint)
    if known != fingerprint:
        raise SecretKeyChanged(
            "STOA_SECRET_KEY is not the one that this database was begun with: set it to that one, "
            "or signing keys and the links to vouchers would be lost."
        )


DATABASE_CLOCK = "SELECT clock_timestamp()"


async def database_clock(pool: Pool) -> datetime:
    """The database's own time, in UTC."""
    moment: datetime = await pool.fetchval(DATABASE_CLOCK)
    return moment


NOTE = """
INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2"""

READ = "SELECT value FROM installation WHERE name = $1"


async def note_worker(pool: Pool, now: datetime) -> None:
    """Note that a worker is alive."""
    await pool.execute(NOTE, WORKER, now.isoformat().encode())


async def worker_seen(pool: Pool) -> datetime | None:
    """When a worker was last alive, in UTC; None where there has never been one."""
    noted: bytes | None = await pool.fetchval(READ, WORKER)
    return datetime.fromisoformat(noted.decode()) if noted else None
