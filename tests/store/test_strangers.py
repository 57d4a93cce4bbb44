import asyncio
from datetime import datetime, timedelta

import pytest

from stoa.store.database import Pool
from stoa.store.shops import Shops, Stranger, Token
from stoa.store.strangers import BLOCKED_FOR, KEPT, MOST_FAILURES, WITHIN, Blocked, Strangers, Visit
from tests.builders import NOON, a_shop

SECOND = timedelta(seconds=1)
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def strangers(pool: Pool) -> Strangers:
    return Strangers(pool)


async def failing(strangers: Strangers, times: int, *, at: datetime = NOON, address: str = HERE) -> None:
    """Failures, none of which finds the address blocked."""
    for _ in range(times):
        await strangers.count_failure(Visit(address, at))


async def blocked_until(strangers: Strangers, *, at: datetime, address: str = HERE) -> datetime | None:
    try:
        await strangers.check(Visit(address, at))
    except Blocked as blocked:
        return blocked.until
    return None


async def test_ten_failures_block_an_address_for_ten_minutes(strangers: Strangers) -> None:
    await failing(strangers, 9)
    assert await blocked_until(strangers, at=NOON) is None
    await failing(strangers, 1)

    end = NOON + timedelta(minutes=10)
    assert await blocked_until(strangers, at=NOON) == end
    assert await blocked_until(strangers, at=end - SECOND) == end
    assert await blocked_until(strangers, at=end) is None
    assert await blocked_until(strangers, at=NOON, address=ELSEWHERE) is None


async def test_a_failure_while_blocked_is_told_so_and_prolongs_nothing(strangers: Strangers) -> None:
    await failing(strangers, MOST_FAILURES)

    for minute in range(10):
        with pytest.raises(Blocked) as refused:
            await strangers.count_failure(Visit(HERE, NOON + timedelta(minutes=minute)))
        assert refused.value.until == NOON + BLOCKED_FOR
    assert await blocked_until(strangers, at=NOON + BLOCKED_FOR) is None


async def test_after_a_block_counting_begins_anew(strangers: Strangers) -> None:
    await failing(strangers, MOST_FAILURES)
    later = NOON + BLOCKED_FOR

    await failing(strangers, MOST_FAILURES - 1, at=later)
    assert await blocked_until(strangers, at=later) is None
    await failing(strangers, 1, at=later)
    assert await blocked_until(strangers, at=later) == later + BLOCKED_FOR


async def test_failures_that_lie_far_apart_block_nobody(strangers: Strangers) -> None:
    await failing(strangers, MOST_FAILURES - 1)
    await failing(strangers, MOST_FAILURES - 1, at=NOON + WITHIN)
    assert await blocked_until(strangers, at=NOON + WITHIN) is None

    await failing(strangers, 1, at=NOON + 2 * WITHIN - SECOND)
    assert await blocked_until(strangers, at=NOON + 2 * WITHIN - SECOND) is not None


async def test_failures_at_the_same_time_are_all_counted(strangers: Strangers, pool: Pool) -> None:
    outcomes = await asyncio.gather(*(failing(strangers, 1) for _ in range(20)), return_exceptions=True)

    assert await pool.fetchval("SELECT failures FROM strangers") == 20
    assert [type(outcome) for outcome in outcomes].count(Blocked) == 20 - MOST_FAILURES
    assert outcomes.count(None) == MOST_FAILURES


async def test_a_blocked_address_is_refused_with_the_right_token_too_and_only_where_it_is_given(
    strangers: Strangers, pool: Pool
) -> None:
    shops = Shops(pool)
    shop = await shops.add(a_shop(), NOON)
    token = await shops.issue(shop.id, "skroutz", NOON)
    await failing(strangers, MOST_FAILURES)

    with pytest.raises(Blocked) as refused:
        await shops.caller(token, "skroutz", None, Visit(HERE, NOON))
    assert refused.value.until == NOON + BLOCKED_FOR
    assert (await shops.caller(token, "skroutz", None, Visit(ELSEWHERE, NOON))).shop == shop
    assert (await shops.caller(token, "skroutz", None, Visit(HERE, NOON + BLOCKED_FOR))).shop == shop
    assert (await shops.caller(token, "skroutz")).shop == shop


async def test_a_blocked_address_does_not_learn_which_secret_is_right(
    strangers: Strangers, pool: Pool
) -> None:
    shops = Shops(pool)
    shop = await shops.add(a_shop(), NOON)
    token = await shops.issue(shop.id, "skroutz", NOON)
    await failing(strangers, MOST_FAILURES)

    for wrong in (Token(token.prefix, shop.id, "guessed"), Token(token.prefix, 99, token.secret)):
        with pytest.raises(Stranger):
            await shops.caller(wrong, "skroutz", None, Visit(HERE, NOON))
        with pytest.raises(Blocked):
            await strangers.count_failure(Visit(HERE, NOON))


async def test_strangers_are_forgotten_after_a_day(strangers: Strangers, pool: Pool) -> None:
    await failing(strangers, 1)
    await failing(strangers, 1, at=NOON + SECOND, address=ELSEWHERE)

    await strangers.forget(NOON + KEPT)
    assert await pool.fetchval("SELECT count(*) FROM strangers") == 2
    await strangers.forget(NOON + KEPT + SECOND)
    assert [row["address"] for row in await pool.fetch("SELECT address FROM strangers")] == [ELSEWHERE]
