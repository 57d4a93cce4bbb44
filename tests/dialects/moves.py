"""What may happen to an order: a call through one of the dialects or of the operator's, or time that passes."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from msgspec import Struct

from stoa.orders.order import Order
from tests.dialects.stall import Stall
from tests.operator import calls

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

NOTHING_TO_ANSWER = httpx.Response(204)
NOT_FOUND = httpx.Response(404)


class Move(Struct, frozen=True):
    """Something that happens to an order, by its name; ``make`` answers what the caller is answered."""

    name: str
    make: Callable[[Stall, Order], Awaitable[httpx.Response]]

    def __repr__(self) -> str:
        return self.name


def time(passing: timedelta = timedelta()) -> Move:
    """The clock goes on, and the worker does what is due by then."""

    async def make(stall: Stall, order: Order) -> httpx.Response:
        await stall.market.wait(order, passing)
        return NOTHING_TO_ANSWER

    return Move(f"{passing} pass", make)


def skroutz(call: str, body: object = None) -> Move:
    return Move(f"Skroutz: {call} {body or ''}", lambda stall, order: stall.market.ask(order, call, body))


def skroutz_accepts(*, parcels: int = 1, window: int = 0) -> Move:
    """With the first location and one of the windows that are offered."""

    async def make(stall: Stall, order: Order) -> httpx.Response:
        offered = (await stall.market.show(order)).get("accept_options", NOT_OFFERED)
        body = {
            "pickup_location": offered["pickup_location"][0]["id"],
            "pickup_window": offered["pickup_window"][window]["id"],
            "number_of_parcels": parcels,
        }
        return await stall.market.ask(order, "accept", body)

    return Move(f"Skroutz: accept {parcels} parcels in window {window}", make)


NOT_OFFERED = {"pickup_location": [{"id": "YlpD0KROym"}], "pickup_window": [{"id": n} for n in range(1, 10)]}
"""What a merchant may still try where nothing is offered any more."""


def skroutz_rejects(reason: int, available: int | None = None) -> Move:
    """The first line for the reason of this number."""

    async def make(stall: Stall, order: Order) -> httpx.Response:
        line = {"id": order.lines[0].id, "reason_id": reason, "available_quantity": available}
        return await stall.market.ask(order, "reject", {"line_items": [line]})

    return Move(f"Skroutz: reject for reason {reason}, {available} available", make)


def skroutz_reviews(option: str, **more: str) -> Move:
    """The merchant answers to a return."""

    async def make(stall: Stall, returned: Order) -> httpx.Response:
        return await stall.market.client.post(
            stall.address(returned, "review"), json={"option": option, **more}
        )

    return Move(f"Skroutz: review {option} {more or ''}", make)


def skroutz_tracks(*codes: str, courier: str = "acs") -> Move:
    return skroutz(
        "tracking_details",
        {"tracking_details": [{"courier": courier, "tracking_code": code} for code in codes]},
    )


def skroutz_uploads() -> Move:
    async def make(stall: Stall, order: Order) -> httpx.Response:
        files = {"invoice_file": ("invoice.pdf", PDF, "application/pdf")}
        return await stall.market.client.post(stall.market.address(order, "invoices"), files=files)

    return Move("Skroutz: upload an invoice", make)


def skroutz_downloads_the_voucher() -> Move:
    """By the link that the order shows, if it does."""

    async def make(stall: Stall, order: Order) -> httpx.Response:
        url = (await stall.market.show(order))["courier_voucher"]
        return await stall.market.client.get(urlsplit(url).path) if url else NOT_FOUND

    return Move("Skroutz: download the voucher", make)


def merchantpro(handler: str) -> Move:
    return Move(f"MerchantPro: {handler}", lambda stall, order: stall.office.process(order.id, handler))


def merchantpro_deletes() -> Move:
    return Move(
        "MerchantPro: delete", lambda stall, order: stall.office.client.delete(f"/api/v2/orders/{order.id}")
    )


def merchantpro_changes(**fields: object) -> Move:
    async def make(stall: Stall, order: Order) -> httpx.Response:
        return await stall.office.client.patch(f"/api/v2/orders/{order.id}", json=fields)

    return Move(f"MerchantPro: change {fields}", make)


def shopflix_accepts() -> Move:
    return Move("Shopflix: accept", lambda stall, order: stall.counter.accept(order))


def shopflix_rejects(**body: str) -> Move:
    return Move(f"Shopflix: reject {body}", lambda stall, order: stall.counter.reject(order, body))


def shopflix_ships(**body: object) -> Move:
    return Move(f"Shopflix: ship {body}", lambda stall, order: stall.counter.create_voucher(order, **body))


def shopflix_cancels_the_voucher() -> Move:
    return Move("Shopflix: cancel the voucher", lambda stall, order: stall.counter.cancel_voucher(order))


def shopflix_prints() -> Move:
    return Move("Shopflix: print the voucher", lambda stall, order: stall.counter.print_labels(order))


def shopflix_uploads() -> Move:
    return Move(
        "Shopflix: upload an invoice", lambda stall, order: stall.counter.upload(order, "invoice.pdf", PDF)
    )


def shopflix_deletes_an_invoice() -> Move:
    """The newest that the order shows, or one that there is not."""

    async def make(stall: Stall, order: Order) -> httpx.Response:
        files = (await stall.counter.show(order))["invoices"]
        number = files[-1]["id"] if files else 1
        return await stall.counter.client.delete(stall.counter.address(order, f"invoices/{number}"))

    return Move("Shopflix: delete an invoice", make)


def operator(action: str, **body: object) -> Move:
    async def make(stall: Stall, order: Order) -> httpx.Response:
        return await stall.operator.post(calls.address(stall.shop, "orders", order.id, action), json=body)

    return Move(f"operator: {action} {body or ''}", make)


def operator_on_return(action: str, **body: object) -> Move:
    async def make(stall: Stall, returned: Order) -> httpx.Response:
        return await stall.operator.post(calls.address(stall.shop, "returns", returned.id, action), json=body)

    return Move(f"operator, of a return: {action} {body or ''}", make)


def operator_extends(by: timedelta) -> Move:
    async def make(stall: Stall, order: Order) -> httpx.Response:
        body = {"expires_at": (order.expires_at + by).isoformat()}
        return await stall.operator.post(calls.address(stall.shop, "orders", order.id, "extend"), json=body)

    return Move(f"operator: extend by {by}", make)


def operator_reschedules(ahead: timedelta) -> Move:
    """The courier comes this far from now on, within two hours."""

    async def make(stall: Stall, order: Order) -> httpx.Response:
        opens = stall.market.now + ahead
        body = {"from": opens.isoformat(), "to": (opens + timedelta(hours=2)).isoformat()}
        return await stall.operator.post(
            calls.address(stall.shop, "orders", order.id, "reschedule"), json=body
        )

    return Move(f"operator: reschedule to {ahead} ahead", make)


def of_return(move: Move) -> Move:
    """The same happens to the newest return of the order, if there is one."""

    async def make(stall: Stall, order: Order) -> httpx.Response:
        if not order.returns:
            return NOT_FOUND
        return await move.make(stall, await stall.order(order.returns[-1].id))

    return Move(f"of the newest return, {move}", make)


class Placing(Struct, frozen=True):
    """How an order comes to be, by its name; ``make`` answers its number."""

    name: str
    make: Callable[[Stall], Awaitable[int]]

    def __repr__(self) -> str:
        return self.name


def from_the_checkout(**what_matters: Any) -> Placing:
    """A marketplace's customer orders."""

    async def make(stall: Stall) -> int:
        placed = await calls.placing(stall.operator, stall.shop, **what_matters)
        return int(placed["id"])

    return Placing(f"from the checkout: {what_matters}", make)


def from_the_shop(**what_matters: Any) -> Placing:
    """The shop adds an order through MerchantPro."""

    async def make(stall: Stall) -> int:
        return int((await stall.office.add(**what_matters))["id"])

    return Placing(f"from the shop: {what_matters}", make)
