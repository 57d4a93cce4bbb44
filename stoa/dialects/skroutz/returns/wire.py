"""The objects that Skroutz shows of returns (Skroutz Smart Cart, Returns API), in the contract's order of fields."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from stoa.dialects.skroutz.wire import Wire


class ReturningAddressView(Wire, frozen=True, kw_only=True):
    street_name: str
    street_number: str
    zip: str
    city: str
    region: str
    country_code: str


class ReturnLineView(Wire, frozen=True, kw_only=True):
    """``id`` is that of the order's line."""

    id: str
    ean: str | None
    product_name: str
    returning_quantity: int
    return_reason: str | UnsetType = UNSET
    user_comment: str | UnsetType = UNSET
    user_photos: tuple[str, ...] | UnsetType = UNSET


class ReviewOptionView(Wire, frozen=True, kw_only=True):
    option: str
    comment_required: bool
    supports_proposed_part_url_required: bool


class ReturnView(Wire, frozen=True, kw_only=True):
    """``created_at`` is in UTC. Courier and address from the approval on, review options only until the review."""

    return_code: str
    state: str
    order_code: str
    created_at: datetime
    courier_tracking_ids: tuple[str, ...] | UnsetType = UNSET
    courier: str | UnsetType = UNSET
    returning_address: ReturningAddressView | UnsetType = UNSET
    return_line_items: tuple[ReturnLineView, ...]
    review_options: tuple[ReviewOptionView, ...] | UnsetType = UNSET
