"""Deleting an order: it is gone with all that hangs on it, but what the law keeps (delete an order)."""

import asyncio
from datetime import timedelta

import httpx

from stoa.orders.order import Actor, State
from tests.builders import NOON, a_voucher, an_uploaded_invoice
from tests.documents.papers import words_of
from tests.merchantpro.back_office import ORDERS, BackOffice, Json, fault, resource
from tests.operator import calls

HANGS_ON_ORDERS = ("orders", "order_events", "deliveries")

AUDIT = "SELECT * FROM audit WHERE shop_id = $1"
FILES = "SELECT blob FROM discarded_files WHERE shop_id = $1 ORDER BY blob"
TAGS = "SELECT name FROM tags WHERE shop_id = $1"


async def delete(office: BackOffice, order_id: int) -> Json:
    """What is answered of an order that is deleted."""
    return resource(await office.client.delete(f"{ORDERS}/{order_id}"))


async def rows(office: BackOffice, order_id: int) -> dict[str, int]:
    """How many rows of each table are about the order."""
    pool = office.stoa.service.pool
    column = {"orders": "id"}
    return {
        table: await pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE shop_id = $1 AND {column.get(table, 'order_id')} = $2",
            office.shop.id,
            order_id,
        )
        for table in HANGS_ON_ORDERS
    }


async def test_the_answer_is_the_order_that_was_deleted_and_ok(office: BackOffice) -> None:
    added = await office.add(shipping_status="confirmed", internal_notes=[{"text": "a"}])

    assert await delete(office, added["id"]) == added | {"ok": True}


async def test_a_deleted_order_is_gone_for_every_api(office: BackOffice, operator: httpx.AsyncClient) -> None:
    order = await office.market.order()
    at = f"{ORDERS}/{order.id}"

    await delete(office, order.id)

    assert fault(await office.client.get(at)) == (404, None)
    assert fault(await office.client.patch(at, json={})) == (404, None)
    assert fault(await office.process(order.id, "cancelled")) == (404, None)
    assert fault(await office.client.delete(at)) == (404, None)
    assert (await office.market.client.get(office.market.address(order))).status_code == 404
    assert (await operator.get(calls.address(office.shop, "orders", order.id))).status_code == 404
    assert await office.numbers() == []


async def test_events_and_deliveries_go_with_their_order(office: BackOffice) -> None:
    kept, gone = await office.add(), await office.add(shipping_status="confirmed")
    assert await rows(office, gone["id"]) == {"orders": 1, "order_events": 2, "deliveries": 2}

    await delete(office, gone["id"])

    assert await rows(office, gone["id"]) == dict.fromkeys(HANGS_ON_ORDERS, 0)
    assert await rows(office, kept["id"]) == {"orders": 1, "order_events": 1, "deliveries": 1}


async def test_an_orders_pages_close_with_it(office: BackOffice, stranger: httpx.AsyncClient) -> None:
    added = await office.add()

    await delete(office, added["id"])

    for page in ("info_url", "proforma_url"):
        assert (await stranger.get(added[page])).status_code == 404


async def test_the_shop_keeps_its_tags(office: BackOffice) -> None:
    added = await office.add(tags=[{"name": "VIP"}])

    await delete(office, added["id"])

    assert [row["name"] for row in await office.stoa.service.pool.fetch(TAGS, office.shop.id)] == ["VIP"]
    assert (await office.add(tags=[{"name": "VIP"}]))["tags"] == added["tags"]


async def test_the_files_of_an_order_are_left_for_the_worker_to_delete(office: BackOffice) -> None:
    files = (an_uploaded_invoice(blob="i.pdf"), an_uploaded_invoice(serial=2, blob="j.pdf", deleted_at=NOON))
    order = await office.in_state(State.ACCEPTED, voucher=a_voucher(blob="v.pdf"), invoice_files=files)

    await delete(office, order.id)

    found = await office.stoa.service.pool.fetch(FILES, office.shop.id)
    assert [row["blob"] for row in found] == ["i.pdf", "j.pdf", "v.pdf"]


async def test_one_line_says_that_an_order_was_deleted_and_nothing_of_anybody(office: BackOffice) -> None:
    added = await office.add()

    await delete(office, added["id"])

    (line,) = await office.stoa.service.pool.fetch(AUDIT, office.shop.id)
    assert set(line.keys()) == {"shop_id", "id", "at", "actor", "action", "order_id"}
    assert (line["actor"], line["action"], line["order_id"], line["at"]) == (
        Actor.MERCHANT,
        "delete_order",
        added["id"],
        NOON,
    )


