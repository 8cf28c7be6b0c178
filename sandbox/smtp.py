"""An SMTP server that keeps every mail it is given."""

import asyncio
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from sandbox.faults import Fault, strike
from sandbox.letter import letter
from sandbox.settings import SANDBOX_DOMAIN
from sandbox.world import World

MAIL = "mail"
SMTP_FAULTS = (
    Fault(
        "smtp",
        "down",
        "Mail server is down",
        "Whoever connects is sent away with 421: a number of times, or for a stretch of time.",
        seconds=60,
        lasts=True,
    ),
    Fault("smtp", "refuse", "Address refused", "The next recipient is refused for good with 550."),
    Fault("smtp", "later", "Try again later", "The next recipient is put off with 451; a later try works."),
    Fault(
        "smtp",
        "error_after",
        "Cut off after success",
        "The mail is kept, but the line drops before the server can say so. Sending again makes two.",
    ),
)


class MailServer:
    """The inbox's door: SMTP in the running event loop, without a thread."""

    def __init__(self, world: World, host: str, port: int) -> None:
        self._world = world
        self._host = host
        self._asked_port = port
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Transport] = set()

    @property
    def port(self) -> int:
        """The port it listens on; the asked one until it has started."""
        if self._server is None:
            return self._asked_port
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Open the door."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._line, self._host, self._asked_port)

    async def stop(self) -> None:
        """Close the door, also on those who are in the middle of a sentence."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for line in list(self._lines):
            line.abort()
        await server.wait_closed()

    def _line(self) -> SMTP:
        return _Line(self._world, self._lines)


class _Line(SMTP):
    """One conversation."""

    def __init__(self, world: World, lines: set[asyncio.Transport]) -> None:
        self._world = world
        self._lines = lines
        super().__init__(
            _Postmaster(world),
            hostname=SANDBOX_DOMAIN,
            ident="Holdfast sandbox",
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=_let_in,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The transports of uvloop are none of asyncio's classes.
        line = cast(asyncio.Transport, transport)
        self._lines.add(line)
        if strike(self._world, "smtp", "down") is not None:
            line.write(b"421 4.3.2 Service not available, closing transmission channel\r\n")
            line.close()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._lines.discard(cast(asyncio.Transport, self.transport))
        super().connection_lost(error)


class _Postmaster:
    """What happens with senders, recipients and mails."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if strike(self._world, "smtp", "refuse") is not None:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        if strike(self._world, "smtp", "later") is not None:
            return f"451 4.7.1 <{address}>: Recipient address deferred, please try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail_id = keep(self._world, envelope.mail_from or "", envelope.rcpt_tos, _bytes(envelope.content))
        if strike(self._world, "smtp", "error_after") is not None and server.transport is not None:
            server.transport.close()
            await asyncio.Event().wait()
        return f"250 2.0.0 Ok: queued as {mail_id}"


def keep(world: World, sender: str, recipients: list[str], raw: bytes) -> str:
    """Put a mail into the inbox."""
    mail_id = world.new_id("mail_", 16)
    envelope = {"id": mail_id, "received_at": world.now().isoformat(), "from": sender, "to": recipients}
    world.put(MAIL, mail_id, envelope | letter(raw))
    return mail_id


def _bytes(content: str | bytes | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def _let_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=True)
