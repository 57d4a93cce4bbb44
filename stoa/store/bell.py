"""Tells other processes which shops have news. A bell that nobody hears costs a second: workers also look themselves."""

import asyncio
import contextlib

import asyncpg

from stoa.store.database import Pool

CHANNEL = "stoa_work"
"""What happened to orders: there may be work to do, and pages that show them are out of date."""

TOLD = "stoa_told"
"""What came of webhooks: it makes no work, but pages that show it are out of date."""

# One notice a shop, however often the bell was rung for it.
RING = "SELECT pg_notify($1, shop) FROM unnest($2::text[]) AS shop"

GATHERING = 0.01
"""Seconds to gather rings: a commit that notifies waits for every other such commit, so saves do not notify
themselves, and a busy service rings a hundred times a second at most."""

GATHERING_TOLD = 1.0
"""The same for what nobody but a person waits for."""


class Bell:
    def __init__(self, pool: Pool, channel: str = CHANNEL, gathering: float = GATHERING) -> None:
        self._pool = pool
        self._channel = channel
        self._gathering = gathering
        self._shops: set[int] = set()
        self._ringing: asyncio.Task[None] | None = None

    def ring(self, shop_id: int) -> None:
        self._shops.add(shop_id)
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._ring_soon())

    async def _ring_soon(self) -> None:
        while self._shops:
            await asyncio.sleep(self._gathering)
            shops, self._shops = self._shops, set()
            # A lost ring is made up for by the workers' own look a second later.
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._pool.execute(RING, self._channel, [str(shop) for shop in shops])

    async def close(self) -> None:
        """Ring what is left to ring."""
        if self._ringing is not None:
            await self._ringing
