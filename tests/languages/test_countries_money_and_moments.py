from datetime import UTC, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.languages import LANGUAGES, country_name, date_text, locale_of, moment_text, money

AFTERNOON = datetime(2019, 12, 5, 14, 11, 23, tzinfo=UTC)
BEFORE_MIDNIGHT = datetime(2019, 12, 5, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "locale"),
    [("el", "el_GR"), ("en", "en_GB"), ("ro", "ro_RO"), ("bg", "bg_BG"), ("hu", "hu_HU"), ("de", "en_GB")],
)
def test_a_language_is_written_as_in_its_own_country(language: str, locale: str) -> None:
    assert str(locale_of(language)) == locale


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("el", "Ρουμανία"),
        ("en", "Romania"),
        ("ro", "România"),
        ("bg", "Румъния"),
        ("hu", "Románia"),
        ("de", "Romania"),
    ],
)
def test_a_country_has_its_name_in_every_language(language: str, name: str) -> None:
    assert country_name("RO", language) == name


@pytest.mark.parametrize("code", ["", "gr", "EL", "EU", "ZZ", "QQ", "GRC", "#c", "001"])
def test_what_is_no_country_has_no_name(code: str) -> None:
    assert country_name(code, "el") is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("el", "1.234,50 €"),
        ("en", "€1,234.50"),
        ("ro", "1.234,50 EUR"),
        ("bg", "1 234,50 €"),
        ("hu", "1 234,50 EUR"),
    ],
)
def test_money_is_written_as_the_language_does(language: str, text: str) -> None:
    assert money(123450, "EUR", language).replace("\xa0", " ") == text


@pytest.mark.parametrize(
    ("cents", "currency", "language", "text"),
    [
        (5, "RON", "ro", "0,05 RON"),
        (-17800, "RON", "ro", "-178,00 RON"),
        (-1250, "RON", "en", "-RON 12.50"),
        (1250, "HUF", "hu", "12,50 Ft"),
        (1250, "JPY", "el", "12,50 JP¥"),
        (0, "EUR", "en", "€0.00"),
    ],
)
def test_no_cent_and_no_sign_is_lost(cents: int, currency: str, language: str, text: str) -> None:
    assert money(cents, currency, language).replace("\xa0", " ") == text


@given(cents=st.integers(-(10**17), 10**17), language=st.sampled_from(LANGUAGES))
def test_money_of_any_size_keeps_every_digit(cents: int, language: str) -> None:
    digits = "".join(letter for letter in money(cents, "EUR", language) if letter.isdigit())

    assert int(digits) == abs(cents)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("el", "6 Δεκ 2019"),
        ("en", "6 Dec 2019"),
        ("ro", "6 dec. 2019"),
        ("bg", "6.12.2019 г."),
        ("hu", "2019. dec. 6."),
    ],
)
def test_a_date_is_the_day_where_the_shop_is(language: str, text: str) -> None:
    assert date_text(BEFORE_MIDNIGHT, "Europe/Athens", language).replace("\xa0", " ") == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("el", "5 Δεκ 2019, 4:11 μ.μ."),
        ("en", "5 Dec 2019, 16:11"),
        ("ro", "5 dec. 2019, 16:11"),
        ("bg", "5.12.2019 г., 16:11"),
        ("hu", "2019. dec. 5. 16:11"),
    ],
)
def test_a_moment_is_told_in_the_time_of_the_shop(language: str, text: str) -> None:
    assert moment_text(AFTERNOON, "Europe/Bucharest", language).replace("\xa0", " ") == text


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        date_text(AFTERNOON, "Europe/Atlantis", "el")
