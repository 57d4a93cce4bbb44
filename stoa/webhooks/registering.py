"""Where a shop is told of what: addresses that are checked before they are kept, and the keys that sign for them."""

from msgspec import Struct

from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.webhooks.guard import UrlRefused
from stoa.webhooks.signing import new_signing_key, shown


class Registered(Struct, frozen=True):
    """``secret`` is the signing key as shops keep it, ``is_new`` where it was made with the address; ``warning`` is a
    sentence for the shop where there is something to heed."""

    secret: str
    is_new: bool
    warning: str | None


async def register(
    service: Service, shop: Shop, kind: str, url: str, *, enabled: bool
) -> Registered | UrlRefused:
    """Tell a shop's messages of a kind to an address; the key of an address before it stays."""
    verdict = await service.guard.check_url(url, shop.domain)
    if isinstance(verdict, UrlRefused):
        return verdict
    fresh = service.vault.seal(new_signing_key(), shop.id, kind)
    sealed = await service.shops.set_endpoint(
        shop.id, kind, url=url, signing_key=fresh, now=service.clock(), enabled=enabled
    )
    secret = shown(service.vault.unseal(sealed, shop.id, kind))
    return Registered(secret, is_new=sealed == fresh, warning=verdict.warning)


async def renew_key(service: Service, shop: Shop, kind: str) -> str | None:
    """Another signing key, as shops keep it; None where there is no address to sign for."""
    key = new_signing_key()
    renewed = await service.shops.renew_key(shop.id, kind, service.vault.seal(key, shop.id, kind))
    return shown(key) if renewed else None
