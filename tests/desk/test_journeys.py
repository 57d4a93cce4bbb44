"""A day's work at the desk, in a real browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from playwright.async_api import Locator, Page, expect

from stoa.orders.order import State
from stoa.store.people import Role
from tests.desk.browser import ACCEPTED, NARROW, PATIENCE, Counter, House, badge_of
from tests.desk.people import PASSWORD, an_account
from tests.operator.calls import placing
from tests.webhooks.conftest import Answer

pytestmark = pytest.mark.asyncio(loop_scope="session")

expect.set_options(timeout=PATIENCE)


@asynccontextmanager
async def the_marketplace(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """The marketplace's own programs, which call the operator's API."""
    token = await house.stoa.service.shops.issue_to_operator(house.stoa.service.clock())
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=house.server.url, headers=headers) as client:
        yield client


async def place(counter: Counter, **what_matters: object) -> int:
    """The number of a new order of a customer."""
    async with the_marketplace(counter.house) as marketplace:
        placed = await placing(marketplace, counter.shop, **what_matters)
        return int(placed["id"])


async def report(counter: Counter, order_id: int, event: str) -> None:
    """What the courier reports of the order."""
    async with the_marketplace(counter.house) as courier:
        answer = await courier.post(
            f"/operator/v1/shops/{counter.shop.id}/orders/{order_id}/{event}", json={}
        )
        assert answer.status_code == 200, answer.text


def row_of(page: Page, order_id: int) -> Locator:
    return page.locator(f"tr[data-order='{order_id}']")


async def test_from_the_first_sign_in_to_the_parcel_at_its_customer(house: House, counter: Counter) -> None:
    async with house.window() as page:
        await page.goto("/desk")
        await page.get_by_label("E-mail").fill(counter.owner.email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page).to_have_url(re.compile(f"{counter.orders}$"))

        token = await _issue_token(page)
        order_id = await _see_an_order_arrive(page, counter)
        await row_of(page, order_id).get_by_role("link").click()
        await page.get_by_role("button", name="Accept the order").click()
        await expect(badge_of(page)).to_have_text(ACCEPTED)
        await _open_label(page)
        # Whoever prints the label has packed the parcel.
        await expect(badge_of(page)).to_have_text("Ready for collection")
        await report(counter, order_id, "pick_up")
        await expect(badge_of(page)).to_have_text("With the courier")
        await report(counter, order_id, "deliver")
        await expect(badge_of(page)).to_have_text("Delivered")

    assert await _is_taken(house, token)


async def _issue_token(page: Page) -> str:
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("link", name=re.compile("Keys|Tokens|Credentials|Access")).click()
    skroutz = page.locator("li", has=page.get_by_role("heading", name="Skroutz"))
    await skroutz.get_by_role("button", name="Issue").click()
    token = await page.get_by_role("region", name="Token").inner_text()
    await page.get_by_role("link", name="Orders", exact=True).click()
    return token


async def _see_an_order_arrive(page: Page, counter: Counter) -> int:
    await expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    order_id = await place(counter)
    await expect(row_of(page, order_id)).to_be_visible()
    await expect(page.locator("#said")).to_have_text("New orders: 1")
    return order_id


async def _open_label(page: Page) -> None:
    """The worker prints it; the page shows by itself that it is there."""
    address = await page.get_by_role("link", name="Print the label").get_attribute("href")
    label = await page.request.get(str(address))
    assert label.headers["content-type"] == "application/pdf"
    assert (await label.body()).startswith(b"%PDF-")


async def _is_taken(house: House, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.skroutz+json; version=3.0"}
    async with httpx.AsyncClient(base_url=house.server.url, headers=headers) as program:
        return (await program.get("/merchants/ecommerce/orders/none")).status_code == 404


async def test_where_only_some_pieces_are_left_the_customer_gets_another_order(
    house: House, counter: Counter
) -> None:
    order_id = await place(counter)
    async with house.window(counter.owner) as page:
        await page.goto(f"{counter.orders}/{order_id}")
        await page.get_by_text("Reject", exact=True).click()
        first = page.locator("fieldset").first
        await first.get_by_label("Reason").select_option(label="Only some pieces left")
        await page.get_by_role("button", name="Reject for these products").click()
        await expect(first.get_by_label("Pieces left")).to_have_attribute("aria-invalid", "true")
        await first.get_by_label("Pieces left").fill("1")
        await page.get_by_role("button", name="Reject for these products").click()

        await expect(badge_of(page)).to_have_text("Rejected by the shop")
        await page.locator("#head .notice").get_by_role("link").click()
        await expect(page.locator("#goods")).to_contain_text("Καφετιέρα φίλτρου")
        await expect(page.get_by_role("button", name="Accept the order")).to_be_visible()


async def test_an_invoice_is_taken_and_a_file_of_another_type_is_not(
    house: House, counter: Counter, tmp_path: Path
) -> None:
    order_id = await place(counter)
    wrong, invoice = tmp_path / "invoice.exe", tmp_path / "Τιμολόγιο.pdf"
    wrong.write_bytes(b"MZ\x90")
    invoice.write_bytes(b"%PDF-1.7\n%%EOF\n")
    async with house.window(counter.owner) as page:
        await page.goto(f"{counter.orders}/{order_id}")
        await page.get_by_role("button", name="Accept the order").click()
        await page.get_by_label("Your invoice or receipt").set_input_files(wrong)
        await page.get_by_role("button", name="Add the file").click()
        await expect(page.get_by_label("Your invoice or receipt")).to_have_attribute("aria-invalid", "true")

        await page.get_by_label("Your invoice or receipt").set_input_files(invoice)
        await page.get_by_role("button", name="Add the file").click()

        await expect(page.locator("#papers").get_by_role("link", name="Τιμολόγιο.pdf")).to_be_visible()


async def test_a_webhook_that_was_given_up_arrives_once_its_address_is_put_right(
    house: House, counter: Counter
) -> None:
    taken: list[str] = []

    async def take(request: web.BaseRequest) -> web.Response:
        taken.append(await request.text())
        return web.Response()

    async with a_receiver(take) as receiver, house.window(counter.owner) as page:
        await _set_address(page, counter, "http://127.0.0.1:9/hook")
        order_id = await place(counter)
        await page.goto(f"{counter.orders}/{order_id}#webhooks")
        await expect(page.locator("#webhooks summary .badge")).to_have_text("given up")

        await _set_address(page, counter, receiver)
        await page.goto(f"{counter.orders}/{order_id}#webhooks")
        await page.locator("#webhooks summary").click()
        await page.get_by_role("button", name="Send again").click()

        await expect(page.locator("#webhooks summary .badge")).to_have_text("delivered")
    assert len(taken) == 1


async def _set_address(page: Page, counter: Counter, url: str) -> None:
    await page.goto(f"/desk/{counter.shop.id}/settings/webhooks")
    await page.get_by_role("link", name="Skroutz: orders").click()
    await page.get_by_label("Address").fill(url)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Address")).to_have_value(url)


@asynccontextmanager
async def a_receiver(answer: Answer) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def test_a_packer_finds_no_way_to_settings(house: House, counter: Counter) -> None:
    packer = await an_account(house.stoa, counter.shop.id, Role.PACKER, "Πέτρος", language="en")
    async with house.window(packer) as page:
        await page.goto(counter.orders)
        await expect(page.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(["Orders"])

        await page.goto(f"/desk/{counter.shop.id}/settings/credentials")

        await expect(page.get_by_role("main")).to_contain_text("Only the shop's owner may see this page.")
        assert "Skroutz" not in await page.content()


async def test_on_a_narrow_screen_in_greek_an_order_is_accepted(house: House) -> None:
    counter = await house.opens_a_shop(language="el")
    packer = await an_account(house.stoa, counter.shop.id, Role.PACKER, "Πέτρος")
    order_id = await place(counter)
    async with house.window(packer, width=NARROW, language="el-GR") as page:
        await page.goto(counter.orders)
        assert await page.locator("html").get_attribute("lang") == "el"
        await row_of(page, order_id).get_by_role("link").click()
        await page.locator("#decide button.main").click()

        await expect(page.locator("#send")).to_be_visible()
    assert (await house.stoa.service.orders.read(counter.shop.id, order_id)).order.state is State.ACCEPTED  # type: ignore[union-attr]
