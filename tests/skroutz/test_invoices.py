"""Uploading the receipt or invoice (Skroutz Orders API, invoices)."""

from io import BytesIO
from typing import Literal
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from stoa.documents.blobs import BlobMissing, Blobs
from stoa.orders.order import Actor, Order, State
from tests.conftest import SERVER
from tests.skroutz.market import SUCCESS, Market, answered, at_fault, refusal

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MOST = 7 * 1024**2


def a_picture(kind: Literal["PNG", "JPEG", "GIF"]) -> bytes:
    file = BytesIO()
    Image.effect_noise((40, 30), 90).convert("RGB").save(file, kind)
    return file.getvalue()


PNG, JPEG = a_picture("PNG"), a_picture("JPEG")


def a_pdf_of(size: int) -> bytes:
    return PDF[:9] + b"%" * (size - len(PDF)) + PDF[9:]


@pytest.fixture
async def order(market: Market) -> Order:
    return await market.order()


async def upload(
    market: Market, order: Order | str, filename: str, data: bytes, media_type: str = "application/pdf"
) -> httpx.Response:
    files = {"invoice_file": (filename, data, media_type)}
    return await market.client.post(market.address(order, "invoices"), files=files)


async def send(market: Market, order: Order, body: bytes, content_type: str) -> httpx.Response:
    return await market.client.post(
        market.address(order, "invoices"), content=body, headers={"Content-Type": content_type}
    )


async def path_of_invoice(market: Market, order: Order) -> str:
    url = (await market.show(order))["uploaded_invoice_file"]
    assert url.startswith(f"{SERVER}/files/invoices/")
    return urlsplit(url).path


@pytest.mark.parametrize(
    ("filename", "data", "media_type"),
    [
        ("invoice.pdf", PDF, "application/pdf"),
        ("invoice.png", PNG, "image/png"),
        ("invoice.jpg", JPEG, "image/jpeg"),
        ("INVOICE.JPEG", JPEG, "image/jpeg"),
        ("Τιμολόγιο Νο 5.pdf", PDF, "application/pdf"),
    ],
)
async def test_a_document_is_uploaded_and_downloads_again(
    market: Market, stranger: httpx.AsyncClient, order: Order, filename: str, data: bytes, media_type: str
) -> None:
    answer = await upload(market, order, filename, data, media_type)

    assert answered(answer) == SUCCESS
    downloaded = await stranger.get(await path_of_invoice(market, order))
    assert (downloaded.content, downloaded.headers["Content-Type"]) == (data, media_type)


AS_IT_IS_SENT = {
    "curl": (
        "multipart/form-data; boundary=------------------------d74496d66958873e",
        b"--------------------------d74496d66958873e\r\n"
        b'Content-Disposition: form-data; name="invoice_file"; filename="invoice.pdf"\r\n'
        b"Content-Type: application/pdf\r\n"
        b"\r\n" + PDF + b"\r\n"
        b"--------------------------d74496d66958873e--\r\n",
    ),
    ".NET": (
        'multipart/form-data; boundary="0f5a6a3c-8a0f-4d58-b2e7-0f3a4c1c9a11"',
        b"--0f5a6a3c-8a0f-4d58-b2e7-0f3a4c1c9a11\r\n"
        b"Content-Type: application/pdf\r\n"
        b"Content-Disposition: form-data; name=invoice_file; filename=invoice.pdf; "
        b"filename*=utf-8''invoice.pdf\r\n"
        b"\r\n" + PDF + b"\r\n"
        b"--0f5a6a3c-8a0f-4d58-b2e7-0f3a4c1c9a11--\r\n",
    ),
    "Java": (
        "multipart/form-data; boundary=Q2hX_x-7; charset=UTF-8",
        b"--Q2hX_x-7\r\n"
        b'Content-Disposition: form-data; name="invoice_file"; filename="\xce\xa4\xce\xb9\xce\xbc.pdf"\r\n'
        b"Content-Type: application/pdf; charset=UTF-8\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"\r\n" + PDF + b"\r\n"
        b"--Q2hX_x-7--\r\n",
    ),
}


