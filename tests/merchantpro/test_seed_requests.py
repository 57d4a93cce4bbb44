"""Every request of the contract's page, sent as its examples send it, answers in the shape of its example.

The page lies beside the project, not in it: without it these tests are skipped, and say so.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from stoa.orders.order import (
    Billing,
    Fulfilment,
    LinkedOrder,
    Origin,
    PaymentMethod,
    Product,
    State,
    VariantOption,
)
from tests import saves
from tests.builders import NOON, a_customer, a_line, an_address, an_order_in
from tests.merchantpro.back_office import ORDERS, BackOffice, Json, resource

PAGE = Path(__file__).parents[3] / "shared/seeds/004_5af78ae181bb5886.txt"
MISSING = not PAGE.exists()

pytestmark = pytest.mark.skipif(MISSING, reason=f"The contract's page is not at {PAGE}.")

NUMBERS = (12345001, 12345002, 12345003)
"""The orders that the examples ask for."""

EMPTY_OR_NULL = {
    "customer_notification",
    "shipping_address",
    "shipping_postal_code",
    "shipping_phone",
}
"""Some examples have an empty text in these, others null."""


class Sent(Struct, frozen=True):
    """A request of the page, with the body as it stands there."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Example(Struct, frozen=True):
    sent: Sent
    answer: Any

    def __str__(self) -> str:
        return str(self.sent)


def page() -> str:
    return "" if MISSING else PAGE.read_text()


def examples() -> Iterator[Example]:
    """Every request with the answer that the page gives as its example."""
    for section in re.split(r"^Request example$", page(), flags=re.MULTILINE)[1:]:
        request, answer = re.split(r"^Resp?onse example\s*$", section, maxsplit=1, flags=re.MULTILINE)
        (method, path), body = request.split()[:2], request.partition("{\n")[2]
        # An answer of the page may have a comma after its last item, and once a name with a capital.
        text = re.sub(r",(\s*[}\]])", r"\1", answer).replace('"Info_url"', '"info_url"')
        shown, _ = json.JSONDecoder().raw_decode(text.lstrip())
        yield Example(Sent(method, path, {}, "{\n" + body if body else None), shown)


_CURL = re.compile(r"^curl (?:[^\n]*\\\n)*[^\n{]*(?:\{base64-[^\n]*|\{.*?^\}')$", re.MULTILINE | re.DOTALL)


def curls() -> Iterator[Sent]:
    """Every curl command, without the host."""
    for command in _CURL.findall(page()):
        words = shlex.split(command.replace("\\\n", " "))[1:]
        options = list(zip(words[::2], words[1::2], strict=True))
        given = dict(options)
        headers = dict(value.split(": ", 1) for name, value in options if name == "--header")
        path = re.sub(r"^https://[^/]*", "", given["--url"])
        yield Sent(given["--request"], path, headers, given.get("--data-raw"))


BEFORE = {"shipped": State.ACCEPTED, "delivered": State.DISPATCHED, "returned": State.DELIVERED}
"""The state from which a handler is asked for; the other requests find the orders open."""


@pytest.fixture
async def client(office: BackOffice) -> httpx.AsyncClient:
    """The page's client: its orders are there, each with all that its examples show."""
    for number in NUMBERS:
        await keep_an_order(office, number, State.OPEN)
    return office.client


async def keep_an_order(office: BackOffice, number: int, state: State) -> None:
    product = Product(
        url="https://shop.example.com/p",
        image_url="https://shop.example.com/i",
        category_id=1,
        category_name="Pantofi",
        manufacturer_name="Joop",
    )
    options = (VariantOption(id=1, name="Culoare", value="alb"),)
    line = a_line(sku="S-1", ean="1", product=product, variant_name="Culoare: alb", options=options)
    order = an_order_in(
        state,
        order_id=number,
        shop=office.shop,
        placed_at=NOON,
        lines=(line,),
        customer=a_customer(phone="0722000111"),
        address=an_address(country_code="RO"),
        billing=Billing(name="Ana Popescu", country_code="RO"),
        origin=Origin(language="ro_RO"),
        payment_method=PaymentMethod.CASH_ON_DELIVERY,
        fulfilment=Fulfilment.MERCHANT,
        channel="shop",
        shipping_cents=1500,
        shipping_method="speedex",
        replaces=LinkedOrder(id=39787708, placed_at=NOON),
    )
    assert await office.stoa.service.orders.save(saves.placing(order))


