"""What the operator sends. Unknown fields are refused: a misspelt one must not be lost in silence."""

import hashlib
import secrets
import string
from datetime import date, datetime, time
from functools import cache
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from stoa.languages import LANGUAGES
from stoa.orders import order as domain
from stoa.orders.calendar import is_known_country
from stoa.orders.carriers import CARRIERS, NETWORKS
from stoa.orders.commands import (
    Cancel,
    DeliverPartially,
    Extend,
    LineQuantity,
    Placement,
    Refund,
    Reschedule,
    ReturnPartially,
)
from stoa.orders.money import MOST_CENTS, hundredths_of
from stoa.orders.order import Actor, Fulfilment, LineTag, Order, PaymentMethod
from stoa.orders.shop import Calendar, Company, PickupLocation, Shop, Slot
from stoa.web.faults import invalid
from stoa.web.moments import as_utc

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[str, Meta(max_length=200)]
Code = Annotated[str, Meta(min_length=1, max_length=100)]
Note = Annotated[str, Meta(max_length=2000)]
Cents = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Moment = Annotated[datetime, Meta(tz=True)]
LocalTime = Annotated[time, Meta(tz=False)]
Quantity = Annotated[int, Meta(ge=1, le=100_000)]
END = "$(?!\\n)"
"""The end of a text, for patterns: the dollar alone lets a line break follow."""

Email = Annotated[str, Meta(max_length=254, pattern=f"^[^@\\s]+@[^@\\s]+{END}")]
CountryCode = Annotated[str, Meta(pattern=f"^[A-Z]{{2}}{END}")]


class CustomerBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    first_name: Name
    last_name: Name
    email: Email | None = None
    phone: Code | None = None
    mobile: Code | None = None
    plus_user: bool = False

    def value(self) -> domain.Customer:
        return domain.Customer(
            id="",
            first_name=self.first_name,
            last_name=self.last_name,
            email=self.email,
            phone=self.phone,
            mobile=self.mobile,
            plus_user=self.plus_user,
        )


class AddressBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The street may be left out only where the parcel goes to a collection point.

    ``collection_network`` is whose point that is: ``box_now`` or ``clever_point``, where it is not the carrier's own.
    """

    street_name: Words = ""
    street_number: Words = ""
    floor: Words | None = None
    zip: Words = ""
    city: Words = ""
    region: Words = ""
    country_code: Annotated[str, Meta(pattern=f"^([A-Z]{{2}})?{END}")] = "GR"
    pickup_from_collection_point: bool = False
    collection_point_address: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    collection_network: str | None = None
    comments: Note | None = None

    def value(self) -> domain.Address:
        """The address. Raises Fault for one that no courier finds."""
        if self.pickup_from_collection_point != (self.collection_point_address is not None):
            raise invalid(
                "address.collection_point_address",
                "Give it together with pickup_from_collection_point, and only then.",
            )
        if not self.pickup_from_collection_point:
            self._refuse_missing_street()
        self._refuse_unknown_network()
        return domain.Address(
            street_name=self.street_name,
            street_number=self.street_number,
            floor=self.floor,
            zip=self.zip,
            city=self.city,
            region=self.region,
            country_code=self.country_code,
            collection_point=self.collection_point_address,
            collection_network=self.collection_network,
            comments=self.comments,
        )

    def _refuse_unknown_network(self) -> None:
        if self.collection_network is None:
            return
        if not self.pickup_from_collection_point:
            raise invalid("address.collection_network", "Give it only with pickup_from_collection_point.")
        if self.collection_network not in NETWORKS:
            raise invalid("address.collection_network", f"Must be one of {', '.join(sorted(NETWORKS))}.")

    def _refuse_missing_street(self) -> None:
        for field in ("street_name", "zip", "city", "country_code"):
            if not getattr(self, field).strip():
                raise invalid(f"address.{field}", "This is required, unless it is a collection point.")


class SizeBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: Name
    value: Name
    shop_value: Name
    shop_variation_uid: Code | None = None
    ean: Code | None = None
    mpn: Code | None = None


class LineBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``commission_rate`` is in per cent, as ``vat_percent``, with two decimals at most."""

    shop_uid: Code
    name: Annotated[str, Meta(min_length=1, max_length=500)]
    quantity: Quantity
    unit_price_cents: Cents
    vat_percent: Percent
    commission_rate: Percent = 0
    shop_variation_uid: Code | None = None
    size: SizeBody | None = None
    ean: Code | None = None
    mpn: Code | None = None
    extra_info: Note | None = None
    tags: tuple[LineTag, ...] = ()
    price_includes_vat: bool = True
    island_vat_discount_applied: bool = False
    readjusted_vat: bool = False
    serial_numbers: Annotated[tuple[Code, ...], Meta(max_length=1000)] = ()

    def value(self, place: str) -> domain.Line:
        """The line. Raises Fault that names it by its place in the body."""
        size = self.size
        return domain.Line(
            id="",
            shop_uid=self.shop_uid,
            name=self.name,
            quantity=self.quantity,
            unit_price_cents=self.unit_price_cents,
            vat_rate=_basis_points(self.vat_percent, f"{place}.vat_percent"),
            commission_rate=_basis_points(self.commission_rate, f"{place}.commission_rate"),
            shop_variation_uid=self.shop_variation_uid,
            size=domain.Size(**{field: getattr(size, field) for field in size.__struct_fields__})
            if size
            else None,
            ean=self.ean,
            mpn=self.mpn,
            extra_info=self.extra_info,
            tags=tuple(dict.fromkeys(self.tags)),
            price_includes_vat=self.price_includes_vat,
            island_vat_discount=self.island_vat_discount_applied,
            readjusted_vat=self.readjusted_vat,
            serial_numbers=self.serial_numbers,
        )


