import asyncio
import hmac

import pytest

from stoa.store.database import Pool
from stoa.store.orders import Orders
from stoa.store.shops import (
    OPERATOR_PREFIX,
    SHOP_PREFIX,
    IssuedToken,
    Shops,
    Stranger,
    Token,
    WebhookEndpoint,
    read_token,
)
from tests.builders import MINUTE, NOON, a_shop, an_order
from tests.store.test_orders import saving

HEARS = "skroutz_orders"


@pytest.fixture
def shops(pool: Pool) -> Shops:
    return Shops(pool)


async def test_a_shop_is_read_as_it_was_added_with_a_number(shops: Shops) -> None:
    added = await shops.add(a_shop(id=0, name="Ένα"), NOON)

    assert added.id == 1
    assert await shops.read(1) == added
    assert await shops.read(2) is None


async def test_a_changed_shop_keeps_its_other_terms(shops: Shops) -> None:
    added = await shops.add(a_shop(phone="210"), NOON)

    changed = await shops.change(added.id, name="Δύο")

    assert changed is not None
    assert (changed.name, changed.phone, changed.locations) == ("Δύο", "210", added.locations)
    assert await shops.read(added.id) == changed
    assert await shops.change(99, name="Κανένα") is None


async def test_terms_that_are_changed_at_once_are_all_kept(shops: Shops) -> None:
    added = await shops.add(a_shop(), NOON)
    terms = {"name": "Δύο", "phone": "210", "domain": "shop.gr", "most_parcels": 8, "acceptance_hours": 2}

    await asyncio.gather(*(shops.change(added.id, **{name: value}) for name, value in terms.items()))

    read = await shops.read(added.id)
    assert {name: getattr(read, name) for name in terms} == terms


async def test_a_caller_is_known_by_its_token_and_gets_its_order_with_it(pool: Pool, shops: Shops) -> None:
    shop = await shops.add(a_shop(), NOON)
    token = await shops.issue(shop.id, "skroutz", NOON)
    order = an_order(shop=shop)
    await Orders(pool).save(saving(order))

    caller = await shops.caller(token, "skroutz", order.id)

    assert caller.shop == shop
    assert caller.found is not None
    assert (caller.found.order, caller.found.version) == (order, 1)
    assert (await shops.caller(token, "skroutz", 5)).found is None
    assert (await shops.caller(token, "skroutz")).found is None


async def test_a_new_token_voids_the_one_before_and_no_other(shops: Shops) -> None:
    shop, other = await shops.add(a_shop(), NOON), await shops.add(a_shop(), NOON)
    old, elsewhere = await shops.issue(shop.id, "skroutz", NOON), await shops.issue(other.id, "skroutz", NOON)
    another_dialect = await shops.issue(shop.id, "shopflix", NOON)
    new = await shops.issue(shop.id, "skroutz", NOON)

    with pytest.raises(Stranger):
        await shops.caller(old, "skroutz")
    assert (await shops.caller(new, "skroutz")).shop == shop
    assert (await shops.caller(elsewhere, "skroutz")).shop == other
    assert (await shops.caller(another_dialect, "shopflix")).shop == shop


async def test_a_token_of_one_dialect_does_not_open_another(shops: Shops) -> None:
    shop = await shops.add(a_shop(), NOON)
    token = await shops.issue(shop.id, "skroutz", NOON)

    with pytest.raises(Stranger):
        await shops.caller(token, "shopflix")


async def test_a_secret_does_not_open_another_shop(shops: Shops) -> None:
    shop, other = await shops.add(a_shop(), NOON), await shops.add(a_shop(), NOON)
    token = await shops.issue(shop.id, "skroutz", NOON)
    await shops.issue(other.id, "skroutz", NOON)

    for number in (other.id, 99):
        with pytest.raises(Stranger):
            await shops.caller(Token(SHOP_PREFIX, number, token.secret), "skroutz")


