"""The main job: hold every slot, collect the payment, confirm, capture; or give everything back."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from shared.events.booking import BookingRequested, ConfirmBooking, FailBooking
from shared.events.calendar import (
    CancelSlot,
    ConfirmRefused,
    ConfirmSlot,
    EventWritten,
    HoldRefused,
    HoldSlot,
    ReleaseSlot,
    SlotConfirmed,
    SlotHeld,
    SlotReleased,
    WriteEvent,
)
from shared.events.payment import (
    CapturePayment,
    CollectPayment,
    GiveBackPayment,
    PaymentAuthorized,
    PaymentExpired,
    PaymentFailed,
    PaymentGivenBack,
    PaymentMethod,
    PaymentSucceeded,
)
from shared.events.values import BookingFacts, Item
from shared.money import Money
from shared.saga.definition import Because, Call, Saga, Step

# The payment service ends an unpaid payment at the deadline; this is for when it cannot be heard.
SILENCE = timedelta(minutes=10)


class Book(BaseModel):
    """What the saga knows from its first moment on."""

    model_config = ConfigDict(frozen=True)

    facts: BookingFacts
    due: Money | None = None
    method: PaymentMethod | None = None
    deadline: datetime
    return_url: str
    cancel_url: str

    def item(self, id: str) -> Item:
        return next(item for item in self.facts.items if item.id == id)


def items(book: Book) -> tuple[str, ...]:
    return tuple(item.id for item in book.facts.items)


def something_is_due(book: Book) -> bool:
    return bool(book.due)


def hold_lifetime(book: Book) -> datetime:
    return book.deadline + SILENCE


def hold_slot(call: Call[Book]) -> HoldSlot:
    item = call.data.item(call.ref.item)
    return HoldSlot(
        ref=call.ref,
        booking_id=call.data.facts.booking_id,
        item_id=item.id,
        offering=item.offering,
        starts_at=item.starts_at,
        quantity=item.quantity,
        expires_at=call.data.deadline,
    )


def release_slot(call: Call[Book]) -> ReleaseSlot:
    return ReleaseSlot(ref=call.ref, booking_id=call.data.facts.booking_id, item_id=call.ref.item)


def collect_payment(call: Call[Book]) -> CollectPayment:
    book = call.data
    if book.due is None or book.method is None:
        raise ValueError(f"nothing is due for {book.facts.booking_id}")
    titles = [item.title for item in book.facts.items]
    return CollectPayment(
        ref=call.ref,
        booking_id=book.facts.booking_id,
        amount=book.due,
        method=book.method,
        description=f"{', '.join(titles)} ({book.facts.reference})",
        business_name=book.facts.business.name,
        customer_email=book.facts.customer.email,
        deadline=book.deadline,
        return_url=book.return_url,
        cancel_url=book.cancel_url,
    )


def give_back_payment(call: Call[Book]) -> GiveBackPayment:
    return GiveBackPayment(ref=call.ref, booking_id=call.data.facts.booking_id, reason=call.reason)


def confirm_slot(call: Call[Book]) -> ConfirmSlot:
    return ConfirmSlot(ref=call.ref, booking_id=call.data.facts.booking_id, item_id=call.ref.item)


def cancel_slot(call: Call[Book]) -> CancelSlot:
    return CancelSlot(ref=call.ref, booking_id=call.data.facts.booking_id, item_id=call.ref.item)


def capture_payment(call: Call[Book]) -> CapturePayment:
    return CapturePayment(ref=call.ref, booking_id=call.data.facts.booking_id)


def write_event(call: Call[Book]) -> WriteEvent:
    return WriteEvent(
        ref=call.ref,
        booking_id=call.data.facts.booking_id,
        item_id=call.ref.item,
        facts=call.data.facts,
    )


def confirm_booking(call: Call[Book]) -> ConfirmBooking:
    return ConfirmBooking(ref=call.ref, booking_id=call.data.facts.booking_id)


def fail_booking(call: Call[Book]) -> FailBooking:
    return FailBooking.model_validate(
        {
            "ref": call.ref,
            "booking_id": call.data.facts.booking_id,
            "reason": call.reason,
            "detail": call.detail,
        }
    )


def no_slot(refused: HoldRefused) -> Because:
    return Because(refused.reason, refused.detail)


def slot_gone(refused: ConfirmRefused) -> Because:
    return Because(refused.reason)


def not_paid(failed: PaymentFailed) -> Because:
    return Because(f"payment_{failed.reason}", failed.code)


def never_paid(_: PaymentExpired) -> Because:
    return Because("payment_expired")


COMMANDS = (
    hold_slot,
    release_slot,
    collect_payment,
    give_back_payment,
    confirm_slot,
    cancel_slot,
    capture_payment,
    write_event,
    confirm_booking,
    fail_booking,
)
REASONS = (no_slot, slot_gone, not_paid, never_paid)

HOLD = Step(
    "hold every slot",
    each=items,
    do=HoldSlot,
    ok=SlotHeld,
    fails=HoldRefused,
    undo=ReleaseSlot,
    undone=SlotReleased,
)
COLLECT = Step(
    "collect the payment",
    when=something_is_due,
    do=CollectPayment,
    ok=PaymentAuthorized,
    fails=(PaymentFailed, PaymentExpired),
    undo=GiveBackPayment,
    undone=PaymentGivenBack,
    within=hold_lifetime,
    again=timedelta(minutes=10),
    interruptible=True,
)
CONFIRM = Step(
    "confirm every slot",
    each=items,
    do=ConfirmSlot,
    ok=SlotConfirmed,
    fails=ConfirmRefused,
    undo=CancelSlot,
    undone=SlotReleased,
)
CAPTURE = Step(
    "capture the payment",
    when=something_is_due,
    do=CapturePayment,
    ok=PaymentSucceeded,
    fails=PaymentFailed,
    point_of_no_return=True,
)
WRITE = Step(
    "write the calendars",
    each=items,
    do=WriteEvent,
    ok=EventWritten,
    again=timedelta(minutes=1),
)

BOOK = Saga(
    "book",
    version=1,
    data=Book,
    starts_on=BookingRequested,
    refused=FailBooking,
    steps=(HOLD, COLLECT, CONFIRM, CAPTURE),
    completed=ConfirmBooking,
    then=(WRITE,),
    commands=COMMANDS,
    reasons=REASONS,
)
