"""The service around the mails: schema, routes, settings."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from services.notify.settings import Settings
from services.notify.tables import metadata
from shared.errors import Misconfigured
from shared.events.booking import BookingConfirmed
from tests.support.notify import MailServer, Notify, booking, business, notify_on


def drift(connection: Connection) -> list[object]:
    """How the migrated schema differs from the tables that the code speaks of."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_make_exactly_the_tables_of_the_code(notify: Notify) -> None:
    async with notify.service.database.reading() as connection:
        assert await connection.run_sync(drift) == []


async def test_the_migrations_can_be_taken_back(notify: Notify) -> None:
    await notify.service.migrate("base")
    async with notify.service.database.reading() as connection:
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert left == ["alembic_version"]


async def test_what_was_said_is_listed_for_the_operator(notify: Notify, mail: MailServer) -> None:
    facts = booking(business=business(email="desk@clear.example"))
    await notify.hears(BookingConfirmed(booking_id="bk_1", facts=facts))
    await notify.works()
    listed = (await notify.get("/notifications", booking_id="bk_1")).json()["notifications"]
    assert [(one["kind"], one["to"], one["channel"], one["status"]) for one in listed] == [
        ("confirmation", "anna@example.com", "email", "sent"),
        ("new_booking", "desk@clear.example", "email", "sent"),
    ]
    assert listed[0]["sent_at"] == "2026-03-02T09:00:00Z"
    assert listed[0]["subject"].startswith("Booking confirmed: Advice session")


async def test_nothing_was_said_about_an_unknown_booking(small_notify: Notify) -> None:
    answer = await small_notify.get("/notifications", booking_id="bk_none")
    assert answer.json() == {"notifications": []}


@pytest.mark.parametrize("kind", ["confirmation", "new_booking", "refund", "failure:slot_taken"])
async def test_developers_can_look_at_every_mail(small_notify: Notify, kind: str) -> None:
    answer = await small_notify.get(f"/admin/preview/{kind}", locale="de", timezone="Asia/Tokyo")
    assert answer.status_code == 200
    assert '<html lang="de"' in answer.text


async def test_there_is_no_preview_of_an_unknown_mail(small_notify: Notify) -> None:
    assert (await small_notify.get("/admin/preview/poem")).json()["code"] == "no_such_mail"


async def test_production_serves_no_invented_bookings(sqlite_url: str, mail: MailServer) -> None:
    production = {"environment": "production", "smtp_host": "127.0.0.1", "secret": "s" * 32}
    async with notify_on(sqlite_url, smtp_port=mail.port, **production) as notify:
        assert (await notify.get("/admin/preview/confirmation")).status_code == 404


def test_production_refuses_to_start_without_a_mail_server() -> None:
    with pytest.raises(Misconfigured, match="HOLDFAST_SMTP_HOST, HOLDFAST_SMTP_FROM"):
        Settings(environment="production", internal_key="k", secret="s", public_url="https://book.example")


def test_a_sender_with_a_name_is_understood() -> None:
    assert Settings(smtp_from="Bookings <bookings@clear.example>").smtp_from == "bookings@clear.example"
    with pytest.raises(ValueError, match="not an e-mail address"):
        Settings(smtp_from="nobody")


def test_mail_goes_to_the_sandbox_unless_a_server_is_named() -> None:
    assert Settings().mail_server == ("127.0.0.1", 8125)
    named = Settings(
        environment="production",
        internal_key="k",
        secret="s",
        public_url="https://book.example",
        smtp_host="mail.clear.example",
        smtp_from="bookings@clear.example",
    )
    assert named.mail_server == ("mail.clear.example", 587)
