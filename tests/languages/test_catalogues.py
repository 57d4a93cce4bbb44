import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import stoa
from stoa.languages import LANGUAGES, translate

CODE = Path(stoa.__file__).parent
CATALOGUES = CODE / "languages" / "catalogues"
TRANSLATED = sorted(set(LANGUAGES) - {"en"})


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as source:
        return read_po(source, abort_invalid=True)


def texts(language: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{[^}]*\}", text))


def texts_asked_for(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Name(id="translate") | ast.Attribute(attr="translate"),
                args=[ast.Constant(value=str(text)), *_],
            ):
                yield text


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


def test_every_text_that_the_code_asks_for_is_in_the_catalogues() -> None:
    known = texts("el")
    missing = {
        f"{path.relative_to(CODE)}: {text}"
        for path in CODE.rglob("*.py")
        for text in texts_asked_for(path.read_text("utf-8"))
        if text not in known
    }

    assert missing == set()


def test_a_text_is_found_where_the_code_asks_for_it() -> None:
    source = 'translate("Order", "el"); languages.translate("Total", x); translate(text, "el"); "x".translate(table)'

    assert list(texts_asked_for(source)) == ["Order", "Total"]


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
