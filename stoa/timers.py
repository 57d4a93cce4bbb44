"""What happens to orders by itself: deadlines pass, express orders are accepted, vouchers are printed."""

import asyncio
import contextlib
from datetime import timedelta

import structlog

from stoa.engine import Conflict
from stoa.orders.order import Actor
from stoa.orders.shop import Shop
from stoa.orders.timers import due_command
from stoa.service import Service
from stoa.store.orders import Stored

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
"""How long an order is kept from other processes; after a crash, or a failure, it is looked at again then."""

BATCH = 16
"""Orders of a shop that are taken at once."""

MOST_SHOPS = 1000
"""Shops that are looked at in one round."""


class Timers:
    """Looks at the orders whose time has come, each shop for itself. ``poll`` is in seconds."""

    def __init__(self, service: Service, *, poll: float = 1.0) -> None:
        self._service = service
        self._poll = poll
        self._at_work: dict[int, asyncio.Task[None]] = {}
        self._woken: set[int] = set()
        self._stopping = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; then finish the order in hand and give the others back."""
        self._stopping = stop
        while not stop.is_set():
            for shop_id in await self._due_shops():
                self.wake(shop_id)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._poll)
        self._woken.clear()
        await self.settle()

    async def settle(self) -> None:
        """Wait until the orders in hand are done."""
        while self._at_work:
            await asyncio.wait(self._at_work.values())

    async def _due_shops(self) -> list[int]:
        try:
            return await self._service.orders.shops_with_due_timers(self._service.clock(), MOST_SHOPS)
        except Exception:
            # The database may be restarting: what is due now is due in a second, too.
            log.exception("timers.look_failed")
            return []

    def wake(self, shop_id: int) -> None:
        """Look at a shop's orders now, or again once the present look is over."""
        if shop_id in self._at_work:
            self._woken.add(shop_id)
            return
        task = asyncio.create_task(self._work(shop_id))
        self._at_work[shop_id] = task
        task.add_done_callback(lambda _: self._rest(shop_id))

    def _rest(self, shop_id: int) -> None:
        del self._at_work[shop_id]
        if shop_id in self._woken:
            self._woken.discard(shop_id)
            self.wake(shop_id)

    async def _work(self, shop_id: int) -> None:
        try:
            while not self._stopping.is_set() and await self._one_batch(shop_id):
                pass
        except Exception:
            log.exception("timers.failed", shop_id=shop_id)

    async def _one_batch(self, shop_id: int) -> bool:
        """Look at some of a shop's due orders; False where none was left."""
        service = self._service
        now = service.clock()
        claimed = await service.orders.claim_timers(shop_id, now=now, until=now + LEASE, limit=BATCH)
        if not claimed:
            return False
        shop = await service.shops.read(shop_id)
        for stored in claimed:
            if self._stopping.is_set():
                await service.orders.reset_timer(stored)
            elif shop is not None:
                await self._look(stored, shop)
        return True

    async def _look(self, stored: Stored, shop: Shop) -> None:
        """Do what is due. An order that fails is looked at again when its lease ends: others do not wait for it."""
        try:
            if stored.order.voucher_is_due:
                await self._service.press.print_voucher(stored, shop, by=Actor.MARKETPLACE)
            elif due := due_command(stored.order, self._service.clock()):
                command, by = due
                await self._service.engine.carry_out(command, on=stored, shop=shop, by=by)
            else:
                # Somebody was faster, or the clock was moved: the order waits for its own time again.
                await self._service.orders.reset_timer(stored)
        except Conflict:
            log.info("timers.conflict", shop_id=shop.id, order_id=stored.order.id)
        except Exception:
            log.exception("timers.order_failed", shop_id=shop.id, order_id=stored.order.id)
