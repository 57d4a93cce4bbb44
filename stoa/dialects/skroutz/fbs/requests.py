"""What shops send and ask for (Skroutz Smart Cart, FBS API). Unknown fields of a body are ignored."""

from datetime import date
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict
from starlette.requests import Request

from stoa.dialects.skroutz.fbs.wire import MetaView, PaginationView
from stoa.orders.warehouse import AnnouncedLine, Announcement, StorageConditions, Supplier
from stoa.web.bodies import JsonReader
from stoa.web.queries import BIGGEST, read_query, whole_number

MOST_ON_A_PAGE = 100

MOST_PAGES = BIGGEST // MOST_ON_A_PAGE
"""The database counts what lies before a page."""

PAGING = {
    "page": "Which page, from 1 on",
    "per": f"How many on a page, 1 to {MOST_ON_A_PAGE}; {MOST_ON_A_PAGE} where it is not given",
}

_PAGING_READERS = {"page": whole_number(1, MOST_PAGES), "per": whole_number(1, MOST_ON_A_PAGE)}


class Page(Struct, frozen=True):
    """The part of a list that is asked for."""

    number: int
    per: int

    @property
    def start(self) -> int:
        """How many come before it."""
        return (self.number - 1) * self.per

    def meta(self, total: int) -> MetaView:
        """What is said of the list, which has so many in all."""
        pages = -(-total // self.per)
        return MetaView(
            pagination=PaginationView(total_results=total, total_pages=pages, page=self.number, per=self.per)
        )


def read_page(request: Request) -> Page:
    """The page asked for. Raises Fault."""
    query = read_query(request, _PAGING_READERS)
    return Page(query["page"] or 1, query["per"] or MOST_ON_A_PAGE)


Code = Annotated[str, Meta(pattern=r"\S", max_length=100)]
Name = Annotated[str, Meta(pattern=r"\S", max_length=200)]
Words = Annotated[str, Meta(max_length=200)]
Id = Annotated[str, Meta(min_length=1, max_length=100)]


class PurchaseLineBody(Struct, frozen=True):
    """``storage_conditions``: 0 dry, 1 air-conditioned, 2 refrigerated, 3 frozen."""

    product_uid: Id
    expected_quantity: Annotated[int, Meta(ge=1, le=100_000)]
    keep_serial_numbers: bool = False
    has_expiration_date: bool = False
    storage_conditions: StorageConditions = StorageConditions.DRY

    def line(self) -> AnnouncedLine:
        return AnnouncedLine(
            shop_uid=self.product_uid,
            expected_quantity=self.expected_quantity,
            keep_serial_numbers=self.keep_serial_numbers,
            has_expiration_date=self.has_expiration_date,
            storage_conditions=self.storage_conditions,
        )


class PurchaseOrderBody(Struct, frozen=True):
    """POST /fbs/purchase_orders"""

    expected_date: date
    supplier_id: Id
    line_items: Annotated[list[PurchaseLineBody], Meta(min_length=1, max_length=1000)]

    def announcement(self) -> Announcement:
        return Announcement(
            supplier_id=self.supplier_id,
            expected_date=self.expected_date,
            lines=tuple(line.line() for line in self.line_items),
        )


class SupplierBody(Struct, frozen=True):
    """POST /fbs/suppliers"""

    code: Code
    name: Name
    address: Words | None = None
    city: Words | None = None
    area: Words | None = None
    zip_code: Words | None = None
    phone: Words | None = None
    tax_number: Words | None = None
    email: Words | None = None

    def supplier(self) -> Supplier:
        """The supplier, which has no id yet."""
        return Supplier(id="", **asdict(self))


class SupplierChangesBody(Struct, frozen=True):
    """PATCH /fbs/suppliers/:id: only what is given changes; null takes away what a supplier need not have."""

    code: Code | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    address: Words | UnsetType | None = UNSET
    city: Words | UnsetType | None = UNSET
    area: Words | UnsetType | None = UNSET
    zip_code: Words | UnsetType | None = UNSET
    phone: Words | UnsetType | None = UNSET
    tax_number: Words | UnsetType | None = UNSET
    email: Words | UnsetType | None = UNSET

    def changes(self) -> dict[str, str | None]:
        """The new values by name."""
        return {field: value for field, value in asdict(self).items() if value is not UNSET}


read_purchase_order = JsonReader(PurchaseOrderBody)
read_supplier = JsonReader(SupplierBody)
read_supplier_changes = JsonReader(SupplierChangesBody)
