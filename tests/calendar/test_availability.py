"""What is offered: hours, notice, horizon, buffers, capacities, several resources."""

import pytest

from services.calendar.availability import free_starts, nearest
from services.calendar.plan import LONGEST_TAKEN
from shared.events.values import DateSpan, ExtraSlot
from tests.support.calendar import (
    at,
    clock_times,
    every_day,
    hours_of_day,
    on_weekdays,
    plan,
    resource,
    taken,
)

NOW = at("2026-06-01 08:00")  # a Monday
DAY = "2026-06-03"


def offered(on: object, *holds: object, day: str = DAY, now: int = NOW) -> str:
    return " ".join(hours_of_day(clock_times(on, day, now, *holds)))  # type: ignore[arg-type]


def test_an_hour_must_end_before_the_resource_closes() -> None:
    late = plan(resource(weekly_hours=every_day("09:00-11:30")), step=30)
    assert offered(late) == "09:00 09:30 10:00 10:30"


def test_the_step_grid_begins_at_the_opening_and_not_at_the_full_hour() -> None:
    assert offered(plan(resource(weekly_hours=every_day("09:20-12:20")))) == "09:20 10:20 11:20"


def test_a_break_is_kept_free_and_the_grid_begins_anew_after_it() -> None:
    assert offered(plan(resource(weekly_hours=every_day("09:00-11:30", "13:15-15:15")))) == (
        "09:00 10:00 13:15 14:15"
    )


def test_midnight_is_no_break_for_a_resource_that_stays_open() -> None:
    night = plan(resource(weekly_hours=every_day("22:00-24:00", "00:00-02:00")), duration=120)
    assert offered(night) == "00:00 22:00 23:00"


def test_a_break_at_midnight_is_a_break() -> None:
    night = plan(resource(weekly_hours=every_day("22:00-23:45", "00:15-02:00")), duration=60, step=15)
    assert offered(night) == "00:15 00:30 00:45 01:00 22:00 22:15 22:30 22:45"


def test_hours_that_overlap_each_other_offer_every_start_once_and_in_order() -> None:
    both = plan(resource(weekly_hours=every_day("09:00-12:00", "10:30-13:30")))
    assert offered(both) == "09:00 10:00 10:30 11:00 11:30 12:30"


def test_a_resource_is_closed_on_the_weekdays_without_hours() -> None:
    midweek = plan(resource(weekly_hours=on_weekdays([2], "09:00-10:00")))
    assert offered(midweek, day="2026-06-02") == ""
    assert offered(midweek, day="2026-06-03") == "09:00"


def test_an_extra_slot_opens_a_date_beside_the_weekly_hours() -> None:
    extra = ExtraSlot(date=DAY, opens="18:00", closes="19:00")
    some = resource(weekly_hours=every_day("09:00-10:00"), extra=(extra,))
    assert offered(plan(some)) == "09:00 18:00"
    assert offered(plan(some), day="2026-06-04") == "09:00"


def test_a_blocked_date_closes_also_its_extra_slots_and_the_session_that_would_run_into_it() -> None:
    night = resource(
        weekly_hours=every_day("22:00-02:00"),
        blocked=(DateSpan(first=DAY, last=DAY),),
        extra=(ExtraSlot(date=DAY, opens="09:00", closes="12:00"),),
    )
    late = plan(night, duration=120)
    assert offered(late) == ""
    assert offered(late, day="2026-06-02") == "00:00 22:00"
    assert offered(late, day="2026-06-04") == "00:00 22:00 23:00"


def test_a_booking_takes_its_time_and_the_buffers_around_it() -> None:
    with_buffers = plan(duration=60, step=30, buffer_before=15, buffer_after=15)
    hold = taken(at(f"{DAY} 12:00"), with_buffers)
    assert offered(with_buffers, hold) == "09:00 09:30 10:00 10:30 13:30 14:00 14:30 15:00 15:30 16:00"


def test_sessions_may_follow_each_other_without_a_gap() -> None:
    hourly = plan()
    assert offered(hourly, taken(at(f"{DAY} 12:00"), hourly)) == "09:00 10:00 11:00 13:00 14:00 15:00 16:00"


def test_a_booking_that_began_the_day_before_still_takes_the_morning() -> None:
    always = plan(resource(weekly_hours=every_day("00:00-24:00")), duration=60, step=240)
    long = plan(resource(), duration=600)
    assert offered(always, taken(at("2026-06-02 20:00"), long)) == "08:00 12:00 16:00 20:00"


def test_notice_is_counted_to_the_minute() -> None:
    noticed = plan(minimum_notice=48 * 60)
    assert offered(noticed, now=at("2026-06-01 12:00")) == "12:00 13:00 14:00 15:00 16:00"
    assert offered(noticed, now=at("2026-06-01 12:01")) == "13:00 14:00 15:00 16:00"


def test_what_has_begun_is_not_offered_even_without_notice() -> None:
    assert offered(plan(), now=at(f"{DAY} 15:00")) == "16:00"


def test_the_horizon_is_the_last_local_day_whole() -> None:
    near = plan(horizon_days=2)
    assert offered(near, day="2026-06-03", now=at("2026-06-01 23:30")) != ""
    assert offered(near, day="2026-06-04", now=at("2026-06-01 23:30")) == ""


