"""Returns as the operator sees them: what customers ask for, what couriers and the marketplace report."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.operator import examples
from stoa.operator.actions import Action, Asked, Read, action_route, by_courier
from stoa.operator.entry import CREATED, SHOP, Entry
from stoa.operator.faults import say
from stoa.operator.requests import (
    END,
    CancelBody,
    Code,
    EmptyBody,
    Moment,
    Note,
    PartialBody,
    in_utc,
    known_carrier,
)
from stoa.operator.view import Codes, Json, whole
from stoa.orders.commands import ArriveBack, CancelReturn, RequestReturn, SendBack, TakeBack, TrackReturn
from stoa.orders.order import Actor, Line, Order, ReturnReason, ReviewOption
from stoa.orders.refusals import Refused
from stoa.orders.returning import offered_options, review
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.web.bodies import JsonReader, read_body
from stoa.web.faults import not_found
from stoa.web.openapi import described
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, post

RETURNS_OF_ORDER = f"{SHOP}/orders/{{order_id:int}}/returns"
RETURN = f"{SHOP}/returns/{{return_id:int}}"
TAG = "Operator: returns"

Url = Annotated[str, Meta(max_length=2048, pattern=f"^https?://[^\\s/]+\\S*{END}")]


class ReturnBody(PartialBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /shops/{shop_id}/orders/{order_id}/returns: which pieces, and why.

    ``photos`` are their addresses. Without ``review_until`` the merchant has the shop's ``review_hours``.
    """

    reason: ReturnReason
    comment: Note | None = None
    photos: Annotated[tuple[Url, ...], Meta(max_length=20)] = ()
    by: Literal["customer", "marketplace"] = "customer"
    review_until: Moment | None = None

    def asked(self, order: Order) -> tuple[RequestReturn, Actor]:
        """What it asks of the order. Raises Fault."""
        request = RequestReturn(
            lines=self.quantities(order),
            reason=self.reason,
            comment=self.comment,
            photos=self.photos,
            review_until=in_utc(self.review_until, "review_until"),
        )
        return request, Actor(self.by)


class ReviewBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the return's ``review_options``, which say what has to come with it."""

    option: ReviewOption
    comment: Annotated[str, Meta(max_length=1000)] | None = None
    proposed_part_url: Url | None = None


class TrackBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without ``courier`` it is the one that was assigned."""

    tracking_ids: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=20)]
    courier: Code | None = None


class TakeBackBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the warehouse sells the goods again; without ``restock`` the return's reason decides."""

    restock: bool | None = None


class SendBackBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Note | None = None


def _review(body: ReviewBody, _: Order) -> Asked:
    command = review(body.option, comment=body.comment, proposed_part_url=body.proposed_part_url)
    return command, Actor.MARKETPLACE


def _track(body: TrackBody, _: Order) -> Asked:
    courier = known_carrier(body.courier)
    return TrackReturn(tracking_ids=body.tracking_ids, courier=courier), Actor.COURIER


def _take_back(body: TakeBackBody, _: Order) -> Asked:
    return TakeBack(restock=body.restock), Actor.MARKETPLACE


def _send_back(body: SendBackBody, _: Order) -> Asked:
    return SendBack(reason=body.reason), Actor.MARKETPLACE


def _cancel(body: CancelBody, _: Order) -> Asked:
    return CancelReturn(reason=body.reason), Actor(body.by)


RETURN_ACTIONS = {
    "review": Action("Answer in the merchant's place", ReviewBody, examples.REVIEW, _review),
    "track": Action("The courier has the goods", TrackBody, examples.TRACK, _track),
    "arrive": Action("The goods are where they were to go", EmptyBody, {}, by_courier(ArriveBack())),
    "take_back": Action(
        "The goods are as they should be: the customer is refunded",
        TakeBackBody,
        examples.TAKE_BACK,
        _take_back,
    ),
    "send_back": Action(
        "The goods are not as they should be: the customer gets them again",
        SendBackBody,
        examples.SEND_BACK,
        _send_back,
    ),
    "cancel": Action(
        "Cancel, as the customer or the marketplace", CancelBody, examples.CANCEL_RETURN, _cancel
    ),
}


