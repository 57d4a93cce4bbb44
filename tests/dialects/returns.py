"""Returns that customers ask for, at every step of theirs."""

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity
from stoa.orders.order import Actor, Order, State
from stoa.orders.progress import Step, step_of
from tests.builders import APPROVE, a_request
from tests.skroutz.market import Market

APPROVAL = (APPROVE, Actor.MERCHANT)
PARCEL = (asked.TrackReturn(tracking_ids=("R-7712",), courier="acs"), Actor.COURIER)
ARRIVAL = (asked.ArriveBack(), Actor.COURIER)

WAYS: dict[Step, tuple[tuple[Command, Actor], ...]] = {
    Step.RETURN_IN_REVIEW: (),
    Step.RETURN_UNDER_WAY: (APPROVAL, PARCEL),
    Step.RETURN_ARRIVED: (APPROVAL, PARCEL, ARRIVAL),
    Step.RETURN_TAKEN_BACK: (APPROVAL, PARCEL, ARRIVAL, (asked.TakeBack(), Actor.MERCHANT)),
    Step.RETURN_DECLINED: (APPROVAL, PARCEL, ARRIVAL, (asked.SendBack(reason="Φορεμένο"), Actor.MERCHANT)),
    Step.RETURN_CALLED_OFF: ((asked.CancelReturn(), Actor.CUSTOMER),),
    Step.RETURN_EXPIRED: (),
}
"""What leads a return from its request to each of its steps; to the last of them time does."""

OF_RETURNS = frozenset(WAYS)
"""The steps of a return itself."""

OF_ORDERS = tuple(step for step in Step if step not in OF_RETURNS)
"""The steps of all other orders."""


async def a_return(
    market: Market, step: Step = Step.RETURN_IN_REVIEW, *, of: Order | None = None, pieces: int = 1
) -> Order:
    """A return, at one of its steps, of so many pieces of the first line of an order that was delivered."""
    source = of or await market.order_in(State.DELIVERED)
    request = a_request(source, lines=(LineQuantity(source.lines[0].id, pieces),))
    returned = await the_return(market, await market.happen(source, request, by=Actor.CUSTOMER))
    for command, by in WAYS[step]:
        returned = await market.happen(returned, command, by=by)
    if step is Step.RETURN_EXPIRED:
        returned = await market.wait(returned, returned.expires_at - market.now)
    assert step_of(returned) is step
    return returned


async def the_return(market: Market, source: Order) -> Order:
    """The newest by which goods of the order come back."""
    linked = source.returns[-1]
    read = await market.stoa.service.orders.read(market.shop.id, linked.id)
    assert read is not None
    return read.order


async def source_of(market: Market, returned: Order) -> Order:
    """The order whose goods a return brings back, as it is now."""
    assert returned.return_of is not None
    read = await market.stoa.service.orders.read(market.shop.id, returned.return_of.id)
    assert read is not None
    return read.order
