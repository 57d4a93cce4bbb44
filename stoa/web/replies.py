"""Answers: bytes that are ready to be sent."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from starlette.responses import Response

_encode = msgspec.json.Encoder().encode

JSON = "application/json; charset=utf-8"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def reply(value: object, status: int = 200, *, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """Answer with a value as JSON."""
    return reply_bytes(_encode(value), status, headers=headers)


def reply_bytes(
    body: bytes, status: int = 200, *, media_type: str = JSON, headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    return Response(body, status, headers, media_type)
