"""What a customer may ask back, what the merchant may answer, and what the order hears of it."""

from datetime import timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders import events as happened
from stoa.orders.commands import LineQuantity
from stoa.orders.order import (
    RETURNS_UNDER_WAY,
    Actor,
    Address,
    Fulfilment,
    LinkedOrder,
    LinkedReturn,
    Order,
    PaymentStatus,
    ReturnReason,
    ReturnRequest,
    ReturnState,
    Review,
    ReviewOption,
    State,
    Tracking,
)
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.returning import news_for_source, offered_options, review
from stoa.orders.stock import WAREHOUSE_ADDRESS
from stoa.orders.timers import due_command, next_look
from tests.builders import (
    APPROVE,
    DAY,
    HOUR,
    MINUTE,
    NOON,
    a_line,
    a_location,
    a_request,
    a_return,
    a_return_in,
    a_shop,
    a_tracking,
    after,
    an_order,
    an_order_in,
    asking,
    both_after,
    way_back_to,
    with_a_return,
)

LINES = (a_line(name="Τσάντα", quantity=1), a_line(name="Ομπρέλα", quantity=3))
DELIVERED = an_order_in(State.DELIVERED, lines=LINES)
BAG, UMBRELLAS = (line.id for line in DELIVERED.lines)
TAKE_IT_BACK = way_back_to(ReturnState.RETURNED)


def umbrellas(pieces: int) -> tuple[LineQuantity, ...]:
    return (LineQuantity(UMBRELLAS, pieces),)


def returning(order: Order) -> list[int]:
    return [line.returning_quantity for line in order.lines]


def returned(order: Order) -> list[int]:
    return [line.returned_quantity for line in order.lines]


def reasons(order: Order) -> list[ReturnReason | None]:
    return [line.return_reason for line in order.lines]


def request_of(back: Order) -> ReturnRequest:
    assert back.return_request is not None
    return back.return_request


# The request


def test_a_request_makes_a_return_that_waits_for_the_merchant() -> None:
    source, back = with_a_return(
        DELIVERED,
        lines=umbrellas(2),
        reason=ReturnReason.FAULTY,
        comment="Δεν ανοίγει",
        photos=("https://photos.example.com/1.jpg",),
        at=NOON + DAY,
    )

    assert (back.id, back.shop_id, back.state) == (2_000_001, source.shop_id, State.FOR_RETURN)
    assert back.placed_at == back.updated_at == NOON + DAY
    assert back.return_of == LinkedOrder(id=source.id, placed_at=source.placed_at)
    assert back.return_request == ReturnRequest(
        state=ReturnState.PENDING_REVIEW,
        reason=ReturnReason.FAULTY,
        review_until=NOON + 4 * DAY,
        comment="Δεν ανοίγει",
        photos=("https://photos.example.com/1.jpg",),
    )


def test_the_order_of_a_request_is_for_return_and_knows_of_it() -> None:
    source, back = with_a_return(DELIVERED, lines=umbrellas(2), reason=ReturnReason.FAULTY)

    assert (source.state, returning(source), returned(source)) == (State.FOR_RETURN, [0, 2], [0, 0])
    assert reasons(source) == [None, ReturnReason.FAULTY]
    assert source.returns == (
        LinkedReturn(id=back.id, placed_at=back.placed_at, state=ReturnState.PENDING_REVIEW),
    )
    assert source.return_is_under_way


def test_a_return_is_about_the_named_pieces_under_the_names_that_their_order_has_for_them() -> None:
    _, back = with_a_return(DELIVERED, lines=umbrellas(2), reason=ReturnReason.FAULTY)

    assert DELIVERED.lines[1].delivered_quantity == 3
    assert back.lines == (
        replace(DELIVERED.lines[1], quantity=2, delivered_quantity=None, return_reason=ReturnReason.FAULTY),
    )


def test_a_return_knows_nothing_of_what_came_back_before_or_of_the_warehouse() -> None:
    line = a_line(quantity=3, stock_id=10_000_001)
    source = an_order_in(State.PARTIALLY_RETURNED, lines=(line,), fulfilment=Fulfilment.WAREHOUSE)
    source, _ = with_a_return(source)
    _, back = with_a_return(source, number=2_000_002)

    (line,) = back.lines
    assert (line.returned_quantity, line.returning_quantity, line.restocked_quantity) == (0, 0, 0)
    assert (line.stock_id, back.fulfilment) == (None, Fulfilment.WAREHOUSE)


