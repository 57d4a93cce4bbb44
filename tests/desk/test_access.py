"""Who may open what at the desk, over every page that it has: a new one without an entry here fails."""

import httpx
import pytest

from stoa import app as application
from stoa.app import Stoa
from stoa.desk.rendering import static_address
from stoa.store.people import Role
from tests.conftest import SERVER, Merchant
from tests.database_contents import contents
from tests.desk.people import an_account
from tests.operator.calls import address, placing

PUBLIC, SIGNED_IN, ANYBODY = "public", "whoever is signed in", "the shop's people"
OWNER, MARKETPLACE = "the shop's owner", "the marketplace"

SHOP = "/desk/{shop_id:int}"
ORDERS = f"{SHOP}/orders"
ORDER = f"{ORDERS}/{{order_id:int}}"
SETTINGS = f"{SHOP}/settings"
WEBHOOK = f"{SETTINGS}/webhooks/{{kind:str}}"
LOCATION = f"{SETTINGS}/collection/locations/{{location_id:str}}"
PERSON = f"{SETTINGS}/people/{{person_id:int}}"
COLLEAGUE = "/desk/operator/people/{person_id:int}"
DEMO = f"{SHOP}/demo"
STATIC = "/desk/static/{digest:str}/{name:str}"
LIVE = f"{SHOP}/live"

Route = tuple[str, str]

