import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from argon2 import PasswordHasher

from stoa.app import Stoa
from stoa.store.people import LastManager, Person, Role
from tests.conftest import Merchant, browsing
from tests.database_contents import contents
from tests.desk.people import PASSWORD, an_account, at_the_desk, posting, text_of
from tests.desk.test_settings import settings
from tests.desk.test_settings_credentials import secrets_of

OPERATORS = "/desk/operator/people"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("stoa.desk.passwords._hasher", quick)


@pytest.fixture
async def anna(stoa: Stoa, merchant: Merchant) -> Person:
    return await an_account(stoa, merchant.shop.id, Role.OWNER, "Άννα", language="en")


@pytest.fixture
async def petros(stoa: Stoa, merchant: Merchant) -> Person:
    return await an_account(stoa, merchant.shop.id, Role.PACKER, "Πέτρος", language="en")


@pytest.fixture
async def annas(stoa: Stoa, anna: Person) -> AsyncIterator[httpx.AsyncClient]:
    """The client of the shop's only owner."""
    async with at_the_desk(stoa, anna) as client:
        yield client


async def lands_at(stoa: Stoa, email: str, password: str) -> str | None:
    """The page that signing in leads to; None where it is refused."""
    async with browsing(stoa) as client:
        answer = await client.post("/desk/sign-in", data={"email": email, "password": password})
    location: str | None = answer.headers.get("location")
    return location


def page_of(merchant: Merchant, *parts: object) -> str:
    return settings(merchant.shop, "people", *parts)


async def test_who_is_let_in_gets_a_password_that_is_shown_once(
    stoa: Stoa, merchant: Merchant, annas: httpx.AsyncClient
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await posting(
            annas, page_of(merchant), name="Νίκος", email="nikos@shop.example", role="packer"
        )

    (password,) = secrets_of(answer)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", password)
    assert await lands_at(stoa, "nikos@shop.example", password) == f"/desk/{merchant.shop.id}/orders"
    page = await annas.get(page_of(merchant))
    assert "Νίκος nikos@shop.example Packer" in text_of(page)
    for shown in (page.text, str(await contents(stoa.service.pool)), str(logs)):
        assert password not in shown


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": f"{'x' * 245}@x.example"}, "email"),
        ({"email": "OWNER1@shop.example"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x07"}, "name"),
        ({"role": "operator"}, "role"),
        ({"role": ""}, "role"),
    ],
)
async def test_what_will_not_do_is_said_beside_its_field_and_nobody_is_let_in(
    stoa: Stoa, merchant: Merchant, annas: httpx.AsyncClient, fields: dict[str, str], field: str
) -> None:
    given = {"name": "Νίκος", "email": "nikos@shop.example", "role": "packer"}
    taken = {"OWNER1@shop.example": f"OWNER{merchant.shop.id}@shop.example"}
    sent = given | {name: taken.get(value, value) for name, value in fields.items()}
    before = await contents(stoa.service.pool)

    answer = await posting(annas, page_of(merchant), **sent)

    assert answer.status_code == 422
    assert f'class="fault" id="{field}-said"' in answer.text
    for name in {"name", "email"} - {field}:
        assert f'value="{given[name]}"' in answer.text
    assert await contents(stoa.service.pool) == before


async def test_a_packer_becomes_an_owner_and_sees_the_settings_at_once(
    stoa: Stoa, merchant: Merchant, annas: httpx.AsyncClient, petros: Person
) -> None:
    async with at_the_desk(stoa, petros) as client:
        assert (await client.get(settings(merchant.shop))).status_code == 403
        answer = await posting(annas, page_of(merchant, petros.person_id), name="Πέτρος Β.", role="owner")

        assert answer.headers["location"] == f"{page_of(merchant)}?done=changed"
        assert (await client.get(settings(merchant.shop))).status_code == 200
    assert "Πέτρος Β. packer" in text_of(await annas.get(page_of(merchant)))


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"role": "operator"}, "role")],
)
async def test_a_change_that_will_not_do_changes_nobody(
    stoa: Stoa,
    merchant: Merchant,
    annas: httpx.AsyncClient,
    petros: Person,
    fields: dict[str, str],
    field: str,
) -> None:
    sent: dict[str, Any] = {"name": "Νίκος", "role": "owner"} | fields

    answer = await posting(annas, page_of(merchant, petros.person_id), **sent)

    assert answer.status_code == 422
    assert f'class="fault" id="{field}-said"' in answer.text
    assert await stoa.service.people.read(merchant.shop.id, petros.person_id) == petros


async def test_a_new_password_signs_out_whoever_has_the_old_one(
    stoa: Stoa, merchant: Merchant, annas: httpx.AsyncClient, petros: Person
) -> None:
    async with at_the_desk(stoa, petros) as client:
        answer = await posting(annas, page_of(merchant, petros.person_id, "password"))

        assert (await client.get("/desk/account")).status_code == 303
    (password,) = secrets_of(answer)
    assert petros.email in text_of(answer)
    assert await lands_at(stoa, petros.email, PASSWORD) is None
    assert await lands_at(stoa, petros.email, password) == f"/desk/{merchant.shop.id}/orders"


