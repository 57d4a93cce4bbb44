"""Accounts that somebody makes for somebody else, with a password that is shown once."""

import secrets
import string
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from stoa.desk.passwords import Passwords
from stoa.operator.requests import Email
from stoa.store.people import People, Person, Role
from stoa.web.bodies import JsonReader, check_text

# Without those that are mistaken for another when they are read out: 31 letters, so 79 bits.
_LETTERS = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("01ilo")))
_GROUPS, _LETTERS_OF_A_GROUP = 4, 4


class Named(Struct, frozen=True):
    """Who an account is for."""

    email: Email
    name: Annotated[str, Meta(min_length=1, max_length=100)]


_read_named = JsonReader(Named)


def named(email: str, name: str) -> Named:
    """Raises Fault that names the field."""
    for field, text in (("email", email), ("name", name)):
        check_text(field, text)
    return _read_named.read(msgspec.json.encode({"email": email.strip(), "name": name.strip()}))


def new_password() -> str:
    """A password to be read from a screen and typed: ``k7wm-3hxa-p9rt-v2qe``."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_OF_A_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


class Accounts:
    """Makes accounts and passwords; what is answered is kept only as a hash."""

    def __init__(self, people: People, passwords: Passwords) -> None:
        self._people = people
        self._passwords = passwords

    async def add(self, who: Named, *, shop_id: int | None, role: Role, now: datetime) -> tuple[Person, str]:
        """The person and the password. Raises EmailTaken."""
        password = new_password()
        person = await self._people.add(
            shop_id=shop_id,
            role=role,
            email=who.email,
            name=who.name,
            password_hash=await self._passwords.hash(password),
            now=now,
        )
        return person, password

    async def renew_password(self, shop_id: int | None, person_id: int) -> str | None:
        """Another password, which signs the person out everywhere; None where the shop has no such person."""
        password = new_password()
        hashed = await self._passwords.hash(password)
        return password if await self._people.set_password(shop_id, person_id, hashed) else None

    async def opens(self, email: str, password: str) -> Person | None:
        """Who signs in with this; None where nobody does."""
        known = await self._people.by_email(email)
        person, hashed = known or (None, None)
        return person if await self._passwords.are_same(hashed, password) else None
