"""The order engine: load, decide, evolve, save. Every change of an order goes through here."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from copy import copy
from typing import Protocol, Self

from msgspec import Struct
from msgspec.structs import replace

from stoa.clock import Clock
from stoa.orders import events as happened
from stoa.orders.commands import (
    CancelInvoice,
    Command,
    IssueInvoice,
    LinkReturn,
    Placement,
    Refund,
    Reject,
    RequestReturn,
    UnlinkReturn,
)
from stoa.orders.decisions import decide, remaining_lines
from stoa.orders.events import Event
from stoa.orders.evolving import evolve
from stoa.orders.invoicing import invoice_of, storno_of
from stoa.orders.order import Actor, Fulfilment, IssuedInvoice, LinkedOrder, Order
from stoa.orders.placing import place, place_what_is_left
from stoa.orders.refunding import refund_due
from stoa.orders.refusals import Refused
from stoa.orders.returning import news_for_source, quantities_of, requested_return
from stoa.orders.shop import Shop
from stoa.orders.stock import product_uid, served_from_warehouse
from stoa.store.bell import Bell
from stoa.store.invoices import Invoices, Numbering
from stoa.store.orders import Message, Orders, Save, Stored
from stoa.store.warehouse import OutOfStock, Warehouse


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


class Gone(Conflict):
    """Somebody has deleted the order meanwhile."""


MOST_ATTEMPTS = 100
"""How often a command is decided afresh against a state that somebody else changed meanwhile."""


OF_THE_MARKETPLACE = frozenset({Fulfilment.MARKETPLACE, Fulfilment.WAREHOUSE})
"""Orders that the marketplace's warehouse may serve."""


Plan = Callable[[Order], Sequence[Command] | Refused]
"""What is to be done to an order, one after the other, given how the order is; made afresh if it changed."""


