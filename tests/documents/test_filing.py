"""Files and the orders that name them: neither without the other."""

import pytest

from stoa.app import Stoa
from stoa.documents.blobs import BlobMissing
from stoa.documents.uploads import DocumentType
from stoa.engine import Conflict, Engine
from stoa.orders.order import Order, State
from stoa.orders.shop import Shop
from tests.builders import NOON, a_shop
from tests.conftest import stored
from tests.operator.calls import in_state

PDF = b"%PDF-1.4 a receipt %%EOF"


@pytest.fixture
async def shop(stoa: Stoa) -> Shop:
    return await stoa.service.shops.add(a_shop(), NOON)


@pytest.fixture
async def order(stoa: Stoa, shop: Shop) -> Order:
    return await in_state(stoa, shop, State.ACCEPTED)


async def upload(stoa: Stoa, shop: Shop, order: Order) -> object:
    on = await stored(stoa, order)
    files = stoa.service.invoice_files
    return await files.attach("receipt.pdf", PDF, DocumentType.PDF, on=on, shop=shop, replacing=False)


async def test_a_file_stays_where_only_the_answer_to_the_save_was_lost(
    stoa: Stoa, shop: Shop, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out = Engine.carry_out

    async def losing(*arguments: object, **more: object) -> None:
        await carry_out(*arguments, **more)  # type: ignore[arg-type]
        raise ConnectionError

    monkeypatch.setattr(Engine, "carry_out", losing)
    with pytest.raises(ConnectionError):
        await upload(stoa, shop, order)

    (file,) = (await stored(stoa, order)).order.invoice_files
    assert await stoa.service.blobs.get(file.blob) == PDF


async def test_a_file_goes_where_the_order_never_got_it(
    stoa: Stoa, shop: Shop, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    put = stoa.service.blobs.put

    async def noting(key: str, data: bytes, content_type: str) -> None:
        kept.append(key)
        await put(key, data, content_type)

    async def failing(*_arguments: object, **_more: object) -> None:
        raise Conflict

    monkeypatch.setattr(stoa.service.blobs, "put", noting)
    monkeypatch.setattr(Engine, "carry_out", failing)
    with pytest.raises(Conflict):
        await upload(stoa, shop, order)

    (key,) = kept
    with pytest.raises(BlobMissing):
        await stoa.service.blobs.get(key)
    assert (await stored(stoa, order)).order.invoice_files == ()
