import asyncio
from typing import Any

import httpx

from stoa.app import Stoa
from stoa.operator import examples
from tests.conftest import Merchant
from tests.operator.calls import SHOPS, Json, address, fault, numbers

LOCATION: Json = examples.LOCATIONS["pickup_locations"][0]  # type: ignore[assignment]

FULL_CALENDAR: Json = {
    "weekdays": [0, 2, 5],
    "slots": [{"opens": "09:30:00", "closes": "11:00:00"}],
    "cut_off": "12:15:00",
    "closed": ["2026-08-14"],
    "holidays_of": "CY",
}


async def creating(operator: httpx.AsyncClient, **what_matters: object) -> Json:
    answer = await operator.post(SHOPS, json=examples.SHOP | what_matters)
    assert answer.status_code == 201, answer.text
    shop: Json = answer.json()
    return shop


async def test_a_new_shop_has_a_number_and_the_usual_terms(operator: httpx.AsyncClient) -> None:
    shop = await creating(operator, name="Το βιβλιοπωλείο")

    assert shop["id"] >= 1
    assert shop["name"] == "Το βιβλιοπωλείο"
    assert shop["zone"] == "Europe/Athens"
    assert shop["set_as_ready_required"] is False
    assert (shop["language"], shop["currency"]) == ("el", "EUR")
    assert (shop["country_code"], shop["return_days"], shop["review_hours"]) == ("GR", 14, 72)
    assert (shop["warehouse"], shop["warehouse_fee_cents"]) == (False, 120)
    assert (shop["company"], shop["invoice_series"]) == (None, "INV")
    location = shop["pickup_locations"][0]
    assert len(location.pop("id")) == 10
    assert location == LOCATION


COMPANY: Json = {
    "name": "Lumina Casei S.R.L.",
    "vat_number": "RO12345678",
    "registration_number": "J40/1234/2015",
    "address": "Șoseaua Pipera nr. 45",
    "zip": "020309",
    "city": "București",
    "region": "București",
    "country_code": "RO",
    "email": "contact@lumina.example",
    "bank_name": "Banca Țării",
    "bank_account": "RO49AAAA1B31007593840000",
}

TERMS: list[tuple[str, Any]] = [
    ("name", "Άλλο όνομα"),
    ("domain", "books.example.gr"),
    ("phone", "2101234567"),
    ("courier", "acs"),
    ("most_parcels", 9),
    ("acceptance_hours", 3),
    ("dispatch_hours", 30),
    ("return_days", 30),
    ("review_hours", 2160),
    ("warehouse_fee_cents", 0),
    ("set_as_ready_required", True),
    ("language", "ro"),
    ("currency", "RON"),
    ("company", COMPANY),
    ("invoice_series", "ΤΠ-Α"),
]


