"""Every order that is made up can be placed, every return asked for, and nobody real is in them."""

from random import Random
from typing import Any

import msgspec
import pytest

from stoa.operator.requests import OrderBody
from stoa.operator.returns import ReturnBody
from stoa.orders.commands import Placement
from stoa.orders.order import Fulfilment, PaymentMethod, ReturnReason
from stoa.simulator.catalogue import PLACES, PRODUCTS, STORED
from stoa.simulator.orders import believable_order
from stoa.simulator.reasons import believable_complaint
from stoa.web.bodies import JsonReader

MANY = 1000

read_order = JsonReader(OrderBody)


def placed(seed: int) -> Placement:
    return read_order.read(msgspec.json.encode(believable_order(Random(seed)))).placement()


@pytest.fixture(scope="module")
def orders() -> list[Placement]:
    return [placed(seed) for seed in range(MANY)]


def test_the_same_seed_makes_the_same_order() -> None:
    assert believable_order(Random(7)) == believable_order(Random(7))


def test_without_a_seed_orders_differ() -> None:
    assert len({repr(believable_order()) for _ in range(20)}) > 10


def test_every_way_to_pay_occurs(orders: list[Placement]) -> None:
    assert {order.payment_method for order in orders} == set(PaymentMethod)


def test_cash_on_delivery_is_rarer_than_cards(orders: list[Placement]) -> None:
    methods = [order.payment_method for order in orders]
    assert 0 < methods.count(PaymentMethod.CASH_ON_DELIVERY) < methods.count(PaymentMethod.CARD)


def test_orders_are_shipped_by_both_sides_or_fetched(orders: list[Placement]) -> None:
    wanted = {Fulfilment.MARKETPLACE, Fulfilment.MERCHANT, Fulfilment.STORE_PICKUP}
    assert {order.fulfilment for order in orders} == wanted


@pytest.mark.parametrize(
    "is_rare",
    [
        lambda order: order.gift_wrap,
        lambda order: order.express,
        lambda order: order.invoice is not None,
        lambda order: order.address.collection_point is not None,
        lambda order: bool(order.comments),
        lambda order: order.shipping_cents > 0,
    ],
    ids=["gift wrap", "express", "invoice", "collection point", "comments", "shipping cost"],
)
def test_what_is_rare_occurs_now_and_then(orders: list[Placement], is_rare: Any) -> None:
    assert MANY * 0.01 < sum(map(is_rare, orders)) < MANY * 0.2


def test_only_the_marketplace_ships_express_or_to_collection_points(orders: list[Placement]) -> None:
    others = [order for order in orders if order.fulfilment is not Fulfilment.MARKETPLACE]
    assert not [order for order in others if order.express or order.address.collection_point]


def test_all_three_vat_rates_occur(orders: list[Placement]) -> None:
    assert {line.vat_rate for order in orders for line in order.lines} == {2400, 1300, 600}


def test_clothes_have_sizes_and_lenses_have_strengths(orders: list[Placement]) -> None:
    lines = [line for order in orders for line in order.lines]
    clothes = [line for line in lines if line.shop_uid.startswith("3")]
    lenses = [line for line in lines if line.shop_uid.startswith("4")]
    assert clothes
    assert lenses
    assert all(line.size is not None and line.shop_variation_uid for line in clothes)
    assert all((line.extra_info or "").startswith("Βαθμοί SPH: -") for line in lenses)


def test_no_order_names_a_product_twice(orders: list[Placement]) -> None:
    for order in orders:
        assert len({line.shop_uid for line in order.lines}) == len(order.lines)


def test_telephones_and_mail_addresses_are_nobodys(orders: list[Placement]) -> None:
    for order in orders:
        assert (order.customer.email or "").endswith("@example.com")
        assert (order.customer.mobile or "").startswith("6900000")
        assert (order.customer.phone or "2100000").startswith("2100000")


def test_vat_numbers_are_of_valid_form(orders: list[Placement]) -> None:
    numbers = [order.invoice.vat_number for order in orders if order.invoice]
    assert numbers
    for number in numbers:
        weighted = sum(int(digit) * 2 ** (8 - place) for place, digit in enumerate(number[:8]))
        assert len(number) == 9
        assert int(number[8]) == weighted % 11 % 10


def test_bar_codes_are_of_valid_form_and_from_no_makers_range(orders: list[Placement]) -> None:
    for code in {line.ean or "" for order in orders for line in order.lines}:
        assert len(code) == 13
        assert code.startswith("20")
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(code)) % 10 == 0


def test_every_postal_code_stands_for_one_city() -> None:
    assert len({(place.zip, place.city) for place in PLACES}) == len({place.zip for place in PLACES})


def test_every_product_has_its_own_number() -> None:
    assert len({product.uid for product in PRODUCTS}) == len(PRODUCTS)


def test_what_lies_in_the_warehouse_is_known_there_as_orders_call_it(orders: list[Placement]) -> None:
    stored = {product.uid for product in STORED}
    lines = [line for order in orders for line in order.lines if line.shop_uid in stored]

    assert {line.shop_uid for line in lines} == stored
    assert all(line.shop_variation_uid is None for line in lines)


read_return = JsonReader(ReturnBody)


def test_every_reason_for_a_return_occurs_and_can_be_asked_with() -> None:
    pieces = {"lines": [{"id": 1, "quantity": 1}]}
    asked = [msgspec.to_builtins(believable_complaint(Random(seed))) for seed in range(MANY)]
    read = [read_return.read(msgspec.json.encode(pieces | complaint)) for complaint in asked]

    assert {complaint.reason for complaint in read} == set(ReturnReason)
    assert {complaint.comment is None for complaint in read} == {True, False}
    photos = [photo for complaint in read for photo in complaint.photos]
    assert photos
    assert all(photo.startswith("https://images.example.com/") for photo in photos)
