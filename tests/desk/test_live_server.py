"""Open pages of the real server: how much room they take, and that it ends while they are open."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from msgspec import Struct

from stoa.app import open_stoa
from stoa.desk.live import MOST_PAGES
from stoa.orders.shop import Shop
from stoa.serving import FINISHED_WITHIN
from stoa.store.people import Role
from tests.conftest import SECRET_KEY, complete
from tests.desk.people import an_account, hashed
from tests.running import PATIENCE, Server, data_folder, serving

PAGES = 100

MOST_OF_A_PAGE = 100_000
"""Bytes: with those, 500 pages leave 200 MB to the process itself."""


class Opened(Struct, frozen=True):
    """A server with a shop, and the cookies of people who sit at its desk."""

    server: Server
    shop_id: int
    sessions: list[str]


@pytest.fixture
def opened(database_url: str) -> Iterator[Opened]:
    with (
        data_folder() as data,
        serving(data, STOA_DATABASE_URL=database_url, STOA_SECRET_KEY=SECRET_KEY) as server,
    ):
        shop_id, sessions = asyncio.run(_people(database_url))
        yield Opened(server, shop_id, sessions)


async def _people(database_url: str) -> tuple[int, list[str]]:
    async with open_stoa(complete(database_url)) as stoa:
        people, now = stoa.service.people, stoa.service.clock()
        shop = await stoa.service.shops.add(Shop(id=0, name="Το μαγαζί"), now)
        packers = [
            await an_account(stoa, shop.id, Role.PACKER, email=f"packer{n}@shop.example")
            for n in range(PAGES // MOST_PAGES)
        ]
        secrets = [await people.open_session(packer.person_id, hashed(), now) for packer in packers]
        return shop.id, [secret for secret in secrets if secret]


@contextmanager
def following(client: httpx.Client, opened: Opened, session: str) -> Iterator[None]:
    """A page that has begun to listen."""
    cookie = {"Cookie": f"stoa_desk={session}"}
    with client.stream("GET", f"/desk/{opened.shop_id}/live", headers=cookie) as answer:
        assert "hello" in next(answer.iter_text())
        yield


def resident(pids: list[int]) -> int:
    """Bytes of memory that the processes have for themselves."""
    pages = [int(Path("/proc", str(pid), "statm").read_text().split()[1]) for pid in pids]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def test_a_page_that_is_open_costs_little_and_does_not_keep_the_server_from_ending(opened: Opened) -> None:
    processes = opened.server.children("serve")
    assert processes
    first, *others = [session for session in opened.sessions for _ in range(MOST_PAGES)]
    with ExitStack() as pages:
        client = pages.enter_context(
            httpx.Client(base_url=opened.server.url, limits=httpx.Limits(), timeout=PATIENCE)
        )
        pages.enter_context(following(client, opened, first))
        before = resident(processes)
        for session in others:
            pages.enter_context(following(client, opened, session))

        assert resident(processes) - before < PAGES * MOST_OF_A_PAGE
        begun = time.monotonic()
        assert opened.server.stop(signal.SIGINT) == 0
        assert time.monotonic() - begun < FINISHED_WITHIN
