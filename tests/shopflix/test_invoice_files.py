"""Invoice files that the merchant uploads and deletes (Shopflix Merchant API, invoice files)."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote, urlsplit

import httpx
import pytest

from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.housekeeping import Housekeeping
from stoa.orders.decisions import MOST_INVOICE_FILES
from stoa.orders.order import Actor, LinkedOrder, Order
from stoa.orders.progress import Step
from stoa.web.bodies import MOST_UPLOAD
from tests.builders import HOUR, NOON, an_invoice, an_uploaded_invoice
from tests.conftest import SERVER
from tests.database_contents import contents
from tests.dialects.returns import OF_ORDERS
from tests.merchantpro.back_office import ORDERS as BACK_OFFICE
from tests.merchantpro.back_office import calling
from tests.shopflix.counter import (
    ORDERS,
    SUCCESS,
    Counter,
    Json,
    answered,
    at_fault,
    not_found,
    refusal,
    resource,
)
from tests.skroutz import test_invoices as elsewhere
from tests.skroutz.test_invoices import JPEG, PDF, PNG, a_pdf_of

SECOND_PDF = PDF.replace(b"Catalog", b"Catalox")

UNKNOWN_FILE = refusal("10305", "Invalid Action: The order has no such file.")


@pytest.fixture
async def order(counter: Counter) -> Order:
    return await counter.order()


@pytest.fixture
async def back_office(counter: Counter) -> AsyncIterator[httpx.AsyncClient]:
    """The same shop's client of an API that can delete orders."""
    token = await counter.stoa.service.shops.issue(counter.shop.id, "merchantpro", counter.market.now)
    async with calling(counter.stoa, token.key, token.secret) as client:
        yield client


async def uploaded(counter: Counter, order: Order, name: str = "invoice.pdf", data: bytes = PDF) -> Json:
    """What is answered of a file that is taken."""
    answer = resource(await counter.upload(order, name, data))
    assert (list(answer), answer["success"]) == (["success", "invoice"], True)
    invoice: Json = answer["invoice"]
    return invoice


async def delete(counter: Counter, order: Order, number: object) -> httpx.Response:
    return await counter.client.delete(counter.address(order, f"invoices/{number}"))


async def listed(counter: Counter, order: Order) -> list[Json]:
    invoices: list[Json] = (await counter.show(order))["invoices"]
    return invoices


async def download(client: httpx.AsyncClient, url: str) -> tuple[int, bytes]:
    """Status and content of a file; the content of what is not there is not told."""
    answer = await client.get(urlsplit(url).path)
    return answer.status_code, answer.content if answer.status_code == 200 else b""


async def shown_elsewhere(counter: Counter, order: Order) -> str | None:
    """The one file that the other marketplace shows."""
    url: str | None = (await counter.market.show(order)).get("uploaded_invoice_file")
    return url


async def test_a_file_is_listed_with_the_order_and_downloads_again(
    counter: Counter, order: Order, stranger: httpx.AsyncClient
) -> None:
    assert await listed(counter, order) == []

    invoice = await uploaded(counter, order, "Τιμολόγιο Νο 5.pdf")

    assert list(invoice) == ["id", "name", "url", "uploadedAt"]
    assert (invoice["id"], invoice["name"]) == (1, "Τιμολόγιο Νο 5.pdf")
    assert invoice["uploadedAt"] == "2026-03-03 12:00:00"
    assert re.fullmatch(rf"{SERVER}/files/invoices/\d+-{order.id}-1-[0-9a-f]{{32}}\.pdf", invoice["url"])
    assert await listed(counter, order) == [invoice]
    answer = await stranger.get(urlsplit(invoice["url"]).path)
    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/pdf")


@pytest.mark.parametrize("field", ["file", "invoice", "invoice_file", "anything at all", "αρχείο"])
async def test_the_file_may_be_in_any_field(counter: Counter, order: Order, field: str) -> None:
    answer = await counter.upload(order, "invoice.pdf", PDF, field=field)

    assert answer.status_code == 200, answer.text
    assert len(await listed(counter, order)) == 1


