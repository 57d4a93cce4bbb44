"""Who may ask the FBS API, and how its lists come in pages."""

import httpx
import pytest

from tests.builders import NOON
from tests.conftest import ACCEPT
from tests.database_contents import contents
from tests.depot import change
from tests.skroutz.fbs import BASE, PRODUCTS, PURCHASE_ORDERS, SUPPLIERS, Fbs, lines_of, paging
from tests.skroutz.market import Json, answered, at_fault, refusal
from tests.skroutz.test_access import NO_TOKENS, NOT_ASKING, UNAUTHORIZED

LISTS = {PRODUCTS: "products", PURCHASE_ORDERS: "purchase_orders", SUPPLIERS: "suppliers"}
"""Where the lists are, and what each calls its items."""


Calls = list[tuple[str, str, Json]]


@pytest.fixture
async def calls(fbs: Fbs) -> Calls:
    """Every call of the API, with a body that will do."""
    await fbs.product("A")
    supplier = await fbs.supplier()
    order = await fbs.announce(supplier, A=1)
    line = {"product_uid": "A", "expected_quantity": 1}
    body = {"expected_date": "2026-03-10", "supplier_id": supplier.id, "line_items": [line]}
    return [
        ("GET", PRODUCTS, {}),
        ("GET", PURCHASE_ORDERS, {}),
        ("POST", PURCHASE_ORDERS, body),
        ("GET", lines_of(order, fbs.shop), {}),
        ("GET", SUPPLIERS, {}),
        ("POST", SUPPLIERS, {"code": "Z", "name": "Ζ"}),
        ("PATCH", f"{SUPPLIERS}/{supplier.id}", {"name": "Ζ"}),
    ]


async def everywhere(fbs: Fbs, calls: Calls, **headers: str | None) -> list[httpx.Response]:
    """What each call answers; a header of None is left out."""
    return [await asking(fbs, *call, headers) for call in calls]


async def asking(
    fbs: Fbs, method: str, path: str, body: Json, headers: dict[str, str | None]
) -> httpx.Response:
    request = fbs.client.build_request(method, path, json=body)
    for name, value in headers.items():
        if value is None:
            del request.headers[name]
        else:
            request.headers[name] = value
    return await fbs.client.send(request)


async def test_with_token_and_header_every_call_is_answered(fbs: Fbs, calls: Calls) -> None:
    assert [answer.status_code for answer in await everywhere(fbs, calls)] == [200] * 7


async def test_without_a_valid_token_every_call_is_unauthorized(fbs: Fbs, calls: Calls) -> None:
    before = await contents(fbs.pool)

    for token in NO_TOKENS:
        answers = [answered(answer) for answer in await everywhere(fbs, calls, Authorization=token)]
        assert answers == [UNAUTHORIZED] * 7, token
    assert await contents(fbs.pool) == before


async def test_without_the_right_accept_header_every_call_is_not_acceptable(fbs: Fbs, calls: Calls) -> None:
    before = await contents(fbs.pool)

    for accept in NOT_ASKING:
        answers = [at_fault(answer) for answer in await everywhere(fbs, calls, Accept=accept)]
        assert answers == [(406, "not_acceptable")] * 7, accept
    assert await contents(fbs.pool) == before


async def test_an_operators_token_is_none_of_this_api(operator: httpx.AsyncClient) -> None:
    for path in LISTS:
        assert answered(await operator.get(path, headers={"Accept": ACCEPT})) == UNAUTHORIZED


async def test_what_is_no_address_says_so_in_the_shape_of_the_api(fbs: Fbs) -> None:
    wrong = {f"{BASE}": 404, f"{PRODUCTS}/1": 404, f"{PURCHASE_ORDERS}/260303-0001-0001": 404}

    assert {path: at_fault(await fbs.client.get(path))[0] for path in wrong} == wrong
    assert at_fault(await fbs.client.post(PRODUCTS)) == (405, "method_not_allowed")
    assert at_fault(await fbs.client.delete(f"{SUPPLIERS}/1")) == (405, "method_not_allowed")


async def test_a_shop_that_has_nothing_there_has_empty_lists(fbs: Fbs) -> None:
    for path, items in LISTS.items():
        assert await fbs.show(path) == {items: [], "meta": paging(0, 0)}


