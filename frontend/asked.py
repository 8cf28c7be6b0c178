"""What the booker asks of a customer, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `complaint` is said beside it when the answer is missing or makes no sense."""

    name: str
    label: str
    complaint: str
    autocomplete: str = "off"
    type: str = "text"
    pattern: str = ""
    required: bool = True


# The pattern is what the API accepts as a phone number, with the escapes that browsers want in a class.
_PHONE = r"\+?[0-9 \(\)\.\/x\-]{5,39}"

FIELDS = (
    Field("name", "Your name", "Please tell us your name.", "name"),
    Field("email", "E-mail", "Please give an address like anna@example.org.", "email", "email"),
    Field("phone", "Phone", "Please give a phone number like +49 30 123456.", "tel", "tel", _PHONE),
    Field("company", "Company", "Please name your company.", "organization", required=False),
    Field("address", "Address", "Please give the address to come to.", "street-address"),
    Field("postcode", "Postcode", "Please give the postcode.", "postal-code"),
    Field("notes", "Anything we should know?", "Please write a few words.", type="textarea", required=False),
)


def asked(offering: Mapping[str, Any]) -> list[Field]:
    """The offering's fields in their usual order: always the name, and the phone where one may be called."""
    names = {"name", *offering["collects"]}
    if "phone" in offering["meeting_methods"]:
        names.add("phone")
    return [field for field in FIELDS if field.name in names]


def is_required(field: Field, offering: Mapping[str, Any]) -> bool:
    """Whether there is no booking without it: a phone that is only there for calls may stay empty."""
    return field.required and field.name in {"name", *offering["collects"]}
