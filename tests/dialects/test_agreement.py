"""The comparison itself: what is changed in one dialect's answer is noticed, unless that dialect alone tells it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any
from zoneinfo import ZoneInfo

from stoa.orders.order import LinkedOrder, Order
from tests.dialects.agreement import Facts, disagreements, facts_by_name
from tests.dialects.lives import (
    A_CUSTOMER,
    A_SIZE,
    AN_ADDRESS,
    AN_INVOICE,
    AS_A_COMPANY,
    AT_A_POINT,
    SOME,
)
from tests.dialects.moves import (
    Move,
    Placing,
    from_the_checkout,
    from_the_shop,
    merchantpro,
    merchantpro_changes,
    of_return,
    operator,
    operator_on_return,
    shopflix_ships,
    skroutz_accepts,
    skroutz_rejects,
    skroutz_reviews,
    skroutz_tracks,
    skroutz_uploads,
)
from tests.dialects.stall import Stall
from tests.dialects.tellers import TELLERS, Json, Views, told_by_all
from tests.merchantpro import back_office
from tests.operator import calls

ATHENS = ZoneInfo("Europe/Athens")

Place = tuple[str | int, ...]
"""Where a value stands within an answer."""


def places(value: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Everything within an answer that says something: each value but nulls, and each list but empty ones."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*place, key))
    if value not in (None, []) and not isinstance(value, dict):
        yield place, value


def others(value: object) -> Iterator[object]:
    """What may stand there instead; of a text another beginning, middle or end."""
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case list():
            yield value[:-1]
        case str() if value:
            for n in {0, len(value) // 3, len(value) - 1}:
                yield value[:n] + other_than(value[n]) + value[n + 1 :]
        case _:
            yield "something"


def other_than(character: str) -> str:
    if character.isdecimal():
        return str((int(character) + 1) % 10)
    # At the end of a moment it is a zone, which stays one.
    return {"Q": "R", "Z": "+01:00"}.get(character, "Q")


def with_value(shown: Json, place: Place, value: object) -> Json:
    changed = deepcopy(shown)
    inner: Any = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


class Tampering:
    """Another value in every place of one dialect's answers, and what the comparison noticed of it."""

    def __init__(self, teller: str) -> None:
        self._teller = teller
        self._read = TELLERS[teller](ATHENS)
        self.told = set[str]()
        self.noticed = set[str]()
        self.idle = set[str]()
        self._compared = set[str]()

    def tamper(self, views: Views) -> None:
        told = told_by_all(views, ATHENS)
        self.told |= set(map(plain, facts_by_name(told[self._teller])))
        for place, value in places(views[self._teller]):
            name = name_of(place)
            found = self._noticed(views, told, place, others(value))
            if not found and name not in self._compared:
                # Null is something else to those that only ask whether there is a value.
                found = self._noticed(views, told, place, [None])
            self.noticed |= found
            (self._compared if found else self.idle).add(name)
        self.idle -= self._compared

    def _noticed(
        self, views: Views, told: Mapping[str, Facts], place: Place, values: Iterable[object]
    ) -> set[str]:
        """The facts that the answers disagree on with any of these values in a place."""
        found = set[str]()
        for value in values:
            facts = self._read(with_value(views[self._teller], place, value))
            if facts != told[self._teller]:
                found |= {
                    plain(words.partition(": ")[0]) for words in disagreements({**told, self._teller: facts})
                }
        return found


def plain(fact: str) -> str:
    """Its name, whichever line it is of."""
    return re.sub(r"\[\d+\]", "", fact)


def name_of(place: Place) -> str:
    """``line_items.size.label``, whichever line it is of."""
    return ".".join(key for key in place if isinstance(key, str))


OF_MERCHANTPRO = {
    "billing_country_code",
    "billing_country_name",
    "channel_name",
    "created_by",
    "currency",
    "customer_device",
    "customer_ip_address",
    "customer_ip_country",
    "date_delivered",
    "date_shipped",
    "info_url",
    "invoice",
    "payment_method_name",
    "payment_status",
    "payment_status_text",
    "payment_substatus_id",
    "payment_substatus_text",
    "proforma_url",
    "shipping_method_id",
    "shipping_method_name",
    "shipping_status_text",
    "shipping_substatus_text",
    "shipping_tax_amount",
    "tags",
}

