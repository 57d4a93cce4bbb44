"""The past of the newcomer's demo shop: some hundred orders of two months, at every step, to list and page through.

Some were sent from the marketplace's warehouse, and of some the customers want to return goods. All is made by the engine
itself, moment by moment, with nobody to tell: no webhook is sent for the past.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stoa.app import Stoa
from stoa.clock import MovableClock
from stoa.demo.shops import SHOPS
from stoa.demo.stock import stock_up
from stoa.demo.turns import (
    ACCEPT_BY_ITSELF,
    AFTER_APPROVAL,
    AFTER_DISPATCH,
    APPROVE,
    BEFORE_DISPATCH,
    EXPIRE,
    FAILED_AND_RETURNED,
    ISSUE_INVOICE,
    SEND_MISSING_PART,
    SETTLE,
    WITHOUT_ACCEPTANCE,
    WITHOUT_APPROVAL,
    Turn,
    cancelling,
    declining,
    limiting,
    paid,
    rejecting_first_line,
    requesting,
    saying,
    tracking,
)
from stoa.engine import Engine
from stoa.operator.requests import OrderBody
from stoa.orders import commands as asked
from stoa.orders.commands import Placement
from stoa.orders.order import (
    Actor,
    Billing,
    Fees,
    Fulfilment,
    Line,
    Note,
    Order,
    Origin,
    PaymentMethod,
    PaymentStatus,
    RejectionReason,
    ReturnReason,
    ReturnState,
    Tag,
    Tracking,
    VariantOption,
)
from stoa.orders.progress import Step
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.simulator.catalogue import STORED
from stoa.simulator.lives import CHANGES_OF_MIND, OTHER_REASONS
from stoa.simulator.orders import believable_order, choose, happens
from stoa.simulator.reasons import Complaint, believable_complaint
from stoa.store.database import Connection
from stoa.store.invoices import Invoices
from stoa.store.orders import Orders, Stored
from stoa.store.warehouse import Warehouse

T = TypeVar("T")

SEED = 1821

STEPS = {
    Step.OPEN: 12,
    Step.ACCEPTED: 9,
    Step.LABELLED: 3,
    Step.IN_WORK: 6,
    Step.IN_WORK_LABELLED: 2,
    Step.READY: 4,
    Step.READY_LABELLED: 1,
    Step.DISPATCHED: 16,
    Step.AT_PICKUP_POINT: 7,
    Step.DELIVERY_FAILED: 5,
    Step.DELIVERED: 34,
    Step.PARTIALLY_DELIVERED: 2,
    Step.COMPLETED: 84,
    Step.PARTIALLY_COMPLETED: 4,
    Step.PARTIALLY_RETURNED: 4,
    Step.RETURNED: 12,
    Step.REJECTED: 11,
    Step.CANCELLED: 12,
    Step.EXPIRED: 5,
}
"""How many orders came so far. Those that are labelled have asked for a voucher, which the worker prints."""

SPLIT = (Step.DELIVERED, Step.DELIVERED, Step.DISPATCHED, Step.ACCEPTED)
"""How far orders came that took the place of one with limited pieces."""

FROM_WAREHOUSE = {
    Step.ACCEPTED: 1,
    Step.DISPATCHED: 2,
    Step.DELIVERED: 2,
    Step.PARTIALLY_DELIVERED: 1,
    Step.COMPLETED: 4,
    Step.RETURNED: 1,
}
"""How many orders came so far that the marketplace's warehouse served."""

RETURNS = {
    ReturnState.PENDING_REVIEW: 4,
    ReturnState.RETURNING: 3,
    ReturnState.PENDING_PHYSICAL_REVIEW: 2,
    ReturnState.RETURNED: 6,
    ReturnState.REJECTED: 4,
    ReturnState.EXPIRED: 2,
    ReturnState.CANCELLED: 2,
}
"""How many returns came so far that customers asked for."""

NEVER_IN_THE_BOX = Complaint(reason=ReturnReason.MISSING_PART, comment="Δεν είχε μέσα τις βίδες.")
"""What the shop made good by sending the part."""

AWAITED = (PaymentMethod.BANK_TRANSFER, PaymentMethod.IRIS)
"""How orders are to be paid that came just now, and whose money has not."""

UNPAID = (*[PaymentStatus.FAILED] * 4, *[PaymentStatus.REJECTED] * 2)
"""What became of the payments of orders that were cancelled for it."""

