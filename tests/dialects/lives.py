"""Lives of orders: how each comes to be, and where it is after each thing that happens to it."""

from datetime import timedelta
from typing import Any

from msgspec import Struct

from stoa.orders.progress import Step
from tests.builders import DAY, HOUR
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
from tests.merchantpro import back_office
from tests.operator import calls

Happening = tuple[Move, Step] | tuple[Move, Step, Step]
"""A move, the step that the order is at then, and that of its newest return, if it has one."""


class Life(Struct, frozen=True):
    """An order that is placed, and where it is after each thing that happens to it."""

    name: str
    placing: Placing
    happenings: tuple[Happening, ...] = ()

    def __repr__(self) -> str:
        return self.name


TO_RETURN = timedelta(days=14)
"""So long may a customer return an order."""

SOME = {"lines": [{"id": 1, "quantity": 1}]}
"""One piece of the first line."""

FROM_THE_CHECKOUT = from_the_checkout()
FROM_THE_SHOP = from_the_shop()

ACCEPTED = (shopflix_accepts(), Step.ACCEPTED)
LABELLED = (shopflix_ships(), Step.LABELLED)
DISPATCHED = (operator("pick_up"), Step.DISPATCHED)
DELIVERED = (operator("deliver"), Step.DELIVERED)
ON_ITS_WAY = (ACCEPTED, LABELLED, DISPATCHED)

SHIPPED_BY_THE_SHOP = (
    (merchantpro("in_process"), Step.IN_WORK),
    (merchantpro("shipped"), Step.DISPATCHED),
    (merchantpro("delivered"), Step.DELIVERED),
)


def _life(name: str, *happenings: Happening, placing: Placing = FROM_THE_CHECKOUT) -> Life:
    return Life(name, placing, happenings)


ALONG_THE_WAY = (
    _life(
        "accepted through Skroutz, labelled by the worker, ready, delivered and completed",
        (skroutz_accepts(parcels=2, window=1), Step.ACCEPTED),
        (time(), Step.LABELLED),
        (skroutz("set_as_ready"), Step.READY_LABELLED),
        (skroutz("set_as_not_ready"), Step.LABELLED),
        (skroutz_downloads_the_voucher(), Step.READY_LABELLED),
        DISPATCHED,
        DELIVERED,
        (time(TO_RETURN), Step.COMPLETED),
    ),
    _life(
        "accepted through Shopflix, labelled, unlabelled and labelled again there, fetched at a pickup point",
        ACCEPTED,
        (shopflix_ships(numberOfPackages=3, packageComment="Εύθραυστο"), Step.LABELLED),
        (shopflix_cancels_the_voucher(), Step.ACCEPTED),
        (time(HOUR), Step.ACCEPTED),
        LABELLED,
        (shopflix_prints(), Step.READY_LABELLED),
        DISPATCHED,
        (operator("arrive_at_pickup_point"), Step.AT_PICKUP_POINT),
        DELIVERED,
    ),
    _life(
        "taken in hand through MerchantPro, labelled through Shopflix, not delivered, back at the shop",
        (merchantpro("in_process"), Step.IN_WORK),
        (shopflix_ships(), Step.IN_WORK_LABELLED),
        (shopflix_cancels_the_voucher(), Step.IN_WORK),
        (shopflix_ships(), Step.IN_WORK_LABELLED),
        DISPATCHED,
        (operator("fail_delivery"), Step.DELIVERY_FAILED),
        (operator("return"), Step.RETURNED),
    ),
    _life(
        "confirmed through MerchantPro, ready before it has a voucher, no longer ready without one",
        (merchantpro_changes(shipping_status="confirmed"), Step.ACCEPTED),
        (skroutz("set_as_ready"), Step.READY),
        (shopflix_ships(), Step.READY_LABELLED),
        (shopflix_cancels_the_voucher(), Step.ACCEPTED),
    ),
    _life(
        "carried away before the label was printed",
        (skroutz_accepts(), Step.ACCEPTED),
        DISPATCHED,
        (time(), Step.DISPATCHED),
    ),
    _life(
        "delivered in part and completed",
        *ON_ITS_WAY,
        (operator("deliver_partially", **SOME), Step.PARTIALLY_DELIVERED),
        (time(TO_RETURN), Step.PARTIALLY_COMPLETED),
        (operator("return"), Step.RETURNED),
    ),
    _life(
        "delivered, returned in part, then wholly",
        *ON_ITS_WAY,
        DELIVERED,
        (operator("return_partially", **SOME), Step.PARTIALLY_RETURNED),
        (time(TO_RETURN), Step.PARTIALLY_RETURNED),
        (merchantpro("returned"), Step.RETURNED),
    ),
    _life(
        "completed and returned in part all the same",
        *ON_ITS_WAY,
        DELIVERED,
        (time(TO_RETURN), Step.COMPLETED),
        (operator("return_partially", **SOME), Step.PARTIALLY_RETURNED),
    ),
    _life(
        "collected at another time than agreed",
        (skroutz_accepts(), Step.ACCEPTED),
        (operator_reschedules(2 * DAY), Step.ACCEPTED),
        (time(), Step.LABELLED),
        (operator_reschedules(3 * DAY), Step.LABELLED),
    ),
)

