"""What happens to money."""

from datetime import datetime
from typing import Literal

from shared.events.message import Command, Event
from shared.events.values import NextAction
from shared.money import Money

PaymentMethod = Literal["checkout", "card"]


class CollectPayment(Command, name="payment.collect"):
    """Reserve the amount on the customer's means of payment before the deadline. Once per booking."""

    booking_id: str
    amount: Money
    method: PaymentMethod
    description: str
    business_name: str
    customer_email: str | None = None
    deadline: datetime
    return_url: str
    cancel_url: str


class PaymentActionRequired(Event, name="payment.action_required"):
    """The customer must act to pay."""

    booking_id: str
    action: NextAction


class PaymentAuthorized(Event, name="payment.authorized"):
    """The provider reserved the amount. It is not taken yet."""

    booking_id: str
    amount: Money


class PaymentFailed(Event, name="payment.failed"):
    """The payment was refused and nothing is reserved. Final for this booking."""

    booking_id: str
    reason: Literal["declined", "cancelled", "unavailable"]
    code: str | None = None


class PaymentExpired(Event, name="payment.expired"):
    """Nobody paid before the deadline, and nobody can any more."""

    booking_id: str


class CapturePayment(Command, name="payment.capture"):
    """Take the reserved amount."""

    booking_id: str


class PaymentSucceeded(Event, name="payment.succeeded"):
    """The amount is taken. Final until refunded."""

    booking_id: str
    amount: Money


class GiveBackPayment(Command, name="payment.give_back"):
    """Make sure no money of this booking stays here: expire, void or refund, whatever it takes."""

    booking_id: str
    reason: str


class PaymentGivenBack(Event, name="payment.given_back"):
    """No money of this booking is here and none can arrive unnoticed. `amount` went back, if any."""

    booking_id: str
    amount: Money | None = None


class PaymentArrivedLate(Event, name="payment.arrived_late"):
    """Money came after it was given up. It goes back at `returned_at` unless it is collected again before."""

    booking_id: str
    amount: Money
    returned_at: datetime


class PaymentRefunded(Event, name="payment.refunded"):
    """Money went back to the customer: a refund of what was taken, or a release of what was reserved."""

    booking_id: str
    refund_id: str
    amount: Money
    reason: str


class PaymentRefundFailed(Event, name="payment.refund_failed"):
    """The provider could not return the money. A person must act."""

    booking_id: str
    refund_id: str
    amount: Money
    detail: str | None = None


class PaymentDisputed(Event, name="payment.disputed"):
    """The customer's bank disputes the charge."""

    booking_id: str
    amount: Money
    status: str
