"""What comes to the webhook's door, and what a provider's door is sent: signatures, events, forms."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import stripe

from tests.blackbox.raw import request

Cases = Iterator[tuple[str, bytes]]
FORM = ("Content-Type", "application/x-www-form-urlencoded")
KEY = ("Authorization", "Bearer sk_test_sandbox")

EVENT: dict[str, Any] = {
    "id": "evt_hostile",
    "object": "event",
    "type": "payment_intent.succeeded",
    "livemode": False,
    "data": {"object": {"id": "pi_hostile", "object": "payment_intent"}},
}


def strange_signatures(path: str) -> Cases:
    """Signatures that nobody made."""
    endless = "9" * 5_000
    for header in ("", "t=1", "t=1,v1=a", "t=1,v1=\xe9", "t=x,v1=a", "t=,v1=", "v1=a", f"t={endless},v1=a"):
        yield f"signature {header[:30]!r}", request("POST", path, [("Stripe-Signature", header)], b"{}")
    for header in ("=,=", ",", "t", "t=-1,v1=a", "t=1,t=2,v1=a,v1=b", "t=1,v1=a," * 5_000):
        yield f"signature {header[:30]!r}", request("POST", path, [("Stripe-Signature", header)], b"{}")


def signed_nonsense(path: str, secret: str) -> Cases:
    """Bodies with the right signature that are no event, or one of nothing we know."""
    about = EVENT["data"]["object"]
    bodies: Mapping[str, Any] = {
        "null": None,
        "a list": [],
        "a text": "event",
        "nothing within": {},
        "no data": {**EVENT, "data": None},
        "an object that is a list": {**EVENT, "data": {"object": []}},
        "an object that is none": {**EVENT, "data": {"object": None}},
        "a kind that is a list": {**EVENT, "data": {"object": {**about, "object": []}}},
        "an id that is an object": {**EVENT, "id": {"no": "such"}},
        "an id without end": {**EVENT, "id": "evt_" + "x" * 5_000},
        "NUL": {**EVENT, "id": "evt_\x00"},
        "half a character": {**EVENT, "id": "evt_\ud800"},
        "NUL within": {**EVENT, "data": {"object": {**about, "id": "pi_\x00"}}},
        "no number": {**EVENT, "created": float("nan")},
        "an unknown type": {**EVENT, "id": "evt_unknown", "type": "moon.phase_changed"},
        "a type that is a number": {**EVENT, "id": "evt_typed", "type": 7},
    }
    for name, body in bodies.items():
        yield f"signed: {name}", signed(path, json.dumps(body).encode(), secret)
    for name, raw in {"no JSON": b"{", "bad UTF-8": b"\xff", "nested": b"[" * 100_000, "empty": b""}.items():
        yield f"signed: {name}", signed(path, raw, secret)
    yield "signed: stale", signed(path, json.dumps(EVENT).encode(), secret, age=4_000)


def signed(path: str, body: bytes, secret: str, age: float = 0) -> bytes:
    """A webhook with the right signature."""
    at = int(time.time() - age)
    text = body.decode("utf-8", "replace")
    header = stripe.WebhookSignature.generate_signature_header(text, secret, at)
    return request("POST", path, [("Stripe-Signature", header)], body)


def forms(path: str) -> Cases:
    """Forms that mean nothing, or two things at once."""
    bodies = {
        "a value and a table": b"a[b]=1&a=2&a[][][]=3",
        "nested without end": b"a" + b"[b]" * 50_000 + b"=1",
        "bad UTF-8": b"%ff=%00&amount=%ff",
        "an endless amount": b"amount=" + b"9" * 5_000 + b"&currency=usd",
        "digits that are none": "amount=²&currency=usd".encode(),
        "an index that is none": b"a[%C2%B2]=1",
        "a huge index": b"line_items[" + b"9" * 400 + b"]=1",
        "no names": b"=&[]=&[=]",
        "NUL": b"amount=0&currency=usd&metadata[a]=%00",
        "half a character": b"amount=0&currency=usd&metadata[a]=%ed%a0%80",
    }
    for name, body in bodies.items():
        yield f"form: {name}", request("POST", path, [FORM, KEY], body)
    for query in ("limit=x", "limit=-1", "limit=" + "9" * 5_000, "limit=%C2%B2", "created[gte]=1e999"):
        yield f"query: {query[:30]}", request("GET", f"{path}?{query}", [KEY])
