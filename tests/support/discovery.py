"""Google's own description of the Calendar API, as a judge of requests and answers."""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker

_ROOT = "/calendar/v3/"
_KEPT = ("type", "enum", "format", "$ref", "items", "properties", "additionalProperties")
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["errors", "code", "message"],
            "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "errors": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "object", "required": ["domain", "reason", "message"]},
                },
            },
        }
    },
}


@cache
def document() -> dict[str, Any]:
    """The discovery document inside google-api-python-client."""
    documents = files("googleapiclient") / "discovery_cache" / "documents"
    described: dict[str, Any] = json.loads((documents / "calendar.v3.json").read_text())
    return described


@cache
def methods() -> list[dict[str, Any]]:
    """Every method the document knows, with a pattern for its path."""
    found = []
    for resource in document()["resources"].values():
        for method in resource.get("methods", {}).values():
            pattern = re.sub(r"\{\w+\}", "[^/]+", method["path"])
            found.append(method | {"pattern": re.compile(pattern)})
    return found


def check_exchange(
    verb: str, url: str, request: bytes | None, status: int, answer: bytes, content_type: str
) -> str:
    """Fail unless the document allows this request and this answer; the method's id otherwise."""
    parts = urlsplit(url)
    path = parts.path.partition(_ROOT)[2]
    method = _method(verb, path)
    _check_query(method, parse_qsl(parts.query, keep_blank_values=True))
    if request:
        _check_body(_without_nulls(json.loads(request)), method.get("request"), f"request of {method['id']}")
    if status >= 400:
        Draft202012Validator(ERROR).validate(json.loads(answer))
    elif method.get("response") is None:
        assert answer == b"", f"{method['id']} answers nothing"
    else:
        assert content_type.startswith("application/json")
        _check_body(json.loads(answer), method["response"], f"answer of {method['id']}")
    return str(method["id"])


def _method(verb: str, path: str) -> dict[str, Any]:
    for method in methods():
        if method["httpMethod"] == verb and method["pattern"].fullmatch(path):
            return method
    raise AssertionError(f"the Calendar API has no {verb} {unquote(path)}")


def _check_query(method: dict[str, Any], query: list[tuple[str, str]]) -> None:
    known = document()["parameters"] | method.get("parameters", {})
    for name, value in query:
        described = known.get(name)
        assert described is not None, f"{method['id']} has no parameter {name}"
        assert described.get("location") == "query", f"{name} does not belong into the query"
        if described["type"] == "integer":
            int(value)
        if described["type"] == "boolean":
            assert value in ("true", "false"), f"{name} is {value}"
        assert value in described.get("enum", [value]), f"{name} is {value}"


def _check_body(body: Any, reference: dict[str, Any] | None, where: str) -> None:
    assert reference is not None, f"there is no {where}"
    validator = Draft202012Validator(_schemas() | reference_to(reference["$ref"]), format_checker=_FORMATS)
    mistakes = [f"{mistake.json_path}: {mistake.message}" for mistake in validator.iter_errors(body)]
    assert not mistakes, f"{where}: {'; '.join(mistakes)}"


def reference_to(name: str) -> dict[str, Any]:
    """A schema that stands for one of the document's."""
    return {"$ref": f"#/$defs/{name}"}


def _without_nulls(body: Any) -> Any:
    """A null in a patch means: remove this."""
    if isinstance(body, dict):
        return {name: _without_nulls(value) for name, value in body.items() if value is not None}
    return body


@cache
def _schemas() -> dict[str, Any]:
    return {"$defs": {name: _translated(schema) for name, schema in document()["schemas"].items()}}


def _translated(schema: dict[str, Any]) -> dict[str, Any]:
    """Discovery's dialect in JSON Schema's words, with every unnamed property forbidden."""
    result: dict[str, Any] = {name: schema[name] for name in _KEPT if name in schema}
    if "$ref" in result:
        return reference_to(result["$ref"])
    if result.get("type") == "any":
        return {}
    if "items" in result:
        result["items"] = _translated(result["items"])
    if "properties" in result:
        result["properties"] = {name: _translated(value) for name, value in result["properties"].items()}
        result.setdefault("additionalProperties", False)
    if isinstance(result.get("additionalProperties"), dict):
        result["additionalProperties"] = _translated(result["additionalProperties"])
    return result


_FORMATS = FormatChecker(formats=["date"])


@_FORMATS.checks("date-time")
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or bool(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value))
