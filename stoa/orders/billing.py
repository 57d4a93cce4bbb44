"""Whom a shop bills for an order, whichever channel it came from."""

from msgspec.structs import replace

from stoa.orders.order import Billing, BillingAddress, InvoiceDetails, Order


def billing_of(order: Order) -> Billing:
    """As the channel said; without a word of it, the company of the invoice, or the customer at its address."""
    if order.billing is not None:
        return order.billing
    return _company(order, order.invoice) if order.invoice else _person(order)


def _person(order: Order) -> Billing:
    customer, address = order.customer, order.address
    return Billing(
        name=customer.name,
        country_code=address.country_code or None,
        region=address.region or None,
        city=address.city or None,
        address=address.street or None,
        zip=address.zip or None,
        phone=customer.mobile or customer.phone,
    )


def _company(order: Order, invoice: InvoiceDetails) -> Billing:
    address = invoice.address
    return Billing(
        is_company=True,
        name=order.customer.name,
        company_name=invoice.company,
        company_vat=invoice.vat_number,
        country_code=order.address.country_code or None,
        region=address.region,
        city=address.city,
        address=f"{address.street_name} {address.street_number}".strip(),
        zip=address.zip,
        phone=order.customer.mobile or order.customer.phone,
    )


def invoice_details(billing: Billing, earlier: InvoiceDetails | None = None) -> InvoiceDetails | None:
    """The company to invoice, None for a person. What only the ``earlier`` details know stays."""
    if not billing.is_company:
        return None
    address = BillingAddress(
        street_name=billing.address or "",
        street_number="",
        zip=billing.zip or "",
        city=billing.city or "",
        region=billing.region or "",
    )
    company, vat_number = billing.company_name or billing.name or "", billing.company_vat or ""
    if earlier is None:
        return InvoiceDetails(company=company, profession="", vat_number=vat_number, doy="", address=address)
    return replace(earlier, company=company, vat_number=vat_number, address=address)
