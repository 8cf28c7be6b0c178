"""Every state and change of state that a run may come to, and those that it cannot."""

from __future__ import annotations

from collections import Counter

from tests.simulation.installed import Change

STEPS: frozenset[Change] = frozenset()


def never_visited(changes: Counter[Change]) -> list[str]:
    """What was expected and never seen, in words."""
    return [" ".join(one) for one in sorted(STEPS - changes.keys())]
