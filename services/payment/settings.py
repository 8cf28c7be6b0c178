"""The settings of payments."""

from typing import Self

from pydantic import Field, model_validator

from services.payment.decide import Patience
from services.payment.providers.stripe import StripeAccount
from shared.errors import Misconfigured
from shared.settings import ServiceSettings, refuse_in_production

SANDBOX_KEY = "sk_test_sandbox"
SANDBOX_PUBLISHABLE_KEY = "pk_test_sandbox"
SANDBOX_WEBHOOK_SECRET = "whsec_sandbox"
SANDBOX_URL = "http://127.0.0.1:8105"


class Settings(ServiceSettings):
    """What payments must know: the account at the provider, and how long to wait for whom."""

    database_url_payment: str = ""
    stripe_secret_key: str = ""
    stripe_publishable_key: str = ""
    # Two secrets, separated by a comma, while one is being replaced by the other.
    stripe_webhook_secret: str = ""
    stripe_api_base: str = ""
    stripe_timeout_seconds: float = Field(15.0, gt=0, le=25)
    # Retries of one call within the SDK, under the same key; what still fails is tried again by a task.
    stripe_retries: int = Field(2, ge=0, le=3)
    decline_grace_seconds: float = Field(300.0, ge=0)
    late_window_seconds: float = Field(120.0, ge=0)

    @model_validator(mode="after")
    def _refuse_what_takes_no_real_money(self) -> Self:
        if self.environment == "production":
            refuse_in_production(
                HOLDFAST_STRIPE_SECRET_KEY=self.stripe_secret_key,
                HOLDFAST_STRIPE_PUBLISHABLE_KEY=self.stripe_publishable_key,
                HOLDFAST_STRIPE_WEBHOOK_SECRET=self.stripe_webhook_secret,
            )
            self._refuse_test_mode()
        return self

    def _refuse_test_mode(self) -> None:
        for name, key in (
            ("HOLDFAST_STRIPE_SECRET_KEY", self.stripe_secret_key),
            ("HOLDFAST_STRIPE_PUBLISHABLE_KEY", self.stripe_publishable_key),
        ):
            if "_test_" in key:
                raise Misconfigured(
                    f"{name} is a test key: nobody would be charged. Set the live key from the Stripe "
                    "dashboard, under Developers, API keys."
                )
        if self.stripe_api_base:
            raise Misconfigured(
                "HOLDFAST_STRIPE_API_BASE is set: payments would not go to Stripe. Unset it in production."
            )

    def stripe_account(self) -> StripeAccount:
        """The account: what was set, or the sandbox's."""
        secrets = tuple(part.strip() for part in self.stripe_webhook_secret.split(",") if part.strip())
        return StripeAccount(
            secret_key=self.stripe_secret_key or SANDBOX_KEY,
            publishable_key=self.stripe_publishable_key or SANDBOX_PUBLISHABLE_KEY,
            webhook_secrets=secrets or (SANDBOX_WEBHOOK_SECRET,),
            api_base=self._api_base(),
        )

    def _api_base(self) -> str | None:
        if self.stripe_api_base:
            return self.stripe_api_base.rstrip("/")
        # A key of somebody's own, test or live, is for the real Stripe.
        if self.stripe_secret_key and self.stripe_secret_key != SANDBOX_KEY:
            return None
        return f"{(self.sandbox_url or SANDBOX_URL).rstrip('/')}/stripe"

    @property
    def is_live(self) -> bool:
        """True when the key moves real money."""
        return "_live_" in self.stripe_secret_key

    def patience(self) -> Patience:
        """How long to wait, as the settings say."""
        return Patience.of(late=self.late_window_seconds, decline=self.decline_grace_seconds)
