"""What lies behind public addresses: whoever has the address may read it, and nobody can guess one."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from stoa.documents.blobs import BlobMissing
from stoa.documents.delivery_note import render_delivery_note
from stoa.documents.invoice import render_invoice
from stoa.documents.links import DELIVERY_NOTE, INVOICE, VOUCHER, Link, Links, Page
from stoa.documents.pages import STYLE, info_page, missing_page, proforma_page
from stoa.documents.printing import note_collected
from stoa.documents.samples import SAMPLES, sample
from stoa.documents.uploads import DocumentType
from stoa.orders.invoicing import Invoice, display_number
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.web.faults import not_found
from stoa.web.openapi import described
from stoa.web.replies import reply_bytes
from stoa.web.routing import Endpoint, get

TAG = "Files"
PAGES_TAG = "Customer pages"

# The files come from outside: a browser must neither run them nor guess what they are, and no search
# engine may keep them.
FILE_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

# The address is the secret: it must go to no other site, into no cache and to no search engine. The names on a page
# come from outside: nothing of it may run.
PAGE_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}

# We made the PDF ourselves, and browsers show theirs with styles and scripts that a stricter policy would forbid.
PAPER_HEADERS = PAGE_HEADERS | {"Content-Security-Policy": "frame-ancestors 'none'"}

HTML = "text/html; charset=utf-8"
ENGLISH = "en"


class Files:
    def __init__(self, service: Service) -> None:
        self._service = service

    async def voucher(self, name: str, *, fetched: bool) -> Response:
        """The courier's label. Fetching it tells that the merchant has it, see ``CollectVoucher``."""
        link, stored = await self._find(VOUCHER, name)
        voucher = stored.order.voucher
        if voucher is None or voucher.serial != link.serial:
            raise not_found("File")
        answer = await self._file(voucher.blob, DocumentType.PDF.media_type)
        shop = await self._service.shops.read(link.shop_id)
        if shop is not None and fetched:
            await note_collected(self._service, stored, shop)
        return answer

    async def invoice(self, name: str) -> Response:
        link, stored = await self._find(INVOICE, name)
        for file in stored.order.standing_invoice_files:
            if file.serial == link.serial:
                return await self._file(file.blob, file.media_type)
        raise not_found("File")

    async def delivery_note(self, name: str) -> Response:
        """The warehouse's paper: where the parcel went when it left, whatever the order says since."""
        link, stored = await self._find(DELIVERY_NOTE, name)
        order, shop = stored.order, await self._service.shops.read(link.shop_id)
        note = order.delivery_note
        if note is None or shop is None:
            raise not_found("File")
        code = self._service.channel_code(order, shop)
        pdf = await asyncio.to_thread(render_delivery_note, note, order.lines, shop, order_code=code)
        return _own_pdf(pdf, note.number)

    async def _find(self, kind: str, name: str) -> tuple[Link, Stored]:
        links: Links = self._service.links
        link = links.read(kind, name)
        stored = await self._service.orders.read(link.shop_id, link.order_id) if link else None
        if link is None or stored is None:
            raise not_found("File")
        return link, stored

    async def _file(self, blob: str, media_type: str) -> Response:
        try:
            data = await self._service.blobs.get(blob)
        except BlobMissing as missing:
            raise not_found("File") from missing
        return reply_bytes(data, media_type=media_type, headers=FILE_HEADERS)


class Pages:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._links: Links = service.links

    async def info(self, key: str, order_id: int) -> Response:
        def show(order: Order, shop: Shop) -> bytes:
            return info_page(order, shop, code=self._service.channel_code(order, shop), links=self._links)

        return await self._open(Page.INFO, key, order_id, show)

    async def proforma(self, key: str, order_id: int) -> Response:
        def show(order: Order, shop: Shop) -> bytes:
            return proforma_page(order, shop, code=self._service.channel_code(order, shop))

        return await self._open(Page.PROFORMA, key, order_id, show)

    async def paper(self, page: Page, key: str, order_id: int) -> Response:
        """The invoice or its storno, as it was issued, also where the order has been deleted since."""
        shop_id = self._links.shop_of(page, key, order_id)
        issued = await self._service.invoices.of_order(shop_id, order_id) if shop_id is not None else []
        wanted = [paper for paper in issued if (paper.cancels is None) == (page is Page.INVOICE)]
        if not wanted:
            return _nothing_here(ENGLISH)
        return await _paper(wanted[-1])

    async def _open(
        self, page: Page, key: str, order_id: int, show: Callable[[Order, Shop], bytes]
    ) -> Response:
        shop_id = self._links.shop_of(page, key, order_id)
        shop = await self._service.shops.read(shop_id) if shop_id is not None else None
        if shop is None:
            return _nothing_here(ENGLISH)
        stored = await self._service.orders.read(shop.id, order_id)
        if stored is None:
            return _nothing_here(shop.language)
        # Hundreds of lines take a tenth of a second.
        body = await asyncio.to_thread(show, stored.order, shop)
        return reply_bytes(body, media_type=HTML, headers=PAGE_HEADERS)


