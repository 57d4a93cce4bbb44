"""The codes, numbers and texts of MerchantPro (MerchantPro Orders API, fields available)."""

from typing import Any

import pytest
from msgspec.structs import replace

from stoa.dialects.merchantpro.words import (
    METHOD_CODES,
    PAYMENT_SUBSTATUSES,
    PROVIDERS,
    SHIPPING_METHODS,
    SHIPPING_SUBSTATUSES,
    carrier_id,
    payment_code,
    payment_filter,
    payment_name,
    payment_status_text,
    payment_step_of_substatus,
    payment_substatus_text,
    read_payment_code,
    read_payment_status,
    shipping_method_id,
    shipping_method_key,
    shipping_method_name,
    shipping_status_text,
    shipping_substatus_text,
    steps_of_substatus,
)
from stoa.languages import LANGUAGES, translate
from stoa.languages.statuses import STEPS
from stoa.orders import commands as asked
from stoa.orders.carriers import CARRIERS
from stoa.orders.order import Actor, Order, PaymentMethod, PaymentStatus, Rejection, State
from stoa.orders.progress import STAGES, PaymentStep, Stage, Step
from tests.builders import after, an_order, an_order_in

CODES = [
    "librapay",
    "paypal",
    "skrill",
    "2checkout",
    "epayment",
    "euplatesc",
    "cash_delivery",
    "wire",
    "in_store",
    "mobilpay",
    "nestpay",
    "plationlinepo5",
    "brd_finance",
    "sofort",
    "tbi",
    "paypal_plus",
    "libracredit",
    "ipay",
]
"""Those of the contract."""


def paid_by(code: str) -> Order:
    """An order placed with the code."""
    read = read_payment_code(code)
    assert read is not None, code
    method, provider = read
    return an_order(payment_method=method, payment_provider=provider)


@pytest.mark.parametrize("code", [*CODES, *METHOD_CODES.values()])
def test_a_payment_code_is_shown_as_it_was_given(code: str) -> None:
    assert payment_code(paid_by(code)) == code


@pytest.mark.parametrize("code", [*CODES, *METHOD_CODES.values()])
def test_an_order_is_found_by_the_payment_code_that_it_shows(code: str) -> None:
    order = paid_by(code)

    # As the store fills the column that lists go by.
    assert payment_filter(code) == (order.payment_provider or order.payment_method)


@pytest.mark.parametrize("method", PaymentMethod)
def test_every_payment_method_has_a_code_that_means_it(method: PaymentMethod) -> None:
    assert read_payment_code(payment_code(an_order(payment_method=method))) == (method, None)


def test_cash_and_transfers_have_the_codes_of_the_contract() -> None:
    assert METHOD_CODES[PaymentMethod.CASH_ON_DELIVERY] == "cash_delivery"
    assert METHOD_CODES[PaymentMethod.BANK_TRANSFER] == "wire"


@pytest.mark.parametrize(
    ("code", "method"),
    [
        ("paypal", PaymentMethod.CARD),
        ("sofort", PaymentMethod.CARD),
        ("tbi", PaymentMethod.LOAN),
        ("brd_finance", PaymentMethod.LOAN),
        ("libracredit", PaymentMethod.LOAN),
        ("in_store", PaymentMethod.CASH_ON_DELIVERY),
    ],
)
def test_a_provider_is_kept_with_the_method_that_it_is(code: str, method: PaymentMethod) -> None:
    assert read_payment_code(code) == (method, code)


@pytest.mark.parametrize("code", ["", "bitcoin", "PayPal", "cash_on_delivery", "cash_delivery "])
def test_there_are_no_other_payment_codes(code: str) -> None:
    assert read_payment_code(code) is None
    assert payment_filter(code) is None


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("cash_delivery", "Plata in sistem ramburs"),
        ("wire", "Transfer bancar"),
        ("loan", "Plata in rate"),
        ("in_store", "Plata in magazin"),
        ("paypal", "PayPal"),
        ("2checkout", "2Checkout"),
        ("edenred", "Edenred"),
    ],
)
def test_a_payment_method_is_named_in_the_shops_language(code: str, name: str) -> None:
    assert payment_name(paid_by(code), "ro") == name


