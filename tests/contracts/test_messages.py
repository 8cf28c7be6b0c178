"""The wire: a golden file for every message, and documents that are never stale."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from holdfast.documents import documents
from holdfast.parts import PARTS
from shared.events import REGISTRY, Command, Event, Message, message_type
from shared.events.booking import BookingRequested
from shared.messaging.envelope import Envelope, UnknownMessage, Unreadable, decode, enclose, encode
from tests.support.samples import MOMENT, a_sample

GOLDEN = Path(__file__).parent / "messages"
DOCS = Path(__file__).parents[2] / "docs"
EVERY = [pytest.param(kind, id=f"{name}.v{version}") for (name, version), kind in sorted(REGISTRY.items())]

# Facts for listeners outside: nothing in the product acts on them.
NOBODY_LISTENS = {
    "booking.progressed",
    "calendar.event_removed",
    "calendar.released",
    "notification.failed",
    "notification.sent",
    "payment.disputed",
    "payment.refund_failed",
}


@pytest.mark.parametrize("kind", EVERY)
def test_a_message_looks_on_the_wire_as_its_golden_file_says(kind: type[Message]) -> None:
    golden = GOLDEN / f"{kind.wire_name}.v{kind.wire_version}.json"
    written = json.dumps(a_sample(kind).model_dump(mode="json"), indent=2, sort_keys=True) + "\n"
    assert golden.exists(), f"a new message: write {golden.name} with\n{written}"
    assert written == golden.read_text(), "the wire changed: give the message a new version"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_message_that_was_ever_sent_can_still_be_read(path: Path) -> None:
    name, version = re.fullmatch(r"(.+)\.v(\d+)", path.stem).groups()  # type: ignore[union-attr]
    message_type(name, int(version)).model_validate(json.loads(path.read_text()))


@pytest.mark.parametrize("kind", EVERY)
def test_a_command_has_one_receiver_and_an_event_somebody_who_listens(kind: type[Message]) -> None:
    receivers = [name for name, part in PARTS.items() if kind in part.handlers]
    if issubclass(kind, Command):
        assert receivers == [kind.service()]
    elif kind.wire_name not in NOBODY_LISTENS:
        assert receivers, f"{kind.wire_name}: nobody listens, and it is not said that nobody should"


@pytest.mark.parametrize("kind", EVERY)
def test_a_message_says_in_one_sentence_what_it_means(kind: type[Message]) -> None:
    assert kind.__doc__
    assert "\n" not in kind.__doc__.strip()


def test_every_handler_handles_a_message_that_exists() -> None:
    for part in PARTS.values():
        for kind in part.handlers:
            assert issubclass(kind, Command | Event)
            assert REGISTRY[(kind.wire_name, kind.wire_version)] is kind


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_generated_documents_are_current(name: str) -> None:
    assert (DOCS / name).read_text() == documents()[name], "run `make docs`"


def a_letter() -> Envelope:
    return enclose(
        a_sample(BookingRequested),
        id="msg_1",
        source="booking",
        time=MOMENT,
        correlationid="bk_1",
        causationid="",
        traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    )


def test_an_envelope_survives_the_wire_alone_and_in_a_batch() -> None:
    letter = a_letter()
    assert decode(encode([letter])) == ([letter], [])
    assert decode(encode([letter, letter])) == ([letter, letter], [])
    assert letter.open() == a_sample(BookingRequested)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"null", b"5", b"[]", b"[[]]", b'{"id": 1}', b'[{"type": "x"}]', b"[" * 100_000],
)
def test_a_body_that_is_no_message_is_told_apart(body: bytes) -> None:
    envelopes, (broken,) = decode(body)
    assert envelopes == []
    assert broken.body == body
    assert broken.reason


def test_a_broken_piece_of_a_batch_leaves_the_others_whole() -> None:
    letter = a_letter()
    batch = [letter.to_wire(), {"type": "x"}, letter.to_wire()]
    envelopes, broken = decode(json.dumps(batch).encode())
    assert envelopes == [letter, letter]
    assert broken == [Unreadable(b'{"type": "x"}', "not a message: specversion must be 1.0, not None")]


@pytest.mark.parametrize(
    "spoiled",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"id": "m" * 65},
        {"id": "msg_\x00"},
        {"id": "../msg"},
        {"source": 7},
        {"type": "\ud800"},
        {"dataversion": "1"},
        {"dataversion": True},
        {"dataversion": float("inf")},
        {"subject": ["bk_1"]},
        {"time": "yesterday"},
        {"time": "2026-03-02T09:30:00"},
        {"command": "no"},
        {"data": [["booking_id", "bk_1"]]},
    ],
    ids=str,
)
def test_an_attribute_that_no_sender_of_ours_writes_is_refused_with_its_name(spoiled: dict[str, Any]) -> None:
    with pytest.raises(UnknownMessage, match=next(iter(spoiled))):
        Envelope.from_wire({**a_letter().to_wire(), **spoiled})


def test_a_broken_trace_is_no_reason_to_refuse_a_message() -> None:
    for trace in ("x" * 500, 7, None, ["00"]):
        assert Envelope.from_wire({**a_letter().to_wire(), "traceparent": trace}).traceparent == ""


def test_an_unknown_name_or_a_payload_that_does_not_fit_is_told_apart() -> None:
    wire = a_letter().to_wire()
    with pytest.raises(UnknownMessage, match="no message is called"):
        Envelope.from_wire({**wire, "type": "booking.unheard"}).open()
    with pytest.raises(UnknownMessage, match="does not fit"):
        Envelope.from_wire({**wire, "data": {}}).open()
