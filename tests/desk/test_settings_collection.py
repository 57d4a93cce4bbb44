from datetime import date, time
from typing import Any

import httpx
import pytest

from stoa.app import Stoa
from stoa.operator.requests import MOST_LOCATIONS
from stoa.orders.shop import Calendar, PickupLocation, Slot
from tests.conftest import Merchant
from tests.database_contents import contents
from tests.desk.people import posting, text_of
from tests.desk.test_settings import as_it_is, settings

CALENDAR: dict[str, Any] = {
    "weekday": ["0", "5"],
    "opens": ["09:30", "", "16:00:00"],
    "closes": ["11:00", "", "18:30"],
    "cut_off": "12:15",
    "closed": ["2026-08-15", "", "2026-12-24"],
    "holidays_of": "RO",
}
PLACE = {
    "street_name": "Κορίνθου",
    "street_number": "101",
    "zip": "26221",
    "city": "Πάτρα",
    "region": "Αχαΐα",
}


async def saving(client: httpx.AsyncClient, merchant: Merchant, **fields: object) -> httpx.Response:
    return await posting(client, settings(merchant.shop, "collection", "calendar"), **(CALENDAR | fields))


async def placed(stoa: Stoa, merchant: Merchant) -> list[str]:
    return [location.id for location in (await as_it_is(stoa, merchant.shop)).locations]


async def test_the_calendar_is_saved_as_it_was_typed(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    answer = await saving(owner, merchant)

    assert answer.headers["location"] == f"{settings(merchant.shop, 'collection')}?done=calendar"
    assert (await as_it_is(stoa, merchant.shop)).calendar == Calendar(
        weekdays=frozenset({0, 5}),
        slots=(Slot(time(9, 30), time(11)), Slot(time(16), time(18, 30))),
        cut_off=time(12, 15),
        closed=frozenset({date(2026, 8, 15), date(2026, 12, 24)}),
        holidays_of="RO",
    )
    page = await owner.get(answer.headers["location"])
    for value in ("09:30", "18:30", "12:15", "2026-12-24"):
        assert f'value="{value}"' in page.text
    assert page.text.count('name="weekday"') == 7
    assert page.text.count(" checked") == 2
    assert '<option value="RO" selected>Romania</option>' in page.text


async def test_a_shop_may_keep_no_public_holidays(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await saving(owner, merchant, holidays_of="", closed=[])

    calendar = (await as_it_is(stoa, merchant.shop)).calendar
    assert (calendar.holidays_of, calendar.closed) == (None, frozenset())


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"weekday": []}, "weekdays"),
        ({"weekday": ["7"]}, "weekdays"),
        ({"opens": [], "closes": []}, "slots"),
        ({"opens": ["12:00"], "closes": ["12:00"]}, "slots"),
        ({"opens": ["12:00"], "closes": [""]}, "slots"),
        ({"opens": ["25:00"], "closes": ["26:00"]}, "slots"),
        ({"opens": ["10:00"] * 25, "closes": ["12:00"] * 25}, "slots"),
        ({"cut_off": ""}, "cut_off"),
        ({"cut_off": "noon"}, "cut_off"),
        ({"closed": ["2026-02-30"]}, "closed"),
        ({"closed": ["yesterday\x07"]}, "closed"),
        ({"holidays_of": "XX"}, "holidays_of"),
        ({"holidays_of": "gr"}, "holidays_of"),
    ],
)
async def test_what_will_not_do_is_said_beside_its_field_and_the_rest_is_kept(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, fields: dict[str, Any], field: str
) -> None:
    before = await contents(stoa.service.pool)

    answer = await saving(owner, merchant, **fields)

    assert answer.status_code == 422
    assert f'class="fault" id="{field}-said"' in answer.text
    assert f'aria-describedby="{field}-said"' in answer.text
    for value in (value for name in CALENDAR.keys() - fields.keys() for value in CALENDAR[name]):
        assert name_of(value) in answer.text
    assert await contents(stoa.service.pool) == before


