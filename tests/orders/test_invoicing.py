import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.orders.invoicing import SHIPPING, Invoice, Party, VatGroup, display_number, invoice_of, storno_of
from stoa.orders.order import Billing, Line, Order
from stoa.orders.shop import Company, Shop
from tests.builders import DAY, NOON, a_customer, a_line, a_shop, an_address, an_invoice, an_order

COMPANY = Company(
    name="Παλαιοπωλείο ΕΠΕ",
    vat_number="EL111119191",
    registration_number="GEMI 17",
    address="Σταδίου 1",
    zip="10562",
    city="Αθήνα",
    email="office@example.com",
    bank_name="Τράπεζα",
    bank_account="GR16",
)


def invoice(order: Order, shop: Shop | None = None, number: int = 17) -> Invoice:
    return invoice_of(order, shop or a_shop(), number=number, order_code="12345001", now=NOON)


# A price, the pieces, and whether VAT is as the rate says, agreed or not in it.
lines = st.builds(
    a_line,
    quantity=st.integers(1, 5),
    unit_price_cents=st.integers(0, 100_000),
    vat_rate=st.sampled_from([0, 900, 1300, 1900, 2400]),
    price_includes_vat=st.booleans(),
    agreed_vat_cents=st.none() | st.just(0),
)

orders = st.builds(
    lambda goods, shipping: an_order(lines=tuple(goods), shipping_cents=shipping),
    st.lists(lines, min_size=1, max_size=5),
    st.integers(0, 20_000),
)


@given(order=orders)
def test_an_invoice_is_over_what_the_customer_pays(order: Order) -> None:
    paper = invoice(order)

    assert paper.gross_cents == order.total_cents
    assert paper.vat_cents == order.vat_cents + order.shipping_vat_cents
    assert paper.net_cents + paper.vat_cents == paper.gross_cents


@given(order=orders)
def test_pieces_add_up_to_their_line(order: Order) -> None:
    for line in invoice(order).lines:
        assert line.unit_net_cents * line.quantity == line.net_cents
        assert line.net_cents + line.vat_cents == line.gross_cents


@given(order=orders)
def test_the_groups_of_rates_add_up_to_the_invoice_and_have_each_rate_once(order: Order) -> None:
    paper = invoice(order)
    rates = [group.rate for group in paper.vat_groups]

    assert sum(group.net_cents for group in paper.vat_groups) == paper.net_cents
    assert sum(group.vat_cents for group in paper.vat_groups) == paper.vat_cents
    assert rates == sorted(set(rates))
    assert all(group.vat_cents == 0 for group in paper.vat_groups if group.rate == 0)


@given(order=orders)
def test_a_storno_takes_back_every_cent(order: Order) -> None:
    paper = invoice(order)
    storno = storno_of(paper, number=18, now=NOON + DAY)

    assert (storno.net_cents, storno.vat_cents) == (-paper.net_cents, -paper.vat_cents)
    assert storno.vat_groups == tuple(
        VatGroup(rate=group.rate, net_cents=-group.net_cents, vat_cents=-group.vat_cents)
        for group in paper.vat_groups
    )
    for line in storno.lines:
        assert line.unit_net_cents * line.quantity == line.net_cents


@given(order=orders)
def test_papers_come_back_from_json_as_they_were(order: Order) -> None:
    for paper in (invoice(order), storno_of(invoice(order), number=18, now=NOON)):
        assert msgspec.json.decode(msgspec.json.encode(paper), type=Invoice) == paper


def test_a_storno_names_the_invoice_that_it_cancels_and_is_of_its_series() -> None:
    paper = invoice(an_order())
    storno = storno_of(paper, number=18, now=NOON + DAY)

    assert (storno.series, storno.number, storno.cancels) == (paper.series, 18, 17)
    assert (storno.issued_at, storno.order_code) == (NOON + DAY, "12345001")
    assert (storno.seller, storno.buyer) == (paper.seller, paper.buyer)


def test_goods_of_two_rates_and_the_shipping_are_summed_by_rate() -> None:
    cheap, dear = a_line(quantity=1, unit_price_cents=10900, vat_rate=1900), books()
    paper = invoice(an_order(lines=(cheap, dear), shipping_cents=1500))

    assert paper.vat_groups == (
        VatGroup(rate=900, net_cents=1000, vat_cents=90),
        VatGroup(rate=1900, net_cents=9160 + 1261, vat_cents=1740 + 239),
    )


