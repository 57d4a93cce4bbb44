"""The receipts and invoices that merchants upload."""

import secrets

from stoa.clock import Clock
from stoa.documents.filing import Filing, NewFile
from stoa.documents.uploads import DocumentType
from stoa.orders.commands import AttachInvoice
from stoa.orders.order import Actor, Order, UploadedInvoice
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.store.orders import Stored

LONGEST_NAME = 255
"""Letters of a file's name that are kept."""


class InvoiceFiles:
    def __init__(self, filing: Filing, clock: Clock) -> None:
        self._filing = filing
        self._clock = clock

    async def attach(
        self, name: str, data: bytes, kind: DocumentType, *, on: Stored, shop: Shop, replacing: bool
    ) -> Order | Refused:
        """Keep the file, in place of the order's newest one where it is ``replacing`` that.

        Raises Conflict or BlobStoreUnavailable.
        """
        order = on.order
        # Two uploads at the same time must not write to one place.
        blob = f"shops/{order.shop_id}/invoices/{order.id}-{secrets.token_hex(8)}.{kind.extension}"
        file = UploadedInvoice(
            serial=0,
            blob=blob,
            media_type=kind.media_type,
            uploaded_at=self._clock(),
            name=name[:LONGEST_NAME],
        )
        return await self._filing.file(
            NewFile(blob, data, kind),
            AttachInvoice(invoice=file, replacing=replacing),
            on=on,
            shop=shop,
            by=Actor.MERCHANT,
        )
