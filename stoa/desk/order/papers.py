"""Papers of an order: its label on the paper that the printer holds, the shop's own invoices, and the one that is issued."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.forms import Form, SentFile, read_form_with_file
from stoa.desk.order.asking import OrderForms, Posted
from stoa.desk.order.page import ORDER
from stoa.desk.words import PAPERS, UPLOAD_FAULTS
from stoa.documents.labels import LabelFormat
from stoa.documents.printing import label_file, note_collected
from stoa.documents.routes import PAPER_HEADERS
from stoa.documents.uploads import DocumentType, UploadFault, check_document
from stoa.orders.commands import CancelInvoice, IssueInvoice, RemoveInvoice
from stoa.web.faults import Fault, not_found
from stoa.web.replies import reply_bytes
from stoa.web.routing import Endpoint, get, post

TOO_LARGE = 413


class Papers:
    def __init__(self, forms: OrderForms) -> None:
        self._forms = forms

    async def label(self, request: Request, shop_id: int, order_id: int, paper: str) -> Response:
        """The order's label as a PDF. Fetching it tells that the shop has it, see ``CollectVoucher``."""
        visit, shop, stored = await self._forms.door.order(request, shop_id, order_id)
        if paper not in set(PAPERS):
            raise not_found("File")
        service = self._forms.service.signed_by(visit.person.person_id)
        content = await label_file(service, stored.order, shop, LabelFormat(paper))
        if content is None:
            raise not_found("File")
        # A browser that only asks whether it is there prints nothing.
        if request.method == "GET":
            await note_collected(service, stored, shop)
        return paper_reply(content, f"{service.channel_code(stored.order, shop)}.pdf")

    async def upload(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Add an invoice or receipt of the shop's own making."""
        came = await self._forms.door.order(request, shop_id, order_id)
        try:
            form, file = await read_form_with_file(request, "file")
        except Fault as fault:
            if fault.status != TOO_LARGE:
                raise
            # So much is not read to see whose form it is.
            unread = self._forms.unchecked(request, came, Form({}))
            return await self._forms.mend(unread, {"file": UPLOAD_FAULTS[UploadFault.TOO_LARGE]})
        return await self._keep(self._forms.checked(request, came, form), file)

    async def _keep(self, posted: Posted, file: SentFile | None) -> Response:
        if file is None or not file.name:
            return await self._forms.mend(posted, {"file": "Choose a file first."})
        kind = check_document(file.name, file.data)
        if isinstance(kind, UploadFault):
            return await self._forms.mend(posted, {"file": UPLOAD_FAULTS[kind]})
        outcome = await self._forms.signed(posted).invoice_files.attach(
            file.name, file.data, kind, on=posted.stored, shop=posted.shop, replacing=False
        )
        return await self._forms.answer(posted, outcome, "uploaded")

    async def delete_file(self, request: Request, shop_id: int, order_id: int) -> Response:
        posted = await self._forms.read(request, shop_id, order_id)
        command = RemoveInvoice(serial=posted.form.number("serial") or 0)
        return await self._forms.ask(posted, command, "file_deleted")

    async def issue(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Issue the order's invoice, with the next number of the shop's series."""
        posted = await self._forms.read(request, shop_id, order_id)
        return await self._forms.ask(posted, IssueInvoice(), "issued")

    async def cancel_invoice(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Cancel the invoice by a storno."""
        posted = await self._forms.read(request, shop_id, order_id)
        return await self._forms.ask(posted, CancelInvoice(), "invoice_cancelled")


def paper_reply(pdf: bytes, name: str) -> Response:
    """A PDF that we made, for the browser to show, to print and to save under its name."""
    headers = PAPER_HEADERS | {"Content-Disposition": f'inline; filename="{quote(name)}"'}
    return reply_bytes(pdf, media_type=DocumentType.PDF.media_type, headers=headers)


def paper_routes(forms: OrderForms) -> list[Endpoint]:
    papers = Papers(forms)
    return [
        get(f"{ORDER}/label/{{paper:str}}")(papers.label),
        post(f"{ORDER}/files")(papers.upload),
        post(f"{ORDER}/delete-file")(papers.delete_file),
        post(f"{ORDER}/issue-invoice")(papers.issue),
        post(f"{ORDER}/cancel-invoice")(papers.cancel_invoice),
    ]
