"""The routes of the operator's API: each parses, asks, answers."""

from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects import Dialect
from stoa.operator import examples
from stoa.operator import requests as bodies
from stoa.operator.actions import Action, Read, action_route, by_courier
from stoa.operator.entry import (
    CREATED,
    PAGING,
    SHOP,
    SHOPS,
    Entry,
    known_number,
    page_of,
    read_page,
)
from stoa.operator.faults import CONFLICT, say
from stoa.operator.returns import return_routes
from stoa.operator.view import (
    Codes,
    Json,
    delivery_view,
    invoice_view,
    listed_shop_view,
    order_view,
    shop_view,
)
from stoa.operator.warehouse import warehouse_routes
from stoa.orders import commands
from stoa.orders.order import Order, State
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.deliveries import DeliveryState
from stoa.store.orders import ChannelRefTaken, KeyTaken
from stoa.store.shops import OPERATOR_PREFIX, PlacingCall, WebhookEndpoint
from stoa.web.bodies import JsonReader, check_text, read_body
from stoa.web.credentials import bearer
from stoa.web.faults import Fault, invalid, not_found
from stoa.web.openapi import described
from stoa.web.queries import BIGGEST, Readers, moment, one_of, read_query, whole_number
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, delete, get, patch, post, put
from stoa.webhooks.guard import UrlRefused
from stoa.webhooks.registering import register

ORDERS = f"{SHOP}/orders"
ORDER = f"{ORDERS}/{{order_id:int}}"
INVOICES = f"{SHOP}/invoices"
WEBHOOK = f"{SHOP}/webhook"
DELIVERIES = f"{SHOP}/deliveries"

LONGEST_KEY = 255

TAG_SHOPS = "Operator: shops"
TAG_ORDERS = "Operator: orders"
TAG_INVOICES = "Operator: invoices"
TAG_DELIVERIES = "Operator: deliveries"

WEBHOOK_OF = {
    "dialect": "Whose webhooks; without it those of the first dialect that has any",
    "about": "What they are about: orders, which is meant without it, or returns",
}
ABOUT: Mapping[str, bodies.About] = {about: about for about in get_args(bodies.About)}

ENDPOINTS: Mapping[bodies.About, Callable[[Dialect], str | None]] = {
    "orders": lambda dialect: dialect.order_endpoint,
    "returns": lambda dialect: dialect.return_endpoint,
}
"""The kind of a dialect's endpoint that hears of these."""


