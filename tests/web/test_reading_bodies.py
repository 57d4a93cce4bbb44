import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from stoa.web.bodies import JsonReader, check_text
from stoa.web.faults import Fault


class Piece(Struct, forbid_unknown_fields=True):
    name: str
    count: int = 1


class Box(Struct):
    pieces: list[Piece] = []
    label: str | None = None
    inner: "Box | None" = None


read_box = JsonReader(Box)


def refused(body: bytes) -> tuple[int, str | None]:
    """Status and field of the fault that the body is."""
    with pytest.raises(Fault) as caught:
        read_box.read(body)
    return caught.value.status, caught.value.field


def read_or_refused(body: bytes) -> Box | int:
    """The value, or the status of the fault that the body is."""
    try:
        return read_box.read(body)
    except Fault as fault:
        return fault.status


def test_no_body_is_an_empty_one() -> None:
    assert read_box.read(b"") == read_box.read(b"{}") == Box()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "body"),
        (b'{"label": 5}', "label"),
        (b'{"pieces": [{"name": "a"}, {"name": 1}]}', "pieces[1].name"),
        (b'{"pieces": [{"count": 1}]}', "pieces[0].name"),
        (b'{"pieces": [{"name": "a", "colour": 1}]}', "pieces[0].colour"),
        (b'{"pieces": 1}', "pieces"),
        (b'{"inner": {"inner": {"label": []}}}', "inner.inner.label"),
        (b'{"pieces": [{"name": "a\\u0000"}]}', "pieces[0].name"),
        (b'{"inner": {"label": "\x7f"}}', "inner.label"),
    ],
)
def test_a_wrong_part_is_named_by_its_path(body: bytes, field: str) -> None:
    assert refused(body) == (422, field)


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"x": "\xff"}', b'{"x": "\xed\xa0\x80"}', b"nonsense", b'{"label": "\\ud800"}', b" "],
)
def test_what_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    assert refused(body) == (400, None)


@pytest.mark.parametrize("known", [b'{"inner":', b'{"unknown":', b"["])
def test_nesting_without_end_is_refused(known: bytes) -> None:
    assert refused(known * 50_000)[0] in {400, 422}


def test_line_breaks_and_tabs_are_text() -> None:
    assert read_box.read(b'{"label": "a\\n\\r\\tb"}').label == "a\n\r\tb"


def test_unknown_fields_are_skipped_where_they_are_not_forbidden() -> None:
    assert read_box.read(b'{"label": "a", "unknown": {"deep": [1, {}]}}').label == "a"


@given(st.binary(max_size=300))
def test_no_bytes_fail_otherwise_than_with_a_fault(body: bytes) -> None:
    read = read_or_refused(body)
    assert isinstance(read, Box) or read in {400, 422}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["pieces", "label", "name"]), inner)
    ),
)


@given(ANYTHING)
def test_no_json_fails_otherwise_than_with_a_fault(value: Any) -> None:
    read = read_or_refused(json.dumps(value).encode())
    assert isinstance(read, Box) or read in {400, 422}


CONTROL = {chr(code) for code in (*range(32), 127, *range(0xD800, 0xE000))} - set("\n\r\t")


@given(st.text(st.characters(max_codepoint=200) | st.characters(categories=["Cs", "Lu"])))
def test_a_text_is_refused_for_its_control_characters_alone(text: str) -> None:
    if CONTROL.isdisjoint(text):
        assert check_text("name", text) == text
    else:
        with pytest.raises(Fault, match="Control characters"):
            check_text("name", text)