def test_a_return_is_no_sale() -> None:
    source = replace(DELIVERED, express=True, shipping_cents=350)
    _, back = with_a_return(source, lines=umbrellas(1))

    assert (back.total_cents, back.fees.total_cents) == (1799, 0)
    assert back.payment_status is PaymentStatus.AWAITING
    assert asking(back, asked.IssueInvoice(number=1)) == Refused(Refusal.NOT_A_SALE)
    assert isinstance(asking(back, a_request(back)), Refused)


@pytest.mark.parametrize("pieces", [-1, 0, 4])
def test_a_customer_returns_between_one_piece_and_all_that_were_delivered(pieces: int) -> None:
    refused = asking(DELIVERED, a_request(DELIVERED, lines=umbrellas(pieces)))

    assert refused == Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ((), Refused(Refusal.NOTHING_NAMED, "lines")),
        (umbrellas(1) + umbrellas(1), Refused(Refusal.LINE_NAMED_TWICE, "lines.id")),
        ((LineQuantity("jn231kb12u", 1),), Refused(Refusal.UNKNOWN_LINE, "lines.id")),
    ],
)
def test_a_customer_names_each_line_of_the_order_once(
    lines: tuple[LineQuantity, ...], refused: Refused
) -> None:
    assert asking(DELIVERED, a_request(DELIVERED, lines=lines)) == refused


def test_what_is_in_one_return_is_in_no_other() -> None:
    source, _ = with_a_return(DELIVERED, lines=umbrellas(2))

    refused = asking(source, a_request(source, lines=umbrellas(2)))

    assert refused == Refused(Refusal.QUANTITY_OUT_OF_RANGE, "lines.quantity")
    assert returning(with_a_return(source, lines=umbrellas(1), number=2_000_002)[0]) == [0, 3]


def test_what_came_back_is_not_asked_back_again() -> None:
    source, _ = both_after(*with_a_return(DELIVERED, lines=umbrellas(2)), *TAKE_IT_BACK)

    assert isinstance(asking(source, a_request(source, lines=umbrellas(2))), Refused)
    assert isinstance(asking(source, a_request(source, lines=umbrellas(1))), happened.ReturnRequested)


def test_what_a_declined_return_was_about_may_be_asked_back_again() -> None:
    source, _ = both_after(*with_a_return(DELIVERED, lines=umbrellas(3)), *way_back_to(ReturnState.REJECTED))

    assert returning(with_a_return(source, lines=umbrellas(3), number=2_000_002)[0]) == [0, 3]


def test_what_the_customer_did_not_take_is_not_asked_back() -> None:
    dispatched = an_order_in(State.DISPATCHED, lines=LINES)
    order = after(dispatched, asked.DeliverPartially(lines=umbrellas(1)))

    assert isinstance(asking(order, a_request(order, lines=umbrellas(2))), Refused)
    assert isinstance(asking(order, a_request(order, lines=(LineQuantity(BAG, 1),))), Refused)
    assert isinstance(asking(order, a_request(order, lines=umbrellas(1))), happened.ReturnRequested)


def test_a_parcel_that_could_not_be_delivered_is_not_asked_back() -> None:
    order = an_order_in(State.FOR_RETURN, lines=LINES)

    assert asking(order, a_request(order)) == Refused(Refusal.NOTHING_TO_RETURN, state=State.FOR_RETURN)


def test_goods_are_asked_back_until_the_customers_time_is_over() -> None:
    assert DELIVERED.returnable_until == NOON + 14 * DAY
    request = a_request(DELIVERED)

    assert asking(DELIVERED, request, at=NOON + 14 * DAY) == Refused(Refusal.RETURN_TIME_OVER)
    assert isinstance(asking(DELIVERED, request, at=NOON + 14 * DAY - MINUTE), happened.ReturnRequested)


def test_a_merchant_or_courier_does_not_note_what_comes_back_while_a_return_is_under_way() -> None:
    source, _ = with_a_return(DELIVERED)

    for actor in (Actor.MERCHANT, Actor.COURIER):
        assert asking(source, asked.Return(), by=actor) == Refused(Refusal.RETURN_UNDER_WAY)


# The merchant's deadline


