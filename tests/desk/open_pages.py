"""Pages that are open in browsers and listen, without the browsers."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from msgspec import Struct

from stoa.orders.shop import Shop
from stoa.web.metrics import AsgiApp

PATIENCE = 10.0
"""Seconds that a word may take on a busy machine."""

QUIET = 0.3
"""Seconds in which a word would have come."""


class OpenPage(Struct, frozen=True, kw_only=True):
    """What a page's stream says."""

    status: int
    headers: dict[str, str]
    said: asyncio.Queue[str]
    answering: asyncio.Task[None]

    async def hears(self) -> str:
        """The next word."""
        return await asyncio.wait_for(self.said.get(), PATIENCE)

    async def hears_nothing(self) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.said.get(), QUIET)
            return False
        return True

    async def ends(self) -> bool:
        """Whether the server ends the stream by itself."""
        await asyncio.wait({self.answering}, timeout=PATIENCE)
        return self.answering.done()


@asynccontextmanager
async def listening(
    app: AsgiApp, client: httpx.AsyncClient, shop: Shop, mark: str = ""
) -> AsyncIterator[OpenPage]:
    """A page of the client's that listens, from the answer's beginning until it is closed."""
    closed, begun, said = asyncio.Event(), asyncio.get_running_loop().create_future(), asyncio.Queue[str]()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        for message in asked:
            return message
        await closed.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            begun.set_result(message)
        for word in re.findall(r"^event: (\w+)", message.get("body", b"").decode(), re.MULTILINE):
            said.put_nowait(word)

    async def answer() -> None:
        await app(_asking(client, shop, mark), receive, send)

    answering = asyncio.create_task(answer())
    try:
        start = await asyncio.wait_for(begun, PATIENCE)
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        yield OpenPage(status=start["status"], headers=headers, said=said, answering=answering)
    finally:
        closed.set()
        await asyncio.wait_for(answering, PATIENCE)


def _asking(client: httpx.AsyncClient, shop: Shop, mark: str) -> dict[str, Any]:
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    path = f"/desk/{shop.id}/live"
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": f"since={mark}".encode(),
        "root_path": "",
        "headers": [(b"host", b"stoa.test"), (b"cookie", cookies.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("stoa.test", 80),
    }


def mark_of(page: httpx.Response) -> str:
    """When the page says that it was asked for."""
    found = re.search(r"/live\?since=(\d+)", page.text)
    assert found is not None, page.text
    return found[1]
