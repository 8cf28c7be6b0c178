"""The API reference: the OpenAPI document as a page that needs no script and no outside host."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

Json = dict[str, Any]

_PAGES = Path(__file__).parent / "pages"
_SCHEMAS = "#/components/schemas/"
_BY_FORMAT = {
    "date-time": "2026-03-02T10:00:00-05:00",
    "date": "2026-03-02",
}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None}


def reference_routes(app: FastAPI) -> APIRouter:
    """`/docs` and its style sheet."""
    router = APIRouter(include_in_schema=False)

    @lru_cache(maxsize=1)
    def page() -> str:
        document = app.openapi()
        return _template().render(
            document=document, groups=list(_groups(document)), schemas=_schemas(document)
        )

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(page())

    @router.get("/docs/reference.css")
    async def style() -> Response:
        return FileResponse(_PAGES / "reference.css", headers={"Cache-Control": "no-cache"})

    return router


def _template() -> Template:
    loader = FileSystemLoader(_PAGES)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["inline"] = inline
    return environment.get_template("reference.html")


def inline(text: str) -> Markup:
    """Text with the marks that the document uses: code between backticks, stress between stars."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", marked))


def _groups(document: Json) -> Iterator[Json]:
    operations = list(_operations(document))
    for tag in document["tags"]:
        yield {**tag, "operations": [one for one in operations if tag["name"] in one["tags"]]}


def _operations(document: Json) -> Iterator[Json]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield {
                "id": operation["operationId"],
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "tags": operation.get("tags", []),
                "parameters": [_parameter(one) for one in operation.get("parameters", [])],
                "body": _content(document, operation.get("requestBody", {})),
                "answers": [
                    {"status": status, "description": one["description"], **_content(document, one)}
                    for status, one in operation["responses"].items()
                ],
            }


def _parameter(parameter: Json) -> Json:
    schema = parameter.get("schema", {})
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "required": parameter.get("required", False),
        "type": kind_of(schema),
        "description": parameter.get("description") or schema.get("description", ""),
        "default": schema.get("default"),
    }


def _content(document: Json, holder: Json) -> Json:
    for media, content in holder.get("content", {}).items():
        schema = content.get("schema", {})
        shown = content.get("example", example_of(schema, document) if "json" in media else None)
        text = shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)
        return {"media": media, "schema": _name(schema), "example": text if shown is not None else ""}
    return {"media": "", "schema": "", "example": ""}


def _schemas(document: Json) -> list[Json]:
    return [
        {
            "name": name,
            "description": schema.get("description", ""),
            "fields": [
                {
                    "name": field,
                    "type": kind_of(about),
                    "links": list(_links(about)),
                    "required": field in schema.get("required", []),
                    "description": about.get("description", ""),
                }
                for field, about in schema.get("properties", {}).items()
            ],
        }
        for name, schema in sorted(document["components"]["schemas"].items())
    ]


def _name(schema: Json) -> str:
    return str(schema.get("$ref", "")).removeprefix(_SCHEMAS)


def _links(schema: Json) -> Iterator[str]:
    if "$ref" in schema:
        yield _name(schema)
    for inner in (*schema.get("anyOf", ()), schema.get("items") or {}):
        if inner:
            yield from _links(inner)


def kind_of(schema: Json) -> str:
    """The type of a schema in words."""
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " or ".join(kind_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "anything"))


def example_of(schema: Json, document: Json) -> Any:
    """A value that fits the schema, from its examples where it has some."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(document["components"]["schemas"][_name(schema)], document)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], document)
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {name: example_of(about, document) for name, about in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), document)]
    if schema.get("default") is not None:
        return schema["default"]
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", ""), {}))
