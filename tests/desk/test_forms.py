"""What a form's fields and an address are read as, and which field a fault belongs to."""

import pytest
from starlette.requests import Request

from stoa.desk.forms import LONGEST_NUMBER, WILL_NOT_DO, Form, done_of, field_of, number_in, whole_number
from stoa.desk.settings.pages import faulty
from stoa.web.faults import invalid

FIELDS = {"zip": "Write the postal code.", "slots": "Write the windows."}


def asking(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


@pytest.mark.parametrize(
    "text", ["", "-1", "1.0", "+1", "1e9", " 1", "٣", "²", "x", "1" * (LONGEST_NUMBER + 1)]
)
def test_what_is_no_number_of_the_databases_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_a_number_of_an_address_is_read_zero_too() -> None:
    assert number_in(asking("after=0"), "after", 7) == 0
    assert (number_in(asking("after=x"), "after", 7), number_in(asking(""), "after", 7)) == (7, 7)
    assert number_in(asking(f"after={'9' * LONGEST_NUMBER}"), "after") == 10**LONGEST_NUMBER - 1


def test_only_what_a_page_knows_was_done() -> None:
    known = {"saved": "It is saved."}

    assert done_of(asking("done=saved"), known) == "It is saved."
    assert (done_of(asking("done=<b>"), known), done_of(asking(""), known)) == ("", "")


@pytest.mark.parametrize(
    ("path", "field"),
    [("zip", "zip"), ("pickup_locations[0].zip", "zip"), ("calendar.slots[1].opens", "slots"), ("x.y", "")],
)
def test_a_fault_belongs_to_the_known_field_on_its_way(path: str, field: str) -> None:
    assert field_of(invalid(path, "Wrong."), FIELDS) == field


def test_a_fault_of_no_known_field_is_said_of_the_whole_form() -> None:
    typed = faulty(Form({}), invalid("calendar", "Wrong."), FIELDS)

    assert (typed.fault, typed.faults) == (WILL_NOT_DO, {})
    assert faulty(Form({}), invalid("zip", "Wrong."), FIELDS).faults == {"zip": FIELDS["zip"]}
