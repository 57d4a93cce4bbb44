from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.orders.calendar import OFFERED, is_known_country, is_working_day, pickup_windows
from stoa.orders.order import PickupWindow
from stoa.orders.shop import Calendar, Shop, Slot
from tests.builders import ATHENS, HOUR, MINUTE, NOON, a_shop, in_athens

EVERY_DAY = Calendar(weekdays=frozenset(range(7)), holidays_of=None)


def locally(windows: tuple[PickupWindow, ...]) -> list[str]:
    return [
        f"{window.opens.astimezone(ATHENS):%a %d/%m %H:%M}-{window.closes.astimezone(ATHENS):%H:%M}"
        for window in windows
    ]


def first_day(shop: Shop, now: datetime) -> date:
    return pickup_windows(shop, now)[0].opens.astimezone(ATHENS).date()


def test_windows_are_those_of_the_marketplaces_own_example() -> None:
    windows = pickup_windows(a_shop(), in_athens(2021, 6, 24, 13, 8))

    assert locally(windows) == [
        "Thu 24/06 15:00-18:00",
        "Fri 25/06 10:00-12:00",
        "Fri 25/06 12:00-15:00",
        "Fri 25/06 15:00-18:00",
        "Mon 28/06 10:00-12:00",
    ]


def test_windows_are_told_in_utc_with_ids_in_their_order() -> None:
    windows = pickup_windows(a_shop(), NOON, first_id=6)

    assert [window.id for window in windows] == [6, 7, 8, 9, 10]
    assert {moment.tzinfo for window in windows for moment in (window.opens, window.closes)} == {UTC}


def test_a_window_that_begins_now_has_begun() -> None:
    assert pickup_windows(a_shop(), in_athens(2026, 3, 3, 12))[0].opens == in_athens(2026, 3, 3, 15)


def test_an_order_before_the_cut_off_may_be_collected_today() -> None:
    assert first_day(a_shop(), in_athens(2026, 3, 3, 13, 59)) == date(2026, 3, 3)


def test_an_order_from_the_cut_off_on_waits_for_the_next_working_day() -> None:
    assert first_day(a_shop(), in_athens(2026, 3, 3, 14)) == date(2026, 3, 4)


def test_an_order_after_fridays_cut_off_waits_for_monday() -> None:
    assert first_day(a_shop(), in_athens(2026, 3, 6, 14)) == date(2026, 3, 9)


def test_an_order_of_sunday_night_is_collected_on_monday() -> None:
    assert first_day(a_shop(), in_athens(2026, 3, 8, 23, 59)) == date(2026, 3, 9)


def test_the_cut_off_is_told_by_the_shops_own_clock() -> None:
    after_the_cut_off_in_athens = in_athens(2026, 3, 3, 14, 30)

    assert first_day(a_shop(zone="Europe/Lisbon"), after_the_cut_off_in_athens) == date(2026, 3, 3)


def test_the_day_is_that_of_the_shops_own_clock() -> None:
    wednesday_in_athens = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)

    assert first_day(a_shop(), wednesday_in_athens) == date(2026, 3, 4)


def test_the_same_slot_is_another_moment_in_another_zone() -> None:
    in_lisbon = pickup_windows(a_shop(zone="Europe/Lisbon"), in_athens(2026, 3, 3, 9))

    assert in_lisbon[0].opens == datetime(2026, 3, 3, 10, tzinfo=UTC)


def test_no_courier_comes_on_the_twenty_fifth_of_march() -> None:
    assert first_day(a_shop(), in_athens(2026, 3, 24, 15)) == date(2026, 3, 26)


def test_no_courier_comes_from_orthodox_good_friday_to_easter_monday() -> None:
    assert first_day(a_shop(), in_athens(2026, 4, 9, 15)) == date(2026, 4, 14)


@pytest.mark.parametrize(
    "easter_monday", [date(2024, 5, 6), date(2025, 4, 21), date(2026, 4, 13), date(2027, 5, 3)]
)
def test_easter_monday_is_the_orthodox_one(easter_monday: date) -> None:
    assert not is_working_day(Calendar(), easter_monday)


