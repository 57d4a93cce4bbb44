"""What an order's page asks of the order itself: to accept or reject it, to pack it, to send it."""

from collections.abc import Iterable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.forms import Form
from stoa.desk.order.asking import OrderForms, Posted, too_long
from stoa.desk.order.page import ORDER
from stoa.documents.vouchers import Wanted
from stoa.orders import commands as asked
from stoa.orders.carriers import CARRIERS
from stoa.orders.commands import Accept, Command, LineRejection, NoteTracking, Reject
from stoa.orders.decisions import decide
from stoa.orders.order import Actor, Order, RejectionReason, Tracking
from stoa.orders.refusals import Refused
from stoa.orders.shop import Shop
from stoa.web.routing import Endpoint, post

LONGEST_REASON = 1000
LONGEST_COMMENT = 200
LONGEST_CODE = 64
MOST_CODES = 100

NO_SUCH = -1
"""What no order offers: so a choice that is no number is refused, and not taken for none."""

WITHOUT_FIELDS: dict[str, tuple[Command, str]] = {
    "begin": (asked.BeginWork(), "begun"),
    "ready": (asked.MarkReady(), "ready"),
    "not-ready": (asked.MarkNotReady(), "not_ready"),
    "cancel-label": (asked.CancelVoucher(), "label_cancelled"),
    "hand-over": (asked.PickUp(), "handed_over"),
    "deliver": (asked.Deliver(), "delivered"),
    "came-back": (asked.Return(), "came_back"),
}
"""What a button alone asks for, by the last part of its address, and what is said afterwards."""


