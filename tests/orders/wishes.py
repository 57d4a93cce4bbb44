"""What may be asked of an order and of its returns, with sense and without, to be drawn from."""

from collections.abc import Callable, Iterable

from hypothesis import strategies as st
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity, LineRejection, Placement
from stoa.orders.evolving import free_to_return
from stoa.orders.lifecycle import Action
from stoa.orders.order import (
    Fees,
    Fulfilment,
    LinkedOrder,
    Order,
    PaymentMethod,
    PaymentStatus,
    RejectionReason,
    ReturnReason,
    ReviewOption,
)
from stoa.orders.returning import review
from tests.builders import (
    APPROVE,
    MINUTE,
    NOON,
    a_line,
    a_placement,
    a_shop,
    a_tracking,
    a_voucher,
    an_invoice,
    an_uploaded_invoice,
)

FOLLOW_UP, FIRST_RETURN = 1_000_002, 2_000_001
INVOICE, STORNO = 17, 18
APPROVED = ReviewOption.APPROVE

modifications = st.fixed_dictionaries(
    {},
    optional={
        "comments": st.text(max_size=5),
        "shipping_cents": st.integers(0, 1000),
        "address.city": st.text(max_size=5),
        "billing.is_company": st.booleans(),
        "billing.company_vat": st.sampled_from(["RO1", None]),
    },
)

lines = st.builds(
    a_line,
    quantity=st.integers(1, 4),
    unit_price_cents=st.integers(0, 100_000),
    vat_rate=st.sampled_from([0, 400, 1300, 1900, 2400]),
    commission_rate=st.integers(0, 2000),
    price_includes_vat=st.booleans(),
    agreed_vat_cents=st.none() | st.just(0),
    stock_id=st.none() | st.integers(1, 2),
)


def as_its_warehouse_serves_it(placement: Placement) -> Placement:
    if placement.fulfilment is Fulfilment.WAREHOUSE:
        return placement
    return replace(placement, lines=tuple(replace(line, stock_id=None) for line in placement.lines))


placements = st.builds(
    a_placement,
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
    payment_method=st.sampled_from(PaymentMethod),
    # Most of the orders take a way that has many stations.
    fulfilment=st.just(Fulfilment.MARKETPLACE) | st.just(Fulfilment.WAREHOUSE) | st.sampled_from(Fulfilment),
    express=st.booleans(),
    invoice=st.none() | st.just(an_invoice()),
    fees=st.builds(Fees, handling=st.integers(0, 500)),
    shipping_cents=st.integers(0, 1000),
).map(as_its_warehouse_serves_it)

