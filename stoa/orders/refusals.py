"""Why an order does not do what it is asked: values, not crashes. A dialect may say it in its own words."""

from enum import StrEnum

from msgspec import Struct

from stoa.orders.order import ReturnState, State


class Refusal(StrEnum):
    """The value is a plain sentence; ``{state}`` is the order's."""

    WRONG_STATE = "The order is {state}, which does not allow this."
    EXPRESS = "Express orders are accepted by the marketplace itself."
    EXPIRED = "The order's time for acceptance is over."
    NOT_YOURS_TO_DO = "This is not for you to do."
    UNKNOWN_PICKUP_LOCATION = "This pickup location is not one of the order's options."
    UNKNOWN_PICKUP_WINDOW = "This pickup window is not one of the order's options."
    PICKUP_WINDOW_HAS_BEGUN = "This pickup window has already begun."
    UNKNOWN_NUMBER_OF_PARCELS = "This number of parcels is not one of the order's options."
    UNKNOWN_LINE = "The order has no such line."
    LINE_NAMED_TWICE = "This line is named twice."
    NOTHING_REJECTED = "Name the lines that are rejected, or another reason."
    AVAILABLE_QUANTITY_REQUIRED = "This reason requires the available quantity."
    AVAILABLE_QUANTITY_OUT_OF_RANGE = (
        "The available quantity must be at least 0 and below the ordered quantity."
    )
    QUANTITY_OUT_OF_RANGE = "The quantity must be at least 1 and at most what the line has left."
    NOTHING_NAMED = "Name at least one."
    NOTHING_LEFT_OUT = "That is the whole order: nothing would be partial about it."
    NOT_ELIGIBLE_FOR_READY = "The order cannot be marked as ready."
    NOT_ELIGIBLE_FOR_UNDO = "The order cannot be marked as not ready."
    NOT_SHIPPED_BY_MERCHANT = "Only orders that the merchant ships itself have tracking details."
    CARRIED_BY_MARKETPLACE = "The marketplace's courier carries this order, and reports what becomes of it."
    ALREADY_INVOICED = "The order has an invoice."
    NOTHING_TO_RETURN = "The order is {state}: nothing of it can come back."
    NOT_A_SALE = "By this order goods came back: there is nothing to invoice."
    NOT_INVOICED = "The order has no invoice that could be cancelled."
    NO_VOUCHER = "The order has no voucher."
    NO_VOUCHER_DUE = "The order waits for no voucher."
    VOUCHER_EXISTS = "The order has a voucher already."
    VOUCHER_OUTDATED = "Another voucher was made and cancelled meanwhile; try again."
    TOO_MANY_VOUCHERS = "The order has had so many vouchers that it gets no more."
    NOT_SHIPPED_BY_MARKETPLACE = "Only orders that the marketplace's courier carries have vouchers."
    TOO_MANY_FILES = "The order has had so many files that it takes no more."
    UNKNOWN_FILE = "The order has no such file."
    NOTHING_TO_COMPLETE = "The order's time to be returned does not end now."
    DEADLINE_NOT_REACHED = "The order's time for acceptance is not over yet."
    DEADLINE_NOT_LATER = "The new deadline must lie in the future and after the present one."
    DISPATCH_BEFORE_DEADLINE = "An order cannot be due for dispatch before its deadline for acceptance."
    WINDOW_NOT_AHEAD = "The pickup window must lie in the future and end after it begins."
    NO_PARCEL_UNDER_WAY = "No parcel of this order is under way."
    RETURN_UNDER_WAY = "A return of this order is under way: what comes back is noted there."
    RETURN_TIME_OVER = "The order's time to be returned is over."
    RETURN_DECIDED = "The return is {state}: it has been decided on."
    RETURN_WRONG_STATE = "The return is {state}, which does not allow this."
    NOT_A_RETURN = "This order is no return that a customer asked for."
    NO_SUCH_OPTION = "This is not one of the return's review options."
    COMMENT_REQUIRED = "This option requires a comment."
    PART_URL_REQUIRED = "This option requires the address of the part."
    RETURN_DEADLINE_NOT_AHEAD = "The deadline for the review must lie in the future."
    NOTHING_TO_REFUND = "The order has no payment of which something could be refunded."
    REFUND_OUT_OF_RANGE = "The refund must be at least 1 cent and at most what is left of the payment."
    OUT_OF_STOCK = "The warehouse does not have so many pieces."
    AMOUNT_OUT_OF_RANGE = "The order's amounts add up to more than the service can hold."


class Refused(Struct, frozen=True):
    """A refusal, the command's field that it is about, and the state that the order is in."""

    refusal: Refusal
    field: str | None = None
    state: State | ReturnState | None = None

    @property
    def message(self) -> str:
        return self.worded(self.refusal.value)

    def worded(self, words: str) -> str:
        """Other words for the same refusal, with the order's state in its place."""
        return words.format(state=self.state.replace("_", " ") if self.state else "")
