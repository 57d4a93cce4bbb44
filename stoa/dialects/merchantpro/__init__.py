"""MerchantPro: the orders API, version 2. A merchant's one view over the orders of all its channels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from stoa.dialects import Context, Dialect
from stoa.dialects.merchantpro import faults, view
from stoa.dialects.merchantpro.routes import NAME, order_routes
from stoa.engine import Change
from stoa.orders.order import Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Message
from stoa.store.shops import Token
from stoa.web.faults import Fault
from stoa.web.routing import Endpoint


class MerchantPro:
    name = NAME
    paths = ("/api/v2/",)
    order_endpoint = None
    return_endpoint = None
    endpoint_headers: Mapping[str, Mapping[str, str]] = {}

    def __init__(self, context: Context) -> None:
        pass

    def handlers(self, service: Service) -> Sequence[Endpoint]:
        return order_routes(service)

    def render(self, fault: Fault, _path: str) -> tuple[int, bytes]:
        return faults.render(fault)

    def say(self, refused: Refused) -> Fault:
        return faults.say(refused)

    def messages(self, _change: Change) -> Iterable[Message]:
        """None: the contract has no webhooks."""
        return ()

    def sample_message(self, _kind: str, _shop: Shop, _now: datetime) -> Message | None:
        return None

    def code(self, order: Order, _shop: Shop) -> str:
        return str(order.id)

    def shown(self, order: Order, shop: Shop, service: Service) -> bytes | None:
        return msgspec.json.encode(view.shown(order, shop, service.links, service.channel_code, whole=True))

    def credentials(self, token: Token) -> Mapping[str, str]:
        return {"key": token.key, "secret": token.secret}


dialect: Callable[[Context], Dialect] = MerchantPro
