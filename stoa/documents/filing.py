"""Files of orders: kept first, then named by the order. No order names a file that is not there."""

from contextlib import suppress

from msgspec import Struct

from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.documents.uploads import DocumentType
from stoa.engine import Conflict, Engine
from stoa.orders.commands import Command
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.store.orders import Orders, Stored


class NewFile(Struct, frozen=True):
    """What is to be kept, and where."""

    blob: str
    data: bytes
    kind: DocumentType


class Filing:
    def __init__(self, engine: Engine, orders: Orders, blobs: Blobs) -> None:
        self._engine = engine
        self._orders = orders
        self._blobs = blobs

    async def file(
        self, new: NewFile, command: Command, *, on: Stored, shop: Shop, by: Actor
    ) -> Order | Refused:
        """Keep a file and give the command that names it. Raises Conflict or BlobStoreUnavailable."""
        await self._blobs.put(new.blob, new.data, new.kind.media_type)
        # What fails in another way may have been saved all the same, or somebody else may be about to save it: a file
        # too many costs space, one that is missing a label.
        try:
            outcome = await self._engine.carry_out(command, on=on, shop=shop, by=by)
        except Conflict:
            await self._forget(new.blob, on.order)
            raise
        if isinstance(outcome, Refused):
            await self._forget(new.blob, on.order)
        return outcome

    async def _forget(self, blob: str, order: Order) -> None:
        """Delete what the order does not name: it was refused, or the order is cancelled or deleted meanwhile."""
        now = await self._orders.read(order.shop_id, order.id)
        # Somebody else may have filed the same, and been faster.
        if now is None or blob not in now.order.blobs:
            with suppress(BlobStoreUnavailable):
                await self._blobs.delete(blob)
