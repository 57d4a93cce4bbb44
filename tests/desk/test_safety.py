"""What somebody who means harm tries at the desk."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.desk.guessing import MOST_OF_ACCOUNT, MOST_WAITING
from stoa.desk.passwords import Passwords
from stoa.orders.order import State
from stoa.store.people import Person, Role
from stoa.store.strangers import MOST_FAILURES
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.desk.lists import orders_of
from tests.desk.people import PASSWORD, an_account, at_the_desk, csrf_of, hashed, posting, text_of
from tests.operator.calls import in_state

SIGN_IN = "/desk/sign-in"
ACCOUNT = "/desk/account"

SCRIPT = "\"'><script>alert(1)</script>"


async def trying(client: httpx.AsyncClient, email: str, password: str) -> int:
    """The status of the answer to somebody who signs in."""
    answer = await client.post(SIGN_IN, data={"email": email, "password": password})
    return answer.status_code


async def quickly(_: Passwords, known: str | None, password: str) -> bool:
    """What looks at a password without taking its time, for tests of many."""
    await asyncio.sleep(0)
    return known == hashed() and password == PASSWORD


@pytest.fixture
async def anna(stoa: Stoa, merchant: Merchant) -> Person:
    return await an_account(stoa, merchant.shop.id, Role.OWNER, email="anna@shop.example")


async def test_many_guesses_at_once_are_held_up_like_many_one_by_one(
    stoa: Stoa, anna: Person, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []

    async def looking(_: Passwords, known: str | None, password: str) -> bool:
        looked_at.append(password)
        return await quickly(_, known, password)

    monkeypatch.setattr(Passwords, "are_same", looking)

    statuses = await asyncio.gather(
        *(trying(stranger, anna.email, "wrong") for _ in range(4 * MOST_FAILURES))
    )

    assert len(looked_at) == MOST_FAILURES
    assert sorted(statuses) == [422] * MOST_FAILURES + [429] * (3 * MOST_FAILURES)


async def test_an_account_is_closed_for_a_while_to_guesses_from_many_addresses(
    stoa: Stoa,
    anna: Person,
    clock: MovableClock,
    stranger: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Passwords, "are_same", quickly)
    addresses = iter(range(10_000))
    monkeypatch.setattr("stoa.desk.sign_in.client_address", lambda *_: f"192.0.2.{next(addresses)}")
    assert [await trying(stranger, anna.email, "wrong") for _ in range(MOST_OF_ACCOUNT)] == [422] * 100

    assert await trying(stranger, "ANNA@shop.example", PASSWORD) == 429
    clock.move(timedelta(minutes=11))
    assert await trying(stranger, anna.email, PASSWORD) == 303


async def test_an_account_that_is_none_is_closed_like_one_that_is(
    stoa: Stoa, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Passwords, "are_same", quickly)
    monkeypatch.setattr("stoa.desk.guessing.MOST_OF_ACCOUNT", 2)

    assert [await trying(stranger, "nobody@shop.example", "wrong") for _ in range(3)] == [422, 422, 429]
    assert "nobody" not in str(await contents(stoa.service.pool))


async def test_whoever_is_signed_in_stays_so_while_others_guess(
    stoa: Stoa, owner: httpx.AsyncClient, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoa.desk.guessing.MOST_OF_ACCOUNT", 1)
    (email,) = [person.email for person in await stoa.service.people.everybody(9)]
    assert [await trying(stranger, email, "wrong") for _ in range(2)] == [422, 429]

    assert (await owner.get(ACCOUNT)).status_code == 200


async def test_a_session_is_no_place_to_guess_the_password_either(
    owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoa.desk.guessing.MOST_OF_ACCOUNT", 2)
    new = {"new": "long enough a phrase", "again": "long enough a phrase"}
    for _ in range(2):
        assert (await posting(owner, f"{ACCOUNT}/password", old="wrong", **new)).status_code == 422

    answer = await posting(owner, f"{ACCOUNT}/password", old=PASSWORD, **new)

    assert (answer.status_code, "Too many attempts" in text_of(answer)) == (429, True)


async def test_who_comes_when_too_many_try_is_asked_to_come_again(
    stoa: Stoa, anna: Person, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def slowly(_: Passwords, known: str | None, password: str) -> bool:
        await gate.wait()
        return await quickly(_, known, password)

    monkeypatch.setattr(Passwords, "are_same", slowly)
    waiting = [asyncio.create_task(trying(stranger, anna.email, PASSWORD)) for _ in range(60)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    statuses = await asyncio.gather(*waiting)

    assert {one.result() for one in done} == {429}
    assert (statuses.count(303), statuses.count(429)) == (MOST_WAITING, 60 - MOST_WAITING)


async def test_the_old_password_opens_nothing_once_there_is_a_new_one(stoa: Stoa, anna: Person) -> None:
    people, now = stoa.service.people, stoa.service.clock()

    assert await people.set_password(anna.shop_id, anna.person_id, "of another password")

    assert await people.open_session(anna.person_id, hashed(), now) is None


async def test_no_session_outlives_the_password_that_it_was_opened_with(stoa: Stoa, anna: Person) -> None:
    people, now = stoa.service.people, stoa.service.clock()

    async def opened() -> str | None:
        return await people.open_session(anna.person_id, hashed(), now)

    for _ in range(10):
        await people.set_password(anna.shop_id, anna.person_id, hashed())
        secrets, _ = await asyncio.gather(
            asyncio.gather(*(opened() for _ in range(5))),
            people.set_password(anna.shop_id, anna.person_id, "of another password"),
        )
        assert [await people.signed(secret, now) for secret in secrets if secret] == [None] * sum(
            map(bool, secrets)
        )


async def test_another_sites_form_is_known_by_its_origin_where_the_browser_says_no_more(
    stoa: Stoa, anna: Person, stranger: httpx.AsyncClient
) -> None:
    async def entering(origin: str) -> int:
        form = {"email": anna.email, "password": PASSWORD}
        return (await stranger.post(SIGN_IN, data=form, headers={"Origin": origin})).status_code

    assert [await entering(origin) for origin in ("http://evil.example", "null", "http://")] == [403] * 3
    assert await entering(str(stranger.base_url).rstrip("/")) == 303
    assert await entering(f"https://{stoa.service.links.host}") == 303


@pytest.mark.parametrize(
    "charset", ["no-such", "utf-7", "hex", "unicode_escape", "raw_unicode_escape", "utf-16"]
)
async def test_a_form_with_a_file_names_no_codec_to_be_run(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, charset: str
) -> None:
    order = await in_state(stoa, merchant.shop, State.ACCEPTED)
    proof = csrf_of(await owner.get(ACCOUNT))
    boundary, disposition = "b", "Content-Disposition: form-data; name="
    parts = (
        f'{disposition}"csrf"\r\n\r\n{proof}',
        f'{disposition}"remark"\r\nContent-Type: text/plain; charset={charset}\r\n\r\n\\ud800+2AA-',
        f'{disposition}"file"; filename="invoice.pdf"\r\n\r\nnothing',
    )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"

    answer = await owner.post(
        orders_of(merchant.shop, str(order.id), "files"),
        content=body.encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )

    assert answer.status_code == 422


async def test_an_api_that_cannot_be_named_has_no_credentials_to_revoke(
    merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    answer = await posting(owner, f"/desk/{merchant.shop.id}/settings/credentials/%00/revoke")

    assert answer.status_code == 422


async def test_of_two_who_issue_the_first_token_at_once_one_gets_it(
    stoa: Stoa, neighbour: Merchant, neighbours_owner: httpx.AsyncClient
) -> None:
    await stoa.service.shops.revoke(neighbour.shop.id, "skroutz")
    proof = csrf_of(await neighbours_owner.get(ACCOUNT))
    address = f"/desk/{neighbour.shop.id}/settings/credentials/skroutz/issue"

    answers = await asyncio.gather(*(neighbours_owner.post(address, data={"csrf": proof}) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


@pytest.mark.parametrize("role", ["operator", "OWNER", "", "owner,operator"])
async def test_an_owner_makes_nobody_an_operator(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, packer: httpx.AsyncClient, role: str
) -> None:
    people = f"/desk/{merchant.shop.id}/settings/people"
    known = await stoa.service.people.of_shop(merchant.shop.id)
    before = await contents(stoa.service.pool)
    fields = {"role": role, "shop_id": "", "name": "Νίκος", "email": "nikos@shop.example"}

    added = await posting(owner, people, **fields)
    changed = await posting(owner, f"{people}/{known[1].person_id}", **fields)

    assert (added.status_code, changed.status_code) == (422, 422)
    assert await contents(stoa.service.pool) == before


async def test_a_search_of_one_shop_cannot_be_read_in_another(
    merchant: Merchant,
    neighbour: Merchant,
    owner: httpx.AsyncClient,
    neighbours_owner: httpx.AsyncClient,
) -> None:
    answer = await posting(owner, orders_of(merchant.shop, "find"), words="Παπαδοπούλου")
    query = answer.headers["location"].partition("?")[2]

    page = await neighbours_owner.get(f"{orders_of(neighbour.shop)}?{query}")

    assert "Παπαδοπούλου" not in page.text
    assert "cannot be read" in text_of(page)


async def test_orders_of_another_shop_are_neither_exported_nor_printed_nor_accepted(
    stoa: Stoa, merchant: Merchant, neighbour: Merchant, neighbours_owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)
    before = await contents(stoa.service.pool)

    for action in ("accept", "labels", "pick-list", "export/csv", "export/xlsx"):
        answer = await posting(neighbours_owner, orders_of(neighbour.shop, action), order=[order.id])
        assert answer.status_code == 422
        assert order.customer.name not in answer.text

    assert await contents(stoa.service.pool) == before


async def test_whoever_is_removed_or_becomes_a_packer_is_so_at_once(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    other = await an_account(stoa, merchant.shop.id, Role.OWNER, "Νίκος", email="nikos@shop.example")
    settings = f"/desk/{merchant.shop.id}/settings"
    person = f"{settings}/people/{other.person_id}"
    async with at_the_desk(stoa, other) as client:
        assert (await client.get(settings)).status_code == 200
        await posting(owner, person, role="packer", name="Νίκος")
        assert (await client.get(settings)).status_code == 403
        await posting(owner, f"{person}/remove")
        assert (await client.get(settings)).headers["location"].startswith(SIGN_IN)


async def test_what_people_write_is_text_wherever_it_is_shown(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    shop = merchant.shop
    order = await in_state(stoa, shop, State.OPEN, comments=SCRIPT, channel=SCRIPT)
    settings = f"/desk/{shop.id}/settings"
    await posting(owner, orders_of(shop, str(order.id), "remark"), remark=SCRIPT)
    await posting(owner, orders_of(shop, str(order.id), "tag"), tag=SCRIPT)
    await posting(owner, f"{settings}/people", name=SCRIPT, email="a@shop.example", role="packer")
    await posting(
        owner, f"{settings}/collection/locations/new", street_name=SCRIPT, zip="1", city=SCRIPT, region="A"
    )
    pages = [
        await owner.get(orders_of(shop)),
        await owner.get(f"{orders_of(shop)}?channel={SCRIPT}&carrier={SCRIPT}"),
        await owner.get(orders_of(shop, str(order.id))),
        await owner.get(f"{settings}/people"),
        await owner.get(f"{settings}/collection"),
        await owner.get(f"/desk/{shop.id}/numbers"),
        await owner.get(f"{SIGN_IN}?wanted={SCRIPT}"),
    ]

    assert all("<script>alert" not in page.text for page in pages)
    assert all("&lt;script&gt;alert" in page.text for page in pages[1:5])


async def test_what_a_stranger_writes_to_the_demos_receiver_never_outgrows_its_page(
    merchant: Merchant, owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    receiver, depth = f"/demo/hooks/{merchant.shop.id}", 900
    deep = "[" * depth + ",".join("1" * 100_000) + "]" * depth

    assert (await stranger.post(receiver, content=a_hook(deep))).status_code == 200
    assert (await stranger.post(receiver, content=a_hook(f'"{"x" * 300_000}"'))).status_code == 413

    page = await owner.get(f"/desk/{merchant.shop.id}/demo/inbox")
    assert (page.status_code, len(page.text) < 60_000) == (200, True)


def a_hook(more: str) -> str:
    return f'{{"order": {{"code": "DEMO"}}, "more": {more}}}'