@pytest.mark.parametrize("hours", [24, 72])
def test_the_merchant_answers_within_the_hours_of_its_shop(hours: int) -> None:
    back = a_return(at=NOON + HOUR, shop=a_shop(review_hours=hours))

    assert request_of(back).review_until == NOON + HOUR + hours * HOUR
    assert (back.expires_at, back.dispatch_until) == (NOON + (hours + 1) * HOUR,) * 2


def test_a_shop_has_three_days_where_nothing_else_was_agreed() -> None:
    assert a_shop().review_hours == 72


def test_the_marketplace_may_set_the_deadline_and_it_is_kept_in_utc() -> None:
    in_athens = (NOON + HOUR).astimezone(timezone(timedelta(hours=2)))

    review_until = request_of(a_return(review_until=in_athens)).review_until

    assert (review_until, review_until.tzname()) == (NOON + HOUR, "UTC")


def test_a_deadline_lies_in_the_future() -> None:
    request = a_request(DELIVERED, review_until=NOON)

    assert asking(DELIVERED, request, at=NOON) == Refused(Refusal.RETURN_DEADLINE_NOT_AHEAD, "review_until")


def test_the_clock_looks_at_a_return_when_its_answer_is_due() -> None:
    back = a_return(review_until=NOON + HOUR)

    assert next_look(back) == NOON + HOUR
    assert due_command(back, NOON + HOUR - MINUTE) is None
    assert due_command(back, NOON + HOUR) == (asked.ExpireReturn(), Actor.CLOCK)


def test_a_return_expires_at_its_deadline_and_its_order_is_delivered_again() -> None:
    source, back = with_a_return(DELIVERED, review_until=NOON + HOUR)

    assert asking(back, asked.ExpireReturn(), by=Actor.CLOCK, at=NOON) == Refused(
        Refusal.DEADLINE_NOT_REACHED
    )

    source, back = both_after(source, back, asked.ExpireReturn(), at=NOON + HOUR)
    assert (request_of(back).state, request_of(back).closed_at) == (ReturnState.EXPIRED, NOON + HOUR)
    assert (back.state, source.state) == (State.EXPIRED, State.DELIVERED)


@pytest.mark.parametrize("by", [Actor.MERCHANT, Actor.MARKETPLACE])
@pytest.mark.parametrize(
    "answer", [ReviewOption.APPROVE, ReviewOption.SEND_MISSING_PART, ReviewOption.RESOLVED_WITH_CUSTOMER]
)
def test_past_the_deadline_nobody_answers_though_the_clock_has_not_looked_yet(
    answer: ReviewOption, by: Actor
) -> None:
    back = a_return(reason=ReturnReason.MISSING_PART, review_until=NOON + HOUR)
    command = review(answer, comment=None, proposed_part_url=None)

    too_late = Refused(Refusal.RETURN_DECIDED, "option", ReturnState.EXPIRED)
    assert asking(back, command, by=by, at=NOON + HOUR) == too_late
    assert not isinstance(asking(back, command, by=by, at=NOON + HOUR - MINUTE), Refused)


@pytest.mark.parametrize("state", sorted(set(ReturnState) - {ReturnState.PENDING_REVIEW}))
def test_a_return_that_was_answered_has_no_deadline(state: ReturnState) -> None:
    back = a_return_in(state)

    assert next_look(back) is None
    assert due_command(back, NOON + 365 * DAY) is None


def test_a_return_whose_order_could_be_completed_meanwhile_leaves_that_to_its_end() -> None:
    source, back = with_a_return(DELIVERED, at=NOON + 13 * DAY)

    assert next_look(source) is None
    source, _ = both_after(source, back, asked.ExpireReturn(), at=NOON + 16 * DAY)
    assert next_look(source) == NOON + 14 * DAY
    assert due_command(source, NOON + 16 * DAY) == (asked.Complete(), Actor.CLOCK)


# The answer


APPROVED, RESOLVED = ReviewOption.APPROVE, ReviewOption.RESOLVED_WITH_CUSTOMER
COMMENT, PART = "comment", "part"

