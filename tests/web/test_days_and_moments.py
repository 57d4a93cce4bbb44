"""Days and moments from outside, in the zone of who asks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.web.moments import ONE_SECOND, Span, day_or_moment

ATHENS = "Europe/Athens"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-01-31", "2026-01-30T22:00:00", "2026-01-31T22:00:00"),
        ("2026-07-31", "2026-07-30T21:00:00", "2026-07-31T21:00:00"),
        # The clocks change on these days: 23 and 25 hours.
        ("2026-03-29", "2026-03-28T22:00:00", "2026-03-29T21:00:00"),
        ("2026-10-25", "2026-10-24T21:00:00", "2026-10-25T22:00:00"),
        ("20260131", "2026-01-30T22:00:00", "2026-01-31T22:00:00"),
        ("2999-12-31", "2999-12-30T22:00:00", "2999-12-31T22:00:00"),
    ],
)
def test_a_day_is_all_of_it_in_the_zone(text: str, begins: str, ends: str) -> None:
    assert day_or_moment(text, ATHENS) == Span(at(begins), at(ends))


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-03T12:00:00",
        "2026-03-03 12:00:00",
        "2026-03-03T12:00",
        "2026-03-03T12",
        "2026-03-03T10:00:00Z",
        "2026-03-03T12:00:00+02:00",
        "2026-03-03T12:00:00 02:00",
        "2026-03-03 12:00:00+02:00",
        "2026-03-03 12:00:00 02:00",
        "2026-03-03T05:00:00-05:00",
        "20260303T120000",
    ],
)
def test_a_moment_is_its_second_in_every_usual_form(text: str) -> None:
    noon = at("2026-03-03T10:00:00")

    assert day_or_moment(text, ATHENS) == Span(noon, noon + ONE_SECOND)
    assert day_or_moment(text, ATHENS).begins.tzinfo is UTC


def test_a_fraction_of_a_second_is_kept() -> None:
    begins = day_or_moment("2026-03-03T12:00:00.250", ATHENS).begins

    assert begins == at("2026-03-03T10:00:00.250")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "noon",
        "2026-02-30",
        "2026-03",
        "1772700000",
        "2026-03-03T25:00",
        "03/03/2026",
        "٢٠٢٦-٠٣-٠٣",
        "\ud800",
    ],
)
def test_what_is_no_day_and_no_moment_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"Must be a day or a moment, such as 2026-01-31 or "):
        day_or_moment(text, ATHENS)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01",
        "1969-12-31",
        "3000-01-02",
        "9999-12-31",
        "0001-01-01T00:00:00+12:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_a_year_that_nobody_means_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match="Must lie in the years 1970 to 2999"):
        day_or_moment(text, ATHENS)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30)))  # noqa: DTZ001 - what has no offset is meant
def test_a_moment_lies_in_its_day(moment: datetime) -> None:
    day = day_or_moment(moment.date().isoformat(), ATHENS)
    second = day_or_moment(moment.isoformat(), ATHENS)

    assert day.begins <= second.begins < day.ends
    assert timedelta(hours=22) < day.ends - day.begins < timedelta(hours=26)
