import gzip
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.desk.orders.finding import STEP_NAMES, STEPS, Tab
from stoa.orders.order import Fulfilment, Order, ReturnState, State, Tag
from stoa.orders.progress import Step
from stoa.orders.shop import Shop
from tests import saves
from tests.builders import a_customer, a_line, a_tracking, an_address, with_a_return
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.desk.lists import let_orders_be_found, linked, listed, open_tab, orders_of, searching, tab_counts
from tests.desk.people import posting, text_of
from tests.operator.calls import in_state, return_in


async def placed_one_by_one(
    stoa: Stoa, clock: MovableClock, shop: Shop, count: int, **more: Any
) -> list[int]:
    """The numbers of so many open orders, each placed a second after the one before; the newest first."""
    orders = []
    for _ in range(count):
        clock.move(timedelta(seconds=1))
        orders.append(await in_state(stoa, shop, State.OPEN, **more))
    return [order.id for order in reversed(orders)]


async def known(stoa: Stoa, shop: Shop, state: State = State.OPEN, **what_matters: Any) -> Order:
    """An order that is found by all that it can be found by."""
    order = await in_state(stoa, shop, state, **what_matters)
    await let_orders_be_found(stoa, shop)
    return order


def test_every_step_is_in_one_tab_and_has_a_name() -> None:
    of_tabs = [step for tab in Tab if tab is not Tab.ALL for step in STEPS[tab]]

    assert sorted(of_tabs) == sorted(Step)
    assert set(STEP_NAMES) == set(Step)


