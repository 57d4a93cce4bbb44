"""The order as Skroutz shows it (Skroutz Smart Cart, order object)."""

from datetime import datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from stoa.dialects.skroutz.wire import (
    AcceptOptionsView,
    AddressView,
    BillingAddressView,
    CustomerView,
    FeesView,
    InvoiceDetailsView,
    LineView,
    OrderView,
    PickupLocationView,
    PickupWindowOption,
    PickupWindowView,
    RejectionInfoView,
    RejectionReasonView,
    RejectOptionsView,
    ReplacementView,
    RepresentativeView,
    ReturnLinkView,
    SizeView,
    given,
)
from stoa.documents.links import Links
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import (
    AcceptOptions,
    Actor,
    Address,
    Fees,
    Fulfilment,
    InvoiceDetails,
    Line,
    LinkedOrder,
    Order,
    PaymentMethod,
    PickupWindow,
    RejectionReason,
    ReturnReason,
    Size,
    State,
    VatRepresentative,
)
from stoa.orders.shop import PickupLocation, Shop

COURIERS = CARRIERS | {
    "last_mile": "Skroutz Last Mile",
    "courier_center": "CourierCenter",
    "dpd": "Dpd",
    "elta": "Elta",
}
"""The carriers by their names here."""

WEEKDAYS = ("Δευ", "Τρί", "Τετ", "Πέμ", "Παρ", "Σάβ", "Κυρ")

REASON_IDS = {
    1: RejectionReason.NO_STOCK,
    2: RejectionReason.WRONG_PRICE,
    4: RejectionReason.LIMITED_STOCK,
    5: RejectionReason.DISCONTINUATION,
    6: RejectionReason.CONTENT_MISTAKE,
}
"""The reasons that a merchant may give for a line, by their numbers here."""

_REASON_LABELS = {
    1: "Εκτός αποθέματος στο κατάστημα ή στον προμηθευτή",
    2: "Λάθος καταχωρημένη τιμή(ες)",
    4: "Περιορισμένα τεμάχια",
    5: "To προϊόν καταργήθηκε",
    6: "Λάθος ταξινόμηση προϊόντος",
}

REJECT_OPTIONS = RejectOptionsView(
    line_item_rejection_reasons=tuple(
        RejectionReasonView(
            id=number,
            label=_REASON_LABELS[number],
            requires_available_quantity=reason is RejectionReason.LIMITED_STOCK,
        )
        for number, reason in REASON_IDS.items()
    )
)

RETURN_REASONS = {
    ReturnReason.FAULTY: "faulty",
    ReturnReason.DAMAGED_PRODUCT: "faulty",
    ReturnReason.EXPIRED_PRODUCT: "faulty",
    ReturnReason.MISSING_PART: "faulty",
    ReturnReason.WRONG_PRODUCT: "wrong_product",
    ReturnReason.AUTHENTICITY_DOUBT: "wrong_product",
    ReturnReason.WITHDRAWAL: "withdrawal",
    ReturnReason.DELIVERY_ISSUES: "withdrawal",
    ReturnReason.OTHER: "withdrawal",
}
"""Why a line comes back, in the words that orders have for it; returns have more."""

NEVER_ACCEPTED = frozenset({State.OPEN, State.REJECTED, State.EXPIRED})


def order_code(order: Order | LinkedOrder, shop: Shop) -> str:
    """``YYMMDD-NNNNNNN``: the local day of the order and its number."""
    day = order.placed_at.astimezone(ZoneInfo(shop.zone_of_codes))
    # Written out: strftime takes as long as a whole line of the view.
    return f"{day.year % 100:02}{day.month:02}{day.day:02}-{order.id}"


def return_code(order: Order | LinkedOrder, shop: Shop) -> str:
    """``R-YYMMDD-NNNNNNN``, of an order by which goods come back because the customer asked for it."""
    return f"R-{order_code(order, shop)}"


def public_code(order: Order, shop: Shop) -> str:
    """What the order is asked for by, as what it is."""
    return return_code(order, shop) if order.return_request else order_code(order, shop)


