"""What the database itself refuses, and the internal HTTP."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from services.payment import rows, tables
from services.payment.main import MIGRATIONS
from services.payment.payment import Attempt, Operation
from shared.db import Database
from shared.migrate import is_current, migrate
from tests.support.payment import Cashier


@pytest.mark.parametrize(
    "wrong",
    [
        {"captured": 1},
        {"authorized": 1000, "captured": 1001},
        {"authorized": 1000, "captured": 1000, "refunded": 600, "refund_pending": 401},
        {"refunded": -1},
    ],
)
async def test_amounts_that_cannot_be_are_refused_by_the_database(
    till: Cashier, wrong: dict[str, int]
) -> None:
    await till.collect()
    with pytest.raises(IntegrityError):
        await till.write(update(tables.payments).values(**wrong))


async def test_two_active_attempts_of_one_payment_are_refused_by_the_database(till: Cashier) -> None:
    await till.collect()
    payment = await till.payment()
    second = Attempt("pa_2", "stripe", "checkout", till.clock.now())
    row = rows.attempt_row(second, payment.id) | {"number": 1}
    with pytest.raises(IntegrityError):
        await till.write(insert(tables.attempts).values(row))


async def test_one_key_is_never_given_to_two_operations(till: Cashier) -> None:
    await till.collect()
    payment = await till.payment()
    first = payment.operations[0]
    second = Operation("op_2", first.attempt_id, "expire", first.key, till.clock.now())
    row = rows.operation_row(second, payment.id) | {"number": 1}
    with pytest.raises(IntegrityError):
        await till.write(insert(tables.operations).values(row))


async def test_the_schema_goes_up_down_and_up_again(database_url: str) -> None:
    database = Database(database_url)
    await migrate(database, MIGRATIONS, tables.metadata)
    assert await is_current(database, MIGRATIONS)
    await migrate(database, MIGRATIONS, tables.metadata, "base")
    assert not await is_current(database, MIGRATIONS)
    await migrate(database, MIGRATIONS, tables.metadata)
    assert await is_current(database, MIGRATIONS)
    await database.dispose()


async def test_a_booking_without_a_payment_is_not_found(till: Cashier) -> None:
    for answer in (
        await till.http.get("/payments/bk_none"),
        await till.http.post("/payments/bk_none/refresh"),
        await till.http.post("/admin/payments/bk_none/retry"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_payment")


async def test_only_the_gateway_may_ask(till: Cashier) -> None:
    answer = await till.http.get("/payments/bk_1", headers={"X-Internal-Key": "guess"})
    assert answer.status_code == 401


async def test_a_payment_is_shown_with_everything_that_was_tried(till: Cashier) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    view = (await till.http.get("/payments/bk_1")).json()
    assert (view["status"], view["amount"], view["currency"]) == ("authorized", 1000, "USD")
    assert [one["state"] for one in view["attempts"]] == ["authorized"]
    assert [(one["kind"], one["state"]) for one in view["operations"]] == [("start", "succeeded")]
    assert "client_secret" not in str(view)


async def test_what_is_unknown_is_shown_to_the_operator(till: Cashier) -> None:
    till.break_provider("cut_body")
    await till.collect()
    shown = (await till.http.get("/admin/payments/attention")).json()["payments"]
    operation = (await till.payment()).operations[0]
    assert [one["unknown_operations"] for one in shown] == [[operation.id]]
    await till.later(seconds=10)
    assert (await till.http.get("/admin/payments/attention")).json() == {"payments": []}


async def test_the_columns_of_the_migration_are_those_of_the_tables(database_url: str) -> None:
    database = Database(database_url)
    await migrate(database, MIGRATIONS, tables.metadata)
    async with database.reading() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), tables.metadata)
        )
    await database.dispose()
    assert differences == []
