"""A request that cannot be answered as asked. Every API says it in its own shape."""

from collections.abc import Mapping
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


def unauthorized(scheme: str = "Bearer") -> Fault:
    return Fault(
        401,
        "unauthorized",
        "A valid token is required.",
        headers={"WWW-Authenticate": f'{scheme} realm="stoa"'},
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
