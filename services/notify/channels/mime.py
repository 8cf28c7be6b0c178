"""A letter as a MIME message, in the order that calendars understand."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.notify.calendar_file import Party
from services.notify.channels.port import Letter, Undeliverable
from services.notify.look import one_line
from shared.mailbox import mailbox


def message_of(letter: Letter) -> EmailMessage:
    """multipart/mixed[alternative[text, html, calendar], calendar files]; Undeliverable for no address."""
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = letter.message_id
    message["Date"] = format_datetime(letter.date)
    message["From"] = address_of(letter.sender)
    message["To"] = address_of(letter.recipient)
    if letter.reply_to:
        message["Reply-To"] = address_of(Party("", letter.reply_to))
    message["Subject"] = letter.mail.subject
    # RFC 3834: keeps holiday answers from coming back.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.mail.text)
    message.add_alternative(letter.mail.html, subtype="html")
    _add_calendar(message, letter.invitations)
    return message


def _add_calendar(message: EmailMessage, invitations: tuple[bytes, ...]) -> None:
    """Clients show an invitation that is the last alternative, and only one; files carry every item."""
    if not invitations:
        return
    message.add_alternative(
        invitations[0].decode(), subtype="calendar", params={"method": "REQUEST"}, cte="base64"
    )
    for number, invitation in enumerate(invitations, 1):
        name = "booking.ics" if len(invitations) == 1 else f"booking-{number}.ics"
        message.add_attachment(invitation, maintype="application", subtype="ics", filename=name)


def address_of(party: Party) -> Address:
    """The address as headers and servers take it; Undeliverable when it is none."""
    try:
        return mailbox(one_line(party.name), party.email)
    except ValueError as error:
        raise Undeliverable(str(error)) from error
