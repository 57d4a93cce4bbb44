"""Returns that customers ask for: how they are shown, and how the merchant reviews them (Skroutz Smart Cart, Returns API)."""

import asyncio

import httpx
import pytest

from stoa.app import Stoa
from stoa.orders import commands as asked
from stoa.orders.commands import LineQuantity
from stoa.orders.order import Fulfilment, Order, ReturnReason, ReturnState, Review, Size
from tests.builders import DAY, a_line, in_athens
from tests.conftest import ACCEPT
from tests.skroutz.coming_back import (
    APPROVAL,
    RETURNS,
    address_of,
    delivered,
    goes_on,
    in_state,
    place_document,
    requested,
    return_code_of,
    review,
    shown,
)
from tests.skroutz.market import SUCCESS, Json, Market, answered, at_fault, code_of, opening_a_market, refusal

NOT_FOUND = (404, {"errors": [{"code": "not_found", "messages": ["Return not found"]}]})


async def test_a_request_is_shown_whole(market: Market) -> None:
    source = await delivered(market, lines=(a_line(quantity=3, ean="5201234567882"),))
    returned = await requested(
        market,
        source,
        lines=(LineQuantity(source.lines[0].id, 2),),
        comment="Δεν ζεσταίνει",
        photos=("https://photos.example.com/1.jpg", "https://photos.example.com/2.jpg"),
    )

    assert list((await shown(market, returned)).items()) == [
        ("return_code", f"R-260303-{returned.id}"),
        ("state", "pending_merchant_review"),
        ("order_code", code_of(source)),
        ("created_at", "2026-03-03T10:00:00Z"),
        (
            "return_line_items",
            [
                {
                    "id": source.lines[0].id,
                    "ean": "5201234567882",
                    "product_name": "Καφετιέρα 12 φλιτζανιών",
                    "returning_quantity": 2,
                    "return_reason": "faulty",
                    "user_comment": "Δεν ζεσταίνει",
                    "user_photos": ["https://photos.example.com/1.jpg", "https://photos.example.com/2.jpg"],
                }
            ],
        ),
        (
            "review_options",
            [
                an_option("approve"),
                an_option("contact_manufacturer", comment=True),
                an_option("resolved_via_customer_communication"),
                an_option("usability_suggestions", comment=True),
                an_option("not_faulty", comment=True),
            ],
        ),
    ]


def an_option(word: str, *, comment: bool = False, part: bool = False) -> Json:
    return {"option": word, "comment_required": comment, "supports_proposed_part_url_required": part}


async def test_on_its_way_it_says_where_to_and_with_whom(market: Market) -> None:
    returned = await goes_on(market, await requested(market), APPROVAL)
    approved = await shown(market, returned)
    await goes_on(market, returned, asked.TrackReturn(tracking_ids=("9WDEE48L66D7Y", "94GO8X0Q2PD6J")))
    tracked = await shown(market, returned)
    await goes_on(market, returned, asked.TrackReturn(tracking_ids=("1",), courier="speedex"))
    reassigned = await shown(market, returned)

    assert list(approved) == [
        "return_code",
        "state",
        "order_code",
        "created_at",
        "courier",
        "returning_address",
        "return_line_items",
    ]
    assert list(tracked) == [*list(approved)[:4], "courier_tracking_ids", *list(approved)[4:]]
    assert (approved["courier"], list(approved["returning_address"].items())) == (
        "Skroutz Last Mile",
        [
            ("street_name", "Πανεπιστημίου"),
            ("street_number", "2"),
            ("zip", "12345"),
            ("city", "Αθήνα"),
            ("region", "Αττική"),
            ("country_code", "GR"),
        ],
    )
    assert tracked == approved | {"courier_tracking_ids": ["9WDEE48L66D7Y", "94GO8X0Q2PD6J"]}
    assert reassigned == approved | {"courier_tracking_ids": ["1"], "courier": "Speedex"}


async def test_goods_of_the_marketplaces_warehouse_go_back_there(market: Market) -> None:
    source = await delivered(market, fulfilment=Fulfilment.WAREHOUSE)
    returned = await goes_on(market, await requested(market, source), APPROVAL)

    assert (await shown(market, returned))["returning_address"]["city"] == "Ασπρόπυργος"


