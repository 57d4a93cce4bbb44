"""Who may do what, over every route that the application has: a new one without an entry here fails."""

import io
from base64 import b64encode
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from msgspec.structs import replace

from stoa import app as application
from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.dialects.merchantpro.examples import NEW_ORDER
from stoa.logs import configure_logs
from stoa.operator import examples
from stoa.orders.order import State
from stoa.orders.warehouse import purchase_order_code
from stoa.store.shops import Token
from stoa.store.strangers import WITHIN
from tests.conftest import ACCEPT, SERVER, Merchant, browsing
from tests.database_contents import contents
from tests.depot import Depot
from tests.merchantpro.back_office import calling
from tests.operator.calls import address, in_state, placing

PUBLIC, OPERATOR, SHOP = "public", "operator", "shop"
KEY, PASSWORD = "shop by key and secret", "shop by username and password"

OF_A_SHOP = "/operator/v1/shops/{shop_id:int}"
OF_AN_ORDER = f"{OF_A_SHOP}/orders/{{order_id:int}}"
OF_A_RETURN = f"{OF_A_SHOP}/returns/{{return_id:int}}"
OF_A_PRODUCT = f"{OF_A_SHOP}/products/{{product_id:int}}"
OF_A_PURCHASE_ORDER = f"{OF_A_SHOP}/purchase_orders/{{number:int}}"
SKROUTZ = "/merchants/ecommerce/orders/{code:str}"
SKROUTZ_RETURN = "/merchants/ecommerce/returns/{return_code:str}"
FBS = "/merchants/ecommerce/fbs"
MERCHANTPRO = "/api/v2/orders"
MERCHANTPRO_ORDER = f"{MERCHANTPRO}/{{order_id:int}}"
SHOPFLIX = "/v2/orders"
SHOPFLIX_ORDER = f"{SHOPFLIX}/{{order_id:str}}"
MANIFEST = "/v2/shipments/manifest"
SHIPMENT = "/v2/shipments/{order_id:str}"
STYLESHEET = ("GET", "/orders/pages.css")

