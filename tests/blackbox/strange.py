"""Properties of AMQP messages that our own senders never write, some of which no library can read."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any


class Far(datetime):
    """A moment that AMQP can carry and no calendar knows."""

    def timestamp(self) -> float:
        return 2**62


class Raw(str):
    """A text whose bytes are no UTF-8."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b"\xff\xfe\xed\xa0\x80"


FAR = Far(2030, 1, 1, tzinfo=UTC)
NESTED = {"a": [{"b": [{"c": [1, None, bytearray(b"\x00")]}]}]}

STRANGE: Mapping[str, Mapping[str, Any]] = {
    "another content type": {"content_type": "image/png"},
    "a content type of no characters": {"content_type": Raw("raw")},
    "an encoding that is not so": {"content_encoding": "gzip"},
    "an encoding of no characters": {"content_encoding": Raw("raw")},
    "another kind of message": {"type": "application/x-java-serialized-object"},
    "the far future": {"timestamp": FAR},
    "an endless life": {"expiration": timedelta(days=49)},
    "the highest priority": {"priority": 255},
    "a broken trace": {"headers": {"traceparent": "00-zz"}},
    "a trace that is no text": {"headers": {"traceparent": {"no": 7}}},
    "headers of every type": {
        "headers": {
            "text": "é\x00",
            "bytes": bytearray(b"\xff"),
            "none": None,
            "truth": True,
            "whole": 2**40,
            "part": 0.5,
            "decimal": Decimal("1.5"),
            "moment": datetime(2026, 1, 1, tzinfo=UTC),
            "nested": NESTED,
        }
    },
    "a header in the far future": {"headers": {"at": FAR}},
    "a header without a readable name": {"headers": {Raw("raw"): 1}},
    "a reply that nobody wants": {"reply_to": "nowhere", "correlation_id": "7" * 200},
}
