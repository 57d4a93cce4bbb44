"""What keeps a long-lived installation light: old files, tallies and strangers are cleared away."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from stoa.documents.blobs import BlobStoreUnavailable
from stoa.service import Service
from stoa.store.orders import DiscardedFile

log = structlog.get_logger(__name__)

LOOSE = 200
"""So many tallies of a shop that are not folded are worth folding: a total adds up few more than these."""

FILES = 100
"""Files that are deleted in one round."""

STRANGERS_FORGOTTEN_EVERY = 3600.0
"""Seconds."""


class Housekeeping:
    """Does its chores again and again, those that are soon due after ``pause`` seconds."""

    def __init__(self, service: Service, *, pause: float = 5.0) -> None:
        self._service = service
        self._pause = pause

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set. What is in hand is dropped then: the next process finds it again."""
        # Each chore by itself, so that a slow file store does not keep the tallies waiting.
        chores = [
            asyncio.create_task(_keep_doing(self.fold, every=self._pause)),
            asyncio.create_task(_keep_doing(self.delete_files, every=self._pause)),
            asyncio.create_task(_keep_doing(self.forget_strangers, every=STRANGERS_FORGOTTEN_EVERY)),
        ]
        try:
            await stop.wait()
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.wait(chores)

    async def fold(self) -> None:
        """Fold the tallies of the shops that have many."""
        orders = self._service.orders
        for shop_id in await orders.shops_to_fold(LOOSE):
            await orders.fold_tallies(shop_id)

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

    async def forget_strangers(self) -> None:
        await self._service.strangers.forget(self._service.clock())


async def _keep_doing(do: Callable[[], Awaitable[None]], *, every: float) -> None:
    while True:
        try:
            await do()
        except Exception:
            # The database may be restarting: what was to be done is found again the next time.
            log.exception("housekeeping.failed", chore=getattr(do, "__name__", None))
        await asyncio.sleep(every)
