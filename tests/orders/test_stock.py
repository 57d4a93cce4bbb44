"""What orders mean for the warehouse's stock, and which of them it serves."""

from typing import Any

import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.commands import Command, LineQuantity, LineRejection, Placement
from stoa.orders.order import Fulfilment, Line, Order, RejectionReason, ReturnReason, ReturnState, State
from stoa.orders.placing import place_what_is_left
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.stock import AtHand, StockChange, product_uid, served_from_warehouse, stock_changes
from tests.builders import (
    NOON,
    a_line,
    a_placement,
    a_shop,
    after,
    an_order,
    an_order_in,
    both_after,
    placed,
    way_back_to,
    with_a_return,
)

BAGS, UMBRELLAS = 10_000_001, 10_000_002
LINES = (
    a_line(name="Τσάντα", quantity=1, stock_id=BAGS),
    a_line(name="Ομπρέλα", quantity=3, stock_id=UMBRELLAS),
)
OPEN = an_order(lines=LINES, fulfilment=Fulfilment.WAREHOUSE)
ACCEPTED = after(OPEN, asked.Accept())
DISPATCHED = after(ACCEPTED, asked.PickUp())
DELIVERED = after(DISPATCHED, asked.Deliver())


def umbrellas(pieces: int) -> tuple[LineQuantity, ...]:
    return (LineQuantity(OPEN.lines[1].id, pieces),)


TAKE_TWO = asked.DeliverPartially(lines=umbrellas(2))
ONE_BACK, ALL_BACK = asked.ReturnPartially(lines=umbrellas(1)), asked.Return()


def lying(bags: int, umbrellas: int) -> list[StockChange]:
    """So many more pieces in the warehouse, or fewer."""
    return [
        StockChange(product_id=product_id, quantity=pieces)
        for product_id, pieces in ((BAGS, bags), (UMBRELLAS, umbrellas))
        if pieces
    ]


def changed_by(order: Order, *commands: Command) -> list[StockChange]:
    return stock_changes(order, after(order, *commands))


# Kept, sent, come back


def test_pieces_are_kept_for_an_order_once_it_is_placed() -> None:
    assert stock_changes(None, OPEN) == [
        StockChange(product_id=BAGS, reserved=1),
        StockChange(product_id=UMBRELLAS, reserved=3),
    ]


def test_pieces_that_are_sent_are_neither_there_nor_kept() -> None:
    assert changed_by(ACCEPTED, asked.PickUp()) == [
        StockChange(product_id=BAGS, quantity=-1, reserved=-1),
        StockChange(product_id=UMBRELLAS, quantity=-3, reserved=-3),
    ]


@pytest.mark.parametrize(
    ("order", "command"),
    [
        (OPEN, asked.Cancel()),
        (OPEN, asked.Reject(other="Κλειστό")),
        (ACCEPTED, asked.Cancel()),
    ],
)
def test_pieces_are_kept_no_longer_for_what_came_to_nothing(order: Order, command: Command) -> None:
    assert changed_by(order, command) == [
        StockChange(product_id=BAGS, reserved=-1),
        StockChange(product_id=UMBRELLAS, reserved=-3),
    ]


def test_pieces_are_kept_no_longer_for_an_order_that_expired() -> None:
    expired = after(OPEN, asked.Expire(), at=OPEN.expires_at)

    assert [change.reserved for change in stock_changes(OPEN, expired)] == [-1, -3]


@pytest.mark.parametrize(
    ("order", "command"),
    [
        (OPEN, asked.Accept()),
        (DISPATCHED, asked.ArriveAtPickupPoint()),
        (DISPATCHED, asked.Deliver()),
        (DISPATCHED, asked.Cancel()),
        (DISPATCHED, asked.FailDelivery()),
        (DELIVERED, asked.Modify(changes={"comments": "Στο γραφείο"})),
    ],
)
def test_most_changes_mean_nothing_for_the_stock(order: Order, command: Command) -> None:
    assert changed_by(order, command) == []


@pytest.mark.parametrize(
    ("order", "command", "came"),
    [
        (DISPATCHED, ALL_BACK, lying(1, 3)),
        (after(DISPATCHED, asked.FailDelivery()), ALL_BACK, lying(1, 3)),
        (after(DISPATCHED, asked.Cancel()), ALL_BACK, lying(1, 3)),
        # What the customer does not take goes back with the courier.
        (DISPATCHED, TAKE_TWO, lying(1, 1)),
        (after(DISPATCHED, TAKE_TWO), ONE_BACK, lying(0, 1)),
        (after(DISPATCHED, TAKE_TWO), ALL_BACK, lying(0, 2)),
        (DELIVERED, ONE_BACK, lying(0, 1)),
        (DELIVERED, ALL_BACK, lying(1, 3)),
        (after(DELIVERED, ONE_BACK), ALL_BACK, lying(1, 2)),
    ],
)
def test_what_comes_back_lies_there_again(order: Order, command: Command, came: list[StockChange]) -> None:
    assert changed_by(order, command) == came


