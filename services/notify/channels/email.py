"""E-mail over SMTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPDataError, SMTPException, SMTPNotSupported, SMTPRecipientsRefused

from services.notify.channels.mime import address_of, message_of
from services.notify.channels.port import Letter, Undeliverable
from shared.errors import Outage

TIMEOUT = 10.0
# The whole conversation ends before the task's lease does, so that no other worker begins the same one.
WHOLE = 60.0
GOODBYE = 2.0

Security = Literal["auto", "starttls", "tls", "none"]


@dataclass(frozen=True)
class SmtpServer:
    """The server that takes our mail."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    security: Security = "auto"


class EmailChannel:
    """Hands letters to an SMTP server, one conversation each."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    @asynccontextmanager
    async def delivered(self, letter: Letter) -> AsyncIterator[None]:
        """SMTP has no idempotency key: after the server's 250 only the caller's commit may come.

        A crash between the two sends the letter again, with the same Message-ID; that much is left.
        """
        message = message_of(letter)
        client = self._client(letter)
        try:
            await self._hand_over(client, message, letter)
            yield
        finally:
            await _leave(client)

    async def _hand_over(self, client: SMTP, message: EmailMessage, letter: Letter) -> None:
        sender, recipient = (address_of(party).addr_spec for party in (letter.sender, letter.recipient))
        try:
            async with asyncio.timeout(WHOLE):
                await client.connect()
                await client.send_message(message, sender=sender, recipients=[recipient])
        except (SMTPException, OSError, TimeoutError) as error:
            raise _meaning(error) from error

    def _client(self, letter: Letter) -> SMTP:
        server = self._server
        implicit = server.security == "tls" or (server.security == "auto" and server.port == 465)
        start_tls = {"auto": None, "starttls": True, "tls": False, "none": False}[server.security]
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            # Left to itself the client asks DNS for our name, in the loop's thread.
            local_hostname=letter.sender.email.rpartition("@")[2],
            timeout=TIMEOUT,
            use_tls=implicit,
            start_tls=False if implicit else start_tls,
        )


def _meaning(error: BaseException) -> Undeliverable | Outage:
    """5xx about the recipient or the letter is final. The rest is between us and the server, and passes."""
    if isinstance(error, SMTPRecipientsRefused):
        refused = error.recipients[0]
        said = f"{refused.code} {refused.message}"
        return Undeliverable(said) if refused.code >= 500 else Outage(f"mail put off: {said}")
    if isinstance(error, SMTPDataError) and error.code >= 500:
        return Undeliverable(f"{error.code} {error.message}")
    if isinstance(error, SMTPNotSupported):
        return Undeliverable(str(error))
    return Outage(f"mail server: {error!r}")


async def _leave(client: SMTP) -> None:
    try:
        await client.quit(timeout=GOODBYE)
    except (SMTPException, OSError, TimeoutError):
        client.close()
