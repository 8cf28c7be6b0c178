"""Whatever is sent to an installation in one process: a proper answer, nothing lost, nothing in the log."""

import json
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.blackbox import business, hostile, signing
from tests.blackbox.judging import complaints
from tests.blackbox.logs import alarms
from tests.blackbox.raw import request
from tests.support.embedded import Embedded
from tests.support.installation import Installation, Json

pytestmark = pytest.mark.timeout(180)

Cases = Iterator[tuple[str, bytes]]
OFFERING = "house.hello"
AT_ONCE = ("Prefer", "respond-async")
KEY = ("Idempotency-Key", "hostile")
CATALOG = "/v1/admin/catalog"
REPLAY = "/v1/admin/messages/booking/msg_1/replay"


def catalogs(operator: tuple[str, str]) -> Cases:
    """Catalog files that nobody means well with."""
    line = "x: &{} [{}]\n"
    bomb = "".join(line.format(f"a{n}", f"*a{n - 1}," * 9) for n in range(1, 9))
    files = {
        "nested without end": b"[" * 5_000,
        "a bomb of aliases": f"x: &a0 [x]\n{bomb}business: *a8".encode(),
        "a list within itself": b"business: &a [*a]",
        "a program": b"!!python/object/apply:os.system ['true']",
        "bad UTF-8": b"business: \xff",
        "NUL": b"business: \x00",
        "written NUL": b'business: {slug: hostile, name: "a\\0b", timezone: UTC, currencies: [USD]}',
        "half a character": b'business: {slug: hostile, name: "\\ud800", timezone: UTC, currencies: [USD]}',
        "no such day": b"business: {slug: 2001-13-45}",
        "a number without end": b"hold_minutes: " + b"9" * 5_000,
        "no number": b"hold_minutes: .nan",
        "empty": b"",
        "a number": b"7",
        "keys that are lists": b"{[1]: 2}",
    }
    for name, body in files.items():
        yield name, request("POST", CATALOG, [("Content-Type", "text/yaml"), operator], body)


def queries() -> Cases:
    """Questions about free times that no calendar answers."""
    for first, last in (("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"), ("2026-02-30", "x")):
        for zone in ("UTC", "Pacific/Kiritimati", "../../etc/passwd", "/etc/localtime", "Europe", "%00"):
            target = f"/v1/availability?offering={OFFERING}&from={first}&to={last}&timezone={zone}"
            yield f"{first} {last} {zone}", request("GET", target)
    for name in ("offering", "from", "to", "timezone", "quantity", "explain"):
        yield from hostile.paths(f"/v1/availability?offering={OFFERING}&{name}=")


def gateway_cases(operator: tuple[str, str], wish: Json) -> dict[str, Callable[[], Cases]]:
    """Everything for the public door, by idea."""
    quote = {"items": wish["items"], "currency": "USD"}
    names = ("Authorization", "X-Manage-Token", "Prefer", "X-Forwarded-For", "traceparent", "Host", "Accept")
    return {
        "bodies": lambda: hostile.bodies("/v1/bookings", KEY),
        "values of a booking": lambda: hostile.values("/v1/bookings", wish, AT_ONCE),
        "values of a quote": lambda: hostile.values("/v1/quotes", quote),
        "lengths": lambda: hostile.lengths("/v1/bookings", KEY),
        "keys": lambda: hostile.headers("Idempotency-Key", "POST", "/v1/bookings", b"{}"),
        "headers": lambda: (
            case for name in names for case in hostile.headers(name, "GET", "/v1/bookings/bk_1")
        ),
        "operator's headers": lambda: (
            case
            for name in ("Authorization", "X-Operator-Key", "X-Operator-Name", "X-Operator")
            for case in hostile.headers(name, "GET", "/v1/admin/bookings")
        ),
        "paths": lambda: hostile.paths(
            "/", "/v1/bookings/", "/v1/offerings/", "/static/", "/pay/", "/bookings/"
        ),
        "queries": queries,
        "methods": lambda: hostile.methods("/v1/bookings", "/v1/bookings/bk_1", "*", "/healthz"),
        "no HTTP": hostile.no_http,
        "catalogs": lambda: catalogs(operator),
        "replays": lambda: hostile.values(REPLAY, {"body": {"a": 1}}, operator),
    }


@pytest.fixture
async def installation(embedded: Embedded) -> AsyncIterator[Installation]:
    """An installation that does its business afterwards, and has complained of nothing."""
    yield embedded.installation
    await business.goes_on(embedded.installation)
    assert not alarms(embedded.process.said())


async def test_the_public_door_answers_everything_properly(installation: Installation) -> None:
    operator = ("Authorization", installation.operator["Authorization"])
    found = {
        idea: wrong
        for idea, cases in gateway_cases(operator, await business.a_wish(installation)).items()
        if (wrong := await complaints(installation.url, cases()))
    }
    assert not found, json.dumps(found, indent=1)


async def test_the_webhook_door_answers_everything_properly(installation: Installation) -> None:
    secret = installation.environment["HOLDFAST_STRIPE_WEBHOOK_SECRET"]
    cases = [
        *hostile.bodies("/webhooks/stripe"),
        *hostile.lengths("/webhooks/stripe"),
        *hostile.headers("Stripe-Signature", "POST", "/webhooks/stripe", b"{}"),
        *hostile.paths("/webhooks/"),
        *hostile.methods("/webhooks/stripe"),
        *signing.strange_signatures("/webhooks/stripe"),
        *signing.signed_nonsense("/webhooks/stripe", secret),
    ]
    found = await complaints(installation.url, cases)
    assert not found, "\n".join(found)


async def test_the_sandbox_answers_everything_properly(installation: Installation) -> None:
    wishes: dict[str, Json] = {
        "pay": {"url": "http://127.0.0.1/x", "card": "4242", "action": ""},
        "faults": {"provider": "stripe", "fault": "none", "count": 1, "seconds": 1},
        "webhooks/evt_1/redeliver": {"times": 1},
    }
    cases = [
        case for path, wish in wishes.items() for case in hostile.values(f"/sandbox/control/{path}", wish)
    ]
    cases += [
        case for path in ("pay", "faults", "clock") for case in hostile.bodies(f"/sandbox/control/{path}")
    ]
    cases += hostile.paths("/sandbox/control/mails/", "/sandbox/control/mails?limit=", "/sandbox/")
    cases += signing.forms("/sandbox/stripe/v1/payment_intents")
    cases += hostile.headers("Authorization", "GET", "/sandbox/stripe/v1/payment_intents")
    cases += hostile.headers("Authorization", "GET", "/sandbox/google/calendar/v3/calendars/a/events")
    found = await complaints(installation.url, cases)
    assert not found, "\n".join(found)
