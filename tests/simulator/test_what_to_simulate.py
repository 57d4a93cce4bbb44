"""What the command line says, what demo.json says, and what is said at the end."""

import json
from pathlib import Path

import pytest

from stoa.simulator.run import COUNTED, Simulation, pause_between_steps, read_rate, told
from stoa.simulator.supplies import FEW, enough


@pytest.mark.parametrize(
    ("text", "per_second"),
    [("2/s", 2), ("10/m", 1 / 6), ("0.5/s", 0.5), ("100/h", 1 / 36), ("1/h", 1 / 3600), ("1000/s", 1000)],
)
def test_a_rate_is_orders_per_second(text: str, per_second: float) -> None:
    assert read_rate(text) == pytest.approx(per_second)


@pytest.mark.parametrize(
    "text", ["", "2", "2/", "/s", "-1/s", "two/s", "2/d", "1e3/s", "nan/s", "٣/s", "2/s/s"]
)
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 2/s or 10/m"):
        read_rate(text)


@pytest.mark.parametrize("text", ["0/s", "0.0/m", "0.5/h", "1001/s", "999999999/s"])
def test_an_absurd_rate_is_refused_with_the_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="from 1/h to 1000/s"):
        read_rate(text)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    shops = [
        {"id": number, "name": "Το μαγαζί", "skroutz": {"token": f"st_{number}_x"}} for number in (17, 18)
    ]
    said = {"url": "http://127.0.0.1:8000", "operator": {"token": "op_1_x"}, "shops": shops}
    (tmp_path / "demo.json").write_text(json.dumps(said))
    return tmp_path


def of(data: Path, *, shop_number: int = 1, url: str | None = None) -> Simulation:
    return Simulation.of_demo(data, shop_number=shop_number, url=url, per_second=1)


def test_shops_are_counted_from_one(demo: Path) -> None:
    access = of(demo, shop_number=2).access

    assert (access.shop_id, access.shop_token) == (18, "st_18_x")


def test_the_server_is_the_demos_unless_another_is_named(demo: Path) -> None:
    assert of(demo).access.url == "http://127.0.0.1:8000"
    assert of(demo, url="https://stoa.example.com/").access.url == "https://stoa.example.com"


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_a_shop_that_the_demo_does_not_have_is_refused(demo: Path, number: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 2"):
        of(demo, shop_number=number)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://x:99999", "http://[1"]
)
def test_an_address_that_is_none_is_refused(demo: Path, url: str) -> None:
    with pytest.raises(ValueError, match="--url must be an address"):
        of(demo, url=url)


def test_without_a_demo_one_is_told_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="start `stoa serve --demo` first"):
        of(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", '{"url": 1}', "\udcff"])
def test_a_damaged_demo_file_is_said_to_be_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "demo.json").write_text(text, errors="surrogateescape")

    with pytest.raises(ValueError, match="is damaged"):
        of(tmp_path)


def test_the_accept_header_is_of_the_site_that_the_settings_name(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOA_SITE_NAME", "agora")

    assert of(demo).access.vendor == "agora"


def test_lives_take_steps_of_seconds_slower_where_orders_are_rare() -> None:
    assert pause_between_steps(10, None) == 3
    assert pause_between_steps(0.05, None) == 5
    assert pause_between_steps(1 / 3600, None) == 60


def test_in_a_short_run_lives_are_short() -> None:
    assert pause_between_steps(1, duration=10) == 0.5
    assert pause_between_steps(1, duration=3600) == 3


def test_the_more_orders_come_the_more_lies_in_the_warehouse() -> None:
    assert enough(1 / 3600, 60) == enough(2, 3) == FEW
    assert enough(100, 3) == 540


def test_what_was_counted_is_told_in_a_line_for_each_thing() -> None:
    tally = dict.fromkeys((what for about in COUNTED.values() for what in about), 0)
    said = told(tally | {"placed": 120, "partially_returned": 2, "returns_requested": 9, "server_errors": 1})

    orders, returns, purchases, calls = said.splitlines()
    assert orders.startswith("orders: 120 placed, 0 accepted, ")
    assert "2 partially returned" in orders
    assert returns.startswith("returns: 9 requested, 0 approved, ")
    assert purchases == "purchase orders: 0 announced, 0 received"
    assert calls == "calls: 0 refused, 0 failed, 1 server errors"
