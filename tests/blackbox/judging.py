"""Whether an answer is one that the door may give to anything at all."""

import re
from collections.abc import Collection, Iterable

from tests.blackbox.raw import Reply, ask

CODE = re.compile(r"[a-z][a-z_]+")
# The providers' own wire formats, which the sandbox speaks, and pages for people.
OTHER_WORDS = ("/sandbox/stripe/", "/sandbox/google/")
PAGES = ("/pay/", "/bookings/", "/book/", "/ ")


async def complaints(
    address: str, cases: Iterable[tuple[str, bytes]], only: Collection[int] = ()
) -> list[str]:
    """Send everything, and say in words which answers are not proper, or have another status than these."""
    found = []
    for name, data in cases:
        try:
            reply = await ask(address, data)
        except TimeoutError:
            found.append(f"{name}: no answer in time")
            continue
        if reply and only and reply.status not in only:
            found.append(f"{name}: {reply.status} {reply.body[:100]!r}")
        elif wrong := wrong_with(reply, data):
            found.append(f"{name}: {wrong}")
    return found


def wrong_with(reply: Reply | None, data: bytes) -> str:
    """What is wrong with an answer, or nothing."""
    if reply is None:
        return "the connection ended without an answer"
    if reply.status >= 500:
        return f"{reply.status} {reply.body[:300]!r}"
    if reply.status < 400 or _speaks_otherwise(data, reply):
        return ""
    code = str(reply.problem.get("code"))
    if not CODE.fullmatch(code) or reply.problem.get("status") != reply.status:
        kind = reply.headers.get("content-type")
        return f"{reply.status} is no problem with a code: {kind} {reply.body[:200]!r}"
    return "an error without a name" if code == "http_error" else ""


def _speaks_otherwise(data: bytes, reply: Reply) -> bool:
    method, _, rest = data[:100].decode("latin-1").partition(" ")
    if method == "HEAD" or rest.startswith(OTHER_WORDS):
        return True
    return rest.startswith(PAGES) and "text/html" in reply.headers.get("content-type", "")
