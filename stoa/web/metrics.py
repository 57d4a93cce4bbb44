"""What Prometheus reads. Processes share their counters through files, see ``serving``."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

from stoa.service import Service

REQUESTS = Counter("stoa_requests", "Requests answered", ["route", "method", "status"])
ATTEMPTS = Counter("stoa_delivery_attempts", "Requests to shops", ["endpoint", "outcome"])
ATTEMPT_SECONDS = Histogram(
    "stoa_delivery_attempt_seconds",
    "How long shops took to answer",
    ["endpoint"],
    buckets=(0.05, 0.2, 1, 5, 10),
)

ROUTE = "stoa.route"
"""Where a request's scope keeps the path of its route, for counting and logging."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own name for where processes put their counters."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def share_counters(folder: Path) -> None:
    """Keep the counters of this process, and of those that it starts, in a folder where each finds all of them."""
    os.environ[SHARED_FOLDER] = str(folder)
    # The library decided where its values live when it was loaded.
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


def count_attempt(endpoint: str, result: str, seconds: float, /) -> None:
    """Note a request to a shop, or that there was none: nobody took any time to answer it."""
    ATTEMPTS.labels(endpoint, result).inc()
    if result != "skipped":
        ATTEMPT_SECONDS.labels(endpoint).observe(seconds)


@cache
def _requests(route: str, method: str, status: int) -> Counter:
    """The counter of these labels: looking it up anew takes longer than counting. There are few."""
    return REQUESTS.labels(route, method, status)


def counted(app: AsgiApp) -> AsgiApp:
    """The same app, its answers counted by route and status."""

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                # An address or a method that we do not have is one label, however many strangers try.
                route = scope.get(ROUTE, "none")
                method = scope["method"] if scope["method"] in METHODS else "other"
                _requests(route, method, message["status"]).inc()
            await send(message)

        await app(scope, receive, sending)

    return counting


async def render_metrics(service: Service) -> tuple[bytes, str]:
    """The whole page and its media type."""
    backlog = await service.deliveries.backlog(service.clock())
    here = CollectorRegistry()
    _gauge(here, "stoa_deliveries_pending", "Deliveries that wait", backlog.pending)
    _gauge(here, "stoa_deliveries_dead", "Deliveries that were given up", backlog.dead)
    _gauge(
        here, "stoa_queue_age_seconds", "How long the longest due delivery has waited", backlog.oldest_seconds
    )
    _gauge(here, "stoa_database_pool_size", "Connections of this process", service.pool.get_size())
    _gauge(
        here, "stoa_database_pool_idle", "Connections of this process at rest", service.pool.get_idle_size()
    )
    return generate_latest(_shared()) + generate_latest(here), CONTENT_TYPE_LATEST


def _gauge(registry: CollectorRegistry, name: str, meaning: str, value: float) -> None:
    Gauge(name, meaning, registry=registry).set(value)


def _shared() -> CollectorRegistry:
    if SHARED_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