# What each answer to each reason requires.
ANSWERS: dict[ReturnReason, dict[ReviewOption, set[str]]] = {
    **{reason: {APPROVED: set(), RESOLVED: set()} for reason in ReturnReason},
    ReturnReason.FAULTY: {
        APPROVED: set(),
        ReviewOption.CONTACT_MANUFACTURER: {COMMENT},
        RESOLVED: set(),
        ReviewOption.USABILITY_SUGGESTIONS: {COMMENT},
        ReviewOption.NOT_FAULTY: {COMMENT},
    },
    ReturnReason.MISSING_PART: {
        APPROVED: set(),
        ReviewOption.SEND_MISSING_PART: set(),
        RESOLVED: set(),
        ReviewOption.PART_NOT_INCLUDED: {COMMENT, PART},
        ReviewOption.INCORRECT_CONTENT: {COMMENT},
    },
    ReturnReason.WITHDRAWAL: {APPROVED: set(), ReviewOption.OUT_OF_POLICY_WITHDRAWAL: set()},
}
LEADS_TO = {
    ReviewOption.APPROVE: ReturnState.RETURNING,
    ReviewOption.SEND_MISSING_PART: ReturnState.CANCELLED,
}


def answering(
    option: ReviewOption, *, comment: str | None = None, part: str | None = None
) -> asked.ReviewReturn:
    return review(option, comment=comment, proposed_part_url=part)


@pytest.mark.parametrize("reason", ReturnReason)
def test_every_reason_has_its_answers_in_their_order(reason: ReturnReason) -> None:
    offered = offered_options(a_return(reason=reason))

    assert [option.option for option in offered] == list(ANSWERS[reason])
    for option in offered:
        required = ANSWERS[reason][option.option]
        assert (option.comment_required, option.part_url_required) == (COMMENT in required, PART in required)


@pytest.mark.parametrize("reason", ReturnReason)
def test_the_answers_of_a_reason_lead_where_they_should_and_no_others_are_heard(reason: ReturnReason) -> None:
    back = a_return(reason=reason)

    for option in ReviewOption:
        answer = answering(option, comment="Δείτε τις οδηγίες", part="https://parts.example.com/7")
        if option in ANSWERS[reason]:
            assert request_of(after(back, answer)).state is LEADS_TO.get(option, ReturnState.REJECTED)
        else:
            assert asking(back, answer) == Refused(Refusal.NO_SUCH_OPTION, "option")


@pytest.mark.parametrize("option", ANSWERS[ReturnReason.MISSING_PART])
def test_an_answer_is_kept_with_who_gave_it_and_when(option: ReviewOption) -> None:
    answer = answering(option, comment="Δείτε τις οδηγίες", part="https://parts.example.com/7")

    back = after(a_return(reason=ReturnReason.MISSING_PART), answer, at=NOON + HOUR)

    assert request_of(back).review == Review(
        option=option,
        by=Actor.MERCHANT,
        at=NOON + HOUR,
        comment="Δείτε τις οδηγίες",
        proposed_part_url="https://parts.example.com/7",
    )


@pytest.mark.parametrize(
    ("reason", "option"),
    [(reason, option) for reason, answers in ANSWERS.items() for option, needs in answers.items() if needs],
)
@pytest.mark.parametrize("comment", [None, "", " \n"])
def test_an_answer_that_requires_a_comment_is_nothing_without_one(
    reason: ReturnReason, option: ReviewOption, comment: str | None
) -> None:
    answer = answering(option, comment=comment, part="https://parts.example.com/7")

    assert asking(a_return(reason=reason), answer) == Refused(Refusal.COMMENT_REQUIRED, "comment")


@pytest.mark.parametrize("part", [None, "", " "])
def test_an_answer_that_requires_the_address_of_a_part_is_nothing_without_one(part: str | None) -> None:
    back = a_return(reason=ReturnReason.MISSING_PART)
    answer = answering(ReviewOption.PART_NOT_INCLUDED, comment="Δεν περιέχεται", part=part)

    assert asking(back, answer) == Refused(Refusal.PART_URL_REQUIRED, "proposed_part_url")


@pytest.mark.parametrize(
    ("reason", "option"),
    [
        (reason, option)
        for reason, answers in ANSWERS.items()
        for option, needs in answers.items()
        if not needs
    ],
)
def test_other_answers_need_no_words(reason: ReturnReason, option: ReviewOption) -> None:
    assert not isinstance(asking(a_return(reason=reason), answering(option)), Refused)


@pytest.mark.parametrize("state", sorted(set(ReturnState) - {ReturnState.PENDING_REVIEW}))
def test_a_return_that_was_answered_offers_nothing_any_more(state: ReturnState) -> None:
    assert offered_options(a_return_in(state)) == ()


