"""What a shop agreed with the marketplace: where and when its parcels are collected, and its flags."""

from datetime import date, time
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from stoa.orders.carriers import LAST_MILE


class PickupLocation(Struct, frozen=True, kw_only=True):
    """An address of the shop where couriers collect parcels."""

    id: str
    street_name: str
    street_number: str
    zip: str
    city: str
    region: str

    @property
    def street(self) -> str:
        """Street and number on one line."""
        return f"{self.street_name} {self.street_number}".strip()


class Slot(Struct, frozen=True):
    """A daily collection window, in the shop's local time."""

    opens: time
    closes: time


class Calendar(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When couriers come. Weekdays count from Monday = 0; an order after the cut-off waits for the next working day."""

    weekdays: frozenset[int] = frozenset(range(5))
    slots: tuple[Slot, ...] = (
        Slot(time(10), time(12)),
        Slot(time(12), time(15)),
        Slot(time(15), time(18)),
    )
    cut_off: time = time(14)
    closed: frozenset[date] = frozenset()
    holidays_of: str | None = "GR"


class Company(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the shop is before the law, as its invoices say."""

    name: str
    vat_number: str = ""
    registration_number: str = ""
    address: str = ""
    zip: str = ""
    city: str = ""
    region: str = ""
    country_code: str = "GR"
    email: str = ""
    bank_name: str = ""
    bank_account: str = ""


class Shop(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A shop and its terms. ``acceptance_hours`` and ``dispatch_hours`` count from the placing of an order,
    ``return_days`` from its delivery: so long may the customer return it.

    A customer's request for a return is to be answered within ``review_hours``. ``warehouse_fee_cents`` is what the
    marketplace takes for an order that it sends from its ``warehouse``, which knows products of the shop where that is
    true.

    Codes are made of the day in the zone that the shop began with: ``code_zone``, where it has another ``zone`` now.

    ``country_code`` is that of the marketplace's site that the shop sells on.

    Invoices of a shop are numbered by series; ``currency`` is that of all its prices.
    """

    id: int
    name: str
    zone: str = "Europe/Athens"
    code_zone: str | None = None
    domain: str | None = None
    phone: str | None = None
    locations: tuple[PickupLocation, ...] = ()
    calendar: Calendar = Calendar()
    courier: str = LAST_MILE
    most_parcels: int = 3
    acceptance_hours: int = 24
    dispatch_hours: int = 96
    return_days: int = 14
    review_hours: int = 72
    warehouse_fee_cents: int = 120
    set_as_ready_required: bool = False
    warehouse: bool = False
    country_code: str = "GR"
    language: str = "el"
    currency: str = "EUR"
    company: Company | None = None
    invoice_series: str = "INV"

    @property
    def zone_of_codes(self) -> str:
        """The IANA time zone whose days the codes of orders are made of."""
        return self.code_zone or self.zone

    def moved_to(self, zone: str) -> Self:
        """The shop in another IANA time zone; every code that it has given out stays good."""
        return replace(self, zone=zone, code_zone=self.zone_of_codes)
