"""What each mail says: its content, before it has a look."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.notify.occasions import Confirmation, Failure, NewBooking, Occasion, Refund
from services.notify.when import When, when_for_business, when_for_customer
from services.notify.wording import Reader, reader_for
from shared.events.values import BookingFacts, Item
from shared.money import Money


@dataclass(frozen=True)
class Visit:
    """One item as a mail shows it."""

    title: str
    when: When
    where: str | None
    price: str | None


@dataclass(frozen=True)
class Button:
    """The one thing to do next."""

    label: str
    url: str


@dataclass(frozen=True)
class Content:
    """Everything a mail says. HTML and text are two looks of the same content."""

    subject: str
    preview: str
    heading: str
    hello: str | None
    paragraphs: tuple[str, ...]
    visits: tuple[Visit, ...]
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    footer: str
    good: bool = True
    label: str | None = None
    button: Button | None = None


@dataclass(frozen=True)
class Scene:
    """A booking, its reader, the address of the public pages, and what was returned already."""

    facts: BookingFacts
    reader: Reader
    public_url: str
    returned: Money | None = None

    def say(self, key: str, **values: object) -> str:
        known = {"business": self.facts.business.name, "reference": self.facts.reference}
        return self.reader.say(key, **known, **values)

    def row(self, label: str, value: str | None) -> tuple[tuple[str, str], ...]:
        return ((self.say(f"label.{label}"), value),) if value else ()

    def money(self, amount: Money | None) -> str | None:
        return self.reader.money(amount) if amount else None


def scene_of(
    occasion: Occasion, facts: BookingFacts, public_url: str, returned: Money | None = None
) -> Scene:
    """The scene of an occasion: the business reads its own language, the customer theirs if we write it."""
    customer, business = facts.customer, facts.business
    wishes = (business.locale,) if occasion.kind == "new_booking" else (customer.locale, business.locale)
    return Scene(facts, reader_for(*wishes), public_url.rstrip("/"), returned)


def content_of(occasion: Occasion, scene: Scene) -> Content:
    """What the mail for an occasion says."""
    return _WRITERS[type(occasion)](occasion, scene)


def _confirmation(occasion: Confirmation, scene: Scene) -> Content:
    paid = scene.money(occasion.paid)
    return Content(
        subject=scene.say("confirmation.subject", what=_what(scene)),
        preview=scene.say("confirmation.preview"),
        heading=scene.say("confirmation.heading"),
        hello=_hello(scene),
        paragraphs=(scene.say("confirmation.intro"),),
        visits=_visits(scene),
        rows=scene.row("reference", scene.facts.reference) + scene.row("paid", paid),
        button=Button(scene.say("shared.view"), scene.facts.manage_url),
        notes=(scene.say("confirmation.calendar"), *_contact(scene)),
        footer=scene.say("shared.footer"),
    )


def _failure(occasion: Failure, scene: Scene) -> Content:
    reason = occasion.reason
    label = scene.say("failure.retry" if reason.startswith("payment") else "failure.again")
    return Content(
        subject=scene.say("failure.subject", what=_what(scene)),
        preview=scene.say("failure.preview"),
        heading=scene.say("failure.heading"),
        hello=_hello(scene),
        paragraphs=(scene.say(f"failure.{reason}"), *_money_of_failure(occasion, scene)),
        visits=_visits(scene, priced=False),
        rows=scene.row("reference", scene.facts.reference),
        button=Button(label, _page_to_book(scene)),
        notes=_contact(scene),
        footer=scene.say("shared.footer"),
        good=False,
        label=scene.say("label.asked"),
    )


def _money_of_failure(occasion: Failure, scene: Scene) -> tuple[str, ...]:
    """A booking that failed keeps no money; free bookings need no word about it."""
    total = scene.money(scene.facts.total)
    if total is None:
        return ()
    if scene.returned:
        return (scene.say("failure.returned", amount=scene.reader.money(scene.returned)),)
    if occasion.reason == "paid_too_late":
        return (scene.say("failure.given_back", amount=total),)
    # Whoever never paid has no reservation at the bank to wonder about.
    unpaid = occasion.reason in ("payment_cancelled", "payment_expired")
    return (scene.say("failure.not_charged" if unpaid else "failure.nothing_kept", amount=total),)


def _refund(occasion: Refund, scene: Scene) -> Content:
    amount = scene.reader.money(occasion.amount)
    return Content(
        subject=scene.say("refund.subject", amount=amount),
        preview=scene.say("refund.preview", amount=amount),
        heading=scene.say("refund.heading", amount=amount),
        hello=_hello(scene),
        paragraphs=(scene.say("refund.why", amount=amount), scene.say("refund.when")),
        visits=_visits(scene, priced=False),
        rows=scene.row("reference", scene.facts.reference) + scene.row("amount", amount),
        button=Button(scene.say("shared.view"), scene.facts.manage_url),
        notes=_contact(scene),
        footer=scene.say("shared.footer"),
        label=scene.say("label.about"),
    )


def _new_booking(occasion: NewBooking, scene: Scene) -> Content:
    customer = scene.facts.customer
    return Content(
        subject=scene.say("new_booking.subject", what=_what(scene, ours=True), customer=customer.name),
        preview=scene.say("new_booking.preview", customer=customer.name),
        heading=scene.say("new_booking.heading"),
        hello=None,
        paragraphs=(scene.say("new_booking.intro", customer=customer.name),),
        visits=_visits(scene, ours=True),
        rows=scene.row("reference", scene.facts.reference)
        + scene.row("customer", customer.name)
        + scene.row("email", customer.email)
        + scene.row("phone", customer.phone)
        + scene.row("company", customer.company)
        + scene.row("notes", customer.notes)
        + scene.row("paid", scene.money(occasion.paid)),
        notes=(),
        footer=scene.say("new_booking.footer"),
    )


_WRITERS: dict[type, Callable[[Any, Scene], Content]] = {
    Confirmation: _confirmation,
    Failure: _failure,
    Refund: _refund,
    NewBooking: _new_booking,
}


def _hello(scene: Scene) -> str:
    return scene.say("shared.hello", name=scene.facts.customer.name)


def _what(scene: Scene, *, ours: bool = False) -> str:
    """The booking in a subject line: `Advice, Tue, Nov 24, 3:00 PM`."""
    first, *others = scene.facts.items
    what = f"{first.title}, {_when(first, scene, ours=ours).short}"
    return scene.say("shared.more", first=what, count=len(others)) if others else what


def _when(item: Item, scene: Scene, *, ours: bool) -> When:
    return (
        when_for_business(item, scene.reader) if ours else when_for_customer(item, scene.facts, scene.reader)
    )


def _visits(scene: Scene, *, priced: bool = True, ours: bool = False) -> tuple[Visit, ...]:
    return tuple(
        Visit(
            title=_title(item, scene),
            when=_when(item, scene, ours=ours),
            where=place_of(item, scene.reader),
            price=scene.money(item.price) if priced else None,
        )
        for item in scene.facts.items
    )


def _title(item: Item, scene: Scene) -> str:
    if item.quantity == 1:
        return item.title
    return scene.say("shared.quantity", title=item.title, quantity=item.quantity)


def place_of(item: Item, reader: Reader) -> str | None:
    """Where it happens: an address, or the way to meet."""
    address = ", ".join(part for part in (item.address, item.postcode) if part)
    method = item.meeting_method
    if address or not method:
        return address or None
    key = f"meeting.{method}"
    return reader.say(key) if reader.knows(key) else method.replace("_", " ").capitalize()


def _contact(scene: Scene) -> tuple[str, ...]:
    business = scene.facts.business
    phone = (business.phone or "").replace(" ", "\u00a0")
    match bool(business.email), bool(phone):
        case True, True:
            return (scene.say("shared.contact_both", phone=phone),)
        case True, False:
            return (scene.say("shared.contact_email"),)
        case False, True:
            return (scene.say("shared.contact_phone", phone=phone),)
        case _:
            return ()


def _page_to_book(scene: Scene) -> str:
    offering = scene.facts.items[0].offering.rpartition(".")[2]
    return f"{scene.public_url}/book/{scene.facts.business.slug}/{offering}"
