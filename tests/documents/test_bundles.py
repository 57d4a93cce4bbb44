"""The vouchers of many orders, printed at once."""

import time
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from msgspec.structs import replace

from stoa.app import Stoa
from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.documents.bundles import MOST_AT_ONCE, Bundle, vouchers_of
from stoa.documents.labels import AS_MADE, LabelFormat, render_labels
from stoa.documents.voucher import render_voucher, tracking_code
from stoa.engine import Engine, Gone
from stoa.orders.commands import Accept, AttachVoucher, CancelVoucher, PickUp
from stoa.orders.order import Actor, Order
from stoa.orders.shop import Shop
from stoa.store.orders import Stored
from tests import saves
from tests.builders import a_tracking, a_voucher, after, an_order
from tests.conftest import Merchant, opening_a_shop, stored
from tests.database_contents import contents
from tests.documents import test_labels
from tests.documents.papers import pages_of, words_of, words_of_page

MM = 72 / 25.4
CODE_128 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128)

A6, A4, ROLL_150, ROLL_170 = (105, 148), (210, 297), (100, 150), (100, 170)
SHEETS = [
    (LabelFormat.PDF, A6, 1),
    (LabelFormat.A6, A6, 1),
    (LabelFormat.A4, A4, 4),
    (LabelFormat.A4_IN_THREE, A4, 3),
    (LabelFormat.THERMAL, ROLL_150, 1),
    (LabelFormat.THERMAL_100X170, ROLL_170, 1),
]
"""Formats, the size of their pages in mm, and how many labels a page holds."""


async def saved(stoa: Stoa, order: Order) -> Stored:
    assert await stoa.service.orders.save(saves.placing(order))
    return await stored(stoa, order)


async def accepted(stoa: Stoa, shop: Shop, **what_matters: Any) -> Stored:
    number = await stoa.service.orders.next_number()
    order = an_order(order_id=number, shop=shop, **what_matters)
    return await saved(stoa, after(order, Accept(voucher=False), shop=shop))


async def labelled(stoa: Stoa, shop: Shop, count: int, **what_matters: Any) -> list[Stored]:
    """Orders of which each has its voucher in the blob store."""
    orders = [await accepted(stoa, shop, **what_matters) for _ in range(count)]
    for order in orders:
        printed = await stoa.service.press.print_voucher(order, shop, by=Actor.MERCHANT)
        assert isinstance(printed, Order)
    return [await stored(stoa, order.order) for order in orders]


async def printed(stoa: Stoa, shop: Shop, *orders: Stored, form: LabelFormat = LabelFormat.PDF) -> bytes:
    """The PDF of orders of which none is missing."""
    bundle = await vouchers_of(stoa.service, shop, orders, form)
    assert bundle.missing == []
    assert bundle.pdf is not None
    return bundle.pdf


def codes_of(*orders: Stored) -> list[str]:
    return [order.order.trackings[0].code for order in orders]


def scanned(page: pypdfium2.PdfPage) -> list[str]:
    """The bar codes on a page, row by row."""
    picture = page.render(scale=4).to_pil().convert("L")
    found = zxingcpp.read_barcodes(picture, formats=CODE_128)
    return [one.text for one in sorted(found, key=lambda one: _row_by_row(one, picture.height))]


def _row_by_row(found: Any, height: int) -> tuple[bool, int]:
    corner = found.position.top_left
    return corner.y > height / 2, corner.x


async def kept(stoa: Stoa, order: Stored) -> bytes:
    assert order.order.voucher
    return await stoa.service.blobs.get(order.order.voucher.blob)


async def lose(stoa: Stoa, order: Stored) -> None:
    assert order.order.voucher
    await stoa.service.blobs.delete(order.order.voucher.blob)


async def history(stoa: Stoa, order: Stored) -> list[str]:
    return [one.kind for one in await stoa.service.orders.history(order.order.shop_id, order.order.id)]


async def test_vouchers_come_as_one_pdf_in_the_order_asked_for(stoa: Stoa, merchant: Merchant) -> None:
    orders = (await labelled(stoa, merchant.shop, 3))[::-1]

    pages = pages_of(await printed(stoa, merchant.shop, *orders))

    assert [scanned(page) for page in pages] == [[code] for code in codes_of(*orders)]