def test_a_daily_maximum_closes_the_local_day_when_it_is_reached() -> None:
    few = plan(resource(daily_maximum=2))
    holds = [taken(at(f"{DAY} 09:00"), few), taken(at(f"{DAY} 10:00"), few)]
    assert offered(few, *holds) == ""
    assert offered(few, *holds, day="2026-06-04") != ""
    assert offered(few, holds[0]).startswith("10:00")


def test_a_room_for_three_is_offered_until_three_have_it() -> None:
    room = plan(resource(capacity=3))
    noon = at(f"{DAY} 12:00")
    two = [taken(noon, room, unit=0), taken(noon, room, unit=1)]
    assert "12:00" in offered(room, *two)
    assert "12:00" not in offered(room, *two, taken(noon, room, unit=2))


def test_two_units_that_are_free_at_different_times_do_not_make_one_that_is_free_throughout() -> None:
    room = plan(resource(capacity=2), duration=120)
    holds = [taken(at(f"{DAY} 10:00"), plan(duration=60), unit=0), taken(at(f"{DAY} 11:00"), plan(), unit=1)]
    assert "10:00" not in offered(room, *holds)
    assert "12:00" in offered(room, *holds)


def test_a_party_needs_units_side_by_side() -> None:
    tables = plan(resource(capacity=3))
    noon = at(f"{DAY} 12:00")
    middle = {"consulting.ada": [taken(noon, tables, unit=1)]}
    assert free_starts(tables, middle, noon, noon + 1, NOW, quantity=1) == [noon]
    assert free_starts(tables, middle, noon, noon + 1, NOW, quantity=2) == []
    assert free_starts(tables, {}, noon, noon + 1, NOW, quantity=4) == []


def test_a_class_is_joined_until_its_seats_are_taken_and_keeps_its_teacher_from_all_else() -> None:
    course = plan(capacity=3, step=30)
    noon = at(f"{DAY} 12:00")
    seats = [taken(noon, course, units=1000, quantity=1, session="class") for _ in range(2)]
    with_two = offered(course, *seats)
    assert "12:00" in with_two
    assert "11:30" not in with_two
    assert "12:30" not in with_two
    assert "12:00" not in offered(course, *seats, seats[0])


def test_a_restaurant_counts_its_guests_and_not_its_tables() -> None:
    dinner = plan(resource(capacity=40), duration=120, step=30)
    noon, one = at(f"{DAY} 12:00"), at(f"{DAY} 13:00")
    holds = [taken(noon, dinner, unit=None, units=30), taken(one, dinner, unit=None, units=8)]
    taken_by = {"consulting.ada": holds}
    assert free_starts(dinner, taken_by, noon, noon + 1, NOW, quantity=2) == [noon]
    assert free_starts(dinner, taken_by, noon, noon + 1, NOW, quantity=3) == []
    after = at(f"{DAY} 14:00")
    assert free_starts(dinner, taken_by, after, after + 1, NOW, quantity=32) == [after]


def test_an_offering_may_limit_one_start_below_what_the_resource_can_serve() -> None:
    entry = plan(resource(capacity=40), capacity=8, duration=120, step=30)
    noon = at(f"{DAY} 12:00")
    taken_by = {"consulting.ada": [taken(noon, entry, unit=None, units=7)]}
    assert free_starts(entry, taken_by, noon, noon + 1, NOW, quantity=1) == [noon]
    assert free_starts(entry, taken_by, noon, noon + 1, NOW, quantity=2) == []


def test_a_start_is_offered_when_any_resource_can_take_it() -> None:
    ada = resource("consulting.ada", weekly_hours=every_day("09:00-11:00"))
    bob = resource("consulting.bob", weekly_hours=every_day("10:00-12:00"))
    both = plan(ada, bob)
    since, until = at(f"{DAY} 00:00"), at("2026-06-04 00:00")
    nine, ten, eleven = (at(f"{DAY} {hour}:00") for hour in ("09", "10", "11"))
    assert free_starts(both, {}, since, until, NOW) == [nine, ten, eleven]
    busy = {"consulting.ada": [taken(nine, both), taken(ten, both)]}
    assert free_starts(both, busy, since, until, NOW) == [ten, eleven]


def test_an_offering_whose_resources_are_gone_offers_nothing() -> None:
    orphan = plan(resource("consulting.ada"), resources=("consulting.nobody",))
    assert free_starts(orphan, {}, NOW, NOW + 10**6, NOW) == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(50, [40, 50, 60]), (0, [10, 20, 30]), (999, [70, 80, 90]), (54, [40, 50, 60]), (56, [50, 60, 70])],
)
def test_the_nearest_free_starts_are_told_in_the_order_of_time(wanted: int, expected: list[int]) -> None:
    assert nearest(list(range(10, 100, 10)), wanted, 3) == expected


def test_there_may_be_fewer_free_starts_than_asked_for() -> None:
    assert nearest([], 5, 3) == []
    assert nearest([7], 5, 3) == [7]


def test_a_session_longer_than_anything_the_calendar_looks_back_for_is_refused_when_defined() -> None:
    with pytest.raises(ValueError, match="length or step"):
        plan(duration=LONGEST_TAKEN // 60 + 1)
    with pytest.raises(ValueError, match="length or step"):
        plan(step=0)
