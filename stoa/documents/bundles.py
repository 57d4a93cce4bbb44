"""The vouchers of many orders as one PDF."""

import asyncio
from collections.abc import Sequence
from io import BytesIO

from msgspec import Struct
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from stoa.documents.labels import AS_MADE, LabelFormat, render_labels
from stoa.documents.printing import kept_label, note_collected
from stoa.documents.voucher import Voucher
from stoa.documents.vouchers import label_of
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored

MOST_AT_ONCE = 200
"""Orders whose vouchers are printed at once: they are in memory together."""

_SAVES_AT_ONCE = 4


class Bundle(Struct, frozen=True):
    """One PDF with a label for each order that has a voucher, in the order asked for, None where no order has one;
    and the orders that have none."""

    pdf: bytes | None
    missing: list[Order]


async def vouchers_of(service: Service, shop: Shop, stored: Sequence[Stored], form: LabelFormat) -> Bundle:
    """Print the shop's vouchers and note that the merchant has them. Raises ValueError for more than MOST_AT_ONCE.

    A format of a voucher's own size shows each as it was made; where its file is lost, it is drawn again.
    """
    if len(stored) > MOST_AT_ONCE:
        raise ValueError(f"At most {MOST_AT_ONCE} orders at once, not {len(stored)}.")
    found = [(one, label_of(one.order, shop, service.channel_code(one.order, shop))) for one in stored]
    missing = [one.order for one, label in found if label is None]
    printed = [one for one, label in found if label is not None]
    if not printed:
        return Bundle(None, missing)
    labels = [label for _, label in found if label is not None]
    pdf = await _pdf(service, printed, labels, form)
    await _note_all_collected(service, printed, shop)
    return Bundle(pdf, missing)


async def _pdf(
    service: Service, printed: Sequence[Stored], labels: Sequence[Voucher], form: LabelFormat
) -> bytes:
    if form not in AS_MADE:
        return await asyncio.to_thread(render_labels, labels, form)
    files = await asyncio.gather(*(kept_label(service, one.order) for one in printed))
    return await asyncio.to_thread(_merged, files, labels, form)


def _merged(files: Sequence[bytes | None], labels: Sequence[Voucher], form: LabelFormat) -> bytes:
    """The files' pages one after the other, and in the place of one that is lost its label, drawn again."""
    pages = [_page(file) for file in files]
    lost = [label for label, page in zip(labels, pages, strict=True) if page is None]
    drawn = iter(PdfReader(BytesIO(render_labels(lost, form))).pages if lost else ())
    writer = PdfWriter()
    for page in pages:
        writer.add_page(page or next(drawn))
    merged = BytesIO()
    writer.write(merged)
    return merged.getvalue()


def _page(file: bytes | None) -> PageObject | None:
    """The page of a voucher's file, None for one that is lost or damaged."""
    try:
        return PdfReader(BytesIO(file)).pages[0] if file else None
    except (PyPdfError, IndexError):
        return None


async def _note_all_collected(service: Service, printed: Sequence[Stored], shop: Shop) -> None:
    # The other requests want connections to the database, too.
    turns = asyncio.Semaphore(_SAVES_AT_ONCE)

    async def note(stored: Stored) -> None:
        async with turns:
            await note_collected(service, stored, shop)

    await asyncio.gather(*(note(one) for one in printed))
