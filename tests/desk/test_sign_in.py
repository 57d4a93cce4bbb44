from datetime import timedelta
from http.cookies import SimpleCookie

import httpx
import pytest
import structlog
from msgspec.structs import replace

from stoa.app import Stoa, open_stoa
from stoa.clock import MovableClock
from stoa.store.people import SESSION_ENDS, SESSION_LASTS, Role
from tests.conftest import Merchant, browsing, complete
from tests.database_contents import contents
from tests.desk.people import PASSWORD, an_account, at_the_desk, csrf_of, posting, text_of

SIGN_IN = "/desk/sign-in"
ACCOUNT = "/desk/account"


async def entering(
    client: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    return await client.post(SIGN_IN, data={"email": email, "password": password, **more})


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"]


async def test_whoever_signs_in_lands_on_the_orders_of_their_shop(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient
) -> None:
    await an_account(stoa, merchant.shop.id, Role.OWNER, email="Anna@Shop.example")

    answer = await entering(stranger, "anna@shop.EXAMPLE ")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/{merchant.shop.id}/orders")
    assert (await stranger.get(answer.headers["location"])).status_code == 200


async def test_whoever_wanted_a_page_lands_there(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    asked = await stranger.get(f"/desk/{merchant.shop.id}/orders")
    assert asked.headers["location"] == f"{SIGN_IN}?wanted=/desk/{merchant.shop.id}/orders"

    form = await stranger.get(asked.headers["location"])
    assert f'name="wanted" value="/desk/{merchant.shop.id}/orders"' in form.text
    answer = await entering(stranger, person.email, wanted=ACCOUNT)

    assert answer.headers["location"] == ACCOUNT


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/desk//evil", "/desk/\\evil", "/operator/v1", "javascript:x"],
)
async def test_nobody_is_sent_to_another_site_after_signing_in(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient, elsewhere: str
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)

    answer = await entering(stranger, person.email, wanted=elsewhere)

    assert answer.headers["location"] == f"/desk/{merchant.shop.id}/orders"


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD[:-1], PASSWORD + " ", "x" * 100_000, "\ud800"])
async def test_a_wrong_password_opens_nothing_and_keeps_the_address_that_was_typed(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient, password: str
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)

    body = f"email={person.email}&password=".encode() + password.encode("utf-8", "surrogatepass")
    answer = await stranger.post(
        SIGN_IN, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code in {400, 422}
    assert "set-cookie" not in answer.headers
    assert (await stranger.get(ACCOUNT)).status_code == 303


async def test_who_has_an_account_is_not_told(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)

    known = await entering(stranger, person.email, "wrong")
    unknown = await entering(stranger, "nobody@shop.example", "wrong")

    assert known.text.replace(person.email, "") == unknown.text.replace("nobody@shop.example", "")
    assert 'value="nobody@shop.example"' in unknown.text


async def test_an_address_that_guesses_is_held_up_for_a_while(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient, clock: MovableClock
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    for _ in range(10):
        assert (await entering(stranger, person.email, "guessed")).status_code == 422

    assert (await entering(stranger, person.email)).status_code == 429
    clock.move(timedelta(minutes=11))
    assert (await entering(stranger, person.email)).status_code == 303


async def test_a_session_is_kept_from_scripts_and_from_forms_of_other_sites(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)

    cookie = SimpleCookie(cookie_of(await entering(stranger, person.email)))["stoa_desk"]

    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "lax", "/")
    assert not cookie["secure"]


async def test_where_the_service_is_reached_by_https_the_session_never_leaves_it(
    database_url: str, clock: MovableClock
) -> None:
    settings = replace(complete(database_url), public_url="https://orders.example")
    async with open_stoa(settings, clock) as stoa, browsing(stoa) as client:
        person = await an_account(stoa, None, Role.OPERATOR)
        cookie = cookie_of(await entering(client, person.email))

    assert cookie.startswith("__Host-stoa_desk=")
    assert "Secure" in cookie


async def test_only_the_hash_of_a_session_and_of_a_password_is_kept(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    await entering(stranger, person.email)

    kept = str(await contents(stoa.service.pool))
    assert stranger.cookies["stoa_desk"] not in kept
    assert PASSWORD not in kept


async def test_who_signs_out_is_out_here_and_stays_signed_in_elsewhere(
    stoa: Stoa, merchant: Merchant
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    async with at_the_desk(stoa, person) as here, at_the_desk(stoa, person) as elsewhere:
        secret = here.cookies["stoa_desk"]
        answer = await posting(here, "/desk/sign-out")

        assert answer.headers["location"] == SIGN_IN
        here.cookies.set("stoa_desk", secret)
        assert (await here.get(ACCOUNT)).status_code == 303
        assert (await elsewhere.get(ACCOUNT)).status_code == 200


async def test_signing_out_everywhere_ends_every_session(stoa: Stoa, merchant: Merchant) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    async with at_the_desk(stoa, person) as here, at_the_desk(stoa, person) as elsewhere:
        await posting(here, "/desk/sign-out-everywhere")

        assert (await elsewhere.get(ACCOUNT)).status_code == 303


async def test_a_session_that_is_not_used_ends_and_one_that_is_used_goes_on(
    owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    clock.move(SESSION_LASTS - timedelta(minutes=1))
    assert (await owner.get(ACCOUNT)).status_code == 200
    clock.move(SESSION_LASTS - timedelta(minutes=1))
    assert (await owner.get(ACCOUNT)).status_code == 200
    clock.move(SESSION_LASTS)
    assert (await owner.get(ACCOUNT)).status_code == 303


async def test_a_session_ends_in_the_end_however_much_it_is_used(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient, clock: MovableClock
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.PACKER)
    cookie = cookie_of(await entering(stranger, person.email))
    # Until then the browser has to keep the cookie, too.
    assert f"Max-Age={int(SESSION_ENDS.total_seconds())}" in cookie

    for _ in range(SESSION_ENDS.days - 1):
        clock.move(timedelta(days=1))
        assert (await stranger.get(ACCOUNT)).status_code == 200
    clock.move(timedelta(days=1))
    assert (await stranger.get(ACCOUNT)).status_code == 303


async def test_a_new_password_signs_out_whoever_has_the_old_one(stoa: Stoa, merchant: Merchant) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    new = "μια καινούργια φράση"
    async with at_the_desk(stoa, person) as here, at_the_desk(stoa, person) as elsewhere:
        answer = await posting(here, f"{ACCOUNT}/password", old=PASSWORD, new=new, again=new)

        assert answer.headers["location"] == f"{ACCOUNT}?done=password"
        assert (await here.get(ACCOUNT)).status_code == 200
        assert (await elsewhere.get(ACCOUNT)).status_code == 303
        assert (await entering(elsewhere, person.email)).status_code == 422
        assert (await entering(elsewhere, person.email, new)).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"old": "wrong", "new": "long enough a phrase", "again": "long enough a phrase"},
            "not your password",
        ),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "at least 10 characters"),
        ({"old": PASSWORD, "new": "x" * 201, "again": "x" * 201}, "too long"),
        ({"old": PASSWORD, "new": "long enough a phrase", "again": "another phrase"}, "not the same"),
        ({}, "not your password"),
    ],
)
async def test_a_password_that_will_not_do_changes_nothing(
    stoa: Stoa, owner: httpx.AsyncClient, fields: dict[str, str], said: str
) -> None:
    before = await contents(stoa.service.pool)

    answer = await posting(owner, f"{ACCOUNT}/password", **fields)

    assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert 'aria-invalid="true"' in answer.text
    # Only that somebody guessed is noted.
    after = await contents(stoa.service.pool)
    assert after | {"strangers": before["strangers"]} == before