async def test_fields_that_are_no_files_are_ignored(counter: Counter, order: Order) -> None:
    answer = await counter.client.post(
        counter.address(order, "invoices"),
        data={"file": "text", "note": "απόδειξη"},
        files={"invoice": ("invoice.pdf", PDF)},
    )

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("client", elsewhere.AS_IT_IS_SENT)
async def test_the_form_is_read_as_clients_send_it(counter: Counter, order: Order, client: str) -> None:
    content_type, body = elsewhere.AS_IT_IS_SENT[client]

    answer = await send(counter, order, body, content_type)

    assert answer.status_code == 200, answer.text
    assert (await listed(counter, order))[0]["name"] in {"invoice.pdf", "Τιμ.pdf"}


async def send(counter: Counter, order: Order, body: bytes, content_type: str) -> httpx.Response:
    return await counter.client.post(
        counter.address(order, "invoices"), content=body, headers={"Content-Type": content_type}
    )


async def test_an_order_has_several_files_the_newest_last(
    counter: Counter, order: Order, stranger: httpx.AsyncClient
) -> None:
    first = await uploaded(counter, order, "a.pdf")
    counter.market.pass_time(HOUR)
    second = await uploaded(counter, order, "b.pdf", SECOND_PDF)
    third = await uploaded(counter, order, "a.pdf")

    assert await listed(counter, order) == [first, second, third]
    assert [invoice["id"] for invoice in (first, second, third)] == [1, 2, 3]
    assert second["uploadedAt"] == "2026-03-03 13:00:00"
    assert [await download(stranger, one["url"]) for one in (first, second, third)] == [
        (200, PDF),
        (200, SECOND_PDF),
        (200, PDF),
    ]
    assert await shown_elsewhere(counter, order) == third["url"]


async def test_a_file_of_the_other_marketplace_is_listed_and_takes_the_place_of_the_newest_only(
    counter: Counter, order: Order, stranger: httpx.AsyncClient
) -> None:
    kept, replaced = await uploaded(counter, order, "a.pdf"), await uploaded(counter, order, "b.pdf")

    answer = await elsewhere.upload(counter.market, order, "receipt.png", PNG)

    assert answered(answer) == SUCCESS
    first, newest = await listed(counter, order)
    assert first == kept
    assert (newest["id"], newest["name"]) == (3, "receipt.png")
    assert newest["url"] == await shown_elsewhere(counter, order)
    assert await download(stranger, newest["url"]) == (200, PNG)
    assert await download(stranger, replaced["url"]) == (404, b"")
    await Housekeeping(counter.stoa.service, counter.stoa.dialects).delete_files()
    assert await counter.files() == set((await counter.now(order)).blobs)


async def test_a_deleted_file_is_gone_and_the_one_before_it_is_shown_elsewhere(
    counter: Counter, order: Order, stranger: httpx.AsyncClient
) -> None:
    first, second = await uploaded(counter, order, "a.pdf"), await uploaded(counter, order, "b.pdf")

    answer = await delete(counter, order, second["id"])

    assert answered(answer) == SUCCESS
    assert await listed(counter, order) == [first]
    assert await download(stranger, second["url"]) == (404, b"")
    assert await download(stranger, first["url"]) == (200, PDF)
    assert await shown_elsewhere(counter, order) == first["url"]

    assert answered(await delete(counter, order, first["id"])) == SUCCESS
    assert await listed(counter, order) == []
    assert await shown_elsewhere(counter, order) is None


async def test_a_number_is_never_used_again(counter: Counter, order: Order) -> None:
    for expected in (1, 2, 3):
        assert (await uploaded(counter, order))["id"] == expected
        await delete(counter, order, expected)

    await elsewhere.upload(counter.market, order, "invoice.pdf", PDF)

    assert [invoice["id"] for invoice in await listed(counter, order)] == [4]