async def test_each_page_is_the_voucher_as_it_was_made(stoa: Stoa, merchant: Merchant) -> None:
    one, other = await labelled(stoa, merchant.shop, 2)
    assert other.order.voucher
    await stoa.service.blobs.put(other.order.voucher.blob, as_made(), "application/pdf")

    pages = pages_of(await printed(stoa, merchant.shop, one, other))

    assert words_of_page(pages[0]) == words_of_page(pages_of(await kept(stoa, one))[0])
    assert "Κάποτε αλλιώς" in words_of_page(pages[1])


def as_made() -> bytes:
    return render_voucher(test_labels.a_voucher(courier="Κάποτε αλλιώς"))


@pytest.mark.parametrize(("form", "size", "on_a_page"), SHEETS, ids=[form for form, _, _ in SHEETS])
async def test_a_sheet_holds_as_many_labels_as_it_has_room_for(
    stoa: Stoa, merchant: Merchant, form: LabelFormat, size: tuple[int, int], on_a_page: int
) -> None:
    orders = await labelled(stoa, merchant.shop, on_a_page + 1)

    first, second = pages_of(await printed(stoa, merchant.shop, *orders, form=form))

    for page in (first, second):
        assert [length / MM for length in page.get_size()] == pytest.approx(size, abs=0.01)
    *whole, last = codes_of(*orders)
    assert sorted(scanned(first)) == whole
    assert scanned(second) == [last]


def test_labels_fill_a_sheet_from_the_upper_left_row_by_row() -> None:
    codes = [tracking_code(n, 1) for n in range(1, 5)]
    labels = [test_labels.a_voucher(tracking_code=code) for code in codes]

    [page] = pages_of(render_labels(labels, LabelFormat.A4))

    assert scanned(page) == codes


@pytest.mark.parametrize("form", [LabelFormat.PDF, LabelFormat.A4])
async def test_an_order_without_a_voucher_is_named_and_keeps_no_other_from_being_printed(
    stoa: Stoa, merchant: Merchant, form: LabelFormat
) -> None:
    without, (one,) = await accepted(stoa, merchant.shop), await labelled(stoa, merchant.shop, 1)
    before = await history(stoa, without)

    bundle = await vouchers_of(stoa.service, merchant.shop, (without, one), form)

    assert bundle.missing == [without.order]
    assert bundle.pdf is not None
    assert [scanned(page) for page in pages_of(bundle.pdf)] == [codes_of(one)]
    assert await history(stoa, without) == before


async def test_where_no_order_has_a_voucher_there_is_no_pdf(stoa: Stoa, merchant: Merchant) -> None:
    (cancelled,) = await labelled(stoa, merchant.shop, 1)
    await stoa.service.engine.carry_out(CancelVoucher(), on=cancelled, shop=merchant.shop, by=Actor.MERCHANT)
    orders = [await accepted(stoa, merchant.shop), await stored(stoa, cancelled.order)]
    before = await contents(stoa.service.pool)

    bundle = await vouchers_of(stoa.service, merchant.shop, orders, LabelFormat.PDF)

    assert bundle == Bundle(None, [order.order for order in orders])
    assert await vouchers_of(stoa.service, merchant.shop, (), LabelFormat.PDF) == Bundle(None, [])
    assert await contents(stoa.service.pool) == before


@pytest.mark.parametrize("form", sorted(AS_MADE))
async def test_a_voucher_whose_file_is_lost_is_drawn_again_in_its_place(
    stoa: Stoa, merchant: Merchant, form: LabelFormat
) -> None:
    orders = await labelled(stoa, merchant.shop, 3)
    before = words_of(await kept(stoa, orders[1]))
    await lose(stoa, orders[1])

    pages = pages_of(await printed(stoa, merchant.shop, *orders, form=form))

    assert [scanned(page) for page in pages] == [[code] for code in codes_of(*orders)]
    assert words_of_page(pages[1]).replace("\r\n", "\n").replace("\xa0", " ") == before


@pytest.mark.parametrize("damage", [0, 4, 100, 5000, -400])
async def test_a_voucher_whose_file_is_damaged_is_drawn_again(
    stoa: Stoa, merchant: Merchant, damage: int
) -> None:
    one, other = await labelled(stoa, merchant.shop, 2)
    assert one.order.voucher
    torn = (await kept(stoa, one))[:damage]
    await stoa.service.blobs.put(one.order.voucher.blob, torn, "application/pdf")

    pages = pages_of(await printed(stoa, merchant.shop, one, other))

    assert [scanned(page) for page in pages] == [[code] for code in codes_of(one, other)]


