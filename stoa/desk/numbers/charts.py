"""Charts as SVG text, drawn on the server: one value per day, stacked bars or a line. Pure.

A chart is an image to a screen reader, named by its title; whoever shows it shows its table, too. All looks come from
classes (``static/charts.css``), since the pages allow no inline styles. The drawing is ``WIDTH`` units wide and is
scaled to the place it gets; where that is narrow the texts are made larger, and there is room for that.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import chain, count, groupby, islice
from math import ceil
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

WIDTH, HEIGHT = 480.0, 224.0

TOP, BOTTOM = 20.0, 190.0
"""Between these lies the plot; the days stand below."""

LETTER = 11.5
"""The width of a letter where texts are largest."""

DAY_ROOM = 88.0
"""How far apart days must be named so that none overlaps the next."""

HALF_A_WEEK = 4

WIDEST_BAR = 26.0

MOST_SERIES = 5
"""More colours than these nobody tells apart."""

MOST_STEPS = 4
"""So many steps lead to the top of the scale, at most."""

MINUTE_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440)
"""Where a scale of minutes has its steps, up to a day."""


class Series(Struct, frozen=True):
    """A name and its values, one for each day; None where there is none. What is below zero is not drawn."""

    name: str
    values: Sequence[float | None]


class Writing(Struct, frozen=True, kw_only=True):
    """How a chart's values are said: in a tip or a table, in brief beside the scale; and its days."""

    value: Callable[[float], str]
    tick: Callable[[float], str]
    day: Callable[[date], str]


class Chart(Struct, frozen=True, kw_only=True, dict=True):
    """What is drawn. ``key`` is unique on the page; ``scale`` goes from zero to at least the highest value."""

    key: str
    title: str
    days: Sequence[date]
    series: Sequence[Series]
    scale: Sequence[float]
    writing: Writing

    @cached_property
    def left(self) -> float:
        """Where the plot begins: the scale's texts stand before it."""
        return min(max(len(self.writing.tick(tick)) for tick in self.scale) * LETTER + 10, WIDTH / 3)

    @property
    def slot(self) -> float:
        """The width that each day has."""
        return (WIDTH - self.left) / max(len(self.days), 1)

    def x(self, day: int) -> float:
        """The middle of a day."""
        return self.left + self.slot * (day + 0.5)

    def y(self, value: float) -> float:
        """The height of a value; no higher than the scale goes."""
        return BOTTOM - (BOTTOM - TOP) * min(max(value / self.scale[-1], 0), 1)


def folded(series: Sequence[Series], rest: str) -> list[Series]:
    """The first series; the others together as the ``rest``, where they are too many."""
    if len(series) <= MOST_SERIES:
        return list(series)
    kept, others = series[: MOST_SERIES - 1], series[MOST_SERIES - 1 :]
    together = zip(*(one.values for one in others), strict=True)
    return [*kept, Series(rest, [sum(value or 0 for value in values) for values in together])]


def scale_of(highest: float, least: float = 1) -> list[float]:
    """Round numbers from zero until the highest value has room: steps of 1, 2 or 5 times a power of ten times ``least``."""
    return _scale(highest, (least * factor * 10**power for power in count() for factor in (1, 2, 5)))


def minutes_scale(highest: float) -> list[float]:
    """The same for minutes: steps that clocks know, then whole days."""
    days = (1440 * factor * 10**power for power in count() for factor in (2, 5, 10))
    return _scale(highest, chain(MINUTE_STEPS, days))


def _scale(highest: float, steps: Iterator[float]) -> list[float]:
    step = next(step for step in steps if highest <= step * MOST_STEPS)
    return [step * n for n in range(max(ceil(highest / step), 1) + 1)]


def highest_stack(series: Sequence[Series]) -> float:
    """The largest sum that a day has."""
    return max((sum(value or 0 for value in values) for values in _by_day(series)), default=0)


def highest_value(series: Sequence[Series]) -> float:
    return max((value or 0 for one in series for value in one.values), default=0)


def stacked_bars(chart: Chart) -> str:
    """A bar for each day, its series one upon the other, the first at the bottom."""
    drawing = _frame(chart)
    width = min(chart.slot * 0.76, WIDEST_BAR)
    for day, values in enumerate(_by_day(chart.series)):
        _draw_stack(drawing, chart, chart.x(day) - width / 2, width, values)
    _add_tips(drawing, chart)
    return _text_of(drawing)


