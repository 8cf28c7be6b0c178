"""Stories in which the payment once broke a promise, as the machine's rules tell them."""

from tests.support.payment_model import captured


def test_a_look_that_began_before_a_refund_came_back_does_not_count_it_as_returned() -> None:
    till = captured()
    till.give_back()
    till.work_off()
    page = next(iter(till.world.values()))
    seen, began = page.snapshot(), till.now
    till.later(seconds=40)
    till.refund_fails()
    till.look_at_refunds()
    till.look(seen, began)
    assert [one.state for one in till.payment.refunds] == ["failed"]
    till.give_back("sg_2")
    till.later(minutes=1)
    till.work_off()
    assert (till.payment.closed, page.kept) == ("given_back", 0)
