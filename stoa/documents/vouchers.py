"""From an accepted order to its voucher: what stands on it, where it is kept."""

import asyncio
from zoneinfo import ZoneInfo

from stoa.clock import Clock
from stoa.documents.blobs import Blobs
from stoa.documents.uploads import DocumentType
from stoa.documents.voucher import Party, Voucher, render_voucher, tracking_code
from stoa.orders import order as domain
from stoa.orders.carriers import CARRIERS, LAST_MILE
from stoa.orders.commands import AttachVoucher
from stoa.orders.order import Acceptance, Order, Tracking
from stoa.orders.shop import Shop

FIRST_SERIAL = 1


async def create_voucher(order: Order, shop: Shop, *, code: str, blobs: Blobs, clock: Clock) -> AttachVoucher:
    """Print and keep the voucher that an order waits for; the command makes it the order's.

    Doing it twice prints the same page to the same place. Raises BlobStoreUnavailable.
    """
    courier = order.courier or LAST_MILE
    tracking = Tracking(courier=courier, code=tracking_code(order.id, FIRST_SERIAL))
    page = await asyncio.to_thread(render_voucher, voucher_of(order, shop, tracking, code))
    blob = f"shops/{order.shop_id}/vouchers/{order.id}-{FIRST_SERIAL}.pdf"
    await blobs.put(blob, page, DocumentType.PDF.media_type)
    voucher = domain.Voucher(serial=FIRST_SERIAL, blob=blob, created_at=clock())
    return AttachVoucher(voucher=voucher, tracking=tracking)


def voucher_of(order: Order, shop: Shop, tracking: Tracking, code: str) -> Voucher:
    """What stands on the label, with times in the shop's zone."""
    acceptance, zone = order.acceptance, ZoneInfo(shop.zone)
    window = acceptance.window if acceptance else None
    return Voucher(
        courier=CARRIERS.get(tracking.courier, tracking.courier),
        tracking_code=tracking.code,
        order_code=code,
        created_at=(acceptance.at if acceptance else order.placed_at).astimezone(zone),
        sender=_sender(shop, acceptance),
        recipient=_recipient(order),
        parcels=acceptance.parcels if acceptance else 1,
        cash_on_delivery_cents=order.cash_on_delivery_cents,
        pickup_window=(window.opens.astimezone(zone), window.closes.astimezone(zone)) if window else None,
        collection_point=order.address.collection_point,
        express=order.express,
    )


def _sender(shop: Shop, acceptance: Acceptance | None) -> Party:
    location = acceptance.location if acceptance else None
    if location is None:
        return Party(shop.name, "", "", "", "", "GR", shop.phone)
    street = f"{location.street_name} {location.street_number}".strip()
    return Party(shop.name, street, location.zip, location.city, location.region, "GR", shop.phone)


def _recipient(order: Order) -> Party:
    customer, address = order.customer, order.address
    street = " ".join(part for part in (address.street_name, address.street_number, address.floor) if part)
    return Party(
        name=" ".join(order.recipient).strip(),
        street=street,
        zip=address.zip,
        city=address.city,
        region=address.region,
        country_code=address.country_code,
        phone=address.phone or customer.mobile or customer.phone,
        comments=address.comments or order.comments or None,
    )