TO_ANSWER = timedelta(hours=72)
"""So long may the merchant think about a return."""


def _asked_for(reason: str = "withdrawal", **lines: object) -> Happening:
    """The customer wants to return some of the order; one piece of the first line, if nothing else is said."""
    move = operator("returns", reason=reason, **(lines or SOME))
    return move, Step.RETURN_REQUESTED, Step.RETURN_IN_REVIEW


def _answered(option: str, step: Step, of_return_itself: Step, **more: str) -> Happening:
    return of_return(skroutz_reviews(option, **more)), step, of_return_itself


APPROVED = _answered("approve", Step.RETURN_REQUESTED, Step.RETURN_UNDER_WAY)
TRACKED = (
    of_return(operator_on_return("track", tracking_ids=["R-1", "R-2"], courier="acs")),
    Step.RETURN_REQUESTED,
    Step.RETURN_UNDER_WAY,
)
ARRIVED = (of_return(operator_on_return("arrive")), Step.RETURN_REQUESTED, Step.RETURN_ARRIVED)
COMING_BACK = (APPROVED, TRACKED, ARRIVED)

TAKEN_BACK = of_return(operator_on_return("take_back"))
SENT_BACK = of_return(operator_on_return("send_back", reason="Φορεμένο"))
CALLED_OFF = of_return(operator_on_return("cancel", by="customer"))

