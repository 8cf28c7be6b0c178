"""Money that comes after the booking was given up: taken up again, or returned and told."""

from tests.support.payment import Cashier


async def arrived_late(till: Cashier) -> None:
    """The hold expired, and then the customer's bank answered."""
    await till.collect()
    await till.later(minutes=30)
    till.break_provider("late_payment")
    till.pays()
    await till.deliver()


async def test_late_money_is_told_with_the_moment_it_goes_back(till: Cashier) -> None:
    await arrived_late(till)
    assert await till.names() == [
        "payment.action_required",
        "payment.expired",
        "payment.arrived_late",
    ]
    late = await till.last("payment.arrived_late")
    assert late["amount"] == {"amount": 1000, "currency": "USD"}
    assert late["returned_at"] == "2026-03-02T09:32:00Z"


async def test_late_money_goes_back_by_itself_and_the_customer_is_told(till: Cashier) -> None:
    await arrived_late(till)
    await till.later(seconds=120)
    assert [one["status"] for one in till.intents()] == ["canceled"]
    refunded = await till.last("payment.refunded")
    assert (refunded["amount"]["amount"], refunded["reason"]) == (1000, "arrived_late")
    assert (await till.http.get("/payments/bk_1")).json()["authorized"] == 0


async def test_late_money_that_is_collected_again_pays_for_the_booking(till: Cashier) -> None:
    await arrived_late(till)
    await till.collect(saga="sg_2")
    authorized = await till.last("payment.authorized")
    assert authorized["ref"]["saga"] == "sg_2"
    await till.later(seconds=300)
    await till.capture(saga="sg_2")
    assert [one["amount_received"] for one in till.intents()] == [1000]
    assert "payment.refunded" not in await till.names()


async def test_late_money_that_was_collected_again_in_vain_goes_back_and_is_told(till: Cashier) -> None:
    await arrived_late(till)
    await till.collect(saga="sg_2")
    await till.give_back(saga="sg_2")
    assert (await till.names())[-2:] == ["payment.refunded", "payment.given_back"]
    assert [one["status"] for one in till.intents()] == ["canceled"]


async def test_late_money_that_nobody_wants_goes_back_at_once(till: Cashier) -> None:
    await arrived_late(till)
    await till.give_back(saga="")
    assert (await till.names())[-2:] == ["payment.refunded", "payment.given_back"]


async def test_collecting_after_late_money_went_back_starts_nothing(till: Cashier) -> None:
    await arrived_late(till)
    await till.later(seconds=120)
    await till.collect(saga="sg_2")
    assert (await till.last("payment.expired"))["ref"]["saga"] == "sg_2"
    assert len(till.world.all("stripe.checkout.session")) == 1


async def test_late_money_without_a_webhook_is_found_in_the_list_of_events(till: Cashier) -> None:
    await till.service.on_start[0]()
    await till.collect()
    await till.later(minutes=30)
    till.break_provider("late_payment")
    till.pays()
    till.break_provider("drop_webhooks", 100)
    await till.later(minutes=11)
    assert "payment.arrived_late" in await till.names()
    await till.later(seconds=120)
    assert [one["status"] for one in till.intents()] == ["canceled"]
