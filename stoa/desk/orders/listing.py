"""The list of a shop's orders, by what is to be done with them."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from babel.numbers import format_decimal
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import BASE, Desk, Visit, read_own_form, redirect
from stoa.desk.orders.finding import STEP_NAMES, STEPS, Reader, Tab, Wish
from stoa.desk.rendering import UNPROCESSABLE, page, say, span_text
from stoa.desk.words import PAPERS
from stoa.languages import locale_of
from stoa.languages.statuses import step_text
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import Fulfilment, Order
from stoa.orders.progress import Step, step_of
from stoa.orders.shop import Shop
from stoa.store.desk_orders import DeskOrders
from stoa.web.routing import Endpoint, get, post

ORDERS = f"{BASE}/{{shop_id:int}}/orders"

TAB_NAMES = {
    Tab.DECIDE: "To decide",
    Tab.PACK: "To pack",
    Tab.HAND_OVER: "To hand over",
    Tab.UNDER_WAY: "On the way",
    Tab.PROBLEMS: "Problems",
    Tab.DONE: "Done",
    Tab.ALL: "All",
}

LOOKS = {
    **dict.fromkeys((*STEPS[Tab.DECIDE], *STEPS[Tab.PACK]), "todo"),
    **dict.fromkeys((*STEPS[Tab.HAND_OVER], *STEPS[Tab.UNDER_WAY]), "moving"),
    **dict.fromkeys(
        (Step.DELIVERED, Step.PARTIALLY_DELIVERED, Step.COMPLETED, Step.PARTIALLY_COMPLETED), "done"
    ),
    **dict.fromkeys((*STEPS[Tab.PROBLEMS], Step.REJECTED, Step.EXPIRED, Step.CANCELLED), "bad"),
}
"""How a step's badge looks, where it is not plain."""

SOON, URGENT = timedelta(hours=4), timedelta(hours=1)


class Deadline(Struct, frozen=True):
    """By when something has to be done, how long that is, and how it looks."""

    at: datetime
    left: str
    look: str


class Row(Struct, frozen=True, kw_only=True):
    """An order in the list."""

    order: Order
    code: str
    goods: str
    status: str
    look: str
    carrier: str
    deadline: Deadline | None


class TabLink(Struct, frozen=True, kw_only=True):
    """A tab: what it is called, where it is, and how many orders are in it, where that is known."""

    title: str
    address: str
    count: str
    is_open: bool


class Option(NamedTuple):
    """Something to choose in a form."""

    value: str
    label: str


class Typed(Struct, frozen=True, kw_only=True):
    """What was typed or selected that will not do, and by field why not, in English. ``fault`` is about no field, and
    in the reader's language."""

    days: Mapping[str, str] = {}
    words: str | None = None
    faults: Mapping[str, str] = {}
    selected: frozenset[int] = frozenset()
    fault: str = ""


NOTHING_TYPED = Typed()


def deadline_of(order: Order, now: datetime, language: str) -> Deadline | None:
    """Until when the order is to be decided on, or dispatched."""
    step = step_of(order)
    if step in STEPS[Tab.DECIDE]:
        at = order.expires_at
    elif step in (*STEPS[Tab.PACK], *STEPS[Tab.HAND_OVER]):
        at = order.dispatch_until
    else:
        return None
    left = at - now
    if left <= timedelta():
        return Deadline(at, say(language, "{time} late", time=span_text(language, -left)), "urgent")
    look = "urgent" if left <= URGENT else "soon" if left <= SOON else ""
    return Deadline(at, span_text(language, left), look)


def goods_of(order: Order) -> str:
    """The first product, and how many others there are."""
    first, *others = order.lines
    named = f"{first.quantity} × {first.name}"
    return f"{named} +{len(others)}" if others else named


def look_of(order: Order) -> str:
    return LOOKS.get(step_of(order), "")


def carrier_of(order: Order) -> str:
    return CARRIERS.get(order.carrier, order.carrier) if order.carrier else ""


def list_address(shop: Shop, wish: Wish | None = None) -> str:
    """Where the list is, or what is wanted of it."""
    return f"{BASE}/{shop.id}/orders{wish.query if wish else ''}"


