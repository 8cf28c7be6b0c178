"""A local server that speaks Stripe's wire protocol."""

from sandbox.stripe.deliveries import Deliveries
from sandbox.stripe.routes import stripe_routes
from sandbox.stripe.settings import Listener, StripeSandboxSettings

__all__ = ["Deliveries", "Listener", "StripeSandboxSettings", "stripe_routes"]
