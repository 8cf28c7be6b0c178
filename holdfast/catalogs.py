"""Which catalogs a start applies, and applying one through a running installation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx

from services.booking.applying import apply_catalog
from services.booking.catalog_file import read_catalog
from shared.errors import BadRequest, Misconfigured, Refusal
from shared.messaging.work import Desk

EXAMPLES = Path(__file__).parent.parent / "examples"


def chosen_catalogs() -> list[Path]:
    """The files named by HOLDFAST_CATALOG (separated by commas), else the examples."""
    named = os.environ.get("HOLDFAST_CATALOG", "")
    if not named.strip():
        return sorted(EXAMPLES.glob("*.yaml"))
    return [Path(name.strip()) for name in named.split(",") if name.strip()]


def read_file(path: Path) -> str:
    """The text of a catalog file; raises Misconfigured with what to do."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}. Name a catalog file that can be read.") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path} is not UTF-8 text. Save it as UTF-8.") from error


async def apply_at_start(desk: Desk, paths: list[Path]) -> list[dict[str, Any]]:
    """Apply catalogs before the doors open; a bad one stops the start and changes nothing."""
    read = []
    for path in paths:
        try:
            read.append(read_catalog(read_file(path), str(path)))
        except BadRequest as error:
            raise Misconfigured(said(error)) from error
    applied = []
    for catalog in read:
        async with desk.unit_of_work() as work:
            applied.append(await apply_catalog(work, catalog))
    return applied


def apply_remotely(path: Path, url: str, operator_key: str) -> dict[str, Any]:
    """Apply a catalog to the installation at `url`; raises Misconfigured or Refusal in plain words."""
    text = read_file(path)
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/v1/admin/catalog",
            params={"name": path.name},
            content=text.encode(),
            headers={"Content-Type": "text/yaml", "Authorization": f"Bearer {operator_key}"},
            timeout=30,
        )
    except httpx.HTTPError as error:
        raise Misconfigured(f"nothing answers at {url} ({error}). Is Holdfast running there?") from error
    body = answer.json()
    if answer.is_success:
        return dict(body)
    extra = {"errors": body.get("errors", [])}
    raise Refusal(
        body.get("code", "refused"), body.get("detail", "refused"), status=answer.status_code, **extra
    )


def said(error: Refusal) -> str:
    """A refused catalog in lines that people can act on."""
    found = error.extra.get("errors") or []
    lines = [f"  line {one['line']}: {one['path']}: {one['message']}" for one in found]
    return "\n".join([error.message, *lines])
