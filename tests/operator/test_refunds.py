import asyncio
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from stoa.app import Stoa
from stoa.operator import examples
from stoa.orders import commands
from stoa.orders.order import Actor, Order, PaymentMethod, PaymentStatus, State
from tests.builders import a_line
from tests.conftest import Merchant, a_database, stored
from tests.database_contents import contents
from tests.operator.calls import Json, address, fault, in_state
from tests.operator.desk import AS_CUSTOMER, TO_ARRIVED, TO_RETURNED, Desk

PIECE, SHIPPING = 1799, 350
"""What a piece of the tests' orders costs, and what brings it, in cents."""


@pytest.fixture(scope="module")
def database_url(postgres: str, template: str) -> Iterator[str]:
    """One database for all these tests: each has a shop of its own."""
    with a_database(postgres, template, "test_refunds") as url:
        yield url


@pytest.fixture
def desk(stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant) -> Desk:
    return Desk(stoa, operator, merchant.shop)


def money(order: Json) -> tuple[str, int]:
    """The payment's status, and the cents that were given back."""
    return order["payment_status"], order["refunded_cents"]


async def refunding(desk: Desk, order: Order, cents: int | None = None) -> httpx.Response:
    body = {} if cents is None else {"cents": cents}
    return await desk.operator.post(address(desk.shop, "orders", order.id, "refund"), json=body)


async def reporting(desk: Desk, order: Order, action: str, body: object = None) -> Json:
    """The order after what its courier reports."""
    answer = await desk.operator.post(address(desk.shop, "orders", order.id, action), json=body or {})
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


# What follows when goods are back


async def test_what_is_back_is_refunded_and_the_shipping_with_the_last_of_it(desk: Desk) -> None:
    order = await desk.delivered(3, shipping_cents=SHIPPING)
    assert money(await desk.order(order)) == ("paid", 0)

    await desk.asked(order, 1, *TO_RETURNED)
    assert money(await desk.order(order)) == ("paid", PIECE)
    await desk.asked(order, 1, *TO_RETURNED)
    assert money(await desk.order(order)) == ("paid", 2 * PIECE)
    await desk.asked(order, 1, *TO_RETURNED)
    assert money(await desk.order(order)) == ("refunded", 3 * PIECE + SHIPPING)
    assert [kind for kind, _ in await desk.history(order.id)].count("Refunded") == 3


async def test_of_several_lines_each_is_refunded_by_its_price(desk: Desk) -> None:
    lines = (a_line(quantity=2, unit_price_cents=1000), a_line(quantity=1, unit_price_cents=1))
    order = await in_state(desk.stoa, desk.shop, State.DELIVERED, lines=lines, shipping_cents=SHIPPING)

    await desk.asked(order, lines=[{"id": 2, "quantity": 1}, {"id": 1, "quantity": 1}])
    (back,) = await desk.returns_of(order)
    for action, body in TO_RETURNED:
        await desk.done(back, action, **body)

    assert money(await desk.order(order)) == ("paid", 1001)


async def test_nothing_is_refunded_before_the_goods_are_looked_at(desk: Desk) -> None:
    order = await desk.delivered()
    await desk.asked(order, 3, *TO_ARRIVED)

    assert money(await desk.order(order)) == ("paid", 0)


async def test_what_came_to_nothing_is_not_refunded(desk: Desk) -> None:
    order = await desk.delivered()
    await desk.asked(order, 1, ("cancel", AS_CUSTOMER))
    await desk.asked(order, 1, *TO_ARRIVED, ("send_back", {}))
    await desk.asked(order, 1, ("review", {"option": "resolved_with_customer"}))

    assert money(await desk.order(order)) == ("paid", 0)
    assert "Refunded" not in {kind for kind, _ in await desk.history(order.id)}


async def test_what_a_courier_brings_back_is_refunded_too(desk: Desk) -> None:
    order = await desk.delivered(3, shipping_cents=SHIPPING)

    assert money(await reporting(desk, order, "return_partially", examples.PARTIAL)) == ("paid", PIECE)
    assert money(await reporting(desk, order, "return")) == ("refunded", 3 * PIECE + SHIPPING)


