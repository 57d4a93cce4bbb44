"""Every step of an order's life, and every kind of order, read through all dialects: they tell the same."""

import pytest

from stoa.orders.order import State
from stoa.orders.progress import Step
from tests.dialects.lives import FROM_THE_SHOP, LIVES, Life
from tests.dialects.stall import Stall
from tests.dialects.words import STEPS
from tests.merchantpro import back_office
from tests.shopflix.counter import answered, not_found


def test_every_step_and_state_has_its_words() -> None:
    assert STEPS.keys() == set(Step)
    assert {words.skroutz for words in STEPS.values()} == set(State)


def test_every_step_is_reached() -> None:
    reached = {step for life in LIVES for _, step in life.happenings}

    assert reached == set(Step)


@pytest.mark.parametrize("life", LIVES, ids=repr)
async def test_all_dialects_tell_the_same_of_an_order(stall: Stall, life: Life) -> None:
    order = await stall.order(await life.placing.make(stall))
    await stall.agreed_views(order)

    for move, step in life.happenings:
        answer = await move.make(stall, await stall.order(order.id))

        assert answer.is_success, (move, answer.text)
        assert stall.step(await stall.agreed_views(order)) is step, move


async def test_an_order_that_is_deleted_is_gone_from_every_dialect(stall: Stall) -> None:
    order = await stall.order(await FROM_THE_SHOP.make(stall))
    await stall.agreed_views(order)

    assert (await stall.office.client.delete(f"{back_office.ORDERS}/{order.id}")).is_success

    assert (await stall.office.client.get(f"{back_office.ORDERS}/{order.id}")).status_code == 404
    assert (await stall.market.client.get(stall.market.address(order))).status_code == 404
    identifier = stall.counter.identifier(order)
    assert answered(await stall.counter.client.get(stall.counter.address(order))) == not_found(identifier)
    assert (await stall.office.numbers(), await stall.counter.ids()) == ([], [])
