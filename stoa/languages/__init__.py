"""The languages of shops and their customers: texts from the gettext catalogues, countries, money and moments.

What is said in a shop's language is written in English in the code; ``catalogues/`` has it in every other language.
A language that is not among ``LANGUAGES`` is answered in English.
"""

import re
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency

LANGUAGES: tuple[str, ...] = ("el", "en", "ro", "bg", "hu")

_TRANSLATED = frozenset(LANGUAGES) - {"en"}
_LOCALES = {
    "el": Locale("el", "GR"),
    "en": Locale("en", "GB"),
    "ro": Locale("ro", "RO"),
    "bg": Locale("bg", "BG"),
    "hu": Locale("hu", "HU"),
}


def translate(text: str, language: str, /) -> str:
    """The English text in the language; placeholders such as ``{number}`` stay for the caller to fill."""
    # gettext's answer to an empty text would be the catalogue's header.
    if language not in _TRANSLATED or not text:
        return text
    return _catalogue(language).gettext(text)


def locale_of(language: str) -> Locale:
    """The language as its own country writes numbers and dates."""
    return _LOCALES.get(language, _LOCALES["en"])


# Room for every country in every language.
@lru_cache(maxsize=2048)
def country_name(code: str, language: str) -> str | None:
    """What the language calls the country of an ISO 3166-1 alpha-2 code (capitals); None for an unknown code."""
    if code not in _country_codes():
        return None
    name: str = locale_of(language).territories[code]
    return name


# A list has dozens of amounts and moments, and is asked for again whenever something changes: Babel takes 150 us for each.
@lru_cache(maxsize=8192)
def money(cents: int, currency: str, language: str) -> str:
    """An amount in hundredths of an ISO 4217 currency, both decimals always shown: ``1.234,50 €``."""
    # No currency has its decimals cut off (some have none by custom): the amount shown is the amount owed.
    text = format_currency(
        Decimal(cents).scaleb(-2), currency, locale=locale_of(language), currency_digits=False
    )
    # Babel leaves out the space that belongs between the letters of a currency and the number: RON 12.50.
    return re.sub(r"(?<=[^\W\d_])(?=\d)", "\N{NO-BREAK SPACE}", text)


def date_text(moment: datetime, zone: str, language: str) -> str:
    """The day that an aware moment falls on in an IANA time zone: ``5 Δεκ 2019``."""
    local = moment.astimezone(ZoneInfo(zone))
    return _printable(format_date(local, "medium", locale_of(language)))


@lru_cache(maxsize=8192)
def moment_text(moment: datetime, zone: str, language: str) -> str:
    """The day and the minute of an aware moment in an IANA time zone: ``5 Dec 2019, 16:11``."""
    local, locale = moment.astimezone(ZoneInfo(zone)), locale_of(language)
    together: str = locale.datetime_formats["medium"]  # "{1}, {0}": the date, the time
    time, date = format_time(local, "short", locale=locale), format_date(local, "medium", locale)
    return _printable(together.format(time, date))


def _printable(text: str) -> str:
    """The text with a space that the fonts of our documents have."""
    return text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")


@cache
def _catalogue(language: str) -> GNUTranslations:
    with files(__name__).joinpath("catalogues", f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def _country_codes() -> frozenset[str]:
    """The codes of ISO 3166-1 as the time zone data lists them: Babel's own list has the EU and "unknown" in it."""
    lines = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if not line.startswith("#"))