async def test_a_hash_is_compared_for_unknown_shops_too_so_that_the_time_tells_nothing(
    shops: Shops, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def comparing(known: bytes, given: bytes) -> bool:
        compared.append((known, given))
        return compare(known, given)

    monkeypatch.setattr(hmac, "compare_digest", comparing)

    for token in (Token(SHOP_PREFIX, 99, "secret"), Token(SHOP_PREFIX, 1, "secret")):
        with pytest.raises(Stranger):
            await shops.caller(token, "skroutz")
    assert [(len(known), len(given)) for known, given in compared] == [(32, 32)] * 2


async def test_the_operator_may_have_several_tokens(shops: Shops) -> None:
    first, second = await shops.issue_to_operator(NOON), await shops.issue_to_operator(NOON)

    assert (await shops.operator(first)).shop is None
    assert (await shops.operator(second)).shop is None
    with pytest.raises(Stranger):
        await shops.operator(Token(OPERATOR_PREFIX, first.number, second.secret))


async def test_the_tokens_in_force_are_listed_the_operators_first(shops: Shops) -> None:
    shop, other = await shops.add(a_shop(), NOON), await shops.add(a_shop(), NOON)
    await shops.issue(other.id, "skroutz", NOON)
    for dialect in ("skroutz", "shopflix"):
        await shops.issue(shop.id, dialect, NOON)
    later = NOON + MINUTE
    first, second = await shops.issue_to_operator(NOON), await shops.issue_to_operator(later)
    await shops.issue(shop.id, "skroutz", later)

    assert await shops.tokens() == [
        IssuedToken("operator", None, first.number, NOON),
        IssuedToken("operator", None, second.number, later),
        IssuedToken("shopflix", shop.id, None, NOON),
        IssuedToken("skroutz", shop.id, None, later),
        IssuedToken("skroutz", other.id, None, NOON),
    ]


async def test_a_revoked_token_opens_nothing_and_the_others_still_do(shops: Shops) -> None:
    shop, other = await shops.add(a_shop(), NOON), await shops.add(a_shop(), NOON)
    revoked, elsewhere = (
        await shops.issue(shop.id, "skroutz", NOON),
        await shops.issue(other.id, "skroutz", NOON),
    )
    another_dialect = await shops.issue(shop.id, "shopflix", NOON)

    assert await shops.revoke(shop.id, "skroutz")

    with pytest.raises(Stranger):
        await shops.caller(revoked, "skroutz")
    assert (await shops.caller(elsewhere, "skroutz")).shop == other
    assert (await shops.caller(another_dialect, "shopflix")).shop == shop
    assert not await shops.revoke(shop.id, "skroutz")


async def test_a_revoked_token_of_the_operator_opens_nothing_and_the_others_still_do(shops: Shops) -> None:
    revoked, kept = await shops.issue_to_operator(NOON), await shops.issue_to_operator(NOON)

    assert await shops.revoke_of_operator(revoked.number)

    with pytest.raises(Stranger):
        await shops.operator(revoked)
    assert (await shops.operator(kept)).shop is None
    assert not await shops.revoke_of_operator(revoked.number)


def test_a_token_that_is_read_is_the_token_that_was_shown() -> None:
    for token in (Token(SHOP_PREFIX, 17, "a_b-c_"), Token(SHOP_PREFIX, 10**17, "x")):
        assert read_token(str(token), SHOP_PREFIX) == token


@pytest.mark.parametrize(
    "text",
    ["", "st", "st_", "st_1", "st_x_y", "op_1_x", "st_-1_x", "st_１_x", f"st_{10**18}_x", "st_1_é", "ST_1_x"],
)
def test_what_is_no_token_is_a_stranger(text: str) -> None:
    with pytest.raises(Stranger):
        read_token(text, SHOP_PREFIX)


async def test_secrets_are_long_and_never_the_same(shops: Shops) -> None:
    shop = await shops.add(a_shop(), NOON)
    secrets = {(await shops.issue(shop.id, "skroutz", NOON)).secret for _ in range(20)}

    assert len(secrets) == 20
    assert min(len(secret) for secret in secrets) >= 43


async def test_an_endpoint_keeps_its_signing_key_when_its_address_changes(shops: Shops) -> None:
    shop = await shops.add(a_shop(), NOON)
    first = await shops.set_endpoint(shop.id, HEARS, url="https://a.gr", signing_key=b"1", now=NOON)
    second = await shops.set_endpoint(shop.id, HEARS, url="https://b.gr", signing_key=b"2", now=NOON)

    assert (first, second) == (b"1", b"1")
    assert await shops.endpoint(shop.id, HEARS) == ("https://b.gr", b"1")
    assert await shops.endpoints(9) == [(shop.id, HEARS, "https://b.gr")]


async def test_a_removed_endpoint_is_gone_and_a_new_one_has_a_new_key(shops: Shops) -> None:
    shop = await shops.add(a_shop(), NOON)
    await shops.set_endpoint(shop.id, HEARS, url="https://a.gr", signing_key=b"1", now=NOON)
    await shops.remove_endpoint(shop.id, HEARS)

    assert await shops.endpoint(shop.id, HEARS) is None
    assert await shops.set_endpoint(shop.id, HEARS, url="https://a.gr", signing_key=b"2", now=NOON) == b"2"


async def test_an_endpoint_that_is_switched_off_keeps_its_address_and_its_key(shops: Shops) -> None:
    shop = await shops.add(a_shop(), NOON)
    await shops.set_endpoint(shop.id, HEARS, url="https://a.gr", signing_key=b"1", now=NOON)

    assert await shops.switch_endpoint(shop.id, HEARS, enabled=False) == "https://a.gr"

    assert await shops.endpoints_of(shop.id) == [WebhookEndpoint(HEARS, "https://a.gr", enabled=False)]
    assert await shops.endpoint(shop.id, HEARS) == ("https://a.gr", b"1")
    assert await shops.switch_endpoint(shop.id, HEARS, enabled=True) == "https://a.gr"
    assert await shops.endpoints_of(shop.id) == [WebhookEndpoint(HEARS, "https://a.gr", enabled=True)]


async def test_an_address_that_is_set_is_switched_on_unless_it_is_said_otherwise(shops: Shops) -> None:
    shop = await shops.add(a_shop(), NOON)
    for enabled in (False, True):
        await shops.set_endpoint(
            shop.id, HEARS, url="https://a.gr", signing_key=b"1", now=NOON, enabled=enabled
        )
        assert [known.enabled for known in await shops.endpoints_of(shop.id)] == [enabled]

    await shops.switch_endpoint(shop.id, HEARS, enabled=False)
    await shops.set_endpoint(shop.id, HEARS, url="https://a.gr", signing_key=b"1", now=NOON)
    assert [known.enabled for known in await shops.endpoints_of(shop.id)] == [True]


async def test_what_is_not_there_cannot_be_switched_and_what_is_off_is_not_checked(shops: Shops) -> None:
    shop, other = await shops.add(a_shop(), NOON), await shops.add(a_shop(), NOON)
    await shops.set_endpoint(other.id, HEARS, url="https://a.gr", signing_key=b"1", now=NOON)
    await shops.set_endpoint(
        shop.id, "of_returns", url="https://a.gr", signing_key=b"1", now=NOON, enabled=False
    )

    assert await shops.switch_endpoint(shop.id, HEARS, enabled=False) is None
    assert await shops.endpoints(9) == [(other.id, HEARS, "https://a.gr")]


async def test_shops_are_listed_with_their_address_and_dialects(shops: Shops) -> None:
    made = [await shops.add(a_shop(), NOON) for _ in range(3)]
    await shops.set_endpoint(made[0].id, HEARS, url="https://a.gr", signing_key=b"1", now=NOON)
    await shops.issue(made[0].id, "skroutz", NOON)

    first, second = await shops.page(after=0, limit=2, kind=HEARS)

    assert (first.shop, first.webhook_url, list(first.dialects)) == (made[0], "https://a.gr", ["skroutz"])
    assert (second.shop, second.webhook_url, list(second.dialects)) == (made[1], None, [])
    assert [listed.shop for listed in await shops.page(after=made[1].id, limit=9, kind=HEARS)] == [made[2]]
