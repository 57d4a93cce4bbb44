"""The entries of lists, kept once they were made: clients ask for the same newest orders again and again."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from msgspec import Raw

from stoa.orders.shop import Shop
from stoa.store.orders import Listed

MOST_BYTES = 10 * 1024**2
"""What the entries that a process keeps may take: some four thousand of a thousand bytes and more."""

BESIDE = 600
"""Bytes that keeping an entry takes beside it."""

A = TypeVar("A", bound=Hashable)


class Entries(Generic[A]):
    """Encoded entries by order, version and what was asked for: as long as those are the same, so is the entry.

    The shop's terms, its language among them, are compared as the object that the store has kept of them.
    """

    def __init__(self, encode: Callable[[Listed, Shop, A], bytes]) -> None:
        self._encode = encode
        self._kept: dict[tuple[int, int, int, A], tuple[Shop, Raw]] = {}
        self._bytes = 0

    def of(self, listed: Listed, shop: Shop, asked: A) -> Raw:
        """The entry of an order of the shop."""
        key = (shop.id, listed.id, listed.version, asked)
        made_for, entry = self._kept.get(key, (None, None))
        if entry is not None and made_for is shop:
            return entry
        return self._keep(key, shop, self._encode(listed, shop, asked))

    def _keep(self, key: tuple[int, int, int, A], shop: Shop, encoded: bytes) -> Raw:
        entry = Raw(encoded)
        self._bytes += len(encoded) + BESIDE
        if self._bytes > MOST_BYTES:
            # Whoever walks through all orders asks for none of them twice.
            self._kept.clear()
            self._bytes = len(encoded) + BESIDE
        self._kept[key] = (shop, entry)
        return entry
