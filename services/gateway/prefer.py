"""How long a caller prefers to wait: the `Prefer` header of RFC 7240."""

import re
from dataclasses import dataclass

_WAIT = re.compile(r'^wait\s*=\s*"?(\d{1,6})"?$')


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds the caller waits for the next step, and what of its wish is honoured."""

    seconds: float
    applied: str | None

    @property
    def header(self) -> dict[str, str]:
        return {"preference-applied": self.applied} if self.applied else {}


def patience_of(prefer: str | None, *, usual: float, longest: float) -> Patience:
    """Read a `Prefer` header. What it does not understand is ignored, as the RFC asks."""
    for preference in _preferences(prefer):
        if preference == "respond-async":
            return Patience(0, "respond-async")
        if found := _WAIT.match(preference):
            seconds = min(int(found[1]), longest)
            return Patience(seconds, f"wait={seconds:g}")
    return Patience(usual, None)


def _preferences(prefer: str | None) -> list[str]:
    return [part.partition(";")[0].strip().lower() for part in (prefer or "").split(",")]