@pytest.mark.parametrize(
    "way",
    [
        (),
        (asked.Cancel(),),
        (asked.Accept(), asked.PickUp()),
        (asked.Accept(), asked.PickUp(), asked.Cancel(), ALL_BACK),
        (asked.Accept(), asked.PickUp(), TAKE_TWO, ONE_BACK, ALL_BACK),
        (asked.Accept(), asked.PickUp(), asked.Deliver(), ONE_BACK),
    ],
)
def test_the_changes_of_a_life_add_up_to_what_it_came_to(way: tuple[Command, ...]) -> None:
    order, changes = OPEN, stock_changes(None, OPEN)
    for command in way:
        changes += changed_by(order, command)
        order = after(order, command)

    assert sum_of(changes) == sum_of(stock_changes(None, order))


def sum_of(changes: list[StockChange]) -> dict[int, tuple[int, int]]:
    """Quantity and reserved by product, where there is any."""
    sums = {
        product_id: (
            sum(change.quantity for change in changes if change.product_id == product_id),
            sum(change.reserved for change in changes if change.product_id == product_id),
        )
        for product_id in {change.product_id for change in changes}
    }
    return {product_id: both for product_id, both in sums.items() if any(both)}


def test_lines_of_the_same_product_are_one_change() -> None:
    twice = tuple(replace(line, stock_id=BAGS) for line in LINES)

    order = an_order(lines=twice, fulfilment=Fulfilment.WAREHOUSE)

    assert stock_changes(None, order) == [StockChange(product_id=BAGS, reserved=4)]


def test_lines_that_the_warehouse_does_not_serve_mean_nothing_for_it() -> None:
    unknown = tuple(replace(line, stock_id=None) for line in LINES)
    order = an_order_in(State.DELIVERED, lines=unknown, fulfilment=Fulfilment.WAREHOUSE)

    assert stock_changes(None, order) == []
    assert changed_by(order, ALL_BACK) == []
    assert [line.restocked_quantity for line in after(order, ALL_BACK).lines] == [0, 0]


@pytest.mark.parametrize("order", [OPEN, ACCEPTED])
def test_pieces_are_kept_no_longer_for_an_order_that_is_deleted(order: Order) -> None:
    assert stock_changes(order, None) == [
        StockChange(product_id=BAGS, reserved=-1),
        StockChange(product_id=UMBRELLAS, reserved=-3),
    ]


@pytest.mark.parametrize("order", [DISPATCHED, DELIVERED, after(DELIVERED, ONE_BACK)])
def test_what_has_left_does_not_come_back_because_its_order_is_deleted(order: Order) -> None:
    assert stock_changes(order, None) == []


def test_pieces_stay_kept_for_what_is_left_of_a_rejected_order() -> None:
    two_left = LineRejection(OPEN.lines[1].id, RejectionReason.LIMITED_STOCK, 2)
    rejected = after(OPEN, asked.Reject(lines=(two_left,), follow_up=1_000_002))
    left = placed(place_what_is_left(OPEN, (two_left,), order_id=1_000_002, shop=a_shop(), now=NOON))

    assert [change.reserved for change in stock_changes(OPEN, rejected)] == [-1, -3]
    assert [change.reserved for change in stock_changes(None, left)] == [1, 2]


# Returns that a customer asked for


@pytest.mark.parametrize("reason", ReturnReason)
@pytest.mark.parametrize("restock", [True, False, None])
def test_goods_are_sold_again_where_the_reason_says_nothing_against_them_or_somebody_says_so(
    reason: ReturnReason, *, restock: bool | None
) -> None:
    sellable = reason in {ReturnReason.WITHDRAWAL, ReturnReason.DELIVERY_ISSUES}
    source, back = with_a_return(DELIVERED, lines=umbrellas(2), reason=reason)

    source, _ = both_after(
        source, back, *way_back_to(ReturnState.PENDING_PHYSICAL_REVIEW), asked.TakeBack(restock=restock)
    )

    again = sellable if restock is None else restock
    assert stock_changes(DELIVERED, source) == (lying(0, 2) if again else [])


@pytest.mark.parametrize("state", sorted(set(ReturnState) - {ReturnState.RETURNED, ReturnState.EXPIRED}))
def test_a_return_means_nothing_for_the_stock_until_it_is_taken_back(state: ReturnState) -> None:
    source, back = both_after(*with_a_return(DELIVERED, lines=umbrellas(2)), *way_back_to(state))

    assert stock_changes(DELIVERED, source) == []
    assert stock_changes(None, back) == []


def test_what_was_not_sold_again_does_not_come_back_with_the_rest() -> None:
    source, back = with_a_return(DELIVERED, lines=umbrellas(2), reason=ReturnReason.FAULTY)
    source, _ = both_after(source, back, *way_back_to(ReturnState.RETURNED))

    assert changed_by(source, ALL_BACK) == lying(1, 1)


# Which orders the warehouse serves


