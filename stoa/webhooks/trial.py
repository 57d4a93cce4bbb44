"""A webhook that a shop asks for to see whether its endpoint works: sent at once, once, and kept nowhere."""

import secrets
from collections.abc import Mapping

from msgspec import Struct

from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Message
from stoa.webhooks.dispatcher import COMMON_HEADERS
from stoa.webhooks.sender import Outcome, Sender
from stoa.webhooks.signing import sign


class Trial(Struct, frozen=True):
    """What was sent, and what came of it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    outcome: Outcome


async def try_out(
    service: Service, shop: Shop, message: Message, own_headers: Mapping[str, str]
) -> Trial | None:
    """Send the message as a delivery of its kind would be sent; None where the shop has no address for it."""
    endpoint = await service.shops.endpoint(shop.id, message.endpoint)
    if endpoint is None:
        return None
    url, sealed = endpoint
    key = service.vault.unseal(sealed, shop.id, message.endpoint)
    message_id, at = f"msg_test_{secrets.token_hex(8)}", int(service.clock().timestamp())
    headers = {**COMMON_HEADERS, **own_headers, **sign(key, message_id, at, message.payload)}
    async with Sender(service.guard) as sender:
        return Trial(url, headers, message.payload, await sender.send(url, message.payload, headers))
