"""The marketplace's warehouse: which of a shop's products lie there, what is announced to it and by whom it is sent,
and what comes and goes. What orders mean for it is said in ``stock``."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from stoa.orders.shop import Shop
from stoa.orders.stock import StockChange


class Objection(StrEnum):
    """Why the warehouse does not do what it is asked; the value is a plain sentence."""

    UID_TAKEN = "The warehouse knows a product of the shop by this uid already."
    SUPPLIER_CODE_TAKEN = "The shop has a supplier with this code already."
    UNKNOWN_SUPPLIER = "The shop has no such supplier."
    UNKNOWN_PRODUCT = "The warehouse knows no such product of the shop."
    PRODUCT_NAMED_TWICE = "This product is named twice."
    DATE_IN_THE_PAST = "The day on which the goods are expected must not be over."
    NOT_ON_THE_PURCHASE_ORDER = "The purchase order has no such product."
    ALREADY_RECEIVED = "The purchase order has been received already."
    BELOW_RESERVED = "More pieces than these are kept for orders."


class Objected(Struct, frozen=True):
    """An objection and, where it is about one line of what was asked, that line's place, counted from 0."""

    objection: Objection
    line: int | None = None


class WarehouseProduct(Struct, frozen=True, kw_only=True):
    """A product of a shop that the warehouse serves. ``quantity`` pieces lie there, ``reserved`` of them for orders."""

    id: int
    shop_uid: str
    name: str | None
    ean: str | None
    active: bool
    quantity: int
    reserved: int
    created_at: datetime

    @property
    def available(self) -> int:
        return self.quantity - self.reserved


class Level(Struct, frozen=True):
    """Pieces of a product in the warehouse, and those of them that are kept for orders."""

    quantity: int
    reserved: int

    def after(self, change: StockChange) -> "Level | None":
        """The level that a change leads to; None where it would take pieces that are not there, or kept for others."""
        quantity, reserved = self.quantity + change.quantity, self.reserved + change.reserved
        return Level(quantity, reserved) if 0 <= reserved <= quantity else None


class MovementKind(StrEnum):
    RECEIVED = "received"
    SENT = "sent"
    CAME_BACK = "came_back"
    CORRECTED = "corrected"


class Cause(Struct, frozen=True, kw_only=True):
    """Why pieces come or go: an order, the number of a purchase order, or a stock-take, for which there may be a reason."""

    at: datetime
    order_id: int | None = None
    purchase_order: int | None = None
    reason: str | None = None

    def kind_of(self, quantity: int) -> MovementKind:
        """What it is called that so many pieces come, or go where it is less than 0."""
        if self.purchase_order is not None:
            return MovementKind.RECEIVED
        if self.order_id is not None:
            return MovementKind.SENT if quantity < 0 else MovementKind.CAME_BACK
        return MovementKind.CORRECTED


class Movement(Struct, frozen=True, kw_only=True):
    """A line of the ledger."""

    id: int
    at: datetime
    kind: MovementKind
    quantity: int
    order_id: int | None
    purchase_order: int | None
    reason: str | None


class Supplier(Struct, frozen=True, kw_only=True):
    """From whom a shop has goods sent to the warehouse; ``code`` is the shop's own."""

    id: str
    code: str
    name: str
    address: str | None = None
    city: str | None = None
    area: str | None = None
    zip_code: str | None = None
    phone: str | None = None
    tax_number: str | None = None
    email: str | None = None


class StorageConditions(IntEnum):
    DRY = 0
    AIR_CONDITIONED = 1
    REFRIGERATED = 2
    FROZEN = 3


class AnnouncedLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many pieces of a product, by the shop's uid, and how they are to be kept."""

    shop_uid: str
    expected_quantity: int
    keep_serial_numbers: bool = False
    has_expiration_date: bool = False
    storage_conditions: StorageConditions = StorageConditions.DRY