@pytest.mark.parametrize("state", [State.FOR_RETURN, State.DISPATCHED])
async def test_a_parcel_that_nobody_took_is_refunded_whole(desk: Desk, state: State) -> None:
    order = await desk.delivered(3, state=state, shipping_cents=SHIPPING)

    assert money(await reporting(desk, order, "return")) == ("refunded", 3 * PIECE + SHIPPING)


async def test_a_cancelled_order_is_refunded_when_its_parcel_is_back(desk: Desk) -> None:
    order = await desk.delivered(3, state=State.DISPATCHED, shipping_cents=SHIPPING)
    assert money(await reporting(desk, order, "cancel", AS_CUSTOMER)) == ("paid", 0)

    assert money(await reporting(desk, order, "return")) == ("refunded", 3 * PIECE + SHIPPING)


async def cash_on_delivery(desk: Desk, state: State) -> Order:
    return await desk.delivered(
        3, state=state, payment_method=PaymentMethod.CASH_ON_DELIVERY, shipping_cents=SHIPPING
    )


async def test_what_was_paid_at_the_door_is_refunded_as_well(desk: Desk) -> None:
    order = await cash_on_delivery(desk, State.DELIVERED)
    assert money(await desk.order(order)) == ("paid", 0)

    await desk.asked(order, 2, *TO_RETURNED)
    assert money(await desk.order(order)) == ("paid", 2 * PIECE)
    await desk.asked(order, 1, *TO_RETURNED)
    assert money(await desk.order(order)) == ("refunded", 3 * PIECE + SHIPPING)


async def test_what_was_not_taken_at_the_door_was_not_paid(desk: Desk) -> None:
    order = await cash_on_delivery(desk, State.PARTIALLY_DELIVERED)
    await desk.asked(order, 1, *TO_RETURNED)

    assert money(await desk.order(order)) == ("refunded", PIECE + SHIPPING)


async def test_nothing_is_refunded_of_a_parcel_that_was_to_be_paid_at_the_door_and_was_not(
    desk: Desk,
) -> None:
    order = await cash_on_delivery(desk, State.FOR_RETURN)

    assert money(await reporting(desk, order, "return")) == ("awaiting", 0)


async def unpaid(desk: Desk) -> Order:
    """A delivered order whose payment has not come."""
    order = await desk.delivered(3, shipping_cents=SHIPPING)
    return await paying(desk, order, PaymentStatus.AWAITING)


async def paying(desk: Desk, order: Order, status: PaymentStatus) -> Order:
    """The order once the merchant says what became of its payment."""
    on = await stored(desk.stoa, order)
    done = await desk.stoa.service.engine.carry_out(
        commands.SetPayment(status=status), on=on, shop=desk.shop, by=Actor.MERCHANT
    )
    assert isinstance(done, Order)
    return done


async def test_what_was_not_paid_is_not_refunded(desk: Desk) -> None:
    order = await unpaid(desk)
    await desk.asked(order, 3, *TO_RETURNED)

    assert money(await desk.order(order)) == ("awaiting", 0)
    assert fault(await refunding(desk, order)) == (409, "nothing_to_refund", None)


async def test_a_payment_that_comes_after_the_goods_are_back_is_refunded_by_then(desk: Desk) -> None:
    order = await unpaid(desk)
    await desk.asked(order, 1, *TO_RETURNED)

    paid = await paying(desk, order, PaymentStatus.PAID)

    assert (paid.payment_status, paid.refunded_cents) == (PaymentStatus.PAID, PIECE)


# When the operator says so


async def test_the_operator_refunds_a_part_and_then_the_rest(desk: Desk) -> None:
    order = await desk.delivered(3, shipping_cents=SHIPPING)

    part, rest = await refunding(desk, order, 500), await refunding(desk, order)

    assert [answer.status_code for answer in (part, rest)] == [200, 200]
    assert (money(part.json()), money(rest.json())) == (("paid", 500), ("refunded", 3 * PIECE + SHIPPING))
    assert rest.json() == await desk.order(order)
    assert (await desk.history(order.id))[-2:] == [("Refunded", "marketplace")] * 2