UNTOUCHED_FOR: Mapping[Step, tuple[float, float]] = {
    **dict.fromkeys((Step.DISPATCHED, Step.AT_PICKUP_POINT, Step.DELIVERY_FAILED), (2, 40)),
    Step.OPEN: (0.2, 18),
    Step.ACCEPTED: (0.2, 5),
    Step.LABELLED: (0.2, 2),
    Step.IN_WORK: (0.2, 5),
    Step.IN_WORK_LABELLED: (0.2, 2),
    Step.READY: (0.2, 5),
    Step.READY_LABELLED: (0.2, 2),
    **dict.fromkeys((Step.DELIVERED, Step.PARTIALLY_DELIVERED), (6, 24 * 13)),
    **dict.fromkeys((Step.COMPLETED, Step.PARTIALLY_COMPLETED), (6, 24 * 36)),
}
"""Since when nothing has happened to an order, from and to so many hours ago."""

LONG_AGO = (6, 24 * 50)
"""The same for orders that are over."""

RETURN_UNTOUCHED_FOR: Mapping[ReturnState, tuple[float, float]] = {
    # Whoever opens the demo is to have some time to answer.
    ReturnState.PENDING_REVIEW: (1, 30),
    ReturnState.RETURNING: (2, 40),
    ReturnState.PENDING_PHYSICAL_REVIEW: (2, 30),
    ReturnState.RETURNED: (6, 24 * 40),
}
"""The same for returns."""

NOT_LONG_AGO = (6, 60)
"""The same for returns that came to nothing: their orders may still be returned."""

LABELLED = frozenset({Step.LABELLED, Step.IN_WORK_LABELLED, Step.READY_LABELLED})
BY_MARKETPLACE = LABELLED | {Step.READY}
"""Only the marketplace's courier waits for a label, and to hear that a parcel is ready."""

IN_PART = frozenset({Step.PARTIALLY_DELIVERED, Step.PARTIALLY_COMPLETED, Step.PARTIALLY_RETURNED})

OWN_CHANNEL = "shop"
CHANNELS = {"marketplace": 50, "own_courier": 18, "own_shop": 32}
OWN_PAYMENTS = {
    PaymentMethod.CARD: 45,
    PaymentMethod.CASH_ON_DELIVERY: 25,
    PaymentMethod.BANK_TRANSFER: 20,
    PaymentMethod.IRIS: 10,
}
"""How often each is chosen, relative to the others."""

PROVIDERS = (None, "paypal", "nestpay")
COURIERS = ("acs", "elta", "speedex", "geniki_taxydromiki", "courier_center", "box_now")
COUPONS = ("KALOKAIRI10", "EFXARISTO5", "PRWTI15")
NOTES = (
    "Ζήτησε παράδοση μετά τις 17:00, ενημερώθηκε ο μεταφορέας.",
    "Να μπει μέσα και ο νέος κατάλογος.",
    "Επιβεβαιώθηκε τηλεφωνικά το χρώμα.",
    "Προσοχή στη συσκευασία: την προηγούμενη φορά έφτασε χτυπημένο.",
)
VIP, GIFT, BY_PHONE = "VIP", "Δώρο", "Τηλεφωνικά"
OFTEN = 3
"""Orders that make a customer a VIP."""

REASONS = (
    RejectionReason.NO_STOCK,
    RejectionReason.WRONG_PRICE,
    RejectionReason.DISCONTINUATION,
    RejectionReason.CONTENT_MISTAKE,
)
"""Why orders were rejected."""

NOT_PAID = "Η πληρωμή δεν ολοκληρώθηκε"

AN_HOUR = timedelta(hours=1)

STORED_UIDS = frozenset(product.uid for product in STORED)


class Life(Struct, frozen=True, kw_only=True):
    """An order with what becomes of it, and when: first it is placed. What is asked once a customer wants to return
    goods of it is asked of the return."""

    placement: Placement
    turns: Sequence[Turn]
    moments: Sequence[datetime]


async def write_history(stoa: Stoa, shop_id: int) -> None:
    """Give the newcomer's shop its past, unless it has one; all of it, or nothing where this process is ended."""
    service, terms = stoa.service, SHOPS[0]
    # Invoices outlive whatever is deleted: where one has been issued, the past was written.
    if await service.invoices.page(shop_id, terms.invoice_series, after=0, limit=1):
        return
    # A shop that is older than this history has neither yet.
    shop = await service.shops.change(shop_id, company=terms.company, invoice_series=terms.invoice_series)
    if shop is None:
        return
    tags = {tag.name: tag for tag in await service.orders.number_tags(shop_id, (VIP, GIFT, BY_PHONE))}
    lives = lives_until(service.clock(), shop, tags)
    async with service.pool.acquire() as connection, connection.transaction():
        await _Past(stoa, shop, connection).unfold(lives)