RETURNED = (
    _life(
        "returned line by line as the customer asked, and all taken back",
        *ON_ITS_WAY,
        DELIVERED,
        _asked_for(lines=[{"id": 1, "quantity": 2}]),
        *COMING_BACK,
        (TAKEN_BACK, Step.PARTIALLY_RETURNED, Step.RETURN_TAKEN_BACK),
        _asked_for("faulty", lines=[{"id": 2, "quantity": 3}], comment="Σπασμένο"),
        *COMING_BACK,
        (TAKEN_BACK, Step.RETURNED, Step.RETURN_TAKEN_BACK),
    ),
    _life(
        "returned in part, the rest kept after all",
        *ON_ITS_WAY,
        DELIVERED,
        _asked_for(),
        *COMING_BACK,
        (TAKEN_BACK, Step.PARTIALLY_RETURNED, Step.RETURN_TAKEN_BACK),
        _asked_for(),
        (CALLED_OFF, Step.PARTIALLY_RETURNED, Step.RETURN_CALLED_OFF),
        (merchantpro("returned"), Step.RETURNED),
    ),
    _life(
        "kept, since the shop would not have it back",
        *ON_ITS_WAY,
        DELIVERED,
        _asked_for("faulty"),
        _answered("not_faulty", Step.RETURN_CANCELLED, Step.RETURN_DECLINED, comment="Λειτουργεί"),
        _asked_for(),
        *COMING_BACK,
        (SENT_BACK, Step.RETURN_CANCELLED, Step.RETURN_DECLINED),
        (time(TO_RETURN), Step.COMPLETED),
    ),
    _life(
        "kept, since its missing part was sent",
        *ON_ITS_WAY,
        DELIVERED,
        _asked_for("missing_part"),
        _answered("send_missing_part", Step.RETURN_CANCELLED, Step.RETURN_CALLED_OFF),
    ),
    _life(
        "kept, since nobody answered in time",
        *ON_ITS_WAY,
        DELIVERED,
        _asked_for(),
        (time(TO_ANSWER), Step.RETURN_CANCELLED, Step.RETURN_EXPIRED),
        (time(TO_RETURN), Step.COMPLETED),
    ),
    _life(
        "of which several returns end in different ways",
        *ON_ITS_WAY,
        DELIVERED,
        _asked_for(),
        _asked_for("damaged_product"),
        _asked_for(lines=[{"id": 2, "quantity": 2}]),
        (CALLED_OFF, Step.RETURN_REQUESTED, Step.RETURN_CALLED_OFF),
        _asked_for(lines=[{"id": 2, "quantity": 3}]),
        *COMING_BACK,
        (time(TO_ANSWER), Step.RETURN_REQUESTED, Step.RETURN_ARRIVED),
        (TAKEN_BACK, Step.PARTIALLY_RETURNED, Step.RETURN_TAKEN_BACK),
        (time(TO_RETURN), Step.PARTIALLY_RETURNED),
    ),
    _life(
        "delivered in part, its return still under way when the time to return is over",
        *ON_ITS_WAY,
        (operator("deliver_partially", **SOME), Step.PARTIALLY_DELIVERED),
        _asked_for(),
        APPROVED,
        (time(TO_RETURN), Step.RETURN_REQUESTED, Step.RETURN_UNDER_WAY),
        (CALLED_OFF, Step.RETURN_CANCELLED, Step.RETURN_CALLED_OFF),
        (time(), Step.PARTIALLY_COMPLETED),
    ),
    _life(
        "returned in part by the courier's word, and in part as the customer asked",
        *ON_ITS_WAY,
        DELIVERED,
        (operator("return_partially", **SOME), Step.PARTIALLY_RETURNED),
        _asked_for(lines=[{"id": 1, "quantity": 1}, {"id": 2, "quantity": 3}]),
        *COMING_BACK,
        (TAKEN_BACK, Step.RETURNED, Step.RETURN_TAKEN_BACK),
    ),
    _life(
        "whose returns are deleted through MerchantPro, one under way and one that was over",
        *ON_ITS_WAY,
        DELIVERED,
        _asked_for(),
        (CALLED_OFF, Step.RETURN_CANCELLED, Step.RETURN_CALLED_OFF),
        _asked_for(),
        *COMING_BACK,
        (of_return(merchantpro_deletes()), Step.RETURN_CANCELLED),
        (of_return(merchantpro_deletes()), Step.DELIVERED),
    ),
    _life(
        "shipped by the shop, and returned to it",
        *SHIPPED_BY_THE_SHOP,
        _asked_for("wrong_product"),
        *COMING_BACK,
        (TAKEN_BACK, Step.PARTIALLY_RETURNED, Step.RETURN_TAKEN_BACK),
        placing=FROM_THE_SHOP,
    ),
    _life(
        "sent from the marketplace's warehouse, and returned there",
        (time(), Step.ACCEPTED),
        DISPATCHED,
        DELIVERED,
        _asked_for("expired_product"),
        *COMING_BACK,
        (TAKEN_BACK, Step.PARTIALLY_RETURNED, Step.RETURN_TAKEN_BACK),
        placing=from_the_checkout(fulfilment="warehouse"),
    ),
)

REJECTED = tuple(
    _life(f"rejected, {move}", (move, Step.REJECTED))
    for move in (
        *(skroutz_rejects(reason) for reason in (1, 2, 5, 6)),
        skroutz_rejects(4, available=0),
        skroutz_rejects(4, available=1),
        skroutz("reject", {"rejection_reason_other": "Κλειστά λόγω απογραφής"}),
        *(
            shopflix_rejects(status="D", reason=reason)
            for reason in ("out-of-stock", "damaged", "wrong-price", "disabled-product", "wrong-product")
        ),
        shopflix_rejects(),
        merchantpro("cancelled"),
        merchantpro_changes(shipping_status="cancelled"),
    )
)

BY_THE_CUSTOMER = operator("cancel", by="customer", reason="Άλλαξα γνώμη")

CANCELLED = (
    _life("cancelled by the customer while open", (BY_THE_CUSTOMER, Step.CANCELLED)),
    _life("cancelled by the marketplace", ACCEPTED, (operator("cancel", by="marketplace"), Step.CANCELLED)),
    _life("cancelled with its voucher", ACCEPTED, LABELLED, (BY_THE_CUSTOMER, Step.CANCELLED)),
    _life("cancelled through MerchantPro", ACCEPTED, (merchantpro("cancelled"), Step.CANCELLED)),
    _life(
        "cancelled on its way, its parcel back",
        *ON_ITS_WAY,
        (BY_THE_CUSTOMER, Step.CANCELLED),
        (operator("return"), Step.CANCELLED),
    ),
)

