"""The task that sends a notification: claimed, handed to the channel, and its end written down."""

from dataclasses import dataclass
from datetime import timedelta

from services.notify import repository
from services.notify.channels.port import Channel, Letter, Undeliverable
from services.notify.composing import House, letter_of, reason_to_skip
from services.notify.repository import EMAIL, Dossier
from shared.errors import Outage
from shared.events.notify import NotificationFailed, NotificationKind, NotificationSent
from shared.events.values import BookingFacts
from shared.messaging.work import Desk, Task, UnitOfWork

SEND = "send"


@dataclass(frozen=True)
class Deps:
    """What notify works with."""

    house: House
    email: Channel
    patience: timedelta
    mail_new_bookings: bool


async def schedule_sending(work: UnitOfWork, booking_id: str, *ids: str) -> None:
    """Have notifications sent as soon as this commits."""
    for id in ids:
        await work.schedule(SEND, id, work.now, booking_id=booking_id)


async def send(task: Task, desk: Desk, deps: Deps) -> None:
    """Send one notification. Whatever is sent, skipped or refused for good stays so."""
    async with desk.database.reading() as connection:
        dossier = await repository.dossier_of(connection, task.key)
    if dossier is None or dossier.status != "pending" or dossier.facts is None:
        async with desk.unit_of_work(task):
            return
    skipped = reason_to_skip(dossier, dossier.facts)
    if skipped:
        async with desk.unit_of_work(task) as work:
            await repository.settle(work, dossier.id, "skipped", error=skipped)
        return
    await _post(task, desk, deps, dossier, dossier.facts)


async def _post(task: Task, desk: Desk, deps: Deps, dossier: Dossier, facts: BookingFacts) -> None:
    letter = letter_of(dossier, facts, deps.house, desk.runtime.now())
    await _claim(desk, dossier, letter)
    try:
        async with deps.email.delivered(letter), desk.unit_of_work(task) as work:
            await repository.settle(work, dossier.id, "sent", sent_at=work.now, error=None)
            _say_sent(work, dossier)
    except Undeliverable as refusal:
        await _give_up(task, desk, dossier, str(refusal))
    except Outage as outage:
        if desk.runtime.now() - dossier.created_at < deps.patience:
            raise
        await _give_up(task, desk, dossier, f"given up: {outage}")


async def _claim(desk: Desk, dossier: Dossier, letter: Letter) -> None:
    async with desk.unit_of_work() as work:
        claimed = await repository.claim(
            work,
            dossier,
            message_id=letter.message_id,
            recipient=letter.recipient.email,
            subject=letter.mail.subject,
            body_html=letter.mail.html,
            body_text=letter.mail.text,
        )
    if not claimed:
        raise Outage(f"{dossier.id} is in other hands")


async def _give_up(task: Task, desk: Desk, dossier: Dossier, why: str) -> None:
    async with desk.unit_of_work(task) as work:
        await repository.settle(work, dossier.id, "failed", error=why)
        kind = _public_kind(dossier)
        if kind:
            work.publish(
                NotificationFailed(booking_id=dossier.booking_id, kind=kind, channel=EMAIL, detail=why)
            )


def _say_sent(work: UnitOfWork, dossier: Dossier) -> None:
    kind = _public_kind(dossier)
    if kind:
        work.publish(NotificationSent(booking_id=dossier.booking_id, kind=kind, channel=EMAIL))


def _public_kind(dossier: Dossier) -> NotificationKind | None:
    """What the business reads about its own bookings is nobody else's news."""
    kind = dossier.occasion.kind
    return None if kind == "new_booking" else kind