async def test_the_tabs_say_how_many_orders_wait_for_what(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    for state in (
        State.OPEN,
        State.OPEN,
        State.ACCEPTED,
        State.DISPATCHED,
        State.DELIVERED,
        State.FOR_RETURN,
    ):
        await in_state(stoa, merchant.shop, state)
    await return_in(stoa, merchant.shop, ReturnState.PENDING_REVIEW)

    page = await owner.get(orders_of(merchant.shop))

    assert tab_counts(page) == {
        "decide": "3",
        "pack": "1",
        "hand_over": "0",
        "under_way": "1",
        "problems": "2",
        "done": "1",
        "all": "8",
    }


async def test_each_tab_shows_its_orders_and_no_others(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    orders = {state: await in_state(stoa, merchant.shop, state) for state in State}

    async def in_tab(tab: Tab) -> set[int]:
        return set(listed(await owner.get(orders_of(merchant.shop), params={"tab": tab})))

    assert await in_tab(Tab.DECIDE) == {orders[State.OPEN].id}
    assert await in_tab(Tab.PACK) == {orders[State.ACCEPTED].id}
    assert await in_tab(Tab.UNDER_WAY) == {orders[State.DISPATCHED].id}
    assert await in_tab(Tab.PROBLEMS) == {orders[State.FOR_RETURN].id}
    assert await in_tab(Tab.ALL) == {order.id for order in orders.values()}
    assert len(await in_tab(Tab.DONE)) == len(orders) - 4


async def test_who_comes_without_a_wish_sees_the_first_tab_with_something_to_do(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    async def first() -> str:
        return open_tab(await owner.get(orders_of(merchant.shop)))

    assert await first() == "all"
    await in_state(stoa, merchant.shop, State.ACCEPTED)
    assert await first() == "pack"
    await in_state(stoa, merchant.shop, State.OPEN)
    assert await first() == "decide"


async def test_a_row_says_what_matters_of_an_order(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    order = await in_state(
        stoa,
        merchant.shop,
        State.OPEN,
        lines=(a_line(name="Καφετιέρα", quantity=2), a_line(name="Φίλτρα", quantity=1)),
        tags=(Tag(id=1, name="εύθραυστο"),),
    )

    page = await owner.get(orders_of(merchant.shop))

    said = text_of(page)
    code = stoa.service.channel_code(order, merchant.shop)
    for what in (code, "skroutz", "Ελένη Παπαδάκη", "2 × Καφετιέρα +1", "εύθραυστο", "Awaiting acceptance"):
        assert what in said
    assert f'href="/desk/{merchant.shop.id}/orders/{order.id}"' in page.text
    assert f'datetime="{order.expires_at.isoformat()}"' in page.text


async def test_a_row_says_that_the_marketplaces_warehouse_sends_the_order(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    await in_state(stoa, merchant.shop, State.ACCEPTED, fulfilment=Fulfilment.WAREHOUSE)

    page = await packer.get(orders_of(merchant.shop), params={"tab": Tab.PACK})

    assert "The marketplace's warehouse sends it." in text_of(page)


async def test_what_comes_back_to_the_warehouse_nobody_sends(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient
) -> None:
    sold = await in_state(stoa, merchant.shop, State.DELIVERED, fulfilment=Fulfilment.WAREHOUSE)
    number = await stoa.service.orders.next_number()
    sold, back = with_a_return(sold, shop=merchant.shop, number=number)
    assert await stoa.service.orders.save(saves.placing(back))

    page = await packer.get(orders_of(merchant.shop), params={"tab": Tab.DECIDE})

    assert listed(page) == [back.id]
    assert "warehouse" not in text_of(page)


async def test_a_deadline_turns_urgent(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)

    async def clock_at(left: timedelta) -> tuple[str, ...]:
        clock.move(order.expires_at - left - clock())
        page = await owner.get(orders_of(merchant.shop))
        shown = re.search(r'<time class="clock ?(\w*)"[^>]*>([^<]+)', page.text)
        assert shown is not None, page.text
        return shown.groups()

    assert await clock_at(timedelta(hours=5)) == ("", "5 h 0 min")
    assert await clock_at(timedelta(hours=2)) == ("soon", "2 h 0 min")
    assert await clock_at(timedelta(minutes=20)) == ("urgent", "20 min")
    assert await clock_at(timedelta(minutes=-5)) == ("urgent", "5 min late")


async def test_pages_follow_one_another_without_a_gap(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    numbers = await placed_one_by_one(stoa, clock, merchant.shop, 103)
    page = await owner.get(orders_of(merchant.shop))
    seen, pages = listed(page), 1
    assert "Newest" not in text_of(page)
    while older := re.search(r'href="([^"]+)">Older<', page.text):
        # What comes in between is on the first page, and shifts nothing.
        await placed_one_by_one(stoa, clock, merchant.shop, 1)
        page = await owner.get(older[1].replace("&amp;", "&"))
        seen, pages = seen + listed(page), pages + 1

    assert (seen, pages) == (numbers, 3)
    assert len(listed(await owner.get(linked(page, "Newest")))) == 50


async def test_a_list_can_begin_with_the_oldest(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    numbers = await placed_one_by_one(stoa, clock, merchant.shop, 53)
    page = await owner.get(linked(await owner.get(orders_of(merchant.shop)), "Oldest first"))
    seen = listed(page)
    assert "Orders, the oldest first" in text_of(page)

    page = await owner.get(linked(page, "Newer"))

    assert seen + listed(page) == numbers[::-1]
    assert listed(await owner.get(linked(page, "Oldest"))) == seen
    assert listed(await owner.get(linked(page, "All"))) == seen
    assert listed(await owner.get(linked(page, "Newest first"))) == numbers[:50]


async def test_what_is_searched_for_comes_newest_first(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    numbers = await placed_one_by_one(stoa, clock, merchant.shop, 3)
    await let_orders_be_found(stoa, merchant.shop)

    for fields in ({"words": "παπαδάκη"}, {"channel": "skroutz"}):
        page = await searching(owner, merchant.shop, fields.pop("words", ""), sort="oldest", **fields)

        assert listed(page) == numbers
        assert "Oldest first" not in text_of(page)
        assert "Newest first" not in text_of(page)
    # What was chosen before is so again when nothing is searched for any more.
    kept = await searching(owner, merchant.shop, "", sort="oldest", **{"from": "2026-03-01"})
    assert listed(kept) == numbers[::-1]


@pytest.mark.parametrize(
    "words",
    [
        "{code}",
        "{number}",
        "παπαδακη",
        "ΠΑΠΑΔΆΚΗ ελένη",
        "6971234567",
        "+30 697 123 4567",
        "καφετ",
        "77123456",
        "ΚΑΦΕΤΙΕΡΑ",
    ],
)
async def test_an_order_is_found_by_what_people_know_of_it(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, words: str
) -> None:
    others = a_customer(first_name="Νίκος", last_name="Άλλος")
    await in_state(stoa, merchant.shop, State.OPEN, customer=others, lines=(a_line(name="Βιβλίο"),))
    order = await known(
        stoa,
        merchant.shop,
        State.DELIVERED,
        customer=a_customer(phone="+306971234567"),
        trackings=(a_tracking(code="7712345678"),),
    )
    code = stoa.service.channel_code(order, merchant.shop)

    page = await searching(owner, merchant.shop, words.format(code=code, number=order.id))

    assert listed(page) == [order.id]
    assert open_tab(page) == "all"


async def test_the_address_of_a_search_does_not_tell_what_was_searched_for(
    merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    answer = await posting(owner, orders_of(merchant.shop, "find"), words="Papadopoulou 6971234567")

    assert "apadopoulou" not in answer.headers["location"]
    assert "697" not in answer.headers["location"]
    page = await owner.get(answer.headers["location"])
    assert 'value="Papadopoulou 6971234567"' in page.text
    assert "Nothing was found for “Papadopoulou 6971234567”." in text_of(page)


async def test_a_search_in_a_tab_that_finds_nothing_offers_to_look_in_all(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    order = await known(stoa, merchant.shop, State.DELIVERED)
    everywhere = await searching(owner, merchant.shop, "παπαδάκη")
    assert listed(everywhere) == [order.id]
    in_tab = re.search(r'href="([^"]*tab=pack[^"]*)"', everywhere.text)
    assert in_tab is not None

    nothing = await owner.get(in_tab[1].replace("&amp;", "&"))
    offered = re.search(r'href="([^"]+)">Look in all orders<', nothing.text)

    assert listed(nothing) == []
    assert offered is not None
    assert listed(await owner.get(offered[1].replace("&amp;", "&"))) == [order.id]


async def test_the_search_of_another_shop_and_a_broken_one_are_left_out_and_that_is_said(
    stoa: Stoa,
    merchant: Merchant,
    neighbour: Merchant,
    owner: httpx.AsyncClient,
    neighbours_owner: httpx.AsyncClient,
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)
    answer = await posting(neighbours_owner, orders_of(neighbour.shop, "find"), words="κάποιος άλλος")
    foreign = answer.headers["location"].split("find=")[1]

    for token in (foreign, foreign[:-3], "x", "%00", "ψ", "A" * 5000):
        page = await owner.get(f"{orders_of(merchant.shop)}?find={token}")
        assert (page.status_code, listed(page)) == (200, [order.id])
        assert "cannot be read, so it is left out" in text_of(page)
        assert "κάποιος" not in page.text


async def test_filters_narrow_the_list_and_are_kept(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    early = await in_state(stoa, merchant.shop, State.OPEN, channel="skroutz")
    clock.move(timedelta(days=3))
    late = await in_state(stoa, merchant.shop, State.ACCEPTED, channel="shopflix", courier="acs")
    await let_orders_be_found(stoa, merchant.shop)

    async def filtered(**fields: str) -> list[int]:
        return listed(await searching(owner, merchant.shop, "", **fields))

    assert await filtered(tab="all") == [late.id, early.id]
    assert await filtered(channel="skroutz") == [early.id]
    assert await filtered(channel="shopflix", carrier="acs") == [late.id]
    assert await filtered(step="open") == [early.id]
    assert await filtered(**{"from": "2026-03-04"}) == [late.id]
    assert await filtered(**{"from": "2026-03-03", "to": "2026-03-03"}) == [early.id]
    assert await filtered(tab="pack", channel="skroutz") == []
    page = await searching(owner, merchant.shop, "", channel="shopflix", to="2026-03-09")
    assert '<option value="shopflix" selected>' in page.text
    assert 'value="2026-03-09"' in page.text
    assert tab_counts(page) == {}


async def test_a_day_is_a_day_of_the_shop(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    clock.move(datetime(2026, 3, 3, 22, 30, tzinfo=UTC) - clock())
    order = await in_state(stoa, merchant.shop, State.OPEN)

    async def on(day: str) -> list[int]:
        return listed(await owner.get(orders_of(merchant.shop), params={"from": day, "to": day}))

    # Half past midnight in Athens.
    assert await on("2026-03-04") == [order.id]
    assert await on("2026-03-03") == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"from": "yesterday"}, "This is no date"),
        ({"from": "0001-01-01"}, "This is no date"),
        ({"to": "9999-12-31"}, "This is no date"),
        ({"from": "2026-03-05", "to": "2026-03-04"}, "before the first day"),
        ({"words": "?!…"}, "Type letters or digits."),
    ],
)
async def test_what_cannot_be_filtered_by_is_said_beside_it_and_kept(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, fields: dict[str, str], said: str
) -> None:
    before = await contents(stoa.service.pool)

    answer = await posting(owner, orders_of(merchant.shop, "find"), channel="skroutz", **fields)

    assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert 'aria-invalid="true"' in answer.text
    for typed in (*fields.values(), "skroutz"):
        assert f'value="{typed}"' in answer.text
    assert await contents(stoa.service.pool) == before


MADE_UP = [
    "tab=nowhere", "step=lost", "channel=%00", "carrier=%0A", f"channel={'x' * 5000}", "from=x&to=y", "after=1",
    "after=99999999999999999-999999999999999999", "after=-1-1", "from=2026-13-45", "tab=pack&step=open", "%ff=%ff",
    "channel=%ff", "find=",
]  # fmt: skip


async def test_an_address_that_somebody_made_up_shows_a_list(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await in_state(stoa, merchant.shop, State.OPEN)
    for query in MADE_UP:
        answer = await owner.get(f"{orders_of(merchant.shop)}?{query}")

        assert (answer.status_code, 'id="list"' in answer.text) == (200, True), query


async def test_whatever_is_searched_for_is_only_text(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await known(stoa, merchant.shop)
    for words in ("a" * 5000, "' OR 1=1", "\\", "(", "<script>", "a & b | !c", "ς", "1" * 60, "٣٤", "𝔘𝔫𝔦"):
        answer = await posting(owner, orders_of(merchant.shop, "find"), words=words)

        assert answer.status_code in {303, 422}, words
        page = await owner.get(answer.headers["location"]) if answer.status_code == 303 else answer
        assert page.status_code in {200, 422}, words
        assert "<script>" not in page.text.split("<main", 1)[1]


async def test_what_a_customer_wrote_is_text(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    script = "<script>alert(1)</script>"
    await in_state(
        stoa,
        merchant.shop,
        State.OPEN,
        customer=a_customer(first_name=script),
        address=an_address(city=script),
        lines=(a_line(name=script),),
        channel='"><img src=x>',
    )

    page = await owner.get(orders_of(merchant.shop))

    assert len(listed(page)) == 1
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


async def test_a_list_holds_no_order_of_another_shop(
    stoa: Stoa, merchant: Merchant, neighbour: Merchant, neighbours_owner: httpx.AsyncClient
) -> None:
    order = await known(stoa, merchant.shop)

    own = await neighbours_owner.get(orders_of(neighbour.shop), params={"tab": "all"})
    found = await searching(neighbours_owner, neighbour.shop, str(order.id))

    assert (listed(own), listed(found)) == ([], [])
    assert (await neighbours_owner.get(orders_of(merchant.shop))).status_code == 404


async def test_a_packer_sees_the_orders_and_is_offered_no_export(
    stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient, owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)

    page = await packer.get(orders_of(merchant.shop))

    assert listed(page) == [order.id]
    assert "export" not in page.text
    assert "export" in (await owner.get(orders_of(merchant.shop))).text


async def test_a_page_of_fifty_orders_is_light(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    await placed_one_by_one(stoa, clock, merchant.shop, 50)

    page = await owner.get(orders_of(merchant.shop), headers={"Accept-Encoding": "identity"})

    assert len(listed(page)) == 50
    assert len(gzip.compress(page.content, 5)) < 20_000


async def test_the_list_speaks_the_readers_language(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await in_state(stoa, merchant.shop, State.OPEN)
    await posting(owner, "/desk/account/language", language="el")

    page = await owner.get(orders_of(merchant.shop))

    assert "35,98\N{NO-BREAK SPACE}€" in page.text
    assert "3 Μαρ 2026" in page.text
