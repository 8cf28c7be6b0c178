"""Every message has somebody who acts on it."""

import importlib
import re
from collections import defaultdict

from shared.events import REGISTRY, Command, Event, Message
from tests.architecture.source import ROOT, SERVICES, listed, product

# Facts that no service has in its table of messages, and what they are told for.
NOBODY_LISTENS = {
    "booking.progressed": "the gateway's live status takes it from the broker by its pattern, with no table",
    "calendar.event_removed": "the answer to a command that no saga sends yet",
    "notification.failed": "operators see it in the log of what was sent",
    "notification.sent": "operators see it in the log of what was sent",
    "payment.disputed": "operators see it at the payment; what to do is a person's decision",
    "payment.refund_failed": "operators see it at the payment; what to do is a person's decision",
}

# Commands that are understood before anybody gives them.
NOBODY_SENDS = {
    "calendar.remove_event": "for confirmed bookings that are cancelled",
}


def takers() -> dict[type[Message], list[str]]:
    """The services that handle a message."""
    found: dict[type[Message], list[str]] = defaultdict(list)
    for service in SERVICES:
        if (ROOT / "services" / service / "handlers.py").exists():
            table = importlib.import_module(f"services.{service}.handlers").HANDLERS
            for message in table:
                found[message].append(service)
    return found


def test_every_command_is_handled_by_exactly_the_service_it_is_named_after() -> None:
    handled = takers()
    wrong = [
        f"{message.wire_name}: {handled.get(message, [])}"
        for message in REGISTRY.values()
        if issubclass(message, Command) and handled.get(message, []) != [message.service()]
    ]
    assert not wrong, listed(wrong)


def test_every_event_has_a_listener_or_says_why_not() -> None:
    handled = takers()
    unheard = {
        message.wire_name
        for message in REGISTRY.values()
        if issubclass(message, Event) and not handled.get(message)
    }
    surprising = unheard ^ set(NOBODY_LISTENS)
    assert not surprising, listed(surprising)


def test_every_message_is_sent_by_somebody_or_says_why_not() -> None:
    code = "\n".join(file.text for file in product() if not file.name.startswith("shared/events/"))
    unsent = {
        message.wire_name
        for message in REGISTRY.values()
        if not re.search(rf"\b{message.__name__}(\.model_\w+)?\(", code)
    }
    surprising = unsent ^ set(NOBODY_SENDS)
    assert not surprising, listed(surprising)