def line(chart: Chart) -> str:
    """A line through the values of the first series, and the area below it; interrupted where a day has none."""
    drawing = _frame(chart)
    points = [
        None if value is None else (chart.x(day), chart.y(value))
        for day, value in enumerate(chart.series[0].values)
    ]
    for is_known, run in groupby(points, key=lambda point: point is not None):
        if is_known:
            _draw_run(drawing, [point for point in run if point])
    _add_tips(drawing, chart)
    return _text_of(drawing)


def _by_day(series: Sequence[Series]) -> list[tuple[float | None, ...]]:
    return list(zip(*(one.values for one in series), strict=True))


def _frame(chart: Chart) -> Element:
    """The drawing with its title, its scale and its days."""
    title_id = f"{chart.key}-title"
    drawing = Element("svg", {"class": "chart", "role": "img", "aria-labelledby": title_id})
    drawing.set("viewBox", f"0 0 {WIDTH:g} {HEIGHT:g}")
    SubElement(drawing, "title", {"id": title_id}).text = chart.title
    for n, tick in enumerate(chart.scale):
        _draw_tick(drawing, chart, tick, "base" if n == 0 else "grid")
    for day in _named_days(chart):
        _draw_day(drawing, chart, day)
    return drawing


def _draw_tick(drawing: Element, chart: Chart, tick: float, look: str) -> None:
    y = chart.y(tick)
    _add(drawing, "line", {"class": look}, x1=chart.left, y1=y, x2=WIDTH, y2=y)
    text = _add(drawing, "text", {"class": "tick", "text-anchor": "end"}, x=chart.left - 6, y=y + 4)
    text.text = chart.writing.tick(tick)


def _named_days(chart: Chart) -> Iterator[int]:
    """Today, and days before it that are far enough apart; by whole weeks where there is room for weeks."""
    apart = ceil(DAY_ROOM / chart.slot)
    if apart > HALF_A_WEEK:
        apart = ceil(apart / 7) * 7
    return islice(reversed(range(len(chart.days))), 0, None, apart)


def _draw_day(drawing: Element, chart: Chart, day: int) -> None:
    # The last day's name would stick out on the right.
    is_at_edge = chart.x(day) + DAY_ROOM / 2 > WIDTH
    anchor, x = ("end", WIDTH) if is_at_edge else ("middle", chart.x(day))
    text = _add(drawing, "text", {"class": "tick", "text-anchor": anchor}, x=x, y=BOTTOM + 26)
    text.text = chart.writing.day(chart.days[day])


def _draw_stack(
    drawing: Element, chart: Chart, x: float, width: float, values: Sequence[float | None]
) -> None:
    below = 0.0
    for n, value in enumerate(values, start=1):
        if value is None or value <= 0:
            continue
        bottom, top = chart.y(below), chart.y(below + value)
        _add(drawing, "rect", {"class": f"series-{n}"}, x=x, y=top, width=width, height=bottom - top)
        below += value


def _draw_run(drawing: Element, points: Sequence[tuple[float, float]]) -> None:
    """Days one after the other; a single one is a dot."""
    path = "L".join(f"{_rounded(x)} {_rounded(y)}" for x, y in points)
    first, last = _rounded(points[0][0]), _rounded(points[-1][0])
    SubElement(drawing, "path", {"class": "area", "d": f"M{path}L{last} {BOTTOM:g}L{first} {BOTTOM:g}Z"})
    SubElement(drawing, "path", {"class": "line", "d": f"M{path}"})
    _add(drawing, "circle", {"class": "dot"}, cx=points[-1][0], cy=points[-1][1], r=3.5)


def _add_tips(drawing: Element, chart: Chart) -> None:
    """What a day's values are, for a mouse that rests on it."""
    for day in range(len(chart.days)):
        place = _add(
            drawing,
            "rect",
            {"class": "tip"},
            x=chart.left + chart.slot * day,
            y=TOP,
            width=chart.slot,
            height=BOTTOM - TOP,
        )
        SubElement(place, "title").text = _tip(chart, day)


def _tip(chart: Chart, day: int) -> str:
    values = [(one.name, one.values[day]) for one in chart.series]
    said = [f"{name}: {chart.writing.value(value)}" for name, value in values if value is not None]
    return "\n".join([chart.writing.day(chart.days[day]), *said])


def _add(parent: Element, tag: str, attributes: dict[str, str], **numbers: float) -> Element:
    return SubElement(parent, tag, attributes | {name: _rounded(number) for name, number in numbers.items()})


def _rounded(number: float) -> str:
    return f"{round(number, 2):g}"


def _text_of(drawing: Element) -> str:
    return tostring(drawing, encoding="unicode")
