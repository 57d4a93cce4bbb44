"""What other programs hear and see of an order, at the desk."""

from datetime import timedelta

import httpx
import msgspec
import pytest

from stoa.orders.order import Order, State
from stoa.store.deliveries import DeliveryState, FinishedAttempt
from tests.builders import a_customer
from tests.desk.parcels import Packing
from tests.desk.people import text_of
from tests.skroutz.coming_back import requested


async def delivery_of(packing: Packing, order: Order) -> int:
    """The number of the order's first delivery."""
    deliveries = await packing.market.stoa.service.deliveries.page(order.shop_id, None, 10, order_id=order.id)
    return deliveries[-1].id


async def attempted(packing: Packing, order: Order, *, response: str, state: DeliveryState = "dead") -> int:
    """The number of a delivery that an endpoint answered with 500 and these words."""
    service, at = packing.market.stoa.service, packing.market.now
    (claimed,) = await service.deliveries.claim(order.shop_id, 1, at, timedelta(minutes=1))
    attempt = FinishedAttempt(claimed, at, 12, 500, None, state, None, response)
    assert await service.deliveries.record(order.shop_id, [attempt]) == {claimed.id}
    return claimed.id


async def test_a_webhook_is_shown_with_every_attempt(packing: Packing) -> None:
    order = await packing.market.order()
    await attempted(packing, order, response="")

    page = await packing.reads(order)

    assert "new_order given up" in page
    assert "· 500 12 ms" in page


async def test_what_was_sent_and_answered_is_shown_as_text(packing: Packing) -> None:
    order = await packing.market.order(customer=a_customer(first_name="<script>"))
    number = await attempted(packing, order, response="<h1>It works!</h1>")

    page = await packing.page(order, f"deliveries/{number}")

    assert "<script>alert" not in page.text
    assert '"event_type": "new_order"' in text_of(page)
    assert "&lt;h1&gt;It works!&lt;/h1&gt;" in page.text


async def test_a_packer_sees_what_was_sent_and_not_what_was_answered(
    packing: Packing, packer: httpx.AsyncClient
) -> None:
    order = await packing.market.order()
    number = await attempted(packing, order, response="key=123")

    page = await Packing(packing.market, packer).reads(order, f"deliveries/{number}")

    assert '"event_type": "new_order"' in page
    assert "key=123" not in page


async def test_a_dead_webhook_is_sent_again_with_the_same_bytes(packing: Packing) -> None:
    order, service = await packing.market.order(), packing.market.stoa.service
    number = await attempted(packing, order, response="")
    (before,) = await packing.market.payloads(order)

    await packing.done(order, "resend", delivery=number)

    (claimed,) = await service.deliveries.claim(order.shop_id, 1, packing.market.now, timedelta(minutes=1))
    assert (claimed.id, claimed.payload) == (number, before)
    assert "waits to be sent" in await packing.reads(order)


@pytest.mark.parametrize("wanted", ["other", "none", "word"])
async def test_only_a_delivery_of_the_order_is_shown_and_sent_again(packing: Packing, wanted: str) -> None:
    order, other = await packing.market.order(), await packing.market.order()
    given = {"other": str(await delivery_of(packing, other)), "none": "99", "word": "all"}[wanted]

    assert (await packing.send(order, "resend", delivery=given)).status_code == 404
    assert (await packing.client.get(packing.address(order, f"deliveries/{given}"))).status_code == 404


async def test_another_shops_owner_sees_neither_deliveries_nor_json(
    packing: Packing, neighbours_owner: httpx.AsyncClient
) -> None:
    order = await packing.market.order()
    number = await delivery_of(packing, order)

    for part in (f"deliveries/{number}", "as/skroutz"):
        assert (await neighbours_owner.get(packing.address(order, part))).status_code == 404


async def test_the_order_is_shown_word_for_word_as_its_api_answers(packing: Packing) -> None:
    order = await packing.market.order()

    page = await packing.reads(order, "as/skroutz")

    answer = await packing.market.client.get(packing.market.address(order))
    shown = msgspec.json.format(answer.content, indent=2).decode()
    assert " ".join(shown.split()) in page


async def test_every_dialect_shows_every_order_or_says_that_it_does_not(packing: Packing) -> None:
    orders = [await packing.market.order_in(state) for state in State]
    orders.append(await requested(packing.market))

    for dialect in packing.market.stoa.dialects:
        for order in orders:
            assert text_of(await packing.page(order, f"as/{dialect.name}"))


async def test_an_api_that_knows_no_such_return_says_so(packing: Packing) -> None:
    back = await requested(packing.market)

    assert "This API does not show such orders." in await packing.reads(back, "as/shopflix")
    assert '"return_code"' in await packing.reads(back, "as/skroutz")


async def test_there_is_no_json_of_an_unknown_dialect(packing: Packing) -> None:
    order = await packing.market.order()

    assert (await packing.client.get(packing.address(order, "as/esperanto"))).status_code == 404
