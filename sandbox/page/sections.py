"""What the page shows, in the words it shows it in."""

import hashlib
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.control import views
from sandbox.page.invitations import invitation
from sandbox.smtp import MAIL
from sandbox.stripe import customer
from sandbox.stripe.amounts import written
from sandbox.switches import PROVIDERS, SWITCHES, switch
from sandbox.world import Document, World

_MOST = 60
View = dict[str, Any]


def sections(world: World) -> View:
    """Everything on the page as it is now."""
    now = world.now()
    return {
        "now": now,
        "clock": f"{now.astimezone(UTC):%a %d %b %Y, %H:%M:%S}",
        "mails": [_versioned(_mail(world, brief)) for brief in views.mails(world, limit=_MOST)],
        "days": _days(views.calendar(world)),
        "charges": [_versioned(_charge(world, one)) for one in customer.charges(world)[:_MOST]],
        "refunds": [_versioned(_refund(one)) for one in customer.refunds(world)[:_MOST]],
        "deliveries": [_versioned(_delivery(one)) for one in customer.webhooks(world)[:_MOST]],
        "broken": [_versioned(_broken(one)) for one in views.faults(world)],
        "switches": {
            name: [one for one in SWITCHES if one.provider == key] for key, name in PROVIDERS.items()
        },
    }


def _versioned(view: View) -> View:
    """The page replaces only what has another version than before."""
    return view | {"version": hashlib.blake2s(repr(view).encode(), digest_size=6).hexdigest()}


def _mail(world: World, brief: Document) -> View:
    mail = world.get(MAIL, brief["id"]) or brief
    return {
        "id": mail["id"],
        "at": _instant(datetime.fromisoformat(mail["received_at"])),
        "from": mail["header_from"] or mail["from"],
        "to": ", ".join(mail["to"]),
        "subject": mail["subject"] or "(no subject)",
        "text": mail["text"],
        "has_html": brief["has_html"],
        "invitations": [invitation(part) for part in mail["calendars"]],
        "attachments": [one["filename"] or one["content_type"] for one in mail["attachments"]],
    }


def _days(events: list[View]) -> list[View]:
    """The agenda: every day that has something, each in the zone its calendar is kept in."""
    days: dict[str, list[View]] = {}
    for event in events:
        start, end = _edge(event["start"]), _edge(event["end"])
        day = f"{start:%a %d %B %Y}"
        whole = "dateTime" not in event["start"]
        shown = {
            "id": f"{event['calendar']}/{event['id']}",
            "time": "all day" if whole else f"{start:%H:%M}–{end:%H:%M}",
            "zone": "" if whole else event["start"]["timeZone"],
            "summary": event.get("summary") or "(no title)",
            "calendar": event["calendar"],
            "location": event.get("location"),
            "link": event.get("hangoutLink"),
            "tentative": event["status"] == "tentative",
        }
        days.setdefault(day, []).append(shown)
    return [_versioned({"id": day, "events": events, "count": len(events)}) for day, events in days.items()]


def _edge(edge: View) -> datetime:
    if "date" in edge:
        return datetime.fromisoformat(edge["date"])
    return datetime.fromisoformat(edge["dateTime"]).astimezone(ZoneInfo(edge["timeZone"]))


def _charge(world: World, charge: Document) -> View:
    details = charge.get("payment_method_details") or {}
    card = details.get("card") or {}
    intent = world.get("stripe.payment_intent", charge["payment_intent"] or "")
    released = intent is not None and intent["status"] == "canceled"
    word, tone = _fate(charge, released)
    return {
        "id": charge["id"],
        "amount": written(charge["amount"], charge["currency"]),
        "word": word,
        "tone": tone,
        "card": f"{card.get('brand', 'card')} •••• {card.get('last4', '')}".strip(),
        "about": charge.get("description") or "",
        "at": _instant(datetime.fromtimestamp(charge["created"], UTC)),
    }


def _fate(charge: Document, released: bool) -> tuple[str, str]:
    currency: str = charge["currency"]
    if charge["status"] == "failed":
        reason = (charge.get("outcome") or {}).get("reason") or charge.get("failure_code") or ""
        return f"declined: {reason.replace('_', ' ')}".rstrip(": "), "bad"
    if not charge["captured"]:
        return ("released", "calm") if released else ("reserved", "wait")
    back = charge["amount_refunded"]
    if charge["refunded"]:
        return "taken and given back", "calm"
    taken: int = charge["amount_captured"]
    if back:
        return f"taken, {written(back, currency)} given back", "calm"
    if taken != charge["amount"]:
        return f"{written(taken, currency)} of it taken", "good"
    return "taken", "good"


def _refund(refund: Document) -> View:
    tones = {"succeeded": "good", "pending": "wait", "failed": "bad"}
    return {
        "id": refund["id"],
        "amount": written(refund["amount"], refund["currency"]),
        "word": refund["status"],
        "tone": tones.get(refund["status"], "calm"),
        "charge": refund["charge"],
        "at": _instant(datetime.fromtimestamp(refund["created"], UTC)),
    }


def _delivery(delivery: Document) -> View:
    tones = {"delivered": "good", "pending": "wait", "failed": "bad", "abandoned": "bad"}
    answers = [str(one["status"] or one["error"]) for one in delivery["attempts"]]
    return {
        "id": delivery["id"],
        "event": delivery["event"],
        "type": delivery["type"],
        "word": delivery["status"],
        "tone": tones.get(delivery["status"], "calm"),
        "answers": ", ".join(answers),
        "at": _instant(datetime.fromtimestamp(delivery["created"], UTC)),
    }


def _broken(fault: Document) -> View:
    known = switch(fault["provider"], fault["fault"])
    until = fault.get("until")
    left = "once more" if fault["count"] == 1 else f"{fault['count']} more times"
    return {
        "id": f"{fault['provider']}.{fault['fault']}",
        "provider": PROVIDERS.get(fault["provider"], fault["provider"]),
        "title": known.title if known else fault["fault"],
        "left": f"until {datetime.fromisoformat(until):%H:%M:%S} UTC" if until else left,
    }


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b, %H:%M:%S} UTC"