OPEN_TO: dict[Route, str] = {
    ("GET", STATIC): PUBLIC,
    ("GET", "/desk/sign-in"): PUBLIC,
    ("POST", "/desk/sign-in"): PUBLIC,
    ("GET", "/desk"): SIGNED_IN,
    ("POST", "/desk/sign-out"): SIGNED_IN,
    ("POST", "/desk/sign-out-everywhere"): SIGNED_IN,
    ("GET", "/desk/account"): SIGNED_IN,
    ("POST", "/desk/account/password"): SIGNED_IN,
    ("POST", "/desk/account/language"): SIGNED_IN,
    ("GET", LIVE): ANYBODY,
    ("GET", ORDERS): ANYBODY,
    ("POST", f"{ORDERS}/find"): ANYBODY,
    ("POST", f"{ORDERS}/accept"): ANYBODY,
    ("POST", f"{ORDERS}/labels"): ANYBODY,
    ("POST", f"{ORDERS}/pick-list"): ANYBODY,
    # A table of everything that was sold, and to whom.
    ("GET", f"{ORDERS}/export/{{kind:str}}"): OWNER,
    ("POST", f"{ORDERS}/export/{{kind:str}}"): OWNER,
    ("GET", ORDER): ANYBODY,
    ("POST", f"{ORDER}/accept"): ANYBODY,
    ("POST", f"{ORDER}/reject-lines"): ANYBODY,
    ("POST", f"{ORDER}/reject-whole"): ANYBODY,
    ("POST", f"{ORDER}/cancel"): ANYBODY,
    ("POST", f"{ORDER}/track"): ANYBODY,
    ("POST", f"{ORDER}/label"): ANYBODY,
    ("POST", f"{ORDER}/begin"): ANYBODY,
    ("POST", f"{ORDER}/ready"): ANYBODY,
    ("POST", f"{ORDER}/not-ready"): ANYBODY,
    ("POST", f"{ORDER}/cancel-label"): ANYBODY,
    ("POST", f"{ORDER}/hand-over"): ANYBODY,
    ("POST", f"{ORDER}/deliver"): ANYBODY,
    ("POST", f"{ORDER}/came-back"): ANYBODY,
    ("GET", f"{ORDER}/label/{{paper:str}}"): ANYBODY,
    ("POST", f"{ORDER}/files"): ANYBODY,
    ("POST", f"{ORDER}/delete-file"): ANYBODY,
    ("POST", f"{ORDER}/issue-invoice"): ANYBODY,
    ("POST", f"{ORDER}/cancel-invoice"): ANYBODY,
    ("POST", f"{ORDER}/answer"): ANYBODY,
    ("POST", f"{ORDER}/take-back"): ANYBODY,
    ("POST", f"{ORDER}/send-back"): ANYBODY,
    ("POST", f"{ORDER}/remark"): ANYBODY,
    ("POST", f"{ORDER}/delete-remark"): ANYBODY,
    ("POST", f"{ORDER}/tag"): ANYBODY,
    ("POST", f"{ORDER}/untag"): ANYBODY,
    ("GET", f"{ORDER}/deliveries/{{delivery_id:int}}"): ANYBODY,
    ("POST", f"{ORDER}/resend"): ANYBODY,
    ("GET", f"{ORDER}/as/{{dialect:str}}"): ANYBODY,
    ("GET", f"{SHOP}/numbers"): OWNER,
    ("GET", SETTINGS): OWNER,
    ("POST", SETTINGS): OWNER,
    ("GET", f"{SETTINGS}/credentials"): OWNER,
    ("POST", f"{SETTINGS}/credentials/{{dialect:str}}/issue"): OWNER,
    ("POST", f"{SETTINGS}/credentials/{{dialect:str}}/revoke"): OWNER,
    ("GET", f"{SETTINGS}/webhooks"): OWNER,
    ("GET", WEBHOOK): OWNER,
    ("POST", WEBHOOK): OWNER,
    ("POST", f"{WEBHOOK}/key"): OWNER,
    ("POST", f"{WEBHOOK}/remove"): OWNER,
    ("POST", f"{WEBHOOK}/test"): OWNER,
    ("GET", f"{SETTINGS}/collection"): OWNER,
    ("POST", f"{SETTINGS}/collection/calendar"): OWNER,
    ("GET", LOCATION): OWNER,
    ("POST", LOCATION): OWNER,
    ("POST", f"{LOCATION}/remove"): OWNER,
    ("POST", f"{LOCATION}/default"): OWNER,
    ("GET", f"{SETTINGS}/people"): OWNER,
    ("POST", f"{SETTINGS}/people"): OWNER,
    ("GET", PERSON): OWNER,
    ("POST", PERSON): OWNER,
    ("POST", f"{PERSON}/password"): OWNER,
    ("POST", f"{PERSON}/remove"): OWNER,
    ("GET", "/desk/operator/people"): MARKETPLACE,
    ("POST", "/desk/operator/people"): MARKETPLACE,
    ("GET", COLLEAGUE): MARKETPLACE,
    ("POST", COLLEAGUE): MARKETPLACE,
    ("POST", f"{COLLEAGUE}/password"): MARKETPLACE,
    ("POST", f"{COLLEAGUE}/remove"): MARKETPLACE,
    ("GET", "/desk/operator"): MARKETPLACE,
    ("POST", "/desk/operator/find"): MARKETPLACE,
    ("GET", "/desk/operator/deliveries"): MARKETPLACE,
    ("GET", "/desk/operator/health"): MARKETPLACE,
    ("GET", "/desk/operator/shops/new"): MARKETPLACE,
    ("POST", "/desk/operator/shops/new"): MARKETPLACE,
    ("GET", "/desk/operator/shops/{shop_id:int}"): MARKETPLACE,
    ("POST", "/desk/operator/shops/{shop_id:int}/resend"): MARKETPLACE,
    ("POST", "/desk/operator/shops/{shop_id:int}/deliveries/{delivery_id:int}/resend"): MARKETPLACE,
    ("GET", DEMO): ANYBODY,
    ("POST", DEMO): ANYBODY,
    ("GET", f"{DEMO}/orders/{{order_id:int}}"): ANYBODY,
    ("POST", f"{DEMO}/orders/{{order_id:int}}/{{event:str}}"): ANYBODY,
    ("GET", f"{DEMO}/inbox"): ANYBODY,
    ("POST", f"{DEMO}/inbox"): ANYBODY,
}

