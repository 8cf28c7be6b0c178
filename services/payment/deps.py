"""What the payment service's handlers need besides the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.payment.decide import Patience
from services.payment.providers.port import PaymentProvider
from shared.errors import Misconfigured
from shared.events.payment import PaymentMethod


@dataclass(frozen=True)
class Deps:
    """The providers in order of preference, how long to wait for whom, and what links are signed with."""

    providers: Mapping[str, PaymentProvider]
    patience: Patience
    signing_secret: str
    live: bool = False

    def provider(self, name: str) -> PaymentProvider:
        """The provider of that name."""
        return self.providers[name]

    def provider_for(self, method: PaymentMethod) -> PaymentProvider:
        """The first provider that can take money in this way."""
        for provider in self.providers.values():
            able = provider.caps.hosted_page if method == "checkout" else provider.caps.embedded
            if able:
                return provider
        raise Misconfigured(f"no payment provider is connected that can do {method!r}")
