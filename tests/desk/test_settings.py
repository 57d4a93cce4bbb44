import httpx
import pytest

from stoa.app import Stoa
from stoa.orders.order import State
from stoa.orders.shop import Shop
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.desk.people import posting, text_of
from tests.operator.calls import in_state

CONTROL = "a\x07"


def settings(shop: Shop, *parts: object) -> str:
    """The address of a page of the shop's settings."""
    return "/".join(["/desk", str(shop.id), "settings", *map(str, parts)])


GIVEN = {"language": "en", "zone": "Europe/Sofia", "phone": "210 1234567"}


async def as_it_is(stoa: Stoa, shop: Shop) -> Shop:
    read = await stoa.service.shops.read(shop.id)
    assert read is not None
    return read


async def test_language_time_zone_and_telephone_are_the_shops_own_to_change(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    answer = await posting(owner, settings(merchant.shop), **GIVEN)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{settings(merchant.shop)}?done=saved")
    shop = await as_it_is(stoa, merchant.shop)
    assert (shop.language, shop.zone, shop.phone) == ("en", "Europe/Sofia", "210 1234567")
    page = await owner.get(answer.headers["location"])
    assert "The settings are saved." in text_of(page)
    assert 'value="210 1234567"' in page.text


async def test_a_telephone_can_be_taken_away(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await posting(owner, settings(merchant.shop), **GIVEN)
    await posting(owner, settings(merchant.shop), **(GIVEN | {"phone": " "}))

    assert (await as_it_is(stoa, merchant.shop)).phone is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "tlh"),
        ("language", ""),
        ("zone", "Europe/Atlantis"),
        ("zone", ""),
        ("zone", "../etc/passwd"),
        ("phone", "1" * 101),
        ("phone", CONTROL),
    ],
)
async def test_what_will_not_do_is_said_beside_its_field_and_changes_nothing(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, field: str, value: str
) -> None:
    before = await contents(stoa.service.pool)

    answer = await posting(owner, settings(merchant.shop), **(GIVEN | {field: value}))

    assert answer.status_code == 422
    assert f'id="{field}-said"' in answer.text.split('class="fault"')[1].split(">")[0]
    if field != "phone":
        assert 'value="210 1234567"' in answer.text
    assert await contents(stoa.service.pool) == before


async def test_in_another_time_zone_every_code_stays_as_it_was(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)
    codes = stoa.codes(order, merchant.shop)
    path = f"/merchants/ecommerce/orders/{codes['skroutz']}"
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        await posting(owner, settings(merchant.shop), **(GIVEN | {"zone": zone}))
        shop = await as_it_is(stoa, merchant.shop)

        assert shop.zone == zone
        assert stoa.codes(order, shop) == codes
        assert (await merchant.client.get(path)).json()["order"]["code"] == codes["skroutz"]


async def test_what_the_marketplace_sets_is_shown_and_cannot_be_sent(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await stoa.service.shops.change(merchant.shop.id, acceptance_hours=37, domain="shop.example")
    page = text_of(await owner.get(settings(merchant.shop)))
    assert "37 hours" in page
    assert "shop.example" in page

    await posting(owner, settings(merchant.shop), **GIVEN, acceptance_hours=999, name="Another")

    shop = await as_it_is(stoa, merchant.shop)
    assert (shop.acceptance_hours, shop.name) == (37, merchant.shop.name)


# Every page of the settings, and every form: what it is about need not exist.
GETS = (
    (), ("credentials",), ("webhooks",), ("webhooks", "skroutz_orders"), ("collection",),
    ("collection", "locations", "new"), ("collection", "locations", "YlpD0KROym"), ("people",), ("people", "1"),
)  # fmt: skip
POSTS = (
    (), ("credentials", "skroutz", "issue"), ("credentials", "skroutz", "revoke"), ("webhooks", "skroutz_orders"),
    ("webhooks", "skroutz_orders", "key"), ("webhooks", "skroutz_orders", "remove"),
    ("webhooks", "skroutz_orders", "test"), ("collection", "calendar"), ("collection", "locations", "new"),
    ("collection", "locations", "YlpD0KROym"), ("collection", "locations", "YlpD0KROym", "remove"),
    ("collection", "locations", "onpL6DXG4l", "default"), ("people",), ("people", "1"), ("people", "1", "password"),
    ("people", "1", "remove"),
)  # fmt: skip


@pytest.mark.parametrize("parts", GETS)
async def test_only_an_owner_and_an_operator_see_the_settings(
    merchant: Merchant,
    owner: httpx.AsyncClient,
    packer: httpx.AsyncClient,
    neighbours_owner: httpx.AsyncClient,
    marketplace: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    parts: tuple[str, ...],
) -> None:
    people = (owner, marketplace, packer, neighbours_owner, stranger)
    statuses = [(await person.get(settings(merchant.shop, *parts))).status_code for person in people]

    assert statuses == [200, 200, 403, 404, 303]


@pytest.mark.parametrize("parts", POSTS)
async def test_nobody_else_changes_anything(
    stoa: Stoa,
    merchant: Merchant,
    owner: httpx.AsyncClient,
    packer: httpx.AsyncClient,
    neighbours_owner: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    parts: tuple[str, ...],
) -> None:
    before = await contents(stoa.service.pool)
    path = settings(merchant.shop, *parts)

    assert (await posting(packer, path)).status_code == 403
    assert (await posting(neighbours_owner, path)).status_code == 404
    assert (await stranger.post(path)).status_code == 303
    assert (await owner.post(path, data={"csrf": "0" * 64})).status_code == 403
    assert await contents(stoa.service.pool) == before


async def test_the_settings_offer_no_page_of_what_is_not_there(
    merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    missing = (("webhooks", "x"), ("collection", "locations", "x"), ("people", "999"), ("x",))
    for parts in missing:
        assert (await owner.get(settings(merchant.shop, *parts))).status_code == 404
    posts = (("credentials", "x", "issue"), ("webhooks", "x"), ("webhooks", "x", "test"), ("people", "999"))
    for parts in posts:
        assert (await posting(owner, settings(merchant.shop, *parts))).status_code == 404
