"""Whatever is asked of an order, in whatever sequence, through whichever dialect: all of them tell the same of it."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.orders.order import ReturnReason
from tests.builders import DAY, HOUR, NOON
from tests.dialects.lives import (
    ALONG_THE_WAY,
    AS_A_COMPANY,
    BY_THE_CUSTOMER,
    BY_THE_SHOP,
    CHECKOUTS,
    FROM_SHOPS,
    NEW_ADDRESS,
    RETURNED,
)
from tests.dialects.moves import (
    Move,
    Placing,
    from_the_checkout,
    from_the_shop,
    merchantpro,
    merchantpro_changes,
    merchantpro_deletes,
    of_return,
    operator,
    operator_extends,
    operator_on_return,
    operator_reschedules,
    shopflix_accepts,
    shopflix_cancels_the_voucher,
    shopflix_deletes_an_invoice,
    shopflix_prints,
    shopflix_rejects,
    shopflix_ships,
    shopflix_uploads,
    skroutz,
    skroutz_accepts,
    skroutz_downloads_the_voucher,
    skroutz_rejects,
    skroutz_reviews,
    skroutz_tracks,
    skroutz_uploads,
    time,
)
from tests.dialects.stall import Stall, opening_a_stall
from tests.dialects.tellers import Json, Views

words = st.text("αΣ\u00e9z '-,", min_size=1, max_size=8)

PEOPLE_AND_PLACES = st.fixed_dictionaries(
    {},
    optional={
        "customer": st.fixed_dictionaries(
            {"first_name": words, "last_name": words}, optional={"phone": words, "mobile": words}
        ),
        "address": st.fixed_dictionaries(
            {"street_name": words, "zip": words, "city": words},
            optional={"street_number": words, "region": words, "comments": words},
        ).filter(lambda address: all(address[name].strip() for name in ("street_name", "zip", "city"))),
        "comments": words,
    },
)


@st.composite
def from_checkouts(draw: st.DrawFn) -> Placing:
    """Of several particular kinds at once; half of them take the way that has the most stations."""
    order: Json = {}
    for kind in draw(st.lists(st.sampled_from(sorted(CHECKOUTS)), max_size=3)):
        order |= CHECKOUTS[kind]
    fulfilment = draw(st.just("marketplace") | st.sampled_from(["merchant", "store_pickup", "warehouse"]))
    return from_the_checkout(**order | draw(PEOPLE_AND_PLACES) | {"fulfilment": fulfilment})


placings = from_checkouts() | st.sampled_from(sorted(FROM_SHOPS)).map(
    lambda kind: from_the_shop(**FROM_SHOPS[kind])
)

SHIPPING_STATUSES = ("awaiting", "confirmed", "in_process", "shipped", "delivered", "returned", "cancelled")

changes = st.one_of(
    st.fixed_dictionaries({"shipping_amount": st.integers(0, 2000).map(lambda cents: cents / 100)}),
    st.fixed_dictionaries(
        {name: st.none() | words for name in ("shipping_name", "shipping_address", "customer_note")}
    ),
    st.fixed_dictionaries({"shipping_status": st.sampled_from(SHIPPING_STATUSES)}),
    st.fixed_dictionaries({"shipping_awb": st.sampled_from(["", "1", "1,2", "2, 3"])}),
    st.fixed_dictionaries({"payment_method_code": st.sampled_from(["wire", "card", "cash_delivery", "tbi"])}),
    st.fixed_dictionaries({"payment_status": st.sampled_from(["awaiting", "paid", "refunded", "unknown"])}),
    st.sampled_from([NEW_ADDRESS, AS_A_COMPANY, {"billing_type": "individual"}, {"billing_type": "nobody"}]),
)

COURIER = ("pick_up", "arrive_at_pickup_point", "deliver", "fail_delivery", "return")
SHOPFLIX_REASONS = (
    "out-of-stock",
    "damaged",
    "wrong-price",
    "disabled-product",
    "wrong-product",
    "too-cheap",
)

returns = st.one_of(
    st.builds(
        lambda reason, quantities: operator(
            "returns",
            reason=reason,
            lines=[{"id": line, "quantity": quantity} for line, quantity in quantities.items()],
        ),
        st.sampled_from([*ReturnReason, "regret"]),
        st.dictionaries(st.integers(1, 2), st.integers(0, 3), max_size=2),
    ),
    st.builds(
        skroutz_reviews,
        st.sampled_from(["approve", "approve", "not_faulty", "send_missing_part", "keep"]),
        comment=words,
    ).map(of_return),
    st.sampled_from(
        [
            operator_on_return("track", tracking_ids=["R-1"]),
            operator_on_return("track", tracking_ids=["R-2", "R-3"], courier="elta"),
            operator_on_return("arrive"),
            operator_on_return("take_back"),
            operator_on_return("send_back"),
            operator_on_return("cancel", by="customer"),
            operator_on_return("cancel", by="marketplace"),
            merchantpro_deletes(),
        ]
    ).map(of_return),
    st.builds(merchantpro, st.sampled_from([*SHIPPING_STATUSES[2:], "create_invoice"])).map(of_return),
    changes.map(lambda fields: merchantpro_changes(**fields)).map(of_return),
)

moves = st.one_of(
    st.builds(time, st.sampled_from([timedelta(), timedelta(seconds=25), 5 * HOUR, 30 * HOUR, 15 * DAY])),
    st.builds(skroutz_accepts, parcels=st.integers(0, 4), window=st.integers(0, 1)),
    st.builds(skroutz_rejects, st.integers(1, 6), st.none() | st.integers(0, 3)),
    st.just(skroutz("reject", {"rejection_reason_other": "Κλειστά"})),
    st.builds(skroutz, st.sampled_from(["set_as_ready", "set_as_not_ready"])),
    st.builds(skroutz_tracks, st.sampled_from(["1", "2"]), courier=st.sampled_from(["acs", "gls", "elta"])),
    st.just(skroutz_uploads()),
    st.just(skroutz_downloads_the_voucher()),
    st.builds(merchantpro, st.sampled_from([*SHIPPING_STATUSES[2:], "create_invoice", "confirmed"])),
    changes.map(lambda fields: merchantpro_changes(**fields)),
    st.just(shopflix_accepts()),
    st.builds(shopflix_rejects, status=st.sampled_from("DDX"), reason=st.sampled_from(SHOPFLIX_REASONS)),
    st.builds(shopflix_ships, numberOfPackages=st.integers(0, 4), packageComment=words),
    st.sampled_from([shopflix_cancels_the_voucher(), shopflix_prints()]),
    st.sampled_from([shopflix_uploads(), shopflix_deletes_an_invoice()]),
    st.builds(operator, st.sampled_from(COURIER)),
    st.builds(
        lambda action, quantity: operator(action, lines=[{"id": 1, "quantity": quantity}]),
        st.sampled_from(["deliver_partially", "return_partially"]),
        st.integers(1, 3),
    ),
    st.sampled_from([BY_THE_CUSTOMER, operator_extends(DAY), operator_extends(-DAY)]),
    st.builds(operator_reschedules, st.sampled_from([-HOUR, 2 * DAY])),
    returns,
)

ways = st.builds(
    lambda life, stations: [move for move, *_ in life.happenings[:stations]],
    st.sampled_from([*ALONG_THE_WAY, *BY_THE_SHOP, *RETURNED]),
    st.integers(0, 9),
)
"""The beginning of a life, which leads to where most happens."""

terms = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(["Europe/Athens", "Europe/Lisbon", "Pacific/Auckland"]),
        "set_as_ready_required": st.booleans(),
        "most_parcels": st.integers(1, 3),
    }
)


async def look(stall: Stall) -> dict[int, Views]:
    """What all dialects, which agree, tell of all orders and returns of the shop, by their numbers, the newest first."""
    orders = [await stall.order(number) for number in await stall.office.numbers()]
    page = await stall.counter.page(itemsPerPage=100)
    no_returns = [order for order in orders if order.return_request is None]
    assert [entry["id"] for entry in page["orders"]] == [stall.counter.identifier(o) for o in no_returns]
    assert page["params"]["totalItems"] == len(no_returns)
    return {order.id: await stall.agreed_views(order) for order in orders}


# Each example has a shop of its own, and puts the clock back: what the fixtures keep between them is nothing to it.
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(placing=placings, way=ways, then=st.lists(moves, min_size=4, max_size=12), terms=terms)
async def test_all_dialects_tell_the_same_and_a_refused_call_changes_nothing(
    stoa: Stoa, clock: MovableClock, placing: Placing, way: list[Move], then: list[Move], terms: Json
) -> None:
    clock.move(NOON - clock())
    async with opening_a_stall(stoa, **terms) as stall:
        order = await stall.order(await placing.make(stall))
        views = await look(stall)
        for move in [*way, *then]:
            before = views

            answer = await move.make(stall, await stall.order(order.id))

            views = await look(stall)
            assert answer.status_code < 500, (move, answer.text)
            assert answer.is_success or views == before, move
