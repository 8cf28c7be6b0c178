"""Payments without their guards."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import stripe

from services.payment import answers, decide, hints, journal, merge, operations, position, tasks, trails
from services.payment import main as payment_main
from services.payment import watch as payment_watch
from services.payment.providers.stripe_errors import WitnessClient
from services.payment.providers.stripe_reading import read_intent, read_session
from tests.simulation.replacing import replaced


@contextmanager
def no_idempotency_key() -> Iterator[None]:
    """The provider cannot know that a call is the repeat of another."""
    ask = WitnessClient.request_async

    async def without_key(
        self: WitnessClient, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        kept = {name: value for name, value in headers.items() if name.lower() != "idempotency-key"}
        return await ask(self, method, url, kept, post_data)

    with replaced(WitnessClient, "request_async", without_key):
        yield


@contextmanager
def no_expire_before_release() -> Iterator[None]:
    """A page that nobody paid on is simply forgotten."""
    order_for, is_alive = decide._order_for, position.is_alive

    def no_order(payment: Any, attempt: Any, keeper: Any, at: Any) -> Any:
        order = order_for(payment, attempt, keeper, at)
        return None if order is not None and order.kind == "expire" else order

    def forgotten(payment: Any, attempt: Any) -> bool:
        over = attempt.state == "action_required" and position.stage(payment, _far()) != "collecting"
        return False if over else is_alive(payment, attempt)

    with replaced(decide, "_order_for", no_order), replaced(decide, "is_alive", forgotten):
        yield


def _far() -> datetime:
    return datetime.fromisoformat("2100-01-01T00:00:00+00:00")


@contextmanager
def given_back_too_soon() -> Iterator[None]:
    """Giving back is reported before it is certain."""
    with replaced(decide, "_is_settled", lambda payment: True):
        yield


@contextmanager
def late_money_kept() -> Iterator[None]:
    """Money that comes too late is not noticed."""
    with replaced(decide, "_notice_late_money", lambda payment, now, patience: payment):
        yield


@contextmanager
def unknown_taken_for_failed() -> Iterator[None]:
    """A call whose answer was lost is taken for one that never happened."""
    record = operations.record

    def hasty(payment: Any, operation_id: str, outcome: Any, ended_at: datetime, grace: Any) -> Any:
        if outcome.state == "unknown":
            outcome = replace(outcome, state="failed", code="never_happened")
        return record(payment, operation_id, outcome, ended_at, grace)

    with replaced(tasks, "record", hasty):
        yield


@contextmanager
def called_before_committed() -> Iterator[None]:
    """Every try of a call is another call: its key is not the one that was written down."""
    claim = operations.claim

    def renamed(payment: Any, operation_id: str, request: Any, now: datetime) -> Any:
        claimed = claim(payment, operation_id, request, now)
        known = claimed.operation(operation_id)
        return claimed.with_operation(replace(known, key=f"{known.key}:{known.tries}"))

    with replaced(tasks, "claim", renamed):
        yield


@contextmanager
def second_payment_kept() -> Iterator[None]:
    """Who pays on two pages has paid twice."""
    order_for = decide._order_for

    def for_everybody(payment: Any, attempt: Any, keeper: Any, at: Any) -> Any:
        return order_for(payment, attempt, attempt if keeper else None, at)

    with replaced(decide, "_order_for", for_everybody):
        yield


@contextmanager
def lost_page_not_looked_for() -> Iterator[None]:
    """A page that was given up as never made cannot appear any more."""
    with replaced(payment_watch, "_may_appear", lambda payment, attempt, now: False):
        yield


@contextmanager
def sure_too_soon() -> Iterator[None]:
    """Money is reported while a call that releases it may still arrive."""
    with replaced(answers, "_is_certain", lambda payment: position.holder(payment) is not None):
        yield


@contextmanager
def old_looks_believed() -> Iterator[None]:
    """What was read long ago counts as much as what was read now."""
    next_state = merge.next_state

    def always_fresh(known: Any, said: Any, *, fresh: bool) -> Any:
        return said if known not in ("succeeded",) else next_state(known, said, fresh=True)

    with replaced(merge, "next_state", always_fresh):
        yield


@contextmanager
def nobody_looks_again() -> Iterator[None]:
    """Only webhooks tell what happens at the provider."""
    with (
        replaced(payment_main, "TASKS", {**payment_main.TASKS, "recheck": _done, "backfill": _done}),
        replaced(decide, "_order_for", _without_expiring()),
    ):
        yield


async def _done(task: Any, desk: Any, _: Any) -> None:
    async with desk.unit_of_work(task):
        return


def _without_expiring() -> Any:
    order_for = decide._order_for

    def no_order(payment: Any, attempt: Any, keeper: Any, at: Any) -> Any:
        order = order_for(payment, attempt, keeper, at)
        return None if order is not None and order.kind == "expire" else order

    return no_order


@contextmanager
def not_in_the_books() -> Iterator[None]:
    """What is refunded is not posted."""
    with replaced(journal, "_of_attempt", lambda before, after: iter(())):
        yield


@contextmanager
def webhook_trusted() -> Iterator[None]:
    """What a hint says of its object is believed; nobody asks the provider."""
    follow, heed = trails.follow, hints.follow_hint
    said: dict[str, Any] = {}

    async def believed(database: Any, provider: Any, kind: Any, ref: str) -> Any:
        return await follow(database, _Believer(provider, said.get(ref)), kind, ref)

    async def remembering(task: Any, desk: Any, deps: Any) -> None:
        async with desk.database.reading() as connection:
            event = (await connection.execute(hints._event(task))).one()
        said[event.object_ref] = json.loads(event.raw)["data"]["object"]
        await heed(task, desk, deps)

    with (
        replaced(hints, "follow", believed),
        replaced(payment_main, "TASKS", {**payment_main.TASKS, hints.PROVIDER_EVENT: remembering}),
    ):
        yield


class _Believer:
    """A provider that answers from the webhook's own body."""

    def __init__(self, provider: Any, body: Any) -> None:
        self._provider = provider
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def get_payment(self, refs: Any) -> Any:
        if self._body is None:
            return await self._provider.get_payment(refs)
        body = stripe.StripeObject.construct_from(self._body, "sk_test_sandbox")
        return read_session(body) if self._body["object"] == "checkout.session" else read_intent(body)


MUTATIONS = {
    "no idempotency key at the provider": no_idempotency_key,
    "no expire before release": no_expire_before_release,
    "given back too soon": given_back_too_soon,
    "late money not noticed": late_money_kept,
    "an unknown outcome taken for a failure": unknown_taken_for_failed,
    "a new key with every try": called_before_committed,
    "a second payment kept": second_payment_kept,
    "a lost page not looked for": lost_page_not_looked_for,
    "reported while it may still be released": sure_too_soon,
    "old looks believed": old_looks_believed,
    "only webhooks tell of payments": nobody_looks_again,
    "captures not in the books": not_in_the_books,
    "webhook body trusted": webhook_trusted,
}
