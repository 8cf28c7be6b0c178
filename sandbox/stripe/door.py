"""The way every API call takes: key, faults, parameters, idempotency, answer."""

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.stripe import faults, idempotency
from sandbox.stripe.account import Account
from sandbox.stripe.browser import Browser, Operation, admitted, as_seen_by_browser
from sandbox.stripe.errors import ParameterError, StripeError
from sandbox.stripe.expand import rendered
from sandbox.stripe.forms import Form, decode
from sandbox.stripe.idempotency import Answer
from sandbox.stripe.parameters import Fields
from sandbox.stripe.settings import API_VERSION, StripeSandboxSettings
from sandbox.stripe.sweep import sweep
from sandbox.world import Document, World

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Expose-Headers": "Request-Id",
    "Access-Control-Max-Age": "300",
}


@dataclass(frozen=True)
class Call:
    """One route of the API; `browser` is what a publishable key may send and have done there."""

    method: str
    path: str
    accepts: Fields
    does: Operation
    browser: Browser | None = None


class Door:
    """Lets calls in."""

    def __init__(self, world: World, settings: StripeSandboxSettings) -> None:
        self._world = world
        self._settings = settings
        self._in_flight: set[str] = set()

    async def enter(self, request: Request, call: Call) -> Response:
        """Answer one call, with whatever was armed to go wrong."""
        request_id = self._world.new_id("req_", 14)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        sweep(Account(self._world, self._settings))
        try:
            answer = await self._answer(request, call, request_id, key)
        except StripeError as refusal:
            answer = Answer(refusal.status, _text(refusal.envelope()))
        headers = {**CORS, "Request-Id": request_id, "Stripe-Version": API_VERSION}
        if key is not None:
            headers["Idempotency-Key"] = key
        if answer.replays is not None:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": answer.replays}
        if answer.status == 429:
            headers["Stripe-Rate-Limited-Reason"] = "global-rate"
        body = Response(answer.body, answer.status, headers, "application/json")
        return await faults.after_effect(self._world, request, body) if answer.has_effect else body

    async def _answer(self, request: Request, call: Call, request_id: str, key: str | None) -> Answer:
        secret = _key(request)
        _check_version(request)
        await self._hold_the_line(request, key)
        text = (
            (await request.body()).decode(errors="replace") if request.method == "POST" else request.url.query
        )
        form = decode(text)
        fingerprint = idempotency.fingerprint(request.method, request.url.path, form)
        if key is not None:
            kept = idempotency.recall(self._world, self._settings, key, fingerprint)
            if kept is not None:
                return kept
        account = Account(self._world, self._settings, request_id, key)
        return self._perform(account, request, call, form, fingerprint, browser=secret.startswith("pk_test_"))

    async def _hold_the_line(self, request: Request, key: str | None) -> None:
        if key is not None and key in self._in_flight:
            raise StripeError(
                f"There is currently another in-progress request using this Stripe-Idempotency-Key: {key}.",
                status=409,
                code="idempotency_key_in_use",
            )
        delay = faults.before_effect(self._world, request)
        if delay <= 0:
            return
        if key is not None:
            self._in_flight.add(key)
        try:
            await asyncio.sleep(delay)
        finally:
            self._in_flight.discard(key or "")

    def _perform(
        self, account: Account, request: Request, call: Call, form: Form, fingerprint: str, *, browser: bool
    ) -> Answer:
        ids = {name: str(value) for name, value in request.path_params.items()}
        if browser:
            does, params = admitted(account, call.browser, ids, form)
        else:
            does, params = call.does, call.accepts.read(form)
        # The effect and the answer kept under its key are one commit: a crash leaves both or neither.
        with self._world.transaction():
            try:
                answer = self._effect(account, does, params, ids, browser=browser)
            except ParameterError:
                raise
            except StripeError as refusal:
                answer = Answer(refusal.status, _text(refusal.envelope()), has_effect=True)
            answer = faults.instead_of_answer(self._world, request, answer)
            if account.idempotency_key is not None:
                idempotency.remember(account, request.url.path, fingerprint, answer)
        return answer

    def _effect(
        self, account: Account, does: Operation, params: dict[str, Any], ids: dict[str, str], *, browser: bool
    ) -> Answer:
        declined: StripeError | None = None
        with self._world.transaction():
            try:
                document = does(account, params, **ids)
                shown = rendered(account, document, params.get("expand", []))
            except StripeError as refusal:
                if not refusal.keeps_effects:
                    raise
                declined = refusal
        if declined is not None:
            raise declined
        return Answer(200, _text(as_seen_by_browser(shown) if browser else shown), has_effect=True)


def _check_version(request: Request) -> None:
    asked = request.headers.get("Stripe-Version", API_VERSION)
    if asked != API_VERSION:
        raise ParameterError(f"Invalid Stripe API version: {asked}. The sandbox speaks {API_VERSION}.")


def _key(request: Request) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret).decode().partition(":")[0]
        except ValueError:
            secret = ""
    if not secret:
        raise StripeError(
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
        )
    if not secret.startswith(("sk_test_", "pk_test_", "rk_test_")):
        raise StripeError(f"Invalid API Key provided: {secret[:3]}****", status=401, code="api_key_invalid")
    return secret


def _text(document: Document) -> str:
    return json.dumps(document, indent=2)