@pytest.mark.parametrize("state", list(State))
async def test_the_operator_refunds_a_paid_order_in_any_state(desk: Desk, state: State) -> None:
    order = await in_state(desk.stoa, desk.shop, state)
    done = await refunding(desk, order)

    assert done.status_code == 200, done.text
    assert (done.json()["state"], money(done.json())) == (state, ("refunded", order.total_cents))


async def test_no_more_is_refunded_than_is_left(desk: Desk) -> None:
    order = await desk.delivered(3)
    await refunding(desk, order, 397)
    before = await contents(desk.stoa.service.pool)

    assert fault(await refunding(desk, order, 5001)) == (409, "refund_out_of_range", "cents")
    assert await contents(desk.stoa.service.pool) == before
    assert money((await refunding(desk, order, 5000)).json()) == ("refunded", 3 * PIECE)
    assert fault(await refunding(desk, order)) == (409, "nothing_to_refund", None)
    assert fault(await refunding(desk, order, 1)) == (409, "nothing_to_refund", None)


async def test_what_the_operator_gave_before_counts_when_goods_come_back(desk: Desk) -> None:
    order = await desk.delivered(3)
    await refunding(desk, order, PIECE + 1)

    await desk.asked(order, 1, *TO_RETURNED)
    assert money(await desk.order(order)) == ("paid", PIECE + 1)
    await desk.asked(order, 1, *TO_RETURNED)
    assert money(await desk.order(order)) == ("paid", 2 * PIECE)


async def test_goods_of_an_order_that_was_refunded_come_back_all_the_same(desk: Desk) -> None:
    order = await desk.delivered(3)
    await refunding(desk, order)
    await desk.asked(order, 3, *TO_RETURNED)

    after = await desk.order(order)
    assert (after["state"], money(after)) == ("returned", ("refunded", 3 * PIECE))


async def test_a_return_itself_was_not_paid(desk: Desk) -> None:
    back = await desk.asked(await desk.delivered(), 1, *TO_RETURNED)

    answer = await desk.operator.post(address(desk.shop, "orders", back["id"], "refund"))

    assert fault(answer) == (409, "nothing_to_refund", None)


NO_AMOUNTS: tuple[object, ...] = (0, -1, 1.5, "500", True, [], {}, 10**12, 10**400)


async def test_an_amount_that_is_none_is_refused(desk: Desk) -> None:
    order = await desk.delivered()
    at = address(desk.shop, "orders", order.id, "refund")
    before = await contents(desk.stoa.service.pool)

    for cents in NO_AMOUNTS:
        answer = await desk.operator.post(at, json={"cents": cents})
        assert fault(answer) == (422, "invalid", "cents"), cents
    answer = await desk.operator.post(at, json={"euros": 5})
    assert fault(answer) == (422, "invalid", "euros")
    assert await contents(desk.stoa.service.pool) == before


async def test_of_many_refunds_at_once_no_cent_is_given_twice(desk: Desk) -> None:
    order = await desk.delivered(3)

    answers = await asyncio.gather(*(refunding(desk, order, 1000) for _ in range(12)))

    assert Counter(answer.status_code for answer in answers) == {200: 5, 409: 7}
    assert money(await desk.order(order)) == ("paid", 5000)


async def test_a_refund_and_a_return_at_once_give_back_no_more_than_was_paid(desk: Desk) -> None:
    for _ in range(5):
        order = await desk.delivered(3, shipping_cents=SHIPPING)
        back = await desk.asked(order, 3, *TO_ARRIVED)

        refund, returned = await asyncio.gather(refunding(desk, order), desk.doing(back, "take_back"))

        after = await desk.order(order)
        assert (after["state"], money(after)) == ("returned", ("refunded", 3 * PIECE + SHIPPING))
        assert returned.status_code == 200
        assert refund.status_code == 200 or fault(refund)[1] == "nothing_to_refund"