async def test_who_is_removed_is_out_at_once(
    stoa: Stoa, merchant: Merchant, annas: httpx.AsyncClient, petros: Person
) -> None:
    async with at_the_desk(stoa, petros) as client:
        answer = await posting(annas, page_of(merchant, petros.person_id, "remove"))

        assert answer.headers["location"] == f"{page_of(merchant)}?done=removed"
        assert (await client.get("/desk/account")).status_code == 303
    assert petros.email not in text_of(await annas.get(page_of(merchant)))


async def test_nobody_removes_or_demotes_oneself(
    stoa: Stoa, merchant: Merchant, anna: Person, annas: httpx.AsyncClient
) -> None:
    await an_account(stoa, merchant.shop.id, Role.OWNER, email="other@shop.example")
    page = page_of(merchant, anna.person_id)
    assert "This is you" in text_of(await annas.get(page))
    before = await contents(stoa.service.pool)

    answers = [
        await posting(annas, f"{page}/remove"),
        await posting(annas, f"{page}/password"),
        await posting(annas, page, name="Άννα", role="packer"),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert all("That is you" in text_of(answer) for answer in answers)
    assert await contents(stoa.service.pool) == before
    assert (await posting(annas, page, name="Άννα Π.", role="owner")).status_code == 303


async def test_the_last_owner_stays_whoever_asks(
    stoa: Stoa, merchant: Merchant, anna: Person, petros: Person, marketplace: httpx.AsyncClient
) -> None:
    page = page_of(merchant, anna.person_id)
    before = await contents(stoa.service.pool)

    removed = await posting(marketplace, f"{page}/remove")
    demoted = await posting(marketplace, page, name="Άννα", role="packer")

    assert (removed.status_code, demoted.status_code) == (409, 409)
    assert "Nobody else could manage this" in text_of(removed)
    assert await contents(stoa.service.pool) == before
    assert (await posting(marketplace, page_of(merchant, petros.person_id, "remove"))).status_code == 303


async def test_of_two_owners_who_remove_each_other_at_once_one_stays(stoa: Stoa, merchant: Merchant) -> None:
    people, shop_id = stoa.service.people, merchant.shop.id
    for n in range(5):
        pair = [await an_account(stoa, shop_id, Role.OWNER, email=f"{n}{who}@shop.example") for who in "ab"]
        outcomes = await asyncio.gather(
            people.dismiss(shop_id, pair[0].person_id),
            people.reassign(shop_id, pair[1].person_id, role=Role.PACKER, name="x"),
            return_exceptions=True,
        )
        assert sorted(map(repr, outcomes)) == sorted(map(repr, (LastManager(), True)))
        for person in await people.of_shop(shop_id):
            await people.remove(shop_id, person.person_id)


@pytest.mark.parametrize("action", ["", "/password", "/remove"])
async def test_a_neighbours_people_are_nobody_here(
    stoa: Stoa, merchant: Merchant, neighbour: Merchant, annas: httpx.AsyncClient, action: str
) -> None:
    theirs = await an_account(stoa, neighbour.shop.id, Role.PACKER)
    operator = await an_account(stoa, None, Role.OPERATOR)
    before = await contents(stoa.service.pool)

    for person in (theirs, operator):
        path = page_of(merchant, person.person_id) + action
        assert (await posting(annas, path, name="x", role="owner")).status_code == 404
    assert await contents(stoa.service.pool) == before


async def test_operators_let_each_other_in(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    answer = await posting(marketplace, OPERATORS, name="Δεύτερος", email="second@marketplace.example")

    (password,) = secrets_of(answer)
    assert await lands_at(stoa, "second@marketplace.example", password) == "/desk/operator"
    second = (await stoa.service.people.of_shop(None))[-1]
    page = f"{OPERATORS}/{second.person_id}"
    assert (await posting(marketplace, page, name="Δεύτερη")).headers[
        "location"
    ] == f"{OPERATORS}?done=changed"
    assert "Δεύτερη" in text_of(await marketplace.get(OPERATORS))
    assert len(secrets_of(await posting(marketplace, f"{page}/password"))) == 1
    assert (await posting(marketplace, f"{page}/remove")).status_code == 303
    assert await stoa.service.people.read(None, second.person_id) is None


@pytest.mark.parametrize("parts", ["", "/1", "/1/password", "/1/remove"])
async def test_to_a_shops_people_the_operators_page_is_none(
    stoa: Stoa,
    owner: httpx.AsyncClient,
    packer: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    parts: str,
) -> None:
    before = await contents(stoa.service.pool)

    assert (await posting(owner, OPERATORS + parts, name="x", email="x@x.example")).status_code == 404
    assert (await posting(packer, OPERATORS + parts)).status_code == 404
    assert (await owner.get(OPERATORS)).status_code == 404
    assert (await stranger.get(OPERATORS)).status_code == 303
    assert await contents(stoa.service.pool) == before


@pytest.mark.parametrize("action", ["/remove", ""])
async def test_an_operator_is_nobodys_packer(
    stoa: Stoa, merchant: Merchant, marketplace: httpx.AsyncClient, petros: Person, action: str
) -> None:
    path = f"{OPERATORS}/{petros.person_id}{action}"

    assert (await posting(marketplace, path, name="x")).status_code == 404
    assert await stoa.service.people.read(merchant.shop.id, petros.person_id) == petros
