"""A browser, and the real server that it looks at."""

import os
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from msgspec import Struct
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright

from stoa.app import Stoa, open_stoa
from stoa.orders.shop import PickupLocation, Shop
from stoa.store.people import Person, Role
from tests.conftest import SECRET_KEY, complete
from tests.desk.people import an_account, hashed
from tests.running import Server, data_folder, serving

NAMES = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
]

PATIENCE = 30_000.0
"""Milliseconds that a page gets on a busy machine."""

WIDE, NARROW = 1280, 360

ACCEPTED = re.compile(r"^\s*(Accepted|Label ready)\s*$")
"""What the page of an accepted order says of its state. The worker prints the label as soon as it comes to it, and the
page tells: whoever looks a moment later may never have seen the first of the two."""


def installed_chromium() -> str:
    """Where Chromium is. Skips the test where it is nowhere; where everything must be tested, that is a failure."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    sentence = "no Chromium is installed: run scripts/browser.py as root, or install it by hand"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    path = installed_chromium()
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *sandbox])
        yield browser
        await browser.close()


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def a_server(database_url: str, data: Path, port: int = 0) -> Iterator[Server]:
    """The service with its worker, on a database that the tests write to as well."""
    with serving(
        data,
        port=port,
        STOA_DATABASE_URL=database_url,
        STOA_SECRET_KEY=SECRET_KEY,
        STOA_WEBHOOK_ALLOW="127.0.0.0/8",
        STOA_WEBHOOK_RETRIES="1",
    ) as server:
        yield server


class House(Struct, frozen=True):
    """The service that is looked at: its server, and the same database from within."""

    server: Server
    stoa: Stoa
    browser: Browser

    async def opens_a_shop(self, **terms: object) -> "Counter":
        """A new shop with an owner who reads English."""
        number = next(_numbers)
        place = PickupLocation(
            id=f"place{number}",
            street_name="Πανεπιστημίου",
            street_number="2",
            zip="12345",
            city="Αθήνα",
            region="Αττική",
        )
        made_up: dict[str, object] = {"id": 0, "name": f"Το μαγαζί {number}", "locations": (place,)}
        shop = await self.stoa.service.shops.add(Shop(**(made_up | terms)), self.stoa.service.clock())  # type: ignore[arg-type]
        owner = await an_account(self.stoa, shop.id, Role.OWNER, "Άννα", language="en")
        return Counter(self, shop, owner)

    @asynccontextmanager
    async def window(
        self,
        person: Person | None = None,
        *,
        width: int = WIDE,
        scheme: Literal["light", "dark"] = "light",
        motion: Literal["reduce", "no-preference"] = "no-preference",
        language: str = "en-GB",
    ) -> AsyncIterator[Page]:
        """An empty page in a browser of its own, in which the person is signed in.

        Whatever the page's scripts complain of is a failure; a failure leaves a screenshot and says where.
        """
        context = await self.browser.new_context(
            base_url=self.server.url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion=motion,
            locale=language,
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE)
        if person is not None:
            people, now = self.stoa.service.people, self.stoa.service.clock()
            secret = await people.open_session(person.person_id, hashed(), now)
            assert secret is not None
            await context.add_cookies([{"name": "stoa_desk", "value": secret, "url": self.server.url}])
        page = await context.new_page()
        complaints = _complaints_of(page)
        try:
            yield page
            assert not complaints, complaints
        except BaseException as fault:
            await _keep_picture(page, fault)
            raise
        finally:
            await context.close()


_numbers = count(1)


def _complaints_of(page: Page) -> list[str]:
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # That a page answers with 4xx is what some tests are about, and that the server is gone.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    return complaints


async def _keep_picture(page: Page, fault: BaseException) -> None:
    kept = Path(tempfile.mkdtemp(prefix="stoa-screenshots-"), "page.png")
    await page.screenshot(path=kept, full_page=True)
    fault.add_note(f"The page at {page.url} looked like this: {kept}")


def badge_of(page: Page) -> Locator:
    """What an order's page says of its state."""
    return page.locator("#head .badge").first


class Counter(Struct, frozen=True):
    """A shop's desk in the house."""

    house: House
    shop: Shop
    owner: Person

    @property
    def orders(self) -> str:
        """The address of its orders."""
        return f"/desk/{self.shop.id}/orders"


@asynccontextmanager
async def a_house(database_url: str, browser: Browser, port: int = 0) -> AsyncIterator[House]:
    with data_folder() as data, a_server(database_url, data, port) as server:
        async with open_stoa(complete(database_url)) as stoa:
            yield House(server, stoa, browser)
