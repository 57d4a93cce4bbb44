"""The OpenAPI document: it is valid, tells of every route, its examples work, and no request it allows breaks us."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import hypothesis
import jsonschema_rs
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from msgspec import Struct
from schemathesis import APIOperation, Case, GenerationMode

from stoa.app import Stoa, open_stoa
from stoa.clock import MovableClock
from stoa.dialects.merchantpro.updating import HANDLERS
from stoa.dialects.skroutz.fbs.examples import PURCHASE_ORDER
from stoa.operator.examples import PRODUCT
from stoa.operator.returns import RETURN_ACTIONS
from stoa.operator.routes import ACTIONS
from stoa.orders.order import Fulfilment, Order, ReturnReason, ReturnState, State
from stoa.orders.warehouse import purchase_order_code
from tests.conftest import SERVER, Merchant, browsing, complete, opening_a_shop
from tests.depot import Depot
from tests.merchantpro.back_office import calling
from tests.operator.calls import address, in_state, return_in
from tests.operator.test_actions import MOVED
from tests.operator.test_returns import ALLOWED
from tests.test_every_route import KEY, OPEN_TO, OPERATOR, PASSWORD, PUBLIC, SHOP

Json = dict[str, Any]
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]

UNDESCRIBED = {"/", "/schema", "/schema/openapi.json", "/health/live", "/health/ready", "/metrics"}


@pytest.fixture
async def document(stranger: httpx.AsyncClient) -> Json:
    answer = await stranger.get("/schema/openapi.json")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    told: Json = answer.json()
    return told


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Method, path and description of every call."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_document_is_valid(document: Json) -> None:
    schemathesis.openapi.from_dict(document).validate()


SCHEMES = {OPERATOR: "bearer", SHOP: "bearer", KEY: "basic", PASSWORD: "basic"}
"""What opens the routes that are not public."""


def test_every_route_is_in_it_with_its_security(document: Json) -> None:
    told = {(method, path): operation.get("security") for method, path, operation in operations(document)}

    assert told == {
        (method, path.replace(":int", "").replace(":str", "")): None
        if caller == PUBLIC
        else [{SCHEMES[caller]: []}]
        for (method, path), caller in OPEN_TO.items()
        if path not in UNDESCRIBED
    }
    assert document["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer"},
        "basic": {"type": "http", "scheme": "basic"},
    }


def test_every_call_has_a_name_of_its_own_and_says_what_it_does(document: Json) -> None:
    told = [operation for _, _, operation in operations(document)]

    assert len({operation["operationId"] for operation in told}) == len(told)
    assert all(operation["summary"] and operation["tags"] for operation in told)


def examples(document: Json) -> Iterator[tuple[str, str, Json, object]]:
    """Method, path, schema and example of every JSON body."""
    for method, path, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None:
            yield method, path, body["schema"], body["example"]


def test_every_json_body_has_an_example_that_fits_its_schema(document: Json) -> None:
    for _, path, schema, example in examples(document):
        whole = schema | {"components": document["components"]}
        assert jsonschema_rs.validator_for(whole).is_valid(example), path


Suitable = Callable[[Stoa, Merchant], Awaitable[str]]


def at_shop(*parts: str) -> Suitable:
    async def make(_stoa: Stoa, merchant: Merchant) -> str:
        return address(merchant.shop, *parts)

    return make


def at_order(action: str) -> Suitable:
    async def make(stoa: Stoa, merchant: Merchant) -> str:
        order = await in_state(stoa, merchant.shop, MOVED[action][0])
        return address(merchant.shop, "orders", order.id, action)

    return make


def at_return(action: str) -> Suitable:
    async def make(stoa: Stoa, merchant: Merchant) -> str:
        state = next(state for state, name in ALLOWED if name == action)
        back = await return_in(stoa, merchant.shop, state, reason=ReturnReason.FAULTY)
        return address(merchant.shop, "returns", back.id, action)

    return make


async def at_delivered_order(stoa: Stoa, merchant: Merchant) -> str:
    order = await in_state(stoa, merchant.shop, State.DELIVERED)
    return address(merchant.shop, "orders", order.id, "returns")


def at(path: str) -> Suitable:
    async def make(_stoa: Stoa, _merchant: Merchant) -> str:
        return path

    return make


async def at_parcel_of_the_merchants_own(stoa: Stoa, merchant: Merchant) -> str:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED, fulfilment=Fulfilment.MERCHANT)
    code = stoa.codes(order, merchant.shop)["skroutz"]
    return f"/merchants/ecommerce/orders/{code}/tracking_details"


async def at_order_of_the_merchants_own(stoa: Stoa, merchant: Merchant) -> str:
    order = await in_state(stoa, merchant.shop, State.OPEN, fulfilment=Fulfilment.MERCHANT, channel="shop")
    return f"{MERCHANTPRO}/{order.id}"


def at_order_told_to_shopflix(state: State, before: str, after: str = "") -> Suitable:
    async def make(stoa: Stoa, merchant: Merchant) -> str:
        order = await in_state(stoa, merchant.shop, state)
        return f"{before}/{stoa.codes(order, merchant.shop)['shopflix']}{after}"

    return make


async def at_product(stoa: Stoa, merchant: Merchant) -> str:
    depot = Depot(stoa.service.pool, merchant.shop)
    return address(merchant.shop, "products", (await depot.product()).id)


async def at_count_of_product(stoa: Stoa, merchant: Merchant) -> str:
    depot = Depot(stoa.service.pool, merchant.shop)
    return address(merchant.shop, "products", (await depot.product("COUNTED")).id, "correct")


async def at_purchase_order(stoa: Stoa, merchant: Merchant) -> str:
    """One of the product that the examples add to the warehouse."""
    depot = Depot(stoa.service.pool, merchant.shop)
    order = await depot.announce(await depot.supplier(code="A"), **{str(PRODUCT["shop_uid"]): 1})
    return address(merchant.shop, "purchase_orders", order.number, "receive")


async def at_purchase_orders(stoa: Stoa, merchant: Merchant) -> str:
    """Where the example's supplier is known by the id that is made up there."""
    depot = Depot(stoa.service.pool, merchant.shop)
    supplier = await depot.supplier(code="B")
    example = PURCHASE_ORDER["supplier_id"]
    await depot.pool.execute("UPDATE suppliers SET id = $2 WHERE id = $1", supplier.id, example)
    return f"{FBS}/purchase_orders"


