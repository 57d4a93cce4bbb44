"""Settings, from ``STOA_*`` variables. A wrong one stops the start with one sentence."""

import os
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import TypeVar
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from stoa.webhooks.guard import parse_networks
from stoa.webhooks.schedule import RetrySchedule

T = TypeVar("T")


class WrongSetting(Exception):
    """One sentence: which setting, what is wrong with it, what it should be."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that an installation decides. Times are in seconds."""

    database_url: str | None = None
    blob_url: str | None = None
    public_url: str | None = None
    secret_key: str | None = None
    site_name: str = "skroutz"
    webhook_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    webhook_retries: RetrySchedule = RetrySchedule()
    webhook_connect_timeout: float = 5
    webhook_timeout: float = 10
    database_connections: int = 10
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    log_level: str = "info"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment. Raises WrongSetting, for an unknown ``STOA_*`` name too."""
    given = {
        name: value
        for name, value in environment.items()
        if name.startswith("STOA_") and not name.startswith(FROM_A_CLUSTER) and value
    }
    unknown = sorted(given.keys() - {name for name, *_ in VARIABLES} - ELSEWHERE.keys() - BETWEEN_PROCESSES)
    if unknown:
        raise WrongSetting(f"{unknown[0]} is not a setting; `stoa settings` lists them.")
    return replace(
        Settings(),
        **{field: _read(name, given[name], read) for name, field, read, _ in VARIABLES if name in given},
    )


def _read(name: str, value: str, read: Callable[[str], T]) -> T:
    try:
        return read(value)
    except ValueError as fault:
        sentence = str(fault)
        # A reader that others use too says whole sentences.
        raise WrongSetting(sentence if sentence.startswith(name) else f"{name} {sentence}.") from fault


def _postgres_url(value: str) -> str:
    if urlsplit(value).scheme not in {"postgres", "postgresql"}:
        raise ValueError("must be a PostgreSQL address such as postgresql://user:password@host/database")
    return value


def _blob_url(value: str) -> str:
    if urlsplit(value).scheme not in {"file", "s3"}:
        raise ValueError("must be file:///a/folder or s3://bucket/prefix")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    whole = parts.scheme in {"http", "https"} and parts.netloc and not parts.query and not parts.fragment
    if not whole or " " in value or not value.isprintable():
        raise ValueError("must be the address that shops reach, such as https://orders.example.com")
    return value.rstrip("/")


SHORTEST_SECRET = 32


def _secret(value: str) -> str:
    if len(value) < SHORTEST_SECRET:
        raise ValueError(f"must be at least {SHORTEST_SECRET} characters; `openssl rand -hex 32` makes one")
    return value


def _site_name(value: str) -> str:
    if not value.isalnum() or not value.isascii():
        raise ValueError("must be letters and digits; it is the vendor in the Accept header")
    return value


LONGEST_SECONDS = 86_400


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError("must be seconds, more than 0 and at most a day, such as 10")
    return seconds


LEAST_CONNECTIONS, MOST_CONNECTIONS = 2, 1000
"""One connection of a worker only listens."""


def _connections(value: str) -> int:
    if not value.isdecimal() or not LEAST_CONNECTIONS <= int(value) <= MOST_CONNECTIONS:
        raise ValueError(f"must be a number from {LEAST_CONNECTIONS} to {MOST_CONNECTIONS}")
    return int(value)


TRUSTED_PROXIES = "STOA_TRUSTED_PROXIES"


def _proxies(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return parse_networks(value, TRUSTED_PROXIES)


LOG_LEVELS = ("debug", "info", "warning", "error")


def _log_level(value: str) -> str:
    if value.lower() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return value.lower()


VARIABLES: tuple[tuple[str, str, Callable[[str], object], str], ...] = (
    ("STOA_DATABASE_URL", "database_url", _postgres_url, "the PostgreSQL to use; without it, one of its own"),
    ("STOA_BLOB_URL", "blob_url", _blob_url, "where files lie: file:///folder or s3://bucket/prefix"),
    ("STOA_PUBLIC_URL", "public_url", _public_url, "the address in links that shops follow"),
    ("STOA_SECRET_KEY", "secret_key", _secret, "encrypts signing keys and makes public links unguessable"),
    ("STOA_SITE_NAME", "site_name", _site_name, "the vendor in the Accept header of the Skroutz API"),
    (
        "STOA_WEBHOOK_ALLOW",
        "webhook_allow",
        parse_networks,
        "address ranges inside your network that webhooks may reach",
    ),
    (
        "STOA_WEBHOOK_RETRIES",
        "webhook_retries",
        RetrySchedule.parse,
        "seconds between the requests of one delivery",
    ),
    ("STOA_WEBHOOK_CONNECT_TIMEOUT", "webhook_connect_timeout", _seconds, "seconds to connect to a shop"),
    ("STOA_WEBHOOK_TIMEOUT", "webhook_timeout", _seconds, "seconds for a whole request to a shop"),
    (
        "STOA_DATABASE_CONNECTIONS",
        "database_connections",
        _connections,
        "connections of each process at most",
    ),
    (
        TRUSTED_PROXIES,
        "trusted_proxies",
        _proxies,
        "address ranges of the proxies in front, whose X-Forwarded-For is believed",
    ),
    ("STOA_LOG_LEVEL", "log_level", _log_level, "debug, info, warning or error"),
)
"""Name, field, how it is read, what it is for: the documentation is checked against this list."""

FROM_A_CLUSTER = ("STOA_PORT", "STOA_SERVICE_")
"""What Kubernetes puts in the environment beside a service named stoa."""

ELSEWHERE = {
    "STOA_POSTGRES_USER": "the account of the own PostgreSQL where the service is started by root",
}
"""Name and what it is for: read where it is needed, not part of what the service works with."""

BETWEEN_PROCESSES = frozenset({"STOA_DEMO", "STOA_PARENT"})
"""What a process tells those that it starts; nobody sets them."""
