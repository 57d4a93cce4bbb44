"""The shipments API of Shopflix: vouchers, their labels, and the manifest that the courier signs."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from typing import TypedDict
from urllib.parse import quote

import structlog
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from stoa.dialects.shopflix import examples
from stoa.dialects.shopflix.faults import (
    OwnFault,
    cannot_print,
    no_voucher,
    sale_order_not_found,
    say,
    voucher_exists,
)
from stoa.dialects.shopflix.orders import NAME, find, is_order, still_there
from stoa.dialects.shopflix.requests import ShipmentBody, read_identifier, read_shipment
from stoa.dialects.shopflix.view import courier_comes_at, delivery_of, tracking_codes
from stoa.dialects.shopflix.words import CARRIER_NAMES
from stoa.documents.labels import LabelFormat
from stoa.documents.manifest import render_manifest
from stoa.documents.manifests import manifest_of
from stoa.documents.printing import label_file, note_collected
from stoa.documents.uploads import DocumentType
from stoa.documents.vouchers import Wanted
from stoa.orders.commands import CancelVoucher
from stoa.orders.order import Actor, Order
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.shop import Shop
from stoa.service import Service
from stoa.store.orders import Stored
from stoa.web.bodies import check_text
from stoa.web.faults import invalid
from stoa.web.openapi import described
from stoa.web.replies import reply, reply_bytes
from stoa.web.routing import Endpoint, delete, get, post
from stoa.web.visitors import enter_by_key

log = structlog.get_logger(__name__)

SHIPMENTS = "/v2/shipments"
SHIPMENT = f"{SHIPMENTS}/{{order_id:str}}"
TAG = "Shopflix shipments"

MOST_AT_ONCE = 20
"""Orders whose labels are printed by one call."""

FORMATS = ", ".join(LabelFormat)


NOT_KEPT = {"Cache-Control": "no-store"}
"""Labels and manifests say where people live: no cache keeps them."""


class VoucherView(TypedDict):
    carrierName: str | None
    deliveryKey: str | None
    deliveryName: str | None
    trackingNumber: str | None
    deliveryToCourierEstimationDate: str | None


class PrintedView(TypedDict):
    """A label, or why there is none: then all between ``orderId`` and ``error`` is null."""

    orderId: str
    carrierName: str | None
    deliveryName: str | None
    deliveryKey: str | None
    trackingNumber: str | None
    voucherContent: str | None
    voucherFormat: str | None
    deliveryToCourierEstimationDate: str | None
    error: dict[str, str] | None


class ToPrint(Struct, frozen=True):
    """An order that is to be printed, None for one that the shop does not have."""

    order_id: str
    stored: Stored | None


class ShipmentsApi:
    """What the routes have in common."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def find(self, request: Request, order_id: str) -> tuple[Shop, Stored]:
        """The shop that calls, and its order. Raises Fault."""
        return await find(self._service, request, order_id, sale_order_not_found())

    async def create(self, request: Request, order_id: str) -> Response:
        """Make the order's voucher. Raises Fault."""
        shop, stored = await self.find(request, order_id)
        body = await read_shipment(request)
        wanted = Wanted(body.number_of_packages, (body.package_comment or "").strip() or None)
        printing = self._service.press.print_voucher(stored, shop, by=Actor.MERCHANT, wanted=wanted)
        outcome = await still_there(printing, sale_order_not_found())
        if isinstance(outcome, Refused):
            raise voucher_exists() if stored.order.voucher else say(_in_its_state(outcome, stored.order))
        return reply({"voucher": _voucher(outcome)})

    async def cancel(self, request: Request, order_id: str) -> Response:
        """Make the order's voucher void. Raises Fault."""
        shop, stored = await self.find(request, order_id)
        engine = self._service.engine
        cancelling = engine.carry_out(CancelVoucher(), on=stored, shop=shop, by=Actor.MERCHANT)
        outcome = await still_there(cancelling, sale_order_not_found())
        if isinstance(outcome, Refused):
            raise say(outcome) if stored.order.voucher else no_voucher()
        return Response(status_code=204)

    async def print_one(self, request: Request, order_id: str) -> Response:
        """The label of one order. Raises Fault."""
        shop, stored = await self.find(request, order_id)
        form = _label_format(request)
        asked = ToPrint(order_id, stored)
        printed = await self._printed(asked, shop, form, handed_over=_handed_over(request))
        return reply({"shipments": [printed]}, headers=NOT_KEPT)

    async def print_several(self, request: Request, order_ids: Sequence[str]) -> Response:
        """The labels of several orders; one that has none does not keep the others from being printed. Raises Fault."""
        shop = (await enter_by_key(self._service, request, NAME)).shop
        form, handed_over = _label_format(request), _handed_over(request)
        asked = await self._find_all(order_ids, shop)
        tried = [self._tried(one, shop, form, handed_over=handed_over) for one in asked]
        return reply({"shipments": await asyncio.gather(*tried)}, headers=NOT_KEPT)

    async def _find_all(self, order_ids: Sequence[str], shop: Shop) -> list[ToPrint]:
        """Each of the orders once. Raises Fault."""
        if len(set(order_ids)) > MOST_AT_ONCE:
            raise invalid("orderId", f"At most {MOST_AT_ONCE} orders at once.")
        numbers = {order_id: read_identifier(order_id) for order_id in order_ids}
        found = await self._service.orders.read_some(shop.id, [n for n in numbers.values() if n is not None])
        known = {order_id: found.get(number or 0) for order_id, number in numbers.items()}
        return [
            ToPrint(order_id, stored if stored and is_order(stored.order, shop, order_id) else None)
            for order_id, stored in known.items()
        ]

    async def _tried(
        self, asked: ToPrint, shop: Shop, form: LabelFormat, *, handed_over: bool
    ) -> PrintedView:
        try:
            return await self._printed(asked, shop, form, handed_over=handed_over)
        except OwnFault as fault:
            return _not_printed(asked.order_id, fault)
        except Exception:
            log.exception("shipments.label_failed", shop_id=shop.id)
            return _not_printed(asked.order_id, cannot_print())

    async def _printed(
        self, asked: ToPrint, shop: Shop, form: LabelFormat, *, handed_over: bool
    ) -> PrintedView:
        if asked.stored is None:
            raise sale_order_not_found()
        order = asked.stored.order
        content = await label_file(self._service, order, shop, form)
        if content is None:
            raise no_voucher()
        if handed_over:
            await note_collected(self._service, asked.stored, shop)
        return _label_view(asked.order_id, order, content)

    async def manifest(self, request: Request) -> Response:
        """The paper for a carrier. Raises Fault."""
        shop = (await enter_by_key(self._service, request, NAME)).shop
        carrier = _carrier(request)
        manifest = await manifest_of(self._service, shop, carrier, CARRIER_NAMES[carrier])
        pdf = await asyncio.to_thread(render_manifest, manifest)
        name = quote(f"manifest-{carrier}-{manifest.day}.pdf")
        headers = {"Content-Disposition": f'attachment; filename="{name}"', **NOT_KEPT}
        return reply_bytes(pdf, media_type=DocumentType.PDF.media_type, headers=headers)


