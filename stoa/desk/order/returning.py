"""What the shop answers to a return, and says of the goods when they are there."""

import re

from starlette.requests import Request
from starlette.responses import Response

from stoa.desk.forms import Form
from stoa.desk.order.asking import OrderForms, too_long
from stoa.desk.order.page import ORDER
from stoa.orders.commands import SendBack, TakeBack
from stoa.orders.order import ReviewOption
from stoa.orders.returning import review
from stoa.web.routing import Endpoint, post

LONGEST_COMMENT = 1000
LONGEST_ADDRESS = 2048

_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]\S*")


class Returns:
    def __init__(self, forms: OrderForms) -> None:
        self._forms = forms

    async def answer(self, request: Request, shop_id: int, order_id: int) -> Response:
        """Answer the customer's request."""
        posted = await self._forms.read(request, shop_id, order_id)
        form = posted.form
        faults = _faults_of(form)
        if faults:
            return await self._forms.mend(posted, faults)
        command = review(
            ReviewOption(form.text("option")),
            comment=form.text("comment") or None,
            proposed_part_url=form.text("part_url") or None,
        )
        return await self._forms.ask(posted, command, "answered")

    async def take_back(self, request: Request, shop_id: int, order_id: int) -> Response:
        """The goods are as they should be; where the warehouse has them, it is said whether it sells them again."""
        posted = await self._forms.read(request, shop_id, order_id)
        restock = {"yes": True, "no": False}.get(posted.form.text("restock"))
        return await self._forms.ask(posted, TakeBack(restock=restock), "taken_back")

    async def send_back(self, request: Request, shop_id: int, order_id: int) -> Response:
        """The goods are not as they should be."""
        posted = await self._forms.read(request, shop_id, order_id)
        faults = too_long(posted.form, {"send_back_reason": LONGEST_COMMENT})
        if faults:
            return await self._forms.mend(posted, faults)
        command = SendBack(reason=posted.form.text("send_back_reason") or None)
        return await self._forms.ask(posted, command, "sent_back")


def _faults_of(form: Form) -> dict[str, str]:
    faults = too_long(form, {"comment": LONGEST_COMMENT, "part_url": LONGEST_ADDRESS})
    if form.text("option") not in set(ReviewOption):
        faults["option"] = "Choose an answer."
    if form.text("part_url") and not _WEB_ADDRESS.fullmatch(form.text("part_url")):
        faults.setdefault("part_url", "Write a web address, such as https://shop.example/part.")
    return faults


def return_routes(forms: OrderForms) -> list[Endpoint]:
    returns = Returns(forms)
    return [
        post(f"{ORDER}/answer")(returns.answer),
        post(f"{ORDER}/take-back")(returns.take_back),
        post(f"{ORDER}/send-back")(returns.send_back),
    ]
