"""From a dossier to a letter, and from a booking to its calendar entries."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urldefrag

from services.notify.calendar_file import Entry, Party, invitation
from services.notify.channels.port import Letter
from services.notify.letters import place_of
from services.notify.look import mail_of, one_line
from services.notify.repository import Dossier, Invitation
from services.notify.wording import Reader, reader_for
from shared.events.values import BookingFacts, Item


@dataclass(frozen=True)
class House:
    """Who we are to the outside: the sending address and the public pages."""

    sender: str
    public_url: str

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


def reason_to_skip(dossier: Dossier, facts: BookingFacts) -> str | None:
    """Why nothing is to be said after all."""
    if not recipient_of(dossier, facts).email:
        return "no e-mail address"
    if dossier.occasion.kind == "failure" and dossier.booking_status == "confirmed":
        return "the booking was taken up again and stands"
    return None


def recipient_of(dossier: Dossier, facts: BookingFacts) -> Party:
    """Who reads it: the business about its new bookings, else the customer."""
    if dossier.occasion.kind == "new_booking":
        return Party(facts.business.name, facts.business.email or "")
    return Party(facts.customer.name, facts.customer.email or "")


def letter_of(dossier: Dossier, facts: BookingFacts, house: House, now: datetime) -> Letter:
    """The letter for a dossier. Its Message-ID depends on the notification alone."""
    ours = dossier.occasion.kind == "new_booking"
    sender = Party(one_line(facts.business.name), house.sender)
    recipient = recipient_of(dossier, facts)
    return Letter(
        message_id=message_id_of(dossier.id, house),
        date=now,
        sender=sender,
        recipient=recipient,
        reply_to=facts.customer.email if ours else facts.business.email,
        mail=mail_of(dossier.occasion, facts, house.public_url, dossier.returned),
        invitations=tuple(
            invitation(entry, "REQUEST", organizer=sender, attendee=recipient)
            for entry in entries_of(facts, dossier.invitations)
        )
        if dossier.occasion.kind == "confirmation"
        else (),
    )


def message_id_of(id: str, house: House) -> str:
    return f"<{id}@{house.domain}>"


def entries_of(facts: BookingFacts, places: tuple[Invitation, ...]) -> list[Entry]:
    """The calendar entries of the customer: with where to go and the link that opens the booking."""
    reader = _reader(facts)
    return [
        _entry(item, place, facts, reader, url=facts.manage_url, location=place_of(item, reader))
        for item, place in _placed(facts, places)
    ]


def public_entries_of(facts: BookingFacts, places: tuple[Invitation, ...]) -> list[Entry]:
    """The same for whoever knows the booking's id: no customer's address, and a link that opens nothing."""
    url = urldefrag(facts.manage_url).url
    reader = _reader(facts)
    return [
        _entry(item, place, facts, reader, url=url, location=None) for item, place in _placed(facts, places)
    ]


def _placed(facts: BookingFacts, places: tuple[Invitation, ...]) -> list[tuple[Item, Invitation]]:
    by_item = {place.item_id: place for place in places}
    return [(item, by_item[item.id]) for item in facts.items if item.id in by_item]


def _reader(facts: BookingFacts) -> Reader:
    return reader_for(facts.customer.locale, facts.business.locale)


def _entry(
    item: Item, place: Invitation, facts: BookingFacts, reader: Reader, *, url: str, location: str | None
) -> Entry:
    lines = (
        reader.say("calendar.reference", reference=facts.reference),
        reader.say("calendar.manage", url=url),
    )
    return Entry(
        item=item,
        uid=place.uid,
        sequence=place.sequence,
        issued_at=place.issued_at,
        summary=one_line(reader.say("calendar.summary", title=item.title, business=facts.business.name)),
        description="\n".join(lines),
        location=location,
        url=url,
    )