class Engine:
    def __init__(
        self,
        orders: Orders,
        invoices: Invoices,
        tellers: Sequence[Teller],
        clock: Clock,
        bell: Bell,
        channel_code: Callable[[Order, Shop], str],
        warehouse: Warehouse,
    ) -> None:
        self._orders = orders
        self._invoices = invoices
        self._tellers = tellers
        self._clock = clock
        self._bell = bell
        self._channel_code = channel_code
        self._warehouse = warehouse
        self.person_id: int | None = None

    def signed_by(self, person_id: int) -> Self:
        """The engine for somebody at the desk: what happens through it is noted as theirs."""
        signed = copy(self)
        signed.person_id = person_id
        return signed

    async def place(
        self,
        placement: Placement,
        *,
        shop: Shop,
        number: int,
        then: Sequence[Command] = (),
        idempotency_key: str | None = None,
        request_hash: bytes | None = None,
    ) -> Order | Refused:
        """Place an order durably, and do ``then`` what the merchant asks of it. Raises ChannelRefTaken or KeyTaken.

        Nothing that draws a number may follow at once: no invoice, no rejection that leaves something to sell.
        """
        for _ in range(MOST_ATTEMPTS):
            served = await self._served(placement, shop)
            order = served if isinstance(served, Refused) else self._placed(served, number, shop)
            if isinstance(order, Refused):
                return order
            save = self._placing(order, shop)
            changes = self._decide(then, order, shop, Actor.MERCHANT)
            if isinstance(changes, Refused):
                return changes
            keyed = replace(save, idempotency_key=idempotency_key, request_hash=request_hash)
            # Others may have bought the last pieces in the warehouse meanwhile: then it looks again.
            with suppress(OutOfStock):
                await self._orders.save(keyed, *self._saves(changes, version=1, by=Actor.MERCHANT))
                self._bell.ring(shop.id)
                return changes[-1].after if changes else order
        raise Conflict

    def _placed(self, placement: Placement, number: int, shop: Shop) -> Order | Refused:
        return place(placement, order_id=number, shop=shop, now=self._clock())

    async def _served(self, placement: Placement, shop: Shop) -> Placement | Refused:
        """The placement as the marketplace's warehouse can serve it, where the shop has goods there."""
        if not shop.warehouse or placement.fulfilment not in OF_THE_MARKETPLACE:
            return placement
        uids = {product_uid(line) for line in placement.lines}
        return served_from_warehouse(placement, await self._warehouse.at_hand(shop.id, sorted(uids)))

    def _placing(self, order: Order, shop: Shop, by: Actor = Actor.CUSTOMER) -> Save:
        event = _first_event(order)
        return Save(
            order=order,
            version=0,
            before=None,
            event=event,
            by=by,
            messages=self._messages(Change(shop=shop, before=None, after=order, event=event)),
            person_id=self.person_id,
        )

    def _messages(self, change: Change) -> list[Message]:
        return [message for teller in self._tellers for message in teller.messages(change)]

    async def place_return(
        self, placement: Placement, *, of: Stored, shop: Shop, number: int
    ) -> Order | Refused:
        """Place the order by which goods of another come back, and link the two. Raises Conflict."""
        source = of
        for _ in range(MOST_ATTEMPTS):
            order = place(placement, order_id=number, shop=shop, now=self._clock())
            if isinstance(order, Refused):
                return order
            link = LinkReturn(order=LinkedOrder(id=order.id, placed_at=order.placed_at))
            changes = self._decide((link,), source.order, shop, Actor.MERCHANT)
            if isinstance(changes, Refused):
                return changes
            linking = self._saves(changes, version=source.version, by=Actor.MERCHANT)
            if await self._orders.save(self._placing(order, shop), *linking):
                self._bell.ring(shop.id)
                return order
            source = await self._read_again(source.order)
        raise Conflict

    async def carry_out(self, command: Command, *, on: Stored, shop: Shop, by: Actor) -> Order | Refused:
        """Do to the order what is asked, or say why not. Raises Conflict where others never let go of it."""
        return await self.follow(lambda _: (command,), on=on, shop=shop, by=by)

    async def follow(self, plan: Plan, *, on: Stored, shop: Shop, by: Actor) -> Order | Refused:
        """Do all that the plan says, or say why nothing of it. Raises Conflict.

        Two writers on one order: the version check lets one win, the other is decided afresh.
        """
        stored = on
        for _ in range(MOST_ATTEMPTS):
            order = await self._try(plan, stored, shop, by)
            if order is not None:
                return order
            stored = await self._read_again(stored.order)
        raise Conflict

    async def _try(self, plan: Plan, stored: Stored, shop: Shop, by: Actor) -> Order | Refused | None:
        planned = plan(stored.order)
        if isinstance(planned, Refused):
            return planned
        commands = [await self._with_number(command, stored.order) for command in planned]
        changes = self._decide(commands, stored.order, shop, by)
        if isinstance(changes, Refused):
            return changes
        if not changes:
            return stored.order
        followed_by = _what_follows(stored.order, changes[-1].after)
        if any(isinstance(command, IssueInvoice | CancelInvoice) for command in (*commands, *followed_by)):
            return await self._try_with_papers((*commands, *followed_by), stored, shop, by)
        changes += self._sure(followed_by, changes[-1].after, shop, by)
        saves = self._saves(changes, version=stored.version, by=by)
        if not await self._orders.save(*saves, *await self._of_source(changes, shop, by)):
            return None
        self._bell.ring(shop.id)
        return changes[-1].after

    async def _of_source(self, changes: Sequence[Change], shop: Shop, by: Actor) -> list[Save]:
        """What the order whose goods come back learns of the changes of a return."""
        news = [
            told
            for change in changes
            if change.before and (told := news_for_source(change.before, change.after, change.event))
        ]
        return await self._tell_source(changes[-1].after, news, shop, by) if news else []

    async def _tell_source(self, order: Order, news: Sequence[Command], shop: Shop, by: Actor) -> list[Save]:
        """The saves of the order whose goods come back by this one; none where it has been deleted."""
        link = order.return_of
        source = await self._orders.read(shop.id, link.id) if link else None
        if source is None:
            return []
        changes = self._sure(news, source.order, shop, by)
        told = changes[-1].after
        changes += self._sure(_what_follows(source.order, told), told, shop, by)
        return self._saves(changes, version=source.version, by=by)

    async def _try_with_papers(
        self, commands: Iterable[Command], stored: Stored, shop: Shop, by: Actor
    ) -> Order | Refused | None:
        """Decide and save while the papers' numbers are held: without the save they were never drawn."""
        async with self._invoices.numbering(shop.id) as numbering:
            numbered = [await _numbered(command, stored.order, shop, numbering) for command in commands]
            changes = self._decide(numbered, stored.order, shop, by)
            if isinstance(changes, Refused):
                return changes
            # Saved first: that is what tells whether somebody else gave the order its paper meanwhile.
            if not await numbering.work.save(*self._saves(changes, version=stored.version, by=by)):
                return None
            for change in changes:
                await self._issue(change, numbering)
        self._bell.ring(shop.id)
        return changes[-1].after

    async def _issue(self, change: Change, numbering: Numbering) -> None:
        """Keep the paper that the change is about, where it is about one."""
        event, order, shop = change.event, change.after, change.shop
        if isinstance(event, happened.InvoiceIssued):
            number, now = event.invoice.number, event.invoice.issued_at
            code = self._channel_code(order, shop)
            await numbering.add(invoice_of(order, shop, number=number, order_code=code, now=now))
        elif isinstance(event, happened.InvoiceCancelled) and order.issued_invoice:
            await self._cancel(order.issued_invoice, event.storno, numbering)

    async def _cancel(self, issued: IssuedInvoice, storno: int, numbering: Numbering) -> None:
        invoice = await numbering.invoice(issued.series, issued.number)
        await numbering.add(storno_of(invoice, number=storno, now=self._clock()))

    async def delete(self, *, stored: Stored, shop: Shop, by: Actor) -> Order:
        """Delete the order, its invoice cancelled first, and say what it was. Raises Conflict."""
        for _ in range(MOST_ATTEMPTS):
            deleted = await self._try_to_delete(stored, shop, by)
            if deleted is not None:
                self._bell.ring(shop.id)
                return deleted
            stored = await self._read_again(stored.order)
        raise Conflict

    async def _try_to_delete(self, stored: Stored, shop: Shop, by: Actor) -> Order | None:
        order, standing = stored.order, stored.order.issued_invoice
        if standing is None or standing.storno is not None:
            unlinked = await self._unlinked(order, shop, by)
            return order if await self._orders.delete(stored, *unlinked, by=by, at=self._clock()) else None
        async with self._invoices.numbering(shop.id) as numbering:
            number = await numbering.draw(standing.series)
            if not await numbering.work.delete(order, stored.version, by=by, at=self._clock()):
                return None
            await self._cancel(standing, number, numbering)
        return replace(order, issued_invoice=replace(standing, storno=number))

    async def _unlinked(self, order: Order, shop: Shop, by: Actor) -> list[Save]:
        """The order whose goods come back by this one, without it."""
        if order.return_of is None:
            return []
        unlink = UnlinkReturn(number=order.id, lines=quantities_of(order))
        return await self._tell_source(order, (unlink,), shop, by)

    def _decide(
        self, commands: Iterable[Command], order: Order, shop: Shop, by: Actor
    ) -> list[Change] | Refused:
        """What happens, one after the other, or why nothing does."""
        now, changes = self._clock(), list[Change]()
        for command in commands:
            event = decide(order, command, shop=shop, by=by, now=now)
            if isinstance(event, Refused):
                return event
            after = evolve(order, event, by=by, at=now)
            changes.append(Change(shop=shop, before=order, after=after, event=event))
            order = after
        return changes

    def _sure(self, commands: Sequence[Command], order: Order, shop: Shop, by: Actor) -> list[Change]:
        """What happens by commands that the engine gives itself, which nothing refuses."""
        changes = self._decide(commands, order, shop, by)
        if isinstance(changes, Refused):
            message = f"what follows for order {order.id} is refused: {changes.message}"
            raise AssertionError(message)  # noqa: TRY004 - a broken promise of the domain, not a wrong type
        return changes

    def _saves(self, changes: Sequence[Change], *, version: int, by: Actor) -> list[Save]:
        saves = [
            Save(
                order=change.after,
                version=version + n,
                before=change.before,
                event=change.event,
                by=by,
                messages=self._messages(change),
                person_id=self.person_id,
            )
            for n, change in enumerate(changes)
        ]
        return saves + [following for change in changes for following in self._following(change, by)]

    async def _with_number(self, command: Command, order: Order) -> Command:
        """A rejection that leaves something to sell, and a return, need a number for the order over it."""
        if isinstance(command, Reject) and remaining_lines(order, command.lines):
            return replace(command, follow_up=await self._orders.next_number())
        if isinstance(command, RequestReturn):
            return replace(command, number=await self._orders.next_number())
        return command

    def _following(self, change: Change, by: Actor) -> list[Save]:
        event = change.event
        if isinstance(event, happened.ReturnRequested):
            return [self._placing(requested_return(change.after, event), change.shop, by)]
        if not isinstance(event, happened.Rejected) or event.follow_up is None:
            return []
        left = place_what_is_left(
            change.after, event.lines, order_id=event.follow_up, shop=change.shop, now=change.after.updated_at
        )
        if isinstance(left, Refused):
            message = f"what is left of order {change.after.id} cannot be placed: {left.message}"
            raise AssertionError(message)  # noqa: TRY004 - a broken promise of the domain, not a wrong type
        return [self._placing(left, change.shop, Actor.MARKETPLACE)]

    async def _read_again(self, order: Order) -> Stored:
        stored = await self._orders.read(order.shop_id, order.id)
        if stored is None:
            raise Gone
        return stored


def _first_event(order: Order) -> Event:
    request = order.return_request
    if request is not None and order.return_of is not None:
        return happened.ReturnPlaced(of=order.return_of, reason=request.reason)
    return happened.Placed(
        channel=order.channel,
        total_cents=order.total_cents,
        replaces=order.replaces.id if order.replaces else None,
    )


def _what_follows(before: Order, after: Order) -> list[Command]:
    """What has to be done to an order for what became of it: a storno, a refund."""
    commands: list[Command] = [CancelInvoice()] if after.storno_is_due else []
    due = refund_due(after)
    if due > refund_due(before):
        # In so many words: of the marketplace, a refund without an amount is one of all that is left.
        commands.append(Refund(cents=due))
    return commands


async def _numbered(command: Command, order: Order, shop: Shop, numbering: Numbering) -> Command:
    """The command with the number of the paper that it asks for, where it asks for one."""
    if not isinstance(command, IssueInvoice | CancelInvoice):
        return command
    issued = order.issued_invoice
    return replace(command, number=await numbering.draw(issued.series if issued else shop.invoice_series))
