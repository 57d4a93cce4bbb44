"""What is done to many orders at once: accepted, their labels printed, their goods picked."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import structlog
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import Desk, Visit, read_own_form
from stoa.desk.forms import Form
from stoa.desk.order.asking import worded
from stoa.desk.order.papers import paper_reply
from stoa.desk.order.possible import possible
from stoa.desk.order.timeline import Teller
from stoa.desk.orders.finding import Wish
from stoa.desk.orders.listing import ORDERS, OrderList, Typed, list_address, paper_options
from stoa.desk.rendering import UNPROCESSABLE, page, say
from stoa.desk.words import PAPERS
from stoa.documents.bundles import MOST_AT_ONCE, vouchers_of
from stoa.documents.labels import LabelFormat
from stoa.documents.pick_list import render_pick_list
from stoa.engine import Conflict, Gone
from stoa.orders.commands import Accept
from stoa.orders.order import Actor, Fulfilment, Order, State
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.web.routing import Endpoint, post

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Orders that are accepted at the same time: other requests want connections to the database, too."""

LOOKS_FOR_LABELS = 16
LOOK_AGAIN_AFTER = 0.25
"""Seconds. When these looks are over, the worker has usually made the labels of what was just accepted."""


class Chosen(Struct, frozen=True, kw_only=True):
    """The orders that somebody selected, in the list's order, and in which list."""

    visit: Visit
    shop: Shop
    form: Form
    wish: Wish
    stored: list[Stored]


class Left(Struct, frozen=True, kw_only=True):
    """An order to which it was not done, and why not."""

    id: int
    code: str
    why: str


class Bulk:
    def __init__(self, desk: Desk, orders: OrderList) -> None:
        self.service = desk.service
        self.door = desk.door
        self.list = orders

    async def accept(self, request: Request, shop_id: int) -> Response:
        """Accept each as it would be by itself, with the shop's usual options."""
        chosen = await self.chosen(request, shop_id)
        if isinstance(chosen, Response):
            return chosen
        service = self.service.signed_by(chosen.visit.person.person_id)
        turns = asyncio.Semaphore(AT_ONCE)

        async def accept(stored: Stored) -> Order | str:
            async with turns:
                return await _accept(service, stored, chosen.shop, chosen.visit.language)

        outcomes = await asyncio.gather(*(accept(stored) for stored in chosen.stored))
        accepted = [outcome for outcome in outcomes if isinstance(outcome, Order)]
        return self._said(
            "accepted.html",
            chosen,
            accepted=[order.id for order in accepted],
            pickups=self._pickups(accepted, chosen),
            left=[
                self._left(stored.order, chosen.shop, outcome)
                for stored, outcome in zip(chosen.stored, outcomes, strict=True)
                if isinstance(outcome, str)
            ],
        )

    def _pickups(self, accepted: Sequence[Order], chosen: Chosen) -> dict[str, list[str]]:
        """The codes of the orders by where and when a courier collects them; without those that none does."""
        pickups: dict[str, list[str]] = {}
        for order in accepted:
            agreed = order.acceptance
            parts = Teller(order, chosen.shop, chosen.visit.language).pickup(agreed) if agreed else ()
            if pickup := " · ".join(part for part in parts if part):
                pickups.setdefault(pickup, []).append(self.service.channel_code(order, chosen.shop))
        return pickups

    async def print_labels(self, request: Request, shop_id: int) -> Response:
        """One PDF. Where labels are missing, that is said first; from there the others can be printed, and those made that
        may be."""
        chosen = await self.chosen(request, shop_id)
        if isinstance(chosen, Response):
            return chosen
        if chosen.form.text("make"):
            chosen = await self._made(chosen)
        stored = await self._labelled(chosen)
        without = [one.order for one in stored if one.order.voucher is None]
        if without:
            return self._missing(chosen, stored, without)
        service = self.service.signed_by(chosen.visit.person.person_id)
        bundle = await vouchers_of(service, chosen.shop, stored, _paper(chosen.form))
        if bundle.pdf is None:
            return self._missing(chosen, stored, bundle.missing)
        return paper_reply(bundle.pdf, "labels.pdf")

    async def _made(self, chosen: Chosen) -> Chosen:
        """The same orders, those with a label now that had none and may have one."""
        service = self.service.signed_by(chosen.visit.person.person_id)
        turns = asyncio.Semaphore(AT_ONCE)

        async def make(stored: Stored) -> None:
            # Whoever else changes the order meanwhile: the page that follows says how it is.
            async with turns:
                with suppress(Conflict):
                    await service.press.print_voucher(stored, chosen.shop, by=Actor.MERCHANT)

        await asyncio.gather(
            *(make(stored) for stored in chosen.stored if self._may_be_labelled(stored, chosen))
        )
        numbers = [stored.order.id for stored in chosen.stored]
        known = await self.service.orders.read_some(chosen.shop.id, numbers)
        return replace(chosen, stored=_in_order(numbers, known))

    def _may_be_labelled(self, stored: Stored, chosen: Chosen) -> bool:
        order = stored.order
        # What the worker is about to label it labels with the parcels that were agreed.
        if order.voucher is not None or order.voucher_is_due:
            return False
        return "make_voucher" in possible(order, chosen.shop, self.service.clock())

    async def _labelled(self, chosen: Chosen) -> list[Stored]:
        """The orders once none of them waits for a label, or when that takes too long."""
        stored = chosen.stored
        for _ in range(LOOKS_FOR_LABELS):
            if not any(one.order.voucher_is_due for one in stored):
                break
            await asyncio.sleep(LOOK_AGAIN_AFTER)
            numbers = [one.order.id for one in stored]
            known = await self.service.orders.read_some(chosen.shop.id, numbers)
            stored = [known.get(one.order.id, one) for one in stored]
        return stored

    def _missing(self, chosen: Chosen, stored: Sequence[Stored], without: Sequence[Order]) -> Response:
        language = chosen.visit.language
        return self._said(
            "labels_missing.html",
            chosen,
            printable=[one.order.id for one in stored if one.order.voucher is not None],
            all=[one.order.id for one in stored],
            makeable=sum(self._may_be_labelled(one, chosen) for one in stored),
            is_under_way=any(order.voucher_is_due for order in without),
            paper=_paper(chosen.form),
            left=[self._left(order, chosen.shop, say(language, _why_no_label(order))) for order in without],
        )

    async def pick(self, request: Request, shop_id: int) -> Response:
        """The list with which somebody goes along the shelves, for what is still to be sent from there."""
        chosen = await self.chosen(request, shop_id)
        if isinstance(chosen, Response):
            return chosen
        to_pick = [one.order for one in chosen.stored if _is_to_be_picked(one.order)]
        if not to_pick:
            return await self._nothing_to_pick(chosen)
        pdf = await asyncio.to_thread(
            render_pick_list,
            to_pick,
            chosen.shop,
            self.service.channel_code,
            language=chosen.visit.language,
            at=self.service.clock(),
        )
        return paper_reply(pdf, "pick-list.pdf")

    async def _nothing_to_pick(self, chosen: Chosen) -> Response:
        fault = say(
            chosen.visit.language,
            "There is nothing to pick for these: they are not sent from here, or not any more.",
        )
        typed = Typed(selected=frozenset(one.order.id for one in chosen.stored), fault=fault)
        return await self.list.page(chosen.visit, chosen.shop, chosen.wish, typed=typed, status=UNPROCESSABLE)

    async def chosen(self, request: Request, shop_id: int, *, owner: bool = False) -> Chosen | Response:
        """What is selected in the form that was sent; the list again, where that is nothing or will not do."""
        visit, shop = await self.door.shop(request, shop_id, owner=owner)
        form = await read_own_form(request, visit)
        wish, _ = self.list.reader(shop).read(dict(parse_qsl(form.text("list").lstrip("?"))))
        numbers = form.numbers("order")
        known = await self.service.orders.read_some(shop.id, numbers[:MOST_AT_ONCE])
        fault = _fault_of(numbers, known, visit.language)
        if fault:
            typed = Typed(selected=frozenset(numbers), fault=fault)
            return await self.list.page(visit, shop, wish, typed=typed, status=UNPROCESSABLE)
        stored = _in_order(numbers, known)
        return Chosen(visit=visit, shop=shop, form=form, wish=wish, stored=stored)

    def _left(self, order: Order, shop: Shop, why: str) -> Left:
        return Left(id=order.id, code=self.service.channel_code(order, shop), why=why)

    def _said(self, template: str, chosen: Chosen, **context: Any) -> Response:
        """A page that says what came of it."""
        return page(
            template,
            chosen.visit,
            here="orders",
            address=list_address(chosen.shop),
            wish=chosen.wish,
            papers=paper_options(chosen.visit.language),
            **context,
        )


