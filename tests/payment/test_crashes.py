"""The process dies at every point of an operation, and starts again: each thing happens once."""

import pytest

from tests.support.payment import Cashier, Died

KINDS = ("start", "capture", "void", "refund", "expire")
POINTS = ("payment: before call: {}", "payment: after call: {}", "payment: before commit: operation")


async def begin(till: Cashier, kind: str) -> None:
    """Everything up to the operation of that kind."""
    if kind == "start":
        return
    await till.collect()
    if kind in ("capture", "void", "refund"):
        till.pays()
        await till.deliver()
    if kind == "refund":
        await till.capture()


async def operate(till: Cashier, kind: str) -> None:
    """What leads to the operation of that kind."""
    if kind == "start":
        await till.collect()
    elif kind == "capture":
        await till.capture()
    else:
        await till.give_back()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_at_any_point_of_a_call_repeats_it_without_harm(
    till: Cashier, kind: str, point: str
) -> None:
    await begin(till, kind)
    events = len(till.world.all("stripe.event"))
    till.dies(point.format(kind))
    with pytest.raises(Died):
        await operate(till, kind)
    # The lease of the dead run lapses, and the task is found again.
    await till.later(seconds=100)
    assert (await till.kinds()).count(f"{kind} succeeded") == 1
    assert [one for one in (await till.payment()).operations if one.in_flight] == []
    again = len(till.world.all("stripe.event"))
    await till.later(seconds=100)
    assert len(till.world.all("stripe.event")) == again
    assert again - events in (0, 1, 2)


async def test_a_process_killed_before_the_commit_of_a_command_has_not_heard_it(till: Cashier) -> None:
    till.dies("payment: before commit: payment.collect")
    with pytest.raises(Died):
        await till.collect()
    await till.collect()
    assert len(till.world.all("stripe.checkout.session")) == 1


async def test_a_process_killed_while_following_a_webhook_follows_it_again(till: Cashier) -> None:
    await till.collect()
    till.pays()
    till.dies("payment: before commit: provider-event")
    with pytest.raises(Died):
        await till.deliver()
    await till.later(seconds=100)
    assert (await till.names()).count("payment.authorized") == 1
