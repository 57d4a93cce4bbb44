"""What every dialect promises, and what the service makes of several."""

from base64 import b64encode
from pathlib import Path

import httpx
import pypdfium2
import pytest
from msgspec.structs import replace

from stoa import app as application
from stoa.app import Stoa, open_stoa
from stoa.clock import MovableClock
from stoa.dialects import (
    Context,
    Dialect,
    DialectUnusable,
    channel_codes,
    dialect_names,
    load_dialects,
)
from stoa.documents.links import Links
from stoa.orders import commands
from stoa.orders.order import Actor
from stoa.settings import read_settings
from stoa.store.shops import SHOP_PREFIX, Token
from stoa.web.openapi import openapi_document
from tests.builders import a_placement, a_return, a_shop, an_order, placed
from tests.conftest import (
    ACCEPT,
    SECRET_KEY,
    SERVER,
    browsing,
    complete,
    let_timers_work,
    opening_a_shop,
    stored,
)
from tests.ledger import PACKAGE, Ledger, install, with_ledger
from tests.operator.calls import address

TOKEN = Token(SHOP_PREFIX, 17, "a_b-c")

CONTEXT = Context(Links(SERVER, SECRET_KEY), read_settings({}))

OWN = ["merchantpro", "shopflix", "skroutz"]


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that Python finds packages in."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_the_dialects_of_other_packages_come_after_those_of_stoa(somewhere: Path) -> None:
    install(somewhere, "abacus = tests.ledger:ledger")

    assert [dialect.name for dialect in load_dialects(CONTEXT)] == [*OWN, "abacus"]
    assert dialect_names() == [*OWN, "abacus"]


UNUSABLE = {
    "abacus = nowhere:dialect": "ModuleNotFoundError: No module named 'nowhere'",
    "abacus = tests.ledger:nothing": "AttributeError: module 'tests.ledger' has no attribute 'nothing'",
    "abacus = tests.ledger:ADDRESS": "TypeError: 'str' object is not callable",
    "abacus = tests.ledger:failing": "ValueError: so much to say",
    "abacus = tests.ledger:outdated": "it has no return_endpoint, render, say",
    "counter = tests.ledger:ledger": "it calls itself 'abacus'",
    "skroutz = tests.ledger:ledger": "another dialect has its name",
}


@pytest.mark.parametrize(("entry_point", "why"), UNUSABLE.items())
def test_a_dialect_that_cannot_be_used_is_one_sentence_that_names_its_package(
    somewhere: Path, entry_point: str, why: str
) -> None:
    install(somewhere, entry_point)
    name, _, value = entry_point.partition(" = ")

    with pytest.raises(DialectUnusable) as refused:
        load_dialects(CONTEXT)

    assert str(refused.value) == (
        f"The dialect {name} ({value}) of the package {PACKAGE} cannot be used ({why}): "
        f"install a version of {PACKAGE} that fits this Stoa, or remove it with `pip uninstall {PACKAGE}`."
    )
    assert name in dialect_names()


def test_in_every_dialect_the_parts_of_the_credentials_are_the_token(stoa: Stoa) -> None:
    shown = {dialect.name: dialect.credentials(TOKEN) for dialect in with_ledger(stoa).dialects}

    assert shown["skroutz"] == {"token": "st_17_a_b-c"}
    assert shown["abacus"] == {"key": "st_17", "secret": "a_b-c"}
    assert {"_".join(credentials.values()) for credentials in shown.values()} == {str(TOKEN)}


SALE, REQUESTED = an_order(), a_return()
WRITTEN_DOWN = replace(REQUESTED, return_request=None)

KNOWN = {
    "skroutz": [SALE, REQUESTED],
    "merchantpro": [SALE, REQUESTED, WRITTEN_DOWN],
    "shopflix": [SALE, WRITTEN_DOWN],
    "abacus": [SALE, REQUESTED, WRITTEN_DOWN],
}
"""Which orders each API has: a sale, a return that a customer asked for, goods of which the shop wrote down that they came
back."""


def test_every_dialect_shows_the_orders_that_its_api_has(stoa: Stoa) -> None:
    shown = {
        dialect.name: [
            order
            for order in (SALE, REQUESTED, WRITTEN_DOWN)
            if dialect.shown(order, a_shop(), stoa.service) is not None
        ]
        for dialect in with_ledger(stoa).dialects
    }

    assert shown == KNOWN


ADDRESSES = {
    "skroutz": "/merchants/ecommerce/orders/{code}",
    "merchantpro": "/api/v2/orders/{code}",
    "shopflix": "/v2/orders/{code}",
}


@pytest.mark.parametrize("name", ADDRESSES)
async def test_what_a_dialect_shows_is_what_its_api_answers(stoa: Stoa, name: str) -> None:
    (dialect,) = (one for one in stoa.dialects if one.name == name)
    async with opening_a_shop(stoa) as merchant:
        shop, number = merchant.shop, await stoa.service.orders.next_number()
        order = placed(await stoa.service.engine.place(a_placement(), shop=shop, number=number))
        token = await stoa.service.shops.issue(shop.id, name, stoa.service.clock())
        async with browsing(stoa, **authorization(token, name)) as client:
            answer = await client.get(ADDRESSES[name].format(code=dialect.code(order, shop)))

    assert answer.status_code == 200, answer.text
    assert dialect.shown(order, shop, stoa.service) == answer.content


