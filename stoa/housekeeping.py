"""What keeps a long-lived installation light: old files, tallies, sessions and strangers are cleared away. Whoever folds the tallies
brings what the desk knows of orders up to date."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from stoa.dialects import Dialect
from stoa.documents.blobs import BlobStoreUnavailable
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.facts import Codes, Facts
from stoa.store.installation import note_worker
from stoa.store.orders import DiscardedFile

log = structlog.get_logger(__name__)

FILES = 100
"""Files that are deleted in one round."""

FORGOTTEN_EVERY = 3600.0
"""Seconds between looks for strangers and sessions of long ago."""

SIGN_OF_LIFE_EVERY = 5.0
"""Seconds."""


def codes_in(dialects: Sequence[Dialect]) -> Codes:
    """Answers with an order's identifier in each dialect."""

    def codes(order: Order, shop: Shop) -> list[str]:
        return [dialect.code(order, shop) for dialect in dialects]

    return codes


class Housekeeping:
    """Does its chores again and again, those that are soon due after ``pause`` seconds: no later is a new order found at
    the desk, by what the ``dialects`` call it among other things."""

    def __init__(self, service: Service, dialects: Sequence[Dialect], *, pause: float = 1.0) -> None:
        self._service = service
        self._facts = Facts(service.pool, codes_in(dialects))
        self._pause = pause

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set. What is in hand is dropped then: the next process finds it again."""
        # Each chore by itself, so that a slow file store does not keep the tallies waiting.
        chores = [
            asyncio.create_task(_keep_doing(self.fold, every=self._pause)),
            asyncio.create_task(_keep_doing(self.delete_files, every=self._pause)),
            asyncio.create_task(_keep_doing(self.forget_strangers, every=FORGOTTEN_EVERY)),
            asyncio.create_task(_keep_doing(self.forget_sessions, every=FORGOTTEN_EVERY)),
            asyncio.create_task(_keep_doing(self.show_sign_of_life, every=SIGN_OF_LIFE_EVERY)),
        ]
        try:
            await stop.wait()
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.wait(chores)

    async def fold(self) -> None:
        """Fold what is there, some of each shop in turn: none waits for the backlog of another."""
        more = True
        while more:
            shops = await self._facts.shops_to_fold()
            more = any([await self._fold(shop_id) for shop_id in shops])

    async def _fold(self, shop_id: int) -> bool:
        try:
            return await self._facts.fold(shop_id)
        except Exception:
            # Nothing is lost, and other shops do not wait for this one.
            log.exception("housekeeping.fold_failed", shop_id=shop_id)
            return False

    async def delete_files(self) -> None:
        """Delete files that nothing refers to any more; one that cannot be deleted does not keep the others."""
        for file in await self._service.orders.discarded_files(FILES):
            try:
                await self._delete(file)
            except BlobStoreUnavailable as fault:
                log.warning("housekeeping.file_kept", shop_id=file.shop_id, file=file.id, reason=str(fault))

    async def _delete(self, file: DiscardedFile) -> None:
        # Forgotten last: a file may be deleted twice, but one that is forgotten too early stays for ever.
        await self._service.blobs.delete(file.blob)
        await self._service.orders.forget_discarded(file)

    async def show_sign_of_life(self) -> None:
        """Let the operator see that the worker is there."""
        await note_worker(self._service.pool, self._service.clock())

    async def forget_strangers(self) -> None:
        await self._service.strangers.forget(self._service.clock())

    async def forget_sessions(self) -> None:
        """Forget who was signed in so long ago that they have to sign in again."""
        await self._service.people.forget_sessions(self._service.clock())


async def _keep_doing(do: Callable[[], Awaitable[None]], *, every: float) -> None:
    while True:
        try:
            await do()
        except Exception:
            # The database may be restarting: what was to be done is found again the next time.
            log.exception("housekeeping.failed", chore=getattr(do, "__name__", None))
        await asyncio.sleep(every)