WORDS = {
    "pending_merchant_review",
    "returning",
    "pending_physical_review",
    "returned",
    "rejected",
    "expired",
    "cancelled",
}


async def test_each_state_has_its_word_and_only_a_return_to_review_has_options(market: Market) -> None:
    returns = [await shown(market, await in_state(market, state)) for state in ReturnState]

    assert [one["state"] for one in returns] == list(ReturnState)
    assert {one["state"] for one in returns} == WORDS
    assert [one["state"] for one in returns if "review_options" in one] == ["pending_merchant_review"]


async def test_a_code_has_the_local_day_of_the_request_and_the_time_is_in_utc(market: Market) -> None:
    source = await delivered(market)
    late = in_athens(2026, 3, 4, 0, 30).replace(second=7, microsecond=123456)
    await market.wait(source, late - market.now)

    returned = await requested(market, source)

    one = await shown(market, returned)
    assert one["return_code"] == f"R-260304-{returned.id}"
    assert one["order_code"] == f"260303-{source.id}"
    assert one["created_at"] == "2026-03-03T22:30:07Z"


async def test_only_the_lines_that_come_back_are_named_by_the_ids_of_the_order(market: Market) -> None:
    sized = a_line(size=Size(label="Μέγεθος", value="42", shop_value="EU 42", ean="5201234567899"))
    source = await delivered(market, lines=(a_line(ean="5201234567882"), a_line(), sized))
    back = tuple(LineQuantity(line.id, 1) for line in source.lines[1:])

    items = (await shown(market, await requested(market, source, lines=back)))["return_line_items"]

    assert [item["id"] for item in items] == [line.id for line in source.lines[1:]]
    assert [item["ean"] for item in items] == [None, "5201234567899"]


async def test_what_the_customer_did_not_say_is_left_out(market: Market) -> None:
    (item,) = (await shown(market, await requested(market)))["return_line_items"]

    assert list(item) == ["id", "ean", "product_name", "returning_quantity", "return_reason"]


OPTIONS: dict[ReturnReason, list[Json]] = {
    reason: [an_option("approve"), an_option("resolved_via_customer_communication")]
    for reason in ReturnReason
} | {
    ReturnReason.FAULTY: [
        an_option("approve"),
        an_option("contact_manufacturer", comment=True),
        an_option("resolved_via_customer_communication"),
        an_option("usability_suggestions", comment=True),
        an_option("not_faulty", comment=True),
    ],
    ReturnReason.MISSING_PART: [
        an_option("approve"),
        an_option("send_missing_part"),
        an_option("resolved_via_customer_communication"),
        an_option("part_not_included", comment=True, part=True),
        an_option("incorrect_skroutz_content", comment=True),
    ],
    ReturnReason.WITHDRAWAL: [an_option("approve"), an_option("out_of_policy_withdrawal")],
}

EVERY_OPTION = {option["option"] for options in OPTIONS.values() for option in options}

SAID = {"comment": "Ελέγχθηκε", "proposed_part_url": "https://www.example.com/parts/1"}


@pytest.mark.parametrize("reason", ReturnReason)
async def test_each_reason_has_its_review_options(market: Market, reason: ReturnReason) -> None:
    one = await shown(market, await requested(market, reason=reason))

    assert one["review_options"] == OPTIONS[reason]
    assert [item["return_reason"] for item in one["return_line_items"]] == [reason]


async def test_the_warehouse_sends_no_missing_parts(market: Market) -> None:
    source = await delivered(market, fulfilment=Fulfilment.WAREHOUSE)
    returned = await requested(market, source, reason=ReturnReason.MISSING_PART)

    offered = [option["option"] for option in (await shown(market, returned))["review_options"]]
    answer = await review(market, returned, option="send_missing_part")

    assert offered == [
        "approve",
        "resolved_via_customer_communication",
        "part_not_included",
        "incorrect_skroutz_content",
    ]
    assert answered(answer) == refusal("option", "Invalid or missing option.")


def outcome_of(option: str) -> str:
    return {"approve": "returning", "send_missing_part": "cancelled"}.get(option, "rejected")


