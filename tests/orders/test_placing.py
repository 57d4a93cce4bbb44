from datetime import UTC, datetime, timedelta, timezone

import pytest

from stoa.orders.carriers import LAST_MILE
from stoa.orders.commands import LineRejection, Placement
from stoa.orders.money import MOST_CENTS
from stoa.orders.order import (
    Billing,
    Fees,
    Fulfilment,
    LinkedOrder,
    Note,
    Order,
    Origin,
    PaymentMethod,
    PaymentStatus,
    RejectionReason,
    State,
    Tag,
)
from stoa.orders.placing import place, place_what_is_left
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.orders.timers import due_command, next_look
from tests.builders import (
    DAY,
    HOUR,
    NOON,
    a_customer,
    a_line,
    a_location,
    a_placement,
    a_shop,
    an_address,
    an_invoice,
    an_order,
    placed,
)


def placing(placement: Placement, shop: Shop | None = None, order_id: int = 1_000_001) -> Order | Refused:
    return place(placement, order_id=order_id, shop=shop or a_shop(), now=NOON)


def test_a_placed_order_is_open_and_belongs_to_the_shop() -> None:
    order = placed(placing(a_placement(), a_shop(id=42), order_id=7_000_000))

    assert (order.id, order.shop_id, order.state) == (7_000_000, 42, State.OPEN)
    assert order.placed_at == order.updated_at == NOON


def test_an_order_keeps_what_the_checkout_handed_over() -> None:
    placement = a_placement(
        address=an_address(collection_point="Κατάστημα ACS"),
        invoice=an_invoice(),
        channel="merchantpro",
        channel_ref="12345001",
        express=True,
        gift_wrap=True,
        fees=Fees(handling=50, coins=12),
        shipping_cents=350,
        shipping_method="17",
        payment_status=PaymentStatus.AWAITING,
        payment_provider="paypal",
        payment_reference="T-17",
        billing=Billing(is_company=True, company_name="ACME"),
        comments="Στο γραφείο",
        notification="sms",
        coupon_code="SPRING",
        original_currency="RON",
        currency_rate="4.97",
        origin=Origin(ip_address="192.0.2.1", device="mobile", by="customer"),
        meta={"source": {"campaign": 7}},
        tags=(Tag(id=1, name="gift"),),
        notes=(Note(number=1, text="Σε κουτί"),),
    )

    order = placed(placing(placement))

    made_by_placing = {"customer", "lines", "courier", "expires_at", "dispatch_until", "return_of"}
    for name in set(Placement.__struct_fields__) - made_by_placing:
        assert getattr(order, name) == getattr(placement, name), name


def test_deadlines_that_the_checkout_did_not_set_are_the_shops() -> None:
    order = placed(placing(a_placement(), a_shop(acceptance_hours=6, dispatch_hours=48)))

    assert (order.expires_at, order.dispatch_until) == (NOON + 6 * HOUR, NOON + 2 * DAY)


def test_the_checkout_may_set_the_deadlines() -> None:
    order = placed(placing(a_placement(expires_at=NOON + HOUR, dispatch_until=NOON + DAY)))

    assert (order.expires_at, order.dispatch_until) == (NOON + HOUR, NOON + DAY)


def test_a_late_deadline_takes_the_shops_dispatch_along() -> None:
    order = placed(placing(a_placement(expires_at=NOON + 9 * DAY)))

    assert order.dispatch_until == NOON + 9 * DAY


@pytest.mark.parametrize("expires_at", [NOON - HOUR, NOON])
def test_a_deadline_lies_in_the_future(expires_at: datetime) -> None:
    refused = placing(a_placement(expires_at=expires_at))

    assert refused == Refused(Refusal.DEADLINE_NOT_LATER, "expires_at")


def test_a_dispatch_is_not_due_before_the_deadline() -> None:
    refused = placing(a_placement(expires_at=NOON + DAY, dispatch_until=NOON + HOUR))

    assert refused == Refused(Refusal.DISPATCH_BEFORE_DEADLINE, "dispatch_until")


