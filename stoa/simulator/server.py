"""The running service as its callers see it, over HTTP. Whatever comes of a call is counted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import msgspec
import structlog
from msgspec import Struct

from stoa.orders.order import ReturnState, State

log = structlog.get_logger(__name__)

T = TypeVar("T")
P = TypeVar("P", bound="_Page")

IN_FLIGHT = 200
"""The most requests at a time."""

ANSWERED_WITHIN = 10.0
"""Seconds."""

# A connection that was idle for longer may just be closed by the server, and the request on it lost.
KEEP_ALIVE = 2.0

LOOKING_AGAIN_AFTER = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks for a server that is away; the last one for as long as it takes."""

FAULTS = (aiohttp.ClientError, TimeoutError, OSError)

OK = 200
REDIRECTED = 300
SERVER_ERROR = 500


class Access(Struct, frozen=True, kw_only=True):
    """Where the server is, and what lets the operator and one shop in."""

    url: str
    operator_token: str
    shop_id: int
    shop_token: str
    vendor: str


class NotDone(Exception):
    """A call came to nothing, which has been counted."""


class Placed(Struct):
    """An order, or a return."""

    id: int
    codes: dict[str, str]


class Moved(Struct):
    """The operator's view of an order after an action."""

    state: State


class ReturnMoved(Struct):
    state: ReturnState


class Option(Struct):
    id: str | int


class AcceptOptions(Struct):
    number_of_parcels: list[int]
    pickup_location: list[Option]
    pickup_window: list[Option]


class Reason(Struct):
    id: int
    requires_available_quantity: bool


class RejectOptions(Struct):
    line_item_rejection_reasons: list[Reason]


class Line(Struct):
    id: str
    quantity: int


class Order(Struct):
    """What the merchant looks at in an order (Skroutz Orders API)."""

    state: State
    line_items: list[Line]
    courier: str | None
    courier_voucher: str | None
    set_as_ready_required: bool
    fulfilled_by_skroutz: bool
    fbs_delivery_note_url: str | None = None
    accept_options: AcceptOptions | None = None
    reject_options: RejectOptions | None = None


class Shown(Struct):
    order: Order


class OfferedOption(Struct):
    option: str
    comment_required: bool
    supports_proposed_part_url_required: bool


class Return(Struct):
    """What the merchant looks at in a return (Skroutz Returns API)."""

    state: ReturnState
    review_options: list[OfferedOption] = []


class ReturnShown(Struct, rename={"shown": "return"}):
    shown: Return


class Stocked(Struct):
    """A product in the warehouse."""

    shop_uid: str
    active: bool
    quantity: int


class Supplier(Struct):
    id: str
    code: str


class Announced(Struct):
    code: str


class _Pagination(Struct):
    total_pages: int


class _Meta(Struct):
    pagination: _Pagination


class _Page(Struct):
    meta: _Meta


class _Products(_Page):
    products: list[Stocked]


class _Suppliers(_Page):
    suppliers: list[Supplier]


