"""Every message of the system, defined once."""

from shared.events import booking, calendar, notify, payment
from shared.events.message import REGISTRY, Command, Event, Message, StepRef, message_type

__all__ = [
    "REGISTRY",
    "Command",
    "Event",
    "Message",
    "StepRef",
    "booking",
    "calendar",
    "message_type",
    "notify",
    "payment",
]
