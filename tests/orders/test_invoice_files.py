"""The receipts and invoices that the merchant uploads."""

import pytest
from msgspec.structs import replace

from stoa.orders.commands import AttachInvoice, RemoveInvoice
from stoa.orders.decisions import MOST_INVOICE_FILES
from stoa.orders.order import Order, State
from stoa.orders.refusals import Refusal, Refused
from tests.builders import HOUR, NOON, a_voucher, after, an_order, an_order_in, an_uploaded_invoice, asking


def adding(name: str) -> AttachInvoice:
    return uploading(name, replacing=False)


def replacing(name: str) -> AttachInvoice:
    return uploading(name, replacing=True)


def uploading(name: str, *, replacing: bool) -> AttachInvoice:
    # Whoever uploads does not know yet how many files the order has.
    return AttachInvoice(invoice=an_uploaded_invoice(serial=0, name=name, blob=name), replacing=replacing)


def removing(serial: int) -> RemoveInvoice:
    return RemoveInvoice(serial=serial)


def files(order: Order) -> dict[int, str | None]:
    """All that the order knows of, by serial."""
    return {file.serial: file.name for file in order.invoice_files}


def shown(order: Order) -> dict[int, str | None]:
    return {file.serial: file.name for file in order.standing_invoice_files}


def newest(order: Order) -> str | None:
    return order.uploaded_invoice.name if order.uploaded_invoice else None


THREE = after(an_order(), adding("a"), adding("b"), adding("c"))


@pytest.mark.parametrize("state", State)
def test_a_receipt_is_attached_in_any_state_and_a_new_one_replaces_it(state: State) -> None:
    order = after(an_order_in(state), replacing("a"), replacing("b"))

    assert (order.state, files(order)) == (state, {2: "b"})


def test_an_upload_is_kept_as_it_was_but_for_its_serial() -> None:
    order = after(an_order(), adding("a"))

    assert order.invoice_files == (an_uploaded_invoice(serial=1, name="a", blob="a"),)


def test_several_files_have_serials_in_their_order_and_the_newest_counts() -> None:
    assert (shown(THREE), newest(THREE)) == ({1: "a", 2: "b", 3: "c"}, "c")


def test_an_upload_in_place_of_another_takes_that_of_the_newest_only() -> None:
    order = after(THREE, replacing("d"))

    assert (files(order), newest(order)) == ({1: "a", 2: "b", 4: "d"}, "d")


def test_an_order_without_a_file_has_nothing_to_replace() -> None:
    assert files(after(an_order(), replacing("a"))) == {1: "a"}


def test_a_file_that_was_deleted_is_kept_and_shown_to_nobody() -> None:
    order = after(THREE, removing(2), at=NOON + HOUR)

    assert (shown(order), files(order)) == ({1: "a", 3: "c"}, {1: "a", 2: "b", 3: "c"})
    assert order.invoice_files[1].deleted_at == NOON + HOUR


def test_the_one_before_is_the_newest_where_the_newest_was_deleted() -> None:
    order = after(THREE, removing(3))

    assert newest(order) == "b"
    assert files(after(order, replacing("d"))) == {1: "a", 3: "c", 4: "d"}


def test_an_order_whose_files_were_all_deleted_has_none_to_show() -> None:
    order = after(THREE, *(removing(serial) for serial in (1, 2, 3)))

    assert (shown(order), order.uploaded_invoice) == ({}, None)


def test_a_serial_is_never_given_twice() -> None:
    order = after(THREE, removing(3), adding("d"), replacing("e"), removing(5), replacing("f"))

    assert files(order) == {1: "a", 3: "c", 5: "e", 6: "f"}


@pytest.mark.parametrize("serial", [-1, 0, 2, 4])
def test_a_file_that_is_not_there_is_not_deleted(serial: int) -> None:
    order = after(THREE, removing(2))

    assert asking(order, removing(serial)) == Refused(Refusal.UNKNOWN_FILE)


def test_an_order_takes_so_many_files_and_no_more_deleted_ones_included() -> None:
    order = after(an_order(), *(adding(str(n)) for n in range(MOST_INVOICE_FILES)), removing(1))

    assert len(order.invoice_files) == MOST_INVOICE_FILES == 20
    assert asking(order, adding("one more")) == Refused(Refusal.TOO_MANY_FILES)


def test_a_file_that_takes_anothers_place_is_never_one_too_many() -> None:
    full = after(an_order(), *(adding(str(n)) for n in range(MOST_INVOICE_FILES)))

    order = after(full, replacing("the last"))

    assert (len(order.invoice_files), newest(order)) == (20, "the last")


def test_where_all_were_deleted_there_is_no_place_to_take() -> None:
    full = after(an_order(), *(adding(str(n)) for n in range(MOST_INVOICE_FILES)))
    emptied = after(full, *(removing(file.serial) for file in full.invoice_files))

    assert asking(emptied, replacing("the last")) == Refused(Refusal.TOO_MANY_FILES)


def test_an_orders_files_are_its_voucher_and_its_uploads_deleted_ones_included() -> None:
    order = replace(after(THREE, removing(2)), voucher=a_voucher(blob="voucher"))

    assert order.blobs == ("voucher", "a", "b", "c")
    assert an_order().blobs == ()