def _basis_points(percent: float, field: str) -> int:
    points = hundredths_of(percent)
    if points is None:
        raise invalid(field, "At most two decimals.")
    return points


class BillingAddressBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    street_name: Name
    street_number: Words
    zip: Name
    city: Name
    region: Words


class RepresentativeBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id_type: Name
    id_number: Code
    otp: Code
    mobile: Code | None = None


class InvoiceBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    company: Name
    profession: Name
    vat_number: Code
    doy: Words
    address: BillingAddressBody
    vat_exclusion_requested: bool = False
    vat_exclusion_verification_method: Literal["service", "documents"] | None = None
    vat_exclusion_documents: Annotated[tuple[Note, ...], Meta(max_length=20)] = ()
    vat_exclusion_representative: RepresentativeBody | None = None

    def value(self) -> domain.InvoiceDetails:
        representative = self.vat_exclusion_representative
        return domain.InvoiceDetails(
            company=self.company,
            profession=self.profession,
            vat_number=self.vat_number,
            doy=self.doy,
            address=domain.BillingAddress(
                street_name=self.address.street_name,
                street_number=self.address.street_number,
                zip=self.address.zip,
                city=self.address.city,
                region=self.address.region,
            ),
            vat_exclusion_requested=self.vat_exclusion_requested,
            vat_exclusion_verification_method=self.vat_exclusion_verification_method,
            vat_exclusion_documents=self.vat_exclusion_documents,
            vat_exclusion_representative=domain.VatRepresentative(
                id_type=representative.id_type,
                id_number=representative.id_number,
                otp=representative.otp,
                mobile=representative.mobile,
            )
            if representative
            else None,
        )


class FeesBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    handling_fee: Cents = 0
    skroutz_coins_fee: Cents = 0
    installments_fee: Cents = 0
    fbs_fee: Cents = 0
    plus_user_fee: Cents = 0

    def value(self) -> domain.Fees:
        return domain.Fees(
            handling=self.handling_fee,
            coins=self.skroutz_coins_fee,
            installments=self.installments_fee,
            warehouse=self.fbs_fee,
            plus_user=self.plus_user_fee,
        )


class OrderBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /shops/{shop_id}/orders: an order as the checkout hands it over. Amounts are gross cents."""

    customer: CustomerBody
    address: AddressBody
    lines: Annotated[tuple[LineBody, ...], Meta(min_length=1, max_length=500)]
    payment_method: PaymentMethod
    fulfilment: Fulfilment
    courier: Code | None = None
    express: bool = False
    gift_wrap: bool = False
    invoice: InvoiceBody | None = None
    fees_cents: FeesBody = FeesBody()
    shipping_cents: Cents = 0
    comments: Note = ""
    channel: Annotated[str, Meta(min_length=1, max_length=50)] = "skroutz"
    channel_ref: Code | None = None
    expires_at: Moment | None = None
    dispatch_until: Moment | None = None

    def placement(self) -> Placement:
        """The order to place. Raises Fault."""
        return Placement(
            customer=self.customer.value(),
            address=self.address.value(),
            lines=tuple(line.value(f"lines[{n}]") for n, line in enumerate(self.lines)),
            payment_method=self.payment_method,
            fulfilment=self.fulfilment,
            channel=self.channel,
            channel_ref=self.channel_ref,
            courier=known_carrier(self.courier),
            express=self.express,
            gift_wrap=self.gift_wrap,
            invoice=self.invoice.value() if self.invoice else None,
            fees=self.fees_cents.value(),
            shipping_cents=self.shipping_cents,
            comments=self.comments,
            expires_at=in_utc(self.expires_at, "expires_at"),
            dispatch_until=in_utc(self.dispatch_until, "dispatch_until"),
        )


Given = TypeVar("Given", datetime, datetime | None)


def in_utc(moment: Given, field: str) -> Given:
    """The moment, if there is one, in UTC. Raises Fault."""
    try:
        return as_utc(moment) if moment else moment
    except ValueError as fault:
        raise invalid(field, str(fault)) from fault


def known_carrier(courier: str | None) -> str | None:
    """The carrier, if there is one. Raises Fault."""
    if courier is not None and courier not in CARRIERS:
        raise invalid("courier", f"Must be one of {', '.join(sorted(CARRIERS))}.")
    return courier


class LocationBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without an id it is a new location; with the id that it had it stays the same one."""

    street_name: Name
    street_number: Words
    zip: Name
    city: Name
    region: Words
    id: Annotated[str, Meta(pattern=f"^[A-Za-z0-9]{{10}}{END}")] | None = None

    def value(self) -> PickupLocation:
        return PickupLocation(
            id=self.id or _new_id(),
            street_name=self.street_name,
            street_number=self.street_number,
            zip=self.zip,
            city=self.city,
            region=self.region,
        )