def order_view(order: Order, shop: Shop, links: Links) -> OrderView:
    """The whole object."""
    zone = ZoneInfo(shop.zone)
    is_open = order.state is State.OPEN
    fulfilment = order.fulfilment
    agreed = _Agreed(order, zone)
    return OrderView(
        code=order_code(order, shop),
        state=order.state,
        customer=_customer(order),
        invoice=order.invoice is not None,
        uploaded_invoice_file=links.invoice(order),
        invoice_document=order.document,
        invoice_details=_invoice_details(order.invoice),
        comments=order.comments,
        courier=courier_name(order),
        courier_voucher=links.voucher(order),
        courier_tracking_codes=tuple(tracking.code for tracking in order.trackings),
        line_items=tuple(_line(line) for line in order.lines),
        created_at=local(order.placed_at, zone),
        expires_at=local(order.expires_at, zone),
        dispatch_until=local(order.dispatch_until, zone),
        express=order.express,
        gift_wrap=order.gift_wrap,
        fulfilled_by_skroutz=fulfilment is Fulfilment.WAREHOUSE,
        fbs_delivery_note=order.delivery_note.number if order.delivery_note else None,
        fbs_delivery_note_url=links.delivery_note(order),
        paid_by_user=order.payment_method is not PaymentMethod.CASH_ON_DELIVERY,
        payment_method=order.payment_method,
        store_pickup=fulfilment is Fulfilment.STORE_PICKUP,
        rejection_info=_rejection_info(order),
        accept_options=_accept_options(order.options, zone) if is_open else UNSET,
        commission=euros(order.commission_cents),
        shipping_cost=euros(order.shipping_cents) if fulfilment is Fulfilment.MERCHANT else UNSET,
        fees=_fees(order.fees),
        reject_options=REJECT_OPTIONS if is_open else UNSET,
        pickup_window=given(agreed.window),
        pickup_address=given(agreed.address),
        number_of_parcels=given(agreed.parcels),
        set_as_ready_required=shop.set_as_ready_required,
        is_ready_for_dispatch=order.ready_at is not None,
        replacements=_replacements(order, shop),
        replaced=order_code(order.replaces, shop) if order.replaces is not None else UNSET,
        returns=_returns(order, shop),
        custom="[GIFT-WRAP]" if order.gift_wrap else UNSET,
    )


CHANGEABLE = (
    "state",
    "expires_at",
    "dispatch_until",
    "courier",
    "courier_voucher",
    "courier_tracking_codes",
    "fbs_delivery_note",
    "fbs_delivery_note_url",
    "pickup_window",
    "number_of_parcels",
    "pickup_address",
)
"""The fields that the ``changes`` of a webhook speak of."""


def euros(cents: int) -> float:
    return cents / 100


def local(moment: datetime, zone: tzinfo) -> datetime:
    """The moment with the zone's offset, to the second."""
    return moment.astimezone(zone).replace(microsecond=0)


def courier_name(order: Order) -> str | None:
    return COURIERS.get(order.carrier, order.carrier) if order.carrier else None


def _customer(order: Order) -> CustomerView:
    customer = order.customer
    # The merchant learns the telephone only where it ships or invoices itself.
    told = order.fulfilment is Fulfilment.MERCHANT or order.invoice is not None
    first_name, last_name = order.recipient
    return CustomerView(
        id=customer.id,
        first_name=first_name,
        last_name=last_name,
        phone=given(order.address.phone or customer.phone) if told else UNSET,
        mobile=given(customer.mobile) if told else UNSET,
        address=_address(order.address),
        skroutz_plus_user=True if customer.plus_user else UNSET,
    )


def _address(address: Address) -> AddressView:
    return AddressView(
        street_name=address.street_name,
        street_number=address.street_number,
        floor=given(address.floor),
        zip=address.zip,
        city=address.city,
        region=address.region,
        country_code=address.country_code,
        pickup_from_collection_point=address.collection_point is not None,
        collection_point_address=given(address.collection_point),
        comments=given(address.comments),
    )


def _invoice_details(invoice: InvoiceDetails | None) -> InvoiceDetailsView | UnsetType:
    if invoice is None:
        return UNSET
    address = invoice.address
    return InvoiceDetailsView(
        company=invoice.company,
        profession=invoice.profession,
        vat_number=invoice.vat_number,
        doy=invoice.doy,
        address=BillingAddressView(
            street_name=address.street_name,
            street_number=address.street_number,
            zip=address.zip,
            city=address.city,
            region=address.region,
        ),
        vat_exclusion_requested=invoice.vat_exclusion_requested,
        vat_exclusion_verification_method=given(invoice.vat_exclusion_verification_method),
        vat_exclusion_documents=invoice.vat_exclusion_documents or UNSET,
        vat_exclusion_representative=_representative(invoice.vat_exclusion_representative),
    )


def _representative(representative: VatRepresentative | None) -> RepresentativeView | UnsetType:
    if representative is None:
        return UNSET
    return RepresentativeView(
        id_type=representative.id_type,
        id_number=representative.id_number,
        otp=representative.otp,
        mobile=given(representative.mobile),
    )