async def at_supplier(stoa: Stoa, merchant: Merchant) -> str:
    supplier = await Depot(stoa.service.pool, merchant.shop).supplier(code="C")
    return f"{FBS}/suppliers/{supplier.id}"


async def at_receiver(_stoa: Stoa, merchant: Merchant) -> str:
    return f"/demo/hooks/{merchant.shop.id}"


OF_A_SHOP = "/operator/v1/shops/{shop_id}"
SKROUTZ, FBS = "/merchants/ecommerce/orders/{code}", "/merchants/ecommerce/fbs"
RETURNS = "/merchants/ecommerce/returns"
MERCHANTPRO = "/api/v2/orders"
SHOPFLIX, SHIPMENTS = "/v2/orders", "/v2/shipments"
SUITABLE: dict[str, Suitable] = {
    "/operator/v1/shops": at("/operator/v1/shops"),
    OF_A_SHOP: at_shop(),
    f"{OF_A_SHOP}/pickup_locations": at_shop("pickup_locations"),
    f"{OF_A_SHOP}/webhook": at_shop("webhook"),
    f"{OF_A_SHOP}/orders": at_shop("orders"),
    **{f"{OF_A_SHOP}/orders/{{order_id}}/{action}": at_order(action) for action in ACTIONS},
    f"{OF_A_SHOP}/orders/{{order_id}}/returns": at_delivered_order,
    **{f"{OF_A_SHOP}/returns/{{return_id}}/{action}": at_return(action) for action in RETURN_ACTIONS},
    f"{SKROUTZ}/accept": at("/merchants/ecommerce/orders/DEMO-OPEN/accept"),
    f"{SKROUTZ}/reject": at("/merchants/ecommerce/orders/DEMO-OPEN/reject"),
    f"{SKROUTZ}/tracking_details": at_parcel_of_the_merchants_own,
    f"{RETURNS}/{{return_code}}/review": at(f"{RETURNS}/DEMO-RETURN/review"),
    f"{OF_A_SHOP}/products": at_shop("products"),
    f"{OF_A_SHOP}/products/{{product_id}}": at_product,
    f"{OF_A_SHOP}/products/{{product_id}}/correct": at_count_of_product,
    f"{OF_A_SHOP}/purchase_orders/{{number}}/receive": at_purchase_order,
    f"{FBS}/suppliers": at(f"{FBS}/suppliers"),
    f"{FBS}/suppliers/{{supplier_id}}": at_supplier,
    f"{FBS}/purchase_orders": at_purchase_orders,
    MERCHANTPRO: at(MERCHANTPRO),
    f"{MERCHANTPRO}/{{order_id}}": at_order_of_the_merchants_own,
    f"{SHOPFLIX}/{{order_id}}/reject": at_order_told_to_shopflix(State.OPEN, SHOPFLIX, "/reject"),
    f"{SHIPMENTS}/{{order_id}}": at_order_told_to_shopflix(State.ACCEPTED, SHIPMENTS),
    "/demo/hooks/{shop_id}": at_receiver,
    # Last, for the merchant's token is void by then.
    f"{OF_A_SHOP}/credentials": at_shop("credentials"),
}