@pytest.mark.parametrize("proof", ["", "guessed", "0" * 32])
async def test_a_form_that_does_not_come_from_a_page_of_the_session_is_refused(
    owner: httpx.AsyncClient, proof: str
) -> None:
    answer = await owner.post("/desk/sign-out-everywhere", data={"csrf": proof})

    assert answer.status_code == 403
    assert (await owner.get(ACCOUNT)).status_code == 200


async def test_the_proof_of_one_session_does_not_do_for_another(
    owner: httpx.AsyncClient, packer: httpx.AsyncClient
) -> None:
    proof = csrf_of(await packer.get(ACCOUNT))

    assert (
        await owner.post(f"{ACCOUNT}/language", data={"csrf": proof, "language": "el"})
    ).status_code == 403


async def test_another_sites_form_signs_nobody_in(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    stranger.headers["Sec-Fetch-Site"] = "cross-site"

    assert (await entering(stranger, person.email)).status_code == 403


async def test_a_person_chooses_the_language_of_the_desk(owner: httpx.AsyncClient) -> None:
    await posting(owner, f"{ACCOUNT}/language", language="el")
    assert '<html lang="el">' in (await owner.get(ACCOUNT)).text

    await posting(owner, f"{ACCOUNT}/language", language="tlh")
    assert '<html lang="el">' in (await owner.get(ACCOUNT)).text


async def test_the_first_page_speaks_the_browsers_language(stranger: httpx.AsyncClient) -> None:
    async def spoken(wish: str) -> str:
        page = (await stranger.get(SIGN_IN, headers={"Accept-Language": wish})).text
        return page.split('<html lang="')[1][:2]

    assert [await spoken(wish) for wish in ("el-GR,el;q=0.9", "de,ro;q=0.5", "de", "", ";;,,hu")] == [
        "el", "ro", "en", "en", "hu",
    ]  # fmt: skip


async def test_no_page_lets_anything_foreign_in(
    owner: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for page in (await owner.get(ACCOUNT), await stranger.get(SIGN_IN), await stranger.get("/desk/nothing")):
        policy = page.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert " style=" not in page.text
        assert "<script>" not in page.text
        assert "http" not in page.text.replace("http-equiv", "")


async def test_what_is_at_no_address_of_the_desk_is_said_on_a_page(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/desk/nothing/here")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in text_of(answer)


async def test_neither_password_nor_address_is_logged(
    stoa: Stoa, merchant: Merchant, stranger: httpx.AsyncClient
) -> None:
    person = await an_account(stoa, merchant.shop.id, Role.OWNER)
    with structlog.testing.capture_logs() as logs:
        await entering(stranger, person.email, "wrong")
        await entering(stranger, person.email)

    assert person.email not in str(logs)
    assert PASSWORD not in str(logs)
