"""One request to a shop's endpoint: guarded at every hop, bounded in time and size, its faults in plain words."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
import structlog
from yarl import URL

from stoa.webhooks.guard import AddressRefused, Guard

log = structlog.get_logger(__name__)

DELIVERED = 200
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 3
BODY_LIMIT = 4096
KEPT = 1000
"""Bytes of an answer that are kept for whoever looks for the reason why a message was not taken."""

# Shorter than the servers in wide use keep an idle connection: a request never meets one that is just being closed.
KEEP_ALIVE = 2.0

FAULTS = (aiohttp.ClientError, TimeoutError, OSError, ValueError)

# The first that fits; a subclass stands before its parent.
PLAIN_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timed out"),
    (aiohttp.ClientConnectorDNSError, "name not found"),
    (aiohttp.ClientSSLError, "TLS failed: the certificate is not valid for the host"),
    (aiohttp.ClientConnectorError, "cannot connect"),
    (aiohttp.ClientPayloadError, "connection closed"),
    (aiohttp.ServerDisconnectedError, "connection closed"),
    (aiohttp.ClientOSError, "connection closed"),
    (aiohttp.ClientResponseError, "the answer is not HTTP"),
    (ValueError, "not a URL"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: the last status, if any came, with the beginning of the answer, or why there is none."""

    status: int | None
    error: str | None
    duration_ms: int
    response: str | None = None

    @property
    def delivered(self) -> bool:
        return self.status == DELIVERED and self.error is None


class Answer(NamedTuple):
    status: int
    location: str | None
    beginning: bytes


class Sender:
    """Posts webhooks; to be opened with ``async with``. Timeouts are in seconds, ``total`` spans all hops."""

    def __init__(self, guard: Guard, connect: float = 5.0, total: float = 10.0) -> None:
        self._guard = guard
        self._connect = connect
        self._total = total
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        # Two, since a resolver is not told the scheme, and plain http may go to fewer addresses.
        self._sessions = {scheme: self._session(scheme) for scheme in ("https", "http")}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Post the body and follow at most 3 redirects, method and body kept; never raises for what the shop does."""
        began = time.monotonic()
        answer: Answer | None = None
        error: str | None = None
        try:
            async with asyncio.timeout(self._total):
                answer, error = await self._follow(URL(url), body, headers)
        except FAULTS as fault:
            error = in_plain_words(fault)
        except Exception:
            # Whatever else a shop's answer can provoke counts as a failure too, or it would be sent for ever.
            log.exception("webhook.unforeseen")
            error = "cannot connect"
        took = round((time.monotonic() - began) * 1000)
        return (
            Outcome(answer.status, error, took, as_text(answer.beginning))
            if answer
            else Outcome(None, error, took)
        )

    async def _follow(
        self, url: URL, body: bytes, headers: Mapping[str, str]
    ) -> tuple[Answer | None, str | None]:
        answer: Answer | None = None
        for _ in range(1 + MOST_HOPS):
            if refusal := self._guard.refuses_hop(url):
                return answer, f"address refused: {refusal}"
            answer = await self._post(url, body, headers)
            if answer.status not in REDIRECTS:
                return answer, None
            if not answer.location:
                return answer, "redirected to nowhere"
            url = url.join(URL(answer.location))
        return answer, f"redirected more than {MOST_HOPS} times"

    async def _post(self, url: URL, body: bytes, headers: Mapping[str, str]) -> Answer:
        async with self._sessions[url.scheme].post(
            url, data=body, headers=headers, allow_redirects=False
        ) as response:
            beginning = await read_a_little(response.content)
            return Answer(response.status, response.headers.get("Location"), beginning)

    def _session(self, scheme: str) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._guard.resolver(scheme), limit=0, keepalive_timeout=KEEP_ALIVE
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            # What is kept of an answer is to be read as it stands.
            headers={"Accept-Encoding": "identity"},
            trust_env=False,
            auto_decompress=False,
        )


async def read_a_little(content: aiohttp.StreamReader) -> bytes:
    """Read to the end, so that the connection serves again, but of a long body only the beginning."""
    body = b""
    while len(body) < BODY_LIMIT and (chunk := await content.read(BODY_LIMIT - len(body))):
        body += chunk
    return body[:KEPT]


def as_text(beginning: bytes) -> str:
    """What was answered, whatever it is, as text that a database can hold."""
    return beginning.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def in_plain_words(fault: BaseException) -> str:
    """Say what went wrong without a URL, a query or a secret in it."""
    cause = getattr(fault, "os_error", None)
    if isinstance(cause, AddressRefused):
        return f"address refused: {cause}"
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    return next((words for kind, words in PLAIN_WORDS if isinstance(fault, kind)), "cannot connect")
