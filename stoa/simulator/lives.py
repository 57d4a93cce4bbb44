"""What becomes of one order: the customer, the merchant and the courier, each in their turn."""

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from msgspec import Struct

from stoa.orders.order import State
from stoa.simulator.orders import believable_order, choose, happens
from stoa.simulator.server import AcceptOptions, Order, Placed, Server

LAST_MILE = "Skroutz Last Mile"
"""The courier that is told when a parcel is ready."""

ENDINGS = {"accept": 84, "reject": 8, "cancel": 4, "expire": 4}
"""How an order stops being open."""

REJECTIONS = {"lines": 60, "limited": 25, "other": 15}
DELIVERIES = {"deliver": 84, "deliver_partially": 6, "fail_delivery": 7, "cancel": 3}
RETURNS = {"none": 88, "return": 6, "return_partially": 6}
"""How often each is chosen, relative to the others."""

TRACKED_COURIERS = ("acs", "dhl", "geniki_taxydromiki", "dpd", "gls")

OTHER_REASONS = (
    "Το κατάστημα είναι κλειστό για απογραφή",
    "Το προϊόν βρέθηκε ελαττωματικό στον έλεγχο πριν την αποστολή",
    "Ο προμηθευτής δεν μπορεί να παραδώσει αυτή την εβδομάδα",
)
CHANGES_OF_MIND = ("Άλλαξα γνώμη", "Το βρήκα σε άλλο κατάστημα", "Παρήγγειλα λάθος μέγεθος", None)

LEFT_TO_EXPIRE = 5.0
"""The shortest time, in seconds, that an order which nobody decides on is open: clocks may differ a little."""

MOST_PATIENCE = 120.0
"""Seconds to wait for what the service does by itself: express acceptances, expiries, vouchers."""


class RunIsOver(Exception):
    """The simulation ends, and every life with it."""


class Pace(Struct, frozen=True):
    """How fast lives go: about ``mean`` seconds between two steps, until ``stop`` is set."""

    mean: float
    stop: asyncio.Event
    chance: Random

    async def pause(self, steps: float = 1.0) -> None:
        """Let time pass. Raises RunIsOver."""
        await passing(self.stop, self.mean * steps * self.chance.uniform(0.5, 1.5))
        if self.stop.is_set():
            raise RunIsOver


