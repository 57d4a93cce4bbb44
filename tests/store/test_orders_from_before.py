"""Orders from before the merchant's view, after its migration: like those that are placed now."""

from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from stoa.orders import commands as asked
from stoa.orders.order import Fulfilment, Order, PaymentMethod, PaymentStatus, State
from stoa.orders.placing import customer_number
from stoa.orders.shop import Shop
from stoa.orders.timers import next_look
from stoa.store.database import Pool
from stoa.store.migrations import Migration, migrate, migrations
from stoa.store.orders import Orders, decode_order
from stoa.store.shops import Shops
from tests import saves
from tests.builders import (
    NOON,
    a_customer,
    a_line,
    a_shop,
    a_tracking,
    a_voucher,
    after,
    an_order,
    an_order_in,
)

# As it was done before there was anything beside the state.
PLACE = """
INSERT INTO orders (shop_id, id, version, state, channel, channel_ref, placed_at, updated_at, timer_at, body)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9)"""

COLUMNS = """
SELECT id, state, stage, step, payment_status, payment_step, payment_code, payment_reference,
       shipping_method, customer_number, customer_email, tracking_codes, tag_ids, total_cents, shipping_vat_cents,
       timer_at, collected_at
FROM orders ORDER BY id"""

TALLIES = """
SELECT stage, step, payment_status, sum(n)::bigint AS n FROM order_tallies GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""


def some_of_every_kind(shop: Shop) -> Iterator[Order]:
    for state in State:
        yield an_order_in(state, shop=shop)
        yield an_order_in(state, shop=shop, fulfilment=Fulfilment.MERCHANT, courier="acs")
    for method in PaymentMethod:
        for status in (PaymentStatus.AWAITING, PaymentStatus.PAID, PaymentStatus.REFUNDED):
            yield an_order(shop=shop, payment_method=method, payment_status=status)
    labelled = after(
        an_order(shop=shop),
        asked.Accept(),
        asked.AttachVoucher(voucher=a_voucher(), tracking=a_tracking()),
    )
    ready = after(labelled, asked.MarkReady())
    yield from (labelled, ready, after(ready, asked.MarkNotReady()), after(ready, asked.PickUp()))
    yield after(ready, asked.PickUp(), asked.ArriveAtPickupPoint())
    yield after(ready, asked.PickUp(), asked.ArriveAtPickupPoint(), asked.Deliver())
    yield an_order(shop=shop, fulfilment=Fulfilment.STORE_PICKUP)
    both = (a_tracking(courier="acs", code="1"), a_tracking(courier="acs", code="2"))
    yield after(
        an_order(shop=shop, fulfilment=Fulfilment.MERCHANT),
        asked.Accept(),
        asked.NoteTracking(trackings=both),
    )
    for lines in (
        (a_line(vat_rate=1900), a_line(vat_rate=2400, quantity=3)),
        (a_line(vat_rate=1900), a_line(vat_rate=2400, price_includes_vat=False)),
        (a_line(vat_rate=1900, price_includes_vat=False),),
        (a_line(vat_rate=0), a_line(vat_rate=400, unit_price_cents=1)),
        (a_line(vat_rate=400, unit_price_cents=1), a_line(vat_rate=900, unit_price_cents=13)),
        (a_line(vat_rate=2400, unit_price_cents=0),),
    ):
        for shipping_cents in (0, 1, 1500, 16116):
            yield an_order(shop=shop, lines=lines, shipping_cents=shipping_cents)
    yield an_order(shop=shop, customer=a_customer(email="Eleni@Example.COM"))
    yield an_order(shop=shop, customer=a_customer(email="Ελένη@παράδειγμα.gr"))
    yield an_order(shop=shop, customer=a_customer(email=None, phone="2101234567"))


def body_from_before(order: Order) -> bytes:
    """Without what orders did not have then."""
    body = msgspec.json.decode(msgspec.json.encode(order))
    del body["customer"]["number"]
    for name in ("delivered_at", "returnable_until"):
        body.pop(name, None)
    return msgspec.json.encode(body)


def only_the_first() -> list[Migration]:
    return migrations()[:1]


@pytest.fixture
async def before(empty: Pool, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """A database as it was before, filled with orders."""
    with monkeypatch.context() as patched:
        patched.setattr("stoa.store.migrations.migrations", only_the_first)
        assert await migrate(empty) == ["0001_orders"]
    shops = Shops(empty)
    for shop in [await shops.add(a_shop(), NOON) for _ in range(2)]:
        for n, order in enumerate(some_of_every_kind(shop)):
            await _place(empty, replace(order, id=shop.id * 1_000_000 + n, channel_ref=f"{n}"))
    return empty


async def _place(pool: Pool, order: Order) -> None:
    body = body_from_before(order)
    await pool.execute(
        PLACE,
        order.shop_id,
        order.id,
        order.state,
        order.channel,
        order.channel_ref,
        order.placed_at,
        order.updated_at,
        next_look(decode_order(body)),
        body,
    )


async def test_they_have_beside_them_what_they_would_get_now(before: Pool, pool: Pool) -> None:
    await migrate(before)
    for _ in range(2):
        await Shops(pool).add(a_shop(), NOON)
    migrated = [decode_order(row["body"]) for row in await before.fetch("SELECT body FROM orders")]
    for order in migrated:
        await Orders(pool).save(saves.placing(order))

    assert len(migrated) > 100
    assert await before.fetch(COLUMNS) == await pool.fetch(COLUMNS)
    assert await before.fetch(TALLIES) == await pool.fetch(TALLIES)


async def test_they_are_the_same_orders_but_for_the_customers_number_and_how_long_they_may_be_returned(
    before: Pool,
) -> None:
    bodies = "SELECT body FROM orders ORDER BY id"
    earlier = [decode_order(row["body"]) for row in await before.fetch(bodies)]
    await migrate(before)
    now = [decode_order(row["body"]) for row in await before.fetch(bodies)]

    assert [
        replace(
            order,
            customer=replace(order.customer, number=0),
            returnable_until=None,
            completed_at=None,
        )
        for order in now
    ] == earlier
    numbers = [order.customer.number for order in now]
    assert numbers == [customer_number(order.customer.id) for order in earlier]


async def test_their_tallies_are_folded_already(before: Pool) -> None:
    await migrate(before)

    # What is not folded only says that there is news of each.
    assert await before.fetchval("SELECT count(*) FROM order_tallies WHERE NOT folded AND n <> 0") == 0
