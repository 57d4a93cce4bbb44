"""Shops, and the credentials that open them. A caller and what it asks for are found in one round trip."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.store.database import Pool
from stoa.store.orders import Stored, decode_order
from stoa.store.strangers import Blocked, Visit

# Who calls with a shop's credential, and the order it asks for: no row is a stranger, no body an unknown order.
# Where the address it calls from is given, so is the block that is on it.
READ_CALLER = """
SELECT credential.secret_hash, shop.body AS shop, orders.version, orders.body,
       (SELECT blocked_until FROM strangers WHERE address = $4 AND blocked_until > $5) AS blocked_until
FROM credentials AS credential
JOIN shops AS shop ON shop.shop_id = credential.shop_id
LEFT JOIN orders ON orders.shop_id = credential.shop_id AND orders.id = $3
WHERE credential.shop_id = $1 AND credential.dialect = $2"""

# Who calls to place an order, and the number that the order gets.
READ_PLACER = """
SELECT credential.secret_hash, shop.body AS shop, nextval('order_numbers') AS number,
       (SELECT blocked_until FROM strangers WHERE address = $3 AND blocked_until > $4) AS blocked_until
FROM credentials AS credential
JOIN shops AS shop ON shop.shop_id = credential.shop_id
WHERE credential.shop_id = $1 AND credential.dialect = $2"""

# The same for the operator, who names the shop.
READ_OPERATOR = """
SELECT token.secret_hash, shop.body AS shop, orders.version, orders.body
FROM operator_tokens AS token
LEFT JOIN shops AS shop ON shop.shop_id = $2
LEFT JOIN orders ON orders.shop_id = $2 AND orders.id = $3
WHERE token.token_id = $1"""

# The operator's call to place an order: the shop, the next order number, and what the same key made before.
READ_PLACING = """
SELECT token.secret_hash, shop.body AS shop, nextval('order_numbers') AS number,
       earlier.request_hash, earlier.body
