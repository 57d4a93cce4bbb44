"""Accepting, rejecting, packing and sending an order from its page."""

import asyncio
import re

import httpx
import pytest

from stoa.orders.commands import Cancel
from stoa.orders.order import Actor, Fulfilment, Order, RejectionReason, State
from tests.builders import DAY, HOUR, a_line
from tests.desk.parcels import Packing
from tests.desk.people import text_of


async def test_an_order_is_accepted_with_location_window_and_parcels(packing: Packing) -> None:
    order = await packing.market.order()
    location, window = order.options.locations[1], order.options.windows[1]

    order = await packing.done(order, "accept", location=location.id, window=window.id, parcels=2)

    assert order.state is State.ACCEPTED
    assert order.acceptance is not None
    assert (order.acceptance.location, order.acceptance.window) == (location, window)
    assert order.acceptance.parcels == 2


async def test_whoever_decides_is_led_on_to_what_has_waited_longest(packing: Packing) -> None:
    oldest = await packing.market.order()
    decided, newest = await packing.market.order(), await packing.market.order()

    def led_to(order: Order) -> list[tuple[str, str]]:
        code = packing.market.stoa.service.channel_code(order, packing.market.shop)
        return [(packing.address(order), code)]

    async def led_on_from(order: Order) -> list[tuple[str, str]]:
        answer = await packing.send(order, "accept")
        page = await packing.client.get(answer.headers["location"])
        return re.findall(r'href="([^"]+)">Next to decide: ([^<]+)<', page.text)

    assert await led_on_from(decided) == led_to(oldest)
    assert await led_on_from(oldest) == led_to(newest)
    assert await led_on_from(newest) == []


async def test_the_timeline_says_who_accepted(packing: Packing) -> None:
    order = await packing.market.order()
    await packing.done(order, "accept")

    assert (await packing.last(order)).person == "Άννα"
    assert "· Άννα" in await packing.reads(order)


async def test_a_packer_accepts_too(packing: Packing, packer: httpx.AsyncClient) -> None:
    order = await packing.market.order()

    await Packing(packing.market, packer).done(order, "accept")

    assert (await packing.last(order)).person == "Πέτρος"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"location": "elsewhere"}, "This pickup location is not one of the order's options."),
        ({"window": 99}, "This pickup window is not one of the order's options."),
        ({"window": "tomorrow"}, "This pickup window is not one of the order's options."),
        ({"parcels": 50}, "This number of parcels is not one of the order's options."),
        ({"parcels": "-1"}, "This number of parcels is not one of the order's options."),
    ],
)
async def test_what_an_order_does_not_offer_is_said_beside_the_field(
    packing: Packing, fields: dict[str, object], says: str
) -> None:
    order = await packing.market.order()
    (field,) = fields

    answer = await packing.send(order, "accept", **fields)

    assert answer.status_code == 422
    assert f'id="{field}-said">{says}'.replace("'", "&#39;") in answer.text
    assert await packing.untouched(order)


async def test_a_window_that_began_meanwhile_is_refused_and_what_was_chosen_kept(packing: Packing) -> None:
    order = await packing.market.order()
    packing.market.pass_time(5 * HOUR)

    answer = await packing.send(
        order, "accept", window=order.options.windows[0].id, location="onpL6DXG4l", parcels=3
    )

    assert answer.status_code == 422
    assert "This pickup window has already begun." in answer.text
    assert '<option value="onpL6DXG4l" selected>' in answer.text
    assert '<option value="3" selected>3</option>' in answer.text


async def test_who_is_told_that_an_order_ended_learns_what_happened_since(packing: Packing) -> None:
    order = await packing.market.order()
    await packing.market.happen(order, Cancel(reason="Δεν το θέλω πια"), by=Actor.CUSTOMER)

    answer = await packing.send(order, "accept", version=1)

    page = text_of(answer)
    assert answer.status_code == 409
    assert "The order is cancelled, which does not allow this." in page
    assert "Since you opened the page: Cancelled : Δεν το θέλω πια" in page
    assert "Cancelled by the customer" in page


