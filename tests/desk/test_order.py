"""What the page of an order shows."""

import gzip
import re

import httpx
import pytest
from msgspec.structs import replace

from stoa.desk.order.possible import COMMANDS
from stoa.orders.lifecycle import MOVES, RETURN_MOVES
from stoa.orders.order import Actor, Fulfilment, LinkedOrder, ReturnState, State
from tests import saves
from tests.builders import a_customer, a_line, an_order
from tests.desk.parcels import Packing
from tests.desk.people import text_of
from tests.operator.calls import in_state, return_in
from tests.skroutz.market import code_of

SCRIPT = "<script>alert(1)</script>"

# Beside what only happens to one, these come from other places: the list of the domain is for all who ask.
NOT_ON_THE_PAGE = {
    "link_return",
    "modify",  # by tags
    "remove_invoice",  # beside the file
    "set_payment",
    "unlink_return",
    "follow_return",
    "refund",  # follows by itself
    # By the answer that is chosen, see ``returning.offered_options``.
    "approve_return",
    "decline_return",
    "send_missing_part",
}


@pytest.mark.parametrize("state", State)
async def test_an_order_is_shown_in_every_state(packing: Packing, state: State) -> None:
    order = await packing.market.order_in(state)

    page = await packing.reads(order)

    assert f"Order {code_of(order)}" in page
    assert "Ελένη Παπαδάκη" in page


@pytest.mark.parametrize("state", sorted(set(ReturnState) - {ReturnState.EXPIRED}))
async def test_a_return_is_shown_in_every_state(packing: Packing, state: ReturnState) -> None:
    order = await return_in(packing.market.stoa, packing.market.shop, state)

    assert f"Return R-{code_of(order)}" in await packing.reads(order)


async def test_script_in_what_others_wrote_shows_as_text(packing: Packing) -> None:
    order = await packing.market.order(
        comments=SCRIPT, customer=a_customer(first_name=SCRIPT), lines=(a_line(name=SCRIPT),)
    )
    await packing.done(order, "remark", remark=SCRIPT)
    await packing.done(order, "tag", tag=SCRIPT)

    page = await packing.page(order)

    assert SCRIPT not in page.text
    assert text_of(page).count("alert(1)") >= 5


def test_every_command_of_a_shop_is_offered_somewhere() -> None:
    offered = {command(an_order()).action for command in COMMANDS.values()}
    theirs = {
        action
        for table in (MOVES, RETURN_MOVES)
        for (_, action), move in table.items()
        if Actor.MERCHANT in move.by
    }

    assert theirs - offered == NOT_ON_THE_PAGE


async def test_an_open_order_is_offered_what_it_would_do_and_nothing_else(packing: Packing) -> None:
    page = (await packing.page(await packing.market.order())).text

    forms = set(re.findall(r'action="/desk/\d+/orders/\d+/([a-z-]+)"', page))
    assert {"accept", "reject-lines", "reject-whole", "files", "remark", "tag"} <= forms
    assert not forms & {"ready", "hand-over", "deliver", "cancel", "track", "take-back"}


async def test_an_express_order_is_not_offered_to_be_accepted(packing: Packing) -> None:
    page = await packing.page(await packing.market.order(express=True))

    assert "/accept" not in page.text
    assert "/reject-whole" in page.text


async def test_what_an_order_replaces_and_what_replaces_it_is_linked(packing: Packing) -> None:
    shop, service = packing.market.shop, packing.market.stoa.service
    link = LinkedOrder(id=1_234_567, placed_at=service.clock())
    order = replace(an_order(order_id=1_000_500, shop=shop), replaces=link, replacements=(link,))
    await service.orders.save(saves.placing(order))

    page = (await packing.page(order)).text

    assert page.count(f'href="/desk/{shop.id}/orders/1234567"') == 2


async def test_a_page_is_small_and_has_a_heading_for_each_part(packing: Packing) -> None:
    order = await packing.market.accepted(lines=tuple(a_line(shop_uid=str(n)) for n in range(20)))

    page = await packing.page(order)

    assert len(gzip.compress(page.content)) < 60_000
    assert [level for level in re.findall(r"<h(\d)", page.text) if level not in {"1", "2", "3"}] == []
    assert page.text.count("<h1") == 1
    assert not re.findall(r'\bid="([^"]+)"(?=.*\bid="\1")', page.text, re.DOTALL)


async def test_another_shops_owner_finds_no_order(
    packing: Packing, neighbours_owner: httpx.AsyncClient
) -> None:
    order = await packing.market.order()

    assert (await neighbours_owner.get(packing.address(order))).status_code == 404
    elsewhere = packing.address(order).replace(f"/desk/{order.shop_id}/", f"/desk/{order.shop_id + 1}/")
    assert (await neighbours_owner.get(elsewhere)).status_code == 404


async def test_a_form_without_its_proof_changes_nothing(packing: Packing) -> None:
    order = await packing.market.order()

    answer = await packing.client.post(packing.address(order, "accept"), data={"version": "1"})

    assert answer.status_code == 403
    assert await packing.untouched(order)


async def test_a_shop_sends_its_own_orders_by_itself(packing: Packing) -> None:
    order = await packing.market.order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)

    page = (await packing.page(order)).text

    assert "/track" in page
    assert "/hand-over" in page
    assert 'action="' + packing.address(order, "label") not in page


async def test_an_order_from_the_marketplaces_warehouse_says_so_and_is_not_to_be_packed(
    packing: Packing,
) -> None:
    order = await in_state(
        packing.market.stoa, packing.market.shop, State.ACCEPTED, fulfilment=Fulfilment.WAREHOUSE
    )

    page = await packing.page(order)

    assert "This order is sent from the marketplace's warehouse." in text_of(page)
    assert "/begin" not in page.text


async def test_what_the_customer_wishes_stands_with_the_goods(packing: Packing) -> None:
    order = await packing.market.order(comments="Χωρίς απόδειξη", gift_wrap=True)

    goods = (
        (await packing.page(order)).text.split('aria-labelledby="goods-title"', 1)[1].split("<table", 1)[0]
    )

    assert "Χωρίς απόδειξη" in goods
    assert "Gift wrapping" in goods


async def test_a_telephone_calls_the_customer(packing: Packing) -> None:
    order = await packing.market.order(customer=a_customer(mobile="+30 690 000 0001"))

    assert '<a href="tel:+306900000001">+30 690 000 0001</a>' in (await packing.page(order)).text


async def test_a_form_that_will_not_do_puts_the_cursor_where_it_is_to_be_mended(packing: Packing) -> None:
    answer = await packing.send(await packing.market.order(), "reject-whole", other="")

    assert re.findall(r'<\w+ id="([\w-]+)"[^>]* autofocus', answer.text) == ["other"]


@pytest.mark.parametrize("action", ["reject-whole", "files", "remark"])
async def test_the_address_of_a_form_leads_whoever_reads_it_to_the_order(
    packing: Packing, action: str
) -> None:
    order = await packing.market.order()

    answer = await packing.client.get(packing.address(order, action))

    assert (answer.status_code, answer.headers["location"]) == (303, packing.address(order))
