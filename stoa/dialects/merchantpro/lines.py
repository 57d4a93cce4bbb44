"""The lines of an order to add: which amounts were given, whether they agree, and what follows from them.

Prices are gross. Given amounts are checked against each other, never against the rate of VAT: that what is
charged is not what the rate says is the merchant's to know (MerchantPro Orders API, add an order).
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from stoa.orders.money import hundredths_of, share_of, vat_within
from stoa.orders.order import Line, Product, Size, VariantOption
from stoa.web.faults import invalid
from stoa.web.queries import BIGGEST

Words = Annotated[str, Meta(max_length=500)]
Code = Annotated[str, Meta(max_length=100)]
Number = Annotated[int, Meta(ge=0, le=BIGGEST)]
ShownNumber = Annotated[int, Meta(ge=0, le=10**15 - 1)]
Amount = Annotated[float, Meta(ge=0, le=10_000_000)]
LineAmount = Annotated[float, Meta(ge=0, le=1_000_000_000)]
Address = Annotated[str, Meta(max_length=2000)]

TOLERANCE = 1
"""Cents that the amounts of a line may be apart: others round in other places."""


class OptionBody(Struct, frozen=True):
    name: Words
    value: Words
    id: Number | None = None


class LineBody(Struct, frozen=True, kw_only=True):
    """One product. Of the prices the gross one is enough; without it the net one with its tax, or its rate."""

    product_name: Annotated[str, Meta(min_length=1, max_length=500)]
    quantity: Annotated[int, Meta(ge=1, le=100_000)]
    item_type: Code | None = None
    product_id: ShownNumber | None = None
    variant_id: ShownNumber | None = None
    variant_name: Words | None = None
    variant_options: Annotated[tuple[OptionBody, ...], Meta(max_length=50)] | None = None
    family_sku: Code | None = None
    product_sku: Code | None = None
    product_ean: Code | None = None
    product_url: Address | None = None
    product_image_url: Address | None = None
    product_tax_name: Code | None = None
    product_tax_percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    category_id: Number | None = None
    category_name: Words | None = None
    manufacturer_id: Number | None = None
    manufacturer_name: Words | None = None
    unit_price_net: Amount | None = None
    unit_tax_amount: Amount | None = None
    unit_price_gross: Amount | None = None
    line_subtotal_net: LineAmount | None = None
    line_tax_amount: LineAmount | None = None
    line_subtotal_gross: LineAmount | None = None
    meta_fields: Annotated[dict[str, Any], Meta(max_length=200)] | None = None

    def value(self, place: str) -> Line:
        """The line. Raises Fault that names the amount by its place in the body."""
        prices = _Prices(self, place)
        rate, gross = prices.rate(), prices.gross()
        vat = prices.vat(gross, rate)
        prices.check_line(gross, vat)
        return Line(
            id="",
            shop_uid=self._uid(),
            name=self.product_name,
            quantity=self.quantity,
            unit_price_cents=gross,
            vat_rate=rate,
            price_includes_vat=bool(vat) or not vat_within(gross, rate),
            agreed_vat_cents=None if vat in {0, vat_within(gross, rate)} else vat,
            vat_name=self.product_tax_name,
            shop_variation_uid=None if self.variant_id is None else str(self.variant_id),
            size=self._size(),
            ean=self.product_ean,
            sku=self.product_sku,
            kind=self.item_type or "product",
            variant_name=self.variant_name,
            options=tuple(
                VariantOption(name=o.name, value=o.value, id=o.id) for o in self.variant_options or ()
            ),
            product=self._product(),
            meta=check_levels(self.meta_fields, f"{place}.meta_fields"),
        )

    def _uid(self) -> str:
        """What the shop calls the product: its number, or a code that is none; nothing where it has neither."""
        if self.product_id is not None:
            return str(self.product_id)
        return "" if self.product_sku is None or self.product_sku.isdecimal() else self.product_sku

    def _size(self) -> Size | None:
        """A variant is what the other channels call a size."""
        if not self.variant_options:
            return None
        label = ", ".join(option.name for option in self.variant_options)
        value = ", ".join(option.value for option in self.variant_options)
        uid = None if self.variant_id is None else str(self.variant_id)
        return Size(label=label, value=value, shop_value=value, shop_variation_uid=uid, ean=self.product_ean)

    def _product(self) -> Product:
        return Product(
            url=self.product_url,
            image_url=self.product_image_url,
            family_sku=self.family_sku,
            category_id=self.category_id,
            category_name=self.category_name,
            manufacturer_id=self.manufacturer_id,
            manufacturer_name=self.manufacturer_name,
        )


class _Prices:
    """The amounts of one line, in cents, as far as they were given."""

    def __init__(self, line: LineBody, place: str) -> None:
        self._line = line
        self._place = place
        self._net = _rounded(line.unit_price_net)
        self._tax = _rounded(line.unit_tax_amount)

    def _field(self, name: str) -> str:
        return f"{self._place}.{name}"

    def rate(self) -> int:
        """The rate of VAT in basis points; where it was not said, the one that net and tax amount to."""
        percent = self._line.product_tax_percent
        if percent is not None:
            return exact_hundredths(percent, self._field("product_tax_percent"))
        if self._net and self._tax is not None:
            return min(10_000, round(self._tax * 10_000 / self._net))
        return 0

    def gross(self) -> int:
        """The price of one piece."""
        line = self._line
        if line.unit_price_gross is not None:
            gross = exact_hundredths(line.unit_price_gross, self._field("unit_price_gross"))
            self._check_unit(gross)
            return gross
        if self._net is None:
            raise invalid(self._field("unit_price_gross"), "Give the price of one piece.")
        return self._net + (share_of(self._net, self.rate()) if self._tax is None else self._tax)

    def _check_unit(self, gross: int) -> None:
        if self._net is not None and self._tax is not None and abs(self._net + self._tax - gross) > TOLERANCE:
            raise invalid(self._field("unit_price_gross"), "Net price and tax do not add up to it.")
        for name, amount in (("unit_price_net", self._net), ("unit_tax_amount", self._tax)):
            if amount is not None and amount > gross:
                raise invalid(self._field(name), "More than the gross price.")

    def vat(self, gross: int, rate: int) -> int:
        """The VAT within one piece: as given, or as the rate says."""
        if self._net is not None:
            return gross - self._net
        return vat_within(gross, rate) if self._tax is None else self._tax

    def check_line(self, gross: int, vat: int) -> None:
        """A line is the unit times the quantity. Raises Fault."""
        line = self._line
        for name, given, unit in (
            ("line_subtotal_gross", line.line_subtotal_gross, gross),
            ("line_tax_amount", line.line_tax_amount, vat),
            ("line_subtotal_net", line.line_subtotal_net, gross - vat),
        ):
            if given is not None and abs(round(given * 100) - unit * line.quantity) > TOLERANCE:
                raise invalid(self._field(name), "Not the unit's amount times the quantity.")


def _rounded(amount: float | None) -> int | None:
    return None if amount is None else round(amount * 100)


def exact_hundredths(amount: float, field: str) -> int:
    """Cents, or basis points of a percentage. Raises Fault for more than two decimals."""
    hundredths = hundredths_of(amount)
    if hundredths is None:
        raise invalid(field, "At most two decimals.")
    return hundredths


MOST_LEVELS = 20
"""Values within values: whatever reads them again goes as deep."""


def check_levels(fields: dict[str, Any] | None, field: str) -> dict[str, Any] | None:
    """What a client keeps for itself. Raises Fault where it is nested too deeply."""
    if not _is_within(MOST_LEVELS, fields):
        raise invalid(field, f"Nested at most {MOST_LEVELS} levels deep.")
    return fields


def _is_within(levels: int, value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels >= 0 and all(_is_within(levels - 1, item) for item in inner)
