"""The ways the outside world can break, and breaking it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.world import Document, World

_UNTIL_MENDED = 1_000_000


@dataclass(frozen=True)
class Fault:
    """One way a provider can fail, in plain words."""

    provider: str
    name: str
    title: str
    explanation: str
    seconds: float | None = None
    lasts: bool = False


def arm(world: World, fault: Fault, count: int | None, seconds: float | None, **only: str) -> None:
    """Break it for so many calls, or, where the fault can last, for so many seconds of the world's time."""
    options: Document = dict(only)
    if fault.lasts and seconds is not None:
        until = (world.now() + timedelta(seconds=seconds)).isoformat()
        world.arm(fault.provider, fault.name, count or _UNTIL_MENDED, until=until, **options)
        return
    if fault.seconds is not None and not fault.lasts:
        options["seconds"] = fault.seconds if seconds is None else seconds
    world.arm(fault.provider, fault.name, count or 1, **options)


def strike(world: World, provider: str, fault: str) -> Document | None:
    """The options of a fault that strikes now; an outage whose time is over strikes no more."""
    return world.struck(provider, fault, lambda options: _still_lasts(options, world.now()))


def standing(world: World) -> list[Document]:
    """The faults that may still strike, oldest first."""
    return [fault for fault in world.armed() if _still_lasts(fault["options"], world.now())]


def _still_lasts(options: Document, now: datetime) -> bool:
    until = options.get("until")
    return until is None or datetime.fromisoformat(until) > now


def forget_past(world: World) -> None:
    """Take back the outages whose time is over, for providers that do not look at the time themselves."""
    armed = world.armed()
    lasting = [fault for fault in armed if _still_lasts(fault["options"], world.now())]
    if len(lasting) == len(armed):
        return
    with world.transaction():
        world.disarm()
        for fault in lasting:
            world.arm(fault["provider"], fault["fault"], fault["count"], **fault["options"])
