"""What a merchant may write on an order, beside its life."""

from itertools import permutations

import msgspec
import pytest
from msgspec.structs import replace

from stoa.orders import events as happened
from stoa.orders.billing import billing_of
from stoa.orders.commands import MODIFIABLE, CancelInvoice, IssueInvoice, Modify, SetPayment
from stoa.orders.evolving import value_at
from stoa.orders.money import MOST_CENTS
from stoa.orders.order import (
    Billing,
    Note,
    Order,
    PaymentMethod,
    PaymentStatus,
    State,
    Tag,
    Tracking,
)
from stoa.orders.refusals import Refusal, Refused
from tests.builders import HOUR, NOON, a_line, after, an_invoice, an_order, an_order_in, asking

NEW: dict[str, object] = {
    "payment_method": PaymentMethod.BANK_TRANSFER,
    "shipping_cents": 1500,
    "meta": {"campaign": 7},
    "tags": (Tag(id=1, name="gift"),),
    "notes": (Note(number=3, text="Σε κουτί"),),
    "last_note": 3,
    "trackings": (Tracking(courier="acs", code="4711"),),
    "customer.number": 17,
    "customer.plus_user": True,
    "billing.is_company": True,
}
"""New values of what is no text."""

BILLED = Billing(name="Maria Pop", city="Bacau")


def new(name: str) -> object:
    return NEW.get(name, f"new {name}")


def modified(order: Order, *names: str) -> Order:
    """The order after changes of these names, one after the other."""
    return after(order, *(Modify(changes={name: new(name)}) for name in names))


@pytest.mark.parametrize("name", sorted(MODIFIABLE))
def test_whatever_may_be_modified_can_be(name: str) -> None:
    before = an_order()
    order = modified(before, name)

    assert value_at(before, name) != new(name)
    assert value_at(order, name) == new(name)
    assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order


@pytest.mark.parametrize("name", sorted(MODIFIABLE))
def test_a_modification_changes_nothing_else(name: str) -> None:
    before = an_order(billing=BILLED)
    order = modified(before, name)

    touched = {other for other in MODIFIABLE if value_at(order, other) != value_at(before, other)}
    assert touched == {name}
    assert order.state is before.state


def test_changes_of_different_names_lead_to_the_same_whoever_comes_first() -> None:
    order = an_order(billing=BILLED)

    for one, other in permutations(sorted(MODIFIABLE), 2):
        assert modified(order, one, other) == modified(order, other, one), (one, other)


def test_both_have_their_way_where_one_of_them_is_the_first_to_write_a_billing() -> None:
    for one, other in permutations(sorted(MODIFIABLE), 2):
        order = modified(an_order(), one, other)
        assert (value_at(order, one), value_at(order, other)) == (new(one), new(other))


def test_all_at_once_is_the_same_as_one_after_the_other() -> None:
    order, names = an_order(billing=BILLED), sorted(MODIFIABLE)
    at_once = after(order, Modify(changes={name: new(name) for name in names}))

    assert at_once == modified(order, *names)


@pytest.mark.parametrize("state", State)
def test_it_is_never_too_late_to_write_on_an_order(state: State) -> None:
    order = after(an_order_in(state), Modify(changes={"comments": "Στο γραφείο"}), at=NOON + 999 * HOUR)

    assert (order.state, order.comments, order.updated_at) == (state, "Στο γραφείο", NOON + 999 * HOUR)


def test_an_optional_field_is_cleared() -> None:
    order = an_order(payment_reference="T-17")
    cleared = after(order, Modify(changes={"payment_reference": None, "customer.email": None}))

    assert (cleared.payment_reference, cleared.customer.email) == (None, None)


def test_a_billing_that_was_never_written_begins_as_the_customer() -> None:
    order = modified(an_order(), "billing.phone")

    assert order.billing == replace(billing_of(an_order()), phone="new billing.phone")
    assert order.invoice is None


