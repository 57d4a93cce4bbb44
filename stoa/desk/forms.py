"""What a browser sends: the fields of a form, as text, and what an address says beside the page."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from io import BytesIO
from urllib.parse import parse_qsl

from msgspec import Struct
from multipart import MultipartError, MultipartParser, MultipartPart, parse_options_header
from starlette.requests import Request

from stoa.web.bodies import MOST_FORM, MOST_PARTS, check_text, read_body
from stoa.web.faults import Fault, broken

MOST_FIELDS = 1000

LONGEST_NUMBER = 18
"""Digits."""

WILL_NOT_DO = "This will not do."
"""What is said of a form where nobody can say which of its fields is wrong."""


class Form(Struct, frozen=True):
    """The fields that were sent, each as often as it was."""

    fields: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """The field, trimmed; empty where it was not sent."""
        values = self.fields.get(name, ())
        return values[-1].strip() if values else ""

    def secret(self, name: str) -> str:
        """The field as it was typed."""
        values = self.fields.get(name, ())
        return values[-1] if values else ""

    def all(self, name: str) -> list[str]:
        return list(self.fields.get(name, ()))

    def number(self, name: str) -> int | None:
        """The field as a whole number; None where it is none."""
        return whole_number(self.text(name))

    def numbers(self, name: str) -> list[int]:
        """The fields that are whole numbers, each once, in the order in which they were sent."""
        return list(
            dict.fromkeys(number for text in self.all(name) if (number := whole_number(text)) is not None)
        )


def whole_number(text: str) -> int | None:
    """The number that is written in digits alone; None for all else, and for more of them than a bigint has room for."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def number_in(request: Request, name: str, otherwise: int = 0) -> int:
    """A number of the address; ``otherwise`` where there is none that could be meant."""
    number = whole_number(request.query_params.get(name, ""))
    return otherwise if number is None else number


def done_of(request: Request, known: Mapping[str, str]) -> str:
    """What was done before this page, as its address says, in the words that are known for it; empty where nothing was."""
    return known.get(request.query_params.get("done", ""), "")


async def read_form(request: Request) -> Form:
    """The fields of a form. Raises Fault."""
    raw = await read_body(request)
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as fault:
        raise broken("The form cannot be read.") from fault
    return _form(pairs)


def _form(pairs: Iterable[tuple[str, str]]) -> Form:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise broken("The form cannot be read.")
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Form(fields)


def field_of(fault: Fault, known: Container[str]) -> str:
    """Which of the known fields a fault is about: the first that is named on the way to it; empty where none is."""
    return next((part for part in re.split(r"[.\[\]]+", fault.field or "") if part in known), "")


class SentFile(Struct, frozen=True):
    """A file that was sent with a form; without a name where none was chosen."""

    name: str
    data: bytes


async def read_form_with_file(request: Request, field: str) -> tuple[Form, SentFile | None]:
    """The fields of a form, and the file in the one that takes it. Raises Fault: 413 where it is far too large."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or "boundary" not in options:
        raise broken("The form cannot be read.")
    body = await read_body(request, MOST_FORM)
    try:
        parts = _parts(body, options["boundary"])
        # Pages are UTF-8, so browsers send that; a part that says otherwise names a codec for us to run.
        texts = [(part.name, part.raw.decode()) for part in parts if part.filename is None]
    except (MultipartError, UnicodeDecodeError, ValueError) as fault:
        raise broken("The form cannot be read.") from fault
    files = [part for part in parts if part.filename is not None and part.name == field]
    file = SentFile(check_text(field, files[0].filename), files[0].raw) if files else None
    return _form(texts), file


def _parts(body: bytes, boundary: str) -> list[MultipartPart]:
    # The body is in memory already and has its own limit: the parts stay there.
    limits = {"spool_limit": MOST_FORM, "memory_limit": MOST_FORM, "disk_limit": 0}
    return list(MultipartParser(BytesIO(body), boundary, strict=True, part_limit=MOST_PARTS, **limits))
