"""What becomes of goods that a customer wants to return: the customer, the merchant and the courier, each in their turn."""

from collections import Counter

from msgspec import to_builtins

from stoa.orders.order import ReturnState
from stoa.simulator.orders import choose, happens
from stoa.simulator.pace import Pace
from stoa.simulator.reasons import ANSWERS, FAULTS_FOUND, KEEPS_IT, PART_URL, believable_complaint
from stoa.simulator.server import OfferedOption, Placed, Return, Server

ENDINGS = {"answer": 84, "cancel": 6, "expire": 10}
"""How a return stops waiting for the merchant."""

INSPECTIONS = {"take_back": 90, "send_back": 10}
"""How often each is chosen, relative to the others."""

APPROVE = "approve"
APPROVED = 0.75
"""The share of the answers; else it is any other answer that is offered."""

CALLED_BACK = 0.04
"""The share of customers who keep the goods although they may return them."""

COUNTED_AS = {
    ReturnState.PENDING_REVIEW: "returns_requested",
    ReturnState.RETURNING: "returns_approved",
    ReturnState.PENDING_PHYSICAL_REVIEW: "returns_arrived",
    ReturnState.RETURNED: "returns_returned",
    ReturnState.REJECTED: "returns_rejected",
    ReturnState.EXPIRED: "returns_expired",
    ReturnState.CANCELLED: "returns_cancelled",
}


async def ask_for_return(
    server: Server, pace: Pace, tally: Counter[str], *, order_id: int, lines: list[dict[str, int]]
) -> "ReturnLife":
    """Want to return these pieces of an order, so that the return has a life. Raises NotDone."""
    body = {"lines": lines, **to_builtins(believable_complaint(pace.chance))}
    ending = choose(pace.chance, ENDINGS)
    if ending == "expire":
        body["review_until"] = pace.deadline()
    asked = await server.ask_for_return(order_id, body)
    tally[COUNTED_AS[ReturnState.PENDING_REVIEW]] += 1
    return ReturnLife(server, pace, tally, asked=asked, ending=ending)


class ReturnLife:
    """One return's. ``tally`` counts each state that the return is seen to reach."""

    def __init__(
        self, server: Server, pace: Pace, tally: Counter[str], *, asked: Placed, ending: str
    ) -> None:
        self._server = server
        self._pace = pace
        self._chance = pace.chance
        self._tally = tally
        self._id = asked.id
        self._code = asked.codes["skroutz"]
        self._ending = ending
        self._state = ReturnState.PENDING_REVIEW

    async def live(self) -> None:
        """What happens to the return from its request to its end. Raises NotDone or RunIsOver."""
        await self._pace.pause()
        await self._decide()
        if self._state is ReturnState.RETURNING:
            await self._come_back()

    async def _decide(self) -> None:
        if self._ending == "cancel":
            await self._cancel()
        elif self._ending == "expire":
            await self._pace.watch(self._look, lambda shown: shown.state is not ReturnState.PENDING_REVIEW)
        else:
            await self._answer(await self._look())

    async def _answer(self, shown: Return) -> None:
        """One of the answers that are offered, with all that it needs."""
        option = self._choose(shown.review_options)
        body = {"option": option.option}
        if option.comment_required:
            body["comment"] = self._chance.choice(ANSWERS)
        if option.supports_proposed_part_url_required:
            body["proposed_part_url"] = PART_URL
        await self._server.review(self._code, body)
        await self._look()

    def _choose(self, options: list[OfferedOption]) -> OfferedOption:
        grants = happens(self._chance, APPROVED)
        return self._chance.choice([option for option in options if (option.option == APPROVE) is grants])

    async def _come_back(self) -> None:
        await self._pace.pause()
        await self._act("track", {"tracking_ids": [str(self._chance.randrange(10**9, 10**10))]})
        await self._pace.pause()
        if happens(self._chance, CALLED_BACK):
            await self._cancel()
            return
        await self._act("arrive")
        await self._pace.pause()
        await self._inspect()

    async def _inspect(self) -> None:
        action = choose(self._chance, INSPECTIONS)
        reason = {"reason": self._chance.choice(FAULTS_FOUND)} if action == "send_back" else {}
        await self._act(action, reason)

    async def _cancel(self) -> None:
        await self._act("cancel", {"by": "customer", "reason": KEEPS_IT})

    async def _act(self, action: str, body: object = None) -> None:
        self._reached(await self._server.act_on_return(self._id, action, body or {}))

    async def _look(self) -> Return:
        shown = await self._server.show_return(self._code)
        self._reached(shown.state)
        return shown

    def _reached(self, state: ReturnState) -> None:
        if state is not self._state:
            self._state = state
            self._tally[COUNTED_AS[state]] += 1