async def test_of_two_who_decide_at_once_one_learns_that_the_other_was_faster(
    packing: Packing, packer: httpx.AsyncClient
) -> None:
    order = await packing.market.order()
    other = Packing(packing.market, packer)

    answers = await asyncio.gather(
        packing.send(order, "accept", version=1), other.send(order, "reject-whole", other="Όχι", version=1)
    )

    assert sorted(answer.status_code for answer in answers) == [303, 409]


async def test_a_decision_that_collides_with_nothing_goes_through(packing: Packing) -> None:
    order = await packing.market.order()
    await packing.done(order, "tag", tag="δώρο")

    assert (await packing.done(order, "accept", version=1)).state is State.ACCEPTED


async def test_an_order_whose_time_is_over_says_so(packing: Packing) -> None:
    order = await packing.market.order()
    packing.market.pass_time(2 * DAY)

    answer = await packing.send(order, "accept")

    assert (answer.status_code, "time for acceptance is over" in answer.text) == (409, True)


async def test_a_rejection_for_limited_pieces_leads_to_the_order_that_follows(packing: Packing) -> None:
    order = await packing.market.order(lines=(a_line(quantity=3), a_line(shop_uid="2")))
    limited = order.lines[0].id

    order = await packing.done(
        order, "reject-lines", **{f"reason-{limited}": "limited_stock", f"available-{limited}": "1"}
    )

    (follows,) = order.replacements
    assert order.state is State.REJECTED
    assert order.lines[0].rejection_reason is RejectionReason.LIMITED_STOCK
    assert f'href="/desk/{order.shop_id}/orders/{follows.id}"' in (await packing.page(order)).text
    assert "Only some pieces left (1)" in await packing.reads(order)


@pytest.mark.parametrize(
    ("reason", "available", "field", "says"),
    [
        ("limited_stock", "", "available", "This reason requires the available quantity."),
        ("limited_stock", "many", "available", "This reason requires the available quantity."),
        ("limited_stock", "2", "available", "must be at least 0 and below the ordered quantity"),
        ("", "1", "reason", "Choose what is wrong with this product."),
        ("spite", "", "reason", "Choose what is wrong with this product."),
        ("", "", "reason", "Choose what is wrong, with one product at least."),
    ],
)
async def test_a_rejection_that_says_too_little_is_mended_beside_the_field(
    packing: Packing, reason: str, available: str, field: str, says: str
) -> None:
    order = await packing.market.order()
    line = order.lines[0].id

    answer = await packing.send(
        order, "reject-lines", **{f"reason-{line}": reason, f"available-{line}": available}
    )

    assert answer.status_code == 422
    assert says in answer.text.split(f'id="{field}-{line}-said">')[1].split("<")[0]
    assert f'name="available-{line}" type="text" value="{available}"' in answer.text
    assert '<details class="danger" id="reject" open>' in answer.text
    assert await packing.untouched(order)


async def test_a_whole_order_is_rejected_in_the_shops_own_words(packing: Packing) -> None:
    order = await packing.done(await packing.market.order(), "reject-whole", other="Κλειστά για απογραφή")

    assert order.rejection is not None
    assert order.rejection.reason == "Κλειστά για απογραφή"


@pytest.mark.parametrize(
    ("other", "says"), [(" ", "Say why, in a few words."), ("ο" * 1001, "This is too long.")]
)
async def test_a_whole_order_is_not_rejected_without_a_reason(
    packing: Packing, other: str, says: str
) -> None:
    order = await packing.market.order()

    answer = await packing.send(order, "reject-whole", other=other)

    assert (answer.status_code, says in answer.text) == (422, True)
    assert await packing.untouched(order)


async def test_a_parcel_is_ready_and_not_ready_after_all(packing: Packing) -> None:
    order = await packing.market.accepted()

    assert (await packing.done(order, "ready")).ready_at is not None
    assert (await packing.done(order, "not-ready")).ready_at is None


async def test_a_label_is_cancelled_and_made_anew(packing: Packing) -> None:
    order = await packing.market.accepted()

    assert (await packing.done(order, "cancel-label")).voucher is None
    order = await packing.done(order, "label", parcels=2, label_comment="Εύθραυστο")
    assert order.voucher is not None
    assert order.voucher.comment == "Εύθραυστο"
    assert order.acceptance is not None
    assert order.acceptance.parcels == 2


