"""What goes wrong in a run, and how often. Every seed draws a mix of its own."""

import random
from dataclasses import dataclass, field

FAULTS = (
    "kill",
    "disk error",
    "commit answer lost",
    "publish lost",
    "confirm lost",
    "message twice",
    "message late",
    "message dropped",
    "message overtaken",
    "cut off",
    "call lost",
    "answer lost",
    "call late",
    "call slow",
    "page late",
    "answer slow",
    "error before",
    "error after",
    "away",
    "lost for long",
    "webhook lost",
    "webhook twice",
    "webhook late",
    "webhook rewritten",
    "mail put off",
    "mail answer lost",
    "request lost",
    "reply lost",
)
# Where a process dies, or a disk fails, in runs that look closely at one place.
PLACES = (
    "",
    "",
    "",
    "booking:",
    "payment:",
    "calendar:",
    "notify:",
    "before commit",
    "after commit",
    "before call",
    "after call",
    "publish",
    "before task",
)
# In some runs one kind of message, or all of a service, is on its way for minutes, every second time.
SLOW_KINDS = (
    *("",) * 6,
    "calendar.hold",
    "calendar.held",
    "calendar.release",
    "calendar.released",
    "calendar.confirm",
    "calendar.confirmed",
    "payment.collect",
    "payment.authorized",
    "payment.capture",
    "payment.give_back",
    "payment.given_back",
    "booking.",
    "booking.",
)
# In some runs a service is lost for long just when it is spoken of, every second time.
TRIGGERS = (
    *("",) * 8,
    "calendar.hold",
    "calendar.confirm",
    "calendar.confirmed",
    "payment.collect",
    "payment.authorized",
    "payment.capture",
    "payment.arrived_late",
    "payment.arrived_late",
)
RATES = (0.03, 0.1, 0.3)
# A fault point is passed thousands of times in a run.
RATES_AT_POINTS = (0.0005, 0.002, 0.008)
# Asked three times a minute.
RATES_OF_LOSS = (0.005, 0.02, 0.05)
AT_POINTS = ("kill", "disk error", "commit answer lost")
# A booking opens one page, seldom two.
RATES_OF_PAGES = (0.1, 0.3, 0.6)
BY_THE_MINUTE = ("cut off", "away", "lost for long")

RARE_OR_OFTEN = {"lost for long": RATES_OF_LOSS, "page late": RATES_OF_PAGES}


@dataclass
class Weather:
    """The rate of every fault while the storm lasts."""

    rng: random.Random
    rates: dict[str, float] = field(default_factory=dict)
    place: str = ""
    slow_kind: str = ""
    trigger: str = ""
    calm: bool = False

    @classmethod
    def of(cls, rng: random.Random) -> "Weather":
        """A mix drawn from the seed: some faults never, some rarely, some all the time."""
        share = rng.choice((0.1, 0.3, 0.5, 0.8))
        weather = cls(
            rng, place=rng.choice(PLACES), slow_kind=rng.choice(SLOW_KINDS), trigger=rng.choice(TRIGGERS)
        )
        for fault in FAULTS:
            rates = RATES_AT_POINTS if fault in AT_POINTS else RARE_OR_OFTEN.get(fault, RATES)
            if rng.random() < share:
                focused = 6 if fault in AT_POINTS and weather.place else 1
                weather.rates[fault] = rng.choice(rates) * focused
        return weather

    def strikes(self, fault: str) -> bool:
        """Whether this fault happens now."""
        rate = 0.0 if self.calm else self.rates.get(fault, 0.0)
        return rate > 0.0 and self.rng.random() < rate

    def is_slow(self, kind: str) -> bool:
        """Whether this message takes minutes, because all of its kind do."""
        slow = self.slow_kind
        meant = kind.startswith(slow) if slow.endswith(".") else kind == slow
        return not self.calm and meant and self.rng.random() < 0.5

    def is_triggered(self, kind: str) -> bool:
        """Whether this message has a service lost, because all of its kind do."""
        return not self.calm and kind == self.trigger and self.rng.random() < 0.5

    def strikes_at(self, fault: str, point: str) -> bool:
        """Whether this fault happens at a fault point."""
        return self.place in point and self.strikes(fault)
