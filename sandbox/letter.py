"""Reading a mail: its words, its calendar parts, its attachments."""

import base64
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from sandbox.world import Document


def letter(raw: bytes) -> Document:
    """What a mail says, taken apart."""
    message = BytesParser(policy=policy.default).parsebytes(raw)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return {
        "subject": str(message["subject"] or ""),
        "message_id": str(message["message-id"] or ""),
        "header_from": str(message["from"] or ""),
        "header_to": str(message["to"] or ""),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "calendars": [_calendar(part) for part in parts if part.get_content_type() == "text/calendar"],
        "attachments": [_attachment(part) for part in parts if part.is_attachment()],
        "raw": raw.decode("latin-1"),
    }


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return _text(part) if part is not None else None


def _text(part: Any) -> str:
    content = part.get_payload(decode=True) or b""
    charset = part.get_content_charset() or "utf-8"
    try:
        return str(content.decode(charset))
    except (LookupError, UnicodeDecodeError):
        return str(content.decode("utf-8", "replace"))


def _calendar(part: Any) -> Document:
    return {"method": part.get_param("method"), "filename": part.get_filename(), "ics": _text(part)}


def _attachment(part: Any) -> Document:
    content = part.get_payload(decode=True) or b""
    return {
        "filename": part.get_filename(),
        "content_type": part.get_content_type(),
        "size": len(content),
        "content": base64.b64encode(content).decode(),
    }
