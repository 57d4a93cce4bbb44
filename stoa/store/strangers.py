"""Clients that give wrong credentials: counted by address, for all processes together, and blocked for a while."""

from datetime import datetime, timedelta

from msgspec import Struct

from stoa.store.database import Pool

MOST_FAILURES = 10
WITHIN = timedelta(minutes=10)
BLOCKED_FOR = timedelta(minutes=10)
"""So many failures, the last so soon after the first, block an address for so long."""

KEPT = timedelta(days=1)
"""How long an address is remembered."""

# One failure more. The count begins anew once its time is over, or the block that it led to; a failure while the
# address is blocked is counted too, but moves nothing.
COUNT_FAILURE = """
INSERT INTO strangers AS known (address, failures, since) VALUES ($1, 1, $2)
ON CONFLICT (address) DO UPDATE SET
    failures = CASE WHEN coalesce(known.blocked_until, known.since + $3) <= $2 THEN 1
                    ELSE known.failures + 1 END,
    since = CASE WHEN coalesce(known.blocked_until, known.since + $3) <= $2 THEN $2
                 ELSE known.since END,
    blocked_until = CASE WHEN coalesce(known.blocked_until, known.since + $3) <= $2 THEN NULL
                         WHEN known.failures + 1 = $4 THEN $2 + $5
                         ELSE known.blocked_until END
RETURNING failures, blocked_until"""

READ_BLOCK = "SELECT blocked_until FROM strangers WHERE address = $1 AND blocked_until > $2"

FORGET = "DELETE FROM strangers WHERE since < $1"


class Blocked(Exception):
    """The address gave wrong credentials too often: whatever it asks is refused until a moment, in UTC."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class Visit(Struct, frozen=True):
    """Where a request comes from, as ``web.visitors`` writes it, or which account it tries to open; and when."""

    address: str
    at: datetime


class Strangers:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def count_failure(self, visit: Visit, *, most: int = MOST_FAILURES) -> None:
        """Note wrong credentials, of which ``most`` lead to a block. Raises Blocked where the address was blocked before."""
        row = await self._pool.fetchrow(COUNT_FAILURE, visit.address, visit.at, WITHIN, most, BLOCKED_FOR)
        # The failure that leads to the block is still answered as one.
        if row["failures"] > most:
            raise Blocked(row["blocked_until"])

    async def check(self, visit: Visit) -> None:
        """Raises Blocked."""
        until = await self._pool.fetchval(READ_BLOCK, visit.address, visit.at)
        if until is not None:
            raise Blocked(until)

    async def forget(self, now: datetime) -> None:
        """Forget those that were first noticed more than a day ago."""
        await self._pool.execute(FORGET, now - KEPT)
