"""Money is whole cents, rates are basis points (2400 is 24 %); every rounding of the project stands here."""

WHOLE = 10_000
"""A rate of 100 %, in basis points."""

MOST_CENTS = 10**11
"""A thousand million euros: beyond this an amount is a mistake, and below it no sum overflows a bigint."""


ALMOST_WHOLE = 1e-6
"""Hundredths that a float may be away from a whole one: less than any third decimal, more than floats of our size are inexact."""


def hundredths_of(number: float) -> int | None:
    """The cents of an amount, or the basis points of a percentage; None where it has more than two decimals."""
    hundredths = round(number * 100)
    return hundredths if abs(hundredths - number * 100) <= ALMOST_WHOLE else None


def share_of(amount_cents: int, rate: int) -> int:
    """The part of an amount that a rate takes, half a cent rounded up."""
    return (amount_cents * rate * 2 + WHOLE) // (2 * WHOLE)


def net_of(gross_cents: int, vat_rate: int) -> int:
    """What remains of a gross price without its VAT; the VAT is the difference, so both always add up."""
    divisor = WHOLE + vat_rate
    return (gross_cents * WHOLE * 2 + divisor) // (2 * divisor)


def vat_within(gross_cents: int, vat_rate: int) -> int:
    """The VAT that a gross price contains."""
    return gross_cents - net_of(gross_cents, vat_rate)
