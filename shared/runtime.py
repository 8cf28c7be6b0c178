"""Time, ids, randomness and fault points: everything that a simulation must own."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Clock(Protocol):
    """Where time comes from. `now` is aware UTC; `monotonic` and `sleep` are in seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's time, moved forward by what was advanced. Only development advances it."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("time only moves forward")
        self._ahead += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """Time that stands still until a test moves it. Sleeping waits in real time, briefly."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


def nothing_happens(point: str) -> None:
    """The fault point of production: passing it has no effect."""


class Runtime:
    """The one source of time, ids and randomness, handed to every part."""

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        reached: Callable[[str], None] = nothing_happens,
    ) -> None:
        self.clock = clock
        self.random = rng
        self.reached = reached

    @classmethod
    def real(cls) -> "Runtime":
        return cls(SystemClock(), random.SystemRandom())

    def now(self) -> datetime:
        return self.clock.now()

    def new_id(self, prefix: str) -> str:
        """An id that sorts by time of making and cannot be guessed: `bk_` and 26 characters."""
        milliseconds = int(self.now().timestamp() * 1000)
        number = (milliseconds << 80) | self.random.getrandbits(80)
        digits = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5)]
        return f"{prefix}_{''.join(digits)}"

    def reference(self) -> str:
        """A short name for people, `BK-7F3K-92QD`: easy to read out, opens nothing."""
        letters = [self.random.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(8)]
        return f"BK-{''.join(letters[:4])}-{''.join(letters[4:])}"


def new_secret(prefix: str) -> str:
    """A fresh random key. Secrets never come from a simulated source."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"
