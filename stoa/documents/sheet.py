"""What a paper says, in the words and figures of its language: printed and shown on a page, it says the same."""

from decimal import Decimal
from typing import NamedTuple

from babel.numbers import format_decimal, format_percent
from msgspec import Struct

from stoa.languages import country_name, date_text, locale_of, money, translate
from stoa.orders.invoicing import SHIPPING, Invoice, InvoiceLine, Party, VatGroup, display_number
from stoa.orders.order import Address, Line


class Fact(NamedTuple):
    label: str
    text: str


class PartyBlock(Struct, frozen=True, kw_only=True):
    """Who gives or gets: the role, the name, and what else is known of it, line by line."""

    role: str
    name: str
    details: tuple[str, ...]


class Table(Struct, frozen=True, kw_only=True):
    """As many cells in every row as there are headings."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Sheet(Struct, frozen=True, kw_only=True):
    """An invoice, storno or proforma in words.

    The lines have the columns product, code, quantity, unit price, net, VAT rate, VAT and total; the VAT summary has
    rate, net, VAT and total. The last of the totals is the one that matters.
    """

    language: str
    name: str
    title: str
    remark: str
    facts: tuple[Fact, ...]
    seller: PartyBlock
    buyer: PartyBlock
    lines: Table
    vat_title: str
    vat_summary: Table
    totals: tuple[Fact, ...]


def sheet_of(invoice: Invoice) -> Sheet:
    """The paper in its own language; in English where we do not have that."""
    words = _Words(invoice)
    return Sheet(
        language=words.language,
        name=words.name(),
        title=words.of(_title(invoice)),
        remark=words.remark(),
        facts=words.facts(),
        seller=words.party("Seller", invoice.seller),
        buyer=words.party("Buyer", invoice.buyer),
        lines=words.lines(),
        vat_title=words.of("VAT summary"),
        vat_summary=words.vat_summary(),
        totals=words.totals(),
    )


def address_lines(address: Address, language: str) -> tuple[str, ...]:
    """Where a parcel goes, line by line; what is not known is left out."""
    country = country_name(address.country_code, language) or address.country_code
    lines = (
        address.collection_point or "",
        " ".join(filter(None, (address.street, address.floor))),
        f"{address.zip} {address.city}".strip(),
        _joined(address.region, country),
    )
    return tuple(filter(None, lines))


def variant_of(line: Line) -> str:
    """Which of the product's variants or sizes was bought; empty where it comes in one."""
    size = f"{line.size.label}: {line.size.value}" if line.size else ""
    return line.variant_name or size


def paper_number(series: str, number: int) -> str:
    """Series and number as people say them: INV 0000012."""
    return f"{series} {display_number(number)}".strip()


def _title(invoice: Invoice) -> str:
    if not invoice.number:
        return "Proforma invoice"
    return "Invoice" if invoice.cancels is None else "Storno invoice"


class _Words:
    """Says the parts of one invoice."""

    def __init__(self, invoice: Invoice) -> None:
        self._invoice = invoice
        self._locale = locale_of(invoice.language)
        self.language = self._locale.language

    def of(self, text: str) -> str:
        return translate(text, self.language)

    def name(self) -> str:
        """What the paper is and which one."""
        invoice = self._invoice
        title = self.of(_title(invoice))
        return f"{title} {paper_number(invoice.series, invoice.number)}" if invoice.number else title

    def remark(self) -> str:
        invoice = self._invoice
        if not invoice.number:
            return self.of("This is not a fiscal document.")
        if invoice.cancels is None:
            return ""
        return self.of("Cancels invoice {number}").format(
            number=paper_number(invoice.series, invoice.cancels)
        )

    def facts(self) -> tuple[Fact, ...]:
        invoice = self._invoice
        numbered = (
            Fact(self.of("Series"), invoice.series),
            Fact(self.of("Number"), display_number(invoice.number)),
        )
        facts = (
            *(numbered if invoice.number else ()),
            Fact(self.of("Date"), date_text(invoice.issued_at, invoice.zone, self.language)),
            Fact(self.of("Order"), invoice.order_code),
        )
        return tuple(fact for fact in facts if fact.text)

    def party(self, role: str, party: Party) -> PartyBlock:
        country = country_name(party.country_code, self.language) or party.country_code
        details = (
            self._labelled("VAT number", party.vat_number),
            self._labelled("Registration number", party.registration_number),
            self._labelled("Personal number", party.identity_number),
            party.address,
            f"{party.zip} {party.city}".strip(),
            _joined(party.region, country),
            self._labelled("Phone", party.phone),
            party.email,
            self._labelled("Bank", party.bank_name),
            self._labelled("Account", party.bank_account),
        )
        return PartyBlock(role=self.of(role), name=party.name, details=tuple(filter(None, details)))

    def _labelled(self, label: str, text: str) -> str:
        return f"{self.of(label)}: {text}" if text else ""

    def lines(self) -> Table:
        headings = (
            self.of("Product"),
            self.of("Code"),
            self.of("Quantity"),
            self._in_currency("Unit price without VAT"),
            self._in_currency("Net amount"),
            self.of("VAT rate"),
            self._in_currency("VAT"),
            self._in_currency("Total"),
        )
        return Table(headings=headings, rows=tuple(self._row(line) for line in self._invoice.lines))

    def _in_currency(self, label: str) -> str:
        return f"{self.of(label)} ({self._invoice.currency})"

    def _row(self, line: InvoiceLine) -> tuple[str, ...]:
        is_shipping = line.name == SHIPPING and not line.code
        return (
            self.of(SHIPPING) if is_shipping else line.name,
            line.code,
            str(line.quantity),
            self._amount(line.unit_net_cents),
            self._amount(line.net_cents),
            # As in the summary: what carries no VAT is not taxed, whatever its rate would be.
            self._rate(line.vat_rate if line.vat_cents else 0),
            self._amount(line.vat_cents),
            self._amount(line.gross_cents),
        )

    def vat_summary(self) -> Table:
        headings = (
            self.of("VAT rate"),
            self._in_currency("Net amount"),
            self._in_currency("VAT"),
            self._in_currency("Total"),
        )
        return Table(headings=headings, rows=tuple(map(self._vat_row, self._invoice.vat_groups)))

    def _vat_row(self, group: VatGroup) -> tuple[str, ...]:
        amounts = (group.net_cents, group.vat_cents, group.net_cents + group.vat_cents)
        return (self._rate(group.rate), *map(self._amount, amounts))

    def totals(self) -> tuple[Fact, ...]:
        invoice = self._invoice
        last = "Total to pay" if invoice.cancels is None else "Total"
        return (
            Fact(self.of("Total without VAT"), self._money(invoice.net_cents)),
            Fact(self.of("Total VAT"), self._money(invoice.vat_cents)),
            Fact(self.of(last), self._money(invoice.gross_cents)),
        )

    def _money(self, cents: int) -> str:
        return money(cents, self._invoice.currency, self.language)

    def _amount(self, cents: int) -> str:
        return format_decimal(Decimal(cents).scaleb(-2), "#,##0.00", self._locale)

    def _rate(self, basis_points: int) -> str:
        share = Decimal(basis_points).scaleb(-4)
        return format_percent(share, locale=self._locale, decimal_quantization=False)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
