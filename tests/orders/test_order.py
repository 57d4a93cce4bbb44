import os
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.orders.carriers import CARRIERS, NETWORKS
from stoa.orders.order import Fees, Fulfilment, InvoiceDocument, Order, PaymentMethod, State, opaque_id
from stoa.orders.shop import Shop
from tests.builders import a_line, a_shop, a_voucher, an_address, an_invoice, an_order, an_order_in


def test_an_order_costs_its_goods_and_the_shipping() -> None:
    order = an_order(
        lines=(a_line(quantity=2, unit_price_cents=1040), a_line(quantity=1, unit_price_cents=2500))
    )

    assert replace(order, shipping_cents=350).items_cents == 4580
    assert replace(order, shipping_cents=350).total_cents == 4930


def test_commission_is_rounded_line_by_line() -> None:
    order = an_order(
        lines=(
            a_line(quantity=2, unit_price_cents=1040, commission_rate=834),
            a_line(quantity=1, unit_price_cents=2500, commission_rate=928),
        )
    )

    assert [line.commission_cents for line in order.lines] == [173, 232]
    assert order.commission_cents == 405


def test_vat_is_rounded_piece_by_piece() -> None:
    line = a_line(quantity=2, unit_price_cents=11703, vat_rate=1900)

    assert line.vat_cents == 3738


def test_a_line_agreed_without_vat_contains_none() -> None:
    order = an_order(lines=(a_line(price_includes_vat=False), a_line(quantity=1, unit_price_cents=1240)))

    assert order.vat_cents == 240


def test_a_vat_that_was_agreed_is_not_computed() -> None:
    line = a_line(quantity=3, unit_price_cents=1000, vat_rate=1900, agreed_vat_cents=150)

    assert (line.unit_vat_cents, line.vat_cents) == (150, 450)


def test_a_line_agreed_without_vat_contains_none_whatever_was_agreed_of_it() -> None:
    assert a_line(price_includes_vat=False, agreed_vat_cents=150).vat_cents == 0


@pytest.mark.parametrize(("shipping", "vat"), [(1500, 239), (16116, 2573), (0, 0)])
def test_shipping_is_taxed_at_the_highest_rate_of_the_goods(shipping: int, vat: int) -> None:
    order = an_order(lines=(a_line(vat_rate=900), a_line(vat_rate=1900)), shipping_cents=shipping)

    assert (order.shipping_vat_rate, order.shipping_vat_cents) == (1900, vat)


@pytest.mark.parametrize("untaxed", [{"price_includes_vat": False}, {"agreed_vat_cents": 0}, {"vat_rate": 0}])
def test_shipping_is_not_taxed_where_the_goods_are_not(untaxed: dict[str, int]) -> None:
    order = an_order(lines=(a_line(**untaxed),), shipping_cents=1500)

    assert (order.shipping_vat_rate, order.shipping_vat_cents) == (0, 0)


def test_the_courier_collects_the_whole_price_of_an_order_with_cash_on_delivery() -> None:
    order = an_order(payment_method=PaymentMethod.CASH_ON_DELIVERY, shipping_cents=200)

    assert order.cash_on_delivery_cents == 3798


def test_the_courier_collects_nothing_where_the_customer_has_paid() -> None:
    assert an_order(payment_method=PaymentMethod.CARD).cash_on_delivery_cents == 0


def test_a_customer_without_invoice_details_gets_a_receipt() -> None:
    assert an_order(invoice=None).document is InvoiceDocument.RECEIPT


def test_a_company_gets_an_invoice() -> None:
    assert an_order(invoice=an_invoice()).document is InvoiceDocument.INVOICE


@pytest.mark.parametrize("vat_number", ["111119191", "EL111119191", "gr111119191", ""])
def test_a_company_at_home_is_excluded_from_vat_by_article_39a(vat_number: str) -> None:
    invoice = an_invoice(vat_exclusion_requested=True, vat_number=vat_number)

    assert an_order(invoice=invoice).document is InvoiceDocument.INVOICE_39A


def test_the_greek_prefix_may_be_typed_in_greek_letters() -> None:
    invoice = an_invoice(vat_exclusion_requested=True, vat_number="ΕΛ111119191")

    assert an_order(invoice=invoice).document is InvoiceDocument.INVOICE_39A


