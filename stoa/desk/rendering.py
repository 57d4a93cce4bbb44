"""Pages: templates, texts in the visitor's language, and the headers under which nothing foreign runs."""

import gzip
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from hashlib import blake2b
from importlib.resources import files

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import BASE, Visit
from stoa.desk.webhook_faults import fault_text
from stoa.languages import LANGUAGES, date_text, locale_of, moment_text, money, translate
from stoa.web.replies import reply_bytes

HTML = "text/html; charset=utf-8"

CONFLICT, UNPROCESSABLE, TOO_MANY = 409, 422, 429
"""How a page answers a form: what it asks for is in the way of something else; will not do; comes too often."""

# What a page shows comes from outside, too: nothing runs but our own script, nothing is loaded but from us, and no
# other site can show the desk inside of its own.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}

_TEMPLATES = Environment(
    loader=PackageLoader("stoa.desk"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

STATIC = {
    "desk.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "charts.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "live.js": "text/javascript; charset=utf-8",
    "operator.js": "text/javascript; charset=utf-8",
    "order.js": "text/javascript; charset=utf-8",
    "orders.js": "text/javascript; charset=utf-8",
}
"""The files that pages load, with their media types."""


@cache
def static_file(name: str) -> bytes:
    return files("stoa.desk").joinpath("static", name).read_bytes()


@cache
def packed_file(name: str) -> bytes:
    """The same, compressed: once, so as well as can be."""
    return gzip.compress(static_file(name), mtime=0)


@cache
def static_address(name: str) -> str:
    """Where a file is loaded from. A new content has a new address, so browsers may keep it."""
    digest = blake2b(static_file(name), digest_size=6).hexdigest()
    return f"{BASE}/static/{digest}/{name}"


def say(language: str, text: str, **parts: object) -> str:
    """The English text in the language, the placeholders filled."""
    said = translate(text, language)
    return said.format(**parts) if parts else said


def language_asked_for(request: Request) -> str:
    """The first language that the browser asks for and that we speak; English where there is none."""
    wishes = request.headers.get("accept-language", "").lower().split(",")
    spoken = (wish.split(";")[0].strip().split("-")[0] for wish in wishes)
    return next((language for language in spoken if language in LANGUAGES), "en")


def page(
    template: str,
    visit: Visit,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> Response:
    """A page for somebody who is signed in."""
    return _page(template, visit.language, status, headers, visit=visit, zone=_zone(visit), **context)


def bare_page(template: str, language: str, *, status: int = 200, **context: object) -> Response:
    """A page for somebody who is not."""
    return _page(template, language, status, None, visit=None, zone="UTC", **context)


def _zone(visit: Visit) -> str:
    return visit.shop.zone if visit.shop else "UTC"


def _page(
    template: str,
    language: str,
    status: int,
    headers: Mapping[str, str] | None,
    *,
    zone: str,
    **context: object,
) -> Response:
    body = _TEMPLATES.get_template(template).render(
        say=partial(say, language),
        why=partial(fault_text, language),
        money=partial(_money, language),
        moment=partial(_moment, zone, language),
        day=partial(_day, zone, language),
        language=locale_of(language).language,
        static=static_address,
        base=BASE,
        **context,
    )
    return reply_bytes(body.encode(), status, media_type=HTML, headers=HEADERS | dict(headers or {}))


def _money(language: str, cents: int, currency: str) -> str:
    return money(cents, currency, language)


def _moment(zone: str, language: str, at: datetime) -> str:
    return moment_text(at, zone, language)


def _day(zone: str, language: str, at: datetime) -> str:
    return date_text(at, zone, language)


def legible(body: bytes) -> str:
    """JSON with a line for each of its parts; whatever else it is, as it is."""
    try:
        return msgspec.json.format(body, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode("utf-8", "replace")


def span_text(language: str, span: timedelta) -> str:
    """A length of time in its two largest units, such as "1 d 4 h"."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    days, hours, left = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return say(language, "{days} d {hours} h", days=days, hours=hours)
    return (
        say(language, "{hours} h {minutes} min", hours=hours, minutes=left)
        if hours
        else say(language, "{minutes} min", minutes=left)
    )