@pytest.mark.parametrize("client", AS_IT_IS_SENT)
async def test_the_form_is_read_as_clients_send_it(
    market: Market, stranger: httpx.AsyncClient, order: Order, client: str
) -> None:
    content_type, body = AS_IT_IS_SENT[client]

    assert answered(await send(market, order, body, content_type)) == SUCCESS
    assert (await stranger.get(await path_of_invoice(market, order))).content == PDF


async def test_the_media_type_that_is_claimed_makes_no_difference(market: Market, order: Order) -> None:
    assert answered(await upload(market, order, "invoice.png", PNG, "text/html")) == SUCCESS

    downloaded = await market.client.get(await path_of_invoice(market, order))
    assert downloaded.headers["Content-Type"] == "image/png"


async def test_other_fields_of_the_form_are_ignored(market: Market, order: Order) -> None:
    answer = await market.client.post(
        market.address(order, "invoices"),
        data={"note": "απόδειξη"},
        files={"invoice_file": ("invoice.pdf", PDF), "photo": ("photo.gif", b"GIF89a")},
    )

    assert answered(answer) == SUCCESS


async def test_a_second_document_replaces_the_first(
    market: Market, stranger: httpx.AsyncClient, order: Order
) -> None:
    await upload(market, order, "invoice.pdf", PDF)
    first = await path_of_invoice(market, order)

    await upload(market, order, "invoice.png", PNG)

    second = await path_of_invoice(market, order)
    assert (await stranger.get(second)).content == PNG
    assert (await stranger.get(first)).status_code == 404


async def test_an_invoice_is_taken_in_every_state(market: Market) -> None:
    orders = {state: await market.order_in(state) for state in State}

    answers = {
        state: answered(await upload(market, order, "invoice.pdf", PDF)) for state, order in orders.items()
    }

    assert answers == dict.fromkeys(State, SUCCESS)


async def test_a_document_changes_nothing_else(market: Market, order: Order) -> None:
    before = await market.show(order)

    await upload(market, order, "invoice.pdf", PDF)

    after = await market.show(order)
    assert {field for field in before if before[field] != after[field]} == {"uploaded_invoice_file"}


async def test_a_document_of_exactly_seven_megabytes_is_taken(market: Market, order: Order) -> None:
    exactly = a_pdf_of(MOST)

    assert len(exactly) == 7_340_032
    assert answered(await upload(market, order, "invoice.pdf", exactly)) == SUCCESS


TOO_LARGE = refusal("invoice_file", "invoice_file: The file is larger than 7 MB.")


@pytest.mark.parametrize("size", [MOST + 1, MOST + 64 * 1024, 2 * MOST], ids=["a byte", "a little", "twice"])
async def test_a_larger_document_is_refused(market: Market, order: Order, size: int) -> None:
    before = await market.stored(order)

    assert answered(await upload(market, order, "invoice.pdf", a_pdf_of(size))) == TOO_LARGE
    assert await market.stored(order) == before


NOT_TAKEN = {
    "an empty file": ("invoice.pdf", b""),
    "no extension": ("invoice", PDF),
    "only an extension": (".pdf.exe", PDF),
    "another kind": ("invoice.gif", a_picture("GIF")),
    "a page": ("invoice.html", b"<!DOCTYPE html><script>alert(1)</script>"),
    "a page named as a pdf": ("invoice.pdf", b"<!DOCTYPE html><script>alert(1)</script>"),
    "a picture named as a pdf": ("invoice.pdf", PNG),
    "a pdf named as a picture": ("invoice.jpg", PDF),
    "a png named as a jpg": ("invoice.jpg", PNG),
    "a pdf that was cut off": ("invoice.pdf", PDF[:40]),
    "a png that was cut off": ("invoice.png", PNG[:-20]),
}


async def test_a_file_that_is_no_such_document_is_refused(market: Market, order: Order) -> None:
    before = await market.stored(order)

    answers = {
        what: at_fault(await upload(market, order, name, data)) for what, (name, data) in NOT_TAKEN.items()
    }

    assert answers == dict.fromkeys(NOT_TAKEN, (422, "invoice_file"))
    assert await market.stored(order) == before


def a_form(*parts: bytes) -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


FORM = "multipart/form-data; boundary=b"
A_FILE = b'Content-Disposition: form-data; name="invoice_file"; filename="invoice.pdf"\r\n\r\n' + PDF

