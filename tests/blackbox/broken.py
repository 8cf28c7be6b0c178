"""Broken messages of every kind, made from what a service really accepts."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from holdfast.parts import PARTS
from shared.events import REGISTRY, Message
from shared.events.message import Command
from shared.messaging.envelope import enclose
from shared.messaging.inbox import LARGEST_KEPT
from shared.storable import printable
from tests.support.samples import MOMENT, a_sample

Json = dict[str, Any]
_numbers = itertools.count(1)

REQUIRED = ("specversion", "id", "source", "type", "dataversion", "subject", "time", "command", "data")
WRONG: dict[str, Any] = {
    "specversion": "0.3",
    "id": {"no": "such"},
    "source": None,
    "type": ["calendar.hold"],
    "dataversion": "one",
    "subject": 7,
    "time": "yesterday",
    "command": "perhaps",
    "data": "nothing",
}


@dataclass(frozen=True)
class Broken:
    """One body that cannot be handled, and how it is told among the dead letters."""

    kind: str
    body: bytes
    reason: str
    # Its own id where the envelope can be read; the text where nothing can.
    id: str = ""
    # What is wrong with it may be of no matter to its handler.
    may_be_handled: bool = False

    def is_it(self, letter: Json) -> bool:
        """Whether a dead letter is this one."""
        if self.id:
            return bool(letter["id"] == self.id)
        shown = printable(self.body[:LARGEST_KEPT].decode("utf-8", "replace"))
        return bool(letter["type"] == "unreadable" and letter["body"] == shown)

    def is_told_by(self, letter: Json) -> bool:
        """Whether a dead letter says why."""
        return self.reason in str(letter["error"])


def no_messages() -> Iterator[Broken]:
    """Bodies that are no message at all."""
    bodies = {
        "empty": (b"", "not JSON"),
        "no JSON": (b'{"specversion": "1.0",', "not JSON"),
        "bad UTF-8": (b'{"id": "\xff\xfe"}', "not JSON"),
        "NUL": (b"\x00\x00\x00", "not JSON"),
        "UTF-16": ("{}".encode("utf-16"), "not JSON"),
        "half a character": (b'{"id": "\xed\xa0\x80"}', "not JSON"),
        "compressed": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "not JSON"),
        "nested without end": (b"[" * 100_000, "nested too deeply"),
        "a number without end": (b"9" * 10_000, "not JSON"),
        "huge": (b"x" * (3 * LARGEST_KEPT), "not JSON"),
        "null": (b"null", "not a CloudEvents object"),
        "a number": (b"7", "not a CloudEvents object"),
        "a text": (b'"calendar.hold"', "not a CloudEvents object"),
        "an empty batch": (b"[]", "not a CloudEvents object"),
        "a batch in a batch": (b"[[]]", "not a CloudEvents object"),
        "no CloudEvent": (b'{"hello": "world"}', "specversion"),
        "not a number": (b'{"specversion": NaN}', "specversion"),
    }
    for kind, (body, reason) in bodies.items():
        yield Broken(kind, body, reason)


def broken_envelopes(service: str) -> Iterator[Broken]:
    """Messages with an attribute missing, of another type, or too long."""
    whole = wire_of(handled_by(service)[0], f"{service}-whole")
    for name in REQUIRED:
        less = {key: value for key, value in whole.items() if key != name}
        yield Broken(f"without {name}", written(less), name)
        yield Broken(f"another {name}", written({**whole, name: WRONG[name]}), name)
    for name in ("id", "source", "type", "subject"):
        yield Broken(f"endless {name}", written({**whole, name: "x" * 5000}), name)
        yield Broken(f"NUL in {name}", written({**whole, name: "a\x00b"}), name)
        yield Broken(f"half a character in {name}", written({**whole, name: "\ud800"}), name)


def unwanted(service: str) -> Iterator[Broken]:
    """Whole messages that the service has nothing to do with."""
    own = handled_by(service)
    others = [kind for kind in REGISTRY.values() if kind not in own]
    command = next(kind for kind in others if issubclass(kind, Command) and kind.service() != service)
    event = next(kind for kind in others if not issubclass(kind, Command))
    for what, kind in (("a command for another service", command), ("an event nobody asked for", event)):
        yield dead(what, service, kind, {}, f"{service} has no handler for {kind.wire_name}")
    yield dead("an unknown version", service, own[0], {"dataversion": 99}, "no message is called")


def unknown(service: str) -> Broken:
    """A message of a name that nobody knows, new each time."""
    kind = f"unknown {next(_numbers)}"
    return dead(kind, service, handled_by(service)[0], {"type": "no.such_thing"}, "no message is called")


def misfits(service: str) -> Iterator[Broken]:
    """Every message the service accepts, with fields missing, of other types, and past all bounds."""
    for kind in handled_by(service):
        name = kind.wire_name
        data = a_sample(kind).model_dump(mode="json")
        yield dead(f"{name} without fields", service, kind, {"data": {}}, "does not fit")
        for field in data:
            # Nothing takes an object with a field that nobody knows, and needs one that is not there.
            wrong = {**data, field: {"no": "such"}}
            yield dead(f"{name} with another {field}", service, kind, {"data": wrong}, "does not fit")


def unkeepable(service: str) -> Iterator[Broken]:
    """Every message the service accepts, with a NUL in its texts: PostgreSQL keeps none."""
    for number, kind in enumerate(handled_by(service)):
        wire = wire_of(kind, f"{service}-nul-{number}")
        texts = [name for name, field in kind.model_fields.items() if field.annotation is str]
        data = {**wire["data"], **{name: f"{name}\x00" for name in texts}}
        yield Broken(
            f"{kind.wire_name} with NUL", written({**wire, "data": data}), "no database keeps", "", True
        )


def dead(kind: str, service: str, message: type[Message], changed: Json, reason: str) -> Broken:
    """A readable message that cannot be handled."""
    id = re.sub(r"\W+", "-", f"{service} {kind}")[:64]
    return Broken(kind, written({**wire_of(message, id), **changed}), reason, id)


def handled_by(service: str) -> list[type[Message]]:
    """The messages a service accepts, in the same order every time."""
    return sorted(PARTS[service].handlers, key=lambda kind: kind.wire_name)


def wire_of(kind: type[Message], id: str) -> Json:
    """A sample of the message as it travels."""
    return enclose(
        a_sample(kind),
        id=id,
        source="elsewhere",
        time=MOMENT,
        correlationid="",
        causationid="",
        traceparent="",
    ).to_wire()


def written(wire: Any) -> bytes:
    """The body of a broker message."""
    return json.dumps(wire).encode()
