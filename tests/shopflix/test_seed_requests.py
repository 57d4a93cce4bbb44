"""Every request of the contract's page is answered in the shape of the page's examples.

The page lies beside the project, not in it: without it these tests are skipped, and say so.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoa.orders import commands as asked
from stoa.orders.order import Order, PaymentMethod
from stoa.orders.progress import Step
from tests.builders import a_customer, a_line, a_tracking, a_voucher, an_address
from tests.shopflix.counter import (
    CANNOT_ACCEPT,
    CANNOT_REJECT,
    ORDERS,
    REASON_NOT_VALID,
    Counter,
    Json,
    answered,
    not_found,
    resource,
)

PAGE = Path(__file__).parents[3] / "shared/seeds/002_70386efda66bb24a.txt"
MISSING = not PAGE.exists()

pytestmark = pytest.mark.skipif(MISSING, reason=f"The contract's page is not at {PAGE}.")

BEYOND_THE_PAGE = {"invoices"}
"""What the marketplace shows by now, behind what the page has."""


def page() -> str:
    """The page, less the comments in its examples."""
    return "" if MISSING else re.sub(r"\s*//[^\n\"]*$", "", PAGE.read_text(), flags=re.MULTILINE)


def examples(before: str) -> Iterator[Json]:
    """Every object of the page that stands behind these lines."""
    for found in re.finditer(rf"^{before}\s+(?={{)", page(), flags=re.MULTILINE):
        yield json.JSONDecoder().raw_decode(page(), found.end())[0]


def answer_with(name: str) -> Json:
    """The answer of the page that has a field of this name."""
    return next(answer for answer in examples("response") if name in answer)


def requests() -> list[tuple[str, str]]:
    """Method and path of every request of the page."""
    return re.findall(r"^(GET|PATCH) {{merchantAPIEndpoint}}(\S+)$", page(), flags=re.MULTILINE)


def differences(shown: Any, example: Any, name: str = "") -> list[str]:
    """Where what is shown has not the names of the example, in their order, or not its types."""
    if isinstance(example, dict) and isinstance(shown, dict):
        if list(shown) != list(example):
            return [f"{name} has {list(shown)}, the example {list(example)}"]
        return [one for key in example for one in differences(shown[key], example[key], f"{name}.{key}")]
    if isinstance(example, list) and isinstance(shown, list):
        return [one for item in shown for one in differences(item, example[0], f"{name}[]")]
    # Whatever the page has no example of is a text.
    alike = type(shown) is type(example) or (example is None and isinstance(shown, str))
    return [] if alike else [f"{name} is {shown!r}, in the example {example!r}"]


def test_what_is_not_alike_is_told() -> None:
    example = {"a": 1, "b": [{"c": None}]}

    assert differences({"a": 2, "b": [{"c": "x"}, {"c": None}]}, example) == []
    assert differences({"b": [], "a": 1}, example) == [" has ['b', 'a'], the example ['a', 'b']"]
    assert differences({"a": True, "b": [{"c": 1}]}, example) == [
        ".a is True, in the example 1",
        ".b[].c is 1, in the example None",
    ]


async def as_the_page_has_it(counter: Counter, step: Step) -> Order:
    """An order with all that the page shows of one."""
    order = await counter.order(
        lines=(a_line(sku="SF-5", ean="sf-foo-bar-9", shop_uid="MERSKU9"),),
        customer=a_customer(phone="425-222-45-76"),
        address=an_address(region="ATTICA", collection_point="ΟΣΕ", collection_network="box_now"),
        payment_method=PaymentMethod.CASH_ON_DELIVERY,
        courier="courier_center",
    )
    label = asked.AttachVoucher(
        voucher=a_voucher(), tracking=a_tracking(courier="courier_center", code="013742332791")
    )
    ways = {Step.OPEN: (), Step.DISPATCHED: (asked.Accept(voucher=False), label, asked.PickUp())}
    return await counter.market.happen(order, *ways[step])


async def test_the_list_has_the_names_and_types_of_the_page(counter: Counter) -> None:
    for _ in range(2):
        await as_the_page_has_it(counter, Step.OPEN)
    await as_the_page_has_it(counter, Step.DISPATCHED)

    shown = resource(await counter.client.get(f"{ORDERS}?page=1&itemsPerPage=10"))

    assert len(shown["orders"]) == 3
    assert differences(shown, answer_with("params")) == []


async def test_an_order_has_the_names_and_types_of_the_page(counter: Counter) -> None:
    example, order = answer_with("lineItems"), await as_the_page_has_it(counter, Step.DISPATCHED)

    shown = await counter.show(order)

    of_the_page = {name: value for name, value in shown.items() if name not in BEYOND_THE_PAGE}
    assert differences(of_the_page, example) == []
    assert shown.keys() - example.keys() == BEYOND_THE_PAGE


async def test_the_page_and_we_show_the_same_parcel_in_the_same_words(counter: Counter) -> None:
    example, order = answer_with("lineItems"), await as_the_page_has_it(counter, Step.DISPATCHED)

    shown = await counter.show(order)

    assert shown["state"] == example["state"]
    assert shown["payment"] == example["payment"]
    for name in ("name", "deliveryName", "deliveryKey", "trackingCodes", "comments"):
        assert shown["carrier"][name] == example["carrier"][name]
    for name in ("region", "regionCode", "country", "countryCode"):
        assert shown["addressDetails"][name] == example["addressDetails"][name]


async def test_every_request_of_the_page_works_with_another_host(counter: Counter) -> None:
    (body,) = examples("Content-Type: application/json(?=\n\n{\n    )")
    asked_for = requests()

    for method, path in asked_for:
        order = await as_the_page_has_it(counter, Step.OPEN)
        at = "/v2" + path.replace("{orderId}", counter.identifier(order))
        content = json.dumps(body).encode() if path.endswith("reject") else b""
        answer = await counter.client.request(method, at, content=content)
        assert resource(answer), (method, path)
        assert method == "GET" or answer.json() in examples("response")
    assert len(asked_for) == 5


async def test_every_refusal_has_the_shape_and_the_words_of_the_page(counter: Counter) -> None:
    refusals = [answer for answer in examples("response") if "error" in answer]
    ours = [not_found("{oderId}"), CANNOT_ACCEPT, CANNOT_REJECT, REASON_NOT_VALID]

    assert [differences(body, example) for (_, body), example in zip(ours, refusals, strict=True)] == [[]] * 4
    assert [body["error"]["message"] for _, body in ours] == [one["error"]["message"] for one in refusals]
    assert answered(await counter.client.get(f"{ORDERS}/{{oderId}}")) == ours[0]


def test_every_refusal_has_the_code_of_the_pages_table() -> None:
    table = page().partition("CodeMessageExplanation")[2]
    ours = [not_found("%s"), CANNOT_ACCEPT, CANNOT_REJECT, REASON_NOT_VALID]

    for _, body in ours:
        assert f"{body['error']['code']}{body['error']['message']}" in table
    assert "10305Invalid Action" in table
