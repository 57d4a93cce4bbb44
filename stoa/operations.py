"""For those who run the service: health, metrics, the OpenAPI document and a first page."""

import asyncio
import html
from typing import Any

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from stoa.service import Service
from stoa.store.migrations import SchemaFromTheFuture, pending
from stoa.web.metrics import render_metrics
from stoa.web.replies import reply, reply_bytes
from stoa.web.routing import Endpoint, get

Json = dict[str, Any]

READY_WITHIN = 2.0
"""Seconds for the database to answer: a load balancer waits no longer."""

UNAVAILABLE = 503


def operations_routes(service: Service, document: Json, *, demo: bool) -> list[Endpoint]:
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


def _front_page(document: Json, *, demo: bool) -> bytes:
    """Every call of every API on one page, by chapter, each body with an example that works."""
    chapters: dict[str, str] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = operation["tags"][0]
            chapters[tag] = chapters.get(tag, "") + _call(method, path, operation)
    calls = "".join(f"<h2>{html.escape(tag)}</h2>{calls}" for tag, calls in sorted(chapters.items()))
    inbox = '<p>What the demo shops were sent: <a href="/demo/inbox">/demo/inbox</a></p>' if demo else ""
    return _PAGE.format(calls=calls, inbox=inbox).encode()


def _call(method: str, path: str, operation: Json) -> str:
    title = f"<code>{method.upper()} {html.escape(path)}</code> {html.escape(operation['summary'])}"
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return f"<p>{title}</p>"
    example = msgspec.json.format(msgspec.json.encode(content["example"])).decode()
    return f"<details><summary>{title}</summary><pre>{html.escape(example)}</pre></details>"


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Stoa</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
p,details{{margin:.3rem 0}}summary{{cursor:pointer}}code,pre{{font-size:.9em}}
pre{{background:#f4f4f4;padding:.6rem;overflow:auto}}</style>
<h1>Stoa</h1><p>One order engine that speaks the merchant APIs of the marketplaces.</p>
<p>The whole contract, for tools: <a href="/schema/openapi.json">/schema/openapi.json</a></p>{inbox}{calls}</html>"""
