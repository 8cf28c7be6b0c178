"""The channel port: how letters leave."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.notify.calendar_file import Party
from services.notify.look import Mail


@dataclass(frozen=True)
class Letter:
    """A mail with its envelope. The same message id at every try lets the receiver drop a repeat."""

    message_id: str
    date: datetime
    sender: Party
    recipient: Party
    reply_to: str | None
    mail: Mail
    invitations: tuple[bytes, ...] = ()


class Undeliverable(Exception):
    """The channel refused the letter for good; the text says why."""


class Channel(Protocol):
    """Delivers letters."""

    def delivered(self, letter: Letter) -> AbstractAsyncContextManager[None]:
        """Inside the block the letter is taken over, and the goodbyes have not been said.

        Raises Undeliverable when it never will be, Outage when it may be later.
        """
