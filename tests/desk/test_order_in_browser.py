"""What the script of an order's page does, in a real browser."""

import msgspec
import pytest
from playwright.async_api import Page, expect

from stoa.orders.order import Order, State
from tests.desk.browser import PATIENCE, Counter, House
from tests.documents.test_uploads import PDF, PNG
from tests.operator.calls import in_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

expect.set_options(timeout=PATIENCE)

DROP = """([name, type]) => {
  const files = new DataTransfer();
  files.items.add(new File(["%PDF-1.4 %%EOF"], name, { type }));
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true });
    document.querySelector("[data-drop]").dispatchEvent(event);
  }
}"""


async def an_open_order(counter: Counter, page: Page) -> Order:
    """An order whose page is open."""
    order = await in_state(counter.house.stoa, counter.shop, State.OPEN)
    await page.goto(f"{counter.orders}/{order.id}")
    return order


async def test_a_file_is_looked_at_before_it_is_sent(house: House, counter: Counter) -> None:
    async with house.window(counter.owner) as page:
        order = await an_open_order(counter, page)
        await page.set_input_files(
            "#file", {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        await expect(page.locator("[data-preview] iframe")).to_be_visible()
        await page.set_input_files("#file", {"name": "receipt.png", "mimeType": "image/png", "buffer": PNG})
        await expect(page.locator("[data-preview] iframe")).to_have_count(0)
        await expect(page.locator("[data-preview] img")).to_be_visible()

        await page.get_by_role("button", name="Add the file").click()

        await expect(page.locator(".notice.good")).to_have_text("The file is added.")
        await expect(page.get_by_role("link", name="receipt.png")).to_be_visible()
    stored = await house.stoa.service.orders.read(counter.shop.id, order.id)
    assert stored is not None
    assert len(stored.order.standing_invoice_files) == 1


async def test_a_file_is_dropped_on_the_page_and_one_of_the_wrong_type_refused(
    house: House, counter: Counter
) -> None:
    async with house.window(counter.owner) as page:
        await an_open_order(counter, page)
        await page.evaluate(DROP, ["notes.txt", "text/plain"])
        await expect(page.locator("[data-preview]")).to_be_hidden()
        await page.get_by_role("button", name="Add the file").click()
        await expect(page.locator("#file-said")).to_have_text("The file is no PDF, PNG or JPG.")

        await page.evaluate(DROP, ["receipt.pdf", "application/pdf"])
        await page.get_by_role("button", name="Add the file").click()
        await expect(page.get_by_role("link", name="receipt.pdf")).to_be_visible()


async def test_the_json_is_fetched_when_somebody_looks_and_copied(house: House, counter: Counter) -> None:
    async with house.window(counter.owner) as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        order = await an_open_order(counter, page)
        shown = page.locator("details", has=page.get_by_text("skroutz", exact=True))
        await expect(shown.locator("pre")).to_have_count(0)

        await shown.locator("summary").click()
        await shown.get_by_role("button", name="Copy").click()

        await expect(shown.get_by_role("button")).to_have_text("Copied")
        copied = msgspec.json.decode(await page.evaluate("navigator.clipboard.readText()"))
        assert copied["order"]["code"].endswith(str(order.id))


async def test_pieces_are_asked_for_only_where_some_are_left(house: House, counter: Counter) -> None:
    async with house.window(counter.owner) as page:
        await an_open_order(counter, page)
        await page.locator("#reject > summary").click()
        await expect(page.get_by_label("Pieces left")).to_be_hidden()

        await page.get_by_label("Reason").select_option("limited_stock")
        await expect(page.get_by_label("Pieces left")).to_be_visible()
        await page.get_by_label("Reason").select_option("no_stock")
        await expect(page.get_by_label("Pieces left")).to_be_hidden()


async def test_what_a_colleague_remarks_appears_by_itself(house: House, counter: Counter) -> None:
    async with house.window(counter.owner) as page, house.window(counter.owner) as other:
        order = await an_open_order(counter, page)
        await other.goto(f"{counter.orders}/{order.id}")
        await other.get_by_label("Remark for your colleagues").fill("Θα λείπει την Τρίτη")
        await other.get_by_role("button", name="Add the remark").click()

        await expect(page.locator("#timeline .remark")).to_contain_text("Θα λείπει την Τρίτη")