OPEN_TO: dict[tuple[str, str], str] = {
    ("GET", "/"): PUBLIC,
    ("GET", "/schema"): PUBLIC,
    ("GET", "/schema/openapi.json"): PUBLIC,
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", "/demo/inbox"): PUBLIC,
    ("POST", "/demo/hooks/{shop_id:int}"): PUBLIC,
    # Whoever has the address of a file or of an order's page may read it; its secret is tried below.
    ("GET", "/files/vouchers/{name:str}"): PUBLIC,
    ("GET", "/files/invoices/{name:str}"): PUBLIC,
    ("GET", "/files/delivery-notes/{name:str}"): PUBLIC,
    ("GET", "/files/samples/{name:str}"): PUBLIC,
    ("GET", "/orders/info/{key:str}/{order_id:int}"): PUBLIC,
    ("GET", "/orders/proforma/{key:str}/{order_id:int}"): PUBLIC,
    ("GET", "/orders/invoice/{key:str}/{order_id:int}"): PUBLIC,
    ("GET", "/orders/storno/{key:str}/{order_id:int}"): PUBLIC,
    STYLESHEET: PUBLIC,
    ("POST", "/operator/v1/shops"): OPERATOR,
    ("GET", "/operator/v1/shops"): OPERATOR,
    ("GET", OF_A_SHOP): OPERATOR,
    ("PATCH", OF_A_SHOP): OPERATOR,
    ("POST", f"{OF_A_SHOP}/credentials"): OPERATOR,
    ("PUT", f"{OF_A_SHOP}/pickup_locations"): OPERATOR,
    ("GET", f"{OF_A_SHOP}/webhook"): OPERATOR,
    ("PUT", f"{OF_A_SHOP}/webhook"): OPERATOR,
    ("PATCH", f"{OF_A_SHOP}/webhook"): OPERATOR,
    ("DELETE", f"{OF_A_SHOP}/webhook"): OPERATOR,
    ("POST", f"{OF_A_SHOP}/orders"): OPERATOR,
    ("GET", f"{OF_A_SHOP}/orders"): OPERATOR,
    ("GET", OF_AN_ORDER): OPERATOR,
    ("GET", f"{OF_AN_ORDER}/events"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/cancel"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/extend"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/reschedule"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/pick_up"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/arrive_at_pickup_point"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/deliver"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/deliver_partially"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/fail_delivery"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/return_partially"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/return"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/refund"): OPERATOR,
    ("POST", f"{OF_AN_ORDER}/returns"): OPERATOR,
    ("GET", f"{OF_AN_ORDER}/returns"): OPERATOR,
    ("GET", OF_A_RETURN): OPERATOR,
    ("POST", f"{OF_A_RETURN}/review"): OPERATOR,
    ("POST", f"{OF_A_RETURN}/track"): OPERATOR,
    ("POST", f"{OF_A_RETURN}/arrive"): OPERATOR,
    ("POST", f"{OF_A_RETURN}/take_back"): OPERATOR,
    ("POST", f"{OF_A_RETURN}/send_back"): OPERATOR,
    ("POST", f"{OF_A_RETURN}/cancel"): OPERATOR,
    ("GET", f"{OF_A_SHOP}/invoices"): OPERATOR,
    ("GET", f"{OF_A_SHOP}/deliveries"): OPERATOR,
    ("POST", f"{OF_A_SHOP}/deliveries/{{delivery_id:int}}/resend"): OPERATOR,
    ("POST", f"{OF_A_SHOP}/products"): OPERATOR,
    ("GET", f"{OF_A_SHOP}/products"): OPERATOR,
    ("PATCH", OF_A_PRODUCT): OPERATOR,
    ("GET", f"{OF_A_PRODUCT}/movements"): OPERATOR,
    ("POST", f"{OF_A_PRODUCT}/correct"): OPERATOR,
    ("GET", f"{OF_A_SHOP}/purchase_orders"): OPERATOR,
    ("GET", OF_A_PURCHASE_ORDER): OPERATOR,
    ("POST", f"{OF_A_PURCHASE_ORDER}/receive"): OPERATOR,
    ("GET", SKROUTZ): SHOP,
    ("POST", f"{SKROUTZ}/accept"): SHOP,
    ("POST", f"{SKROUTZ}/reject"): SHOP,
    ("POST", f"{SKROUTZ}/invoices"): SHOP,
    ("POST", f"{SKROUTZ}/tracking_details"): SHOP,
    ("POST", f"{SKROUTZ}/set_as_ready"): SHOP,
    ("POST", f"{SKROUTZ}/set_as_not_ready"): SHOP,
    ("POST", f"{SKROUTZ}/trigger_webhook_request/{{kind:str}}"): SHOP,
    ("GET", SKROUTZ_RETURN): SHOP,
    ("POST", f"{SKROUTZ_RETURN}/review"): SHOP,
    ("GET", f"{FBS}/products"): SHOP,
    ("GET", f"{FBS}/purchase_orders"): SHOP,
    ("POST", f"{FBS}/purchase_orders"): SHOP,
    ("GET", f"{FBS}/purchase_orders/{{purchase_order:str}}/line_items"): SHOP,
    ("GET", f"{FBS}/suppliers"): SHOP,
    ("POST", f"{FBS}/suppliers"): SHOP,
    ("PATCH", f"{FBS}/suppliers/{{supplier_id:str}}"): SHOP,
    ("GET", MERCHANTPRO): KEY,
    ("POST", MERCHANTPRO): KEY,
    ("GET", MERCHANTPRO_ORDER): KEY,
    ("PATCH", MERCHANTPRO_ORDER): KEY,
    ("PATCH", f"{MERCHANTPRO_ORDER}/{{handler:str}}"): KEY,
    ("DELETE", MERCHANTPRO_ORDER): KEY,
    ("GET", SHOPFLIX): PASSWORD,
    ("GET", SHOPFLIX_ORDER): PASSWORD,
    ("PATCH", f"{SHOPFLIX_ORDER}/accept"): PASSWORD,
    ("PATCH", f"{SHOPFLIX_ORDER}/reject"): PASSWORD,
    ("POST", f"{SHOPFLIX_ORDER}/invoices"): PASSWORD,
    ("DELETE", f"{SHOPFLIX_ORDER}/invoices/{{invoice_id:int}}"): PASSWORD,
    ("GET", MANIFEST): PASSWORD,
    ("POST", SHIPMENT): PASSWORD,
    ("DELETE", SHIPMENT): PASSWORD,
    ("GET", f"{SHIPMENT}/print"): PASSWORD,
}


def open_to(*callers: str) -> list[tuple[str, str]]:
    return [route for route, caller in OPEN_TO.items() if caller in callers]


def test_every_route_says_who_may_call_it(stoa: Stoa) -> None:
    answered = {(endpoint.method, endpoint.path) for endpoint in application.endpoints(stoa, server=SERVER)}
    # The desk is for people, and lets in by person: see tests/desk/test_access.py.
    by_credential = {(method, path) for method, path in answered if not path.startswith("/desk")}

    assert by_credential == set(OPEN_TO)


@pytest.fixture
async def numbers(stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant) -> dict[str, object]:
    """What stands in an address for each name in braces, all of one shop."""
    at = address(merchant.shop)
    await operator.put(f"{at}/webhook", json={"url": "http://127.0.0.1:9/hook"})
    placed = await placing(operator, merchant.shop)
    await in_state(stoa, merchant.shop, State.DISPATCHED)
    (delivery,) = (await operator.get(f"{at}/deliveries")).json()["items"]
    delivered = await in_state(stoa, merchant.shop, State.DELIVERED)
    returned = (await operator.post(f"{at}/orders/{delivered.id}/returns", json=examples.RETURN)).json()
    depot = Depot(stoa.service.pool, merchant.shop)
    product = await depot.product("UID")
    order = await depot.announce(await depot.supplier(), UID=1)
    return {
        "shop_id:int": merchant.shop.id,
        "order_id:int": placed["id"],
        "delivery_id:int": delivery["id"],
        "return_id:int": returned["id"],
        "return_code:str": returned["codes"]["skroutz"],
        "code:str": placed["codes"]["skroutz"],
        "order_id:str": placed["codes"]["shopflix"],
        "invoice_id:int": 1,
        "kind:str": "creation",
        "handler:str": "in_process",
        "product_id:int": product.id,
        "number:int": order.number,
        "purchase_order:str": purchase_order_code(order, merchant.shop),
        "supplier_id:str": order.supplier_id,
        "name:str": "1-1000001-1-00000000000000000000000000000000.pdf",
        "key:str": "1-" + "0" * 32,
    }


async def issue_key(stoa: Stoa, merchant: Merchant, dialect: str = "merchantpro") -> Token:
    return await stoa.service.shops.issue(merchant.shop.id, dialect, stoa.service.clock())


@pytest.fixture
async def key(stoa: Stoa, merchant: Merchant) -> Token:
    """The shop's key and secret."""
    return await issue_key(stoa, merchant)


@pytest.fixture
async def back_office(stoa: Stoa, key: Token) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has the shop's key and secret."""
    async with calling(stoa, key.key, key.secret) as client:
        yield client


@pytest.fixture
async def neighbours_back_office(stoa: Stoa, neighbour: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    issued = await issue_key(stoa, neighbour)
    async with calling(stoa, issued.key, issued.secret) as client:
        yield client


@pytest.fixture
async def password(stoa: Stoa, merchant: Merchant) -> Token:
    """The shop's username and password."""
    return await issue_key(stoa, merchant, "shopflix")


@pytest.fixture
async def counter(stoa: Stoa, password: Token) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has the shop's username and password."""
    async with calling(stoa, password.key, password.secret) as client:
        yield client


@pytest.fixture
async def neighbours_counter(stoa: Stoa, neighbour: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    issued = await issue_key(stoa, neighbour, "shopflix")
    async with calling(stoa, issued.key, issued.secret) as client:
        yield client


async def kept(stoa: Stoa) -> dict[str, list[str]]:
    """All that the database holds, but for the addresses that wrong credentials came from."""
    tables = await contents(stoa.service.pool)
    del tables["strangers"]
    return tables


def fill(path: str, numbers: dict[str, object]) -> str:
    for name, value in numbers.items():
        path = path.replace(f"{{{name}}}", str(value))
    assert "{" not in path
    return path


BODIES = {
    f"{OF_A_SHOP}/orders": examples.ORDER,
    f"{OF_A_SHOP}/credentials": examples.CREDENTIALS,
    f"{OF_AN_ORDER}/cancel": examples.CANCEL,
    f"{OF_A_PRODUCT}/correct": examples.STOCK_TAKE,
    f"{SKROUTZ_RETURN}/review": {"option": "approve"},
    MERCHANTPRO: NEW_ORDER,
}


async def statuses(
    client: httpx.AsyncClient, routes: list[tuple[str, str]], numbers: dict[str, object]
) -> dict[tuple[str, str], int]:
    """What the client is answered at every route, with a body that would do where one of these is asked."""
    answers = {}
    for method, path in routes:
        body = None if method == "GET" else BODIES.get(path, {})
        answers[method, path] = (
            await client.request(method, fill(path, numbers), json=body, headers={"Accept": ACCEPT})
        ).status_code
    return answers


async def tokens_that_are_none(stoa: Stoa, merchant: Merchant, neighbour: Merchant) -> list[str]:
    """Headers that open nothing: the own shop's number with another secret, void, cut off, and nonsense."""
    void = await stoa.service.shops.issue(neighbour.shop.id, "skroutz", stoa.service.clock())
    await stoa.service.shops.issue(neighbour.shop.id, "skroutz", stoa.service.clock())
    secret = neighbour.token.split("_", 2)[2]
    return [
        "",
        "Bearer",
        "Bearer ",
        "Bearer garbage",
        "Bearer st_1_",
        "Bearer op_1_",
        f"Bearer op_1_{secret}",
        f"Bearer st_{merchant.shop.id}_{secret}",
        f"Bearer {merchant.token[:-1]}",
        f"Bearer {merchant.token}x",
        f"Bearer {void}",
        f"Bearer st_999_{secret}",
        f"Bearer st_{'9' * 18}_{secret}",
        f"Bearer st_{'9' * 5000}_{secret}",
        f"Bearer st_-1_{secret}",
        f"Basic {merchant.token}",
        merchant.token,
        "Bearer op_1_\xff",
        f"Bearer ST_{merchant.shop.id}_{secret}",
    ]


def basic(key: str, secret: str) -> str:
    return "Basic " + b64encode(f"{key}:{secret}".encode()).decode()


async def keys_that_are_none(stoa: Stoa, merchant: Merchant, neighbour: Merchant) -> list[str]:
    """The same for key and secret: with a secret of something else, void, incomplete, and nonsense."""
    void = await issue_key(stoa, merchant)
    key, other = await issue_key(stoa, merchant), await issue_key(stoa, neighbour)
    plain = f"{key.key}:{key.secret}"
    return [
        basic(key.key, "guessed"),
        basic(key.key, key.secret[:-1]),
        basic(key.key, other.secret),
        basic(key.key, merchant.token.split("_", 2)[2]),
        basic(void.key, void.secret),
        basic(key.key, ""),
        basic("", key.secret),
        basic(key.secret, key.key),
        basic(str(key), ""),
        basic(str(merchant.shop.id), key.secret),
        basic(f"st_0{merchant.shop.id}", key.secret),
        basic(f"ST_{merchant.shop.id}", key.secret),
        basic("op_1", key.secret),
        basic("st_999", key.secret),
        basic(f"st_{'9' * 5000}", key.secret),
        "Basic",
        "Basic ",
        "Basic %%%",
        f"Basic {plain}",
        f"Basic {b64encode(plain.replace(':', '').encode()).decode()}",
        f"Basic {b64encode(plain.encode() + bytes([255])).decode()}",
        f"Bearer {key}",
        f"Bearer {basic(key.key, key.secret).split()[1]}",
    ]


async def test_without_credentials_of_its_own_every_route_is_closed_and_nothing_changes(
    stoa: Stoa,
    stranger: httpx.AsyncClient,
    merchant: Merchant,
    neighbour: Merchant,
    numbers: dict[str, object],
    clock: MovableClock,
) -> None:
    headers = await tokens_that_are_none(stoa, merchant, neighbour)
    headers += await keys_that_are_none(stoa, merchant, neighbour)
    before = await kept(stoa)
    routes = open_to(OPERATOR, SHOP, KEY, PASSWORD)

    assert await statuses(stranger, routes, numbers) == dict.fromkeys(routes, 401)
    for header in headers:
        # Long enough for the address not to be shut out for the attempts before.
        clock.move(WITHIN)
        stranger.headers["Authorization"] = header
        assert await statuses(stranger, routes, numbers) == dict.fromkeys(routes, 401), header
    assert await kept(stoa) == before


async def test_a_shops_token_opens_nothing_of_the_operators_and_nothing_that_its_key_is_for(
    stoa: Stoa, merchant: Merchant, key: Token, password: Token, numbers: dict[str, object]
) -> None:
    before = await kept(stoa)
    routes = open_to(OPERATOR, KEY, PASSWORD)

    assert await statuses(merchant.client, routes, numbers) == dict.fromkeys(routes, 401)
    assert await kept(stoa) == before


async def test_a_shops_key_opens_nothing_of_the_operators_and_nothing_that_its_token_is_for(
    stoa: Stoa, back_office: httpx.AsyncClient, password: Token, numbers: dict[str, object]
) -> None:
    before = await kept(stoa)
    routes = open_to(OPERATOR, SHOP, PASSWORD)

    assert await statuses(back_office, routes, numbers) == dict.fromkeys(routes, 401)
    assert await kept(stoa) == before


async def test_a_shops_password_opens_nothing_of_the_operators_and_nothing_that_its_key_is_for(
    stoa: Stoa, counter: httpx.AsyncClient, key: Token, numbers: dict[str, object]
) -> None:
    before = await kept(stoa)
    routes = open_to(OPERATOR, SHOP, KEY)

    assert await statuses(counter, routes, numbers) == dict.fromkeys(routes, 401)
    assert await kept(stoa) == before


async def test_the_operators_token_opens_nothing_of_a_shop(
    stoa: Stoa, operator: httpx.AsyncClient, key: Token, password: Token, numbers: dict[str, object]
) -> None:
    before = await kept(stoa)
    routes = open_to(SHOP, KEY, PASSWORD)

    assert await statuses(operator, routes, numbers) == dict.fromkeys(routes, 401)
    assert await kept(stoa) == before


async def test_another_shops_token_finds_no_order(
    stoa: Stoa, neighbour: Merchant, numbers: dict[str, object]
) -> None:
    before = await contents(stoa.service.pool)
    routes = [(method, path) for method, path in open_to(SHOP) if not path.startswith(FBS)]

    assert await statuses(neighbour.client, routes, numbers) == dict.fromkeys(routes, 404)
    assert await contents(stoa.service.pool) == before


async def test_another_shops_token_finds_nothing_in_the_warehouse(
    stoa: Stoa, neighbour: Merchant, numbers: dict[str, object]
) -> None:
    before = await contents(stoa.service.pool)
    routes = [(method, path) for method, path in open_to(SHOP) if path.startswith(FBS)]

    answers = await statuses(neighbour.client, routes, numbers)
    lists = {
        path: (await neighbour.client.get(path)).json() for (_, path), said in answers.items() if said == 200
    }

    assert set(lists) == {f"{FBS}/products", f"{FBS}/purchase_orders", f"{FBS}/suppliers"}
    assert all(told["meta"]["pagination"]["total_results"] == 0 for told in lists.values())
    assert answers["GET", f"{FBS}/purchase_orders/{{purchase_order:str}}/line_items"] == 401
    assert answers["PATCH", f"{FBS}/suppliers/{{supplier_id:str}}"] == 404
    assert await contents(stoa.service.pool) == before


async def test_another_shops_key_finds_no_order(
    stoa: Stoa, neighbours_back_office: httpx.AsyncClient, numbers: dict[str, object]
) -> None:
    before = await contents(stoa.service.pool)
    routes = [(method, path) for method, path in open_to(KEY) if "order_id" in path]

    assert await statuses(neighbours_back_office, routes, numbers) == dict.fromkeys(routes, 404)
    assert (await neighbours_back_office.get(MERCHANTPRO)).json()["data"] == []
    assert await contents(stoa.service.pool) == before


async def test_another_shops_password_finds_no_order(
    stoa: Stoa, neighbours_counter: httpx.AsyncClient, numbers: dict[str, object]
) -> None:
    before = await contents(stoa.service.pool)
    routes = [(method, path) for method, path in open_to(PASSWORD) if "order_id" in path]

    for method, path in routes:
        answer = await neighbours_counter.request(method, fill(path, numbers))
        error = answer.json()["error"]
        assert (answer.status_code, error.get("code") or error["errorCode"]) in {
            (400, "10301"),
            (400, "10350"),
        }, path
    assert (await neighbours_counter.get(SHOPFLIX)).json()["orders"] == []
    assert await contents(stoa.service.pool) == before


async def test_an_order_that_is_added_with_one_shops_key_is_not_another_shops(
    back_office: httpx.AsyncClient, neighbours_back_office: httpx.AsyncClient
) -> None:
    added = (await back_office.post(MERCHANTPRO, json=NEW_ORDER)).json()["id"]

    assert (await back_office.get(f"{MERCHANTPRO}/{added}")).status_code == 200
    assert (await neighbours_back_office.get(f"{MERCHANTPRO}/{added}")).status_code == 404
    assert (await neighbours_back_office.get(MERCHANTPRO)).json()["data"] == []


OF_ONE_SHOP = ("order_id", "delivery_id", "product_id", "number:int")
"""What stands in the operator's addresses for something that belongs to one shop."""


async def test_another_shops_number_finds_nothing_of_the_shop(
    stoa: Stoa, operator: httpx.AsyncClient, neighbour: Merchant, numbers: dict[str, object]
) -> None:
    before = await contents(stoa.service.pool)
    routes = [
        (method, path) for method, path in open_to(OPERATOR) if any(name in path for name in OF_ONE_SHOP)
    ]

    elsewhere = numbers | {"shop_id:int": neighbour.shop.id}
    assert await statuses(operator, routes, elsewhere) == dict.fromkeys(routes, 404)
    assert await contents(stoa.service.pool) == before


async def test_the_public_routes_need_no_token(
    stranger: httpx.AsyncClient, numbers: dict[str, object]
) -> None:
    answers = await statuses(stranger, open_to(PUBLIC), numbers)

    guessed = {route for route, status in answers.items() if status == 404}
    secret = {route for route in answers if route[1].startswith(("/files/", "/orders/"))} - {STYLESHEET}
    assert guessed == secret
    assert set(answers.values()) <= {200, 404, 422}


async def test_public_pages_show_nothing_of_a_shop(
    stranger: httpx.AsyncClient, merchant: Merchant, key: Token, numbers: dict[str, object]
) -> None:
    for path in ("/", "/schema", "/schema/openapi.json", "/metrics", "/health/ready", "/orders/pages.css"):
        page = (await stranger.get(path)).text
        assert merchant.token not in page
        assert key.secret not in page
        assert str(numbers["code:str"]) not in page


async def test_a_refusal_says_how_to_authenticate(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/operator/v1/shops")

    assert answer.headers["www-authenticate"] == 'Bearer realm="stoa"'
    assert answer.json() == {"error": {"code": "unauthorized", "message": "A valid token is required."}}


async def test_a_refusal_says_that_a_key_is_asked_for_where_one_is(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get(MERCHANTPRO)

    assert answer.headers["www-authenticate"] == 'Basic realm="stoa", charset="UTF-8"'
    assert answer.json() == {"error": {"code": 401, "message": "A valid key and secret are required."}}


async def test_the_scheme_is_read_in_any_case(
    stranger: httpx.AsyncClient, operator: httpx.AsyncClient, key: Token, password: Token
) -> None:
    token = operator.headers["Authorization"].removeprefix("Bearer ")
    pair = basic(key.key, key.secret).removeprefix("Basic ")
    for path, header in (
        ("/operator/v1/shops", f"bearer {token}"),
        ("/operator/v1/shops", f"BEARER  {token} "),
        (MERCHANTPRO, f"basic {pair}"),
        (MERCHANTPRO, f"BASIC  {pair} "),
        (SHOPFLIX, basic(password.key, password.secret).replace("Basic", "bAsIC")),
    ):
        answer = await stranger.get(path, headers={"Authorization": header})
        assert answer.status_code == 200, header


async def test_no_secret_lies_in_the_database(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, key: Token, numbers: dict[str, object]
) -> None:
    said = await operator.put(address(merchant.shop, "webhook"), json={"url": "http://127.0.0.1:9/hook"})
    everything = str(await contents(stoa.service.pool))

    operators, signing = operator.headers["Authorization"], said.json()["signing_secret"]
    for token in (merchant.token, str(key), operators, signing):
        secret = token.split("_", 2)[-1]
        assert secret not in everything
        assert secret.encode().hex() not in everything


async def test_no_secret_and_no_person_is_logged(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    monkeypatch.setattr("stoa.app.log", structlog.get_logger())
    configure_logs("debug")
    try:
        await placing(operator, merchant.shop)
        await _fail(stoa, operator, merchant, monkeypatch)
    finally:
        structlog.reset_defaults()

    logged = written.getvalue()
    assert "request.failed" in logged
    for word in (operator.headers["Authorization"].split("_", 2)[2], "Παπαδοπούλου", "eleni@example.com"):
        assert word not in logged


async def _fail(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make a placement fail in the middle, with an exception that quotes the order."""

    async def failing(*saves: object) -> bool:
        raise RuntimeError(repr(saves))

    with monkeypatch.context() as patch:
        patch.setattr(stoa.service.orders, "save", failing)
        answer = await operator.post(address(merchant.shop, "orders"), json=examples.ORDER)
    assert answer.status_code == 500
    assert answer.json() == {
        "error": {"code": "internal", "message": "Something went wrong on our side; it has been noted."}
    }


async def test_outside_the_demo_there_is_no_receiver(stoa: Stoa) -> None:
    async with browsing(replace(stoa, demo=False)) as stranger:
        assert (await stranger.get("/demo/inbox")).status_code == 404
        assert (await stranger.post("/demo/hooks/1", json={"order": {"code": "1"}})).status_code == 404


async def test_an_address_says_all_the_methods_that_it_takes(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.put(f"{address(merchant.shop)}/orders")

    assert answer.status_code == 405
    assert {"GET", "POST"} <= {method.strip() for method in answer.headers["Allow"].split(",")}