def test_western_easter_monday_is_an_ordinary_day_in_greece() -> None:
    assert is_working_day(Calendar(), date(2026, 4, 6))
    assert not is_working_day(Calendar(holidays_of="RO"), date(2026, 4, 13))


def test_a_shop_without_holidays_works_on_them() -> None:
    assert is_working_day(Calendar(holidays_of=None), date(2026, 3, 25))


def test_a_shop_may_be_closed_on_a_day_of_its_own() -> None:
    assert first_day(
        a_shop(calendar=Calendar(closed=frozenset({date(2026, 3, 4)}))), in_athens(2026, 3, 3, 15)
    ) == date(2026, 3, 5)


def test_a_shop_may_work_on_saturdays() -> None:
    with_saturdays = a_shop(calendar=Calendar(weekdays=frozenset(range(6))))

    assert first_day(with_saturdays, in_athens(2026, 3, 6, 15)) == date(2026, 3, 7)


def test_holidays_are_known_across_the_end_of_the_year() -> None:
    assert first_day(a_shop(), in_athens(2026, 12, 31, 15)) == date(2027, 1, 4)


@pytest.mark.parametrize(
    ("day", "opens_in_utc"),
    [(date(2026, 3, 27), 8), (date(2026, 3, 30), 7), (date(2026, 10, 23), 7), (date(2026, 10, 26), 8)],
)
def test_ten_in_the_morning_stays_ten_on_either_side_of_a_change_of_the_clocks(
    day: date, opens_in_utc: int
) -> None:
    the_evening_before = datetime(day.year, day.month, day.day, tzinfo=ATHENS) - 6 * HOUR

    windows = pickup_windows(a_shop(calendar=EVERY_DAY), the_evening_before)

    assert windows[0].opens == datetime(day.year, day.month, day.day, opens_in_utc, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 5), (date(2026, 10, 25), 7)])
def test_a_window_across_a_change_of_the_clocks_is_as_long_as_the_night_was(day: date, hours: int) -> None:
    by_night = a_shop(calendar=replace(EVERY_DAY, slots=(Slot(time(1), time(7)),), cut_off=time(23)))

    window = pickup_windows(by_night, datetime(day.year, day.month, day.day, tzinfo=ATHENS))[0]

    assert window.closes - window.opens == timedelta(hours=hours)


def test_in_the_hour_that_happens_twice_a_window_that_has_begun_is_not_offered() -> None:
    by_night = a_shop(calendar=replace(EVERY_DAY, slots=(Slot(time(3, 30), time(5)),), cut_off=time(23)))
    a_quarter_past_three_again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)

    assert pickup_windows(by_night, a_quarter_past_three_again)[0].opens > a_quarter_past_three_again


def test_the_earliest_slot_is_offered_first_however_they_are_listed() -> None:
    listed_backwards = a_shop(calendar=Calendar(slots=(Slot(time(15), time(18)), Slot(time(10), time(12)))))

    assert pickup_windows(listed_backwards, in_athens(2026, 3, 3, 9))[0].opens == in_athens(2026, 3, 3, 10)


def test_a_shop_that_never_works_offers_no_windows() -> None:
    assert pickup_windows(a_shop(calendar=Calendar(weekdays=frozenset())), NOON) == ()


def test_a_shop_without_slots_offers_no_windows() -> None:
    assert pickup_windows(a_shop(calendar=Calendar(slots=())), NOON) == ()


@given(minutes=st.integers(0, 3 * 365 * 24 * 60))
def test_windows_lie_ahead_in_order_and_on_working_days(minutes: int) -> None:
    now = NOON + minutes * MINUTE
    windows = pickup_windows(a_shop(), now)

    assert len(windows) == OFFERED
    assert now < windows[0].opens
    assert all(window.opens < window.closes for window in windows)
    assert all(one.closes <= other.opens for one, other in pairwise(windows))
    assert all(is_working_day(Calendar(), window.opens.astimezone(ATHENS).date()) for window in windows)


@pytest.mark.parametrize(
    ("code", "known"), [("GR", True), ("RO", True), ("GRC", False), ("XX", False), ("", False)]
)
def test_countries_are_known_by_their_two_letters(code: str, known: bool) -> None:  # noqa: FBT001
    assert is_known_country(code) is known
