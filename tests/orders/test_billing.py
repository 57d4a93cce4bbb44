from msgspec.structs import replace

from stoa.orders.billing import billing_of, invoice_details
from stoa.orders.order import Billing, BillingAddress, InvoiceDetails
from tests.builders import a_customer, an_address, an_invoice, an_order

COMPANY = Billing(
    is_company=True,
    company_name="ACME",
    company_vat="RO1",
    region="Bacau",
    city="Onesti",
    address="Strada Mare 1",
    zip="601001",
)


def test_a_customer_is_billed_at_the_address_of_the_parcel() -> None:
    order = an_order(customer=a_customer(phone="1", mobile="2"), address=an_address(country_code="CY"))

    assert billing_of(order) == Billing(
        name="Ελένη Παπαδάκη",
        country_code="CY",
        region="Αττική",
        city="Αθήνα",
        address="Πανεπιστημίου 4",
        zip="12345",
        phone="2",
    )


def test_what_is_not_known_of_an_address_is_not_empty_but_missing() -> None:
    empty = an_address(street_name="", street_number="", zip="", city="", region="", country_code="")
    billing = billing_of(an_order(address=empty, customer=a_customer(phone="1")))

    assert billing == Billing(name="Ελένη Παπαδάκη", phone="1")


def test_a_company_is_billed_as_its_invoice_says() -> None:
    billing = billing_of(an_order(invoice=an_invoice()))

    assert (billing.is_company, billing.company_name, billing.company_vat) == (True, "ACME", "111119191")
    assert (billing.address, billing.zip, billing.city) == ("Σταδίου 1", "12345", "Αθήνα")
    assert (billing.name, billing.country_code) == ("Ελένη Παπαδάκη", "GR")


def test_what_the_channel_said_comes_before_all() -> None:
    assert billing_of(an_order(invoice=an_invoice(), billing=COMPANY)) == COMPANY


def test_a_person_needs_no_invoice_details() -> None:
    assert invoice_details(replace(COMPANY, is_company=False)) is None
    assert invoice_details(replace(COMPANY, is_company=False), an_invoice()) is None


def test_a_company_gets_invoice_details_of_what_is_known() -> None:
    address = BillingAddress(
        street_name="Strada Mare 1", street_number="", zip="601001", city="Onesti", region="Bacau"
    )

    assert invoice_details(COMPANY) == InvoiceDetails(
        company="ACME", profession="", vat_number="RO1", doy="", address=address
    )


def test_a_company_without_a_name_is_invoiced_by_its_contacts() -> None:
    details = invoice_details(Billing(is_company=True, name="Maria Pop"))

    assert details is not None
    assert (details.company, details.vat_number) == ("Maria Pop", "")


def test_what_only_the_marketplaces_details_know_stays() -> None:
    earlier = an_invoice(doy="ΙΒ Αθηνών", vat_exclusion_requested=True)
    details = invoice_details(COMPANY, earlier)

    assert details is not None
    assert (details.doy, details.vat_exclusion_requested) == ("ΙΒ Αθηνών", True)
    assert (details.company, details.vat_number, details.address.city) == ("ACME", "RO1", "Onesti")


def test_details_made_of_a_billing_say_the_same_billing_again() -> None:
    details = invoice_details(COMPANY)

    again = billing_of(an_order(invoice=details, address=an_address(country_code="")))
    assert replace(again, name=None) == COMPANY
