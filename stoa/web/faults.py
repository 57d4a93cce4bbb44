"""A request that cannot be answered as asked. Every API says it in its own shape."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from types import MappingProxyType


class Fault(Exception):
    """``code`` is a stable word, ``message`` a plain sentence, ``field`` the part of the request to mend."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.headers = headers


def unauthorized() -> Fault:
    return _unauthorized("A valid token is required.", 'Bearer realm="stoa"')


def key_required() -> Fault:
    """The same, of an API that is opened by HTTP Basic."""
    return _unauthorized("A valid key and secret are required.", 'Basic realm="stoa", charset="UTF-8"')


def _unauthorized(message: str, challenge: str) -> Fault:
    return Fault(401, "unauthorized", message, headers={"WWW-Authenticate": challenge})


def blocked(remaining: timedelta) -> Fault:
    """The client gave wrong credentials too often; ``remaining`` is until it may try again."""
    return Fault(
        403,
        "blocked",
        "Too many attempts with wrong credentials; try again later.",
        headers={"Retry-After": str(ceil(remaining.total_seconds()))},
    )


def not_found(what: str) -> Fault:
    return Fault(404, "not_found", f"{what} not found")


def broken(message: str) -> Fault:
    """The body cannot be read at all."""
    return Fault(400, "invalid_format", message)


def invalid(field: str, message: str) -> Fault:
    """The body can be read, but one part of it will not do."""
    return Fault(422, "invalid", message, field=field)


def too_large(most: int) -> Fault:
    return Fault(413, "too_large", f"The request is larger than {most} bytes.")
