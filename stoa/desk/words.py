"""What the desk calls what happened to an order, and what may be chosen, in English: the msgids of the catalogues."""

from stoa.documents.labels import LabelFormat
from stoa.documents.uploads import UploadFault
from stoa.orders.order import Actor, RejectionReason, ReturnReason, ReturnState, ReviewOption, State

HAPPENED = {
    "Placed": "Ordered",
    "Accepted": "Accepted",
    "Rejected": "Rejected",
    "Expired": "Not accepted in time",
    "Extended": "More time to accept",
    "Cancelled": "Cancelled",
    "Rescheduled": "Pickup moved",
    "WorkBegun": "Being prepared",
    "VoucherCreated": "Label made",
    "VoucherCancelled": "Label cancelled",
    "MarkedReady": "Ready for collection",
    "MarkedNotReady": "Not ready after all",
    "TrackingNoted": "Tracking number noted",
    "PickedUp": "Handed over",
    "ArrivedAtPickupPoint": "Waits at the pickup point",
    "Delivered": "Delivered",
    "PartiallyDelivered": "Partly delivered",
    "Completed": "Can no longer be returned",
    "DeliveryFailed": "Delivery failed",
    "PartiallyReturned": "Partly returned",
    "Returned": "Returned",
    "ParcelCameBack": "The parcel came back",
    "InvoiceAttached": "Invoice file added",
    "InvoiceRemoved": "Invoice file deleted",
    "InvoiceIssued": "Invoice issued",
    "InvoiceCancelled": "Invoice cancelled",
    "PaymentChanged": "Payment changed",
    "Refunded": "Refunded",
    "ReturnLinked": "Return added",
    "ReturnRequested": "The customer wants to return goods",
    "ReturnFollowed": "News of the return",
    "ReturnUnlinked": "Return deleted",
    "ReturnPlaced": "Return requested",
    "ReturnApproved": "Return approved",
    "ReturnDeclined": "Return declined",
    "MissingPartSent": "Missing part promised",
    "ReturnExpired": "Return not answered in time",
    "ReturnCancelled": "Return cancelled",
    "ReturnTracked": "The courier has the goods",
    "ReturnArrived": "The goods arrived",
    "ReturnTakenBack": "The goods were taken back",
    "ReturnSentBack": "The goods were not accepted",
    "Modified": "Changed",
}
"""Every kind of event."""

ACTORS = {
    Actor.CUSTOMER: "customer",
    Actor.MERCHANT: "shop",
    Actor.COURIER: "courier",
    Actor.MARKETPLACE: "marketplace",
    Actor.CLOCK: "by itself",
}

STATES: dict[State, str] = {
    State.OPEN: "open",
    State.ACCEPTED: "accepted",
    State.REJECTED: "rejected",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "expired",
    State.DISPATCHED: "on its way",
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "partly delivered",
    State.FOR_RETURN: "coming back",
    State.PARTIALLY_RETURNED: "partly returned",
    State.RETURNED: "returned",
}
"""How a sentence calls the state that an order is in."""

RETURN_STATES: dict[ReturnState, str] = {
    ReturnState.PENDING_REVIEW: "awaiting your answer",
    ReturnState.RETURNING: "on its way",
    ReturnState.PENDING_PHYSICAL_REVIEW: "being checked",
    ReturnState.RETURNED: "taken back",
    ReturnState.REJECTED: "declined",
    ReturnState.EXPIRED: "not answered in time",
    ReturnState.CANCELLED: "cancelled",
}
"""The same of a return."""

REASONS = {
    RejectionReason.NO_STOCK: "Out of stock",
    RejectionReason.LIMITED_STOCK: "Only some pieces left",
    RejectionReason.WRONG_PRICE: "Wrong price",
    RejectionReason.DISCONTINUATION: "No longer sold",
    RejectionReason.CONTENT_MISTAKE: "Wrong description",
}

RETURN_REASONS = {
    ReturnReason.FAULTY: "It does not work",
    ReturnReason.WRONG_PRODUCT: "Wrong product",
    ReturnReason.WITHDRAWAL: "Changed their mind",
    ReturnReason.DAMAGED_PRODUCT: "Damaged",
    ReturnReason.EXPIRED_PRODUCT: "Past its date",
    ReturnReason.AUTHENTICITY_DOUBT: "Doubts that it is genuine",
    ReturnReason.DELIVERY_ISSUES: "Trouble with the delivery",
    ReturnReason.MISSING_PART: "A part is missing",
    ReturnReason.OTHER: "Something else",
}

REVIEW_OPTIONS = {
    ReviewOption.APPROVE: "Take the goods back",
    ReviewOption.CONTACT_MANUFACTURER: "No: the customer turns to the manufacturer",
    ReviewOption.RESOLVED_WITH_CUSTOMER: "No: settled with the customer",
    ReviewOption.USABILITY_SUGGESTIONS: "No: it works, this is how",
    ReviewOption.NOT_FAULTY: "No: it is not faulty",
    ReviewOption.SEND_MISSING_PART: "Send the missing part",
    ReviewOption.PART_NOT_INCLUDED: "No: the part is sold separately",
    ReviewOption.INCORRECT_CONTENT: "No: the marketplace's description is wrong",
    ReviewOption.OUT_OF_POLICY_WITHDRAWAL: "No: the goods cannot be returned by law",
}

CHANGED = {
    "address": "delivery address",
    "billing": "billing",
    "comments": "comments",
    "customer": "customer",
    "last_note": "notes",
    "notes": "notes",
    "payment_method": "payment",
    "payment_provider": "payment",
    "payment_reference": "payment",
    "shipping_cents": "shipping",
    "shipping_method": "shipping",
    "tags": "tags",
    "trackings": "tracking numbers",
}
"""What a change was of, by the first part of its name in ``commands.MODIFIABLE``; what is not here is of no account."""

OTHER_CHANGES = "other details"

UPLOAD_FAULTS = {
    UploadFault.EMPTY: "The file is empty.",
    UploadFault.TOO_LARGE: "The file is larger than 7 MB.",
    UploadFault.OTHER_TYPE: "The file is no PDF, PNG or JPG.",
    UploadFault.NOT_AS_NAMED: "The file is not what its name says: it cannot be opened as that.",
}

PAPERS = {
    LabelFormat.A6: "A6",
    LabelFormat.A4: "A4, four on a sheet",
    LabelFormat.A4_IN_THREE: "A4, three on a sheet",
    LabelFormat.THERMAL_100X150: "Roll, 100 × 150 mm",
    LabelFormat.THERMAL_100X170: "Roll, 100 × 170 mm",
}
"""The papers that a label is printed on, the usual one first."""

DELIVERY_STATES = {
    "pending": "waits to be sent",
    "delivered": "delivered",
    "dead": "given up",
    "skipped": "not sent",
}
