"""How the dialect says that something is wrong."""

import pytest
from msgspec import json

from stoa.dialects.skroutz.faults import REFUSAL_CODES, render, say
from stoa.orders.order import ReturnState, State
from stoa.orders.refusals import Refusal, Refused
from stoa.web.faults import Fault, broken, invalid, too_large, unauthorized
from tests.skroutz.market import Json


def said(fault: Fault) -> Json:
    status, body = render(fault)
    assert status == fault.status
    (error,) = json.decode(body)["errors"]
    shown: Json = error
    return shown


def test_every_refusal_can_be_said_in_this_dialect() -> None:
    assert set(REFUSAL_CODES) == set(Refusal)


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_is_a_code_and_a_sentence(refusal: Refusal) -> None:
    fault = say(Refused(refusal, field="comment", state=State.FOR_RETURN))

    error = said(fault)
    assert fault.status == 422
    assert error["code"] in {"order_status", "order_error", "return_status", "option", "comment"}
    assert error["messages"]
    assert "{" not in error["messages"][0]


@pytest.mark.parametrize(
    ("refused", "code", "message"),
    [
        (Refused(Refusal.WRONG_STATE, state=State.ACCEPTED), "order_status", "Order already accepted."),
        (Refused(Refusal.WRONG_STATE, state=State.REJECTED), "order_status", "Order already rejected."),
        (Refused(Refusal.WRONG_STATE, state=State.FOR_RETURN), "order_status", "Order already for return."),
        (Refused(Refusal.WRONG_STATE, state=State.OPEN), "order_status", "Order not accepted yet."),
        (Refused(Refusal.EXPIRED, state=State.EXPIRED), "order_status", "Order already expired."),
        (Refused(Refusal.EXPRESS), "order_status", "Order is express"),
        (
            Refused(Refusal.NOT_ELIGIBLE_FOR_READY),
            "order_error",
            "Order is not eligible to be marked as ready",
        ),
        (Refused(Refusal.NOT_ELIGIBLE_FOR_UNDO), "order_error", "Order is not eligible for undo"),
        (Refused(Refusal.NO_SUCH_OPTION, "option"), "option", "Invalid or missing option."),
        (
            Refused(Refusal.RETURN_DECIDED, "option", ReturnState.PENDING_PHYSICAL_REVIEW),
            "return_status",
            "Return already pending physical review.",
        ),
        (
            Refused(Refusal.COMMENT_REQUIRED, "comment"),
            "comment",
            "comment: This option requires a comment.",
        ),
    ],
)
def test_what_the_documents_word_is_said_in_their_words(refused: Refused, code: str, message: str) -> None:
    assert said(say(refused)) == {"code": code, "messages": [message]}


def test_a_fault_of_a_field_has_its_name_as_the_code_and_its_path_in_the_message() -> None:
    assert said(invalid("line_items[3].reason_id", "No.")) == {
        "code": "reason_id",
        "messages": ["line_items[3].reason_id: No."],
    }
    assert said(invalid("line_items[3]", "No."))["code"] == "line_items"


def test_faults_of_the_request_have_codes_of_their_own() -> None:
    codes = [said(fault)["code"] for fault in (unauthorized(), broken("No."), too_large(7))]

    assert codes == ["Unauthorized", "invalid_format", "too_large"]