several_pieces = st.builds(
    a_placement,
    lines=st.lists(
        st.builds(
            a_line,
            quantity=st.integers(2, 4),
            unit_price_cents=st.sampled_from([0, 999, 1799]),
            stock_id=st.none() | st.integers(1, 2),
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    payment_method=st.sampled_from([PaymentMethod.CARD, PaymentMethod.CASH_ON_DELIVERY]),
    fulfilment=st.sampled_from([Fulfilment.WAREHOUSE, Fulfilment.MARKETPLACE]),
    shipping_cents=st.sampled_from([0, 350]),
).map(as_its_warehouse_serves_it)

shops = st.builds(
    a_shop,
    zone=st.sampled_from(["Europe/Athens", "Europe/Lisbon", "Pacific/Auckland"]),
    most_parcels=st.integers(1, 3),
    set_as_ready_required=st.booleans(),
    return_days=st.sampled_from([0, 14]),
)

moments = st.integers(-2 * 24 * 60, 9 * 24 * 60).map(lambda minutes: NOON + minutes * MINUTE)


def ids_of(order: Order) -> st.SearchStrategy[str]:
    return st.sampled_from([line.id for line in order.lines])


def some_pieces_of(order: Order) -> st.SearchStrategy[tuple[LineQuantity, ...]]:
    one = st.builds(LineQuantity, line_id=ids_of(order), quantity=st.integers(0, 3))
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda line: line.line_id).map(tuple)


def rejections_of(order: Order) -> st.SearchStrategy[asked.Reject]:
    one = st.builds(
        LineRejection,
        line_id=ids_of(order),
        reason=st.sampled_from(RejectionReason),
        available_quantity=st.none() | st.integers(0, 4),
    )
    return st.builds(
        asked.Reject,
        lines=st.lists(one, max_size=3).map(tuple),
        other=st.none() | st.just("Κλειστό"),
        follow_up=st.just(FOLLOW_UP),
    )


def vouchers_of(order: Order) -> st.SearchStrategy[asked.AttachVoucher]:
    serials = st.just(order.next_voucher) | st.integers(1, 3)
    return st.builds(
        asked.AttachVoucher,
        voucher=serials.map(lambda serial: a_voucher(serial=serial, blob=f"{serial}.pdf")),
        tracking=st.just(a_tracking()),
        parcels=st.none() | st.integers(0, 4),
    )


def requests_of(order: Order) -> st.SearchStrategy[asked.RequestReturn]:
    return st.builds(
        asked.RequestReturn,
        lines=some_pieces_of(order),
        reason=st.sampled_from(ReturnReason),
        review_until=st.none() | moments,
        number=st.just(max([FIRST_RETURN, *(linked.id + 1 for linked in order.returns)])),
    )


def possible_requests_of(order: Order) -> st.SearchStrategy[asked.RequestReturn]:
    """Requests for some pieces of one line that the customer has and that are in no return."""
    wanted = st.sampled_from([line for line in order.lines if free_to_return(line)])
    return wanted.flatmap(
        lambda line: st.builds(
            replace,
            requests_of(order),
            review_until=st.none(),
            lines=st.builds(LineQuantity, st.just(line.id), st.integers(1, free_to_return(line))).map(
                lambda pieces: (pieces,)
            ),
        )
    )


def answers(kinds: Iterable[ReviewOption]) -> st.SearchStrategy[Command]:
    words = st.sampled_from([None, "Δείτε τις οδηγίες"])
    return st.builds(review, st.sampled_from(sorted(kinds)), comment=words, proposed_part_url=words)


def just(command: Command) -> Callable[[Order], st.SearchStrategy[Command]]:
    return lambda _: st.just(command)


COMMANDS: dict[Action, Callable[[Order], st.SearchStrategy[Command]]] = {
    Action.ACCEPT: lambda _: st.builds(
        asked.Accept,
        window_id=st.none() | st.integers(1, 12),
        parcels=st.integers(0, 3),
        voucher=st.booleans(),
    ),
    Action.REJECT: rejections_of,
    Action.EXPIRE: just(asked.Expire()),
    Action.EXTEND: lambda _: st.builds(asked.Extend, expires_at=moments, dispatch_until=st.none() | moments),
    Action.CANCEL: just(asked.Cancel(reason="Άλλαξα γνώμη")),
    Action.RESCHEDULE: lambda _: st.builds(asked.Reschedule, opens=moments, closes=moments),
    Action.ATTACH_VOUCHER: vouchers_of,
    Action.CANCEL_VOUCHER: just(asked.CancelVoucher()),
    Action.COLLECT_VOUCHER: just(asked.CollectVoucher()),
    Action.MARK_READY: just(asked.MarkReady()),
    Action.MARK_NOT_READY: just(asked.MarkNotReady()),
    Action.NOTE_TRACKING: just(asked.NoteTracking(trackings=(a_tracking(courier="acs"),))),
    Action.PICK_UP: just(asked.PickUp()),
    Action.ARRIVE_AT_PICKUP_POINT: just(asked.ArriveAtPickupPoint()),
    Action.DELIVER: just(asked.Deliver()),
    Action.DELIVER_PARTIALLY: lambda order: st.builds(asked.DeliverPartially, lines=some_pieces_of(order)),
    Action.FAIL_DELIVERY: just(asked.FailDelivery()),
    Action.RETURN_PARTIALLY: lambda order: st.builds(asked.ReturnPartially, lines=some_pieces_of(order)),
    Action.RETURN: just(asked.Return()),
    Action.COMPLETE: just(asked.Complete()),
    Action.ATTACH_INVOICE: lambda _: st.builds(
        asked.AttachInvoice, invoice=st.just(an_uploaded_invoice()), replacing=st.booleans()
    ),
    Action.REMOVE_INVOICE: lambda order: st.builds(
        asked.RemoveInvoice, serial=st.sampled_from([0, *(file.serial for file in order.invoice_files)])
    ),
    Action.BEGIN_WORK: just(asked.BeginWork()),
    Action.ISSUE_INVOICE: just(asked.IssueInvoice(number=INVOICE)),
    Action.CANCEL_INVOICE: just(asked.CancelInvoice(number=STORNO)),
    Action.SET_PAYMENT: lambda _: st.builds(asked.SetPayment, status=st.sampled_from(PaymentStatus)),
    Action.REFUND: lambda _: st.builds(asked.Refund, cents=st.none() | st.integers(0, 50_000)),
    Action.LINK_RETURN: just(asked.LinkReturn(order=LinkedOrder(id=FOLLOW_UP, placed_at=NOON))),
    Action.REQUEST_RETURN: requests_of,
    Action.MODIFY: lambda _: st.builds(asked.Modify, changes=modifications),
    Action.APPROVE_RETURN: just(APPROVE),
    Action.DECLINE_RETURN: lambda _: answers(set(ReviewOption) - {APPROVED, ReviewOption.SEND_MISSING_PART}),
    Action.SEND_MISSING_PART: lambda _: answers([ReviewOption.SEND_MISSING_PART]),
    Action.EXPIRE_RETURN: just(asked.ExpireReturn()),
    Action.CANCEL_RETURN: just(asked.CancelReturn(reason="Το βρήκα")),
    Action.TRACK_RETURN: lambda _: st.builds(
        asked.TrackReturn, tracking_ids=st.lists(st.sampled_from("12"), max_size=2).map(tuple)
    ),
    Action.ARRIVE_BACK: just(asked.ArriveBack()),
    Action.TAKE_BACK: lambda _: st.builds(asked.TakeBack, restock=st.sampled_from([None, True, False])),
    Action.SEND_BACK: just(asked.SendBack(reason="Σπασμένο")),
}
"""Commands of each action that somebody may think of, with sense and without."""

OF_THE_ENGINE = frozenset({Action.FOLLOW_RETURN, Action.UNLINK_RETURN})
"""By these an order hears of its returns: nobody else gives them."""