def lives_until(now: datetime, shop: Shop, tags: Mapping[str, Tag]) -> list[Life]:
    """Every order's, with these tags by name. Only when things happened depends on the moment."""
    return _Author(now.replace(microsecond=0), shop, tags).lives()


class _OneConnection:
    """What the stores take for their pool, so that all that they write stands or falls together."""

    def __init__(self, connection: Connection) -> None:
        self.execute = connection.execute
        self.fetch = connection.fetch
        self.fetchrow = connection.fetchrow
        self.fetchval = connection.fetchval
        self._connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        yield self._connection


class _Past:
    """Lets lives unfold side by side, so that numbers, of orders and of invoices, come in the order of time."""

    def __init__(self, stoa: Stoa, shop: Shop, connection: Connection) -> None:
        database = _OneConnection(connection)
        self._orders = Orders(database)
        self._warehouse = Warehouse(database)
        self._now = stoa.service.clock()
        self._clock = MovableClock(self._now)
        self._engine = Engine(
            self._orders,
            Invoices(database),
            tellers=(),
            clock=self._clock,
            bell=stoa.service.bell,
            channel_code=stoa.service.channel_code,
            warehouse=self._warehouse,
        )
        # To know the public holidays takes longer than all the rest, and no courier comes to the past.
        calendar = replace(shop.calendar, holidays_of=None)
        self._shop = replace(shop, calendar=calendar)
        self._reached: dict[int, Stored] = {}

    async def unfold(self, lives: Sequence[Life]) -> None:
        happenings = sorted(
            (moment, number, n) for number, life in enumerate(lives) for n, moment in enumerate(life.moments)
        )
        begin, *_ = happenings[0]
        await stock_up(self._warehouse, self._shop, begin=begin, now=self._now)
        for moment, number, n in happenings:
            self._clock.move(moment - self._clock())
            life = lives[number]
            if n == 0:
                self._reached[number] = await self._place(life.placement)
            else:
                self._reached[number] = await self._take(life.turns[n - 1], self._reached[number])

    async def _place(self, placement: Placement) -> Stored:
        number = await self._orders.next_number()
        # Of what does not lie in the warehouse, nothing need be looked up there.
        shop = replace(self._shop, warehouse=is_stored(placement))
        return Stored(_done(await self._engine.place(placement, shop=shop, number=number)), 1)

    async def _take(self, turn: Turn, on: Stored) -> Stored:
        """The order after the turn; where another came of it, that one: what is left to sell, or a return."""
        order = _done(
            await self._engine.follow(lambda now: (turn.ask(now),), on=on, shop=self._shop, by=turn.by)
        )
        came_of_it = (*order.replacements, *order.returns)
        if not came_of_it:
            return Stored(order, on.version + 1)
        follow_up = await self._orders.read(order.shop_id, came_of_it[0].id)
        return follow_up or on


def _done(order: Order | Refused) -> Order:
    if isinstance(order, Refused):
        message = f"the demo's history cannot have happened: {order.message}"
        raise AssertionError(message)  # noqa: TRY004 - a broken promise of the history, not a wrong type
    return order