WHOLE = re.compile(r"(^|\.|_)id$|\.quantity$")
"""The names of numbers that are never fractions."""


def faults_of_shape(shown: Any, example: Any, name: str = "") -> list[str]:
    """Where what is shown has not the names and the types of the example. What is null there may be anything."""
    if isinstance(example, dict) and isinstance(shown, dict):
        missing = [f"{name}.{key} is missing".strip(".") for key in example if key not in shown]
        return missing + [
            fault
            for key in example.keys() & shown.keys()
            for fault in faults_of_shape(shown[key], example[key], f"{name}.{key}".strip("."))
        ]
    if isinstance(example, list) and isinstance(shown, list):
        return [fault for item in shown for fault in faults_of_shape(item, example[0], f"{name}[]")]
    return [] if is_like(shown, example, name) else [f"{name} is {shown!r}, in the example {example!r}"]


def is_like(shown: Any, example: Any, name: str) -> bool:
    if example is None:
        return True
    if shown is None:
        return name.removeprefix("data[].") in EMPTY_OR_NULL
    if isinstance(example, int | float) and not isinstance(example, bool):
        return type(shown) is int or (type(shown) is float and not WHOLE.search(name))
    return type(shown) is type(example)


@pytest.mark.parametrize("example", [*examples()], ids=str)
async def test_every_request_of_the_page_is_answered_in_the_shape_of_its_example(
    office: BackOffice, client: httpx.AsyncClient, example: Example
) -> None:
    number, handler = NUMBERS[0], example.sent.path.rsplit("/", 1)[-1]
    if handler in BEFORE:
        number += 10
        await keep_an_order(office, number, BEFORE[handler])
    elif "create_invoice" not in handler:
        assert (await office.process(number, "create_invoice")).status_code == 200

    sent = example.sent
    answer = await client.request(sent.method, sent.path.replace("{id}", str(number)), content=sent.body)

    assert faults_of_shape(resource(answer), asked_for_one(example)) == []


def asked_for_one(example: Example) -> Json:
    """The example; where the page shows a list for what is one resource, an entry of it."""
    answer: Json = example.answer
    return answer["data"][0] if "{id}" in example.sent.path and "data" in answer else answer


@pytest.mark.parametrize("sent", [*curls()], ids=str)
async def test_every_curl_command_of_the_page_works_with_another_host_and_other_credentials(
    client: httpx.AsyncClient, sent: Sent
) -> None:
    headers = {name: value for name, value in sent.headers.items() if name != "Authorization"}

    answer = await client.request(sent.method, sent.path, headers=headers, content=sent.body)

    assert sent.headers["Authorization"] == "Basic {base64-encoded-credentials}"
    assert answer.request.headers["Authorization"].startswith("Basic ")
    assert resource(answer)


def test_the_page_has_fourteen_examples_and_five_curl_commands() -> None:
    assert (len([*examples()]), len([*curls()])) == (14, 5)


async def test_the_list_of_the_page_has_its_three_orders_and_its_own_links(
    office: BackOffice, client: httpx.AsyncClient
) -> None:
    by_number = next(example for example in examples() if "ids=" in example.sent.path)

    shown = resource(await client.get(by_number.sent.path))

    assert sorted(order["id"] for order in shown["data"]) == sorted(NUMBERS)
    assert [order.keys() for order in shown["data"]] == [order.keys() for order in by_number.answer["data"]]
    assert shown["meta"] == by_number.answer["meta"]


IN_THE_SHOPS_LANGUAGE = (
    "payment_status",
    "payment_status_text",
    "payment_method_code",
    "payment_method_name",
    "shipping_status",
    "shipping_status_text",
    "shipping_method_name",
    "shipping_amount",
    "shipping_tax_amount",
    "total_amount",
    "currency",
    "customer_id",
    "customer_device",
    "created_by",
    "billing_country_name",
    "shipping_country_name",
    "shipping_address",
    "invoice",
)


async def test_the_order_that_the_page_adds_has_the_values_of_the_page(client: httpx.AsyncClient) -> None:
    adding = next(example for example in examples() if example.sent.method == "POST")

    added = resource(await client.post(ORDERS, content=adding.sent.body))

    wanted = adding.answer
    assert {name: added[name] for name in IN_THE_SHOPS_LANGUAGE} == {
        name: wanted[name] for name in IN_THE_SHOPS_LANGUAGE
    }
    assert [
        line.items() >= example.items()
        for line, example in zip(added["line_items"], wanted["line_items"], strict=True)
    ] == [True, True]