class OperatorApi(Entry):
    """What the routes have in common."""

    def __init__(
        self, service: Service, codes: Codes, dialects: Mapping[str, Dialect], webhook_kind: str
    ) -> None:
        super().__init__(service)
        self.codes = codes
        self.dialects = dialects
        self.webhook_kind = webhook_kind

    def show(self, order: Order, shop: Shop, status: int = 200) -> Response:
        return reply(order_view(order, shop, self.codes), status)

    async def place(self, request: Request, shop_id: int) -> Response:
        """Place an order once, however often the request with its key is sent. Raises Fault or Stranger."""
        key = _idempotency_key(request)
        token, number = bearer(request, OPERATOR_PREFIX), known_number(shop_id, "Shop")
        raw = await read_body(request)
        request_hash = bodies.hash_request(raw) if key else None
        call = await self.service.shops.placing(token, number, key)
        if call.shop is None:
            raise not_found("Shop")
        if call.earlier is not None:
            return self._placed_before(call, call.shop, request_hash)
        placement = read_order.read(raw).placement()
        try:
            order = await self.service.engine.place(
                placement, shop=call.shop, number=call.number, idempotency_key=key, request_hash=request_hash
            )
        except (ChannelRefTaken, KeyTaken) as taken:
            # The same request, sent twice at once, meets itself in either index.
            again = await self.service.shops.placing(token, number, key)
            if again.earlier is None:
                message = "The shop already has an order with this channel and reference."
                raise Fault(CONFLICT, "channel_ref_taken", message, field="channel_ref") from taken
            return self._placed_before(again, call.shop, request_hash)
        if isinstance(order, Refused):
            raise say(order)
        return self._placed(order, call.shop)

    def _placed(self, order: Order, shop: Shop) -> Response:
        return reply({"id": order.id, "codes": self.codes(order, shop)}, CREATED)

    def _placed_before(self, call: PlacingCall, shop: Shop, request_hash: bytes | None) -> Response:
        if call.earlier is None or call.earlier.request_hash != request_hash:
            message = "This Idempotency-Key has been used for another request."
            raise Fault(CONFLICT, "idempotency_key_reused", message, field="Idempotency-Key")
        return self._placed(call.earlier.order, shop)

    async def do(self, request: Request, read: Read, *, shop_id: int, order_id: int) -> Response:
        """Do to an order what is asked and answer with it. Raises Fault or Stranger."""
        shop, stored = await self.order(request, shop_id, order_id)
        command, by = read(await read_body(request), stored.order)
        outcome = await self.service.engine.carry_out(command, on=stored, shop=shop, by=by)
        if isinstance(outcome, Refused):
            raise say(outcome)
        return self.show(outcome, shop)

    def webhook_kinds(self, about: bodies.About) -> dict[str, str]:
        """The endpoints that hear of these, by dialect."""
        kinds = {name: ENDPOINTS[about](dialect) for name, dialect in self.dialects.items()}
        return {name: kind for name, kind in kinds.items() if kind}

    def webhook_kind_of(self, dialect: str | None, about: bodies.About) -> str:
        """The endpoint that hears of these in the dialect, in the first that has one where none is named. Raises Fault."""
        kinds = self.webhook_kinds(about)
        if not kinds:
            raise invalid("dialect", f"No dialect has webhooks about {about}.")
        kind = next(iter(kinds.values())) if dialect is None else kinds.get(dialect)
        if kind is None:
            raise invalid("dialect", f"Must be one of {', '.join(kinds)}, which have webhooks about {about}.")
        return kind

    def show_webhooks(self, endpoints: Iterable[WebhookEndpoint]) -> list[Json]:
        """Those that an installed dialect tells, without their keys."""
        known = {endpoint.kind: endpoint for endpoint in endpoints}
        return [
            {"about": about, "dialect": dialect, "url": known[kind].url, "enabled": known[kind].enabled}
            for about in ABOUT.values()
            for dialect, kind in self.webhook_kinds(about).items()
            if kind in known
        ]

    async def set_webhook(self, request: Request, shop_id: int) -> Response:
        """Tell a shop's events to an address, which is checked first. Raises Fault or Stranger."""
        shop = await self.shop(request, shop_id)
        asked = await read_webhook(request)
        kind = self.webhook_kind_of(asked.dialect, asked.about)
        registered = await register(self.service, shop, kind, asked.url, enabled=asked.enabled)
        if isinstance(registered, UrlRefused):
            raise invalid("url", registered.reason)
        said: Json = {"url": asked.url, "enabled": asked.enabled, "signing_secret": registered.secret}
        return reply(said | ({"warning": registered.warning} if registered.warning else {}))


def _idempotency_key(request: Request) -> str | None:
    key: str | None = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY:
        raise invalid("Idempotency-Key", f"Must be 1 to {LONGEST_KEY} characters.")
    return check_text("Idempotency-Key", key)


read_shop = JsonReader(bodies.ShopBody)
read_terms = JsonReader(bodies.ShopTermsBody)
read_locations = JsonReader(bodies.LocationsBody)
read_webhook = JsonReader(bodies.WebhookBody)
read_webhook_switch = JsonReader(bodies.WebhookSwitchBody)
read_credentials = JsonReader(bodies.CredentialsBody)
read_order = JsonReader(bodies.OrderBody)


def operator_routes(
    service: Service, *, codes: Codes, dialects: Mapping[str, Dialect], webhook_kind: str
) -> list[Endpoint]:
    """The handlers of the operator's API.

    ``dialects`` are those that credentials are issued for, by name; ``webhook_kind`` is the endpoint that a shop's
    webhook URL sets where no dialect is named, empty where none has webhooks.
    """
    api = OperatorApi(service, codes, dialects, webhook_kind)
    return [
        *_shop_routes(api),
        *_terms_routes(api),
        *_webhook_routes(api),
        *_order_routes(api),
        *_action_routes(api),
        *return_routes(service, codes),
        _invoice_route(api),
        *warehouse_routes(api),
        *_delivery_routes(api),
    ]