class _Author:
    """Thinks lives up, one after the other: who has ordered before may order again."""

    def __init__(self, now: datetime, shop: Shop, tags: Mapping[str, Tag]) -> None:
        self._chance = Random(SEED)  # noqa: S311 - nothing here is a secret
        self._zone = ZoneInfo(shop.zone)
        self._tags = tags
        self._now = now
        self._earlier: list[Placement] = []
        self._orders_of = Counter[str | None]()

    def lives(self) -> list[Life]:
        return [
            *(self._life(step) for step in _each(STEPS)),
            *(self._split_life(step) for step in SPLIT),
            *(self._life(Step.OPEN, self._through_the_shop(self._ordered(), method)) for method in AWAITED),
            *(self._unpaid_life(status) for status in UNPAID),
            self._life_taken_back(),
            *(self._life(step, self._from_warehouse()) for step in _each(FROM_WAREHOUSE)),
            *(self._life_with_return(state) for state in _each(RETURNS)),
            self._life_with_missing_part(),
        ]

    def _life(self, step: Step, placement: Placement | None = None) -> Life:
        placement = placement or self._placement(step)
        if step in IN_PART:
            placement = _with_two_pieces(placement)
        turns = [*self._words(placement), *self._way(step, placement)]
        life = self._dated(UNTOUCHED_FOR.get(step, LONG_AGO), placement, turns)
        return replace(life, placement=self._with_deadline(step, life))

    def _with_deadline(self, step: Step, life: Life) -> Placement:
        """An order that waits for an answer does so for another day; one that expired waited until then."""
        if step is Step.OPEN:
            return replace(life.placement, expires_at=self._now + _hours(self._chance.uniform(26, 70)))
        if step is Step.EXPIRED:
            return replace(life.placement, expires_at=life.moments[life.turns.index(EXPIRE) + 1])
        return life.placement

    def _split_life(self, step: Step) -> Life:
        placement = _with_two_pieces(self._placement(step))
        limiting_it = limiting(placement.lines[0].quantity - 1)
        return self._dated(UNTOUCHED_FOR[step], placement, [limiting_it, *self._way(step, placement)])

    def _unpaid_life(self, status: PaymentStatus) -> Life:
        placement = self._through_the_shop(self._ordered(), PaymentMethod.CARD)
        return self._dated(LONG_AGO, placement, [paid(status, (0.01, 0.1)), cancelling(NOT_PAID)])

    def _life_taken_back(self) -> Life:
        """An order that was invoiced before the customer had second thoughts."""
        placement = self._through_the_shop(self._ordered(), PaymentMethod.CARD)
        cancel = cancelling(self._chance.choice(CHANGES_OF_MIND))
        accepting = saying(asked.Accept(voucher=False))
        turns = [*self._paying(placement), accepting, ISSUE_INVOICE, SETTLE, cancel]
        return self._dated(LONG_AGO, placement, turns)

    def _life_with_return(self, state: ReturnState) -> Life:
        """A delivered order that the customer wants to return, and how far that came."""
        from_warehouse = happens(self._chance, 0.25)
        placement = self._from_warehouse() if from_warehouse else self._placement(Step.DELIVERED)
        since = RETURN_UNTOUCHED_FOR.get(state, NOT_LONG_AGO)
        return self._dated(since, placement, [*self._way(Step.DELIVERED, placement), *self._way_back(state)])

    def _life_with_missing_part(self) -> Life:
        placement = self._placement(Step.DELIVERED)
        request = requesting(NEVER_IN_THE_BOX, whole=False)
        turns = [*self._way(Step.DELIVERED, placement), request, SEND_MISSING_PART]
        return self._dated(NOT_LONG_AGO, placement, turns)

    def _dated(self, since: tuple[float, float], placement: Placement, turns: Sequence[Turn]) -> Life:
        """The life backwards from when the last thing happened, for everything is to lie in the past."""
        moments = [self._by_day(self._now - _hours(self._chance.uniform(*since)))]
        for turn in reversed(turns):
            before = _hours(self._chance.uniform(*turn.hours))
            moment = moments[0] - before
            # What follows within the hour does so at night, too.
            moments.insert(0, moment if before < AN_HOUR else self._by_day(moment))
        return Life(placement=placement, turns=turns, moments=moments)

    def _by_day(self, moment: datetime) -> datetime:
        """Between eight in the morning and ten in the evening, never later than the moment."""
        hour = moment.astimezone(self._zone).hour
        return moment - _hours(10 if hour < 8 else 3 if hour >= 22 else 0)  # noqa: PLR2004 - what the docstring says

    # What was ordered

    def _placement(self, step: Step) -> Placement:
        placement, channel = self._ordered(), choose(self._chance, CHANNELS)
        if step in BY_MARKETPLACE:
            return replace(placement, fulfilment=Fulfilment.MARKETPLACE, shipping_cents=0)
        if placement.address.collection_point or channel == "marketplace":
            return placement
        if channel == "own_courier":
            return self._by_own_courier(placement)
        placement = self._through_the_shop(placement, choose(self._chance, OWN_PAYMENTS))
        at_the_bank = step is Step.OPEN and placement.payment_method is PaymentMethod.CARD
        return replace(placement, payment_status=PaymentStatus.TEMPORARY) if at_the_bank else placement

    def _from_warehouse(self) -> Placement:
        """What somebody orders of what lies there."""
        placement = self._ordered(stored=True)
        return replace(placement, fulfilment=Fulfilment.MARKETPLACE, shipping_cents=0)

    def _ordered(self, *, stored: bool = False) -> Placement:
        """What somebody orders, now and then a customer who comes back; nothing, or all, is served by the warehouse."""
        placement = self._thought_of()
        while is_stored(placement) is not stored:
            placement = self._thought_of()
        if self._earlier and happens(self._chance, 0.35):
            known = self._chance.choice(self._earlier)
            placement = replace(
                placement, customer=known.customer, address=known.address, invoice=known.invoice
            )
        else:
            self._earlier.append(placement)
        self._orders_of[placement.customer.email] += 1
        return placement

    def _thought_of(self) -> Placement:
        body = msgspec.convert(believable_order(self._chance), OrderBody)
        return replace(body.placement(), express=False)

    def _by_own_courier(self, placement: Placement) -> Placement:
        shipping = self._chance.choice((0, 290, 350, 490))
        return replace(placement, fulfilment=Fulfilment.MERCHANT, shipping_cents=shipping)

    def _through_the_shop(self, placement: Placement, method: PaymentMethod) -> Placement:
        """The same as an order that the shop took itself, which costs no commission."""
        chance = self._chance
        by_card, by_phone = method is PaymentMethod.CARD, happens(chance, 0.2)
        return replace(
            self._by_own_courier(placement),
            channel=OWN_CHANNEL,
            lines=tuple(_as_the_shop_sells_it(line) for line in placement.lines),
            fees=Fees(),
            gift_wrap=False,
            payment_method=method,
            payment_status=PaymentStatus.AWAITING,
            payment_provider=chance.choice(PROVIDERS) if by_card else None,
            payment_reference=f"TX{chance.randrange(10**9):09}" if by_card else None,
            shipping_method=chance.choice(COURIERS),
            billing=_billed(placement),
            coupon_code=chance.choice(COUPONS) if happens(chance, 0.25) else None,
            origin=self._origin(by_phone=by_phone),
            tags=(self._tags[BY_PHONE],) if by_phone else (),
        )

    def _origin(self, *, by_phone: bool) -> Origin:
        if by_phone:
            return Origin(device="manual", language="el", by="user")
        chance = self._chance
        return Origin(
            ip_address=f"203.0.113.{chance.randrange(1, 255)}",
            ip_country="GR",
            device=chance.choice(("mobile", "mobile", "desktop")),
            language="el",
            by=chance.choice(("account", "customer")),
        )

    # What became of it

    def _words(self, placement: Placement) -> list[Turn]:
        """What the shop's people write on the order."""
        chance, changes = self._chance, dict[str, object]()
        comes_often = self._orders_of[placement.customer.email] >= OFTEN
        fitting = ((VIP, comes_often), (GIFT, placement.gift_wrap))
        tags = tuple(self._tags[name] for name, fits in fitting if fits)
        if tags:
            changes["tags"] = placement.tags + tags
        if happens(chance, 0.1):
            changes |= {"notes": (Note(number=1, text=chance.choice(NOTES)),), "last_note": 1}
        return [saying(asked.Modify(changes=changes), hours=(0.1, 0.9))] if changes else []

    def _way(self, step: Step, placement: Placement) -> list[Turn]:
        """How an order comes to a step."""
        if step is Step.REJECTED:
            return [self._rejecting(), SETTLE]
        if step is Step.CANCELLED:
            return self._way_to_cancelled(placement)
        if step in WITHOUT_ACCEPTANCE:
            return list(WITHOUT_ACCEPTANCE[step])
        by_itself = is_stored(placement)
        accepting = ACCEPT_BY_ITSELF if by_itself else saying(asked.Accept(voucher=step in LABELLED))
        if step in BEFORE_DISPATCH:
            return [*self._paying(placement), accepting, *BEFORE_DISPATCH[step]]
        return [
            *self._paying(placement),
            accepting,
            *self._sending(placement),
            *self._arriving(step, placement),
        ]

    def _paying(self, placement: Placement) -> list[Turn]:
        """The money of an order that the shop took itself comes online at once, by transfer a little later."""
        if placement.channel != OWN_CHANNEL or placement.payment_method is PaymentMethod.CASH_ON_DELIVERY:
            return []
        online = placement.payment_method is not PaymentMethod.BANK_TRANSFER
        return [paid(PaymentStatus.PAID, (0.01, 0.1) if online else (1, 5))]

    def _sending(self, placement: Placement) -> list[Turn]:
        chance, by_merchant = self._chance, placement.fulfilment is not Fulfilment.MARKETPLACE
        own_courier = placement.fulfilment is Fulfilment.MERCHANT
        wants_paper = placement.invoice or (placement.channel == OWN_CHANNEL and happens(chance, 0.4))
        return [
            *([self._noting_tracking(placement)] if own_courier else []),
            saying(asked.PickUp(), by=Actor.MERCHANT if by_merchant else Actor.COURIER, hours=(2, 20)),
            *([ISSUE_INVOICE] if wants_paper else []),
        ]

    def _noting_tracking(self, placement: Placement) -> Turn:
        courier = placement.shipping_method or self._chance.choice(COURIERS)
        code = str(self._chance.randrange(10**9, 10**10))
        return saying(asked.NoteTracking(trackings=(Tracking(courier=courier, code=code),)), hours=(1, 8))

    def _arriving(self, step: Step, placement: Placement) -> Sequence[Turn]:
        """What the courier reports after the dispatch."""
        if step is not Step.RETURNED or not happens(self._chance, 0.4):
            return AFTER_DISPATCH[step]
        at_the_door = placement.payment_method is PaymentMethod.CASH_ON_DELIVERY
        # What was paid is refunded by itself.
        return (*FAILED_AND_RETURNED, SETTLE) if at_the_door else FAILED_AND_RETURNED

    def _way_back(self, state: ReturnState) -> list[Turn]:
        """How a return comes to a state."""
        complaint = believable_complaint(self._chance)
        request = requesting(complaint, whole=happens(self._chance, 0.5))
        if state in WITHOUT_APPROVAL:
            return [request, *WITHOUT_APPROVAL[state]]
        if state is ReturnState.REJECTED and happens(self._chance, 0.5):
            return [request, declining(complaint)]
        code = str(self._chance.randrange(10**9, 10**10))
        return [request, APPROVE, tracking(code), *AFTER_APPROVAL[state]]

    def _rejecting(self) -> Turn:
        if happens(self._chance, 0.4):
            return saying(asked.Reject(other=self._chance.choice(OTHER_REASONS)))
        return rejecting_first_line(self._chance.choice(REASONS))

    def _way_to_cancelled(self, placement: Placement) -> list[Turn]:
        """The customer has second thoughts; now and then the parcel is on its way by then."""
        cancel = cancelling(self._chance.choice(CHANGES_OF_MIND))
        if happens(self._chance, 0.6):
            return [SETTLE, cancel]
        accepting = saying(asked.Accept(voucher=False))
        return [*self._paying(placement), accepting, *self._sending(placement), SETTLE, cancel]


