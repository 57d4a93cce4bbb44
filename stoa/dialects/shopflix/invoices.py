"""The merchant's invoice files of an order (Shopflix Merchant API, invoice files): several, each with a number."""

from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects.shopflix.faults import order_not_found, say
from stoa.dialects.shopflix.orders import ORDER, SUCCESS, TAG, find, still_there
from stoa.dialects.shopflix.view import invoice_files
from stoa.documents.uploads import DocumentType, UploadFault, check_document
from stoa.orders.commands import RemoveInvoice
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refused
from stoa.service import Service
from stoa.web.bodies import read_file
from stoa.web.faults import invalid
from stoa.web.openapi import described
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, delete, post

FILE = "file"
"""What we call the form's field; a file in any other is taken as well."""


def _check(name: str, data: bytes) -> None:
    """Only PDFs are taken. Raises Fault."""
    found = check_document(name, data)
    if isinstance(found, UploadFault) and found is not UploadFault.OTHER_TYPE:
        raise invalid(FILE, f"The file {found.value}.")
    if found is not DocumentType.PDF:
        raise invalid(FILE, "The file is not a pdf.")


async def _done(outcome: Awaitable[Order | Refused], order_id: str) -> Order:
    """The order after what is asked of it. Raises Fault."""
    order = await still_there(outcome, order_not_found(order_id))
    if isinstance(order, Refused):
        raise say(order)
    return order


def invoice_routes(service: Service) -> list[Endpoint]:
    """The handlers of the invoice files."""

    @post(
        f"{ORDER}/invoices",
        said=described(
            "Upload an invoice file (pdf, at most 7 MB)", tag=TAG, file_field=FILE, opened_by="basic"
        ),
    )
    async def upload(request: Request, order_id: str) -> Response:
        shop, stored = await find(service, request, order_id, order_not_found(order_id))
        name, data = await read_file(request, FILE, by_any_name=True)
        _check(name, data)
        attaching = service.invoice_files.attach(
            name, data, DocumentType.PDF, on=stored, shop=shop, replacing=False
        )
        order = await _done(attaching, order_id)
        return reply({**SUCCESS, "invoice": invoice_files(order, shop, service.links)[-1]})

    @delete(
        f"{ORDER}/invoices/{{invoice_id:int}}",
        said=described("Delete an invoice file", tag=TAG, opened_by="basic"),
    )
    async def remove(request: Request, order_id: str, invoice_id: int) -> Response:
        shop, stored = await find(service, request, order_id, order_not_found(order_id))
        command = RemoveInvoice(serial=invoice_id)
        await _done(service.engine.carry_out(command, on=stored, shop=shop, by=Actor.MERCHANT), order_id)
        return reply(SUCCESS)

    return [upload, remove]
