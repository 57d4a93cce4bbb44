"""People who sit at the desk: their accounts, and clients in which they are signed in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from html import unescape

import httpx
from argon2 import PasswordHasher

from stoa.app import Stoa
from stoa.store.people import Person, Role
from tests.conftest import browsing

PASSWORD = "πέντε λέξεις που θυμάμαι"


@cache
def hashed() -> str:
    """Quicker to make than a real one, and as good for a test."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


async def an_account(stoa: Stoa, shop_id: int | None, role: Role, name: str = "", **more: str) -> Person:
    """Somebody whose password is PASSWORD; the e-mail address is made of role and shop where none is given."""
    email = more.pop("email", f"{role}{shop_id or ''}@shop.example")
    return await stoa.service.people.add(
        shop_id=shop_id,
        role=role,
        email=email,
        name=name or role.capitalize(),
        password_hash=hashed(),
        now=stoa.service.clock(),
        **more,
    )


@asynccontextmanager
async def at_the_desk(stoa: Stoa, person: Person) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without scripts in which the person is signed in. Redirects are not followed."""
    async with browsing(stoa) as client:
        answer = await client.post(
            "/desk/sign-in", data={"email": person.email, "password": PASSWORD, "wanted": ""}
        )
        assert answer.status_code == 303, answer.text
        yield client


def csrf_of(page: httpx.Response) -> str:
    """What proves that a form came from this page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


async def posting(client: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    """Send a form as a page of the desk would; a field that is a list is sent several times."""
    proof = csrf_of(await client.get("/desk/account"))
    return await client.post(path, data={"csrf": proof, **fields})


def text_of(page: httpx.Response) -> str:
    """What a page says, without its markup, on one line."""
    body = page.text.split("<main", 1)[-1]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", "<main" + body)).split())
