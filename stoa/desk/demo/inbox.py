"""The inbox of a demo shop's receiver: what the shop was told, word for word, and a switch that makes it play dead."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import BASE, Desk, read_own_form, redirect
from stoa.desk.forms import done_of, number_in, whole_number
from stoa.desk.rendering import page
from stoa.orders.shop import Shop
from stoa.store.inbox import Arrived, Inbox
from stoa.web.queries import BIGGEST
from stoa.web.routing import Endpoint, get, post
from stoa.webhooks.signing import sign
from stoa.webhooks.vault import WrongSecretKey

INBOX = f"{BASE}/{{shop_id:int}}/demo/inbox"

ON_A_PAGE = 20

MOST_SHOWN = 20_000
"""Letters of a body that are shown: a webhook has a tenth of that, but anybody may write to a demo."""

MINUTES_DEAD = (2, 10, 60)

DONE = {"dead": "The receiver answers nobody now.", "back": "The receiver works again."}


class Entry(Struct, frozen=True, kw_only=True):
    """A webhook as the page shows it; the signature is valid, or made with a key that the shop does not have."""

    arrived: Arrived
    event: str
    body: str
    is_signed: bool


class InboxPages:
    def __init__(self, desk: Desk) -> None:
        self.service = desk.service
        self.door = desk.door
        self.dialects = desk.dialects
        self.inbox = Inbox(desk.service.pool)

    async def show(self, request: Request, shop_id: int) -> Response:
        """What the shop was told, newest first; of one order where its code or its number is given. Raises SignInNeeded
        or Fault."""
        visit, shop = await self.door.shop(request, shop_id)
        codes = await self._codes(request, shop)
        before = number_in(request, "before") or BIGGEST
        arrived = await self.inbox.newest_of_shop(
            shop.id, before=before, limit=ON_A_PAGE + 1, order_codes=codes
        )
        keys = await self._keys(shop)
        return page(
            "demo_inbox.html",
            visit,
            here="demo",
            entries=[_entry(one, keys) for one in arrived[:ON_A_PAGE]],
            more=arrived[ON_A_PAGE - 1].id if len(arrived) > ON_A_PAGE else None,
            codes=codes or (),
            only=_only(request),
            # As the browser reached us, which is where the shop's webhooks can go to.
            address=f"{request.base_url}demo/hooks/{shop.id}",
            dead_until=await self.inbox.dead_until(shop.id, self.service.clock()),
            minutes=MINUTES_DEAD,
            done=done_of(request, DONE),
        )

    async def _codes(self, request: Request, shop: Shop) -> list[str] | None:
        """What the order is called in the webhooks of any dialect; None where none is asked for."""
        if number := number_in(request, "order"):
            stored = await self.service.orders.read(shop.id, number)
            return [dialect.code(stored.order, shop) for dialect in self.dialects] if stored else []
        code = request.query_params.get("code", "")
        return [code] if code and "\0" not in code else None

    async def _keys(self, shop: Shop) -> list[bytes]:
        """The keys that the shop's webhooks may be signed with."""
        kinds = [endpoint.kind for endpoint in await self.service.shops.endpoints_of(shop.id)]
        known = [(kind, await self.service.shops.endpoint(shop.id, kind)) for kind in kinds]
        return [
            key
            for kind, endpoint in known
            if endpoint and (key := self._unsealed(endpoint[1], shop.id, kind)) is not None
        ]

    def _unsealed(self, sealed: bytes, shop_id: int, kind: str) -> bytes | None:
        try:
            return self.service.vault.unseal(sealed, shop_id, kind)
        except WrongSecretKey:
            return None

    async def play_dead(self, request: Request, shop_id: int) -> Response:
        """Let the receiver refuse whatever comes for some minutes; for none, it works again. Raises SignInNeeded or
        Fault."""
        visit, shop = await self.door.shop(request, shop_id)
        form = await read_own_form(request, visit)
        minutes = form.number("minutes")
        if minutes in MINUTES_DEAD:
            await self.inbox.play_dead(shop.id, self._after(minutes))
        else:
            await self.inbox.come_back(shop.id)
        return redirect(f"{BASE}/{shop.id}/demo/inbox?done={'dead' if minutes in MINUTES_DEAD else 'back'}")

    def _after(self, minutes: int) -> datetime:
        return self.service.clock() + timedelta(minutes=minutes)


def _only(request: Request) -> str:
    """What is asked for of the inbox, for the address of its next page."""
    wanted = {name: request.query_params.get(name, "") for name in ("order", "code")}
    return urlencode({name: value for name, value in wanted.items() if value})


def _entry(arrived: Arrived, keys: Sequence[bytes]) -> Entry:
    body = _legible(arrived.body)
    return Entry(
        arrived=arrived,
        event=_event(arrived.body),
        body=body if len(body) <= MOST_SHOWN else f"{body[:MOST_SHOWN]}…",
        is_signed=any(_is_signed(arrived, key) for key in keys),
    )


def _legible(body: bytes) -> str:
    # What is nested deeply grows with its indentation, a megabyte to a gigabyte.
    return (body if len(body) > MOST_SHOWN else msgspec.json.format(body, indent=2)).decode()


class _Hook(Struct, frozen=True):
    event_type: object = ""


def _event(body: bytes) -> str:
    """What the webhook says that happened."""
    event = msgspec.json.decode(body, type=_Hook).event_type
    return event if isinstance(event, str) else ""


def _is_signed(arrived: Arrived, key: bytes) -> bool:
    headers = arrived.headers
    sent_at = whole_number(headers.get("webhook-timestamp", ""))
    if sent_at is None:
        return False
    right = sign(key, headers.get("webhook-id", ""), sent_at, arrived.body)["webhook-signature"]
    return hmac.compare_digest(right.encode(), headers.get("webhook-signature", "").encode())


def inbox_routes(desk: Desk) -> list[Endpoint]:
    pages = InboxPages(desk)
    return [get(INBOX)(pages.show), post(INBOX)(pages.play_dead)]
