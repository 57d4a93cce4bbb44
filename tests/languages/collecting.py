"""The texts that people see, as the code and the templates ask for them.

``python -m tests.languages.collecting`` puts those that the catalogues lack at their ends, to be translated.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import stoa
from stoa.desk.webhook_faults import FAULTS, KINDS
from stoa.languages import LANGUAGES

CODE = Path(stoa.__file__).parent
CATALOGUES = CODE / "languages" / "catalogues"
TRANSLATED = sorted(set(LANGUAGES) - {"en"})

WORDS = CODE / "desk" / "words.py"
"""Nothing but texts: single words, too."""

WITH_TABLES = (
    WORDS,
    *(CODE / "desk").rglob("*.py"),
    CODE / "documents" / "exports.py",
    CODE / "orders" / "refusals.py",
)
"""Modules whose texts stand in tables and constants; whatever reads like a sentence or a heading is one."""

NO_TEXTS = {
    "Accept-Encoding",
    "Delivery",
    "Desk",
    "Dialect",
    "Europe/Athens",
    "File",
    "Order",
    "Page",
    "Shop",
    "Wish",
    "a password that is nobody's",
    "an order is shown to nobody who did not ask for its shop",
    "camera=(), geolocation=(), microphone=()",
    "desk search",
    "nobody asks something of an order without its shop",
    "noindex, nofollow",
    "public, max-age=31536000, immutable",
}
"""What only looks like one."""

NAMES_OF_LANGUAGES = {"English", "Română", "Magyar"}
"""Each is called what it calls itself."""

SHORT = {"orders", "returns", "SKU", "VAT %"}
"""Texts that look like something else."""

BY_ADDRESS = {f"{what} not found" for what in ("Page", "Order", "File", "Delivery", "Shop", "Person", "Note")}
"""What ``not_found`` makes of these."""

_IN_A_TEMPLATE = re.compile(r"""\bsay\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def texts_asked_for(source: str) -> Iterator[str]:
    """The literals that are translated: ``translate("…", language)``, ``say(language, "…")`` and ``x.say("…")``."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case (
                ast.Call(
                    func=ast.Name(id="translate") | ast.Attribute(attr="translate" | "say"),
                    args=[ast.Constant(value=str(text)), *_],
                )
                | ast.Call(func=ast.Name(id="say"), args=[_, ast.Constant(value=str(text)), *_])
            ):
                yield text


def texts_in_template(source: str) -> Iterator[str]:
    """The literals of ``say("…")`` in a page."""
    for found in _IN_A_TEMPLATE.finditer(source):
        yield ast.literal_eval(found[1])


def texts_in_tables(source: str) -> Iterator[str]:
    """The constants that read like a sentence or a heading."""
    tree = ast.parse(source)
    others = set(_keys_and_docstrings(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if node not in others and _reads_like_a_text(text):
                yield text


def _keys_and_docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as docstring):
                yield docstring
            case ast.JoinedStr():
                yield from ast.walk(node)
            case ast.Dict(keys=keys):
                yield from (key for key in keys if key is not None)


def _reads_like_a_text(text: str) -> bool:
    sentence = re.match(r"[A-Z][a-z]|\d+ [a-z]", text) or re.search(r"[a-z,] [a-z]|^\{\w+\}, ", text)
    made_for_machines = re.search(r"[a-z]/$|^[a-z-]+/[a-z]|'self'|; ?[a-z-]+=|^\w+/\d", text)
    return bool(sentence) and not made_for_machines


def _words(source: str) -> Iterator[str]:
    """Every value of the module's tables, and what they are joined with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            yield from (str(value.value) for value in node.values if isinstance(value, ast.Constant))


def all_texts() -> dict[str, str]:
    """Every text that people may see, with the file that asks for it."""
    asked: dict[str, str] = dict.fromkeys(sorted(BY_ADDRESS), "web/faults.py")
    asked |= dict.fromkeys(sorted(SHORT), "desk")
    asked |= dict.fromkeys((*FAULTS, *KINDS), "desk/webhook_faults.py")
    for path in sorted(CODE.rglob("*.html")):
        asked |= dict.fromkeys(texts_in_template(path.read_text("utf-8")), str(path.relative_to(CODE)))
    for path in sorted(CODE.rglob("*.py")):
        source = path.read_text("utf-8")
        asked |= dict.fromkeys(texts_asked_for(source), str(path.relative_to(CODE)))
        if path in WITH_TABLES:
            found = set(texts_in_tables(source)) - NO_TEXTS - NAMES_OF_LANGUAGES
            asked |= dict.fromkeys(sorted(found - asked.keys()), str(path.relative_to(CODE)))
    asked |= dict.fromkeys(_words(WORDS.read_text("utf-8")), str(WORDS.relative_to(CODE)))
    return asked


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as source:
        return read_po(source, abort_invalid=True)


def texts(language: str) -> dict[str, str]:
    """What the catalogue has: the English text, and the other."""
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def add_what_is_missing() -> int:
    """Put the texts that the catalogues lack at their ends; says how many."""
    known = texts("el")
    missing = {text: path for text, path in all_texts().items() if text not in known}
    entries = "".join(f'\n#. {path}\nmsgid {_quoted(text)}\nmsgstr ""\n' for text, path in missing.items())
    for language in TRANSLATED:
        with (CATALOGUES / f"{language}.po").open("a", encoding="utf-8") as file:
            file.write(entries)
    return len(missing)


if __name__ == "__main__":
    print(f"{add_what_is_missing()} texts are to be translated.")  # noqa: T201 - a command's output
