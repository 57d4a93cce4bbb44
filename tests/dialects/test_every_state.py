"""Every step of an order's life, and every kind of order, read through all dialects: they tell the same."""

import pytest

from stoa.orders.order import Order, ReturnState, State
from stoa.orders.progress import Step
from tests.dialects.lives import FROM_THE_SHOP, LIVES, Life
from tests.dialects.stall import Stall
from tests.dialects.words import ALL_STEPS, RETURN_STEPS, STEPS
from tests.merchantpro import back_office
from tests.shopflix.counter import answered, not_found


def test_every_step_and_state_has_its_words() -> None:
    assert ALL_STEPS.keys() == set(Step)
    states = [words.skroutz for words in STEPS.values() if isinstance(words.skroutz, str)]
    assert set(states) == set(State)
    assert {words.skroutz for words in RETURN_STEPS.values()} == set(ReturnState)


def test_every_step_is_reached() -> None:
    reached = {step for life in LIVES for _, *steps in life.happenings for step in steps}

    assert reached == set(Step)


@pytest.mark.parametrize("life", LIVES, ids=repr)
async def test_all_dialects_tell_the_same_of_an_order(stall: Stall, life: Life) -> None:
    order = await stall.order(await life.placing.make(stall))
    await stall.agreed_views(order)

    for move, *steps in life.happenings:
        answer = await move.make(stall, await stall.order(order.id))

        assert answer.is_success, (move, answer.text)
        assert (await steps_of(stall, order))[: len(steps)] == steps, move


async def steps_of(stall: Stall, order: Order) -> list[Step]:
    """Where the order is, and each of its returns, the newest first."""
    linked = (await stall.order(order.id)).returns
    together = [order, *[await stall.order(returned.id) for returned in reversed(linked)]]
    return [stall.step(await stall.agreed_views(one)) for one in together]


async def test_an_order_that_is_deleted_is_gone_from_every_dialect(stall: Stall) -> None:
    order = await stall.order(await FROM_THE_SHOP.make(stall))
    await stall.agreed_views(order)

    assert (await stall.office.client.delete(f"{back_office.ORDERS}/{order.id}")).is_success

    assert (await stall.office.client.get(f"{back_office.ORDERS}/{order.id}")).status_code == 404
    assert (await stall.market.client.get(stall.market.address(order))).status_code == 404
    identifier = stall.counter.identifier(order)
    assert answered(await stall.counter.client.get(stall.counter.address(order))) == not_found(identifier)
    assert (await stall.office.numbers(), await stall.counter.ids()) == ([], [])