def test_an_order_that_is_no_return_offers_no_answers() -> None:
    assert offered_options(an_order()) == ()


@pytest.mark.parametrize("fulfilment", Fulfilment)
def test_no_part_is_sent_after_what_the_warehouse_sent(fulfilment: Fulfilment) -> None:
    source = an_order_in(State.DELIVERED, fulfilment=fulfilment)
    back = a_return(source, reason=ReturnReason.MISSING_PART)
    from_the_warehouse = fulfilment is Fulfilment.WAREHOUSE

    offered = [option.option for option in offered_options(back)]
    outcome = asking(back, answering(ReviewOption.SEND_MISSING_PART))

    assert (ReviewOption.SEND_MISSING_PART in offered) is not from_the_warehouse
    assert (outcome == Refused(Refusal.NO_SUCH_OPTION, "option")) is from_the_warehouse
    assert len(offered) == 4 + (not from_the_warehouse)


def test_a_return_is_answered_once() -> None:
    back = a_return_in(ReturnState.RETURNING)

    assert asking(back, APPROVE, by=Actor.MERCHANT) == Refused(
        Refusal.RETURN_DECIDED, "option", ReturnState.RETURNING
    )


# The way back


def test_an_approved_return_goes_to_the_shops_first_location_with_its_courier() -> None:
    first = a_location(street_name="Ερμού", street_number="7", zip="10563", city="Αθήνα", region="Αττική")
    shop = a_shop(locations=(first, a_location(id="2")), courier="acs", country_code="CY")

    back = after(a_return(), APPROVE, shop=shop)

    assert back.courier == "acs"
    assert request_of(back).address == Address(
        street_name="Ερμού",
        street_number="7",
        zip="10563",
        city="Αθήνα",
        region="Αττική",
        country_code="CY",
    )


def test_an_approved_return_goes_to_the_shop_by_name_where_it_has_no_location() -> None:
    back = after(a_return(), APPROVE, shop=a_shop(locations=(), country_code="CY"))

    assert request_of(back).address == Address(recipient="Το Παλαιοπωλείο", country_code="CY")


def test_what_the_warehouse_sent_goes_back_there() -> None:
    back = a_return(an_order_in(State.DELIVERED, fulfilment=Fulfilment.WAREHOUSE))

    assert request_of(after(back, APPROVE)).address == WAREHOUSE_ADDRESS


def test_an_address_is_where_the_shop_was_when_it_approved() -> None:
    source, back = both_after(*with_a_return(DELIVERED), APPROVE)
    moved = a_shop(locations=(a_location(street_name="Ερμού"),))

    _, back = both_after(source, back, asked.ArriveBack(), asked.TakeBack(), shop=moved)

    address = request_of(back).address
    assert address is not None
    assert address.street_name == "Πανεπιστημίου"


def test_nobody_knows_where_an_unanswered_return_goes_or_with_whom() -> None:
    back = a_return()

    assert (back.courier, request_of(back).address, back.trackings) == (None, None, ())


@pytest.mark.parametrize(("named", "courier"), [("elta", "elta"), (None, "last_mile")])
def test_the_courier_says_under_which_numbers_the_goods_come(named: str | None, courier: str) -> None:
    source, back = both_after(
        *with_a_return(DELIVERED), APPROVE, asked.TrackReturn(tracking_ids=("1", "2"), courier=named)
    )

    assert back.courier == courier
    assert back.trackings == (Tracking(courier=courier, code="1"), Tracking(courier=courier, code="2"))
    assert source.returns[0].tracking_ids == ("1", "2")


def test_new_numbers_replace_the_old_ones() -> None:
    track, retrack = asked.TrackReturn(tracking_ids=("1",)), asked.TrackReturn(tracking_ids=("2",))

    source, back = both_after(*with_a_return(DELIVERED), APPROVE, track, retrack)

    assert [tracking.code for tracking in back.trackings] == ["2"]
    assert source.returns[0].tracking_ids == ("2",)


def test_goods_come_under_a_number_at_least() -> None:
    back = a_return_in(ReturnState.RETURNING)

    refused = asking(back, asked.TrackReturn(tracking_ids=()))

    assert refused == Refused(Refusal.NOTHING_NAMED, "tracking_ids")