def test_deadlines_are_kept_in_utc() -> None:
    an_hour_later_in_athens = (NOON + HOUR).astimezone(timezone(timedelta(hours=2)))

    assert placed(placing(a_placement(expires_at=an_hour_later_in_athens))).expires_at.tzinfo is UTC


def test_the_options_are_the_shops_locations_windows_and_parcels() -> None:
    order = an_order(shop=a_shop(locations=(a_location(), a_location(id="2")), most_parcels=5))

    assert order.options.locations == (a_location(), a_location(id="2"))
    assert [window.id for window in order.options.windows] == [1, 2, 3, 4, 5]
    assert order.options.most_parcels == 5


def test_every_line_has_an_id_of_its_own_that_stays_the_same() -> None:
    placement = a_placement(lines=(a_line(), a_line()))

    order = placed(placing(placement))

    assert len({line.id for line in order.lines}) == 2
    assert placed(placing(placement)).lines == order.lines


def test_lines_of_two_orders_have_different_ids() -> None:
    one, other = an_order(order_id=1), an_order(order_id=2)

    assert one.lines[0].id != other.lines[0].id


@pytest.mark.parametrize(
    "known_by", [{"email": "a@example.com"}, {"mobile": "6999999999"}, {"phone": "2109999999"}]
)
def test_the_same_person_keeps_the_same_id_in_a_shop(known_by: dict[str, str]) -> None:
    nameless = {"email": None} | known_by
    once = an_order(order_id=1, customer=a_customer(**nameless))
    again = an_order(order_id=2, customer=a_customer(**nameless, first_name="Λένα"))

    assert once.customer.id == again.customer.id


def test_the_same_person_has_another_id_in_another_shop() -> None:
    assert an_order(shop=a_shop(id=1)).customer.id != an_order(shop=a_shop(id=2)).customer.id


def test_two_persons_have_different_ids() -> None:
    maria = an_order(customer=a_customer(email=None, first_name="Μαρία"))
    eleni = an_order(customer=a_customer(email=None, first_name="Ελένη"))

    assert maria.customer.id != eleni.customer.id


@pytest.mark.parametrize("method", PaymentMethod)
def test_every_order_is_paid_at_the_checkout_but_with_cash_on_delivery(method: PaymentMethod) -> None:
    at_the_door = method is PaymentMethod.CASH_ON_DELIVERY

    assert an_order(payment_method=method).payment_status is (
        PaymentStatus.AWAITING if at_the_door else PaymentStatus.PAID
    )


@pytest.mark.parametrize(
    ("fulfilment", "courier"),
    [
        (Fulfilment.MARKETPLACE, LAST_MILE),
        (Fulfilment.WAREHOUSE, LAST_MILE),
        (Fulfilment.MERCHANT, None),
        (Fulfilment.STORE_PICKUP, None),
    ],
)
def test_the_marketplaces_courier_comes_only_where_the_marketplace_brings_the_goods(
    fulfilment: Fulfilment, courier: str | None
) -> None:
    assert an_order(fulfilment=fulfilment).courier == courier


def test_the_checkout_may_name_the_courier() -> None:
    assert an_order(courier="acs").courier == "acs"


def test_a_shop_may_have_another_courier() -> None:
    assert an_order(shop=a_shop(courier="acs")).courier == "acs"


def test_an_order_may_cost_the_most_that_the_service_holds() -> None:
    assert an_order(lines=(a_line(quantity=1, unit_price_cents=MOST_CENTS),)).total_cents == MOST_CENTS


def test_an_order_that_costs_more_is_refused() -> None:
    too_dear = a_placement(lines=(a_line(quantity=1, unit_price_cents=MOST_CENTS),), shipping_cents=1)

    assert placing(too_dear) == Refused(Refusal.AMOUNT_OUT_OF_RANGE, "lines")


def test_fees_that_cost_more_than_the_service_holds_are_refused() -> None:
    assert isinstance(placing(a_placement(fees=Fees(handling=2**63))), Refused)


def test_the_checkout_may_say_that_an_order_is_not_paid_yet() -> None:
    order = an_order(payment_method=PaymentMethod.CARD, payment_status=PaymentStatus.TEMPORARY)

    assert order.payment_status is PaymentStatus.TEMPORARY


