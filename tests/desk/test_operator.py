import asyncio
from datetime import timedelta

import httpx
import pytest

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.desk.marketplace import health as operator_health
from stoa.desk.marketplace import overview as listing
from stoa.desk.marketplace import shops as operator_shops
from stoa.documents.blobs import Blobs, BlobStoreUnavailable
from stoa.housekeeping import Housekeeping
from stoa.orders.order import State
from stoa.orders.shop import Shop
from stoa.store.installation import worker_seen
from stoa.store.overview import MOST_COUNTED, Overview
from stoa.webhooks.signing import new_signing_key
from tests.builders import MINUTE
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.desk.people import posting, text_of
from tests.operator.calls import in_state, placing
from tests.test_housekeeping import keeping_house, until

OPERATOR = "/desk/operator"
GIVEN_UP = f"{OPERATOR}/deliveries"
NEW_SHOP = f"{OPERATOR}/shops/new"

URL = "http://127.0.0.1:9/hook"

# As the worker leaves what it has tried in vain.
GIVE_UP = """
WITH dead AS (
    INSERT INTO deliveries (shop_id, order_id, endpoint, event_type, payload, state, tries, due_at, created_at, finished_at)
    SELECT $1, $2, 'skroutz_orders', 'new_order', '{}', 'dead', 4, $3, $3, $3 FROM generate_series(1, $4)
    RETURNING id
), noted AS (
    INSERT INTO delivery_attempts (shop_id, delivery_id, n, at, duration_ms, status, error)
    SELECT $1, id, n, $3, 7, CASE WHEN n = 1 THEN 500 END, CASE WHEN n = 2 THEN $5 END
    FROM dead, generate_series(1, 2) AS n
)
SELECT id FROM dead ORDER BY id"""

STATES = "SELECT id, state FROM deliveries WHERE shop_id = $1 ORDER BY id"


async def giving_up(
    stoa: Stoa, shop: Shop, number: int = 1, *, why: str = "connection refused", order_id: int | None = None
) -> list[int]:
    """The ids of so many webhooks of the shop that were given up."""
    service = stoa.service
    rows = await service.pool.fetch(GIVE_UP, shop.id, order_id, service.clock(), number, why)
    return [row["id"] for row in rows]


async def states(stoa: Stoa, shop: Shop) -> dict[int, str]:
    return {row["id"]: row["state"] for row in await stoa.service.pool.fetch(STATES, shop.id)}


async def listening(stoa: Stoa, shop: Shop, *, enabled: bool = True) -> None:
    """The shop hears of its orders at an address where nobody listens."""
    kind = next(dialect.order_endpoint for dialect in stoa.dialects if dialect.order_endpoint)
    service = stoa.service
    await service.shops.set_endpoint(
        shop.id,
        kind,
        url=URL,
        signing_key=service.vault.seal(new_signing_key(), shop.id, kind),
        now=service.clock(),
        enabled=enabled,
    )


async def shops_named(stoa: Stoa, *names: str) -> list[Shop]:
    return [await stoa.service.shops.add(Shop(id=0, name=name), stoa.service.clock()) for name in names]


# Who may come


@pytest.mark.parametrize(
    "path", ["", "/deliveries", "/health", "/shops/new", "/shops/{shop}", "/find", "/shops/{shop}/resend"]
)
async def test_only_the_marketplaces_own_people_find_its_pages(
    owner: httpx.AsyncClient,
    packer: httpx.AsyncClient,
    stranger: httpx.AsyncClient,
    merchant: Merchant,
    path: str,
) -> None:
    at = OPERATOR + path.format(shop=merchant.shop.id)
    for client in (owner, packer):
        # Where only forms are sent, reading the address leads to their page.
        assert (await client.get(at, follow_redirects=True)).status_code == 404
        assert (await posting(client, at)).status_code in {404, 405}
    assert (await stranger.get(at)).status_code in {303, 405}


async def test_a_shops_own_people_send_nothing_again_here(
    stoa: Stoa, owner: httpx.AsyncClient, merchant: Merchant
) -> None:
    (dead,) = await giving_up(stoa, merchant.shop)

    one = await posting(owner, f"{OPERATOR}/shops/{merchant.shop.id}/deliveries/{dead}/resend")
    some = await posting(owner, f"{OPERATOR}/shops/{merchant.shop.id}/resend")

    assert (one.status_code, some.status_code) == (404, 404)
    assert await states(stoa, merchant.shop) == {dead: "dead"}