def _shop_routes(api: OperatorApi) -> list[Endpoint]:
    @post(
        SHOPS,
        said=described(
            "Create a shop", tag=TAG_SHOPS, body=bodies.ShopBody, example=examples.SHOP, status=CREATED
        ),
    )
    async def create_shop(request: Request) -> Response:
        await api.enter(request)
        shop = (await read_shop(request)).shop()
        return reply(shop_view(await api.service.shops.add(shop, api.service.clock())), CREATED)

    @get(SHOPS, said=described("List the shops", tag=TAG_SHOPS, query=PAGING))
    async def list_shops(request: Request) -> Response:
        await api.enter(request)
        limit, cursor, _ = read_page(request, {})
        listed = await api.service.shops.page(after=cursor or 0, limit=limit + 1, kind=api.webhook_kind)
        return page_of([listed_shop_view(shop) for shop in listed], limit)

    @get(SHOP, said=described("Show a shop", tag=TAG_SHOPS))
    async def show_shop(request: Request, shop_id: int) -> Response:
        return reply(shop_view(await api.shop(request, shop_id)))

    @post(
        f"{SHOP}/credentials",
        said=described(
            "Issue a shop's credentials for one dialect; those before them are void at once",
            tag=TAG_SHOPS,
            body=bodies.CredentialsBody,
            example=examples.CREDENTIALS,
            status=CREATED,
        ),
    )
    async def issue_credentials(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        dialect = api.dialects.get((await read_credentials(request)).dialect)
        if dialect is None:
            raise invalid("dialect", f"Must be one of {', '.join(sorted(api.dialects))}.")
        token = await api.service.shops.issue(shop.id, dialect.name, api.service.clock())
        return reply({"dialect": dialect.name, **dialect.credentials(token)}, CREATED)

    return [create_shop, list_shops, show_shop, issue_credentials]


def _terms_routes(api: OperatorApi) -> list[Endpoint]:
    @patch(
        SHOP,
        said=described(
            "Change a shop's terms and flags",
            tag=TAG_SHOPS,
            body=bodies.ShopTermsBody,
            example=examples.TERMS,
        ),
    )
    async def change_shop(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        changed = await api.service.shops.change(shop.id, **(await read_terms(request)).terms())
        return reply(shop_view(changed or shop))

    @put(
        f"{SHOP}/pickup_locations",
        said=described(
            "Set a shop's pickup locations, the default first",
            tag=TAG_SHOPS,
            body=bodies.LocationsBody,
            example=examples.LOCATIONS,
        ),
    )
    async def set_pickup_locations(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        locations = bodies.locations_of((await read_locations(request)).pickup_locations)
        changed = await api.service.shops.change(shop.id, locations=locations)
        return reply(shop_view(changed or shop))

    return [change_shop, set_pickup_locations]


def _webhook_routes(api: OperatorApi) -> list[Endpoint]:
    @get(
        WEBHOOK,
        said=described("Show where a shop is told of its orders and its returns", tag=TAG_SHOPS),
    )
    async def list_webhooks(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        return reply({"items": api.show_webhooks(await api.service.shops.endpoints_of(shop.id))})

    @put(
        WEBHOOK,
        said=described(
            "Set where a shop is told of its orders, or of its returns",
            tag=TAG_SHOPS,
            body=bodies.WebhookBody,
            example=examples.WEBHOOK,
        ),
    )
    async def set_webhook(request: Request, shop_id: int) -> Response:
        return await api.set_webhook(request, shop_id)

    @patch(
        WEBHOOK,
        said=described(
            "Tell a shop nothing for a while, or again; its address stays",
            tag=TAG_SHOPS,
            body=bodies.WebhookSwitchBody,
            example=examples.WEBHOOK_SWITCH,
        ),
    )
    async def switch_webhook(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        asked = await read_webhook_switch(request)
        kind = api.webhook_kind_of(asked.dialect, asked.about)
        url = await api.service.shops.switch_endpoint(shop.id, kind, enabled=asked.enabled)
        if url is None:
            raise not_found("Webhook")
        return reply({"url": url, "enabled": asked.enabled})

    @delete(WEBHOOK, said=described("Tell a shop no more", tag=TAG_SHOPS, query=WEBHOOK_OF))
    async def remove_webhook(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        query = read_query(request, {"dialect": str, "about": one_of(ABOUT)})
        kind = api.webhook_kind_of(query["dialect"], query["about"] or "orders")
        await api.service.shops.remove_endpoint(shop.id, kind)
        return reply({"url": None})

    return [list_webhooks, set_webhook, switch_webhook, remove_webhook]


ORDER_FILTERS = {
    "state": "Only orders in this state",
    "channel": "Only orders of this channel",
    "placed_from": "Only orders placed at or after this moment (ISO 8601)",
    "placed_to": "Only orders placed before this moment (ISO 8601)",
}


def _order_routes(api: OperatorApi) -> list[Endpoint]:
    readers: Readers = {
        "state": one_of({state.value: state for state in State}),
        "channel": str,
        "placed_from": moment,
        "placed_to": moment,
    }

    @post(
        ORDERS,
        said=described(
            "Place an order as the checkout does",
            tag=TAG_ORDERS,
            body=bodies.OrderBody,
            example=examples.ORDER,
            headers={"Idempotency-Key": "The same key places the order once, however often it is sent"},
            status=CREATED,
        ),
    )
    async def place_order(request: Request, shop_id: int) -> Response:
        return await api.place(request, shop_id)

    @get(
        ORDERS,
        said=described("List a shop's orders, newest first", tag=TAG_ORDERS, query=PAGING | ORDER_FILTERS),
    )
    async def list_orders(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        limit, cursor, given = read_page(request, readers)
        orders = await api.service.orders.page(shop.id, before=cursor or BIGGEST, limit=limit + 1, **given)
        return page_of([order_view(order, shop, api.codes) for order in orders], limit)

    @get(ORDER, said=described("Show an order", tag=TAG_ORDERS))
    async def show_order(request: Request, shop_id: int, order_id: int) -> Response:
        shop, stored = await api.order(request, shop_id, order_id)
        return api.show(stored.order, shop)

    @get(f"{ORDER}/events", said=described("Show what happened to an order", tag=TAG_ORDERS))
    async def list_events(request: Request, shop_id: int, order_id: int) -> Response:
        shop, stored = await api.order(request, shop_id, order_id)
        history = await api.service.orders.history(shop.id, stored.order.id)
        return reply({"items": history})

    return [place_order, list_orders, show_order, list_events]


ACTIONS = {
    "cancel": Action(
        "Cancel, as the customer or the marketplace", bodies.CancelBody, examples.CANCEL, bodies.cancel
    ),
    "extend": Action("Give the merchant more time", bodies.ExtendBody, examples.EXTEND, bodies.extend),
    "reschedule": Action("Move the pickup", bodies.RescheduleBody, examples.RESCHEDULE, bodies.reschedule),
    "pick_up": Action("The courier has the parcels", bodies.EmptyBody, {}, by_courier(commands.PickUp())),
    "arrive_at_pickup_point": Action(
        "The parcels wait at a pickup point",
        bodies.EmptyBody,
        {},
        by_courier(commands.ArriveAtPickupPoint()),
    ),
    "deliver": Action("The customer has the goods", bodies.EmptyBody, {}, by_courier(commands.Deliver())),
    "deliver_partially": Action(
        "The customer took some of the goods", bodies.PartialBody, examples.PARTIAL, bodies.deliver_partially
    ),
    "fail_delivery": Action(
        "The parcels could not be delivered", bodies.EmptyBody, {}, by_courier(commands.FailDelivery())
    ),
    "return_partially": Action(
        "Some of the goods are back", bodies.PartialBody, examples.PARTIAL, bodies.return_partially
    ),
    "return": Action("All is back", bodies.EmptyBody, {}, by_courier(commands.Return())),
    "refund": Action(
        "Give money back, all that is left of it or a part", bodies.RefundBody, examples.REFUND, bodies.refund
    ),
}


def _action_routes(api: OperatorApi) -> list[Endpoint]:
    return [action_route(ORDER, name, action, api.do, tag=TAG_ORDERS) for name, action in ACTIONS.items()]


def _invoice_route(api: OperatorApi) -> Endpoint:
    filters = {"series": "Only papers of this series; the shop's present one where none is given"}

    @get(
        INVOICES,
        said=described(
            "List a shop's invoices and stornos by their numbers", tag=TAG_INVOICES, query=PAGING | filters
        ),
    )
    async def list_invoices(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        limit, cursor, given = read_page(request, {"series": str})
        series = shop.invoice_series if given["series"] is None else given["series"]
        issued = await api.service.invoices.page(shop.id, series, after=cursor or 0, limit=limit + 1)
        papers = [invoice_view(paper, shop.id, api.service.links) for paper in issued]
        return page_of(papers, limit, by="number")

    return list_invoices


def _delivery_routes(api: OperatorApi) -> list[Endpoint]:
    readers: Readers = {
        "state": one_of({state: state for state in get_args(DeliveryState)}),
        "order_id": whole_number(1, BIGGEST),
    }
    filters = {"state": "Only deliveries in this state", "order_id": "Only deliveries of this order"}

    @get(
        DELIVERIES,
        said=described(
            "List webhook deliveries with their attempts", tag=TAG_DELIVERIES, query=PAGING | filters
        ),
    )
    async def list_deliveries(request: Request, shop_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        limit, cursor, given = read_page(request, readers)
        deliveries = await api.service.deliveries.page(shop.id, before_id=cursor, limit=limit + 1, **given)
        return page_of([delivery_view(delivery) for delivery in deliveries], limit)

    @post(
        f"{DELIVERIES}/{{delivery_id:int}}/resend",
        said=described("Send a delivery again, with the same bytes", tag=TAG_DELIVERIES),
    )
    async def resend(request: Request, shop_id: int, delivery_id: int) -> Response:
        shop = await api.shop(request, shop_id)
        number = known_number(delivery_id, "Delivery")
        if not await api.service.deliveries.resend(shop.id, number, api.service.clock()):
            raise not_found("Delivery")
        api.service.bell.ring(shop.id)
        return reply({"id": number, "state": "pending"})

    return [list_deliveries, resend]
