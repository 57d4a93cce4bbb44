"""Returns at the desk: what the customer asks for, and what the shop answers."""

from typing import Any

import pytest

from stoa.desk.words import RETURN_REASONS, REVIEW_OPTIONS
from stoa.orders import commands as asked
from stoa.orders.order import Order, ReturnReason, ReturnState, ReviewOption
from tests.builders import DAY
from tests.desk.parcels import Packing
from tests.desk.people import text_of
from tests.skroutz.coming_back import goes_on, requested


def state_of(order: Order) -> ReturnState:
    assert order.return_request is not None
    return order.return_request.state


async def arrived(packing: Packing, **what_matters: Any) -> Order:
    """A return whose goods are at the shop."""
    back = await requested(packing.market, **what_matters)
    approval = asked.ApproveReturn(option=ReviewOption.APPROVE)
    return await goes_on(packing.market, back, approval, asked.ArriveBack())


def test_every_reason_and_every_answer_has_words() -> None:
    assert set(RETURN_REASONS) == set(ReturnReason)
    assert set(REVIEW_OPTIONS) == set(ReviewOption)


async def test_a_request_says_why_until_when_and_what_may_be_answered(packing: Packing) -> None:
    back = await requested(
        packing.market,
        reason=ReturnReason.MISSING_PART,
        comment="Λείπει <b>το καπάκι</b>",
        photos=("https://photos.example/1.jpg", "javascript:alert(1)"),
    )

    page = await packing.page(back)

    says = text_of(page)
    assert "A part is missing" in says
    assert "Answer until" in says
    assert "Λείπει <b>το καπάκι</b>" in says
    assert "javascript:" not in page.text
    assert page.text.count('href="https://photos.example/1.jpg"') == 1
    assert page.text.count('type="radio"') == 5


async def test_goods_are_taken_back_after_they_came(packing: Packing) -> None:
    back = await requested(packing.market)

    back = await packing.done(back, "answer", option="approve")
    assert state_of(back) is ReturnState.RETURNING

    back = await goes_on(packing.market, back, asked.ArriveBack())
    back = await packing.done(back, "take-back")
    assert state_of(back) is ReturnState.RETURNED
    assert (await packing.last(back)).person == "Άννα"


async def test_goods_that_are_not_as_they_should_be_go_back_with_the_reason(packing: Packing) -> None:
    back = await packing.done(await arrived(packing), "send-back", send_back_reason="Έχει χρησιμοποιηθεί")

    assert state_of(back) is ReturnState.REJECTED
    assert "Έχει χρησιμοποιηθεί" in await packing.reads(back)


async def test_an_answer_reaches_the_order_whose_goods_come_back(packing: Packing) -> None:
    back = await requested(packing.market)
    await packing.done(back, "answer", option="not_faulty", comment="Δουλεύει <i>άψογα</i>")
    assert back.return_of is not None
    source = await packing.market.stoa.service.orders.read(back.shop_id, back.return_of.id)
    assert source is not None

    page = await packing.page(source.order)

    assert f'href="{packing.address(back)}"' in page.text
    assert "declined" in text_of(page)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({}, "option", "Choose an answer."),
        ({"option": "shrug"}, "option", "Choose an answer."),
        ({"option": "usability_suggestions"}, "option", "This is not one of the return's review options."),
        ({"option": "incorrect_content"}, "comment", "This option requires a comment."),
        ({"option": "approve", "comment": "α" * 1001}, "comment", "This is too long."),
        (
            {"option": "part_not_included", "comment": "Χωριστά"},
            "part_url",
            "This option requires the address of the part.",
        ),
        (
            {"option": "part_not_included", "comment": "Χωριστά", "part_url": "javascript:alert(1)"},
            "part_url",
            "Write a web address, such as https://shop.example/part.",
        ),
    ],
)
async def test_an_answer_that_says_too_little_is_mended_beside_the_field(
    packing: Packing, fields: dict[str, str], field: str, says: str
) -> None:
    back = await requested(packing.market, reason=ReturnReason.MISSING_PART)

    answer = await packing.send(back, "answer", **fields)

    assert answer.status_code == 422
    assert says.replace("'", "&#39;") in answer.text.split(f'id="{field}-said">')[1].split("<")[0]
    assert fields.get("comment", "") in answer.text
    assert state_of(await packing.now(back)) is ReturnState.PENDING_REVIEW


async def test_a_second_answer_says_that_there_was_a_first(packing: Packing) -> None:
    back = await requested(packing.market)
    await packing.done(back, "answer", option="approve")

    answer = await packing.send(back, "answer", option="not_faulty", comment="Δουλεύει", version=1)

    assert answer.status_code == 409
    assert "The return is on its way: it has been decided on." in text_of(answer)
    assert "Since you opened the page: Return approved : Take the goods back" in text_of(answer)


async def test_a_return_that_nobody_answered_says_so(packing: Packing) -> None:
    back = await requested(packing.market)
    back = await packing.market.wait(back, 4 * DAY)

    assert "Return not answered in time" in await packing.reads(back)
    answer = await packing.send(back, "answer", option="approve")
    assert (answer.status_code, "not answered in time: it has been" in answer.text) == (409, True)
