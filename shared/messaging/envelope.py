"""The envelope of a message on its way: CloudEvents 1.0 attributes around a payload."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from shared.events.message import Command, Message, message_type
from shared.telemetry import valid_traceparent

SPECVERSION = "1.0"
# What the inbox has room for.
LONGEST_NAME = 64
LONGEST_TYPE = 80


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_T = TypeVar("_T")


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
            "specversion": SPECVERSION,
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
        if not isinstance(wire, dict):
            raise UnknownMessage(f"not a CloudEvents object: {type(wire).__name__}")
        if wire.get("specversion") != SPECVERSION:
            raise UnknownMessage(f"specversion must be {SPECVERSION}, not {wire.get('specversion')!r}")
        return cls(
            id=_id(wire),
            source=_text(wire, "source"),
            type=_text(wire, "type", longest=LONGEST_TYPE),
            version=_of_type(wire, "dataversion", int),
            subject=_text(wire, "subject", least=0),
            time=_moment(wire),
            correlationid=_text(wire, "correlationid", least=0) if "correlationid" in wire else "",
            causationid=_text(wire, "causationid", least=0) if "causationid" in wire else "",
            # A trace is a courtesy: a broken one is no reason to refuse the message.
            traceparent=valid_traceparent(wire.get("traceparent")),
            is_command=_of_type(wire, "command", bool),
            data=_of_type(wire, "data", dict),
        )


def _of_type(wire: dict[str, Any], name: str, wanted: type[_T]) -> _T:
    found = wire.get(name)
    if type(found) is not wanted:
        raise UnknownMessage(f"{name} must be {wanted.__name__}, not {type(found).__name__}")
    return found


def _text(wire: dict[str, Any], name: str, *, least: int = 1, longest: int = LONGEST_NAME) -> str:
    text = _of_type(wire, name, str)
    if not (least <= len(text) <= longest and text.isprintable()):
        raise UnknownMessage(f"{name} must be {least} to {longest} printable characters")
    return text


def _id(wire: dict[str, Any]) -> str:
    id = _text(wire, "id")
    if not _ID.fullmatch(id):
        raise UnknownMessage("id must be letters, digits, - and _: operators ask for it by its address")
    return id


def _moment(wire: dict[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_of_type(wire, "time", str))
    except ValueError as error:
        raise UnknownMessage(f"time is none: {error}") from error
    if moment.tzinfo is None:
        raise UnknownMessage("time must have an offset")
    return moment


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


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body, or a piece of a batch, that is no message, and why."""

    body: bytes
    reason: str


def decode(body: bytes) -> tuple[list[Envelope], list[Unreadable]]:
    """The messages in the body of a broker message, and whatever in it is none."""
    try:
        parsed = json.loads(body.decode())
    except RecursionError:
        return [], [Unreadable(body, "not JSON that can be read: nested too deeply")]
    except ValueError as error:
        return [], [Unreadable(body, f"not JSON: {error}")]
    if not isinstance(parsed, list) or not parsed:
        parsed = [parsed]
    envelopes: list[Envelope] = []
    unreadable: list[Unreadable] = []
    for wire in parsed:
        try:
            envelopes.append(Envelope.from_wire(wire))
        except UnknownMessage as error:
            piece = body if len(parsed) == 1 else json.dumps(wire).encode()
            unreadable.append(Unreadable(piece, f"not a message: {error}"))
    return envelopes, unreadable
