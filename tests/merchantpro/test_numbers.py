"""The amounts of MerchantPro: what is net, what is tax, and that they add up (MerchantPro Orders API)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from stoa.dialects.merchantpro.view import shown
from stoa.documents.links import Links
from stoa.orders.money import WHOLE
from stoa.orders.order import Line, Order
from tests.builders import a_line, a_shop, an_order

SHOP = a_shop(language="ro", currency="RON")
LINKS = Links("https://stoa.test", "a secret key that only the tests have")

UNIT = ("unit_price_net", "unit_tax_amount", "unit_price_gross")
TOTAL = ("line_subtotal_net", "line_tax_amount", "line_subtotal_gross")


def read(order: Order) -> dict[str, Any]:
    """The order as a client reads it, every number as it is written."""
    view = shown(order, SHOP, LINKS, lambda *_: "", whole=True)
    answer: dict[str, Any] = json.Decoder(float_hook=Decimal).decode(json.encode(view))
    return answer


def at_19_percent(*lines: tuple[int, int], **what_matters: Any) -> dict[str, Any]:
    """An order of lines, each a unit's price in cents and a quantity."""
    return read(
        an_order(
            lines=tuple(
                a_line(unit_price_cents=cents, quantity=quantity, vat_rate=1900) for cents, quantity in lines
            ),
            **what_matters,
        )
    )


def numbers(line: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(f"{line[name]:.2f}" for name in names)


@pytest.mark.parametrize(
    ("cents", "unit"),
    [
        (10900, ("91.60", "17.40", "109.00")),
        (6900, ("57.98", "11.02", "69.00")),
        (21899, ("184.03", "34.96", "218.99")),
        (36539, ("307.05", "58.34", "365.39")),
    ],
)
def test_a_unit_is_split_as_in_the_contracts_examples(cents: int, unit: tuple[str, ...]) -> None:
    (line,) = at_19_percent((cents, 1))["line_items"]

    assert numbers(line, *UNIT) == numbers(line, *TOTAL) == unit


def test_a_line_is_the_unit_times_the_quantity() -> None:
    (line,) = at_19_percent((11703, 2))["line_items"]

    assert numbers(line, *UNIT) == ("98.34", "18.69", "117.03")
    assert numbers(line, *TOTAL) == ("196.68", "37.38", "234.06")


@pytest.mark.parametrize(("shipping", "tax"), [(1500, "2.39"), (16116, "25.73")])
def test_the_tax_within_shipping_is_that_of_the_contracts_examples(shipping: int, tax: str) -> None:
    order = at_19_percent((36539, 1), shipping_cents=shipping)

    assert numbers(order, "shipping_tax_amount") == (tax,)


@pytest.mark.parametrize(
    ("lines", "shipping", "total"),
    [
        (((21899, 1), (11703, 2)), 0, "453.05"),
        (((36539, 1),), 16116, "526.55"),
        (((10900, 1), (6900, 1)), 0, "178.00"),
    ],
)
def test_the_total_is_that_of_the_contracts_examples(
    lines: tuple[tuple[int, int], ...], shipping: int, total: str
) -> None:
    assert numbers(at_19_percent(*lines, shipping_cents=shipping), "total_amount") == (total,)


def test_where_no_tax_was_agreed_there_is_none_at_any_rate() -> None:
    untaxed = a_line(unit_price_cents=89199, quantity=15, vat_rate=1900, price_includes_vat=False)

    order = read(an_order(lines=(untaxed,), shipping_cents=1500))

    (line,) = order["line_items"]
    assert line["product_tax_percent"] == 19
    assert numbers(line, *UNIT) == ("891.99", "0.00", "891.99")
    assert numbers(line, *TOTAL) == ("13379.85", "0.00", "13379.85")
    names = ("shipping_amount", "shipping_tax_amount", "total_amount")
    assert numbers(order, *names) == ("15.00", "0.00", "13394.85")


def test_free_shipping_has_no_amount_and_no_tax() -> None:
    order = at_19_percent((10900, 1), shipping_cents=0)

    assert (order["shipping_amount"], order["shipping_tax_amount"]) == (None, None)


@pytest.mark.parametrize(("rate", "written"), [(1900, "19"), (0, "0"), (550, "5.5"), (1905, "19.05")])
def test_a_rate_is_written_without_needless_decimals(rate: int, written: str) -> None:
    (line,) = read(an_order(lines=(a_line(vat_rate=rate),)))["line_items"]

    assert str(line["product_tax_percent"]) == written


@st.composite
def any_line(draw: st.DrawFn) -> Line:
    cents = draw(st.integers(0, 10**7))
    agreed = draw(st.none() | st.integers(0, cents))
    return a_line(
        unit_price_cents=cents,
        quantity=draw(st.integers(1, 1000)),
        vat_rate=draw(st.integers(0, WHOLE)),
        price_includes_vat=draw(st.booleans()),
        agreed_vat_cents=agreed,
    )


@given(lines=st.lists(any_line(), min_size=1, max_size=5), shipping=st.integers(0, 10**6))
def test_all_amounts_add_up_to_the_cent(lines: list[Line], shipping: int) -> None:
    order = read(an_order(lines=tuple(lines), shipping_cents=shipping))

    for line in order["line_items"]:
        for net, tax, gross in (UNIT, TOTAL):
            assert line[net] + line[tax] == line[gross]
            assert min(line[net], line[tax]) >= 0
        for unit, total in zip(UNIT, TOTAL, strict=True):
            assert line[unit] * line["quantity"] == line[total]
    of_lines = sum(line["line_subtotal_gross"] for line in order["line_items"])
    assert of_lines + (order["shipping_amount"] or 0) == order["total_amount"]
    assert 0 <= (order["shipping_tax_amount"] or 0) <= (order["shipping_amount"] or 0)


@given(line=any_line(), shipping=st.integers(0, 10**6))
def test_no_amount_has_more_than_two_decimals(line: Line, shipping: int) -> None:
    order = read(an_order(lines=(line,), shipping_cents=shipping))

    amounts = [order["line_items"][0][name] for name in (*UNIT, *TOTAL)]
    assert all(amount == round(amount, 2) for amount in [*amounts, order["total_amount"]])
