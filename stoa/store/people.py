"""People who sign in to the desk, and their sessions. Who calls, and what they ask for, is found in one round trip."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

import asyncpg
from msgspec import Struct

from stoa.orders.shop import Shop
from stoa.store.database import Connection, Pool
from stoa.store.orders import Stored, decode_order
from stoa.store.shops import decode_shop, hash_secret

SESSION_LASTS = timedelta(days=14)
"""How long a session is good without being used."""

SESSION_ENDS = timedelta(days=30)
"""How long it is good at most, however much it is used (NIST SP 800-63B asks for that)."""

SEEN_EVERY = timedelta(minutes=10)
"""How often it is noted that a session is used: not with every page."""

# Who calls, the shop and the order that they ask for: no row is a stranger. Who asks for no shop is at their own.
READ_VISITOR = """
SELECT person.person_id, person.shop_id, person.role, person.email, person.name, person.language, session.seen_at,
       shop.body AS shop, orders.version, orders.body
FROM desk_sessions AS session
JOIN people AS person USING (person_id)
LEFT JOIN shops AS shop ON shop.shop_id = coalesce($3, person.shop_id)
LEFT JOIN orders ON orders.shop_id = $3 AND orders.id = $4
WHERE session.secret_hash = $1 AND session.expires_at > $2"""

NOTE_SEEN = """
UPDATE desk_sessions SET seen_at = $2, expires_at = least($3, created_at + $4::interval) WHERE secret_hash = $1"""

_PERSON = "person_id, shop_id, role, email, name, language"

ADD_PERSON = f"""
INSERT INTO people (shop_id, role, email, name, password_hash, language, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING {_PERSON}"""  # noqa: S608 - a constant

READ_PERSON_BY_EMAIL = f"SELECT {_PERSON}, password_hash FROM people WHERE lower(email) = lower($1)"  # noqa: S608 - a constant

READ_PASSWORD = "SELECT password_hash FROM people WHERE person_id = $1"  # noqa: S105 - a statement

READ_PERSON = f"SELECT {_PERSON} FROM people WHERE person_id = $2 AND shop_id IS NOT DISTINCT FROM $1"  # noqa: S608 - a constant

# The operators first, then every shop's.
LIST_EVERYBODY = f"SELECT {_PERSON} FROM people ORDER BY shop_id NULLS FIRST, person_id LIMIT $1"  # noqa: S608 - a constant

LIST_PEOPLE = f"SELECT {_PERSON} FROM people WHERE shop_id IS NOT DISTINCT FROM $1 ORDER BY person_id"  # noqa: S608 - a constant

# Only a person of the shop that is named; None names the operators.
CHANGE_PERSON = """
UPDATE people SET role = coalesce($3, role), name = coalesce($4, name), language = coalesce($5, language)
WHERE person_id = $2 AND shop_id IS NOT DISTINCT FROM $1 RETURNING person_id"""

# Whoever changes who manages a shop waits here for others who do: of two owners who remove each other one stays.
LOCK_PEOPLE = """
SELECT person_id, role FROM people WHERE shop_id IS NOT DISTINCT FROM $1 ORDER BY person_id FOR NO KEY UPDATE"""

REMOVE_PERSON = (
    "DELETE FROM people WHERE person_id = $2 AND shop_id IS NOT DISTINCT FROM $1 RETURNING person_id"
)

SET_PASSWORD = """
UPDATE people SET password_hash = $3 WHERE person_id = $2 AND shop_id IS NOT DISTINCT FROM $1 RETURNING person_id"""  # noqa: S105 - a statement

# Only with the password that was looked at. Whoever gives the person another meanwhile is waited for, or waits and closes
# this session with the others.
OPEN_SESSION = """
INSERT INTO desk_sessions (secret_hash, person_id, created_at, seen_at, expires_at)
SELECT $1, person_id, $4, $4, $5 FROM people WHERE person_id = $2 AND password_hash = $3 FOR SHARE
RETURNING person_id"""

CLOSE_SESSION = "DELETE FROM desk_sessions WHERE secret_hash = $1"

CLOSE_SESSIONS = "DELETE FROM desk_sessions WHERE person_id = $1 AND secret_hash IS DISTINCT FROM $2"

FORGET_SESSIONS = "DELETE FROM desk_sessions WHERE expires_at <= $1"


class Role(StrEnum):
    """``OWNER`` sees all of a shop, ``PACKER`` its orders only, ``OPERATOR`` all shops."""

    OWNER = "owner"
    PACKER = "packer"
    OPERATOR = "operator"


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who may sign in; operators have no shop. ``language`` is None where the shop's is good enough."""

    person_id: int
    shop_id: int | None
    role: Role
    email: str
    name: str
    language: str | None = None

    def may_enter(self, shop_id: int) -> bool:
        return self.role is Role.OPERATOR or self.shop_id == shop_id


class EmailTaken(Exception):
    """Somebody has this e-mail address already."""


class LastManager(Exception):
    """Nobody else could manage the shop, or the marketplace."""


class Signed(Struct, frozen=True):
    """A session that is good, with what was asked for: the shop, and an order of it, where there are such."""

    person: Person
    shop: Shop | None
    found: Stored | None


class People:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(
        self,
        *,
        shop_id: int | None,
        role: Role,
        email: str,
        name: str,
        password_hash: str,
        now: datetime,
        language: str | None = None,
    ) -> Person:
        """Raises EmailTaken."""
        try:
            row = await self._pool.fetchrow(
                ADD_PERSON, shop_id, role, email, name, password_hash, language, now
            )
        except asyncpg.UniqueViolationError as fault:
            raise EmailTaken from fault
        return _person(row)

    async def of_shop(self, shop_id: int | None) -> list[Person]:
        """The people of a shop; without one the operators."""
        return [_person(row) for row in await self._pool.fetch(LIST_PEOPLE, shop_id)]

    async def everybody(self, limit: int) -> list[Person]:
        """The operators, then the people of every shop."""
        return [_person(row) for row in await self._pool.fetch(LIST_EVERYBODY, limit)]

    async def read(self, shop_id: int | None, person_id: int) -> Person | None:
        """A person of the shop; without one an operator."""
        row = await self._pool.fetchrow(READ_PERSON, shop_id, person_id)
        return _person(row) if row else None

    async def by_email(self, email: str) -> tuple[Person, str] | None:
        """The person, and the hash of the password."""
        row = await self._pool.fetchrow(READ_PERSON_BY_EMAIL, email)
        return (_person(row), row["password_hash"]) if row else None

    async def password_hash(self, person_id: int) -> str | None:
        hashed: str | None = await self._pool.fetchval(READ_PASSWORD, person_id)
        return hashed

    async def set_password(
        self, shop_id: int | None, person_id: int, password_hash: str, *, but: str | None = None
    ) -> bool:
        """Give somebody another password, who is signed out everywhere, but for the session with the secret ``but``; False
        where the shop has no such person."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(SET_PASSWORD, shop_id, person_id, password_hash) is None:
                return False
            # A statement of its own sees the sessions that were opened until the person was locked.
            await connection.execute(CLOSE_SESSIONS, person_id, hash_secret(but) if but else None)
            return True

    async def change(
        self,
        shop_id: int | None,
        person_id: int,
        *,
        role: Role | None = None,
        name: str | None = None,
        language: str | None = None,
    ) -> bool:
        """Change what is given; False where the shop has no such person."""
        return (
            await self._pool.fetchval(CHANGE_PERSON, shop_id, person_id, role, name, language)
        ) is not None

    async def remove(self, shop_id: int | None, person_id: int) -> bool:
        """Remove somebody, who is signed out by that; False where the shop has no such person."""
        return await self._pool.fetchval(REMOVE_PERSON, shop_id, person_id) is not None

    async def reassign(self, shop_id: int | None, person_id: int, *, role: Role, name: str) -> bool:
        """Change somebody's part in a shop; False where the shop has no such person. Raises LastManager."""
        async with self._pool.acquire() as connection, connection.transaction():
            if role is Role.PACKER:
                await _keep_a_manager(connection, shop_id, leaving=person_id)
            return await connection.fetchval(CHANGE_PERSON, shop_id, person_id, role, name, None) is not None

    async def dismiss(self, shop_id: int | None, person_id: int) -> bool:
        """Remove somebody, but not the last who could manage. Raises LastManager."""
        async with self._pool.acquire() as connection, connection.transaction():
            await _keep_a_manager(connection, shop_id, leaving=person_id)
            return await connection.fetchval(REMOVE_PERSON, shop_id, person_id) is not None

    async def open_session(self, person_id: int, password_hash: str, now: datetime) -> str | None:
        """The secret of a new session; None for somebody who has another password by now."""
        secret = secrets.token_urlsafe(32)
        opened = await self._pool.fetchval(
            OPEN_SESSION, hash_secret(secret), person_id, password_hash, now, now + SESSION_LASTS
        )
        return None if opened is None else secret

    async def signed(
        self, secret: str, now: datetime, shop_id: int | None = None, order_id: int | None = None
    ) -> Signed | None:
        """Who has this session, and what they ask for; None where it is not good."""
        hashed = hash_secret(secret)
        row = await self._pool.fetchrow(READ_VISITOR, hashed, now, shop_id, order_id)
        if row is None:
            return None
        if now - row["seen_at"] >= SEEN_EVERY:
            await self._pool.execute(NOTE_SEEN, hashed, now, now + SESSION_LASTS, SESSION_ENDS)
        found = Stored(decode_order(row["body"]), row["version"]) if row["body"] else None
        return Signed(_person(row), decode_shop(row["shop"]) if row["shop"] else None, found)

    async def close_session(self, secret: str) -> None:
        await self._pool.execute(CLOSE_SESSION, hash_secret(secret))

    async def close_sessions(self, person_id: int) -> None:
        """Sign somebody out everywhere."""
        await self._pool.execute(CLOSE_SESSIONS, person_id, None)

    async def forget_sessions(self, now: datetime) -> None:
        """Forget the sessions that are over."""
        await self._pool.execute(FORGET_SESSIONS, now)


async def _keep_a_manager(connection: Connection, shop_id: int | None, *, leaving: int) -> None:
    rows = await connection.fetch(LOCK_PEOPLE, shop_id)
    if {row["person_id"] for row in rows if row["role"] != Role.PACKER} == {leaving}:
        raise LastManager


def _person(row: asyncpg.Record) -> Person:
    return Person(
        person_id=row["person_id"],
        shop_id=row["shop_id"],
        role=Role(row["role"]),
        email=row["email"],
        name=row["name"],
        language=row["language"],
    )