ALONE: dict[str, set[str]] = {
    "Skroutz": {
        "accept_options",
        "commission",
        "custom",
        "customer.address.floor",
        "customer.id",
        "customer.skroutz_plus_user",
        "express",
        "fulfilled_by_skroutz",
        "invoice_details.vat_exclusion_requested",
        "line_items.commission",
        "line_items.commission_rate",
        "line_items.id",
        "line_items.island_vat_discount_applied",
        "line_items.readjusted_vat",
        "line_items.rejection_reason",
        "line_items.return_reason",
        "line_items.size.shop_value",
        "number_of_parcels",
        "pickup_address",
        "pickup_window.to",
        "reject_options",
        "replacements",
        "returns.tracking_ids",
        "set_as_ready_required",
        "store_pickup",
    },
    "MerchantPro": OF_MERCHANTPRO
    | {
        "line_items.item_type",
        "line_items.line_subtotal_net",
        "line_items.line_tax_amount",
        "line_items.manufacturer_id",
        "line_items.product_tax_name",
        "line_items.unit_price_net",
        "line_items.variant_name",
        "rma_orders.type",
        "shipping_delivery_info.pickup_address.id",
    },
    "MerchantPro's list": OF_MERCHANTPRO,
    "Shopflix": {
        "addressDetails.regionCode",
        "carrier.deliveryName",
        "countryCode",
        "invoices.id",
        "invoices.name",
        "invoices.uploadedAt",
        "lineItems.id",
        "lineItems.originalUnitPrice",
    },
    "Shopflix's list": {"countryCode"},
    "Skroutz's return": {
        "return_line_items.id",
        "return_line_items.return_reason",
        "return_line_items.user_comment",
        "return_line_items.user_photos",
        "returning_address",
        "review_options",
    },
    "Skroutz's link to a return": set(),
}
"""What no other dialect has a word for, with all that is within it: there is nothing to compare it with."""


def alone(teller: str, name: str) -> str:
    """The one of ``ALONE`` that a name is, or lies within; itself where it is none of them."""
    within = (told for told in ALONE[teller] if f"{name}.".startswith(f"{told}."))
    return next(within, name)


FULL: Json = {
    "customer": A_CUSTOMER | {"phone": "2101234567", "mobile": "6970000000", "plus_user": True},
    "address": AN_ADDRESS | AT_A_POINT,
    "invoice": AN_INVOICE | {"vat_exclusion_requested": True},
    "comments": "Μη χτυπάτε",
    "gift_wrap": True,
    "shipping_cents": 350,
    "lines": [
        calls.a_line(size=A_SIZE | {"shop_variation_uid": "4-XL", "ean": "520"}, readjusted_vat=True),
        calls.a_line(shop_uid="2", shop_variation_uid="22", ean="521", price_includes_vat=False),
        calls.a_line(shop_uid="RED"),
    ],
}

SAMPLES: tuple[tuple[Placing, tuple[Move, ...]], ...] = (
    (from_the_checkout(**FULL), (skroutz_uploads(), skroutz_accepts(), shopflix_ships())),
    (
        from_the_checkout(**FULL | {"fulfilment": "merchant", "customer": A_CUSTOMER | {"phone": "2101"}}),
        (skroutz_accepts(), skroutz_tracks("4711", "4712"), merchantpro("shipped"), merchantpro("delivered")),
    ),
    (from_the_checkout(channel="shopflix", fulfilment="merchant"), (skroutz_rejects(4, available=1),)),
    (
        from_the_checkout(fulfilment="merchant", lines=[calls.a_line(ean="520")]),
        (
            merchantpro("shipped"),
            merchantpro("delivered"),
            operator("returns", reason="faulty", comment="Σπασμένο", photos=["https://x.gr/1"], **SOME),
            of_return(skroutz_reviews("approve")),
            of_return(operator_on_return("track", tracking_ids=["R-1", "R-2"], courier="acs")),
        ),
    ),
    (
        from_the_shop(
            **AS_A_COMPANY,
            shipping_amount=15,
            line_items=[back_office.a_line(variant_id=5, variant_options=[{"name": "Size", "value": "M"}])],
        ),
        (merchantpro("in_process"), merchantpro("create_invoice"), merchantpro_changes(tags=[{"name": "A"}])),
    ),
)
"""Orders that between them have everything that an answer may tell."""


async def views_of_samples(stall: Stall) -> list[Views]:
    """Of every sample at every point of its life, and of what was left, or is returned, of one."""
    views = []
    for placing, moves in SAMPLES:
        order = await stall.order(await placing.make(stall))
        views.append(await stall.agreed_views(order))
        for move in moves:
            answer = await move.make(stall, order)
            assert answer.is_success, (move, answer.text)
            order = await stall.order(order.id)
            together = [order, *[await stall.order(other.id) for other in _beside(order)]]
            views += [await stall.agreed_views(one) for one in together]
    return views


def _beside(order: Order) -> tuple[LinkedOrder, ...]:
    """The orders that came of this one."""
    return (*order.replacements, *order.returns)


async def test_whatever_is_changed_in_an_answer_is_noticed_unless_its_dialect_alone_tells_it(
    stall: Stall,
) -> None:
    samples = await views_of_samples(stall)
    for teller in TELLERS:
        tampering = Tampering(teller)
        for views in samples:
            if teller in views:
                tampering.tamper(views)

        assert tampering.noticed == tampering.told, teller
        assert {alone(teller, name) for name in tampering.idle} == ALONE[teller], teller
