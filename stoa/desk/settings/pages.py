"""What the pages of a shop's settings have in common: who may see them, what was typed, and what is said of it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import BASE, Desk, Visit, read_own_form
from stoa.desk.forms import WILL_NOT_DO, Form, field_of
from stoa.desk.rendering import UNPROCESSABLE, page, say
from stoa.orders.shop import Shop
from stoa.web.faults import Fault

SETTINGS = f"{BASE}/{{shop_id:int}}/settings"


def address_in(shop: Shop, *parts: object) -> str:
    """Where a page of the shop's settings is."""
    return "/".join([BASE, str(shop.id), "settings", *map(str, parts)])


class Typed(Struct, frozen=True, kw_only=True):
    """What a form held that would not do, and what is wrong with it: of the whole, or by field. All in English."""

    form: Form = Form({})
    fault: str = ""
    faults: Mapping[str, str] = {}
    status: int = UNPROCESSABLE


def faulty(form: Form, fault: Fault, words: Mapping[str, str]) -> Typed:
    """A form in which one field will not do; ``words`` say of each field what it takes."""
    field = field_of(fault, words)
    return Typed(form=form, faults={field: words[field]}) if field else Typed(form=form, fault=WILL_NOT_DO)


class SettingsPages:
    """Pages for a shop's owner, and for operators."""

    def __init__(self, desk: Desk) -> None:
        self.service = desk.service
        self.door = desk.door
        self.dialects = desk.dialects

    async def enter(self, request: Request, shop_id: int) -> tuple[Visit, Shop]:
        """Raises SignInNeeded or Fault."""
        return await self.door.shop(request, shop_id, owner=True)

    async def enter_form(self, request: Request, shop_id: int) -> tuple[Visit, Shop, Form]:
        """The same with a form that came from a page of ours."""
        visit, shop = await self.enter(request, shop_id)
        form = await read_own_form(request, visit)
        return visit, shop, form


def settings_page(
    template: str,
    visit: Visit,
    *,
    tab: str,
    typed: Typed | None = None,
    done: str = "",
    here: str = "settings",
    **context: Any,
) -> Response:
    """A page of the settings; ``done`` and what is wrong are in English."""
    return page(
        template,
        visit,
        status=typed.status if typed else 200,
        here=here,
        tab=tab,
        done=say(visit.language, done) if done else "",
        fault=say(visit.language, typed.fault) if typed and typed.fault else "",
        faults={field: say(visit.language, fault) for field, fault in typed.faults.items()} if typed else {},
        **context,
    )
