"""How Stripe says no."""

from typing import Any

from sandbox.world import Document


class StripeError(Exception):
    """An answer other than success, in Stripe's envelope."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.extra = extra

    @property
    def keeps_effects(self) -> bool:
        """A declined charge stays on the books; every other refusal leaves nothing behind."""
        return self.status == 402

    def envelope(self) -> Document:
        """The body Stripe sends."""
        error: Document = {"type": self.type, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = "https://docs.stripe.com/error-codes#" + self.code.replace("_", "-")
        if self.param is not None:
            error["param"] = self.param
        error.update(self.extra)
        return {"error": error}


class ParameterError(StripeError):
    """The request was malformed; it was refused before anything was tried."""


def missing(name: str) -> ParameterError:
    """A required parameter was not sent."""
    return ParameterError(f"Missing required param: {name}.", code="parameter_missing", param=name)


def no_such(kind: str, id: str, param: str) -> StripeError:
    """The named object does not exist."""
    return StripeError(f"No such {kind}: '{id}'", status=404, code="resource_missing", param=param)


def too_small(param: str, least: int = 1) -> StripeError:
    """An amount below what is allowed at all."""
    return StripeError(
        f"This value must be greater than or equal to {least}.", code="parameter_invalid_integer", param=param
    )


def unexpected_state(intent: Document, message: str, param: str | None = None) -> StripeError:
    """The intent's status does not allow what was asked."""
    word = str(intent["object"])
    whole: dict[str, Any] = {word: intent}
    return StripeError(message, code=f"{word}_unexpected_state", param=param, **whole)


def card_error(
    message: str, *, code: str, decline_code: str | None = None, param: str | None = None, **extra: Any
) -> StripeError:
    """The card was refused."""
    if decline_code is not None:
        extra["decline_code"] = decline_code
    return StripeError(message, status=402, type="card_error", code=code, param=param, **extra)
