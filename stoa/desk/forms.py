"""What a browser sends: the fields of a form, as text without control characters and of a sensible length."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from urllib.parse import parse_qsl

from msgspec import Struct
from multipart import MultipartError, MultipartParser, MultipartPart, parse_options_header
from starlette.requests import Request

from stoa.web.bodies import MOST_FORM, MOST_PARTS, check_text, read_body
from stoa.web.faults import broken

MOST_FIELDS = 1000


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
        return _number(self.text(name))

    def numbers(self, name: str) -> list[int]:
        """The fields that are whole numbers, each once, in the order in which they were sent."""
        return list(dict.fromkeys(number for text in self.all(name) if (number := _number(text)) is not None))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None  # noqa: PLR2004 - a bigint has room for these


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
        texts = [(part.name, part.value) for part in parts if part.filename is None]
    except (MultipartError, UnicodeDecodeError, ValueError) as fault:
        raise broken("The form cannot be read.") from fault
    files = [part for part in parts if part.filename is not None and part.name == field]
    file = SentFile(check_text(field, files[0].filename), files[0].raw) if files else None
    return _form(texts), file


def _parts(body: bytes, boundary: str) -> list[MultipartPart]:
    # The body is in memory already and has its own limit: the parts stay there.
    limits = {"spool_limit": MOST_FORM, "memory_limit": MOST_FORM, "disk_limit": 0}
    return list(MultipartParser(BytesIO(body), boundary, strict=True, part_limit=MOST_PARTS, **limits))
