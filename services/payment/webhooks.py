"""The providers' door: verify the signature, keep the hint, answer. Nothing else happens here."""

from fastapi import APIRouter, Request
from prometheus_client import Counter

from services.payment.hints import keep_hint
from services.payment.providers.port import BadSignature, OldSignature
from services.payment.routes import DepsDep
from services.payment.schemas import Received
from shared.errors import NotFound, Refusal
from shared.http import DeskDep

LARGEST = 256 * 1024

forged = Counter("holdfast_webhooks_forged_total", "Webhooks that nobody we know signed", ["provider"])
stale = Counter(
    "holdfast_webhooks_old_total", "Genuine webhooks that are too old: replay, or clock", ["provider"]
)

router = APIRouter(prefix="/webhooks")


@router.post("/{provider}")
async def webhook(provider: str, request: Request, desk: DeskDep, deps: DepsDep) -> Received:
    """A provider says that one of its objects changed."""
    if provider not in deps.providers:
        raise NotFound("no_such_provider", "No payment provider of that name is connected.")
    raw = await _limited_body(request)
    try:
        event = deps.provider(provider).verify_webhook(raw, request.headers, desk.runtime.now())
    except BadSignature:
        forged.labels(provider).inc()
        raise Refusal("signature_invalid", "This body was not signed with our secret.", status=400) from None
    except OldSignature:
        stale.labels(provider).inc()
        raise Refusal("signature_old", "The signature is genuine but too old.", status=400) from None
    async with desk.unit_of_work() as work:
        kept = await keep_hint(work, provider, event, live=deps.live)
    return Received(seen_before=not kept)


async def _limited_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refusal("body_too_large", "A webhook is never this large.", status=413)
    return bytes(body)
