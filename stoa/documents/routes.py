"""Files behind public addresses: whoever has the address may read the file, and nobody can guess one."""

from starlette.requests import Request
from starlette.responses import Response

from stoa.documents.blobs import BlobMissing
from stoa.documents.links import INVOICE, VOUCHER, Link, Links
from stoa.documents.samples import SAMPLES, sample
from stoa.documents.uploads import DocumentType
from stoa.orders.commands import CollectVoucher
from stoa.orders.order import Actor
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.web.faults import not_found
from stoa.web.openapi import described
from stoa.web.replies import reply_bytes
from stoa.web.routing import Endpoint, get

TAG = "Files"

# The files come from outside: a browser must neither run them nor guess what they are, and no search
# engine may keep them.
FILE_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


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
            # Ready already, or a shop that says so itself: a refusal is as good as a yes here.
            await self._service.engine.carry_out(CollectVoucher(), on=stored, shop=shop, by=Actor.MERCHANT)
        return answer

    async def invoice(self, name: str) -> Response:
        link, stored = await self._find(INVOICE, name)
        invoice = stored.order.uploaded_invoice
        if invoice is None or invoice.serial != link.serial:
            raise not_found("File")
        return await self._file(invoice.blob, invoice.media_type)

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


def file_routes(service: Service) -> list[Endpoint]:
    files = Files(service)

    @get("/files/vouchers/{name:str}", said=described("Download a voucher", tag=TAG, public=True))
    async def download_voucher(request: Request, name: str) -> Response:
        # A look (HEAD) whether it is there is no fetching.
        return await files.voucher(name, fetched=request.method == "GET")

    @get("/files/invoices/{name:str}", said=described("Download an uploaded invoice", tag=TAG, public=True))
    async def download_invoice(_request: Request, name: str) -> Response:
        return await files.invoice(name)

    @get("/files/samples/{name:str}", said=described("Download a demo order's file", tag=TAG, public=True))
    async def download_sample(_request: Request, name: str) -> Response:
        if name not in SAMPLES:
            raise not_found("File")
        return reply_bytes(sample(name), media_type=DocumentType.PDF.media_type, headers=FILE_HEADERS)

    return [download_voucher, download_invoice, download_sample]
