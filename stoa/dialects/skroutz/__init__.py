"""Skroutz Smart Cart: the Orders API and the Returns API with their webhooks, and the FBS API."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from stoa.dialects import Context, Dialect
from stoa.dialects.skroutz import demo, faults, telling
from stoa.dialects.skroutz.entry import NAME
from stoa.dialects.skroutz.fbs.routes import fbs_routes
from stoa.dialects.skroutz.returns.routes import return_routes
from stoa.dialects.skroutz.returns.telling import tell_of_return
from stoa.dialects.skroutz.returns.view import return_view
from stoa.dialects.skroutz.routes import order_routes
from stoa.dialects.skroutz.view import order_view, public_code
from stoa.engine import Change
from stoa.orders.order import Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Message
from stoa.store.shops import Token
from stoa.web.faults import Fault
from stoa.web.routing import Endpoint


class Skroutz:
    name = NAME
    paths = ("/merchants/ecommerce/",)
    order_endpoint = telling.ENDPOINT
    return_endpoint = telling.RETURN_ENDPOINT
    endpoint_headers: Mapping[str, Mapping[str, str]] = {
        telling.ENDPOINT: telling.HEADERS,
        telling.RETURN_ENDPOINT: telling.HEADERS,
    }

    def __init__(self, context: Context) -> None:
        self._links = context.links

    def handlers(self, service: Service) -> Sequence[Endpoint]:
        return [*order_routes(service), *return_routes(service), *fbs_routes(service)]

    def render(self, fault: Fault, _path: str) -> tuple[int, bytes]:
        return faults.render(fault)

    def say(self, refused: Refused) -> Fault:
        return faults.say(refused)

    def messages(self, change: Change) -> Iterable[Message]:
        return [*telling.tell(change, self._links), *tell_of_return(change)]

    def sample_message(self, kind: str, shop: Shop, now: datetime) -> Message | None:
        make = demo.NEWS.get(kind)
        return make(shop, self._links, now) if make else None

    def code(self, order: Order, shop: Shop) -> str:
        return public_code(order, shop)

    def shown(self, order: Order, shop: Shop, service: Service) -> bytes | None:
        if order.return_request is not None:
            return msgspec.json.encode({"return": return_view(order, shop)})
        # Goods that come back in another way are no order here.
        return (
            None
            if order.return_of
            else msgspec.json.encode({"order": order_view(order, shop, service.links)})
        )

    def credentials(self, token: Token) -> Mapping[str, str]:
        return {"token": str(token)}


dialect: Callable[[Context], Dialect] = Skroutz
