"""What notify's routes answer."""

from datetime import datetime

from pydantic import BaseModel


class Notification(BaseModel):
    """One thing said, or not said, to somebody."""

    kind: str
    channel: str
    to: str | None
    subject: str | None
    status: str
    sent_at: datetime | None
    error: str | None


class NotificationList(BaseModel):
    """Everything said about one booking, oldest first."""

    notifications: list[Notification]
