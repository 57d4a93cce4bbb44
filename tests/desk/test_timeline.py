"""What happened to an order, in plain words."""

import re

import msgspec
import pytest

from stoa.desk.order.timeline import DETAILS, EVENTS, Teller, told
from stoa.desk.words import ACTORS, CHANGED, HAPPENED, REASONS, RETURN_STATES, STATES
from stoa.orders import events as happened
from stoa.orders.commands import MODIFIABLE, LineQuantity, LineRejection
from stoa.orders.events import Event
from stoa.orders.order import (
    Actor,
    LinkedReturn,
    PaymentStatus,
    PickupWindow,
    RejectionReason,
    ReturnReason,
    ReturnState,
    Review,
    ReviewOption,
    State,
)
from stoa.store.orders import Happening
from tests.builders import HOUR, NOON, a_shop, a_tracking, a_voucher, an_order, an_uploaded_invoice

ORDER = an_order()
LINE = ORDER.lines[0].id
WINDOW = PickupWindow(id=1, opens=NOON + HOUR, closes=NOON + 3 * HOUR)
RETURN = LinkedReturn(id=2_000_001, placed_at=NOON, state=ReturnState.RETURNING, tracking_ids=("771",))
REVIEW = Review(option=ReviewOption.NOT_FAULTY, by=Actor.MERCHANT, at=NOON, comment="Δουλεύει")


def saying(event: Event, by: Actor = Actor.MERCHANT, person: str | None = None) -> str:
    """What the timeline tells of an event."""
    one = Happening(
        version=2,
        at=NOON,
        kind=type(event).__name__,
        by=by,
        event=msgspec.Raw(msgspec.json.encode(event)),
        person=person,
    )
    moment = told(one, Teller(ORDER, a_shop(), "en"))
    return re.sub(r"\s", " ", f"{moment.what}: {moment.details} ({moment.who})")


def test_every_kind_of_event_has_words() -> None:
    assert set(HAPPENED) == set(EVENTS)
    assert set(DETAILS) <= set(EVENTS.values())


def test_every_actor_state_and_reason_has_words() -> None:
    assert set(ACTORS) == set(Actor)
    assert set(STATES) == set(State)
    assert set(RETURN_STATES) == set(ReturnState)
    assert set(REASONS) == set(RejectionReason)


def test_what_is_said_to_be_changed_can_be_changed() -> None:
    assert set(CHANGED) <= {name.partition(".")[0] for name in MODIFIABLE}


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (happened.Placed(channel="skroutz", total_cents=3598), "Ordered: skroutz · €35.98 (shop)"),
        (
            happened.Rejected(lines=(LineRejection(LINE, RejectionReason.LIMITED_STOCK, 1),)),
            "Rejected: Καφετιέρα 12 φλιτζανιών: Only some pieces left (1) (shop)",
        ),
        (happened.Cancelled(reason="Κλειστά"), "Cancelled: Κλειστά (shop)"),
        (happened.Rescheduled(window=WINDOW), "Pickup moved: 3 Mar 2026, 13:00 – 15:00 (shop)"),
        (happened.MarkedReady(), "Ready for collection:  (shop)"),
        (
            happened.VoucherCreated(voucher=a_voucher(), tracking=a_tracking(code="771")),
            "Label made: 771 (shop)",
        ),
        (
            happened.TrackingNoted(trackings=(a_tracking(code="1"), a_tracking(code="2"))),
            "noted: 1, 2 (shop)",
        ),
        (
            happened.PartiallyDelivered(lines=(LineQuantity(LINE, 1),)),
            "Partly delivered: 1 × Καφετιέρα 12 φλιτζανιών (shop)",
        ),
        (happened.InvoiceAttached(invoice=an_uploaded_invoice(name="5.pdf")), "file added: 5.pdf (shop)"),
        (happened.PaymentChanged(status=PaymentStatus.PAID), "Payment changed: Paid (shop)"),
        (happened.Refunded(cents=1799), "Refunded: €17.99 (shop)"),
        (
            happened.ReturnRequested(
                order=RETURN, lines=(LineQuantity(LINE, 1),), reason=ReturnReason.FAULTY, review_until=NOON
            ),
            "It does not work · 1 × Καφετιέρα 12 φλιτζανιών (shop)",
        ),
        (happened.ReturnFollowed(order=RETURN, lines=()), "News of the return: on its way · 771 (shop)"),
        (happened.ReturnDeclined(review=REVIEW), "No: it is not faulty · Δουλεύει (shop)"),
        (happened.ReturnTracked(tracking_ids=("1", "2")), "has the goods: 1, 2 (shop)"),
        (happened.ReturnTakenBack(restock=True), "taken back: on sale again (shop)"),
        (
            happened.Modified(changes={"address.city": "Πάτρα", "address.zip": "26221", "meta": None}),
            "Changed: delivery address, other details (shop)",
        ),
    ],
)
def test_the_details_that_matter_are_told(event: Event, says: str) -> None:
    assert saying(event).endswith(says)


def test_a_person_is_named_and_everybody_else_said_in_a_word() -> None:
    assert saying(happened.MarkedReady(), person="Άννα").endswith("(Άννα)")
    assert saying(happened.Expired(), by=Actor.CLOCK).endswith("(by itself)")
