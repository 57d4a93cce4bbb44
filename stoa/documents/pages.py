"""The pages that a customer opens without a login: how far the order is, and its proforma invoice."""

from functools import partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from stoa.documents.links import Links
from stoa.documents.sheet import Fact, sheet_of
from stoa.languages import country_name, locale_of, moment_text, money, translate
from stoa.orders.carriers import CARRIERS
from stoa.orders.invoicing import invoice_of
from stoa.orders.order import Actor, Line, Order, PaymentMethod, PaymentStatus
from stoa.orders.progress import Stage, Step, stage_of, step_of
from stoa.orders.shop import Shop

STAGES = {
    Stage.AWAITING: "Order awaiting",
    Stage.CONFIRMED: "Order confirmed",
    Stage.IN_PROCESS: "Order in process",
    Stage.SHIPPED: "Order shipped",
    Stage.DELIVERED: "Order delivered",
    Stage.RETURNED: "Order returned",
    Stage.CANCELLED: "Order cancelled",
}

STEPS = {
    Step.OPEN: "Awaiting acceptance",
    Step.ACCEPTED: "Accepted",
    Step.LABELLED: "Label printed",
    Step.IN_WORK: "Being prepared",
    Step.IN_WORK_LABELLED: "Being prepared, label printed",
    Step.READY: "Ready for collection",
    Step.DISPATCHED: "With the courier",
    Step.AT_PICKUP_POINT: "At the pickup point",
    Step.DELIVERY_FAILED: "Delivery failed, coming back",
    Step.DELIVERED: "Delivered",
    Step.PARTIALLY_DELIVERED: "Partly delivered",
    Step.PARTIALLY_RETURNED: "Partly returned",
    Step.RETURNED: "Returned",
    Step.REJECTED: "Rejected by the shop",
    Step.EXPIRED: "Not accepted in time",
}
"""What a step is called, but for a cancelled order: there it matters who did it."""

CANCELLED_BY = {
    Actor.CUSTOMER: "Cancelled by the customer",
    Actor.MERCHANT: "Cancelled by the shop",
    Actor.MARKETPLACE: "Cancelled by the marketplace",
}

PAYMENT_METHODS = {
    PaymentMethod.CARD: "Card",
    PaymentMethod.CASH_ON_DELIVERY: "Cash on delivery",
    PaymentMethod.LOAN: "Instalments",
    PaymentMethod.BANK_TRANSFER: "Bank transfer",
    PaymentMethod.IRIS: "IRIS",
    PaymentMethod.WALLET: "Wallet",
    PaymentMethod.EDENRED: "Edenred",
    PaymentMethod.REVOLUT: "Revolut",
}

PAYMENT_STATUSES = {
    PaymentStatus.TEMPORARY: "Payment pending",
    PaymentStatus.AWAITING: "Payment awaiting",
    PaymentStatus.PAID: "Paid",
    PaymentStatus.FAILED: "Payment failed",
    PaymentStatus.CANCELLED: "Payment cancelled",
    PaymentStatus.REFUNDED: "Payment refunded",
    PaymentStatus.REJECTED: "Payment rejected",
}

STYLE = files(__name__.rpartition(".")[0]).joinpath("pages.css").read_bytes()
"""The stylesheet of all pages."""

_TEMPLATES = Environment(
    loader=PackageLoader("stoa.documents"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Item(Struct, frozen=True, kw_only=True):
    """A product of the order; its prices contain the VAT."""

    name: str
    detail: str
    quantity: int
    unit_price: str
    total: str


def info_page(order: Order, shop: Shop, *, code: str, links: Links) -> bytes:
    """How far the order is, what is in it and where it goes, in the shop's language. The code names the order."""
    say = partial(_say, shop.language)
    return _render(
        "info.html",
        shop.language,
        code=code,
        shop=shop.name,
        stage=stage_of(order),
        status=say(STAGES[stage_of(order)]),
        step=say(_step(order)),
        placed_on=moment_text(order.placed_at, shop.zone, shop.language),
        payment=[say(PAYMENT_METHODS[order.payment_method]), say(PAYMENT_STATUSES[order.payment_status])],
        address=_address(order, shop.language),
        delivery=order.shipping_method or _courier(order.courier),
        trackings=[Fact(_courier(tracking.courier), tracking.code) for tracking in order.trackings],
        items=[_item(line, order.currency, shop.language) for line in order.lines],
        shipping=money(order.shipping_cents, order.currency, shop.language),
        total=money(order.total_cents, order.currency, shop.language),
        papers=_papers(order, links),
    )


def proforma_page(order: Order, shop: Shop, *, code: str) -> bytes:
    """The order's proforma invoice, of the day on which it was placed, in the shop's language."""
    proforma = invoice_of(order, shop, number=0, order_code=code, now=order.placed_at)
    return _render("proforma.html", shop.language, sheet=sheet_of(proforma))


def missing_page(language: str) -> bytes:
    """Says that there is nothing at an address."""
    return _render("missing.html", language)


def _render(template: str, language: str, **context: object) -> bytes:
    say = partial(_say, language)
    return (
        _TEMPLATES.get_template(template)
        .render(say=say, language=locale_of(language).language, **context)
        .encode()
    )


def _say(language: str, text: str, **parts: str) -> str:
    """The English text in the language, the placeholders filled."""
    said = translate(text, language)
    return said.format(**parts) if parts else said


def _step(order: Order) -> str:
    step = step_of(order)
    if step is Step.CANCELLED:
        return CANCELLED_BY.get(order.cancelled_by or Actor.MERCHANT, "")
    return STEPS[step]


def _courier(key: str | None) -> str:
    return CARRIERS.get(key, key) if key else ""


def _address(order: Order, language: str) -> list[str]:
    """Line by line, the recipient first; what is not known is left out."""
    address = order.address
    country = country_name(address.country_code, language) or address.country_code
    lines = (
        address.recipient or order.customer.name,
        address.collection_point,
        " ".join(filter(None, (address.street, address.floor))),
        f"{address.zip} {address.city}".strip(),
        ", ".join(filter(None, (address.region, country))),
    )
    return [line for line in lines if line]


def _item(line: Line, currency: str, language: str) -> Item:
    size = f"{line.size.label}: {line.size.value}" if line.size else ""
    return Item(
        name=line.name,
        detail=line.variant_name or size,
        quantity=line.quantity,
        unit_price=money(line.unit_price_cents, currency, language),
        total=money(line.total_cents, currency, language),
    )


def _papers(order: Order, links: Links) -> list[tuple[str, str]]:
    """What there is to open: its name in English, and where."""
    papers = [
        ("Proforma invoice", links.proforma(order)),
        ("Invoice", links.invoice_paper(order)),
        ("Storno invoice", links.storno_paper(order)),
    ]
    return [(name, address) for name, address in papers if address]
