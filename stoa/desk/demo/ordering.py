"""The demo's own pages: placing orders as customers do, what couriers and customers do next, and the shop's receiver."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.demo.events import card_of, events_of
from stoa.desk.demo.inbox import inbox_routes
from stoa.desk.entry import BASE, Desk, Visit, read_own_form, redirect
from stoa.desk.forms import WILL_NOT_DO, Form, field_of, number_in
from stoa.desk.order.asking import worded
from stoa.desk.rendering import CONFLICT, UNPROCESSABLE, page, say
from stoa.languages.statuses import PAYMENT_METHODS, step_text
from stoa.operator.requests import OrderBody
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.simulator.catalogue import PLACES, PRODUCTS
from stoa.simulator.orders import (
    believable_customer,
    believable_line,
    believable_order,
    collection_point,
    street_address,
)
from stoa.store.orders import Stored
from stoa.web.bodies import JsonReader
from stoa.web.faults import Fault, invalid, not_found
from stoa.web.routing import Endpoint, get, post

DEMO = f"{BASE}/{{shop_id:int}}/demo"
ORDER = f"{DEMO}/orders/{{order_id:int}}"

KNOWN_PRODUCTS = {product.uid: product for product in PRODUCTS}

DELIVERIES = {
    "courier": "By the marketplace's courier",
    "express": "By the marketplace's courier, express",
    "point": "By the marketplace's courier, to a pickup point",
    "merchant": "By the shop itself",
    "store": "The customer fetches it at the shop",
}
"""How the goods get to the customer, in English."""

FULFILMENTS = {"merchant": "merchant", "store": "store_pickup"}
"""What each means to the operator's API, where the marketplace does not carry the goods."""

ANSWERED_WITHIN: Mapping[str, tuple[str, timedelta | None]] = {
    "agreed": ("As agreed with the shop", None),
    "2": ("2 minutes", timedelta(minutes=2)),
    "30": ("30 minutes", timedelta(minutes=30)),
    "180": ("3 hours", timedelta(hours=3)),
}
"""How long the shop may take to answer: what it is called in English, and how long that is."""

FAULTS = {
    "product": "Choose one of the products.",
    "quantity": "Write a number of pieces, from 1 to 100,000.",
    "delivery": "Choose one of the ways.",
    "payment_method": "Choose one of the ways to pay.",
    "within": "Choose one of the times.",
    "channel": "Choose one of the marketplaces.",
    "first_name": "Write a name of at most 200 letters.",
    "last_name": "Write a name of at most 200 letters.",
    "comments": "Write at most 2,000 letters.",
}
"""What is wrong with each field where it will not do, in English."""

read_order = JsonReader(OrderBody)


class Typed(Struct, frozen=True, kw_only=True):
    """A form that will not do, and what is wrong with it in the visitor's language, with all of it or with a field."""

    form: Form
    fault: str = ""
    field: str = ""


NOTHING_TYPED = Typed(form=Form({}))