async def test_the_operator_enters_every_shop_and_finds_the_way_back(
    marketplace: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    listed = (await marketplace.get(OPERATOR)).text
    for shop in (merchant.shop, neighbour.shop):
        assert f'href="/desk/{shop.id}/orders"' in listed
        inside = await marketplace.get(f"/desk/{shop.id}/orders")
        assert shop.name in inside.text
        assert f'href="{OPERATOR}"' in inside.text


async def test_a_form_from_elsewhere_does_nothing(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant
) -> None:
    (dead,) = await giving_up(stoa, merchant.shop)
    before = await contents(stoa.service.pool)
    at = f"{OPERATOR}/shops/{merchant.shop.id}"

    for path in (NEW_SHOP, f"{OPERATOR}/find", f"{at}/resend", f"{at}/deliveries/{dead}/resend"):
        assert (await marketplace.post(path, data={"csrf": "", "name": "x"})).status_code == 403
    assert await contents(stoa.service.pool) == before


# The list of shops


async def test_a_shop_is_listed_with_what_waits_for_it(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant
) -> None:
    await in_state(stoa, merchant.shop, State.OPEN)
    await in_state(stoa, merchant.shop, State.OPEN)
    await in_state(stoa, merchant.shop, State.DELIVERED)
    await giving_up(stoa, merchant.shop, 3)
    await listening(stoa, merchant.shop, enabled=False)

    (shop,) = await Overview(stoa.service.pool).shops(after=0, limit=10)
    listed = text_of(await marketplace.get(OPERATOR))

    assert (shop.name, shop.to_decide, shop.dead, shop.webhooks, shop.switched_off) == (
        merchant.shop.name, 2, 3, 1, 1,
    )  # fmt: skip
    assert f"{merchant.shop.name} {merchant.shop.id} 1 of 1 switched off 2 3 Enter" in listed


async def test_whether_a_shop_is_told_at_all_is_seen_at_once(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    await listening(stoa, merchant.shop)

    listed = text_of(await marketplace.get(OPERATOR))

    assert f"{merchant.shop.name} {merchant.shop.id} on 0 0" in listed
    assert f"{neighbour.shop.name} {neighbour.shop.id} none 0 0" in listed


async def test_thousands_of_shops_come_in_pages(
    stoa: Stoa, marketplace: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "ON_A_PAGE", 2)
    shops = await shops_named(stoa, "Άλφα", "Βήτα", "Γάμμα")

    first = await marketplace.get(OPERATOR)
    second = await marketplace.get(f"{OPERATOR}?after={shops[1].id}")

    assert f'href="{OPERATOR}?after={shops[1].id}"' in first.text
    assert ["Βήτα" in text_of(first), "Γάμμα" in text_of(first)] == [True, False]
    assert ["Βήτα" in text_of(second), "Γάμμα" in text_of(second)] == [False, True]
    assert "?after=" not in second.text


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "", "٣"])
async def test_an_address_that_makes_no_sense_shows_the_first_page(
    marketplace: httpx.AsyncClient, merchant: Merchant, after: str
) -> None:
    answer = await marketplace.get(OPERATOR, params={"after": after})

    assert answer.status_code == 200
    assert merchant.shop.name in text_of(answer)


@pytest.mark.parametrize("text", ["μαγαζι γωνιας", "ΜΑΓΑΖΊ", "γωνι", "μαγαζί, γωνίας", "της"])
async def test_a_shop_is_found_by_words_of_its_name_without_their_accents(
    stoa: Stoa, marketplace: httpx.AsyncClient, text: str
) -> None:
    await shops_named(stoa, "Το Μαγαζί της Γωνίας", "Librăria Veche")

    found = await posting(marketplace, f"{OPERATOR}/find", text=text)

    assert found.status_code == 200
    assert ["Γωνίας" in text_of(found), "Veche" in text_of(found)] == [True, False]
    assert f'value="{text}"' in found.text


