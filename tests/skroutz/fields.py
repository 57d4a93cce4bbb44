"""The fields of the order object, and when an order has which (Skroutz Smart Cart, order object)."""

ORDER_OF_FIELDS = (
    "code",
    "state",
    "customer",
    "invoice",
    "uploaded_invoice_file",
    "invoice_document",
    "invoice_details",
    "comments",
    "courier",
    "courier_voucher",
    "courier_tracking_codes",
    "line_items",
    "created_at",
    "expires_at",
    "dispatch_until",
    "express",
    "gift_wrap",
    "fulfilled_by_skroutz",
    "fbs_delivery_note",
    "fbs_delivery_note_url",
    "paid_by_user",
    "payment_method",
    "store_pickup",
    "rejection_info",
    "accept_options",
    "commission",
    "shipping_cost",
    "fees",
    "reject_options",
    "pickup_window",
    "pickup_address",
    "number_of_parcels",
    "set_as_ready_required",
    "is_ready_for_dispatch",
    "replacements",
    "replaced",
    "returns",
    "custom",
)
"""That of DEMO-OPEN, the fields that it does not have at the places where others show them."""

WHERE_THEY_APPLY = {
    "invoice_details",
    "rejection_info",
    "accept_options",
    "shipping_cost",
    "reject_options",
    "pickup_window",
    "pickup_address",
    "number_of_parcels",
    "replacements",
    "replaced",
    "returns",
    "custom",
}

ALWAYS = set(ORDER_OF_FIELDS) - WHERE_THEY_APPLY

OPTIONS = {"accept_options", "reject_options"}
AGREED = {"pickup_window", "pickup_address", "number_of_parcels"}


def in_order(fields: set[str]) -> list[str]:
    return [field for field in ORDER_OF_FIELDS if field in fields]
