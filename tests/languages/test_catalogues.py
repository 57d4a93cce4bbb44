import re

import pytest

from stoa.languages import LANGUAGES, translate
from tests.languages.collecting import (
    CATALOGUES,
    TRANSLATED,
    all_texts,
    catalogue,
    texts,
    texts_asked_for,
    texts_in_tables,
    texts_in_template,
)


def placeholders(text: str) -> set[str]:
    """Those that stand in the text, however often."""
    return set(re.findall(r"\{[^}]*\}", text))


def test_every_language_but_english_has_a_catalogue() -> None:
    assert sorted(path.stem for path in CATALOGUES.glob("*.po")) == TRANSLATED


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_says_which_language_it_is_in(language: str) -> None:
    assert str(catalogue(language).locale) == language


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_none_is_in_doubt(language: str) -> None:
    unfinished = [message.id for message in catalogue(language) if not message.string or message.fuzzy]

    assert unfinished == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_is_retired_or_said_twice(language: str) -> None:
    said = re.findall(r'^msgid "(.+)"$', (CATALOGUES / f"{language}.po").read_text("utf-8"), re.MULTILINE)

    assert sorted(said) == sorted(texts(language))
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_all_catalogues_hold_the_same_texts_in_the_same_order(language: str) -> None:
    assert list(texts(language)) == list(texts("el"))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_the_placeholders(language: str) -> None:
    lost = [text for text, said in texts(language).items() if placeholders(text) != placeholders(said)]

    assert lost == []


def test_every_text_that_people_may_see_is_in_the_catalogues() -> None:
    known = texts("el")

    assert {text: path for text, path in all_texts().items() if text not in known} == {}


def test_a_text_is_found_where_the_code_asks_for_it() -> None:
    source = """
translate("Order", "el"); languages.translate("Total", x); translate(text, "el"); "x".translate(table)
say(language, "Numbers"); teller.say("Tags", n=1); say(language, words)
"""

    assert sorted(texts_asked_for(source)) == ["Numbers", "Order", "Tags", "Total"]


def test_a_text_is_found_where_a_page_asks_for_it() -> None:
    source = (
        """<h1>{{ say("Orders") }}</h1> {{ say('It\\'s "late"', n=2) }} {{ say(words) }} {{ essay("no") }}"""
    )

    assert list(texts_in_template(source)) == ["Orders", 'It\'s "late"']


def test_a_text_is_found_in_a_table_and_what_machines_read_is_not() -> None:
    source = """
\"\"\"Says what is what.\"\"\"
NAMES = {"To pack": "Being packed", "key": "look below", "type": "text/html; charset=utf-8"}
def why() -> str:
    return "It has no label." if x else f"Order {n}"
"""

    assert sorted(texts_in_tables(source)) == ["Being packed", "It has no label.", "look below"]


@pytest.mark.parametrize(
    ("text", "romanian"),
    [
        ("Payment awaiting", "Plata in asteptare"),
        ("Payment cancelled", "Plata anulata"),
        ("Order awaiting", "Comanda in asteptare"),
        ("Order cancelled", "Comanda anulata"),
        ("Cash on delivery", "Plata in sistem ramburs"),
    ],
)
def test_romanian_statuses_are_those_of_the_merchantpro_api(text: str, romanian: str) -> None:
    assert translate(text, "ro") == romanian


@pytest.mark.parametrize(
    ("language", "name"), [("el", "ΦΠΑ"), ("en", "VAT"), ("ro", "TVA"), ("bg", "ДДС"), ("hu", "ÁFA")]
)
def test_vat_has_its_own_name_in_every_language(language: str, name: str) -> None:
    assert translate("VAT", language) == name


def test_placeholders_are_left_for_the_caller_to_fill() -> None:
    assert translate("Page {page} of {pages}", "ro").format(page=1, pages=2) == "Pagina 1 din 2"


@pytest.mark.parametrize("language", ["de", "", "../el", "EL"])
def test_an_unknown_language_is_answered_in_english(language: str) -> None:
    assert translate("Invoice", language) == "Invoice"


@pytest.mark.parametrize("text", ["", "Never translated"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_no_catalogue_holds_stays_as_it_is(text: str, language: str) -> None:
    assert translate(text, language) == text
