"""The card form of the Checkout page, as it was filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_EXPIRY = re.compile(r"\s*(\d{1,2})\s*/?\s*(\d{2}|\d{4})\s*")


@dataclass(frozen=True)
class Chip:
    """A test card one press away."""

    number: str
    title: str
    says: str


CHIPS = (
    Chip("4242 4242 4242 4242", "4242", "succeeds"),
    Chip("4000 0000 0000 9995", "9995", "insufficient funds"),
    Chip("4000 0027 6000 3184", "3184", "3D Secure"),
)


@dataclass(frozen=True)
class CardForm:
    """What stands in the fields."""

    email: str = ""
    number: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""
    fill: str | None = None

    def filled(self) -> "CardForm":
        """The form with a test card put in."""
        number = self.fill if self.fill in {chip.number for chip in CHIPS} else ""
        return replace(self, number=number or "", expiry="12 / 34", cvc="123", fill=None)

    def errors(self, *, with_email: bool) -> dict[str, str]:
        """What a person must still correct, by field."""
        found: dict[str, str] = {}
        if with_email and "@" not in self.email:
            found["email"] = "Enter your email address."
        if not self.number.strip():
            found["number"] = "Enter the card number."
        if not _EXPIRY.fullmatch(self.expiry):
            found["expiry"] = "Enter the date as MM / YY."
        if not re.fullmatch(r"\d{3,4}", self.cvc.strip()):
            found["cvc"] = "Enter the 3 or 4 digits."
        return found

    def card(self) -> dict[str, Any]:
        """The card as the API takes it."""
        match = _EXPIRY.fullmatch(self.expiry)
        month, year = (int(match[1]), int(match[2])) if match else (0, 0)
        digits = re.sub(r"[\s-]", "", self.number)
        return {
            "number": digits,
            "exp_month": month,
            "exp_year": year + 2000 if year < 100 else year,
            "cvc": self.cvc.strip(),
        }


def read_card_form(sent: Mapping[str, Any]) -> CardForm:
    """The form as the browser sent it."""
    read = {name: str(sent.get(name, ""))[:200] for name in ("email", "number", "expiry", "cvc", "name")}
    fill = sent.get("fill")
    return CardForm(**read, fill=None if fill is None else str(fill))
