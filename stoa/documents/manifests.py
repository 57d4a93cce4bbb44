"""A carrier's manifest of the day: which parcels stand on it."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from stoa.documents.manifest import Manifest, ManifestEntry
from stoa.orders.order import Order
from stoa.orders.shop import Shop
from stoa.service import Service


async def manifest_of(service: Service, shop: Shop, carrier: str, carrier_name: str) -> Manifest:
    """What waits for the carrier, and what it has collected since the day began for the shop."""
    now = service.clock().astimezone(ZoneInfo(shop.zone))
    since = datetime.combine(now.date(), time(), now.tzinfo)
    orders = await service.orders.parcels_of(shop.id, carrier, since=since)
    return Manifest(
        shop=shop.name,
        pickup_location=_pickup_location(shop),
        carrier=carrier_name,
        day=now.date(),
        printed_at=now,
        parcels=tuple(_entry(order, service.channel_code(order, shop)) for order in orders),
    )


def _pickup_location(shop: Shop) -> str | None:
    if not shop.locations:
        return None
    location = shop.locations[0]
    return f"{location.street}, {location.zip} {location.city}"


def _entry(order: Order, code: str) -> ManifestEntry:
    return ManifestEntry(
        tracking_code=", ".join(tracking.code for tracking in order.trackings),
        order_code=code,
        recipient=" ".join(order.recipient).strip(),
        zip_city=f"{order.address.zip} {order.address.city}".strip(),
        parcels=order.acceptance.parcels if order.acceptance else 1,
        cash_on_delivery_cents=order.cash_on_delivery_cents,
        collected=order.dispatched_at is not None,
    )
