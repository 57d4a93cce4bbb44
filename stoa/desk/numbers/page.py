"""The page of numbers: today in tiles, and the last days as charts, each with its table."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from statistics import median_low

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.entry import BASE, Desk
from stoa.desk.numbers.charts import (
    Chart,
    Series,
    Writing,
    folded,
    highest_stack,
    highest_value,
    line,
    minutes_scale,
    scale_of,
    stacked_bars,
)
from stoa.desk.rendering import page, say, span_text
from stoa.languages import locale_of, money
from stoa.store.numbers import LAST_MESSAGES, MOST_COUNTED, Day, LastDays, Numbers, Sales, WebhookHealth
from stoa.web.routing import Endpoint, get

NUMBERS = f"{BASE}/{{shop_id:int}}/numbers"

HUNDRED = 100
"""Cents in a whole one."""

HOUR_MINUTES, DAY_MINUTES = 60, 1440

NONE = "–"
"""Stands where there is no value."""

ALMOST_ALL = 0.95
"""Of webhooks; where fewer arrive, somebody should look."""


class Tile(Struct, frozen=True, kw_only=True):
    """A number of today, what it is compared with, and how much it differs; ``look`` is a badge's."""

    title: str
    value: str
    beside: str
    change: str = ""
    look: str = ""


class Figure(Struct, frozen=True, kw_only=True):
    """A chart, what is to be known about it, and its table: the newest day first. Several series have a legend."""

    key: str
    title: str
    note: str
    drawing: str
    names: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


class EndpointRow(Struct, frozen=True, kw_only=True):
    """How the latest messages to a kind of endpoint arrive, in words."""

    kind: str
    messages: str
    arrived: str
    given_up: str
    answered: str
    answer_time: str
    look: str


class Wording(Struct, frozen=True):
    """How numbers are written for a reader, in a language and the shop's currency."""

    language: str
    currency: str

    @property
    def counts(self) -> Writing:
        return Writing(value=self.count, tick=self.brief, day=self.day)

    @property
    def amounts(self) -> Writing:
        """Cents. The scale is without the currency, which stands above it."""
        return Writing(value=self.money, tick=lambda cents: self.brief(cents / HUNDRED), day=self.day)

    @property
    def shares(self) -> Writing:
        return Writing(value=self.share, tick=self.share, day=self.day)

    @property
    def minutes(self) -> Writing:
        return Writing(
            value=lambda minutes: self.time(timedelta(minutes=minutes)), tick=self.brief_minutes, day=self.day
        )

    def say(self, text: str, **parts: object) -> str:
        return say(self.language, text, **parts)

    def day(self, day: date) -> str:
        return _day_text(day, self.language)

    def count(self, number: float) -> str:
        return _count_text(number, self.language)

    def money(self, cents: float) -> str:
        return money(round(cents), self.currency, self.language)

    def share(self, share: float | None) -> str:
        """Of one, as percent with at most one decimal."""
        return NONE if share is None else _share_text(round(share, 3), self.language)

    def change(self, share: float) -> str:
        """How much more or less, in whole percent."""
        sign = "+" if share > 0 else "\N{MINUS SIGN}" if share < 0 else "±"
        return sign + str(format_percent(abs(share), locale=self._locale))

    def time(self, span: timedelta | None) -> str:
        return NONE if span is None else span_text(self.language, span)

    def brief(self, number: float) -> str:
        return str(format_compact_decimal(number, locale=self._locale, fraction_digits=1))

    def brief_minutes(self, minutes: float) -> str:
        if minutes and minutes % DAY_MINUTES == 0:
            return self.say("{days} d", days=self.brief(minutes / DAY_MINUTES))
        if minutes and minutes % HOUR_MINUTES == 0:
            return self.say("{hours} h", hours=self.brief(minutes / HOUR_MINUTES))
        return self.say("{minutes} min", minutes=self.brief(minutes))

    @property
    def _locale(self) -> Locale:
        return locale_of(self.language)


# A text takes Babel some 50 µs, and the page has a thousand. It says most of them twice, and again when it is reloaded.
_kept = lru_cache(maxsize=10_000)


@_kept
def _day_text(day: date, language: str) -> str:
    return str(format_skeleton("MMMd", day, locale=locale_of(language)))


@_kept
def _count_text(number: float, language: str) -> str:
    return str(format_decimal(number, locale=locale_of(language)))


@_kept
def _share_text(share: float, language: str) -> str:
    return str(format_percent(share, locale=locale_of(language), decimal_quantization=False))


