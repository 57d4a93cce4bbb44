"""For those who run the service: health, metrics, the OpenAPI document and a first page."""

import asyncio
import html
from typing import Any

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from stoa.service import Service
from stoa.store.migrations import SchemaFromTheFuture, pending
from stoa.web.metrics import render_metrics
from stoa.web.replies import reply, reply_bytes
from stoa.web.routing import Endpoint, get

READY_WITHIN = 2.0
"""Seconds for the database to answer: a load balancer waits no longer."""

UNAVAILABLE = 503


def operations_routes(service: Service, document: dict[str, Any], *, demo: bool) -> list[Endpoint]:
    """The handlers; ``document`` is the OpenAPI document."""
    front = _front_page(document, demo=demo)

    @get("/health/live")
    async def live(_request: Request) -> Response:
        return reply({"status": "ok"})

    @get("/health/ready")
    async def ready(_request: Request) -> Response:
        try:
            async with asyncio.timeout(READY_WITHIN):
                missing = await pending(service.pool)
        except SchemaFromTheFuture as newer:
            return reply({"status": "unavailable", "reason": str(newer)}, UNAVAILABLE)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return reply({"status": "unavailable", "reason": "PostgreSQL does not answer."}, UNAVAILABLE)
        if missing:
            return reply({"status": "unavailable", "reason": "Run `stoa migrate`."}, UNAVAILABLE)
        return reply({"status": "ok"})

    @get("/metrics")
    async def metrics(_request: Request) -> Response:
        page, media_type = await render_metrics(service)
        return reply_bytes(page, media_type=media_type)

    @get("/schema/openapi.json")
    async def schema(_request: Request) -> Response:
        return reply(document)

    @get("/schema")
    async def front_page(_request: Request) -> Response:
        return reply_bytes(front, media_type="text/html; charset=utf-8")

    @get("/")
    async def first_page(_request: Request) -> Response:
        return reply_bytes(front, media_type="text/html; charset=utf-8")

    return [live, ready, metrics, schema, front_page, first_page]


def _front_page(document: dict[str, Any], *, demo: bool) -> bytes:
    """Every call of every API on one page, each body with an example."""
    calls = "".join(
        _call(method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    inbox = '<p>What the demo shops were sent: <a href="/demo/inbox">/demo/inbox</a></p>' if demo else ""
    return _PAGE.format(calls=calls, inbox=inbox).encode()


def _call(method: str, path: str, operation: dict[str, Any]) -> str:
    return f"<tr><td><code>{method.upper()} {html.escape(path)}</code><td>{html.escape(operation['summary'])}"


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Stoa</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
td{{padding:.2rem 1rem .2rem 0;vertical-align:top}}code{{font-size:.9em}}</style>
<h1>Stoa</h1><p>One order engine that speaks the merchant APIs of the marketplaces.</p>
<p>The whole contract, for tools: <a href="/schema/openapi.json">/schema/openapi.json</a></p>{inbox}
<table>{calls}</table></html>"""
