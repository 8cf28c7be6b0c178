"""What the calendar answers over HTTP."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.events.calendar import DefineSchedule, ReleaseSlot, SlotHeld
from shared.events.values import DateSpan, SourceRef
from tests.support.calendar import every_day, moment, on_weekdays, resource, schedule
from tests.support.calendar_service import NOON, Calendar, hold_slot, ref

DAYS = {"from": "2026-06-01", "to": "2026-06-03"}


async def availability(calendar: Calendar, **parameters: Any) -> dict[str, Any]:
    answer = await calendar.ask("/availability", offering="consulting.advice", **parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_visitor_sees_free_slots_in_their_own_zone_and_what_became_of_every_day(
    calendar: Calendar,
) -> None:
    await calendar.define(schedule(minimum_notice=24 * 60))
    await calendar.send(hold_slot())
    body = await availability(calendar, timezone="America/New_York", **DAYS)
    assert body["timezone"] == "America/New_York"
    assert body["slots"][0] == {"start": "2026-06-02T03:00:00-04:00", "end": "2026-06-02T04:00:00-04:00"}
    taken = "2026-06-03T06:00:00-04:00"
    assert taken not in [slot["start"] for slot in body["slots"]]
    assert body["days"] == [
        {
            "date": "2026-06-01",
            "status": "too_soon",
            "reason": "This must be booked at least 24 hours ahead.",
            "count": 0,
        },
        {"date": "2026-06-02", "status": "free", "reason": None, "count": 8},
        {"date": "2026-06-03", "status": "free", "reason": None, "count": 7},
    ]
    assert body["next_available"] == "2026-06-02T03:00:00-04:00"
    assert body["as_of"] == "2026-06-01T06:00:00+00:00"
    assert "not_offered" not in body


async def test_without_a_window_and_a_zone_the_next_thirty_days_are_shown_in_the_resources_zone(
    calendar: Calendar,
) -> None:
    await calendar.define()
    body = await availability(calendar)
    assert body["timezone"] == "Europe/Berlin"
    assert [body["days"][0]["date"], body["days"][-1]["date"]] == ["2026-06-01", "2026-07-01"]
    assert body["slots"][0]["start"] == "2026-06-01T09:00:00+02:00"


async def test_today_is_the_visitors_today(calendar: Calendar) -> None:
    await calendar.define()
    body = await availability(calendar, timezone="Pacific/Honolulu")
    assert body["days"][0]["date"] == "2026-05-31"


async def test_an_empty_month_tells_when_the_next_time_is_free(calendar: Calendar) -> None:
    away = DateSpan(first="2026-06-01", last="2026-07-20", reason="Sabbatical")
    await calendar.define(resources=(resource(blocked=(away,)),))
    body = await availability(calendar, **{"from": "2026-06-01", "to": "2026-06-30"})
    assert body["slots"] == []
    assert {day["status"] for day in body["days"]} == {"blocked"}
    assert body["days"][5]["reason"] == "Not available on this day: Sabbatical."
    assert body["next_available"] == "2026-07-21T09:00:00+02:00"


async def test_nothing_free_up_to_the_horizon_is_said_as_it_is(calendar: Calendar) -> None:
    await calendar.define(resources=(resource(weekly_hours=()),))
    body = await availability(calendar)
    assert body["next_available"] is None
    assert {day["status"] for day in body["days"]} == {"closed"}


async def test_explain_names_every_start_that_is_not_offered_and_why(calendar: Calendar) -> None:
    hours = every_day("11:00-14:00")
    await calendar.define(schedule(minimum_notice=60), resources=(resource(weekly_hours=hours),))
    await calendar.send(hold_slot(expires_at=NOON))
    calendar.clock.advance(3.5 * 3600)
    body = await availability(calendar, explain="true", **DAYS)
    assert [(one["start"], one["code"]) for one in body["not_offered"]] == [
        ("2026-06-01T11:00:00+02:00", "past"),
        ("2026-06-01T12:00:00+02:00", "too_soon"),
        ("2026-06-03T12:00:00+02:00", "taken"),
    ]
    assert body["not_offered"][2]["reason"] == "This time is already taken."


async def test_a_party_is_shown_only_what_has_room_for_all_of_it(calendar: Calendar) -> None:
    await calendar.define(resources=(resource(capacity=3),))
    await calendar.send(hold_slot(quantity=2))
    alone = await availability(calendar, **DAYS)
    party = await availability(calendar, quantity=2, **DAYS)
    assert len(alone["slots"]) - len(party["slots"]) == 1


async def test_a_hold_whose_time_is_over_is_shown_as_free(calendar: Calendar) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    calendar.clock.advance(41 * 60)
    slots = (await availability(calendar, **DAYS))["slots"]
    assert "2026-06-03T12:00:00+02:00" in [slot["start"] for slot in slots]


async def test_a_newer_definition_is_seen_at_once(calendar: Calendar) -> None:
    await calendar.define()
    await availability(calendar)
    friday = (resource(weekly_hours=on_weekdays([4], "10:00-11:00")),)
    await calendar.define(resources=friday, revision=3)
    assert (await availability(calendar))["slots"][0]["start"] == "2026-06-05T10:00:00+02:00"


async def test_an_older_definition_and_the_same_one_again_change_nothing(calendar: Calendar) -> None:
    await calendar.define(revision=5)
    nothing = DefineSchedule(business="consulting", revision=4, resources=(), schedules=())
    assert await calendar.send(nothing, nothing.model_copy(update={"revision": 5})) == []
    assert (await availability(calendar))["slots"]


async def test_an_offering_that_leaves_the_catalog_is_unknown_but_stays_booked(
    calendar: Calendar,
) -> None:
    await calendar.define()
    await calendar.send(hold_slot())
    await calendar.send(DefineSchedule(business="consulting", revision=2, resources=(), schedules=()))
    answer = await calendar.ask("/availability", offering="consulting.advice")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_offering")
    assert await calendar.active() == 1
    assert (await calendar.ask("/admin/resources")).json() == {"resources": []}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"offering": "consulting.nothing"}, "unknown_offering"),
        ({"timezone": "Europe"}, "bad_timezone"),
        ({"timezone": "Mars/Olympus"}, "bad_timezone"),
        ({"timezone": "../etc/passwd"}, "bad_timezone"),
        ({"from": "yesterday"}, "bad_window"),
        ({"from": "2026-02-30"}, "bad_window"),
        ({"from": "0001-01-01"}, "bad_window"),
        ({"from": "9999-12-31"}, "bad_window"),
        ({"from": "2026-06-02", "to": "2026-06-01"}, "bad_window"),
        ({"from": "2026-06-01", "to": "2026-09-01"}, "bad_window"),
        ({"quantity": 0}, "invalid_request"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_with_a_code(
    calendar: Calendar, parameters: dict[str, Any], code: str
) -> None:
    await calendar.define()
    answer = await calendar.ask("/availability", **{"offering": "consulting.advice", **parameters})
    assert answer.status_code in (404, 422)
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_operator_sees_every_resource_and_whether_its_calendar_is_connected(
    calendar: Calendar,
) -> None:
    source = SourceRef(kind="google", calendar="ada@example.com")
    await calendar.define(resources=(resource(source=source, daily_maximum=4),))
    (shown,) = (await calendar.ask("/admin/resources")).json()["resources"]
    assert (shown["id"], shown["business"], shown["daily_maximum"]) == ("consulting.ada", "consulting", 4)
    assert shown["calendar"] == {"kind": "google", "calendar": "ada@example.com", "connected": True}
    assert shown["weekly_hours"][0] == {"weekday": 0, "opens": "09:00", "closes": "17:00"}


async def test_exactly_what_is_shown_as_free_can_be_held(calendar: Calendar) -> None:
    await calendar.define(schedule(step=30, buffer_before=20, minimum_notice=120))
    await calendar.send(hold_slot())
    shown = {slot["start"] for slot in (await availability(calendar, **DAYS))["slots"]}
    half_hours = [moment("2026-06-03 00:00") + timedelta(minutes=30 * number) for number in range(48)]
    can_be_held = set()
    for number, start in enumerate(half_hours):
        item = f"it_{number + 100}"
        said = await calendar.send(
            hold_slot(item, start), ReleaseSlot(booking_id="bk", item_id=item, ref=ref(f"sg_{item}"))
        )
        if isinstance(said[0], SlotHeld):
            can_be_held.add(start.astimezone(ZoneInfo("Europe/Berlin")).isoformat())
    assert can_be_held == {start for start in shown if start.startswith("2026-06-03")}
    assert len(can_be_held) == 10