NO_FORMS: dict[str, tuple[str, bytes]] = {
    "nothing": (FORM, b""),
    "a form without parts": (FORM, b"--b--\r\n"),
    "another field": (FORM, a_form(A_FILE.replace(b"invoice_file", b"invoice"))),
    "text instead of a file": (
        FORM,
        a_form(b'Content-Disposition: form-data; name="invoice_file"\r\n\r\npdf'),
    ),
    "no boundary": ("multipart/form-data", a_form(A_FILE)),
    "an empty boundary": ("multipart/form-data; boundary=", a_form(A_FILE)),
    "another boundary": ("multipart/form-data; boundary=c", a_form(A_FILE)),
    "a part without a name": (FORM, a_form(b"Content-Disposition: form-data\r\n\r\n" + PDF)),
    "a part without headers": (FORM, a_form(b"\r\n" + PDF)),
    "a part that does not end": (FORM, b"--b\r\n" + A_FILE),
    "a part that is cut off in its headers": (FORM, b"--b\r\n" + A_FILE[:40]),
    "a file name that is no text": (FORM, a_form(A_FILE.replace(b"invoice.pdf", b"\xff\xfe.pdf"))),
    "a file name with NUL": (FORM, a_form(A_FILE.replace(b"invoice.pdf", b"a\x00.pdf"))),
    "a file name with a control character": (FORM, a_form(A_FILE.replace(b"invoice.pdf", b"a\x01.pdf"))),
    "a header that is none": (FORM, a_form(b"\x00\x01\x02\r\n\r\n" + PDF)),
    "two thousand parts": (FORM, a_form(*[b'Content-Disposition: form-data; name="a"\r\n\r\n'] * 2000)),
    "random bytes": (FORM, bytes(range(256)) * 10),
    "the file itself": ("application/pdf", PDF),
    "JSON": ("application/json", b'{"invoice_file": "JVBERi0xLjQ="}'),
    "a plain form": ("application/x-www-form-urlencoded", b"invoice_file=invoice.pdf"),
    "no type": ("", a_form(A_FILE)),
    "a type that is none": (";;;", a_form(A_FILE)),
}


async def test_what_is_no_form_with_the_file_is_refused(market: Market, order: Order) -> None:
    before = await market.stored(order)

    answers = {
        what: at_fault(await send(market, order, body, kind)) for what, (kind, body) in NO_FORMS.items()
    }

    assert answers == dict.fromkeys(NO_FORMS, (422, "invoice_file"))
    assert await market.stored(order) == before


async def test_a_refusal_says_what_to_send(market: Market, order: Order) -> None:
    without = await send(market, order, b"--b--\r\n", FORM)
    unlike = await send(market, order, b"{}", "application/json")

    assert answered(without) == refusal("invoice_file", "invoice_file: The file is missing.")
    assert answered(unlike) == refusal("invoice_file", "invoice_file: Send the file as multipart/form-data.")


async def test_an_address_of_an_invoice_cannot_be_guessed(
    market: Market, stranger: httpx.AsyncClient, order: Order
) -> None:
    other = await market.order()
    for one in (order, other):
        await upload(market, one, "invoice.pdf", PDF)
    path, others = await path_of_invoice(market, order), await path_of_invoice(market, other)
    secret, others_secret = path.rsplit("-", 1)[1], others.rsplit("-", 1)[1]
    wrong = [
        path.replace(secret, others_secret),
        path.replace(f"{order.id}-1", f"{order.id}-2"),
        path.replace("invoices", "vouchers"),
    ]

    assert [(await stranger.get(address)).status_code for address in wrong] == [404, 404, 404]


async def test_an_upload_for_an_order_that_is_deleted_meanwhile_leaves_no_file(
    market: Market, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, put = [], Blobs.put

    async def deleting(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
        on = await market.stoa.service.orders.read(order.shop_id, order.id)
        assert on is not None
        await market.stoa.service.engine.delete(stored=on, shop=market.shop, by=Actor.MERCHANT)
        await put(blobs, key, data, content_type)
        kept.append(key)

    monkeypatch.setattr(Blobs, "put", deleting)
    answer = await upload(market, order, "invoice.pdf", PDF)

    assert answer.status_code == 404
    assert len(kept) == 1
    with pytest.raises(BlobMissing):
        await market.stoa.service.blobs.get(kept[0])
