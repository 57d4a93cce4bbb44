"""The code of a Greek region: three Latin capitals of its name."""

import re
import unicodedata
from functools import lru_cache

LENGTH = 3

OF_THEIR_OWN = {"THESP": "THP", "CHALK": "CHK", "EVRYT": "EVT"}
"""Thesprotia, Chalkidiki and Evrytania begin as Thessaloniki, Chania and Evros do, which keep the first letters."""

_LETTERS = str.maketrans(
    {
        **dict(zip("ΑΒΓΔΕΖΗΙΚΛΜΝΞΟΠΡΣΤΥΦΩ", "AVGDEZIIKLMNXOPRSTYFO", strict=True)),
        "Θ": "TH",
        "Χ": "CH",
        "Ψ": "PS",
    }
)
"""ELOT 743, which road signs and passports are written in."""

_KIND = re.compile(r"^\s*(?:ΝΟΜΟΣ|ΠΕΡΙΦΕΡΕΙΑ|Ν\.)\s*")
"""What kind of a region it is, which some write before its name."""

_OU = "ΟΥ"
_VOWEL_BEFORE_F = re.compile(r"([ΑΕΗ])Υ(?=[ΘΚΞΠΣΤΦΧΨ]|$)")
_VOWEL_BEFORE_V = re.compile(r"([ΑΕΗ])Υ")


# A country has some dozens of regions, each written in a few ways.
@lru_cache(maxsize=1024)
def region_code(name: str) -> str | None:
    """``ATT`` for "Αττική" and for "ATTICA"; None for a name that is in neither alphabet."""
    latin = _in_latin(name)
    own = (code for beginning, code in OF_THEIR_OWN.items() if latin.startswith(beginning))
    return next(own, latin[:LENGTH]) or None


def _in_latin(name: str) -> str:
    """The letters of the name, without accents."""
    bare = "".join(c for c in unicodedata.normalize("NFD", name.upper()) if not unicodedata.combining(c))
    greek = _VOWEL_BEFORE_F.sub(r"\1F", _KIND.sub("", bare).replace(_OU, "OU"))
    latin = _VOWEL_BEFORE_V.sub(r"\1V", greek).translate(_LETTERS)
    return re.sub("[^A-Z]", "", latin)
