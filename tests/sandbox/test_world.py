"""The sandbox's memory."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from sandbox.world import World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "world.db"


def opened(path: Path | str = ":memory:") -> World:
    return World(path, lambda: NOON, random=Random(1))


def test_what_was_put_is_there_after_another_start_in_the_order_it_was_first_put(file: Path) -> None:
    before = opened(file)
    for id in ("b", "a"):
        before.put("mail", id, {"id": id, "read": False})
    before.put("mail", "b", {"id": "b", "read": True})
    after = opened(file)
    assert after.all("mail") == [{"id": "b", "read": True}, {"id": "a", "read": False}]
    assert after.get("mail", "c") is None
    after.delete("mail", "b")
    assert [one["id"] for one in before.all("mail")] == ["a"]


def test_several_changes_become_true_together_or_not_at_all() -> None:
    world = opened()

    def half_way() -> None:
        with world.transaction():
            world.put("mail", "a", {})
            raise LookupError("half way")

    with world.transaction():
        world.put("mail", "kept", {"id": "kept"})
        with pytest.raises(LookupError):
            half_way()
    assert world.all("mail") == [{"id": "kept"}]


def test_documents_are_found_by_what_they_say() -> None:
    world = opened()
    for number in range(5):
        world.put(
            "thing", str(number), {"id": str(number), "created": number, "in": {"even": number % 2 == 0}}
        )
    newest = world.find("thing", ("created", ">=", 1), newest_first=True, limit=2)
    assert [one["id"] for one in newest] == ["4", "3"]
    assert [one["id"] for one in world.find("thing", ("in.even", "=", 1), after="0")] == ["2", "4"]
    assert [one["id"] for one in world.find("thing", ("id", "in", ("1", "9")))] == ["1"]
    with pytest.raises(ValueError, match="not a condition"):
        world.find("thing", ("id') OR ('1", "=", "1"))


def test_a_fault_strikes_as_often_as_it_was_armed_and_survives_a_start(file: Path) -> None:
    opened(file).arm("stripe", "slow", 2, seconds=3)
    world = opened(file)
    assert world.armed() == [{"provider": "stripe", "fault": "slow", "count": 2, "options": {"seconds": 3}}]
    assert world.struck("google", "slow") is None
    assert world.struck("stripe", "slow", lambda options: False) is None
    assert [world.struck("stripe", "slow") for _ in range(3)] == [{"seconds": 3}, {"seconds": 3}, None]


def test_the_clock_runs_ahead_and_stays_ahead(file: Path) -> None:
    opened(file).advance(90)
    assert (opened(file).now() - NOON).total_seconds() == 90


def test_somebody_who_watches_is_told_once_the_change_is_true() -> None:
    world = opened()
    seen: list[int] = []

    def look() -> None:
        seen.append(len(world.all("mail")))

    world.watch("mail", look)
    with world.transaction():
        world.put("mail", "a", {})
        world.put("mail", "b", {})
        assert seen == []
    world.put("text", "c", {})
    world.unwatch("mail", look)
    world.put("mail", "d", {})
    assert seen == [2]


def test_forgetting_leaves_the_clock_where_it_is() -> None:
    world = opened()
    world.put("mail", "a", {})
    world.arm("smtp", "down")
    world.advance(5)
    world.reset()
    assert (world.all("mail"), world.armed()) == ([], [])
    assert (world.now() - NOON).total_seconds() == 5


def test_ids_are_written_as_providers_write_them() -> None:
    assert opened().new_id("pi_").startswith("pi_")
    assert len(opened().new_id("pi_", 24)) == 27