LETS_IN = {
    "stranger": {PUBLIC},
    "packer": {PUBLIC, SIGNED_IN, ANYBODY},
    "owner": {PUBLIC, SIGNED_IN, ANYBODY, OWNER},
    "neighbours_owner": {PUBLIC, SIGNED_IN},
    "marketplace": {PUBLIC, SIGNED_IN, ANYBODY, OWNER, MARKETPLACE},
}
"""What each may open."""

REFUSES = {
    "packer": {OWNER: 403, MARKETPLACE: 404},
    "owner": {MARKETPLACE: 404},
    "neighbours_owner": {ANYBODY: 404, OWNER: 404, MARKETPLACE: 404},
    "marketplace": {},
}
"""How each is refused what they may not open."""


def open_to(*whom: str, method: str) -> list[Route]:
    return [route for route, caller in OPEN_TO.items() if caller in whom and route[0] == method]


def test_every_page_says_who_may_open_it(stoa: Stoa) -> None:
    routes = {(endpoint.method, endpoint.path) for endpoint in application.endpoints(stoa, server=SERVER)}

    assert {(method, path) for method, path in routes if path.startswith("/desk")} == set(OPEN_TO)


@pytest.fixture
async def numbers(stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant) -> dict[str, object]:
    """What stands in an address for each name in braces, all of one shop."""
    # Nobody's page listens on: a stream would never be complete.
    stoa.ending.set()
    at = address(merchant.shop)
    await operator.put(f"{at}/webhook", json={"url": "http://127.0.0.1:9/hook"})
    placed = await placing(operator, merchant.shop)
    (delivery,) = (await operator.get(f"{at}/deliveries")).json()["items"]
    packer = await an_account(stoa, merchant.shop.id, Role.PACKER, email="another@shop.example")
    colleague = await an_account(stoa, None, Role.OPERATOR, email="another@marketplace.example")
    digest, name = static_address("desk.css").split("/")[-2:]
    return {
        "shop_id:int": merchant.shop.id,
        "order_id:int": placed["id"],
        "delivery_id:int": delivery["id"],
        "location_id:str": merchant.shop.locations[0].id,
        "person_id:int": packer.person_id,
        "colleague": colleague.person_id,
        "dialect:str": "skroutz",
        "kind:str": "csv",
        "paper:str": "a6",
        "event:str": "cancel",
        "digest:str": digest,
        "name:str": name,
    }


def fill(path: str, numbers: dict[str, object]) -> str:
    path = path.replace(COLLEAGUE, f"/desk/operator/people/{numbers['colleague']}")
    path = path.replace(WEBHOOK, f"{SETTINGS}/webhooks/skroutz_orders")
    for name, value in numbers.items():
        path = path.replace(f"{{{name}}}", str(value))
    assert "{" not in path
    return path


@pytest.fixture
def everybody(
    stranger: httpx.AsyncClient,
    packer: httpx.AsyncClient,
    owner: httpx.AsyncClient,
    neighbours_owner: httpx.AsyncClient,
    marketplace: httpx.AsyncClient,
) -> dict[str, httpx.AsyncClient]:
    """Who may come to the desk, by name."""
    return {
        "stranger": stranger,
        "packer": packer,
        "owner": owner,
        "neighbours_owner": neighbours_owner,
        "marketplace": marketplace,
    }


WITH_FILE = {f"{ORDER}/files"}
"""Forms that a file is sent with."""


async def answer(
    client: httpx.AsyncClient, method: str, path: str, numbers: dict[str, object]
) -> httpx.Response:
    if method == "GET":
        return await client.get(fill(path, numbers))
    file = {"file": ("invoice.pdf", b"%PDF-1.7")} if path in WITH_FILE else None
    return await client.post(fill(path, numbers), data={"csrf": "guessed"}, files=file)


