from typing import Any

import pytest
from msgspec.structs import replace

from stoa.orders import events as happened
from stoa.orders.commands import LineRejection, Placement, Reject
from stoa.orders.decisions import remaining_lines
from stoa.orders.order import (
    Actor,
    Fees,
    Line,
    LinkedOrder,
    Order,
    PaymentMethod,
    PaymentStatus,
    Rejection,
    RejectionReason,
    State,
)
from stoa.orders.placing import place_what_is_left
from stoa.orders.refusals import Refusal, Refused
from tests.builders import DAY, HOUR, NOON, a_line, a_shop, after, an_invoice, an_order, asking, placed

FOLLOW_UP = 1_000_002
LIMITED, NO_STOCK = RejectionReason.LIMITED_STOCK, RejectionReason.NO_STOCK


def a_bag_and_two_umbrellas(**what_matters: Any) -> Order:
    bag = a_line(name="Τσάντα", quantity=1, unit_price_cents=2500, commission_rate=928)
    umbrellas = a_line(name="Ομπρέλα", quantity=2, unit_price_cents=1040, commission_rate=834)
    return an_order(lines=(bag, umbrellas), **what_matters)


ORDER = a_bag_and_two_umbrellas()
BAG, UMBRELLAS = (line.id for line in ORDER.lines)
ONE_UMBRELLA = LineRejection(UMBRELLAS, LIMITED, 1)


def pieces(lines: tuple[Line, ...]) -> dict[str, int]:
    return {line.name: line.quantity for line in lines}


def what_is_left_after(*rejections: LineRejection, order: Order = ORDER) -> Order:
    return placed(place_what_is_left(order, rejections, order_id=FOLLOW_UP, shop=a_shop(), now=NOON + HOUR))


def test_lines_are_rejected_with_their_reasons() -> None:
    order = after(ORDER, Reject(lines=(LineRejection(BAG, RejectionReason.WRONG_PRICE),)))

    assert order.state is State.REJECTED
    assert [line.rejection_reason for line in order.lines] == [RejectionReason.WRONG_PRICE, None]


def test_a_rejection_for_limited_pieces_notes_how_many_there_are() -> None:
    order = after(ORDER, Reject(lines=(ONE_UMBRELLA,)))

    assert [line.available_quantity for line in order.lines] == [None, 1]


def test_the_whole_order_is_rejected_in_other_words() -> None:
    order = after(ORDER, Reject(other="Το κατάστημά μας είναι κλειστό"))

    assert order.rejection == Rejection(by=Actor.MERCHANT, reason="Το κατάστημά μας είναι κλειστό")
    assert order.lines == ORDER.lines


def test_the_marketplace_may_reject_too() -> None:
    order = after(ORDER, Reject(other="Ύποπτη παραγγελία"), by=Actor.MARKETPLACE)

    assert order.rejection == Rejection(by=Actor.MARKETPLACE, reason="Ύποπτη παραγγελία")


@pytest.mark.parametrize("nothing", [Reject(), Reject(other="")])
def test_a_rejection_names_lines_or_another_reason(nothing: Reject) -> None:
    assert asking(ORDER, nothing) == Refused(Refusal.NOTHING_REJECTED, "line_items")


def test_a_line_of_another_order_cannot_be_rejected() -> None:
    stranger = LineRejection("jn231kb12u", NO_STOCK)

    refused = asking(ORDER, Reject(lines=(ONE_UMBRELLA, stranger)))

    assert refused == Refused(Refusal.UNKNOWN_LINE, "line_items.id")


def test_a_line_is_rejected_once_only() -> None:
    refused = asking(ORDER, Reject(lines=(LineRejection(BAG, NO_STOCK), LineRejection(BAG, NO_STOCK))))

    assert refused == Refused(Refusal.LINE_NAMED_TWICE, "line_items.id")


def test_limited_pieces_require_the_available_quantity() -> None:
    refused = asking(ORDER, Reject(lines=(LineRejection(UMBRELLAS, LIMITED),)))

    assert refused == Refused(Refusal.AVAILABLE_QUANTITY_REQUIRED, "line_items.available_quantity")


@pytest.mark.parametrize("available", [-1, 2, 3])
def test_the_available_quantity_is_at_least_nothing_and_below_what_was_ordered(available: int) -> None:
    refused = asking(ORDER, Reject(lines=(LineRejection(UMBRELLAS, LIMITED, available),)))

    assert refused == Refused(Refusal.AVAILABLE_QUANTITY_OUT_OF_RANGE, "line_items.available_quantity")


def test_no_pieces_at_all_are_limited_pieces_too() -> None:
    assert after(ORDER, Reject(lines=(LineRejection(UMBRELLAS, LIMITED, 0),))).state is State.REJECTED


def test_an_available_quantity_is_noted_only_for_the_reason_that_asks_for_it() -> None:
    order = after(ORDER, Reject(lines=(LineRejection(UMBRELLAS, NO_STOCK, -5),)))

    assert order.lines[1].available_quantity is None


def test_an_order_at_its_deadline_can_no_longer_be_rejected() -> None:
    refused = asking(ORDER, Reject(other="Κλειστό"), at=ORDER.expires_at)

    assert refused == Refused(Refusal.EXPIRED, state=State.EXPIRED)


def test_a_rejected_order_is_not_rejected_again() -> None:
    refused = asking(after(ORDER, Reject(other="Κλειστό")), Reject(other="Κλειστό"), by=Actor.MERCHANT)

    assert refused == Refused(Refusal.WRONG_STATE, state=State.REJECTED)


