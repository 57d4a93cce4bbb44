"""Charts: well-formed, inside their frame, and readable, whatever the numbers are."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise
from math import isfinite
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stoa.desk.numbers.charts import (
    HEIGHT,
    MOST_SERIES,
    WIDTH,
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

FIRST = date(2026, 10, 23)

PLAIN = Writing(value=lambda value: f"{value:g}", tick=lambda value: f"{value:g}", day=date.isoformat)

DRAWINGS: list[Callable[[Chart], str]] = [stacked_bars, line]


def a_chart(*series: Series, days: int | None = None, **what_matters: Any) -> Chart:
    length = len(series[0].values) if days is None else days
    made_up: dict[str, Any] = {
        "key": "orders",
        "title": "Orders by channel",
        "days": [FIRST + timedelta(days=n) for n in range(length)],
        "series": series,
        "scale": scale_of(max(highest_stack(series), highest_value(series))),
        "writing": PLAIN,
    }
    return Chart(**(made_up | what_matters))


def bars(drawing: str) -> list[dict[str, str]]:
    return [rect for rect in attributes(drawing, "rect") if rect["class"] != "tip"]


def attributes(drawing: str, tag: str) -> list[dict[str, str]]:
    return [element.attrib for element in ET.fromstring(drawing).iter(tag)]


def texts(drawing: str, tag: str = "text") -> list[str | None]:
    return [element.text for element in ET.fromstring(drawing).iter(tag)]


def points(drawing: str) -> Iterator[tuple[float, float]]:
    """Every place that a drawing names."""
    for at in attributes(drawing, "rect"):
        x, y = float(at["x"]), float(at["y"])
        yield from ((x, y), (x + float(at["width"]), y + float(at["height"])))
    for at in attributes(drawing, "line"):
        yield from ((float(at[f"x{n}"]), float(at[f"y{n}"])) for n in (1, 2))
    for at in attributes(drawing, "text"):
        yield float(at["x"]), float(at["y"])
    for at in attributes(drawing, "circle"):
        yield float(at["cx"]), float(at["cy"])
    for at in attributes(drawing, "path"):
        numbers = [float(number) for number in re.findall(r"[^MLZ ]+", at["d"])]
        yield from zip(numbers[::2], numbers[1::2], strict=True)


# What a shop may call things, and how much of them there may be.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50)
VALUES = st.none() | st.just(0) | st.floats(0, 1e15) | st.integers(0, 10**14)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    days = draw(st.integers(1, 40))
    column = st.lists(VALUES, min_size=days, max_size=days)
    series = draw(st.lists(st.builds(Series, NAMES, column), min_size=1, max_size=12))
    return a_chart(*folded(series, "Other"), title=draw(NAMES))


@pytest.mark.parametrize("draw", DRAWINGS)
@settings(max_examples=40, deadline=None)
@given(chart=charts())
def test_whatever_the_values_are_a_drawing_stays_inside_its_frame(
    draw: Callable[[Chart], str], chart: Chart
) -> None:
    for x, y in points(draw(chart)):
        assert isfinite(x)
        assert isfinite(y)
        assert -0.01 <= x <= WIDTH + 0.02
        assert -0.01 <= y <= HEIGHT


@pytest.mark.parametrize("draw", DRAWINGS)
@settings(max_examples=20, deadline=None)
@given(chart=charts())
def test_nothing_in_a_drawing_needs_inline_styles_or_scripts(
    draw: Callable[[Chart], str], chart: Chart
) -> None:
    for element in ET.fromstring(draw(chart)).iter():
        assert element.tag in {"svg", "title", "line", "text", "rect", "path", "circle"}
        assert not {name for name in element.attrib if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("draw", DRAWINGS)
def test_markup_in_a_name_is_text(draw: Callable[[Chart], str]) -> None:
    drawing = draw(a_chart(Series("<script>alert(1)</script>", [1]), title='"><b>&'))

    assert "<script" not in drawing
    assert texts(drawing, "title") == ['"><b>&', "2026-10-23\n<script>alert(1)</script>: 1"]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_drawing_is_an_image_named_by_its_title(draw: Callable[[Chart], str]) -> None:
    drawing = ET.fromstring(draw(a_chart(Series("skroutz", [1, 2]))))

    assert drawing.attrib["role"] == "img"
    assert drawing[0].attrib["id"] == drawing.attrib["aria-labelledby"] == "orders-title"
    assert drawing[0].text == "Orders by channel"


def test_a_bar_is_as_high_as_its_value() -> None:
    one, two, five = bars(stacked_bars(a_chart(Series("skroutz", [1, 2, 5]))))

    assert float(two["height"]) == pytest.approx(2 * float(one["height"]), abs=0.05)
    assert float(five["height"]) == pytest.approx(5 * float(one["height"]), abs=0.05)


def test_series_stand_upon_each_other_in_their_order() -> None:
    lower, upper = bars(stacked_bars(a_chart(Series("skroutz", [3]), Series("shopflix", [2]))))

    assert (lower["class"], upper["class"]) == ("series-1", "series-2")
    assert float(upper["y"]) + float(upper["height"]) == pytest.approx(float(lower["y"]), abs=0.02)


@pytest.mark.parametrize("values", [[0, 0, 0], [None, None, None]])
def test_where_there_is_nothing_nothing_is_drawn(values: list[float | None]) -> None:
    assert bars(stacked_bars(a_chart(Series("skroutz", values)))) == []


def test_a_chart_without_series_still_has_its_days_and_its_scale() -> None:
    drawing = stacked_bars(a_chart(days=30))

    assert bars(drawing) == []
    assert texts(drawing)[:2] == ["0", "1"]


def test_a_line_is_interrupted_where_a_day_has_no_value() -> None:
    drawing = line(a_chart(Series("Accepted", [1, 2, None, 3])))

    lines = [at["d"] for at in attributes(drawing, "path") if at["class"] == "line"]
    assert [path.count("L") for path in lines] == [1, 0]
    assert len(attributes(drawing, "circle")) == 2


def test_each_day_says_its_values_to_a_mouse_that_rests_on_it() -> None:
    drawing = stacked_bars(a_chart(Series("skroutz", [1, None]), Series("shopflix", [2, 3])))

    assert texts(drawing, "title")[1:] == ["2026-10-23\nskroutz: 1\nshopflix: 2", "2026-10-24\nshopflix: 3"]


def test_a_month_names_its_last_day_and_whole_weeks_before_it() -> None:
    drawing = stacked_bars(a_chart(Series("skroutz", [1] * 30)))

    named = [text for text in texts(drawing) if text and text.startswith("2026-")]
    assert named == ["2026-11-21", "2026-11-14", "2026-11-07", "2026-10-31", "2026-10-24"]


@pytest.mark.parametrize("days", [1, 2, 5, 7, 14, 30, 40])
def test_named_days_leave_each_other_room(days: int) -> None:
    drawing = ET.fromstring(stacked_bars(a_chart(Series("skroutz", [1] * days))))

    ends = [
        spread(text.attrib) for text in drawing.iter("text") if text.text and text.text.startswith("2026-")
    ]
    assert all(later[0] >= earlier[1] for later, earlier in pairwise(ends))
    assert all(begins >= 0 and ends <= WIDTH for begins, ends in ends)


def spread(at: dict[str, str]) -> tuple[float, float]:
    """Where a day's name begins and ends where texts are largest: six letters, such as "24 Oct"."""
    x, width = float(at["x"]), 6 * 11.5
    return (x - width, x) if at["text-anchor"] == "end" else (x - width / 2, x + width / 2)


