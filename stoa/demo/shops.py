"""The demo's shops: one for the newcomer, one that is always busy."""

from ipaddress import ip_network
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stoa.app import WEBHOOK_KIND, Stoa
from stoa.data_folder import write_whole
from stoa.orders.shop import PickupLocation, Shop
from stoa.settings import Settings
from stoa.store.shops import OPERATOR_PREFIX, SHOP_PREFIX, Stranger, read_token
from stoa.webhooks.signing import new_signing_key

FILE = "demo.json"

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def is_demo(folder: Path) -> bool:
    """Whether a demo was begun in this data folder."""
    return (folder / FILE).exists()


def with_loopback(settings: Settings) -> Settings:
    """The settings of a demo: its receiver is on this machine."""
    return replace(settings, webhook_allow=(*settings.webhook_allow, *LOOPBACK))


class TokenOnFile(Struct):
    token: str


class ShopOnFile(Struct):
    id: int
    name: str
    skroutz: TokenOnFile
    webhook_url: str


class DemoFile(Struct):
    """``demo.json``: the demo's address and credentials."""

    url: str
    operator: TokenOnFile
    shops: list[ShopOnFile]


def _location(
    number: int, street: str, street_number: str, zip_code: str, city: str, region: str
) -> PickupLocation:
    return PickupLocation(
        id=f"dEmoPlace{number}",
        street_name=street,
        street_number=street_number,
        zip=zip_code,
        city=city,
        region=region,
    )


SHOPS = (
    Shop(
        id=0,
        name="Το δικό σου μαγαζί",
        phone="2100000001",
        locations=(
            _location(1, "Ερμού", "12", "10563", "Αθήνα", "Αττική"),
            _location(2, "Τσιμισκή", "40", "54623", "Θεσσαλονίκη", "Θεσσαλονίκης"),
        ),
    ),
    Shop(
        id=0,
        name="Το μαγαζί που δουλεύει μόνο του",
        phone="2100000002",
        locations=(_location(3, "Κορίνθου", "101", "26221", "Πάτρα", "Αχαΐας"),),
    ),
)


async def open_demo(stoa: Stoa, folder: Path, url: str) -> DemoFile:
    """Make sure that the demo shops exist, hear of their orders at ``url``, and are written in demo.json.

    Credentials that still work are kept, so that a script outlives a restart of the demo.
    """
    earlier = _read(folder / FILE)
    demo = earlier if earlier and await _still_works(stoa, earlier) else await _new_demo(stoa)
    demo.url = url
    for shop in demo.shops:
        shop.webhook_url = f"{url}/demo/hooks/{shop.id}"
        await _listen(stoa, shop)
    write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(demo)).decode() + "\n")
    return demo


def _read(file: Path) -> DemoFile | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=DemoFile)
    except (OSError, msgspec.DecodeError):
        return None


async def _still_works(stoa: Stoa, demo: DemoFile) -> bool:
    shops = stoa.service.shops
    try:
        await shops.operator(read_token(demo.operator.token, OPERATOR_PREFIX))
        for shop in demo.shops:
            await shops.caller(read_token(shop.skroutz.token, SHOP_PREFIX), "skroutz")
    except Stranger:
        return False
    return len(demo.shops) == len(SHOPS)


async def _new_demo(stoa: Stoa) -> DemoFile:
    shops, now = stoa.service.shops, stoa.service.clock()
    operator = await shops.issue_to_operator(now)
    on_file = []
    for terms in SHOPS:
        shop = await shops.add(terms, now)
        token = await shops.issue(shop.id, "skroutz", now)
        on_file.append(ShopOnFile(shop.id, shop.name, TokenOnFile(str(token)), ""))
    return DemoFile("", TokenOnFile(str(operator)), on_file)


async def _listen(stoa: Stoa, shop: ShopOnFile) -> None:
    key = stoa.service.vault.seal(new_signing_key(), shop.id, WEBHOOK_KIND)
    await stoa.service.shops.set_endpoint(
        shop.id, WEBHOOK_KIND, url=shop.webhook_url, signing_key=key, now=stoa.service.clock()
    )
