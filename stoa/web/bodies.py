"""Reading a request's body. Whatever comes in, the answer is a value or a Fault that names the field."""

import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from stoa.web.faults import Fault, broken, invalid

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]

MOST_JSON = 1024**2
"""The largest JSON body, in bytes."""

MOST_UPLOAD = 7 * 1024**2
"""The largest file, in bytes, of the file alone."""

MOST_FORM = MOST_UPLOAD + 64 * 1024
"""The largest multipart body: the file and what a form puts around it."""


class JsonReader(Generic[T]):
    """Decodes JSON bodies into one type."""

    def __init__(self, wanted: type[T]) -> None:
        self.wanted = wanted
        self._decoder = msgspec.json.Decoder(wanted)

    async def __call__(self, request: AnyRequest) -> T:
        return self.read(await request.body())

    def read(self, body: bytes) -> T:
        """The value. Raises Fault: 400 for what is not JSON, 422 for what is not of the type."""
        try:
            # Fields that nobody asked for are skipped unread, so the text is checked as a whole.
            body.decode()
            value = self._decoder.decode(body or b"{}")
        except msgspec.ValidationError as fault:
            raise _invalid(str(fault)) from fault
        except RecursionError as fault:
            raise broken("The body is nested too deeply.") from fault
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise broken(f"The body is not valid JSON: {fault}.") from fault
        # JSON itself forbids the others, unless they are written as an escape.
        if b"\\u" in body or b"\x7f" in body:
            _refuse_control_characters(msgspec.to_builtins(value))
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
            yield from _texts(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{n}]")


def check_text(field: str, text: str) -> str:
    """A text from a query or a header. Raises Fault."""
    if _CONTROL.search(text):
        raise invalid(field, "Control characters are not allowed.")
    return text


async def read_file(request: AnyRequest, field: str) -> tuple[str, bytes]:
    """Name and content of the one file of a form. Raises Fault."""
    if not request.content_type[0].startswith("multipart/form-data"):
        raise invalid(field, "Send the file as multipart/form-data.")
    try:
        form = await request.form()
    except (HTTPException, ValueError, UnicodeDecodeError) as fault:
        raise _form_fault(field, fault) from fault
    file = form.get(field)
    if not isinstance(file, UploadFile):
        raise invalid(field, "The file is missing.")
    return check_text(field, file.filename), await file.read()


def _form_fault(field: str, fault: Exception) -> Exception:
    is_our_limit = isinstance(fault, HTTPException) and fault.status_code == 413  # noqa: PLR2004
    return fault if is_our_limit else invalid(field, "The form cannot be read.")
