"""What mails say in each language: one file of phrases per language in `words/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from shared.money import Money

FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True)
class Reader:
    """How one person reads: the phrases of their language, and the formats of their region."""

    locale: Locale
    phrases: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The phrase with its gaps filled."""
        return self.phrases[key].format(**values)

    def knows(self, key: str) -> bool:
        return key in self.phrases

    def money(self, amount: Money) -> str:
        return amount.words(str(self.locale))

    @property
    def language(self) -> str:
        """The language tag of the text, `de-AT`."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        return str(self.locale.text_direction)


def reader_for(*wishes: str | None) -> Reader:
    """The reader of the first wish whose language has phrases; English when none has."""
    for wish in wishes:
        locale = _locale(wish)
        if locale is not None and locale.language in languages():
            return Reader(locale, _phrases(locale.language))
    return Reader(Locale("en"), _phrases("en"))


@cache
def languages() -> frozenset[str]:
    """The languages that have phrases."""
    return frozenset(file.stem for file in FOLDER.glob("*.toml"))


@cache
def _phrases(language: str) -> Mapping[str, str]:
    sections = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return _flat(sections)


def _flat(sections: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{section}.{name}": phrase
        for section, phrases in sections.items()
        for name, phrase in phrases.items()
    }


def _locale(wish: str | None) -> Locale | None:
    """A browser may send anything: `de-AT`, `zh_Hant_TW`, or no locale at all."""
    try:
        return Locale.parse(wish, sep="-" if wish and "-" in wish else "_")
    except (UnknownLocaleError, ValueError, TypeError):
        return None
