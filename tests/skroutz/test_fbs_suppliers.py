"""Suppliers: added, listed, changed, and what is refused of them."""

import asyncio
from typing import Any

import msgspec
import pytest
from msgspec.structs import asdict

from stoa.dialects.skroutz.fbs.examples import SUPPLIER
from stoa.orders.warehouse import Supplier
from tests.skroutz.fbs import SUPPLIERS, Fbs, paging
from tests.skroutz.market import SUCCESS, Json, answered, at_fault, refusal

OPTIONAL = ("address", "city", "area", "zip_code", "phone", "tax_number", "email")

NOT_FOUND = refusal("not_found", "Supplier not found", 404)


def a_body(**what_matters: object) -> Json:
    return {"code": "KAR-1", "name": "Αφοί Καρρά ΟΕ"} | what_matters


async def listed(fbs: Fbs) -> list[Json]:
    suppliers: list[Json] = (await fbs.show(SUPPLIERS))["suppliers"]
    return suppliers


async def changing(fbs: Fbs, supplier: Supplier | str, **changes: object) -> tuple[int, Any]:
    supplier_id = supplier if isinstance(supplier, str) else supplier.id
    return answered(await fbs.ask(f"{SUPPLIERS}/{supplier_id}", changes, method="PATCH"))


async def test_a_supplier_is_shown_as_it_was_given(fbs: Fbs) -> None:
    assert answered(await fbs.ask(SUPPLIERS, SUPPLIER)) == SUCCESS

    shown = await fbs.show(SUPPLIERS)
    (supplier,) = shown["suppliers"]
    assert list(supplier) == ["id", "code", "name", *OPTIONAL]
    assert isinstance(supplier.pop("id"), str)
    assert (supplier, shown["meta"]) == (SUPPLIER, paging(1, 1))


async def test_of_a_supplier_code_and_name_are_enough_and_the_rest_is_null(fbs: Fbs) -> None:
    assert answered(await fbs.ask(SUPPLIERS, a_body(unknown=[1], phone=None))) == SUCCESS

    (supplier,) = await listed(fbs)
    assert {field: supplier[field] for field in OPTIONAL} == dict.fromkeys(OPTIONAL)


async def test_a_code_is_taken_once_in_a_shop(fbs: Fbs, neighbours_fbs: Fbs) -> None:
    taken = refusal("code", "code: The shop has a supplier with this code already.")

    assert answered(await fbs.ask(SUPPLIERS, a_body())) == SUCCESS
    assert answered(await fbs.ask(SUPPLIERS, a_body(name="Άλλος"))) == taken
    assert answered(await neighbours_fbs.ask(SUPPLIERS, a_body())) == SUCCESS
    assert [supplier["name"] for supplier in await listed(fbs)] == ["Αφοί Καρρά ΟΕ"]


async def test_of_five_who_take_a_code_at_once_one_succeeds(fbs: Fbs) -> None:
    others = [await fbs.supplier(code=f"C-{n}") for n in range(3)]

    answers = await asyncio.gather(
        *(fbs.ask(SUPPLIERS, a_body(code="X")) for _ in range(3)),
        *(fbs.ask(f"{SUPPLIERS}/{one.id}", {"code": "X"}, method="PATCH") for one in others),
    )

    outcomes = [answer.status_code for answer in answers]
    assert (outcomes.count(200), outcomes.count(422)) == (1, 5)
    assert [supplier["code"] for supplier in await listed(fbs)].count("X") == 1


async def test_only_what_is_given_of_a_supplier_changes(fbs: Fbs) -> None:
    supplier = await fbs.supplier(city="Βόλος", phone="242", email="a@example.com")

    changed = await changing(fbs, supplier, name="Άλλος", phone=None, zip_code="38221", id="mine", unknown=1)

    assert changed == SUCCESS
    assert await listed(fbs) == [asdict(supplier) | {"name": "Άλλος", "phone": None, "zip_code": "38221"}]


async def test_a_supplier_that_keeps_its_own_code_is_not_in_its_own_way(fbs: Fbs) -> None:
    supplier = await fbs.supplier()

    assert await changing(fbs, supplier, code=supplier.code, city="Βόλος") == SUCCESS


