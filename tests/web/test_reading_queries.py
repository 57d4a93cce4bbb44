from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.web.moments import as_utc
from stoa.web.queries import BIGGEST, moment, one_of, whole_number

NOON = datetime(2026, 3, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-03T12:00:00+02:00",
        "2026-03-03T12:00:00 02:00",
        "2026-03-03T10:00:00Z",
        "2026-03-03T10:00:00",
        "2026-03-03 10:00:00",
        "20260303T100000Z",
    ],
)
def test_a_moment_is_read_in_every_usual_form(text: str) -> None:
    assert moment(text) == NOON
    assert moment(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noon",
        "2026-02-30",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+12:00",
        "٢٠٢٦-٠٣-٠٣",
        "\ud800",
    ],
)
def test_what_is_no_moment_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match="Must"):
        moment(text)


OFFSETS = st.timedeltas(min_value=timedelta(hours=-23), max_value=timedelta(hours=23)).map(timezone)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=st.one_of(st.none(), OFFSETS)))  # noqa: DTZ001
def test_a_moment_becomes_the_same_moment_in_utc(read: datetime) -> None:
    assert as_utc(read) == (read if read.tzinfo else read.replace(tzinfo=UTC))
    assert as_utc(read).tzinfo is UTC


@given(
    st.datetimes(max_value=datetime(1969, 12, 30), timezones=OFFSETS)  # noqa: DTZ001
    | st.datetimes(min_value=datetime(3000, 1, 2), timezones=OFFSETS)  # noqa: DTZ001
)
def test_a_moment_that_no_calendar_of_ours_has_is_refused(read: datetime) -> None:
    with pytest.raises(ValueError, match="Must lie in the years 1970 to 2999"):
        as_utc(read)


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("007", 7), ("100", 100)])
def test_a_whole_number_within_its_bounds_is_read(text: str, number: int) -> None:
    assert whole_number(1, 100)(text) == number


@pytest.mark.parametrize(
    "text", ["", "0", "101", "-1", "+1", "1.0", "1e1", " 1", "1_0", "٣", "²", "9" * 5000, "0" * 5000]
)
def test_any_other_number_is_refused_with_its_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="Must be a whole number from 1 to 100"):
        whole_number(1, 100)(text)


def test_the_biggest_number_is_what_a_database_holds() -> None:
    assert whole_number(1, BIGGEST)(str(BIGGEST)) == 2**63 - 1
    with pytest.raises(ValueError, match="Must"):
        whole_number(1, BIGGEST)(str(2**63))


def test_one_of_several_words_is_read_and_no_other() -> None:
    assert one_of({"open": 1, "closed": 2})("closed") == 2
    with pytest.raises(ValueError, match="Must be one of open, closed"):
        one_of({"open": 1, "closed": 2})("Closed")
