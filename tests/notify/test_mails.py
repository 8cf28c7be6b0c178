"""What customers and businesses read."""

from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import get_args

import pytest

from services.notify.look import Mail, mail_of
from services.notify.occasions import Confirmation, Failure, NewBooking, Occasion, Refund
from services.notify.wording import languages, reader_for
from shared.events.booking import FailureReason
from shared.events.values import BookingFacts
from shared.money import Money
from tests.support.notify import START, TEN, booking, business, customer, item

SITE = "https://book.example"


def mail_for(occasion: Occasion, facts: BookingFacts) -> Mail:
    return mail_of(occasion, facts, SITE)


def words_of(mail: Mail) -> str:
    """The text with plain spaces."""
    return mail.text.replace("\u00a0", " ")


def fields_of(phrase: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(phrase) if field}


def test_a_confirmation_says_what_when_where_and_what_was_paid() -> None:
    mail = mail_for(Confirmation(paid=TEN), booking())
    assert mail.subject == "Booking confirmed: Advice session, Tue, Nov 24, 10:00 AM"
    for said in ("Tuesday, November 24, 2026", "Google Meet", "$10.00", "BK-7F3K-92QD", "Anna Smith"):
        assert said in mail.text
        assert said in mail.html
    assert "https://book.example/bookings/bk_1#t=secret" in mail.text
    assert 'href="https://book.example/bookings/bk_1#t=secret"' in mail.html


def test_a_customer_elsewhere_reads_both_clocks_in_words() -> None:
    text = words_of(mail_for(Confirmation(), booking()))
    assert "10:00 AM – 10:30 AM (New York time)" in text
    assert "For Clear Consulting that is 3:00 PM – 3:30 PM (London time)." in text


def test_a_customer_on_the_same_clock_reads_one_time() -> None:
    text = mail_for(Confirmation(), booking(customer=customer(timezone="Europe/Lisbon"))).text
    assert "(Lisbon time)" in text
    assert "London" not in text


def test_the_other_clock_names_its_day_when_it_is_another() -> None:
    text = mail_for(Confirmation(), booking(customer=customer(timezone="Asia/Tokyo"))).text.replace(
        "\u00a0", " "
    )
    assert "Wednesday, November 25, 2026" in text
    assert "that is Tuesday, November 24, 2026, 3:00 PM – 3:30 PM (London time)." in text


def test_a_booking_over_midnight_names_both_days() -> None:
    late = item(starts_at=START.replace(hour=23), ends_at=START.replace(hour=23) + timedelta(hours=2))
    mail = mail_for(Confirmation(), booking(items=(late,), customer=customer(timezone=None, locale="en-GB")))
    assert "Tue 24 Nov, 23:00 – Wed 25 Nov, 01:00 (London time)" in mail.text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "", "../../etc/passwd"])
def test_an_unknown_zone_falls_back_to_the_business(zone: str) -> None:
    mail = mail_for(Confirmation(), booking(customer=customer(timezone=zone)))
    assert "(London time)" in mail.text


def test_the_clock_change_is_respected() -> None:
    # On 1 November 2026 New York has left summer time; London did so a week before.
    start = datetime(2026, 10, 28, 15, 0, tzinfo=UTC)
    one = item(starts_at=start, ends_at=start + timedelta(minutes=30))
    text = words_of(mail_for(Confirmation(), booking(items=(one,))))
    assert "11:00 AM – 11:30 AM (New York time)" in text
    assert "3:00 PM – 3:30 PM (London time)" in text


@pytest.mark.parametrize("reason", get_args(FailureReason))
@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_failure_is_explained_with_the_money_and_a_way_on(reason: FailureReason, locale: str) -> None:
    mail = mail_for(Failure(reason=reason), booking(customer=customer(locale=locale)))
    assert {"en": "Not booked: ", "de": "Nicht gebucht: "}[locale] in mail.subject
    assert "https://book.example/book/consulting/advice" in mail.text
    money = {"en": ("charged", "No money is kept"), "de": ("berechnet", "kein Geld einbehalten")}[locale]
    assert any(word in mail.text for word in money)
    assert reason not in mail.html


def test_a_failed_free_booking_does_not_speak_of_money() -> None:
    text = mail_for(Failure(reason="slot_taken"), booking(total=None)).text
    assert "charged" not in text
    assert "somebody else took this time".capitalize() in text


def test_a_refund_says_how_much_and_when_it_arrives() -> None:
    refund = Refund(refund_id="re_1", amount=Money(amount=123456, currency="JPY"), reason="asked")
    mail = mail_for(refund, booking(customer=customer(locale="de-DE")))
    assert mail.subject == "Ihre Erstattung von Clear Consulting: 123.456 ¥"
    assert "5 bis 10 Werktage" in mail.text


def test_the_business_reads_its_own_language_and_clock_about_the_customer() -> None:
    facts = booking(
        business=business(locale="de", email="desk@clear.example"),
        customer=customer(phone="+1 212 555 0100", notes="Bitte <leise> klingeln"),
    )
    mail = mail_for(NewBooking(paid=TEN), facts)
    assert mail.subject.startswith("Neue Buchung: Advice session, Di., 24. Nov., 15:00")
    assert "+1 212 555 0100" in mail.text
    assert "&lt;leise&gt;" in mail.html
    assert "#t=secret" not in mail.html + mail.text


def test_what_people_write_cannot_become_markup_or_a_second_header() -> None:
    facts = booking(
        items=(item(title="<script>alert(1)</script>\r\nBcc: x@evil.example"),),
        customer=customer(name="Anna {name} <b>"),
    )
    mail = mail_for(Confirmation(), facts)
    assert "<script>" not in mail.html
    assert "Anna {name} &lt;b&gt;" in mail.html
    assert "\n" not in mail.subject


def test_several_items_are_all_listed_and_counted_in_the_subject() -> None:
    dinner = item("it_2", title="Dinner", quantity=2, address="1 Long Lane", postcode="AB1 2CD")
    mail = mail_for(Confirmation(), booking(items=(item(), dinner)))
    assert mail.subject.endswith("and 1 more")
    assert "Dinner ×\u00a02" in mail.text
    assert "1 Long Lane, AB1 2CD" in mail.html


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("de-AT", "en"), "de-AT"),
        (("de_CH", None), "de-CH"),
        (("fr", "de"), "de"),
        (("tlh", "xx-nonsense"), "en"),
        (("", None), "en"),
        (("../../secrets", "en-GB"), "en-GB"),
    ],
)
def test_the_first_language_that_has_phrases_is_spoken(wishes: tuple[str | None, ...], language: str) -> None:
    assert reader_for(*wishes).language == language


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_says_everything_with_the_same_gaps(language: str) -> None:
    english, other = reader_for("en").phrases, reader_for(language).phrases
    assert other.keys() == english.keys()
    assert {key: fields_of(phrase) for key, phrase in other.items()} == {
        key: fields_of(phrase) for key, phrase in english.items()
    }


def test_a_mail_needs_nothing_from_the_network_and_fits_dark_and_light() -> None:
    html = mail_for(Confirmation(paid=TEN), booking()).html
    assert "src=" not in html
    assert "@import" not in html
    assert 'name="color-scheme" content="light dark"' in html
    assert html.startswith("<!doctype html>")
    assert '<html lang="en" dir="ltr">' in html
