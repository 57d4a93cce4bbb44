"""The order engine: load, decide, evolve, save. Every change of an order goes through here."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from stoa.clock import Clock
from stoa.orders import events as happened
from stoa.orders.commands import Command, Placement, Reject
from stoa.orders.decisions import decide, remaining_lines
from stoa.orders.events import Event
from stoa.orders.evolving import evolve
from stoa.orders.order import Actor, Order
from stoa.orders.placing import place, place_what_is_left
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.store.bell import Bell
from stoa.store.orders import Message, Orders, Save, Stored


class Change(Struct, frozen=True, kw_only=True):
    """What happened to an order; ``before`` is None for a new one."""

    shop: Shop
    before: Order | None
    after: Order
    event: Event


class Teller(Protocol):
    """Says what a shop is told of a change; a dialect is one."""

    def messages(self, change: Change) -> Iterable[Message]: ...


class Conflict(Exception):
    """Others keep changing the order; trying later will help."""


MOST_ATTEMPTS = 20
"""How often a command is decided afresh against a state that somebody else changed meanwhile."""


class Engine:
    def __init__(self, orders: Orders, tellers: Sequence[Teller], clock: Clock, bell: Bell) -> None:
        self._orders = orders
        self._tellers = tellers
        self._clock = clock
        self._bell = bell

    async def place(
        self,
        placement: Placement,
        *,
        shop: Shop,
        number: int,
        idempotency_key: str | None = None,
        request_hash: bytes | None = None,
    ) -> Order | Refused:
        """Place an order durably. Raises ChannelRefTaken or KeyTaken."""
        order = place(placement, order_id=number, shop=shop, now=self._clock())
        if isinstance(order, Refused):
            return order
        save = replace(self._placing(order, shop), idempotency_key=idempotency_key, request_hash=request_hash)
        await self._orders.save(save)
        self._bell.ring(shop.id)
        return order

    def _placing(self, order: Order, shop: Shop) -> Save:
        event = happened.Placed(
            channel=order.channel,
            total_cents=order.total_cents,
            replaces=order.replaces.id if order.replaces else None,
        )
        return Save(
            order=order,
            version=0,
            event=event,
            by=Actor.CUSTOMER if order.replaces is None else Actor.MARKETPLACE,
            messages=self._messages(Change(shop=shop, before=None, after=order, event=event)),
        )

    def _messages(self, change: Change) -> list[Message]:
        return [message for teller in self._tellers for message in teller.messages(change)]

    async def carry_out(self, command: Command, *, on: Stored, shop: Shop, by: Actor) -> Order | Refused:
        """Do to the order what is asked, or say why not. Raises Conflict where others never let go of it.

        Two writers on one order: the version check lets one win, the other is decided afresh.
        """
        stored = on
        for _ in range(MOST_ATTEMPTS):
            order = await self._try(command, stored, shop, by)
            if order is not None:
                return order
            stored = await self._read_again(stored.order)
        raise Conflict

    async def _try(self, command: Command, stored: Stored, shop: Shop, by: Actor) -> Order | Refused | None:
        now = self._clock()
        prepared = await self._with_number(command, stored.order)
        event = decide(stored.order, prepared, shop=shop, by=by, now=now)
        if isinstance(event, Refused):
            return event
        after = evolve(stored.order, event, by=by, at=now)
        change = Change(shop=shop, before=stored.order, after=after, event=event)
        save = Save(order=after, version=stored.version, event=event, by=by, messages=self._messages(change))
        saved = await self._orders.save(save, *self._following(change))
        if saved:
            self._bell.ring(shop.id)
        return after if saved else None

    async def _with_number(self, command: Command, order: Order) -> Command:
        """A rejection that leaves something to sell needs a number for the order over it."""
        if isinstance(command, Reject) and remaining_lines(order, command.lines):
            return replace(command, follow_up=await self._orders.next_number())
        return command

    def _following(self, change: Change) -> list[Save]:
        event = change.event
        if not isinstance(event, happened.Rejected) or event.follow_up is None:
            return []
        left = place_what_is_left(
            change.after, event.lines, order_id=event.follow_up, shop=change.shop, now=change.after.updated_at
        )
        if isinstance(left, Refused):
            message = f"what is left of order {change.after.id} cannot be placed: {left.message}"
            raise AssertionError(message)  # noqa: TRY004 - a broken promise of the domain, not a wrong type
        return [self._placing(left, change.shop)]

    async def _read_again(self, order: Order) -> Stored:
        stored = await self._orders.read(order.shop_id, order.id)
        if stored is None:
            raise Conflict
        return stored