class NumbersPage:
    def __init__(self, desk: Desk) -> None:
        self._clock = desk.service.clock
        self._numbers = Numbers(desk.service.pool)
        self._door = desk.door

    async def show(self, request: Request, shop_id: int) -> Response:
        """What a shop earns is its owner's business only. Raises SignInNeeded or Fault."""
        visit, shop = await self._door.shop(request, shop_id, owner=True)
        last, webhooks = await asyncio.gather(
            self._numbers.last_days(shop, self._clock()), self._numbers.webhooks(shop.id)
        )
        wording = Wording(visit.language, shop.currency)
        return page(
            "numbers.html",
            visit,
            here="numbers",
            tiles=tiles_of(last, webhooks, wording),
            figures=figures_of(last, wording),
            has_orders=last.sales.orders > 0,
            endpoints=endpoint_rows(webhooks, wording),
            backlog=_backlog(webhooks, wording),
            last_messages=LAST_MESSAGES,
        )


def tiles_of(last: LastDays, webhooks: WebhookHealth, wording: Wording) -> list[Tile]:
    """Today, compared with what is usual."""
    return [
        _orders_tile(last, wording),
        _revenue_tile(last, wording),
        _accepted_tile(last, wording),
        _time_tile(last, wording),
        _late_tile(last.sales, wording),
        _webhooks_tile(webhooks, wording),
    ]


def _orders_tile(last: LastDays, wording: Wording) -> Tile:
    now, then = last.today.sales.orders, last.week_ago.orders
    return _compared_tile(wording, wording.say("Orders today"), now, then, wording.count)


def _revenue_tile(last: LastDays, wording: Wording) -> Tile:
    now, then = last.today.sales.revenue_cents, last.week_ago.revenue_cents
    return _compared_tile(wording, wording.say("Revenue today"), now, then, wording.money)


def _compared_tile(
    wording: Wording, title: str, now: int, then: int, written: Callable[[float], str]
) -> Tile:
    change = (now - then) / then if then else 0
    return Tile(
        title=title,
        value=written(now),
        beside=wording.say("A week ago by this time: {value}", value=written(then)),
        change=wording.change(change) if then else "",
        look="done" if change > 0 else "todo" if change < 0 else "",
    )


def _accepted_tile(last: LastDays, wording: Wording) -> Tile:
    return Tile(
        title=wording.say("Accepted today"),
        value=wording.share(last.today.sales.acceptance_rate),
        beside=wording.say("In 30 days: {value}", value=wording.share(last.sales.acceptance_rate)),
    )


def _time_tile(last: LastDays, wording: Wording) -> Tile:
    times = [day.time_to_accept for day in last.days if day.time_to_accept is not None]
    return Tile(
        title=wording.say("Time to accept today"),
        value=wording.time(last.today.time_to_accept),
        beside=wording.say(
            "On a usual day: {value}", value=wording.time(median_low(times) if times else None)
        ),
    )


def _late_tile(sales: Sales, wording: Wording) -> Tile:
    late = sales.dispatched_late / sales.dispatched if sales.dispatched else None
    return Tile(
        title=wording.say("Overdue now"),
        value=wording.count(sales.overdue),
        beside=wording.say("Of what left in 30 days, late: {value}", value=wording.share(late)),
        change=wording.say("to hand over") if sales.overdue else "",
        look="bad",
    )


def _webhooks_tile(webhooks: WebhookHealth, wording: Wording) -> Tile:
    delivered = sum(endpoint.delivered for endpoint in webhooks.endpoints)
    ended = delivered + sum(endpoint.dead for endpoint in webhooks.endpoints)
    arrived = delivered / ended if ended else None
    return Tile(
        title=wording.say("Webhooks that arrive"),
        value=wording.share(arrived),
        beside=_backlog(webhooks, wording),
        change=wording.say("look below") if _is_bad(arrived) else "",
        look="bad",
    )


def _is_bad(arrived: float | None) -> bool:
    return arrived is not None and arrived < ALMOST_ALL


def _backlog(webhooks: WebhookHealth, wording: Wording) -> str:
    return wording.say(
        "Waiting: {waiting}. Given up: {given_up}.",
        waiting=_up_to_most(webhooks.waiting, wording),
        given_up=_up_to_most(webhooks.given_up, wording),
    )


def _up_to_most(number: int, wording: Wording) -> str:
    return wording.count(number) if number <= MOST_COUNTED else f"{wording.count(MOST_COUNTED)}+"


def endpoint_rows(webhooks: WebhookHealth, wording: Wording) -> list[EndpointRow]:
    rows = []
    for endpoint in webhooks.endpoints:
        ended = endpoint.delivered + endpoint.dead
        arrived = endpoint.delivered / ended if ended else None
        answered = endpoint.answered / endpoint.requests if endpoint.requests else None
        row = EndpointRow(
            kind=endpoint.kind,
            messages=wording.count(endpoint.messages),
            arrived=wording.share(arrived),
            given_up=wording.count(endpoint.dead),
            answered=wording.share(answered),
            answer_time=NONE if endpoint.answer_ms is None else f"{wording.count(endpoint.answer_ms)} ms",
            look="bad" if _is_bad(arrived) else "done" if ended else "",
        )
        rows.append(row)
    return rows


