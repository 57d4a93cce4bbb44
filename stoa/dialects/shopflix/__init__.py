"""Shopflix: the Merchant API, version 2."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from stoa.dialects import Context, Dialect
from stoa.dialects.shopflix import faults
from stoa.dialects.shopflix.invoices import invoice_routes
from stoa.dialects.shopflix.orders import NAME, order_routes
from stoa.dialects.shopflix.shipments import shipment_routes
from stoa.dialects.shopflix.view import identifier, order_view
from stoa.engine import Change
from stoa.orders.order import Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Message
from stoa.store.shops import Token
from stoa.web.faults import Fault
from stoa.web.routing import Endpoint


class Shopflix:
    name = NAME
    paths = ("/v2/",)
    order_endpoint = None
    return_endpoint = None
    endpoint_headers: Mapping[str, Mapping[str, str]] = {}

    def __init__(self, context: Context) -> None:
        pass

    def handlers(self, service: Service) -> Sequence[Endpoint]:
        return [*order_routes(service), *invoice_routes(service), *shipment_routes(service)]

    def render(self, fault: Fault, path: str) -> tuple[int, bytes]:
        return faults.render(fault, path)

    def say(self, refused: Refused) -> Fault:
        return faults.say(refused)

    def messages(self, _change: Change) -> Iterable[Message]:
        """None: the contract has no webhooks."""
        return ()

    def sample_message(self, _kind: str, _shop: Shop, _now: datetime) -> Message | None:
        return None

    def code(self, order: Order, shop: Shop) -> str:
        return identifier(order, shop)

    def shown(self, order: Order, shop: Shop, service: Service) -> bytes | None:
        # A return that a customer asked for is no order here.
        return None if order.return_request else msgspec.json.encode(order_view(order, shop, service.links))

    def credentials(self, token: Token) -> Mapping[str, str]:
        return {"username": token.key, "password": token.secret}


dialect: Callable[[Context], Dialect] = Shopflix
