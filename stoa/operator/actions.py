"""What the operator may ask of an order or of a return: the body that it takes, and the command that it means."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.orders.commands import Command
from stoa.orders.order import Actor, Order
from stoa.web.bodies import JsonReader
from stoa.web.openapi import described
from stoa.web.routing import Endpoint, post

Asked = tuple[Command, Actor]
Read = Callable[[bytes, Order], Asked]
"""Reads a body as what is asked of an order. Raises Fault."""


class Action(Struct, frozen=True):
    summary: str
    body: type
    example: object
    command: Callable[[Any, Order], Asked]


def by_courier(command: Command) -> Callable[[Any, Order], Asked]:
    """The courier says so, and there is nothing to add."""
    return lambda _body, _order: (command, Actor.COURIER)


def action_route(
    path: str, name: str, action: Action, do: Callable[..., Awaitable[Response]], *, tag: str
) -> Endpoint:
    """A call below the path; ``do`` takes the request, how to read it, and the numbers of the path by name."""
    reader: JsonReader[Any] = JsonReader(action.body)

    def read(raw: bytes, order: Order) -> Asked:
        return action.command(reader.read(raw), order)

    async def act(request: Request, **numbers: int) -> Response:
        return await do(request, read, **numbers)

    # The document names a call after its handler.
    act.__name__ = name
    said = described(action.summary, tag=tag, body=action.body, example=action.example)
    return post(f"{path}/{name}", said=said)(act)
