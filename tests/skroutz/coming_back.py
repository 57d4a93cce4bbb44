"""Goods that customers want to return: what the marketplace makes of it, and what the merchant may say."""

from typing import Any, cast

import httpx

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity, RequestReturn
from stoa.orders.order import Actor, LinkedOrder, Order, ReturnReason, ReturnState, ReviewOption, State
from tests.builders import a_placement, placed
from tests.skroutz.market import Json, Market, code_of

RETURNS = "/merchants/ecommerce/returns"

APPROVAL = asked.ApproveReturn(option=ReviewOption.APPROVE)


async def hear_of_returns(market: Market) -> None:
    """The shop is told of returns from now on."""
    await market.stoa.service.shops.set_endpoint(
        market.shop.id,
        "skroutz_returns",
        url="https://shop.example.com/webhooks/returns",
        signing_key=b"sealed",
        now=market.now,
    )


async def delivered(market: Market, **what_matters: Any) -> Order:
    return await market.order_in(State.DELIVERED, **what_matters)


async def requested(market: Market, source: Order | None = None, **what_matters: Any) -> Order:
    """A return that a customer asks for: of one piece of the first line, because it is faulty."""
    source = source or await delivered(market)
    one_piece = (LineQuantity(source.lines[0].id, 1),)
    made_up: dict[str, Any] = {"lines": one_piece, "reason": ReturnReason.FAULTY}
    command = RequestReturn(**(made_up | what_matters))
    link = (await market.happen(source, command, by=Actor.CUSTOMER)).returns[-1]
    read = await market.stoa.service.orders.read(market.shop.id, link.id)
    assert read is not None
    return read.order


async def goes_on(market: Market, returned: Order, *commands: Command) -> Order:
    """What the marketplace notes of the return."""
    return await market.happen(returned, *commands, by=Actor.MARKETPLACE)


WAY_TO: dict[ReturnState, tuple[Command, ...]] = {
    ReturnState.PENDING_REVIEW: (),
    ReturnState.RETURNING: (APPROVAL,),
    ReturnState.PENDING_PHYSICAL_REVIEW: (APPROVAL, asked.ArriveBack()),
    ReturnState.RETURNED: (APPROVAL, asked.ArriveBack(), asked.TakeBack()),
    ReturnState.REJECTED: (APPROVAL, asked.ArriveBack(), asked.SendBack()),
    ReturnState.CANCELLED: (asked.CancelReturn(),),
}
"""How a return comes into a state, but for the one that only time leads to."""


async def in_state(market: Market, state: ReturnState) -> Order:
    returned = await requested(market)
    if state is not ReturnState.EXPIRED:
        return await goes_on(market, returned, *WAY_TO[state])
    assert returned.return_request
    return await market.wait(returned, returned.return_request.review_until - market.now)


def return_code_of(returned: Order | LinkedOrder) -> str:
    return f"R-{code_of(returned)}"


def address_of(returned: Order | LinkedOrder | str, call: str | None = None) -> str:
    """Where the return, or what is asked for in its place, is found in the API."""
    code = returned if isinstance(returned, str) else return_code_of(returned)
    return f"{RETURNS}/{code}/{call}" if call else f"{RETURNS}/{code}"


async def shown(market: Market, returned: Order | str) -> Json:
    """The return as the API shows it, which must succeed."""
    answer = await market.client.get(address_of(returned))
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    assert list(body) == ["return"]
    return cast(Json, body["return"])


async def review(market: Market, returned: Order | str, **body: object) -> httpx.Response:
    """What the merchant's review is answered."""
    return await market.client.post(address_of(returned, "review"), json=body)


async def place_document(market: Market, source: Order) -> Order:
    """The merchant writes down what came back, without anybody having asked for a return."""
    number = await market.stoa.service.orders.next_number()
    link = LinkedOrder(id=source.id, placed_at=source.placed_at)
    return placed(
        await market.stoa.service.engine.place_return(
            a_placement(return_of=link), of=await market.stored(source), shop=market.shop, number=number
        )
    )
