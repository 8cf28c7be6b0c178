"""Breaking things by HTTP."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox import google, smtp, stripe
from sandbox.switches import PROVIDERS, SWITCHES, known
from tests.support.google_sandbox import CALENDAR
from tests.support.whole_sandbox import Outside, whole_sandbox


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with whole_sandbox() as running:
        yield running


@pytest.mark.parametrize(
    "wish", [{"provider": "stripe", "fault": "sulk"}, {"provider": "fax", "fault": "down"}]
)
async def test_an_unknown_fault_is_refused_with_the_list_of_known_ones(
    outside: Outside, wish: dict[str, str]
) -> None:
    answer = await outside.control.post("/control/faults", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_fault")
    assert answer.json()["known"] == known()


async def test_what_is_broken_is_listed_until_it_is_mended(outside: Outside) -> None:
    await outside.control.post("/control/faults", json={"provider": "stripe", "fault": "decline", "count": 3})
    listed = (await outside.control.get("/control/faults")).json()
    assert listed["faults"] == [{"provider": "stripe", "fault": "decline", "count": 3}]
    assert listed["known"] == known()
    assert (await outside.control.delete("/control/faults")).json() == {"mended": 1}
    assert (await outside.control.get("/control/faults")).json()["faults"] == []


@pytest.mark.parametrize("provider", ["stripe", "google"])
async def test_an_outage_ends_when_its_time_is_over(outside: Outside, provider: str) -> None:
    await outside.control.post(
        "/control/faults", json={"provider": provider, "fault": "down", "seconds": 120}
    )
    for _ in range(2):
        assert await status(outside, provider) == 503
    await outside.control.post("/control/clock", json={"advance_seconds": 121})
    assert await status(outside, provider) == 200
    assert (await outside.control.get("/control/faults")).json()["faults"] == []


async def status(outside: Outside, provider: str) -> int:
    if provider == "stripe":
        return (await outside.stripe.get("/v1/balance")).status_code
    client = outside.google()
    request = client.api.calendars().get(calendarId=CALENDAR)
    return 200 if await client.worked(request) else 503


async def test_a_fault_can_wait_for_one_kind_of_call(outside: Outside) -> None:
    wish = {"provider": "stripe", "fault": "error_before", "path": "/refunds", "method": "POST"}
    await outside.control.post("/control/faults", json=wish)
    assert await status(outside, "stripe") == 200
    assert (await outside.stripe.post("/v1/refunds", data={"charge": "ch_x"})).status_code == 500


async def test_a_declined_card_is_a_switch(outside: Outside) -> None:
    await outside.control.post("/control/faults", json={"provider": "stripe", "fault": "decline"})
    session = await outside.checkout()
    wish = {"url": session["url"], "card": "4242424242424242"}
    outcomes = [(await outside.control.post("/control/pay", json=wish)).json()["outcome"] for _ in range(2)]
    assert outcomes == ["declined", "authorized"]


def test_every_switch_is_one_that_its_provider_heeds_and_none_is_missing() -> None:
    """A switch nobody asks about is dead, and one that is not listed cannot be thrown."""
    sources = {
        "stripe": _source(Path(stripe.__file__).parent),
        "google": _source(Path(google.__file__).parent),
        "smtp": Path(smtp.__file__).read_text(),
    }
    for provider, source in sources.items():
        asked = set(re.findall(r'(?:struck|strike)\((?:[\w.]+, )*(?:"\w+", )?"(\w+)"', source)) - {provider}
        assert asked == set(known()[provider]), provider
    assert {one.provider for one in SWITCHES} == set(PROVIDERS)


def _source(folder: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(folder.glob("*.py")))