def test_goods_that_arrive_are_looked_at() -> None:
    source, back = both_after(*with_a_return(DELIVERED), APPROVE, asked.ArriveBack(), at=NOON + DAY)

    assert request_of(back).state is ReturnState.PENDING_PHYSICAL_REVIEW
    assert request_of(back).arrived_at == NOON + DAY
    assert source.returns[0].state is ReturnState.PENDING_PHYSICAL_REVIEW
    assert returned(source) == [0, 0]


# The end


def test_goods_that_are_taken_back_are_returned_to_the_order() -> None:
    source, back = both_after(*with_a_return(DELIVERED, lines=umbrellas(2)), *TAKE_IT_BACK, at=NOON + DAY)

    assert (back.state, request_of(back).closed_at) == (State.RETURNED, NOON + DAY)
    assert (source.state, returning(source), returned(source)) == (State.PARTIALLY_RETURNED, [0, 0], [0, 2])
    assert reasons(source) == [None, ReturnReason.WITHDRAWAL]
    assert source.returns == (LinkedReturn(id=back.id, placed_at=back.placed_at, state=ReturnState.RETURNED),)


@pytest.mark.parametrize("end", [ReturnState.REJECTED, ReturnState.CANCELLED, ReturnState.EXPIRED])
def test_what_comes_to_nothing_leaves_the_order_as_it_was_but_known(end: ReturnState) -> None:
    source, back = with_a_return(DELIVERED, lines=umbrellas(2))
    way = (asked.ExpireReturn(),) if end is ReturnState.EXPIRED else way_back_to(end)
    source, back = both_after(source, back, *way, at=NOON + 3 * DAY if end is ReturnState.EXPIRED else NOON)

    assert (source.state, source.lines) == (State.DELIVERED, DELIVERED.lines)
    assert [linked.state for linked in source.returns] == [end]
    assert not source.return_is_under_way


def test_an_order_of_which_a_line_was_not_taken_is_partially_delivered_again() -> None:
    the_bag = (LineQuantity(BAG, 1),)
    taken = after(an_order_in(State.DISPATCHED, lines=LINES), asked.DeliverPartially(lines=the_bag))

    source, _ = both_after(*with_a_return(taken, lines=the_bag), asked.CancelReturn())

    assert source.state is State.PARTIALLY_DELIVERED


def test_goods_are_sent_back_to_the_customer_for_a_reason() -> None:
    arrived = (APPROVE, asked.ArriveBack())
    _, back = both_after(*with_a_return(DELIVERED), *arrived, asked.SendBack(reason="Σπασμένο"))

    assert (back.state, request_of(back).closed_because) == (State.REJECTED, "Σπασμένο")


def test_who_cancels_a_return_and_why_is_kept() -> None:
    back = after(a_return(), asked.CancelReturn(reason="Το βρήκα"), by=Actor.CUSTOMER)

    assert (back.cancelled_by, back.cancel_reason) == (Actor.CUSTOMER, "Το βρήκα")
    assert request_of(back).closed_because == "Το βρήκα"


def test_the_answer_to_a_declined_return_is_kept_with_its_end() -> None:
    back = after(a_return(), answering(ReviewOption.OUT_OF_POLICY_WITHDRAWAL), at=NOON + HOUR)

    assert (request_of(back).closed_at, request_of(back).address) == (NOON + HOUR, None)


def test_the_second_of_two_returns_goes_on_when_the_first_ends() -> None:
    source, first = with_a_return(DELIVERED, lines=umbrellas(1))
    source, second = with_a_return(source, lines=umbrellas(2), number=2_000_002)

    source, _ = both_after(source, first, *TAKE_IT_BACK)
    assert (source.state, returning(source), returned(source)) == (State.FOR_RETURN, [0, 2], [0, 1])

    source, _ = both_after(source, second, *TAKE_IT_BACK)
    assert (source.state, returning(source), returned(source)) == (State.PARTIALLY_RETURNED, [0, 0], [0, 3])


def test_returns_of_everything_make_the_order_returned() -> None:
    source, first = with_a_return(DELIVERED, lines=umbrellas(3))
    source, second = with_a_return(source, lines=(LineQuantity(BAG, 1),), number=2_000_002)
    source, _ = both_after(source, first, *TAKE_IT_BACK)

    source, _ = both_after(source, second, *TAKE_IT_BACK)

    assert (source.state, returned(source)) == (State.RETURNED, [1, 3])