class OrderList:
    def __init__(self, desk: Desk) -> None:
        self.service = desk.service
        self.door = desk.door
        self.orders = DeskOrders(desk.service.pool)

    async def show(self, request: Request, shop_id: int) -> Response:
        visit, shop = await self.door.shop(request, shop_id)
        asked = request.query_params
        wish, faults = self.reader(shop).read(asked)
        return await self.page(visit, shop, wish, typed=Typed(days=asked, faults=faults))

    async def find(self, request: Request, shop_id: int) -> Response:
        """Search and filter: whatever is asked for becomes an address that may be kept, and names nobody."""
        visit, shop = await self.door.shop(request, shop_id)
        form = await read_own_form(request, visit)
        asked, reader = {name: form.text(name) for name in form.fields}, self.reader(shop)
        wish, faults = reader.read(asked)
        wish = reader.search(wish, form.text("words"), faults)
        if faults:
            typed = Typed(days=asked, words=form.text("words"), faults=faults)
            return await self.page(visit, shop, wish, typed=typed, status=UNPROCESSABLE)
        return redirect(list_address(shop, wish))

    def reader(self, shop: Shop) -> Reader:
        return Reader(self.service.vault, shop.id)

    async def page(
        self, visit: Visit, shop: Shop, wish: Wish, *, typed: Typed = NOTHING_TYPED, status: int = 200
    ) -> Response:
        """The orders that are wanted, in the first tab with something to do where none is named."""
        counts, channels, carriers = await asyncio.gather(
            self.orders.count_by_step(shop.id), self.orders.channels(shop.id), self.orders.carriers(shop.id)
        )
        tab = wish.tab or _first_to_do(wish, counts)
        wish = replace(wish, tab=tab)
        found = await self.orders.page(shop.id, wish.filter(shop), after=wish.after)
        language, now = visit.language, self.service.clock()
        return page(
            "orders.html",
            visit,
            status=status,
            here="orders",
            address=list_address(shop),
            wish=wish,
            typed=typed,
            tabs=_tabs(wish, counts, language),
            rows=[self._row(order, shop, language, now) for order in found.orders],
            first=wish.within(tab).query if wish.after else "",
            further=wish.behind(found.next).query if found.next else "",
            everywhere=wish.everywhere().query if wish.filters or tab is not Tab.ALL else "",
            steps=_step_options(tab, language),
            channels=[Option(name, name) for name in _with(wish.channel, channels)],
            carriers=[Option(key, CARRIERS.get(key, key)) for key in _with(wish.carrier, carriers)],
            papers=paper_options(language),
            clock={"soon": SOON.seconds, "urgent": URGENT.seconds},
        )

    def _row(self, order: Order, shop: Shop, language: str, now: datetime) -> Row:
        return Row(
            order=order,
            code=self.service.channel_code(order, shop),
            goods=goods_of(order),
            status=say(language, step_text(order)),
            look=look_of(order),
            carrier=_sent_by(order, language),
            deadline=deadline_of(order, now, language),
        )


def _sent_by(order: Order, language: str) -> str:
    """The carrier, or that nobody at the shop has anything to do with the parcel."""
    if order.fulfilment is Fulfilment.WAREHOUSE and order.return_of is None:
        return say(language, "The marketplace's warehouse sends it.")
    return carrier_of(order)


def _first_to_do(wish: Wish, counts: Mapping[Step, int]) -> Tab:
    """The first tab in which there is something to do; all orders for who looks for something."""
    if wish.words or wish.filters:
        return Tab.ALL
    to_do = (tab for tab in (Tab.DECIDE, Tab.PACK, Tab.HAND_OVER) if _count(tab, counts))
    return next(to_do, Tab.ALL)


def _count(tab: Tab, counts: Mapping[Step, int]) -> int:
    return sum(counts.get(step, 0) for step in STEPS[tab])


def _tabs(wish: Wish, counts: Mapping[Step, int], language: str) -> list[TabLink]:
    # How many orders match in another tab nobody knows.
    is_counted = not (wish.words or wish.filters)
    return [
        TabLink(
            title=say(language, TAB_NAMES[tab]),
            address=wish.within(tab).query,
            count=format_decimal(_count(tab, counts), locale=locale_of(language)) if is_counted else "",
            is_open=tab is wish.tab,
        )
        for tab in Tab
    ]


def paper_options(language: str) -> list[Option]:
    return [Option(form, say(language, name)) for form, name in PAPERS.items()]


def _step_options(tab: Tab, language: str) -> list[Option]:
    """The tab's steps; of those that are called the same, one."""
    steps = {STEP_NAMES[step]: step for step in reversed(STEPS[tab])}
    return [Option(step, say(language, name)) for name, step in reversed(steps.items())]


def _with(chosen: str, choices: Iterable[str]) -> list[str]:
    """The choices, and what is chosen even where it is none of them."""
    return sorted({chosen, *choices} - {""})


def order_list_routes(desk: Desk) -> list[Endpoint]:
    orders = OrderList(desk)
    return [get(ORDERS)(orders.show), post(f"{ORDERS}/find")(orders.find)]