BY_THE_CLOCK = (
    _life("not accepted in time", (time(DAY), Step.EXPIRED)),
    _life(
        "given more time, and expired after it",
        (operator_extends(DAY), Step.OPEN),
        (time(DAY), Step.OPEN),
        (time(DAY), Step.EXPIRED),
    ),
    _life(
        "accepted by the marketplace, an express order",
        (time(timedelta(seconds=30)), Step.LABELLED),
        placing=from_the_checkout(express=True),
    ),
    _life(
        "sent from the marketplace's warehouse",
        (time(), Step.ACCEPTED),
        DISPATCHED,
        DELIVERED,
        placing=from_the_checkout(fulfilment="warehouse", fees_cents={"fbs_fee": 150}),
    ),
)

BY_THE_SHOP = (
    _life(
        "shipped by the shop with the parcels' numbers told through Skroutz",
        (skroutz_accepts(), Step.ACCEPTED),
        (skroutz_tracks("224085551", "224085552"), Step.ACCEPTED),
        (merchantpro("shipped"), Step.DISPATCHED),
        (skroutz_tracks("224085553", courier="geniki_taxydromiki"), Step.DISPATCHED),
        (merchantpro("delivered"), Step.DELIVERED),
        (time(TO_RETURN), Step.COMPLETED),
        (merchantpro("returned"), Step.RETURNED),
        placing=FROM_THE_SHOP,
    ),
    _life(
        "shipped by the shop with the parcels' numbers told through MerchantPro",
        (
            merchantpro_changes(shipping_status="confirmed", shipping_awb="47, 48", shipping_method_id=9008),
            Step.ACCEPTED,
        ),
        (merchantpro_changes(shipping_awb="4713"), Step.ACCEPTED),
        (merchantpro_changes(shipping_awb=None), Step.ACCEPTED),
        (merchantpro_changes(shipping_status="shipped", shipping_awb="4714"), Step.DISPATCHED),
        placing=from_the_shop(shipping_method_id=9008),
    ),
    _life("shipped at once", (merchantpro("shipped"), Step.DISPATCHED), placing=FROM_THE_SHOP),
    _life(
        "confirmed from the first, with a number but no carrier",
        (merchantpro("shipped"), Step.DISPATCHED),
        (merchantpro("cancelled"), Step.CANCELLED),
        placing=from_the_shop(shipping_status="confirmed", shipping_awb="4711"),
    ),
    _life(
        "accepted through Shopflix, shipped by the shop",
        ACCEPTED,
        *SHIPPED_BY_THE_SHOP,
        placing=FROM_THE_SHOP,
    ),
    _life(
        "fetched at the shop",
        ACCEPTED,
        (merchantpro("shipped"), Step.DISPATCHED),
        (merchantpro("delivered"), Step.DELIVERED),
        placing=from_the_checkout(fulfilment="store_pickup", payment_method="cash_on_delivery"),
    ),
)

NEW_ADDRESS = {
    "shipping_name": "Νίκος Δήμας Παππάς",
    "shipping_address": "Σταδίου 9",
    "shipping_city": "Πάτρα",
    "shipping_state": "Αχαΐα",
    "shipping_postal_code": "26221",
    "shipping_country_code": "CY",
    "shipping_phone": "6900000001",
}

AS_A_COMPANY = {
    "billing_type": "company",
    "billing_company_name": "ΑΒΓ ΑΕ",
    "billing_company_vat": "EL999888777",
    "billing_address": "Ερμού 1",
    "billing_city": "Αθήνα",
    "billing_state": "Αττική",
    "billing_postal_code": "10563",
}

