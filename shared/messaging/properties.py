"""The properties of AMQP messages, of which we read none: what is wrong with them must not stop a queue."""

from collections.abc import Callable
from typing import Any

from pamqp import decode

Reading = Callable[[bytes], tuple[int, Any]]


def tolerate_anything() -> None:
    """Have properties that pamqp cannot read counted as absent.

    It would raise, and that ends the connection: the message comes again, and takes its neighbours along.
    """
    _tolerate("table", lambda value: (4 + int.from_bytes(value[:4], "big"), {}))
    _tolerate("timestamp", lambda _: (8, None))
    _tolerate("shortstr", lambda value: (1 + value[0], value[1 : 1 + value[0]].decode("utf-8", "replace")))


def _tolerate(kind: str, instead: Reading) -> None:
    usual = decode.METHODS[kind]

    def read(value: bytes) -> tuple[int, Any]:
        try:
            return usual(value)
        except (ValueError, OverflowError, OSError):
            return instead(value)

    decode.METHODS[kind] = read