def _line(line: Line) -> LineView:
    return LineView(
        id=line.id,
        shop_uid=line.shop_uid,
        shop_variation_uid=given(line.shop_variation_uid),
        product_name=line.name,
        quantity=line.quantity,
        size=_size(line.size),
        unit_price=euros(line.unit_price_cents),
        total_price=euros(line.total_cents),
        price_includes_vat=line.price_includes_vat,
        commission=euros(line.commission_cents),
        commission_rate=line.commission_rate / 100,
        island_vat_discount_applied=line.island_vat_discount,
        ean=given(line.ean),
        mpn=given(line.mpn),
        extra_info=given(line.extra_info),
        rejection_reason=given(line.rejection_reason),
        return_reason=RETURN_REASONS[line.return_reason] if line.return_reason else UNSET,
        serial_numbers=",".join(line.serial_numbers) or None,
        tags=line.tags or UNSET,
        readjusted_vat=True if line.readjusted_vat else UNSET,
        vat_ratio=line.vat_rate / 100 if line.readjusted_vat else UNSET,
    )


def _size(size: Size | None) -> SizeView | UnsetType:
    if size is None:
        return UNSET
    return SizeView(
        label=size.label,
        value=size.value,
        shop_value=size.shop_value,
        shop_variation_uid=given(size.shop_variation_uid),
        ean=given(size.ean),
        mpn=given(size.mpn),
    )


def _rejection_info(order: Order) -> RejectionInfoView | UnsetType:
    rejection = order.rejection
    if rejection is None or rejection.reason is None:
        return UNSET
    actor = "merchant" if rejection.by is Actor.MERCHANT else "skroutz"
    return RejectionInfoView(reason=rejection.reason, actor=actor)


def _fees(fees: Fees) -> FeesView:
    return FeesView(
        handling_fee=_fee(fees.handling),
        skroutz_coins_fee=_fee(fees.coins),
        installments_fee=_fee(fees.installments),
        fbs_fee=_fee(fees.warehouse),
        plus_user_fee=_fee(fees.plus_user),
    )


def _fee(cents: int) -> float | UnsetType:
    return euros(cents) if cents > 0 else UNSET


def _accept_options(options: AcceptOptions, zone: ZoneInfo) -> AcceptOptionsView:
    return AcceptOptionsView(
        number_of_parcels=tuple(range(1, options.most_parcels + 1)),
        pickup_location=tuple(
            PickupLocationView(id=location.id, label=location_label(location))
            for location in options.locations
        ),
        pickup_window=tuple(_window_option(window, zone) for window in options.windows),
    )


def location_label(location: PickupLocation) -> str:
    return f"{location.street}, Τ.Κ. {location.zip}, {location.city}, {location.region}"


def _window_option(window: PickupWindow, zone: ZoneInfo) -> PickupWindowOption:
    return PickupWindowOption(id=window.id, label=window_label(window.opens, window.closes, zone))


# A shop's orders of a day offer the same windows.
@lru_cache(maxsize=4096)
def window_label(opens: datetime, closes: datetime, zone: ZoneInfo) -> str:
    """Such as "10:00 - 12:00, Τετ 04/12/19", in the shop's time."""
    begins, ends = opens.astimezone(zone), closes.astimezone(zone)
    return f"{begins:%H:%M} - {ends:%H:%M}, {WEEKDAYS[begins.weekday()]} {begins:%d/%m/%y}"


class _Agreed:
    """What was agreed with the acceptance; nothing before it."""

    window: PickupWindowView | None = None
    address: str | None = None
    parcels: int | None = None

    def __init__(self, order: Order, zone: ZoneInfo) -> None:
        acceptance = order.acceptance
        if acceptance is None or order.state in NEVER_ACCEPTED:
            return
        self.parcels = acceptance.parcels
        if acceptance.location is not None:
            self.address = location_label(acceptance.location)
        if acceptance.window is not None:
            window = acceptance.window
            self.window = PickupWindowView(opens=local(window.opens, zone), closes=local(window.closes, zone))


def _replacements(order: Order, shop: Shop) -> tuple[ReplacementView, ...] | UnsetType:
    return tuple(ReplacementView(code=order_code(linked, shop)) for linked in order.replacements) or UNSET


def _returns(order: Order, shop: Shop) -> tuple[ReturnLinkView, ...] | UnsetType:
    links = (
        ReturnLinkView(return_uuid=return_code(linked, shop), tracking_ids=linked.tracking_ids)
        for linked in order.requested_returns
    )
    return tuple(links) or UNSET
