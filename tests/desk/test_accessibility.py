"""Every kind of page, as axe and a keyboard see it: light and dark, wide and narrow."""

import json
from typing import Any, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from stoa.orders.order import ReturnState, State
from stoa.store.people import Person, Role
from tests.desk.browser import ACCEPTED, NARROW, PATIENCE, WIDE, Counter, House, badge_of
from tests.desk.people import an_account
from tests.operator.calls import in_state, return_in
from tests.running import data_folder, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

expect.set_options(timeout=PATIENCE)

GRAVE = {"serious", "critical"}

RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


class Scene:
    """A shop with orders in several states, and the marketplace's own person."""

    def __init__(self, counter: Counter, empty: Counter, operator: Person) -> None:
        self.counter = counter
        self.empty = empty
        self.operator = operator
        self.orders: dict[str, int] = {}

    async def fill(self) -> None:
        stoa, shop = self.counter.house.stoa, self.counter.shop
        for state in (State.OPEN, State.ACCEPTED, State.DISPATCHED, State.DELIVERED, State.REJECTED):
            self.orders[state] = (await in_state(stoa, shop, state)).id
        self.orders["return"] = (await return_in(stoa, shop, ReturnState.PENDING_REVIEW)).id


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scene(house: House) -> Scene:
    counter, empty = await house.opens_a_shop(), await house.opens_a_shop()
    operator = await an_account(house.stoa, None, Role.OPERATOR, "Olga", language="en")
    scene = Scene(counter, empty, operator)
    await scene.fill()
    return scene


PAGES = {
    "signing in": "/desk/sign-in",
    "no page": "/desk/there/is/none",
    "account": "/desk/account",
    "orders": "/desk/{shop}/orders?tab=all",
    "no orders": "/desk/{empty}/orders",
    "an open order": "/desk/{shop}/orders/{open}",
    "an accepted order": "/desk/{shop}/orders/{accepted}",
    "a dispatched order": "/desk/{shop}/orders/{dispatched}",
    "a delivered order": "/desk/{shop}/orders/{delivered}",
    "a rejected order": "/desk/{shop}/orders/{rejected}",
    "a return": "/desk/{shop}/orders/{return}",
    "an order as JSON": "/desk/{shop}/orders/{open}/as/skroutz",
    "numbers": "/desk/{shop}/numbers",
    "settings": "/desk/{shop}/settings",
    "credentials": "/desk/{shop}/settings/credentials",
    "webhooks": "/desk/{shop}/settings/webhooks",
    "a webhook": "/desk/{shop}/settings/webhooks/skroutz_orders",
    "collection": "/desk/{shop}/settings/collection",
    "a location": "/desk/{shop}/settings/collection/locations/new",
    "people": "/desk/{shop}/settings/people",
    "the marketplace": "/desk/operator",
    "a shop of the marketplace": "/desk/operator/shops/{shop}",
    "a new shop": "/desk/operator/shops/new",
    "dead deliveries": "/desk/operator/deliveries",
    "health": "/desk/operator/health",
    "the marketplace's people": "/desk/operator/people",
}

FOR_STRANGERS = {"signing in", "no page"}


def address(scene: Scene, name: str) -> str:
    return PAGES[name].format(shop=scene.counter.shop.id, empty=scene.empty.shop.id, **scene.orders)


LOOKS: list[tuple[int, Literal["light", "dark"]]] = [(WIDE, "light"), (NARROW, "dark")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_everybody_can_use_every_page(
    house: House, scene: Scene, width: int, scheme: Literal["light", "dark"]
) -> None:
    wrong = {}
    for person, names in ((None, FOR_STRANGERS), (scene.operator, PAGES.keys() - FOR_STRANGERS)):
        async with house.window(person, width=width, scheme=scheme) as page:
            for name in sorted(names):
                await page.goto(address(scene, name))
                if faults := await faults_of(page):
                    wrong[name] = faults
    assert wrong == {}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_everybody_can_play_customer_and_courier(
    house: House, width: int, scheme: Literal["light", "dark"]
) -> None:
    wrong = {}
    with data_folder() as data, serving(data, "--demo", "--no-worker") as demo:
        known = json.loads((data / "demo.json").read_bytes())
        shop = f"{demo.url}/desk/{known['shops'][0]['id']}"
        owner = next(person for person in known["desk"]["people"] if person["role"] == "owner")
        context = await house.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = await context.new_page()
        await page.goto(f"{demo.url}/desk/sign-in")
        await page.fill("#email", owner["email"])
        await page.fill("#password", owner["password"])
        await page.click("button.main")
        await page.goto(f"{shop}/orders?tab=decide")
        order = await page.locator("[data-order] a").first.get_attribute("href")
        for address in (f"{shop}/demo", f"{shop}/demo/inbox", f"{demo.url}{order}"):
            await page.goto(address)
            if faults := await faults_of(page):
                wrong[address] = faults
        await context.close()
    assert wrong == {}


async def faults_of(page: Page) -> list[str]:
    """What keeps people from using the page, with everything on it opened."""
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found: dict[str, Any] = (await Axe().run(page, options=RULES)).response
    grave = [
        f"{violation['id']}: {violation['help']} at {[node['target'] for node in violation['nodes']][:5]}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
    ]
    wide = await page.evaluate(SCROLLS_SIDEWAYS)
    return grave + [f"{element} is wider than the screen" for element in wide]


SCROLLS_SIDEWAYS = """
() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map((one) => one.outerHTML.slice(0, 90))"""


# The keyboard alone


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus, which must be seen."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.innerText?.trim()") == name:
            assert await page.evaluate(OUTLINE) != "none"
            return
    pytest.fail(f"{name} cannot be reached by keyboard")


OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"


async def test_an_order_is_accepted_by_keyboard_alone(house: House, counter: Counter) -> None:
    order = await in_state(house.stoa, counter.shop, State.OPEN)
    async with house.window(counter.owner) as page:
        await page.goto(counter.orders)
        await tab_to(page, await page.locator("tr[data-order] a.code").inner_text())
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{house.server.url}{counter.orders}/{order.id}")
        await tab_to(page, "Accept the order")
        await page.keyboard.press("Enter")

        await expect(badge_of(page)).to_have_text(ACCEPTED)


async def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(
    house: House, counter: Counter
) -> None:
    async with house.window(counter.owner) as page:
        await page.goto(counter.orders)
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")

        await expect(page.locator("main")).to_be_focused()


async def test_nothing_moves_for_whoever_does_not_want_it(house: House, scene: Scene) -> None:
    async with house.window(scene.counter.owner, motion="reduce") as page:
        await page.goto(address(scene, "orders"))
        await page.evaluate("document.querySelector('tr[data-order]').classList.add('fresh')")

        assert await page.evaluate("document.getAnimations().length") == 0