def figures_of(last: LastDays, wording: Wording) -> list[Figure]:
    """The last days, drawn."""
    return [
        _orders_figure(last, wording),
        _revenue_figure(last, wording),
        _acceptance_figure(last, wording),
        _time_figure(last, wording),
        _late_figure(last, wording),
    ]


def _orders_figure(last: LastDays, wording: Wording) -> Figure:
    series = _by_channel(last.days, wording, lambda sales: sales.orders)
    chart = Chart(
        key="orders",
        title=wording.say("Orders by channel"),
        days=_dates(last),
        series=series,
        scale=scale_of(highest_stack(series)),
        writing=wording.counts,
    )
    return _figure(chart, stacked_bars(chart), wording.say("All that were placed; today is not over."))


def _revenue_figure(last: LastDays, wording: Wording) -> Figure:
    series = _by_channel(last.days, wording, lambda sales: sales.revenue_cents)
    chart = Chart(
        key="revenue",
        title=wording.say("Revenue by channel"),
        days=_dates(last),
        series=series,
        scale=scale_of(highest_stack(series), HUNDRED),
        writing=wording.amounts,
    )
    note = wording.say(
        "{currency}, with VAT and shipping, less refunds; without orders that came to nothing.",
        currency=wording.currency,
    )
    return _figure(chart, stacked_bars(chart), note)


def _acceptance_figure(last: LastDays, wording: Wording) -> Figure:
    chart = Chart(
        key="acceptance",
        title=wording.say("Acceptance rate"),
        days=_dates(last),
        series=[Series(wording.say("Accepted"), [day.sales.acceptance_rate for day in last.days])],
        scale=[0, 0.25, 0.5, 0.75, 1],
        writing=wording.shares,
    )
    return _figure(chart, line(chart), wording.say("Of the orders that were decided on."))


def _time_figure(last: LastDays, wording: Wording) -> Figure:
    series = [Series(wording.say("Time to accept"), [_minutes(day) for day in last.days])]
    chart = Chart(
        key="time",
        title=wording.say("Time to accept"),
        days=_dates(last),
        series=series,
        scale=minutes_scale(highest_value(series)),
        writing=wording.minutes,
    )
    return _figure(chart, line(chart), wording.say("Half of the accepted orders were accepted in this time."))


def _late_figure(last: LastDays, wording: Wording) -> Figure:
    series = [
        Series(wording.say("Left late"), [day.sales.dispatched_late for day in last.days]),
        Series(wording.say("Overdue now"), [day.sales.overdue for day in last.days]),
    ]
    chart = Chart(
        key="late",
        title=wording.say("Late dispatches"),
        days=_dates(last),
        series=series,
        scale=scale_of(highest_stack(series)),
        writing=wording.counts,
    )
    return _figure(chart, stacked_bars(chart), wording.say("The latest orders may still become late."))


def _figure(chart: Chart, drawing: str, note: str) -> Figure:
    return Figure(
        key=chart.key,
        title=chart.title,
        note=note,
        drawing=drawing,
        names=[one.name for one in chart.series],
        rows=[_row(chart, day) for day in reversed(range(len(chart.days)))],
    )


def _row(chart: Chart, day: int) -> tuple[str, Sequence[str]]:
    """A day's values in words."""
    values = [one.values[day] for one in chart.series]
    said = [NONE if value is None else chart.writing.value(value) for value in values]
    return chart.writing.day(chart.days[day]), said


def _by_channel(days: Sequence[Day], wording: Wording, value: Callable[[Sales], float]) -> list[Series]:
    """A series for each channel, those with most orders first, so that a channel has one colour in all charts."""
    series = [
        Series(channel, [value(day.by_channel.get(channel, Sales())) for day in days])
        for channel in _channels(days)
    ]
    return folded(series, wording.say("Other"))


def _channels(days: Sequence[Day]) -> list[str]:
    orders: dict[str, int] = {}
    for day in days:
        for channel, sales in day.by_channel.items():
            orders[channel] = orders.get(channel, 0) + sales.orders
    return sorted(orders, key=lambda channel: (-orders[channel], channel))


def _dates(last: LastDays) -> list[date]:
    return [day.date for day in last.days]


def _minutes(day: Day) -> float | None:
    return None if day.time_to_accept is None else day.time_to_accept / timedelta(minutes=1)


def number_routes(desk: Desk) -> list[Endpoint]:
    return [get(NUMBERS)(NumbersPage(desk).show)]
