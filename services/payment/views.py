"""What people ask of payments: how one stands, what needs a person, and whether the books balance."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payment import tables
from services.payment.derive import status_of
from services.payment.payment import Attempt, Operation, Payment, Refund
from services.payment.position import totals
from services.payment.schemas import (
    AttemptView,
    Attention,
    AttentionList,
    Balance,
    JournalView,
    OperationView,
    PaymentView,
    RefundView,
)


def view_of(payment: Payment, now: datetime) -> PaymentView:
    """A payment as it is shown."""
    amounts = totals(payment)
    return PaymentView(
        booking_id=payment.booking_id,
        status=status_of(payment, now),
        currency=payment.amount.currency if payment.amount else None,
        amount=payment.amount.amount if payment.amount else 0,
        authorized=amounts.authorized,
        captured=amounts.captured,
        refunded=amounts.refunded,
        refund_pending=amounts.refund_pending,
        deadline=payment.deadline,
        attention=payment.attention,
        attempts=list(map(_attempt, payment.attempts)),
        operations=list(map(_operation, payment.operations)),
        refunds=list(map(_refund, payment.refunds)),
    )


def _attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        provider=attempt.provider,
        method=attempt.method,
        state=attempt.state,
        session_ref=attempt.refs.session,
        intent_ref=attempt.refs.intent,
        decline_code=attempt.decline_code,
        mismatch=attempt.mismatch,
        arrived_late=attempt.late,
        created_at=attempt.created_at,
    )


def _operation(operation: Operation) -> OperationView:
    return OperationView(
        id=operation.id,
        attempt_id=operation.attempt_id,
        kind=operation.kind,
        state=operation.state,
        amount=operation.amount,
        tries=operation.tries,
        code=operation.code or None,
        created_at=operation.created_at,
        finished_at=operation.finished_at,
    )


def _refund(refund: Refund) -> RefundView:
    return RefundView(
        id=refund.id,
        amount=refund.amount,
        state=refund.state,
        reason=refund.reason,
        failure=refund.failure,
    )


async def needing_a_person(connection: AsyncConnection) -> AttentionList:
    """Quarantined money, refused refunds, lapsed reservations, and calls whose outcome is unknown."""
    payments, operations = tables.payments.c, tables.operations.c
    unknown = select(operations.payment_id, operations.id).where(operations.state == "unknown")
    by_payment: dict[str, list[str]] = defaultdict(list)
    for row in await connection.execute(unknown):
        by_payment[row.payment_id].append(row.id)
    query = select(payments.id, payments.booking_id, payments.status, payments.attention, payments.updated_at)
    rows = await connection.execute(
        query.where(or_(payments.attention.is_not(None), payments.id.in_(by_payment)))
        .order_by(payments.updated_at.desc())
        .limit(500)
    )
    return AttentionList(
        payments=[
            Attention(
                booking_id=row.booking_id,
                status=row.status,
                attention=row.attention,
                unknown_operations=by_payment[row.id],
                updated_at=row.updated_at,
            )
            for row in rows
        ]
    )


async def journal(connection: AsyncConnection) -> JournalView:
    """Balances per account and currency, and their sums."""
    lines = tables.journal_lines.c
    query = select(lines.account, lines.currency, func.sum(lines.amount).label("balance"))
    rows = await connection.execute(
        query.group_by(lines.account, lines.currency).order_by(lines.account, lines.currency)
    )
    balances = [Balance(account=row.account, currency=row.currency, balance=int(row.balance)) for row in rows]
    sums: dict[str, int] = defaultdict(int)
    for one in balances:
        sums[one.currency] += one.balance
    return JournalView(balances=balances, sums=sums)