class PurchaseLine(AnnouncedLine, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a purchase order; ``actual_quantity`` is what was counted when it was received."""

    product_id: int
    actual_quantity: int | None = None


class Announcement(Struct, frozen=True, kw_only=True):
    """Goods that a shop announces to the warehouse, expected on a day of the shop's calendar."""

    supplier_id: str
    expected_date: date
    lines: tuple[AnnouncedLine, ...]


class PurchaseOrder(Struct, frozen=True, kw_only=True):
    """An announcement that the warehouse took note of, by its number within the shop. A list has it without lines."""

    shop_id: int
    number: int
    supplier_id: str
    expected_date: date
    created_at: datetime
    received_at: datetime | None = None
    lines: tuple[PurchaseLine, ...] = ()


class Counted(Struct, frozen=True):
    """The pieces of a product that came."""

    shop_uid: str
    quantity: int


def announce(
    announcement: Announcement, *, product_ids: Mapping[str, int], today: date
) -> tuple[PurchaseLine, ...] | Objected:
    """The lines of the purchase order that it becomes, or why it does not become one. ``product_ids`` are the numbers of
    the shop's products by uid, ``today`` is the day of the shop's calendar."""
    if announcement.expected_date < today:
        return Objected(Objection.DATE_IN_THE_PAST)
    uids = [line.shop_uid for line in announcement.lines]
    wrong = _first_wrong(uids, product_ids, unknown=Objection.UNKNOWN_PRODUCT)
    return wrong or tuple(_purchase_line(line, product_ids[line.shop_uid]) for line in announcement.lines)


def _purchase_line(line: AnnouncedLine, product_id: int) -> PurchaseLine:
    return PurchaseLine(
        product_id=product_id,
        shop_uid=line.shop_uid,
        expected_quantity=line.expected_quantity,
        keep_serial_numbers=line.keep_serial_numbers,
        has_expiration_date=line.has_expiration_date,
        storage_conditions=line.storage_conditions,
    )


def receive(order: PurchaseOrder, counted: Sequence[Counted], *, at: datetime) -> PurchaseOrder | Objected:
    """The purchase order once the goods are there; of products that nobody counted as many came as were expected."""
    if order.received_at is not None:
        return Objected(Objection.ALREADY_RECEIVED)
    known = {line.shop_uid: line.expected_quantity for line in order.lines}
    uids = [count.shop_uid for count in counted]
    wrong = _first_wrong(uids, known, unknown=Objection.NOT_ON_THE_PURCHASE_ORDER)
    if wrong:
        return wrong
    came = known | {count.shop_uid: count.quantity for count in counted}
    lines = tuple(replace(line, actual_quantity=came[line.shop_uid]) for line in order.lines)
    return replace(order, received_at=at, lines=lines)


def _first_wrong(uids: Sequence[str], known: Mapping[str, object], *, unknown: Objection) -> Objected | None:
    """The first of the products that is not known, or named a second time."""
    seen: set[str] = set()
    for place, uid in enumerate(uids):
        if uid not in known:
            return Objected(unknown, place)
        if uid in seen:
            return Objected(Objection.PRODUCT_NAMED_TWICE, place)
        seen.add(uid)
    return None


def purchase_order_code(order: PurchaseOrder, shop: Shop) -> str:
    """``YYMMDD-SSSS-NNNN``: the shop's day on which it was announced, the shop's number and the order's own, with
    more digits where four are too few."""
    day = order.created_at.astimezone(ZoneInfo(shop.zone_of_codes))
    return f"{day:%y%m%d}-{order.shop_id:04}-{order.number:04}"


_CODE = re.compile(r"\d{6}-(\d{4,18})-(\d{4,18})", re.ASCII)


def read_purchase_order_code(code: str) -> tuple[int, int] | None:
    """The number of the shop and that of its purchase order; None for what is no code."""
    matched = _CODE.fullmatch(code)
    return (int(matched[1]), int(matched[2])) if matched else None