def test_a_company_that_is_billed_is_invoiced_in_every_dialect() -> None:
    company: dict[str, object] = {
        "billing.is_company": True,
        "billing.company_name": "ACME",
        "billing.company_vat": "RO1",
    }
    order = after(an_order(), Modify(changes=company))

    assert order.invoice is not None
    assert (order.invoice.company, order.invoice.vat_number) == ("ACME", "RO1")


def test_a_company_that_becomes_a_person_is_no_longer_invoiced_as_one() -> None:
    order = after(an_order(invoice=an_invoice()), Modify(changes={"billing.is_company": False}))

    assert order.invoice is None
    assert billing_of(order).is_company is False


def test_an_address_of_a_company_leaves_what_only_the_marketplace_knows() -> None:
    order = after(an_order(invoice=an_invoice()), Modify(changes={"billing.city": "Πάτρα"}))

    assert order.invoice is not None
    assert order.invoice.address.city == "Πάτρα"
    assert (order.invoice.doy, order.invoice.profession) == (an_invoice().doy, an_invoice().profession)


@pytest.mark.parametrize("shipping", [MOST_CENTS, 2**63])
def test_shipping_beyond_what_the_service_holds_is_refused(shipping: int) -> None:
    refused = asking(an_order(), Modify(changes={"shipping_cents": shipping}))

    assert refused == Refused(Refusal.AMOUNT_OUT_OF_RANGE, "shipping_cents")


def test_an_order_that_costs_the_most_can_still_be_written_on() -> None:
    order = an_order(lines=(a_line(quantity=1, unit_price_cents=MOST_CENTS),))

    assert after(order, Modify(changes={"comments": "!"})).comments == "!"
    assert after(order, Modify(changes={"shipping_cents": 0})).shipping_cents == 0


def test_the_event_keeps_what_was_changed_and_not_what_was_there() -> None:
    event = asking(an_order(), Modify(changes={"tags": (Tag(id=1, name="gift"),), "address.city": "Bacau"}))

    assert isinstance(event, happened.Modified)
    assert msgspec.json.decode(msgspec.json.encode(event)) == {
        "changes": {"tags": [{"id": 1, "name": "gift"}], "address.city": "Bacau"}
    }


# Payment and papers


@pytest.mark.parametrize("status", PaymentStatus)
@pytest.mark.parametrize("state", State)
def test_payment_moves_on_its_own(state: State, status: PaymentStatus) -> None:
    order = after(an_order_in(state), SetPayment(status=status))

    assert (order.state, order.payment_status) == (state, status)


def test_an_order_is_invoiced_once() -> None:
    order = after(an_order(), IssueInvoice(number=17), at=NOON + HOUR)

    assert order.issued_invoice is not None
    assert (order.issued_invoice.series, order.issued_invoice.number) == ("INV", 17)
    assert order.issued_invoice.issued_at == NOON + HOUR
    assert asking(order, IssueInvoice(number=18)) == Refused(Refusal.ALREADY_INVOICED)


def test_an_invoice_is_cancelled_once_and_only_where_there_is_one() -> None:
    order = after(an_order(), IssueInvoice(number=17), CancelInvoice(number=18))

    assert order.issued_invoice is not None
    assert (order.issued_invoice.number, order.issued_invoice.storno) == (17, 18)
    assert asking(order, CancelInvoice(number=19)) == Refused(Refusal.NOT_INVOICED)
    assert asking(an_order(), CancelInvoice(number=19)) == Refused(Refusal.NOT_INVOICED)


@pytest.mark.parametrize("state", State)
def test_a_storno_is_due_where_an_invoiced_order_came_to_nothing(state: State) -> None:
    order = replace(an_order_in(state), issued_invoice=after(an_order(), IssueInvoice()).issued_invoice)

    assert order.storno_is_due == (state in {State.REJECTED, State.EXPIRED, State.CANCELLED})