@pytest.mark.parametrize("body", [b"", b"{}", b'{"unknown": 1}'])
async def test_who_gives_nothing_changes_nothing(fbs: Fbs, body: bytes) -> None:
    supplier = await fbs.supplier(city="Βόλος")

    answer = await fbs.client.patch(f"{SUPPLIERS}/{supplier.id}", content=body)

    assert answered(answer) == SUCCESS
    assert await listed(fbs) == [asdict(supplier)]


async def test_changes_that_come_at_once_are_all_kept(fbs: Fbs) -> None:
    supplier = await fbs.supplier()

    answers = await asyncio.gather(*(changing(fbs, supplier, **{field: field}) for field in OPTIONAL))

    assert answers == [SUCCESS] * len(OPTIONAL)
    assert await listed(fbs) == [asdict(supplier) | {field: field for field in OPTIONAL}]


NO_IDS = ("0123456789", "x", "1", "%00", "a%00", "%FF", "%ED%A0%80", "α" * 10, "x" * 5000, "0123%0A", "'--")


async def test_a_supplier_that_is_not_there_is_not_found_whatever_is_changed(
    fbs: Fbs, neighbours_fbs: Fbs
) -> None:
    theirs = await neighbours_fbs.supplier()

    for supplier_id in (*NO_IDS, theirs.id):
        assert await changing(fbs, supplier_id, name="Άλλος") == NOT_FOUND, supplier_id
        assert await changing(fbs, supplier_id) == NOT_FOUND, supplier_id
    assert await listed(neighbours_fbs) == [asdict(theirs)]


ODD_VALUES = (b"[]", b"{}", b"true", b"1", b"1.5", b'"\\u0000"', b'"\x7f"', b'"' + b"x" * 201 + b'"')
NO_VALUES = (b"null", b'""', b'" "', b'"\\n\\t"')


@pytest.mark.parametrize("field", ["code", "name"])
async def test_code_and_name_are_texts_that_say_something(fbs: Fbs, field: str) -> None:
    supplier, odd = await fbs.supplier(), (*ODD_VALUES, *NO_VALUES)

    for raw in odd:
        body = msgspec.json.encode(a_body() | {field: msgspec.Raw(raw)})
        posted = await fbs.client.post(SUPPLIERS, content=body)
        patched = await fbs.client.patch(f"{SUPPLIERS}/{supplier.id}", content=body)
        assert (at_fault(posted), at_fault(patched)) == ((422, field), (422, field)), raw
    lacking = {name: value for name, value in a_body().items() if name != field}
    assert at_fault(await fbs.ask(SUPPLIERS, lacking)) == (422, field)
    assert await listed(fbs) == [asdict(supplier)]


@pytest.mark.parametrize("field", OPTIONAL)
async def test_what_a_supplier_need_not_have_is_a_text_of_some_length(fbs: Fbs, field: str) -> None:
    supplier = await fbs.supplier()

    for raw in ODD_VALUES:
        body = msgspec.json.encode(a_body(code="X") | {field: msgspec.Raw(raw)})
        posted = await fbs.client.post(SUPPLIERS, content=body)
        patched = await fbs.client.patch(f"{SUPPLIERS}/{supplier.id}", content=body)
        assert (at_fault(posted), at_fault(patched)) == ((422, field), (422, field)), raw
    assert await listed(fbs) == [asdict(supplier)]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"{", (400, "invalid_format")),
        (b"\xff", (400, "invalid_format")),
        (b"[]", (422, "body")),
        (b"null", (422, "body")),
        (b"[" * 50_000, (422, "body")),
        (b'{"code":"' + b"x" * 1024**2 + b'"}', (413, "too_large")),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(fbs: Fbs, body: bytes, fault: tuple[int, str]) -> None:
    supplier = await fbs.supplier()

    assert at_fault(await fbs.client.post(SUPPLIERS, content=body)) == fault
    assert at_fault(await fbs.client.patch(f"{SUPPLIERS}/{supplier.id}", content=body)) == fault
    assert await listed(fbs) == [asdict(supplier)]
