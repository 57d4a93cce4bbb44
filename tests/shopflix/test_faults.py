"""How a fault is said (Shopflix Merchant API, error codes)."""

import json

import pytest

from stoa.dialects.shopflix import faults
from stoa.orders.order import State
from stoa.orders.refusals import Refusal, Refused
from stoa.web.faults import Fault, broken, invalid, key_required, not_found, too_large
from tests.shopflix.counter import Json

ORDER, SHIPMENT = "/v2/orders/GR--1--MER1", "/v2/shipments/GR--1--MER1"


def said(fault: Fault, path: str = ORDER) -> tuple[int, Json]:
    status, body = faults.render(fault, path)
    error: Json = json.loads(body)
    assert list(error) == ["error"]
    return status, error["error"]


OWN = {
    "10301": (faults.order_not_found("GR--1--MER1"), "The order with id GR--1--MER1 was not found"),
    "10303": (faults.cannot_accept(), "Cannot Accept Order"),
    "10304": (faults.cannot_reject(), "Cannot Reject Order"),
    "10306": (faults.reason_not_valid(), "The reason is not valid"),
    "10350": (faults.sale_order_not_found(), "The sale order could not be found."),
    "10352": (faults.voucher_exists(), "Voucher already exists for this shipment."),
    "10353": (faults.no_voucher(), "There is no voucher for this sale order."),
}


@pytest.mark.parametrize("code", OWN)
def test_a_fault_of_the_contract_has_its_code_and_words(code: str) -> None:
    fault, message = OWN[code]

    assert said(fault) == (400, {"code": code, "message": message})
    assert said(fault, SHIPMENT) == (400, {"errorCode": code, "message": message})


OTHERS: tuple[tuple[Fault, int, str, str], ...] = (
    # the fault, and its status, code and message
    (invalid("page", "Must be more."), 400, "10305", "Invalid Action: page: Must be more."),
    (broken("It is no JSON."), 400, "10305", "Invalid Action: It is no JSON."),
    (too_large(5), 400, "10305", "Invalid Action: The request is larger than 5 bytes."),
    (Fault(409, "conflict", "Try again."), 400, "10305", "Invalid Action: Try again."),
    (key_required(), 401, "401", "A valid username and password are required."),
    (Fault(403, "blocked", "Too many attempts."), 401, "401", "Too many attempts."),
    (not_found("Page"), 404, "404", "Page not found"),
    (Fault(405, "method_not_allowed", "Not so."), 405, "405", "Not so."),
    (Fault(500, "internal", "Our fault."), 500, "500", "Our fault."),
    (Fault(503, "unavailable", "Later."), 503, "503", "Later."),
)


@pytest.mark.parametrize(("fault", "status", "code", "message"), OTHERS, ids=str)
def test_any_other_fault_is_an_invalid_action_or_has_its_status(
    fault: Fault, status: int, code: str, message: str
) -> None:
    assert said(fault) == (status, {"code": code, "message": message})
    assert said(fault, SHIPMENT) == (status, {"errorCode": code, "message": message})


@pytest.mark.parametrize("path", ["/v2/shipments", "/v2/orders/shipments/1", "/v2/shipmentsx/1"])
def test_only_below_the_shipments_the_code_has_another_name(path: str) -> None:
    assert "code" in said(faults.no_voucher(), path)[1]


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_can_be_said(refusal: Refusal) -> None:
    status, error = said(faults.say(Refused(refusal, "lines", State.CANCELLED)))

    own = {Refusal.NO_VOUCHER: "10353", Refusal.VOUCHER_EXISTS: "10352"}
    assert (status, error["code"]) == (400, own.get(refusal, "10305"))
    assert error["message"]
    assert "{" not in error["message"]


def test_a_refusal_names_what_is_wrong_as_the_contract_does() -> None:
    refused = Refused(Refusal.UNKNOWN_NUMBER_OF_PARCELS, "number_of_parcels")

    message = "Invalid Action: numberOfPackages: This number of parcels is not one of the order's options."
    assert said(faults.say(refused)) == (400, {"code": "10305", "message": message})
