"""A return as Skroutz shows it (Skroutz Smart Cart, return object)."""

from datetime import UTC

from msgspec import UNSET, UnsetType

from stoa.dialects.skroutz.returns.wire import (
    ReturningAddressView,
    ReturnLineView,
    ReturnView,
    ReviewOptionView,
)
from stoa.dialects.skroutz.view import courier_name, local, order_code, return_code
from stoa.dialects.skroutz.wire import given
from stoa.orders.order import Address, Line, Order, ReturnRequest, ReviewOption
from stoa.orders.returning import OfferedOption, offered_options
from stoa.orders.shop import Shop

OPTION_WORDS: dict[ReviewOption, str] = {option: option.value for option in ReviewOption} | {
    ReviewOption.RESOLVED_WITH_CUSTOMER: "resolved_via_customer_communication",
    ReviewOption.INCORRECT_CONTENT: "incorrect_skroutz_content",
}
"""What a merchant may answer to a request, in the words used here."""

CHANGEABLE = ("state", "courier", "returning_address", "courier_tracking_ids")
"""The fields that the ``changes`` of a webhook speak of."""


def return_view(order: Order, shop: Shop) -> ReturnView:
    """The whole object, of an order by which goods come back because the customer asked for it."""
    request, source = order.return_request, order.return_of
    if request is None or source is None:
        message = f"order {order.id} is no return that a customer asked for"
        raise AssertionError(message)
    return ReturnView(
        return_code=return_code(order, shop),
        state=request.state,
        order_code=order_code(source, shop),
        created_at=local(order.placed_at, UTC),
        courier_tracking_ids=tuple(tracking.code for tracking in order.trackings) or UNSET,
        courier=given(courier_name(order)),
        returning_address=_address(request.address),
        return_line_items=tuple(_line(line, request) for line in order.lines),
        review_options=tuple(_option(offered) for offered in offered_options(order)) or UNSET,
    )


def _address(address: Address | None) -> ReturningAddressView | UnsetType:
    if address is None:
        return UNSET
    return ReturningAddressView(
        street_name=address.street_name,
        street_number=address.street_number,
        zip=address.zip,
        city=address.city,
        region=address.region,
        country_code=address.country_code,
    )


def _line(line: Line, request: ReturnRequest) -> ReturnLineView:
    return ReturnLineView(
        id=line.id,
        ean=line.ean or (line.size.ean if line.size else None),
        product_name=line.name,
        returning_quantity=line.quantity,
        return_reason=request.reason,
        user_comment=given(request.comment),
        user_photos=request.photos or UNSET,
    )


def _option(offered: OfferedOption) -> ReviewOptionView:
    return ReviewOptionView(
        option=OPTION_WORDS[offered.option],
        comment_required=offered.comment_required,
        supports_proposed_part_url_required=offered.part_url_required,
    )
