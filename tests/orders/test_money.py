import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.orders.money import MOST_CENTS, WHOLE, net_of, share_of, vat_within

gross_amounts = st.integers(min_value=0, max_value=MOST_CENTS)
rates = st.integers(min_value=0, max_value=WHOLE)


@pytest.mark.parametrize(
    ("gross", "net", "vat"),
    [(10900, 9160, 1740), (6900, 5798, 1102), (21899, 18403, 3496), (11703, 9834, 1869)],
)
def test_a_gross_price_at_19_percent_splits_as_in_the_marketplaces_examples(
    gross: int, net: int, vat: int
) -> None:
    assert (net_of(gross, 1900), vat_within(gross, 1900)) == (net, vat)


@pytest.mark.parametrize(("shipping", "vat"), [(1500, 239), (16116, 2573)])
def test_the_vat_within_shipping_is_rounded_as_in_the_marketplaces_examples(shipping: int, vat: int) -> None:
    assert vat_within(shipping, 1900) == vat


@pytest.mark.parametrize(
    ("total", "rate", "commission"), [(2080, 834, 173), (2500, 928, 232), (3598, 834, 300)]
)
def test_commission_is_the_rates_share_of_the_total(total: int, rate: int, commission: int) -> None:
    assert share_of(total, rate) == commission


def test_half_a_cent_is_rounded_up() -> None:
    assert share_of(50, 100) == 1
    assert share_of(49, 100) == 0


@given(gross=gross_amounts, rate=rates)
def test_net_and_vat_add_up_to_the_gross_price(gross: int, rate: int) -> None:
    assert net_of(gross, rate) + vat_within(gross, rate) == gross


@given(gross=gross_amounts, rate=rates)
def test_the_net_price_is_the_whole_cent_nearest_to_the_exact_one(gross: int, rate: int) -> None:
    off_by = net_of(gross, rate) * (WHOLE + rate) - gross * WHOLE

    assert 2 * abs(off_by) <= WHOLE + rate


@given(amount=gross_amounts, rate=rates)
def test_a_share_is_never_more_than_the_amount_and_never_less_than_nothing(amount: int, rate: int) -> None:
    assert 0 <= share_of(amount, rate) <= amount


@given(gross=gross_amounts)
def test_without_a_rate_there_is_no_vat_and_no_share(gross: int) -> None:
    assert vat_within(gross, 0) == 0
    assert share_of(gross, 0) == 0
