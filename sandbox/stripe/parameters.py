"""What a parameter may look like, and how Stripe words it when it does not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.stripe.errors import ParameterError, missing
from sandbox.stripe.forms import Value


class Kind(Protocol):
    """One shape of parameter."""

    def read(self, value: Value, name: str) -> Any:
        """The parameter's meaning, or a refusal that names it."""


def _empty(name: str) -> ParameterError:
    return ParameterError(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a "
        f"parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or "
        "supply a non-empty value.",
        code="parameter_invalid_empty",
        param=name,
    )


@dataclass(frozen=True)
class Text:
    """A string; with `clearable` an empty one means none."""

    clearable: bool = False
    longest: int = 5000

    def read(self, value: Value, name: str) -> str | None:
        if not isinstance(value, str):
            raise ParameterError("Invalid string: expected a string.", param=name)
        if value == "":
            if self.clearable:
                return None
            raise _empty(name)
        if len(value) > self.longest:
            raise ParameterError(
                f"Invalid string: must be at most {self.longest} characters",
                code="parameter_invalid_string",
                param=name,
            )
        return value


class Choice:
    """One word out of a few."""

    def __init__(self, *words: str, clearable: bool = False) -> None:
        self._words = words
        self._text = Text(clearable=clearable)

    def read(self, value: Value, name: str) -> str | None:
        word = self._text.read(value, name)
        if word is None or word in self._words:
            return word
        raise ParameterError(f"Invalid {name}: must be one of {', '.join(self._words)}", param=name)


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    least: int | None = None
    most: int | None = None

    def read(self, value: Value, name: str) -> int:
        if value == "":
            raise _empty(name)
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise ParameterError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        number = int(value)
        if self.least is not None and number < self.least:
            raise ParameterError(
                f"This value must be greater than or equal to {self.least}.",
                code="parameter_invalid_integer",
                param=name,
            )
        if self.most is not None and number > self.most:
            raise ParameterError(
                f"This value must be less than or equal to {self.most}.",
                code="parameter_invalid_integer",
                param=name,
            )
        return number


@dataclass(frozen=True)
class Flag:
    """True or false; some flags also take a word."""

    words: tuple[str, ...] = ()

    def read(self, value: Value, name: str) -> bool | str:
        if isinstance(value, str):
            if value in self.words:
                return value
            if value in ("true", "false"):
                return value == "true"
        raise ParameterError(f"Invalid boolean: {value}", param=name)


@dataclass(frozen=True)
class Metadata:
    """Keys and values of the caller's own; an empty string clears."""

    def read(self, value: Value, name: str) -> dict[str, str]:
        if value == "":
            return {"": ""}
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise ParameterError("Invalid object", param=name)
        read = {key: str(text) for key, text in value.items()}
        if len(read) > 50 or any(len(key) > 40 or len(text) > 500 for key, text in read.items()):
            raise ParameterError(
                "Metadata can have up to 50 keys of up to 40 characters, with values of up to 500.",
                param=name,
            )
        return read


@dataclass(frozen=True)
class Loose:
    """Something the sandbox keeps and gives back without looking into it."""

    def read(self, value: Value, name: str) -> Value | None:
        return None if value == "" else value


@dataclass(frozen=True)
class Many:
    """A list of one kind."""

    of: Kind
    clearable: bool = False

    def read(self, value: Value, name: str) -> list[Any] | None:
        if value == "" and self.clearable:
            return None
        if not isinstance(value, list):
            raise ParameterError("Invalid array", param=name)
        return [self.of.read(entry, f"{name}[{place}]") for place, entry in enumerate(value)]


@dataclass(frozen=True)
class Fields:
    """A closed table of named parameters."""

    kinds: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()

    def read(self, value: Value, name: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ParameterError("Invalid object", param=name)
        for key in value:
            if key not in self.kinds:
                raise self._unknown(key, _within(name, key))
        for key in self.required:
            if key not in value:
                raise missing(_within(name, key))
        return {key: self.kinds[key].read(entry, _within(name, key)) for key, entry in value.items()}

    def _unknown(self, key: str, name: str) -> ParameterError:
        if key in self.retired:
            return ParameterError(
                f"The parameter {key} is no longer supported. Use dynamic payment methods, or "
                "allowed_payment_method_types or excluded_payment_method_types instead.",
                code="payment_method_types_no_longer_supported",
                param=name,
            )
        return ParameterError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


@dataclass(frozen=True)
class Range:
    """A moment, or a range of moments given as gt, gte, lt, lte."""

    def read(self, value: Value, name: str) -> dict[str, int]:
        if isinstance(value, str):
            exactly = Whole().read(value, name)
            return {"gte": exactly, "lte": exactly}
        bounds = Fields({bound: Whole() for bound in ("gt", "gte", "lt", "lte")})
        return bounds.read(value, name)


def _within(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


def merged(kept: dict[str, str], sent: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update: keys sent replace, empty values remove, an empty whole clears."""
    if sent is None:
        return kept
    if "" in sent:
        return {}
    return {key: text for key, text in {**kept, **sent}.items() if text != ""}
