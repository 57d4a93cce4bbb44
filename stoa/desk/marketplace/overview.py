"""The marketplace's own pages, over all shops: which there are, whether all is well, and which webhooks were given up."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import BASE, Desk, Visit, read_own_form, redirect
from stoa.desk.forms import done_of, number_in
from stoa.desk.marketplace.health import health
from stoa.desk.rendering import page
from stoa.desk.settings.endpoints import kinds_of
from stoa.store.overview import MOST_COUNTED, Overview, ShopAtAGlance
from stoa.web.queries import BIGGEST
from stoa.web.routing import Endpoint, get, post

OPERATOR = f"{BASE}/operator"
GIVEN_UP = f"{OPERATOR}/deliveries"

ON_A_PAGE = 50

DONE = {"resent": "It is on its way again."}
"""What a page says after something was done, in English."""


class OperatorPages:
    def __init__(self, desk: Desk) -> None:
        self.service = desk.service
        self.door = desk.door
        self.overview = Overview(desk.service.pool)
        self.kinds = kinds_of(desk.dialects)

    async def shops(self, request: Request) -> Response:
        """The shops by number, some at a time. Raises SignInNeeded or Fault."""
        visit = await self.door.operator(request)
        after = number_in(request, "after")
        shops = await self.overview.shops(after=after, limit=ON_A_PAGE + 1)
        more = shops[ON_A_PAGE - 1].shop_id if len(shops) > ON_A_PAGE else None
        return await self._shops(visit, shops[:ON_A_PAGE], after=after, more=more)

    async def find(self, request: Request) -> Response:
        """The shops with a number or with words in their names. Sent as a form: addresses are logged."""
        visit = await self.door.operator(request)
        form = await read_own_form(request, visit)
        text = form.text("text")
        if not text:
            return redirect(OPERATOR)
        found = await self.overview.find_shops(text, limit=ON_A_PAGE)
        return await self._shops(visit, found, text=text)

    async def _shops(
        self,
        visit: Visit,
        shops: Sequence[ShopAtAGlance],
        *,
        after: int = 0,
        more: int | None = None,
        text: str = "",
    ) -> Response:
        return page(
            "operator.html",
            visit,
            here="operator",
            tab="shops",
            shops=shops,
            after=after,
            more=more,
            text=text,
            most=MOST_COUNTED,
            queue=await self.overview.queue(self.service.clock()),
        )

    async def given_up(self, request: Request) -> Response:
        """Webhooks of all shops that were given up, newest first. Raises SignInNeeded or Fault."""
        visit = await self.door.operator(request)
        dead = await self.overview.given_up(before=number_in(request, "before", BIGGEST), limit=ON_A_PAGE + 1)
        return page(
            "operator_given_up.html",
            visit,
            here="operator",
            tab="deliveries",
            dead=dead[:ON_A_PAGE],
            kinds=self.kinds,
            more=dead[ON_A_PAGE - 1].id if len(dead) > ON_A_PAGE else None,
            is_first="before" not in request.query_params,
            done=done_of(request, DONE),
            back="all",
        )

    async def health(self, request: Request) -> Response:
        """How the installation is. Raises SignInNeeded or Fault."""
        visit = await self.door.operator(request)
        queue = await self.overview.queue(self.service.clock())
        return page(
            "operator_health.html",
            visit,
            here="operator",
            tab="health",
            checks=await health(self.service, queue, visit.language),
            queue=queue,
            most=MOST_COUNTED,
        )


def operator_routes(desk: Desk) -> list[Endpoint]:
    pages = OperatorPages(desk)
    return [
        get(OPERATOR)(pages.shops),
        post(f"{OPERATOR}/find")(pages.find),
        get(GIVEN_UP)(pages.given_up),
        get(f"{OPERATOR}/health")(pages.health),
    ]
