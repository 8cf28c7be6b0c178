"""What a browser may do on our pages: one content security policy per kind of document."""

from collections.abc import Mapping, Sequence

STRIPE = ("https://js.stripe.com", "https://*.js.stripe.com")
STRIPE_FRAMES = (*STRIPE, "https://hooks.stripe.com")
STRIPE_CALLS = ("https://api.stripe.com",)

_STRICT: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'",),
    "connect-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'none'",),
}


def page_headers() -> dict[str, str]:
    """For every page but the one that takes cards: no foreign script, no frame, no markup from text."""
    trusted: dict[str, tuple[str, ...]] = {
        "require-trusted-types-for": ("'script'",),
        "trusted-types": ("'none'",),
    }
    return _headers(_STRICT | trusted)


def payment_headers(origins: Sequence[str]) -> dict[str, str]:
    """For the page that takes cards: the provider's script and its frames, and nothing else."""
    # Stripe.js sets inline styles on the frames it makes, and loads its pictures from its own hosts.
    provider: dict[str, tuple[str, ...]] = {
        "script-src": ("'self'", *STRIPE, *origins),
        "style-src": ("'self'", "'unsafe-inline'"),
        "frame-src": ("'self'", *STRIPE_FRAMES, *origins),
        "connect-src": ("'self'", *STRIPE_CALLS, *origins),
        "img-src": ("'self'", "https://*.stripe.com"),
    }
    return _headers(_STRICT | provider)


def _headers(policy: Mapping[str, Sequence[str]]) -> dict[str, str]:
    rules = "; ".join(f"{name} {' '.join(values)}" for name, values in policy.items())
    return {
        "Content-Security-Policy": rules,
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
