from datetime import timedelta

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from stoa.app import Stoa, endpoints, open_stoa
from stoa.clock import MovableClock
from stoa.demo.routes import OUT_OF_ORDER
from stoa.desk.demo import inbox as demo_inbox
from stoa.desk.demo import ordering as demo
from stoa.desk.demo.events import OF_ORDERS, OF_RETURNS, card_of
from stoa.orders.order import Fulfilment, Order, PaymentMethod, ReturnState, State
from stoa.simulator.catalogue import PRODUCTS
from stoa.store.people import Role
from stoa.webhooks.signing import new_signing_key, sign
from tests.builders import a_line
from tests.conftest import SERVER, Merchant, complete, stored
from tests.database_contents import contents
from tests.desk.people import an_account, at_the_desk, posting, text_of
from tests.operator.calls import in_state, return_in

FORM = {
    "product": PRODUCTS[0].uid,
    "quantity": "3",
    "delivery": "courier",
    "payment_method": "card",
    "within": "agreed",
    "channel": "skroutz",
    "first_name": "Ελένη",
    "last_name": "Παππά",
    "comments": "Στο γραφείο",
}


def at(merchant: Merchant, *parts: object) -> str:
    return "/".join([f"/desk/{merchant.shop.id}/demo", *map(str, parts)])


async def ordering(owner: httpx.AsyncClient, merchant: Merchant, **fields: str) -> httpx.Response:
    return await posting(owner, at(merchant), **(FORM | fields))


async def placed_by(stoa: Stoa, merchant: Merchant, answer: httpx.Response) -> Order:
    """The order that a form has placed."""
    assert answer.status_code == 303, answer.text
    number = int(answer.headers["location"].removeprefix(f"{at(merchant)}?placed="))
    found = await stoa.service.orders.read(merchant.shop.id, number)
    assert found is not None
    return found.order


# Whom the demo is for


async def test_without_a_demo_there_are_no_demo_pages(database_url: str, clock: MovableClock) -> None:
    async with open_stoa(replace(complete(database_url), demo=False), clock) as stoa:
        paths = {endpoint.path for endpoint in endpoints(stoa, server=SERVER)}
        person = await an_account(stoa, None, Role.OPERATOR, language="en")
        async with at_the_desk(stoa, person) as client:
            account = await client.get("/desk/account")
            answer = await client.get("/desk/1/demo")

    assert not [path for path in paths if "demo" in path]
    assert "/demo" not in account.text
    assert answer.status_code == 404


async def test_an_order_has_no_demo_card_without_a_demo(
    stoa: Stoa, merchant: Merchant, clock: MovableClock
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)
    person = await an_account(stoa, merchant.shop.id, Role.OWNER, language="en")

    async with at_the_desk(replace(stoa, demo=False), person) as client:
        shown = await client.get(f"/desk/{merchant.shop.id}/orders/{order.id}")

    assert shown.status_code == 200
    assert "/demo" not in shown.text


@pytest.mark.parametrize("path", ["", "/inbox", "/orders/{order}"])
async def test_another_shop_has_no_demo_pages_here(
    stoa: Stoa,
    merchant: Merchant,
    neighbours_owner: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    path: str,
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)
    page = at(merchant) + path.format(order=order.id)

    assert (await neighbours_owner.get(page)).status_code == 404
    assert (await stranger.get(page)).status_code == 303


async def test_another_shop_neither_orders_nor_drives_here(
    stoa: Stoa, merchant: Merchant, neighbours_owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)
    # Asking for the proof keeps the session's time.
    await posting(neighbours_owner, at(merchant), **FORM)
    before = await contents(stoa.service.pool)

    for path in (at(merchant), at(merchant, "orders", order.id, "pick_up"), at(merchant, "inbox")):
        assert (await posting(neighbours_owner, path, **FORM, minutes=2)).status_code == 404
    assert await contents(stoa.service.pool) == before


async def test_a_form_from_elsewhere_does_nothing(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)
    before = await contents(stoa.service.pool)

    for path in (at(merchant), at(merchant, "orders", order.id, "pick_up"), at(merchant, "inbox")):
        assert (await owner.post(path, data=FORM | {"minutes": "2"})).status_code == 403
    assert await contents(stoa.service.pool) == before


