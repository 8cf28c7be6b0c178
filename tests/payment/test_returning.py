"""Capturing, releasing and refunding through the real SDK."""

from shared.events import StepRef
from shared.events.payment import CapturePayment, GiveBackPayment
from tests.support.payment import TEN_DOLLARS, Cashier

SLOW_REFUND = "4000000000007726"
BOUNCING_REFUND = "4000000000005126"
DISPUTED = "4000000000000259"


async def paid(till: Cashier, card: str = "4242424242424242") -> None:
    await till.collect()
    till.pays(card)
    await till.deliver()
    await till.capture()


async def test_capturing_takes_the_money_once(till: Cashier) -> None:
    await paid(till)
    await till.capture(epoch=2)
    assert [one["amount_received"] for one in till.intents()] == [1000]
    assert await till.kinds() == ["start succeeded", "capture succeeded"]
    succeeded = [event for event in await till.events() if event["type"] == "payment.succeeded"]
    assert [event["ref"]["epoch"] for event in succeeded] == [1, 2]


async def test_what_somebody_captured_in_the_dashboard_counts_as_captured(till: Cashier) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    await till.deps.provider("stripe").capture(
        (await till.payment()).attempts[0].refs, TEN_DOLLARS, "somebody-else"
    )
    await till.capture()
    assert (await till.names())[-1] == "payment.succeeded"
    assert (await till.kinds())[-1] == "capture succeeded"


async def test_a_lapsed_reservation_cannot_be_captured_and_somebody_hears_of_it(till: Cashier) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    till.clock.advance(8 * 24 * 3600)
    await till.capture()
    failed = await till.last("payment.failed")
    assert (failed["code"], failed["ref"]["step"]) == ("authorization_lapsed", "capture")
    shown = (await till.http.get("/admin/payments/attention")).json()["payments"]
    assert shown[0]["attention"] == "the reservation lapsed before it was captured"


async def test_reserved_money_is_released_when_given_back(till: Cashier) -> None:
    await till.collect()
    till.pays()
    await till.deliver()
    await till.give_back()
    assert till.intents()[0]["status"] == "canceled"
    assert (await till.last("payment.given_back"))["amount"] == {"amount": 1000, "currency": "USD"}
    assert "payment.refunded" not in await till.names()


async def test_taken_money_is_refunded_under_a_name_of_its_own(till: Cashier) -> None:
    await paid(till)
    await till.give_back()
    (refund,) = till.world.all("stripe.refund")
    told = await till.last("payment.refunded")
    assert refund["metadata"]["refund_id"] == told["refund_id"]
    assert (refund["amount"], told["reason"]) == (1000, "slot_taken")
    assert (await till.names())[-2:] == ["payment.refunded", "payment.given_back"]


async def test_giving_back_before_collecting_leaves_a_tombstone(till: Cashier) -> None:
    await till.give_back()
    await till.collect()
    assert await till.names() == ["payment.given_back", "payment.failed"]
    assert till.world.all("stripe.checkout.session") == []


async def test_giving_back_in_the_same_breath_as_collecting_starts_nothing(till: Cashier) -> None:
    ref = StepRef(saga="sg_1", step="capture")
    await till.receive(
        GiveBackPayment(ref=ref, booking_id="bk_1", reason="timed_out"),
        CapturePayment(ref=ref, booking_id="bk_1"),
    )
    await till.run()
    assert await till.names() == ["payment.given_back", "payment.failed"]


async def test_a_slow_refund_is_given_back_at_once_and_told_when_it_arrived(till: Cashier) -> None:
    await paid(till, SLOW_REFUND)
    await till.give_back()
    assert (await till.names())[-1] == "payment.given_back"
    assert (await till.http.get("/payments/bk_1")).json()["refund_pending"] == 1000
    await till.later(seconds=30)
    assert (await till.names())[-1] == "payment.refunded"
    assert (await till.http.get("/payments/bk_1")).json()["refunded"] == 1000


async def test_a_refund_that_bounces_is_told_shown_and_repeated_by_a_person(till: Cashier) -> None:
    await paid(till, BOUNCING_REFUND)
    await till.give_back()
    till.clock.advance(5)
    await till.deps.provider("stripe").get_payment((await till.payment()).attempts[0].refs)
    await till.deliver()
    assert (await till.names())[-1] == "payment.refund_failed"
    view = (await till.http.get("/payments/bk_1")).json()
    assert (view["status"], view["refunded"], view["captured"]) == ("returning", 0, 1000)
    assert view["attention"] == "refund failed: expired_or_canceled_card"
    till.clock.advance(60)
    await till.http.post("/admin/payments/bk_1/retry")
    await till.run()
    assert len(till.world.all("stripe.refund")) == 2
    assert (await till.names())[-1] == "payment.refunded"


async def test_a_disputed_charge_is_told_and_its_refund_is_refused_visibly(till: Cashier) -> None:
    await paid(till, DISPUTED)
    await till.deliver()
    disputed = await till.last("payment.disputed")
    assert (disputed["amount"]["amount"], disputed["status"]) == (1000, "needs_response")
    await till.give_back()
    assert (await till.names())[-1] == "payment.refund_failed"
    assert "payment.given_back" not in await till.names()


async def test_a_refund_made_in_the_dashboard_is_not_made_again(till: Cashier) -> None:
    await paid(till)
    client = till.stripe._api
    await client.refunds.create_async({"payment_intent": till.intents()[0]["id"], "amount": 400})
    await till.deliver()
    assert (await till.last("payment.refunded"))["amount"]["amount"] == 400
    await till.give_back()
    assert [one["amount"] for one in till.world.all("stripe.refund")] == [400, 600]
    assert (await till.last("payment.given_back"))["amount"]["amount"] == 1000


async def test_an_open_page_cannot_be_paid_after_it_was_given_back(till: Cashier) -> None:
    await till.collect()
    await till.give_back()
    assert till.pays()["outcome"] != "succeeded"
    await till.deliver()
    assert await till.names() == ["payment.action_required", "payment.given_back"]
