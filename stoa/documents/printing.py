"""The labels of orders, for whoever is about to stick them on parcels: as they were made, or for another paper."""

import asyncio
from contextlib import suppress

from stoa.documents.blobs import BlobMissing, BlobStoreUnavailable
from stoa.documents.labels import AS_MADE, LabelFormat, render_label
from stoa.documents.vouchers import label_of
from stoa.engine import Conflict
from stoa.orders.commands import CollectVoucher
from stoa.orders.order import Actor, Order
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored


async def label_file(service: Service, order: Order, shop: Shop, form: LabelFormat) -> bytes | None:
    """The PDF of an order's label, None for an order that has none. What is not to be had as it was made is drawn."""
    label = label_of(order, shop, service.channel_code(order, shop))
    if label is None:
        return None
    kept = await kept_label(service, order) if form in AS_MADE else None
    return kept or await asyncio.to_thread(render_label, label, form)


async def kept_label(service: Service, order: Order) -> bytes | None:
    """The PDF as it was made with the voucher, None where there is none or it cannot be read."""
    if order.voucher is None:
        return None
    with suppress(BlobMissing, BlobStoreUnavailable):
        return await service.blobs.get(order.voucher.blob)
    return None


async def note_collected(service: Service, stored: Stored, shop: Shop) -> None:
    """Tell that the merchant has the label, see ``CollectVoucher``."""
    # Ready already, or a shop that says so itself: a refusal is as good as a yes here. The label is in the
    # merchant's hands, whatever others do to the order meanwhile.
    with suppress(Conflict):
        await service.engine.carry_out(CollectVoucher(), on=stored, shop=shop, by=Actor.MERCHANT)
