"""Catalogs: applied twice is applied once, nonsense is refused with the line it stands on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.booking.catalog_file import read_catalog
from shared.errors import BadRequest
from tests.support.booking import CATALOG, Desk, booking_desk

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with booking_desk(database_url) as running:
        yield running


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_can_be_read(path: Path) -> None:
    assert read_catalog(path.read_text(), path.name).business.slug == path.stem


def test_there_is_an_example_for_each_kind_of_business() -> None:
    assert {path.stem for path in EXAMPLES} == {"piano", "coaching", "consulting", "trips"}


async def test_applying_again_changes_nothing_and_tells_nobody(desk: Desk) -> None:
    before = len(await desk.commands("calendar.define"))
    assert (await desk.apply())["changes"] == []
    assert len(await desk.commands("calendar.define")) == before


async def test_a_change_is_named_and_reaches_the_calendar_with_a_higher_revision(desk: Desk) -> None:
    changed = await desk.apply(CATALOG.replace("09:00-17:00", "09:00-12:00"))
    assert changed["changes"] == [{"what": "resource", "id": "studio.ada", "change": "changed"}]
    first, second = await desk.commands("calendar.define")
    assert (first["revision"], second["revision"]) == (1, 2)
    assert {hours["closes"] for hours in second["resources"][0]["weekly_hours"]} == {"12:00"}


async def test_what_a_catalog_no_longer_names_is_no_longer_offered(desk: Desk) -> None:
    without = CATALOG[: CATALOG.index("  - slug: hello")]
    changed = (await desk.apply(without))["changes"]
    assert {"what": "offering", "id": "studio.hello", "change": "no longer offered"} in changed
    assert (await desk.http.get("/offerings/studio.hello")).status_code == 404
    offered = (await desk.http.get("/businesses/studio/offerings")).json()["offerings"]
    assert [one["id"] for one in offered] == ["studio.lesson"]


WRONG = [
    ("  timezone: Europe/Berlin", "  timezone: Europe/Berln", 5, "not a time zone"),
    ("  name: Studio", "  nmae: Studio", 4, "not a word"),
    ('monday: ["09:00-17:00"]', 'monday: ["17:00-09:00"]', 12, "span of hours"),
    ("    resources: [ada]", "    resources: [eva]", 16, "nobody describes it"),
    ('{EUR: "40.00"', "{EUR: 40.10", 19, "in quotes"),
    ('{EUR: "40.00"', '{GBP: "40.00"', 19, "does not take it"),
    ("hold_minutes: 15", "hold_minutes: -1", 8, "greater than 0"),
    ("hold_minutes: 15", "hold_minutes: 15\nhold_minutes: 20", 9, "twice"),
    ("  slug: studio", "  slug: [", 5, ""),
]


@pytest.mark.parametrize(("right", "wrong", "line", "words"), WRONG, ids=[one[1].strip() for one in WRONG])
def test_nonsense_is_refused_with_its_line(right: str, wrong: str, line: int, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_catalog(CATALOG.replace(right, wrong), "studio.yaml")
    errors = refused.value.extra["errors"]
    assert any(one["line"] == line and words in one["message"] for one in errors), errors
    assert "Nothing was changed" in str(refused.value)


@pytest.mark.parametrize("text", ["", "5", "- a\n- b", "a: b: c"])
def test_a_file_that_is_no_catalog_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadRequest, match="line 1"):
        read_catalog(text, "studio.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000,
        "business: &a [*a]",
        "business: {slug: 2001-13-45}",
        f"hold_minutes: {'9' * 5_000}",
        "hold_minutes: .nan",
        "business: \x00",
        'business: {name: "a\\0b"}',
        'business: {name: "\\ud800"}',
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_a_file_that_nobody_means_well_with_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadRequest, match="line 1"):
        read_catalog(text, "studio.yaml")


def test_a_few_lines_that_stand_for_millions_are_refused_before_they_are_read() -> None:
    bomb = "".join(f"x{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 12))
    with pytest.raises(BadRequest, match="aliases are not read"):
        read_catalog(f"x0: &a0 [x]\n{bomb}", "studio.yaml")


async def test_a_bad_catalog_over_http_changes_nothing(desk: Desk) -> None:
    bad = CATALOG.replace("Lesson", "Course").replace("duration_minutes: 30", "duration_minutes: 1")
    answer = await desk.http.post("/admin/catalog", content=bad, params={"name": "studio.yaml"})
    assert (answer.status_code, answer.json()["code"]) == (422, "catalog_invalid")
    assert (await desk.http.get("/offerings/studio.lesson")).json()["title"] == "Lesson"
