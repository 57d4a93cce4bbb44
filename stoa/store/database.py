"""Connections to PostgreSQL: how many, how JSON travels, and what is said when there are none."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

import asyncpg

Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.Connection


class DatabaseUnavailable(Exception):
    """One sentence that says what to do."""


async def open_pool(url: str, *, connections: int = 10) -> Pool:
    """Open a pool whose jsonb travels as bytes. Raises DatabaseUnavailable."""
    try:
        return await asyncpg.create_pool(
            url,
            min_size=min(2, connections),
            max_size=connections,
            init=_as_bytes,
            reset=_leave_as_it_is,
            # Statements are ours and few, so every plan is kept.
            statement_cache_size=500,
            max_cached_statement_lifetime=0,
            command_timeout=60,
        )
    except (OSError, asyncpg.PostgresError, ValueError) as fault:
        raise DatabaseUnavailable(
            f"PostgreSQL does not answer at STOA_DATABASE_URL ({_brief(fault)}); is it running, and is the password right?"
        ) from fault


def _brief(fault: Exception) -> str:
    # A ValueError of the address quotes parts of it, the password among them.
    if isinstance(fault, ValueError) or not str(fault):
        return type(fault).__name__
    return str(fault).splitlines()[0]


JSONB_VERSION = b"\x01"
"""What PostgreSQL puts before a jsonb on the wire."""


async def _as_bytes(connection: Connection) -> None:
    """Orders are encoded and decoded by msgspec, from bytes: nothing in between needs to know text."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda body: JSONB_VERSION + body,
        decoder=lambda wire: wire[1:],
        format="binary",
    )


async def _leave_as_it_is(_connection: Connection) -> None:
    """Spare a round trip after every query: nothing here leaves a transaction, a lock or a setting behind."""


async def listen(
    pool: Pool,
    channels: Sequence[str],
    heard: Callable[[str], None],
    *,
    until: asyncio.Event,
    begun: Callable[[], None] | None = None,
) -> None:
    """Call ``heard`` with the payload of every notice on the channels, until the event is set; ``begun`` once nothing that
    is said from now on is missed.

    Raises ConnectionError when the connection is lost.
    """
    lost = asyncio.get_running_loop().create_future()

    def on_notice(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        heard(payload)

    def on_loss(_connection: object) -> None:
        if not lost.done():
            lost.set_result(None)

    async with pool.acquire() as connection:
        connection.add_termination_listener(on_loss)
        for channel in channels:
            await connection.add_listener(channel, on_notice)
        if begun is not None:
            begun()
        over = asyncio.create_task(until.wait())
        try:
            await asyncio.wait((over, lost), return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                raise ConnectionError("the connection that listens was lost")
        finally:
            over.cancel()
            if not connection.is_closed():
                connection.remove_termination_listener(on_loss)
                for channel in channels:
                    await connection.remove_listener(channel, on_notice)
