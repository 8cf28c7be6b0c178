"""The books: what each movement of money posts. A check and a source of reports, never read by a decision."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from services.payment.payment import Attempt, Payment, Refund
from shared.money import Money

Account = Literal["clearing", "deferred_revenue", "refund_liability", "suspense"]
Rule = Literal[
    "captured",
    "captured_unexpectedly",
    "taken_up",
    "refund_requested",
    "refund_of_unexpected_requested",
    "refund_succeeded",
    "refund_reversed",
    "refund_failed",
    "refund_of_unexpected_failed",
]

# What each movement debits and credits. `clearing` is kept per provider: what it holds for us.
RULES: dict[Rule, tuple[Account, Account]] = {
    "captured": ("clearing", "deferred_revenue"),
    "captured_unexpectedly": ("clearing", "suspense"),
    "taken_up": ("suspense", "deferred_revenue"),
    "refund_requested": ("deferred_revenue", "refund_liability"),
    "refund_of_unexpected_requested": ("suspense", "refund_liability"),
    "refund_succeeded": ("refund_liability", "clearing"),
    "refund_reversed": ("clearing", "refund_liability"),
    "refund_failed": ("refund_liability", "deferred_revenue"),
    "refund_of_unexpected_failed": ("refund_liability", "suspense"),
}


@dataclass(frozen=True)
class Line:
    """One side of an entry: positive is a debit, negative a credit."""

    account: str
    amount: int
    currency: str


@dataclass(frozen=True)
class Entry:
    """One movement, posted. Its lines sum to nothing."""

    rule: Rule
    lines: tuple[Line, Line]


def entries(before: Payment, after: Payment) -> list[Entry]:
    """What must be posted because the payment changed."""
    posted: list[Entry] = []
    known = {one.id: one for one in before.attempts}
    refunds = {one.id: one for one in before.refunds}
    for attempt in after.attempts:
        posted += _of_attempt(known.get(attempt.id), attempt)
    for refund in after.refunds:
        attempt = after.attempt(refund.attempt_id)
        rules = _of_refund(refunds.get(refund.id), refund, unexpected=_is_unexpected(attempt))
        posted += [_entry(rule, refund.amount, attempt.provider) for rule in rules]
    return posted


def _of_attempt(before: Attempt | None, after: Attempt) -> Iterator[Entry]:
    taken = after.captured - (before.captured if before else 0)
    if before and before.captured and _is_unexpected(before) and not _is_unexpected(after):
        amount = Money(amount=before.captured, currency=after.currency)
        yield _entry("taken_up", amount, after.provider)
    if taken:
        rule: Rule = "captured_unexpectedly" if _is_unexpected(after) else "captured"
        yield _entry(rule, Money(amount=taken, currency=after.currency), after.provider)


def _of_refund(before: Refund | None, after: Refund, *, unexpected: bool) -> Iterator[Rule]:
    known = before.state if before else None
    if known is None:
        yield "refund_of_unexpected_requested" if unexpected else "refund_requested"
    if after.state == "succeeded" and known != "succeeded":
        yield "refund_succeeded"
    if after.state == "failed" and known != "failed":
        if known == "succeeded":
            yield "refund_reversed"
        yield "refund_of_unexpected_failed" if unexpected else "refund_failed"


def _is_unexpected(attempt: Attempt) -> bool:
    return (attempt.late and not attempt.taken_up) or attempt.mismatch is not None


def _entry(rule: Rule, amount: Money, provider: str) -> Entry:
    debit, credit = (f"clearing:{provider}" if one == "clearing" else one for one in RULES[rule])
    return Entry(
        rule,
        (Line(debit, amount.amount, amount.currency), Line(credit, -amount.amount, amount.currency)),
    )
