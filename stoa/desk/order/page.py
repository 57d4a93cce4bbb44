"""The page of one order: everything about it, and everything that may be done with it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.demo.events import card_of
from stoa.desk.entry import BASE, Desk, Visit
from stoa.desk.forms import Form, done_of
from stoa.desk.order.possible import possible
from stoa.desk.order.timeline import MOST_MOMENTS, Teller, story, told
from stoa.desk.orders.finding import STEPS, Tab
from stoa.desk.orders.listing import ORDERS, carrier_of, deadline_of, look_of, paper_options
from stoa.desk.rendering import CONFLICT, UNPROCESSABLE, page, say
from stoa.desk.words import DELIVERY_STATES, REASONS, RETURN_REASONS, RETURN_STATES, REVIEW_OPTIONS
from stoa.languages.statuses import PAYMENT_METHODS, PAYMENT_STATUSES, step_text
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import Order, RejectionReason, ReturnState
from stoa.orders.returning import offered_options
from stoa.orders.shop import Shop
from stoa.store.deliveries import Delivery
from stoa.store.desk_orders import DeskOrders, Filter
from stoa.store.orders import Happening, Stored

ORDER = f"{ORDERS}/{{order_id:int}}"

MOST_DELIVERIES = 20
"""The webhooks that an order's page shows, the newest ones."""

MOST_REMARKS = 100
"""The remarks that it shows."""

MOST_SUGGESTED = 50
"""The tags of the shop that it suggests."""

DONE = {
    "accepted": "The order is accepted.",
    "rejected": "The order is rejected.",
    "begun": "The order is being prepared.",
    "labelled": "The label is made.",
    "label_cancelled": "The label is cancelled. Do not use it any more.",
    "ready": "The courier knows that the parcel is ready.",
    "not_ready": "The parcel is not ready any more.",
    "tracked": "The tracking numbers are noted.",
    "handed_over": "The parcel is on its way.",
    "delivered": "The order is delivered.",
    "came_back": "The goods are back.",
    "cancelled": "The order is cancelled.",
    "uploaded": "The file is added.",
    "file_deleted": "The file is deleted.",
    "issued": "The invoice is issued.",
    "invoice_cancelled": "The invoice is cancelled.",
    "answered": "Your answer is sent.",
    "taken_back": "The goods are taken back.",
    "sent_back": "The customer gets the goods again.",
    "noted": "Your remark is added.",
    "remark_deleted": "The remark is deleted.",
    "tagged": "The tags are changed.",
    "resent": "The message is sent again.",
}
"""What the page says after something was done, in English."""


DECIDED = {"accepted", "rejected", "answered"}
"""After these somebody who decides on one order after the other goes on with the next."""


class Typed(Struct, frozen=True, kw_only=True):
    """A form that would not do: which one, what it held, and what is wrong with it.

    ``fault`` is about all of it, ``faults`` about fields, both in the visitor's language. ``clash`` is where the order, not
    the form, is in the way.
    """

    action: str = ""
    form: Form = Form({})
    fault: str = ""
    faults: Mapping[str, str] = {}
    clash: bool = False


FRESH = Typed()


class Message(Struct, frozen=True, kw_only=True):
    """A webhook in the list: how it looks, and the delivery itself."""

    state: str
    look: str
    delivery: Delivery


class Following(Struct, frozen=True):
    """Another order: where it is, and what it is called."""

    address: str
    code: str


