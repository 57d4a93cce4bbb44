"""What orders mean for the marketplace's warehouse: pieces that are kept for them, sent, and come back."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from stoa.orders.commands import Placement
from stoa.orders.order import Address, Fulfilment, Line, Order, State
from stoa.orders.refusals import Refusal, Refused

WAREHOUSE_ADDRESS = Address(
    street_name="Λεωφόρος Αθηνών", street_number="144", zip="19300", city="Ασπρόπυργος", region="Αττική"
)
"""Where the goods lie, and where they come back to."""

Pieces: TypeAlias = Iterator[tuple[int, int]]
"""Products by number, each with how many pieces."""

Count: TypeAlias = Callable[[Order], Pieces]


class StockChange(Struct, frozen=True, kw_only=True):
    """What changes for one product of the warehouse: pieces that lie there, and those of them that are kept for orders."""

    product_id: int
    quantity: int = 0
    reserved: int = 0


def stock_changes(before: Order | None, after: Order | None) -> list[StockChange]:
    """What an order's change means for the warehouse, by product; None is an order that is not yet, or no more."""
    known = after or before
    # Which products serve an order is settled when it is placed, and most orders have none.
    if known is None or all(line.stock_id is None for line in known.lines):
        return []
    # What has left stays away though its order is deleted.
    sent, reserved = _difference(before, known, _sent), _difference(before, after, _reserved)
    return [
        StockChange(product_id=product_id, quantity=-sent[product_id], reserved=reserved[product_id])
        for product_id in sorted(sent.keys() | reserved.keys())
        if sent[product_id] or reserved[product_id]
    ]


def _difference(before: Order | None, after: Order | None, count: Count) -> Counter[int]:
    """How much more it is after than before, by product."""
    difference: Counter[int] = Counter()
    for order, sign in ((after, 1), (before, -1)):
        if order is not None:
            for product_id, pieces in count(order):
                difference[product_id] += sign * pieces
    return difference


def _sent(order: Order) -> Pieces:
    """The pieces that left the warehouse for the order and do not lie there again."""
    if order.dispatched_at is None:
        return
    for line in order.lines:
        if line.stock_id is not None:
            yield line.stock_id, line.quantity - line.restocked_quantity


def _reserved(order: Order) -> Pieces:
    """The pieces that lie in the warehouse for the order."""
    if order.state not in {State.OPEN, State.ACCEPTED}:
        return
    for line in order.lines:
        if line.stock_id is not None:
            yield line.stock_id, line.quantity


class AtHand(Struct, frozen=True):
    """A product that lies in the warehouse, and how many pieces of it are kept for nobody. One that is not ``active`` is
    sent only where the warehouse is asked for."""

    product_id: int
    available: int
    active: bool = True


def product_uid(line: Line) -> str:
    """What the shop calls the product of a line, in the size that was bought."""
    return line.shop_variation_uid or line.shop_uid


def served_from_warehouse(placement: Placement, at_hand: Mapping[str, AtHand]) -> Placement | Refused:
    """The placement as the warehouse can serve it: an order for the marketplace's courier becomes the warehouse's
    where every piece lies there. One that is the warehouse's already is refused where pieces of its products lack."""
    known = [at_hand.get(product_uid(line)) for line in placement.lines]
    asked_for = placement.fulfilment is Fulfilment.WAREHOUSE
    lacking = _first_lacking(placement.lines, at_hand)
    if asked_for and lacking is not None:
        return Refused(Refusal.OUT_OF_STOCK, f"lines[{lacking}].quantity")
    if not asked_for and (lacking is not None or not all(product and product.active for product in known)):
        return placement
    lines = tuple(
        replace(line, stock_id=product.product_id if product else None)
        for line, product in zip(placement.lines, known, strict=True)
    )
    return replace(placement, lines=lines, fulfilment=Fulfilment.WAREHOUSE)


def _first_lacking(lines: Sequence[Line], at_hand: Mapping[str, AtHand]) -> int | None:
    """The place of the first line for which the warehouse has too few pieces; products it does not know lack nothing."""
    wanted: Counter[str] = Counter()
    for place, line in enumerate(lines):
        uid = product_uid(line)
        wanted[uid] += line.quantity
        if uid in at_hand and wanted[uid] > at_hand[uid].available:
            return place
    return None
