"""Entries of lists are made once, as long as nothing that they depend on has changed."""

from msgspec import Raw

from stoa.orders.shop import Shop
from stoa.store.orders import Listed
from stoa.web.entries import Entries
from tests.builders import a_shop


class Kitchen:
    """Makes entries, and keeps the orders for them."""

    def __init__(self, size: int = 1) -> None:
        self.made: list[tuple[int, int, str]] = []
        self._size = size
        self.entries = Entries(self._encode)

    def _encode(self, listed: Listed, shop: Shop, asked: str) -> bytes:
        self.made.append((listed.id, listed.version, asked))
        return f'"{shop.name} {listed.id}.{listed.version} {asked}"'.encode() * self._size


def listed(number: int = 1, version: int = 1) -> Listed:
    return Listed(number, version, b"{}", 0, 0)


SHOP = a_shop(name="Α")


def test_an_entry_is_made_once() -> None:
    kitchen = Kitchen()

    served = [kitchen.entries.of(listed(), SHOP, "all") for _ in range(3)]

    assert served == [Raw('"Α 1.1 all"'.encode())] * 3
    assert kitchen.made == [(1, 1, "all")]


def test_another_order_version_or_question_is_another_entry() -> None:
    kitchen = Kitchen()
    asked = [(listed(), "all"), (listed(2), "all"), (listed(1, 2), "all"), (listed(), "id")]

    served = [kitchen.entries.of(one, SHOP, question) for one, question in asked * 2]

    assert len({bytes(entry) for entry in served}) == 4
    assert len(kitchen.made) == 4


def test_new_terms_of_the_shop_make_new_entries() -> None:
    kitchen, renamed = Kitchen(), a_shop(name="Β")

    served = [kitchen.entries.of(listed(), shop, "") for shop in (SHOP, renamed, renamed)]

    assert [bytes(entry).decode() for entry in served] == ['"Α 1.1 "', '"Β 1.1 "', '"Β 1.1 "']
    assert len(kitchen.made) == 2


def test_two_shops_have_entries_of_their_own() -> None:
    kitchen, other = Kitchen(), a_shop(id=18, name="Γ")

    served = [bytes(kitchen.entries.of(listed(), shop, "")) for shop in (SHOP, other, SHOP, other)]

    assert served[:2] == served[2:]
    assert len(kitchen.made) == 2


def test_what_is_kept_has_an_end() -> None:
    of_a_megabyte = Kitchen(size=2**20 // len('"Α 100.1 "'.encode()))
    for number in range(100, 125):
        of_a_megabyte.entries.of(listed(number), SHOP, "")
    of_a_megabyte.made.clear()

    of_a_megabyte.entries.of(listed(124), SHOP, "")
    of_a_megabyte.entries.of(listed(100), SHOP, "")

    assert of_a_megabyte.made == [(100, 1, "")]
