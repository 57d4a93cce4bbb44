"""The demo's shops: one for the newcomer, one that is always busy."""

from collections.abc import Mapping
from ipaddress import ip_network
from itertools import product
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stoa.app import Stoa
from stoa.data_folder import write_whole
from stoa.desk.accounts import Accounts, Named
from stoa.desk.entry import BASE
from stoa.desk.passwords import Passwords
from stoa.orders.shop import Company, PickupLocation, Shop
from stoa.settings import Settings
from stoa.store.people import Role
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
    """A demo shop. In the file its credentials stand beside its name, each under its dialect's."""

    id: int
    name: str
    webhook_url: str = ""
    credentials: dict[str, dict[str, str]] = {}

    @classmethod
    def read(cls, on_file: dict[str, Any]) -> Self:
        """Raises msgspec.ValidationError."""
        its_own = {name: on_file[name] for name in on_file.keys() & {"id", "name", "webhook_url"}}
        others = {name: value for name, value in on_file.items() if name not in its_own}
        return msgspec.convert({**its_own, "credentials": others}, cls)

    def written(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, **self.credentials, "webhook_url": self.webhook_url}


class PersonOnFile(Struct):
    """Somebody who can sign in to the desk; ``shop`` is the number of theirs, none for an operator."""

    email: str
    password: str
    role: Role
    shop: int | None = None


class DeskOnFile(Struct):
    """Where the desk is, and who can sign in to it."""

    url: str = ""
    people: list[PersonOnFile] = []


class DemoFile(Struct):
    """``demo.json``: the demo's address and credentials."""

    url: str
    operator: TokenOnFile
    shops: list[ShopOnFile]
    desk: DeskOnFile

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Raises msgspec.DecodeError."""
        on_file = msgspec.json.decode(text, type=_OnFile)
        shops = [ShopOnFile.read(shop) for shop in on_file.shops]
        return cls(on_file.url, on_file.operator, shops, on_file.desk)

    def written(self) -> bytes:
        on_file = _OnFile(self.url, self.operator, [shop.written() for shop in self.shops], self.desk)
        return msgspec.json.format(msgspec.json.encode(on_file)) + b"\n"


class _OnFile(Struct):
    url: str
    operator: TokenOnFile
    shops: list[dict[str, Any]]
    # Demos that were begun before there was a desk have none.
    desk: DeskOnFile = msgspec.field(default_factory=DeskOnFile)


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
        # Nobody's: the numbers do not check.
        company=Company(
            name="Το Δικό Σου Μαγαζί Μονοπρόσωπη Ι.Κ.Ε.",
            vat_number="EL123456789",
            registration_number="123456701000",
            address="Ερμού 12",
            zip="10563",
            city="Αθήνα",
            region="Αττική",
            email="logistirio@example.com",
            bank_name="Τράπεζα του Παραδείγματος",
            bank_account="GR1600000000000000000000000",
        ),
        invoice_series="TIM",
    ),
    Shop(
        id=0,
        name="Το μαγαζί που δουλεύει μόνο του",
        phone="2100000002",
        locations=(_location(3, "Κορίνθου", "101", "26221", "Πάτρα", "Αχαΐας"),),
    ),
)


async def open_demo(stoa: Stoa, folder: Path, url: str) -> DemoFile:
    """Make sure that the demo shops exist, hear of their orders and returns at ``url``, have people at the desk, and are
    written in demo.json.

    Credentials that still work are kept, so that a script outlives a restart of the demo; those that no longer do, and
    those of a dialect that is new, are issued anew.
    """
    demo = await _kept(stoa, folder / FILE) or await _new_demo(stoa)
    demo.url = url
    demo.desk.url = f"{url}{BASE}"
    for shop in demo.shops:
        shop.webhook_url = f"{url}/demo/hooks/{shop.id}"
        await _listen(stoa, shop)
    await _issue_what_is_missing(stoa, demo)
    demo.desk.people = await _people(stoa, demo)
    write_whole(folder / FILE, demo.written().decode())
    return demo


def _read(file: Path) -> DemoFile | None:
    try:
        return DemoFile.read(file.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


async def _kept(stoa: Stoa, file: Path) -> DemoFile | None:
    """The demo on file, without the credentials that no longer work; None where there is none in this database."""
    demo = _read(file)
    if demo is None or not await _has_all_shops(stoa, demo):
        return None
    if not await _lets_operator_in(stoa, demo.operator.token):
        demo.operator.token = ""
    for shop in demo.shops:
        shop.credentials = {
            dialect: credentials
            for dialect, credentials in shop.credentials.items()
            if await _lets_shop_in(stoa, dialect, credentials)
        }
    # Shops by these numbers may be anybody's: what still works proves that they are the demo's.
    return demo if demo.operator.token or any(shop.credentials for shop in demo.shops) else None


async def _has_all_shops(stoa: Stoa, demo: DemoFile) -> bool:
    found = [await stoa.service.shops.read(shop.id) for shop in demo.shops]
    return len(found) == len(SHOPS) and None not in found


async def _lets_operator_in(stoa: Stoa, token: str) -> bool:
    try:
        await stoa.service.shops.operator(read_token(token, OPERATOR_PREFIX))
    except Stranger:
        return False
    return True


async def _lets_shop_in(stoa: Stoa, dialect: str, credentials: Mapping[str, str]) -> bool:
    try:
        # Whole or in parts, they are a token.
        await stoa.service.shops.caller(read_token("_".join(credentials.values()), SHOP_PREFIX), dialect)
    except Stranger:
        return False
    return True


async def _new_demo(stoa: Stoa) -> DemoFile:
    """The demo's shops, which nothing opens yet."""
    shops, now = stoa.service.shops, stoa.service.clock()
    added = [await shops.add(terms, now) for terms in SHOPS]
    return DemoFile("", TokenOnFile(""), [ShopOnFile(shop.id, shop.name) for shop in added], DeskOnFile())