class Decisions:
    def __init__(self, forms: OrderForms) -> None:
        self._forms = forms

    async def accept(self, request: Request, shop_id: int, order_id: int) -> Response:
        posted = await self._forms.read(request, shop_id, order_id)
        return await self._forms.ask(posted, _acceptance(posted.form), "accepted")

    async def reject_lines(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Reject the order for what is wrong with products of it."""
        posted = await self._forms.read(request, shop_id, order_id)
        rejections = _rejections(posted.form, posted.order)
        faults = _faults_of_lines(posted, rejections, self._forms.service.clock())
        if faults:
            return await self._forms.mend(posted, faults)
        return await self._forms.ask(posted, Reject(lines=rejections), "rejected")

    async def reject_whole(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Reject the order for a reason that is no product's."""
        posted = await self._forms.read(request, shop_id, order_id)
        faults = too_long(posted.form, {"other": LONGEST_REASON})
        if not posted.form.text("other"):
            faults = {"other": "Say why, in a few words."}
        if faults:
            return await self._forms.mend(posted, faults)
        return await self._forms.ask(posted, Reject(other=posted.form.text("other")), "rejected")

    async def cancel(self, request: Request, shop_id: int, order_id: int) -> Response:
        posted = await self._forms.read(request, shop_id, order_id)
        faults = too_long(posted.form, {"cancel_reason": LONGEST_REASON})
        if faults:
            return await self._forms.mend(posted, faults)
        command = asked.Cancel(reason=posted.form.text("cancel_reason") or None)
        return await self._forms.ask(posted, command, "cancelled")

    async def track(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Note under which numbers the shop sent the order itself."""
        posted = await self._forms.read(request, shop_id, order_id)
        faults = _faults_of_tracking(posted.form)
        if faults:
            return await self._forms.mend(posted, faults)
        if posted.form.text("known") != known_codes(posted.order):
            return await self._forms.changed_meanwhile(posted)
        courier, codes = posted.form.text("courier"), _codes(posted.form)
        command = NoteTracking(trackings=tuple(Tracking(courier=courier, code=code) for code in codes))
        return await self._forms.ask(posted, command, "tracked")

    async def make_label(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Make the order's label now."""
        posted = await self._forms.read(request, shop_id, order_id)
        faults = too_long(posted.form, {"label_comment": LONGEST_COMMENT})
        if faults:
            return await self._forms.mend(posted, faults)
        wanted = Wanted(_chosen(posted.form, "parcels"), posted.form.text("label_comment") or None)
        press = self._forms.signed(posted).press
        outcome = await press.print_voucher(posted.stored, posted.shop, by=Actor.MERCHANT, wanted=wanted)
        return await self._forms.answer(posted, outcome, "labelled")

    def pressing(self, name: str) -> Endpoint:
        """The route of a button without fields."""
        command, done = WITHOUT_FIELDS[name]

        async def press(request: Request, shop_id: int, order_id: int) -> Response:
            return await self._forms.ask(await self._forms.read(request, shop_id, order_id), command, done)

        return post(f"{ORDER}/{name}")(press)


def _acceptance(form: Form) -> Accept:
    return Accept(
        location_id=form.text("location") or None,
        window_id=_chosen(form, "window"),
        parcels=_chosen(form, "parcels") or 1,
    )


def _chosen(form: Form, field: str) -> int | None:
    """The number that was chosen, None where nothing was."""
    if not form.text(field):
        return None
    number = form.number(field)
    return NO_SUCH if number is None else number


def _rejections(form: Form, order: Order) -> tuple[LineRejection, ...]:
    """The lines for which a reason is given."""
    return tuple(
        LineRejection(line.id, RejectionReason(reason), form.number(f"available-{line.id}"))
        for line in order.lines
        if (reason := form.text(f"reason-{line.id}")) in set(RejectionReason)
    )


def _faults_of_lines(posted: Posted, rejections: Iterable[LineRejection], now: datetime) -> dict[str, str]:
    """What is wrong with the reasons and quantities, by field."""
    form, named = posted.form, {rejection.line_id: rejection for rejection in rejections}
    faults: dict[str, str] = {}
    for line in posted.order.lines:
        if line.id in named:
            faults |= _fault_of_line(posted.order, named[line.id], posted.shop, now)
        elif form.text(f"reason-{line.id}") or form.text(f"available-{line.id}"):
            faults[f"reason-{line.id}"] = "Choose what is wrong with this product."
    if not named and not faults and posted.order.lines:
        faults[f"reason-{posted.order.lines[0].id}"] = "Choose what is wrong, with one product at least."
    return faults


def _fault_of_line(order: Order, rejection: LineRejection, shop: Shop, now: datetime) -> dict[str, str]:
    """Why the order would not do it for this line alone; whatever is not about the line is for the whole to say."""
    answer = decide(order, Reject(lines=(rejection,)), shop=shop, by=Actor.MERCHANT, now=now)
    about_line = isinstance(answer, Refused) and answer.field == "line_items.available_quantity"
    return (
        {f"available-{rejection.line_id}": answer.message}
        if isinstance(answer, Refused) and about_line
        else {}
    )


def known_codes(order: Order) -> str:
    """The tracking numbers that a form was made from."""
    return ", ".join(tracking.code for tracking in order.trackings)


def _codes(form: Form) -> list[str]:
    """The numbers that were typed, one on a line or with commas between them."""
    typed = (code.strip() for code in form.text("codes").replace(",", "\n").splitlines())
    return list(dict.fromkeys(code for code in typed if code))


def _faults_of_tracking(form: Form) -> dict[str, str]:
    codes, faults = _codes(form), dict[str, str]()
    if form.text("courier") not in CARRIERS:
        faults["courier"] = "Choose who carries the parcel."
    if not codes:
        faults["codes"] = "Write at least one tracking number."
    elif len(codes) > MOST_CODES or not all(_is_code(code) for code in codes):
        faults["codes"] = "These are too many, or too long, for tracking numbers."
    return faults


def _is_code(text: str) -> bool:
    return len(text) <= LONGEST_CODE and text.isprintable()


def decision_routes(forms: OrderForms) -> list[Endpoint]:
    """What is asked of an order."""
    decisions = Decisions(forms)
    return [
        post(f"{ORDER}/accept")(decisions.accept),
        post(f"{ORDER}/reject-lines")(decisions.reject_lines),
        post(f"{ORDER}/reject-whole")(decisions.reject_whole),
        post(f"{ORDER}/cancel")(decisions.cancel),
        post(f"{ORDER}/track")(decisions.track),
        post(f"{ORDER}/label")(decisions.make_label),
        *(decisions.pressing(name) for name in WITHOUT_FIELDS),
    ]
