"""Files behind public addresses: whoever has the address may read the file, and nobody can guess one."""

from typing import Any

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

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

    async def voucher(self, name: str) -> ASGIResponse:
        """The courier's label. Fetching it tells that the merchant has it, see ``CollectVoucher``."""
        link, stored = await self._find(VOUCHER, name)
        voucher = stored.order.voucher
        if voucher is None or voucher.serial != link.serial:
            raise not_found("File")
        answer = await self._file(voucher.blob, DocumentType.PDF.media_type)
        shop = await self._service.shops.read(link.shop_id)
        if shop is not None:
            # Ready already, or a shop that says so itself: a refusal is as good as a yes here.
            await self._service.engine.carry_out(CollectVoucher(), on=stored, shop=shop, by=Actor.MERCHANT)
        return answer

    async def invoice(self, name: str) -> ASGIResponse:
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

    async def _file(self, blob: str, media_type: str) -> ASGIResponse:
        try:
            data = await self._service.blobs.get(blob)
        except BlobMissing as missing:
            raise not_found("File") from missing
        return reply_bytes(data, media_type=media_type, headers=FILE_HEADERS)


def file_routes(service: Service) -> list[HTTPRouteHandler]:
    files = Files(service)

    @get("/files/vouchers/{name:str}", opt=described("Download a voucher", tag=TAG, public=True))
    async def download_voucher(request: Request[Any, Any, Any], name: FromPath[str]) -> ASGIResponse:  # noqa: ARG001
        return await files.voucher(name)

    @get("/files/invoices/{name:str}", opt=described("Download an uploaded invoice", tag=TAG, public=True))
    async def download_invoice(request: Request[Any, Any, Any], name: FromPath[str]) -> ASGIResponse:  # noqa: ARG001
        return await files.invoice(name)

    @get("/files/samples/{name:str}", opt=described("Download a demo order's file", tag=TAG, public=True))
    async def download_sample(request: Request[Any, Any, Any], name: FromPath[str]) -> ASGIResponse:  # noqa: ARG001
        if name not in SAMPLES:
            raise not_found("File")
        return reply_bytes(sample(name), media_type=DocumentType.PDF.media_type, headers=FILE_HEADERS)

    return [download_voucher, download_invoice, download_sample]
