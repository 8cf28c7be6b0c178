"""How Stripe writes amounts. Nearly ISO 4217 minor units, and wrong by a hundred where it is not."""

from services.payment.providers.port import InvalidRequest
from shared.money import Money, exponent


def _codes(several: str) -> frozenset[str]:
    return frozenset(several.split())


# docs.stripe.com/currencies: amounts of these are whole units.
ZERO_DECIMAL = _codes("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF")
# The last digit of these must be nought.
THREE_DECIMAL = _codes("BHD JOD KWD OMR TND")
# Stripe lists UGX both as zero-decimal and as a special case, and does not know the others.
REFUSED = _codes("UGX UYI IQD LYD")


def stripe_exponent(currency: str) -> int:
    """How many decimal places Stripe counts for a currency."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def encode(money: Money) -> int:
    """The number that Stripe understands as this amount; raises InvalidRequest when there is none."""
    if money.currency in REFUSED:
        raise InvalidRequest("currency_not_supported", f"{money.currency} cannot be charged through Stripe")
    shift = stripe_exponent(money.currency) - exponent(money.currency)
    number = money.amount * 10**shift if shift >= 0 else _whole(money, 10**-shift)
    if money.currency in THREE_DECIMAL and number % 10:
        raise InvalidRequest("amount_not_chargeable", f"{money.currency} needs a last digit of nought")
    return number


def _whole(money: Money, unit: int) -> int:
    number, left = divmod(money.amount, unit)
    if left:
        raise InvalidRequest("amount_not_chargeable", f"{money.currency} has no smaller unit at Stripe")
    return number


def decode(number: int, currency: str) -> Money:
    """The amount that Stripe means by a number. A króna in hundredths that is no whole one stays visible."""
    code = currency.upper()
    shift = stripe_exponent(code) - exponent(code)
    if shift <= 0:
        return Money(amount=number * 10**-shift, currency=code)
    return Money(amount=-(-number // 10**shift), currency=code)
