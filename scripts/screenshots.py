# ruff: noqa: INP001 (a script, run by its path)
"""Takes the pictures in docs/screenshots: ``.venv/bin/python scripts/screenshots.py``, with Chromium installed.

They show a demo of its own, in a temporary folder; its first shop has a past of some weeks.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

PICTURES = Path(__file__).parents[1] / "docs" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-background-networking", "--no-sandbox")

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 780}

COLOURS = 128
"""Of a picture: enough for a page without photographs, at a third of the size."""

SHOTS: tuple[tuple[str, str, dict[str, int], dict[str, str]], ...] = (
    ("orders", "/orders?tab=decide", DESK, {}),
    ("order", "/orders/{order}", DESK, {}),
    ("numbers", "/numbers", DESK, {}),
    ("webhooks", "/settings/webhooks/skroutz_orders", DESK, {}),
    ("demo", "/demo", DESK, {}),
    ("orders-dark", "/orders", DESK, {"color_scheme": "dark"}),
    ("orders-phone", "/orders?tab=decide", PHONE, {}),
    ("order-phone", "/orders/{order}", PHONE, {"color_scheme": "dark"}),
)
"""Name, page of the shop, size, and what else the browser is told."""


def wait_for_line(server: subprocess.Popen[str]) -> None:
    """It says one, when it is ready."""
    if server.stdout is None or not server.stdout.readline():
        sys.exit("The demo has not started.")


@contextmanager
def demo(folder: Path) -> Iterator[dict[str, Any]]:
    """The demo.json of a running demo."""
    command = [sys.executable, "-m", "stoa", "serve", "--demo", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            wait_for_line(server)
            yield json.loads((folder / "demo.json").read_bytes())
        finally:
            server.terminate()


def signed_in(browser: Browser, known: dict[str, Any], **how: Any) -> BrowserContext:
    """The browser of the first shop's owner, reading English."""
    context = browser.new_context(base_url=known["url"], locale="en-GB", **how)
    owner = next(person for person in known["desk"]["people"] if person["role"] == "owner")
    page = context.new_page()
    page.goto("/desk/sign-in")
    page.fill("#email", owner["email"])
    page.fill("#password", owner["password"])
    page.click("button.main")
    page.goto("/desk/account")
    page.select_option("#language", "en")
    page.locator("form", has=page.locator("#language")).locator("button").click()
    return context


def take(browser: Browser, known: dict[str, Any]) -> None:
    shop = f"/desk/{known['shops'][0]['id']}"
    for name, path, size, how in SHOTS:
        context = signed_in(browser, known, viewport=size, **how)
        page = context.pages[0]
        page.goto(f"{shop}/orders?tab=decide")
        order = page.locator("[data-order] a").first.get_attribute("href") or ""
        page.goto(shop + path.format(order=order.rsplit("/", 1)[-1]))
        page.wait_for_timeout(500)
        picture = PICTURES / f"{name}.png"
        page.screenshot(path=picture)
        Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)
        context.close()


def main() -> None:
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        sys.exit("No Chromium is installed: `apt-get install chromium` brings it.")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="stoa-screenshots-") as name, sync_playwright() as playwright:
        Path(name).chmod(0o711)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        with demo(Path(name, "data")) as known:
            take(browser, known)
        browser.close()


if __name__ == "__main__":
    main()
