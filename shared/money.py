"""Money: whole minor units of one currency, and how people write them."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from babel.numbers import format_currency
from pydantic import BaseModel, ConfigDict, StringConstraints

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

# ISO 4217: the currencies whose smallest unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


def exponent(currency: str) -> int:
    """How many decimal places the currency has, by ISO 4217."""
    return _EXPONENTS.get(currency, 2)


class Money(BaseModel):
    """An amount in minor units (cents, pence, yen) of one ISO 4217 currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: int
    currency: CurrencyCode

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(amount=self.amount - other.amount, currency=self.currency)

    def times(self, factor: int) -> "Money":
        return Money(amount=self.amount * factor, currency=self.currency)

    def __bool__(self) -> bool:
        return self.amount != 0

    def major(self) -> Decimal:
        """The amount in the unit that people name (dollars, not cents)."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def words(self, locale: str = "en") -> str:
        """The amount as a reader of that locale writes it: `$10.00`, `1.500 ¥`."""
        return format_currency(self.major(), self.currency, locale=locale.replace("-", "_"))


def from_major(amount: Decimal, currency: str) -> Money:
    """Money from a written amount; more decimals than the currency has are refused."""
    minor = amount.scaleb(exponent(currency))
    if minor != minor.to_integral_value(rounding=ROUND_HALF_UP):
        raise ValueError(f"{currency} has {exponent(currency)} decimal places, got {amount}")
    return Money(amount=int(minor), currency=currency)