FROM operator_tokens AS token
LEFT JOIN shops AS shop ON shop.shop_id = $2
LEFT JOIN orders AS earlier ON earlier.shop_id = $2 AND earlier.idempotency_key = $3
WHERE token.token_id = $1"""

# A new token takes the place of the old one, which is expired by that.
SET_CREDENTIAL = """
INSERT INTO credentials (shop_id, dialect, secret_hash, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (shop_id, dialect) DO UPDATE SET secret_hash = $3, created_at = $4"""

# Of two who issue the first credentials at once, one does.
ADD_CREDENTIAL = """
INSERT INTO credentials (shop_id, dialect, secret_hash, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (shop_id, dialect) DO NOTHING RETURNING shop_id"""

# Of two who replace the same credentials, one does: the other does not know of the new ones.
REPLACE_CREDENTIAL = """
UPDATE credentials SET secret_hash = $3, created_at = $4
WHERE shop_id = $1 AND dialect = $2 AND created_at = $5 RETURNING shop_id"""

ADD_OPERATOR_TOKEN = """
INSERT INTO operator_tokens (secret_hash, created_at) VALUES ($1, $2) RETURNING token_id"""  # noqa: S105 - a statement

# The operator's tokens first, then every shop's; without the hashes, which nobody needs to see.
LIST_TOKENS = """
SELECT 'operator' AS dialect, NULL::bigint AS shop_id, token_id AS number, created_at FROM operator_tokens
UNION ALL
SELECT dialect, shop_id, NULL, created_at FROM credentials
ORDER BY shop_id NULLS FIRST, dialect, number"""

CREDENTIALS_OF_SHOP = "SELECT dialect, created_at FROM credentials WHERE shop_id = $1 ORDER BY dialect"

REVOKE = "DELETE FROM credentials WHERE shop_id = $1 AND dialect = $2 RETURNING shop_id"

REVOKE_OF_OPERATOR = "DELETE FROM operator_tokens WHERE token_id = $1 RETURNING token_id"

NEXT_SHOP_NUMBER = "SELECT nextval('shop_numbers')"

ADD_SHOP = "INSERT INTO shops (shop_id, name, body, created_at) VALUES ($1, $2, $3, $4)"

READ_SHOP = "SELECT body FROM shops WHERE shop_id = $1"

# A shop with where it is told, and which dialects it has credentials for.
LIST_SHOPS = """
SELECT shop.body,
    (SELECT url FROM webhook_endpoints AS known WHERE known.shop_id = shop.shop_id AND known.kind = $1) AS url,
    ARRAY(SELECT dialect FROM credentials WHERE credentials.shop_id = shop.shop_id ORDER BY dialect) AS dialects
FROM shops AS shop
WHERE shop.shop_id > $2 ORDER BY shop.shop_id LIMIT $3"""

# Two operators may change different terms of a shop at once: the row is held from reading to writing.
LOCK_SHOP = "SELECT body FROM shops WHERE shop_id = $1 FOR NO KEY UPDATE"

CHANGE_SHOP = "UPDATE shops SET name = $2, body = $3 WHERE shop_id = $1"

# A shop has one address for a kind of message; its signing key stays when only the address changes.
SET_ENDPOINT = """
INSERT INTO webhook_endpoints (shop_id, kind, url, signing_key, created_at, enabled) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (shop_id, kind) DO UPDATE SET url = $3, enabled = $6
RETURNING signing_key"""

SWITCH_ENDPOINT = "UPDATE webhook_endpoints SET enabled = $3 WHERE shop_id = $1 AND kind = $2 RETURNING url"

# The address stays, and what is still to be sent is signed with the new key.
RENEW_KEY = "UPDATE webhook_endpoints SET signing_key = $3 WHERE shop_id = $1 AND kind = $2 RETURNING kind"

REMOVE_ENDPOINT = "DELETE FROM webhook_endpoints WHERE shop_id = $1 AND kind = $2"

READ_ENDPOINT = "SELECT url, signing_key FROM webhook_endpoints WHERE shop_id = $1 AND kind = $2"

ENDPOINTS_OF_SHOP = "SELECT kind, url, enabled FROM webhook_endpoints WHERE shop_id = $1"

LIST_ENDPOINTS = (
    "SELECT shop_id, kind, url FROM webhook_endpoints WHERE enabled ORDER BY shop_id, kind LIMIT $1"
)


class Stranger(Exception):
    """The caller has no credential, a wrong one, or one that has expired."""


class Caller(Struct, frozen=True):
    """A shop that has proved who it is, and the order it asked for, if it has one by that number."""

    shop: Shop
    found: Stored | None


class OperatorCall(Struct, frozen=True):
    """The operator's call on a shop, if there is one by that number, and an order of it."""

    shop: Shop | None
    found: Stored | None


class Earlier(Struct, frozen=True):
    """The order that a request with the same idempotency key has made."""

    order: Order
    request_hash: bytes


class PlacingCall(Struct, frozen=True):
    """The operator's call to place an order, with the number that the order gets if there is none yet."""

    shop: Shop | None
    number: int
    earlier: Earlier | None


class ListedShop(Struct, frozen=True):
    shop: Shop
    webhook_url: str | None
    dialects: Sequence[str]


class WebhookEndpoint(Struct, frozen=True):
    """Where a shop is told of one kind of message, if it is switched on."""

    kind: str
    url: str
    enabled: bool


class IssuedToken(Struct, frozen=True):
    """A token that opens something: a shop's for a dialect, or one of the operator's by its number."""

    dialect: str
    shop_id: int | None
    number: int | None
    created_at: datetime


class Token(Struct, frozen=True):
    """A credential: readable prefix and number, then the secret. Only the secret's hash is kept."""

    prefix: str
    number: int
    secret: str

    @property
    def key(self) -> str:
        """The part that is no secret, "st_17"."""
        return f"{self.prefix}_{self.number}"

    def __str__(self) -> str:
        return f"{self.key}_{self.secret}"


SHOP_PREFIX = "st"
OPERATOR_PREFIX = "op"


def read_token(text: str, prefix: str) -> Token:
    """Take a token apart. Raises Stranger."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != prefix or not _is_number(parts[1]) or not parts[2].isascii():  # noqa: PLR2004
        raise Stranger
    return Token(prefix, int(parts[1]), parts[2])


def read_key(key: str, secret: str, prefix: str) -> Token:
    """Make a token of its two parts, "st_17" and the secret. Raises Stranger."""
    token = read_token(f"{key}_{secret}", prefix)
    if not secret or token.key != key:
        raise Stranger
    return token


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18  # noqa: PLR2004 - a bigint has room for these


def hash_secret(secret: str) -> bytes:
    """Random secrets need no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).digest()


@lru_cache(maxsize=512)
def decode_shop(body: bytes) -> Shop:
    return msgspec.json.decode(body, type=Shop)


_encode = msgspec.json.encode


class Shops:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def caller(
        self, token: Token, dialect: str, order_id: int | None = None, visit: Visit | None = None
    ) -> Caller:
        """Who calls, and the order asked for. Raises Stranger and, where the visit is given, Blocked."""
        address, at = (visit.address, visit.at) if visit else (None, None)
        row = await self._pool.fetchrow(READ_CALLER, token.number, dialect, order_id, address, at)
        _check(row, token)
        _check_block(row)
        return Caller(decode_shop(row["shop"]), _found(row))

    async def placer(self, token: Token, dialect: str, visit: Visit) -> tuple[Shop, int]:
        """Who calls to place an order, and the order's number. Raises Stranger or Blocked."""
        row = await self._pool.fetchrow(READ_PLACER, token.number, dialect, visit.address, visit.at)
        _check(row, token)
        _check_block(row)
        return decode_shop(row["shop"]), row["number"]

    async def operator(
        self, token: Token, shop_id: int | None = None, order_id: int | None = None
    ) -> OperatorCall:
        """The operator's call. Raises Stranger."""
        row = await self._pool.fetchrow(READ_OPERATOR, token.number, shop_id, order_id)
        _check(row, token)
        return OperatorCall(decode_shop(row["shop"]) if row["shop"] else None, _found(row))

    async def placing(self, token: Token, shop_id: int, key: str | None) -> PlacingCall:
        """The operator's call to place an order in a shop. Raises Stranger."""
        row = await self._pool.fetchrow(READ_PLACING, token.number, shop_id, key)
        _check(row, token)
        earlier = Earlier(decode_order(row["body"]), row["request_hash"]) if row["body"] else None
        return PlacingCall(decode_shop(row["shop"]) if row["shop"] else None, row["number"], earlier)

    async def issue(self, shop_id: int, dialect: str, now: datetime) -> Token:
        """A new token for the shop; the one before it is void at once."""
        token = Token(SHOP_PREFIX, shop_id, secrets.token_urlsafe(32))
        await self._pool.execute(SET_CREDENTIAL, shop_id, dialect, hash_secret(token.secret), now)
        return token

    async def issue_first(self, shop_id: int, dialect: str, now: datetime) -> Token | None:
        """A token for the shop that has none; None where it has one, which stays good."""
        token = Token(SHOP_PREFIX, shop_id, secrets.token_urlsafe(32))
        added = await self._pool.fetchval(ADD_CREDENTIAL, shop_id, dialect, hash_secret(token.secret), now)
        return None if added is None else token

    async def issue_over(self, shop_id: int, dialect: str, since: datetime, now: datetime) -> Token | None:
        """A token in place of the one that was issued at ``since``; None where another is in force, which stays good."""
        token = Token(SHOP_PREFIX, shop_id, secrets.token_urlsafe(32))
        replaced = await self._pool.fetchval(
            REPLACE_CREDENTIAL, shop_id, dialect, hash_secret(token.secret), now, since
        )
        return None if replaced is None else token

    async def issue_to_operator(self, now: datetime) -> Token:
        secret = secrets.token_urlsafe(32)
        number = await self._pool.fetchval(ADD_OPERATOR_TOKEN, hash_secret(secret), now)
        return Token(OPERATOR_PREFIX, number, secret)

    async def tokens(self) -> list[IssuedToken]:
        """Every token that is in force, the operator's first; their dialect is "operator"."""
        return [IssuedToken(**row) for row in await self._pool.fetch(LIST_TOKENS)]

    async def credentials_of(self, shop_id: int) -> dict[str, datetime]:
        """Since when the shop has its credentials, by dialect."""
        rows = await self._pool.fetch(CREDENTIALS_OF_SHOP, shop_id)
        return {row["dialect"]: row["created_at"] for row in rows}

    async def revoke(self, shop_id: int, dialect: str) -> bool:
        """Make the shop's token for a dialect void at once; False where it has none."""
        return await self._pool.fetchval(REVOKE, shop_id, dialect) is not None

    async def revoke_of_operator(self, number: int) -> bool:
        """Make one of the operator's tokens void at once; False where there is none by that number."""
        return await self._pool.fetchval(REVOKE_OF_OPERATOR, number) is not None

    async def add(self, shop: Shop, now: datetime) -> Shop:
        """Save a new shop; the answer has its number."""
        numbered = replace(shop, id=await self._pool.fetchval(NEXT_SHOP_NUMBER))
        await self._pool.execute(ADD_SHOP, numbered.id, numbered.name, _encode(numbered), now)
        return numbered

    async def read(self, shop_id: int) -> Shop | None:
        body = await self._pool.fetchval(READ_SHOP, shop_id)
        return decode_shop(body) if body else None

    async def change(self, shop_id: int, **terms: object) -> Shop | None:
        """Change some of a shop's terms; None where there is no such shop."""
        return await self.revise(shop_id, lambda shop: replace(shop, **terms))

    async def revise(self, shop_id: int, revised: Callable[[Shop], Shop]) -> Shop | None:
        """Change a shop by how it is now, which nobody else changes meanwhile; None where there is no such shop."""
        async with self._pool.acquire() as connection, connection.transaction():
            body = await connection.fetchval(LOCK_SHOP, shop_id)
            if body is None:
                return None
            shop = revised(decode_shop(body))
            await connection.execute(CHANGE_SHOP, shop_id, shop.name, _encode(shop))
            return shop

    async def page(self, *, after: int, limit: int, kind: str) -> list[ListedShop]:
        """At most ``limit`` shops with numbers above ``after``, and their address for a kind of message."""
        rows = await self._pool.fetch(LIST_SHOPS, kind, after, limit)
        return [ListedShop(decode_shop(row["body"]), row["url"], row["dialects"]) for row in rows]

    async def set_endpoint(
        self, shop_id: int, kind: str, *, url: str, signing_key: bytes, now: datetime, enabled: bool = True
    ) -> bytes:
        """Where to tell the shop; the answer is the sealed key in force, an older one where there was one."""
        return bytes(await self._pool.fetchval(SET_ENDPOINT, shop_id, kind, url, signing_key, now, enabled))

    async def switch_endpoint(self, shop_id: int, kind: str, *, enabled: bool) -> str | None:
        """Switch the endpoint on or off, its address and its key stay; answers with the address, None where there is
        no such endpoint."""
        url: str | None = await self._pool.fetchval(SWITCH_ENDPOINT, shop_id, kind, enabled)
        return url

    async def renew_key(self, shop_id: int, kind: str, signing_key: bytes) -> bool:
        """Sign with another key from now on, sealed as it is kept; False where there is no such endpoint."""
        return await self._pool.fetchval(RENEW_KEY, shop_id, kind, signing_key) is not None

    async def remove_endpoint(self, shop_id: int, kind: str) -> None:
        await self._pool.execute(REMOVE_ENDPOINT, shop_id, kind)

    async def endpoint(self, shop_id: int, kind: str) -> tuple[str, bytes] | None:
        """The address and the sealed signing key."""
        row = await self._pool.fetchrow(READ_ENDPOINT, shop_id, kind)
        return (row["url"], row["signing_key"]) if row else None

    async def endpoints_of(self, shop_id: int) -> list[WebhookEndpoint]:
        """All of the shop's endpoints, those that are switched off too."""
        return [WebhookEndpoint(**row) for row in await self._pool.fetch(ENDPOINTS_OF_SHOP, shop_id)]

    async def endpoints(self, limit: int) -> list[tuple[int, str, str]]:
        """Shop, kind and address of every endpoint that is switched on, for a check of all."""
        rows = await self._pool.fetch(LIST_ENDPOINTS, limit)
        return [(row["shop_id"], row["kind"], row["url"]) for row in rows]


def _check(row: asyncpg.Record | None, token: Token) -> None:
    # A hash is compared where there is no row too, so that the time tells nobody which shops exist.
    known = row["secret_hash"] if row else bytes(32)
    if not hmac.compare_digest(known, hash_secret(token.secret)):
        raise Stranger


def _check_block(row: asyncpg.Record) -> None:
    if row["blocked_until"] is not None:
        raise Blocked(row["blocked_until"])


def _found(row: asyncpg.Record) -> Stored | None:
    body: bytes | None = row["body"]
    return Stored(decode_order(body), row["version"]) if body else None
