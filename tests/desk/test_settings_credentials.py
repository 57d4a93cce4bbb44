import asyncio
import re
from datetime import timedelta

import httpx
import pytest
import structlog

from stoa.app import Stoa
from stoa.clock import MovableClock
from tests.conftest import Merchant, browsing
from tests.database_contents import contents
from tests.desk.people import posting, text_of
from tests.desk.test_settings import settings
from tests.ledger import with_ledger


def secrets_of(page: httpx.Response) -> list[str]:
    """What the page shows to be copied."""
    return re.findall(r'<div class="secret">.*?<pre[^>]*>([^<]*)</pre>', page.text, re.DOTALL)


async def in_force(client: httpx.AsyncClient, page: str, dialect: str = "skroutz") -> str:
    """What the form that replaces the credentials says of those that it replaces."""
    form = (await client.get(page)).text.split(f"{page}/{dialect}/issue", 1)[1]
    return form.split('name="replaces" value="', 1)[1].split('"', 1)[0]


async def is_let_in(merchant: Merchant, token: str) -> bool:
    path = "/merchants/ecommerce/orders/DEMO-OPEN"
    answer = await merchant.client.get(path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


async def test_every_dialect_is_there_with_what_is_in_force(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    said = text_of(await owner.get(settings(merchant.shop, "credentials")))

    for dialect in stoa.dialects:
        assert dialect.name.capitalize() in said
    assert said.count("In force") == 1
    assert "Issued on" in said
    assert merchant.token not in said


async def test_a_new_token_is_shown_once_works_at_once_and_expires_the_old_one(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    page = settings(merchant.shop, "credentials")
    before = text_of(await owner.get(page))
    assert "The present one expires at once" in before

    with structlog.testing.capture_logs() as logs:
        answer = await posting(owner, f"{page}/skroutz/issue", replaces=await in_force(owner, page))

    (token,) = secrets_of(answer)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert token.startswith(f"st_{merchant.shop.id}_")
    assert await is_let_in(merchant, token)
    assert not await is_let_in(merchant, merchant.token)
    secret = token.split("_", 2)[2]
    assert secret not in (await owner.get(page)).text
    assert secret not in str(await contents(stoa.service.pool))
    assert secret not in str(logs)


async def test_credentials_of_several_parts_are_shown_in_the_words_of_their_contract(
    merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    page = settings(merchant.shop, "credentials")
    for dialect, words in (("merchantpro", ("Key", "Secret")), ("shopflix", ("Username", "Password"))):
        answer = await posting(owner, f"{page}/{dialect}/issue")
        key, secret = secrets_of(answer)

        assert key == f"st_{merchant.shop.id}"
        assert len(secret) >= 43
        assert all(word in text_of(answer) for word in words)


async def test_a_token_that_somebody_else_issued_meanwhile_is_not_expired_unasked(
    merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    answer = await posting(owner, settings(merchant.shop, "credentials", "skroutz", "issue"))

    assert (answer.status_code, secrets_of(answer)) == (409, [])
    assert "Somebody has issued this one meanwhile" in text_of(answer)
    assert await is_let_in(merchant, merchant.token)


async def test_a_page_with_a_new_token_that_is_reloaded_does_not_expire_it(
    merchant: Merchant, owner: httpx.AsyncClient, clock: MovableClock
) -> None:
    page = settings(merchant.shop, "credentials")
    replaces = await in_force(owner, page)
    clock.move(timedelta(minutes=1))
    (token,) = secrets_of(await posting(owner, f"{page}/skroutz/issue", replaces=replaces))

    again = await posting(owner, f"{page}/skroutz/issue", replaces=replaces)

    assert (again.status_code, secrets_of(again)) == (409, [])
    assert await is_let_in(merchant, token)


async def test_of_two_who_replace_a_token_at_once_one_does(stoa: Stoa, merchant: Merchant) -> None:
    shops, now = stoa.service.shops, stoa.service.clock()
    since = (await shops.credentials_of(merchant.shop.id))["skroutz"]
    later = now + timedelta(minutes=1)

    issued = await asyncio.gather(
        *(shops.issue_over(merchant.shop.id, "skroutz", since, later) for _ in range(2))
    )

    [token] = [token for token in issued if token]
    assert await is_let_in(merchant, str(token))


async def test_a_revoked_token_opens_nothing(merchant: Merchant, owner: httpx.AsyncClient) -> None:
    page = settings(merchant.shop, "credentials")
    answer = await posting(owner, f"{page}/skroutz/revoke")

    assert answer.headers["location"] == f"{page}?done=revoked"
    assert not await is_let_in(merchant, merchant.token)
    assert "It is void" in text_of(await owner.get(answer.headers["location"]))
    assert "In force" not in text_of(await owner.get(page))


async def test_credentials_of_a_dialect_that_is_gone_can_still_be_revoked(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await stoa.service.shops.issue(merchant.shop.id, "abacus", stoa.service.clock())
    page = settings(merchant.shop, "credentials")
    assert "This API is no longer there." in text_of(await owner.get(page))

    assert (await posting(owner, f"{page}/abacus/issue", replaces="yes")).status_code == 404
    await posting(owner, f"{page}/abacus/revoke")

    assert await stoa.service.shops.credentials_of(merchant.shop.id) == {"skroutz": stoa.service.clock()}


async def test_another_packages_dialect_is_there_like_ours(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    async with browsing(with_ledger(stoa)) as client:
        client.cookies = owner.cookies
        answer = await posting(client, settings(merchant.shop, "credentials", "abacus", "issue"))

    assert len(secrets_of(answer)) == 2


@pytest.mark.parametrize("action", ["issue", "revoke"])
async def test_a_neighbours_token_stays_what_it_is(
    neighbour: Merchant, merchant: Merchant, owner: httpx.AsyncClient, action: str
) -> None:
    page = settings(merchant.shop, "credentials")
    await posting(owner, f"{page}/skroutz/{action}", replaces=await in_force(owner, page))

    assert not await is_let_in(merchant, merchant.token)
    assert await is_let_in(neighbour, neighbour.token)
