"""An order as an entry of a list, encoded."""

import msgspec

from stoa.dialects.merchantpro.view import Totals, shown
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Listed
from stoa.web.entries import Entries

Asked = tuple[frozenset[str] | None, frozenset[str]]
"""The fields that were asked for, and what to include."""

_encode = msgspec.json.Encoder().encode


def entries(service: Service) -> Entries[Asked]:
    """The entries of this contract's lists, none made yet."""
    links, channel_code = service.links, service.channel_code

    def encode(listed: Listed, shop: Shop, asked: Asked) -> bytes:
        fields, include = asked
        totals = Totals(listed.total_cents, listed.shipping_vat_cents)
        return _encode(
            shown(listed.order, shop, links, channel_code, fields=fields, include=include, totals=totals)
        )

    return Entries(encode)
