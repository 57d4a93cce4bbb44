import pytest

from stoa.orders.order import ReturnState, State
from stoa.orders.refusals import Refusal, Refused


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_is_a_whole_sentence(refusal: Refusal) -> None:
    message = Refused(refusal, state=State.OPEN).message

    assert message[0].isupper()
    assert message.endswith(".")
    assert "{" not in message


def test_a_refusal_for_the_state_names_it_in_plain_words() -> None:
    assert "partially delivered" in Refused(Refusal.WRONG_STATE, state=State.PARTIALLY_DELIVERED).message


def test_a_refusal_names_how_far_a_return_is_in_plain_words() -> None:
    refused = Refused(Refusal.RETURN_WRONG_STATE, state=ReturnState.PENDING_PHYSICAL_REVIEW)

    assert refused.message == "The return is pending physical review, which does not allow this."


def test_a_dialect_has_its_own_words_for_a_refusal() -> None:
    refused = Refused(Refusal.WRONG_STATE, state=State.ACCEPTED)

    assert refused.worded("Order already {state}.") == "Order already accepted."
