"""Reading a request's body. Whatever comes in, the answer is a value or a Fault that names the field."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Generic, TypeVar

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header
from starlette.requests import Request

from stoa.web.faults import Fault, broken, invalid, too_large

T = TypeVar("T")

MOST_JSON = 1024**2
"""The largest JSON body, in bytes."""

MOST_UPLOAD = 7 * 1024**2
"""The largest file, in bytes (Skroutz orders API, invoices): the file alone, without its multipart wrapping."""

MOST_FORM = 2 * MOST_UPLOAD
"""The largest multipart body, in bytes: a file that is a little too large is still read, to say just that."""


MOST_PARTS = 20
"""The most fields of a form: ours has one, a browser adds some."""


class JsonReader(Generic[T]):
    """Decodes JSON bodies into one type."""

    def __init__(self, wanted: type[T]) -> None:
        self.wanted = wanted
        self._decoder = msgspec.json.Decoder(wanted)

    async def __call__(self, request: Request) -> T:
        return self.read(await read_body(request))

    def read(self, body: bytes) -> T:
        """The value. Raises Fault: 400 for what is not JSON, 422 for what is not of the type."""
        try:
            # Fields that nobody asked for are skipped unread, so the text is checked as a whole.
            body.decode()
            value = self._decoder.decode(body or b"{}")
            # JSON itself forbids the others, unless they are written as an escape.
            if b"\\u" in body or b"\x7f" in body:
                _refuse_control_characters(msgspec.to_builtins(value))
        except msgspec.ValidationError as fault:
            raise _invalid(str(fault)) from fault
        except RecursionError as fault:
            raise broken("The body is nested too deeply.") from fault
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise broken(f"The body is not valid JSON: {fault}.") from fault
        return value


_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?:\$|key in \$)(?P<path>[^`]*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(?:missing required field|contains unknown field) `(?P<name>[^`]*)`")


def _invalid(message: str) -> Fault:
    """msgspec says "Expected `int`, got `str` - at `$.lines[0].quantity`": we say lines[0].quantity."""
    matched = _AT.match(message)
    what, path = (matched["what"], matched["path"] or "") if matched else (message, "")
    named = _NAMED.search(what)
    field = f"{path}.{named['name']}" if named else path
    return invalid(field.strip(".") or "body", what)


# Line breaks and tabs are meant; every other control character is an accident or an attack, and PostgreSQL's
# jsonb cannot hold the first of them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _refuse_control_characters(value: object) -> None:
    for path, text in _texts(value, ""):
        if _CONTROL.search(text):
            raise invalid(path.strip(".") or "body", "Control characters are not allowed.")


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield path, key
            yield from _texts(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{n}]")


def check_text(field: str, text: str) -> str:
    """A text from a query or a header. Raises Fault."""
    if _CONTROL.search(text):
        raise invalid(field, "Control characters are not allowed.")
    return text


async def read_body(request: Request, most: int = MOST_JSON) -> bytes:
    """The whole body. Raises Fault for one that is larger than ``most`` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise too_large(most)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise too_large(most)
        parts.append(part)
    return b"".join(parts)


async def read_file(request: Request, field: str, *, by_any_name: bool = False) -> tuple[str, bytes]:
    """Name and content of the one file of a form; ``by_any_name`` takes it from whatever field it is in. Raises Fault."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or "boundary" not in options:
        raise invalid(field, "Send the file as multipart/form-data.")
    try:
        body = await read_body(request, MOST_FORM)
    except Fault as fault:
        raise invalid(field, "The file is larger than 7 MB.") from fault
    return _file_in_form(body, options["boundary"], field, by_any_name=by_any_name)


def _file_in_form(body: bytes, boundary: str, field: str, *, by_any_name: bool) -> tuple[str, bytes]:
    # The body is in memory already and has its own limit: the parts stay there.
    limits = {"spool_limit": MOST_FORM, "memory_limit": MOST_FORM, "disk_limit": 0}
    try:
        parts = list(MultipartParser(BytesIO(body), boundary, strict=True, part_limit=MOST_PARTS, **limits))
    except (MultipartError, UnicodeDecodeError, ValueError) as fault:
        raise invalid(field, "The form cannot be read.") from fault
    for part in parts:
        if part.filename is not None and (by_any_name or part.name == field):
            return check_text(field, part.filename), part.raw
    raise invalid(field, "The file is missing.")