class OrderPage:
    """Shows an order; of a form that would not do, with all that was typed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._service = desk.service
        self._orders = DeskOrders(desk.service.pool)

    async def show(self, request: Request, shop_id: int, order_id: int) -> Response:
        visit, shop, stored = await self._desk.door.order(request, shop_id, order_id)
        is_decided = request.query_params.get("done") in DECIDED
        following = await self._next_to_decide(shop) if is_decided else None
        return await self.render(visit, shop, stored, done=done_of(request, DONE), following=following)

    async def _next_to_decide(self, shop: Shop) -> Following | None:
        """The order that has waited longest, if any waits."""
        wanted = Filter(steps=STEPS[Tab.DECIDE], oldest_first=True)
        found = await self._orders.page(shop.id, wanted, limit=1)
        waiting = next(iter(found.orders), None)
        return (
            Following(order_address(waiting), self._service.channel_code(waiting, shop)) if waiting else None
        )

    async def again(self, visit: Visit, shop: Shop, stored: Stored, typed: Typed) -> Response:
        """The order as it is now, with the form that would not do and what happened since it was made."""
        order = stored.order
        now = await self._service.orders.read(order.shop_id, order.id) or stored
        return await self.render(visit, shop, now, typed=typed)

    async def render(
        self,
        visit: Visit,
        shop: Shop,
        stored: Stored,
        *,
        typed: Typed = FRESH,
        done: str = "",
        following: Following | None = None,
    ) -> Response:
        order, language = stored.order, visit.language
        history, remarks, suggested, deliveries = await asyncio.gather(
            self._service.orders.history(shop.id, order.id, newest=MOST_MOMENTS),
            self._service.notes.of_order(shop.id, order.id, MOST_REMARKS),
            self._service.notes.tag_names(shop.id, MOST_SUGGESTED),
            self._service.deliveries.of_order(shop.id, order.id, MOST_DELIVERIES),
        )
        teller = Teller(order, shop, language)
        since = [told(one, teller) for one in _since(history, typed)]
        return page(
            "order.html",
            visit,
            status=_status(typed, has_changed=bool(since)),
            here="orders",
            demo=card_of(order, shop, self._service.clock()) if self._desk.demo else None,
            shop=shop,
            order=order,
            version=stored.version,
            address=order_address(order),
            code=self._service.channel_code(order, shop),
            typed=typed,
            kept=typed.form,
            wrong=defaultdict(str, typed.faults),
            done=done,
            following=following,
            since=since,
            can=possible(order, shop, self._service.clock()),
            timeline=story(history, remarks, teller, visit),
            messages=[_message(delivery) for delivery in deliveries],
            dialects=[dialect.name for dialect in self._desk.dialects],
            suggested=_not_on(order, suggested),
            **self._facts(order, visit, teller),
            **self._choices(order, teller),
        )

    def _facts(self, order: Order, visit: Visit, teller: Teller) -> dict[str, Any]:
        """What is to be known of the order."""
        language, links, request = visit.language, self._service.links, order.return_request
        place, time = teller.pickup(order.acceptance) if order.acceptance else ("", "")
        return {
            "status_text": say(language, step_text(order)),
            "look": look_of(order),
            "deadline": deadline_of(order, self._service.clock(), language),
            "carrier": carrier_of(order),
            "carriers": CARRIERS,
            "pickup_place": place,
            "pickup_time": time,
            "payment": say(language, PAYMENT_METHODS[order.payment_method]),
            "payment_status": say(language, PAYMENT_STATUSES[order.payment_status]),
            "line_reasons": {reason: say(language, words) for reason, words in REASONS.items()},
            "return_reason": say(language, RETURN_REASONS[request.reason]) if request else "",
            "return_states": {state: say(language, words) for state, words in RETURN_STATES.items()},
            "answers": {option: say(language, words) for option, words in REVIEW_OPTIONS.items()},
            "awaits_answer": request is not None and request.state is ReturnState.PENDING_REVIEW,
            "photos": [photo for photo in request.photos if photo.startswith(WEB)] if request else (),
            "files": [(file, links.invoice_file(order, file)) for file in order.standing_invoice_files],
            "links": links,
        }

    def _choices(self, order: Order, teller: Teller) -> dict[str, Any]:
        """What there is to choose from."""
        now = self._service.clock()
        return {
            "windows": [
                (window.id, teller.window(window)) for window in order.options.windows if window.opens > now
            ],
            "locations": [
                (place.id, f"{place.street}, {place.zip} {place.city}") for place in order.options.locations
            ],
            "numbers": [(number, number) for number in range(1, order.options.most_parcels + 1)],
            "reasons": [("", teller.say("Nothing is wrong"))]
            + [(reason.value, teller.say(words)) for reason, words in REASONS.items()],
            "limited": RejectionReason.LIMITED_STOCK,
            "offered": offered_options(order),
            "papers": paper_options(teller.language),
        }


WEB = ("https://", "http://")
"""What an address begins with that may be opened."""


def order_address(order: Order) -> str:
    """Where the desk shows the order."""
    return f"{BASE}/{order.shop_id}/orders/{order.id}"


def _since(history: Sequence[Happening], typed: Typed) -> list[Happening]:
    """What happened after the page was made from which a form was sent."""
    seen = typed.form.number("version")
    return [] if seen is None else [one for one in history if one.version > seen]


def _status(typed: Typed, *, has_changed: bool) -> int:
    if typed is FRESH:
        return 200
    return CONFLICT if typed.clash or (has_changed and not typed.faults) else UNPROCESSABLE


def _message(delivery: Delivery) -> Message:
    looks = {"delivered": "done", "dead": "bad", "pending": "todo"}
    return Message(
        state=DELIVERY_STATES[delivery.state], look=looks.get(delivery.state, ""), delivery=delivery
    )


def _not_on(order: Order, names: Iterable[str]) -> list[str]:
    present = {tag.name for tag in order.tags}
    return sorted(name for name in names if name not in present)
