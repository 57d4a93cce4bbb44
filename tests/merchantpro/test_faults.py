"""How a refusal is said (MerchantPro Orders API)."""

import json

import pytest

from stoa.dialects.merchantpro.faults import render, say
from stoa.orders.order import State
from stoa.orders.refusals import Refusal, Refused


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_can_be_said(refusal: Refusal) -> None:
    status, body = render(say(Refused(refusal, "lines", State.CANCELLED)))

    error = json.loads(body)["error"]
    reason = error["fields"]["line_items"]
    assert (status, error["code"], error["message"]) == (400, 400, f"line_items: {reason}")
    assert reason
    assert "{" not in reason