@pytest.mark.parametrize(("field", "typed"), [("parcels", "many"), ("label_comment", "α" * 201)])
async def test_a_label_that_cannot_be_is_said_beside_the_field(
    packing: Packing, field: str, typed: str
) -> None:
    order = await packing.done(await packing.market.accepted(), "cancel-label")

    answer = await packing.send(order, "label", **{field: typed})

    assert (answer.status_code, f'id="{field}-said"' in answer.text) == (422, True)
    assert (await packing.now(order)).voucher is None


async def test_a_second_label_is_refused(packing: Packing) -> None:
    order = await packing.market.accepted()

    answer = await packing.send(order, "label")

    assert (answer.status_code, "The order has a voucher already." in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("fulfilment", "is_told"), [(Fulfilment.MARKETPLACE, True), (Fulfilment.MERCHANT, False)]
)
async def test_of_pickups_is_spoken_where_the_marketplaces_courier_comes(
    packing: Packing, fulfilment: Fulfilment, *, is_told: bool
) -> None:
    order = await packing.market.order(fulfilment=fulfilment)
    words = ("Collected at", "Collected when", order.options.locations[0].street)

    before = await packing.reads(order)
    await packing.done(order, "accept")
    after = await packing.reads(order)

    assert [word in before for word in words] == [is_told] * 3
    assert [word in after for word in words] == [is_told] * 3


async def test_an_order_that_the_shop_sends_itself_goes_its_whole_way(packing: Packing) -> None:
    order = await packing.market.order(fulfilment=Fulfilment.MERCHANT)
    await packing.done(order, "accept")
    assert (await packing.done(order, "begin")).work_began_at is not None

    order = await packing.done(
        order, "track", courier="acs", codes="7712345678\n 7712345679,7712345678", known=""
    )
    assert [(one.courier, one.code) for one in order.trackings] == [
        ("acs", "7712345678"),
        ("acs", "7712345679"),
    ]
    assert (await packing.done(order, "hand-over")).state is State.DISPATCHED
    assert (await packing.done(order, "deliver")).state is State.DELIVERED
    assert (await packing.done(order, "came-back")).state is State.RETURNED


@pytest.mark.parametrize(
    ("courier", "codes", "field"),
    [
        ("", "771", "courier"),
        ("pigeon", "771", "courier"),
        ("acs", " , ", "codes"),
        ("acs", "7" * 65, "codes"),
        ("acs", ",".join(str(n) for n in range(101)), "codes"),
        ("acs", "771\x07", "codes"),
    ],
)
async def test_tracking_that_cannot_be_is_said_beside_the_field(
    packing: Packing, courier: str, codes: str, field: str
) -> None:
    order = await packing.market.order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)

    answer = await packing.send(order, "track", courier=courier, codes=codes, known="")

    assert (answer.status_code, f'id="{field}-said"' in answer.text) == (422, True)
    assert codes.strip() in answer.text
    assert (await packing.now(order)).trackings == ()


async def test_tracking_numbers_that_somebody_else_noted_are_not_overwritten_unseen(packing: Packing) -> None:
    order = await packing.market.order_in(State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)
    before = (await packing.stored(order)).version
    await packing.done(order, "track", courier="acs", codes="111", known="")

    answer = await packing.send(order, "track", courier="dhl", codes="222", known="", version=before)

    assert answer.status_code == 409
    assert "Since you opened the page: Tracking number noted : 111" in text_of(answer)
    assert ">\n222</textarea>" in answer.text
    assert (await packing.now(order)).trackings[0].code == "111"


async def test_an_accepted_order_is_cancelled_with_its_reason(packing: Packing) -> None:
    order = await packing.done(await packing.market.accepted(), "cancel", cancel_reason="Χάλασε στην αποθήκη")

    assert (order.state, order.cancel_reason) == (State.CANCELLED, "Χάλασε στην αποθήκη")


async def test_a_button_for_what_the_order_would_refuse_is_refused(packing: Packing) -> None:
    order = await packing.market.order()

    answers = {
        action: (await packing.send(order, action)).status_code
        for action in ("ready", "hand-over", "deliver", "came-back", "cancel-label", "begin", "cancel")
    }

    assert set(answers.values()) <= {409, 422}
    assert await packing.untouched(order)