@pytest.mark.parametrize("reason", ReturnReason)
async def test_each_option_of_each_reason_leads_where_it_should(market: Market, reason: ReturnReason) -> None:
    for option in OPTIONS[reason]:
        source = await delivered(market)
        returned = await requested(market, source, reason=reason)

        answer = await review(market, returned, option=option["option"], **SAID)

        one = await shown(market, returned)
        assert answered(answer) == SUCCESS
        assert one["state"] == outcome_of(option["option"])
        assert "review_options" not in one
        under_way = option["option"] == "approve"
        assert (await market.show(source))["state"] == ("for_return" if under_way else "delivered")


@pytest.mark.parametrize("reason", ReturnReason)
async def test_an_option_that_the_return_does_not_have_is_refused(
    market: Market, reason: ReturnReason
) -> None:
    returned = await requested(market, reason=reason)
    before = await shown(market, returned)
    others = EVERY_OPTION - {option["option"] for option in OPTIONS[reason]}

    answers = [answered(await review(market, returned, option=option, **SAID)) for option in others]

    assert answers == [refusal("option", "Invalid or missing option.")] * len(others)
    assert others
    assert await shown(market, returned) == before


NO_OPTIONS: list[Json] = [
    {},
    {"option": None},
    {"option": ""},
    {"option": 1},
    {"option": ["approve"]},
    {"option": "Approve"},
    {"option": "approve "},
    {"option": "resolved_with_customer"},
    {"option": "incorrect_content"},
    {"option": "expired"},
]


@pytest.mark.parametrize("body", NO_OPTIONS)
async def test_what_is_no_option_is_refused(market: Market, body: Json) -> None:
    returned = await requested(market)

    assert at_fault(await review(market, returned, **body)) == (422, "option")
    assert (await shown(market, returned))["state"] == "pending_merchant_review"


COMMENTED = [
    (reason, option["option"])
    for reason, options in OPTIONS.items()
    for option in options
    if option["comment_required"]
]


@pytest.mark.parametrize(("reason", "option"), COMMENTED)
async def test_an_option_that_requires_a_comment_is_refused_without_one(
    market: Market, reason: ReturnReason, option: str
) -> None:
    returned = await requested(market, reason=reason)
    bodies: list[Json] = [{}, {"comment": None}, {"comment": ""}, {"comment": " \n"}]

    answers = [
        at_fault(await review(market, returned, **(SAID | {"comment": None} | body), option=option))
        for body in bodies
    ]

    assert answers == [(422, "comment")] * len(bodies)
    assert (await shown(market, returned))["state"] == "pending_merchant_review"


async def kept(market: Market, returned: Order) -> Review:
    """The answer as it is in the database."""
    request = (await market.stored(returned)).order.return_request
    assert request is not None
    assert request.review is not None
    return request.review


@pytest.mark.parametrize("option", ["approve", "not_faulty"])
async def test_a_comment_has_at_most_a_thousand_characters(market: Market, option: str) -> None:
    returned = await requested(market)

    too_long = await review(market, returned, option=option, comment="ά" * 1001)
    just_right = await review(market, returned, option=option, comment="ά" * 1000)

    assert (at_fault(too_long), answered(just_right)) == ((422, "comment"), SUCCESS)
    assert (await kept(market, returned)).comment == "ά" * 1000


