import csv
import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pypdfium2
import pytest
from msgspec.structs import replace

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.desk.orders import bulk, exporting
from stoa.engine import Conflict, Engine, Gone
from stoa.orders.commands import Command
from stoa.orders.order import Fulfilment, Order, ReturnState, State
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.store.orders import Stored
from tests.builders import a_customer, a_line
from tests.conftest import Merchant, let_timers_work, stored
from tests.database_contents import contents
from tests.desk.lists import let_orders_be_found, listed, orders_of, searching
from tests.desk.people import posting, text_of
from tests.operator.calls import in_state, return_in

ACTIONS = ("accept", "labels", "pick-list", "export/csv", "export/xlsx")


async def some_open(stoa: Stoa, shop: Shop, count: int, **what_matters: Any) -> list[Order]:
    return [await in_state(stoa, shop, State.OPEN, **what_matters) for _ in range(count)]


async def some_labelled(stoa: Stoa, shop: Shop, count: int) -> list[Order]:
    orders = [await in_state(stoa, shop, State.ACCEPTED) for _ in range(count)]
    await let_timers_work(stoa, shop)
    return orders


async def doing(
    client: httpx.AsyncClient, shop: Shop, action: str, *orders: Order, **more: object
) -> httpx.Response:
    return await posting(client, orders_of(shop, action), order=[order.id for order in orders], **more)


def pages_of(answer: httpx.Response) -> list[str]:
    """What each page of a PDF says."""
    assert answer.headers["content-type"] == "application/pdf", answer.text
    document = pypdfium2.PdfDocument(answer.content)
    pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return pages


def table_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def hidden_orders(page: httpx.Response, action: str) -> list[int]:
    """The orders of the form that leads on to an action."""
    form = page.text.split(f'/{action}"', 1)[1].split("</form>", 1)[0]
    return [int(number) for number in re.findall(r'name="order" value="(\d+)"', form)]


