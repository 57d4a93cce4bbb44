"""A Stoa with its demo, and a shop that calls it through Agora."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stoa.operator.examples import ORDER

LINE = [sys.executable, "-m", "stoa", "serve", "--demo", "--port", "0", "--data"]


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, Any]]:
    """What demo.json says of a Stoa that runs."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}
    with tempfile.TemporaryDirectory() as folder:
        # Root's PostgreSQL runs as another account, which must get to its data.
        Path(folder).chmod(0o711)
        with subprocess.Popen([*LINE, f"{folder}/data"], env=settings, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            assert server.stdout.readline().startswith(b"ready: ")
            yield json.loads(Path(folder, "data", "demo.json").read_text())
            server.terminate()


def calling(demo: dict[str, Any], token: str) -> httpx.Client:
    # A machine that is busy with other things answers late.
    return httpx.Client(
        base_url=demo["url"], headers={"Authorization": f"Bearer {token}"}, timeout=httpx.Timeout(60)
    )


@pytest.fixture
def shop(demo: dict[str, Any]) -> Iterator[httpx.Client]:
    with calling(demo, demo["shops"][0]["agora"]["token"]) as client:
        yield client


@pytest.fixture
def order(demo: dict[str, Any]) -> str:
    """The address of an order that a customer has just placed in the shop."""
    with calling(demo, demo["operator"]["token"]) as operator:
        placed = operator.post(f"/operator/v1/shops/{demo['shops'][0]['id']}/orders", json=ORDER)
    return f"/agora/v1/orders/{placed.json()['codes']['agora']}"


def test_an_order_is_read_and_accepted_however_often(shop: httpx.Client, order: str) -> None:
    assert shop.get(order).json()["status"] == "new"
    assert [shop.post(f"{order}/accept").json()["status"] for _ in range(2)] == ["accepted"] * 2


def test_an_order_is_rejected_for_a_reason_that_agora_knows(shop: httpx.Client, order: str) -> None:
    unknown = shop.post(f"{order}/reject", json={"reason": "mood"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "reason")
    assert shop.post(f"{order}/reject", json={"reason": "sold_out"}).json()["status"] == "off"


def test_what_an_order_does_not_do_is_said_in_words(shop: httpx.Client, order: str) -> None:
    refused = shop.post(f"{order}/cancel")
    assert (refused.status_code, refused.json()["problem"]) == (409, "not_yours_to_do")
    assert refused.json()["says"] == "A shop cancels what it has accepted; a new order it rejects."


def test_the_list_has_the_orders_of_a_status(shop: httpx.Client, order: str) -> None:
    found = shop.get("/agora/v1/orders", params={"status": "new"}).json()["orders"][0]
    assert (found["code"], found["total"]) == (order.rpartition("/")[2], 7730)


def test_nobody_else_finds_it(demo: dict[str, Any], order: str) -> None:
    for token, status in ((demo["shops"][1]["agora"]["token"], 404), ("st_1_stranger", 401)):
        with calling(demo, token) as client:
            assert client.get(order).status_code == status
