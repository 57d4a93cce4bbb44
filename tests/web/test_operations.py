import asyncio

import httpx
import pytest

from stoa.app import Stoa
from stoa.store import migrations
from stoa.web.metrics import count_attempt
from tests.conftest import Merchant
from tests.operator.calls import address, placing


async def test_a_process_that_runs_is_live(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/health/live")).json() == {"status": "ok"}


async def test_a_service_whose_database_answers_is_ready(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/health/ready")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_service_without_its_database_is_live_but_not_ready(
    stoa: Stoa, stranger: httpx.AsyncClient
) -> None:
    await stoa.service.pool.close()

    ready = await stranger.get("/health/ready")
    assert (ready.status_code, ready.json()["reason"]) == (503, "PostgreSQL does not answer.")
    assert (await stranger.get("/health/live")).status_code == 200


async def test_a_service_whose_database_hangs_is_not_ready(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(_pool: object) -> list[str]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr("stoa.operations.pending", hanging)
    monkeypatch.setattr("stoa.operations.READY_WITHIN", 0.05)

    assert (await stranger.get("/health/ready")).status_code == 503


async def test_a_service_whose_schema_is_behind_says_what_to_do(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = [*migrations.migrations(), migrations.Migration("9999_newer", "SELECT 1")]
    monkeypatch.setattr(migrations, "migrations", lambda: newer)

    answer = await stranger.get("/health/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "Run `stoa migrate`.")


async def test_a_service_whose_schema_is_ahead_is_not_ready(stoa: Stoa, stranger: httpx.AsyncClient) -> None:
    await stoa.service.pool.execute("INSERT INTO migrations (name) VALUES ('9999_from_the_future')")

    answer = await stranger.get("/health/ready")
    assert answer.status_code == 503
    assert "use the newer version" in answer.json()["reason"]


def sample(page: str, name: str) -> float:
    """The value of one sample of the metrics, 0 where it is not there yet."""
    return next((float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith(name)), 0.0)


async def test_requests_are_counted_by_route_and_status(
    stranger: httpx.AsyncClient, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = 'stoa_requests_total{method="POST",route="/operator/v1/shops/{shop_id:int}/orders",status="201"}'
    refused = 'stoa_requests_total{method="GET",route="/operator/v1/shops",status="401"}'
    before = (await stranger.get("/metrics")).text
    await placing(operator, merchant.shop)
    await stranger.get("/operator/v1/shops")
    after = (await stranger.get("/metrics")).text

    for name in (placed, refused):
        assert sample(after, name) == sample(before, name) + 1, name


async def test_what_strangers_make_up_is_counted_under_one_name(stranger: httpx.AsyncClient) -> None:
    for n in range(5):
        await stranger.get(f"/made/up/{n}")
        await stranger.request(f"MADEUP{n}", "/made/up")

    page = (await stranger.get("/metrics")).text
    assert "made" not in page.lower()
    assert 'method="other",route="none",status="404"' in page


async def test_the_backlog_is_measured(
    stranger: httpx.AsyncClient, operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    await operator.put(address(merchant.shop, "webhook"), json={"url": "http://127.0.0.1:9/hook"})
    await placing(operator, merchant.shop)

    page = (await stranger.get("/metrics")).text
    assert sample(page, "stoa_deliveries_pending") == 1
    assert sample(page, "stoa_deliveries_dead") == 0
    assert sample(page, "stoa_database_pool_size") >= 1


async def test_a_delivery_that_is_skipped_is_counted_but_took_no_shop_any_time(
    stranger: httpx.AsyncClient,
) -> None:
    counted = 'stoa_delivery_attempts_total{endpoint="tests_skipping",outcome="skipped"}'
    timed = 'stoa_delivery_attempt_seconds_count{endpoint="tests_skipping"}'

    count_attempt("tests_skipping", "skipped", 0.0)
    count_attempt("tests_skipping", "delivered", 0.1)

    page = (await stranger.get("/metrics")).text
    assert (sample(page, counted), sample(page, timed)) == (1, 1)


async def test_the_first_page_names_every_call(stranger: httpx.AsyncClient) -> None:
    page = await stranger.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "/operator/v1/shops/{shop_id}/orders" in page.text
    assert (await stranger.get("/schema")).text == page.text
