"""Pages that are kept up to date, as a browser shows them."""

import pytest
from playwright.async_api import Page, expect

from stoa.orders.order import Order, State
from tests.desk.browser import ACCEPTED, PATIENCE, Counter, House, a_free_port, a_server, badge_of
from tests.operator.calls import in_state
from tests.running import data_folder

pytestmark = pytest.mark.asyncio(loop_scope="session")

expect.set_options(timeout=PATIENCE)

COUNTS_NOTES = """
window.notes = 0;
const create = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.notes += 1; return create.call(this); };
"""

HIDE = """
Object.defineProperty(document, "hidden", { value: %s, configurable: true });
document.dispatchEvent(new Event("visibilitychange"));
"""


async def arriving(counter: Counter) -> Order:
    """An order that comes to be, of which pages are told."""
    stoa = counter.house.stoa
    order = await in_state(stoa, counter.shop, State.OPEN)
    stoa.service.bell.ring(counter.shop.id)
    return order


async def appears(page: Page, order: Order) -> None:
    await expect(page.locator(f"tr[data-order='{order.id}']")).to_be_visible()


async def test_a_new_order_is_heard_of_where_sound_is_on_and_counted_where_nobody_looks(
    house: House, counter: Counter
) -> None:
    async with house.window(counter.owner) as page:
        await page.add_init_script(COUNTS_NOTES)
        await page.goto(f"{counter.orders}?tab=all")
        title, sound = await page.title(), page.get_by_role("switch", name="Sound")
        await sound.click()
        await expect(sound).not_to_be_checked()
        await appears(page, await arriving(counter))
        assert await page.evaluate("window.notes") == 0

        await sound.click()
        await page.evaluate("window.notes = 0")
        await page.evaluate(HIDE % "true")
        await appears(page, await arriving(counter))
        await appears(page, await arriving(counter))

        await expect(page).to_have_title(f"(2) {title}")
        assert await page.evaluate("window.notes") > 0
        await page.evaluate(HIDE % "false")
        await expect(page).to_have_title(title)


async def test_what_is_marked_and_typed_and_stood_on_stays_when_the_list_changes(
    house: House, counter: Counter
) -> None:
    first = await in_state(house.stoa, counter.shop, State.OPEN)
    async with house.window(counter.owner) as page:
        await page.goto(f"{counter.orders}?tab=all")
        await page.get_by_label("Search the orders").fill("μισή λέξη")
        box = page.locator(f"input[data-order='{first.id}']")
        await box.check()
        await appears(page, await arriving(counter))

        await expect(box).to_be_checked()
        await expect(box).to_be_focused()
        await expect(page.get_by_label("Search the orders")).to_have_value("μισή λέξη")


async def test_a_remark_that_is_being_written_is_left_alone(house: House, counter: Counter) -> None:
    order = await in_state(house.stoa, counter.shop, State.OPEN)
    async with house.window(counter.owner) as page, house.window(counter.owner) as elsewhere:
        await page.goto(f"{counter.orders}/{order.id}")
        await page.get_by_label("Remark for your colleagues").fill("Προσοχή, εύθραυστο")
        await elsewhere.goto(f"{counter.orders}/{order.id}")
        await elsewhere.get_by_role("button", name="Accept the order").click()

        await expect(badge_of(page)).to_have_text(ACCEPTED)
        await expect(page.get_by_label("Remark for your colleagues")).to_have_value("Προσοχή, εύθραυστο")


async def test_of_the_pages_of_one_browser_one_listens_for_all(house: House, counter: Counter) -> None:
    asked: list[str] = []
    async with house.window(counter.owner) as page:
        page.context.on(
            "request", lambda request: asked.append(request.url) if "/live" in request.url else None
        )
        await page.goto(f"{counter.orders}?tab=all")
        other = await page.context.new_page()
        await other.goto(f"{counter.orders}?tab=all")
        order = await arriving(counter)
        await appears(page, order)
        await appears(other, order)
        assert len([url for url in asked if "/live?" in url]) == 1

        await page.close()
        await appears(other, await arriving(counter))


async def test_pages_go_on_by_themselves_after_the_server_was_started_again(
    house: House, counter: Counter, house_database: str
) -> None:
    port = a_free_port()
    async with house.window(counter.owner) as page:
        with data_folder() as data:
            with a_server(house_database, data, port):
                await page.goto(f"http://127.0.0.1:{port}{counter.orders}?tab=all")
                await appears(page, await arriving(counter))
            await expect(page.get_by_role("link", name="Not connected: reload")).to_be_visible()
            missed = await in_state(house.stoa, counter.shop, State.OPEN)
            with a_server(house_database, data, port):
                await appears(page, missed)
                await expect(page.get_by_role("link", name="Not connected: reload")).to_be_hidden()
                await appears(page, await arriving(counter))
