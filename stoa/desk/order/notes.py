"""What a shop's people write on an order for each other: remarks, and the tags by which they find it again."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.order.asking import OrderForms, Posted
from stoa.desk.order.page import ORDER
from stoa.engine import Plan
from stoa.orders.commands import Command, Modify
from stoa.orders.order import Order, Tag
from stoa.web.faults import not_found
from stoa.web.routing import Endpoint, post

LONGEST_REMARK = 2000
LONGEST_TAG = 100
MOST_TAGS = 100


class NotesOfOrder:
    def __init__(self, forms: OrderForms) -> None:
        self._forms = forms
        self._notes = forms.service.notes

    async def add(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Add a remark."""
        posted = await self._forms.read(request, shop_id, order_id)
        text = posted.form.text("remark")
        if fault := _fault_of_remark(text):
            return await self._forms.mend(posted, {"remark": fault})
        service, person = self._forms.service, posted.visit.person
        await self._notes.add(shop_id, order_id, person.person_id, text, service.clock())
        service.bell.ring(shop_id)
        return self._forms.show(posted, "noted", "#timeline")

    async def remove(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Delete a remark of one's own; who may manage the shop deletes anybody's."""
        posted = await self._forms.read(request, shop_id, order_id)
        visit, note = posted.visit, posted.form.number("note") or 0
        removed = await self._notes.remove(
            shop_id, order_id, note, person_id=visit.person.person_id, of_anybody=visit.may_manage
        )
        if not removed:
            raise not_found("Remark")
        self._forms.service.bell.ring(shop_id)
        return self._forms.show(posted, "remark_deleted", "#timeline")

    async def tag(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Mark the order with a word."""
        posted = await self._forms.read(request, shop_id, order_id)
        name = posted.form.text("tag")
        if fault := _fault_of_tag(name, posted.order):
            return await self._forms.mend(posted, {"tag": fault})
        (tag,) = await self._forms.service.orders.number_tags(shop_id, [name])
        return await self._forms.follow(posted, _with(tag), "tagged")

    async def untag(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Take a word off the order."""
        posted = await self._forms.read(request, shop_id, order_id)
        return await self._forms.follow(posted, _without(posted), "tagged")


def _fault_of_remark(text: str) -> str | None:
    if not text:
        return "Write something first."
    return "A remark has at most 2,000 characters." if len(text) > LONGEST_REMARK else None


def _fault_of_tag(name: str, order: Order) -> str | None:
    if not name or not name.isprintable():
        return "Write a word for the order."
    if len(name) > LONGEST_TAG:
        return "A tag has at most 100 characters."
    return "The order has so many tags that it takes no more." if len(order.tags) >= MOST_TAGS else None


# Made of the tags as they are when it is saved, so that two who tag an order at once both have their way.
def _with(tag: Tag) -> Plan:
    def plan(order: Order) -> Sequence[Command]:
        return () if tag in order.tags else (Modify(changes={"tags": (*order.tags, tag)}),)

    return plan


def _without(posted: Posted) -> Plan:
    number = posted.form.number("number")

    def plan(order: Order) -> Sequence[Command]:
        left = tuple(tag for tag in order.tags if tag.id != number)
        return () if left == order.tags else (Modify(changes={"tags": left}),)

    return plan


def note_routes(forms: OrderForms) -> list[Endpoint]:
    notes = NotesOfOrder(forms)
    return [
        post(f"{ORDER}/remark")(notes.add),
        post(f"{ORDER}/delete-remark")(notes.remove),
        post(f"{ORDER}/tag")(notes.tag),
        post(f"{ORDER}/untag")(notes.untag),
    ]