def name_of(value: str) -> str:
    return f'value="{value}"' if len(value) > 1 else ""


async def test_the_next_three_pickups_are_shown(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await saving(owner, merchant, weekday=["2"], holidays_of="")

    page = (await owner.get(settings(merchant.shop, "collection"))).text
    shown = page.split('<ol class="next">')[1].split("</ol>")[0]
    assert shown.count("<li>") == 3
    assert shown.count("09:30 – 11:00") == 2
    assert shown.count("16:00 – 18:30") == 1


async def test_a_shop_where_no_courier_ever_comes_is_told_so(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    await stoa.service.shops.change(merchant.shop.id, calendar=Calendar(weekdays=frozenset()))

    said = text_of(await owner.get(settings(merchant.shop, "collection")))
    assert "no courier comes" in said


async def test_a_place_is_added_as_the_last(stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient) -> None:
    page = settings(merchant.shop, "collection")
    answer = await posting(owner, f"{page}/locations/new", **PLACE)

    assert answer.headers["location"] == f"{page}?done=location"
    added = (await as_it_is(stoa, merchant.shop)).locations[-1]
    assert added == PickupLocation(id=added.id, **PLACE)
    assert len(added.id) == 10
    assert "Κορίνθου 101" in text_of(await owner.get(page))


async def test_a_place_that_is_changed_stays_the_same_place(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    before = await placed(stoa, merchant)
    page = settings(merchant.shop, "collection", "locations", before[1])
    assert 'value="Σταδίου"' in (await owner.get(page)).text

    await posting(owner, page, **PLACE)

    assert await placed(stoa, merchant) == before
    assert (await as_it_is(stoa, merchant.shop)).locations[1].street == "Κορίνθου 101"


async def test_another_place_is_offered_first_and_one_is_removed(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    first, second = await placed(stoa, merchant)
    page = settings(merchant.shop, "collection", "locations")

    await posting(owner, f"{page}/{second}/default")
    assert await placed(stoa, merchant) == [second, first]
    await posting(owner, f"{page}/{second}/remove")
    assert await placed(stoa, merchant) == [first]
    await posting(owner, f"{page}/{second}/remove")
    await posting(owner, f"{page}/{first}/remove")
    assert "There is no place yet." in text_of(await owner.get(settings(merchant.shop, "collection")))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("street_name", " "),
        ("zip", ""),
        ("city", "x" * 201),
        ("street_number", "x" * 201),
        ("region", "\x07"),
    ],
)
@pytest.mark.parametrize("place", ["new", "YlpD0KROym"])
async def test_a_place_that_no_courier_finds_is_refused_with_all_that_was_typed(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient, place: str, field: str, value: str
) -> None:
    before = await contents(stoa.service.pool)

    page = settings(merchant.shop, "collection", "locations", place)
    answer = await posting(owner, page, **(PLACE | {field: value}))

    assert answer.status_code == 422
    assert f'class="fault" id="{field}-said"' in answer.text
    for name in PLACE.keys() - {field}:
        assert f'value="{PLACE[name]}"' in answer.text
    assert await contents(stoa.service.pool) == before


async def test_a_shop_has_a_hundred_places_at_most(
    stoa: Stoa, merchant: Merchant, owner: httpx.AsyncClient
) -> None:
    many = tuple(PickupLocation(id=f"{n:010}", **PLACE) for n in range(MOST_LOCATIONS))
    await stoa.service.shops.change(merchant.shop.id, locations=many)

    answer = await posting(owner, settings(merchant.shop, "collection", "locations", "new"), **PLACE)

    assert (answer.status_code, "at most 100 places" in text_of(answer)) == (409, True)
    assert 'value="Κορίνθου"' in answer.text
    assert (await as_it_is(stoa, merchant.shop)).locations == many
