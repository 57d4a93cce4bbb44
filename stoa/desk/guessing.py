"""Trying a password: as often as somebody who mistypes needs to, not as often as somebody who guesses wants to."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import blake2b
from typing import TypeVar

from stoa.store.strangers import Strangers, Visit

T = TypeVar("T")

MOST_OF_ACCOUNT = 100
"""Wrong passwords for one e-mail address, wherever they come from, before nobody may try another for a while (NIST SP
800-63B). Many more than one address may give: who wants to lock somebody out needs many addresses, too."""

MOST_WAITING = 50
"""Tries that wait for their turn in a process, some seconds in all; whoever comes then is asked to come again."""


class Crowded(Exception):
    """So many are trying that the next would wait for too long."""


class Guesses:
    """Lets passwords be tried one after the other in a process, so that many tries at once count like any others."""

    def __init__(self, strangers: Strangers) -> None:
        self._strangers = strangers
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def passed(
        self, email: str, at: datetime, attempt: Callable[[], Awaitable[T | None]], *, address: str = ""
    ) -> T | None:
        """What the attempt gives, None for a wrong password. That is counted for the e-mail address, and for the client's
        ``address`` where one is given. Raises Blocked or Crowded."""
        if self._waiting >= MOST_WAITING:
            raise Crowded
        self._waiting += 1
        try:
            async with self._turn:
                return await self._try(
                    Visit(_account(email), at), Visit(address, at) if address else None, attempt
                )
        finally:
            self._waiting -= 1

    async def _try(
        self, account: Visit, client: Visit | None, attempt: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        for visit in filter(None, (account, client)):
            await self._strangers.check(visit)
        outcome = await attempt()
        if outcome is None:
            await self._strangers.count_failure(account, most=MOST_OF_ACCOUNT)
            if client is not None:
                await self._strangers.count_failure(client)
        return outcome


def _account(email: str) -> str:
    """What an account's failures are counted for, whether there is one or not: no list of who tried to sign in."""
    return f"account {blake2b(email.lower().encode(), digest_size=16).hexdigest()}"
