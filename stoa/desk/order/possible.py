"""What the shop may do with an order now: asked of the domain, command by command."""

from collections.abc import Callable, Mapping
from datetime import datetime

from stoa.orders import commands as asked
from stoa.orders.commands import Command
from stoa.orders.decisions import decide
from stoa.orders.order import Actor, Order, Tracking, UploadedInvoice, Voucher
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop

_TRACKING = Tracking(courier="", code="-")


def _a_voucher(order: Order) -> Command:
    voucher = Voucher(serial=order.next_voucher, blob="", created_at=order.updated_at)
    return asked.AttachVoucher(voucher=voucher, tracking=_TRACKING)


def _a_file(order: Order) -> Command:
    file = UploadedInvoice(serial=0, blob="", media_type="", uploaded_at=order.updated_at)
    return asked.AttachInvoice(invoice=file, replacing=False)


COMMANDS: Mapping[str, Callable[[Order], Command]] = {
    "accept": lambda _: asked.Accept(),
    "reject": lambda _: asked.Reject(other="-"),
    "begin_work": lambda _: asked.BeginWork(),
    "make_voucher": _a_voucher,
    "collect_voucher": lambda _: asked.CollectVoucher(),
    "cancel_voucher": lambda _: asked.CancelVoucher(),
    "ready": lambda _: asked.MarkReady(),
    "not_ready": lambda _: asked.MarkNotReady(),
    "track": lambda _: asked.NoteTracking(trackings=(_TRACKING,)),
    "hand_over": lambda _: asked.PickUp(),
    "deliver": lambda _: asked.Deliver(),
    "bring_back": lambda _: asked.Return(),
    "cancel": lambda _: asked.Cancel(),
    "upload_invoice": _a_file,
    "issue_invoice": lambda _: asked.IssueInvoice(),
    "cancel_invoice": lambda _: asked.CancelInvoice(),
    "take_back": lambda _: asked.TakeBack(),
    "send_back": lambda _: asked.SendBack(),
}
"""What a page can offer, and what would be asked of the order if it did."""


def possible(order: Order, shop: Shop, now: datetime) -> frozenset[str]:
    """The names of COMMANDS that the order would not refuse its shop."""
    return frozenset(
        name
        for name, command in COMMANDS.items()
        if not isinstance(decide(order, command(order), shop=shop, by=Actor.MERCHANT, now=now), Refused)
    )