def return_view(order: Order, shop: Shop, codes: Codes) -> Json:
    """A return, with its identifier in every dialect; its lines have the ids that they have in the order."""
    view: Json = whole(order.return_request)
    return view | {
        "id": order.id,
        "codes": dict(codes(order, shop)),
        "order_id": order.return_of.id if order.return_of else None,
        "requested_at": order.placed_at,
        "updated_at": order.updated_at,
        "review_options": whole(offered_options(order)),
        "courier": order.courier,
        "tracking_ids": [tracking.code for tracking in order.trackings],
        "cancelled_by": order.cancelled_by,
        "lines": [_line(line) for line in order.lines],
    }


def _line(line: Line) -> Json:
    return {
        "id": line.id,
        "shop_uid": line.shop_uid,
        "shop_variation_uid": line.shop_variation_uid,
        "ean": line.ean,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price_cents": line.unit_price_cents,
        "total_cents": line.total_cents,
    }


read_return = JsonReader(ReturnBody)


class ReturnsApi(Entry):
    """What the routes have in common."""

    def __init__(self, service: Service, codes: Codes) -> None:
        super().__init__(service)
        self._codes = codes

    async def find(self, request: Request, shop_id: int, return_id: int) -> tuple[Shop, Stored]:
        """The return asked for. Raises Fault or Stranger."""
        shop, stored = await self.order(request, shop_id, return_id, "Return")
        if stored.order.return_request is None:
            raise not_found("Return")
        return shop, stored

    def show(self, order: Order, shop: Shop, status: int = 200) -> Response:
        return reply(return_view(order, shop, self._codes), status)

    async def returns_of(self, order: Order, shop: Shop) -> list[Json]:
        """Those that the customer asked for, oldest first."""
        ids = [linked.id for linked in order.requested_returns]
        found = await self.service.orders.read_some(shop.id, ids)
        return [return_view(found[number].order, shop, self._codes) for number in ids if number in found]

    async def ask(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Ask to return goods of an order. Raises Fault or Stranger."""
        shop, stored = await self.order(request, shop_id, order_id)
        command, by = (await read_return(request)).asked(stored.order)
        source = await self.service.engine.carry_out(command, on=stored, shop=shop, by=by)
        if isinstance(source, Refused):
            raise say(source)
        placed = await self.service.orders.read(shop.id, source.returns[-1].id)
        if placed is None:
            # The merchant may delete any order, and has been as quick as this.
            raise not_found("Return")
        return self.show(placed.order, shop, CREATED)

    async def do(self, request: Request, read: Read, *, shop_id: int, return_id: int) -> Response:
        """Do to a return what is asked and answer with it. Raises Fault or Stranger."""
        shop, stored = await self.find(request, shop_id, return_id)
        command, by = read(await read_body(request), stored.order)
        outcome = await self.service.engine.carry_out(command, on=stored, shop=shop, by=by)
        if isinstance(outcome, Refused):
            raise say(outcome)
        return self.show(outcome, shop)


def return_routes(service: Service, codes: Codes) -> list[Endpoint]:
    """The handlers for returns."""
    api = ReturnsApi(service, codes)

    @post(
        RETURNS_OF_ORDER,
        said=described(
            "Ask to return goods, as the customer or the marketplace",
            tag=TAG,
            body=ReturnBody,
            example=examples.RETURN,
            status=CREATED,
        ),
    )
    async def request_return(request: Request, shop_id: int, order_id: int) -> Response:
        return await api.ask(request, shop_id, order_id)

    @get(RETURNS_OF_ORDER, said=described("List the returns that were asked for of an order", tag=TAG))
    async def list_returns(request: Request, shop_id: int, order_id: int) -> Response:
        shop, stored = await api.order(request, shop_id, order_id)
        return reply({"items": await api.returns_of(stored.order, shop)})

    @get(RETURN, said=described("Show a return", tag=TAG))
    async def show_return(request: Request, shop_id: int, return_id: int) -> Response:
        shop, stored = await api.find(request, shop_id, return_id)
        return api.show(stored.order, shop)

    actions = (action_route(RETURN, name, action, api.do, tag=TAG) for name, action in RETURN_ACTIONS.items())
    return [request_return, list_returns, show_return, *actions]
