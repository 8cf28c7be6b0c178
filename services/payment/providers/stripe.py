"""Stripe: the hosted Checkout page, and PaymentIntents for our own card form. Reserved first, taken later."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
import stripe

from services.payment.providers import stripe_webhooks
from services.payment.providers.port import (
    AlreadyDone,
    Capabilities,
    CustomerAction,
    DisputeSnapshot,
    InvalidRequest,
    PaymentSnapshot,
    ProviderEvent,
    ProviderRefs,
    RefundRequest,
    RefundSnapshot,
    StartPayment,
)
from services.payment.providers.stripe_amounts import encode
from services.payment.providers.stripe_errors import WitnessClient, moving, reading
from services.payment.providers.stripe_reading import (
    is_form,
    read_dispute,
    read_intent,
    read_refund,
    read_session,
)
from shared.money import Money

API_VERSION = "2026-10-28.endive"
LIVE_SCRIPT = "https://js.stripe.com/endive/stripe.js"
_CHARGE = ["latest_charge"]
_SESSION_CHARGE = ["payment_intent.latest_charge"]
_PAST_IT = {"payment_intent_unexpected_state", "charge_already_captured", "charge_expired_for_capture"}

Found = TypeVar("Found")


@dataclass(frozen=True)
class StripeAccount:
    """One Stripe account. `api_base` points elsewhere than Stripe in development and tests only."""

    secret_key: str
    publishable_key: str
    webhook_secrets: tuple[str, ...]
    api_base: str | None = None

    @property
    def script_url(self) -> str:
        return f"{self.api_base}/js/stripe.js" if self.api_base else LIVE_SCRIPT


class StripeProvider:
    """Payments through one Stripe account."""

    name = "stripe"
    caps = Capabilities(hosted_page=True, embedded=True)

    def __init__(
        self,
        account: StripeAccount,
        *,
        timeout: float = 20.0,
        retries: int = 2,
        http: WitnessClient | None = None,
    ) -> None:
        stripe.enable_telemetry = False
        self._account = account
        self._http = http or WitnessClient(timeout=httpx.Timeout(timeout, connect=5.0))
        self._api = stripe.StripeClient(
            account.secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": account.api_base} if account.api_base else None,
            max_network_retries=retries,
            http_client=self._http,
        ).v1

    async def create_hosted(self, start: StartPayment, key: str) -> PaymentSnapshot:
        params: Any = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": start.amount.currency.lower(),
                        "unit_amount": encode(start.amount),
                        "product_data": {"name": start.description},
                    },
                }
            ],
            "payment_intent_data": {
                "capture_method": "manual",
                "description": f"{start.business_name}: {start.description}",
                "metadata": _metadata(start),
            },
            "client_reference_id": start.booking_id,
            "metadata": _metadata(start),
            "branding_settings": {"display_name": start.business_name},
            "success_url": start.return_url,
            "cancel_url": start.cancel_url,
            "expires_at": int(start.expires_at.timestamp()),
            "expand": _SESSION_CHARGE,
        }
        if start.customer_email:
            params["customer_email"] = start.customer_email
        created = self._api.checkout.sessions.create_async(params, {"idempotency_key": key})
        return read_session(await moving(created))

    async def create_embedded(self, start: StartPayment, key: str) -> PaymentSnapshot:
        params: Any = {
            "amount": encode(start.amount),
            "currency": start.amount.currency.lower(),
            "capture_method": "manual",
            "automatic_payment_methods": {"enabled": True},
            "description": f"{start.business_name}: {start.description}",
            "metadata": {**_metadata(start), "shown_as": "form"},
            "expand": _CHARGE,
        }
        if start.customer_email:
            params["receipt_email"] = start.customer_email
        created = self._api.payment_intents.create_async(params, {"idempotency_key": key})
        return self._with_form(await moving(created))

    async def expire(self, refs: ProviderRefs, key: str) -> PaymentSnapshot:
        """Let nobody pay any more. What was paid in the meantime wins, and is AlreadyDone."""
        if refs.session is None:
            return await self._expire_form(refs, key)
        expired = self._api.checkout.sessions.expire_async(
            refs.session, {"expand": _SESSION_CHARGE}, {"idempotency_key": key}
        )
        try:
            return read_session(await moving(expired))
        except InvalidRequest as refused:
            await self._raise_if_past(refs, refused, always=True)
            raise

    async def _expire_form(self, refs: ProviderRefs, key: str) -> PaymentSnapshot:
        # Cancelling would also release what was reserved a moment ago: look first.
        seen = await self.get_payment(refs)
        if seen.state != "action_required":
            raise AlreadyDone(seen)
        return await self.void(refs, key)

    async def capture(self, refs: ProviderRefs, amount: Money, key: str) -> PaymentSnapshot:
        captured = self._api.payment_intents.capture_async(
            _intent(refs),
            {"amount_to_capture": encode(amount), "expand": _CHARGE},
            {"idempotency_key": key},
        )
        return await self._moved(captured, refs)

    async def void(self, refs: ProviderRefs, key: str) -> PaymentSnapshot:
        cancelled = self._api.payment_intents.cancel_async(
            _intent(refs),
            {"cancellation_reason": "abandoned", "expand": _CHARGE},
            {"idempotency_key": key},
        )
        return await self._moved(cancelled, refs)

    async def _moved(self, call: Any, refs: ProviderRefs) -> PaymentSnapshot:
        try:
            return read_intent(await moving(call))
        except InvalidRequest as refused:
            await self._raise_if_past(refs, refused)
            raise

    async def _raise_if_past(
        self, refs: ProviderRefs, refused: InvalidRequest, *, always: bool = False
    ) -> None:
        if always or refused.code in _PAST_IT:
            raise AlreadyDone(await self.get_payment(refs)) from refused

    async def refund(self, request: RefundRequest, key: str) -> RefundSnapshot:
        params: Any = {
            "payment_intent": _intent(request.refs),
            "amount": encode(request.amount),
            "metadata": {"refund_id": request.refund_id, "booking_id": request.booking_id},
        }
        made = self._api.refunds.create_async(params, {"idempotency_key": key})
        try:
            return read_refund(await moving(made))
        except InvalidRequest as refused:
            if refused.code not in ("charge_already_refunded", "amount_too_large", "invalid_request"):
                raise
            found = await self.find_refund(request.refs, request.refund_id)
            if found is not None:
                return found
            seen = await self.get_payment(request.refs)
            if seen.captured - seen.refunded < request.amount.amount:
                raise AlreadyDone(seen) from refused
            raise

    async def get_payment(self, refs: ProviderRefs) -> PaymentSnapshot:
        if refs.session is None:
            asked = self._api.payment_intents.retrieve_async(_intent(refs), {"expand": _CHARGE})
            return self._with_form(await reading(asked))
        session = self._api.checkout.sessions.retrieve_async(refs.session, {"expand": _SESSION_CHARGE})
        return read_session(await reading(session))

    def _with_form(self, intent: stripe.PaymentIntent) -> PaymentSnapshot:
        seen = read_intent(intent)
        # A hosted page's payment has a client secret too, which is nobody's business.
        if seen.state != "action_required" or not is_form(intent):
            return seen
        form = CustomerAction(
            "client_secret",
            client_secret=intent.client_secret,
            publishable_key=self._account.publishable_key,
            script_url=self._account.script_url,
        )
        return replace(seen, action=form)

    async def get_refund(self, ref: str) -> RefundSnapshot:
        return read_refund(await reading(self._api.refunds.retrieve_async(ref)))

    async def get_dispute(self, ref: str) -> DisputeSnapshot:
        return read_dispute(await reading(self._api.disputes.retrieve_async(ref)))

    async def find_payment(self, attempt_id: str, since: datetime) -> PaymentSnapshot | None:
        created: Any = {"created": {"gte": int((since - timedelta(minutes=1)).timestamp())}, "limit": 100}
        sessions = await reading(self._api.checkout.sessions.list_async(created))
        session = await reading(_with_attempt(sessions, attempt_id))
        if session is not None:
            return await self.get_payment(ProviderRefs(session=session))
        intents = await reading(self._api.payment_intents.list_async(created))
        intent = await reading(_with_attempt(intents, attempt_id))
        return await self.get_payment(ProviderRefs(intent=intent)) if intent else None

    async def find_refund(self, refs: ProviderRefs, refund_id: str) -> RefundSnapshot | None:
        listed = self._api.refunds.list_async({"payment_intent": _intent(refs), "limit": 100})
        for refund in (await reading(listed)).data:
            if (seen := read_refund(refund)).refund_id == refund_id:
                return seen
        return None

    async def list_events(self, since: datetime) -> AsyncIterator[ProviderEvent]:
        page = self._api.events.list_async(
            {
                "created": {"gte": int(since.timestamp())},
                "types": list(stripe_webhooks.BACKFILLED),
                "limit": 100,
            }
        )
        async for event in (await reading(page)).auto_paging_iter():
            yield stripe_webhooks.event_of(event.to_dict(for_json=True))

    def verify_webhook(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        return stripe_webhooks.verify(
            raw, headers.get("stripe-signature"), self._account.webhook_secrets, now
        )

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]


def _metadata(start: StartPayment) -> dict[str, str]:
    return {
        "booking_id": start.booking_id,
        "payment_id": start.payment_id,
        "attempt_id": start.attempt_id,
    }


def _intent(refs: ProviderRefs) -> str:
    if refs.intent is None:
        raise InvalidRequest("no_intent", "nothing was paid through this attempt yet")
    return refs.intent


async def _with_attempt(page: stripe.ListObject[Any], attempt_id: str) -> str | None:
    async for found in page.auto_paging_iter():
        if (found.to_dict().get("metadata") or {}).get("attempt_id") == attempt_id:
            return str(found.id)
    return None