CHANGED = (
    _life(
        "sent to another address and person",
        (merchantpro_changes(**NEW_ADDRESS, customer_note="Καλέστε"), Step.OPEN),
        (skroutz_accepts(), Step.ACCEPTED),
        (merchantpro_changes(shipping_state=None, shipping_country_code=None), Step.ACCEPTED),
        (merchantpro_changes(shipping_name=None, shipping_phone=None, customer_note=None), Step.ACCEPTED),
        placing=from_the_checkout(fulfilment="merchant", comments="Μη χτυπάτε"),
    ),
    _life(
        "paid in another way, with other shipping costs",
        (merchantpro_changes(payment_method_code="wire", payment_status="awaiting"), Step.OPEN),
        (merchantpro_changes(payment_method_code="mobilpay", shipping_amount=2.5), Step.OPEN),
        (merchantpro_changes(payment_method_code="cash_delivery", shipping_amount=None), Step.OPEN),
        (merchantpro_changes(payment_status="refunded"), Step.OPEN),
    ),
    _life(
        "billed to a company, and no longer",
        (merchantpro_changes(**AS_A_COMPANY), Step.OPEN),
        ACCEPTED,
        (merchantpro_changes(billing_company_name=None, billing_company_vat=None), Step.ACCEPTED),
        (merchantpro_changes(billing_type="individual"), Step.ACCEPTED),
    ),
    _life(
        "with invoices uploaded in both places, one in place of another, and deleted",
        (skroutz_uploads(), Step.OPEN),
        (shopflix_uploads(), Step.OPEN),
        (shopflix_uploads(), Step.OPEN),
        ACCEPTED,
        (skroutz_uploads(), Step.ACCEPTED),
        (shopflix_deletes_an_invoice(), Step.ACCEPTED),
        (skroutz_uploads(), Step.ACCEPTED),
        (shopflix_deletes_an_invoice(), Step.ACCEPTED),
        (shopflix_deletes_an_invoice(), Step.ACCEPTED),
    ),
    _life(
        "invoiced by us, and cancelled with a storno",
        (merchantpro("create_invoice"), Step.OPEN),
        (merchantpro("in_process"), Step.IN_WORK),
        (merchantpro("cancelled"), Step.CANCELLED),
    ),
    _life(
        "of a customer whose number and e-mail the shop corrects",
        (merchantpro_changes(customer_id=4711, customer_email="nikos@example.com"), Step.OPEN),
        (merchantpro_changes(customer_email=None), Step.OPEN),
    ),
)

A_LINE = calls.a_line(shop_uid="SKU-3", name="Ζώνη", quantity=3, unit_price_cents=3333, vat_percent=13)
A_SIZE = {"label": "Μέγεθος", "value": "XL", "shop_value": "xlarge"}
A_CUSTOMER = {"first_name": "Ελένη", "last_name": "Παπαδοπούλου", "email": "eleni@example.com"}
AN_ADDRESS = {
    "street_name": "Πατησίων",
    "street_number": "76",
    "floor": "3ος",
    "zip": "10434",
    "city": "Αθήνα",
    "region": "Αττική",
    "comments": "Κουδούνι Παπαδοπούλου",
}
AT_A_POINT = {"pickup_from_collection_point": True, "collection_point_address": "Ψιλικά, Πατησίων 80"}
AN_INVOICE = {
    "company": "ACME ΕΠΕ",
    "profession": "Υπηρεσίες διαδικτύου",
    "vat_number": "111119191",
    "doy": "ΙΒ Αθηνών",
    "address": {
        "street_name": "Σταδίου",
        "street_number": "1",
        "zip": "10562",
        "city": "Αθήνα",
        "region": "Αττική",
    },
}

