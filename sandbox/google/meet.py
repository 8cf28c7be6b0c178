"""Meet links inside events."""

from typing import Any

from sandbox.google.accounts import Account
from sandbox.google.errors import invalid
from sandbox.world import World


def conference(
    world: World, account: Account, wanted: dict[str, Any] | None, earlier: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The conference an event has after a request for one; the same request id twice changes nothing."""
    if wanted is None:
        return None
    request = wanted.get("createRequest")
    if request is None:
        return wanted
    if earlier and earlier.get("createRequest", {}).get("requestId") == request.get("requestId"):
        return earlier
    solution = request.get("conferenceSolutionKey", {}).get("type")
    if account.bare_service_account or solution != "hangoutsMeet" or not request.get("requestId"):
        raise invalid("Invalid conference type value.")
    code = _meeting_code(world)
    link = f"https://meet.google.com/{code}"
    return {
        "createRequest": {
            "requestId": request["requestId"],
            "conferenceSolutionKey": {"type": solution},
            "status": {"statusCode": "success"},
        },
        "entryPoints": [{"entryPointType": "video", "uri": link, "label": link.removeprefix("https://")}],
        "conferenceSolution": {"key": {"type": solution}, "name": "Google Meet"},
        "conferenceId": code,
    }


def video_link(data: dict[str, Any] | None) -> str | None:
    """Where the video call takes place."""
    entries = (data or {}).get("entryPoints", [])
    return next((entry["uri"] for entry in entries if entry.get("entryPointType") == "video"), None)


def _meeting_code(world: World) -> str:
    letters = "".join(letter for letter in world.new_id("", 120).lower() if letter.isalpha())
    return f"{letters[:3]}-{letters[3:7]}-{letters[7:10]}"
