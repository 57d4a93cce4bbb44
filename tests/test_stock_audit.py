"""``stoa stock audit``: whether the books of the warehouse agree, in words, in JSON and as an exit status."""

import asyncio
import json
from pathlib import Path

import pytest
from msgspec import Struct

from stoa import cli
from stoa.store.database import open_pool
from stoa.store.shops import Shops
from tests.builders import NOON, a_shop
from tests.depot import Depot
from tests.test_cli import Said, elsewhere, sentence_of, typing


class Books(Struct, frozen=True):
    """The books of a shop with one product, of which seven pieces lie in the warehouse."""

    database_url: str
    folder: Path
    shop_id: int
    product_id: int

    def audit(self, *arguments: str) -> Said:
        settings = elsewhere(self.database_url, self.folder)
        return typing("stock", "audit", "--data", self.folder / "data", *arguments, settings=settings)

    def forge(self, statement: str) -> None:
        """Write into the books by hand."""
        asyncio.run(self._execute(statement))

    async def _execute(self, statement: str) -> None:
        pool = await open_pool(self.database_url)
        await pool.execute(statement)
        await pool.close()


async def _open_books(database_url: str, folder: Path) -> Books:
    pool = await open_pool(database_url)
    depot = Depot(pool, await Shops(pool).add(a_shop(), NOON))
    product = await depot.product("LAMP", pieces=7)
    await pool.close()
    return Books(database_url, folder, depot.shop.id, product.id)


@pytest.fixture
def books(database_url: str, tmp_path: Path) -> Books:
    return asyncio.run(_open_books(database_url, tmp_path))


def test_books_that_agree_are_one_line_and_success(books: Books) -> None:
    said, in_json = books.audit(), books.audit("--json")

    assert (said.returncode, said.stdout) == (0, "Products: 1. The books agree.\n")
    assert (in_json.returncode, json.loads(in_json.stdout)) == (0, {"products": 1, "faults": []})


def test_pieces_that_no_movement_explains_are_told_and_are_a_failure(books: Books) -> None:
    books.forge("UPDATE warehouse_products SET quantity = 8")

    said, in_json = books.audit(), books.audit("--json")

    assert (said.returncode, in_json.returncode, said.stderr) == (1, 1, "")
    assert said.stdout.splitlines() == [
        f"shop {books.shop_id}, product {books.product_id} (LAMP): 8 pieces, but its movements add up to 7",
        "Products: 1. Of 1 the books disagree.",
    ]
    assert json.loads(in_json.stdout) == {
        "products": 1,
        "faults": [
            {
                "shop_id": books.shop_id,
                "product_id": books.product_id,
                "shop_uid": "LAMP",
                "quantity": 8,
                "moved": 7,
                "reserved": 0,
                "kept": 0,
            }
        ],
    }


def test_pieces_that_are_kept_for_no_order_are_told_too(books: Books) -> None:
    books.forge("UPDATE warehouse_products SET reserved = 2, quantity = 6")

    (fault, _) = books.audit().stdout.splitlines()

    assert fault.endswith("6 pieces, but its movements add up to 7; 2 pieces reserved, but orders keep 0")


def test_an_audit_of_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    sentence = sentence_of(typing("stock", "audit", "--data", tmp_path / "data"))

    assert sentence.startswith("There is no installation in ")


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    cli.app(["stock", "audit", "--help"], result_action="return_value")

    said = capsys.readouterr().out
    assert said.startswith("Usage: stoa stock audit")
    assert all(option in said for option in ("--data", "--json"))
