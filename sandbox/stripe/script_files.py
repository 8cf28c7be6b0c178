"""The script and the styles a browser loads."""

from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

_FOLDER = Path(__file__).parent / "assets"
_FILES = {
    "stripe.js": "text/javascript",
    "stripe.css": "text/css",
    "checkout.js": "text/javascript",
    "checkout.css": "text/css",
}


def script_routes(router: APIRouter) -> None:
    """Add the stand-in for Stripe.js and what the hosted pages load."""
    router.add_route("/js/{name}", _file, methods=["GET"], include_in_schema=False)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _FILES:
        return Response("Not found", 404)
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(_FOLDER / name, media_type=_FILES[name], headers=headers)