async def test_a_deleted_file_is_kept_as_long_as_the_order(
    counter: Counter, order: Order, back_office: httpx.AsyncClient
) -> None:
    await uploaded(counter, order, "a.pdf")
    await uploaded(counter, order, "b.pdf")
    files = await counter.files()
    await delete(counter, order, 1)
    await Housekeeping(counter.stoa.service, counter.stoa.dialects).delete_files()
    soft = await counter.files()

    assert (await back_office.delete(f"{BACK_OFFICE}/{order.id}")).status_code == 200
    await Housekeeping(counter.stoa.service, counter.stoa.dialects).delete_files()

    assert (len(files), soft) == (2, files)
    assert await counter.files() == set()


async def test_a_file_that_is_not_there_is_not_deleted(counter: Counter, order: Order) -> None:
    other = await counter.order()
    await uploaded(counter, order)
    for _ in range(2):
        await uploaded(counter, other)
    await delete(counter, other, 1)
    before = await contents(counter.stoa.service.pool)

    answers = [await delete(counter, order, number) for number in (0, 2, 3, 10**17, "000000000000000002")] + [
        await delete(counter, other, 1)
    ]

    assert [answered(answer) for answer in answers] == [UNKNOWN_FILE] * 6
    assert await contents(counter.stoa.service.pool) == before


@pytest.mark.parametrize("number", ["-1", "x", "1.0", "", "٣", "9" * 19, "1%00", "1 OR 1=1", "1/2"])
async def test_what_is_no_number_is_no_address(counter: Counter, order: Order, number: str) -> None:
    await uploaded(counter, order)

    answer = await delete(counter, order, quote(number, safe="%/"))

    assert at_fault(answer)[:2] == (404, "404")
    assert len(await listed(counter, order)) == 1


async def test_another_shops_files_are_neither_added_to_nor_deleted(
    counter: Counter, other_counter: Counter
) -> None:
    theirs = await other_counter.order()
    await uploaded(other_counter, theirs)
    before, files = await contents(counter.stoa.service.pool), await counter.files()

    for identifier in (other_counter.identifier(theirs), counter.identifier(theirs)):
        at = f"{ORDERS}/{identifier}/invoices"
        adding = await counter.client.post(at, files={"file": ("invoice.pdf", PDF)})
        deleting = await counter.client.delete(f"{at}/1")
        assert [answered(adding), answered(deleting)] == [not_found(identifier)] * 2
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == files


async def test_goods_that_come_back_may_have_a_credit_note(counter: Counter) -> None:
    back = await counter.order(return_of=LinkedOrder(id=1, placed_at=NOON))

    assert (await counter.upload(back, "credit-note.pdf", PDF)).status_code == 200
    assert [file["name"] for file in await listed(counter, back)] == ["credit-note.pdf"]


async def test_files_are_taken_and_deleted_wherever_the_order_is(counter: Counter) -> None:
    for step in OF_ORDERS:
        order = await counter.at(step)
        before = await counter.show(order)
        invoice = await uploaded(counter, order)
        later = await counter.show(order)
        changed = {field for field in before if before[field] != later[field]}
        assert changed <= {"invoices", "updatedAt"}, step
        assert answered(await delete(counter, order, invoice["id"])) == SUCCESS, step


@pytest.mark.parametrize("invoice", [None, an_invoice()], ids=["a receipt", "an invoice"])
async def test_a_file_says_nothing_of_what_the_customer_asked_for(counter: Counter, invoice: object) -> None:
    order = await counter.order(invoice=invoice)

    await uploaded(counter, order)

    assert (await counter.show(order))["hasInvoice"] is (invoice is not None)


HTML = b"<!DOCTYPE html><script>alert(1)</script>"

