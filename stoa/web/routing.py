"""Routes: what an API answers to, and what it says of itself."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from starlette.responses import Response

Handler = Callable[..., Awaitable[Response]]
"""Takes the request and, by name, the parameters of its path."""


class Endpoint(Struct, frozen=True):
    """One call: its method, its path such as ``/shops/{shop_id:int}``, and what the OpenAPI document says of it."""

    method: str
    path: str
    handler: Handler
    said: dict[str, Any] | None = None


def route(method: str, path: str, said: dict[str, Any] | None = None) -> Callable[[Handler], Endpoint]:
    """Make an endpoint of a handler; ``said`` is from ``openapi.described``."""
    return lambda handler: Endpoint(method, path, handler, said)


def get(path: str, said: dict[str, Any] | None = None) -> Callable[[Handler], Endpoint]:
    return route("GET", path, said)


def post(path: str, said: dict[str, Any] | None = None) -> Callable[[Handler], Endpoint]:
    return route("POST", path, said)


def put(path: str, said: dict[str, Any] | None = None) -> Callable[[Handler], Endpoint]:
    return route("PUT", path, said)


def patch(path: str, said: dict[str, Any] | None = None) -> Callable[[Handler], Endpoint]:
    return route("PATCH", path, said)


def delete(path: str, said: dict[str, Any] | None = None) -> Callable[[Handler], Endpoint]:
    return route("DELETE", path, said)