CHECKOUTS: dict[str, dict[str, Any]] = {
    "as most are": {},
    **{
        f"paid by {method}, carried by {carrier}": {"payment_method": method, "courier": carrier}
        for method, carrier in {
            "cash_on_delivery": "acs",
            "loan": "box_now",
            "bank_transfer": "courier_center",
            "iris": "dpd",
            "wallet": "elta",
            "edenred": "geniki_taxydromiki",
            "revolut": "speedex",
        }.items()
    },
    "invoiced to a company": {"invoice": AN_INVOICE},
    "invoiced under article 39a": {"invoice": AN_INVOICE | {"vat_exclusion_requested": True}},
    "invoiced to a company abroad": {
        "invoice": AN_INVOICE | {"vat_number": "CY10259033P", "vat_exclusion_requested": True}
    },
    "wrapped as a gift": {"gift_wrap": True, "comments": "Χρόνια πολλά"},
    "of a size": {"lines": [calls.a_line(size=A_SIZE | {"shop_variation_uid": "SKU-1-XL", "ean": "520"})]},
    "of a size without a code": {"lines": [calls.a_line(size=A_SIZE)]},
    "of a variant": {"lines": [calls.a_line(shop_variation_uid="77", ean="5201", mpn="M-1")]},
    "of products with codes": {"lines": [calls.a_line(shop_uid="0815", shop_variation_uid="RED")]},
    "of several lines and rates of VAT": {
        "lines": [
            calls.a_line(),
            A_LINE,
            calls.a_line(shop_uid="2", unit_price_cents=1, quantity=7, vat_percent=24),
        ],
        "shipping_cents": 299,
    },
    "taxed as on an island": {
        "lines": [
            calls.a_line(vat_percent=17, island_vat_discount_applied=True, readjusted_vat=True),
            calls.a_line(shop_uid="2", vat_percent=24, price_includes_vat=False),
        ]
    },
    "with shipping costs": {"shipping_cents": 350},
    "to a collection point": {"address": AN_ADDRESS | AT_A_POINT, "courier": "box_now"},
    "to a collection point of a network that another carrier serves": {
        "address": AT_A_POINT | {"collection_network": "box_now"},
        "courier": "courier_center",
    },
    "to a collection point of the carrier's own network": {
        "address": AT_A_POINT | {"collection_network": "clever_point"},
        "courier": "clever_point",
    },
    "of a customer with two telephones": {
        "customer": A_CUSTOMER | {"phone": "2101234567", "mobile": "6970000000", "plus_user": True},
        "invoice": AN_INVOICE,
    },
    "of a customer with a telephone": {"customer": A_CUSTOMER | {"phone": "2101234567"}},
    "of a customer without a telephone": {"customer": A_CUSTOMER},
    "to another country": {"address": AN_ADDRESS | {"country_code": "CY", "region": "Λευκωσία"}},
    "to no region": {"address": AN_ADDRESS | {"region": "", "street_number": ""}},
    "of another channel": {"channel": "shopflix"},
    "of another channel with a number there": {"channel": "amazon", "channel_ref": "302-1"},
}
"""Orders as the checkout hands them over, by what is particular about them."""

SHIPPED_TOO = (
    "as most are",
    "with shipping costs",
    "of several lines and rates of VAT",
    "invoiced to a company",
    "of a customer with two telephones",
    "of a customer with a telephone",
    "of a customer without a telephone",
    "to no region",
)
"""Those of which another thing is told where the shop ships them itself."""

FROM_SHOPS: dict[str, dict[str, Any]] = {
    "as most are": {},
    "with shipping costs and a note": {"shipping_amount": 15, "customer_note": "Sunați înainte"},
    "paid online": {"payment_method_code": "mobilpay", "payment_status": "paid"},
    "paid on credit": {"payment_method_code": "tbi"},
    "paid in the store": {"payment_method_code": "in_store"},
    "paid by transfer": {"payment_method_code": "wire"},
    "billed to a company": AS_A_COMPANY,
    "sent to somebody else": NEW_ADDRESS | {"billing_address": "Ερμού 1", "billing_city": "Αθήνα"},
    "of variants": {
        "line_items": [
            back_office.a_line(
                variant_id=5,
                product_ean="520",
                variant_options=[{"name": "Colour", "value": "Red"}, {"name": "Size", "value": "M"}],
            ),
            back_office.a_line(product_id=None, product_sku="B-40", quantity=3),
            back_office.a_line(product_id=None, product_sku="4711"),
            back_office.a_line(product_sku=None, variant_id=6),
        ]
    },
    "with an agreed VAT": {
        "line_items": [back_office.a_line(unit_price_net=100, unit_tax_amount=9, unit_price_gross=109)]
    },
    "without VAT": {
        "line_items": [back_office.a_line(unit_price_net=109, unit_tax_amount=0, unit_price_gross=109)],
        "shipping_amount": 10,
    },
}
"""Orders that the shop takes itself, by what is particular about them."""

OF_EVERY_KIND = (
    *(
        _life(f"an order {kind}", *ON_ITS_WAY, DELIVERED, placing=from_the_checkout(**fields))
        for kind, fields in CHECKOUTS.items()
    ),
    *(
        _life(
            f"an order {kind} that the shop ships",
            *SHIPPED_BY_THE_SHOP,
            placing=from_the_checkout(**CHECKOUTS[kind] | {"fulfilment": "merchant"}),
        )
        for kind in SHIPPED_TOO
    ),
    *(
        _life(f"the shop's own order {kind}", *SHIPPED_BY_THE_SHOP, placing=from_the_shop(**fields))
        for kind, fields in FROM_SHOPS.items()
    ),
)

LIVES = (
    *ALONG_THE_WAY,
    *RETURNED,
    *REJECTED,
    *CANCELLED,
    *BY_THE_CLOCK,
    *BY_THE_SHOP,
    *CHANGED,
    *OF_EVERY_KIND,
)
