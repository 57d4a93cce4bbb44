"""What becomes of one order: the customer, the merchant and the courier, each in their turn."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stoa.orders.order import State
from stoa.simulator.orders import believable_order, choose, happens
from stoa.simulator.pace import Pace
from stoa.simulator.returns import ask_for_return
from stoa.simulator.server import AcceptOptions, Order, Placed, Server

LAST_MILE = "Skroutz Last Mile"
"""The courier that is told when a parcel is ready."""

ENDINGS = {"accept": 84, "reject": 8, "cancel": 4, "expire": 4}
"""How an order stops being open."""

REJECTIONS = {"lines": 60, "limited": 25, "other": 15}
DELIVERIES = {"deliver": 84, "deliver_partially": 6, "fail_delivery": 7, "cancel": 3}
RETURNS = {"none": 84, "request": 12, "return": 2, "return_partially": 2}
"""How often each is chosen, relative to the others. Without a request it is the courier who says that goods are back."""

TRACKED_COURIERS = ("acs", "dhl", "geniki_taxydromiki", "dpd", "gls")

OTHER_REASONS = (
    "Το κατάστημα είναι κλειστό για απογραφή",
    "Το προϊόν βρέθηκε ελαττωματικό στον έλεγχο πριν την αποστολή",
    "Ο προμηθευτής δεν μπορεί να παραδώσει αυτή την εβδομάδα",
)
CHANGES_OF_MIND = ("Άλλαξα γνώμη", "Το βρήκα σε άλλο κατάστημα", "Παρήγγειλα λάθος μέγεθος", None)


async def place(server: Server, pace: Pace, tally: Counter[str]) -> "Life":
    """Place an order, so that it has a life. Raises NotDone."""
    body: dict[str, Any] = believable_order(pace.chance)
    # The marketplace accepts express orders itself, the merchant is not asked.
    ending = "accept" if body["express"] else choose(pace.chance, ENDINGS)
    if ending == "expire":
        body["expires_at"] = pace.deadline()
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
        self._from_warehouse = False
        self._goods = _pieces_of(body["lines"])

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
        elif self._ending == "expire":
            await self._wait_for_decision()
        else:
            order = await self._look()
            by_itself = self._from_warehouse or self._body["express"]
            await (self._wait_for_decision() if by_itself else self._merchant_decides(order))

    async def _wait_for_decision(self) -> None:
        await self._watch(lambda order: order.state is not State.OPEN)

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
        if self._body["fulfilment"] != "marketplace" or self._from_warehouse:
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
        if self._from_warehouse:
            await self._file_delivery_note()
        await self._pace.pause(2)
        if "collection_point_address" in self._body["address"] or happens(self._chance, 0.08):
            await self._act("arrive_at_pickup_point")
            await self._pace.pause(2)
        delivery = choose(self._chance, DELIVERIES)
        if delivery == "cancel":
            await self._cancel()
        elif delivery == "deliver_partially" and len(self._goods) > 1:
            self._goods = self._some_pieces()
            await self._act(delivery, {"lines": _as_lines(self._goods)})
        else:
            await self._act("fail_delivery" if delivery == "fail_delivery" else "deliver")

    async def _file_delivery_note(self) -> None:
        """The merchant's paper for what the warehouse sent."""
        note = (await self._look()).fbs_delivery_note_url
        if note is not None:
            await self._server.download(note)

    async def _come_back(self) -> None:
        """Parcels that nobody took come back, and now and then the customer does not like the goods."""
        wish = choose(self._chance, RETURNS)
        if self._state in {State.FOR_RETURN, State.CANCELLED}:
            wish = "return"
        if wish == "none":
            return
        await self._pace.pause(2)
        if wish == "request":
            await self._return_on_request()
        elif wish == "return_partially" and self._state is State.DELIVERED and len(self._goods) > 1:
            await self._act(wish, {"lines": _as_lines(self._some_pieces())})
        else:
            await self._act("return")

    async def _return_on_request(self) -> None:
        """The return goes its own way; what it means for the order is seen before and after."""
        whole = len(self._goods) == 1 or happens(self._chance, 0.6)
        lines = _as_lines(self._goods if whole else self._some_pieces())
        wanted = await ask_for_return(self._server, self._pace, self._tally, order_id=self._id, lines=lines)
        await self._look()
        await wanted.live()
        await self._look()

    def _some_pieces(self) -> list[int]:
        """At least one and not all."""
        return self._chance.sample(self._goods, self._chance.randrange(1, len(self._goods)))

    async def _cancel(self) -> None:
        by = "customer" if happens(self._chance, 0.8) else "marketplace"
        await self._act("cancel", {"by": by, "reason": self._chance.choice(CHANGES_OF_MIND)})

    async def _act(self, action: str, body: object = None) -> None:
        self._reached(await self._server.act(self._id, action, body or {}))

    async def _watch(self, wanted: Callable[[Order], bool]) -> Order:
        """The order once it is as wanted, or as it is when the merchant's patience ends."""
        return await self._pace.watch(self._look, wanted)

    async def _look(self) -> Order:
        order = await self._server.show(self._code)
        self._from_warehouse = order.fulfilled_by_skroutz
        self._reached(order.state)
        return order

    def _reached(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self._tally[state] += 1


def _pieces_of(lines: Sequence[Mapping[str, Any]]) -> list[int]:
    """For every piece the number of its line."""
    return [number for number, line in enumerate(lines, start=1) for _ in range(line["quantity"])]


def _as_lines(pieces: Sequence[int]) -> list[dict[str, int]]:
    return [{"id": number, "quantity": quantity} for number, quantity in Counter(pieces).items()]
