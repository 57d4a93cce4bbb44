"""Papers of an order at the desk: labels, the shop's own invoices, and those that are issued."""

from io import BytesIO

import httpx
import pytest
from pypdf import PdfReader

from stoa.desk.words import PAPERS, UPLOAD_FAULTS
from stoa.documents.uploads import UploadFault
from stoa.orders.order import Order, State
from stoa.web.bodies import MOST_FORM, MOST_UPLOAD
from tests.builders import an_invoice
from tests.desk.parcels import PDF, Packing
from tests.desk.people import text_of


def test_every_fault_of_a_file_has_its_sentence() -> None:
    assert set(UPLOAD_FAULTS) == set(UploadFault)


@pytest.mark.parametrize("paper", PAPERS)
async def test_a_label_is_printed_on_every_paper(packing: Packing, paper: str) -> None:
    order = await packing.market.accepted()

    answer = await packing.page(order, f"label/{paper}")

    assert answer.headers["content-type"] == "application/pdf"
    assert len(PdfReader(BytesIO(answer.content)).pages) == 1


async def test_printing_the_label_tells_that_the_shop_has_it(packing: Packing) -> None:
    order = await packing.market.accepted()
    warning = "Printing the label tells the courier that the parcel is ready."
    assert warning in text_of(await packing.page(order))

    await packing.client.head(packing.address(order, "label/a6"))
    assert (await packing.now(order)).ready_at is None

    await packing.page(order, "label/a6")
    assert (await packing.now(order)).ready_at is not None
    assert (await packing.last(order)).person == "Άννα"
    assert warning not in text_of(await packing.page(order))


@pytest.mark.parametrize("paper", ["a6", "papyrus"])
async def test_there_is_no_label_of_an_open_order_and_none_on_unknown_paper(
    packing: Packing, paper: str
) -> None:
    order = await (packing.market.order() if paper == "a6" else packing.market.accepted())

    assert (await packing.client.get(packing.address(order, f"label/{paper}"))).status_code == 404


async def test_another_shop_gets_no_label(packing: Packing, neighbours_owner: httpx.AsyncClient) -> None:
    order = await packing.market.accepted()

    assert (await neighbours_owner.get(packing.address(order, "label/a6"))).status_code == 404


async def test_a_file_is_added_shown_and_deleted(packing: Packing) -> None:
    order = await packing.market.order()

    answer = await packing.upload(order, "Τιμολόγιο 5.pdf", PDF)

    assert answer.status_code == 303
    (file,) = (await packing.now(order)).standing_invoice_files
    assert file.name == "Τιμολόγιο 5.pdf"
    assert (await packing.last(order)).person == "Άννα"
    link = packing.market.stoa.service.links.invoice_file(await packing.now(order), file)
    assert f'href="{link}"' in (await packing.page(order)).text
    assert (await packing.done(order, "delete-file", serial=file.serial)).standing_invoice_files == ()


async def refused(packing: Packing, order: Order, name: str, data: bytes) -> str:
    """What is said beside the field of a file that is not taken."""
    answer = await packing.upload(order, name, data)
    assert answer.status_code == 422, answer.text
    assert (await packing.now(order)).invoice_files == ()
    return answer.text.split('id="file-said">')[1].split("<")[0]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("", b"", "Choose a file first."),
        ("empty.pdf", b"", "The file is empty."),
        ("invoice.docx", PDF, "The file is no PDF, PNG or JPG."),
        (
            "invoice.pdf",
            b"MZ not a paper",
            "The file is not what its name says: it cannot be opened as that.",
        ),
        ("large.pdf", b"x" * (MOST_UPLOAD + 1), "The file is larger than 7 MB."),
        ("huge.pdf", b"x" * MOST_FORM, "The file is larger than 7 MB."),
    ],
)
async def test_a_file_that_is_not_taken_is_refused_beside_its_field(
    packing: Packing, name: str, data: bytes, says: str
) -> None:
    order = await packing.market.order()

    assert await refused(packing, order, name, data) == says


async def test_a_file_without_a_proof_is_not_taken(packing: Packing) -> None:
    order = await packing.market.order()

    answer = await packing.client.post(
        packing.address(order, "files"), files={"file": ("a.pdf", PDF)}, data={"csrf": "guessed"}
    )

    assert answer.status_code == 403
    assert (await packing.now(order)).invoice_files == ()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"no parts at all"),
        ("multipart/form-data", b"--x--"),
        ("application/x-www-form-urlencoded", b"csrf=1"),
    ],
)
async def test_what_is_no_form_with_a_file_is_refused_in_a_sentence(
    packing: Packing, kind: str, body: bytes
) -> None:
    order = await packing.market.order()

    answer = await packing.client.post(
        packing.address(order, "files"), content=body, headers={"Content-Type": kind}
    )

    assert (answer.status_code, "The form cannot be read." in text_of(answer)) == (400, True)


async def test_a_file_that_the_order_does_not_have_is_not_deleted(packing: Packing) -> None:
    order = await packing.market.order()

    answer = await packing.send(order, "delete-file", serial="first")

    assert (answer.status_code, "The order has no such file." in answer.text) == (422, True)


async def test_an_invoice_is_issued_and_cancelled(packing: Packing) -> None:
    order = await packing.market.order_in(State.DELIVERED, invoice=an_invoice())

    issued = (await packing.done(order, "issue-invoice")).issued_invoice
    assert issued is not None
    assert "Invoice issued" in await packing.reads(order)

    cancelled = (await packing.done(order, "cancel-invoice")).issued_invoice
    assert cancelled is not None
    assert cancelled.storno == issued.number + 1
