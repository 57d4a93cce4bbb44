from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.webhooks.schedule import RetrySchedule

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(("tries", "gap"), [(1, 60), (2, 240), (3, 600)])
def test_the_gaps_grow(tries: int, gap: int) -> None:
    assert RetrySchedule().due_after(tries, NOON, 0) == NOON + timedelta(seconds=gap)


def test_the_fourth_failure_is_the_last() -> None:
    assert RetrySchedule().due_after(4, NOON, 0) is None


@given(st.integers(1, 3), st.floats(0, 1, exclude_max=True))
def test_jitter_lengthens_a_gap_by_a_fifth_at_most(tries: int, jitter: float) -> None:
    schedule = RetrySchedule()
    due, exact = schedule.due_after(tries, NOON, jitter), schedule.due_after(tries, NOON, 0)

    assert due is not None
    assert exact is not None
    assert exact <= due <= NOON + (exact - NOON) * 1.2


def test_four_requests_fit_into_20_minutes_even_with_the_worst_jitter_and_timeouts() -> None:
    timeout = timedelta(seconds=10)
    now: datetime | None = NOON
    for tries in range(1, 5):
        assert now is not None
        ended = now + timeout
        now = RetrySchedule().due_after(tries, ended, 0.999)

    assert now is None
    assert ended - NOON < timedelta(minutes=20)


@pytest.mark.parametrize(
    ("text", "gaps"), [("60,240,600", (60, 240, 600)), (" 1 , 2 ", (1, 2)), ("5", (5,)), ("", ())]
)
def test_the_schedule_is_read_from_the_setting(text: str, gaps: tuple[int, ...]) -> None:
    assert RetrySchedule.parse(text) == RetrySchedule(gaps)


@pytest.mark.parametrize(
    "text", ["soon", "60,,600", "60;240", "0", "-1", "1.5", "60,", "9999999", "²", ",".join(["1"] * 21)]
)
def test_nonsense_is_refused_with_a_sentence_that_names_the_setting(text: str) -> None:
    with pytest.raises(ValueError, match=r"^STOA_WEBHOOK_RETRIES must be .*\.$"):
        RetrySchedule.parse(text)
