"""The pages that a customer opens without a login: how far the order is, and its proforma invoice."""

from functools import partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from stoa.documents.links import Links
from stoa.documents.sheet import Fact, address_lines, sheet_of, variant_of
from stoa.languages import locale_of, moment_text, money, translate
from stoa.languages.statuses import PAYMENT_METHODS, PAYMENT_STATUSES, STAGES, step_text
from stoa.orders.carriers import CARRIERS
from stoa.orders.invoicing import invoice_of
from stoa.orders.order import Line, Order
from stoa.orders.progress import stage_of
from stoa.orders.shop import Shop

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
        step=say(step_text(order)),
        placed_on=moment_text(order.placed_at, shop.zone, shop.language),
        payment=[say(PAYMENT_METHODS[order.payment_method]), say(PAYMENT_STATUSES[order.payment_status])],
        address=_address(order, shop.language),
        delivery=_courier(order.shipping_method or order.courier),
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


def _courier(key: str | None) -> str:
    """The carrier's name. The number of a shop's own method says nothing to a customer."""
    return "" if key is None or key.isdecimal() else CARRIERS.get(key, key)


def _address(order: Order, language: str) -> list[str]:
    """Line by line, the recipient first."""
    lines = (order.address.recipient or order.customer.name, *address_lines(order.address, language))
    return [line for line in lines if line]


def _item(line: Line, currency: str, language: str) -> Item:
    return Item(
        name=line.name,
        detail=variant_of(line),
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