class DemoPages:
    def __init__(self, desk: Desk) -> None:
        self.service = desk.service
        self.door = desk.door
        self.dialects = desk.dialects
        # Nothing here is a secret.
        self._chance = Random()  # noqa: S311

    async def show(self, request: Request, shop_id: int) -> Response:
        """The form by which customers order, made out already. Raises SignInNeeded or Fault."""
        visit, shop = await self.door.shop(request, shop_id)
        number = number_in(request, "placed")
        found = await self.service.orders.read(shop.id, number) if number else None
        return self._form(visit, shop, Typed(form=self._made_up()), placed=found)

    def _form(
        self, visit: Visit, shop: Shop, typed: Typed, *, status: int = 200, placed: Stored | None = None
    ) -> Response:
        language = visit.language
        return page(
            "demo.html",
            visit,
            status=status,
            here="demo",
            form=typed.form,
            fault=typed.fault,
            faults={typed.field: typed.fault} if typed.field else {},
            placed=placed.order if placed else None,
            code=self.service.channel_code(placed.order, shop) if placed else "",
            products=[(product.uid, product) for product in PRODUCTS],
            deliveries=[(name, say(language, words)) for name, words in DELIVERIES.items()],
            payments=[(method.value, say(language, words)) for method, words in PAYMENT_METHODS.items()],
            times=[(name, say(language, words)) for name, (words, _) in ANSWERED_WITHIN.items()],
            channels=[(dialect.name, dialect.name) for dialect in self.dialects],
        )

    def _made_up(self) -> Form:
        """What a customer may have typed, of a marketplace that tells its shops of orders."""
        customer: dict[str, Any] = believable_customer(self._chance)
        told = next((dialect.name for dialect in self.dialects if dialect.order_endpoint), "")
        return Form(
            {
                "product": [self._chance.choice(PRODUCTS).uid],
                "quantity": ["2"],
                "channel": [told],
                "first_name": [customer["first_name"]],
                "last_name": [customer["last_name"]],
            }
        )

    async def place(self, request: Request, shop_id: int) -> Response:
        """Place the order that a customer gives. Raises SignInNeeded or Fault."""
        visit, shop = await self.door.shop(request, shop_id)
        form = await read_own_form(request, visit)
        try:
            asked = self._surprise() if form.text("surprise") else self._asked(form)
            placement = read_order.read(msgspec.json.encode(asked)).placement()
        except Fault as fault:
            field = field_of(fault, FAULTS)
            words = say(visit.language, FAULTS.get(field, WILL_NOT_DO))
            return self._form(visit, shop, Typed(form=form, fault=words, field=field), status=UNPROCESSABLE)
        number = await self.service.orders.next_number()
        placed = await self.service.engine.place(placement, shop=shop, number=number)
        if isinstance(placed, Refused):
            typed = Typed(form=form, fault=say(visit.language, placed.message))
            return self._form(visit, shop, typed, status=UNPROCESSABLE)
        return redirect(f"{BASE}/{shop.id}/demo?placed={placed.id}")

    def _surprise(self) -> dict[str, Any]:
        return believable_order(self._chance) | {"channel": self._chance.choice(self.dialects).name}

    def _asked(self, form: Form) -> dict[str, Any]:
        """The body that the checkout would send to the operator's API. Raises Fault."""
        product = KNOWN_PRODUCTS.get(form.text("product"))
        if product is None:
            raise invalid("product", FAULTS["product"])
        delivery = _known(form, "delivery", DELIVERIES)
        _, within = ANSWERED_WITHIN[_known(form, "within", ANSWERED_WITHIN)]
        chance, place = self._chance, self._chance.choice(PLACES)
        street_number = str(chance.randrange(1, 120))
        where = collection_point if delivery == "point" else street_address
        names = {name: form.text(name) for name in ("first_name", "last_name")}
        return {
            "customer": believable_customer(chance) | names,
            "address": where(chance, place, street_number),
            "lines": [believable_line(chance, product) | {"quantity": form.number("quantity")}],
            "payment_method": form.text("payment_method"),
            "fulfilment": FULFILMENTS.get(delivery, "marketplace"),
            "express": delivery == "express",
            "gift_wrap": form.text("gift_wrap") == "yes",
            "comments": form.text("comments"),
            "channel": _known(form, "channel", {dialect.name: "" for dialect in self.dialects}),
            "expires_at": self.service.clock() + within if within else None,
        }

    async def order(self, request: Request, shop_id: int, order_id: int) -> Response:
        """What may happen to an order next, on a page of its own. Raises SignInNeeded or Fault."""
        visit, shop, stored = await self.door.order(request, shop_id, order_id)
        return self._order(visit, shop, stored)

    async def happen(self, request: Request, shop_id: int, order_id: int, event: str) -> Response:
        """Let something happen to an order. Raises SignInNeeded or Fault."""
        visit, shop, stored = await self.door.order(request, shop_id, order_id)
        form = await read_own_form(request, visit)
        wanted = events_of(stored.order).get(event)
        if wanted is None:
            raise not_found("Page")
        try:
            command, by = wanted.asked(form, stored.order, self.service.clock())
        except Fault:
            words = say(visit.language, "Say of which line how many pieces are meant.")
            return self._order(visit, shop, stored, Typed(form=form, fault=words), UNPROCESSABLE)
        outcome = await self.service.engine.carry_out(command, on=stored, shop=shop, by=by)
        if not isinstance(outcome, Refused):
            return redirect(f"{BASE}/{shop.id}/orders/{order_id}")
        now = await self.service.orders.read(shop.id, order_id) or stored
        fault = worded(outcome, visit.language)
        status = CONFLICT if outcome.state else UNPROCESSABLE
        return self._order(visit, shop, now, Typed(form=form, fault=fault), status)

    def _order(
        self, visit: Visit, shop: Shop, stored: Stored, refused: Typed = NOTHING_TYPED, status: int = 200
    ) -> Response:
        order = stored.order
        return page(
            "demo_order.html",
            visit,
            status=status,
            here="demo",
            order=order,
            code=self.service.channel_code(order, shop),
            status_text=say(visit.language, step_text(order)),
            fault=refused.fault,
            refused_form=refused.form if refused.form.fields else None,
            demo=card_of(order, shop, self.service.clock()),
        )


def _known(form: Form, name: str, known: Mapping[str, object]) -> str:
    """One of the known choices. Raises Fault."""
    value = form.text(name)
    if value not in known:
        raise invalid(name, FAULTS[name])
    return value


def demo_page_routes(desk: Desk) -> list[Endpoint]:
    pages = DemoPages(desk)
    return [
        get(DEMO)(pages.show),
        post(DEMO)(pages.place),
        get(ORDER)(pages.order),
        post(f"{ORDER}/{{event:str}}")(pages.happen),
        *inbox_routes(desk),
    ]
