import json

import httpx
import pytest

from stoa.clock import MovableClock
from stoa.store import inbox
from tests.builders import MINUTE
from tests.conftest import Merchant

BODY = b'{ "event_type": "new_order",  "order": {"code": "260303-1000001", "total": 1.50}, "\xce\xb1": null }'


def hook(code: str) -> bytes:
    return json.dumps({"order": {"code": code}}).encode()


async def codes(stranger: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await stranger.get("/demo/inbox", params=query)
    assert answer.status_code == 200, answer.text
    return [item["body"]["order"]["code"] for item in answer.json()["items"]]


async def test_what_arrives_is_shown_byte_for_byte(stranger: httpx.AsyncClient, merchant: Merchant) -> None:
    received = await stranger.post(
        f"/demo/hooks/{merchant.shop.id}", content=BODY, headers={"Webhook-Id": "msg_1", "X-Odd": "a\tb"}
    )
    shown = await stranger.get("/demo/inbox")

    assert received.status_code == 200
    assert BODY in shown.content
    (item,) = shown.json()["items"]
    assert item.keys() == {"received_at", "shop_id", "headers", "body"}
    assert (item["shop_id"], item["received_at"]) == (merchant.shop.id, "2026-03-03T10:00:00Z")
    assert item["headers"]["webhook-id"] == "msg_1"


async def test_the_newest_is_first(
    stranger: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant, clock: MovableClock
) -> None:
    for n, shop in enumerate((merchant.shop, neighbour.shop, merchant.shop)):
        await stranger.post(f"/demo/hooks/{shop.id}", content=hook(str(n)))
        clock.move(MINUTE)

    assert await codes(stranger) == ["2", "1", "0"]
    assert await codes(stranger, limit="2") == ["2", "1"]


async def test_one_order_can_be_asked_for(stranger: httpx.AsyncClient, merchant: Merchant) -> None:
    for code in ("a", "b", "a"):
        await stranger.post(f"/demo/hooks/{merchant.shop.id}", content=hook(code))

    assert await codes(stranger, order="a") == ["a", "a"]
    assert await codes(stranger, order="c") == []


async def test_what_is_about_a_return_is_found_by_the_returns_code(
    stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    about = {"return_code": "R-260303-1000002", "order_code": "260303-1000001"}
    told = {"event_type": "merchant_return_created", "return": about}
    answer = await stranger.post(f"/demo/hooks/{merchant.shop.id}", json=told)
    await stranger.post(f"/demo/hooks/{merchant.shop.id}", content=hook("260303-1000001"))
    shown = await stranger.get("/demo/inbox", params={"order": "R-260303-1000002"})

    assert answer.status_code == 200
    assert [item["body"] for item in shown.json()["items"]] == [told]


async def test_an_empty_inbox_is_an_empty_list(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/demo/inbox")).json() == {"items": []}


async def test_a_wrong_question_is_refused(stranger: httpx.AsyncClient) -> None:
    for name, value in (("limit", "0"), ("limit", "1001"), ("limit", "x"), ("order", "\x00"), ("since", "1")):
        answer = await stranger.get("/demo/inbox", params={name: value})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, name)


async def test_what_is_no_webhook_is_refused(stranger: httpx.AsyncClient, merchant: Merchant) -> None:
    at = f"/demo/hooks/{merchant.shop.id}"
    for body in (
        b"",
        b"[]",
        b"{}",
        b'{"order": {}}',
        b'{"order": {"code": 1}}',
        b'{"order": null}',
        b'{"return": {}}',
        b'{"return": {"return_code": 1}}',
        b"\xff",
        hook("a\x00"),
        b"[" * 50_000,
    ):
        answer = await stranger.post(at, content=body)
        assert answer.status_code in {400, 422}, body[:40]
    assert (await stranger.post(at, content=hook("a").ljust(1024**2 + 1))).status_code == 413
    assert await codes(stranger) == []


async def test_a_webhook_for_an_unknown_shop_is_not_kept(stranger: httpx.AsyncClient) -> None:
    for number in (99, 0, 2**63):
        assert (await stranger.post(f"/demo/hooks/{number}", content=hook("a"))).status_code == 404
    assert await codes(stranger) == []


async def test_only_the_newest_are_kept(
    stranger: httpx.AsyncClient, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "KEPT", 3)
    for n in range(7):
        await stranger.post(f"/demo/hooks/{merchant.shop.id}", content=hook(str(n)))

    assert await codes(stranger) == ["6", "5", "4", "3"]
