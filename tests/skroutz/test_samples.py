"""The recorded responses and webhook bodies of the marketplace: every key of a sample is there, with its type.

They are no part of the project; where they do not lie beside it there is nothing to compare with.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.skroutz.fields import ORDER_OF_FIELDS
from tests.skroutz.market import SUCCESS, Json, Market, answered

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "skroutz"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the samples do not lie at {SAMPLES}")


def a_sample(name: str) -> Json:
    read: Json = json.loads((SAMPLES / name).read_text())
    return read


def kind_of(value: object) -> str:
    """The JSON type; all numbers are one."""
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return "null" if value is None else kinds[type(value)]


def lacking(sample: Any, ours: Any, path: str = "$") -> Iterator[str]:
    """What of the sample is not there, or of another type."""
    if kind_of(sample) != kind_of(ours):
        yield f"{path} is {kind_of(ours)}, not {kind_of(sample)}"
    elif isinstance(sample, dict):
        yield from (f"{path}.{key} is missing" for key in sample if key not in ours)
        for key in sample.keys() & ours.keys():
            yield from lacking(sample[key], ours[key], f"{path}.{key}")
    elif isinstance(sample, list) and sample and not ours:
        yield f"{path} is empty"
    elif isinstance(sample, list):
        # Of options there may be fewer here than there; lines are compared each with its own.
        for n, (one, counterpart) in enumerate(zip(sample, ours, strict=False)):
            yield from lacking(one, counterpart, f"{path}[{n}]")


DEMO_ORDERS = ("OPEN", "ACCEPTED", "REJECTED", "INVOICE", "INVOICE39A", "FBS")


@pytest.mark.parametrize("name", DEMO_ORDERS)
async def test_a_demo_order_has_all_that_its_sample_has(market: Market, name: str) -> None:
    sample = a_sample(f"responses/orders_demo_{name.lower()}.json")

    answer = await market.client.get(market.address(f"DEMO-{name}"))

    assert list(lacking(sample, answer.json())) == []


@pytest.mark.parametrize("name", DEMO_ORDERS)
async def test_its_fields_stand_in_the_samples_order(market: Market, name: str) -> None:
    sample = a_sample(f"responses/orders_demo_{name.lower()}.json")["order"]
    ours = await market.show(f"DEMO-{name}")

    assert [field for field in ours if field in sample] == list(sample)
    assert [field for field in ORDER_OF_FIELDS if field in sample] == list(sample)
    assert list(sample["line_items"][0]) == [
        field for field in ours["line_items"][0] if field in sample["line_items"][0]
    ]


@pytest.mark.parametrize("name", DEMO_ORDERS)
async def test_its_flags_and_its_state_are_those_of_the_sample(market: Market, name: str) -> None:
    sample = a_sample(f"responses/orders_demo_{name.lower()}.json")["order"]
    ours = await market.show(f"DEMO-{name}")

    flags = [field for field, value in sample.items() if isinstance(value, bool) or value is None]
    plain = [*flags, "state", "invoice_document", "payment_method", "courier", "courier_tracking_codes"]
    assert {field: ours[field] for field in plain} == {field: sample[field] for field in plain}


CALLS = ("accept", "reject", "reject_other", "tracking_details")


@pytest.mark.parametrize("call", CALLS)
def test_every_call_that_succeeds_is_answered_alike(call: str) -> None:
    assert (200, a_sample(f"responses/orders_{call}.json")) == SUCCESS


def cents(amount: float) -> int:
    return round(amount * 100)


def as_the_checkout_says_it(order: Json) -> Json:
    """What the operator's API is sent to place an order with a sample's content."""
    customer = {key: order["customer"][key] for key in ("first_name", "last_name")}
    return {
        "customer": customer,
        "address": order["customer"]["address"],
        "lines": [a_line_of(line) for line in order["line_items"]],
        "payment_method": order["payment_method"],
        "fulfilment": "marketplace",
        "courier": order["courier"].lower(),
        "comments": order["comments"],
        **({"invoice": order["invoice_details"]} if order["invoice"] else {}),
    }


def a_line_of(line: Json) -> Json:
    same = ("shop_uid", "shop_variation_uid", "quantity", "size", "ean", "mpn", "tags", "price_includes_vat")
    return {key: line[key] for key in same if key in line} | {
        "name": line["product_name"],
        "unit_price_cents": cents(line["unit_price"]),
        "vat_percent": 24,
        "commission_rate": line.get("commission_rate", 0),
    }


async def place_like(sample: Json, market: Market, operator: httpx.AsyncClient) -> str:
    """Place an order with a sample's content; the answer is its code."""
    answer = await operator.post(
        f"/operator/v1/shops/{market.shop.id}/orders", json=as_the_checkout_says_it(sample)
    )
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["codes"]["skroutz"]
    return code


async def test_a_real_order_has_all_that_the_sample_of_one_has(
    market: Market, operator: httpx.AsyncClient
) -> None:
    sample = a_sample("responses/orders_show.json")

    code = await place_like(sample["order"], market, operator)

    answer = await market.client.get(market.address(code))
    assert list(lacking(sample, answer.json())) == []


async def sent_of(code: str, market: Market) -> list[Json]:
    orders = market.stoa.service.orders
    stored = await orders.read(market.shop.id, int(code.split("-")[1]))
    assert stored is not None
    return await market.told(stored.order)


@pytest.mark.parametrize(
    "name",
    [
        "example_1",
        "example_2_with_size_related_fields",
        "example_6_invoice_requested_without_vat_exclusion",
        "example_10_pickup_from_collection_point_selected",
    ],
)
async def test_the_webhook_of_a_new_order_has_all_that_its_sample_has(
    market: Market, operator: httpx.AsyncClient, name: str
) -> None:
    sample = a_sample(f"webhooks/{name}.json")

    code = await place_like(sample["order"], market, operator)

    (sent,) = await sent_of(code, market)
    assert list(lacking(sample, sent)) == []
    assert [(line["total_price"], line["commission"]) for line in sent["order"]["line_items"]] == [
        (line["total_price"], line["commission"]) for line in sample["order"]["line_items"]
    ]
    assert sent["order"]["commission"] == sample["order"]["commission"]


async def test_the_webhook_of_an_extension_has_all_that_its_sample_has(
    market: Market, operator: httpx.AsyncClient
) -> None:
    sample = a_sample("webhooks/example_4_extension.json")
    code = await place_like(sample["order"], market, operator)

    extended = await operator.post(
        f"/operator/v1/shops/{market.shop.id}/orders/{int(code.split('-')[1])}/extend",
        json={"expires_at": "2026-03-06T18:00:00+02:00", "dispatch_until": "2026-03-08T18:00:00+02:00"},
    )

    assert extended.status_code == 200
    _, sent = await sent_of(code, market)
    assert list(lacking(sample, sent)) == []
    assert list(sent["changes"]) == list(sample["changes"])


async def test_an_order_of_a_sample_is_accepted_with_the_options_it_shows(
    market: Market, operator: httpx.AsyncClient
) -> None:
    code = await place_like(a_sample("responses/orders_show.json")["order"], market, operator)
    options = (await market.show(code))["accept_options"]

    answer = await market.ask(
        code,
        "accept",
        {
            "pickup_location": options["pickup_location"][1]["id"],
            "pickup_window": options["pickup_window"][3]["id"],
            "number_of_parcels": options["number_of_parcels"][0],
        },
    )

    assert answered(answer) == SUCCESS