def test_after_limited_pieces_the_unnamed_lines_are_left_whole_and_the_limited_at_what_there_is() -> None:
    assert pieces(remaining_lines(ORDER, (ONE_UMBRELLA,))) == {"Τσάντα": 1, "Ομπρέλα": 1}


def test_a_line_rejected_for_another_reason_beside_limited_pieces_is_not_left() -> None:
    assert pieces(remaining_lines(ORDER, (ONE_UMBRELLA, LineRejection(BAG, NO_STOCK)))) == {"Ομπρέλα": 1}


def test_limited_to_no_pieces_leaves_the_other_lines() -> None:
    assert pieces(remaining_lines(ORDER, (LineRejection(UMBRELLAS, LIMITED, 0),))) == {"Τσάντα": 1}


def test_nothing_is_left_after_a_rejection_without_limited_pieces() -> None:
    assert remaining_lines(ORDER, (LineRejection(BAG, NO_STOCK),)) == ()


def test_a_rejection_with_something_left_links_the_follow_up_of_the_same_moment() -> None:
    order = after(ORDER, Reject(lines=(ONE_UMBRELLA,), follow_up=FOLLOW_UP), at=NOON + HOUR)

    follow_up = what_is_left_after(ONE_UMBRELLA)

    assert order.replacements == (LinkedOrder(id=follow_up.id, placed_at=follow_up.placed_at),)


@pytest.mark.parametrize(
    "rejection",
    [
        Reject(lines=(LineRejection(BAG, NO_STOCK),), follow_up=FOLLOW_UP),
        Reject(
            lines=(LineRejection(BAG, NO_STOCK), LineRejection(UMBRELLAS, LIMITED, 0)), follow_up=FOLLOW_UP
        ),
        Reject(other="Κλειστό", follow_up=FOLLOW_UP),
    ],
)
def test_a_rejection_with_nothing_left_links_no_follow_up(rejection: Reject) -> None:
    assert asking(ORDER, rejection) == happened.Rejected(
        lines=rejection.lines, reason=rejection.other, follow_up=None
    )
    assert after(ORDER, rejection).replacements == ()


def test_the_follow_up_is_a_new_open_order_that_names_the_one_it_replaces() -> None:
    follow_up = what_is_left_after(ONE_UMBRELLA)

    assert (follow_up.id, follow_up.state) == (FOLLOW_UP, State.OPEN)
    assert follow_up.replaces == LinkedOrder(id=ORDER.id, placed_at=NOON)


def test_the_follow_ups_money_is_computed_afresh() -> None:
    follow_up = what_is_left_after(ONE_UMBRELLA)

    assert (follow_up.items_cents, follow_up.commission_cents) == (3540, 232 + 87)


def test_the_follow_ups_deadlines_and_windows_are_made_afresh() -> None:
    follow_up = what_is_left_after(ONE_UMBRELLA)

    assert (follow_up.placed_at, follow_up.expires_at) == (NOON + HOUR, NOON + HOUR + DAY)
    assert all(window.opens > NOON + HOUR for window in follow_up.options.windows)


def test_the_follow_up_goes_to_the_same_customer_on_the_same_terms() -> None:
    order = a_bag_and_two_umbrellas(
        invoice=an_invoice(),
        payment_method=PaymentMethod.CASH_ON_DELIVERY,
        comments="Στο γραφείο",
        courier="acs",
        express=True,
        gift_wrap=True,
        shipping_cents=350,
        fees=Fees(handling=50),
    )

    follow_up = what_is_left_after(ONE_UMBRELLA, order=order)

    for name in set(Placement.__struct_fields__) - {"lines", "channel_ref", "expires_at", "dispatch_until"}:
        assert getattr(follow_up, name) == getattr(order, name), name
    assert follow_up.payment_status is PaymentStatus.AWAITING


def test_the_follow_ups_lines_have_ids_of_their_own() -> None:
    follow_up = what_is_left_after(ONE_UMBRELLA)

    assert {line.id for line in follow_up.lines}.isdisjoint({BAG, UMBRELLAS})


def test_the_channels_own_reference_stays_with_the_first_order() -> None:
    order = a_bag_and_two_umbrellas(channel_ref="GR--3001--MER78")

    assert what_is_left_after(ONE_UMBRELLA, order=order).channel_ref is None


def test_the_follow_ups_lines_carry_no_rejection() -> None:
    follow_up = what_is_left_after(ONE_UMBRELLA)

    assert all(line.rejection_reason is None for line in follow_up.lines)


def test_the_follow_up_is_the_same_whether_it_is_made_before_or_after_the_rejection() -> None:
    rejected = after(ORDER, Reject(lines=(ONE_UMBRELLA,), follow_up=FOLLOW_UP))

    assert what_is_left_after(ONE_UMBRELLA, order=rejected) == what_is_left_after(ONE_UMBRELLA)


def test_a_follow_up_can_itself_be_rejected_for_limited_pieces() -> None:
    order = an_order(lines=(a_line(quantity=3),))
    two = what_is_left_after(LineRejection(order.lines[0].id, LIMITED, 2), order=order)

    one = what_is_left_after(LineRejection(two.lines[0].id, LIMITED, 1), order=two)

    assert pieces(one.lines) == {order.lines[0].name: 1}
    assert one.replaces == LinkedOrder(id=two.id, placed_at=two.placed_at)


def test_an_order_with_one_line_of_one_piece_leaves_nothing() -> None:
    order = an_order(lines=(replace(a_line(), quantity=1),))

    assert remaining_lines(order, (LineRejection(order.lines[0].id, LIMITED, 0),)) == ()