async def _accept(service: Service, stored: Stored, shop: Shop, language: str) -> Order | str:
    """The order as it is then, or why it was not accepted."""
    try:
        outcome = await service.engine.carry_out(Accept(), on=stored, shop=shop, by=Actor.MERCHANT)
    except Gone:
        return say(language, "Somebody has deleted it meanwhile.")
    except Conflict:
        return say(language, "Others keep changing it; try again.")
    except Exception:
        # What became of the others is to be said all the same.
        log.exception("desk.accept_failed", shop_id=shop.id, order_id=stored.order.id)
        return say(language, "Something went wrong on our side; it has been noted.")
    return worded(outcome, language) if isinstance(outcome, Refused) else outcome


def _fault_of(numbers: Sequence[int], known: Mapping[int, Stored], language: str) -> str:
    """What is wrong with the selection."""
    if not numbers:
        return say(language, "Select at least one order first.")
    if len(numbers) > MOST_AT_ONCE:
        return say(language, "These are too many: at most {most} at once.", most=MOST_AT_ONCE)
    if len(known) < len(numbers):
        return say(language, "Some of the selected orders have been deleted meanwhile. Nothing was done.")
    return ""


def _in_order(numbers: Sequence[int], known: Mapping[int, Stored]) -> list[Stored]:
    return [known[number] for number in numbers if number in known]


def _paper(form: Form) -> LabelFormat:
    paper = form.text("paper")
    return LabelFormat(paper) if paper in set(PAPERS) else LabelFormat.A6


def _is_to_be_picked(order: Order) -> bool:
    is_of_the_shelves = order.return_of is None and order.fulfilment is not Fulfilment.WAREHOUSE
    return is_of_the_shelves and order.state in {State.OPEN, State.ACCEPTED}


def _why_no_label(order: Order) -> str:
    if order.voucher_is_due:
        return "Its label is still being made."
    if order.return_of is not None:
        return "It has no label."
    if order.fulfilment is Fulfilment.WAREHOUSE:
        return "The marketplace's warehouse sends it."
    return "It is not accepted yet." if order.state is State.OPEN else "It has no label."


def bulk_routes(desk: Desk) -> list[Endpoint]:
    bulk = Bulk(desk, OrderList(desk))
    return [
        post(f"{ORDERS}/accept")(bulk.accept),
        post(f"{ORDERS}/labels")(bulk.print_labels),
        post(f"{ORDERS}/pick-list")(bulk.pick),
    ]
