"""The same key, the same answer: for a day, byte by byte."""

import hashlib
import json
from dataclasses import dataclass

from sandbox.stripe.account import Account
from sandbox.stripe.errors import StripeError
from sandbox.stripe.forms import Form
from sandbox.stripe.settings import StripeSandboxSettings
from sandbox.world import World

_KEPT = "stripe.idempotency"


@dataclass(frozen=True)
class Answer:
    """What goes back: new, or the repeat of an earlier request's answer."""

    status: int
    body: str
    has_effect: bool = False
    replays: str | None = None


def fingerprint(method: str, path: str, form: Form) -> str:
    """What must be the same for a key to be used again."""
    return hashlib.sha256(json.dumps([method, path, form], sort_keys=True).encode()).hexdigest()


def recall(world: World, settings: StripeSandboxSettings, key: str, fingerprint: str) -> Answer | None:
    """The answer first given under this key; refused when the request is another one."""
    kept = world.get(_KEPT, key)
    if kept is None:
        return None
    if world.now().timestamp() - kept["created"] >= settings.idempotency_seconds:
        world.delete(_KEPT, key)
        return None
    if kept["fingerprint"] != fingerprint:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        )
    return Answer(kept["status"], kept["body"], replays=kept["request"])


def remember(account: Account, path: str, fingerprint: str, answer: Answer) -> None:
    """Keep the answer for whoever asks again with the same key."""
    key = account.idempotency_key or ""
    kept = {
        "id": key,
        "path": path,
        "fingerprint": fingerprint,
        "status": answer.status,
        "body": answer.body,
        "request": account.request_id,
        "created": account.timestamp(),
    }
    account.world.put(_KEPT, key, kept)