async def test_a_term_can_be_agreed_at_the_start_or_later(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for term, value in TERMS:
        before = (await operator.get(address(merchant.shop))).json()
        changed = (await operator.patch(address(merchant.shop), json={term: value})).json()

        assert (await creating(operator, **{term: value}))[term] == value
        assert changed == before | {term: value}
        assert (await operator.get(address(merchant.shop))).json() == changed


async def test_a_calendar_is_kept_as_it_was_given(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    changed = await operator.patch(address(merchant.shop), json={"calendar": FULL_CALENDAR})

    assert changed.status_code == 200
    kept = changed.json()["calendar"]
    assert sorted(kept.pop("weekdays")) == [0, 2, 5]
    assert kept == {name: value for name, value in FULL_CALENDAR.items() if name != "weekdays"}


async def test_new_terms_hold_for_new_orders(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    await operator.patch(address(merchant.shop), json={"acceptance_hours": 2, "courier": "acs"})
    placed = (await operator.post(address(merchant.shop, "orders"), json=examples.ORDER)).json()

    order = (await operator.get(address(merchant.shop, "orders", placed["id"]))).json()
    assert order["courier"] == "acs"
    assert order["expires_at"] == "2026-03-03T12:00:00Z"


async def test_of_a_company_the_name_is_enough_and_the_rest_is_shown_empty(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    await operator.patch(address(merchant.shop), json={"company": COMPANY})
    changed = await operator.patch(address(merchant.shop), json={"company": {"name": "ACME"}})

    empty = dict.fromkeys(COMPANY, "")
    assert changed.json()["company"] == empty | {"name": "ACME", "country_code": "GR"}


async def test_null_takes_a_company_away(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    given = (await operator.patch(address(merchant.shop), json={"company": COMPANY})).json()
    taken = (await operator.patch(address(merchant.shop), json={"company": None})).json()

    assert given["company"] == COMPANY
    assert taken == given | {"company": None}
    assert (await creating(operator, company=None))["company"] is None


async def test_a_shops_orders_are_in_its_currency(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    await operator.patch(address(merchant.shop), json={"currency": "RON"})
    placed = (await operator.post(address(merchant.shop, "orders"), json=examples.ORDER)).json()

    order = (await operator.get(address(merchant.shop, "orders", placed["id"]))).json()
    assert order["currency"] == "RON"


NEVER_NULL = (
    "name",
    "zone",
    "courier",
    "calendar",
    "most_parcels",
    "set_as_ready_required",
    "language",
    "currency",
    "invoice_series",
)


async def test_null_takes_a_domain_or_a_phone_away_and_nothing_else(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    given = {"domain": "books.gr", "phone": "2101234567"}
    await operator.patch(address(merchant.shop), json=given)
    await operator.patch(address(merchant.shop), json={"domain": None})

    shop = (await operator.get(address(merchant.shop))).json()
    assert (shop["domain"], shop["phone"]) == (None, "2101234567")
    for term in NEVER_NULL:
        answer = await operator.patch(address(merchant.shop), json={term: None})
        assert fault(answer) == (422, "invalid", term)


async def test_an_empty_change_changes_nothing(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    before = (await operator.get(address(merchant.shop))).json()

    assert (await operator.patch(address(merchant.shop), json={})).json() == before


async def test_two_operators_who_change_different_terms_both_succeed(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    terms = [{"phone": "2101111111"}, {"most_parcels": 7}, {"acceptance_hours": 5}, {"domain": "a.gr"}]
    await asyncio.gather(*(operator.patch(address(merchant.shop), json=term) for term in terms))

    shop = (await operator.get(address(merchant.shop))).json()
    assert {"phone", "most_parcels", "acceptance_hours", "domain"} <= shop.keys()
    assert (shop["phone"], shop["most_parcels"], shop["acceptance_hours"]) == ("2101111111", 7, 5)


async def test_shops_are_listed_in_pages_without_gaps(operator: httpx.AsyncClient) -> None:
    made = [(await creating(operator))["id"] for _ in range(5)]
    listed, cursor = [], None
    for _ in range(3):
        page = (
            await operator.get(SHOPS, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        listed += numbers(page["items"])
        cursor = page["next"]

    assert listed == made
    assert cursor is None


async def test_a_listed_shop_says_where_it_is_told_and_which_dialects_it_speaks(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    await operator.put(address(merchant.shop, "webhook"), json={"url": "http://127.0.0.1:9/hook"})
    await creating(operator)

    told, untold = (await operator.get(SHOPS)).json()["items"]
    assert (told["webhook_url"], told["dialects"]) == ("http://127.0.0.1:9/hook", ["skroutz"])
    assert (untold["webhook_url"], untold["dialects"]) == (None, [])


async def test_an_unknown_shop_is_not_found(operator: httpx.AsyncClient) -> None:
    for path in (f"{SHOPS}/999", f"{SHOPS}/0", f"{SHOPS}/-1", f"{SHOPS}/{2**63}", f"{SHOPS}/{'9' * 5000}"):
        assert fault(await operator.get(path))[:2] == (404, "not_found"), path[:60]


async def test_pickup_locations_are_replaced_the_default_first(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    kept, dropped = merchant.shop.locations
    new = {"street_name": "Αιόλου", "street_number": "7", "zip": "10551", "city": "Αθήνα", "region": "Αττική"}
    body = {"pickup_locations": [new, new | {"id": kept.id}]}

    answer = await operator.put(address(merchant.shop, "pickup_locations"), json=body)

    first, second = answer.json()["pickup_locations"]
    assert first["id"] not in {kept.id, dropped.id}
    assert second == new | {"id": kept.id}
    assert (await operator.get(address(merchant.shop))).json() == answer.json()


async def test_an_order_offers_the_locations_of_the_moment_it_was_placed(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    placed = (await operator.post(address(merchant.shop, "orders"), json=examples.ORDER)).json()
    await operator.put(address(merchant.shop, "pickup_locations"), json={"pickup_locations": []})

    order = (await operator.get(address(merchant.shop, "orders", placed["id"]))).json()
    assert [place["id"] for place in order["options"]["locations"]] == ["YlpD0KROym", "onpL6DXG4l"]


async def test_two_locations_cannot_share_an_id(operator: httpx.AsyncClient, merchant: Merchant) -> None:
    place = LOCATION | {"id": "YlpD0KROym"}
    body = {"pickup_locations": [place, place]}

    answer = await operator.put(address(merchant.shop, "pickup_locations"), json=body)

    assert fault(answer) == (422, "invalid", "pickup_locations")


BAD_TERMS: list[tuple[Json, str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"name": 5}, "name"),
    ({"zone": "Europe/Atlantis"}, "zone"),
    ({"zone": "../../etc/passwd"}, "zone"),
    ({"zone": "\\u0000"}, "zone"),
    ({"domain": "not a domain"}, "domain"),
    ({"courier": "pigeon"}, "courier"),
    ({"most_parcels": 0}, "most_parcels"),
    ({"most_parcels": 1.5}, "most_parcels"),
    ({"acceptance_hours": 721}, "acceptance_hours"),
    ({"dispatch_hours": -1}, "dispatch_hours"),
    ({"set_as_ready_required": "yes"}, "set_as_ready_required"),
    ({"colour": "red"}, "colour"),
    ({"calendar": {"weekdays": []}}, "calendar.weekdays"),
    ({"calendar": {"weekdays": [7]}}, "calendar.weekdays[0]"),
    ({"calendar": {"slots": []}}, "calendar.slots"),
    ({"calendar": {"slots": [{"opens": "12:00:00", "closes": "12:00:00"}]}}, "calendar.slots"),
    ({"calendar": {"slots": [{"opens": "10:00:00Z", "closes": "12:00:00"}]}}, "calendar.slots[0].opens"),
    (
        {"calendar": {"slots": [{"opens": "10:00:00", "closes": "12:00:00+02:00"}]}},
        "calendar.slots[0].closes",
    ),
    ({"calendar": {"slots": [{"opens": "10", "closes": "12"}]}}, "calendar.slots[0].opens"),
    ({"calendar": {"cut_off": "25:00:00"}}, "calendar.cut_off"),
    ({"calendar": {"cut_off": "14:00:00+02:00"}}, "calendar.cut_off"),
    ({"calendar": {"closed": ["2026-02-30"]}}, "calendar.closed[0]"),
    ({"calendar": {"holidays_of": "ZZ"}}, "calendar.holidays_of"),
    ({"calendar": {"holidays_of": "gr"}}, "calendar.holidays_of"),
    ({"calendar": {"open": True}}, "calendar.open"),
    ({"language": "fr"}, "language"),
    ({"language": "EL"}, "language"),
    ({"language": ""}, "language"),
    ({"language": ["el"]}, "language"),
    ({"currency": "XYZ"}, "currency"),
    ({"currency": "eur"}, "currency"),
    ({"currency": "€"}, "currency"),
    ({"currency": 978}, "currency"),
    ({"return_days": -1}, "return_days"),
    ({"return_days": 366}, "return_days"),
    ({"return_days": "14"}, "return_days"),
    ({"review_hours": 0}, "review_hours"),
    ({"review_hours": 2161}, "review_hours"),
    ({"review_hours": None}, "review_hours"),
    ({"warehouse_fee_cents": -1}, "warehouse_fee_cents"),
    ({"warehouse_fee_cents": 100_001}, "warehouse_fee_cents"),
    ({"warehouse_fee_cents": 1.5}, "warehouse_fee_cents"),
    ({"invoice_series": ""}, "invoice_series"),
    ({"invoice_series": "x" * 21}, "invoice_series"),
    ({"invoice_series": "A\x00"}, "invoice_series"),
    ({"company": "ACME"}, "company"),
    ({"company": {}}, "company.name"),
    ({"company": {"name": ""}}, "company.name"),
    ({"company": {"name": "ACME", "vat_number": None}}, "company.vat_number"),
    ({"company": {"name": "ACME", "bank_name": "A\x1b[31m"}}, "company.bank_name"),
    ({"company": {"name": "ACME", "address": "x" * 201}}, "company.address"),
    ({"company": {"name": "ACME", "country_code": "Greece"}}, "company.country_code"),
    ({"company": {"name": "ACME", "colour": "red"}}, "company.colour"),
]


async def test_an_unknown_language_or_currency_is_refused_with_what_would_do(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    for term, hint in (
        ({"language": "fr"}, "Must be one of bg, el, en, hu, ro."),
        ({"currency": "XYZ"}, "Must be the code of a currency, such as EUR."),
    ):
        answer = await operator.patch(address(merchant.shop), json=term)
        assert answer.json()["error"]["message"] == hint


async def test_a_wrong_term_is_refused_by_its_name_and_nothing_changes(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    before = (await operator.get(SHOPS)).json()

    for term, field in BAD_TERMS:
        changing = await operator.patch(address(merchant.shop), json=term)
        creating = await operator.post(SHOPS, json=examples.SHOP | term)
        assert fault(changing) == fault(creating) == (422, "invalid", field), term
    assert (await operator.get(SHOPS)).json() == before


async def test_a_shop_needs_a_name(operator: httpx.AsyncClient) -> None:
    assert fault(await operator.post(SHOPS, json={"phone": "210"})) == (422, "invalid", "name")


async def test_a_new_token_opens_the_shop_and_voids_the_one_before(
    operator: httpx.AsyncClient, stoa: Stoa, merchant: Merchant
) -> None:
    placed = (await operator.post(address(merchant.shop, "orders"), json=examples.ORDER)).json()
    order = f"/merchants/ecommerce/orders/{placed['codes']['skroutz']}"
    assert (await merchant.client.get(order)).status_code == 200

    answer = await operator.post(address(merchant.shop, "credentials"), json={"dialect": "skroutz"})

    assert answer.status_code == 201
    issued = answer.json()
    assert issued["dialect"] == "skroutz"
    assert issued["token"].startswith(f"st_{merchant.shop.id}_")
    assert (await merchant.client.get(order)).status_code == 401
    merchant.client.headers["Authorization"] = f"Bearer {issued['token']}"
    assert (await merchant.client.get(order)).status_code == 200


async def test_a_dialect_that_is_opened_by_a_key_is_told_with_key_and_secret(
    operator: httpx.AsyncClient, stranger: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.post(address(merchant.shop, "credentials"), json={"dialect": "merchantpro"})

    issued = answer.json()
    assert answer.status_code == 201
    assert issued.keys() == {"dialect", "key", "secret"}
    assert (issued["dialect"], issued["key"]) == ("merchantpro", f"st_{merchant.shop.id}")
    auth = httpx.BasicAuth(issued["key"], issued["secret"])
    assert (await stranger.get("/api/v2/orders", auth=auth)).status_code == 200
    (shop,) = (await operator.get(SHOPS)).json()["items"]
    assert shop["dialects"] == ["merchantpro", "skroutz"]


async def test_a_token_for_an_unknown_dialect_is_refused_and_the_known_are_named(
    operator: httpx.AsyncClient, merchant: Merchant
) -> None:
    answer = await operator.post(address(merchant.shop, "credentials"), json={"dialect": "klingon"})

    assert fault(answer) == (422, "invalid", "dialect")
    assert answer.json()["error"]["message"] == "Must be one of merchantpro, shopflix, skroutz."