def _each(numbers: Mapping[T, int]) -> Iterator[T]:
    """Every key so many times."""
    return (key for key, number in numbers.items() for _ in range(number))


def is_stored(placement: Placement) -> bool:
    """Whether all that is ordered lies in the marketplace's warehouse."""
    return all(line.shop_uid in STORED_UIDS for line in placement.lines)


def _hours(number: float) -> timedelta:
    return timedelta(seconds=round(number * 3600))


def _with_two_pieces(placement: Placement) -> Placement:
    """At least, of the first product: one of them is to go another way."""
    first, *others = placement.lines
    return replace(placement, lines=(replace(first, quantity=max(2, first.quantity)), *others))


def _as_the_shop_sells_it(line: Line) -> Line:
    """With the shop's own numbers and variants, and no marketplace that takes its share."""
    size = line.size
    return replace(
        line,
        sku=line.shop_uid,
        variant_name=size.value if size else None,
        options=(VariantOption(name=size.label, value=size.value),) if size else (),
        commission_rate=0,
        tags=(),
    )


def _billed(placement: Placement) -> Billing | None:
    """The company, as a shop of one's own asks for it."""
    invoice, customer = placement.invoice, placement.customer
    if invoice is None:
        return None
    return Billing(
        is_company=True,
        name=customer.name,
        company_name=invoice.company,
        company_vat=f"EL{invoice.vat_number}",
        country_code="GR",
        region=invoice.address.region,
        city=invoice.address.city,
        address=f"{invoice.address.street_name} {invoice.address.street_number}",
        zip=invoice.address.zip,
        phone=customer.mobile,
    )
