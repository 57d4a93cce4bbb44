"""The Returns API: each route parses, asks, answers."""

import re

from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects.skroutz import demo
from stoa.dialects.skroutz.api import Asked, MerchantsApi
from stoa.dialects.skroutz.faults import say
from stoa.dialects.skroutz.returns.requests import ReviewBody, read_review
from stoa.dialects.skroutz.returns.view import return_view
from stoa.dialects.skroutz.returns.wire import ReturnView
from stoa.dialects.skroutz.view import public_code
from stoa.orders.order import Order, ReturnState
from stoa.orders.refusals import Refusal, Refused
from stoa.service import Service
from stoa.web.faults import not_found
from stoa.web.openapi import described
from stoa.web.replies import reply
from stoa.web.routing import Endpoint, get, post

RETURNS = "/merchants/ecommerce/returns"
TAG = "Skroutz returns"

_CODE = re.compile(r"R-\d{6}-(?P<number>\d{7,18})", re.ASCII)


class ReturnsApi(MerchantsApi):
    """What the routes have in common: which return is asked for, and what is shown of it."""

    async def find(self, request: Request, code: str) -> Asked:
        """The return asked for. Raises Fault: 406, 401, 404."""
        matched = _CODE.fullmatch(code)
        number = int(matched["number"]) if matched else None
        caller = await self._entry.let_in(request, number)
        if code == demo.RETURN:
            return Asked(code, demo.demo_return(caller.shop, self._service.clock()), caller.shop, None)
        if caller.found is None or public_code(caller.found.order, caller.shop) != code:
            raise not_found("Return")
        return Asked(code, caller.found.order, caller.shop, caller.found)

    async def find_to_review(self, request: Request, code: str) -> Asked:
        """The return, which waits for its review. Raises Fault: 406, 401, 404, 422."""
        asked = await self.find(request, code)
        _refuse_decided(asked.order)
        return asked

    def view(self, asked: Asked) -> ReturnView:
        if asked.stored is None:
            return demo.demo_return_view(asked.order, asked.shop)
        return return_view(asked.order, asked.shop)


def _refuse_decided(order: Order) -> None:
    """Raises Fault where the return waits for no review any more."""
    asked_for = order.return_request
    if asked_for and asked_for.state is not ReturnState.PENDING_REVIEW:
        raise say(Refused(Refusal.RETURN_DECIDED, state=asked_for.state))


def return_routes(service: Service) -> list[Endpoint]:
    """The handlers of the Returns API."""
    api = ReturnsApi(service)

    @get(f"{RETURNS}/{{return_code:str}}", said=described("Show a return", tag=TAG))
    async def show(request: Request, return_code: str) -> Response:
        return reply({"return": api.view(await api.find(request, return_code))})

    @post(
        f"{RETURNS}/{{return_code:str}}/review",
        said=described(
            "Answer a customer's request for a return",
            tag=TAG,
            body=ReviewBody,
            example={
                "option": "part_not_included",
                "comment": "Ο φορτιστής πωλείται ξεχωριστά",
                "proposed_part_url": "https://www.example.com/chargers/usb-c",
            },
        ),
    )
    async def review(request: Request, return_code: str) -> Response:
        # A second answer is refused for being one, whatever it says.
        asked = await api.find_to_review(request, return_code)
        return await api.do(asked, (await read_review(request)).command())

    return [show, review]
