"""The same where PostgreSQL keeps everything, and at the services' own doors."""

from collections.abc import AsyncIterator, Iterator

import pytest

from holdfast.parts import PARTS
from tests.blackbox import business, hostile, signing
from tests.blackbox.judging import complaints
from tests.blackbox.logs import alarms
from tests.support.distributed import Distributed

pytestmark = [pytest.mark.distributed, pytest.mark.timeout(180)]

Cases = Iterator[tuple[str, bytes]]
# What PostgreSQL sees otherwise than SQLite: texts it cannot keep, and numbers past its columns.
ITS_OWN = ("NUL", "half a character", "64 bits and one", "400 digits", "long", "the last moment", "markup")

# One address of every kind that a service answers; the id is what is hostile.
INSIDE: dict[str, tuple[str, ...]] = {
    "booking": ("/bookings/", "/businesses/", "/offerings/", "/admin/sagas/", "/admin/bookings?cursor="),
    "payment": ("/payments/", "/admin/messages?status="),
    "calendar": ("/availability?offering=", "/availability?offering=a.b&timezone="),
    "notify": ("/bookings/", "/notifications?booking_id="),
}


@pytest.fixture
async def apart(services: Distributed) -> AsyncIterator[Distributed]:
    """An installation of processes that does its business afterwards, and has complained of nothing."""
    yield services
    await business.goes_on(services.installation)
    said = {name: alarms(process.said()) for name, process in services.processes.items()}
    assert not any(said.values()), {name: lines for name, lines in said.items() if lines}


async def test_what_postgresql_cannot_keep_never_reaches_it(apart: Distributed) -> None:
    installation = apart.installation
    operator = ("Authorization", installation.operator["Authorization"])
    wish = await business.a_wish(installation)
    replay = "/v1/admin/messages/booking/msg_1/replay"
    act = "/v1/admin/sagas/sg_1/retry"
    found = await complaints(
        installation.url,
        [
            *hostile.values("/v1/bookings", wish, ("Prefer", "respond-async"), only=ITS_OWN),
            *hostile.values("/v1/quotes", {"items": wish["items"]}, only=ITS_OWN),
            *hostile.values(replay, {"body": {"a": 1}}, operator, only=ITS_OWN),
            *hostile.values(act, {"reason": "because", "step": "s", "item": "i"}, operator, only=ITS_OWN),
            *hostile.headers("X-Manage-Token", "GET", "/v1/bookings/bk_1"),
            *hostile.headers("traceparent", "GET", "/v1/businesses"),
        ],
    )
    assert not found, "\n".join(found)


async def test_the_payment_service_answers_its_own_webhook_door(apart: Distributed) -> None:
    secret = apart.installation.environment["HOLDFAST_STRIPE_WEBHOOK_SECRET"]
    found = await complaints(
        apart.addresses["payment"],
        [
            *hostile.bodies("/webhooks/stripe"),
            *hostile.lengths("/webhooks/stripe"),
            *hostile.headers("Stripe-Signature", "POST", "/webhooks/stripe", b"{}"),
            *hostile.no_http(),
            *signing.strange_signatures("/webhooks/stripe"),
            *signing.signed_nonsense("/webhooks/stripe", secret),
        ],
    )
    assert not found, "\n".join(found)


@pytest.mark.parametrize("service", PARTS)
async def test_the_doors_inside_answer_properly_with_the_key_and_never_without(
    apart: Distributed, service: str
) -> None:
    address = apart.addresses[service]
    key = ("X-Internal-Key", apart.installation.environment["HOLDFAST_INTERNAL_KEY"])
    addresses = list(hostile.paths(*INSIDE[service]))
    inside = [
        (name, data.replace(b"\r\n\r\n", f"\r\n{key[0]}: {key[1]}\r\n\r\n".encode()))
        for name, data in addresses
    ]
    found = await complaints(address, [*inside, *hostile.headers("X-Internal-Key", "GET", "/admin/messages")])
    found += await complaints(address, addresses, only={400, 401, 431})
    assert not found, "\n".join(found)
