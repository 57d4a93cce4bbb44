"""What all forms of an order's page have in common: who asks, from which state, and what is said when it will not do."""

from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import CSRF_FIELD, Desk, Visit, check_form, redirect
from stoa.desk.forms import Form, read_form
from stoa.desk.order.page import OrderPage, Typed, order_address
from stoa.desk.rendering import say
from stoa.desk.words import RETURN_STATES, STATES
from stoa.engine import Plan
from stoa.orders.commands import Command
from stoa.orders.order import Actor, Order, ReturnState
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored

FIELDS = {
    "pickup_location": "location",
    "pickup_window": "window",
    "number_of_parcels": "parcels",
    "tracking_details": "codes",
    "option": "option",
    "comment": "comment",
    "proposed_part_url": "part_url",
}
"""The fields of forms by the commands' names for them."""

Faults = Mapping[str, str]
"""What is wrong with fields of a form, in English."""


Came = tuple[Visit, Shop, Stored]
"""Who is at the door, and what they ask for."""


class Posted(Struct, frozen=True, kw_only=True):
    """A form that somebody sent about an order. ``action`` is which one: the last part of its address."""

    visit: Visit
    shop: Shop
    stored: Stored
    form: Form
    action: str

    @property
    def order(self) -> Order:
        return self.stored.order

    def say(self, text: str) -> str:
        return say(self.visit.language, text)


class OrderForms:
    """Reads forms, does what they ask for as the person who sent them, and answers."""

    def __init__(self, desk: Desk, page: OrderPage) -> None:
        self.service = desk.service
        self.dialects = desk.dialects
        self.door = desk.door
        self._page = page

    async def read(self, request: Request, shop_id: int, order_id: int) -> Posted:
        """Raises SignInNeeded or Fault."""
        came = await self.door.order(request, shop_id, order_id)
        return self.checked(request, came, await read_form(request))

    def checked(self, request: Request, came: Came, form: Form) -> Posted:
        """A form that comes from a page of this session. Raises Fault."""
        check_form(came[0], form.text(CSRF_FIELD))
        return self.unchecked(request, came, form)

    def unchecked(self, request: Request, came: Came, form: Form) -> Posted:
        """A form of which nothing is done."""
        visit, shop, stored = came
        action = request.url.path.rsplit("/", 1)[-1]
        return Posted(visit=visit, shop=shop, stored=stored, form=form, action=action)

    def signed(self, posted: Posted) -> Service:
        """The service by which what happens is noted as done by whoever sent the form."""
        return self.service.signed_by(posted.visit.person.person_id)

    async def ask(self, posted: Posted, command: Command, done: str) -> Response:
        return await self.follow(posted, lambda _: (command,), done)

    async def follow(self, posted: Posted, plan: Plan, done: str) -> Response:
        outcome = await self.signed(posted).engine.follow(
            plan, on=posted.stored, shop=posted.shop, by=Actor.MERCHANT
        )
        return await self.answer(posted, outcome, done)

    async def answer(self, posted: Posted, outcome: Order | Refused, done: str) -> Response:
        """The order's page, which says what was ``done``, or why it was not."""
        if isinstance(outcome, Refused):
            return await self.refuse(posted, outcome)
        return self.show(posted, done)

    def show(self, posted: Posted, done: str, part: str = "") -> Response:
        return redirect(f"{order_address(posted.order)}?done={done}{part}")

    async def refuse(self, posted: Posted, refused: Refused) -> Response:
        """Say why the order does not do it: beside the field that is to blame, where one is."""
        field, words = FIELDS.get(refused.field or ""), worded(refused, posted.visit.language)
        if field is None or refused.state is not None:
            return await self._again(posted, fault=words, clash=refused.state is not None)
        return await self._again(posted, faults={field: words})

    async def mend(self, posted: Posted, faults: Faults) -> Response:
        """Say what is wrong with the form itself."""
        return await self._again(posted, faults={field: posted.say(words) for field, words in faults.items()})

    async def changed_meanwhile(self, posted: Posted) -> Response:
        """Say that what the form would overwrite is not what whoever sent it saw."""
        return await self._again(
            posted, fault=posted.say("Somebody has changed this meanwhile: look at it again."), clash=True
        )

    async def _again(
        self, posted: Posted, *, fault: str = "", faults: Faults | None = None, clash: bool = False
    ) -> Response:
        typed = Typed(
            action=posted.action,
            form=posted.form,
            fault=fault or posted.say("Nothing is changed yet: please look at what is marked."),
            faults=faults or {},
            clash=clash,
        )
        return await self._page.again(posted.visit, posted.shop, posted.stored, typed)


def worded(refused: Refused, language: str) -> str:
    """The refusal in the language, the state that the order is in in its place."""
    state = refused.state
    words = RETURN_STATES[state] if isinstance(state, ReturnState) else STATES[state] if state else ""
    return say(language, refused.refusal.value, state=say(language, words))


def too_long(form: Form, limits: Mapping[str, int]) -> dict[str, str]:
    """The fields that hold more letters than they may."""
    return {field: TOO_LONG for field, most in limits.items() if len(form.text(field)) > most}


TOO_LONG = "This is too long."
