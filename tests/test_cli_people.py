"""``stoa person``: who may sign in to the desk, from the command line."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.running import Server, data_folder, serving
from tests.test_cli import asking, asking_json, refused

PASSWORD = re.compile(r"([a-z2-9]{4}-){3}[a-z2-9]{4}")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with data_folder() as data, serving(data, "--no-worker") as running:
        yield running


@pytest.fixture(scope="module")
def shop(server: Server) -> int:
    number: int = asking_json(server, "shop", "create", "Το βιβλιοπωλείο")["id"]
    return number


def adding(server: Server, email: str, role: str, *where: object) -> dict[str, Any]:
    made: dict[str, Any] = asking_json(
        server, "person", "add", email, "--name", "Άννα", "--role", role, *where
    )
    return made


def lands_at(server: Server, email: str, password: str) -> str | None:
    """The page that signing in leads to; None where it is refused."""
    answer = httpx.post(f"{server.url}/desk/sign-in", data={"email": email, "password": password})
    location: str | None = answer.headers.get("location")
    return location


def test_who_is_added_signs_in_with_the_password_that_was_printed_once(server: Server, shop: int) -> None:
    asked = ("person", "add", "anna@shop.example", "--name", "Άννα", "--role", "owner", "--shop", shop)
    password = asking(server, *asked).strip()

    assert PASSWORD.fullmatch(password)
    assert lands_at(server, "anna@shop.example", password) == f"/desk/{shop}/orders"
    assert password not in asking(server, "person", "list", "--json")


def test_everybody_is_listed_the_operators_first(server: Server, shop: int) -> None:
    adding(server, "list@shop.example", "packer", "--shop", shop)
    operator = adding(server, "list@marketplace.example", "operator")

    everybody = asking_json(server, "person", "list")
    of_shop = asking_json(server, "person", "list", "--shop", shop)
    del operator["password"]
    assert everybody[0] == operator
    assert operator not in of_shop
    assert {person["shop_id"] for person in of_shop} == {shop}
    listed = asking(server, "person", "list")
    assert f"packer     shop {shop}     list@shop.example  Άννα\n" in listed
    assert "operator   all shops  list@marketplace.example" in listed


def test_a_new_password_voids_the_old_one(server: Server, shop: int) -> None:
    old = adding(server, "lost@shop.example", "packer", "--shop", shop)["password"]
    new = asking_json(server, "person", "password", "LOST@shop.example")["password"]

    assert PASSWORD.fullmatch(new)
    assert lands_at(server, "lost@shop.example", old) is None
    assert lands_at(server, "lost@shop.example", new) == f"/desk/{shop}/orders"


def test_who_is_removed_signs_in_no_more(server: Server, shop: int) -> None:
    password = adding(server, "left@shop.example", "packer", "--shop", shop)["password"]
    said = asking(server, "person", "remove", "left@shop.example")

    assert said == "left@shop.example can sign in no more.\n"
    assert lands_at(server, "left@shop.example", password) is None


def test_an_address_is_given_once(server: Server, shop: int) -> None:
    adding(server, "once@shop.example", "packer", "--shop", shop)

    again = ("person", "add", "Once@shop.example", "--name", "x", "--role", "operator", "--data", server.data)
    assert refused(*again) == "Somebody has the address Once@shop.example already."


@pytest.mark.parametrize(
    ("email", "name", "said"),
    [
        ("nobody", "Άννα", "email: "),
        ("a b@shop.example", "Άννα", "email: "),
        (f"{'x' * 245}@x.example", "Άννα", "email: "),
        ("a@shop.example", " ", "name: "),
        ("a@shop.example", "x" * 101, "name: "),
        ("a@shop.example", "a\x07", "name: Control characters are not allowed."),
        ("\udcff@shop.example", "Άννα", "email: Control characters are not allowed."),
    ],
)
def test_what_is_no_address_or_no_name_is_refused(server: Server, email: str, name: str, said: str) -> None:
    before = asking(server, "person", "list")

    asked = ("person", "add", email, "--name", name, "--role", "operator", "--data", server.data)
    assert refused(*asked).startswith(said)
    assert asking(server, "person", "list") == before


@pytest.mark.parametrize("role", ["owner", "packer"])
def test_whoever_is_no_operator_has_a_shop(server: Server, shop: int, role: str) -> None:
    asked = ("person", "add", "where@shop.example", "--name", "x", "--role", role, "--data", server.data)

    assert refused(*asked).startswith("An operator has no shop, everybody else has one")
    assert refused(*asked, "--shop", 999).startswith("There is no shop 999")


def test_an_operator_has_no_shop(server: Server, shop: int) -> None:
    asked = ("person", "add", "o@m.example", "--name", "x", "--role", "operator", "--data", server.data)

    assert refused(*asked, "--shop", shop).startswith("An operator has no shop")


@pytest.mark.parametrize("command", ["password", "remove"])
def test_nobody_is_nobody(server: Server, command: str) -> None:
    said = refused("person", command, "nobody@shop.example", "--data", server.data)

    assert said == "Nobody has the address nobody@shop.example; `stoa person list` shows everybody's."