@pytest.mark.parametrize("fulfilment", Fulfilment)
def test_only_the_warehouse_takes_a_fee_of_its_own(fulfilment: Fulfilment) -> None:
    order = an_order(
        fulfilment=fulfilment, fees=Fees(handling=50, coins=12), shop=a_shop(warehouse_fee_cents=250)
    )

    takes_it = fulfilment is Fulfilment.WAREHOUSE
    assert order.fees == Fees(handling=50, coins=12, warehouse=250 if takes_it else 0)


def test_the_checkout_may_set_the_warehouses_fee() -> None:
    order = an_order(fulfilment=Fulfilment.WAREHOUSE, fees=Fees(warehouse=99))

    assert order.fees.warehouse == 99


def test_the_warehouse_works_for_nothing_where_the_shops_terms_say_so() -> None:
    order = an_order(fulfilment=Fulfilment.WAREHOUSE, shop=a_shop(warehouse_fee_cents=0))

    assert order.fees.total_cents == 0


def test_the_warehouse_takes_its_usual_fee_where_nothing_else_was_agreed() -> None:
    assert an_order(fulfilment=Fulfilment.WAREHOUSE).fees.warehouse == 120


def test_lines_are_served_by_the_product_that_the_warehouse_has_for_them() -> None:
    order = an_order(fulfilment=Fulfilment.WAREHOUSE, lines=(a_line(stock_id=10_000_001), a_line()))

    assert [line.stock_id for line in order.lines] == [10_000_001, None]


def test_an_order_is_in_the_currency_of_the_shop() -> None:
    assert an_order(shop=a_shop(currency="RON")).currency == "RON"


def test_a_customer_without_a_number_gets_the_same_one_every_time() -> None:
    once, again = an_order(order_id=1), an_order(order_id=2, customer=a_customer(last_name="Παπαδάκη-Νταή"))

    assert once.customer.number == again.customer.number
    assert 0 < once.customer.number < 2**48


def test_a_customers_number_that_the_channel_knows_stays() -> None:
    assert an_order(customer=a_customer(number=17)).customer.number == 17


# Goods that come back


SOLD = LinkedOrder(id=1_000_000, placed_at=NOON)


def test_an_order_by_which_goods_come_back_is_returned_from_the_first() -> None:
    order = an_order(return_of=SOLD)

    assert (order.state, order.return_of) == (State.RETURNED, SOLD)
    assert order.acceptance is None


@pytest.mark.parametrize("fulfilment", Fulfilment)
def test_nothing_awaits_an_order_by_which_goods_come_back(fulfilment: Fulfilment) -> None:
    order = an_order(return_of=SOLD, express=True, fulfilment=fulfilment)

    assert next_look(order) is None
    assert due_command(order, NOON + 1000 * DAY) is None


# What is left of a rejection


def test_what_is_left_has_all_that_the_order_had() -> None:
    order = an_order(
        lines=(a_line(quantity=3),),
        customer=a_customer(number=17),
        billing=Billing(is_company=True, company_name="ACME"),
        shipping_method="17",
        payment_reference="T-17",
        tags=(Tag(id=1, name="gift"),),
        meta={"campaign": 7},
    )
    limited = LineRejection(order.lines[0].id, RejectionReason.LIMITED_STOCK, 1)

    left = placed(place_what_is_left(order, (limited,), order_id=2, shop=a_shop(), now=NOON))

    made_anew = {"id", "lines", "options", "replaces"}
    for name in set(Order.__struct_fields__) - made_anew:
        assert getattr(left, name) == getattr(order, name), name
    assert left.replaces == LinkedOrder(id=order.id, placed_at=order.placed_at)


def test_a_note_after_those_that_were_taken_over_gets_a_number_of_its_own() -> None:
    kept = (Note(number=2, text="Σε κουτί"), Note(number=5, text="Με κάρτα"))

    assert an_order(notes=kept).last_note == 5
    assert an_order(notes=()).last_note == 0
