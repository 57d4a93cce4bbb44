"""A carrier's parcels of a day: those that wait for it with a voucher, and those that it has collected."""

import pytest

from stoa.orders.commands import (
    Accept,
    ArriveAtPickupPoint,
    AttachVoucher,
    BeginWork,
    Cancel,
    CancelVoucher,
    Command,
    Deliver,
    FailDelivery,
    MarkReady,
    PickUp,
    Return,
)
from stoa.orders.order import Actor, Fulfilment, Order
from stoa.orders.shop import Shop
from stoa.store.database import Pool
from stoa.store.orders import Orders
from stoa.store.shops import Shops
from tests import saves
from tests.builders import DAY, HOUR, MINUTE, NOON, a_shop, a_tracking, a_voucher, after, an_order

CARRIER = "acs"


@pytest.fixture
def orders(pool: Pool) -> Orders:
    return Orders(pool)


@pytest.fixture
async def shop(pool: Pool) -> Shop:
    return await Shops(pool).add(a_shop(courier=CARRIER), NOON)


def a_label(*, courier: str = CARRIER, minute: int = 0) -> AttachVoucher:
    voucher = a_voucher(created_at=NOON + minute * MINUTE)
    return AttachVoucher(voucher=voucher, tracking=a_tracking(courier=courier))


async def accepted(orders: Orders, shop: Shop, *commands: Command, number: int = 1_000_001) -> Order:
    """An accepted order after commands, the first at noon, each an hour after the one before."""
    order = after(an_order(shop=shop, order_id=number), Accept(voucher=False), shop=shop)
    for n, command in enumerate(commands):
        order = after(order, command, at=NOON + n * HOUR, shop=shop)
    assert await orders.save(saves.placing(order))
    return order


async def numbers(orders: Orders, shop: Shop, *, since_hour: int = 0) -> list[int]:
    parcels = await orders.parcels_of(shop.id, CARRIER, since=NOON + since_hour * HOUR)
    return [order.id for order in parcels]


@pytest.mark.parametrize(
    "commands",
    [
        (a_label(),),
        (a_label(), BeginWork()),
        (
            a_label(),
            CancelVoucher(),
            AttachVoucher(voucher=a_voucher(serial=2), tracking=a_tracking(courier="acs")),
        ),
    ],
    ids=["labelled", "in work", "labelled anew"],
)
async def test_a_parcel_with_a_voucher_waits_for_its_carrier(
    orders: Orders, shop: Shop, commands: tuple[Command, ...]
) -> None:
    order = await accepted(orders, shop, *commands)

    assert await orders.parcels_of(shop.id, CARRIER, since=NOON + 99 * DAY) == [order]


async def test_a_parcel_that_is_ready_waits_for_its_carrier(pool: Pool, orders: Orders) -> None:
    # Only the marketplace's own courier is told.
    shop = await Shops(pool).add(a_shop(), NOON)
    order = await accepted(orders, shop, a_label(courier="last_mile"), MarkReady())

    assert await orders.parcels_of(shop.id, "last_mile", since=NOON) == [order]


@pytest.mark.parametrize("commands", [(), (BeginWork(),), (a_label(), CancelVoucher())], ids=len)
async def test_a_parcel_without_a_voucher_waits_for_nobody(
    orders: Orders, shop: Shop, commands: tuple[Command, ...]
) -> None:
    await accepted(orders, shop, *commands)

    assert await numbers(orders, shop) == []


async def test_a_cancelled_orders_parcel_does_not_wait(orders: Orders, shop: Shop) -> None:
    await accepted(orders, shop, a_label(), Cancel())

    assert await numbers(orders, shop) == []


@pytest.mark.parametrize(
    "later",
    [(), (ArriveAtPickupPoint(),), (Deliver(),), (FailDelivery(), Return()), (Cancel(),)],
    ids=["dispatched", "at a pickup point", "delivered", "came back", "cancelled on its way"],
)
async def test_a_parcel_was_collected_when_it_left_whatever_became_of_it(
    orders: Orders, shop: Shop, later: tuple[Command, ...]
) -> None:
    order = await accepted(orders, shop, a_label(), PickUp(), *later)

    assert await numbers(orders, shop, since_hour=1) == [order.id]
    assert await numbers(orders, shop, since_hour=2) == []


async def test_a_parcel_that_left_without_a_voucher_is_none_of_the_carriers_until_it_gets_one(
    orders: Orders, shop: Shop
) -> None:
    waiting = after(an_order(shop=shop), Accept(), PickUp(), shop=shop)
    await orders.save(saves.placing(waiting))
    assert await numbers(orders, shop) == []

    labelled = after(waiting, a_label(), by=Actor.MARKETPLACE, at=NOON + HOUR)
    await orders.save(saves.changing(waiting, labelled))

    assert await numbers(orders, shop) == [waiting.id]
    assert await numbers(orders, shop, since_hour=1) == []


async def test_what_the_merchant_ships_itself_is_not_the_carriers(orders: Orders, shop: Shop) -> None:
    own = an_order(shop=shop, fulfilment=Fulfilment.MERCHANT, courier=CARRIER)
    await orders.save(saves.placing(after(own, Accept(), PickUp(), shop=shop)))

    assert await numbers(orders, shop) == []


async def test_each_carrier_has_its_own_parcels_and_each_shop_its_own(
    pool: Pool, orders: Orders, shop: Shop
) -> None:
    other_shop = await Shops(pool).add(a_shop(courier=CARRIER), NOON)
    mine = [
        await accepted(orders, shop, *commands, number=number)
        for number, commands in enumerate([(a_label(),), (a_label(), PickUp())], start=1_000_001)
    ]
    for number, commands in enumerate(
        [(a_label(courier="elta"),), (a_label(courier="elta"), PickUp())], start=1_000_003
    ):
        await accepted(orders, shop, *commands, number=number)
        await accepted(orders, other_shop, a_label(), number=number)

    assert await orders.parcels_of(shop.id, CARRIER, since=NOON) == mine
    assert len(await orders.parcels_of(shop.id, "elta", since=NOON)) == 2
    assert await orders.parcels_of(shop.id, "dhl", since=NOON) == []


async def test_parcels_come_in_the_order_in_which_their_vouchers_were_made(
    orders: Orders, shop: Shop
) -> None:
    await accepted(orders, shop, a_label(minute=3), number=1_000_001)
    await accepted(orders, shop, a_label(minute=1), PickUp(), number=1_000_002)
    await accepted(orders, shop, a_label(minute=2), number=1_000_003)
    await accepted(orders, shop, a_label(minute=2), number=1_000_004)

    assert await numbers(orders, shop) == [1_000_002, 1_000_003, 1_000_004, 1_000_001]
