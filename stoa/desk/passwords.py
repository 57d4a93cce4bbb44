"""Passwords of people: hashed with Argon2id, as slowly as the library holds right."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
"""Characters of a password at least; there are no rules beside length (NIST SP 800-63B)."""

LONGEST = 200

_hasher = PasswordHasher()


class Passwords:
    """Hashes and checks, one at a time in a process: each takes 64 MB, and whoever guesses is not to fill the memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def hash(self, password: str) -> str:
        """The hash, with its salt and its parameters."""
        async with self._turn:
            return await asyncio.to_thread(_hasher.hash, password)

    async def are_same(self, hashed: str | None, password: str) -> bool:
        """Whether the password is the one of this hash. Without a hash the same time passes, so that nobody learns who
        has an account."""
        async with self._turn:
            return await asyncio.to_thread(_are_same, hashed, password)


def _are_same(hashed: str | None, password: str) -> bool:
    try:
        return _hasher.verify(hashed or _nobodys(), password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash("a password that is nobody's")


def fault_of(password: str) -> str | None:
    """What is wrong with a new password, in English; None where it will do."""
    if len(password) < SHORTEST:
        return "Take at least {shortest} characters."
    return "That is too long." if len(password) > LONGEST else None
