"""Whatever is written in a shop's language must have its letters in the fonts of our documents."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.fonts import TTFFont

import stoa
from stoa.languages import LANGUAGES, date_text, moment_text, money

CODE = Path(stoa.__file__).parent
CURRENCIES = ("EUR", "RON", "BGN", "HUF", "GBP", "USD")
EVERY_MONTH = [datetime(2026, month, 15, hour=month * 2 - 1, tzinfo=UTC) for month in range(1, 13)]


@pytest.fixture(params=["Regular", "Bold"], scope="module")
def letters(request: pytest.FixtureRequest) -> frozenset[str]:
    font = TTFFont(FPDF(), CODE / "documents" / "fonts" / f"NotoSans-{request.param}.ttf", "notosans", "")
    known = frozenset(map(chr, font.cmap))
    font.close()
    return known


def test_the_catalogues_can_be_printed(letters: frozenset[str]) -> None:
    texts = [path.read_text("utf-8") for path in (CODE / "languages" / "catalogues").glob("*.po")]

    assert set("".join(texts)) - letters == {"\n"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_and_moments_can_be_printed(letters: frozenset[str], language: str) -> None:
    written = [write(moment, "UTC", language) for moment in EVERY_MONTH for write in (date_text, moment_text)]

    assert set("".join(written)) - letters == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_money_can_be_printed(letters: frozenset[str], language: str) -> None:
    written = [money(-123456789, currency, language) for currency in CURRENCIES]

    assert set("".join(written)) - letters == set()
