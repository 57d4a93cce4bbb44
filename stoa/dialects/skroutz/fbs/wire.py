"""The objects that Skroutz shows of its warehouse (Skroutz Smart Cart, FBS API)."""

from datetime import date, datetime

from stoa.dialects.skroutz.wire import Wire


class ProductView(Wire, frozen=True, kw_only=True):
    """``quantity`` is the number of pieces in the warehouse."""

    id: int
    shop_uid: str
    active: bool
    quantity: int


class PurchaseOrderView(Wire, frozen=True, kw_only=True):
    """Times in the shop's zone; it was not received yet where ``received_at`` is null."""

    code: str
    received_at: datetime | None
    created_at: datetime
    expected_date: date


class PurchaseLineView(Wire, frozen=True, kw_only=True):
    """``actual_quantity`` is null until the goods were received."""

    product_id: int
    shop_uid: str
    active: bool
    expected_quantity: int
    actual_quantity: int | None


class SupplierView(Wire, frozen=True, kw_only=True):
    id: str
    code: str
    name: str
    address: str | None
    city: str | None
    area: str | None
    zip_code: str | None
    phone: str | None
    tax_number: str | None
    email: str | None


class PaginationView(Wire, frozen=True, kw_only=True):
    total_results: int
    total_pages: int
    page: int
    per: int


class MetaView(Wire, frozen=True, kw_only=True):
    pagination: PaginationView