def test_a_provider_that_only_another_channel_knows_is_called_what_it_is_called_there() -> None:
    order = an_order(payment_provider="klarna")

    assert (payment_code(order), payment_name(order, "ro")) == ("klarna", "klarna")


def test_no_code_means_both_a_method_and_a_provider() -> None:
    assert len({*METHOD_CODES.values(), *PROVIDERS, "in_store"}) == len(METHOD_CODES) + len(PROVIDERS) + 1


@pytest.mark.parametrize("status", PaymentStatus)
def test_a_payment_status_is_read_by_its_word(status: PaymentStatus) -> None:
    assert read_payment_status(status.value) is status


def test_cancelled_may_be_spelt_with_one_l() -> None:
    assert read_payment_status("canceled") is PaymentStatus.CANCELLED


@pytest.mark.parametrize("word", ["", "Paid", "cancel", "unpaid"])
def test_other_words_are_no_payment_status(word: str) -> None:
    assert read_payment_status(word) is None


def test_the_numbers_of_payment_substatuses_never_change() -> None:
    assert PAYMENT_SUBSTATUSES == {
        "to_collect": 11,
        "awaits_transfer": 12,
        "awaits_online": 13,
        "collected": 16,
        "paid_by_transfer": 17,
        "paid_online": 18,
    }


def test_the_numbers_of_shipping_substatuses_never_change() -> None:
    assert SHIPPING_SUBSTATUSES == {
        "open": 21,
        "accepted": 31,
        "labelled": 32,
        "in_work": 41,
        "in_work_labelled": 42,
        "ready": 43,
        "ready_labelled": 43,
        "dispatched": 51,
        "at_pickup_point": 52,
        "delivery_failed": 53,
        "delivered": 61,
        "partially_delivered": 62,
        "completed": 61,
        "partially_completed": 62,
        "partially_returned": 63,
        "return_requested": 64,
        "return_cancelled": 65,
        "returned": 71,
        "rejected": 81,
        "cancelled": 82,
        "expired": 83,
        "return_in_review": 22,
        "return_under_way": 54,
        "return_arrived": 55,
        "return_taken_back": 72,
        "return_declined": 84,
        "return_called_off": 85,
        "return_expired": 86,
    }


@pytest.mark.parametrize("step", Step)
def test_every_step_has_a_number_that_means_it(step: Step) -> None:
    assert step in steps_of_substatus(SHIPPING_SUBSTATUSES[step])


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        (21, [Step.OPEN]),
        (43, [Step.READY, Step.READY_LABELLED]),
        (61, [Step.DELIVERED, Step.COMPLETED]),
        (62, [Step.PARTIALLY_DELIVERED, Step.PARTIALLY_COMPLETED]),
    ],
)
def test_steps_that_the_contract_does_not_tell_apart_share_a_number(number: int, steps: list[Step]) -> None:
    assert steps_of_substatus(number) == steps


def test_every_step_is_found_by_one_number_once() -> None:
    numbers = set(SHIPPING_SUBSTATUSES.values())

    assert sorted(step for number in numbers for step in steps_of_substatus(number)) == sorted(Step)


@pytest.mark.parametrize("step", PaymentStep)
def test_every_payment_step_has_a_number_that_means_it(step: PaymentStep) -> None:
    assert payment_step_of_substatus(PAYMENT_SUBSTATUSES[step]) is step


