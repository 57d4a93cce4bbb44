"""What the Orders API and the Returns API have in common: who asks for what, and what becomes of a command."""

from msgspec import Struct
from starlette.responses import Response

from stoa.dialects.skroutz.entry import Entry
from stoa.dialects.skroutz.faults import say
from stoa.orders.commands import Command
from stoa.orders.decisions import decide
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.web.replies import reply

SUCCESS = {"success": True}


class Asked(Struct, frozen=True):
    """An order or a return of the shop that asks for it; a demo has no version to save."""

    code: str
    order: Order
    shop: Shop
    stored: Stored | None


class MerchantsApi:
    """Takes a merchant's commands, each to what it asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._entry = Entry(service)

    async def do(self, asked: Asked, command: Command) -> Response:
        """Answer what came of the merchant's command. Raises Fault."""
        outcome = await self._carry_out(asked, command)
        if isinstance(outcome, Refused):
            raise say(outcome)
        return reply(SUCCESS)

    async def _carry_out(self, asked: Asked, command: Command) -> object | Refused:
        if asked.stored is None:
            now = self._service.clock()
            return decide(asked.order, command, shop=asked.shop, by=Actor.MERCHANT, now=now)
        return await self._service.engine.carry_out(
            command, on=asked.stored, shop=asked.shop, by=Actor.MERCHANT
        )
