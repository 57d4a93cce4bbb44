"""The entries of lists, kept once they were made: clients ask for the same newest orders again and again."""

import msgspec
from msgspec import Raw

from stoa.dialects.merchantpro.view import Totals, shown
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Listed

MOST_BYTES = 10 * 1024**2
"""What the entries that a process keeps may take: some four thousand, without their lines."""

BESIDE = 600
"""Bytes that keeping an entry takes beside it."""

Asked = tuple[frozenset[str] | None, frozenset[str]]
"""The fields that were asked for, and what to include."""

_encode = msgspec.json.Encoder().encode


class Entries:
    """Encoded entries by order, version and what was asked for: as long as those are the same, so is the entry.

    The shop's terms, its language among them, are compared as the object that the store has kept of them.
    """

    def __init__(self, service: Service) -> None:
        self._links = service.links
        self._channel_code = service.channel_code
        self._kept: dict[tuple[int, int, int, Asked], tuple[Shop, Raw]] = {}
        self._bytes = 0

    def of(self, listed: Listed, shop: Shop, asked: Asked) -> Raw:
        """The entry of an order of the shop."""
        key = (shop.id, listed.id, listed.version, asked)
        made_for, entry = self._kept.get(key, (None, None))
        if entry is not None and made_for is shop:
            return entry
        encoded = self._encoded(listed, shop, asked)
        self._bytes += len(encoded) + BESIDE
        if self._bytes > MOST_BYTES:
            # Whoever walks through all orders asks for none of them twice.
            self._kept.clear()
            self._bytes = len(encoded) + BESIDE
        self._kept[key] = (shop, Raw(encoded))
        return Raw(encoded)

    def _encoded(self, listed: Listed, shop: Shop, asked: Asked) -> bytes:
        fields, include = asked
        totals = Totals(listed.total_cents, listed.shipping_vat_cents)
        view = shown(
            listed.order, shop, self._links, self._channel_code, fields=fields, include=include, totals=totals
        )
        return _encode(view)