def _new_id() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(10))


MOST_LOCATIONS = 100

Locations = Annotated[tuple[LocationBody, ...], Meta(max_length=MOST_LOCATIONS)]


def locations_of(bodies: tuple[LocationBody, ...]) -> tuple[PickupLocation, ...]:
    """The locations, the first of which is the default. Raises Fault where two share an id."""
    locations = tuple(body.value() for body in bodies)
    if len({location.id for location in locations}) < len(locations):
        raise invalid("pickup_locations", "Two locations have the same id.")
    return locations


class SlotBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Local times, such as 10:00:00."""

    opens: LocalTime
    closes: LocalTime


class CalendarBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weekdays count from Monday = 0; ``holidays_of`` is the country whose public holidays are kept."""

    weekdays: Annotated[frozenset[Annotated[int, Meta(ge=0, le=6)]], Meta(min_length=1)] = Calendar().weekdays
    slots: Annotated[tuple[SlotBody, ...], Meta(min_length=1, max_length=24)] | None = None
    cut_off: LocalTime = Calendar().cut_off
    closed: Annotated[frozenset[date], Meta(max_length=400)] = frozenset()
    holidays_of: CountryCode | None = "GR"

    def value(self) -> Calendar:
        """The calendar. Raises Fault."""
        if self.holidays_of is not None and not is_known_country(self.holidays_of):
            raise invalid("calendar.holidays_of", "The public holidays of this country are not known.")
        slots = tuple(Slot(slot.opens, slot.closes) for slot in self.slots or ())
        if any(slot.closes <= slot.opens for slot in slots):
            raise invalid("calendar.slots", "A window opens before it closes.")
        return Calendar(
            weekdays=self.weekdays,
            slots=slots or Calendar().slots,
            cut_off=self.cut_off,
            closed=self.closed,
            holidays_of=self.holidays_of,
        )


Domain = Annotated[str, Meta(max_length=253, pattern=f"^[a-z0-9-]+(\\.[a-z0-9-]+)+{END}")]


class CompanyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the shop is before the law: the seller that its invoices name."""

    name: Name
    vat_number: Words = ""
    registration_number: Words = ""
    address: Words = ""
    zip: Words = ""
    city: Words = ""
    region: Words = ""
    country_code: CountryCode = "GR"
    email: Words = ""
    bank_name: Words = ""
    bank_account: Words = ""

    def value(self) -> Company:
        return Company(**asdict(self))


class ShopTermsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PATCH /shops/{shop_id}: only what is given changes; null takes a domain, a phone or a company away."""

    name: Name | UnsetType = UNSET
    domain: Domain | UnsetType | None = UNSET
    phone: Code | UnsetType | None = UNSET
    courier: Code | UnsetType = UNSET
    calendar: CalendarBody | UnsetType = UNSET
    most_parcels: Annotated[int, Meta(ge=1, le=99)] | UnsetType = UNSET
    acceptance_hours: Annotated[int, Meta(ge=1, le=720)] | UnsetType = UNSET
    dispatch_hours: Annotated[int, Meta(ge=1, le=2160)] | UnsetType = UNSET
    return_days: Annotated[int, Meta(ge=0, le=365)] | UnsetType = UNSET
    review_hours: Annotated[int, Meta(ge=1, le=2160)] | UnsetType = UNSET
    warehouse_fee_cents: Annotated[int, Meta(ge=0, le=100_000)] | UnsetType = UNSET
    set_as_ready_required: bool | UnsetType = UNSET
    language: Code | UnsetType = UNSET
    currency: Code | UnsetType = UNSET
    company: CompanyBody | UnsetType | None = UNSET
    invoice_series: Annotated[str, Meta(min_length=1, max_length=20)] | UnsetType = UNSET

    def terms(self) -> dict[str, Any]:
        """The new terms by name. Raises Fault."""
        given = {field: getattr(self, field) for field in self.__struct_fields__}
        given = {field: value for field, value in given.items() if value is not UNSET}
        known_carrier(given.get("courier"))
        _check_language(given.get("language"))
        _check_currency(given.get("currency"))
        if isinstance(self.calendar, CalendarBody):
            given["calendar"] = self.calendar.value()
        if isinstance(self.company, CompanyBody):
            given["company"] = self.company.value()
        return given