def test_a_line_keeps_its_reason_while_another_of_its_pieces_comes_back() -> None:
    source, first = with_a_return(DELIVERED, lines=umbrellas(1), reason=ReturnReason.FAULTY)
    source, second = with_a_return(source, lines=umbrellas(1), reason=ReturnReason.FAULTY, number=2_000_002)

    source, _ = both_after(source, first, asked.CancelReturn())
    assert reasons(source) == [None, ReturnReason.FAULTY]
    source, _ = both_after(source, second, asked.CancelReturn())
    assert reasons(source) == [None, None]


# What the order hears


def changed(back: Order, **what: Any) -> tuple[Order, Order, happened.Event]:
    """A return before and after a change of the merchant's, which is no step of its life."""
    event = asking(back, asked.Modify(changes=what), by=Actor.MERCHANT)
    assert not isinstance(event, Refused)
    return back, after(back, asked.Modify(changes=what), by=Actor.MERCHANT), event


def test_the_order_hears_nothing_of_what_the_merchant_writes_on_a_return() -> None:
    assert news_for_source(*changed(a_return(), comments="Στο ράφι")) is None


def test_an_order_that_is_no_return_has_nothing_to_tell_another() -> None:
    assert news_for_source(*changed(an_order(), trackings=(a_tracking(),))) is None


def test_the_order_hears_of_numbers_that_the_merchant_writes_on_a_return() -> None:
    news = news_for_source(*changed(a_return(), trackings=(a_tracking(code="9"),)))

    assert news is not None
    assert (news.order.state, news.order.tracking_ids) == (ReturnState.PENDING_REVIEW, ("9",))


@pytest.mark.parametrize("end", sorted(set(ReturnState) - RETURNS_UNDER_WAY - {ReturnState.EXPIRED}))
def test_numbers_that_come_after_the_end_of_a_return_count_nothing_twice(end: ReturnState) -> None:
    source, back = both_after(*with_a_return(DELIVERED, lines=umbrellas(2)), *way_back_to(end))

    told, _ = both_after(source, back, asked.Modify(changes={"trackings": (a_tracking(code="9"),)}))

    assert told.returns[0].tracking_ids == ("9",)
    assert (told.state, told.lines) == (source.state, source.lines)


def test_numbers_that_come_after_the_end_of_a_return_count_nothing_while_another_is_under_way() -> None:
    source, first = with_a_return(DELIVERED, lines=umbrellas(1))
    source, _ = with_a_return(source, lines=umbrellas(2), number=2_000_002)
    source, first = both_after(source, first, *TAKE_IT_BACK)

    told, _ = both_after(source, first, asked.Modify(changes={"trackings": (a_tracking(code="9"),)}))

    assert (returning(told), returned(told)) == ([0, 2], [0, 1])


# A return that is deleted


def deleting(source: Order, back: Order) -> Order:
    pieces = tuple(LineQuantity(line.id, line.quantity) for line in back.lines)
    return after(source, asked.UnlinkReturn(number=back.id, lines=pieces))


@pytest.mark.parametrize("state", sorted(RETURNS_UNDER_WAY))
def test_a_return_that_is_deleted_on_its_way_never_was(state: ReturnState) -> None:
    source, back = both_after(*with_a_return(DELIVERED, lines=umbrellas(2)), *way_back_to(state))

    assert deleting(source, back) == DELIVERED


def test_what_came_back_stays_back_though_its_return_is_deleted() -> None:
    source, back = both_after(*with_a_return(DELIVERED, lines=umbrellas(2)), *TAKE_IT_BACK)

    without = deleting(source, back)

    assert (without.state, without.lines, without.returns) == (source.state, source.lines, ())


def test_another_return_goes_on_when_one_is_deleted() -> None:
    source, first = with_a_return(DELIVERED, lines=umbrellas(1))
    source, second = with_a_return(source, lines=umbrellas(2), number=2_000_002)

    without = deleting(source, first)

    assert (without.state, returning(without)) == (State.FOR_RETURN, [0, 2])
    assert [linked.id for linked in without.returns] == [second.id]


def test_a_return_that_the_merchant_wrote_down_is_unlinked_without_a_trace() -> None:
    link = asked.LinkReturn(order=LinkedOrder(id=2_000_001, placed_at=NOON))
    source = after(DELIVERED, link)
    assert source.returns == (LinkedReturn(id=2_000_001, placed_at=NOON),)

    assert after(source, asked.UnlinkReturn(number=2_000_001, lines=umbrellas(3))) == DELIVERED