async def _listen(stoa: Stoa, shop: ShopOnFile) -> None:
    service = stoa.service
    for kind in _kinds(stoa):
        key = service.vault.seal(new_signing_key(), shop.id, kind)
        await service.shops.set_endpoint(
            shop.id, kind, url=shop.webhook_url, signing_key=key, now=service.clock()
        )


def _kinds(stoa: Stoa) -> list[str]:
    """The endpoint that hears of orders and the one that hears of returns, each of the first dialect that has one."""
    returns = next((dialect.return_endpoint for dialect in stoa.dialects if dialect.return_endpoint), "")
    return [kind for kind in (stoa.webhook_kind, returns) if kind]


async def _issue_what_is_missing(stoa: Stoa, demo: DemoFile) -> None:
    shops, now = stoa.service.shops, stoa.service.clock()
    if not demo.operator.token:
        demo.operator.token = str(await shops.issue_to_operator(now))
    for shop, dialect in product(demo.shops, stoa.dialects):
        if dialect.name not in shop.credentials:
            token = await shops.issue(shop.id, dialect.name, now)
            shop.credentials[dialect.name] = dict(dialect.credentials(token))


_NAMES = {Role.OWNER: "Άννα Ιδιοκτήτρια", Role.PACKER: "Πέτρος Συσκευαστής", Role.OPERATOR: "Marketplace"}


async def _people(stoa: Stoa, demo: DemoFile) -> list[PersonOnFile]:
    """An owner and a packer of each shop, and an operator, with passwords that work."""
    on_file = {person.email: person for person in demo.desk.people}
    of_shops = product((shop.id for shop in demo.shops), (Role.OWNER, Role.PACKER))
    wanted = [
        *((f"{role}@shop{shop_id}.example", role, shop_id) for shop_id, role in of_shops),
        ("operator@marketplace.example", Role.OPERATOR, None),
    ]
    return [await _person(stoa, email, role, shop_id, on_file.get(email)) for email, role, shop_id in wanted]


async def _person(
    stoa: Stoa, email: str, role: Role, shop_id: int | None, before: PersonOnFile | None
) -> PersonOnFile:
    """Somebody with the password on file while it works, else with a new one, as whatever they are by now."""
    service = stoa.service
    accounts = Accounts(service.people, Passwords())
    known = await service.people.by_email(email)
    if known is None:
        who = Named(email, _NAMES[role])
        person, password = await accounts.add(who, shop_id=shop_id, role=role, now=service.clock())
    elif before and await accounts.opens(email, before.password):
        person, password = known[0], before.password
    else:
        person = known[0]
        password = await accounts.renew_password(person.shop_id, person.person_id) or ""
    return PersonOnFile(email, password, person.role, person.shop_id)