def _nothing_here(language: str) -> Response:
    return reply_bytes(missing_page(language), 404, media_type=HTML, headers=PAGE_HEADERS)


async def _paper(invoice: Invoice) -> Response:
    pdf = await asyncio.to_thread(render_invoice, invoice)
    return _own_pdf(pdf, f"{invoice.series}-{display_number(invoice.number)}")


def _own_pdf(pdf: bytes, name: str) -> Response:
    """A paper that we drew, for the browser to show and to save under its name."""
    file_name = quote(f"{name}.pdf", safe="")
    headers = PAPER_HEADERS | {"Content-Disposition": f"inline; filename*=UTF-8''{file_name}"}
    return reply_bytes(pdf, media_type=DocumentType.PDF.media_type, headers=headers)


def _page_routes(service: Service) -> list[Endpoint]:
    pages = Pages(service)

    def described_page(summary: str) -> dict[str, Any]:
        return described(summary, tag=PAGES_TAG, public=True)

    @get("/orders/info/{key:str}/{order_id:int}", said=described_page("How far an order is"))
    async def show_info(_request: Request, key: str, order_id: int) -> Response:
        return await pages.info(key, order_id)

    @get("/orders/proforma/{key:str}/{order_id:int}", said=described_page("An order's proforma invoice"))
    async def show_proforma(_request: Request, key: str, order_id: int) -> Response:
        return await pages.proforma(key, order_id)

    @get("/orders/invoice/{key:str}/{order_id:int}", said=described_page("An order's invoice, a PDF"))
    async def show_invoice(_request: Request, key: str, order_id: int) -> Response:
        return await pages.paper(Page.INVOICE, key, order_id)

    @get("/orders/storno/{key:str}/{order_id:int}", said=described_page("The storno of an invoice, a PDF"))
    async def show_storno(_request: Request, key: str, order_id: int) -> Response:
        return await pages.paper(Page.STORNO, key, order_id)

    @get("/orders/pages.css", said=described_page("The stylesheet of these pages"))
    async def show_style(_request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return reply_bytes(STYLE, media_type="text/css; charset=utf-8", headers=headers)

    return [show_info, show_proforma, show_invoice, show_storno, show_style]


def file_routes(service: Service) -> list[Endpoint]:
    """Everything that opens without a credential because its address holds a secret."""
    files = Files(service)

    @get("/files/vouchers/{name:str}", said=described("Download a voucher", tag=TAG, public=True))
    async def download_voucher(request: Request, name: str) -> Response:
        # A look (HEAD) whether it is there is no fetching.
        return await files.voucher(name, fetched=request.method == "GET")

    @get("/files/invoices/{name:str}", said=described("Download an uploaded invoice", tag=TAG, public=True))
    async def download_invoice(_request: Request, name: str) -> Response:
        return await files.invoice(name)

    @get(
        "/files/delivery-notes/{name:str}",
        said=described("Download the delivery note of what the warehouse sent", tag=TAG, public=True),
    )
    async def download_delivery_note(_request: Request, name: str) -> Response:
        return await files.delivery_note(name)

    @get("/files/samples/{name:str}", said=described("Download a demo order's file", tag=TAG, public=True))
    async def download_sample(_request: Request, name: str) -> Response:
        if name not in SAMPLES:
            raise not_found("File")
        return reply_bytes(sample(name), media_type=DocumentType.PDF.media_type, headers=FILE_HEADERS)

    return [
        download_voucher,
        download_invoice,
        download_delivery_note,
        download_sample,
        *_page_routes(service),
    ]