async def test_a_shop_sees_nothing_of_another(fbs: Fbs, neighbours_fbs: Fbs) -> None:
    await neighbours_fbs.product("A", pieces=3)
    await neighbours_fbs.announce(await neighbours_fbs.supplier(), A=1)

    for path, items in LISTS.items():
        assert (await fbs.show(path))[items] == []
        assert len((await neighbours_fbs.show(path))[items]) == 1


async def test_products_are_shown_with_the_pieces_that_lie_there_kept_or_not(fbs: Fbs) -> None:
    lamp, shade = await fbs.product("LAMP", pieces=13), await fbs.product("SHADE", active=False)
    await fbs.move(change(lamp, reserved=5))

    assert await fbs.show(PRODUCTS) == {
        "products": [
            {"id": lamp.id, "shop_uid": "LAMP", "active": True, "quantity": 13},
            {"id": shade.id, "shop_uid": "SHADE", "active": False, "quantity": 0},
        ],
        "meta": paging(2, 1),
    }


async def test_the_pages_of_every_list_have_each_item_once(fbs: Fbs) -> None:
    supplier = await fbs.supplier(code="00")
    for n in range(7):
        await fbs.product(f"UID-{n}")
        await fbs.supplier(code=f"{n:02}-{n}")
        await fbs.announce(supplier, **{f"UID-{n}": 1})

    for path, items in LISTS.items():
        whole = await fbs.show(path)
        total = len(whole[items])
        pages = [await fbs.show(path, page=page, per=3) for page in (1, 2, 3)]
        assert [item for page in pages for item in page[items]] == whole[items]
        assert [page["meta"] for page in pages] == [paging(total, 3, page, 3) for page in (1, 2, 3)]
        assert whole["meta"] == paging(total, 1)


async def test_the_hundred_and_first_is_on_the_second_page(fbs: Fbs) -> None:
    uids = [f"UID-{n}" for n in range(101)]
    for uid in uids:
        await fbs.warehouse.add_product(fbs.shop.id, shop_uid=uid, name=None, ean=None, active=True, at=NOON)
    order = await fbs.announce(await fbs.supplier(), **dict.fromkeys(uids, 1))

    for path, items in ((PRODUCTS, "products"), (lines_of(order, fbs.shop), "purchase_order_line_items")):
        first, second = await fbs.show(path), await fbs.show(path, page=2)
        assert [item["shop_uid"] for item in first[items] + second[items]] == uids
        assert (len(second[items]), second["meta"]) == (1, paging(101, 2, 2))


async def test_a_page_beyond_the_last_is_empty(fbs: Fbs) -> None:
    await fbs.product("A")
    order = await fbs.announce(await fbs.supplier(), A=1)

    for path, items in {**LISTS, lines_of(order, fbs.shop): "purchase_order_line_items"}.items():
        for page in (2, 2**63 // 100):
            beyond = await fbs.show(path, page=page)
            assert (beyond[items], beyond["meta"]) == ([], paging(1, 1, page))


BAD_QUERIES = [
    ("page", "0"),
    ("page", "-1"),
    ("page", "two"),
    ("page", ""),
    ("page", "1.5"),
    ("page", str(2**63)),
    ("page", "9" * 5000),
    ("page", "٣"),
    ("page", "\x00"),
    ("per", "0"),
    ("per", "101"),
    ("per", "-5"),
    ("per", "1 OR 1=1"),
    ("per_page", "5"),
]


@pytest.mark.parametrize(("name", "value"), BAD_QUERIES)
async def test_a_wrong_query_is_refused_by_its_name(fbs: Fbs, name: str, value: str) -> None:
    await fbs.product("A")
    order = await fbs.announce(await fbs.supplier(), A=1)

    for path in (*LISTS, lines_of(order, fbs.shop)):
        assert at_fault(await fbs.client.get(path, params={name: value})) == (422, name), path


async def test_a_parameter_that_is_given_twice_is_refused(fbs: Fbs) -> None:
    answer = await fbs.client.get(f"{PRODUCTS}?page=1&page=2")

    assert answered(answer) == refusal("page", "page: This parameter is given twice.")


async def test_reading_changes_nothing(fbs: Fbs) -> None:
    await fbs.product("A", pieces=3)
    order = await fbs.announce(await fbs.supplier(), A=1)
    before = await contents(fbs.pool)

    for path in (*LISTS, lines_of(order, fbs.shop)):
        await fbs.show(path)

    assert await contents(fbs.pool) == before
