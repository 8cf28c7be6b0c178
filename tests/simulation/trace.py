"""What happened in a run: counted, hashed, and told."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# What concerns every booking.
EVERYWHERE = ("killed", "restarted", "cut off", "joined", "away", "back", "calm", "disk error")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, to whom, and when."""

    at: float
    kind: str
    text: str
    booking: str

    def __str__(self) -> str:
        minutes, seconds = divmod(self.at, 60)
        return f"{int(minutes):4d}:{seconds:06.3f}  {self.kind:<18} {self.text}"


class Trace:
    """The whole run in order. The same seed writes the same lines."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self.lines: list[Line] = []
        self.faults: Counter[str] = Counter()
        self.errors: list[str] = []

    def note(self, kind: str, text: str = "", booking: str = "") -> None:
        """Write down something that happened."""
        self.lines.append(Line(self._time(), kind, text, booking))

    def fault(self, kind: str, text: str = "", booking: str = "") -> None:
        """Write down and count something that was made to go wrong."""
        self.faults[kind] += 1
        self.note(kind, text, booking)

    def error(self, text: str) -> None:
        """Write down a defect that the product reported of itself."""
        self.errors.append(text)
        self.note("DEFECT", text)

    def digest(self) -> str:
        """A short hash of everything that happened."""
        told = hashlib.sha256()
        for line in self.lines:
            told.update(f"{line.at!r}|{line.kind}|{line.text}|{line.booking}\n".encode())
        return told.hexdigest()[:16]

    def story(self, booking: str, names: Iterable[str]) -> list[str]:
        """The lines about one booking, which goes by several names, and about everybody."""
        known = [booking, *names]
        return [
            str(line)
            for line in self.lines
            if line.booking == booking or line.kind in EVERYWHERE or any(name in line.text for name in known)
        ]
