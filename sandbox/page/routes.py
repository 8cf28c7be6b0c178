"""The page, its files, and the forms that work without a script."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from sandbox.faults import arm
from sandbox.page.cards import SAMPLE_CARDS
from sandbox.page.sections import sections
from sandbox.problems import Problem
from sandbox.stripe.customer import redeliver
from sandbox.switches import known, switch
from sandbox.world import World

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLES = ("ground.css", "frame.css", "lists.css", "switches.css")
_FILES = dict.fromkeys(_STYLES, "text/css") | {"sandbox.js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def page_routes(world: World, reset: Callable[[], None]) -> APIRouter:
    """The page and what its forms do."""
    router = APIRouter(include_in_schema=False)
    _add_page(router, world)
    _add_forms(router, world, reset)
    return router


def _add_page(router: APIRouter, world: World) -> None:
    @router.get("/")
    async def page() -> HTMLResponse:
        html = _TEMPLATES.get_template("page.html").render(
            **sections(world), cards=SAMPLE_CARDS, styles=_STYLES
        )
        return HTMLResponse(html, headers=_HEADERS)

    @router.get("/assets/{name}")
    async def file(name: str) -> Response:
        if name not in _FILES:
            raise Problem(404, "not_found", f"There is no file {name}.", ["GET the page itself."])
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return FileResponse(_HERE / "assets" / name, media_type=_FILES[name], headers=headers)


def _add_forms(router: APIRouter, world: World, reset: Callable[[], None]) -> None:
    @router.post("/break")
    async def break_it(
        provider: Annotated[str, Form()],
        fault: Annotated[str, Form()],
        count: Annotated[str, Form()] = "",
        seconds: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        found = switch(provider, fault)
        if found is None:
            detail = f"There is no fault {fault} of {provider}."
            raise Problem(422, "unknown_fault", detail, ["Take one of the known ones."], known=known())
        arm(world, found, int(count) if count else None, float(seconds) if seconds else None)
        return _back_to("break")

    @router.post("/mend")
    async def mend() -> RedirectResponse:
        world.disarm()
        return _back_to("break")

    @router.post("/clock")
    async def advance(seconds: Annotated[float, Form(gt=0)]) -> RedirectResponse:
        world.advance(seconds)
        return _back_to("top")

    @router.post("/again")
    async def again(
        event: Annotated[str, Form()], times: Annotated[int, Form(ge=1, le=100)] = 1
    ) -> RedirectResponse:
        redeliver(world, event, times)
        return _back_to("webhooks")

    @router.post("/reset")
    async def start_over() -> RedirectResponse:
        reset()
        return _back_to("top")


def _back_to(section: str) -> RedirectResponse:
    """Relative, because the page does not know where it is mounted."""
    return RedirectResponse(f"./#{section}", 303)