async def test_many_orders_are_accepted_at_once_each_as_by_itself(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    orders = await some_open(stoa, merchant.shop, 5)

    answer = await doing(owner, merchant.shop, "accept", *orders)

    assert (answer.status_code, "Orders accepted: 5" in text_of(answer)) == (200, True)
    for order in orders:
        accepted = (await stored(stoa, order)).order
        assert accepted.state is State.ACCEPTED
        assert accepted.acceptance is not None
        assert accepted.acceptance.location == accepted.options.locations[0]
        assert accepted.acceptance.window == accepted.options.windows[0]
        assert accepted.acceptance.parcels == 1
        noted = (await stoa.service.orders.history(merchant.shop.id, order.id))[-1]
        assert (noted.kind, noted.person) == ("Accepted", "Άννα")
        assert stoa.service.channel_code(order, merchant.shop) in text_of(answer)
    assert sorted(hidden_orders(answer, "labels")) == sorted(order.id for order in orders)


async def test_whoever_accepts_hears_where_and_when_the_courier_comes(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    first, second = await some_open(stoa, merchant.shop, 2)
    options = replace(first.options, windows=first.options.windows[1:])
    [later] = await some_open(stoa, merchant.shop, 1, options=options)
    [own] = await some_open(stoa, merchant.shop, 1, fulfilment=Fulfilment.MERCHANT)

    answer = await doing(owner, merchant.shop, "accept", first, second, later, own)

    assert "Orders accepted: 4" in text_of(answer)
    codes = [stoa.service.channel_code(order, merchant.shop) for order in (first, second, later)]
    street = first.options.locations[0].street
    pickups = re.findall(r"<li><strong>([^<]+)</strong> <small>([^<]+)</small>", answer.text)
    assert [named for _, named in pickups] == [f"{codes[0]}, {codes[1]}", codes[2]]
    for (pickup, _), window in zip(pickups, first.options.windows[:2], strict=True):
        assert street in pickup
        assert f"{window.opens.astimezone(ZoneInfo(merchant.shop.zone)):%H:%M}" in pickup


async def test_what_could_not_be_accepted_is_named_with_its_reason(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    [good] = await some_open(stoa, merchant.shop, 1)
    [express] = await some_open(stoa, merchant.shop, 1, express=True)
    sent = await in_state(stoa, merchant.shop, State.DISPATCHED)

    answer = await doing(owner, merchant.shop, "accept", good, express, sent)

    said = text_of(answer)
    assert "Orders accepted: 1" in said
    assert "Not accepted: 2" in said
    assert "Express orders are accepted by the marketplace itself." in said
    assert "which does not allow this" in said
    assert f'href="{orders_of(merchant.shop, str(sent.id))}"' in answer.text
    assert hidden_orders(answer, "labels") == [good.id]
    assert (await stored(stoa, express)).order.state is State.OPEN


async def test_an_order_past_its_deadline_is_not_accepted_with_the_others(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    [late] = await some_open(stoa, merchant.shop, 1)
    clock.move(late.expires_at - clock() + timedelta(seconds=1))
    [fresh] = await some_open(stoa, merchant.shop, 1)

    answer = await doing(owner, merchant.shop, "accept", late, fresh)

    assert "Orders accepted: 1" in text_of(answer)
    assert "time for acceptance is over" in text_of(answer)


async def test_one_that_breaks_keeps_nobody_from_hearing_of_the_others(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, broken, deleted, busy = await some_open(stoa, merchant.shop, 4)
    faults = {broken.id: RuntimeError("out of paper"), deleted.id: Gone(), busy.id: Conflict()}
    accepting = Engine.carry_out

    async def breaking(engine: Engine, command: Command, *, on: Stored, **more: Any) -> Order | Refused:
        if on.order.id in faults:
            raise faults[on.order.id]
        return await accepting(engine, command, on=on, **more)

    monkeypatch.setattr(Engine, "carry_out", breaking)
    said = text_of(await doing(owner, merchant.shop, "accept", good, broken, deleted, busy))

    assert "Orders accepted: 1" in said
    for why in ("Something went wrong on our side", "deleted it meanwhile", "Others keep changing it"):
        assert why in said
    assert "out of paper" not in said


async def test_two_who_accept_the_same_orders_accept_each_once(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, packer: httpx.AsyncClient
) -> None:
    orders = await some_open(stoa, merchant.shop, 3)
    await doing(owner, merchant.shop, "accept", *orders)

    answer = await doing(packer, merchant.shop, "accept", *orders)

    assert "Orders accepted" not in text_of(answer)
    assert "Not accepted: 3" in text_of(answer)
    for order in orders:
        assert len(await stoa.service.orders.history(merchant.shop.id, order.id)) == 2


@pytest.mark.parametrize("action", ACTIONS)
async def test_without_a_selection_the_list_says_so(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, action: str
) -> None:
    [order] = await some_open(stoa, merchant.shop, 1)

    answer = await posting(owner, orders_of(merchant.shop, action), list="?tab=all")

    assert (answer.status_code, listed(answer)) == (422, [order.id])
    assert "Select at least one order first." in text_of(answer)


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_order_of_another_shop_is_none(
    stoa: Stoa,
    merchant: Merchant,
    neighbour: Merchant,
    neighbours_owner: httpx.AsyncClient,
    action: str,
) -> None:
    [foreign] = await some_open(stoa, merchant.shop, 1)
    [own] = await some_open(stoa, neighbour.shop, 1)
    before = await contents(stoa.service.pool)

    answer = await doing(neighbours_owner, neighbour.shop, action, foreign, own)

    assert (answer.status_code, listed(answer)) == (422, [own.id])
    assert "Nothing was done." in text_of(answer)
    assert f'value="{own.id}" data-order="{own.id}" aria-label' in answer.text
    assert re.search(rf'value="{own.id}"[^>]* checked>', answer.text)
    assert (await doing(neighbours_owner, merchant.shop, action, foreign)).status_code == 404
    assert await contents(stoa.service.pool) == before


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_selection_that_nobody_could_make_is_refused(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, action: str
) -> None:
    for numbers in (["x"], ["-1", "1e9", ""], ["9" * 30], ["9" * 18], [str(n) for n in range(1, 202)]):
        answer = await posting(
            owner, orders_of(merchant.shop, action), order=numbers, list="?tab=%ff&after=x&&&="
        )

        assert answer.status_code == 422, numbers
        assert 'role="alert"' in answer.text


async def test_all_labels_are_one_pdf_in_the_order_of_the_list(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    orders = await some_labelled(stoa, merchant.shop, 3)

    answer = await doing(packer, merchant.shop, "labels", *reversed(orders))

    pages = pages_of(answer)
    codes = [stoa.service.channel_code(order, merchant.shop) for order in reversed(orders)]
    assert [code in page for code, page in zip(codes, pages, strict=True)] == [True] * 3
    assert answer.headers["content-disposition"] == 'inline; filename="labels.pdf"'


async def test_labels_are_printed_on_the_paper_that_was_chosen(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    orders = await some_labelled(stoa, merchant.shop, 3)

    assert len(pages_of(await doing(packer, merchant.shop, "labels", *orders, paper="a4"))) == 1
    assert len(pages_of(await doing(packer, merchant.shop, "labels", *orders, paper="none"))) == 3


async def test_labels_that_are_being_made_are_waited_for(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = await some_open(stoa, merchant.shop, 2)
    await doing(packer, merchant.shop, "accept", *orders)
    reading = stoa.service.orders.read_some

    async def with_the_worker(*asked: Any) -> Any:
        await let_timers_work(stoa, merchant.shop)
        return await reading(*asked)

    monkeypatch.setattr(bulk, "LOOK_AGAIN_AFTER", 0.0)
    monkeypatch.setattr(stoa.service.orders, "read_some", with_the_worker)
    assert len(pages_of(await doing(packer, merchant.shop, "labels", *orders))) == 2


async def test_a_label_that_is_missing_is_named_and_the_others_can_be_printed(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled = await some_labelled(stoa, merchant.shop, 2)
    [not_accepted] = await some_open(stoa, merchant.shop, 1)
    own_courier = await in_state(stoa, merchant.shop, State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)
    due = await in_state(stoa, merchant.shop, State.ACCEPTED)
    monkeypatch.setattr(bulk, "LOOKS_FOR_LABELS", 0)

    answer = await doing(packer, merchant.shop, "labels", *labelled, not_accepted, own_courier, due)

    said = text_of(answer)
    assert "Orders that have no label: 3 of 5" in said
    for why in ("It is not accepted yet.", "It has no label.", "Its label is still being made."):
        assert why in said
    assert "Print the others: 2" in said
    printable = hidden_orders(answer, "labels")
    assert printable == [order.id for order in labelled]
    assert len(pages_of(await posting(packer, orders_of(merchant.shop, "labels"), order=printable))) == 2


async def test_labels_that_nobody_has_made_yet_can_be_made_from_there(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    labelled = await some_labelled(stoa, merchant.shop, 1)
    [unlabelled] = await some_labelled(stoa, merchant.shop, 1)
    await posting(packer, f"/desk/{merchant.shop.id}/orders/{unlabelled.id}/cancel-label")
    assert (await stored(stoa, unlabelled)).order.voucher is None
    [not_accepted] = await some_open(stoa, merchant.shop, 1)

    page = await doing(packer, merchant.shop, "labels", *labelled, unlabelled, not_accepted)
    assert "Make those that are missing: 1" in text_of(page)
    answer = await doing(packer, merchant.shop, "labels", *labelled, unlabelled, make="missing")

    assert len(pages_of(answer)) == 2
    assert (await stored(stoa, unlabelled)).order.voucher is not None
    assert (await stored(stoa, not_accepted)).order.voucher is None


async def test_the_pick_list_has_every_product_once_in_the_readers_language(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    orders = await some_open(stoa, merchant.shop, 2, lines=(a_line(name="Καφετιέρα", quantity=2),))
    await posting(packer, "/desk/account/language", language="el")

    answer = await doing(packer, merchant.shop, "pick-list", *orders)

    first, *_ = pages_of(answer)
    assert first.count("Καφετιέρα") == 1
    assert "Κωδικός" in first
    assert answer.headers["content-disposition"] == 'inline; filename="pick-list.pdf"'


async def test_what_lies_in_the_marketplaces_warehouse_is_not_picked(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    [here] = await some_open(stoa, merchant.shop, 1, lines=(a_line(name="Here"),))
    elsewhere = await in_state(
        stoa,
        merchant.shop,
        State.ACCEPTED,
        fulfilment=Fulfilment.WAREHOUSE,
        lines=(a_line(name="Elsewhere"),),
    )

    first, *_ = pages_of(await doing(packer, merchant.shop, "pick-list", here, elsewhere))
    nothing = await doing(packer, merchant.shop, "pick-list", elsewhere)
    labels = await doing(packer, merchant.shop, "labels", here, elsewhere)

    assert "Here" in first
    assert "Elsewhere" not in first
    assert nothing.status_code == 422
    assert "There is nothing to pick" in text_of(nothing)
    assert "The marketplace's warehouse sends it." in text_of(labels)


@pytest.mark.parametrize(
    "state", [State.REJECTED, State.EXPIRED, State.CANCELLED, State.DISPATCHED, State.RETURNED]
)
async def test_what_is_not_to_be_sent_any_more_is_not_picked(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient, state: State
) -> None:
    over = await in_state(stoa, merchant.shop, state, lines=(a_line(name="Over"),))
    coming_back = await return_in(stoa, merchant.shop, ReturnState.PENDING_REVIEW)
    to_send = await in_state(stoa, merchant.shop, State.ACCEPTED, lines=(a_line(name="Wanted"),))

    pages = pages_of(await doing(packer, merchant.shop, "pick-list", over, coming_back, to_send))
    nothing = await doing(packer, merchant.shop, "pick-list", over, coming_back)

    assert [("Wanted" in page, "Over" in page) for page in pages] == [(True, False)] * 2
    assert (nothing.status_code, "There is nothing to pick" in text_of(nothing)) == (422, True)


async def test_a_return_is_not_called_missing_a_label_of_the_warehouses(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    coming_back = await return_in(stoa, merchant.shop, ReturnState.PENDING_REVIEW)

    labels = await doing(packer, merchant.shop, "labels", coming_back)

    assert "It has no label." in text_of(labels)


async def test_a_selection_is_exported_as_a_table(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    orders = await some_open(stoa, merchant.shop, 3)

    rows = table_of(await doing(owner, merchant.shop, "export/csv", orders[2], orders[0]))

    codes = [stoa.service.channel_code(order, merchant.shop) for order in (orders[2], orders[0])]
    assert [row["Order"] for row in rows] == codes
    assert {row["Customer"] for row in rows} == {"Ελένη Παπαδάκη"}


async def test_all_that_a_list_shows_is_exported_on_all_its_pages(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    await in_state(stoa, merchant.shop, State.OPEN, customer=a_customer(last_name="Άλλος"))
    wanted = await some_open(stoa, merchant.shop, 5)
    await let_orders_be_found(stoa, merchant.shop)
    page = await searching(owner, merchant.shop, "παπαδάκη")

    address = re.search(r'href="([^"]+export/csv[^"]+)"', page.text)
    assert address is not None
    rows = table_of(await owner.get(address[1].replace("&amp;", "&")))

    assert [row["Order"] for row in rows] == [
        stoa.service.channel_code(order, merchant.shop) for order in reversed(wanted)
    ]


async def test_an_export_holds_the_newest_where_there_are_too_many(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ORDERS", 2)
    orders = await some_open(stoa, merchant.shop, 4)

    rows = table_of(await owner.get(orders_of(merchant.shop, "export/csv")))

    newest = [stoa.service.channel_code(order, merchant.shop) for order in (orders[3], orders[2])]
    assert [row["Order"] for row in rows] == newest


async def test_an_export_is_a_workbook_too(stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient) -> None:
    [order] = await some_open(stoa, merchant.shop, 1)

    selected = await doing(owner, merchant.shop, "export/xlsx", order)
    everything = await owner.get(orders_of(merchant.shop, "export/xlsx"), params={"tab": "all"})

    for answer in (selected, everything):
        assert answer.headers["content-disposition"] == 'attachment; filename="orders.xlsx"'
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            assert b"<row" in book.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_packer_takes_no_tables_away(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient, kind: str
) -> None:
    [order] = await some_open(stoa, merchant.shop, 1)

    assert (await packer.get(orders_of(merchant.shop, "export", kind))).status_code == 403
    assert (await doing(packer, merchant.shop, f"export/{kind}", order)).status_code == 403


async def test_a_table_of_another_kind_is_none(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    [order] = await some_open(stoa, merchant.shop, 1)

    assert (await owner.get(orders_of(merchant.shop, "export/pdf"))).status_code == 404
    assert (await doing(owner, merchant.shop, "export/pdf", order)).status_code == 404


@pytest.mark.parametrize("action", ["find", *ACTIONS])
async def test_a_form_that_is_not_the_sessions_own_does_nothing(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, action: str
) -> None:
    [order] = await some_open(stoa, merchant.shop, 1)

    answer = await owner.post(orders_of(merchant.shop, action), data={"order": order.id, "csrf": "0" * 64})

    assert answer.status_code == 403
    assert (await stored(stoa, order)).order.state is State.OPEN