async def answers(
    client: httpx.AsyncClient, routes: list[Route], numbers: dict[str, object]
) -> dict[Route, httpx.Response]:
    """What the client is answered at every route; no form has a proof."""
    return {route: await answer(client, *route, numbers) for route in routes}


async def kept(stoa: Stoa) -> dict[str, list[str]]:
    """All that the database holds, but for the addresses that wrong passwords came from."""
    tables = await contents(stoa.service.pool)
    del tables["strangers"]
    return tables


EXPECTED = {("GET", f"{ORDER}/label/{{paper:str}}"): {404, 409}}
"""What is answered where there is nothing yet to show."""


@pytest.mark.parametrize("who", LETS_IN)
async def test_pages_open_to_those_whom_they_are_for(
    stoa: Stoa, who: str, everybody: dict[str, httpx.AsyncClient], numbers: dict[str, object]
) -> None:
    client = everybody[who]
    before = await kept(stoa)

    given = await answers(client, open_to(*LETS_IN[who], method="GET"), numbers)

    wrong = {
        route: answer.status_code
        for route, answer in given.items()
        if answer.status_code not in EXPECTED.get(route, {200, 303})
    }
    assert wrong == {}
    assert await kept(stoa) == before


@pytest.mark.parametrize("who", REFUSES)
async def test_pages_are_closed_to_everybody_else(
    stoa: Stoa, who: str, everybody: dict[str, httpx.AsyncClient], numbers: dict[str, object]
) -> None:
    client = everybody[who]
    before = await kept(stoa)

    for closed, status in REFUSES[who].items():
        routes = open_to(closed, method="GET") + open_to(closed, method="POST")
        given = await answers(client, routes, numbers)
        assert {route: answer.status_code for route, answer in given.items()} == dict.fromkeys(routes, status)
    assert await kept(stoa) == before


async def test_whoever_is_not_signed_in_is_asked_to_whatever_they_ask_for(
    stoa: Stoa, stranger: httpx.AsyncClient, numbers: dict[str, object]
) -> None:
    before = await kept(stoa)
    routes = [route for route, whom in OPEN_TO.items() if whom != PUBLIC]

    for session in ("", "guessed", "x" * 5000):
        stranger.cookies.set("stoa_desk", session)
        given = await answers(stranger, routes, numbers)
        assert {answer.status_code for answer in given.values()} == {303}
        assert {answer.headers["location"].split("?")[0] for answer in given.values()} == {"/desk/sign-in"}
        assert all(not answer.content for answer in given.values())
    assert await kept(stoa) == before


@pytest.mark.parametrize("who", REFUSES)
async def test_a_form_that_no_page_of_the_session_sent_does_nothing(
    stoa: Stoa, who: str, everybody: dict[str, httpx.AsyncClient], numbers: dict[str, object]
) -> None:
    client = everybody[who]
    before = await kept(stoa)
    routes = open_to(*LETS_IN[who] - {PUBLIC}, method="POST")

    given = await answers(client, routes, numbers)

    assert {route: answer.status_code for route, answer in given.items()} == dict.fromkeys(routes, 403)
    assert await kept(stoa) == before


@pytest.mark.parametrize("who", ["owner", "packer"])
async def test_a_shop_that_is_none_is_no_page(
    stoa: Stoa, who: str, everybody: dict[str, httpx.AsyncClient], numbers: dict[str, object]
) -> None:
    client = everybody[who]
    routes = open_to(ANYBODY, OWNER, method="GET")

    for shop_id in (10**17, 0):
        given = await answers(client, routes, numbers | {"shop_id:int": shop_id})
        assert {answer.status_code for answer in given.values()} == {404}


async def test_a_page_says_nothing_of_where_it_is_refused(
    neighbours_owner: httpx.AsyncClient, merchant: Merchant, numbers: dict[str, object]
) -> None:
    for answer in (await answers(neighbours_owner, open_to(ANYBODY, method="GET"), numbers)).values():
        assert merchant.shop.name not in answer.text
        assert "Παπαδοπούλου" not in answer.text
