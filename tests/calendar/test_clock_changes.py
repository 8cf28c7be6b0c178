"""Slots around the days on which clocks change, in four zones."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.calendar.hours import DAY, instant_of, offset_at
from tests.support.calendar import at, clock_times, every_day, hours_of_day, plan, resource

LONG_AGO = at("2026-01-01 00:00", "UTC")
NINE_TO_FIVE = [f"{hour:02d}:00" for hour in range(9, 17)]

CHANGES = [
    # zone, the day of the change, the offset the day before, the offset the day after
    ("Europe/Berlin", "2026-03-29", "+0100", "+0200"),
    ("Europe/Berlin", "2026-10-25", "+0200", "+0100"),
    ("Europe/Berlin", "2027-03-28", "+0100", "+0200"),
    ("Europe/Berlin", "2027-10-31", "+0200", "+0100"),
    ("America/New_York", "2026-03-08", "-0500", "-0400"),
    ("America/New_York", "2026-11-01", "-0400", "-0500"),
    ("America/New_York", "2027-03-14", "-0500", "-0400"),
    ("America/New_York", "2027-11-07", "-0400", "-0500"),
    ("Australia/Lord_Howe", "2026-04-05", "+1100", "+1030"),
    ("Australia/Lord_Howe", "2026-10-04", "+1030", "+1100"),
    ("Australia/Lord_Howe", "2027-04-04", "+1100", "+1030"),
    ("Australia/Lord_Howe", "2027-10-03", "+1030", "+1100"),
    ("Asia/Kolkata", "2026-03-29", "+0530", "+0530"),
    ("Asia/Kolkata", "2026-10-25", "+0530", "+0530"),
]


def shifted(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(("zone", "day", "before", "after"), CHANGES)
def test_office_hours_are_the_same_on_the_clock_before_on_and_after_a_change(
    zone: str, day: str, before: str, after: str
) -> None:
    office = plan(resource(zone=zone), horizon_days=1000)
    expected = {-1: before, 0: after, 1: after}
    for days, offset in expected.items():
        times = clock_times(office, shifted(day, days), LONG_AGO)
        assert times == [f"{hour}{offset}" for hour in NINE_TO_FIVE]


NIGHTS = [
    # zone, day, step in minutes, what a round-the-clock resource offers until five in the morning
    ("Europe/Berlin", "2026-03-29", 60, "00:00 01:00 03:00 04:00"),
    ("Europe/Berlin", "2026-10-25", 60, "00:00 01:00 02:00 02:00 03:00 04:00"),
    ("America/New_York", "2026-03-08", 60, "00:00 01:00 03:00 04:00"),
    ("America/New_York", "2026-11-01", 60, "00:00 01:00 01:00 02:00 03:00 04:00"),
    ("Australia/Lord_Howe", "2026-10-04", 60, "00:00 01:00 03:00 04:00"),
    ("Australia/Lord_Howe", "2026-10-04", 30, "00:00 00:30 01:00 01:30 02:30 03:00 03:30 04:00 04:30"),
    ("Australia/Lord_Howe", "2026-04-05", 60, "00:00 01:00 02:00 03:00 04:00"),
    (
        "Australia/Lord_Howe",
        "2026-04-05",
        30,
        "00:00 00:30 01:00 01:30 01:30 02:00 02:30 03:00 03:30 04:00 04:30",
    ),
    ("Asia/Kolkata", "2026-03-29", 60, "00:00 01:00 02:00 03:00 04:00"),
]


@pytest.mark.parametrize(("zone", "day", "step", "expected"), NIGHTS)
def test_a_time_that_clocks_skip_is_not_offered_and_one_they_show_twice_is_offered_twice(
    zone: str, day: str, step: int, expected: str
) -> None:
    always = plan(
        resource(zone=zone, weekly_hours=every_day("00:00-24:00")),
        duration=15,
        step=step,
        horizon_days=1000,
    )
    times = hours_of_day(clock_times(always, day, LONG_AGO))
    assert [time for time in times if time < "05:00"] == expected.split()


def test_a_resource_that_opens_at_a_skipped_time_opens_when_the_clocks_change() -> None:
    early = plan(resource(weekly_hours=every_day("02:30-05:00")), horizon_days=1000)
    assert clock_times(early, "2026-03-28", LONG_AGO) == ["02:30+0100", "03:30+0100"]
    assert clock_times(early, "2026-03-29", LONG_AGO) == ["03:00+0200", "04:00+0200"]


def test_hours_that_lie_within_the_skipped_hour_offer_nothing_on_that_day() -> None:
    night = plan(resource(weekly_hours=every_day("02:00-03:00")), horizon_days=1000)
    assert clock_times(night, "2026-03-28", LONG_AGO) == ["02:00+0100"]
    assert clock_times(night, "2026-03-29", LONG_AGO) == []


def test_a_resource_that_closes_at_a_repeated_time_closes_at_its_first_showing() -> None:
    late = plan(resource(weekly_hours=every_day("00:00-02:30")), duration=30, step=30, horizon_days=1000)
    times = clock_times(late, "2026-10-25", LONG_AGO)
    assert times == ["00:00+0200", "00:30+0200", "01:00+0200", "01:30+0200", "02:00+0200"]


def test_two_windows_that_meet_at_a_repeated_time_neither_overlap_nor_leave_a_hole() -> None:
    meeting = resource(weekly_hours=every_day("00:00-02:30", "02:30-05:00"))
    through = resource(weekly_hours=every_day("00:00-05:00"))
    for day in ("2026-10-24", "2026-10-25", "2026-10-26"):
        split = clock_times(plan(meeting, duration=30, step=30, horizon_days=1000), day, LONG_AGO)
        whole = clock_times(plan(through, duration=30, step=30, horizon_days=1000), day, LONG_AGO)
        assert split == whole


@pytest.mark.parametrize(
    ("zone", "now", "first"),
    [
        # 24 hours before 10:00 after the night of 23 hours is 09:00 the day before, not 10:00.
        ("Europe/Berlin", "2026-03-28 09:00", "2026-03-29 10:00"),
        ("Europe/Berlin", "2026-10-24 09:00", "2026-10-25 09:00"),
        ("Europe/Berlin", "2026-10-24 10:00", "2026-10-25 09:00"),
        ("America/New_York", "2026-03-07 09:00", "2026-03-08 10:00"),
        ("America/New_York", "2026-10-31 10:00", "2026-11-01 09:00"),
        ("Australia/Lord_Howe", "2026-10-03 09:30", "2026-10-04 10:00"),
        ("Australia/Lord_Howe", "2026-04-04 09:30", "2026-04-05 09:00"),
        ("Asia/Kolkata", "2026-03-28 09:00", "2026-03-29 09:00"),
    ],
)
def test_a_notice_of_24_hours_is_24_hours_that_pass_also_over_a_change(
    zone: str, now: str, first: str
) -> None:
    office = plan(resource(zone=zone), minimum_notice=24 * 60)
    day = first[:10]
    assert hours_of_day(clock_times(office, day, at(now, zone)))[0] == first[11:]


def test_a_night_shift_is_as_long_as_the_night_when_clocks_change_within_it() -> None:
    night = plan(resource(weekly_hours=every_day("22:00-06:00")), duration=15, step=15, horizon_days=1000)

    def shift(day: str, following: str) -> int:
        evening = [one for one in clock_times(night, day, LONG_AGO) if one >= "22:00"]
        morning = [one for one in clock_times(night, following, LONG_AGO) if one < "06:00"]
        return len(evening) + len(morning)

    assert shift("2026-03-27", "2026-03-28") == 8 * 4
    assert shift("2026-03-28", "2026-03-29") == 7 * 4
    assert shift("2026-10-24", "2026-10-25") == 9 * 4


def test_a_long_session_over_a_change_takes_the_time_that_really_passes() -> None:
    night = plan(resource(weekly_hours=every_day("01:00-05:00")), duration=180, step=60, horizon_days=1000)
    assert clock_times(night, "2026-03-29", LONG_AGO) == ["01:00+0100"]
    assert clock_times(night, "2026-03-28", LONG_AGO) == ["01:00+0100", "02:00+0100"]
    assert clock_times(night, "2026-10-25", LONG_AGO) == ["01:00+0200", "02:00+0200", "02:00+0100"]


@pytest.mark.parametrize("zone", ["America/Havana", "America/Santiago", "Asia/Beirut", "Africa/Casablanca"])
def test_every_wall_time_of_two_years_is_an_instant_that_shows_it_or_the_moment_of_a_change(
    zone: str,
) -> None:
    place = ZoneInfo(zone)
    first = at("2026-01-01 00:00", "UTC")
    for wall in range(first, first + 730 * DAY, 1800):
        instant = instant_of(place, wall)
        shown = instant + offset_at(place, instant)
        if shown != wall:
            assert offset_at(place, instant - 1) < offset_at(place, instant)
            assert shown - wall <= 3600
