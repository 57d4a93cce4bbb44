"""Remarks and tags on an order."""

import httpx
import pytest

from stoa.orders.commands import Modify
from stoa.orders.order import Actor, Note, Order
from stoa.store.notes import Remark
from tests.desk.parcels import Packing
from tests.desk.people import text_of


async def remarks_on(packing: Packing, order: Order) -> list[Remark]:
    return await packing.market.stoa.service.notes.of_order(order.shop_id, order.id, 100)


async def test_a_remark_stands_in_the_timeline_with_who_made_it(packing: Packing) -> None:
    order = await packing.market.order()

    await packing.done(order, "remark", remark="Πήρε τηλέφωνο.\nΘα λείπει την Τρίτη.")

    page = await packing.reads(order)
    assert "Πήρε τηλέφωνο. Θα λείπει την Τρίτη." in page
    assert "· Άννα" in page


async def test_a_remark_is_no_event_of_the_order(packing: Packing) -> None:
    order = await packing.market.order()
    await packing.done(order, "remark", remark="Προσοχή")

    assert await packing.untouched(order)


@pytest.mark.parametrize(
    ("text", "says"),
    [(" ", "Write something first."), ("α" * 2001, "A remark has at most 2,000 characters.")],
)
async def test_a_remark_of_no_length_or_of_too_much_is_refused(
    packing: Packing, text: str, says: str
) -> None:
    order = await packing.market.order()

    answer = await packing.send(order, "remark", remark=text)

    assert (answer.status_code, says in answer.text) == (422, True)
    assert text.strip() in answer.text
    assert await remarks_on(packing, order) == []


async def test_a_remark_of_2000_characters_is_kept_whole(packing: Packing) -> None:
    order = await packing.market.order()

    await packing.done(order, "remark", remark="α" * 2000)

    assert len((await remarks_on(packing, order))[0].text) == 2000


async def test_an_author_and_the_owner_delete_a_remark_and_nobody_else(
    packing: Packing, packer: httpx.AsyncClient
) -> None:
    order, others = await packing.market.order(), Packing(packing.market, packer)
    await packing.done(order, "remark", remark="Της Άννας")
    await others.done(order, "remark", remark="Του Πέτρου")
    his, hers = await remarks_on(packing, order)

    assert (await others.page(order)).text.count("/delete-remark") == 1
    assert (await others.send(order, "delete-remark", note=hers.id)).status_code == 404
    await others.done(order, "delete-remark", note=his.id)
    await packing.done(order, "delete-remark", note=hers.id)

    assert await remarks_on(packing, order) == []


async def test_a_remark_is_deleted_only_on_its_own_order(packing: Packing) -> None:
    order, other = await packing.market.order(), await packing.market.order()
    await packing.done(order, "remark", remark="Προσοχή")
    (remark,) = await remarks_on(packing, order)

    assert (await packing.send(other, "delete-remark", note=remark.id)).status_code == 404
    assert len(await remarks_on(packing, order)) == 1


async def test_remarks_go_with_their_order(packing: Packing) -> None:
    order = await packing.market.order()
    await packing.done(order, "remark", remark="Προσοχή")
    await packing.market.stoa.service.engine.delete(
        stored=await packing.stored(order), shop=packing.market.shop, by=Actor.MARKETPLACE
    )

    assert await remarks_on(packing, order) == []


async def test_tags_are_added_suggested_and_taken_off(packing: Packing) -> None:
    order, other = await packing.market.order(), await packing.market.order()

    order = await packing.done(order, "tag", tag="εύθραυστο")
    assert [tag.name for tag in order.tags] == ["εύθραυστο"]
    assert '<option value="εύθραυστο">' in (await packing.page(other)).text
    assert '<option value="εύθραυστο">' not in (await packing.page(order)).text
    assert (await packing.done(order, "untag", number=order.tags[0].id)).tags == ()


async def test_a_tag_that_the_order_has_is_not_added_twice(packing: Packing) -> None:
    order = await packing.market.order()
    await packing.done(order, "tag", tag="δώρο")

    assert len((await packing.done(order, "tag", tag=" δώρο ")).tags) == 1


async def test_a_tag_added_from_an_old_page_does_not_take_off_another(packing: Packing) -> None:
    order = await packing.market.order()
    await packing.done(order, "tag", tag="δώρο")

    order = await packing.done(order, "tag", tag="εύθραυστο", version=1)

    assert [tag.name for tag in order.tags] == ["δώρο", "εύθραυστο"]


@pytest.mark.parametrize("tag", ["", "α" * 101, "δύο\nγραμμές"])
async def test_what_is_no_tag_is_refused_beside_the_field(packing: Packing, tag: str) -> None:
    order = await packing.market.order()

    answer = await packing.send(order, "tag", tag=tag)

    assert (answer.status_code, 'id="tag-said"' in answer.text) == (422, True)
    assert (await packing.now(order)).tags == ()


async def test_the_notes_of_the_shops_program_are_shown_as_text(packing: Packing) -> None:
    order = await packing.market.order()
    noted = Modify(changes={"notes": (Note(number=1, text="<b>Πακέτο</b> στην αποθήκη"),), "last_note": 1})
    await packing.market.happen(order, noted, by=Actor.MERCHANT)

    page = await packing.page(order)

    assert "<b>Πακέτο</b> στην αποθήκη" in text_of(page)
    assert "<b>Πακέτο" not in page.text
