"""Amounts in Stripe's notation: exact, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payment.providers.port import InvalidRequest
from services.payment.providers.stripe_amounts import decode, encode, stripe_exponent
from shared.money import Money, exponent

KNOWN = "USD EUR CAD JPY KRW ISK HUF TWD BHD JOD KWD OMR TND MGA XOF CLP VND UGX UYI IQD LYD"
CURRENCIES = st.sampled_from(KNOWN.split(" "))


@given(st.integers(0, 10**9), CURRENCIES)
def test_what_is_sent_comes_back_the_same_or_is_refused(amount: int, currency: str) -> None:
    money = Money(amount=amount, currency=currency)
    try:
        number = encode(money)
    except InvalidRequest:
        return
    assert decode(number, currency.lower()) == money


@pytest.mark.parametrize(
    ("amount", "currency", "number"),
    [
        (1000, "USD", 1000),
        (1500, "JPY", 1500),
        (1500, "ISK", 150000),
        (1230, "KWD", 1230),
        (2500, "HUF", 2500),
    ],
)
def test_each_kind_of_currency_is_written_as_stripe_counts_it(
    amount: int, currency: str, number: int
) -> None:
    assert encode(Money(amount=amount, currency=currency)) == number


def test_a_whole_ariary_is_written_without_its_hundredths() -> None:
    assert exponent("MGA") - stripe_exponent("MGA") == 2
    assert encode(Money(amount=500, currency="MGA")) == 5


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (1234, "KWD", "amount_not_chargeable"),
        (501, "MGA", "amount_not_chargeable"),
        (1000, "UGX", "currency_not_supported"),
        (1000, "IQD", "currency_not_supported"),
    ],
)
def test_what_stripe_cannot_charge_exactly_is_refused(amount: int, currency: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        encode(Money(amount=amount, currency=currency))
    assert refused.value.code == code


def test_part_of_a_krona_that_cannot_be_ours_never_reads_as_what_was_asked() -> None:
    assert decode(150001, "isk") != Money(amount=1500, currency="ISK")