@pytest.mark.parametrize("vat_number", ["RO12345678", "de123456789", "CY12345678X"])
def test_a_company_elsewhere_in_the_union_is_excluded_from_vat_through_vies(vat_number: str) -> None:
    invoice = an_invoice(vat_exclusion_requested=True, vat_number=vat_number)

    assert an_order(invoice=invoice).document is InvoiceDocument.INVOICE_VIES


@pytest.mark.parametrize(
    ("courier", "address", "network"),
    [
        ("acs", {}, None),
        ("acs", {"collection_point": "Περίπτερο Κέντρο"}, None),
        ("courier_center", {"collection_point": "APM 17", "collection_network": "box_now"}, "box_now"),
        ("acs", {"collection_point": "Περίπτερο", "collection_network": "clever_point"}, "clever_point"),
        ("box_now", {"collection_point": "APM 17", "collection_network": "box_now"}, None),
        (None, {"collection_point": "APM 17", "collection_network": "box_now"}, "box_now"),
        ("acs", {"collection_network": "box_now"}, None),
    ],
)
def test_the_network_of_a_pickup_point_counts_where_another_carrier_brings_the_parcel_there(
    courier: str | None, address: dict[str, str], network: str | None
) -> None:
    order = replace(an_order(address=an_address(**address)), courier=courier)

    assert order.pickup_network == network


def test_every_network_of_pickup_points_is_a_carrier_with_a_name() -> None:
    assert set(NETWORKS) == {"box_now", "clever_point"}
    assert CARRIERS.keys() >= NETWORKS


def test_an_order_finds_its_line_by_id_and_no_other() -> None:
    order = an_order(lines=(a_line(name="Τσάντα"), a_line(name="Ομπρέλα")))

    assert order.line(order.lines[1].id) == order.lines[1]
    assert order.line("none") is None


def test_a_voucher_is_due_once_the_order_was_accepted_with_one() -> None:
    assert an_order_in(State.ACCEPTED).voucher_is_due


@pytest.mark.parametrize("state", sorted(set(State) - {State.ACCEPTED, State.DISPATCHED}))
def test_no_voucher_is_due_before_acceptance_or_after_the_parcel_arrived(state: State) -> None:
    assert not an_order_in(state).voucher_is_due


def test_no_second_voucher_is_due() -> None:
    assert not replace(an_order_in(State.ACCEPTED), voucher=a_voucher()).voucher_is_due


@pytest.mark.parametrize("fulfilment", sorted(set(Fulfilment) - {Fulfilment.MARKETPLACE}))
def test_no_voucher_is_due_where_the_marketplaces_courier_does_not_come(fulfilment: Fulfilment) -> None:
    assert not an_order_in(State.ACCEPTED, fulfilment=fulfilment).voucher_is_due


@given(parts=st.lists(st.integers() | st.text(), min_size=1))
def test_an_opaque_id_is_ten_letters_and_digits(parts: list[object]) -> None:
    assert len(opaque_id(*parts)) == 10
    assert opaque_id(*parts).isascii()
    assert opaque_id(*parts).isalnum()


@given(one=st.tuples(st.text(), st.integers()), other=st.tuples(st.text(), st.integers()))
def test_opaque_ids_are_the_same_for_the_same_parts_only(
    one: tuple[str, int], other: tuple[str, int]
) -> None:
    assert (opaque_id(*one) == opaque_id(*other)) == (one == other)


def test_an_opaque_id_is_the_same_in_every_process() -> None:
    asking = "from stoa.orders.order import opaque_id; print(opaque_id('line', 1000001, 1), end='')"
    said = subprocess.run(
        [sys.executable, "-c", asking],
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == opaque_id("line", 1000001, 1)


@pytest.mark.parametrize("state", State)
def test_an_order_of_any_state_comes_back_from_json_as_it_was(state: State) -> None:
    order = an_order_in(state, invoice=an_invoice(), fees=Fees(handling=50), comments="Στο γραφείο")

    assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order


def test_a_shop_comes_back_from_json_as_it_was() -> None:
    shop = a_shop(set_as_ready_required=True)

    assert msgspec.json.decode(msgspec.json.encode(shop), type=Shop) == shop