def books() -> Line:
    return a_line(quantity=1, unit_price_cents=1090, vat_rate=900)


def test_what_was_agreed_without_vat_is_apart_from_what_is_taxed() -> None:
    untaxed = a_line(quantity=1, unit_price_cents=1000, vat_rate=1900, agreed_vat_cents=0)
    taxed = a_line(quantity=1, unit_price_cents=1190, vat_rate=1900)

    assert invoice(an_order(lines=(untaxed, taxed))).vat_groups == (
        VatGroup(rate=0, net_cents=1000, vat_cents=0),
        VatGroup(rate=1900, net_cents=1000, vat_cents=190),
    )


def test_free_shipping_is_no_line() -> None:
    assert [line.name for line in invoice(an_order()).lines] == [a_line().name]
    assert invoice(an_order(shipping_cents=1)).lines[-1].name == SHIPPING


def test_a_line_is_known_by_the_shops_own_code_for_it() -> None:
    assert invoice(an_order(lines=(a_line(sku="K-12"),))).lines[0].code == "K-12"
    assert invoice(an_order(lines=(a_line(shop_uid="405753"),))).lines[0].code == "405753"


def test_the_seller_is_the_company_of_the_shop() -> None:
    seller = invoice(an_order(), a_shop(company=COMPANY, phone="2101234567")).seller

    assert seller == Party(
        name="Παλαιοπωλείο ΕΠΕ",
        vat_number="EL111119191",
        registration_number="GEMI 17",
        address="Σταδίου 1",
        zip="10562",
        city="Αθήνα",
        country_code="GR",
        phone="2101234567",
        email="office@example.com",
        bank_name="Τράπεζα",
        bank_account="GR16",
    )


def test_a_shop_that_has_not_said_who_it_is_sells_under_its_name() -> None:
    seller = invoice(an_order()).seller

    assert (seller.name, seller.address, seller.city) == ("Το Παλαιοπωλείο", "Πανεπιστημίου 2", "Αθήνα")
    assert invoice(an_order(), a_shop(locations=())).seller == Party(name="Το Παλαιοπωλείο")


def test_a_person_buys_under_their_name() -> None:
    buyer = invoice(an_order(customer=a_customer(phone="1"))).buyer

    assert (buyer.name, buyer.vat_number, buyer.address) == ("Ελένη Παπαδάκη", "", "Πανεπιστημίου 4")
    assert (buyer.city, buyer.country_code, buyer.phone) == ("Αθήνα", "GR", "1")


def test_a_company_buys_under_its_own() -> None:
    buyer = invoice(an_order(invoice=an_invoice())).buyer

    assert (buyer.name, buyer.vat_number, buyer.address) == ("ACME", "111119191", "Σταδίου 1")


def test_a_persons_paper_shows_nothing_of_a_company_that_was_filled_in() -> None:
    billing = Billing(name="Maria Pop", company_vat="RO1", company_number="J4", identity_number="MX 1")
    buyer = invoice(an_order(billing=billing)).buyer

    assert (buyer.name, buyer.vat_number, buyer.registration_number) == ("Maria Pop", "", "")
    assert buyer.identity_number == "MX 1"


def test_a_billing_without_a_name_is_the_customers() -> None:
    assert invoice(an_order(billing=Billing(city="Bacau"))).buyer.name == "Ελένη Παπαδάκη"


def test_an_invoice_is_of_the_series_currency_language_and_zone_of_the_shop() -> None:
    shop = a_shop(invoice_series="BC", currency="RON", language="ro", zone="Europe/Bucharest")
    paper = invoice(an_order(shop=shop), shop)

    assert (paper.series, paper.currency, paper.language, paper.zone) == (
        "BC",
        "RON",
        "ro",
        "Europe/Bucharest",
    )


def test_an_invoice_stays_as_it_was_when_the_order_changes() -> None:
    order = an_order(address=an_address(city="Αθήνα"))
    paper = invoice(order)

    assert (paper.order_id, paper.order_code, paper.issued_at) == (order.id, "12345001", NOON)
    assert paper.buyer.city == "Αθήνα"


@pytest.mark.parametrize(
    ("number", "shown"), [(1, "0000001"), (9_999_999, "9999999"), (10_000_000, "10000000")]
)
def test_a_number_has_seven_digits_at_least(number: int, shown: str) -> None:
    assert display_number(number) == shown