def goods(*lines: Line, **what_matters: Any) -> Placement:
    return a_placement(lines=lines, **what_matters)


def at_hand(**available: int) -> dict[str, AtHand]:
    """Products by the shop's uid; their numbers count from 1."""
    return {uid: AtHand(number, pieces) for number, (uid, pieces) in enumerate(available.items(), 1)}


def a_bag(quantity: int) -> Line:
    return a_line(shop_uid="bag", quantity=quantity)


def an_umbrella(quantity: int) -> Line:
    return a_line(shop_uid="umbrella", quantity=quantity)


def stock_ids(placement: Placement | Refused) -> list[int | None]:
    assert isinstance(placement, Placement)
    return [line.stock_id for line in placement.lines]


def test_an_order_becomes_the_warehouses_where_every_piece_lies_there() -> None:
    placement = goods(a_bag(1), an_umbrella(3), comments="Στο γραφείο")

    served = served_from_warehouse(placement, at_hand(bag=1, umbrella=3))

    assert served == replace(
        placement,
        fulfilment=Fulfilment.WAREHOUSE,
        lines=(replace(a_bag(1), stock_id=1), replace(an_umbrella(3), stock_id=2)),
    )


@pytest.mark.parametrize(
    "available",
    [{"bag": 1, "umbrella": 2}, {"bag": 0, "umbrella": 3}, {"bag": 1}, {"umbrella": 3}, {}],
    ids=str,
)
def test_an_order_stays_as_it_is_where_one_piece_lacks(available: dict[str, int]) -> None:
    placement = goods(a_bag(1), an_umbrella(3))

    assert served_from_warehouse(placement, at_hand(**available)) == placement


@pytest.mark.parametrize(
    ("available", "fulfilment"), [(4, Fulfilment.WAREHOUSE), (3, Fulfilment.MARKETPLACE)]
)
def test_two_lines_of_the_same_product_share_its_pieces(available: int, fulfilment: Fulfilment) -> None:
    served = served_from_warehouse(goods(a_bag(2), a_bag(2)), at_hand(bag=available))

    assert isinstance(served, Placement)
    assert served.fulfilment is fulfilment
    assert stock_ids(served) == ([1, 1] if available == 4 else [None, None])


def test_what_is_not_on_sale_is_sent_only_where_the_warehouse_is_asked_for() -> None:
    withdrawn = {"bag": AtHand(1, 2, active=False)}
    asked_for = goods(a_bag(2), fulfilment=Fulfilment.WAREHOUSE)

    assert served_from_warehouse(goods(a_bag(2)), withdrawn) == goods(a_bag(2))
    assert stock_ids(served_from_warehouse(asked_for, withdrawn)) == [1]
    refused = served_from_warehouse(goods(a_bag(3), fulfilment=Fulfilment.WAREHOUSE), withdrawn)
    assert refused == Refused(Refusal.OUT_OF_STOCK, "lines[0].quantity")


def test_the_sizes_of_a_product_lie_apart() -> None:
    large = a_line(shop_uid="bag", shop_variation_uid="bag-l", quantity=1)

    assert product_uid(large) == "bag-l"
    assert product_uid(a_bag(1)) == "bag"
    assert served_from_warehouse(goods(large), at_hand(bag=1)) == goods(large)
    assert stock_ids(served_from_warehouse(goods(large), {"bag-l": AtHand(7, 1)})) == [7]


@pytest.mark.parametrize(
    ("lines", "available", "place"),
    [
        ((a_bag(2),), {"bag": 1}, 0),
        ((an_umbrella(1), a_bag(2)), {"bag": 1, "umbrella": 1}, 1),
        ((an_umbrella(1), a_bag(2)), {"bag": 1}, 1),
        ((a_bag(2), a_bag(1), a_bag(1)), {"bag": 2}, 1),
        ((a_bag(2), an_umbrella(2)), {"bag": 1, "umbrella": 1}, 0),
    ],
)
def test_an_order_that_is_the_warehouses_is_refused_at_the_first_line_that_lacks(
    lines: tuple[Line, ...], available: dict[str, int], place: int
) -> None:
    placement = goods(*lines, fulfilment=Fulfilment.WAREHOUSE)

    refused = served_from_warehouse(placement, at_hand(**available))

    assert refused == Refused(Refusal.OUT_OF_STOCK, f"lines[{place}].quantity")


def test_an_order_that_is_the_warehouses_is_served_where_all_is_there() -> None:
    placement = goods(a_bag(2), fulfilment=Fulfilment.WAREHOUSE)

    assert stock_ids(served_from_warehouse(placement, at_hand(bag=2))) == [1]


def test_an_order_that_is_the_warehouses_has_products_that_nobody_counts() -> None:
    placement = goods(a_bag(2), an_umbrella(1), fulfilment=Fulfilment.WAREHOUSE)

    assert served_from_warehouse(placement, {}) == placement
    assert stock_ids(served_from_warehouse(placement, at_hand(umbrella=1))) == [None, 1]
