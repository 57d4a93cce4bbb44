"""The demo orders and the demo return: the same for every shop, always there, and never saved (Skroutz, sandbox)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from stoa.dialects.skroutz.returns.telling import return_created
from stoa.dialects.skroutz.returns.view import return_view
from stoa.dialects.skroutz.returns.wire import ReturningAddressView, ReturnView
from stoa.dialects.skroutz.telling import ENDPOINT, RETURN_ENDPOINT, new_order, order_updated
from stoa.dialects.skroutz.view import order_view
from stoa.dialects.skroutz.wire import OrderView, ReplacementView, ReturnLinkView
from stoa.documents.links import Links
from stoa.orders.calendar import pickup_windows
from stoa.orders.commands import LineQuantity
from stoa.orders.events import ReturnRequested
from stoa.orders.order import (
    Acceptance,
    AcceptOptions,
    Actor,
    Address,
    BillingAddress,
    Customer,
    Fees,
    Fulfilment,
    InvoiceDetails,
    Line,
    LineTag,
    LinkedReturn,
    Order,
    PaymentMethod,
    PaymentStatus,
    Rejection,
    ReturnReason,
    ReturnState,
    Size,
    State,
    Tracking,
    VatRepresentative,
)
from stoa.orders.returning import requested_return
from stoa.orders.shop import PickupLocation, Shop
from stoa.store.orders import Message

# Whoever shows an order puts these in their places: no shop can have an order or a file by these names.
VOUCHER_SAMPLE = "voucher.pdf"
INVOICE_SAMPLE = "invoice.pdf"
DELIVERY_NOTE_SAMPLE = "delivery-note.pdf"
DELIVERY_NOTE = "ΔΑ-0045402"

_LOCATIONS = (
    PickupLocation(
        id="aT7demoLo1",
        street_name="Ερμού",
        street_number="12",
        zip="10563",
        city="Αθήνα",
        region="Αττική",
    ),
    PickupLocation(
        id="aT7demoLo2",
        street_name="Τσιμισκή",
        street_number="40",
        zip="54623",
        city="Θεσσαλονίκη",
        region="Θεσσαλονίκης",
    ),
)

_LINES = (
    Line(
        id="dEmoLine01",
        shop_uid="20117",
        shop_variation_uid="20117-14",
        name="Παιδικό μαγιό ολόσωμο",
        quantity=2,
        unit_price_cents=1799,
        vat_rate=2400,
        commission_rate=834,
        size=Size(
            label="Ηλικία",
            value="14 χρονών",
            shop_value="12-14",
            shop_variation_uid="20117-14",
            ean="5201234567899",
        ),
        ean="5201234567882",
        tags=(LineTag.PLUS_DEAL, LineTag.PRICE_OPTIMIZER),
    ),
    Line(
        id="dEmoLine02",
        shop_uid="311",
        name="Κινητό τηλέφωνο 128GB",
        quantity=2,
        unit_price_cents=10000,
        vat_rate=2400,
        commission_rate=834,
        ean="5201234567905",
        tags=(LineTag.COUPON_DEAL,),
    ),
    Line(
        id="dEmoLine03",
        shop_uid="768",
        name="Έγχρωμοι φακοί επαφής",
        quantity=2,
        unit_price_cents=2550,
        vat_rate=2400,
        commission_rate=928,
        extra_info="Χρώμα: Πράσινο\\nΒαθμοί SPH: -6.50",
        tags=(LineTag.TWO_PLUS_DEAL,),
    ),
)


def _open(shop: Shop, now: datetime) -> Order:
    placed_at = now.replace(minute=0, second=0, microsecond=0)
    return Order(
        id=0,
        shop_id=shop.id,
        state=State.OPEN,
        channel="skroutz",
        fulfilment=Fulfilment.MARKETPLACE,
        customer=Customer(
            id="demoUser01",
            first_name="Μαρία",
            last_name="Δοκιμίδου",
            phone="2109999999",
            mobile="(+30) 6999999999",
        ),
        address=Address(
            street_name="Πανεπιστημίου", street_number="4", zip="10679", city="Αθήνα", region="Αττικής"
        ),
        lines=_LINES,
        payment_method=PaymentMethod.CARD,
        payment_status=PaymentStatus.PAID,
        comments="Παράδοση στο γραφείο",
        placed_at=placed_at,
        updated_at=placed_at,
        expires_at=placed_at + timedelta(days=1),
        dispatch_until=placed_at + timedelta(days=4),
        courier="courier_center",
        options=AcceptOptions(
            locations=_LOCATIONS, windows=pickup_windows(shop, now, until=now), most_parcels=shop.most_parcels
        ),
    )


_COURIER_KNOWS = {"trackings": (Tracking(courier="courier_center", code="123456789"),)}


def _accepted(order: Order, **changes: Any) -> Order:
    windows = order.options.windows
    window = windows[0] if windows else None
    acceptance = Acceptance(
        at=order.placed_at, by=Actor.MERCHANT, parcels=1, location=_LOCATIONS[0], window=window
    )
    return replace(order, state=State.ACCEPTED, acceptance=acceptance, **(_COURIER_KNOWS | changes))


def _rejected(order: Order) -> Order:
    rejection = Rejection(by=Actor.MERCHANT, reason="Το κατάστημά μας είναι κλειστό")
    return replace(order, state=State.REJECTED, rejection=rejection)


_INVOICE = InvoiceDetails(
    company="ACME",
    profession="Υπηρεσίες διαδικτύου",
    vat_number="111119191",
    doy="ΙΒ Αθηνών",
    address=BillingAddress(
        street_name="Πανεπιστημίου", street_number="4", zip="10679", city="Αθήνα", region="Αττικής"
    ),
)


def _with_invoice(order: Order, **details: Any) -> Order:
    return replace(order, invoice=replace(_INVOICE, **details))


def _without_vat(order: Order, **details: Any) -> Order:
    smartphone = replace(_LINES[1], price_includes_vat=False)
    lines = (_LINES[0], smartphone, _LINES[2])
    return replace(_with_invoice(order, vat_exclusion_requested=True, **details), lines=lines)


def _article_39a(order: Order) -> Order:
    return _without_vat(
        order,
        vat_exclusion_verification_method="service",
        vat_exclusion_representative=VatRepresentative(
            id_type="ΑΤ Αστυνομική Ταυτότητα", id_number="12345", otp="123456"
        ),
    )


def _fulfilled_by_warehouse(order: Order) -> Order:
    serials = replace(_LINES[1], serial_numbers=("SN12345", "SN56789"))
    return _accepted(
        order,
        fulfilment=Fulfilment.WAREHOUSE,
        lines=(_LINES[0], serials, _LINES[2]),
        fees=Fees(warehouse=120),
    )


_ALL_FEES = Fees(handling=150, coins=200, installments=350, plus_user=100)

_ORDERS: dict[str, Callable[[Order], Order]] = {
    "DEMO-OPEN": lambda order: order,
    "DEMO-ACCEPTED": _accepted,
    "DEMO-REJECTED": _rejected,
    "DEMO-INVOICE": _with_invoice,
    "DEMO-INVOICE39A": _article_39a,
    "DEMO-INVOICE-VIES": lambda order: _without_vat(order, company="ACME EU", vat_number="DE111119191"),
    "DEMO-FBS": _fulfilled_by_warehouse,
    "DEMO-FBS-DISPATCHED": lambda order: replace(_fulfilled_by_warehouse(order), state=State.DISPATCHED),
    "DEMO-STORE-PICKUP": lambda order: replace(order, fulfilment=Fulfilment.STORE_PICKUP, courier=None),
    "DEMO-FEES": lambda order: _accepted(order, fees=_ALL_FEES),
    "DEMO-REPLACEMENT": _accepted,
    "DEMO-REPLACED": lambda order: order,
    "DEMO-RETURN": _accepted,
}

CODES = frozenset(_ORDERS)

RETURN = "DEMO-RETURN"
"""The demo return, of the demo order by the same code."""

_TRACKING_IDS = ("9WDEE48L66D7Y", "94GO8X0Q2PD6J")


def demo_order(code: str, shop: Shop, now: datetime) -> Order | None:
    """The demo order with this code, fresh at ``now``."""
    make = _ORDERS.get(code)
    return make(_open(shop, now)) if make else None


def demo_view(code: str, order: Order, shop: Shop, links: Links) -> OrderView:
    """The demo order as a real one shows, with what only a demo can have."""
    return replace(order_view(order, shop, links), code=code, **_of_its_own(code, order, links))


Fields = dict[str, Any]
"""Fields of the view, by name."""


def _of_its_own(code: str, order: Order, links: Links) -> Fields:
    files: Fields = {}
    if code in {"DEMO-ACCEPTED", "DEMO-RETURN"}:
        files["uploaded_invoice_file"] = links.sample(INVOICE_SAMPLE)
    if order.trackings and order.fulfilment is Fulfilment.MARKETPLACE:
        files["courier_voucher"] = links.sample(VOUCHER_SAMPLE)
    special = _SPECIALS.get(code)
    return files | special(links) if special else files


_SPECIALS: dict[str, Callable[[Links], Fields]] = {
    "DEMO-FBS-DISPATCHED": lambda links: {
        "fbs_delivery_note": DELIVERY_NOTE,
        "fbs_delivery_note_url": links.sample(DELIVERY_NOTE_SAMPLE),
    },
    "DEMO-REPLACEMENT": lambda _: {
        "replacements": (ReplacementView(code="DEMO-REPLACEMENT-1", type="from_service"),),
    },
    "DEMO-REPLACED": lambda _: {"replaced": "DEMO-ORIGINAL"},
    "DEMO-RETURN": lambda _: {
        "returns": (
            ReturnLinkView(return_uuid=RETURN, tracking_ids=_TRACKING_IDS),
            ReturnLinkView(return_uuid="dEmoRetur2", tracking_ids=("94GO8X0Q2PD6K",)),
        ),
    },
}


def demo_return(shop: Shop, now: datetime) -> Order:
    """The demo return, which waits for its review for ever."""
    source = _accepted(_open(shop, now))
    requested = ReturnRequested(
        order=LinkedReturn(id=source.id, placed_at=source.placed_at, state=ReturnState.PENDING_REVIEW),
        lines=(LineQuantity("dEmoLine02", 1),),
        reason=ReturnReason.MISSING_PART,
        review_until=source.dispatch_until,
        comment="Ο φορτιστής λείπει από τη συσκευασία",
        photos=("https://www.example.com/returns/photo-1.jpg",),
    )
    return requested_return(source, requested)


def demo_return_view(order: Order, shop: Shop) -> ReturnView:
    """The demo return with every field at once: those that a real one has from its approval on, too."""
    location = _LOCATIONS[0]
    return replace(
        return_view(order, shop),
        return_code=RETURN,
        order_code=RETURN,
        courier_tracking_ids=_TRACKING_IDS,
        courier="CourierCenter",
        returning_address=ReturningAddressView(
            street_name=location.street_name,
            street_number=location.street_number,
            zip=location.zip,
            city=location.city,
            region=location.region,
            country_code=shop.country_code,
        ),
    )


def demo_message(
    code: str, order: Order, trigger: str, *, shop: Shop, links: Links, now: datetime
) -> Message:
    """The webhook that a trigger asks for; ``trigger`` is one of ``TRIGGERS``."""
    happen = TRIGGERS[trigger]
    if happen is None:
        return new_order(demo_view(code, order, shop, links), shop, at=now)
    before, after = (demo_view(code, state, shop, links) for state in happen(order))
    return order_updated(before, after, shop, at=now)


def _news_of_an_order(shop: Shop, links: Links, now: datetime) -> Message:
    return demo_message("DEMO-OPEN", _open(shop, now), "creation", shop=shop, links=links, now=now)


def _news_of_a_return(shop: Shop, _links: Links, now: datetime) -> Message:
    return return_created(demo_return_view(demo_return(shop, now), shop), at=now)


NEWS: dict[str, Callable[[Shop, Links, datetime], Message]] = {
    ENDPOINT: _news_of_an_order,
    RETURN_ENDPOINT: _news_of_a_return,
}
"""The first message of a demo order, and of the demo return, by the kind of endpoint that hears of it."""


def _extended(order: Order) -> tuple[Order, Order]:
    day = timedelta(days=1)
    later = replace(order, expires_at=order.expires_at + day, dispatch_until=order.dispatch_until + day)
    return order, later


def _voucher_created(order: Order) -> tuple[Order, Order]:
    after = _accepted(order, rejection=None, fulfilment=Fulfilment.MARKETPLACE, courier="courier_center")
    return replace(after, trackings=()), after


def _cancelled(order: Order) -> tuple[Order, Order]:
    return order, replace(order, state=State.CANCELLED, rejection=None)


TRIGGERS: dict[str, Callable[[Order], tuple[Order, Order]] | None] = {
    "creation": None,
    "voucher_update": _voucher_created,
    "extension": _extended,
    "cancellation": _cancelled,
}
"""What each trigger makes happen to a demo order: how it was, how it is."""
