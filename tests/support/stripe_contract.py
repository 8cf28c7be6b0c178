"""Stripe's published types as a referee: every request and response is held against them."""

import json
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Schema = dict[str, Any]
_FILE = "stripe-sdk16-contract-2026-10-28.endive.json"
_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "contracts"
_FORM = "application/x-www-form-urlencoded"


def contract_file() -> Path:
    """Where the provider's types are kept: outside the project, since they are Stripe's."""
    return Path(os.environ.get("HOLDFAST_CONTRACTS", _BESIDE)) / _FILE


@cache
def contract() -> Schema:
    """The provider's types."""
    loaded: Schema = json.loads(contract_file().read_text())
    return loaded


def operation(method: str, path: str) -> Schema | None:
    """The published operation that answers at this path."""
    candidates = [
        template
        for template, methods in contract()["paths"].items()
        if method.lower() in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    if not candidates:
        return None
    closest = min(candidates, key=lambda template: template.count("{"))
    found: Schema = contract()["paths"][closest][method.lower()]
    return found


def parameters(found: Schema) -> Schema:
    """The schema of an operation's parameters."""
    holder = found.get("requestBody") or found.get("x-query") or {"content": {_FORM: {"schema": {}}}}
    schema: Schema = holder["content"][_FORM]["schema"]
    return schema


def resolved(schema: Schema) -> Schema:
    """The schema itself where it is only a reference."""
    while "$ref" in schema:
        schema = contract()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def complaints(schema: Schema, value: object) -> list[str]:
    """What is wrong with a value, in words."""
    whole = {"allOf": [schema], "components": contract()["components"]}
    found = Draft202012Validator(whole).iter_errors(value)
    return [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]


def decoded(text: str) -> dict[str, Any]:
    """A form with its brackets opened, every value still text."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        branch, (*path, last) = tree, [part.rstrip("]") for part in name.split("[")]
        for part in path:
            branch = branch.setdefault(part, {})
        branch[last or str(len(branch))] = value
    return tree


def coerced(value: Any, schema: Schema) -> Any:
    """Form text as the types the schema speaks of."""
    schema = resolved(schema)
    if "anyOf" in schema:
        readings = [coerced(value, option) for option in schema["anyOf"]]
        fitting = [
            read
            for read, option in zip(readings, schema["anyOf"], strict=True)
            if not complaints(option, read)
        ]
        return fitting[0] if fitting else value
    kind = schema.get("type")
    if kind == "array" and isinstance(value, dict):
        return [coerced(entry, schema.get("items", {})) for entry in value.values()]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {key: coerced(entry, known.get(key, {})) for key, entry in value.items()}
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


@dataclass
class Referee:
    """Stands between a client and the sandbox and notes every deviation from the published types."""

    app: ASGIApp
    findings: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or "/v1/" not in path or not _secret(scope):
            await self.app(scope, receive, send)
            return
        taken, given, status = bytearray(), bytearray(), [0]

        async def listen() -> Message:
            message = await receive()
            taken.extend(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            status[0] = message.get("status", status[0])
            given.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, listen, answer)
        text = taken.decode() if scope["method"] == "POST" else scope["query_string"].decode()
        self._judge(scope["method"], path[path.index("/v1/") :], text, status[0], bytes(given))

    def _judge(self, method: str, path: str, text: str, status: int, body: bytes) -> None:
        found = operation(method, path)
        self.seen.append(f"{method} {path}")
        if found is None:
            return
        schema = parameters(found)
        sent = coerced(decoded(text), schema)
        asked = complaints(schema, sent) if status < 400 else []
        # Of a deleted object Stripe sends only the id, whatever its type requires.
        answers = found["responses"]["200" if status == 200 else "default"]
        shape = {} if method == "DELETE" else answers["content"]["application/json"]["schema"]
        told = complaints(shape, json.loads(body))
        self.findings += [f"{method} {path} request {one}" for one in asked]
        self.findings += [f"{method} {path} {status} response {one}" for one in told]


def _secret(scope: Scope) -> bool:
    # The published types describe what a secret key sees; a browser's key sees less.
    return any(name == b"authorization" and b"sk_test_" in value for name, value in scope["headers"])
