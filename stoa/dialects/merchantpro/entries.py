"""The entries of lists, kept once they were made: clients ask for the same newest orders again and again."""

import msgspec
from msgspec import Raw

from stoa.dialects.merchantpro.view import Totals, shown
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Listed

MOST_KEPT = 4096
"""Entries that a process keeps: some ten megabytes."""

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

    def of(self, listed: Listed, shop: Shop, asked: Asked) -> Raw:
        """The entry of an order of the shop."""
        key = (shop.id, listed.id, listed.version, asked)
        made_for, entry = self._kept.get(key, (None, None))
        if entry is not None and made_for is shop:
            return entry
        entry = self._make(listed, shop, asked)
        if len(self._kept) >= MOST_KEPT:
            # Whoever walks through all orders asks for none of them twice.
            self._kept.clear()
        self._kept[key] = (shop, entry)
        return entry

    def _make(self, listed: Listed, shop: Shop, asked: Asked) -> Raw:
        fields, include = asked
        totals = Totals(listed.total_cents, listed.shipping_vat_cents)
        view = shown(
            listed.order, shop, self._links, self._channel_code, fields=fields, include=include, totals=totals
        )
        return Raw(_encode(view))
