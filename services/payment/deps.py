"""What the payment service's handlers need besides the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.payment.decide import Patience
from services.payment.providers.port import PaymentProvider
from shared.events.payment import PaymentMethod


@dataclass(frozen=True)
class Deps:
    """The providers, which of them serves a method, and how long to wait for whom."""

    providers: Mapping[str, PaymentProvider]
    routes: Mapping[PaymentMethod, str]
    patience: Patience
    signing_secret: str
    live: bool = False

    def provider(self, name: str) -> PaymentProvider:
        """The provider of that name."""
        return self.providers[name]
