"""What each dialect calls the steps of an order, the ways to pay and the carriers, written out by hand."""

from collections.abc import Mapping
from typing import NamedTuple

from stoa.orders.progress import Step


class StepWords(NamedTuple):
    """A step in every dialect. MerchantPro's status has a number for what it leaves open. Skroutz tells the parts of
    "accepted" apart by the voucher and by readiness; None where these say nothing of the step. Several words are said
    of a step that has been come to from several."""

    skroutz: str | tuple[str, ...]
    merchantpro: str
    substatus: int
    shopflix: str
    has_voucher: bool | None = None
    is_ready: bool | None = None


STEPS = {
    Step.OPEN: StepWords("open", "awaiting", 21, "registered", has_voucher=False, is_ready=False),
    Step.ACCEPTED: StepWords("accepted", "confirmed", 31, "in-processing", has_voucher=False, is_ready=False),
    Step.LABELLED: StepWords(
        "accepted", "confirmed", 32, "ready-for-shipment", has_voucher=True, is_ready=False
    ),
    Step.IN_WORK: StepWords("accepted", "in_process", 41, "in-processing", has_voucher=False, is_ready=False),
    Step.IN_WORK_LABELLED: StepWords(
        "accepted", "in_process", 42, "ready-for-shipment", has_voucher=True, is_ready=False
    ),
    Step.READY: StepWords("accepted", "in_process", 43, "in-processing", has_voucher=False, is_ready=True),
    Step.READY_LABELLED: StepWords(
        "accepted", "in_process", 43, "ready-for-shipment", has_voucher=True, is_ready=True
    ),
    Step.DISPATCHED: StepWords("dispatched", "shipped", 51, "picked-by-courier"),
    Step.AT_PICKUP_POINT: StepWords("dispatched", "shipped", 52, "delivered-to-clever-point"),
    Step.DELIVERY_FAILED: StepWords("for_return", "shipped", 53, "delivery-failed"),
    Step.DELIVERED: StepWords("delivered", "delivered", 61, "delivered-to-customer"),
    Step.PARTIALLY_DELIVERED: StepWords("partially_delivered", "delivered", 62, "delivered-to-customer"),
    Step.COMPLETED: StepWords("delivered", "delivered", 61, "completed"),
    Step.PARTIALLY_COMPLETED: StepWords("partially_delivered", "delivered", 62, "completed"),
    Step.RETURN_REQUESTED: StepWords("for_return", "delivered", 64, "return-requested"),
    Step.RETURN_CANCELLED: StepWords(
        ("delivered", "partially_delivered"), "delivered", 65, "return-canceled"
    ),
    Step.PARTIALLY_RETURNED: StepWords("partially_returned", "delivered", 63, "delivered-to-customer"),
    Step.RETURNED: StepWords("returned", "returned", 71, "returned"),
    Step.REJECTED: StepWords(
        "rejected", "cancelled", 81, "rejected-by-merchant", has_voucher=False, is_ready=False
    ),
    Step.CANCELLED: StepWords("cancelled", "cancelled", 82, "canceled"),
    Step.EXPIRED: StepWords("expired", "cancelled", 83, "canceled", has_voucher=False, is_ready=False),
}


class ReturnWords(NamedTuple):
    """A step of a return itself, which Shopflix does not show."""

    skroutz: str
    merchantpro: str
    substatus: int


RETURN_STEPS = {
    Step.RETURN_IN_REVIEW: ReturnWords("pending_merchant_review", "awaiting", 22),
    Step.RETURN_UNDER_WAY: ReturnWords("returning", "shipped", 54),
    Step.RETURN_ARRIVED: ReturnWords("pending_physical_review", "shipped", 55),
    Step.RETURN_TAKEN_BACK: ReturnWords("returned", "returned", 72),
    Step.RETURN_DECLINED: ReturnWords("rejected", "cancelled", 84),
    Step.RETURN_CALLED_OFF: ReturnWords("cancelled", "cancelled", 85),
    Step.RETURN_EXPIRED: ReturnWords("expired", "cancelled", 86),
}

ALL_STEPS: Mapping[Step, StepWords | ReturnWords] = {**STEPS, **RETURN_STEPS}
"""What MerchantPro shows, for which a return is an order."""


class Called(NamedTuple):
    """One thing by its names; MerchantPro has numbers for carriers."""

    skroutz: str
    merchantpro: str
    shopflix: str


PAYMENTS = {
    "card": Called("card", "card", "credit_card"),
    "at the door": Called("cash_on_delivery", "cash_delivery", "cod"),
    "in instalments": Called("loan", "loan", "installments"),
    "by transfer": Called("bank_transfer", "wire", "bank_transfer"),
    "IRIS": Called("iris", "iris", "iris"),
    "wallet": Called("wallet", "wallet", "wallet"),
    "Edenred": Called("edenred", "edenred", "edenred"),
    "Revolut": Called("revolut", "revolut", "revolut"),
}

PROVIDERS = {"mobilpay": "card", "tbi": "in instalments", "in_store": "at the door"}
"""How an order is paid whose provider MerchantPro names: some of each."""

CARRIERS = {
    "last_mile": Called("Skroutz Last Mile", "9001", "Last Mile"),
    "acs": Called("ACS", "9002", "ACS"),
    "beinoglou": Called("Beinoglou", "9003", "Beinoglou"),
    "box_now": Called("BOX NOW", "9004", "Box Now"),
    "courier_center": Called("CourierCenter", "9005", "Courier Center"),
    "delatolas": Called("Delatolas", "9006", "Delatolas"),
    "dhl": Called("DHL", "9007", "DHL"),
    "diakinisis": Called("Diakinisis", "9008", "Diakinisis"),
    "dpd": Called("Dpd", "9009", "DPD"),
    "easymail": Called("EasyMail", "9010", "EasyMail"),
    "elta": Called("Elta", "9011", "ELTA"),
    "geniki_taxydromiki": Called("Geniki Taxydromiki", "9012", "Geniki Taxydromiki"),
    "gls": Called("GLS", "9013", "GLS"),
    "speedex": Called("Speedex", "9014", "Speedex"),
    "clever_point": Called("Clever Point", "9015", "Clever Point"),
}
