"""The recorded responses of the FBS API: every key of a sample is there, with its type."""

from typing import Any

import httpx
import pytest

from stoa.orders.warehouse import PurchaseOrder, Supplier
from tests.builders import NOON
from tests.skroutz.fbs import PRODUCTS, PURCHASE_ORDERS, SUPPLIERS, Fbs, lines_of
from tests.skroutz.market import Json
from tests.skroutz.test_samples import SAMPLES, a_sample, lacking

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the samples do not lie at {SAMPLES}")


@pytest.fixture
async def supplier(fbs: Fbs) -> Supplier:
    """The supplier of a shop with all that the samples show: everything, but for the tax number, is given."""
    await fbs.product("79", pieces=13)
    await fbs.product("254", active=False)
    made_up = dict.fromkeys(("address", "city", "area", "zip_code", "phone", "email"), "δίνεται")
    return await fbs.supplier(**made_up)


@pytest.fixture
async def order(fbs: Fbs, supplier: Supplier) -> PurchaseOrder:
    """One of two purchase orders, both of them received."""
    orders = [await fbs.announce(supplier, **{"79": 10, "254": 6}) for _ in range(2)]
    for order in orders:
        assert isinstance(await fbs.warehouse.receive(fbs.shop.id, order.number, (), NOON), PurchaseOrder)
    return orders[0]


def unlike(name: str, answer: httpx.Response) -> list[str]:
    """In what an answer differs from its sample: what it lacks, and where its fields stand in another order."""
    sample, ours = a_sample(f"responses/fbs_{name}.json"), answer.json()
    assert answer.status_code == 200
    order = [] if keys(ours) == keys(sample) else [f"{keys(ours)} are not {keys(sample)}"]
    return [*lacking(sample, ours), *order]


def keys(value: Any) -> Any:
    """The names of all fields in their order, of a list those of its first item."""
    if isinstance(value, dict):
        return [(name, keys(inner)) for name, inner in value.items()]
    return keys(value[0]) if isinstance(value, list) and value else None


async def test_lists_are_like_their_samples(fbs: Fbs, order: PurchaseOrder) -> None:
    assert unlike("products_index", await fbs.client.get(PRODUCTS)) == []
    assert unlike("purchase_orders_index", await fbs.client.get(PURCHASE_ORDERS)) == []
    assert unlike("purchase_orders_show", await fbs.client.get(lines_of(order, fbs.shop))) == []
    assert unlike("suppliers_index", await fbs.client.get(SUPPLIERS)) == []


async def test_paging_and_quantities_are_those_of_the_samples(fbs: Fbs, supplier: Supplier) -> None:
    sample = a_sample("responses/fbs_products_index.json")

    ours: Json = (await fbs.client.get(PRODUCTS)).json()

    assert ours["meta"] == sample["meta"]
    for product in (*ours["products"], *sample["products"]):
        assert isinstance(product.pop("id"), int)
    assert ours["products"][0] == sample["products"][0] | {"quantity": 13}
    assert ours["products"][1] == sample["products"][1]


async def test_what_is_added_or_changed_is_answered_like_the_samples(fbs: Fbs, supplier: Supplier) -> None:
    line = {"product_uid": "79", "expected_quantity": 10}
    body = {"expected_date": "2026-03-10", "supplier_id": supplier.id, "line_items": [line]}

    announced = await fbs.ask(PURCHASE_ORDERS, body)
    added = await fbs.ask(SUPPLIERS, a_sample_supplier())
    changed = await fbs.ask(f"{SUPPLIERS}/{supplier.id}", {"name": "Άλλος"}, method="PATCH")

    assert unlike("purchase_orders_create", announced) == []
    assert unlike("suppliers_create", added) == []
    assert unlike("suppliers_update", changed) == []


def a_sample_supplier() -> Json:
    """What was sent for the sample's supplier to be there."""
    (supplier,) = a_sample("responses/fbs_suppliers_index.json")["suppliers"]
    del supplier["id"]
    return dict(supplier)


async def test_the_samples_supplier_is_shown_as_in_the_sample(fbs: Fbs) -> None:
    await fbs.ask(SUPPLIERS, a_sample_supplier())

    (ours,) = (await fbs.show(SUPPLIERS))["suppliers"]

    del ours["id"]
    assert ours == a_sample_supplier()
