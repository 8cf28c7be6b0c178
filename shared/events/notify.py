"""What was said to whom."""

from typing import Literal

from shared.events.message import Event

Channel = Literal["email"]
NotificationKind = Literal["confirmation", "failure", "refund"]


class NotificationSent(Event, name="notification.sent"):
    """The channel took the message over."""

    booking_id: str
    kind: NotificationKind
    channel: Channel


class NotificationFailed(Event, name="notification.failed"):
    """The channel refused the message for good."""

    booking_id: str
    kind: NotificationKind
    channel: Channel
    detail: str