@pytest.mark.parametrize(
    ("highest", "scale"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (17, [0, 5, 10, 15, 20]),
        (100, [0, 50, 100]),
        (4_000_000, [0, 1_000_000, 2_000_000, 3_000_000, 4_000_000]),
    ],
)
def test_a_scale_has_round_steps_and_room_for_the_highest(highest: float, scale: Sequence[float]) -> None:
    assert scale_of(highest) == scale


def test_a_scale_of_money_has_no_steps_below_a_whole_one() -> None:
    assert scale_of(230, 100) == [0, 100, 200, 300]


@pytest.mark.parametrize(
    ("highest", "scale"),
    [
        (0, [0, 1]),
        (50, [0, 15, 30, 45, 60]),
        (61, [0, 30, 60, 90]),
        (1_300, [0, 360, 720, 1080, 1440]),
        (9_000, [0, 2880, 5760, 8640, 11520]),
    ],
)
def test_a_scale_of_minutes_has_steps_that_clocks_know(highest: float, scale: Sequence[float]) -> None:
    assert minutes_scale(highest) == scale


@given(st.floats(0, 1e15))
def test_no_scale_is_left_below_its_highest_value_or_has_too_many_steps(highest: float) -> None:
    for scale in (scale_of(highest), scale_of(highest, 100), minutes_scale(highest)):
        assert scale[-1] >= highest
        assert 2 <= len(scale) <= 5


def test_series_that_are_too_many_are_one() -> None:
    series = [Series(name, [n, None]) for n, name in enumerate("abcdefghijkl")]

    drawn = folded(series, "Other")
    assert [one.name for one in drawn] == ["a", "b", "c", "d", "Other"]
    assert drawn[-1].values == [sum(range(4, 12)), 0]


def test_series_that_are_few_enough_stay_as_they_are() -> None:
    series = [Series(str(n), [n]) for n in range(MOST_SERIES)]

    assert folded(series, "Other") == series


def tokens(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """The colours that a file of styles sets, in light and in dark."""
    css = files("stoa.desk").joinpath("static", name).read_text("utf-8")
    light, dark, *_ = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in (light, dark)]
    return found[0], found[1]


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_colour_of_a_series_stands_out_from_the_card(mode: int) -> None:
    colours, paper = tokens("charts.css")[mode], tokens("desk.css")[mode]["paper"]

    assert len(colours) == MOST_SERIES
    for colour in colours.values():
        darker, lighter = sorted((luminance(colour), luminance(paper)))
        assert (lighter + 0.05) / (darker + 0.05) >= 3