async def test_a_shop_is_found_by_its_number(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    one, other = await shops_named(stoa, "Άλφα", "Βήτα")

    found = text_of(await posting(marketplace, f"{OPERATOR}/find", text=str(other.id)))

    assert [one.name in found, other.name in found] == [False, True]


@pytest.mark.parametrize("text", ["nowhere", "9" * 30, "%", "<b>", "'; DROP TABLE shops"])
async def test_what_no_shop_is_called_is_said(
    marketplace: httpx.AsyncClient, merchant: Merchant, text: str
) -> None:
    found = await posting(marketplace, f"{OPERATOR}/find", text=text)

    assert found.status_code == 200
    assert "No shop has this number" in text_of(found)
    assert "<b>" not in found.text


async def test_nothing_typed_shows_all_shops_again(marketplace: httpx.AsyncClient) -> None:
    assert (await posting(marketplace, f"{OPERATOR}/find", text=" ")).headers["location"] == OPERATOR


# Opening a shop

TERMS = {
    "name": "Librăria Veche",
    "language": "ro",
    "zone": "Europe/Bucharest",
    "country_code": "RO",
    "currency": "RON",
    "courier": "gls",
    "domain": "libraria.example",
    "phone": "0210000000",
    "street_name": "Calea Victoriei",
    "street_number": "1",
    "zip": "010061",
    "city": "București",
    "region": "București",
}


async def test_a_shop_is_opened_with_its_terms(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    answer = await posting(marketplace, NEW_SHOP, **TERMS)

    assert answer.status_code == 303
    path, _, query = answer.headers["location"].partition("?")
    shop = await stoa.service.shops.read(int(path.rsplit("/", 1)[1]))
    assert shop is not None
    assert query == "done=opened"
    assert {name: getattr(shop, name) for name in list(TERMS)[:8]} == dict(list(TERMS.items())[:8])
    assert (shop.locations[0].street, shop.locations[0].zip) == ("Calea Victoriei 1", "010061")
    assert shop.calendar.holidays_of == "RO"
    assert "The shop is open" in text_of(await marketplace.get(answer.headers["location"]))


async def test_a_name_is_enough_for_a_shop(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    answer = await posting(marketplace, NEW_SHOP, name="Το μαγαζί")

    shop = await stoa.service.shops.read(int(answer.headers["location"].split("?")[0].rsplit("/", 1)[1]))
    assert shop == Shop(id=shop.id if shop else 0, name="Το μαγαζί")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("language", "tlh"),
        ("zone", "Europe/Atlantis"),
        ("country_code", "gr"),
        ("currency", "DRACHMA"),
        ("domain", "https://shop.example"),
        ("phone", "1" * 101),
        ("courier", "pigeon"),
        ("street_name", ""),
        ("zip", ""),
        ("city", ""),
        ("region", "\x01"),
    ],
)
async def test_a_shop_that_will_not_do_is_not_opened_and_what_was_typed_is_kept(
    stoa: Stoa, marketplace: httpx.AsyncClient, field: str, value: str
) -> None:
    before = await contents(stoa.service.pool)

    answer = await posting(marketplace, NEW_SHOP, **(TERMS | {field: value}))

    assert answer.status_code == 422
    assert f'id="{field}-said">{operator_shops.FAULTS[field]}<' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    kept = "street_number" if field == "name" else "name"
    assert f'value="{TERMS[kept]}"' in answer.text
    assert await contents(stoa.service.pool) == before


async def test_a_shops_name_is_shown_as_text(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    await posting(marketplace, NEW_SHOP, name="<script>alert(1)</script>")

    listed = await marketplace.get(OPERATOR)
    assert "<script>alert" not in listed.text
    assert (
        "<script>alert(1)</script>" in text_of(listed).replace("&lt;", "<") or "&lt;script&gt;" in listed.text
    )


# What was given up


async def test_what_was_given_up_is_listed_for_all_shops_newest_first_with_the_last_reason(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant, clock: MovableClock
) -> None:
    order = await in_state(stoa, merchant.shop, State.OPEN)
    await giving_up(stoa, merchant.shop, why="timed out", order_id=order.id)
    clock.move(MINUTE)
    await giving_up(stoa, neighbour.shop, why="name not found")

    listed = await marketplace.get(GIVEN_UP)
    told = text_of(listed)

    assert told.index("name not found") < told.index("timed out")
    assert merchant.shop.name in told
    assert neighbour.shop.name in told
    assert f'href="/desk/{merchant.shop.id}/orders/{order.id}#webhooks"' in listed.text
    assert "has no address now" in told


async def test_what_was_given_up_comes_in_pages(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "ON_A_PAGE", 2)
    ids = await giving_up(stoa, merchant.shop, 3)

    first = await marketplace.get(GIVEN_UP)
    second = await marketplace.get(f"{GIVEN_UP}?before={ids[1]}")

    assert f"/deliveries/{ids[2]}/resend" in first.text
    assert f"/deliveries/{ids[0]}/resend" not in first.text
    assert f'href="{GIVEN_UP}?before={ids[1]}"' in first.text
    assert f"/deliveries/{ids[0]}/resend" in second.text


async def test_one_webhook_is_sent_again_and_no_other(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant
) -> None:
    first, second = await giving_up(stoa, merchant.shop, 2)

    answer = await posting(
        marketplace, f"{OPERATOR}/shops/{merchant.shop.id}/deliveries/{first}/resend", back="all"
    )

    assert answer.headers["location"] == f"{GIVEN_UP}?done=resent"
    assert await states(stoa, merchant.shop) == {first: "pending", second: "dead"}
    assert "on its way again" in text_of(await marketplace.get(answer.headers["location"]))


async def test_a_webhook_of_another_shop_is_not_sent_again_under_this_ones_name(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant, neighbour: Merchant
) -> None:
    (dead,) = await giving_up(stoa, neighbour.shop)

    answer = await posting(marketplace, f"{OPERATOR}/shops/{merchant.shop.id}/deliveries/{dead}/resend")

    assert answer.status_code == 404
    assert await states(stoa, neighbour.shop) == {dead: "dead"}


async def test_all_of_a_shop_is_sent_again_some_at_a_time_and_each_once(
    stoa: Stoa,
    marketplace: httpx.AsyncClient,
    merchant: Merchant,
    neighbour: Merchant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operator_shops, "AT_ONCE", 2)
    ids = await giving_up(stoa, merchant.shop, 3)
    others = await giving_up(stoa, neighbour.shop)
    at = f"{OPERATOR}/shops/{merchant.shop.id}"

    answer = await posting(marketplace, f"{at}/resend", after=0)
    assert answer.headers["location"] == f"{at}?done=some&after={ids[1]}"
    assert list((await states(stoa, merchant.shop)).values()) == ["pending", "pending", "dead"]
    # One of them dies again at once: whoever goes on does not begin with it.
    await stoa.service.pool.execute("UPDATE deliveries SET state = 'dead' WHERE id = $1", ids[0])
    shown = await marketplace.get(answer.headers["location"])
    assert f'name="after" value="{ids[1]}"' in shown.text
    assert "1 Send all again" in text_of(shown)

    answer = await posting(marketplace, f"{at}/resend", after=ids[1])
    assert list((await states(stoa, merchant.shop)).values()) == ["dead", "pending", "pending"]
    assert "could not be delivered this time either" in text_of(
        await marketplace.get(answer.headers["location"])
    )
    assert await states(stoa, neighbour.shop) == {others[0]: "dead"}


async def test_where_nothing_was_given_up_nothing_is_sent(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await posting(marketplace, f"{OPERATOR}/shops/{merchant.shop.id}/resend", after="x")

    assert "nothing left to send" in text_of(await marketplace.get(answer.headers["location"]))


async def test_a_shops_page_says_where_it_is_told_and_what_is_switched_off(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant
) -> None:
    await listening(stoa, merchant.shop, enabled=False)
    await giving_up(stoa, merchant.shop)

    told = text_of(await marketplace.get(f"{OPERATOR}/shops/{merchant.shop.id}"))

    assert f"Orders · skroutz {URL} switched off" in told
    assert "switched off now" in told


async def test_an_unknown_shop_is_no_page(marketplace: httpx.AsyncClient) -> None:
    assert (await marketplace.get(f"{OPERATOR}/shops/99")).status_code == 404
    assert (await posting(marketplace, f"{OPERATOR}/shops/99/resend")).status_code == 404


async def test_many_are_counted_up_to_a_limit(
    stoa: Stoa, marketplace: httpx.AsyncClient, merchant: Merchant
) -> None:
    await giving_up(stoa, merchant.shop, MOST_COUNTED + 50)

    queue = await Overview(stoa.service.pool).queue(stoa.service.clock())

    assert queue.dead == MOST_COUNTED + 1
    assert f"more than {MOST_COUNTED}" in text_of(await marketplace.get(OPERATOR))


# Health


async def checked(marketplace: httpx.AsyncClient) -> str:
    answer = await marketplace.get(f"{OPERATOR}/health")
    assert answer.status_code == 200
    return text_of(answer)


async def test_an_installation_that_is_well_says_so(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    await Housekeeping(stoa.service, stoa.dialects).show_sign_of_life()

    told = await checked(marketplace)

    assert "not well" not in told
    assert "Background worker well It is at work." in told


async def test_a_worker_that_never_was_or_is_gone_is_missed(
    stoa: Stoa, marketplace: httpx.AsyncClient, clock: MovableClock
) -> None:
    assert "None has ever been seen" in await checked(marketplace)

    await Housekeeping(stoa.service, stoa.dialects).show_sign_of_life()
    clock.move(timedelta(minutes=5))

    assert "Not seen for 5 min" in await checked(marketplace)


async def test_a_worker_shows_itself_from_its_beginning(stoa: Stoa, clock: MovableClock) -> None:
    async def seen() -> bool:
        return await worker_seen(stoa.service.pool) is not None

    async with keeping_house(stoa):
        await until(seen)

    assert await worker_seen(stoa.service.pool) == clock()


async def test_what_waits_too_long_is_said(
    stoa: Stoa,
    marketplace: httpx.AsyncClient,
    merchant: Merchant,
    operator: httpx.AsyncClient,
    clock: MovableClock,
) -> None:
    await listening(stoa, merchant.shop)
    await placing(operator, merchant.shop, expires_at=(clock() + timedelta(hours=1)).isoformat())
    clock.move(timedelta(hours=2))

    queue = await Overview(stoa.service.pool).queue(clock())
    told = await checked(marketplace)

    assert (queue.pending, queue.due, queue.shops_with_due_timers) == (1, 1, 1)
    assert "Webhooks not well The oldest has waited for 2 h 0 min." in told
    assert "Deadlines not well The oldest has waited for 1 h 0 min." in told


async def test_the_oldest_of_all_shops_is_found(
    stoa: Stoa, merchant: Merchant, neighbour: Merchant, operator: httpx.AsyncClient, clock: MovableClock
) -> None:
    began = clock()
    for shop in (neighbour.shop, merchant.shop):
        await listening(stoa, shop)
        await placing(operator, shop)
        clock.move(MINUTE)

    queue = await Overview(stoa.service.pool).queue(clock())

    assert (queue.pending, queue.due, queue.due_since) == (2, 2, began)


async def test_files_that_cannot_be_kept_are_said(
    marketplace: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refusing(_: Blobs) -> None:
        raise BlobStoreUnavailable("the disk is full")

    monkeypatch.setattr(Blobs, "check", refusing)

    assert "Files not well Files cannot be kept" in await checked(marketplace)


async def test_a_file_store_that_does_not_answer_keeps_nobody_waiting(
    marketplace: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(_: Blobs) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Blobs, "check", hanging)
    monkeypatch.setattr(operator_health, "ANSWERS_WITHIN", 0.01)

    assert "Files not well" in await checked(marketplace)


async def test_a_database_from_a_newer_version_is_said(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    await stoa.service.pool.execute("INSERT INTO migrations (name) VALUES ('9999_later')")

    assert "brought up to date by a newer version" in await checked(marketplace)


async def test_a_database_that_is_not_up_to_date_is_said(stoa: Stoa, marketplace: httpx.AsyncClient) -> None:
    await stoa.service.pool.execute("DELETE FROM migrations WHERE name LIKE '0012%'")

    assert "run stoa migrate" in await checked(marketplace)