async def test_a_deleted_order_is_counted_no_more(office: BackOffice) -> None:
    async def totals() -> list[int]:
        queries: tuple[dict[str, str], ...] = (
            {},
            {"shipping_status": "awaiting"},
            {"payment_status": "paid"},
            {"customer_email": "ana@example.com"},
        )
        return [(await office.page(**query))["meta"]["count"]["total"] for query in queries]

    added = [(await office.add(payment_status="paid"))["id"] for _ in range(3)]
    await office.process(added[0], "in_process")
    before = await totals()

    await delete(office, added[0])
    await delete(office, added[1])

    assert (before, await totals()) == ([3, 2, 3, 3], [1, 1, 1, 1])


async def test_an_order_is_deleted_in_every_state(office: BackOffice) -> None:
    for state in State:
        order = await office.in_state(state)
        assert (await delete(office, order.id))["id"] == order.id
        assert await rows(office, order.id) == dict.fromkeys(HANGS_ON_ORDERS, 0)


async def test_an_invoice_stays_and_a_storno_takes_it_back(
    office: BackOffice, stranger: httpx.AsyncClient
) -> None:
    added = await office.add()
    await office.process(added["id"], "create_invoice")
    url = (await office.show(added["id"]))["invoice"]["url"]

    await delete(office, added["id"])

    invoice, storno = await office.stoa.service.invoices.of_order(office.shop.id, added["id"])
    assert (invoice.number, storno.number, storno.cancels) == (1, 2, 1)
    assert "0000001" in words_of((await stranger.get(url)).content)


async def test_an_invoice_that_was_taken_back_before_needs_no_second_storno(office: BackOffice) -> None:
    added = await office.add()
    for handler in ("create_invoice", "cancelled"):
        await office.process(added["id"], handler)

    await delete(office, added["id"])

    papers = await office.stoa.service.invoices.of_order(office.shop.id, added["id"])
    assert [paper.number for paper in papers] == [1, 2]


async def test_an_order_deleted_by_many_at_once_is_deleted_once(office: BackOffice) -> None:
    added = await office.add()
    await office.process(added["id"], "create_invoice")

    answers = await asyncio.gather(*(office.client.delete(f"{ORDERS}/{added['id']}") for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, *[404] * 4]
    assert len(await office.stoa.service.pool.fetch(AUDIT, office.shop.id)) == 1
    papers = await office.stoa.service.invoices.of_order(office.shop.id, added["id"])
    assert [paper.number for paper in papers] == [1, 2]
    assert (await office.page())["meta"]["count"]["total"] == 0


async def test_an_order_deleted_while_it_is_changed_is_gone_or_was_changed_before(
    office: BackOffice,
) -> None:
    for _ in range(5):
        added = await office.add()
        changing, deleting = await asyncio.gather(
            office.client.patch(f"{ORDERS}/{added['id']}", json={"customer_note": "a"}),
            office.client.delete(f"{ORDERS}/{added['id']}"),
        )
        assert deleting.status_code == 200
        assert changing.status_code in {200, 404}
        assert await rows(office, added["id"]) == dict.fromkeys(HANGS_ON_ORDERS, 0)


async def test_another_shops_order_is_not_there_to_delete(
    office: BackOffice, other_office: BackOffice
) -> None:
    added = await other_office.add()

    assert fault(await office.client.delete(f"{ORDERS}/{added['id']}")) == (404, None)
    assert await other_office.show(added["id"]) == added


async def test_orders_that_are_linked_to_a_deleted_one_are_still_shown(office: BackOffice) -> None:
    source = await office.in_state(State.DELIVERED)
    returned = await office.add(return_source_id=source.id)

    await delete(office, source.id)

    assert (await office.show(returned["id"]))["return_source_id"] == source.id


async def test_a_deleted_orders_time_does_not_run_out(office: BackOffice) -> None:
    order = await office.market.order()
    await delete(office, order.id)

    office.market.pass_time(timedelta(days=2))
    await office.market.wait(await office.market.order())

    assert await rows(office, order.id) == dict.fromkeys(HANGS_ON_ORDERS, 0)