NOT_TAKEN = {
    # what it is: its name, its content and what is said of it
    "a png": ("invoice.png", PNG, "is not a pdf"),
    "a jpg": ("invoice.jpg", JPEG, "is not a pdf"),
    "a page": ("invoice.html", HTML, "is not a pdf"),
    "no extension": ("invoice", PDF, "is not a pdf"),
    "two extensions": ("invoice.pdf.exe", PDF, "is not a pdf"),
    "a page named as a pdf": ("invoice.pdf", HTML, "is not what its name says"),
    "a page in a pdf's clothes": ("invoice.pdf", HTML + PDF, "is not what its name says"),
    "a png named as a pdf": ("invoice.pdf", PNG, "is not what its name says"),
    "a pdf named as a png": ("invoice.png", PDF, "is not what its name says"),
    "cut off": ("invoice.pdf", PDF[:-8], "is not what its name says"),
    "empty": ("invoice.pdf", b"", "is empty"),
    "an empty page": ("invoice.html", b"", "is empty"),
    "too large": ("invoice.pdf", a_pdf_of(MOST_UPLOAD + 1), "is larger than 7 MB"),
    "twice too large": ("invoice.pdf", a_pdf_of(2 * MOST_UPLOAD), "is larger than 7 MB"),
}


async def test_what_is_no_pdf_is_refused_and_nothing_is_kept(counter: Counter, order: Order) -> None:
    before = await contents(counter.stoa.service.pool)

    for what, (name, data, words) in NOT_TAKEN.items():
        answer = await counter.upload(order, name, data)
        assert answered(answer) == refusal("10305", f"Invalid Action: file: The file {words}."), what
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == set()


async def test_seven_megabytes_are_taken(counter: Counter, order: Order, stranger: httpx.AsyncClient) -> None:
    data = a_pdf_of(MOST_UPLOAD)

    invoice = await uploaded(counter, order, data=data)

    assert await download(stranger, invoice["url"]) == (200, data)


NOT_BY_ANOTHER_FIELD = {"another field"}
"""What is refused elsewhere, where the field has one name."""


async def test_what_is_no_form_with_a_file_is_refused(counter: Counter, order: Order) -> None:
    before = await contents(counter.stoa.service.pool)

    for what, (kind, body) in elsewhere.NO_FORMS.items():
        if what not in NOT_BY_ANOTHER_FIELD:
            answer = await send(counter, order, body, kind)
            assert at_fault(answer) == (400, "10305", "file"), what
    assert await contents(counter.stoa.service.pool) == before
    assert await counter.files() == set()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "C:\\Τιμολόγια\\5.PDF", "a;b=\"c'.pdf", "x" * 200 + ".pdf", "<b>.pdf"]
)
async def test_a_name_is_only_a_name(
    counter: Counter, order: Order, stranger: httpx.AsyncClient, name: str
) -> None:
    invoice = await uploaded(counter, order, name)

    assert await listed(counter, order) == [invoice]
    assert await download(stranger, invoice["url"]) == (200, PDF)
    (file,) = await counter.files()
    assert re.fullmatch(rf"shops/{counter.shop.id}/invoices/{order.id}-[0-9a-f]+\.pdf", file)


async def test_fifty_files_are_taken_deleted_ones_included_and_no_more(counter: Counter) -> None:
    files = tuple(an_uploaded_invoice(serial=serial) for serial in range(1, MOST_INVOICE_FILES))
    order = await counter.at(Step.OPEN, invoice_files=files)

    last = await uploaded(counter, order)
    answers = [await counter.upload(order, "invoice.pdf", PDF)]
    await delete(counter, order, last["id"])
    answers.append(await counter.upload(order, "invoice.pdf", PDF))

    assert last["id"] == MOST_INVOICE_FILES == 20
    words = "Invalid Action: The order has had so many files that it takes no more."
    assert [answered(answer) for answer in answers] == [refusal("10305", words)] * 2
    assert len(await counter.files()) == 1


async def test_the_other_marketplace_still_replaces_the_newest_of_fifty(counter: Counter) -> None:
    files = tuple(an_uploaded_invoice(serial=serial) for serial in range(1, MOST_INVOICE_FILES + 1))
    order = await counter.at(Step.OPEN, invoice_files=files)

    answer = await elsewhere.upload(counter.market, order, "invoice.pdf", PDF)

    assert answered(answer) == SUCCESS
    assert [invoice["id"] for invoice in await listed(counter, order)] == [*range(1, 20), 21]