async def passing(stop: asyncio.Event, seconds: float) -> None:
    """Let so many seconds pass, fewer when ``stop`` is set."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await stop.wait()
    except TimeoutError:
        return


async def place(server: Server, pace: Pace, tally: Counter[str]) -> "Life":
    """Place an order, so that it has a life. Raises NotDone."""
    body: dict[str, Any] = believable_order(pace.chance)
    # The marketplace accepts express orders itself, the merchant is not asked.
    ending = "accept" if body["express"] else choose(pace.chance, ENDINGS)
    if ending == "expire":
        open_for = max(LEFT_TO_EXPIRE, pace.mean * 2)
        body["expires_at"] = datetime.now(UTC) + timedelta(seconds=open_for)
    placed = await server.place(body)
    tally["placed"] += 1
    return Life(server, pace, tally, body=body, placed=placed, ending=ending)


class Life:
    """One placed order's. ``tally`` counts each state that the order is seen to reach."""

    def __init__(
        self,
        server: Server,
        pace: Pace,
        tally: Counter[str],
        *,
        body: dict[str, Any],
        placed: Placed,
        ending: str,
    ) -> None:
        self._server = server
        self._pace = pace
        self._chance = pace.chance
        self._tally = tally
        self._body = body
        self._id = placed.id
        self._code = placed.codes["skroutz"]
        self._ending = ending
        self._state = State.OPEN

    async def live(self) -> None:
        """What happens to the order from its placing to its end. Raises NotDone or RunIsOver."""
        await self._pace.pause()
        await self._decide()
        if self._state is not State.ACCEPTED:
            return
        await self._get_ready()
        await self._pace.pause()
        if happens(self._chance, 0.03):
            await self._cancel()
        else:
            await self._ship()
            await self._come_back()

    async def _decide(self) -> None:
        if self._ending == "cancel":
            await self._cancel()
        elif self._ending == "expire" or self._body["express"]:
            await self._watch(lambda order: order.state is not State.OPEN)
        else:
            await self._merchant_decides(await self._look())

    async def _merchant_decides(self, order: Order) -> None:
        await self._pace.pause()
        options = order.accept_options
        can_be_accepted = options is not None and options.pickup_location and options.pickup_window
        if options is not None and can_be_accepted and self._ending == "accept":
            await self._accept(options)
        elif order.state is State.OPEN:
            await self._reject(order)

    async def _accept(self, options: AcceptOptions) -> None:
        # The first window may begin while the merchant thinks.
        window = self._chance.choice(options.pickup_window[1:] or options.pickup_window)
        body = {
            "pickup_location": self._chance.choice(options.pickup_location).id,
            "pickup_window": window.id,
            "number_of_parcels": self._chance.choice(options.number_of_parcels),
        }
        await self._server.decide(self._code, "accept", body)
        self._reached(State.ACCEPTED)

    async def _reject(self, order: Order) -> None:
        kind = choose(self._chance, REJECTIONS)
        if kind == "other" or order.reject_options is None:
            body: dict[str, object] = {"rejection_reason_other": self._chance.choice(OTHER_REASONS)}
        else:
            body = {"line_items": [self._rejected_line(order, limited=kind == "limited")]}
        await self._server.decide(self._code, "reject", body)
        self._reached(State.REJECTED)

    def _rejected_line(self, order: Order, *, limited: bool) -> dict[str, object]:
        line = self._chance.choice(order.line_items)
        reasons = order.reject_options.line_item_rejection_reasons if order.reject_options else []
        fitting = [reason for reason in reasons if reason.requires_available_quantity is limited]
        named: dict[str, object] = {"id": line.id, "reason_id": self._chance.choice(fitting).id}
        return named | ({"available_quantity": self._chance.randrange(line.quantity)} if limited else {})

    async def _get_ready(self) -> None:
        if self._body["fulfilment"] == "merchant":
            await self._pace.pause()
            await self._server.decide(self._code, "tracking_details", self._tracking())
        if self._body["fulfilment"] != "marketplace":
            return
        order = await self._watch(lambda order: order.courier_voucher is not None)
        # A courier may be quicker than the label printer.
        if order.courier_voucher is not None:
            await self._hand_over(order, order.courier_voucher)

    def _tracking(self) -> dict[str, object]:
        courier, code = self._chance.choice(TRACKED_COURIERS), self._chance.randrange(10**9, 10**10)
        return {"tracking_details": [{"courier": courier, "tracking_code": str(code)}]}

    async def _hand_over(self, order: Order, voucher: str) -> None:
        """Downloading the voucher says that the parcel is ready, unless the shop has to say so itself."""
        says_so = order.courier == LAST_MILE
        early = says_so and (order.set_as_ready_required or happens(self._chance, 0.3))
        if early:
            await self._server.decide(self._code, "set_as_ready")
            await self._pace.pause()
        await self._server.download(voucher)
        if says_so and happens(self._chance, 0.05):
            await self._server.decide(self._code, "set_as_not_ready")
            await self._pace.pause(2)
            await self._server.decide(self._code, "set_as_ready")

    async def _ship(self) -> None:
        await self._act("pick_up")
        await self._pace.pause(2)
        if "collection_point_address" in self._body["address"] or happens(self._chance, 0.08):
            await self._act("arrive_at_pickup_point")
            await self._pace.pause(2)
        delivery = choose(self._chance, DELIVERIES)
        if delivery == "cancel":
            await self._cancel()
        elif delivery == "deliver_partially" and self._units > 1:
            await self._act(delivery, self._part())
        else:
            await self._act("fail_delivery" if delivery == "fail_delivery" else "deliver")

    async def _come_back(self) -> None:
        """Parcels that nobody took come back, and now and then the customer does not like the goods."""
        wish = choose(self._chance, RETURNS)
        if self._state in {State.FOR_RETURN, State.CANCELLED}:
            wish = "return"
        if wish == "none":
            return
        await self._pace.pause(2)
        if wish == "return_partially" and self._state is State.DELIVERED and self._units > 1:
            await self._act(wish, self._part())
        else:
            await self._act("return")

    @property
    def _units(self) -> int:
        return sum(line["quantity"] for line in self._body["lines"])

    def _part(self) -> dict[str, object]:
        """Some of the goods, at least one and not all."""
        units = [n for n, line in enumerate(self._body["lines"], start=1) for _ in range(line["quantity"])]
        taken = Counter(self._chance.sample(units, self._chance.randrange(1, len(units))))
        return {"lines": [{"id": number, "quantity": quantity} for number, quantity in taken.items()]}

    async def _cancel(self) -> None:
        by = "customer" if happens(self._chance, 0.8) else "marketplace"
        await self._act("cancel", {"by": by, "reason": self._chance.choice(CHANGES_OF_MIND)})

    async def _act(self, action: str, body: object = None) -> None:
        self._reached(await self._server.act(self._id, action, body or {}))

    async def _watch(self, wanted: Callable[[Order], bool]) -> Order:
        """The order once it is as wanted, or as it is when the merchant's patience ends."""
        looks_left = math.ceil(MOST_PATIENCE / self._pace.mean)
        while not wanted(order := await self._look()) and looks_left:
            looks_left -= 1
            await self._pace.pause()
        return order

    async def _look(self) -> Order:
        order = await self._server.show(self._code)
        self._reached(order.state)
        return order

    def _reached(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self._tally[state] += 1