def _in_its_state(refused: Refused, order: Order) -> Refused:
    """What only others may do in this state is what the state does not allow the merchant."""
    others = refused.refusal is Refusal.NOT_YOURS_TO_DO
    return Refused(Refusal.WRONG_STATE, state=order.state) if others else refused


def _handed_over(request: Request) -> bool:
    """Whether the merchant gets the label: a look whether it is there (HEAD) is no printing."""
    return request.method == "GET"


def _label_format(request: Request) -> LabelFormat:
    """The format asked for, by its present name or by its older one. Raises Fault."""
    query = request.query_params
    text = query.get("labelFormat") or query.get("label-format") or LabelFormat.PDF.value
    try:
        return LabelFormat(check_text("labelFormat", text).lower())
    except ValueError as fault:
        raise invalid("labelFormat", f"Must be one of {FORMATS}.") from fault


def _carrier(request: Request) -> str:
    """The key of the carrier that is named, by its key or its name. Raises Fault."""
    text = check_text("carrier", request.query_params.get("carrier", "")).strip().casefold()
    for key, name in CARRIER_NAMES.items():
        if text in {key, name.casefold()}:
            return key
    raise invalid("carrier", f"Must be one of {', '.join(sorted(CARRIER_NAMES))}.")


def _comes_at(order: Order) -> str | None:
    """When the courier comes, in seconds since 1970, as text."""
    at = courier_comes_at(order)
    return str(int(at.timestamp())) if at else None


def _voucher(order: Order) -> VoucherView:
    delivery = delivery_of(order)
    return {
        "carrierName": delivery.carrier_name,
        "deliveryKey": delivery.key,
        "deliveryName": delivery.name,
        "trackingNumber": tracking_codes(order),
        "deliveryToCourierEstimationDate": _comes_at(order),
    }


def _label_view(order_id: str, order: Order, content: bytes) -> PrintedView:
    delivery = delivery_of(order)
    return {
        "orderId": order_id,
        "carrierName": delivery.carrier_name,
        "deliveryName": delivery.name,
        "deliveryKey": delivery.key,
        "trackingNumber": tracking_codes(order),
        "voucherContent": b64encode(content).decode(),
        "voucherFormat": "pdf",
        "deliveryToCourierEstimationDate": _comes_at(order),
        "error": None,
    }


def _not_printed(order_id: str, fault: OwnFault) -> PrintedView:
    return {
        "orderId": order_id,
        "carrierName": None,
        "deliveryName": None,
        "deliveryKey": None,
        "trackingNumber": None,
        "voucherContent": None,
        "voucherFormat": None,
        "deliveryToCourierEstimationDate": None,
        "error": {"errorCode": fault.code, "message": fault.message},
    }


def shipment_routes(service: Service) -> list[Endpoint]:
    """The handlers of the shipments API."""
    api = ShipmentsApi(service)

    @get(
        f"{SHIPMENTS}/manifest",
        said=described(
            "The carrier's list of parcels: those that wait for it, and those that it collected today (PDF)",
            tag=TAG,
            query={"carrier": "The carrier, by its key or its name: courier_center, Courier Center"},
            opened_by="basic",
        ),
    )
    async def manifest(request: Request) -> Response:
        return await api.manifest(request)

    @post(
        SHIPMENT,
        said=described(
            "Make the voucher of an accepted order",
            tag=TAG,
            body=ShipmentBody,
            example=examples.SHIPMENT,
            opened_by="basic",
        ),
    )
    async def create(request: Request, order_id: str) -> Response:
        return await api.create(request, order_id)

    @delete(SHIPMENT, said=described("Cancel the voucher", tag=TAG, status=204, opened_by="basic"))
    async def cancel(request: Request, order_id: str) -> Response:
        return await api.cancel(request, order_id)

    @get(
        f"{SHIPMENT}/print",
        said=described(
            f"The label of an order, or of up to {MOST_AT_ONCE} with a comma between each two",
            tag=TAG,
            query={"labelFormat": f"One of {FORMATS}"},
            opened_by="basic",
        ),
    )
    async def print_labels(request: Request, order_id: str) -> Response:
        if "," in order_id:
            return await api.print_several(request, order_id.split(","))
        return await api.print_one(request, order_id)

    return [manifest, create, cancel, print_labels]
