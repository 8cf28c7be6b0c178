"""Why a start or a day is not offered, and how days are told in the visitor's zone."""

from zoneinfo import ZoneInfo

import pytest

from services.calendar.answer import by_day, written
from services.calendar.availability import TakenBy, free_starts
from services.calendar.explain import DayReasons, StartReasons
from services.calendar.hours import day_at, midnight
from services.calendar.plan import Plan
from services.calendar.reasons import Reason, duration_in_words
from services.calendar.taken import Taken
from shared.events.values import DateSpan
from tests.support.calendar import at, every_day, on_weekdays, plan, resource, taken

NOW = at("2026-06-01 12:00")  # a Monday
ADA = "consulting.ada"
HOLIDAY = DateSpan(first="2026-06-10", last="2026-06-11", reason="Holiday")
OFFICE = resource(weekly_hours=on_weekdays(range(5), "09:00-17:00"), blocked=(HOLIDAY,))


def why_not(offering: Plan, taken_by: TakenBy, start: int, now: int, quantity: int = 1) -> Reason | None:
    return StartReasons(offering, taken_by, start, start + 1, now, quantity).of(start)


def code(offering: Plan, text: str, *holds: Taken, quantity: int = 1) -> str | None:
    reason = why_not(offering, {ADA: holds}, at(text), NOW, quantity)
    return reason.code if reason else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-03 10:00", None),
        ("2026-06-01 11:00", "past"),
        ("2026-06-02 11:00", "too_soon"),
        ("2026-06-02 12:00", None),
        ("2026-08-03 10:00", "too_far"),
        ("2026-06-06 10:00", "closed"),
        ("2026-06-03 08:00", "closed"),
        ("2026-06-03 16:30", "closed"),
        ("2026-06-03 10:20", "off_grid"),
        ("2026-06-10 10:00", "blocked"),
        ("2026-06-11 16:00", "blocked"),
    ],
)
def test_every_rule_that_closes_a_start_has_its_own_code(text: str, expected: str | None) -> None:
    assert code(plan(OFFICE, minimum_notice=24 * 60, step=30), text) == expected


def test_a_start_that_another_booking_has_is_taken() -> None:
    office = plan(OFFICE)
    assert code(office, "2026-06-03 10:00", taken(at("2026-06-03 10:00"), office)) == "taken"


def test_a_day_with_enough_bookings_says_so() -> None:
    once_a_day = plan(OFFICE.model_copy(update={"daily_maximum": 1}))
    morning = taken(at("2026-06-03 09:00"), once_a_day)
    assert code(once_a_day, "2026-06-03 15:00", morning) == "daily_maximum"
    assert code(once_a_day, "2026-06-04 15:00", morning) is None


def test_a_party_larger_than_the_resource_is_told_how_many_fit() -> None:
    reason = why_not(plan(OFFICE), {}, at("2026-06-03 10:00"), NOW, 3)
    assert reason == ("too_many", "At most 1 can be booked together.")


def test_of_several_resources_the_one_that_came_closest_explains() -> None:
    other = resource("consulting.bob", weekly_hours=on_weekdays([0], "09:00-10:00"))
    both = plan(OFFICE, other)
    assert code(both, "2026-06-03 10:00", taken(at("2026-06-03 10:00"), both)) == "taken"


def test_sentences_are_plain_and_name_the_rule() -> None:
    office = plan(OFFICE, minimum_notice=24 * 60)
    said = [
        getattr(why_not(office, {}, at(text), NOW), "sentence", None)
        for text in ("2026-06-02 11:00", "2026-08-10 10:00", "2026-06-10 10:00")
    ]
    assert said == [
        "This must be booked at least 24 hours ahead.",
        "This can be booked at most 60 days ahead.",
        "Not available on this day: Holiday.",
    ]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1440, "24 hours"),
        (2880, "2 days"),
        (60, "1 hour"),
        (90, "90 minutes"),
        (1, "1 minute"),
        (1500, "25 hours"),
    ],
)
def test_durations_are_said_as_people_say_them(minutes: int, words: str) -> None:
    assert duration_in_words(minutes * 60) == words


def days(offering: Plan, first: str, last: str, zone: str, *holds: Taken, now: int = NOW) -> dict[str, str]:
    place = ZoneInfo(zone)
    first_day, last_day = day_at(place, at(f"{first} 12:00", zone)), day_at(place, at(f"{last} 12:00", zone))
    since, until = midnight(place, first_day), midnight(place, last_day + 1)
    starts = free_starts(offering, {ADA: holds}, since, until, now)
    found = by_day(starts, place, first_day, last_day, DayReasons(offering, since, until, now).of)
    return {day.date[5:]: f"{day.status} {day.count}" if day.count else day.status for day in found}


def test_every_day_of_the_window_has_a_status() -> None:
    office = plan(OFFICE, minimum_notice=24 * 60, horizon_days=14)
    full = [taken(at(f"2026-06-03 {hour:02d}:00"), office) for hour in range(9, 17)]
    assert days(office, "2026-05-31", "2026-06-16", "Europe/Berlin", *full) == {
        "05-31": "past",
        "06-01": "too_soon",
        "06-02": "free 5",
        "06-03": "full",
        "06-04": "free 8",
        "06-05": "free 8",
        "06-06": "closed",
        "06-07": "closed",
        "06-08": "free 8",
        "06-09": "free 8",
        "06-10": "blocked",
        "06-11": "blocked",
        "06-12": "free 8",
        "06-13": "closed",
        "06-14": "closed",
        "06-15": "free 8",
        "06-16": "too_far",
    }


def test_today_is_past_once_its_last_start_has_begun() -> None:
    assert days(plan(OFFICE), "2026-06-01", "2026-06-01", "Europe/Berlin", now=at("2026-06-01 16:30")) == {
        "06-01": "past"
    }


def test_days_are_the_visitors_days_and_not_the_resources() -> None:
    office = plan(resource(weekly_hours=on_weekdays([2], "09:00-17:00")))
    assert days(office, "2026-06-02", "2026-06-04", "Pacific/Auckland") == {
        "06-02": "closed",
        "06-03": "free 5",
        "06-04": "free 3",
    }
    assert days(office, "2026-06-02", "2026-06-04", "America/Los_Angeles") == {
        "06-02": "closed",
        "06-03": "free 8",
        "06-04": "closed",
    }


def test_slots_are_written_with_the_offset_that_the_visitors_clocks_have_then() -> None:
    night = [at("2026-10-25 02:30"), at("2026-10-25 02:30", fold=1), at("2026-10-25 12:00")]
    assert written(night, ZoneInfo("Europe/Berlin")) == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "2026-10-25T12:00:00+01:00",
    ]
    assert written(night[:1], ZoneInfo("America/St_Johns")) == ["2026-10-24T22:00:00-02:30"]
    assert written([], ZoneInfo("UTC")) == []


def test_a_resource_open_round_the_clock_offers_the_hour_that_clocks_show_twice_on_one_visitors_day() -> None:
    always = plan(resource(weekly_hours=every_day("00:00-24:00")), horizon_days=300)
    assert days(always, "2026-10-25", "2026-10-25", "Europe/Berlin") == {"10-25": "free 25"}
    assert days(always, "2027-03-28", "2027-03-28", "Europe/Berlin") == {"03-28": "free 23"}
