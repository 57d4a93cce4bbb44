"""The papers that a shop issues: invoices, the stornos that cancel them, and proformas that promise one."""

from datetime import datetime

from msgspec.structs import replace

from stoa.orders.billing import billing_of
from stoa.orders.money import vat_within
from stoa.orders.order import Billing, Line, Order, Value
from stoa.orders.shop import Shop


class Party(Value, frozen=True, kw_only=True):
    """Seller or buyer, as the paper names it; what is not known is empty."""

    name: str
    vat_number: str = ""
    registration_number: str = ""
    identity_number: str = ""
    address: str = ""
    zip: str = ""
    city: str = ""
    region: str = ""
    country_code: str = ""
    phone: str = ""
    email: str = ""
    bank_name: str = ""
    bank_account: str = ""


class InvoiceLine(Value, frozen=True, kw_only=True):
    """Amounts in cents, of one piece and of the line; the shipping has the name SHIPPING and no code."""

    name: str
    code: str
    quantity: int
    vat_rate: int
    unit_net_cents: int
    net_cents: int
    vat_cents: int

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents


SHIPPING = "Shipping"


class VatGroup(Value, frozen=True, kw_only=True):
    """What is taxed at one rate, in cents."""

    rate: int
    net_cents: int
    vat_cents: int


class Invoice(Value, frozen=True, kw_only=True):
    """A paper, frozen as it was issued. A proforma has the number 0; a storno has negative amounts."""

    series: str
    number: int
    issued_at: datetime
    order_id: int
    order_code: str
    currency: str
    language: str
    zone: str
    seller: Party
    buyer: Party
    lines: tuple[InvoiceLine, ...]
    cancels: int | None = None

    @property
    def net_cents(self) -> int:
        return sum(line.net_cents for line in self.lines)

    @property
    def vat_cents(self) -> int:
        return sum(line.vat_cents for line in self.lines)

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents

    @property
    def vat_groups(self) -> tuple[VatGroup, ...]:
        """By rate, the lowest first. What carries no VAT is apart from what is taxed at the same rate."""
        rates = sorted({_taxed_at(line) for line in self.lines})
        return tuple(
            VatGroup(
                rate=rate,
                net_cents=sum(line.net_cents for line in self.lines if _taxed_at(line) == rate),
                vat_cents=sum(line.vat_cents for line in self.lines if _taxed_at(line) == rate),
            )
            for rate in rates
        )


def _taxed_at(line: InvoiceLine) -> int:
    return line.vat_rate if line.vat_cents else 0


def display_number(number: int) -> str:
    """Seven digits at least, as it stands on the paper."""
    return f"{number:07}"


def invoice_of(order: Order, shop: Shop, *, number: int, order_code: str, now: datetime) -> Invoice:
    """The order's invoice, or its proforma where the number is 0."""
    return Invoice(
        series=shop.invoice_series,
        number=number,
        issued_at=now,
        order_id=order.id,
        order_code=order_code,
        currency=order.currency,
        language=shop.language,
        zone=shop.zone,
        seller=_seller(shop),
        buyer=_buyer(order),
        lines=(*(_line(line) for line in order.lines), *_shipping(order)),
    )


def storno_of(invoice: Invoice, *, number: int, now: datetime) -> Invoice:
    """The paper that takes an invoice back: the same lines, every amount negative."""
    lines = tuple(
        replace(line, quantity=-line.quantity, net_cents=-line.net_cents, vat_cents=-line.vat_cents)
        for line in invoice.lines
    )
    return replace(invoice, number=number, issued_at=now, lines=lines, cancels=invoice.number)


def _line(line: Line) -> InvoiceLine:
    return InvoiceLine(
        name=line.name,
        code=line.sku or line.shop_uid,
        quantity=line.quantity,
        vat_rate=line.vat_rate,
        unit_net_cents=line.unit_price_cents - line.unit_vat_cents,
        net_cents=line.total_cents - line.vat_cents,
        vat_cents=line.vat_cents,
    )


def _shipping(order: Order) -> tuple[InvoiceLine, ...]:
    if not order.shipping_cents:
        return ()
    vat = vat_within(order.shipping_cents, order.shipping_vat_rate)
    net = order.shipping_cents - vat
    return (
        InvoiceLine(
            name=SHIPPING,
            code="",
            quantity=1,
            vat_rate=order.shipping_vat_rate,
            unit_net_cents=net,
            net_cents=net,
            vat_cents=vat,
        ),
    )


def _seller(shop: Shop) -> Party:
    company = shop.company
    if company is None:
        place = shop.locations[0] if shop.locations else None
        address = f"{place.street_name} {place.street_number}".strip() if place else ""
        return Party(
            name=shop.name,
            address=address,
            zip=place.zip if place else "",
            city=place.city if place else "",
            phone=shop.phone or "",
        )
    return Party(
        name=company.name,
        vat_number=company.vat_number,
        registration_number=company.registration_number,
        address=company.address,
        zip=company.zip,
        city=company.city,
        region=company.region,
        country_code=company.country_code,
        phone=shop.phone or "",
        email=company.email,
        bank_name=company.bank_name,
        bank_account=company.bank_account,
    )


def _buyer(order: Order) -> Party:
    billing = billing_of(order)
    return Party(
        name=_billed_name(billing) or order.customer.name,
        vat_number=(billing.company_vat or "") if billing.is_company else "",
        registration_number=(billing.company_number or "") if billing.is_company else "",
        identity_number="" if billing.is_company else billing.identity_number or "",
        address=billing.address or "",
        zip=billing.zip or "",
        city=billing.city or "",
        region=billing.region or "",
        country_code=billing.country_code or "",
        phone=billing.phone or "",
        bank_name=(billing.company_bank_name or "") if billing.is_company else "",
        bank_account=(billing.company_bank_account or "") if billing.is_company else "",
    )


def _billed_name(billing: Billing) -> str | None:
    return (billing.company_name or billing.name) if billing.is_company else billing.name