NO_ADDRESSES: list[object] = [
    None,
    "",
    " ",
    "www.example.com/parts/1",
    "ftp://www.example.com/parts/1",
    "javascript:alert(1)",
    "https://",
    "https:///parts/1",
    "https://www.example.com/parts/1 and more",
    "https://www.example.com/parts/1\n",
    "https://www.example.com/" + "p" * 2025,
    1,
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
async def test_the_part_that_was_not_included_needs_a_web_address(market: Market, address: object) -> None:
    returned = await requested(market, reason=ReturnReason.MISSING_PART)

    answer = await review(
        market, returned, option="part_not_included", comment="Χωριστά", proposed_part_url=address
    )

    assert at_fault(answer) == (422, "proposed_part_url")
    assert (await shown(market, returned))["state"] == "pending_merchant_review"


@pytest.mark.parametrize(
    "address",
    ["http://example.com", "https://www.example.com/" + "p" * 2024, "https://example.com:8443/π?a=1"],
)
async def test_the_web_address_of_the_part_is_kept(market: Market, address: str) -> None:
    returned = await requested(market, reason=ReturnReason.MISSING_PART)

    answer = await review(
        market, returned, option="part_not_included", comment="Χωριστά", proposed_part_url=address
    )

    assert answered(answer) == SUCCESS
    assert (await kept(market, returned)).proposed_part_url == address


async def test_unknown_fields_of_a_review_are_ignored(market: Market) -> None:
    returned = await requested(market)

    assert answered(await review(market, returned, option="approve", refund=True)) == SUCCESS


REVIEWS: list[Json] = [
    {"option": "approve"},
    {"option": "not_faulty", "comment": "Δουλεύει"},
    {"option": "not_faulty"},
    {"option": "no such option"},
    {"comment": "ά" * 1001},
]


@pytest.mark.parametrize("state", [state for state in ReturnState if state is not ReturnState.PENDING_REVIEW])
async def test_a_return_that_was_decided_on_takes_no_answer_whatever_it_says(
    market: Market, state: ReturnState
) -> None:
    returned = await in_state(market, state)
    before = await shown(market, returned)

    answers = [answered(await review(market, returned, **body)) for body in REVIEWS]
    broken = await market.client.post(address_of(returned, "review"), content=b"{")

    already = refusal("return_status", f"Return already {state.replace('_', ' ')}.")
    assert [*answers, answered(broken)] == [already] * 6
    assert await shown(market, returned) == before


async def test_of_ten_answers_at_once_exactly_one_succeeds(market: Market) -> None:
    source = await delivered(market)
    returned = await requested(market, source)
    bodies: list[Json] = [{"option": "approve"}, {"option": "not_faulty", "comment": "Δουλεύει"}] * 5

    answers = [
        answered(one) for one in await asyncio.gather(*(review(market, returned, **b) for b in bodies))
    ]

    state = (await shown(market, returned))["state"]
    winner = answers.index(SUCCESS)
    assert outcome_of(bodies[winner]["option"]) == state
    del answers[winner]
    assert answers == [refusal("return_status", f"Return already {state}.")] * 9
    last = "ReturnApproved" if state == "returning" else "ReturnDeclined"
    assert await market.history(returned) == ["ReturnPlaced", last]
    assert (await market.history(source)).count("ReturnFollowed") == 1


async def test_an_answer_and_a_cancellation_at_once_leave_a_story_that_holds_together(market: Market) -> None:
    for _ in range(5):
        returned = await requested(market)
        answer, _cancelled = await asyncio.gather(
            review(market, returned, option="approve"), goes_on(market, returned, asked.CancelReturn())
        )
        approved = ["ReturnApproved"] if answer.status_code == 200 else []

        assert approved or answered(answer) == refusal("return_status", "Return already cancelled.")
        assert await market.history(returned) == ["ReturnPlaced", *approved, "ReturnCancelled"]


async def test_a_body_that_is_no_json_is_told_so(market: Market) -> None:
    returned = await requested(market)

    answer = await market.client.post(address_of(returned, "review"), content=b'{"option": "approve"')

    assert at_fault(answer) == (400, "invalid_format")


# Who may ask


async def everywhere(client: httpx.AsyncClient, code: str, **headers: str) -> list[httpx.Response]:
    """What both calls answer, the review with a body that would do."""
    at = f"{RETURNS}/{code}"
    return [
        await client.get(at, headers=headers),
        await client.post(f"{at}/review", headers=headers, json={"option": "approve"}),
    ]


async def test_without_a_valid_token_both_calls_are_unauthorized(
    market: Market, stranger: httpx.AsyncClient
) -> None:
    returned = await requested(market)
    before = await market.stored(returned)
    codes = (return_code_of(returned), "DEMO-RETURN", "R-260303-9999999")

    answers = [answered(one) for code in codes for one in await everywhere(stranger, code, Accept=ACCEPT)]

    unauthorized = (401, {"errors": [{"code": "Unauthorized", "messages": ["unauthorized"]}]})
    assert answers == [unauthorized] * 6
    assert await market.stored(returned) == before


async def test_without_the_right_accept_header_both_calls_are_not_acceptable(market: Market) -> None:
    returned = await requested(market)
    before = await market.stored(returned)

    answers = [
        at_fault(one)
        for code in (return_code_of(returned), "DEMO-RETURN")
        for one in await everywhere(market.client, code, Accept="application/json")
    ]

    assert answers == [(406, "not_acceptable")] * 4
    assert await market.stored(returned) == before


async def test_another_shops_return_is_not_found(stoa: Stoa, market: Market) -> None:
    returned = await requested(market)
    before = await market.stored(returned)

    async with opening_a_market(stoa) as neighbour:
        answers = [answered(one) for one in await everywhere(neighbour.client, return_code_of(returned))]

    assert answers == [NOT_FOUND] * 2
    assert await market.stored(returned) == before


NO_CODES = (
    "R-260304-{number}",
    "R-250303-{number}",
    "260303-{number}",
    "{number}",
    "R-{number}",
    "r-260303-{number}",
    "R-260303-{number}x",
    "R-260303-0{number}",
    "R-R-260303-{number}",
    "R-260303-{number}%0A",
    "R-260303-999999999999999999",
    "R-260303-99999999999999999999999999",
    "R-260303-%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7",
    "%00",
    "DEMO-OPEN",
    "demo-return",
)


async def test_what_is_no_returns_code_is_not_found(market: Market) -> None:
    returned = await requested(market)

    answers = {
        code: [answered(one) for one in await everywhere(market.client, code.format(number=returned.id))]
        for code in NO_CODES
    }

    assert answers == dict.fromkeys(NO_CODES, [NOT_FOUND] * 2)


async def test_an_order_is_no_return(market: Market) -> None:
    source = await delivered(market)

    answers = [answered(one) for one in await everywhere(market.client, f"R-{code_of(source)}")]

    assert answers == [NOT_FOUND] * 2


async def test_what_the_merchant_wrote_down_itself_is_no_return_that_a_customer_asked_for(
    market: Market,
) -> None:
    document = await place_document(market, await delivered(market))

    answers = [answered(one) for one in await everywhere(market.client, return_code_of(document))]

    assert answers == [NOT_FOUND] * 2


async def test_a_return_is_no_order(market: Market) -> None:
    returned = await requested(market)

    answer = await market.client.get(market.address(returned))

    assert answered(answer) == refusal("order_error", "Order not found", 404)


async def test_everybody_calls_a_return_by_the_code_that_it_is_asked_for_by(
    stoa: Stoa, market: Market
) -> None:
    source = await delivered(market)
    returned, document = await requested(market, source), await place_document(market, source)

    codes = [stoa.codes(order, market.shop)["skroutz"] for order in (source, returned, document)]

    assert codes == [code_of(source), return_code_of(returned), code_of(document)]


@pytest.mark.parametrize(("method", "call"), [("PUT", None), ("POST", None), ("GET", "review")])
async def test_a_method_that_a_return_does_not_have_is_refused_in_the_shape_of_the_api(
    market: Market, method: str, call: str | None
) -> None:
    answer = await market.client.request(method, address_of("DEMO-RETURN", call))

    assert at_fault(answer) == (405, "method_not_allowed")


# What becomes of the order


async def test_the_order_is_partially_returned_once_some_goods_are_back_and_returned_once_all_are(
    market: Market,
) -> None:
    source = await delivered(market)
    states = []
    for _ in range(2):
        returned = await requested(market, source)
        states.append((await market.show(source))["state"])
        await goes_on(market, returned, APPROVAL, asked.ArriveBack(), asked.TakeBack())
        states.append((await market.show(source))["state"])

    assert states == ["for_return", "partially_returned", "for_return", "returned"]


async def test_a_return_that_nobody_answers_expires(market: Market) -> None:
    source = await delivered(market)
    returned = await requested(market, source)

    await market.wait(returned, 3 * DAY)

    assert (await shown(market, returned))["state"] == "expired"
    assert (await market.show(source))["state"] == "delivered"
