"""Amounts in minor units: what each currency allows, and how a person reads it."""

from sandbox.stripe.errors import StripeError, too_small

_ZERO_DECIMAL = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf"
_THREE_DECIMAL = "bhd jod kwd omr tnd"
_TWO_DECIMAL = """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf
    cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils
    inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn
    nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd
    std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar zmw
"""
_DIGITS = (
    dict.fromkeys(_TWO_DECIMAL.split(), 2)
    | dict.fromkeys(_ZERO_DECIMAL.split(), 0)
    | dict.fromkeys(_THREE_DECIMAL.split(), 3)
)
_SIGNS = {
    "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$", "nzd": "NZ$", "brl": "R$",
    "mxn": "MX$", "hkd": "HK$", "inr": "₹", "ils": "₪", "krw": "₩", "vnd": "₫",
}  # fmt: skip
# The least Stripe charges, in minor units.
_LEAST = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300,
    "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MOST = 99_999_999


def written(amount: int, currency: str) -> str:
    """An amount as people read it."""
    digits = _DIGITS[currency]
    whole, rest = divmod(abs(amount), 10**digits)
    number = f"{whole:,}" + (f".{rest:0{digits}}" if digits else "")
    sign = _SIGNS.get(currency, currency.upper() + " ")
    return f"{'-' if amount < 0 else ''}{sign}{number}"


def checked_currency(currency: str) -> str:
    """The currency in lower case; refused when Stripe does not take it."""
    if currency.lower() in _DIGITS:
        return currency.lower()
    raise StripeError(f"Invalid currency: {currency.lower()}.", param="currency")


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse what cannot be charged in this currency."""
    if amount < 1:
        raise too_small(param)
    least = _LEAST.get(currency, 1)
    if amount < least:
        raise StripeError(
            f"Amount must be at least {written(least, currency)} {currency}",
            code="amount_too_small",
            param=param,
        )
    if amount > _MOST:
        raise StripeError(
            f"Amount must be no more than {written(_MOST, currency)}", code="amount_too_large", param=param
        )
    # The krona lost its decimals but is still sent with two.
    step = 100 if currency == "isk" else 10 if _DIGITS[currency] == 3 else 1
    if amount % step:
        raise StripeError(
            f"Invalid amount: {currency} amounts must be divisible by {step}.",
            code="invalid_charge_amount_no_decimal_compatible" if currency == "isk" else None,
            param=param,
        )
