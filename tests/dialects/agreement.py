"""What the dialects tell of one order, in words that are none of theirs, and where they do not agree."""

from collections.abc import Mapping
from datetime import datetime
from itertools import combinations
from typing import TypeAlias, TypeVar

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from stoa.orders.progress import Step

T = TypeVar("T")
Told: TypeAlias = T | UnsetType
"""UNSET where an answer does not tell; None where it tells that there is none."""

Moment: TypeAlias = datetime | frozenset[datetime]


class LineFacts(Struct, frozen=True, kw_only=True):
    """A line. ``product`` and ``variant`` are the shop's identifiers, the latter as exact as there is one."""

    product: Told[str] = UNSET
    variant: Told[str] = UNSET
    sku: Told[frozenset[str]] = UNSET
    name: Told[str] = UNSET
    ean: Told[str | None] = UNSET
    option_names: Told[str] = UNSET
    option_values: Told[str] = UNSET
    quantity: Told[int] = UNSET
    unit_cents: Told[int] = UNSET
    total_cents: Told[int] = UNSET
    unit_vat_cents: Told[int] = UNSET
    vat_percent: Told[float] = UNSET
    under_article_39a: Told[bool] = UNSET
    gift_wrap: Told[bool] = UNSET


class Facts(Struct, frozen=True, kw_only=True):
    """What an answer tells of an order, its money in cents and its moments as instants.

    A frozenset says "one of these", where an answer is less exact than others are.
    """

    number: Told[int] = UNSET
    day: Told[str] = UNSET
    skroutz_code: Told[str] = UNSET
    shopflix_id: Told[str] = UNSET
    replaces: Told[int | None] = UNSET
    returns: Told[tuple[int, ...]] = UNSET
    return_of: Told[int | None] = UNSET
    step: Told[frozenset[Step]] = UNSET
    goods_cents: Told[int] = UNSET
    shipping_cents: Told[int] = UNSET
    total_cents: Told[int] = UNSET
    created_at: Told[Moment] = UNSET
    updated_at: Told[Moment] = UNSET
    expires_at: Told[Moment] = UNSET
    dispatch_until: Told[Moment] = UNSET
    courier_comes_at: Told[Moment | None] = UNSET
    customer_number: Told[int] = UNSET
    customer_email: Told[str | None] = UNSET
    customer_name: Told[str] = UNSET
    customer_phone: Told[str | None] = UNSET
    recipient: Told[str] = UNSET
    recipient_phone: Told[frozenset[str | None]] = UNSET
    street: Told[str] = UNSET
    zip: Told[str] = UNSET
    city: Told[str] = UNSET
    region: Told[str] = UNSET
    country: Told[str | None] = UNSET
    country_code: Told[str] = UNSET
    collection_point: Told[str | None] = UNSET
    address_comments: Told[str | None] = UNSET
    comments: Told[str] = UNSET
    wants_invoice: Told[bool] = UNSET
    document: Told[str] = UNSET
    company: Told[str | None] = UNSET
    company_profession: Told[str | None] = UNSET
    company_vat_number: Told[str | None] = UNSET
    company_tax_office: Told[str | None] = UNSET
    company_street: Told[str | None] = UNSET
    company_zip: Told[str | None] = UNSET
    company_city: Told[str | None] = UNSET
    company_region: Told[str | None] = UNSET
    invoice_file: Told[str | None] = UNSET
    payment: Told[str] = UNSET
    pays_at_the_door: Told[bool] = UNSET
    carrier: Told[str | None] = UNSET
    tracking_codes: Told[str] = UNSET
    shipment: Told[int | None] = UNSET
    lines: Told[tuple[LineFacts, ...]] = UNSET


def disagreements(told: Mapping[str, Facts]) -> list[str]:
    """Every fact that two answers tell differently, in words; ``told`` is what each answer tells, by its name."""
    flat = {teller: facts_by_name(facts) for teller, facts in told.items()}
    return [
        f"{fact}: {teller} tells {flat[teller][fact]!r}, {other} tells {flat[other][fact]!r}"
        for teller, other in combinations(flat, 2)
        for fact in flat[teller]
        if fact in flat[other] and not _agree(flat[teller][fact], flat[other][fact])
    ]


def _agree(one: object, other: object) -> bool:
    return not _possible(one).isdisjoint(_possible(other))


def _possible(value: object) -> frozenset[object]:
    return value if isinstance(value, frozenset) else frozenset([value])


def facts_by_name(facts: Facts) -> dict[str, object]:
    """The facts that are told, those of lines by names such as ``lines[0].quantity``."""
    by_name = _told(facts)
    lines = by_name.pop("lines", None)
    if not isinstance(lines, tuple):
        return by_name
    of_lines = {
        f"lines[{n}].{name}": value for n, line in enumerate(lines) for name, value in _told(line).items()
    }
    return by_name | {"lines": len(lines)} | of_lines


def _told(facts: Struct) -> dict[str, object]:
    return {name: value for name, value in asdict(facts).items() if value is not UNSET}


def step_told(told: Mapping[str, Facts]) -> set[Step]:
    """The steps that the order may be at by what all answers together tell."""
    steps = [facts.step for facts in told.values() if not isinstance(facts.step, UnsetType)]
    return set(Step).intersection(*steps)
