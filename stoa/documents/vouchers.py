"""From an accepted order to its voucher: what stands on it, where it is kept."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from stoa.clock import Clock
from stoa.documents.filing import Filing, NewFile
from stoa.documents.uploads import DocumentType
from stoa.documents.voucher import Party, Voucher, render_voucher, tracking_code
from stoa.orders import order as domain
from stoa.orders.carriers import CARRIERS, LAST_MILE
from stoa.orders.commands import AttachVoucher
from stoa.orders.decisions import MOST_VOUCHERS, decide
from stoa.orders.order import Acceptance, Actor, Order, Tracking
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.store.orders import Stored

ChannelCode = Callable[[Order, Shop], str]
"""What an order is called where it came from."""


class Wanted(Struct, frozen=True):
    """What is asked of a voucher: so many parcels, None for those that were agreed, and a comment for the courier."""

    parcels: int | None = None
    comment: str | None = None


AS_AGREED = Wanted()


class Press:
    """Prints vouchers and makes them the orders'."""

    def __init__(self, filing: Filing, clock: Clock, code: ChannelCode) -> None:
        self._filing = filing
        self._clock = clock
        self._code = code

    async def print_voucher(
        self, stored: Stored, shop: Shop, *, by: Actor, wanted: Wanted = AS_AGREED
    ) -> Order | Refused:
        """Print the order's next voucher and attach it, or say why it gets none.

        Raises Conflict or BlobStoreUnavailable.
        """
        order, now = stored.order, self._clock()
        draft = _draft(order, wanted, now)
        # Who is refused is refused before the page is made.
        refused = decide(order, draft, shop=shop, by=by, now=now)
        if isinstance(refused, Refused):
            return refused
        label = voucher_of(order, shop, draft, self._code(order, shop))
        page = await asyncio.to_thread(render_voucher, label)
        place = _place_of(order, draft.voucher, page, by)
        command = replace(draft, voucher=replace(draft.voucher, blob=place))
        new = NewFile(place, page, DocumentType.PDF)
        return await self._filing.file(new, command, on=stored, shop=shop, by=by)


def _draft(order: Order, wanted: Wanted, now: datetime) -> AttachVoucher:
    """The voucher before it is printed."""
    # Who has had too many vouchers is refused for that; a code with more digits cannot be made.
    serial = min(order.next_voucher, MOST_VOUCHERS)
    return AttachVoucher(
        voucher=domain.Voucher(serial=order.next_voucher, blob="", created_at=now, comment=wanted.comment),
        tracking=Tracking(courier=order.courier or LAST_MILE, code=tracking_code(order.id, serial)),
        parcels=wanted.parcels,
    )


def _place_of(order: Order, voucher: domain.Voucher, page: bytes, by: Actor) -> str:
    """The same page has the same place, so that printing it again after a crash leaves nothing behind; two who print
    different ones at once do not overwrite each other's.

    The worker's is never the merchant's: either may be refused while the other is not, and takes its own away.
    """
    content = blake2b(page, digest_size=8, person=by.encode()).hexdigest()
    return f"shops/{order.shop_id}/vouchers/{order.id}-{voucher.serial}-{content}.pdf"


def label_of(order: Order, shop: Shop, code: str) -> Voucher | None:
    """What stands on the label of an order that has one."""
    if order.voucher is None or not order.trackings:
        return None
    return voucher_of(order, shop, AttachVoucher(voucher=order.voucher, tracking=order.trackings[0]), code)


def voucher_of(order: Order, shop: Shop, command: AttachVoucher, code: str) -> Voucher:
    """What stands on the label, with times in the shop's zone."""
    acceptance, zone = order.acceptance, ZoneInfo(shop.zone)
    window, tracking = acceptance.window if acceptance else None, command.tracking
    agreed = acceptance.parcels if acceptance else 1
    return Voucher(
        courier=CARRIERS.get(tracking.courier, tracking.courier),
        tracking_code=tracking.code,
        order_code=code,
        created_at=(acceptance.at if acceptance else order.placed_at).astimezone(zone),
        sender=_sender(shop, acceptance),
        recipient=_recipient(order, command.voucher.comment),
        parcels=command.parcels or agreed,
        cash_on_delivery_cents=order.cash_on_delivery_cents,
        pickup_window=(window.opens.astimezone(zone), window.closes.astimezone(zone)) if window else None,
        collection_point=order.address.collection_point,
        express=order.express,
    )


def _sender(shop: Shop, acceptance: Acceptance | None) -> Party:
    location = acceptance.location if acceptance else None
    if location is None:
        return Party(shop.name, "", "", "", "", "GR", shop.phone)
    return Party(shop.name, location.street, location.zip, location.city, location.region, "GR", shop.phone)


def _recipient(order: Order, comment: str | None) -> Party:
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
        comments=comment or address.comments or order.comments or None,
    )