async def test_uploads_at_once_all_stay_under_numbers_of_their_own(
    counter: Counter, order: Order, stranger: httpx.AsyncClient
) -> None:
    contents_of = {f"{n}.pdf": PDF + b"%" + str(n).encode() for n in range(8)}

    answers = await asyncio.gather(*(uploaded(counter, order, *item) for item in contents_of.items()))

    assert {answer["name"] for answer in answers} == set(contents_of)
    assert sorted(answers, key=lambda answer: answer["id"]) == await listed(counter, order)
    assert sorted(answer["id"] for answer in answers) == [*range(1, 9)]
    for answer in answers:
        assert await download(stranger, answer["url"]) == (200, contents_of[answer["name"]])


async def test_uploads_of_both_marketplaces_at_once_leave_no_file_behind(
    counter: Counter, order: Order
) -> None:
    await uploaded(counter, order)

    here, there = await asyncio.gather(
        counter.upload(order, "here.pdf", PDF),
        elsewhere.upload(counter.market, order, "there.pdf", PDF),
    )

    assert (here.status_code, answered(there)) == (200, SUCCESS)
    names = [invoice["name"] for invoice in await listed(counter, order)]
    # Which of the two came first decides what was the newest, and was replaced.
    assert names in (["there.pdf", "here.pdf"], ["invoice.pdf", "there.pdf"])
    await Housekeeping(counter.stoa.service, counter.stoa.dialects).delete_files()
    assert await counter.files() == set((await counter.now(order)).blobs)


async def test_of_two_who_delete_a_file_at_once_one_succeeds(counter: Counter, order: Order) -> None:
    await uploaded(counter, order)

    answers = await asyncio.gather(delete(counter, order, 1), delete(counter, order, 1))

    assert sorted(map(answered, answers)) == [SUCCESS, UNKNOWN_FILE]
    assert (await counter.history(order)).count("InvoiceRemoved") == 1


async def test_an_upload_for_an_order_that_is_deleted_meanwhile_leaves_no_file(
    counter: Counter, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Blobs.put

    async def deleting(blobs: Blobs, key: str, data: bytes, content_type: str) -> None:
        await put(blobs, key, data, content_type)
        stored = await counter.market.stored(order)
        await counter.stoa.service.engine.delete(stored=stored, shop=counter.shop, by=Actor.MERCHANT)

    monkeypatch.setattr(Blobs, "put", deleting)
    answer = await counter.upload(order, "invoice.pdf", PDF)

    assert answered(answer) == not_found(counter.identifier(order))
    assert await counter.files() == set()


async def test_a_file_of_an_order_that_is_deleted_meanwhile_is_not_found(
    counter: Counter, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    await uploaded(counter, order)
    orders = counter.stoa.service.orders
    save = orders.save

    async def save_too_late(*saves: object) -> bool:
        await orders.delete(await counter.market.stored(order), by=Actor.MERCHANT, at=NOON)
        return await save(*saves)  # type: ignore[arg-type]

    monkeypatch.setattr(orders, "save", save_too_late)

    assert answered(await delete(counter, order, 1)) == not_found(counter.identifier(order))


async def test_where_files_cannot_be_kept_none_is_listed(
    counter: Counter, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put(*_: object) -> None:
        raise BlobStoreUnavailable("The disk is full.")

    monkeypatch.setattr(Blobs, "put", put)

    assert at_fault(await counter.upload(order, "invoice.pdf", PDF))[:2] == (503, "503")
    assert await listed(counter, order) == []


async def test_who_has_no_credentials_uploads_and_deletes_nothing(
    counter: Counter, order: Order, stranger: httpx.AsyncClient
) -> None:
    invoice = await uploaded(counter, order)
    at = counter.address(order, "invoices")

    adding = await stranger.post(at, files={"file": ("invoice.pdf", PDF)})
    deleting = await stranger.delete(f"{at}/1")

    assert [at_fault(answer)[:2] for answer in (adding, deleting)] == [(401, "401")] * 2
    assert await listed(counter, order) == [invoice]
