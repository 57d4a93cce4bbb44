"""What the warehouse agrees to: levels, announcements and receipts as plain values."""

from datetime import date, timedelta
from typing import Any

import pytest

from stoa.orders.stock import StockChange
from stoa.orders.warehouse import (
    AnnouncedLine,
    Announcement,
    Cause,
    Counted,
    Level,
    MovementKind,
    Objected,
    Objection,
    PurchaseLine,
    PurchaseOrder,
    StorageConditions,
    announce,
    purchase_order_code,
    read_purchase_order_code,
    receive,
)
from tests.builders import HOUR, NOON, a_shop, in_athens

TODAY = date(2026, 3, 3)
KNOWN = {"A": 10_000_001, "B": 10_000_002}


def a_change(**what_matters: int) -> StockChange:
    return StockChange(product_id=10_000_001, **what_matters)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (a_change(quantity=3), Level(8, 2)),
        (a_change(quantity=-3), Level(2, 2)),
        (a_change(reserved=3), Level(5, 5)),
        (a_change(reserved=-2), Level(5, 0)),
        # A dispatched order takes the pieces that were kept for it.
        (a_change(quantity=-2, reserved=-2), Level(3, 0)),
        (a_change(), Level(5, 2)),
        # Pieces that are kept for others, or that are not there.
        (a_change(quantity=-4), None),
        (a_change(quantity=-6, reserved=-2), None),
        (a_change(reserved=4), None),
        (a_change(reserved=-3), None),
    ],
)
def test_a_level_changes_only_as_far_as_pieces_are_there(change: StockChange, after: Level | None) -> None:
    assert Level(5, 2).after(change) == after


def test_what_came_and_went_is_called_by_its_cause() -> None:
    kinds = [
        Cause(at=NOON, purchase_order=1).kind_of(5),
        Cause(at=NOON, order_id=1).kind_of(-5),
        Cause(at=NOON, order_id=1).kind_of(5),
        Cause(at=NOON).kind_of(-5),
        Cause(at=NOON, reason="Απογραφή").kind_of(5),
    ]

    assert kinds == [
        MovementKind.RECEIVED,
        MovementKind.SENT,
        MovementKind.CAME_BACK,
        MovementKind.CORRECTED,
        MovementKind.CORRECTED,
    ]


def announced(*uids: str, expected: date = TODAY) -> Announcement:
    lines = tuple(AnnouncedLine(shop_uid=uid, expected_quantity=5) for uid in uids)
    return Announcement(supplier_id="karras", expected_date=expected, lines=lines)


def agreed(announcement: Announcement) -> tuple[PurchaseLine, ...]:
    lines = announce(announcement, product_ids=KNOWN, today=TODAY)
    assert not isinstance(lines, Objected)
    return lines


def test_an_announcement_becomes_lines_that_know_their_products() -> None:
    frozen = AnnouncedLine(
        shop_uid="B",
        expected_quantity=7,
        keep_serial_numbers=True,
        has_expiration_date=True,
        storage_conditions=StorageConditions.FROZEN,
    )
    announcement = Announcement(supplier_id="karras", expected_date=TODAY, lines=(frozen,))

    assert agreed(announcement) == (
        PurchaseLine(
            product_id=10_000_002,
            shop_uid="B",
            expected_quantity=7,
            keep_serial_numbers=True,
            has_expiration_date=True,
            storage_conditions=StorageConditions.FROZEN,
        ),
    )


def test_goods_may_come_on_the_day_on_which_they_are_announced_but_not_before() -> None:
    yesterday = announced("A", expected=TODAY - timedelta(days=1))

    assert len(agreed(announced("A", expected=TODAY))) == 1
    assert announce(yesterday, product_ids=KNOWN, today=TODAY) == Objected(Objection.DATE_IN_THE_PAST)


def test_an_announcement_names_each_product_once_and_only_those_that_the_warehouse_knows() -> None:
    def objected(*uids: str) -> object:
        return announce(announced(*uids), product_ids=KNOWN, today=TODAY)

    assert objected("A", "C", "B") == Objected(Objection.UNKNOWN_PRODUCT, 1)
    assert objected("A", "B", "A") == Objected(Objection.PRODUCT_NAMED_TWICE, 2)


def a_purchase_order(**what_matters: Any) -> PurchaseOrder:
    made_up: dict[str, Any] = {
        "shop_id": 17,
        "number": 1,
        "supplier_id": "karras",
        "expected_date": TODAY,
        "created_at": NOON,
        "lines": agreed(announced("A", "B")),
    }
    return PurchaseOrder(**(made_up | what_matters))


def counted(order: PurchaseOrder | Objected) -> list[int | None]:
    assert isinstance(order, PurchaseOrder)
    return [line.actual_quantity for line in order.lines]


def test_of_products_that_nobody_counted_as_many_came_as_were_expected() -> None:
    order = a_purchase_order()

    assert counted(receive(order, (), at=NOON)) == [5, 5]
    assert counted(receive(order, [Counted("B", 0)], at=NOON)) == [5, 0]
    assert counted(receive(order, [Counted("B", 9), Counted("A", 4)], at=NOON)) == [4, 9]


def test_a_received_purchase_order_knows_when_and_is_not_received_again() -> None:
    received = receive(a_purchase_order(), (), at=NOON + HOUR)

    assert isinstance(received, PurchaseOrder)
    assert received.received_at == NOON + HOUR
    assert receive(received, (), at=NOON + HOUR) == Objected(Objection.ALREADY_RECEIVED)


def test_only_products_of_the_purchase_order_are_counted_and_each_once() -> None:
    order = a_purchase_order()

    assert receive(order, [Counted("A", 1), Counted("C", 1)], at=NOON) == Objected(
        Objection.NOT_ON_THE_PURCHASE_ORDER, 1
    )
    assert receive(order, [Counted("A", 1), Counted("A", 1)], at=NOON) == Objected(
        Objection.PRODUCT_NAMED_TWICE, 1
    )


@pytest.mark.parametrize(
    ("shop_id", "number", "code"),
    [(17, 1, "260303-0017-0001"), (4078, 5820, "260303-4078-5820"), (12345, 67890, "260303-12345-67890")],
)
def test_a_code_is_made_of_the_day_the_shop_and_the_number(shop_id: int, number: int, code: str) -> None:
    order = a_purchase_order(shop_id=shop_id, number=number)

    assert purchase_order_code(order, a_shop(id=shop_id)) == code
    assert read_purchase_order_code(code) == (shop_id, number)


def test_a_code_has_the_day_of_the_shops_calendar() -> None:
    order = a_purchase_order(created_at=in_athens(2026, 3, 4, 0, 30))

    assert purchase_order_code(order, a_shop()) == "260304-0017-0001"
    assert purchase_order_code(order, a_shop(zone="UTC")) == "260303-0017-0001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "260303-17-1",
        "260303-0017",
        "260303-0017-0001-1",
        "260303-0017-0001\n",
        "260303--017-0001",
        "26033-0017-0001",
        "260303-0017-" + "9" * 19,
        "260303-٠٠١٧-0001",
        "260303-0017-0001x",
    ],
)
def test_what_is_no_code_names_no_purchase_order(text: str) -> None:
    assert read_purchase_order_code(text) is None