def test_each_shipping_status_has_ten_numbers_of_its_own() -> None:
    tens = {(STAGES[step], number // 10) for step, number in SHIPPING_SUBSTATUSES.items()}

    assert len(tens) == len({ten for _, ten in tens}) == len(Stage)


@pytest.mark.parametrize("number", [0, -1, 14, 23, 99])
def test_other_numbers_are_no_substatus(number: int) -> None:
    assert steps_of_substatus(number) == []
    assert payment_step_of_substatus(number) is None


def test_statuses_are_said_as_in_the_contracts_examples() -> None:
    awaiting = an_order(payment_status=PaymentStatus.AWAITING)
    cancelled = an_order(payment_status=PaymentStatus.CANCELLED)

    assert payment_status_text(awaiting, "ro") == "Plata in asteptare"
    assert payment_status_text(cancelled, "ro") == "Plata anulata"
    assert shipping_status_text(Stage.AWAITING, "ro") == "Comanda in asteptare"
    assert shipping_status_text(Stage.CANCELLED, "ro") == "Comanda anulata"


REJECTED_BY_MARKETPLACE = Rejection(by=Actor.MARKETPLACE, reason="Ύποπτη παραγγελία")


def everything_said(language: str) -> list[str]:
    """Every text of an order's statuses, ends that several can bring about once for each of them."""
    cancelled = an_order_in(State.CANCELLED)
    ends = [
        *(replace(cancelled, cancelled_by=by) for by in (Actor.CUSTOMER, Actor.MERCHANT, Actor.MARKETPLACE)),
        replace(an_order_in(State.REJECTED), rejection=REJECTED_BY_MARKETPLACE),
    ]
    return [
        *(payment_status_text(an_order(payment_status=status), language) for status in PaymentStatus),
        *(payment_substatus_text(step, language) for step in PaymentStep),
        *(shipping_status_text(stage, language) for stage in Stage),
        *(translate(text, language) for text in STEPS.values()),
        *(shipping_substatus_text(order, language) for order in ends),
    ]


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_every_status_is_said_in_the_shops_language(language: str) -> None:
    in_both = zip(everything_said("en"), everything_said(language), strict=True)

    assert [english for english, text in in_both if not text or text == english] == []


@pytest.mark.parametrize(
    ("by", "text"),
    [
        (Actor.CUSTOMER, "Anulata de client"),
        (Actor.MERCHANT, "Anulata de magazin"),
        (Actor.MARKETPLACE, "Anulata de marketplace"),
    ],
)
def test_a_cancelled_order_says_who_cancelled_it(by: Actor, text: str) -> None:
    order = after(an_order_in(State.ACCEPTED), asked.Cancel(), by=by)

    assert shipping_substatus_text(order, "ro") == text


def test_an_order_cancelled_by_nobody_that_is_known_is_cancelled() -> None:
    order = replace(an_order_in(State.CANCELLED), cancelled_by=None)

    assert shipping_substatus_text(order, "ro") == "Comanda anulata"


@pytest.mark.parametrize(
    ("by", "text"), [(Actor.MERCHANT, "Respinsa de magazin"), (Actor.MARKETPLACE, "Respinsa de marketplace")]
)
def test_a_rejected_order_says_who_rejected_it(by: Actor, text: str) -> None:
    order = after(an_order(), asked.Reject(other="Εξαντλήθηκε"), by=by)

    assert shipping_substatus_text(order, "ro") == text


def test_the_numbers_of_carriers_never_change() -> None:
    assert SHIPPING_METHODS == {
        "last_mile": 9001,
        "acs": 9002,
        "beinoglou": 9003,
        "box_now": 9004,
        "courier_center": 9005,
        "delatolas": 9006,
        "dhl": 9007,
        "diakinisis": 9008,
        "dpd": 9009,
        "easymail": 9010,
        "elta": 9011,
        "geniki_taxydromiki": 9012,
        "gls": 9013,
        "speedex": 9014,
        "clever_point": 9015,
    }


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_is_a_shipping_method(carrier: str) -> None:
    order = an_order(courier=carrier)

    assert shipping_method_key(shipping_method_id(order)) == carrier
    assert shipping_method_name(order) == CARRIERS[carrier]
    assert carrier_id(order) == str(SHIPPING_METHODS[carrier])


def the_method(**what_matters: Any) -> tuple[int, str | None, str | None]:
    order = replace(an_order(), **({"courier": None} | what_matters))
    return shipping_method_id(order), shipping_method_name(order), carrier_id(order)


def test_the_shops_own_shipping_method_has_a_number_and_no_name() -> None:
    assert the_method(shipping_method=shipping_method_key(101)) == (101, None, None)


def test_the_shipping_method_that_was_agreed_may_be_another_than_the_carrier_in_the_end() -> None:
    assert the_method(shipping_method="speedex", courier="acs") == (9014, "Speedex", "9002")


def test_an_order_without_a_shipping_method_has_the_number_0() -> None:
    assert the_method() == (0, None, None)
    assert shipping_method_key(0) is None


def test_a_carrier_that_nobody_named_is_none() -> None:
    assert the_method(courier="other") == (0, None, None)
