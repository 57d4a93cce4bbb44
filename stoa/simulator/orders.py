"""Orders as Greek customers give them. Nobody lives behind these names, telephones, addresses or tax numbers."""

from random import Random
from typing import TypeVar

from stoa.orders.carriers import NETWORKS
from stoa.simulator.catalogue import (
    DOOR_NOTES,
    FIRMS,
    FLOORS,
    KINDS_OF_FIRM,
    MEN,
    PLACES,
    PRODUCTS,
    PROFESSIONS,
    SURNAMES,
    TAX_OFFICES,
    WISHES,
    WOMEN,
    Place,
    Product,
)

Json = dict[str, object]
T = TypeVar("T")

FULFILMENTS = {"marketplace": 80, "merchant": 12, "store_pickup": 8}
PAYMENTS = {
    "card": 52,
    "cash_on_delivery": 14,
    "iris": 10,
    "wallet": 8,
    "revolut": 6,
    "bank_transfer": 4,
    "loan": 3,
    "edenred": 3,
}
NUMBERS_OF_LINES = {1: 60, 2: 25, 3: 10, 4: 5}
QUANTITIES = {1: 70, 2: 18, 3: 7, 4: 3, 6: 2}
TAGS = {"coupons": 40, "plus_deal": 30, "price_optimizer": 20, "two_plus_deal": 10}
"""How often each is chosen, relative to the others."""


def believable_order(random: Random | None = None) -> Json:
    """A body for POST /operator/v1/shops/{shop_id}/orders, the same for the same ``random``."""
    chance = random or Random()  # noqa: S311 - nothing here is a secret
    place = chance.choice(PLACES)
    fulfilment = choose(chance, FULFILMENTS)
    by_marketplace = fulfilment == "marketplace"
    order: Json = {
        "customer": believable_customer(chance),
        "address": _address(chance, place, may_collect=by_marketplace),
        "lines": [
            believable_line(chance, product) for product in chance.sample(PRODUCTS, _number_of_lines(chance))
        ],
        "payment_method": choose(chance, PAYMENTS),
        "fulfilment": fulfilment,
        "gift_wrap": happens(chance, 0.06),
        "express": by_marketplace and happens(chance, 0.06),
    }
    if fulfilment == "merchant":
        order["shipping_cents"] = chance.choice((0, 250, 350, 490))
    if happens(chance, 0.12):
        order["comments"] = chance.choice(WISHES)
    if happens(chance, 0.1):
        order["invoice"] = _invoice(chance, place)
    if happens(chance, 0.15):
        order["fees_cents"] = {"handling_fee": 50, "skroutz_coins_fee": chance.randrange(10, 150)}
    return order


def choose(chance: Random, weights: dict[T, int]) -> T:
    """One of the keys, each as often as its weight says."""
    return chance.choices(tuple(weights), tuple(weights.values()))[0]


def happens(chance: Random, probability: float) -> bool:
    return chance.random() < probability


def _number_of_lines(chance: Random) -> int:
    return choose(chance, NUMBERS_OF_LINES)


def believable_customer(chance: Random) -> Json:
    """Somebody with a name, an e-mail address and a telephone."""
    hers, his = chance.choice(SURNAMES)
    is_woman = happens(chance, 0.5)
    number = chance.randrange(1000)
    customer: Json = {
        "first_name": chance.choice(WOMEN if is_woman else MEN),
        "last_name": hers if is_woman else his,
        "email": f"pelatis.{chance.randrange(100_000)}@example.com",
        "mobile": f"6900000{number:03}",
        "plus_user": happens(chance, 0.2),
    }
    if happens(chance, 0.2):
        customer["phone"] = f"2100000{number:03}"
    return customer


def _address(chance: Random, place: Place, *, may_collect: bool) -> Json:
    street_number = str(chance.randrange(1, 120))
    if may_collect and happens(chance, 0.12):
        return collection_point(chance, place, street_number)
    return street_address(chance, place, street_number)


def collection_point(chance: Random, place: Place, street_number: str) -> Json:
    """A point of one of the networks, where the customer fetches the parcel."""
    point = f"Σημείο παραλαβής: {place.street} {street_number}, {place.city}, {place.zip}"
    return _where(place) | {
        "pickup_from_collection_point": True,
        "collection_point_address": point,
        "collection_network": chance.choice(sorted(NETWORKS)),
    }


def street_address(chance: Random, place: Place, street_number: str) -> Json:
    """A door, sometimes with its floor and a word for the courier."""
    where = _where(place) | {"street_name": place.street, "street_number": street_number}
    if happens(chance, 0.5):
        where["floor"] = chance.choice(FLOORS)
    if happens(chance, 0.1):
        where["comments"] = chance.choice(DOOR_NOTES)
    return where


def _where(place: Place) -> Json:
    return {"zip": place.zip, "city": place.city, "region": place.region, "country_code": "GR"}


def believable_line(chance: Random, product: Product) -> Json:
    """Some pieces of the product, in one of its sizes."""
    kind = product.kind
    line: Json = {
        "shop_uid": product.uid,
        "name": product.name,
        "quantity": choose(chance, QUANTITIES),
        "unit_price_cents": product.unit_price_cents,
        "vat_percent": kind.vat_percent,
        "commission_rate": kind.commission_rate,
        "ean": ean_of(product.uid),
    }
    if kind.sizes:
        line |= _size(chance, product.uid, *kind.sizes)
    if kind.are_lenses:
        line["extra_info"] = _prescription(chance)
    if happens(chance, 0.1):
        line["tags"] = [choose(chance, TAGS)]
    return line


def _size(chance: Random, uid: str, label: str, values: tuple[str, ...]) -> Json:
    value = chance.choice(values)
    variation = f"{uid}-{values.index(value) + 1}"
    return {
        "shop_variation_uid": variation,
        "size": {"label": label, "value": value, "shop_value": value, "shop_variation_uid": variation},
    }


def _prescription(chance: Random) -> str:
    sphere = -chance.randrange(1, 33) / 4
    return f"Βαθμοί SPH: {sphere:.2f}\nΚαμπύλη BC: {chance.choice(('8.4', '8.6'))}"


def ean_of(uid: str) -> str:
    """An EAN-13 from the range that shops use among themselves: it is nobody's product."""
    digits = f"200000{uid}"
    odd, even = (sum(map(int, digits[first::2])) for first in (0, 1))
    return f"{digits}{-(odd + 3 * even) % 10}"


def _invoice(chance: Random, place: Place) -> Json:
    return {
        "company": f"{chance.choice(FIRMS)} {chance.choice(KINDS_OF_FIRM)}",
        "profession": chance.choice(PROFESSIONS),
        "vat_number": _vat_number(chance),
        "doy": TAX_OFFICES.get(place.region, place.region),
        "address": {
            "street_name": place.street,
            "street_number": str(chance.randrange(1, 120)),
            "zip": place.zip,
            "city": place.city,
            "region": place.region,
        },
    }


def _vat_number(chance: Random) -> str:
    """A Greek tax number whose last digit checks; the zeros that it begins with are nobody's."""
    digits = f"000{chance.randrange(10_000, 100_000)}"
    checksum = sum(int(digit) << power for digit, power in zip(digits, range(8, 0, -1), strict=True))
    return f"{digits}{checksum % 11 % 10}"