async def test_vouchers_are_printed_while_the_files_cannot_be_read(
    stoa: Stoa, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = await labelled(stoa, merchant.shop, 2)

    async def get(*_: object) -> bytes:
        raise BlobStoreUnavailable("The disk is gone.")

    monkeypatch.setattr(Blobs, "get", get)
    pages = pages_of(await printed(stoa, merchant.shop, *orders))

    assert [scanned(page) for page in pages] == [[code] for code in codes_of(*orders)]


async def test_who_prints_has_the_parcels_ready(stoa: Stoa, merchant: Merchant) -> None:
    orders = await labelled(stoa, merchant.shop, 6)

    for _ in range(2):
        await printed(stoa, merchant.shop, *orders)

    for order in orders:
        assert (await history(stoa, order)).count("MarkedReady") == 1
        assert (await stored(stoa, order.order)).order.ready_at == stoa.service.clock()


async def test_printing_for_a_shop_that_says_itself_what_is_ready_says_nothing(stoa: Stoa) -> None:
    async with opening_a_shop(stoa, set_as_ready_required=True) as enrolled:
        orders = await labelled(stoa, enrolled.shop, 2)
        before = await contents(stoa.service.pool)

        await printed(stoa, enrolled.shop, *orders)

        assert await contents(stoa.service.pool) == before


async def test_a_parcel_that_has_left_can_be_printed_again(stoa: Stoa, merchant: Merchant) -> None:
    (order,) = await labelled(stoa, merchant.shop, 1)
    await stoa.service.engine.carry_out(PickUp(), on=order, shop=merchant.shop, by=Actor.COURIER)

    pdf = await printed(stoa, merchant.shop, await stored(stoa, order.order))

    assert [scanned(page) for page in pages_of(pdf)] == [codes_of(order)]
    assert (await history(stoa, order))[-1] == "PickedUp"


async def test_an_order_that_goes_meanwhile_keeps_no_other_from_being_printed(
    stoa: Stoa, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await labelled(stoa, merchant.shop, 2)
    carry_out = Engine.carry_out

    async def gone(engine: Engine, command: Any, *, on: Stored, shop: Shop, by: Actor) -> Any:
        if on.order.id == one.order.id:
            raise Gone
        return await carry_out(engine, command, on=on, shop=shop, by=by)

    monkeypatch.setattr(Engine, "carry_out", gone)
    await printed(stoa, merchant.shop, one, other)

    assert (await history(stoa, other))[-1] == "MarkedReady"


async def test_more_than_two_hundred_are_not_printed_at_once(stoa: Stoa, merchant: Merchant) -> None:
    orders = [await accepted(stoa, merchant.shop)] * (MOST_AT_ONCE + 1)

    with pytest.raises(ValueError, match="At most 200 orders at once, not 201"):
        await vouchers_of(stoa.service, merchant.shop, orders, LabelFormat.PDF)


async def many_labelled(stoa: Stoa, shop: Shop) -> list[Stored]:
    """As many orders as can be printed at once, with the same page each."""
    await stoa.service.blobs.put(a_voucher().blob, as_made(), "application/pdf")
    order = after(an_order(shop=shop), Accept(voucher=False), shop=shop)
    first = await stoa.service.orders.next_number()
    return [
        await saved(stoa, after(replace(order, id=number), label_number(number), shop=shop))
        for number in range(first, first + MOST_AT_ONCE)
    ]


def label_number(number: int) -> AttachVoucher:
    return AttachVoucher(voucher=a_voucher(), tracking=a_tracking(code=tracking_code(number, 1)))


@pytest.mark.parametrize(("form", "pages"), [(LabelFormat.PDF, 200), (LabelFormat.A4, 50)])
async def test_two_hundred_vouchers_take_a_few_seconds(
    stoa: Stoa, merchant: Merchant, form: LabelFormat, pages: int
) -> None:
    orders = await many_labelled(stoa, merchant.shop)
    began = time.process_time()
    pdf = await printed(stoa, merchant.shop, *orders, form=form)

    assert time.process_time() - began < 6
    assert len(pages_of(pdf)) == pages
    assert len(pdf) < 5_000_000
