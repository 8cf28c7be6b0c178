"""Requests that no honest client sends, by what is wrong with them."""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tests.blackbox.raw import request

Json = Any
Way = tuple[str | int, ...]

_numbers = itertools.count(1)

JSON = ("Content-Type", "application/json")
CHUNKED = ("Transfer-Encoding", "chunked")
# What the door takes of a body and of a head.
LARGEST_BODY = 256 * 1024
LARGEST_HEAD = 64 * 1024

BODIES: Mapping[str, bytes] = {
    "empty": b"",
    "half": b'{"items": [',
    "two documents": b"{}{}",
    "single quotes": b"{'items': []}",
    "a comma too many": b'{"items": [],}',
    "a text": b'"items"',
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "NaN": b"NaN",
    "infinity": b'{"items": Infinity}',
    "a number past all bounds": b'{"items": 1e400}',
    "a number without end": b"9" * 10_000,
    "bad UTF-8": b'{"items": "\xff\xfe"}',
    "half a character": b'{"\\ud800": "\\udc00"}',
    "half a character in bytes": b'{"items": "\xed\xa0\x80"}',
    "NUL": b'{"\\u0000": "\\u0000"}',
    "UTF-16": "{}".encode("utf-16"),
    "a mark before": b"\xef\xbb\xbf{}",
    "nested without end": b"[" * 100_000,
    "nested and closed": b"[" * 100_000 + b"]" * 100_000,
    "objects without end": b'{"a":' * 50_000,
    "as deep as can be": b'{"items":' + b"[" * 900 + b"]" * 900 + b"}",
}

VALUES: Mapping[str, Json] = {
    "null": None,
    "truth": True,
    "minus one": -1,
    "half": 0.5,
    "64 bits and one": 2**64,
    "400 digits": 10**400,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "no text": "",
    "NUL": "a\x00b",
    "half a character": "\ud800",
    "escape": "\x1b[2J",
    "long": "x" * 100_000,
    "the other direction": "\u202eabc",
    "markup": "<script>alert(1)</script>",
    "the first moment": "0001-01-01T00:00:00+23:59",
    "the last moment": "9999-12-31T23:59:59-23:59",
    "list": [],
    "object": {},
    "deep": [[[[[[[[[[[[]]]]]]]]]]]],
}

HEADERS: Mapping[str, str] = {
    "no text": "",
    "a space within": "a b",
    "other characters": "\xe9\xff",
    "quotes": '"',
    "10,000 characters": "x" * 10_000,
    "60,000 characters": "x" * 60_000,
    "a million characters": "x" * 1_000_000,
    "a line feed": "a\nX-Operator: yes",
    "a line end": "a\r\n b",
    "a carriage return": "a\rb",
    "NUL": "a\x00b",
}

WORDS = (
    *("%zz", "%ff", "%00", "%0a", "%ed%a0%80", "%c0%ae", "..%2f..%2fetc%2fpasswd", "..;/", "%2e%2e", "'--"),
    *("\xff", "a\\b", "//", "*", "💥".encode().decode("latin-1"), "a" * 60_000),
)


def bodies(path: str, *headers: tuple[str, str]) -> Iterator[tuple[str, bytes]]:
    """The same request with one body after the other."""
    for name, body in BODIES.items():
        yield name, request("POST", path, [JSON, *headers], body)


def values(
    path: str, wish: Json, *headers: tuple[str, str], only: Collection[str] = VALUES
) -> Iterator[tuple[str, bytes]]:
    """The same wish with every part of it replaced by one value after the other, each asked for anew."""
    for way in ways(wish):
        for name in only:
            body = json.dumps(replaced(wish, way, VALUES[name])).encode()
            key = ("Idempotency-Key", f"hostile-{next(_numbers)}")
            yield f"{name} at {'.'.join(map(str, way))}", request("POST", path, [JSON, key, *headers], body)


def ways(value: Json, way: Way = ()) -> Iterator[Way]:
    """The way to every part of a JSON value."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from ways(one, (*way, key))


def replaced(value: Json, way: Way, new: Json) -> Json:
    """A copy of the value with another part at that way."""
    if not way:
        return new
    copy: Json = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = replaced(value[way[0]], way[1:], new)
    return copy


def lengths(path: str, *headers: tuple[str, str]) -> Iterator[tuple[str, bytes]]:
    """Bodies that lie about their length, or are too long, or belong to two ideas of it."""
    huge = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    told: Mapping[str, tuple[list[tuple[str, str]], bytes]] = {
        "too long": ([], b"x" * (LARGEST_BODY + 1)),
        "much too long": ([], b"x" * (8 * LARGEST_BODY)),
        "too long in pieces": ([CHUNKED], huge * 8 + b"0\r\n\r\n"),
        "past all bounds": ([("Content-Length", str(10**30))], b"{}"),
        "negative": ([("Content-Length", "-1")], b"{}"),
        "a word": ([("Content-Length", "two")], b"{}"),
        "two lengths": ([("Content-Length", "2"), ("Content-Length", "3")], b"{}"),
        "length and pieces": ([("Content-Length", "2"), CHUNKED], b"2\r\n{}\r\n0\r\n\r\n"),
        "another transfer": ([("Transfer-Encoding", "gzip")], b"{}"),
        "pieces twice": ([CHUNKED, ("Transfer-Encoding", "identity")], b"2\r\n{}\r\n0\r\n\r\n"),
        "a piece of no size": ([CHUNKED], b"zz\r\n{}\r\n0\r\n\r\n"),
        "a piece too short": ([CHUNKED], b"1\r\n{}\r\n0\r\n\r\n"),
    }
    for name, (more, body) in told.items():
        yield name, request("POST", path, [JSON, *headers, *more], body)


def headers(name: str, method: str, path: str, body: bytes | None = None) -> Iterator[tuple[str, bytes]]:
    """The same request with one value of a header after the other, and with two of it."""
    for what, value in HEADERS.items():
        for prefix in ("", "Bearer ", "wait="):
            yield f"{name}: {prefix}{what}", request(method, path, [JSON, (name, prefix + value)], body)
    yield f"{name} twice", request(method, path, [JSON, (name, "a"), (name, "b")], body)


def paths(*before: str) -> Iterator[tuple[str, bytes]]:
    """Every hostile word as the end of an address."""
    for start in before:
        for word in WORDS:
            yield f"{start}{word[:30]}", request("GET", start + word)


METHODS = ("FOO", "get", "TRACE", "CONNECT", "PATCH", "PUT", "DELETE", "PROPFIND", "PRI")


def methods(*targets: str) -> Iterator[tuple[str, bytes]]:
    """Methods that nobody offers, some that nobody knows."""
    for target in targets:
        for method in METHODS:
            yield f"{method} {target}", request(method, target)


def no_http() -> Iterator[tuple[str, bytes]]:
    """Bytes that are no request."""
    yield "another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200
    yield "HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "another version", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n"
    yield "no version", b"GET /\r\n\r\n"
    yield "a header without a name", b"GET / HTTP/1.1\r\n: a\r\n\r\n"
    yield "a header with a space", b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n"
    yield "an address without end", b"GET /" + b"a" * (8 * LARGEST_HEAD)
    yield "a header without end", b"GET / HTTP/1.1\r\nX-A: " + b"a" * (8 * LARGEST_HEAD)
    yield "headers without end", b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * LARGEST_HEAD