def _check_language(language: str | None) -> None:
    if language is not None and language not in LANGUAGES:
        raise invalid("language", f"Must be one of {', '.join(sorted(LANGUAGES))}.")


def _check_currency(currency: str | None) -> None:
    if currency is not None and currency not in list_currencies():
        raise invalid("currency", "Must be the code of a currency, such as EUR.")


@cache
def known_zones() -> frozenset[str]:
    """The names of the IANA time zones."""
    return frozenset(available_timezones())


def check_zone(zone: str) -> None:
    """Raises Fault."""
    if zone not in known_zones():
        raise invalid("zone", "Must be a time zone such as Europe/Athens.")


class ShopBody(ShopTermsBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /shops. The zone and the country are no terms: the codes of orders are made of them."""

    name: Name
    zone: Name = "Europe/Athens"
    country_code: CountryCode = "GR"
    pickup_locations: Locations = ()

    def shop(self) -> Shop:
        """The shop, which has no number yet. Raises Fault."""
        check_zone(self.zone)
        terms = self.terms()
        terms.pop("pickup_locations")
        return Shop(id=0, locations=locations_of(self.pickup_locations), **terms)


class LocationsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /shops/{shop_id}/pickup_locations: all of them, the default first."""

    pickup_locations: Locations


About = Literal["orders", "returns"]
"""What webhooks are about: each has an address and a switch of its own."""


class WebhookBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PUT /shops/{shop_id}/webhook: without ``dialect`` it is for the first that has such webhooks."""

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    dialect: Name | None = None
    about: About = "orders"
    enabled: bool = True


class WebhookSwitchBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PATCH /shops/{shop_id}/webhook: the address and the secret stay."""

    enabled: bool
    dialect: Name | None = None
    about: About = "orders"


class CredentialsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /shops/{shop_id}/credentials"""

    dialect: Name


class CancelBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    by: Literal["customer", "marketplace"]
    reason: Note | None = None


class ExtendBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expires_at: Moment
    dispatch_until: Moment | None = None


class RescheduleBody(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"opens": "from", "closes": "to"}
):
    """The new pickup window, ``from`` and ``to``."""

    opens: Moment
    closes: Moment


class LineQuantityBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line by its id, or by its place in the order counted from 1."""

    id: Annotated[str, Meta(max_length=64)] | Annotated[int, Meta(ge=1, le=500)]
    quantity: Quantity


class PartialBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[LineQuantityBody, ...], Meta(min_length=1, max_length=500)]

    def quantities(self, order: Order) -> tuple[LineQuantity, ...]:
        return tuple(LineQuantity(_line_id(line.id, order), line.quantity) for line in self.lines)


def _line_id(reference: str | int, order: Order) -> str:
    if isinstance(reference, str):
        return reference
    return order.lines[reference - 1].id if reference <= len(order.lines) else ""


class RefundBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without an amount it is all that is left of the payment."""

    cents: Annotated[int, Meta(ge=1, le=MOST_CENTS)] | None = None


class EmptyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """No fields."""


def cancel(body: CancelBody, _: Order) -> tuple[Cancel, Actor]:
    return Cancel(reason=body.reason), Actor(body.by)


def extend(body: ExtendBody, _: Order) -> tuple[Extend, Actor]:
    expires_at = in_utc(body.expires_at, "expires_at")
    dispatch_until = in_utc(body.dispatch_until, "dispatch_until")
    return Extend(expires_at=expires_at, dispatch_until=dispatch_until), Actor.MARKETPLACE


def reschedule(body: RescheduleBody, _: Order) -> tuple[Reschedule, Actor]:
    return Reschedule(opens=in_utc(body.opens, "from"), closes=in_utc(body.closes, "to")), Actor.MARKETPLACE


def deliver_partially(body: PartialBody, order: Order) -> tuple[DeliverPartially, Actor]:
    return DeliverPartially(lines=body.quantities(order)), Actor.COURIER


def return_partially(body: PartialBody, order: Order) -> tuple[ReturnPartially, Actor]:
    return ReturnPartially(lines=body.quantities(order)), Actor.COURIER


def refund(body: RefundBody, _: Order) -> tuple[Refund, Actor]:
    return Refund(cents=body.cents), Actor.MARKETPLACE


def hash_request(body: bytes) -> bytes:
    """What tells the same request from another one with the same idempotency key."""
    return hashlib.sha256(body).digest()
