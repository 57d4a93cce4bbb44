"""What an order is found by: the words of its customer and its goods, and its numbers, folded so that case, accents and
punctuation do not matter. What people look for is folded in the same way."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from unicodedata import combining, normalize

from msgspec import Struct

from stoa.orders.order import Customer, Line, Order

MOST_WORDS = 200
"""Words that an order is found by. Numbers and names come first, so what is left out is of the last products of many."""

LONGEST = 60
"""Letters of a word; what is longer is found by its beginning."""

MOST_ASKED = 10
"""Words of a question that count; the others are not looked at."""

COUNTRY_CODES = {"GR": "30", "CY": "357", "RO": "40", "BG": "359", "HU": "36"}

SHORTEST_NATIONAL_NUMBER = 8
"""Digits of a telephone number without its country's."""

_WORDS = re.compile(r"[^\W_]+")

_SEPARATED_DIGITS = re.compile(r"[\d\s.,/()+-]+")

FEWEST_DIGITS, FEWEST_LETTERS = 4, 3
"""So long is the beginning of a number, or of a word, that is worth looking up."""

LONG = 6
"""Letters or digits of a beginning that few different words have; where there is one, no shorter one is looked up."""

LENGTHS_OF_ORDER_NUMBERS = range(7, 19)
"""Seven digits are the first number's, and the database's numbers end with eighteen."""


def folded(text: str) -> list[str]:
    """The words of a text: runs of letters and digits without case or accents.

    >>> folded("Ἑλένη Παπαδάκης-Γάλλου, R-191128")
    ['ελενη', 'παπαδακησ', 'γαλλου', 'r', '191128']
    """
    # Folding may make letters that have an accent, and taking it away letters that have another case.
    plain = _without_marks(_without_marks(text.casefold()).casefold())
    return [word[:LONGEST] for word in _WORDS.findall(plain)]


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    return "".join(letter for letter in normalize("NFKD", text) if not combining(letter))


def words_of(order: Order, codes: Iterable[str] = ()) -> list[str]:
    """The order's words, each once, at most MOST_WORDS. ``codes`` are what it is called elsewhere."""
    short = (word[:LONGEST] for word in _words(order, codes) if word)
    return list(islice(dict.fromkeys(short), MOST_WORDS))


def _words(order: Order, codes: Iterable[str]) -> Iterator[str]:
    yield str(order.id)
    for code in (*codes, *_other_numbers(order), *(tracking.code for tracking in order.trackings)):
        yield from _of_a_code(code)
    for phone in _phones(order):
        yield from _of_a_phone(phone, order.address.country_code)
    for name in _names(order):
        yield from folded(name)
    for line in order.lines:
        yield from _of_a_line(line)


def _other_numbers(order: Order) -> Iterator[str]:
    if order.channel_ref:
        yield order.channel_ref
    if order.return_of:
        yield str(order.return_of.id)


def _phones(order: Order) -> Iterator[str]:
    billing = order.billing
    phones = (
        order.customer.phone,
        order.customer.mobile,
        order.address.phone,
        billing.phone if billing else None,
    )
    return (phone for phone in phones if phone)


def _names(order: Order) -> Iterator[str]:
    yield from _of_a_customer(order.customer)
    yield order.address.recipient or ""
    if order.billing:
        yield order.billing.name or ""
        yield order.billing.company_name or ""
    if order.invoice:
        yield order.invoice.company


def _of_a_customer(customer: Customer) -> tuple[str, str]:
    return customer.name, customer.email or ""


def _of_a_line(line: Line) -> Iterator[str]:
    for code in (line.shop_uid, line.shop_variation_uid, line.sku, line.ean, line.mpn):
        yield from _of_a_code(code or "")
    yield from folded(line.name)


def _of_a_code(code: str) -> Iterator[str]:
    """Its parts, and all of it as one word: people write it with spaces or without."""
    parts = folded(code)
    yield from parts
    if len(parts) > 1:
        yield "".join(parts)


def _of_a_phone(phone: str, country: str) -> Iterator[str]:
    """Its digits with the country's code and without it, and without the zeros that it is dialled with at home."""
    digits = "".join(folded(phone)).lstrip("0")
    ours = COUNTRY_CODES.get(country, "")
    codes = [code for code in (ours, *COUNTRY_CODES.values()) if code and digits.startswith(code)]
    is_whole = phone.lstrip().startswith(("+", "00"))
    if codes and (is_whole or len(digits) - len(codes[0]) >= SHORTEST_NATIONAL_NUMBER):
        yield digits.removeprefix(codes[0]).lstrip("0")
    elif ours and digits and not is_whole:
        yield ours + digits
    yield digits


class Wanted(Struct, frozen=True):
    """A word that is looked for, in one of several spellings; with ``begins`` it may be the beginning of a longer one."""

    spellings: tuple[str, ...]
    begins: bool = False

    @property
    def is_telling(self) -> bool:
        """Whether it is worth looking up."""
        fewest = FEWEST_DIGITS if self.spellings[0].isdigit() else FEWEST_LETTERS
        return not self.begins or len(self.spellings[0]) >= fewest

    @property
    def means_few(self) -> bool:
        """Whether it is one word, or the beginning of few."""
        return not self.begins or len(self.spellings[0]) >= LONG

    def is_in(self, words: Iterable[str]) -> bool:
        if self.begins:
            return any(word.startswith(self.spellings) for word in words)
        return any(word in self.spellings for word in words)


class Question(Struct, frozen=True):
    """What somebody looks for: all of some words, or, where it is a number written in parts, the number."""

    words: tuple[Wanted, ...] = ()
    number: Wanted | None = None
    order_numbers: tuple[int, ...] = ()
    """What may be the number of an order, which is then found before anything else is known of it."""

    @property
    def telling(self) -> "Question":
        """The same with only those words that are worth looking up; nothing, where the others may be enough."""
        if self.number is not None and not self.number.is_telling:
            return Question()
        telling = tuple(word for word in self.words if word.is_telling)
        words = tuple(word for word in telling if word.means_few) or telling
        return Question(words, self.number) if words else Question()

    def is_answered_by(self, words: Iterable[str]) -> bool:
        """Whether an order that is found by these words is looked for."""
        words = list(words)
        as_one = self.number is not None and self.number.is_in(words)
        return as_one or all(wanted.is_in(words) for wanted in self.words)


def question(text: str) -> Question:
    """What somebody typed. The last word may be unfinished, and so may a number of four digits and more."""
    words = folded(text)[:MOST_ASKED]
    if not words:
        return Question()
    parts = tuple(_wanted(word, is_last=place == len(words)) for place, word in enumerate(words, start=1))
    in_parts = len(words) > 1 and _SEPARATED_DIGITS.fullmatch(text)
    number = _wanted("".join(words)[:LONGEST], is_last=True) if in_parts else None
    return Question(parts, number, tuple(_order_numbers(words)))


def _wanted(word: str, *, is_last: bool) -> Wanted:
    # Zeros before a telephone number stand for a country, see _of_a_phone; codes may begin with them.
    plain = word.lstrip("0") if word.isdigit() else word
    spellings = (word, plain) if len(word) > len(plain) >= FEWEST_DIGITS else (word,)
    return Wanted(spellings, begins=is_last or (word.isdigit() and len(word) >= FEWEST_DIGITS))


def _order_numbers(words: Iterable[str]) -> Iterator[int]:
    for word in words:
        for digits in re.findall("[0-9]+", word):
            if len(digits) in LENGTHS_OF_ORDER_NUMBERS:
                yield int(digits)