async def test_whoever_packs_may_play_too(stoa: Stoa, merchant: Merchant, packer: httpx.AsyncClient) -> None:
    shown = await packer.get(at(merchant))

    assert f'href="{at(merchant)}" aria-current="page"' in shown.text
    assert (await placed_by(stoa, merchant, await ordering(packer, merchant))).state is State.OPEN


# Ordering as a customer


async def test_a_customer_orders_what_the_form_says(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    answer = await ordering(owner, merchant, payment_method="cash_on_delivery", gift_wrap="yes")
    order = await placed_by(stoa, merchant, answer)

    (line,) = order.lines
    assert (line.shop_uid, line.quantity, line.unit_price_cents) == (
        PRODUCTS[0].uid, 3, PRODUCTS[0].unit_price_cents,
    )  # fmt: skip
    assert (order.customer.name, order.comments, order.gift_wrap) == ("Ελένη Παππά", "Στο γραφείο", True)
    assert (order.payment_method, order.express) == (PaymentMethod.CASH_ON_DELIVERY, False)
    told = await owner.get(answer.headers["location"])
    assert "The order is placed." in text_of(told)
    assert f'href="/desk/{merchant.shop.id}/orders/{order.id}"' in told.text


async def test_the_form_is_made_out_so_that_one_press_orders(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    shown = (await owner.get(at(merchant))).text

    assert shown.count(" selected>") == 2
    assert '<option value="skroutz" selected>' in shown
    for name in ("first_name", "last_name", "quantity"):
        assert f'name="{name}" type="text" value=""' not in shown
    assert [f">{product.name} · " in shown for product in PRODUCTS] == [True] * len(PRODUCTS)


@pytest.mark.parametrize(
    ("delivery", "fulfilment", "express", "to_a_point"),
    [
        ("courier", Fulfilment.MARKETPLACE, False, False),
        ("express", Fulfilment.MARKETPLACE, True, False),
        ("point", Fulfilment.MARKETPLACE, False, True),
        ("merchant", Fulfilment.MERCHANT, False, False),
        ("store", Fulfilment.STORE_PICKUP, False, False),
    ],
)
async def test_goods_get_to_the_customer_in_every_way(
    stoa: Stoa,
    merchant: Merchant,
    owner: httpx.AsyncClient,
    delivery: str,
    fulfilment: Fulfilment,
    express: bool,  # noqa: FBT001 - a column of the table
    to_a_point: bool,  # noqa: FBT001 - a column of the table
) -> None:
    order = await placed_by(stoa, merchant, await ordering(owner, merchant, delivery=delivery))

    assert (order.fulfilment, order.express, order.address.collection_point is not None) == (
        fulfilment, express, to_a_point,
    )  # fmt: skip


async def test_an_order_may_be_pressing(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    order = await placed_by(stoa, merchant, await ordering(owner, merchant, within="2"))

    assert order.expires_at - clock() == timedelta(minutes=2)


@pytest.mark.parametrize("channel", ["skroutz", "shopflix", "merchantpro"])
async def test_an_order_comes_from_any_marketplace(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, channel: str
) -> None:
    assert (
        await placed_by(stoa, merchant, await ordering(owner, merchant, channel=channel))
    ).channel == channel


async def test_a_surprise_is_an_order_like_any_other(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    for _ in range(5):
        answer = await posting(owner, at(merchant), surprise="yes")
        assert (await placed_by(stoa, merchant, answer)).lines


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product", ""),
        ("product", "999"),
        ("quantity", ""),
        ("quantity", "0"),
        ("quantity", "-1"),
        ("quantity", "1.5"),
        ("quantity", "100001"),
        ("quantity", "9" * 30),
        ("delivery", "pigeon"),
        ("payment_method", "shells"),
        ("within", "0"),
        ("channel", "bazaar"),
        ("first_name", ""),
        ("last_name", "x" * 201),
        ("comments", "x" * 2001),
        ("comments", "\x07"),
    ],
)
async def test_an_order_that_will_not_do_is_not_placed_and_what_was_typed_is_kept(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, field: str, value: str
) -> None:
    before = await contents(stoa.service.pool)

    answer = await ordering(owner, merchant, **{field: value})

    assert answer.status_code == 422
    assert f'id="{field}-said">{demo.FAULTS[field]}<' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    kept = "last_name" if field == "first_name" else "first_name"
    assert f'value="{FORM[kept]}"' in answer.text
    assert await contents(stoa.service.pool) == before


async def test_an_order_that_is_worth_too_much_is_refused_in_words(
    merchant: Merchant, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoa.orders.placing.MOST_CENTS", 1000)

    answer = await ordering(owner, merchant)

    assert answer.status_code == 422
    assert "more than the service can hold" in text_of(answer)


# What happens next


async def driven(
    owner: httpx.AsyncClient, merchant: Merchant, order: Order, event: str, **fields: object
) -> None:
    """Press a button that is offered."""
    shown = await owner.get(at(merchant, "orders", order.id))
    assert f'/orders/{order.id}/{event}"' in shown.text, f"{event} is not offered"
    answer = await posting(owner, at(merchant, "orders", order.id, event), **fields)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"/desk/{merchant.shop.id}/orders/{order.id}"


LIVES: dict[str, tuple[State, State]] = {
    "pick_up": (State.ACCEPTED, State.DISPATCHED),
    "arrive_at_pickup_point": (State.DISPATCHED, State.DISPATCHED),
    "deliver": (State.DISPATCHED, State.DELIVERED),
    "fail_delivery": (State.DISPATCHED, State.FOR_RETURN),
    "return": (State.DELIVERED, State.RETURNED),
    "cancel": (State.OPEN, State.CANCELLED),
    "extend": (State.OPEN, State.OPEN),
    "deliver_partially": (State.DISPATCHED, State.PARTIALLY_DELIVERED),
    "return_partially": (State.DELIVERED, State.PARTIALLY_RETURNED),
    "request_return": (State.DELIVERED, State.FOR_RETURN),
}
"""From which state each event leads where."""

RETURN_LIVES: dict[str, tuple[ReturnState, ReturnState]] = {
    "track": (ReturnState.RETURNING, ReturnState.RETURNING),
    "arrive": (ReturnState.RETURNING, ReturnState.PENDING_PHYSICAL_REVIEW),
    "take_back": (ReturnState.PENDING_PHYSICAL_REVIEW, ReturnState.RETURNED),
    "send_back": (ReturnState.PENDING_PHYSICAL_REVIEW, ReturnState.REJECTED),
    "cancel": (ReturnState.PENDING_REVIEW, ReturnState.CANCELLED),
}


def test_every_event_is_tried() -> None:
    assert set(LIVES) == set(OF_ORDERS)
    assert set(RETURN_LIVES) == set(OF_RETURNS)


@pytest.mark.parametrize("event", LIVES)
async def test_every_button_does_what_it_says(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, event: str
) -> None:
    before, after = LIVES[event]
    order = await in_state(stoa, merchant.shop, before, lines=(a_line(quantity=3),))

    await driven(owner, merchant, order, event, **{f"pieces-{order.lines[0].id}": 1})

    now = (await stored(stoa, order)).order
    assert now.state is after
    assert now != order


@pytest.mark.parametrize("event", RETURN_LIVES)
async def test_every_button_of_a_return_does_what_it_says(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, event: str
) -> None:
    before, after = RETURN_LIVES[event]
    back = await return_in(stoa, merchant.shop, before)

    await driven(owner, merchant, back, event)

    now = (await stored(stoa, back)).order
    assert now.return_request is not None
    assert now.return_request.state is after
    assert now != back


async def test_a_courier_not_the_person_at_the_desk_is_who_did_it(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)

    await driven(owner, merchant, order, "pick_up")

    last = (await stoa.service.orders.history(merchant.shop.id, order.id))[-1]
    assert (last.kind, last.by, last.person) == ("PickedUp", "courier", None)


@pytest.mark.parametrize("state", State)
async def test_only_what_is_possible_is_offered(stoa: Stoa, merchant: Merchant, state: State) -> None:
    order = await in_state(stoa, merchant.shop, state, lines=(a_line(quantity=3),))
    card = card_of(order, merchant.shop, stoa.service.clock())

    offered = {button.name for button in (*card.whole, *card.of_pieces)}

    for name, (before, _) in LIVES.items():
        assert name in offered or before is not state
    if state in {State.REJECTED, State.EXPIRED}:
        assert not offered


async def test_of_a_single_piece_the_customer_cannot_take_a_part(stoa: Stoa, merchant: Merchant) -> None:
    order = await in_state(stoa, merchant.shop, State.DISPATCHED, lines=(a_line(quantity=1),))

    card = card_of(order, merchant.shop, stoa.service.clock())

    assert not card.of_pieces


@pytest.mark.parametrize("pieces", ["", "0", "9", "x", "-1", "9" * 30])
async def test_pieces_that_will_not_do_change_nothing_and_are_kept(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, pieces: str
) -> None:
    order = await in_state(stoa, merchant.shop, State.DISPATCHED, lines=(a_line(quantity=3),))
    before = await contents(stoa.service.pool)

    answer = await posting(
        owner,
        at(merchant, "orders", order.id, "deliver_partially"),
        **{f"pieces-{order.lines[0].id}": pieces},
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'max="3" value="{pieces}"' in answer.text
    assert await contents(stoa.service.pool) == before


async def test_an_order_that_changed_meanwhile_is_shown_as_it_is_now(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.DELIVERED)

    answer = await posting(owner, at(merchant, "orders", order.id, "pick_up"))

    assert answer.status_code == 409
    assert "The order is delivered" in text_of(answer)
    assert "All of it comes back" in text_of(answer)


@pytest.mark.parametrize("event", ["explode", "take_back", "PICK_UP"])
async def test_what_cannot_happen_to_an_order_is_no_page(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, event: str
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)

    assert (await posting(owner, at(merchant, "orders", order.id, event))).status_code == 404


async def test_the_orders_own_page_offers_the_same(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)

    shown = await owner.get(f"/desk/{merchant.shop.id}/orders/{order.id}")

    assert f'action="{at(merchant, "orders", order.id, "pick_up")}"' in shown.text


# What the shop was told


def hook(code: str, event: str = "new_order", **more: object) -> bytes:
    return msgspec.json.encode({"event_type": event, "order": {"code": code}, **more})


@pytest.fixture
async def key(stoa: Stoa, merchant: Merchant) -> bytes:
    """What the shop's webhooks are signed with."""
    service, shop, plain = stoa.service, merchant.shop, new_signing_key()
    sealed = service.vault.seal(plain, shop.id, "skroutz_orders")
    await service.shops.set_endpoint(
        shop.id, "skroutz_orders", url=SERVER, signing_key=sealed, now=service.clock()
    )
    return plain


async def telling(
    stranger: httpx.AsyncClient, merchant: Merchant, body: bytes, **headers: str
) -> httpx.Response:
    return await stranger.post(f"/demo/hooks/{merchant.shop.id}", content=body, headers=headers)


async def test_the_inbox_shows_what_arrived_newest_first_word_for_word(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await telling(stranger, merchant, hook("260303-1000001"), **{"X-Odd": "strange"})
    await telling(stranger, merchant, hook("260303-1000002", "order_updated", total=1.5))

    shown = text_of(await owner.get(at(merchant, "inbox")))

    assert shown.index("260303-1000002") < shown.index("260303-1000001")
    assert "order_updated" in shown
    assert '"total": 1.5' in shown
    assert "x-odd: strange" in shown


async def test_whether_a_signature_is_valid_is_said(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient, key: bytes
) -> None:
    body = hook("260303-1000001")
    signed = sign(key, "msg_1", 1_772_532_000, body)

    async def said(content: bytes, **headers: str) -> str:
        await telling(stranger, merchant, content, **headers)
        newest = text_of(await owner.get(at(merchant, "inbox"))).split("Headers")[0]
        return "not valid" if "signature not valid" in newest else "valid"

    assert await said(body, **signed) == "valid"
    assert await said(body + b" ", **signed) == "not valid"
    assert await said(body, **(signed | {"webhook-timestamp": "x"})) == "not valid"
    assert await said(body, **(signed | {"webhook-id": "msg_2"})) == "not valid"
    assert await said(body) == "not valid"
    assert await said(body, **sign(new_signing_key(), "msg_1", 1_772_532_000, body)) == "not valid"


async def test_what_arrives_is_shown_as_text(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    evil = "<script>alert(1)</script>"
    await telling(stranger, merchant, hook(evil, evil, note=evil), **{"X-Odd": evil})

    shown = (await owner.get(at(merchant, "inbox"))).text

    assert evil not in shown
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


async def test_who_tries_the_receiver_from_a_browser_does_not_leave_the_session_there(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await telling(owner, merchant, hook("a"), Authorization="Bearer st_1_secret")

    kept = str(await stoa.service.pool.fetchval("SELECT headers FROM demo_inbox"))
    assert owner.cookies["stoa_desk"] not in kept
    assert "st_1_secret" not in kept


@pytest.mark.parametrize("body", [b'{"order":{"code":"a"},"event_type":7}', b'{"order":{"code":"a"}}'])
async def test_a_webhook_that_does_not_say_what_happened_is_shown(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient, body: bytes
) -> None:
    await telling(stranger, merchant, body)

    assert (await owner.get(at(merchant, "inbox"))).status_code == 200


async def test_a_webhook_of_any_length_is_shown_in_part(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await telling(stranger, merchant, hook("a", note="x" * 500_000))

    assert len((await owner.get(at(merchant, "inbox"))).text) < 2 * demo_inbox.MOST_SHOWN


async def test_one_order_can_be_asked_for_by_its_number_or_by_a_code(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)
    code = stoa.codes(order, merchant.shop)["skroutz"]
    await telling(stranger, merchant, hook(code, "about_this_one"))
    await telling(stranger, merchant, hook("260303-9999999", "about_another"))

    async def shown(**query: str) -> tuple[bool, bool]:
        told = text_of(await owner.get(at(merchant, "inbox"), params=query))
        return "about_this_one" in told, "about_another" in told

    assert await shown() == (True, True)
    assert await shown(order=str(order.id)) == (True, False)
    assert await shown(code="260303-9999999") == (False, True)
    assert await shown(order="1") == (False, False)
    assert await shown(order="x", before="y", code="\0") == (True, True)


async def test_another_shops_webhooks_are_not_shown(
    merchant: Merchant, neighbours_owner: httpx.AsyncClient, neighbour: Merchant, stranger: httpx.AsyncClient
) -> None:
    await telling(stranger, merchant, hook("260303-1000001"))

    assert "Nothing has arrived." in text_of(await neighbours_owner.get(at(neighbour, "inbox")))


async def test_the_inbox_comes_in_pages(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_inbox, "ON_A_PAGE", 2)
    for event in ("one", "two", "three"):
        await telling(stranger, merchant, hook("a", event))

    first = await owner.get(at(merchant, "inbox"), params={"code": "a"})
    (older,) = [part.split('"')[0] for part in first.text.split('href="') if "?before=" in part.split('"')[0]]
    second = await owner.get(older.replace("&amp;", "&"))

    assert ["three" in first.text, "two" in first.text, ">one<" in first.text] == [True, True, False]
    assert "code=a" in older
    assert [">two<" in second.text, ">one<" in second.text] == [False, True]


async def test_a_webhook_rings_for_the_pages_that_are_open(
    stoa: Stoa,
    merchant: Merchant,
    owner: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(stoa.service.bell, "ring", rung.append)

    await telling(stranger, merchant, hook("a"))

    assert rung == [merchant.shop.id]
    assert "data-live" in (await owner.get(at(merchant, "inbox"))).text


# A receiver that plays dead


async def test_a_receiver_that_plays_dead_keeps_nothing_until_its_time_is_over(
    merchant: Merchant,
    neighbour: Merchant,
    owner: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    clock: MovableClock,
) -> None:
    answer = await posting(owner, at(merchant, "inbox"), minutes=10)
    assert "plays dead until" in text_of(await owner.get(answer.headers["location"]))

    assert (await telling(stranger, merchant, hook("a"))).status_code == OUT_OF_ORDER
    assert (await telling(stranger, neighbour, hook("a"))).status_code == 200
    assert "Nothing has arrived." in text_of(await owner.get(at(merchant, "inbox")))

    clock.move(timedelta(minutes=10))
    assert (await telling(stranger, merchant, hook("a"))).status_code == 200


@pytest.mark.parametrize("minutes", ["0", "", "x", "7", "999999"])
async def test_a_receiver_works_again_when_it_is_told_to(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient, minutes: str
) -> None:
    await posting(owner, at(merchant, "inbox"), minutes=60)
    answer = await posting(owner, at(merchant, "inbox"), minutes=minutes)

    assert answer.headers["location"].endswith("?done=back")
    assert (await telling(stranger, merchant, hook("a"))).status_code == 200
