"""What other programs hear and see of an order: its webhooks with what was sent and answered, and its JSON."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import Visit
from stoa.desk.order.asking import OrderForms
from stoa.desk.order.page import ORDER, order_address
from stoa.desk.rendering import legible, page
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.web.faults import not_found
from stoa.web.routing import Endpoint, get, post


class Telling:
    def __init__(self, forms: OrderForms) -> None:
        self._forms = forms
        self._deliveries = forms.service.deliveries
        self._dialects = {dialect.name: dialect for dialect in forms.dialects}

    async def delivery(self, request: Request, shop_id: int, order_id: int, delivery_id: int) -> Response:
        """What a webhook carries, and what came of each attempt to bring it."""
        visit, shop, stored = await self._forms.door.order(request, shop_id, order_id)
        sent = await self._deliveries.read(shop_id, order_id, delivery_id)
        if sent is None:
            raise not_found("Delivery")
        return self._page(
            "order_delivery.html", visit, shop, stored.order, sent=sent, payload=legible(sent.payload)
        )

    async def resend(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Send a webhook of the order again, with the same bytes."""
        posted = await self._forms.read(request, shop_id, order_id)
        wanted = posted.form.number("delivery") or 0
        if await self._deliveries.read(shop_id, order_id, wanted) is None:
            raise not_found("Delivery")
        await self._deliveries.resend(shop_id, wanted, self._forms.service.clock())
        self._forms.service.bell.ring(shop_id)
        return self._forms.show(posted, "resent", "#webhooks")

    async def shown(self, request: Request, shop_id: int, order_id: int, dialect: str) -> Response:
        """The order as a dialect's API answers."""
        visit, shop, stored = await self._forms.door.order(request, shop_id, order_id)
        spoken = self._dialects.get(dialect)
        if spoken is None:
            raise not_found("Dialect")
        answer = spoken.shown(stored.order, shop, self._forms.service)
        return self._page(
            "order_shown.html",
            visit,
            shop,
            stored.order,
            dialect=dialect,
            dialects=list(self._dialects),
            answer=None if answer is None else legible(answer),
        )

    def _page(self, template: str, visit: Visit, shop: Shop, order: Order, **context: Any) -> Response:
        code = self._forms.service.channel_code(order, shop)
        return page(
            template, visit, here="orders", order=order, code=code, address=order_address(order), **context
        )


def telling_routes(forms: OrderForms) -> list[Endpoint]:
    telling = Telling(forms)
    return [
        get(f"{ORDER}/deliveries/{{delivery_id:int}}")(telling.delivery),
        post(f"{ORDER}/resend")(telling.resend),
        get(f"{ORDER}/as/{{dialect:str}}")(telling.shown),
    ]
