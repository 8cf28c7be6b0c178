"""The envelope of a message on its way: CloudEvents 1.0 attributes around a payload."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.message import Command, Message, message_type


class UnknownMessage(Exception):
    """Nobody here knows the message's name and version, or its payload does not fit."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message with who sent it, what it is about, and what caused it."""

    id: str
    source: str
    type: str
    version: int
    subject: str
    time: datetime
    correlationid: str
    causationid: str
    traceparent: str
    is_command: bool
    data: dict[str, Any]

    @property
    def receiver(self) -> str:
        """The service a command goes to."""
        return self.type.partition(".")[0]

    def open(self) -> Message:
        """The payload as its message class; raises UnknownMessage."""
        try:
            return message_type(self.type, self.version).model_validate(self.data)
        except KeyError:
            raise UnknownMessage(f"no message is called {self.type} version {self.version}") from None
        except ValueError as error:
            raise UnknownMessage(f"{self.type} version {self.version} does not fit: {error}") from error

    def to_wire(self) -> dict[str, Any]:
        """The CloudEvents JSON object."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "dataversion": self.version,
            "correlationid": self.correlationid,
            "causationid": self.causationid,
            "traceparent": self.traceparent,
            "command": self.is_command,
            "data": self.data,
        }

    @classmethod
    def from_wire(cls, wire: Any) -> "Envelope":
        """Read a CloudEvents JSON object; raises UnknownMessage when it is not one."""
        try:
            return cls(
                id=str(wire["id"]),
                source=str(wire["source"]),
                type=str(wire["type"]),
                version=int(wire["dataversion"]),
                subject=str(wire["subject"]),
                time=datetime.fromisoformat(wire["time"]),
                correlationid=str(wire.get("correlationid", "")),
                causationid=str(wire.get("causationid", "")),
                traceparent=str(wire.get("traceparent", "")),
                is_command=bool(wire["command"]),
                data=dict(wire["data"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnknownMessage(f"not a CloudEvents message: {error!r}") from error


def enclose(
    message: Message,
    *,
    id: str,
    source: str,
    time: datetime,
    correlationid: str,
    causationid: str,
    traceparent: str,
) -> Envelope:
    """Put a message into an envelope."""
    return Envelope(
        id=id,
        source=source,
        type=message.wire_name,
        version=message.wire_version,
        subject=message.subject,
        time=time,
        correlationid=correlationid or message.subject,
        causationid=causationid,
        traceparent=traceparent,
        is_command=isinstance(message, Command),
        data=message.model_dump(mode="json"),
    )


def encode(envelopes: list[Envelope]) -> bytes:
    """The body of a broker message: one CloudEvents object, or a batch of them."""
    wires = [envelope.to_wire() for envelope in envelopes]
    return json.dumps(wires[0] if len(wires) == 1 else wires, separators=(",", ":")).encode()


def decode(body: bytes) -> list[Envelope]:
    """The envelopes of a broker message; raises UnknownMessage when the body is no such thing."""
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise UnknownMessage(f"not JSON: {error}") from error
    wires = parsed if isinstance(parsed, list) else [parsed]
    return [Envelope.from_wire(wire) for wire in wires]