def caller_of(path: str) -> str:
    """Who is let in at an address, or may come as well as anybody."""
    begins = {"/merchants/": SHOP, "/api/v2/": KEY, "/v2/": PASSWORD}
    return next((caller for start, caller in begins.items() if path.startswith(start)), OPERATOR)


@asynccontextmanager
async def with_key(
    stoa: Stoa, merchant: Merchant, dialect: str = "merchantpro"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has the shop's key and secret, or what the dialect calls them."""
    issued = await stoa.service.shops.issue(merchant.shop.id, dialect, stoa.service.clock())
    async with calling(stoa, issued.key, issued.secret) as client:
        yield client


async def test_every_example_works_as_it_stands(
    stoa: Stoa, operator: httpx.AsyncClient, merchant: Merchant, document: Json
) -> None:
    told: dict[str, list[tuple[str, object]]] = {}
    for method, path, _, example in examples(document):
        told.setdefault(path, []).append((method, example))
    assert told.keys() == SUITABLE.keys()

    async with with_key(stoa, merchant) as back_office, with_key(stoa, merchant, "shopflix") as counter:
        clients = {OPERATOR: operator, SHOP: merchant.client, KEY: back_office, PASSWORD: counter}
        for path, suitable in SUITABLE.items():
            client, here = clients[caller_of(path)], await suitable(stoa, merchant)
            for method, example in told[path]:
                answer = await client.request(method, here, json=example)
                assert answer.is_success, (method, path, answer.text)


# Whatever the document allows, and much that it does not


class Site(Struct, frozen=True):
    """A service with a shop that has orders, in an event loop of its own."""

    runner: asyncio.Runner
    clients: dict[str, httpx.AsyncClient]
    addresses: dict[str, list[object]]

    def known(self, name: str, path: str) -> list[object]:
        """What may stand in an address by this name; some callers have words of their own for it."""
        return self.addresses.get(f"{name}, {caller_of(path)}") or self.addresses[name]

    def send(self, caller: str, case: AnyCase) -> httpx.Response:
        request: Any = requests.Request(**case.as_transport_kwargs(base_url=SERVER)).prepare()
        # The client has credentials of its own, and asks for the version that it speaks.
        for name in ("Authorization", "Accept"):
            request.headers.pop(name, None)
        return self.runner.run(
            self.clients[caller].request(
                str(request.method),
                str(request.url),
                headers=request.headers,
                content=request.body or b"",
            )
        )


@pytest.fixture
def site(database_url: str, clock: MovableClock) -> Iterator[Site]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield Site(runner, *runner.run(_open(stack, database_url, clock)))
        runner.run(stack.aclose())


async def _open(
    stack: AsyncExitStack, database_url: str, clock: MovableClock
) -> tuple[dict[str, httpx.AsyncClient], dict[str, list[object]]]:
    stoa = await stack.enter_async_context(open_stoa(complete(database_url), clock))
    merchant = await stack.enter_async_context(opening_a_shop(stoa))
    token = await stoa.service.shops.issue_to_operator(clock())
    operator = await stack.enter_async_context(browsing(stoa, Authorization=f"Bearer {token}"))
    back_office = await stack.enter_async_context(with_key(stoa, merchant))
    counter = await stack.enter_async_context(with_key(stoa, merchant, "shopflix"))
    await operator.put(address(merchant.shop, "webhook"), json={"url": "http://127.0.0.1:9/hook"})
    orders = [
        await in_state(stoa, merchant.shop, state, fulfilment=fulfilment)
        for state in State
        for fulfilment in (Fulfilment.MARKETPLACE, Fulfilment.MERCHANT)
    ]
    returns = [
        await return_in(stoa, merchant.shop, state)
        for state in ReturnState
        # Only time leads there.
        if state is not ReturnState.EXPIRED
    ]
    depot = Depot(stoa.service.pool, merchant.shop)
    product, supplier = await depot.product("UID", pieces=9), await depot.supplier()
    purchase_orders = [await depot.announce(supplier, UID=5) for _ in range(9)]
    return {OPERATOR: operator, SHOP: merchant.client, KEY: back_office, PASSWORD: counter}, {
        "shop_id": [merchant.shop.id],
        "order_id": [order.id for order in orders],
        f"order_id, {PASSWORD}": [stoa.codes(order, merchant.shop)["shopflix"] for order in orders],
        "invoice_id": [1],
        "delivery_id": [1],
        "product_id": [product.id],
        "number": [order.number for order in purchase_orders],
        "purchase_order": [purchase_order_code(order, merchant.shop) for order in purchase_orders],
        "supplier_id": [supplier.id],
        "code": [*(stoa.codes(order, merchant.shop)["skroutz"] for order in orders), "DEMO-OPEN"],
        "return_id": [back.id for back in returns],
        "return_code": [*(stoa.codes(back, merchant.shop)["skroutz"] for back in returns), "DEMO-RETURN"],
        "kind": ["creation", "cancellation"],
        "handler": list(HANDLERS),
        "key": [_key_of(stoa, order) for order in orders],
        "name": ["voucher.pdf"],
    }


def _key_of(stoa: Stoa, order: Order) -> str:
    """What stands in the address of an order's page before its number."""
    return stoa.service.links.info(order).split("/")[-2]


TRIED = 10
"""Requests of each kind that are made up for every call."""


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_breaks_the_service(site: Site, mode: GenerationMode) -> None:
    tried = {
        operation.label: _faults_of(site, operation, mode)
        for operation in _operations(site)
        # A call that takes texts in its path and nothing else cannot be asked wrongly.
        if mode is GenerationMode.POSITIVE or operation.body or operation.query
    }

    assert len(tried) > FEW
    assert {call: faults for call, faults in tried.items() if faults} == {}


def _operations(site: Site) -> list[Operation]:
    """Every call, those that take something away after the others."""
    answer = site.runner.run(site.clients[OPERATOR].get("/schema/openapi.json"))
    schema = schemathesis.openapi.from_dict(answer.json())
    found: list[Operation] = [
        operation.ok()  # type: ignore[union-attr]
        for operation in schema.get_all_operations()
    ]
    return sorted(found, key=lambda operation: operation.method == "delete")


FEW = 10
"""Calls: of fewer the document would say nothing."""


def _faults_of(site: Site, operation: Operation, mode: GenerationMode) -> list[str]:
    """What was wrong with the answers to requests that were made up for a call."""
    faults: list[str] = []
    known = st.fixed_dictionaries(
        {
            parameter.name: st.sampled_from(site.known(parameter.name, operation.path))
            for parameter in operation.path_parameters
        }
    )

    @hypothesis.settings(
        max_examples=TRIED,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(mode), known=known, at_home=st.integers(0, 3))
    def trying(case: AnyCase, known: dict[str, object], at_home: int) -> None:
        # Mostly an order that is there: at other addresses a body is not even read.
        if at_home:
            case.path_parameters = known
        answer = site.send(caller_of(operation.path), case)
        # Whoever is turned away at the door has tried nothing.
        tried = answer.status_code not in {401, 403, 406}
        told = str(answer.status_code) in operation.definition.raw["responses"]
        if not tried or not (answer.is_client_error or told):
            faults.append(f"{answer.status_code} {answer.text} to {case.as_curl_command()}")

    trying()
    return faults


async def test_names_that_a_client_makes_up_are_read_as_strictly_as_texts(
    stoa: Stoa, merchant: Merchant
) -> None:
    order = await at_order_of_the_merchants_own(stoa, merchant)
    async with with_key(stoa, merchant) as back_office:
        for names in ({"a\0": 1}, {"a": {"\0": 1}}, {"a": [{"\x1b[31m": 1}]}):
            answer = await back_office.patch(order, json={"meta_fields": names})
            (field,) = answer.json()["error"]["fields"]
            assert (answer.status_code, field.startswith("meta_fields")) == (400, True), names