class Server:
    """Calls it; to be opened with ``async with``. Its calls raise NotDone.

    Once a call gets no answer, the calls after it wait until the server is found again.
    """

    def __init__(self, access: Access, tally: Counter[str]) -> None:
        self._access = access
        self._tally = tally
        self._as_operator = {"Authorization": f"Bearer {access.operator_token}"}
        self._as_merchant = {
            "Authorization": f"Bearer {access.shop_token}",
            "Accept": f"application/vnd.{access.vendor}+json; version=3.0",
        }
        self._there = asyncio.Event()
        self._there.set()
        self._search: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=IN_FLIGHT, keepalive_timeout=KEEP_ALIVE),
            timeout=aiohttp.ClientTimeout(total=ANSWERED_WITHIN),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._search is not None:
            self._search.cancel()
            await asyncio.wait([self._search])
        await self._session.close()

    @property
    def is_there(self) -> bool:
        return self._there.is_set()

    async def knows_us(self) -> bool | None:
        """Whether both credentials are good; None where nobody answers."""
        demo_order = f"{self._access.url}/merchants/ecommerce/orders/DEMO-OPEN"
        statuses = [
            await self._status(self._shop, self._as_operator),
            await self._status(demo_order, self._as_merchant),
        ]
        if any(status is None or status >= SERVER_ERROR for status in statuses):
            return None
        return statuses == [OK, OK]

    async def place(self, order: object) -> Placed:
        said = await self._call("place", "POST", f"{self._shop}/orders", self._as_operator, order)
        return self._read("place", said, Placed)

    async def act(self, order_id: int, action: str, body: object) -> State:
        """Do what the operator's API calls ``action``; answers with the order's state."""
        url = f"{self._shop}/orders/{order_id}/{action}"
        return self._read(action, await self._call(action, "POST", url, self._as_operator, body), Moved).state

    async def show(self, code: str) -> Order:
        url = self._order(code)
        return self._read("show", await self._call("show", "GET", url, self._as_merchant), Shown).order

    async def decide(self, code: str, decision: str, body: object = None) -> None:
        """Do what the merchant's API calls ``decision``."""
        await self._call(decision, "POST", f"{self._order(code)}/{decision}", self._as_merchant, body)

    async def ask_for_return(self, order_id: int, body: object) -> Placed:
        url = f"{self._shop}/orders/{order_id}/returns"
        said = await self._call("ask_for_return", "POST", url, self._as_operator, body)
        return self._read("ask_for_return", said, Placed)

    async def act_on_return(self, return_id: int, action: str, body: object) -> ReturnState:
        """Do what the operator's API calls ``action``; answers with the return's state."""
        url = f"{self._shop}/returns/{return_id}/{action}"
        said = await self._call(action, "POST", url, self._as_operator, body)
        return self._read(action, said, ReturnMoved).state

    async def show_return(self, code: str) -> Return:
        said = await self._call("show_return", "GET", self._return(code), self._as_merchant)
        return self._read("show_return", said, ReturnShown).shown

    async def review(self, code: str, answer: object) -> None:
        await self._call("review", "POST", f"{self._return(code)}/review", self._as_merchant, answer)

    async def register(self, product: object) -> Stocked:
        """Have the warehouse know a product of the shop."""
        said = await self._call("register", "POST", f"{self._shop}/products", self._as_operator, product)
        return self._read("register", said, Stocked)

    async def products(self) -> list[Stocked]:
        """All that the warehouse knows of the shop."""
        pages = [page async for page in self._pages("products", _Products)]
        return [product for page in pages for product in page.products]

    async def suppliers(self) -> list[Supplier]:
        pages = [page async for page in self._pages("suppliers", _Suppliers)]
        return [supplier for page in pages for supplier in page.suppliers]

    async def add_supplier(self, supplier: object) -> None:
        await self._call("add_supplier", "POST", f"{self._fbs}/suppliers", self._as_merchant, supplier)

    async def announce(self, goods: object) -> int:
        """Announce goods to the warehouse; answers with the purchase order's number in the shop."""
        url = f"{self._fbs}/purchase_orders"
        said = await self._call("announce", "POST", url, self._as_merchant, goods)
        return int(self._read("announce", said, Announced).code.rpartition("-")[2])

    async def receive(self, purchase_order: int, counted: object) -> None:
        url = f"{self._shop}/purchase_orders/{purchase_order}/receive"
        await self._call("receive", "POST", url, self._as_operator, counted)

    async def download(self, url: str) -> None:
        await self._call("download", "GET", url, {})

    @property
    def _shop(self) -> str:
        return f"{self._access.url}/operator/v1/shops/{self._access.shop_id}"

    def _order(self, code: str) -> str:
        return f"{self._access.url}/merchants/ecommerce/orders/{code}"

    def _return(self, code: str) -> str:
        return f"{self._access.url}/merchants/ecommerce/returns/{code}"

    @property
    def _fbs(self) -> str:
        return f"{self._access.url}/merchants/ecommerce/fbs"

    async def _pages(self, name: str, of: type[P]) -> AsyncIterator[P]:
        """A list of the warehouse, page by page."""
        number, pages = 1, 1
        while number <= pages:
            url = f"{self._fbs}/{name}?page={number}"
            page = self._read(name, await self._call(name, "GET", url, self._as_merchant), of)
            yield page
            number, pages = number + 1, page.meta.pagination.total_pages

    async def _call(
        self, name: str, method: str, url: str, headers: dict[str, str], body: object = None
    ) -> bytes:
        """The answer's body. The address stays out of the log: a voucher's is a secret."""
        await self._there.wait()
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers = headers | {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with self._session.request(
                method, url, data=content, headers=headers, allow_redirects=False
            ) as answer:
                said = await answer.read()
        except FAULTS as fault:
            self._tally["failed"] += 1
            self._lose(fault)
            raise NotDone from fault
        self._judge(name, answer.status)
        return said

    def _judge(self, name: str, status: int) -> None:
        if status < REDIRECTED:
            return
        if status < SERVER_ERROR:
            self._tally["refused"] += 1
            log.info("simulation.refused", call=name, status=status)
        else:
            self._tally.update(("failed", "server_errors"))
            log.warning("simulation.server_error", call=name, status=status)
        raise NotDone

    def _read(self, name: str, said: bytes, wanted: type[T]) -> T:
        try:
            return msgspec.json.decode(said, type=wanted)
        except msgspec.DecodeError as fault:
            self._tally["failed"] += 1
            log.warning("simulation.answer_unreadable", call=name)
            raise NotDone from fault

    def _lose(self, fault: Exception) -> None:
        if self.is_there:
            log.warning("simulation.server_away", fault=type(fault).__name__)
            self._there.clear()
            self._search = asyncio.create_task(self._look_for_it())

    async def _look_for_it(self) -> None:
        looks = 0
        while await self._status(f"{self._access.url}/health/live", {}) is None:
            await asyncio.sleep(LOOKING_AGAIN_AFTER[min(looks, len(LOOKING_AGAIN_AFTER) - 1)])
            looks += 1
        log.warning("simulation.server_back")
        self._there.set()

    async def _status(self, url: str, headers: dict[str, str]) -> int | None:
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                return answer.status
        except FAULTS:
            return None
