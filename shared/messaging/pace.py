"""How long to wait before trying again."""

import random

FIRST = 0.5
LONGEST = 60.0


def growing_delay(attempts: int, rng: random.Random) -> float:
    """Seconds before the next attempt: doubling from half a second to a minute, spread by a fifth."""
    delay: float = min(LONGEST, FIRST * 2 ** min(attempts, 10))
    return delay * rng.uniform(0.8, 1.2)