def authorization(token: Token, name: str) -> dict[str, str]:
    if name == "skroutz":
        return {"Authorization": f"Bearer {token}", "Accept": ACCEPT}
    return {"Authorization": "Basic " + b64encode(f"{token.key}:{token.secret}".encode()).decode()}


def test_every_endpoint_that_hears_of_orders_or_returns_has_its_headers(stoa: Stoa) -> None:
    kinds = {
        kind: dialect.endpoint_headers.get(kind)
        for dialect in stoa.dialects
        for kind in (dialect.order_endpoint, dialect.return_endpoint)
        if kind
    }

    assert kinds.keys() == {"skroutz_orders", "skroutz_returns"}
    assert kinds["skroutz_orders"] == kinds["skroutz_returns"] != {}
    assert None not in kinds.values()


def test_the_shops_webhook_is_the_first_dialects_that_has_one(stoa: Stoa) -> None:
    assert stoa.dialects[0].order_endpoint is None
    assert with_ledger(stoa, "abacus_orders").webhook_kind == "skroutz_orders"
    assert replace(stoa, dialects=[Ledger(), Ledger("abacus_orders")]).webhook_kind == "abacus_orders"


def test_an_orders_code_is_that_of_the_channel_it_came_from(stoa: Stoa) -> None:
    code, shop = channel_codes([Ledger(), *stoa.dialects]), a_shop()
    codes = [code(an_order(channel=channel), shop) for channel in ("skroutz", "abacus", "own_shop")]

    assert codes == ["260303-1000001", "L1000001", "1000001"]


def speaking_ledger_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(context: Context) -> list[Dialect]:
        return [*load_dialects(context), Ledger()]

    monkeypatch.setattr(application, "load_dialects", load)


@pytest.mark.parametrize(("channel", "printed"), [("skroutz", "260303-1000001"), ("own_shop", "1000001")])
async def test_a_voucher_has_the_code_of_the_orders_channel(
    database_url: str, clock: MovableClock, monkeypatch: pytest.MonkeyPatch, channel: str, printed: str
) -> None:
    speaking_ledger_too(monkeypatch)
    async with open_stoa(complete(database_url), clock) as stoa, opening_a_shop(stoa) as merchant:
        engine, number = stoa.service.engine, await stoa.service.orders.next_number()
        order = placed(await engine.place(a_placement(channel=channel), shop=merchant.shop, number=number))
        on = await stored(stoa, order)
        await engine.carry_out(commands.Accept(), on=on, shop=merchant.shop, by=Actor.MERCHANT)
        await let_timers_work(stoa, merchant.shop)
        voucher = (await stored(stoa, order)).order.voucher
        assert voucher is not None
        file = await stoa.service.blobs.get(voucher.blob)

    words = pypdfium2.PdfDocument(file)[0].get_textpage().get_text_range().split()
    assert printed in words


async def test_credentials_are_issued_in_the_words_of_their_dialect(stoa: Stoa) -> None:
    token = await stoa.service.shops.issue_to_operator(stoa.service.clock())
    calling = browsing(with_ledger(stoa), Authorization=f"Bearer {token}")
    async with opening_a_shop(stoa) as merchant, calling as operator:
        answer = await operator.post(address(merchant.shop, "credentials"), json={"dialect": "abacus"})

    issued = answer.json()
    assert answer.status_code == 201
    assert issued == {"dialect": "abacus", "key": f"st_{merchant.shop.id}", "secret": issued["secret"]}
    token = Token(SHOP_PREFIX, merchant.shop.id, issued["secret"])
    assert (await stoa.service.shops.caller(token, "abacus")).shop == merchant.shop


async def test_a_dialect_decides_the_status_of_its_faults(stoa: Stoa) -> None:
    async with opening_a_shop(stoa) as merchant:
        token = await stoa.service.shops.issue(merchant.shop.id, "abacus", stoa.service.clock())
        async with browsing(with_ledger(stoa)) as client:
            auth = httpx.BasicAuth(token.key, token.secret)
            answer = await client.get("/ledger/0", auth=auth)
            unknown = await client.get("/ledger/5", auth=auth)

    assert (answer.status_code, answer.json()) == (400, {"wrong": "Must be more than 0."})
    assert unknown.status_code == 404


def test_the_document_tells_which_calls_are_opened_by_a_key(stoa: Stoa) -> None:
    document = openapi_document(application.endpoints(with_ledger(stoa), server=SERVER), server=SERVER)

    assert document["paths"]["/ledger/{order_id}"]["get"]["security"] == [{"basic": []}]
    assert document["paths"]["/operator/v1/shops"]["get"]["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"].keys() == {"bearer", "basic"}
